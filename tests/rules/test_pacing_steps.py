"""The rules of BPJS's pace one by one, their numbers worked out by hand; together: test_pacing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from antrean_cli.rules.pace import Pace
from antrean_cli.rules.pacing import MOST, Pacing, TooSoon
from tests.support.rows import at

NOON = at("12:00")


def through(pacing: Pacing, calls: int, when: float, *, took: float = 0.0, beside: int = 0) -> None:
    """Let so many calls end well at a time, each begun beside so many others."""
    for _ in range(calls):
        pacing.got_through(pacing.begin(when - took, beside), when)


def refused(pacing: Pacing, when: float, *, took: float = 0.0, beside: int = 0) -> None:
    pacing.was_refused(pacing.begin(when - took, beside), when)


# -- a refusal


@pytest.mark.parametrize(
    ("calls", "ended", "began_at", "rate"),
    [
        (8, 9.5, 0.0, 3.6),  # four a second in the last two, and nine tenths of that
        (8, 8.0, 0.0, 3.6),
        (8, 7.75, 0.0, None),  # too long ago to tell
        (3, 9.75, 9.5, 5.4),  # half a second after the beginning
        (3, 10.0, 9.875, 10.8),  # no span is shorter than a quarter of one
        (1, 9.5, 0.0, 0.5),  # no rate is lower
        (0, 0.0, 0.0, None),
    ],
)
def test_the_first_refusal_bounds_the_rate_below_what_got_through(
    calls: int, ended: float, began_at: float, rate: float | None
) -> None:
    pacing = Pacing(began_at=began_at)
    through(pacing, calls, ended)
    refused(pacing, 10.0)
    assert pacing.rate == (rate and pytest.approx(rate))
    assert (pacing.refused, pacing.refused_at) == (1, 10.0)
    assert pacing.next_start == (10 + 1 / rate if rate else float("-inf"))


def test_of_what_got_through_counts_what_came_since_the_pause() -> None:
    pacing = Pacing()
    pacing.pause(9.5)
    through(pacing, 4, 9.75)
    refused(pacing, 10.0)
    assert pacing.rate == pytest.approx(0.9 * 4 / 0.5)


@pytest.mark.parametrize(
    ("rate", "took", "when", "after"),
    [
        (2.0, 0.0, 0.75, 2.0),  # two calls of the rate have not gone by
        (2.0, 0.0, 1.0, 1.8),
        (8.0, 0.5, 0.75, 8.0),  # nor two calls' time
        (8.0, 0.5, 1.0, 7.2),
    ],
)
def test_a_rate_is_lowered_again_when_the_last_lowering_can_show(
    rate: float, took: float, when: float, after: float
) -> None:
    pacing = Pacing(rate=rate)
    refused(pacing, when, took=took)
    assert pacing.rate == pytest.approx(after)


def test_calls_that_usually_take_longer_are_waited_for_longer() -> None:
    pacing = Pacing(rate=8.0)
    through(pacing, 1, 0.5, took=0.5)
    refused(pacing, 0.75)
    assert pacing.rate == 8.0
    refused(pacing, 1.0)
    assert pacing.rate == pytest.approx(7.2)


def test_three_refusals_in_a_row_make_calls_go_one_by_one_after_a_pause_that_doubles() -> None:
    pacing = Pacing(window=8)
    early = pacing.begin(10.0, 0)
    for _ in range(2):
        refused(pacing, 10.0)
    assert not pacing.one_at_a_time
    assert pacing.allowed(10.0, 3) == 5
    refused(pacing, 10.0)
    assert pacing.one_at_a_time
    assert (pacing.window, pacing.next_start) == (4, 10.25)
    assert pacing.allowed(10.0, 0) == 0
    assert [pacing.allowed(10.25, beside) for beside in (0, 1, 2)] == [1, 0, 0]

    pacing.was_refused(early, 10.5)  # it was on its way before the pause
    assert pacing.next_start == 10.25
    for when, until in ((10.25, 10.75), (11, 12), (12, 14), (14, 18), (18, 26), (26, 34), (34, 42)):
        refused(pacing, when)
        assert pacing.next_start == until

    through(pacing, 1, 42.0)
    for _ in range(2):
        refused(pacing, 45.0)
    assert not pacing.one_at_a_time
    refused(pacing, 45.0)
    assert pacing.next_start == 45.25  # as at the first time


def test_a_pause_that_bpjs_asks_for_is_never_shortened() -> None:
    pacing = Pacing()
    pacing.pause(20.0)
    pacing.pause(15.0)
    assert pacing.next_start == 20.0
    assert (pacing.allowed(19.75, 0), pacing.allowed(20.0, 0)) == (0, 4)


# -- connections


@pytest.mark.parametrize(
    ("when", "beside", "window", "rate"),
    [
        (2.0, 5, 5, 12.5),  # four at once got through, six did not
        (11.0, 5, 5, 12.5),
        (11.25, 5, 8, 9.0),  # too long ago
        (2.0, 4, 4, 12.5),
        (2.0, 3, 8, 9.0),  # as many as got through
        (2.0, 15, 8, 12.5),
    ],
)
def test_a_refusal_at_a_number_at_which_none_gets_through_is_one_of_connections(
    when: float, beside: int, window: int, rate: float
) -> None:
    pacing = Pacing(rate=10.0, window=8)
    through(pacing, 1, 1.0, beside=3)
    through(pacing, 1, 1.0, beside=1)
    refused(pacing, when, beside=beside)
    assert pacing.rate == pytest.approx(rate)
    assert (pacing.window, pacing.refused_at) == (window, when)


def test_where_nothing_keeps_starts_apart_a_refusal_tells_nothing_of_connections() -> None:
    pacing = Pacing(window=8)
    through(pacing, 5, 1.0, beside=3)
    refused(pacing, 2.0, beside=5)
    assert (pacing.window, pacing.rate) == (8, 2.25)


@pytest.mark.parametrize(("when", "window"), [(22.0, 5), (22.25, 6)])
def test_one_connection_more_is_tried_after_twenty_seconds(when: float, window: int) -> None:
    pacing = Pacing(rate=10.0, window=8)
    through(pacing, 1, 1.0, beside=3)
    refused(pacing, 2.0, beside=5)
    pacing.allowed(when, 0)
    through(pacing, 100, when)
    assert pacing.window == window
    pacing.allowed(when + 20, 0)  # not more than twenty seconds after the last one
    through(pacing, 100, when + 20)
    assert pacing.window == 6


# -- side by side


def test_one_call_more_goes_at_once_each_round_trip_as_soon_as_eight_have_told_their_time() -> None:
    pacing = Pacing()
    windows = []
    for _ in range(13):
        through(pacing, 1, 1.0, took=0.5)
        windows.append(pacing.window)
    assert windows == [4] * 7 + [5] * 5 + [6]
    through(pacing, 300, 1.0, took=0.5)
    assert pacing.window == MOST
    few = Pacing(most=6)
    through(few, 100, 1.0)
    assert few.window == 6


@pytest.mark.parametrize(
    ("before", "took", "more"),
    [(8, 10.0, 1), (8, 10.25, 0), (19, 21.0, 1), (19, 21.25, 0), (30, 21.0, 1), (30, 21.25, 0)],
)
def test_no_call_more_goes_where_calls_take_more_than_twice_the_least(
    before: int, took: float, more: int
) -> None:
    """What they usually take is a mean, over twenty at most: here twice one second, or more."""
    pacing = Pacing(window=before + 1, most=64)
    through(pacing, before, 100.0, took=1.0)
    through(pacing, 1, 100.0, took=took)
    assert pacing.window == before + 1 + more


@pytest.mark.parametrize(
    ("window", "most", "made"), [(0, 16, 1), (4, 16, 4), (20, 16, 16), (4, 2, 2)]
)
def test_a_window_is_one_at_least_and_as_wide_as_allowed(window: int, most: int, made: int) -> None:
    pacing = Pacing(window=window, most=most)
    assert pacing.window == made
    assert [pacing.allowed(0.0, beside) for beside in (0, made, made + 1)] == [made, 0, 0]


# -- a rate


def test_starts_are_kept_apart_by_the_rate_and_a_late_one_is_made_up_for() -> None:
    pacing = Pacing(rate=4.0)
    assert pacing.allowed(1.0, 0) == 1
    pacing.begin(1.0, 0)
    assert pacing.next_start == pytest.approx(1.225)  # a tenth of a quarter earlier
    assert (pacing.allowed(1.2, 0), pacing.allowed(1.25, 0), pacing.allowed(1.25, 4)) == (0, 1, 0)
    pacing.begin(1.25, 1)
    assert pacing.next_start == pytest.approx(1.475)


@pytest.mark.parametrize(
    ("now", "rate"),
    [
        (5.0, 4.0),  # twenty calls' time without a refusal
        (7.0, 4 * 1.02**2),
        (9.75, 4 * 1.02**4.75),
        (10.0, 4 * 1.04**5),  # doubled after five seconds
        (15.0, 4 * 1.08**10),
        (20.0, 4 * 1.16**15),
        (25.0, 4 * 1.25**20),  # and no steeper
    ],
)
def test_quiet_raises_the_rate_ever_faster(now: float, rate: float) -> None:
    pacing = Pacing(rate=4.0)
    through(pacing, 6, now)
    pacing.allowed(now, 0)
    assert pacing.rate == pytest.approx(rate)
    pacing.allowed(now, 0)
    assert pacing.rate == pytest.approx(rate)


@pytest.mark.parametrize(
    ("begun", "quiet"), [(40.0, 1.0), (10.0, 2.0), (4.0, 5.0), (2.0, 10.0), (1.0, 10.0)]
)
def test_a_rate_is_quiet_for_twenty_calls_a_second_at_least_and_ten_at_most(
    begun: float, quiet: float
) -> None:
    pacing = Pacing(rate=begun)
    through(pacing, 100, quiet)
    pacing.allowed(quiet, 0)
    assert pacing.rate == begun
    pacing.allowed(quiet + 0.25, 0)
    assert pacing.rate == pytest.approx(begun * 1.02**0.25)


@pytest.mark.parametrize(
    ("rate", "calls", "ended", "used"),
    [
        (4.0, 6, 7.0, True),
        (4.0, 6, 5.0, True),
        (4.0, 6, 4.75, False),
        (4.0, 5, 7.0, False),
        (2.0, 6, 8.0, True),  # eight calls' time tells a slow rate
        (2.0, 6, 7.75, False),
        (10.0, 14, 7.0, True),  # just seven tenths
    ],
)
def test_what_is_not_made_use_of_does_not_rise(
    rate: float, calls: int, ended: float, used: bool
) -> None:
    now = 12.0 if rate == 2.0 else 7.0
    pacing = Pacing(rate=rate)
    through(pacing, calls, ended)
    pacing.allowed(now, 0)
    assert (pacing.rate != rate) is used


def test_the_rate_rises_from_the_last_look_on() -> None:
    pacing = Pacing(rate=4.0)
    pacing.allowed(8.0, 0)  # it was not made use of until then
    through(pacing, 6, 9.0)
    pacing.allowed(9.0, 0)
    assert pacing.rate == pytest.approx(4 * 1.02)


# -- from one pass to the next


@pytest.mark.parametrize(
    ("ago", "now", "rate"),
    [
        (2, 103.0, 4.0),
        (2, 104.0, 4 * 1.02),
        (60, 102.0, 4 * 1.04**2),  # no quiet before this pass counts for more than ten seconds
        (10, 102.0, 4 * 1.04**2),
    ],
)
def test_quiet_before_a_pass_counts(ago: int, now: float, rate: float) -> None:
    known = Pace(NOON, 7, 4.0, NOON - timedelta(seconds=ago))
    pacing = Pacing.beginning(None, known, 100.0, NOON)
    assert (pacing.window, pacing.refused_at) == (7, 100.0 - ago)
    through(pacing, 20, now)
    pacing.allowed(now, 0)
    assert pacing.rate == pytest.approx(rate)


@pytest.mark.parametrize(
    ("most", "side_by_side", "window"), [(None, 7, 7), (None, 20, 16), (3, 7, 3), (8, 7, 7)]
)
def test_a_pass_begins_side_by_side_with_what_the_hospital_allows(
    most: int | None, side_by_side: int, window: int
) -> None:
    assert Pacing.beginning(most, Pace(NOON, side_by_side), 0.0, NOON).window == window
    assert Pacing.beginning(most, None, 0.0, NOON).window == (most or 4)
    unrefused = Pacing.beginning(most, Pace(NOON, side_by_side, 9.0), 0.0, NOON)
    assert (unrefused.rate, unrefused.refused_at) == (None, None)
    minute = timedelta(minutes=1)
    long_ago = Pace(NOON - minute, side_by_side, 9.0, NOON - 10 * minute)
    forgotten = Pacing.beginning(most, long_ago, 0.0, NOON)
    assert (forgotten.window, forgotten.rate, forgotten.refused_at) == (window, None, None)


def test_the_pace_mattered_where_more_began_than_begin_at_once() -> None:
    pacing = Pacing()
    through(pacing, 4, 1.0)
    assert not pacing.mattered
    through(pacing, 1, 1.0)
    assert pacing.mattered
    slow = Pacing()
    refused(slow, 1.0)
    assert slow.mattered


# -- who comes too soon


def test_several_refusals_at_once_are_one() -> None:
    pacing = Pacing()
    count = TooSoon(pacing)
    for _ in range(5):
        count.refused("A1")
    assert (count.times("A1"), count.times("A2")) == (1, 0)
    count.got_through()
    count.refused("A1")
    assert count.times("A1") == 2


def test_calls_that_go_one_by_one_are_refused_one_by_one() -> None:
    pacing = Pacing()
    count = TooSoon(pacing)
    for _ in range(3):
        refused(pacing, 1.0)
    for number in range(4):
        assert not count.is_odd("A1")
        count.refused("A1")
        assert count.times("A1") == number + 1
    assert count.is_odd("A1")
    count.forget("A1")
    assert (count.times("A1"), count.is_odd("A1")) == (0, False)
    count.forget("A2")
