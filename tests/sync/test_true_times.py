"""Days on which buttons were pressed late, early or twice: no task is lost that has a true time.

Khanza is written to as its own programs do (tests/support/hands).
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest

from tests.support.hands import clinic, desk, done, mobile_jkn, pharmacy, sep
from tests.support.mariadb import MariaDB
from tests.support.rows import words
from tests.support.site import MONDAY, WIB, Site


def at(hhmm: str, *, day: int = 0) -> datetime:
    """Return a moment of Monday, or `day` days after it."""
    return datetime.combine(MONDAY + timedelta(days=day), time.fromisoformat(hhmm), WIB)


def booked(site: Site) -> str:
    """Book for Monday's session in Mobile JKN, known to BPJS; return nobooking."""
    norm = site.khanza.patient()
    nobooking = done(mobile_jkn.book(site.khanza, norm, now=at("15:00", day=-1), tanggal=MONDAY))
    assert nobooking is not None
    site.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY))
    return nobooking


def walk_in(site: Site, hhmm: str) -> str:
    """Register a patient at the desk and issue the SEP; return no_rawat."""
    no_rawat = done(desk.register(site.khanza, site.khanza.patient(), at=at(hhmm)))
    done(sep.issue(site.khanza, no_rawat))
    return no_rawat


def visit_of(site: Site, nobooking: str) -> str:
    return site.khanza.value("referensi_mobilejkn_bpjs", "no_rawat", nobooking=nobooking)


def prescription(site: Site, no_rawat: str, validated: str, handed: str) -> None:
    no_resep = done(pharmacy.prescribe(site.khanza, no_rawat, at=at(validated)))
    done(pharmacy.validate(site.khanza, no_resep, at=at(validated)))
    done(pharmacy.hand_over(site.khanza, no_resep, now=at(handed)))


def passes(site: Site, *, first: str, last: str, every: int, day: int = 0) -> None:
    """Run passes between two times of a day, `every` so many minutes."""
    site.clock.at(first, day=day)
    while site.clock.now <= at(last, day=day):
        site.sync()
        site.clock.forward(minutes=every)


WHOLE = [3, 4, 5]


def told(site: Site, kodebooking: str) -> list[int]:
    return [task for task, _ in site.held_at_bpjs(kodebooking)]


@pytest.mark.parametrize("late", [False, True], ids=["passes all day", "one pass at night"])
def test_a_check_in_that_the_admin_presses_at_noon_costs_no_task(site: Site, late: bool) -> None:
    nobooking = booked(site)
    no_rawat = visit_of(site, nobooking)
    done(clinic.examine(site.khanza, no_rawat, at=at("09:00")))
    if not late:
        passes(site, first="09:01", last="09:05", every=1)
    done(clinic.finish(site.khanza, no_rawat, now=at("09:30")))
    done(mobile_jkn.admin_checks_in(site.khanza, nobooking, now=at("12:00")))
    passes(site, first="22:00", last="22:00", every=1)
    assert site.held_at_bpjs(nobooking) == [(3, "08:00:00"), (4, "09:00:00"), (5, "09:30:00")]


def test_a_first_look_at_noon_does_not_tell_noon_and_lose_the_examination(site: Site) -> None:
    """Khanza was away since morning; the visit goes on after noon."""
    nobooking = booked(site)
    no_rawat = visit_of(site, nobooking)
    done(clinic.examine(site.khanza, no_rawat, at=at("09:00")))
    done(mobile_jkn.admin_checks_in(site.khanza, nobooking, now=at("12:00")))
    passes(site, first="12:05", last="12:08", every=1)
    assert told(site, nobooking) == []
    push = site.push(nobooking, "3")
    assert push.state == "held"
    assert push.reason is not None
    assert "ditunggu sampai jelas" in words(push.reason)
    done(clinic.finish(site.khanza, no_rawat, now=at("12:30")))
    passes(site, first="12:31", last="12:31", every=1)
    assert site.held_at_bpjs(nobooking) == [(3, "08:00:00"), (4, "09:00:00"), (5, "12:30:00")]


def test_jam_reg_edited_after_3_and_4_were_sent_stops_nothing(site: Site) -> None:
    no_rawat = walk_in(site, "08:05")
    done(clinic.examine(site.khanza, no_rawat, at=at("08:30")))
    passes(site, first="08:31", last="08:32", every=1)
    assert told(site, no_rawat) == [3, 4]
    done(desk.edit(site.khanza, no_rawat, jam_reg="10:00:00"))
    prescription(site, no_rawat, "09:30", "09:45")
    done(clinic.finish(site.khanza, no_rawat, now=at("09:20")))
    passes(site, first="10:30", last="10:31", every=1)
    assert told(site, no_rawat) == [3, 4, 5, 6, 7]


