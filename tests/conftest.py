"""What every test gets:

Khanza's database on request, its own environment, and no way out to the network.
"""

from __future__ import annotations

import ipaddress
import os
import shutil
import signal
import socket
import socketserver
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, time
from pathlib import Path
from typing import Any

import pymysql
import pytest

from antrean_cli.simulator.hospital import Hospital
from antrean_cli.simulator.server import Simulator
from tests.support.folders import new_folder
from tests.support.mariadb import MariaDB
from tests.support.site import (
    CONS_ID,
    MONDAY,
    SECRET_KEY,
    USER_KEY,
    WIB,
    Clock,
    Site,
    settings_of,
    stand_in,
)

pytest_plugins = ("tests.support.figures", "tests.support.interrupts")
FOLDER = pytest.StashKey[Path]()
ROOT = Path(__file__).parents[1]
INSTALLED = Path("/etc/antrean/env")
OURS = ("ANTREAN_", "BPJS_", "KHANZA_", "XDG_")
TRANSPORT = (
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer what the attacks are steered by."""
    parser.addoption(
        "--all", action="store_true", help="make all of every attack, not a sample: takes hours"
    )
    parser.addoption("--seed", type=int, default=1, help="seed of the attacks' random numbers")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Keep every `tmp_path` in memory, unless the person named a place for them."""
    if not config.option.basetemp and not hasattr(config, "workerinput"):
        config.stash[FOLDER] = new_folder("tests")
        config.option.basetemp = str(config.stash[FOLDER])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove them."""
    if folder := config.stash.get(FOLDER, None):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDB]:
    """One server for the whole run."""
    with MariaDB() as server:
        yield server


@pytest.fixture
def khanza(mariadb: MariaDB) -> Iterator[Hospital]:
    """An empty Khanza with its clinics, doctors and schedules, to write to."""
    mariadb.start()  # a test may have left it stopped
    mariadb.reset()
    with mariadb.admin() as connection:
        yield Hospital(connection, paramstyle=pymysql.paramstyle)


@pytest.fixture
def clock() -> Clock:
    """Monday, 14:00 WIB, until a test sets it."""
    return Clock(datetime.combine(MONDAY, time(14), WIB))


@pytest.fixture
def site(khanza: Hospital, mariadb: MariaDB, clock: Clock, tmp_path: Path) -> Iterator[Site]:
    """A hospital whose passes run in this process, at the clock's time."""
    with stand_in(clock) as bpjs:
        yield Site(
            khanza=khanza,
            bpjs=bpjs,
            clock=clock,
            folder=tmp_path,
            env=settings_of(mariadb, bpjs.url),
        )


@pytest.fixture
def live_site(khanza: Hospital, mariadb: MariaDB, tmp_path: Path) -> Iterator[Site]:
    """A hospital at the real time, for `Site.run`."""
    with Simulator(cons_id=CONS_ID, secret_key=SECRET_KEY, user_key=USER_KEY) as bpjs:
        yield Site(
            khanza=khanza,
            bpjs=bpjs,
            clock=Clock(datetime.now(WIB)),
            folder=tmp_path,
            env=settings_of(mariadb, bpjs.url),
        )


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let Ctrl-C reach the program also where a shell that ignores it runs the tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def _a_bug_of_a_stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail the test in which a server of the tests broke: a thread's traceback fails nothing."""
    bugs: list[BaseException | None] = []
    monkeypatch.setattr(
        socketserver.BaseServer, "handle_error", lambda *_: bugs.append(sys.exc_info()[1])
    )
    yield
    for bug in bugs:
        raise AssertionError("a stand-in broke while the test ran") from bug


@pytest.fixture(autouse=True, scope="session")
def _loopback_only() -> Iterator[None]:
    """Refuse to connect any socket of this process to anything but loopback and Unix sockets."""

    def guarded(connect: Callable[..., Any]) -> Callable[..., Any]:
        def guard(self: socket.socket, address: Any) -> Any:
            if self.family != socket.AF_UNIX and not _is_loopback(str(address[0])):
                self.close()
                raise RuntimeError(f"a test wants to connect to {address}")
            return connect(self, address)

        return guard

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded(socket.socket.connect))
        patch.setattr(socket.socket, "connect_ex", guarded(socket.socket.connect_ex))
        yield


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def _own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the settings and files of whoever runs the tests: home and working folder are the test's
    own.
    """
    for name in list(os.environ):
        if name.startswith(OURS) or name.upper() in TRANSPORT:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    if INSTALLED.exists():  # of an antrean on this computer: one of one's own comes before it
        own = tmp_path / ".config" / "antrean" / "env"
        own.parent.mkdir(parents=True)
        own.touch(mode=0o600)
    monkeypatch.chdir(tmp_path)  # ./.env is a settings file too
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # for the commands that a test spawns from there
