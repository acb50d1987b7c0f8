"""`antrean backup`: whole, verified, of one moment, and in nobody's place."""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from antrean_cli.ledger.file import locked
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.push import Record
from tests.support.command import run
from tests.support.rows import WIB, push, record
from tests.support.sites import NOON, passed


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A ledger after a good pass, with one booking."""
    file = tmp_path / "antrean.sqlite3"
    passed(file, NOON, push("add", "sent"), push("3", "due"))
    return file


def backup(state: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return run("--state", str(state), "backup", *args, environ={**os.environ, "ANTREAN_DAYS": "7"})


def bookings(file: Path) -> dict[str, Record]:
    with Ledger.copy(file, WIB) as ledger:
        return ledger.unfinished()


def test_a_backup_is_one_file_with_all_that_the_ledger_holds(state: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cadangan"
    folder.mkdir()
    done = backup(state, "cadangan/a.sqlite3")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "cadangan/a.sqlite3: utuh, 1 antrean\n"
    (made,) = folder.iterdir()
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert bookings(made) == bookings(state) != {}
    document = json.loads(backup(state, "cadangan/a.sqlite3", "--json").stdout)
    assert document == {"file": str(made), "bookings": 1, "size": made.stat().st_size}
    assert [file.name for file in folder.iterdir()] == ["a.sqlite3"]


def test_it_is_made_while_a_pass_writes(state: Path) -> None:
    """What the pass has committed is in it, what it has not is not, and neither waits."""
    with locked(state), Ledger.open(state, WIB) as ledger:
        with ledger.transaction():
            ledger.save(None, record(push("add", "due"), kodebooking="lain"), NOON)
        with ledger.transaction():
            ledger.save(None, record(push("add", "due"), kodebooking="belum"), NOON)
            assert backup(state, "a.sqlite3").returncode == 0
    assert set(bookings(Path("a.sqlite3"))) == {"2026/11/23/000001", "lain"}
    assert len(bookings(state)) == 3


def test_a_pass_goes_on_from_a_backup_in_the_ledgers_place(state: Path) -> None:
    assert backup(state, "a.sqlite3").returncode == 0
    before = bookings(state)
    for name in (state.name, f"{state.name}-wal", f"{state.name}-shm"):
        Path(name).unlink(missing_ok=True)
    Path("a.sqlite3").rename(state)
    with Ledger.open(state, WIB) as ledger:
        assert ledger.unfinished() == before
        assert ledger.pass_state().succeeded_at == NOON


def test_a_new_backup_takes_the_place_of_the_old_one(state: Path) -> None:
    assert backup(state, "a.sqlite3").returncode == 0
    passed(state, NOON + timedelta(minutes=1), push("add", "sent"), push("3", "sent"))
    Path(".a.sqlite3.baru").write_text("dari cadangan yang dihentikan", encoding="utf-8")
    assert backup(state, "a.sqlite3").returncode == 0
    assert bookings(Path("a.sqlite3")) == {}


# -- places that are no backup's


def the_ledger(state: Path) -> str:
    return str(state)


def beside_the_ledger(state: Path) -> str:
    """By another name for it."""
    os.link(state, "sama.sqlite3")
    return "sama.sqlite3"


def a_link_to_it(state: Path) -> str:
    Path("tautan.sqlite3").symlink_to(state)
    return "tautan.sqlite3"


def another_ledger(_: Path) -> str:
    passed(Path("lain/antrean.sqlite3"), NOON, push("add", "sent"))
    return "lain/antrean.sqlite3"


def the_place_of_a_ledger_that_is_gone(_: Path) -> str:
    place = Path(another_ledger(_))
    place.unlink()
    return str(place)


def where_sqlite_writes(state: Path) -> str:
    """Nothing stands there, until a pass runs."""
    return f"{state}-wal"


def where_a_pass_makes_one(state: Path) -> str:
    return f"{state}.new"


def something_else(_: Path) -> str:
    Path("laporan.xlsx").write_bytes(b"PK")
    return "laporan.xlsx"


def another_database(_: Path) -> str:
    with closing(sqlite3.connect("lain.sqlite3")) as connection:
        connection.execute("CREATE TABLE pasien (nama)")
    return "lain.sqlite3"


def a_folder(_: Path) -> str:
    Path("folder").mkdir()
    return "folder"


def a_pipe(_: Path) -> str:
    os.mkfifo("pipa")
    return "pipa"


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (the_ledger, "adalah berkas status yang dipakai"),
        (beside_the_ledger, "adalah berkas status yang dipakai"),
        (a_link_to_it, "bukan berkas biasa"),
        (another_ledger, "adalah berkas status yang dipakai"),
        (the_place_of_a_ledger_that_is_gone, "adalah berkas status yang dipakai"),
        (where_sqlite_writes, "adalah berkas status yang dipakai"),
        (where_a_pass_makes_one, "adalah berkas status yang dipakai"),
        (something_else, "sudah ada dan bukan cadangan antrean"),
        (another_database, "sudah ada dan bukan cadangan antrean"),
        (a_folder, "adalah folder; sebut nama berkasnya, misalnya folder/antrean.sqlite3"),
        (a_pipe, "bukan berkas biasa"),
        (lambda _: "", "kosong; sebut nama berkas"),
        (lambda _: ".", ". adalah folder"),
        (lambda _: "/", "/ adalah folder"),
        (lambda _: "/dev/null", "bukan berkas biasa"),
        (lambda _: "tidak-ada/a.sqlite3", "tidak dapat ditulis"),
        (lambda _: "-", "tidak ke keluaran standar"),
        (lambda _: "a" * 300, "tidak dapat ditulis"),
    ],
)
def test_a_place_that_is_no_backups_is_one_sentence_and_stays_as_it_is(
    state: Path, tmp_path: Path, place: Callable[[Path], str], words: str
) -> None:
    target = place(state)
    before = {file: file.lstat().st_mtime_ns for file in tmp_path.rglob("*")}
    done = backup(state, target)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert words in done.stderr
    kept = {file: file.lstat().st_mtime_ns for file in tmp_path.rglob("*") if file.is_file()}
    assert kept.items() <= before.items()


@contextmanager
def room(size: int) -> Iterator[None]:
    """Let no file grow beyond `size` bytes: from there on the disk is full (limits.py)."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_the_old_backup(state: Path) -> None:
    assert backup(state, "a.sqlite3").returncode == 0
    old = Path("a.sqlite3").read_bytes()
    with room(8192):
        done = backup(state, "a.sqlite3")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "a.sqlite3 tidak dapat ditulis: " in done.stderr
    assert Path("a.sqlite3").read_bytes() == old
    assert not Path(".a.sqlite3.baru").exists()


def test_there_is_nothing_to_back_up_without_a_ledger(tmp_path: Path) -> None:
    done = backup(tmp_path / "tidak-ada.sqlite3", "a.sqlite3")
    assert (done.returncode, list(tmp_path.iterdir())) == (2, [])
    assert "Belum ada berkas status" in done.stderr


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        ("UPDATE push SET state = 'sent' WHERE state = 'due'", "tidak utuh, dan tidak disimpan"),
        ("PRAGMA user_version = 99", "dibuat oleh antrean yang lebih baru"),
    ],
)
def test_of_a_damaged_ledger_no_backup_is_made(state: Path, harm: str, words: str) -> None:
    """And the one before stays: it is what is needed now."""
    assert backup(state, "a.sqlite3").returncode == 0
    old = Path("a.sqlite3").read_bytes()
    with closing(sqlite3.connect(state)) as connection:
        connection.execute(harm)
        connection.commit()
    done = backup(state, "a.sqlite3")
    assert (done.returncode, len(done.stderr.splitlines())) == (9, 1)
    assert words in done.stderr
    assert Path("a.sqlite3").read_bytes() == old
    assert not Path(".a.sqlite3.baru").exists()
