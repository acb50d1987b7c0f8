"""Rows as real hospitals hold them, from Khanza to BPJS: not filled, spelled freely, elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.mariadb import MariaDB
from tests.support.patients import gone_home, patient
from tests.support.rows import words
from tests.support.site import MONDAY, Site

ADD = "/antrean/add"
NOT_FILLED = ["", "-", "0", "null", "NULL"]


def norm_of(site: Site, no_rawat: str) -> str:
    """Return whose visit it is."""
    return site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)


def body_of(site: Site, kodebooking: str) -> dict[str, Any]:
    """Return the body of the last add of a booking."""
    return [body for body in site.bodies(ADD) if body["kodebooking"] == kodebooking][-1]


def sep(site: Site, no_rawat: str, **columns: Any) -> None:
    """Change the SEP of a visit."""
    site.khanza.update("bridging_sep", {"no_rawat": no_rawat}, **columns)


@pytest.mark.parametrize("text", NOT_FILLED)
def test_what_a_sep_does_not_say_is_taken_from_next_door(site: Site, text: str) -> None:
    no_rawat = patient(site)
    sep(site, no_rawat, kddpjp=text, kdpolitujuan=text, no_kartu=text, notelep=text)
    site.sync()
    assert site.states(no_rawat) == {"add": "sent", "3": "sent"}
    body, norm = body_of(site, no_rawat), norm_of(site, no_rawat)
    assert (body["kodepoli"], body["kodedokter"]) == ("INT", 12345)
    assert body["nohp"] == site.khanza.value("pasien", "no_tlp", no_rkm_medis=norm)
    assert body["nomorkartu"] == site.khanza.value("pasien", "no_peserta", no_rkm_medis=norm)


@pytest.mark.parametrize("column", ["no_kartu", "kdpolitujuan", "jnspelayanan", "nomr"])
def test_a_null_in_a_sep_costs_nothing(site: Site, column: str) -> None:
    no_rawat = patient(site)
    sep(site, no_rawat, **{column: None})
    site.sync()
    assert site.states(no_rawat) == {"add": "sent", "3": "sent"}


def test_an_admissions_sep_of_the_visit_never_counts(site: Site) -> None:
    no_rawat = patient(site)
    site.khanza.sep(no_rawat, jnspelayanan="1", no_rujukan="RANAP0001", kdpolitujuan="")
    site.sync()
    assert body_of(site, no_rawat)["nomorreferensi"].startswith("0301U001")


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("no_ktp", "32000", "NIK pasien bukan 16 angka"),
        ("no_ktp", None, "NIK pasien bukan 16 angka"),
        ("no_tlp", "08123", "nomor telepon pasien belum diisi"),
        ("no_tlp", "tidak punya", "nomor telepon pasien belum diisi"),
        ("no_peserta", "123", "nomor kartu BPJS pasien bukan 13 angka"),
    ],
)
def test_a_jkn_add_waits_for_the_desk_and_goes_once_the_patients_row_is_right(
    site: Site, column: str, value: str | None, said: str
) -> None:
    no_rawat = patient(site)
    sep(site, no_rawat, notelep="-", no_kartu="-")
    where = {"no_rkm_medis": norm_of(site, no_rawat)}
    right = site.khanza.value("pasien", column, **where)
    site.khanza.update("pasien", where, **{column: value})
    site.sync()
    assert site.bodies(ADD) == []
    held = site.push(no_rawat, "add")
    assert (held.state, words(held.reason)) == ("held", said)
    site.khanza.update("pasien", where, **{column: right})
    site.clock.forward(minutes=1)
    site.sync()
    assert site.states(no_rawat) == {"add": "sent", "3": "sent"}


def test_a_nonjkn_patient_without_numbers_goes_with_dashes(site: Site) -> None:
    no_rawat = site.khanza.visit(MONDAY, kd_pj="UMU")
    where = {"no_rkm_medis": norm_of(site, no_rawat)}
    site.khanza.update("pasien", where, no_ktp="-", no_tlp="08123", no_peserta=None)
    site.sync()
    assert site.sent(ADD) == [(no_rawat, "", 200)]
    body = body_of(site, no_rawat)
    numbers = [body[name] for name in ("nik", "nohp", "nomorkartu", "nomorreferensi")]
    assert numbers == ["-", "-", "", ""]


def test_a_phone_is_spelled_as_bpjs_wants_it(site: Site) -> None:
    no_rawat = patient(site)
    sep(site, no_rawat, notelep="+62 812-3456-7890 / 0813 9876 5432")
    site.sync()
    assert body_of(site, no_rawat)["nohp"] == "081234567890"
    assert site.states(no_rawat)["add"] == "sent"


def test_codes_names_and_hours_of_a_seps_doctor_are_his_own(site: Site) -> None:
    """D02 sits in INT on this weekday as well, in the evening."""
    site.khanza.insert(
        "jadwal",
        kd_dokter="D02",
        hari_kerja="SENIN",
        jam_mulai="16:00:00",
        jam_selesai="18:00:00",
        kd_poli="INT",
        kuota=9,
    )
    no_rawat, away = patient(site), patient(site)
    sep(site, no_rawat, kddpjp="23456")
    sep(site, away, kddpjp="34567")  # D04 is never in INT
    site.sync()
    body = body_of(site, no_rawat)
    assert (body["kodedokter"], body["namadokter"], body["jampraktek"], body["kuotajkn"]) == (
        *(23456, "dr. Bunga Contoh, Sp.A", "16:00-18:00", 9),
    )
    body = body_of(site, away)
    assert (body["kodedokter"], body["namadokter"], body["jampraktek"]) == (
        *(12345, "dr. Andi Contoh, Sp.PD", "08:00-14:00"),
    )


# -- the second clinic of a day


def second_clinic(site: Site, **columns: Any) -> tuple[str, str]:
    """Send a patient with a SEP on to a second clinic; return both visits."""
    first = gone_home(site)
    second = site.khanza.visit(
        MONDAY, jam="10:00:00", kd_poli="ANA", norm=norm_of(site, first), **columns
    )
    number = site.khanza.value("bridging_sep", "no_sep", no_rawat=first)
    site.khanza.sep_internal(second, number)
    return first, second


@pytest.mark.parametrize("kd_pj", ["BPJ", "UMU"])
def test_a_second_clinic_has_its_sep_from_the_table_of_internal_ones(
    site: Site, kd_pj: str
) -> None:
    first, second = second_clinic(site, kd_pj=kd_pj)
    site.sync()
    assert site.record(second).kind == "onsite"
    assert site.states(second) == {"add": "sent", "3": "sent"}
    one, two = body_of(site, first), body_of(site, second)
    assert (one["jeniskunjungan"], two["jeniskunjungan"]) == (1, 2)
    assert one["nomorreferensi"] == two["nomorreferensi"]
    assert (two["kodepoli"], two["kodedokter"]) == ("ANA", 23456)


def test_a_sep_of_its_own_goes_before_an_internal_one(site: Site) -> None:
    _, second = second_clinic(site)
    site.khanza.sep(second, no_rujukan="0301U0011126P999999")
    site.sync()
    assert body_of(site, second)["nomorreferensi"] == "0301U0011126P999999"


def test_an_install_without_internal_seps_goes_on_as_ever(site: Site, mariadb: MariaDB) -> None:
    with mariadb.installed("no internal SEPs"):
        first = gone_home(site)
        second = site.khanza.visit(MONDAY, kd_poli="ANA", norm=norm_of(site, first))
        assert site.sync().report.exit_code == 0
        assert site.states(first)["add"] == "sent"
        assert words(site.push(second, "add").reason).startswith("menunggu nomor referensi")


# -- surat kontrol


@pytest.mark.parametrize(("jenis", "state"), [("Kontrol", "sent"), ("", "sent"), ("SPRI", "held")])
def test_an_admission_that_is_planned_is_no_surat_kontrol(
    site: Site, mariadb: MariaDB, jenis: str, state: str
) -> None:
    with mariadb.installed("surat kontrol of two kinds"):
        no_rawat = site.khanza.visit(MONDAY)
        no_surat = site.khanza.surat_kontrol(norm_of(site, no_rawat), MONDAY, "int ")
        site.khanza.update("bridging_surat_kontrol_bpjs", {"no_surat": no_surat}, jenis=jenis)
        site.sync()
        assert site.push(no_rawat, "add").state == state


def test_a_sep_without_a_number_waits_for_the_surat_kontrol(site: Site) -> None:
    no_rawat = patient(site)
    sep(site, no_rawat, no_rujukan="-", noskdp="0")
    site.sync()
    assert words(site.push(no_rawat, "add").reason).startswith("menunggu nomor referensi")
    no_surat = site.khanza.surat_kontrol(norm_of(site, no_rawat), MONDAY, "INT")
    site.clock.forward(minutes=5)
    site.sync()
    body = body_of(site, no_rawat)
    assert (body["jeniskunjungan"], body["nomorreferensi"]) == (3, no_surat)


def test_blanks_around_a_queue_number_are_not_told(site: Site) -> None:
    no_rawat = patient(site, no_reg="007 ")
    site.sync()
    body = body_of(site, no_rawat)
    assert (body["nomorantrean"], body["angkaantrean"]) == ("INT-007", 7)
