"""Cancels: what becomes of a booking that Khanza holds as cancelled (rules/README.md, Cancel).

- A _batal row that Khanza has not sent → batal, once.
- stts seen to become Batal, and still so after ANTREAN_DELAY_BATAL → task 99, if BPJS knows the
  booking. A visit that was Batal when first seen was never told to BPJS by us; only a Mobile JKN
  booking gets its 99.
- After a cancel nothing more is sent.
"""

from dataclasses import replace
from datetime import datetime, time

from antrean_cli.rules.codes import Kind, State, Step
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import Push, Record, StatusObservation
from antrean_cli.rules.reasons import (
    AFTER_SERVICE,
    CANCELLED,
    CANCELLED_BY_KHANZA,
    ReasonCode,
    because,
    has_code,
)
from antrean_cli.rules.refused_bodies import has_another_time
from antrean_cli.rules.service_days import service_day
from antrean_cli.rules.times import WIB
from antrean_cli.rules.transitions import close, close_open, hold_open, new, renew, try_anew, want
from antrean_cli.rules.unsent import reopens, stands, with_doubts_held, without_unsent
from antrean_cli.rules.visits import Visit

# Where a cancel comes from.
BATAL_ROW, STTS_BATAL = "batal Mobile JKN", "stts Batal"


def cancelled_in_mobile_jkn(visit: Visit, record: Record) -> Record:
    """Return the record of a booking with a _batal row; there, 'Sudah' is taken at its word."""
    record = close_open(record, CANCELLED, lambda push: push.open and push.step != Step.BATAL)
    batal = record.push(Step.BATAL)
    if visit.cancel and visit.cancel.statuskirim == "Sudah":
        if batal is None or not batal.open or batal.needs_lookup:
            return record  # a cancel in doubt is still settled: asked again, BPJS can only say 208
        return record.with_pushes(close(batal, CANCELLED_BY_KHANZA))
    if batal is None or batal.state == State.HELD or reopens(batal):
        wanted = renew(batal, source=BATAL_ROW) if batal else new(Step.BATAL, source=BATAL_ROW)
        return record.with_pushes(wanted)
    return record


def cancelled_at_desk(visit: Visit, record: Record, policy: Policy, now: datetime) -> Record:
    """Return the record of a visit whose stts is Batal: after the delay, task 99."""
    seen = record.seen
    if seen is None or not told_to_bpjs(visit, record, policy):
        return close_open(without_unsent(record), CANCELLED, lambda push: push.kept)
    since = _on_its_day(seen.since, record)
    until = since + policy.delay_batal
    if now < until:
        delayed = because(ReasonCode.CANCEL_DELAYED, until=until.astimezone(policy.zone))
        return hold_open(_with_absence_to_come(record, since), delayed)
    record = close_open(
        record,
        CANCELLED,
        lambda push: push.open and push.step != Step.TASK_99 and not push.needs_lookup,
    )
    record = with_doubts_held(record)
    known = record.push(Step.TASK_99)
    if known and has_another_time(known, since, record):  # cancelled once more
        known = try_anew(known)
    if stands(known) and not closed_late_by_a_wrong_clock(known, seen):
        return record
    return record.with_pushes(_absence(record, known, since))


def _on_its_day(since: datetime, record: Record) -> datetime:
    """Return when a cancel counts from: the day of service, in WIB, begins after midnight in WIT.

    Who was cancelled before it is absent from its first moment on.
    """
    begins = datetime.combine(record.tanggal, time.min, WIB)
    return max(since, begins.astimezone(since.tzinfo))


def _with_absence_to_come(record: Record, since: datetime) -> Record:
    """Return the record with the 99 that is sent once the delay is over, if one is."""
    if record.push(Step.TASK_99) or record.served or service_day(since) != record.tanggal:
        return record
    return record.with_pushes(_absence(record, None, since))


def closed_late_by_a_wrong_clock(absent: Push | None, seen: StatusObservation) -> bool:
    """Return whether a 99 was closed as too late for another moment than the one known now."""
    if absent is None or absent.state != State.CLOSED:
        return False
    return has_code(absent.reason, ReasonCode.CANCEL_TOO_LATE) and absent.recorded != seen.since


def told_to_bpjs(visit: Visit, record: Record, policy: Policy) -> bool:
    """Return whether BPJS knows this booking, as far as we can tell."""
    if visit.kind == Kind.MOBILEJKN or record.known_at_bpjs:
        return True
    # Somebody else adds the hospital's onsite visits: BPJS knows one that was seen before.
    added_elsewhere = visit.kind == Kind.ONSITE and visit.kind not in policy.add
    return added_elsewhere and not (record.seen and record.seen.first)


def _absence(record: Record, known: Push | None, since: datetime) -> Push:
    """Return task 99 for a visit that was cancelled at the desk at `since`."""
    push = replace(known or new(Step.TASK_99), recorded=since, waktu=since, source=STTS_BATAL)
    if record.served:
        return close(push, AFTER_SERVICE)
    if service_day(since) != record.tanggal:
        return close(push, because(ReasonCode.CANCEL_TOO_LATE, kodebooking=record.kodebooking))
    return want(push)
