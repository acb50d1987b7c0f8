"""The state file: how it is made, opened, checked, locked, and what its troubles are called.

- WAL and synchronous=FULL: what was committed survives a power cut. Mode 0600.
- A damaged, foreign or newer file is refused untouched; it is never deleted or re-created.
- One pass at a time: an flock on a file beside it, which the kernel frees whatever happens. The
  files that are locked have mode 0600: what others can open, they can lock, and nothing would run.
- The file that is locked while the ledger is opened keeps a mark that there is a ledger. If it is
  gone, a new one is made, and a pass tells of it once.
- What a person can mend is raised as StateError (exit 9), in one Indonesian sentence.
"""

import errno
import fcntl
import os
import shlex
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from antrean_cli.errors import LockedError, StateError, user_name, why
from antrean_cli.ledger import migrations
from antrean_cli.local_files import opened as opened_file

APPLICATION_ID = 0x616E7472  # "antr": tells our file from anybody else's
BUSY_SECONDS = 10
FEW_FILES = 32  # that a process may have open: below, it is that which keeps SQLite from opening
PASS_LOCK, OPEN_LOCK = ".lock", ".open.lock"
_BESIDE = ("-wal", "-shm", "-journal", ".new", PASS_LOCK, OPEN_LOCK)
# What stands in the latter: there is a ledger; a new one took the place of one that was lost, of
# which nobody, or somebody, was told.
THERE, LOST, LOST_AND_TOLD = b"ada\n", b"hilang\n", b"hilang, sudah dikatakan\n"


class DamagedError(Exception):
    """What stands in the file is not what was written to it (told as a StateError)."""


class _Trouble(NamedTuple):
    """One kind of trouble with the file: how SQLite calls it, and what people are told of it.

    `codes` are SQLite's primary result codes (sqlite.org/rescode.html). Python tells them from 3.11
    on; of 3.10, and of what has no code of its own, there is only the message, which has one of
    `words` in it.
    """

    codes: frozenset[int]
    words: tuple[str, ...]
    sentence: str


_ANY_ERROR = 1  # SQLITE_ERROR: only its message tells what it is
_FULL = _Trouble(
    frozenset({13}),  # SQLITE_FULL
    ("full",),
    "Disk penuh: berkas status {path} tidak dapat ditulis; kosongkan ruang, lalu jalankan lagi",
)
_BUSY = _Trouble(
    frozenset({5, 6}),  # SQLITE_BUSY, SQLITE_LOCKED
    ("locked",),
    "Berkas status {path} sedang dipakai proses lain; coba lagi sebentar",
)
_NOT_ALLOWED = _Trouble(
    frozenset({3, 8, 14}),  # SQLITE_PERM, SQLITE_READONLY, SQLITE_CANTOPEN
    ("readonly", "permission", "unable to open"),
    "Berkas status {path} tidak dapat dipakai",  # and why (`cure`)
)
_DAMAGED = _Trouble(
    frozenset({11, 26}),  # SQLITE_CORRUPT, SQLITE_NOTADB
    ("malformed", "not a database", "corrupt", "no such table"),
    "Berkas status {path} rusak dan tidak disentuh; pulihkan dari cadangan, atau pindahkan "
    "untuk mulai baru",
)
_DISK = _Trouble(
    frozenset({10}),  # SQLITE_IOERR
    ("disk i/o",),
    "Berkas status {path} tidak dapat ditulis: disk penuh atau rusak; periksa disknya, lalu "
    "jalankan lagi",
)
_TROUBLES = (_FULL, _BUSY, _NOT_ALLOWED, _DAMAGED, _DISK)
_TOO_FEW, _MORE_FILES = why(OSError(errno.EMFILE, "")), "ulimit -n 1024"


def opened(path: Path) -> sqlite3.Connection:
    """Return a connection to the checked file, made and migrated where needed."""
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = _opened_lock(path, OPEN_LOCK)
        try:
            _lock_in_time(path, descriptor)
            return _opened(path, descriptor)
        finally:
            os.close(descriptor)


