"""Operations of Khanza's that meet: each is ordinary, and together they hide whose row it is."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.support.hands import clinic, desk, done, mobile_jkn, pharmacy
from tests.support.patients import minute, patient
from tests.support.site import MONDAY, Site

FIRST, SECOND, RENUMBERED = (f"2026/11/23/0000{number}" for number in ("01", "02", "31"))


def at(site: Site, hhmm: str, passes: int = 2, *, day: int = 0) -> None:
    """Let it be that time, and run passes from then on, a minute apart."""
    site.clock.at(hhmm, day=day)
    for _ in range(passes):
        minute(site)


def now(site: Site) -> datetime:
    return site.clock.now.replace(tzinfo=None)


def booked(site: Site, norm: str, kd_poli: str = "INT") -> str:
    """Book in Mobile JKN; return nobooking."""
    operation = mobile_jkn.book(site.khanza, norm, now=now(site), tanggal=MONDAY, kd_poli=kd_poli)
    nobooking = done(operation)
    assert nobooking is not None
    site.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY))
    return nobooking


def left_alive(site: Site) -> list[str]:
    return [one.kodebooking for one in site.sync().left_alive]


@pytest.mark.parametrize("change", ["no_rkm_medis", "kd_poli", "tgl_registrasi"])
def test_the_minute_of_a_change_that_no_pass_watched_is_not_invented(
    site: Site, change: str
) -> None:
    """The desk takes a wrong patient, clinic or day, and puts it right when the visit is over."""
    site.env["ANTREAN_SKIP_POLI"] = "ANA"
    no_rawat = patient(site)
    before = site.khanza.value("reg_periksa", change, no_rawat=no_rawat)
    wrong = {
        "no_rkm_medis": site.khanza.patient(),
        "kd_poli": "ANA",
        "tgl_registrasi": "2026-11-24",
    }
    at(site, "08:06")
    done(desk.edit(site.khanza, no_rawat, **{change: wrong[change]}))
    at(site, "08:20")
    site.khanza.exam(no_rawat, f"{MONDAY} 08:28:00")
    done(clinic.set_stts(site.khanza, no_rawat, "Sudah"))
    at(site, "08:40")
    at(site, "09:28")
    done(desk.edit(site.khanza, no_rawat, **{change: before}))
    for _ in range(4):
        minute(site)
    # Of the end the exam tells, which is the last of them.
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:28:00"), (5, "08:28:01")]


def test_a_cancel_before_the_day_is_told_when_the_day_has_begun_at_bpjs(site: Site) -> None:
    """In WIT the day of service begins two hours before that of BPJS."""
    site.env["ANTREAN_TZ"] = "Asia/Jayapura"
    site.clock.at("15:00", day=-1)
    nobooking = booked(site, site.khanza.patient())
    done(clinic.cancel(site.khanza, FIRST))
    at(site, "21:58", 5, day=-1)
    at(site, "22:30", day=-1)
    assert site.held_at_bpjs(nobooking) == []
    at(site, "00:11")
    assert site.held_at_bpjs(nobooking) == [(99, "00:00:00")]


def test_a_visit_whose_cancelled_booking_is_of_a_clinic_that_is_left_out_is_told(
    site: Site,
) -> None:
    site.env["ANTREAN_ONLY_POLI"] = "ANA"
    site.clock.at("07:30")
    nobooking = booked(site, site.khanza.patient())
    done(desk.edit(site.khanza, FIRST, kd_poli="ANA", kd_dokter="D02"))
    site.khanza.sep(FIRST)
    done(pharmacy.prescribe(site.khanza, FIRST, at=now(site)))
    done(mobile_jkn.cancel(site.khanza, nobooking, now=now(site)))
    site.khanza.exam(FIRST, f"{MONDAY} 08:20:00")
    at(site, "09:00", 3)
    assert [taskid for taskid, _ in site.held_at_bpjs(FIRST)] == [3, 4]


def test_a_cancelled_duplicate_does_not_hide_the_visit_that_a_booking_lost(site: Site) -> None:
    site.clock.at("07:00")
    norm = site.khanza.patient()
    operation = mobile_jkn.book(site.khanza, norm, now=now(site), tanggal=MONDAY)
    next(operation)
    patient(site)  # takes the number that the booking names
    nobooking = done(operation)
    assert nobooking is not None
    site.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY))
    twice = done(desk.register(site.khanza, norm, at=now(site)))
    done(clinic.cancel(site.khanza, twice))
    site.khanza.exam(SECOND, f"{MONDAY} 08:10:00")
    at(site, "08:20")
    assert site.held_at_bpjs(nobooking) == [(3, "08:00:00"), (4, "08:10:00")]


def test_of_two_bookings_that_name_one_visit_that_of_its_clinic_has_it(site: Site) -> None:
    """One patient books two clinics in one instant, and both get the number of the first."""
    site.clock.at("07:00")
    norm = site.khanza.patient()
    operations = [
        mobile_jkn.book(site.khanza, norm, now=now(site), tanggal=MONDAY, kd_poli=kd_poli)
        for kd_poli in ("INT", "ANA")
    ]
    for operation in operations:
        next(operation)
    first, second = map(done, operations)
    assert first is not None
    assert second is not None
    for nobooking in (first, second):
        site.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY))
    site.khanza.exam(FIRST, f"{MONDAY} 08:10:00")
    site.khanza.exam(SECOND, f"{MONDAY} 09:10:00")
    at(site, "09:20", 3)
    assert site.held_at_bpjs(first)[-1] == (4, "08:10:00")
    assert site.held_at_bpjs(second)[-1] == (4, "09:10:00")


def test_a_visit_that_is_given_another_number_keeps_its_booking(site: Site) -> None:
    no_rawat = patient(site)
    at(site, "08:06")
    done(desk.edit(site.khanza, no_rawat, no_rawat=RENUMBERED))
    site.khanza.exam(RENUMBERED, f"{MONDAY} 08:20:00")
    at(site, "08:21", 4)
    assert len(site.bodies("/antrean/add")) == 1
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:20:00")]
    assert site.record(no_rawat).no_rawat == RENUMBERED
    assert left_alive(site) == []
    assert not site.record(no_rawat).is_left_alive
    assert site.run("show", RENUMBERED, CLOCK=site.clock.now.isoformat()).returncode == 0
    # The number that became free goes to the next patient, and means her.
    other = site.khanza.visit(MONDAY, jam="08:30:00", no=1)
    site.khanza.sep(other)
    at(site, "08:31", 3)
    assert site.held_at_bpjs(f"{other}-2") == [(3, "08:30:00")]
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:20:00")]


def test_another_visit_of_the_same_moment_does_not_get_the_booking_of_a_deleted_one(
    site: Site,
) -> None:
    """One patient, registered for two clinics at the opening of both; the first is deleted."""
    first = patient(site, jam="08:00:00")
    norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=first)
    site.khanza.exam(first, f"{MONDAY} 08:04:00")
    at(site, "08:05")
    done(desk.delete_visit(site.khanza, first))
    second = patient(site, jam="08:00:00", norm=norm, kd_poli="ANA", kd_dokter="D02", no=2)
    site.khanza.exam(second, f"{MONDAY} 08:09:00")
    at(site, "08:10", 3)
    assert site.held_at_bpjs(first) == [(3, "08:00:00"), (4, "08:04:00")]
    assert site.held_at_bpjs(second) == [(3, "08:00:00"), (4, "08:09:00")]
    assert site.record(first).is_left_alive


def test_a_cancel_whose_row_is_gone_leaves_its_booking_alive(site: Site) -> None:
    """The admin deletes cancellations by the number of the referral: a sibling's goes too."""
    site.clock.at("07:00")
    nobooking = booked(site, site.khanza.patient())
    minute(site)
    done(mobile_jkn.cancel(site.khanza, nobooking, now=now(site)))
    done(mobile_jkn.admin_deletes_cancel(site.khanza, nobooking))
    minute(site)
    assert not site.record(nobooking).is_left_alive, "Khanza may still be at it"
    site.clock.forward(minutes=5)
    assert left_alive(site) == []
    minute(site)
    assert site.record(nobooking).is_left_alive
    shown = site.run("status", CLOCK=site.clock.now.isoformat()).stdout
    assert f"antrean batal {nobooking}" in shown


