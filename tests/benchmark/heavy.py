"""What is beyond any hospital: rows and texts without measure, and a week that nothing left.

Somebody who may write to Khanza must not be able to fill this machine's memory, and a fault that
holds everything for a week must not make every pass slower than the minute it has.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

from tests.benchmark.khanza import basics, fill
from tests.benchmark.tools import Figure, Run, antrean, at_most, launched, now, settings, stand_in
from tests.support.mariadb import MariaDB

MOST = 150  # MB, of any of them


def run(*, quick: bool) -> Iterator[Figure]:
    """Yield time and peak RSS of passes and views at what is beyond any hospital."""
    parts = (
        (_jadwal, 100_000 if quick else 1_000_000),
        (_texts, 20 if quick else 100),
        (_held, 10_000 if quick else 100_000),
    )
    with MariaDB() as server:
        for part, size in parts:
            with stand_in([]) as url:
                yield from part(server, url, size)


def _jadwal(server: MariaDB, url: str, rows: int) -> Iterator[Figure]:
    with _hospital(server, 0):
        _execute(
            server,
            f"""
            INSERT INTO jadwal
            SELECT CONCAT('X', seq DIV 1000), 'SENIN', SEC_TO_TIME(seq MOD 1000), '14:00', 'P01', 1
            FROM seq_1_to_{rows}
            """,
        )
        run = launched(antrean("sync"), settings(server, url, _state("jadwal")))
        yield from _figures(f"a pass beside {rows:,} rows of jadwal", run)


def _texts(server: MariaDB, url: str, visits: int) -> Iterator[Figure]:
    with _hospital(server, visits):
        _execute(server, "ALTER TABLE bridging_sep MODIFY noskdp LONGTEXT")
        _execute(server, "UPDATE bridging_sep SET noskdp = REPEAT('x', 10000000)")
        try:
            run = launched(
                antrean("sync", "--since", _yesterday()), settings(server, url, _state("texts"))
            )
        finally:
            server.empty()
            _execute(server, "ALTER TABLE bridging_sep MODIFY noskdp VARCHAR(40) NOT NULL")
        yield from _figures(f"a pass that reads {visits} texts of 10 MB", run)


def _held(server: MariaDB, url: str, pushes: int) -> Iterator[Figure]:
    """A week of visits that nobody is mapped for, whose SEPs are missing: all of each is held."""
    env = settings(server, url, _state("held"))
    since = f"{now().date() - timedelta(days=7)}"
    with _hospital(server, pushes // 6 // 7, days=7):
        for table in ("maping_dokter_dpjpvclaim", "bridging_sep", "referensi_mobilejkn_bpjs"):
            _execute(server, f"DELETE FROM {table}")
        first = launched(antrean("sync", "--since", since, "--max-seconds", "3600"), env)
        yield from _figures(f"the pass that finds {_count(env):,} pushes to hold", first)
        for command in ("sync", "status", "todo", "list", "check"):
            run = launched(antrean(command), env, codes=(0, 12))
            yield from _figures(f"… antrean {command} then", run)


def _figures(what: str, run: Run) -> Iterator[Figure]:
    yield Figure(f"{what}: time", f"{run.seconds:.1f} s")
    yield at_most(f"{what}: peak RSS", run.megabytes, "{:.0f} MB", MOST)


@contextmanager
def _hospital(server: MariaDB, visits: int, days: int = 1) -> Iterator[None]:
    """A Khanza with so many visits on each of the days before today."""
    server.empty()
    with server.admin() as connection:
        basics(connection)
        if visits:
            fill(connection, now().date() - timedelta(days=days), days, visits)
    yield


def _execute(server: MariaDB, sql: str) -> None:
    with server.admin() as connection, connection.cursor() as cursor:
        cursor.execute(sql)


def _yesterday() -> str:
    return f"{now().date() - timedelta(days=1)}"


def _state(name: str) -> Path:
    return Path(f"{name}.sqlite3").absolute()


def _count(env: Mapping[str, str]) -> int:
    with closing(sqlite3.connect(env["ANTREAN_STATE"])) as connection:
        (count,) = connection.execute("SELECT COUNT(*) FROM push WHERE state = 'held'").fetchone()
    return int(count)
