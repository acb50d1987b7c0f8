"""No decision is taken from a text: with gibberish for every sentence, all stays as it is."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import antrean_cli
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.patients import NOBODY
from antrean_cli.rules.push import Record
from antrean_cli.rules.reasons import ReasonCode
from antrean_cli.simulator.faults import Fault
from antrean_cli.simulator.hospital import Hospital
from tests.support.gibberish import LEFT_ALONE, Program, Scrambler
from tests.support.mariadb import MariaDB
from tests.support.site import (
    MONDAY,
    WIB,
    Clock,
    Site,
    settings_of,
    stand_in,
)

ROOT = Path(__file__).parents[1]
TWICE = 2


@pytest.fixture
def program() -> Iterator[Program]:
    """Return the program without sentences."""
    program = Program({**os.environ, "PYTHONPATH": str(ROOT)})
    yield program
    program.close()


class Worlds:
    """One hospital with the program twice: as it is, and without sentences; each has its BPJS."""

    def __init__(self, khanza: Hospital, clock: Clock, sites: list[Site], program: Program) -> None:
        self.khanza, self.clock, self.sites, self._program = khanza, clock, sites, program
        self.reasons: set[ReasonCode] = set()  # that pushes had after a pass

    def antrean(self, *args: str) -> int:
        """Run one command in both, and return its exit code, which is the same."""
        plain, other = self.sites
        now = {"CLOCK": self.clock.now.isoformat()}
        done = plain.run(*args, **now)
        code, _, told = self._program.run(args, other.environment(**now))
        assert (code, args) == (done.returncode, args)
        if "-v" in args:  # a line a change; elsewhere sentences are filled to the width
            assert (told, args) == (done.stderr.count("\n"), args)
            assert believed(plain) == believed(other)
            pushes = (push for one in believed(plain).values() for push in one.pushes.values())
            self.reasons |= {push.reason.code for push in pushes if push.reason}
        return code

    def fault(self, *faults: Fault) -> None:
        """Let both BPJS answer so."""
        for site in self.sites:
            site.bpjs.faults.add(*faults)

    def well(self) -> None:
        """Let both BPJS answer as ever."""
        for site in self.sites:
            site.bpjs.faults.clear()

    def mobile_jkn(self, nobooking: str) -> None:
        """Let both BPJS know a booking of its own."""
        for site in self.sites:
            site.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY))


@pytest.fixture
def worlds(
    khanza: Hospital, mariadb: MariaDB, clock: Clock, tmp_path: Path, program: Program
) -> Iterator[Worlds]:
    """Return both at the clock's time."""
    with stand_in(clock) as one, stand_in(clock) as two:
        sites = []
        for name, bpjs in (("plain", one), ("gibberish", two)):
            folder = tmp_path / name
            folder.mkdir()
            env = {**settings_of(mariadb, bpjs.url), "ANTREAN_WORKERS": "1"}
            site = Site(khanza=khanza, bpjs=bpjs, clock=clock, folder=folder, env=env)
            sites.append(site)
        yield Worlds(khanza, clock, sites, program)


def heard(site: Site) -> list[tuple[str, object, int]]:
    """Return every request that BPJS judged, with its body and the code of its answer."""
    return [(one.path, one.body, one.code) for one in site.bpjs.received]


def believed(site: Site) -> dict[str, Record]:
    """Return the ledger but for the jitter of the next try, and since when a push is as it is.

    And but for marks of patients and visits: each ledger has its own. And but for
    which of several calls under way a fault has met.
    """
    with Ledger.open(site.state, WIB) as ledger:
        records = ledger.of_days(MONDAY - timedelta(days=7), MONDAY)
    return {
        number: replace(
            record,
            owner=NOBODY,
            done_fingerprint=record.done_fingerprint.rpartition(":")[0],
            pushes={step: replace(push, next_try=None) for step, push in record.pushes.items()},
            faults={},
            refusals={
                step: tuple(one._replace(mark="") for one in refused)
                for step, refused in record.refusals.items()
            },
        )
        for number, record in records.items()
    }


