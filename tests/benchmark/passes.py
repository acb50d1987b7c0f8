"""Whole passes as processes: what an idle one costs, and what ten thousand pushes need."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from antrean_cli.config.settings import load
from antrean_cli.khanza.connection import NO_VALUES, ResultSet
from antrean_cli.khanza.queries import Khanza
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.codes import State
from antrean_cli.sync.read import read
from tests.benchmark.khanza import basics, booked, fill
from tests.benchmark.tools import (
    Figure,
    Run,
    antrean,
    at_most,
    compile_package,
    environment,
    launched,
    now,
    seconds_of,
    settings,
    stand_in,
)
from tests.support.mariadb import MariaDB
from tests.support.site import WIB

VISITS = 800
# The least that a program like ours can do: its imports, one connection, the same SELECTs. Asked
# to, it leaves dates and numbers as text, as the program does: that is less work than PyMySQL's own
# way.
_BARE = """
import json, sys
import click, pymysql, sqlite3
socket, user, password, database, selects, *text = sys.argv[1:]
connection = pymysql.connect(
    unix_socket=socket, user=user, password=password, database=database,
    charset="utf8mb4", ssl_disabled=True,
    conv=pymysql.converters.encoders if text else None)
for sql, parameters in json.load(open(selects)):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        cursor.fetchall()
"""


class NotedKhanza(Khanza):
    """The program's own reader, which notes what it asks."""

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self.selects: list[tuple[str, dict[str, str]]] = []

    def _select(self, sql: str, values: Mapping[str, str] = NO_VALUES) -> ResultSet:
        self.selects.append((sql, dict(values)))
        return super()._select(sql, values)


def idle(*, quick: bool) -> Iterator[Figure]:
    """Yield the time of a pass that finds nothing, against the bare script's, and its imports."""
    rounds = 5 if quick else 21
    with hospital(VISITS) as (server, url):
        env = environment(settings(server, url, Path("idle.sqlite3").absolute()))
        told(env)
        Path("bare.py").write_text(_BARE, encoding="utf-8")
        Path("selects.json").write_text(json.dumps(_selects(env)), encoding="utf-8")
        account = (server.socket, server.USER, server.PASSWORD, server.DATABASE)
        bare = [sys.executable, "bare.py", *account, "selects.json"]
        commands = {"pass": antrean("sync"), "bare": bare, "text": [*bare, "text"]}
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                times[name].append(seconds_of(command, env))
        ours, least = median(times["pass"]), median(times["bare"])
        yield Figure(
            f"idle pass, {VISITS} visits told before (median of {rounds})", f"{1000 * ours:.0f} ms"
        )
        yield Figure(
            "bare script: click, sqlite3, pymysql, the same SELECTs", f"{1000 * least:.0f} ms"
        )
        yield Figure(
            "… the same without converting dates and numbers",
            f"{1000 * median(times['text']):.0f} ms",
        )
        yield at_most("idle pass against the bare script", ours / least, "{:.2f} ×", 1.3)
        yield from _imports(env)


def memory(*, quick: bool) -> Iterator[Figure]:
    """Yield the peak RSS of a pass with 10,000 pushes due, and a push's time against 1,000's."""
    runs = [_full(visits) for visits in ((172, 690) if quick else (172, 1725))]
    costs = []
    for sent, run in runs:
        costs.append(1000 * run.seconds / sent)
        yield Figure(
            f"a pass with {sent:,} pushes due: time; time a push",
            f"{run.seconds:.1f} s; {costs[-1]:.2f} ms",
        )
    (few, _), (many, run) = runs
    yield at_most(f"peak RSS of the pass with {many:,} pushes", run.megabytes, "{:.1f} MB", 80)
    yield at_most(f"time a push at {many:,} against {few:,}", costs[1] / costs[0], "{:.2f} ×", 1.2)


@contextmanager
def hospital(visits: int) -> Iterator[tuple[MariaDB, str]]:
    """Run a Khanza with so many visits yesterday, all over, and a BPJS without latency.

    Behind it lies a month of history.
    """
    compile_package()
    yesterday = _yesterday()
    with MariaDB() as server, stand_in(booked(yesterday, visits)) as url:
        server.empty()
        with server.admin() as connection:
            basics(connection)
            fill(connection, yesterday - timedelta(days=30), 30, VISITS)
            fill(connection, yesterday, 1, visits)
        yield server, url


def _yesterday() -> date:
    return now().date() - timedelta(days=1)


def _first_pass() -> list[str]:
    return antrean(
        "sync", "--since", _yesterday().isoformat(), "--workers", "16", "--max-seconds", "3600"
    )


def told(env: Mapping[str, str]) -> None:
    """Run passes until there is nothing more to do, and make sure of it."""
    for command in (_first_pass(), antrean("sync"), antrean("sync", "--json")):
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    report = json.loads(done.stdout)
    assert not report["changes"], report
    states = _states(Path(env["ANTREAN_STATE"]))
    assert set(states) == {State.SENT}, Counter(states)


def _states(path: Path) -> list[str]:
    """Return the state of every push of the ledger of a pass."""
    with Ledger.open(path, WIB) as ledger:
        records = ledger.of_days(_yesterday(), now().date()).values()
    return [push.state for record in records for push in record.pushes.values()]


def _selects(env: Mapping[str, str]) -> list[tuple[str, dict[str, str]]]:
    """Return what an idle pass asks of Khanza, as PyMySQL takes it."""
    options = load(env_file=None, state=None, needs=frozenset({"khanza"}), environ=env)
    khanza = NotedKhanza(options.khanza)
    with khanza, Ledger.copy(options.state, options.policy.zone) as ledger:
        read(khanza, ledger, options.policy, now(), since=None, sessions={})
    return khanza.selects


def _imports(env: Mapping[str, str], most: int = 8) -> Iterator[Figure]:
    """Yield the modules that take longest to load in an idle pass, each without what it loads."""
    command = [sys.executable, "-X", "importtime", "-m", "antrean_cli", "sync"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    lines = (
        line.removeprefix("import time:").split("|")
        for line in done.stderr.splitlines()
        if "|" in line
    )
    times = [(int(own), name.strip()) for own, _, name in lines if own.strip().isdecimal()]
    ours = sum(own for own, name in times if name.startswith("antrean_cli"))
    total = sum(own for own, _ in times)
    what = f"imports of an idle pass while traced, {len(times)} modules; our own of that"
    yield Figure(what, f"{total / 1000:.0f} ms; {ours / 1000:.0f} ms")
    for own, name in sorted(times, reverse=True)[:most]:
        yield Figure(f"… {name}", f"{own / 1000:.1f} ms")


def _full(visits: int) -> tuple[int, Run]:
    """Run a pass with so many visits to tell; return how many pushes it sent."""
    with hospital(visits) as (server, url):
        state = Path(f"full-{visits}.sqlite3").absolute()
        run = launched(_first_pass(), settings(server, url, state))
        states = _states(state)
        assert set(states) == {State.SENT}, Counter(states)
        return len(states), run
