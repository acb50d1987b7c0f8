"""How many calls go out side by side, and how soon: BPJS's pace, learned from its answers.

BPJS publishes no limit, and what it is can change at noon. So there are two bounds, and both follow
from what comes back (rules/README.md, Pacing):

- *A rate*, from the first refusal on: below what got through just before. A later refusal lowers
  it, quiet raises it, ever faster, as far as it is made use of.
- *Side by side*: one call more each round trip, as long as calls of a kind take less than twice
  what they did at the least. A refusal although a rate keeps the starts apart, at a number of calls
  at which none gets through, is one of connections: one call fewer.
- Three refusals in a row with nothing good between: one call at a time, after a pause that doubles;
  then as at the beginning.

Whoever makes the calls tells when each began and how it ended, and asks how many may begin. Times
are seconds of any clock that never goes back; nothing here looks at one.
"""

from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from antrean_cli.rules.answers import Reply, judge
from antrean_cli.rules.causes import Cause
from antrean_cli.rules.codes import OutcomeKind
from antrean_cli.rules.faults import Fault
from antrean_cli.rules.pace import Pace

MOST_TOO_SOON = 3  # times that one's calls may be refused while others get through
BEGINS, MOST = 4, 16  # calls side by side where the hospital leaves the number to antrean
_LATENCY = 2.0  # times the least: from there on a call more only waits longer
_USUAL_FROM, _USUAL_OF = 8, 20  # calls of a kind: from so many on they tell what it usually takes
_LOWERED = 0.9  # of what got through, or of the rate
_LOOK_BACK, _CALLS_LOOKED_AT = 2.0, 8  # seconds, and for slow rates calls, that tell the rate
_QUIET, _QUIET_CALLS, _LONGEST_QUIET = 1.0, 20, 10.0  # without a refusal before the rate rises
_RISE, _STEEPER_AFTER, _STEEPEST = 0.02, 5.0, 0.25  # a second; doubled after so many seconds
_LEAST_RATE = 0.5  # a second
_USED = 0.7  # of the rate: what is not made use of does not rise
_LEVEL_MEMORY = 10.0  # seconds for which a number of calls is known to get through
_LIFTED_AFTER = 20.0  # seconds after which one connection more is tried
_IN_A_ROW = 3
_PAUSE, _LONGEST_PAUSE = 0.25, 8.0


class Start(NamedTuple):
    """One call that began: when, how many were under way with it, itself included, and its kind."""

    at: float
    side_by_side: int
    kind: str = ""


def got_through(answer: Reply | Fault) -> bool | None:
    """Return whether BPJS let a call through, False where it only says: slower.

    None where nothing came that would tell. (bpjs/README.md, Between us and BPJS)
    """
    if isinstance(answer, Fault):
        if answer.cause is Cause.OVERLOADED:
            return False
        return True if answer.answered else None
    return None if answer.bare else judge("", "", answer).kind != OutcomeKind.THROTTLED


@dataclass(slots=True)
class _Latency:
    """What calls of one kind take: usually by now, and the least that was usual."""

    usual: float = 0.0
    least: float = float("inf")
    _calls: int = 0

    def took(self, seconds: float) -> None:
        """Take in one more call."""
        self._calls += 1
        self.usual += (seconds - self.usual) / min(self._calls, _USUAL_OF)
        if self._calls >= _USUAL_FROM:
            self.least = min(self.least, self.usual)

    @property
    def is_flat(self) -> bool:
        """Whether calls of this kind do not wait for each other yet."""
        return self._calls >= _USUAL_FROM and self.usual <= _LATENCY * self.least


