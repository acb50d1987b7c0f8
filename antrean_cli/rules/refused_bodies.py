"""What BPJS has refused, and when that is worth another try (rules/README.md, States).

- A refused body is known again by a mark: an add by its fields, but for those that change by
  themselves, under the ledger's own key (marks.py); a task by its time.
- What has a mark is not sent again. What differs from all marks is, a minute after the last refusal
  at the earliest, and five times a day at most.
- A SEP can hold two true numbers. The other one is tried where BPJS refused the first as a number.
- `antrean retry` forgets the marks of what it makes due: for what was mended elsewhere.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from antrean_cli.rules.add_body import add_body
from antrean_cli.rules.add_fields import FIELDS
from antrean_cli.rules.add_lacks import what_add_lacks
from antrean_cli.rules.codes import REFUSAL, State, Step
from antrean_cli.rules.marks import mark
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import MANUAL, Push, Record
from antrean_cli.rules.reasons import ReasonCode, because, has_code
from antrean_cli.rules.references import references_of
from antrean_cli.rules.times import milliseconds
from antrean_cli.rules.transitions import refuse
from antrean_cli.rules.visits import Visit

NOT_BEFORE = timedelta(minutes=1)  # after the last refusal
MOST_A_DAY = 5  # tries after the first refusal
MarkedBody = tuple[dict[str, Any], str]  # what is sent, and its mark
_MARKED = tuple(name for name, field in FIELDS.items() if not field.drifts)


def mark_of_add(body: Mapping[str, Any], key: bytes) -> str:
    """Return the mark of an add's body; `key` is the ledger's."""
    return mark(key, *(f"{name}={body.get(name)}" for name in _MARKED))


def mark_of_time(waktu: datetime) -> str:
    """Return the mark of a task: its time, which stands in the ledger as it is."""
    return str(milliseconds(waktu))


def may_try(record: Record, step: Step, now: datetime) -> bool:
    """Return whether it is time to send another body of a step that BPJS refused.

    `now` is in the hospital's zone. What a clock that ran ahead has noted keeps nothing back.
    """
    refused = [one.at for one in record.refused(step) if one.at <= now]
    if not refused:
        return True
    today = sum(at.date() == now.date() for at in refused[1:])
    return now - refused[-1] >= NOT_BEFORE and today < MOST_A_DAY


# -- adds


def add_to_send(visit: Visit, record: Record, policy: Policy, key: bytes) -> MarkedBody | None:
    """Return the body of an add that BPJS has not refused yet, with its mark.

    None if a field is not known yet, or if BPJS has refused all that it can say.
    """
    if what_add_lacks(visit) is not None:
        return None
    refused = {one.mark for one in record.refused(Step.ADD)}
    bodies = _bodies(visit, record.push(Step.ADD), policy)
    marked = ((body, mark_of_add(body, key)) for body in bodies)
    return next((one for one in marked if one[1] not in refused), None)


def _bodies(visit: Visit, add: Push | None, policy: Policy) -> Iterator[dict[str, Any]]:
    """Yield the bodies that an add can have, the better one first."""
    yield add_body(visit, policy)
    if add is not None and has_code(add.reason, ReasonCode.REFUSED_REFERENCE):
        for nomorreferensi in references_of(visit).numbers[1:]:
            yield add_body(visit, policy, nomorreferensi)


def has_another_add(visit: Visit, record: Record, policy: Policy, key: bytes) -> bool:
    """Return whether Khanza now gives a refused add a body that was not refused yet."""
    add = record.push(Step.ADD)
    if add is None or add.state != State.REFUSED or visit.kind not in policy.add:
        return False
    return add_to_send(visit, record, policy, key) is not None


def unless_refused(add: Push, visit: Visit, record: Record, policy: Policy, key: bytes) -> Push:
    """Return an add that would go out, refused again where BPJS has refused all it can say."""
    known = record.with_pushes(add)
    if not record.refused(Step.ADD) or add_to_send(visit, known, policy, key):
        return add
    return refuse(add, add.reason or because(ReasonCode.REFUSED, kode=add.code or REFUSAL))


# -- tasks


def has_another_time(push: Push, waktu: datetime, record: Record) -> bool:
    """Return whether Khanza now has a time of a refused task that BPJS did not refuse yet."""
    if push.state != State.REFUSED or push.source == MANUAL or push.recorded == waktu:
        return False
    return not is_refused_time(record, push.step, waktu)


def is_refused_time(record: Record, step: Step, waktu: datetime | None) -> bool:
    """Return whether BPJS has refused a task's time."""
    marks = {one.mark for one in record.refused(step)}
    return waktu is not None and mark_of_time(waktu) in marks
