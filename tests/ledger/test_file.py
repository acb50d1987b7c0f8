"""What SQLite says of the file, as people are told it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from antrean_cli.errors import StateError
from antrean_cli.ledger.file import explained

# SQLite's extended result codes (sqlite.org/rescode.html) and messages, and a word of our sentence.
SAID = {
    "SQLITE_FULL": (13, "database or disk is full", "Disk penuh"),
    "SQLITE_BUSY": (5, "database is locked", "sedang dipakai proses lain"),
    "SQLITE_BUSY_SNAPSHOT": (517, "database is locked", "sedang dipakai proses lain"),
    "SQLITE_LOCKED": (6, "database table is locked", "sedang dipakai proses lain"),
    "SQLITE_PERM": (3, "access permission denied", "periksa pemilik dan izin"),
    "SQLITE_READONLY": (8, "attempt to write a readonly database", "periksa pemilik dan izin"),
    "SQLITE_READONLY_DBMOVED": (
        1032,
        "attempt to write a readonly database",
        "periksa pemilik dan izin",
    ),
    "SQLITE_CANTOPEN": (14, "unable to open database file", "periksa pemilik dan izin"),
    "SQLITE_CORRUPT": (11, "database disk image is malformed", "rusak dan tidak disentuh"),
    "SQLITE_NOTADB": (26, "file is not a database", "rusak dan tidak disentuh"),
    "SQLITE_IOERR_READ": (266, "disk I/O error", "disk penuh atau rusak"),
    "SQLITE_ERROR": (1, "no such table: push", "rusak dan tidak disentuh"),
    "SQLITE_PROTOCOL": (15, "locking protocol", "(SQLite: locking protocol)"),
}


def told(path: Path, error: sqlite3.DatabaseError) -> str:
    with pytest.raises(StateError) as caught, explained(path):
        raise error
    return str(caught.value)


@pytest.mark.parametrize("name", SAID)
def test_what_sqlite_says_is_told_by_its_code_and_by_its_message_where_there_is_no_code(
    tmp_path: Path, name: str
) -> None:
    """Python tells SQLite's codes from 3.11 on."""
    code, message, sentence = SAID[name]
    by_message = told(tmp_path / "status", sqlite3.OperationalError(message))
    coded = type("Coded", (sqlite3.OperationalError,), {"sqlite_errorcode": code})
    by_code = told(tmp_path / "status", coded("another wording" if code != 1 else message))
    assert str(tmp_path) in by_message
    assert sentence in by_message
    assert by_code.replace("another wording", message) == by_message


def test_a_mistake_in_our_own_sql_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.IntegrityError), explained(tmp_path / "status"):
        raise sqlite3.IntegrityError("NOT NULL constraint failed: push.step")
