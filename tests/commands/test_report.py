"""`antrean report`: what a hospital is judged by, from its passes to text, CSV, JSON and a page."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import shutil
import subprocess
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from antrean_cli.simulator.bookings import EMPTY, Answer
from tests.support.patients import examined, gone_home, patient
from tests.support.site import MONDAY, Site

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture
def week(site: Site) -> Site:
    """A hospital at 09:00 on Tuesday, after a Monday of which not all was told."""
    site.clock.at("07:00")
    site.sync()
    gone_home(site)
    examined(site)
    patient(site, kd_poli="MAT")
    patient(site, kd_dokter="D03")
    site.khanza.visit(MONDAY, kd_poli="IGDK")
    site.khanza.sep("2026/11/23/000005")
    site.clock.at("14:00")
    site.sync()
    site.clock.at("09:00", day=1)
    site.sync()
    return site


def report(site: Site, *args: str, **env: str) -> CompletedProcess[str]:
    return site.run("report", *args, CLOCK=site.clock.now.isoformat(), **env)


def document(site: Site, *args: str) -> dict[str, Any]:
    done = report(site, *args, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_figures_of_a_day_are_what_bpjs_holds_of_it(week: Site) -> None:
    found = document(week)
    assert (found["first"], found["last"]) == ("2026-11-01", "2026-11-24")
    coverage = found["coverage"]
    assert (coverage["seps"], coverage["covered"], coverage["share"]) == (4, 2, 0.5)
    assert [(one["kd_poli"], one["reason_code"], one["seps"]) for one in coverage["uncovered"]] == [
        ("INT", "petakan", 1),
        ("MAT", "petakan", 1),
    ]
    total = found["total"]
    assert [total[name] for name in ("antrean", "not_at_bpjs", "served", "whole")] == [2, 2, 2, 2]
    assert (total["told_3"], total["expected_3"]) == (2, 2)
    assert total["waits"]["3-4"]["n"] == 2
    assert {one["value"]: one["antrean"] for one in found["groups"]["poli"]} == {
        "INT": 2,
        "MAT": 0,
    }
    assert ("petakan", "IT") in {(one["reason_code"], one["who"]) for one in found["losses"]}
    assert found["error"] is None


def test_it_fits_a_terminal_and_names_what_it_counts(week: Site) -> None:
    for by in ("tanggal", "poli", "dokter", "jenis", "jam", "hari"):
        done = report(week, "--by", by)
        assert (done.returncode, done.stderr) == (0, "")
        assert [line for line in done.stdout.splitlines() if len(line) > 80] == []
    said = report(week).stdout
    assert (
        "Laporan antrean 01-11-2026 s.d. 24-11-2026\n(antrean mulai mencatat pada 23-11-2026)"
        in said
    )
    assert re.search(r"Semua sumber +█+░+ +50,0 % +2 +target 95 %", said)
    assert re.search(r"Task 3 +█+ +100,0 % +2 +dari 2", said)
    assert "poli MAT belum dipetakan" in said


def test_a_csv_opens_as_excel_is_set_up_in_indonesia(week: Site) -> None:
    text = report(week, "--csv").stdout
    assert text.startswith("\ufeffkode;poli;")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))
    (row,) = (row for row in rows if row["kode"] == "INT")
    assert (row["poli"], row["antrean_di_bpjs"], row["persen_lengkap"]) == (
        "INT Poliklinik Penyakit Dalam",
        "2",
        "100,0",
    )
    assert (row["task_4_seharusnya"], row["task_4_di_bpjs"], row["dilayani"]) == ("2", "2", "2")
    assert row["kunjungan_3_4"] == "2"


@pytest.mark.parametrize(
    ("args", "period"),
    [
        (("--month", "2026-11"), ("2026-11-01", "2026-11-24")),
        (("--month", "2026-10"), ("2026-10-01", "2026-10-31")),
        (("--month", "2026-02"), ("2026-02-01", "2026-02-28")),
        (("--since", "2026-11-20"), ("2026-11-20", "2026-11-24")),
        (("--until", "2026-10-15"), ("2026-10-01", "2026-10-15")),
        (("--since", "2026-09-30", "--until", "2026-10-01"), ("2026-09-30", "2026-10-01")),
    ],
)
def test_a_period_is_a_month_or_goes_from_day_to_day(
    week: Site, args: tuple[str, ...], period: tuple[str, str]
) -> None:
    found = document(week, *args)
    assert (found["first"], found["last"]) == period


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--month", "2026-13"), "'2026-13' bukan bulan; tulis YYYY-MM"),
        (("--month", "2026-11", "--since", "2026-11-02"), "pilih --month, atau --since"),
        (("--month", "2026-12"), "2026-12-01 belum tiba"),
        (("--since", "2026-11-10", "--until", "2026-11-09"), "--since 2026-11-10 sesudah --until"),
        (("--since", "2020-01-01"), "paling panjang satu tahun"),
        (("--csv", "--json"), "pilih salah satu"),
        (("--by", "pasien"), "harus salah satu dari tanggal, poli, dokter, jenis, jam, hari"),
    ],
)
def test_what_cannot_be_meant_is_said_in_a_sentence(
    week: Site, args: tuple[str, ...], said: str
) -> None:
    done = report(week, *args)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_without_khanza_the_ledgers_part_is_shown_all_the_same(week: Site) -> None:
    done = report(week, KHANZA_SOCKET="/nonexistent")
    assert done.returncode == 5
    assert "Antrean di BPJS: 2" in done.stdout
    assert "SEP" not in done.stdout
    assert "Khanza" in done.stderr


def test_what_lapses_is_counted_by_what_it_waited_for(week: Site) -> None:
    week.clock.at("10:00", day=9)
    week.sync()
    found = document(week, "--month", "2026-11")
    assert found["total"]["lapsed"] == 2
    (one,) = (one for one in found["losses"] if one["reason"].startswith("poli MAT"))
    assert (one["reason_code"], one["who"], one["bookings"]) == ("petakan", "IT", 1)
    shown = week.run("show", "2026/11/23/000003", CLOCK=week.clock.now.isoformat()).stdout
    assert "lewat H+7: BPJS tidak menerima lagi" in shown


# -- BPJS's dashboard

MONTH = "/dashboard/waktutunggu/bulan/11/tahun/2026/waktu/"


def test_bpjss_own_figures_stand_beside_ours(week: Site) -> None:
    """Monday's visits are at BPJS, and one of Khanza's own sender's; two calls for the month."""
    week.bpjs.bookings.mobile_jkn("A1", "2026-11-23", kodepoli="INT", namapoli="Penyakit Dalam")
    found = document(week, "--bpjs")["bpjs"]
    asked = [one.path for one in week.bpjs.received if one.body is None]
    assert asked[-2:] == [f"{MONTH}rs", f"{MONTH}server"]
    (clinic,) = found["poli"]
    assert (clinic["kode"], clinic["antrean"], clinic["antrean_bpjs"]) == ("INT", 2, 3)
    assert clinic["means"]["3-4"] == {"ours": 20.5, "rs": 20.0, "server": 0.0}
    assert found["total"]["antrean_bpjs"] == 3
    told = {(one["kind"], one["kode"], one["step"]) for one in found["differences"]}
    assert {("more", "", None), ("more", "INT", None), ("arrival", "INT", "3-4")} <= told
    assert ("wait", "INT", "3-4") not in told
    assert document(week)["bpjs"] is None


