"""Ledger → BPJS: send what is due, in order within a booking, several bookings at a time.

- One thread decides and writes the ledger; the workers only exchange requests. So what several of them finish
  together is committed together, and no lock is needed.
- `sending` is committed before a POST, the outcome before the booking's next one: what died in flight can be found.
- Oldest day first, then the longest chain first.
- Three faults in a row, by order of completion, end the pass; in an outage one request goes ahead as a probe.
- No call starts with less than three seconds left, or after a signal; calls in flight are always recorded.
"""

import heapq
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from queue import SimpleQueue
from threading import Event
from typing import Any, NamedTuple

from antrean_cli.bpjs import Client
from antrean_cli.ledger import Ledger
from antrean_cli.rules import outages
from antrean_cli.rules.chain import (
    ADD,
    BATAL,
    FARMASI,
    SENDING,
    UNLISTED,
    Call,
    Change,
    Push,
    Record,
    changes,
    next_call,
    pending,
)
from antrean_cli.rules.events import Look
from antrean_cli.rules.outcomes import (
    AGAIN,
    LISTTASK,
    STOP,
    Fault,
    Outcome,
    Reply,
    after_failed_lookup,
    after_fault,
    after_lookup,
    after_unreadable_lookup,
    apply,
    call_of,
    judge,
)
from antrean_cli.rules.payloads import (
    add_body,
    batal_body,
    farmasi_body,
    jenisresep_of,
    listtask_body,
    missing,
    nomorantrean_of,
    update_body,
)
from antrean_cli.rules.rows import Resep
from antrean_cli.rules.visits import Policy, Visit

KETERANGAN_BATAL = "Dibatalkan pasien"  # where Khanza has no reason, or cannot be asked for it
LEAST_SECONDS = 3.0  # "no call starts with less than 3 seconds left"
FAULT = "fault"  # counted beside the kinds of outcomes


