"""`list`, `status`, `reconcile` and a pass: root causes once, the width there is, and CSV."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from subprocess import CompletedProcess

import pytest

from tests.support.command import on_a_terminal
from tests.support.patients import examined, gone_home, patient
from tests.support.site import MONDAY, Site

UNMAPPED = "dokter D03 belum dipetakan di maping_dokter_dpjpvclaim"


@pytest.fixture
def morning(site: Site) -> Site:
    """A hospital at 14:00: two visits of an unmapped doctor, one without exam, one refused."""
    site.clock.at("07:00")
    site.sync()
    for _ in range(2):
        gone_home(site, kd_dokter="D03")
    visit = patient(site, jam="08:10:00")
    site.khanza.berkas(visit, kembali=f"{MONDAY} 09:00:00")
    refused = examined(site)
    norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=refused)
    site.bpjs.bookings.refuse("rujukan_tidak_valid", norm=norm)
    site.clock.at("14:00")
    site.sync()
    return site


def run(site: Site, *args: str) -> CompletedProcess[str]:
    return site.run(*args, CLOCK=site.clock.now.isoformat())


def on_terminal(site: Site, *args: str, columns: int = 80) -> str:
    environ = site.environment(CLOCK=site.clock.now.isoformat(), COLUMNS=str(columns), NO_COLOR="1")
    return on_a_terminal(*args, environ=environ).stdout.replace("\r\n", "\n")


def rows_of(done: CompletedProcess[str]) -> list[dict[str, str]]:
    assert done.stdout.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(done.stdout.removeprefix("\ufeff")), delimiter=";"))


# -- root causes


def test_a_pass_on_a_terminal_tells_each_cause_once(morning: Site) -> None:
    shown = on_terminal(morning, "sync")
    said = " ".join(shown.split())
    assert said.count(UNMAPPED) == 1
    assert "ditahan: 2026/11/23/000001 tambah dan 1 lainnya (dan 6 task yang menunggunya)" in said
    assert said.count("isi tabel pemetaan di Khanza") == 1
    assert "lengkapi task sebelumnya" not in said, "advice on a consequence"
    assert "waktu task 4 belum tercatat" in said
    assert "→ isi pemeriksaan (SOAP); setelah itu terkirim otomatis" in said
    assert max(map(len, shown.splitlines())) <= 80


def test_what_goes_on_by_itself_stands_apart(site: Site) -> None:
    site.khanza.visit(MONDAY, jam="08:05:00", kd_pj="UMU")
    site.clock.at("08:06")
    shown = on_terminal(site, "sync")
    assert "Perlu ditindaklanjuti" not in shown
    assert "Berjalan sendiri:\n  ditahan: 2026/11/23/000001 tambah" in shown


def test_status_counts_by_causes(morning: Site) -> None:
    lines = [" ".join(line.split()) for line in run(morning, "status").stdout.splitlines()]
    assert "Keadaan Kunjungan Kiriman Sebab" in lines
    assert f"ditahan 2 8 {UNMAPPED}" in lines
    assert [line for line in lines if "menunggu task" in line or "menunggu antrean" in line] == []


def test_a_list_on_a_terminal_ends_with_the_causes(morning: Site) -> None:
    said = " ".join(on_terminal(morning, "list", "--held").split())
    assert f"(dan 6 task yang menunggunya) {UNMAPPED} → isi tabel pemetaan" in said
    assert "ditolak: 2026/11/23/000004 tambah (dan 2 task yang menunggunya)" in said
    assert "Perlu ditindaklanjuti" not in run(morning, "list", "--held").stdout


# -- width


@pytest.mark.parametrize("columns", [80, 120])
def test_a_list_uses_the_width_that_there_is(morning: Site, columns: int) -> None:
    shown = on_terminal(morning, "list", columns=columns).split("\n\n")[0]
    assert max(map(len, shown.splitlines())) in range(columns - 12, columns + 1)


def test_in_a_pipe_no_line_is_broken(morning: Site) -> None:
    lines = run(morning, "list", "--held").stdout.splitlines()[2:]
    assert len(lines) == 12
    assert all(line.startswith("23-11   2026/11/23/") for line in lines)
    assert sum(line.endswith(f": {UNMAPPED}") for line in lines) == 2
    (line,) = (
        one for one in run(morning, "status").stdout.splitlines() if "Rujukan tidak valid" in one
    )
    assert line.startswith("ditolak")


# -- CSV


def test_a_list_as_csv_has_a_line_a_push(morning: Site) -> None:
    rows = rows_of(run(morning, "list", "--held", "--csv"))
    assert len(rows) == 12
    assert rows[0] == {
        "tanggal": "23-11-2026",
        "kodebooking": "2026/11/23/000001",
        "no_rawat": "2026/11/23/000001",
        "poli": "INT",
        "jenis": "JKN",
        "kiriman": "tambah",
        "keadaan": "ditahan",
        "waktu": "",
        "kode_alasan": "petakan",
        "alasan": UNMAPPED,
        "sejak": "23-11-2026 14:00:00",
    }
    assert rows[1]["waktu"] == "23-11-2026 08:05:00"
    assert rows_of(run(morning, "list", "--closed", "--csv")) == []


def test_status_as_csv_has_a_line_a_cause_and_the_same_exit_code(morning: Site) -> None:
    done = run(morning, "status", "--csv")
    assert done.returncode == run(morning, "status").returncode == 12
    rows = {row["sebab"]: row for row in rows_of(done)}
    assert (rows[UNMAPPED]["kunjungan"], rows[UNMAPPED]["kiriman"]) == ("2", "8")
    assert rows[UNMAPPED]["langkah"] == "tambah"
    (exam,) = (row for cause, row in rows.items() if cause.startswith("waktu task 4 belum"))
    assert exam["yang_harus_dilakukan"].startswith("isi pemeriksaan (SOAP)")


def test_reconcile_as_csv_has_a_line_a_difference(morning: Site) -> None:
    no_rawat = examined(morning)
    morning.clock.at("15:00")
    morning.sync()
    assert rows_of(run(morning, "reconcile", "--csv")) == []
    morning.forgotten_by_bpjs(no_rawat)
    morning.clock.now += timedelta(minutes=1)
    done = run(morning, "reconcile", "--csv")
    assert done.returncode == 13
    rows = rows_of(done)
    assert {(row["kodebooking"], row["no_rawat"]) for row in rows} == {(no_rawat, no_rawat)}
    assert rows[0]["perbedaan"] == "tercatat terkirim, tidak ada di BPJS"
    assert rows[0]["yang_harus_dilakukan"] == "antrean reconcile --date 2026-11-23 --repair"
    assert rows[1]["waktu_khanza"].startswith("23-11-2026 ")


@pytest.mark.parametrize("command", ["list", "status", "reconcile"])
def test_one_form_at_a_time(morning: Site, command: str) -> None:
    done = run(morning, command, "--csv", "--json")
    assert done.returncode == 2
    assert "pilih salah satu: --csv atau --json" in done.stderr + done.stdout
