"""Ledgers of earlier versions: what stands in them is believed, and stays what it was.

The rows are as version 0.1 wrote them (schema 3), their seals included.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path

import pytest

from antrean_cli.errors import StateError
from antrean_cli.ledger import migrations
from antrean_cli.ledger.file import APPLICATION_ID
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.cached_lists import CachedList
from antrean_cli.rules.listings import Praktek
from antrean_cli.rules.outages import Outage, OutageKind
from tests.support.rows import words
from tests.support.site import MONDAY, WIB

SCHEMA = 3
BOOKINGS = (
    (
        *("2026/11/23/000001", "onsite", "2026-11-23", "2026/11/23/000001", "U01", "D01", "BPJ"),
        *("Belum", 1795395960000, 1, 0, "", 1226522739),
    ),
    (
        *("20261123000007", "mobilejkn", "2026-11-23", "", "", "", "", None, None, None, None),
        *("2026-11-23:0badcafe:12345678", 1387162320),
    ),
)
PUSHES = (
    (
        *("2026/11/23/000001", "3", "sent", 1795395900000, 1795395900000, "buka_poli", None),
        *(None, "200", 1, 0, "", None, "", 1795397460000),
    ),
    (
        *("2026/11/23/000001", "4", "due", 1795397400000, 1795397400000, "periksa_awal", None),
        *(None, "", 2, 0, "", 1795398000000, "", 1795397460000),
    ),
    (
        *("2026/11/23/000001", "5", "held", 1795396800000, None, "berkas_kembali", "waktu"),
        *("waktu task 5 (08:20:00) tidak sesudah task 4 (08:30:00)", "", 0, 0, "", None, ""),
        1795397460000,
    ),
    (
        *("2026/11/23/000001", "add", "sent", None, None, "", None),
        *(None, "200", 1, 0, "", None, "", 1795397460000),
    ),
    (
        *("20261123000007", "3", "already", None, None, "", None),
        *(None, "", 0, 1, "", None, "x", 1795399200000),
    ),
)
META = {
    "begin": '"2026-11-20"',
    "calls": '{"update done": 3, "add done": 1}',
    "checkpoint": '"2026-11-23"',
    "exit_code": "5",
    "faults_in_row": "2",
    "full_scan_at": "1795399140000",
    "looked_at": "1795399260000",
    "looks_adopt": '{"2026-11-23": [1795399260000, null, ["2026/11/23/000001"]]}',
    "looks_hfis": (
        '{"2026-11-23 INT": [1795399260000, 1795399260000, '
        '[["INT", "12345", "09:00-12:30", "30", false]]]}'
    ),
    "outage_bpjs": (
        '{"since": 1795398600000, "told_at": 1795398660000, "next_probe": 1795399500000, '
        '"failures": 3, "probed": "2026/11/23/000001"}'
    ),
    "passed_at": "1795399320000",
    "pruned_on": '"2026-11-23"',
    "seal": "4069168252",
    "succeeded_at": "1795395720000",
    "surat_kontrol_at": "1795399080000",
    "touched_at": "1795392000000",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a ledger of schema 3, as it was left by a pass."""
    path = tmp_path / "antrean.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        for statements in migrations.STEPS[:SCHEMA]:
            for statement in statements:
                assert isinstance(statement, str)
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {SCHEMA}")
        for table, rows in (("booking", BOOKINGS), ("push", PUSHES), ("meta", META.items())):
            for row in rows:
                marks = ", ".join("?" * len(row))
                connection.execute(f"INSERT INTO {table} VALUES ({marks})", row)
    return path


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with Ledger.open(path, WIB) as opened:
        yield opened


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"{MONDAY} {clock}").replace(tzinfo=WIB)


def test_its_seals_are_accepted(ledger: Ledger) -> None:
    assert ledger.examine() == len(BOOKINGS)


