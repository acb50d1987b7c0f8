"""Everything that a MariaDB can do to a pass that only wants to read it.

- The server is a real one; `Wire` stands between it and the pass where one certain query has to
  meet a trouble.
- What the day must bring is typed by hand (`DAY`), and judged by what the stand-in BPJS holds, not
  by the ledger.
- Whatever happens: the right exit code, one sentence, what is due in the ledger is delivered
  without Khanza (never on a wrong schema), the checkpoint stays, and the next good pass makes up
  for all of it.
"""

from __future__ import annotations

import re
import select
import socket
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from functools import partial
from itertools import count, product
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import pymysql
import pytest

from antrean_cli.khanza.tables import TABLES
from antrean_cli.simulator.faults import Fault
from antrean_cli.simulator.hospital import Hospital
from tests.attacks.attack import Attack
from tests.attacks.holding import CANCELLED, Held, held
from tests.support.mariadb import MariaDB
from tests.support.site import MONDAY, Site, stand_in, wait_for

ADD, UPDATE, BATAL = "/antrean/add", "/antrean/updatewaktu", "/antrean/batal"
REMEMBERED = ("begin", "checkpoint", "looked_at", "full_scan_at", "surat_kontrol_at")
# asked last, at most every five minutes, and a pass goes on without it
LETTERS = "bridging_surat_kontrol_bpjs"
NUMBERS = count(1)  # of the cases of a run, each with its own folder


TASK_DUE, ADD_DUE, NON_JKN, BY_LETTER = (
    "2026/11/23/000001",
    "2026/11/23/000002",
    "2026/11/23/000004",
    "2026/11/23/000005",
)
BOOKED, BATAL_DUE = "20261123000001", "20261123000002"
# What BPJS must hold at 09:30 of the patients of `fill`.
DAY: dict[str, Held] = {
    TASK_DUE: [(3, "08:05:00"), (4, "08:30:00"), (5, "08:50:00"), (6, "09:00:00"), (7, "09:10:00")],
    ADD_DUE: [(3, "08:06:00"), (4, "08:40:00")],
    BOOKED: [(3, "07:45:00"), (4, "08:45:00")],
    BATAL_DUE: [CANCELLED],
    NON_JKN: [(3, "08:02:00")],
    BY_LETTER: [(3, "08:07:00")],
}
DUE = [(TASK_DUE, "3", 200), (BATAL_DUE, "", 200)]  # what can be sent without Khanza


def fill(site: Site) -> None:
    """Write the day into Khanza; every query of a pass brings something of it."""
    khanza = site.khanza
    full = khanza.visit(MONDAY)
    second = khanza.visit(
        MONDAY, jam="08:06:00", kd_pj="UMU"
    )  # its payer was never corrected, but it has a SEP
    booked = khanza.visit(MONDAY, jam="08:00:00")
    for no_rawat, exam in ((full, "08:30:00"), (second, "08:40:00"), (booked, "08:45:00")):
        khanza.exam(no_rawat, f"{MONDAY} {exam}")
    khanza.sep(full)
    khanza.sep(second)
    khanza.berkas(full, kembali=f"{MONDAY} 08:50:00")
    khanza.resep(full, divalidasi=f"{MONDAY} 09:00:00", diserahkan=f"{MONDAY} 09:10:00")
    khanza.booking(booked, MONDAY, status="Checkin", validasi=f"{MONDAY} 07:45:00")
    khanza.batal(khanza.booking(None, MONDAY, status="Batal"))
    khanza.visit(MONDAY, jam="08:02:00", kd_pj="UMU")
    control = khanza.visit(MONDAY, jam="08:07:00")  # no SEP yet
    khanza.surat_kontrol(
        khanza.value("reg_periksa", "no_rkm_medis", no_rawat=control), MONDAY, "INT"
    )


@pytest.fixture
def hospital(site: Site) -> Site:
    """A hospital with the rows of a morning."""
    fill(site)
    return site


