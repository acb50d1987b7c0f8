"""Single pushes that BPJS never answers, or contradicts itself about, in a morning of others.

- The firewall answers one body with its page for ever; a booking gets no answer to anything; BPJS
  asks before a task for one that is there.
- Everybody else goes out in the minute in which Khanza has them, nobody is told of an outage, and
  what is in trouble is told once, tried a few times only, and goes out once it can.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, time, timedelta

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.outages import OutageKind
from antrean_cli.simulator.faults import Fault
from tests.attacks.attack import Attack
from tests.support.patients import patient
from tests.support.site import MONDAY, WIB, Site

ADD, UPDATE = "/antrean/add", "/antrean/updatewaktu"
BEGIN = datetime.combine(MONDAY, time(8), WIB)
MINUTE = timedelta(minutes=1)
MORNING, PATIENTS = 60, 20  # minutes, and patients in the first half of them
MOST_TRIES = 24  # of one booking in that hour: a push at 0, 1, 2, 4 … minutes, its look-ups besides

# What can be wrong with one booking alone.
POISONS: dict[str, list[Fault]] = {
    "a body that the firewall holds back": [Fault("request_rejected", path=ADD, times=None)],
    "a body that the firewall forbids": [Fault("forbidden", path=ADD, times=None)],
    "a body that breaks the gateway": [Fault("http_500", path=ADD, times=None)],
    "a task that the firewall holds back": [
        Fault("request_rejected", path=UPDATE, taskid=4, times=None)
    ],
    "a booking that nothing comes back of": [Fault("refuse_connection", times=None)],
    "a booking whose answers are empty": [Fault("empty", times=None)],
    "a contradiction": [Fault("contradiction", path=UPDATE, taskid=4, times=None)],
}


SENT = {"add": "sent", "3": "sent", "4": "sent"}


def test_one_pushs_trouble_is_nobody_elses(site: Site, attack: Attack) -> None:
    random, rounds = attack.random(), attack.size(always=1, all=40)
    told = most_tries = 0
    for number in range(rounds):
        site.clock.now = BEGIN + timedelta(days=7 * number)
        kinds = random.sample([*POISONS], 3)
        comes = sorted(random.randrange(MORNING // 2) for _ in range(PATIENTS))
        unlucky = dict(zip(random.sample(range(PATIENTS), len(kinds)), kinds, strict=True))
        round_told, poisoned = _morning(site, comes, unlucky)
        told += round_told
        tries = sum(one.fault is not None for one in site.bpjs.arrived)
        most_tries = max(most_tries, tries)
        assert tries <= MOST_TRIES * len(kinds), kinds
        site.bpjs.faults.clear()
        assert site.run("retry", "--all", CLOCK=site.clock.now.isoformat()).returncode == 0
        site.sync(at_once=True)
        there = {state for one in poisoned for state in site.states(one).values()}
        assert there <= {"sent", "already"}, kinds
        site.bpjs.arrived.clear()
    attack.measured(
        f"{rounds} mornings, three bookings in each that BPJS never answers or contradicts",
        f"{rounds * (PATIENTS - 3)} others went out in their minute; no outage told, {told} "
        f"bookings told once, at most {most_tries} vain calls in an hour; 0 lost",
    )


def _morning(site: Site, comes: list[int], unlucky: dict[int, str]) -> tuple[int, set[str]]:
    """Let patients come, a pass a minute; return how many were told of, and who was unlucky."""
    begin, told, poisoned = site.clock.now, list[str](), set[str]()
    for minute in range(MORNING):
        site.clock.now = begin + minute * MINUTE
        came = [number for number, at in enumerate(comes) if at == minute]
        seen = {_patient(site): unlucky.get(number) for number in came}
        for no_rawat, poison in seen.items():
            if poison:
                poisoned.add(no_rawat)
                site.bpjs.faults.add(
                    *(replace(fault, kodebooking=no_rawat) for fault in POISONS[poison])
                )
        site.clock.forward(seconds=30)
        told += site.sync().told
        others = {one: site.states(one) for one in seen if one not in poisoned}
        assert all(states == SENT for states in others.values()), others
        with Ledger.open(site.state, WIB) as ledger:
            assert OutageKind.BPJS not in ledger.pass_state().outages
    named = Counter(one for text in told for one in poisoned if one in text)
    assert sum(named.values()) == len(told), told
    assert all(times == 1 for times in named.values()), told
    return len(told), poisoned


def _patient(site: Site) -> str:
    """Register a patient who is examined at once."""
    now = site.clock.now
    return patient(
        site,
        now.date(),
        jam=f"{now:%H:%M:%S}",
        exam=f"{now + timedelta(seconds=20):%H:%M:%S}",
    )
