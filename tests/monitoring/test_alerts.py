"""What the hospital's own command is told: cron's mail and the day's work, and never twice."""

from __future__ import annotations

import json
import shlex
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from antrean_cli.ledger.file import locked, may_tell
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.monitoring.alerts import message, run, tell
from antrean_cli.rules.alerts import Alert, AlertKind, is_digest_due, kept_with, taken, without
from antrean_cli.simulator.faults import Fault
from tests.support.command import on_a_terminal
from tests.support.patients import gone_home
from tests.support.site import MONDAY, WIB, Site

NOON = datetime(2026, 11, 23, 12, tzinfo=WIB)
ADD = "/antrean/add"


class Post:
    """A hospital's command that keeps what it was run with, a file a run, and can be broken."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "pesan"
        self.folder.mkdir()
        self.broken = folder / "rusak"
        self.command = (
            f"test ! -e {shlex.quote(str(self.broken))} || exit 7; "
            f'file=$(mktemp {shlex.quote(str(self.folder))}/"$ANTREAN_ALERT".XXXXXX); '
            "cat >$file; env >$file.env; echo dicetak; echo dikatakan >&2"
        )

    def got(self) -> list[tuple[str, str]]:
        """Return what arrived since the last look: kinds and texts, in no order of their own."""
        files = [file for file in self.folder.iterdir() if file.suffix != ".env"]
        found = sorted((file.name.split(".")[0], file.read_text("utf-8")) for file in files)
        for file in files:
            file.unlink()
        return found

    def environment(self) -> str:
        return "".join(file.read_text("utf-8") for file in self.folder.glob("*.env"))


@pytest.fixture
def post(tmp_path: Path) -> Post:
    return Post(tmp_path)


@pytest.fixture
def alerted(site: Site, post: Post) -> Site:
    """A hospital that is alerted, and whose day's work is told to nobody."""
    site.env |= {"ANTREAN_ALERT_COMMAND": post.command, "ANTREAN_ALERT_DIGEST": ""}
    return site


def passed(site: Site, **env: str) -> str:
    """Run a pass as cron does; return what it said on stderr."""
    return site.run("sync", CLOCK=site.clock.now.isoformat(), **env).stderr


def test_an_outage_is_told_when_it_begins_and_when_it_is_over(alerted: Site, post: Post) -> None:
    said = passed(alerted, KHANZA_SOCKET="/nonexistent")
    assert said.startswith("Khanza terganggu")
    assert post.got() == [("outage", said)]
    alerted.clock.forward(minutes=1)
    passed(alerted, KHANZA_SOCKET="/nonexistent")
    assert post.got() == [], "it goes on, and nobody is told each minute"
    alerted.clock.forward(minutes=1)
    assert post.got() == []
    said = passed(alerted)
    assert said.startswith("Khanza pulih")
    assert post.got() == [("over", said)]


def test_what_waits_for_somebody_is_one_message_a_pass(alerted: Site, post: Post) -> None:
    for _ in range(3):
        no_rawat = gone_home(alerted)
        norm = alerted.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
        alerted.bpjs.bookings.refuse("rujukan_tidak_valid", norm=norm)
    gone_home(alerted, kd_dokter="D03")
    said = passed(alerted)
    assert said.count("\n") == 4
    assert post.got() == [("refused", said)]


def test_what_lapses_is_told(alerted: Site, post: Post) -> None:
    gone_home(alerted, kd_dokter="D03")
    alerted.clock.at("14:00")
    passed(alerted)
    post.got()
    alerted.clock.at("08:00", day=6)
    said = passed(alerted)
    assert "Segera lewat H+7" in said
    assert post.got() == [("lapse", said)]


def test_the_command_gets_no_setting_of_ours(alerted: Site, post: Post) -> None:
    passed(alerted, KHANZA_SOCKET="/nonexistent", https_proxy="http://proxy.rs:3128")
    seen = post.environment()
    assert "ANTREAN_ALERT=outage\n" in seen
    assert "https_proxy=http://proxy.rs:3128\n" in seen, "curl may need it"
    ours = [line for line in seen.splitlines() if line.startswith(("BPJS_", "KHANZA_", "ANTREAN_"))]
    assert ours == ["ANTREAN_ALERT=outage"]


