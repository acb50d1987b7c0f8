"""The HTTP session to BPJS or to a watcher, with a deadline for the whole call.

- requests makes a TLS context for every new connection; here all connections share one, which
  verifies as ever. A session to a plain http address (the stand-in on loopback) makes none: reading
  the authorities of the world takes longer than a call.
- requests' own timeout is per socket operation, so a dripping server could hold a call for ever;
  here every read and write gets what is left of the call's time.
- The environment (proxies, CA bundles, .netrc) is not asked: what BPJS is reached by stands in the
  settings.
"""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_call = threading.local()


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Let everything that this thread sends and receives inside end within so many seconds
    (TimeoutError).
    """
    _call.deadline = time.monotonic() + seconds
    try:
        yield
    finally:
        _call.deadline = None


def _left() -> float | None:
    deadline = getattr(_call, "deadline", None)
    if deadline is None:
        return None
    left: float = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the call's time is up")
    return left


class _Limited:
    """Mixed into both kinds of sockets: each operation may only use what is left of the call's
    time.
    """

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(_left())  # type: ignore[attr-defined]
        received: int = super().recv_into(*args, **kwargs)  # type: ignore[misc]
        return received

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self.settimeout(_left())  # type: ignore[attr-defined]
        super().sendall(*args, **kwargs)  # type: ignore[misc]


class _Socket(_Limited, socket.socket):
    pass


class _TlsSocket(_Limited, ssl.SSLSocket):
    pass


class _Connection(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        plain = self.sock
        self.sock = _Socket(plain.family, plain.type, plain.proto, fileno=plain.detach())


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _Adapter(HTTPAdapter):
    def __init__(self, context: ssl.SSLContext | None, connections: int) -> None:
        self._context = context
        super().__init__(pool_connections=1, pool_maxsize=connections, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)
        # The sockets of TLS are made by the context's sslsocket_class.
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": HTTPSConnectionPool}

    def build_response(self, req: Any, resp: Any) -> requests.Response:
        # BPJS sets no cookies, and Python's reader of them prints a traceback for junk.
        for name in ("Set-Cookie", "Set-Cookie2"):
            del resp._original_response.msg[name]
        return super().build_response(req, resp)

    def cert_verify(self, conn: Any, *_: Any, **__: Any) -> None:
        # The context has the authorities; naming their file here would load it anew for each
        # connection.
        conn.cert_reqs = "CERT_REQUIRED"


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Never look where a redirect leads: requests would, and read its body, even if told not to
        follow.
        """


def open_session(url: str, ca_bundle: str | None, connections: int) -> requests.Session:
    """Return a session to one address, for so many threads at once.

    Raises ssl.SSLError or OSError for a CA bundle that cannot be used, even if the address is plain
    http and needs none.
    """
    session = _Session()
    session.trust_env = False
    session.adapters.clear()
    secure = urlsplit(url).scheme == "https"
    context = _context(ca_bundle) if secure or ca_bundle else None
    session.mount("https://" if secure else "http://", _Adapter(context, connections))
    return session


def _context(ca_bundle: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_bundle or DEFAULT_CA_BUNDLE_PATH)
    context.sslsocket_class = _TlsSocket
    return context


def ping(url: str, body: str | None, seconds: float) -> int:
    """GET an address, or POST a text to it, and return the HTTP status; raises whatever requests
    raises.
    """
    with time_limit(seconds), open_session(url, None, 1) as session:
        method, data = ("GET", None) if body is None else ("POST", body.encode())
        with session.request(
            method,
            url,
            data=data,
            headers={"Content-Type": "text/plain; charset=utf-8"} if data else None,
            timeout=seconds,
            allow_redirects=False,
            stream=True,  # what it has to say is of no interest
        ) as response:
            return response.status_code
