"""Doctors' sessions: which of a day's sessions, Khanza's or HFIS's, a visit belongs to."""

import re
from collections.abc import Mapping, Sequence
from datetime import date

from antrean_cli.rules.listings import Praktek
from antrean_cli.rules.rows import Slot

# date.weekday() counts from Monday; Khanza writes Sunday as AKHAD.
_HARI = ("SENIN", "SELASA", "RABU", "KAMIS", "JUMAT", "SABTU", "AKHAD")

Clinic = tuple[str, date]  # BPJS's kodepoli, and the day
Sessions = Mapping[Clinic, Sequence[Praktek]]  # HFIS's


def hari_kerja_of(day: date) -> str:
    """Return the weekday of a day as jadwal has it."""
    return _HARI[day.weekday()]


def slot_of(slots: Sequence[Slot], kd_poli: str, jam: str) -> Slot | None:
    """Return the session that a visit registered at `jam` belongs to, of its doctor's on that day.

    The one that holds `jam`, else the next one, else the last of the day; a session without a
    clinic fits all (khanza/README.md, Things that bite, 10).
    """
    fitting = sorted(
        (slot for slot in slots if slot.kd_poli in (None, "", kd_poli)),
        key=lambda slot: slot.jam_mulai,
    )
    for slot in fitting:
        holds = slot.jam_mulai <= jam < (slot.jam_selesai or "24")
        if holds or jam < slot.jam_mulai:
            return slot
    return fitting[-1] if fitting else None


def hours_of(jampraktek: str) -> tuple[str, str] | None:
    """Return beginning and end of `HH:MM-HH:MM` as Khanza writes times, None if it is no such."""
    found = re.fullmatch(r"(\d\d:\d\d)\s*-\s*(\d\d:\d\d)", jampraktek.strip())
    return (f"{found[1]}:00", f"{found[2]}:00") if found else None
