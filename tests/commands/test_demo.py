"""The demo and the simulator, as somebody runs them who has just installed the package."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from antrean_cli.console.simulator_file import load_bookings
from antrean_cli.simulator.server import KEYS, Simulator
from tests.support.command import run

ANTREAN = (sys.executable, "-m", "antrean_cli")


def test_the_demo_tells_a_day_and_shows_khanza_beside_bpjs(tmp_path: Path) -> None:
    done = run("demo")
    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "BPJS terganggu" in done.stdout
    assert "8 kunjungan" in done.stdout
    assert "BPJS pulih" in done.stdout
    rows = re.findall(r"^(\S+) +Khanza (.*)\n +BPJS(.*)$", done.stdout, re.MULTILINE)
    told = {kodebooking: (recorded.split(), held.split()) for kodebooking, recorded, held in rows}
    (mobile_jkn,) = [row for kodebooking, row in told.items() if "/" not in kodebooking]
    assert mobile_jkn == (["07:31:10", "08:12:30", "08:41:00", "08:50:00", "09:05:30"],) * 2
    assert (
        ["08:00:00", "08:00:00", "08:55:00"],
        ["08:00:00", "08:00:01*", "08:55:00"],
    ) in told.values()
    assert "poli MAT belum dipetakan di maping_poli_bpjs" in done.stdout
    assert "belum ada tanda hadir" in done.stdout
    assert "0 kali ganda" in done.stdout
    assert list(tmp_path.iterdir()) == [], "it leaves nothing behind"


AT_ITS_END = {"CLOCK": "2026-11-25T11:50+07:00"}


def look(kept: Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command with the settings of a kept demo, at its time."""
    return run("--env-file", str(kept / ".env"), *args, environ={**os.environ, **AT_ITS_END, **env})


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo that was kept AT_ITS_END, to be read only."""
    folder = tmp_path_factory.mktemp("demo") / "coba"
    done = run("demo", "--keep", str(folder), environ={**os.environ, **AT_ITS_END})
    assert done.returncode == 0
    (folder / "shown.txt").write_text(done.stdout, encoding="utf-8")
    return folder


def test_a_kept_demo_has_a_month_to_look_at(kept: Path) -> None:
    """By the real rules, from Khanza's rows to the ledger; BPJS holds what the report counts."""
    shown = (kept / "shown.txt").read_text(encoding="utf-8")
    assert "report --since 2026-10-26\n" in shown
    assert "Sebulan sebelumnya" in shown
    assert "8 kunjungan" in shown, "the day's story is that of the day alone"
    assert ("→ 5 terkirim, 2 ditahan" in shown, "0 kali ganda" in shown) == (True, True)
    done = look(kept, "report", "--since", "2026-10-26", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["begin"] == found["first"] == "2026-10-26"
    total, coverage = found["total"], found["coverage"]
    assert total["served"] > 200
    assert 0.8 < total["whole_share"] < 1
    assert 0.85 < coverage["share"] < 1
    assert min(total[fact] for fact in ("cancelled", "no_show", "lapsed", "refused")) > 0
    assert len(found["groups"]["dokter"]) > 5
    assert {one["value"] for one in found["groups"]["hari"]} >= set("123456")
    assert {"petakan", "sep"} <= {one["reason_code"] for one in coverage["uncovered"]}
    with closing(sqlite3.connect(kept / "khanza.sqlite3")) as khanza:
        (seps,) = khanza.execute("SELECT COUNT(*) FROM bridging_sep").fetchone()
    assert coverage["seps"] == seps
    held = json.loads((kept / "bpjs.json").read_text(encoding="utf-8"))["antrean"]
    assert total["antrean"] == len(held)
    assert "Khanza contoh: semua angka dan pasien rekaan" in look(kept, "report").stdout


def test_a_day_of_the_month_agrees_in_khanza_ledger_and_bpjs(kept: Path) -> None:
    with Simulator(**KEYS) as bpjs:
        load_bookings(bpjs, kept / "bpjs.json")
        done = look(kept, "reconcile", "--date", "2026-11-20", BPJS_BASE_URL=bpjs.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^20-11-2026: 1\d antrean dibandingkan", done.stdout)


def test_a_kept_demo_goes_on_with_the_simulator_once_the_clinic_is_mapped(tmp_path: Path) -> None:
    folder = tmp_path / "coba"
    assert run("demo", "--keep", str(folder)).returncode == 0
    assert (folder / ".env").stat().st_mode & 0o077 == 0
    env = folder / ".env"
    with subprocess.Popen(
        [*ANTREAN, "simulator", "--port", "0", "--isi", str(folder / "bpjs.json")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as simulator:
        assert simulator.stdout
        settings = [simulator.stdout.readline().strip() for _ in range(4)]
        url = settings[0].removeprefix("BPJS_BASE_URL=")
        # The kept settings name the usual port, which may be taken on this machine.
        env.write_text(
            re.sub(r"BPJS_BASE_URL=.*", settings[0], env.read_text(encoding="utf-8")),
            encoding="utf-8",
        )
        assert set(settings[1:]) <= set(env.read_text(encoding="utf-8").splitlines())
        with sqlite3.connect(folder / "khanza.sqlite3") as khanza:
            khanza.execute("INSERT INTO maping_poli_bpjs VALUES ('MAT', 'MAT', 'MATA')")
        khanza.close()
        assert run("--env-file", str(env), "sync").returncode == 0
        with urllib.request.urlopen(url.replace("/antreanrs", "/_simulator/"), timeout=10) as page:
            shown = page.read().decode()
        kodebooking = re.search(r"\S+/000007", shown)
        assert kodebooking, "the held visit has come to BPJS"
        listed = run("--env-file", str(env), "listtask", kodebooking[0], "--format", "plain")
        simulator.send_signal(signal.SIGINT)
        assert simulator.wait(10) == 0, "Ctrl-C is the ordinary end"
    assert listed.returncode in (0, 7)
    assert kodebooking[0] in (folder / "bpjs.json").read_text(encoding="utf-8")


def played_on(folder: Path, shown: str, clock: Mapping[str, str]) -> str:
    """Return the day that a kept demo played on, once it looks as it has to at that time.

    Its last pass must not lie in the future, or status would doubt the clock.
    """
    found = re.search(r"show (\d{4})(\d\d)(\d\d)000001", shown)
    assert found
    played = "-".join(found.groups())
    assert f"export ANTREAN_ENV_FILE={folder}/.env" in shown
    for command in (("status",), ("check", "--offline")):
        done = run("--env-file", str(folder / ".env"), *command, environ={**os.environ, **clock})
        assert "masa depan" not in done.stdout
    with Simulator(**KEYS) as bpjs:
        load_bookings(bpjs, folder / "bpjs.json")
        for kodepoli, kodedokter in (("INT", 12345), ("ANA", 23456)):
            sessions: Any = bpjs.bookings.jadwaldokter(kodepoli, played).response
            assert kodedokter in [row["kodedokter"] for row in sessions]
    return played


def test_a_kept_demo_is_over_whatever_the_time_of_day(kept: Path, tmp_path: Path) -> None:
    shown = (kept / "shown.txt").read_text(encoding="utf-8")
    assert played_on(kept, shown, AT_ITS_END) == "2026-11-25"
    a_minute_before = {"CLOCK": "2026-11-25T11:49+07:00"}
    folder = tmp_path / "coba"
    done = run("demo", "--keep", str(folder), environ={**os.environ, **a_minute_before})
    assert played_on(folder, done.stdout, a_minute_before) == "2026-11-24"


def test_the_demos_last_line_names_a_page_of_the_guide() -> None:
    page = re.search(r": antrean (panduan [a-z]+)\n\Z", run("demo").stdout)
    assert page
    assert run(*page[1].split()).returncode == 0


def test_a_folder_that_exists_is_not_written_over(tmp_path: Path) -> None:
    done = run("demo", "--keep", str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"antrean: --keep {tmp_path}: sudah ada; pilih folder baru\n"


def test_the_demo_does_not_read_the_users_own_settings(tmp_path: Path) -> None:
    """A demo must never reach the real BPJS."""
    (tmp_path / ".env").write_text(
        "BPJS_BASE_URL=https://bpjs.invalid/antreanrs\n", encoding="utf-8"
    )
    os.environ["BPJS_BASE_URL"] = "https://bpjs.invalid/antreanrs"
    try:
        assert run("demo").returncode == 0
    finally:
        del os.environ["BPJS_BASE_URL"]


def test_a_port_that_is_taken_is_told() -> None:
    with subprocess.Popen(
        [*ANTREAN, "simulator", "--port", "0"], stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout
        port = re.search(r":(\d+)/", first.stdout.readline())
        assert port
        second = run("simulator", "--port", port[1])
        first.terminate()
    assert (second.returncode, second.stdout) == (2, "")
    assert "port sudah dipakai program lain" in second.stderr
