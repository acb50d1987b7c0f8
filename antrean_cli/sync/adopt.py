"""Before adds go out: does BPJS have these visits already, under another kode booking?

With ANTREAN_ADOPT. (rules/README.md, Add)

- BPJS's list of the day tells (day_lists.py). An add that no look has covered waits for the next
  one, although its SEP may be issued meanwhile; where there is none it goes out as ever.
- Which days are asked for follows from the plans: the days of adds that are due. So adopting amends
  plans before they are recorded, and nothing is recorded under a code that is given up right after.
"""

from collections.abc import Sequence

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.adoption import adopted, awaits_list, duplicate_bookings
from antrean_cli.rules.booking_plans import Plan
from antrean_cli.rules.codes import Kind
from antrean_cli.rules.listings import Antrean
from antrean_cli.rules.ordering import arrange
from antrean_cli.rules.owner_at_bpjs import as_listed, begun_anew
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import Record
from antrean_cli.sync.day_lists import DayLists
from antrean_cli.sync.owners import free_code


def amended(
    plans: Sequence[Plan], day_lists: DayLists, ledger: Ledger, policy: Policy
) -> list[Plan]:
    """Return the plans; what BPJS has under another code is planned under that one."""
    if not day_lists.rows:
        return list(plans)
    listed = ledger.known((row.kodebooking for rows in day_lists.rows.values() for row in rows), ())
    # What was only sent by hand is no visit's yet, such as tasks 1 and 2 of a kiosk's booking.
    by_hand = {code: one for code, one in listed.items() if not _of_a_visit(one)}
    taken = {one.after.kodebooking for one in plans if one.visit} | (listed.keys() - by_hand.keys())
    found: list[Plan] = []
    for one in sorted(plans, key=lambda plan: (plan.after.tanggal, plan.after.kodebooking)):
        rows = day_lists.rows.get(one.after.tanggal)
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


def _with_owner(record: Record, rows: Sequence[Antrean], key: bytes) -> Record:
    """Return the booking of an add with whose it is, if BPJS has it under its code already."""
    listed = next((row for row in rows if row.kodebooking == record.kodebooking), None)
    return as_listed(record, listed, key) if listed else record


def _of_a_visit(record: Record) -> bool:
    return bool(record.no_rawat) or record.kind == Kind.MOBILEJKN
