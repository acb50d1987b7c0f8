"""Khanza, ledger and BPJS side by side → where each step of a booking is, and what differs.

- What is *recorded* is Khanza's word: that the visit is there, the times of its tasks, its cancel.
  What was sent by hand counts as recorded too.
- The ledger only explains where a recorded step is: at BPJS, or pending, held, refused or closed.
  What it cannot explain is *lost*: the counts add up, and every lost step is a difference.
- What only BPJS has, what it holds otherwise, and what Khanza changed since differs too, but
  nothing is lost by it.
- Tasks 1 and 2 need no record in Khanza, and antrean farmasi shows in no list of BPJS's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from antrean_cli.rules.chain import (
    ABSENT,
    ADD,
    ALREADY,
    BATAL,
    CLOSED,
    FARMASI,
    HELD,
    MANUAL,
    ORDERED,
    REFUSED,
    STEPS,
    Push,
    Record,
    arrange,
    doubted,
    there,
)
from antrean_cli.rules.listings import Task, tasks_held
from antrean_cli.rules.outcomes import after_lookup
from antrean_cli.rules.planner import SENT_BY_KHANZA, expired
from antrean_cli.rules.sources import TASKS, Event, VisitContext, events_of
from antrean_cli.rules.visits import Policy, Visit

AT_BPJS, PENDING, LOST = "at_bpjs", "pending", "lost"
PLACES = (AT_BPJS, PENDING, HELD, REFUSED, CLOSED, LOST)
# Kinds of differences; the first three are those of lost steps.
NOT_AT_BPJS, NOT_SENT, ALIVE_AT_BPJS = "not_at_bpjs", "not_sent", "alive_at_bpjs"
NOT_NOTED, OTHER_TIME, CHANGED_IN_KHANZA = "not_noted", "other_time", "changed_in_khanza"
ONLY_AT_BPJS, CANCELLED_THERE, UNKNOWN_BOOKING = (
    "only_at_bpjs",
    "cancelled_at_bpjs",
    "unknown_booking",
)
_CANCELS = (ABSENT, BATAL)
_TASK_STEPS = frozenset(map(str, TASKS))


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One booking: Khanza's visit, if it has one, and what the ledger knows of it.

    `before` is the ledger's record as it is, None if it has none; `record` the one that the next
    pass would make of it. `served` tells whether its clinic takes part, `reached` whether a pass
    still comes by its day.
    """

    visit: Visit | None
    before: Record | None
    record: Record
    served: bool = True
    reached: bool = True

    @property
    def cancelled(self) -> bool:
        """Whether Khanza holds the visit as cancelled."""
        visit = self.visit
        if visit is None:
            return False
        booked = (
            visit.registration is None
            and visit.booking is not None
            and visit.booking.status == "Batal"
        )
        return visit.cancel is not None or visit.stts == "Batal" or booked

    @property
    def live(self) -> bool:
        """Whether Khanza holds the visit as one that goes on."""
        return self.visit is not None and self.visit.live

    @property
    def by_hand(self) -> frozenset[str]:
        """The steps that were sent by hand, which only what BPJS took is noted of; a repair may
        send them again.
        """
        return frozenset(push.step for push in self.record.pushes.values() if push.source == MANUAL)


@dataclass(frozen=True, kw_only=True, slots=True)
class AtBpjs:
    """What BPJS holds of one booking: whether the list of the day shows it, and the rows of
    getlisttask.
    """

    listed: bool = False
    cancelled: bool = False
    rows: Sequence[Task] = ()

    @property
    def tasks(self) -> Mapping[str, datetime | None]:
        """The tasks with their times."""
        return tasks_held(self.rows)

    def has(self, step: str) -> bool:
        """Return whether BPJS has a step; batal leaves a 99."""
        if step == ADD:
            return self.listed or bool(self.rows)
        if step in _CANCELS:
            return self.cancelled or ABSENT in self.tasks
        return step in self.tasks


class Difference(NamedTuple):
    """One step that is not the same everywhere: the time that was sent or recorded, BPJS's, and if
    it can be mended.
    """

    kodebooking: str
    step: str
    kind: str
    waktu: datetime | None = None
    bpjs: datetime | None = None
    repairable: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """One booking compared:

    Khanza's times, in which of PLACES each recorded step is, and what differs.
    """

    case: Case
    at_bpjs: AtBpjs
    khanza: Mapping[str, datetime | None]
    places: Mapping[str, str]
    differences: tuple[Difference, ...]

    @property
    def kodebooking(self) -> str:
        """The booking's number."""
        return self.case.record.kodebooking


