"""What BPJS sends back: envelope, headers and rows. The only place that names the keys of replies.

- The outcome is metadata.code, whatever the HTTP status (bpjs/README.md, Envelope): a body without
  one is no answer.
- A list is read with the timestamp of its own request (bpjs/README.md, Encryption). Its rows come
  bare or under "list", and a list in any other form is told as unreadable, never as empty.
- Only what names a row is asked for: BPJS may leave out the rest, and add fields.
- What BPJS says is made fit to be shown (redaction.py) before anybody sees it.
"""

import json
import re
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from antrean_cli.bpjs.calls import ENDPOINTS
from antrean_cli.bpjs.encryption import UnreadableError, decrypt
from antrean_cli.bpjs.redaction import MAX_SAID, Redactor, one_line
from antrean_cli.config.settings import BpjsSettings
from antrean_cli.rules.causes import Cause
from antrean_cli.rules.codes import CallName
from antrean_cli.rules.faults import Fault
from antrean_cli.rules.letters import visible
from antrean_cli.rules.listings import (
    DASHBOARD_TASKS,
    Antrean,
    Dokter,
    Poli,
    Praktek,
    SidikJari,
    Task,
    WaktuTunggu,
    kodedokter_of,
)

MAX_WORD = 100  # characters of a code or a date
MAX_AMOUNT = 1e15  # of seconds, or of milliseconds since 1970
MAX_HEAD = 4000  # bytes that tell a page for people


class Envelope(NamedTuple):
    """An envelope: its code as text, its message fit to be shown and as it came, what it holds.

    `bare`: it is none, but HTTP's 401 or 403.
    """

    code: str
    message: str
    said: str
    response: object
    bare: bool = False


def envelope_of(status: int, body: bytes, redact: Redactor) -> Envelope | None:
    """Return the envelope that a body is, or None if it is none; `status` is HTTP's.

    A 401 or 403 without one is the word of whoever guards the service, and taken as its code; what
    it says besides is for `judge` alone.
    """
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    outer: dict[str, Any] = value if isinstance(value, dict) else {}
    found = outer.get("metadata") or outer.get("metaData")
    metadata: dict[str, Any] = found if isinstance(found, dict) else {}
    if code := _code(metadata.get("code")):
        said = str(metadata.get("message") or "")[:MAX_SAID]
        return Envelope(code, visible(redact(said)), said, outer.get("response"))
    if status not in (401, 403):
        return None
    said = body[:MAX_SAID].decode(errors="replace")
    return Envelope(str(status), f"HTTP {status}", said, None, bare=True)


def _code(value: object) -> str:
    """Return a code that is a number or a short word as text, empty for anything else.

    It is stored and shown: what is longer could be anything.
    """
    if isinstance(value, bool):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip() if isinstance(value, (int, str)) else ""
    return text if re.fullmatch(r"[-\w]{1,8}", text, re.ASCII) else ""


# What a gateway answers that knows no such address, or does not let our method through.
_NO_ROUTE = (404, 405, 410, 501)
# What a server says that was spoken to without TLS, or by a proxy that cut the request.
_NOT_TAKEN = (400, 411)
# How a page for people begins: behind marks and comments, and often without its first words.
_PAGE = re.compile(
    rb"(?:\s|\xef\xbb\xbf|<!--(?:(?!-->).)*-->|<\?xml[^>]*>)*"
    rb"<(?:!doctype|html|head|body|title|meta|script)\b",
    re.IGNORECASE | re.DOTALL,
)


def without_envelope(status: int, body: bytes, retry_after: float | None) -> Fault:
    """Return the fault that an HTTP answer without an envelope is."""
    if 300 <= status < 400:
        return Fault(cause=Cause.REDIRECTED, status=status)
    if status in _NO_ROUTE:
        return Fault(cause=Cause.NO_ROUTE, status=status)
    if status == 407:
        return Fault(cause=Cause.PROXY_LOGIN, status=status)
    if status in _NOT_TAKEN:
        return Fault(cause=Cause.NOT_TAKEN, status=status)
    if status == 200 and _PAGE.match(body[:MAX_HEAD]):
        return Fault(cause=Cause.WEB_PAGE, status=status)
    throttled = status == 429 or (status == 503 and retry_after is not None)
    cause = Cause.OVERLOADED if throttled else Cause.NO_ENVELOPE
    return Fault(cause=cause, status=status, retry_after=retry_after)


# -- headers


