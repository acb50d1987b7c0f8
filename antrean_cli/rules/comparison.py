"""Khanza, ledger and BPJS side by side → where each step of a booking is, and what differs.

- What is *recorded* is Khanza's word: that the visit is there, the times of its tasks, its cancel.
  What was sent by hand counts as recorded too.
- The ledger only explains where a recorded step is: at BPJS, or pending, held, refused or closed.
  What it cannot explain is *lost*: the counts add up, and every lost step is a difference.
- What only BPJS has, what it holds otherwise, and what Khanza changed since differs too, but
  nothing is lost by it.
- Tasks 1 and 2 need no record in Khanza, and antrean farmasi shows in no list of BPJS's.
- BPJS overwrites nothing (bpjs/README.md, Answers): times that differ are for a person to judge.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from antrean_cli.rules.cancels import told_to_bpjs
from antrean_cli.rules.codes import Code, Kind, State, Step
from antrean_cli.rules.events import Event, events_of
from antrean_cli.rules.listings import Task, tasks_held
from antrean_cli.rules.ordering import arrange
from antrean_cli.rules.outcomes import after_lookup
from antrean_cli.rules.planner import concerns_bpjs
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import (
    CANCELS,
    MANUAL,
    ORDERED,
    STEPS,
    TASK_STEPS,
    Push,
    Record,
    expired,
)
from antrean_cli.rules.reasons import DELAYS, Reason, ReasonCode, has_code
from antrean_cli.rules.rows import BATAL
from antrean_cli.rules.sources import VisitContext
from antrean_cli.rules.transitions import mark_already_at_bpjs, mark_unverified
from antrean_cli.rules.visits import Visit

_ONE_SECOND = timedelta(seconds=1)


class Place(Code):
    """Where a recorded step is; every one is in exactly one place."""

    AT_BPJS = "at_bpjs"
    PENDING = "pending"  # a pass sends it
    HELD = "held"
    REFUSED = "refused"
    CLOSED = "closed"
    LOST = "lost"  # BPJS lacks it, and nothing explains why


class DifferenceKind(Code):
    """How Khanza, ledger and BPJS differ about one step."""

    # A lost step:
    NOT_AT_BPJS = "not_at_bpjs"  # the ledger has it as sent
    NOT_SENT = "not_sent"  # Khanza records it, and nobody sends it
    ALIVE_AT_BPJS = "alive_at_bpjs"  # cancelled in Khanza, not at BPJS
    # Any other:
    NOT_NOTED = "not_noted"  # BPJS has it, the ledger has it as not sent
    OTHER_TIME = "other_time"  # BPJS holds another time than the one that was sent or recorded
    # A task's time was corrected after it was sent; of an add: payer, clinic or doctor.
    CHANGED_IN_KHANZA = "changed_in_khanza"
    ONLY_AT_BPJS = "only_at_bpjs"  # Khanza records it no more
    CANCELLED_AT_BPJS = "cancelled_at_bpjs"  # and not in Khanza
    UNKNOWN_BOOKING = "unknown_booking"  # a booking that nobody here knows


_PLACE_OF_STATE = {
    State.HELD: Place.HELD,
    State.DUE: Place.PENDING,
    State.SENDING: Place.PENDING,
    State.REFUSED: Place.REFUSED,
    State.CLOSED: Place.CLOSED,
}


# -- what is compared


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One booking: Khanza's visit, None if it has none, and what the ledger knows of it.

    - `before` is the ledger's record as it is, None if it has none; `record` the one that the next
      pass would make of it.
    - `takes_part` is False where ANTREAN_ONLY_POLI or ANTREAN_SKIP_POLI leaves the clinic out:
      BPJS is to know only what was begun before.
    - `in_reach` is False where no pass looks at the booking any more, because its day lies before
      those that passes read, or after H+7: what was not sent so far never will be.
    """

    visit: Visit | None
    before: Record | None
    record: Record
    takes_part: bool = True
    in_reach: bool = True

    @property
    def live(self) -> bool:
        """Whether Khanza holds the visit as one that goes on."""
        return self.visit is not None and self.visit.live

    @property
    def cancelled(self) -> bool:
        """Whether Khanza holds the visit as cancelled."""
        visit = self.visit
        if visit is None:
            return False
        if visit.cancel is not None or visit.cancelled_at_desk:
            return True
        # Where there is no registration, the booking itself tells.
        booking = visit.booking if visit.registration is None else None
        return booking is not None and booking.status == BATAL

    @property
    def by_hand(self) -> frozenset[str]:
        """The steps that were sent by hand; a repair may send them again."""
        return frozenset(push.step for push in self.record.pushes.values() if push.source == MANUAL)