def test_what_could_not_be_told_is_tried_again_and_said_once(alerted: Site, post: Post) -> None:
    post.broken.touch()
    said = passed(alerted, KHANZA_SOCKET="/nonexistent").splitlines()
    assert said[1:] == [
        "ANTREAN_ALERT_COMMAND berakhir dengan kode 7; dicoba lagi tiap lima menit. Untuk "
        "mencobanya: antrean check --alert"
    ]
    alerted.clock.forward(minutes=4)
    post.broken.unlink()
    passed(alerted, KHANZA_SOCKET="/nonexistent")
    assert post.got() == [], "too soon"
    post.broken.touch()
    alerted.clock.forward(minutes=2)
    assert passed(alerted, KHANZA_SOCKET="/nonexistent") == ""
    checked = json.loads(alerted.run("check", "--offline", "--json").stdout)
    (finding,) = (one for one in checked["findings"] if one["what"] == "alert")
    assert finding["level"] == "warning"
    assert finding["text"].startswith("Pemberitahuan: 1 belum tersampaikan sejak 23-11 14:00")
    post.broken.unlink()
    alerted.clock.forward(minutes=6)
    passed(alerted, KHANZA_SOCKET="/nonexistent")
    assert post.got() == [("outage", f"{said[0]}\n")]
    alerted.clock.forward(minutes=6)
    passed(alerted, KHANZA_SOCKET="/nonexistent")
    assert post.got() == []


def test_a_command_that_fails_changes_no_pass(alerted: Site, post: Post) -> None:
    post.broken.touch()
    gone_home(alerted)
    alerted.bpjs.faults.add(Fault("gagal_dicoba", path=ADD, times=1))
    gone_home(alerted, kd_dokter="D03")
    done = alerted.run("sync", "--json", CLOCK=alerted.clock.now.isoformat())
    assert (done.returncode, json.loads(done.stdout)["exit_code"]) == (0, 0)
    with locked(alerted.state):
        pass  # and leaves nothing locked


def test_a_pass_that_somebody_watches_tells_nobody_else(live_site: Site, post: Post) -> None:
    environ = live_site.environment(
        ANTREAN_ALERT_COMMAND=post.command,
        ANTREAN_ALERT_DIGEST="00:00",
        KHANZA_SOCKET="/nonexistent",
    )
    shown = on_a_terminal("sync", environ=environ)
    assert "Khanza terganggu" in shown.stdout
    assert post.got() == []
    live_site.run("sync", **environ)
    ((kind, text),) = post.got()
    assert (kind, text.startswith("Khanza terganggu sejak")) == ("outage", True)


def test_a_ledger_that_cannot_be_used_is_told_once_an_hour(alerted: Site, post: Post) -> None:
    passed(alerted)
    alerted.clock.forward(hours=500)  # the lock was made by the real clock
    alerted.state.write_bytes(b"ini bukan sqlite " * 400)
    said = passed(alerted).removeprefix("antrean: ")
    assert post.got() == [("outage", said)]
    alerted.clock.forward(minutes=58)
    passed(alerted)
    assert post.got() == []
    alerted.clock.forward(minutes=3)
    passed(alerted)
    assert post.got() == [("outage", said)]


def test_without_a_file_to_keep_it_the_first_minute_of_an_hour_tells(tmp_path: Path) -> None:
    gone = tmp_path / "hilang" / "antrean.sqlite3"
    assert may_tell(gone, NOON)
    assert not may_tell(gone, NOON + timedelta(minutes=1))


def test_the_day_s_work_is_told_once_a_day_at_its_time(alerted: Site, post: Post) -> None:
    alerted.env["ANTREAN_ALERT_DIGEST"] = "12.30"
    gone_home(alerted, kd_dokter="D03")
    alerted.clock.at("12:29")
    passed(alerted)
    assert [kind for kind, _ in post.got()] == ["refused"]
    alerted.clock.at("12:31")
    assert passed(alerted) == "", "cron's mail stays what it was"
    ((kind, text),) = post.got()
    assert kind == "digest"
    assert "dokter D03 belum dipetakan" in " ".join(text.split())
    assert text == alerted.run("todo", CLOCK=alerted.clock.now.isoformat()).stdout
    alerted.clock.at("18:00")
    passed(alerted)
    assert post.got() == []
    alerted.clock.at("12:30", day=1)
    passed(alerted)
    assert [kind for kind, _ in post.got()] == ["digest"]


def test_a_day_without_work_has_no_digest(alerted: Site, post: Post) -> None:
    alerted.env["ANTREAN_ALERT_DIGEST"] = "12:00"
    passed(alerted)
    assert post.got() == []


# -- the trial


def test_check_sends_a_trial_and_shows_what_the_command_prints(live_site: Site, post: Post) -> None:
    done = live_site.spawn("check", "--offline", "--alert", ANTREAN_ALERT_COMMAND=post.command)
    ((kind, text),) = post.got()
    assert kind == "trial"
    assert text.startswith("Percobaan pemberitahuan antrean, ")
    assert "Pemberitahuan: percobaan dijalankan; lihat apakah pesannya sampai" in done.stdout
    assert done.stderr == "dicetak\ndikatakan\n"


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("exit 3", "berakhir dengan kode 3"),
        ("kill -9 $$", "dihentikan sinyal 9"),
        ("", "belum diisi"),
    ],
)
def test_a_trial_that_fails_is_a_fault(live_site: Site, command: str, problem: str) -> None:
    done = live_site.run("check", "--offline", "--alert", "--json", ANTREAN_ALERT_COMMAND=command)
    (finding,) = (one for one in json.loads(done.stdout)["findings"] if one["what"] == "alert")
    assert (finding["level"], finding["code"], done.returncode) == ("fault", 8, 8)
    assert problem in finding["text"]


