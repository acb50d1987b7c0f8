"""Whose fault it is that a push brings no envelope: BPJS's, or its own.

- A firewall can answer one body with a page for ever, and one booking can time out for ever, while
  all others get through. (bpjs/README.md, Between us and BPJS)
- Such a push is put off by itself, counts towards no outage, and is told with its booking.
- It is its own where an envelope came since its first fault; that is known at its second fault, or
  at its third, where BPJS is asked something else before an outage is told.

(rules/README.md, Trouble)
"""

from dataclasses import replace
from datetime import datetime

from antrean_cli.rules.backoff import next_try
from antrean_cli.rules.faults import Fault
from antrean_cli.rules.push import PushFault, Record

SHOWN_FROM, TOLD_FROM = 2, 3  # faults in a row
_KNOWN_FROM = 2


def with_one_more(record: Record, step: str, fault: Fault, now: datetime) -> Record:
    """Return the record with one more fault of a step counted."""
    known = record.faults.get(step)
    times, since = (known.times + 1, known.since) if known else (1, now)
    own = known.own if known else False
    return record.with_fault(step, PushFault(times, since, fault.cause, fault.status, own))


def is_own(record: Record, step: str, answered_at: datetime | None) -> bool:
    """Return whether the faults of a step are its own; `answered_at` is BPJS's last envelope."""
    fault = record.faults.get(step)
    if fault is None or fault.times < _KNOWN_FROM or answered_at is None:
        return False
    return answered_at > fault.since


def put_off_by_itself(
    record: Record, step: str, retry_after: float | None, now: datetime, jitter: float
) -> Record:
    """Return the record with a step put off whose faults are its own.

    After 1, 2, 4 … 30 minutes, as for what BPJS puts off; `jitter` is a random number from 0 to 1.
    """
    fault, push = record.faults[step], record.pushes[step]
    later = next_try(max(fault.times - _KNOWN_FROM, 0), retry_after, now, jitter)
    return record.with_fault(step, fault._replace(own=True)).with_pushes(
        replace(push, next_try=later)
    )


def blamed(record: Record, now: datetime, jitter: float) -> Record:
    """Return the record once BPJS has answered something else: its faults are its own."""
    for step in record.faults:
        if (push := record.push(step)) and push.open:
            record = put_off_by_itself(record, step, None, now, jitter)
    return record


def newly_told(before: Record, after: Record) -> list[str]:
    """Return the steps of which people are to be told now that they are not answered."""
    return [step for step in after.faults if _is_told(after, step) and not _is_told(before, step)]


def shown_fault(record: Record, step: str) -> PushFault | None:
    """Return the fault that people see of a step, None if there is none worth a word."""
    fault, push = record.faults.get(step), record.push(step)
    if fault is None or fault.times < SHOWN_FROM or push is None:
        return None
    return fault if push.open or push.needs_lookup else None


def _is_told(record: Record, step: str) -> bool:
    fault = record.faults.get(step)
    return fault is not None and fault.own and fault.times >= TOLD_FROM
