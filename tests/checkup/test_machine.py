"""This computer: settings, secrets, log and metrics, the state file and its disk, the passes."""

from __future__ import annotations

import grp
import os
import pwd
import sqlite3
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from antrean_cli.checkup.machine import examine_state_file, judge_disk, judge_folder
from antrean_cli.config.settings import try_load
from antrean_cli.errors import SettingsError, StateError
from antrean_cli.ledger.file import locked
from antrean_cli.ledger.ledger import Ledger
from tests.support.checkup import check, patient, with_file
from tests.support.site import (
    SECRET_KEY,
    WIB,
    Site,
)


def test_the_settings_file_is_named_with_its_mode(here: Site) -> None:
    checked = with_file(here, here.env_file("env", mode=0o640))
    assert checked.one("settings")["text"] == f"Pengaturan: {here.folder}/env (mode 640)"
    assert checked.bad == {}


def test_all_problems_of_the_settings_are_told_and_the_rest_is_looked_at(here: Site) -> None:
    file = here.env_file(
        "env", mode=0o640, ANTREAN_DAYS="9", BPJS_TIMEOUT="lama", ANTREAN_WORKER="3"
    )
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
    file = here.env_file("env", mode=0o640)
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


def test_a_log_that_is_a_link_is_a_warning(here: Site) -> None:
    """No pass writes through it."""
    (here.folder / "tautan").symlink_to(here.folder / "log")
    checked = check(here, "--offline", ANTREAN_LOG_FILE=str(here.folder / "tautan"))
    assert checked.bad == {"log": "warning"}


def test_certificates_that_others_can_write_are_a_warning(here: Site) -> None:
    file = here.folder / "ca.pem"
    file.write_bytes(Path(DEFAULT_CA_BUNDLE_PATH).read_bytes())
    assert check(here, "--offline", BPJS_CA_BUNDLE=str(file)).bad == {}
    file.chmod(0o666)
    checked = check(here, "--offline", BPJS_CA_BUNDLE=str(file))
    assert checked.bad == {"ca": "warning"}
    assert checked.one("ca")["advice"] == [f"chmod o-w {file}"]
    theirs = check(here, "--offline", KHANZA_CA=str(file)).one("ca")
    assert theirs["text"].endswith("dapat ditulis siapa saja (KHANZA_CA)")


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


def test_a_folder_that_others_get_into_is_a_warning_until_what_is_said_is_typed(here: Site) -> None:
    here.run("sync")
    here.folder.chmod(0o755)
    checked = check(here, "--offline")
    assert (checked.code, checked.bad) == (0, {"state": "warning"})
    advice = checked.of("state")[-1]["advice"]
    assert advice == [f"chmod 700 {here.folder}"]
    subprocess.run(advice[0], shell=True, check=True)
    assert check(here, "--offline").bad == {}
    here.folder.chmod(0o755)
    beside = str(here.folder / "antrean.prom")  # whose collector has to get through
    assert check(here, "--offline", ANTREAN_METRICS_FILE=beside).bad == {}


def test_nobody_is_told_to_close_a_folder_that_all_programs_use() -> None:
    for folder in (Path("/tmp"), Path("/var/tmp"), Path("/var/lib"), Path("/srv")):
        for finding in judge_folder(folder, folder.stat()):
            assert not [typed for typed in finding.advice if "chmod" in typed]


def test_a_ledger_that_is_gone_is_a_warning_until_its_days_are_read_again(here: Site) -> None:
    here.run("sync")
    here.state.unlink()
    since = datetime.now(WIB).date() - timedelta(days=7)
    for there in (False, True):
        checked = check(here, "--offline")
        assert checked.bad == {"state": "warning"}, there
        assert checked.of("state")[-1]["advice"] == [f"antrean sync --since {since}"]
        here.run("sync")
    here.run("sync", "--since", str(since))
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
        typed = f"sudo chown nobody: {state} {state}.lock {state}.open.lock"
        for use in (Ledger.copy, Ledger.open):
            with pytest.raises(StateError) as error:
                use(state, WIB)
            assert str(error.value).endswith(f"karena milik root; ketik: {typed}")
        with (
            pytest.raises(StateError, match="karena milik root; ketik: sudo chown nobody: "),
            locked(state),
        ):
            pass
        (found,) = [one for one in examine_state_file(state, error.value) if one.level == "fault"]
        assert found.advice == (typed,)


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


def told_of_roots_settings(mode: int, user: str) -> tuple[Path, str]:
    """Return root's settings, and what somebody of the group daemon is told of them."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(name, "env")
        file.touch()
        file.chmod(mode)
        Path(name).chmod(0o755)
        os.setegid(grp.getgrnam("daemon").gr_gid)
        os.seteuid(pwd.getpwnam(user).pw_uid)
        try:
            with pytest.raises(SettingsError) as error:
                try_load(env_file=file, state=None, needs=frozenset(), environ={"HOME": "/"})
        finally:
            os.seteuid(0)
            os.setegid(0)
    return file, str(error.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
@pytest.mark.parametrize(
    ("mode", "typed"),
    [
        (0o640, "sudo chgrp daemon {file}"),
        (0o600, "sudo chgrp daemon {file} && sudo chmod 640 {file}"),
    ],
)
def test_settings_of_roots_alone_are_told_with_what_lets_ones_own_group_read_them(
    mode: int, typed: str
) -> None:
    """Whoever forgot the `chown root:antrean`; to be root is no advice: passes are not root's."""
    file, told = told_of_roots_settings(mode, "daemon")
    assert told.endswith(f"(milik root:root); ketik: {typed.format(file=file)}")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_roots_settings_are_given_to_no_group_that_others_are_in() -> None:
    file, told = told_of_roots_settings(0o640, "nobody")
    assert told.endswith(f"ketik: sudo chown nobody {file}")


def test_what_sqlite_left_of_a_state_file_that_is_gone_is_a_fault(here: Site) -> None:
    here.state.with_name(here.state.name + "-wal").write_bytes(b"x")
    checked = check(here, "--offline")
    assert checked.code == 9
    told = "tidak ada, tetapi antrean.sqlite3-wal masih ada; kembalikan berkasnya"
    assert told in checked.one("state")["text"]


@pytest.mark.parametrize(
    ("megabytes", "level"), [(9, "fault"), (10, "warning"), (99, "warning"), (100, "ok")]
)
def test_a_disk_that_is_nearly_full_is_told(megabytes: int, level: str) -> None:
    assert judge_disk(megabytes * 10**6, Path("/")).level == level


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


def test_a_ledger_of_two_hospitals_is_a_fault_of_both(here: Site) -> None:
    """What copying one file of settings to the next makes: each would tell the other's visits."""
    (here.folder / "sites").mkdir()
    one = here.env_file("sites/rs-a.env", ANTREAN_STATE=str(here.state))
    assert with_file(here, one).bad == {}
    two = here.env_file("sites/rs-b.env", ANTREAN_STATE=str(here.state))
    here.env_file("sites/rs-c.env", ANTREAN_DAYS="keliru", ANTREAN_STATE=str(here.state))
    for file, other in ((one, "rs-b"), (two, "rs-a")):
        checked = with_file(here, file)
        assert checked.code == 8
        (told,) = (one for one in checked.of("settings") if one["level"] == "fault")
        assert f"ANTREAN_STATE menunjuk berkas yang juga dipakai {other}" in told["text"]
        assert told["advice"] == [f"editor {file}"]
