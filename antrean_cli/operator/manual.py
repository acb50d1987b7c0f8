"""Single calls by hand, through the same client as the pass, and noted in the ledger.

- The ledger is opened and written to first: if it cannot be written, nothing is sent.
- Only what BPJS says it has is noted, so that `sync` does not send it again; 208 ("sudah ada")
  counts as done.
- A visit that was added by hand goes on under the kode booking that it was given.
"""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from antrean_cli.bpjs.client import Client
from antrean_cli.config.settings import Settings
from antrean_cli.errors import AntreanError, InputError, TemporaryError
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.operator.lookups import raise_unless_done, tasks
from antrean_cli.operator.which_booking import refuse_mobile_jkn
from antrean_cli.rules.answers import Outcome, Reply, judge
from antrean_cli.rules.booking_of_visit import is_theirs
from antrean_cli.rules.codes import Code, Kind, OutcomeKind, Step, call_of
from antrean_cli.rules.faults import Fault
from antrean_cli.rules.left_alive import given_up
from antrean_cli.rules.listings import tasks_held
from antrean_cli.rules.ordering import arrange
from antrean_cli.rules.origins import origin_of_refused
from antrean_cli.rules.outcomes import arrived
from antrean_cli.rules.patients import owner_of
from antrean_cli.rules.payloads import update_body
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import MANUAL, ORDERED, Push, Record
from antrean_cli.rules.reasons import ReasonCode
from antrean_cli.rules.service_days import service_day
from antrean_cli.rules.transitions import accept, mark_already_at_bpjs, new
from antrean_cli.rules.visits import Visit

# What BPJS may mean that does not know the booking.
_UNKNOWN = (OutcomeKind.PREREQUISITE, OutcomeKind.REJECTED)


@dataclass(frozen=True, kw_only=True, slots=True)
class ManualCall:
    """One push to send by hand.

    - `step` is "add", a taskid, "farmasi" or "batal"; `body` is what BPJS gets.
    - `tanggal` is the day of service, today where it is not known.
    - `waktu` is the time of a task (aware), None for the others; `visit` the one that is added.
    """

    step: str
    body: Mapping[str, Any]
    tanggal: date
    waktu: datetime | None = None
    visit: Visit | None = None

    @property
    def kodebooking(self) -> str:
        """The booking that it is for."""
        return str(self.body["kodebooking"])

    @property
    def patient_name(self) -> str:
        """The patient's name, empty where no visit is known."""
        return self.visit.patient_name if self.visit else ""


class CallOutcome(Code):
    """What became of a call by hand, as JSON tells it."""

    SENT = "sent"  # BPJS took it
    ALREADY = "already"  # BPJS had it: 208
    QUEUED = "queued"  # kept in the ledger: a pass sends it
    REFUSED = "refused"
    FAILED = "failed"  # no answer, or credentials refused
    SKIPPED = "skipped"  # not sent: one before it was not taken, or the whole was ended


@dataclass(frozen=True, kw_only=True, slots=True)
class Settled:
    """What came of a call; `code` and `message` are BPJS's, empty where it was not asked."""

    outcome: CallOutcome
    code: str = ""
    message: str = ""

    @property
    def already(self) -> bool:
        """Whether BPJS had it before."""
        return self.outcome is CallOutcome.ALREADY


def update_call(
    kodebooking: str, taskid: str, waktu: datetime, jenisresep: str | None
) -> ManualCall:
    """Return the call that tells BPJS the time of a task."""
    return ManualCall(
        step=taskid,
        body=update_body(kodebooking, taskid, waktu, jenisresep),
        tanggal=service_day(waktu),
        waktu=waktu,
    )


def send(settings: Settings, call: ManualCall, now: datetime) -> Settled:
    """Make a call, and note in the ledger what BPJS has by it; return what came of it.

    Raises StateError and InputError before anything is sent, and CredentialsError, TemporaryError
    or RefusedError for what BPJS said.
    """
    with Ledger.open(settings.state, settings.policy.zone) as ledger:
        known = require_usable(ledger, [call.kodebooking], now)
        if call.step not in (Step.ADD, Step.BATAL):
            refuse_handed_on(ledger, [call.kodebooking])
        outcome = ask(settings, call)
        if outcome.refusal == ReasonCode.REFUSED_UNKNOWN:
            _note_absence(ledger, call.kodebooking, now)
        if call.step != Step.ADD and outcome.kind in _UNKNOWN and call.kodebooking not in known:
            refuse_mobile_jkn(settings, call.kodebooking)
        raise_unless_done(outcome)
        return settle(ledger, settings.policy, call, outcome, now)


