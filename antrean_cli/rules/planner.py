"""Events → pushes: what one visit needs, given what the ledger already knows of it.

- Add: for the kinds of ANTREAN_ADD, outpatients only, as soon as the fields are known; NON JKN
  after its delay.
- Mobile JKN bookings are BPJS's own: they are added only where BPJS says that it does not know
  them.
- Antrean farmasi, where the hospital runs it: on the day of service, when task 5 is through and a
  prescription exists.
- Cancel: a _batal row not yet sent → batal, once. stts seen to become Batal, and still so after its
  delay → task 99.
- A visit that was Batal when first seen was never told to BPJS by us; only a Mobile JKN booking
  gets its 99.
- After a cancel nothing more is sent; what has not happened yet is no push at all.
- What was sent is never sent again: a time, payer, clinic or doctor changed afterwards is noted for
  a person.
"""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date, datetime
from zlib import crc32

from antrean_cli.rules.adoption import is_ambiguous
from antrean_cli.rules.chain import (
    ABSENT,
    ADD,
    AFTER_SERVICE,
    BATAL,
    CANCELLED,
    CLOSED,
    DUE,
    FARMASI,
    HELD,
    MANUAL,
    MAX_AGE,
    NOT_ON_DAY,
    REOPENING,
    REREAD,
    SENDING,
    Push,
    Record,
    arrange,
    close,
    closed_behind,
    expire,
    hold,
)
from antrean_cli.rules.payloads import missing, nomorantrean_of
from antrean_cli.rules.sources import (
    EXACT,
    NO_SIGN,
    Event,
    Reason,
    StatusObservation,
    VisitContext,
    events_of,
    service_day,
)
from antrean_cli.rules.visits import FINAL_STTS, WIB, Policy, Visit

NO_SHOW = Reason(code="hadir", text="tidak ada tanda hadir sampai hari pelayanan lewat")
GONE = Reason(code="hilang", text="kunjungan tidak ada lagi di Khanza (dihapus atau digabung)")
LEFT_OUT = Reason(code="poli", text="poli tidak ikut (ANTREAN_ONLY_POLI atau ANTREAN_SKIP_POLI)")
IN_DOUBT = Reason(code="ragu", text="menunggu kepastian dari BPJS")
TOO_LATE = "batal_terlambat"
CHANGED = "berubah di Khanza setelah dikirim"
# No list of BPJS's shows antrean farmasi: only sending it again would tell.
UNSETTLED = Reason(
    code="farmasi", text="tidak perlu dikirim lagi; belum pasti apakah sudah sampai di BPJS"
)
SENT_BY_KHANZA = Reason(code="batal", text="sudah dibatalkan oleh Khanza")


def plan(
    visit: Visit, record: Record | None, policy: Policy, now: datetime, *, exact: bool
) -> Record:
    """Return the record as it should be; pushes that are no longer wanted and were never sent are
    left out.

    `exact` tells that the pass before was no more than five minutes ago (see StatusObservation).
    """
    record = _without_reread(_noticed(visit, record, now, exact))
    if record.ended:
        return record.closing(CANCELLED)
    if expired(record, now):
        return expire(record)
    if visit.cancel:
        return _cancelled_in_mobile_jkn(visit, record)
    if visit.stts == "Batal":
        return _cancelled_at_desk(visit, record, policy, now)
    if visit.registration is None:
        return gone(record)
    return arrange(_served(visit, record, policy, now), policy)


def _without_reread(record: Record) -> Record:
    """Return the record without what a person let be decided anew: it is as if it had never been
    wanted.
    """
    kept = {step: push for step, push in record.pushes.items() if push.reason != REREAD or push.ask}
    return replace(record, pushes=kept)


def frame(policy: Policy, today: date) -> str:
    """Return a short mark of what holds for all visits of a day."""
    values = (getattr(policy, field.name) for field in fields(policy))
    # A set has another order in every process.
    ordered = [sorted(value) if isinstance(value, frozenset) else value for value in values]
    return f"{today}:{crc32(repr(ordered).encode()):08x}"


def facts(visit: Visit, frame: str) -> str:
    """Return a short mark of everything that `plan` goes by besides the minute; no patient can be
    read from it.
    """
    row, booking = visit.registration, visit.booking
    told = (
        visit.kind,
        row
        and row[
            :11
        ],  # up to the payer: what comes after it is the patient's, and only fills an add
        booking and (booking.tanggalperiksa, booking.status, booking.validasi),
        visit.cancel and visit.cancel.statuskirim,
        visit.berkas,
        visit.exams,
        visit.reseps,
        visit.sep and visit.sep.no_sep,
        visit.slot,
        visit.session,
    )
    return f"{frame}:{crc32(repr(told).encode()):08x}"


