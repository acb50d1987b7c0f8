"""A connection to SIMRS Khanza's database: opened, asked, hung up on, and its troubles put into
words.

- However slowly Khanza answers, it is hung up on when the time is up.
- A server (MySQL or MariaDB) and a SQLite sample are read with the same SQL; what is asked stands
  in khanza.py.
"""

import os
import re
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from antrean_cli.config.settings import Khanza as KhanzaSettings
from antrean_cli.errors import SettingsError, TemporaryError

if TYPE_CHECKING:
    import pymysql

Self = TypeVar("Self", bound="Connection")
Row = TypeVar("Row", bound=tuple[Any, ...])
CONNECT_SECONDS, READ_SECONDS = 5, 10
# MySQL's error numbers for "who are you" and "no such thing"; everything else is a passing trouble.
_REFUSED_LOGIN = (1044, 1045, 1049, 1142, 1143, 1227, 1698)
_WRONG_SCHEMA = (1054, 1146)


class Connection:
    """A connection that only reads.

    Raises TemporaryError (5) or SettingsError (8: login or schema).
    """

    def __init__(self, settings: KhanzaSettings, *, seconds: float = 60) -> None:
        """Connect; after so many seconds nothing more is read."""
        self._settings = settings
        self._deadline = time.monotonic() + seconds
        self._sample = settings.sqlite is not None
        self._connection = _sample(settings.sqlite) if settings.sqlite else _server(settings)
        # PyMySQL's time-outs are for each read of a socket: an answer that drips would never end.
        self._limit = threading.Timer(seconds, self._hang_up)
        self._limit.daemon = True
        if not isinstance(self._connection, sqlite3.Connection):
            self._limit.start()
            self._connect(self._connection)

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._limit.cancel()
        self._connection.close()

    def _connect(self, server: "pymysql.Connection[Any]") -> None:
        from pymysql.err import Error

        try:
            server.connect()
        except (Error, OSError) as error:
            self._limit.cancel()
            raise _trouble(error) from error
        except UnicodeError as error:
            self._limit.cancel()
            raise SettingsError("KHANZA_HOST bukan nama server") from error

    def _hang_up(self) -> None:
        """Let whatever is being read end now; not by closing, which would wait for the reader."""
        if plain := getattr(self._connection, "_sock", None):
            with suppress(OSError), socket.socket(fileno=os.dup(plain.fileno())) as same:
                same.shutdown(socket.SHUT_RDWR)

    def _begin(self) -> None:
        """Begin a snapshot: every row can be written meanwhile (only ALTER TABLE waits for its
        end).
        """
        if self._sample:
            self._select("BEGIN", {})
            return
        self._select(
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", {}
        )  # some servers default to less
        self._select("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", {})

    def _rows(
        self,
        make: Callable[[Iterable[Any]], Row],
        sql: str,
        values: Mapping[str, str],
        listed: Sequence[str] = (),
    ) -> list[Row]:
        """Return the rows of one SELECT; `:list` stands for the listed values, and for none at all
        if it is empty.
        """
        names = [f"l{number}" for number in range(len(listed))]
        sql = sql.replace(":list", ", ".join(f":{name}" for name in names) or "NULL")
        parameters = {**values, **dict(zip(names, listed, strict=True))}
        if not self._sample:
            sql = re.sub(r":(\w+)", r"%(\1)s", sql)
        return [make(row) for row in self._select(sql, parameters)]

    def _select(self, sql: str, parameters: Mapping[str, str]) -> Sequence[Any]:
        if time.monotonic() > self._deadline:
            raise TemporaryError("Khanza menjawab terlalu lambat")
        if isinstance(self._connection, sqlite3.Connection):
            try:
                rows = self._connection.execute(sql, parameters)
                return [
                    tuple(str(cell) if isinstance(cell, int) else cell for cell in row)
                    for row in rows
                ]
            except sqlite3.Error as error:
                raise SettingsError(
                    f"KHANZA_SQLITE: {self._settings.sqlite} bukan contoh Khanza yang utuh"
                ) from error
        from pymysql.err import Error

        try:
            with self._connection.cursor() as cursor:
                cursor.execute(sql, parameters)
                return list(cursor.fetchall())
        except (Error, OSError) as error:
            raise _trouble(error) from error


def _sample(path: str) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error as error:
        raise SettingsError(f"KHANZA_SQLITE: {path} tidak dapat dibuka") from error
    return connection


def _server(settings: KhanzaSettings) -> "pymysql.Connection[Any]":
    import pymysql
    from pymysql.constants import FIELD_TYPE
    from pymysql.converters import conversions

    # Dates and times stay text, as in SQLite: PyMySQL would hand zero dates over as str and the
    # rest as objects.
    temporal = (
        FIELD_TYPE.DATE,
        FIELD_TYPE.NEWDATE,
        FIELD_TYPE.TIME,
        FIELD_TYPE.DATETIME,
        FIELD_TYPE.TIMESTAMP,
    )
    numeric = (
        FIELD_TYPE.TINY,
        FIELD_TYPE.SHORT,
        FIELD_TYPE.INT24,
        FIELD_TYPE.LONG,
        FIELD_TYPE.LONGLONG,
    )
    converters = {
        key: value for key, value in conversions.items() if key not in (*temporal, *numeric)
    }
    return pymysql.connect(
        host=settings.host,
        port=settings.port,
        unix_socket=settings.socket,
        user=settings.user,
        password=settings.password.encode(),  # a text would have to be Latin-1
        database=settings.database,
        charset="utf8mb4",
        conv=converters,
        autocommit=True,  # no snapshot is kept open beyond a read
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        write_timeout=READ_SECONDS,
        ssl_disabled=settings.socket is not None,  # a handshake on a socket costs 20 ms for nothing
        defer_connect=True,
    )


def _trouble(error: Exception) -> SettingsError | TemporaryError:
    """Return the error to raise for what the server said; its own words may name tables, never
    patients.
    """
    number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    if number in _REFUSED_LOGIN:
        text = (
            f"Khanza menolak login atau hak baca (galat {number}); "
            f"periksa KHANZA_USER, KHANZA_PASSWORD,"
        )
        return SettingsError(f"{text} KHANZA_DATABASE, dan GRANT SELECT")
    if number in _WRONG_SCHEMA:
        named = re.search(r"'([\w.]+)'", str(error.args[1]))
        what = named[1] if named else f"galat {number}"
        return SettingsError(f"Khanza tidak punya tabel atau kolom yang dibutuhkan: {what}")
    return TemporaryError(
        f"Khanza tidak dapat dihubungi atau tidak menjawab (galat {number or type(error).__name__})"
    )
