"""`antrean check`: each trouble is found, told with what to type, and what is typed mends it."""

from __future__ import annotations

import grp
import json
import os
import pwd
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from antrean_cli.checkup import machine, migration
from antrean_cli.checkup.grants import rights
from antrean_cli.checkup.hospital import zone
from antrean_cli.checkup.results import Finding, exit_code, fault, ok, warning
from antrean_cli.checkup.similar_names import similar_names
from antrean_cli.config.settings import try_load
from antrean_cli.errors import SettingsError, StateError
from antrean_cli.ledger.file import locked
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.codes import State, Step
from antrean_cli.rules.push import Push
from antrean_cli.simulator.faults import Fault, Reply
from antrean_cli.simulator.hospital import create_sqlite
from antrean_cli.simulator.server import Simulator
from tests.commands.test_bad_input import self_signed
from tests.support.command import on_a_terminal, run
from tests.support.mariadb import MariaDB
from tests.support.rows import at, reason, record
from tests.support.site import (
    CONS_ID,
    MONDAY,
    SECRET_KEY,
    USER_KEY,
    WIB,
    Site,
    settings_of,
)

TODAY = datetime.now(WIB).date()
WEEK = [{"hari": hari, "buka": "08:00", "tutup": "14:00"} for hari in range(1, 8)]


class Dated(Simulator):
    """A stand-in BPJS that tells the time, as BPJS's gateway does, `ahead` of the real one."""

    ahead = timedelta(0)

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], raw: bytes, spelling: str = ""
    ) -> Reply:
        """Answer as ever, with a Date."""
        reply = super().answer(method, path, headers, raw, spelling)
        date = format_datetime(datetime.now(timezone.utc) + self.ahead, usegmt=True)
        return Reply(
            status=reply.status, body=reply.body, headers=(*reply.headers, f"Date: {date}")
        )


@dataclass
class Checked:
    """What one run of `antrean check --json` said."""

    code: int
    findings: list[dict[str, Any]] = field(default_factory=list)

    def of(self, what: str) -> list[dict[str, Any]]:
        """Return the findings about something."""
        return [finding for finding in self.findings if finding["what"] == what]

    def one(self, what: str) -> dict[str, Any]:
        """Return the one finding about something."""
        (finding,) = self.of(what)
        return finding

    @property
    def levels(self) -> dict[str, str]:
        """The level of each thing; of several findings about one thing, the last."""
        return {finding["what"]: finding["level"] for finding in self.findings}

    @property
    def bad(self) -> dict[str, str]:
        """The warnings and faults."""
        return {what: level for what, level in self.levels.items() if level != "ok"}


def check(site: Site, *args: str, **env: str) -> Checked:
    done = site.run("check", "--json", *args, **env)
    assert done.stderr == ""
    document = json.loads(done.stdout)
    assert document["exit_code"] == done.returncode
    return Checked(done.returncode, document["findings"])


@pytest.fixture
def here(live_site: Site, mariadb: MariaDB) -> Iterator[Site]:
    """A hospital in good order: its database in WIB, BPJS with a clock, HFIS that knows its
    doctors.
    """
    with (
        Dated(cons_id=CONS_ID, secret_key=SECRET_KEY, user_key=USER_KEY) as bpjs,
        mariadb.admin() as connection,
        connection.cursor() as cursor,
    ):
        for kodepoli, kodedokter in (("INT", 12345), ("ANA", 23456)):
            bpjs.bookings.updatejadwaldokter(
                {"kodepoli": kodepoli, "kodedokter": kodedokter, "jadwal": WEEK}
            )
        cursor.execute("SET GLOBAL time_zone = '+07:00'")
        live_site.bpjs, live_site.env = bpjs, settings_of(mariadb, bpjs.url)
        yield live_site
        cursor.execute("SET GLOBAL time_zone = 'SYSTEM'")


def patient(site: Site, kd_poli: str = "INT", tanggal: date = TODAY, **columns: Any) -> str:
    """Register a patient who pays, just after midnight: it is past whenever the tests run."""
    return site.khanza.visit(tanggal, jam="00:00:01", kd_poli=kd_poli, kd_pj="UMU", **columns)


def run_sql(mariadb: MariaDB, *statements: str) -> None:
    """Run statements as the database's administrator would, copied from what check says."""
    with mariadb.admin() as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


# -- all together


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
    assert "belum ada" in checked.one("state")["text"]
    assert checked.one("pass")["text"] == "Putaran: belum pernah"
    *first, crontab, line = checked.one("next")["advice"]
    assert first == ["antrean sync --dry-run", "antrean sync"]
    assert crontab in ("crontab -e", "sudo crontab -u antrean -e")
    assert line == f"* * * * * {sys.executable} -m antrean_cli sync"
    assert here.files() == before


def test_below_a_fault_nothing_is_said_of_what_to_do_next(here: Site) -> None:
    assert "next" not in check(here, BPJS_USER_KEY="salah").levels


