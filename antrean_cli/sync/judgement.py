"""What a pass learns of BPJS and of Khanza as a whole: what fails, since when, and who is told.

- What fails is an outage (rules/outages.py), kept in the ledger from pass to pass.
- One or two bookings that get no answer, or one kind of call, are no outage of BPJS: it is asked
  for something else before anybody is told of one.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import TYPE_CHECKING

from antrean_cli.errors import AntreanError, CredentialsError, TemporaryError
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules import outages
from antrean_cli.rules.causes import Trouble
from antrean_cli.rules.codes import CallName, OutcomeKind, Step
from antrean_cli.rules.outages import Announcement, Outage, OutageKind
from antrean_cli.rules.push import Record
from antrean_cli.sync.pass_report import Noted, PassEvent

if TYPE_CHECKING:
    from antrean_cli.sync.circuit_breaker import CircuitBreaker
    from antrean_cli.sync.day_lists import DayLists
    from antrean_cli.sync.deliver import Delivery
    from antrean_cli.sync.list_reader import ListReader


@dataclass(kw_only=True, slots=True)
class Judgement:
    """What one pass has learned so far; what goes on is in the ledger.

    - `errors` are the pass's; `list_reader` is who asks BPJS for something else, None while only a
      probe may be sent.
    - `answered_at` is when BPJS answered with any envelope, `judged_at` when it judged a push, by
      the name of its call.
    """

    ledger: Ledger
    clock: Callable[[], datetime]
    stop: Event
    errors: list[AntreanError]
    list_reader: "Callable[[], ListReader | None]"
    answered_at: datetime | None = None
    judged_at: dict[str, datetime] = field(default_factory=dict)
    judged: bool = False  # a request by BPJS, for or against
    unanswered: list[tuple[Record, Step]] = field(default_factory=list)  # not told yet

    def outage(self, kind: OutageKind) -> Outage | None:
        """Return the outage of a kind that is on, or None."""
        return self.ledger.pass_state().outages.get(kind)

    def failed(
        self, kind: OutageKind, why: Trouble, probed: str = "", known: Outage | None = None
    ) -> Iterator[Announcement]:
        """Keep that something fails, and why; yield what people are to be told of it now.

        `probed` is the booking that was sent as a probe, `known` the outage that it goes on with.
        """
        known = known or self.outage(kind)
        yield from self.keep(kind, *outages.failed(known, kind, why, self.clock(), probed))

    def recovered(self, kind: OutageKind) -> Iterator[Announcement]:
        """Keep that it fails no more, if it did; yield that it is over."""
        if outage := self.outage(kind):
            yield from self.keep(kind, None, outages.recovered(outage, self.clock()))

    def keep(
        self, kind: OutageKind, outage: Outage | None, told: Announcement | None
    ) -> Iterator[Announcement]:
        """Keep an outage, or that there is none of its kind; yield what is told of it, if it is."""
        with self.ledger.transaction():
            self.ledger.update_pass_state(lambda state: state.with_outage(kind, outage))
        if told:
            yield told

    def tell_of_lists(self, day_lists: "DayLists", *, overdue: bool) -> Iterator[PassEvent]:
        """Tell why adds wait for BPJS's lists."""
        if day_lists.refused:
            self.errors.append(CredentialsError(why=day_lists.refused))
            yield from self.failed(OutageKind.CREDENTIALS, day_lists.refused)
        elif overdue and (refused := self.outage(OutageKind.CREDENTIALS)):
            since = (
                f"Kredensial, tanda tangan, atau jam ditolak BPJS sejak {refused.since:%d-%m %H:%M}"
            )
            self.errors.append(CredentialsError(since, why=refused.why))
        elif overdue:
            failed = day_lists.failed
            said = f": {failed.said}" if failed and failed.said else ""
            self.errors.append(
                TemporaryError(
                    f"daftar antrean BPJS belum terbaca{said}; antrean yang belum dikirim "
                    "menunggunya",
                    why=failed and failed.why,
                )
            )

    def judge(self, delivery: "Delivery") -> Iterator[PassEvent]:
        """Keep what this delivery learned about BPJS as a whole."""
        from antrean_cli.rules.answers import put_off_by

        breaker = delivery.breaker
        self.answered_at = breaker.answered_at
        ended = dict(delivery.ended)
        mine = self._are_a_few_bookings_refusals(breaker, ended)
        if (refusal := breaker.refusal) and refusal.why and not mine:
            self.errors.append(CredentialsError(why=refusal.why))
            # One that some call of this pass had ended goes on: it is not told as a new one every
            # minute.
            known = ended.pop(OutageKind.CREDENTIALS, None)
            yield from self.failed(OutageKind.CREDENTIALS, refusal.why, breaker.refused, known)
        for outage in ended.values():
            if over := outages.recovered(outage, self.clock()):
                yield over
        self.judged |= breaker.judged
        if (put_off := breaker.put_off) and not self.judged:
            why = put_off_by(put_off)
            self.errors.append(TemporaryError(why=why))
            # A probe that came too soon has not got through either: the outage goes on.
            kind = OutageKind.BPJS if self.outage(OutageKind.BPJS) else OutageKind.BUSY
            yield from self.failed(kind, why, delivery.probed)
        self.unanswered += delivery.unanswered
        if self._are_a_few_bookings_faults(delivery):
            return
        if breaker.fault:
            self.errors.append(TemporaryError(why=breaker.fault.why))
        elif delivery.unfinished and not (breaker.refusal or breaker.open or self.stop.is_set()):
            self.errors.append(TemporaryError("waktu habis, sisanya menyusul"))
        if breaker.fault and (breaker.begins_outage or self.outage(OutageKind.BPJS)):
            yield from self.failed(OutageKind.BPJS, breaker.fault.why, delivery.probed)

    def _are_a_few_bookings_faults(self, delivery: "Delivery") -> bool:
        """Return whether one or two bookings are not answered, or one kind of call.

        Then no outage of BPJS begins. It is asked for something else; what is found is noted.
        """
        from antrean_cli.rules.call_troubles import is_one_kind

        breaker = delivery.breaker
        if not breaker.begins_outage or breaker.probing or self.outage(OutageKind.BPJS):
            return False
        faulted = (delivery.bookings[one] for one in breaker.faulted if one in delivery.bookings)
        if breaker.open and not is_one_kind(faulted, self.judged_at):
            return False
        reader = self.list_reader()
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
        on = OutageKind.CREDENTIALS in ended or self.outage(OutageKind.CREDENTIALS)
        if not a_few or on:
            return False
        reader = self.list_reader()
        if reader is None or reader.ask(CallName.POLI).kind != OutcomeKind.DONE:
            return False
        self._blame(breaker.turned_away)
        self.errors.append(TemporaryError("sisanya menyusul pada putaran berikutnya"))
        return True

    def _blame(self, kodebooking: Sequence[str]) -> None:
        """Note that it is these bookings that are not answered: BPJS answered something else."""
        import random

        from antrean_cli.rules.own_faults import blamed, newly_told

        now = self.answered_at = self.clock()
        with self.ledger.transaction():
            for before in self.ledger.known(kodebooking, ()).values():
                after = blamed(before, now, random.random())  # noqa: S311 - no secret
                self.ledger.save(before, after, now)
                self.unanswered += [(after, Step(step)) for step in newly_told(before, after)]
            self.ledger.update_pass_state(
                lambda state: state._replace(faults_in_row=0, faulted=(), answered_at=now)
            )

    def tell_of_unanswered(self, bookings: Mapping[str, Record]) -> Iterator[PassEvent]:
        """Tell of what BPJS does not answer: of a kind of call once, else of each push."""
        on, told = self.outage(OutageKind.PUSHES), self.unanswered
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

        judged_at = {**self.ledger.pass_state().judged_at, **self.judged_at}
        found = trouble_of_calls(self.ledger.unfinished().values(), judged_at, on)
        apart: frozenset[tuple[str, str]] = frozenset()
        if self.outage(OutageKind.BPJS) or self.outage(OutageKind.CREDENTIALS):
            # All of BPJS, or who we are: nobody can tell. What goes on is told by nothing else.
            return found.pushes if on and found else apart
        if on:
            calls = calls_of(on) - set(found.why.names if found else ())
            apart = self._let_go(calls, on.since)
        if found:
            now = self.clock()
            begun = Outage(OutageKind.PUSHES, found.since, told_at=now, next_probe=now, failures=0)
            self.errors.append(TemporaryError(why=found.why))
            yield from self.failed(OutageKind.PUSHES, found.why, known=on or begun)
            return apart | found.pushes
        yield from self.recovered(OutageKind.PUSHES)
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
