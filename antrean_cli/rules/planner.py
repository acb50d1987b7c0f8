"""Visits → pushes: what one visit needs, given what the ledger already knows of it.

- Add: for the kinds of ANTREAN_ADD, outpatients only, as soon as the fields are known; NON JKN
  after its delay. (rules/README.md, Add)
- Mobile JKN bookings are BPJS's own: they are added only where BPJS says that it knows them not.
- Antrean farmasi, where the hospital runs it: on the day of service, when task 5 is through and a
  prescription exists.
- What has not happened yet is no push at all. A cancel ends it: cancels.py.
- No plan sends again what was sent: a time, payer, clinic or doctor changed afterwards is noted
  for a person. Only BPJS, which asks for a step once more, or a person has it repeated
  (transitions.py, REPEAT).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from antrean_cli.rules.add_lacks import what_add_lacks
from antrean_cli.rules.admission import is_expected
from antrean_cli.rules.adoption import is_ambiguous
from antrean_cli.rules.attendance import from_clinic
from antrean_cli.rules.backoff import FIRST_QUESTION, next_question
from antrean_cli.rules.cancels import cancelled_at_desk, cancelled_in_mobile_jkn
from antrean_cli.rules.codes import TASKS, Kind, State, Step
from antrean_cli.rules.events import Event, events_of, unrecorded
from antrean_cli.rules.observation import observed, unwatched
from antrean_cli.rules.ordering import arrange, closed_behind
from antrean_cli.rules.payloads import nomorantrean_of
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import (
    MANUAL,
    ORDERED,
    TASK_STEPS,
    Push,
    Record,
    expired,
)
from antrean_cli.rules.reasons import (
    CANCELLED,
    GONE,
    HANDED_ON,
    LEFT_OUT,
    NO_SHOW,
    Reason,
    ReasonCode,
    because,
    has_code,
)
from antrean_cli.rules.refused_bodies import (
    has_another_add,
    has_another_time,
    may_try,
    unless_refused,
)
from antrean_cli.rules.sources import VisitContext
from antrean_cli.rules.transitions import (
    close,
    close_open,
    expire,
    hold,
    hold_open,
    new,
    renew,
    try_anew,
    want,
)
from antrean_cli.rules.unsent import (
    reopens,
    stands,
    with_kept_wanted,
    without_delays,
    without_reread,
    without_unsent,
)
from antrean_cli.rules.visits import Visit

RESEP = "resep_obat"  # where antrean farmasi comes from


def plan(
    visit: Visit, record: Record | None, policy: Policy, now: datetime, *, exact: bool, key: bytes
) -> Record:
    """Return the record as it should be; what is no longer wanted and never left is left out.

    `record` is None for a visit that the ledger does not know; `exact` tells that the pass before
    was no more than five minutes ago (see StatusObservation). `key` is the ledger's, by which a
    refused body is known again.
    """
    record = without_delays(without_reread(observed(visit, record, now, exact)))
    if record.ended:
        return close_open(record, CANCELLED)
    if expired(record, now):
        return expire(record)
    if visit.odd:
        return _odd(record, visit.odd)
    if visit.cancel:
        return cancelled_in_mobile_jkn(visit, record)
    if visit.cancelled_at_desk:
        return cancelled_at_desk(visit, record, policy, now)
    if visit.unclear:
        return _unclear(record)
    if visit.cancelled_alone:
        return hold_open(record, because(ReasonCode.BOOKING_CANCELLED), _is_khanzas)
    if visit.registration is None:
        return gone(record)
    return arrange(_served(visit, record, policy, now, key), policy)


def gone(record: Record) -> Record:
    """Return the record of a visit that Khanza no longer has: what is open is held.

    What came by hand goes on: Khanza never knew it.
    """
    return _out_of_sight(record, HANDED_ON if record.handed_on else GONE)


def given_away(record: Record) -> Record:
    """Return the record of a booking whose number Khanza gave to another patient's visit.

    It is as one whose visit was deleted; of what came by hand nobody knows which patient was meant.
    """
    record = gone(replace(record, handed_on=True, done_fingerprint=""))
    return hold_open(record, HANDED_ON, lambda push: push.kept and push.step in ORDERED)


def moved_away(record: Record) -> Record:
    """Return the record of a visit that Khanza has on a day to come: what is open is held."""
    return _out_of_sight(record, HANDED_ON if record.handed_on else because(ReasonCode.ANOTHER_DAY))


def moved_to_booking(record: Record) -> Record:
    """Return the record of a visit that a Mobile JKN booking has now: what is open is held."""
    return hold_open(unwatched(record), because(ReasonCode.MOVED_TO_BOOKING), _is_khanzas)


def withdrawn(record: Record) -> Record:
    """Return the record of a booking that BPJS never heard of, and that its visit needs no more."""
    return record.keeping(lambda push: push.source == MANUAL)


def _odd(record: Record, name: str) -> Record:
    """Return the record of a visit with a code or number that no Khanza makes: held."""
    if not record.pushes:  # something has to stand for what is not told
        record = record.with_pushes(new(Step.TASK_3))
    return hold_open(record, because(ReasonCode.ODD_CODE, field=name), _is_khanzas)


def _unclear(record: Record) -> Record:
    """Return the record of a Mobile JKN booking of which nobody knows which visit it has: held.

    Nobody is told at the first look: Khanza writes a booking and its visit one after the other.
    """
    looked_before = any(
        has_code(push.reason, ReasonCode.VISIT_SOUGHT, ReasonCode.VISIT_UNCLEAR)
        for push in record.pushes.values()
    )
    reason = because(ReasonCode.VISIT_UNCLEAR if looked_before else ReasonCode.VISIT_SOUGHT)
    if record.push(Step.TASK_3) is None:  # something has to stand for what is not told
        record = record.with_pushes(new(Step.TASK_3))
    return hold_open(record, reason, _is_khanzas)


def _out_of_sight(record: Record, reason: Reason) -> Record:
    """Return the record of a visit that passes do not look at for now: what is open is held."""
    return hold_open(without_delays(unwatched(record)), reason, _is_khanzas)


def _is_khanzas(push: Push) -> bool:
    """Return whether a push is open and came from Khanza: what came by hand it never knew."""
    return push.open and push.source != MANUAL


def left_out(record: Record) -> Record:
    """Return the record of a visit whose clinic no longer takes part: what is open is held.

    What came by hand goes on: a person meant this very booking.
    """
    return _out_of_sight(record, LEFT_OUT)


def lacks_session(visit: Visit, record: Record | None) -> bool:
    """Return whether HFIS has to be asked for the doctor's hours of a visit at the desk.

    For its add, or for the opening of its clinic where jadwal has no row.
    """
    if visit.registration is None or visit.booking is not None:
        return False
    add = record.push(Step.ADD) if record else None
    return visit.slot is None or add is None or add.open or add.state == State.REFUSED


# -- adds and tasks


def _served(visit: Visit, record: Record, policy: Policy, now: datetime, key: bytes) -> Record:
    """Return the record of a visit that goes on: its add, its tasks, its number at the pharmacy."""
    base = with_kept_wanted(without_unsent(record))
    context = VisitContext(
        visit=visit, policy=policy, seen=record.seen, now=now, pushes=record.pushes
    )
    if not concerns_bpjs(context, record):
        return base
    add = _add(visit, record, context, key)
    if add is None and visit.kind in policy.add and visit.kind != Kind.MOBILEJKN:
        return base  # nothing is told of a visit before its add is wanted
    if add and has_code(add.reason, ReasonCode.NONJKN_DELAYED):
        return base.with_pushes(add)
    events = events_of(context)
    known = record.with_pushes(add) if add else record
    tasks = [_task(event, known, context) for event in events.values()]
    add = _with_first_question(add, tasks, record, context)
    wanted: Iterable[Push | None] = (add, *tasks, _farmasi(record, context))
    served = base.with_pushes(*(push for push in wanted if push))
    served = served.with_pushes(*_unrecorded(served, events, context))
    served = served.with_pushes(*_awaiting_admission(served, context))
    return served.with_pushes(*_of_no_show(served))


def _of_no_show(record: Record) -> list[Push]:
    """Return the held add of a patient who did not come, closed: no desk makes her SEP any more.

    What shows later that she came opens it again.
    """
    add, arrival = record.push(Step.ADD), record.push(Step.TASK_3)
    if add is None or arrival is None or not has_code(arrival.reason, ReasonCode.NO_SHOW):
        return []
    khanzas = add.source != MANUAL and not add.needs_lookup
    return [close(add, NO_SHOW)] if khanzas and add.state == State.HELD else []


def _awaiting_admission(record: Record, context: VisitContext) -> list[Push]:
    """Return task 3 held for 1 and 2, where the hospital wants it to wait and they may still come.

    Not longer than ANTREAN_ADMISI_MINUTES after registration (that of a booking can lie ahead of
    the check-in), nor once BPJS was asked for it.
    """
    arrival = record.push(Step.TASK_3)
    if arrival is None or arrival.recorded is None or not is_expected(record):
        return []
    came = min(context.registered_at() or arrival.recorded, arrival.recorded)
    until = came + context.policy.admisi
    begun = arrival.attempts or arrival.needs_lookup or arrival.blocked_by
    awaited = context.policy.admisi and context.now < until
    if arrival.state != State.DUE or begun or not awaited:
        return []
    return [hold(arrival, because(ReasonCode.WAITING_FOR_ADMISSION, until=until))]


def _unrecorded(record: Record, events: Mapping[int, Event], context: VisitContext) -> list[Push]:
    """Return a line for each task that later ones wait for, and that Khanza has no time of."""
    waiting = [task for task in TASKS if (push := record.push(str(task))) and push.open]
    return [
        hold(new(str(task)), unrecorded(context, task))
        for task in TASKS
        if task < max(waiting, default=0) and task not in events and not record.push(str(task))
    ]


def concerns_bpjs(context: VisitContext, record: Record) -> bool:
    """Return whether this visit is told to BPJS at all.

    What was begun goes on; else outpatients only, also where they were admitted from the clinic,
    and NON JKN only where the hospital adds them.
    """
    visit, row = context.visit, context.visit.registration
    if record.known_at_bpjs:
        return True
    if visit.kind == Kind.NONJKN and Kind.NONJKN not in context.policy.add:
        return False
    if visit.kind == Kind.MOBILEJKN:
        return True
    return row is not None and (row.status_lanjut == "Ralan" or from_clinic(context))


def _add(visit: Visit, record: Record, context: VisitContext, key: bytes) -> Push | None:
    """Return the add of a visit that goes on, None if it needs none now."""
    known, now = record.push(Step.ADD), context.now.astimezone(context.policy.zone)
    if known and has_another_add(visit, record, context.policy, key):
        return try_anew(known) if may_try(record, Step.ADD, now) else known
    if stands(known):
        return known
    if visit.kind not in context.policy.add:
        return None
    if visit.kind == Kind.MOBILEJKN and not known and not _bpjs_asked_for_add(record):
        return None
    if visit.kind == Kind.NONJKN and not _delay_passed(context):
        return _delayed_add(known, context)
    lacking = what_add_lacks(visit)
    if known and lacking is None and context.policy.adopt and is_ambiguous(known):
        return known  # until BPJS's list is looked at again
    surat_kontrol_unknown = (
        visit.kind == Kind.ONSITE
        and not visit.surat_asked
        and has_code(lacking, ReasonCode.NO_REFERENCE)
    )
    if known and known.state == State.DUE and surat_kontrol_unknown:
        return known  # nobody asked for the surat kontrol in this pass: nothing new is known
    add = known or new(Step.ADD)
    if (add.state == State.HELD) != bool(lacking):
        # What it was tried, or asked for, counts no more once it is held, or goes.
        add = replace(add, attempts=0, next_try=None)
    if lacking:
        return hold(add, lacking)
    add = add if add.state == State.DUE else want(add)
    return unless_refused(add, visit, record, context.policy, key)


def _with_first_question(
    add: Push | None, tasks: Sequence[Push | None], record: Record, context: VisitContext
) -> Push | None:
    """Return the add; where it is held and never asked, with the moment at which it first may.

    That is a while after registration, or now if the visit has moved on.
    """
    if add is None or add.state != State.HELD or add.attempts:
        return add
    if _bpjs_asked_for_add(record):  # that was the first question
        now = context.now.astimezone(context.policy.zone)
        return replace(add, attempts=1, next_try=next_question(1, record.tanggal, now))
    later = [push for push in tasks if push and push.step in TASK_STEPS[1:]]
    moved_on = any(push.recorded for push in later)
    registered = None if moved_on else context.registered_at()
    return replace(add, next_try=registered + FIRST_QUESTION if registered else None)


def _bpjs_asked_for_add(record: Record) -> bool:
    """Return whether BPJS said of one of the tasks that it does not know the booking."""
    return any(push.blocked_by == Step.ADD for push in record.pushes.values())


def _delay_passed(context: VisitContext) -> bool:
    """Return whether a NON JKN visit was registered long enough ago.

    Where Khanza does not say when, it counts from the pass that met the visit first.
    """
    until = _delayed_until(context)
    return until is not None and context.now >= until


def _delayed_until(context: VisitContext) -> datetime | None:
    registered = context.registered_at() or (context.seen and context.seen.since)
    return registered + context.policy.delay_nonjkn if registered else None


def _delayed_add(known: Push | None, context: VisitContext) -> Push | None:
    """Return the add of a NON JKN visit while its delay lasts; BPJS is asked for nothing of it.

    None where one stands for itself: it is in doubt, or came by hand.
    """
    until = _delayed_until(context)
    if until is None or (known and (known.needs_lookup or known.source == MANUAL)):
        return None
    delayed = because(ReasonCode.NONJKN_DELAYED, until=until.astimezone(context.policy.zone))
    return replace(hold(known or new(Step.ADD), delayed), attempts=0, next_try=until)


def _task(event: Event, record: Record, context: VisitContext) -> Push | None:
    """Return one task with the time that Khanza has of it, None while that is still to come."""
    known = record.push(str(event.taskid))
    if known and known.kept:
        return known  # a person's word stands
    if known and has_another_time(known, event.waktu, record):
        now = context.now.astimezone(context.policy.zone)
        known = try_anew(known) if may_try(record, known.step, now) else known
    if known and not known.open:
        if not reopens(known):
            return _with_note_of_time(known, event, context)
        if not _says_something_new(known, event):
            return known
    asked_in_vain = known is not None and has_code(known.reason, ReasonCode.ADD_REFUSED)
    # A clock that was put back must make nobody forget what is in doubt, or was asked in vain.
    if event.waktu > context.now and not (known and (known.needs_lookup or asked_in_vain)):
        return None
    base = known or new(str(event.taskid))
    push = replace(base if base.open else renew(base), recorded=event.waktu, source=event.source)
    if has_code(event.hold, ReasonCode.NO_SIGN_YET) and context.day_over:
        return close(push, NO_SHOW)
    if event.hold:
        return hold(push, event.hold)
    if has_code(push.reason, ReasonCode.ADD_REFUSED) and not _add_goes_on(record):
        return push  # BPJS does not know the booking, and will not
    if has_code(push.reason, ReasonCode.CONTRADICTION):
        return push  # only BPJS, or a person, knows better
    return want(push, waktu=event.waktu)


def _says_something_new(known: Push, event: Event) -> bool:
    """Return whether Khanza now says something else than when this push was closed."""
    if closed_behind(known):
        return True  # `arrange` knows whether that still holds
    if known.recorded != event.waktu:
        return True
    if has_code(known.reason, ReasonCode.NO_SHOW, ReasonCode.NO_SIGN_YET):
        return event.hold is None
    return not has_code(known.reason, ReasonCode.NOT_ON_DAY)


def _add_goes_on(record: Record) -> bool:
    add = record.push(Step.ADD)
    return add is None or add.open or add.done


def _with_note_of_time(known: Push, event: Event, context: VisitContext) -> Push:
    """Return a push that is through or refused, with a note if Khanza's time was corrected."""
    if known.state == State.SENDING or known.recorded is None:
        return known
    if known.recorded == event.waktu or event.hold is not None:
        return replace(known, note=None)
    note = because(ReasonCode.TIME_CHANGED, waktu=event.waktu.astimezone(context.policy.zone))
    return replace(known, note=note)


def _farmasi(record: Record, context: VisitContext) -> Push | None:
    """Return antrean farmasi: once, when task 5 is through and a prescription exists.

    After the day nobody queues any more.
    """
    known, task5 = record.push(Step.FARMASI), record.push(Step.TASK_5)
    unsettled = known is not None and has_code(known.reason, ReasonCode.FARMASI_UNSETTLED)
    if stands(known) and not unsettled:
        return known
    if not context.policy.farmasi or context.day_over or not (task5 and task5.done):
        return None
    if nomorantrean_of(context.resep()) is None:
        return None
    return want(known) if known else new(Step.FARMASI, source=RESEP)
