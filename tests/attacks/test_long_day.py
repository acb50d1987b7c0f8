"""A day of a pass a minute, and hundreds of days: what a pass needs, and the state file, must not
grow without end.

- Every minute of the long day is the real program as a process of its own, which is weighed at its
  end.
- The many days run in one process, on the sample hospital; what is forgotten is judged by what the
  test registered.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from time import sleep

import pytest

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.codes import Kind, State, Step
from antrean_cli.rules.push import Push, Record
from antrean_cli.simulator.hospital import Hospital, create_sqlite
from tests.attacks.attack import Attack
from tests.support.site import CONS_ID, MONDAY, SECRET_KEY, USER_KEY, WIB, Clock, Site, stand_in

Happening = Callable[[], object]
MB = 1024  # kB


# -- one day, a pass a minute


@dataclass(frozen=True, kw_only=True)
class Weight:
    """What one pass needed: memory in kB, descriptors open at its end, CPU in ms, the ledger in
    bytes.
    """

    memory: int
    descriptors: int
    cpu: int
    ledger: int
    calls: int


class LongDay:
    """A day whose visits come, are examined and go home minute by minute; `right` is what BPJS must
    hold at last.
    """

    def __init__(self, site: Site, visits: int, first: int, last: int) -> None:
        """Let the visits come evenly between two minutes of the day."""
        self._site = site
        self._happenings: dict[int, list[Happening]] = {}
        self.right: dict[str, list[tuple[int, str]]] = {}
        for number in range(visits):
            self._at(first + number * (last - first) // visits, partial(self._comes, number))

    def minute(self, minute: int) -> None:
        """Let happen what happens in a minute of the day."""
        self._site.clock.now = datetime.combine(MONDAY, time(), WIB) + timedelta(
            minutes=minute, seconds=30
        )
        for happening in self._happenings.pop(minute, []):
            happening()

    def _at(self, minute: int, happening: Happening) -> None:
        self._happenings.setdefault(minute, []).append(happening)

    def _comes(self, number: int) -> None:
        """Register a patient; every third gets a prescription later on."""
        khanza, begin = self._site.khanza, self._site.clock().replace(second=number % 30)
        steps = [begin + timedelta(minutes=4 * step) for step in range(5 if number % 3 == 0 else 3)]
        no_rawat = khanza.visit(MONDAY, jam=f"{begin:%H:%M:%S}")
        khanza.sep(no_rawat)
        self.right[no_rawat] = [
            (taskid, f"{step:%H:%M:%S}") for taskid, step in enumerate(steps, 3)
        ]
        times = [f"{step:%Y-%m-%d %H:%M:%S}" for step in steps]
        minute, no_resep = begin.hour * 60 + begin.minute, f"R{number}"
        self._at(minute + 4, partial(khanza.exam, no_rawat, times[1]))
        self._at(minute + 8, partial(khanza.berkas, no_rawat, kembali=times[2]))
        if len(steps) > 3:
            self._at(
                minute + 12, partial(khanza.resep, no_rawat, divalidasi=times[3], no_resep=no_resep)
            )
            self._at(
                minute + 16, partial(khanza.resep, no_rawat, diserahkan=times[4], no_resep=no_resep)
            )


def weighed(site: Site) -> Weight:
    """Run a pass as a process of its own; it must go well and say nothing."""
    weight, heard = site.folder / "weight.json", len(site.bpjs.arrived)
    done = subprocess.run(
        [sys.executable, "-m", "tests.attacks.weighing", "sync"],
        env={
            **os.environ,
            **site.env,
            "ANTREAN_STATE": str(site.state),
            "CLOCK": site.clock().isoformat(),
            "WEIGHT": str(weight),
        },
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not site.state.with_name(site.state.name + "-wal").exists()
    calls = len(site.bpjs.arrived) - heard
    return Weight(**json.loads(weight.read_text()), ledger=site.state.stat().st_size, calls=calls)


def test_a_day_of_passes_needs_no_more_at_its_end(site: Site, attack: Attack) -> None:
    """A visit costs its rows; a pass that finds nothing new costs nothing that stays."""
    opening = 8 * 60  # the doctors': a patient who comes earlier waits for them
    minutes = range(1440) if attack.all else range(opening, opening + 48)
    pace = attack.size(always=3, all=1)
    visits = attack.size(always=12, all=800)
    day = LongDay(site, visits, opening, opening + attack.size(always=9, all=5 * 60))
    weights = []
    for minute in minutes:
        day.minute(minute)
        if minute % pace == 0:
            weights.append(weighed(site))
    assert {kodebooking: site.held_at_bpjs(kodebooking) for kodebooking in day.right} == day.right
    assert {one.code for one in site.bpjs.received} == {200}

    idle = [one for one in weights if not one.calls]
    evening = idle[-len(idle) // 3 :]
    assert max(one.memory for one in evening) <= min(one.memory for one in evening) + 2 * MB
    assert len({one.descriptors for one in idle}) == 1
    assert max(one.descriptors for one in weights) <= idle[0].descriptors + 8
    assert len(evening) > 1
    assert len({one.ledger for one in evening}) == 1
    grown = evening[-1].ledger - weights[0].ledger
    assert grown / len(site.bpjs.received) < 1000, "bytes a push"
    requests = len(site.bpjs.received)
    attack.measured(
        f"{len(weights)} passes, {visits} visits, {requests} requests", told(weights, idle)
    )


def told(weights: list[Weight], idle: list[Weight]) -> str:
    """Return the figures of a day."""
    third = len(idle) // 3
    early, late = (
        sorted(one.cpu for one in part)[third // 2] for part in (idle[:third], idle[-third:])
    )
    return (
        f"at most {max(one.memory for one in weights) / MB:.0f} MB, idle "
        f"{idle[0].memory / MB:.0f} MB at first and "
        f"{idle[-1].memory / MB:.0f} MB at last; descriptors at "
        f"the end {idle[0].descriptors}, at most "
        f"{max(one.descriptors for one in weights)}; state file {weights[-1].ledger / MB:.0f} KB; "
        f"CPU of an idle pass {early} ms at first, {late} ms at last"
    )


# -- many days


@pytest.fixture
def small_site(clock: Clock, tmp_path: Path) -> Iterator[Site]:
    """A hospital on the SQLite sample, for passes in this process."""
    sample = tmp_path / "khanza.sqlite3"
    keys = {"BPJS_CONS_ID": CONS_ID, "BPJS_SECRET_KEY": SECRET_KEY, "BPJS_USER_KEY": USER_KEY}
    with (
        closing(create_sqlite(sample)) as connection,
        stand_in(clock) as bpjs,
    ):
        hospital = Hospital(connection, paramstyle=sqlite3.paramstyle)
        hospital.basics()
        env = {**keys, "BPJS_BASE_URL": bpjs.url, "KHANZA_SQLITE": str(sample)}
        yield Site(khanza=hospital, bpjs=bpjs, clock=clock, folder=tmp_path, env=env)


def one_day(site: Site, day: int, visits: int) -> list[str]:
    """Register a day's patients, one of them held and one refused; return their kode booking."""
    tanggal = MONDAY + timedelta(days=day)
    came = [site.khanza.visit(tanggal, jam=f"08:{number:02}:00") for number in range(visits)]
    came.append(site.khanza.visit(tanggal, jam="08:00:00", kd_poli="MAT"))
    refused = site.khanza.visit(tanggal, jam="08:00:00")
    site.bpjs.bookings.refuse("rujukan_tidak_valid", kodebooking=refused)
    for no_rawat in (*came, refused):
        site.khanza.sep(no_rawat)
        site.khanza.exam(no_rawat, f"{tanggal} 09:00:00")
    for no_rawat in came[::2]:
        site.khanza.berkas(no_rawat, kembali=f"{tanggal} 10:00:00")
    return [*came, refused]


