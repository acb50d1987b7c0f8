"""A connection to SIMRS Khanza's database: opened, asked, and hung up on.

- However slowly Khanza answers, it is hung up on when the time is up.
- What goes wrong is an error with its cause (troubles.py).
- A server (MySQL or MariaDB) and a SQLite sample are read with the same SQL; what is asked stands
  in queries.py.
- Rows are made by the names of a SELECT's columns, never by their order.
- Khanza's columns that are read hold 200 letters at most. What is wider than WIDEST is none of its
  values: only its beginning comes, marked as one (rules/letters.py), so that no cell fills memory.
"""

import os
import re
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from antrean_cli.config.settings import KhanzaSettings
from antrean_cli.errors import AntreanError
from antrean_cli.rules.letters import CUT, raw, visible

if TYPE_CHECKING:
    import pymysql

Self = TypeVar("Self", bound="Connection")
Row = TypeVar("Row", bound=NamedTuple)
NO_VALUES: Mapping[str, str] = {}
WIDEST, BEGINNING = 255, 60
MANY = 5000  # rows of one answer, from which on the time to share equal cells is worth it
# Both kinds of databases have these functions; LENGTH may count bytes, of which letters have four.
_NARROW = f"""
    CASE WHEN LENGTH(wide.{{name}}) > {4 * WIDEST}
         THEN CONCAT(SUBSTR(wide.{{name}}, 1, {BEGINNING}), :cut)
         ELSE wide.{{name}} END AS {{name}}"""


class ResultSet(NamedTuple):
    """What a statement brought: the names of the columns, and each row's cells (text or None)."""

    names: tuple[str, ...]
    rows: Sequence[Sequence[Any]]


class _Value(NamedTuple):
    """The row of a SELECT of one column."""

    value: str | None


class _Garbled(Exception):  # noqa: N818 - a cause for troubles.py, and nobody else sees it
    """What came is no answer to what was asked."""


