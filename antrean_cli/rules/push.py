"""One thing to tell BPJS, and what the ledger knows of the booking that it belongs to.

- A push is one step of one booking: "add", a task ("1" to "7", "99"), "farmasi" or "batal".
- Values only: how a push moves from state to state stands in transitions.py, in which order the
  tasks of a booking go in ordering.py, which pushes a visit needs in planner.py.
"""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from antrean_cli.rules.causes import Cause
from antrean_cli.rules.codes import ADMISSION_TASKS, AT_BPJS, TASKS, Kind, LeftAlive, State, Step
from antrean_cli.rules.patients import NOBODY, Owner
from antrean_cli.rules.reasons import UNTOLD, Reason, has_code
from antrean_cli.rules.rows import BATAL
from antrean_cli.rules.service_days import service_day

MANUAL = "manual"  # the source of what was sent by hand
TASK_STEPS = tuple(Step(str(taskid)) for taskid in TASKS)  # that Khanza has a time for
ADMISSION = tuple(Step(str(taskid)) for taskid in ADMISSION_TASKS)
ORDERED = (*ADMISSION, *TASK_STEPS)  # the steps that have an order
STEPS = (Step.ADD, *ORDERED, Step.FARMASI, Step.TASK_99, Step.BATAL)
CANCELS = (Step.TASK_99, Step.BATAL)
_SERVED = (Step.TASK_5, Step.TASK_6, Step.TASK_7)
UNLISTED = (Step.ADD, Step.FARMASI)  # what getlisttask never shows
MAX_AGE = timedelta(days=7)  # BPJS takes a task until H+7: bpjs/README.md, Task ids
# Khanza keeps no time for stts: only who looked less than five minutes ago can tell the minute of a
# change.
EXACT = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Push:
    """One thing to tell BPJS and what became of it. All times are aware, in the hospital's zone.

    - `recorded` is the time that Khanza holds, or that a person typed for a push that was kept;
      `waktu` the one that was or will be sent, or that BPJS holds. Both are None for what has no
      time (add, batal), `recorded` also for what was sent by hand at once.
    - `source` tells where the push comes from: of a task 1 to 7 the name of the source of
      `recorded` (sources.py); of 99, batal and farmasi the row or field of Khanza's that asks for
      it; MANUAL for what a person sent; empty for an add, and for what only BPJS told of.
    - `reason` tells why it is held, refused or closed; `code` is BPJS's last metadata.code.
    - `attempts` counts the answers that put it off; `next_try` is when it is tried again. Of a held
      add they are how often BPJS was asked whether it has the booking, and when it is asked again.
    - `needs_lookup`: BPJS may have it, or has it with a time that nobody here knows, and has to be
      asked (getlisttask) before anything else is done about it.
    - `blocked_by` is the step that BPJS last wanted to see before this one, None if none.
    - `note` is for a person, and changes nothing.
    - `since` is when the ledger first saw it in this state (due and sending count as one);
      `sent_at` when BPJS last took it from us, None if it never did. The ledger keeps both.
    """

    step: Step
    state: State
    recorded: datetime | None = None
    waktu: datetime | None = None
    source: str = ""
    reason: Reason | None = None
    code: str = ""
    attempts: int = 0
    needs_lookup: bool = False
    blocked_by: Step | None = None
    next_try: datetime | None = None
    note: Reason | None = None
    since: datetime | None = field(default=None, compare=False)
    sent_at: datetime | None = field(default=None, compare=False)

    @property
    def done(self) -> bool:
        """Whether BPJS has it, by its own word."""
        return self.state in AT_BPJS

    @property
    def done_or_in_flight(self) -> bool:
        """Whether BPJS has it, or is being told: it is out of our hands."""
        return self.done or self.state == State.SENDING

    @property
    def open(self) -> bool:
        """Whether it is held or due: it goes on by itself, and is not on its way."""
        return self.state in (State.HELD, State.DUE)

    @property
    def unfinished(self) -> bool:
        """Whether something is still to come of it: it is open, on its way, or in doubt."""
        return self.open or self.maybe_sent

    @property
    def held_or_refused(self) -> bool:
        """Whether it does not go out as it is: something has to come first, or BPJS refused it."""
        return self.state in (State.HELD, State.REFUSED)

    @property
    def kept(self) -> bool:
        """Whether a person typed it, and it is still to be sent (kept.py)."""
        return self.source == MANUAL and self.open

    @property
    def maybe_sent(self) -> bool:
        """Whether BPJS may have it although it never said so."""
        return self.needs_lookup or self.state == State.SENDING


