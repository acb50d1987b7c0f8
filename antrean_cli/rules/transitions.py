"""The moves of a push from state to state, as one table; no other module sets a state.

- What is in flight (SENDING) is moved by what came of its call, or by the pass after a crash.
- What BPJS has (SENT, ALREADY) is moved by BPJS's word, by a repair, or by a person's replay.
- Held goes on by itself once its reason is gone; refused waits for other data, or for a person;
  closed needs nobody.
- A push begins as `new`. It ends by being left out: a plan withdraws what never left
  (`Record.keeping`), and a repair forgets a cancel that BPJS has lost.
- A closing keeps the doubt that BPJS may have the push all the same (`needs_lookup`).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from antrean_cli.rules.codes import AT_BPJS, Code, State, Step
from antrean_cli.rules.push import Push, Record
from antrean_cli.rules.reasons import CANCELLED_AT_BPJS, EXPIRED, Reason, ReasonCode, because


class Move(Code):
    """What can happen to a push."""

    WANT = "want"
    RENEW = "renew"
    HOLD = "hold"
    KEEP_BACK = "keep_back"
    CLOSE = "close"
    BEGIN = "begin"
    ACCEPT = "accept"
    FIND = "find"
    REFUSE = "refuse"
    POSTPONE = "postpone"
    ABORT = "abort"
    REPEAT = "repeat"


_OPEN = (State.HELD, State.DUE)
# What an answer meets: a push in flight, or one of which somebody at the desk had it sent, read
# again or dropped while its call was on its way. A refused push is never in flight.
_ANSWERED = (State.SENDING, *_OPEN, *AT_BPJS, State.CLOSED)
_ANY = tuple(State)
# From which states a move begins, and in which it ends. The rules behind a row stand in
# rules/README.md (States, Tasks, Trouble), BPJS's words in bpjs/README.md (Answers).
TRANSITIONS: Mapping[Move, tuple[tuple[State, ...], State]] = {
    # The visit needs it and nothing keeps it any more; what Khanza or the clock has closed, another
    # word of theirs opens again.
    Move.WANT: ((*_OPEN, State.CLOSED), State.DUE),
    # … and begins anew where its old time and source no longer count.
    Move.RENEW: ((*_OPEN, State.CLOSED), State.DUE),
    # Something has to come first: of Khanza's, a person's or the clock's, or a step of the booking
    # (`arrange`).
    Move.HOLD: ((*_OPEN, State.CLOSED), State.HELD),
    # BPJS's answer keeps it back: it wants another step first, or has to be asked what it has.
    Move.KEEP_BACK: (_ANSWERED, State.HELD),
    # Given up: no-show, outside the day, SEP first, cancelled, after H+7, dropped by hand.
    Move.CLOSE: (_ANY, State.CLOSED),
    # Committed before its POST leaves. What BPJS made wait is tried now and then from where it is.
    Move.BEGIN: (_OPEN, State.SENDING),
    # BPJS took it: 200.
    Move.ACCEPT: (_ANSWERED, State.SENT),
    # BPJS had it: 208 "sudah ada", or getlisttask shows it, whatever we thought of it.
    Move.FIND: (_ANY, State.ALREADY),
    # BPJS refused it for good: somebody has to mend something. A plan refuses, too, what it would
    # send just as BPJS has refused it before.
    Move.REFUSE: (_ANSWERED, State.REFUSED),
    # BPJS put it off: later, or after another step.
    Move.POSTPONE: (_ANSWERED, State.DUE),
    # No envelope came, the credentials were refused, or the process died: due again, and `arrange`
    # finds anew what BPJS wants before it.
    Move.ABORT: ((State.SENDING,), State.DUE),
    # Once more: BPJS asks for it again, a person retries it, a repair or a replay doubts it.
    Move.REPEAT: ((*AT_BPJS, State.REFUSED, State.CLOSED), State.DUE),
}


def _moved(push: Push, move: Move, **changed: Any) -> Push:
    """Return the push after a move; raises AssertionError for one that the table does not have."""
    begins, ends = TRANSITIONS[move]
    if push.state not in begins:
        raise AssertionError(f"{push.step} cannot {move} from {push.state}")
    return replace(push, state=ends, **changed)


def new(step: str, *, source: str = "", **known: Any) -> Push:
    """Return a push that nothing is known of yet: due."""
    return Push(step=Step(step), state=State.DUE, source=source, **known)


def want(push: Push, **changed: Any) -> Push:
    """Return the push, due: nothing keeps it any more."""
    return _moved(push, Move.WANT, reason=None, **changed)


def renew(push: Push, *, source: str = "") -> Push:
    """Return the push as if nothing was known of it: due."""
    begun = _moved(push, Move.RENEW)
    return new(begun.step, source=source)


def hold(push: Push, reason: Reason) -> Push:
    """Return the push, waiting for what `reason` tells."""
    return _moved(push, Move.HOLD, reason=reason)


def keep_back(push: Push, reason: Reason) -> Push:
    """Return the push, held because of what BPJS answered."""
    return _moved(push, Move.KEEP_BACK, reason=reason)


def close(push: Push, reason: Reason) -> Push:
    """Return the push, given up; that BPJS may have it all the same is not forgotten."""
    return _moved(push, Move.CLOSE, reason=reason, blocked_by=None, next_try=None)


def begin_sending(push: Push) -> Push:
    """Return the push, in flight."""
    return _moved(push, Move.BEGIN)


def accept(push: Push) -> Push:
    """Return the push, taken by BPJS."""
    return _moved(push, Move.ACCEPT, reason=None, blocked_by=None, next_try=None)


def mark_already_at_bpjs(push: Push, *, needs_lookup: bool = False) -> Push:
    """Return the push, at BPJS by BPJS's own word.

    `needs_lookup` where the time that BPJS holds has still to be asked for.
    """
    return _moved(
        push,
        Move.FIND,
        reason=None,
        needs_lookup=needs_lookup,
        blocked_by=None,
        next_try=None,
    )


def refuse(push: Push, reason: Reason) -> Push:
    """Return the push, refused by BPJS for `reason`."""
    return _moved(push, Move.REFUSE, reason=reason, next_try=None)


def postpone(push: Push, next_try: datetime) -> Push:
    """Return the push, due again at its next try."""
    return _moved(push, Move.POSTPONE, attempts=push.attempts + 1, next_try=next_try)


def abort_call(push: Push) -> Push:
    """Return a push that was in flight, due again as if its call had never begun."""
    return _moved(push, Move.ABORT)


def recover_in_flight(push: Push) -> Push:
    """Return a push that a pass found in flight after a crash: BPJS has to be asked for it."""
    return replace(abort_call(push), needs_lookup=True)


def resend(push: Push) -> Push:
    """Return a push that BPJS had and wants once more, because it asks for it before another."""
    return _moved(push, Move.REPEAT, attempts=push.attempts + 1, next_try=None)


def reset_for_retry(push: Push) -> Push:
    """Return the push, to be sent as if it had never been tried."""
    return _moved(push, Move.REPEAT, reason=None, attempts=0, blocked_by=None, next_try=None)


def try_anew(push: Push) -> Push:
    """Return a refused push, to be sent with what Khanza says now.

    Why it was refused stays with it: until BPJS answers that is its last word.
    """
    return _moved(push, Move.REPEAT, attempts=0, blocked_by=None, next_try=None, note=None)


def mark_unverified(push: Push) -> Push:
    """Return a push that was at BPJS and that nobody believes any more to be there.

    BPJS is asked for it first: what it has is found again, what it lacks is sent.
    """
    return replace(reset_for_retry(push), needs_lookup=True)


# -- all pushes of a booking


def cancelled_at_bpjs(record: Record) -> Push:
    """Return task 99 of a booking that BPJS holds as cancelled."""
    known = record.push(Step.TASK_99) or new(Step.TASK_99)
    return replace(mark_already_at_bpjs(known), reason=CANCELLED_AT_BPJS)


def _is_open(push: Push) -> bool:
    return push.open


def close_open(record: Record, reason: Reason, only: Callable[[Push], bool] = _is_open) -> Record:
    """Return the record with its open pushes given up, or those that `only` names."""
    return record.with_pushes(
        *(close(push, reason) for push in record.pushes.values() if only(push))
    )


def hold_open(record: Record, reason: Reason, only: Callable[[Push], bool] = _is_open) -> Record:
    """Return the record with its open pushes held, or those that `only` names."""
    return record.with_pushes(
        *(hold(push, reason) for push in record.pushes.values() if only(push))
    )


def expire(record: Record) -> Record:
    """Return the record of a booking that BPJS takes nothing more of: every doubt ends with it.

    Why each push was not told by then stays with it: the report counts by that.
    """
    lapsed = (close(push, _lapsed(push.reason)) for push in record.pushes.values() if push.open)
    return without_doubt(record.with_pushes(*lapsed), lambda push: push.needs_lookup)


def _lapsed(why: Reason | None) -> Reason:
    return because(ReasonCode.EXPIRED, why=why) if why else EXPIRED


def without_doubt(record: Record, only: Callable[[Push], bool]) -> Record:
    """Return the record with the pushes that `only` names no longer in doubt."""
    settled = (replace(push, needs_lookup=False) for push in record.pushes.values() if only(push))
    return record.with_pushes(*settled)
