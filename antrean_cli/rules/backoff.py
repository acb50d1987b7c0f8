"""How long a push that BPJS put off waits (rules/README.md, Trouble)."""

from datetime import datetime, timedelta

MAX_RETRY_AFTER = timedelta(hours=1)
MAX_WAIT = MAX_RETRY_AFTER + timedelta(minutes=1)  # the longest that a push is put off
_BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 16, 30))


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
