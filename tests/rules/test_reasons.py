"""Reasons: their parameters, and what is the same of them from visit to visit."""

from __future__ import annotations

import pytest

from antrean_cli.rules.codes import Step
from antrean_cli.rules.reasons import (
    Reason,
    ReasonCode,
    because,
    demanded,
    general,
    has_code,
    wrong_order,
)
from tests.support.rows import WIB, WIT, at


def test_a_reason_is_asked_for_one_of_its_parameters() -> None:
    one = because(ReasonCode.NO_SESSION, kd_dokter="D01", kd_poli="INT")
    assert (one.get("kd_dokter"), one.get("kd_poli"), one.get("hari")) == ("D01", "INT", None)
    assert one == because(ReasonCode.NO_SESSION, kd_poli="INT", kd_dokter="D01")
    assert has_code(one, ReasonCode.GONE, ReasonCode.NO_SESSION)
    assert not has_code(one, ReasonCode.GONE)
    assert not has_code(None, ReasonCode.GONE)


@pytest.mark.parametrize(
    ("reason", "same"),
    [
        (
            because(ReasonCode.WRONG_ORDER, step="4", waktu=at("08:05")),
            because(ReasonCode.WRONG_ORDER, step="4"),
        ),
        (
            because(ReasonCode.REFUSED, text="Waktu (2026-11-23 08:05:00 WIB) tidak 08:05 valid"),
            because(ReasonCode.REFUSED, text="Waktu … tidak … valid"),
        ),
        (
            because(ReasonCode.REFUSED, text="jam 08:05:30"),
            because(ReasonCode.REFUSED, text="jam …"),
        ),
        (
            because(
                ReasonCode.WAITING_FOR_ADD, add=because(ReasonCode.NOT_ON_DAY, waktu=at("08:05"))
            ),
            because(ReasonCode.WAITING_FOR_ADD, add=because(ReasonCode.NOT_ON_DAY)),
        ),
        (because(ReasonCode.AMBIGUOUS, count=2), because(ReasonCode.AMBIGUOUS, count=2)),
        (
            Reason(ReasonCode.EXPIRED, behind="3"),
            Reason(ReasonCode.EXPIRED, behind="3"),
        ),
    ],
)
def test_what_is_the_same_of_many_visits_has_no_time(reason: Reason, same: Reason) -> None:
    assert general(reason) == same


def test_what_bpjs_demands_is_named() -> None:
    assert demanded(Step.ADD) == because(ReasonCode.DEMANDED_ADD)
    assert demanded(Step.TASK_3) == because(ReasonCode.DEMANDED_TASK, step="3")


def test_times_in_the_wrong_order_are_named_in_the_hospitals_zone() -> None:
    found = wrong_order("4", at("08:05"), "3", at("08:20"), WIT)
    assert found == because(
        ReasonCode.WRONG_ORDER,
        step="4",
        waktu=at("08:05"),
        before="3",
        before_waktu=at("08:20"),
    )
    waktu = found.get("waktu")
    assert waktu == at("08:05", zone=WIB)
    assert getattr(waktu, "tzinfo", None) == WIT


# As ledgers have them: a code that is spelled otherwise is one that no ledger knows.
STORED = {
    "CLINIC_UNMAPPED": "petakan.poli",
    "DOCTOR_UNMAPPED": "petakan.dokter",
    "DOCTOR_CODE_NO_NUMBER": "petakan.dokter_bukan_angka",
    "BOOKING_FIELD_NO_NUMBER": "petakan.booking",
    "NO_SESSION": "jadwal.kosong",
    "SESSION_WITHOUT_END": "jadwal.jam_selesai",
    "SESSION_ENDS_FIRST": "jadwal.terbalik",
    "NO_TIME_OF_REGISTRATION": "jam_reg",
    "NO_REFERENCE": "referensi",
    "NIK_UNFIT": "identitas.nik",
    "CARD_UNFIT": "identitas.kartu",
    "PHONE_UNKNOWN": "identitas.telepon",
    "NORM_UNKNOWN": "identitas.norm",
    "AMBIGUOUS": "ganda",
    "NO_SIGN_YET": "hadir.belum",
    "NO_SHOW": "hadir.tidak",
    "GONE": "hilang",
    "HANDED_ON": "hilang.nomor",
    "BOOKING_CANCELLED": "hilang.batal",
    "MOVED_TO_BOOKING": "hilang.booking",
    "ANOTHER_DAY": "hilang.hari",
    "VISIT_SOUGHT": "kunjungan.dicari",
    "VISIT_UNCLEAR": "kunjungan.belum_jelas",
    "ODD_CODE": "kode",
    "LEFT_OUT": "poli",
    "LEFT_ALIVE": "hidup",
    "REREAD": "ulang",
    "WAITING_FOR_TASK": "urutan",
    "WAITING_FOR_ADMISSION": "urutan.admisi",
    "WAITING_FOR_ADD": "antrean",
    "ADD_NOT_THERE": "antrean.belum",
    "WRONG_ORDER": "waktu",
    "MISSES_ARRIVAL": "waktu.admisi",
    "AFTER_ARRIVAL": "admisi",
    "TIMES_DISAGREE": "waktu.berselisih",
    "TIME_UNRECORDED": "tercatat",
    "NOT_ON_DAY": "hari",
    "EXPIRED": "lewat",
    "REFUSED": "ditolak",
    "REFUSED_UNKNOWN": "ditolak.tidak_ada",
    "REFUSED_DOCTOR": "ditolak.dokter",
    "REFUSED_REFERENCE": "ditolak.rujukan",
    "ADD_REFUSED": "ditolak.antrean",
    "SEP_FIRST": "sep",
    "OVERTAKEN": "terdahului",
    "DEMANDED_TASK": "diminta.task",
    "DEMANDED_ADD": "diminta.antrean",
    "CONTRADICTION": "diminta.bertentangan",
    "KEPT": "disimpan",
    "NOT_AT_BPJS": "tidak_ada",
    "IN_DOUBT": "ragu",
    "FARMASI_UNSETTLED": "farmasi",
    "NONJKN_DELAYED": "tunda.nonjkn",
    "CANCELLED": "batal.antrean",
    "CANCELLED_BY_KHANZA": "batal.khanza",
    "CANCELLED_AT_BPJS": "batal.bpjs",
    "CANCEL_DELAYED": "batal.ditunggu",
    "CANCEL_TOO_LATE": "batal_terlambat",
    "AFTER_SERVICE": "selesai",
    "DROPPED": "dilepas",
    "CLOSED": "tutup",
    "TIME_CHANGED": "catatan.waktu",
    "VISIT_CHANGED": "catatan.kunjungan",
    "ANOTHER_PATIENTS": "catatan.pasien_lain",
    "ADOPTED": "catatan.adopsi",
}


def test_codes_are_spelled_as_ledgers_have_them() -> None:
    assert {code.name: str(code) for code in ReasonCode} == STORED
