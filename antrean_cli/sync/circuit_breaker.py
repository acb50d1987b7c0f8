"""What the calls of one delivery say of BPJS as a whole, and whether it may be called on.

- Three faults in a row, of as many bookings, by order of completion and with no answer between,
  open the breaker: BPJS is left alone for a while. (rules/README.md, Trouble)
- Three of fewer bookings keep nobody waiting: whose fault they are is for the pass to find out.
- While an outage is on one call goes ahead as a probe; its answer closes the breaker again.
- A refusal of who we are ends the delivery at once: every further call would be refused as well.
  One without an envelope can be a firewall's that turns away a single body: whose it is, the pass
  finds out.
- What is a push's own fault says nothing of BPJS (rules/own_faults.py).
- A call that came too soon is neither: it goes back in its place (rules/README.md, Pacing).
"""

from dataclasses import dataclass
from datetime import datetime

from antrean_cli.rules.answers import Outcome
from antrean_cli.rules.codes import OutcomeKind
from antrean_cli.rules.faults import Fault
from antrean_cli.rules.outages import FAULTS_THAT_BEGIN_ONE, OutageKind


@dataclass(kw_only=True, slots=True)
class CircuitBreaker:
    """What is known of BPJS; `probing` as long as one call goes ahead of the others.

    - `faulted` are the bookings that the faults in this row were of.
    - `answered_at` is when the last envelope came, in this pass or before.
    - `open`: nothing more is sent in this delivery.
    - `fault` is the last exchange that brought no envelope, `put_off` the last answer that wants a
      request repeated later, a gateway's "too soon" among them.
    - `refusal`: BPJS does not accept who we are; it was said of the booking `refused`.
    - `turned_away` are the bookings of which that was said without an envelope, if it was of all.
    - `answered`: an envelope came in this delivery, or a 401 or 403 without one, of whoever guards
      BPJS. `judged`: BPJS judged a request, for or against.
    """

    faults_in_row: int = 0
    faulted: tuple[str, ...] = ()
    answered_at: datetime | None = None
    probing: bool = False
    open: bool = False
    fault: Fault | None = None
    put_off: Outcome | None = None
    refusal: Outcome | None = None
    refused: str = ""
    turned_away: tuple[str, ...] = ()
    answered: bool = False
    judged: bool = False

    def take_fault(self, kodebooking: str, fault: Fault) -> None:
        """Take in an exchange for a booking that brought no envelope."""
        self.fault = fault
        self.faults_in_row += 1
        self.faulted = (*(one for one in self.faulted if one != kodebooking), kodebooking)
        self.open |= self.probing or len(self.faulted) >= FAULTS_THAT_BEGIN_ONE

    def take_throttled(self, outcome: Outcome) -> None:
        """Take in that a call came too soon; a probe has not got through either."""
        self.put_off = outcome
        self.open |= self.probing

    def take_answer(self, kodebooking: str, outcome: Outcome, now: datetime) -> None:
        """Take in an answer to a call for a booking."""
        self.faults_in_row, self.answered, self.probing = 0, True, False
        self.faulted, self.answered_at = (), now
        if outcome.kind == OutcomeKind.AUTH_FAILED:
            self.refusal, self.refused, self.turned_away = outcome, kodebooking, ()
        elif outcome.kind == OutcomeKind.RETRY:
            self.put_off = outcome
        else:
            self.judged = True

    def take_turned_away(self, kodebooking: str, outcome: Outcome) -> None:
        """Take in a refusal of who we are that came without an envelope, for a booking."""
        if self.refusal is None or self.turned_away:
            self.turned_away = (*self.turned_away, kodebooking)
        self.faults_in_row, self.answered, self.probing = 0, True, False
        self.faulted = ()
        self.refusal, self.refused = outcome, kodebooking

    def side_by_side(self, workers: int) -> int:
        """Return how many calls may be under way now, of `workers` at most."""
        if self.open or self.refusal:
            return 0
        return 1 if self.probing else workers

    @property
    def begins_outage(self) -> bool:
        """Whether so many faults in a row are an outage."""
        return self.faults_in_row >= FAULTS_THAT_BEGIN_ONE

    @property
    def all_turned_away(self) -> bool:
        """Whether so many bookings were turned away that it is not their own fault."""
        return len(set(self.turned_away)) >= FAULTS_THAT_BEGIN_ONE

    @property
    def ends_outages(self) -> tuple[OutageKind, ...]:
        """The kinds of outages that are over by what was answered."""
        ends = {
            OutageKind.BPJS: self.answered,
            OutageKind.CREDENTIALS: self.judged,
            OutageKind.BUSY: self.judged,
        }
        return tuple(kind for kind, over in ends.items() if over)
