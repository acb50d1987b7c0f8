"""Doctors' sessions: which of a day's sessions, Khanza's or HFIS's, a visit belongs to.

- jadwal is filled in by hand, and its hours are 00:00:00 until somebody does: a row without hours
  is no session.
- An end that is 00:00:00 was not filled in. One that does not come after the beginning tells that
  one of the two is wrong: then neither is believed.
- What an add says of a session, its quotas and estimasidilayani, is made in add_body.py.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache

from antrean_cli.rules.listings import Praktek
from antrean_cli.rules.rows import Slot
from antrean_cli.rules.times import time_of_day
from antrean_cli.rules.values import comparable, filled

# date.weekday() counts from Monday; Khanza writes Sunday as AKHAD.
_HARI = ("SENIN", "SELASA", "RABU", "KAMIS", "JUMAT", "SABTU", "AKHAD")
_UNFILLED = "00:00:00"

ClinicDay = tuple[str, date]  # BPJS's kodepoli, and the day
Sessions = Mapping[ClinicDay, Sequence[Praktek]]  # HFIS's


def hari_kerja_of(day: date) -> str:
    """Return the weekday of a day as jadwal has it."""
    return _HARI[day.weekday()]


@cache  # jadwal is small, and asked for each visit of a pass
def opening_of(slot: Slot) -> str:
    """Return when a session begins (hh:mm:ss), empty where that cannot be told."""
    opening, end = time_of_day(slot.jam_mulai), _end_of(slot)
    if end:
        return opening if opening < end else ""
    return "" if opening == _UNFILLED else opening


def jampraktek_of(slot: Slot) -> str:
    """Return a session's hours as BPJS wants them (HH:MM-HH:MM), empty where one is not known."""
    opening, end = opening_of(slot), _end_of(slot)
    return f"{opening[:5]}-{end[:5]}" if opening and end else ""


def slot_of(slots: Sequence[Slot], kd_poli: str, jam: str) -> Slot | None:
    """Return the session that a visit registered at `jam` belongs to, of its doctor's on that day.

    The one that holds `jam`, else the next one, else the last of the day; a session without a
    clinic fits all (khanza/README.md, Things that bite, 10). Of several none if `jam` is no time
    of a day. One whose hours contradict each other is taken if there is no other.
    """
    clinic = comparable(kd_poli)
    mine = [slot for slot in slots if comparable(filled(slot.kd_poli)) in ("", clinic)]
    fitting = sorted(filter(opening_of, mine), key=opening_of)
    if not fitting:
        return next(filter(_is_filled, mine), None)
    if len(fitting) > 1 and not time_of_day(jam):
        return None
    for slot in fitting:
        if jam < (_end_of(slot) or "24"):
            return slot
    return fitting[-1]


def hours_of(jampraktek: str | None) -> tuple[str, str] | None:
    """Return beginning and end of `HH:MM-HH:MM` as Khanza writes times, None if it is no such.

    Nor if the end does not come after the beginning.
    """
    found = re.fullmatch(r"([0-9:]{5})\s*-\s*([0-9:]{5})", (jampraktek or "").strip())
    hours = (f"{found[1]}:00", f"{found[2]}:00") if found else ("", "")
    return hours if all(map(time_of_day, hours)) and hours[0] < hours[1] else None


@cache
def _end_of(slot: Slot) -> str:
    """Return when a session ends (hh:mm:ss), empty where it was not filled in."""
    end = time_of_day(slot.jam_selesai)
    return "" if end == _UNFILLED else end


def _is_filled(slot: Slot) -> bool:
    """Return whether somebody filled in the hours of a row of jadwal, rightly or not."""
    return any(jam not in (None, "", _UNFILLED) for jam in (slot.jam_mulai, slot.jam_selesai))