class StatusObservation(NamedTuple):
    """What the passes observed of a visit's stts, for which Khanza itself keeps no time.

    - `stts` is the value at the last pass, `since` the moment of the first pass that met it.
    - `first`: it already had this value when the visit was first met, so `since` tells nothing.
    - `exact`: the pass before `since` was at most five minutes earlier (EXACT), so
      `since` tells the minute at which somebody set it.
    """

    stts: str
    since: datetime
    first: bool
    exact: bool


class Refusal(NamedTuple):
    """A body that BPJS refused, by the mark that it is known again by (refused_bodies.py)."""

    mark: str
    at: datetime


class PushFault(NamedTuple):
    """A push whose calls bring no envelope (faults.py, own_faults.py).

    - So many `times` in a row, from `since` on; the last time because of `cause`, with HTTP
      `status` where one came.
    - `own`: others got through meanwhile, so it is not BPJS, but this push.
    """

    times: int
    since: datetime
    cause: Cause
    status: int | None = None
    own: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """What the ledger knows of one booking; `tanggal` is the day of service.

    - `kd_poli`, `kd_dokter` and `kd_pj` are Khanza's codes as they were when the add went out,
      `seen` is what the passes saw of stts, `pushes` are its pushes by their step.
    - `owner` is whose it is; `handed_on`: its kode booking was given away, by
      Khanza with the no_rawat or at BPJS, and the visit that has it now goes by one of its own.
    - `left_alive`: whether BPJS holds it although Khanza has it no more.
    - `compared`: BPJS's list of the day was asked whose booking this is, or does not tell.
    - `refusals` is what BPJS has refused of each step, `faults` the steps of which nothing is known
      since their last calls brought no envelope.
    """

    kodebooking: str
    kind: Kind
    tanggal: date
    no_rawat: str = ""
    kd_poli: str = ""
    kd_dokter: str = ""
    kd_pj: str = ""
    seen: StatusObservation | None = None
    owner: Owner = NOBODY
    handed_on: bool = False
    compared: bool = False
    left_alive: LeftAlive = LeftAlive.NOT
    done_fingerprint: str = ""  # of the visit as it was when nothing more was to be done
    pushes: Mapping[str, Push] = field(default_factory=dict)
    refusals: Mapping[str, tuple[Refusal, ...]] = field(default_factory=dict)
    faults: Mapping[str, PushFault] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        """Whether a cancel was accepted: nothing more is sent after it."""
        return any(step in self.pushes and self.pushes[step].done for step in CANCELS)

    @property
    def seen_cancelled(self) -> bool:
        """Whether its stts was Batal when a pass saw it last."""
        return self.seen is not None and self.seen.stts == BATAL

    @property
    def is_left_alive(self) -> bool:
        """Whether BPJS holds it although Khanza has it no more, as far as the last look tells."""
        return self.left_alive in (LeftAlive.SEEN, LeftAlive.TOLD) and not self.ended

    @property
    def reasons(self) -> dict[str, Reason | None]:
        """Why each of its pushes waits, or was given up, by its step."""
        return {step: push.reason for step, push in self.pushes.items()}

    @property
    def known_at_bpjs(self) -> bool:
        """Whether BPJS was told something of this booking, or may have been."""
        return any(push.done or push.maybe_sent for push in self.pushes.values())

    @property
    def may_be_at_bpjs(self) -> bool:
        """Whether BPJS may have its kode booking: it was told, or gave that itself."""
        return self.known_at_bpjs or self.kind == Kind.MOBILEJKN

    @property
    def may_live_at_bpjs(self) -> bool:
        """Whether BPJS holds it, as far as we know, and nobody cancelled it."""
        return self.may_be_at_bpjs and not self.ended and self.kind != Kind.MANUAL

    @property
    def served(self) -> bool:
        """Whether BPJS has that the patient was seen to the end: then nobody is called absent."""
        return any(step in self.pushes and self.pushes[step].done for step in _SERVED)

    def push(self, step: str) -> Push | None:
        """Return one push, or None."""
        return self.pushes.get(step)

    def refused(self, step: str) -> tuple[Refusal, ...]:
        """Return what BPJS has refused of a step, the first refusal first."""
        return self.refusals.get(step, ())

    def with_refusal(self, step: str, refusal: Refusal) -> "Record":
        """Return the record with one more refusal of a step."""
        refused = (*self.refused(step), refusal)
        return replace(self, refusals={**self.refusals, str(step): refused})

    def without_refusals(self, steps: Container[str]) -> "Record":
        """Return the record with the refusals of these steps forgotten."""
        kept = {step: refused for step, refused in self.refusals.items() if step not in steps}
        return replace(self, refusals=kept)

    def with_pushes(self, *pushes: Push) -> "Record":
        """Return the record with these pushes put in, each in the place of the one of its step."""
        return replace(self, pushes={**self.pushes, **{push.step: push for push in pushes}})

    def with_fault(self, step: str, fault: PushFault | None) -> "Record":
        """Return the record with the fault of a step, or with none of it."""
        others = {name: one for name, one in self.faults.items() if name != step}
        faults = {**others, step: fault} if fault else others
        return replace(self, faults=faults) if faults != self.faults else self

    def keeping(self, wanted: Callable[[Push], bool]) -> "Record":
        """Return the record with only those of its pushes that are wanted."""
        kept = {step: push for step, push in self.pushes.items() if wanted(push)}
        return replace(self, pushes=kept)


