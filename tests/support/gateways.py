"""Gateways in front of BPJS that let only so much through, and a pass behind them, in no time.

A gateway is asked at the moment at which a call begins, and says whether it lets it through, and
how long it takes. `play` is a pass with nothing to do but calls, on a clock of its own.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from antrean_cli.rules.pacing import Pacing, Start

REFUSED_IN = 0.02  # seconds
FIRST_SECONDS = 10.0  # in which a pace is still looked for


class Said(NamedTuple):
    """What a gateway makes of a call: whether it is let through, and the seconds that takes.

    `kind` is that of the call, where several kinds are sent.
    """

    through: bool
    seconds: float
    kind: str = ""


class Knock(NamedTuple):
    """A call that begins: when, and how many are under way besides it."""

    now: float
    in_flight: int


Gateway = Callable[[Knock], Said]


@dataclass
class LeakyBucket:
    """nginx's limit_req: `rate` calls a second, `burst` above it at once, the rest refused."""

    rate: float
    burst: int
    latency: float
    random: Random
    _excess: float = 0.0
    _last: float = 0.0

    def __call__(self, knock: Knock) -> Said:
        excess = max(self._excess - (knock.now - self._last) * self.rate, 0.0) + 1
        if excess > self.burst + 1:
            return Said(through=False, seconds=REFUSED_IN)
        self._excess, self._last = excess, knock.now
        return Said(through=True, seconds=_about(self.latency, self.random))