def compare(case: Case, at_bpjs: AtBpjs, policy: Policy, now: datetime) -> Verdict:
    """Return where each recorded step of a booking is, and what differs between Khanza, ledger and
    BPJS.
    """
    events = _events(case, policy, now)
    khanza = _recorded(case, at_bpjs, events, policy)
    by_hand = frozenset() if case.cancelled else case.by_hand
    places = {
        step: _place(step, case, at_bpjs, policy, now)
        for step in STEPS
        if step in khanza or step in by_hand
    }
    found = []
    for step in STEPS:
        if kind := _kind(
            step, case, at_bpjs, events.get(step), policy, lost=places.get(step) == LOST
        ):
            waktu, there = (
                _waktu(case.record.push(step), kind, events.get(step)),
                at_bpjs.tasks.get(step),
            )
            mendable = _mendable(case, step, kind) and not expired(case.record, now)
            found.append(Difference(case.record.kodebooking, step, kind, waktu, there, mendable))
    return Verdict(
        case=case, at_bpjs=at_bpjs, khanza=khanza, places=places, differences=tuple(found)
    )


def _events(case: Case, policy: Policy, now: datetime) -> dict[str, Event]:
    """Return what Khanza records of the tasks by now; a task that is through counts also if its
    time was moved on.

    What may not go out yet, such as the arrival of somebody who left no trace, counts only where a
    push stands for it.
    """
    if case.visit is None:
        return {}
    look, pushes = (
        VisitContext(visit=case.visit, policy=policy, seen=case.record.seen, now=now),
        case.record.pushes,
    )
    events = {str(event.taskid): event for event in events_of(look).values()}
    through = {step for step, push in pushes.items() if push.done}
    come = (step for step, event in events.items() if event.waktu <= now or step in through)
    return {step: events[step] for step in come if events[step].hold is None or step in pushes}


def _recorded(
    case: Case, at_bpjs: AtBpjs, events: Mapping[str, Event], policy: Policy
) -> dict[str, datetime | None]:
    """Return the steps that Khanza records and that BPJS is to know, with the
    times of the tasks.
    """
    visit, pushes = case.visit, case.record.pushes
    if visit is None or not (case.live or case.cancelled) or not _concerns_bpjs(case, policy):
        return {}
    steps: dict[str, datetime | None] = {step: event.waktu for step, event in events.items()}
    if visit.kind == "mobilejkn" or visit.kind in policy.add or ADD in pushes or at_bpjs.has(ADD):
        steps[ADD] = None
    if FARMASI in pushes:
        steps[FARMASI] = None
    if case.live and case.served:
        return steps
    # Of a visit that is cancelled, and of a clinic that was left out, nothing more is to be told.
    steps = {
        step: waktu
        for step, waktu in steps.items()
        if at_bpjs.has(step) or _unsent(pushes.get(step))
    }
    cancel = BATAL if visit.cancel else ABSENT
    if case.cancelled and (at_bpjs.has(ADD) or _unsent(pushes.get(cancel))):
        steps[cancel] = None
    return steps


def _unsent(push: Push | None) -> bool:
    return push is not None and not push.done


def _concerns_bpjs(case: Case, policy: Policy) -> bool:
    """Return whether BPJS is told of a visit: outpatients, NON JKN only where they are added, and
    what was begun.
    """
    visit, pushes = case.visit, case.record.pushes.values()
    if (
        visit is None
        or visit.kind == "mobilejkn"
        or any(push.done or push.maybe_sent for push in pushes)
    ):
        return True
    outpatient = visit.registration is not None and visit.registration.status_lanjut == "Ralan"
    return outpatient and (visit.kind != "nonjkn" or "nonjkn" in policy.add)


def _place(step: str, case: Case, at_bpjs: AtBpjs, policy: Policy, now: datetime) -> str:
    push = case.record.push(step)
    if at_bpjs.has(step) or (push and push.done and step == FARMASI):
        return AT_BPJS
    if push is None:
        return _place_without_push(step, case, policy, now)
    if push.done or push.reason == SENT_BY_KHANZA:
        return LOST
    return push.state if push.state in PLACES else PENDING


def _place_without_push(step: str, case: Case, policy: Policy, now: datetime) -> str:
    """Return where a step is that no push stands for: a pass will come to it, it is over, or it is
    lost.
    """
    seen, pushes = case.record.seen, case.record.pushes.values()
    if step in _CANCELS:
        told = case.record.kind == "mobilejkn" or any(
            push.done or push.maybe_sent for push in pushes
        )
        waiting = (
            seen is not None and now < seen.since + policy.delay_batal and (told or not seen.first)
        )
        return PENDING if waiting and case.reached else LOST
    if case.record.ended:
        return CLOSED
    # Mobile JKN's own bookings are added by nobody else, unless ANTREAN_ADD says so.
    comes = step != ADD or case.record.kind in policy.add
    return PENDING if case.reached and comes else LOST