def test_what_to_type_names_the_settings_and_the_state_that_were_named(here: Site) -> None:
    file = env_file(here)
    named = f"--env-file {file} --state {here.state}"
    first, *_, line = with_file(here, file).one("next")["advice"]
    assert first == f"antrean {named} sync --dry-run"
    assert line == f"* * * * * {sys.executable} -m antrean_cli {named} sync"


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
    assert [
        line for line in lines if len(line) > 80 and len(line.split()) > 1
    ] == []  # a path stays whole
    assert {line[:11].strip() for line in lines[:-2]} == {"", "ok", "peringatan"}
    shown = " ".join(line.strip().removeprefix("→ ") for line in lines)
    for advice in (advice for finding in typed for advice in finding["advice"]):
        assert advice in shown


def test_on_a_terminal_the_words_have_colours_unless_the_person_wants_none(here: Site) -> None:
    assert "\x1b[32mok" in shown(here)
    assert "\x1b[32mok" in shown(here, NO_COLOR="")
    assert "\x1b[" not in shown(here, NO_COLOR="1")
    assert "\x1b[" not in shown(here, TERM="dumb")
    assert "\x1b[" not in here.run("check", "--offline").stdout


def shown(site: Site, **env: str) -> str:
    return on_a_terminal("check", "--offline", environ=site.environment(**env)).stdout


# -- settings


def env_file(site: Site, **changes: str) -> Path:
    file = site.folder / "env"
    file.write_text(
        "".join(f"{name}='{value}'\n" for name, value in {**site.env, **changes}.items())
    )
    file.chmod(0o640)
    return file


def with_file(site: Site, file: Path) -> Checked:
    nothing = dict.fromkeys(site.env, "")
    environment = {name: value for name, value in {**os.environ, **nothing}.items() if value}
    named = ("--env-file", str(file), "--state", str(site.state))
    done = run(*named, "check", "--json", environ=environment)
    assert done.stderr == ""
    return Checked(done.returncode, json.loads(done.stdout)["findings"])


def test_the_settings_file_is_named_with_its_mode(here: Site) -> None:
    checked = with_file(here, env_file(here))
    assert checked.one("settings")["text"] == f"Pengaturan: {here.folder}/env (mode 640)"
    assert checked.bad == {}


def test_all_problems_of_the_settings_are_told_and_the_rest_is_looked_at(here: Site) -> None:
    file = env_file(here, ANTREAN_DAYS="9", BPJS_TIMEOUT="lama", ANTREAN_WORKER="3")
    checked = with_file(here, file)
    problems = [finding for finding in checked.of("settings") if finding["level"] == "fault"]
    assert checked.code == 8
    assert [
        word
        for word in ("ANTREAN_DAYS", "BPJS_TIMEOUT", "ANTREAN_WORKER")
        if word not in str(problems)
    ] == []
    assert len(problems) == 3
    assert problems[-1]["advice"] == [f"editor {file}"]
    assert checked.levels["schema"] == "ok"
    assert checked.levels["bpjs"] == "warning"  # of its own settings one is wrong


def test_a_settings_file_that_others_read_is_a_fault_until_what_is_said_is_typed(
    here: Site,
) -> None:
    file = env_file(here)
    file.chmod(0o644)
    checked = with_file(here, file)
    assert checked.code == 8
    (typed,) = checked.of("settings")[0]["advice"]
    subprocess.run(typed, shell=True, check=True)
    assert with_file(here, file).code == 0


def test_a_secret_that_others_read_is_a_warning_until_what_is_said_is_typed(here: Site) -> None:
    secret = here.folder / "kunci rahasia"
    secret.write_text(SECRET_KEY)
    secret.chmod(0o644)
    here.env.pop("BPJS_SECRET_KEY")
    env = {"BPJS_SECRET_KEY_FILE": str(secret)}
    checked = check(here, **env)
    assert (checked.code, checked.bad) == (0, {"secret": "warning"})
    subprocess.run(checked.one("secret")["advice"][0], shell=True, check=True)
    assert check(here, **env).bad == {}


def test_what_was_typed_in_place_of_a_secrets_file_is_not_shown(here: Site) -> None:
    here.env.pop("BPJS_SECRET_KEY")
    done = here.run("check", BPJS_SECRET_KEY_FILE=SECRET_KEY)
    assert done.returncode == 8
    assert SECRET_KEY not in done.stdout + done.stderr


def test_a_log_that_cannot_be_written_is_a_warning(here: Site) -> None:
    assert check(here, "--offline", ANTREAN_LOG_FILE=str(here.folder / "log")).levels["log"] == "ok"
    assert check(here, "--offline", ANTREAN_LOG_FILE="/tidak/ada/log").levels["log"] == "warning"


def test_metrics_that_cannot_be_written_are_a_warning(here: Site) -> None:
    fine = str(here.folder / "antrean.prom")
    assert check(here, "--offline", ANTREAN_METRICS_FILE=fine).levels["metrics"] == "ok"
    assert (
        check(here, "--offline", ANTREAN_METRICS_FILE="/tidak/ada/antrean.prom").levels["metrics"]
        == "warning"
    )


def test_a_watcher_whom_nobody_reaches_is_a_warning(here: Site) -> None:
    """Whoever listens there hears nothing: a ping would tell of a pass that there was none of."""
    heard = len(here.bpjs.arrived)
    assert (
        check(here, ANTREAN_PING_URL=f"http://127.0.0.1:{here.bpjs.port}/uuid").levels["ping"]
        == "ok"
    )
    assert [one.path for one in here.bpjs.arrived[heard:]] == ["/antreanrs/ref/poli"]
    dead = "http://127.0.0.1:9/uuid"
    assert check(here, ANTREAN_PING_URL=dead).bad == {"ping": "warning"}
    assert "ping" not in check(here, "--offline", ANTREAN_PING_URL=dead).levels


