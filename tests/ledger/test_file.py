"""What SQLite says of the file, as people are told it; what is locked; a file that is gone."""

from __future__ import annotations

import fcntl
import os
import resource
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from antrean_cli.errors import StateError
from antrean_cli.ledger.file import FEW_FILES, cure, examine, explained, is_lost, locked, note_told
from antrean_cli.ledger.file import opened as connected
from antrean_cli.ledger.ledger import Ledger
from tests.support.site import WIB
from tests.support.users import RUNNER, STRANGER, being, only_root, open_folder

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
    "SQLITE_ERROR of its schema": (1, "corrupt schema", "rusak dan tidak disentuh"),
    "SQLITE_PROTOCOL": (15, "locking protocol", "(SQLite: locking protocol)"),
}


@only_root
@pytest.mark.parametrize(("owner", "named"), [(STRANGER, STRANGER), (0, RUNNER)])
def test_what_is_roots_is_given_to_whose_folder_it_is(owner: int, named: int) -> None:
    """To whoever runs us only where the folder is root's as well."""
    with open_folder() as folder:
        path = folder / "antrean.sqlite3"
        path.touch()
        os.chown(folder, owner, -1)
        with being(RUNNER):
            _, advice = cure(path)
        os.chown(folder, 0, -1)
    assert advice == f"sudo chown {named}: {path}"


def test_what_sqlite_keeps_beside_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "antrean.sqlite3"
    beside = [path.with_name(f"{path.name}{end}") for end in ("", "-wal", "-shm")]
    with Ledger.open(path, WIB):
        for file in beside:
            file.chmod(0o644)
        with Ledger.open(path, WIB):
            assert {file.stat().st_mode & 0o777 for file in beside} == {0o600}


@pytest.mark.parametrize(("limit", "few"), [(0, True), (FEW_FILES - 1, True), (FEW_FILES, False)])
def test_so_few_files_are_told_as_that(tmp_path: Path, limit: int, few: bool) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    error = sqlite3.OperationalError("unable to open database file")
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, before[1]))
    try:
        sentence = told(tmp_path / "antrean.sqlite3", error)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert ("ulimit -n" in sentence) is few


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


def test_a_process_that_may_open_as_many_files_as_it_likes_has_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY,) * 2)
    error = sqlite3.OperationalError("unable to open database file")
    assert "ulimit -n" not in told(tmp_path / "antrean.sqlite3", error)


def test_a_connection_waits_ten_seconds_for_another_and_writes_at_once(tmp_path: Path) -> None:
    """Outside of a transaction; SQLite is asked not to begin one by itself."""
    path = tmp_path / "antrean.sqlite3"
    with closing(connected(path)) as one, closing(connected(path)) as other:
        pragmas = ("busy_timeout", "journal_mode", "synchronous", "foreign_keys")
        assert [one.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas] == [
            10_000,
            "wal",
            2,  # FULL
            1,
        ]
        one.execute("INSERT INTO meta (name, value) VALUES ('uji', '1')")
        assert other.execute("SELECT value FROM meta WHERE name = 'uji'").fetchone() == ("1",)


# -- what is locked


def opened(path: Path) -> None:
    """Open the ledger as everybody does, and close it."""
    Ledger.open(path, WIB).__exit__(None, None, None)


def test_a_folder_that_is_made_for_it_is_its_owners_alone(tmp_path: Path) -> None:
    opened(tmp_path / "a" / "antrean.sqlite3")
    with locked(tmp_path / "b" / "antrean.sqlite3"):
        folders = [tmp_path / name for name in "ab"]
        assert [folder.stat().st_mode & 0o777 for folder in folders] == [0o700, 0o700]


def test_who_locks_the_folder_stops_nobody(tmp_path: Path) -> None:
    """Anybody can who gets to read it; at 0755 everybody does."""
    path = tmp_path / "antrean.sqlite3"
    folder = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    try:
        with locked(path):
            opened(path)
        Ledger.copy(path, WIB).__exit__(None, None, None)
        examine(path)
    finally:
        os.close(folder)


