"""`antrean ref`: three of BPJS's lists, shown."""

from __future__ import annotations

import json

import pytest

from tests.support.site import Site


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
    site.bpjs.bookings.mobile_jkn("A1", "2026-11-23", kodedokter=99999, namadokter=name)
    for arguments in (("poli",), ("dokter",), ("jadwal", "INT", "2026-11-23")):
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