def test_the_comparison_fits_a_terminal_a_spreadsheet_and_the_page(
    week: Site, tmp_path: Path
) -> None:
    done = report(week, "--bpjs")
    assert (done.returncode, done.stderr) == (0, "")
    assert [line for line in done.stdout.splitlines() if len(line) > 80] == []
    assert re.search(r"^INT \S.* +2 +2 +20,5 +20,0 +0,0$", done.stdout, re.MULTILINE)
    assert "- INT 3 → 4: 0,0 menit menurut server, 20,0 menit menurut rs" in done.stdout
    text = report(week, "--bpjs", "--csv").stdout.removeprefix("\ufeff")
    (row,) = csv.DictReader(io.StringIO(text), delimiter=";")
    assert (row["kode"], row["antrean"], row["antrean_bpjs"]) == ("INT", "2", "2")
    assert (row["catatan_3_4"], row["rs_3_4"], row["server_3_4"]) == ("20,5", "20,0", "0,0")
    shown = html.unescape(page(week, tmp_path / "laporan.html", "--bpjs"))
    assert "<td class=text>INT PENYAKIT DALAM</td><td>2</td><td>2</td>" in shown
    assert "20,5 / 20,0 / 0,0" in shown


def test_a_period_of_days_is_asked_for_day_by_day(week: Site) -> None:
    document(week, "--bpjs", "--since", "2026-11-23")
    asked = [one.path.split("/tanggal/")[-1] for one in week.bpjs.received if one.body is None]
    assert asked[-4:] == [
        f"2026-11-{day}/waktu/{waktu}" for day in (23, 24) for waktu in ("rs", "server")
    ]


def test_a_month_of_which_bpjs_has_nothing_is_told_in_a_sentence(week: Site) -> None:
    for answer in (EMPTY, Answer(201, "Data tidak ditemukan")):
        with week.answering("/dashboard/waktutunggu/bulan/{}/tahun/{}/waktu/{}", answer):
            done = report(week, "--bpjs")
            found = document(week, "--bpjs")["bpjs"]
        assert (done.returncode, done.stderr) == (0, "")
        assert "Antrean di BPJS: 2" in done.stdout
        assert "Dashboard BPJS: BPJS tidak punya angka untuk masa itu" in done.stdout
        assert (found["total"], found["message"], found["error"]) == (None, answer.message, None)


