"""What the operations are made of: statements that say what they did, and a way to run them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import pymysql

from antrean_cli.simulator.hospital import ZERO, Hospital, Value

Result = TypeVar("Result")
Operation = Generator[str, None, Result]
Statement = Callable[[], str]
Row = Mapping[str, Value]

NO_DATE, NO_TIME = ZERO
# What the keys of the database forbid: a row that is there, or one that others belong to.
FORBIDDEN = (pymysql.err.IntegrityError, sqlite3.IntegrityError)


def done(operation: Operation[Result]) -> Result:
    """Run an operation to its end; return what it made."""
    while True:
        try:
            next(operation)
        except StopIteration as end:
            result: Result = end.value
            return result


def steps(operation: Operation[Any]) -> list[str]:
    """Run an operation to its end; return what it did, step by step."""
    return list(operation)


def insert(khanza: Hospital, table: str, **columns: Value) -> str:
    """Insert a row; return what was done."""
    khanza.insert(table, **columns)
    return f"INSERT {table}"


def update(khanza: Hospital, table: str, where: Row, **columns: Value) -> str:
    """Change rows; return what was done."""
    khanza.update(table, where, **columns)
    return f"UPDATE {table}"


def delete(khanza: Hospital, table: str, **where: Value) -> str:
    """Delete rows; return what was done."""
    khanza.delete(table, **where)
    return f"DELETE {table}"


def together(khanza: Hospital, *statements: Statement) -> str:
    """Run statements as one transaction: nobody sees what is between them."""
    execute(khanza, "BEGIN")
    try:
        made = [statement() for statement in statements]
    except BaseException:
        execute(khanza, "ROLLBACK")
        raise
    execute(khanza, "COMMIT")
    return ", ".join(made)


def tried(statement: Callable[[], object]) -> bool:
    """Run a statement as Khanza does, which goes on where the database refuses it."""
    try:
        statement()
    except FORBIDDEN:
        return False
    return True


def later(function: Callable[..., str], *args: Any, **columns: Any) -> Statement:
    """Return a statement to be run in `together`."""
    return partial(function, *args, **columns)


def execute(khanza: Hospital, sql: str, values: Sequence[Value] = ()) -> Any:
    """Run a statement of one's own; return its first row."""
    cursor = khanza.connection.cursor()
    try:
        cursor.execute(sql, [str(one) for one in values])
        return cursor.fetchone() if sql.startswith("SELECT") else None
    finally:
        cursor.close()


def has(khanza: Hospital, table: str, **where: Value) -> bool:
    """Return whether there is such a row."""
    return bool(khanza.value(table, "COUNT(*)", **where) != "0")


def text(at: datetime) -> str:
    """Return a moment as Khanza writes it into a datetime."""
    return f"{at:%Y-%m-%d %H:%M:%S}"


def day_and_time(at: datetime) -> tuple[str, str]:
    """Return a moment as Khanza writes it into a date and a time."""
    return f"{at:%Y-%m-%d}", f"{at:%H:%M:%S}"
