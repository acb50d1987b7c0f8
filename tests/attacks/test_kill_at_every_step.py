"""The program is killed at a step, every step in turn, and started again: the end is that of an
undisturbed run.

- A scenario is a function that fills Khanza, prepares BPJS, moves the clock and runs the program;
  it returns what BPJS has to hold at the end, by what was written into Khanza.
- Each kill has a hospital, a BPJS and a ledger of its own. The program starts again at the minute
  at which it died.
- What may differ: a repeated add or batal, or a task found by a look-up, is *already* there instead
  of *sent*.
- A kill leaves at most one call a worker in flight, so at most so many writes are repeated; a task
  that BPJS accepted is among them only if a person typed it twice.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any, NamedTuple

import pymysql
import pytest

from antrean_cli.simulator.faults import Fault
from antrean_cli.simulator.hospital import Hospital
from tests.attacks.attack import Attack
from tests.attacks.stepping import SECONDS
from tests.conftest import ROOT
from tests.support.mariadb import MariaDB
from tests.support.patients import added_elsewhere, gone_home, patient
from tests.support.site import (
    MONDAY,
    WIB,
    Clock,
    Site,
    ms,
    settings_of,
    stand_in,
)

ADD, UPDATE, LIST = "/antrean/add", "/antrean/updatewaktu", "/antrean/getlisttask"
HARMLESS = (0, 3, 4, 5)  # how a run may end that is not killed
Held = dict[str, list[tuple[int, str]]]
Row = dict[str, Any]


class Ran(NamedTuple):
    """A run of the program: which command, how it ended, and its steps."""

    command: str
    returncode: int
    steps: list[str]


class Death(NamedTuple):
    """The run of a scenario, and the step of that run, at which the program dies.

    Both are counted from 1.
    """

    run: int
    step: int


class Program:
    """The process that is the command `antrean` on demand (`stepping`)."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.attacks.stepping"],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def run(self, args: tuple[str, ...], env: dict[str, str], die_at: int) -> Ran:
        """Run a command to its end, or to the step at which it dies (0: none)."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"args": args, "env": env, "die_at": die_at}) + "\n")
        return Ran(args[0], **json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


@dataclass(kw_only=True)
class World(Site):
    """A hospital whose program dies once."""

    program: Program
    workers: int
    death: Death | None
    again: bool = True  # whether what was killed is run again at once
    killed: tuple[str, ...] = ()  # the arguments of the run that was
    runs: list[Ran] = field(default_factory=list)

    def antrean(self, *args: str) -> None:
        """Run the command `antrean` at the clock's time; if this is the run to die in, die, and run
        it again.
        """
        if self.death and self.death.run == len(self.runs) + 1:
            heard = len(self.bpjs.arrived)
            died = self._once(args, self.death.step)
            # With several workers the order of steps varies, and with it their number by a few.
            assert died.returncode == -signal.SIGKILL or (
                self.workers > 1 and died.returncode in HARMLESS
            )
            self.killed = args if died.returncode == -signal.SIGKILL else ()
            self._let_arrive(heard + died.steps.count("request is on the wire"))
            if not self.again:
                self.runs.append(died)
                return
        self.runs.append(self._once(args, 0))
        assert self.runs[-1].returncode in HARMLESS

    def _let_arrive(self, requests: int) -> None:
        """Wait for what a dead program has sent: BPJS gets it all the same."""
        deadline = monotonic() + SECONDS
        while len(self.bpjs.arrived) < requests:
            assert monotonic() < deadline
            sleep(0.001)

    def steps(self) -> list[tuple[Death, str]]:
        """Return all steps so far with their names."""
        return [
            (Death(run, step), name)
            for run, ran in enumerate(self.runs, 1)
            for step, name in enumerate(ran.steps, 1)
        ]

    def _once(self, args: tuple[str, ...], die_at: int) -> Ran:
        env = {"CLOCK": self.clock.now.isoformat(), "ANTREAN_WORKERS": str(self.workers)}
        return self.program.run(args, self.environment(**env), die_at)


@dataclass(kw_only=True)
class Stage:
    """Where worlds are made: one Khanza, emptied for each, and one process to
    run the program in.
    """

    mariadb: MariaDB
    connection: pymysql.Connection[Any]
    program: Program
    folder: Path

    @contextmanager
    def world(
        self, workers: int = 1, death: Death | None = None, *, again: bool = True
    ) -> Iterator[World]:
        """Make a hospital on Monday at 14:00, with a BPJS and no ledger yet."""
        self.mariadb.reset()
        khanza = Hospital(self.connection, paramstyle=pymysql.paramstyle)
        clock = Clock(datetime.combine(MONDAY, time(14), WIB))
        with (
            TemporaryDirectory(dir=self.folder) as folder,
            stand_in(clock) as bpjs,
        ):
            yield World(
                khanza=khanza,
                bpjs=bpjs,
                clock=clock,
                env=settings_of(self.mariadb, bpjs.url),
                program=self.program,
                workers=workers,
                death=death,
                again=again,
                folder=Path(folder) / "antrean",  # the first run makes it
            )


# -- what a scenario is made of


def booked(site: Site, *, known: bool = True) -> tuple[str, str]:
    """Book in Mobile JKN, checked in at 07:40; return no_rawat and nobooking."""
    no_rawat = site.khanza.visit(MONDAY, jam="08:00:00")
    nobooking = site.khanza.booking(
        no_rawat, MONDAY, status="Checkin", validasi=f"{MONDAY} 07:40:00"
    )
    if known:
        site.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY))
    return no_rawat, nobooking


EXAMINED = [(3, "08:05:00"), (4, "08:30:00")]
SEEN_HOME = [*EXAMINED, (5, "08:50:00")]


# -- the scenarios


def a_visit_through_tasks_3_to_7(world: World) -> Held:
    no_rawat = gone_home(world)
    world.khanza.resep(no_rawat, divalidasi=f"{MONDAY} 09:10:00", diserahkan=f"{MONDAY} 09:30:00")
    world.antrean("sync")
    return {no_rawat: [*SEEN_HOME, (6, "09:10:00"), (7, "09:30:00")]}


def nothing_to_send(world: World) -> Held:
    """A first pass: yesterday's visit is history, one of today waits for its reference, one for its
    clinic's code; it is too early to ask for them.
    """
    patient(world, MONDAY - timedelta(days=1), exam="08:30:00")
    world.khanza.visit(MONDAY, jam="08:05:00")
    patient(world, kd_poli="MAT")
    world.clock.at("08:10")
    world.antrean("sync")
    return {}


def a_held_add_that_asks(world: World) -> Held:
    """Twice in vain; then Khanza's SEP form has added the booking."""
    no_rawat = patient(world, kd_poli="MAT")
    for hhmm in ("08:20", "08:21"):
        world.clock.at(hhmm)
        world.antrean("sync")
    added_elsewhere(world, no_rawat)
    world.khanza.exam(no_rawat, f"{MONDAY} 08:24:00")
    world.clock.at("08:25")
    world.antrean("sync")
    return {no_rawat: [(3, "08:05:00"), (4, "08:24:00")]}


