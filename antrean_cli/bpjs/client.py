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

from antrean_cli.bpjs.redaction import Redactor
from antrean_cli.bpjs.replies import UnreadableError, envelope, rows
from antrean_cli.config.settings import BpjsSettings
from antrean_cli.errors import SettingsError
from antrean_cli.rules.add_fields import PRIVATE
from antrean_cli.rules.answers import (
    DOKTER,
    JADWAL,
    LISTTASK,
    PER_KODEBOOKING,
    PER_TANGGAL,
    POLI,
    UPDATE,
    Reply,
)
from antrean_cli.rules.faults import Cause, Fault

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

    def __init__(self, settings: BpjsSettings, *, connections: int = 1) -> None:
        """Raise SettingsError where the CA bundle cannot be used."""
        # requests costs 100 ms: only who sends pays them
        from antrean_cli.bpjs.transport import Transport

        self._settings = settings
        self._paths = {**PATHS, UPDATE: settings.update_path}
        try:
            self._transport = Transport(settings.base_url, settings.ca_bundle, connections)
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
        private = tuple(str(body.get(field) or "") for field in PRIVATE)
        content = json.dumps(body).encode()
        request = _Request("POST", self._paths[name], content, private, hide, kodebooking)
        return self._exchange(name, request, within)

    def ask(self, name: str, *words: str, within: float | None = None) -> Reply | Fault:
        """GET one of BPJS's lists, as `call` does; a Reply's `response` is a list of its rows.

        `name` and its words: "ref_poli" (rows: Poli), "ref_dokter" (Dokter), "jadwaldokter" with
        kodepoli and tanggal (Praktek), "per_tanggal" with tanggal or "per_kodebooking" with
        kodebooking (Antrean); tanggal is yyyy-mm-dd.
        """
        path = self._paths[name].format(*(quote(word, safe="") for word in words))
        request = _Request("GET", path, None, kodebooking=words[0] if words else "")
        return self._exchange(name, request, within)

    def _exchange(self, name: str, request: "_Request", within: float | None) -> Reply | Fault:
        from antrean_cli.bpjs import faults

        timestamp = str(int(time.time()))
        seconds = self._settings.timeout if within is None else min(self._settings.timeout, within)
        headers = {"Content-Type": "application/json", **signed_headers(self._settings, timestamp)}
        try:
            answer = self._transport.exchange(
                request.method, request.path, headers, request.body, seconds=seconds, most=MAX_BODY
            )
        except faults.RAISED as error:
            return faults.of_exception(error)
        redact = Redactor(
            (*request.private, self._settings.secret_key, self._settings.user_key),
            name=request.name,
            kodebooking=request.kodebooking,
        )
        retry_after = _retry_after(answer.headers.get("Retry-After"))
        found = envelope(answer.status, answer.body, redact)
        if found is None:
            return faults.of_status(answer.status, retry_after)
        reply, response = found
        try:
            listed = rows(name, reply.code, response, self._settings, timestamp, redact)
        except UnreadableError:
            return Fault(cause=Cause.UNREADABLE)
        date = _date(answer.headers.get("Date"))
        return replace(reply, response=listed, retry_after=retry_after, date=date)


class _Request(NamedTuple):
    """One request, and which of its words an answer must not carry back (`private`, the patient's
    `name`), and which it may (`kodebooking`).
    """

    method: str
    path: str
    body: bytes | None
    private: tuple[str, ...] = ()
    name: str = ""
    kodebooking: str = ""


def signed_headers(settings: BpjsSettings, timestamp: str) -> dict[str, str]:
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
