"""What a pass makes of answers and outages, and what it keeps for the next one, step by step.

Khanza and BPJS say here what a test lets them say; whole passes against a real Khanza: test_run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event
from time import monotonic
from types import SimpleNamespace
from typing import Any, cast

import pytest

from antrean_cli.bpjs.client import Client
from antrean_cli.config.settings import load
from antrean_cli.errors import CredentialsError, TemporaryError
from antrean_cli.khanza.queries import Window
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.answers import Reply
from antrean_cli.rules.causes import Cause, trouble
from antrean_cli.rules.codes import Kind, State
from antrean_cli.rules.faults import Fault
from antrean_cli.rules.listings import Antrean
from antrean_cli.rules.outages import Outage, OutageKind
from antrean_cli.rules.pacing import Pacing
from antrean_cli.rules.patients import Owner, PatientNumbers, marked
from antrean_cli.rules.push import MANUAL, Push, PushFault, Record
from antrean_cli.rules.rows import Rows
from antrean_cli.sync.circuit_breaker import CircuitBreaker
from antrean_cli.sync.deliver import Delivery
from antrean_cli.sync.pass_report import Noted, PassEvent
from antrean_cli.sync.run import Pass
from tests.support.rows import (
    MONDAY,
    NO_RAWAT,
    WIB,
    at,
    onsite,
    push,
    record,
    registration,
    rows,
    sep,
    slot,
)
from tests.support.site import Clock

NOW = at("10:00")
MINUTE = timedelta(minutes=1)
OK = Reply(code="200", message="Ok")
LATER = Reply(code="201", message="Undefined Error.")
WHO = Reply(code="401", message="Unauthorized")
SLOW = Reply(code="429", message="Too Many Requests")
SILENT = Fault(cause=Cause.TIMEOUT)
ENV = {
    "BPJS_BASE_URL": "http://127.0.0.1:9",
    "BPJS_CONS_ID": "1",
    "BPJS_SECRET_KEY": "rahasia",
    "BPJS_USER_KEY": "kunci",
    "KHANZA_USER": "antrean",
    "KHANZA_PASSWORD": "rahasia",
}
Answers = Callable[[str], Reply | Fault]


class Bpjs:
    """A BPJS that answers by the kode booking of a call, and keeps what it was asked."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.heard: list[tuple[str, str]] = []
        self.asked: list[str] = []
        self.listed: Reply | Fault = OK

    def call(self, name: str, body: Mapping[str, Any], **_: Any) -> Reply | Fault:
        self.heard.append((name, body["kodebooking"]))
        return self.answers(body["kodebooking"])

    def ask(self, name: str, *_: str, **__: Any) -> Reply | Fault:
        self.asked.append(name)
        return self.listed


class Hospital:
    """A ledger, a clock, and what Khanza and BPJS say; one call goes after the other."""

    def __init__(self, ledger: Ledger, state: Path) -> None:
        self.ledger, self.clock = ledger, Clock(NOW)
        self.bpjs = Bpjs(lambda _: OK)
        self.down, self.holds = False, rows()
        environ = {**ENV, "ANTREAN_WORKERS": "1"}
        needs = frozenset({"bpjs", "khanza"})
        self.settings = load(env_file=None, state=state, needs=needs, environ=environ)

    def knows(self, *known: Record, **state: Any) -> None:
        with self.ledger.transaction():
            for one in known:
                self.ledger.save(self.ledger.record(one.kodebooking), one, self.clock.now)
            self.ledger.update_pass_state(lambda before: before._replace(**state))

    def run(self, **changed: Any) -> tuple[Pass, list[PassEvent]]:
        one = Pass(settings=self.settings, ledger=self.ledger, clock=self.clock, **changed)
        one._connected = cast("Client", self.bpjs)
        return one, list(one.run())

    def push(self, kodebooking: str, step: str = "3") -> Push:
        found = self.ledger.record(kodebooking)
        assert found is not None
        return found.pushes[step]

    @property
    def known(self) -> Mapping[str, Record]:
        return self.ledger.unfinished()

    @property
    def remembered(self) -> Any:
        return self.ledger.pass_state()


