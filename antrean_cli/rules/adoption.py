"""BPJS's bookings of a day → which of them an add would only double.

- A kiosk or the SEP form may have added a visit under a kode booking of its own: the same patient
  (NIK, card or record number), clinic and doctor, not cancelled, and not the booking of another
  visit.
- One such booking is used instead of adding a second one; of several, a person has to say which.
- A Mobile JKN booking has BPJS's own code. What BPJS has, or may have, under our code keeps it.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import NamedTuple

from antrean_cli.rules.codes import State, Step
from antrean_cli.rules.identity import identity_of
from antrean_cli.rules.listings import Antrean
from antrean_cli.rules.ordering import arrange
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import Push, Record
from antrean_cli.rules.reasons import ReasonCode, because, has_code
from antrean_cli.rules.served_by import clinic_of, doctor_of
from antrean_cli.rules.transitions import hold, mark_already_at_bpjs, want
from antrean_cli.rules.values import comparable, filled
from antrean_cli.rules.visits import Visit

SHOWN = 3  # of several bookings that are named


class Patient(NamedTuple):
    """Who is seen where, in BPJS's words: compared with BPJS's own list, never stored or shown."""

    nik: str
    nomorkartu: str
    norm: str
    kodepoli: str
    kodedokter: str


def patient_of(visit: Visit) -> Patient:
    """Return whose visit it is, and where."""
    who = identity_of(visit)
    return Patient(who.nik, who.nomorkartu, who.norm, clinic_of(visit).code, doctor_of(visit).code)


def awaits_list(record: Record) -> bool:
    """Return whether a look at BPJS's list decides about this booking's add."""
    if record.may_be_at_bpjs:
        return False
    add = record.push(Step.ADD)
    return add is not None and (add.state == State.DUE or is_ambiguous(add))


def is_ambiguous(push: Push) -> bool:
    """Return whether a push is held because BPJS has several bookings that it could mean."""
    return push.state == State.HELD and has_code(push.reason, ReasonCode.AMBIGUOUS)


def duplicate_bookings(visit: Visit, rows: Sequence[Antrean], known: Collection[str]) -> list[str]:
    """Return the kode booking under which BPJS has a visit besides ours, none where it has ours.

    `rows` is BPJS's list of the day; `known` are the kode booking that other visits have.
    """
    if visit.registration is None or any(row.kodebooking == visit.kodebooking for row in rows):
        return []
    mine = patient_of(visit)
    return [row.kodebooking for row in rows if row.kodebooking not in known and _same(row, mine)]


def _same(row: Antrean, mine: Patient) -> bool:
    """Return whether a booking that lives is of this patient, clinic and doctor.

    One number of the patient's is enough there: a NIK is often mistyped in Khanza, and a kiosk may
    know no record number.
    """
    clinic = comparable(row.kodepoli) == comparable(mine.kodepoli)
    if row.cancelled or not clinic or row.kodedokter != mine.kodedokter:
        return False
    numbers = ((row.nik, mine.nik), (row.nomorkartu, mine.nomorkartu), (row.norm, mine.norm))
    return any(
        filled(theirs) and comparable(theirs) == comparable(ours) for theirs, ours in numbers
    )


def adopted(record: Record, found: Sequence[str], policy: Policy) -> Record:
    """Return the record as it should be once BPJS's list was compared.

    Under the one kode booking that BPJS has, held if there are several, else going on.
    """
    add = record.pushes[Step.ADD]
    if not found:
        return arrange(record.with_pushes(want(add)), policy)
    if len(found) > 1:
        names = ", ".join(found[:SHOWN]) + (", …" if len(found) > SHOWN else "")
        several = because(ReasonCode.AMBIGUOUS, count=len(found), kodebooking=names)
        return arrange(record.with_pushes(hold(add, several)), policy)
    note = because(ReasonCode.ADOPTED, kodebooking=record.kodebooking)
    there = record.with_pushes(replace(mark_already_at_bpjs(add), note=note))
    return arrange(replace(there, kodebooking=found[0], done_fingerprint=""), policy)
