"""What older versions stored as sentences, typed from what was shown and stored then."""

from __future__ import annotations

import pytest

from antrean_cli.ledger.old_sentences import from_sentence, note_from_sentence
from antrean_cli.rules.reasons import Reason, ReasonCode, because
from tests.support.rows import words

CODES = ReasonCode
OLD: list[tuple[str, str, Reason]] = [
    (
        "petakan",
        "poli MAT belum dipetakan di maping_poli_bpjs",
        because(CODES.CLINIC_UNMAPPED, kd_poli="MAT"),
    ),
    (
        "petakan",
        "dokter D 7 belum dipetakan di maping_dokter_dpjpvclaim",
        because(CODES.DOCTOR_UNMAPPED, kd_dokter="D 7"),
    ),
    (
        "petakan",
        "dokter D07 dipetakan ke kode yang bukan angka di maping_dokter_dpjpvclaim",
        because(CODES.DOCTOR_CODE_NO_NUMBER, kd_dokter="D07"),
    ),
    (
        "petakan",
        "kodedokter di referensi_mobilejkn_bpjs bukan angka",
        because(CODES.BOOKING_FIELD_NO_NUMBER, field="kodedokter"),
    ),
    (
        "jadwal",
        "jadwal dokter D01 poli INT hari SENIN belum diisi di tabel jadwal",
        because(CODES.NO_SESSION, kd_dokter="D01", kd_poli="INT", hari="SENIN"),
    ),
    (
        "jadwal",
        "jam selesai dokter D01 belum diisi di tabel jadwal",
        because(CODES.SESSION_WITHOUT_END, kd_dokter="D01"),
    ),
    (
        "referensi",
        "menunggu nomor referensi (SEP atau surat kontrol)",
        because(CODES.NO_REFERENCE),
    ),
    ("hadir", "belum ada tanda hadir", because(CODES.NO_SIGN_YET)),
    ("hadir", "tidak ada tanda hadir sampai hari pelayanan lewat", because(CODES.NO_SHOW)),
    ("hilang", "kunjungan tidak ada lagi di Khanza (dihapus atau digabung)", because(CODES.GONE)),
    ("poli", "poli tidak ikut (ANTREAN_ONLY_POLI atau ANTREAN_SKIP_POLI)", because(CODES.LEFT_OUT)),
    ("ulang", "dibaca ulang dari Khanza pada putaran berikutnya", because(CODES.REREAD)),
    ("urutan", "menunggu task 4", because(CODES.WAITING_FOR_TASK, step="4")),
    ("lewat", "lewat H+7: BPJS tidak menerima lagi", because(CODES.EXPIRED)),
    ("lewat", "task 3 lewat H+7: BPJS tidak menerima lagi", Reason(CODES.EXPIRED, behind="3")),
    (
        "diminta",
        "menunggu task 3 (diminta BPJS)",
        because(CODES.DEMANDED_TASK, step="3"),
    ),
    ("diminta", "kode booking belum ada di BPJS", because(CODES.DEMANDED_ADD)),
    ("sep", "SEP mendahului antrean", because(CODES.SEP_FIRST)),
    ("terdahului", "TaskId terakhir 5", because(CODES.OVERTAKEN, text="TaskId terakhir 5")),
    ("tidak_ada", "tidak ada di BPJS, tidak perlu dibatalkan", because(CODES.NOT_AT_BPJS)),
    ("ragu", "menunggu kepastian dari BPJS", because(CODES.IN_DOUBT)),
    (
        "farmasi",
        "tidak perlu dikirim lagi; belum pasti apakah sudah sampai di BPJS",
        because(CODES.FARMASI_UNSETTLED),
    ),
    ("batal", "antrean dibatalkan", because(CODES.CANCELLED)),
    ("batal", "sudah dibatalkan oleh Khanza", because(CODES.CANCELLED_BY_KHANZA)),
    ("batal", "sudah dibatalkan di BPJS", because(CODES.CANCELLED_AT_BPJS)),
    (
        "batal_terlambat",
        "batal di luar hari pelayanan; bila perlu ketik: "
        "antrean batal 2026/11/23/000001 --keterangan ALASAN",
        because(CODES.CANCEL_TOO_LATE, kodebooking="2026/11/23/000001"),
    ),
    (
        "selesai",
        "batal setelah pelayanan selesai (task 5 sudah terkirim)",
        because(CODES.AFTER_SERVICE),
    ),
    ("dilepas", "dilepas: pasien pindah RS", because(CODES.DROPPED, keterangan="pasien pindah RS")),
    (
        "dilepas",
        "task 4 dilepas: lupa",
        because(CODES.DROPPED, keterangan="lupa")._replace(behind="4"),
    ),
    (
        "ditolak",
        "data nik  belum sesuai.",
        because(CODES.REFUSED, text="data nik  belum sesuai."),
    ),
    (
        "ditolak",
        "Data dokter tidak ditemukan.",
        because(CODES.REFUSED_DOCTOR, text="Data dokter tidak ditemukan."),
    ),
    ("ditolak", "ditolak BPJS (kode 201)", because(CODES.REFUSED, kode="201")),
    ("tutup", "ditutup", because(CODES.CLOSED)),
    (
        "ganda",
        "BPJS punya 2 antrean pasien ini: A, B",
        because(CODES.AMBIGUOUS, count="2", kodebooking="A, B"),
    ),
]
# Of these a part is not known any more, such as the day of a time: they stay as they were told.
WHOLE = [
    ("antrean", "menunggu antrean: poli MAT belum dipetakan di maping_poli_bpjs"),
    ("waktu", "waktu task 5 (08:20:00) tidak sesudah task 4 (08:30:00)"),
    ("hari", "di luar hari pelayanan (24-11-2026 08:00:00)"),
    ("hari", "task 3 di luar hari pelayanan (24-11-2026 08:00:00)"),
    ("batal", "dibatalkan di meja pendaftaran, ditunggu sampai 09:10"),
    ("ditolak", "antrean ditolak: Rujukan tidak valid"),
    ("jadwal", "jadwal dokter hari SENIN belum diisi di tabel jadwal"),
    ("tidak dikenal", "sebuah kalimat"),
]