def copied(path: Path) -> sqlite3.Connection:
    """Return a copy in memory of the file, empty if there is none; nothing on disk is written."""
    memory = _as_it_stands(path)
    try:
        with explained(path):
            migrations.migrate(memory)
    except BaseException:
        memory.close()
        raise
    return memory


def _as_it_stands(path: Path) -> sqlite3.Connection:
    """Return the same, of the schema that the file has."""
    memory = sqlite3.connect(":memory:", isolation_level=None)
    try:
        with explained(path):
            if path.exists():
                with _nobody_opening(path):
                    _check(path)
                    with closing(_reading(path)) as source:
                        source.backup(memory)
    except BaseException:
        memory.close()
        raise
    return memory


def back_up(path: Path, new: Path) -> None:
    """Write what the file holds at this moment to a new one, whole and without anything beside it.

    Passes go on meanwhile, however slow the disk of the new one is: it is written from memory.
    Raises StateError for the file, OSError for the new one.
    """
    with closing(_as_it_stands(path)) as memory:
        os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        try:
            with closing(sqlite3.connect(new, isolation_level=None)) as copy:
                memory.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.DatabaseError as error:
            number = errno.ENOSPC if _trouble(error) is _FULL else errno.EIO
            raise OSError(number, str(error), str(new)) from error


def is_ours(path: Path) -> bool:
    """Return whether a file begins as a ledger does; raises OSError.

    (sqlite.org/fileformat.html, The Database Header)
    """
    with path.open("rb") as file:
        header = file.read(72)
    return header[:16] == b"SQLite format 3\0" and header[68:] == APPLICATION_ID.to_bytes(4, "big")


def is_in_use(path: Path) -> bool:
    """Return whether a ledger lies, or lay, in this place: what is locked for it is there.

    A place beside it, where SQLite or a pass puts a file of their own, is in use as well.
    """
    ledgers = {path.name.removesuffix(end) for end in ("", *_BESIDE)}
    return any(path.with_name(name + OPEN_LOCK).exists() for name in ledgers)


