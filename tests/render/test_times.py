"""Times and spans as people read them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from antrean_cli.cause_words import one_unit
from antrean_cli.render.times import epoch_ms, time_of_day, two_units
from tests.support.rows import WIT, at


@pytest.mark.parametrize(
    ("waktu", "zone", "shown"),
    [
        (at("08:05"), None, "08:05:00"),
        (at("08:05:59"), WIT, "10:05:59"),
        (at("23:30"), timezone.utc, "16:30:00"),
        (None, None, ""),
        (None, WIT, ""),
    ],
)
def test_a_time_of_day_is_shown_in_the_zone_that_is_asked_for(
    waktu: datetime | None, zone: timezone | None, shown: str
) -> None:
    assert time_of_day(waktu, zone) == shown


def test_json_has_epoch_milliseconds() -> None:
    assert epoch_ms(at("07:00")) == 1_795_392_000_000
    assert epoch_ms(None) is None


@pytest.mark.parametrize(
    ("span", "two", "one"),
    [
        (timedelta(0), "0 menit", "0 detik"),
        (timedelta(seconds=59), "0 menit", "59 detik"),
        (timedelta(seconds=60), "1 menit", "1 menit"),
        (timedelta(seconds=89), "1 menit", "1 menit"),
        (timedelta(seconds=91), "1 menit", "2 menit"),
        (timedelta(minutes=59, seconds=59), "59 menit", "60 menit"),
        (timedelta(hours=1), "1 jam 0 menit", "1 jam"),
        (timedelta(hours=1, minutes=31), "1 jam 31 menit", "2 jam"),
        (timedelta(hours=23, minutes=59), "23 jam 59 menit", "24 jam"),
        (timedelta(days=1), "1 hari 0 jam", "1 hari"),
        (timedelta(days=2, hours=13, minutes=59), "2 hari 13 jam", "3 hari"),
    ],
)
def test_a_span_is_told_in_its_largest_units(span: timedelta, two: str, one: str) -> None:
    assert two_units(span) == two
    assert one_unit(span) == one_unit(-span) == one


def test_no_span_is_negative_however_wrong_a_clock_was() -> None:
    assert two_units(timedelta(minutes=-30)) == "0 menit"
