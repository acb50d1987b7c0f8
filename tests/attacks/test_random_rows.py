"""Weeks of a hospital whose rows arrive late, dated back, corrected, deleted, merged and
un-cancelled.

- Khanza is the real MariaDB, BPJS is healthy: so nothing may be told twice, and nothing may be
  missing.
- Passes come at random distances; at night everything that was owed must have been told.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random

from tests.attacks.attack import Attack
from tests.attacks.world import CHANGES, Change, Judge, World
from tests.support.site import Site

MORNING, NIGHT = "07:30", timedelta(minutes=61)
LAST_DAYS = 8  # after the last change: H+7 of all is over


def test_random_rows_of_weeks_reach_bpjs_once_and_in_order(site: Site, attack: Attack) -> None:
    """What BPJS hears is owed when it hears it, and every night nothing is owed any more."""
    site.clock.at(MORNING)
    random, many = attack.random(), attack.size(always=100, all=5000)
    world = World(site.khanza, site.bpjs, site.clock)
    judge, days = Judge(world, add=("mobilejkn", "onsite", "nonjkn")), 0
    changes = decks(random)
    while sum(world.changes.values()) < many:
        work(site, judge, random, changes)
        sleep(site, judge)
        days += 1
        site.clock.at(MORNING, day=days)
    for day in range(days, days + LAST_DAYS):
        site.clock.at(MORNING, day=day)
        sleep(site, judge)
    judge.confirm(site.bpjs.bookings.snapshot())
    assert len(world.changes) == len(set(CHANGES)), "every kind of change has happened"
    attack.measured(
        f"{many} random rows and changes over {days} days",
        f"{len(world.visits)} visits, {judge.judged} requests, each owed "
        f"and none twice; nothing owed was missing",
    )


def decks(random: Random) -> Iterator[Change]:
    """Yield changes at random for ever, each kind in good time."""
    while True:
        yield from random.sample(CHANGES, len(CHANGES))


def work(site: Site, judge: Judge, random: Random, changes: Iterator[Change]) -> None:
    """Let a day of about 125 changes go by, with passes between them."""
    for _ in range(50):
        for _ in range(random.randrange(6)):
            judge.world.change(next(changes), random)
        site.clock.forward(minutes=random.choice((1, 1, 1, 2, 4, 6, 15, 40)))
        sync(site, judge)


def sleep(site: Site, judge: Judge) -> None:
    """Let all delays, the day, and the next look at all days pass; then nothing may be owed."""
    site.clock.now = max(site.clock.now, site.clock.now.replace(hour=22))
    for _ in range(3):
        site.clock.now += NIGHT
        sync(site, judge)
    assert judge.unpaid() == []


def sync(site: Site, judge: Judge) -> None:
    """Run one pass, and hold what BPJS received against the truth."""
    heard = len(site.bpjs.received)
    judge.look()
    site.sync(ANTREAN_ADD="mobilejkn,onsite,nonjkn")
    judge.judge(site.bpjs.received[heard:])
    assert judge.repeated == 0
