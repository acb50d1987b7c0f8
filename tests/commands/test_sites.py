"""`antrean sites`: many hospitals on one computer, a line each, and no trouble of another's."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from antrean_cli.operator.overview import HealthProblem, ProblemCode
from antrean_cli.operator.sites import SiteState
from antrean_cli.render.sites import sites_text
from antrean_cli.rules.outages import Outage, OutageKind
from antrean_cli.rules.reasons import ReasonCode, because
from tests.support.command import on_a_terminal, run
from tests.support.rows import push
from tests.support.sites import NOON, installed, ledger_of, passed

CLOCK = NOON.isoformat()


@pytest.fixture
def group(tmp_path: Path) -> Path:
    """Three hospitals that are well."""
    for name in ("rs-a", "rs-b", "rs-c"):
        installed(tmp_path, name)
        passed(ledger_of(tmp_path, name), NOON - timedelta(minutes=1), push("add", "sent"))
    return tmp_path


def sites(folder: Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "CLOCK": CLOCK, "CLOCK_STANDS": "ja", **env}
    return run("sites", "--folder", str(folder / "sites"), *args, environ=environ)


def told(folder: Path, **env: str) -> dict[str, Any]:
    """Return what is said of each site as JSON, by its name."""
    return {one["site"]: one for one in json.loads(sites(folder, "--json", **env).stdout)["sites"]}


def line_of(name: str, text: str) -> list[str]:
    (line,) = (line for line in text.splitlines() if line.startswith(f"{name} "))
    return line.split()


def test_all_is_well_where_every_site_is(group: Path) -> None:
    done = sites(group)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line_of(name, done.stdout)[1] for name in ("rs-a", "rs-b", "rs-c")] == ["baik"] * 3
    assert done.stdout.endswith("Semua baik.\n")
    assert json.loads(sites(group, "--json").stdout)["well"] is True


def test_a_site_that_needs_a_look_is_named_with_what_to_type(group: Path) -> None:
    reason = because(ReasonCode.CLINIC_UNMAPPED, kd_poli="MAT")
    state = ledger_of(group, "rs-b")
    state.unlink()
    passed(
        state,
        NOON - timedelta(hours=2),
        push("add", "sent"),
        push("3", "due"),
        push("4", "held", reason=reason),
        push("5", "refused", reason=because(ReasonCode.REFUSED, text="x")),
    )
    done = sites(group)
    assert done.returncode == 12
    line = " ".join(line_of("rs-b", done.stdout))
    assert line == "rs-b PERLU DILIHAT 2 jam 1 (2 jam) 1 1"
    shown = " ".join(done.stdout.split())
    assert (
        "- rs-b: putaran berhasil terakhir sudah terlalu lama, menunggu terlalu lama, 1 ditolak "
        f"BPJS ketik: antrean --env-file {group}/sites/rs-b.env status" in shown
    )
    assert "rs-a:" not in shown
    document = told(group)["rs-b"]
    codes = ["no_success", "pending_too_long", "refused"]
    assert [one["code"] for one in document["status"]["problems"]] == codes
    assert (document["well"], document["error"], document["exit_code"]) == (False, None, None)


def test_the_limits_are_those_of_status(group: Path) -> None:
    assert sites(group, "--max-age", "1").returncode == 0
    passed_at = NOON - timedelta(minutes=61)
    ledger_of(group, "rs-a").unlink()
    passed(ledger_of(group, "rs-a"), passed_at, push("add", "sent"))
    assert sites(group).returncode == 12
    assert sites(group, "--max-age", "70").returncode == 0


# -- what is wrong with one costs no other


def damaged(folder: Path) -> None:
    ledger_of(folder, "rs-b").write_bytes(b"ini bukan sqlite " * 400)


def newer(folder: Path) -> None:
    with closing(sqlite3.connect(ledger_of(folder, "rs-b"))) as connection:
        connection.execute("PRAGMA user_version = 99")


def another_program(folder: Path) -> None:
    with closing(sqlite3.connect(ledger_of(folder, "rs-b"))) as connection:
        connection.execute("PRAGMA application_id = 1")


def a_changed_value(folder: Path) -> None:
    with closing(sqlite3.connect(ledger_of(folder, "rs-b"))) as connection:
        connection.execute("UPDATE meta SET value = '1' WHERE name = 'exit_code'")
        connection.commit()


def open_to_all(folder: Path) -> None:
    (folder / "sites/rs-b.env").chmod(0o604)


def a_typing_error(folder: Path) -> None:
    installed(folder, "rs-b", ANTREAN_DAY="3")


def no_keys(folder: Path) -> None:
    installed(folder, "rs-b", BPJS_SECRET_KEY="")


def no_such_secret(folder: Path) -> None:
    installed(folder, "rs-b", BPJS_SECRET_KEY="", BPJS_SECRET_KEY_FILE="/nonexistent/kunci")


def a_ledger_of_two(folder: Path) -> None:
    installed(
        folder, "rs-b", ANTREAN_STATE=f"{ledger_of(folder, 'rs-c').parent}/../rs-a/antrean.sqlite3"
    )


def metrics_of_two(folder: Path) -> None:
    for name in ("rs-a", "rs-b"):
        installed(folder, name, ANTREAN_METRICS_FILE=str(folder / "antrean.prom"))


def a_link_to_nothing(folder: Path) -> None:
    (folder / "sites/rs-b.env").unlink()
    (folder / "sites/rs-b.env").symlink_to("tidak-ada")


@pytest.mark.parametrize(
    ("trouble", "code", "words"),
    [
        (damaged, 9, "rusak dan tidak disentuh"),
        (newer, 9, "dibuat oleh antrean yang lebih baru"),
        (another_program, 9, "bukan berkas status antrean"),
        (a_changed_value, 9, "rusak dan tidak disentuh"),
        (open_to_all, 8, "dapat dibaca siapa saja; ketik: chmod o-rwx"),
        (a_typing_error, 8, "maksudnya ANTREAN_DAYS?"),
        (no_keys, 8, "BPJS_SECRET_KEY belum diisi"),
        (no_such_secret, 8, "BPJS_SECRET_KEY_FILE: berkasnya tidak dapat dibaca"),
        (a_ledger_of_two, 8, "ANTREAN_STATE menunjuk berkas yang juga dipakai rs-a"),
        (metrics_of_two, 8, "ANTREAN_METRICS_FILE menunjuk berkas yang juga dipakai rs-a"),
        (a_link_to_nothing, 8, "tidak dapat dibaca"),
    ],
)
def test_trouble_of_one_site_is_its_own_line(
    group: Path, trouble: Callable[[Path], None], code: int, words: str
) -> None:
    trouble(group)
    done = sites(group)
    assert (done.returncode, done.stderr) == (12, "")
    assert line_of("rs-b", done.stdout)[1:] == ["PERLU", "DILIHAT", "-", "-", "-", "-"]
    assert [line_of(name, done.stdout)[1] for name in ("rs-a", "rs-c")] == ["baik", "baik"]
    assert "- rs-b:" in done.stdout
    found = told(group)
    assert words in found["rs-b"]["error"]
    assert (found["rs-b"]["exit_code"], found["rs-b"]["status"]) == (code, None)
    assert [found[name]["well"] for name in ("rs-a", "rs-c")] == [True, True]


def test_a_site_without_a_ledger_has_never_run(group: Path) -> None:
    """And none is made for it."""
    installed(group, "rs-baru")
    found = told(group)["rs-baru"]
    assert [one["code"] for one in found["status"]["problems"]] == ["never_ran"]
    assert not ledger_of(group, "rs-baru").parent.exists()


def test_nothing_of_the_environment_reaches_a_site(group: Path) -> None:
    """Nor does what one site's file says reach the next."""
    installed(group, "rs-b", ANTREAN_MAX_SECONDS="10")
    foreign = {"ANTREAN_STATE": str(ledger_of(group, "rs-x")), "ANTREAN_DAYS": "keliru"}
    assert sites(group, **foreign, ANTREAN_ENV_FILE="/nonexistent").returncode == 0
    installed(group, "rs-b", KHANZA_USER="")
    found = told(group, KHANZA_USER="dari-lingkungan")
    assert "KHANZA_USER belum diisi" in found["rs-b"]["error"]
    assert found["rs-c"]["well"]


