"""The whole of `check`: what it says where all is well, what it keeps to itself, how it looks."""

from __future__ import annotations

import grp
import json
import os
import pwd
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from antrean_cli.checkup.results import exit_code, fault, ok, warning
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.simulator.hospital import create_sqlite
from tests.support.checkup import TODAY, account, check, patient, with_file
from tests.support.command import on_a_terminal, run
from tests.support.mariadb import MariaDB
from tests.support.site import (
    MONDAY,
    WIB,
    Site,
)
from tests.support.users import only_root


def shown(site: Site, **env: str) -> str:
    return on_a_terminal("check", "--offline", environ=site.environment(**env)).stdout


def test_in_a_hospital_in_order_all_is_ok(here: Site) -> None:
    patient(here)
    assert here.run("sync").returncode == 0
    checked = check(here)
    assert checked.bad == {}
    assert checked.code == 0
    assert {
        "settings",
        "state",
        "disk",
        "pass",
        "khanza",
        "grants",
        "schema",
        "zone",
    } <= checked.levels.keys()
    assert {
        "unadded",
        "sender",
        "name",
        "route",
        "credentials",
        "clock",
        "hfis",
    } <= checked.levels.keys()
    assert here.run("check").stdout.endswith("\nSemua baik.\n")


def test_before_the_first_pass_it_says_what_to_type_next_and_makes_nothing(here: Site) -> None:
    before = here.files()
    checked = check(here)
    assert checked.code == 0
    told = f"Berkas status: {here.state} belum ada; dibuat oleh putaran pertama"
    assert checked.one("state")["text"] == told
    assert checked.one("pass")["text"] == "Putaran: belum pernah"
    *first, crontab, line = checked.one("next")["advice"]
    assert first == ["antrean sync --dry-run", "antrean sync"]
    assert crontab in ("crontab -e", "sudo crontab -u antrean -e")
    assert line == f"* * * * * {sys.executable} -m antrean_cli sync --splay 20"
    assert here.files() == before


def test_below_a_fault_nothing_is_said_of_what_to_do_next(here: Site) -> None:
    assert "next" not in check(here, BPJS_USER_KEY="salah").levels


def test_what_to_type_names_the_settings_and_the_state_that_were_named(here: Site) -> None:
    file = here.env_file("env", mode=0o640)
    named = f"--env-file {file} --state {here.state}"
    first, *_, line = with_file(here, file).one("next")["advice"]
    assert first == f"antrean {named} sync --dry-run"
    assert line == f"* * * * * {sys.executable} -m antrean_cli {named} sync --splay 20"


@only_root
@pytest.mark.parametrize("whose", ["state", "folder", "settings"])
def test_what_to_type_is_typed_as_the_user_that_passes_run_as(here: Site, whose: str) -> None:
    """A ledger that root's own pass makes, the user's passes could not write."""
    file = here.env_file("env", mode=0o640)
    daemon = pwd.getpwnam("daemon").pw_uid
    if whose == "state":
        here.run("sync")
        os.chown(here.state, daemon, -1)
    elif whose == "folder":
        here.state.parent.mkdir(exist_ok=True, parents=True)
        os.chown(here.state.parent, daemon, -1)
    else:
        os.chown(file, 0, grp.getgrnam("daemon").gr_gid)
    typed = [
        line
        for finding in with_file(here, file).findings
        for line in finding["advice"]
        if "antrean --env-file" in line and not line.startswith("*")
    ]
    assert typed or whose == "state"
    assert {line.startswith("sudo -u daemon antrean --env-file ") for line in typed} <= {True}


def test_looking_changes_nothing(here: Site) -> None:
    patient(here)
    here.run("sync")
    before, held = here.files(), here.bpjs.bookings.snapshot()
    check(here)
    assert here.files() == before
    assert here.bpjs.bookings.snapshot() == held


def test_offline_bpjs_hears_nothing_and_nothing_is_said_of_it(here: Site) -> None:
    patient(here, "MAT")
    checked = check(here, "--offline", BPJS_CONS_ID="")
    assert here.bpjs.arrived == []
    assert checked.levels.keys().isdisjoint(
        {"name", "route", "credentials", "clock", "hfis", "bpjs"}
    )
    assert (checked.code, checked.bad) == (0, {"unadded": "warning"})
    assert "mirip" not in checked.one("unadded")["text"]


