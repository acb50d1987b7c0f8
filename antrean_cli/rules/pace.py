"""The pace that a pass leaves for the next one; how it is found, pacing.py says.

It is a part of what every pass reads of the ledger: one with nothing to send must not pay for the
table of answers.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

FORGOTTEN = timedelta(minutes=10)  # without a refusal


class Pace(NamedTuple):
    """What one pass leaves for the next: its pace, as it was `at` (aware).

    `side_by_side` is how many calls could be under way, `rate` how many could begin in a second,
    None where nothing bounds them; `refused_at` is the last refusal (aware), None without one.
    """

    at: datetime
    side_by_side: int
    rate: float | None = None
    refused_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Return whether this is young enough to begin with."""
        return timedelta(0) <= now - self.at < FORGOTTEN

    def bounded(self, now: datetime) -> bool:
        """Return whether BPJS has bounded the pace lately."""
        refused = self.refused_at
        return refused is not None and timedelta(0) <= now - refused < FORGOTTEN
