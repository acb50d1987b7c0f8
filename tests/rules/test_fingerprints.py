"""The mark of a visit: all that the rules are handed counts; it is made with the ledger's key."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from antrean_cli.rules.fingerprints import policy_fingerprint, visit_fingerprint
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.rows import (
    Berkas,
    Booking,
    Cancel,
    DoctorMapping,
    Exam,
    PoliMapping,
    Registration,
    Resep,
    Sep,
    Slot,
    Ticket,
)
from antrean_cli.rules.visits import Visit
from tests.support.rows import (
    BERKAS,
    KEY,
    MONDAY,
    TUESDAY,
    berkas,
    booking,
    cancel,
    exam,
    mobilejkn,
    nonjkn,
    on,
    onsite,
    policy,
    registration,
    resep,
    sep,
    slot,
    surat,
    ticket,
)

# Every field of every table, as a person has decided about it: whoever adds one has to say here
# whether it is left out, or something that the rules, or a body, may go by (covered).
COVERED: Mapping[type, str] = {
    Visit: "kodebooking kind tanggal registration booking cancel berkas exams reseps tickets sep "
    "slot hfis_slot named_clinic named_doctor kd_poli_rs names_another "
    "cancelled_alone left_by",
    Registration: "no_rawat no_reg tgl_registrasi jam_reg kd_dokter kd_poli stts stts_daftar "
    "status_lanjut kd_pj status_bayar norm nik nohp nomorkartu nm_poli nm_dokter kd_poli_bpjs "
    "nm_poli_bpjs kd_dokter_bpjs nm_dokter_bpjs",
    Booking: "nobooking no_rawat norm nik nohp nomorkartu kodepoli pasienbaru tanggalperiksa "
    "kodedokter jampraktek jeniskunjungan nomorreferensi nomorantrean angkaantrean "
    "estimasidilayani sisakuotajkn kuotajkn sisakuotanonjkn kuotanonjkn status validasi",
    Cancel: "nobooking no_rawat statuskirim tanggalperiksa kodepoli",
    Berkas: "no_rawat dikirim diterima kembali ranap",
    Exam: "no_rawat waktu nip",
    Resep: "no_rawat no_resep dibuat divalidasi diserahkan racikan",
    Sep: "no_rawat no_sep no_rujukan noskdp asal_rujukan tujuankunjungan flagprosedur penunjang "
    "asesmenpelayanan kodepoli kodedokter internal nomorkartu nohp",
    Slot: "kd_dokter hari_kerja jam_mulai jam_selesai kd_poli kuota",
    PoliMapping: "kd_poli_rs kd_poli_bpjs nm_poli_bpjs nm_poli",
    DoctorMapping: "kd_dokter kd_dokter_bpjs nm_dokter_bpjs nm_dokter",
    Ticket: "no_rawat nomor dicetak dipanggil norm",
}
NOT_COVERED: Mapping[type, str] = {
    Visit: "surat_kontrol surat_asked",
    Registration: "nama",
    Cancel: "keterangan",
}
ROWS: Mapping[type, Any] = {
    Registration: registration(),
    Booking: booking(),
    Cancel: cancel(),
    Berkas: berkas(on("08:10")),
    Exam: exam(on("08:30")),
    Resep: resep(dibuat=on("09:00")),
    Sep: sep(),
    Slot: slot(),
    PoliMapping: PoliMapping("ANA", "ANA"),
    DoctorMapping: DoctorMapping("D02", "23456"),
    Ticket: ticket(on("07:50"), on("07:55")),
}
# In which field of a visit a row stands; a doctor's session stands in two.
PLACES = {
    "registration": Registration,
    "booking": Booking,
    "cancel": Cancel,
    "berkas": Berkas,
    "exams": Exam,
    "reseps": Resep,
    "tickets": Ticket,
    "sep": Sep,
    "slot": Slot,
    "hfis_slot": Slot,
    "named_clinic": PoliMapping,
    "named_doctor": DoctorMapping,
}
OTHER_FIELDS: Mapping[str, Any] = {
    "kodebooking": "A2",
    "kind": "nonjkn",
    "tanggal": TUESDAY,
    "kd_poli_rs": frozenset({"INT"}),
    "names_another": True,
    "cancelled_alone": True,
    "left_by": "20261123000001",
    "surat_kontrol": surat(),
    "surat_asked": True,
}


def names_of(table: type) -> list[str]:
    """Return the names of a table's fields."""
    named_tuple: tuple[str, ...] = getattr(table, "_fields", ())
    return list(named_tuple) or [one.name for one in fields(table)]


def mark(visit: Visit, day: date = MONDAY, **chosen: Any) -> str:
    """Return the mark of a visit on a day."""
    return visit_fingerprint(visit, policy_fingerprint(policy(**chosen), day), KEY)


def with_row(place: str, row: object) -> Visit:
    """Return a visit with a row in one of its fields."""
    value: Any = (row,) if place in ("exams", "reseps", "tickets") else row
    return replace(onsite(), **{place: value})


def changed(place: str, name: str) -> tuple[Visit, Visit]:
    """Return two visits that differ in one field of a row."""
    row = ROWS[PLACES[place]]
    other = row._replace(**{name: f"{getattr(row, name)}!"})
    return with_row(place, row), with_row(place, other)


