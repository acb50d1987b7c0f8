"""Outcomes → pushes: what becomes of a booking's pushes by what BPJS answered.

- An exchange that brought no envelope is a fault: it counts no attempt.
- "After a time-out on a write, what happened is unknown": a task is looked up, add and batal are
  sent again.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from antrean_cli.rules.answers import (
    AGAIN,
    DONE,
    ENDED,
    FIRST,
    LATER,
    PERSON,
    SEP_FIRST,
    STOP,
    THERE,
    Outcome,
)
from antrean_cli.rules.chain import (
    ABSENT,
    ADD,
    AFTER_SERVICE,
    ALREADY,
    CANCELLED,
    CLOSED,
    DUE,
    ORDERED,
    REFUSED,
    SENDING,
    SENT,
    UNLISTED,
    Push,
    Record,
    arrange,
    close,
    hold,
    push_needs,
    there,
)
from antrean_cli.rules.faults import Fault
from antrean_cli.rules.listings import Task, tasks_held
from antrean_cli.rules.sources import Reason
from antrean_cli.rules.visits import Policy

OVERTAKEN = "terdahului"  # the reason of a push whose successor BPJS holds already
MAX_RETRY_AFTER = timedelta(hours=1)
_BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 16, 30))


def apply(
    record: Record, step: str, outcome: Outcome, policy: Policy, now: datetime, jitter: float
) -> Record:
    """Return the record after an answer to one of its pushes; `jitter` is a random number from 0 to
    1.
    """
    push = replace(
        record.pushes[step],
        code=outcome.code,
        ask=_doubtful(record.pushes[step], outcome),
        reason=None,
    )
    change = _CHANGES[outcome.kind]
    return arrange(change(record, push, outcome, now, jitter), policy)


def _doubtful(push: Push, outcome: Outcome) -> bool:
    """Return whether BPJS may have a push all the same: it is remembered should the visit be
    cancelled meanwhile.

    An answer that settles nothing leaves a doubt as it was, and an add that was put off may have
    been taken.
    """
    return outcome.kind in (AGAIN, STOP) and (
        push.ask or (push.step in UNLISTED and outcome.kind == AGAIN)
    )


def _sent(record: Record, push: Push, _: Outcome, __: datetime, ___: float) -> Record:
    return _finished(record, replace(push, state=SENT, needs="", next_try=None))


def _there(record: Record, push: Push, _: Outcome, __: datetime, ___: float) -> Record:
    """ "TaskId=N sudah ada (nothing is overwritten)": so the time that BPJS holds has to be asked
    for.
    """
    return _finished(record, there(push, ask=push.step in ORDERED))


def _finished(record: Record, push: Push) -> Record:
    record = with_settled_add(record.having(push))
    return record.closing(CANCELLED) if record.ended else record


def with_settled_add(record: Record) -> Record:
    """Return the record of a booking that BPJS has something of: an add in doubt is there then."""
    add = record.push(ADD)
    return (
        record.having(there(add))
        if add and add.ask and not add.done and add.state != SENDING
        else record
    )


def _again(record: Record, push: Push, outcome: Outcome, now: datetime, jitter: float) -> Record:
    return record.having(_put_off(replace(push, state=DUE), outcome, now, jitter))


def _first(record: Record, push: Push, outcome: Outcome, now: datetime, jitter: float) -> Record:
    """The named step goes first: it becomes due again if it was thought done, else it is waited
    for.
    """
    if outcome.named == ADD:
        return _unknown_booking(record, push, outcome, now, jitter)
    push = replace(_put_off(push, outcome, now, jitter), needs=outcome.named)
    named = record.push(outcome.named)
    if named and named.done and named.recorded:
        record = record.having(
            replace(named, state=DUE, attempts=named.attempts + 1, next_try=None)
        )
    return record.having(hold(push, push_needs(outcome.named)))


def _unknown_booking(
    record: Record, push: Push, outcome: Outcome, now: datetime, jitter: float
) -> Record:
    """ "Kode Booking tidak ditemukan": what that means depends on what became of our add."""
    add = record.push(ADD)
    if add and add.ask and not add.done:
        record = record.having(replace(add, ask=False))  # it never came
    if push.step == ABSENT and not (add and add.done):
        record = record.having(
            close(push, Reason(code="tidak_ada", text="tidak ada di BPJS, tidak perlu dibatalkan"))
        )
        return record.closing(CANCELLED)
    if add and add.state == REFUSED:
        text = f"antrean ditolak: {add.reason.text if add.reason else ''}"
        return record.having(hold(push, Reason(code="ditolak", text=text)))
    if add and add.state == CLOSED and add.reason:
        return record.having(close(push, add.reason))
    later = _put_off(push, outcome, now, jitter)
    if add and add.done:  # "it can also be a moment's delay after an add"
        return record.having(replace(later, state=DUE))
    return record.having(hold(replace(later, needs=ADD), push_needs(ADD)))


def _refused(record: Record, push: Push, outcome: Outcome, _: datetime, __: float) -> Record:
    return record.having(
        _refuse(push, outcome.text.strip() or f"ditolak BPJS (kode {outcome.code})")
    )


def _refuse(push: Push, text: str) -> Push:
    return replace(push, state=REFUSED, reason=Reason(code="ditolak", text=text), next_try=None)


def _later(record: Record, push: Push, outcome: Outcome, _: datetime, __: float) -> Record:
    """BPJS holds a later task already; reconcile with getlisttask: it is refused if the look-up
    does not find it.
    """
    return record.having(hold(replace(push, ask=True), Reason(code=OVERTAKEN, text=outcome.text)))


def _ended(record: Record, push: Push, _: Outcome, __: datetime, ___: float) -> Record:
    """ "TaskId terakhir 99": the booking is cancelled at BPJS."""
    reason = Reason(code="batal", text="sudah dibatalkan di BPJS")
    known = record.push(ABSENT) or Push(step=ABSENT, state=ALREADY)
    record = record.having(
        close(push, reason), replace(known, state=ALREADY, reason=reason, ask=False)
    )
    return with_settled_add(record).closing(reason)


def _sep_first(record: Record, push: Push, _: Outcome, __: datetime, ___: float) -> Record:
    return record.having(close(push, Reason(code="sep", text="SEP mendahului antrean")))


def _stopped(record: Record, push: Push, _: Outcome, __: datetime, ___: float) -> Record:
    return record.having(replace(push, state=DUE))


_CHANGES = {
    DONE: _sent,
    THERE: _there,
    AGAIN: _again,
    FIRST: _first,
    PERSON: _refused,
    LATER: _later,
    ENDED: _ended,
    SEP_FIRST: _sep_first,
    STOP: _stopped,
}


def _put_off(push: Push, outcome: Outcome, now: datetime, jitter: float) -> Push:
    """Return the push with its next try after 1, 2, 4 … 30 minutes, or when BPJS asked for it."""
    wait = _BACKOFF[min(push.attempts, len(_BACKOFF) - 1)] * (1 + 0.2 * jitter)
    asked = retry_delay(outcome.retry_after)
    return replace(push, attempts=push.attempts + 1, next_try=now + max(wait, asked))


def retry_delay(seconds: float | None) -> timedelta:
    """Return how long a Retry-After puts off a call: never a negative time, never more than an
    hour.
    """
    return min(timedelta(seconds=max(seconds or 0, 0)), MAX_RETRY_AFTER)


def after_fault(record: Record, step: str, fault: Fault, now: datetime) -> Record:
    """Return the record after an exchange without an envelope: no attempt is counted, the next pass
    repeats it.
    """
    push = record.pushes[step]
    put_off = now + retry_delay(fault.retry_after) if fault.retry_after else push.next_try
    state = DUE if push.state == SENDING else push.state
    return record.having(
        replace(push, state=state, ask=push.ask or fault.reached, next_try=put_off)
    )


def after_lookup(record: Record, rows: Sequence[Task], policy: Policy) -> Record:
    """Return the record with what BPJS holds taken as already there, at the time that it holds."""
    record = record.having(*_without_doubt(record))
    for step, waktu in tasks_held(rows).items():
        known = record.push(step) or Push(step=step, state=ALREADY)
        found = replace(there(known), waktu=waktu or known.waktu)
        found = replace(found, state=SENT) if known.state == SENT else found
        record = with_settled_add(record.having(found))
    if record.ended:
        return record.closing(CANCELLED)
    record = _without_overtaken(record)
    absent, task5 = record.push(ABSENT), record.push("5")
    if absent and absent.open and task5 and task5.done:
        record = record.having(close(absent, AFTER_SERVICE))
    return arrange(record, policy)


def _without_doubt(record: Record) -> list[Push]:
    """Return the pushes of which getlisttask would have told, no more in doubt."""
    return [
        replace(push, ask=False) for push in record.pushes.values() if push.step not in UNLISTED
    ]


def after_unreadable_lookup(record: Record) -> Record:
    """Return the record after a list that cannot be read: what is in doubt is sent again, 208
    settles it.
    """
    return _without_overtaken(record.having(*_without_doubt(record)))


def _without_overtaken(record: Record) -> Record:
    """Return the record with what BPJS calls overtaken refused: its list was asked for, and does
    not show it.
    """
    overtaken = [
        push
        for push in record.pushes.values()
        if push.reason and push.reason.code == OVERTAKEN and push.open
    ]
    return record.having(*(_refuse(push, push.reason.text) for push in overtaken if push.reason))


def after_failed_lookup(
    record: Record, step: str, outcome: Outcome, now: datetime, jitter: float
) -> Record:
    """Return the record after BPJS answered a look-up with something else than a list.

    What cannot be looked up is sent again: 208 settles it.
    """
    if outcome.kind == AGAIN:
        return record.having(_put_off(record.pushes[step], outcome, now, jitter))
    return after_unreadable_lookup(record)
