"""Before anything goes out under a code that BPJS called known (208): whose booking is it there?

- BPJS's list of the day tells (day_lists.py). So on a day on which Khanza's SEP form adds everybody
  it is asked for every ten minutes; and at once for an add of ours that may have arrived before.
- What waits for it is looked at before and after a delivery: a 208 that just came is settled in the
  same pass where the list may be asked for.
- Where BPJS does not show the list, everything goes on as ever at once; where it does not come
  although BPJS answers something else, after ten minutes. While BPJS answers nothing it is waited
  for: the list comes when BPJS does.
- The list holds patients' numbers: it is compared with the ledger's marks, and nothing of it is
  kept. (rules/owner_at_bpjs.py)
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.booking_of_visit import renumbered
from antrean_cli.rules.cached_lists import CachedList
from antrean_cli.rules.codes import CallName
from antrean_cli.rules.listings import Antrean
from antrean_cli.rules.owner_at_bpjs import (
    as_listed,
    awaits_owner,
    begun_anew,
    is_nearly_ours,
)
from antrean_cli.rules.push import Change, Record
from antrean_cli.sync.day_lists import DayLists, ask_for_lists, note_shown
from antrean_cli.sync.list_reader import ListReader


class SettledOwners(NamedTuple):
    """What came of it: the bookings that wait no more, and what changed because of that.

    `day_lists` are the lists, with what is known of them; `overdue`: something waits for one in
    vain.
    """

    kodebooking: frozenset[str]
    changes: tuple[Change, ...]
    day_lists: DayLists
    overdue: bool


def settle_owners(
    reader: ListReader,
    ledger: Ledger,
    awaiting: Sequence[Record],
    seen: Mapping[date, Sequence[Antrean]],
    now: datetime,
) -> SettledOwners:
    """Find out whose these bookings are, as far as BPJS tells; return what was settled.

    It is written to the ledger, and so is what is known of the lists. `seen` are the lists that
    this pass has read already. Raises StateError.
    """
    known = ledger.pass_state().antrean_lists
    unseen = [record for record in awaiting if record.tanggal not in seen]
    urgent = {record.tanggal for record in unseen if is_nearly_ours(record)}
    day_lists = ask_for_lists(reader, known, unseen, now, at_once=urgent)
    lists = {day: _with_earlier(one, known.get(day)) for day, one in day_lists.known.items()}
    day_lists = day_lists._replace(known=lists, rows={**seen, **day_lists.rows})
    gone_without = _without_list(reader, day_lists, unseen, now)
    settled: list[str] = []
    waiting: list[Record] = []
    found: list[Change] = []
    with ledger.transaction():
        for one in awaiting:
            before = ledger.record(one.kodebooking)
            if before is None or not awaits_owner(before, now):
                continue
            after = _settled(before, day_lists, gone_without, ledger.key)
            if after is None:
                waiting.append(before)
                continue
            settled.append(after.kodebooking)
            found += ledger.save(before, after, now)
            if after.handed_on:
                ledger.save(None, begun_anew(before, free_code(ledger, after.kodebooking)), now)
        found += note_shown(ledger, day_lists.rows, now)
        ledger.update_pass_state(lambda state: state._replace(antrean_lists=lists))
    return SettledOwners(
        kodebooking=frozenset(settled),
        changes=tuple(found),
        day_lists=day_lists,
        overdue=day_lists.overdue(waiting),
    )


def free_code(ledger: Ledger, kodebooking: str) -> str:
    """Return the next kode booking after one that is somebody else's; raises StateError."""
    return next(code for code in renumbered(kodebooking) if ledger.record(code) is None)


def _with_earlier(one: CachedList, before: CachedList | None) -> CachedList:
    """Return what is known of a list; the adds that it covered before are covered still."""
    if one.content is None:
        return one
    earlier = (before.content or ()) if before else ()
    return one._replace(content=tuple(dict.fromkeys(earlier + one.content)))


def _without_list(
    reader: ListReader, day_lists: DayLists, awaiting: Sequence[Record], now: datetime
) -> frozenset[date]:
    """Return the days whose bookings wait for no list any more."""
    days = {one.tanggal: day_lists.known[one.tanggal] for one in awaiting}
    unshown = {day for day, one in days.items() if one.content is None}
    late = {day for day, one in days.items() if one.given_up(now)} - unshown
    return frozenset(unshown | late if late and reader.is_answered(CallName.POLI) else unshown)


def _settled(
    record: Record, day_lists: DayLists, gone_without: Collection[date], key: bytes
) -> Record | None:
    """Return a booking that waits no more, None for one that still does."""
    rows = day_lists.rows.get(record.tanggal)
    if rows is not None:
        listed = (row for row in rows if row.kodebooking == record.kodebooking)
        return as_listed(record, next(listed, None), key)
    return as_listed(record, None, key) if record.tanggal in gone_without else None
