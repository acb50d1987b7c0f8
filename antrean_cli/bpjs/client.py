"""BPJS's web service "Antrean RS": sign, send, and say what came of it.

The only place that names headers and paths.

- Every attempt is signed afresh: x-signature = base64(HMAC-SHA256(secret, consid&timestamp)).
- "A kode booking in a path must be percent-encoded": `/` and `#` both occur.
- What BPJS sends back is read in replies.py.
"""

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import quote

from antrean_cli.bpjs.replies import Harmless, UnreadableError, envelope, rows
from antrean_cli.config.settings import Bpjs
from antrean_cli.errors import SettingsError
from antrean_cli.rules.answers import (
    DOKTER,
    JADWAL,
    LISTTASK,
    NAME,
    PER_KODEBOOKING,
    PER_TANGGAL,
    POLI,
    ROUTE,
    TLS,
    UPDATE,
    Fault,
    Reply,
)
from antrean_cli.rules.payloads import PRIVATE

PATHS = {
    "add": "/antrean/add",
    "batal": "/antrean/batal",
    "farmasi": "/antrean/farmasi/add",
    LISTTASK: "/antrean/getlisttask",
    POLI: "/ref/poli",
    DOKTER: "/ref/dokter",
    JADWAL: "/jadwaldokter/kodepoli/{}/tanggal/{}",
    PER_TANGGAL: "/antrean/pendaftaran/tanggal/{}",
    PER_KODEBOOKING: "/antrean/pendaftaran/kodebooking/{}",
}
MAX_BODY = 4_000_000  # bytes; the longest list of a day is some hundred kilobytes


class Client:
    """One client for all workers; calls return what came of them and never raise for what BPJS or
    the network did.
    """

    def __init__(self, settings: Bpjs, *, connections: int = 1) -> None:
        """Raise SettingsError where the CA bundle cannot be used."""
        # requests costs 100 ms: only who sends pays them
        from antrean_cli.bpjs.transport import open_session

        self._settings = settings
        self._paths = {**PATHS, UPDATE: settings.update_path}
        try:
            self._session = open_session(settings.base_url, settings.ca_bundle, connections)
        except OSError as error:
            raise SettingsError(
                f"BPJS_CA_BUNDLE tidak dapat dipakai: {settings.ca_bundle}"
            ) from error

    def call(
        self, name: str, body: Mapping[str, Any], *, within: float | None = None, hide: str = ""
    ) -> Reply | Fault:
        """POST one request and return its envelope, or the fault that kept one from coming.

        `name` is "add", "updatewaktu", "batal", "farmasi" or "getlisttask"; `within` shortens
        BPJS_TIMEOUT (seconds). For getlisttask a Reply's `response` is a list of Task. What BPJS
        says loses every number of the patient, and the name in `hide`.
        """
        kodebooking = str(body.get("kodebooking") or "")
        private = (*(str(body.get(name) or "") for name in PRIVATE), *re.findall(r"\w{3,}", hide))
        request = _Request(
            "POST", self._paths[name], json.dumps(body).encode(), private, kodebooking
        )
        return self._exchange(name, request, within)

    def ask(self, name: str, *words: str, within: float | None = None) -> Reply | Fault:
        """GET one of BPJS's lists, as `call` does; a Reply's `response` is a list of its rows.

        `name` and its words: "ref_poli" (rows: Poli), "ref_dokter" (Dokter), "jadwaldokter" with
        kodepoli and tanggal (Praktek), "per_tanggal" with tanggal or "per_kodebooking" with
        kodebooking (Antrean); tanggal is yyyy-mm-dd.
        """
        path = self._paths[name].format(*(quote(word, safe="") for word in words))
        return self._exchange(
            name, _Request("GET", path, None, (), words[0] if words else ""), within
        )

    def _exchange(self, name: str, request: "_Request", within: float | None) -> Reply | Fault:
        timestamp = str(int(time.time()))
        seconds = self._settings.timeout if within is None else min(self._settings.timeout, within)
        came = self._send(request, timestamp, seconds)
        if isinstance(came, Fault):
            return came
        status, headers, text = came
        harmless = Harmless(
            (*request.private, self._settings.secret_key, self._settings.user_key),
            request.kodebooking,
        )
        retry_after = _retry_after(headers.get("Retry-After"))
        found = envelope(status, text, harmless)
        if found is None:
            return _no_envelope(status, retry_after)
        reply, response = found
        try:
            listed = rows(name, reply.code, response, self._settings, timestamp, harmless)
        except UnreadableError:
            return Fault(
                text="BPJS menjawab dengan isi yang tidak dapat dibaca", reached=True, answered=True
            )
        return replace(
            reply, response=listed, retry_after=retry_after, date=_date(headers.get("Date"))
        )

    def _send(
        self, request: "_Request", timestamp: str, seconds: float
    ) -> tuple[int, Mapping[str, str], bytes] | Fault:
        import requests

        from antrean_cli.bpjs.transport import time_limit

        headers = {"Content-Type": "application/json", **signed_headers(self._settings, timestamp)}
        try:
            with time_limit(seconds):
                response = self._session.request(
                    request.method,
                    self._settings.base_url + request.path,
                    data=request.body,
                    headers=headers,
                    timeout=seconds,
                    allow_redirects=False,
                    stream=True,
                )
                with response:
                    text = response.raw.read(MAX_BODY, decode_content=True)
                return response.status_code, response.headers, text
        except (requests.RequestException, OSError, _http_error(), ValueError) as error:
            # http.client raises a plain ValueError for some junk, such as a negative length of a
            # chunk.
            return _fault(error)


