"""One visit: what Khanza, the ledger and BPJS know of it, gathered for `antrean show`.

- Where Khanza or BPJS cannot be read, the rest is gathered all the same, and why is one of the
  notes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from antrean_cli.config.settings import Settings
from antrean_cli.errors import AntreanError, InputError, RefusedError, SettingsError, TemporaryError
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.operator.lookups import antrean, tasks
from antrean_cli.rules.booking_of_visit import is_theirs, standings
from antrean_cli.rules.codes import Code, Kind, Step
from antrean_cli.rules.enrichment import with_sessions
from antrean_cli.rules.events import Event, events_of
from antrean_cli.rules.listings import Antrean, tasks_held
from antrean_cli.rules.planner import concerns_bpjs
from antrean_cli.rules.push import Record
from antrean_cli.rules.sessions import Sessions
from antrean_cli.rules.sources import VisitContext
from antrean_cli.rules.times import parse_date
from antrean_cli.rules.values import comparable
from antrean_cli.rules.visits import Visit
from antrean_cli.sync.read import known_of, rows_of, visits_of

if TYPE_CHECKING:
    from antrean_cli.khanza.queries import OwnSenderNotes


class BookingAtBpjs(Code):
    """Whether BPJS has the booking itself; JSON says so by these words."""

    PRESENT = "present"
    MISSING = "missing"
    CANCELLED = "cancelled"
    UNKNOWN = ""  # BPJS was not asked, or does not say


@dataclass(frozen=True, kw_only=True)
class VisitReport:
    """One booking with everything that is known of it at `now`.

    - `record` is the ledger's. `visit` is Khanza's, None where it has none or could not be read;
      `events` are its times of the tasks by step; `concerns_bpjs` is False where no pass tells BPJS
      of it.
    - `at_bpjs` are the tasks that BPJS holds by step, with the time of each; None if BPJS was not
      asked or did not answer. `booking` tells whether it has the booking itself.
    - `notes` are sentences (Indonesian) about what could not be read, and what Khanza's own sender
      noted; `error` is why BPJS could not be read.
    - `zone` is the hospital's.
    """

    record: Record
    zone: timezone
    now: datetime
    visit: Visit | None = None
    events: Mapping[str, Event] = field(default_factory=dict)
    concerns_bpjs: bool = True
    at_bpjs: Mapping[str, datetime | None] | None = None
    booking: BookingAtBpjs = BookingAtBpjs.UNKNOWN
    notes: tuple[str, ...] = ()
    error: AntreanError | None = None

    @property
    def live(self) -> bool:
        """Whether Khanza, as far as it was read, holds the visit as one that goes on."""
        return self.visit is not None and self.visit.live

    @property
    def cancelled(self) -> bool:
        """Whether nothing more is to come: Khanza, the ledger or BPJS holds it as cancelled."""
        if self.record.ended or Step.BATAL in self.record.pushes:
            return True
        if self.booking is BookingAtBpjs.CANCELLED:
            return True
        if self.visit:
            return not self.live
        return self.record.seen_cancelled


def report_visit(
    settings: Settings, record: Record, sessions: Sessions, now: datetime, *, with_bpjs: bool
) -> VisitReport:
    """Return what is known of a booking; `sessions` are HFIS's where the hospital goes by them.

    Raises nothing that a person can mend: it stands in the report.
    """
    report = VisitReport(record=record, zone=settings.policy.zone, now=now)
    try:
        report = _with_khanza(settings, report, sessions)
    except AntreanError as error:
        report = replace(report, notes=(str(error),))
    if not with_bpjs:
        return report
    try:
        return _with_bpjs(settings, report)
    except AntreanError as error:
        return replace(report, notes=(*report.notes, str(error)), error=error)


def report_unknown(settings: Settings, kodebooking: str, now: datetime) -> VisitReport:
    """Return what BPJS has of a booking that the ledger does not know, as after an add in doubt.

    Raises InputError if BPJS does not know it either, and CredentialsError, TemporaryError or
    RefusedError for what BPJS said: there is nothing else to show.
    """
    record = Record(kodebooking=kodebooking, kind=Kind.MANUAL, tanggal=now.date())
    notes = ("Tidak ditemukan di catatan antrean.",)
    report = VisitReport(record=record, zone=settings.policy.zone, now=now, notes=notes)
    report = _with_bpjs(settings, report)
    if report.booking in (BookingAtBpjs.MISSING, BookingAtBpjs.UNKNOWN):
        unsure = " (daftar antreannya tidak dapat ditanya)" if not report.booking else ""
        raise InputError(f"Tidak ditemukan di catatan antrean dan di BPJS: {kodebooking}{unsure}")
    return report


# -- Khanza


def _with_khanza(settings: Settings, report: VisitReport, sessions: Sessions) -> VisitReport:
    """Return the report with what Khanza has.

    Raises SettingsError, TemporaryError and StateError.
    """
    from antrean_cli.khanza.queries import Khanza, Window

    if not (settings.khanza.user or settings.khanza.sqlite):
        raise SettingsError("Khanza tidak dibaca: KHANZA_USER belum diisi")
    record, policy = report.record, settings.policy
    no_rawat = (record.no_rawat,) if record.no_rawat else ()
    window = Window(record.tanggal, record.tanggal, no_rawat, (record.kodebooking,))
    with Khanza(settings.khanza, seconds=settings.max_seconds) as khanza:
        rows = rows_of(khanza, policy, window)
        notes = _hint(khanza.own_sender_notes(record.no_rawat or "", record.kodebooking))
    with Ledger.copy(settings.state, policy.zone) as ledger:
        visits = with_sessions(visits_of(ledger, rows, policy), sessions)
        visit = _visit_of(record, visits, ledger)
    if visit is None or visit.unclear:
        return replace(report, notes=(*notes, "Kunjungan ini tidak ada (lagi) di Khanza."))
    notes = (*_changed_since_booked(visit), *notes)
    context = VisitContext(
        visit=visit, policy=policy, seen=record.seen, now=report.now, pushes=record.pushes
    )
    if visit.live and not concerns_bpjs(context, record):
        return replace(report, visit=visit, notes=notes, concerns_bpjs=False)
    events = {str(taskid): event for taskid, event in events_of(context).items()}
    return replace(report, visit=visit, events=events, notes=notes)


def _changed_since_booked(visit: Visit) -> tuple[str, ...]:
    """Return the note of a clinic or doctor other than the one that was booked in Mobile JKN."""
    row = visit.registration
    if row is None or visit.booking is None:
        return ()
    pairs = {
        "poli": (visit.named_clinic and visit.named_clinic.kd_poli_rs, row.kd_poli),
        "dokter": (visit.named_doctor and visit.named_doctor.kd_dokter, row.kd_dokter),
    }
    changed = [f"{name} {before} menjadi {now}" for name, (before, now) in pairs.items() if before]
    return (f"Berubah di Khanza setelah dibooking: {', '.join(changed)}.",) if changed else ()


def _visit_of(record: Record, visits: Sequence[Visit], ledger: Ledger) -> Visit | None:
    """Return the visit of a booking: the one that goes on under it, or of whose number it was."""
    near = [
        visit
        for visit in visits
        if visit.kodebooking == record.kodebooking
        or (record.no_rawat and comparable(visit.no_rawat) == comparable(record.no_rawat))
    ]
    found = [
        replace(visit, kodebooking=record.kodebooking)
        for visit, standing in standings(near, known_of(ledger, near), ledger.key)
        if record.kind != Kind.MOBILEJKN
        or record.kodebooking in (visit.kodebooking, standing.kodebooking)
        if is_theirs(record, standing.owner)
        if standing.kodebooking == record.kodebooking
        or not (record.ended or record in standing.moved)
    ]
    return found[0] if found else None


def _hint(notes: "OwnSenderNotes") -> tuple[str, ...]:
    """Return what Khanza's own sender noted of a visit, nothing if it noted nothing."""
    parts = [f"task {task.taskid} {task.waktu[11:]}" for task in notes.tasks]
    parts += [f"statuskirim {notes.statuskirim}"] if notes.statuskirim else []
    if not parts:
        return ()
    return (f"Pengirim bawaan Khanza mencatat {', '.join(parts)}: petunjuk, bukan bukti.",)


