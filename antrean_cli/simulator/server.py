"""The stand-in BPJS as an HTTP(S) server, on loopback unless told otherwise.

- A request is let in by consumer id, clock, signature and user_key; the HTTP status is 200 all the
  same, the truth is metadata.code.
- A request that is let in is judged, recorded in `received` and written to the journal as one step,
  before its answer goes out: what the journal lacks never happened.
- `response` of the reading calls is encrypted with the request's own timestamp.
- `/_simulator/` steers and shows the simulator, without a signature, from this machine only.
- Pages of the web reach loopback too, through whoever reads them, and so do other users. Who calls
  it by another name than this machine's, or for a page from elsewhere, is sent away; and no number
  of a patient's is shown whole.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import socket
import socketserver
import ssl
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, cast
from urllib.parse import unquote, urlsplit

import lzstring
from Crypto.Cipher import AES
from Crypto.Util.Padding import pad

from antrean_cli.simulator.bookings import REFUSALS, Answer, Bookings, printed
from antrean_cli.simulator.faults import Fault, FaultPlan, Reply, html, no_route, play
from antrean_cli.simulator.fields import Body
from antrean_cli.simulator.gate import Gate
from antrean_cli.simulator.tasks import WIB

CONTROL = "/_simulator/"
# What a stand-in accepts unless told otherwise, and where it listens.
KEYS: dict[str, Any] = {"cons_id": "1000", "secret_key": "demo-secret", "user_key": "demo-user"}
PORT = 8686


def signature(secret_key: str, message: str) -> str:
    """Return base64(HMAC-SHA256) of the message."""
    return base64.b64encode(
        hmac.digest(secret_key.encode(), message.encode("latin-1"), "sha256")
    ).decode()


def encrypted(secret: str, data: object) -> str:
    """Compress and encrypt as BPJS does; `secret` is consumer id, secret key and timestamp."""
    units = json.dumps(data, ensure_ascii=False).encode("utf-16-le", "surrogatepass")
    # LZ-String is a JavaScript library: it knows UTF-16 code units, not characters.
    text = "".join(chr(units[i] | units[i + 1] << 8) for i in range(0, len(units), 2))
    packed = str(lzstring.LZString().compressToEncodedURIComponent(text)).encode()
    key = hashlib.sha256(secret.encode("latin-1")).digest()
    return base64.b64encode(AES.new(key, AES.MODE_CBC, key[:16]).encrypt(pad(packed, 16))).decode()


@dataclass(frozen=True)
class Received:
    """A request that was let in and judged."""

    no: int
    path: str
    body: Body | None
    code: int
    message: str


@dataclass(frozen=True)
class Arrived:
    """A request that reached the server at all, and the fault that hit it."""

    path: str
    fault: str | None


class Simulator:
    """A stand-in BPJS.

    `stop()` refuses connections, `start()` opens the same port again; what it holds stays.
    """

    def __init__(
        self,
        *,
        cons_id: str,
        secret_key: str,
        user_key: str,
        host: str = "127.0.0.1",
        port: int = 0,
        latency: float = 0.0,
        clock_tolerance: float = 300.0,
        certificate: str | Path | None = None,
        base_path: str = "/antreanrs",
        update_path: str = "/antrean/updatewaktu",
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        journal: str | Path | None = None,
        refuse_future: bool = False,
        second_wording: bool = False,
        last_decides: bool = False,
        lenient: bool = False,
        gate: Gate | None = None,
        seed: int = 0,
    ) -> None:
        self.bookings = Bookings(
            now,
            refuse_future=refuse_future,
            second_wording=second_wording,
            last_decides=last_decides,
            lenient=lenient,
        )
        self.faults = FaultPlan(seed)
        self.received: list[Received] = []
        self.arrived: list[Arrived] = []
        self.latency = self._usual_latency = latency
        self.down = False
        self.gate = gate or Gate()
        self.now = now
        self.host, self.port, self.base_path = host, port, base_path.rstrip("/")
        self._cons_id, self._secret_key, self._user_key = cons_id, secret_key, user_key
        self._clock_tolerance = clock_tolerance
        self._certificate = certificate
        self._routes = _routes(self.bookings, update_path)
        self._turn = Lock()
        self._journal = Path(journal) if journal else None
        self._next_no = 1 + _lines(self._journal)
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        return (
            f"{'https' if self._certificate else 'http'}://{self.host}:{self.port}{self.base_path}"
        )

    def start(self) -> None:
        self._server = _Server((self.host, self.port), self, self._certificate)
        self.port = self._server.server_address[1]
        self._server.begin()

    def stop(self) -> None:
        if self._server is not None:
            self._server.end()
            self._server = None

    def __enter__(self) -> Simulator:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], raw: bytes, spelling: str = ""
    ) -> Reply:
        """Judge a request as BPJS would.

        Header names are in small letters; see faults.ALTERED.
        """
        call, secretly = self._route(method, path)
        if call is None:
            return no_route()
        if spelling == "no_underscores":
            headers = {name: value for name, value in headers.items() if "_" not in name}
        if refusal := self._refused_at_the_door(headers):
            return _envelope(refusal, None, spelling)
        body = _object(raw)
        with self._turn:
            answer = Answer(201, "Format data tidak sesuai.") if body is None else call(body)
            self._record(path.removeprefix(self.base_path), body if raw else None, answer)
        response = answer.response
        if spelling == "wrapped_list" and isinstance(response, list):
            response = {"list": response}
        if secretly and response is not None:
            secret = self._cons_id + self._secret_key + headers.get("x-timestamp", "")
            response = encrypted(secret, response)
        return _envelope(answer, response, spelling)

    def _refused_at_the_door(self, headers: Mapping[str, str]) -> Answer | None:
        timestamp = headers.get("x-timestamp", "")
        proof = signature(self._secret_key, f"{self._cons_id}&{timestamp}")
        if not _same(headers.get("x-cons-id"), self._cons_id):
            return Answer(401, "Consumer ID tidak terdaftar")
        if not re.fullmatch(r"[0-9]{1,12}", timestamp):
            return Answer(401, "Unauthorized. x-timestamp harus berupa detik sejak 1970 (UTC)")
        if abs(self.now().timestamp() - int(timestamp)) > self._clock_tolerance:
            return Answer(401, "Unauthorized. x-timestamp terlalu jauh dari jam server")
        if not _same(headers.get("x-signature"), proof):
            return Answer(401, "Signature tidak sesuai")
        if "user_key" not in headers:
            return Answer(403, "Unauthorized. user_key tidak ada")
        if not _same(headers.get("user_key"), self._user_key):
            return Answer(403, "Unauthorized. user_key tidak terdaftar")
        return None

    def _route(self, method: str, path: str) -> tuple[Callable[[Body], Answer] | None, bool]:
        for known, pattern, call, secretly in self._routes:
            words = _words(self.base_path + pattern, path)
            if known == method and words is not None:
                return (call if method == "POST" else _without_body(call, words)), secretly
        return None, False

    def _record(self, path: str, body: Body | None, answer: Answer) -> None:
        path = _without_identity(path)  # no patient is looked up in the journal
        entry = Received(self._next_no, path, body, answer.code, answer.message)
        self._next_no += 1
        if self._journal:
            line = json.dumps(asdict(entry), ensure_ascii=False) + "\n"
            how = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
            file = os.open(self._journal, how, 0o600)
            try:
                os.write(file, line.encode())
            finally:
                os.close(file)
        self.received.append(entry)

    def steer(self, method: str, name: str, body: object) -> Reply:
        """Answer a request to /_simulator/NAME."""
        try:
            return self._steered(method, name, body)
        except ValueError as error:
            return _json({"pesan": f"Isi permintaan tidak dapat dipakai: {error}"}, status=400)
        except (LookupError, TypeError):
            return _json(
                {"pesan": "Isi permintaan tidak dapat dipakai: periksa nama dan jenisnya"},
                status=400,
            )

    def _steered(self, method: str, name: str, body: object) -> Reply:
        items = cast("list[dict[str, Any]]", body if isinstance(body, list) else [body])
        match method, name:
            case "GET", "":
                return Reply(body=self._page().encode(), content_type="text/plain; charset=utf-8")
            case "GET", "bookings":
                return _json(_masked(self.bookings.snapshot()))
            case "GET", "received":
                return _json(_masked([asdict(entry) for entry in tuple(self.received)]))
            case "GET", "arrived":
                return _json(_masked([asdict(entry) for entry in tuple(self.arrived)]))
            case "GET", "faults":
                return _json([asdict(fault) for fault in self.faults.waiting])
            case "POST", "faults":
                self.faults.add(*[Fault(**item) for item in items])
            case "DELETE", "faults":
                self.faults.clear()
                self.down, self.latency = False, self._usual_latency
            case "POST", "mobile_jkn":
                for item in items:
                    self.bookings.mobile_jkn(**item)
            case "POST", _ if name in REFUSALS:
                for item in items:
                    self.bookings.refuse(name, **item)
            case "DELETE", _ if name in REFUSALS:
                self.bookings.forgive(name)
            case "POST", "down":
                self.down = bool(items[0]["down"])
            case "POST", "latency":
                if not 0 <= (latency := items[0]["latency"]) <= 600:
                    raise ValueError("latency: detik, dari 0 sampai 600")
                self.latency = latency
            case _:
                return _json({"pesan": "Alamat tidak dikenal"}, status=404)
        return _json({"pesan": "Ok"})

    def _page(self) -> str:
        held = self.bookings.snapshot()
        lines = [
            "Simulator BPJS Antrean RS. Ini bukan BPJS yang sebenarnya.",
            f"Jam: {printed(self.now())}. Permintaan diterima: "
            f"{len(self.received)}. Antrean: {len(held)}.",
            f"Gangguan menunggu: {len(self.faults.waiting)}. Server "
            f"mati: {'ya' if self.down else 'tidak'}.",
            "",
            _PAGE_ROW.format("kodebooking", "tanggal", "asal", "status", "task (jam WIB)"),
        ]
        for row in held:
            tasks = " ".join(
                _task_text(task) for task in cast("list[dict[str, int]]", row["tasks"])
            )
            words = [
                str(row[name]) for name in ("kodebooking", "tanggalperiksa", "sumberdata", "status")
            ]
            lines.append(_PAGE_ROW.format(*words, tasks or "-"))
        return "\n".join(lines if held else [*lines, "(belum ada antrean)"]) + "\n"


_OF_PATIENTS = {"nik", "nomorkartu", "nohp", "norm"}
_TOLD_APART = re.compile(r"\S(?=\S{3})")  # all but the last three signs
_IDENTITY = re.compile(r"(?<=/noidentitas/)[^/]+")

_PAGE_ROW = "{:<22} {:<10} {:<17} {:<16} {}"


def _task_text(task: dict[str, int]) -> str:
    return f"{task['taskid']}={datetime.fromtimestamp(task['wakturs'] / 1000, WIB):%H:%M:%S}"


def _routes(held: Bookings, update_path: str) -> list[tuple[str, str, Callable[..., Answer], bool]]:
    """List method, path, what judges it, and whether its response is encrypted."""
    waktu = "/dashboard/waktutunggu"
    return [
        ("POST", "/antrean/add", held.add, False),
        ("POST", update_path, held.updatewaktu, False),
        ("POST", "/antrean/batal", held.batal, False),
        ("POST", "/antrean/getlisttask", held.getlisttask, True),
        ("POST", "/antrean/farmasi/add", held.farmasi_add, False),
        ("GET", "/ref/poli", held.ref_poli, True),
        ("GET", "/ref/dokter", held.ref_dokter, True),
        ("GET", "/ref/poli/fp", held.ref_poli_fp, True),
        ("GET", "/ref/pasien/fp/identitas/{}/noidentitas/{}", held.ref_pasien_fp, True),
        ("GET", "/jadwaldokter/kodepoli/{}/tanggal/{}", held.jadwaldokter, True),
        ("POST", "/jadwaldokter/updatejadwaldokter", held.updatejadwaldokter, False),
        ("GET", "/antrean/pendaftaran/tanggal/{}", held.per_tanggal, True),
        ("GET", "/antrean/pendaftaran/kodebooking/{}", held.per_kodebooking, True),
        ("GET", "/antrean/pendaftaran/aktif", held.aktif, True),
        (
            "GET",
            "/antrean/pendaftaran/kodepoli/{}/kodedokter/{}/hari/{}/jampraktek/{}",
            held.belum_dilayani,
            True,
        ),
        ("GET", waktu + "/tanggal/{}/waktu/{}", held.dashboard_of_day, False),
        ("GET", waktu + "/bulan/{}/tahun/{}/waktu/{}", held.dashboard_of_month, False),
    ]


def _words(pattern: str, path: str) -> list[str] | None:
    """Return what stands in the places of {}, or None if the path is another one."""
    parts, given = pattern.split("/"), path.split("/")
    if len(parts) != len(given) or any(
        part not in ("{}", piece) for part, piece in zip(parts, given, strict=True)
    ):
        return None
    return [unquote(piece) for part, piece in zip(parts, given, strict=True) if part == "{}"]


def _without_body(call: Callable[..., Answer], words: list[str]) -> Callable[[Body], Answer]:
    return lambda _: call(*words)


def _same(given: str | None, expected: str) -> bool:
    return hmac.compare_digest(
        (given or "").encode("latin-1", "replace"), expected.encode("latin-1")
    )


def _object(raw: bytes) -> dict[str, object] | None:
    """Read a JSON object; no body at all counts as an empty one."""
    try:
        body = json.loads(raw or b"{}")
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _json(data: object, status: int = 200) -> Reply:
    return Reply(status=status, body=json.dumps(data, ensure_ascii=False).encode())


def _envelope(answer: Answer, response: object, spelling: str) -> Reply:
    code = str(answer.code) if spelling == "code_as_text" else answer.code
    head = "metaData" if spelling == "metaData" else "metadata"
    return _json({head: {"code": code, "message": answer.message}, "response": response})


def _masked(shown: Any) -> Any:
    """Return what is to be shown, with only the last three signs of patients' numbers."""
    if isinstance(shown, list):
        return [_masked(one) for one in shown]
    if isinstance(shown, dict):
        return {name: _masked_value(name, value) for name, value in shown.items()}
    return shown


