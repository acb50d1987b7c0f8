"""`antrean ref`: BPJS's lists, shown."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tests.support.command import on_a_terminal
from tests.support.site import Site, ms


def lines(text: str) -> list[list[str]]:
    """Return the cells of a table's rows, without its head."""
    return [row.split("  ") for row in text.splitlines()[2:]]


def test_ref_shows_clinics_doctors_and_sessions_as_tables(site: Site) -> None:
    poli, dokter = site.run("ref", "poli"), site.run("ref", "dokter")
    jadwal = site.run("ref", "jadwal", "INT", "2026-11-23")
    for done in (poli, dokter, jadwal):
        assert (done.returncode, done.stderr) == (0, "")
    assert poli.stdout.splitlines()[0].split("  ")[0] == "Kode"
    assert ["INT", "Penyakit Dalam", "INT", "Penyakit Dalam"] in [
        [cell.strip() for cell in row if cell] for row in lines(poli.stdout)
    ]
    assert "12346" in dokter.stdout
    assert "Dr. Sari" in dokter.stdout
    assert "08:00-14:00" in jadwal.stdout


def test_ref_prints_one_json_document(site: Site) -> None:
    keys = {
        "kode": "INT",
        "nama": "Penyakit Dalam",
        "kode_sub": "INT",
        "nama_sub": "Penyakit Dalam",
    }
    assert keys in json.loads(site.run("ref", "poli", "--json").stdout)
    assert {"kode": "12346", "nama": "Dr. Sari"} in json.loads(
        site.run("ref", "dokter", "--json").stdout
    )
    session = {
        "kodedokter": "12346",
        "namadokter": "Dr. Sari",
        "jampraktek": "08:00-14:00",
        "kapasitas": "30",
    }
    found = json.loads(site.run("ref", "jadwal", "INT", "2026-11-23", "--json").stdout)
    assert found == [{**session, "libur": False}]


NIK, CARD, PHONE = "9901010101000001", "0009000000001", "081200000001"


@pytest.fixture
def booked(site: Site) -> Site:
    """BPJS has two bookings of Monday: A1 waits for dr. 12346 of INT, 2026/11/23/000001 is seen."""
    patient = {"nik": NIK, "nomorkartu": CARD, "nohp": PHONE, "kodepoli": "INT"}
    seen = [{"taskid": 4, "waktu": ms("08:30:00")}]
    for code, tasks in (("A1", []), ("2026/11/23/000001", seen)):
        site.bpjs.bookings.mobile_jkn(code, "2026-11-23", tasks, kodedokter=12346, **patient)
    return site


