"""The file in which the stand-in BPJS keeps what it holds from one run to the next."""

import json
from pathlib import Path

from antrean_cli.errors import InputError, why
from antrean_cli.simulator.server import Simulator


def load_bookings(bpjs: Simulator, file: Path) -> None:
    """Let the stand-in hold what a file of an earlier run shows; raises InputError."""
    if not file.exists():
        return
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
        bookings_alone = isinstance(held, list)  # as /_simulator/bookings shows them
        bpjs.bookings.load(held if bookings_alone else held["antrean"])
        for sessions in () if bookings_alone else held["jadwal"]:
            bpjs.bookings.updatejadwaldokter(sessions)
    except OSError as error:
        raise InputError(f"--isi {file} tidak dapat dibaca: {why(error)}") from error
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise InputError(
            f"--isi {file} bukan isi simulator; pakai berkas yang disimpan simulator"
        ) from error


def save_bookings(bpjs: Simulator, file: Path) -> None:
    """Write what the stand-in holds, whole or not at all; raises InputError."""
    fresh = file.with_name(f"{file.name}.baru")
    try:
        held = {"antrean": bpjs.bookings.snapshot(), "jadwal": bpjs.bookings.sessions()}
        fresh.write_text(json.dumps(held, ensure_ascii=False, indent=2), encoding="utf-8")
        fresh.replace(file)
    except OSError as error:
        raise InputError(f"--isi {file} tidak dapat ditulis: {why(error)}") from error
