"""Watching without a server of our own: pings of a pass, and a file of metrics.

- Nothing in here changes a pass: not its exit code, and not its output.
- "A pass that delivers nothing still raises the alarm": where work is stuck, its success is not
  told.
- Counts, codes and times leave the hospital; no patient and no kode booking.
- Names and labels of metrics never change with the language.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import NamedTuple

from antrean_cli.config.settings import Settings
from antrean_cli.errors import AntreanError, StateError
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.operator.queue_admin import KINDS_OF_OUTAGE, Limits, Overview, overview, stuck
from antrean_cli.rules.chain import DUE
from antrean_cli.sync.run import Report

PING_SECONDS = 4.0  # for each: a pass that was stopped has to leave within five
# By the names of requests' and the system's errors, which are classes of one another.
_NO_PING = {
    "SSLError": "TLS tidak tersambung",
    "Timeout": "tidak dijawab",
    "TimeoutError": "tidak dijawab",
    "ConnectionError": "tidak dapat dihubungi",
}
# Type and help of each metric, in the order of the file.
METRICS = {
    "antrean_last_pass_timestamp_seconds": ("gauge", "When the last pass ended."),
    "antrean_last_success_timestamp_seconds": (
        "gauge",
        "When the last pass that did its work ended, 0 if none has.",
    ),
    "antrean_last_exit_code": ("gauge", "Exit code of the last pass."),
    "antrean_pass_seconds": ("gauge", "How long the last pass took."),
    "antrean_oldest_pending_seconds": (
        "gauge",
        "How long the oldest push has been waiting to be sent.",
    ),
    "antrean_pushes": (
        "gauge",
        "Pushes that are due, held or refused, by the code of their reason.",
    ),
    "antrean_outage": (
        "gauge",
        "Whether an outage is on: of BPJS, of Khanza, credentials refused, BPJS busy.",
    ),
    "antrean_calls_total": ("counter", "Calls of all passes to BPJS, by what came of them."),
}


@dataclass(kw_only=True, slots=True)
class Watch:
    """One pass as it is watched: entered when it begins, left when it has ended, told at the very
    end by `tell`.

    `unwritten` is why there are no metrics, `problems` are sentences about pings (Indonesian).
    """

    settings: Settings
    clock: Callable[[], datetime]
    unwritten: OSError | None = None
    problems: list[str] = field(default_factory=list)
    _began: float | None = None
    _exit_code: int = 1  # until the pass says otherwise
    _report: Report | None = None
    _stuck: bool = True  # until somebody has looked
    _found: Overview | None = None
    _calls: Mapping[str, int] = field(default_factory=dict)
    _start: Thread | None = None

    def __enter__(self) -> "Watch":
        self._began = time.monotonic()
        if self.settings.ping_url:
            self._start = self._ping("/start", None, PING_SECONDS)
        return self

    def look(self, ledger: Ledger, report: Report) -> None:
        """Note how the pass went, and what it leaves in the ledger if somebody wants to know."""
        self._report, self._exit_code = report, report.exit_code
        try:
            if self.settings.ping_url:
                self._stuck = stuck(ledger, Limits(), self.clock())
            if self.settings.metrics_file:
                self._calls = ledger.pass_state().calls
                self._found = overview(ledger, self.clock())
        except StateError:
            # The pass is over and keeps its exit code; what cannot be looked at is not told as a
            # success.
            self._stuck = True

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, AntreanError):
            self._exit_code = error.exit_code
        if self.settings.metrics_file:
            try:
                write(self.settings.metrics_file, metrics(self._ending()))
            except OSError as problem:
                self.unwritten = problem

    def tell(self) -> None:
        """Ping how the pass ended; after a success only if nothing is stuck."""
        if self._start is None:
            return
        deadline = time.monotonic() + PING_SECONDS
        self._start.join(PING_SECONDS)  # or the end would be heard before the start
        if self._exit_code == 0 and self._stuck:
            self.problems.append(
                "Ping berhasil tidak dikirim: ada yang macet; lihat: antrean status"
            )
            return
        left = deadline - time.monotonic()
        end = (
            self._ping(f"/{self._exit_code}", summary(self._exit_code, self._report), left)
            if left > 0
            else None
        )
        if end:
            end.join(left)
        if end is None or end.is_alive():
            self.problems.append(f"Ping tidak dijawab dalam {PING_SECONDS:.0f} detik")

    def _ping(self, path: str, body: str | None, seconds: float) -> Thread:
        # Looking up a name knows no deadline: a thread that does not come back is left behind.
        thread = Thread(target=self._send, args=(path, body, seconds), name="ping", daemon=True)
        thread.start()
        return thread

    def _send(self, path: str, body: str | None, seconds: float) -> None:
        from antrean_cli.bpjs.transport import (
            ping,  # requests costs 100 ms: only who pings pays them
        )

        try:
            status = ping(f"{self.settings.ping_url}{path}", body, seconds)
        except Exception as error:
            # Whatever the network does: a pass does not fail of it. Their texts would tell the
            # address.
            kinds = (kind.__name__ for kind in type(error).__mro__)
            why = next((_NO_PING[kind] for kind in kinds if kind in _NO_PING), "gangguan jaringan")
            self.problems.append(f"Ping {path} tidak sampai ({why})")
            return
        if not 200 <= status < 300:
            self.problems.append(f"Ping {path} dijawab HTTP {status}")

    def _ending(self) -> "Ending":
        return Ending(
            at=self.clock(),
            seconds=time.monotonic() - (self._began or 0.0),
            exit_code=self._exit_code,
            found=self._found,
            calls=self._calls,
        )


def summary(exit_code: int, report: Report | None) -> str:
    """Return a pass in counts, one a line."""
    counts = {"exit_code": exit_code}
    if report:
        counts |= {"visits": report.visits, "found": report.found, **report.counts}
        counts |= {"held": report.held, "later": report.later}
    return "".join(f"{name} {count}\n" for name, count in counts.items())


# -- metrics


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a pass ended, and what it leaves: `found` is None if the ledger cannot be read.

    `calls` counts the calls of all passes, by "call outcome".
    """

    at: datetime
    seconds: float
    exit_code: int
    found: Overview | None
    calls: Mapping[str, int]