def kept(state: Path) -> dict[str, str]:
    """Return the bookings of the ledger with their days, read beside the program."""
    with closing(sqlite3.connect(state)) as connection:
        return dict(connection.execute("SELECT kodebooking, tanggal FROM booking").fetchall())


def test_the_state_file_stops_growing(small_site: Site, attack: Attack) -> None:
    """What is older than ANTREAN_KEEP_DAYS goes, nothing younger; and what was forgotten is never
    sent again.
    """
    site = small_site
    days, keep, visits = (
        attack.size(always=18, all=200),
        attack.size(always=8, all=90),
        attack.size(always=4, all=20),
    )
    registered: dict[str, date] = {}
    sizes: list[int] = []
    for day in range(days):
        tanggal = MONDAY + timedelta(days=day)
        registered |= dict.fromkeys(one_day(site, day, visits), tanggal)
        for hour in ("09:30", "12:00", "23:59"):
            site.clock.at(hour, day=day)
            site.sync(ANTREAN_KEEP_DAYS=str(keep))
        site.sync(
            since=tanggal - timedelta(days=7), ANTREAN_KEEP_DAYS=str(keep)
        )  # as far back as a pass can go
        first = tanggal - timedelta(days=keep)
        assert kept(site.state) == {
            one: str(of) for one, of in registered.items() if of >= first
        }, f"day {day}"
        sizes.append(site.state.stat().st_size)
    accepted = Counter(one for one in site.sent() if one[-1] == 200)
    assert set(accepted.values()) == {1}
    assert all(code != 208 for _, _, code in site.sent())
    assert max(sizes[keep + 8 :]) <= sizes[keep + 8] * 1.1
    figures = (
        f"{sizes[keep + 8] // 1024} KB after {keep + 8} days, "
        f"{sizes[-1] // 1024} KB at last; nothing sent twice"
    )
    attack.measured(f"{days} days of {visits + 2} visits, {keep} days kept", figures)