def settled(visit: Visit, record: Record, policy: Policy, now: datetime) -> bool:
    """Return whether nothing can come of this visit until Khanza says something new or another day
    begins.
    """
    if any(push.open or push.maybe_sent for push in record.pushes.values()):
        return False
    if record.ended:
        return True
    if visit.stts == "Batal" and _told(visit, record, policy):
        absent, seen = record.push(ABSENT), record.seen
        if absent is None or (seen and _late_by_a_wrong_clock(absent, seen)):
            return False
    if visit.kind in policy.add and visit.kind != "mobilejkn" and ADD not in record.pushes:
        return False  # a NON JKN add waits for its delay
    look = VisitContext(visit=visit, policy=policy, seen=record.seen, now=now)
    return all(event.waktu <= now for event in events_of(look).values())


def gone(record: Record) -> Record:
    """Return the record of a visit that Khanza no longer has: what is open is held, but for what
    came by hand.
    """
    return _held(record, GONE, lambda push: push.open and push.source != MANUAL)


def left_out(record: Record) -> Record:
    """Return the record of a visit whose clinic no longer takes part: what is open is held."""
    return _held(record, LEFT_OUT)


def lacks_reference(visit: Visit, record: Record | None) -> bool:
    """Return whether a planned control visit (surat kontrol) could fill what the add of this visit
    lacks.
    """
    add = record.push(ADD) if record else None
    return (
        visit.kind == "onsite"
        and visit.sep is None
        and visit.stts != "Batal"
        and (add is None or add.open)
    )


def lacks_session(visit: Visit, record: Record | None) -> bool:
    """Return whether HFIS has to be asked for the doctor's hours: for the visit's add, or for want
    of a jadwal.
    """
    add = record.push(ADD) if record else None
    return (
        visit.registration is not None
        and visit.booking is None
        and (visit.slot is None or add is None or add.open)
    )


def _held(
    record: Record, reason: Reason, only: Callable[[Push], bool] = lambda push: push.open
) -> Record:
    return record.having(*(hold(push, reason) for push in record.pushes.values() if only(push)))


def expired(record: Record, now: datetime) -> bool:
    """Return whether BPJS takes nothing more: "a task must be sent by H+7"."""
    return now.astimezone(WIB).date() - MAX_AGE > record.tanggal


def _noticed(visit: Visit, record: Record | None, now: datetime, exact: bool) -> Record:
    """Return the record with what this pass saw; payer, clinic and doctor stay as they were when
    the add went out.
    """
    row = visit.registration
    record = record or Record(kodebooking=visit.kodebooking, kind=visit.kind, tanggal=visit.tanggal)
    record = replace(record, kind=visit.kind, tanggal=visit.tanggal, no_rawat=visit.no_rawat or "")
    add = record.push(ADD)
    if row and not (add and (add.done or add.ask) and record.kd_pj):
        record = replace(record, kd_poli=row.kd_poli, kd_dokter=row.kd_dokter, kd_pj=row.kd_pj)
    return replace(_with_note(visit, record), seen=_seen(visit.stts, record.seen, now, exact))


def _seen(
    stts: str | None, seen: StatusObservation | None, now: datetime, exact: bool
) -> StatusObservation | None:
    now = now.replace(microsecond=0)
    if (
        seen and seen.since > now + EXACT
    ):  # noted by a clock that ran ahead: nobody knows the minute
        seen = seen._replace(since=now, exact=False)
    if stts is None or (seen and seen.stts == stts):
        return seen
    if seen and seen.stts in FINAL_STTS and stts in FINAL_STTS:
        return seen._replace(stts=stts)
    return StatusObservation(stts=stts, since=now, first=seen is None, exact=exact)


def _with_note(visit: Visit, record: Record) -> Record:
    add, row = record.push(ADD), visit.registration
    if not (add and add.done and row and record.kd_pj):
        return record
    pairs = (
        ("penjamin", record.kd_pj, row.kd_pj),
        ("poli", record.kd_poli, row.kd_poli),
        ("dokter", record.kd_dokter, row.kd_dokter),
    )
    changes = [f"{what} {then} menjadi {today}" for what, then, today in pairs if then != today]
    if not changes and not add.note.startswith(CHANGED):
        return record
    note = f"{CHANGED}: {', '.join(changes)}" if changes else ""
    return record.having(replace(add, note=note))


# -- cancels


