"""Those who watch: pings, metrics, systemd units, and completion. Nothing of it changes a pass."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest

from antrean_cli.cli import COMMANDS
from antrean_cli.config.settings import load
from antrean_cli.errors import SettingsError
from antrean_cli.ledger.file import locked
from antrean_cli.monitoring.watchers import METRICS, PING_SECONDS, Watch, summary, write
from antrean_cli.operator.queue_admin import KINDS_OF_OUTAGE
from antrean_cli.simulator.faults import Fault
from antrean_cli.sync.run import Report
from tests.console.test_process import SINCE, patient
from tests.support.command import run
from tests.support.site import MONDAY, Clock, Site, wait_for

ADD, UPDATE = "/antrean/add", "/antrean/updatewaktu"
TOKEN = "3f0c-token-rahasia"
ROOM = (
    8  # seconds for a pass that is watched by somebody who does not answer, besides the ping's own
)


class Heard(NamedTuple):
    method: str
    path: str
    body: str


class Watcher:
    """A real watcher that keeps what it heard; `answer` is how it answers."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.answer: Callable[[BaseHTTPRequestHandler], None] = well
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                outer.heard.append(Heard(self.command, self.path, body))
                outer.answer(self)

            do_POST = do_GET  # noqa: N815 - the name that http.server calls

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/{TOKEN}"

    def __enter__(self) -> Watcher:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def paths(self) -> list[str]:
        """Return what was pinged, without the address."""
        return [one.path.removeprefix(f"/{TOKEN}") for one in self.heard]