@pytest.fixture
def hospital(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hospital]:
    state = tmp_path / "antrean.sqlite3"
    with Ledger.open(state, WIB) as ledger:
        made = Hospital(ledger, state)

        class Khanza:
            """One that `holds` these rows; `down` keeps it from being read."""

            def __init__(self, *_: Any, **__: Any) -> None:
                if made.down:
                    raise TemporaryError(why=trouble(Cause.KHANZA_UNREACHABLE))

            def __enter__(self) -> Khanza:
                return self

            def __exit__(self, *_: object) -> None:
                pass

            def check(self, **_: bool) -> None:
                pass

            def read(self, _: Window) -> Rows:
                return made.holds

            def there(self, no_rawat: list[str], nobooking: list[str]) -> frozenset[str]:
                return frozenset([*no_rawat, *nobooking])

        monkeypatch.setattr("antrean_cli.sync.run.Khanza", Khanza)
        yield made


def task(kodebooking: str, **changed: Any) -> Record:
    """Return a booking whose task 3 was sent by hand and is due: Khanza says nothing of it."""
    due = push("3", "due", "08:05", source=MANUAL)
    pushes = (push("add", "sent"), replace(due, **changed))
    return record(*pushes, kodebooking=kodebooking, no_rawat="", kind=Kind.MANUAL)


# -- how it ended


def test_how_each_pass_ended_is_kept(hospital: Hospital) -> None:
    """And when the last good one was; of the calls and the pace, what the last of them told."""
    hospital.knows(task("A1"))
    hospital.run()
    first = hospital.remembered
    assert (first.passed_at, first.exit_code, first.succeeded_at) == (NOW, 0, NOW)
    assert (first.calls, first.answered_at) == ({"updatewaktu done": 1}, NOW)
    assert first.pace is not None
    assert hospital.push("A1").state == State.SENT

    hospital.clock.forward(minutes=1)
    hospital.down = True
    one, _ = hospital.run()
    second = hospital.remembered
    assert (second.passed_at, second.exit_code, second.succeeded_at) == (NOW + MINUTE, 5, NOW)
    assert (second.calls, second.pace) == (first.calls, first.pace)
    assert (second.answered_at, one.report.pacing) == (NOW, None)

    hospital.clock.forward(minutes=1)
    hospital.down = False
    hospital.knows(task("A2"))
    hospital.bpjs.answers = lambda _: Reply(code="201", message="Waktu tidak valid")
    hospital.run()
    third, now = hospital.remembered, NOW + 2 * MINUTE
    assert (third.passed_at, third.exit_code, third.succeeded_at) == (now, 3, now)
    assert third.calls == {"updatewaktu done": 1, "updatewaktu person": 1}
    assert third.answered_at == now


def test_a_pass_that_is_stopped_forgets_nothing(hospital: Hospital) -> None:
    """It has to end; the next one does it."""
    sent = push("add", "sent")
    keep = hospital.settings.keep_days
    old = MONDAY - timedelta(days=keep + 1)
    hospital.knows(record(sent), record(sent, kodebooking="tua", tanggal=old), task("A1"))
    stopped = Pass(settings=hospital.settings, ledger=hospital.ledger, clock=hospital.clock)
    stopped.stop.set()
    list(stopped.run())
    assert hospital.ledger.record("tua") is not None
    assert (stopped.errors, stopped.report.later) == ([], 1)
    hospital.run()
    assert hospital.ledger.record("tua") is None


# -- outages


def test_of_an_outage_that_no_call_met_no_booking_was_probed(hospital: Hospital) -> None:
    hospital.down = True
    _, events = hospital.run()
    outage = hospital.remembered.outages[OutageKind.KHANZA]
    assert (outage.probed, len(events)) == ("", 2)


def outage(kind: OutageKind, **changed: Any) -> dict[str, Outage]:
    since, why = NOW - 9 * MINUTE, trouble(Cause.TIMEOUT)
    default = Outage(kind, since, told_at=since, next_probe=NOW - MINUTE, why=why)
    return {kind: default._replace(**changed)}