@pytest.mark.parametrize(
    ("answer", "env", "code", "said"),
    [
        (Answer(503, "Sedang sibuk"), {}, 5, "Sedang sibuk (kode 503)"),
        (Answer(208, "Aneh"), {}, 6, "kode 208"),
        (EMPTY, {"BPJS_SECRET_KEY": "salah"}, 4, "Signature tidak sesuai"),
        (EMPTY, {"BPJS_BASE_URL": "http://127.0.0.1:9/antreanrs"}, 5, "BPJS"),
    ],
)
def test_a_failure_of_bpjs_is_one_sentence_beside_our_own_report(
    week: Site, tmp_path: Path, answer: Answer, env: dict[str, str], code: int, said: str
) -> None:
    file = tmp_path / "laporan.html"
    with week.answering("/dashboard/waktutunggu/bulan/{}/tahun/{}/waktu/{}", answer):
        done = report(week, "--bpjs", **env)
        as_json = report(week, "--bpjs", "--json", **env)
        on_page = report(week, "--bpjs", "--html", str(file), **env)
    assert {one.returncode for one in (done, as_json, on_page)} == {code}
    assert "Antrean di BPJS: 2" in done.stdout
    assert (len(done.stderr.splitlines()), said in done.stderr) == (1, True)
    assert said in json.loads(as_json.stdout)["bpjs"]["error"]
    assert said in html.unescape(file.read_text(encoding="utf-8"))


def test_without_khanza_bpjss_clinics_stand_alone_and_both_troubles_are_told(week: Site) -> None:
    done = report(week, "--bpjs", "--json", KHANZA_SOCKET="/nonexistent")
    found = json.loads(done.stdout)
    assert done.returncode == 5
    assert [(one["antrean"], one["antrean_bpjs"]) for one in found["bpjs"]["poli"]] == [(None, 2)]
    assert found["bpjs"]["total"]["antrean"] == 2
    both = report(week, "--bpjs", KHANZA_SOCKET="/nonexistent", BPJS_SECRET_KEY="salah")
    assert both.returncode == 4, "the first of the two by the table of exit codes"
    assert ["Khanza" in line for line in both.stderr.splitlines()] == [True, False]


def test_by_something_else_than_clinics_there_is_no_csv_of_the_comparison(week: Site) -> None:
    done = report(week, "--bpjs", "--csv", "--by", "dokter")
    assert (done.returncode, done.stdout) == (2, "")
    assert "hapus --by" in done.stderr


# -- the page


def page(site: Site, file: Path, *args: str) -> str:
    done = report(site, *args, "--html", str(file))
    assert (done.returncode, done.stdout) == (0, "")
    return file.read_text(encoding="utf-8")


def test_the_page_stands_alone_and_its_figures_are_those_of_json(
    week: Site, tmp_path: Path
) -> None:
    text = page(week, tmp_path / "laporan.html")
    found = document(week)
    assert not re.search(r"(?:src|href)=|url\(|@import|<script|https?:", text)
    tiles = dict(re.findall(r'id="([\w-]+)"><b>([^<]*)</b>', text))
    assert tiles["coverage"] == f"{100 * found['coverage']['share']:.1f} %".replace(".", ",")
    assert tiles["whole"] == f"{100 * found['total']['whole_share']:.1f} %".replace(".", ",")
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", text)]
    cells = {html.unescape(row[0]): row[1:] for row in rows if row}
    waits = found["total"]["waits"]["3-4"]
    assert cells["3 → 4"][:3] == [
        str(waits["n"]),
        f"{waits['median']} mnt",
        f"{waits['p90']} mnt",
    ]
    for one in found["groups"]["dokter"]:
        assert cells[one["name"]][0] == str(one["antrean"])


def test_no_patient_is_on_the_page(week: Site, tmp_path: Path) -> None:
    text = page(week, tmp_path / "laporan.html") + report(week, "--json").stdout
    assert "PASIEN" not in text
    assert "2026/11/23/" not in text
    assert not re.search(r"\d{8}", text.replace("2026", ""))


def test_a_page_that_cannot_be_written_is_said_and_leaves_nothing(
    week: Site, tmp_path: Path
) -> None:
    for file in (tmp_path, tmp_path / "tidak" / "ada.html", Path("/proc/x.html")):
        done = report(week, "--html", str(file))
        assert done.returncode == 2
        assert "tidak dapat ditulis" in done.stderr
    assert not list(tmp_path.parent.glob(".*.baru"))


@pytest.mark.skipif(not CHROMIUM, reason="needs Debian's chromium")
def test_a_browser_shows_the_page_without_a_complaint(week: Site, tmp_path: Path) -> None:
    file, picture = tmp_path / "laporan.html", tmp_path / "laporan.png"
    page(week, file)
    assert CHROMIUM is not None
    done = subprocess.run(
        [
            CHROMIUM,
            *("--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"),
            f"--user-data-dir={tmp_path / 'profile'}",
            f"--screenshot={picture}",
            "--window-size=820,1200",
            file.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "CONSOLE" not in done.stderr
    assert picture.stat().st_size > 10_000, done.stderr
