"""Ledger → BPJS: send what is due, in order within a booking, several bookings at a time.

- One thread decides and writes the ledger; the workers only exchange requests. So what several of
  them finish together is committed together, and no lock is needed.
- `sending` is committed before a POST, the outcome before the booking's next one: what died in
  flight can be found.
- Oldest day first, then the longest chain first.
- Three faults in a row, by order of completion, end the pass; in an outage one request goes ahead
  as a probe.
- No call starts with less than three seconds left, or after a signal; calls in flight are always
  recorded.
"""

import heapq
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Event
from typing import Any

from antrean_cli.bpjs.client import Client
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.ledger.pass_state import PassState
from antrean_cli.rules import outages
from antrean_cli.rules.answers import FAULT, Outcome, Reply, judge
from antrean_cli.rules.codes import OutcomeKind, Step
from antrean_cli.rules.faults import Fault
from antrean_cli.rules.ordering import Call
from antrean_cli.rules.outcomes import (
    after_failed_lookup,
    after_fault,
    after_lookup,
    after_unreadable_lookup,
    apply,
)
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import Change, Record, changes, pending
from antrean_cli.rules.requests import call_name, request_body, sendable
from antrean_cli.rules.transitions import begin_sending
from antrean_cli.rules.visits import Visit
from antrean_cli.sync.workers import Flights

LEAST_SECONDS = 3.0  # "no call starts with less than 3 seconds left"
Errand = tuple[str, Call]  # for which booking, and what is asked


@dataclass(kw_only=True, slots=True)
class Impression:
    """What the calls of one delivery say of BPJS as a whole.

    `fault` and `put_off` are the last of their kind; `refusal` is that BPJS does not accept who we
    are, said of the booking `refused`.
    """

    faults_in_row: int = 0
    probing: bool = False  # one request goes ahead, until one was answered
    fault: Fault | None = None
    put_off: Outcome | None = None  # BPJS wants a request repeated later
    refusal: Outcome | None = None
    refused: str = ""
    answered: bool = False
    accepted: bool = False  # BPJS judged a request, for or against
    broken: bool = False  # BPJS has to be left alone for a while

    def failed(self, fault: Fault) -> None:
        """Take in an exchange that brought no envelope."""
        self.fault = fault
        self.faults_in_row += 1
        self.broken |= self.probing or self.faults_in_row >= outages.FAULTS_THAT_BEGIN_ONE

    def heard(self, kodebooking: str, outcome: Outcome) -> None:
        """Take in an answer to a call for a booking."""
        self.faults_in_row, self.answered, self.probing = 0, True, False
        if outcome.kind == OutcomeKind.AUTH_FAILED:
            self.refusal, self.refused = outcome, kodebooking
        elif outcome.kind == OutcomeKind.RETRY:
            self.put_off = outcome
        else:
            self.accepted = True

    @property
    def over(self) -> list[str]:
        """The kinds of outages that these answers end."""
        ends = {
            outages.BPJS: self.answered,
            outages.CREDENTIALS: self.accepted,
            outages.BUSY: self.accepted,
        }
        return [kind for kind, good in ends.items() if good]


