"""Answers → pushes: what becomes of a booking's pushes by what BPJS answered.

- An exchange that brought no envelope is a fault, and no answer: `after_fault`.
- What became of a write without an answer is unknown: a task is looked up, add and batal are sent
  again, and 208 settles them.
- What each kind of outcome does to a push stands in `_EFFECTS`, one function a kind.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from antrean_cli.rules.answers import OVERLOADED, Outcome
from antrean_cli.rules.backoff import (
    MAX_QUESTION,
    next_question,
    next_try,
    next_try_at_pace,
)
from antrean_cli.rules.codes import Kind, OutcomeKind, State, Step
from antrean_cli.rules.faults import Fault
from antrean_cli.rules.listings import Task, tasks_held
from antrean_cli.rules.ordering import arrange, demand_on
from antrean_cli.rules.own_faults import is_own, put_off_by_itself, with_one_more
from antrean_cli.rules.owner_at_bpjs import is_to_be_compared
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import MANUAL, ORDERED, STEPS, UNLISTED, Push, Record, Refusal
from antrean_cli.rules.reasons import (
    AFTER_SERVICE,
    CANCELLED,
    CANCELLED_AT_BPJS,
    Reason,
    ReasonCode,
    because,
    demanded,
    has_code,
)
from antrean_cli.rules.transitions import (
    abort_call,
    accept,
    cancelled_at_bpjs,
    close,
    close_open,
    keep_back,
    mark_already_at_bpjs,
    new,
    postpone,
    refuse,
    resend,
    without_doubt,
)

# Envelopes that say nothing of the push itself.
_SAYS_NOTHING = (OutcomeKind.AUTH_FAILED, OutcomeKind.THROTTLED)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answered:
    """One answer to one push of a booking, at `now`; `jitter` is a random number from 0 to 1.

    `mark` is that of the body which was sent (refused_bodies.py).
    """

    record: Record
    push: Push
    outcome: Outcome
    policy: Policy
    now: datetime
    jitter: float
    mark: str = ""

    @property
    def next_try(self) -> datetime:
        """When the push is tried again."""
        return next_try(self.push.attempts, self.outcome.retry_after, self.now, self.jitter)

    @property
    def postponed(self) -> Push:
        """The push, due again at its next try."""
        return postpone(self.push, self.next_try)

    @property
    def noted(self) -> Record:
        """The record with what was refused kept: as it is, that is not sent again."""
        if not self.mark:
            return self.record
        return self.record.with_refusal(self.push.step, Refusal(self.mark, self.now))


def after_answer(
    record: Record,
    step: str,
    outcome: Outcome,
    policy: Policy,
    now: datetime,
    jitter: float,
    mark: str = "",
) -> Record:
    """Return the record after an answer to one of its pushes, in order again.

    `jitter` is a random number from 0 to 1, `mark` that of the body which was sent; empty for what
    is not tried anew by itself.
    """
    if outcome.kind not in _SAYS_NOTHING:
        record = record.with_fault(step, None)
    known = record.pushes[step]
    doubt = _still_in_doubt(known, outcome)
    push = replace(known, code=outcome.code, needs_lookup=doubt, reason=None)
    answered = _Answered(
        record=record, push=push, outcome=outcome, policy=policy, now=now, jitter=jitter, mark=mark
    )
    return arrange(_EFFECTS[outcome.kind](answered), policy)


def _still_in_doubt(push: Push, outcome: Outcome) -> bool:
    """Return whether BPJS may have a push all the same, should the visit be cancelled meanwhile.

    An answer that settles nothing leaves a doubt as it was; an add that was put off may have been
    taken, and so may one that came too soon, unless the gateway only counted it.
    """
    too_soon = outcome.kind == OutcomeKind.THROTTLED and outcome.code == OVERLOADED
    if outcome.kind == OutcomeKind.RETRY or too_soon:
        return push.needs_lookup or push.step in UNLISTED
    return outcome.kind in _SAYS_NOTHING and push.needs_lookup


# -- one function a kind of outcome


def _accepted(answered: _Answered) -> Record:
    return arrived(answered.record, accept(answered.push))


def _already(answered: _Answered) -> Record:
    """Note a 208: nothing was overwritten, so the time that BPJS holds has to be asked for.

    Whose an add is, is asked as well; one that was in doubt stays so until then (owner_at_bpjs.py).
    """
    push, before = answered.push, answered.record.pushes[answered.push.step]
    if push.step == Step.ADD:
        asks = before.needs_lookup and is_to_be_compared(answered.record)
    else:
        asks = push.step in ORDERED
    return arrived(answered.record, mark_already_at_bpjs(push, needs_lookup=asks))


def arrived(record: Record, push: Push) -> Record:
    """Return the record with a push that BPJS has: a cancel ends the booking."""
    record = with_settled_add(record.with_pushes(push))
    return close_open(record, CANCELLED) if record.ended else record


def with_settled_add(record: Record) -> Record:
    """Return the record of a booking that BPJS has something of: it has the booking then.

    So an add that is in doubt is there, and one that is held or was refused came from elsewhere.
    """
    add = record.push(Step.ADD)
    if add is None or add.done_or_in_flight:
        return record
    there = add.needs_lookup or add.held_or_refused
    return record.with_pushes(mark_already_at_bpjs(add)) if there else record


def _put_off(answered: _Answered) -> Record:
    return answered.record.with_pushes(answered.postponed)


def _prerequisite(answered: _Answered) -> Record:
    """Let the step go first that BPJS names: due again if it was thought done, else waited for.

    One that is named again although it was sent again is a contradiction, for a person to see.
    """
    record, named = answered.record, answered.outcome.named
    assert named is not None  # noqa: S101 - `judge` calls nothing a prerequisite that names no step
    if named == Step.ADD:
        return _unknown_booking(answered)
    record = with_settled_add(record)  # it knows the booking
    first = record.push(named)
    if first and first.done and answered.push.blocked_by == named:
        contradiction = because(ReasonCode.CONTRADICTION, text=answered.outcome.text)
        return record.with_pushes(keep_back(answered.push, contradiction))
    if first and first.done and _is_ours(first):
        record = record.with_pushes(resend(first))
    push = replace(answered.postponed, blocked_by=named)
    return record.with_pushes(keep_back(push, demanded(named)))


def _is_ours(push: Push) -> bool:
    """Return whether a task is Khanza's, or was typed: what somebody else sent is not repeated."""
    return push.recorded is not None or (push.source == MANUAL and push.waktu is not None)


