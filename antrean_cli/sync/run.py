"""One pass, one direction: tidy, collect, deliver.

    Khanza ──read──▶ Visit ──▶ Pushes ──record──▶ ledger ──due──▶ BPJS ──reply──▶ ledger

- The pass yields what happened and keeps a report; it never prints.
- If Khanza is down, what is due in the ledger is still delivered (adds wait); on a wrong schema
  nothing is sent.
- The ledger must be locked by the caller (`statefile.locked`).
"""

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from threading import Event
from typing import TYPE_CHECKING, NamedTuple

from antrean_cli.config.settings import Settings
from antrean_cli.errors import (
    AntreanError,
    CredentialsError,
    RefusedPushError,
    SettingsError,
    TemporaryError,
    worst,
)
from antrean_cli.khanza.queries import Khanza
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.ledger.pass_state import PassState
from antrean_cli.rules import outages
from antrean_cli.rules.codes import State
from antrean_cli.rules.ordering import next_call
from antrean_cli.rules.push import Change, Record
from antrean_cli.rules.sessions import Sessions
from antrean_cli.rules.visits import Visit
from antrean_cli.sync.adopt import adopt
from antrean_cli.sync.collect import collect, prune, tidy
from antrean_cli.sync.hfis import Wanted, read_sessions, sessions_of
from antrean_cli.sync.list_reader import ListReader

if TYPE_CHECKING:
    from antrean_cli.bpjs.client import Client
    from antrean_cli.sync.deliver import Delivery

EARLIEST_YEAR = (
    2026  # an earlier clock has lost its battery; what it would note could not be trusted
)
COUNTED = (State.SENT, State.ALREADY, State.REFUSED, State.CLOSED)


class Found(NamedTuple):
    """What tidying up or looking at Khanza changed in the ledger."""

    changes: tuple[Change, ...]


class Sent(NamedTuple):
    """What the calls that finished together changed; so many pushes are still waiting."""

    changes: tuple[Change, ...]
    waiting: int


class Told(NamedTuple):
    """A sentence for people (Indonesian): an outage began, goes on, or is over."""

    text: str


Happening = Found | Sent | Told


@dataclass(kw_only=True, slots=True)
class Report:
    """A pass in numbers, and the errors that it ran into; `held` and `later` are what is left in
    the ledger.
    """

    visits: int = 0
    found: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))
    held: int = 0
    later: int = 0
    errors: list[AntreanError] = field(default_factory=list)

    def add(self, changes: Iterable[Change]) -> None:
        """Count the pushes that came to rest."""
        for change in changes:
            state = change.after.state if change.after else ""
            if state in self.counts and (change.before is None or change.before.state != state):
                self.counts[state] += 1

    @property
    def exit_code(self) -> int:
        """The exit code of the pass."""
        refused = [RefusedPushError.exit_code] if self.counts[State.REFUSED] else []
        return worst([*refused, *(error.exit_code for error in self.errors)])


