"""One pass, one direction (rules/README.md, What a pass decides):

    recover → read Khanza → enrich → plan → compare BPJS's lists → record → deliver → conclude

- Each step is a line of `Pass.run`, those from read to record of `Pass._look`, and a file of this
  room; none reaches back.
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
from antrean_cli.rules.codes import CallName, OutcomeKind, State, Step
from antrean_cli.rules.outages import Announcement, Outage, OutageKind
from antrean_cli.rules.patients import Owner
from antrean_cli.rules.push import MAX_AGE, Change, Record
from antrean_cli.rules.times import service_day
from antrean_cli.rules.visits import Visit
from antrean_cli.sync.enrich import enriched
from antrean_cli.sync.housekeeping import forget_waits, prune, recover, shorten_waits
from antrean_cli.sync.read import Reading, read, sessions_of
from antrean_cli.sync.record import Recorded, record
from antrean_cli.sync.report import Delivered, Noted, PassEvent, Report

if TYPE_CHECKING:
    from antrean_cli.bpjs.client import Client
    from antrean_cli.rules.booking_plans import Plan
    from antrean_cli.rules.pacing import Pacing
    from antrean_cli.sync.adopt import ListComparison
    from antrean_cli.sync.circuit_breaker import CircuitBreaker
    from antrean_cli.sync.deliver import Delivery
    from antrean_cli.sync.list_reader import ListReader

# An earlier clock has lost its battery; what it would note could not be trusted.
EARLIEST_YEAR = 2026


class ForDelivery(NamedTuple):
    """What a delivery has to know of Khanza's visits, by kode booking.

    - `visits` are those that an add is filled in from, `owners` is whose they are.
    - `adds_that_wait` are those whose add waits for a look at BPJS's lists (adopt.py).
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
    report: Report = field(default_factory=Report)
    delivering: bool = False  # from then on a signal waits for the calls in flight
    _started: float = field(default_factory=time.monotonic)
    _lists_until: float | None = None  # for all looks at lists together
    _connected: "Client | None" = None
    _calls: Counter[str] = field(default_factory=Counter)
    _answered_at: datetime | None = None  # by BPJS, with any envelope
    _judged: bool = False  # a request by BPJS, for or against
    _judged_at: dict[str, datetime] = field(default_factory=dict)  # a push, by its call's name
    _unanswered: list[tuple[Record, Step]] = field(default_factory=list)  # not told yet

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
        ready, compared = yield from self._look(since)
        bookings: Mapping[str, Record] = self.ledger.unfinished()
        if (yield from self._settle_owners(bookings, compared)):
            bookings = self.ledger.unfinished()
        bookings = yield from self._deliver(ready, bookings)
        # What BPJS called known just now goes on in this pass, where its list may be asked for.
        if settled := (yield from self._settle_owners(bookings, None)):
            unfinished = self.ledger.unfinished()
            later = {name: one for name, one in unfinished.items() if name in settled}
            bookings = {**bookings, **(yield from self._deliver(ready, later))}
        yield from self._tell_of_unanswered(bookings)
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
            yield from self._failed(OutageKind.CLOCK, why)
            return False
        yield from self._recovered(OutageKind.CLOCK)
        return True

    def _recover(self) -> Iterator[PassEvent]:
        """Settle what the last pass left."""
        yield self._noted(recover(self.ledger, self.clock()))
        if self.at_once:
            forget_waits(self.ledger, self.clock())

    def _look(
        self, since: date | None
    ) -> "Generator[PassEvent, None, tuple[ForDelivery, ListComparison | None]]":
        """Read Khanza and write what it came to; of what was read only this much is kept."""
        reading = yield from self._read(since)
        if reading is None:
            return WITHOUT_KHANZA, None
        reading = self._enrich(reading)
        plans = plans_from(reading)
        compared = self._compare_lists(plans)
        return (yield from self._record(reading, plans, compared)), compared

    def _read(self, since: date | None) -> Generator[PassEvent, None, Reading | None]:
        """Read Khanza; None if that failed, which is told and kept for the report."""
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
                yield from self._failed(OutageKind.KHANZA, error.why)
            return None
        yield from self._recovered(OutageKind.KHANZA)
        return reading

    def _enrich(self, reading: Reading) -> Reading:
        """Complete what was read: HFIS's sessions if the hospital goes by them, surat kontrol."""
        sessions = reading.sessions
        if self.settings.hfis:
            # A hospital that goes by Khanza's jadwal must not pay for it.
            from antrean_cli.sync.hfis import read_sessions, wanted_sessions

            wanted = wanted_sessions(reading.agenda, self.settings.policy)
            sessions = read_sessions(self._list_reader(), self.ledger, wanted, self.clock())
        return enriched(reading, self.ledger, sessions)

    def _compare_lists(self, plans: "Sequence[Plan]") -> "ListComparison | None":
        """Compare BPJS's lists with what is about to be added (ANTREAN_ADOPT)."""
        if not self.settings.policy.adopt:
            return None
        # A pass that adopts nothing must not pay for it.
        from antrean_cli.rules.adoption import awaits_list
        from antrean_cli.sync.adopt import compare_lists

        known = self.ledger.pass_state().antrean_lists
        records = [plan.after for plan in plans if plan.visit and awaits_list(plan.after)]
        return compare_lists(self._list_reader(), known, records, self.clock())

    def _record(
        self, reading: Reading, plans: "Sequence[Plan]", compared: "ListComparison | None"
    ) -> Generator[PassEvent, None, ForDelivery]:
        """Write what Khanza said, and return what it says of the visits that may be sent."""
        recorded = record(self.ledger, reading, plans, compared)
        self.report.found = sum(change.before is None for change in recorded.changes)
        self.report.add(recorded.changes, answered=False)
        yield Noted(recorded.changes, recorded.broken, recorded.left_alive)
        served = [plan for plan in recorded.plans if plan.visit]
        self.report.visits = len(served)
        waiting = (
            compared.waiting([plan.after for plan in served], self.clock()) if compared else []
        )
        if compared:
            yield from self._tell_of_lists(compared, overdue=compared.overdue(waiting))
        return ForDelivery(
            visits={plan.after.kodebooking: plan.visit for plan in served if plan.visit},
            owners={plan.after.kodebooking: plan.after.owner for plan in served},
            adds_that_wait=frozenset(one.kodebooking for one in waiting),
        )

    def _settle_owners(
        self, bookings: Mapping[str, Record], compared: "ListComparison | None"
    ) -> Generator[PassEvent, None, frozenset[str]]:
        """Find out whose the bookings are that BPJS called known (208); return those settled.

        `compared` are the lists that this pass has read already.
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

        seen = compared.rows if compared else {}
        settled = settle_owners(reader, self.ledger, awaiting, seen, now)
        yield self._noted(settled.changes)
        yield from self._tell_of_lists(settled.compared, overdue=settled.overdue)
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
            yield from self._keep(OutageKind.BPJS, *outages.reminded(outage, now))
            return bookings
        delivery = self._delivery(state, ready)
        self.delivering = True
        for changes in delivery.run(bookings):
            self.report.add(changes, answered=True)
            yield Delivered(changes=changes, waiting=delivery.waiting)
        self._answered_at = delivery.breaker.answered_at
        if delivery.breaker.judged:
            shorten_waits(self.ledger, delivery.bookings.values(), self.clock())
        yield from self._judge(delivery)
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
        if (outage := self._outage(OutageKind.BPJS)) and not self._has(TemporaryError):
            self.errors.append(TemporaryError("BPJS belum pulih", why=outage.why))
        states = [push.state for one in bookings.values() for push in one.pushes.values()]
        self.report.held, self.report.later = states.count(State.HELD), states.count(State.DUE)
        now, code = self.clock(), self.report.exit_code
        good = code in (0, RefusedPushError.exit_code)
        pacing, answered_at = self.report.pacing, self._answered_at
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
                    judged_at={**state.judged_at, **self._judged_at},
                )
            )

    # -- who talks to BPJS

    def _list_reader(self, *, anew: bool = False) -> "ListReader | None":
        """Return who asks for BPJS's lists: in half of the time that is left.

        That is reckoned once, and `anew` where a delivery may have taken its time since. None while
        only a probe may be sent.
        """
        if self._outage(OutageKind.BPJS):
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
            judged_at=self._judged_at,
            breaker=CircuitBreaker(
                faults_in_row=state.faults_in_row,
                faulted=state.faulted,
                answered_at=state.answered_at,
                probing=bool(outage),
            ),
        )

    # -- what is learned of BPJS and Khanza as a whole

    def _tell_of_lists(self, compared: "ListComparison", *, overdue: bool) -> Iterator[PassEvent]:
        """Tell why adds wait for BPJS's lists."""
        if compared.refused:
            self.errors.append(CredentialsError(why=compared.refused))
            yield from self._failed(OutageKind.CREDENTIALS, compared.refused)
        elif overdue and (refused := self._outage(OutageKind.CREDENTIALS)):
            since = (
                f"Kredensial, tanda tangan, atau jam ditolak BPJS sejak {refused.since:%d-%m %H:%M}"
            )
            self.errors.append(CredentialsError(since, why=refused.why))
        elif overdue:
            failed = compared.failed
            said = f": {failed.said}" if failed and failed.said else ""
            self.errors.append(
                TemporaryError(
                    f"daftar antrean BPJS belum terbaca{said}; antrean yang belum dikirim "
                    "menunggunya",
                    why=failed and failed.why,
                )
            )

    def _judge(self, delivery: "Delivery") -> Iterator[PassEvent]:
        """Keep what this delivery learned about BPJS as a whole."""
        from antrean_cli.rules.answers import put_off_by

        breaker = delivery.breaker
        ended = dict(delivery.ended)
        mine = self._are_a_few_bookings_refusals(breaker, ended)
        if (refusal := breaker.refusal) and refusal.why and not mine:
            self.errors.append(CredentialsError(why=refusal.why))
            # One that some call of this pass had ended goes on: it is not told as a new one every
            # minute.
            known = ended.pop(OutageKind.CREDENTIALS, None)
            yield from self._failed(OutageKind.CREDENTIALS, refusal.why, breaker.refused, known)
        for outage in ended.values():
            if over := outages.recovered(outage, self.clock()):
                yield over
        self._judged |= breaker.judged
        if (put_off := breaker.put_off) and not self._judged:
            why = put_off_by(put_off)
            self.errors.append(TemporaryError(why=why))
            # A probe that came too soon has not got through either: the outage goes on.
            kind = OutageKind.BPJS if self._outage(OutageKind.BPJS) else OutageKind.BUSY
            yield from self._failed(kind, why, delivery.probed)
        self._unanswered += delivery.unanswered
        if self._are_a_few_bookings_faults(delivery):
            return
        if breaker.fault:
            self.errors.append(TemporaryError(why=breaker.fault.why))
        elif delivery.unfinished and not (breaker.refusal or breaker.open or self.stop.is_set()):
            self.errors.append(TemporaryError("waktu habis, sisanya menyusul"))
        if breaker.fault and (breaker.begins_outage or self._outage(OutageKind.BPJS)):
            yield from self._failed(OutageKind.BPJS, breaker.fault.why, delivery.probed)

    def _are_a_few_bookings_faults(self, delivery: "Delivery") -> bool:
        """Return whether one or two bookings are not answered, or one kind of call.

        Then no outage of BPJS begins. It is asked for something else; what is found is noted.
        """
        from antrean_cli.rules.call_troubles import is_one_kind

        breaker = delivery.breaker
        if not breaker.begins_outage or breaker.probing or self._outage(OutageKind.BPJS):
            return False
        faulted = (delivery.bookings[one] for one in breaker.faulted if one in delivery.bookings)
        if breaker.open and not is_one_kind(faulted, self._judged_at):
            return False
        reader = self._list_reader(anew=True)
        if reader is None or not reader.is_answered(CallName.POLI):
            return False
        self._blame(breaker.faulted)
        if breaker.open:
            self.errors.append(TemporaryError("sisanya menyusul pada putaran berikutnya"))
        return True

    def _are_a_few_bookings_refusals(
        self, breaker: "CircuitBreaker", ended: Mapping[str, Outage]
    ) -> bool:
        """Return whether a firewall turns away a few bookings while BPJS accepts who we are.

        It is asked for something else. What is found is noted; the others go with the next pass.
        """
        a_few = breaker.turned_away and (breaker.judged or not breaker.all_turned_away)
        on = OutageKind.CREDENTIALS in ended or self._outage(OutageKind.CREDENTIALS)
        if not a_few or on:
            return False
        reader = self._list_reader(anew=True)
        if reader is None or reader.ask(CallName.POLI).kind != OutcomeKind.DONE:
            return False
        self._blame(breaker.turned_away)
        self.errors.append(TemporaryError("sisanya menyusul pada putaran berikutnya"))
        return True

    def _blame(self, kodebooking: Sequence[str]) -> None:
        """Note that it is these bookings that are not answered: BPJS answered something else."""
        import random

        from antrean_cli.rules.own_faults import blamed, newly_told

        now = self._answered_at = self.clock()
        with self.ledger.transaction():
            for before in self.ledger.known(kodebooking, ()).values():
                after = blamed(before, now, random.random())  # noqa: S311 - no secret
                self.ledger.save(before, after, now)
                self._unanswered += [(after, Step(step)) for step in newly_told(before, after)]
            self.ledger.update_pass_state(
                lambda state: state._replace(faults_in_row=0, faulted=(), answered_at=now)
            )

    def _tell_of_unanswered(self, bookings: Mapping[str, Record]) -> Iterator[PassEvent]:
        """Tell of what BPJS does not answer: of a kind of call once, else of each push."""
        on, told = self._outage(OutageKind.PUSHES), self._unanswered
        if on or any(record.faults for record in bookings.values()):
            apart = yield from self._judge_calls(on)
            told = [
                (record, step) for record, step in told if (record.kodebooking, step) not in apart
            ]
        if told:
            yield Noted((), unanswered=tuple(told))

    def _judge_calls(
        self, on: Outage | None
    ) -> Generator[PassEvent, None, frozenset[tuple[str, str]]]:
        """Tell of the calls that BPJS answers no push of; return the pushes told with them."""
        # A pass in which all is answered must not pay for it.
        from antrean_cli.rules.call_troubles import calls_of, trouble_of_calls

        judged_at = {**self.ledger.pass_state().judged_at, **self._judged_at}
        found = trouble_of_calls(self.ledger.unfinished().values(), judged_at, on)
        apart: frozenset[tuple[str, str]] = frozenset()
        if self._outage(OutageKind.BPJS) or self._outage(OutageKind.CREDENTIALS):
            # All of BPJS, or who we are: nobody can tell. What goes on is told by nothing else.
            return found.pushes if on and found else apart
        if on:
            calls = calls_of(on) - set(found.why.names if found else ())
            apart = self._let_go(calls, on.since)
        if found:
            now = self.clock()
            begun = Outage(OutageKind.PUSHES, found.since, told_at=now, next_probe=now, failures=0)
            self.errors.append(TemporaryError(why=found.why))
            yield from self._failed(OutageKind.PUSHES, found.why, known=on or begun)
            return apart | found.pushes
        yield from self._recovered(OutageKind.PUSHES)
        return apart

    def _let_go(self, calls: frozenset[str], since: datetime) -> frozenset[tuple[str, str]]:
        """Let what calls kept that BPJS judges again be tried by the next pass; return it."""
        from antrean_cli.rules.call_troubles import tried_anew

        now, found = self.clock(), set[tuple[str, str]]()
        with self.ledger.transaction():
            for before in self.ledger.unfinished().values() if calls else ():
                after = tried_anew(before, calls, since, now)
                if after != before:
                    self.ledger.save(before, after, now)
                    found |= {
                        (after.kodebooking, step)
                        for step, fault in after.faults.items()
                        if fault != before.faults[step]
                    }
        return frozenset(found)

    def _outage(self, kind: OutageKind) -> Outage | None:
        """Return the outage of a kind that is on, or None."""
        return self.ledger.pass_state().outages.get(kind)

    def note(self, kind: OutageKind, why: Trouble | None) -> Iterator[Announcement]:
        """Keep whether something fails, and why; yield what people are to be told of it now."""
        yield from self._failed(kind, why) if why else self._recovered(kind)

    def _failed(
        self, kind: OutageKind, why: Trouble, probed: str = "", known: Outage | None = None
    ) -> Iterator[Announcement]:
        known = known or self._outage(kind)
        yield from self._keep(kind, *outages.failed(known, kind, why, self.clock(), probed))

    def _recovered(self, kind: OutageKind) -> Iterator[Announcement]:
        if outage := self._outage(kind):
            yield from self._keep(kind, None, outages.recovered(outage, self.clock()))

    def _keep(
        self, kind: OutageKind, outage: Outage | None, told: Announcement | None
    ) -> Iterator[Announcement]:
        with self.ledger.transaction():
            self.ledger.update_pass_state(lambda state: state.with_outage(kind, outage))
        if told:
            yield told

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
