"""Tasks 1 and 2, the way through admission: before task 3, or not at all.

- They never move task 3. A time that leaves no room before it is held, and then neither of the two
  goes alone: behind a task 1 BPJS wants a task 2 (bpjs/README.md, Answers).
- What goes out by itself before task 3 keeps it back, unless BPJS has put it off for a quarter of
  an hour. What waits for a person does not.
- Once BPJS has task 3 or a later one, they come too late and are closed: taken then, they could
  make BPJS ask for task 3 again (bpjs/README.md, Task ids). What BPJS itself asks for goes out.
"""

from antrean_cli.rules.codes import State, Step
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import ADMISSION, TASK_STEPS, Push, Record
from antrean_cli.rules.reasons import Reason, ReasonCode, because, has_code
from antrean_cli.rules.ties import Placed, place
from antrean_cli.rules.transitions import close, hold, want

# After so many answers that put it off, which takes a quarter of an hour (backoff.py), task 3 goes
# without it.
PATIENCE = 4
# Held for one of these, a task goes out by itself once BPJS has the booking.
_FOR_THE_BOOKING = (
    ReasonCode.WAITING_FOR_ADD,
    ReasonCode.ADD_NOT_THERE,
    ReasonCode.KEPT,
    ReasonCode.DEMANDED_ADD,
)


def beside_arrival(record: Record, policy: Policy) -> Record:
    """Return the record with what is open of 1 and 2 judged against task 3.

    Closed where BPJS has a later task and does not ask for it, held where a time leaves no room,
    and free again where the times fit by now.
    """
    waiting = [push for step in ADMISSION if (push := record.push(step)) and push.open]
    if any(push.done for step in TASK_STEPS if (push := record.push(step))):
        asked_for = {push.blocked_by for push in record.pushes.values() if push.open}
        late = (push for push in waiting if push.step not in asked_for)
        return record.with_pushes(
            *(close(push, because(ReasonCode.AFTER_ARRIVAL)) for push in late)
        )
    if misfit := next(filter(None, (_misfit(push, record, policy) for push in waiting)), None):
        return record.with_pushes(*(hold(push, misfit) for push in waiting))
    held = (push for push in waiting if has_code(push.reason, ReasonCode.MISSES_ARRIVAL))
    return record.with_pushes(*map(want, held))


def _misfit(push: Push, record: Record, policy: Policy) -> Reason | None:
    """Return why a task cannot go before task 3, None if it can."""
    arrival = record.push(Step.TASK_3)
    if arrival is None or not (arrival.open or arrival.state == State.SENDING):
        return None
    waktu, own = arrival.recorded or arrival.waktu, push.recorded or push.waktu
    if waktu is None or own is None or place(waktu, Placed(own, own), policy.tie):
        return None
    return because(
        ReasonCode.MISSES_ARRIVAL,
        step=str(push.step),
        waktu=own.astimezone(policy.zone),
        arrival_waktu=waktu.astimezone(policy.zone),
    )


def keeps_arrival_back(record: Record) -> bool:
    """Return whether 1 or 2 goes out by itself before task 3, and cannot go yet."""
    pushes = [push for step in ADMISSION if (push := record.push(step))]
    return any(
        push.state == State.SENDING
        or (push.state == State.HELD and has_code(push.reason, *_FOR_THE_BOOKING))
        for push in pushes
    )


def is_expected(record: Record) -> bool:
    """Return whether 1 and 2 can still come before task 3."""
    one, two = record.push(Step.TASK_1), record.push(Step.TASK_2)
    if two is None:
        return one is None or one.done or _may_go(one)
    return _may_go(two)


def _may_go(push: Push) -> bool:
    going = push.open or push.state == State.SENDING
    return going and not has_code(push.reason, ReasonCode.MISSES_ARRIVAL)
