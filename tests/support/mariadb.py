"""A private MariaDB with Khanza's tables: its own folder, socket and port, all
gone with the tests.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import pymysql

from antrean_cli.simulator.hospital import Hospital
from tests.support.folders import new_folder
from tests.support.installs import INSTALLS

SCHEMA = Path(__file__).with_name("schema.sql")
PR_SET_PDEATHSIG = 1
SECONDS = 30  # to start or to stop; it takes a fraction of one

_libc = ctypes.CDLL(None)


class MariaDB:
    """A running server with the database `sik` and an account that may only read it."""

    USER = "antrean"
    PASSWORD = "rahasia-khanza"
    DATABASE = "sik"

    def __init__(self, *options: str) -> None:
        self._options = options
        self._folder = new_folder("mariadb")
        self.socket = str(self._folder / "sock")
        self.port = _free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> MariaDB:
        try:
            self._install()
            self.start()
            self._fill()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._remove()

    def admin(self) -> pymysql.Connection[Any]:
        """Connect with all rights, in autocommit."""
        return self._root(self.DATABASE)

    def empty(self) -> None:
        """Delete all rows. TRUNCATE would make every table anew: many times slower."""
        with self.admin() as connection, connection.cursor() as cursor:
            cursor.execute("SET foreign_key_checks = 0")
            cursor.execute("SHOW TABLES")
            tables = [table for (table,) in cursor.fetchall()]
            cursor.execute(
                " UNION ALL ".join(f"(SELECT '{table}' FROM {table} LIMIT 1)" for table in tables)
            )
            for (table,) in cursor.fetchall():
                cursor.execute(f"DELETE FROM {table}")

    def reset(self) -> None:
        """Let it hold what a Khanza has before its first patient, and nothing else."""
        with self.admin() as connection, connection.cursor() as cursor:
            cursor.execute("CALL basics.reset()")

    @contextmanager
    def without_column(self, table: str, column: str) -> Iterator[None]:
        """Let a table of Khanza's lack a column for a while."""
        with self.admin() as connection, connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} RENAME COLUMN {column} TO hilang")
            try:
                yield
            finally:
                cursor.execute(f"ALTER TABLE {table} RENAME COLUMN hilang TO {column}")

    @contextmanager
    def installed(self, install: str) -> Iterator[None]:
        """Let it be another kind of install (INSTALLS) for a while; undone while it has no rows."""
        self._change(INSTALLS[install].make)
        try:
            yield
        finally:
            self.empty()
            self._change(INSTALLS[install].undo)

    def _change(self, statements: tuple[str, ...]) -> None:
        with self.admin() as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def is_waited_for(self) -> bool:
        """Return whether somebody waits for a table that is locked."""
        with self.admin() as connection, connection.cursor() as cursor:
            cursor.execute("SHOW PROCESSLIST")
            return "Waiting for table" in str(cursor.fetchall())

    @contextmanager
    def overheard(self) -> Iterator[Callable[[], list[str]]]:
        """Write down what the account asks; hand over what it asked until now."""
        with self.admin() as connection, connection.cursor() as cursor:

            def said() -> list[str]:
                cursor.execute(
                    "SELECT argument FROM mysql.general_log WHERE command_type "
                    "= 'Query' AND user_host LIKE %s "
                    "ORDER BY event_time",
                    (f"{self.USER}[%",),
                )
                return [
                    row[0].decode() if isinstance(row[0], bytes) else row[0]
                    for row in cursor.fetchall()
                ]

            cursor.execute("TRUNCATE mysql.general_log")
            cursor.execute("SET GLOBAL log_output = 'TABLE'")
            cursor.execute("SET GLOBAL general_log = ON")
            try:
                yield said
            finally:
                cursor.execute("SET GLOBAL general_log = OFF")

    def start(self) -> None:
        """Start the server on the data that it has, unless it runs, and wait until it answers."""
        if self.process is not None:
            return
        log = self._folder / "log"
        with log.open("ab") as stream:
            self.process = subprocess.Popen(
                self._command(),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                preexec_fn=_die_with_us,
            )
        deadline = time.monotonic() + SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self._kill()
                raise RuntimeError(
                    f"MariaDB does not start:\n{log.read_text(errors='replace')[-3000:]}"
                )
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop the server in order; its data stays."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(SECONDS)
            self.process = None

    def _command(self) -> list[str]:
        return [
            _program("mariadbd", "mysqld"),
            "--no-defaults",
            *_as_root(),
            f"--datadir={self._folder / 'data'}",
            # a server that starts sweeps its tmpdir, whoever else uses it
            f"--tmpdir={self._folder}",
            f"--socket={self.socket}",
            f"--port={self.port}",
            f"--pid-file={self._folder / 'pid'}",
            "--bind-address=127.0.0.1",
            *self._options,
            "--skip-name-resolve",
            "--character-set-server=latin1",
            # As Khanza's sites run it: zero dates are welcome, what is missing is filled, too long
            # is cut.
            "--sql-mode=NO_ENGINE_SUBSTITUTION",
            "--performance-schema=OFF",
            "--key-buffer-size=1M",
            "--innodb-buffer-pool-size=16M",
            "--innodb-log-file-size=4M",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-fast-shutdown=2",
            # Most passes ask what the one before asked. Nothing is answered from a table that is
            # written to or locked.
            "--query-cache-type=1",
            "--query-cache-size=8M",
            "--query-cache-wlock-invalidate=ON",
        ]

    def _install(self) -> None:
        command = [
            _program("mariadb-install-db", "mysql_install_db"),
            "--no-defaults",
            *_as_root(),
            f"--datadir={self._folder / 'data'}",
            f"--tmpdir={self._folder}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--skip-name-resolve",
            "--innodb-log-file-size=4M",
        ]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"mariadb-install-db fails:\n{done.stdout}\n{done.stderr}")

    def _fill(self) -> None:
        """Create the database and the account; root stays for the socket alone, in a folder of our
        own.
        """
        with self._root() as connection, connection.cursor() as cursor:
            cursor.execute("DROP USER IF EXISTS root@'127.0.0.1', root@'::1'")
            cursor.execute(f"CREATE DATABASE {self.DATABASE} CHARACTER SET latin1")
            cursor.execute(f"USE {self.DATABASE}")
            for statement in SCHEMA.read_text(encoding="utf-8").split(";\n"):
                if statement.strip():
                    cursor.execute(statement)
            Hospital(connection, paramstyle=pymysql.paramstyle).basics(penjab=True)
            _keep(cursor, self.DATABASE)
            for host in ("localhost", "127.0.0.1"):
                cursor.execute(
                    "CREATE USER %s@%s IDENTIFIED BY %s", (self.USER, host, self.PASSWORD)
                )
                cursor.execute(f"GRANT SELECT ON {self.DATABASE}.* TO %s@%s", (self.USER, host))

    def _root(self, database: str | None = None) -> pymysql.Connection[Any]:
        return pymysql.connect(
            unix_socket=self.socket,
            user="root",
            database=database,
            charset="utf8mb4",
            autocommit=True,
            ssl_disabled=True,  # PyMySQL tries TLS even here: 20 ms a connection
        )

    def _answers(self) -> bool:
        try:
            self._root().close()
        except pymysql.err.OperationalError:
            return False
        return True

    def _kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _remove(self) -> None:
        self._kill()
        shutil.rmtree(self._folder, ignore_errors=True)


