"""Times as Khanza and BPJS write them."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest

from antrean_cli.rules.times import (
    milliseconds,
    parse_date,
    parse_datetime,
    parse_wakturs,
    time_of_day,
)
from tests.support.rows import (
    MONDAY,
    WIB,
    WIT,
    WITA,
    at,
)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "0000-00-00",
        "0000-00-00 00:00:00",
        "0000-00-00 08:05:00",
        "1970-01-01 00:00:00",
        "1970-01-01 07:00:00",
        "1899-12-30 00:00:00",
        "9999-12-31 23:59:59",
        "2026-02-30 08:00:00",
        "2026-11-23 24:00:00",
        "2026-11-23 25:00:00",
        "2026-11-23 -01:00:00",
        "2026-11-23 838:59:59",
        "2026-11-23",
        "2026-11-23 ",
        "2026-11-23 pagi",
        "20261123 08:05:00",
        "2026-W48-1 08:05:00",
        "None None",
        "bukan waktu",
    ],
)
def test_a_text_that_is_no_time_means_not_yet(text: str | None) -> None:
    assert parse_datetime(text, WIB) is None


@pytest.mark.parametrize(("zone", "hours"), [(WIB, 7), (WITA, 8), (WIT, 9)])
def test_a_recorded_time_is_the_hospitals_own(zone: timezone, hours: int) -> None:
    """Khanza writes no zone: the setting tells which of the three it is."""
    utc = datetime(2026, 11, 23, 8, 5, 30, tzinfo=timezone.utc) - timedelta(hours=hours)
    assert parse_datetime("2026-11-23 08:05:30", zone) == utc


def test_midnight_beside_a_real_date_is_a_time() -> None:
    assert parse_datetime("2026-11-23 00:00:00", WIB) == datetime(2026, 11, 23, tzinfo=WIB)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2026-11-23", MONDAY), ("0000-00-00", None), (None, None), ("", None), ("2026-13-01", None)],
)
def test_a_zero_date_is_no_day(text: str | None, expected: date | None) -> None:
    assert parse_date(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("16-03-2021 11:32:49 WIB", datetime(2021, 3, 16, 11, 32, 49, tzinfo=WIB)),
        ("16-03-2021 11:32:49 WITA", datetime(2021, 3, 16, 11, 32, 49, tzinfo=WITA)),
        ("16-03-2021 11:32:49 WIT", datetime(2021, 3, 16, 11, 32, 49, tzinfo=WIT)),
        ("  16-03-2021 11:32:49 WIB ", datetime(2021, 3, 16, 11, 32, 49, tzinfo=WIB)),
        ("2021-03-16 11:32:49 WIB", None),
        ("16-03-2021 11:32:49", None),
        ("16-03-2021 11:32:49 UTC", None),
        ("31-02-2021 11:32:49 WIB", None),
        ("01-01-0001 00:00:00 WIB", None),
        ("31-12-9999 23:59:59 WIB", None),
        ("", None),
        ("-", None),
    ],
)
def test_wakturs_is_read_as_bpjs_writes_it(text: str, expected: datetime | None) -> None:
    assert parse_wakturs(text) == expected


def test_the_same_moment_is_the_same_milliseconds_in_every_zone() -> None:
    assert milliseconds(at("10:00", zone=WIT)) == milliseconds(at("08:00")) == 1795395600000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("00:00:00", "00:00:00"),
        ("08:05:59", "08:05:59"),
        ("23:59:59", "23:59:59"),
        ("24:00:00", ""),
        ("838:59:59", ""),
        ("-01:00:00", ""),
        ("8:05:00", ""),
        ("08:60:00", ""),
        ("08:05:60", ""),
        ("pagi", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_a_time_of_a_day_is_none_that_no_day_has(text: str | None, expected: str) -> None:
    """A TIME of MySQL's can be negative, and goes to 838 hours."""
    assert time_of_day(text) == expected


@pytest.mark.parametrize(
    "text", [None, "", "0000-00-00", "1926-11-23", "2126-11-23", "2026-02-30", "20261123", "x"]
)
def test_a_text_that_is_no_day_is_none(text: str | None) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize("text", ["2026-11-23", "2026-11-23 08:05:00", "2026-11-23 838:59:59"])
def test_the_day_of_a_text_is_read_whatever_follows(text: str) -> None:
    assert parse_date(text) == MONDAY


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("2026-11-23 23:59:59", "23:59:59"),
        ("2026-11-23 23:00:00", "23:00"),
        ("2026-11-23 00:00:00", "00:00"),
        ("2026-11-23T08:05:00", None),
        ("2026-11-23 24:00:00", None),
        ("2026-11-23 23", "23:00"),
        ("2026-11-23 99:00:00", None),
    ],
)
def test_an_hour_is_one_of_a_day(text: str, clock: str | None) -> None:
    assert parse_datetime(text, WIB) == (at(clock) if clock else None)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("01-01-2000 00:00:00 WIB", True),
        ("31-12-1999 23:59:59 WIB", False),
        ("31-12-2099 23:59:59 WIB", True),
        ("01-01-2100 00:00:00 WIB", False),
    ],
)
def test_bpjss_times_are_of_this_century(text: str, read: bool) -> None:
    assert (parse_wakturs(text) is not None) is read
