"""One pass, one direction (rules/README.md, What a pass decides):

    recover → read Khanza → enrich → plan → ask for BPJS's lists → record
    → settle owners → deliver → settle owners → deliver what was settled → tell → conclude

- Each step is a line of `Pass.run`, those from read to record of `Pass._look`. What one does stands
  in a file of this room, or in the rules.
- The plans are recorded as they came, unless somebody at the desk wrote to the ledger since it was
  read: then they are made anew. What BPJS has under another code is planned under that one then.
- What BPJS called known (208) waits for its list of the day (owners.py): before anything is sent,
  and once more after it, so that what a 208 of this pass held goes out in it.
- What it learns of BPJS and Khanza as a whole, outages, is kept and told by judgement.py.
- BPJS is not called while Khanza is read. If Khanza is down, what is due in the ledger is still
  delivered (adds wait); on a wrong schema nothing is sent.
- The pass yields what happened and keeps a report; it never prints.
- The ledger must be locked by the caller (ledger/file.py, `locked`).
"""

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
)
from antrean_cli.khanza.queries import Khanza
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.ledger.pass_state import PassState
from antrean_cli.rules import outages
from antrean_cli.rules.causes import Cause, Trouble, trouble
from antrean_cli.rules.codes import State
from antrean_cli.rules.outages import Announcement, OutageKind
from antrean_cli.rules.patients import Owner
from antrean_cli.rules.push import MAX_AGE, Change, Record
from antrean_cli.rules.service_days import service_day
from antrean_cli.rules.visits import Visit
from antrean_cli.sync.enrich import enriched
from antrean_cli.sync.housekeeping import forget_waits, prune, recover, shorten_waits
from antrean_cli.sync.judgement import Judgement
from antrean_cli.sync.pass_report import Delivered, Noted, PassEvent, PassReport
from antrean_cli.sync.read import Reading, read, sessions_of
from antrean_cli.sync.record import Recorded, record

if TYPE_CHECKING:
    from antrean_cli.bpjs.client import Client
    from antrean_cli.rules.booking_plans import Plan
    from antrean_cli.rules.pacing import Pacing
    from antrean_cli.sync.day_lists import DayLists
    from antrean_cli.sync.deliver import Delivery
    from antrean_cli.sync.list_reader import ListReader

# An earlier clock has lost its battery; what it would note could not be trusted.
EARLIEST_YEAR = 2026


class ForDelivery(NamedTuple):
    """What a delivery has to know of Khanza's visits, by kode booking.

    - `visits` are those that an add is filled in from, `owners` is whose they are.
    - `adds_that_wait` are those whose add waits for a look at BPJS's lists (day_lists.py).
    """

    visits: Mapping[str, Visit]
    owners: Mapping[str, Owner]
    adds_that_wait: frozenset[str]


WITHOUT_KHANZA = ForDelivery({}, {}, frozenset())