def test_what_gets_through_shortens_what_waits(hospital: Hospital) -> None:
    """To five minutes; not where BPJS only puts off."""
    waiting = task("A2", next_try=NOW + 30 * MINUTE, attempts=7)
    hospital.knows(task("A1"), waiting)
    hospital.bpjs.answers = lambda _: LATER
    hospital.run()
    assert hospital.push("A2").next_try == NOW + 30 * MINUTE
    hospital.knows(task("A1"))
    hospital.bpjs.answers = lambda _: OK
    hospital.run()
    assert hospital.push("A2").next_try == NOW + 5 * MINUTE


def test_three_bookings_that_are_not_answered_begin_an_outage(hospital: Hospital) -> None:
    hospital.knows(*map(task, ("A1", "A2", "A3", "A4")))
    hospital.bpjs.answers = lambda _: SILENT
    one, _ = hospital.run()
    assert [kodebooking for _, kodebooking in hospital.bpjs.heard] == ["A1", "A2", "A3"]
    assert (one.report.exit_code, hospital.bpjs.asked) == (5, [])
    state = hospital.remembered
    assert (state.faults_in_row, state.faulted) == (3, ("A1", "A2", "A3"))
    assert list(state.outages) == [OutageKind.BPJS]
    assert state.calls == {"updatewaktu fault": 3}


@pytest.mark.parametrize("answered", [True, False])
def test_of_one_booking_that_is_not_answered_something_else_tells_whose_fault_it_is(
    hospital: Hospital, answered: bool
) -> None:
    hospital.bpjs.answers = lambda _: SILENT
    hospital.bpjs.listed = OK if answered else SILENT
    hospital.knows(task("A1"))
    for known in (1, 2):
        hospital.run()
        state = hospital.remembered
        assert (state.faults_in_row, state.faulted, state.outages) == (known, ("A1",), {})
        assert hospital.bpjs.asked == []
        hospital.clock.forward(minutes=10)
    hospital.run()
    state = hospital.remembered
    assert hospital.bpjs.asked == ["ref_poli"]
    if answered:
        assert (state.faults_in_row, state.faulted, state.outages) == (0, (), {})
        assert state.answered_at == hospital.clock.now
    else:
        assert (state.faults_in_row, list(state.outages)) == (3, [OutageKind.BPJS])
        assert state.answered_at is None


def test_who_is_refused_is_asked_no_further(hospital: Hospital) -> None:
    hospital.knows(task("A1"), task("A2"))
    hospital.bpjs.answers = lambda _: WHO
    one, _ = hospital.run()
    assert (one.report.exit_code, len(hospital.bpjs.heard)) == (4, 1)
    assert list(map(type, one.errors)) == [CredentialsError]  # and none of the time
    found = hospital.remembered.outages[OutageKind.CREDENTIALS]
    assert found.probed == "A1"
    assert hospital.push("A1").state == hospital.push("A2").state == State.DUE


def test_a_refusal_of_who_we_are_goes_on_although_something_was_accepted_before(
    hospital: Hospital,
) -> None:
    """It is not told as a new one every minute."""
    since = NOW - 9 * MINUTE
    hospital.knows(task("A1"), task("A2"), outages=outage(OutageKind.CREDENTIALS, probed="A0"))
    hospital.bpjs.answers = lambda kodebooking: OK if kodebooking == "A1" else WHO
    _, events = hospital.run()
    found = hospital.remembered.outages[OutageKind.CREDENTIALS]
    assert (found.since, found.probed) == (since, "A2")
    assert [one for one in events if type(one).__name__ == "Announcement"] == []


def test_while_an_outage_is_on_one_call_goes_ahead(hospital: Hospital) -> None:
    """Of the booking after the one that was probed last; its answer lets the others go."""
    hospital.knows(*map(task, ("A1", "A2", "A3")), outages=outage(OutageKind.BPJS, probed="A1"))
    hospital.bpjs.answers = lambda _: SILENT
    one, _ = hospital.run()
    assert hospital.bpjs.heard == [("updatewaktu", "A2")]
    assert hospital.remembered.outages[OutageKind.BPJS].probed == "A2"
    assert one.report.exit_code == 5

    hospital.run()  # too soon
    assert len(hospital.bpjs.heard) == 1
    hospital.bpjs.answers = lambda _: OK
    hospital.run(at_once=True)
    assert hospital.bpjs.heard[1:] == [
        ("updatewaktu", "A3"),
        ("updatewaktu", "A1"),
        ("getlisttask", "A2"),
        ("updatewaktu", "A2"),
    ]
    assert hospital.remembered.outages == {}


