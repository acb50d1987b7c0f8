"""Reading: what one look at Khanza costs beside years of history (rows, queries, time)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import pymysql

from antrean_cli.config.settings import load
from antrean_cli.khanza.connection import NO_VALUES, ResultSet
from antrean_cli.khanza.queries import Khanza, Window
from tests.benchmark.khanza import basics, fill
from tests.benchmark.tools import Figure, at_most, now, settings
from tests.support.mariadb import MariaDB

PER_DAY = 800
BUFFER_POOL = 512 * 2**20  # a hospital's server holds its recent days in memory
# What programs ask for each visit, each by a column that has an index.
_SIX = (
    "SELECT no_ktp, no_tlp, no_peserta FROM pasien WHERE no_rkm_medis = %(norm)s",
    "SELECT dikirim, diterima, kembali FROM mutasi_berkas WHERE no_rawat = %(no_rawat)s",
    "SELECT tgl_perawatan, jam_rawat FROM pemeriksaan_ralan WHERE no_rawat = %(no_rawat)s",
    "SELECT tgl_perawatan, jam, tgl_penyerahan, jam_penyerahan FROM "
    "resep_obat WHERE no_rawat = %(no_rawat)s",
    "SELECT no_sep, no_rujukan, noskdp FROM bridging_sep WHERE no_rawat = %(no_rawat)s",
    "SELECT taskid, waktu FROM referensi_mobilejkn_bpjs_taskid WHERE no_rawat = %(no_rawat)s",
)


class Cost(NamedTuple):
    """What one look at a window cost the server and us."""

    visits: int
    rows: int
    queries: int
    milliseconds: float


class CountedKhanza(Khanza):
    """The program's own reader, which counts its queries and can ask the server what they cost."""

    queries = 0

    def _select(self, sql: str, values: Mapping[str, str] = NO_VALUES) -> ResultSet:
        self.queries += 1
        return super()._select(sql, values)

    def rows_read(self) -> int:
        """Return the rows that the server read for this session."""
        return _rows_read(lambda sql: super(CountedKhanza, self)._select(sql).rows)


def run(*, quick: bool) -> Iterator[Figure]:
    """Yield the cost of a look at two days, at smaller and larger windows, and of the usual way."""
    days = 175 if quick else 1750
    today = now().date()
    with MariaDB() as server:
        began = time.monotonic()
        server.empty()
        with server.admin() as connection:
            with connection.cursor() as cursor:
                cursor.execute(f"SET GLOBAL innodb_buffer_pool_size = {BUFFER_POOL}")
            basics(connection)
            recent = today - timedelta(days=365)
            details = f"tgl > '{recent}' OR n MOD 10 = 0"
            fill(connection, today - timedelta(days=days - 1), days, PER_DAY, details)
            # Windows of other sizes, each with the days around it, in a future that nobody else
            # reads.
            later = {2 * half: today + timedelta(days=1000 + half) for half in (40, 400, 4000)}
            for size, first in later.items():
                fill(connection, first - timedelta(days=1), 4, size // 2)
        yield Figure(
            f"{days * PER_DAY:,} visits of {days} days written", f"{time.monotonic() - began:.0f} s"
        )
        look = _look(server, today - timedelta(days=1), today)
        yield at_most(
            f"rows read a visit, {look.visits} visits of today and yesterday",
            _rows(look),
            "{:.1f}",
            16,
        )
        yield Figure(f"… {look.queries} queries, all rows fetched", f"{look.milliseconds:.0f} ms")
        looks = [_look(server, first, first + timedelta(days=1)) for first in later.values()]
        for one in looks:
            yield Figure(
                f"{one.visits} visits in the window: queries; rows a visit; time",
                f"{one.queries}; {_rows(one):.1f}; {one.milliseconds:.0f} ms",
            )
        different = len({one.queries for one in (look, *looks)})
        yield at_most("different numbers of queries among these", different, "{:.0f}", 1)
        usual = _usual(server, today - timedelta(days=1))
        yield Figure(
            f"the usual way, {usual.visits} visits: scan by date, then six queries each: queries",
            f"{usual.queries:,}",
        )
        yield Figure("… rows read a visit", f"{_rows(usual):,.0f}")
        yield Figure("… time", f"{usual.milliseconds:.0f} ms")


def _rows(cost: Cost) -> float:
    return cost.rows / cost.visits


def _look(server: MariaDB, first: date, last: date) -> Cost:
    """Return the cost of a look as a pass does it: rows of the first, median time of five."""
    env = settings(server, "http://127.0.0.1:9", Path("unused"))
    options = load(env_file=None, state=Path("unused"), needs=frozenset({"khanza"}), environ=env)
    times = []
    khanza = CountedKhanza(options.khanza)
    with khanza:
        before = khanza.rows_read()
        asking = khanza.rows_read() - before  # the question itself reads rows
        before = khanza.rows_read()
        khanza.check()
        visits = len(khanza.read(Window(first, last)).registrations)
        queries, rows = khanza.queries, khanza.rows_read() - before - asking
        for _ in range(5):
            began = time.perf_counter()
            khanza.check()
            khanza.read(Window(first, last))
            times.append(time.perf_counter() - began)
    return Cost(visits, rows, queries, 1000 * median(times))


def _usual(server: MariaDB, first: date) -> Cost:
    """Read the same visits by date, and six times for each of them."""
    with _connected(server) as connection, connection.cursor() as cursor:

        def select(sql: str, values: Mapping[str, str] | None = None) -> Any:
            cursor.execute(sql, values)
            return cursor.fetchall()

        before = _rows_read(select)
        asking = _rows_read(select) - before
        before = _rows_read(select)
        began = time.perf_counter()
        visits = select(
            "SELECT no_rawat, no_rkm_medis FROM reg_periksa "
            f"WHERE tgl_registrasi BETWEEN '{first}' AND '{first + timedelta(days=1)}'"
        )
        for no_rawat, norm in visits:
            for sql in _SIX:
                select(sql, {"no_rawat": no_rawat, "norm": norm})
        seconds = time.perf_counter() - began
        return Cost(
            len(visits),
            _rows_read(select) - before - asking,
            1 + len(_SIX) * len(visits),
            1000 * seconds,
        )


def _rows_read(select: Callable[[str], Any]) -> int:
    names = ", ".join(
        f"'Handler_read_{name}'"
        for name in ("first", "key", "last", "next", "prev", "rnd", "rnd_next")
    )
    return sum(
        int(value) for _, value in select(f"SHOW SESSION STATUS WHERE Variable_name IN ({names})")
    )


def _connected(server: MariaDB) -> pymysql.Connection[Any]:
    return pymysql.connect(
        unix_socket=server.socket,
        user=server.USER,
        password=server.PASSWORD,
        database=server.DATABASE,
        autocommit=True,
        ssl_disabled=True,
    )