def test_its_bookings_are_read_by_the_names_of_their_columns(ledger: Ledger) -> None:
    found = ledger.of_days(MONDAY, MONDAY)
    desk, booked = found["2026/11/23/000001"], found["20261123000007"]
    assert (desk.kind, desk.no_rawat, desk.kd_poli) == ("onsite", "2026/11/23/000001", "U01")
    assert (desk.kd_dokter, desk.kd_pj, desk.done_fingerprint) == ("D01", "BPJ", "")
    assert desk.seen == ("Belum", at("08:06"), True, False)
    assert {step: push.state for step, push in desk.pushes.items()} == {
        "add": "sent",
        "3": "sent",
        "4": "due",
        "5": "held",
    }
    task = desk.pushes["4"]
    assert (task.recorded, task.waktu, task.source) == (at("08:30"), at("08:30"), "periksa_awal")
    assert (task.attempts, task.next_try, task.since) == (2, at("08:40"), at("08:31"))
    assert (desk.pushes["add"].code, desk.pushes["add"].attempts) == ("200", 1)
    assert desk.pushes["add"].sent_at == desk.pushes["add"].since
    assert (task.sent_at, booked.pushes["3"].sent_at) == (None, None), "nobody knows"
    reason = desk.pushes["5"].reason
    assert [step for step, push in desk.pushes.items() if push.reason or push.note] == ["5"]
    assert reason is not None
    assert reason.code == "waktu"
    assert words(reason) == "waktu task 5 (08:20:00) tidak sesudah task 4 (08:30:00)"
    assert (booked.kind, booked.seen, booked.done_fingerprint) == (
        "mobilejkn",
        None,
        "2026-11-23:0badcafe:12345678",
    )
    assert (booked.pushes["3"].needs_lookup, booked.pushes["3"].state) == (True, "already")
    assert (booked.pushes["3"].reason, words(booked.pushes["3"].note)) == (None, "x")


@pytest.mark.parametrize("table", ["booking", "push", "meta"])
def test_a_value_that_was_changed_in_it_is_not_believed(path: Path, table: str) -> None:
    change = {
        "booking": "UPDATE booking SET kd_poli = 'U02' WHERE kd_poli = 'U01'",
        "push": "UPDATE push SET waktu = waktu + 1 WHERE step = '4'",
        "meta": "UPDATE meta SET value = '1' WHERE name = 'faults_in_row'",
    }
    with closing(sqlite3.connect(path)) as connection, connection:
        assert connection.execute(change[table]).rowcount == 1

    def read() -> None:
        with Ledger.open(path, WIB) as ledger:
            ledger.examine()

    with pytest.raises(StateError, match="rusak"):
        read()


def test_what_passes_remembered_is_known_by_its_fields(ledger: Ledger) -> None:
    state = ledger.pass_state()
    assert (state.begin, state.checkpoint, state.pruned_on) == (
        date(2026, 11, 20),
        MONDAY,
        MONDAY,
    )
    assert (state.looked_at, state.full_scan_at) == (at("09:01"), at("08:59"))
    assert (state.surat_kontrol_at, state.touched_at) == (at("08:58"), at("07:00"))
    assert (state.passed_at, state.exit_code, state.succeeded_at) == (at("09:02"), 5, at("08:02"))
    assert (state.calls, state.faults_in_row) == ({"update done": 3, "add done": 1}, 2)
    outage = Outage(OutageKind.BPJS, at("08:50"), at("08:51"), at("09:05"), 3, "2026/11/23/000001")
    assert state.outages == {"bpjs": outage}
    assert state.antrean_lists == {
        MONDAY: CachedList(content=("2026/11/23/000001",), asked_at=at("09:01"))
    }
    session = Praktek("INT", "12345", "09:00-12:30", "30", False)
    assert state.jadwal_lists == {
        ("INT", MONDAY): CachedList(
            content=(session,), asked_at=at("09:01"), failing_since=at("09:01")
        )
    }


def test_it_is_given_a_key_of_its_own_which_stays(path: Path) -> None:
    with Ledger.open(path, WIB) as first:
        key = first.key
        assert first.pass_state().begin == date(2026, 11, 20)  # and the seal covers it
    with Ledger.open(path, WIB) as second:
        assert second.key == key
        assert len(key) == migrations.KEY_BYTES


def test_damage_of_what_passes_remembered_is_not_sealed_over_by_the_key(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE meta SET value = '1' WHERE name = 'faults_in_row'")
    with Ledger.open(path, WIB) as ledger, pytest.raises(StateError, match="rusak"):
        _ = ledger.key
