"""What keeps an answer from coming, and what is told of it."""

from __future__ import annotations

import pytest

from antrean_cli.rules.answers import Reply
from antrean_cli.rules.faults import Cause, Fault
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


@pytest.mark.parametrize("location", ["http://[", "/\xff\xfe", "http://127.0.0.1:1/"])
def test_a_redirect_is_a_fault_wherever_it_leads(location: str) -> None:
    with canned(b"", status=302, headers={"Location": location}) as server:
        found = client(server.url).call("add", BODY)
    assert found == Fault(cause=Cause.REDIRECTED, status=302)


@pytest.mark.parametrize("status", [200, 299, 400, 428, 430, 503])
def test_an_answer_without_an_envelope_tells_its_status_and_when_to_come_again(status: int) -> None:
    with canned(b"", status=status, headers={"Retry-After": "7"}) as server:
        found = client(server.url).call("add", BODY)
    assert found == Fault(cause=Cause.NO_ENVELOPE, status=status, retry_after=7.0)


def test_too_many_requests_are_told_as_overload() -> None:
    with canned(b"", status=429, headers={"Retry-After": "7"}) as server:
        found = client(server.url).call("add", BODY)
    assert found == Fault(cause=Cause.OVERLOADED, status=429, retry_after=7.0)


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
