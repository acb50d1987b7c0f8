"""Times and spans of time as people read them (Indonesian); JSON has epoch milliseconds.

Times of the ledger's and of Khanza's are in the hospital's zone already; BPJS's are in WIB.
"""

from datetime import datetime, timedelta, timezone

from antrean_cli.rules.times import milliseconds


def time_of_day(waktu: datetime | None, zone: timezone | None = None) -> str:
    """Return `HH:MM:SS` in a zone, without one in that of the time itself; empty for no time."""
    if waktu is None:
        return ""
    return f"{waktu.astimezone(zone) if zone else waktu:%H:%M:%S}"


def excel_time(waktu: datetime | None) -> str:
    """Return day and time as an Indonesian Excel reads them, in the zone of the time itself."""
    return f"{waktu:%d-%m-%Y %H:%M:%S}" if waktu else ""


def epoch_ms(waktu: datetime | None) -> int | None:
    """Return epoch milliseconds, None for none."""
    return milliseconds(waktu) if waktu else None


def two_units(span: timedelta) -> str:
    """Return a span in its two largest units, whole minutes at least.

    None is negative: one that a clock put right has turned round is told as nothing.
    """
    minutes = max(0, int(span.total_seconds() // 60))
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} hari {hours} jam"
    return f"{hours} jam {minutes} menit" if hours else f"{minutes} menit"
