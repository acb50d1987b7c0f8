"""Which pushes a person means, and where they are looked for."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.codes import State
from antrean_cli.rules.left_alive import as_held
from antrean_cli.rules.push import MAX_AGE, STEPS, Push, Record
from antrean_cli.rules.reasons import Reason, named_by_code
from antrean_cli.rules.service_days import service_day
from antrean_cli.rules.values import comparable

# What somebody can still do something about.
UNFINISHED = frozenset({State.HELD, State.REFUSED, State.DUE, State.SENDING})

_CLOSED_SINCE = 2 * MAX_AGE  # what lapsed is older than what BPJS still takes


@dataclass(frozen=True, kw_only=True)
class PushFilter:
    """Which pushes are meant; what is left empty chooses all.

    - `number` is a kode booking or a no_rawat, `poli` are Khanza's codes as they are compared.
    - `reason` is what a person typed of a reason; `mentions` tells whether a reason is meant by it.
      Where only codes are typed, the default does; sentences are known to render/reasons.py.
    """

    number: str = ""
    step: str = ""
    states: frozenset[str] = frozenset()
    tanggal: date | None = None
    poli: frozenset[str] = frozenset()
    reason: str = ""
    mentions: Callable[[Reason, str], bool] = named_by_code

    def fits_booking(self, record: Record) -> bool:
        """Return whether pushes of a booking can be meant."""
        return (
            self._names(record)
            and self.tanggal in (None, record.tanggal)
            and (not self.poli or comparable(record.kd_poli) in self.poli)
        )

    def _names(self, record: Record) -> bool:
        """Return whether the number means a booking; one handed on is meant by its code alone."""
        if self.number in ("", record.kodebooking):
            return True
        return self.number == record.no_rawat and not record.handed_on

    def fits(self, record: Record, push: Push) -> bool:
        """Return whether a push is meant."""
        if not self.fits_booking(record) or self.step not in ("", push.step):
            return False
        if self.states and push.state not in self.states:
            return False
        if not self.reason:
            return True
        return push.reason is not None and self.mentions(push.reason, self.reason)


def find_pushes(ledger: Ledger, wanted: PushFilter, now: datetime) -> Iterator[tuple[Record, Push]]:
    """Yield the pushes that are meant with their bookings: oldest day first, step by step.

    Among them is a cancel that waits for people, of a booking that is left alive at BPJS.
    """
    for record in find_bookings(ledger, wanted, now):
        for push in (*map(record.push, STEPS), as_held(record)):
            if push and wanted.fits(record, push):
                yield record, push


def find_bookings(ledger: Ledger, wanted: PushFilter, now: datetime) -> Iterator[Record]:
    """Yield the bookings that pushes are meant of, oldest day first, read day by day.

    Without a number or a day they are those that BPJS still takes something of; where what is
    closed is meant, also those that lapsed a week ago at most.
    """
    if wanted.number:
        days: Iterable[Iterable[Record]] = [_meant(ledger.of_visit(wanted.number), wanted.number)]
    elif wanted.tanggal:
        days = [ledger.of_days(wanted.tanggal, wanted.tanggal).values()]
    else:
        # H+7 is counted by BPJS's own calendar, which is a day behind the hospital's for some
        # hours in WITA and WIT.
        back = _CLOSED_SINCE if State.CLOSED in wanted.states else MAX_AGE
        since = service_day(now) - back
        days = (ledger.of_days(day, day).values() for day in ledger.days_since(since))
    for found in days:
        fitting = (record for record in found if wanted.fits_booking(record))
        yield from sorted(fitting, key=lambda record: (record.tanggal, record.kodebooking))


def _meant(found: list[Record], number: str) -> list[Record]:
    """Return the bookings that a number means.

    Where it is the kode booking of one whose number was handed on, it means that one alone: what is
    changed of it must not be changed of another patient's visit too.
    """
    handed_on = [one for one in found if one.handed_on and one.kodebooking == number]
    return handed_on or found
