"""Clinic, doctor and session that BPJS is told: each whole, of one clinic and of one doctor."""

from __future__ import annotations

from typing import Any

import pytest

from antrean_cli.rules.add_body import add_body
from antrean_cli.rules.add_lacks import what_add_lacks
from antrean_cli.rules.reasons import ReasonCode, because
from antrean_cli.rules.rows import DoctorMapping, PoliMapping, Rows
from antrean_cli.rules.served_by import clinic_of, doctor_of, no_session
from antrean_cli.rules.visits import Visit, assemble
from tests.support.rows import (
    NO_RAWAT,
    booking,
    mobilejkn,
    onsite,
    policy,
    registration,
    rows,
    sep,
    slot,
)

NOT_FILLED = [None, "", "-", "0", "null", "NULL", " "]
CLINICS = [
    PoliMapping("INT", "INT", "PENYAKIT DALAM", "Poli Penyakit Dalam"),
    PoliMapping("JTG", "JAN", "JANTUNG", "Poli Jantung"),
]
DOCTORS = [
    DoctorMapping("D01", "12345", "CONTOH SATU, SpPD", "dr. Contoh Satu"),
    DoctorMapping("D02", "54321", "CONTOH DUA, SpJP", "dr. Contoh Dua"),
    DoctorMapping("D03", "77777", None, "dr. Contoh Tiga"),
]
SESSIONS = [
    slot(),
    slot(kd_dokter="D02", jam_mulai="07:00:00", jam_selesai="10:00:00", kuota="12"),
]


def found(**changed: Any) -> Rows:
    """Return Khanza's rows of the internist's visit, with changes."""
    known = {"maping_poli": CLINICS, "maping_dokter": DOCTORS, "slots": SESSIONS}
    return rows(**{"registrations": [registration()], **known, **changed})


def served(**changed: Any) -> Visit:
    """Return the one visit of these rows."""
    (visit,) = assemble(found(**changed), policy())
    return visit


def doctor(visit: Visit) -> tuple[object, ...]:
    """Return code, name and hours of the doctor as BPJS is told."""
    body = add_body(visit, policy())
    return body["kodedokter"], body["namadokter"], body.get("jampraktek")


def clinic(visit: Visit) -> tuple[object, ...]:
    body = add_body(visit, policy())
    return body["kodepoli"], body["namapoli"]


ONE, TWO = (12345, "CONTOH SATU, SpPD", "08:00-14:00"), (54321, "CONTOH DUA, SpJP", "07:00-10:00")
INT, JAN = ("INT", "PENYAKIT DALAM"), ("JAN", "JANTUNG")


# -- the doctor


@pytest.mark.parametrize("text", [*NOT_FILLED, "00", "x", "-5"])
def test_a_sep_that_names_no_doctor_leaves_the_registrations(text: str | None) -> None:
    assert doctor(served(seps=[sep(kodedokter=text)])) == ONE


@pytest.mark.parametrize("code", ["54321", " 54321 ", "054321"])
def test_a_seps_doctor_who_has_a_session_is_told_whole(code: str) -> None:
    assert doctor(served(seps=[sep(kodedokter=code)])) == TWO


def test_a_seps_doctor_without_a_session_that_day_leaves_the_registrations() -> None:
    """In charge, and away: who serves is told."""
    assert doctor(served(seps=[sep(kodedokter="77777")])) == ONE
    tuesdays = slot(kd_dokter="D03", hari_kerja="SELASA")
    elsewhere = slot(kd_dokter="D03", kd_poli="JTG")
    unfilled = slot(kd_dokter="D03", jam_selesai="00:00:00")
    for odd in (tuesdays, elsewhere, unfilled):
        visit = served(seps=[sep(kodedokter="77777")], slots=[*SESSIONS, odd])
        assert doctor(visit) == ONE


def test_a_seps_doctor_whom_khanza_does_not_know_leaves_the_registrations() -> None:
    assert doctor(served(seps=[sep(kodedokter="99999")])) == ONE


