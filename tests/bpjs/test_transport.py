"""Connections: deadlines, TLS, what the environment says, and many calls at once."""

from __future__ import annotations

import socket
import ssl
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from antrean_cli.errors import SettingsError
from antrean_cli.rules.answers import Reply
from antrean_cli.rules.causes import Cause
from antrean_cli.rules.faults import Fault
from antrean_cli.simulator import faults
from antrean_cli.simulator.server import Simulator
from tests.bpjs.using import BODY, at_most, booked, client
from tests.support.canned import canned, metadata
from tests.support.certificates import self_signed
from tests.support.site import CONS_ID, MONDAY, SECRET_KEY, USER_KEY


def test_a_connection_that_bpjs_closed_meanwhile_is_opened_anew(simulator: Simulator) -> None:
    booked(simulator)
    one = client(simulator.url)
    assert isinstance(one.call("getlisttask", BODY), Reply)
    simulator.stop()
    simulator.start()
    assert isinstance(one.call("getlisttask", BODY), Reply)


@pytest.mark.parametrize("name", ["drip", "drip_headers", "timeout_before", "timeout_after"])
def test_a_call_ends_in_time_whatever_trickles_in(simulator: Simulator, name: Any) -> None:
    """The time is for the whole call: a byte now and then does not stretch it."""
    booked(simulator)
    simulator.faults.add(faults.Fault(name, interval=0.3, seconds=30))
    with at_most(8):
        found = client(simulator.url, timeout=1).call("getlisttask", BODY)
    assert found == Fault(cause=Cause.TIMEOUT)


def test_a_call_has_all_of_its_time(simulator: Simulator) -> None:
    booked(simulator)
    simulator.latency = 0.4
    one = client(simulator.url, timeout=1)
    for _ in range(4):  # each call has its own
        assert isinstance(one.call("getlisttask", BODY), Reply)


def test_a_call_whose_time_is_up_says_nothing_any_more() -> None:
    with canned(metadata(200)) as server:
        one = client(server.url)
        assert isinstance(one.call("add", BODY), Reply)
        assert one.call("add", BODY, within=1e-9) == Fault(cause=Cause.TIMEOUT)
        assert len(server.heard) == 1


def test_a_call_may_have_less_time_than_the_setting_but_never_more(simulator: Simulator) -> None:
    for timeout, within in ((30.0, 1.0), (1.0, 30.0)):
        simulator.faults.add(faults.Fault("timeout_before", seconds=25))
        with at_most(8):
            found = client(simulator.url, timeout=timeout).call("add", BODY, within=within)
        assert found == Fault(cause=Cause.TIMEOUT)


def test_a_handshake_that_never_comes_ends_in_time() -> None:
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/x"
        with at_most(8):
            found = client(url, timeout=1).call("add", BODY)
    assert found == Fault(cause=Cause.TIMEOUT)


@contextmanager
def tls(pem: Path) -> Iterator[Simulator]:
    with Simulator(
        cons_id=CONS_ID, secret_key=SECRET_KEY, user_key=USER_KEY, certificate=pem
    ) as bpjs:
        booked(bpjs)
        yield bpjs


def refused(
    bpjs: Simulator, ca_bundle: Path | None, cause: Cause = Cause.TLS_UNKNOWN_ISSUER
) -> None:
    found = client(bpjs.url, ca_bundle=ca_bundle).call("getlisttask", BODY)
    assert found == Fault(cause=cause)
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


@pytest.mark.parametrize(
    ("kind", "cause"),
    [
        ("elsewhere", Cause.TLS_OTHER_NAME),
        ("expired", Cause.TLS_EXPIRED),
        ("tomorrow", Cause.TLS_NOT_YET_VALID),
    ],
)
def test_a_certificate_of_another_host_or_time_is_refused(
    pems: dict[str, Path], kind: str, cause: Cause
) -> None:
    with tls(pems[kind]) as bpjs:
        refused(bpjs, pems["authority"], cause)


def test_a_certificate_of_another_name_is_told_by_name_too(pems: dict[str, Path]) -> None:
    with tls(pems["elsewhere"]) as bpjs:
        found = client(
            bpjs.url.replace("127.0.0.1", "localhost"), ca_bundle=pems["authority"]
        ).call("getlisttask", BODY)
    assert found == Fault(cause=Cause.TLS_OTHER_NAME)


def test_a_certificate_that_vouches_for_itself_is_told_as_that(tmp_path: Path) -> None:
    with tls(self_signed(tmp_path)) as bpjs:
        refused(bpjs, None, Cause.TLS_SELF_SIGNED)


def test_a_proxy_that_shows_its_own_authority_is_told_as_that(pems: dict[str, Path]) -> None:
    """It sends the whole chain, up to an authority that only it knows."""
    with tls(pems["chain"]) as bpjs:
        refused(bpjs, pems["other"], Cause.TLS_SELF_SIGNED)


def test_a_server_without_tls_is_told_as_that(simulator: Simulator) -> None:
    found = client(simulator.url.replace("http:", "https:")).call("getlisttask", BODY)
    assert found == Fault(cause=Cause.TLS_NOT_SPOKEN)


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
            assert one.call("getlisttask", BODY) == Fault(cause=Cause.TIMEOUT)


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
    """Patients' data go to BPJS, and to nobody in between."""
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


@pytest.mark.parametrize("cookie", ["a=b", "a=b; Max-Age"])
def test_a_cookie_is_neither_read_nor_sent_back(cookie: str) -> None:
    """Python's own reader warns, with a traceback, of one whose Max-Age has no value."""
    with canned(metadata(200), headers={"Set-Cookie": cookie}) as server:
        one = client(server.url)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert [type(one.call("add", BODY)) for _ in range(2)] == [Reply, Reply]
    assert ["cookie" in headers for headers, _ in server.heard] == [False, False]


def test_a_netrc_adds_no_credentials(tmp_path: Path) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login orang password lain\n")
    netrc.chmod(0o600)
    with canned(metadata(200)) as server:
        client(server.url).call("add", BODY)
    assert "authorization" not in server.heard[0][0]


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
    """Over sixteen connections at most, each answer decrypted by its own request's timestamp.

    Between two rounds all of them are idle: what is not kept then would be opened anew.
    """
    together = threading.Barrier(16, timeout=60)
    with tls(pems["good"]) as bpjs, Counting(bpjs.port) as door:
        for number in range(16):
            at = int(datetime(2026, 11, 23, 8, number, tzinfo=timezone.utc).timestamp() * 1000)
            bpjs.bookings.mobile_jkn(f"B{number}", MONDAY.isoformat(), [{"taskid": 3, "waktu": at}])
        bpjs.latency = 0.02
        one = client(
            f"https://127.0.0.1:{door.port}/antreanrs", connections=16, ca_bundle=pems["authority"]
        )

        def ask(number: int) -> set[str]:
            found = []
            for _ in range(5):
                together.wait()
                found.append(one.call("getlisttask", {"kodebooking": f"B{number}"}))
            lists: list[Any] = [reply.response for reply in found if isinstance(reply, Reply)]
            return {row.wakturs for rows in lists for row in rows}

        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(ask, range(16)))
        assert door.count <= 16
    assert answers == [{f"23-11-2026 15:{number:02}:00 WIB"} for number in range(16)]
    assert len(bpjs.received) == 16 * 5


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
