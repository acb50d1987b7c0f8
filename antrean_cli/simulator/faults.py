"""Everything that can go wrong between a hospital and BPJS, on demand.

- A fault waits in a plan until a request meets it: by path, kodebooking, taskid, and by chance if
  it has a share.
- The first one that fits is used, once or `times` times (None: until the plan is cleared).
- `handled` says whether the request is acted upon all the same; each fault has its natural answer
  to that.
- A server that is really down refuses connections: that is `Simulator.stop()`, not a fault.
"""

from __future__ import annotations

import os
import random
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, replace
from http import HTTPStatus
from json import dumps
from threading import Lock
from typing import Literal, get_args

FaultName = Literal[
    "refuse_connection",  # the connection is closed without one byte
    "reset_before",  # the connection is reset before the request is acted upon
    "reset_after",  # … and after
    "timeout_before",  # silence for `seconds`, before the request is acted upon
    "timeout_after",  # … and after
    "drip",  # the body comes a byte at a time, `interval` seconds apart
    "drip_headers",  # … and so do the headers
    "cut",  # half the body, and Content-Length promised all of it
    "cut_unannounced",  # half the body, without Content-Length
    "empty",  # a body of no bytes
    "html",  # the gateway's page, 502
    "http_500",
    "http_429",  # with Retry-After: `retry_after`
    "http_503",  # the gateway's page, with Retry-After: `retry_after`
    "nginx_429",  # as nginx's limit_req answers: its page, and no Retry-After
    "no_route",  # no such address for the gateway: `status`, as text or (`page`) as HTML
    "request_rejected",  # the firewall's page, with HTTP 200
    "forbidden",  # … and with 403
    "enveloped",  # an HTTP `status` with BPJS's envelope, its code the same
    "http_401",
    "no_underscores",  # a proxy drops headers with an underscore in their name
    "redirect",  # 302 to `location`
    "unknown_code",
    "no_code",  # an envelope without a code
    "gagal_dicoba",
    "undefined_error",
    "not_found_yet",  # "Kode Booking tidak ditemukan", as just after an add
    "contradiction",  # "TaskId=N-1 belum ada" to task N (`taskid`), whatever is there
    "code_as_text",  # the proper answer, its code as text
    "metaData",  # the proper answer in the other spelling
    "wrapped_list",  # the proper answer, its list within {"list": …}
]
SPELLINGS = frozenset({"code_as_text", "metaData", "wrapped_list"})
# What becomes of a request or its answer on the way; the rest is BPJS's own.
ALTERED = SPELLINGS | {"no_underscores"}
_HANDLED = ALTERED | {
    "reset_after",
    "timeout_after",
    "drip",
    "drip_headers",
    "cut",
    "cut_unannounced",
}
_ENVELOPES: dict[str, tuple[int, int, str]] = {
    "http_401": (401, 401, "Unauthorized"),
    "http_429": (429, 429, "Too Many Requests"),
    "unknown_code": (200, 777, "Kode ini tidak dikenal siapa pun"),
    "gagal_dicoba": (200, 404, "Gagal dicoba kembali (BPJS Kesehatan)"),
    "undefined_error": (200, 201, "Undefined Error."),
    "not_found_yet": (200, 201, "Kode Booking tidak ditemukan"),
}


_MOVED = (301, 308)
_NO_ROUTE = (*_MOVED, 404, 405, 410, 501)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An HTTP answer before it is put on the wire."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[str, ...] = ()

    def head(self, *, length: bool = True) -> bytes:
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}"]
        lines += [f"Content-Type: {self.content_type}", *self.headers]
        lines += [f"Content-Length: {len(self.body)}"] if length else ["Connection: close"]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


def html(status: int) -> Reply:
    return _page(status, f"{status} {HTTPStatus(status).phrase}")


def no_route(status: int = 404, location: str = "/pindah", *, page: bool = False) -> Reply:
    """Return what the gateway says to an address that it does not know."""
    text = "No Mapping Rule matched"
    plain = Reply(status=status, body=text.encode(), content_type="text/plain")
    reply = _page(status, text) if page else plain
    return replace(reply, headers=(f"Location: {location}",)) if status in _MOVED else reply


def _page(status: int, title: str) -> Reply:
    page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Reply(status=status, body=page.encode(), content_type="text/html")


