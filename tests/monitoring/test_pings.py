"""Pings of a pass: what is told, and that nobody who listens can change a pass."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from antrean_cli.config.settings import load
from antrean_cli.errors import SettingsError
from antrean_cli.ledger.file import locked
from antrean_cli.monitoring.pass_monitor import PassMonitor, pass_counts
from antrean_cli.monitoring.ping import PING_SECONDS
from antrean_cli.simulator.faults import Fault
from antrean_cli.sync.pass_report import PassReport
from tests.support.patients import gone_home
from tests.support.site import MONDAY, SINCE, YESTERDAY, Clock, Site, wait_for
from tests.support.troubles import TROUBLES
from tests.support.watcher import (
    TOKEN,
    Watcher,
    dripping,
    hanging_up,
    junk,
    nothing,
    well,
    with_status,
)

ADD = "/antrean/add"
# Seconds for a pass that is watched by somebody who does not answer, besides the ping's own.
ROOM = 8


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    with Watcher() as one:
        yield one


def test_a_pass_tells_when_it_begins_and_how_it_ended_in_counts_alone(
    live_site: Site, watcher: Watcher
) -> None:
    no_rawat = gone_home(live_site, YESTERDAY)
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
        gone_home(live_site, YESTERDAY)
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
    """The start is answered after BPJS has got everything, and the end is told after it."""
    gone_home(live_site, YESTERDAY)

    def late(request: BaseHTTPRequestHandler) -> None:
        if request.path.endswith("/start"):
            wait_for(lambda: len(live_site.bpjs.received) == 4, PING_SECONDS)
        well(request)

    watcher.answer = late
    live_site.run("sync", *SINCE)  # its bytecode and the database are warm
    gone_home(live_site, YESTERDAY)
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
    no_rawat = gone_home(live_site, YESTERDAY)
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
    """Exit code, output, what BPJS holds; no redirect is followed, nobody waits for long."""
    watcher.answer = answer
    no_rawat = gone_home(live_site, YESTERDAY)
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
    monitor = PassMonitor(
        settings=site.settings(ANTREAN_PING_URL="http://pengawas.invalid/x"), clock=clock
    )
    try:
        began = time.monotonic()
        with monitor:
            pass
        assert time.monotonic() - began < 2  # the start is on its way beside the pass
        monitor.ping_end()
        assert time.monotonic() - began < PING_SECONDS + 3
    finally:
        release.set()
    assert monitor.problems[0] == "Ping tidak dijawab dalam 4 detik"


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
    gone_home(live_site, YESTERDAY)
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
    assert pass_counts(9, None) == "exit_code 9\n"
    assert pass_counts(0, PassReport(visits=2)).startswith("exit_code 0\nvisits 2\n")
