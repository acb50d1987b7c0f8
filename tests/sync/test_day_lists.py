"""BPJS's lists of the days: which are asked for, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from antrean_cli.bpjs.client import Client
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.cached_lists import CachedList, oldest_kept
from antrean_cli.rules.push import Record
from antrean_cli.simulator.faults import Fault
from antrean_cli.sync.day_lists import DayLists, ask_for_lists, note_shown
from antrean_cli.sync.list_reader import ListReader
from tests.support.rows import MONDAY, NO_RAWAT, TUESDAY, WIB, antrean, at, push, record, states
from tests.support.site import Site

NOW = at("10:00")
LIST = f"/antrean/pendaftaran/tanggal/{MONDAY}"
WAITING = record(push("add", "due"), kodebooking="A-1")


@contextmanager
def reader(site: Site, seconds: float = 30) -> Iterator[ListReader]:
    """Return who asks the stand-in."""
    client = Client(site.settings().bpjs, connections=1)
    yield ListReader(client=lambda: client, until=time.monotonic() + seconds)


def asked_for(site: Site, known: CachedList | None, *records: Record) -> DayLists:
    with reader(site) as asking:
        return ask_for_lists(asking, {MONDAY: known} if known else {}, records, NOW)


def test_what_is_older_than_bpjs_takes_anything_is_forgotten() -> None:
    oldest = oldest_kept(NOW)
    known = {oldest: CachedList(content=()), oldest - timedelta(days=1): CachedList(content=())}
    found = ask_for_lists(None, known, [], NOW)
    assert found == DayLists({oldest: CachedList(content=())}, {}, False, None, None)


def test_without_somebody_to_ask_nothing_is_known_of_a_day() -> None:
    found = ask_for_lists(None, {}, [WAITING], NOW)
    assert (found.known, found.rows, found.may_ask) == ({MONDAY: CachedList(content=())}, {}, False)


def test_a_list_that_comes_covers_the_adds_that_it_was_asked_for(site: Site) -> None:
    found = asked_for(site, None, WAITING, record(push("add", "due"), kodebooking="A-2"))
    assert found.known == {MONDAY: CachedList(content=("A-1", "A-2"), asked_at=NOW)}
    assert (found.rows, found.may_ask, found.failed, found.refused) == (
        {MONDAY: []},
        True,
        None,
        None,
    )


@pytest.mark.parametrize(("minutes", "asked"), [(0, False), (9, False), (10, True), (11, True)])
def test_a_list_is_asked_for_once_in_ten_minutes(site: Site, minutes: int, asked: bool) -> None:
    before = CachedList(content=("A-0",), asked_at=NOW - timedelta(minutes=minutes))
    found = asked_for(site, before, WAITING)
    assert (found.known[MONDAY] != before) is asked
    assert (MONDAY in found.rows) is asked


@pytest.mark.parametrize("refused", [False, True])
def test_a_list_that_does_not_come_leaves_what_was_known(site: Site, refused: bool) -> None:
    if refused:
        site.env["BPJS_SECRET_KEY"] = "salah"
    else:
        site.bpjs.faults.add(Fault("http_500", path=LIST, times=None))
    found = asked_for(site, CachedList(content=("A-0",)), WAITING)
    assert found.known[MONDAY] == CachedList(content=("A-0",), asked_at=NOW, failing_since=NOW)
    assert found.rows == {}
    assert found.failed is not None
    assert (found.refused is not None) is refused


def test_somebody_waits_in_vain_only_for_a_list_that_does_not_come() -> None:
    lists = {MONDAY: CachedList(content=(), failing_since=NOW), TUESDAY: CachedList(content=())}
    found = DayLists(lists, {}, True, None, None)
    assert found.overdue([WAITING])
    assert not found.overdue([record(push("add", "due"), tanggal=TUESDAY)])
    assert not found.overdue([record(push("add", "due"), tanggal=TUESDAY + timedelta(days=1))])
    assert not found.overdue([])


def test_without_time_for_it_nobody_is_asked(site: Site) -> None:
    with reader(site, seconds=0) as asking:
        found = ask_for_lists(asking, {}, [WAITING], NOW)
    assert found.known[MONDAY] == CachedList(content=(), failing_since=NOW)
    assert not site.bpjs.arrived


def test_what_is_left_alive_is_noted_once_bpjs_says_what_became_of_it(tmp_path: Path) -> None:
    alive = record(push("add", "sent"), push("3", "held", "08:05"), left_alive="told")
    with Ledger.open(tmp_path / "antrean.sqlite3", WIB) as ledger, ledger.transaction():
        ledger.save(None, alive, NOW)
        assert note_shown(ledger, {TUESDAY: [antrean(NO_RAWAT)]}, NOW) == []
        assert note_shown(ledger, {MONDAY: [antrean(NO_RAWAT)]}, NOW) == []
        changes = note_shown(ledger, {MONDAY: [antrean(NO_RAWAT, status="Batal")]}, NOW)
        stored = ledger.record(NO_RAWAT)
    assert [str(one.push.step) for one in changes] == ["3", "99"]
    assert stored is not None
    assert states(stored) == {"add": "sent", "3": "closed", "99": "already"}
