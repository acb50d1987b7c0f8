"""Visits → events: which time Khanza recorded for each task, and where it came from.

- Every task has an ordered list of sources (khanza/README.md, Times of the tasks). The first that
  can apply counts as soon as it has a time.
- The others are fall-backs: they count only once the visit has moved on without the preferred one,
  that is, a later task has its time, stts is final, or the day is over.
- For task 3 only a trace of attendance opens a fall-back; without one nobody is sent as present
  (khanza/README.md, Did the patient come).
- Nothing is ever invented: no time, no event.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from antrean_cli.rules.codes import TASKS
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import StatusObservation
from antrean_cli.rules.reasons import NO_SIGN_YET, Reason, ReasonCode, because
from antrean_cli.rules.rows import Exam, Registration, Resep
from antrean_cli.rules.sessions import hari_kerja_of, opening_of
from antrean_cli.rules.times import parse_datetime, service_day
from antrean_cli.rules.values import comparable
from antrean_cli.rules.visits import Visit

ARRIVAL = TASKS[0]
# Khanza keeps no time for stts: only who looked less than five minutes ago can tell the minute of a
# change.
EXACT = timedelta(minutes=5)
# A time further ahead than any slip of the clock is a typing error, and means "not yet".
FAR_FUTURE = timedelta(days=1)


class Event(NamedTuple):
    """The time that Khanza recorded for one task, and the name of the source that has it.

    `waktu` is aware, in the hospital's zone. `hold` says why the event may not go out yet.
    """

    taskid: int
    waktu: datetime
    source: str
    hold: Reason | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class VisitContext:
    """A visit with what is needed to tell its times: the hospital's choices, stts as seen, and now.

    Every datetime that comes back from it is aware, in the hospital's zone.
    """

    visit: Visit
    policy: Policy
    seen: StatusObservation | None
    now: datetime

    def recorded_time(self, text: str | None) -> datetime | None:
        """Return the moment that one of Khanza's texts tells, None where it means "not yet"."""
        value = parse_datetime(text, self.policy.zone)
        return value if value and value < self.now + FAR_FUTURE else None

    @property
    def day_over(self) -> bool:
        """Whether the day of service has passed at the hospital."""
        return self.now.astimezone(self.policy.zone).date() > self.visit.tanggal

    def registered_at(self) -> datetime | None:
        """Return the moment of registration, None where Khanza deleted the visit."""
        row = self.visit.registration
        return self.recorded_time(f"{row.tgl_registrasi} {row.jam_reg}") if row else None

    def session_opens_at(self) -> datetime | None:
        """Return when the doctor's session opens on the day of service, None if none is known."""
        slots = (self.visit.slot, self.visit.hfis_slot)
        opening = next(filter(None, (opening_of(slot) for slot in slots if slot)), "")
        return self.recorded_time(f"{self.visit.tanggal} {opening}") if opening else None

    def resep(self) -> Resep | None:
        """Return the prescription that counts, None if there is none.

        The first that was validated on the day of service, else the first validated, else the first
        written.
        """

        def rank(row: Resep) -> tuple[bool, bool, str]:
            validated = self.recorded_time(row.divalidasi)
            on_day = validated is not None and service_day(validated) == self.visit.tanggal
            return not on_day, validated is None, row.divalidasi or row.dibuat or ""

        return min(self.visit.reseps, key=rank, default=None)

    def exams(self, after: datetime | None) -> list[tuple[datetime, Exam]]:
        """Return the exam rows that do not precede `after` (ties aside) with their times, sorted.

        Where some of them are of the day of service, only those.
        """
        earliest = after - self.policy.tie if after else None
        rows = [
            (waktu, row) for row in self.visit.exams if (waktu := self.recorded_time(row.waktu))
        ]
        rows = sorted(row for row in rows if earliest is None or row[0] >= earliest)
        return [row for row in rows if service_day(row[0]) == self.visit.tanggal] or rows

    @property
    def exams_ended(self) -> bool:
        """Whether no exam row is to come, so that the last one can be told.

        stts is final, the folder is back, a prescription is validated, or the day is over.
        """
        if self.visit.final or self.day_over:
            return True
        return bool(_berkas_kembali(self, None) or _resep_divalidasi(self, None))


