"""Days of a hospital that go on while the program runs: who comes, what is written into Khanza
when, and the truth.

- A patient is a story: it yields the next moment at which Khanza is written to, then writes.
- The truth is noted as Khanza is written and never asked of the program: what BPJS has to hold when
  all is told.
- Whatever rules/README.md makes depend on the minute of a pass is kept out: there is one truth.
"""

from __future__ import annotations

import heapq
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from operator import itemgetter
from random import Random
from subprocess import Popen
from typing import Any

from antrean_cli.simulator.server import Received
from tests.support.patients import gone_home
from tests.support.site import WIB, Site, wait_for

Story = Iterator[datetime]
Write = tuple[datetime, Callable[[], object]]
ADD, BATAL, LIST = "/antrean/add", "/antrean/batal", "/antrean/getlisttask"
NOT_FOUND = "Kode Booking tidak ditemukan"
PHASES = (
    "sending",
    "starting",
    "sending",
    "looking",
)  # of a pass, in turn: the calls, the start-up, Khanza
KETERANGAN = "Peserta membatalkan lewat Mobile JKN"
OPENING = "08:00:00"


def running(site: Site, *args: str, **env: str) -> AbstractContextManager[Popen[str]]:
    """Start `antrean` at the clock's time and go on; it is killed at the end if it still runs."""
    return site.running(*args, CLOCK=site.clock.now.isoformat(), **env)


def wait_for_moment(phase: str, process: Popen[str], site: Site, random: Random) -> None:
    """Wait for a random moment of one of the PHASES of a pass, or until the pass is over."""
    heard, calls = len(site.bpjs.arrived), random.randint(1, 40)
    begun: Callable[[], bool] = {
        "starting": lambda: True,
        "looking": lambda: _looked_at(site),
        "sending": lambda: len(site.bpjs.arrived) >= heard + calls,
    }[phase]
    wait_for(lambda: process.poll() is not None or begun())
    if phase != "sending":
        time.sleep(random.uniform(0, 0.2))


def _looked_at(site: Site) -> bool:
    """Return whether anybody but us is connected to Khanza."""
    cursor = site.khanza.connection.cursor()
    cursor.execute("SHOW STATUS LIKE 'Threads_connected'", ())
    _, connected = cursor.fetchone()
    cursor.close()
    return int(connected) > 1


def step_of(one: Received) -> tuple[str, str]:
    """Return the kode booking and the step ("add", a taskid or "batal") that a request is about."""
    body = one.body or {}
    step = {ADD: "add", BATAL: "batal"}.get(one.path) or str(body.get("taskid"))
    return str(body["kodebooking"]), step


def patients(site: Site, number: int) -> list[str]:
    """Register patients of the clock's day who have gone home; return their no_rawat."""
    return [gone_home(site, site.clock.now.date()) for _ in range(number)]


def settle(site: Site, *, silent: int = 1) -> None:
    """Run undisturbed passes, a good quarter of an hour apart, until so many in a row have nothing
    to say to BPJS.
    """
    site.bpjs.latency, row = 0.0, 0
    for _ in range(20):
        heard = len(site.bpjs.arrived)
        site.clock.forward(minutes=16)
        done = site.run("sync", "--max-seconds", "80", CLOCK=site.clock.now.isoformat())
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), done
        row = row + 1 if len(site.bpjs.arrived) == heard else 0
        if row == silent:
            return
    raise AssertionError("the passes find no end")


def states(site: Site) -> dict[tuple[str, str], str]:
    """Return the state of each push, by (kodebooking, step), as it stands in the ledger's file."""
    with closing(sqlite3.connect(site.state)) as connection:
        rows = connection.execute("SELECT kodebooking, step, state FROM push")
        return {(kodebooking, step): state for kodebooking, step, state in rows}


def misrecorded(site: Site) -> set[tuple[str, str]]:
    """Return what the ledger calls sent and BPJS never took, or the other way round, and what is in
    flight.

    A batal leaves a task 99 at BPJS, which a pass may meet there.
    """
    now, taken = states(site), set(accepted(site))
    sent = {push for push, state in now.items() if state in ("sent", "already")}
    sent -= {(kodebooking, "99") for kodebooking, step in taken if step == "batal"}
    return (sent ^ taken) | {push for push, state in now.items() if state == "sending"}


def accepted(site: Site) -> list[tuple[str, str]]:
    """Return what BPJS took, in order: (kodebooking, step)."""
    return [
        step_of(one)
        for one in list(site.bpjs.received)
        if one.code == 200 and one.body and one.path != LIST
    ]


