"""Khanza, ledger and BPJS side by side → where each step of a booking is, and what differs.

- Every step that Khanza records is at BPJS, or pending, held, refused or closed, or it is *lost*: the counts add up.
- What only BPJS has, and what BPJS holds otherwise than it was sent, is a difference too, but nothing is lost by it.
- Tasks 1 and 2 and what was sent by hand need no record in Khanza, and antrean farmasi shows in no list of BPJS's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from antrean_cli.rules.chain import (
    ABSENT,
    ADD,
    BATAL,
    CLOSED,
    FARMASI,
    HELD,
    MANUAL,
    REFUSED,
    STEPS,
    Push,
    Record,
    arrange,
    doubted,
    there,
)
from antrean_cli.rules.events import TASKS, Look, events_of
from antrean_cli.rules.listings import Task
from antrean_cli.rules.outcomes import after_lookup, tasks_held
from antrean_cli.rules.visits import Policy, Visit

AT_BPJS, PENDING, LOST = "at_bpjs", "pending", "lost"
PLACES = (AT_BPJS, PENDING, HELD, REFUSED, CLOSED, LOST)
# Kinds of differences; the first two can be repaired.
NOT_AT_BPJS, NOT_NOTED, OTHER_TIME, ONLY_AT_BPJS, CANCELLED_THERE, UNKNOWN_BOOKING = (
    "not_at_bpjs",
    "not_noted",
    "other_time",
    "only_at_bpjs",
    "cancelled_at_bpjs",
    "unknown_booking",
)
REPAIRABLE = frozenset({NOT_AT_BPJS, NOT_NOTED})
_TASK_STEPS = frozenset(map(str, TASKS))


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One booking: Khanza's visit, if it has one, and the ledger's record as the next pass would have it."""

    visit: Visit | None
    record: Record


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """What BPJS holds of one booking: whether the list of the day shows it, and the rows of getlisttask."""

    listed: bool
    cancelled: bool
    rows: Sequence[Task]

    @property
    def tasks(self) -> Mapping[str, datetime | None]:
        """The tasks with their times."""
        return tasks_held(self.rows)

    def has(self, step: str) -> bool:
        """Return whether BPJS has a step; batal leaves a 99."""
        if step == ADD:
            return self.listed or bool(self.rows)
        if step in (BATAL, ABSENT):
            return self.cancelled or ABSENT in self.tasks
        return step in self.tasks


class Difference(NamedTuple):
    """One step that is not the same everywhere, with the time that was sent or recorded, and BPJS's."""

    kodebooking: str
    step: str
    kind: str
    waktu: datetime | None = None
    bpjs: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """One booking compared: in which of PLACES each step is that Khanza records, and what differs."""

    kodebooking: str
    places: Mapping[str, str]
    differences: tuple[Difference, ...]


def compare(case: Case, held: Held, policy: Policy, now: datetime) -> Verdict:
    """Return where each recorded step of a booking is, and what differs between Khanza, ledger and BPJS."""
    there, tasks, record = recorded(case, policy, now), held.tasks, case.record
    places = {step: _place(record.pushes[step], held) for step in there}
    differences = []
    for step in STEPS:
        push = record.push(step)
        if kind := _difference(step, case, held, recorded=step in there):
            waktu = (push.waktu or push.recorded) if push else None
            differences.append(Difference(record.kodebooking, step, kind, waktu, tasks.get(step)))
    return Verdict(kodebooking=record.kodebooking, places=places, differences=tuple(differences))


def recorded(case: Case, policy: Policy, now: datetime) -> frozenset[str]:
    """Return the steps that Khanza records of a booking by now."""
    visit, pushes = case.visit, case.record.pushes
    ours = {step for step, push in pushes.items() if push.source != MANUAL}
    if visit is None or visit.cancel or visit.stts == "Batal":
        return frozenset(ours)
    look = Look(visit=visit, policy=policy, seen=case.record.seen, now=now)
    events = {str(event.taskid) for event in events_of(look).values() if event.waktu <= now}
    return frozenset((ours - _TASK_STEPS) | (events & pushes.keys()))


def _place(push: Push, held: Held) -> str:
    if held.has(push.step) or (push.step == FARMASI and push.done):
        return AT_BPJS
    if push.done:
        return LOST
    return push.state if push.state in PLACES else PENDING


def _difference(step: str, case: Case, held: Held, *, recorded: bool) -> str:
    """Return what kind of difference a step is, empty if it is none."""
    push = case.record.push(step)
    if step == FARMASI:
        return ""
    if not held.has(step):
        return NOT_AT_BPJS if push and push.done else ""
    if push is None:
        return _theirs_alone(step, case)
    if not push.done:
        return NOT_NOTED
    there = held.tasks.get(step) if step != ABSENT else None
    if push.waktu and there and abs((push.waktu - there).total_seconds()) >= 1:
        return OTHER_TIME
    return ONLY_AT_BPJS if step in _TASK_STEPS and not recorded and push.source != MANUAL else ""


def _theirs_alone(step: str, case: Case) -> str:
    """Return what it means that BPJS has a step of which the ledger knows nothing."""
    if step == ABSENT:
        visit = case.visit
        return "" if case.record.ended or (visit and (visit.cancel or visit.stts == "Batal")) else CANCELLED_THERE
    return ONLY_AT_BPJS if step in _TASK_STEPS else ""


def repaired(record: Record, differences: Sequence[Difference], held: Held, policy: Policy) -> Record:
    """Return the record with what BPJS lacks due again, and what BPJS has noted as there."""
    lacking = [record.pushes[one.step] for one in differences if one.kind == NOT_AT_BPJS and one.step in record.pushes]
    record = replace(record.having(*map(doubted, lacking)), settled="")
    add = record.push(ADD)
    if add and not add.done and held.has(ADD):
        record = record.having(there(add))
    return after_lookup(record, held.rows, policy) if held.rows else arrange(record, policy)
