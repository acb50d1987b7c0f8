"""What the account may do in Khanza: too much until what is said is typed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from antrean_cli.checkup.grants import rights
from tests.support.checkup import account, check, run_sql
from tests.support.mariadb import MariaDB
from tests.support.site import (
    Site,
)

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


def test_what_everybody_may_do_is_shown_and_taken_from_nobody() -> None:
    lines = ["GRANT SELECT ON `sik`.* TO `a`@`%`", "GRANT UPDATE ON `sik`.* TO PUBLIC"]
    found = rights(lines, "sik")
    assert found is not None
    assert found.statements == ("SHOW GRANTS FOR PUBLIC;",)


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
