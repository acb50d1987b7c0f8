"""When pushes of one kind of call are one trouble, how long, and what becomes of them then."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from antrean_cli.rules.call_troubles import (
    CallTrouble,
    calls_of,
    is_known,
    is_one_kind,
    tried_anew,
    trouble_of_calls,
)
from antrean_cli.rules.causes import Cause, trouble
from antrean_cli.rules.faults import Fault
from antrean_cli.rules.outages import Outage, OutageKind
from antrean_cli.rules.push import PushFault, Record
from tests.support.rows import at, push, record

NOW, SINCE, BEFORE = at("10:00"), at("09:50"), at("09:40")
MINUTE = timedelta(minutes=1)
ADD, UPDATE = "add", "updatewaktu"


def unanswered(
    kodebooking: str,
    step: str = "3",
    since: datetime = SINCE,
    cause: Cause = Cause.NO_ROUTE,
    *,
    own: bool = True,
    state: str = "due",
    times: int = 3,
    **changed: Any,
) -> Record:
    fault = PushFault(times, since, cause, 404, own)
    return record(push(step, state, **changed), kodebooking=kodebooking, faults={step: fault})


def three(step: str = "3", **changed: Any) -> list[Record]:
    return [unanswered(one, step, **changed) for one in ("A1", "A2", "A3")]


def outage(about: str = UPDATE, cause: Cause = Cause.NO_ROUTE, since: datetime = SINCE) -> Outage:
    return Outage(OutageKind.PUSHES, since, since, since, why=trouble(cause, about, status=404))


def found(
    records: list[Record], on: Outage | None = None, **judged: datetime
) -> CallTrouble | None:
    return trouble_of_calls(records, judged, on)


def test_three_bookings_of_one_cause_begin_it() -> None:
    assert found(three()) == CallTrouble(
        why=trouble(Cause.NO_ROUTE, UPDATE, status=404),
        since=SINCE,
        pushes=frozenset({("A1", "3"), ("A2", "3"), ("A3", "3")}),
    )


@pytest.mark.parametrize(
    ("step", "call"),
    [("add", "add"), ("5", UPDATE), ("99", UPDATE), ("batal", "batal"), ("farmasi", "farmasi")],
)
def test_it_is_of_a_kind_of_call(step: str, call: str) -> None:
    one = found(three(step))
    assert one
    assert one.why.names == (call,)


def test_it_is_told_with_the_first_of_its_faults_and_the_last_status() -> None:
    first = unanswered("A0", since=SINCE - MINUTE)
    last = record(
        push("3"),
        kodebooking="A4",
        faults={"3": PushFault(1, SINCE + MINUTE, Cause.NO_ROUTE, 405)},
    )
    one = found([last, *three(), first])
    assert one
    assert (one.since, dict(one.why.numbers)) == (SINCE - MINUTE, {"status": 405})


@pytest.mark.parametrize(
    "records",
    [
        three()[:2],
        [*three()[:2], unanswered("A3", cause=Cause.TIMEOUT)],
        [*three()[:2], unanswered("A3", "add")],
        [*three()[:2], unanswered("A2", "4")],
        three(own=False),  # nobody knows yet that others are answered
        three(state="sent"),
        three(state="refused"),
        [record(kodebooking=one, faults=three()[0].faults) for one in "ABC"],
        [],
    ],
)
def test_what_begins_none(records: list[Record]) -> None:
    assert found(records) is None


@pytest.mark.parametrize("state", ["due", "held", "sending"])
def test_one_that_is_known_to_be_alone_is_enough(state: str) -> None:
    others = three(own=False, times=1, state=state)[:2]
    assert found([unanswered("A9", state=state), *others])
    assert found(three(state="sent", needs_lookup=True))


@pytest.mark.parametrize(
    ("judged", "begins"),
    [
        ({UPDATE: BEFORE}, True),
        ({ADD: NOW}, True),
        ({UPDATE: SINCE}, False),
        ({UPDATE: NOW}, False),
    ],
)
def test_none_begins_where_one_of_the_kind_was_judged_since(
    judged: dict[str, datetime], begins: bool
) -> None:
    assert bool(trouble_of_calls(three(), judged, None)) is begins


def test_what_was_not_answered_before_others_were_does_not_count() -> None:
    old = [unanswered(one, since=BEFORE) for one in ("B1", "B2")]
    assert found([*old, unanswered("A1")], updatewaktu=BEFORE + MINUTE) is None
    one = found([*old, *three()], updatewaktu=BEFORE + MINUTE)
    assert one
    assert one.pushes == {("A1", "3"), ("A2", "3"), ("A3", "3")}


def test_once_begun_it_goes_on_while_one_waits() -> None:
    one = found([unanswered("A1", cause=Cause.TIMEOUT, own=False, times=1)], outage())
    assert one
    assert one.why.cause == Cause.TIMEOUT
    assert found([], outage()) is None
    assert found([unanswered("A1", "add")], outage()) is None


def test_it_is_over_once_one_is_judged() -> None:
    later = [unanswered(one, since=NOW) for one in ("B1", "B2")]
    assert found(later, outage(), updatewaktu=NOW - MINUTE) is None
    assert found([*later, unanswered("B3", since=NOW)], outage(), updatewaktu=NOW - MINUTE)


def test_several_kinds_are_one_trouble_of_the_commonest_cause() -> None:
    adds = [unanswered(one, "add", cause=Cause.WEB_PAGE) for one in ("B1", "B2", "B3", "B4")]
    one = found([*three(), *adds])
    assert one
    assert (one.why.cause, one.why.names) == (Cause.WEB_PAGE, (ADD, UPDATE))
    again = found([*three(), *adds[:3]], outage())
    assert again
    assert again.why.cause == Cause.NO_ROUTE


def test_what_is_known_of_an_outage() -> None:
    away = Fault(cause=Cause.NO_ROUTE, status=404)
    assert is_known(outage(), "4", away)
    assert not is_known(outage(), "add", away)
    assert not is_known(outage(), "4", Fault(cause=Cause.TIMEOUT))
    assert not is_known(None, "4", away)
    assert not is_known(outage()._replace(why=None), "4", away)
    assert calls_of(outage("add, updatewaktu")) == {ADD, UPDATE}
    assert calls_of(None) == calls_of(outage()._replace(why=None)) == frozenset()


@pytest.mark.parametrize(
    ("records", "judged", "one_kind"),
    [
        (three(), {ADD}, True),
        (three(), {ADD, UPDATE}, True),
        (three(), {UPDATE}, False),
        (three(), (), False),
        ([*three(), unanswered("A4", "add")], {"batal"}, False),
        ([], {ADD}, False),
    ],
)
def test_whether_one_kind_alone_is_not_answered(
    records: list[Record], judged: set[str], one_kind: bool
) -> None:
    assert is_one_kind(records, judged) is one_kind


def test_at_its_end_what_it_kept_may_go_and_is_told_if_it_does_not() -> None:
    kept = unanswered("A1", times=9, next_try=NOW + 20 * MINUTE)
    after = tried_anew(kept, [UPDATE], SINCE, NOW)
    assert after.pushes["3"].next_try == NOW
    assert after.faults["3"] == kept.faults["3"]._replace(times=2)


@pytest.mark.parametrize(
    "kept",
    [
        unanswered("A1", "add", next_try=NOW + MINUTE),
        unanswered("A1", since=BEFORE, next_try=NOW + MINUTE),
        unanswered("A1", own=False, next_try=NOW + MINUTE),
        record(faults={"3": PushFault(3, SINCE, Cause.TIMEOUT, None, own=True)}),
    ],
)
def test_what_it_did_not_keep_stays_as_it_is(kept: Record) -> None:
    assert tried_anew(kept, [UPDATE], SINCE, NOW) == kept


@pytest.mark.parametrize(("state", "next_try"), [("held", NOW + MINUTE), ("due", None)])
def test_what_waits_for_something_else_goes_on_waiting(
    state: str, next_try: datetime | None
) -> None:
    after = tried_anew(unanswered("A1", state=state, next_try=next_try), [UPDATE], SINCE, NOW)
    assert after.pushes["3"].next_try == next_try