def test_nothing_is_read_while_somebody_opens_the_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits for that gives up in time."""
    path = tmp_path / "antrean.sqlite3"
    opened(path)
    lock = os.open(tmp_path / "antrean.sqlite3.open.lock", os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    monkeypatch.setattr("antrean_cli.ledger.file.BUSY_SECONDS", 0)
    try:
        for act in (examine, connected, lambda path: Ledger.copy(path, WIB)):
            with pytest.raises(StateError, match="sedang dipakai proses lain"):
                act(path)
    finally:
        os.close(lock)
    examine(path)


def test_what_is_locked_only_its_owner_can_open(tmp_path: Path) -> None:
    """Also where it was copied back with another mode."""
    path = tmp_path / "antrean.sqlite3"
    locks = [tmp_path / f"antrean.sqlite3{end}" for end in (".lock", ".open.lock")]
    for lock in locks:
        lock.touch(0o644)
    with locked(path):
        opened(path)
    assert [lock.stat().st_mode & 0o777 for lock in locks] == [0o600, 0o600]


def test_nobody_waits_for_a_pipe_that_lies_where_the_mark_is(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "antrean.sqlite3.open.lock")
    assert not is_lost(tmp_path / "antrean.sqlite3")


@only_root
def test_what_root_makes_to_lock_belongs_to_the_ledgers_owner(tmp_path: Path) -> None:
    """As SQLite's own files do: one `sudo antrean retry` must not stop the passes."""
    path = tmp_path / "antrean.sqlite3"
    os.chown(tmp_path, RUNNER, RUNNER)
    with locked(path):
        assert (tmp_path / "antrean.sqlite3.lock").stat().st_uid == RUNNER
        opened(path)
    os.chown(path, STRANGER, STRANGER)
    opened(path)
    assert (tmp_path / "antrean.sqlite3.open.lock").stat().st_uid == STRANGER


@pytest.mark.parametrize("end", [".lock", ".open.lock"])
def test_a_link_or_a_pipe_in_a_locks_place_is_told_with_what_to_type(
    tmp_path: Path, end: str
) -> None:
    path, victim = tmp_path / "antrean.sqlite3", tmp_path / "korban"
    lock = tmp_path / f"antrean.sqlite3{end}"
    for what in ("tautan", "bukan berkas biasa"):
        if what == "tautan":
            lock.symlink_to(victim)
        else:
            os.mkfifo(lock)
        with pytest.raises(StateError, match=what) as caught, locked(path):
            opened(path)
        assert str(caught.value).endswith(f"ketik: rm {lock}")
        lock.unlink()
    assert not victim.exists()


def test_a_push_of_no_booking_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "antrean.sqlite3"
    opened(path)
    examine(path)
    with closing(sqlite3.connect(path)) as other, other:
        columns = "kodebooking, step, state, source, code, attempts, ask, needs, note, since"
        other.execute(f"INSERT INTO push ({columns}) VALUES ('A1','3','due','','',0,0,'','',0)")
    with pytest.raises(StateError, match="rusak"):
        examine(path)


# -- a ledger that is gone


def test_a_ledger_that_was_here_and_is_gone_is_known_until_somebody_was_told(
    tmp_path: Path,
) -> None:
    path = tmp_path / "antrean.sqlite3"
    assert not is_lost(path)
    opened(path)
    assert not is_lost(path)
    path.rename(tmp_path / "dipindah")
    assert is_lost(path)
    assert not is_lost(path, untold=True)  # until there is one in its place
    for _ in range(2):
        opened(path)
        assert is_lost(path, untold=True)
    note_told(path)
    assert not is_lost(path, untold=True)
    assert is_lost(path)
    path.unlink()
    opened(path)
    assert is_lost(path, untold=True)


def test_a_ledger_of_an_older_version_is_marked_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "antrean.sqlite3"
    opened(path)
    (tmp_path / "antrean.sqlite3.open.lock").unlink()
    Ledger.copy(path, WIB).__exit__(None, None, None)
    assert not (tmp_path / "antrean.sqlite3.open.lock").exists()
    opened(path)
    path.unlink()
    assert is_lost(path)