@dataclass(kw_only=True)
class Truth:
    """What BPJS has to hold of one booking once all is told."""

    norm: str
    jenispasien: str = "JKN"
    nomorreferensi: str = ""
    tasks: dict[int, datetime] = field(default_factory=dict)
    keterangan: str | None = None  # of a cancel in Mobile JKN
    left: datetime | None = None  # cancelled at the desk then: told to BPJS only if the visit was

    def fits(self, row: Mapping[str, Any] | None) -> bool:
        """Return whether this is what BPJS holds."""
        if row is None:
            return self.left is not None
        said = (row["norm"], row["jenispasien"], row["nomorreferensi"], row["keterangan_batal"])
        # Nothing goes out before its time; the stand-in's clock stands still while a pass runs.
        timely = all(task["wakturs"] <= task["waktu"] + 60_000 for task in row["tasks"])
        mine = (self.norm, self.jenispasien, self.nomorreferensi, self.keterangan)
        return (
            said == mine
            and timely
            and self._tasks_fit([(task["taskid"], task["wakturs"]) for task in row["tasks"]])
        )

    def _tasks_fit(self, tasks: list[tuple[int, int]]) -> bool:
        true = [(taskid, _ms(waktu)) for taskid, waktu in sorted(self.tasks.items())]
        served, ends = (
            [one for one in tasks if one[0] != 99],
            [one for one in tasks if one[0] == 99],
        )
        if self.left:
            return served == true[: len(served)] and len(ends) == 1 and ends[0][1] >= _ms(self.left)
        return served == true and len(ends) == (self.keterangan is not None)


