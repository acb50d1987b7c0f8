"""BPJS's list of a day → whose booking a kode booking of ours is there.

- 208 says that BPJS has a booking, and not whose: Khanza's SEP form may have added it for a patient
  whose visit was deleted, and whose number the next one got. So after a 208 to an add, and before
  a held add asks, the list of the day is compared, and nothing else goes out until then.
- That holds for an add that may have arrived before as well. Nearly all such are our own, and the
  list does not wait its ten minutes for them.
- Another patient's booking is left to that patient: the visit begins one of its own
  (booking_of_visit.py).
- What the list does not tell is taken as ever: BPJS does not show it, or not this booking.
  (rules/README.md, Whose visit)
"""

from dataclasses import replace
from datetime import datetime

from antrean_cli.rules.codes import ALREADY_THERE, Kind, State, Step
from antrean_cli.rules.listings import Antrean
from antrean_cli.rules.ordering import question_of
from antrean_cli.rules.patients import Owner, marked, numbers_of, same_patient
from antrean_cli.rules.push import Push, Record
from antrean_cli.rules.reasons import ReasonCode, because
from antrean_cli.rules.transitions import mark_already_at_bpjs, new


def is_to_be_compared(record: Record) -> bool:
    """Return whether BPJS's list of the day is still to tell whose booking this is there.

    A booking of Mobile JKN is BPJS's own, and what was made by hand is whoever's it was typed for.
    """
    return not record.compared and record.kind in (Kind.ONSITE, Kind.NONJKN)


def awaits_owner(record: Record, now: datetime) -> bool:
    """Return whether BPJS's list of the day has to tell first, before anything else goes out."""
    if not is_to_be_compared(record):
        return False
    add = record.push(Step.ADD)
    if add is None:
        return False
    if add.state == State.ALREADY:
        return add.code == ALREADY_THERE
    return question_of(record, now) is not None


def is_nearly_ours(record: Record) -> bool:
    """Return whether what waits for the list is an add of ours that may have arrived before."""
    add = record.push(Step.ADD)
    return add is not None and add.state == State.ALREADY and add.needs_lookup


def as_listed(record: Record, row: Antrean | None, key: bytes) -> Record:
    """Return the record once BPJS's list was compared; `row` is what it has under its code.

    `key` is the ledger's. What BPJS has of another patient is that patient's record, and the visit
    is `begun_anew`.
    """
    if row is None:
        return _compared(record)
    numbers = marked(numbers_of(row.norm, row.nik, row.nomorkartu), key)
    if same_patient(numbers, record.owner.numbers) is not False:
        return _compared(record)
    add = record.push(Step.ADD) or new(Step.ADD)
    note = because(ReasonCode.ANOTHER_PATIENTS)
    pushes = [replace(mark_already_at_bpjs(add), note=note), *_cancelled(row)]
    pushes += [push for push in record.pushes.values() if push.done and push.step != Step.ADD]
    return replace(
        record,
        owner=Owner(numbers),
        handed_on=True,
        compared=True,
        seen=None,
        done_fingerprint="",
        refusals={},
        pushes={push.step: push for push in pushes},
    )


def _compared(record: Record) -> Record:
    record = replace(record, compared=True)
    if not is_nearly_ours(record):
        return record
    return record.with_pushes(replace(record.pushes[Step.ADD], needs_lookup=False))


def begun_anew(record: Record, kodebooking: str) -> Record:
    """Return the booking of a visit under another code, where BPJS has its own of somebody else.

    What it needs is for the next look to see; what people told for it goes along.
    """
    kept = {step: push for step, push in record.pushes.items() if push.kept}
    return replace(
        record, kodebooking=kodebooking, compared=False, done_fingerprint="", pushes=kept
    )


def _cancelled(row: Antrean) -> list[Push]:
    return [mark_already_at_bpjs(new(Step.TASK_99))] if row.cancelled else []