def test_broken_settings_have_their_defaults() -> None:
    found = try_load(
        env_file=None, state=None, needs=frozenset(), environ={"ANTREAN_TZ": "WIB", "HOME": "/"}
    )
    assert found.broken == {"ANTREAN_TZ"}
    assert found.settings.policy.zone.utcoffset(None) == timedelta(hours=7)


# -- the state file and the passes


def test_a_broken_seal_is_a_fault_and_the_file_is_not_touched(here: Site) -> None:
    patient(here)
    here.run("sync", ANTREAN_DELAY_NONJKN="0")
    with sqlite3.connect(here.state) as connection:
        connection.execute("UPDATE push SET note = 'x'")
    connection.close()
    before = here.files()
    checked = check(here)
    assert (checked.code, checked.bad) == (9, {"state": "fault"})
    assert here.files() == before


def test_a_push_without_its_booking_is_a_fault(here: Site) -> None:
    patient(here)
    here.run("sync", ANTREAN_DELAY_NONJKN="0")
    with sqlite3.connect(here.state) as connection:
        connection.execute("DELETE FROM booking")
    connection.close()
    assert check(here).code == 9


def test_an_index_that_lacks_a_row_is_a_fault(here: Site) -> None:
    """quick_check, which a pass makes, does not compare indexes with their tables."""
    patient(here)
    here.run("sync", ANTREAN_DELAY_NONJKN="0")
    with sqlite3.connect(here.state) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_master SET sql = replace(sql, 'tanggal)', "
            "'kind)') WHERE name LIKE '%tanggal'"
        )
    connection.close()
    assert check(here).one("state")["code"] == 9


def test_a_state_file_that_others_read_is_a_warning_until_what_is_said_is_typed(here: Site) -> None:
    here.run("sync")
    here.state.chmod(0o644)
    first, second = check(here, "--offline").of("state")
    assert (first["level"], second["level"]) == ("ok", "warning")
    subprocess.run(second["advice"][0], shell=True, check=True)
    assert check(here, "--offline").bad == {}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_a_fault(here: Site) -> None:
    folder = here.folder / "milik orang lain"
    folder.mkdir(mode=stat.S_IRUSR | stat.S_IXUSR)
    assert check(here, "--offline", ANTREAN_STATE=str(folder / "antrean.sqlite3")).code == 9


@contextmanager
def after_root() -> Iterator[Path]:
    """Let root make a ledger in a folder of nobody's, and be nobody then; yields the ledger."""
    nobody = pwd.getpwnam("nobody").pw_uid
    with tempfile.TemporaryDirectory() as name:
        state = Path(name, "antrean.sqlite3")
        with locked(state), Ledger.open(state, WIB):
            pass
        os.chown(name, nobody, -1)
        os.seteuid(nobody)
        try:
            yield state
        finally:
            os.seteuid(0)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can leave files of root's")
def test_files_that_root_left_are_told_with_what_gives_them_back() -> None:
    """One `sudo antrean sync` must not leave cron's user without a word that helps."""
    with after_root() as state:
        for use in (Ledger.copy, Ledger.open):
            with pytest.raises(StateError) as error:
                use(state, WIB)
            assert str(error.value).endswith(
                f"karena milik root; ketik: sudo chown nobody: {state} {state}.lock"
            )
        with (
            pytest.raises(StateError, match="karena milik root; ketik: sudo chown nobody: "),
            locked(state),
        ):
            pass
        (found,) = [one for one in machine.state(state, error.value) if one.level == "fault"]
        assert found.advice == (f"sudo chown nobody: {state} {state}.lock",)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_settings_that_one_may_not_read_are_told_with_who_may() -> None:
    with tempfile.TemporaryDirectory() as name:
        file = Path(name, "env")
        file.touch(0o640)
        os.chown(file, 0, grp.getgrnam("daemon").gr_gid)
        Path(name).chmod(0o755)
        os.seteuid(pwd.getpwnam("nobody").pw_uid)
        try:
            with pytest.raises(
                SettingsError, match=r"\(milik root:daemon\); ketik: sudo -u daemon antrean check$"
            ):
                try_load(env_file=file, state=None, needs=frozenset(), environ={"HOME": "/"})
        finally:
            os.seteuid(0)


def test_what_sqlite_left_of_a_state_file_that_is_gone_is_a_fault(here: Site) -> None:
    here.state.with_name(here.state.name + "-wal").write_bytes(b"x")
    checked = check(here, "--offline")
    assert checked.code == 9
    assert "masih ada" in checked.one("state")["text"]


@pytest.mark.parametrize(
    ("megabytes", "level"), [(9, "fault"), (10, "warning"), (99, "warning"), (100, "ok")]
)
def test_a_disk_that_is_nearly_full_is_told(megabytes: int, level: str) -> None:
    assert machine.disk(megabytes * 10**6, Path("/")).level == level