def test_a_site_whose_file_names_no_ledger_has_one_of_its_own(group: Path) -> None:
    for name in ("rs-b", "rs-c"):
        file = installed(group, name)
        kept = [line for line in file.read_text().splitlines() if "ANTREAN_STATE" not in line]
        file.write_text("\n".join(kept))
    states = group / "states"
    passed(states / "antrean/rs-b/antrean.sqlite3", NOON, push("add", "sent"))
    found = told(group, XDG_STATE_HOME=str(states))
    assert [found[name]["well"] for name in ("rs-b", "rs-c")] == [True, False]
    done = run(
        "--env-file",
        str(group / "sites/rs-b.env"),
        "status",
        environ={**os.environ, "CLOCK": CLOCK, "XDG_STATE_HOME": str(states)},
    )
    assert done.returncode == 0, "what is typed by hand looks at the same ledger"


@pytest.mark.parametrize("name", ["RS-A", "rs_a", "rs a", "-rs", "rs-", "a" * 41])
def test_a_file_whose_name_can_be_no_sites_is_told(group: Path, name: str) -> None:
    installed(group, name)
    found = told(group)
    assert "bukan nama rumah sakit" in found[name]["error"]
    assert found["rs-a"]["well"]


def test_other_files_in_the_folder_are_no_sites(group: Path) -> None:
    for name in ("rs-a.env.bak", "README", ".rs-a.env.swp", ".env"):
        (group / "sites" / name).touch()
    assert sites(group).returncode == 0
    assert set(told(group)) == {"rs-a", "rs-b", "rs-c"}


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("sites", "--folder", "tidak-ada"), 8, "tidak dapat dibaca"),
        (("sites", "--folder", "."), 8, "Belum ada berkas pengaturan"),
        (("sites", "--folder", "sites", "--state", "x"), 2, "hapus --env-file dan --state"),
        (("sites", "--max-age", "0"), 2, "bilangan bulat"),
    ],
)
def test_what_cannot_be_looked_at_is_one_sentence(
    args: tuple[str, ...], code: int, words: str
) -> None:
    done = run(*args)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (code, "", 1)
    assert words in done.stderr


