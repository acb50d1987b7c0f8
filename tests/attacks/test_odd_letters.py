"""Control characters, escapes, bidi marks and the shell's own letters in Khanza's columns.

- One at a time, in every column of text that is read, in a patient of its own; and in BPJS's words.
- Nothing of it reaches a terminal or a line of the log as it is, nothing of it is to be typed
  unquoted, and a healthy patient beside is told whole.
- A code or number that no Khanza makes holds its visit, which `show` and `drop` know.
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from antrean_cli.khanza.tables import OPTIONAL, TABLES
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.render.reasons import sentence
from antrean_cli.rules.codes import State
from antrean_cli.rules.reasons import ReasonCode, because, has_code
from antrean_cli.simulator.bookings import Answer
from tests.attacks import odd_values
from tests.attacks.attack import Attack
from tests.attacks.odd_values import WHOLE, Column, columns_read, odd_patients
from tests.support.patients import patient
from tests.support.site import MONDAY, WIB, Site

DAY = odd_values.DAY
EVERY_KIND = "onsite,nonjkn,mobilejkn"
UNSEEN = ("\x1b[2J", "\n", "\r", "\x07", "\x9b1m", "\u202e", "\u2028", "\u200b", "\x7f", "\t")
SHELL = ("$(id)", ";id", "`id`", "'\"&|")
LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S")
ADVICE = re.compile(r"antrean (?:add|batal|drop|retry|show|update) (\S.*?)(?: --|[;,)]|$)", re.M)
numbers = count()


class Evil(Column):
    """A column whose odd values have letters that nobody sees, or that a shell goes by."""

    def odd(self, own: str) -> list[Any]:
        length = int(self.type.partition("(")[2].rstrip(")"))
        values = []
        for letters in (UNSEEN, SHELL):
            fitting = [one for one in letters if len(one) <= length]
            one = fitting[next(numbers) % len(fitting)]
            values.append(f"{(own or '')[: length - len(one)]}{one}")
        return values


@pytest.mark.parametrize("table", dict.fromkeys((*TABLES, *OPTIONAL)))
def test_no_letter_of_khanzas_does_anything_to_anybody(
    site: Site, attack: Attack, table: str
) -> None:
    if table not in odd_values.KINDS and table not in ("reg_periksa", "pasien", "resep_obat"):
        pytest.skip("has no row of one patient's own")
    site.clock.at("14:00")
    good = odd_values.onsite(site.khanza, 1).kodebooking
    read = (one for one in columns_read(site.khanza) if one.table == table)
    columns = [Evil(*one) for one in read if one.type.startswith(("char", "varchar"))]
    odd = list(odd_patients(site.khanza, columns, attack.random(), 2))
    log = site.folder / "antrean.log"
    env = {"ANTREAN_ADD": EVERY_KIND, "ANTREAN_LOG_FILE": str(log)}
    outputs = []
    for hhmm in ("14:00", "14:20", "14:40"):
        site.clock.at(hhmm)
        done = site.run("-v", "sync", CLOCK=site.clock.now.isoformat(), **env)
        assert done.returncode in (0, 3), done.stderr
        outputs.append(done.stdout + done.stderr)
    assert site.held_at_bpjs(good) == WHOLE
    with Ledger.open(site.state, WIB) as ledger:
        records = ledger.of_days(MONDAY - 7 * DAY, MONDAY + DAY)
    held = [
        one
        for one in records.values()
        if any(has_code(push.reason, ReasonCode.ODD_CODE) for push in one.pushes.values())
    ]
    for args in (("status",), ("list", "--held"), ("list", "--refused"), ("list", "--pending")):
        outputs.append(site.run(*args, CLOCK=site.clock.now.isoformat()).stdout)
    for record in held:
        assert not any(push.done for push in record.pushes.values())
        shown = site.run("show", record.kodebooking, CLOCK=site.clock.now.isoformat())
        assert shown.returncode == 0, shown.stderr
        outputs.append(shown.stdout)
        dropped = site.run("drop", record.kodebooking, "--keterangan", "uji", **env)
        assert dropped.returncode == 0, dropped.stderr
    for output in outputs:
        assert all(line.isprintable() for line in output.split("\n")), output
        for typed in ADVICE.findall(output):
            assert len(shlex.split(typed, comments=False)) >= 1
            assert not {"$", "`", ";", "|", "&"} & set(_unquoted(typed)), typed
    if log.exists():
        assert all(LINE.match(line) for line in log.read_text(encoding="utf-8").splitlines())
    attack.measured(
        "letters that nobody sees, or that a shell goes by, in every column of text that is read",
        "{odd} patients, {held} held for it; 0 reached a terminal, a log or a line to type",
        odd=len(odd),
        held=len(held),
    )


def _unquoted(typed: str) -> str:
    """Return what of a line a shell would look into."""
    return re.sub(r"'[^']*'", "", typed)


@pytest.mark.parametrize("letters", UNSEEN)
def test_bpjss_words_are_shown_in_one_line(site: Site, letters: str) -> None:
    site.clock.at("08:10")
    no_rawat = patient(site)
    with site.answering("/antrean/add", Answer(201, f"Ditolak{letters}2026-11-23 palsu")):
        done = site.run("sync", CLOCK=site.clock.now.isoformat())
    assert all(line.isprintable() for line in done.stderr.split("\n"))
    reason = site.push(no_rawat, "add").reason
    assert reason is not None
    assert sentence(reason).isprintable()


@pytest.mark.parametrize("letters", UNSEEN[:-1])  # a tab moves nothing but itself
def test_what_an_older_ledger_holds_is_seen_as_well(site: Site, letters: str) -> None:
    """Before there was a gate where texts come in, they were stored as they came."""
    no_rawat = patient(site)
    site.sync()
    said = because(ReasonCode.REFUSED, text=f"Ditolak{letters}palsu")
    with Ledger.open(site.state, WIB) as ledger, ledger.transaction():
        before = ledger.record(no_rawat)
        assert before is not None
        odd = replace(before.pushes["add"], state=State.REFUSED, reason=said)
        after = replace(before, kd_poli=f"M{letters}T").with_pushes(odd)
        ledger.save(before, after, site.clock.now)
    log = site.folder / "antrean.log"
    for args in (("list",), ("show", no_rawat), ("status",), ("-v", "sync", "--dry-run")):
        done = site.run(*args, CLOCK=site.clock.now.isoformat(), ANTREAN_LOG_FILE=str(log))
        output = done.stdout + done.stderr
        assert all(line.isprintable() for line in output.split("\n")), output
    listed = site.run("list", "--json", CLOCK=site.clock.now.isoformat()).stdout
    assert all(line.isprintable() for line in listed.split("\n"))
    assert {one["kd_poli"] for one in json.loads(listed)} == {f"M{letters}T"}
