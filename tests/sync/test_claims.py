"""Which registration a Mobile JKN booking has: rows that point at a stranger, and lost visits."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.patients import minute, mobile_jkn, patient, reason
from tests.support.site import MONDAY, Site


@pytest.mark.parametrize("row", ["batal", "status Batal", "status Gagal"])
def test_a_number_handed_out_again_after_a_mobile_jkn_cancel_is_the_next_patients(
    site: Site, row: str
) -> None:
    """The cancelled booking goes on naming it, and has nothing of the next patient's."""
    no_rawat = site.khanza.visit(MONDAY, jam="08:00:00")
    nobooking = mobile_jkn(site, no_rawat, status="Gagal" if row == "status Gagal" else "Batal")
    site.khanza.delete("reg_periksa", no_rawat=no_rawat)
    if row == "batal":
        site.khanza.batal(nobooking, no_rawat=no_rawat)
    again = patient(site, no=1, exam="08:20:00")
    assert again == no_rawat
    site.sync()
    minute(site)
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:20:00")]
    assert [step for step, _ in site.held_at_bpjs(nobooking)] == [99] * (row == "batal")
    assert site.record(nobooking).no_rawat == ""


def test_a_booking_that_keeps_the_number_of_a_stranger_finds_its_own_visit(site: Site) -> None:
    """Its number was just taken: Khanza gives the visit a new one, and keeps the first."""
    strangers = patient(site, exam="08:15:00")
    me = site.khanza.patient()
    nobooking = mobile_jkn(site, strangers, norm=me)
    assert minute(site) == [f"{strangers} {step} sent" for step in ("add", "3", "4")]
    assert reason(site, nobooking, "3") == "kunjungan booking ini dicari di Khanza"
    mine = site.khanza.visit(MONDAY, jam="08:00:00", norm=me)
    site.khanza.exam(mine, "2026-11-23 08:45:00")
    minute(site)
    assert site.held_at_bpjs(nobooking) == [(3, "08:00:00"), (4, "08:45:00")]
    assert site.held_at_bpjs(strangers) == [(3, "08:05:00"), (4, "08:15:00")]
    assert site.record(nobooking).no_rawat == mine


@pytest.mark.parametrize("visits", [0, 2])
def test_a_booking_whose_visit_is_not_clear_is_held_and_told_once(site: Site, visits: int) -> None:
    me = site.khanza.patient()
    nobooking = mobile_jkn(site, None, norm=me)
    for _ in range(visits):
        site.khanza.visit(MONDAY, norm=me)
    told = [f"{nobooking} 3 held"]
    found = [[one for one in minute(site) if nobooking in one] for _ in range(3)]
    assert found == [[], told, []]
    assert reason(site, nobooking, "3") == "kunjungan booking ini belum jelas"
    assert site.held_at_bpjs(nobooking) == []


def test_a_booking_keeps_the_visit_that_it_found_if_the_patient_registers_once_more(
    site: Site,
) -> None:
    me = site.khanza.patient()
    nobooking = mobile_jkn(site, None, norm=me)
    first = patient(site, norm=me, jam="08:00:00", exam="08:20:00")
    site.sync()
    second = patient(site, norm=me, jam="08:40:00")
    minute(site)
    assert site.held_at_bpjs(nobooking) == [(3, "08:00:00"), (4, "08:20:00")]
    assert site.record(nobooking).no_rawat == first
    assert site.held_at_bpjs(second) == [(3, "08:40:00")]


def test_a_visit_that_bpjs_knows_under_its_own_code_is_not_taken_by_a_booking(site: Site) -> None:
    me = site.khanza.patient()
    desk = patient(site, norm=me, exam="08:20:00")
    site.sync()
    nobooking = mobile_jkn(site, None, norm=me)
    minute(site)
    minute(site)
    assert site.held_at_bpjs(desk) == [(3, "08:05:00"), (4, "08:20:00")]
    assert reason(site, nobooking, "3") == "kunjungan booking ini belum jelas"


def test_a_booking_without_a_number_costs_nobody_else_anything(site: Site) -> None:
    mobile_jkn(site, None, norm=None, nik=None, nomorkartu=None)
    others = [patient(site, exam="08:20:00") for _ in range(3)]
    assert site.sync().report.exit_code == 0
    assert all(site.held_at_bpjs(one) == [(3, "08:05:00"), (4, "08:20:00")] for one in others)


def test_who_was_booked_for_tomorrow_and_comes_today_is_not_told_as_present_tomorrow(
    site: Site,
) -> None:
    """The desk moves the visit to today; the booking stays where BPJS has it."""
    tomorrow = MONDAY + timedelta(days=1)
    me = site.khanza.patient()
    no_rawat = site.khanza.visit(tomorrow, jam="08:00:00", norm=me)
    nobooking = site.khanza.booking(no_rawat, tomorrow)
    site.bpjs.bookings.mobile_jkn(nobooking, str(tomorrow))
    site.clock.at("08:10")
    site.sync()
    site.khanza.update(
        "reg_periksa", {"no_rawat": no_rawat}, tgl_registrasi=MONDAY, jam_reg="08:12:00"
    )
    site.khanza.sep(no_rawat)
    site.khanza.exam(no_rawat, f"{MONDAY} 08:20:00")
    site.clock.at("08:21")
    site.sync()
    site.clock.at("08:10", day=1)
    for _ in range(3):
        minute(site)
    assert site.held_at_bpjs(no_rawat)[:2] == [(3, "08:12:00"), (4, "08:20:00")]
    assert site.held_at_bpjs(nobooking) == []
    assert reason(site, nobooking, "3") == "kunjungan booking ini belum jelas"
    assert not site.record(no_rawat).is_left_alive


def test_a_visit_that_the_desk_moves_to_tomorrow_is_told_on_its_day(site: Site) -> None:
    tomorrow = MONDAY + timedelta(days=1)
    no_rawat = site.khanza.visit(MONDAY, jam="08:00:00")
    nobooking = mobile_jkn(site, no_rawat)
    site.clock.at("08:10")
    site.sync()
    site.khanza.update("reg_periksa", {"no_rawat": no_rawat}, tgl_registrasi=tomorrow)
    site.clock.at("08:10", day=1)
    site.khanza.sep(no_rawat)
    site.khanza.exam(no_rawat, f"{tomorrow} 08:09:00")
    for _ in range(2):
        minute(site)
    assert site.held_at_bpjs(no_rawat) == [(3, "08:00:00"), (4, "08:09:00")]
    assert site.held_at_bpjs(nobooking) == []
    assert reason(site, nobooking, "3") == "kunjungan booking ini belum jelas"
