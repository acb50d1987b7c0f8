"""`antrean sync` as cron runs it: what it prints, how it ends, what it leaves behind.

The command runs at the real time, so its visits are of yesterday: all their times are past at any
hour.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from antrean_cli.ledger.file import locked
from antrean_cli.simulator.faults import Fault
from tests.support.command import on_a_terminal
from tests.support.patients import GONE_HOME, gone_home
from tests.support.site import SINCE, WIB, YESTERDAY, Site, wait_for

ADD, UPDATE, LIST = "/antrean/add", "/antrean/updatewaktu", "/antrean/getlisttask"


def accepted(site: Site) -> Counter[tuple[str, str, str]]:
    """Count how often BPJS accepted each push."""
    return Counter(
        (
            one.path,
            str((one.body or {}).get("kodebooking")),
            str((one.body or {}).get("taskid", "")),
        )
        for one in site.bpjs.received
        if one.code == 200 and one.body and one.path != LIST
    )


def open_states(site: Site, visits: list[str]) -> set[str]:
    """Return the states that occur among the pushes of these visits."""
    return {state for no_rawat in visits for state in site.states(no_rawat).values()}


# -- what is printed


def test_a_pass_that_went_well_prints_nothing_in_cron(live_site: Site) -> None:
    """No output at all, with work or without: cron would send a mail."""
    no_rawat = gone_home(live_site, YESTERDAY)
    for args in (SINCE, (), ()):
        done = live_site.run("sync", *args)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert live_site.held_at_bpjs(no_rawat) == GONE_HOME


def test_a_refusal_is_told_on_stderr_once(live_site: Site) -> None:
    """Exit 3; the line names the push and BPJS's words, and nothing of the patient."""
    no_rawat = gone_home(live_site, YESTERDAY)
    norm = live_site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
    live_site.bpjs.bookings.refuse("rujukan_tidak_valid", norm=norm)
    done = live_site.run("sync", *SINCE)
    assert (done.returncode, done.stdout) == (3, "")
    (line,) = done.stderr.splitlines()
    assert no_rawat in line
    assert "Rujukan tidak valid" in line
    for column in ("nm_pasien", "no_ktp", "no_tlp", "no_peserta"):
        assert live_site.khanza.value("pasien", column, no_rkm_medis=norm) not in line.split()
    again = live_site.run("sync")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_an_unmapped_clinic_or_doctor_is_told_once_and_not_per_visit(live_site: Site) -> None:
    """Once a clinic or doctor, also in later passes; other holds are not told at all."""
    for _ in range(4):
        gone_home(live_site, YESTERDAY, kd_poli="MAT")
        gone_home(live_site, YESTERDAY, kd_dokter="D03")
    live_site.khanza.visit(YESTERDAY)  # held as well: it waits for its reference
    done = live_site.run("sync", *SINCE)
    assert (done.returncode, done.stdout) == (0, "")
    assert len(done.stderr.splitlines()) == 2
    assert "poli MAT belum dipetakan di maping_poli_bpjs" in done.stderr
    assert "dokter D03 belum dipetakan di maping_dokter_dpjpvclaim" in done.stderr
    gone_home(live_site, YESTERDAY, kd_poli="MAT")
    again = live_site.run("sync")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_an_outage_is_told_when_it_begins_and_when_it_is_over(live_site: Site) -> None:
    """Exit 5 in every minute, a line in two of them."""
    for _ in range(4):
        gone_home(live_site, YESTERDAY)
    live_site.bpjs.stop()
    first, second = live_site.run("sync", *SINCE), live_site.run("sync")
    assert (first.returncode, first.stdout, len(first.stderr.splitlines())) == (5, "", 1)
    assert (second.returncode, second.stdout, second.stderr) == (5, "", "")
    live_site.bpjs.start()
    later = (datetime.now(WIB) + timedelta(minutes=1)).isoformat()
    third, fourth = live_site.run("sync", CLOCK=later), live_site.run("sync", CLOCK=later)
    assert (third.returncode, third.stdout) == (0, "")
    assert re.fullmatch(r"BPJS pulih setelah \d+ menit.\n", third.stderr)
    assert (fourth.returncode, fourth.stderr) == (0, "")


