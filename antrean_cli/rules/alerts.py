"""What is told to people elsewhere by a command of the hospital's: kept until it could be told.

- It is what cron's mail says, and the day's work once a day. A pass that somebody watches on a
  terminal tells nobody else.
- What could not be told is tried again every five minutes, for a day.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from antrean_cli.rules.codes import Code

TRY_EVERY = timedelta(minutes=5)
KEPT_FOR = timedelta(days=1)
_MOST_KEPT = 500  # sentences


class AlertKind(Code):
    """What an alert is about; the codes are what the hospital's command is given."""

    OUTAGE = "outage"  # something fails for everybody: BPJS, Khanza, the ledger, a file
    OVER = "over"  # and does no more
    LAPSE = "lapse"  # BPJS soon takes something no more, or has ceased to
    REFUSED = "refused"  # one visit, or one clinic, waits for somebody
    DIGEST = "digest"  # the day's work
    TRIAL = "trial"  # `antrean check --alert`


class Alert(NamedTuple):
    """One text (Indonesian) for people elsewhere, of a pass at `at`; `tried_at` is the last try."""

    kind: AlertKind
    at: datetime
    text: str
    tried_at: datetime | None = None


def kept_with(kept: Iterable[Alert], new: Iterable[Alert], now: datetime) -> tuple[Alert, ...]:
    """Return what is to be told, the oldest first, without what is too old or too much."""
    alerts = [one for one in (*kept, *new) if now - one.at < KEPT_FOR]
    return tuple(alerts[-_MOST_KEPT:])


def taken(kept: Iterable[Alert], now: datetime) -> tuple[tuple[Alert, ...], tuple[Alert, ...]]:
    """Return all that is kept, what is due marked as tried now, and what is due as it was.

    While one pass tries, the next has it that something was tried just now, and leaves it alone.
    """
    due = tuple(one for one in kept if _is_due(one, now))
    return tuple(one._replace(tried_at=now) if one in due else one for one in kept), due


def _is_due(one: Alert, now: datetime) -> bool:
    # A try that lies ahead was noted by a clock that ran ahead.
    return one.tried_at is None or not timedelta(0) <= now - one.tried_at < TRY_EVERY


def without(kept: Iterable[Alert], told: Iterable[Alert]) -> tuple[Alert, ...]:
    """Return what is still to be told; the same words need not be told twice."""
    done = {(one.kind, one.text) for one in told}
    return tuple(one for one in kept if (one.kind, one.text) not in done)


def is_digest_due(told_on: date | None, at: time | None, now: datetime) -> bool:
    """Return whether the day's work is to be told now; `at` is None where nobody wants it."""
    if at is None or told_on == now.date():
        return False
    return (now.hour, now.minute) >= (at.hour, at.minute)