def codes(site: Site, *words: str) -> list[str]:
    done = site.run("ref", *words, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    return [row["kodebooking"] for row in json.loads(done.stdout)]


def test_ref_shows_the_bookings_that_bpjs_has(booked: Site) -> None:
    assert codes(booked, "antrean", "2026-11-23") == ["A1", "2026/11/23/000001"]
    assert codes(booked, "antrean", "23-11-2026") == ["A1", "2026/11/23/000001"]
    assert codes(booked, "antrean", "2026/11/23/000001") == ["2026/11/23/000001"]
    assert codes(booked, "aktif") == ["A1"]
    for hari in ("senin", "Senin", "1"):
        assert codes(booked, "menunggu", "int", "12346", hari, "08:00-14:00") == ["A1"]
    done = booked.run("ref", "menunggu", "INT", "12346", "2", "08:00-14:00")
    assert (done.returncode, done.stderr) == (0, "BPJS tidak punya data untuk itu.\n")
    none = booked.run("ref", "antrean", "A2")
    assert (none.returncode, none.stderr) == (0, "BPJS tidak punya data untuk itu.\n")


def test_a_booking_is_shown_with_its_record_number_and_no_other_of_the_patient(
    booked: Site,
) -> None:
    for form in ((), ("--json",), ("--csv",)):
        shown = booked.run("ref", "antrean", "2026-11-23", *form).stdout
        assert "123345" in shown
        assert "Belum" in shown
        assert not any(number in shown for number in (NIK, CARD, PHONE))
    (row,) = json.loads(booked.run("ref", "antrean", "A1", "--json").stdout)
    assert row == {
        "kodebooking": "A1",
        "tanggal": "2026-11-23",
        "kodepoli": "INT",
        "kodedokter": "12346",
        "norm": "123345",
        "status": "Belum dilayani",
        "jampraktek": "08:00-14:00",
        "noantrean": "A-12",
        "sumberdata": "Mobile JKN",
    }


def test_ref_shows_the_clinics_with_finger_print(site: Site) -> None:
    assert [row["kode"] for row in json.loads(site.run("ref", "poli-fp", "--json").stdout)] == [
        "IRM",
        "MAT",
    ]
    assert "Rehabilitasi Medik" in site.run("ref", "poli-fp").stdout


@pytest.mark.parametrize(("number", "identity"), [(NIK, "nik"), (CARD, "noka")])
def test_a_patients_finger_print_is_asked_for_without_the_number_on_the_command_line(
    booked: Site, number: str, identity: str
) -> None:
    done = booked.run("ref", "pasien-fp", input=f" {number} \n")
    assert (done.returncode, done.stdout.split("\n")[2], done.stderr) == (0, "terdaftar", "")
    assert booked.run("ref", "pasien-fp", "--json", input=number).stdout == (
        '[\n  {\n    "terdaftar": true\n  }\n]\n'
    )
    assert {one.path for one in booked.bpjs.received} == {
        f"/ref/pasien/fp/identitas/{identity}/noidentitas/***"
    }, "not even the stand-in's journal has it"
    unknown = booked.run("ref", "pasien-fp", input="9901010101999999")
    assert (unknown.returncode, unknown.stdout) == (0, "")


def test_on_a_terminal_a_patients_number_is_asked_for(booked: Site) -> None:
    done = on_a_terminal("ref", "pasien-fp", environ=booked.environment(), typed=f"{NIK}\n")
    assert done.returncode == 0
    assert "NIK (16 angka) atau nomor kartu (13 angka):" in done.stdout
    assert done.stdout.splitlines()[-1] == "terdaftar"


@pytest.mark.parametrize("typed", ["", "123", "99010101 01000001", "٩٩٠١٠١٠١٠١٠٠٠٠٠١", "\x00"])
def test_what_is_no_patients_number_is_asked_of_nobody(site: Site, typed: str) -> None:
    done = site.run("ref", "pasien-fp", input=typed)
    assert (done.returncode, done.stdout, site.bpjs.arrived) == (2, "", [])
    assert "bukan NIK (16 angka)" in done.stderr


def test_a_patients_number_on_the_command_line_is_not_taken_and_not_repeated(site: Site) -> None:
    done = site.run("ref", "pasien-fp", NIK)
    assert (done.returncode, NIK in done.stderr, site.bpjs.arrived) == (2, False, [])
    assert "ketik: antrean ref pasien-fp" in done.stderr


def test_ref_shows_the_dashboard_as_bpjs_has_it(booked: Site) -> None:
    times = [{"taskid": 3, "waktu": ms("08:00:00")}, {"taskid": 4, "waktu": ms("08:12:30")}]
    booked.bpjs.bookings.mobile_jkn("A3", "2026-11-24", times, kodepoli="INT")
    for words, antrean in ((("2026-11",), [2, 1]), (("2026-11-24", "rs"), [1])):
        rows = json.loads(booked.run("ref", "dashboard", *words, "--json").stdout)
        assert [row["antrean"] for row in rows] == antrean
        assert rows[-1]["means"][2] == 750
    shown = booked.run("ref", "dashboard", "2026-11-24").stdout.splitlines()[2]
    assert shown.split() == ["INT", "Anak", "1", "-", "-", "12,5", "-", "-", "-"]
    days = booked.run("ref", "dashboard", "2026-11", "server").stdout.splitlines()
    assert [line.split()[:3] for line in (days[0], *days[2:])] == [
        ["Poli", "Tanggal", "Antrean"],
        ["INT", "2026-11-23", "2"],
        ["INT", "2026-11-24", "1"],
    ]
    month = "/dashboard/waktutunggu/bulan/11/tahun/2026/waktu/server"
    assert booked.bpjs.received[-1].path == month


def test_a_list_can_be_opened_in_a_spreadsheet(booked: Site) -> None:
    text = booked.run("ref", "antrean", "A1", "--csv").stdout.removeprefix("\ufeff")
    (row,) = csv.DictReader(io.StringIO(text), delimiter=";")
    assert (row["kodebooking"], row["noantrean"]) == ("A1", "A-12")
    text = booked.run("ref", "dashboard", "2026-11", "--csv").stdout.removeprefix("\ufeff")
    (row,) = csv.DictReader(io.StringIO(text), delimiter=";")
    assert (row["kodepoli"], row["antrean"], row["means_3"]) == ("INT", "2", "0,0")


@pytest.mark.parametrize(
    ("what", "text"), [("dokter", "SARI"), ("dokter", "12346"), ("poli", "penyakit dal")]
)
def test_ref_searches_in_names_and_codes_without_regard_to_case(
    site: Site, what: str, text: str
) -> None:
    (row,) = json.loads(site.run("ref", what, "--cari", text, "--json").stdout)
    assert text.lower() in " ".join(row.values()).lower()
    assert len(lines(site.run("ref", what, "--cari", text).stdout)) == 1


def test_a_clinics_code_may_be_typed_in_small_letters(site: Site) -> None:
    small, capital = (site.run("ref", "jadwal", code, "2026-11-23") for code in ("int", "INT"))
    assert (small.returncode, small.stdout) == (0, capital.stdout)
    assert {one.path for one in site.bpjs.received} == {
        "/jadwaldokter/kodepoli/INT/tanggal/2026-11-23"
    }


def test_ref_says_whether_bpjs_has_nothing_or_nothing_fits(site: Site) -> None:
    """No failure: exit 0, nothing on stdout, and [] for scripts."""
    for arguments, words in (
        (("ref", "dokter", "--cari", "tidak ada ini"), "Tidak ada yang cocok."),
        (("ref", "jadwal", "ZZZ", "2026-11-23"), "BPJS tidak punya data untuk itu."),
    ):
        done = site.run(*arguments)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", f"{words}\n")
        assert site.run("-q", *arguments).stderr == ""
        assert json.loads(site.run(*arguments, "--json").stdout) == []


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ((), "poli|dokter|jadwal"),
        (("obat",), "obat"),
        (("jadwal",), "antrean ref jadwal INT"),
        (("jadwal", "INT"), "antrean ref jadwal INT"),
        (("jadwal", "INT", "23/11/2026"), "YYYY-MM-DD"),
        (("jadwal", "INT", "2026-02-31"), "YYYY-MM-DD"),
        (("poli", "INT"), "antrean ref poli --cari INT"),
        (("dokter", "sari", "2026-11-23"), "--cari sari"),
        (("poli", "--cari"), "--cari"),
        (("aktif", "INT"), "antrean ref aktif --cari INT"),
        (("antrean",), "antrean ref antrean 2026-11-23"),
        (("antrean", "2026-02-31"), "YYYY-MM-DD"),
        (("antrean", "A" * 300), "KODEBOOKING"),
        (("menunggu", "INT", "12345", "senin"), "senin 08:00-14:00"),
        (("menunggu", "INT", "sari", "senin", "08:00-14:00"), "antrean ref dokter"),
        (("menunggu", "INT", "12345", "0", "08:00-14:00"), "senin sampai minggu"),
        (("menunggu", "INT", "12345", "besok", "08:00-14:00"), "senin sampai minggu"),
        (("menunggu", "INT", "12345", "senin", "pagi"), "08:00-14:00"),
        (("dashboard",), "antrean ref dashboard 2026-11 server"),
        (("dashboard", "2026-13"), "YYYY-MM"),
        (("dashboard", "2026-11", "rumah"), "rs atau server"),
        (("poli", "--csv=x"), "--csv"),
    ],
)
def test_wrong_arguments_of_ref_are_one_line_and_ask_nobody(
    site: Site, arguments: tuple[str, ...], word: str
) -> None:
    done = site.run("ref", *arguments)
    assert (done.returncode, done.stdout, site.bpjs.arrived) == (2, "", [])
    assert len(done.stderr.splitlines()) == 1
    assert word in done.stderr


