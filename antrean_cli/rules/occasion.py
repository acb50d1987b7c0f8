"""One look at Khanza: when it was, and how its visits are to be looked at."""

from collections.abc import Collection, Container
from datetime import date, datetime
from typing import NamedTuple

from antrean_cli.rules.policy import Policy


class Occasion(NamedTuple):
    """When visits are looked at, and how.

    - `first` is the first day of the window, whose last one is today.
    - `exact`: the pass before was no more than five minutes ago (see StatusObservation).
    - `asked_for` are the kode booking that Khanza was asked for: only those can be gone. What
      somebody opened again while Khanza answered was not asked for.
    - `vanished` are those of them of which Khanza has no row at all any more, of whatever day;
      `elsewhere` are those that it has on another day than those of the window.
    - `key` is the ledger's, which its marks are made with.
    """

    policy: Policy
    now: datetime
    first: date
    exact: bool
    asked_for: Container[str]
    key: bytes
    vanished: Collection[str] = frozenset()
    elsewhere: Collection[str] = frozenset()

    @property
    def today(self) -> date:
        """The day at the hospital."""
        return self.now.astimezone(self.policy.zone).date()