def non_jkn_after_its_delay(world: World) -> Held:
    no_rawat = world.khanza.visit(MONDAY, jam="08:05:00", kd_pj="UMU")
    for hhmm in ("08:15", "08:21"):
        world.clock.at(hhmm)
        world.antrean("sync")
    return {no_rawat: [(3, "08:05:00")]}


def mobile_jkn_with_a_check_in(world: World) -> Held:
    no_rawat, nobooking = booked(world)
    world.khanza.exam(no_rawat, f"{MONDAY} 08:30:00")
    world.antrean("sync")
    return {nobooking: [(3, "07:40:00"), (4, "08:30:00")]}


def mobile_jkn_that_bpjs_does_not_know(world: World) -> Held:
    """It is added once BPJS has said so of its first task."""
    world.env["ANTREAN_ADD"] = "mobilejkn"
    no_rawat, nobooking = booked(world, known=False)
    world.khanza.exam(no_rawat, f"{MONDAY} 08:30:00")
    for _ in range(3):
        world.antrean("sync")
        world.clock.forward(minutes=3)
    return {nobooking: [(3, "07:40:00"), (4, "08:30:00")]}


def a_cancel_in_mobile_jkn(world: World) -> Held:
    no_rawat, nobooking = booked(world)
    world.clock.at("07:50")
    world.antrean("sync")
    world.khanza.delete("reg_periksa", no_rawat=no_rawat)
    world.khanza.update("referensi_mobilejkn_bpjs", {"nobooking": nobooking}, status="Batal")
    world.khanza.batal(nobooking)
    world.clock.at("08:00")
    world.antrean("sync")
    return {nobooking: [(3, "07:40:00"), (99, "08:00:00")]}


