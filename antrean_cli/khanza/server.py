"""A connection to Khanza's server: who may read along, and who may ask for the password.

- By its socket, or on this computer, nobody stands between. Anywhere else only a certificate tells
  whose server answers (KHANZA_CA, KHANZA_TLS).
- The password itself never leaves for a server that nobody has checked, whatever method of logging
  in it asks for: only answers to its challenges do.
- Nothing of this computer is ever sent because a server asks for it (LOCAL INFILE).

(khanza/README.md, The wire)
"""

import re
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pymysql
from pymysql import _auth
from pymysql.constants import CR, FIELD_TYPE
from pymysql.converters import conversions
from pymysql.err import OperationalError

from antrean_cli.config.settings import KhanzaSettings, Tls

Handler = Callable[["pymysql.Connection[Any]"], Any]
CONNECT_SECONDS, READ_SECONDS = 5, 10
# The server says that a table is locked before its silence is taken for a broken connection, and
# before nothing more is read.
_SOONER = 2
_LOOPBACK = re.compile(r"localhost|::1|127(\.[0-9]{1,3}){3}")
# Methods by which the password goes over the wire as it is, or as good as that.
CLEAR = ("mysql_clear_password", "dialog", "mysql_old_password")
SHA256, CACHING_SHA2 = "sha256_password", "caching_sha2_password"
_FAST_PATH_DONE = 3  # of caching_sha2_password: the server knows the answer to its challenge
# PyMySQL would hand zero dates over as str, and true ones as objects; whole numbers are text in
# SQLite, too.
_KEPT_AS_TEXT = frozenset(
    {
        *(FIELD_TYPE.DATE, FIELD_TYPE.NEWDATE, FIELD_TYPE.TIME),
        *(FIELD_TYPE.DATETIME, FIELD_TYPE.TIMESTAMP),
        *(FIELD_TYPE.TINY, FIELD_TYPE.SHORT, FIELD_TYPE.INT24, FIELD_TYPE.LONG),
        FIELD_TYPE.LONGLONG,
    }
)


def is_local(settings: KhanzaSettings) -> bool:
    """Return whether Khanza's server is on this computer, so that nobody stands between."""
    return settings.socket is not None or _LOOPBACK.fullmatch(settings.host) is not None


def is_verified(settings: KhanzaSettings) -> bool:
    """Return whether it is checked whose server answers."""
    return settings.tls == Tls.REQUIRED and not settings.socket


def server(settings: KhanzaSettings, seconds: float) -> "pymysql.Connection[Any]":
    """Return a connection that is still to be made; raises OSError for a bad KHANZA_CA.

    After so many `seconds` nothing more is read over it.
    """
    lock_seconds = max(int(min(seconds, READ_SECONDS)) - _SOONER, 1)
    return _Connection(
        host=settings.host,
        port=settings.port,
        unix_socket=settings.socket,
        user=settings.user,
        password=settings.password.encode(),  # a text would have to be Latin-1
        database=settings.database,
        charset="utf8mb4",
        conv={key: convert for key, convert in conversions.items() if key not in _KEPT_AS_TEXT},
        autocommit=True,  # no snapshot is kept open beyond a read
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        write_timeout=READ_SECONDS,
        init_command=f"SET lock_wait_timeout = LEAST(@@lock_wait_timeout, {lock_seconds})",
        # A handshake on a socket costs 20 ms for nothing.
        ssl_disabled=settings.socket is not None or settings.tls == Tls.NONE,
        ssl=_context(settings.ca) if is_verified(settings) else None,
        auth_plugin_map=_handlers(settings),
        defer_connect=True,
    )


def _handlers(settings: KhanzaSettings) -> "dict[str, Handler]":
    """Return who handles the methods of logging in that the driver must not handle itself."""
    handlers: dict[str, Handler] = dict.fromkeys(CLEAR, _Refusing)
    if not (settings.socket or is_verified(settings)):
        handlers[SHA256] = _Refusing
        if not is_local(settings):
            handlers[CACHING_SHA2] = _CachingSha2
    return handlers


def _context(ca: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca)
    context.keylog_filename = None  # type: ignore[assignment]  # nobody is handed the keys
    return context


if TYPE_CHECKING:
    _Base = pymysql.Connection[Any]
else:
    _Base = pymysql.Connection


class _Connection(_Base):
    """A connection that gives no server the password in the very first packet.

    The driver answers the server's greeting before it asks any handler.
    """

    _auth_plugin_map: "dict[str, Handler]"
    _auth_plugin_name: str

    def _request_authentication(self) -> None:
        if self._auth_plugin_map.get(self._auth_plugin_name) is _Refusing:
            raise _refused()
        super()._request_authentication()  # type: ignore[misc]  # it is the driver's own


class _Refusing:
    """A method of logging in that is refused."""

    def __init__(self, connection: "pymysql.Connection[Any]") -> None:
        pass

    def authenticate(self, _packet: Any) -> Any:
        raise _refused()


class _CachingSha2:
    """caching_sha2_password, as far as it is an answer to a challenge."""

    def __init__(self, connection: "pymysql.Connection[Any]") -> None:
        self._connection: Any = connection

    def authenticate(self, packet: Any) -> Any:
        connection = self._connection
        if packet.is_auth_switch_request():
            connection.salt = packet.read_all().removesuffix(b"\0")
            answer = _auth.scramble_caching_sha2(connection.password, connection.salt)
            packet = self._exchanged(answer if connection.password else b"")
        if not packet.is_extra_auth_data():
            return packet
        packet.advance(1)
        if packet.read_uint8() != _FAST_PATH_DONE:
            raise _refused()
        return self._read()

    def _exchanged(self, answer: bytes) -> Any:
        self._connection.write_packet(answer)
        return self._read()

    def _read(self) -> Any:
        packet = self._connection._read_packet()
        packet.check_error()
        return packet


class ClearPasswordError(OperationalError):
    """A server that nobody has checked asks for the password itself."""


def _refused() -> ClearPasswordError:
    return ClearPasswordError(CR.CR_AUTH_PLUGIN_CANNOT_LOAD)
