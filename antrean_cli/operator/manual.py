"""Single calls by hand, through the same client as the pass, and noted in the ledger so that `sync`
knows of them.

- The ledger is opened and written to first: if it cannot be written, nothing is sent.
- Only what BPJS says it has is noted; 208 ("sudah ada") counts as done.
- A visit that was added by hand goes on under the kode booking that it was given.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from antrean_cli.bpjs.client import Client
from antrean_cli.bpjs.lookups import raise_unless_done, tasks
from antrean_cli.config.settings import Settings
from antrean_cli.errors import AntreanError, InputError, TemporaryError
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.answers import Outcome, Reply, call_of, judge
from antrean_cli.rules.codes import OutcomeKind
from antrean_cli.rules.faults import Fault
from antrean_cli.rules.listings import tasks_held
from antrean_cli.rules.ordering import arrange
from antrean_cli.rules.outcomes import with_settled_add
from antrean_cli.rules.push import MANUAL, ORDERED, Push, Record
from antrean_cli.rules.reasons import CANCELLED
from antrean_cli.rules.transitions import accept, close_open, mark_already_at_bpjs, new
from antrean_cli.rules.visits import Policy, Visit


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """What BPJS has now, by its own word; `already` if it had it before (208)."""

    already: bool
    code: str
    message: str


def send(
    settings: Settings,
    step: str,
    body: Mapping[str, Any],
    *,
    tanggal: date,
    waktu: datetime | None = None,
    now: datetime,
    visit: Visit | None = None,
) -> Sent:
    """POST one push and note it in the ledger; `step` is "add", a taskid or "batal", `visit` the
    one that is added.

    Raises StateError before anything is sent, and CredentialsError, TemporaryError or RefusedError
    for what BPJS said.
    """
    kodebooking = str(body["kodebooking"])
    with Ledger.open(settings.state, settings.policy.zone) as ledger:
        touch(ledger, [kodebooking], now)
        answer = Client(settings.bpjs).call(call_of(step), body, hide=_name(visit))
        outcome = taken(kodebooking, step, answer)
        with ledger.transaction():
            if visit:
                _make_way(ledger, kodebooking, visit, now)
            note(
                ledger,
                settings.policy,
                kodebooking,
                step,
                outcome,
                tanggal=tanggal,
                waktu=waktu,
                now=now,
                visit=visit,
            )
    return Sent(
        already=outcome.kind == OutcomeKind.ALREADY, code=outcome.code, message=outcome.text
    )


def _name(visit: Visit | None) -> str:
    """Return the patient's name, which must not come back in BPJS's answer."""
    return (visit and visit.registration and visit.registration.nama) or ""


def refuse_second(settings: Settings, kodebooking: str, visit: Visit) -> None:
    """Raise InputError if BPJS has a visit, as far as we know, under another kode booking than this
    one.
    """
    with Ledger.copy(settings.state, settings.policy.zone) as ledger:
        known = [
            record.kodebooking
            for record in ledger.of_visit(visit.no_rawat or "")
            if _at_bpjs(record)
        ]
    if visit.kind == "mobilejkn":
        known.append(visit.kodebooking)
    others = [other for other in dict.fromkeys(known) if other != kodebooking]
    if others and kodebooking not in known:
        raise InputError(
            f"Kunjungan {visit.no_rawat} sudah ada di BPJS dengan "
            f"kode booking {', '.join(others)}; "
            "bila memang harus dua kali, tambahkan --ganda"
        )


def _at_bpjs(record: Record) -> bool:
    """Return whether BPJS has a booking, or may have it."""
    started = record.kind == "mobilejkn" or any(
        push.done or push.maybe_sent for push in record.pushes.values()
    )
    return started and not record.ended


def _make_way(ledger: Ledger, kodebooking: str, visit: Visit, now: datetime) -> None:
    """Let a visit go on under this code: what was to be sent under another would add it a second
    time.

    A cancelled one is kept, but settles the visit no more.
    """
    for other in ledger.of_visit(visit.no_rawat or ""):
        if other.kodebooking != kodebooking and other.ended:
            ledger.save(other, replace(other, settled=""), now)
        elif other.kodebooking != kodebooking and not _at_bpjs(other):
            ledger.forget(other.kodebooking)


def held_at_bpjs(settings: Settings, kodebooking: str, taskid: str) -> datetime | None:
    """Return the time that BPJS holds of a task, in the hospital's zone; None
    if it does not tell.
    """
    try:
        held = tasks_held(tasks(Client(settings.bpjs), kodebooking)).get(taskid)
    except AntreanError:
        return None  # that BPJS has the task is known all the same
    return held and held.astimezone(settings.policy.zone)


def touch(ledger: Ledger, kodebooking: Iterable[str], now: datetime) -> None:
    """Write to the ledger, and read what it knows of some bookings, before anything is sent.

    Raises StateError for one that cannot be written or is damaged there.
    """
    with ledger.transaction():
        ledger.known(kodebooking, ())
        ledger.update_pass_state(lambda state: replace(state, touched_at=now))


def taken(kodebooking: str, step: str, answer: Reply | Fault) -> Outcome:
    """Return what a call has come to that BPJS took, now or before.

    Raises CredentialsError, TemporaryError or RefusedError for any other.
    """
    if isinstance(answer, Fault):
        doubt = (
            f"; belum pasti diterima, periksa: antrean listtask '{kodebooking}'"
            if answer.reached
            else ""
        )
        raise TemporaryError(f"{answer.text}{doubt}")
    outcome = judge(call_of(step), step, answer)
    raise_unless_done(outcome)
    return outcome


def note(
    ledger: Ledger,
    policy: Policy,
    kodebooking: str,
    step: str,
    outcome: Outcome,
    *,
    tanggal: date,
    waktu: datetime | None,
    now: datetime,
    visit: Visit | None = None,
) -> None:
    """Keep in the ledger that BPJS has a push, so that `sync` does not send it again; inside
    `transaction`.
    """
    # As the ledger knows it now: a pass may have gone on while the call was on its way.
    before = ledger.record(kodebooking)
    record = before or _new(kodebooking, tanggal, visit)
    # Not settled any more: what follows from it is for the next pass to see.
    after = with_settled_add(
        replace(record, settled="").with_pushes(_noted(record, step, outcome, waktu))
    )
    after = close_open(after, CANCELLED) if after.ended else arrange(after, policy)
    ledger.save(before, after, now)


def _new(kodebooking: str, tanggal: date, visit: Visit | None) -> Record:
    """Return a booking that the ledger does not know yet; a Mobile JKN booking has no code but its
    own.
    """
    no_rawat = (visit and visit.no_rawat) or ""
    mine = visit is not None and (visit.kind != "mobilejkn" or visit.kodebooking == kodebooking)
    kind = visit.kind if visit and mine else "manual"
    return Record(kodebooking=kodebooking, kind=kind, tanggal=tanggal, no_rawat=no_rawat)


def _noted(record: Record, step: str, outcome: Outcome, waktu: datetime | None) -> Push:
    """Return the push as the ledger shall know it."""
    if outcome.kind == OutcomeKind.DONE:
        return accept(new(step, source=MANUAL, waktu=waktu))
    # 208: "nothing is overwritten", so the time that BPJS holds is not the one just typed; the next
    # pass asks.
    known = record.push(step) or new(step, source=MANUAL)
    return mark_already_at_bpjs(known, needs_lookup=step in ORDERED)
