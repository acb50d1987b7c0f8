"""A day's sums as the ledger stores them: compressed JSON, reasons as they are stored elsewhere.

They stay when the bookings of the day are forgotten (ANTREAN_KEEP_DAYS), and tell of no booking.
"""

import json
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from antrean_cli.ledger.reasons import params_of, reason_from
from antrean_cli.rules.codes import Step
from antrean_cli.rules.journeys import RootCause
from antrean_cli.rules.reasons import Reason
from antrean_cli.rules.report import Cell, DaySums, Figures


def stored_sums(sums: DaySums) -> bytes:
    """Return the sums of a day as they are stored."""
    document = {
        "cells": [[*cell, *_stored_figures(figures)] for cell, figures in sums.cells.items()],
        "refusals": [[*_stored_reason(one), count] for one, count in sums.refusals.items()],
        "losses": [
            [str(cause.step), *_stored_reason(cause.reason), count, sums.bookings[cause]]
            for cause, count in sums.tasks.items()
        ],
    }
    return zlib.compress(json.dumps(document, separators=(",", ":")).encode())


def sums_from(stored: bytes, time: Callable[[int], datetime]) -> DaySums:
    """Return what `stored_sums` made; raises ValueError, KeyError or zlib.error for other bytes."""
    document = json.loads(zlib.decompress(stored))
    sums = DaySums()
    for *cell, facts, waits in document["cells"]:
        sums.cells[Cell(*cell)] = _figures(facts, waits)
    for code, params, count in document["refusals"]:
        sums.refusals[reason_from(code, params, time)] = count
    for step, code, params, tasks, bookings in document["losses"]:
        cause = RootCause(Step(step), reason_from(code, params, time) if code else None)
        sums.tasks[cause], sums.bookings[cause] = tasks, bookings
    return sums


def _stored_figures(figures: Figures) -> tuple[dict[str, int], dict[str, dict[int, int]]]:
    facts = {name: count for name, count in figures.facts.items() if count}
    waits = {f"{a}-{b}": dict(minutes) for (a, b), minutes in figures.waits.items() if minutes}
    return facts, waits


def _figures(facts: Mapping[str, int], waits: Mapping[str, Mapping[str, int]]) -> Figures:
    figures = Figures()
    figures.facts.update(facts)
    for pair, minutes in waits.items():
        begin, end = map(int, pair.split("-"))
        figures.waits[begin, end] = Counter({int(took): count for took, count in minutes.items()})
    return figures


def _stored_reason(reason: Reason | None) -> tuple[Any, str]:
    return (str(reason.code), params_of(reason)) if reason else (None, "")
