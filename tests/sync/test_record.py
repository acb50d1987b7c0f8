"""What a look at Khanza leaves in the ledger: plans, and what passes remember of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.booking_plans import Plan
from antrean_cli.rules.cached_lists import CachedList
from antrean_cli.rules.codes import LeftAlive
from antrean_cli.rules.occasion import Occasion
from antrean_cli.rules.push import MANUAL, Record
from antrean_cli.rules.service_days import BrokenRow
from antrean_cli.sync.day_lists import DayLists
from antrean_cli.sync.read import Agenda, Reading, Span
from antrean_cli.sync.record import record as recorded
from tests.support.rows import MONDAY, NO_RAWAT, WIB, at, onsite, policy, push, record, states

NOW, EARLIER = at("10:00"), at("09:30")
ONE, TWO = BrokenRow("reg_periksa", "1", "tgl"), BrokenRow("reg_periksa", "2", "tgl")
BEGIN = MONDAY - timedelta(days=3)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "antrean.sqlite3", WIB) as opened:
        yield opened


def reading(
    ledger: Ledger, *, full: bool = False, writes: int | None = None, **changed: Any
) -> Any:
    """Return a look at Khanza on Monday at ten."""
    if writes is None:
        with ledger.transaction():
            writes = ledger.writes_of_others()
    occasion = Occasion(policy(), NOW, MONDAY, True, frozenset(), ledger.key)
    default = Reading(
        occasion=occasion,
        span=Span(first=MONDAY, today=MONDAY, begin=BEGIN, full=full),
        visits=[onsite()],
        broken=(),
        sessions={},
        agenda=Agenda([onsite()], {}, writes, ledger.key),
        surat_kontrol=None,
        surat_kontrol_asked=False,
    )
    return default._replace(**changed)


def remember(ledger: Ledger, **known: Any) -> None:
    with ledger.transaction():
        ledger.update_pass_state(lambda state: state._replace(**known))


def saved(ledger: Ledger, *records: Record) -> None:
    with ledger.transaction():
        for one in records:
            ledger.save(None, one, NOW)


# -- what passes remember


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("asked", [False, True])
def test_when_what_was_read_is_remembered(ledger: Ledger, full: bool, asked: bool) -> None:
    remember(ledger, full_scan_at=EARLIER, surat_kontrol_at=EARLIER)
    recorded(ledger, reading(ledger, full=full, surat_kontrol_asked=asked), [])
    state = ledger.pass_state()
    assert (state.looked_at, state.checkpoint, state.begin) == (NOW, MONDAY, BEGIN)
    assert state.full_scan_at == (NOW if full else EARLIER)
    assert state.surat_kontrol_at == (NOW if asked else EARLIER)


def test_the_lists_that_were_asked_for_are_remembered(ledger: Ledger) -> None:
    before = {MONDAY: CachedList(content=("A",), asked_at=EARLIER)}
    remember(ledger, antrean_lists=before)
    recorded(ledger, reading(ledger), [])
    assert ledger.pass_state().antrean_lists == before
    after = {MONDAY: CachedList(content=("B",), asked_at=NOW)}
    recorded(ledger, reading(ledger), [], DayLists(after, {}, True, None, None))
    assert ledger.pass_state().antrean_lists == after


@pytest.mark.parametrize(("full", "left"), [(False, (ONE, TWO)), (True, (TWO,))])
def test_of_a_broken_row_people_are_told_once(
    ledger: Ledger, full: bool, left: tuple[BrokenRow, ...]
) -> None:
    first = recorded(ledger, reading(ledger, broken=[ONE]), [])
    assert first.broken == (ONE,)
    second = recorded(
        ledger, reading(ledger, full=full, broken=[TWO, ONE] if not full else [TWO]), []
    )
    assert second.broken == (TWO,)
    assert ledger.pass_state().broken_rows == left


# -- plans


def test_what_was_planned_is_written_and_what_did_not_change_is_not(ledger: Ledger) -> None:
    same = record(push("3", "sent", "08:05"), kodebooking="SAMA")
    saved(ledger, same)
    new = record(push("add", "due"))
    done = recorded(ledger, reading(ledger), [Plan(None, new, onsite()), Plan(same, same, None)])
    assert [(one.record.kodebooking, str(one.push.step)) for one in done.changes] == [
        (NO_RAWAT, "add")
    ]
    assert ledger.record(NO_RAWAT) == new


def test_what_somebody_wrote_meanwhile_is_planned_once_more(ledger: Ledger) -> None:
    saved(ledger, record(push("add", "sent")))
    stale = [Plan(None, record(push("add", "due")), onsite())]
    done = recorded(ledger, reading(ledger, writes=-1), stale)
    (plan,) = done.plans
    assert plan.before == record(push("add", "sent"))
    stored = ledger.record(NO_RAWAT)
    assert stored is not None
    assert states(stored) == {"add": "sent", "3": "due"}


def test_a_booking_that_goes_on_under_another_code_is_moved(ledger: Ledger) -> None:
    typed = push("1", "sent", None, waktu=at("07:50"), source=MANUAL)
    by_hand = record(typed, kodebooking="KIOS", kind="manual", no_rawat="")
    before = record(push("add", "due"), push("4", "held", "08:30"))
    saved(ledger, by_hand, before)
    after = replace(
        record(push("add", "already"), push("3", "due", "08:05"), typed), kodebooking="KIOS"
    )
    done = recorded(ledger, reading(ledger), [Plan(before, after, onsite(), given_up=NO_RAWAT)])
    assert ledger.record(NO_RAWAT) is None
    assert ledger.record("KIOS") == after
    assert [(str(one.push.step), one.after is None) for one in done.changes] == [
        ("add", False),
        ("3", False),
        ("4", True),
    ]


def test_people_are_told_of_what_is_left_alive(ledger: Ledger) -> None:
    before = record(push("add", "sent"), left_alive=LeftAlive.SEEN)
    saved(ledger, before)
    after = replace(before, left_alive=LeftAlive.TOLD)
    done = recorded(ledger, reading(ledger), [Plan(before, after, None)])
    assert done.left_alive == (after,)
    assert done.changes == ()