class Connection:
    """A connection that only reads.

    Whatever it does raises TemporaryError (exit 5: not reachable, too slow) or SettingsError (exit
    8: login, rights or schema). `sample` tells whether it reads a SQLite sample, which has no
    accounts and no clock of its own.
    """

    def __init__(self, settings: KhanzaSettings, *, seconds: float = 60) -> None:
        """Connect; after so many seconds nothing more is read."""
        self._settings = settings
        self._deadline = time.monotonic() + seconds
        self.sample = settings.sqlite is not None
        self._connection = (
            _sample(settings.sqlite) if settings.sqlite else _server(settings, seconds)
        )
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
        try:
            server.connect()
        except Exception as error:  # whatever answers there can break the driver anywhere
            self._limit.cancel()
            raise _error_of(error) from error

    def _hang_up(self) -> None:
        """Let whatever is being read end now; not by closing, which would wait for the reader."""
        if plain := getattr(self._connection, "_sock", None):
            with suppress(OSError), socket.socket(fileno=os.dup(plain.fileno())) as same:
                same.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """Read everything in between as of one moment; Khanza can write all the while.

        (Only its ALTER TABLE would wait for the end.)
        """
        if self.sample:
            self._select("BEGIN")
        else:
            # Some servers are set to a weaker level, which would show each query another moment.
            self._select("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            self._select("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        yield
        self._select("COMMIT")

    def _rows(
        self,
        row: type[Row],
        sql: str,
        values: Mapping[str, str] = NO_VALUES,
        listed: Sequence[str] = (),
        order: str = "",
    ) -> list[Row]:
        """Return the rows of one SELECT, whose columns bear the names of the row's fields.

        `:name` stands for one of the values, `:list` for the listed ones (for none at all if there
        are none); `order` names the columns to sort by. Raises TemporaryError and SettingsError.
        """
        narrow = ",".join(_NARROW.format(name=name) for name in row._fields)
        sql = f"SELECT {narrow} FROM ({sql}) AS wide"  # noqa: S608 - statements and names of ours
        sql += f" ORDER BY {order}" if order else ""
        answer = self._answer(sql, {**values, "cut": CUT}, listed)
        if sorted(answer.names) != sorted(row._fields):
            raise _error_of(_Garbled())
        return list(map(_by_name(row, answer.names), answer.rows))

    def _values(
        self, sql: str, values: Mapping[str, str] = NO_VALUES, listed: Sequence[str] = ()
    ) -> list[str]:
        """Return the values of a SELECT of one column, `value`, as `_rows` does.

        A NULL is an empty text. Raises TemporaryError and SettingsError.
        """
        return [row.value or "" for row in self._rows(_Value, sql, values, listed)]

    def _answer(
        self, sql: str, values: Mapping[str, str] = NO_VALUES, listed: Sequence[str] = ()
    ) -> ResultSet:
        values = {name: raw(value) for name, value in values.items()}
        names, listed = [f"l{number}" for number in range(len(listed))], [*map(raw, listed)]
        sql = sql.replace(":list", ", ".join(f":{name}" for name in names) or "NULL")
        if not self.sample:
            sql = re.sub(r":(\w+)", r"%(\1)s", sql)
        answer = self._select(sql, {**values, **dict(zip(names, listed, strict=True))})
        width = len(answer.names)
        if not width or any(len(row) != width for row in answer.rows):
            raise _error_of(_Garbled())
        if len(answer.rows) > MANY:
            answer = answer._replace(rows=_sharing(answer.rows))
        return answer if _is_seen(answer.rows) else answer._replace(rows=[*map(_seen, answer.rows)])

    def _select(self, sql: str, values: Mapping[str, str] = NO_VALUES) -> ResultSet:
        """Run a statement, with its parameters as the driver spells them."""
        if time.monotonic() > self._deadline:
            raise _error_of(TimeoutError())
        if isinstance(self._connection, sqlite3.Connection):
            return self._select_from_sample(self._connection, sql, values)
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(sql, values)
                return ResultSet(_names(cursor.description), cursor.fetchall())
        # A garbled answer can break the driver anywhere, and so can a server that asks for one of
        # our files (LOCAL INFILE).
        except Exception as error:
            raise _error_of(_Garbled() if isinstance(error, RuntimeError) else error) from error

    def _select_from_sample(
        self, connection: sqlite3.Connection, sql: str, values: Mapping[str, str]
    ) -> ResultSet:
        try:
            cursor = connection.execute(sql, values)
            rows = [
                tuple(str(cell) if isinstance(cell, int) else cell for cell in row)
                for row in cursor
            ]
        except sqlite3.Error as error:
            raise _error_of(error, self._settings.sqlite) from error
        return ResultSet(_names(cursor.description), rows)


def _is_seen(rows: Sequence[Sequence[Any]]) -> bool:
    """Return whether all cells are texts that can be seen, or None, as nearly always."""
    try:
        return "".join(filter(None, chain.from_iterable(rows))).isprintable()
    except TypeError:  # a type of MySQL's that no column read here has
        return False


def _sharing(rows: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
    """Return rows whose equal cells are one object: codes, names and dates come again and again."""
    cells: dict[Any, Any] = {}
    return [tuple(cells.setdefault(cell, cell) for cell in row) for row in rows]


def _seen(row: Sequence[Any]) -> Sequence[str | None]:
    """Return a row whose cells are texts that can be seen, or None."""
    return [None if cell is None else visible(str(cell)) for cell in row]


def _names(description: Sequence[Sequence[Any]] | None) -> tuple[str, ...]:
    return tuple(str(column[0]) for column in description or ())


def _by_name(row: type[Row], names: Sequence[str]) -> Callable[[Sequence[Any]], Row]:
    """Return what makes a row out of the cells of a SELECT with these names of columns."""
    if len(names) == 1:
        return row._make
    in_order = itemgetter(*map(names.index, row._fields))
    return lambda cells: row._make(in_order(cells))


def _sample(path: str) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error as error:
        raise _error_of(error, path) from error
    # SQLite has no CONCAT before 3.44, and later one that skips a NULL where a server's is NULL.
    connection.create_function("CONCAT", -1, _concat, deterministic=True)
    return connection


def _concat(*parts: str | None) -> str | None:
    return None if None in parts else "".join(map(str, parts))


def _server(settings: KhanzaSettings, seconds: float) -> "pymysql.Connection[Any]":
    from antrean_cli.khanza.server import server

    try:
        return server(settings, seconds)
    except OSError as error:  # KHANZA_CA
        raise _error_of(error, settings.ca or "") from error


def _error_of(error: Exception, sample: str | None = None) -> AntreanError:
    """Return the error to raise for what the driver, or that of a sample, raised."""
    # A pass that meets no trouble must not pay for the table of troubles.
    from antrean_cli.khanza.troubles import error_of

    return error_of(error, sample or "")
