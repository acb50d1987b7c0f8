"""Thousands of hospitals whose cron starts a pass in the same second: calls a second at BPJS, with
and without a second of their own.
"""

from __future__ import annotations

from collections import Counter
from random import Random

from antrean_cli.rules.splay import delay_of
from tests.attacks.attack import Attack

HOSPITALS, MINUTES = 2400, 3
PUSHES = (5, 40)  # of a hospital in a minute of the morning
SIDE_BY_SIDE = (4, 16)
LATENCY = 0.2


def busiest_second(splay: int, random: Random) -> int:
    """Return how many calls arrive in the busiest second of all hospitals together."""
    calls: Counter[int] = Counter()
    for number in range(HOSPITALS):
        delay = delay_of(f"{10_000 + number}", splay)
        for minute in range(MINUTES):
            began = 60 * minute + delay + random.uniform(0.5, 2.5)  # start-up, reading Khanza
            side_by_side = random.randint(*SIDE_BY_SIDE)
            for push in range(random.randint(*PUSHES)):
                calls[int(began + LATENCY * (push // side_by_side))] += 1
    return max(calls.values())


def test_the_busiest_second_is_a_fraction_of_what_it_was(attack: Attack) -> None:
    alone, twenty, spread = (busiest_second(splay, attack.random()) for splay in (0, 20, 55))
    attack.measured(
        f"{HOSPITALS:,} hospitals with a pass a minute, {SIDE_BY_SIDE[0]} to {SIDE_BY_SIDE[1]} "
        "calls side by side",
        f"{alone:,} calls in BPJS's busiest second; {twenty:,} with ANTREAN_SPLAY=20, {spread:,} "
        "with 55",
    )
    assert twenty < alone / 4
    assert spread < twenty