def _cancelled_in_mobile_jkn(visit: Visit, record: Record) -> Record:
    """Return the record of a booking with a _batal row; there, 'Sudah' is taken at its word."""
    batal = record.push(BATAL)
    record = record.closing(CANCELLED, only=lambda push: push.open and push.step != BATAL)
    if visit.cancel and visit.cancel.statuskirim == "Sudah":
        # A cancel in doubt is still settled: asked again, BPJS can only say 208.
        return (
            record.having(close(batal, SENT_BY_KHANZA))
            if batal and batal.open and not batal.ask
            else record
        )
    if batal is None or batal.state == HELD or _reopens(batal):
        return record.having(Push(step=BATAL, state=DUE, source="batal Mobile JKN"))
    return record


def _cancelled_at_desk(visit: Visit, record: Record, policy: Policy, now: datetime) -> Record:
    """Return the record of a visit whose stts is Batal."""
    seen = record.seen
    if seen is None or not _told(visit, record, policy):
        return _without_unsent(record)
    after = seen.since + policy.delay_batal
    if now < after:
        text = (
            f"dibatalkan di meja pendaftaran, ditunggu sampai {after.astimezone(policy.zone):%H:%M}"
        )
        waiting = Reason(code="batal", text=text)
        return _held(record, waiting)
    record = record.closing(
        CANCELLED, only=lambda push: push.open and push.step != ABSENT and not push.ask
    )
    record = _in_doubt(record)
    absent = record.push(ABSENT)
    if (
        absent
        and not absent.open
        and not _reopens(absent)
        and not _late_by_a_wrong_clock(absent, seen)
    ):
        return record
    return record.having(_absence(record, absent, seen.since))


def _late_by_a_wrong_clock(absent: Push, seen: StatusObservation) -> bool:
    late = absent.state == CLOSED and absent.reason is not None and absent.reason.code == TOO_LATE
    return late and absent.recorded != seen.since


def _told(visit: Visit, record: Record, policy: Policy) -> bool:
    """Return whether BPJS knows this booking, as far as we can tell."""
    if visit.kind == "mobilejkn" or any(
        push.done or push.maybe_sent for push in record.pushes.values()
    ):
        return True
    return (
        visit.kind == "onsite"
        and visit.kind not in policy.add
        and not (record.seen and record.seen.first)
    )


def _absence(record: Record, known: Push | None, since: datetime) -> Push:
    push = replace(
        known or Push(step=ABSENT, state=DUE), recorded=since, waktu=since, source="stts Batal"
    )
    task5 = record.push("5")
    if task5 and task5.done:
        return close(push, AFTER_SERVICE)
    if service_day(since) != record.tanggal:
        text = (
            f"batal {NOT_ON_DAY}; bila perlu ketik: antrean batal "
            f"{record.kodebooking} --keterangan ALASAN"
        )
        return close(push, Reason(code=TOO_LATE, text=text))
    return replace(push, state=DUE, reason=None)


# -- adds and tasks


def _served(visit: Visit, record: Record, policy: Policy, now: datetime) -> Record:
    """Return the record of a visit that goes on: its add and its tasks, without
    what was withdrawn.
    """
    base = _without_unsent(record)
    if not _concerns_bpjs(visit, record, policy):
        return base
    look = VisitContext(visit=visit, policy=policy, seen=record.seen, now=now)
    add = _add(visit, record, look)
    if add is None and visit.kind in policy.add and visit.kind != "mobilejkn":
        return base
    tasks = [_task(event, record, look) for event in events_of(look).values()]
    return base.having(*(push for push in (add, *tasks, _farmasi(record, look)) if push))


def _concerns_bpjs(visit: Visit, record: Record, policy: Policy) -> bool:
    """Return whether this visit is told to BPJS at all: outpatients, and NON JKN only where the
    hospital adds them.
    """
    row = visit.registration
    started = any(push.done or push.maybe_sent for push in record.pushes.values())
    outpatient = started or visit.kind == "mobilejkn" or bool(row and row.status_lanjut == "Ralan")
    return outpatient and (started or visit.kind != "nonjkn" or "nonjkn" in policy.add)


def _without_unsent(record: Record) -> Record:
    """Return the record without the pushes that never left: a plan says anew which of them are
    still wanted.

    What may have left all the same is kept: BPJS is asked for it, but it is not sent again. What
    was sent by hand, and is due once more, is not Khanza's to withdraw.
    """
    kept = {step: push for step, push in record.pushes.items() if not _withdrawable(push)}
    return _in_doubt(replace(record, pushes=kept))


def _withdrawable(push: Push) -> bool:
    return not push.ask and (_reopens(push) or (push.open and push.source != MANUAL))