def test_gibberish_for_every_sentence_changes_no_decision_no_call_and_no_exit_code(
    worlds: Worlds,
) -> None:
    khanza, clock = worlds.khanza, worlds.clock
    clock.at("08:30")
    served = [khanza.visit(MONDAY, jam=f"08:0{number}:00") for number in range(6)]
    for no_rawat in served:
        khanza.sep(no_rawat)
    without_sep = khanza.visit(MONDAY)
    khanza.sep(khanza.visit(MONDAY, kd_poli="MAT"))  # not mapped
    khanza.sep(khanza.visit(MONDAY, kd_dokter="D03"))  # its doctor is not mapped
    paying = khanza.visit(MONDAY, jam="08:00:00", kd_pj="UMU")
    booked = [khanza.visit(MONDAY, jam="08:00:00") for _ in range(3)]
    bookings = [khanza.booking(no_rawat, MONDAY) for no_rawat in booked]
    worlds.mobile_jkn(bookings[0])
    worlds.mobile_jkn(bookings[2])
    antrean = worlds.antrean
    antrean("check")
    antrean("sync", "--dry-run")
    antrean("-v", "sync")

    # What BPJS refuses, puts off, contradicts, or never answers.
    khanza.exam(served[0], f"{MONDAY} 08:40:00")
    khanza.exam(served[1], f"{MONDAY} 07:00:00")  # before the arrival
    khanza.berkas(served[2], dikirim=f"{MONDAY} 08:41:00", diterima=f"{MONDAY} 08:41:00")
    khanza.exam(booked[0], f"{MONDAY} 08:45:00")
    khanza.exam(booked[1], f"{MONDAY} 08:45:00")  # BPJS does not know it
    khanza.stts(paying, "Batal")
    clock.at("08:50")
    worlds.fault(
        Fault("undefined_error", kodebooking=served[0], taskid=4),
        Fault("not_found_yet", kodebooking=served[2], taskid=4),
        Fault("timeout_after", kodebooking=booked[0], seconds=0.2),
    )
    antrean("-v", "sync")
    worlds.well()
    khanza.update("pasien", {"no_rkm_medis": "000004"}, no_ktp="12")  # refused
    late = khanza.visit(MONDAY, jam="08:50:00", norm="000004")
    khanza.sep(late)
    khanza.batal(bookings[2], no_rawat=booked[2])
    clock.at("09:10")
    antrean("-v", "sync")

    # The desk.
    clock.at("09:11")  # a look in the pass's own second would depend on milliseconds
    antrean("status")
    for option in ("--held", "--refused", "--pending", "--sent"):
        antrean("list", option)
    antrean("list", "--reason", "petakan", "--json")
    for number in (served[0], served[1], without_sep, paying, booked[1], late):
        antrean("show", number, "--bpjs")
    antrean("drop", served[3], "--keterangan", "coba")
    antrean("retry", "--all")
    antrean("retry", served[3])
    antrean("update", served[4], "4", f"{MONDAY} 08:59")
    antrean("update", served[4], "7", f"{MONDAY} 09:00")  # out of turn
    antrean("update", served[0], "3", f"{MONDAY} 08:30")  # BPJS has it
    antrean("batal", served[5], "--keterangan", "coba", "--yes")
    antrean("add", "--no-rawat", without_sep)
    antrean("listtask", served[0], "--require", "3,4,5")
    antrean("replay", "--date", str(MONDAY), "--kodebooking", served[1], "--yes")
    clock.at("09:20")
    antrean("-v", "sync")

    # An outage, refused credentials, and the end of the day.
    worlds.fault(Fault("html", times=None))
    for no_rawat in served[:3]:
        khanza.berkas(no_rawat, kembali=f"{MONDAY} 09:21:00")
    for minute in range(25, 31):
        clock.at(f"09:{minute}")
        antrean("-v", "sync")
    worlds.well()
    worlds.fault(Fault("http_401", times=TWICE))
    clock.at("10:00")
    antrean("-v", "sync")
    clock.at("10:20")
    antrean("-v", "sync")
    khanza.delete("reg_periksa", no_rawat=without_sep)
    clock.at("23:00", day=1)
    antrean("-v", "sync")
    antrean("reconcile", "--date", str(MONDAY), "--all")
    clock.at("10:00", day=9)
    antrean("-v", "sync")
    clock.at("10:01", day=9)
    antrean("status", "--json")

    plain, other = worlds.sites
    assert heard(plain) == heard(other)
    assert believed(plain) == believed(other)
    # It was a day on which much had to be decided.
    assert len(worlds.reasons) >= 12, sorted(worlds.reasons)
    assert {200, 201, 208} <= {code for _, _, code in heard(plain)}


def test_nearly_every_module_that_speaks_has_sentences_to_replace() -> None:
    """A check of the scrambler: one that finds nothing would prove nothing."""
    package = Path(antrean_cli.__file__).parent
    speaking = []
    for path in package.rglob("*.py"):
        name = ".".join(("antrean_cli", *path.relative_to(package).with_suffix("").parts))
        if not name.startswith(LEFT_ALONE):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            before = Scrambler.replaced
            Scrambler().visit(tree)
            speaking += [name] * (Scrambler.replaced - before)
    assert {"antrean_cli.render.reasons", "antrean_cli.errors", "antrean_cli.cli"} <= set(speaking)
    assert len(speaking) > 800  # most of them docstrings; some three hundred are shown
