"""Ties: a time that equals the one before, or lies a little back, goes out a second after it.

BPJS wants strictly rising times, and Khanza often records two steps with one click. How far back a
time may lie is the tie, `ANTREAN_TIE_SECONDS`. (rules/README.md, Times)
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from antrean_cli.rules.codes import TASKS

_APART = timedelta(seconds=1)  # what lies between two times that BPJS is told, at least


class Placed(NamedTuple):
    """A time in its place: as Khanza recorded it, and as it goes out or BPJS holds it."""

    recorded: datetime
    waktu: datetime


def place(recorded: datetime, before: Placed | None, tie: timedelta) -> Placed | None:
    """Return a time in its place behind another one, None if it has none there.

    A time later than what went out before it stays as it is. Any other goes out a second after
    that, but has no place if it lies more than the tie before it: how far two times are apart is
    told by what Khanza recorded, not by what was sent. With a tie of 0 nothing is moved: an equal
    time has no place then.
    """
    if before is None or recorded > before.waktu:
        return Placed(recorded, recorded)
    if tie and before.recorded - recorded <= tie:
        return Placed(recorded, before.waktu + _APART)
    return None


def placed_as(recorded: datetime | None, waktu: datetime | None, tie: timedelta) -> Placed | None:
    """Return the place of a task that went out as `waktu`, None if nobody knows its time.

    What BPJS holds can be another one's time. Khanza's counts for the distance only where no more
    than ties lie between the two.
    """
    if waktu is None or recorded is None:
        known = waktu or recorded
        return Placed(known, known) if known else None
    by_ties = timedelta(0) <= waktu - recorded <= len(TASKS) * (tie + _APART)
    return Placed(recorded if by_ties else waktu, waktu)
