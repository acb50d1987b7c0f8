"""A hospital on each of the two databases that can be read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from antrean_cli.config.settings import KhanzaSettings
from antrean_cli.simulator.hospital import Hospital, create_sqlite
from tests.khanza.reading import sample, server
from tests.support.mariadb import MariaDB


@pytest.fixture
def sqlite_khanza(tmp_path: Path) -> Iterator[tuple[Hospital, KhanzaSettings]]:
    """A sample hospital with its basics, and how to read it."""
    connection = create_sqlite(tmp_path / "khanza.sqlite3")
    hospital = Hospital(connection, paramstyle=sqlite3.paramstyle)
    hospital.basics()
    yield hospital, sample(tmp_path / "khanza.sqlite3")
    connection.close()


@pytest.fixture(params=["mariadb", "sqlite"])
def either(request: pytest.FixtureRequest, mariadb: MariaDB) -> tuple[Hospital, KhanzaSettings]:
    """A hospital on each of the two databases, and how to read it."""
    if request.param == "mariadb":
        return request.getfixturevalue("khanza"), server(mariadb)
    found: tuple[Hospital, KhanzaSettings] = request.getfixturevalue("sqlite_khanza")
    return found