@pytest.mark.parametrize(
    ("minutes", "level"), [(0, "ok"), (4, "ok"), (6, "warning"), (-3, "warning")]
)
def test_a_pass_long_ago_makes_one_ask_for_cron(here: Site, minutes: int, level: str) -> None:
    here.run("sync")
    checked = check(
        here, "--offline", CLOCK=(datetime.now(WIB) + timedelta(minutes=minutes)).isoformat()
    )
    assert checked.one("pass")["level"] == level


def test_an_outage_and_the_last_good_pass_are_told(here: Site) -> None:
    here.run("sync")
    patient(here)
    here.bpjs.down = True
    for minute in range(1, 14):
        now = datetime.now(WIB) + timedelta(minutes=minute)
        here.run("sync", ANTREAN_DELAY_NONJKN="0", CLOCK=now.isoformat())
    checked = check(here, CLOCK=now.isoformat())
    assert checked.levels["pass"] == "ok"
    assert checked.levels["success"] == "warning"
    assert "BPJS terganggu sejak" in checked.one("outage")["text"]


# -- the account


@contextmanager
def account(mariadb: MariaDB, *grants: str) -> Iterator[dict[str, str]]:
    """Make an account with these grants ({u} is its name, two roles are there to be granted);
    yields its settings.
    """
    user = "'coba'@'localhost'"
    roles = ("CREATE ROLE pembaca", "GRANT SELECT ON sik.* TO pembaca", "CREATE ROLE penulis")
    with mariadb.admin() as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE USER {user} IDENTIFIED BY 'rahasia-coba'")
        try:
            for statement in (*roles, "GRANT SELECT, INSERT ON sik.* TO penulis", *grants):
                cursor.execute(statement.format(u=user))
            yield {"KHANZA_USER": "coba", "KHANZA_PASSWORD": "rahasia-coba"}
        finally:
            cursor.execute(f"DROP USER {user}")
            cursor.execute("DROP ROLE pembaca, penulis")
            cursor.execute("DROP PROCEDURE IF EXISTS sik.ubah")


WRITERS = [
    ("GRANT ALL PRIVILEGES ON *.* TO {u} WITH GRANT OPTION",),
    ("GRANT ALL PRIVILEGES ON sik.* TO {u}",),
    ("GRANT SELECT, INSERT, LOCK TABLES ON sik.* TO {u}",),
    (
        "GRANT SELECT ON sik.* TO {u}",
        "GRANT SELECT (no_rawat), UPDATE (stts, kd_pj) ON sik.reg_periksa TO {u}",
    ),
    ("GRANT SELECT ON sik.* TO {u} WITH GRANT OPTION",),
    ("GRANT SELECT ON sik.* TO {u}", "GRANT PROXY ON 'root'@'localhost' TO {u} WITH GRANT OPTION"),
    ("GRANT SELECT ON sik.* TO {u}", "GRANT penulis TO {u}"),
    ("GRANT penulis TO {u} WITH ADMIN OPTION", "SET DEFAULT ROLE penulis FOR {u}"),
    ("GRANT SELECT ON sik.* TO {u}", "GRANT SELECT, DELETE, DROP ON sik.jadwal TO {u}"),
    (
        "CREATE PROCEDURE sik.ubah() UPDATE setting SET kode_ppk = ''",
        "GRANT SELECT ON sik.* TO {u}",
        "GRANT EXECUTE ON PROCEDURE sik.ubah TO {u}",
    ),
    ("GRANT SELECT ON sik.* TO {u}", "GRANT FILE, SUPER ON *.* TO {u}"),
]


@pytest.mark.parametrize("grants", WRITERS, ids=" + ".join)
def test_an_account_that_may_write_is_a_warning_until_what_is_said_is_typed(
    here: Site, mariadb: MariaDB, grants: tuple[str, ...]
) -> None:
    with account(mariadb, *grants) as login:
        found = check(here, "--offline", **login)
        assert (found.code, found.bad) == (0, {"grants": "warning"})
        assert "PASSWORD" not in json.dumps(found.findings)
        run_sql(mariadb, *found.one("grants")["advice"])
        assert check(here, "--offline", **login).bad == {}


@pytest.mark.parametrize(
    "grants",
    [
        ("GRANT SELECT ON *.* TO {u}",),
        ("GRANT SELECT, SHOW VIEW ON sik.* TO {u}",),
        ("GRANT pembaca TO {u}", "SET DEFAULT ROLE pembaca FOR {u}"),
    ],
    ids=" + ".join,
)
def test_an_account_that_only_reads_is_ok(
    here: Site, mariadb: MariaDB, grants: tuple[str, ...]
) -> None:
    with account(mariadb, *grants) as login:
        assert check(here, "--offline", **login).bad == {}


def test_an_account_that_may_not_read_is_a_fault_until_what_is_said_is_typed(
    here: Site, mariadb: MariaDB
) -> None:
    with account(mariadb, "GRANT INSERT ON sik.* TO {u}") as login:
        found = check(here, "--offline", **login)
        assert found.code == 8
        run_sql(mariadb, *found.one("grants")["advice"])
        assert check(here, "--offline", **login).code == 0


