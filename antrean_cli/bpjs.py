"""BPJS's web service "Antrean RS": sign, send, decrypt. The only place that names headers, paths and reply fields.

- Every attempt is signed afresh: x-signature = base64(HMAC-SHA256(secret, consid&timestamp)).
- "The truth is metadata.code": a body that is no envelope is a fault, whatever the HTTP status.
- `response` of getlisttask: base64 → AES-256-CBC, key = sha256(consid + secret + timestamp of that same request),
  IV = the key's first 16 bytes → LZ-String → JSON; a bare array or {"list": […]}.
- Messages lose numbers that could be a NIK, card or phone number before anybody sees them.
"""

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Iterable, Mapping
from datetime import timezone
from email.utils import parsedate_to_datetime
from typing import Any

from antrean_cli.config import Bpjs
from antrean_cli.errors import SettingsError
from antrean_cli.rules.outcomes import LISTTASK, UPDATE, Fault, Reply, Task
from antrean_cli.rules.payloads import PRIVATE

PATHS = {"add": "/antrean/add", "batal": "/antrean/batal", LISTTASK: "/antrean/getlisttask"}
MAX_BODY = 4_000_000  # bytes; the longest list of tasks is a few kilobytes
MAX_PACKED = 8_000  # letters; a list has about 1,000, and what LZ-String makes of them grows with the square
MAX_MESSAGE = 300


class Client:
    """One client for all workers; calls return what came of them and never raise for what BPJS or the network did."""

    def __init__(self, settings: Bpjs, *, connections: int = 1) -> None:
        """Raise SettingsError where the CA bundle cannot be used."""
        from antrean_cli.transport import open_session  # requests costs 100 ms: only who sends pays them

        self._settings = settings
        self._paths = {**PATHS, UPDATE: settings.update_path}
        try:
            self._session = open_session(settings.ca_bundle, connections)
        except OSError as error:
            raise SettingsError(f"BPJS_CA_BUNDLE tidak dapat dipakai: {settings.ca_bundle}") from error

    def call(self, name: str, body: Mapping[str, Any], *, within: float | None = None, hide: str = "") -> Reply | Fault:
        """POST one request and return its envelope, or the fault that kept one from coming.

        `name` is "add", "updatewaktu", "batal" or "getlisttask"; `within` shortens BPJS_TIMEOUT (seconds). For
        getlisttask a Reply's `response` is a list of Task. What BPJS says loses every number of the patient, and the
        name in `hide`.
        """
        timestamp = str(int(time.time()))
        seconds = self._settings.timeout if within is None else min(self._settings.timeout, within)
        exchange = self._post(self._paths[name], json.dumps(body).encode(), timestamp, seconds)
        if isinstance(exchange, Fault):
            return exchange
        status, headers, text = exchange
        private = [*(str(body.get(name) or "") for name in PRIVATE), *re.findall(r"\w{3,}", hide)]
        harmless = _Harmless([*private, self._settings.secret_key, self._settings.user_key], body)
        reply = _envelope(status, text, harmless)
        retry_after = _retry_after(headers.get("Retry-After"))
        if reply is None:
            return _no_envelope(status, retry_after)
        response: object = None
        if name == LISTTASK and reply.code == "200":
            try:
                response = _tasks(_decrypted(reply.response, self._settings, timestamp), harmless)
            except _UnreadableError:
                return Fault(text="BPJS menjawab dengan isi yang tidak dapat dibaca", reached=True, answered=True)
        return Reply(code=reply.code, message=reply.message, response=response, retry_after=retry_after)

    def _post(
        self, path: str, body: bytes, timestamp: str, seconds: float
    ) -> tuple[int, Mapping[str, str], bytes] | Fault:
        import requests

        from antrean_cli.transport import time_limit

        headers = {"Content-Type": "application/json", **signed_headers(self._settings, timestamp)}
        try:
            with time_limit(seconds):
                response = self._session.post(
                    self._settings.base_url + path,
                    data=body,
                    headers=headers,
                    timeout=seconds,
                    allow_redirects=False,
                    stream=True,
                )
                with response:
                    text = response.raw.read(MAX_BODY, decode_content=True)
                return response.status_code, response.headers, text
        except (requests.RequestException, OSError, _http_error(), ValueError) as error:
            # http.client raises a plain ValueError for some junk, such as a negative length of a chunk.
            return _fault(error)


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
    return base64.b64encode(hmac.new(secret.encode(), message.encode(), hashlib.sha256).digest()).decode()


def decrypt(text: str, settings: Bpjs, timestamp: str) -> object:
    """Return the JSON value of an encrypted `response`; raises a ValueError for anything that is none."""
    from Crypto.Cipher import AES
    from Crypto.Util.Padding import unpad
    from lzstring import LZString

    key = hashlib.sha256(f"{settings.cons_id}{settings.secret_key}{timestamp}".encode()).digest()
    try:
        cipher = AES.new(key, AES.MODE_CBC, key[:16])
        packed = unpad(cipher.decrypt(base64.b64decode(text, validate=True)), AES.block_size).decode("ascii")
        if len(packed) > MAX_PACKED:
            raise _UnreadableError
        unpacked = LZString().decompressFromEncodedURIComponent(packed)
        # LZ-String works on UTF-16: a character beyond it comes back as a pair of surrogates.
        plain = (unpacked or "").encode("utf-16", "surrogatepass").decode("utf-16")
        return json.loads(plain)
    # What lzstring raises for junk, and json for brackets without end.
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _UnreadableError from error


