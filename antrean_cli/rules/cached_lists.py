"""BPJS's lists between passes: what came of asking for one, what is kept, when it is asked again.

- A list is asked for at most once in ten minutes, whatever came of it, but where a look is wanted
  at once (sync/day_lists.py).
- What has been wanted in vain for ten minutes is waited for no longer.
- The time of a clock that ran ahead counts for nothing.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from antrean_cli.rules.causes import Trouble

EVERY = timedelta(minutes=10)
KEPT_FOR = timedelta(days=8)  # longer than BPJS takes anything for a day
UNASKED = ""  # for want of time; stands beside the kinds of outcomes (answers.py)


class ListResult(NamedTuple):
    """What came of asking BPJS for a list: the kind of outcome, its rows, and why none came.

    `said` are BPJS's own words, `why` the trouble where it is one by its cause.
    """

    kind: str
    rows: Sequence[Any] = ()
    said: str = ""
    why: Trouble | None = None


class CachedList(NamedTuple):
    """What is known of one list.

    - `content` is what was kept of it when it last came (see PassState).
    - `asked_at` is when it was last asked for.
    - `failing_since`: since when it has been wanted in vain; None if it came.
    """

    content: Any
    asked_at: datetime | None = None
    failing_since: datetime | None = None

    def may_be_asked(self, now: datetime) -> bool:
        """Return whether ten minutes have passed since it was last asked for."""
        return not _recent(self.asked_at, now)

    def given_up(self, now: datetime) -> bool:
        """Return whether it was wanted in vain for so long that nothing waits for it any more."""
        return self.failing_since is not None and not _recent(self.failing_since, now)

    def missed(self, result: ListResult, now: datetime) -> "CachedList":
        """Return what is known after it did not come; what was kept of it is still the best."""
        return self._replace(
            asked_at=self.asked_at if result.kind == UNASKED else now,
            failing_since=self.failing_since or now,
        )


def oldest_kept(now: datetime) -> date:
    """Return the oldest day whose lists are still kept."""
    return now.date() - KEPT_FOR


def _recent(when: datetime | None, now: datetime) -> bool:
    return when is not None and timedelta(0) <= now - when < EVERY
