"""One run of `antrean check`, and what it is run against."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from antrean_cli.simulator.faults import Reply
from antrean_cli.simulator.server import Simulator
from tests.support.command import run
from tests.support.mariadb import MariaDB
from tests.support.site import (
    WIB,
    Site,
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
    """Return what is found with the settings of a site."""
    done = site.run("check", "--json", *args, **env)
    assert done.stderr == ""
    document = json.loads(done.stdout)
    assert document["exit_code"] == done.returncode
    return Checked(done.returncode, document["findings"])


def patient(site: Site, kd_poli: str = "INT", tanggal: date = TODAY, **columns: Any) -> str:
    """Register a patient who pays, just after midnight: it is past whenever the tests run."""
    return site.khanza.visit(tanggal, jam="00:00:01", kd_poli=kd_poli, kd_pj="UMU", **columns)


def run_sql(mariadb: MariaDB, *statements: str) -> None:
    """Run statements as the database's administrator would, copied from what check says."""
    with mariadb.admin() as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@contextmanager
def account(mariadb: MariaDB, *grants: str) -> Iterator[dict[str, str]]:
    """Make an account with these grants, and yield its settings.

    {u} is its name; two roles are there to be granted.
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


def with_file(site: Site, file: Path) -> Checked:
    """Return what is found with the settings of a file alone."""
    nothing = dict.fromkeys(site.env, "")
    environment = {name: value for name, value in {**os.environ, **nothing}.items() if value}
    named = ("--env-file", str(file), "--state", str(site.state))
    done = run(*named, "check", "--json", environ=environment)
    assert done.stderr == ""
    return Checked(done.returncode, json.loads(done.stdout)["findings"])
