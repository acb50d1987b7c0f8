"""`antrean jadwal`: Khanza's sessions beside HFIS, and what is told to HFIS of them."""

from __future__ import annotations

import csv
import io
import json
from subprocess import CompletedProcess
from typing import Any

import pytest

from antrean_cli.simulator.bookings import OK, Answer
from antrean_cli.simulator.faults import Fault
from tests.support.command import on_a_terminal
from tests.support.site import Site

CHANGE = "/jadwaldokter/updatejadwaldokter"
WEEK = [{"hari": str(hari), "buka": "08:00", "tutup": "14:00"} for hari in range(1, 8)]


def hfis(site: Site, kodedokter: int, hours: dict[int, str], kodepoli: str = "INT") -> None:
    """Let HFIS have these hours of a doctor, by the number of the weekday."""
    slots = [
        dict(zip(("hari", "buka", "tutup"), (hari, *when.split("-")), strict=True))
        for hari, when in hours.items()
    ]
    site.bpjs.bookings.hold_sessions(
        {"kodepoli": kodepoli, "kodedokter": kodedokter, "jadwal": slots}
    )


ALL = dict.fromkeys(range(1, 8), "08:00-14:00")


@pytest.fixture
def hospital(site: Site) -> Site:
    """A Monday on which HFIS has dr. 12345 of INT for shorter hours, and dr. 12346 not at all."""
    hfis(site, 12346, {})
    hfis(site, 12345, {}, "ANA")
    hfis(site, 12345, {**ALL, 1: "08:00-12:00"})
    hfis(site, 23456, ALL, "ANA")
    return site


def jadwal(site: Site, *args: str, **env: str) -> CompletedProcess[str]:
    return site.run("jadwal", *args, CLOCK=site.clock.now.isoformat(), **env)


def sent(site: Site) -> list[dict[str, Any]]:
    return site.bodies(CHANGE)


# -- shown


def test_a_days_sessions_of_all_clinics_stand_beside_hfis(hospital: Site) -> None:
    """D03 and MAT are not mapped: `check` tells that."""
    done = jadwal(hospital)
    assert (done.returncode, done.stderr) == (13, "")
    rows = [line.split() for line in done.stdout.splitlines()[2:]]
    assert [row[:2] for row in rows if row[0] in ("ANA", "INT")] == [
        ["ANA", "23456"],
        ["INT", "12345"],
    ]
    (row,) = (line for line in done.stdout.splitlines() if line.startswith("INT"))
    assert row.endswith("08:00-14:00  08:00-12:00  beda")
    assert max(map(len, done.stdout.splitlines())) <= 80
    found = json.loads(jadwal(hospital, "--json").stdout)
    assert [(one["kodepoli"], one["beda"]) for one in found] == [("ANA", False), ("INT", True)]
    assert found[1] == {
        "kodepoli": "INT",
        "kodedokter": "12345",
        "dokter": "dr. Andi Contoh, Sp.PD",
        "tanggal": "2026-11-23",
        "khanza": ["08:00-14:00"],
        "hfis": ["08:00-12:00"],
        "libur": False,
        "beda": True,
    }


@pytest.mark.parametrize("poli", ["INT", "int", "P-INT"])
def test_one_clinic_on_one_day_is_one_call(hospital: Site, poli: str) -> None:
    if poli == "P-INT":  # another code in Khanza than at BPJS
        hospital.khanza.clinic("P-INT", "Penyakit Dalam", "INT")
        hospital.khanza.doctor("D09", "dr. Hana Contoh, Sp.PD", "P-INT", "99999", weekdays=[1])
    done = jadwal(hospital, poli, "2026-11-24", "--json")
    tuesday = {one["kodedokter"]: one["beda"] for one in json.loads(done.stdout)}
    assert tuesday == {"12345": False, **({"99999": True} if poli == "P-INT" else {})}
    assert done.returncode == (13 if poli == "P-INT" else 0)
    assert [one.path for one in hospital.bpjs.received] == [
        "/jadwaldokter/kodepoli/INT/tanggal/2026-11-24"
    ]