@dataclass(kw_only=True, slots=True)
class Pass:
    """One pass over an open, locked ledger; setting `stop` ends it in order."""

    settings: Settings
    ledger: Ledger
    clock: Callable[[], datetime]
    stop: Event = field(default_factory=Event)
    report: Report = field(default_factory=Report)
    delivering: bool = False  # from then on a signal waits for the calls in flight
    _started: float = field(default_factory=time.monotonic)
    _visits: Mapping[str, Visit] = field(default_factory=dict)
    _adds_that_wait: frozenset[str] = frozenset()
    _looks_until: float | None = None  # for all of them together
    _connected: "Client | None" = None
    _calls: Counter[str] = field(default_factory=Counter)

    @property
    def errors(self) -> list[AntreanError]:
        """What it ran into so far; the first signal adds its own."""
        return self.report.errors

    def run(self, *, since: date | None = None) -> Iterator[Happening]:
        """Run the pass and yield what happens; `report` tells how it went.

        Raises StateError; every other trouble is told and kept in the report.
        """
        now = self.clock()
        if now.year < EARLIEST_YEAR:
            self.report.errors.append(TemporaryError("jam komputer ini salah"))
            yield from self._failed(outages.CLOCK, f"{now:%d-%m-%Y %H:%M}")
            return
        yield from self._recovered(outages.CLOCK)
        tidied = tidy(self.ledger, self.clock())
        self.report.add(tidied)
        yield Found(changes=tidied)
        yield from self._collect(since)
        yield from self._adopt()
        records: Mapping[str, Record] = self.ledger.unfinished()
        now = self.clock()
        if any(next_call(record, now) for record in records.values()) and not self._has(
            SettingsError
        ):
            records = yield from self._deliver(records)
        self._conclude(records)
        self._remember()
        if not self.stop.is_set():
            prune(self.ledger, self.settings.keep_days, self.clock())

    def _collect(self, since: date | None) -> Iterator[Happening]:
        """Look at Khanza; an error of Khanza's is kept for the report."""
        try:
            # Half of the pass: the other half is for what is due, however slow Khanza is.
            with Khanza(self.settings.khanza, seconds=self.settings.max_seconds / 2) as khanza:
                collected = collect(
                    khanza,
                    self.ledger,
                    self.settings.policy,
                    self.clock(),
                    since=since,
                    sessions=self._sessions(),
                )
        except (TemporaryError, SettingsError) as error:
            self.report.errors.append(error)
            yield from self._failed(outages.KHANZA, str(error))
            return
        yield from self._recovered(outages.KHANZA)
        self._visits = collected.visits
        self.report.visits = len(collected.visits)
        self.report.found = sum(change.before is None for change in collected.changes)
        self.report.add(collected.changes)
        yield Found(changes=collected.changes)

    def _sessions(self) -> Callable[[Wanted], Sessions] | None:
        """Return how HFIS's sessions are come by, None where the hospital goes by Khanza's jadwal
        alone.
        """
        if not self.settings.hfis:
            return None
        return lambda wanted: read_sessions(self._reader(), self.ledger, wanted, self.clock())

    def _adopt(self) -> Iterator[Happening]:
        """Look whether BPJS has under another code what is about to be added."""
        if not self.settings.policy.adopt:
            return
        found = adopt(self._reader(), self.ledger, self.settings.policy, self._visits, self.clock())
        self._visits, self._adds_that_wait = found.visits, found.waiting
        self.report.add(found.changes)
        yield Found(changes=found.changes)
        if found.refused:
            self.report.errors.append(CredentialsError(outages.refused_credentials(found.refused)))
            yield from self._failed(outages.CREDENTIALS, found.refused)
        elif found.unread:
            refused = self._outage(outages.CREDENTIALS)
            error = (
                CredentialsError(outages.described(refused))
                if refused
                else TemporaryError(found.unread)
            )
            self.report.errors.append(error)

    def _reader(self) -> ListReader | None:
        """Return who asks for BPJS's lists: in half of the time that is left.

        None while only a probe may be sent.
        """
        if self._outage(outages.BPJS):
            return None
        if self._looks_until is None:
            now = time.monotonic()
            self._looks_until = now + (self._started + self.settings.max_seconds - now) / 2
        return ListReader(client=self._client, until=self._looks_until)

    def _client(self) -> "Client":
        """Return the one client of this pass."""
        from antrean_cli.bpjs.client import (
            Client,  # a pass with nothing to send must not pay for requests
        )

        if self._connected is None:
            self._connected = Client(self.settings.bpjs, connections=self.settings.workers)
        return self._connected

    def _deliver(
        self, records: Mapping[str, Record]
    ) -> Generator[Happening, None, Mapping[str, Record]]:
        """Send what is due, unless an outage says to wait; returns the bookings as they are
        afterwards.
        """
        state, now = self.ledger.pass_state(), self.clock()
        outage = state.outages.get(outages.BPJS)
        refused = state.outages.get(outages.CREDENTIALS)
        if outage and not outage.may_probe(now):
            when = outage.next_probe.astimezone(self.settings.policy.zone)
            self.report.errors.append(
                TemporaryError(f"BPJS belum pulih; dicoba lagi pukul {when:%H:%M:%S}")
            )
            yield from self._keep(outages.BPJS, *outages.reminded(outage, "", now))
            return records
        # a pass with nothing to send must not pay for threads
        from antrean_cli.sync.deliver import (
            Delivery,
            Impression,
        )

        delivery = Delivery(
            client=self._client(),
            ledger=self.ledger,
            policy=self.settings.policy,
            visits=self._visits,
            adds_that_wait=self._adds_that_wait,
            workers=self.settings.workers,
            deadline=self._started + self.settings.max_seconds,
            clock=self.clock,
            stop=self.stop,
            probed=next((one.probed for one in (outage, refused) if one), ""),
            impression=Impression(
                faults_in_row=state.faults_in_row,
                probing=bool(outage or refused),
            ),
        )
        self._calls = delivery.calls
        self.delivering = True
        for changes in delivery.run(records):
            self.report.add(changes)
            yield Sent(changes=changes, waiting=delivery.waiting)
        yield from self._judge(delivery)
        return delivery.records

    def _judge(self, delivery: "Delivery") -> Iterator[Happening]:
        """Keep what this delivery learned about BPJS as a whole."""
        said = delivery.impression
        if said.refusal:
            self.report.errors.append(
                CredentialsError(outages.refused_credentials(said.refusal.text))
            )
            # One that some call of this pass had ended goes on: it is not told as a new one every
            # minute.
            known = delivery.ended.pop(outages.CREDENTIALS, None)
            yield from self._failed(outages.CREDENTIALS, said.refusal.text, said.refused, known)
        for outage in delivery.ended.values():
            if text := outages.recovered(outage, self.clock()):
                yield Told(text=text)
        if said.put_off and not said.accepted:
            self.report.errors.append(
                TemporaryError(f"BPJS meminta dicoba lagi: {said.put_off.text}")
            )
            yield from self._failed(outages.BUSY, f"{said.put_off.text} (kode {said.put_off.code})")
        if said.fault:
            self.report.errors.append(TemporaryError(said.fault.text))
        elif delivery.unfinished and not said.refusal and not self.stop.is_set():
            self.report.errors.append(TemporaryError("waktu habis, sisanya menyusul"))
        on = self._outage(outages.BPJS) is not None
        if said.fault and (on or said.faults_in_row >= outages.FAULTS_THAT_BEGIN_ONE):
            yield from self._failed(outages.BPJS, said.fault.text, delivery.probed)

    def _conclude(self, records: Mapping[str, Record]) -> None:
        if self._outage(outages.BPJS) and not self._has(TemporaryError):
            self.report.errors.append(TemporaryError("BPJS belum pulih"))
        states = [push.state for record in records.values() for push in record.pushes.values()]
        self.report.held, self.report.later = states.count(State.HELD), states.count(State.DUE)

    def _remember(self) -> None:
        """Keep when this pass ended and how: `antrean status` and the watchers ask for it."""
        now, code = self.clock(), self.report.exit_code
        good = code in (0, RefusedPushError.exit_code)
        with self.ledger.transaction():
            self.ledger.update_pass_state(
                lambda state: replace(
                    state,
                    passed_at=now,
                    exit_code=code,
                    succeeded_at=now if good else state.succeeded_at,
                    calls=Counter(state.calls) + self._calls,
                )
            )

    def _outage(self, kind: str) -> outages.Outage | None:
        """Return the outage of a kind that is on, or None."""
        return self.ledger.pass_state().outages.get(kind)

    def _has(self, kind: type[AntreanError]) -> bool:
        return any(isinstance(error, kind) for error in self.report.errors)

    def _failed(
        self, kind: str, why: str, probed: str = "", known: outages.Outage | None = None
    ) -> Iterator[Happening]:
        known = known or self._outage(kind)
        yield from self._keep(kind, *outages.failed(known, kind, why, self.clock(), probed))

    def _recovered(self, kind: str) -> Iterator[Happening]:
        if outage := self._outage(kind):
            yield from self._keep(kind, None, outages.recovered(outage, self.clock()))

    def _keep(self, kind: str, outage: outages.Outage | None, text: str) -> Iterator[Happening]:
        def kept(state: PassState) -> PassState:
            others = {name: one for name, one in state.outages.items() if name != kind}
            return replace(state, outages={**others, kind: outage} if outage else others)

        with self.ledger.transaction():
            self.ledger.update_pass_state(kept)
        if text:
            yield Told(text=text)


def preview(settings: Settings, ledger: Ledger, now: datetime, since: date | None) -> list[Record]:
    """Return the bookings with what a pass would send for them; `ledger` is a copy (see
    Ledger.copy).

    Raises what Khanza and the ledger raise. BPJS hears nothing.
    """
    tidy(ledger, now)
    with Khanza(settings.khanza) as khanza:
        known = sessions_of(settings, ledger)
        sessions = None if known is None else lambda _: known
        collect(khanza, ledger, settings.policy, now, since=since, sessions=sessions)
    return sorted(
        ledger.unfinished().values(), key=lambda record: (record.tanggal, record.kodebooking)
    )