def well(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    request.wfile.write(b"OK")


def with_status(status: int) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Location", "/ke-tempat-lain")
        request.end_headers()

    return answer


def nothing(_: BaseHTTPRequestHandler) -> None:
    time.sleep(20)


def dripping(text: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(request: BaseHTTPRequestHandler) -> None:
        with suppress(OSError):  # it hangs up in time
            request.wfile.write(text)
            for _ in range(60):
                request.wfile.write(b"x")
                time.sleep(0.3)

    return answer


def junk(request: BaseHTTPRequestHandler) -> None:
    request.wfile.write(b"HTTP/1.1 200 OK\r\nSet-Cookie: \x00=;;;\r\nini bukan kepala\r\n\r\n")


def hanging_up(request: BaseHTTPRequestHandler) -> None:
    request.connection.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    with Watcher() as one:
        yield one


# -- pings


def test_a_pass_tells_when_it_begins_and_how_it_ended_in_counts_alone(
    live_site: Site, watcher: Watcher
) -> None:
    no_rawat = patient(live_site)
    done = live_site.run("sync", *SINCE, ANTREAN_PING_URL=f"{watcher.url}/")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [(one.method, one.path) for one in watcher.heard] == [
        ("GET", f"/{TOKEN}/start"),
        ("POST", f"/{TOKEN}/0"),
    ]
    counts = dict(line.split(" ") for line in watcher.heard[1].body.splitlines())
    assert (counts["exit_code"], counts["sent"], counts["held"]) == ("0", "4", "0")
    assert all(count.isdigit() for count in counts.values())
    assert no_rawat not in watcher.heard[1].body


def refused(site: Site) -> None:
    site.bpjs.bookings.refuse("rujukan_tidak_valid", kodebooking=patient(site))


def credentials(site: Site) -> None:
    patient(site)
    site.bpjs.faults.add(Fault("http_401", times=None))


def khanza_down(site: Site) -> None:
    site.env["KHANZA_SOCKET"] = "/nonexistent"


def no_database(site: Site) -> None:
    site.env["KHANZA_DATABASE"] = "tidak_ada"


def damaged(site: Site) -> None:
    site.state.write_bytes(b"ini bukan sqlite " * 400)


TROUBLES = [(refused, 3), (credentials, 4), (khanza_down, 5), (damaged, 9)]


@pytest.mark.parametrize(("trouble", "code"), TROUBLES)
def test_every_other_end_is_told_by_its_exit_code(
    live_site: Site, watcher: Watcher, trouble: Callable[[Site], None], code: int
) -> None:
    trouble(live_site)
    assert live_site.run("sync", *SINCE, ANTREAN_PING_URL=watcher.url).returncode == code
    assert watcher.paths == ["/start", f"/{code}"]
    assert watcher.heard[1].body.startswith(f"exit_code {code}\n")


def test_a_pass_that_was_stopped_says_so(live_site: Site, watcher: Watcher) -> None:
    for _ in range(8):
        patient(live_site)
    live_site.bpjs.latency = 1
    with live_site.running("sync", *SINCE, ANTREAN_PING_URL=watcher.url) as process:
        wait_for(lambda: live_site.bpjs.arrived)
        process.terminate()
        process.communicate(timeout=30)
    assert process.returncode == 143
    assert watcher.paths == ["/start", "/143"]


def test_the_pass_does_not_wait_for_the_watcher_to_hear_of_its_start(
    live_site: Site, watcher: Watcher
) -> None:
    """The start is answered only after BPJS has got everything, and the end is told after the
    start.
    """
    patient(live_site)

    def late(request: BaseHTTPRequestHandler) -> None:
        if request.path.endswith("/start"):
            wait_for(lambda: len(live_site.bpjs.received) == 4, PING_SECONDS)
        well(request)

    watcher.answer = late
    live_site.run("sync", *SINCE)  # its bytecode and the database are warm
    patient(live_site)
    live_site.bpjs.received.clear()
    assert live_site.run("sync", ANTREAN_PING_URL=watcher.url).returncode == 0
    assert watcher.paths == ["/start", "/0"]


def test_neither_a_dry_run_nor_a_pass_beside_another_is_told(
    live_site: Site, watcher: Watcher
) -> None:
    env = {
        "ANTREAN_PING_URL": watcher.url,
        "ANTREAN_METRICS_FILE": str(live_site.folder / "antrean.prom"),
    }
    assert live_site.run("sync", "--dry-run", **env).returncode == 0
    with locked(live_site.state):
        assert live_site.run("sync", **env).returncode == 11
    assert watcher.heard == []
    assert not (live_site.folder / "antrean.prom").exists()


def test_work_that_is_stuck_for_an_hour_keeps_the_good_news_back(
    site: Site, watcher: Watcher
) -> None:
    """Exit 0 all the same: others are delivered.

    From one minute past the hour on the watcher has to miss it.
    """

    def run(hhmm: str) -> tuple[int, list[str]]:
        site.clock.at(hhmm)
        site.khanza.sep(
            site.khanza.visit(MONDAY, jam=f"{hhmm}:00")
        )  # somebody whose add is accepted
        watcher.heard.clear()
        done = site.run("sync", ANTREAN_PING_URL=watcher.url, CLOCK=site.clock.now.isoformat())
        return done.returncode, watcher.paths

    stuck = site.khanza.visit(MONDAY, jam="08:00:00")
    site.khanza.sep(stuck)
    site.bpjs.faults.add(Fault("gagal_dicoba", path=ADD, kodebooking=stuck, times=None))
    assert run("09:00") == (0, ["/start", "/0"])
    assert run("09:58") == (0, ["/start", "/0"])
    assert run("10:02") == (0, ["/start"])
    site.bpjs.faults.clear()
    assert run("10:40") == (0, ["/start", "/0"])


def test_an_outage_that_is_on_keeps_the_good_news_back(live_site: Site, watcher: Watcher) -> None:
    """Refused credentials are no news to a pass that has nothing to send."""
    no_rawat = patient(live_site)
    live_site.bpjs.faults.add(Fault("http_401", times=None))
    assert live_site.run("sync", *SINCE).returncode == 4
    assert live_site.run("drop", no_rawat, "--keterangan", "uji").returncode == 0
    assert live_site.run("sync", ANTREAN_PING_URL=watcher.url).returncode == 0
    assert watcher.paths == ["/start"]


ANSWERS = {
    "nothing": nothing,
    "dripping headers": dripping(b"HTTP/1.1 200 OK\r\nX-"),
    "dripping body": dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n"),
    "redirect": with_status(302),
    "error": with_status(500),
    "gone": with_status(404),
    "junk": junk,
    "hanging up": hanging_up,
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_whatever_the_watcher_answers_the_pass_is_the_same(
    live_site: Site, watcher: Watcher, answer: Callable[[BaseHTTPRequestHandler], None]
) -> None:
    """Exit code, output and what BPJS holds; no redirect is followed, and nobody waits longer than
    agreed.
    """
    watcher.answer = answer
    no_rawat = patient(live_site)
    began = time.monotonic()
    done = live_site.run("sync", *SINCE, ANTREAN_PING_URL=watcher.url)
    assert time.monotonic() - began < PING_SECONDS + ROOM
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert set(live_site.states(no_rawat).values()) == {"sent"}
    assert set(watcher.paths) <= {"/start", "/0"}


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1/x", "http://tidak-ada.invalid/x", "https://127.0.0.1:{}/x"]
)
def test_a_watcher_that_is_not_there_changes_nothing(
    live_site: Site, watcher: Watcher, address: str
) -> None:
    """Refused, no such name, no TLS; with -v there is a line, which does not tell the address."""
    url = f"{address.format(watcher.url.rpartition(':')[2].partition('/')[0])}/{TOKEN}"
    quiet = live_site.run("sync", ANTREAN_PING_URL=url)
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")
    told = live_site.run("-v", "sync", ANTREAN_PING_URL=url)
    assert told.returncode == 0
    why = "TLS tidak tersambung" if url.startswith("https") else "tidak dapat dihubungi"
    assert f"Ping /0 tidak sampai ({why})" in told.stderr
    assert TOKEN not in told.stderr


def test_a_name_that_is_looked_up_for_ever_is_left_behind(
    site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No deadline of a socket covers looking up a name."""
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: release.wait(60) and [])
    watch = Watch(settings=site.settings(ANTREAN_PING_URL="http://pengawas.invalid/x"), clock=clock)
    try:
        began = time.monotonic()
        with watch:
            pass
        assert time.monotonic() - began < 2  # the start is on its way beside the pass
        watch.tell()
        assert time.monotonic() - began < PING_SECONDS + 3
    finally:
        release.set()
    assert watch.problems[0] == "Ping tidak dijawab dalam 4 detik"


def test_the_next_pass_does_not_wait_for_a_slow_watcher(live_site: Site, watcher: Watcher) -> None:
    """The lock is free before the end is told."""
    watcher.answer = lambda request: (
        well(request) if request.path.endswith("/start") else time.sleep(20)
    )
    with live_site.running("sync", ANTREAN_PING_URL=watcher.url):
        wait_for(lambda: "/0" in watcher.paths)
        with locked(live_site.state):
            pass


def test_a_signal_while_the_watcher_is_told_ends_the_program_at_once(
    live_site: Site, watcher: Watcher
) -> None:
    patient(live_site)
    watcher.answer = lambda request: (
        well(request) if request.path.endswith("/start") else time.sleep(20)
    )
    with live_site.running("sync", *SINCE, "--json", ANTREAN_PING_URL=watcher.url) as process:
        wait_for(lambda: "/0" in watcher.paths)
        process.terminate()
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 143
    assert '"sent": 4' in out  # nothing that was printed is lost


@pytest.mark.parametrize(
    "url",
    [
        *(TOKEN, f"ftp://a.id/{TOKEN}", f"https://a.id/{TOKEN}?x=1", f"https://a.id/{TOKEN}#x"),
        *(
            f"https://[a/{TOKEN}",
            f"https://a.id/{TOKEN} x",
            f"https:///{TOKEN}",
            f"https://a.id:x/{TOKEN}",
        ),
    ],
)
def test_an_address_that_cannot_be_pinged_is_a_wrong_setting_and_is_not_repeated(url: str) -> None:
    with pytest.raises(SettingsError, match="ANTREAN_PING_URL harus alamat") as caught:
        load(env_file=None, state=None, needs=frozenset(), environ={"ANTREAN_PING_URL": url})
    assert TOKEN not in str(caught.value)


def test_settings_do_not_show_the_address() -> None:
    settings = load(
        env_file=None,
        state=None,
        needs=frozenset(),
        environ={"ANTREAN_PING_URL": f"https://a.id/{TOKEN}"},
    )
    assert settings.ping_url == f"https://a.id/{TOKEN}"
    assert TOKEN not in repr(settings)


def test_a_pass_without_a_report_has_its_exit_code_to_tell() -> None:
    assert summary(9, None) == "exit_code 9\n"
    assert summary(0, Report(visits=2)).startswith("exit_code 0\nvisits 2\n")


# -- metrics


def read(file: Path) -> dict[str, float]:
    """Return the samples of a file of metrics by name and labels, and check its form."""
    found: dict[str, float] = {}
    types: dict[str, str] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            types[name] = kind
        elif not line.startswith("# HELP "):
            match = re.fullmatch(
                r'([a-z_]+)((?:\{[a-z_]+="[^"]*"(?:,[a-z_]+="[^"]*")*\})?) ([-0-9.]+)', line
            )
            assert match, line
            assert match[1] in types, f"{match[1]} has no TYPE before it"
            assert match[1] + match[2] not in found, "twice"
            found[match[1] + match[2]] = float(match[3])
    assert types == {name: kind for name, (kind, _) in METRICS.items()}
    return found


def test_a_pass_leaves_its_metrics_readable_for_the_collector(live_site: Site) -> None:
    """Names and labels are what alert rules are written in: they stay."""
    file = live_site.folder / "antrean.prom"
    refused(live_site)
    sent, unmapped = patient(live_site), patient(live_site, kd_poli="MAT")
    began = time.time()
    done = live_site.run("sync", *SINCE, ANTREAN_METRICS_FILE=str(file))
    assert done.returncode == 3
    found = read(file)
    assert began <= found.pop("antrean_last_pass_timestamp_seconds") <= time.time() + 1
    assert began <= found.pop("antrean_last_success_timestamp_seconds") <= time.time() + 1
    assert 0 < found.pop("antrean_pass_seconds") < 90
    assert found == {
        "antrean_last_exit_code": 3,
        "antrean_oldest_pending_seconds": 0,
        'antrean_pushes{state="due",reason=""}': 0,
        'antrean_pushes{state="refused",reason="ditolak"}': 1,
        'antrean_pushes{state="held",reason="petakan"}': 1,
        'antrean_pushes{state="held",reason="antrean"}': 1,
        'antrean_pushes{state="held",reason="ditolak"}': 1,
        'antrean_pushes{state="held",reason="urutan"}': 4,
        'antrean_outage{kind="bpjs"}': 0,
        'antrean_outage{kind="khanza"}': 0,
        'antrean_outage{kind="kredensial"}': 0,
        'antrean_outage{kind="sibuk"}': 0,
        'antrean_calls_total{call="add",outcome="done"}': 1,
        'antrean_calls_total{call="add",outcome="person"}': 1,
        'antrean_calls_total{call="updatewaktu",outcome="done"}': 3,
        'antrean_calls_total{call="updatewaktu",outcome="first"}': 1,
    }
    assert file.stat().st_mode & 0o777 == 0o644
    assert not {sent, unmapped} & set(file.read_text(encoding="utf-8").split('"'))
    assert [path.name for path in live_site.folder.glob("antrean.prom*")] == ["antrean.prom"]


def test_calls_are_counted_over_all_passes_faults_among_them(live_site: Site) -> None:
    file = live_site.folder / "antrean.prom"
    patient(live_site)
    live_site.run("sync", *SINCE)  # also before anybody watches
    patient(live_site)
    live_site.bpjs.faults.add(Fault("reset_before", path=ADD))
    assert live_site.run("sync", ANTREAN_METRICS_FILE=str(file)).returncode == 5
    assert live_site.run("sync", ANTREAN_METRICS_FILE=str(file)).returncode == 0
    calls = {name: value for name, value in read(file).items() if "calls_total" in name}
    assert calls == {
        'antrean_calls_total{call="add",outcome="done"}': 2,
        'antrean_calls_total{call="add",outcome="fault"}': 1,
        'antrean_calls_total{call="updatewaktu",outcome="done"}': 6,
    }
    live_site.run("sync", ANTREAN_METRICS_FILE=str(file))
    assert {name: value for name, value in read(file).items() if "calls_total" in name} == calls


@pytest.mark.parametrize(("trouble", "code"), [*TROUBLES, (no_database, 8)])
def test_a_pass_in_trouble_leaves_its_metrics_too(
    live_site: Site, trouble: Callable[[Site], None], code: int
) -> None:
    """Of a damaged state file they tell the exit code, and nothing that cannot be believed."""
    file = live_site.folder / "antrean.prom"
    trouble(live_site)
    assert live_site.run("sync", *SINCE, ANTREAN_METRICS_FILE=str(file)).returncode == code
    found = read(file)
    assert found["antrean_last_exit_code"] == code
    assert found.get('antrean_outage{kind="kredensial"}', 0) == int(code == 4)
    assert found.get('antrean_outage{kind="khanza"}', 0) == int(code in (5, 8))
    assert ("antrean_oldest_pending_seconds" in found) == (code != 9)


def test_a_hospital_that_never_had_a_good_pass_says_so_with_a_zero(live_site: Site) -> None:
    """An alert that compares with the time now goes off."""
    file = live_site.folder / "antrean.prom"
    khanza_down(live_site)
    live_site.run("sync", ANTREAN_METRICS_FILE=str(file))
    assert read(file)["antrean_last_success_timestamp_seconds"] == 0


def test_what_waits_is_told_with_its_age(site: Site) -> None:
    file = site.folder / "antrean.prom"
    no_rawat = site.khanza.visit(MONDAY, jam="08:00:00")
    site.khanza.sep(no_rawat)
    site.bpjs.faults.add(Fault("gagal_dicoba", path=ADD, times=None))
    for hhmm in ("09:00", "09:20"):
        site.clock.at(hhmm)
        site.run("sync", ANTREAN_METRICS_FILE=str(file), CLOCK=site.clock.now.isoformat())
    found = read(file)
    assert found['antrean_pushes{state="due",reason=""}'] >= 1
    assert 1190 < found["antrean_oldest_pending_seconds"] < 1290


@pytest.mark.parametrize("name", ["tidak/ada/antrean.prom", "folder.prom"])
def test_metrics_that_cannot_be_written_are_one_sentence_and_no_other_exit_code(
    live_site: Site, name: str
) -> None:
    (live_site.folder / "folder.prom").mkdir()
    patient(live_site)
    done = live_site.run("sync", *SINCE, ANTREAN_METRICS_FILE=str(live_site.folder / name))
    assert (done.returncode, done.stdout) == (0, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("ANTREAN_METRICS_FILE tidak dapat ditulis: ")
    assert [path.name for path in live_site.folder.glob("*.new")] == []


def test_a_reader_sees_the_old_metrics_or_the_new_ones_and_never_a_part(tmp_path: Path) -> None:
    """The file is replaced, not written over; what a killed pass left half written is in nobody's
    way.
    """
    file = tmp_path / "antrean.prom"
    write(file, "lama\n")
    (tmp_path / "antrean.prom.new").write_text("setengah")
    with file.open(encoding="utf-8") as reader:
        write(file, "baru\n")
        assert reader.read() == "lama\n"
    assert file.read_text(encoding="utf-8") == "baru\n"
    assert [path.name for path in tmp_path.iterdir()] == ["antrean.prom"]


def test_the_ledger_is_not_replaced_by_metrics_through_a_slip_of_the_pen(live_site: Site) -> None:
    done = live_site.run("sync", ANTREAN_METRICS_FILE=str(live_site.state))
    assert done.returncode == 8
    assert "ANTREAN_METRICS_FILE harus berakhiran .prom" in done.stderr
    assert not live_site.state.exists()


def test_a_pass_that_nobody_watches_pays_nothing_for_it(live_site: Site) -> None:
    """requests alone would double an idle pass."""
    assert live_site.run("sync").returncode == 0
    program = [sys.executable, "-X", "importtime", "-m", "antrean_cli", "sync"]
    env = live_site.environment()
    done = subprocess.run(program, env=env, capture_output=True, text=True, timeout=90, check=True)
    assert not re.search(
        r"\|\s+(requests|urllib3|antrean_cli\.bpjs\.(client|transport))$", done.stderr, re.MULTILINE
    )


# -- systemd units


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    file = tmp_path / "env"
    file.touch(mode=0o600)
    return file


def units(*args: str) -> str:
    done = run(*args)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def values(unit: str, name: str) -> list[str]:
    return [
        value
        for key, _, value in (line.partition("=") for line in unit.splitlines())
        if key == name
    ]


def with_settings(file: Path, **settings: str) -> None:
    file.write_text(
        "".join(f"{name}='{value}'\n" for name, value in settings.items()), encoding="utf-8"
    )


PLAIN = {
    "ANTREAN_STATE": "/var/lib/antrean/antrean.sqlite3",
    "ANTREAN_LOG_FILE": "/var/log/antrean/antrean.log",
}
PLAIN["ANTREAN_METRICS_FILE"] = "/var/lib/prometheus/node-exporter/antrean.prom"
ODD = {
    "ANTREAN_STATE": "/srv/100% antrean/$a;b.sqlite3",
    "ANTREAN_LOG_FILE": "/srv/log $x/50%/antrean.log",
}


@pytest.mark.parametrize("settings", [PLAIN, ODD, {}], ids=["plain", "odd", "none"])
def test_systemd_accepts_the_units(tmp_path: Path, settings: dict[str, str]) -> None:
    """Without systemd at hand they are read as far as Python can."""
    folder = tmp_path / "100% $HOME"
    folder.mkdir()
    env_file = folder / "env"
    env_file.touch(mode=0o600)
    with_settings(env_file, **settings)
    texts = {
        name: units("--env-file", str(env_file), "units", name, "--user", "root")
        for name in ("service", "timer")
    }
    files = []
    for name, text in texts.items():
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        # names keep their capitals
        parser.optionxform = str  # type: ignore[assignment,method-assign]
        parser.read_string(text)
        assert (
            parser.sections() == ["Unit", "Service"]
            if name == "service"
            else ["Unit", "Timer", "Install"]
        )
        files.append(tmp_path / f"antrean-uji.{name}")
        files[-1].write_text(text, encoding="utf-8")
    if shutil.which("systemd-analyze"):
        # --man=no: there are no pages to look for; it looks at nothing outside the two files then.
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", *files],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_systemd_finds_little_to_attack(env_file: Path, tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze here")
    with_settings(env_file, **PLAIN)
    file = tmp_path / "antrean-uji.service"
    file.write_text(units("--env-file", str(env_file), "units", "service"), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=25", file],
        capture_output=True,
        text=True,
        check=False,
    )
    if "unrecognized option" in done.stderr:
        pytest.skip("this systemd-analyze cannot look at a file")
    assert done.returncode == 0, done.stdout[-2000:]


def test_the_service_has_the_rights_that_a_pass_needs_and_no_others(env_file: Path) -> None:
    with_settings(env_file, **PLAIN, ANTREAN_MAX_SECONDS="100", BPJS_TIMEOUT="30")
    unit = units("--env-file", str(env_file), "units", "service")
    wanted = {
        "Type": "oneshot",
        "User": "antrean",
        "SuccessExitStatus": "11",
        "NoNewPrivileges": "true",
        "ProtectSystem": "strict",
        "StateDirectory": "antrean",
        "StateDirectoryMode": "0700",
        "UMask": "0077",
        "PrivateDevices": "true",
        "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
        "CapabilityBoundingSet": "",
        "MemoryDenyWriteExecute": "true",
        "LockPersonality": "true",
        "RestrictNamespaces": "true",
    }
    assert {name: values(unit, name) for name in wanted} == {
        name: [value] for name, value in wanted.items()
    }
    assert values(unit, "ReadWritePaths") == [
        "-/var/log/antrean",
        "-/var/lib/prometheus/node-exporter",
    ]
    assert values(unit, "SystemCallFilter")[0] == "@system-service"
    assert int(*values(unit, "TimeoutStartSec")) > 100
    assert int(*values(unit, "TimeoutStopSec")) > 30 + PING_SECONDS


def test_the_timer_is_a_pass_a_minute(env_file: Path) -> None:
    unit = units("--env-file", str(env_file), "units", "timer")
    assert values(unit, "OnCalendar") == ["*-*-* *:*:00"]
    assert values(unit, "AccuracySec") == ["1s"]
    assert values(unit, "WantedBy") == ["timers.target"]


def test_both_units_are_shown_with_their_files_and_how_to_install_them(env_file: Path) -> None:
    """Indonesian, as comments: the whole text is still what systemd would read."""
    whole = units("--env-file", str(env_file), "units", "--user", "rsud")
    for name in ("service", "timer"):
        assert units("--env-file", str(env_file), "units", name, "--user", "rsud") in whole
        assert f"> /etc/systemd/system/antrean.{name}\n" in whole
    assert "systemctl enable --now antrean.timer" in whole
    assert values(whole, "User") == ["rsud"]


def test_the_command_of_the_service_is_a_pass(live_site: Site) -> None:
    """As systemd runs it: nothing of the shell's environment, an absolute program, the settings
    file in use.
    """
    no_rawat = patient(live_site)
    env_file = live_site.folder / ".env"
    env_file.touch(mode=0o600)
    with_settings(env_file, **live_site.env, ANTREAN_STATE=str(live_site.state))
    (line,) = values(live_site.run("units", "service", ANTREAN_ENV_FILE=".env").stdout, "ExecStart")
    words = [word.replace("%%", "%").replace("$$", "$") for word in shlex.split(line)]
    assert Path(words[0]).is_absolute()
    assert words[-3:] == ["--env-file", str(env_file), "sync"]
    environment = {"PYTHONPATH": os.environ["PYTHONPATH"]}  # for the program that is not installed
    done = subprocess.run(
        [*words, *SINCE], env=environment, capture_output=True, text=True, check=False, cwd="/"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert set(live_site.states(no_rawat).values()) == {"sent"}


@contextmanager
def installed() -> Iterator[Path]:
    """Put the program where scripts are."""
    script = Path("bin dua/antrean").absolute()
    script.parent.mkdir()
    script.write_text(
        f"#!{sys.executable}\nfrom antrean_cli.__main__ import main\nmain()\n", encoding="utf-8"
    )
    script.chmod(0o755)
    yield script


def test_the_service_runs_the_program_that_printed_it(env_file: Path) -> None:
    with installed() as script:
        command = [
            f"./{script.relative_to(Path.cwd())}",
            "--env-file",
            str(env_file),
            "--state",
            "x.sqlite3",
            "units",
        ]
        done = subprocess.run([*command, "service"], capture_output=True, text=True, check=True)
    (line,) = values(done.stdout, "ExecStart")
    assert shlex.split(line) == [
        *(str(script), "--env-file", str(env_file)),
        *("--state", str(Path("x.sqlite3").absolute()), "sync"),
    ]


def test_the_state_of_who_runs_the_service_is_writable_where_no_setting_names_it(
    env_file: Path,
) -> None:
    """Not that of whoever prints the unit."""
    unit = units("--env-file", str(env_file), "units", "service", "--user", "tidak-ada")
    assert values(unit, "StateDirectory") == ["tidak-ada/.local/state/antrean"]
    root = units("--env-file", str(env_file), "units", "service", "--user", "root")
    home = Path("~root").expanduser()
    assert values(root, "ReadWritePaths") == [f"-{home}/.local/state/antrean"]
    assert values(root, "ProtectHome") == ["read-only"]


def test_a_collector_gets_through_to_metrics_beside_the_state(env_file: Path) -> None:
    with_settings(
        env_file, **{**PLAIN, "ANTREAN_METRICS_FILE": "/var/lib/antrean/metrik/antrean.prom"}
    )
    unit = units("--env-file", str(env_file), "units", "service")
    assert values(unit, "StateDirectoryMode") == ["0755"]
    assert values(unit, "ReadWritePaths") == ["-/var/log/antrean"]


@pytest.mark.parametrize("state", ['/srv/a"b/x.sqlite3', "/srv/a\\b/x.sqlite3"])
def test_a_path_that_no_unit_can_hold_is_a_wrong_setting(env_file: Path, state: str) -> None:
    with_settings(env_file, ANTREAN_STATE=state)
    done = run("--env-file", str(env_file), "units")
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (8, "", 1)


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("units",), 8, "Belum ada berkas pengaturan"),
        (("units", "socket"), 2, "service, timer"),
        (("units", "--user", "a b"), 2, "bukan nama pengguna"),
        (("units", "--user", "root\nUser=x"), 2, "bukan nama pengguna"),
    ],
)
def test_units_that_cannot_be_printed_are_one_sentence(
    args: tuple[str, ...], code: int, words: str
) -> None:
    if code == 8 and Path("/etc/antrean/env").exists():
        pytest.skip("this machine has settings of its own")
    done = run(*args)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr


# -- completion


def completed(site: Site, *words: str, **env: str) -> list[str]:
    """Return what bash is offered for the last word, through the program's own mechanism."""
    asked = {"_ANTREAN_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(["antrean", *words])}
    asked |= {"COMP_CWORD": str(len(words)), "CLOCK": site.clock.now.isoformat()}
    done = site.run(**asked, **env)
    assert (done.returncode, done.stderr) == (0, "")
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


@pytest.fixture
def bookings(site: Site) -> list[str]:
    """Yesterday one booking, today three: two at the desk, one of Mobile JKN."""
    site.clock.at("10:00", day=-1)
    site.khanza.sep(site.khanza.visit(site.clock.now.date(), jam="08:00:00"))
    site.sync()
    site.clock.at("10:00")
    found = [site.khanza.visit(MONDAY, jam="08:00:00") for _ in range(2)]
    for no_rawat in found:
        site.khanza.sep(no_rawat)
    found.append(site.cancelled())
    site.sync()
    return sorted(found)


@pytest.mark.parametrize(
    "words",
    [
        "show",
        "update",
        "batal",
        "listtask",
        "retry",
        "drop",
        "replay --date 2026-11-23 --kodebooking",
    ],
)
def test_every_kode_booking_of_today_is_offered(
    site: Site, bookings: list[str], words: str
) -> None:
    assert completed(site, *words.split(), "''") == bookings


def test_what_was_typed_begins_what_is_offered(site: Site, bookings: list[str]) -> None:
    assert completed(site, "show", bookings[0]) == bookings[:1]
    assert completed(site, "show", "2026/11/23/") == [
        number for number in bookings if "/" in number
    ]
    assert completed(site, "--state", str(site.state), "show", "tidak-ada") == []


def test_a_day_that_was_typed_is_the_day_that_is_offered(site: Site, bookings: list[str]) -> None:
    (yesterday,) = completed(site, "replay", "--date", "2026-11-22", "--kodebooking", "''")
    assert yesterday not in bookings
    assert yesterday.startswith("2026/11/22/")


def no_ledger(site: Site) -> dict[str, str]:
    site.state.unlink()
    return {}


def spoiled(site: Site) -> dict[str, str]:
    damaged(site)
    return {}


@pytest.mark.parametrize(
    "trouble",
    [
        no_ledger,
        spoiled,
        lambda _: {"ANTREAN_TZ": "Mars"},
        lambda _: {"ANTREAN_ENV_FILE": "/nonexistent"},
    ],
)
def test_completion_is_silent_in_trouble(
    site: Site, bookings: list[str], trouble: Callable[[Site], dict[str, str]]
) -> None:
    assert bookings
    assert completed(site, "show", "''", **trouble(site)) == []


def test_what_a_shell_would_break_at_its_space_is_not_offered(site: Site) -> None:
    assert completed(site, "farmasi", "X", "7", "--jenisresep", "''") == ["Racikan"]


@pytest.mark.parametrize("words", ["add READ", "update --file READ"])
def test_files_are_completed_by_the_shell(site: Site, words: str) -> None:
    asked = {"_ANTREAN_COMPLETE": "bash_complete", "COMP_WORDS": f"antrean {words}"}
    assert site.run(**asked, COMP_CWORD=str(len(words.split()))).stdout == "file,READ\n"


def test_steps_and_reasons_are_completed(site: Site) -> None:
    assert completed(site, "retry", "X", "f") == ["farmasi"]
    assert completed(site, "drop", "--reason", "pet") == ["petakan"]


def test_commands_are_still_completed(site: Site) -> None:
    assert completed(site, "uni") == ["units"]
    assert completed(site, "units", "t") == ["timer"]
    assert set(completed(site, "")) >= set(COMMANDS)


# -- what the README says


README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
CHAPTER = README.split("\n## Watching\n")[1].split("\n## ")[0]


def test_the_readme_names_every_metric_and_no_other() -> None:
    assert set(re.findall(r"\bantrean_[a-z_]+", CHAPTER)) == set(METRICS)


def test_the_readme_names_every_kind_of_outage() -> None:
    (row,) = [line for line in CHAPTER.splitlines() if line.startswith("| `antrean_outage`")]
    assert set(KINDS_OF_OUTAGE) <= set(re.findall(r"`(\w+)`", row))
