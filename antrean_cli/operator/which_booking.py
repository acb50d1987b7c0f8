"""The kode booking that a number means, where a person typed the no_rawat of a Mobile JKN visit.

BPJS knows such a visit by the code that Mobile JKN gave it, and by no other.
"""

from dataclasses import replace

from antrean_cli.config.settings import Settings
from antrean_cli.errors import AntreanError, InputError, StateError
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.operator.update_file import Line
from antrean_cli.rules.codes import Kind
from antrean_cli.rules.values import NO_RAWAT


def booking_of(settings: Settings, number: str) -> str:
    """Return the kode booking that a number means to the ledger, itself if it says nothing.

    Raises StateError, and InputError for a visit with several.
    """
    if not NO_RAWAT.fullmatch(number):
        return number
    with Ledger.copy(settings.state, settings.policy.zone) as ledger:
        return known_booking_of(ledger, number)


def known_booking_of(ledger: Ledger, number: str) -> str:
    """Return the same of a ledger that is open; raises InputError."""
    found = ledger.of_visit(number)
    if any(record.kodebooking == number for record in found):
        return number
    theirs = [record for record in found if not record.handed_on]
    codes = [one.kodebooking for one in theirs if not one.ended] or [
        one.kodebooking for one in theirs
    ]
    if len(codes) > 1:
        raise InputError(f"{number} punya beberapa kode booking ({', '.join(codes)}); pakai satu")
    return codes[0] if codes else number


def with_known_bookings(ledger: Ledger, lines: list[Line]) -> list[Line]:
    """Return the lines of a file, each under the kode booking that the ledger knows it by.

    Raises InputError that tells which line cannot be used.
    """
    found = []
    for line in lines:
        kodebooking = line.kodebooking
        try:
            if NO_RAWAT.fullmatch(kodebooking):
                kodebooking = known_booking_of(ledger, kodebooking)
        except InputError as error:
            raise InputError(f"baris {line.number}: {error}") from error
        found.append(replace(line, kodebooking=kodebooking))
    return found


def listed_booking_of(settings: Settings, number: str) -> str:
    """Return what `booking_of` does, for a look at BPJS that needs no ledger.

    Raises InputError for a visit with several, and what `refuse_mobile_jkn` raises.
    """
    try:
        kodebooking = booking_of(settings, number)
    except StateError:
        kodebooking = number
    if kodebooking == number:
        refuse_mobile_jkn(settings, number)
    return kodebooking


def refuse_mobile_jkn(settings: Settings, number: str) -> None:
    """Raise InputError if a number that nobody knows as a code is a Mobile JKN visit's in Khanza.

    Where Khanza cannot be asked, nothing is said.
    """
    if not NO_RAWAT.fullmatch(number) or not (settings.khanza.user or settings.khanza.sqlite):
        return
    from antrean_cli.operator.find_visit import find_visit

    try:
        visit = find_visit(settings, number)
    except AntreanError:
        return
    if visit.kind == Kind.MOBILEJKN and visit.kodebooking != number:
        raise InputError(
            f"{number} adalah nomor rawat sebuah booking Mobile JKN; "
            f"pakai kode bookingnya: {visit.kodebooking}"
        )
