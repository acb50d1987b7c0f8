"""BPJS's pace, behind gateways of many kinds: nearly all that they allow, and hardly a refusal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import chain, cycle, repeat
from random import Random

import pytest

from antrean_cli.rules.answers import Reply
from antrean_cli.rules.causes import Cause
from antrean_cli.rules.faults import Fault
from antrean_cli.rules.pace import FORGOTTEN, Pace
from antrean_cli.rules.pacing import BEGINS, MOST, Pacing, got_through
from tests.support.gateways import (
    FIRST_SECONDS,
    GATEWAYS,
    Changing,
    Connections,
    Crowded,
    Free,
    Gateway,
    Hiccup,
    LeakyBucket,
    Mixed,
    Played,
    play,
)
from tests.support.rows import at

NOON = at("12:00")


@pytest.mark.parametrize("name", GATEWAYS)
@pytest.mark.parametrize("seed", [1, 2])
def test_nearly_all_that_a_gateway_allows_gets_through(name: str, seed: int) -> None:
    """At least nine tenths, and after the first seconds one call in twenty refused at most."""
    gateway, seconds, allowed = GATEWAYS[name]
    played = play(gateway(Random(seed)), seconds, Pacing())
    assert len(played.through) >= 0.9 * allowed
    assert played.refused_late <= 0.05


def one_after_another(*passes: Gateway, most: int | None = None) -> list[Played]:
    """Play passes of 50 s, one a minute; each begins with what the one before left."""
    played, known, now = [], None, NOON
    for number, gateway in enumerate(passes):
        pacing = Pacing.beginning(most, known, 0.0, now)
        played.append(play(gateway, 50, pacing))
        known = pacing.left(50.0, now + timedelta(seconds=50))
        now = NOON + timedelta(minutes=number + 1)
    return played


@pytest.mark.parametrize("seconds", [0.03, 2, 50])
def test_a_hiccup_costs_the_passes_after_it_nothing(seconds: float) -> None:
    random = Random(1)
    _, *later = one_after_another(Hiccup(Free(0.2, random), seconds), *[Free(0.2, random)] * 2)
    assert all(len(played.through) >= 0.9 * 16 / 0.21 * 50 for played in later)


def test_quiet_counts_from_one_pass_to_the_next() -> None:
    """A rate that was learned too low is left behind by the second pass after it."""
    random = Random(1)
    low = Changing(Free(0.2, random), LeakyBucket(2, 1, 0.2, random), 5)
    _, _, second = one_after_another(low, *[Free(0.2, random)] * 2)
    assert len(second.through) >= 0.8 * 16 / 0.21 * 50


@pytest.mark.parametrize(("connections", "most"), [(2, None), (2, 16), (6, 16), (2, 64)])
def test_a_number_of_connections_is_remembered(connections: int, most: int | None) -> None:
    gateway = Connections(connections, 0.2, Random(1))
    _, *later = one_after_another(*[gateway] * 4, most=most)
    for played in later:
        assert len(played.refused) <= 0.02 * len(played.through)
        assert len(played.through) >= 0.9 * connections / 0.21 * 50


QUICK, SLOW = ("getlisttask", 0.05), ("add", 0.5)


@pytest.mark.parametrize(
    "calls",
    [
        chain([("updatewaktu", 0.1)], repeat(("updatewaktu", 0.25))),
        cycle([QUICK, SLOW]),
        cycle([QUICK, QUICK, QUICK, SLOW]),
        chain(repeat(QUICK, 100), repeat(SLOW)),
        cycle([("updatewaktu", 0.1), ("updatewaktu", 0.5)]),
    ],
    ids=["one quick call first", "half", "few slow ones", "quick ones first", "one kind"],
)
def test_calls_that_take_different_times_do_not_look_like_a_crowd(
    calls: Iterator[tuple[str, float]],
) -> None:
    assert play(Mixed(calls, Random(1)), 30, Pacing()).most_in_flight == MOST


def test_without_a_limit_sixteen_go_side_by_side_after_a_few_seconds() -> None:
    played = play(Free(0.2, Random(1)), 60, Pacing())
    assert played.most_in_flight == MOST
    assert played.refused == []
    late = sum(ended > FIRST_SECONDS for ended in played.through)
    fixed = play(Free(0.2, Random(1)), 60, Pacing(window=MOST))
    assert late >= 0.98 * sum(ended > FIRST_SECONDS for ended in fixed.through)


@pytest.mark.parametrize("number", [1, 8, 64])
def test_a_number_of_the_hospitals_is_never_exceeded(number: int) -> None:
    played = play(Free(0.2, Random(1)), 20, Pacing.beginning(number, None, 0.0, NOON))
    assert played.most_in_flight == number


@pytest.mark.parametrize("bears", [1, 2, 4])
def test_where_latency_grows_no_more_calls_are_added(bears: int) -> None:
    """What four calls side by side take is the least that is ever seen."""
    played = play(Crowded(bears, 0.1, Random(1)), 60, Pacing())
    assert played.most_in_flight <= 2 * BEGINS + 3


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
    begun = Pacing.beginning(None, ended(rate=18.0, refused=True), 0.0, soon)
    assert (begun.window, begun.rate) == (7, 18.0)
    played = play(LeakyBucket(20, 5, 0.1, Random(1)), 10, begun)
    assert len(played.refused) <= 2


@pytest.mark.parametrize(
    ("known", "after"),
    [
        (None, timedelta(0)),
        (ended(rate=18.0, refused=True), FORGOTTEN),
        (ended(rate=18.0, refused=True), timedelta(minutes=-1)),  # by a clock that ran ahead
    ],
)
def test_what_is_long_ago_is_forgotten(known: Pace | None, after: timedelta) -> None:
    begun = Pacing.beginning(None, known, 0.0, NOON + after)
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
    soon = NOON + timedelta(minutes=1)
    kept = Pacing.beginning(None, left, 140.0, NOON).left(200.0, soon)
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
        (Reply(code="403", message="HTTP 403", bare=True), None),
        (Fault(cause=Cause.OVERLOADED, status=429), False),
        (Fault(cause=Cause.UNREADABLE), True),
        (Fault(cause=Cause.TIMEOUT), None),
        (Fault(cause=Cause.NO_ENVELOPE, status=502), None),
    ],
)
def test_only_what_says_slower_is_a_refusal(answer: Reply | Fault, expected: bool | None) -> None:
    assert got_through(answer) is expected


@pytest.mark.parametrize(
    ("ago", "young"),
    [
        (timedelta(seconds=-1), False),  # noted by a clock that ran ahead
        (timedelta(0), True),
        (timedelta(minutes=10) - timedelta(seconds=1), True),
        (timedelta(minutes=10), False),
    ],
)
def test_a_pace_and_a_refusal_are_forgotten_after_ten_minutes(ago: timedelta, young: bool) -> None:
    now = at("09:00")
    assert Pace(now - ago, 4).holds(now) is young
    assert Pace(now, 4, 20.0, now - ago).bounded(now) is young
    assert not Pace(now, 4, 20.0).bounded(now)
