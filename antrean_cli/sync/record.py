"""Plans → ledger: what Khanza says, and how far it was read, in one transaction.

- New pushes and the checkpoint are committed together: a row that was seen is never forgotten.
- The plans rest on bookings that were read before. What somebody at the desk wrote meanwhile must
  not be overwritten: then the bookings are read again in here, and planned again.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.ledger.pass_state import PassState
from antrean_cli.rules.push import Change, Record, changes
from antrean_cli.rules.service_days import BrokenRow
from antrean_cli.sync.read import Reading, known_of

if TYPE_CHECKING:
    from antrean_cli.rules.booking_plans import Plan
    from antrean_cli.sync.day_lists import DayLists


class Recorded(NamedTuple):
    """The plans as they were written, and what changed in the ledger because of them.

    `broken` are the rows that nothing can be told of and nobody was told of yet; `left_alive` the
    bookings that BPJS holds although Khanza has them no more, of which people are to be told now.
    """

    plans: "Sequence[Plan]"
    changes: tuple[Change, ...]
    broken: tuple[BrokenRow, ...]
    left_alive: tuple[Record, ...]


def record(
    ledger: Ledger,
    reading: Reading,
    plans: "Sequence[Plan]",
    day_lists: "DayLists | None" = None,
) -> Recorded:
    """Write what a reading came to; return the plans as written, and what is told of it.

    `plans` are those of the reading's agenda, `day_lists` is None where nothing is adopted. Raises
    StateError.
    """
    policy, now = reading.occasion.policy, reading.occasion.now
    agenda = reading.agenda
    with ledger.transaction():
        if ledger.writes_of_others() != agenda.ledger_writes:
            records = {
                **ledger.known({*reading.occasion.vanished, *reading.occasion.elsewhere}, ()),
                **ledger.unfinished(),
                **known_of(ledger, agenda.visits),
            }
            from antrean_cli.rules.booking_plans import plans_of  # see run.py, `plans_from`

            plans = plans_of(agenda.visits, records, reading.occasion)
        if day_lists:
            # See `Pass._ask_for_lists`.
            from antrean_cli.sync.adopt import amended
            from antrean_cli.sync.day_lists import note_shown

            plans = amended(plans, day_lists, ledger, policy)
        found = [change for plan in plans if plan.changed for change in _write(ledger, plan, now)]
        if day_lists:
            found += note_shown(ledger, day_lists.rows, now)
        told = ledger.pass_state().broken_rows
        ledger.update_pass_state(lambda state: _read_so_far(state, reading, day_lists))
    broken = tuple(row for row in reading.broken if row not in told)
    left_alive = tuple(plan.after for plan in plans if plan.tells_left_alive)
    return Recorded(plans=plans, changes=tuple(found), broken=broken, left_alive=left_alive)


def _write(ledger: Ledger, plan: "Plan", now: datetime) -> list[Change]:
    if not plan.given_up:
        return ledger.save(plan.before, plan.after, now)
    # BPJS has the visit under another code, under which tasks may have been sent by hand.
    by_hand = ledger.record(plan.after.kodebooking)
    ledger.forget(plan.given_up)
    ledger.save(by_hand, plan.after, now)
    known = by_hand.pushes if by_hand else {}
    found = changes(plan.before, plan.after)
    return [one for one in found if one.after is None or one.after != known.get(one.after.step)]


def _read_so_far(state: PassState, reading: Reading, day_lists: "DayLists | None") -> PassState:
    now, span = reading.occasion.now, reading.span
    return state._replace(
        looked_at=now,
        checkpoint=span.today,
        begin=span.begin,
        full_scan_at=now if span.full else state.full_scan_at,
        surat_kontrol_at=now if reading.surat_kontrol_asked else state.surat_kontrol_at,
        antrean_lists=day_lists.known if day_lists else state.antrean_lists,
        broken_rows=_still_broken(state, reading),
    )


def _still_broken(state: PassState, reading: Reading) -> tuple[BrokenRow, ...]:
    """Return the rows that people know to be broken; only a look at everything tells of others."""
    before = () if reading.span.full else state.broken_rows
    return tuple(sorted({*before, *reading.broken}))
