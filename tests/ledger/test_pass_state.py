"""What passes remember: it comes back as it was, and other versions find their own names for it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trials
from hypothesis import strategies as st

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.ledger.pass_state import PassState, state_of, stored
from antrean_cli.rules.alerts import Alert, AlertKind
from antrean_cli.rules.cached_lists import CachedList
from antrean_cli.rules.causes import Cause, Trouble, trouble
from antrean_cli.rules.listings import Praktek
from antrean_cli.rules.outages import Outage, OutageKind
from antrean_cli.rules.pace import Pace
from antrean_cli.rules.service_days import BrokenRow
from tests.support.site import MONDAY, WIB

NOW = datetime(2026, 11, 23, 14, tzinfo=WIB)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "antrean.sqlite3"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with Ledger.open(path, WIB) as opened:
        yield opened


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
times = st.integers(946_684_800_000, 4_102_444_799_999).map(
    lambda ms: datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=ms)
)
days = st.dates(date(2020, 1, 1), date(2040, 1, 1))
troubles = st.builds(
    Trouble,
    cause=st.sampled_from(Cause),
    about=texts,
    numbers=st.dictionaries(st.sampled_from(["galat", "status"]), st.integers(-9999, 9999)).map(
        lambda numbers: tuple(sorted(numbers.items()))
    ),
    said=st.just(""),  # what BPJS said is not kept
)
outages = st.builds(
    Outage,
    kind=st.sampled_from(OutageKind),
    since=times,
    told_at=times,
    next_probe=times,
    failures=st.integers(1, 99),
    probed=texts,
    why=st.none() | troubles,
    told=st.lists(st.tuples(texts, times), max_size=3, unique_by=lambda one: one[0]).map(tuple),
)
sessions = st.builds(
    Praktek,
    **{name: st.booleans() if name == "libur" else texts for name in Praktek._fields},
)


def lists(content: st.SearchStrategy[object]) -> st.SearchStrategy[CachedList]:
    return st.builds(
        CachedList, content=content, asked_at=st.none() | times, failing_since=st.none() | times
    )


states = st.builds(
    PassState,
    looked_at=st.none() | times,
    checkpoint=st.none() | days,
    begin=st.none() | days,
    full_scan_at=st.none() | times,
    surat_kontrol_at=st.none() | times,
    broken_rows=st.lists(st.builds(BrokenRow, texts, texts, texts), max_size=3).map(tuple),
    passed_at=st.none() | times,
    exit_code=st.none() | st.integers(0, 255),
    succeeded_at=st.none() | times,
    pruned_on=st.none() | days,
    lapsed_told_on=st.none() | days,
    lapsing_told_on=st.none() | days,
    seen_on_terminal=st.frozensets(texts, max_size=3),
    touched_at=st.none() | times,
    calls=st.dictionaries(texts, st.integers(1, 10**9), max_size=3),
    faults_in_row=st.integers(0, 9),
    faulted=st.lists(texts, max_size=3).map(tuple),
    answered_at=st.none() | times,
    judged_at=st.dictionaries(texts, times, max_size=3),
    pace=st.none()
    | st.builds(
        Pace,
        at=times,
        side_by_side=st.integers(1, 64),
        rate=st.none() | st.floats(0.5, 1000),
        refused_at=st.none() | times,
    ),
    outages=st.lists(outages, max_size=3).map(lambda many: {one.kind: one for one in many}),
    antrean_lists=st.dictionaries(
        days, lists(st.none() | st.lists(names, max_size=3).map(tuple)), max_size=3
    ),
    jadwal_lists=st.dictionaries(
        st.tuples(names, days), lists(st.lists(sessions, max_size=3).map(tuple)), max_size=3
    ),
)
fixtures_stay = trials(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)


def remember(ledger: Ledger, state: PassState) -> None:
    with ledger.transaction():
        ledger.update_pass_state(lambda _: state)


@fixtures_stay
@given(before=states, after=states)
def test_every_field_comes_back_as_it_was_whatever_stood_there_before(
    ledger: Ledger, before: PassState, after: PassState
) -> None:
    for state in (before, after):
        remember(ledger, state)
        assert ledger.pass_state() == state


def test_a_new_ledger_remembers_nothing(ledger: Ledger) -> None:
    assert ledger.pass_state() == PassState()


NAMES: dict[str, tuple[dict[str, Any], str]] = {
    "looked_at": ({"looked_at": NOW}, "1795417200000"),
    "checkpoint": ({"checkpoint": MONDAY}, '"2026-11-23"'),
    "begin": ({"begin": MONDAY}, '"2026-11-23"'),
    "full_scan_at": ({"full_scan_at": NOW}, "1795417200000"),
    "surat_kontrol_at": ({"surat_kontrol_at": NOW}, "1795417200000"),
    "broken_rows": (
        {"broken_rows": (BrokenRow("reg_periksa", "2026/99/23/000001", "tgl_registrasi"),)},
        '[["reg_periksa", "2026/99/23/000001", "tgl_registrasi"]]',
    ),
    "passed_at": ({"passed_at": NOW}, "1795417200000"),
    "exit_code": ({"exit_code": 0}, "0"),
    "succeeded_at": ({"succeeded_at": NOW}, "1795417200000"),
    "pruned_on": ({"pruned_on": MONDAY}, '"2026-11-23"'),
    "lapsed_told_on": ({"lapsed_told_on": MONDAY}, '"2026-11-23"'),
    "lapsing_told_on": ({"lapsing_told_on": MONDAY}, '"2026-11-23"'),
    "seen_on_terminal": ({"seen_on_terminal": frozenset(["bpjs"])}, '["bpjs"]'),
    "touched_at": ({"touched_at": NOW}, "1795417200000"),
    "calls": ({"calls": {"add done": 2}}, '{"add done": 2}'),
    "faults_in_row": ({"faults_in_row": 2}, "2"),
    "faulted": ({"faulted": ("A1",)}, '["A1"]'),
    "answered_at": ({"answered_at": NOW}, "1795417200000"),
    "judged_at": ({"judged_at": {"add": NOW}}, '{"add": 1795417200000}'),
    "pace": (
        {"pace": Pace(NOW, 7, 18.5, NOW)},
        '{"at": 1795417200000, "side_by_side": 7, "rate": 18.5, "refused_at": 1795417200000}',
    ),
    "outage_bpjs": (
        {"outages": {"bpjs": Outage(OutageKind.BPJS, NOW, NOW, NOW, 3, "A1")}},
        '{"since": 1795417200000, "told_at": 1795417200000, "next_probe": 1795417200000, '
        '"failures": 3, "probed": "A1"}',
    ),
    "outage_khanza": (
        {
            "outages": {
                "khanza": Outage(
                    OutageKind.KHANZA,
                    NOW,
                    NOW,
                    NOW,
                    why=trouble(Cause.KHANZA_GRANT, "jadwal", galat=1142),
                    told=(("khanza_grant jadwal", NOW),),
                )
            }
        },
        '{"since": 1795417200000, "told_at": 1795417200000, "next_probe": 1795417200000, '
        '"failures": 1, "probed": "", "cause": "khanza_grant", "about": "jadwal", '
        '"numbers": {"galat": 1142}, "told": {"khanza_grant jadwal": 1795417200000}}',
    ),
    "alerts": (
        {
            "alerts": (
                Alert(AlertKind.OVER, NOW, "Khanza pulih", NOW),
                Alert(AlertKind.LAPSE, NOW, "x"),
            )
        },
        '[["over", 1795417200000, "Khanza pulih", 1795417200000], '
        '["lapse", 1795417200000, "x", null]]',
    ),
    "digest_told_on": ({"digest_told_on": MONDAY}, '"2026-11-23"'),
    "looks_adopt": (
        {"antrean_lists": {MONDAY: CachedList(content=("A1",), asked_at=NOW)}},
        '{"2026-11-23": [1795417200000, null, ["A1"]]}',
    ),
    "looks_hfis": (
        {"jadwal_lists": {("INT", MONDAY): CachedList(content=(), failing_since=NOW)}},
        '{"2026-11-23 INT": [null, 1795417200000, []]}',
    ),
}


@pytest.mark.parametrize("name", NAMES)
def test_the_names_and_values_in_the_file_are_those_that_other_versions_know(name: str) -> None:
    given, text = NAMES[name]
    assert stored(PassState(**given)) == {"faults_in_row": "0"} | {name: text}
    assert state_of({name: text}, WIB) == PassState(**given)


def test_a_cause_that_only_a_newer_version_knows_is_none() -> None:
    given, text = NAMES["outage_khanza"]
    newer = state_of({"outage_khanza": text.replace('"khanza_grant"', '"esok"')}, WIB)
    (outage,) = given["outages"].values()
    assert newer.outages == {"khanza": outage._replace(why=None)}


def test_no_field_is_forgotten_here() -> None:
    """Whoever adds a field has to say here how the file calls it."""
    said = {name for given, _ in NAMES.values() for name in given}
    assert said == set(PassState._fields)


def rows(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as connection:
        return dict(connection.execute("SELECT name, value FROM meta").fetchall())


def test_only_what_differs_is_written_and_a_name_of_another_version_stays(
    ledger: Ledger, path: Path
) -> None:
    remember(ledger, PassState(begin=MONDAY, faults_in_row=2))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO meta (name, value) VALUES ('esok', '{}')")
        connection.execute("DELETE FROM meta WHERE name = 'seal'")
    with ledger.transaction():
        ledger.update_pass_state(lambda state: state._replace(begin=None, faults_in_row=0))
    left = rows(path)
    assert left.pop("seal")
    assert left.pop("key")
    assert left == {"esok": "{}", "faults_in_row": "0"}
    ledger.pass_state()  # and the seal covers it


def test_what_a_command_by_hand_changed_meanwhile_is_not_overwritten(
    ledger: Ledger, path: Path
) -> None:
    remember(ledger, PassState(full_scan_at=NOW, begin=MONDAY))
    with Ledger.open(path, WIB) as desk, desk.transaction():
        desk.update_pass_state(lambda state: state._replace(full_scan_at=None))
    with ledger.transaction():
        ledger.update_pass_state(lambda state: state._replace(checkpoint=MONDAY))
    assert ledger.pass_state() == PassState(begin=MONDAY, checkpoint=MONDAY)
