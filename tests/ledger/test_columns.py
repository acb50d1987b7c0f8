"""Rows of the ledger: every field of a booking and of its pushes has its column."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import fields
from pathlib import Path

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.causes import Cause
from antrean_cli.rules.codes import Kind, LeftAlive, State, Step
from antrean_cli.rules.patients import Owner, PatientNumbers
from antrean_cli.rules.push import Push, PushFault, Record, Refusal
from antrean_cli.rules.reasons import ReasonCode, because
from tests.support.rows import MONDAY, WIB, at, seen

NOW = at("10:00")
PUSH = Push(
    step=Step.TASK_3,
    state=State.HELD,
    recorded=at("08:05"),
    waktu=at("08:05:01"),
    source="buka_poli",
    reason=because(ReasonCode.NO_SHOW),
    code="201",
    attempts=2,
    needs_lookup=True,
    blocked_by=Step.ADD,
    next_try=at("10:20"),
    note=because(ReasonCode.TIME_CHANGED, waktu=at("08:06")),
    since=NOW,
    sent_at=at("09:40"),
)
FULL = Record(
    kodebooking="A-1",
    kind=Kind.NONJKN,
    tanggal=MONDAY,
    no_rawat="2026/11/23/000001",
    kd_poli="INT",
    kd_dokter="D01",
    kd_pj="UMU",
    seen=seen("Belum", at("08:06"), first=True, exact=False),
    owner=Owner(PatientNumbers("a", "b", "c"), "2026-11-23 08:05:00"),
    handed_on=True,
    compared=True,
    left_alive=LeftAlive.SEEN,
    done_fingerprint="f",
    pushes={Step.TASK_3: PUSH},
    refusals={"add": (Refusal("m", NOW), Refusal("n", NOW))},
    faults={
        "3": PushFault(2, NOW, Cause.NO_ENVELOPE, 502, own=True),
        "4": PushFault(1, NOW, Cause.CUT),
    },
)


def test_no_field_is_at_its_default_here() -> None:
    plain = Record(kodebooking="A-1", kind=Kind.NONJKN, tanggal=MONDAY)
    given = {"kodebooking", "kind", "tanggal"}
    for field in fields(Record):
        if field.name not in given:
            assert getattr(FULL, field.name) != getattr(plain, field.name), field.name
    bare = Push(step=Step.TASK_3, state=State.HELD)
    for field in fields(Push):
        if field.name not in {"step", "state"}:
            assert getattr(PUSH, field.name) != getattr(bare, field.name), field.name


def test_every_field_comes_back_as_it_went_in(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "antrean.sqlite3", WIB) as ledger:
        with ledger.transaction():
            ledger.save(None, FULL, NOW)
        assert ledger.record("A-1") == FULL
        (push,) = ledger.known(["A-1"], ())["A-1"].pushes.values()
    assert push.since == NOW


def test_what_is_looked_for_in_a_new_ledger_has_its_index(tmp_path: Path) -> None:
    path = tmp_path / "antrean.sqlite3"
    with Ledger.open(path, WIB):
        pass
    with closing(sqlite3.connect(path)) as connection:
        made = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
    assert {(kind, name) for kind, name, _ in made} == {
        ("table", "meta"),
        ("table", "booking"),
        ("table", "push"),
        ("table", "daily"),
        ("index", "booking_tanggal"),
        ("index", "booking_no_rawat"),
        ("index", "push_open"),
    }
    indexes = {name: sql.partition(" ON ")[2] for kind, name, sql in made if kind == "index"}
    assert indexes == {
        "booking_tanggal": "booking (tanggal)",
        "booking_no_rawat": "booking (no_rawat)",
        "push_open": "push (kodebooking) WHERE state IN ('held', 'due', 'sending') OR ask",
    }
