"""Sending: how near the pass's own machinery comes to what so many workers can
do at BPJS's pace.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Event

import certifi
import requests

from antrean_cli.bpjs.client import Client, signed_headers
from antrean_cli.config.settings import BpjsSettings, load
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.chain import DUE, Push, Record
from antrean_cli.sync.deliver import Delivery
from tests.benchmark.tools import Figure, at_least, now, stand_in
from tests.support.site import CONS_ID, SECRET_KEY, USER_KEY, WIB

WORKERS, LATENCY = 16, 0.2
STEPS = ("3", "4", "5", "6", "7")


def run(*, quick: bool) -> Iterator[Figure]:
    """Yield the share of N/latency that the pass reaches, and that of the two usual ways."""
    folder = Path.cwd()
    bundle = _certificate(folder)
    day = datetime.combine(now().date() - timedelta(days=1), datetime.min.time(), WIB)
    records = [_record(number, day) for number in range(200 if quick else 500)]
    known = [(record.kodebooking, day.date().isoformat()) for record in records]
    with stand_in(known, latency=LATENCY, certificate=folder / "server.pem") as url:
        env = {
            "BPJS_BASE_URL": url,
            "BPJS_CONS_ID": CONS_ID,
            "BPJS_SECRET_KEY": SECRET_KEY,
            "BPJS_USER_KEY": USER_KEY,
        }
        env |= {"BPJS_CA_BUNDLE": str(bundle), "ANTREAN_WORKERS": str(WORKERS)}
        yield Figure(
            f"the limit of {WORKERS} workers at {LATENCY * 1000:.0f} ms a call",
            f"{WORKERS / LATENCY:.0f} /s",
        )
        before = time.process_time()
        calls, seconds = _pass(records, env, folder / "ledger.sqlite3")
        busy = time.process_time() - before
        yield Figure(
            f"the pass: {calls} tasks of {len(records)} bookings, ledger on disk",
            f"{calls / seconds:.1f} /s",
        )
        yield at_least("the pass, share of the limit", _share(calls, seconds), "{:.1f} %", 95)
        yield Figure("the pass, processor time a call", f"{1000 * busy / calls:.2f} ms")
        settings = load(env_file=None, state=None, needs=frozenset({"bpjs"}), environ=env).bpjs
        plain = requests.Session()
        for name, post in (
            ("requests.post without a session", requests.post),
            ("one Session as it comes", plain.post),
        ):
            calls, seconds = _usual(post, settings, known[0][0], 160 if quick else 640)
            yield Figure(
                f"{name}, share of the limit ({calls} calls)", f"{_share(calls, seconds):.1f} %"
            )


def _share(calls: int, seconds: float) -> float:
    return 100 * calls / seconds / (WORKERS / LATENCY)


def _record(number: int, day: datetime) -> Record:
    """Return a booking with one to five tasks due."""
    times = {
        step: day + timedelta(hours=8, seconds=number, minutes=10 * int(step))
        for step in STEPS[: 1 + number % 5]
    }
    pushes = {
        step: Push(step=step, state=DUE, recorded=waktu, waktu=waktu)
        for step, waktu in times.items()
    }
    kodebooking = f"{day:%Y%m%d}{number:06}"
    return Record(kodebooking=kodebooking, kind="mobilejkn", tanggal=day.date(), pushes=pushes)


def _pass(records: list[Record], env: dict[str, str], state: Path) -> tuple[int, float]:
    """Deliver all that is due; return the number of calls and the seconds."""
    settings = load(env_file=None, state=state, needs=frozenset({"bpjs"}), environ=env)
    with Ledger.open(state, WIB) as ledger:
        with ledger.transaction():
            for record in records:
                ledger.save(None, record, now())
        began = time.monotonic()
        delivery = Delivery(
            client=Client(settings.bpjs, connections=WORKERS),
            ledger=ledger,
            policy=settings.policy,
            visits={},
            workers=WORKERS,
            deadline=began + 600,
            clock=now,
            stop=Event(),
        )
        sent = sum(map(len, delivery.run(ledger.unfinished())))
        seconds = time.monotonic() - began
        assert not ledger.unfinished(), "not everything was sent"
    return sent, seconds


def _usual(
    post: Callable[..., requests.Response], bpjs: BpjsSettings, kodebooking: str, calls: int
) -> tuple[int, float]:
    """Send as programs usually do; return the number of calls and the seconds."""
    body = json.dumps({"kodebooking": kodebooking, "taskid": "3", "waktu": 1})
    numbers = count()

    def call(_: int) -> int:
        headers = {
            "Content-Type": "application/json",
            **signed_headers(bpjs, str(int(time.time()))),
        }
        answer = post(
            f"{bpjs.base_url}/antrean/updatewaktu",
            data=body,
            headers=headers,
            verify=bpjs.ca_bundle,
        )
        assert answer.json()["metadata"]["code"] == 208, answer.text  # the pass has sent it before
        return next(numbers)

    with ThreadPoolExecutor(WORKERS) as pool:
        began = time.monotonic()
        list(pool.map(call, range(calls)))
        return next(numbers), time.monotonic() - began


def _certificate(folder: Path) -> Path:
    """Make a certificate for 127.0.0.1, its key beside it in server.pem; return a bundle that
    trusts it.
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
