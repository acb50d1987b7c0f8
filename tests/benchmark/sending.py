"""Sending: how near the pass's machinery comes to what its workers can do at BPJS's pace."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import NamedTuple

import certifi
import requests

from antrean_cli.bpjs.client import Client
from antrean_cli.bpjs.signature import signed_headers
from antrean_cli.config.settings import BpjsSettings, load
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.codes import Kind, State, Step
from antrean_cli.rules.pacing import Pacing
from antrean_cli.rules.push import Push, Record
from antrean_cli.sync.deliver import Delivery
from tests.benchmark.tools import Figure, at_least, now, stand_in
from tests.support.site import CONS_ID, SECRET_KEY, USER_KEY, WIB

STEPS = ("3", "4", "5", "6", "7")


class Case(NamedTuple):
    """So many workers at so many seconds a call, and the share of their limit to be reached."""

    workers: int
    latency: float
    target: float  # percent
    bookings: int  # three calls each

    @property
    def limit(self) -> float:
        """Calls a second that the workers could make if they did nothing but wait."""
        return self.workers / self.latency


# Many workers and short waits show what a call costs this computer: the workers share one
# interpreter, and 640 calls a second leave 1.6 ms for each.
CASES = (
    Case(workers=16, latency=0.2, target=95, bookings=500),
    Case(workers=64, latency=0.1, target=85, bookings=3000),
)


def run(*, quick: bool) -> Iterator[Figure]:
    """Yield the share of the limit that a pass reaches, case by case.

    For the first case also what the two usual ways reach.
    """
    bundle = _certificate(Path.cwd())
    for case in CASES:
        yield from _case(case, bundle, quick=quick)


def _case(case: Case, bundle: Path, *, quick: bool) -> Iterator[Figure]:
    folder, name = Path.cwd(), f"{case.workers} workers at {case.latency * 1000:.0f} ms a call"
    day = datetime.combine(now().date() - timedelta(days=1), datetime.min.time(), WIB)
    records = [record_of(number, day) for number in range(case.bookings // (2 if quick else 1))]
    known = [(record.kodebooking, day.date().isoformat()) for record in records]
    with stand_in(known, latency=case.latency, certificate=folder / "server.pem") as url:
        env = {
            "BPJS_BASE_URL": url,
            "BPJS_CONS_ID": CONS_ID,
            "BPJS_SECRET_KEY": SECRET_KEY,
            "BPJS_USER_KEY": USER_KEY,
            "BPJS_CA_BUNDLE": str(bundle),
            "ANTREAN_WORKERS": str(case.workers),
        }
        yield Figure(f"the limit of {name}", f"{case.limit:.0f} /s")
        before = time.process_time()
        calls, seconds = _pass(records, env, folder / f"ledger-{case.workers}.sqlite3")
        busy = time.process_time() - before
        yield Figure(
            f"the pass: {calls} tasks of {len(records)} bookings, ledger on disk",
            f"{calls / seconds:.1f} /s",
        )
        share = 100 * calls / seconds / case.limit
        yield at_least("the pass, share of the limit", share, "{:.1f} %", case.target)
        yield Figure("the pass, processor time a call", f"{1000 * busy / calls:.2f} ms")
        if case == CASES[0]:
            yield from _usual_ways(case, env, known[0][0], 160 if quick else 640)


def _usual_ways(case: Case, env: dict[str, str], kodebooking: str, calls: int) -> Iterator[Figure]:
    settings = load(env_file=None, state=None, needs=frozenset({"bpjs"}), environ=env).bpjs
    ways = (
        ("requests.post without a session", requests.post),
        ("one Session as it comes", requests.Session().post),
    )
    for name, post in ways:
        seconds = _usual(case, post, settings, kodebooking, calls)
        share = 100 * calls / seconds / case.limit
        yield Figure(f"{name}, share of the limit ({calls} calls)", f"{share:.1f} %")


def record_of(number: int, day: datetime) -> Record:
    """Return a booking with one to five tasks due."""
    times = {
        step: day + timedelta(hours=8, seconds=number, minutes=10 * int(step))
        for step in STEPS[: 1 + number % 5]
    }
    pushes = {
        step: Push(step=Step(step), state=State.DUE, recorded=waktu, waktu=waktu)
        for step, waktu in times.items()
    }
    kodebooking = f"{day:%Y%m%d}{number:06}"
    return Record(kodebooking=kodebooking, kind=Kind.MOBILEJKN, tanggal=day.date(), pushes=pushes)


def _pass(records: list[Record], env: dict[str, str], state: Path) -> tuple[int, float]:
    """Deliver all that is due; return the number of calls and the seconds."""
    settings = load(env_file=None, state=state, needs=frozenset({"bpjs"}), environ=env)
    with Ledger.open(state, WIB) as ledger:
        with ledger.transaction():
            for record in records:
                ledger.save(None, record, now())
        began = time.monotonic()
        pacing = Pacing.beginning(settings.workers, None, began, now())
        delivery = Delivery(
            client=Client(settings.bpjs, connections=pacing.most),
            ledger=ledger,
            policy=settings.policy,
            visits={},
            pacing=pacing,
            deadline=began + 600,
            clock=now,
            stop=Event(),
        )
        sent = sum(map(len, delivery.run(ledger.unfinished())))
        seconds = time.monotonic() - began
        assert not ledger.unfinished(), "not everything was sent"
    return sent, seconds


def _usual(
    case: Case,
    post: Callable[..., requests.Response],
    bpjs: BpjsSettings,
    kodebooking: str,
    calls: int,
) -> float:
    """Send as programs usually do; return the seconds."""
    body = json.dumps({"kodebooking": kodebooking, "taskid": "3", "waktu": 1})

    def call(_: int) -> None:
        stamp = str(int(time.time()))
        answer = post(
            f"{bpjs.base_url}/antrean/updatewaktu",
            data=body,
            headers={"Content-Type": "application/json", **signed_headers(bpjs, stamp)},
            verify=bpjs.ca_bundle,
        )
        assert answer.json()["metadata"]["code"] == 208, answer.text  # the pass has sent it before

    with ThreadPoolExecutor(case.workers) as pool:
        began = time.monotonic()
        list(pool.map(call, range(calls)))
        return time.monotonic() - began


def _certificate(folder: Path) -> Path:
    """Make a certificate for 127.0.0.1, and return a bundle that trusts it.

    Certificate and key stand together in server.pem.
    """
    openssl = shutil.which("openssl")
    assert openssl, "openssl is needed to make a certificate: apt-get install openssl"
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = [
        openssl,
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=127.0.0.1",
    ]
    command += [
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        str(key),
        "-out",
        str(certificate),
    ]
    subprocess.run(command, check=True, capture_output=True)
    (folder / "server.pem").write_bytes(key.read_bytes() + certificate.read_bytes())
    # With all authorities of the world, as whoever talks to the real BPJS has them: loading them
    # takes its time.
    bundle = folder / "bundle.pem"
    bundle.write_bytes(Path(certifi.where()).read_bytes() + certificate.read_bytes())
    return bundle
