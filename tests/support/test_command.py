"""A command that runs in the process of the tests ends as one that has a process of its own."""

from __future__ import annotations

import gc
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from antrean_cli.cli import COMMANDS
from antrean_cli.console.app import App
from tests.support import command
from tests.support.site import MONDAY, WIB, Site, stand_in

NO_RAWAT = "2026/11/23/000001"
# What people type and what cron runs, one after the other: each line has what the last one left.
LINES: tuple[tuple[str, ...], ...] = (
    (),
    ("--help",),
    ("--version",),
    ("tidak-ada",),
    ("sync", "--tidak-ada"),
    ("listtask", "a\nb", "--json"),
    ("list",),
    ("status", "--json"),
    ("check", "--offline", "--json"),
    ("sync", "--dry-run"),
    ("-v", "sync"),
    ("sync", "--json"),
    ("sync", "--json", "--env-file", "/nonexistent"),
    ("status",),
    ("list", "--all", "--format", "csv"),
    ("list", "--json"),
    ("show", NO_RAWAT, "--bpjs"),
    ("show", "2026/11/23/000009"),
    ("listtask", NO_RAWAT, "--require", "7"),
    ("update", NO_RAWAT, "5", "2026-11-23 09:30"),
    ("update", NO_RAWAT, "5", "besok"),
    ("update", "--file", "-"),
    ("batal", NO_RAWAT, "--keterangan", "Pindah hari", "--json"),
    ("batal", "TIDAK-ADA", "--keterangan", "Pindah hari"),
    ("add", "-", "--dry-run"),
    ("reconcile", "--json"),
    ("drop", NO_RAWAT),
    ("units", "timer"),
    *((name, "--help") for name in ("add", "sync")),
)
TYPED = f"{NO_RAWAT},6,2026-11-23 09:40\n"


@pytest.fixture
def twin(site: Site) -> Iterator[Site]:
    """Another installation at the same Khanza, with a folder and a BPJS of its own."""
    with stand_in(site.clock) as bpjs:
        folder = site.folder / "lain"
        folder.mkdir(mode=0o700)
        env = {**site.env, "BPJS_BASE_URL": bpjs.url}
        yield replace(site, bpjs=bpjs, folder=folder, env=env)


def outcome(site: Site, done: subprocess.CompletedProcess[str]) -> list[object]:
    """Return the exit code and the output, without what is of one installation or moment only."""

    def same(text: str) -> str:
        text = re.sub(r"Disk: [\d.]+ MB|jam server [-\d: ]+", "…", text)
        return text.replace(str(site.folder), "FOLDER").replace(str(site.bpjs.port), "PORT")

    return [done.returncode, *same(done.stdout).splitlines(), *same(done.stderr).splitlines()]


def test_both_ways_agree_on_code_output_ledger_and_calls(site: Site, twin: Site) -> None:
    site.clock.at("10:00")
    visits = [site.khanza.visit(MONDAY), site.khanza.visit(MONDAY, kd_poli="MAT")]
    for no_rawat in visits:
        site.khanza.sep(no_rawat)
    site.khanza.exam(visits[0], f"{MONDAY} 08:30:00")
    codes = set()
    for line in LINES:
        clock = {"CLOCK": site.clock.now.isoformat(), "CLOCK_STANDS": "ya", "ANTREAN_WORKERS": "1"}
        here = outcome(site, site.run(*line, input=TYPED, **clock))
        process = outcome(twin, twin.spawn(*line, input=TYPED, **clock))
        assert here == process, line
        codes.add(here[0])
        site.clock.forward(minutes=1)
    assert codes >= {0, 2, 6, 7, 8, 12}
    assert site.sent() == twin.sent()
    assert site.states(NO_RAWAT) == twin.states(NO_RAWAT)
    assert len(site.sent()) > 4


def test_a_bug_is_told_both_ways_alike(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 1, and where it happened."""
    (site.folder / "sitecustomize.py").write_text(
        "from antrean_cli.console.app import App\nApp.settings = None\n"
    )
    process = site.spawn("sync", PYTHONPATH=f"{site.folder}{os.pathsep}{os.environ['PYTHONPATH']}")
    monkeypatch.setattr(App, "settings", None)
    here = site.run("sync")
    assert outcome(site, here) == outcome(site, process)
    assert here.returncode == 1
    assert "commands/sync.py" in here.stderr


def test_what_a_command_changes_in_its_process_is_put_back(site: Site) -> None:
    def state() -> tuple[object, ...]:
        return (
            *(dict(os.environ), Path.cwd(), sys.argv, sys.stdin, sys.stdout, sys.stderr),
            *(signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM), signal.signal),
            *(gc.isenabled(), gc.get_freeze_count()),
        )

    before = state()
    for line in (("sync",), ("--help",), ("tidak-ada",), ("units", "--user", "a b")):
        site.run(*line, KHANZA_PASSWORD="salah", CLOCK=site.clock.now.isoformat())
        assert state() == before, line


def test_a_clock_begins_at_the_given_moment_and_runs_on_or_stands(site: Site) -> None:
    clock = {"CLOCK": site.clock.now.isoformat()}
    now, standing = command.clock_of(clock), command.clock_of({**clock, "CLOCK_STANDS": "ya"})
    first = now(WIB)
    assert timedelta(0) <= first - site.clock.now < timedelta(seconds=5)
    assert now(WIB) > first
    assert standing(WIB) == standing(WIB) == site.clock.now


@pytest.mark.parametrize("name", ["TZ", "LC_ALL", "PYTHONUTF8"])
def test_what_only_a_new_process_obeys_is_refused(site: Site, name: str) -> None:
    with pytest.raises(AssertionError, match="spawn"):
        site.run("--version", **{name: "C"})
    assert site.spawn("--version", **{name: "C" if name != "PYTHONUTF8" else "1"}).returncode == 0


def test_every_command_runs_here(site: Site) -> None:
    for name in COMMANDS:
        done = site.run(name, "--help")
        assert (done.returncode, done.stderr) == (0, ""), name
        assert done.stdout.startswith(f"Pemakaian: antrean {name}"), name


def test_ctrl_c_during_a_command_ends_the_tests_and_not_only_the_command(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "antrean_cli.sync.run.Pass.run", lambda *_, **__: os.kill(os.getpid(), signal.SIGINT)
    )
    with pytest.raises(KeyboardInterrupt):
        site.run("sync")
