"""What the database's driver says, put into words: by its number, or without one or a text."""

from __future__ import annotations

import pytest
from pymysql.err import InterfaceError, OperationalError, ProgrammingError

from antrean_cli.errors import AntreanError, SettingsError, TemporaryError
from antrean_cli.khanza.connection import _trouble

LOGIN = (
    "Khanza menolak login atau hak baca (galat {}); periksa KHANZA_USER, KHANZA_PASSWORD, "
    "KHANZA_DATABASE, dan GRANT SELECT"
)
SCHEMA = "Khanza tidak punya tabel atau kolom yang dibutuhkan: {}"
AWAY = "Khanza tidak dapat dihubungi atau tidak menjawab (galat {})"


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (OperationalError(1044, "Access denied"), SettingsError, LOGIN.format(1044)),
        (OperationalError(1045, "Access denied"), SettingsError, LOGIN.format(1045)),
        (OperationalError(1049, "Unknown database 'sik'"), SettingsError, LOGIN.format(1049)),
        (OperationalError(1142, "SELECT command denied"), SettingsError, LOGIN.format(1142)),
        (OperationalError(1143, "SELECT command denied"), SettingsError, LOGIN.format(1143)),
        (OperationalError(1227, "Access denied"), SettingsError, LOGIN.format(1227)),
        (OperationalError(1698, ""), SettingsError, LOGIN.format(1698)),
        (
            ProgrammingError(1146, "Table 'sik.reg_periksa' doesn't exist"),
            SettingsError,
            SCHEMA.format("sik.reg_periksa"),
        ),
        (
            OperationalError(1054, "Unknown column 'a.kd_pj' in 'SELECT'"),
            SettingsError,
            SCHEMA.format("a.kd_pj"),
        ),
        (ProgrammingError(1146, ""), SettingsError, SCHEMA.format("galat 1146")),
        (ProgrammingError(1146), SettingsError, SCHEMA.format("galat 1146")),
        (OperationalError(2003, "Can't connect"), TemporaryError, AWAY.format(2003)),
        (OperationalError(2013), TemporaryError, AWAY.format(2013)),
        (InterfaceError(0, ""), TemporaryError, AWAY.format("InterfaceError")),
        (InterfaceError("Pasien Contoh"), TemporaryError, AWAY.format("InterfaceError")),
        (InterfaceError(), TemporaryError, AWAY.format("InterfaceError")),
        (ConnectionResetError(104, "reset"), TemporaryError, AWAY.format(104)),
        (TimeoutError(), TemporaryError, AWAY.format("TimeoutError")),
    ],
    ids=str,
)
def test_each_trouble_has_its_class_and_its_sentence(
    error: Exception, kind: type[AntreanError], said: str
) -> None:
    trouble = _trouble(error)
    assert (type(trouble), str(trouble)) == (kind, said)
