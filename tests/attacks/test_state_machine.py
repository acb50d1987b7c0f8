"""Everything at once: visits change, BPJS refuses and fails, Khanza is away, the process dies,
clocks jump, days pass.

People retry, replay and drop at the desk meanwhile.

- Passes run in this process, over a real ledger file and real HTTP, one call at a time; Khanza is
  the SQLite sample.
- A process dies before a commit, before a call, or after BPJS acted on one; its ledger is dropped
  as it stands.
- Whatever is sent must be owed at that moment (`world.Judge`). At the end all faults are over, and
  nothing may be owed.
- A time-out takes seconds of the real clock: the reset after BPJS acted is the same to the program.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from antrean_cli.bpjs.client import Client
from antrean_cli.config.settings import Settings, load
from antrean_cli.errors import InputError
from antrean_cli.ledger.file import locked
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.operator.push_filter import PushFilter
from antrean_cli.operator.queue_admin import drop, replay, retry
from antrean_cli.rules.answers import Reply
from antrean_cli.rules.faults import Fault as Broken
from antrean_cli.simulator.faults import Fault
from antrean_cli.simulator.hospital import Hospital, create_sqlite, open_sqlite
from antrean_cli.simulator.server import Simulator
from antrean_cli.sync import run as sync
from antrean_cli.sync.record import Recorded
from antrean_cli.sync.record import record as record_plans
from antrean_cli.sync.run import Pass
from tests.attacks.attack import Attack
from tests.attacks.world import CHANGES, Judge, World
from tests.support.site import CONS_ID, MONDAY, SECRET_KEY, USER_KEY, WIB, Clock, stand_in

START = datetime(MONDAY.year, MONDAY.month, MONDAY.day, 11, tzinfo=WIB)
ADDS = ("onsite,nonjkn", "mobilejkn,onsite,nonjkn")
FAULTS = (
    Fault("reset_before"),
    Fault("reset_after"),
    Fault("cut"),
    Fault("empty", handled=True),
    Fault("html"),
    Fault("http_500"),
    Fault("http_500", handled=True),
    Fault("http_429"),
    Fault("gagal_dicoba"),
    Fault("undefined_error", path="/antrean/add"),
    Fault("unknown_code"),
    Fault("not_found_yet", taskid=3),
    Fault("http_401"),
    Fault("code_as_text"),
)
PATHS = ("", "", "/antrean/add", "/antrean/updatewaktu", "/antrean/batal", "/antrean/getlisttask")
RANDOM = st.randoms(use_true_random=True)  # else most numbers would be small ones
MINUTES = st.sampled_from((0, 1, 1, 1, 2, 5, 6, 11, 16, 40))
STEPS = st.none() | st.integers(0, 7)  # to death
NOWHERE = {"KHANZA_SQLITE": "", "KHANZA_SOCKET": "/nonexistent/socket", "KHANZA_USER": "antrean"}
# Longer than every back-off, than what an outage waits, and than the look at all days.
REST = (0, 2, 11, 37, 61, 61, 37, 61, 1)


class DiedError(BaseException):
    """The process is gone: nobody may catch this and go on."""


@dataclass
class Process:
    """What runs one pass: it may die at its n-th step, and what came of it by then is noted."""

    bpjs: Simulator
    steps: int | None = None  # how many it has left
    looked: bool = False
    call: tuple[str, str] | None = (
        None  # the one whose outcome is not written yet, and what BPJS received of it
    )
    received: int | None = None
    lost: set[int] = field(default_factory=set)
    doubtful: set[str] = field(default_factory=set)
    died: bool = False

    def step(self) -> None:
        """Die if it is time to."""
        if self.steps is not None:
            self.steps -= 1
            if self.steps < 0:
                self._lose()
                self.died = True
                raise DiedError

    def calls(
        self, name: str, kodebooking: str, send: Callable[[], Reply | Broken]
    ) -> Reply | Broken:
        """Make one call, and note whether its answer got through."""
        self.call, self.received, heard = (name, kodebooking), None, len(self.bpjs.received)
        self.step()
        answer = send()
        entry = self.bpjs.received[-1] if len(self.bpjs.received) > heard else None
        self.received = entry.no if entry else None
        if isinstance(answer, Broken):
            self._lose()
        elif name == "add" and (
            answer.code not in ("200", "201", "208") or "Undefined" in answer.message
        ):
            self.doubtful.add(kodebooking)  # one that BPJS puts off may have been taken
        self.step()
        return answer

    def _lose(self) -> None:
        if self.received is not None:
            self.lost.add(self.received)
        if self.call and self.call[0] == "add":
            self.doubtful.add(self.call[1])


@pytest.fixture
def mortal(monkeypatch: pytest.MonkeyPatch) -> Mortal:
    """Every pass of this test runs in a process that can die."""
    mortal = Mortal()
    transaction, call = Ledger.transaction, Client.call

    @contextmanager
    def dying_transaction(ledger: Ledger) -> Iterator[None]:
        with transaction(ledger):
            yield
            mortal.process.step()
        mortal.process.call, mortal.process.received = None, None

    def dying_call(
        client: Client, name: str, body: Mapping[str, Any], **options: Any
    ) -> Reply | Broken:
        return mortal.process.calls(
            name, body["kodebooking"], lambda: call(client, name, body, **options)
        )

    def noted_record(*args: Any, **kwargs: Any) -> Recorded:
        recorded = record_plans(*args, **kwargs)
        mortal.process.looked = True
        return recorded

    monkeypatch.setattr(Ledger, "transaction", dying_transaction)
    monkeypatch.setattr(Client, "call", dying_call)
    monkeypatch.setattr(sync, "record", noted_record)
    return mortal


@dataclass
class Mortal:
    """The process of the pass that runs now."""

    process: Process = field(init=False)


@dataclass
class Totals:
    """What all runs together did."""

    runs: int = 0
    requests: int = 0
    steps: int = 0
    passes: int = 0
    deaths: int = 0
    lost: int = 0
    repeated: int = 0


class Everything(RuleBasedStateMachine):
    """One hospital with everything that can happen to it."""

    def __init__(self, mortal: Mortal, sample: Path, totals: Totals) -> None:
        super().__init__()
        self.mortal, self.sample, self.totals, self.clock = mortal, sample, totals, Clock(START)
        self.stack = ExitStack()
        self.folder = Path(self.stack.enter_context(TemporaryDirectory(dir=sample.parent)))
        self.khanza = open_sqlite(Path(shutil.copy(sample, self.folder / "khanza.sqlite3")))
        self.stack.callback(self.khanza.close)
        self.version = self.khanza.execute("PRAGMA data_version").fetchone()
        self.bpjs = self.stack.enter_context(stand_in(self.clock))
        self.world = World(
            Hospital(self.khanza, paramstyle=sqlite3.paramstyle), self.bpjs, self.clock
        )

    @initialize(add=st.sampled_from(ADDS), random=RANDOM)
    def opens(self, add: str, random: Random) -> None:
        """A hospital opens; its first pass finds nothing, and fixes the first day."""
        self.judge = Judge(self.world, add=add.split(","))
        env = {
            "BPJS_BASE_URL": self.bpjs.url,
            "ANTREAN_ADD": add,
        }
        env["KHANZA_SQLITE"] = str(self.folder / "khanza.sqlite3")
        state = self.folder / "antrean.sqlite3"
        self.settings, self.without_khanza = (
            settings(state, env),
            settings(state, {**env, **NOWHERE}),
        )
        self.run(self.settings)
        self.work(random, 20)

    @rule(random=RANDOM, minutes=st.lists(MINUTES, min_size=1, max_size=3), steps=STEPS)
    def cron(self, random: Random, minutes: Collection[int], steps: int | None) -> None:
        """Time goes by with people at work, and passes run; perhaps the last one dies at one of its
        steps.
        """
        for left, forward in zip(range(len(minutes), 0, -1), minutes, strict=True):
            self.work(random, random.randrange(5))
            self.clock.forward(minutes=forward)
            self.run(self.settings, steps if left == 1 else None)

    @rule(random=RANDOM, minutes=MINUTES, steps=STEPS)
    def cron_without_khanza(self, random: Random, minutes: int, steps: int | None) -> None:
        """The same while Khanza cannot be reached from here."""
        self.work(random, random.randrange(5))
        self.clock.forward(minutes=minutes)
        self.run(self.without_khanza, steps)

    def work(self, random: Random, many: int) -> None:
        """Let people change so many things in Khanza."""
        for _ in range(many):
            self.world.change(random.choice(CHANGES), random)

    @rule(
        fault=st.sampled_from(FAULTS),
        path=st.sampled_from(PATHS),
        times=st.sampled_from((1, 1, 2, 3, 20)),
    )
    def bpjs_fails(self, fault: Fault, path: str, times: int) -> None:
        """The next calls to BPJS go wrong."""
        if fault.name == "not_found_yet" and "mobilejkn" in self.settings.policy.add:
            return  # said of a booking made in Mobile JKN it would be a lie that calls for an add
        self.bpjs.faults.add(replace(fault, path=fault.path or path, times=times))

    @rule()
    def bpjs_is_back(self) -> None:
        """All troubles of BPJS are over."""
        self.bpjs.faults.clear()

    @rule(random=RANDOM, why=st.sampled_from(("sep", "rujukan_tidak_valid")))
    def bpjs_refuses(self, random: Random, why: str) -> None:
        """BPJS will refuse the add of a patient."""
        self.bpjs.bookings.refuse(why, norm=random.choice(list(self.world.visits.values())).norm)

    @rule(random=RANDOM, what=st.sampled_from(("retry", "replay", "drop")))
    def somebody_is_at_the_desk(self, random: Random, what: str) -> None:
        """Everything refused is tried again, a day is read anew, or a booking is given up."""
        now, policy = self.clock.now, self.settings.policy
        self.mortal.process = Process(self.bpjs)  # its own, which does not die
        with Ledger.open(self.settings.state, WIB) as ledger:
            records = list(ledger.of_days(MONDAY, now.date()).values())
            if what == "retry":
                retry(ledger, PushFilter(), policy, now)
                self.judge.retried()
            elif what == "replay":
                tanggal = now.date() - timedelta(days=random.randrange(3))
                with suppress(InputError):  # a day from before the first pass
                    replay(ledger, tanggal, "", policy, now)
                    self.judge.replayed(tanggal)
            elif records:
                given_up = random.choice(records).kodebooking
                drop(ledger, PushFilter(number=given_up), policy, now, "uji")
                self.judge.about(given_up).dropped = True

    @rule(days=st.sampled_from((1, 1, 2, 5)), hour=st.integers(0, 23))
    def days_pass(self, days: int, hour: int) -> None:
        """The computer is off for days."""
        day = self.clock.now.date() + timedelta(days=days)
        self.clock.now = datetime.combine(day, time(hour), WIB)

    @rule(hours=st.sampled_from((-26, -3, -1, 1, 3)))
    def clock_jumps(self, hours: int) -> None:
        """The computer's clock is set, but never to before the hospital opened."""
        self.clock.now = max(START, self.clock.now + timedelta(hours=hours))

    @invariant()
    def khanza_is_never_written(self) -> None:
        """Only this connection has written to Khanza: SQLite counts what others commit."""
        assert self.khanza.execute("PRAGMA data_version").fetchone() == self.version
        self.totals.steps += 1

    def run(self, settings: Settings, steps: int | None = None) -> None:
        """Run one pass, and hold what BPJS received of it against the truth."""
        heard = len(self.bpjs.received)
        process = self.mortal.process = Process(self.bpjs, steps)
        with suppress(DiedError):
            one_pass(settings, self.clock)
        if process.looked:
            self.judge.look()
        for kodebooking in process.doubtful:
            self.judge.about(kodebooking).doubtful = True
        self.judge.judge(self.bpjs.received[heard:], lost=process.lost, khanza=process.looked)
        self.totals.passes += 1
        self.totals.deaths += process.died
        self.totals.lost += len(process.lost)

    def rest(self) -> None:
        """Let all faults be over and all waits pass."""
        self.bpjs.faults.clear()
        for minutes in REST:
            self.clock.forward(minutes=minutes)
            self.run(self.settings)
        self.clock.now = self.clock.now.replace(hour=23, minute=30)
        for minutes in (61, 61):  # the day is over
            self.clock.forward(minutes=minutes)
            self.run(self.settings)

    def teardown(self) -> None:
        """In the end nothing may be owed, and the ledger tells the truth."""
        with self.stack:
            self.rest()
            assert self.judge.unpaid() == []
            self.judge.confirm(self.bpjs.bookings.snapshot())
            self.ledger_is_true()
            self.totals.runs += 1
            self.totals.requests += self.judge.judged
            self.totals.repeated += self.judge.repeated

    def ledger_is_true(self) -> None:
        """What the ledger calls sent is at BPJS, and nothing is left due that could have gone."""
        with Ledger.open(self.settings.state, WIB) as ledger:
            records = ledger.of_days(MONDAY, self.clock.now.date())
        for record in records.values():
            told = self.judge.about(record.kodebooking)
            held = {
                *told.tasks,
                *(("add",) if told.known else ()),
                *(("batal",) if "99" in told.tasks else ()),
            }
            assert {push.step for push in record.pushes.values() if push.done} <= held