def test_a_doctor_who_is_off_or_whom_only_one_side_has_is_a_difference(hospital: Site) -> None:
    off = {"hari": 1, "buka": "08:00", "tutup": "14:00", "libur": 1}
    hospital.bpjs.bookings.hold_sessions({"kodepoli": "INT", "kodedokter": 12345, "jadwal": [off]})
    hfis(hospital, 77777, ALL)
    text = jadwal(hospital, "INT").stdout
    assert "libur" in text
    assert "tidak ada" in text
    found = json.loads(jadwal(hospital, "INT", "--json").stdout)
    assert [(one["libur"], one["beda"]) for one in found] == [(True, True), (False, True)]


def test_the_comparison_opens_in_a_spreadsheet(hospital: Site) -> None:
    text = jadwal(hospital, "INT", "--csv").stdout.removeprefix("\ufeff")
    (row,) = csv.DictReader(io.StringIO(text), delimiter=";")
    assert (row["khanza"], row["hfis"], row["beda"]) == ("08:00-14:00", "08:00-12:00", "ya")


# -- told to HFIS


def test_the_week_of_a_doctor_is_sent_as_khanza_has_it(hospital: Site) -> None:
    done = jadwal(hospital, "kirim", "INT", "--yes")
    assert done.returncode == 0
    assert "12345 dr. Andi Contoh, Sp.PD: terkirim" in done.stderr
    assert "paling cepat besok" in done.stderr
    assert sent(hospital) == [
        {"kodepoli": "INT", "kodesubspesialis": "INT", "kodedokter": 12345, "jadwal": WEEK}
    ]
    assert "senin" in done.stdout
    asked = [one.path for one in hospital.bpjs.received if "/tanggal/" in one.path]
    assert [path[-10:] for path in asked] == [f"2026-11-{day}" for day in range(24, 31)]
    again = jadwal(hospital, "kirim", "INT", "--yes")
    assert (again.returncode, again.stdout) == (0, "")
    assert "HFIS sama dengan jadwal Khanza" in again.stderr
    assert len(sent(hospital)) == 1


def test_the_clinic_of_a_subspeciality_is_looked_up(hospital: Site) -> None:
    """A mapping has the subspeciality's code; BPJS wants the clinic's too."""
    hospital.khanza.clinic("ALG", "Alergi", "027")
    hospital.khanza.doctor("D09", "dr. Hana Contoh, Sp.A", "ALG", "99999", weekdays=[0])
    poli = [
        {"kdpoli": "ANA", "nmpoli": "Anak", "kdsubspesialis": "027", "nmsubspesialis": "Alergi"}
    ]
    with hospital.answering("/ref/poli", Answer(1, "Ok", poli)):
        assert jadwal(hospital, "kirim", "ALG", "--yes").returncode == 0
    (body,) = sent(hospital)
    assert (body["kodepoli"], body["kodesubspesialis"]) == ("ANA", "027")


def test_a_script_has_to_say_yes_and_a_dry_run_sends_nothing(hospital: Site) -> None:
    unasked = jadwal(hospital, "kirim", "INT")
    assert unasked.returncode == 2
    assert "08:00-12:00" in unasked.stdout, "it shows what it is about"
    assert "tambahkan --yes" in unasked.stderr
    dry = jadwal(hospital, "kirim", "INT", "--dry-run", "--json")
    assert dry.returncode == 0
    assert [one["outcome"] for one in json.loads(dry.stdout)] == ["skipped"]
    assert sent(hospital) == []


@pytest.mark.parametrize(("typed", "bodies"), [("ya\n", 1), ("tidak\n", 0)])
def test_on_a_terminal_it_asks(hospital: Site, typed: str, bodies: int) -> None:
    env = hospital.environment(CLOCK=hospital.clock.now.isoformat())
    done = on_a_terminal("jadwal", "kirim", "INT", environ=env, typed=typed)
    assert done.returncode == 0
    assert "Kirim jadwal seminggu 1 dokter ke HFIS?" in done.stdout
    assert len(sent(hospital)) == bodies


def test_one_doctor_alone_can_be_sent(hospital: Site) -> None:
    hospital.khanza.doctor("D09", "dr. Hana Contoh, Sp.PD", "INT", "99999", weekdays=[0])
    assert jadwal(hospital, "kirim", "INT", "099999", "--yes").returncode == 0
    (body,) = sent(hospital)
    assert (body["kodedokter"], body["jadwal"]) == (99999, WEEK[:1])


