"""BPJS's bookings of a day → which of them an add would only double.

- A kiosk or the SEP form may have added a visit under a kode booking of its own: the same patient
  (NIK, card or record number), clinic and doctor, not cancelled, and not the booking of another
  visit.
- One such booking is used instead of adding a second one; of several, a person has to say which.
- A Mobile JKN booking has BPJS's own code. What BPJS has, or may have, under our code keeps it.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from antrean_cli.rules.chain import ADD, DUE, HELD, Push, Record, arrange, hold, there
from antrean_cli.rules.listings import Antrean
from antrean_cli.rules.payloads import patient_of
from antrean_cli.rules.sources import Reason
from antrean_cli.rules.visits import Policy, Visit

AMBIGUOUS = "ganda"
SHOWN = 3


def awaits_look(record: Record) -> bool:
    """Return whether a look at BPJS's list decides about this booking's add."""
    if record.kind == "mobilejkn" or any(
        push.done or push.maybe_sent for push in record.pushes.values()
    ):
        return False
    add = record.push(ADD)
    return add is not None and (add.state == DUE or is_ambiguous(add))


def is_ambiguous(push: Push) -> bool:
    """Return whether a push is held because BPJS has several bookings that it could mean."""
    return push.state == HELD and push.reason is not None and push.reason.code == AMBIGUOUS


def twins(visit: Visit, rows: Sequence[Antrean], known: Collection[str]) -> list[str]:
    """Return BPJS's other kode booking of a visit, none where it has ours; `known` are those that
    somebody has.
    """
    if visit.registration is None or any(row.kodebooking == visit.kodebooking for row in rows):
        return []
    mine = patient_of(visit.registration, visit.sep)
    return [
        row.kodebooking
        for row in rows
        if row.kodebooking not in known
        and not row.cancelled
        and (row.kodepoli, row.kodedokter) == (mine.kodepoli, mine.kodedokter)
        and _same_patient(
            (row.nik, row.nomorkartu, row.norm), (mine.nik, mine.nomorkartu, mine.norm)
        )
    ]


def _same_patient(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return any(left and left == right for left, right in zip(one, other, strict=True))


def adopted(record: Record, found: list[str], policy: Policy) -> Record:
    """Return the record as it should be: under the code that BPJS has, held if there are several,
    else going on.
    """
    add = record.pushes[ADD]
    if len(found) == 1:
        note = f"memakai antrean yang sudah ada di BPJS, bukan {record.kodebooking}"
        add = replace(there(add), note=note)
        return arrange(replace(record.having(add), kodebooking=found[0], settled=""), policy)
    if found:
        names = ", ".join(found[:SHOWN]) + (", …" if len(found) > SHOWN else "")
        text = f"BPJS punya {len(found)} antrean pasien ini: {names}"
        return arrange(record.having(hold(add, Reason(code=AMBIGUOUS, text=text))), policy)
    return arrange(record.having(replace(add, state=DUE, reason=None)), policy)
