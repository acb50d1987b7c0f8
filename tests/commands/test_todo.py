"""`antrean todo`: what each desk has to do today, as text, CSV, JSON and a page."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.support.patients import examined, patient
from tests.support.site import MONDAY, Site


@pytest.fixture
def morning(site: Site) -> Site:
    """A hospital at 14:00 with something for everybody to do."""
    site.clock.at("07:00")
    site.sync()
    patient(site, kd_poli="MAT")
    patient(site, kd_poli="MAT", jam="08:06:00")
    site.khanza.visit(MONDAY)  # no SEP
    visit = patient(site, jam="08:10:00")
    site.khanza.berkas(visit, kembali=f"{MONDAY} 09:00:00")  # nobody wrote the exam down
    examined(site)
    site.clock.at("14:00")
    site.sync()
    return site


def todo(site: Site, *args: str, **env: str) -> CompletedProcess[str]:
    return site.run("todo", *args, CLOCK=site.clock.now.isoformat(), **env)


def document(site: Site, *args: str) -> list[dict[str, Any]]:
    done = todo(site, *args, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found: list[dict[str, Any]] = json.loads(done.stdout)["work"]
    return found


def test_each_desk_finds_its_own_work_once_in_its_own_words(morning: Site) -> None:
    found = {(one["who"], one["text"]): one for one in document(morning)}
    assert set(found) == {
        ("pendaftaran", "menunggu nomor referensi (SEP atau surat kontrol)"),
        ("poli", "isi pemeriksaan (SOAP)"),
        ("IT", "poli MAT belum dipetakan di maping_poli_bpjs"),
    }
    mapping = found["IT", "poli MAT belum dipetakan di maping_poli_bpjs"]
    assert [len(mapping["bookings"]), mapping["waiting"], mapping["until"]] == [2, 4, "2026-11-30"]
    exam = found["poli", "isi pemeriksaan (SOAP)"]
    assert (exam["kd_poli"], exam["poli"]) == ("INT", "Poliklinik Penyakit Dalam")
    assert [one["no_rawat"] for one in exam["bookings"]] == ["2026/11/23/000004"]


def test_it_fits_a_terminal_and_says_what_to_do(morning: Site) -> None:
    done = todo(morning)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line for line in done.stdout.splitlines() if len(line) > 80] == []
    said = " ".join(done.stdout.split())
    assert "POLI INT Poliklinik Penyakit Dalam: isi pemeriksaan (SOAP)" in said
    assert "2 kunjungan (4 kiriman menunggunya), paling lambat 30-11-2026" in said
    assert "→ isi tabel pemetaan di Khanza" in said
    assert "catat task" not in said


def test_one_desk_can_be_asked_for_alone(morning: Site) -> None:
    assert {one["who"] for one in document(morning, "--who", "poli")} == {"poli"}
    assert document(morning, "--who", "farmasi") == []
    assert "Tidak ada." in todo(morning, "--who", "farmasi").stdout
    assert (
        "harus salah satu dari pendaftaran, poli, farmasi, IT"
        in todo(morning, "--who", "direktur").stderr
    )


def test_a_csv_has_a_line_a_booking(morning: Site) -> None:
    text = todo(morning, "--csv").stdout.removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert sorted(row["no_rawat"][-1] for row in rows) == ["1", "2", "3", "4"]
    assert {row["paling_lambat"] for row in rows} == {"30-11-2026"}


def test_a_csv_has_each_visit_s_own_last_day_and_what_to_do(morning: Site) -> None:
    """The day after, there is one more of the same clinic that has a day longer."""
    tomorrow = MONDAY + timedelta(days=1)
    morning.clock.at("07:00", day=1)
    patient(morning, kd_poli="MAT", tanggal=tomorrow)
    morning.clock.at("14:00", day=1)
    morning.sync()
    text = todo(morning, "--who", "IT", "--csv").stdout.removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    days = ["30-11-2026", "30-11-2026", "01-12-2026"]
    assert [row["paling_lambat"] for row in rows] == days
    assert {row["yang_harus_dilakukan"].split(";")[0] for row in rows} == {
        "isi tabel pemetaan di Khanza"
    }
    (mapping,) = document(morning, "--who", "IT")
    assert [one["until"][-2:] for one in mapping["bookings"]] == ["30", "30", "01"]


def test_a_doctor_and_what_to_do_are_named_where_people_read(morning: Site, tmp_path: Path) -> None:
    patient(morning, jam="08:20:00", kd_dokter="D03")
    morning.sync()
    assert "D03 dr. " in todo(morning, "--who", "IT").stdout
    file = tmp_path / "todo.html"
    todo(morning, "--html", str(file))
    page = file.read_text(encoding="utf-8")
    assert "D03 dr. " in page
    assert "isi tabel pemetaan di Khanza" in page


def test_a_page_can_be_printed_to_be_mailed(morning: Site, tmp_path: Path) -> None:
    file = tmp_path / "todo.html"
    todo(morning, "--html", str(file))
    done = todo(morning, "--html", "-")
    assert (done.stdout.rstrip(), done.stderr) == (file.read_text(encoding="utf-8").rstrip(), "")


def test_a_page_names_every_visit(morning: Site, tmp_path: Path) -> None:
    visits = [patient(morning, kd_poli="MAT", jam=f"08:{minute}:00") for minute in range(20, 30)]
    morning.sync()
    file = tmp_path / "todo.html"
    todo(morning, "--html", str(file))
    page = file.read_text(encoding="utf-8")
    assert [visit for visit in visits if visit not in page] == []


def test_a_page_is_for_others_to_open_and_has_no_patient(morning: Site, tmp_path: Path) -> None:
    file = tmp_path / "todo.html"
    assert todo(morning, "--html", str(file)).returncode == 0
    assert f"{file.stat().st_mode:o}"[-3:] == "644"
    text = file.read_text(encoding="utf-8")
    assert "isi pemeriksaan (SOAP)" in text
    assert not re.search(r"(?:src|href)=|<script|https?:", text)
    assert "PASIEN" not in text
    assert not re.search(r"\d{8}", text)


def test_without_khanza_it_has_codes_alone(morning: Site) -> None:
    done = todo(morning, KHANZA_SOCKET="/nonexistent")
    assert done.returncode == 0
    assert "  INT: isi pemeriksaan (SOAP)" in done.stdout
