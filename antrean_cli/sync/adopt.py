"""Before adds go out: does BPJS have these visits already, under another kode booking?

With ANTREAN_ADOPT. (rules/README.md, Add)

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

Which days are asked for follows from the plans: the days of adds that are due. So adopting amends
plans before they are recorded, and nothing is recorded under a code that is given up right after.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import NamedTuple

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.adoption import adopted, awaits_list, duplicate_bookings
from antrean_cli.rules.booking_plans import Plan
from antrean_cli.rules.cached_lists import CachedList, ListResult, oldest_kept
from antrean_cli.rules.causes import Trouble
from antrean_cli.rules.codes import CallName, Kind, OutcomeKind
from antrean_cli.rules.left_alive import as_shown
from antrean_cli.rules.listings import Antrean
from antrean_cli.rules.ordering import arrange
from antrean_cli.rules.owner_at_bpjs import as_listed, begun_anew
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import Change, Record
from antrean_cli.rules.whose import numbered
from antrean_cli.sync.list_reader import ListReader


class ListComparison(NamedTuple):
    """What came of looking at BPJS's lists of the days that have adds to send.

    - `lists` is what is known of each day's list from now on; `rows` are those that came just now.
    - `may_ask` is False while nothing may be asked.
    - `failed` is the last list that did not come, `refused` the trouble where BPJS does not accept
      who we are; None where there is none.
    """

    lists: Mapping[date, CachedList]
    rows: Mapping[date, Sequence[Antrean]]
    may_ask: bool
    failed: ListResult | None
    refused: Trouble | None

    def waiting(self, records: Iterable[Record], now: datetime) -> list[Record]:
        """Return the bookings whose add waits for its day's list."""
        return [one for one in records if awaits_list(one) and self._waits(one, now)]

    def _waits(self, record: Record, now: datetime) -> bool:
        one = self.lists.get(record.tanggal)
        if one is None:
            return True  # somebody made it due meanwhile: its day was not asked for
        if one.kept is None or record.kodebooking in one.kept:
            return False
        # In an outage even one that waited long enough does: the list is asked for right after.
        return not (self.may_ask and one.given_up(now))

    def overdue(self, waiting: Iterable[Record]) -> bool:
        """Return whether one of these waits because its day's list did not come."""
        lists = (self.lists.get(record.tanggal) for record in waiting)
        return any(one is not None and one.failing_since for one in lists)


def compare_lists(
    reader: ListReader | None,
    known: Mapping[date, CachedList],
    records: Iterable[Record],
    now: datetime,
    *,
    at_once: Collection[date] = (),
) -> ListComparison:
    """Ask for the lists of these bookings' days: of those whose add, or whose tasks, wait for one.

    `known` is what is known of each day's list; `reader` is None while nothing may be asked. The
    lists of the days `at_once` do not wait for ten minutes to be over.
    """
    days: dict[date, list[str]] = {}
    for record in records:
        days.setdefault(record.tanggal, []).append(record.kodebooking)
    lists = {day: one for day, one in known.items() if day >= oldest_kept(now)}
    rows: dict[date, Sequence[Antrean]] = {}
    failed: ListResult | None = None
    refused: Trouble | None = None
    for tanggal, covered in sorted(days.items()):
        one = lists.setdefault(tanggal, CachedList(kept=()))
        if reader is None or not (tanggal in at_once or one.may_be_asked(now)):
            continue
        result = reader.ask(CallName.PER_TANGGAL, tanggal.isoformat())
        lists[tanggal] = one = _after(one, result, covered, now)
        if result.kind == OutcomeKind.DONE:
            rows[tanggal] = result.rows
        failed = result if one.failing_since else failed
        refused = result.why if result.kind == OutcomeKind.AUTH_FAILED else refused
    return ListComparison(
        lists=lists, rows=rows, may_ask=reader is not None, failed=failed, refused=refused
    )


def _after(
    one: CachedList, result: ListResult, covered: Sequence[str], now: datetime
) -> CachedList:
    """Return what is known of a day's list after it was asked for.

    A code 201 with a text that nobody knows means that BPJS does not show it.
    """
    if result.kind == OutcomeKind.DONE:
        return CachedList(kept=tuple(covered), asked_at=now)
    if result.kind == OutcomeKind.REJECTED:
        return CachedList(kept=None, asked_at=now)
    return one.missed(result, now)


def amended(
    plans: Sequence[Plan], compared: ListComparison, ledger: Ledger, policy: Policy
) -> list[Plan]:
    """Return the plans; what BPJS has under another code is planned under that one."""
    if not compared.rows:
        return list(plans)
    listed = ledger.known((row.kodebooking for rows in compared.rows.values() for row in rows), ())
    # What was only sent by hand is no visit's yet, such as tasks 1 and 2 of a kiosk's booking.
    by_hand = {code: one for code, one in listed.items() if not _of_a_visit(one)}
    taken = {one.after.kodebooking for one in plans if one.visit} | (listed.keys() - by_hand.keys())
    found: list[Plan] = []
    for one in sorted(plans, key=lambda plan: (plan.after.tanggal, plan.after.kodebooking)):
        rows = compared.rows.get(one.after.tanggal)
        if rows is None or one.visit is None or not awaits_list(one.after):
            found.append(one)
            continue
        after = _with_owner(one.after, rows, ledger.key)
        if after.handed_on:
            anew = begun_anew(one.after, free_code(ledger, after.kodebooking))
            found += [Plan(one.before, after, None), Plan(None, anew, None)]
            continue
        after = adopted(after, duplicate_bookings(one.visit, rows, taken), policy)
        taken.add(after.kodebooking)
        if after.kodebooking in by_hand:
            sent = by_hand[after.kodebooking].pushes.values()
            after = arrange(after.with_pushes(*sent), policy)
        found.append(one.going_on_as(after))
    return found


def note_shown(
    ledger: Ledger, lists: Mapping[date, Sequence[Antrean]], now: datetime
) -> list[Change]:
    """Note what BPJS's lists tell of the bookings that are left alive there; in `transaction`."""
    found: list[Change] = []
    for tanggal, rows in lists.items():
        listed = {row.kodebooking: row for row in rows}
        for kodebooking, before in ledger.left_alive_on(tanggal).items():
            after = as_shown(before, listed.get(kodebooking))
            if after != before:
                found += ledger.save(before, after, now)
    return found


def free_code(ledger: Ledger, kodebooking: str) -> str:
    """Return the next kode booking after one that is somebody else's; raises StateError."""
    others = islice(numbered(kodebooking), 1, None)
    return next(code for code in others if ledger.record(code) is None)


def _with_owner(record: Record, rows: Sequence[Antrean], key: bytes) -> Record:
    """Return the booking of an add with whose it is, if BPJS has it under its code already."""
    listed = next((row for row in rows if row.kodebooking == record.kodebooking), None)
    return as_listed(record, listed, key) if listed else record


def _of_a_visit(record: Record) -> bool:
    return bool(record.no_rawat) or record.kind == Kind.MOBILEJKN