# What MySQL says, and what of it is more than reading.
MYSQL = {
    "GRANT USAGE ON *.* TO 'a'@'%'|GRANT SELECT ON `sik`.* TO 'a'@'%'": (),
    "GRANT ALL PRIVILEGES ON `sik`.* TO 'a'@'192.0.2.%' WITH GRANT OPTION": (
        "ALL PRIVILEGES, GRANT OPTION di sik.*",
    ),
    "GRANT SELECT, INSERT, UPDATE ON *.* TO `a`@`%`|GRANT "
    "BACKUP_ADMIN,XA_RECOVER_ADMIN ON *.* TO `a`@`%`": (
        "INSERT, UPDATE di *.*",
        "BACKUP_ADMIN, XA_RECOVER_ADMIN di *.*",
    ),
    "GRANT SELECT, A, B, C, D, E ON `sik`.* TO `a`@`%`": ("A, B, C, 2 lainnya di sik.*",),
    "GRANT SELECT ON `sik`.* TO `a`@`%`|GRANT SELECT (`x`), UPDATE (`y`, `z`) ON `sik`.`t` "
    "TO `a`@`%`": ("UPDATE (y, z) di sik.t",),
    "GRANT SELECT ON `sik`.* TO `a`@`%`|REVOKE INSERT ON `mysql`.* FROM `a`@`%`": (),
    "GRANT SELECT ON `sik`.* TO `a`@`%`|GRANT `tulis`@`%`,`baca`@`%` TO `a`@`%`": (
        "peran tulis`@`%",
        "peran baca`@`%",
    ),
    "GRANT SELECT ON `sik`.* TO `a`@`%`|GRANT UPDATE ON `sik`.`a ON b TO c` TO PUBLIC": (
        "UPDATE di sik.a ON b TO c (PUBLIC)",
    ),
    "GRANT SELECT ON `si_`.* TO `a`@`%`|GRANT SELECT, INSERT ON `test`.* TO PUBLIC": (),
}


@contextmanager
def stock_public(mariadb: MariaDB) -> Iterator[None]:
    """Let everybody do anything in `test`, as MariaDB installs it."""
    places = ("test.*", r"`test\_%`.*")
    run_sql(
        mariadb,
        *(f"GRANT SELECT, INSERT, UPDATE, CREATE, DROP ON {place} TO PUBLIC" for place in places),
    )
    try:
        yield
    finally:
        run_sql(mariadb, *(f"REVOKE ALL PRIVILEGES ON {place} FROM PUBLIC" for place in places))


def test_what_everybody_may_do_in_test_is_no_danger_to_khanza(here: Site, mariadb: MariaDB) -> None:
    with stock_public(mariadb), account(mariadb, "GRANT SELECT ON sik.* TO {u}") as login:
        assert check(here, "--offline", **login).bad == {}


def test_an_account_that_may_do_anything_still_reads_after_the_revoke(
    here: Site, mariadb: MariaDB
) -> None:
    """What PUBLIC may read elsewhere does not keep the account from being locked out of Khanza."""
    with stock_public(mariadb), account(mariadb, "GRANT ALL PRIVILEGES ON sik.* TO {u}") as login:
        found = check(here, "--offline", **login)
        assert found.one("grants")["advice"] == [
            "SHOW GRANTS FOR `coba`@`localhost`;",
            "REVOKE ALL PRIVILEGES, GRANT OPTION FROM `coba`@`localhost`;",
            "GRANT SELECT ON `sik`.* TO `coba`@`localhost`;",
        ]
        run_sql(mariadb, *found.one("grants")["advice"])
        assert check(here, "--offline", **login).bad == {}


@pytest.mark.parametrize("lines", MYSQL)
def test_the_grants_of_mysql_are_understood(lines: str) -> None:
    found = rights(lines.split("|"), "sik")
    assert found is not None
    assert found.beyond == MYSQL[lines]
    assert found.selects


@pytest.mark.parametrize(
    ("place", "reads"),
    [
        ("*.*", True),
        ("`sik`.*", True),
        ("`s%`.*", True),
        (r"`s\_k`.*", False),
        ("`s_k`.*", True),
        ("`lain`.*", False),
        ("`sik`.`jadwal`", True),
        ("`s%`.`jadwal`", False),  # a pattern only where it is on whole databases
        ("PROCEDURE `sik`.`ubah`", False),
    ],
)
def test_a_grant_reads_khanza_where_its_place_lies_in_khanzas_database(
    place: str, reads: bool
) -> None:
    found = rights([f"GRANT SELECT ON {place} TO `a`@`%`"], "sik")
    assert found is not None
    assert found.selects == reads


# -- Khanza


@pytest.mark.parametrize(
    "env", [{"KHANZA_SOCKET": "/tidak/ada"}, {"KHANZA_SOCKET": "", "KHANZA_PORT": "1"}]
)
def test_a_khanza_out_of_reach_is_exit_5_and_bpjs_is_looked_at(
    here: Site, env: dict[str, str]
) -> None:
    checked = check(here, **env)
    assert (checked.code, checked.bad) == (5, {"khanza": "fault"})
    assert checked.one("khanza")["advice"][0].startswith("mysqladmin ")
    assert checked.levels["credentials"] == "ok"


def test_what_the_schema_lacks_is_named(here: Site, mariadb: MariaDB) -> None:
    run_sql(mariadb, "ALTER TABLE jadwal RENAME COLUMN kuota TO kuota_lama")
    try:
        checked = check(here, "--offline")
    finally:
        run_sql(mariadb, "ALTER TABLE jadwal RENAME COLUMN kuota_lama TO kuota")
    assert checked.code == 8
    assert "tabel jadwal tidak punya kolom kuota" in checked.one("schema")["text"]