def a_cancel_at_the_desk(world: World) -> Held:
    """Its time is the minute at which a pass saw it."""
    no_rawat = world.khanza.visit(MONDAY, jam="08:05:00")
    world.khanza.sep(no_rawat)
    for hhmm, stts in (("09:00", "Belum"), ("09:10", "Batal"), ("09:21", "Batal")):
        world.khanza.stts(no_rawat, stts)
        world.clock.at(hhmm)
        world.antrean("sync")
    return {no_rawat: [(3, "08:05:00"), (99, "09:10:00")]}


def a_refused_add_whose_tasks_are_held(world: World) -> Held:
    no_rawat = patient(world, exam="08:30:00")
    world.bpjs.bookings.refuse("rujukan_tidak_valid", kodebooking=no_rawat)
    world.antrean("sync")
    return {}


def an_add_that_bpjs_has_already(world: World) -> Held:
    """BPJS's times count, also for the order of what comes after."""
    no_rawat = gone_home(world)
    tasks = [{"taskid": 3, "waktu": ms("08:06")}, {"taskid": 4, "waktu": ms("08:31")}]
    added_elsewhere(world, no_rawat, tasks=tasks)
    world.antrean("sync")
    return {no_rawat: [(3, "08:06:00"), (4, "08:31:00"), (5, "08:50:00")]}


def three_steps_with_one_click(world: World) -> Held:
    no_rawat = world.khanza.visit(MONDAY, jam="08:05:00")
    world.khanza.sep(no_rawat)
    world.khanza.exam(no_rawat, f"{MONDAY} 08:05:00")
    world.khanza.berkas(no_rawat, kembali=f"{MONDAY} 08:05:00")
    world.antrean("sync")
    return {no_rawat: [(3, "08:05:00"), (4, "08:05:01"), (5, "08:05:02")]}


def a_row_dated_back_found_by_the_hourly_scan(world: World) -> Held:
    for day, hhmm in ((0, "14:00"), (3, "09:00")):
        world.clock.at(hhmm, day=day)
        world.antrean("sync")
    no_rawat = gone_home(world)
    for hhmm in ("09:30", "10:01"):
        world.clock.at(hhmm, day=3)
        world.antrean("sync")
    return {no_rawat: SEEN_HOME}


def an_outage_its_probe_and_its_end(world: World) -> Held:
    visits = [patient(world, exam="08:30:00") for _ in range(4)]
    world.bpjs.stop()
    for hhmm in ("10:00", "10:01"):
        world.clock.at(hhmm)
        world.antrean("sync")
    world.bpjs.start()
    world.clock.at("10:05")
    world.antrean("sync")
    return dict.fromkeys(visits, EXAMINED)


def answers_that_are_lost(world: World) -> Held:
    """BPJS accepts, and nobody hears of it."""
    visits = [patient(world, exam="08:30:00") for _ in range(2)]
    world.bpjs.faults.add(
        Fault("reset_after", path=ADD, kodebooking=visits[0]),
        Fault("cut", path=UPDATE, kodebooking=visits[1]),
    )
    for _ in range(2):
        world.antrean("sync")
        world.clock.forward(minutes=1)
    return dict.fromkeys(visits, EXAMINED)


def a_later_task_that_bpjs_holds(world: World) -> Held:
    """ "TaskId terakhir 5": tasks 3 and 4 can never come."""
    no_rawat = patient(world, exam="08:30:00")
    added_elsewhere(world, no_rawat, tasks=[{"taskid": 5, "waktu": ms("08:50")}])
    world.antrean("sync")
    return {no_rawat: [(5, "08:50:00")]}


def a_task_that_is_put_off(world: World) -> Held:
    no_rawat = patient(world, exam="08:30:00")
    world.bpjs.faults.add(Fault("gagal_dicoba", path=UPDATE, taskid=3))
    for _ in range(2):
        world.antrean("sync")
        world.clock.forward(minutes=3)
    return {no_rawat: EXAMINED}


def refused_credentials(world: World) -> Held:
    visits = [patient(world, exam="08:30:00") for _ in range(2)]
    world.bpjs.faults.add(Fault("http_401", times=None))
    world.antrean("sync")
    world.bpjs.faults.clear()
    world.clock.forward(minutes=1)
    world.antrean("sync")
    return dict.fromkeys(visits, EXAMINED)