def _masked_value(name: str, value: Any) -> Any:
    if name in _OF_PATIENTS and value is not None:
        return _TOLD_APART.sub("*", str(value))
    if name == "path":
        return _without_identity(value)
    return _masked(value)


def _without_identity(path: str) -> str:
    return _IDENTITY.sub("***", path)


def _is_here(address: str) -> bool:
    """Return whether an address, `host` or `scheme://host`, with or without a port, is loopback."""
    try:
        host = urlsplit(address if "://" in address else f"//{address}").hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _lines(journal: Path | None) -> int:
    return len(journal.read_bytes().splitlines()) if journal and journal.exists() else 0


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(
        self, address: tuple[str, int], simulator: Simulator, certificate: str | Path | None
    ) -> None:
        self.simulator = simulator
        self.ending = Event()
        self._open: set[socket.socket] = set()
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if certificate else None
        if self._tls and certificate:
            self._tls.load_cert_chain(certificate)
        super().__init__(address, _Handler)
        self._thread = Thread(target=self.serve_forever, args=(0.1,), daemon=True)

    def server_bind(self) -> None:
        # HTTPServer would look the host's name up, which can take seconds.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Refuse new connections and break those that are open."""
        self.ending.set()
        with suppress(
            OSError
        ):  # wakes the accepting thread; where that is impossible it wakes by itself
            self.socket.shutdown(socket.SHUT_RDWR)
        self.shutdown()
        self.server_close()
        self._thread.join()
        for connection in tuple(self._open):
            with suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve one connection, in its own thread: a slow handshake holds nobody else up."""
        connection = self._tls.wrap_socket(request, server_side=True) if self._tls else request
        self._open.add(connection)
        try:
            if not self.ending.is_set():
                _Handler(connection, client_address, self)
        finally:
            self._open.discard(connection)
            self.shutdown_request(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away or refused the certificate.

        A bug keeps its traceback.
        """
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the name is http.server's)
        """Keep quiet: `received` and the journal are the log."""

    def _serve(self) -> None:
        promised = self.headers.get("Content-Length", "")
        length = int(promised) if promised.isdecimal() else 0
        raw = self.rfile.read(length)
        path = urlsplit(self.path).path
        if len(raw) < length or self.server.ending.is_set():
            self.close_connection = True
        elif not self._is_welcome():
            self._send(_json({"pesan": "Hanya dari komputer ini sendiri"}, status=403))
        elif (path + "/").startswith(CONTROL):
            self._steer(path.removeprefix(CONTROL.rstrip("/")).strip("/"), raw)
        elif not self._exchange(path, raw):
            self.close_connection = True

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815  (the names are http.server's)

    def _is_welcome(self) -> bool:
        """Return whether no page from elsewhere asks, be it by a name that it made ours."""
        named = [self.headers.get("Origin")]
        if ip_address(self.server.server_name).is_loopback or CONTROL in self.path + "/":
            named.append(self.headers.get("Host"))
        return all(name is None or _is_here(name) for name in named)

    def _send(self, reply: Reply) -> None:
        self.connection.sendall(reply.head() + reply.body)

    def _steer(self, name: str, raw: bytes) -> None:
        if not ip_address(self.client_address[0]).is_loopback:
            reply = _json({"pesan": "Hanya dari komputer ini sendiri"}, status=403)
        else:
            try:
                reply = self.server.simulator.steer(self.command, name, json.loads(raw or b"{}"))
            except ValueError:
                reply = _json({"pesan": "Bukan JSON"}, status=400)
        self._send(reply)

    def _exchange(self, path: str, raw: bytes) -> bool:
        """Let the request through the gate, and answer; return whether the connection lives on.

        It has left the gate before its answer is on the wire: who has that may come again.
        """
        fault, reply = None, html(429)
        with self.server.simulator.gate.entered() as let_in:
            if let_in:
                fault, reply = self._judged(path, raw)
        return play(fault, reply, self.connection, self.server.ending.wait)

    def _judged(self, path: str, raw: bytes) -> tuple[Fault | None, Reply]:
        """Let the request be judged, or a fault have it; return the fault and the answer."""
        simulator = self.server.simulator
        fault = None if simulator.down else simulator.faults.pick(path, _object(raw) or {})
        simulator.arrived.append(Arrived(path, fault.name if fault else None))
        reply = html(502)
        if not simulator.down and (fault is None or fault.acts):
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = simulator.answer(self.command, path, headers, raw, fault.name if fault else "")
        if simulator.latency > 0:
            self.server.ending.wait(simulator.latency)
        return fault, (fault and fault.reply()) or reply
