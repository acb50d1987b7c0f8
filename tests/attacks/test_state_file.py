"""Attacks on the state file: bits flipped, files cut, replaced, newer, read-only, and a disk that
fills up.

- Every case begins with the same morning at a hospital: a ledger in the middle of its work, BPJS as
  it was by then, and rows in Khanza that the ledger has not seen. One kind of ledger was left by a
  pass that ended in order, the other by kill -9 with a -wal beside it.
- There are two right ends. Refused: exit 9, one sentence, every file as it was, and BPJS heard
  nothing. Or gone on: BPJS was told nothing that Khanza does not say, and in the end it holds all
  of it.
- What is right is worked out from what the test wrote into Khanza, never asked of the program.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType

import pytest

from antrean_cli.simulator.faults import Fault
from antrean_cli.simulator.fields import Body
from antrean_cli.simulator.server import Received, Simulator
from tests.attacks.attack import Attack
from tests.support.command import command_line, run
from tests.support.site import MONDAY, WIB, Site, stand_in, wait_for

ADD, UPDATE, BATAL, LIST = (
    "/antrean/add",
    "/antrean/updatewaktu",
    "/antrean/batal",
    "/antrean/getlisttask",
)
ROOT = Path(__file__).parents[2]
SUNDAY = MONDAY - timedelta(days=1)
LEDGER, WAL, SHM, LOCK = (f"antrean.sqlite3{end}" for end in ("", "-wal", "-shm", ".lock"))
CLOSED, KILLED = "closed", "killed"  # how the pass before ended
REFUSED, HALFWAY, WENT_ON = "refused", "refused halfway", "went on"  # how a case ends
WORKERS = 4  # by default; so many calls may be repeated after a pass that could not record them
PAGE = 4096
KHANZA_DOWN = {"KHANZA_SOCKET": "/nonexistent/socket"}
NOBODY = "http://127.0.0.1:9/antreanrs"  # who calls there does not get as far as exit 9
NAMESPACE = ("unshare", "-rm")
Tasks = list[tuple[int, str]]


@dataclass(frozen=True, kw_only=True)
class Command:
    """One command line, and what BPJS holds of a booking by hand once it is done."""

    args: tuple[str, ...]
    kodebooking: str = "LOKET-1"  # Khanza does not know it
    tells: Tasks = field(default_factory=list)


SYNC = Command(args=("sync",))
UPDATE_BY_HAND = Command(
    args=("update", "LOKET-1", "3", f"{MONDAY} 09:00"), tells=[(3, "09:00:00")]
)
BATAL_BY_HAND = Command(args=("batal", "LOKET-1", "--keterangan", "Salah daftar"), tells=[(99, "")])
ADD_BY_HAND = Command(args=("add", "antrean.json"), kodebooking="LOKET-2")
COMMANDS = (SYNC, UPDATE_BY_HAND, BATAL_BY_HAND, ADD_BY_HAND)


@dataclass(frozen=True, kw_only=True)
class Left:
    """What a pass left behind: the files of the ledger, and every request that BPJS had judged by
    then.
    """

    files: Mapping[str, bytes]
    told: Sequence[Received]


@dataclass(kw_only=True)
class Day:
    """A hospital's Monday morning: what BPJS must hold in the end, and which bookings it must
    refuse.
    """

    site: Site
    right: dict[str, Tasks] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    known: list[str] = field(
        default_factory=list
    )  # booked in Mobile JKN: BPJS has them before we say a word
    left: dict[str, Left] = field(default_factory=dict)

    def patient(
        self, minute: int, *, tanggal: date = MONDAY, resep: bool = False, kd_pj: str = "BPJ"
    ) -> str:
        """Register a patient at 08:00 and so many minutes, examined and gone home since."""
        begin = datetime.combine(tanggal, time(8), WIB) + timedelta(minutes=minute)
        steps = [
            begin + timedelta(minutes=10 * step, seconds=step) for step in range(5 if resep else 3)
        ]
        times = [f"{step:%Y-%m-%d %H:%M:%S}" for step in steps]
        no_rawat = self.site.khanza.visit(tanggal, jam=f"{begin:%H:%M:%S}", kd_pj=kd_pj)
        if kd_pj == "BPJ":
            self.site.khanza.sep(no_rawat)
        self.site.khanza.exam(no_rawat, times[1])
        self.site.khanza.berkas(no_rawat, kembali=times[2])
        if resep:
            self.site.khanza.resep(
                no_rawat, dibuat=times[2], divalidasi=times[3], diserahkan=times[4]
            )
        self.right[no_rawat] = [
            (taskid, f"{step:%H:%M:%S}") for taskid, step in enumerate(steps, 3)
        ]
        return no_rawat

    def waiting(self, minute: int) -> str:
        """Register a patient whom nobody has examined yet."""
        no_rawat = self.site.khanza.visit(MONDAY, jam=f"08:{minute:02}:00")
        self.site.khanza.sep(no_rawat)
        self.right[no_rawat] = [(3, f"08:{minute:02}:00")]
        return no_rawat

    def examined(self, no_rawat: str) -> None:
        """Examine a patient who waited, and let him go home."""
        self.site.khanza.exam(no_rawat, f"{MONDAY} 09:40:10")
        self.site.khanza.berkas(no_rawat, kembali=f"{MONDAY} 09:50:20")
        self.right[no_rawat] += [(4, "09:40:10"), (5, "09:50:20")]

    def booked(self, *, cancelled: bool) -> None:
        """Book in Mobile JKN, and cancel there or come."""
        no_rawat = None if cancelled else self.site.khanza.visit(MONDAY, jam="08:00:00")
        status, validasi = (
            ("Batal", "0000-00-00 00:00:00") if cancelled else ("Checkin", f"{MONDAY} 07:50:30")
        )
        nobooking = self.site.khanza.booking(no_rawat, MONDAY, status=status, validasi=validasi)
        if cancelled:
            self.site.khanza.batal(nobooking)
        self.know(nobooking)
        self.right[nobooking] = [(99, "")] if cancelled else [(3, "07:50:30")]

    def know(self, kodebooking: str) -> None:
        """Let BPJS have a booking that is not ours."""
        self.known.append(kodebooking)
        self.site.bpjs.bookings.mobile_jkn(kodebooking, str(MONDAY))

    def keep(self, name: str) -> None:
        """Keep what is there now, for the cases to begin with."""
        files = {path.name: path.read_bytes() for path in self.site.folder.glob(f"{LEDGER}*")}
        self.left[name] = Left(files=files, told=tuple(self.site.bpjs.received))

    @contextmanager
    def again(self, left: Left) -> Iterator[Site]:
        """Begin a case: the hospital as it was left, a quarter past ten."""
        self.site.clock.at("10:15")
        with stand_in(self.site.clock) as bpjs:
            self._tell(bpjs, left)
            folder = self.site.folder / "case"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            for name, content in left.files.items():
                (folder / name).write_bytes(content)
            yield replace(
                self.site,
                bpjs=bpjs,
                folder=folder,
                env={**self.site.env, "BPJS_BASE_URL": bpjs.url},
            )

    def _tell(self, bpjs: Simulator, left: Left) -> None:
        """Bring a new stand-in BPJS to where the old one was."""
        for kodebooking in self.known:
            bpjs.bookings.mobile_jkn(kodebooking, str(MONDAY))
        for kodebooking in self.refused:
            bpjs.bookings.refuse("rujukan_tidak_valid", kodebooking=kodebooking)
        calls = {
            ADD: bpjs.bookings.add,
            UPDATE: bpjs.bookings.updatewaktu,
            BATAL: bpjs.bookings.batal,
        }
        for one in left.told:
            if one.path in calls and one.code == 200:
                calls[one.path](one.body or {})


@pytest.fixture
def day(site: Site, attack: Attack) -> Day:
    """A morning at the hospital, up to ten past ten."""
    site.env["ANTREAN_MAX_SECONDS"] = "600"  # a busy machine is no attack of ours
    day = Day(site=site)
    site.clock.at("10:00")
    put_off = [day.patient(minute, tanggal=SUNDAY) for minute in range(3)]
    for minute in range(attack.size(always=12, all=40)):
        day.patient(minute, resep=minute % 3 == 0, kd_pj="UMU" if minute % 8 == 5 else "BPJ")
    put_off += [day.patient(30 + minute) for minute in range(2)]
    day.refused = {day.patient(40)}
    waiting = [day.waiting(minute) for minute in range(8)]
    # Held, with its task: nobody has seen the patient, so that nothing is asked of BPJS.
    site.khanza.visit(MONDAY, jam="08:00:00", kd_poli="MAT")
    for cancelled in (False, True, False, True):
        day.booked(cancelled=cancelled)
    day.know(SYNC.kodebooking)
    day.right[SYNC.kodebooking] = []
    for no_rawat in put_off:
        site.bpjs.faults.add(Fault("gagal_dicoba", path=UPDATE, kodebooking=no_rawat, times=2))
    for no_rawat in day.refused:
        site.bpjs.bookings.refuse("rujukan_tidak_valid", kodebooking=no_rawat)
    assert site.sync(since=SUNDAY, seconds=600).report.exit_code == 3
    day.keep(CLOSED)

    site.clock.at("10:02")
    for no_rawat in waiting[:4]:
        day.examined(no_rawat)
    for minute in range(6):
        day.patient(45 + minute)
    dies(site)
    day.keep(KILLED)
    for no_rawat in waiting[4:]:
        day.examined(no_rawat)
    day.patient(59)
    body = next(one.body for one in site.bpjs.received if one.path == ADD)
    Path("antrean.json").write_text(
        json.dumps({**(body or {}), "kodebooking": ADD_BY_HAND.kodebooking})
    )
    return day


def dies(site: Site, **env: str) -> None:
    """Run a pass that dies of kill -9 in the middle of its work."""
    with working(site, after=15, **env) as process:
        process.kill()
    assert (site.folder / WAL).stat().st_size > 0


@contextmanager
def working(site: Site, *, after: int, **env: str) -> Iterator[subprocess.Popen[str]]:
    """Run a pass up to the moment when BPJS has heard so many requests."""
    heard = len(site.bpjs.received)
    site.bpjs.latency = 0.02
    with site.running("sync", CLOCK=site.clock().isoformat(), **env) as process:
        wait_for(lambda: len(site.bpjs.received) > heard + after, seconds=90)
        yield process
    site.bpjs.latency = 0


# -- running the program, and judging what came of it


def antrean(
    site: Site, *args: str, within: Sequence[str] = (), **env: str
) -> subprocess.CompletedProcess[str]:
    """Run a command at the site's time; `within` is a command line that restricts what it may do,
    PYTHONPATH where another version of the program is.
    """
    environ = site.environment(CLOCK=site.clock().isoformat(), **env)
    if not within and "PYTHONPATH" not in env:
        return run(*args, environ=environ)
    line = [*within, *command_line(*args, environ=environ)]
    return subprocess.run(
        line, env=environ, capture_output=True, text=True, timeout=600, check=False
    )


def attacked(
    day: Day,
    site: Site,
    command: Command,
    take: Callable[[Site], list[str]] | None = None,
    env: Mapping[str, str] = MappingProxyType({}),
) -> tuple[str, list[str]]:
    """Run a command on a ledger that was tampered with, then a pass if it went on; return the end
    and what is wrong.

    `take` takes rights away while the command runs.
    """
    before = content(site)
    day = replace(day, right=day.right | {command.kodebooking: command.tells})
    done = antrean(site, *command.args, within=take(site) if take else (), **env)
    if take:
        give_back(site)
    if done.returncode == 9:
        untouched = as_it_was(site, before) and not site.bpjs.arrived
        return REFUSED if untouched else HALFWAY, [*refusal(done), *invented(day, site)]
    return went_on(day, site, stopped(done))


def went_on(day: Day, site: Site, wrong: list[str]) -> tuple[str, list[str]]:
    """Run a pass when everything that was put off is due again; return the end
    and what is wrong.
    """
    site.clock.at("13:00")
    done = antrean(site, "sync")
    if done.returncode == 9:
        return HALFWAY, [*wrong, *refusal(done), *invented(day, site)]
    return WENT_ON, [*wrong, *stopped(done), *invented(day, site), *lacking(day, site)]


def give_back(site: Site) -> None:
    """Give all rights back."""
    site.folder.chmod(0o700)
    for path in site.folder.iterdir():
        path.chmod(0o600)


def content(site: Site) -> dict[str, bytes]:
    """Return what a refusal must leave as it is; the -shm is SQLite's own scratch paper."""
    return {
        path.name: path.read_bytes()
        for path in site.folder.iterdir()
        if path.is_file() and path.name != SHM
    }


