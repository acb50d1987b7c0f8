"""What BPJS sends back: envelope, decryption, rows. The only place that names the keys of replies.

- "The truth is metadata.code": a body that is no envelope is a fault, whatever the HTTP status.
- An encrypted `response`: base64 → AES-256-CBC, key = sha256(consid + secret + timestamp of that
  same request), IV = the key's first 16 bytes → LZ-String → JSON; a bare array or {"list": […]}.
- What BPJS says is made fit to be shown (redaction.py) before anybody sees it.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from antrean_cli.bpjs.decompression import unpack
from antrean_cli.bpjs.redaction import Redactor, one_line
from antrean_cli.config.settings import BpjsSettings
from antrean_cli.rules.answers import (
    DOKTER,
    JADWAL,
    LISTTASK,
    PER_KODEBOOKING,
    PER_TANGGAL,
    POLI,
    Reply,
)
from antrean_cli.rules.listings import Antrean, Dokter, Poli, Praktek, Task, kodedokter_of

MAX_WORD = 100
MAX_LIST = 4_000_000  # characters of an unpacked list; a booking takes some 450


class UnreadableError(ValueError):
    """A `response` that is not what was agreed on."""


def envelope(status: int, text: bytes, redact: Redactor) -> tuple[Reply, object] | None:
    """Return the envelope of a body and its raw `response`, or None if it is none.

    metaData is accepted too, and a code that is a number or a string.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    outer: dict[str, Any] = value if isinstance(value, dict) else {}
    found = outer.get("metadata") or outer.get("metaData")
    metadata: dict[str, Any] = found if isinstance(found, dict) else {}
    code = _code(metadata.get("code"))
    if not code:
        return (
            (Reply(code=str(status), message=f"HTTP {status}"), None)
            if status in (401, 403)
            else None
        )
    return Reply(code=code, message=redact(metadata.get("message"))), outer.get("response")


def _code(value: object) -> str:
    """Return a code that is a number or a short word, empty for anything else: it is stored and
    shown.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = (
        str(value).strip() if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    )
    return text if re.fullmatch(r"[-\w]{1,8}", text, re.ASCII) else ""


def rows(
    name: str, code: str, response: object, settings: BpjsSettings, timestamp: str, redact: Redactor
) -> list[Any]:
    """Return the rows that a call that reads has brought, none for one that writes or found
    nothing.

    `timestamp` is that of the request. Raises UnreadableError.
    """
    success, make = _READING.get(name, ((), _nothing))
    if code not in success:
        return []
    value: Any = decrypt(response, settings, timestamp) if isinstance(response, str) else response
    try:
        found = value.get("list", [value]) if isinstance(value, dict) else value
        return [make(row, redact) for row in _list(found)]
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise UnreadableError from error


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):  # an empty text would be a list without rows
        raise TypeError("no list")
    return value


def decrypt(text: str, settings: BpjsSettings, timestamp: str) -> object:
    """Return the JSON value of an encrypted `response`; raises UnreadableError for anything else,
    and for bombs.
    """
    from Crypto.Cipher import AES
    from Crypto.Util.Padding import unpad

    key = hashlib.sha256(f"{settings.cons_id}{settings.secret_key}{timestamp}".encode()).digest()
    try:
        cipher = AES.new(key, AES.MODE_CBC, key[:16])
        packed = unpad(
            cipher.decrypt(base64.b64decode(text, validate=True)), AES.block_size
        ).decode("ascii")
        # LZ-String works on UTF-16: a character beyond it comes back as a pair of surrogates.
        plain = unpack(packed, MAX_LIST).encode("utf-16", "surrogatepass").decode("utf-16")
        return json.loads(plain)
    except (ValueError, RecursionError) as error:  # json raises the latter for brackets without end
        raise UnreadableError from error


# -- rows


def _nothing(_: Any, __: Redactor) -> None:
    return None


def _task(row: Any, redact: Redactor) -> Task:
    return Task(
        _taskid(row["taskid"]),
        *(redact(row.get(name)) for name in ("wakturs", "waktu", "taskname")),
    )


def _taskid(value: object) -> int:
    """Return a task id that BPJS gave as a number or as text; raises ValueError
    for anything else.
    """
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,3}", str(value)):
        raise ValueError("no task id")
    return int(str(value))


def _antrean(row: Any, _: Redactor) -> Antrean:
    names = (
        "tanggal",
        "kodepoli",
        "kodedokter",
        "nik",
        "nokapst",
        "norekammedis",
        "sumberdata",
        "status",
    )
    found = Antrean(_required(row, "kodebooking"), *(_word(row.get(name)) for name in names))
    return found._replace(kodedokter=kodedokter_of(found.kodedokter))


def _poli(row: Any, redact: Redactor) -> Poli:
    names = ("nmpoli", "kdsubspesialis", "nmsubspesialis")
    return Poli(_required(row, "kdpoli"), *(redact(row.get(name)) for name in names))


def _dokter(row: Any, redact: Redactor) -> Dokter:
    return Dokter(_required(row, "kodedokter"), redact(row.get("namadokter")))


def _praktek(row: Any, redact: Redactor) -> Praktek:
    hours, most = (_word(row.get(name)) for name in ("jadwal", "kapasitaspasien"))
    name = redact(row.get("namadokter"))
    kodedokter = kodedokter_of(_required(row, "kodedokter"))
    return Praktek(kodedokter, name, hours, most, libur=_word(row.get("libur")) == "1")


def _word(value: object) -> str:
    """Return a value of BPJS's as one line without control characters."""
    return "" if value is None else one_line(str(value)[:MAX_WORD])


def _required(row: Any, name: str) -> str:
    if not (word := _word(row[name])):
        raise ValueError(f"no {name}")
    return word


# The codes that a list comes with. "referensi poli / dokter: 1"; should it be the 200 of all
# others, it is a list too.
_READING: dict[str, tuple[tuple[str, ...], Callable[[Any, Redactor], Any]]] = {
    LISTTASK: (("200",), _task),
    POLI: (("1", "200"), _poli),
    DOKTER: (("1", "200"), _dokter),
    JADWAL: (("200",), _praktek),
    PER_TANGGAL: (("200",), _antrean),
    PER_KODEBOOKING: (("200",), _antrean),
}
