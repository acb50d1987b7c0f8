"""Who the patient is, spelled as BPJS wants it: NIK, card, telephone and record number.

- Khanza's columns are free text: blanks, dots, several telephones, names beside them. What does not
  fit is as good as not filled, and the next place where the fact stands is taken: the booking, the
  SEP, the patient. (rules/README.md, Add)
- Nothing is made up: what fits nowhere holds a JKN add, for the desk to mend. NON JKN goes with a
  dash, as Khanza sends it.
- No reason repeats a number, whole or in part.
"""

import re
from typing import NamedTuple

from antrean_cli.rules.reasons import Reason, ReasonCode, because
from antrean_cli.rules.rows import Booking, Registration, Sep
from antrean_cli.rules.values import first_filled
from antrean_cli.rules.visits import Visit

_BETWEEN_DIGITS = re.compile(r"[\s.'-]")
_APART = re.compile(r"[^0-9+() .-]+")  # what stands between two telephone numbers, not within one
_RUN = re.compile(r"\+?[0-9]+")
_PHONE = re.compile(r"08[0-9]{8,11}|0[2-79][0-9]{7,10}")  # mobile; area code and number
_LENGTHS_OF_MOBILES = range(10, 14)


class Identity(NamedTuple):
    """Who the patient of a visit is; a text is empty where nothing fits."""

    nik: str
    nomorkartu: str
    nohp: str
    norm: str


class Stated(NamedTuple):
    """One text of each place where a fact of the patient stands, in the order in which they count.

    Of a number that is how BPJS wants it spelled, empty where nothing fits.
    """

    booking: str
    sep: str
    patient: str


def identity_of(visit: Visit) -> Identity:
    """Return who the patient of a visit is: by its booking, else its SEP, else the patient's row.

    It is sent and compared, and never stored or shown.
    """
    row, booking = visit.registration, visit.booking
    return Identity(
        nik=next(filter(None, niks_of(visit)), ""),
        nomorkartu=next(filter(None, cards_of(visit)), ""),
        nohp=next(filter(None, phones_of(visit)), ""),
        norm=first_filled(row and row.norm, booking and booking.norm),
    )


def niks_of(visit: Visit) -> Stated:
    """Return the NIK that each place has; a SEP has none."""
    row, booking = visit.registration, visit.booking
    return Stated(nik_of(booking and booking.nik), "", nik_of(row and row.nik))


def cards_of(visit: Visit) -> Stated:
    """Return the number of the BPJS card that each place has."""
    return Stated(*(card_of(one and one.nomorkartu) for one in _places(visit)))


def phones_of(visit: Visit) -> Stated:
    """Return the telephone number that each place has."""
    return Stated(*(phone_of(one and one.nohp) for one in _places(visit)))


def _places(visit: Visit) -> tuple[Booking | None, Sep | None, Registration | None]:
    """Return the rows that tell of a patient, in the order of Stated."""
    return visit.booking, visit.sep, visit.registration


def lacking_of(identity: Identity, *, jkn: bool) -> Reason | None:
    """Return what the desk has to mend of a patient before the add, None if it can go."""
    if not identity.norm:
        return because(ReasonCode.NORM_UNKNOWN)
    if not jkn:
        return None
    if not identity.nik:
        return because(ReasonCode.NIK_UNFIT)
    if not identity.nomorkartu:
        return because(ReasonCode.CARD_UNFIT)
    return None if identity.nohp else because(ReasonCode.PHONE_UNKNOWN)


def nik_of(text: str | None) -> str:
    """Return a NIK (16 digits, none begins with 0), empty if the text is none."""
    digits = _BETWEEN_DIGITS.sub("", text or "")
    return digits if re.fullmatch(r"[1-9][0-9]{15}", digits) else ""


def card_of(text: str | None) -> str:
    """Return the number of a BPJS card (13 digits), empty if the text is none."""
    digits = _BETWEEN_DIGITS.sub("", text or "")
    return digits if re.fullmatch(r"[0-9]{13}", digits) and digits.strip("0") else ""


def phone_of(text: str | None) -> str:
    """Return the first telephone number in a text: digits, a leading 0, at most 13 of them.

    Empty if there is none.
    """
    parts = [_RUN.findall(part) for part in _APART.split(text or "")]
    found = (number for runs in parts for number in _phones_in(runs))
    return next(found, "") or _cut_phone([run for runs in parts for run in runs])


def _phones_in(runs: list[str]) -> list[str]:
    """Return the numbers that runs of digits make: all of them together, else some in a row.

    Two numbers can stand side by side with nothing but a blank or a dash between them: then the
    first ends where the next one begins.
    """
    found = []
    for begin in range(len(runs)):
        for end in (len(runs), *range(begin + 1, len(runs))):
            number = _national("".join(runs[begin:end]))
            if _PHONE.fullmatch(number) and (end == len(runs) or _begins_number(runs[end])):
                found.append(number)
    return found


def _begins_number(run: str) -> bool:
    return run.startswith(("0", "+", "62", "8"))


def _cut_phone(runs: list[str]) -> str:
    """Return the first number of a run of digits that is too long for one.

    Two numbers may stand in it without anything between them; else it is cut, as other senders do.
    """
    for number in map(_national, runs):
        pairs = [(number[:end], _national(number[end:])) for end in _LENGTHS_OF_MOBILES]
        whole = (one for one, other in pairs if _PHONE.fullmatch(other))
        first = next(whole, number[: _LENGTHS_OF_MOBILES[-1]])
        if _PHONE.fullmatch(first):
            return first
    return ""


def _national(digits: str) -> str:
    """Return a number as it is dialled in Indonesia; one of another country keeps its plus."""
    if digits.startswith(("+0", "+62", "0062")):
        digits = digits.removeprefix("+").removeprefix("00")
    if digits.startswith("62"):
        return f"0{digits[2:].lstrip('0')}"
    return f"0{digits}" if digits.startswith("8") else digits
