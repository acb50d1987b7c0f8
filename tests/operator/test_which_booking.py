"""The no_rawat of a Mobile JKN visit, typed where BPJS knows its kode booking alone."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.patients import mobile_jkn, patient
from tests.support.site import MONDAY, Site

TYPED = {
    "update": ("4", f"{MONDAY} 08:30"),
    "batal": ("--keterangan", "Dokter cuti"),
    "farmasi": ("7", "--jenisresep", "Racikan"),
    "listtask": (),
}


def by_hand(site: Site, *args: str) -> subprocess.CompletedProcess[str]:
    return site.run(*args, CLOCK=site.clock.now.isoformat())


@pytest.fixture
def visit(site: Site) -> tuple[str, str]:
    """A patient who came with a booking of Mobile JKN: the no_rawat and the kode booking."""
    site.clock.at("08:20")
    no_rawat = patient(site, jam="08:00:00", exam="08:10:00")
    return no_rawat, mobile_jkn(site, no_rawat)


@pytest.mark.parametrize("command", TYPED)
def test_a_visit_that_the_ledger_knows_is_told_under_its_kode_booking(
    site: Site, visit: tuple[str, str], command: str
) -> None:
    no_rawat, kodebooking = visit
    site.sync()
    before = len(site.bpjs.received)
    done = by_hand(site, command, no_rawat, *TYPED[command])
    assert done.returncode == 0, done.stderr
    assert f"{no_rawat}: kode bookingnya {kodebooking}" in done.stderr
    body = site.bpjs.received[before:][-1].body
    assert body is not None
    assert body["kodebooking"] == kodebooking


@pytest.mark.parametrize("command", TYPED)
def test_a_visit_that_khanza_alone_knows_is_refused_with_its_kode_booking(
    site: Site, visit: tuple[str, str], command: str
) -> None:
    """Kept under the no_rawat it would wait for a booking that never comes."""
    no_rawat, kodebooking = visit
    done = by_hand(site, command, no_rawat, *TYPED[command])
    assert (done.returncode, done.stdout) == (2, "")
    assert f"pakai kode bookingnya: {kodebooking}" in done.stderr
    listed = by_hand(site, "list", "--pending")
    assert no_rawat not in listed.stdout


def test_what_is_to_be_kept_unsent_is_refused_as_well(site: Site, visit: tuple[str, str]) -> None:
    no_rawat, kodebooking = visit
    done = by_hand(site, "update", no_rawat, "1", f"{MONDAY} 07:50", "--queue")
    assert done.returncode == 2
    assert f"pakai kode bookingnya: {kodebooking}" in done.stderr


def test_the_lines_of_a_file_go_under_the_kode_booking_too(
    site: Site, visit: tuple[str, str], tmp_path: Path
) -> None:
    no_rawat, kodebooking = visit
    site.sync()
    file = tmp_path / "task.csv"
    file.write_text(f"{no_rawat},4,{MONDAY} 08:30\n", encoding="utf-8")
    done = by_hand(site, "update", "--file", str(file))
    assert done.returncode == 0, done.stderr
    assert f"baris 1: {kodebooking} task 4" in done.stdout


def test_a_visit_at_the_desk_is_told_under_its_no_rawat(site: Site) -> None:
    site.clock.at("08:20")
    no_rawat = patient(site, jam="08:00:00")
    site.sync()
    done = by_hand(site, "listtask", no_rawat)
    assert (done.returncode, "kode bookingnya" in done.stderr) == (0, False)


def test_listtask_needs_neither_ledger_nor_khanza(site: Site, visit: tuple[str, str]) -> None:
    no_rawat, _ = visit
    site.state.parent.mkdir(parents=True, exist_ok=True)
    site.state.write_bytes(b"not a ledger")
    done = site.run("listtask", no_rawat, KHANZA_PASSWORD="salah")
    assert done.returncode in (0, 6), done.stderr
    assert "kode booking" not in done.stderr.split("BPJS")[0]
