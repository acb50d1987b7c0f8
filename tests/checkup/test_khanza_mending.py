"""What to type where Khanza cannot be read, cause by cause."""

from __future__ import annotations

from dataclasses import replace

import pytest

from antrean_cli.checkup.khanza_mending import khanza_mending
from antrean_cli.config.settings import KhanzaSettings
from antrean_cli.rules.causes import Cause, trouble

BY_PORT = KhanzaSettings(
    host="khanza",
    port=3307,
    socket=None,
    user="antrean",
    password="rahasia-khanza",
    database="sik",
    sqlite=None,
)
WAY = "-h khanza -P 3307 -u antrean -p"
OURS = "`antrean`@`%`"


@pytest.mark.parametrize(
    ("cause", "about", "typed"),
    [
        (Cause.KHANZA_LOGIN, "", [f"mysql {WAY} -e 'SHOW GRANTS'"]),
        (Cause.KHANZA_LOGIN_METHOD, "", [f"mysql {WAY} -e 'SHOW GRANTS'"]),
        (Cause.KHANZA_ACCOUNT, "", [f"mysql {WAY} -e 'SHOW GRANTS'"]),
        (Cause.KHANZA_CLIENT, "", [f"mysql {WAY} -e 'SHOW GRANTS'"]),
        (Cause.KHANZA_DATABASE, "", [f"mysql {WAY} -e 'SHOW GRANTS'"]),
        (Cause.KHANZA_DATABASE_GRANT, "", [f"mysql {WAY} -e 'SHOW GRANTS'"]),
        (Cause.KHANZA_GRANT, "", [f"mysql {WAY} -e 'SHOW GRANTS'"]),
        (
            Cause.KHANZA_GRANT,
            "jadwal.kuota, jadwal.kd_poli, pasien",
            [
                f"GRANT SELECT ON `sik`.`jadwal` TO {OURS};",
                f"GRANT SELECT ON `sik`.`pasien` TO {OURS};",
            ],
        ),
        (
            Cause.KHANZA_SCHEMA,
            "jadwal.kuota, pasien",
            [
                f"mysql {WAY} sik -e 'SHOW COLUMNS FROM jadwal'",
                f"mysql {WAY} sik -e 'SHOW COLUMNS FROM pasien'",
            ],
        ),
        (Cause.KHANZA_SCHEMA, "", [f"mysqladmin {WAY} ping"]),
        (Cause.KHANZA_CRASHED, "jadwal", [f"mysqlcheck {WAY} --repair sik jadwal"]),
        (Cause.KHANZA_LOCKED, "", [f"mysql {WAY} -e 'SHOW FULL PROCESSLIST'"]),
        (Cause.KHANZA_SLOW, "", [f"mysql {WAY} -e 'SHOW FULL PROCESSLIST'"]),
        (Cause.KHANZA_FULL, "", [f"mysql {WAY} -e 'SHOW FULL PROCESSLIST'"]),
        (Cause.KHANZA_DNS, "", ["getent hosts khanza"]),
        (Cause.KHANZA_UNREACHABLE, "", [f"mysqladmin {WAY} ping"]),
        (Cause.KHANZA_CUT, "", [f"mysqladmin {WAY} ping"]),
        (Cause.KHANZA_PAYER, "", []),
    ],
)
def test_each_cause_has_its_own_lines(cause: Cause, about: str, typed: list[str]) -> None:
    """The password is asked for, and never shown."""
    assert list(khanza_mending(BY_PORT, trouble(cause, about), OURS)) == typed


def test_an_account_that_nobody_named_is_asked_for_its_grants() -> None:
    typed = khanza_mending(BY_PORT, trouble(Cause.KHANZA_GRANT, "jadwal"), "")
    assert list(typed) == [f"mysql {WAY} -e 'SHOW GRANTS'"]


def test_by_socket_nobody_types_a_host() -> None:
    by_socket = replace(BY_PORT, socket="/run/mysqld/mysqld.sock")
    (typed,) = khanza_mending(by_socket, trouble(Cause.KHANZA_CUT), OURS)
    assert typed == "mysqladmin -S /run/mysqld/mysqld.sock -u antrean -p ping"


def test_a_sample_is_a_file_to_look_at() -> None:
    sample = replace(BY_PORT, sqlite="contoh khanza.sqlite3")
    typed = khanza_mending(sample, trouble(Cause.KHANZA_SAMPLE, "x"), OURS)
    assert list(typed) == ["ls -l 'contoh khanza.sqlite3'"]
