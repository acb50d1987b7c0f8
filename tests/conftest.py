"""What every test gets: Khanza's database on request, its own environment, and no way out to the network."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pymysql
import pytest

from antrean_cli.simulator.hospital import Hospital
from tests.mariadb import MariaDB

ROOT = Path(__file__).parents[1]
OURS = ("ANTREAN_", "BPJS_", "KHANZA_", "XDG_")
TRANSPORT = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDB]:
    """One server for the whole run."""
    with MariaDB() as server:
        yield server


@pytest.fixture
def khanza(mariadb: MariaDB) -> Iterator[Hospital]:
    """An empty Khanza with its clinics, doctors and schedules, to write to."""
    mariadb.start()  # a test may have left it stopped
    mariadb.empty()
    with mariadb.admin() as connection:
        hospital = Hospital(connection, paramstyle=pymysql.paramstyle)
        hospital.basics(penjab=True)
        yield hospital


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
    """Hide the settings and files of whoever runs the tests: home and working folder are the test's own."""
    for name in list(os.environ):
        if name.startswith(OURS) or name.upper() in TRANSPORT:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)  # ./.env is a settings file too
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # for the commands that a test spawns from there