@pytest.mark.parametrize(("code", "text", "wanted"), OLD)
def test_a_sentence_of_an_older_version_becomes_a_code_with_its_parameters(
    code: str, text: str, wanted: Reason
) -> None:
    assert from_sentence(code, text) == wanted
    assert words(from_sentence(code, text)) == text


@pytest.mark.parametrize(("code", "text"), WHOLE)
def test_a_sentence_that_is_not_known_whole_is_shown_as_it_was(code: str, text: str) -> None:
    assert words(from_sentence(code, text)) == text


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("petakan", CODES.DOCTOR_UNMAPPED),
        ("jadwal", CODES.NO_SESSION),
        ("antrean", CODES.WAITING_FOR_ADD),
        ("waktu", CODES.WRONG_ORDER),
        ("hari", CODES.NOT_ON_DAY),
        ("batal", CODES.CANCEL_DELAYED),
        ("sep", CODES.SEP_FIRST),
        ("tidak dikenal", CODES.CLOSED),
    ],
)
def test_what_stands_for_a_sentence_that_nobody_knows(code: str, wanted: ReasonCode) -> None:
    assert from_sentence(code, "sebuah kalimat") == because(wanted, verbatim="sebuah kalimat")


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, text, _ in OLD] + WHOLE[:-2])
def test_what_scripts_go_by_stays_the_same(code: str, text: str) -> None:
    assert from_sentence(code, text).code.family == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Khanza kini mencatat 23-11-2026 08:10:00", CODES.TIME_CHANGED),
        (
            "berubah di Khanza setelah dikirim: penjamin BPJ menjadi UMU, poli INT menjadi ANA",
            CODES.VISIT_CHANGED,
        ),
        ("memakai antrean yang sudah ada di BPJS, bukan 2026/11/23/000001", CODES.ADOPTED),
    ],
)
def test_a_note_of_an_older_version_says_the_same(text: str, code: ReasonCode) -> None:
    note = note_from_sentence(text)
    assert note is not None
    assert (note.code, words(note)) == (code, text)


def test_no_note_stays_none() -> None:
    assert note_from_sentence("") is None


def test_a_refused_add_and_an_adopted_booking_are_known_again() -> None:
    refused = from_sentence("ditolak", "antrean ditolak: Rujukan tidak valid")
    assert refused == because(CODES.ADD_REFUSED, verbatim="antrean ditolak: Rujukan tidak valid")
    adopted = "memakai antrean yang sudah ada di BPJS, bukan A-1"
    assert note_from_sentence(adopted) == because(CODES.ADOPTED, kodebooking="A-1")
