"""kill -9 at random moments, while patients come and go: nothing lost, nothing out of order, hardly
anything repeated.

- The real program, a real MariaDB, a real HTTP server. The clock moves on from pass to pass.
- Khanza is written to before and while the program runs; in every third pass it must not change at
  all.
- A *repeat* is a POST of what BPJS has already (208). A task in doubt is looked up first, and so
  never repeated.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import cycle
from random import Random

from tests.attacks.arrivals import (
    LIST,
    NOT_FOUND,
    PHASES,
    Arrivals,
    accepted,
    running,
    wait_for_moment,
)
from tests.attacks.attack import Attack
from tests.support.mariadb import MariaDB
from tests.support.site import Site, wait_for

MAY_WRITE = {
    "KHANZA_USER": "root",
    "KHANZA_PASSWORD": "",
}  # so that it is the program's doing if nothing is written


@dataclass
class Kills:
    """The kills so far, by phase, and how many calls they can have cut off."""

    phases: Counter[str] = field(default_factory=Counter)
    cut_off: int = 0
    _turns: Iterator[str] = field(default_factory=lambda: cycle(PHASES))

    def strike(self, arrivals: Arrivals, mariadb: MariaDB) -> None:
        """Kill one pass; Khanza is written to while it runs, or must stay as it is."""
        if arrivals.random.random() < 2 / 3:
            arrivals.until(arrivals.site.clock.now - timedelta(minutes=4))
            self._kill(arrivals)
        else:
            arrivals.until(arrivals.site.clock.now)
            before = checksums(mariadb)
            self._kill(arrivals, **MAY_WRITE)
            assert checksums(mariadb) == before

    def _kill(self, arrivals: Arrivals, **env: str) -> None:
        site, random = arrivals.site, arrivals.random
        phase, workers = next(self._turns), random.randint(1, 16)
        site.bpjs.latency = random.choice((0, 0.005, 0.03))
        with running(site, "sync", "--workers", str(workers), **env) as process:
            arrivals.until(site.clock.now)
            wait_for_moment(phase, process, site, random)
            process.kill()
            output = process.communicate()
        assert (process.returncode, *output) in ((-9, "", ""), (0, "", ""))
        if process.returncode:
            self.phases[phase] += 1
            self.cut_off += workers


def checksums(mariadb: MariaDB) -> list[tuple[str, int]]:
    """Return a checksum of each of Khanza's tables."""
    with mariadb.admin() as connection, connection.cursor() as cursor:
        cursor.execute("SHOW TABLES")
        tables = ", ".join(table for (table,) in cursor.fetchall())
        cursor.execute(f"CHECKSUM TABLE {tables} EXTENDED")
        return list(cursor.fetchall())


def answers(site: Site, code: int, message: str = "") -> int:
    """Return how many requests got this answer."""
    return sum(one.code == code and one.message.startswith(message) for one in site.bpjs.received)


def a_day(arrivals: Arrivals, attack: Attack, kills: Kills, mariadb: MariaDB) -> None:
    """Let a day go by, with a pass that is killed every few minutes, and a quiet evening."""
    site, wanted = arrivals.site, attack.size(always=6, all=85)
    arrivals.come(attack.size(always=50, all=850))
    until = kills.phases.total() + wanted
    while kills.phases.total() < until:
        site.clock.forward(minutes=500 / wanted)
        kills.strike(arrivals, mariadb)
        assert answers(site, 208) <= kills.cut_off
    arrivals.evening()


def test_nothing_is_lost_or_out_of_order_however_often_it_is_killed(
    site: Site, mariadb: MariaDB, attack: Attack
) -> None:
    """In the end BPJS holds what Khanza recorded, each push once; at most one call a worker a kill
    was for nothing.
    """
    arrivals, kills = Arrivals(site, attack.random()), Kills()
    for day in range(attack.size(always=1, all=3)):
        site.clock.at("06:40", day=day)
        a_day(arrivals, attack, kills, mariadb)
        assert arrivals.wrong() == []
        assert arrivals.out_of_order() == []
    pushes = Counter(accepted(site))
    assert set(pushes.values()) == {1}
    repeats, lookups = answers(site, 208), sum(one.path == LIST for one in site.bpjs.received)
    assert repeats + lookups <= kills.cut_off
    assert answers(site, 208, "TaskId") == 0
    assert answers(site, 201, NOT_FOUND) <= len(arrivals.unknown) + kills.cut_off
    attack.measured(
        "`kill -9` at random moments, while patients come and go",
        f"{kills.phases.total()} kills, {len(pushes)} pushes: 0 "
        f"lost, 0 out of order, {repeats} repeated",
    )


def test_killed_while_it_makes_its_ledger(site: Site, attack: Attack) -> None:
    """A ledger half made is no obstacle to the next pass, which sends everything."""
    random, kills = attack.random(), 0
    for day in range(attack.size(always=2, all=25)):
        site.clock.at("09:00", day=day)
        fresh = replace(site, folder=site.folder / str(day))
        no_rawat = site.khanza.visit(site.clock.now.date(), jam="08:05:00")
        site.khanza.sep(no_rawat)
        for _ in range(random.randint(1, 3)):
            kills += killed_beside_its_file(fresh, random)
        done = fresh.run("sync", CLOCK=site.clock.now.isoformat())
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert fresh.held_at_bpjs(no_rawat) == [(3, "08:05:00")]
        assert fresh.state.stat().st_mode & 0o777 == 0o600
    attack.measured(
        "`kill -9` while the ledger is made", f"{kills} kills: all sent by the next pass"
    )


def killed_beside_its_file(site: Site, random: Random) -> bool:
    """Kill a pass within milliseconds after its state file appeared; return whether it was still
    alive.
    """
    lock = site.state.with_name(site.state.name + ".lock")
    lock.unlink(missing_ok=True)
    with running(site, "sync") as process:
        wait_for(lock.exists)
        time.sleep(random.uniform(0, 0.04))
        process.kill()
        process.communicate()
    return process.returncode == -9