def test_an_outage_that_a_terminal_saw_first_is_told_by_cron_once(live_site: Site) -> None:
    """Whoever reads cron's mail was not there; what cron told itself is not told again."""
    for _ in range(4):
        gone_home(live_site, YESTERDAY)
    live_site.bpjs.stop()
    shown = on_a_terminal("sync", *SINCE, environ=live_site.environment())
    assert "BPJS terganggu" in shown.stdout
    said = live_site.run("sync").stderr
    assert said.startswith("BPJS terganggu sejak ")
    assert len(said.splitlines()) == 1
    assert live_site.run("sync").stderr == ""


def test_an_outage_that_cron_has_told_is_not_told_again_after_a_terminal(live_site: Site) -> None:
    for _ in range(4):
        gone_home(live_site, YESTERDAY)
    live_site.bpjs.stop()
    assert "BPJS terganggu" in live_site.run("sync", *SINCE).stderr
    on_a_terminal("sync", environ=live_site.environment())
    assert live_site.run("sync").stderr == ""


def test_khanza_down_is_told_once(live_site: Site) -> None:
    first = live_site.run("sync", KHANZA_SOCKET="/nonexistent")
    second = live_site.run("sync", KHANZA_SOCKET="/nonexistent")
    third = live_site.run("sync")
    assert [one.returncode for one in (first, second, third)] == [5, 5, 0]
    assert [len(one.stderr.splitlines()) for one in (first, second, third)] == [1, 0, 1]


def test_verbose_and_the_log_file_have_one_line_a_change(live_site: Site) -> None:
    """The log names pushes, never patients; a pass without changes adds nothing."""
    no_rawat, log = gone_home(live_site, YESTERDAY), live_site.folder / "antrean.log"
    done = live_site.run("-v", "sync", *SINCE, ANTREAN_LOG_FILE=str(log))
    lines = log.read_text().splitlines()
    assert done.returncode == 0
    assert len(done.stderr.splitlines()) == len(lines) == 4  # the add and three tasks
    assert all(no_rawat in line for line in lines)
    assert [re.search(r"task (\d)", line) is not None for line in lines] == [
        False,
        True,
        True,
        True,
    ]
    again = live_site.run("-v", "sync", ANTREAN_LOG_FILE=str(log))
    assert again.stderr == ""
    assert log.read_text().splitlines() == lines


def test_quiet_keeps_the_exit_code(live_site: Site) -> None:
    no_rawat = gone_home(live_site, YESTERDAY)
    live_site.bpjs.bookings.refuse("rujukan_tidak_valid", kodebooking=no_rawat)
    done = live_site.run("-q", "sync", *SINCE)
    assert (done.returncode, done.stdout) == (3, "")


def test_nothing_of_a_patient_is_kept(live_site: Site) -> None:
    """No name, NIK, card or phone number in the ledger, its journal or the log."""
    good, refused = gone_home(live_site, YESTERDAY), gone_home(live_site, YESTERDAY)
    live_site.bpjs.bookings.refuse("rujukan_tidak_valid", kodebooking=refused)
    live_site.bpjs.faults.add(Fault("gagal_dicoba", path=UPDATE, kodebooking=good))
    live_site.run("-v", "sync", *SINCE, ANTREAN_LOG_FILE=str(live_site.folder / "antrean.log"))
    kept = b"".join(live_site.files().values())
    assert good.encode() in kept
    for no_rawat in (good, refused):
        norm = live_site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
        for column in ("no_ktp", "no_tlp", "no_peserta"):
            number = live_site.khanza.value("pasien", column, no_rkm_medis=norm)
            assert len(number) > 10
            assert number.encode() not in kept
    assert live_site.state.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("args", [(), ("--dry-run",)])
