"""Pacing: how much of what a gateway allows gets through, and how little of it is refused.

- Behind gateways of every kind in simulated time: the pace alone (tests/support/gateways.py).
- Then a real delivery, with its ledger on disk, against the stand-in BPJS behind its gate.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from threading import Event, Timer
from typing import NamedTuple

from antrean_cli.bpjs.client import Client
from antrean_cli.config.settings import load
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.codes import CallName, OutcomeKind
from antrean_cli.rules.pacing import Pacing
from antrean_cli.rules.push import Record
from antrean_cli.simulator.gate import Gate
from antrean_cli.simulator.server import Simulator
from antrean_cli.sync.deliver import LEAST_SECONDS_OF_A_PUSH, Delivery
from tests.benchmark.sending import record_of
from tests.benchmark.tools import Figure, now
from tests.support.gateways import GATEWAYS, play
from tests.support.site import CONS_ID, SECRET_KEY, USER_KEY, WIB

LATENCY = 0.2  # seconds a call
ALL = 16 / LATENCY  # calls a second without a limit
SHARE, REFUSED = 90, 5  # percent, at least and at most


class Case(NamedTuple):
    """One gate, and another one from a moment on, if it changes.

    `allowed` is how many calls a second it allows at last, `target` the percent of it to be
    reached.
    """

    name: str
    gate: Gate
    allowed: float
    then: Gate | None = None
    after: float = 0.0  # seconds


CASES = (
    Case("20 a second, burst 5", Gate(rate=20), 20),
    Case("6 connections", Gate(connections=6), 6 / LATENCY),
    Case("20 a second, then 10", Gate(rate=20), 10, then=Gate(rate=10), after=5),
    Case("nothing for the first second, then all", Gate(connections=0), ALL, Gate(), 1),
    Case("without a limit", Gate(), ALL),
)


def run(*, quick: bool) -> Iterator[Figure]:
    """Yield for each kind of gateway the share of what it allows, and the share refused."""
    for name, (gateway, seconds, allowed) in GATEWAYS.items():
        played = play(gateway(Random(1)), seconds, Pacing())
        share = 100 * len(played.through) / allowed
        yield _figure(f"{name} (simulated, {seconds:.0f} s)", share, 100 * played.refused_late)
    first, measured = (5, 5) if quick else (10, 15)
    for case in CASES:
        share, refused = _delivered(case, first, measured)
        yield _figure(
            f"{case.name} (stand-in, seconds {first} to {first + measured})", share, refused
        )


def _figure(what: str, share: float, refused: float) -> Figure:
    met = share >= SHARE and refused <= REFUSED
    target = f"≥ {SHARE} %, ≤ {REFUSED} %"
    return Figure(what, f"{share:5.1f} %, {refused:3.1f} % refused", target, met)


class _Count(NamedTuple):
    at: float
    through: int
    refused: int


def _delivered(case: Case, first: float, seconds: float) -> tuple[float, float]:
    """Deliver for so many seconds after the first ones.

    Return the percent of what was allowed in them that got through, and that of the calls that was
    refused; all that got through came once and in its order.
    """
    day = datetime.combine(now().date() - timedelta(days=1), datetime.min.time(), WIB)
    records = [record_of(number, day) for number in range(round(ALL * (first + seconds) / 2))]
    with Simulator(
        cons_id=CONS_ID,
        secret_key=SECRET_KEY,
        user_key=USER_KEY,
        latency=LATENCY,
        gate=case.gate,
    ) as bpjs:
        for record in records:
            bpjs.bookings.mobile_jkn(record.kodebooking, record.tanggal.isoformat())
        if case.then:
            Timer(case.after, setattr, (bpjs, "gate", case.then)).start()
        counts = list(_counts(bpjs, records, first + seconds))
    assert {one.code for one in bpjs.received} == {200}, "not once, or not in its order"
    before = next(count for count in counts if count.at >= first)
    last = counts[-1]
    through, refused = last.through - before.through, last.refused - before.refused
    return (
        100 * through / (case.allowed * (last.at - before.at)),
        100 * refused / (through + refused),
    )


def _counts(bpjs: Simulator, records: list[Record], seconds: float) -> Iterator[_Count]:
    """Deliver what is due for so many seconds; yield what came of it by then, again and again."""
    state = Path(f"pacing-{time.monotonic_ns()}.sqlite3").absolute()
    settings = load(env_file=None, state=state, needs=frozenset({"bpjs"}), environ=_env(bpjs.url))
    with Ledger.open(state, WIB) as ledger:
        with ledger.transaction():
            for record in records:
                ledger.save(None, record, now())
        began = time.monotonic()
        delivery = Delivery(
            client=Client(settings.bpjs, connections=16),
            ledger=ledger,
            policy=settings.policy,
            visits={},
            pacing=Pacing.beginning(None, None, began, now()),
            deadline=began + seconds + LEAST_SECONDS_OF_A_PUSH,
            clock=now,
            stop=Event(),
        )
        for _ in delivery.run(ledger.unfinished()):
            through = delivery.calls[f"{CallName.UPDATE} {OutcomeKind.DONE}"]
            yield _Count(time.monotonic() - began, through, delivery.pacing.refused)
        assert through == len(bpjs.received), "the ledger and BPJS differ"
        assert delivery.unfinished, "there was not enough to send"
        assert not ledger.pass_state().outages, "an outage was told"
        assert delivery.breaker.faults_in_row == 0


def _env(url: str) -> Mapping[str, str]:
    return {
        "BPJS_BASE_URL": url,
        "BPJS_CONS_ID": CONS_ID,
        "BPJS_SECRET_KEY": SECRET_KEY,
        "BPJS_USER_KEY": USER_KEY,
    }