@pytest.mark.parametrize(
    ("offset", "typed"),
    [
        ("+07:00", []),
        ("+08:00", ["ANTREAN_TZ=Asia/Makassar"]),
        ("+09:00", ["ANTREAN_TZ=Asia/Jayapura"]),
        ("+00:00", ["SET GLOBAL time_zone = '+07:00';"]),
    ],
)
def test_a_server_in_another_zone_is_told_with_what_to_set(
    here: Site, mariadb: MariaDB, offset: str, typed: list[str]
) -> None:
    run_sql(mariadb, f"SET GLOBAL time_zone = '{offset}'")
    found = check(here, "--offline").one("zone")
    assert found["advice"] == typed
    for line in typed:
        if line.startswith("SET"):
            run_sql(mariadb, line)
            assert check(here, "--offline").bad == {}
        else:
            name, _, value = line.partition("=")
            assert check(here, "--offline", **{name: value}).bad == {}


@pytest.mark.parametrize(
    ("khanza", "level", "text"),
    [
        ("2026-11-23 14:00:59", "ok", "14:00 WIB"),
        ("2026-11-23 14:07:00", "warning", "selisih 7 menit"),
        ("2026-11-23 13:20:00", "warning", "selisih 40 menit"),
        ("2026-11-23 15:04:00", "warning", "ANTREAN_TZ"),
        ("2026-11-25 14:00:00", "warning", "selisih 2 hari"),
        ("", "warning", "tidak terbaca"),
    ],
)
def test_a_server_some_minutes_off_has_a_wrong_clock_and_not_another_zone(
    khanza: str, level: str, text: str
) -> None:
    found = zone(khanza, at("14:00"))
    assert found.level == level
    assert text in " ".join((found.text, *found.advice))


def test_without_a_payer_that_means_bpjs_it_is_told_what_to_set(here: Site) -> None:
    here.khanza.delete("password_asuransi", kd_pj="BPJ")
    checked = check(here, "--offline")
    assert (checked.code, checked.bad) == (8, {"visits": "fault"})
    assert "ANTREAN_KD_PJ" in checked.one("visits")["text"]
    assert check(here, "--offline", ANTREAN_KD_PJ="BPJ").bad == {}


def test_unmapped_clinics_and_doctors_are_counted_with_what_bpjs_calls_them(here: Site) -> None:
    for _ in range(3):
        patient(here, "MAT", TODAY - timedelta(days=2))
    here.khanza.update("dokter", {"kd_dokter": "D03"}, nm_dokter="dr. Sari, Sp.PD")
    patient(here, kd_dokter="D03")
    clinic, doctor = check(here).of("unadded")
    assert clinic["text"].startswith(
        "3 kunjungan 7 hari terakhir: poli MAT belum dipetakan di maping_poli_bpjs"
    )
    assert clinic["text"].endswith("mirip di BPJS: MAT Mata")
    assert clinic["advice"] == ["antrean ref poli"]
    assert doctor["text"].startswith("1 kunjungan 7 hari terakhir: dokter D03 belum dipetakan")
    assert doctor["text"].endswith("mirip di BPJS: 12346 Dr. Sari")


def test_a_missing_schedule_is_counted_by_doctor_and_weekday(here: Site) -> None:
    here.khanza.delete("jadwal", kd_dokter="D01")
    patient(here)
    patient(here)
    found = check(here).one("unadded")
    assert found["text"].startswith("2 kunjungan 7 hari terakhir: jadwal dokter D01 poli INT hari ")


def test_what_is_not_to_be_added_lacks_nothing(here: Site) -> None:
    patient(here, "MAT", stts="Batal")
    patient(here, "MAT", status_lanjut="Ranap")
    patient(here, "IGDK")
    here.khanza.booking(patient(here, "MAT"), TODAY, kodedokter="34567", kodepoli="MAT")
    patient(here, "MAT", TODAY - timedelta(days=8))
    assert check(here, "--offline").bad == {}
    patient(here, "MAT")
    assert check(here, "--offline", ANTREAN_ADD="onsite").bad == {}
    assert check(here, "--offline", ANTREAN_ONLY_POLI="INT").bad == {}


def test_when_bpjs_does_not_answer_no_names_are_looked_for(here: Site) -> None:
    patient(here, "MAT")
    here.bpjs.down = True
    checked = check(here)
    assert "mirip" not in checked.one("unadded")["text"]
    assert len(here.bpjs.arrived) == 1


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Poliklinik Mata", ["MAT Mata"]),
        ("POLI PENYAKIT DALAM", ["INT Penyakit Dalam"]),
        ("Klinik Sepatu", []),
        ("dr. Hendra, Sp.A", ["12345 Dr. Hendra"]),
        ("", []),
    ],
)
def test_names_are_alike_whatever_their_titles(name: str, found: list[str]) -> None:
    codes = {"Mata": "MAT", "Penyakit Dalam": "INT", "Dr. Hendra": "12345", "Bedah Saraf": "BSY"}
    assert similar_names(name, codes) == found


