"""A whole hospital for a test: a real Khanza, a real stand-in BPJS, a ledger on disk, and a clock
to set.

`Site.sync()` runs one pass in this process at the clock's time; `Site.run()` runs a whole command
line, at the real time or at CLOCK, and `Site.spawn()` does so in a process of its own.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, timezone
from itertools import chain, repeat, starmap
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from antrean_cli.config.settings import Settings, load
from antrean_cli.ledger.file import locked
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.render.broken_rows import broken_row_text
from antrean_cli.render.lapses import lapses_texts
from antrean_cli.render.outages import announcement_text
from antrean_cli.render.unanswered import unanswered_text
from antrean_cli.rules.outages import Announcement
from antrean_cli.rules.push import Change, Push, Record
from antrean_cli.simulator.bookings import Answer
from antrean_cli.simulator.hospital import Hospital
from antrean_cli.simulator.server import Simulator
from antrean_cli.sync.pass_report import Noted, PassReport
from antrean_cli.sync.run import Pass
from tests.support import command
from tests.support.mariadb import MariaDB

CONS_ID, SECRET_KEY, USER_KEY = "12345", "rahasia-uji", "kunci-uji"
WIB = timezone(timedelta(hours=7), "WIB")
MONDAY = date(2026, 11, 23)  # the day that most tests play on
# The day of those at the real time: all of it is past, at any hour.
YESTERDAY = datetime.now(WIB).date() - timedelta(days=1)
SINCE = ("--since", str(YESTERDAY))


@dataclass
class Clock:
    """The time that in-process passes and the stand-in BPJS live by."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def at(self, hhmm: str, *, day: int = 0) -> None:
        """Set the time of day (WIB), `day` days after MONDAY."""
        self.now = datetime.combine(MONDAY + timedelta(days=day), time.fromisoformat(hhmm), WIB)

    def forward(self, **span: float) -> None:
        """Let time pass (hours=, minutes=, seconds=)."""
        self.now += timedelta(**span)


@dataclass
class Done:
    """What one in-process pass did."""

    report: PassReport
    told: list[str]
    changes: list[Change]
    left_alive: list[Record] = field(default_factory=list)