# -- BPJS


def _with_bpjs(settings: Settings, report: VisitReport) -> VisitReport:
    """Return the report with what BPJS has.

    Raises CredentialsError, TemporaryError or RefusedError.
    """
    from antrean_cli.bpjs.client import Client

    client, kodebooking = Client(settings.bpjs), report.record.kodebooking
    held = tasks_held(tasks(client, kodebooking, missing_ok=True))
    try:
        row = antrean(client, kodebooking)
        report = _on_its_day(report, row) if row else report
        absent = BookingAtBpjs.MISSING
    except (RefusedError, TemporaryError):  # BPJS does not offer that list everywhere
        row, absent = None, BookingAtBpjs.UNKNOWN
    if Step.TASK_99 in held or (row and row.cancelled):
        booking = BookingAtBpjs.CANCELLED
    elif row or held:
        booking = BookingAtBpjs.PRESENT
    else:
        booking = absent
    return replace(report, at_bpjs=held, booking=booking)


def _on_its_day(report: VisitReport, row: Antrean) -> VisitReport:
    """Return the report of a booking that only BPJS knows, on BPJS's own day of service."""
    day = parse_date(row.tanggal)
    if report.record.kind != Kind.MANUAL or report.record.pushes or day is None:
        return report
    return replace(report, record=replace(report.record, tanggal=day))