@dataclass(kw_only=True, slots=True)
class Pacing:
    """The pace of one pass, from `began_at` on.

    - `most` calls may be under way at once, and `window` of them may now; `rate` is how many may
      begin in a second, None without a bound.
    - `begun` counts the calls, `refused` the refusals, `refused_at` is the last one, of this pass
      or of one before.
    """

    most: int = MOST
    window: int = BEGINS
    rate: float | None = None
    began_at: float = 0.0
    begun: int = 0
    refused: int = 0
    refused_at: float | None = None
    _ceiling: int = field(init=False)  # of the window: what connections are known to bear
    _lifted_at: float = field(init=False)
    _latency: defaultdict[str, _Latency] = field(default_factory=lambda: defaultdict(_Latency))
    _round: int = 0  # calls that came back in this round trip
    _through: deque[float] = field(default_factory=deque)
    _levels: dict[int, float] = field(default_factory=dict)
    _in_row: int = 0
    _lowered_at: float = field(init=False)
    _raised_at: float = field(init=False)
    _next_start: float = float("-inf")
    _pause: float = 0.0
    _paused_until: float = float("-inf")

    def __post_init__(self) -> None:
        self.window = max(1, min(self.window, self.most))
        self._ceiling = self.most
        self._lifted_at = self._lowered_at = self._raised_at = self.began_at

    @classmethod
    def beginning(
        cls, most: int | None, known: Pace | None, clock: float, now: datetime
    ) -> "Pacing":
        """Return the pace that a pass begins with: that of the one before, if that was just now.

        `most` is the hospital's number of calls side by side, None where it is left to antrean;
        `clock` and `now` are the same moment.
        """
        pacing = cls(most=most or MOST, window=most or BEGINS, began_at=clock)
        if known is None or not known.holds(now):
            return pacing
        pacing.window = min(known.side_by_side, pacing.most)
        if known.bounded(now) and known.refused_at is not None:
            pacing.rate = known.rate
            pacing.refused_at = clock - (now - known.refused_at).total_seconds()
            pacing._lowered_at = max(pacing.refused_at, clock - _LONGEST_QUIET)
        return pacing

    def left(self, clock: float, now: datetime) -> Pace:
        """Return what is left for the next pass; `clock` and `now` are the same moment."""
        refused_at = None
        if self.refused_at is not None:
            refused_at = now - timedelta(seconds=clock - self.refused_at)
        return Pace(now, self.window, self.rate, refused_at)

    @property
    def mattered(self) -> bool:
        """Whether the pace decided about anything: there were more calls than begin at once."""
        return self.begun > BEGINS or self.refused > 0

    # -- what may begin

    def allowed(self, now: float, in_flight: int) -> int:
        """Return how many calls may begin now, besides those that are in flight."""
        self._rise(now)
        if now < self.next_start:
            return 0
        if self.one_at_a_time:
            return max(1 - in_flight, 0)
        free = max(self.window - in_flight, 0)
        return free if self.rate is None else min(free, 1)

    @property
    def one_at_a_time(self) -> bool:
        """Whether so many were refused in a row that calls go one by one."""
        return self._in_row >= _IN_A_ROW

    @property
    def next_start(self) -> float:
        """The time before which no call begins."""
        return max(self._paused_until, self._next_start)

    def begin(self, now: float, in_flight: int, kind: str = "") -> Start:
        """Note that a call begins besides those in flight; hand what it returns to its end."""
        self.begun += 1
        if self.rate is not None:
            # A start that came a little late is made up for by the next one.
            self._next_start = max(self._next_start, now - 0.1 / self.rate) + 1 / self.rate
        return Start(now, in_flight + 1, kind)

    def pause(self, until: float) -> None:
        """Let no call begin before a time: BPJS asked for it."""
        self._paused_until = max(self._paused_until, until)

    # -- how it ended

    def got_through(self, start: Start, now: float) -> None:
        """Note that BPJS let a call through, whatever it said."""
        latency = self._latency[start.kind]
        latency.took(now - start.at)
        self._in_row, self._pause = 0, 0.0
        self._levels[start.side_by_side] = now
        self._through.append(now)
        self._round += 1
        if self._round >= self.window:
            self._round = 0
            if latency.is_flat:
                self.window = min(self.window + 1, self._ceiling)

    def was_refused(self, start: Start, now: float) -> None:
        """Note that a call was refused for the pace alone."""
        self.refused += 1
        self.refused_at = now
        if self.rate is not None and self._too_many_at_once(start, now):
            self.rate *= 1 + _STEEPEST  # that is not what was in the way
            self._ceiling = min(self._ceiling, start.side_by_side - 1)
            self.window = min(self.window, self._ceiling)
            self._lifted_at = now
            return
        self._in_row += 1
        self._lower(start, now)
        # Those that were on their way before a pause tell nothing new.
        if self.one_at_a_time and start.at >= self._paused_until:
            self._pause = min(2 * self._pause or _PAUSE, _LONGEST_PAUSE)
            self.pause(now + self._pause)
            self.window = min(self.window, BEGINS)

    def _too_many_at_once(self, start: Start, now: float) -> bool:
        """Return whether lately only fewer calls at once got through than this one's.

        That tells of connections where a rate keeps apart what begins.
        """
        lately = [level for level, at in self._levels.items() if at >= now - _LEVEL_MEMORY]
        return bool(lately) and max(lately) < start.side_by_side

    def _lower(self, start: Start, now: float) -> None:
        # What was lowered shows only after the calls that were on their way then.
        wait = 2 * max(self._latency[start.kind].usual, now - start.at)
        if self.rate is not None and now - self._lowered_at < max(wait, 2 / self.rate):
            return
        before = self._rate_got(now) if self.rate is None else self.rate
        if not before:
            return  # nothing came back yet that would tell
        self.rate = max(_LOWERED * before, _LEAST_RATE)
        self._lowered_at = self._raised_at = now
        self._next_start = max(self._next_start, now + 1 / self.rate)

    def _rate_got(self, now: float) -> float:
        """Return how many calls a second got through lately."""
        span = max(_LOOK_BACK, _CALLS_LOOKED_AT / self.rate) if self.rate else _LOOK_BACK
        while self._through and self._through[0] < now - span:
            self._through.popleft()
        since = max(self.began_at, self._paused_until)
        return len(self._through) / min(span, max(now - since, 0.25))

    def _rise(self, now: float) -> None:
        """Let the bounds rise with the time that went by without a refusal."""
        if self._ceiling < self.most and now - self._lifted_at > _LIFTED_AFTER:
            self._ceiling += 1
            self._lifted_at = now
        if self.rate is None:
            return
        quiet = now - self._lowered_at
        still = max(_QUIET, min(_QUIET_CALLS / self.rate, _LONGEST_QUIET))
        since = max(self._raised_at, self._lowered_at + still)
        if now > since:
            steps = int((quiet - still) / _STEEPER_AFTER)
            a_second = min(_RISE * 2.0**steps, _STEEPEST)
            if self._rate_got(now) >= _USED * self.rate:
                self.rate *= (1 + a_second) ** (now - since)
            self._raised_at = now


@dataclass(slots=True)
class TooSoon:
    """How often the calls of each booking were refused for the pace alone.

    Several refusals at once are one, for all that began together come too soon; but not those of
    calls that go one by one.
    """

    pacing: Pacing
    _times: Counter[str] = field(default_factory=Counter)
    _lately: set[str] = field(default_factory=set)  # refused since something got through

    def refused(self, kodebooking: str) -> None:
        """Note that a call of a booking was refused."""
        if kodebooking not in self._lately or self.pacing.one_at_a_time:
            self._times[kodebooking] += 1
        self._lately.add(kodebooking)

    def got_through(self) -> None:
        """Note that BPJS let a call through, of whatever booking."""
        self._lately.clear()

    def forget(self, kodebooking: str) -> None:
        """Begin anew with a booking: it got through itself."""
        self._times.pop(kodebooking, None)

    def times(self, kodebooking: str) -> int:
        """Return how often the calls of a booking were refused."""
        return self._times[kodebooking]

    def is_odd(self, kodebooking: str) -> bool:
        """Return whether a booking was refused oftener than any must be while others get through.

        Whether others do is for the caller to say.
        """
        return self._times[kodebooking] > MOST_TOO_SOON