@dataclass(frozen=True, kw_only=True, slots=True)
class AtBpjs:
    """What BPJS holds of one booking.

    `listed` and `cancelled` are the word of the list of the day, `rows` those of getlisttask.
    """

    listed: bool = False
    cancelled: bool = False
    rows: Sequence[Task] = ()

    @property
    def tasks(self) -> Mapping[str, datetime | None]:
        """The tasks by their step, with the time of each, None where BPJS's text is no time."""
        return tasks_held(self.rows)

    def has(self, step: str) -> bool:
        """Return whether BPJS has a step.

        A cancel leaves a 99 (bpjs/README.md, Task ids); farmasi shows nowhere.
        """
        if step == Step.ADD:
            return self.listed or bool(self.rows)
        if step in CANCELS:
            return self.cancelled or Step.TASK_99 in self.tasks
        return step in self.tasks


# -- what comes of it


class Difference(NamedTuple):
    """One step that is not the same everywhere.

    `waktu` is the time that was sent or recorded, `bpjs` the one that BPJS holds; both are None
    for what has no time. `repairable` tells whether `repaired` mends it, `why` what changed of the
    visit since its add.
    """

    kodebooking: str
    step: str
    kind: DifferenceKind
    waktu: datetime | None = None
    bpjs: datetime | None = None
    repairable: bool = False
    why: Reason | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """One booking compared.

    `khanza` are the steps that Khanza records and BPJS is to know, with the times of the tasks;
    `places` tells where each of them is, and each that was sent by hand.
    """

    case: Case
    at_bpjs: AtBpjs
    khanza: Mapping[str, datetime | None]
    places: Mapping[str, Place]
    differences: tuple[Difference, ...]

    @property
    def kodebooking(self) -> str:
        """The booking's number."""
        return self.case.record.kodebooking


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sides:
    """One step of a booking: Khanza's event, the ledger's push, what BPJS has, and its place.

    `place` is None for what is neither recorded nor sent by hand.
    """

    step: str
    case: Case
    event: Event | None
    push: Push | None
    at_bpjs: AtBpjs
    place: Place | None

    @property
    def bpjs_has_it(self) -> bool:
        return self.at_bpjs.has(self.step)

    @property
    def bpjs_time(self) -> datetime | None:
        return self.at_bpjs.tasks.get(self.step)

    @property
    def unnoted(self) -> bool:
        """Whether the ledger has the step as not sent: now, and also after the next pass.

        Of what the ledger has not met yet nothing wrong is noted.
        """
        noted = self.case.before.push(self.step) if self.case.before else None
        return bool(noted and not noted.done and self.push and not self.push.done)


def compare(case: Case, at_bpjs: AtBpjs, policy: Policy, now: datetime) -> Verdict:
    """Return where each recorded step of a booking is, and what differs between the three."""
    events = _events(case, policy, now)
    khanza = _recorded(case, at_bpjs, events, policy, now)
    by_hand = frozenset() if case.cancelled else case.by_hand
    places: dict[str, Place] = {
        step: _place(step, case, at_bpjs, policy, now)
        for step in STEPS
        if step in khanza or step in by_hand
    }
    differences = []
    for step in STEPS:
        sides = _Sides(
            step=step,
            case=case,
            event=events.get(step),
            push=case.record.push(step),
            at_bpjs=at_bpjs,
            place=places.get(step),
        )
        if kind := _kind(sides, policy):
            differences.append(_difference(sides, kind, now))
    return Verdict(
        case=case, at_bpjs=at_bpjs, khanza=khanza, places=places, differences=tuple(differences)
    )


# -- what Khanza records, and BPJS is to know


def _events(case: Case, policy: Policy, now: datetime) -> dict[str, Event]:
    """Return what Khanza records of the tasks by now, by their step.

    A task that is through counts also if its time was moved on since. What may not go out yet,
    such as the arrival of somebody who left no trace, counts only where a push stands for it.
    """
    if case.visit is None:
        return {}
    pushes = case.record.pushes
    found = {}
    for taskid, event in events_of(_context(case, case.visit, policy, now)).items():
        step = str(taskid)
        push = pushes.get(step)
        come = event.waktu <= now or (push is not None and push.done)
        if come and (event.hold is None or push is not None):
            found[step] = event
    return found


def _context(case: Case, visit: Visit, policy: Policy, now: datetime) -> VisitContext:
    record = case.record
    return VisitContext(visit=visit, policy=policy, seen=record.seen, now=now, pushes=record.pushes)