@dataclass
class PerMinute:
    """So many calls in a minute of the clock."""

    calls: int
    latency: float
    random: Random
    _counts: Counter[int] = field(default_factory=Counter)

    def __call__(self, knock: Knock) -> Said:
        self._counts[int(knock.now // 60)] += 1
        through = self._counts[int(knock.now // 60)] <= self.calls
        return Said(through, _about(self.latency, self.random) if through else REFUSED_IN)


@dataclass
class Connections:
    """So many calls under way at once."""

    most: int
    latency: float
    random: Random

    def __call__(self, knock: Knock) -> Said:
        through = knock.in_flight < self.most
        return Said(through, _about(self.latency, self.random) if through else REFUSED_IN)


@dataclass
class Crowded:
    """No limit, but what is more than `bears` calls at once makes all of them slower."""

    bears: int
    latency: float
    random: Random

    def __call__(self, knock: Knock) -> Said:
        crowd = max(1.0, (knock.in_flight + 1) / self.bears)
        return Said(through=True, seconds=_about(self.latency * crowd, self.random))


@dataclass
class Free:
    """No limit; `slow` seconds of a slow morning, in which a call takes ten times as long."""

    latency: float
    random: Random
    slow: float = 0.0

    def __call__(self, knock: Knock) -> Said:
        times = 10 if knock.now < self.slow else 1
        return Said(through=True, seconds=_about(self.latency * times, self.random))


@dataclass
class Mixed:
    """No limit; the next call is of the next kind, and takes the seconds beside it."""

    calls: Iterator[tuple[str, float]]
    random: Random

    def __call__(self, _: Knock) -> Said:
        kind, seconds = next(self.calls)
        return Said(through=True, seconds=_about(seconds, self.random), kind=kind)


@dataclass
class Changing:
    """One gateway until `at`, another one from then on."""

    first: Gateway
    then: Gateway
    at: float

    def __call__(self, knock: Knock) -> Said:
        return (self.first if knock.now < self.at else self.then)(knock)


@dataclass
class Hiccup:
    """A gateway that refuses everything from one moment to another."""

    behind: Gateway
    until: float
    since: float = 0.0

    def __call__(self, knock: Knock) -> Said:
        if self.since <= knock.now < self.until:
            return Said(through=False, seconds=REFUSED_IN)
        return self.behind(knock)


def _about(seconds: float, random: Random) -> float:
    return seconds * random.uniform(0.8, 1.3)


class Played(NamedTuple):
    """What came of a pass: calls let through, and refused, each with when that was known."""

    through: list[float]
    refused: list[float]
    most_in_flight: int

    @property
    def refused_late(self) -> float:
        """The share of the calls after the first seconds that were refused."""
        late = [sum(at > FIRST_SECONDS for at in ends) for ends in (self.through, self.refused)]
        return late[1] / sum(late)


def play(gateway: Gateway, seconds: float, pacing: Pacing) -> Played:
    """Call as the pace allows for so many seconds."""
    now, in_flight, most = 0.0, 0, 0
    under_way: list[tuple[float, int, Start, bool]] = []
    number = 0
    through: list[float] = []
    refused: list[float] = []
    while now < seconds:
        for _ in range(pacing.allowed(now, in_flight)):
            said = gateway(Knock(now, in_flight))
            start = pacing.begin(now, in_flight, said.kind)
            in_flight, number = in_flight + 1, number + 1
            most = max(most, in_flight)
            heapq.heappush(under_way, (now + said.seconds, number, start, said.through))
        ends = under_way[0][0] if under_way else math.inf
        begins = pacing.next_start if pacing.next_start > now else math.inf
        now = max(min(ends, begins), now + 1e-6)
        while under_way and under_way[0][0] <= now:
            ended, _, start, let_through = heapq.heappop(under_way)
            in_flight -= 1
            (through if let_through else refused).append(ended)
            told: Callable[[Start, float], None] = (
                pacing.got_through if let_through else pacing.was_refused
            )
            told(start, ended)
    return Played(through, refused, most)


# A gateway, the seconds for which it is called on, and how many calls it allows in them.
GATEWAYS: dict[str, tuple[Callable[[Random], Gateway], float, float]] = {
    "20 a second, burst 5": (lambda r: LeakyBucket(20, 5, 0.1, r), 420, 20 * 420),
    "20 a second, slow calls": (lambda r: LeakyBucket(20, 5, 0.5, r), 420, 20 * 420),
    "50 a second, burst 10": (lambda r: LeakyBucket(50, 10, 0.2, r), 300, 50 * 300),
    # Of calls that begin together one gets through: so the rate begins low, and takes twenty
    # seconds to rise.
    "20 a second, no burst": (lambda r: LeakyBucket(20, 0, 0.1, r), 420, 20 * 400),
    "2 a second, burst 1": (lambda r: LeakyBucket(2, 1, 0.1, r), 420, 2 * 420),
    "5 a second, burst 1": (lambda r: LeakyBucket(5, 1, 0.05, r), 300, 5 * 300),
    "1,200 a minute": (lambda r: PerMinute(1200, 0.1, r), 420, 1200 * 7),
    "6 connections": (lambda r: Connections(6, 0.2, r), 300, 6 / 0.21 * 300),
    "6 connections, quick calls": (lambda r: Connections(6, 0.05, r), 120, 6 / 0.0525 * 120),
    "2 connections": (lambda r: Connections(2, 0.2, r), 300, 2 / 0.21 * 300),
    "latency grows with load": (lambda r: Crowded(6, 0.1, r), 120, 6 / 0.105 * 120),
    "without a limit": (lambda r: Free(0.2, r), 50, 16 / 0.21 * 50),
    "a hiccup at second 0": (lambda r: Hiccup(Free(0.2, r), 0.03), 50, 16 / 0.21 * 50),
    "two seconds of a hiccup": (lambda r: Hiccup(Free(0.2, r), 2), 50, 16 / 0.21 * 48),
    "20 a second, after a hiccup": (
        lambda r: Hiccup(LeakyBucket(20, 5, 0.1, r), 2),
        50,
        20 * 48,
    ),
    "a minute's hiccup": (
        lambda r: Hiccup(LeakyBucket(20, 5, 0.1, r), 80, since=20),
        420,
        20 * 360,
    ),
    "a slow morning": (lambda r: Free(0.2, r, slow=60), 180, 16 / 2.1 * 60 + 16 / 0.21 * 120),
    "20 a second, from noon 5": (
        lambda r: Changing(LeakyBucket(20, 5, 0.1, r), LeakyBucket(5, 5, 0.1, r), 120),
        300,
        20 * 120 + 5 * 180,
    ),
    "5 a second, from noon 20": (
        lambda r: Changing(LeakyBucket(5, 5, 0.1, r), LeakyBucket(20, 5, 0.1, r), 120),
        300,
        5 * 120 + 20 * 180,
    ),
}