def ask(settings: Settings, call: ManualCall) -> Outcome:
    """Make a call, and return what BPJS's answer means; raises TemporaryError if none comes."""
    client = Client(settings.bpjs)
    answer = client.call(call_of(call.step), call.body, hide=call.patient_name)
    outcome = outcome_of(call, answer)
    if call.visit and outcome.kind == OutcomeKind.REJECTED:
        return replace(outcome, origin=origin_of_refused(call.visit, call.body, outcome.text))
    return outcome


def settle(
    ledger: Ledger, policy: Policy, call: ManualCall, outcome: Outcome, now: datetime
) -> Settled:
    """Note in the ledger what BPJS has by a call, and return what came of that."""
    kept: Sequence[Push] = ()
    with ledger.transaction():
        if call.visit:
            kept = _give_way(ledger, call.kodebooking, call.visit, now)
        note(ledger, policy, call, outcome, now, kept)
    return Settled(outcome=accepted_as(outcome), code=outcome.code, message=outcome.text)


# -- before it is sent


def refuse_second_add(settings: Settings, kodebooking: str, visit: Visit) -> None:
    """Raise InputError if BPJS has a visit, as far as we know, under another kode booking."""
    with Ledger.copy(settings.state, settings.policy.zone) as ledger:
        records = ledger.of_visit(visit.no_rawat or "")
        owner = owner_of(visit.registration, visit.booking, ledger.key)
    theirs = (record for record in records if is_theirs(record, owner))
    known = [record.kodebooking for record in theirs if _at_bpjs(record)]
    if visit.kind == Kind.MOBILEJKN:
        known.append(visit.kodebooking)
    if known and kodebooking not in known:
        others = ", ".join(dict.fromkeys(known))
        raise InputError(
            f"Kunjungan {visit.no_rawat} sudah ada di BPJS dengan kode booking {others}; "
            "bila memang harus dua kali, tambahkan --ganda"
        )


def require_usable(
    ledger: Ledger, kodebooking: Iterable[str], now: datetime
) -> Mapping[str, Record]:
    """Write to the ledger, and return what it knows of some bookings, before anything is sent.

    Raises StateError for one that cannot be written, or is damaged there.
    """
    with ledger.transaction():
        known = ledger.known(kodebooking, ())
        ledger.update_pass_state(lambda state: state._replace(touched_at=now))
    return known


def _note_absence(ledger: Ledger, kodebooking: str, now: datetime) -> None:
    """Keep that BPJS does not know a booking: nobody is told any more that it lives there."""
    with ledger.transaction():
        before = ledger.record(kodebooking)
        if before and (after := given_up(before)) != before:
            ledger.save(before, after, now)


def refuse_handed_on(ledger: Ledger, kodebooking: Iterable[str]) -> None:
    """Raise InputError if one of these bookings is of a patient whose number another one has now.

    Whoever types the number means the other one's visit: its times must not go under this booking.
    """
    for known in ledger.known(kodebooking, ()).values():
        if known.handed_on:
            now_theirs = (one for one in ledger.of_visit(known.no_rawat) if not one.handed_on)
            others = ", ".join(one.kodebooking for one in now_theirs)
            instead = f"; pakai kode booking {others}" if others else ""
            raise InputError(
                f"Antrean {known.kodebooking} milik pasien lain: nomor rawatnya sudah dipakai "
                f"pasien berikutnya{instead}"
            )


# -- what came of it


def outcome_of(call: ManualCall, answer: Reply | Fault) -> Outcome:
    """Return what an answer to a call means; raises TemporaryError for none."""
    if isinstance(answer, Fault):
        doubt = ""
        if answer.maybe_acted:
            doubt = f"belum pasti diterima{_how_to_find_out(call)}"
        raise TemporaryError(doubt, why=answer.why)
    return judge(call_of(call.step), call.step, answer)


