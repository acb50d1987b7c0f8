"""What BPJS holds although Khanza has it no more: told to people, never cancelled unasked.

- That is a booking whose visit was deleted after BPJS was told of it, or whose number was handed
  on; a Mobile JKN booking that vanished with its patient's old record number; and one that is
  'Batal' without a row in _batal.
- It is shown from the first look on. A pass tells it once, if it is still so at the second one:
  Khanza writes statement by statement.
- It ends when a cancel is accepted, when BPJS says that it has the booking no more, when a person
  gives the booking up, and when the visit is back. (rules/README.md, Left alive)
"""

from dataclasses import replace

from antrean_cli.rules.codes import LeftAlive, Step
from antrean_cli.rules.listings import Antrean
from antrean_cli.rules.push import Push, Record
from antrean_cli.rules.reasons import CANCELLED_AT_BPJS, LEFT_ALIVE
from antrean_cli.rules.transitions import cancelled_at_bpjs, close_open, hold, new


def after_look(record: Record, *, gone: bool) -> Record:
    """Return the record after a look at Khanza, which has the booking no more, or has it."""
    return replace(record, left_alive=_seen(record) if gone else LeftAlive.NOT)


def _seen(record: Record) -> LeftAlive:
    if record.left_alive == LeftAlive.OVER:
        return LeftAlive.OVER
    if not record.may_live_at_bpjs:
        return LeftAlive.NOT
    return LeftAlive.SEEN if record.left_alive == LeftAlive.NOT else LeftAlive.TOLD


def as_held(record: Record) -> Push | None:
    """Return what people see of a booking that is left alive: a cancel that waits for them.

    It is shown among the pushes, and is none. None for any other booking.
    """
    if not record.is_left_alive:
        return None
    return hold(new(Step.BATAL), LEFT_ALIVE)


def given_up(record: Record) -> Record:
    """Return the record of a booking of which nobody is to be told any more."""
    return replace(record, left_alive=LeftAlive.OVER) if record.is_left_alive else record


def as_shown(record: Record, row: Antrean | None) -> Record:
    """Return the record once BPJS's list of its day was read; `row` is the booking there."""
    if row is None:
        return given_up(record)
    if not row.cancelled:
        return record
    return close_open(record.with_pushes(cancelled_at_bpjs(record)), CANCELLED_AT_BPJS)
