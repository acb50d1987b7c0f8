"""When BPJS is left alone, when one call goes ahead, and which outages an answer ends."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from antrean_cli.rules.answers import Outcome
from antrean_cli.rules.causes import Cause
from antrean_cli.rules.codes import OutcomeKind
from antrean_cli.rules.faults import Fault
from antrean_cli.rules.outages import OutageKind
from antrean_cli.rules.times import WIB
from antrean_cli.sync.circuit_breaker import CircuitBreaker

FAULT, SAME = Fault(cause=Cause.TIMEOUT), Fault(cause=Cause.CUT)
WORKERS = 16
NOW = datetime(2026, 11, 23, 8, tzinfo=WIB)


def outcome(kind: OutcomeKind) -> Outcome:
    return Outcome(kind=kind, code="200", text="")


DONE, RETRY, REFUSED = (
    outcome(kind) for kind in (OutcomeKind.DONE, OutcomeKind.RETRY, OutcomeKind.AUTH_FAILED)
)


def after(*heard: Fault | Outcome, **begun: Any) -> CircuitBreaker:
    """Return the breaker after faults and answers, in the order in which they came.

    Each is of another booking, but for SAME.
    """
    breaker = CircuitBreaker(**begun)
    for number, one in enumerate(heard):
        if isinstance(one, Fault):
            breaker.take_fault("A1" if one == SAME else f"B{number}", one)
        else:
            breaker.take_answer("A1", one, NOW)
    return breaker


@pytest.mark.parametrize(
    ("heard", "begun", "calls"),
    [
        ((), {}, WORKERS),
        ((FAULT, FAULT), {}, WORKERS),
        ((FAULT, FAULT, FAULT), {}, 0),
        ((FAULT, FAULT, DONE, FAULT, FAULT), {}, WORKERS),
        ((FAULT, FAULT, FAULT, DONE), {}, 0),
        ((SAME, SAME, SAME, SAME), {}, WORKERS),
        ((SAME, FAULT, SAME, SAME), {}, WORKERS),
        ((SAME, FAULT, SAME, FAULT), {}, 0),
        ((FAULT,), {"faults_in_row": 2, "faulted": ("A1", "A2")}, 0),
        ((), {"probing": True}, 1),
        ((FAULT,), {"probing": True}, 0),
        ((DONE,), {"probing": True}, WORKERS),
        ((RETRY,), {"probing": True}, WORKERS),
        ((RETRY,), {}, WORKERS),
        ((REFUSED,), {}, 0),
        ((REFUSED, DONE), {}, 0),
    ],
    ids=[
        "nothing heard",
        "two faults",
        "three faults in a row",
        "an answer between them",
        "what was in flight is answered afterwards",
        "all faults are of one booking",
        "all faults are of two bookings",
        "the third booking among four faults",
        "the third fault since the pass before",
        "a probe goes ahead",
        "the probe is a fault",
        "the probe is answered",
        "the probe is put off, which is an answer",
        "a request is put off",
        "credentials are refused",
        "another call was still accepted",
    ],
)
def test_so_many_calls_may_be_under_way(
    heard: tuple[Fault | Outcome, ...], begun: dict[str, Any], calls: int
) -> None:
    assert after(*heard, **begun).side_by_side(WORKERS) == calls


@pytest.mark.parametrize(
    ("heard", "ended"),
    [
        ([FAULT], ()),
        ([REFUSED], (OutageKind.BPJS,)),
        ([RETRY], (OutageKind.BPJS,)),
        ([DONE], (OutageKind.BPJS, OutageKind.CREDENTIALS, OutageKind.BUSY)),
        ([RETRY, DONE, FAULT], (OutageKind.BPJS, OutageKind.CREDENTIALS, OutageKind.BUSY)),
    ],
    ids=["a fault", "a refusal", "put off", "accepted", "accepted among others"],
)
def test_an_answer_ends_these_outages(
    heard: list[Fault | Outcome], ended: tuple[OutageKind, ...]
) -> None:
    assert after(*heard).ends_outages == ended


def test_a_refusal_is_remembered_with_its_booking() -> None:
    breaker = after(REFUSED)
    assert (breaker.refusal, breaker.refused) == (REFUSED, "A1")


@pytest.mark.parametrize(("faults", "begins"), [(2, False), (3, True), (4, True)])
def test_three_faults_in_a_row_begin_an_outage(faults: int, begins: bool) -> None:
    assert after(*[FAULT] * faults).begins_outage is begins


def test_what_is_remembered_of_faults_and_answers() -> None:
    first, second = Fault(cause=Cause.TIMEOUT), Fault(cause=Cause.CUT)
    breaker = CircuitBreaker()
    breaker.take_fault("A1", first)
    breaker.take_fault("A2", second)
    breaker.take_fault("A1", first)
    assert (breaker.fault, breaker.faults_in_row, breaker.faulted) == (first, 3, ("A2", "A1"))
    assert breaker.begins_outage
    assert not breaker.answered
    breaker.take_answer("A3", DONE, NOW)
    assert (breaker.faults_in_row, breaker.faulted, breaker.answered_at) == (0, (), NOW)
    assert (breaker.answered, breaker.judged, breaker.begins_outage) == (True, True, False)


def test_a_refusal_without_an_envelope_is_no_answer_of_bpjs() -> None:
    breaker = CircuitBreaker()
    for booking in ("A1", "A2", "A3"):
        assert not breaker.all_turned_away
        breaker.take_turned_away(booking, REFUSED)
    assert (breaker.refusal, breaker.refused, breaker.answered_at) == (REFUSED, "A3", None)
    assert breaker.all_turned_away
    breaker.take_answer("A4", REFUSED, NOW)
    breaker.take_turned_away("A5", REFUSED)
    assert breaker.turned_away == ()


def test_which_answers_judge_a_request() -> None:
    put_off, refused = CircuitBreaker(), CircuitBreaker()
    put_off.take_answer("A1", RETRY, NOW)
    assert (put_off.put_off, put_off.judged, put_off.refusal) == (RETRY, False, None)
    assert put_off.refused == ""
    refused.take_answer("A1", REFUSED, NOW)
    assert (refused.refusal, refused.refused, refused.judged) == (REFUSED, "A1", False)
    assert refused.put_off is None


@pytest.mark.parametrize(("probing", "calls"), [(True, 0), (False, WORKERS)])
def test_a_probe_that_came_too_soon_has_not_got_through(probing: bool, calls: int) -> None:
    slow = outcome(OutcomeKind.THROTTLED)
    breaker = CircuitBreaker(probing=probing)
    breaker.take_throttled(slow)
    assert (breaker.put_off, breaker.answered) == (slow, False)
    assert breaker.side_by_side(WORKERS) == calls