@pytest.mark.parametrize("on", [True, False])
def test_what_is_put_off_or_comes_too_soon_is_an_outage_where_nothing_is_judged(
    hospital: Hospital, on: bool
) -> None:
    hospital.knows(task("A1"), task("A2"), outages=outage(OutageKind.BPJS) if on else {})
    hospital.bpjs.answers = lambda _: SLOW if on else LATER
    one, _ = hospital.run()
    assert [error.why and error.why.cause for error in one.errors] == [Cause.PUT_OFF]
    assert list(hospital.remembered.outages) == [OutageKind.BPJS if on else OutageKind.BUSY]
    assert one.report.exit_code == 5
    hospital.clock.forward(minutes=20)
    hospital.bpjs.answers = lambda _: OK
    one, _ = hospital.run()
    assert (hospital.remembered.outages, one.report.exit_code) == ({}, 0)


# -- one booking


IN_DOUBT = {"needs_lookup": True, "attempts": 1}


@pytest.mark.parametrize(
    ("answer", "attempts", "waits"),
    [(WHO, 1, False), (LATER, 2, True), (SILENT, 1, False)],
)
def test_a_question_that_bpjs_does_not_answer_leaves_its_task_in_doubt(
    hospital: Hospital, answer: Reply | Fault, attempts: int, waits: bool
) -> None:
    """It is put off where BPJS wants it repeated later, and nowhere else."""
    hospital.knows(task("A1", **IN_DOUBT))
    hospital.bpjs.answers = lambda _: answer
    hospital.run()
    assert hospital.bpjs.heard[0] == ("getlisttask", "A1")
    found = hospital.push("A1")
    assert (found.state, found.needs_lookup, found.attempts) == (State.DUE, True, attempts)
    assert (found.next_try is not None) is waits


def test_of_a_booking_that_somebody_drops_during_a_call_nothing_follows(
    hospital: Hospital, tmp_path: Path
) -> None:
    due = replace(push("4", "due", "08:30"), source=MANUAL)
    hospital.knows(task("A1").with_pushes(due))

    def dropped(_: str) -> Reply:
        with Ledger.open(tmp_path / "antrean.sqlite3", WIB) as desk, desk.transaction():
            before = desk.record("A1")
            assert before is not None
            closed = replace(due, state=State.CLOSED)
            desk.save(before, before.with_pushes(closed), NOW)
        return OK

    hospital.bpjs.answers = dropped
    hospital.run()
    assert hospital.bpjs.heard == [("updatewaktu", "A1")]
    states = [hospital.push("A1", step).state for step in "34"]
    assert states == [State.SENT, State.CLOSED]


# -- BPJS's lists

# An add that may go, and a task of a booking of which BPJS's list has to tell whose it is.
TO_ADD = record(push("add", "due"))
KNOWN = replace(
    record(push("add", "already", code="208"), push("3", "due", "08:05"), kodebooking="A2"),
    no_rawat="A2",
)


@pytest.mark.parametrize("adopts", [True, False])
def test_for_an_add_that_khanza_has_no_visit_of_no_list_is_asked_for(
    hospital: Hospital, adopts: bool
) -> None:
    """What a person typed goes on by itself; a visit of the day is looked for."""
    policy = replace(hospital.settings.policy, adopt=adopts)
    hospital.settings = replace(hospital.settings, policy=policy)
    typed = push("add", "due", source=MANUAL)
    hospital.knows(record(typed, kodebooking="A1", no_rawat="", kind=Kind.MANUAL))
    hospital.run()
    assert hospital.bpjs.asked == []
    hospital.holds = rows(registrations=(registration(),), seps=(sep(),), slots=(slot(),))
    hospital.run()
    assert hospital.bpjs.asked == (["per_tanggal"] if adopts else [])
    assert hospital.bpjs.heard[:1] == [("add", NO_RAWAT)]