def test_json_is_one_document(live_site: Site, args: tuple[str, ...]) -> None:
    """Whatever happens: standard output is one JSON document and nothing else."""
    gone_home(live_site, YESTERDAY)
    refused = gone_home(live_site, YESTERDAY)
    gone_home(live_site, YESTERDAY, kd_poli="MAT")
    live_site.bpjs.bookings.refuse("rujukan_tidak_valid", kodebooking=refused)
    done = live_site.run("sync", "--json", *SINCE, *args)
    document = json.loads(done.stdout)
    assert isinstance(document, dict)
    if args:
        assert (done.returncode, document["dry_run"]) == (0, True)
    else:
        assert done.returncode == document["exit_code"] == 3
        assert (document["sent"], document["refused"]) == (4, 1)


def test_json_is_one_document_in_trouble_too(live_site: Site) -> None:
    gone_home(live_site, YESTERDAY)
    done = live_site.run("sync", "--json", KHANZA_SOCKET="/nonexistent")
    assert done.returncode == 5
    assert json.loads(done.stdout)["exit_code"] == 5


# -- exit codes before anything is done


@pytest.mark.parametrize(
    "args",
    [
        ("--since", str(YESTERDAY - timedelta(days=8))),
        ("--since", str(YESTERDAY + timedelta(days=3))),
        ("--since", "kemarin"),
        ("--since", "22/11/2026"),
        ("--workers", "0"),
        ("--workers", "65"),
        ("--max-seconds", "lama"),
        ("--tidak-ada",),
    ],
)
def test_wrong_use_is_exit_2_and_changes_nothing(live_site: Site, args: tuple[str, ...]) -> None:
    """`--since` before H-7 or in the future among them."""
    done = live_site.run("sync", *args)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert live_site.bpjs.arrived == []
    assert not live_site.state.exists()


def test_incomplete_settings_are_exit_8_and_told_together(live_site: Site) -> None:
    done = live_site.run("sync", BPJS_SECRET_KEY="", KHANZA_USER="", ANTREAN_TZ="Asia/Tokyo")
    assert (done.returncode, done.stdout) == (8, "")
    for name in ("BPJS_SECRET_KEY", "KHANZA_USER", "ANTREAN_TZ"):
        assert name in done.stderr
    assert live_site.bpjs.arrived == []


def damaged(state: Path) -> None:
    state.write_bytes(b"ini bukan sqlite " * 400)


def newer(state: Path) -> None:
    connection = sqlite3.connect(state)
    connection.execute("PRAGMA user_version = 999")
    connection.close()


@pytest.mark.parametrize("spoil", [damaged, newer])
def test_an_unusable_state_file_is_exit_9_and_left_as_it_is(
    live_site: Site, spoil: Callable[[Path], None]
) -> None:
    """Never deleted or re-created; and nothing is sent."""
    live_site.run("sync")
    gone_home(live_site, YESTERDAY)
    spoil(live_site.state)
    before = live_site.state.read_bytes()
    done = live_site.run("sync", *SINCE)
    assert (done.returncode, done.stdout) == (9, "")
    assert str(live_site.state) in done.stderr
    assert live_site.state.read_bytes() == before
    assert live_site.bpjs.arrived == []


