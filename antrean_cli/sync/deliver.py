"""Ledger → BPJS: send what is due, in order within a booking, several bookings at a time.

- One thread decides and writes the ledger; the workers only exchange requests. So what several of
  them finish together is committed together, and no lock is needed.
- `sending` is committed before a POST, the outcome before the booking's next one: what died in
  flight can be found. (rules/README.md, Safety)
- Oldest day first, then the booking with most pushes first.
- No call starts with less than three seconds left, or after a signal; calls in flight are always
  recorded. (rules/README.md, Deadline)
- When BPJS is left alone, and when one call goes ahead as a probe: circuit_breaker.py. How many
  calls go at once, and how soon: rules/pacing.py.
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
from antrean_cli.rules.answers import FAULT, Outcome, Reply, judge, throttled, turned_away
from antrean_cli.rules.call_troubles import is_known
from antrean_cli.rules.codes import CallName, OutcomeKind, Step, call_of
from antrean_cli.rules.faults import Fault
from antrean_cli.rules.origins import origin_of_refused
from antrean_cli.rules.outages import Outage, OutageKind
from antrean_cli.rules.outcomes import (
    after_answer,
    after_failed_lookup,
    after_fault,
    after_lookup,
    after_unreadable_lookup,
)
from antrean_cli.rules.own_faults import newly_told
from antrean_cli.rules.owner_at_bpjs import awaits_owner
from antrean_cli.rules.pacing import Pacing, Start, TooSoon, got_through
from antrean_cli.rules.patients import Owner
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import Change, Record, changes, pending
from antrean_cli.rules.requests import Request, lookup, next_request
from antrean_cli.rules.transitions import begin_sending
from antrean_cli.rules.visits import Visit
from antrean_cli.sync.circuit_breaker import CircuitBreaker
from antrean_cli.sync.workers import Workers

LEAST_SECONDS_OF_A_PUSH = 3.0  # rules/README.md, Deadline

PacedWorkers = Workers[Request, Reply | Fault]


@dataclass(kw_only=True, slots=True)
class Delivery:
    """One delivery: hand it the bookings, run it, then ask it how it ended.

    - `visits` are Khanza's by kode booking, none of them where Khanza was not read; `owners` is
      whose they are.
    - `adds_that_wait` are the bookings whose add waits for a look at BPJS's lists (day_lists.py).
    - `probed` is the booking that the last probe was of, and after `run` the one of this delivery.
    - `bookings` are as they are now; `waiting` counts their pushes that are still to be sent.
    - `unanswered` are the pushes that people are to be told of: their faults are their own.
    - `calls` counts the calls that ended, by "call outcome"; `ended` are outages that are over.
    - `of_calls` is the outage of calls that BPJS answers no push of; `judged_at` is when it last
      judged a push in this pass, by the name of the call.
    """

    client: Client
    ledger: Ledger
    policy: Policy
    visits: Mapping[str, Visit]
    pacing: Pacing
    deadline: float  # time.monotonic()
    clock: Callable[[], datetime]
    stop: Event
    owners: Mapping[str, Owner] = field(default_factory=dict)
    adds_that_wait: frozenset[str] = frozenset()
    probed: str = ""
    breaker: CircuitBreaker = field(default_factory=CircuitBreaker)
    bookings: dict[str, Record] = field(default_factory=dict)
    ended: dict[str, Outage] = field(default_factory=dict)
    waiting: int = 0
    unanswered: list[tuple[Record, Step]] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    of_calls: Outage | None = None
    judged_at: dict[str, datetime] = field(default_factory=dict)
    _heap: list[tuple[Any, int, str]] = field(default_factory=list)
    _too_soon: TooSoon = field(init=False)
    _probe: str = ""  # the booking that goes ahead, empty unless there is a probe
    _learned: object = None  # what was last written of BPJS as a whole
    _current: set[str] = field(default_factory=set)  # whose bookings are as the ledger has them
    _others: int | None = None  # the ledger's count of what others wrote, as it was last seen

    def __post_init__(self) -> None:
        self._too_soon = TooSoon(self.pacing)

    def run(self, bookings: Mapping[str, Record]) -> Iterator[tuple[Change, ...]]:
        """Send what is due of these bookings; yields what changed after every commit.

        Raises StateError.
        """
        self.bookings = dict(bookings)
        self.waiting = sum(map(pending, bookings.values()))
        if self.breaker.probing:
            self.probed = self._probe = self._next_probe()
        for kodebooking in self.bookings:
            self._enqueue(kodebooking)
        with PacedWorkers(self.pacing, got_through) as workers:
            self._commit_and_dispatch(workers, [])
            while workers.in_flight or self._waits_for_pace(workers):
                completed = workers.wait(more=self._waits_for_pace(workers))
                if completed or workers.free:
                    yield tuple(self._commit_and_dispatch(workers, completed))

    @property
    def unfinished(self) -> bool:
        """Whether there was more to send than could be sent."""
        return bool(self._heap)

    # -- what goes next

    def _next_probe(self) -> str:
        """Return the booking that goes ahead, empty if nothing can be asked for.

        It is the one after the booking that was probed last: one bad booking must not hide that
        BPJS is back.
        """
        able = self._able(probing=False)
        if not able and OutageKind.BPJS in self.ledger.pass_state().outages:
            # Some wait for a look at a list, and looks for BPJS to be back: where nothing else is
            # due, one of them is the probe.
            able = self._able(probing=True)
        # One that is not answered while others are tells nothing of BPJS.
        able = [one for one in able if not self._is_unanswered(one)] or able
        later = (kodebooking for kodebooking in able if kodebooking > self.probed)
        return next(later, able[0] if able else "")

    def _is_unanswered(self, kodebooking: str) -> bool:
        return any(fault.own for fault in self.bookings[kodebooking].faults.values())

    def _able(self, *, probing: bool) -> list[str]:
        """Return the bookings that something can be asked for now, by their kode booking."""
        now = self.clock()
        return sorted(one for one in self.bookings if self._request(one, now, probing=probing))

    def _request(self, kodebooking: str, now: datetime, *, probing: bool = False) -> Request | None:
        """Return what can be asked for a booking now, or None.

        A probe waits for no list: its add goes out, and instead of its tasks it is looked up.
        """
        record, visit = self.bookings[kodebooking], self._visit(kodebooking)
        request = next_request(record, visit, self.policy, now, self.ledger.key)
        if request is None or request.lookup:
            return request
        if request.call == CallName.ADD:
            return request if probing or kodebooking not in self.adds_that_wait else None
        if awaits_owner(record, now):
            return lookup(kodebooking, request.push) if probing else None
        return request

    def _visit(self, kodebooking: str) -> Visit | None:
        """Return the visit that a booking is filled in from.

        None if somebody at the desk has made the booking another patient's since it was read.
        """
        owner = self.bookings[kodebooking].owner
        theirs = self.owners.get(kodebooking, owner) == owner
        return self.visits.get(kodebooking) if theirs else None

    def _next_request(self, kodebooking: str, now: datetime) -> Request | None:
        """Return what is asked for a booking now; as long as it is the probe, it waits for none."""
        return self._request(kodebooking, now, probing=kodebooking == self._probe)

    def _enqueue(self, kodebooking: str) -> None:
        booking = self.bookings[kodebooking]
        if self._next_request(kodebooking, self.clock()):
            behind_probe = not (self.breaker.probing and kodebooking == self._probe)
            place = (behind_probe, booking.tanggal)
            heapq.heappush(self._heap, (place, -pending(booking), kodebooking))

    def _may_begin(self, workers: PacedWorkers) -> int:
        """Return how many calls may begin now."""
        if self.stop.is_set() or self.deadline - time.monotonic() < LEAST_SECONDS_OF_A_PUSH:
            return 0
        allowed = self.breaker.side_by_side(self.pacing.most) - workers.in_flight
        return min(allowed, workers.free)

    def _waits_for_pace(self, workers: PacedWorkers) -> bool:
        """Return whether something could still begin in this pass that the pace keeps now."""
        if not self._heap or self.stop.is_set():
            return False
        latest = self.deadline - LEAST_SECONDS_OF_A_PUSH
        in_time = max(workers.next_start, time.monotonic()) < latest
        return in_time and self.breaker.side_by_side(self.pacing.most) > workers.in_flight

    # -- a commit, and the calls that it lets go

    def _commit_and_dispatch(
        self,
        workers: PacedWorkers,
        completed: Sequence[tuple[Request, Reply | Fault]],
    ) -> list[Change]:
        """Commit what came of these calls and the `sending` of the next ones; then let those go.

        Returns what changed by the calls that ended.
        """
        with self.ledger.transaction():
            self._look_for_others()
            found = [
                change
                for request, answer in completed
                for change in self._record_answer(request, answer)
            ]
            self._keep_what_was_learned()
            batch = self._begin(workers)
        for start, request in batch:
            workers.begin(start, request, self._exchange(request))
        return found

    def _look_for_others(self) -> None:
        """Believe no booking any more if somebody at the desk wrote to the ledger meanwhile."""
        others = self.ledger.writes_of_others()
        if others != self._others:
            self._others = others
            self._current.clear()

    def _read(self, kodebooking: str) -> bool:
        """Take in a booking as the ledger has it now; return whether the ledger still knows it."""
        if kodebooking not in self._current and (known := self.ledger.record(kodebooking)):
            self.bookings[kodebooking] = known
            self._current.add(kodebooking)
        return kodebooking in self._current

    def _begin(self, workers: PacedWorkers) -> list[tuple[Start, Request]]:
        """Write `sending` for as many bookings as may go out now; return their calls."""
        batch: list[tuple[Start, Request]] = []
        now = self.clock()
        while self._heap and self._may_begin(workers) > 0:
            kodebooking = heapq.heappop(self._heap)[2]
            # Somebody may have sent a command by hand meanwhile: after a cancel nothing more goes
            # out, nor under a kode booking that an add by hand has put another in the place of.
            if self._read(kodebooking) and (request := self._next_request(kodebooking, now)):
                batch.append((workers.promise(request.call), request))
        for _, request in batch:
            if not request.lookup:
                booking = self.bookings[request.kodebooking]
                self._save(booking, booking.with_pushes(begin_sending(request.push)), now)
        return batch

    def _exchange(self, request: Request) -> Callable[[], Reply | Fault]:
        """Return the exchange that a worker is to make."""
        visit = self._visit(request.kodebooking)
        hide = visit.patient_name if visit else ""
        # Never nothing: a commit that stalled for seconds must not look like a call without limit.
        seconds = max(self.deadline - time.monotonic(), 0.1)
        return lambda: self.client.call(request.call, request.body, within=seconds, hide=hide)

    def _save(self, before: Record, after: Record, now: datetime) -> None:
        self.ledger.save(before, after, now)
        self.bookings[after.kodebooking] = after
        self._current.add(after.kodebooking)

    # -- what came of it

    def _record_answer(self, request: Request, answer: Reply | Fault) -> list[Change]:
        """Write what came of a call, and put its booking back in line; return what changed."""
        kodebooking = request.kodebooking
        now = self.clock()
        # As somebody at the desk may have changed it while the call was on its way.
        self._read(kodebooking)
        before = self.bookings[kodebooking]
        after = self._after(before, request, answer, now)
        if not self.breaker.probing:
            self._probe = ""
        self.waiting += pending(after) - pending(before)
        self._save(before, after, now)
        if got_through(answer) is not None:  # a fault is repeated by the next pass
            self._enqueue(kodebooking)
        # For people, `sending` is no state that a push was in.
        return changes(before if request.lookup else before.with_pushes(request.push), after)

    def _after(
        self, record: Record, request: Request, answer: Reply | Fault, now: datetime
    ) -> Record:
        """Count a call and take in what it says of BPJS; return the booking as it is after it."""
        step, name = request.push.step, request.call
        if isinstance(answer, Fault):
            through = got_through(answer)
            self.calls[f"{name} {OutcomeKind.THROTTLED if through is False else FAULT}"] += 1
            if answer.answered:
                return after_unreadable_lookup(record)
            if through is False:
                return self._after_throttled(record, request, throttled(answer), now)
            return self._after_fault(record, step, answer, now)
        outcome = judge(name, step, answer)
        self.calls[f"{name} {outcome.kind}"] += 1
        if outcome.kind == OutcomeKind.THROTTLED:
            return self._after_throttled(record, request, outcome, now)
        if outcome.kind == OutcomeKind.AUTH_FAILED and answer.bare:
            return self._after_fault(record, step, turned_away(outcome), now, outcome)
        self.breaker.take_answer(record.kodebooking, outcome, now)
        self._too_soon.got_through()
        self._too_soon.forget(record.kodebooking)
        jitter = _jitter()
        if not request.lookup:
            if outcome.kind not in (OutcomeKind.AUTH_FAILED, OutcomeKind.RETRY):
                self.judged_at[name] = now
            visit = self._visit(record.kodebooking)
            if visit and step == Step.ADD and outcome.kind == OutcomeKind.REJECTED:
                origin = origin_of_refused(visit, request.body, outcome.text)
                outcome = replace(outcome, origin=origin)
            return after_answer(record, step, outcome, self.policy, now, jitter, request.mark)
        if outcome.kind == OutcomeKind.AUTH_FAILED:
            return record
        if outcome.kind == OutcomeKind.DONE:
            return after_lookup(record, answer.response, self.policy)
        return after_failed_lookup(record, step, outcome, self.policy, now, jitter)

    def _after_fault(
        self,
        record: Record,
        step: Step,
        fault: Fault,
        now: datetime,
        refusal: Outcome | None = None,
    ) -> Record:
        """Take in an exchange without an envelope, whosever fault it is; return the booking.

        `refusal` is what it means if it is everybody's: BPJS does not accept who we are.
        """
        # While an outage is on nobody can tell.
        answered_at = None if self.breaker.probing else self.breaker.answered_at
        known = bool(answered_at) and self._is_known(step, fault)
        after = after_fault(
            record, step, fault, now, _jitter(), answered_at=answered_at, known=known
        )
        if not (answered_at and after.faults[step].own):
            if refusal:
                self.breaker.take_turned_away(record.kodebooking, refusal)
            else:
                self.breaker.take_fault(record.kodebooking, fault)
        self.unanswered += [(after, Step(told)) for told in newly_told(record, after)]
        return after

    def _is_known(self, step: Step, fault: Fault) -> bool:
        """Return whether BPJS is known to answer no push of this kind, and has judged none yet."""
        return call_of(step) not in self.judged_at and is_known(self.of_calls, step, fault)

    def _after_throttled(
        self, record: Record, request: Request, outcome: Outcome, now: datetime
    ) -> Record:
        """Take in a call that came too soon; return the booking, the push back in its place.

        One that does so again and again while others get through must not stand in their way: it is
        put off like any other push.
        """
        self.breaker.take_throttled(outcome)
        self._too_soon.refused(record.kodebooking)
        if self._too_soon.is_odd(record.kodebooking) and self.breaker.judged:
            outcome = replace(outcome, kind=OutcomeKind.RETRY)
        after = after_failed_lookup if request.lookup else after_answer
        return after(record, request.push.step, outcome, self.policy, now, _jitter())

    def _keep_what_was_learned(self) -> None:
        """Write what these calls say of BPJS as a whole, together with what came of them."""
        learned = self.breaker.faults_in_row, self.breaker.faulted, self.breaker.ends_outages
        if learned == self._learned:
            return
        self._learned = faults_in_row, faulted, over = learned
        on = self.ledger.pass_state().outages
        self.ended |= {kind: on[kind] for kind in over if kind in on}
        left = {kind: one for kind, one in on.items() if kind not in over}
        self.ledger.update_pass_state(
            lambda state: state._replace(faults_in_row=faults_in_row, faulted=faulted, outages=left)
        )


def _jitter() -> float:
    return random.random()  # noqa: S311 - no secret
