"""The table and column that a refused value came from."""

from __future__ import annotations

import pytest

from antrean_cli.rules.add_body import add_body
from antrean_cli.rules.origins import field_named, origin_of_refused
from antrean_cli.rules.visits import Visit
from tests.support.rows import mobilejkn, nonjkn, onsite, policy, sep


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("data nik  belum sesuai.", "nik"),
        ("Data NIK belum sesuai", "nik"),
        ("data nomorreferensi  belum sesuai.", "nomorreferensi"),
        ("Rujukan tidak valid", "nomorreferensi"),
        ("Data dokter tidak ditemukan.", "kodedokter"),
        ("Nomor kartu tidak terdaftar", "nomorkartu"),
        ("Jadwal dokter tidak tersedia", "jampraktek"),
        ("kodepoli dan kodedokter tidak cocok", ""),
        ("teknik gagal", ""),
        ("", ""),
    ],
)
def test_a_field_is_read_out_of_bpjss_words_if_it_is_the_only_one(text: str, field: str) -> None:
    assert field_named(text) == field


def origin(visit: Visit, text: str) -> str:
    return origin_of_refused(visit, add_body(visit, policy()), text)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("data nik  belum sesuai.", "pasien.no_ktp"),
        ("data nomorkartu  belum sesuai.", "bridging_sep.no_kartu"),
        ("data nohp  belum sesuai.", "bridging_sep.notelep"),
        ("data norm belum sesuai.", "reg_periksa.no_rkm_medis"),
        ("Rujukan tidak valid", "bridging_sep.no_rujukan"),
        ("Data dokter tidak ditemukan.", "maping_dokter_dpjpvclaim.kd_dokter_bpjs"),
        ("data kodepoli  belum sesuai.", "maping_poli_bpjs.kd_poli_bpjs"),
        ("data jampraktek  belum sesuai.", "jadwal.jam_mulai, jam_selesai"),
        ("data tanggalperiksa  belum sesuai.", "reg_periksa.tgl_registrasi"),
        ("data keterangan  belum sesuai.", ""),
        ("Sistem sibuk", ""),
    ],
)
def test_a_value_of_a_visit_at_the_desk_is_found_where_it_stands(text: str, place: str) -> None:
    assert origin(onsite(), text) == place


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("data nomorkartu  belum sesuai.", "no_kartu"),
        ("data nohp  belum sesuai.", "notelep"),
        ("Rujukan tidak valid", "no_rujukan"),
        ("data kodepoli  belum sesuai.", "kdpolitujuan"),
        ("Data dokter tidak ditemukan.", "kddpjp"),
    ],
)
def test_a_value_of_the_sep_of_a_second_clinic_is_named_in_its_own_table(
    text: str, column: str
) -> None:
    unmapped = {"kd_poli_bpjs": None, "kd_dokter_bpjs": None}
    assert origin(onsite(reg=unmapped), text) == f"bridging_sep.{column}"
    internal = onsite(reg=unmapped, sep=sep(internal="1"))
    assert origin(internal, text) == f"bridging_sep_internal.{column}"


def test_a_bookings_own_value_is_found_with_the_booking() -> None:
    found = origin(mobilejkn(), "data nik  belum sesuai.")
    assert found == "referensi_mobilejkn_bpjs.nik"


def test_the_next_place_is_named_where_the_first_one_is_not_filled() -> None:
    assert origin(onsite(sep=None), "data nohp  belum sesuai.") == "pasien.no_tlp"


def test_what_was_typed_by_hand_came_from_nowhere() -> None:
    visit = onsite()
    body = {**add_body(visit, policy()), "nik": "3374010101010099"}
    assert origin_of_refused(visit, body, "data nik  belum sesuai.") == ""
    assert origin(nonjkn(reg={"nik": "-"}), "data nik  belum sesuai.") == ""
