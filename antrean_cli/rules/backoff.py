"""How long a push that BPJS put off waits (rules/README.md, Trouble), and when a held add asks.

A held add asks sparingly: Khanza's SEP form, or a kiosk, may have added the booking, and who asks
too early or too often is only refused (rules/README.md, Add).
"""

from datetime import date, datetime, time, timedelta

MAX_RETRY_AFTER = timedelta(hours=1)
MAX_WAIT = MAX_RETRY_AFTER + timedelta(minutes=1)  # the longest that a push is put off
NOTED_FROM = 2.0  # seconds of a Retry-After: a shorter one is in the pace
_BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 16, 30))
# A SEP that is issued within it makes every question needless: its add goes out first.
FIRST_QUESTION = timedelta(minutes=15)
_QUESTIONS = tuple(timedelta(minutes=minutes) for minutes in (1, 4, 15, 60))
MAX_QUESTION = timedelta(days=1)  # the longest that a question waits for the one before it


def next_try(attempts: int, retry_after: float | None, now: datetime, jitter: float) -> datetime:
    """Return when a push is tried again that was put off `attempts` times before.

    After 1, 2, 4 … 30 minutes and a fifth at most for `jitter`, a random number from 0 to 1; or
    when BPJS asked for it, with a Retry-After of so many seconds.
    """
    wait = _BACKOFF[min(attempts, len(_BACKOFF) - 1)] * (1 + 0.2 * jitter)
    return now + max(wait, retry_delay(retry_after))


def retry_delay(seconds: float | None) -> timedelta:
    """Return how long a Retry-After puts off a call: from nothing to an hour."""
    return min(timedelta(seconds=max(seconds or 0, 0)), MAX_RETRY_AFTER)


def next_try_at_pace(retry_after: float | None, now: datetime) -> datetime | None:
    """Return when a push is tried again that only came too soon: at once, unless BPJS asked for
    more than two seconds.
    """
    return now + retry_delay(retry_after) if retry_after and retry_after > NOTED_FROM else None


def next_question(asked: int, tanggal: date, now: datetime) -> datetime | None:
    """Return when a held add asks again that asked `asked` times, just now for the last; or never.

    After 1, 4, 15 and 60 minutes, and once when the day of service is over. `now` and what comes
    back are in the hospital's zone.
    """
    if now.date() > tanggal:
        return None
    day_over = datetime.combine(tanggal + timedelta(days=1), time.min, now.tzinfo)
    if asked > len(_QUESTIONS):
        return day_over
    return min(now + _QUESTIONS[asked - 1], day_over)
