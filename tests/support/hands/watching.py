"""What a step of an operation changed in the database, whatever statement it was."""

from __future__ import annotations

from collections import Counter
from typing import Any

from antrean_cli.simulator.hospital import Hospital
from tests.support.hands.statements import Operation

Table = dict[tuple[str, ...], dict[str, str]]


def changes(khanza: Hospital, operation: Operation[Any]) -> list[list[str]]:
    """Run an operation; return what each of its steps changed, in the order of the alphabet.

    "+table key" is a new row, "-table key" one that is gone, "table.column value" a value that is
    another now.
    """
    before, steps = _everything(khanza), []
    for _ in operation:
        after = _everything(khanza)
        steps.append(sorted(_difference(before, after)))
        before = after
    return steps


def _everything(khanza: Hospital) -> dict[str, Table]:
    cursor: Any = khanza.connection.cursor()
    cursor.execute(
        "SELECT table_name, column_name, column_key FROM information_schema.columns"
        " WHERE table_schema = 'sik' ORDER BY table_name, ordinal_position"
    )
    columns: dict[str, list[str]] = {}
    keys: dict[str, list[str]] = {}
    for table, column, key in cursor.fetchall():
        columns.setdefault(table, []).append(column)
        if key == "PRI":
            keys.setdefault(table, []).append(column)
    found: dict[str, Table] = {}
    for table, names in columns.items():
        cursor.execute(f"SELECT {', '.join(names)} FROM {table}")
        rows = [dict(zip(names, map(str, row), strict=True)) for row in cursor.fetchall()]
        # Without a key each row is what it holds.
        found[table] = {tuple(row[name] for name in keys.get(table, names)): row for row in rows}
    cursor.close()
    return found


def _difference(before: dict[str, Table], after: dict[str, Table]) -> list[str]:
    said: Counter[str] = Counter()
    for table, rows in after.items():
        old = before[table]
        said.update(f"-{table} {' '.join(key)}" for key in old.keys() - rows.keys())
        said.update(f"+{table} {' '.join(key)}" for key in rows.keys() - old.keys())
        for key in rows.keys() & old.keys():
            said.update(
                f"{table}.{column} {value}"
                for column, value in rows[key].items()
                if old[key][column] != value
            )
    return [*said]
