"""Times in the three spellings that are met: Khanza's text, BPJS's text, and epoch milliseconds.

Inside, a time is an aware datetime; a day is a date.
"""

import re
from datetime import date, datetime, timedelta, timezone
from typing import TypeGuard

WIB = timezone(timedelta(hours=7), "WIB")
_BPJS_ZONES = {
    "WIB": WIB,
    "WITA": timezone(timedelta(hours=8), "WITA"),
    "WIT": timezone(timedelta(hours=9), "WIT"),
}

_TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]")


def parse_datetime(text: str | None, zone: timezone) -> datetime | None:
    """Return Khanza's `yyyy-mm-dd hh:mm:ss` in the hospital's zone, or None for "not yet".

    That is NULL, a zero date, a year that cannot be meant, a day without a time or an hour that no
    day has (a TIME of MySQL's can be negative, and goes beyond 24), or what is no time at all
    (khanza/README.md, Things that bite, 2 and 13).
    """
    if not _is_day_of_this_century(text) or not text[10:11].isspace() or text[11:13] > "23":
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone)
    except ValueError:
        return None


def parse_date(text: str | None) -> date | None:
    """Return Khanza's `yyyy-mm-dd`, of which a time may follow, as a date.

    None for NULL, a zero date, a year that cannot be meant, or what is no date.
    """
    if not _is_day_of_this_century(text):
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def time_of_day(text: str | None) -> str:
    """Return Khanza's `hh:mm:ss` if it is a time of a day, else an empty text.

    A TIME of MySQL's can be negative, and goes beyond 24 hours.
    """
    return text if text and _TIME_OF_DAY.fullmatch(text) else ""


def _is_day_of_this_century(text: str | None) -> TypeGuard[str]:
    return text is not None and text[:2] == "20" and text[4:5] == text[7:8] == "-"


def parse_wakturs(text: str) -> datetime | None:
    """Return BPJS's `16-03-2021 11:32:49 WIB` as an aware datetime, None if it is no such text.

    A year outside this century is none either: it cannot be a time that a hospital sent.
    """
    clock, _, zone = text.strip().rpartition(" ")
    try:
        waktu = datetime.strptime(clock, "%d-%m-%Y %H:%M:%S").replace(tzinfo=_BPJS_ZONES[zone])
    except (ValueError, KeyError):
        return None
    return waktu if 2000 <= waktu.year < 2100 else None


def milliseconds(waktu: datetime) -> int:
    """Return epoch milliseconds of an aware datetime."""
    return round(waktu.timestamp() * 1000)