def _recorded(
    case: Case, at_bpjs: AtBpjs, events: Mapping[str, Event], policy: Policy, now: datetime
) -> dict[str, datetime | None]:
    """Return the steps that BPJS is to know by Khanza's word, with the times of the tasks."""
    visit, pushes = case.visit, case.record.pushes
    if visit is None or not (case.live or case.cancelled):
        return {}
    if not concerns_bpjs(_context(case, visit, policy, now), case.record):
        return {}
    steps: dict[str, datetime | None] = {step: event.waktu for step, event in events.items()}
    bpjss_own = visit.kind == Kind.MOBILEJKN
    if bpjss_own or visit.kind in policy.add or Step.ADD in pushes or at_bpjs.has(Step.ADD):
        steps[Step.ADD] = None
    if Step.FARMASI in pushes:
        steps[Step.FARMASI] = None
    if case.live and case.takes_part:
        return steps
    # Of a visit that is cancelled, and of a clinic that was left out, nothing more is to be told.
    begun = {
        step: waktu
        for step, waktu in steps.items()
        if at_bpjs.has(step) or _unsent(pushes.get(step))
    }
    cancel = Step.BATAL if visit.cancel else Step.TASK_99
    if case.cancelled and (at_bpjs.has(Step.ADD) or _unsent(pushes.get(cancel))):
        begun[cancel] = None
    return begun


def _unsent(push: Push | None) -> bool:
    return push is not None and not push.done


# -- where a step is


def _place(step: str, case: Case, at_bpjs: AtBpjs, policy: Policy, now: datetime) -> Place:
    push = case.record.push(step)
    if at_bpjs.has(step):
        return Place.AT_BPJS
    if push is None:
        return _place_without_push(step, case, policy, now)
    if push.done:
        return Place.AT_BPJS if step == Step.FARMASI else Place.LOST
    if has_code(push.reason, ReasonCode.CANCELLED_BY_KHANZA):
        return Place.LOST  # Khanza says so, and BPJS does not show it
    return _PLACE_OF_STATE[push.state]


def _place_without_push(step: str, case: Case, policy: Policy, now: datetime) -> Place:
    """Return where a step is that no push stands for: yet to come, over, or lost."""
    if step in CANCELS:
        return Place.PENDING if case.in_reach and _delayed(case, policy, now) else Place.LOST
    if case.record.ended:
        return Place.CLOSED
    add = case.record.push(Step.ADD)
    if add and add.state == State.HELD and has_code(add.reason, *DELAYS):
        return Place.HELD  # nothing is told of a visit before its add is wanted
    # Mobile JKN's own bookings are added by nobody else, unless ANTREAN_ADD says so.
    comes = step != Step.ADD or case.record.kind in policy.add
    return Place.PENDING if case.in_reach and comes else Place.LOST


def _delayed(case: Case, policy: Policy, now: datetime) -> bool:
    """Return whether a cancel at the desk waits for ANTREAN_DELAY_BATAL, and will be sent then."""
    seen = case.record.seen
    if case.visit is None or seen is None or now >= seen.since + policy.delay_batal:
        return False
    return told_to_bpjs(case.visit, case.record, policy)


# -- what differs


def _kind(sides: _Sides, policy: Policy) -> DifferenceKind | None:
    """Return what kind of difference a step is, None if its three sides fit."""
    if sides.place is Place.LOST:
        return _kind_of_lost(sides)
    if not sides.bpjs_has_it:
        return None  # it is known why
    if sides.step in CANCELS:
        return _kind_of_cancel(sides)
    if sides.step == Step.ADD:
        return _kind_of_add(sides)
    return _kind_of_task(sides, policy)


def _kind_of_lost(sides: _Sides) -> DifferenceKind:
    if sides.push and sides.push.done:
        return DifferenceKind.NOT_AT_BPJS
    if sides.step in CANCELS:
        return DifferenceKind.ALIVE_AT_BPJS
    return DifferenceKind.NOT_SENT


def _kind_of_cancel(sides: _Sides) -> DifferenceKind | None:
    """Return how a cancel differs that BPJS has; one by hand is meant, whatever Khanza says."""
    if not sides.case.live:
        closed = sides.push is not None and sides.push.state == State.CLOSED
        return DifferenceKind.NOT_NOTED if sides.unnoted and not closed else None
    if sides.step == Step.BATAL:
        return None  # it is told of the 99 that it leaves
    by_hand = sides.case.by_hand.intersection(CANCELS)
    return None if by_hand else DifferenceKind.CANCELLED_AT_BPJS


def _kind_of_add(sides: _Sides) -> DifferenceKind | None:
    """Return how the booking itself differs that BPJS has."""
    case = sides.case
    if case.cancelled:
        return None
    if case.live:
        if sides.unnoted:
            return DifferenceKind.NOT_NOTED
        changed = sides.push and has_code(sides.push.note, ReasonCode.VISIT_CHANGED)
        return DifferenceKind.CHANGED_IN_KHANZA if changed else None
    # Khanza has no visit: what was made by hand needs none.
    by_hand = case.record.kind == Kind.MANUAL or Step.ADD in case.by_hand
    over = sides.at_bpjs.has(Step.TASK_99)
    return None if by_hand or over else DifferenceKind.ONLY_AT_BPJS