def test_khanzas_own_sender_is_named_with_the_time_of_its_last_task(here: Site) -> None:
    yesterday = TODAY - timedelta(days=1)
    for day, taskid in ((yesterday, 3), (yesterday, 4)):
        here.khanza.insert(
            "referensi_mobilejkn_bpjs_taskid",
            no_rawat=f"{day:%Y/%m/%d}/000001",
            taskid=taskid,
            waktu=f"{day} 09:00:00",
        )
    assert check(here, "--offline").levels["sender"] == "ok"
    for taskid in (3, 4):
        here.khanza.insert(
            "referensi_mobilejkn_bpjs_taskid",
            no_rawat=f"{TODAY:%Y/%m/%d}/000001",
            taskid=taskid,
            waktu=f"{TODAY} 08:0{taskid}:00",
        )
    found = check(here, "--offline").one("sender")
    assert found["level"] == "warning"
    assert "2 task, terakhir pukul 08:04:00" in found["text"]
    assert "KhanzaHMSServiceMobileJKNERM" in found["text"]


def test_an_install_without_the_senders_table_is_no_fault(here: Site, mariadb: MariaDB) -> None:
    run_sql(mariadb, "RENAME TABLE referensi_mobilejkn_bpjs_taskid TO lain")
    try:
        assert check(here, "--offline").bad == {}
    finally:
        run_sql(mariadb, "RENAME TABLE lain TO referensi_mobilejkn_bpjs_taskid")


# -- BPJS


def test_a_name_that_does_not_resolve_is_told_as_that(here: Site) -> None:
    checked = check(here, BPJS_BASE_URL="https://bpjs.invalid/antreanrs")
    assert (checked.code, checked.bad) == (5, {"name": "fault"})
    assert checked.one("name")["advice"] == ["getent hosts bpjs.invalid"]
    assert checked.levels["schema"] == "ok"
    assert "route" not in checked.levels


def test_a_server_that_nobody_reaches_is_told_as_that(here: Site) -> None:
    here.bpjs.stop()
    checked = check(here)
    assert (checked.code, checked.bad) == (5, {"route": "fault"})
    assert checked.levels["name"] == "ok"
    assert checked.one("route")["advice"] == [f"nc -vz 127.0.0.1 {here.bpjs.port}"]


def test_a_certificate_of_anybody_is_told_as_that(here: Site, tmp_path: Path) -> None:
    pem = self_signed(tmp_path)
    with Simulator(
        cons_id=CONS_ID, secret_key=SECRET_KEY, user_key=USER_KEY, certificate=pem
    ) as bpjs:
        checked = check(here, BPJS_BASE_URL=bpjs.url)
        assert (checked.code, checked.bad) == (5, {"tls": "fault"})
        assert (checked.levels["name"], checked.levels["route"]) == ("ok", "ok")
        assert bpjs.arrived == []
        trusted = check(here, BPJS_BASE_URL=bpjs.url, BPJS_CA_BUNDLE=str(pem))
    assert (trusted.code, trusted.levels["tls"]) == (0, "ok")


def test_a_bundle_that_holds_no_certificate_is_a_wrong_setting(here: Site) -> None:
    bundle = here.folder / "kosong.pem"
    bundle.write_text("bukan sertifikat")
    patient(here, "MAT")
    checked = check(here, BPJS_CA_BUNDLE=str(bundle))
    assert (checked.code, checked.one("tls")["code"]) == (8, 8)


@pytest.mark.parametrize(
    "env", [{"BPJS_USER_KEY": "salah"}, {"BPJS_SECRET_KEY": "salah"}, {"BPJS_CONS_ID": "9"}]
)
def test_refused_credentials_are_exit_4_and_name_the_settings(
    here: Site, env: dict[str, str]
) -> None:
    patient(here)
    checked = check(here, **env)
    assert (checked.code, checked.bad) == (4, {"credentials": "fault"})
    for name in ("BPJS_CONS_ID", "BPJS_SECRET_KEY", "BPJS_USER_KEY"):
        assert name in checked.one("credentials")["text"]
    assert "jam komputer" not in checked.one("credentials")["text"]


@pytest.mark.parametrize("trouble", ["html", "http_500", "empty", "gagal_dicoba", "redirect"])
def test_an_answer_that_was_not_agreed_on_is_exit_5(here: Site, trouble: Any) -> None:
    here.bpjs.faults.add(Fault(trouble, times=None))
    checked = check(here)
    assert checked.code == 5
    assert "credentials" not in checked.levels or checked.levels["credentials"] == "fault"


@pytest.mark.parametrize(
    ("ahead", "code", "level"),
    [
        (50, 0, "ok"),
        (-50, 0, "ok"),
        (70, 0, "warning"),
        (-290, 0, "warning"),
        (310, 4, "fault"),
        (-310, 4, "fault"),
    ],
)
def test_a_clock_that_differs_from_bpjs_is_told(
    here: Site, ahead: int, code: int, level: str
) -> None:
    assert isinstance(here.bpjs, Dated)
    here.bpjs.ahead = timedelta(seconds=ahead)
    checked = check(here)
    assert (checked.code, checked.one("clock")["level"]) == (code, level)
    if level != "ok":
        assert ("lebih lambat" if ahead > 0 else "lebih cepat") in checked.one("clock")["text"]


