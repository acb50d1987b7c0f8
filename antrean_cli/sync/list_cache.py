"""Looks at BPJS's lists that help a pass and must not hold it up: how long they take, and when each
is due again.

- A look is no delivery: one that fails says nothing of an outage, and while one is on none is made.
- All looks of a pass share one span of time. A list is asked for at most once in ten minutes,
  whatever came of it.
- What is known of each list is kept in the ledger, under the name of what it is for.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.answers import FAULT, judge
from antrean_cli.rules.faults import Fault

if TYPE_CHECKING:
    from antrean_cli.bpjs.client import Client

EVERY = timedelta(minutes=10)
KEPT = timedelta(days=8)  # longer than BPJS takes anything for a day
LEAST_SECONDS = 0.5  # nobody answers in less
UNASKED = ""  # beside the kinds of outcomes


class Heard(NamedTuple):
    """What came of asking for a list: the kind of outcome (UNASKED for want of time), its rows, and
    BPJS's text.
    """

    kind: str
    rows: Sequence[Any] = ()
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Lists:
    """Who asks BPJS for lists in one pass; `client` makes the client where one is needed."""

    client: "Callable[[], Client]"
    until: float  # time.monotonic()

    def ask(self, name: str, *words: str) -> Heard:
        """Ask for one list, as Client.ask does."""
        if (left := self.until - time.monotonic()) < LEAST_SECONDS:
            return Heard(UNASKED)
        answer = self.client().ask(name, *words, within=left)
        if isinstance(answer, Fault):
            return Heard(FAULT, text=answer.text)
        return Heard(judge(name, "", answer).kind, answer.response, answer.message)


class Look(NamedTuple):
    """What is known of one list.

    `at` is when it was last asked for, `failing` since when it has been wanted in vain (None: it
    came), and `said` what was kept of it when it last came, as JSON has it.
    """

    at: datetime | None = None
    failing: datetime | None = None
    said: Any = ()

    def due(self, now: datetime) -> bool:
        """Whether it may be asked for."""
        return not _recent(self.at, now)

    def given_up(self, now: datetime) -> bool:
        """Whether it has been wanted in vain for so long that nothing may wait for it any more."""
        return self.failing is not None and not _recent(self.failing, now)

    def missed(self, heard: Heard, now: datetime) -> "Look":
        """Return what is known after it did not come."""
        return self._replace(
            at=self.at if heard.kind == UNASKED else now, failing=self.failing or now
        )


def _recent(when: datetime | None, now: datetime) -> bool:
    """Return whether a time is less than ten minutes ago; one that lies ahead was noted by a clock
    that ran ahead.
    """
    return when is not None and timedelta(0) <= now - when < EVERY


def recalled(ledger: Ledger, name: str) -> dict[str, Look]:
    """Return what is known of the lists that are kept under a name."""
    kept: Mapping[str, tuple[int | None, int | None, Any]] = ledger.recall(name) or {}
    return {key: Look(_time(at), _time(failing), said) for key, (at, failing, said) in kept.items()}


def keep(ledger: Ledger, name: str, looks: Mapping[str, Look], now: datetime) -> None:
    """Keep what is known of these lists, whose keys begin with their day (ISO); the old ones are
    forgotten.
    """
    oldest = (now.date() - KEPT).isoformat()
    looks = {key: look for key, look in looks.items() if key >= oldest}
    if recalled(ledger, name) != looks:
        kept = {key: (_ms(look.at), _ms(look.failing), look.said) for key, look in looks.items()}
        with ledger.transaction():
            ledger.remember(**{name: kept or None})


def _time(ms: int | None) -> datetime | None:
    return None if ms is None else datetime.fromtimestamp(ms / 1000, timezone.utc)


def _ms(when: datetime | None) -> int | None:
    return None if when is None else round(when.timestamp() * 1000)
