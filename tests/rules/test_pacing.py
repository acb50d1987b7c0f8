"""BPJS's pace, behind gateways of many kinds: nearly all that they allow, and hardly a refusal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest

from antrean_cli.rules.answers import Reply
from antrean_cli.rules.faults import Cause, Fault
from antrean_cli.rules.pace import FORGOTTEN, Pace
from antrean_cli.rules.pacing import BEGINS, MOST, Pacing, got_through
from tests.support.gateways import (
    Changing,
    Connections,
    Crowded,
    Free,
    Gateway,
    LeakyBucket,
    PerMinute,
    play,
)
from tests.support.rows import at

FIRST_SECONDS = 10.0
NOON = at("12:00")
# A gateway, the seconds for which it is called on, and how many calls it allows in them.
GATEWAYS: dict[str, tuple[Callable[[Random], Gateway], float, float]] = {
    "20 a second, burst 5": (lambda r: LeakyBucket(20, 5, 0.1, r), 420, 20 * 420),
    "20 a second, slow calls": (lambda r: LeakyBucket(20, 5, 0.5, r), 420, 20 * 420),
    "50 a second, burst 10": (lambda r: LeakyBucket(50, 10, 0.2, r), 300, 50 * 300),
    "5 a second, burst 1": (lambda r: LeakyBucket(5, 1, 0.05, r), 300, 5 * 300),
    "1,200 a minute": (lambda r: PerMinute(1200, 0.1, r), 420, 1200 * 7),
    "6 connections": (lambda r: Connections(6, 0.2, r), 300, 6 / 0.21 * 300),
    "6 connections, quick calls": (lambda r: Connections(6, 0.05, r), 120, 6 / 0.0525 * 120),
    "2 connections": (lambda r: Connections(2, 0.2, r), 300, 2 / 0.21 * 300),
    "latency grows with load": (lambda r: Crowded(6, 0.1, r), 120, 6 / 0.105 * 120),
    "a slow morning": (lambda r: Free(0.2, r, slow=60), 180, 16 / 2.1 * 60 + 16 / 0.21 * 120),
    "20 a second, from noon 5": (
        lambda r: Changing(LeakyBucket(20, 5, 0.1, r), LeakyBucket(5, 5, 0.1, r), 120),
        300,
        20 * 120 + 5 * 180,
    ),
    "5 a second, from noon 20": (
        lambda r: Changing(LeakyBucket(5, 5, 0.1, r), LeakyBucket(20, 5, 0.1, r), 120),
        300,
        5 * 120 + 20 * 180,
    ),
}


@pytest.mark.parametrize("name", GATEWAYS)
@pytest.mark.parametrize("seed", [1, 2])
def test_nearly_all_that_a_gateway_allows_gets_through(name: str, seed: int) -> None:
    """At least nine tenths, and after the first seconds one call in twenty refused at most."""
    gateway, seconds, allowed = GATEWAYS[name]
    played = play(gateway(Random(seed)), seconds, Pacing())
    assert len(played.through) >= 0.9 * allowed
    through, refused = (
        sum(ended > FIRST_SECONDS for ended in ends) for ends in (played.through, played.refused)
    )
    assert refused <= 0.05 * (through + refused)


def test_without_a_limit_sixteen_go_side_by_side_after_a_few_seconds() -> None:
    played = play(Free(0.2, Random(1)), 60, Pacing())
    assert played.most_in_flight == MOST
    assert played.refused == []
    late = sum(ended > FIRST_SECONDS for ended in played.through)
    fixed = play(Free(0.2, Random(1)), 60, Pacing(window=MOST))
    assert late >= 0.98 * sum(ended > FIRST_SECONDS for ended in fixed.through)


@pytest.mark.parametrize("number", [1, 8, 64])
def test_a_number_of_the_hospitals_is_never_exceeded(number: int) -> None:
    played = play(Free(0.2, Random(1)), 20, Pacing.beginning(number, None, NOON))
    assert played.most_in_flight == number


def test_where_latency_grows_no_more_calls_are_added() -> None:
    played = play(Crowded(2, 0.1, Random(1)), 60, Pacing())
    assert played.most_in_flight < 8


def test_nothing_but_refusals_is_tried_ever_more_slowly() -> None:
    pacing = Pacing()
    played = play(LeakyBucket(1e-9, -1, 0.1, Random(1)), 600, pacing)
    assert played.through == []
    assert len(played.refused) < 90


# -- what one pass leaves for the next


def ended(at_side_by_side: int = 7, rate: float | None = None, refused: bool = False) -> Pace:
    return Pace(NOON, at_side_by_side, rate, NOON if refused else None)


def test_the_next_pass_goes_on_where_this_one_was() -> None:
    soon = NOON + timedelta(minutes=1)
    begun = Pacing.beginning(None, ended(rate=18.0, refused=True), soon)
    assert (begun.window, begun.rate) == (7, 18.0)
    played = play(LeakyBucket(20, 5, 0.1, Random(1)), 10, begun)
    assert len(played.refused) <= 1


@pytest.mark.parametrize(
    ("known", "after"),
    [
        (None, timedelta(0)),
        (ended(rate=18.0, refused=True), FORGOTTEN),
        (ended(rate=18.0, refused=True), timedelta(minutes=-1)),  # by a clock that ran ahead
    ],
)
def test_what_is_long_ago_is_forgotten(known: Pace | None, after: timedelta) -> None:
    begun = Pacing.beginning(None, known, NOON + after)
    assert (begun.window, begun.rate) == (BEGINS, None)


def test_what_is_left_tells_when_the_last_refusal_was() -> None:
    pacing = Pacing()
    start = pacing.begin(100.0, 4)
    pacing.got_through(start, 100.1)
    pacing.was_refused(pacing.begin(101.0, 4), 101.0)
    left = pacing.left(106.0, NOON)
    assert left.refused_at == NOON - timedelta(seconds=5)
    assert left.bounded(NOON)
    assert left.rate == pacing.rate is not None
    kept = Pacing.beginning(None, left, NOON).left(200.0, NOON + timedelta(minutes=1))
    assert kept.refused_at == left.refused_at


# -- what tells the pace


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Reply(code="200", message="Ok"), True),
        (Reply(code="201", message="Rujukan tidak valid"), True),
        (Reply(code="404", message="Gagal dicoba kembali"), True),
        (Reply(code="429", message="Too Many Requests"), False),
        (Reply(code="503", message="…", retry_after=1.0), False),
        (Reply(code="503", message="…"), True),
        (Fault(cause=Cause.OVERLOADED, status=429), False),
        (Fault(cause=Cause.UNREADABLE), True),
        (Fault(cause=Cause.TIMEOUT), None),
        (Fault(cause=Cause.NO_ENVELOPE, status=502), None),
    ],
)
def test_only_what_says_slower_is_a_refusal(answer: Reply | Fault, expected: bool | None) -> None:
    assert got_through(answer) is expected