def _unknown_booking(answered: _Answered) -> Record:
    """Judge "Kode Booking tidak ditemukan": what it means depends on what became of our add."""
    record, push = _without_add_in_doubt(answered.record), answered.push
    add = record.push(Step.ADD)
    if push.step == Step.TASK_99 and not (add and add.done):
        closed = record.with_pushes(close(push, because(ReasonCode.NOT_AT_BPJS)))
        return close_open(closed, CANCELLED)
    if add and add.state == State.HELD:
        asked = _asked_in_vain(add, record, answered.policy, answered.now)
        waiting = replace(push, blocked_by=None, next_try=None)
        why = because(ReasonCode.WAITING_FOR_ADD, add=add.reason or because(ReasonCode.CLOSED))
        return record.with_pushes(asked, keep_back(waiting, why))
    if add and add.state == State.REFUSED:
        why = add.reason or because(ReasonCode.REFUSED)
        return record.with_pushes(keep_back(push, because(ReasonCode.ADD_REFUSED, add=why)))
    if add and add.state == State.CLOSED and add.reason:
        return record.with_pushes(close(push, add.reason))
    if add and add.done:  # a moment's delay after the add
        return record.with_pushes(answered.postponed)
    waiting = replace(answered.postponed, blocked_by=Step.ADD)
    if record.kind == Kind.MANUAL:  # nobody here knows the booking: a slip of the pen, perhaps
        waiting = replace(waiting, next_try=_next_look(answered))
    return record.with_pushes(keep_back(waiting, demand_on(push, Step.ADD)))