@dataclass(kw_only=True, slots=True)
class Pass:
    """One pass over an open, locked ledger; setting `stop` ends it in order.

    `at_once`: a person waits for it. It tries although an outage, or what BPJS put off, says to
    wait (rules/README.md, Trouble).
    """

    settings: Settings
    ledger: Ledger
    clock: Callable[[], datetime]
    at_once: bool = False
    stop: Event = field(default_factory=Event)
    report: PassReport = field(default_factory=PassReport)
    delivering: bool = False  # from then on a signal waits for the calls in flight
    _started: float = field(default_factory=time.monotonic)
    _lists_until: float | None = None  # for all looks at lists together
    _connected: "Client | None" = None
    _calls: Counter[str] = field(default_factory=Counter)
    _judgement: Judgement = field(init=False)

    def __post_init__(self) -> None:
        self._judgement = Judgement(
            ledger=self.ledger,
            clock=self.clock,
            stop=self.stop,
            errors=self.errors,
            list_reader=lambda: self._list_reader(anew=True),
        )

    @property
    def errors(self) -> list[AntreanError]:
        """What it ran into so far; the first signal adds its own."""
        return self.report.errors

    def run(self, *, since: date | None = None) -> Iterator[PassEvent]:
        """Run the pass and yield what happens; `report` tells how it went.

        Raises StateError, and SettingsError where BPJS_CA_BUNDLE cannot be used; every other
        trouble is told and kept in the report.
        """
        if not (yield from self._trust_clock()):
            return
        yield from self._recover()
        ready, day_lists = yield from self._look(since)
        bookings: Mapping[str, Record] = self.ledger.unfinished()
        if (yield from self._settle_owners(bookings, day_lists)):
            bookings = self.ledger.unfinished()
        bookings = yield from self._deliver(ready, bookings)
        # What BPJS called known just now goes on in this pass, where its list may be asked for.
        if settled := (yield from self._settle_owners(bookings, None)):
            unfinished = self.ledger.unfinished()
            later = {name: one for name, one in unfinished.items() if name in settled}
            bookings = {**bookings, **(yield from self._deliver(ready, later))}
        yield from self._judgement.tell_of_unanswered(bookings)
        yield from self._tell_of_lapses(bookings)
        self._conclude(bookings)
        if not self.stop.is_set():
            prune(self.ledger, self.settings.keep_days, self.clock())

    # -- the steps

    def _trust_clock(self) -> Generator[PassEvent, None, bool]:
        """Return whether the computer's clock can be right."""
        now = self.clock()
        if now.year < EARLIEST_YEAR:
            why = trouble(Cause.NO_CLOCK, said=f"{now:%d-%m-%Y %H:%M}")
            self.errors.append(TemporaryError(why=why))
            yield from self._judgement.failed(OutageKind.CLOCK, why)
            return False
        yield from self._judgement.recovered(OutageKind.CLOCK)
        return True

    def _recover(self) -> Iterator[PassEvent]:
        """Settle what the last pass left."""
        yield self._noted(recover(self.ledger, self.clock()))
        if self.at_once:
            forget_waits(self.ledger, self.clock())

    def _look(
        self, since: date | None
    ) -> "Generator[PassEvent, None, tuple[ForDelivery, DayLists | None]]":
        """Read Khanza and write what it came to; return what a delivery has to know of that.

        And BPJS's lists, None where none was asked for. Of what was read nothing else is kept.
        """
        reading = yield from self._read(since)
        if reading is None:
            return WITHOUT_KHANZA, None
        reading = self._enrich(reading)
        plans = plans_from(reading)
        day_lists = self._ask_for_lists(plans)
        return (yield from self._record(reading, plans, day_lists)), day_lists

    def _read(self, since: date | None) -> Generator[PassEvent, None, Reading | None]:
        """Return what Khanza holds; None if that failed, which is told and kept for the report."""
        try:
            # Half of the pass: the other half is for what is due, however slow Khanza is.
            with Khanza(self.settings.khanza, seconds=self.settings.max_seconds / 2) as khanza:
                reading = read(
                    khanza,
                    self.ledger,
                    self.settings.policy,
                    self.clock(),
                    since=since,
                    sessions=sessions_of(self.settings, self.ledger),
                )
        except (TemporaryError, SettingsError) as error:
            self.errors.append(error)
            if error.why:
                yield from self._judgement.failed(OutageKind.KHANZA, error.why)
            return None
        yield from self._judgement.recovered(OutageKind.KHANZA)
        return reading

    def _enrich(self, reading: Reading) -> Reading:
        """Return what was read, completed: HFIS's sessions if it goes by them, surat kontrol."""
        sessions = reading.sessions
        if self.settings.hfis:
            # A hospital that goes by Khanza's jadwal must not pay for it.
            from antrean_cli.sync.hfis import read_sessions, wanted_sessions

            wanted = wanted_sessions(reading.agenda, self.settings.policy)
            sessions = read_sessions(self._list_reader(), self.ledger, wanted, self.clock())
        return enriched(reading, self.ledger, sessions)

    def _ask_for_lists(self, plans: "Sequence[Plan]") -> "DayLists | None":
        """Ask for BPJS's lists of the days of what is about to be added (ANTREAN_ADOPT).

        Returns None where the hospital adopts nothing.
        """
        if not self.settings.policy.adopt:
            return None
        # A pass that adopts nothing must not pay for it.
        from antrean_cli.rules.adoption import awaits_list
        from antrean_cli.sync.day_lists import ask_for_lists

        known = self.ledger.pass_state().antrean_lists
        records = [plan.after for plan in plans if plan.visit and awaits_list(plan.after)]
        return ask_for_lists(self._list_reader(), known, records, self.clock())

    def _record(
        self, reading: Reading, plans: "Sequence[Plan]", day_lists: "DayLists | None"
    ) -> Generator[PassEvent, None, ForDelivery]:
        """Write what Khanza said, and return what it says of the visits that may be sent."""
        recorded = record(self.ledger, reading, plans, day_lists)
        self.report.found = sum(change.before is None for change in recorded.changes)
        self.report.add(recorded.changes, answered=False)
        yield Noted(recorded.changes, recorded.broken, recorded.left_alive)
        served = [plan for plan in recorded.plans if plan.visit]
        self.report.visits = len(served)
        waiting = (
            day_lists.waiting([plan.after for plan in served], self.clock()) if day_lists else []
        )
        if day_lists:
            yield from self._judgement.tell_of_lists(day_lists, overdue=day_lists.overdue(waiting))
        return ForDelivery(
            visits={plan.after.kodebooking: plan.visit for plan in served if plan.visit},
            owners={plan.after.kodebooking: plan.after.owner for plan in served},
            adds_that_wait=frozenset(one.kodebooking for one in waiting),
        )

    def _settle_owners(
        self, bookings: Mapping[str, Record], day_lists: "DayLists | None"
    ) -> Generator[PassEvent, None, frozenset[str]]:
        """Find out whose the bookings are that BPJS called known (208); return those settled.

        `day_lists` are the lists that this pass has read already.
        """
        if not bookings:
            return frozenset()
        from antrean_cli.rules.owner_at_bpjs import awaits_owner  # see `plans_from`

        now = self.clock()
        awaiting = [one for one in bookings.values() if awaits_owner(one, now)]
        if not awaiting or self.stop.is_set() or self._has(SettingsError, CredentialsError):
            return frozenset()
        if (reader := self._list_reader(anew=True)) is None:
            return frozenset()
        from antrean_cli.sync.owners import settle_owners

        seen = day_lists.rows if day_lists else {}
        settled = settle_owners(reader, self.ledger, awaiting, seen, now)
        yield self._noted(settled.changes)
        yield from self._judgement.tell_of_lists(settled.day_lists, overdue=settled.overdue)
        return settled.kodebooking

    def _deliver(
        self, ready: ForDelivery, bookings: Mapping[str, Record]
    ) -> Generator[PassEvent, None, Mapping[str, Record]]:
        """Send what is due of the bookings, unless an outage says to wait.

        Returns them as they are afterwards. Khanza may be down, and what somebody at the desk made
        due meanwhile goes out as well.
        """
        if not bookings:
            return bookings
        from antrean_cli.rules.ordering import next_call  # see `plans_from`

        now = self.clock()
        due = any(next_call(booking, now) for booking in bookings.values())
        if not due or self._has(SettingsError):
            return bookings
        state = self.ledger.pass_state()
        outage = state.outages.get(OutageKind.BPJS)
        if outage and not (self.at_once or outage.may_probe(now)):
            when = outage.next_probe.astimezone(self.settings.policy.zone)
            self.errors.append(
                TemporaryError(
                    f"BPJS belum pulih; dicoba lagi pukul {when:%H:%M:%S}", why=outage.why
                )
            )
            yield from self._judgement.keep(OutageKind.BPJS, *outages.reminded(outage, now))
            return bookings
        delivery = self._delivery(state, ready)
        self.delivering = True
        for changes in delivery.run(bookings):
            self.report.add(changes, answered=True)
            yield Delivered(changes=changes, waiting=delivery.waiting)
        if delivery.breaker.judged:
            shorten_waits(self.ledger, delivery.bookings.values(), self.clock())
        yield from self._judgement.judge(delivery)
        return delivery.bookings

    def _tell_of_lapses(self, bookings: Mapping[str, Record]) -> Iterator[PassEvent]:
        """Tell, once a day, what soon lapses at H+7 or has, and only people can mend."""
        now = self.clock()
        today, state = service_day(now), self.ledger.pass_state()
        first_today = state.lapsed_told_on != today
        # What is only held later in the day is told then.
        told = state.lapsing_told_on == today
        if self.stop.is_set() or not (first_today or (bookings and not told)):
            return
        # A pass that has nothing left open must not pay for it.
        from antrean_cli.rules.lapses import SOON, Lapses, days_over, lapsed, lapsing

        found = Lapses(today)
        if first_today:
            over = (self.ledger.of_days(day, day) for day in days_over(state.lapsed_told_on, today))
            # Refused alone does not make a booking an unfinished one.
            soon = self.ledger.of_days(today - MAX_AGE, today - MAX_AGE + SOON)
            found = found._replace(over=lapsed(one for day in over for one in day.values()))
            bookings = {**soon, **bookings}
        if not told:
            found = found._replace(soon=lapsing(bookings.values(), today))
        with self.ledger.transaction():
            self.ledger.update_pass_state(
                lambda state: state._replace(
                    lapsed_told_on=today,
                    lapsing_told_on=today if found.soon else state.lapsing_told_on,
                )
            )
        if found.soon or found.over:
            yield Noted((), lapses=found)

    def _conclude(self, bookings: Mapping[str, Record]) -> None:
        """Keep when this pass ended and how: `antrean status` and the watchers ask for it."""
        if (outage := self._judgement.outage(OutageKind.BPJS)) and not self._has(TemporaryError):
            self.errors.append(TemporaryError("BPJS belum pulih", why=outage.why))
        states = [push.state for one in bookings.values() for push in one.pushes.values()]
        self.report.held, self.report.later = states.count(State.HELD), states.count(State.DUE)
        now, code = self.clock(), self.report.exit_code
        good = code in (0, RefusedPushError.exit_code)
        pacing, answered_at = self.report.pacing, self._judgement.answered_at
        pace = pacing.left(time.monotonic(), now) if pacing else None
        with self.ledger.transaction():
            self.ledger.update_pass_state(
                lambda state: state._replace(
                    passed_at=now,
                    exit_code=code,
                    succeeded_at=now if good else state.succeeded_at,
                    calls=Counter(state.calls) + self._calls,
                    pace=pace or state.pace,
                    answered_at=answered_at or state.answered_at,
                    judged_at={**state.judged_at, **self._judgement.judged_at},
                )
            )

    # -- who talks to BPJS

    def _list_reader(self, *, anew: bool = False) -> "ListReader | None":
        """Return who asks for BPJS's lists: in half of the time that is left.

        That is reckoned once, and `anew` where a delivery may have taken its time since. None while
        only a probe may be sent.
        """
        if self._judgement.outage(OutageKind.BPJS):
            return None
        from antrean_cli.sync.list_reader import ListReader

        if anew or self._lists_until is None:
            now = time.monotonic()
            self._lists_until = now + (self._started + self.settings.max_seconds - now) / 2
        return ListReader(client=self._client, until=self._lists_until)

    def _client(self) -> "Client":
        """Return the one client of this pass."""
        # A pass with nothing to send must not pay for requests.
        from antrean_cli.bpjs.client import Client
        from antrean_cli.rules.pacing import MOST

        if self._connected is None:
            self._connected = Client(self.settings.bpjs, connections=self.settings.workers or MOST)
        return self._connected

    def _pacing(self, state: PassState) -> "Pacing":
        """Return the pace of this pass, which begins with that of the last one.

        Its deliveries share it: what one learned, the next begins with.
        """
        from antrean_cli.rules.pacing import Pacing

        if self.report.pacing is None:
            self.report.pacing = Pacing.beginning(
                self.settings.workers, state.pace, time.monotonic(), self.clock()
            )
        return self.report.pacing

    def _delivery(self, state: PassState, ready: ForDelivery) -> "Delivery":
        # A pass with nothing to send must not pay for threads.
        from antrean_cli.sync.circuit_breaker import CircuitBreaker
        from antrean_cli.sync.deliver import Delivery

        outage = state.outages.get(OutageKind.BPJS) or state.outages.get(OutageKind.CREDENTIALS)
        return Delivery(
            client=self._client(),
            ledger=self.ledger,
            policy=self.settings.policy,
            visits=ready.visits,
            owners=ready.owners,
            adds_that_wait=ready.adds_that_wait,
            pacing=self._pacing(state),
            deadline=self._started + self.settings.max_seconds,
            clock=self.clock,
            stop=self.stop,
            probed=outage.probed if outage else "",
            calls=self._calls,
            of_calls=state.outages.get(OutageKind.PUSHES),
            judged_at=self._judgement.judged_at,
            breaker=CircuitBreaker(
                faults_in_row=state.faults_in_row,
                faulted=state.faulted,
                answered_at=state.answered_at,
                probing=bool(outage),
            ),
        )

    def note(self, kind: OutageKind, why: Trouble | None) -> Iterator[Announcement]:
        """Keep whether something fails, and why; yield what people are to be told of it now."""
        yield from self._judgement.failed(kind, why) if why else self._judgement.recovered(kind)

    def _noted(self, changes: tuple[Change, ...]) -> Noted:
        self.report.add(changes, answered=False)
        return Noted(changes=changes)

    def _has(self, *kinds: type[AntreanError]) -> bool:
        return any(isinstance(error, kinds) for error in self.errors)


