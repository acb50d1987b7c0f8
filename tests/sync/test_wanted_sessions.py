"""Which of HFIS's lists a pass wants, and what it keeps of them; what comes of them: test_hfis."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.cached_lists import CachedList, oldest_kept
from antrean_cli.rules.listings import Praktek
from antrean_cli.rules.push import Record
from antrean_cli.rules.sessions import ClinicDay
from antrean_cli.rules.visits import Visit
from antrean_cli.sync.hfis import read_sessions, wanted_sessions
from antrean_cli.sync.list_reader import ListReader
from antrean_cli.sync.read import Agenda
from tests.support.rows import (
    KEY,
    MONDAY,
    WIB,
    at,
    mobilejkn,
    onsite,
    policy,
    push,
    record,
)

NOW = at("10:00")
OTHER = "2026/11/23/000002"
INT = ("INT", MONDAY)
OLDEST = ("INT", oldest_kept(NOW))
HELD = (Praktek("12345", "CONTOH SATU", "09:00-12:30", "40", libur=False),)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "antrean.sqlite3", WIB) as opened:
        yield opened


def wanted(*visits: Visit, known: tuple[Record, ...] = ()) -> dict[ClinicDay, datetime | None]:
    agenda = Agenda(visits, {one.kodebooking: one for one in known}, 0, KEY)
    return dict(wanted_sessions(agenda, policy()))


REFUSED = push("add", "due", code="201", since=at("09:00"))


@pytest.mark.parametrize(
    ("visit", "known", "expected"),
    [
        (onsite(), None, {INT: None}),
        (onsite(), record(push("add", "sent")), {}),  # nothing lacks its hours
        (onsite(slot=None), record(push("add", "sent")), {INT: None}),
        (mobilejkn(), None, {}),
        (onsite(reg={"kd_poli_bpjs": None}, sep=None), None, {}),  # of no clinic of BPJS's
        (onsite(reg={"kd_poli": "IGD", "kd_poli_bpjs": "IGD"}, sep=None), None, {}),  # no part
        (onsite(), record(REFUSED), {INT: at("09:00")}),
        (onsite(), record(push("add", "due", code="500", since=at("09:00"))), {INT: None}),
        (onsite(), record(push("add", "refused", code="201", since=at("09:00"))), {INT: None}),
    ],
)
def test_whose_sessions_are_wanted_and_since_when(
    visit: Visit, known: Record | None, expected: dict[ClinicDay, datetime | None]
) -> None:
    assert wanted(visit, known=(known,) if known else ()) == expected


def test_of_two_visits_at_one_clinic_the_later_refusal_counts() -> None:
    second = onsite(reg={"no_rawat": OTHER})
    later = record(
        push("add", "due", code="201", since=at("09:30")), kodebooking=OTHER, no_rawat=OTHER
    )
    both = (record(REFUSED), later)
    assert wanted(onsite(), second, known=both) == {INT: at("09:30")}
    assert wanted(second, onsite(), known=both) == {INT: at("09:30")}
    assert wanted(onsite(), second, known=both[:1]) == {INT: at("09:00")}


def keep(ledger: Ledger, lists: dict[ClinicDay, CachedList]) -> None:
    with ledger.transaction():
        ledger.update_pass_state(lambda state: state._replace(jadwal_lists=lists))


def test_without_somebody_to_ask_what_was_read_counts(ledger: Ledger) -> None:
    too_old = ("INT", OLDEST[1] - timedelta(days=1))
    keep(ledger, {key: CachedList(content=HELD, asked_at=NOW) for key in (INT, OLDEST, too_old)})
    found = read_sessions(None, ledger, {("ANA", MONDAY): None}, NOW)
    assert found == {INT: HELD, OLDEST: HELD}
    assert set(ledger.pass_state().jadwal_lists) == {INT, OLDEST}
    before = ledger.writes_of_others()
    read_sessions(None, ledger, {}, NOW)
    assert ledger.writes_of_others() == before


def never(until: float = 0) -> ListReader:
    """Return who has no time to ask: of what would be asked it notes that it did not come."""

    def client() -> object:
        raise AssertionError("nobody is asked")

    return ListReader(client=client, until=until)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "since", "asked"),
    [
        (None, None, True),
        (CachedList(content=HELD, asked_at=at("08:00")), None, False),  # lasts for the day
        (CachedList(content=(), asked_at=at("09:49")), None, True),
        (CachedList(content=(), asked_at=at("09:55")), None, False),  # empty: ten minutes
        (CachedList(content=HELD, asked_at=at("09:49"), failing_since=at("09:49")), None, True),
        (CachedList(content=HELD, asked_at=at("09:55"), failing_since=at("09:49")), None, False),
        (CachedList(content=HELD, asked_at=at("08:59")), at("09:00"), True),  # refused since
        (CachedList(content=HELD, asked_at=at("09:00")), at("09:00"), False),
        (CachedList(content=HELD, asked_at=at("09:30")), at("09:00"), False),
        (CachedList(content=HELD, asked_at=at("09:59")), at("10:00"), True),
        (CachedList(content=HELD, asked_at=at("09:59")), at("10:01"), False),  # by another clock
        (CachedList(content=HELD), at("09:00"), False),
    ],
)
def test_when_a_clinics_day_is_read(
    ledger: Ledger, one: CachedList | None, since: datetime | None, asked: bool
) -> None:
    if one:
        keep(ledger, {INT: one})
    read_sessions(never(), ledger, {INT: since}, NOW)
    found = ledger.pass_state().jadwal_lists.get(INT, CachedList(content=()))
    before = one or CachedList(content=())
    assert found == (
        before._replace(failing_since=before.failing_since or NOW) if asked else before
    )