def test_check_tells_that_a_command_is_set(live_site: Site, post: Post) -> None:
    done = live_site.run("check", "--offline", ANTREAN_ALERT_COMMAND=post.command)
    told = " ".join(done.stdout.split())
    assert "ANTREAN_ALERT_COMMAND diatur, pekerjaan hari ini pukul 12:00" in told
    assert post.got() == []


# -- one run


def test_a_command_that_hangs_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    left = tmp_path / "masih"
    began = time.monotonic()
    command = f"(sleep 2; touch {left}) & sleep 60"
    assert run(command, AlertKind.OVER, "x", 0.3) == "tidak selesai dalam 0 detik"
    assert time.monotonic() - began < 30
    assert run(f"(sleep 1; touch {left}) & true", AlertKind.OVER, "x") == ""
    time.sleep(2.5)
    assert not left.exists()


def test_a_command_need_not_read_what_it_is_told() -> None:
    assert run("true", AlertKind.DIGEST, "x" * 1_000_000) == ""


def test_after_one_failure_no_other_kind_is_tried(post: Post) -> None:
    alerts = [Alert(kind, NOON, kind) for kind in (AlertKind.OVER, AlertKind.LAPSE)]
    command = f'{post.command}; test "$ANTREAN_ALERT" != over || exit 1'
    assert tell(command, alerts).alerts == ()
    assert [kind for kind, _ in post.got()] == ["over"]


def test_a_message_is_no_longer_than_services_take() -> None:
    assert message(["a", "b"]) == "a\nb"
    long = message([f"{number:03} {'x' * 96}" for number in range(100)])
    assert len(long) <= 3600
    shown = long.split("\n")
    assert shown[-1] == f"… dan {100 - len(shown) + 1} baris lagi"
    assert shown[-2] == f"{len(shown) - 2:03} {'x' * 96}", "no line is cut"
    assert message(["x" * 9000]) == "x" * 3500 + "\n…"


# -- rules


def alert(minutes: int = 0, text: str = "x") -> Alert:
    return Alert(AlertKind.OUTAGE, NOON + timedelta(minutes=minutes), text)


def test_after_a_day_nobody_needs_to_be_told_any_more() -> None:
    kept = kept_with([alert()], [alert(24 * 60, "baru")], NOON + timedelta(days=1))
    assert [one.text for one in kept] == ["baru"]
    assert len(kept_with([], [alert(text=str(number)) for number in range(600)], NOON)) == 500


def test_a_try_is_due_again_after_five_minutes_and_where_the_clock_was_wrong() -> None:
    kept, due = taken([alert()], NOON)
    assert (due, kept[0].tried_at) == ((alert(),), NOON)
    assert taken(kept, NOON + timedelta(minutes=4, seconds=59)) == (kept, ())
    assert taken(kept, NOON + timedelta(minutes=5))[1] == kept
    assert taken(kept, NOON - timedelta(seconds=1))[1] == kept


def test_what_was_told_is_not_kept_whenever_it_was_tried() -> None:
    told = alert()._replace(tried_at=NOON)
    assert without([told, alert(text="lain")], [alert(1)]) == (alert(text="lain"),)


def test_a_digest_is_due_once_a_day_from_its_time_on() -> None:
    at = NOON.time()
    assert is_digest_due(None, at, NOON)
    assert not is_digest_due(None, at, NOON - timedelta(minutes=1))
    assert not is_digest_due(MONDAY, at, NOON)
    assert is_digest_due(MONDAY, at, NOON + timedelta(days=1))
    assert not is_digest_due(None, None, NOON)


def test_what_is_to_be_told_outlives_the_process(site: Site) -> None:
    kept = (alert(), alert(1)._replace(tried_at=NOON))
    with Ledger.open(site.state, WIB) as ledger, ledger.transaction():
        ledger.update_pass_state(lambda state: state._replace(alerts=kept))
    with Ledger.open(site.state, WIB) as ledger:
        assert ledger.pass_state().alerts == kept


def test_of_several_hospitals_the_command_is_told_which_it_is_about(
    alerted: Site, post: Post
) -> None:
    """One script will do for all of them."""
    (alerted.folder / "sites").mkdir()
    file = alerted.env_file("sites/rs-kota.env", KHANZA_SOCKET="/nonexistent")
    passed(alerted, ANTREAN_ENV_FILE=str(file), KHANZA_SOCKET="/nonexistent")
    assert "ANTREAN_SITE=rs-kota\n" in post.environment()