class _UnreadableError(ValueError):
    """A `response` that is not what was agreed on."""


def _decrypted(response: object, settings: Bpjs, timestamp: str) -> object:
    return decrypt(response, settings, timestamp) if isinstance(response, str) else response


def _tasks(value: object, harmless: "_Harmless") -> list[Task]:
    try:
        rows: Any = value["list"] if isinstance(value, dict) else value
        return [
            Task(_taskid(row["taskid"]), *(harmless(row.get(name)) for name in ("wakturs", "waktu", "taskname")))
            for row in rows
        ]
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise _UnreadableError from error


def _taskid(value: object) -> int:
    """Return a task id that BPJS gave as a number or as text; raises ValueError for anything else."""
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,3}", str(value)):
        raise ValueError("no task id")
    return int(str(value))


def _envelope(status: int, text: bytes, harmless: "_Harmless") -> Reply | None:
    """Return the envelope of a body, or None if it is none; metaData is accepted too, and a code of either type."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    envelope: dict[str, Any] = value if isinstance(value, dict) else {}
    found = envelope.get("metadata") or envelope.get("metaData")
    metadata: dict[str, Any] = found if isinstance(found, dict) else {}
    code = _code(metadata.get("code"))
    if not code:
        return Reply(code=str(status), message=f"HTTP {status}") if status in (401, 403) else None
    return Reply(code=code, message=harmless(metadata.get("message")), response=envelope.get("response"))


def _code(value: object) -> str:
    """Return a code that is a number or a short word, empty for anything else: it is stored and shown."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip() if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    return text if re.fullmatch(r"[-\w]{1,8}", text, re.ASCII) else ""


# A date with or without its time, in either order.
_MOMENT = r"\b(?:\d{4}-\d\d-\d\d|\d\d-\d\d-\d{4})(?: \d\d:\d\d(?::\d\d)?)?\b"
# Eight digits and more, also with something between them: 3212 3456 7898, 0812-3456-7890, 0812%203456.
_NUMBER = r"\d(?:(?:%\w\w| {1,9}|[\W_])?\d){7,}"
_NOTHING = r"(?!)"
_START = r"(?:(?<!\w)|(?<=%\w\w))"  # of a word, also after a %20


class _Harmless:
    """Makes BPJS's words harmless: one line without control characters, private words, and long numbers."""

    def __init__(self, private: Iterable[str], body: Mapping[str, Any]) -> None:
        words = "|".join(re.escape(word) for word in private if word)
        kodebooking = re.escape(str(body.get("kodebooking") or ""))
        known = rf"(?P<known>{kodebooking or _NOTHING}|{_MOMENT})"
        self._pattern = re.compile(rf"{_START}(?:{words or _NOTHING})(?!\w)|{known}|{_NUMBER}", re.IGNORECASE)

    def __call__(self, said: object) -> str:
        """Return what is left of something BPJS said."""
        text = "".join(char if char.isprintable() else " " for char in str(said or "")[: 10 * MAX_MESSAGE])
        return self._pattern.sub(lambda found: found["known"] or "…", text.strip())[:MAX_MESSAGE]


def _no_envelope(status: int, retry_after: float | None) -> Fault:
    if 300 <= status < 400:
        return Fault(text="BPJS_BASE_URL dialihkan ke alamat lain", reached=False)
    if status == 429:
        return Fault(text="BPJS sedang kelebihan beban (HTTP 429)", reached=False, retry_after=retry_after)
    # A gateway can give up after BPJS has acted.
    return Fault(text=f"BPJS tidak menjawab seperti mestinya (HTTP {status})", reached=True, retry_after=retry_after)


def _retry_after(value: str | None) -> float | None:
    """Return a Retry-After in seconds, from a number or a date; None if there is none or it is neither."""
    text = (value or "").strip()
    if re.fullmatch(r"\d{1,9}", text):
        return float(text)
    try:
        when = parsedate_to_datetime(text)
        # One of the three forms of a date names no zone; it means UTC.
        return max((when if when.tzinfo else when.replace(tzinfo=timezone.utc)).timestamp() - time.time(), 0.0)
    except (TypeError, ValueError, OverflowError):
        return None


def _http_error() -> type[Exception]:
    from urllib3.exceptions import HTTPError

    return HTTPError


def _fault(error: Exception) -> Fault:
    """Return what happened in words that hold no address and no body; exception texts of requests hold both."""
    text, reached = "sambungan ke BPJS terputus", True
    for cause in _causes(error):
        name = type(cause).__name__
        if name == "SSLCertVerificationError":
            return Fault(text="sertifikat TLS BPJS tidak dapat dipercaya", reached=False)
        if name == "NameResolutionError":
            return Fault(text="nama server BPJS tidak ditemukan (DNS)", reached=False)
        if name in ("NewConnectionError", "ConnectTimeoutError"):
            return Fault(text="server BPJS tidak dapat dihubungi", reached=False)
        if isinstance(cause, TimeoutError) or name == "ReadTimeoutError":
            text = "BPJS tidak menjawab tepat waktu"
    return Fault(text=text, reached=reached)


def _causes(error: BaseException) -> list[BaseException]:
    """Return an exception with everything that it wraps: urllib3 and requests hide the cause in args and reason."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        cause = waiting.pop()
        if isinstance(cause, BaseException) and cause not in found:
            found.append(cause)
            waiting += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]
    return found
