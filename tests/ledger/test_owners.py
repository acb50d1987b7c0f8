"""A state file that somebody else made: who that was, and what to type."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from antrean_cli.errors import StateError, user_name
from antrean_cli.ledger.file import explained

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
ROOT, DAEMON, NOBODY, NAMELESS = 0, 1, 65534, 54321


@contextmanager
def somebody(uid: int) -> Iterator[None]:
    """Be somebody else for a while."""
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(ROOT)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that others may enter, as they may not pytest's own."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def state_of(folder: Path, owners: Mapping[str, int], owner: int = NOBODY) -> Path:
    """Make the files of a ledger, by the ends of their names, each of its owner."""
    kept = folder / "antrean"
    kept.mkdir()
    os.chown(kept, owner, -1)
    for end, uid in owners.items():
        file = kept / f"buku{end}"
        file.touch(0o600)
        os.chown(file, uid, -1)
    return kept / "buku"


def told(state: Path, uid: int) -> str:
    """Return what the system's no becomes for a user, without the beginning that is always so."""
    beginning = f"Berkas status {state} tidak dapat dipakai: tidak diizinkan"
    with somebody(uid), pytest.raises(StateError) as error, explained(state):
        raise PermissionError(errno.EACCES, "")
    assert str(error.value).startswith(beginning)
    return str(error.value).removeprefix(beginning)


SUDO = ", karena milik {0}; jalankan sebagai pengguna itu (sudo -u {0})"


@pytest.mark.parametrize(
    ("owners", "said"),
    [
        ({"": DAEMON}, SUDO.format("daemon")),
        ({"": NAMELESS}, SUDO.format("54321")),
        ({"": NOBODY, "-wal": DAEMON}, SUDO.format("daemon")),
        ({"": NOBODY, ".lock": DAEMON}, SUDO.format("daemon")),
        ({"": ROOT}, ", karena milik root; ketik: sudo chown nobody: {0}"),
        (
            {"": DAEMON, "-wal": ROOT, "-shm": ROOT},
            ", karena milik root; ketik: sudo chown nobody: {0}-wal {0}-shm",
        ),
        ({"": NOBODY}, "; periksa pemilik dan izin folder {1}, atau ANTREAN_STATE"),
        ({}, "; periksa pemilik dan izin folder {1}, atau ANTREAN_STATE"),
    ],
)
def test_whose_it_is_decides_what_to_type(folder: Path, owners: dict[str, int], said: str) -> None:
    state = state_of(folder, owners)
    assert told(state, NOBODY) == said.format(state, state.parent)


def test_what_is_roots_in_roots_own_folder_goes_to_whoever_runs_us(folder: Path) -> None:
    state = state_of(folder, {"": ROOT}, owner=ROOT)
    assert told(state, DAEMON) == f", karena milik root; ketik: sudo chown daemon: {state}"


def test_of_a_folder_that_one_may_not_enter_only_the_folder_is_named(folder: Path) -> None:
    state = state_of(folder, {"": DAEMON})
    state.parent.chmod(0o700)
    assert told(state, DAEMON) == (
        f"; periksa pemilik dan izin folder {state.parent}, atau ANTREAN_STATE"
    )


def test_root_itself_is_told_whose_it_is(folder: Path) -> None:
    assert told(state_of(folder, {"": DAEMON, "-wal": ROOT}), ROOT) == SUDO.format("daemon")


def test_a_user_without_a_name_is_a_number() -> None:
    assert (user_name(ROOT), user_name(NAMELESS)) == ("root", "54321")
