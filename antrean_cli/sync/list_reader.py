"""Asking BPJS for lists that help a pass and must not hold it up.

- A look at a list is no delivery: one that fails says nothing of an outage, and while one is on
  none is made.
- All looks of a pass share one span of time. They are a handful, one after the other: no pace of
  BPJS's is asked for them (rules/pacing.py).
- What is kept of each list, and when it may be asked for again: rules/cached_lists.py.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from antrean_cli.rules.cached_lists import UNASKED, ListResult

if TYPE_CHECKING:
    from antrean_cli.bpjs.client import Client

LEAST_SECONDS_OF_A_LIST = 0.5  # nobody answers in less


@dataclass(frozen=True, kw_only=True)
class ListReader:
    """Who asks BPJS for lists in one pass; `client` makes the client where one is needed."""

    client: "Callable[[], Client]"
    until: float  # time.monotonic()

    def is_answered(self, name: str) -> bool:
        """Return whether BPJS answers a call, whatever it says; False without time for it."""
        from antrean_cli.rules.answers import FAULT

        return self.ask(name).kind not in (FAULT, UNASKED)

    def ask(self, name: str, *words: str) -> ListResult:
        """Ask for one list, as Client.ask does; UNASKED if there is no time left for it."""
        # A pass that asks for no list must not pay for the table of answers.
        from antrean_cli.rules.answers import FAULT, judge
        from antrean_cli.rules.faults import Fault

        if (left := self.until - time.monotonic()) < LEAST_SECONDS_OF_A_LIST:
            return ListResult(UNASKED)
        answer = self.client().ask(name, *words, within=left)
        if isinstance(answer, Fault):
            return ListResult(FAULT, why=answer.why)
        outcome = judge(name, "", answer)
        return ListResult(outcome.kind, answer.response, answer.message, outcome.why)