def test_it_runs_in_crons_bare_environment(live_site: Site) -> None:
    """Without a home, a locale or a search path of its own."""
    no_rawat = gone_home(live_site, YESTERDAY)
    done = subprocess.run(
        [sys.executable, "-m", "antrean_cli", "sync", *SINCE],
        env={
            **live_site.env,
            "ANTREAN_STATE": str(live_site.state),
            "PYTHONPATH": os.environ["PYTHONPATH"],
            "PATH": "/usr/bin:/bin",
            "LC_ALL": "C",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd="/",
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert live_site.held_at_bpjs(no_rawat) == GONE_HOME


# -- zones


@pytest.mark.parametrize(
    ("host", "zone", "hours"),
    [
        ("UTC", "Asia/Jakarta", 7),
        ("America/New_York", "Asia/Makassar", 8),
        ("Asia/Jakarta", "Asia/Jayapura", 9),
    ],
)
def test_the_same_milliseconds_under_any_zone_of_the_host(
    live_site: Site, host: str, zone: str, hours: int
) -> None:
    """Khanza's times are the hospital's; the host's zone changes nothing, in no pass."""
    no_rawat = gone_home(live_site, YESTERDAY)
    since = ("--since", str(YESTERDAY))
    assert live_site.spawn("sync", *since, TZ=host, ANTREAN_TZ=zone).returncode == 0
    midnight = datetime(
        YESTERDAY.year, YESTERDAY.month, YESTERDAY.day, tzinfo=timezone(timedelta(hours=hours))
    )
    sent = {
        one.body["taskid"]: one.body["waktu"]
        for one in live_site.bpjs.received
        if one.path == UPDATE and one.body
    }
    start = round(midnight.timestamp() * 1000)
    assert sent == {"3": start + 29_100_000, "4": start + 30_600_000, "5": start + 31_800_000}
    heard = len(live_site.bpjs.arrived)
    assert live_site.spawn("sync", TZ=host, ANTREAN_TZ=zone).returncode == 0
    assert len(live_site.bpjs.arrived) == heard
    assert live_site.push(no_rawat, "5").state == "sent"


# -- dry run


def test_a_dry_run_without_a_state_creates_nothing(live_site: Site) -> None:
    """No state file, no -wal, no lock, no folder; and BPJS hears nothing."""
    no_rawat = gone_home(live_site, YESTERDAY)
    folder = live_site.folder / "baru"
    before = live_site.files()
    done = live_site.run("sync", "--dry-run", *SINCE, ANTREAN_STATE=str(folder / "antrean.sqlite3"))
    assert (done.returncode, done.stderr) == (0, "")
    assert no_rawat in done.stdout
    assert not folder.exists()
    assert live_site.files() == before
    assert live_site.bpjs.arrived == []


def test_a_dry_run_leaves_the_state_identical_to_the_byte(live_site: Site) -> None:
    """Also where the pass would have much to write: new visits, a push in flight, a held one."""
    first = gone_home(live_site, YESTERDAY)
    assert live_site.run("sync", *SINCE).returncode == 0
    new = gone_home(live_site, YESTERDAY)
    live_site.khanza.visit(YESTERDAY)
    connection = sqlite3.connect(live_site.state)
    with connection:
        connection.execute("UPDATE push SET state = 'sending' WHERE step = '5'")
        connection.execute("UPDATE booking SET seal = NULL")
    connection.close()
    heard, before = len(live_site.bpjs.arrived), live_site.files()
    done = live_site.run("sync", "--dry-run")
    assert done.returncode == 0
    assert new in done.stdout
    assert live_site.files() == before
    assert len(live_site.bpjs.arrived) == heard

    assert live_site.run("sync").returncode == 0
    assert live_site.held_at_bpjs(first) == live_site.held_at_bpjs(new) == GONE_HOME


def test_a_dry_run_fits_80_columns_ties_and_several_days_among_it(live_site: Site) -> None:
    today = datetime.now(WIB).date()
    for day in (today - timedelta(days=2), today - timedelta(days=1)):
        no_rawat = live_site.khanza.visit(day)
        live_site.khanza.sep(no_rawat)
        live_site.khanza.berkas(no_rawat, kembali=f"{day} 08:30:00")
        live_site.khanza.exam(no_rawat, f"{day} 08:30:00")
    done = live_site.run("sync", "--dry-run", "--since", str(today - timedelta(days=2)))
    assert re.search(r"^ +\(08:30:00\)", done.stdout, re.MULTILINE)
    assert f"{today - timedelta(days=1):%d-%m}" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    done = live_site.run("sync", "--dry-run", "--since", str(today - timedelta(days=1)))
    assert "Hari " not in done.stdout


def test_a_dry_run_beside_a_running_pass_disturbs_nothing(live_site: Site) -> None:
    """It takes no lock, and waits for none."""
    gone_home(live_site, YESTERDAY)
    live_site.bpjs.latency = 30
    with live_site.running("sync", *SINCE):
        wait_for(lambda: live_site.bpjs.arrived)
        before = live_site.files()
        done = live_site.run("sync", "--dry-run")
        after = live_site.files()
        assert done.returncode == 0
        assert after.keys() == before.keys()
        for name in ("antrean.sqlite3", "antrean.sqlite3-wal"):
            assert after.get(name) == before.get(name)
        assert len(live_site.bpjs.arrived) == 1


# -- one at a time, and sudden ends


def test_runs_started_together_send_everything_once(live_site: Site) -> None:
    """Of ten started at once on an empty state some work, the others leave silently with 11."""
    visits = [gone_home(live_site, YESTERDAY) for _ in range(6)]
    live_site.bpjs.latency = 0.02
    processes = [live_site.start("sync", *SINCE) for _ in range(10)]
    outputs = ["".join(process.communicate(timeout=60)) for process in processes]
    codes = Counter(process.returncode for process in processes)
    assert codes.keys() <= {0, 11}
    assert codes[0] >= 1
    assert set(outputs) == {""}
    assert all(live_site.held_at_bpjs(no_rawat) == GONE_HOME for no_rawat in visits)
    assert [one.code for one in live_site.bpjs.received] == [200] * 24


def test_whoever_asks_hears_why_there_was_no_pass(live_site: Site) -> None:
    with locked(live_site.state):
        done = live_site.run("-v", "sync")
        assert (done.returncode, done.stdout, done.stderr) == (
            11,
            "",
            "Putaran lain sedang berjalan.\n",
        )
        assert json.loads(live_site.run("sync", "--json").stdout) == {
            "error": "Putaran lain sedang berjalan.",
            "exit_code": 11,
        }


def test_whoever_asks_hears_why_a_pass_could_not_finish(live_site: Site) -> None:
    """Cron hears of an outage once an hour; whoever looks wants to know when it is tried again."""
    gone_home(live_site, YESTERDAY)
    live_site.bpjs.down = True
    for _ in range(3):
        live_site.run("sync", *SINCE)
    done = live_site.run("-v", "sync", *SINCE)
    assert done.returncode == 5
    assert "Belum selesai: BPJS tidak menjawab seperti mestinya (HTTP 502); BPJS" in done.stderr
    assert "; BPJS belum pulih; dicoba lagi pukul" in done.stderr
    assert live_site.run("sync", *SINCE).stderr == ""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_the_pass_in_order(live_site: Site, number: int, code: int) -> None:
    """The calls in flight are finished and recorded, no more are started; the next pass goes on."""
    visits = [gone_home(live_site, YESTERDAY) for _ in range(12)]
    live_site.bpjs.latency = 1
    with live_site.running("sync", *SINCE) as process:
        wait_for(lambda: len(live_site.bpjs.arrived) >= 6)
        heard = len(live_site.bpjs.arrived)
        process.send_signal(number)
        began = time.monotonic()
        out, _ = process.communicate(timeout=30)
    assert process.returncode == code
    assert (
        time.monotonic() - began < 7
    )  # the last call takes one second, and five are allowed after it
    assert out == ""
    assert len(live_site.bpjs.arrived) <= heard + 4
    assert "sending" not in open_states(live_site, visits)
    steps = [(one.body or {}).get("taskid", "add") for one in live_site.bpjs.received]
    owners = [str((one.body or {})["kodebooking"]) for one in live_site.bpjs.received]
    assert {
        live_site.states(owner)[str(step)] for owner, step in zip(owners, steps, strict=True)
    } == {"sent"}
    assert sum(
        state == "sent" for no_rawat in visits for state in live_site.states(no_rawat).values()
    ) == len(steps)

    live_site.bpjs.latency = 0
    assert live_site.run("sync").returncode == 0
    assert all(live_site.held_at_bpjs(no_rawat) == GONE_HOME for no_rawat in visits)
    assert {one.code for one in live_site.bpjs.received} == {200}


def test_a_second_signal_leaves_at_once_and_is_still_safe(live_site: Site) -> None:
    visits = [gone_home(live_site, YESTERDAY) for _ in range(6)]
    live_site.bpjs.latency = 15
    with live_site.running("sync", *SINCE) as process:
        wait_for(lambda: len(live_site.bpjs.arrived) >= 4)
        process.terminate()
        time.sleep(0.3)
        assert process.poll() is None  # it waits for its calls
        process.terminate()
        process.communicate(timeout=5)
    assert process.returncode == 143
    live_site.bpjs.latency = 0
    assert live_site.run("sync").returncode == 0
    assert all(live_site.held_at_bpjs(no_rawat) == GONE_HOME for no_rawat in visits)
    assert set(accepted(live_site).values()) == {1}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_while_khanza_is_waited_for_ends_the_pass(
    live_site: Site, number: int, code: int
) -> None:
    """A server that accepts and says nothing does not keep the program from leaving."""
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        mute.settimeout(30)  # a process that never asks fails the test
        port = str(mute.getsockname()[1])
        with live_site.running("sync", KHANZA_SOCKET="", KHANZA_PORT=port) as process:
            connection, _ = mute.accept()
            with connection:
                process.send_signal(number)
                out, _ = process.communicate(timeout=4)
    assert (process.returncode, out) == (code, "")
    assert live_site.bpjs.arrived == []


def test_killed_again_and_again_it_ends_the_same(live_site: Site) -> None:
    """kill -9 in the middle, then a clean pass: no repeats beyond one per worker and kill."""
    visits = [gone_home(live_site, YESTERDAY) for _ in range(15)]
    live_site.bpjs.latency = 0.1
    kills = (1, 4, 6, 9, 13)
    for calls in kills:
        heard = len(live_site.bpjs.arrived)
        with live_site.running("sync", *SINCE) as process:
            wait_for(lambda heard=heard, calls=calls: len(live_site.bpjs.arrived) >= heard + calls)  # type: ignore[misc]
            process.kill()
            process.communicate()
        assert process.returncode == -9
    live_site.bpjs.latency = 0
    clean = live_site.run("sync")
    assert (clean.returncode, clean.stdout, clean.stderr) == (0, "", "")

    assert all(live_site.held_at_bpjs(no_rawat) == GONE_HOME for no_rawat in visits)
    assert open_states(live_site, visits) <= {"sent", "already"}
    assert set(accepted(live_site).values()) == {1}
    repeats = [(one.path, one.code) for one in live_site.bpjs.received if one.code == 208]
    assert len(repeats) <= 4 * len(kills)
    assert UPDATE not in {path for path, _ in repeats}  # tasks are looked up first
    heard = len(live_site.bpjs.arrived)
    assert live_site.run("sync").returncode == 0
    assert len(live_site.bpjs.arrived) == heard


def test_max_seconds_ends_a_slow_pass(live_site: Site) -> None:
    """Exit 5 with work left; the next pass goes on where it stopped."""
    visits = [gone_home(live_site, YESTERDAY) for _ in range(30)]
    live_site.bpjs.latency = 0.5
    began = time.monotonic()
    done = live_site.run("sync", *SINCE, "--max-seconds", "5")
    assert time.monotonic() - began < 9
    assert (done.returncode, done.stdout) == (5, "")
    assert 0 < len(live_site.bpjs.received) < 120
    assert "sending" not in open_states(live_site, visits)
    live_site.bpjs.latency = 0
    assert live_site.run("sync", "--workers", "16").returncode == 0
    assert [one.code for one in live_site.bpjs.received] == [200] * 120