class Sample(NamedTuple):
    """One value of a metric."""

    name: str
    value: float
    labels: Mapping[str, str]


def metrics(ending: Ending) -> str:
    """Return the text for node_exporter's textfile collector."""
    families: dict[str, list[Sample]] = {name: [] for name in METRICS}
    for sample in _samples(ending):
        families[sample.name].append(sample)
    lines = []
    for name, samples in families.items():
        kind, text = METRICS[name]
        lines += [f"# HELP {name} {text}", f"# TYPE {name} {kind}", *map(_line, samples)]
    return "\n".join(lines) + "\n"


def _line(sample: Sample) -> str:
    labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in sample.labels.items())
    value = f"{sample.value:.3f}" if isinstance(sample.value, float) else str(sample.value)
    return f"{sample.name}{{{labels}}} {value}" if labels else f"{sample.name} {value}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _samples(ending: Ending) -> Iterator[Sample]:
    yield Sample("antrean_last_pass_timestamp_seconds", ending.at.timestamp(), {})
    yield Sample("antrean_last_exit_code", ending.exit_code, {})
    yield Sample("antrean_pass_seconds", ending.seconds, {})
    if ending.found:
        yield from _held(ending.found)
    for key, count in sorted(ending.calls.items()):
        call, _, outcome = key.partition(" ")
        yield Sample("antrean_calls_total", count, {"call": call, "outcome": outcome})


def _held(found: Overview) -> Iterator[Sample]:
    """Yield what the ledger holds."""
    succeeded = found.succeeded_at.timestamp() if found.succeeded_at else 0
    yield Sample("antrean_last_success_timestamp_seconds", succeeded, {})
    yield Sample("antrean_oldest_pending_seconds", found.oldest_pending.total_seconds(), {})
    pushes = Counter({(DUE, ""): found.pending})
    for group in found.groups:
        pushes[group.state, group.code] += group.pushes
    for (state, reason), count in pushes.items():
        yield Sample("antrean_pushes", count, {"state": state, "reason": reason})
    on = {outage.kind for outage in found.outages if outage.told}
    for kind in KINDS_OF_OUTAGE:
        yield Sample("antrean_outage", int(kind in on), {"kind": kind})


def write(path: Path, text: str) -> None:
    """Replace a file as a whole, readable by everybody; raises OSError."""
    new = path.with_name(path.name + ".new")  # a collector reads no such name
    try:
        new.unlink(missing_ok=True)  # of a pass that was killed
        with os.fdopen(
            os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644), "w", encoding="utf-8"
        ) as file:
            os.fchmod(file.fileno(), 0o644)  # whatever the umask is
            file.write(text)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
