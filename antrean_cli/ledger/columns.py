"""The ledger's two tables of bookings: their columns, the seal over them, and what a row means.

- Each column is a field of BookingRow or PushRow: statements are made of these names, and rows are
  read by them.
- SQLite notices a damaged page, not a changed value. So a booking is sealed together with its
  pushes: the CRC-32 of the values as they are stored, in the order of these fields.
- That order is part of the file: the columns stood in it when seals came (schema 2), and ledgers
  sealed since then are accepted by it. A new column goes to the end, and the migration that brings
  it has to seal every booking anew.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timezone
from functools import lru_cache
from sys import intern
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

from antrean_cli.ledger.reasons import params_of, reason_from
from antrean_cli.rules.causes import Cause
from antrean_cli.rules.codes import Kind, LeftAlive, State, Step
from antrean_cli.rules.patients import Owner, PatientNumbers
from antrean_cli.rules.push import Push, PushFault, Record, Refusal, StatusObservation
from antrean_cli.rules.reasons import Reason
from antrean_cli.rules.times import milliseconds

if TYPE_CHECKING:
    from antrean_cli.rules.journeys import Journey


class BookingRow(NamedTuple):
    """A row of the table booking, without its seal; times are epoch ms, days ISO, flags 0 or 1.

    The marks are of the patient's numbers (rules/patients.py); `registered` is Khanza's own text.
    `settled` is the fingerprint of a visit that is through (Record.done_fingerprint).
    `refused` is JSON: of each step the marks of what BPJS refused, each with its time; or empty.
    """

    kodebooking: str
    kind: str
    tanggal: str
    no_rawat: str
    kd_poli: str
    kd_dokter: str
    kd_pj: str
    stts: str | None
    stts_since: int | None
    stts_first: int | None
    stts_exact: int | None
    settled: str
    mark_norm: str
    mark_nik: str
    mark_nomorkartu: str
    registered: str
    handed_on: int
    compared: int
    refused: str
    left_alive: str
    faults: str


class PushRow(NamedTuple):
    """A row of the table push; times are epoch ms, flags 0 or 1.

    `ask` is Push.needs_lookup, `needs` Push.blocked_by.
    """

    kodebooking: str
    step: str
    state: str
    recorded: int | None
    waktu: int | None
    source: str
    reason_code: str | None
    reason: str | None
    code: str
    attempts: int
    ask: int
    needs: str
    next_try: int | None
    note: str
    since: int
    note_code: str | None
    sent_at: int | None


BOOKING_COLUMNS, PUSH_COLUMNS = ", ".join(BookingRow._fields), ", ".join(PushRow._fields)
# The same as named parameters.
BOOKING_VALUES = ", ".join(f":{name}" for name in BookingRow._fields)
PUSH_VALUES = ", ".join(f":{name}" for name in PushRow._fields)


# An enumeration looks a text up four times as slowly, and a pass may read ten thousand pushes.
_STEPS, _STATES = {str(one): one for one in Step}, {str(one): one for one in State}
_KINDS = {str(one): one for one in Kind}
_LEFT_ALIVE = {str(one): one for one in LeftAlive}


def seal(*rows: Any) -> int:
    """Return the seal of values as they are stored, as plain tuples.

    Of a booking these are its row and the list of its pushes' rows, in the order of their steps.
    """
    return crc32(repr(rows).encode())


def stored_time(waktu: datetime | None) -> int | None:
    """Return a time as the ledger keeps it: epoch milliseconds."""
    return None if waktu is None else milliseconds(waktu)


@lru_cache(4096)  # what one pass wrote has one time
def aware(ms: int, zone: timezone) -> datetime:
    """Return a time of the ledger's in a zone."""
    return datetime.fromtimestamp(ms / 1000, zone)


def record_of(row: BookingRow, pushes: Sequence[PushRow], zone: timezone) -> Record:
    """Return the booking that these rows hold, its times in `zone`."""
    return Record(
        kodebooking=row.kodebooking,
        kind=_KINDS[row.kind],
        tanggal=date.fromisoformat(row.tanggal),
        no_rawat=row.no_rawat,
        kd_poli=row.kd_poli,
        kd_dokter=row.kd_dokter,
        kd_pj=row.kd_pj,
        seen=_observation_of(row, zone),
        owner=_owner_of(row),
        handed_on=bool(row.handed_on),
        compared=bool(row.compared),
        left_alive=_LEFT_ALIVE[row.left_alive],
        done_fingerprint=row.settled,
        pushes={push.step: _push_of(push, zone) for push in pushes},
        refusals=_refusals_of(row.refused, zone) if row.refused else {},
        faults=_faults_of(row.faults, zone) if row.faults else {},
    )


def _owner_of(row: BookingRow) -> Owner:
    numbers = PatientNumbers(row.mark_norm, row.mark_nik, row.mark_nomorkartu)
    return Owner(numbers, row.registered)


def _refusals_of(stored: str, zone: timezone) -> dict[str, tuple[Refusal, ...]]:
    return {
        step: tuple(Refusal(mark, aware(at, zone)) for mark, at in refused)
        for step, refused in json.loads(stored).items()
    }