def test_refused_with_a_wrong_clock_the_clock_is_named_first(here: Site) -> None:
    assert isinstance(here.bpjs, Dated)
    here.bpjs.ahead = timedelta(minutes=10)
    checked = check(here, BPJS_USER_KEY="salah")
    assert checked.bad == {"credentials": "fault", "clock": "fault"}
    assert "betulkan dulu jam komputer ini" in checked.one("credentials")["text"]


def test_hours_that_differ_from_hfis_are_told_with_both(here: Site) -> None:
    patient(here)
    patient(here)
    patient(here, "ANA")
    short = [{"hari": hari, "buka": "09:00", "tutup": "12:00"} for hari in range(1, 8)]
    here.bpjs.bookings.updatejadwaldokter({"kodepoli": "INT", "kodedokter": 12345, "jadwal": short})
    found = check(here).one("hfis")
    assert found["level"] == "warning"
    assert "poli INT hari ini: jadwal Khanza 08:00-14:00, HFIS 09:00-12:00" in found["text"]
    assert found["advice"] == [f"antrean ref jadwal INT {TODAY}"]
    assert check(here, ANTREAN_JADWAL="hfis").bad == {}


def test_a_doctor_whom_hfis_does_not_have_that_day_is_told(here: Site) -> None:
    patient(here)
    here.bpjs.bookings.updatejadwaldokter({"kodepoli": "INT", "kodedokter": 12345, "jadwal": []})
    for env in ({}, {"ANTREAN_JADWAL": "hfis"}):
        assert "HFIS tidak ada" in check(here, **env).one("hfis")["text"]


def test_a_doctor_who_is_off_that_day_by_hfis_is_told(here: Site) -> None:
    patient(here)
    off = [{"hari": hari, "buka": "08:00", "tutup": "14:00", "libur": 1} for hari in range(1, 8)]
    here.bpjs.bookings.updatejadwaldokter({"kodepoli": "INT", "kodedokter": 12345, "jadwal": off})
    for env in ({}, {"ANTREAN_JADWAL": "hfis"}):
        text = check(here, **env).one("hfis")["text"]
        assert "jadwal Khanza 08:00-14:00, HFIS libur; samakan jadwalnya" in text


def test_visits_of_other_days_are_not_asked_of_hfis(here: Site) -> None:
    patient(here, tanggal=TODAY - timedelta(days=1))
    check(here)
    assert [one.path for one in here.bpjs.arrived] == ["/antreanrs/ref/poli"]


def test_a_hfis_that_cannot_be_read_is_a_warning(here: Site) -> None:
    patient(here)
    here.bpjs.faults.add(
        Fault("http_500", path=f"/jadwaldokter/kodepoli/INT/tanggal/{TODAY}", times=None)
    )
    checked = check(here)
    assert (checked.code, checked.levels["hfis"]) == (0, "warning")


# -- handing over


def add_of(state: str, code: str = "") -> Any:
    return record(Push(step=Step("add"), state=State(state), reason=reason(code) if code else None))


@pytest.mark.parametrize(
    ("already", "late", "level"),
    [
        (0, 0, None),
        (30, 0, "ok"),
        (0, 2, "ok"),
        (0, 3, "warning"),
        (30, 3, "ok"),
        (20, 3, "warning"),
    ],
)
def test_many_adds_behind_their_sep_mean_that_the_form_does_not_add(
    already: int, late: int, level: str | None
) -> None:
    records = (
        [add_of("already")] * already
        + [add_of("closed", "sep")] * late
        + [add_of("sent"), add_of("closed", "hadir")]
    )
    counted = migration.adds(records)
    assert counted == (already, late)
    found: list[Finding] = list(migration.sep_form(counted))
    assert [finding.level for finding in found] == ([level] if level else [])


def test_the_sep_forms_adds_are_counted_from_the_ledger(site: Site) -> None:
    for number in range(4):
        no_rawat = site.khanza.visit(MONDAY)
        site.khanza.sep(no_rawat)
        norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
        if number:
            site.bpjs.bookings.refuse("sep", norm=norm)
        else:
            site.bpjs.bookings.mobile_jkn(no_rawat, str(MONDAY))
    site.sync()
    found = check(site, CLOCK=site.clock.now.isoformat()).one("sep_form")
    assert found["level"] == "warning"
    assert "1 antrean dijawab 'sudah ada', 3 didahului SEP" in found["text"]


def test_a_pilot_is_told_with_its_clinics(here: Site) -> None:
    checked = check(here, "--offline", ANTREAN_ONLY_POLI="INT,ANA")
    assert checked.one("pilot")["text"] == "Uji coba: hanya poli ANA, INT (ANTREAN_ONLY_POLI)"


def test_what_is_held_and_refused_is_told_with_where_to_look(site: Site) -> None:
    no_rawat = site.khanza.visit(MONDAY)
    site.khanza.sep(no_rawat)
    norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
    site.bpjs.bookings.refuse("rujukan_tidak_valid", norm=norm)
    site.khanza.sep(site.khanza.visit(MONDAY, kd_poli="MAT"))
    site.sync()
    checked = check(site, CLOCK=site.clock.now.isoformat())
    assert checked.one("refused")["advice"] == ["antrean list --refused"]
    assert checked.one("refused")["level"] == "warning"
    assert checked.one("held")["advice"] == ["antrean list --held"]
    assert "terbanyak: poli MAT belum dipetakan" in checked.one("held")["text"]
    assert "next" not in checked.levels


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