def khanza_down_while_tasks_are_due(world: World) -> Held:
    """The tasks go out, the add waits."""
    early, late = patient(world, exam="08:30:00"), world.khanza.visit(MONDAY, jam="08:05:00")
    world.bpjs.faults.add(Fault("gagal_dicoba", path=UPDATE, taskid=3))
    world.antrean("sync")
    world.khanza.sep(late)
    socket = world.env["KHANZA_SOCKET"]
    for where in ("/nonexistent", socket):
        world.env["KHANZA_SOCKET"] = where
        world.clock.forward(minutes=3)
        world.antrean("sync")
    return {early: EXAMINED, late: [(3, "08:05:00")]}


def many_bookings_of_all_kinds(world: World) -> Held:
    visits = [gone_home(world) for _ in range(3)]
    other = world.khanza.visit(MONDAY, jam="08:05:00", kd_pj="UMU")
    nobooking = booked(world)[1]
    cancelled = world.khanza.booking(None, MONDAY, status="Batal")
    world.bpjs.bookings.mobile_jkn(cancelled, str(MONDAY))
    world.khanza.batal(cancelled)
    world.antrean("sync")
    return {
        **dict.fromkeys(visits, SEEN_HOME),
        other: [(3, "08:05:00")],
        nobooking: [(3, "07:40:00")],
        cancelled: [(99, "14:00:00")],
    }


def what_expires_after_h_plus_7(world: World) -> Held:
    """A clinic that nobody mapped in time."""
    patient(world, kd_poli="MAT", exam="08:30:00")
    world.antrean("sync")
    world.clock.at("09:00", day=8)
    world.antrean("sync")
    return {}


def what_the_ledger_forgets(world: World) -> Held:
    world.env["ANTREAN_KEEP_DAYS"] = "8"
    old = patient(world, exam="08:30:00")
    world.antrean("sync")
    new = patient(world, MONDAY + timedelta(days=10), exam="08:30:00")
    world.clock.at("09:00", day=10)
    world.antrean("sync")
    return {old: EXAMINED, new: EXAMINED}


def an_update_by_hand(world: World) -> Held:
    """Khanza's own time of that task comes later, and changes nothing."""
    no_rawat = world.khanza.visit(MONDAY, jam="08:05:00")
    world.khanza.sep(no_rawat)
    world.antrean("sync")
    world.antrean("update", no_rawat, "4", f"{MONDAY} 08:29")
    world.khanza.exam(no_rawat, f"{MONDAY} 08:30:00")
    world.khanza.berkas(no_rawat, kembali=f"{MONDAY} 08:50:00")
    world.antrean("sync")
    return {no_rawat: [(3, "08:05:00"), (4, "08:29:00"), (5, "08:50:00")]}


def updates_by_hand_that_are_kept(world: World) -> Held:
    """Before the booking is there: the first one is asked of BPJS, the second one of nobody."""
    no_rawat = patient(world, exam="08:30:00")
    world.antrean("update", no_rawat, "1", f"{MONDAY} 07:50")
    world.antrean("update", no_rawat, "2", f"{MONDAY} 07:55", "--queue")
    world.antrean("sync")
    return {no_rawat: [(1, "07:50:00"), (2, "07:55:00"), *EXAMINED]}


def an_add_by_hand(world: World) -> Held:
    no_rawat = world.khanza.visit(MONDAY, jam="08:05:00", kd_pj="UMU")
    world.clock.at("08:10")
    world.antrean("add", "--no-rawat", no_rawat)
    world.clock.at("08:25")
    world.antrean("sync")
    return {no_rawat: [(3, "08:05:00")]}


def a_cancel_by_hand(world: World) -> Held:
    no_rawat = world.khanza.visit(MONDAY, jam="08:05:00")
    world.khanza.sep(no_rawat)
    world.clock.at("08:10")
    world.antrean("sync")
    world.clock.at("08:20")
    world.antrean("batal", no_rawat, "--keterangan", "Dokter sakit")
    world.khanza.exam(no_rawat, f"{MONDAY} 08:30:00")
    world.clock.at("08:40")
    world.antrean("sync")
    return {no_rawat: [(3, "08:05:00"), (99, "08:20:00")]}


