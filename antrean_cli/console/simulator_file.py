"""The file in which the stand-in BPJS keeps what it holds from one run to the next.

Patients may stand in it: it is its owner's alone, and what lies in its place is not followed.
"""

import json
import os
from pathlib import Path

from antrean_cli.errors import InputError, why
from antrean_cli.local_files import opened, replace
from antrean_cli.simulator.server import Simulator


def load_bookings(bpjs: Simulator, file: Path) -> None:
    """Let the stand-in hold what a file of an earlier run shows; raises InputError."""
    try:
        with os.fdopen(opened(file, os.O_RDONLY), encoding="utf-8") as reading:
            held = json.load(reading)
        bookings_alone = isinstance(held, list)  # as /_simulator/bookings shows them
        bpjs.bookings.load(held if bookings_alone else held["antrean"])
        for sessions in () if bookings_alone else held["jadwal"]:
            bpjs.bookings.hold_sessions(sessions)
    except FileNotFoundError:
        return
    except OSError as error:
        raise InputError(f"--isi {file} tidak dapat dibaca: {why(error)}") from error
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise InputError(
            f"--isi {file} bukan isi simulator; pakai berkas yang disimpan simulator"
        ) from error


def save_bookings(bpjs: Simulator, file: Path) -> None:
    """Write what the stand-in holds, whole or not at all; raises InputError."""
    try:
        held = {"antrean": bpjs.bookings.snapshot(), "jadwal": bpjs.bookings.sessions()}
        replace(file, json.dumps(held, ensure_ascii=False, indent=2))
    except OSError as error:
        raise InputError(f"--isi {file} tidak dapat ditulis: {why(error)}") from error