class Arrivals:
    """The patients of a hospital:

    `come` lets some come on the clock's day, `until` lets time pass for them.
    """

    def __init__(self, site: Site, random: Random) -> None:
        site.env["ANTREAN_ADD"] = "onsite,nonjkn,mobilejkn"
        self.site, self.khanza, self.random = site, site.khanza, random
        self.truths: dict[str, Truth] = {}
        self.unknown: set[str] = set()  # Mobile JKN bookings that BPJS does not know
        self._next: list[tuple[datetime, int, Story]] = []
        self._order = count()

    def come(self, visits: int) -> None:
        """Let so many come between 07:00 and 13:00: at the desk or by Mobile JKN, and some leave
        again.
        """
        for _ in range(visits):
            # Never on the minute: who is registered at the opening to the second was registered in
            # advance.
            seconds = 60 * self.random.randrange(6 * 60) + self.random.randrange(1, 60)
            (story,) = self.random.choices(list(STORIES), list(STORIES.values()))
            self._go_on(story(self, self._at("07:00:00") + timedelta(seconds=seconds)))

    def until(self, moment: datetime) -> None:
        """Write into Khanza what happens until then."""
        while self._next and self._next[0][0] <= moment:
            self._go_on(heapq.heappop(self._next)[2])

    def evening(self) -> None:
        """Let the day end, and the passes finish what is left."""
        self.site.clock.now = max(self.site.clock.now, self._at("18:00:00"))
        self.until(self.site.clock.now)
        settle(
            self.site, silent=2
        )  # between them what was put off falls due, such as a cancel at the desk

    def wrong(self) -> list[str]:
        """Return the kode booking of which BPJS does not hold the truth."""
        held = {str(row["kodebooking"]): row for row in self.site.bpjs.bookings.snapshot()}
        invented = sorted(held.keys() - self.truths.keys())
        return invented + [
            known for known, truth in self.truths.items() if not truth.fits(held.get(known))
        ]

    def out_of_order(self) -> list[Received]:
        """Return the requests that BPJS refused: sent before their turn, after a cancel, or with no
        rising time.
        """
        return [
            one
            for one in self.site.bpjs.received
            if one.code not in (200, 204, 208) and not self._unknown(one)
        ]

    def _unknown(self, one: Received) -> bool:
        """Return whether BPJS rightly does not know the booking that this request is about."""
        kodebooking, step = step_of(one)
        # An add that died on its way, then a cancel at the desk: 99 asks whether there is anything
        # to cancel.
        doubtful = step == "99" and self.truths[kodebooking].left is not None
        return one.message == NOT_FOUND and (doubtful or kodebooking in self.unknown)

    def _go_on(self, story: Story) -> None:
        if moment := next(story, None):
            heapq.heappush(self._next, (moment, next(self._order), story))

    # -- stories

    def _insured(self, arrives: datetime) -> Story:
        """At the desk; the SEP is issued at once or a little later."""
        yield arrives
        no_rawat = self._registered(arrives)
        yield arrives + self._minutes(0, 20)
        self._sep(no_rawat)
        yield from self._treated(no_rawat, no_rawat)

    def _paying(self, arrives: datetime) -> Story:
        yield arrives
        no_rawat = self._registered(arrives, kd_pj="UMU")
        self.truths[no_rawat].jenispasien = "NON JKN"
        yield from self._treated(no_rawat, no_rawat)

    def _payer_corrected(self, arrives: datetime) -> Story:
        """Registered as paying, corrected before a NON JKN add may go out."""
        yield arrives
        no_rawat = self._registered(arrives, kd_pj="UMU")
        yield arrives + timedelta(minutes=5)
        self.khanza.update("reg_periksa", {"no_rawat": no_rawat}, kd_pj="BPJ")
        self._sep(no_rawat)
        yield from self._treated(no_rawat, no_rawat)

    def _left(self, arrives: datetime) -> Story:
        """Cancelled at the desk, perhaps before any pass came."""
        yield arrives
        no_rawat = self._registered(arrives)
        self._sep(no_rawat)
        yield arrives + self._minutes(0, 90)
        self.khanza.stts(no_rawat, "Batal")
        self.truths[no_rawat].left = self.site.clock.now.replace(microsecond=0)

    def _came_back(self, arrives: datetime) -> Story:
        """Cancelled at the desk, which was undone before it may be sent."""
        yield arrives
        no_rawat = self._registered(arrives)
        self._sep(no_rawat)
        yield arrives + timedelta(minutes=1)
        self.khanza.stts(no_rawat, "Batal")
        yield arrives + timedelta(minutes=6)
        self.khanza.stts(no_rawat, "Belum")
        yield from self._treated(no_rawat, no_rawat)

    def _booked(self, arrives: datetime, *, known: bool = True) -> Story:
        yield arrives - self._minutes(5, 60)
        no_rawat, nobooking = self._booking(arrives.date(), known=known)
        yield arrives
        checkin = {"status": "Checkin", "validasi": _text(arrives)}
        self.khanza.update("referensi_mobilejkn_bpjs", {"nobooking": nobooking}, **checkin)
        self.truths[nobooking].tasks[3] = arrives
        yield from self._treated(no_rawat, nobooking)

    def _booked_unknown(self, arrives: datetime) -> Story:
        """By Mobile JKN, but BPJS does not know of it: the add goes first."""
        return self._booked(arrives, known=False)

    def _stayed_away(self, arrives: datetime) -> Story:
        yield arrives
        self._booking(arrives.date())

    def _cancelled(self, arrives: datetime) -> Story:
        """Cancelled in Mobile JKN, which deletes the visit."""
        yield arrives - self._minutes(5, 60)
        no_rawat, nobooking = self._booking(arrives.date())
        yield arrives
        self.khanza.delete("reg_periksa", no_rawat=no_rawat)
        self.khanza.update("referensi_mobilejkn_bpjs", {"nobooking": nobooking}, status="Batal")
        self.khanza.batal(nobooking, no_rawat=no_rawat, keterangan=KETERANGAN)
        self.truths[nobooking].keterangan = KETERANGAN

    # -- what stories are made of

    def _registered(self, arrives: datetime, kd_pj: str = "BPJ") -> str:
        no_rawat = self.khanza.visit(arrives.date(), jam=f"{arrives:%H:%M:%S}", kd_pj=kd_pj)
        self.truths[no_rawat] = Truth(
            norm=self._norm(no_rawat), tasks={3: max(arrives, self._at(OPENING))}
        )
        return no_rawat

    def _sep(self, no_rawat: str) -> None:
        no_sep = self.khanza.sep(no_rawat)
        self.truths[no_rawat].nomorreferensi = self.khanza.value(
            "bridging_sep", "no_rujukan", no_sep=no_sep
        )

    def _booking(self, day: date, *, known: bool = True) -> tuple[str, str]:
        no_rawat = self.khanza.visit(day, jam=OPENING)
        nobooking, norm = self.khanza.booking(no_rawat, day), self._norm(no_rawat)
        nomor = self.khanza.value("referensi_mobilejkn_bpjs", "nomorreferensi", nobooking=nobooking)
        self.truths[nobooking] = Truth(norm=norm, nomorreferensi=nomor)
        if known:
            self.site.bpjs.bookings.mobile_jkn(nobooking, str(day), norm=norm, nomorreferensi=nomor)
        else:
            self.unknown.add(nobooking)
        return no_rawat, nobooking

    def _treated(self, no_rawat: str, kodebooking: str) -> Story:
        """Examined, the folder back, perhaps medicine: each written when it happens, or in one of
        Khanza's odd ways.
        """
        tasks = self.truths[kodebooking].tasks
        writes = [
            *self._exam(no_rawat, tasks),
            *self._folder(no_rawat, tasks),
            *self._medicine(no_rawat, tasks),
        ]
        for moment, write in sorted(writes, key=itemgetter(0)):
            yield moment
            write()

    def _exam(self, no_rawat: str, tasks: dict[int, datetime]) -> list[Write]:
        exam = tasks[4] = tasks[3] + self._minutes(1, 40)
        way = self.random.choice(("at once", "late", "mistyped", "tied", "vitals"))
        if way == "late":  # typed in hours later
            return [(exam + self._minutes(60, 180), lambda: self._examined(no_rawat, exam))]
        if way == "mistyped":
            wrong = exam + timedelta(hours=3)
            correct = {"no_rawat": no_rawat, "jam_rawat": f"{wrong:%H:%M:%S}"}, f"{exam:%H:%M:%S}"
            return [
                (exam, lambda: self._examined(no_rawat, wrong)),
                (exam + timedelta(minutes=20), lambda: self._retimed(*correct)),
            ]
        if way == "tied":  # by no more than a minute before the time of task 3
            before = tasks[3] - timedelta(seconds=self.random.randrange(61))
            tasks[4] = tasks[3] + timedelta(seconds=1)
            return [(tasks[4], lambda: self._examined(no_rawat, before))]
        vitals = tasks[3] - timedelta(minutes=10)
        early: list[Write] = (
            [(tasks[3], lambda: self._examined(no_rawat, vitals))] if way == "vitals" else []
        )
        return [*early, (exam, lambda: self._examined(no_rawat, exam))]

    def _folder(self, no_rawat: str, tasks: dict[int, datetime]) -> list[Write]:
        back = tasks[5] = tasks[4] + self._minutes(1, 30)
        if self.random.random() < 0.2:  # recorded with one click: BPJS gets it a second later
            back, tasks[5] = tasks[4], tasks[4] + timedelta(seconds=1)
        return [(back, lambda: self.khanza.berkas(no_rawat, kembali=_text(back)))]

    def _medicine(self, no_rawat: str, tasks: dict[int, datetime]) -> list[Write]:
        no_resep = no_rawat.replace("/", "")
        ready = tasks[5] + self._minutes(5, 30)
        given = ready + self._minutes(1, 20)
        stages = self.random.choice((0, 2, 3, 3))
        tasks |= dict(zip((6, 7), (ready, given)[: max(stages - 1, 0)], strict=False))
        writes: list[Write] = [
            (
                tasks[4],
                lambda: self.khanza.resep(no_rawat, no_resep=no_resep, dibuat=_text(tasks[4])),
            ),
            (
                ready,
                lambda: self.khanza.resep(no_rawat, no_resep=no_resep, divalidasi=_text(ready)),
            ),
            (
                given,
                lambda: self.khanza.resep(no_rawat, no_resep=no_resep, diserahkan=_text(given)),
            ),
        ]
        return writes[:stages]

    def _examined(self, no_rawat: str, waktu: datetime) -> None:
        self.khanza.exam(no_rawat, _text(waktu))

    def _retimed(self, where: dict[str, str], jam: str) -> None:
        self.khanza.update("pemeriksaan_ralan", where, jam_rawat=jam)

    def _norm(self, no_rawat: str) -> str:
        return self.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)

    def _at(self, hhmmss: str) -> datetime:
        return datetime.fromisoformat(f"{self.site.clock.now.date()} {hhmmss}").replace(tzinfo=WIB)

    def _minutes(self, least: int, most: int) -> timedelta:
        return timedelta(seconds=self.random.randint(60 * least, 60 * most))


# Who comes, and how many of them compared with the others.
STORIES: dict[Callable[[Arrivals, datetime], Story], int] = {
    Arrivals._insured: 6,
    Arrivals._paying: 3,
    Arrivals._payer_corrected: 2,
    Arrivals._left: 2,
    Arrivals._came_back: 1,
    Arrivals._booked: 4,
    Arrivals._booked_unknown: 2,
    Arrivals._stayed_away: 1,
    Arrivals._cancelled: 2,
}


def _ms(waktu: datetime) -> int:
    return int(waktu.timestamp()) * 1000


def _text(waktu: datetime) -> str:
    return f"{waktu:%Y-%m-%d %H:%M:%S}"
