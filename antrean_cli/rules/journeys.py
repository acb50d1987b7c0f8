"""A booking's way as BPJS was told it: which steps it has, what time each, and why one is missing.

What the report (report.py) counts. A journey is a booking of the ledger with less in it, because a
month has tens of thousands of them.
"""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from antrean_cli.rules.codes import AT_BPJS, Kind, State, Step
from antrean_cli.rules.reasons import BEHIND_ADD, Reason, ReasonCode, has_code

_OF_TASK = (ReasonCode.WAITING_FOR_TASK, ReasonCode.DEMANDED_TASK)


class Leg(NamedTuple):
    """One step of a journey: where it is, the time that BPJS has (epoch ms), and why not."""

    state: State
    waktu: int | None = None
    reason: Reason | None = None

    @property
    def done(self) -> bool:
        """Whether BPJS has it."""
        return self.state in AT_BPJS


class RootCause(NamedTuple):
    """Why BPJS does not have a step: the step where the cause lies, and what it is.

    The reason is None where nothing at all is known of that step: nobody recorded it.
    """

    step: Step
    reason: Reason | None


class Journey(NamedTuple):
    """One booking; codes of clinic and doctor are Khanza's, `legs` are by their step."""

    kodebooking: str
    kind: Kind
    tanggal: date
    no_rawat: str
    kd_poli: str
    kd_dokter: str
    legs: Mapping[str, Leg]

    @property
    def at_bpjs(self) -> bool:
        """Whether BPJS has the booking: by its add, or because it is of Mobile JKN."""
        add = self.legs.get(Step.ADD)
        if add is not None:
            return add.done
        return self.kind == Kind.MOBILEJKN or any(leg.done for leg in self.legs.values())

    @property
    def cancelled(self) -> bool:
        """Whether BPJS was told that it is cancelled."""
        legs = (self.legs.get(step) for step in (Step.BATAL, Step.TASK_99))
        return any(leg is not None and leg.done for leg in legs)

    @property
    def no_show(self) -> bool:
        """Whether the patient did not come, as far as Khanza tells."""
        return self._has(ReasonCode.NO_SHOW)

    @property
    def lapsed(self) -> bool:
        """Whether something of it was still to be told when BPJS took nothing more."""
        return self._has(ReasonCode.EXPIRED)

    def _has(self, code: ReasonCode) -> bool:
        return any(leg.reason and leg.reason.code == code for leg in self.legs.values())

    def expected(self) -> tuple[int, ...]:
        """Return the tasks that a visit of its kind has: 6 and 7 only with a prescription."""
        if Step.TASK_6 in self.legs or Step.TASK_7 in self.legs:
            return (3, 4, 5, 6, 7)
        return (3, 4, 5)

    def time_of(self, taskid: int) -> int | None:
        """Return the time of a task that BPJS holds (epoch ms), None if it holds none."""
        leg = self.legs.get(str(taskid))
        return leg.waktu if leg is not None and leg.done else None

    def root_cause(self, step: str) -> RootCause:
        """Return where the cause lies that BPJS does not have a step."""
        return root_cause(step, {name: leg.reason for name, leg in self.legs.items()})


def root_cause(step: str, reasons: Mapping[str, Reason | None]) -> RootCause:
    """Return where the cause lies that a step is not at BPJS: what it waits for, waits itself.

    `reasons` are those of the booking's steps.
    """
    met: set[str] = set()
    while step not in met:
        met.add(step)
        reason = reasons.get(step)
        if has_code(reason, ReasonCode.EXPIRED) and reason is not None:
            reason = _of(reason, "why") or reason
        if reason is None:
            break
        if has_code(reason, *BEHIND_ADD):
            return RootCause(Step.ADD, _of(reason, "add") or reason)
        if has_code(reason, ReasonCode.DEMANDED_ADD) and reasons.get(Step.ADD):
            return RootCause(Step.ADD, reasons[Step.ADD])
        if not has_code(reason, *_OF_TASK):
            return RootCause(Step(reason.behind or step), reason)
        step = str(reason.get("step") or step)
    return RootCause(Step(step), None)


def _of(reason: Reason, name: str) -> Reason | None:
    found = reason.get(name)
    return found if isinstance(found, Reason) else None