def test_a_session_table_fits_80_columns_with_the_names_that_there_are(site: Site) -> None:
    name = "Prof. Dr. dr. Maximilianus Contoh Panjang, Sp.PD-KGEH, FINASIM"
    poli = {"kodepoli": "KLT", "namapoli": "Poliklinik Kulit, Kelamin, dan Estetika Contoh"}
    times = [{"taskid": task, "waktu": ms(f"{task + 7:02}:00:00")} for task in range(1, 8)]
    for code, tasks in (("A1", times), ("A2", [])):
        site.bpjs.bookings.mobile_jkn(
            code, "2026-11-23", tasks, kodedokter=99999, namadokter=name, **poli
        )
    lists = (("antrean", "2026-11-23"), ("aktif",), ("poli-fp",), ("dashboard", "2026-11"))
    for arguments in (("poli",), ("dokter",), ("jadwal", "INT", "2026-11-23"), *lists):
        done = site.run("ref", *arguments, COLUMNS="80")
        assert max(map(len, done.stdout.splitlines())) <= 80, arguments
    assert "99999" in site.run("ref", "dokter").stdout


def test_ref_tells_that_bpjs_is_down(site: Site) -> None:
    site.bpjs.stop()
    done = site.run("ref", "poli")
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (5, "", 1)


def test_ref_tells_that_the_credentials_are_refused(site: Site) -> None:
    done = site.run("ref", "dokter", BPJS_SECRET_KEY="salah-sekali")
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (4, "", 1)
    assert (
        "Signature tidak sesuai (kode 401); periksa BPJS_SECRET_KEY dan BPJS_CONS_ID" in done.stderr
    )
    assert "salah-sekali" not in done.stderr


def test_ref_needs_no_ledger_and_makes_none(site: Site) -> None:
    assert site.run("ref", "poli").returncode == 0
    assert not site.state.exists()
