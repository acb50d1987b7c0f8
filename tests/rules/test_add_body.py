"""How a visit fills the 23 fields of an add.

They were typed by hand from bpjs/README.md, Fields, and khanza/README.md, The 23 fields.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from antrean_cli.rules.add_body import add_body
from antrean_cli.rules.add_fields import field_problems
from antrean_cli.rules.add_lacks import what_add_lacks
from antrean_cli.rules.rows import DoctorMapping, PoliMapping, Sep
from antrean_cli.rules.visits import Visit
from tests.support.catalogue import FIELD_TYPES
from tests.support.rows import (
    MONDAY,
    NOBOOKING,
    WIT,
    at,
    mobilejkn,
    nonjkn,
    onsite,
    policy,
    sep,
    slot,
    surat,
    words,
)

# 23 November 2026, 08:00 WIB is 01:00 UTC: 1795395600 seconds.
OPENING_MS = 1795395600000

KETERANGAN = "Peserta harap 30 menit lebih awal guna pencatatan administrasi."

JKN_AT_THE_DESK: dict[str, Any] = {
    "kodebooking": "2026/11/23/000001",
    "jenispasien": "JKN",
    "nomorkartu": "0009000000001",
    "nik": "3200000000000001",
    "nohp": "080000000099",
    "kodepoli": "INT",
    "namapoli": "PENYAKIT DALAM",
    "pasienbaru": 0,
    "norm": "000001",
    "tanggalperiksa": "2026-11-23",
    "kodedokter": 12345,
    "namadokter": "CONTOH SATU, SpPD",
    "jampraktek": "08:00-14:00",
    "jeniskunjungan": 1,
    "nomorreferensi": "0301R0021126P000001",
    "nomorantrean": "INT-001",
    "angkaantrean": 1,
    "estimasidilayani": 1795395900000,
    "sisakuotajkn": 29,
    "kuotajkn": 30,
    "sisakuotanonjkn": 29,
    "kuotanonjkn": 30,
    "keterangan": KETERANGAN,
}

NON_JKN: dict[str, Any] = {
    "kodebooking": "2026/11/23/000001",
    "jenispasien": "NON JKN",
    "nomorkartu": "",
    "nik": "3200000000000001",
    "nohp": "080000000001",
    "kodepoli": "INT",
    "namapoli": "PENYAKIT DALAM",
    "pasienbaru": 1,
    "norm": "000001",
    "tanggalperiksa": "2026-11-23",
    "kodedokter": 12345,
    "namadokter": "CONTOH SATU, SpPD",
    "jampraktek": "08:00-14:00",
    "jeniskunjungan": 3,
    "nomorreferensi": "",
    "nomorantrean": "INT-017",
    "angkaantrean": 17,
    "estimasidilayani": 1795400700000,
    "sisakuotajkn": 13,
    "kuotajkn": 30,
    "sisakuotanonjkn": 13,
    "kuotanonjkn": 30,
    "keterangan": KETERANGAN,
}

MOBILE_JKN: dict[str, Any] = {
    "kodebooking": "20261123000001",
    "jenispasien": "JKN",
    "nomorkartu": "0009000000007",
    "nik": "3200000000000007",
    "nohp": "080000000007",
    "kodepoli": "INT",
    "namapoli": "Poli Penyakit Dalam",
    "pasienbaru": 0,
    "norm": "000001",
    "tanggalperiksa": "2026-11-23",
    "kodedokter": 12345,
    "namadokter": "dr. Contoh Satu",
    "jampraktek": "08:00-14:00",
    "jeniskunjungan": 1,
    "nomorreferensi": "0301R0011126P000007",
    "nomorantrean": "INT-001",
    "angkaantrean": 1,
    "estimasidilayani": 1795395900000,
    "sisakuotajkn": 29,
    "kuotajkn": 30,
    "sisakuotanonjkn": 28,
    "kuotanonjkn": 31,
    "keterangan": KETERANGAN,
}

# The booking's own columns win over the visit's: another card, phone, clinic, doctor, hours and
# numbers.
BOOKED_OTHERWISE: dict[str, Any] = {
    **MOBILE_JKN,
    "kodepoli": "IPD",
    "kodedokter": 777,
    "jampraktek": "16:00-20:00",
    "jeniskunjungan": 3,
    "pasienbaru": 1,
    "nomorantrean": "A-12",
    "angkaantrean": 12,
    "estimasidilayani": 1795424400000,
}

CONTROL: dict[str, Any] = {
    **JKN_AT_THE_DESK,
    "jeniskunjungan": 3,
    "nomorreferensi": "0301R0011126K000009",
}

# Before the SEP there is no card or phone of its own: the patient's are taken.
BEFORE_THE_SEP: dict[str, Any] = {
    **CONTROL,
    "nohp": "080000000001",
    "nomorreferensi": "0301R0011126K000001",
}

UNMAPPED_NAMES: dict[str, Any] = {
    **JKN_AT_THE_DESK,
    "namapoli": "Poli Penyakit Dalam",
    "namadokter": "dr. Contoh Satu",
}

# Clinic and doctor of the SEP are others of Khanza's, and told whole.
SEP_KNOWS_BETTER: dict[str, Any] = {
    **JKN_AT_THE_DESK,
    "nomorkartu": "0009000000055",
    "kodepoli": "IPD",
    "namapoli": "SUBSPESIALIS",
    "kodedokter": 999,
    "namadokter": "CONTOH DUA, SpPD",
    "jampraktek": "07:00-10:00",
    "estimasidilayani": 1795392300000,
    "sisakuotajkn": 11,
    "kuotajkn": 12,
    "sisakuotanonjkn": 11,
    "kuotanonjkn": 12,
}

CONTROL_SEP = sep(tujuankunjungan="2", asesmenpelayanan="5", noskdp="0301R0011126K000009")

BODIES: list[tuple[str, Visit, dict[str, Any]]] = [
    ("onsite with SEP", onsite(), JKN_AT_THE_DESK),
    ("onsite, control visit", onsite(sep=CONTROL_SEP), CONTROL),
    (
        "onsite, surat kontrol before the SEP",
        onsite(sep=None, surat_kontrol=surat(), surat_asked=True),
        BEFORE_THE_SEP,
    ),
    (
        "onsite, SEP of another clinic, doctor and card",
        onsite(
            sep=sep(kodepoli="IPD", kodedokter="0999", nomorkartu="0009000000055"),
            named_clinic=PoliMapping("IPD1", "IPD", "SUBSPESIALIS", "Poli Subspesialis"),
            named_doctor=DoctorMapping("D02", "999", "CONTOH DUA, SpPD", "dr. Contoh Dua"),
            slot=slot(kd_dokter="D02", jam_mulai="07:00:00", jam_selesai="10:00:00", kuota="12"),
        ),
        SEP_KNOWS_BETTER,
    ),
    (
        "onsite, SEP of a clinic and a doctor that Khanza does not know",
        onsite(sep=sep(kodepoli="IPD", kodedokter="999")),
        JKN_AT_THE_DESK,
    ),
    (
        "onsite, mapped without BPJS's names",
        onsite(reg={"nm_poli_bpjs": None, "nm_dokter_bpjs": ""}),
        UNMAPPED_NAMES,
    ),
    ("NON JKN, new patient", nonjkn(reg={"no_reg": "017", "stts_daftar": "Baru"}), NON_JKN),
    ("Mobile JKN", mobilejkn(), MOBILE_JKN),
    (
        "Mobile JKN with a SEP and a payer of its own",
        mobilejkn(reg={"kd_pj": "UMU"}, sep=sep(nohp="1")),
        MOBILE_JKN,
    ),
    (
        "Mobile JKN booked otherwise than registered",
        mobilejkn(
            book={
                "kodepoli": "IPD",
                "kodedokter": "777",
                "jampraktek": "16:00-20:00",
                "jeniskunjungan": "3 (Kontrol)",
                "pasienbaru": "1",
                "nomorantrean": "A-12",
                "angkaantrean": "12",
                "estimasidilayani": "1795424400000",
            }
        ),
        BOOKED_OTHERWISE,
    ),
]


@pytest.mark.parametrize(
    ("visit", "expected"), [row[1:] for row in BODIES], ids=[row[0] for row in BODIES]
)
def test_the_23_fields(visit: Visit, expected: dict[str, Any]) -> None:
    body = add_body(visit, policy())
    assert body == expected
    assert what_add_lacks(visit) is None
    assert [(name, type(value)) for name, value in body.items()] == [
        (name, type(value)) for name, value in expected.items()
    ]


@pytest.mark.parametrize("expected", [row[2] for row in BODIES], ids=[row[0] for row in BODIES])
def test_the_hand_typed_bodies_are_whole(expected: dict[str, Any]) -> None:
    """A check of the tests themselves."""
    assert list(expected) == list(FIELD_TYPES)
    assert field_problems(expected) == []


# jeniskunjungan and nomorreferensi

FKTP, HOSPITAL = "1. Faskes 1", "2. Faskes 2(RS)"

RUJUKAN, SKDP = "0301R0021126P000001", "0301R0011126K000009"


@pytest.mark.parametrize(
    ("changed", "jenis", "nomor"),
    [
        ({"asal_rujukan": FKTP}, 1, RUJUKAN),
        ({"asal_rujukan": FKTP, "noskdp": SKDP}, 1, RUJUKAN),
        ({"asal_rujukan": HOSPITAL}, 4, RUJUKAN),
        ({"asal_rujukan": HOSPITAL, "noskdp": SKDP}, 3, SKDP),
        ({"tujuankunjungan": "2", "asesmenpelayanan": "5", "noskdp": SKDP}, 3, SKDP),
        (
            {
                "tujuankunjungan": "2",
                "asesmenpelayanan": "5",
                "asal_rujukan": HOSPITAL,
                "noskdp": SKDP,
            },
            3,
            SKDP,
        ),
        ({"tujuankunjungan": "2", "asesmenpelayanan": "4"}, 2, RUJUKAN),
        ({"tujuankunjungan": "2"}, 2, RUJUKAN),
        ({"tujuankunjungan": "1", "flagprosedur": "1", "penunjang": "3"}, 2, RUJUKAN),
        ({"tujuankunjungan": "1"}, 2, RUJUKAN),
        ({"flagprosedur": "0"}, 2, RUJUKAN),
        ({"penunjang": "2"}, 2, RUJUKAN),
        ({"asesmenpelayanan": "5"}, 2, RUJUKAN),
        ({"flagprosedur": None, "penunjang": None, "asesmenpelayanan": None}, 1, RUJUKAN),
    ],
)
def test_kind_and_reference_of_a_visit_at_the_desk(
    changed: dict[str, Any], jenis: int, nomor: str
) -> None:
    body = add_body(onsite(sep=sep(**changed)), policy())
    assert (body["jeniskunjungan"], body["nomorreferensi"]) == (jenis, nomor)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 (Rujukan FKTP)", 1),
        ("2 (Rujukan Internal)", 2),
        ("3 (Kontrol)", 3),
        ("4 (Rujukan Antar RS)", 4),
    ],
)
def test_kind_of_a_mobile_jkn_booking_is_the_first_character(text: str, expected: int) -> None:
    assert (
        add_body(mobilejkn(book={"jeniskunjungan": text}), policy())["jeniskunjungan"] == expected
    )


@pytest.mark.parametrize(
    "source",
    [
        None,
        sep(no_rujukan="", noskdp=""),
        sep(no_rujukan=None, noskdp=None),
        sep(no_rujukan="-", noskdp="-"),
    ],
)
def test_onsite_without_a_reference_waits_for_it(source: Sep | None) -> None:
    visit = onsite(sep=source, surat_asked=True)
    reason = what_add_lacks(visit)
    assert reason is not None
    assert words(reason).startswith("menunggu nomor referensi")
    assert "nomorreferensi" not in add_body(visit, policy())


def test_a_booking_whose_visit_was_deleted_still_has_its_own_fields() -> None:
    body = add_body(mobilejkn(registration=None, book={"norm": "000042"}), policy())
    assert body == {**MOBILE_JKN, "norm": "000042", "namapoli": "", "namadokter": ""}


def test_a_booking_whose_visit_was_deleted_is_estimated_at_the_opening_of_its_own_hours() -> None:
    book = {"estimasidilayani": None, "jampraktek": "08:30-14:00"}
    body = add_body(mobilejkn(registration=None, book=book), policy())
    assert (body["jampraktek"], body["estimasidilayani"]) == ("08:30-14:00", 1795397400000)


def test_a_sep_fills_what_is_not_mapped() -> None:
    visit = onsite(reg={"kd_poli_bpjs": None, "kd_dokter_bpjs": None})
    assert what_add_lacks(visit) is None
    body = add_body(visit, policy())
    assert (body["kodepoli"], body["kodedokter"]) == ("INT", 12345)


@pytest.mark.parametrize(
    ("visit", "unknown"),
    [
        (nonjkn(reg={"kd_poli_bpjs": None}), {"kodepoli"}),
        (nonjkn(reg={"kd_dokter_bpjs": None}), {"kodedokter"}),
        (onsite(sep=None), {"nomorreferensi"}),
        (
            onsite(slot=None),
            {
                "jampraktek",
                "estimasidilayani",
                "sisakuotajkn",
                "kuotajkn",
                "sisakuotanonjkn",
                "kuotanonjkn",
            },
        ),
    ],
)
def test_a_field_that_is_not_known_is_left_out_not_invented(
    visit: Visit, unknown: set[str]
) -> None:
    assert set(FIELD_TYPES) - set(add_body(visit, policy())) == unknown


# Queue numbers and quotas


@pytest.mark.parametrize(
    ("no_reg", "angka"),
    [
        ("001", 1),
        ("017", 17),
        ("A-12", 12),
        ("A012", 12),
        ("2-15", 15),
        ("12B", 12),  # its last digits, wherever they stand
        ("", 0),
        ("abc", 0),
        ("-", 0),
    ],
)
def test_angkaantrean_is_the_last_digits_of_no_reg(no_reg: str, angka: int) -> None:
    body = add_body(onsite(reg={"no_reg": no_reg}), policy())
    assert body["angkaantrean"] == angka
    assert body["nomorantrean"] == f"INT-{no_reg}"
    assert body["estimasidilayani"] == OPENING_MS + angka * 300_000


@pytest.mark.parametrize(
    ("kuota", "no_reg", "expected"),
    [
        ("30", "001", (29, 30)),
        ("30", "030", (0, 30)),
        ("30", "031", (0, 30)),
        ("30", "999", (0, 30)),
        ("30", "abc", (30, 30)),
        ("0", "005", (0, 0)),
        (None, "005", (0, 0)),
        ("", "005", (0, 0)),
        ("-5", "001", (0, 0)),
        ("banyak", "001", (0, 0)),
    ],
)
def test_what_is_left_of_a_quota_is_never_negative(
    kuota: str | None, no_reg: str, expected: tuple[int, int]
) -> None:
    body = add_body(onsite(reg={"no_reg": no_reg}, slot=slot(kuota=kuota)), policy())
    assert (body["sisakuotajkn"], body["kuotajkn"]) == expected
    assert (body["sisakuotanonjkn"], body["kuotanonjkn"]) == expected


def test_what_a_booking_does_not_say_and_nobody_else_does_is_left_out() -> None:
    texts = ("nomorkartu", "nik", "nohp", "kodepoli", "norm", "jampraktek", "nomorreferensi")
    empty = dict.fromkeys((*texts, "nomorantrean", "jeniskunjungan", "estimasidilayani"))
    body = add_body(mobilejkn(book=empty, registration=None, slot=None), policy())
    left_out = {*texts, "jeniskunjungan", "nomorantrean", "estimasidilayani"}
    assert set(FIELD_TYPES) - set(body) == left_out
    assert (body["namapoli"], body["namadokter"]) == ("", "")


BOOKED_NOTHING = dict.fromkeys(
    (
        *("kodepoli", "kodedokter", "jampraktek", "nomorreferensi", "nomorantrean"),
        *("angkaantrean", "estimasidilayani", "nomorkartu", "nik", "nohp", "norm"),
    )
)


@pytest.mark.parametrize("text", [None, "", "-", "0", "null", "NULL "])
def test_what_a_booking_does_not_say_is_taken_from_where_else_it_stands(text: str | None) -> None:
    """SEP, mapping, session and patient."""
    book = dict.fromkeys(BOOKED_NOTHING, text)
    body = add_body(mobilejkn(book=book, sep=sep(nomorkartu="0009000000055")), policy())
    booked = ("kuotanonjkn", "sisakuotanonjkn", "kuotajkn", "sisakuotajkn", "nomorkartu")
    assert body == {
        **JKN_AT_THE_DESK,
        **{name: MOBILE_JKN[name] for name in (*booked, "kodebooking", "namapoli", "namadokter")},
        "nomorkartu": "0009000000055",
    }
    assert what_add_lacks(mobilejkn(book=book, sep=sep())) is None


def test_empty_numbers_of_a_booking_do_not_crash() -> None:
    names = ("sisakuotajkn", "kuotajkn", "sisakuotanonjkn", "kuotanonjkn")
    body = add_body(mobilejkn(book=dict.fromkeys(names)), policy())
    assert [body[name] for name in names] == [0, 0, 0, 0]
    body = add_body(mobilejkn(book={"sisakuotajkn": "-3", "sisakuotanonjkn": "-1"}), policy())
    assert (body["sisakuotajkn"], body["sisakuotanonjkn"]) == (0, 0)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, OPENING_MS + 3 * 5 * 60_000),
        ({"minutes_per_patient": 10}, OPENING_MS + 3 * 10 * 60_000),
        ({"minutes_per_patient": 0}, OPENING_MS),
        ({"zone": WIT}, OPENING_MS - 2 * 3_600_000 + 3 * 5 * 60_000),  # 08:00 WIT is 06:00 WIB
    ],
)
def test_estimasidilayani_counts_from_the_sessions_opening(
    changed: dict[str, Any], expected: int
) -> None:
    assert (
        add_body(onsite(reg={"no_reg": "003"}), policy(**changed))["estimasidilayani"] == expected
    )


# Names


@pytest.mark.parametrize(
    "name",
    [
        "dr. O'Contoh",
        'dr. "Contoh" Dua',
        "dr. C:\\Contoh\\n",
        "dr. Baris\nKedua\t",
        "dr. Contoh 🩺",
        "dr. Ã©Contoh",
        "{no_rawat} %s",
    ],
)
def test_any_name_goes_through(name: str) -> None:
    body = add_body(onsite(reg={"nm_dokter_bpjs": name, "nm_poli_bpjs": name}), policy())
    assert body["namadokter"] == name.strip()
    assert json.loads(json.dumps(body))["namapoli"] == name.strip()


def test_monday_is_where_the_golden_milliseconds_say() -> None:
    """A check of the tests themselves, against the calendar instead of our own code."""
    midnight = at("00:00")
    assert (MONDAY.weekday(), int((midnight + timedelta(hours=8)).timestamp() * 1000)) == (
        0,
        OPENING_MS,
    )


def test_of_a_visit_of_which_nothing_is_there_only_its_code_is_known() -> None:
    body = add_body(mobilejkn(registration=None, booking=None), policy())
    assert body == {"kodebooking": NOBOOKING}


def test_the_hours_of_hfis_count_before_khanzas() -> None:
    body = add_body(nonjkn(hfis_slot=slot(jam_mulai="09:00:00", kuota="7")), policy())
    assert (body["jampraktek"], body["kuotajkn"]) == ("09:00-14:00", 7)


def test_what_is_not_known_of_a_nonjkn_patient_is_a_dash() -> None:
    body = add_body(nonjkn(reg={"nik": "x", "nohp": None}), policy())
    assert (body["nik"], body["nohp"]) == ("-", "-")
    body = add_body(nonjkn(), policy())
    assert (body["nik"], body["nohp"]) == ("3200000000000001", "080000000001")


def test_a_bookings_place_in_the_queue_is_in_its_number_too() -> None:
    body = add_body(mobilejkn(book={"angkaantrean": None, "nomorantrean": "INT-012"}), policy())
    assert body["angkaantrean"] == 12
