"""What keeps an answer from coming, and what is told of it (rules/faults.py)."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from typing import Any

import pytest
from requests import RequestException
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NewConnectionError,
    ReadTimeoutError,
)

from antrean_cli.bpjs.network_errors import fault_of
from antrean_cli.bpjs.transport import Transport
from antrean_cli.cause_words import told_with_typed
from antrean_cli.rules.answers import Reply
from antrean_cli.rules.causes import Cause
from antrean_cli.rules.faults import Fault
from antrean_cli.simulator import faults
from antrean_cli.simulator.server import Simulator
from tests.bpjs.using import BODY, PATIENT, booked, client
from tests.support.canned import canned, metadata


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
    said = told_with_typed(found.why)
    assert not [
        secret for secret in (*PATIENT.values(), "127.0.0.1", "antreanrs") if secret in said
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


@pytest.mark.parametrize("location", ["http://[", "/\xff\xfe", "http://127.0.0.1:1/"])
def test_a_redirect_is_a_fault_wherever_it_leads(location: str) -> None:
    with canned(b"", status=302, headers={"Location": location}) as server:
        found = client(server.url).call("add", BODY)
    assert found == Fault(cause=Cause.REDIRECTED, status=302)


@pytest.mark.parametrize("status", [200, 299, 402, 412, 428, 430, 502])
def test_an_answer_without_an_envelope_tells_its_status_and_when_to_come_again(status: int) -> None:
    with canned(b"", status=status, headers={"Retry-After": "7"}) as server:
        found = client(server.url).call("add", BODY)
    assert found == Fault(cause=Cause.NO_ENVELOPE, status=status, retry_after=7.0)


@pytest.mark.parametrize("status", [400, 411])
@pytest.mark.parametrize(
    "body", [b"", b"<html>The plain HTTP request was sent to HTTPS port</html>"]
)
def test_a_request_that_is_not_taken_as_it_came_is_told_as_that(status: int, body: bytes) -> None:
    with canned(body, status=status) as server:
        found = client(server.url).call("add", BODY)
    assert found == Fault(cause=Cause.NOT_TAKEN, status=status)


@pytest.mark.parametrize("status", [404, 405, 410, 501])
@pytest.mark.parametrize("page", [True, False], ids=["page", "text"])
def test_an_address_that_a_gateway_does_not_know_is_told_as_that(
    simulator: Simulator, status: int, page: bool
) -> None:
    simulator.faults.add(faults.Fault("no_route", status=status, page=page))
    found = client(simulator.url).call("add", BODY)
    assert found == Fault(cause=Cause.NO_ROUTE, status=status)


@pytest.mark.parametrize("status", [404, 405, 501])
def test_an_envelope_of_such_a_code_is_an_answer(simulator: Simulator, status: int) -> None:
    """BPJS says 404 for "again"; whatever HTTP says, it is there and was asked."""
    simulator.faults.add(faults.Fault("enveloped", status=status))
    found = client(simulator.url).call("add", BODY)
    assert isinstance(found, Reply)
    assert found.code == str(status)


def test_a_page_for_people_is_told_as_one(simulator: Simulator) -> None:
    simulator.faults.add(faults.Fault("request_rejected"))
    found = client(simulator.url).call("add", BODY)
    assert found == Fault(cause=Cause.WEB_PAGE, status=200)


@pytest.mark.parametrize(
    "begins",
    [
        b"<!DOCTYPE html>",
        b"\xef\xbb\xbf<!doctype html>",
        b"\r\n<!-- masuk -->\n<!-- dulu -->\n<HTML>",
        b'<?xml version="1.0"?><!DOCTYPE html>',
        b"<head><title>Masuk</title></head>",
        b"<script>location = '/masuk'</script>",
    ],
)
def test_a_page_for_people_is_known_however_it_begins(begins: bytes) -> None:
    with canned(begins + b"<body>Masuk</body>") as server:
        found = client(server.url).call("add", BODY)
    assert found == Fault(cause=Cause.WEB_PAGE, status=200)


@pytest.mark.parametrize("content", [b"", b"<xml/>", b"<!--", b"<!-- <html> -->", b"Masuk <html>"])
def test_what_is_no_page_is_told_as_no_answer(content: bytes) -> None:
    with canned(content) as server:
        found = client(server.url).call("add", BODY)
    assert found == Fault(cause=Cause.NO_ENVELOPE, status=200)


def test_a_proxy_that_wants_a_login_is_told_as_that() -> None:
    with canned(b"", status=407) as server:
        found = client(server.url).call("add", BODY)
    assert found == Fault(cause=Cause.PROXY_LOGIN, status=407)


@pytest.mark.parametrize("status", [429, 503])
def test_what_came_too_soon_is_told_as_overload(status: int) -> None:
    """A 503 only with a Retry-After: without one the service is down."""
    with canned(b"", status=status, headers={"Retry-After": "7"}) as server:
        found = client(server.url).call("add", BODY)
    assert found == Fault(cause=Cause.OVERLOADED, status=status, retry_after=7.0)


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


@pytest.mark.parametrize("name", ["reset_before", "reset_after", "cut", "redirect", "http_500"])
def test_nothing_is_repeated_not_even_what_only_asks(simulator: Simulator, name: Any) -> None:
    simulator.faults.add(faults.Fault(name))
    assert isinstance(client(simulator.url).ask("ref_poli"), Fault)
    assert len(simulator.arrived) == 1


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


# -- exceptions, whatever they are wrapped in

POOL = HTTPConnectionPool("127.0.0.1")
CONNECTION = HTTPConnection("127.0.0.1")


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (ssl.SSLCertVerificationError("x"), Cause.TLS),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER]"), Cause.CUT),  # its words tell nothing
        (socket.gaierror(-3, "Temporary failure in name resolution"), Cause.DNS),
        (NewConnectionError(CONNECTION, "x"), Cause.UNREACHABLE),
        (ConnectTimeoutError("x"), Cause.UNREACHABLE),
        (TimeoutError("x"), Cause.TIMEOUT),
        (ReadTimeoutError(POOL, "/", "x"), Cause.TIMEOUT),
        (ssl.SSLError("x"), Cause.CUT),
        (ConnectionResetError("x"), Cause.CUT),
        (ValueError("x"), Cause.CUT),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value.value,
)
@pytest.mark.parametrize("way", ["bare", "cause", "context", "reason", "argument"])
def test_a_cause_is_found_whatever_it_is_wrapped_in(
    error: Exception, cause: Cause, way: str
) -> None:
    """requests and urllib3 hide it in their own exceptions, each in another way."""
    wrapped: dict[str, Exception] = {
        "bare": error,
        "cause": RequestException(),
        "context": RequestException(),
        "reason": MaxRetryError(POOL, "/", error),
        "argument": RequestException(RequestException(error)),
    }
    wrapped["cause"].__cause__ = wrapped["context"].__context__ = error
    assert fault_of(wrapped[way]) == Fault(cause=cause)


def test_the_first_cause_on_the_way_to_bpjs_counts() -> None:
    """A connection that came to nothing because the name is not known has one cause: the name."""
    failed = NewConnectionError(CONNECTION, "x")
    failed.__context__ = socket.gaierror(-2, "Name or service not known")
    assert fault_of(failed) == Fault(cause=Cause.DNS)


def test_exceptions_that_name_each_other_come_to_an_end() -> None:
    one, two = RequestException(), RequestException()
    one.__cause__, two.__context__ = two, one
    assert fault_of(one) == Fault(cause=Cause.CUT)


@pytest.mark.parametrize("raised", [RequestException, HTTPError, OSError, ValueError])
def test_whatever_the_network_raises_is_a_fault_and_a_bug_is_none(
    raised: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(error: type[Exception]) -> Callable[..., None]:
        def exchange(*_: object, **__: object) -> None:
            raise error

        return exchange

    monkeypatch.setattr(Transport, "exchange", fail(raised))
    assert client("http://127.0.0.1:1").call("add", BODY) == Fault(cause=Cause.CUT)
    monkeypatch.setattr(Transport, "exchange", fail(KeyError))
    with pytest.raises(KeyError):
        client("http://127.0.0.1:1").call("add", BODY)
