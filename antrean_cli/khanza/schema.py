"""What kind of a Khanza it is: its tables and columns, its server, and what our account may do."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from antrean_cli.errors import AntreanError
from antrean_cli.khanza.connection import Connection
from antrean_cli.khanza.tables import OPTIONAL, OWN_SENDER, RACIKAN, SEP_INTERNAL, TABLES, TICKETS


class _Column(NamedTuple):
    table_name: str
    column_name: str


class Schema(Connection):
    """A connection that knows what Khanza's tables offer.

    Its methods raise what Connection raises: TemporaryError and SettingsError.
    """

    _known_columns: dict[str, set[str]] | None = None

    def check(self, *, racikan: bool = False, tickets: bool = False) -> None:
        """Raise SettingsError naming every table and column that cannot be read.

        `racikan` and `tickets` as in a Window.
        """
        columns = self._schema()
        needed = {table: names for table, names in TABLES.items() if racikan or table != RACIKAN}
        if tickets:
            needed[TICKETS] = OPTIONAL[TICKETS]
        lacking: list[tuple[str, str]] = []
        for table, wanted in needed.items():
            if table not in columns:
                lacking.append((table, ""))
            lacking += [(table, one) for one in wanted if one not in columns.get(table, wanted)]
        if lacking:
            raise self._unreadable(lacking)

    def hidden_optional(self) -> list[str]:
        """Return the tables that only some installs have and that our account would not see.

        A server does not tell such an account whether they are there.
        """
        unseen = [table for table in (SEP_INTERNAL, OWN_SENDER) if not self._has(table)]
        return [table for table in unseen if self._is_hidden(table, "")]

    def _unreadable(self, lacking: Sequence[tuple[str, str]]) -> AntreanError:
        """Return the error for tables, and columns of some, that the schema does not show us.

        It shows no more than the account may read: whether the rest is there, the server tells
        whoever asks for it.
        """
        from antrean_cli.khanza.troubles import unreadable

        hidden = [one for one in lacking if self._is_hidden(*one)]
        return unreadable([one for one in lacking if one not in hidden], hidden)

    def _is_hidden(self, table: str, column: str) -> bool:
        from antrean_cli.khanza.troubles import is_of_rights

        if self.sample:
            return False
        try:
            self._select(f"SELECT {column or 1} FROM {table} LIMIT 0")  # noqa: S608 - ours
        except AntreanError as error:
            return is_of_rights(error)
        return False

    def version(self) -> str:
        """Return what the server, or SQLite, calls itself."""
        return self._values(f"SELECT {'sqlite_version' if self.sample else 'VERSION'}() AS value")[
            0
        ]

    def now(self) -> str:
        """Return the server's own time as it would write it into a table; a server's only."""
        return self._values("SELECT NOW() AS value")[0]

    def grants(self) -> list[str]:
        """Return the server's list of what our account may do; a server's only.

        A line can hold a password's hash.
        """
        return [str(line) for (line,) in self._answer("SHOW GRANTS").rows]

    def _has(self, table: str) -> bool:
        if self.sample:
            sql = "SELECT name AS value FROM sqlite_master WHERE name = :table"
        else:
            sql = """
                SELECT table_name AS value FROM information_schema.tables
                WHERE table_schema = DATABASE() AND table_name = :table
                """
        return bool(self._values(sql, {"table": table}))

    def _offers(self, table: str) -> bool:
        """Return whether this install has what only some of them have of a table."""
        return self._schema().get(table, set()).issuperset(OPTIONAL[table])

    def _schema(self) -> Mapping[str, set[str]]:
        """Return the columns of each table, as far as we read them; asked for once."""
        if self._known_columns is None:
            self._known_columns = {}
            for row in self._columns():
                of_table = self._known_columns.setdefault(row.table_name.lower(), set())
                of_table.add(row.column_name.lower())
        return self._known_columns

    def _columns(self) -> list[_Column]:
        if self.sample:
            return self._rows(
                _Column,
                """
                SELECT m.name AS table_name, c.name AS column_name
                FROM sqlite_master m, pragma_table_info(m.name) c
                """,
            )
        return self._rows(
            _Column,
            """
            SELECT table_name AS table_name, column_name AS column_name
            FROM information_schema.columns
            WHERE table_schema = DATABASE() AND table_name IN (:list)
            """,
            listed=tuple(TABLES.keys() | OPTIONAL.keys()),
        )