@pytest.mark.parametrize("own", [True, False, None])
def test_whose_a_booking_is_that_bpjs_called_known_its_list_tells_before_anything_goes_out(
    hospital: Hospital, own: bool | None
) -> None:
    """Nobody's where the list does not show it: then it goes on as ever. Khanza is not needed."""
    key = hospital.ledger.key
    numbers = PatientNumbers(norm="000001", nik="9901010101000001")
    owner = Owner(marked(numbers, key))
    nik = numbers.nik if own else "9901010101000002"
    row = Antrean("A2", "2026-11-23", "INT", "12345", nik, "", "", "Belum")
    hospital.bpjs.listed = Reply(code="200", message="Ok", response=[] if own is None else [row])
    hospital.down = True
    hospital.knows(replace(KNOWN, owner=owner))
    one, events = hospital.run()
    assert hospital.bpjs.asked == ["per_tanggal"]
    found = hospital.ledger.record("A2")
    assert found is not None
    assert (found.compared, found.handed_on) == (True, own is False)
    assert hospital.bpjs.heard == ([] if own is False else [("updatewaktu", "A2")])
    noted = [change for event in events if isinstance(event, Noted) for change in event.changes]
    assert [str(change.push.step) for change in noted if change.after is None] == (
        ["3"] if own is False else []
    )
    assert one.report.counts[State.SENT] == (own is not False)
    hospital.run()
    assert hospital.bpjs.asked == ["per_tanggal"]


# -- a delivery by itself


def delivery(hospital: Hospital, **changed: Any) -> Delivery:
    return Delivery(
        client=cast("Client", hospital.bpjs),
        ledger=hospital.ledger,
        policy=hospital.settings.policy,
        clock=hospital.clock,
        stop=Event(),
        **{"visits": {}, "pacing": Pacing(most=1), "deadline": monotonic() + 60, **changed},
    )


def test_a_delivery_that_is_told_nothing_else_knows_nothing_of_bpjs(hospital: Hospital) -> None:
    hospital.knows(task("A1"))
    one = delivery(hospital)
    assert (one.waiting, one.probed, one.unfinished) == (0, "", False)
    assert (one.bookings, one.ended, one.unanswered, one.calls) == ({}, {}, [], {})
    assert one.breaker == CircuitBreaker()
    told = [[change.push.state for change in changes] for changes in one.run(hospital.known)]
    assert told == [[State.SENT]]
    assert (one.waiting, one.unfinished, one.probed) == (0, False, "")
    assert one.calls == {"updatewaktu done": 1}


@pytest.mark.parametrize(("left", "sent"), [(3.0, 1), (2.75, 0)])
def test_no_call_begins_with_less_than_three_seconds_left(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch, left: float, sent: int
) -> None:
    monkeypatch.setattr("antrean_cli.sync.deliver.time", SimpleNamespace(monotonic=lambda: 100.0))
    hospital.knows(task("A1"))
    one = delivery(hospital, deadline=100.0 + left)
    assert len(list(one.run(hospital.known))) == sent
    assert (len(hospital.bpjs.heard), one.unfinished) == (sent, not sent)


def test_what_only_waits_is_not_left_for_want_of_time(hospital: Hospital) -> None:
    hospital.knows(task("A1", next_try=NOW + MINUTE))
    one = delivery(hospital, deadline=monotonic())
    assert list(one.run(hospital.known)) == []
    assert (one.unfinished, one.waiting) == (False, 1)


def test_a_delivery_that_is_stopped_begins_nothing(hospital: Hospital) -> None:
    hospital.knows(task("A1"))
    one = delivery(hospital)
    one.stop.set()
    assert list(one.run(hospital.known)) == []
    assert (hospital.bpjs.heard, one.unfinished) == ([], True)


def test_the_oldest_day_goes_first_and_of_a_day_who_has_most_to_send(hospital: Hospital) -> None:
    second = push("4", "due", "08:30", source=MANUAL)
    old = replace(task("Z1"), tanggal=MONDAY - timedelta(days=1))
    hospital.knows(task("A1"), task("A2").with_pushes(second), old)
    list(delivery(hospital).run(hospital.known))
    assert [name for _, name in hospital.bpjs.heard] == ["Z1", "A2", "A1", "A2"]


