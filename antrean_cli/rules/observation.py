"""What a pass saw of a visit, and what changed in Khanza since the add went out."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from antrean_cli.rules.codes import Step
from antrean_cli.rules.push import EXACT, Record, StatusObservation
from antrean_cli.rules.reasons import ReasonCode, because, has_code
from antrean_cli.rules.values import comparable
from antrean_cli.rules.visits import FINAL_STTS, Visit


def observed(visit: Visit, record: Record | None, now: datetime, exact: bool) -> Record:
    """Return the record with what this pass saw of the visit.

    Payer, clinic and doctor stay as they were when the add went out.
    """
    record = record or Record(kodebooking=visit.kodebooking, kind=visit.kind, tanggal=visit.tanggal)
    record = replace(record, kind=visit.kind, tanggal=visit.tanggal, no_rawat=visit.no_rawat or "")
    row, add = visit.registration, record.push(Step.ADD)
    went_out = add is not None and (add.done or add.needs_lookup) and bool(record.kd_pj)
    if row and not went_out:
        record = replace(record, kd_poli=row.kd_poli, kd_dokter=row.kd_dokter, kd_pj=row.kd_pj)
    record = _with_note_of_change(visit, record)
    return replace(record, seen=_stts_seen(visit.stts, record.seen, now, exact))


def unwatched(record: Record) -> Record:
    """Return the record of a visit that passes do not look at for now.

    Of a change that they miss nobody knows the minute. What they saw of a cancel stays: it is told
    of a visit that is gone as well.
    """
    return record if record.seen_cancelled else replace(record, seen=None)


def _stts_seen(
    stts: str | None, seen: StatusObservation | None, now: datetime, exact: bool
) -> StatusObservation | None:
    """Return what is known of stts after this pass; the moment of a change is kept."""
    now = now.replace(microsecond=0)
    if seen and seen.since > now + EXACT:  # noted by a clock that ran ahead: no minute is known
        seen = seen._replace(since=now, exact=False)
    if stts is None or (seen and seen.stts == stts):
        return seen
    if seen and seen.stts in FINAL_STTS and stts in FINAL_STTS:
        return seen._replace(stts=stts)
    return StatusObservation(stts=stts, since=now, first=seen is None, exact=exact)


def _with_note_of_change(visit: Visit, record: Record) -> Record:
    """Return the record with payer, clinic or doctor noted if they changed after the add."""
    add, row = record.push(Step.ADD), visit.registration
    if not (add and add.done and row and record.kd_pj):
        return record
    pairs = {
        "penjamin": (record.kd_pj, row.kd_pj),
        "poli": (record.kd_poli, row.kd_poli),
        "dokter": (record.kd_dokter, row.kd_dokter),
    }
    changed = {
        name: pair for name, pair in pairs.items() if comparable(pair[0]) != comparable(pair[1])
    }
    if not changed and not has_code(add.note, ReasonCode.VISIT_CHANGED):
        return record
    note = because(ReasonCode.VISIT_CHANGED, **dict(_codes(changed))) if changed else None
    return record.with_pushes(replace(add, note=note))


def _codes(changed: Mapping[str, tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """Yield the parameters of VISIT_CHANGED: each code as it was, and as it is now."""
    for name, (before, now) in changed.items():
        yield from ((name, before), (f"{name}_now", now))