# -- killed while it forgets

OLD, YOUNG = 7_000, 50  # bookings; a pass forgets 5,000
STEPS = ("add", "3", "4", "5")


@pytest.fixture
def backlog(small_site: Site) -> Path:
    """A ledger with more to forget than one pass forgets, and some bookings to be kept; return a
    folder with it.
    """
    template = small_site.folder / "template" / small_site.state.name
    with Ledger.open(template, WIB) as ledger, ledger.transaction():
        for number in range(OLD + YOUNG):
            tanggal = MONDAY - timedelta(days=number if number < YOUNG else 91 + number % 300)
            pushes = {step: Push(step=Step(step), state=State.SENT) for step in STEPS}
            record = Record(
                kodebooking=f"K{number}", kind=Kind.ONSITE, tanggal=tanggal, pushes=pushes
            )
            ledger.save(None, record, small_site.clock())
    return template.parent


def complete(state: Path) -> int:
    """Return the number of bookings in the ledger, each of which must still have all its pushes."""
    with closing(sqlite3.connect(state)) as connection:
        counted = connection.execute(
            "SELECT kodebooking, count(*) FROM push GROUP BY kodebooking"
        ).fetchall()
    assert dict(counted) == dict.fromkeys(kept(state), len(STEPS))
    return len(counted)


def killed(site: Site, written: int) -> None:
    """Run a pass and kill it as soon as it has written so many bytes, unless it ends before."""
    wal = site.state.with_name(site.state.name + "-wal")
    with site.start("sync", CLOCK=site.clock().isoformat()) as process:
        while process.poll() is None:
            with suppress(FileNotFoundError):
                if wal.stat().st_size >= written:
                    process.kill()
            sleep(0.0005)


def test_a_kill_while_old_bookings_are_forgotten_does_no_harm(
    small_site: Site, backlog: Path, attack: Attack
) -> None:
    """Each pass forgets all of its share or nothing; the passes after it go on until all that is
    old is gone.
    """
    site, dice, left = small_site, attack.random(), Counter[int]()
    site.folder = site.folder / "case"
    for _ in range(attack.size(always=3, all=60)):
        shutil.rmtree(site.folder, ignore_errors=True)
        shutil.copytree(backlog, site.folder)
        killed(site, dice.randrange(50_000, 4_500_000))
        left[complete(site.state) - YOUNG] += 1
        for _ in range(2):
            assert site.run("sync", CLOCK=site.clock().isoformat()).returncode == 0
        assert kept(site.state).keys() == {f"K{number}" for number in range(YOUNG)}
    assert left.keys() <= {OLD, OLD - 5000}
    assert site.bpjs.arrived == []
    figures = (
        f"{left[OLD]} before it was committed, {left[OLD - 5000]} after; "
        f"then all {OLD} forgotten, {YOUNG} kept"
    )
    attack.measured(
        f"kill -9 while old bookings are forgotten, {sum(left.values())} times", figures
    )