def _kind(
    step: str, case: Case, at_bpjs: AtBpjs, event: Event | None, policy: Policy, *, lost: bool
) -> str:
    """Return what kind of difference a step is, empty if it is none."""
    push = case.record.push(step)
    if lost:
        return (
            NOT_AT_BPJS if push and push.done else ALIVE_AT_BPJS if step in _CANCELS else NOT_SENT
        )
    if step == FARMASI or not at_bpjs.has(step):
        return ""
    if step in _CANCELS:
        return _cancel_there(step, case)
    if step == ADD and not (case.live or case.cancelled):
        mine = case.record.kind == MANUAL or ADD in case.by_hand
        return "" if mine or at_bpjs.has(ABSENT) else ONLY_AT_BPJS
    if _unnoted(step, case) and not case.cancelled:
        return NOT_NOTED
    if step in _TASK_STEPS and case.live and event is None and step not in case.by_hand:
        return ONLY_AT_BPJS
    return _times_differ(push, event if case.live else None, at_bpjs.tasks.get(step), policy)


def _unnoted(step: str, case: Case) -> bool:
    """Return whether the ledger has a step as not sent; of one that it has not met yet nothing
    wrong is noted.
    """
    known, push = case.before.push(step) if case.before else None, case.record.push(step)
    return known is not None and not known.done and push is not None and not push.done


def _cancel_there(step: str, case: Case) -> str:
    """Return what it means that BPJS holds a booking as cancelled."""
    if case.live:
        return CANCELLED_THERE if step == ABSENT and not case.by_hand.intersection(_CANCELS) else ""
    push = case.record.push(step)
    return NOT_NOTED if _unnoted(step, case) and push and push.state != CLOSED else ""


def _times_differ(
    push: Push | None, event: Event | None, there: datetime | None, policy: Policy
) -> str:
    """Return what kind of difference the times of one task are; what a tie
    moved is the same time.
    """
    if there is None:
        return ""
    if push and push.waktu and abs(push.waktu - there) >= timedelta(seconds=1):
        return OTHER_TIME
    if event is None or event.hold or (push and push.recorded is None) or event.waktu == there:
        return ""
    if push and push.recorded != event.waktu:
        return CHANGED_IN_KHANZA
    moved = policy.tie + timedelta(seconds=len(ORDERED))  # a whole chain of ties
    return (
        OTHER_TIME
        if (push is None or push.state == ALREADY) and abs(event.waktu - there) > moved
        else ""
    )


def _waktu(push: Push | None, kind: str, event: Event | None) -> datetime | None:
    """Return the time to name beside BPJS's:

    Khanza's where it is Khanza's that differs, else the one sent.
    """
    if event and (
        push is None or kind == CHANGED_IN_KHANZA or (kind == OTHER_TIME and push.state == ALREADY)
    ):
        return event.waktu
    return (push.waktu or push.recorded) if push else None


def _mendable(case: Case, step: str, kind: str) -> bool:
    """Return whether a repair mends it: what BPJS lacks can be sent only with its time, and an add
    only of a visit.
    """
    push = case.record.push(step)
    if kind != NOT_AT_BPJS or push is None:
        return kind == NOT_NOTED
    if step == ADD:
        return case.visit is not None and case.visit.registration is not None
    return step == BATAL or (push.waktu or push.recorded) is not None


def repaired(record: Record, verdict: Verdict, policy: Policy) -> Record:
    """Return the ledger's record with what BPJS lacks due again, and what BPJS
    has noted as there.
    """
    wanted = {
        one.step: one.kind
        for one in verdict.differences
        if one.repairable and one.step in record.pushes
    }
    pushes = [record.pushes[step] for step in wanted]
    lacking = (push for push in pushes if wanted[push.step] == NOT_AT_BPJS and push.done)
    known = (push for push in pushes if wanted[push.step] == NOT_NOTED and not push.done)
    fresh = [doubted(replace(push, waktu=push.waktu or push.recorded)) for push in lacking]
    noted = [there(push) for push in known if push.step not in ORDERED]
    # A cancel that BPJS has lost would keep all the rest from being sent.
    stale = {
        step
        for step in _CANCELS
        if verdict.case.live and step not in wanted and not verdict.at_bpjs.has(step)
    }
    kept = {step: push for step, push in record.pushes.items() if not (step in stale and push.done)}
    record = replace(record, pushes=kept, settled="").having(*fresh, *noted)
    rows = verdict.at_bpjs.rows
    return after_lookup(record, rows, policy) if rows else arrange(record, policy)