def _next_look(answered: _Answered) -> datetime:
    """Return when BPJS is asked again for a booking that only a person knows: rarely."""
    now, asked = answered.now.astimezone(answered.policy.zone), answered.push.attempts + 1
    following = next_question(asked, answered.record.tanggal, now)
    return following or answered.now + MAX_QUESTION


def _without_add_in_doubt(record: Record) -> Record:
    """Return the record of a booking that BPJS does not know: an add in doubt never came."""
    return without_doubt(record, lambda push: push.step == Step.ADD)


def _asked_in_vain(add: Push, record: Record, policy: Policy, now: datetime) -> Push:
    """Return a held add that BPJS was asked for, with the moment at which it asks again.

    Of NON JKN there is no second question: no SEP form adds them.
    """
    asked, following = add.attempts + 1, None
    if record.kind != Kind.NONJKN:
        following = next_question(asked, record.tanggal, now.astimezone(policy.zone))
    return replace(add, attempts=asked, next_try=following)


def _rejected(answered: _Answered) -> Record:
    outcome = answered.outcome
    text = outcome.text.strip()
    said = {"text": text} if text else {"kode": outcome.code}
    said |= {"origin": outcome.origin} if outcome.origin else {}
    reason = because(outcome.refusal or ReasonCode.REFUSED, **said)
    return answered.noted.with_pushes(refuse(answered.push, reason))


def _superseded(answered: _Answered) -> Record:
    """Ask what BPJS holds: it says that it has a later task already.

    If the list does not show this one, it is refused (`_without_overtaken`).
    """
    reason = because(ReasonCode.OVERTAKEN, text=answered.outcome.text)
    push = replace(answered.push, needs_lookup=True)
    return with_settled_add(answered.noted.with_pushes(keep_back(push, reason)))


def _cancelled_at_bpjs(answered: _Answered) -> Record:
    """Note "TaskId terakhir 99": the booking is cancelled at BPJS."""
    absent = cancelled_at_bpjs(answered.record)
    record = answered.record.with_pushes(close(answered.push, CANCELLED_AT_BPJS), absent)
    return close_open(with_settled_add(record), CANCELLED_AT_BPJS)


def _sep_first(answered: _Answered) -> Record:
    return answered.record.with_pushes(close(answered.push, because(ReasonCode.SEP_FIRST)))


def _auth_failed(answered: _Answered) -> Record:
    """Count nothing against the push, which is due again: the fault is not its own."""
    push = answered.push
    return answered.record.with_pushes(_back_in_place(push))


def _throttled(answered: _Answered) -> Record:
    """Put the push back in its place: the fault is not its own, and BPJS did not look at it."""
    back = _back_in_place(answered.push)
    return answered.record.with_pushes(_at_pace(back, answered.outcome.retry_after, answered.now))


def _back_in_place(push: Push) -> Push:
    """Return a push as if its call had not begun, if one did."""
    return abort_call(push) if push.state == State.SENDING else push


def _at_pace(push: Push, retry_after: float | None, now: datetime) -> Push:
    """Return a push that waits for nothing more than before, or as long as BPJS asked for."""
    return replace(push, next_try=next_try_at_pace(retry_after, now) or push.next_try)


_EFFECTS: Mapping[OutcomeKind, Callable[[_Answered], Record]] = {
    OutcomeKind.DONE: _accepted,
    OutcomeKind.ALREADY: _already,
    OutcomeKind.RETRY: _put_off,
    OutcomeKind.THROTTLED: _throttled,
    OutcomeKind.PREREQUISITE: _prerequisite,
    OutcomeKind.REJECTED: _rejected,
    OutcomeKind.SUPERSEDED: _superseded,
    OutcomeKind.BOOKING_CANCELLED: _cancelled_at_bpjs,
    OutcomeKind.SEP_FIRST: _sep_first,
    OutcomeKind.AUTH_FAILED: _auth_failed,
}


# -- no answer, and lists


