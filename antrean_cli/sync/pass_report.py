"""What a pass tells of itself: events while it runs, and its report at the end."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from antrean_cli.errors import AntreanError, RefusedPushError, worst
from antrean_cli.rules.codes import State, Step
from antrean_cli.rules.outages import Announcement
from antrean_cli.rules.push import Change, Record
from antrean_cli.rules.service_days import BrokenRow

if TYPE_CHECKING:
    from antrean_cli.rules.lapses import Lapses
    from antrean_cli.rules.pacing import Pacing

COUNTED = (State.SENT, State.ALREADY, State.REFUSED, State.CLOSED)


class Noted(NamedTuple):
    """What a look at Khanza, or at what the last pass left, changed in the ledger.

    `broken` are the rows of Khanza's that nothing can be told of, `left_alive` the bookings that
    BPJS holds although Khanza has them no more, `unanswered` the pushes that BPJS does not answer
    while it answers others, as far as they are news. `lapses` is what only people can mend and BPJS
    soon takes no more, or no more takes.
    """

    changes: tuple[Change, ...]
    broken: tuple[BrokenRow, ...] = ()
    left_alive: tuple[Record, ...] = ()
    unanswered: tuple[tuple[Record, Step], ...] = ()
    lapses: "Lapses | None" = None


class Delivered(NamedTuple):
    """What the calls that finished together changed; so many pushes are still waiting."""

    changes: tuple[Change, ...]
    waiting: int


# An Announcement tells of an outage that began, goes on, or is over.
PassEvent = Noted | Delivered | Announcement


@dataclass(kw_only=True, slots=True)
class PassReport:
    """A pass in numbers, and the errors that it ran into.

    - `visits` are those that something could come of, `found` the pushes that are new.
    - `counts` are the pushes that came to rest in this pass, by their state.
    - `held` and `later` are the pushes that it leaves held and due.
    - `pacing` is the pace of its calls, None if it made none.
    """

    visits: int = 0
    found: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))
    held: int = 0
    later: int = 0
    errors: list[AntreanError] = field(default_factory=list)
    pacing: "Pacing | None" = None

    def add(self, changes: Iterable[Change], *, answered: bool) -> None:
        """Count the pushes that came to rest.

        Refused is what BPJS `answered` so in this pass, and nothing else.
        """
        for change in changes:
            state = change.after.state if change.after else ""
            if state == State.REFUSED and not answered:
                continue
            if state in self.counts and (change.before is None or change.before.state != state):
                self.counts[state] += 1

    @property
    def exit_code(self) -> int:
        """The exit code of the pass."""
        refused = [RefusedPushError.exit_code] if self.counts[State.REFUSED] else []
        return worst([*refused, *(error.exit_code for error in self.errors)])
