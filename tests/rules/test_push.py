"""What a push, and the record of a booking, say of themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from antrean_cli.rules.causes import Cause
from antrean_cli.rules.codes import Kind, LeftAlive, State, Step
from antrean_cli.rules.patients import NOBODY
from antrean_cli.rules.push import (
    EXACT,
    MANUAL,
    MAX_AGE,
    Change,
    Push,
    PushFault,
    Record,
    Refusal,
    changes,
    expired,
    pending,
)
from antrean_cli.rules.reasons import ReasonCode, because
from tests.support.rows import MONDAY, at, push, reason, record

NOW = at("10:00")


@pytest.mark.parametrize("state", list(State))
def test_in_which_states_a_push_is_open_done_or_kept(state: State) -> None:
    one = push("3", state, "08:05")
    assert one.open is (state in ("held", "due"))
    assert one.done is (state in ("sent", "already"))
    assert one.maybe_sent is (state == "sending")
    assert push("3", state, needs_lookup=True).maybe_sent
    assert not one.kept
    assert push("3", state, source=MANUAL).kept is one.open


@pytest.mark.parametrize(
    ("left_alive", "pushes", "alive"),
    [
        (LeftAlive.SEEN, (), True),
        (LeftAlive.TOLD, (), True),
        (LeftAlive.NOT, (), False),
        (LeftAlive.OVER, (), False),
        (LeftAlive.TOLD, (push("batal", "sent"),), False),
        (LeftAlive.TOLD, (push("99", "already"),), False),
        (LeftAlive.TOLD, (push("99", "held"),), True),
    ],
)
def test_which_booking_is_left_alive(
    left_alive: LeftAlive, pushes: tuple[Push, ...], alive: bool
) -> None:
    assert record(*pushes, left_alive=left_alive).is_left_alive is alive


@pytest.mark.parametrize(
    ("known", "told", "lives"),
    [
        (record(), False, False),
        (record(push("3", "due")), False, False),
        (record(push("3", "sent")), True, True),
        (record(push("3", "already")), True, True),
        (record(push("3", "sending")), True, True),
        (record(push("3", "held", needs_lookup=True)), True, True),
        (record(push("3", "sent"), push("batal", "sent")), True, False),
        (record(push("3", "sent"), kind="manual"), True, False),
        (record(kind="mobilejkn"), False, True),
    ],
)
def test_what_bpjs_may_know_and_hold(known: Record, told: bool, lives: bool) -> None:
    assert (known.known_at_bpjs, known.may_live_at_bpjs) == (told, lives)


@pytest.mark.parametrize(("step", "served"), [("4", False), ("5", True), ("6", True), ("7", True)])
def test_who_was_seen_to_the_end(step: str, served: bool) -> None:
    assert record(push(step, "sent")).served is served
    assert not record(push(step, "due")).served


def test_refusals_are_kept_by_step_and_forgotten_by_step() -> None:
    first, second = Refusal("a", NOW), Refusal("b", NOW)
    one = (
        record().with_refusal(Step.ADD, first).with_refusal("add", second).with_refusal("3", first)
    )
    assert (one.refused("add"), one.refused("3"), one.refused("4")) == (
        (first, second),
        (first,),
        (),
    )
    assert one.without_refusals({"add"}).refusals == {"3": (first,)}


def test_a_change_is_told_unless_it_is_of_the_first_look() -> None:
    sought = because(ReasonCode.VISIT_SOUGHT)
    held = push("3", "held", reason=reason("waktu"))
    cases = [
        (None, push("3", "due"), False),
        (None, push("3", "due", needs_lookup=True), True),
        (None, held, True),
        (None, push("3", "held", reason=sought), False),
        (push("3", "held", reason=sought), held, True),
        (push("3", "held", reason=sought), push("3", "due"), False),
        (held, None, True),
        (push("3", "due"), None, False),
        (push("3", "due"), held, True),
        (held, push("3", "held", reason=reason("waktu"), attempts=1), False),
        (held, push("3", "held", reason=reason("hari")), True),
        (push("3", "sent"), push("3", "sent", note=reason("hari")), True),
    ]
    for before, after, told in cases:
        assert Change(record(), before, after).reportable is told, (before, after)


def test_what_differs_comes_in_the_order_of_the_steps() -> None:
    before = record(push("3", "due"), push("7", "due"), push("5", "due"))
    after = record(push("add", "due"), push("3", "sent"), push("5", "due"), push("99", "due"))
    found = changes(before, after)
    assert [str(one.push.step) for one in found] == ["add", "3", "7", "99"]
    assert [one.after is None for one in found] == [False, False, True, False]
    assert len(changes(None, after)) == 4


def test_what_is_on_its_way_is_counted() -> None:
    one = record(
        push("add", "due"),
        push("3", "sending"),
        push("4", "held", needs_lookup=True),
        push("5", "held"),
        push("6", "sent"),
    )
    assert pending(one) == 3


def test_after_h7_bpjs_takes_nothing_more() -> None:
    last = at("23:59:59", MONDAY + timedelta(days=7))
    assert not expired(record(), last)
    assert expired(record(), last + timedelta(seconds=1))


def test_faults_are_kept_by_step() -> None:
    fault = PushFault(1, NOW, Cause.TIMEOUT)
    one = record().with_fault("3", fault).with_fault("4", fault)
    assert one.faults == {"3": fault, "4": fault}
    assert one.with_fault("3", None).faults == {"4": fault}
    assert one.with_fault("3", fault) is one
    assert one.with_fault("5", None) is one


def test_refusals_of_another_step_stay() -> None:
    refusal = Refusal("a", NOW)
    one = record().with_refusal("3", refusal).with_refusal("4", refusal)
    assert one.refusals == {"3": (refusal,), "4": (refusal,)}


def test_of_a_new_push_or_booking_nothing_is_known() -> None:
    assert Push(step=Step.TASK_3, state=State.DUE) == Push(
        step=Step.TASK_3,
        state=State.DUE,
        recorded=None,
        waktu=None,
        source="",
        reason=None,
        code="",
        attempts=0,
        needs_lookup=False,
        blocked_by=None,
        next_try=None,
        note=None,
    )
    assert Record(kodebooking="A", kind=Kind.ONSITE, tanggal=MONDAY) == Record(
        kodebooking="A",
        kind=Kind.ONSITE,
        tanggal=MONDAY,
        no_rawat="",
        kd_poli="",
        kd_dokter="",
        kd_pj="",
        seen=None,
        owner=NOBODY,
        handed_on=False,
        compared=False,
        left_alive=LeftAlive.NOT,
        done_fingerprint="",
        pushes={},
        refusals={},
        faults={},
    )
    assert Push(step=Step.TASK_3, state=State.DUE).since is None
    assert PushFault(1, NOW, Cause.TIMEOUT) == PushFault(1, NOW, Cause.TIMEOUT, None, own=False)


def test_since_when_a_push_is_in_its_state_makes_no_other_push() -> None:
    assert push("3", "sent", since=NOW) == push("3", "sent")


def test_the_bounds_of_time_are_the_pages() -> None:
    assert (timedelta(minutes=5), timedelta(days=7)) == (EXACT, MAX_AGE)
