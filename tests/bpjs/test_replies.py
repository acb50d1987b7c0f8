"""The envelope: its code, its words, when to come again, and BPJS's own clock."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from antrean_cli.rules.answers import Reply, judge
from antrean_cli.rules.causes import Cause
from antrean_cli.rules.faults import Fault
from tests.bpjs.using import BODY, PATIENT, TASKS, client
from tests.support.canned import canned, metadata
from tests.support.site import SECRET_KEY, USER_KEY


@pytest.mark.parametrize("head", ["metadata", "metaData"])
@pytest.mark.parametrize(
    ("code", "read"),
    [
        (200, "200"),
        ("200", "200"),
        (" 201 ", "201"),
        (208.0, "208"),
        (1, "1"),
        (0, "0"),
        (-1, "-1"),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 500])
def test_the_code_is_read_as_number_or_text_whatever_the_http_status(
    head: str, code: object, read: str, status: int
) -> None:
    with canned({head: {"code": code, "message": "Ok."}}, status=status) as server:
        found = client(server.url).call("add", BODY)
    assert isinstance(found, Reply)
    assert (found.code, found.message) == (read, "Ok.")


NO_ENVELOPES: list[object] = [
    b"",
    b"   ",
    b"<html><body>502 Bad Gateway</body></html>",
    b'{"metadata": {"code": 200, "mess',
    b"\xff\xfe",
    b"[" * 100_000,
    [],
    None,
    "Ok",
    {},
    {"metadata": None},
    {"metadata": []},
    {"metadata": "200"},
    {"metadata": {}},
    {"metadata": {"message": "Ok"}},
    {"metadata": {"code": None, "message": "Ok"}},
    {"metadata": {"code": "", "message": "Ok"}},
    {"metadata": {"code": True, "message": "Ok"}},
    {"metadata": {"code": [200], "message": "Ok"}},
    {"code": 200, "message": "Ok"},
    {"response": TASKS},
]


@pytest.mark.parametrize("content", NO_ENVELOPES, ids=lambda content: repr(content)[:40])
def test_what_is_no_envelope_is_a_fault(content: object) -> None:
    """It may have been acted upon, and never counts as an answer."""
    with canned(content) as server:
        found = client(server.url).call("add", BODY)
    page = isinstance(content, bytes) and content.startswith(b"<")
    assert found == Fault(cause=Cause.WEB_PAGE if page else Cause.NO_ENVELOPE, status=200)


@pytest.mark.parametrize(
    "code", ["\ud800", "3212345678987654", "2\x1b[31m", "2\n0", "x" * 9, [200], {"a": 1}, True, 1.5]
)
def test_a_code_that_is_none_makes_no_envelope(code: object) -> None:
    """It is stored and shown: anything but a short word is refused with the whole answer."""
    with canned(metadata(code)) as server:
        assert isinstance(client(server.url).call("add", BODY), Fault)


@pytest.mark.parametrize(
    ("message", "read"), [(None, ""), (5, "5"), (["x"], "['x']"), ("a\x1b[31m\nb", "a [31m b")]
)
def test_a_message_of_any_type_becomes_one_harmless_line(message: object, read: str) -> None:
    with canned(metadata(201, message)) as server:
        found = client(server.url).call("add", BODY)
    assert isinstance(found, Reply)
    assert found.message == read


@pytest.mark.parametrize(
    ("message", "lost"),
    [
        ("NIK 3212345678987654 tidak sesuai", "3212345678987654"),
        ("data nik 9901010101000001 milik orang lain", "9901010101000001"),
        ("nomorkartu 0001234567890 tidak aktif", "0001234567890"),
        ("hubungi 081234567890", "081234567890"),
        ("nohp 0856-3522-8888 belum sesuai", "0856-3522-8888"),
        ("norm 123345 ganda", "123345"),
        ("NIK3212345678987654X", "3212345678987654"),
        ("NIK 3212 3456 7898 7654 tidak sesuai", "3456"),
        ("NIK 3212\u200b3456\x003452", "3456"),
        ("hubungi 0812%203456%207890", "3456"),
        ("NIK " + "x" * 285 + " 3212345678987654", "3212"),
    ],
)
def test_a_message_loses_what_could_be_a_patients_number(message: str, lost: str) -> None:
    """Also a number that was not in the request: BPJS knows more of the patient than we sent."""
    with canned(metadata(201, message)) as server:
        found = client(server.url).call("add", PATIENT)
    assert isinstance(found, Reply)
    assert lost not in found.message
    assert [
        word
        for word in ("NIK", "nik", "nomorkartu", "hubungi", "nohp", "norm")
        if word in found.message
    ]


@pytest.mark.parametrize(
    "message",
    [
        "Waktu (2025-10-17 10:07:27 WIB) tidak boleh kurang atau sama dengan waktu sebelumnya",
        "TaskId=3 (2026-03-17 15:39:34 WIB) lebih besar dari pada TaskId=4",
        "Kode Booking 20261123000001 tidak ditemukan",
        "Waktu 17-10-2025 10:07:27 WIB, 17-10-2025 10:08",
        "data nik  belum sesuai.",
        "Gagal. Tanggal kirim TaskId maksimal H+7 dari tanggal pelayanan.",
    ],
)
def test_a_message_keeps_what_a_person_needs(message: str) -> None:
    with canned(metadata(201, message)) as server:
        found = client(server.url).call("add", PATIENT)
    assert isinstance(found, Reply)
    assert found.message == message


@pytest.mark.parametrize(
    ("name", "norm", "said", "shown", "named"),
    [
        ("ADA", "000123", "TaskId=3 belum ada", "TaskId=3 belum …", "3"),
        ("Task Id", "000123", "TaskId=4 tidak valid", "TaskId=4 tidak valid", "3"),
        ("Kode Booking", "000123", "Kode Booking tidak ditemukan", "… … tidak ditemukan", "add"),
        ("SITI", "3", "TaskId=3 belum ada", "TaskId=3 belum ada", "3"),
        ("SITI", "203", "TaskId=2 belum ada (203)", "TaskId=2 belum ada (…)", "2"),
    ],
)
def test_what_is_hidden_of_a_patient_changes_no_decision(
    name: str, norm: str, said: str, shown: str, named: str
) -> None:
    """A name can be a word that an answer is known by: it is judged as it came."""
    with canned(metadata(201, said)) as server:
        found = client(server.url).call("updatewaktu", {**BODY, "norm": norm}, hide=name)
    assert isinstance(found, Reply)
    assert found.message == shown
    outcome = judge("updatewaktu", "4", found)
    assert (outcome.kind, outcome.named, outcome.text) == ("first", named, shown)


def test_our_own_keys_are_hidden_too() -> None:
    with canned(metadata(201, f"kunci {SECRET_KEY} dan {USER_KEY} salah")) as server:
        found = client(server.url).call("add", BODY)
    assert isinstance(found, Reply)
    assert found.message == "kunci … dan … salah"


def test_the_kode_booking_that_a_list_is_asked_for_stays() -> None:
    with canned(metadata(201, "Kode Booking 20261123000001 tidak ditemukan")) as server:
        found = client(server.url).ask("per_kodebooking", "20261123000001")
    assert isinstance(found, Reply)
    assert found.message == "Kode Booking 20261123000001 tidak ditemukan"


def test_the_words_that_a_reply_was_judged_by_are_in_no_traceback() -> None:
    with canned(metadata(201, "NIK 3212345678987654")) as server:
        found = client(server.url).call("add", BODY)
    assert isinstance(found, Reply)
    assert found.said == "NIK 3212345678987654"
    assert "3212345678987654" not in repr(found)


@pytest.mark.parametrize("content", [b"", b"<html>Forbidden</html>", b'{"metadata": {}}'])
@pytest.mark.parametrize(
    ("status", "answers"), [(401, True), (402, False), (403, True), (404, False)]
)
def test_a_401_or_403_without_an_envelope_is_an_answer(
    status: int, answers: bool, content: bytes
) -> None:
    """Whoever guards the service does not let us in: no other cause is to be looked for."""
    with canned(content, status=status) as server:
        found = client(server.url).call("add", BODY)
    said = (found.code, found.message, found.bare) if isinstance(found, Reply) else None
    assert said == ((str(status), f"HTTP {status}", True) if answers else None)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("", None),
        ("-5", None),
        ("nanti", None),
        ("1.5", None),
        ("9" * 400, None),
    ],
)
def test_retry_after_is_noted_in_seconds(value: str, seconds: float | None) -> None:
    with canned(metadata(404, "Gagal dicoba kembali"), headers={"Retry-After": value}) as server:
        found = client(server.url).call("add", BODY)
    assert isinstance(found, Reply)
    assert found.retry_after == seconds


def test_retry_after_may_be_a_date() -> None:
    later = format_datetime(datetime.now(timezone.utc) + timedelta(minutes=5), usegmt=True)
    with canned(b"", status=429, headers={"Retry-After": later}) as server:
        found = client(server.url).call("add", BODY)
    assert isinstance(found, Fault)
    assert found.retry_after == pytest.approx(300, abs=20)


def test_a_retry_after_is_never_waited_for() -> None:
    """It is noted for the next pass; the call comes back at once and is not repeated."""
    with canned(b"", status=429, headers={"Retry-After": "30"}) as server:
        began = time.monotonic()
        client(server.url).call("add", BODY)
        assert time.monotonic() - began < 15
        assert len(server.heard) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Mon, 23 Nov 2026 07:00:00 GMT", datetime(2026, 11, 23, 7, tzinfo=timezone.utc)),
        ("Mon, 23 Nov 2026 14:00:00 +0700", datetime(2026, 11, 23, 7, tzinfo=timezone.utc)),
        ("Mon Nov 23 07:00:00 2026", datetime(2026, 11, 23, 7, tzinfo=timezone.utc)),
        ("", None),
        ("kemarin", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", None),
        ("Mon, 99 Nov 2026 07:00:00 GMT", None),
    ],
)
def test_the_date_of_an_answer_tells_how_far_our_clock_is_ahead(
    text: str, told: datetime | None
) -> None:
    with canned(metadata(204), headers={"Date": text}) as door:
        reply = client(door.url).ask("ref_poli")
    assert isinstance(reply, Reply)
    assert ahead(reply) == told


def ahead(reply: Reply) -> datetime | None:
    """Return the time that BPJS told, to the minute, from how far we are ahead of it."""
    if reply.ahead is None:
        return None
    at = datetime.now(timezone.utc) - reply.ahead + timedelta(seconds=30)
    return at.replace(second=0, microsecond=0)


def test_an_answer_to_a_write_tells_the_date_too() -> None:
    with canned(metadata(200), headers={"Date": "Mon, 23 Nov 2026 07:00:00 GMT"}) as door:
        reply = client(door.url).call("add", {"kodebooking": "A1"})
    assert isinstance(reply, Reply)
    assert ahead(reply) == datetime(2026, 11, 23, 7, tzinfo=timezone.utc)