def _how_to_find_out(call: ManualCall) -> str:
    """Return what to type after a call of which nobody knows whether it arrived, behind "diterima".

    A list of tasks says nothing of the booking itself, and no list knows the pharmacy's number.
    """
    kodebooking = shlex.quote(call.kodebooking)
    if call.step == Step.FARMASI:
        return "; kirim lagi saja, tidak akan tercatat dua kali"
    if call.step in (Step.ADD, Step.BATAL):
        return f", periksa: antrean show {kodebooking} --bpjs"
    return f", periksa: antrean listtask {kodebooking}"


def accepted_as(outcome: Outcome) -> CallOutcome:
    """Return what became of a call that BPJS took, now or before."""
    return CallOutcome.ALREADY if outcome.kind == OutcomeKind.ALREADY else CallOutcome.SENT


def time_at_bpjs(settings: Settings, kodebooking: str, taskid: str) -> datetime | None:
    """Return the time that BPJS holds of a task, in the hospital's zone; None if it says none."""
    try:
        held = tasks_held(tasks(Client(settings.bpjs), kodebooking)).get(taskid)
    except AntreanError:
        return None  # that BPJS has the task is known all the same
    return held and held.astimezone(settings.policy.zone)


def note(
    ledger: Ledger,
    policy: Policy,
    call: ManualCall,
    outcome: Outcome,
    now: datetime,
    kept: Sequence[Push] = (),
) -> None:
    """Keep in the ledger that BPJS has a push; inside `transaction`.

    `kept` are tasks of the same visit that are still to be sent, typed under another code.
    """
    # As the ledger knows it now: a pass may have gone on while the call was on its way.
    before = ledger.record(call.kodebooking)
    record = _record_of(call, before, ledger.key)
    # Not settled any more: what follows from it is for the next pass to see.
    record = replace(record, done_fingerprint="")
    record = record.with_pushes(*(push for push in kept if push.step not in record.pushes))
    after = arrange(arrived(record, _noted(record, call, outcome)), policy)
    ledger.save(before, after, now)


def _record_of(call: ManualCall, before: Record | None, key: bytes) -> Record:
    """Return the booking that a call is for; what was never told of another patient gives way."""
    if call.visit is None:
        return before or new_record(call)
    owner = owner_of(call.visit.registration, call.visit.booking, key)
    if before is None or not (is_theirs(before, owner) or before.known_at_bpjs):
        return replace(new_record(call), owner=owner)
    return before


def new_record(call: ManualCall) -> Record:
    """Return a booking that the ledger does not know yet.

    A Mobile JKN booking has no code but its own: under another one it is made by hand.
    """
    visit = call.visit
    kind = Kind.MANUAL
    if visit and (visit.kind != Kind.MOBILEJKN or visit.kodebooking == call.kodebooking):
        kind = visit.kind
    return Record(
        kodebooking=call.kodebooking,
        kind=kind,
        tanggal=call.tanggal,
        no_rawat=(visit and visit.no_rawat) or "",
    )


def _noted(record: Record, call: ManualCall, outcome: Outcome) -> Push:
    """Return the push as the ledger shall know it."""
    if outcome.kind == OutcomeKind.DONE:
        return accept(new(call.step, source=MANUAL, waktu=call.waktu))
    # 208: "nothing is overwritten", so the time that BPJS holds is not the one just typed; the next
    # pass asks, and of a visit's add whose booking it is.
    known = record.push(call.step) or new(call.step, source=MANUAL)
    there = mark_already_at_bpjs(known, needs_lookup=call.step in ORDERED)
    return replace(there, code=outcome.code) if call.visit and not known.done else there


def _give_way(ledger: Ledger, kodebooking: str, visit: Visit, now: datetime) -> list[Push]:
    """Let a visit go on under this code: what waits under another would add it a second time.

    A cancelled one is kept, but settles the visit no more. Returns what a person typed of the visit
    under the codes that are forgotten.
    """
    owner, kept = owner_of(visit.registration, visit.booking, ledger.key), list[Push]()
    for other in ledger.of_visit(visit.no_rawat or ""):
        if other.kodebooking == kodebooking:
            continue
        if other.ended:
            ledger.save(other, replace(other, done_fingerprint=""), now)
        elif not _at_bpjs(other):
            if is_theirs(other, owner):
                kept += (push for push in other.pushes.values() if push.kept)
            ledger.forget(other.kodebooking)
    return kept


def _at_bpjs(record: Record) -> bool:
    """Return whether BPJS has a booking, or may have it."""
    return record.may_be_at_bpjs and not record.ended