Scenario = Callable[[World], Held]
ALONE: tuple[Scenario, ...] = (
    a_visit_through_tasks_3_to_7,
    nothing_to_send,
    a_held_add_that_asks,
    non_jkn_after_its_delay,
    mobile_jkn_with_a_check_in,
    mobile_jkn_that_bpjs_does_not_know,
    a_cancel_in_mobile_jkn,
    a_cancel_at_the_desk,
    a_refused_add_whose_tasks_are_held,
    an_add_that_bpjs_has_already,
    three_steps_with_one_click,
    a_row_dated_back_found_by_the_hourly_scan,
    a_later_task_that_bpjs_holds,
    a_task_that_is_put_off,
    what_expires_after_h_plus_7,
    what_the_ledger_forgets,
    an_update_by_hand,
    updates_by_hand_that_are_kept,
    an_add_by_hand,
    a_cancel_by_hand,
    khanza_down_while_tasks_are_due,
)
# Several bookings: worth several workers too.
TOGETHER: tuple[Scenario, ...] = (
    an_outage_its_probe_and_its_end,
    answers_that_are_lost,
    refused_credentials,
    many_bookings_of_all_kinds,
)


# -- the attack

DONE = {"sent": "done", "already": "done"}
UNTOLD = {"code": "", "attempts": 0, "since": 0, "sent_at": 0}
# What differs from ledger to ledger, whatever happened to it.
MARKED = {"seal", "mark_norm", "mark_nik", "mark_nomorkartu"}
NO_FAULTS = {"name": "faults_in_row", "value": "0"}


class Write(NamedTuple):
    """A write that BPJS judged."""

    path: str
    kodebooking: str
    taskid: str
    code: int


class End(NamedTuple):
    """What BPJS holds, how often it judged each write, and what the ledger says."""

    bpjs: list[Row]
    writes: Counter[Write]
    ledger: dict[str, list[Row]]

    @property
    def held(self) -> Held:
        """Which tasks BPJS holds, with their times of day."""
        return {
            row["kodebooking"]: [
                (task["taskid"], f"{datetime.fromtimestamp(task['wakturs'] / 1000, WIB):%H:%M:%S}")
                for task in row["tasks"]
            ]
            for row in self.bpjs
        }

    @property
    def accepted(self) -> Counter[Write]:
        """How often each write was accepted."""
        return Counter({write: times for write, times in self.writes.items() if write.code == 200})