def test_a_seps_code_stands_for_the_mapping_that_is_missing() -> None:
    """Nobody else has it: it is the doctor of the registration."""
    row = registration(kd_dokter="D09", kd_dokter_bpjs=None, nm_dokter="dr. Contoh Sembilan")
    slots = [*SESSIONS, slot(kd_dokter="D09", jam_mulai="09:00:00")]
    visit = served(registrations=[row], seps=[sep(kodedokter="99999")], slots=slots)
    assert doctor(visit) == (99999, "CONTOH SATU, SpPD", "09:00-14:00")


def test_an_unmapped_registration_with_a_seps_doctor_whom_khanza_knows_is_his() -> None:
    row = registration(kd_dokter="D09", kd_dokter_bpjs="-", nm_dokter_bpjs=None)
    visit = served(registrations=[row], seps=[sep(kodedokter="54321")])
    assert doctor(visit) == TWO
    away = served(registrations=[row], seps=[sep(kodedokter="77777")])
    assert doctor(away) == (77777, "dr. Contoh Tiga", None)
    reason = what_add_lacks(away)
    assert reason is not None
    assert (reason.code.family, reason.get("kd_dokter")) == ("jadwal", "D03")


def test_a_code_that_no_doctor_of_khanzas_has_any_more_is_nobodys() -> None:
    row = registration(kd_dokter="D09", kd_dokter_bpjs=None, nm_dokter="dr. Contoh Sembilan")
    left_over = DoctorMapping("-", "99999", "CONTOH SEMBILAN", None)
    slots = [*SESSIONS, slot(kd_dokter="D09")]
    visit = served(
        registrations=[row],
        seps=[sep(kodedokter="99999")],
        slots=slots,
        maping_dokter=[left_over, *DOCTORS],
    )
    assert doctor(visit) == (99999, "CONTOH SATU, SpPD", "08:00-14:00")


def test_of_two_khanza_codes_of_a_doctor_the_one_with_a_session_counts() -> None:
    twice = DoctorMapping("A02", "54321", "CONTOH DUA LAMA", "dr. Lama")
    visit = served(seps=[sep(kodedokter="54321")], maping_dokter=[twice, *DOCTORS])
    assert doctor(visit) == TWO


@pytest.mark.parametrize("text", NOT_FILLED)
def test_a_name_that_is_not_filled_gives_way_to_khanzas(text: str | None) -> None:
    visit = served(registrations=[registration(nm_dokter_bpjs=text, nm_poli_bpjs=text)])
    assert (doctor_of(visit).name, clinic_of(visit).name) == (
        *("dr. Contoh Satu", "Poli Penyakit Dalam"),
    )


@pytest.mark.parametrize("text", NOT_FILLED)
def test_a_mapping_that_is_not_filled_is_none(text: str | None) -> None:
    reasons = [
        what_add_lacks(served(registrations=[registration(**{column: text})]))
        for column in ("kd_poli_bpjs", "kd_dokter_bpjs")
    ]
    assert [reason and str(reason.code) for reason in reasons] == ["petakan.poli", "petakan.dokter"]


# -- the clinic


@pytest.mark.parametrize("text", NOT_FILLED)
def test_a_sep_that_names_no_clinic_leaves_the_registrations(text: str | None) -> None:
    assert clinic(served(seps=[sep(kodepoli=text)])) == INT


@pytest.mark.parametrize("code", ["JAN", "jan", "JAN "])
def test_a_seps_clinic_that_khanza_knows_is_told_whole_in_bpjss_spelling(code: str) -> None:
    assert clinic(served(seps=[sep(kodepoli=code)])) == JAN


@pytest.mark.parametrize("code", ["int", "INT "])
def test_the_registrations_own_clinic_keeps_bpjss_spelling(code: str) -> None:
    assert clinic(served(seps=[sep(kodepoli=code)])) == INT


def test_a_seps_clinic_that_khanza_does_not_know_leaves_the_registrations() -> None:
    assert clinic(served(seps=[sep(kodepoli="XYZ")])) == INT


