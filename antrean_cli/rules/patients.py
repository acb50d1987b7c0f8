"""Who a patient is: three numbers, and whether two rows are of the same one.

- The record number (RM) weighs most: rows that agree in it are of one patient, unless NIK and card
  both differ. Under another record number the NIK decides, where both rows have one, else the card.
- What is not filled compares with nothing. Where nothing can be compared, nobody knows.
- The numbers are compared in clear, or as marks of the ledger's (marks.py): only whether two are
  equal counts here.
- Where the numbers leave it open, the moment of registration tells: unchanged it is the same visit,
  corrected or merged; changed it is somebody else's. (rules/README.md, Whose visit)
"""

import re
from typing import NamedTuple

from antrean_cli.rules.marks import mark
from antrean_cli.rules.rows import Booking, Registration
from antrean_cli.rules.values import comparable, filled


class PatientNumbers(NamedTuple):
    """A patient's numbers in the form in which they are compared; empty where not filled."""

    norm: str = ""
    nik: str = ""
    nomorkartu: str = ""


def same_patient(one: PatientNumbers, other: PatientNumbers) -> bool | None:
    """Return whether these are the numbers of one patient, None if they do not tell."""
    nik = _agree(one.nik, other.nik)
    nomorkartu = _agree(one.nomorkartu, other.nomorkartu)
    if _agree(one.norm, other.norm):
        return None if nik is False and nomorkartu is False else True
    return nomorkartu if nik is None else nik


def _agree(one: str, other: str) -> bool | None:
    return one == other if one and other else None


def numbers_of(norm: str | None, nik: str | None, nomorkartu: str | None) -> PatientNumbers:
    """Return a patient's numbers as they are compared.

    A record number as Khanza's database compares it; of NIK and card nothing but letters and
    digits.
    """
    return PatientNumbers(
        norm=comparable(filled(norm)), nik=_bare(nik), nomorkartu=_bare(nomorkartu)
    )


def _bare(text: str | None) -> str:
    """Return letters and digits alone; empty for what is nothing but zeros."""
    kept = re.sub(r"[\W_]", "", filled(text)).lower()
    return kept if kept.strip("0") else ""


def registered_patient(row: Registration) -> PatientNumbers:
    """Return the numbers of a registration's patient."""
    return numbers_of(row.norm, row.nik, row.nomorkartu)


def booked_patient(booking: Booking) -> PatientNumbers:
    """Return the numbers of the patient who booked in Mobile JKN."""
    return numbers_of(booking.norm, booking.nik, booking.nomorkartu)


def is_patient_of(booking: Booking, row: Registration) -> bool:
    """Return whether a registration is of the patient who booked.

    The same record number settles it: there is no moment of registration that could decide else.
    """
    one, other = booked_patient(booking), registered_patient(row)
    return bool(one.norm and one.norm == other.norm) or same_patient(one, other) is True


# -- whose booking it is


class Owner(NamedTuple):
    """The patient whom a booking of the ledger's is of, and when the visit was registered.

    The patient's numbers are marks of the ledger's; `registered` is day and time as Khanza has
    them. What is not known is empty.
    """

    numbers: PatientNumbers = PatientNumbers()
    registered: str = ""

    def is_same(self, other: "Owner") -> bool:
        """Return whether both are of one patient, as far as can be told."""
        same = same_patient(self.numbers, other.numbers)
        if same is not None or not (self.registered and other.registered):
            return same is not False
        return self.registered == other.registered

    def updated(self, seen: "Owner") -> "Owner":
        """Return what is known after one more look; what it does not tell stays."""
        known = (new or old for old, new in zip(self.numbers, seen.numbers, strict=True))
        return Owner(PatientNumbers(*known), seen.registered or self.registered)


NOBODY = Owner()


def owner_of(row: Registration | None, booking: Booking | None, key: bytes) -> Owner:
    """Return whose visit it is; `key` is the ledger's. A booking's numbers are those BPJS has."""
    if booking:
        numbers = booked_patient(booking)
    elif row:
        numbers = registered_patient(row)
    else:
        return NOBODY
    registered = f"{row.tgl_registrasi or ''} {row.jam_reg or ''}".strip() if row else ""
    return Owner(marked(numbers, key), registered)


def marked(numbers: PatientNumbers, key: bytes) -> PatientNumbers:
    """Return a patient's numbers as marks of the ledger that has this key."""
    pairs = zip(PatientNumbers._fields, numbers, strict=True)
    return PatientNumbers(*(mark(key, name, number) if number else "" for name, number in pairs))
