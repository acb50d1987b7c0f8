"""Which registration each Mobile JKN booking has (rules/README.md, Which rows belong together).

- A booking claims the registration that its no_rawat names only if that is of the same patient and
  of the day that was booked: Khanza hands numbers out again, can leave a booking pointing at a
  stranger's visit, and lets the desk move a visit to another day.
- Of several that name one registration, the one of its clinic has it, and of those the newest.
- A booking that is cancelled, or that failed, claims nothing.
- One whose number names nobody, or somebody else, looks for the registration that it lost: exactly
  one of its own patient, day and clinic that no other has, and that was not told to BPJS under a
  code of its own. What it has found it keeps, even if a second one comes.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from antrean_cli.rules.codes import Kind
from antrean_cli.rules.patients import is_patient_of
from antrean_cli.rules.push import Record
from antrean_cli.rules.rows import BATAL, Booking, Registration, Rows
from antrean_cli.rules.service_days import day_of_booking, day_of_registration
from antrean_cli.rules.values import comparable

CLAIMS_NOTHING = frozenset({BATAL, "Gagal"})  # by status


class Claims(NamedTuple):
    """The registrations that Mobile JKN bookings have, by nobooking, and those left to the desk.

    `left` are the bookings that are cancelled without a row in _batal although the visit that they
    name lives: its number, by nobooking. All numbers are in the form in which they are compared.
    """

    claimed: Mapping[str, Registration]
    unclaimed: Mapping[str, Registration]
    left: Mapping[str, str]


class LookedFor(NamedTuple):
    """The bookings without a registration of their own, and those that they may come to have.

    By nobooking and by no_rawat: what the ledger knows of them decides.
    """

    nobooking: frozenset[str] = frozenset()
    no_rawat: frozenset[str] = frozenset()


def claims_of(rows: Rows, records: Mapping[str, Record]) -> Claims:
    """Return what each booking has; `records` is what the ledger knows of what is `looked_for`."""
    by_number = _by_number(rows)
    claimed, unclaimed = dict(by_number.claimed), dict(by_number.unclaimed)
    told = {
        comparable(record.no_rawat)
        for record in records.values()
        if record.kind != Kind.MOBILEJKN and record.known_at_bpjs
    }
    for booking, candidates in _looking(rows, by_number):
        known = records.get(booking.nobooking)
        free = [number for number in candidates if number in unclaimed]
        found = [number for number in free if known and number == comparable(known.no_rawat)]
        found = found or [number for number in free if number not in told]
        if len(found) == 1:
            claimed[comparable(booking.nobooking)] = unclaimed.pop(found[0])
    return Claims(claimed, unclaimed, by_number.left)


def looked_for(rows: Rows) -> LookedFor:
    """Return what the ledger has to be asked for before bookings find what they lost."""
    by_number = _by_number(rows)
    looking = _looking(rows, by_number)
    return LookedFor(
        frozenset(booking.nobooking for booking, _ in looking),
        frozenset(
            by_number.unclaimed[number].no_rawat
            for _, candidates in looking
            for number in candidates
        ),
    )


def _by_number(rows: Rows) -> Claims:
    """Return what the bookings have by the number that they name."""
    unclaimed = {comparable(row.no_rawat): row for row in rows.registrations}
    left = dict(_left(rows, unclaimed))
    claimed = {}

    def names_another_clinic(booking: Booking) -> bool:
        row = unclaimed.get(comparable(booking.no_rawat))
        return row is None or comparable(booking.kodepoli) != comparable(row.kd_poli_bpjs)

    for booking in sorted(_claiming(rows), key=names_another_clinic):  # stable: the newest first
        named = comparable(booking.no_rawat)
        row = unclaimed.get(named)
        if row and _is_on_its_day(booking, row) and is_patient_of(booking, row):
            claimed[comparable(booking.nobooking)] = unclaimed.pop(named)
    return Claims(claimed, unclaimed, left)


def _is_on_its_day(booking: Booking, row: Registration) -> bool:
    """Return whether a registration is of the day that was booked.

    The desk can move it to another one; BPJS's booking stays where it is.
    """
    tanggal = day_of_booking(booking, row)
    return tanggal is not None and tanggal == (day_of_registration(row) or tanggal)


def _left(rows: Rows, registered: Mapping[str, Registration]) -> Iterator[tuple[str, str]]:
    """Yield each booking that is cancelled alone, with the number of its visit, which lives."""
    with_row = {comparable(row.nobooking) for row in rows.cancels}
    for booking in rows.bookings:
        nobooking, named = comparable(booking.nobooking), comparable(booking.no_rawat)
        if booking.status != BATAL or nobooking in with_row:
            continue
        row = registered.get(named)
        if row and is_patient_of(booking, row):
            yield nobooking, named


def _claiming(rows: Rows) -> list[Booking]:
    """Return the bookings that may have a registration, newest first."""
    cancelled = {comparable(row.nobooking) for row in rows.cancels}
    alive = [
        booking
        for booking in rows.bookings
        if booking.status not in CLAIMS_NOTHING and comparable(booking.nobooking) not in cancelled
    ]
    return newest_first(alive)


def newest_first(bookings: Iterable[Booking]) -> list[Booking]:
    """Return bookings in the order in which they have what several of them name."""
    return sorted(bookings, key=lambda booking: booking.nobooking, reverse=True)


def _looking(rows: Rows, by_number: Claims) -> list[tuple[Booking, list[str]]]:
    """Return the bookings without a registration, each with the numbers of those it could have."""
    looking = [
        (booking, tanggal)
        for booking in _claiming(rows)
        if comparable(booking.nobooking) not in by_number.claimed
        and (tanggal := day_of_booking(booking, None))
    ]
    if not looking:  # as on most days: nothing is indexed for it
        return []
    places: dict[tuple[date | None, str], list[Registration]] = {}
    for row in by_number.unclaimed.values():
        place = (day_of_registration(row), comparable(row.kd_poli_bpjs))
        places.setdefault(place, []).append(row)
    return [
        (booking, _own(booking, places.get((tanggal, comparable(booking.kodepoli)), ())))
        for booking, tanggal in looking
    ]


def _own(booking: Booking, there: Iterable[Registration]) -> list[str]:
    """Return the numbers of the patient's own; of a cancelled duplicate only where it is alone."""
    own = [row for row in there if is_patient_of(booking, row)]
    alive = [row for row in own if row.stts != BATAL]
    return [comparable(row.no_rawat) for row in alive or own]
