"""How long a command by hand bears refusals for the pace alone, in simulated time."""

from __future__ import annotations

from antrean_cli.operator.patience import LONGEST, Patience
from antrean_cli.rules.answers import Reply
from antrean_cli.rules.causes import Cause
from antrean_cli.rules.faults import Fault
from antrean_cli.rules.pacing import MOST_TOO_SOON, Pacing

REFUSED = Fault(cause=Cause.OVERLOADED, status=429)


def asking_for(seconds: float) -> Reply:
    return Reply(code="429", message="Too Many Requests", retry_after=seconds)


def test_what_comes_too_soon_again_and_again_while_others_get_through_is_left() -> None:
    patience = Patience(pacing=Pacing())
    for _ in range(MOST_TOO_SOON):
        assert patience.bears("A-1", REFUSED, 0)
        patience.got_through()
    assert not patience.bears("A-1", REFUSED, 0)
    assert patience.bears("B-1", REFUSED, 0)
    assert not patience.at_end


def test_what_is_refused_together_with_others_is_refused_once() -> None:
    patience = Patience(pacing=Pacing())
    patience.bears("A-1", REFUSED, 0)
    patience.got_through()
    assert all(patience.bears("A-1", REFUSED, 0) for _ in range(10))
    assert patience.refusals("A-1") == 2


def test_what_is_refused_alone_is_refused_each_time() -> None:
    patience = Patience(pacing=Pacing())
    patience.bears("A-1", REFUSED, 0)
    patience.got_through()
    for now in range(3):
        patience.pacing.was_refused(patience.pacing.begin(now, 0), now)
    assert [patience.bears("A-1", REFUSED, 0) for _ in range(3)] == [True, True, False]


def test_where_nothing_gets_through_nobody_is_left() -> None:
    patience = Patience(pacing=Pacing())
    assert all(patience.bears("A-1", REFUSED, now) for now in range(60))
    assert not patience.at_end


def test_after_more_than_a_minute_without_anything_it_ends() -> None:
    patience = Patience(pacing=Pacing())
    assert patience.bears("A-1", REFUSED, 100)
    assert patience.bears("A-1", REFUSED, 100 + LONGEST)
    assert not patience.bears("A-1", REFUSED, 101 + LONGEST)
    assert (
        patience.at_end == "BPJS membatasi kecepatan, dan selama 75 detik tidak ada yang diterima"
    )


def test_whatever_gets_through_begins_the_wait_anew() -> None:
    patience = Patience(pacing=Pacing())
    assert patience.bears("A-1", REFUSED, 0)
    patience.got_through()
    assert patience.bears("A-1", REFUSED, LONGEST)
    assert patience.bears("A-1", REFUSED, 2 * LONGEST)


def test_nothing_begins_before_the_time_that_bpjs_asked_for() -> None:
    patience = Patience(pacing=Pacing())
    assert patience.bears("A-1", asking_for(30), 10)
    assert patience.pacing.next_start == 40
    assert patience.bears("B-1", asking_for(1), 10)  # that is in the pace
    assert patience.pacing.next_start == 40


def test_a_longer_time_ends_it_at_once() -> None:
    patience = Patience(pacing=Pacing())
    assert not patience.bears("A-1", asking_for(600), 0)
    assert patience.at_end == "BPJS meminta menunggu 600 detik"
