"""Answers of BPJS, mutated at random: nothing breaks, and nothing is taken for a success that is
none.

- Real bytes over a real socket to the real client; behind it a delivery, a command by hand or a
  whole pass, each with a real ledger on disk, or somebody who asks for one of BPJS's lists.
- What the bytes say is read once more in here, strictly (`codes`, `lists`). Where honest readers
  may differ (doubled keys, NaN, a damaged head), each of their readings is right; what none of them
  reads must never count.
- The first request of the attacked call gets the mutated answer, all others are hung up on.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import logging
import os
import re
import socket
import subprocess
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Event, Thread
from typing import Any, ClassVar, NamedTuple

import pytest
from Crypto.Cipher import AES
from Crypto.Util.Padding import pad, unpad
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from lzstring import LZString

from antrean_cli.bpjs.client import Client
from antrean_cli.config.settings import Settings, load
from antrean_cli.errors import AntreanError
from antrean_cli.ledger.file import locked
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.operator import lookups as asking
from antrean_cli.operator import manual
from antrean_cli.render.listings import FORMATS, task_list
from antrean_cli.render.outages import announcement_text
from antrean_cli.render.pushes import change_line
from antrean_cli.rules.add_body import add_body
from antrean_cli.rules.outages import Announcement
from antrean_cli.rules.pacing import Pacing
from antrean_cli.rules.payloads import batal_body, listtask_body, update_body
from antrean_cli.rules.push import STEPS, Change
from antrean_cli.simulator.bookings import Bookings
from antrean_cli.simulator.hospital import Hospital, create_sqlite
from antrean_cli.sync.deliver import Delivery
from antrean_cli.sync.run import Pass
from tests.attacks.attack import Attack
from tests.support.rows import MONDAY, NO_RAWAT, WIB, at, onsite, policy, push, record, words
from tests.support.site import CONS_ID, SECRET_KEY, USER_KEY

NIK, CARD, PHONE = (
    "9901010101987654",
    "0009876543219",
    "081298765432",
)  # of nobody: there is no province 99
STEP = {"add": "add", "updatewaktu": "3", "batal": "batal", "getlisttask": "3"}
ENDS = {
    "add": "/add",
    "updatewaktu": "/updatewaktu",
    "batal": "/batal",
    "getlisttask": "/getlisttask",
}
BODIES: dict[str, dict[str, Any]] = {
    "add": add_body(onsite(reg={"nik": NIK}), policy()) | {"nomorkartu": CARD, "nohp": PHONE},
    "updatewaktu": update_body(NO_RAWAT, "3", at("08:05")),
    "batal": batal_body(NO_RAWAT, "Pasien berhalangan"),
    "getlisttask": listtask_body(NO_RAWAT),
}


class List(NamedTuple):
    """One of BPJS's lists: what it is asked for with, what names a row of it, and the codes that it
    comes with.
    """

    words: tuple[str, ...]
    key: str
    codes: frozenset[str]


LISTS = {
    "ref_poli": List((), "kdpoli", frozenset({"1", "200"})),
    "jadwaldokter": List(("INT", str(MONDAY)), "kodedokter", frozenset({"200"})),
    "per_tanggal": List((str(MONDAY),), "kodebooking", frozenset({"200"})),
}


# -- what BPJS really answers


class Real(NamedTuple):
    """One answer of the stand-in BPJS before it is spelled:

    `rows` is the list that getlisttask encrypts.
    """

    call: str
    code: int
    message: str
    rows: Sequence[Mapping[str, object]] | None


def real_answers() -> list[Real]:
    """Return what the stand-in answers to each call: 200, 201, 204, 208 in its own words, and the
    door's 401.
    """
    bookings, found = Bookings(lambda: at("12:00")), []
    bookings.mobile_jkn("lain", str(MONDAY))

    def ask(call: str, body: Mapping[str, object]) -> None:
        code, message, rows = vars(getattr(bookings, call)(body)).values()
        found.append(Real(call, code, message, rows))

    for body in (BODIES["add"], BODIES["add"], {**BODIES["add"], "nik": "1"}):
        ask("add", body)
    for taskid, waktu in (
        ("4", "08:30"),
        ("3", "08:05"),
        ("3", "08:06"),
        ("4", "08:01"),
        ("4", "08:30"),
    ):
        ask("updatewaktu", update_body("lain", taskid, at(waktu)))
    for kodebooking in ("lain", "tidak ada"):
        ask("getlisttask", listtask_body(kodebooking))
        ask("batal", batal_body(kodebooking, "-"))
    ask("updatewaktu", update_body("lain", "5", at("08:50")))
    ask("batal", batal_body("lain", "-"))
    return found + [Real(call, 401, "Signature tidak sesuai", None) for call in ENDS]


def real_lists() -> list[Real]:
    """Return what the stand-in answers to those who ask for its lists: full ones, empty ones, and
    the door's 401.
    """
    bookings, found = Bookings(lambda: at("12:00")), []
    for kodebooking in ("satu", NO_RAWAT):
        bookings.mobile_jkn(kodebooking, str(MONDAY), nik=NIK)
    asked = [(call, one.words) for call, one in LISTS.items()]
    for call, named in (
        *asked,
        ("jadwaldokter", ("ZZZ", str(MONDAY))),
        ("per_tanggal", ("2026-01-01",)),
    ):
        code, message, rows = vars(getattr(bookings, call)(*named)).values()
        found.append(Real(call, code, message, rows))
    return found + [Real(call, 401, "Signature tidak sesuai", None) for call in LISTS]


# -- how it is mutated: data that Hypothesis draws, applied when the request's own timestamp is
# known


class Edit(NamedTuple):
    """One change to the members of a JSON object, each a name and a value as it is spelled."""

    where: str
    at: int
    how: str
    name: str
    text: str


class Cut(NamedTuple):
    """One change to bytes."""

    how: str
    at: int
    data: bytes


class Said(NamedTuple):
    """An answer as it goes out, and the bodies that correct readers of HTTP may get of it; None: no
    body.
    """

    wire: bytes
    bodies: tuple[bytes | None, ...]


@dataclass(frozen=True)
class Case:
    """One answer, what is done to it, and by which road it comes into the program."""

    road: str
    real: Real
    edits: tuple[Edit, ...] = ()
    seal: tuple[str, int, str] = ("agreed", 0, "")
    encoding: str = "utf-8"
    cuts: tuple[Cut, ...] = ()
    frame: str = "length"
    number: int = 0
    status: int = 200
    headers: tuple[str, ...] = ()
    damage: tuple[Cut, ...] = ()
    keep: bool = True

    def said(self, stamp: str) -> Said:
        """Return the answer to a request that was signed at `stamp`."""
        body = cut(self._json(stamp).encode(self.encoding, "surrogatepass"), self.cuts)
        framing, content, seen, sure = FRAMES[self.frame](body, self.number)
        lines = [f"HTTP/1.1 {self.status} Ok", *framing, *self.headers]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        if self.status < 200 or self.status in (204, 304):
            seen = None  # such answers have no body
        plain = not self.damage and set(self.headers) <= set(HARMLESS_HEADERS)
        return Said(
            cut(head, self.damage) + content, (seen,) if sure and plain else (seen, body, None)
        )

    @property
    def stays(self) -> bool:
        """Whether the connection may live on: only where both sides agree on
        where the answer ends.
        """
        agreed = self.frame in ("length", "chunked") and self.status >= 200 and not self.damage
        return self.keep and agreed and set(self.headers) <= set(HARMLESS_HEADERS)

    def _json(self, stamp: str) -> str:
        members = [("code", json.dumps(self.real.code)), ("message", json.dumps(self.real.message))]
        metadata = edited(members, [edit for edit in self.edits if edit.where == "metadata"])
        envelope = [("metadata", spelled(metadata)), ("response", self._response(stamp))]
        return spelled(edited(envelope, [edit for edit in self.edits if edit.where == "envelope"]))

    def _response(self, stamp: str) -> str:
        if self.real.rows is None:
            return "null"
        rows = [
            [(name, json.dumps(value)) for name, value in row.items()] for row in self.real.rows
        ]
        edits = [edit for edit in self.edits if edit.where == "row"]
        spelled_rows = (spelled(edited(row, edits[n::2])) for n, row in enumerate(rows))
        text = f"[{', '.join(spelled_rows)}]"
        return sealed(text, self.seal, stamp)


def edited(members: list[tuple[str, str]], edits: Sequence[Edit]) -> list[tuple[str, str]]:
    for edit in edits:
        if members:
            place = edit.at % len(members)
            name, text = members[place]
            members[place : place + 1] = {
                "swap": [(name, edit.text)],
                "rename": [(edit.name, text)],
                "drop": [],
                "double": [(name, edit.text), (name, text)],
                "double after": [(name, text), (name, edit.text)],
            }[edit.how]
    return members


def spelled(members: Sequence[tuple[str, str]]) -> str:
    return f"{{{', '.join(f'{json.dumps(name)}: {text}' for name, text in members)}}}"


def cut(data: bytes, cuts: Sequence[Cut]) -> bytes:
    for how, place, more in cuts:
        here = place % (len(data) + 1)
        before, after = data[:here], data[here:]
        changed = {
            "flip": bytes(byte ^ 1 << place % 8 for byte in after[:1]) + after[1:],
            "insert": more + after,
            "remove": after[len(more) :],
            "double": after[: 2 * len(more)] + after,
            "end": b"",
        }
        data = before + changed[how]
    return data


def key(stamp: str) -> bytes:
    return hashlib.sha256(f"{CONS_ID}{SECRET_KEY}{stamp}".encode()).digest()


def sealed(text: str, seal: tuple[str, int, str], stamp: str) -> str:
    """Return a list of tasks as `response`: encrypted as agreed, or as `seal` has it."""
    how, place, other = seal
    if how == "plain":
        return text
    text = {"wrapped": f'{{"list": {text}}}', "other": other}.get(how, text)
    secret = key(str(int(stamp) - 1 - place) if how == "stale" else stamp)
    packed = str(LZString().compressToEncodedURIComponent(text)).encode()
    packed = cut(packed, [Cut("flip", place, b"")]) if how == "packing flipped" else packed
    cipher = AES.new(secret, AES.MODE_CBC, secret[:16]).encrypt(pad(packed, 16))
    cipher = (
        cut(cipher, [Cut("flip" if how == "flipped" else "end", place, b"")])
        if how[:1] == "f"
        else cipher
    )
    return json.dumps(
        base64.b64encode(cipher).decode()[: -1 - place % 40 if how == "shortened" else None]
    )


# -- how it is framed: headers, what goes out, what a correct reader gets, and whether that is
# beyond doubt

Framed = tuple[list[str], bytes, bytes | None, bool]


def chunks(body: bytes, size: int) -> bytes:
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (*parts, b""))


def _short(body: bytes, n: int) -> Framed:
    left = max(len(body) - 1 - n % 40, 0)
    return [f"Content-Length: {left}"], body, body[:left], True


def _chunks_cut(body: bytes, n: int) -> Framed:
    whole, lost = chunks(body, 1 + n % 50), 1 + n % 60
    # Without the empty line at the very end it is still whole.
    return ["Transfer-Encoding: chunked"], whole[:-lost], None if lost >= 5 else body, lost >= 5


def _gzip(body: bytes, n: int, spoil: str = "") -> Framed:
    content = cut(gzip.compress(body, 1), [Cut(spoil, n, b"")] if spoil else [])
    return ["Content-Encoding: gzip", f"Content-Length: {len(content)}"], content, body, not spoil


SIZES = (b"zz", b"-5", b"", b"0x1", b"1g", b"f" * 20, b" 5", b"5;x=y", b"\xb2", b"5\r5")
LENGTHS = ("", "abc", "-5", "+5", "1e3", "\xb2", "9" * 30, "0x10", "5, 5", "5, 6")
FRAMES: dict[str, Callable[[bytes, int], Framed]] = {
    "length": lambda body, _: ([f"Content-Length: {len(body)}"], body, body, True),
    "until it closes": lambda body, _: ([], body, body, True),
    "too short": _short,
    "too long": lambda body, n: ([f"Content-Length: {len(body) + 1 + n}"], body, None, True),
    "odd length": lambda body, n: (
        [f"Content-Length: {LENGTHS[n % len(LENGTHS)]}"],
        body,
        body,
        False,
    ),
    "two lengths": lambda body, n: (
        [f"Content-Length: {len(body)}", f"Content-Length: {len(body) + 1 + n}"],
        body,
        None,
        True,
    ),
    "chunked": lambda body, n: (
        ["Transfer-Encoding: chunked"],
        chunks(body, 1 + n % 50),
        body,
        True,
    ),
    "chunks cut": _chunks_cut,
    "junk for a chunk": lambda body, n: (
        ["Transfer-Encoding: chunked"],
        SIZES[n % len(SIZES)] + b"\r\n" + body + b"\r\n0\r\n\r\n",
        body,
        False,
    ),
    "gzip": _gzip,
    "gzip flipped": lambda body, n: _gzip(body, n, "flip"),
    "gzip cut": lambda body, n: _gzip(body, n, "end"),
    "no gzip": lambda body, _: (
        ["Content-Encoding: gzip", f"Content-Length: {len(body)}"],
        body,
        None,
        True,
    ),
    "deflate": lambda body, _: (["Content-Encoding: deflate"], zlib.compress(body), body, True),
}


# -- what Hypothesis draws

SECRETS = [f"NIK {NIK} tidak sesuai", f"kartu {CARD}, hp {PHONE}", f"ganda: {NIK}{CARD}"]
MESSAGES = [
    *SECRETS,
    *(
        "Ok",
        "",
        " ",
        "Unauthorized",
        "Signature",
        "TaskId=3 sudah ada",
        "TaskId terakhir 99",
        "TaskId=3",
    ),
    *(
        "TaskId terakhir 5",
        "TaskId=2 belum ada",
        "TaskId=99 belum ada",
        "sudah terbit SEP",
        "Undefined Error.",
    ),
    *(
        "Kode Booking tidak ditemukan",
        "\x1b]0;pwned\x07\x1b[2J",
        "a\nb\r\nc\u2028d\x85e\x0bf",
        "\u202eoK",
        "\x00",
    ),
    *("x" * 5_000, "9" * 3_000, "\ud800", "😀" * 200, "\u200b".join(NIK)),
]
NUMBERS = [
    "0",
    "-0",
    "-1",
    "1",
    "3",
    "200",
    "201",
    "204",
    "208",
    "401",
    "2e2",
    "200.0",
    "208.5",
    "1e400",
    "9" * 5_000,
]
WORDS = [
    "null",
    "true",
    "[false]",
    "NaN",
    "-Infinity",
    '"200"',
    '" 208\\n"',
    '"2 00"',
    '"0200"',
    '"\\ud800"',
    '""',
    "{}",
    "[]",
    "[200]",
    '{"code": 200}',
    '{"list": []}',
    '[{"taskid": 3}]',
    '[{"taskid": "3"}, {}]',
    "[[]]",
    '{"list": 3}',
]
DEEP = ["[" * depth + "]" * depth for depth in (1, 200, 20_000)]
NAMES = [
    "code",
    "Code",
    "kode",
    "message",
    "metadata",
    "metaData",
    "METADATA",
    "response",
    "list",
    "taskid",
    "",
    "\x1b",
]
TIMES = [
    "01-01-0001 00:00:00 WIB",
    "31-12-9999 23:59:59 WIB",
    "31-12-9999 23:59:59 WIT",
    "23-11-2026 08:05:00 WIB",
]
HARMLESS_HEADERS = [
    "Content-Type: text/html",
    "Content-Type: application/json; charset=utf-16",
    "Connection: keep-alive",
    "Retry-After: 120",
    "Retry-After: Mon, 01 Jan 0001 00:00:00 -0000",
    "Retry-After: Fri, 31 Dec 9999 23:59:59 -2359",
    "Retry-After: \xb2",
    "Retry-After: 1 Jan",
    "Set-Cookie: a=b; Max-Age",
    'Set-Cookie: "\x01=\xff',
    "X: \xff",
    "Location: http://[",
    "Location: /\xff\xfe",
    "Location: http://a:999999/",
    "Location: \x80//",
    "Trailer: x",
]
WILD_HEADERS = [
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: gzip",
    "Content-Encoding: br, gzip, deflate",
    "Content-Encoding: gzip, gzip, gzip, gzip, gzip, gzip, gzip",
    "no colon",
    " folded",
    "X: " + "y" * 70_000,
    "\r\n".join(["X: y"] * 120),
    "Content-Length: 3",
    "Connection: close",
    ": x",
    "X\x00: y",
]

PIECES = [
    b"\0",
    b"0",
    b"200",
    b'"',
    b"}",
    b"{",
    b"\xff",
    b"\xed\xa0\x80",
    b"\r\n",
    b"\r\n\r\n",
    b'"code": 200, ',
    b"\xef\xbb\xbf",
    b"HTTP/1.1 200 Ok\r\n\r\n",
    b'{"metadata": {"code": 200}}',
]

at_random = st.integers(0, 9_999)
json_texts = (
    st.sampled_from([*NUMBERS, *WORDS, *DEEP, *(json.dumps(text) for text in (*MESSAGES, *TIMES))])
    | st.text(max_size=9).map(json.dumps)
    | st.integers().map(str)
    | st.floats().map(json.dumps)
)
edits = st.builds(
    Edit,
    where=st.sampled_from(["metadata", "metadata", "envelope", "row", "row"]),
    at=at_random,
    how=st.sampled_from(["swap", "swap", "swap", "rename", "drop", "double", "double after"]),
    name=st.sampled_from(NAMES),
    text=json_texts,
)
cuts = st.builds(
    Cut,
    st.sampled_from(["flip", "flip", "insert", "remove", "double", "end"]),
    at_random,
    st.sampled_from(PIECES),
)
SEALS = [
    "agreed",
    "wrapped",
    "plain",
    "stale",
    "other",
    "flipped",
    "finished",
    "shortened",
    "packing flipped",
]


def some(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    """One or two of a kind; Hypothesis draws tuples much faster than lists."""
    return st.tuples(strategy) | st.tuples(strategy, strategy)


ROADS = st.sampled_from(["delivery"] * 14 + ["manual"] * 5 + ["pass"])
REAL = st.sampled_from(real_answers())
LIST = st.sampled_from([real for real in real_answers() if real.rows])
ASKING, LISTED = st.just("asking"), st.sampled_from(real_lists())
MUTATIONS: dict[str, st.SearchStrategy[Any]] = {
    "edits": some(edits),
    "seal": st.tuples(st.sampled_from(SEALS), at_random, json_texts),
    "encoding": st.sampled_from(["utf-16", "utf-16-le", "utf-8-sig", "utf-32", "utf-7"]),
    "cuts": some(cuts),
    "frame": st.sampled_from(list(FRAMES)),
    "number": at_random,
    "status": st.sampled_from([302, 401, 403, 404, 429, 500, 502, 503]) | st.integers(100, 599),
    "headers": some(st.sampled_from([*HARMLESS_HEADERS, *HARMLESS_HEADERS, *WILD_HEADERS])),
    "damage": some(cuts),
    "keep": st.booleans(),
}


def mutated(*names: str) -> st.SearchStrategy[Case]:
    """Cases with some mutations and no others: few at a time say more than all together."""
    return st.builds(Case, ROADS, REAL, **{name: MUTATIONS[name] for name in names})


def other(place: int, text: st.SearchStrategy[str]) -> st.SearchStrategy[Edit]:
    """One more value for the code (place 0) or the message (place 1), and all else as it was."""
    return text.map(lambda value: Edit("metadata", place, "swap", "", value))


CODE = other(
    0,
    st.sampled_from([*NUMBERS, *WORDS])
    | st.integers(199, 210).map(str)
    | st.integers(-9, 999).map(str),
)
TASKID = CODE.map(lambda edit: edit._replace(where="row", at=3))
WAKTURS = other(0, st.sampled_from(TIMES).map(json.dumps)).map(
    lambda edit: edit._replace(where="row")
)
MESSAGE = other(1, st.sampled_from(MESSAGES).map(json.dumps))
cases = st.one_of(
    # What BPJS means stands here: this is where most of the cases belong.
    *(st.builds(Case, ROADS, REAL, edits=edits) for edits in (st.tuples(CODE), st.tuples(MESSAGE))),
    *(st.builds(Case, ROADS, REAL, edits=st.tuples(CODE, MESSAGE)) for _ in range(4)),
    st.builds(Case, ROADS, LIST, edits=st.tuples(TASKID) | st.tuples(WAKTURS)),
    st.builds(Case, ROADS, LIST, seal=MUTATIONS["seal"]),
    st.builds(Case, ASKING, LISTED, edits=st.tuples(CODE)),
    *(
        st.builds(Case, ASKING, LISTED, **{name: MUTATIONS[name]})
        for name in ("edits", "seal", "cuts")
    ),
    mutated("edits"),
    mutated("edits", "seal"),
    mutated("edits", "encoding"),
    mutated("edits", "status"),
    mutated("cuts", "keep"),
    mutated("frame", "number"),
    mutated("headers", "status"),
    mutated("damage"),
    mutated(*MUTATIONS),
)


# -- what the bytes say, read once more


class Members(tuple[tuple[str, Any], ...]):
    """The members of a JSON object as they were written, doubled ones and all."""

    __slots__ = ()

    def named(self, *names: str) -> list[Any]:
        return [value for name, value in self if name in names]


def codes(body: bytes | None) -> set[str | None]:
    """Return what honest readers take for metadata.code; None is "no envelope"."""
    if body is None:
        return {None}
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"):
        with suppress(ValueError, RecursionError):
            doubts: list[str] = []
            text = body.decode(encoding, "surrogatepass")
            value = json.loads(text, object_pairs_hook=Members, parse_constant=doubts.append)
            doubts += [encoding] if encoding != "utf-8" else []
            return _codes(value) | ({None} if doubts else set())
    return {None}


def _codes(envelope: object) -> set[str | None]:
    heads = envelope.named("metadata", "metaData") if isinstance(envelope, Members) else []
    found = [
        whole(code) for head in heads if isinstance(head, Members) for code in head.named("code")
    ]
    return set(found) if len(heads) == len(found) == 1 else {*found, None}


def whole(value: object) -> str | None:
    """Return a number or its text as digits; BPJS sends either."""
    if isinstance(value, str):
        return value.strip() or None
    fits = type(value) is int or (type(value) is float and value.is_integer())
    return str(int(value)) if fits else None  # type: ignore[call-overload]


def lists(body: bytes, stamp: str) -> set[frozenset[str]]:
    """Return the taskids that honest readers find in a list of tasks; one that cannot be read holds
    none.
    """
    nothing: frozenset[str] = frozenset()
    with suppress(ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        response = json.loads(body)["response"]
        value = opened(response, stamp) if isinstance(response, str) else response
        given = [row["taskid"] for row in (value["list"] if isinstance(value, dict) else value)]
        taskids = [whole(one) or "" for one in given]
        if all(re.fullmatch("-?[0-9]+", taskid) for taskid in taskids):
            plain = all(
                re.fullmatch("[0-9]{1,3}", str(one)) for one in given
            )  # 3 and "3", but who reads 3.0 or " 3"?
            return {frozenset(taskids) & set(STEPS)} | (set() if plain else {nothing})
    return {nothing}


def keys(one: List, body: bytes, stamp: str) -> set[frozenset[str]]:
    """Return which of the real rows honest readers find in a list, by their names; one that cannot
    be read has none.
    """
    nothing: frozenset[str] = frozenset()
    with suppress(ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        response = json.loads(body)["response"]
        value = opened(response, stamp) if isinstance(response, str) else response
        rows = value.get("list", [value]) if isinstance(value, dict) else value
        given = [row[one.key] for row in rows]
        names = [
            "".join(char if char.isprintable() else " " for char in str(name)).strip()
            for name in given
        ]
        if all(names) and None not in given:
            plain = all(
                type(name) in (int, str) for name in given
            )  # "ANA" and 12346, but who reads [] or 3.5?
            return {frozenset(names) & KEYS} | (set() if plain else {nothing})
    return {nothing}


KEYS = {str(row[LISTS[real.call].key]) for real in real_lists() for row in real.rows or ()}


def opened(text: str, stamp: str) -> Any:
    cipher = AES.new(key(stamp), AES.MODE_CBC, key(stamp)[:16])
    packed = unpad(cipher.decrypt(base64.b64decode(text, validate=True)), 16)
    return json.loads(LZString().decompressFromEncodedURIComponent(packed.decode("ascii")))


def verdicts(case: Case, said: Said, stamp: str) -> set[frozenset[str]]:
    """Return which steps may count as told to BPJS after this answer: one set of them for each
    honest reading.
    """
    return {told for body in said.bodies for told in _told(case, body, stamp)}


def _told(case: Case, body: bytes | None, stamp: str) -> Iterator[frozenset[str]]:
    found = codes(body)
    if one := LISTS.get(case.real.call):
        if found - one.codes or case.seal[0] == "plain":
            yield frozenset()
        if found & one.codes:
            yield from keys(one, body or b"", stamp)
        return
    good = found & {"200", "208"}
    if found - good or case.seal[0] == "plain":
        yield frozenset()
    if good and case.real.call != "getlisttask":
        yield frozenset({STEP[case.real.call]})
    elif good:
        yield from lists(body or b"", stamp) if "200" in good else {frozenset()}


# -- who answers


class Mouth(ThreadingTCPServer):
    """Answers the first request of the attacked call with the case's bytes, and hangs up on every
    other.
    """

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Mouth)
        self.answer: Callable[[str], tuple[bytes, bool]] | None = None
        self.ends = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/antreanrs"

    def __enter__(self) -> Mouth:
        Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, *_: object) -> None:
        """Say nothing: the client may hang up whenever it likes."""


class _Mouth(StreamRequestHandler):
    server: Mouth
    disable_nagle_algorithm = True

    def handle(self) -> None:
        while request := self.rfile.readline():
            headers = dict(
                line.decode("latin-1").strip().lower().split(": ", 1)
                for line in iter(self._line, b"\r\n")
            )
            self.rfile.read(int(headers.get("content-length", 0)))
            answer = (
                self.server.answer
                if request.split()[1].decode().endswith(self.server.ends)
                else None
            )
            if answer is None:
                return
            self.server.answer = None
            wire, stays = answer(headers["x-timestamp"])
            # Held back until the end goes out with it: else the client might use a connection that
            # is about to close.
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, not stays)
            self.wfile.write(wire)
            if not stays:
                self.connection.shutdown(socket.SHUT_WR)
                return

    def _line(self) -> bytes:
        return self.rfile.readline() or b"\r\n"


@pytest.fixture
def mouth() -> Iterator[Mouth]:
    with Mouth() as server:
        yield server


# -- the roads into the program


def fit(text: str) -> None:
    """Check that a person can be shown a text: one line, not endless, and without any number of the
    patient's.
    """
    assert text.isprintable(), "it cannot be printed in one line"
    assert len(text) < 1_000, "it does not end"
    assert not [number for number in (NIK, CARD, PHONE) if number in text], (
        "it holds a number of the patient's"
    )


def fit_changes(found: Sequence[Change]) -> None:
    for change in found:
        fit(change_line(change))


@dataclass
class Lab:
    """Everything that a case meets, and what became of the cases."""

    mouth: Mouth
    folder: Path
    settings: Mapping[str, Settings]
    client: Client
    ledger: Ledger
    counts: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    said: tuple[Said, str] = (Said(b"", (None,)), "0")

    def judge(self, case: Case) -> None:
        """Let one answer come in and hold what counts as told afterwards against what the bytes
        say.
        """
        self.said = Said(b"", (None,)), "0"  # what was never asked for cannot have been told
        ends = ENDS.get(
            case.real.call, ""
        )  # a list is asked for by its own road, which asks for nothing else
        self.mouth.answer, self.mouth.ends = lambda stamp: self._answer(case, stamp), ends
        began = time.monotonic()
        counted = self._roads[case.road](self, case)
        self.slowest = max(self.slowest, time.monotonic() - began)
        allowed = verdicts(case, *self.said)
        assert counted in allowed, (
            f"counted as told: {sorted(counted)}, but the bytes say {allowed}"
        )
        self.counts["told" if counted else "not told"] += 1
        self.counts[case.road] += 1
        self.counts["asked"] += bool(self.said[0].wire)

    def _answer(self, case: Case, stamp: str) -> tuple[bytes, bool]:
        self.said = case.said(stamp), stamp
        return self.said[0].wire, case.stays

    def _delivery(self, case: Case) -> frozenset[str]:
        self._reset(case)
        delivery = Delivery(
            client=self.client,
            ledger=self.ledger,
            policy=policy(),
            visits={NO_RAWAT: onsite(reg={"nik": NIK, "nohp": PHONE, "nomorkartu": CARD})},
            pacing=Pacing(most=1),
            deadline=time.monotonic() + 60,
            clock=lambda: at("12:00"),
            stop=Event(),
        )
        for changes in delivery.run(self.ledger.unfinished()):
            fit_changes(changes)
        return self._counted(case, self.ledger)

    def _manual(self, case: Case) -> frozenset[str]:
        self._reset(case)
        one, call = self.settings["manual"], case.real.call
        try:
            if call == "getlisttask":
                return _listed(asking.tasks(Client(one.bpjs), BODIES[call]["kodebooking"]))
            by_hand = manual.ManualCall(
                step=STEP[call], body=BODIES[call], tanggal=MONDAY, waktu=at("08:05")
            )
            sent = manual.send(one, by_hand, at("12:00"))
            fit(f"{sent.code} {sent.message}")
        except AntreanError as error:
            fit(str(error))
        return self._counted(case, self.ledger)

    def _pass(self, case: Case) -> frozenset[str]:
        one = self.settings.get(case.real.call)
        if one is None:
            return self._delivery(case)
        for file in self.folder.glob(f"{one.state.name}*"):
            file.unlink()
        with locked(one.state), Ledger.open(one.state, WIB) as ledger:
            a_pass = Pass(settings=one, ledger=ledger, clock=lambda: at("12:00"))
            for event in a_pass.run():
                if isinstance(event, Announcement):
                    fit(announcement_text(event))
                else:
                    fit_changes(event.changes)
            for error in a_pass.report.errors:
                fit(str(error))
        with Ledger.open(one.state, WIB) as ledger:
            return self._counted(case, ledger)

    def _asking(self, case: Case) -> frozenset[str]:
        call = case.real.call
        try:
            found = asking.listing(Client(self.settings["manual"].bpjs), call, *LISTS[call].words)
        except AntreanError as error:
            fit(str(error))
            return frozenset()
        for cell in [str(cell) for row in found for cell in row]:
            assert cell.isprintable(), "a table of it would print what is no text"
            assert len(cell) <= 300, "it does not end"
        return frozenset(row[0] for row in found) & KEYS

    _roads: ClassVar[Mapping[str, Callable[[Lab, Case], frozenset[str]]]] = {
        "asking": _asking,
        "delivery": _delivery,
        "manual": _manual,
        "pass": _pass,
    }

    def _reset(self, case: Case) -> None:
        """Let the ledger hold one booking with one push due, in doubt where BPJS is to be asked."""
        step = STEP[case.real.call]
        due = push(step, recorded="08:05") if step.isdigit() else push(step)
        fresh = record(replace(due, needs_lookup=case.real.call == "getlisttask"))
        with self.ledger.transaction():
            self.ledger.save(self.ledger.record(NO_RAWAT), fresh, at("12:00"))

    def _counted(self, case: Case, ledger: Ledger) -> frozenset[str]:
        """Return the steps that the ledger, read anew, takes for told."""
        records = ledger.of_days(MONDAY, MONDAY).values()
        for one in [one for known in records for one in known.pushes.values()]:
            fit(f"{one.code} {words(one.reason)}")
        told = frozenset(
            step for known in records for step, one in known.pushes.items() if one.done
        )
        # "TaskId terakhir 99 | done with this booking": by BPJS's word it is cancelled, and 99 is
        # there.
        return told if case.real.call == "getlisttask" else told - {"99"}


def _listed(tasks: Sequence[Any]) -> frozenset[str]:
    for form in FORMATS:
        text = task_list(tasks, form)
        for line in text.split("\n"):
            assert line.replace("\t", "").isprintable(), f"{form} prints what is no text"
    assert len(task_list(tasks, "plain").split("\n")) == max(len(tasks), 1)
    return frozenset(str(task.taskid) for task in tasks) & set(STEPS)


@pytest.fixture
def lab(mouth: Mouth, tmp_path: Path) -> Iterator[Lab]:
    with made_lab(mouth, tmp_path) as made:
        yield made


@contextmanager
def made_lab(mouth: Mouth, tmp_path: Path) -> Iterator[Lab]:
    connection = create_sqlite(tmp_path / "khanza.sqlite3")
    hospital = Hospital(connection, paramstyle="qmark")
    hospital.basics()
    hospital.sep(
        hospital.visit(MONDAY, norm=hospital.patient(no_ktp=NIK, no_tlp=PHONE, no_peserta=CARD))
    )
    hospital.batal(hospital.booking(None, MONDAY, status="Batal"))
    connection.close()
    env = environment(mouth.url, tmp_path) | {"ANTREAN_WORKERS": "1"}
    made = {
        "manual": loaded(env, tmp_path / "ledger.sqlite3"),
        "add": loaded(env, tmp_path / "pass.sqlite3"),
        "updatewaktu": loaded({**env, "ANTREAN_ADD": ""}, tmp_path / "pass.sqlite3"),
        "batal": loaded({**env, "ANTREAN_ADD": ""}, tmp_path / "pass.sqlite3"),
    }
    with Ledger.open(made["manual"].state, WIB) as ledger:
        yield Lab(
            mouth=mouth,
            folder=tmp_path,
            settings=made,
            client=Client(made["manual"].bpjs),
            ledger=ledger,
        )


def environment(url: str, folder: Path) -> dict[str, str]:
    keys = {"BPJS_CONS_ID": CONS_ID, "BPJS_SECRET_KEY": SECRET_KEY, "BPJS_USER_KEY": USER_KEY}
    return {"BPJS_BASE_URL": url, **keys, "KHANZA_SQLITE": str(folder / "khanza.sqlite3")}


def loaded(env: Mapping[str, str], state: Path) -> Settings:
    return load(env_file=None, state=state, needs=frozenset({"bpjs", "khanza"}), environ=env)


# -- the attacks


def test_an_answer_of_any_bytes_breaks_nothing_and_counts_only_for_what_it_says(
    attack: Attack, lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    """Never a traceback, never told what the bytes do not say and never missed what they do; the
    ledger stays good.
    """
    caplog.set_level(logging.CRITICAL, logger="urllib3")  # it complains of every head, to nobody
    wanted, round_of = attack.size(always=400, all=100_000), 5_000
    for done in range(0, wanted, round_of):  # Hypothesis remembers every example of a round

        @seed(attack.seed * 1_000_000 + done)
        @settings(
            max_examples=min(round_of, wanted - done),
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        @given(cases)
        def judged(case: Case) -> None:
            lab.judge(case)

        judged()
    assert lab.counts["asked"] > 0.99 * wanted, "the answers were not asked for"
    assert lab.slowest < 15, "an answer held the program up"
    roads = ", ".join(f"{lab.counts[road]:,} by {name}" for road, name in NAMES_OF_ROADS.items())
    attack.measured(
        f"{lab.counts['asked']:,} mutated answers of BPJS ({roads})",
        f"0 tracebacks, 0 taken wrongly ({lab.counts['told']:,} were successes and counted); "
        f"slowest {lab.slowest * 1000:.0f} ms",
    )


NAMES_OF_ROADS = {
    "delivery": "deliveries",
    "manual": "hand",
    "pass": "whole passes",
    "asking": "asking for lists",
}


# -- bombs: small answers that unpack to a hundred megabytes, large ones that take their time

MILLION = 1_000_000
LAUNCHER = """
import json, resource, subprocess, sys, time
began = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, capture_output=True, text=True)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(json.dumps([done.returncode, done.stdout + done.stderr, peak, time.perf_counter() - began]))
"""  # a child's peak begins with that of the process that starts it: so a small one stands between


def enveloped(message: str) -> bytes:
    return b'{"metadata": {"code": 201, "message": "%s"}, "response": null}' % message.encode()


def answer(body: bytes, *headers: str, status: int = 200) -> bytes:
    head = "\r\n".join([f"HTTP/1.1 {status} Ok", *headers, f"Content-Length: {len(body)}", "", ""])
    return head.encode() + body


def zipped(times: int = 1, status: int = 200, *headers: str) -> bytes:
    body = enveloped("x" * 100 * MILLION)
    for _ in range(times):
        body = gzip.compress(body, 6)
    return answer(body, f"Content-Encoding: {', '.join(['gzip'] * times)}", *headers, status=status)


def packed_bomb(stamp: str) -> bytes:
    """Return a list of tasks whose LZ-String text of 32 KB says one letter a hundred million times.

    Each token names the entry that it makes itself: what came before and one letter more, so that
    lengths add up.
    """
    bits = [0, 0, *(ord("x") >> at & 1 for at in range(8))]
    size, room = 3, 4  # bits of a token; so many more entries until it needs another bit
    for token in range(4, 14_200):
        bits += [token >> at & 1 for at in range(size)]
        room -= 1
        if room == 0:
            room, size = 2**size, size + 1
    bits += [0] * (-len(bits) % 6)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-$"
    packed = "".join(
        letters[int("".join(map(str, bits[at : at + 6])), 2)] for at in range(0, len(bits), 6)
    )
    cipher = AES.new(key(stamp), AES.MODE_CBC, key(stamp)[:16]).encrypt(pad(packed.encode(), 16))
    return answer(b'{"metadata": {"code": 200}, "response": "%s"}' % base64.b64encode(cipher))


BOMBS: dict[str, Callable[[str], bytes]] = {
    "gzip": lambda _: zipped(),
    "gzip behind a redirect": lambda _: zipped(1, 302, "Location: /lain"),
    "LZ-String": packed_bomb,
    "digits": lambda _: answer(enveloped("3 2" * MILLION)),
    "gzip in gzip": lambda _: zipped(2),
    "gzip behind a 401": lambda _: zipped(1, 401),
    "deflate": lambda _: answer(zlib.compress(b"[" * 100 * MILLION), "Content-Encoding: deflate"),
    "per cent": lambda _: answer(enveloped("1%11" * (MILLION - 100))),
    "blanks": lambda _: answer(enveloped(" " * 3 * MILLION)),
    "control characters": lambda _: answer(enveloped("\\u001b" * (MILLION // 2))),
    "brackets": lambda _: answer(b'{"metadata": ' + b"[" * 3 * MILLION),
    "tasks": lambda _: answer(
        b'{"metadata": {"code": 200}, "response": [%s{}]}' % (b"{}," * MILLION)
    ),
    "no end": lambda _: answer(b" " * 50 * MILLION),
}


def test_no_answer_takes_the_memory_or_the_time(
    attack: Attack, mouth: Mouth, tmp_path: Path
) -> None:
    """The real program reads no more than an answer can be long, and says in a line or two that it
    is none.
    """
    some_of = list(BOMBS)[: attack.size(always=4, all=len(BOMBS))]
    peaks, times = [], []
    for name in some_of:
        code, output, megabytes, seconds = _struck_by(name, mouth, tmp_path)
        assert code in (4, 5, 6), f"{name}: {output[-2_000:]}"
        for line in output.splitlines():
            fit(line)
        assert megabytes < 200, f"{name} filled the memory"
        assert seconds < 60, f"{name} held the program up"
        peaks.append(megabytes)
        times.append(seconds)
    attack.measured(
        f"{len(some_of)} answers that are bombs (100 MB in gzip or LZ-String, 3 MB of numbers …)",
        f"0 tracebacks; at most {max(peaks):.0f} MB of memory, {max(times):.1f} s",
    )


def _struck_by(name: str, mouth: Mouth, folder: Path) -> tuple[int, str, float, float]:
    """Let the real program meet a bomb; return its exit code, its output, its peak in MB and its
    seconds.
    """
    args = (
        ("listtask", NO_RAWAT)
        if name in ("LZ-String", "tasks")
        else ("update", NO_RAWAT, "3", "2026-11-23 08:05")
    )
    mouth.answer, mouth.ends = lambda stamp: (BOMBS[name](stamp), False), ""
    env = {
        **os.environ,
        **environment(mouth.url, folder),
        "ANTREAN_STATE": str(folder / "antrean.sqlite3"),
    }
    command = [sys.executable, "-c", LAUNCHER, sys.executable, "-m", "antrean_cli", *args]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=True)
    code, output, megabytes, seconds = json.loads(done.stdout)
    return code, output, megabytes, seconds