# A source is handed the visit's context and the time of the task before (None if it has none), and
# answers with the recorded time, None if there is none.
Source = Callable[[VisitContext, "datetime | None"], "datetime | None"]


def _checkin(context: VisitContext, _: datetime | None) -> datetime | None:
    booking = context.visit.booking
    if booking is None or booking.status != "Checkin":
        return None
    return context.recorded_time(booking.validasi)


def _daftar(context: VisitContext, _: datetime | None) -> datetime | None:
    return context.registered_at()


def _buka_poli(context: VisitContext, _: datetime | None) -> datetime | None:
    registered, opening = context.registered_at(), context.session_opens_at()
    return max(registered, opening) if registered and opening else None


def _berkas_dikirim(context: VisitContext, _: datetime | None) -> datetime | None:
    berkas = context.visit.berkas
    return context.recorded_time(berkas.dikirim) if berkas else None


def _berkas_diterima(context: VisitContext, _: datetime | None) -> datetime | None:
    berkas = context.visit.berkas
    return context.recorded_time(berkas.diterima) if berkas else None


def _berkas_kembali(context: VisitContext, _: datetime | None) -> datetime | None:
    berkas = context.visit.berkas
    return context.recorded_time(berkas.kembali) if berkas else None


def _periksa_awal(context: VisitContext, after: datetime | None) -> datetime | None:
    return next((waktu for waktu, _ in context.exams(after)), None)


def _periksa_akhir(context: VisitContext, after: datetime | None) -> datetime | None:
    if not context.visit.exams or not context.exams_ended:
        return None
    return next((waktu for waktu, _ in reversed(context.exams(after))), None)


def _periksa_dokter(context: VisitContext, after: datetime | None) -> datetime | None:
    row = context.visit.registration
    if row is None:
        return None
    own = comparable(row.kd_dokter)
    exams = context.exams(after)
    return next((waktu for waktu, exam in exams if comparable(exam.nip) == own), None)


def _stts_selesai(context: VisitContext, _: datetime | None) -> datetime | None:
    seen = context.seen
    if not (context.visit.final and seen and seen.exact and not seen.first):
        return None
    # Set on a later day, it says nothing of when the visit was over.
    return seen.since if service_day(seen.since) == context.visit.tanggal else None


def _resep_dibuat(context: VisitContext, _: datetime | None) -> datetime | None:
    resep = context.resep()
    return context.recorded_time(resep.dibuat) if resep else None


def _resep_divalidasi(context: VisitContext, _: datetime | None) -> datetime | None:
    resep = context.resep()
    return context.recorded_time(resep.divalidasi) if resep else None


def _resep_diserahkan(context: VisitContext, _: datetime | None) -> datetime | None:
    resep = context.resep()
    return context.recorded_time(resep.diserahkan) if resep else None


# khanza/README.md, Times of the tasks: the names that a hospital may put into ANTREAN_TASK_3 … 7.
_SOURCES: dict[str, Source] = {
    "checkin": _checkin,
    "daftar": _daftar,
    "buka_poli": _buka_poli,
    "berkas_dikirim": _berkas_dikirim,
    "berkas_diterima": _berkas_diterima,
    "berkas_kembali": _berkas_kembali,
    "periksa_awal": _periksa_awal,
    "periksa_akhir": _periksa_akhir,
    "periksa_dokter": _periksa_dokter,
    "stts_selesai": _stts_selesai,
    "resep_dibuat": _resep_dibuat,
    "resep_divalidasi": _resep_divalidasi,
    "resep_diserahkan": _resep_diserahkan,
}
SOURCES = tuple(_SOURCES)
# The two official flows (ANTREAN_ALUR): electronic records, and folders that are carried about.
FLOWS: dict[str, Mapping[int, tuple[str, ...]]] = {
    "erm": {
        3: ("checkin", "buka_poli"),
        4: ("periksa_awal", "berkas_diterima"),
        5: ("berkas_kembali", "stts_selesai", "periksa_akhir"),
        6: ("resep_divalidasi",),
        7: ("resep_diserahkan",),
    },
    "berkas": {
        3: ("berkas_dikirim", "buka_poli"),
        4: ("berkas_diterima", "periksa_awal"),
        5: ("periksa_akhir", "berkas_kembali"),
        6: ("resep_divalidasi",),
        7: ("resep_diserahkan",),
    },
}


