"""No rhythm of passes loses a task: one day of a hospital, looked at now and then.

- Khanza's own operations, statement by statement, on a real MariaDB; several BPJS and ledgers.
- A failing day is cut down to the actions that matter, and shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from tests.attacks.attack import Attack
from tests.attacks.lost_tasks import Verdict, judged
from tests.attacks.operations import Action, random_day
from tests.attacks.rhythms import BEGIN, EVERY_MINUTE, RHYTHMS, played
from tests.support.mariadb import MariaDB

OTHERS = [name for name in RHYTHMS if name != EVERY_MINUTE]
PARTS = 10  # of all days, so that several can be played side by side


@pytest.mark.parametrize("part", range(PARTS))
def test_no_rhythm_of_passes_loses_a_task(
    mariadb: MariaDB, tmp_path: Path, attack: Attack, part: int
) -> None:
    """What a pass a minute delivers, the others deliver too; and BPJS has nobody else's times."""
    random, days = Random(PARTS * attack.seed + part), attack.size(always=3, all=200)
    beyond = hasty = 0
    for number in range(days):
        actions = random_day(random)
        alur = random.choice(("erm", "erm", "erm", "berkas"))
        # With all of them each day; else one after the other.
        others = OTHERS if attack.all else [OTHERS[(part * days + number) % len(OTHERS)]]

        def verdict(
            some: Sequence[Action], others: Sequence[str] = others, alur: str = alur
        ) -> Verdict:
            names = [EVERY_MINUTE, *others]
            with played(mariadb, tmp_path / "day", some, names, alur) as day:
                return judged(day)

        found = verdict(actions)
        beyond, hasty = beyond + found.beyond, hasty + found.hasty
        if found.wrong:
            least = cut_down(actions, lambda some: bool(verdict(some).wrong))
            pytest.fail(
                f"day {number} of part {part}\n{told(least)}\n" + "\n".join(verdict(least).wrong)
            )
    attack.measured(
        f"{{days}} random days under {len(RHYTHMS)} rhythms of passes",
        "none lost what a pass a minute delivers but {hasty} tasks by having looked earlier; "
        "{beyond} tasks were delivered beside those",
        days=days,
        hasty=hasty,
        beyond=beyond,
    )


def cut_down(actions: list[Action], fails: Callable[[list[Action]], bool]) -> list[Action]:
    """Return the actions of a failing day without those that do not matter."""
    size = len(actions)
    while size > 0:
        for start in range(0, len(actions), size):
            rest = actions[:start] + actions[start + size :]
            if fails(rest):
                actions = rest
                break
        else:
            size //= 2
    return actions


def told(actions: Sequence[Action]) -> str:
    """Return the actions of a day, one a line."""
    moments = ((BEGIN + timedelta(seconds=one.at), one) for one in actions)
    return "\n".join(f"{at:%d %H:%M:%S} {one.who} {one.what} {one.dose}" for at, one in moments)