def preview(settings: Settings, ledger: Ledger, now: datetime, since: date | None) -> list[Record]:
    """Return the bookings with what a pass would send for them; BPJS hears nothing.

    `ledger` is a copy (see Ledger.copy). Raises SettingsError or TemporaryError for Khanza,
    StateError for the ledger.
    """
    look(settings, ledger, now, since)
    return sorted(
        ledger.unfinished().values(), key=lambda booking: (booking.tanggal, booking.kodebooking)
    )


def look(settings: Settings, ledger: Ledger, now: datetime, since: date | None = None) -> Recorded:
    """Do what a pass does before it asks BPJS for anything, and return what it wrote.

    Raises SettingsError or TemporaryError for Khanza, StateError for the ledger.
    """
    recover(ledger, now)
    sessions = sessions_of(settings, ledger)
    with Khanza(settings.khanza) as khanza:
        reading = read(khanza, ledger, settings.policy, now, since=since, sessions=sessions)
    reading = enriched(reading, ledger, sessions)
    return record(ledger, reading, plans_from(reading))


def plans_from(reading: Reading) -> "Sequence[Plan]":
    """Return what is to become of the visits that something can come of."""
    agenda = reading.agenda
    if not (agenda.visits or agenda.records):
        return ()
    # A pass without news must not pay for the rules of times and order.
    from antrean_cli.rules.booking_plans import plans_of

    return plans_of(agenda.visits, agenda.records, reading.occasion)
