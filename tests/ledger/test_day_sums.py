"""What the report needs of bookings that are forgotten: kept by day, and telling of no booking."""

from __future__ import annotations

import sqlite3
import zlib
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from antrean_cli.errors import StateError
from antrean_cli.ledger.day_sums import stored_sums, sums_from
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.push import Push, Record
from antrean_cli.rules.reasons import ReasonCode, because
from antrean_cli.rules.report import DaySums, Figures, Report, report_of, sums_of
from tests.support.rows import at, push, record
from tests.support.site import MONDAY, WIB

TUESDAY = MONDAY + timedelta(days=1)
LATER = MONDAY + timedelta(days=100)


def visit(number: int, *pushes: Push, **changed: str) -> Record:
    no_rawat = f"2026/11/23/{number:06}"
    return record(*pushes, kodebooking=no_rawat, no_rawat=no_rawat, **changed)


VISITS = [
    visit(
        1, push("add", "sent"), *(push(t, "sent", w) for t, w in (("3", "08:00"), ("4", "08:20")))
    ),
    visit(2, push("add", "sent"), push("3", "sent", "09:00"), push("4", "already", "09:00:01")),
    visit(3, push("add", "sent"), push("99", "sent", "10:00"), kd_poli="ANA", kd_dokter="D02"),
    visit(
        4,
        push("add", "refused", reason=because(ReasonCode.REFUSED, text="Rujukan, dan \u2028 lain")),
        kind="nonjkn",
    ),
    visit(
        5,
        push(
            "add",
            "closed",
            reason=because(
                ReasonCode.EXPIRED, why=because(ReasonCode.DOCTOR_UNMAPPED, kd_dokter="D9")
            ),
        ),
    ),
]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "antrean.sqlite3"


def written(state: Path) -> None:
    with Ledger.open(state, WIB) as ledger, ledger.transaction():
        for one in VISITS:
            ledger.save(None, one, at("12:00"))


def report(ledger: Ledger) -> Report:
    days = sums_of(ledger.journeys(MONDAY, MONDAY), TUESDAY, WIB)
    for day, sums in ledger.day_sums(MONDAY, MONDAY).items():
        days.setdefault(day, DaySums()).add(sums)
    return report_of(MONDAY, MONDAY, days, None)


def figures(found: Figures) -> tuple[object, ...]:
    return {name: count for name, count in found.facts.items() if count}, found.waits


def told(found: Report) -> object:
    groups = {by: {v: figures(f) for v, f in of.items()} for by, of in found.groups.items()}
    return figures(found.total), groups, sorted(map(repr, found.refusals)), found.losses


@pytest.mark.parametrize("most", [1, 2, 100])
def test_a_report_is_the_same_once_its_bookings_are_forgotten(state: Path, most: int) -> None:
    """However few are forgotten at a time."""
    written(state)
    with Ledger.open(state, WIB) as ledger:
        before = told(report(ledger))
        while True:
            with ledger.transaction():
                if not ledger.prune(LATER, most):
                    break
            assert told(report(ledger)) == before
        assert ledger.of_days(MONDAY, MONDAY) == {}
        assert told(report(ledger)) == before


def test_no_booking_is_told_of_by_what_is_kept(state: Path) -> None:
    written(state)
    with Ledger.open(state, WIB) as ledger, ledger.transaction():
        ledger.prune(LATER, 100)
    with closing(sqlite3.connect(state)) as connection:
        ((tanggal, stored),) = connection.execute("SELECT tanggal, sums FROM daily").fetchall()
    text = zlib.decompress(stored).decode()
    assert tanggal == "2026-11-23"
    assert "2026/" not in text
    assert len(stored) < 1000


def test_what_is_stored_comes_back_as_it_was() -> None:
    sums = DaySums()
    sums.refusals[because(ReasonCode.REFUSED, text='"é\x7f')] = 3
    again = sums_from(stored_sums(sums), lambda _: at("08:00"))
    assert (again.cells, again.refusals, again.tasks) == ({}, sums.refusals, {})


@pytest.mark.parametrize(
    "stored", [b"", b"x", zlib.compress(b"{}"), zlib.compress(b"[]"), zlib.compress(b"\xff")]
)
def test_damaged_sums_are_damage(state: Path, stored: bytes) -> None:
    Ledger.open(state, WIB).__exit__(None, None, None)
    with closing(sqlite3.connect(state)) as connection:
        connection.execute("INSERT INTO daily VALUES ('2026-11-23', ?)", (stored,))
        connection.commit()
    with Ledger.open(state, WIB) as ledger, pytest.raises(StateError):
        ledger.day_sums(MONDAY, MONDAY)