def test_a_fault_in_one_part_keeps_no_other_from_being_looked_at(here: Site) -> None:
    here.run("sync")
    with here.state.open("r+b") as file:
        file.truncate(5000)
    checked = check(here, KHANZA_PASSWORD="salah", BPJS_USER_KEY="salah")
    assert checked.bad == {"state": "fault", "khanza": "fault", "credentials": "fault"}
    assert [finding["code"] for finding in checked.findings if finding["level"] == "fault"] == [
        9,
        8,
        4,
    ]
    assert checked.code == 9


@pytest.mark.parametrize("codes", [(9, 8, 4, 5), (8, 4, 5), (4, 5), (5,), ()])
def test_the_worst_fault_gives_the_exit_code(codes: tuple[int, ...]) -> None:
    faults = [fault(code, "x", "x") for code in reversed(codes)]
    assert exit_code([ok("x", "x"), *faults, warning("x", "x")]) == (codes[0] if codes else 0)


def test_sentences_fit_80_columns_and_what_is_typed_is_whole(here: Site, mariadb: MariaDB) -> None:
    patient(here, "MAT")
    here.khanza.insert(
        "referensi_mobilejkn_bpjs_taskid",
        no_rawat=f"{TODAY:%Y/%m/%d}/000001",
        taskid=3,
        waktu=TODAY,
    )
    with account(mariadb, "GRANT ALL PRIVILEGES ON sik.* TO {u} WITH GRANT OPTION") as login:
        done = here.run("check", **login, ANTREAN_LOG_FILE="/tidak/ada/log")
        typed = check(here, **login, ANTREAN_LOG_FILE="/tidak/ada/log").findings
    lines = done.stdout.splitlines()
    whole = {advice for finding in typed for advice in finding["advice"]}  # paths and all
    assert [
        line
        for line in lines
        if len(line) > 80
        and len(line.split()) > 1  # a path stays whole
        and line.strip().removeprefix("→ ") not in whole
    ] == []
    assert {line[:11].strip() for line in lines[:-2]} == {"", "ok", "peringatan"}
    shown = " ".join(line.strip().removeprefix("→ ") for line in lines)
    for advice in whole:
        assert advice in shown


def test_on_a_terminal_the_words_have_colours_unless_the_person_wants_none(here: Site) -> None:
    assert "\x1b[32mok" in shown(here)
    assert "\x1b[32mok" in shown(here, NO_COLOR="")
    assert "\x1b[" not in shown(here, NO_COLOR="1")
    assert "\x1b[" not in shown(here, TERM="dumb")
    assert "\x1b[" not in here.run("check", "--offline").stdout


def test_no_patient_is_named(here: Site) -> None:
    norm = here.khanza.patient(
        nm_pasien="SITI KENARI", no_ktp="9907197788663355", no_tlp="081399775566"
    )
    for kd_poli in ("INT", "MAT"):
        here.khanza.sep(here.khanza.visit(TODAY, kd_poli=kd_poli, norm=norm))
    here.run("sync")
    done = here.run("check")
    for private in ("KENARI", "9907197788663355", "081399775566", norm):
        assert private not in done.stdout + done.stderr


def test_a_ledger_read_day_by_day_is_read_as_a_whole(site: Site) -> None:
    for day in (0, -1, -2):
        for _ in range(2):
            site.khanza.sep(site.khanza.visit(MONDAY + timedelta(days=day)))
    site.sync(since=MONDAY - timedelta(days=2))
    with Ledger.open(site.state, WIB) as ledger:
        assert ledger.examine() == 6


def test_a_sample_is_looked_at_without_account_and_clock(tmp_path: Path) -> None:
    create_sqlite(tmp_path / "khanza.sqlite3").close()
    env = {
        "KHANZA_SQLITE": str(tmp_path / "khanza.sqlite3"),
        "ANTREAN_KD_PJ": "BPJ",
        "BPJS_CONS_ID": "",
    }
    args = ("--state", str(tmp_path / "s"), "check", "--offline", "--json")
    done = run(*args, environ={**os.environ, **env})
    levels = {finding["what"]: finding["level"] for finding in json.loads(done.stdout)["findings"]}
    assert (done.returncode, levels["khanza"], levels["schema"]) == (0, "ok", "ok")
    assert levels.keys().isdisjoint({"grants", "zone"})
