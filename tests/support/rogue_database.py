"""A server at Khanza's port that is none of Khanza's: it speaks the protocol, and asks for more."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

SALT = b"12345678901234567890"
_SSL, _CAPABILITIES = 0x0800, 0x000FF7DF | 0x00080000  # all that MariaDB offers, but for TLS
OK = b"\x00\x00\x00\x02\x00\x00\x00"


@dataclass
class Rogue:
    """It offers `plugin` in its greeting, then does what `then` says; `heard` is all it was sent.

    With a `certificate` it speaks TLS, and reads what comes through it.
    """

    plugin: str = "mysql_native_password"
    then: Callable[[Talk], None] = lambda talk: talk.send(OK)
    certificate: Path | None = None
    heard: bytes = b""
    _listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def __enter__(self) -> Rogue:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                talk = Talk(self, connection)
                with suppress(OSError, EOFError):
                    self._talk(talk)
                talk.socket.close()

    def _talk(self, talk: Talk) -> None:
        talk.send(_greeting(self.plugin, tls=self.certificate is not None))
        first = talk.read()
        if self.certificate and struct.unpack("<I", first[:4])[0] & _SSL:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate)
            talk.socket = context.wrap_socket(talk.socket, server_side=True)
            talk.read()
        self.then(talk)


@dataclass
class Talk:
    """One conversation, packet by packet."""

    rogue: Rogue
    socket: socket.socket
    number: int = -1

    def send(self, payload: bytes) -> None:
        """Send a packet."""
        self.number += 1
        self.socket.sendall(len(payload).to_bytes(3, "little") + bytes([self.number]) + payload)

    def read(self) -> bytes:
        """Return the next packet, which is kept as heard."""
        head = self._exactly(4)
        self.number = head[3]
        body = self._exactly(int.from_bytes(head[:3], "little"))
        self.rogue.heard += body
        return body

    def _exactly(self, count: int) -> bytes:
        found = b""
        while len(found) < count:
            part = self.socket.recv(count - len(found))
            if not part:
                raise EOFError
            found += part
        return found

    def switch_to(self, plugin: str) -> bytes:
        """Ask for another method of logging in; return what comes back."""
        self.send(b"\xfe" + plugin.encode() + b"\0" + SALT + b"\0")
        return self.read()

    def greet(self) -> None:
        """Let the client in, and say yes to whatever it says before its first question."""
        self.send(OK)
        while True:
            asked = self.read()
            self.number = 0
            if not asked[1:].upper().startswith((b"SET", b"START")):
                return
            self.send(OK)


def _greeting(plugin: str, *, tls: bool) -> bytes:
    flags = _CAPABILITIES | (_SSL if tls else 0)
    return b"".join(
        (
            b"\x0a11.4.0-MariaDB\0",
            struct.pack("<I", 7),
            SALT[:8] + b"\0",
            struct.pack("<H", flags & 0xFFFF),
            b"\x2d\x02\x00",
            struct.pack("<H", flags >> 16),
            bytes([len(SALT) + 1]) + b"\0" * 10,
            SALT[8:] + b"\0",
            plugin.encode() + b"\0",
        )
    )
