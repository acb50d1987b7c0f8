"""To which day of service a time belongs, or a row of Khanza's, and which rows tell of no day.

- The day of a time is the one to which BPJS counts it.
- A row's column may be NULL or a zero date. Khanza's numbers begin with a day: the row then
  is of that one (khanza/README.md, Things that bite, 1).
- A row that tells of no day belongs to no pass. It costs nobody else anything, and is told by its
  table and key.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

from antrean_cli.rules.patients import is_patient_of
from antrean_cli.rules.rows import Booking, Cancel, Registration, Rows
from antrean_cli.rules.times import WIB, parse_date
from antrean_cli.rules.values import comparable


class BrokenRow(NamedTuple):
    """A row that nothing can be told of, by its table and key, and the column to fill in."""

    table: str
    key: str
    column: str


def service_day(waktu: datetime) -> date:
    """Return the day to which BPJS counts a time: the date in WIB (bpjs/README.md, Task ids)."""
    return waktu.astimezone(WIB).date()


def day_of_registration(row: Registration) -> date | None:
    """Return the day of a registration: its own, else the one in its number."""
    return parse_date(row.tgl_registrasi) or parse_date(row.no_rawat.replace("/", "-"))


def day_of_booking(row: Booking, registration: Registration | None) -> date | None:
    """Return the day of a booking: its own, else the one in its number or of its registration."""
    own = parse_date(row.tanggalperiksa) or _day_in(row.nobooking)
    return own or (day_of_registration(registration) if registration else None)


def day_of_cancel(row: Cancel) -> date | None:
    """Return the day of a cancelled booking that was not read: its own, else that in its number."""
    return parse_date(row.tanggalperiksa) or _day_in(row.nobooking)


def broken_rows(rows: Rows) -> Iterator[BrokenRow]:
    """Yield the rows that tell of no day of service."""
    dayless = [row for row in rows.bookings if not day_of_booking(row, None)]
    if dayless:
        registrations = {comparable(row.no_rawat): row for row in rows.registrations}
        for booking in dayless:
            row = registrations.get(comparable(booking.no_rawat))
            own = row if row and is_patient_of(booking, row) else None
            if not day_of_booking(booking, own):
                yield BrokenRow("referensi_mobilejkn_bpjs", booking.nobooking, "tanggalperiksa")
    lost = [row for row in rows.cancels if not day_of_cancel(row)]
    for cancel in lost:
        if all(comparable(row.nobooking) != comparable(cancel.nobooking) for row in rows.bookings):
            yield BrokenRow("referensi_mobilejkn_bpjs_batal", cancel.nobooking, "nobooking")
    for row in rows.registrations:
        if not day_of_registration(row):
            yield BrokenRow("reg_periksa", row.no_rawat, "tgl_registrasi")


def _day_in(nobooking: str) -> date | None:
    return parse_date(f"{nobooking[:4]}-{nobooking[4:6]}-{nobooking[6:8]}")
