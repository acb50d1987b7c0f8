"""What the database's driver raises → the error of ours, with its cause.

- The cause follows from the server's number alone; its words can come in any language, and can hold
  what is a patient's.
- Of its words only the names of tables and columns are taken that are read (tables.py).
- Who is let in, and what is there to be read, is a matter of settings (exit 8); everything else
  passes (exit 5).
"""

import re
import socket
import sqlite3
import ssl
from collections.abc import Mapping, Sequence

from pymysql.err import Error

from antrean_cli.errors import AntreanError, SettingsError, TemporaryError
from antrean_cli.khanza.server import ClearPasswordError
from antrean_cli.khanza.tables import OPTIONAL, OWN_SENDER, TABLES
from antrean_cli.rules.causes import Cause, trouble

_CAUSES: Mapping[Cause, tuple[int, ...]] = {
    # ER_ACCESS_DENIED_ERROR
    Cause.KHANZA_LOGIN: (1045,),
    # … by the account's own method; a method that the driver, or the server, does not have
    Cause.KHANZA_LOGIN_METHOD: (1698, 1251, 1524, 2059),
    # ER_MUST_CHANGE_PASSWORD (1820, 1862), ER_ACCOUNT_HAS_BEEN_LOCKED (MySQL's, MariaDB's)
    Cause.KHANZA_ACCOUNT: (1820, 1862, 3118, 4151),
    # ER_HOST_IS_BLOCKED, ER_HOST_NOT_PRIVILEGED
    Cause.KHANZA_CLIENT: (1129, 1130),
    Cause.KHANZA_DATABASE_GRANT: (1044,),
    Cause.KHANZA_DATABASE: (1049,),
    # ER_TABLEACCESS_DENIED_ERROR, ER_COLUMNACCESS_DENIED_ERROR, ER_SPECIFIC_ACCESS_DENIED_ERROR
    Cause.KHANZA_GRANT: (1142, 1143, 1227),
    # ER_BAD_FIELD_ERROR, ER_NO_SUCH_TABLE
    Cause.KHANZA_SCHEMA: (1054, 1146),
    # ER_LOCK_WAIT_TIMEOUT, ER_LOCK_DEADLOCK, ER_LOCK_NOWAIT
    Cause.KHANZA_LOCKED: (1205, 1213, 3572),
    # ER_NOT_KEYFILE, ER_CRASHED_ON_USAGE, ER_CRASHED_ON_REPAIR, ER_NO_SUCH_TABLE_IN_ENGINE
    Cause.KHANZA_CRASHED: (1034, 1194, 1195, 1932),
    # ER_CON_COUNT_ERROR, ER_TOO_MANY_USER_CONNECTIONS, ER_USER_LIMIT_REACHED
    Cause.KHANZA_FULL: (1040, 1203, 1226),
    # ER_STATEMENT_TIMEOUT (MariaDB), ER_QUERY_TIMEOUT (MySQL)
    Cause.KHANZA_SLOW: (1969, 3024),
    Cause.KHANZA_DNS: (2005,),
    Cause.KHANZA_UNREACHABLE: (2002, 2003),
    # CR_SSL_CONNECTION_ERROR
    Cause.KHANZA_NO_TLS: (2026,),
    # ER_SERVER_SHUTDOWN, ER_CONNECTION_KILLED, CR_SERVER_GONE_ERROR, CR_SERVER_LOST
    Cause.KHANZA_CUT: (1053, 1927, 2006, 2013),
}
_BY_NUMBER = {number: cause for cause, numbers in _CAUSES.items() for number in numbers}
# The first kind that fits an exception without a number of the server's.
_BY_KIND: tuple[tuple[type[Exception], Cause], ...] = (
    (sqlite3.Error, Cause.KHANZA_SAMPLE),
    (UnicodeError, Cause.KHANZA_HOST),
    (TimeoutError, Cause.KHANZA_SLOW),
    (OSError, Cause.KHANZA_CUT),
    (RuntimeError, Cause.KHANZA_LOGIN_METHOD),  # the driver lacks the package that it needs
    (Error, Cause.KHANZA_OTHER),
    (Exception, Cause.KHANZA_GARBLED),
)
_OF_SETTINGS = frozenset(
    {
        *(Cause.KHANZA_LOGIN, Cause.KHANZA_DATABASE, Cause.KHANZA_DATABASE_GRANT),
        *(Cause.KHANZA_GRANT, Cause.KHANZA_SCHEMA, Cause.KHANZA_HOST, Cause.KHANZA_SAMPLE),
        *(Cause.KHANZA_CLEAR, Cause.KHANZA_TLS, Cause.KHANZA_NO_TLS, Cause.KHANZA_CA),
    }
)
_LOGIN_BY_SOCKET = 1698
_NAMING = frozenset({Cause.KHANZA_GRANT, Cause.KHANZA_SCHEMA, Cause.KHANZA_CRASHED})


def error_of(error: Exception, sample: str = "") -> AntreanError:
    """Return the SettingsError or TemporaryError to raise for what the driver raised.

    `sample` is the file of a SQLite sample, if that is what is read.
    """
    number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    cause = _cause_of(error, number)
    why = trouble(cause, _names_in(error) if cause in _NAMING else sample, galat=number or None)
    if cause in _OF_SETTINGS or number == _LOGIN_BY_SOCKET:
        return SettingsError(why=why)
    return TemporaryError(why=why)


def _cause_of(error: Exception, number: int) -> Cause:
    origin = getattr(error, "original_exception", None)
    if isinstance(error, ClearPasswordError):
        return Cause.KHANZA_CLEAR
    if isinstance(error, ssl.SSLError):
        return Cause.KHANZA_CA  # nothing was asked yet
    if isinstance(origin, ssl.SSLError):
        return Cause.KHANZA_TLS
    if isinstance(origin, socket.gaierror):
        return Cause.KHANZA_DNS
    if isinstance(origin, FileNotFoundError):
        return Cause.KHANZA_SOCKET
    if number in _BY_NUMBER:
        return _BY_NUMBER[number]
    return next((cause for kind, cause in _BY_KIND if isinstance(error, kind)), Cause.KHANZA_OTHER)


def unreadable(
    missing: Sequence[tuple[str, str]], hidden: Sequence[tuple[str, str]]
) -> AntreanError:
    """Return the error for tables, and columns of some, that cannot be read.

    What the account may not see is told before what is not there: that may be hidden as well.
    """
    cause = Cause.KHANZA_GRANT if hidden else Cause.KHANZA_SCHEMA
    names = (".".join(filter(None, one)) for one in hidden or missing)
    return SettingsError(why=trouble(cause, ", ".join(names)))


def is_of_rights(error: AntreanError) -> bool:
    """Return whether an account was not allowed what it asked for."""
    return error.why is not None and error.why.cause == Cause.KHANZA_GRANT


def _names_in(error: Exception) -> str:
    """Return the table and the column that the server names, as far as we read them."""
    words = re.findall(r"\w+", " ".join(map(str, error.args[1:])).lower())
    tables = {OWN_SENDER, *OPTIONAL, *TABLES}
    columns = {column for names in (*OPTIONAL.values(), *TABLES.values()) for column in names}
    table = next((word for word in words if word in tables), "")
    column = next((word for word in reversed(words) if word in columns), "")
    return ".".join(filter(None, (table, column)))
