"""Before adds go out: look whether BPJS already has these visits under another kode booking (ANTREAN_ADOPT).

- Antrean per tanggal is read at most once in ten minutes a day of service; an add that no look has covered waits.
- Where BPJS does not offer that list, adds go out as ever; where it could not be reached, they wait for it.
- The list holds patients' numbers: it is compared, and nothing of it is kept but the kode booking.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from antrean_cli.ledger import Ledger
from antrean_cli.rules.adoption import adopted, awaits_look, twins
from antrean_cli.rules.chain import Change, Record, changes
from antrean_cli.rules.listings import Antrean
from antrean_cli.rules.outcomes import DONE, PER_TANGGAL, Fault, judge
from antrean_cli.rules.visits import Policy, Visit

if TYPE_CHECKING:
    from antrean_cli.bpjs import Client

EVERY = timedelta(minutes=10)
LEAST_SECONDS = 0.5  # nobody answers in less
_MEMORY = "adopt"


class Adopted(NamedTuple):
    """What a look changed in the ledger, the visits by their kode booking now, and whose adds have to wait.

    `fault` is what kept BPJS's list from coming.
    """

    changes: tuple[Change, ...]
    visits: Mapping[str, Visit]
    waiting: frozenset[str]
    fault: Fault | None


@dataclass(frozen=True, kw_only=True)
class Look:
    """When a day was last looked at, and which kode booking that covered."""

    at: datetime
    covered: frozenset[str]


def adopt(
    client: "Callable[[], Client]",
    ledger: Ledger,
    policy: Policy,
    visits: Mapping[str, Visit],
    now: datetime,
    *,
    within: float,
) -> Adopted:
    """Look at the days that have adds to send; `within` is how many seconds all looks may take.

    `client` makes the client where one is needed. Raises what the ledger raises.
    """
    records = [one for one in ledger.unfinished().values() if one.kodebooking in visits and awaits_look(one)]
    looks, fault, deadline = _recalled(ledger, now), None, time.monotonic() + within
    visits, found, unlisted = dict(visits), list[Change](), set[str]()
    for tanggal in sorted({record.tanggal for record in records} - looks.keys()):
        mine = [record for record in records if record.tanggal == tanggal]
        if (left := deadline - time.monotonic()) < LEAST_SECONDS:
            break  # the next pass looks at the rest
        answer = client().ask(PER_TANGGAL, tanggal.isoformat(), within=left)
        if isinstance(answer, Fault) and not answer.answered:
            fault = answer
            break
        if isinstance(answer, Fault) or judge(PER_TANGGAL, "", answer).kind != DONE:
            unlisted |= {record.kodebooking for record in mine}
            continue
        found += _matched(ledger, policy, visits, mine, list(answer.response), now)
        looks[tanggal] = Look(at=now, covered=frozenset(record.kodebooking for record in mine))
    _keep(ledger, looks)
    covered = unlisted.union(*(look.covered for look in looks.values()))
    waiting = frozenset(record.kodebooking for record in records) - covered
    return Adopted(changes=tuple(found), visits=visits, waiting=waiting, fault=fault)


def _matched(
    ledger: Ledger,
    policy: Policy,
    visits: dict[str, Visit],
    records: Iterable[Record],
    rows: list[Antrean],
    now: datetime,
) -> list[Change]:
    """Write which bookings of BPJS's these visits have; `visits` is brought in line."""
    found: list[Change] = []
    with ledger.transaction():
        known = {*visits, *ledger.known((row.kodebooking for row in rows), ())}
        for record in records:
            before = ledger.record(record.kodebooking)
            if before is None or not awaits_look(before):
                continue  # somebody sent it by hand meanwhile
            visit = visits[before.kodebooking]
            after = adopted(before, twins(visit, rows, known), policy)
            if after.kodebooking != before.kodebooking:
                known.add(after.kodebooking)
                ledger.forget(before.kodebooking)
                ledger.save(None, after, now)
                visits[after.kodebooking] = replace(visits.pop(before.kodebooking), kodebooking=after.kodebooking)
            else:
                ledger.save(before, after, now)
            found += changes(before, after)
    return found


def _recalled(ledger: Ledger, now: datetime) -> dict[date, Look]:
    kept: dict[str, tuple[int, list[str]]] = ledger.recall(_MEMORY) or {}
    looks = {
        date.fromisoformat(day): Look(at=datetime.fromtimestamp(at, now.tzinfo), covered=frozenset(covered))
        for day, (at, covered) in kept.items()
    }
    return {day: look for day, look in looks.items() if timedelta(0) <= now - look.at < EVERY}


def _keep(ledger: Ledger, looks: Mapping[date, Look]) -> None:
    kept = {day.isoformat(): (int(look.at.timestamp()), sorted(look.covered)) for day, look in looks.items()}
    if kept or ledger.recall(_MEMORY):
        with ledger.transaction():
            ledger.remember(**{_MEMORY: kept or None})