def as_it_was(site: Site, before: Mapping[str, bytes]) -> bool:
    """Return whether all files have kept their bytes; SQLite may leave an empty -wal."""
    return {name: data for name, data in content(site).items() if data or name in before} == before


def refusal(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Return what is wrong with an exit 9: it takes one sentence, the last, and nothing else from
    us.
    """
    told = [
        line
        for line in done.stderr.splitlines()
        if not line.startswith(("Khanza terganggu", "2026/"))
    ]
    fine = len(told) == 1 and re.match(r"antrean: (Berkas status|Disk penuh|/)", told[0])
    wrong = [] if fine else [f"not one sentence: {done.stderr[-400:]}"]
    return wrong + (["something on stdout"] if done.stdout else [])


def stopped(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Return what is wrong with the exit code of a command that went on; here BPJS refuses one
    booking for good.
    """
    return [] if done.returncode in (0, 3, 5) else [f"exit {done.returncode}: {done.stderr[-400:]}"]


def invented(day: Day, site: Site) -> list[str]:
    """Return what BPJS was told that Khanza does not say."""
    return [
        f"told {one.path} {one.body}"
        for one in site.bpjs.received
        if one.body is not None and one.path != LIST and not true(day, one)  # no list
    ]


def true(day: Day, one: Received) -> bool:
    """Return whether Khanza says what BPJS was told."""
    body: Body = one.body or {}
    kodebooking = str(body.get("kodebooking"))
    if one.path != UPDATE:
        return kodebooking in day.right
    waktu = datetime.fromtimestamp(int(str(body["waktu"])) / 1000, WIB)
    taskid = int(str(body["taskid"]))
    return (taskid, "" if taskid == 99 else f"{waktu:%H:%M:%S}") in day.right.get(kodebooking, [])


def lacking(day: Day, site: Site) -> list[str]:
    """Return where BPJS does not hold in the end what it should."""
    bookings = [str(row["kodebooking"]) for row in site.bpjs.bookings.snapshot()]
    held = {
        one: [(task, "" if task == 99 else at) for task, at in site.held_at_bpjs(one)]
        for one in bookings
    }
    right = {one: tasks for one, tasks in day.right.items() if one not in day.refused}
    return [
        f"{one}: {held.get(one)}, not {right.get(one)}"
        for one in held | right
        if held.get(one) != right.get(one)
    ]


def ends_right(
    cases: Sequence[tuple[str, tuple[str, list[str]]]], *, ends: Sequence[str]
) -> Counter[str]:
    """Count how the cases ended, all of them right."""
    wrong = [f"{what}: {end}, {said[:3]}" for what, (end, said) in cases if said or end not in ends]
    assert not wrong, "\n".join([f"{len(wrong)} of {len(cases)} cases", *wrong])
    return Counter(end for _, (end, _) in cases)


# -- flipped bits


def flipped(site: Site, left: Left, dice: random.Random) -> str:
    """Flip one bit of one file; in a ledger that has no -wal over it mostly in a row that is still
    to be sent.
    """
    name = dice.choice((WAL, WAL, SHM, LEDGER)) if WAL in left.files else LEDGER
    raw = bytearray(left.files[name])
    byte = dice.randrange(len(raw))
    if name == LEDGER and dice.random() < 0.7:
        row = dice.choice(list(re.finditer(rb"2026/11/2[23]/[0-9]{6}[3-7]due", raw)))
        byte = dice.randrange(
            row.start() - 15, row.end() + 15
        )  # its lengths, its times, and their neighbours
    raw[byte] ^= 1 << dice.randrange(8)
    (site.folder / name).write_bytes(raw)
    return f"{name} byte {byte} is {raw[byte]:#x}"


def test_a_flipped_bit_is_refused_or_does_no_harm(day: Day, attack: Attack) -> None:
    """In the ledger, its -wal or its -shm, with every command, and while Khanza is down too."""
    dice, cases = attack.random(), []
    for _ in range(attack.size(always=7, all=260)):
        kind, command = (
            dice.choice((CLOSED, CLOSED, KILLED)),
            dice.choice((SYNC, SYNC, SYNC, *COMMANDS)),
        )
        env = KHANZA_DOWN if dice.random() < 0.25 else {}
        with day.again(day.left[kind]) as site:
            what = f"{kind}, {flipped(site, day.left[kind], dice)}, {command.args[0]} {env}"
            cases.append((what, attacked(day, site, command, env=env)))
    ends = ends_right(cases, ends=(REFUSED, HALFWAY, WENT_ON))
    attack.measured(f"state file, one bit flipped, {len(cases)} times", told_of(ends))


def told_of(ends: Counter[str]) -> str:
    """Return how often each end was met."""
    return ", ".join(f"{ends[end]} {end}" for end in (REFUSED, HALFWAY, WENT_ON) if ends[end])


def changed(site: Site, table: str, column: str) -> str:
    """Change one value of a booking that is still to be sent, or one that the passes remember."""
    row = f"name = '{column}'" if table == "meta" else "kodebooking = '2026/11/22/000001'"
    row += " AND step = '3'" if table == "push" else ""
    value = "value" if table == "meta" else column
    other = (
        f"CASE typeof({value}) WHEN 'integer' THEN {value} + 1048576 "
        f"WHEN 'null' THEN 1 ELSE {value} || '1' END"
    )
    with closing(sqlite3.connect(site.state)) as connection, connection:
        assert connection.execute(f"UPDATE {table} SET {value} = {other} WHERE {row}").rowcount == 1
    return f"{column} of {table}"


def values(left: Left, folder: Path) -> list[tuple[str, str]]:
    """Return every table and column, and every name in `meta`."""
    (folder / "values").write_bytes(left.files[LEDGER])
    with closing(sqlite3.connect(folder / "values")) as connection:
        query = (
            "SELECT m.name, c.name FROM sqlite_master m, "
            "pragma_table_info(m.name) c WHERE m.type = 'table'"
        )
        columns = [row for row in connection.execute(query) if row[0] != "meta"]
        return columns + [("meta", name) for (name,) in connection.execute("SELECT name FROM meta")]


def test_a_value_that_was_changed_is_not_believed(day: Day, attack: Attack, tmp_path: Path) -> None:
    """Whatever was changed, where SQLite sees nothing wrong; Khanza is down, so that nothing else
    could mend it.
    """
    every = values(day.left[CLOSED], tmp_path)
    cases = []
    for table, column in attack.random().sample(every, attack.size(always=3, all=len(every))):
        with day.again(day.left[CLOSED]) as site:
            what = changed(site, table, column)
            cases.append((what, attacked(day, site, SYNC, env=KHANZA_DOWN)))
    ends = ends_right(cases, ends=(REFUSED,))
    attack.measured(f"state file, one value changed, {len(cases)} times", told_of(ends))


# -- cut short


def cut(site: Site, left: Left, dice: random.Random) -> str:
    """Cut a file at a page border, anywhere, or to nothing."""
    name = dice.choice([name for name in (LEDGER, WAL) if name in left.files])
    length = len(left.files[name])
    keep = dice.choice((0, dice.randrange(length), dice.randrange(length // PAGE) * PAGE))
    os.truncate(site.folder / name, keep)
    return f"{name} cut to {keep} of {length} bytes"


def test_a_file_cut_short_is_refused_or_does_no_harm(day: Day, attack: Attack) -> None:
    """A ledger cut to nothing is no new ledger: what waited in it would be lost."""
    dice, cases = attack.random(), []
    for _ in range(attack.size(always=6, all=80)):
        kind, command = dice.choice((CLOSED, KILLED)), dice.choice((SYNC, SYNC, *COMMANDS))
        with day.again(day.left[kind]) as site:
            what = f"{kind}, {cut(site, day.left[kind], dice)}, {command.args[0]}"
            cases.append((what, attacked(day, site, command)))
    ends = ends_right(cases, ends=(REFUSED, WENT_ON))
    attack.measured(f"state file cut short, {len(cases)} times", told_of(ends))


# -- replaced by something else, between two passes


def text_file(path: Path) -> None:
    path.write_bytes(b"ini bukan sqlite " * 400)


def foreign_database(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE pasien (nama TEXT)")


def empty_database(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM")


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def link_to_nowhere(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.with_name("tidak-ada") / "antrean.sqlite3")


def link_to_itself(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


def newer_version(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 999")


REPLACED = (
    text_file,
    foreign_database,
    empty_database,
    newer_version,
    folder,
    link_to_nowhere,
    link_to_itself,
)


def test_another_file_in_its_place_is_refused(day: Day, attack: Attack) -> None:
    """With every command; but a -wal that holds all of a ledger brings it back whole."""
    dice, cases = attack.random(), []
    for spoil in REPLACED:
        for kind in (CLOSED, KILLED) if attack.all else (dice.choice((CLOSED, KILLED)),):
            for command in COMMANDS if attack.all else (dice.choice(COMMANDS),):
                with day.again(day.left[kind]) as site:
                    spoil(site.state)
                    cases.append(
                        (
                            f"{kind}, {spoil.__name__}, {command.args[0]}",
                            attacked(day, site, command),
                        )
                    )
    ends = ends_right(cases, ends=(REFUSED, WENT_ON))
    attack.measured(f"state file replaced by something else, {len(cases)} times", told_of(ends))


# -- replaced or gone while a pass works


def deleted(site: Site, _: Left) -> None:
    site.state.unlink()


def deleted_with_its_wal(site: Site, _: Left) -> None:
    for name in (LEDGER, WAL, SHM):
        (site.folder / name).unlink()


def older_one_put_over_it(site: Site, left: Left) -> None:
    backup = site.folder / "cadangan"
    backup.write_bytes(left.files[LEDGER])
    backup.rename(site.state)


def folder_renamed(site: Site, left: Left) -> None:
    other = site.folder.with_name("lama")
    shutil.rmtree(other, ignore_errors=True)
    site.folder.rename(other)
    site.folder.mkdir()
    for name, content in left.files.items():
        (site.folder / name).write_bytes(content)


MOVED = (deleted, deleted_with_its_wal, older_one_put_over_it, folder_renamed)


def test_a_pass_whose_ledger_is_taken_away_stops(day: Day, attack: Attack) -> None:
    """What it would write from then on nobody would ever read: it may finish the calls in flight,
    no more.
    """
    cases, after = [], []
    moves = MOVED if attack.all else MOVED[:1]
    for number in range(attack.size(always=1, all=5 * len(MOVED))):
        move = moves[number % len(moves)]
        with day.again(day.left[CLOSED]) as site:
            with working(site, after=5 + number) as process:
                move(site, day.left[CLOSED])
                heard = len(site.bpjs.arrived)
                told = process.communicate(timeout=600)
            after.append(len(site.bpjs.arrived) - heard)
            done = subprocess.CompletedProcess((), process.returncode, *told)
            wrong = (
                [*refusal(done), *invented(day, site)]
                if done.returncode == 9
                else [f"exit {done.returncode}"]
            )
            wrong += [f"{after[-1]} calls after that"] if after[-1] > 3 * WORKERS else []
            cases.append((f"{move.__name__} after {5 + number} calls", (HALFWAY, wrong)))
    ends_right(cases, ends=(HALFWAY,))
    figures = f"exit 9 each time, at most {max(after)} calls after that"
    attack.measured(f"state file deleted or replaced during a pass, {len(cases)} times", figures)


# -- a disk that fills up

# $1 size of the disk, $2 where, $3 the folder of the ledger: it is on that disk while the command
# runs.
SMALL_DISK = """
mount -t tmpfs -o size="$1" none "$2" && cp "$3"/* "$2" || exit 99
kept=$3 disk=$2; shift 3
"$@"; code=$?
rm -f "$kept"/* && cp "$disk"/* "$kept" || exit 98
exit $code
"""


def on_a_full_disk(site: Site, pages: int) -> tuple[list[str], dict[str, str]]:
    """Return what runs a command with the ledger on a disk that has room for so many pages more."""
    disk = site.folder.with_name("disk")
    disk.mkdir(exist_ok=True)
    used = sum(-(-path.stat().st_size // PAGE) for path in site.folder.iterdir())
    command = [
        *NAMESPACE,
        "sh",
        "-c",
        SMALL_DISK,
        "sh",
        str((used + pages) * PAGE),
        str(disk),
        str(site.folder),
    ]
    return command, {"ANTREAN_STATE": str(disk / LEDGER)}


def with_a_limit(_: Site, pages: int) -> tuple[list[str], dict[str, str]]:
    """Return what runs a command none of whose files may grow beyond so many pages."""
    return ["prlimit", f"--fsize={pages * PAGE}"], {}


@cache
def mounts() -> bool:
    """Return whether we may mount something where only our own commands see it."""
    done = subprocess.run(
        [*NAMESPACE, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False
    )
    return done.returncode == 0


def unrecorded(site: Site) -> list[str]:
    """Return what BPJS was told without a word of it in the ledger:

    `sending` is committed before a POST.
    """
    copy = site.folder.with_name("copy")  # whoever closes a ledger last clears its -wal away
    shutil.rmtree(copy, ignore_errors=True)
    with closing(sqlite3.connect(shutil.copytree(site.folder, copy) / LEDGER)) as connection:
        rows = connection.execute(
            "SELECT kodebooking, step FROM push WHERE ask OR state NOT IN ('due', 'held')"
        )
        recorded = set(rows.fetchall())
    writes = [one for one in site.bpjs.received if one.body is not None and one.path != LIST]
    told = {(str((one.body or {})["kodebooking"]), step_of(one)) for one in writes}
    return [f"not in the ledger: {one}" for one in told - recorded]


def step_of(one: Received) -> str:
    """Return the ledger's name of what BPJS was told."""
    return {ADD: "add", BATAL: "batal"}.get(one.path) or str((one.body or {})["taskid"])


Small = Callable[[Site, int], tuple[list[str], dict[str, str]]]


def squeezed(day: Day, site: Site, small: Small, pages: int) -> tuple[str, list[str]]:
    """Run a pass with so much room, and one with plenty; return the end of the first and what is
    wrong.
    """
    within, env = small(site, pages)
    done = antrean(site, "sync", within=within, **env)
    end = WENT_ON if done.returncode in (0, 3) else HALFWAY if site.bpjs.received else REFUSED
    wrong = [*unrecorded(site), *(refusal(done) if done.returncode == 9 else stopped(done))]
    wrong += went_on(day, site, [])[1]
    repeated = [one for one in site.bpjs.received if one.code == 208]
    return end, wrong + ([f"{len(repeated)} repeats"] if len(repeated) > WORKERS else [])


@pytest.mark.parametrize("small", [on_a_full_disk, with_a_limit])
def test_a_full_disk_loses_nothing(day: Day, attack: Attack, small: Small) -> None:
    """However little room there is: no POST without its commit, and with room again everything goes
    on.
    """
    if small is on_a_full_disk and not mounts():
        pytest.skip("mounting is not allowed here; the test with a limit does nearly the same")
    size = attack.size(always=3, all=60)
    cases = []
    for number in range(size):
        kind, pages = (CLOSED, KILLED)[number % 2], number * 180 // size
        with day.again(day.left[kind]) as site:
            cases.append((f"{kind}, {pages} pages", squeezed(day, site, small, pages)))
    ends = ends_right(cases, ends=(REFUSED, HALFWAY, WENT_ON))
    assert len(ends) > 1, "the disk is never full, or always"
    name = "disk full" if small is on_a_full_disk else "file size limited"
    attack.measured(
        f"{name} after 0 to 180 pages more, {len(cases)} times", f"{told_of(ends)}; nothing lost"
    )


# -- read-only


def may_not_write(names: Sequence[str], mode: int) -> Callable[[Site], list[str]]:
    """Return what takes rights from files (or, ".", the folder), and then the command line that
    feels it.
    """

    def take(site: Site) -> list[str]:
        for name in names:
            if (site.folder / name).exists():
                (site.folder / name).chmod(mode)
        # Root would not notice, unless it gives up the right to overlook rights.
        return (
            ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
            if os.geteuid() == 0
            else []
        )

    return take


def on_a_read_only_disk(site: Site) -> list[str]:
    """Return the command line that sees the folder of the ledger as a disk that
    cannot be written.
    """
    readonly = (
        'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" || exit 99; shift; exec "$@"'
    )
    return [*NAMESPACE, "sh", "-c", readonly, "sh", str(site.folder)]


READ_ONLY = {
    "the ledger": may_not_write((LEDGER,), 0o400),
    "the ledger, for all": may_not_write((LEDGER,), 0o444),
    "its -wal": may_not_write((WAL,), 0o400),
    "its -shm": may_not_write((SHM,), 0o400),
    "the lock": may_not_write((LOCK,), 0o400),
    "the folder": may_not_write((".",), 0o500),
    "everything": may_not_write((LEDGER, WAL, SHM, LOCK, "."), 0o500),
    "not even readable": may_not_write((LEDGER, WAL, SHM, LOCK), 0o000),
    "the disk": on_a_read_only_disk,
}


def test_what_cannot_be_written_is_refused_or_not_needed(day: Day, attack: Attack) -> None:
    """Nothing is sent that could not be noted."""
    dice, cases = attack.random(), []
    for what, take in READ_ONLY.items():
        for kind in (CLOSED, KILLED) if attack.all else (dice.choice((CLOSED, KILLED)),):
            for command in COMMANDS if attack.all else (dice.choice(COMMANDS),):
                if take is not on_a_read_only_disk or mounts():
                    with day.again(day.left[kind]) as site:
                        cases.append(
                            (
                                f"{kind}, {what}, {command.args[0]}",
                                attacked(day, site, command, take),
                            )
                        )
    ends = ends_right(cases, ends=(REFUSED, WENT_ON))
    attack.measured(f"state file, folder or disk read-only, {len(cases)} times", told_of(ends))


# -- two versions in turn


@pytest.fixture
def newer(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a newer antrean: one more migration."""
    package = shutil.copytree(ROOT / "antrean_cli", tmp_path / "newer" / "antrean_cli")
    with (package / "ledger" / "migrations.py").open("a") as file:
        file.write('\nSTEPS += (("CREATE TABLE baru (isi TEXT)",),)\n')
    return {"PYTHONPATH": f"{package.parent}{os.pathsep}{ROOT}"}


def in_turn(
    day: Day, site: Site, newer: dict[str, str], command: Command, *, dying: bool
) -> tuple[str, list[str]]:
    """Run the newer version, a command of the older one, and the newer again; return the end and
    what is wrong.
    """
    if dying:
        dies(site, **newer)
    else:
        assert antrean(site, "sync", **newer).returncode in (0, 3)
    before = content(site)
    done = antrean(site, *command.args, BPJS_BASE_URL=NOBODY)
    wrong = refusal(done) if done.returncode == 9 else [f"the older one: exit {done.returncode}"]
    wrong += [] if as_it_was(site, before) else ["the older one touched it"]
    site.clock.at("13:00")
    wrong += stopped(antrean(site, "sync", **newer))
    return WENT_ON, [*wrong, *invented(day, site), *lacking(day, site)]


def test_an_older_version_leaves_a_newer_ledger_alone(
    day: Day, attack: Attack, newer: dict[str, str]
) -> None:
    """Also where the newer one died, and its -wal is all that tells of the new schema."""
    cases = []
    commands = (SYNC, Command(args=("sync", "--dry-run")), *COMMANDS[1:])
    for number in range(attack.size(always=2, all=20)):
        kind, dying = (CLOSED, KILLED)[number % 2], number % 4 < 2
        command = commands[number // 4 % len(commands)]
        with day.again(day.left[kind]) as site:
            what = f"{kind}, {' '.join(command.args)}, {'dying' if dying else 'in order'}"
            cases.append((what, in_turn(day, site, newer, command, dying=dying)))
    ends_right(cases, ends=(WENT_ON,))
    attack.measured(
        f"newer, older, newer version in turn, {len(cases)} times", "refused, untouched, went on"
    )
