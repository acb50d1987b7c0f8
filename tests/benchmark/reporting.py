"""The report of a month in a large hospital: 800 visits a day, each with all its tasks."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.codes import Kind, State, Step
from antrean_cli.rules.push import Push, Record
from tests.benchmark.khanza import basics, fill
from tests.benchmark.tools import Figure, antrean, at_most, launched, now, settings
from tests.support.mariadb import MariaDB
from tests.support.site import WIB

PER_DAY = 800


def run(*, quick: bool) -> Iterator[Figure]:
    """Yield time and peak RSS of the report of a month, as text and as a page."""
    days = 5 if quick else 30
    last = now().date() - timedelta(days=1)
    first = last - timedelta(days=days - 1)
    with MariaDB() as server:
        server.empty()
        with server.admin() as connection:
            basics(connection)
            fill(connection, first, days, PER_DAY)
        env = settings(server, "http://127.0.0.1:9", Path("report.sqlite3").absolute())
        with Ledger.open(Path(env["ANTREAN_STATE"]), WIB) as ledger:
            for day in range(days):
                with ledger.transaction():
                    for number in range(1, PER_DAY + 1):
                        morning = datetime.combine(first + timedelta(days=day), time(8), WIB)
                        ledger.save(None, _visit(morning, number), morning)
        period = ("--since", f"{first}", "--until", f"{last}")
        for what, form in (("text", ()), ("one page", ("--html", "laporan.html"))):
            done = launched(antrean("report", *period, *form), env)
            name = f"the report of {days} days of {PER_DAY} visits, as {what}"
            yield at_most(f"{name}: time", done.seconds, "{:.1f} s", 2)
            yield Figure(f"{name}: peak RSS", f"{done.megabytes:.0f} MB")


def _visit(morning: datetime, number: int) -> Record:
    """Return a visit of which nearly all was told, with waits as they come."""
    chance = random.Random(f"{morning} {number}")
    at = morning + timedelta(seconds=22 * number)
    pushes = {"add": Push(step=Step.ADD, state=State.SENT, code="200", since=at)}
    for task in (Step.TASK_3, Step.TASK_4, Step.TASK_5, Step.TASK_6, Step.TASK_7):
        state = State.SENT if chance.random() < 0.95 else State.CLOSED
        pushes[task] = Push(step=task, state=state, recorded=at, waktu=at, since=at)
        at += timedelta(minutes=chance.choice((1 / 60, 5, 20, 50, 80)))
    no_rawat = f"{morning:%Y/%m/%d}/{number:06}"
    return Record(
        kodebooking=no_rawat,
        kind=(Kind.NONJKN, Kind.MOBILEJKN)[number % 5] if number % 5 < 2 else Kind.ONSITE,
        tanggal=morning.date(),
        no_rawat=no_rawat,
        kd_poli=f"P{1 + number % 20:02}",
        kd_dokter=f"D{1 + number % 40:02}",
        kd_pj="BPJ",
        pushes=pushes,
    )
