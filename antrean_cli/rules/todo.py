"""What is held or refused, put together by its root causes: counted, and as work for people.

- What waits for something else is counted with that, and is no work of its own.
- One piece of work is one cause: of many visits where it is the same (a doctor who is not mapped),
  and of one clinic where a clinic has to do something in each of its visits.
- What holds several steps of a booking alike (a clinic that is left out) is one cause as well, and
  lies in the first of them.
- The nearest last day comes first: after it BPJS takes nothing more.
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple

from antrean_cli.rules.acting import is_of_each_clinic, is_of_one_step, unit_of
from antrean_cli.rules.codes import State, Step
from antrean_cli.rules.journeys import RootCause, root_cause
from antrean_cli.rules.push import MAX_AGE, STEPS, Push, Record
from antrean_cli.rules.reasons import DELAYS, Reason, general, has_code


class Work(NamedTuple):
    """One piece of work.

    - `step` is where the cause lies, `reason` what it is: without what differs from visit to visit.
      It is None where nobody recorded the step.
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


class CountedCause(NamedTuple):
    """One root cause with what hangs on it.

    - `state` is that of the push that it is of, `step` where it lies, `reason` what it is as the
      first push has it; None where nobody recorded the step.
    - `kodebooking` is the first of so many `bookings`; of their `pushes`, so many are `waiting` for
      that one step.
    """

    state: State
    step: Step
    reason: Reason | None
    kodebooking: str
    bookings: int
    pushes: int
    waiting: int


def counted_causes(pairs: Iterable[tuple[Record, Push]]) -> list[CountedCause]:
    """Return the root causes of held and refused pushes, what people can mend before the rest.

    The pushes of a booking come together. Refusals come first, then what most hangs on; of delays
    the one is shown that ends first.
    """
    found: dict[tuple[State, str, Reason | None], CountedCause] = {}
    last: dict[tuple[State, str, Reason | None], str] = {}
    for record, push in pairs:
        if not push.held_or_refused:
            continue
        cause = _root_cause(push, record)
        root = record.push(cause.step)
        state = root.state if root is not None and root.held_or_refused else State.HELD
        key = (state, _place(cause), general(cause.reason) if cause.reason else None)
        known = found.get(key) or CountedCause(
            state, cause.step, cause.reason, record.kodebooking, bookings=0, pushes=0, waiting=0
        )
        found[key] = known._replace(
            reason=_sooner(known.reason, cause.reason),
            bookings=known.bookings + (last.get(key) != record.kodebooking),
            pushes=known.pushes + 1,
            waiting=known.waiting + (push.step != cause.step),
        )
        last[key] = record.kodebooking
    return sorted(found.values(), key=_rank)


def _root_cause(push: Push, record: Record) -> RootCause:
    """Return the root cause of a push, in the first of the steps that have the same."""
    reasons = record.reasons
    cause = root_cause(push.step, reasons)
    if is_of_one_step(cause.reason):
        return cause
    others = (root_cause(step, reasons) for step in reasons)
    alike = [other.step for other in others if other.reason == cause.reason]
    return cause._replace(step=min(alike, key=STEPS.index))


def _place(cause: RootCause) -> str:
    """Return the step that tells a cause apart, empty where it is the same in any."""
    return cause.step if is_of_one_step(cause.reason) else ""


def _sooner(known: Reason | None, other: Reason | None) -> Reason | None:
    """Return of two reasons that are the same but for their times the one to show."""
    if has_code(known, *DELAYS) and known and other:
        return min(known, other, key=lambda one: str(one.get("until")))
    return known


def _rank(one: CountedCause) -> tuple[bool, bool, int, str, str]:
    code = one.reason.code if one.reason else ""
    return not needs_somebody(one), one.state != State.REFUSED, -one.pushes, one.step, code


def needs_somebody(one: CountedCause | Work | RootCause) -> bool:
    """Return whether somebody has to do something about it: a delay ends by itself."""
    return unit_of(one.step, one.reason) is not None and not has_code(one.reason, *DELAYS)


def last_day(record: Record) -> date:
    """Return the last day on which BPJS takes something of a booking."""
    return record.tanggal + MAX_AGE


def _is_held_or_refused(push: Push) -> bool:
    return push.held_or_refused


def work_of(
    records: Iterable[Record], *, meant: Callable[[Push], bool] = _is_held_or_refused
) -> list[Work]:
    """Return what is to be done about these bookings, the most urgent first.

    `meant` tells which of their pushes count.
    """
    found: dict[tuple[str, ...], list[tuple[Record, Step, Reason | None]]] = {}
    for record in records:
        for push in record.pushes.values():
            if not meant(push):
                continue
            cause = _root_cause(push, record)
            reason = general(cause.reason) if cause.reason else None
            clinic = record.kd_poli if is_of_each_clinic(cause.step, reason) else ""
            key = (_place(cause), repr(reason), clinic)
            found.setdefault(key, []).append((record, cause.step, cause.reason))
    work = [_work(members) for members in found.values()]
    return sorted(work, key=lambda one: (one.until, -len(one.bookings), one.step, one.kd_poli))


def _work(members: list[tuple[Record, Step, Reason | None]]) -> Work:
    bookings = {record.kodebooking: record for record, _, _ in members}
    oldest_first = sorted(bookings.values(), key=lambda one: (one.tanggal, one.kodebooking))
    clinics = {record.kd_poli for record in oldest_first}
    doctors = {record.kd_dokter for record in oldest_first}
    _, step, reason = members[0]
    alike = all(other == reason for _, _, other in members)
    return Work(
        step=step,
        reason=reason if alike or reason is None else general(reason),
        kd_poli=clinics.pop() if len(clinics) == 1 else "",
        kd_dokter=doctors.pop() if len(doctors) == 1 else "",
        bookings=tuple(oldest_first),
        waiting=len(members),
        until=last_day(oldest_first[0]),
    )
