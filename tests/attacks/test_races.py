"""Many at once: passes, a lock that dies with its holder, and commands by hand beside a
pass.

- One pass works, the others leave with 11 and say nothing; who works is read from the kernel's list
  of locks.
- Whoever sends it, BPJS takes each push once, and the ledger knows of it.
- Khanza is written to between two of a pass's queries: the pass sees all of it or nothing.
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from random import Random
from signal import SIGKILL

import pymysql

from antrean_cli.simulator.hospital import Hospital
from tests.attacks.arrivals import LIST, accepted, misrecorded, patients, running, settle
from tests.attacks.attack import Attack
from tests.support.mariadb import MariaDB
from tests.support.patients import GONE_HOME
from tests.support.site import Site, wait_for

KETERANGAN = "Diminta pasien"


def holder(site: Site) -> int:
    """Return the process that holds the lock of a pass, 0 if nobody does."""
    lock = site.state.with_name(site.state.name + ".lock")
    inode = lock.stat().st_ino if lock.exists() else 0
    locks = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    return next(
        (
            int(words[4])
            for words in locks
            if words[1] == "FLOCK" and words[5].endswith(f":{inode}")
        ),
        0,
    )


def race(site: Site, together: int, *, after: int | None) -> Counter[int]:
    """Start so many passes at once and return their exit codes.

    The one that works is killed `after` so many calls, or works in peace. BPJS is slow until the
    others have left, or until the kill.
    """
    heard, site.bpjs.latency = len(site.bpjs.arrived), 0.5
    with ExitStack() as stack:
        start = ("sync", "--workers", "1", "--max-seconds", "600")
        passes = [stack.enter_context(running(site, *start)) for _ in range(together)]
        if after is None:
            wait_for(lambda: sum(one.poll() is None for one in passes) == 1)
            assert [one.pid for one in passes if one.poll() is None] == [holder(site)]
        else:
            wait_for(lambda: holder(site) and len(site.bpjs.arrived) >= heard + after)
            os.kill(holder(site), SIGKILL)
        site.bpjs.latency = 0
        assert {one.communicate(timeout=60) for one in passes} == {("", "")}
    return Counter(one.returncode for one in passes)


def test_of_many_passes_at_once_one_works_and_the_others_leave(site: Site, attack: Attack) -> None:
    """Also if the one that works is killed: another takes its place, or the next pass."""
    random, codes, kills = attack.random(), Counter[int](), 0
    rounds, together = attack.size(always=2, all=50), attack.size(always=8, all=20)
    for turn in range(rounds):
        site.clock.at("09:00", day=turn)
        visits, after = patients(site, 25), random.randint(0, 5) if turn % 2 else None
        ends = race(site, together, after=after)
        assert (
            ends == {0: 1, 11: together - 1}
            if after is None
            else ends.keys() <= {-9, 0, 11} and ends[-9] == 1
        )
        settle(site)
        assert all(site.held_at_bpjs(no_rawat) == GONE_HOME for no_rawat in visits)
        assert misrecorded(site) == set()
        codes, kills = codes + ends, kills + ends[-9]
    assert set(Counter(accepted(site)).values()) == {1}
    again = sum(one.code == 208 or one.path == LIST for one in site.bpjs.received)
    assert again <= kills
    attack.measured(
        f"{together} passes at once",
        f"{rounds} times: {codes[11]} left with 11, {kills} holders "
        f"killed, {again} calls for nothing, 0 lost",
    )


def by_hand(no_rawat: str, random: Random) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return two commands that somebody types one after the other for a visit."""
    day = no_rawat[:10].replace("/", "-")
    ways = (
        (("add", "--no-rawat", no_rawat), ("update", no_rawat, "3", f"{day} 08:05")),
        (("update", no_rawat, "1", f"{day} 07:50"), ("update", no_rawat, "2", f"{day} 07:55")),
        (("update", no_rawat, "4", f"{day} 08:30"), ("update", no_rawat, "5", f"{day} 08:50")),
        (("listtask", no_rawat), ("batal", no_rawat, "--keterangan", KETERANGAN)),
    )
    return random.choice(ways)


def typed(site: Site, commands: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Run commands all at once; return those that BPJS took."""
    with ExitStack() as stack:
        processes = [stack.enter_context(running(site, *command)) for command in commands]
        for process in processes:
            process.communicate(timeout=60)
    assert {process.returncode for process in processes} <= {0, 6}
    return [
        command
        for command, process in zip(commands, processes, strict=True)
        if process.returncode == 0
    ]


def fits(site: Site, no_rawat: str, taken: list[tuple[str, ...]]) -> bool:
    """Return whether BPJS holds what Khanza says and what was typed, up to a
    cancel that was typed.
    """
    held = site.held_at_bpjs(no_rawat)
    mine = [
        (int(words[2]), f"{words[3][-5:]}:00")
        for words in taken
        if words[:2] == ("update", no_rawat)
    ]
    truth = sorted({*mine, *GONE_HOME})
    if any(words[:2] == ("batal", no_rawat) for words in taken):
        return held[:-1] == truth[: len(held) - 1] and held[-1][0] == 99
    return held == truth


def test_commands_by_hand_beside_a_pass_lose_and_repeat_nothing(site: Site, attack: Attack) -> None:
    random, writes = attack.random(), 0
    for day in range(attack.size(always=1, all=25)):
        site.clock.at("09:00", day=day)
        visits = patients(site, 8)
        pairs = [by_hand(no_rawat, random) for no_rawat in visits[:6]]
        heard, calls, site.bpjs.latency = len(site.bpjs.arrived), random.randint(0, 12), 0.2
        with running(site, "sync") as process:
            wait_for(lambda heard=heard, calls=calls: len(site.bpjs.arrived) >= heard + calls)  # type: ignore[misc]
            taken = [
                command for wave in zip(*pairs, strict=True) for command in typed(site, list(wave))
            ]
            assert process.communicate(timeout=60) == ("", "")
        assert process.returncode == 0
        settle(site)
        assert [no_rawat for no_rawat in visits if not fits(site, no_rawat, taken)] == []
        assert misrecorded(site) == set()
        writes += sum(command[0] != "listtask" for pair in pairs for command in pair)
    assert set(Counter(accepted(site)).values()) == {1}
    repeats = sum(one.code == 208 for one in site.bpjs.received)
    assert repeats <= writes
    attack.measured(
        "`add`, `update`, `batal` by hand beside a pass",
        f"{writes} commands: 0 lost, 0 doubled, {repeats} times 208",
    )


def test_what_khanza_writes_between_two_queries_is_not_half_seen(
    site: Site, mariadb: MariaDB
) -> None:
    """The prescription is seen and the folder is not: task 5 would go out with the time of a
    fall-back.
    """
    (no_rawat,) = patients(site, 1)
    today = site.clock.now.date()
    site.khanza.delete("mutasi_berkas", no_rawat=no_rawat)
    with mariadb.admin() as connection, connection.cursor() as cursor:
        cursor.execute("LOCK TABLES resep_obat WRITE")
        with running(site, "sync") as process:
            wait_for(mariadb.is_waited_for)
            site.khanza.berkas(no_rawat, kembali=f"{today} 08:50:00")
            locked = Hospital(connection, paramstyle=pymysql.paramstyle)
            locked.resep(no_rawat, dibuat=f"{today} 08:51:00", divalidasi=f"{today} 08:59:00")
            cursor.execute("UNLOCK TABLES")
            assert process.communicate(timeout=60) == ("", "")
    settle(site)
    assert site.held_at_bpjs(no_rawat) == [*GONE_HOME, (6, "08:59:00")]