def attended(context: VisitContext) -> bool:
    """Return whether Khanza holds a trace of the patient (khanza/README.md, Did the patient come).

    A check-in, an exam, a prescription, a time of the folder, or an stts that somebody set.
    """
    visit, berkas = context.visit, context.visit.berkas
    if _checkin(context, None) or visit.exams or visit.reseps:
        return True
    if visit.stts not in (None, "Belum", "Batal"):
        return True
    if berkas is None:
        return False
    folder = (berkas.dikirim, berkas.diterima, berkas.kembali)
    return any(context.recorded_time(text) for text in folder)


def arrival_confirmed(context: VisitContext) -> bool:
    """Return whether the patient can be told to have come: a walk-in did, others need a trace.

    Registered in advance, so that the registration proves nothing: a Mobile JKN booking, and a
    visit at the desk whose jam_reg is its session's opening to the second.
    """
    visit, row = context.visit, context.visit.registration
    at_opening = bool(row and visit.slot and row.jam_reg == visit.slot.jam_mulai)
    in_advance = visit.booking is not None or at_opening
    return not in_advance or attended(context)


def events_of(context: VisitContext) -> dict[int, Event]:
    """Return the event of each task that has one, by taskid (3 to 7), in the order of tasks.

    Times may still lie a little ahead of now. A visit that Khanza deleted has no events.
    """
    if context.visit.registration is None:
        return {}
    events: dict[int, Event] = {}
    before: datetime | None = None
    for taskid in TASKS:
        event = _arrival(context) if taskid == ARRIVAL else _event(context, taskid, before)
        if event:
            events[taskid], before = event, event.waktu
    return events


def _event(context: VisitContext, taskid: int, before: datetime | None) -> Event | None:
    """Return the event of a task after the arrival; `before` is the time of the task before it."""
    names = _applicable(context, taskid)
    preferred, fall_backs = names[:1], names[1:]
    event = _first_event(context, taskid, preferred, before)
    if event is None and fall_backs and _moved_on(context, taskid):
        event = _first_event(context, taskid, fall_backs, before)
    return event


def _first_event(
    context: VisitContext, taskid: int, names: Sequence[str], before: datetime | None
) -> Event | None:
    for name in names:
        if waktu := _SOURCES[name](context, before):
            return Event(taskid=taskid, waktu=waktu, source=name)
    return None


def _applicable(context: VisitContext, taskid: int) -> list[str]:
    """Return the task's sources that can apply: only a Mobile JKN booking can have a check-in."""
    names = context.policy.sources[taskid]
    return [name for name in names if name != "checkin" or context.visit.booking]


def _moved_on(context: VisitContext, taskid: int) -> bool:
    """Return whether the visit went on without this task, so that its fall-backs count."""
    if context.visit.final or context.day_over:
        return True
    later = (name for other in TASKS if other > taskid for name in _applicable(context, other))
    return any(_SOURCES[name](context, None) for name in later)


def _arrival(context: VisitContext) -> Event | None:
    """Return task 3's event, held if nothing tells that the patient came or no session is known.

    The first source with a time is taken; where that is a fall-back, it needs a trace too.
    """
    names = _applicable(context, ARRIVAL)
    times = ((name, _SOURCES[name](context, None)) for name in names)
    source, waktu = next(((name, waktu) for name, waktu in times if waktu), ("", None))
    if waktu is None:
        expected = "buka_poli" in names and attended(context)
        return _arrival_without_session(context) if expected else None
    confirmed = arrival_confirmed(context) and (source == names[0] or attended(context))
    hold = None if confirmed else NO_SIGN_YET
    return Event(taskid=ARRIVAL, waktu=waktu, source=source, hold=hold)


def _arrival_without_session(context: VisitContext) -> Event | None:
    row, registered = context.visit.registration, context.registered_at()
    if row is None or registered is None or context.session_opens_at():
        return None
    hold = no_session(row, context.visit.tanggal)
    return Event(taskid=ARRIVAL, waktu=registered, source="daftar", hold=hold)


def no_session(row: Registration, tanggal: date) -> Reason:
    """Return the reason "no row in jadwal", with what has to be filled in."""
    return because(
        ReasonCode.NO_SESSION,
        kd_dokter=row.kd_dokter,
        kd_poli=row.kd_poli,
        hari=hari_kerja_of(tanggal),
    )