def one_pass(settings: Settings, clock: Clock) -> None:
    """Run one pass as the command does."""
    with locked(settings.state), Ledger.open(settings.state, WIB) as ledger:
        for _ in Pass(settings=settings, ledger=ledger, clock=clock).run():
            pass


def settings(state: Path, env: Mapping[str, str]) -> Settings:
    """Return the settings of a hospital whose passes send one request at a time: a run can be
    repeated exactly.
    """
    keys = {"BPJS_CONS_ID": CONS_ID, "BPJS_SECRET_KEY": SECRET_KEY, "BPJS_USER_KEY": USER_KEY}
    environ = {**keys, "ANTREAN_WORKERS": "1", **env}
    return load(env_file=None, state=state, needs=frozenset({"bpjs", "khanza"}), environ=environ)


def test_nothing_is_lost_and_nothing_comes_twice_whatever_happens(
    mortal: Mortal, attack: Attack, tmp_path: Path
) -> None:
    """Random runs of 50 steps each; a failing one is cut down to the steps that matter."""
    sample, totals = tmp_path / "sample.sqlite3", Totals()
    with closing(create_sqlite(sample)) as connection:
        Hospital(connection, paramstyle=sqlite3.paramstyle).basics()

    @hypothesis.seed(attack.seed)
    class Machine(Everything):
        def __init__(self) -> None:
            super().__init__(mortal, sample, totals)

    run_machine(
        Machine,
        settings=hypothesis.settings(
            max_examples=attack.size(always=12, all=2000),
            stateful_step_count=50,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
    attack.measured(
        f"a state machine of everything at once, {totals.runs} runs of up to 50 steps",
        f"{totals.steps} steps, {totals.passes} passes ({totals.deaths} "
        f"died), {totals.requests} requests, "
        f"{totals.lost} answers lost, {totals.repeated} repeats; "
        f"nothing lost, nothing twice, nothing untrue",
    )
