"""The order of one booking's pushes: holds and closings of its tasks, and which call is next.

- Tasks go 3, 4, 5, 6, 7, each only after the one before was accepted; 1 and 2 go before 3, or not
  at all (admission.py); all other steps are free of order and ties.
- A time goes out in its place behind the one before (ties.py); what has none there is held. The
  one before is what BPJS holds, else what we sent. (rules/README.md, Times)
- A time that does not lie on the day of service is closed. (bpjs/README.md, Task ids)
- While the add is held, the first task is held as well, and asks now and then whether BPJS has the
  booking all the same. (rules/README.md, Add)
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from antrean_cli.rules.admission import (
    PATIENCE,
    beside_arrival,
    is_expected,
    keeps_arrival_back,
)
from antrean_cli.rules.backoff import MAX_QUESTION, MAX_WAIT
from antrean_cli.rules.codes import REFUSAL, State, Step
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import ADMISSION, MANUAL, ORDERED, TASK_STEPS, UNLISTED, Push, Record
from antrean_cli.rules.reasons import (
    Reason,
    ReasonCode,
    because,
    demanded,
    has_code,
    waiting_for_task,
    wrong_order,
)
from antrean_cli.rules.refused_bodies import is_refused_time
from antrean_cli.rules.service_days import service_day
from antrean_cli.rules.ties import place, placed_as
from antrean_cli.rules.transitions import close, hold, refuse, want

# Reasons that follow from the other pushes of the booking: they are found anew each time.
_FOLLOWING = frozenset(
    {
        ReasonCode.WAITING_FOR_TASK,
        ReasonCode.WAITING_FOR_ADD,
        ReasonCode.ADD_NOT_THERE,
        ReasonCode.WAITING_FOR_ADMISSION,
        ReasonCode.WRONG_ORDER,
        ReasonCode.DEMANDED_TASK,
        ReasonCode.DEMANDED_ADD,
        ReasonCode.KEPT,
    }
)
# What BPJS wants another step for is held for; such a one is tried again now and then.
_DEMANDED = (ReasonCode.DEMANDED_TASK, ReasonCode.DEMANDED_ADD, ReasonCode.KEPT)
# What a first task that waits for a held add is held for; such a one asks BPJS.
_FOR_HELD_ADD = (ReasonCode.WAITING_FOR_ADD, ReasonCode.ADD_NOT_THERE)
_IN_HASTE = 2  # so many steps that BPJS names are answered at once
# Held adds that nothing is asked for: BPJS's own list has just told, or the next pass decides.
_NOT_ASKED_FOR = (ReasonCode.AMBIGUOUS, ReasonCode.REREAD)


class Barrier(NamedTuple):
    """What stands before the next task: why it waits, or (`closes`) why it never comes."""

    reason: Reason
    closes: bool = False


def arrange(record: Record, policy: Policy) -> Record:
    """Return the record with the order of its tasks worked out anew from its pushes.

    Only open pushes change: they become due, held behind another one, or closed.
    """
    record = beside_arrival(record, policy)
    before: Push | None = None
    barrier: Barrier | None = None
    for step in ORDERED:
        push = record.push(step)
        if step == Step.TASK_3:
            barrier = _barrier_of_admission(record)
        if push is None:
            if barrier is None and step in TASK_STEPS:
                barrier = Barrier(waiting_for_task(step))
            continue
        if push.open:
            push = _placed(push, record, before, barrier, policy)
            record = record.with_pushes(push)
        if push.done or push.state == State.DUE:
            before, barrier = push, None
        elif push.state == State.CLOSED:
            barrier = Barrier(_behind(push), closes=True)
        else:
            barrier = Barrier(waiting_for_task(step))
    return record


def _barrier_of_admission(record: Record) -> Barrier | None:
    """Return that task 3 waits for 1 or 2; it does not, whatever else became of them."""
    back = keeps_arrival_back(record)
    return Barrier(because(ReasonCode.WAITING_FOR_ADMISSION)) if back else None


def _hold_behind_add(add: Push | None) -> Reason | None:
    """Return why the first task waits for a held add, None if it does not.

    It does not wait for one that is in doubt: what BPJS says to the task settles it.
    """
    if add is None or add.state != State.HELD or add.needs_lookup:
        return None
    code = ReasonCode.ADD_NOT_THERE if add.attempts else ReasonCode.WAITING_FOR_ADD
    return because(code, add=add.reason or because(ReasonCode.CLOSED))


def _behind(closed: Push) -> Reason:
    """Return why the tasks behind a closed one never come."""
    reason = closed.reason or because(ReasonCode.CLOSED)
    return reason if reason.behind else reason._replace(behind=str(closed.step))


def closed_behind(push: Push) -> bool:
    """Return whether a push is closed because of another one, which stands before it."""
    return push.state == State.CLOSED and push.reason is not None and bool(push.reason.behind)


def _placed(
    push: Push, record: Record, before: Push | None, barrier: Barrier | None, policy: Policy
) -> Push:
    """Return one open task in its place in the order."""
    if _held_by_itself(push, record):
        return push
    if barrier:
        return close(push, barrier.reason) if barrier.closes else hold(push, barrier.reason)
    timed = _timed(push, record, before, policy)
    if timed.state != State.DUE:
        return timed
    if is_refused_time(record, push.step, timed.waktu):
        return refuse(timed, push.reason or because(ReasonCode.REFUSED, kode=push.code or REFUSAL))
    behind_add = _hold_behind_add(record.push(Step.ADD))
    if behind_add:
        return hold(timed, behind_add)
    demanded_before = has_code(push.reason, *_DEMANDED)
    return _held_by_demand(timed, record, released=demanded_before)


def _held_by_itself(push: Push, record: Record) -> bool:
    """Return whether a push is held for a reason that does not follow from the other pushes."""
    if push.state != State.HELD or push.reason is None:
        return False
    if push.reason.get("until") and push.reason.code == ReasonCode.WAITING_FOR_ADMISSION:
        return is_expected(record)
    if push.kept and push.reason.code == ReasonCode.ADD_REFUSED:
        add = record.push(Step.ADD)
        return add is not None and add.state == State.REFUSED
    return push.reason.code not in _FOLLOWING


def _timed(push: Push, record: Record, before: Push | None, policy: Policy) -> Push:
    """Return the task with the time that it goes out with, or held or closed because of it."""
    if push.recorded is None:
        # Sent by hand with a time of its own, and due once more; without one there is no saying.
        return want(push) if push.waktu else push
    if service_day(push.recorded) != record.tanggal:
        return close(push, because(ReasonCode.NOT_ON_DAY, waktu=push.recorded))
    ahead = placed_as(before.recorded, before.waktu, policy.tie) if before else None
    placed = place(push.recorded, ahead, policy.tie)
    if placed is None and before and ahead:
        why = wrong_order(push.step, push.recorded, before.step, ahead.waktu, policy.zone)
        return hold(push, why)
    if placed is None or service_day(placed.waktu) != record.tanggal:
        return close(push, because(ReasonCode.NOT_ON_DAY, waktu=push.recorded))
    return want(push, waktu=placed.waktu)


def _held_by_demand(push: Push, record: Record, *, released: bool) -> Push:
    """Return a due task, held while BPJS wants another step first and that one has not come.

    What is `released` goes at once, unless BPJS names one step after the other. Which one it was
    is kept: named once more, it is a contradiction (outcomes.py).
    """
    if not push.blocked_by:
        return push
    needed = record.push(push.blocked_by)
    if not (needed and needed.done):
        return hold(push, demand_on(push, push.blocked_by))
    if push.blocked_by == Step.ADD:
        return replace(push, blocked_by=None, next_try=None, attempts=0)
    return replace(push, next_try=None) if released and push.attempts <= _IN_HASTE else push


def demand_on(push: Push, step: Step) -> Reason:
    """Return why a push waits for a step that BPJS wants first.

    What a person sent of a booking that BPJS does not know yet is kept until it does.
    """
    kept = step == Step.ADD and push.source == MANUAL
    return because(ReasonCode.KEPT) if kept else demanded(step)


# -- what is asked of BPJS next


class Call(NamedTuple):
    """The next thing to ask of BPJS for one booking: a push, or (`lookup`) what it holds."""

    push: Push
    lookup: bool = False


def next_call(record: Record, now: datetime) -> Call | None:
    """Return what to ask of BPJS next for this booking, or None if there is nothing to do now.

    The first of these that there is:

    1. nothing, while a call of this booking is in flight;
    2. a Mobile JKN cancel: no doubt about a task keeps it waiting;
    3. a look at what BPJS holds, where something is in doubt: all the rest waits for it;
    4. nothing, once BPJS took a cancel;
    5. a cancel, 99, the add: what comes after each of them waits for it;
    6. antrean farmasi, then the tasks in their order, or the question of a held add.
    """
    pushes = record.pushes
    if any(push.state == State.SENDING for push in pushes.values()):
        return None
    batal = _due(pushes, Step.BATAL)
    if batal and not record.ended and _ready(batal, now):
        return Call(push=batal)
    if doubtful := [push for push in pushes.values() if _is_looked_up(push)]:
        waits = any(_put_off(push, now) for push in doubtful)
        return None if waits else Call(push=doubtful[0], lookup=True)
    if record.ended:
        return None
    for step in (Step.BATAL, Step.TASK_99, Step.ADD):  # 99 after doubts: task 5 decides about it
        if push := _due(pushes, step):
            return Call(push=push) if _ready(push, now) else None
    question = question_of(record, now)
    waiting = (*_next_in_order(pushes, now), *((question,) if question else ()))
    return next((Call(push=push) for push in waiting if _ready(push, now)), None)


def question_of(record: Record, now: datetime) -> Push | None:
    """Return the task that asks whether BPJS has a booking whose add is held, None if none does.

    It is the first of the booking. What it asks for now may still have to wait for its own time.
    """
    add = record.push(Step.ADD)
    if add is None or add.state != State.HELD or not _may_ask(add, now):
        return None
    steps = ORDERED if keeps_arrival_back(record) else TASK_STEPS
    tasks = (push for step in steps if (push := record.push(step)))
    first = next((push for push in tasks if not push.done), None)
    return first if first and has_code(first.reason, *_FOR_HELD_ADD) else None


def _may_ask(add: Push, now: datetime) -> bool:
    """Return whether it is time to ask for a held add: its `attempts` count the questions."""
    if has_code(add.reason, *_NOT_ASKED_FOR):
        return False
    if add.next_try is None:
        return not add.attempts  # after the last question there is no next one
    return not _ahead(add.next_try, now, MAX_QUESTION)


def _due(pushes: Mapping[str, Push], step: Step) -> Push | None:
    push = pushes.get(step)
    return push if push and push.state == State.DUE else None


def _is_looked_up(push: Push) -> bool:
    """Return whether a push is in doubt and getlisttask can settle that.

    What no list shows is sent again, and so is a cancel that is due: 208 settles them.
    """
    if not push.needs_lookup or push.step in UNLISTED:
        return False
    return push.step != Step.BATAL or push.state == State.HELD


def _next_in_order(pushes: Mapping[str, Push], now: datetime) -> Iterator[Push]:
    """Yield antrean farmasi and the first due task, and before it what BPJS made wait.

    What waits for another step by BPJS's demand is tried again now and then. What BPJS has put off
    of 1 and 2 for long keeps task 3 waiting no more (admission.py).
    """
    if farmasi := _due(pushes, Step.FARMASI):
        yield farmasi
    admission = (push for step in ADMISSION if (push := _due(pushes, step)))
    put_off = any(push.attempts >= PATIENCE and _put_off(push, now) for push in admission)
    for step in TASK_STEPS if put_off else ORDERED:
        push = pushes.get(step)
        if push is None:
            continue
        if push.state == State.HELD and has_code(push.reason, *_DEMANDED):
            yield push
        if push.state == State.DUE:
            yield push
            return


def _ready(push: Push, now: datetime) -> bool:
    """Return whether a push may go out: its next try has come, and its time is past."""
    return not _put_off(push, now) and (push.waktu is None or push.waktu <= now)


def _put_off(push: Push, now: datetime) -> bool:
    longest = MAX_QUESTION if has_code(push.reason, ReasonCode.KEPT) else MAX_WAIT
    return push.next_try is not None and _ahead(push.next_try, now, longest)


def _ahead(next_try: datetime, now: datetime, longest: timedelta) -> bool:
    """Return whether a next try is still to come.

    One further ahead than the longest wait was noted by a clock that ran ahead.
    """
    return now < next_try <= now + longest