PAIRS = [(place, name) for place, table in PLACES.items() for name in COVERED[table].split()]
LEFT_OUT = [
    (place, name) for place, table in PLACES.items() for name in NOT_COVERED.get(table, "").split()
]


@pytest.mark.parametrize("table", COVERED)
def test_of_every_field_somebody_has_said_whether_it_is_covered(
    table: type,
) -> None:
    said = COVERED[table].split() + NOT_COVERED.get(table, "").split()
    assert sorted(said) == sorted(names_of(table))


def test_no_table_in_a_visit_is_forgotten_here() -> None:
    def rows_in(hint: Any) -> set[type]:
        inner = {one for arg in get_args(hint) for one in rows_in(arg)}
        return inner | ({hint} if isinstance(hint, type) and hasattr(hint, "_fields") else set())

    hints = get_type_hints(Visit)
    found = {name: rows_in(hint) for name, hint in hints.items() if rows_in(hint)}
    assert found.pop("surat_kontrol")
    assert found == {place: {table} for place, table in PLACES.items()}


@pytest.mark.parametrize(("place", "name"), PAIRS)
def test_a_row_with_another_value_has_another_mark(place: str, name: str) -> None:
    one, other = changed(place, name)
    assert mark(one) != mark(other)


@pytest.mark.parametrize(("place", "name"), LEFT_OUT)
def test_what_no_rule_goes_by_leaves_the_mark_as_it_is(place: str, name: str) -> None:
    one, other = changed(place, name)
    assert mark(one) == mark(other)


def test_another_ledger_has_another_mark_of_the_same_visit() -> None:
    """Without the file nobody can hold guesses of a NIK against it, or make a table of them."""
    basis = policy_fingerprint(policy(), MONDAY)
    marks = {visit_fingerprint(onsite(), basis, key) for key in (KEY, KEY[::-1], b"another")}
    assert len(marks) == 3


@pytest.mark.parametrize("name", OTHER_FIELDS)
def test_a_visit_with_another_value_has_another_mark(name: str) -> None:
    differs = mark(replace(onsite(), **{name: OTHER_FIELDS[name]})) != mark(onsite())
    assert differs == (name in COVERED[Visit].split())


WORDS = [
    onsite(),
    onsite(reg={"stts": "Sudah"}),
    onsite(reg={"stts": "Batal"}),
    onsite(exams=(exam(on("08:30")),)),
    onsite(exams=(exam(on("08:30")), exam(on("08:31")))),
    onsite(reseps=(resep(dibuat=on("09:00")),)),
    onsite(slot=None),
    onsite(slot=None, hfis_slot=slot()),
    onsite(hfis_slot=slot()),
    onsite(sep=None),
    onsite(registration=None),
    onsite(kind="nonjkn"),  # password_asuransi was corrected
    nonjkn(reg={"kd_pj": "UMU"}),
    mobilejkn(),
    mobilejkn(book={"status": "Checkin", "validasi": on("07:40")}),
    mobilejkn(cancel=cancel()),
    mobilejkn(cancel=cancel(statuskirim="Sudah")),
]


def test_every_new_word_of_khanza_gives_another_mark() -> None:
    assert len({mark(visit) for visit in WORDS}) == len(WORDS)


def test_another_day_or_another_setting_gives_another_mark() -> None:
    marks = {
        mark(onsite()),
        mark(onsite(), TUESDAY),
        mark(onsite(), tie=timedelta(0)),
        mark(onsite(), add=frozenset()),
        mark(onsite(), sources=dict(BERKAS)),
    }
    assert len(marks) == 5


@pytest.mark.parametrize("name", [one.name for one in fields(Policy)])
def test_no_setting_is_left_out(name: str) -> None:
    chosen = policy()
    value = getattr(chosen, name)
    other: Any = frozenset({"X"}) if isinstance(value, frozenset) else (value, "another")
    marks = {policy_fingerprint(one, MONDAY) for one in (chosen, replace(chosen, **{name: other}))}
    assert len(marks) == 2


def test_a_mark_is_short() -> None:
    assert len(mark(onsite())) < 60


MARKS = """
from datetime import date
from antrean_cli.rules.fingerprints import policy_fingerprint, visit_fingerprint
from tests.support.rows import mobilejkn, policy
clinics = frozenset({"INT", "ANA", "MAT", "THT"})
chosen = policy(skip_poli=clinics)
mark = policy_fingerprint(chosen, date(2026, 11, 23))
print(visit_fingerprint(mobilejkn(kd_poli_rs=clinics), mark, b"key"))
"""


def test_the_mark_is_the_same_in_every_process() -> None:
    """A set has another order in each of them."""
    marks = {
        subprocess.run(
            [sys.executable, "-c", MARKS],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3", "4")
    }
    assert len(marks) == 1


def test_equal_texts_have_one_mark_whether_they_are_one_text_in_memory_or_two() -> None:
    name = "".join(["POLI", " ", "CONTOH"])
    another = "".join(["POLI", " ", "CONTOH"])
    one = onsite(reg={"nm_poli": name, "nm_dokter": name})
    two = onsite(reg={"nm_poli": name, "nm_dokter": another})
    assert name is not another
    assert visit_fingerprint(one, "p", KEY) == visit_fingerprint(two, "p", KEY)
