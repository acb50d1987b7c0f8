"""What is left to people: the pushes that are held or refused, put together by their root causes.

- What waits for something else is counted with that, and is no work of its own.
- One piece of work is one cause: of many visits where it is the same (a doctor who is not mapped),
  and of one clinic where a clinic has to do something in each of its visits.
- The nearest last day comes first: after it BPJS takes nothing more.
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple

from antrean_cli.rules.acting import is_of_each_clinic
from antrean_cli.rules.codes import State, Step
from antrean_cli.rules.journeys import root_cause
from antrean_cli.rules.push import MAX_AGE, Push, Record
from antrean_cli.rules.reasons import Reason, general


class Work(NamedTuple):
    """One piece of work.

    - `step` is where the cause lies, `reason` what it is; None where nobody recorded the step.
    - `kd_poli` and `kd_dokter` are Khanza's codes, empty where the bookings have several.
    - `bookings` are those it is to be done for, the oldest first; `waiting` counts their pushes
      that wait for it, and `until` is the last day on which BPJS takes the first of them.
    """

    step: Step
    reason: Reason | None
    kd_poli: str
    kd_dokter: str
    bookings: tuple[Record, ...]
    waiting: int
    until: date


def is_of_people(push: Push) -> bool:
    """Return whether a push waits for something outside the queue."""
    return push.state in (State.HELD, State.REFUSED)


def work_of(
    records: Iterable[Record], *, meant: Callable[[Push], bool] = is_of_people
) -> list[Work]:
    """Return what is to be done about these bookings, the most urgent first.

    `meant` tells which of their pushes count.
    """
    found: dict[tuple[str, ...], list[tuple[Record, Step, Reason | None]]] = {}
    for record in records:
        reasons = {step: push.reason for step, push in record.pushes.items()}
        for push in record.pushes.values():
            if not meant(push):
                continue
            cause = root_cause(push.step, reasons)
            reason = general(cause.reason) if cause.reason else None
            clinic = record.kd_poli if is_of_each_clinic(cause.step, reason) else ""
            key = (cause.step, repr(reason), clinic)
            found.setdefault(key, []).append((record, cause.step, reason))
    work = [_work(members) for members in found.values()]
    return sorted(work, key=lambda one: (one.until, -len(one.bookings), one.step, one.kd_poli))


def _work(members: list[tuple[Record, Step, Reason | None]]) -> Work:
    bookings = {record.kodebooking: record for record, _, _ in members}
    oldest_first = sorted(bookings.values(), key=lambda one: (one.tanggal, one.kodebooking))
    clinics = {record.kd_poli for record in oldest_first}
    doctors = {record.kd_dokter for record in oldest_first}
    _, step, reason = members[0]
    return Work(
        step=step,
        reason=reason,
        kd_poli=clinics.pop() if len(clinics) == 1 else "",
        kd_dokter=doctors.pop() if len(doctors) == 1 else "",
        bookings=tuple(oldest_first),
        waiting=len(members),
        until=oldest_first[0].tanggal + MAX_AGE,
    )
