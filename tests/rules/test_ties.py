"""Ties: where a time has its place behind another one."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antrean_cli.rules.ties import Placed, place, placed_as
from tests.support.rows import at

TIE = timedelta(seconds=60)
NEAR = st.integers(min_value=0, max_value=400).map(lambda s: at("08:00") + timedelta(seconds=s))
TIES = st.sampled_from([0, 1, 60, 3600]).map(lambda s: timedelta(seconds=s))


@pytest.mark.parametrize(
    ("recorded", "before", "tie", "expected"),
    [
        ("08:30", None, 60, "08:30"),  # nothing before it
        ("08:30", "08:05", 60, "08:30"),
        ("08:05:01", "08:05", 60, "08:05:01"),
        ("08:05", "08:05", 60, "08:05:01"),  # both with one click
        ("08:04:59", "08:05", 60, "08:05:01"),
        ("08:04:00", "08:05", 60, "08:05:01"),  # exactly at the limit
        ("08:03:59", "08:05", 60, None),  # one second beyond it
        ("07:00", "08:05", 60, None),
        ("08:05", "08:05", 0, None),  # 0 turns it off
        ("08:04:59", "08:05", 0, None),
        ("08:05:01", "08:05", 0, "08:05:01"),
        ("08:04:59", "08:05", 1, "08:05:01"),
        ("08:04:58", "08:05", 1, None),
        ("07:05", "08:05", 3600, "08:05:01"),
    ],
)
def test_where_a_time_has_its_place(
    recorded: str, before: str | None, tie: int, expected: str | None
) -> None:
    """One that equals or precedes the one before by no more than the tie: a second after that."""
    ahead = Placed(at(before), at(before)) if before else None
    found = place(at(recorded), ahead, timedelta(seconds=tie))
    assert found == (Placed(at(recorded), at(expected)) if expected else None)


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        ("08:05:11", "08:05:11"),
        ("08:05:10", "08:05:11"),
        ("08:05:08", "08:05:11"),  # later than the one before by Khanza's times, not as it went out
        ("08:04:05", "08:05:11"),
        ("08:04:04", None),
    ],
)
def test_the_distance_is_that_of_khanzas_times(recorded: str, expected: str | None) -> None:
    """The one before went out 5 seconds later than it was recorded, because of ties of its own."""
    moved = Placed(recorded=at("08:05:05"), waktu=at("08:05:10"))
    found = place(at(recorded), moved, TIE)
    assert found == (Placed(at(recorded), at(expected)) if expected else None)


def test_without_a_tie_nothing_is_moved_behind_what_was() -> None:
    moved = Placed(recorded=at("08:05:05"), waktu=at("08:05:10"))
    assert place(at("08:05:08"), moved, timedelta(0)) is None


@pytest.mark.parametrize(
    ("recorded", "waktu", "expected"),
    [
        ("08:05", "08:05", ("08:05", "08:05")),
        ("08:05", "08:05:01", ("08:05", "08:05:01")),  # a tie
        ("08:05", "08:10:05", ("08:05", "08:10:05")),  # five, each of a minute and a second
        ("08:05", "08:10:06", ("08:10:06", "08:10:06")),
        ("08:05", "09:00", ("09:00", "09:00")),  # BPJS holds what somebody else told
        ("08:05", "08:04:59", ("08:04:59", "08:04:59")),
        (None, "08:05", ("08:05", "08:05")),  # by hand
        ("08:05", None, ("08:05", "08:05")),  # BPJS has it, and nobody knows with which time
        (None, None, None),
    ],
)
def test_where_a_task_stands_that_went_out(
    recorded: str | None, waktu: str | None, expected: tuple[str, str] | None
) -> None:
    def moment(clock: str | None) -> datetime | None:
        return at(clock) if clock else None

    found = placed_as(moment(recorded), moment(waktu), TIE)
    assert found == (Placed(at(expected[0]), at(expected[1])) if expected else None)


@settings(deadline=None)
@given(st.lists(NEAR, max_size=6), TIES)
def test_settled_times_strictly_rise_and_never_move_by_more_than_the_ties(
    recorded: list[datetime], tie: timedelta
) -> None:
    """How far two times are apart is told by Khanza's own: each tie may go back from there."""
    before: Placed | None = None
    for number, waktu in enumerate(recorded, 1):
        found = place(waktu, before, tie)
        if found is None:
            continue
        assert before is None or found.waktu > before.waktu
        assert before is None or before.recorded - waktu <= tie
        assert timedelta(0) <= found.waktu - waktu <= number * (tie + timedelta(seconds=1))
        before = found