def test_a_seps_clinic_stands_for_the_mapping_that_is_missing() -> None:
    row = registration(kd_poli_bpjs="-", nm_poli_bpjs=None)
    assert clinic(served(registrations=[row], seps=[sep(kodepoli="XYZ")])) == (
        *("XYZ", "Poli Penyakit Dalam"),
    )


# -- bookings of Mobile JKN


def test_a_bookings_clinic_and_doctor_bear_the_names_of_those_that_it_was_made_for() -> None:
    booked = booking(kodepoli="JAN", kodedokter="54321", jampraktek="07:00-10:00")
    visit = served(bookings=[booked])
    assert doctor(visit) == (54321, "dr. Contoh Dua", "07:00-10:00")
    assert clinic(visit) == ("JAN", "Poli Jantung")
    gone = served(registrations=[], bookings=[booked])
    assert doctor(gone) == (54321, "dr. Contoh Dua", "07:00-10:00")
    assert clinic(gone) == ("JAN", "Poli Jantung")


def test_a_bookings_codes_are_bpjss_own_whether_khanza_knows_them_or_not() -> None:
    visit = mobilejkn(book={"kodepoli": "XYZ", "kodedokter": "99999"})
    assert (doctor_of(visit).code, clinic_of(visit).code) == ("99999", "XYZ")


# -- SEPs


def test_of_two_seps_the_one_of_the_visits_clinic_counts_and_of_those_the_newest() -> None:
    old = sep(no_sep="0301R0011226V000009")
    new = sep(no_sep="0301R0010127V000001")  # a year later, although it sorts before
    other = sep(no_sep="0301R0010127V000002", kodepoli="JAN")
    unknown = sep(no_sep="0301R0010127V000003", kodepoli="-")
    internal = sep(no_sep="0301R0010127V000004", internal="1")
    elsewhere = sep(no_sep="0301R0010127V000005", internal="1", kodepoli="JAN")
    best_first = [new, old, internal, unknown, other, elsewhere]
    for at in range(len(best_first)):
        left = best_first[at:]
        for seps in (left, left[::-1]):
            assert served(seps=seps).sep == best_first[at]


def test_the_clinic_of_a_sep_is_the_visits_however_its_code_is_written() -> None:
    own, other = sep(kodepoli="int "), sep(no_sep="0301R0011126V000002", kodepoli="JAN")
    assert served(seps=[own, other]).sep == own


def test_a_visit_with_an_internal_sep_is_jkn_whatever_its_payer() -> None:
    visit = served(registrations=[registration(kd_pj="UMU")], seps=[sep(internal="1")])
    assert (visit.kind, visit.kodebooking) == ("onsite", NO_RAWAT)
    assert onsite(sep=sep()).sep != visit.sep


def test_of_a_visit_of_which_nothing_is_left_neither_is_known() -> None:
    nothing = mobilejkn(registration=None, booking=None)
    assert clinic_of(nothing) == ("", "")
    assert doctor_of(nothing) == ("", "")
    booked = mobilejkn(registration=None)
    assert (clinic_of(booked).code, doctor_of(booked).code) == ("INT", "12345")


def test_a_booking_that_names_no_clinic_or_doctor_has_the_registrations() -> None:
    visit = mobilejkn(book={"kodepoli": None, "kodedokter": None})
    assert (clinic_of(visit).code, doctor_of(visit).code) == ("INT", "12345")
    other_spelling = mobilejkn(book={"kodepoli": "int"})
    assert clinic_of(other_spelling).code == "INT"


@pytest.mark.parametrize(
    ("visit", "named"),
    [
        (onsite(slot=None), "D01"),
        (onsite(slot=None, named_doctor=DoctorMapping("D02", "9")), "D02"),
        (mobilejkn(slot=None, named_doctor=DoctorMapping("D02", "9")), "D01"),
    ],
)
def test_whose_session_is_lacking(visit: Visit, named: str) -> None:
    assert visit.registration is not None
    assert no_session(visit, visit.registration) == because(
        ReasonCode.NO_SESSION, kd_dokter=named, kd_poli="INT", hari="SENIN"
    )
