"""Transitions of a push: the table is the whole of them, and nobody else sets a state."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from antrean_cli.rules import transitions
from antrean_cli.rules.codes import State, Step
from antrean_cli.rules.push import Push
from antrean_cli.rules.reasons import GONE
from antrean_cli.rules.transitions import TRANSITIONS, Move
from tests.support.rows import at, push, reason, record

PACKAGE = Path(transitions.__file__).parents[1]
MOVES: dict[Move, Callable[[Push], Push]] = {
    Move.WANT: transitions.want,
    Move.RENEW: transitions.renew,
    Move.HOLD: lambda one: transitions.hold(one, GONE),
    Move.KEEP_BACK: lambda one: transitions.keep_back(one, GONE),
    Move.CLOSE: lambda one: transitions.close(one, GONE),
    Move.BEGIN: transitions.begin_sending,
    Move.ACCEPT: transitions.accept,
    Move.FIND: transitions.mark_already_at_bpjs,
    Move.REFUSE: lambda one: transitions.refuse(one, GONE),
    Move.POSTPONE: lambda one: transitions.postpone(one, at("09:00")),
    Move.ABORT: transitions.abort_call,
    Move.REPEAT: transitions.reset_for_retry,
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("move", Move)
def test_a_move_begins_and_ends_where_the_table_says(move: Move, state: State) -> None:
    begins, ends = TRANSITIONS[move]
    one = push("4", state, "08:30")
    if state in begins:
        assert MOVES[move](one).state == ends
    else:
        with pytest.raises(AssertionError, match=f"4 cannot {move} from {state}"):
            MOVES[move](one)


def test_every_state_can_be_reached_and_left() -> None:
    assert {ends for _, ends in TRANSITIONS.values()} == set(State)
    for state in State:
        assert any(state in begins and ends != state for begins, ends in TRANSITIONS.values())


def test_no_other_module_sets_a_state() -> None:
    """A push is made by `new`, read by the ledger, and moved by the functions of the table."""
    allowed = {"rules/transitions.py", "ledger/columns.py"}
    found = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in PACKAGE.rglob("*.py")
        if str(path.relative_to(PACKAGE)) not in allowed
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") in ("Push", "replace")
        and any(keyword.arg == "state" for keyword in node.keywords)
    ]
    assert found == []


def test_a_retry_forgets_what_was_tried() -> None:
    one = push(
        "4", "refused", "08:30", attempts=3, blocked_by="3", next_try=at("09:00"), reason=GONE
    )
    again = transitions.reset_for_retry(one)
    assert again == push("4", "due", "08:30")


def test_a_closing_keeps_the_doubt_and_forgets_the_next_try() -> None:
    one = push("4", "due", "08:30", needs_lookup=True, blocked_by="3", next_try=at("09:00"))
    closed = transitions.close(one, GONE)
    assert closed == push("4", "closed", "08:30", needs_lookup=True, reason=GONE)


def test_what_was_in_flight_is_asked_for_after_a_crash() -> None:
    one = transitions.recover_in_flight(push("4", "sending", "08:30"))
    assert one == push("4", "due", "08:30", needs_lookup=True)


def test_what_nobody_believes_any_more_is_asked_for() -> None:
    one = transitions.mark_unverified(push("4", "sent", "08:30", reason=GONE))
    assert one == push("4", "due", "08:30", needs_lookup=True)


def test_what_bpjs_wants_once_more_counts_as_tried() -> None:
    one = transitions.resend(push("4", "already", "08:30", attempts=1, next_try=at("09:00")))
    assert one == push("4", "due", "08:30", attempts=2)


def test_only_what_is_open_is_closed_with_its_booking() -> None:
    one = record(push("3", "sent"), push("4", "due"), push("5", "held", reason=reason("urutan")))
    after = transitions.close_open(one, GONE)
    assert [(step, known.state) for step, known in after.pushes.items()] == [
        (Step.TASK_3, State.SENT),
        (Step.TASK_4, State.CLOSED),
        (Step.TASK_5, State.CLOSED),
    ]