def _kind_of_task(sides: _Sides, policy: Policy) -> DifferenceKind | None:
    """Return how a task from 1 to 7 differs that BPJS has."""
    case = sides.case
    if sides.unnoted and not case.cancelled:
        return DifferenceKind.NOT_NOTED
    expected = case.live and sides.step in TASK_STEPS and sides.step not in case.by_hand
    if expected and sides.event is None:
        return DifferenceKind.ONLY_AT_BPJS
    return _kind_of_times(sides, policy)


def _kind_of_times(sides: _Sides, policy: Policy) -> DifferenceKind | None:
    """Return how the times of a task differ; what a tie moved is the same time."""
    push, event, at_bpjs = sides.push, sides.event, sides.bpjs_time
    if at_bpjs is None:
        return None
    if push and push.waktu and abs(push.waktu - at_bpjs) >= _ONE_SECOND:
        return DifferenceKind.OTHER_TIME
    if not sides.case.live or event is None or event.hold or event.waktu == at_bpjs:
        return None
    if push is None or (push.state == State.ALREADY and push.recorded == event.waktu):
        # Somebody else told BPJS, and may have moved the time by a whole chain of ties.
        moved = policy.tie + len(ORDERED) * _ONE_SECOND
        return DifferenceKind.OTHER_TIME if abs(event.waktu - at_bpjs) > moved else None
    if push.recorded is None or push.recorded == event.waktu:
        return None
    return DifferenceKind.CHANGED_IN_KHANZA


def _difference(sides: _Sides, kind: DifferenceKind, now: datetime) -> Difference:
    record = sides.case.record
    of_add = kind is DifferenceKind.CHANGED_IN_KHANZA and sides.step == Step.ADD
    return Difference(
        kodebooking=record.kodebooking,
        step=sides.step,
        kind=kind,
        waktu=_waktu(sides, kind),
        bpjs=sides.bpjs_time,
        repairable=_mendable(sides, kind) and not expired(record, now),
        why=sides.push.note if sides.push and of_add else None,
    )


def _waktu(sides: _Sides, kind: DifferenceKind) -> datetime | None:
    """Return the time to name beside BPJS's: Khanza's where that one differs, else the one sent."""
    push, event = sides.push, sides.event
    if push is None:
        return event.waktu if event else None
    told_by_others = kind is DifferenceKind.OTHER_TIME and push.state == State.ALREADY
    if event and (kind is DifferenceKind.CHANGED_IN_KHANZA or told_by_others):
        return event.waktu
    return push.waktu or push.recorded


# -- how it is mended


def _mendable(sides: _Sides, kind: DifferenceKind) -> bool:
    """Return whether a repair mends a difference: it notes what BPJS has, and sends what it lacks.

    A task is sent only with a time, and an add only of a visit, which its body is made of.
    """
    push, visit = sides.push, sides.case.visit
    if kind is DifferenceKind.NOT_NOTED:
        return True
    if kind is not DifferenceKind.NOT_AT_BPJS or push is None:
        return False
    if sides.step == Step.ADD:
        return visit is not None and visit.registration is not None
    return sides.step == Step.BATAL or (push.waktu or push.recorded) is not None


def repaired(record: Record, verdict: Verdict, policy: Policy) -> Record:
    """Return the ledger's record with what BPJS lacks due again, and what it has noted as there.

    Nothing is believed of what BPJS lacks: it is asked for first, and then sent.
    """
    kinds = {
        one.step: one.kind
        for one in verdict.differences
        if one.repairable and one.step in record.pushes
    }
    pushes = dict(record.pushes)
    for step, kind in kinds.items():
        push = pushes[step]
        if kind is DifferenceKind.NOT_AT_BPJS and push.done:
            pushes[step] = mark_unverified(replace(push, waktu=push.waktu or push.recorded))
        elif kind is DifferenceKind.NOT_NOTED and not push.done:
            pushes[step] = mark_already_at_bpjs(push)
    for step in CANCELS:
        # A cancel that BPJS has lost would keep all the rest from being sent.
        lost = step in pushes and pushes[step].done and not verdict.at_bpjs.has(step)
        if lost and verdict.case.live:
            del pushes[step]
    record = replace(record, pushes=pushes, done_fingerprint="")
    rows = verdict.at_bpjs.rows
    return after_lookup(record, rows, policy) if rows else arrange(record, policy)