def examine(path: Path) -> None:
    """Check all of a file that is there, indexes included, and write nothing; raises StateError."""
    with explained(path), _nobody_opening(path):
        _check(path)
        with closing(_reading(path)) as connection:
            (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            orphan = connection.execute("PRAGMA foreign_key_check").fetchone()
        if verdict != "ok" or orphan:
            raise DamagedError(verdict)


def identity(path: Path) -> tuple[int, int] | None:
    """Return what tells this very file from another one in its place, None if there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


@contextmanager
def locked(state: Path) -> Iterator[None]:
    """Hold the lock of a pass.

    Raises LockedError if another pass has it, StateError if there can be none.
    """
    with explained(state):
        state.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = _opened_lock(state, PASS_LOCK)
    try:
        if not _flocked(descriptor):
            raise LockedError
        yield
    finally:
        os.close(descriptor)


def _opened_lock(path: Path, end: str) -> int:
    """Return a descriptor of a file to lock beside the ledger, which only its owner can open.

    Raises OSError.
    """
    descriptor = opened_file(path.with_name(path.name + end), os.O_RDWR | os.O_CREAT)
    with suppress(OSError):  # some file systems know no owners, and a pass can do without
        if os.fstat(descriptor).st_mode & 0o077:
            os.fchmod(descriptor, 0o600)
        if os.geteuid() == 0:  # as SQLite does with its files: passes run as the ledger's owner
            owner = (path if path.exists() else path.parent).stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor


@contextmanager
def _nobody_opening(path: Path) -> Iterator[None]:
    """Read while nobody opens the ledger, which makes, migrates and begins to write it.

    Nothing is made for it: without the file nobody has opened the ledger yet. Raises StateError if
    it is not free in time.
    """
    try:
        descriptor = opened_file(path.with_name(path.name + OPEN_LOCK), os.O_RDONLY)
    except FileNotFoundError:
        yield
        return
    try:
        _lock_in_time(path, descriptor)
        yield
    finally:
        os.close(descriptor)


def _lock_in_time(path: Path, descriptor: int) -> None:
    """Lock what only one process may have: two first starts must not meet a file half made.

    A file beside the ledger, not the ledger itself: closing that once more would drop SQLite's own
    locks on it. Raises StateError if it is not free in time.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while not _flocked(descriptor):
        if time.monotonic() > deadline:
            raise StateError(_BUSY.sentence.format(path=path))
        time.sleep(0.01)


def _flocked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_lost(path: Path, *, untold: bool = False) -> bool:
    """Return whether a ledger was here and is gone, or a new one took its place.

    `untold`: only if nobody was told of it.
    """
    try:
        descriptor = opened_file(path.with_name(path.name + OPEN_LOCK), os.O_RDONLY)
    except OSError:
        return False
    with os.fdopen(descriptor, "rb") as file:
        mark = file.read(len(LOST_AND_TOLD))
    if mark == LOST or untold:
        return mark == LOST
    return mark == LOST_AND_TOLD or (bool(mark) and not os.path.lexists(path))


def may_tell(path: Path, now: datetime) -> bool:
    """Return whether people may be told that this ledger cannot be used: once an hour.

    When it was is kept as the time of the file that passes lock, which needs no room on the disk.
    """
    lock = path.with_name(path.name + PASS_LOCK)
    try:
        if 0 <= now.timestamp() - lock.stat().st_mtime < 3600:
            return False
        os.utime(lock, times=(now.timestamp(), now.timestamp()))
    except OSError:
        return now.minute == 0  # nothing can be kept: the first passes of each hour tell
    return True


def note_told(path: Path) -> None:
    """Keep that somebody was told of the ledger that was lost; raises StateError."""
    with explained(path):
        descriptor = _opened_lock(path, OPEN_LOCK)
        try:
            _mark(descriptor, LOST_AND_TOLD)
        finally:
            os.close(descriptor)


def _mark(descriptor: int, mark: bytes) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, mark, 0)


def _opened(path: Path, lock: int) -> sqlite3.Connection:
    marked = os.fstat(lock).st_size > 0
    if not (path.exists() or path.is_symlink()):
        refuse_remains(path)
        if marked:
            _mark(lock, LOST)
        _create(path)
    _check(path)
    if not marked:
        _mark(lock, THERE)
    for file in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        with suppress(FileNotFoundError):  # another process takes its own away when it is the last
            if file.stat().st_mode & 0o077:
                file.chmod(0o600)
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        migrations.migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def refuse_remains(path: Path) -> None:
    """Raise StateError if the file is gone, but not what SQLite kept beside it.

    What stands there belongs to the file that is gone: a new one would not fit.
    """
    wal = path.with_name(path.name + "-wal")
    if wal.exists():
        raise StateError(
            f"{path} tidak ada, tetapi {wal.name} masih ada; kembalikan "
            f"berkasnya, atau pindahkan keduanya"
        )