def _in_doubt(record: Record) -> Record:
    """Return the record with what may have left held until BPJS was asked, and closed where that
    cannot be asked.
    """
    doubtful = [push for push in record.pushes.values() if push.ask and push.source != MANUAL]
    return record.having(
        *map(_unsettled, (push for push in doubtful if push.open or _reopens(push)))
    )


def _unsettled(push: Push) -> Push:
    if push.step == FARMASI:
        return replace(close(push, UNSETTLED), ask=False)
    return hold(push, IN_DOUBT)


def _reopens(push: Push) -> bool:
    return push.state == CLOSED and push.reason is not None and push.reason.code in REOPENING


def _add(visit: Visit, record: Record, look: VisitContext) -> Push | None:
    known = record.push(ADD)
    if known and not known.open and not _reopens(known):
        return known
    if visit.kind not in look.policy.add or (
        visit.kind == "mobilejkn" and not known and not _asked_for(record)
    ):
        return None
    if visit.kind == "nonjkn" and not _delay_passed(look):
        return None
    reason = missing(visit)
    if look.policy.adopt and reason is None and known and is_ambiguous(known):
        return known  # until BPJS's list is looked at again
    if (
        reason
        and reason.code == "referensi"
        and not visit.surat_asked
        and known
        and known.state == DUE
    ):
        return known  # nobody asked for the surat kontrol in this pass: nothing new is known
    push = replace(known, state=DUE, reason=None) if known else Push(step=ADD, state=DUE)
    return hold(push, reason) if reason else push


def _asked_for(record: Record) -> bool:
    """Return whether BPJS said of one of the tasks that it does not know the booking."""
    return any(push.needs == ADD for push in record.pushes.values())


def _delay_passed(look: VisitContext) -> bool:
    registered = look.registered_at()
    return registered is not None and look.now >= registered + look.policy.delay_nonjkn


def _task(event: Event, record: Record, look: VisitContext) -> Push | None:
    known = record.push(str(event.taskid))
    if known and not known.open and not _reopens(known):
        return _noted(known, event, look)
    if known and _reopens(known) and not _changed(known, event):
        return known
    # A clock that was put back must not make anybody forget what is in doubt, or what was asked in
    # vain.
    if event.waktu > look.now and not (known and (known.ask or _in_vain(known))):
        return None
    fresh = Push(step=str(event.taskid), state=DUE)
    push = replace(
        known if known and known.open else fresh, recorded=event.waktu, source=event.source
    )
    if event.hold is NO_SIGN and look.day_over:
        return close(push, NO_SHOW)
    if event.hold:
        return hold(push, event.hold)
    if _in_vain(push) and not _add_went_on(record):
        return push
    return replace(push, state=DUE, reason=None, waktu=event.waktu)


def _farmasi(record: Record, look: VisitContext) -> Push | None:
    """Return antrean farmasi: once, when task 5 is through and a prescription exists; after the day
    nobody queues.
    """
    known, task5, resep = record.push(FARMASI), record.push("5"), look.resep()
    if known and not known.open and not _reopens(known) and known.reason != UNSETTLED:
        return known
    if (
        not look.policy.farmasi
        or look.day_over
        or not (task5 and task5.done)
        or nomorantrean_of(resep) is None
    ):
        return None
    return (
        replace(known, state=DUE, reason=None)
        if known
        else Push(step=FARMASI, state=DUE, source="resep_obat")
    )


def _in_vain(push: Push) -> bool:
    """Return whether BPJS was told of a task, and does not know the booking
    whose add it refused.
    """
    return push.reason is not None and push.reason.code == "ditolak"


def _changed(known: Push, event: Event) -> bool:
    """Return whether Khanza now says something else than when this push was closed."""
    code = known.reason.code if known.reason else ""
    if closed_behind(known):
        return True  # `arrange` knows whether that still holds
    return (
        code in ("batal", "lewat")
        or (code == "hadir" and event.hold is None)
        or known.recorded != event.waktu
    )


def _add_went_on(record: Record) -> bool:
    add = record.push(ADD)
    return add is None or add.open or add.done


def _noted(known: Push, event: Event, look: VisitContext) -> Push:
    """Return a push that is through or refused, with a note if Khanza's time
    was corrected since.
    """
    if known.state == SENDING or known.recorded is None:
        return known
    differs = known.recorded != event.waktu and event.hold is None
    note = (
        f"Khanza kini mencatat {event.waktu.astimezone(look.policy.zone):%d-%m-%Y %H:%M:%S}"
        if differs
        else ""
    )
    return replace(known, note=note) if note != known.note else known
