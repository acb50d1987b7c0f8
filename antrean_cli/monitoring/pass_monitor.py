"""Watching a pass without a server of our own: pings of its begin and end, a file of metrics.

- Nothing in here changes a pass: not its exit code, and not its output.
- A pass that delivers nothing still raises the alarm: where work is stuck, its success is not
  pinged.
- Counts, codes and times leave the hospital; no patient and no kode booking.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING

from antrean_cli.config.settings import Settings
from antrean_cli.errors import AntreanError, StateError
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.monitoring.ping import Pinger
from antrean_cli.sync.pass_report import PassReport

if TYPE_CHECKING:
    from antrean_cli.operator.overview import Overview


@dataclass(kw_only=True, slots=True)
class PassMonitor:
    """One pass as it is watched: entered when it begins, left when it has ended.

    `observe` is called in between, as soon as the pass has a report, `ping_end` at the very end.
    `written` tells whether there are metrics, `unwritten` why there are none.
    """

    settings: Settings
    clock: Callable[[], datetime]
    unwritten: OSError | None = None
    written: bool = False
    _began: float = 0.0  # time.monotonic()
    _exit_code: int = 1  # until the pass says otherwise
    _report: PassReport | None = None
    _stuck: bool = True  # until somebody has looked
    _overview: "Overview | None" = None
    _calls: Mapping[str, int] = field(default_factory=dict)
    _pinger: Pinger | None = None
    _withheld: list[str] = field(default_factory=list)

    def __enter__(self) -> "PassMonitor":
        self._began = time.monotonic()
        if self.settings.ping_url:
            self._pinger = Pinger(self.settings.ping_url)
            self._pinger.pass_started()
        return self

    def observe(self, ledger: Ledger, report: PassReport) -> None:
        """Note how the pass went, and what it leaves in the ledger if somebody wants to know."""
        self._report, self._exit_code = report, report.exit_code
        if not (self.settings.ping_url or self.settings.metrics_file):
            return
        # A pass that nobody watches must not pay for it.
        from antrean_cli.operator.overview import Limits, is_stuck, overview

        try:
            if self.settings.ping_url:
                self._stuck = is_stuck(ledger, Limits(), self.clock())
            if self.settings.metrics_file:
                self._calls = ledger.pass_state().calls
                self._overview = overview(ledger, self.clock(), in_short=True)
        except StateError:
            # The pass is over and keeps its exit code; what cannot be looked at is not told as a
            # success.
            self._stuck = True
        self._write_metrics()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, AntreanError):
            self._exit_code = error.exit_code
        if self._report is None:  # else they are written while the ledger can keep why not
            self._write_metrics()

    def _write_metrics(self) -> None:
        if self.settings.metrics_file is None:
            return
        from antrean_cli.monitoring.metrics import PassEnd, metrics_text, write_metrics

        end = PassEnd(
            at=self.clock(),
            seconds=time.monotonic() - self._began,
            exit_code=self._exit_code,
            overview=self._overview,
            calls=self._calls,
            site=self.settings.site,
        )
        try:
            write_metrics(self.settings.metrics_file, metrics_text(end))
            self.written = True
        except OSError as problem:
            self.unwritten = problem

    def ping_end(self) -> None:
        """Ping how the pass ended; a success only if nothing is stuck."""
        if self._pinger is None:
            return
        if self._exit_code == 0 and self._stuck:
            self._withheld.append(
                "Ping berhasil tidak dikirim: ada yang macet; lihat: antrean status"
            )
            return
        self._pinger.pass_ended(self._exit_code, pass_counts(self._exit_code, self._report))

    @property
    def problems(self) -> list[str]:
        """What went wrong with the pings, in sentences (Indonesian)."""
        return [*(self._pinger.problems if self._pinger else ()), *self._withheld]


def pass_counts(exit_code: int, report: PassReport | None) -> str:
    """Return a pass in counts, one a line."""
    counts = {"exit_code": exit_code}
    if report:
        counts |= {"visits": report.visits, "found": report.found, **report.counts}
        counts |= {"held": report.held, "later": report.later}
    return "".join(f"{name} {count}\n" for name, count in counts.items())