def _create(path: Path) -> None:
    """Make a new ledger beside its place, and move it there when it is whole.

    So an empty file is never a new one.
    """
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)  # of a start that was killed
    # SQLite would make it 0644; its -wal and -shm take the mode of the file.
    os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    with closing(sqlite3.connect(new, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        migrations.migrate(connection)
    new.rename(path)


def _reading(path: Path) -> sqlite3.Connection:
    """Open a file so that nothing is written to it, not even the rest of a -wal."""
    # Without a -wal nobody is writing: immutable keeps SQLite from making files of its own.
    mode = "mode=ro" if path.with_name(path.name + "-wal").exists() else "immutable=1"
    return sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True, timeout=BUSY_SECONDS)


def _check(path: Path) -> None:
    """Raise StateError for a file that is damaged, not ours, or newer than this program."""
    if not path.stat().st_size:  # SQLite would throw away its -wal
        raise DamagedError("empty")
    with closing(_reading(path)) as connection:
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if not tables:
            raise DamagedError("empty")
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        if application != APPLICATION_ID:
            raise StateError(
                f"{path} bukan berkas status antrean; periksa ANTREAN_STATE atau --state"
            )
        if migrations.version(connection) > len(migrations.STEPS):
            raise StateError(f"{path} dibuat oleh antrean yang lebih baru; pasang versi itu")
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise DamagedError(verdict)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the disk or SQLite says into a StateError of one sentence.

    Mistakes in our own SQL stay what they are.
    """
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError):
        raise
    except sqlite3.DatabaseError as error:
        raise _state_error(path, error) from error
    except (DamagedError, UnicodeDecodeError) as error:  # the latter: a flipped bit in a text
        raise StateError(_DAMAGED.sentence.format(path=path)) from error
    except OSError as error:
        whose, advice = "; periksa ANTREAN_STATE", ""
        if error.errno in (errno.EACCES, errno.EPERM):
            whose, advice = cure(path)
        elif error.errno == errno.EMFILE:
            whose, advice = "", _MORE_FILES
        elif error.errno in (errno.ELOOP, errno.ENXIO) and str(error.filename).endswith(PASS_LOCK):
            whose, advice = f" ({error.filename})", f"rm {shlex.quote(str(error.filename))}"
        sentence = f"Berkas status {path} tidak dapat dipakai: {why(error)}{whose}"
        raise StateError(sentence, advice=advice) from error


def cure(path: Path) -> tuple[str, str]:
    """Return why the system lets nobody use the file, to end a sentence, and the line to type.

    The line is empty where there is none. What is root's is given to whoever runs us: one command
    as root makes files that cron's user can no longer use.
    """
    ends = ("", "-wal", "-shm", PASS_LOCK, OPEN_LOCK)
    beside = [path.with_name(path.name + end) for end in ends]
    # (In a folder that one may not enter, nothing is there to be seen.)
    owners = {file: file.stat().st_uid for file in beside if os.path.lexists(file)}
    if mine := [str(file) for file, owner in owners.items() if owner == 0 != os.geteuid()]:
        folder = path.parent.stat().st_uid
        user = user_name(folder or os.geteuid())
        return ", karena milik root", f"sudo chown {user}: {shlex.join(mine)}"
    if others := [user_name(owner) for owner in owners.values() if owner != os.geteuid()]:
        user = others[0]
        return f", karena milik {user}; jalankan sebagai pengguna itu (sudo -u {user})", ""
    return f"; periksa pemilik dan izin folder {path.parent}, atau ANTREAN_STATE", ""


def _state_error(path: Path, error: sqlite3.DatabaseError) -> StateError:
    """Return an error of SQLite's as people are told of it."""
    trouble = _trouble(error)
    if trouble is None:
        return StateError(f"Berkas status {path} tidak dapat dipakai (SQLite: {error})")
    whose, advice = "", ""
    if trouble is _NOT_ALLOWED:
        whose, advice = (f": {_TOO_FEW}", _MORE_FILES) if _too_few_files() else cure(path)
    return StateError(trouble.sentence.format(path=path) + whose, advice=advice)


def _too_few_files() -> bool:
    """Return whether this process may open so few files that SQLite can open none; it says less."""
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 0 <= limit < FEW_FILES  # below zero there is none


def _trouble(error: sqlite3.DatabaseError) -> _Trouble | None:
    extended: int = getattr(error, "sqlite_errorcode", _ANY_ERROR)
    code = extended & 0xFF  # the primary code; the rest says more than we have words for
    if code != _ANY_ERROR:
        return next((one for one in _TROUBLES if code in one.codes), None)
    text = str(error).lower()
    return next((one for one in _TROUBLES if any(word in text for word in one.words)), None)
