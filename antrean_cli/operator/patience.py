"""How long a command by hand bears a BPJS that says: slower (rules/README.md, Pacing).

- What came too soon is sent again, behind the others. As long as BPJS asks to be left alone,
  nothing is sent.
- What comes too soon again and again while others get through is left, as BPJS answered it.
- Where nothing gets through for longer than a minute's limit lasts, or BPJS asks for a longer time
  than that, all of it ends: what remains can be run again.
"""

from collections import Counter
from dataclasses import dataclass, field

from antrean_cli.rules.answers import Reply
from antrean_cli.rules.backoff import NOTED_FROM
from antrean_cli.rules.faults import Fault
from antrean_cli.rules.pacing import MOST_TOO_SOON, Pacing

LONGEST = 75.0  # seconds: a minute, and the longest pause of the pace behind it


@dataclass(kw_only=True, slots=True)
class Patience:
    """What one command by hand has borne so far; `at_end` says why it goes on no longer."""

    pacing: Pacing
    longest: float = LONGEST
    at_end: str = ""  # Indonesian; empty while it goes on
    _got_through: int = 0
    _in_vain_since: float | None = None  # nothing got through
    _times: Counter[str] = field(default_factory=Counter)  # by key
    _lately: set[str] = field(default_factory=set)  # refused since something got through
    _through_before: dict[str, int] = field(default_factory=dict)

    def got_through(self) -> None:
        """Note that BPJS let a call through, whatever it said."""
        self._got_through += 1
        self._lately.clear()
        self._in_vain_since = None

    def bears(self, key: str, refused: Reply | Fault, now: float) -> bool:
        """Return whether what was refused for the pace alone is to be sent again.

        `key` tells it from the others, `now` is the pace's clock.
        """
        asked_for = refused.retry_after or 0.0
        if asked_for > self.longest:
            self._end(f"BPJS meminta menunggu {asked_for:.0f} detik")
        if self._in_vain_since is None:
            self._in_vain_since = now
        if now - self._in_vain_since > self.longest:
            self._end(f"BPJS meminta pelan, dan {self.longest:.0f} detik tidak ada yang lolos")
        if asked_for > NOTED_FROM:
            self.pacing.pause(now + asked_for)
        # Several refusals at once are one: all that began together come too soon.
        if key not in self._lately or self.pacing.one_at_a_time:
            self._times[key] += 1
        self._lately.add(key)
        before = self._through_before.setdefault(key, self._got_through)
        odd = self._times[key] > MOST_TOO_SOON and self._got_through > before
        return not self.at_end and not odd

    def refusals(self, key: str) -> int:
        """Return how often something was refused for the pace: others go before it."""
        return self._times[key]

    def _end(self, why: str) -> None:
        self.at_end = self.at_end or why
