"""Hours without BPJS, without Khanza, or with refused credentials, seen as cron sees them: by
output and exit code.

- The real command as a process of its own, once a minute; the patients keep coming all the while.
- Told are the beginning, one reminder an hour, and the end; the exit code tells it in every pass.
- A cause that replaces another is told in its first minute.
- No attempt is used up, and afterwards BPJS holds just what Khanza recorded.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple

import pytest

from antrean_cli.khanza.tables import TABLES
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.simulator.faults import Fault
from tests.attacks.attack import Attack
from tests.support.checkup import account, run_sql
from tests.support.mariadb import MariaDB
from tests.support.site import MONDAY, WIB, Site

LIST = "/antrean/getlisttask"
FIRST, BEGIN = (datetime.combine(MONDAY, time(hour, 5), WIB) for hour in (8, 9))
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Printed(NamedTuple):
    """What one pass printed, and when."""

    at: datetime
    line: str


# -- how things fail; each takes the site and mends it at its end


@contextmanager
def refused_connections(site: Site, _: MariaDB) -> Iterator[None]:
    site.bpjs.stop()
    yield
    site.bpjs.start()


@contextmanager
def a_gateway_with_502(site: Site, _: MariaDB) -> Iterator[None]:
    site.bpjs.down = True
    yield
    site.bpjs.down = False


@contextmanager
def silence(site: Site, _: MariaDB) -> Iterator[None]:
    site.bpjs.faults.add(Fault("timeout_before", times=None, seconds=3))
    site.env["BPJS_TIMEOUT"] = "1"
    yield
    site.bpjs.faults.clear()
    del site.env["BPJS_TIMEOUT"]


@contextmanager
def khanza_down(_: Site, mariadb: MariaDB) -> Iterator[None]:
    mariadb.stop()
    yield
    mariadb.start()


@contextmanager
def refused_credentials(site: Site, _: MariaDB) -> Iterator[None]:
    good = site.env["BPJS_SECRET_KEY"]
    site.env["BPJS_SECRET_KEY"] = "salah"
    yield
    site.env["BPJS_SECRET_KEY"] = good


@contextmanager
def a_wrong_password(site: Site, _: MariaDB) -> Iterator[None]:
    good = site.env["KHANZA_PASSWORD"]
    site.env["KHANZA_PASSWORD"] = "salah"
    yield
    site.env["KHANZA_PASSWORD"] = good


@contextmanager
def an_account_without_a_grant(site: Site, mariadb: MariaDB) -> Iterator[None]:
    good = site.env["KHANZA_USER"], site.env["KHANZA_PASSWORD"]
    grants = [f"GRANT SELECT ON sik.{table} TO {{u}}" for table in TABLES if table != "jadwal"]
    with account(mariadb, *grants) as login:
        site.env |= login
        yield
        site.env["KHANZA_USER"], site.env["KHANZA_PASSWORD"] = good


@contextmanager
def a_missing_column(_: Site, mariadb: MariaDB) -> Iterator[None]:
    run_sql(mariadb, "ALTER TABLE jadwal RENAME COLUMN kuota TO kuota_lama")
    yield
    run_sql(mariadb, "ALTER TABLE jadwal RENAME COLUMN kuota_lama TO kuota")


@contextmanager
def a_wrong_address(site: Site, _: MariaDB) -> Iterator[None]:
    site.bpjs.faults.add(Fault("no_route", status=404, times=None))
    yield
    site.bpjs.faults.clear()


@contextmanager
def a_server_without_tls(site: Site, _: MariaDB) -> Iterator[None]:
    good = site.env["BPJS_BASE_URL"]
    site.env["BPJS_BASE_URL"] = good.replace("http:", "https:")
    yield
    site.env["BPJS_BASE_URL"] = good


@contextmanager
def a_dropped_user_key(site: Site, _: MariaDB) -> Iterator[None]:
    site.bpjs.faults.add(Fault("no_underscores", times=None))
    yield
    site.bpjs.faults.clear()


Trouble = Callable[[Site, MariaDB], AbstractContextManager[None]]


# -- the morning that goes on meanwhile


def patients(site: Site, passes: Sequence[int]) -> dict[str, list[tuple[int, str]]]:
    """Let Khanza hold patients who come every ten minutes; return what BPJS is to hold of each in
    the end.
    """
    expected = {}
    for number in range(6 + passes[-1] // 10):
        times = [FIRST + timedelta(minutes=10 * number + minutes) for minutes in (0, 10, 25)]
        came, exam, kembali = (f"{at:%Y-%m-%d %H:%M:%S}" for at in times)
        no_rawat = site.khanza.visit(MONDAY, jam=came[11:])
        site.khanza.sep(no_rawat)
        site.khanza.exam(no_rawat, exam)
        site.khanza.berkas(no_rawat, kembali=kembali)
        expected[no_rawat] = [(task, f"{at:%H:%M:%S}") for task, at in enumerate(times, 3)]
    return expected


def all_arrived(site: Site, expected: dict[str, list[tuple[int, str]]]) -> None:
    """Check that BPJS holds all of it and was told nothing twice."""
    assert {no_rawat: site.held_at_bpjs(no_rawat) for no_rawat in expected} == expected
    told = Counter((one.path, str(one.body)) for one in site.bpjs.received if one.path != LIST)
    assert set(told.values()) == {1}
    assert {one.code for one in site.bpjs.received} <= {200, 204}


# -- what cron sees


def cron(site: Site, at: datetime) -> tuple[int, list[Printed]]:
    """Run one pass; return its exit code and the lines that it printed."""
    site.clock.now = at
    done = site.run("sync", CLOCK=at.isoformat())
    assert done.stdout == ""
    return done.returncode, [Printed(at, line) for line in done.stderr.splitlines()]


def failing(site: Site, passes: Sequence[int], exit_code: int) -> list[Printed]:
    """Run the passes of an outage; each tells it by its exit code. Return what they printed."""
    printed: list[Printed] = []
    for minute in passes:
        code, lines = cron(site, BEGIN + timedelta(minutes=minute))
        assert code == exit_code
        printed += lines
    return printed


def recovering(site: Site, exit_code: int) -> list[Printed]:
    """Run passes until one succeeds, ten minutes at most; return what they printed."""
    printed: list[Printed] = []
    for _ in range(11):
        code, lines = cron(site, site.clock.now + MINUTE)
        printed += lines
        if code == 0:
            return printed
        assert code == exit_code
    raise AssertionError("the outage is not noticed to be over")


def attempts(site: Site) -> int:
    """Return how many attempts the ledger has counted."""
    with Ledger.open(site.state, WIB) as ledger:
        records = ledger.of_days(MONDAY, MONDAY).values()
    return sum(push.attempts for record in records for push in record.pushes.values())


def told_once_then_hourly_then_once(printed: Sequence[Printed], end: datetime) -> None:
    """Check the alert, the reminders of the same matter, each in the first pass after a full hour,
    and the end.
    """
    *before, over = printed
    what = before[0].line.partition(":")[0]
    assert all(one.line.startswith(f"{what} sejak {BEGIN:%d-%m %H:%M}") for one in before[1:])
    told = [one.at for one in before]
    assert told[0] == BEGIN
    # The hour counts from the moment of telling, which is some seconds into its minute.
    assert all(HOUR <= later - earlier <= HOUR + MINUTE for earlier, later in pairwise(told))
    assert end - told[-1] <= HOUR + MINUTE
    assert over.at == end
    assert re.search("pulih|diterima lagi", over.line)


def outage(
    site: Site, mariadb: MariaDB, trouble: Trouble, exit_code: int, passes: Sequence[int]
) -> str:
    """Go through one outage from before its beginning to after its end; return what was counted."""
    expected = patients(site, passes)
    assert cron(site, BEGIN - timedelta(minutes=20)) == (0, [])
    heard = len(site.bpjs.arrived)
    with trouble(site, mariadb):
        printed = failing(site, passes, exit_code)
        requests = len(site.bpjs.arrived) - heard
        assert attempts(site) == 0
    printed += recovering(site, exit_code)
    told_once_then_hourly_then_once(printed, site.clock.now)
    assert cron(site, site.clock.now + HOUR) == (0, [])
    all_arrived(site, expected)
    return (
        f"{len(passes)} passes: 1 alert, {len(printed) - 2} reminders, 1 "
        f"end, nothing else printed; 0 attempts used, "
        f"{requests} requests; then {sum(map(len, expected.values()))} tasks arrived, each once"
    )


def test_six_hours_without_bpjs_are_told_and_survived(
    attack: Attack, site: Site, mariadb: MariaDB
) -> None:
    """No connection, every minute: one alert, a reminder an hour, one end, and
    everything arrives.
    """
    passes = range(attack.size(always=60, all=360))
    figures = outage(site, mariadb, refused_connections, 5, passes)
    attack.measured("an outage of six hours: refused connections", figures)


@pytest.mark.parametrize(
    ("trouble", "exit_code"),
    [(a_gateway_with_502, 5), (silence, 5), (khanza_down, 5), (refused_credentials, 4)],
)
def test_other_outages_are_told_and_survived_alike(
    attack: Attack, site: Site, mariadb: MariaDB, trouble: Trouble, exit_code: int
) -> None:
    """Two hours, every minute; the sample has the minutes in which something is due to be said, or
    not.
    """
    passes = range(121) if attack.all else (0, 30, 61)
    what = getattr(trouble, "__name__", "").replace("_", " ")
    figures = outage(site, mariadb, trouble, exit_code, passes)
    attack.measured(f"an outage of two hours: {what}", figures)


# -- one cause after the other

REPLACED: dict[str, tuple[int, dict[Trouble, str]]] = {
    "khanza": (
        8,
        {
            a_wrong_password: "periksa KHANZA_USER dan KHANZA_PASSWORD",
            an_account_without_a_grant: "tidak boleh membaca tabel jadwal",
            a_missing_column: "tabel jadwal tidak punya kolom kuota",
        },
    ),
    "bpjs": (
        5,
        {
            refused_connections: "server BPJS tidak dapat dihubungi",
            a_wrong_address: "periksa BPJS_BASE_URL dan BPJS_UPDATE_PATH",
            a_server_without_tls: "periksa https:// dan port",
        },
    ),
    "kredensial": (
        4,
        {
            a_dropped_user_key: "underscores_in_headers on;",
            refused_credentials: "periksa BPJS_SECRET_KEY",
        },
    ),
}


@pytest.mark.parametrize("whose", REPLACED)
def test_a_cause_that_replaces_another_is_told_at_once(
    attack: Attack, site: Site, mariadb: MariaDB, whose: str
) -> None:
    """Each in the first pass that meets it, and once; and when it comes back within the hour, not
    again.
    """
    exit_code, troubles = REPLACED[whose]
    expected = patients(site, range(60))
    assert cron(site, BEGIN - timedelta(minutes=20)) == (0, [])
    minute, printed = 0, list[Printed]()
    for trouble, said in [*troubles.items(), next(iter(troubles.items()))]:
        with trouble(site, mariadb):
            known = len(printed)
            # BPJS is not asked every minute while an outage of it is on: after 10 at the latest.
            printed += failing(site, range(minute, minute + 11), exit_code)
            minute += 11
            told = [one.line.lower() for one in printed[known:]]
            assert len(told) == int(minute < 11 * (len(troubles) + 1))
            assert all(said.lower() in line for line in told)
    first, *others = printed
    assert all("sebab lain" in one.line for one in others)
    assert "sebab lain" not in first.line
    printed += recovering(site, exit_code)
    assert cron(site, site.clock.now + HOUR) == (0, [])
    all_arrived(site, expected)
    attack.measured(
        f"causes that replace each other: {whose}", f"{len(troubles)} causes, each told at once"
    )
