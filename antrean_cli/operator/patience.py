"""How long a command by hand bears a BPJS that says: slower (rules/README.md, Pacing).

- What came too soon is sent again, behind the others. As long as BPJS asks to be left alone,
  nothing is sent.
- What comes too soon again and again while others get through is left, as BPJS answered it.
- Where nothing gets through for longer than a minute's limit lasts, or BPJS asks for a longer time
  than that, all of it ends: what remains can be run again.
"""

from dataclasses import dataclass, field

from antrean_cli.rules.answers import Reply
from antrean_cli.rules.backoff import NOTED_FROM
from antrean_cli.rules.faults import Fault
from antrean_cli.rules.pacing import Pacing, TooSoon

LONGEST = 75.0  # seconds: a minute, and the longest pause of the pace behind it


@dataclass(kw_only=True, slots=True)
class Patience:
    """What one command by hand has borne so far; `at_end` says why it goes on no longer."""

    pacing: Pacing
    longest: float = LONGEST
    at_end: str = ""  # Indonesian; empty while it goes on
    _got_through: int = 0
    _in_vain_since: float | None = None  # nothing got through
    _too_soon: TooSoon = field(init=False)
    _through_before: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._too_soon = TooSoon(self.pacing)

    def got_through(self) -> None:
        """Note that BPJS let a call through, whatever it said."""
        self._got_through += 1
        self._too_soon.got_through()
        self._in_vain_since = None

    def bears(self, kodebooking: str, refused: Reply | Fault, now: float) -> bool:
        """Return whether what was refused for the pace alone is to be sent again.

        `now` is the pace's clock.
        """
        asked_for = refused.retry_after or 0.0
        if asked_for > self.longest:
            self._end(f"BPJS meminta menunggu {asked_for:.0f} detik")
        if self._in_vain_since is None:
            self._in_vain_since = now
        if now - self._in_vain_since > self.longest:
            self._end(
                f"BPJS membatasi kecepatan, dan selama {self.longest:.0f} detik "
                f"tidak ada yang diterima"
            )
        if asked_for > NOTED_FROM:
            self.pacing.pause(now + asked_for)
        self._too_soon.refused(kodebooking)
        before = self._through_before.setdefault(kodebooking, self._got_through)
        odd = self._too_soon.is_odd(kodebooking) and self._got_through > before
        return not self.at_end and not odd

    def refusals(self, kodebooking: str) -> int:
        """Return how often something was refused for the pace: others go before it."""
        return self._too_soon.times(kodebooking)

    def _end(self, why: str) -> None:
        self.at_end = self.at_end or why
