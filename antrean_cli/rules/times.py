"""Times in the three spellings that are met: Khanza's text, BPJS's text, and epoch milliseconds.

Inside, a time is an aware datetime; a day is a date.
"""

from datetime import date, datetime, timedelta, timezone

WIB = timezone(timedelta(hours=7), "WIB")
_BPJS_ZONES = {
    "WIB": WIB,
    "WITA": timezone(timedelta(hours=8), "WITA"),
    "WIT": timezone(timedelta(hours=9), "WIT"),
}


def parse_datetime(text: str | None, zone: timezone) -> datetime | None:
    """Return Khanza's `yyyy-mm-dd hh:mm:ss` in the hospital's zone, or None for "not yet".

    That is NULL, a zero date, 1970, or what is no time at all (khanza/README.md, Things that bite,
    2 and 13).
    """
    if not text or text[:2] != "20":
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone)
    except ValueError:
        return None


def parse_date(text: str | None) -> date | None:
    """Return Khanza's `yyyy-mm-dd` as a date, or None for a zero date."""
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None


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


def service_day(waktu: datetime) -> date:
    """Return the day to which BPJS counts a time: the date in WIB (bpjs/README.md, Task ids)."""
    return waktu.astimezone(WIB).date()


def milliseconds(waktu: datetime) -> int:
    """Return epoch milliseconds of an aware datetime."""
    return round(waktu.timestamp() * 1000)
