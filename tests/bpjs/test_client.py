"""The client of BPJS: signatures, secrecy, TLS, deadlines, and what it makes of any answer.

Encrypted answers are made here by the openssl command and an LZ-String encoder of our own, so that
neither the client's libraries nor the simulator's have to be believed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from antrean_cli.bpjs.client import Client
from antrean_cli.bpjs.encryption import decrypt
from antrean_cli.bpjs.signature import signature
from antrean_cli.config.settings import BpjsSettings
from antrean_cli.errors import SettingsError
from antrean_cli.rules.answers import Reply, judge
from antrean_cli.rules.faults import Cause, Fault
from antrean_cli.simulator import faults
from antrean_cli.simulator.server import Simulator
from tests.support.site import CONS_ID, MONDAY, SECRET_KEY, USER_KEY

ACCESS = BpjsSettings(
    base_url="",
    cons_id=CONS_ID,
    secret_key=SECRET_KEY,
    user_key=USER_KEY,
    update_path="/antrean/updatewaktu",
    timeout=20,
    ca_bundle=None,
)
BODY = {"kodebooking": "A1"}


def client(
    url: str, *, connections: int = 1, timeout: float = 20, ca_bundle: Path | None = None
) -> Client:
    found = replace(
        ACCESS, base_url=url, timeout=timeout, ca_bundle=str(ca_bundle) if ca_bundle else None
    )
    return Client(found, connections=connections)


def openssl(*arguments: str, given: bytes = b"") -> bytes:
    program = shutil.which("openssl")
    assert program, "these tests need the openssl command: install the package openssl"
    done = subprocess.run([program, *arguments], input=given, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


# -- a server that answers what a test wants

Answer = Callable[[Mapping[str, str]], bytes]


class Canned(ThreadingHTTPServer):
    """Answers every request with what `answer` makes of its headers; counts connections, keeps what
    it heard.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(
        self, answer: Answer, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer, self.status, self.extra = answer, status, headers or {}
        self.connections = 0
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.asked: list[str] = []  # method and path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/antreanrs"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Canned

    def setup(self) -> None:
        self.server.connections += 1
        super().setup()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the name is http.server's)
        """Keep quiet."""

    def do_POST(self) -> None:
        given = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append(f"{self.command} {self.path}")
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.heard.append((headers, given))
        content = self.server.answer(headers)
        self.send_response_only(self.server.status)
        for name, value in {"Content-Length": str(len(content)), **self.server.extra}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST  # noqa: N815  (the names are http.server's)


@contextmanager
def canned(
    answer: Answer | bytes | object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Iterator[Canned]:
    """Serve bytes as they are, anything else as JSON, or what a function makes of each request's
    headers.
    """

    def fixed(_: Mapping[str, str]) -> bytes:
        return answer if isinstance(answer, bytes) else json.dumps(answer).encode()

    with Canned(answer if callable(answer) else fixed, status=status, headers=headers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def metadata(code: object, message: object = "Ok") -> dict[str, object]:
    return {"metadata": {"code": code, "message": message}, "response": None}


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(cons_id=CONS_ID, secret_key=SECRET_KEY, user_key=USER_KEY) as bpjs:
        yield bpjs


def booked(simulator: Simulator, kodebooking: str = "A1", taskid: int = 3) -> None:
    at = int(datetime(2026, 11, 23, 8, 5, tzinfo=timezone.utc).timestamp() * 1000)
    simulator.bookings.mobile_jkn(
        kodebooking, MONDAY.isoformat(), [{"taskid": taskid, "waktu": at}]
    )


# -- who we are


def test_the_known_answer_of_bpjs() -> None:
    assert signature("aaa", "bbb") == "20BKS3PWnD3XU4JbSSZvVlGi2WWnDa8Sv9uHJ+wsELA="


def test_each_request_carries_the_four_headers_and_the_secret_in_none() -> None:
    """x-signature = base64(HMAC-SHA256(secret, consid&timestamp)), timestamp in
    unix seconds, UTC.
    """
    with canned(metadata(200)) as server:
        before = int(time.time())
        client(server.url).call("add", BODY)
        after = int(time.time())
    ((headers, given),) = server.heard
    stamp = headers["x-timestamp"]
    assert before <= int(stamp) <= after
    proof = hmac.new(SECRET_KEY.encode(), f"{CONS_ID}&{stamp}".encode(), hashlib.sha256).digest()
    assert headers["x-signature"] == base64.b64encode(proof).decode()
    assert (headers["x-cons-id"], headers["user_key"]) == (CONS_ID, USER_KEY)
    assert headers["content-type"] == "application/json"
    assert [name for name, value in headers.items() if SECRET_KEY in value] == []
    assert json.loads(given) == BODY


def test_every_attempt_is_signed_afresh() -> None:
    with canned(metadata(200)) as server:
        one = client(server.url)
        one.call("add", BODY)
        time.sleep(1.1)
        one.call("add", BODY)
    stamps = {headers["x-timestamp"] for headers, _ in server.heard}
    signatures = {headers["x-signature"] for headers, _ in server.heard}
    assert (len(stamps), len(signatures)) == (2, 2)


def test_a_secret_may_hold_any_letters() -> None:
    with canned(metadata(200)) as server:
        found = Client(replace(ACCESS, base_url=server.url, secret_key="ké☺ #")).call("add", BODY)
    assert isinstance(found, Reply)
    ((headers, _),) = server.heard
    proof = hmac.new(
        "ké☺ #".encode(), f"{CONS_ID}&{headers['x-timestamp']}".encode(), hashlib.sha256
    ).digest()
    assert headers["x-signature"] == base64.b64encode(proof).decode()


# -- what is encrypted

URI_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-$"


def packed(text: str) -> str:
    """Pack a text in LZ-String's form for addresses, every letter written out and nothing looked
    up.

    LZ-String counts UTF-16 units; a number's lowest bit goes first, and six bits make a letter, the
    highest first.
    """
    units = text.encode("utf-16-le", "surrogatepass")
    letters = [units[at] | units[at + 1] << 8 for at in range(0, len(units), 2)]
    bits: list[int] = []
    size, room = 2, 2  # bits of a token; so many more entries until it needs another bit

    def put(number: int, width: int) -> None:
        bits.extend(number >> at & 1 for at in range(width))

    def entry() -> None:
        nonlocal size, room
        room -= 1
        if room == 0:
            room, size = 2**size, size + 1

    for place, letter in enumerate(letters):
        wide = letter > 255
        put(int(wide), size)  # "a new letter of 8 bits follows", or of 16
        put(letter, 16 if wide else 8)
        if place == 0:
            size, room = 3, 4
            continue
        entry()  # the letter is one entry of the reader's dictionary, what it ends another
        entry()
    put(2, size)  # the end
    bits += [0] * (6 - len(bits) % 6)
    return "".join(
        URI_SAFE[int("".join(map(str, bits[at : at + 6])), 2)] for at in range(0, len(bits), 6)
    )


def encrypted(plain: str, stamp: str, secret: str = SECRET_KEY, cons_id: str = CONS_ID) -> str:
    """Encrypt with AES-256-CBC, key sha256(consid + secret + timestamp), IV its first half, by the
    openssl command.
    """
    return sealed(packed(plain).encode(), stamp, secret, cons_id)


def sealed(content: bytes, stamp: str, secret: str = SECRET_KEY, cons_id: str = CONS_ID) -> str:
    key = hashlib.sha256(f"{cons_id}{secret}{stamp}".encode()).hexdigest()
    arguments = ("enc", "-aes-256-cbc", "-K", key, "-iv", key[:32], "-a", "-A")
    return openssl(*arguments, given=content).decode().strip()


ROWS: list[dict[str, Any]] = [
    {
        "wakturs": "16-03-2021 11:32:49 WIB",
        "waktu": "24-03-2021 12:55:23 WIB",
        "taskname": "mulai waktu tunggu admisi",
        "taskid": 1,
        "kodebooking": "Y03-20#1617068533",
    }
]


@pytest.mark.parametrize(
    "plain", ['[{"a":1}]', '"é☺🏥 \\ud800"', "[]", json.dumps(ROWS), json.dumps(["abcab" * 100])]
)
def test_an_encrypted_response_is_read(plain: str) -> None:
    found = decrypt(encrypted(plain, "1795395900"), ACCESS, "1795395900")
    assert found == json.loads(plain)


JUNK: dict[str, Callable[[], str]] = {
    "no base64": lambda: "ini bukan base64!",
    "empty": lambda: "",
    "not a block": lambda: base64.b64encode(b"abc").decode(),
    "another key": lambda: encrypted("[]", "1795395901"),
    "another secret": lambda: encrypted("[]", "1795395900", secret="lain"),
    "no packing": lambda: sealed(b'[{"a": 1}]', "1795395900"),
    "packed nothing": lambda: sealed(b"", "1795395900"),
    "packed junk": lambda: sealed(b"$$$$$$$$$$$$", "1795395900"),
    "not ascii": lambda: sealed("é☺".encode(), "1795395900"),
    "no json": lambda: encrypted("bukan JSON", "1795395900"),
    "cut json": lambda: encrypted('[{"a": ', "1795395900"),
    "no end to it": lambda: encrypted("[" * 5000, "1795395900"),
}


@pytest.mark.parametrize("kind", JUNK)
def test_a_response_that_cannot_be_read_is_told_as_such(kind: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the class is private, that it is a ValueError is agreed
        decrypt(JUNK[kind](), ACCESS, "1795395900")


def listtask(plain: object) -> Answer:
    """Answer getlisttask with this value, encrypted for the request that asks."""

    def answer(headers: Mapping[str, str]) -> bytes:
        response = encrypted(json.dumps(plain), headers["x-timestamp"])
        return json.dumps(
            {"metadata": {"code": 200, "message": "Ok"}, "response": response}
        ).encode()

    return answer


@pytest.mark.parametrize("plain", [ROWS, {"list": ROWS}, [{**ROWS[0], "taskid": "1"}]])
def test_a_list_of_tasks_comes_bare_or_within_list(plain: object) -> None:
    with canned(listtask(plain)) as server:
        found = client(server.url).call("getlisttask", BODY)
    assert isinstance(found, Reply)
    assert isinstance(found.response, list)
    ((taskid, wakturs, waktu, taskname),) = [
        (row.taskid, row.wakturs, row.waktu, row.taskname) for row in found.response
    ]
    assert (taskid, wakturs, waktu) == (1, "16-03-2021 11:32:49 WIB", "24-03-2021 12:55:23 WIB")
    assert taskname == "mulai waktu tunggu admisi"


@pytest.mark.parametrize("plain", [[], {"list": []}])
def test_an_empty_list_is_a_list(plain: object) -> None:
    with canned(listtask(plain)) as server:
        found = client(server.url).call("getlisttask", BODY)
    assert isinstance(found, Reply)
    assert found.response == []


@pytest.mark.parametrize(
    "plain",
    [
        "teks",
        5,
        True,
        [5],
        ["x"],
        [None],
        [{"taskid": None}],
        [{"taskid": "tiga"}],
        [{"taskid": True}],
        [{"taskid": 3.7}],
        [{}],
        {"pesan": "x"},
    ],
)
def test_a_list_in_no_agreed_form_is_a_fault_and_never_an_empty_list(plain: object) -> None:
    with canned(listtask(plain)) as server:
        found = client(server.url).call("getlisttask", BODY)
    assert found == Fault(cause=Cause.UNREADABLE)


def test_a_list_is_read_with_the_timestamp_of_its_own_request() -> None:
    """One that was encrypted for another moment is a fault."""

    def stale(headers: Mapping[str, str]) -> bytes:
        return listtask(ROWS)({**headers, "x-timestamp": str(int(headers["x-timestamp"]) - 1)})

    with canned(stale) as server:
        assert isinstance(client(server.url).call("getlisttask", BODY), Fault)


# -- the envelope


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
    {"response": ROWS},
]


@pytest.mark.parametrize("content", NO_ENVELOPES, ids=lambda content: repr(content)[:40])
def test_what_is_no_envelope_is_a_fault(content: object) -> None:
    """It may have been acted upon, and never counts as an answer."""
    with canned(content) as server:
        found = client(server.url).call("add", BODY)
    assert found == Fault(cause=Cause.NO_ENVELOPE, status=200)


@pytest.mark.parametrize(
    ("message", "read"), [(None, ""), (5, "5"), (["x"], "['x']"), ("a\x1b[31m\nb", "a [31m b")]
)
def test_a_message_of_any_type_becomes_one_harmless_line(message: object, read: str) -> None:
    with canned(metadata(201, message)) as server:
        found = client(server.url).call("add", BODY)
    assert isinstance(found, Reply)
    assert found.message == read


PATIENT = {
    "kodebooking": "20261123000001",
    "nik": "3212345678987654",
    "nomorkartu": "0001234567890",
    "nohp": "0856-3522-8888",
    "norm": "123345",
}


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


def test_the_words_that_a_reply_was_judged_by_are_in_no_traceback() -> None:
    with canned(metadata(201, "NIK 3212345678987654")) as server:
        found = client(server.url).call("add", BODY)
    assert isinstance(found, Reply)
    assert found.said == "NIK 3212345678987654"
    assert "3212345678987654" not in repr(found)


@pytest.mark.parametrize(
    "code", ["\ud800", "3212345678987654", "2\x1b[31m", "2\n0", "x" * 9, [200], {"a": 1}, True, 1.5]
)
def test_a_code_that_is_none_makes_no_envelope(code: object) -> None:
    """It is stored and shown: anything but a short word is refused with the whole answer."""
    with canned(metadata(code)) as server:
        assert isinstance(client(server.url).call("add", BODY), Fault)


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


@pytest.mark.parametrize("location", ["http://[", "/\xff\xfe", "http://127.0.0.1:1/"])
def test_a_redirect_is_a_fault_wherever_it_leads(location: str) -> None:
    with canned(b"", status=302, headers={"Location": location}) as server:
        found = client(server.url).call("add", BODY)
    assert found == Fault(cause=Cause.REDIRECTED, status=302)


def test_junk_in_the_framing_is_a_fault() -> None:
    with canned(
        b"-5\r\nabc\r\n", headers={"Transfer-Encoding": "chunked", "Connection": "close"}
    ) as server:
        found = client(server.url).call("add", BODY)
    assert found == Fault(cause=Cause.CUT)


def test_a_body_without_end_is_given_up() -> None:
    """An answer has some kilobytes; five million bytes are none, however well they are formed."""
    with canned(metadata(200, "x" * 5_000_000)) as server:
        found = client(server.url).call("add", BODY)
    assert found == Fault(cause=Cause.NO_ENVELOPE, status=200)


# -- faults


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (faults.Fault("reset_before"), Fault(cause=Cause.CUT)),
        (faults.Fault("reset_after"), Fault(cause=Cause.CUT)),
        (faults.Fault("refuse_connection"), Fault(cause=Cause.CUT)),
        (faults.Fault("cut"), Fault(cause=Cause.CUT)),
        (faults.Fault("cut_unannounced"), Fault(cause=Cause.NO_ENVELOPE, status=200)),
        (faults.Fault("empty"), Fault(cause=Cause.NO_ENVELOPE, status=200)),
        (faults.Fault("html"), Fault(cause=Cause.NO_ENVELOPE, status=502)),
        (faults.Fault("timeout_after", seconds=20), Fault(cause=Cause.TIMEOUT)),
        (faults.Fault("http_500"), Fault(cause=Cause.NO_ENVELOPE, status=500)),
        (faults.Fault("redirect"), Fault(cause=Cause.REDIRECTED, status=302)),
    ],
    ids=lambda value: value.name if isinstance(value, faults.Fault) else value.cause.value,
)
def test_a_fault_tells_its_cause(simulator: Simulator, fault: faults.Fault, told: Fault) -> None:
    """And is told in words without address, body or number of anybody."""
    simulator.faults.add(fault)
    found = client(simulator.url, timeout=2).call("add", {**PATIENT, "namadokter": "x"})
    assert isinstance(found, Fault)
    assert found == told
    assert not [
        secret for secret in (*PATIENT.values(), "127.0.0.1", "antreanrs") if secret in found.text
    ]


def test_a_server_that_is_down_was_not_reached(simulator: Simulator) -> None:
    simulator.stop()
    assert client(simulator.url).call("add", BODY) == Fault(cause=Cause.UNREACHABLE)


def test_a_server_whose_name_nobody_knows_was_not_reached() -> None:
    """The top-level name `invalid` is kept free for this."""
    found = client("https://bpjs.invalid/antreanrs", timeout=10).call("add", BODY)
    assert found == Fault(cause=Cause.DNS)


@pytest.mark.parametrize("status", [300, 301, 308, 399])
def test_a_redirect_of_any_kind_is_told_as_one(status: int) -> None:
    with canned(b"", status=status, headers={"Retry-After": "7"}) as server:
        found = client(server.url).call("add", BODY)
    assert found == Fault(cause=Cause.REDIRECTED, status=status)


@pytest.mark.parametrize("status", [200, 299, 400, 428, 430, 503])
def test_an_answer_without_an_envelope_tells_its_status_and_when_to_come_again(status: int) -> None:
    with canned(b"", status=status, headers={"Retry-After": "7"}) as server:
        found = client(server.url).call("add", BODY)
    assert found == Fault(cause=Cause.NO_ENVELOPE, status=status, retry_after=7.0)


def test_too_many_requests_are_told_as_overload() -> None:
    with canned(b"", status=429, headers={"Retry-After": "7"}) as server:
        found = client(server.url).call("add", BODY)
    assert found == Fault(cause=Cause.OVERLOADED, status=429, retry_after=7.0)


def test_one_bad_exchange_does_not_spoil_the_next(simulator: Simulator) -> None:
    """The same client goes on after every kind of fault."""
    booked(simulator)
    one = client(simulator.url, timeout=2)
    for name in (
        "reset_after",
        "cut",
        "cut_unannounced",
        "empty",
        "html",
        "timeout_before",
        "drip",
        "redirect",
    ):
        simulator.faults.add(faults.Fault(name, seconds=20, interval=0.5))
        assert isinstance(one.call("getlisttask", BODY), Fault), name
        assert isinstance(one.call("getlisttask", BODY), Reply), name


def test_a_connection_that_bpjs_closed_meanwhile_is_opened_anew(simulator: Simulator) -> None:
    booked(simulator)
    one = client(simulator.url)
    assert isinstance(one.call("getlisttask", BODY), Reply)
    simulator.stop()
    simulator.start()
    assert isinstance(one.call("getlisttask", BODY), Reply)


# -- deadlines


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


@pytest.mark.parametrize("name", ["drip", "drip_headers", "timeout_before", "timeout_after"])
def test_a_call_ends_in_time_whatever_trickles_in(simulator: Simulator, name: Any) -> None:
    """The time is for the whole call: a byte now and then does not stretch it."""
    booked(simulator)
    simulator.faults.add(faults.Fault(name, interval=0.3, seconds=30))
    with at_most(8):
        assert isinstance(client(simulator.url, timeout=1).call("getlisttask", BODY), Fault)


def test_a_call_may_have_less_time_than_the_setting_but_never_more(simulator: Simulator) -> None:
    for timeout, within in ((30.0, 1.0), (1.0, 30.0)):
        simulator.faults.add(faults.Fault("timeout_before", seconds=25))
        with at_most(8):
            assert isinstance(
                client(simulator.url, timeout=timeout).call("add", BODY, within=within), Fault
            )


def test_a_handshake_that_never_comes_ends_in_time() -> None:
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/x"
        with at_most(8):
            assert isinstance(client(url, timeout=1).call("add", BODY), Fault)


# -- TLS


def certificate(
    folder: Path, name: str, san: str, *, signed_by: Path | None = None, until: str = ""
) -> Path:
    """Make a key with a certificate in one PEM file; without a signer it is an authority of its
    own.
    """
    pem, key, request = folder / f"{name}.pem", folder / f"{name}.key", folder / f"{name}.csr"
    new = ("-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-subj", f"/CN={name}")
    if signed_by is None:
        usage = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")
        openssl("req", "-x509", *new, "-days", "2", *usage, "-out", str(pem))
    else:
        openssl("req", "-new", *new, "-out", str(request))
        signer = folder / f"{name}.conf"
        signer.write_text(SIGNER.format(folder=folder / name, san=san), encoding="utf-8")
        (folder / name).mkdir()
        (folder / name / "index").touch()
        (folder / name / "serial").write_text("01\n")
        arguments = ("ca", "-batch", "-notext", "-config", str(signer), "-in", str(request))
        authority = ("-cert", str(signed_by), "-keyfile", str(signed_by))
        openssl(
            *arguments,
            *authority,
            "-startdate",
            "20200101000000Z",
            "-enddate",
            until,
            "-out",
            str(pem),
        )
    pem.write_text(key.read_text() + pem.read_text())
    return pem


SIGNER = """
[ca]
default_ca = here
[here]
new_certs_dir = {folder}
database = {folder}/index
serial = {folder}/serial
default_md = sha256
policy = any
x509_extensions = leaf
[any]
commonName = supplied
[leaf]
basicConstraints = CA:FALSE
subjectAltName = {san}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


@pytest.fixture(scope="module")
def pems(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return an authority, another one, and servers' certificates: good, for
    another host, expired.
    """
    folder = tmp_path_factory.mktemp("pems")
    authority = certificate(folder, "authority", "")
    here, ours, past = "IP:127.0.0.1,DNS:localhost", "20490101000000Z", "20210101000000Z"
    return {
        "authority": authority,
        "other": certificate(folder, "other", ""),
        "good": certificate(folder, "good", here, signed_by=authority, until=ours),
        "elsewhere": certificate(
            folder, "elsewhere", "DNS:bpjs.example", signed_by=authority, until=ours
        ),
        "expired": certificate(folder, "expired", here, signed_by=authority, until=past),
    }


@contextmanager
def tls(pem: Path) -> Iterator[Simulator]:
    with Simulator(
        cons_id=CONS_ID, secret_key=SECRET_KEY, user_key=USER_KEY, certificate=pem
    ) as bpjs:
        booked(bpjs)
        yield bpjs


def refused(bpjs: Simulator, ca_bundle: Path | None) -> None:
    found = client(bpjs.url, ca_bundle=ca_bundle).call("getlisttask", BODY)
    assert isinstance(found, Fault)
    assert found == Fault(cause=Cause.TLS)
    assert bpjs.arrived == [], "nothing was told to a stranger"


def test_an_authority_of_the_hospitals_own_is_accepted_by_setting(pems: dict[str, Path]) -> None:
    with tls(pems["good"]) as bpjs:
        assert isinstance(
            client(bpjs.url, ca_bundle=pems["authority"]).call("getlisttask", BODY), Reply
        )
        by_name = bpjs.url.replace("127.0.0.1", "localhost")
        assert isinstance(
            client(by_name, ca_bundle=pems["authority"]).call("getlisttask", BODY), Reply
        )


@pytest.mark.parametrize("bundle", [None, "other"])
def test_a_certificate_of_an_authority_that_is_not_ours_is_refused(
    pems: dict[str, Path], bundle: str | None
) -> None:
    with tls(pems["good"]) as bpjs:
        refused(bpjs, pems[bundle] if bundle else None)


@pytest.mark.parametrize("kind", ["elsewhere", "expired"])
def test_a_certificate_of_another_host_or_time_is_refused(pems: dict[str, Path], kind: str) -> None:
    with tls(pems[kind]) as bpjs:
        refused(bpjs, pems["authority"])


BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


@pytest.mark.parametrize("name", BUNDLES)
def test_an_authority_in_the_environment_is_not_believed(
    pems: dict[str, Path], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, str(pems["authority"]))
    with tls(pems["good"]) as bpjs:
        refused(bpjs, None)


@pytest.mark.parametrize("name", BUNDLES)
def test_an_authority_in_the_environment_does_not_replace_ours(
    pems: dict[str, Path], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, str(pems["other"]))
    with tls(pems["good"]) as bpjs:
        assert isinstance(
            client(bpjs.url, ca_bundle=pems["authority"]).call("getlisttask", BODY), Reply
        )


def test_old_tls_is_refused(pems: dict[str, Path]) -> None:
    """TLS 1.1 and older are broken; BPJS speaks 1.2."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pems["good"])
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with canned(metadata(200)) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        url = server.url.replace("http:", "https:")
        assert isinstance(client(url, ca_bundle=pems["authority"]).call("add", BODY), Fault)
        assert server.heard == []


@pytest.mark.parametrize("name", ["drip", "drip_headers", "timeout_before"])
def test_a_call_ends_in_time_under_tls_too(pems: dict[str, Path], name: Any) -> None:
    with tls(pems["good"]) as bpjs:
        bpjs.faults.add(faults.Fault(name, interval=0.3, seconds=30))
        with at_most(8):
            one = client(bpjs.url, ca_bundle=pems["authority"], timeout=1)
            assert isinstance(one.call("getlisttask", BODY), Fault)


@pytest.mark.parametrize("content", [b"", b"bukan sertifikat\n"])
def test_a_bundle_that_holds_no_authority_is_a_wrong_setting(
    tmp_path: Path, content: bytes
) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_bytes(content)
    with pytest.raises(SettingsError, match="BPJS_CA_BUNDLE"):
        client("https://127.0.0.1:1/x", ca_bundle=bundle)


def test_plain_http_reads_no_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in on loopback speaks no TLS; to read all authorities of the world takes long."""

    def read(*_: object, **__: object) -> None:
        raise AssertionError("certificates were read")

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", read)
    with canned(metadata(200)) as server:
        assert isinstance(client(server.url).call("add", BODY), Reply)
    with pytest.raises(AssertionError, match="certificates were read"):
        client("https://127.0.0.1:1/x")


@pytest.mark.parametrize("url", ["https://127.0.0.1:1/x", "http://127.0.0.1:1/x"])
def test_a_bundle_is_looked_at_even_where_no_tls_is_spoken(url: str, tmp_path: Path) -> None:
    """A wrong setting is told at once, not on the day when the address changes."""
    with pytest.raises(SettingsError, match="BPJS_CA_BUNDLE"):
        client(url, ca_bundle=tmp_path / "missing.pem")


def test_a_proxy_in_the_environment_is_not_asked(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Patients' data go to BPJS and to nobody in between; a proxy on the way is a matter of the
    settings.
    """
    booked(simulator)
    with canned(b"proxy") as proxy:
        address = proxy.url.removesuffix("/antreanrs")
        for name in (
            "HTTP_PROXY",
            "http_proxy",
            "HTTPS_PROXY",
            "https_proxy",
            "ALL_PROXY",
            "all_proxy",
        ):
            monkeypatch.setenv(name, address)
        monkeypatch.setenv("NO_PROXY", "")
        assert isinstance(client(simulator.url).call("getlisttask", BODY), Reply)
        assert proxy.connections == 0


def test_a_netrc_adds_no_credentials(tmp_path: Path) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login orang password lain\n")
    netrc.chmod(0o600)
    with canned(metadata(200)) as server:
        client(server.url).call("add", BODY)
    assert "authorization" not in server.heard[0][0]


# -- many calls


class Counting:
    """A door before a simulator that counts connections and passes every byte on."""

    def __init__(self, port: int) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._behind = port
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.port = self._listener.getsockname()[1]
        self.count = 0

    def __enter__(self) -> Counting:
        self._run(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        for one in (self._listener, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for one in (self._listener, *self._open):
            one.close()

    def _run(self, target: Callable[..., None], *arguments: socket.socket) -> None:
        thread = threading.Thread(target=target, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):  # the door is closed
            while True:
                front, _ = self._listener.accept()
                self.count += 1
                back = socket.create_connection(("127.0.0.1", self._behind))
                self._open += [front, back]
                self._run(self._pass_on, front, back)
                self._run(self._pass_on, back, front)

    @staticmethod
    def _pass_on(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)


def test_calls_one_after_another_share_one_connection(pems: dict[str, Path]) -> None:
    """A handshake costs more than a call."""
    with tls(pems["good"]) as bpjs, Counting(bpjs.port) as door:
        one = client(f"https://127.0.0.1:{door.port}/antreanrs", ca_bundle=pems["authority"])
        for _ in range(20):
            assert isinstance(one.call("getlisttask", BODY), Reply)
        assert door.count == 1


def test_sixteen_threads_share_a_client_and_each_gets_its_own_answer(pems: dict[str, Path]) -> None:
    """Over no more than sixteen connections, each answer decrypted with its own request's
    timestamp.
    """
    with tls(pems["good"]) as bpjs, Counting(bpjs.port) as door:
        for number in range(16):
            at = int(datetime(2026, 11, 23, 8, number, tzinfo=timezone.utc).timestamp() * 1000)
            bpjs.bookings.mobile_jkn(f"B{number}", MONDAY.isoformat(), [{"taskid": 3, "waktu": at}])
        bpjs.latency = 0.02
        one = client(
            f"https://127.0.0.1:{door.port}/antreanrs", connections=16, ca_bundle=pems["authority"]
        )

        def ask(number: int) -> set[str]:
            found = [one.call("getlisttask", {"kodebooking": f"B{number}"}) for _ in range(15)]
            lists: list[Any] = [reply.response for reply in found if isinstance(reply, Reply)]
            return {row.wakturs for rows in lists for row in rows}

        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(ask, range(16)))
        assert door.count <= 16
    assert answers == [{f"23-11-2026 15:{number:02}:00 WIB"} for number in range(16)]
    assert len(bpjs.received) == 16 * 15


def test_a_deadline_is_of_one_thread_alone(simulator: Simulator) -> None:
    """A short call beside a long one does not cut that short."""
    booked(simulator)
    simulator.faults.add(faults.Fault("timeout_before", path="/antrean/add", seconds=20))
    simulator.latency = 2.0
    one = client(simulator.url, connections=2)
    with ThreadPoolExecutor(2) as pool:
        short = pool.submit(one.call, "add", BODY, within=1.0)
        long = pool.submit(one.call, "getlisttask", BODY)
        assert isinstance(short.result(), Fault)
        assert isinstance(long.result(), Reply)


def test_a_list_that_takes_its_time_is_read_with_the_timestamp_of_its_request(
    simulator: Simulator,
) -> None:
    booked(simulator)
    simulator.latency = 1.1
    found = client(simulator.url).call("getlisttask", BODY)
    assert isinstance(found, Reply)
    assert [task.taskid for task in found.response] == [3]


def test_the_deadline_of_a_short_call_does_not_cut_a_long_one_short(simulator: Simulator) -> None:
    booked(simulator)
    simulator.faults.add(faults.Fault("timeout_before", path="/antrean/add", seconds=20))
    simulator.faults.add(faults.Fault("drip", path="/antrean/getlisttask", interval=0.008))
    one = client(simulator.url, connections=2)
    with ThreadPoolExecutor(2) as pool:
        long = pool.submit(one.call, "getlisttask", BODY)
        while not simulator.arrived:
            time.sleep(0.01)
        short = pool.submit(one.call, "add", BODY, within=1.0)
        assert isinstance(short.result(), Fault)
        assert isinstance(long.result(), Reply)
