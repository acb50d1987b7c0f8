"""A copy of the ledger for a day on which its disk fails, made while passes run.

- It is made under another name, read again as a whole, and only then takes its place: what was
  there before is a good backup until then.
- It never takes the place of anything but an older backup.
"""

import os
from datetime import timezone
from pathlib import Path
from typing import NamedTuple

from antrean_cli.errors import InputError, StateError, why
from antrean_cli.ledger import file as state_file
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.local_files import is_own_file


class Backup(NamedTuple):
    """A backup that was made: how many bookings it holds, and how many bytes it has."""

    bookings: int
    size: int


def back_up(state: Path, target: Path, zone: timezone) -> Backup:
    """Copy a ledger that is there to a file.

    Raises StateError if the ledger cannot be read or is damaged, InputError for the other file.
    """
    try:
        _require_free(state, target)
        new = target.with_name(f".{target.name}.baru")
        new.unlink(missing_ok=True)  # of one that was killed
        try:
            state_file.back_up(state, new)
            bookings = _verified(state, new, zone)
            size = new.stat().st_size
            new.replace(target)
        finally:
            for end in ("", "-journal", "-wal", "-shm"):
                new.with_name(new.name + end).unlink(missing_ok=True)
        _keep_name(target.parent)
    except OSError as error:
        raise InputError(f"{target} tidak dapat ditulis: {why(error)}") from error
    return Backup(bookings, size)


def _require_free(state: Path, target: Path) -> None:
    """Raise InputError for a place that is no backup's; raises OSError."""
    if target.name == "-":
        raise InputError("Cadangan ditulis ke berkas, tidak ke keluaran standar")
    if target.is_dir():
        name = target / state.name
        raise InputError(f"{target} adalah folder; sebut nama berkasnya, misalnya {name}")
    if not is_own_file(target):
        raise InputError(f"{target} bukan berkas biasa")
    if not target.exists() and not state_file.is_in_use(target):
        return
    if state_file.is_in_use(target) or target.samefile(state):
        raise InputError(f"{target} adalah berkas status yang dipakai; sebut berkas lain")
    if not state_file.is_ours(target):
        raise InputError(f"{target} sudah ada dan bukan cadangan antrean; sebut berkas lain")


def _verified(state: Path, new: Path, zone: timezone) -> int:
    """Read all of a copy, its indexes and seals included; return how many bookings it holds.

    Raises StateError.
    """
    try:
        state_file.examine(new)
        with Ledger.copy(new, zone) as ledger:
            return ledger.examine()
    except StateError as error:
        raise StateError(
            f"Cadangan {state} tidak utuh, dan tidak disimpan; periksa berkas statusnya",
            advice="antrean check",
        ) from error


def _keep_name(folder: Path) -> None:
    """Let the new name survive a power cut; raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
