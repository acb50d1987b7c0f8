"""SIGTERM and Ctrl-C at random moments: the calls in flight are finished and recorded, and no more
are started.

- What BPJS took is exactly what the ledger calls sent, right after every signal; so nothing is
  asked or told again.
- Exit code 143 or 130. Before the program listens to signals the system ends it: to a shell that is
  the same code, to Python -15 or -2. A pass that was over all the same is 0.
- A second signal leaves now: what was in flight is found in `sending`, and settled by the next
  pass.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections import Counter
from contextlib import closing
from itertools import cycle
from random import Random
from signal import SIGCONT, SIGINT, SIGSTOP, SIGTERM, Signals
from subprocess import Popen

import pytest

from tests.attacks.arrivals import (
    LIST,
    PHASES,
    Arrivals,
    accepted,
    misrecorded,
    patients,
    running,
    states,
    wait_for_moment,
)
from tests.attacks.attack import Attack
from tests.support.mariadb import MariaDB
from tests.support.patients import GONE_HOME
from tests.support.site import Site, wait_for

BOTH = (SIGTERM, SIGINT)
pytestmark = pytest.mark.usefixtures("interruptible")


def all_sent(site: Site, visits: list[str]) -> bool:
    """Return whether BPJS holds what there is to say of these patients."""
    return all(site.held_at_bpjs(no_rawat) == GONE_HOME for no_rawat in visits)


def stop(arrivals: Arrivals, phase: str) -> tuple[str, float]:
    """Start a pass and send it a signal in one of the PHASES; return how it ended, and after how
    many seconds.
    """
    site, random, heard = arrivals.site, arrivals.random, len(arrivals.site.bpjs.arrived)
    number, workers = random.choice(BOTH), random.randint(1, 16)
    site.bpjs.latency = random.choice((0, 0.02, 0.3))
    with running(site, "sync", "--workers", str(workers)) as process:
        wait_for_moment(phase, process, site, random)
        then = standing_still(process, site, number)
        began = time.monotonic()
        output = process.communicate(timeout=60)
    end = ending(number, process.returncode, *output)
    assert len(site.bpjs.arrived) <= then + workers
    assert end != "unheard" or len(site.bpjs.arrived) == heard
    assert end != "over" or "due" not in states(site).values()
    return end, time.monotonic() - began


def standing_still(process: Popen[str], site: Site, number: Signals) -> int:
    """Send a signal to a program that is frozen for a moment; return how many calls BPJS had heard
    of then.
    """
    process.send_signal(SIGSTOP)
    if process.returncode is None:
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    process.send_signal(number)
    heard = len(site.bpjs.arrived)
    process.send_signal(SIGCONT)
    return heard


def ending(number: Signals, code: int, out: str, err: str) -> str:
    """Return how a pass ended that was sent a signal; anything else is wrong."""
    if (code, out, err) == (128 + number, "", ""):
        return "in order"
    if (code, out, err) == (0, "", ""):
        return "over"
    # Python's own words for a Ctrl-C while it loads itself.
    loading = number == SIGINT and err.endswith("KeyboardInterrupt\n")
    assert out == ""
    assert not err or loading
    assert code == -number or (code == 1 and loading)
    return "unheard"


def test_a_signal_at_any_moment_ends_a_pass_in_order(site: Site, attack: Attack) -> None:
    """Nothing in flight is lost, so that not one call of the whole day is repeated."""
    arrivals, ends, longest = Arrivals(site, attack.random()), Counter[str](), 0.0
    wanted = attack.size(always=5, all=90)
    site.clock.at("06:40")
    arrivals.come(attack.size(always=40, all=600))
    assert site.run("sync", CLOCK=site.clock.now.isoformat()).returncode == 0
    turns = cycle(PHASES)
    while ends.total() - ends["over"] < wanted:
        site.clock.forward(minutes=500 / wanted)
        arrivals.until(site.clock.now)
        end, seconds = stop(arrivals, next(turns))
        assert misrecorded(site) == set()
        ends[end] += 1
        longest = max(longest, seconds)
    arrivals.evening()
    assert arrivals.wrong() == []
    assert arrivals.out_of_order() == []
    assert set(Counter(accepted(site)).values()) == {1}
    assert {208, LIST}.isdisjoint(
        {one.code for one in site.bpjs.received} | {one.path for one in site.bpjs.received}
    )
    attack.measured(
        "SIGTERM and Ctrl-C at random moments",
        f"{ends['in order']} in order, {ends['unheard']} during "
        f"start-up, {len(accepted(site))} pushes: "
        f"0 in flight lost, 0 repeated, left within {longest:.1f} s",
    )


def test_a_second_signal_leaves_at_once_and_loses_nothing(site: Site, attack: Attack) -> None:
    """The calls in flight stay in `sending`; the next pass finds out what became of them."""
    random, in_flight, times = attack.random(), 0, attack.size(always=1, all=15)
    for day in range(times):
        site.clock.at("09:00", day=day)
        visits = patients(site, 5)
        site.bpjs.latency = 20
        in_flight += twice(site, random)
        site.bpjs.latency = 0
        assert site.run("sync", CLOCK=site.clock.now.isoformat()).returncode == 0
        assert all_sent(site, visits)
        assert misrecorded(site) == set()
    assert set(Counter(accepted(site)).values()) == {1}
    attack.measured(
        "a second signal while calls are in flight",
        f"{times} times, {in_flight} calls cut off: 0 lost",
    )


def twice(site: Site, random: Random) -> int:
    """Send two signals to a pass that has calls in flight; return how many it left behind."""
    heard = len(site.bpjs.arrived)
    with running(site, "sync", "--workers", "4") as process:
        wait_for(lambda: len(site.bpjs.arrived) == heard + 4)
        process.send_signal(random.choice(BOTH))
        time.sleep(random.uniform(0.05, 0.5))  # signals that meet count as one
        assert process.poll() is None
        process.send_signal(number := random.choice(BOTH))
        assert process.communicate(timeout=15) == ("", "")
    assert process.returncode == 128 + number
    left = list(states(site).values()).count("sending")
    assert left == 4
    return left


@pytest.mark.parametrize("number", BOTH)
def test_a_signal_while_khanza_thinks_ends_the_pass(
    site: Site, mariadb: MariaDB, number: Signals
) -> None:
    """A table that somebody has locked does not keep the program from leaving."""
    visits = patients(site, 1)
    with mariadb.admin() as connection, connection.cursor() as cursor:
        cursor.execute("LOCK TABLES reg_periksa WRITE")
        with running(site, "sync") as process:
            wait_for(mariadb.is_waited_for)
            process.send_signal(number)
            assert process.communicate(timeout=8) == ("", "")  # before Khanza's own time-out
        assert process.returncode == 128 + number
    assert site.bpjs.arrived == []
    assert site.run("sync", CLOCK=site.clock.now.isoformat()).returncode == 0
    assert all_sent(site, visits)


def test_a_signal_while_a_commit_waits_loses_nothing(site: Site, attack: Attack) -> None:
    """Another process holds the ledger: what is in flight is recorded as soon as that lets go."""
    random = attack.random()
    site.bpjs.latency = 0.3
    for day in range(attack.size(always=1, all=10)):
        site.clock.at("09:00", day=day)
        visits, number = patients(site, 8), random.choice(BOTH)
        heard = len(site.bpjs.arrived)
        with running(site, "sync") as process:
            wait_for(lambda heard=heard: len(site.bpjs.arrived) >= heard + 4)  # type: ignore[misc]
            with closing(sqlite3.connect(site.state, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                time.sleep(random.uniform(0, 0.6))  # before, when or after the answers come
                process.send_signal(number)
                time.sleep(random.uniform(0, 0.6))
            assert process.communicate(timeout=30) == ("", "")
        assert process.returncode == 128 + number
        assert misrecorded(site) == set()
        assert site.run("sync", CLOCK=site.clock.now.isoformat()).returncode == 0
        assert all_sent(site, visits)
    assert {one.code for one in site.bpjs.received} == {200}
