"""What goes wrong with Khanza, told by its cause: by the server's number, and by no text."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pymysql
import pytest
from pymysql.err import InterfaceError, OperationalError, ProgrammingError

from antrean_cli.config.settings import KhanzaSettings
from antrean_cli.errors import AntreanError, SettingsError, TemporaryError
from antrean_cli.khanza.queries import Khanza
from antrean_cli.khanza.tables import TABLES
from antrean_cli.khanza.troubles import error_of
from antrean_cli.rules.causes import Cause, Trouble, trouble
from tests.khanza.reading import read, server
from tests.support.mariadb import MariaDB

DENIED = "SELECT command denied to user 'pasien'@'localhost' for table "


@pytest.mark.parametrize(
    ("error", "kind", "why"),
    [
        (OperationalError(1044, "Access denied"), SettingsError, Cause.KHANZA_DATABASE_GRANT),
        (OperationalError(1045, "Access denied"), SettingsError, Cause.KHANZA_LOGIN),
        (OperationalError(1049, "Unknown database 'sik'"), SettingsError, Cause.KHANZA_DATABASE),
        (OperationalError(1227, "Access denied"), SettingsError, Cause.KHANZA_GRANT),
        (OperationalError(1698, ""), SettingsError, Cause.KHANZA_LOGIN_METHOD),
        (OperationalError(2059, ""), TemporaryError, Cause.KHANZA_LOGIN_METHOD),
        (RuntimeError("cryptography"), TemporaryError, Cause.KHANZA_LOGIN_METHOD),
        (OperationalError(1862, ""), TemporaryError, Cause.KHANZA_ACCOUNT),
        (OperationalError(4151, ""), TemporaryError, Cause.KHANZA_ACCOUNT),
        (OperationalError(1129, ""), TemporaryError, Cause.KHANZA_CLIENT),
        (OperationalError(1130, ""), TemporaryError, Cause.KHANZA_CLIENT),
        (OperationalError(1205, ""), TemporaryError, Cause.KHANZA_LOCKED),
        (OperationalError(1213, ""), TemporaryError, Cause.KHANZA_LOCKED),
        (OperationalError(1040, ""), TemporaryError, Cause.KHANZA_FULL),
        (OperationalError(1969, ""), TemporaryError, Cause.KHANZA_SLOW),
        (OperationalError(2003, "Can't connect"), TemporaryError, Cause.KHANZA_UNREACHABLE),
        (OperationalError(2005, "Unknown host"), TemporaryError, Cause.KHANZA_DNS),
        (OperationalError(2013), TemporaryError, Cause.KHANZA_CUT),
        (OperationalError(1317, ""), TemporaryError, Cause.KHANZA_OTHER),
        (InterfaceError(0, ""), TemporaryError, Cause.KHANZA_OTHER),
        (InterfaceError("Pasien Contoh"), TemporaryError, Cause.KHANZA_OTHER),
        (InterfaceError(), TemporaryError, Cause.KHANZA_OTHER),
        (ConnectionResetError(104, "reset"), TemporaryError, Cause.KHANZA_CUT),
        (TimeoutError(), TemporaryError, Cause.KHANZA_SLOW),
    ],
    ids=str,
)
def test_each_number_has_its_class_and_its_cause(
    error: Exception, kind: type[AntreanError], why: Cause
) -> None:
    found = error_of(error)
    assert found.why is not None
    assert (type(found), found.why.cause, found.why.about) == (kind, why, "")


@pytest.mark.parametrize(
    ("cause", "numbers"),
    [
        (Cause.KHANZA_LOGIN_METHOD, (1251, 1524)),
        (Cause.KHANZA_ACCOUNT, (1820, 3118)),
        (Cause.KHANZA_LOCKED, (3572,)),
        (Cause.KHANZA_CRASHED, (1034, 1194, 1195, 1932)),
        (Cause.KHANZA_FULL, (1203, 1226)),
        (Cause.KHANZA_SLOW, (3024,)),
        (Cause.KHANZA_UNREACHABLE, (2002,)),
        (Cause.KHANZA_CUT, (1053, 1927, 2006)),
    ],
)
def test_servers_have_several_numbers_for_one_cause(cause: Cause, numbers: tuple[int, ...]) -> None:
    for number in numbers:
        found = error_of(OperationalError(number, ""))
        assert isinstance(found, TemporaryError)
        assert found.why == trouble(cause, galat=number)


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (ProgrammingError(1146, "Table 'sik.reg_periksa' doesn't exist"), "reg_periksa"),
        (OperationalError(1054, "Unknown column 'a.kd_pj' in 'SELECT'"), "kd_pj"),
        (OperationalError(1142, f"{DENIED}`sik`.`jadwal`"), "pasien"),
        (OperationalError(1142, f"{DENIED}'jadwal'".replace("pasien", "budi")), "jadwal"),
        (OperationalError(1143, "… for column 'kuota' in table 'jadwal'"), "jadwal.kuota"),
        (OperationalError(1194, "Table 'resep_obat' is marked as crashed"), "resep_obat"),
        (
            ProgrammingError(1146, "Table 'sik.referensi_mobilejkn_bpjs_taskid' doesn't exist"),
            "referensi_mobilejkn_bpjs_taskid",
        ),
        (ProgrammingError(1146, "Tabel 'Budi Santoso' tidak ada"), ""),
        (ProgrammingError(1146, ""), ""),
        (ProgrammingError(1146), ""),
    ],
    ids=str,
)
def test_only_tables_and_columns_that_are_read_are_named(error: Exception, why: str) -> None:
    """The server's own words may hold a patient's, and come in any language."""
    found = error_of(error)
    assert found.why is not None
    assert found.why.about == why


# -- real ones


def met(settings: KhanzaSettings) -> tuple[type[AntreanError], Trouble | None]:
    """Return what a whole read of a Khanza comes to."""
    with pytest.raises(AntreanError) as caught:
        read(settings)
    return type(caught.value), caught.value.why


@contextmanager
def narrow(mariadb: MariaDB, *statements: str) -> Iterator[KhanzaSettings]:
    """Make an account that may read every table but for what is taken or given here; {u} is it."""
    with mariadb.admin() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE USER sempit@localhost IDENTIFIED BY 'x'")
        try:
            cursor.execute("SHOW TABLES")
            for (table,) in cursor.fetchall():
                cursor.execute(f"GRANT SELECT ON sik.{table} TO sempit@localhost")
            for statement in statements:
                cursor.execute(statement.format(u="sempit@localhost"))
            yield replace(server(mariadb), user="sempit", password="x")
        finally:
            cursor.execute("DROP USER sempit@localhost")


pytestmark = pytest.mark.usefixtures("khanza")


def test_a_wrong_password_is_told_as_that(mariadb: MariaDB) -> None:
    refused = (SettingsError, trouble(Cause.KHANZA_LOGIN, galat=1045))
    assert met(replace(server(mariadb), password="salah")) == refused
    assert met(replace(server(mariadb), user="orang-lain")) == refused


def test_a_missing_database_is_told_as_that(mariadb: MariaDB) -> None:
    """Whoever may not read all databases is not told whether there is one of that name."""
    hidden = (SettingsError, trouble(Cause.KHANZA_DATABASE_GRANT, galat=1044))
    assert met(replace(server(mariadb), database="bukan_sik")) == hidden
    with narrow(mariadb, "GRANT SELECT ON *.* TO {u}") as settings:
        missing = (SettingsError, trouble(Cause.KHANZA_DATABASE, galat=1049))
        assert met(replace(settings, database="bukan_sik")) == missing


def test_a_table_that_the_account_may_not_read_is_no_missing_one(mariadb: MariaDB) -> None:
    with narrow(mariadb, "REVOKE SELECT ON sik.jadwal FROM {u}") as settings:
        assert met(settings) == (SettingsError, trouble(Cause.KHANZA_GRANT, "jadwal"))


def test_a_column_that_the_account_may_not_read_is_no_missing_one(mariadb: MariaDB) -> None:
    others = ", ".join(column for column in TABLES["jadwal"] if column != "kuota")
    with narrow(
        mariadb,
        "REVOKE SELECT ON sik.jadwal FROM {u}",
        f"GRANT SELECT ({others}) ON sik.jadwal TO {{u}}",
    ) as settings:
        assert met(settings) == (SettingsError, trouble(Cause.KHANZA_GRANT, "jadwal.kuota"))


def test_a_column_that_is_not_there_is_told_as_that_to_a_narrow_account_too(
    mariadb: MariaDB,
) -> None:
    with narrow(mariadb) as settings, mariadb.without_column("jadwal", "kuota"):
        for each in (settings, server(mariadb)):
            assert met(each) == (SettingsError, trouble(Cause.KHANZA_SCHEMA, "jadwal.kuota"))


def test_a_locked_account_is_told_as_that(mariadb: MariaDB) -> None:
    with narrow(mariadb, "ALTER USER {u} ACCOUNT LOCK") as settings:
        assert met(settings) == (TemporaryError, trouble(Cause.KHANZA_ACCOUNT, galat=4151))


def test_an_account_without_room_for_another_connection_is_told_as_that(mariadb: MariaDB) -> None:
    with (
        narrow(mariadb, "ALTER USER {u} WITH MAX_USER_CONNECTIONS 1") as settings,
        Khanza(settings),
    ):
        assert met(settings) == (TemporaryError, trouble(Cause.KHANZA_FULL, galat=1226))


def test_a_server_out_of_reach_is_told_by_how_far_one_came(mariadb: MariaDB) -> None:
    by_port = replace(server(mariadb), socket=None)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = replace(by_port, port=nobody.getsockname()[1])
        assert met(away) == (TemporaryError, trouble(Cause.KHANZA_UNREACHABLE, galat=2003))
    unknown = replace(by_port, host="khanza.invalid")
    assert met(unknown) == (TemporaryError, trouble(Cause.KHANZA_DNS, galat=2003))
    no_socket = replace(server(mariadb), socket="/tidak/ada")
    assert met(no_socket) == (TemporaryError, trouble(Cause.KHANZA_SOCKET, galat=2003))


def test_a_lock_that_is_held_too_long_is_told_as_that(mariadb: MariaDB) -> None:
    """What Khanza's own update of a row does is no trouble for a reader; ALTER TABLE is."""
    # By its own, a server of MariaDB's waits for a day.
    with (
        Khanza(server(mariadb)) as khanza,
        locked_by(mariadb, "jadwal"),
        pytest.raises(TemporaryError) as caught,
    ):
        khanza._select("SELECT kd_dokter FROM jadwal")
    assert caught.value.why == trouble(Cause.KHANZA_LOCKED, galat=1205)


@contextmanager
def locked_by(mariadb: MariaDB, table: str) -> Iterator[pymysql.Connection[Any]]:
    with mariadb.admin() as connection, connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLES {table} WRITE")
        yield connection


def test_a_query_that_the_server_ends_is_told_as_slow(mariadb: MariaDB) -> None:
    with Khanza(server(mariadb)) as khanza:
        khanza._select("SET max_statement_time = 0.2")
        with pytest.raises(TemporaryError) as caught:
            khanza._select("SELECT COUNT(*) FROM seq_1_to_100000 a, seq_1_to_100000 b")
    assert caught.value.why == trouble(Cause.KHANZA_SLOW, galat=1969)