@contextmanager
def case(hospital: Site, *, due: bool) -> Iterator[Site]:
    """The same Khanza with a BPJS that knows its own bookings only, and a ledger with or without
    something due.
    """
    folder = hospital.folder / str(next(NUMBERS))
    folder.mkdir()
    with stand_in(hospital.clock) as bpjs:
        site = replace(
            hospital, bpjs=bpjs, folder=folder, env={**hospital.env, "BPJS_BASE_URL": bpjs.url}
        )
        for nobooking in (BOOKED, BATAL_DUE):
            bpjs.bookings.mobile_jkn(nobooking, str(MONDAY))
        if due:
            leave_due(site)
        site.clock.at("09:30")
        yield site


def leave_due(site: Site) -> None:
    """Let a pass of 08:20 leave a task, an add and a cancel due in the ledger."""
    site.clock.at("08:20")
    for kodebooking, path in ((TASK_DUE, UPDATE), (ADD_DUE, ADD), (BATAL_DUE, BATAL)):
        site.bpjs.faults.add(Fault("gagal_dicoba", path=path, kodebooking=kodebooking))
    assert site.sync().report.exit_code == 0
    steps = ((TASK_DUE, "3"), (ADD_DUE, "add"), (BATAL_DUE, "batal"))
    assert {site.push(kodebooking, step).state for kodebooking, step in steps} == {"due"}


class Ended(NamedTuple):
    """How a pass ended: its exit code, and what it told."""

    code: int
    told: list[str]


def in_process(site: Site, **env: str) -> Ended:
    """Run one pass here."""
    done = site.sync(since=None, seconds=50, at_once=False, **env)
    return Ended(done.report.exit_code, done.told)


def program(site: Site, *args: str, **env: str) -> subprocess.Popen[str]:
    """Start the real program at the clock's time."""
    return site.start("sync", *args, CLOCK=site.clock.now.isoformat(), **env)


def ended(process: subprocess.Popen[str]) -> Ended:
    """Wait for the real program; it prints to stderr only, and no traceback."""
    out, err = process.communicate(timeout=90)
    assert out == ""
    return Ended(process.returncode, err.splitlines())


@contextmanager
def harmless(site: Site, *, due: bool, code: int = 5) -> Iterator[list[Ended]]:
    """See that the pass that is run inside tells its trouble in one sentence, harms nothing and
    loses nothing.
    """
    before, heard, passes = remembered(site), len(site.bpjs.received), list[Ended]()
    yield passes
    assert [one.code for one in passes] == [code], passes
    assert [line[:6] for line in passes[0].told] == ["Khanza"], passes
    assert remembered(site) == before
    assert sorted(site.sent()[heard:]) == (sorted(DUE) if due and code == 5 else [])
    complete(site)


def remembered(site: Site) -> dict[str, str]:
    """Return how far the ledger says that Khanza has been read."""
    if not site.state.exists():
        return {}
    with closing(sqlite3.connect(site.state)) as connection:
        return {
            name: value
            for name, value in connection.execute("SELECT * FROM meta")
            if name in REMEMBERED
        }


def complete(site: Site, *days: dict[str, Held], asked: int = 0) -> None:
    """Run the next pass, a good one; then BPJS holds the whole day, was told nothing twice and
    refused nothing, but that it was `asked` so often for a booking whose add was held.
    """
    site.clock.forward(minutes=1)
    assert site.sync().report.exit_code == 0
    assert held(site) in (days or [DAY])
    snapshot = site.bpjs.bookings.snapshot()
    assert [one["kodebooking"] for one in snapshot if one["jenispasien"] == "NON JKN"] == [NON_JKN]
    told = [one.path for one in site.bpjs.received if one.body]  # lists aside
    sent = Counter((path, *sent) for path, sent in zip(told, site.sent(), strict=True))
    assert [code for *_, code in sent if code != 200] == [201] * asked
    assert set(sent.values()) == {1}


# -- a wire on which one query meets a trouble

# What happens to one query, given the pass, the server and the query; returns whether the wire
# lives on.
Trouble = Callable[[socket.socket, socket.socket, bytes], bool]


EACH, GREETING = 0, -1  # instead of the number of a query


