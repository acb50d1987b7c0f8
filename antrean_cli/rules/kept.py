"""What a person sends of a booking that BPJS does not know yet: kept, and sent by a pass in order.

- A kept task is an open push that a person typed. It has the order, the ties and the holds of every
  other one (ordering.py); Khanza's times do not replace it.
- Who keeps it until BPJS knows the booking, and when BPJS is asked, stands in outcomes.py.
"""

from datetime import datetime

from antrean_cli.rules.answers import Outcome
from antrean_cli.rules.ordering import arrange
from antrean_cli.rules.outcomes import after_answer
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import ORDERED, Push, Record, expired


def with_kept(
    record: Record,
    push: Push,
    asked: Outcome | None,
    policy: Policy,
    now: datetime,
    jitter: float,
) -> Record:
    """Return the record with a task that a person typed, open if a pass will send it.

    `asked` is what BPJS said to it, None where it was not asked; `jitter` is a random number from 0
    to 1. Of a booking that takes nothing more, and of a task that BPJS has or is being told, the
    record comes back as it was.
    """
    known = record.push(push.step)
    in_hand = known is not None and known.done_or_in_flight
    if record.ended or expired(record, now) or in_hand:
        return record
    record = record.with_pushes(push)
    if asked:
        return after_answer(record, push.step, asked, policy, now, jitter)
    return arrange(record, policy)


def waits_behind_kept(record: Record | None, step: str) -> bool:
    """Return whether a lower task of the booking is kept, so that this one cannot go before it."""
    if record is None or step not in ORDERED:
        return False
    lower = (record.push(one) for one in ORDERED[: ORDERED.index(step)])
    return any(push and push.kept for push in lower)