def _faults_of(stored: str, zone: timezone) -> dict[str, PushFault]:
    return {
        step: PushFault(times, aware(since, zone), Cause(cause), status, bool(own))
        for step, (times, since, cause, status, own) in json.loads(stored).items()
    }


def _observation_of(row: BookingRow, zone: timezone) -> StatusObservation | None:
    if not row.stts or row.stts_since is None:
        return None
    return StatusObservation(
        stts=row.stts,
        since=aware(row.stts_since, zone),
        first=bool(row.stts_first),
        exact=bool(row.stts_exact),
    )


def _push_of(row: PushRow, zone: timezone) -> Push:
    return Push(
        step=_STEPS[row.step],
        state=_STATES[row.state],
        recorded=None if row.recorded is None else aware(row.recorded, zone),
        waktu=None if row.waktu is None else aware(row.waktu, zone),
        source=intern(row.source),  # one of a few, and there may be many pushes
        reason=_reason_of(row.reason_code, row.reason, zone) if row.reason_code else None,
        code=row.code,
        attempts=row.attempts,
        needs_lookup=bool(row.ask),
        blocked_by=_STEPS[row.needs] if row.needs else None,
        next_try=None if row.next_try is None else aware(row.next_try, zone),
        note=_reason_of(row.note_code, row.note, zone) if row.note_code else None,
        since=aware(row.since, zone),
        sent_at=None if row.sent_at is None else aware(row.sent_at, zone),
    )


@lru_cache(4096)  # many pushes have the same one, and share it
def _reason_of(code: str, params: str | None, zone: timezone) -> Reason:
    return reason_from(code, params or "{}", lambda ms: aware(ms, zone))


def journey_of(
    booking: Sequence[str], pushes: Iterable[Sequence[Any]], zone: timezone
) -> "Journey":
    """Return the journey that these columns hold, the last five of each push being its own."""
    # A pass, which reads none, must not pay for it.
    from antrean_cli.rules.journeys import Journey, Leg

    kodebooking, kind, tanggal, no_rawat, kd_poli, kd_dokter = booking
    return Journey(
        kodebooking=kodebooking,
        kind=_KINDS[kind],
        tanggal=date.fromisoformat(tanggal),
        no_rawat=no_rawat,
        kd_poli=kd_poli,
        kd_dokter=kd_dokter,
        legs={
            step: Leg(_STATES[state], waktu, _reason_of(code, reason, zone) if code else None)
            for *_, step, state, waktu, code, reason in pushes
        },
    )


def booking_row(record: Record) -> BookingRow:
    """Return the row that holds a booking, its values as they are stored."""
    seen = record.seen
    return BookingRow(
        kodebooking=record.kodebooking,
        kind=str(record.kind),
        tanggal=record.tanggal.isoformat(),
        no_rawat=record.no_rawat,
        kd_poli=record.kd_poli,
        kd_dokter=record.kd_dokter,
        kd_pj=record.kd_pj,
        stts=seen.stts if seen else None,
        stts_since=stored_time(seen.since) if seen else None,
        stts_first=int(seen.first) if seen else None,
        stts_exact=int(seen.exact) if seen else None,
        settled=record.done_fingerprint,
        mark_norm=record.owner.numbers.norm,
        mark_nik=record.owner.numbers.nik,
        mark_nomorkartu=record.owner.numbers.nomorkartu,
        registered=record.owner.registered,
        handed_on=int(record.handed_on),
        compared=int(record.compared),
        left_alive=str(record.left_alive),
        refused=_stored_refusals(record.refusals) if record.refusals else "",
        faults=_stored_faults(record.faults) if record.faults else "",
    )


def _stored_refusals(refusals: Mapping[str, tuple[Refusal, ...]]) -> str:
    values = {
        step: [(one.mark, stored_time(one.at)) for one in refused]
        for step, refused in sorted(refusals.items())
    }
    return json.dumps(values)


def _stored_faults(faults: Mapping[str, PushFault]) -> str:
    values = {
        step: (one.times, stored_time(one.since), one.cause.value, one.status, int(one.own))
        for step, one in sorted(faults.items())
    }
    return json.dumps(values)


def push_row(kodebooking: str, push: Push, now: datetime) -> PushRow:
    """Return the row that holds a push of a booking; `now` is since when it is in its state."""
    since = round(now.timestamp() * 1000)
    return PushRow(
        kodebooking=kodebooking,
        step=str(push.step),
        state=push.state,
        recorded=stored_time(push.recorded),
        waktu=stored_time(push.waktu),
        source=push.source,
        reason_code=str(push.reason.code) if push.reason else None,
        reason=params_of(push.reason) if push.reason else None,
        code=push.code,
        attempts=push.attempts,
        ask=push.needs_lookup,
        needs=str(push.blocked_by or ""),
        next_try=stored_time(push.next_try),
        note=params_of(push.note) if push.note else "",
        since=since,
        note_code=str(push.note.code) if push.note else None,
        sent_at=since if push.state == State.SENT else stored_time(push.sent_at),
    )