class Change(NamedTuple):
    """One push that is no longer what it was.

    `before` is None for a new one, `after` for one that was withdrawn.
    """

    record: Record
    before: Push | None
    after: Push | None

    @property
    def push(self) -> Push:
        """The push as it is now, or as it last was."""
        push = self.after or self.before
        assert push is not None  # noqa: S101 - a change has at least one side
        return push

    @property
    def reportable(self) -> bool:
        """Whether a person would call it a change: another state, another reason, or a note.

        A hold that nobody is told of is none.
        """
        if has_code(self.push.reason, *UNTOLD):
            return False
        before = None if self.before and has_code(self.before.reason, *UNTOLD) else self.before
        if before is None or self.after is None:
            return self.push.state != State.DUE or self.push.needs_lookup
        one, two = before, self.after
        return (one.state, one.reason, one.note) != (two.state, two.reason, two.note)


def changes(before: Record | None, after: Record) -> list[Change]:
    """Return what differs between two records of one booking, in the order of the steps."""
    old = before.pushes if before else {}
    pairs = [(old.get(step), after.pushes.get(step)) for step in STEPS]
    return [Change(record=after, before=one, after=two) for one, two in pairs if one != two]


def pending(record: Record) -> int:
    """Return how many of its pushes are on their way, or have to be asked for."""
    pushes = record.pushes.values()
    return sum(push.state in (State.DUE, State.SENDING) or push.needs_lookup for push in pushes)


def expired(record: Record, now: datetime) -> bool:
    """Return whether BPJS takes nothing more: a task must be sent by H+7, in BPJS's zone."""
    return service_day(now) - MAX_AGE > record.tanggal
