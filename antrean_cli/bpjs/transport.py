"""HTTP to one address, BPJS's or a watcher's: few conveniences, and a deadline for the whole call.

- requests makes a TLS context for every new connection; here all connections share one, which
  verifies as ever. A plain http address (the stand-in on loopback) has none: reading the
  authorities of the world takes longer than a call.
- requests' own timeout is per socket operation, so a dripping server could hold a call for ever;
  here every read and write gets what is left of the call's time.
- A prepared request goes straight to the one pool of connections: what a Session does besides
  (merging settings, cookies, redirects, hooks) costs as much as the exchange itself.
- The environment (proxies, CA bundles, .netrc) is not asked: what BPJS is reached by stands in the
  settings.
"""

import socket
import ssl
import threading
import time
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_call = threading.local()  # `deadline` of the call that this thread is in, by time.monotonic()


def _left() -> float:
    """Return the seconds that this thread's call has left, or raise TimeoutError if none are."""
    left: float = _call.deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the call's time is up")
    return left


class _Limited:
    """Mixed into both kinds of sockets: an operation gets what is left of the call's time."""

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
    """Sends everything to the one address that it was made for."""

    def __init__(self, url: str, context: ssl.SSLContext | None, connections: int) -> None:
        super().__init__(pool_maxsize=connections, max_retries=0)
        # The sockets of TLS are made by the context's sslsocket_class.
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": HTTPSConnectionPool}
        self._url, self._secure = url, {"ssl_context": context, "cert_reqs": "CERT_REQUIRED"}

    @cached_property
    def _pool(self) -> HTTPConnectionPool:
        pool: HTTPConnectionPool = self.poolmanager.connection_from_url(self._url, self._secure)
        return pool

    def get_connection_with_tls_context(self, *_: Any, **__: Any) -> HTTPConnectionPool:
        return self._pool

    def cert_verify(self, *_: Any, **__: Any) -> None:
        """Leave it to the context: requests would name a file, to be loaded for each connection."""

    def build_response(self, req: Any, resp: Any) -> requests.Response:
        # BPJS sets no cookies, and Python's reader of them prints a traceback for junk.
        del resp._original_response.msg["Set-Cookie"]
        return super().build_response(req, resp)


class HttpAnswer(NamedTuple):
    """What came back of a request: the HTTP status, headers whatever their case, and the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport:
    """Connections to one address, shared by as many threads as it was made for."""

    def __init__(self, base_url: str, ca_bundle: str | None = None, connections: int = 1) -> None:
        """Make no connection yet.

        Raises ssl.SSLError or OSError for a CA bundle that cannot be used, even if the address is
        plain http and needs none.
        """
        self._base_url = base_url
        self._session = requests.Session()
        self._session.trust_env = False
        secure = urlsplit(base_url).scheme == "https"
        context = _context(ca_bundle) if secure or ca_bundle else None
        self._adapter = _Adapter(base_url, context if secure else None, connections)
        self._bare = lru_cache(maxsize=32)(self._prepared)  # the paths of writes are few

    def exchange(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        seconds: float,
        most: int,
    ) -> HttpAnswer:
        """Send one request and return what came back, all of it within so many seconds.

        Nothing is followed and nothing repeated; of the body no more than `most` bytes are read.
        Raises requests.RequestException, urllib3's HTTPError, OSError, or ValueError for some junk.
        """
        request = self._bare(method, path).copy()
        request.headers.update(headers)
        if body is not None:
            request.prepare_body(body, None)
        _call.deadline = time.monotonic() + seconds
        with self._adapter.send(request, stream=True, timeout=seconds) as response:
            content = response.raw.read(most, decode_content=True) if most else b""
            return HttpAnswer(response.status_code, response.headers, content)

    def _prepared(self, method: str, path: str) -> requests.PreparedRequest:
        return self._session.prepare_request(requests.Request(method, self._base_url + path))

    def close(self) -> None:
        """Close the connections."""
        self._adapter.close()


def _context(ca_bundle: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_bundle or DEFAULT_CA_BUNDLE_PATH)
    context.sslsocket_class = _TlsSocket
    return context


def ping(url: str, body: str | None, seconds: float) -> int:
    """GET an address, or POST a text to it, and return the HTTP status.

    Raises what `Transport.exchange` raises.
    """
    method, data = ("GET", None) if body is None else ("POST", body.encode())
    headers = {"Content-Type": "text/plain; charset=utf-8"} if data else {}
    transport = Transport(url)
    try:
        # What it has to say is of no interest.
        return transport.exchange(method, "", headers, data, seconds=seconds, most=0).status
    finally:
        transport.close()
