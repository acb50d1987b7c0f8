"""A server that answers what a test wants, and keeps what it heard."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[Mapping[str, str]], bytes]


class Canned(ThreadingHTTPServer):
    """Answers every request with what `answer` makes of its headers.

    Counts `connections`, and keeps what it `heard`: headers and body of each request.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(
        self, answer: Answer, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer, self.status, self.extra = answer, status, headers or {}
        self.connections = 0
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.asked: list[str] = []  # method and path

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Think nothing of a client that hangs up before it has heard everything."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/antreanrs"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Canned

    def setup(self) -> None:
        self.server.connections += 1
        super().setup()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the name is http.server's)
        """Keep quiet."""

    def do_POST(self) -> None:
        given = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append(f"{self.command} {self.path}")
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.heard.append((headers, given))
        content = self.server.answer(headers)
        self.send_response_only(self.server.status)
        for name, value in {"Content-Length": str(len(content)), **self.server.extra}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST  # noqa: N815  (the names are http.server's)


@contextmanager
def canned(
    answer: Answer | bytes | object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Iterator[Canned]:
    """Serve bytes as they are, anything else as JSON, or what a function makes of the headers."""

    def fixed(_: Mapping[str, str]) -> bytes:
        return answer if isinstance(answer, bytes) else json.dumps(answer).encode()

    with Canned(answer if callable(answer) else fixed, status=status, headers=headers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def metadata(code: object, message: object = "Ok") -> dict[str, object]:
    return {"metadata": {"code": code, "message": message}, "response": None}