def after_fault(
    record: Record,
    step: str,
    fault: Fault,
    now: datetime,
    jitter: float = 0.0,
    *,
    answered_at: datetime | None = None,
    known: bool = False,
) -> Record:
    """Return the record after an exchange without an envelope (rules/README.md, Trouble).

    No attempt is counted, and the next pass repeats it, unless a Retry-After came with it, or the
    fault is the push's own (own_faults.py). `answered_at` is when BPJS last answered anything, None
    while an outage is on: then nobody can tell. `known`: BPJS is known to answer no push of this
    kind (call_troubles.py).
    """
    push = record.pushes[step]
    lost = _at_pace(_back_in_place(push), fault.retry_after, now)
    doubtful = push.needs_lookup or fault.maybe_acted
    record = record.with_pushes(replace(lost, needs_lookup=doubtful))
    record = with_one_more(record, step, fault, now)
    if not (known or is_own(record, step, answered_at)):
        return record
    return put_off_by_itself(record, step, fault.retry_after, now, jitter)


def after_lookup(record: Record, rows: Sequence[Task], policy: Policy) -> Record:
    """Return the record with what BPJS holds taken as there, at the time that it holds.

    A task that nobody has heard of still tells that BPJS has the booking.
    """
    record = without_doubt(record, _is_listed)
    for step, waktu in tasks_held(rows).items():
        if step in STEPS:
            record = record.with_fault(step, None).with_pushes(_found(record, step, waktu))
        record = with_settled_add(record)
    if record.ended:
        return close_open(record, CANCELLED)
    absent = record.push(Step.TASK_99)
    if absent and absent.open and record.served:
        record = record.with_pushes(close(absent, AFTER_SERVICE))
    return arrange(_without_overtaken(record), policy)


def _found(record: Record, step: str, waktu: datetime | None) -> Push:
    """Return a task that the list shows; what we sent ourselves stays sent."""
    known = record.push(step) or new(step)
    there = accept(known) if known.state == State.SENT else mark_already_at_bpjs(known)
    return replace(there, waktu=waktu or known.waktu)


def _is_listed(push: Push) -> bool:
    """Return whether getlisttask would have told of a push."""
    return push.step not in UNLISTED


def after_unreadable_lookup(record: Record) -> Record:
    """Return the record after a list that cannot be read.

    What is in doubt is sent again: 208 settles it.
    """
    return _without_overtaken(without_doubt(record, _is_listed))


def _without_overtaken(record: Record) -> Record:
    """Return the record with what BPJS calls overtaken refused: its list does not show it."""
    overtaken = [
        push for push in record.pushes.values() if has_code(push.reason, ReasonCode.OVERTAKEN)
    ]
    return record.with_pushes(*(refuse(push, _as_refusal(push.reason)) for push in overtaken))


def _as_refusal(overtaken: Reason | None) -> Reason:
    text = overtaken.get("text") if overtaken else None
    return because(ReasonCode.REFUSED, text=text or "")


def after_failed_lookup(
    record: Record, step: str, outcome: Outcome, policy: Policy, now: datetime, jitter: float
) -> Record:
    """Return the record after BPJS answered a look-up with something else than a list.

    What cannot be looked up is sent again: 208 settles it. That it does not know the booking
    answers the question of a held add.
    """
    if outcome.named == Step.ADD:
        record = _without_add_in_doubt(record)
        add = record.push(Step.ADD)
        if add and add.state == State.HELD:
            record = record.with_pushes(_asked_in_vain(add, record, policy, now))
        return arrange(after_unreadable_lookup(record), policy)
    if outcome.kind == OutcomeKind.THROTTLED:
        return record.with_pushes(_at_pace(record.pushes[step], outcome.retry_after, now))
    if outcome.kind != OutcomeKind.RETRY:
        return after_unreadable_lookup(record)
    push = record.pushes[step]
    answered = _Answered(
        record=record, push=push, outcome=outcome, policy=policy, now=now, jitter=jitter
    )
    later = replace(push, attempts=push.attempts + 1, next_try=answered.next_try)
    return record.with_pushes(later)
