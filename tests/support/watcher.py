"""Who is pinged: a real server on loopback that keeps what it heard, and ways to answer."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

TOKEN = "3f0c-token-rahasia"


class Heard(NamedTuple):
    method: str
    path: str
    body: str


class Watcher:
    """A real watcher that keeps what it heard; `answer` is how it answers."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.answer: Callable[[BaseHTTPRequestHandler], None] = well
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                outer.heard.append(Heard(self.command, self.path, body))
                outer.answer(self)

            do_POST = do_GET  # noqa: N815 - the name that http.server calls

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/{TOKEN}"

    def __enter__(self) -> Watcher:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def paths(self) -> list[str]:
        """Return what was pinged, without the address."""
        return [one.path.removeprefix(f"/{TOKEN}") for one in self.heard]


def well(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    request.wfile.write(b"OK")


def with_status(status: int) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Location", "/ke-tempat-lain")
        request.end_headers()

    return answer


def nothing(_: BaseHTTPRequestHandler) -> None:
    time.sleep(20)


def dripping(text: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(request: BaseHTTPRequestHandler) -> None:
        with suppress(OSError):  # it hangs up in time
            request.wfile.write(text)
            for _ in range(60):
                request.wfile.write(b"x")
                time.sleep(0.3)

    return answer


def junk(request: BaseHTTPRequestHandler) -> None:
    request.wfile.write(b"HTTP/1.1 200 OK\r\nSet-Cookie: \x00=;;;\r\nini bukan kepala\r\n\r\n")


def hanging_up(request: BaseHTTPRequestHandler) -> None:
    request.connection.shutdown(socket.SHUT_RDWR)