class _Request(NamedTuple):
    """One request, and which of its words BPJS's answer must not (`private`) and which it may carry
    back.
    """

    method: str
    path: str
    body: bytes | None
    private: tuple[str, ...]
    kodebooking: str


def signed_headers(settings: Bpjs, timestamp: str) -> dict[str, str]:
    """Return the four headers that BPJS knows us by; timestamp is in unix seconds, UTC."""
    return {
        "x-cons-id": settings.cons_id,
        "x-timestamp": timestamp,
        "x-signature": signature(f"{settings.cons_id}&{timestamp}", settings.secret_key),
        "user_key": settings.user_key,
    }


def signature(message: str, secret: str) -> str:
    """Return base64(HMAC-SHA256(key = secret, message))."""
    return base64.b64encode(
        hmac.new(secret.encode(), message.encode(), hashlib.sha256).digest()
    ).decode()


def _no_envelope(status: int, retry_after: float | None) -> Fault:
    if 300 <= status < 400:
        return Fault(text="BPJS_BASE_URL dialihkan ke alamat lain", reached=False)
    if status == 429:
        return Fault(
            text="BPJS sedang kelebihan beban (HTTP 429)", reached=False, retry_after=retry_after
        )
    # A gateway can give up after BPJS has acted.
    return Fault(
        text=f"BPJS tidak menjawab seperti mestinya (HTTP {status})",
        reached=True,
        retry_after=retry_after,
    )


def _retry_after(value: str | None) -> float | None:
    """Return a Retry-After in seconds, from a number or a date; None if there is none or it is
    neither.
    """
    text = (value or "").strip()
    if re.fullmatch(r"\d{1,9}", text):
        return float(text)
    when = _date(text)
    return max(when.timestamp() - time.time(), 0.0) if when else None


def _date(text: str | None) -> datetime | None:
    """Return the time that a header tells, in UTC, or None if it tells none."""
    try:
        when = parsedate_to_datetime(text or "")
        # One of the three forms of a date names no zone; it means UTC.
        return (when if when.tzinfo else when.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)
    except (TypeError, ValueError, OverflowError):
        return None


def _http_error() -> type[Exception]:
    from urllib3.exceptions import HTTPError

    return HTTPError


def _fault(error: Exception) -> Fault:
    """Return what happened in words that hold no address and no body; exception texts of requests
    hold both.
    """
    text, reached = "sambungan ke BPJS terputus", True
    for cause in _causes(error):
        name = type(cause).__name__
        if name == "SSLCertVerificationError":
            return Fault(text="sertifikat TLS BPJS tidak dapat dipercaya", reached=False, where=TLS)
        if name == "NameResolutionError":
            return Fault(text="nama server BPJS tidak ditemukan (DNS)", reached=False, where=NAME)
        if name in ("NewConnectionError", "ConnectTimeoutError"):
            return Fault(text="server BPJS tidak dapat dihubungi", reached=False, where=ROUTE)
        if isinstance(cause, TimeoutError) or name == "ReadTimeoutError":
            text = "BPJS tidak menjawab tepat waktu"
    return Fault(text=text, reached=reached)


def _causes(error: BaseException) -> list[BaseException]:
    """Return an exception with everything that it wraps: urllib3 and requests hide the cause in
    args and reason.
    """
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        cause = waiting.pop()
        if isinstance(cause, BaseException) and cause not in found:
            found.append(cause)
            waiting += [
                cause.__cause__,
                cause.__context__,
                getattr(cause, "reason", None),
                *cause.args,
            ]
    return found
