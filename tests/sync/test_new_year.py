"""The turn of the year: windows, numbers, H+7 and zones across 31 December and 1 January."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone

import pytest

from tests.support.patients import patient
from tests.support.site import WIB, Site

SILVESTER, NEW_YEAR = date(2026, 12, 31), date(2027, 1, 1)  # a Thursday, a Friday
ZONES = {"Asia/Jakarta": 7, "Asia/Makassar": 8, "Asia/Jayapura": 9}


def at(site: Site, day: date, clock: str, zone: str = "Asia/Jakarta") -> None:
    """Set the clock to a time of day in one of Indonesia's zones."""
    offset = timezone(timedelta(hours=ZONES[zone]))
    site.clock.now = datetime.combine(day, time.fromisoformat(clock), offset)


def test_a_visit_of_the_last_day_goes_on_in_the_new_year(site: Site) -> None:
    at(site, SILVESTER, "10:00")
    no_rawat = patient(site, SILVESTER)
    assert no_rawat == "2026/12/31/000001"
    site.sync()
    site.khanza.exam(no_rawat, f"{SILVESTER} 23:50:00")
    at(site, NEW_YEAR, "00:10")
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [
        (3, "08:05:00"),
        (4, "23:50:00"),
        (5, "23:50:01"),
    ]


def test_the_first_visit_of_the_new_year_has_a_number_and_a_day_of_its_own(site: Site) -> None:
    at(site, SILVESTER, "10:00")
    old = patient(site, SILVESTER)
    site.sync()
    at(site, NEW_YEAR, "08:10")
    new = patient(site, NEW_YEAR)
    done = site.sync()
    assert (old, new) == ("2026/12/31/000001", "2027/01/01/000001")
    assert {change.record.kodebooking for change in done.changes} == {new}
    assert site.record(new).tanggal == NEW_YEAR
    assert site.held_at_bpjs(new) == [(3, "08:05:00")]


def test_a_mobile_jkn_booking_of_either_year_is_read_by_its_number(site: Site) -> None:
    bookings = {}
    for day in (SILVESTER, NEW_YEAR):
        no_rawat = site.khanza.visit(day, jam="08:00:00")
        nobooking = site.khanza.booking(no_rawat, day, status="Checkin", validasi=f"{day} 07:45:00")
        site.bpjs.bookings.mobile_jkn(nobooking, str(day))
        bookings[nobooking] = day
    assert [number[:8] for number in bookings] == ["20261231", "20270101"]
    at(site, SILVESTER, "08:30")
    site.sync()
    at(site, NEW_YEAR, "08:30")
    site.sync()
    assert {number: site.held_at_bpjs(number) for number in bookings} == {
        number: [(3, "07:45:00")] for number in bookings
    }


@pytest.mark.parametrize("minutes", [1, 61], ids=["not in every pass", "once an hour"])
def test_rows_of_the_old_year_are_looked_at_again_once_an_hour(site: Site, minutes: int) -> None:
    third = NEW_YEAR + timedelta(days=2)
    at(site, SILVESTER, "10:00")
    site.sync()
    at(site, third, "10:00")
    site.sync()
    late = patient(site, SILVESTER)
    site.clock.forward(minutes=minutes)
    site.sync()
    assert [(3, "08:05:00")][: minutes // 61] == site.held_at_bpjs(late)


@pytest.mark.parametrize(
    ("zone", "day", "hhmm", "state"),
    [
        ("Asia/Jakarta", 7, "23:59", "sent"),
        ("Asia/Jakarta", 8, "00:00", "closed"),
        ("Asia/Makassar", 8, "00:59", "sent"),
        ("Asia/Makassar", 8, "01:00", "closed"),
        ("Asia/Jayapura", 8, "01:59", "sent"),
        ("Asia/Jayapura", 8, "02:00", "closed"),
    ],
)
def test_h_plus_7_of_the_last_day_is_7_january_by_bpjss_own_clock(
    site: Site, zone: str, day: int, hhmm: str, state: str
) -> None:
    at(site, SILVESTER, "10:00", zone)
    no_rawat = patient(site, SILVESTER)
    site.sync(ANTREAN_TZ=zone)
    site.khanza.exam(no_rawat, f"{SILVESTER} 09:50:00")
    at(site, date(2027, 1, day - 1), "12:00", zone)
    site.bpjs.stop()
    site.sync(ANTREAN_TZ=zone)
    site.bpjs.start()
    assert site.states(no_rawat)["4"] == "due"
    at(site, date(2027, 1, day), hhmm, zone)
    site.sync(ANTREAN_TZ=zone)
    assert site.states(no_rawat)["4"] == state


@pytest.mark.parametrize(
    ("zone", "jam", "at_bpjs"),
    [
        ("Asia/Jakarta", "00:10:00", "01-01-2027 00:10:00"),
        ("Asia/Makassar", "01:00:00", "01-01-2027 00:00:00"),
        ("Asia/Makassar", "00:59:59", None),
        ("Asia/Jayapura", "02:00:00", "01-01-2027 00:00:00"),
        ("Asia/Jayapura", "01:59:59", None),
    ],
)
def test_the_first_hour_of_the_year_in_the_east_is_still_the_old_year_for_bpjs(
    site: Site, zone: str, jam: str, at_bpjs: str | None
) -> None:
    """A time has to lie on the day of service, and that is judged in WIB."""
    site.khanza.update("jadwal", {"kd_dokter": "D01"}, jam_mulai="00:00:00")
    at(site, NEW_YEAR, "10:00", zone)
    no_rawat = patient(site, NEW_YEAR, jam=jam)
    site.sync(ANTREAN_TZ=zone)
    if at_bpjs is None:  # closed once the day is over
        site.clock.forward(days=1)
        site.sync(ANTREAN_TZ=zone)
    push = site.push(no_rawat, "3")
    if at_bpjs:
        assert push.waktu is not None
        assert f"{push.waktu.astimezone(WIB):%d-%m-%Y %H:%M:%S}" == at_bpjs
        assert push.state == "sent"
    else:
        assert (push.state, push.reason and push.reason.code) == ("closed", "hari")
        assert site.held_at_bpjs(no_rawat) == []


@pytest.mark.parametrize("days", [1, 7])
def test_since_reaches_back_over_the_turn_of_the_year_and_no_further_than_h_7(
    site: Site, days: int
) -> None:
    at(site, NEW_YEAR, "10:00")
    since = NEW_YEAR - timedelta(days=days)
    inside, before = patient(site, since), patient(site, since - timedelta(days=1))
    site.sync(since=since)
    assert site.states(inside)["add"] == "sent"
    known = {booking["kodebooking"] for booking in site.bpjs.bookings.snapshot()}
    assert before not in known