def test_what_the_pace_keeps_goes_out_in_its_time(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Waiting for it commits nothing."""
    monkeypatch.setattr("antrean_cli.sync.workers.LONGEST_NAP", 0.002)
    hospital.knows(task("A1"), task("A2"))
    one = delivery(hospital, pacing=Pacing(most=1, rate=20.0, began_at=monotonic()))
    commits = list(one.run(hospital.known))
    assert len(commits) <= 3
    assert [change.push.state for changes in commits for change in changes] == [State.SENT] * 2
    assert not hospital.known


def test_beside_a_probe_no_other_call_goes(hospital: Hospital) -> None:
    hospital.knows(task("A1"), task("A2"), outages=outage(OutageKind.BPJS))
    hospital.bpjs.answers = lambda _: SILENT
    one = delivery(hospital, pacing=Pacing(), breaker=CircuitBreaker(probing=True))
    list(one.run(hospital.known))
    assert hospital.bpjs.heard == [("updatewaktu", "A1")]
    assert (one.probed, one.unfinished) == ("A1", True)


OWN = {"3": PushFault(3, NOW, Cause.TIMEOUT, own=True)}


@pytest.mark.parametrize(
    ("unanswered", "probed"), [((), "A1"), (("A1",), "A2"), (("A1", "A2"), "A1")]
)
def test_one_that_is_not_answered_while_others_are_is_no_probe_where_there_is_another(
    hospital: Hospital, unanswered: tuple[str, ...], probed: str
) -> None:
    for name in ("A1", "A2"):
        hospital.knows(replace(task(name), faults=OWN if name in unanswered else {}))
    hospital.knows(outages=outage(OutageKind.BPJS))
    hospital.bpjs.answers = lambda _: SILENT
    one = delivery(hospital, breaker=CircuitBreaker(probing=True))
    list(one.run(hospital.known))
    assert (one.probed, hospital.bpjs.heard) == (probed, [("updatewaktu", probed)])


@pytest.mark.parametrize("begun", [OutageKind.BPJS, OutageKind.CREDENTIALS, None])
def test_what_waits_for_a_list_goes_only_as_the_probe_of_an_outage(
    hospital: Hospital, begun: OutageKind | None
) -> None:
    """Instead of a task its booking is looked up."""
    for waiting, call in ((TO_ADD, "add"), (KNOWN, "getlisttask")):
        heard = len(hospital.bpjs.heard)
        hospital.bpjs.answers = lambda _: SILENT
        hospital.knows(waiting, outages=outage(begun) if begun else {})
        one = delivery(
            hospital,
            visits={NO_RAWAT: onsite()},
            adds_that_wait=frozenset({NO_RAWAT}),
            breaker=CircuitBreaker(probing=begun is not None),
        )
        list(one.run({waiting.kodebooking: waiting}))
        probe = begun == OutageKind.BPJS
        assert hospital.bpjs.heard[heard:] == ([(call, waiting.kodebooking)] if probe else [])
        assert one.probed == (waiting.kodebooking if probe else "")
        assert not one.unfinished


def test_what_waits_for_a_list_is_no_probe_where_something_else_is_due(hospital: Hospital) -> None:
    hospital.knows(KNOWN, task("A9"), outages=outage(OutageKind.BPJS))
    hospital.bpjs.answers = lambda _: SILENT
    one = delivery(hospital, breaker=CircuitBreaker(probing=True))
    list(one.run(hospital.known))
    assert hospital.bpjs.heard == [("updatewaktu", "A9")]


@pytest.mark.parametrize(
    ("owners", "sent"),
    [({}, True), ({NO_RAWAT: Owner()}, True), ({NO_RAWAT: Owner(registered="lain")}, False)],
)
def test_an_add_is_filled_in_from_the_visit_of_its_own_patient(
    hospital: Hospital, owners: dict[str, Owner], sent: bool
) -> None:
    hospital.knows(TO_ADD)
    one = delivery(hospital, visits={NO_RAWAT: onsite()}, owners=owners)
    list(one.run(hospital.known))
    assert hospital.bpjs.heard == ([("add", NO_RAWAT)] if sent else [])
    assert hospital.push(NO_RAWAT, "add").state == (State.SENT if sent else State.DUE)