class Exchange(NamedTuple):
    """One call that ended: what was asked for which booking, and what came back (in the future)."""

    kodebooking: str
    call: Call
    future: "Future[Reply | Fault]"


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What the calls that finished together changed; `waiting` pushes are still to be sent."""

    changes: tuple[Change, ...]
    waiting: int


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
    faults_in_row: int = 0
    ended: dict[str, outages.Outage] = field(default_factory=dict)  # that are over, by their kind
    probing: bool = False
    probed: str = ""
    records: dict[str, Record] = field(default_factory=dict)
    fault: Fault | None = None
    refusal: Outcome | None = None  # BPJS does not accept who we are
    answered: bool = False
    accepted: bool = False  # BPJS judged a request, for or against
    put_off: Outcome | None = None  # BPJS wants a request repeated later
    refused: str = ""  # the booking that `refusal` was said of
    broken: bool = False  # BPJS has to be left alone for a while
    waiting: int = 0  # pushes that are still to be sent, now or later
    calls: Counter[str] = field(default_factory=Counter)  # that ended, by "call outcome"
    _heap: list[tuple[Any, int, str]] = field(default_factory=list)
    _flying: int = 0
    _noted: object = None  # what `_note` wrote last
    _done: "SimpleQueue[Exchange]" = field(default_factory=SimpleQueue)

    def run(self, records: Mapping[str, Record]) -> Iterator[Step]:
        """Send what is due of these bookings; yields after every commit. Raises what the ledger raises."""
        self.records = dict(records)
        self.waiting = sum(map(pending, records.values()))
        if self.probing:
            self.probed = self._next_probe()
        for kodebooking in self.records:
            self._enqueue(kodebooking)
        with ThreadPoolExecutor(max_workers=self.workers, thread_name_prefix="bpjs") as pool:
            self._turn(pool, [])
            while self._flying:
                exchanges = [self._done.get()]
                while not self._done.empty():
                    exchanges.append(self._done.get())
                found = self._turn(pool, exchanges)
                yield Step(changes=tuple(found), waiting=self.waiting)

    @property
    def unfinished(self) -> bool:
        """Whether there was more to send than could be sent."""
        return bool(self._heap)

    # -- what goes next

    def _next_probe(self) -> str:
        """Return the booking after the one that was probed last: one bad booking must not hide that BPJS is back."""
        now = self.clock()
        able = sorted(kodebooking for kodebooking, record in self.records.items() if self._call(record, now))
        return next((kodebooking for kodebooking in able if kodebooking > self.probed), able[0] if able else "")

    def _call(self, record: Record, now: datetime) -> Call | None:
        """Return what can be asked for a booking now; what Khanza has to fill in waits while it does not."""
        call = next_call(record, now)
        if call is None or call.push.step not in UNLISTED:
            return call
        visit = self.visits.get(record.kodebooking)
        if call.push.step == FARMASI:
            return call if visit and nomorantrean_of(self._resep(visit)) is not None else None
        waits = record.kodebooking in self.adds_that_wait
        return call if visit and missing(visit) is None and not waits else None

    def _resep(self, visit: Visit) -> Resep | None:
        return Look(visit=visit, policy=self.policy, seen=None, now=self.clock()).resep()

    def _enqueue(self, kodebooking: str) -> None:
        record = self.records[kodebooking]
        if self._call(record, self.clock()):
            first = self.probing and kodebooking == self.probed
            heapq.heappush(self._heap, ((not first, record.tanggal), -pending(record), kodebooking))

    def _free(self) -> int:
        """Return how many calls may start now."""
        if self.stop.is_set() or self.refusal or self.broken or self.deadline - time.monotonic() < LEAST_SECONDS:
            return 0
        return (1 if self.probing else self.workers) - self._flying

    def _turn(self, pool: ThreadPoolExecutor, exchanges: list[Exchange]) -> list[Change]:
        """Commit what came of these calls together with the `sending` of the next ones, then let those go."""
        with self.ledger.transaction():
            found = self._settle(exchanges)
            self._note()
            batch = self._begin()
        for kodebooking, call in batch:
            self._flying += 1
            name, body = self._request(kodebooking, call)
            # Never nothing: a commit that stalled for seconds must not look like a call without limit.
            seconds = max(self.deadline - time.monotonic(), 0.1)
            future = pool.submit(self.client.call, name, body, within=seconds, hide=self._name(kodebooking))
            future.add_done_callback(self._landing(kodebooking, call))
        return found

    def _begin(self) -> list[tuple[str, Call]]:
        """Write `sending` for as many bookings as there are free workers."""
        batch: list[tuple[str, Call]] = []
        now = self.clock()
        while self._heap and len(batch) < self._free():
            kodebooking = heapq.heappop(self._heap)[2]
            # Somebody may have sent a command by hand meanwhile: after a cancel nothing more goes out.
            self.records[kodebooking] = self.ledger.record(kodebooking) or self.records[kodebooking]
            if call := self._call(self.records[kodebooking], now):
                batch.append((kodebooking, call))
        for kodebooking, call in batch:
            if not call.lookup:
                self._save(kodebooking, replace(call.push, state=SENDING), now)
        return batch

    def _landing(self, kodebooking: str, call: Call) -> Callable[["Future[Reply | Fault]"], None]:
        return lambda future: self._done.put(Exchange(kodebooking, call, future))

    def _save(self, kodebooking: str, push: Push, now: datetime) -> None:
        before = self.records[kodebooking]
        self.records[kodebooking] = after = before.having(push)
        self.ledger.save(after, changes(before, after), now)

    def _name(self, kodebooking: str) -> str:
        """Return the name that BPJS's answer must not carry into the ledger; empty where Khanza was not read."""
        visit = self.visits.get(kodebooking)
        return (visit and visit.registration and visit.registration.nama) or ""

    def _request(self, kodebooking: str, call: Call) -> tuple[str, dict[str, Any]]:
        push = call.push
        if call.lookup:
            return LISTTASK, listtask_body(kodebooking)
        if push.step == ADD:
            return ADD, add_body(self.visits[kodebooking], self.policy)
        if push.step == BATAL:
            visit = self.visits.get(kodebooking)
            keterangan = visit and visit.cancel and visit.cancel.keterangan
            return BATAL, batal_body(kodebooking, keterangan or KETERANGAN_BATAL)
        if push.step == FARMASI:
            resep = self._resep(self.visits[kodebooking])
            return FARMASI, farmasi_body(kodebooking, jenisresep_of(resep), nomorantrean_of(resep) or 0)
        if push.waktu is None:
            raise ValueError(f"task {push.step} of {kodebooking} is due without a time")
        return call_of(push.step), update_body(kodebooking, push.step, push.waktu, self._jenisresep(kodebooking, push))

    def _jenisresep(self, kodebooking: str, push: Push) -> str | None:
        """Return what goes with task 5 of "a hospital that runs antrean farmasi; otherwise leave it out"."""
        visit = self.visits.get(kodebooking)
        return jenisresep_of(self._resep(visit)) if self.policy.farmasi and visit and push.step == "5" else None

    # -- what came of it

    def _settle(self, exchanges: list[Exchange]) -> list[Change]:
        """Write what came of these calls, and put their bookings back in line."""
        now, found = self.clock(), list[Change]()
        for exchange in exchanges:
            # As somebody at the desk may have changed it while the call was on its way.
            before = self.ledger.record(exchange.kodebooking) or self.records[exchange.kodebooking]
            self._flying -= 1
            after = self._after(before, exchange, now)
            self.records[exchange.kodebooking] = after
            self.waiting += pending(after) - pending(before)
            self.ledger.save(after, changes(before, after), now)
            # For people, `sending` is no state that a push was in.
            found += changes(before if exchange.call.lookup else before.having(exchange.call.push), after)
            answer = exchange.future.result()
            if not isinstance(answer, Fault) or answer.answered:  # a fault is repeated by the next pass
                self._enqueue(exchange.kodebooking)
        return found

    def _note(self) -> None:
        """Write what these calls say of BPJS as a whole, together with what came of them."""
        said = (self.faults_in_row, self.answered, self.accepted)
        if said == self._noted:
            return
        self._noted = said
        self.ledger.remember(faults_in_row=self.faults_in_row)
        over = {outages.BPJS: self.answered, outages.CREDENTIALS: self.accepted, outages.BUSY: self.accepted}
        for kind in (kind for kind, good in over.items() if good):
            if outage := self.ledger.outage(kind):
                self.ledger.keep_outage(kind, None)
                self.ended[kind] = outage

    def _after(self, record: Record, exchange: Exchange, now: datetime) -> Record:
        """Return the booking after one call, and keep count of faults and refusals."""
        step, answer = exchange.call.push.step, exchange.future.result()
        name = LISTTASK if exchange.call.lookup else call_of(step)
        if isinstance(answer, Fault):
            self.calls[f"{name} {FAULT}"] += 1
            return self._after_fault(record, step, answer, now)
        self.faults_in_row, self.answered, self.probing = 0, True, False
        outcome = judge(name, step, answer)
        self.calls[f"{name} {outcome.kind}"] += 1
        if outcome.kind == STOP:
            self.refusal, self.refused = outcome, exchange.kodebooking
        elif outcome.kind == AGAIN:
            self.put_off = outcome
        else:
            self.accepted = True
        if not exchange.call.lookup:
            return apply(record, step, outcome, self.policy, now, random.random())  # noqa: S311 - only jitter
        if outcome.kind == STOP:
            return record
        if answer.code in ("200", "204"):
            return after_lookup(record, answer.response, self.policy)
        return after_failed_lookup(record, step, outcome, now, random.random())  # noqa: S311

    def _after_fault(self, record: Record, step: str, fault: Fault, now: datetime) -> Record:
        if fault.answered:
            return after_unreadable_lookup(record)
        self.fault = fault
        self.faults_in_row += 1
        self.broken |= self.probing or self.faults_in_row >= outages.FAULTS_THAT_BEGIN_ONE
        return after_fault(record, step, fault, now)