@pytest.fixture(scope="module")
def stage(mariadb: MariaDB, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One Khanza and one process for all scenarios."""
    folder = tmp_path_factory.mktemp("stage")
    program = Program(folder)
    with closing(program), mariadb.admin() as connection:
        yield Stage(mariadb=mariadb, connection=connection, program=program, folder=folder)


BY_HAND: tuple[Scenario, ...] = (
    an_update_by_hand,
    updates_by_hand_that_are_kept,
    an_add_by_hand,
    a_cancel_by_hand,
)
SCENARIOS = [(one, 1) for one in ALONE + TOGETHER] + [(one, 4) for one in TOGETHER]


@pytest.mark.parametrize(
    ("scenario", "workers"), SCENARIOS, ids=lambda value: getattr(value, "__name__", value)
)
def test_killed_at_any_step_and_started_again_it_ends_as_if_undisturbed(
    scenario: Scenario, workers: int, stage: Stage, attack: Attack
) -> None:
    with stage.world(workers) as world:
        held, steps = scenario(world), world.steps()
        undisturbed = ending(world)
    assert undisturbed.held == held
    repeats = []
    for death, name in attack.random().sample(
        steps, min(len(steps), attack.size(always=1, all=len(steps)))
    ):
        with stage.world(workers, death) as world:
            assert scenario(world) == held
            end = ending(world)
        assert alike(end) == alike(undisturbed), (death, name)
        repeated = end.writes - undisturbed.writes
        assert repeated.total() <= workers, (death, name)
        told_again = [write for write in repeated if (write.path, write.code) == (UPDATE, 208)]
        assert "update" in world.killed or not told_again, (death, name)
        if world.killed:
            repeats.append(repeated.total())
    measured(attack, repeats, scenarios=int(workers == 1))


@pytest.mark.parametrize("scenario", BY_HAND)
def test_what_nobody_types_again_after_a_kill_is_settled_by_the_next_pass(
    scenario: Scenario, stage: Stage, attack: Attack
) -> None:
    """Whether BPJS has it or not, the ledger comes to say the same."""
    with stage.world() as world:
        scenario(world)
        steps = [
            (death, name)
            for death, name in world.steps()
            if world.runs[death.run - 1].command != "sync"
        ]
    repeats = []
    for death, name in attack.random().sample(steps, attack.size(always=1, all=len(steps))):
        with stage.world(death=death, again=False) as world:
            scenario(world)
            end = ending(world)
        assert done_in_ledger(end) == {
            (kode, str(task)) for kode, tasks in end.held.items() for task, _ in tasks
        }, name
        repeats.append(sum(write.code == 208 for write in end.writes))
    measured(attack, repeats, scenarios=1)


def measured(attack: Attack, repeats: list[int], *, scenarios: int) -> None:
    """Keep how many writes each kill of a scenario made repeat."""
    attack.measured(
        "kill -9 at a step of a pass, then on",
        "{kills} kills in {scenarios} scenarios: 0 lost, 0 accepted twice, "
        "at most {most_repeated} repeated by a kill ({repeating} repeated any)",
        kills=len(repeats),
        scenarios=scenarios,
        most_repeated=max(repeats, default=0),
        repeating=sum(map(bool, repeats)),
    )


def done_in_ledger(end: End) -> set[tuple[str, str]]:
    """Return the tasks that BPJS has by the ledger's word; a cancel is its task 99."""
    done = ((row["kodebooking"], row["step"]) for row in end.ledger["push"] if row["state"] in DONE)
    return {
        (kodebooking, "99" if step == "batal" else step)
        for kodebooking, step in done
        if step != "add"
    }


def ending(world: World) -> End:
    """Return what there is after one pass more, which changed nothing; BPJS
    accepted nothing twice.
    """
    before = so_far(world)
    assert set(before.accepted.values()) <= {1}
    world.clock.forward(minutes=1)
    world.antrean("sync")
    end = so_far(world)
    assert end._replace(ledger={}) == before._replace(ledger={})
    assert end.ledger["push"] == before.ledger["push"]
    assert unmarked(end) == unmarked(before)
    return end


def unmarked(end: End) -> list[Row]:
    """Return the bookings without the mark by which the next pass passes them over."""
    return [row | {"settled": ""} for row in end.ledger["booking"]]


def so_far(world: World) -> End:
    """Return what there is now."""
    return End(
        bpjs=sorted(world.bpjs.bookings.snapshot(), key=lambda row: str(row["kodebooking"])),
        writes=Counter(
            Write(one.path, str(one.body["kodebooking"]), str(one.body.get("taskid", "")), one.code)
            for one in world.bpjs.received
            if one.body and one.path != LIST
        ),
        ledger=rows(world.state),
    )


def rows(state: Path) -> dict[str, list[Row]]:
    """Return all that a ledger holds but its key, and the seals and marks that follow from it."""
    with closing(sqlite3.connect(state)) as connection:
        connection.row_factory = sqlite3.Row
        return {
            table: [
                _without_marks(row)
                for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2")
                if row[0] not in ("seal", "key")
            ]
            for table in ("meta", "booking", "push")
        }


def _without_marks(row: sqlite3.Row) -> Row:
    """Return a row without what follows from the ledger's own key."""
    kept = {name: row[name] for name in row.keys() if name not in MARKED}  # noqa: SIM118 - a Row is no dict
    if "settled" in kept:  # a fingerprint: the policy's, and behind it the visit's
        kept["settled"] = kept["settled"].rpartition(":")[0]
    if kept.get("refused"):
        kept["refused"] = {step: len(marks) for step, marks in json.loads(kept["refused"]).items()}
    return kept


def alike(end: End) -> End:
    """Return what must not differ from an undisturbed run.

    What may: whether BPJS took a push or had it already, how often it was put off before, the
    minute at which either side wrote that down, the count of faults, where none is the same as none
    counted, and the statistics of calls.
    """
    pushes = [
        row | {"state": DONE.get(row["state"], row["state"]), **UNTOLD}
        for row in end.ledger["push"]
    ]
    meta = [row for row in end.ledger["meta"] if row != NO_FAULTS and row["name"] != "calls"]
    held = [row | {"tasks": [task | {"waktu": 0} for task in row["tasks"]]} for row in end.bpjs]
    return end._replace(
        bpjs=held, ledger=end.ledger | {"push": pushes, "meta": meta}, writes=end.accepted
    )