@pytest.mark.parametrize("code", ProblemCode)
def test_every_problem_has_words_for_a_line_of_many(code: ProblemCode) -> None:
    since = NOON - timedelta(hours=1)
    outage = Outage(kind=OutageKind.BPJS, since=since, told_at=since, next_probe=NOON, failures=5)
    problem = HealthProblem(code=code, count=3, outage=outage)
    site = SiteState(name="rs-a", file=Path("sites/rs-a.env"), problems=(problem,))
    _, words = sites_text([site]).split("- rs-a: ")
    assert not words.startswith((";", "\n", " "))


def test_the_table_fits_eighty_columns(group: Path) -> None:
    """With the longest name that a site can have."""
    long = "rumah-sakit-umum-daerah-kabupaten-contoh"
    assert len(long) == 40
    installed(group, long)
    passed(ledger_of(group, long), NOON - timedelta(minutes=59), push("add", "due"))
    environ = {**os.environ, "CLOCK": CLOCK}
    shown = on_a_terminal("sites", "--folder", "sites", environ=environ).stdout
    table = re.sub(r"\x1b\[\d+m", "", shown).split("Perlu dilihat:")[0]
    assert max(map(len, table.splitlines())) <= 80
    assert f"\n{long}  " in sites(group).stdout, "in a pipe each site is a line"
