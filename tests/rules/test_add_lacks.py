"""What has to be filled in before a visit can be added, and what is waited for."""

from __future__ import annotations

from typing import Any

import pytest

from antrean_cli.rules.add_lacks import what_add_lacks
from antrean_cli.rules.reasons import ReasonCode as Code
from antrean_cli.rules.reasons import because
from antrean_cli.rules.visits import Visit
from tests.support.rows import (
    mobilejkn,
    nonjkn,
    onsite,
    slot,
    words,
)


def test_nonjkn_needs_no_reference() -> None:
    assert what_add_lacks(nonjkn()) is None


@pytest.mark.parametrize(
    ("visit", "named"),
    [
        (
            onsite(sep=None, reg={"kd_poli_bpjs": None}),
            ("poli INT belum dipetakan di maping_poli_bpjs",),
        ),
        (nonjkn(reg={"kd_poli_bpjs": ""}), ("poli INT belum dipetakan di maping_poli_bpjs",)),
        (nonjkn(reg={"kd_dokter_bpjs": None}), ("D01", "maping_dokter_dpjpvclaim")),
        (nonjkn(reg={"kd_dokter_bpjs": "12A"}), ("D01", "maping_dokter_dpjpvclaim")),
        (onsite(slot=None), ("D01", "INT", "SENIN", "tabel jadwal")),
        (onsite(slot=slot(jam_selesai=None)), ("jam selesai", "D01", "tabel jadwal")),
        (onsite(slot=slot(jam_selesai="00:00:00")), ("jam selesai", "D01", "tabel jadwal")),
        (onsite(slot=slot(jam_selesai="07:00:00")), ("tidak sesudah", "D01", "tabel jadwal")),
        (onsite(slot=slot(jam_mulai="24:00:00")), ("tidak sesudah", "D01", "tabel jadwal")),
        (onsite(slot=None, reg={"jam_reg": ""}), ("jam registrasi",)),
        (onsite(slot=None, reg={"jam_reg": "838:59:59"}), ("jam registrasi",)),
        (
            mobilejkn(book={"kodedokter": "x"}, reg={"kd_dokter_bpjs": None}),
            ("kodedokter", "referensi_mobilejkn_bpjs"),
        ),
        (
            mobilejkn(book={"kodedokter": "-"}, reg={"kd_dokter_bpjs": None}),
            ("D01", "maping_dokter_dpjpvclaim"),
        ),
        (
            mobilejkn(book={"kodepoli": "null"}, reg={"kd_poli_bpjs": "-"}),
            ("poli INT belum dipetakan di maping_poli_bpjs",),
        ),
        (
            mobilejkn(book={"jampraktek": "-"}, slot=None),
            ("D01", "INT", "SENIN", "tabel jadwal"),
        ),
        (
            mobilejkn(book={"jeniskunjungan": None}),
            ("jeniskunjungan", "referensi_mobilejkn_bpjs"),
        ),
        (mobilejkn(book={"nomorreferensi": ""}), ("menunggu nomor referensi",)),
    ],
)
def test_what_is_missing_names_the_table_to_fill(visit: Visit, named: tuple[str, ...]) -> None:
    reason = what_add_lacks(visit)
    assert reason is not None
    for word in named:
        assert word in words(reason)


def no_session(**changed: Any) -> Any:
    return slot(jam_mulai="14:00:00", jam_selesai="08:00:00", **changed)


@pytest.mark.parametrize(
    ("visit", "lacking"),
    [
        (onsite(), None),
        (mobilejkn(), None),
        (nonjkn(), None),
        (onsite(registration=None), because(Code.GONE)),
        (
            mobilejkn(book={"jeniskunjungan": "x"}),
            because(Code.BOOKING_FIELD_NO_NUMBER, field="jeniskunjungan"),
        ),
        (
            mobilejkn(book={"kodedokter": "x"}, reg={"kd_dokter_bpjs": None}),
            because(Code.BOOKING_FIELD_NO_NUMBER, field="kodedokter"),
        ),
        (
            nonjkn(reg={"kd_dokter_bpjs": "x"}),
            because(Code.DOCTOR_CODE_NO_NUMBER, kd_dokter="D01"),
        ),
        (nonjkn(reg={"kd_dokter_bpjs": "-"}), because(Code.DOCTOR_UNMAPPED, kd_dokter="D01")),
        (nonjkn(reg={"kd_poli_bpjs": None}), because(Code.CLINIC_UNMAPPED, kd_poli="INT")),
        (onsite(reg={"nik": "1"}), because(Code.NIK_UNFIT)),
        (nonjkn(reg={"nik": "1"}), None),
        (onsite(sep=None), because(Code.NO_REFERENCE)),
        (nonjkn(slot=None, reg={"jam_reg": "-01:00:00"}), because(Code.NO_TIME_OF_REGISTRATION)),
        (
            nonjkn(slot=slot(jam_selesai="00:00:00")),
            because(Code.SESSION_WITHOUT_END, kd_dokter="D01"),
        ),
        (
            nonjkn(slot=slot(jam_selesai="00:00:00"), reg={"jam_reg": "-01:00:00"}),
            because(Code.SESSION_WITHOUT_END, kd_dokter="D01"),
        ),
        (nonjkn(slot=no_session()), because(Code.SESSION_ENDS_FIRST, kd_dokter="D01")),
        (
            nonjkn(hfis_slot=no_session(kd_dokter="D02")),
            because(Code.SESSION_ENDS_FIRST, kd_dokter="D02"),
        ),
    ],
)
def test_what_is_lacking(visit: Visit, lacking: Any) -> None:
    assert what_add_lacks(visit) == lacking