def test_whom_khanza_does_not_have_is_named_and_not_sent(hospital: Site) -> None:
    hfis(hospital, 77777, ALL)
    done = jadwal(hospital, "kirim", "INT", "77777", "--yes")
    assert (done.returncode, sent(hospital)) == (0, [])
    assert "77777 Dokter 77777: tidak dikirim, tidak ada di jadwal Khanza" in done.stderr
    assert "D03" not in done.stderr


def test_who_has_no_code_of_bpjs_is_named(hospital: Site) -> None:
    hfis(hospital, 12345, ALL)
    done = jadwal(hospital, "kirim", "INT", "--yes")
    assert (done.returncode, sent(hospital)) == (0, [])
    assert "D03 dr. Citra Contoh, Sp.PD: tidak dikirim, belum dipetakan di" in done.stderr


def test_a_week_with_hours_that_nobody_filled_in_is_named_and_not_sent(hospital: Site) -> None:
    hospital.khanza.update(
        "jadwal", {"kd_dokter": "D01", "hari_kerja": "RABU"}, jam_selesai="08:00:00"
    )
    done = jadwal(hospital, "kirim", "INT", "--yes")
    assert (done.returncode, sent(hospital)) == (0, [])
    assert "belum jelas" in done.stdout
    assert "belum diisi atau bertentangan" in done.stderr


def test_a_refusal_is_told_and_stops_nobody_elses(hospital: Site) -> None:
    hospital.khanza.doctor("D09", "dr. Hana Contoh, Sp.PD", "INT", "99999")
    with hospital.answering(CHANGE, Answer(201, "Data dokter tidak ditemukan.")):
        done = jadwal(hospital, "kirim", "INT", "--yes")
        as_json = jadwal(hospital, "kirim", "INT", "--yes", "--json")
    assert (done.returncode, as_json.returncode) == (6, 6)
    assert done.stderr.count("ditolak BPJS: Data dokter tidak ditemukan. (kode 201)") == 2
    assert [one["outcome"] for one in json.loads(as_json.stdout)] == ["refused", "refused"]


def test_a_trouble_of_bpjs_ends_it_and_says_what_was_sent(hospital: Site) -> None:
    hospital.khanza.doctor("D09", "dr. Hana Contoh, Sp.PD", "INT", "99999")
    with hospital.answering(CHANGE, OK, Answer(404, "Gagal dicoba kembali")):
        done = jadwal(hospital, "kirim", "INT", "--yes", "--json")
    assert done.returncode == 5
    assert [one["outcome"] for one in json.loads(done.stdout)] == ["sent", "skipped"]
    hospital.bpjs.faults.add(Fault("http_500", path=CHANGE, times=None))
    done = jadwal(hospital, "kirim", "INT", "--yes", "--json")
    assert done.returncode == 5
    assert {one["outcome"] for one in json.loads(done.stdout)} == {"skipped"}


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("MAT",), "poli MAT belum dipetakan di maping_poli_bpjs"),
        (("XYZ",), "poli XYZ tidak ada di jadwal Khanza"),
        (("INT", "besok"), "YYYY-MM-DD"),
        (("INT", "2026-11-23", "D01"), "paling banyak POLI dan TANGGAL"),
        (("INT", "--yes"), "hanya dengan kirim"),
        (("INT", "--csv", "--json"), "pilih salah satu"),
        (("kirim",), "kirim perlu POLI"),
        (("kirim", ""), "kirim perlu POLI"),
        (("kirim", "INT", "--csv"), "pilih salah satu"),
        (("kirim", "INT", "55555", "--yes"), "dokter 55555 tidak ada di poli INT"),
    ],
)
def test_what_cannot_be_meant_is_said_in_a_sentence(
    hospital: Site, args: tuple[str, ...], said: str
) -> None:
    done = jadwal(hospital, *args)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert said in done.stderr
    assert sent(hospital) == []


def test_without_khanza_or_bpjs_it_says_so(hospital: Site) -> None:
    assert jadwal(hospital, KHANZA_SOCKET="/nonexistent").returncode == 5
    hospital.bpjs.stop()
    done = jadwal(hospital)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (5, "", 1)