@dataclass
class Site:
    """One hospital with antrean installed."""

    khanza: Hospital
    bpjs: Simulator
    clock: Clock
    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    @property
    def state(self) -> Path:
        """Where the ledger is."""
        return self.folder / "antrean.sqlite3"

    def settings(self, **env: str) -> Settings:
        """Return the settings of this site, with changes."""
        needs = frozenset({"bpjs", "khanza"})
        return load(env_file=None, state=self.state, needs=needs, environ={**self.env, **env})

    def sync(
        self, *, since: date | None = None, seconds: int = 50, at_once: bool = False, **env: str
    ) -> Done:
        """Run one pass at the clock's time."""
        settings = replace(self.settings(**env), max_seconds=seconds)
        done = Done(report=PassReport(), told=[], changes=[])
        with locked(settings.state), Ledger.open(settings.state, settings.policy.zone) as ledger:
            one = Pass(settings=settings, ledger=ledger, clock=self.clock, at_once=at_once)
            for event in one.run(since=since):
                if isinstance(event, Announcement):
                    done.told.append(announcement_text(event))
                else:
                    done.changes += event.changes
                    done.left_alive += getattr(event, "left_alive", ())
                if isinstance(event, Noted):
                    done.told += map(broken_row_text, event.broken)
                    done.told += starmap(unanswered_text, event.unanswered)
                    done.told += lapses_texts(event.lapses) if event.lapses else ()
        done.report = one.report
        return done

    def run(
        self,
        *args: str,
        input: str | None = None,  # noqa: A002 - subprocess's own name
        **env: str,
    ) -> subprocess.CompletedProcess[str]:
        """Run the command `antrean` in this process and return its exit code and output.

        CLOCK sets its time (ISO, with a zone).
        """
        return command.run(*args, environ=self.environment(**env), input=input)

    def spawn(
        self,
        *args: str,
        input: str | None = None,  # noqa: A002 - subprocess's own name
        **env: str,
    ) -> subprocess.CompletedProcess[str]:
        """Do what `run` does in a process of its own, where it is the process that is tested."""
        return command.spawn(*args, environ=self.environment(**env), input=input)

    def start(self, *args: str, **env: str) -> subprocess.Popen[str]:
        """Start the command `antrean` as a process and go on; CLOCK sets its time."""
        return command.start(*args, environ=self.environment(**env))

    @contextmanager
    def running(self, *args: str, **env: str) -> Iterator[subprocess.Popen[str]]:
        """Start the command `antrean` and go on; it is killed at the end if it still runs."""
        with self.start(*args, **env) as process:
            try:
                yield process
            finally:
                process.kill()

    @contextmanager
    def answering(self, path: str, *answers: Answer) -> Iterator[None]:
        """Let BPJS answer one of its calls with these, and always with the last of them."""
        routes = self.bpjs._routes
        given = chain(answers, repeat(answers[-1]))
        self.bpjs._routes = [
            (*one[:2], lambda *_: next(given), one[3]) if one[1] == path else one for one in routes
        ]
        yield
        self.bpjs._routes = routes

    def environment(self, **env: str) -> dict[str, str]:
        """Return the environment of a command of this site, with changes."""
        return {**os.environ, **self.env, "ANTREAN_STATE": str(self.state), **env}

    def env_file(self, name: str = "rs.env", *, mode: int = 0o600, **changes: str) -> Path:
        """Write the settings of this site to a file, with changes; return it."""
        file = self.folder / name
        settings = {**self.env, **changes}.items()
        file.write_text("".join(f"{key}='{value}'\n" for key, value in settings), encoding="utf-8")
        file.chmod(mode)
        return file

    def files(self) -> dict[str, bytes]:
        """Return every file in the site's folder with its bytes."""
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in files}

    def cancelled(self) -> str:
        """Book in Mobile JKN on MONDAY and cancel there; return nobooking."""
        nobooking = self.khanza.booking(None, MONDAY, status="Batal")
        self.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY))
        self.khanza.batal(nobooking)
        return nobooking

    def forgotten_by_bpjs(self, kodebooking: str, *, tasks: bool = True) -> None:
        """Let BPJS lose a booking, or only its tasks."""
        held = self.bpjs.bookings.snapshot()
        kept = [row for row in held if row["kodebooking"] != kodebooking or tasks is False]
        for row in kept:
            if row["kodebooking"] == kodebooking:
                row["tasks"] = []
        self.bpjs.bookings._held.clear()
        self.bpjs.bookings.load(kept)

    def record(self, kodebooking: str) -> Record:
        """Return what the ledger knows of a booking."""
        with Ledger.open(self.state, WIB) as ledger:
            record = ledger.record(kodebooking)
        assert record is not None, f"the ledger does not know {kodebooking}"
        return record

    def push(self, kodebooking: str, step: str) -> Push:
        """Return one push of the ledger."""
        return self.record(kodebooking).pushes[step]

    def states(self, kodebooking: str) -> dict[str, str]:
        """Return the state of each push of a booking."""
        return {step: push.state for step, push in self.record(kodebooking).pushes.items()}

    def held_at_bpjs(self, kodebooking: str) -> list[tuple[int, str]]:
        """Return the tasks that the stand-in BPJS holds, with their times of day (WIB)."""
        for booking in self.bpjs.bookings.snapshot():
            if booking["kodebooking"] == kodebooking:
                tasks: Any = booking["tasks"]
                return [
                    (
                        row["taskid"],
                        f"{datetime.fromtimestamp(row['wakturs'] / 1000, WIB):%H:%M:%S}",
                    )
                    for row in tasks
                ]
        return []

    def bodies(self, path: str) -> list[dict[str, Any]]:
        """Return the bodies that BPJS was handed at a path, types and all."""
        return [dict(one.body or {}) for one in self.bpjs.received if one.path == path]

    def sent(self, path: str = "") -> list[tuple[str, str, int]]:
        """Return (kodebooking, taskid or "", code) of each request that BPJS judged, in order."""
        return [
            (str(one.body.get("kodebooking")), str(one.body.get("taskid", "")), one.code)
            for one in self.bpjs.received
            if one.body and one.path.endswith(path)
        ]


def stand_in(clock: Callable[[], datetime], **options: Any) -> Simulator:
    """Return a stand-in BPJS that lives by a clock; `options` go to `Simulator`.

    The client signs with the real time, so its door does not mind how far off that is.
    """
    given = {"cons_id": CONS_ID, "secret_key": SECRET_KEY, "user_key": USER_KEY}
    return Simulator(**{**given, "now": clock, "clock_tolerance": 1e12, **options})


def ms(hhmmss: str, tanggal: date = MONDAY) -> int:
    """Return the epoch milliseconds of a time of day (WIB)."""
    return round(datetime.combine(tanggal, time.fromisoformat(hhmmss), WIB).timestamp() * 1000)


def wait_for(happened: Callable[[], object], seconds: float = 60) -> None:
    """Wait until a function returns something true."""
    deadline = monotonic() + seconds
    while not happened():
        assert monotonic() < deadline, "it does not happen"
        sleep(0.002)


def settings_of(server: MariaDB, bpjs_url: str) -> dict[str, str]:
    """Return the settings of a site as environment variables."""
    return {
        "BPJS_BASE_URL": bpjs_url,
        "BPJS_CONS_ID": CONS_ID,
        "BPJS_SECRET_KEY": SECRET_KEY,
        "BPJS_USER_KEY": USER_KEY,
        "KHANZA_SOCKET": str(server.socket),
        "KHANZA_USER": server.USER,
        "KHANZA_PASSWORD": server.PASSWORD,
        "KHANZA_DATABASE": server.DATABASE,
    }