def test_a_pharmacy_faster_than_the_folder_costs_nothing_while_bpjs_is_away(site: Site) -> None:
    no_rawat = walk_in(site, "08:05")
    done(clinic.examine(site.khanza, no_rawat, at=at("08:30")))
    done(clinic.examine(site.khanza, no_rawat, at=at("08:40")))
    site.bpjs.stop()
    prescription(site, no_rawat, "09:00", "09:15")
    passes(site, first="09:20", last="09:40", every=10)
    done(clinic.move_folder(site.khanza, no_rawat, "kembali", now=at("11:00")))
    passes(site, first="11:05", last="11:25", every=10)
    site.bpjs.start()
    passes(site, first="13:00", last="13:30", every=10)
    assert site.held_at_bpjs(no_rawat) == [
        (3, "08:05:00"), (4, "08:30:00"), (5, "08:40:00"), (6, "09:00:00"), (7, "09:15:00"),
    ]  # fmt: skip


def test_a_folder_that_comes_back_the_next_morning_costs_no_task(site: Site) -> None:
    no_rawat = walk_in(site, "08:05")
    done(clinic.examine(site.khanza, no_rawat, at=at("08:30")))
    passes(site, first="09:00", last="09:00", every=1)
    done(clinic.move_folder(site.khanza, no_rawat, "kembali", now=at("07:30", day=1)))
    passes(site, first="08:00", last="08:00", every=1, day=1)
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:30:00"), (5, "08:30:01")]


def test_a_folder_sent_the_evening_before_is_no_arrival(site: Site) -> None:
    site.env["ANTREAN_ALUR"] = "berkas"
    no_rawat = walk_in(site, "08:05")
    done(clinic.move_folder(site.khanza, no_rawat, "dikirim", now=at("20:00", day=-1)))
    done(clinic.receive_folder(site.khanza, no_rawat, now=at("08:20")))
    done(clinic.examine(site.khanza, no_rawat, at=at("08:30")))
    passes(site, first="09:00", last="09:00", every=1)
    passes(site, first="06:00", last="06:00", every=1, day=1)
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:20:00"), (5, "08:30:00")]


def test_an_examination_before_the_clinic_opens_is_told_with_the_registration(site: Site) -> None:
    no_rawat = walk_in(site, "07:20")
    done(clinic.examine(site.khanza, no_rawat, at=at("07:40")))
    done(clinic.finish(site.khanza, no_rawat, now=at("07:55")))
    passes(site, first="08:10", last="08:10", every=1)
    assert site.held_at_bpjs(no_rawat) == [(3, "07:20:00"), (4, "07:40:00"), (5, "07:55:00")]


@pytest.mark.parametrize("alur", ["erm", "berkas"])
def test_sudah_in_one_click_sends_no_folder(site: Site, alur: str) -> None:
    """It writes a folder's row whose `dikirim` is the moment at which it came back."""
    site.env["ANTREAN_ALUR"] = alur
    no_rawat = walk_in(site, "08:05")
    done(clinic.examine(site.khanza, no_rawat, at=at("08:30")))
    done(clinic.finish(site.khanza, no_rawat, now=at("09:10")))
    passes(site, first="09:15", last="09:15", every=1)
    assert told(site, no_rawat) == WHOLE
    assert site.held_at_bpjs(no_rawat)[0] == (3, "08:05:00")


def test_who_did_not_come_is_not_told_as_present(site: Site, mariadb: MariaDB) -> None:
    """'Tidak Hadir' is a state that some hospitals have added to stts."""
    with mariadb.installed("a state of the hospital's own"):
        nobooking = booked(site)
        site.khanza.stts(visit_of(site, nobooking), "Tidak Hadir")
        passes(site, first="12:00", last="12:00", every=1)
        passes(site, first="06:00", last="06:00", every=1, day=1)
        assert told(site, nobooking) == []
        assert site.states(nobooking)["3"] == "closed"


def test_what_later_tasks_wait_for_has_a_line_and_a_reason(site: Site) -> None:
    no_rawat = walk_in(site, "08:05")
    prescription(site, no_rawat, "09:00", "09:15")
    passes(site, first="10:00", last="10:00", every=1)
    states = site.states(no_rawat)
    assert {step: states[step] for step in "4567"} == dict.fromkeys("4567", "held")
    reasons = {step: site.push(no_rawat, step).reason for step in "45"}
    said = [words(reason) for reason in reasons.values() if reason]
    assert said == [
        "waktu task 4 belum tercatat (periksa_awal, berkas_diterima)",
        "waktu task 5 belum tercatat (berkas_kembali, stts_selesai, periksa_akhir)",
    ]