@dataclass(frozen=True)
class Fault:
    """What happens (`name`), how often, and to which requests."""

    name: FaultName
    _: KW_ONLY
    times: int | None = 1
    path: str = ""  # the request's path ends with it
    kodebooking: str | None = None
    taskid: int | None = None
    share: float | None = None  # how likely a request that fits is hit, 0 to 1
    seconds: float = 30.0
    interval: float = 0.2
    retry_after: str = "60"
    location: str = "/pindah"
    status: int = 404
    page: bool = False
    handled: bool | None = None

    def __post_init__(self) -> None:
        if self.name not in get_args(FaultName):
            raise ValueError(f"gangguan {self.name!r} tidak dikenal")
        if self.times is not None and (type(self.times) is not int or self.times < 1):
            raise ValueError("times: angka mulai 1, atau null untuk terus-menerus")
        if self.share is not None and not 0 <= self.share <= 1:
            raise ValueError("share: angka dari 0 sampai 1")
        if not isinstance(self.path, str):
            raise ValueError("path: akhir alamat sebagai teks")
        if self.name in ("no_route", "enveloped") and self.status not in _NO_ROUTE:
            raise ValueError(f"status: salah satu dari {', '.join(map(str, _NO_ROUTE))}")
        if self.name == "contradiction" and not isinstance(self.taskid, int):
            raise ValueError("contradiction: sebut taskid")
        if self.seconds < 0 or self.interval < 0:
            raise ValueError("seconds dan interval: tidak boleh negatif")
        if "\r" in (text := self.retry_after + self.location) or "\n" in text:
            raise ValueError("retry_after dan location: satu baris saja")

    @property
    def acts(self) -> bool:
        """Whether the request is acted upon (and recorded) all the same."""
        return self.name in _HANDLED if self.handled is None else self.handled

    def fits(self, path: str, body: Mapping[str, object]) -> bool:
        return (
            path.endswith(self.path)
            and self.kodebooking in (None, body.get("kodebooking"))
            and (self.taskid is None or str(body.get("taskid")) == str(self.taskid))
        )

    def reply(self) -> Reply | None:
        """Return what is answered in place of BPJS's own answer, if anything is."""
        if self.name in _ENVELOPES:
            headers = (f"Retry-After: {self.retry_after}",) if self.name == "http_429" else ()
            return _envelope(*_ENVELOPES[self.name], headers)
        if self.name == "http_503":
            return replace(html(503), headers=(f"Retry-After: {self.retry_after}",))
        if self.name == "contradiction" and self.taskid:
            return _envelope(200, 201, f"TaskId={self.taskid - 1} belum ada")
        if self.name == "enveloped":
            return _envelope(self.status, self.status, HTTPStatus(self.status).phrase)
        if self.name == "redirect":
            return Reply(status=302, headers=(f"Location: {self.location}",))
        if self.name == "no_route":
            return no_route(self.status, self.location, page=self.page)
        fixed = {
            "html": html(502),
            "http_500": html(500),
            "nginx_429": html(429),
            "request_rejected": _page(200, "Request Rejected"),
            "forbidden": html(403),
            "empty": Reply(),
            "no_code": Reply(body=b'{"metadata": {"message": "Ok"}, "response": null}'),
        }
        return fixed.get(self.name)


def _envelope(status: int, code: int, message: str, headers: tuple[str, ...] = ()) -> Reply:
    envelope = {"metadata": {"code": code, "message": message}, "response": None}
    return Reply(status=status, body=dumps(envelope).encode(), headers=headers)


class FaultPlan:
    """The faults that are waiting. Any number of threads may pick from it."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)  # noqa: S311  (a trial that can be repeated, not a secret)
        self._lock = Lock()
        self._waiting: list[Fault] = []

    def add(self, *faults: Fault) -> None:
        with self._lock:
            self._waiting += faults

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    @property
    def waiting(self) -> tuple[Fault, ...]:
        with self._lock:
            return tuple(self._waiting)

    def pick(self, path: str, body: Mapping[str, object]) -> Fault | None:
        """Take the first fault that hits this request, and count it down."""
        with self._lock:
            for place, fault in enumerate(self._waiting):
                if fault.fits(path, body) and (
                    fault.share is None or self._random.random() < fault.share
                ):
                    left = None if fault.times is None else fault.times - 1
                    self._waiting[place : place + 1] = (
                        [] if left == 0 else [replace(fault, times=left)]
                    )
                    return fault
        return None


def play(
    fault: Fault | None, reply: Reply, wire: socket.socket, wait: Callable[[float], object]
) -> bool:
    """Put the reply on the wire as the fault wants it; return whether the connection lives on."""
    name = fault.name if fault else ""
    if fault is None or name in ALTERED or fault.reply():
        wire.sendall(reply.head() + reply.body)
        return True
    if name in ("reset_before", "reset_after"):
        _reset(wire)
    elif name in ("timeout_before", "timeout_after"):
        wait(fault.seconds)
    elif name in ("drip", "drip_headers"):
        _drip(fault, reply, wire, wait)
        return True  # all of it came: who closes now would cut off the next request
    elif name != "refuse_connection":
        half = reply.body[: len(reply.body) // 2]
        wire.sendall(reply.head(length=name == "cut") + half)
    return False


def _drip(fault: Fault, reply: Reply, wire: socket.socket, wait: Callable[[float], object]) -> None:
    whole = reply.head() + reply.body
    start = len(reply.head()) if fault.name == "drip" else 0
    end = len(whole) if fault.name == "drip" else len(reply.head())
    wire.sendall(whole[:start])
    for place in range(start, end):
        wait(fault.interval)
        wire.sendall(whole[place : place + 1])
    wire.sendall(whole[end:])


def _reset(wire: socket.socket) -> None:
    """Close with RST. Closing the descriptor itself keeps a FIN from going out first."""
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(wire.detach())