def _keep(cursor: Any, database: str) -> None:
    """Keep what all tables hold now, and the way back to that: one call, many times faster than
    telling the server row by row.
    """
    cursor.execute("CREATE DATABASE basics CHARACTER SET latin1")
    cursor.execute("SHOW TABLES")
    steps = []
    for (table,) in cursor.fetchall():
        cursor.execute(f"CREATE TABLE basics.{table} AS SELECT * FROM {table}")
        cursor.execute(f"SHOW COLUMNS FROM {table}")
        columns = ", ".join(column for column, *_ in cursor.fetchall())
        steps.append(f"DELETE FROM {database}.{table};")
        if cursor.execute(f"SELECT 1 FROM {table} LIMIT 1"):
            source = f"SELECT {columns} FROM basics.{table}"
            steps.append(f"INSERT INTO {database}.{table} ({columns}) {source};")
    steps = ["SET foreign_key_checks = 0;", "START TRANSACTION;", *steps, "COMMIT;"]
    body = " ".join([*steps, "SET foreign_key_checks = 1;"])
    cursor.execute(f"CREATE PROCEDURE basics.reset() BEGIN {body} END")


def _program(*names: str) -> str:
    for name in names:
        # Debian keeps the server where an ordinary user's PATH does not look.
        found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
        if found:
            return found
    raise RuntimeError(f"{names[0]} not found: install mariadb-server (tests/run does)")


def _as_root() -> list[str]:
    return ["--user=root"] if os.geteuid() == 0 else []


def _die_with_us() -> None:
    """Let the kernel kill the server if the tests are killed."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _free_port() -> int:
    """Return a port that the system hands to nobody else, also while the server is stopped."""
    ports = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    first = 10_000 + os.getpid() % (int(ports[0]) - 11_000)
    for port in range(first, int(ports[0])):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no port is free")