def test_what_bpjs_never_heard_of_is_asked_of_nobody_once_its_number_is_anothers(
    site: Site,
) -> None:
    """A Mobile JKN visit is given to a wrong patient, without a SEP, and put right."""
    site.clock.at("07:30")
    norm, other = site.khanza.patient(), site.khanza.patient()
    nobooking = booked(site, norm)
    done(mobile_jkn.check_in(site.khanza, nobooking, now=now(site)))
    minute(site)
    done(desk.edit(site.khanza, FIRST, no_rkm_medis=other))
    at(site, "07:35")
    assert site.states(FIRST)["add"] == "held"
    done(desk.edit(site.khanza, FIRST, no_rkm_medis=norm))
    at(site, "07:40")
    assert FIRST not in site.run("list", CLOCK=site.clock.now.isoformat()).stdout


def test_a_visit_that_is_moved_ahead_waits_for_its_day_and_is_met_there(site: Site) -> None:
    """Its number begins with the day that it had before."""
    no_rawat = site.khanza.visit(MONDAY, jam="08:05:00")
    at(site, "08:06")
    done(desk.edit(site.khanza, no_rawat, tgl_registrasi="2026-11-27"))
    at(site, "08:10")
    listed = site.run("list", CLOCK=site.clock.now.isoformat()).stdout
    assert "kunjungan dipindah ke hari lain" in listed
    at(site, "08:06", day=4)
    site.khanza.sep(no_rawat)
    minute(site)
    site.khanza.exam(no_rawat, "2026-11-27 08:09:00")
    at(site, "08:10", day=4)
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:09:00")]
    (added,) = site.bodies("/antrean/add")
    assert added["tanggalperiksa"] == "2026-11-27"