class Wire:
    """A wire to MariaDB on which the `at`-th SELECT of a pass meets a trouble; `asked` are those
    that came.
    """

    def __init__(self, server: MariaDB, folder: Path, trouble: Trouble, *, at: int) -> None:
        self.socket = str(folder / f"wire{next(NUMBERS)}")
        self.asked: list[str] = []
        self._server, self._trouble, self._at = server, trouble, at
        self._listener = socket.socket(socket.AF_UNIX)

    def __enter__(self) -> Wire:
        self._listener.bind(self.socket)
        self._listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(
                    target=self._relay, args=(self._listener.accept()[0],), daemon=True
                ).start()

    def _relay(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as server, suppress(OSError):
            server.connect(self._server.socket)
            if self._at == GREETING:
                self._trouble(client, server, b"")
            while all(
                self._pass_on(one, client, server)
                for one in select.select([client, server], [], [])[0]
            ):
                pass

    def _pass_on(self, source: socket.socket, client: socket.socket, server: socket.socket) -> bool:
        data = source.recv(1 << 20)
        if source is client and data[4:5] == b"\x03" and data[5:].lstrip().startswith(b"SELECT"):
            self.asked.append(data[5:].decode())
            if self._at in (EACH, len(self.asked)):
                return self._trouble(client, server, data)
        (server if source is client else client).sendall(data)
        return bool(data)


def untroubled(_: socket.socket, server: socket.socket, query: bytes) -> bool:
    server.sendall(query)
    return True


def gone_away(_: socket.socket, __: socket.socket, ___: bytes) -> bool:
    """The server is gone before it answers."""
    return False


def cut(client: socket.socket, server: socket.socket, query: bytes) -> bool:
    """The connection ends in the middle of the result set."""
    server.sendall(query)
    answer = server.recv(1 << 20)
    client.sendall(answer[: len(answer) // 2])
    return False


def silent(client: socket.socket, _: socket.socket, __: bytes) -> bool:
    """The server never answers."""
    client.recv(1)  # until the pass gives up
    return False


def endless(client: socket.socket, _: socket.socket, __: bytes) -> bool:
    """The answer drips, and would take hours to come."""
    client.sendall(b"\xff\xff\x00\x01")  # the head of a packet of 64 kB
    for _tick in range(5 * 60):
        if select.select([client], [], [], 0.2)[0]:
            break  # the pass has given up
        client.sendall(b"\x00")
    return False


def slow(_: socket.socket, server: socket.socket, query: bytes) -> bool:
    """Each answer takes its time, though none takes too long."""
    time.sleep(1.5)
    server.sendall(query)
    return True


def dripping(client: socket.socket, server: socket.socket, query: bytes) -> bool:
    """The answer comes byte by byte, but it comes."""
    server.sendall(query)
    for byte in server.recv(1 << 20):
        client.sendall(bytes([byte]))
    return True


def refusing(error: int) -> Trouble:
    """Return the trouble that the server answers with an error of its own."""

    def refuse(client: socket.socket, _: socket.socket, __: bytes) -> bool:
        packet = b"\xff" + error.to_bytes(2, "little") + b"#HY000galat 'sik.tabel' yang dikarang"
        client.sendall(len(packet).to_bytes(3, "little") + b"\x01" + packet)
        return True

    return refuse


def meanwhile(act: Callable[[], object]) -> Trouble:
    """Return the trouble that something happens just before the server hears the query."""

    def then(_: socket.socket, server: socket.socket, query: bytes) -> bool:
        act()
        server.sendall(query)
        return True

    return then


def queries(hospital: Site, mariadb: MariaDB) -> list[str]:
    """Return the table that each query of a pass asks first, but for the one that a pass can do
    without.
    """
    with case(hospital, due=True) as site, Wire(mariadb, site.folder, untroubled, at=EACH) as wire:
        assert in_process(site, KHANZA_SOCKET=wire.socket) == Ended(0, [])
        complete(site)
    return [re.findall(r"FROM (\w+)", query)[0] for query in wire.asked]


# -- the attacks

# The server's own words for a trouble that passes: it is full, busy, stopping, or chose this query
# as its victim.
PASSING = (1021, 1030, 1040, 1041, 1053, 1194, 1205, 1213, 1226, 1317, 1927, 1969, 2006, 2013, 3024)
BROKEN: dict[str, Trouble] = {"gone away": gone_away, "cut": cut, "deadlock": refusing(1213)}


def test_a_query_that_fails_loses_nothing(attack: Attack, hospital: Site, mariadb: MariaDB) -> None:
    """Each trouble at each query: what is due goes out all the same, and the next pass brings the
    rest.
    """
    dice, positions = attack.random(), range(1, len(queries(hospital, mariadb)) + 1)
    cases = list(product(BROKEN.values(), positions, (False, True)))
    cases += [
        (refusing(number), dice.choice(positions), due)
        for number in PASSING
        for due in (False, True)
    ]
    chosen = dice.sample(cases, attack.size(always=10, all=len(cases)))
    for trouble, at, due in chosen:
        with (
            case(hospital, due=due) as site,
            harmless(site, due=due) as passes,
            Wire(mariadb, site.folder, trouble, at=at) as wire,
        ):
            passes.append(in_process(site, KHANZA_SOCKET=wire.socket))
        assert len(wire.asked) == at  # read no further: half of Khanza is never taken for all of it
    attack.measured(
        "MariaDB gone, cut off mid-answer, deadlock or other error at one of a pass's queries",
        f"{len(chosen)} passes, exit 5, nothing lost, nothing twice",
    )


def test_a_failed_query_for_letters_holds_up_nobody_else(
    attack: Attack, hospital: Site, mariadb: MariaDB
) -> None:
    """The pass goes on without the surat kontrol, and asks for it again after five minutes."""
    at = len(queries(hospital, mariadb)) + 1
    for trouble in BROKEN.values():
        with case(hospital, due=False) as site, Wire(mariadb, site.folder, trouble, at=at) as wire:
            assert in_process(site, KHANZA_SOCKET=wire.socket) == Ended(0, [])
            assert LETTERS in wire.asked[-1]
            assert site.push(BY_LETTER, "add").state == "held"
            site.clock.forward(minutes=4)
            complete(site, asked=1)
    attack.measured(
        "the slow query for control visits fails",
        f"{len(BROKEN)} passes, everybody else sent at once",
    )


def test_a_table_or_column_that_goes_between_passes_sends_nothing(
    attack: Attack, hospital: Site, mariadb: MariaDB
) -> None:
    """Exit 8, table and column named; once it is back the next pass brings everything."""
    columns = [(table, column) for table, columns in TABLES.items() for column in columns]
    chosen = attack.random().sample(columns, attack.size(always=4, all=len(columns)))
    for number, (table, column) in enumerate(chosen):
        due = bool(number % 2)
        with case(hospital, due=due) as site, harmless(site, due=due, code=8) as passes:
            with mariadb.without_column(table, column):
                passes.append(in_process(site))
            assert f"{table} tidak punya kolom {column}" in passes[0].told[0]
    attack.measured(
        "a column of Khanza goes",
        f"{len(chosen)} columns, each named, exit 8, nothing sent meanwhile",
    )


def test_a_table_that_goes_while_the_pass_reads_sends_nothing(
    attack: Attack, hospital: Site, mariadb: MariaDB
) -> None:
    """The schema was checked and is wrong all the same when the table's turn comes."""
    # The mapping of clinics was read before its own turn, in a join: by then nobody can rename it.
    turns = TABLES.keys() - {"maping_poli_bpjs"}
    tables = [
        (at, table) for at, table in enumerate(queries(hospital, mariadb), 1) if table in turns
    ]
    chosen = attack.random().sample(tables, attack.size(always=2, all=len(tables)))
    with mariadb.admin() as connection, connection.cursor() as cursor:
        for (at, table), due in product(chosen, (False, True)):
            rename = f"RENAME TABLE {table} TO hilang"
            with (
                case(hospital, due=due) as site,
                harmless(site, due=due, code=8) as passes,
                Wire(
                    mariadb, site.folder, meanwhile(partial(cursor.execute, rename)), at=at
                ) as wire,
            ):
                passes.append(in_process(site, KHANZA_SOCKET=wire.socket))
                cursor.execute(f"RENAME TABLE hilang TO {table}")
                assert table in passes[0].told[0]
    attack.measured(
        "a table of Khanza goes while a pass reads",
        f"{2 * len(chosen)} passes, exit 8, nothing sent",
    )


# -- locks, kills and restarts


def test_a_pass_that_is_killed_while_it_waits_for_a_lock_loses_nothing(
    attack: Attack, hospital: Site, mariadb: MariaDB
) -> None:
    """The real program, KILL QUERY or KILL CONNECTION, any table that somebody may have locked."""
    cases = list(product(set(TABLES) - {LETTERS}, ("QUERY", "CONNECTION"), (False, True)))
    chosen = attack.random().sample(sorted(cases), attack.size(always=3, all=len(cases)))
    for table, what, due in chosen:
        with (
            case(hospital, due=due) as site,
            harmless(site, due=due) as passes,
            locked(mariadb, table) as waiting,
        ):
            process = program(site)
            command(mariadb, f"KILL {what} {waiting()}")
            passes.append(ended(process))
    attack.measured(
        "KILL QUERY or CONNECTION while a pass waits for a lock",
        f"{len(chosen)} passes, exit 5, 0 lost",
    )


def test_a_lock_of_a_moment_only_delays_the_pass(
    attack: Attack, hospital: Site, mariadb: MariaDB
) -> None:
    chosen = attack.random().sample(sorted(TABLES), attack.size(always=1, all=len(TABLES)))
    for table in chosen:
        with case(hospital, due=False) as site:
            with locked(mariadb, table) as waiting:
                process = program(site)
                waiting()
            assert ended(process) == Ended(0, [])
            complete(site)
    attack.measured("a table locked for a moment", f"{len(chosen)} tables, exit 0, no word")


def test_a_pass_that_the_server_itself_gives_up_loses_nothing(
    attack: Attack, hospital: Site, mariadb: MariaDB
) -> None:
    """The server's real 1205 and 1969 while a table is locked, and its real 1213 in the middle of a
    result.
    """
    cases = list(
        product((deadlocked, timed_out, out_of_time), TABLES.keys() - {LETTERS}, (False, True))
    )
    chosen = attack.random().sample(sorted(cases, key=str), attack.size(always=3, all=len(cases)))
    for give_up, table, due in chosen:
        with (
            case(hospital, due=due) as site,
            harmless(site, due=due) as passes,
            give_up(mariadb, table),
        ):
            passes.append(in_process(site))
    attack.measured(
        "MariaDB's own deadlock victim, lock wait and statement timeouts",
        f"{len(chosen)} passes, 0 lost",
    )


def test_a_server_that_restarts_or_hangs_up_in_a_pass_loses_nothing(
    attack: Attack, hospital: Site, mariadb: MariaDB
) -> None:
    """Between connect and any query; wait_timeout hangs up as well."""
    cases = list(
        product((MariaDB.stop, idle), range(1, len(queries(hospital, mariadb)) + 1), (False, True))
    )
    chosen = attack.random().sample(cases, attack.size(always=2, all=len(cases)))
    for act, at, due in chosen:
        with (
            case(hospital, due=due) as site,
            harmless(site, due=due) as passes,
            variable(mariadb, "wait_timeout", "1"),
        ):
            with Wire(mariadb, site.folder, meanwhile(partial(act, mariadb)), at=at) as wire:
                passes.append(in_process(site, KHANZA_SOCKET=wire.socket))
            mariadb.start()  # here: the kernel ends a server with the thread that started it
    attack.measured(
        "MariaDB restarts, or hangs up by wait_timeout, in a pass",
        f"{len(chosen)} passes, exit 5, 0 lost",
    )


def test_a_server_that_lets_nobody_in_loses_nothing(
    attack: Attack, hospital: Site, mariadb: MariaDB
) -> None:
    """Stopped, nobody at the port, too many connections, somebody else at the port."""
    for refuse, due in product((stopped, absent, full, stranger), (False, True)):
        with (
            case(hospital, due=due) as site,
            harmless(site, due=due) as passes,
            refuse(mariadb, site) as env,
        ):
            passes.append(in_process(site, **env))
    attack.measured(
        "MariaDB stopped, absent, full; a stranger at its port", "8 passes, exit 5, nothing lost"
    )


@contextmanager
def stopped(mariadb: MariaDB, _: Site) -> Iterator[dict[str, str]]:
    mariadb.stop()
    yield {}
    mariadb.start()


@contextmanager
def absent(_: MariaDB, site: Site) -> Iterator[dict[str, str]]:
    yield {"KHANZA_SOCKET": str(site.folder / "nobody")}


@contextmanager
def full(mariadb: MariaDB, _: Site) -> Iterator[dict[str, str]]:
    """One connection is all that the account may have, and somebody has it."""
    account = f"{MariaDB.USER}@localhost"
    command(mariadb, f"ALTER USER {account} WITH MAX_USER_CONNECTIONS 1")
    with pymysql.connect(unix_socket=mariadb.socket, user=MariaDB.USER, password=MariaDB.PASSWORD):
        yield {}
    command(mariadb, f"ALTER USER {account} WITH MAX_USER_CONNECTIONS 0")


@contextmanager
def stranger(_: MariaDB, site: Site) -> Iterator[dict[str, str]]:
    """A server of another kind speaks first."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(site.folder / "stranger"))
        listener.listen()
        threading.Thread(
            target=lambda: listener.accept()[0].sendall(b"SSH-2.0-OpenSSH_9.2p1\r\n"), daemon=True
        ).start()
        yield {"KHANZA_SOCKET": str(site.folder / "stranger")}


@contextmanager
def locked(mariadb: MariaDB, table: str) -> Iterator[Callable[[], int]]:
    """Lock a table; the function handed out waits until the pass waits for it and returns the
    pass's connection.
    """
    with mariadb.admin() as connection, connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLES {table} WRITE")
        yield lambda: connected(mariadb, "state LIKE 'Waiting for%'")


@contextmanager
def deadlocked(mariadb: MariaDB, table: str) -> Iterator[None]:
    """Let every SELECT from a table end as the victim of a deadlock."""
    columns = ", ".join(TABLES[table])
    command(
        mariadb,
        "CREATE FUNCTION korban() RETURNS int DETERMINISTIC BEGIN "
        "SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213, MESSAGE_TEXT "
        "= 'Deadlock found'; RETURN 1; END",
        f"GRANT EXECUTE ON FUNCTION korban TO {MariaDB.USER}@localhost",
        f"RENAME TABLE {table} TO semula",
        f"CREATE VIEW {table} AS SELECT {columns} FROM semula WHERE korban() = 1",
    )
    yield
    command(
        mariadb, f"DROP VIEW {table}", f"RENAME TABLE semula TO {table}", "DROP FUNCTION korban"
    )


@contextmanager
def timed_out(mariadb: MariaDB, table: str) -> Iterator[None]:
    with variable(mariadb, "lock_wait_timeout", "1"), locked(mariadb, table):
        yield


@contextmanager
def out_of_time(mariadb: MariaDB, table: str) -> Iterator[None]:
    with variable(mariadb, "max_statement_time", "0.2"), locked(mariadb, table):
        yield


@contextmanager
def variable(mariadb: MariaDB, name: str, value: str) -> Iterator[None]:
    """Set one of the server's variables for new connections."""
    command(mariadb, f"SET GLOBAL {name} = {value}")
    yield
    command(mariadb, f"SET GLOBAL {name} = DEFAULT")


def command(mariadb: MariaDB, *statements: str) -> None:
    """Say something to the server as its administrator."""
    with mariadb.admin() as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def idle(mariadb: MariaDB) -> None:
    """Wait until the server has hung up on the program."""
    wait_for(lambda: not connections(mariadb, "TRUE"))


def connected(mariadb: MariaDB, which: str) -> int:
    """Wait until the program has a connection of which something holds, and return its number."""
    wait_for(lambda: connections(mariadb, which))
    return connections(mariadb, which)[0]


def connections(mariadb: MariaDB, which: str) -> list[int]:
    """Return the numbers of the program's connections of which something holds."""
    with mariadb.admin() as connection, connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM information_schema.processlist WHERE "
            f"user = '{MariaDB.USER}' AND {which}"
        )
        return [number for (number,) in cursor.fetchall()]


# -- a Khanza that takes its time

LIMIT = 16  # seconds of a pass


def test_a_khanza_that_takes_for_ever_leaves_time_to_send(
    attack: Attack, hospital: Site, mariadb: MariaDB
) -> None:
    """Silent, dripping for hours, or slow at each query: the pass ends in time, and sends what is
    due.
    """
    positions = range(1, len(queries(hospital, mariadb)) + 1)
    cases = [(silent, GREETING), (slow, EACH), *product((silent, endless), positions)]
    chosen, longest = cases[: attack.size(always=2, all=len(cases))], 0.0
    if not attack.all:
        chosen.append((endless, attack.random().choice(positions)))
    for start in range(0, len(chosen), 5):
        longest = max(longest, side_by_side(hospital, mariadb, chosen[start : start + 5]))
    assert longest < 2 * LIMIT
    attack.measured(
        f"MariaDB silent, slow or dripping for ever, passes of {LIMIT} s",
        f"{len(chosen)} passes, all over after {longest:.1f} s, due pushes sent",
    )


def side_by_side(hospital: Site, mariadb: MariaDB, cases: list[tuple[Trouble, int]]) -> float:
    """Run a pass of the real program for each of these troubles, all at once; return the seconds of
    the longest.
    """
    with ExitStack() as stack:
        runs = []
        for trouble, at in cases:
            site = stack.enter_context(case(hospital, due=True))
            passes = stack.enter_context(harmless(site, due=True))
            runs.append(
                (site, passes, stack.enter_context(Wire(mariadb, site.folder, trouble, at=at)))
            )
        began = time.monotonic()
        started = [
            program(site, "--max-seconds", str(LIMIT), KHANZA_SOCKET=wire.socket)
            for site, _, wire in runs
        ]
        for (_, passes, _), process in zip(runs, started, strict=True):
            passes.append(ended(process))
        return time.monotonic() - began


def test_a_khanza_that_drips_but_answers_is_read_to_its_end(
    attack: Attack, hospital: Site, mariadb: MariaDB
) -> None:
    with case(hospital, due=False) as site, Wire(mariadb, site.folder, dripping, at=EACH) as wire:
        assert in_process(site, KHANZA_SOCKET=wire.socket) == Ended(0, [])
        complete(site)
    attack.measured(
        "MariaDB answers byte by byte", f"{len(wire.asked)} queries, exit 0, nothing lost"
    )


# -- Khanza goes on with its own work


def test_khanza_may_write_any_row_at_any_moment_of_a_pass(
    attack: Attack, hospital: Site, mariadb: MariaDB
) -> None:
    """No row is locked against it: before each query of a pass it writes to all of them, and waits
    for nothing.
    """
    written: list[str] = []
    for due in (False, True):
        with (
            case(hospital, due=due) as site,
            Wire(
                mariadb,
                site.folder,
                meanwhile(lambda: written.extend(write_everywhere(mariadb))),
                at=EACH,
            ) as wire,
        ):
            assert in_process(site, KHANZA_SOCKET=wire.socket) == Ended(0, [])
            complete(site)
    assert set(written) == TABLES.keys()
    attack.measured(
        "Khanza writes all rows of every table before each query", f"{len(written)} writes, 0 waits"
    )


def write_everywhere(mariadb: MariaDB) -> list[str]:
    """Write all rows of every table, without a second's patience; return the tables."""
    with mariadb.admin() as connection, connection.cursor() as cursor:
        cursor.execute("SET SESSION lock_wait_timeout = 1, innodb_lock_wait_timeout = 1")
        for table, (column, *_) in TABLES.items():
            cursor.execute(f"UPDATE {table} SET {column} = CONCAT({column}, '')")
        assert (
            transactions(mariadb, "trx_rows_locked + trx_tables_locked + trx_rows_modified > 0")
            == 0
        )
    return list(TABLES)


def test_khanza_is_let_go_before_bpjs_is_called(hospital: Site, mariadb: MariaDB) -> None:
    """However slow BPJS is, Khanza has no connection and no transaction of the real program
    meanwhile.
    """
    with case(hospital, due=False) as site:
        site.bpjs.latency = 2
        process = program(site)
        wait_for(lambda: site.bpjs.arrived)
        # The server takes a moment to see that somebody has hung up; BPJS is silent for longer than
        # that.
        wait_for(
            lambda: connections(mariadb, "TRUE") == [] and transactions(mariadb, "TRUE") == 0,
            seconds=1.5,
        )
        site.bpjs.latency = 0
        assert ended(process) == Ended(0, [])
        complete(site)


def transactions(mariadb: MariaDB, which: str) -> int:
    """Return how many of the server's open transactions are such."""
    with mariadb.admin() as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT trx_id FROM information_schema.innodb_trx WHERE {which}")
        return len(cursor.fetchall())


VISIT, BOOKING = "2026/11/23/000006", "20261123000003"  # the next that Khanza gives


def registers(khanza: Hospital) -> None:
    """A patient comes to the desk, and is through at once."""
    khanza.sep(khanza.visit(MONDAY, jam="08:20:00"))
    khanza.exam(VISIT, f"{MONDAY} 08:25:00")
    khanza.berkas(VISIT, kembali=f"{MONDAY} 08:45:00")


def books(khanza: Hospital) -> None:
    """A patient books in Mobile JKN and checks in."""
    khanza.visit(MONDAY, jam="08:00:00")
    khanza.booking(VISIT, MONDAY, status="Checkin", validasi=f"{MONDAY} 07:50:00")


def cancels(khanza: Hospital) -> None:
    """A patient cancels in Mobile JKN, which deletes the visit."""
    khanza.delete("reg_periksa", no_rawat="2026/11/23/000003")
    khanza.update("referensi_mobilejkn_bpjs", {"nobooking": BOOKED}, status="Batal")
    khanza.batal(BOOKED)


def writes_late(khanza: Hospital) -> None:
    """Exam and folder of a patient are typed in."""
    khanza.exam(BY_LETTER, f"{MONDAY} 08:50:00")
    khanza.berkas(BY_LETTER, kembali=f"{MONDAY} 09:05:00")


def renumbers(khanza: Hospital) -> None:
    """A visit gets another number."""
    for table in ("reg_periksa", "pemeriksaan_ralan", "bridging_sep"):
        khanza.update(table, {"no_rawat": ADD_DUE}, no_rawat=VISIT)


# What BPJS must hold in the end besides the rest of the day; the second is for work that comes too
# late for the pass.
WORK: dict[Callable[[Hospital], None], list[dict[str, Held]]] = {
    registers: [{VISIT: [(3, "08:20:00"), (4, "08:25:00"), (5, "08:45:00")]}],
    books: [{BOOKING: [(3, "07:50:00")]}],
    cancels: [{BOOKED: [CANCELLED]}, {BOOKED: [*DAY[BOOKED], CANCELLED]}],
    writes_late: [{BY_LETTER: [*DAY[BY_LETTER], (4, "08:50:00"), (5, "09:05:00")]}],
    renumbers: [{VISIT: DAY[ADD_DUE]}, {ADD_DUE: DAY[ADD_DUE]}],
}


def test_what_khanza_does_between_two_queries_is_never_half_told(
    attack: Attack, hospital: Site, mariadb: MariaDB
) -> None:
    """One transaction of Khanza before any query of a pass:

    BPJS hears all of it, now or a minute later.
    """
    cases = list(product(WORK, range(1, len(queries(hospital, mariadb)) + 2)))
    # Always the one that would be told as NON JKN, had the pass read the visit before and the SEPs
    # after it.
    chosen = [(renumbers, 7), *attack.random().sample(cases, attack.size(always=4, all=len(cases)))]
    for work, at in chosen:
        afresh(hospital, mariadb)
        rest = {
            name: tasks for name, tasks in DAY.items() if name != ADD_DUE or work is not renumbers
        }
        with case(hospital, due=False) as site:
            site.bpjs.bookings.mobile_jkn(BOOKING, str(MONDAY))
            act = meanwhile(partial(in_one_transaction, hospital.khanza, work))
            with Wire(mariadb, site.folder, act, at=at) as wire:
                assert in_process(site, KHANZA_SOCKET=wire.socket) == Ended(0, [])
            complete(site, *({**rest, BOOKING: [], **end} for end in WORK[work]))
    attack.measured(
        "Khanza changes rows between two queries of a pass",
        f"{len(chosen)} passes, nothing half told",
    )


def afresh(hospital: Site, mariadb: MariaDB) -> None:
    """Write the day anew."""
    mariadb.reset()
    hospital.khanza = Hospital(hospital.khanza.connection, paramstyle=pymysql.paramstyle)
    fill(hospital)


def in_one_transaction(khanza: Hospital, work: Callable[[Hospital], None]) -> None:
    with closing(khanza.connection.cursor()) as cursor:
        cursor.execute("BEGIN", ())
        work(khanza)
        cursor.execute("COMMIT", ())
