"""What only people can mend, and BPJS takes no more after H+7: told before it lapses, and after.

- Told from H+5 on, and once when it is over. Of one day all is told together, by its root causes,
  as `antrean todo` has them (todo.py).
- Only what somebody can do something about (acting.py). What goes on by itself is never told: due
  pushes, delays, what waits for BPJS.

(rules/README.md, States)
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from antrean_cli.rules.codes import State
from antrean_cli.rules.journeys import root_cause
from antrean_cli.rules.push import MAX_AGE, Push, Record
from antrean_cli.rules.reasons import ReasonCode, has_code
from antrean_cli.rules.todo import Work, needs_somebody, work_of

SOON = timedelta(days=2)  # before its last day something is told
_ONE_DAY = timedelta(days=1)
_MOST_DAYS = timedelta(days=30)  # without a pass


class Lapses(NamedTuple):
    """What is told on one day: what lapses `soon`, and what `over` BPJS takes no more."""

    today: date
    soon: tuple[Work, ...] = ()
    over: tuple[Work, ...] = ()


def days_over(told_on: date | None, today: date) -> Iterator[date]:
    """Yield the days of service that lapsed since the day on which it was last told.

    Where it never was, those that lapsed at the end of yesterday.
    """
    last = today - MAX_AGE - _ONE_DAY
    day = max(last if told_on is None else told_on - MAX_AGE, last - _MOST_DAYS)
    while day <= last:
        yield day
        day += _ONE_DAY


def is_soon(tanggal: date, today: date) -> bool:
    """Return whether BPJS takes something of this day of service for two more days at most."""
    return today <= tanggal + MAX_AGE <= today + SOON


def lapsing(records: Iterable[Record], today: date) -> tuple[Work, ...]:
    """Return what people can still mend, and BPJS takes for two more days at most."""
    soon = (one for one in records if is_soon(one.tanggal, today) and not one.ended)
    return _of_people(work_of(soon))


def lapsed(records: Iterable[Record]) -> tuple[Work, ...]:
    """Return what people could have mended, of bookings that BPJS takes nothing more of."""
    return _of_people(work_of((one for one in records if not one.ended), meant=_has_lapsed))


def holds_of_people(record: Record) -> list[Push]:
    """Return the pushes of a booking that are held until somebody does something."""
    held = [push for push in record.pushes.values() if push.state == State.HELD]
    if not held:
        return []
    reasons = record.reasons
    causes = ((push, root_cause(push.step, reasons)) for push in held)
    return [push for push, cause in causes if needs_somebody(cause)]


def _has_lapsed(push: Push) -> bool:
    return push.held_or_refused or has_code(push.reason, ReasonCode.EXPIRED)


def _of_people(work: Iterable[Work]) -> tuple[Work, ...]:
    return tuple(filter(needs_somebody, work))
