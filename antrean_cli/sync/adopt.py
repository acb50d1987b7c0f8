"""Before adds go out: look whether BPJS already has these visits under another kode booking
(ANTREAN_ADOPT).

- Antrean per tanggal is asked for at most once in ten minutes a day of service. An add that no look
  has covered waits for the next one: up to ten minutes after the last, although its SEP may be
  issued meanwhile.
- Where the list does not come, adds wait for it, but no longer than ten minutes; then they go out
  as ever.
- Where BPJS does not show that list, adds go out as ever at once. The other days have looks of
  their own.
- While an outage is on nothing is asked, and all that is not covered waits until BPJS has answered
  something else.
- The list holds patients' numbers: it is compared, and nothing of it is kept but the kode booking
  of ours it covered.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.adoption import adopted, awaits_look, duplicate_bookings
from antrean_cli.rules.cached_lists import CachedList, ListResult, oldest_kept
from antrean_cli.rules.codes import CallName, Kind, OutcomeKind
from antrean_cli.rules.listings import Antrean
from antrean_cli.rules.ordering import arrange
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import Change, Record, changes
from antrean_cli.rules.visits import Visit
from antrean_cli.sync.list_reader import ListReader

_AntreanList = CachedList[tuple[str, ...] | None]


class Adopted(NamedTuple):
    """What the looks changed in the ledger, the visits by their kode booking now, and whose adds
    have to wait.

    `unread` says why some of them wait longer than that: BPJS's list did not come (Indonesian).
    `refused` is what BPJS said where it does not accept who we are.
    """

    changes: tuple[Change, ...]
    visits: Mapping[str, Visit]
    waiting: frozenset[str]
    unread: str
    refused: str


def adopt(
    reader: ListReader | None,
    ledger: Ledger,
    policy: Policy,
    visits: Mapping[str, Visit],
    now: datetime,
) -> Adopted:
    """Look at the days that have adds to send; `reader` is None while nothing may be asked.

    Raises what the ledger raises.
    """
    records = [
        one
        for one in ledger.unfinished().values()
        if one.kodebooking in visits and awaits_look(one)
    ]
    days = {
        record.tanggal: [one for one in records if one.tanggal == record.tanggal]
        for record in records
    }
    known, visits, found = ledger.pass_state().antrean_lists, dict(visits), list[Change]()
    lists = {day: one for day, one in known.items() if day >= oldest_kept(now)}
    why = refused = ""
    for tanggal, mine in sorted(days.items()):
        one = lists.setdefault(tanggal, CachedList(kept=()))
        if reader and one.may_be_asked(now):
            result = reader.ask(CallName.PER_TANGGAL, tanggal.isoformat())
            if result.kind == OutcomeKind.DONE:
                found += _matched(ledger, policy, visits, mine, list(result.rows), now)
            lists[tanggal] = one = _after(one, result, mine, now)
            why = result.text if one.failing_since else why
            refused = result.text if result.kind == OutcomeKind.AUTH_FAILED else refused
    if lists != known:
        with ledger.transaction():
            ledger.update_pass_state(lambda state: replace(state, antrean_lists=lists))
    pairs = [(record.kodebooking, lists[record.tanggal]) for record in records]
    late = [(code, one) for code, one in pairs if _waits(code, one, now, asking=reader is not None)]
    unread = (
        f"daftar antrean BPJS belum terbaca{why and f': {why}'}; "
        f"antrean yang belum dikirim menunggunya"
    )
    return Adopted(
        changes=tuple(found),
        visits=visits,
        waiting=frozenset(code for code, _ in late),
        unread=unread if any(one.failing_since for _, one in late) else "",
        refused=refused,
    )


def _after(
    one: _AntreanList, result: ListResult, covered: Iterable[Record], now: datetime
) -> _AntreanList:
    """Return what is known of a day's list after it was asked for.

    A code 201 with a text that nobody knows is "not shown".
    """
    if result.kind == OutcomeKind.DONE:
        return CachedList(kept=tuple(record.kodebooking for record in covered), asked_at=now)
    if result.kind == OutcomeKind.REJECTED:
        return CachedList(kept=None, asked_at=now)
    return one.missed(result, now)


def _waits(kodebooking: str, one: _AntreanList, now: datetime, *, asking: bool) -> bool:
    """Return whether an add waits for its day's list.

    In an outage even one that waited long enough does: the list is asked for right after.
    """
    if one.kept is None or kodebooking in one.kept:
        return False
    return not (asking and one.given_up(now))


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
        there = ledger.known((row.kodebooking for row in rows), ())
        # What was only sent by hand belongs to no visit yet, such as tasks 1 and 2 of a kiosk's
        # booking.
        known = {
            *visits,
            *(
                code
                for code, record in there.items()
                if record.no_rawat or record.kind == Kind.MOBILEJKN
            ),
        }
        for record in records:
            before = ledger.record(record.kodebooking)
            if before is None or not awaits_look(before):
                continue  # somebody sent it by hand meanwhile
            visit = visits[before.kodebooking]
            after = adopted(before, duplicate_bookings(visit, rows, known), policy)
            if after.kodebooking != before.kodebooking:
                known.add(after.kodebooking)
                by_hand = ledger.record(after.kodebooking)
                after = (
                    arrange(after.with_pushes(*by_hand.pushes.values()), policy)
                    if by_hand
                    else after
                )
                ledger.forget(before.kodebooking)
                ledger.save(by_hand, after, now)
                visits[after.kodebooking] = replace(
                    visits.pop(before.kodebooking), kodebooking=after.kodebooking
                )
            else:
                ledger.save(before, after, now)
            found += changes(before, after)
    return found