@dataclass(kw_only=True, slots=True)
class Delivery:
    """One delivery: hand it the bookings, run it, then ask it how it ended."""

    client: Client
    ledger: Ledger
    policy: Policy
    visits: Mapping[str, Visit]
    workers: int
    deadline: float  # time.monotonic()
    clock: Callable[[], datetime]
    stop: Event
    adds_that_wait: frozenset[str] = frozenset()  # for a look at what BPJS has (adopt.py)
    probed: str = ""  # the booking that a probe was last of
    impression: Impression = field(default_factory=Impression)
    records: dict[str, Record] = field(default_factory=dict)
    ended: dict[str, outages.Outage] = field(default_factory=dict)  # that are over, by their kind
    waiting: int = 0  # pushes that are still to be sent, now or later
    calls: Counter[str] = field(default_factory=Counter)  # that ended, by "call outcome"
    _heap: list[tuple[Any, int, str]] = field(default_factory=list)
    _noted: object = None  # what `_note` wrote last
    _current: set[str] = field(default_factory=set)  # whose records are as the ledger has them
    _others: int | None = None  # the ledger's count of what others wrote, as it was last seen

    def run(self, records: Mapping[str, Record]) -> Iterator[tuple[Change, ...]]:
        """Send what is due of these bookings; yields what changed after every commit.

        Raises what the ledger raises.
        """
        self.records = dict(records)
        self.waiting = sum(map(pending, records.values()))
        if self.impression.probing:
            self.probed = self._next_probe()
        for kodebooking in self.records:
            self._enqueue(kodebooking)
        with Flights[Errand, Reply | Fault](self.workers) as flights:
            self._turn(flights, [])
            while flights.aloft:
                yield tuple(self._turn(flights, flights.landed()))

    @property
    def unfinished(self) -> bool:
        """Whether there was more to send than could be sent."""
        return bool(self._heap)

    # -- what goes next

    def _next_probe(self) -> str:
        """Return the booking after the one that was probed last: one bad booking must not hide that
        BPJS is back.
        """
        waiting = self.adds_that_wait
        if not (able := self._able()) and outages.BPJS in self.ledger.pass_state().outages:
            # Adds wait for a look, and looks for BPJS to be back: where nothing else is due, one
            # add is the probe.
            self.adds_that_wait = frozenset()
            able = self._able()
        found = next(
            (kodebooking for kodebooking in able if kodebooking > self.probed),
            able[0] if able else "",
        )
        self.adds_that_wait = waiting - {found}
        return found

    def _able(self) -> list[str]:
        """Return the bookings that something can be asked for now."""
        now = self.clock()
        return sorted(kodebooking for kodebooking in self.records if self._call(kodebooking, now))

    def _call(self, kodebooking: str, now: datetime) -> Call | None:
        """Return what can be asked for a booking now."""
        call = sendable(self.records[kodebooking], self.visits.get(kodebooking), self.policy, now)
        return (
            None
            if call and call.push.step == Step.ADD and kodebooking in self.adds_that_wait
            else call
        )

    def _enqueue(self, kodebooking: str) -> None:
        record = self.records[kodebooking]
        if self._call(kodebooking, self.clock()):
            first = self.impression.probing and kodebooking == self.probed
            heapq.heappush(self._heap, ((not first, record.tanggal), -pending(record), kodebooking))

    def _may_begin(self) -> int:
        """Return how many calls may be under way now."""
        said = self.impression
        if (
            self.stop.is_set()
            or said.refusal
            or said.broken
            or self.deadline - time.monotonic() < LEAST_SECONDS
        ):
            return 0
        return 1 if said.probing else self.workers

    def _turn(
        self,
        flights: Flights[Errand, Reply | Fault],
        landed: Sequence[tuple[Errand, Reply | Fault]],
    ) -> list[Change]:
        """Commit what came of these calls together with the `sending` of the next ones, then let
        those go.
        """
        with self.ledger.transaction():
            self._look_for_others()
            found = [change for what, answer in landed for change in self._settle(*what, answer)]
            self._note()
            batch = self._begin(flights.aloft)
        for errand in batch:
            flights.begin(errand, self._ask(*errand))
        return found

    def _look_for_others(self) -> None:
        """Believe no record any more if somebody at the desk wrote to the ledger meanwhile."""
        others = self.ledger.writes_of_others()
        if others != self._others:
            self._others = others
            self._current.clear()

    def _read(self, kodebooking: str) -> bool:
        """Take in a booking as the ledger has it now; return whether the ledger still knows it."""
        if kodebooking not in self._current and (known := self.ledger.record(kodebooking)):
            self.records[kodebooking] = known
            self._current.add(kodebooking)
        return kodebooking in self._current

    def _begin(self, aloft: int) -> list[Errand]:
        """Write `sending` for as many bookings as there are free workers."""
        batch: list[Errand] = []
        now = self.clock()
        while self._heap and aloft + len(batch) < self._may_begin():
            kodebooking = heapq.heappop(self._heap)[2]
            # Somebody may have sent a command by hand meanwhile: after a cancel nothing more goes
            # out, nor under a kode booking that an add by hand has put another in the place of.
            if self._read(kodebooking) and (call := self._call(kodebooking, now)):
                batch.append((kodebooking, call))
        for kodebooking, call in batch:
            if not call.lookup:
                self._save(
                    self.records[kodebooking],
                    self.records[kodebooking].with_pushes(begin_sending(call.push)),
                    now,
                )
        return batch

    def _ask(self, kodebooking: str, call: Call) -> Callable[[], Reply | Fault]:
        """Return the exchange that a worker is to make."""
        visit = self.visits.get(kodebooking)
        body = request_body(kodebooking, call, visit, self.policy, self.clock())
        # The name that BPJS's answer must not carry into the ledger.
        hide = (visit and visit.registration and visit.registration.nama) or ""
        # Never nothing: a commit that stalled for seconds must not look like a call without limit.
        seconds = max(self.deadline - time.monotonic(), 0.1)
        return lambda: self.client.call(call_name(call), body, within=seconds, hide=hide)

    def _save(self, before: Record, after: Record, now: datetime) -> None:
        self.ledger.save(before, after, now)
        self.records[after.kodebooking] = after
        self._current.add(after.kodebooking)

    # -- what came of it

    def _settle(self, kodebooking: str, call: Call, answer: Reply | Fault) -> list[Change]:
        """Write what came of a call, and put its booking back in line."""
        now = self.clock()
        # As somebody at the desk may have changed it while the call was on its way.
        self._read(kodebooking)
        before = self.records[kodebooking]
        after = self._after(before, call, answer, now)
        self.waiting += pending(after) - pending(before)
        self._save(before, after, now)
        if not isinstance(answer, Fault) or answer.answered:  # a fault is repeated by the next pass
            self._enqueue(kodebooking)
        # For people, `sending` is no state that a push was in.
        return changes(before if call.lookup else before.with_pushes(call.push), after)

    def _note(self) -> None:
        """Write what these calls say of BPJS as a whole, together with what came of them."""
        said = (self.impression.faults_in_row, *self.impression.over)
        if said == self._noted:
            return
        self._noted = said
        over, faults_in_row = self.impression.over, self.impression.faults_in_row

        def learned(state: PassState) -> PassState:
            on = {kind: one for kind, one in state.outages.items() if kind not in over}
            self.ended |= {kind: state.outages[kind] for kind in over if kind in state.outages}
            return replace(state, faults_in_row=faults_in_row, outages=on)

        self.ledger.update_pass_state(learned)

    def _after(self, record: Record, call: Call, answer: Reply | Fault, now: datetime) -> Record:
        """Return the booking after one call; what it says of BPJS is taken in."""
        step, name = call.push.step, call_name(call)
        if isinstance(answer, Fault):
            self.calls[f"{name} {FAULT}"] += 1
            if answer.answered:
                return after_unreadable_lookup(record)
            self.impression.failed(answer)
            return after_fault(record, step, answer, now)
        outcome = judge(name, step, answer)
        self.calls[f"{name} {outcome.kind}"] += 1
        self.impression.heard(record.kodebooking, outcome)
        if not call.lookup:
            return apply(record, step, outcome, self.policy, now, random.random())  # noqa: S311 - only jitter
        if outcome.kind == OutcomeKind.AUTH_FAILED:
            return record
        if answer.code in ("200", "204"):
            return after_lookup(record, answer.response, self.policy)
        return after_failed_lookup(record, step, outcome, now, random.random())  # noqa: S311
