"""What does not stand in Khanza's rows of a visit: HFIS's session, and the surat kontrol."""

from __future__ import annotations

from typing import Any

import pytest

from antrean_cli.rules.enrichment import with_sessions, with_surat_kontrol
from antrean_cli.rules.listings import Praktek
from antrean_cli.rules.rows import DoctorMapping, PoliMapping, Slot, SuratKontrol
from antrean_cli.rules.visits import Visit
from tests.support.rows import MONDAY, TUESDAY, mobilejkn, onsite, sep, surat

# -- sessions


def praktek(jampraktek: str = "09:00-12:30", **changed: Any) -> Praktek:
    default = Praktek(
        kodedokter="12345",
        namadokter="CONTOH SATU",
        jampraktek=jampraktek,
        kapasitas="40",
        libur=False,
    )
    return default._replace(**changed)


def session(visit: Visit, *held: Praktek, kodepoli: str = "INT") -> Slot | None:
    """Return the session of a visit, where HFIS has these of a clinic on Monday."""
    (found,) = with_sessions([visit], {(kodepoli, MONDAY): held})
    return found.hfis_slot


def test_a_session_has_the_form_of_khanzas_jadwal() -> None:
    assert session(onsite(), praktek()) == Slot(
        kd_dokter="D01",
        hari_kerja="SENIN",
        jam_mulai="09:00:00",
        jam_selesai="12:30:00",
        kd_poli="",
        kuota="40",
    )


def test_of_two_sessions_it_is_the_one_that_the_visit_was_registered_in() -> None:
    morning, evening = praktek("07:00-09:00"), praktek("16:00-18:00")
    found = session(onsite(), evening, morning)
    assert found is not None
    assert found.jam_mulai == "07:00:00"
    found = session(onsite(reg={"jam_reg": "16:30:00"}), evening, morning)
    assert found is not None
    assert found.jam_mulai == "16:00:00"


@pytest.mark.parametrize(
    "held",
    [
        praktek(kodedokter="54321"),
        praktek(libur=True),
        praktek("pagi"),
        praktek("14:00-08:00"),
        praktek("08:00-25:00"),
    ],
    ids=["another doctor's", "on a day off", "without hours", "turned", "of no day"],
)
def test_it_is_no_session_of_the_visit(held: Praktek) -> None:
    assert session(onsite(), held) is None


def test_the_clinic_is_that_of_the_sep_if_there_is_one() -> None:
    elsewhere = onsite(sep=sep(kodepoli="ANA"), named_clinic=PoliMapping("ANA", "ANA"))
    assert session(elsewhere, praktek()) is None
    assert session(elsewhere, praktek(), kodepoli="ANA")
    assert session(onsite(sep=None), praktek())


def test_the_doctor_is_that_of_the_sep_if_khanza_knows_him() -> None:
    of_sep = sep(kodedokter="54321")
    known = onsite(sep=of_sep, named_doctor=DoctorMapping("D09", "54321"))
    assert session(known, praktek(kodedokter="54321"))
    assert session(onsite(sep=of_sep), praktek())


def test_a_visit_whose_registration_is_gone_has_none() -> None:
    assert session(mobilejkn(registration=None), praktek()) is None


def test_a_session_that_is_over_leaves_the_visit() -> None:
    (visit,) = with_sessions([onsite()], {("INT", MONDAY): [praktek()]})
    assert visit.hfis_slot
    assert with_sessions([visit], {}) == [onsite()]
    assert with_sessions([visit], {("INT", TUESDAY): [praktek()]}) == [onsite()]


# -- surat kontrol


@pytest.mark.parametrize(
    "other",
    [surat(norm="000002"), surat(tanggal="2026-11-24"), surat(kd_poli_bpjs="ANA")],
    ids=["another patient", "another day", "another clinic"],
)
def test_a_surat_kontrol_is_of_that_patient_that_day_and_that_clinic(other: SuratKontrol) -> None:
    (without,) = with_surat_kontrol([onsite()], [other])
    assert without.surat_kontrol is None
    (visit,) = with_surat_kontrol([onsite()], [other, surat()])
    assert visit.surat_kontrol == surat()


@pytest.mark.parametrize(
    ("written", "reg"),
    [
        (surat(norm="000001 "), {}),
        (surat(norm="rm1"), {"norm": "RM1 "}),
        (surat(kd_poli_bpjs="int "), {}),
        (surat(tanggal="2026-11-23 00:00:00"), {}),
    ],
)
def test_a_surat_kontrol_is_found_however_its_codes_are_written(
    written: SuratKontrol, reg: dict[str, Any]
) -> None:
    (visit,) = with_surat_kontrol([onsite(reg=reg)], [written])
    assert visit.surat_kontrol == written


@pytest.mark.parametrize("empty", ["", "-", "0"])
def test_a_surat_kontrol_of_nobody_or_of_no_clinic_is_no_visits(empty: str) -> None:
    nobodys, nowhere = surat(norm=empty), surat(kd_poli_bpjs=empty)
    visits = [onsite(reg={"norm": empty}), onsite(reg={"kd_poli_bpjs": empty})]
    assert [one.surat_kontrol for one in with_surat_kontrol(visits, [nobodys, nowhere])] == [
        None,
        None,
    ]


def test_a_visit_tells_whether_surat_kontrol_were_asked_for() -> None:
    assert not onsite().surat_asked
    (visit,) = with_surat_kontrol([onsite()], [])
    assert visit.surat_asked


def test_of_two_clinics_on_one_day_each_visit_has_its_own() -> None:
    other = surat(kd_poli_bpjs="ANA", no_surat="0301R0011126K000002")
    visits = [onsite(), onsite(reg={"kd_poli_bpjs": "ANA"})]
    one, two = with_surat_kontrol(visits, [surat(), other])
    assert (one.surat_kontrol, two.surat_kontrol) == (surat(), other)


def test_a_session_that_the_visit_has_already_leaves_it_as_it_is() -> None:
    (first,) = with_sessions([onsite()], {("INT", MONDAY): [praktek()]})
    (again,) = with_sessions([first], {("INT", MONDAY): [praktek()]})
    assert again is first
    assert with_sessions([onsite()], {}) == [onsite()]


def test_a_surat_kontrol_without_a_day_is_no_visits() -> None:
    (visit,) = with_surat_kontrol([onsite()], [surat(tanggal=None)])
    assert (visit.surat_kontrol, visit.surat_asked) == (None, True)
