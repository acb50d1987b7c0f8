"""Bookings that BPJS holds although Khanza has them no more, in words (Indonesian)."""

import shlex
from collections.abc import Iterable
from typing import Any

from antrean_cli.render.reasons import advice_on, sentence
from antrean_cli.render.text import fill
from antrean_cli.rules.push import Record
from antrean_cli.rules.reasons import LEFT_ALIVE


def left_alive_text(record: Record) -> str:
    """Return what is told once of such a booking: what it is, and what to type."""
    advice = advice_on(LEFT_ALIVE, record.kodebooking)
    return f"Antrean {record.kodebooking} {sentence(LEFT_ALIVE)}; {advice}"


def left_alive_section(records: Iterable[Record]) -> str:
    """Return such bookings with what to type for each, one a line; empty if there are none."""
    commands = [fill(cancel_command(record), 2) for record in records]
    if not commands:
        return ""
    heading = f"Antrean yang {sentence(LEFT_ALIVE)}; bila memang batal:"
    return "\n".join((heading, *commands))


def left_alive_document(record: Record) -> dict[str, Any]:
    """Return such a booking for JSON output."""
    return {
        "kodebooking": record.kodebooking,
        "no_rawat": record.no_rawat,
        "tanggal": record.tanggal.isoformat(),
        "kd_poli": record.kd_poli,
        "command": cancel_command(record),
    }


def cancel_command(record: Record) -> str:
    """Return what to type to cancel a booking at BPJS."""
    return f"antrean batal {shlex.quote(record.kodebooking)} --keterangan ALASAN"
