"""One visit: what Khanza, the ledger and BPJS know of it, gathered to be told.

- Where Khanza or BPJS cannot be read, the rest of the story is told all the same, and why is one of
  its notes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from antrean_cli.bpjs.lookups import antrean, tasks
from antrean_cli.config.settings import Settings
from antrean_cli.errors import AntreanError, RefusedError, SettingsError, TemporaryError
from antrean_cli.rules.codes import Step
from antrean_cli.rules.listings import tasks_held
from antrean_cli.rules.push import Record
from antrean_cli.rules.sources import Event, VisitContext, events_of
from antrean_cli.rules.visits import Sessions, Visit, assemble
from antrean_cli.sync.collect import rows_of

if TYPE_CHECKING:
    from antrean_cli.khanza.queries import OwnSenderNotes

PRESENT, MISSING, CANCELLED = "present", "missing", "cancelled"


@dataclass(frozen=True, kw_only=True)
class Story:
    """One booking with everything that is known of it at `now`.

    `visit` is None where Khanza has none or could not be read, `events` are its times by step.
    `at_bpjs` are the tasks that BPJS holds, None if it was not asked or did not answer; `booking`
    tells whether it has the booking itself, empty where it does not say. `error` is what kept BPJS
    from being asked.
    """

    record: Record
    zone: timezone
    now: datetime
    visit: Visit | None = None
    events: Mapping[str, Event] = field(default_factory=dict)
    at_bpjs: Mapping[str, datetime | None] | None = None
    booking: str = ""
    notes: tuple[str, ...] = ()
    error: AntreanError | None = None

    @property
    def live(self) -> bool:
        """Whether Khanza, as far as it was read, holds the visit as one that goes on."""
        return self.visit is not None and self.visit.live

    @property
    def cancelled(self) -> bool:
        """Whether nothing more is to come: Khanza or BPJS holds it as cancelled."""
        seen = self.record.seen
        batal = not self.live if self.visit else seen is not None and seen.stts == "Batal"
        return (
            self.record.ended
            or Step.BATAL in self.record.pushes
            or batal
            or self.booking == CANCELLED
        )


def tell(
    settings: Settings, record: Record, sessions: Sessions | None, now: datetime, *, with_bpjs: bool
) -> Story:
    """Return the story of a booking; `sessions` are HFIS's where the hospital goes by them."""
    story = Story(record=record, zone=settings.policy.zone, now=now)
    try:
        story = _with_khanza(settings, story, sessions)
    except (TemporaryError, SettingsError) as error:
        story = replace(story, notes=(str(error),))
    if not with_bpjs:
        return story
    try:
        return _with_bpjs(settings, story)
    except AntreanError as error:
        return replace(story, notes=(*story.notes, str(error)), error=error)


def _with_khanza(settings: Settings, story: Story, sessions: Sessions | None) -> Story:
    from antrean_cli.khanza.queries import Khanza, Window

    if not (settings.khanza.user or settings.khanza.sqlite):
        raise SettingsError("Khanza tidak dibaca: KHANZA_USER belum diisi")
    record, policy = story.record, settings.policy
    no_rawat = (record.no_rawat,) if record.no_rawat else ()
    with Khanza(settings.khanza, seconds=settings.max_seconds) as khanza:
        rows = rows_of(
            khanza, policy, Window(record.tanggal, record.tanggal, no_rawat, (record.kodebooking,))
        )
        notes = _hint(khanza.own_sender_notes(record.no_rawat or "", record.kodebooking))
    visit = _same(assemble(rows._replace(hfis=sessions), policy), record)
    if visit is None:
        return replace(story, notes=(*notes, "Kunjungan ini tidak ada (lagi) di Khanza."))
    look = VisitContext(visit=visit, policy=policy, seen=record.seen, now=story.now)
    events = {str(taskid): event for taskid, event in events_of(look).items()}
    return replace(story, visit=visit, events=events, notes=notes)


def _same(visits: Sequence[Visit], record: Record) -> Visit | None:
    same = [visit for visit in visits if visit.kodebooking == record.kodebooking]
    same += [visit for visit in visits if record.no_rawat and visit.no_rawat == record.no_rawat]
    return same[0] if same else None


def _hint(notes: "OwnSenderNotes") -> tuple[str, ...]:
    """Return what Khanza's own sender noted of a visit, nothing if it noted nothing."""
    parts = [f"task {task.taskid} {task.waktu[11:]}" for task in notes.tasks]
    parts += [f"statuskirim {notes.statuskirim}"] if notes.statuskirim else []
    return (
        (f"Pengirim bawaan Khanza mencatat {', '.join(parts)}: petunjuk, bukan bukti.",)
        if parts
        else ()
    )


def _with_bpjs(settings: Settings, story: Story) -> Story:
    from antrean_cli.bpjs.client import Client

    client, kodebooking = Client(settings.bpjs), story.record.kodebooking
    held = tasks_held(tasks(client, kodebooking, missing_ok=True))
    try:
        row = antrean(client, kodebooking)
    except (RefusedError, TemporaryError):  # BPJS does not offer that list everywhere
        return replace(
            story,
            at_bpjs=held,
            booking=CANCELLED if Step.TASK_99 in held else PRESENT if held else "",
        )
    cancelled = Step.TASK_99 in held or (row is not None and row.cancelled)
    return replace(
        story, at_bpjs=held, booking=CANCELLED if cancelled else PRESENT if row or held else MISSING
    )