def retry_after_of(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a Retry-After asks for, told as a number or as a date, else None."""
    text = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}", text):
        return float(text)
    when = _date(text)
    return max(when.timestamp() - time.time(), 0.0) if when else None


def ahead_of(headers: Mapping[str, str]) -> timedelta | None:
    """Return how far this computer's clock is ahead of BPJS's own, None if that tells no time."""
    when = _date(headers.get("Date", ""))
    return datetime.fromtimestamp(time.time(), timezone.utc) - when if when else None


def _date(text: str) -> datetime | None:
    try:
        when = parsedate_to_datetime(text)
        # One of the three forms of a date names no zone; it means UTC.
        return (when if when.tzinfo else when.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)
    except (TypeError, ValueError, OverflowError):
        return None


# -- rows


def rows_of(
    name: str, answer: Envelope, settings: BpjsSettings, timestamp: str, redact: Redactor
) -> list[Any]:
    """Return the rows that a call has brought: none for one that writes, or that found nothing.

    `timestamp` is that of the request. Raises UnreadableError.
    """
    if answer.code not in ENDPOINTS[name].rows_with:
        return []
    value: Any = answer.response
    if isinstance(value, str):
        value = decrypt(value, settings, timestamp)
    try:
        found = value.get("list", [value]) if isinstance(value, dict) else value
        return [_ROWS[name](row, redact) for row in _list(found)]
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise UnreadableError from error


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):  # an empty text would be a list without rows
        raise TypeError("no list")
    return value


def _task(row: Any, redact: Redactor) -> Task:
    return Task(
        taskid=_taskid(row["taskid"]),
        wakturs=redact(row.get("wakturs")),
        waktu=redact(row.get("waktu")),
        taskname=redact(row.get("taskname")),
    )


def _taskid(value: object) -> int:
    """Return a task id that is a number or a text; raises ValueError for anything else."""
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,3}", str(value)):
        raise ValueError("no task id")
    return int(str(value))


def _antrean(row: Any, _: Redactor) -> Antrean:
    return Antrean(
        kodebooking=_required(row, "kodebooking"),
        tanggal=_word(row.get("tanggal")),
        kodepoli=_word(row.get("kodepoli")),
        kodedokter=kodedokter_of(_word(row.get("kodedokter"))),
        nik=_word(row.get("nik")),
        nomorkartu=_word(row.get("nokapst")),
        norm=_word(row.get("norekammedis")),
        status=_word(row.get("status")),
        jampraktek=_word(row.get("jampraktek")),
        noantrean=_word(row.get("noantrean")),
        sumberdata=_word(row.get("sumberdata")),
    )


def _sidik_jari(row: Any, _: Redactor) -> SidikJari:
    return SidikJari(terdaftar=_word(row["daftarfp"]).lower() in ("1", "true"))


def _poli_by(*keys: str) -> Callable[[Any, Redactor], Poli]:
    """Return what reads a clinic by the keys of its code, name, subspeciality and that one's name.

    Two lists have them under different ones.
    """
    kode, *others = keys

    def read(row: Any, redact: Redactor) -> Poli:
        return Poli(_required(row, kode), *(redact(row.get(key)) for key in others))

    return read


def _dokter(row: Any, redact: Redactor) -> Dokter:
    return Dokter(kode=_required(row, "kodedokter"), nama=redact(row.get("namadokter")))


def _praktek(row: Any, redact: Redactor) -> Praktek:
    return Praktek(
        kodedokter=kodedokter_of(_required(row, "kodedokter")),
        namadokter=redact(row.get("namadokter")),
        jampraktek=_word(row.get("jadwal")),
        kapasitas=_word(row.get("kapasitaspasien")),
        libur=_word(row.get("libur")) == "1",
    )


def _waktu_tunggu(row: Any, redact: Redactor) -> WaktuTunggu:
    inserted = _amount(row.get("insertdate"))
    return WaktuTunggu(
        kodepoli=_required(row, "kodepoli"),
        namapoli=redact(row.get("namapoli")),
        tanggal=_word(row.get("tanggal")),
        antrean=int(_amount(row.get("jumlah_antrean"))),
        seconds=tuple(_amount(row.get(f"waktu_task{task}")) for task in DASHBOARD_TASKS),
        means=tuple(_amount(row.get(f"avg_waktu_task{task}")) for task in DASHBOARD_TASKS),
        inserted=int(inserted) or None,
    )


def _amount(value: object) -> float:
    """Return a number, or its text, that may be a fraction; 0 for none, else ValueError."""
    if isinstance(value, bool):
        raise TypeError("no number")
    found = float(str(value)) if value is not None else 0.0
    if not abs(found) < MAX_AMOUNT:  # neither is "NaN"
        raise ValueError("no number")
    return found


def _word(value: object) -> str:
    """Return a value of BPJS's as one line without control characters."""
    return "" if value is None else one_line(str(value)[:MAX_WORD])


def _required(row: Any, name: str) -> str:
    if not (word := _word(row[name])):
        raise ValueError(f"no {name}")
    return word


_ROWS: dict[str, Callable[[Any, Redactor], Any]] = {
    CallName.LISTTASK: _task,
    CallName.POLI: _poli_by("kdpoli", "nmpoli", "kdsubspesialis", "nmsubspesialis"),
    CallName.DOKTER: _dokter,
    CallName.JADWAL: _praktek,
    CallName.PER_TANGGAL: _antrean,
    CallName.PER_KODEBOOKING: _antrean,
    CallName.AKTIF: _antrean,
    CallName.BELUM_DILAYANI: _antrean,
    CallName.POLI_FP: _poli_by("kodepoli", "namapoli", "kodesubspesialis", "namasubspesialis"),
    CallName.PASIEN_FP: _sidik_jari,
    CallName.WAKTU_TANGGAL: _waktu_tunggu,
    CallName.WAKTU_BULAN: _waktu_tunggu,
}
