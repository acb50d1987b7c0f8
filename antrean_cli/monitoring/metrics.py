"""Metrics of passes, as a file for node_exporter's textfile collector.

- Counts, codes and times only; no patient and no kode booking.
- Names and labels never change with the language.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from antrean_cli.local_files import replace
from antrean_cli.operator.overview import KINDS_OF_OUTAGE, Overview
from antrean_cli.rules.codes import State

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
    "antrean_oldest_held_seconds": (
        "gauge",
        "How long the oldest push is held that waits for a person.",
    ),
    "antrean_lapsing_pushes": (
        "gauge",
        "Pushes held for a person that BPJS takes for two more days at most.",
    ),
    "antrean_outage": (
        "gauge",
        "Whether an outage is on: of BPJS, of some of its calls, of Khanza, credentials refused, …",
    ),
    "antrean_outage_cause": ("gauge", "The cause of each outage that is on."),
    "antrean_calls_side_by_side": (
        "gauge",
        "How many calls the last pass that sent something could have under way.",
    ),
    "antrean_calls_per_second_limit": (
        "gauge",
        "How many calls a second BPJS lets through; no sample where nothing bounds them.",
    ),
    "antrean_calls_total": ("counter", "Calls of all passes to BPJS, by what came of them."),
}


@dataclass(frozen=True, kw_only=True)
class PassEnd:
    """How a pass ended, and what it leaves.

    `at` is aware, `overview` is None if the ledger cannot be read, `calls` counts the calls of all
    passes so far by "call outcome". `site` is one of several on this computer, else empty.
    """

    at: datetime
    seconds: float
    exit_code: int
    overview: Overview | None
    calls: Mapping[str, int]
    site: str = ""


class Sample(NamedTuple):
    """One value of a metric."""

    name: str
    value: float
    labels: Mapping[str, str]


def metrics_text(end: PassEnd) -> str:
    """Return the text for node_exporter's textfile collector; each sample has the site, if any."""
    site = {"site": end.site} if end.site else {}
    families: dict[str, list[Sample]] = {name: [] for name in METRICS}
    for sample in _samples(end):
        families[sample.name].append(sample._replace(labels={**site, **sample.labels}))
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


def _samples(end: PassEnd) -> Iterator[Sample]:
    yield Sample("antrean_last_pass_timestamp_seconds", end.at.timestamp(), {})
    yield Sample("antrean_last_exit_code", end.exit_code, {})
    yield Sample("antrean_pass_seconds", end.seconds, {})
    if end.overview:
        yield from _ledger_samples(end.overview)
    for key, count in sorted(end.calls.items()):
        call, _, outcome = key.partition(" ")
        yield Sample("antrean_calls_total", count, {"call": call, "outcome": outcome})


def _ledger_samples(found: Overview) -> Iterator[Sample]:
    """Yield what the ledger holds."""
    succeeded = found.succeeded_at.timestamp() if found.succeeded_at else 0
    yield Sample("antrean_last_success_timestamp_seconds", succeeded, {})
    yield Sample("antrean_oldest_pending_seconds", found.oldest_pending.total_seconds(), {})
    pushes = Counter[tuple[str, str]]({(State.DUE, ""): found.pending})
    for one in found.reasons:
        pushes[one.state, one.reason.code.family] += one.pushes
    for (state, reason), count in pushes.items():
        yield Sample("antrean_pushes", count, {"state": state, "reason": reason})
    yield Sample("antrean_oldest_held_seconds", found.oldest_held.total_seconds(), {})
    yield Sample("antrean_lapsing_pushes", sum(found.lapsing.values()), {})
    if found.pace:
        yield Sample("antrean_calls_side_by_side", found.pace.side_by_side, {})
        if found.pace.rate:
            yield Sample("antrean_calls_per_second_limit", found.pace.rate, {})
    on = {outage.kind: outage for outage in found.outages if outage.announced}
    for kind in KINDS_OF_OUTAGE:
        yield Sample("antrean_outage", int(kind in on), {"kind": kind})
    for outage in on.values():
        cause = outage.why.cause if outage.why else ""
        yield Sample("antrean_outage_cause", 1, {"kind": outage.kind, "cause": cause})


def write_metrics(path: Path, text: str) -> None:
    """Replace a file as a whole, readable by everybody; raises OSError."""
    replace(path, text, mode=0o644)  # beside it, under a name that no collector reads
