"""How many calls go out side by side, and how soon: BPJS's pace, learned from its answers.

BPJS publishes no limit, and what it is can change at noon. So there are two bounds, and both follow
from what comes back (rules/README.md, Pacing):

- *Side by side*: one call more each round trip, as long as latency stays under twice its least. A
  refusal at a number of calls at which none gets through is one of connections: one call fewer.
- *A rate*, from the first other refusal on: below what got through just before. A later refusal
  lowers it, quiet raises it, ever faster, as far as it is made use of.
- Three refusals in a row with nothing good between: one call at a time, after a pause that doubles.

Whoever makes the calls tells when each began and how it ended, and asks how many may begin. Times
are seconds of any clock that never goes back; nothing here looks at one.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from antrean_cli.rules.answers import Reply, judge
from antrean_cli.rules.codes import OutcomeKind
from antrean_cli.rules.faults import Cause, Fault
from antrean_cli.rules.pace import Pace

BEGINS, MOST = 4, 16  # calls side by side where the hospital leaves the number to antrean
_LATENCY = 2.0  # times the least: from there on a call more only waits longer
_LOWERED = 0.9  # of what got through, or of the rate
_LOOK_BACK, _CALLS_LOOKED_AT = 2.0, 8  # seconds, and for slow rates calls, that tell the rate
_QUIET, _QUIET_CALLS = 1.0, 20  # seconds, and calls, without a refusal before the rate rises
_RISE, _STEEPER_AFTER, _STEEPEST = 0.02, 5.0, 0.25  # a second; doubled after so many seconds
_LEAST_RATE = 0.5  # a second
_USED = 0.85  # of the rate: what is not made use of does not rise
_LEVEL_MEMORY = 10.0  # seconds for which a number of calls is known to get through
_LIFTED_AFTER = 20.0  # seconds after which one connection more is tried
_IN_A_ROW = 3
_PAUSE, _LONGEST_PAUSE = 0.25, 8.0


class Start(NamedTuple):
    """One call that began: when, and how many were under way with it, itself included."""

    at: float
    side_by_side: int


def got_through(answer: Reply | Fault) -> bool | None:
    """Return whether BPJS let a call through, False where it only says: slower.

    None where nothing came that would tell. (bpjs/README.md, Between us and BPJS)
    """
    if isinstance(answer, Fault):
        if answer.cause is Cause.OVERLOADED:
            return False
        return True if answer.answered else None
    return judge("", "", answer).kind != OutcomeKind.THROTTLED


@dataclass(kw_only=True, slots=True)
class Pacing:
    """The pace of one pass.

    - `most` calls may be under way at once, and `window` of them may now; `rate` is how many may
      begin in a second, None without a bound.
    - `begun` counts the calls, `refused` the refusals, `refused_at` is the last one.
    """

    most: int = MOST
    window: int = BEGINS
    rate: float | None = None
    begun: int = 0
    refused: int = 0
    refused_at: float | None = None
    known: Pace | None = None  # that it began with
    _ceiling: int = 0  # of the window: what connections are known to bear
    _lifted_at: float = 0.0
    _began_at: float | None = None
    _least: float = 0.0  # latency
    _latency: float = 0.0
    _round: int = 0  # calls that came back in this round trip
    _through: deque[float] = field(default_factory=deque)
    _levels: dict[int, float] = field(default_factory=dict)
    _in_row: int = 0
    _lowered_at: float = 0.0
    _raised_at: float = 0.0
    _next_start: float = float("-inf")
    _paused_until: float = float("-inf")

    def __post_init__(self) -> None:
        self.window = max(1, min(self.window, self.most))
        self._ceiling = self.most

    @classmethod
    def beginning(cls, most: int | None, known: Pace | None, now: datetime) -> "Pacing":
        """Return the pace that a pass begins with: that of the one before, if that was just now.

        `most` is the hospital's number of calls side by side, None where it is left to antrean.
        """
        known = known if known and known.holds(now) else None
        rate = known.rate if known and known.bounded(now) else None
        if most is not None:
            return cls(most=most, window=most, rate=rate, known=known)
        return cls(window=known.side_by_side if known else BEGINS, rate=rate, known=known)

    def left(self, clock: float, now: datetime) -> Pace:
        """Return what is left for the next pass; `clock` and `now` are the same moment."""
        if self.refused_at is not None:
            refused_at: datetime | None = now - timedelta(seconds=clock - self.refused_at)
        else:
            refused_at = self.known.refused_at if self.known else None
        return Pace(now, self.window, self.rate, refused_at)

    @property
    def mattered(self) -> bool:
        """Whether the pace decided about anything: there were more calls than begin at once."""
        return self.begun > BEGINS or self.refused > 0

    # -- what may begin

    def allowed(self, now: float, in_flight: int) -> int:
        """Return how many calls may begin now, besides those that are in flight."""
        if self._began_at is None:  # a rate that was learned before rises from here
            self._began_at = self._lifted_at = self._lowered_at = now
        self._rise(now)
        if now < self.next_start:
            return 0
        if self._in_row >= _IN_A_ROW:
            return max(1 - in_flight, 0)
        free = max(self.window - in_flight, 0)
        return free if self.rate is None else min(free, 1)

    @property
    def next_start(self) -> float:
        """The time before which no call begins."""
        return (
            self._paused_until if self.rate is None else max(self._paused_until, self._next_start)
        )

    def begin(self, now: float, in_flight: int) -> Start:
        """Note that a call begins besides those in flight; hand what it returns to its end."""
        self.begun += 1
        if self.rate is not None:
            # A start that came a little late is made up for by the next one.
            self._next_start = max(self._next_start, now - 0.1 / self.rate) + 1 / self.rate
        return Start(now, in_flight + 1)

    # -- how it ended

    def got_through(self, start: Start, now: float) -> None:
        """Note that BPJS let a call through, whatever it said."""
        took = now - start.at
        self._least = min(self._least or took, took)
        self._latency = 0.8 * self._latency + 0.2 * took if self._latency else took
        self._in_row = 0
        self._levels[start.side_by_side] = now
        self._through.append(now)
        self._round += 1
        if self._round >= self.window:
            self._round = 0
            if self._latency <= _LATENCY * self._least:
                self.window = min(self.window + 1, self._ceiling)

    def was_refused(self, start: Start, now: float) -> None:
        """Note that a call was refused for the pace alone."""
        self.refused += 1
        self.refused_at = now
        if self._connections_are_up(start, now):
            self._ceiling = start.side_by_side - 1
            self.window = min(self.window, self._ceiling)
            self._lifted_at = now
            return
        self._in_row += 1
        self._lower(start, now)
        if self._in_row >= _IN_A_ROW:
            pause = _PAUSE * 2 ** (self._in_row - _IN_A_ROW)
            self._paused_until = now + min(pause, _LONGEST_PAUSE)

    def _connections_are_up(self, start: Start, now: float) -> bool:
        """Return whether so many calls are too many: none that began among so many got through."""
        bears = (at for level, at in self._levels.items() if level >= start.side_by_side)
        return start.side_by_side > 1 and all(at < now - _LEVEL_MEMORY for at in bears)

    def _lower(self, start: Start, now: float) -> None:
        # What was lowered shows only after the calls that were on their way then.
        wait = 2 * max(self._latency, now - start.at)
        if self.rate is not None:
            wait = max(wait, 2 / self.rate)
        if self.rate is not None and now - self._lowered_at < wait:
            return
        before = self._rate_got(now) if self.rate is None else self.rate
        self.rate = max(_LOWERED * before, _LEAST_RATE)
        self._lowered_at = self._raised_at = now
        self._next_start = max(self._next_start, now + 1 / self.rate)

    def _rate_got(self, now: float) -> float:
        """Return how many calls a second got through lately."""
        span = max(_LOOK_BACK, _CALLS_LOOKED_AT / self.rate) if self.rate else _LOOK_BACK
        while self._through and self._through[0] < now - span:
            self._through.popleft()
        since = now - (self._began_at if self._began_at is not None else now)
        return len(self._through) / min(span, max(since, 0.25))

    def _rise(self, now: float) -> None:
        """Let the bounds rise with the time that went by without a refusal."""
        if self._ceiling < self.most and now - self._lifted_at > _LIFTED_AFTER:
            self._ceiling += 1
            self._lifted_at = now
        if self.rate is None:
            return
        quiet = now - self._lowered_at
        still = max(_QUIET, _QUIET_CALLS / self.rate)
        since = max(self._raised_at, self._lowered_at + still)
        if now > since:
            steps = int((quiet - still) / _STEEPER_AFTER)
            a_second = min(_RISE * 2.0**steps, _STEEPEST)
            if self._rate_got(now) >= _USED * self.rate:
                self.rate *= (1 + a_second) ** (now - since)
            self._raised_at = now
