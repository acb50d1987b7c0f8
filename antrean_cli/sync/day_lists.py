"""BPJS's list of a day (antrean per tanggal): when it is asked for, and who waits for it.

Asked for what is about to be added (adopt.py), and for whose a booking is there (owners.py).

- A list is asked for at most once in ten minutes a day of service; only for an add that may have
  arrived before it is asked for at once (owners.py). A booking that no look has covered waits for
  the next one: up to ten minutes after the last.
- Where the list does not come, it is waited for, but no longer than ten minutes. Where BPJS does
  not show it, nobody waits. The other days have looks of their own.
- While an outage is on nothing is asked, and all that is not covered waits until BPJS has answered
  something else.
- The list holds patients' numbers: who asked for it compares it, and nothing of it is kept but the
  kode booking of ours that it covered.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.adoption import awaits_list
from antrean_cli.rules.cached_lists import CachedList, ListResult, oldest_kept
from antrean_cli.rules.causes import Trouble
from antrean_cli.rules.codes import CallName, OutcomeKind
from antrean_cli.rules.left_alive import as_shown
from antrean_cli.rules.listings import Antrean
from antrean_cli.rules.push import Change, Record
from antrean_cli.sync.list_reader import ListReader


class DayLists(NamedTuple):
    """BPJS's lists of the days that something waits for, after they were asked for.

    - `known` is what is known of each day's list from now on; `rows` are those of the lists that
      came just now, by day.
    - `may_ask` is False while nothing may be asked.
    - `failed` is the last list that did not come, `refused` the trouble where BPJS does not accept
      who we are; None where there is none.
    """

    known: Mapping[date, CachedList]
    rows: Mapping[date, Sequence[Antrean]]
    may_ask: bool
    failed: ListResult | None
    refused: Trouble | None

    def waiting(self, records: Iterable[Record], now: datetime) -> list[Record]:
        """Return the bookings whose add waits for its day's list."""
        return [one for one in records if awaits_list(one) and self._waits(one, now)]

    def _waits(self, record: Record, now: datetime) -> bool:
        one = self.known.get(record.tanggal)
        if one is None:
            return True  # somebody made it due meanwhile: its day was not asked for
        if one.content is None or record.kodebooking in one.content:
            return False
        # In an outage even one that waited long enough does: the list is asked for right after.
        return not (self.may_ask and one.given_up(now))

    def overdue(self, waiting: Iterable[Record]) -> bool:
        """Return whether one of these waits because its day's list did not come."""
        lists = (self.known.get(record.tanggal) for record in waiting)
        return any(one is not None and one.failing_since for one in lists)


def ask_for_lists(
    reader: ListReader | None,
    known: Mapping[date, CachedList],
    records: Iterable[Record],
    now: datetime,
    *,
    at_once: Collection[date] = (),
) -> DayLists:
    """Ask for the lists of these bookings' days; return those that came, and what is known of all.

    The bookings' adds, or their tasks, wait for one. `known` is what was known of each day's list;
    `reader` is None while nothing may be asked. The lists of the days `at_once` do not wait for ten
    minutes to be over.
    """
    days: dict[date, list[str]] = {}
    for record in records:
        days.setdefault(record.tanggal, []).append(record.kodebooking)
    lists = {day: one for day, one in known.items() if day >= oldest_kept(now)}
    rows: dict[date, Sequence[Antrean]] = {}
    failed: ListResult | None = None
    refused: Trouble | None = None
    for tanggal, covered in sorted(days.items()):
        one = lists.setdefault(tanggal, CachedList(content=()))
        if reader is None or not (tanggal in at_once or one.may_be_asked(now)):
            continue
        result = reader.ask(CallName.PER_TANGGAL, tanggal.isoformat())
        lists[tanggal] = one = _after(one, result, covered, now)
        if result.kind == OutcomeKind.DONE:
            rows[tanggal] = result.rows
        failed = result if one.failing_since else failed
        refused = result.why if result.kind == OutcomeKind.AUTH_FAILED else refused
    return DayLists(
        known=lists, rows=rows, may_ask=reader is not None, failed=failed, refused=refused
    )


def _after(
    one: CachedList, result: ListResult, covered: Sequence[str], now: datetime
) -> CachedList:
    """Return what is known of a day's list after it was asked for.

    A code 201 with a text that nobody knows means that BPJS does not show it.
    """
    if result.kind == OutcomeKind.DONE:
        return CachedList(content=tuple(covered), asked_at=now)
    if result.kind == OutcomeKind.REJECTED:
        return CachedList(content=None, asked_at=now)
    return one.missed(result, now)


def note_shown(
    ledger: Ledger, lists: Mapping[date, Sequence[Antrean]], now: datetime
) -> list[Change]:
    """Note what BPJS's lists tell of the bookings that are left alive there; return what changed.

    `lists` are their rows by day. Inside `transaction`.
    """
    found: list[Change] = []
    for tanggal, rows in lists.items():
        listed = {row.kodebooking: row for row in rows}
        for kodebooking, before in ledger.left_alive_on(tanggal).items():
            after = as_shown(before, listed.get(kodebooking))
            if after != before:
                found += ledger.save(before, after, now)
    return found
