"""Transitions of a push: the table is the whole of them, and nobody else sets a state."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from antrean_cli.rules import transitions
from antrean_cli.rules.codes import State, Step
from antrean_cli.rules.push import Push
from antrean_cli.rules.reasons import GONE, LEFT_OUT
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
        if re.search(r"\bstate=", text := path.read_text(encoding="utf-8"))
        for node in ast.walk(ast.parse(text))
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


# Typed from rules/README.md (States, Tasks, Trouble) and bpjs/README.md (Answers).
H, D, G, S, A, R, C = State  # held, due, sending (going), sent, already, refused, closed
PAGE: dict[str, tuple[set[State], State]] = {
    "want": ({H, D, C}, D),
    "renew": ({H, D, C}, D),
    "hold": ({H, D, C}, H),
    "keep_back": ({G, H, D, S, A, C}, H),
    "close": ({H, D, G, S, A, R, C}, C),
    "begin": ({H, D}, G),
    "accept": ({G, H, D, S, A, C}, S),
    "find": ({H, D, G, S, A, R, C}, A),
    "refuse": ({G, H, D, S, A, C}, R),
    "postpone": ({G, H, D, S, A, C}, D),
    "abort": ({G}, D),
    "repeat": ({S, A, R, C}, D),
}


def test_the_table_is_the_pages() -> None:
    assert (*("held", "due", "sending", "sent", "already", "refused", "closed"),) == (
        H,
        D,
        G,
        S,
        A,
        R,
        C,
    )
    assert {str(move): (set(begins), ends) for move, (begins, ends) in TRANSITIONS.items()} == PAGE


def full(state: State) -> Push:
    """Return a push of which everything is known."""
    return push(
        "4",
        state,
        "08:30",
        source="periksa_awal",
        reason=GONE,
        code="201",
        attempts=3,
        needs_lookup=True,
        blocked_by=Step.TASK_3,
        next_try=at("09:00"),
        note=GONE,
    )


@pytest.mark.parametrize(
    ("move", "state", "changed"),
    [
        (transitions.want, H, {"reason": None}),
        (lambda one: transitions.hold(one, LEFT_OUT), D, {"reason": LEFT_OUT}),
        (lambda one: transitions.keep_back(one, LEFT_OUT), G, {"reason": LEFT_OUT}),
        (
            lambda one: transitions.close(one, LEFT_OUT),
            D,
            {"reason": LEFT_OUT, "blocked_by": None, "next_try": None},
        ),
        (transitions.begin_sending, D, {}),
        (transitions.accept, G, {"reason": None, "blocked_by": None, "next_try": None}),
        (
            transitions.mark_already_at_bpjs,
            G,
            {"reason": None, "blocked_by": None, "next_try": None, "needs_lookup": False},
        ),
        (
            lambda one: transitions.mark_already_at_bpjs(one, needs_lookup=True),
            G,
            {"reason": None, "blocked_by": None, "next_try": None},
        ),
        (
            lambda one: transitions.refuse(one, LEFT_OUT),
            G,
            {"reason": LEFT_OUT, "next_try": None},
        ),
        (
            lambda one: transitions.postpone(one, at("10:00")),
            G,
            {"attempts": 4, "next_try": at("10:00")},
        ),
        (transitions.abort_call, G, {}),
        (transitions.recover_in_flight, G, {}),
        (transitions.resend, S, {"attempts": 4, "next_try": None}),
        (
            transitions.reset_for_retry,
            R,
            {"reason": None, "attempts": 0, "blocked_by": None, "next_try": None},
        ),
        (
            transitions.try_anew,
            R,
            {"attempts": 0, "blocked_by": None, "next_try": None, "note": None},
        ),
        (
            transitions.mark_unverified,
            S,
            {"reason": None, "attempts": 0, "blocked_by": None, "next_try": None},
        ),
    ],
)
def test_what_a_move_forgets(
    move: Callable[[Push], Push], state: State, changed: dict[str, Any]
) -> None:
    moved = move(full(state))
    assert moved == replace(full(moved.state), **changed)


def test_what_is_renewed_is_as_if_nothing_was_known_of_it() -> None:
    assert transitions.renew(full(H), source="daftar") == push("4", "due", source="daftar")
    assert transitions.renew(full(C)) == push("4", "due")
    assert transitions.new("4", source="daftar", code="1") == push("4", source="daftar", code="1")


def test_a_doubt_begins_with_a_crash_or_a_repair() -> None:
    assert transitions.recover_in_flight(push("4", "sending")).needs_lookup
    assert transitions.mark_unverified(push("4", "sent")).needs_lookup
