"""Visits → events: which time Khanza recorded for each task, and where it came from.

- Every task has an ordered list of sources (khanza.md). The first that can apply counts as soon as
  it has a time.
- The others are fall-backs: they count only once the visit has moved on without the preferred one,
  that is, a later task has its time, stts is final, or the day is over.
- For task 3 only a trace of attendance opens a fall-back; without one nobody is sent as present.
- Nothing is ever invented: no time, no event.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from antrean_cli.rules.rows import Exam, Resep
from antrean_cli.rules.visits import HARI, WIB, Policy, Visit, moment

TASKS = (3, 4, 5, 6, 7)
# Khanza keeps no time for stts: only who looked less than five minutes ago can tell the minute of a
# change.
EXACT = timedelta(minutes=5)
# A time further ahead than any slip of the clock is a typing error, and means "not yet".
FAR_FUTURE = timedelta(days=1)


class Reason(NamedTuple):
    """Why a push waits or was given up:

    `code` for counts and scripts, `text` for people (Indonesian).
    """

    code: str
    text: str


class Seen(NamedTuple):
    """What the passes saw of stts, which carries no time: its value, since when, and how it came to
    be known.

    `first` means that it already was so when the visit was first seen; `exact` that the pass before
    was no more than five minutes earlier, so that `since` tells the minute.
    """

    stts: str
    since: datetime
    first: bool
    exact: bool


class Event(NamedTuple):
    """The recorded time of one task (aware, hospital's zone) and its source; `hold` if it may not
    go out yet.
    """

    taskid: int
    waktu: datetime
    source: str
    hold: Reason | None = None


NO_SIGN = Reason(code="hadir", text="belum ada tanda hadir")


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """One look at one visit: everything a source may ask for, with the present moment handed in."""

    visit: Visit
    policy: Policy
    seen: Seen | None
    now: datetime

    def moment(self, text: str | None) -> datetime | None:
        """Return a recorded time, or None where Khanza means "not yet"."""
        value = moment(text, self.policy.zone)
        return value if value and value < self.now + FAR_FUTURE else None

    @property
    def day_over(self) -> bool:
        """Whether the day of service has passed at the hospital."""
        return self.now.astimezone(self.policy.zone).date() > self.visit.tanggal

    def daftar(self) -> datetime | None:
        """Return the moment of registration."""
        row = self.visit.registration
        return self.moment(f"{row.tgl_registrasi} {row.jam_reg}") if row else None

    def opening(self) -> datetime | None:
        """Return when the doctor's session opens on the day of the visit."""
        slot = self.visit.slot or self.visit.session
        return self.moment(f"{self.visit.tanggal} {slot.jam_mulai}") if slot else None

    def resep(self) -> Resep | None:
        """Return the prescription that counts: the first validated on the day, else the first
        validated, else any.
        """

        def rank(row: Resep) -> tuple[bool, bool, str]:
            validated = self.moment(row.divalidasi)
            on_day = validated is not None and service_day(validated) == self.visit.tanggal
            return not on_day, validated is None, row.divalidasi or row.dibuat or ""

        return min(self.visit.reseps, key=rank, default=None)

    def exams(self, after: datetime | None) -> list[tuple[datetime, Exam]]:
        """Return the exam rows that do not precede `after` (ties aside), those of the day if there
        are any.
        """
        bound = after - self.policy.tie if after else None
        rows = [(waktu, row) for row in self.visit.exams if (waktu := self.moment(row.waktu))]
        rows = sorted(row for row in rows if bound is None or row[0] >= bound)
        return [row for row in rows if service_day(row[0]) == self.visit.tanggal] or rows

    @property
    def ended(self) -> bool:
        """Whether the last exam row can be told: stts final, folder back, prescription validated,
        or day over.
        """
        if self.visit.final or self.day_over:
            return True
        return bool(berkas_kembali(self, None) or resep_divalidasi(self, None))


def service_day(waktu: datetime) -> date:
    """Return the day that BPJS counts a time to:

    "a time must lie on the day of service (text in WIB)".
    """
    return waktu.astimezone(WIB).date()


# A source is handed the look and the time of the task before (None if it has none).
Source = Callable[[Look, "datetime | None"], "datetime | None"]


def checkin(look: Look, _: datetime | None) -> datetime | None:
    booking = look.visit.booking
    return look.moment(booking.validasi) if booking and booking.status == "Checkin" else None


def daftar(look: Look, _: datetime | None) -> datetime | None:
    return look.daftar()


def buka_poli(look: Look, _: datetime | None) -> datetime | None:
    registered, opening = look.daftar(), look.opening()
    return max(registered, opening) if registered and opening else None


def berkas_dikirim(look: Look, _: datetime | None) -> datetime | None:
    return look.moment(look.visit.berkas.dikirim) if look.visit.berkas else None


def berkas_diterima(look: Look, _: datetime | None) -> datetime | None:
    return look.moment(look.visit.berkas.diterima) if look.visit.berkas else None


def berkas_kembali(look: Look, _: datetime | None) -> datetime | None:
    return look.moment(look.visit.berkas.kembali) if look.visit.berkas else None


def periksa_awal(look: Look, after: datetime | None) -> datetime | None:
    return next((waktu for waktu, _ in look.exams(after)), None)


def periksa_akhir(look: Look, after: datetime | None) -> datetime | None:
    rows = look.exams(after) if look.visit.exams and look.ended else []
    return rows[-1][0] if rows else None


def periksa_dokter(look: Look, after: datetime | None) -> datetime | None:
    row = look.visit.registration
    return next(
        (waktu for waktu, exam in look.exams(after) if row and exam.nip == row.kd_dokter), None
    )


def stts_selesai(look: Look, _: datetime | None) -> datetime | None:
    seen = look.seen
    if not (look.visit.final and seen and seen.exact and not seen.first):
        return None
    # Set on a later day, it says nothing of when the visit was over.
    return seen.since if service_day(seen.since) == look.visit.tanggal else None


def resep_dibuat(look: Look, _: datetime | None) -> datetime | None:
    row = look.resep()
    return look.moment(row.dibuat) if row else None


def resep_divalidasi(look: Look, _: datetime | None) -> datetime | None:
    row = look.resep()
    return look.moment(row.divalidasi) if row else None


def resep_diserahkan(look: Look, _: datetime | None) -> datetime | None:
    row = look.resep()
    return look.moment(row.diserahkan) if row else None


# khanza.md, "Where the time of each task can come from": the names that a hospital may put into its
# settings.
_SOURCES: dict[str, Source] = {
    "checkin": checkin,
    "daftar": daftar,
    "buka_poli": buka_poli,
    "berkas_dikirim": berkas_dikirim,
    "berkas_diterima": berkas_diterima,
    "berkas_kembali": berkas_kembali,
    "periksa_awal": periksa_awal,
    "periksa_akhir": periksa_akhir,
    "periksa_dokter": periksa_dokter,
    "stts_selesai": stts_selesai,
    "resep_dibuat": resep_dibuat,
    "resep_divalidasi": resep_divalidasi,
    "resep_diserahkan": resep_diserahkan,
}
SOURCES = tuple(_SOURCES)
# The two official flows: electronic records, and folders that are carried about.
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


def attended(look: Look) -> bool:
    """Return whether Khanza holds a trace of the patient: check-in, exam, folder's time,
    prescription, or stts.
    """
    visit, berkas = look.visit, look.visit.berkas
    return bool(
        checkin(look, None)
        or visit.exams
        or visit.reseps
        or visit.stts not in (None, "Belum", "Batal")
        or (berkas and any(map(look.moment, (berkas.dikirim, berkas.diterima, berkas.kembali))))
    )


def came(look: Look) -> bool:
    """Return whether the patient can be told to have come: a walk-in did, a booking needs its
    check-in or a trace.

    A visit at the desk whose jam_reg is its session's opening to the second was registered in
    advance.
    """
    visit = look.visit
    in_advance = bool(visit.booking) or bool(
        visit.registration and visit.slot and visit.registration.jam_reg == visit.slot.jam_mulai
    )
    return not in_advance or attended(look)


def events_of(look: Look) -> dict[int, Event]:
    """Return the event of each task that has one, by taskid; times may still lie a little ahead of
    now.
    """
    if look.visit.registration is None:
        return {}
    events: dict[int, Event] = {}
    before: datetime | None = None
    for taskid in TASKS:
        event = _arrival(look) if taskid == TASKS[0] else _event(look, taskid, before)
        if event:
            events[taskid], before = event, event.waktu
    return events


def _event(look: Look, taskid: int, before: datetime | None) -> Event | None:
    for position, name in enumerate(_applicable(look, taskid)):
        if position == 1 and not _moved_on(look, taskid):
            return None
        if waktu := _SOURCES[name](look, before):
            return Event(taskid=taskid, waktu=waktu, source=name)
    return None


def _applicable(look: Look, taskid: int) -> list[str]:
    """Return the sources that can apply: only a Mobile JKN booking can have a check-in."""
    return [name for name in look.policy.sources[taskid] if name != "checkin" or look.visit.booking]


def _moved_on(look: Look, taskid: int) -> bool:
    later = (name for other in TASKS if other > taskid for name in _applicable(look, other))
    return look.visit.final or look.day_over or any(_SOURCES[name](look, None) for name in later)


def _arrival(look: Look) -> Event | None:
    """Return task 3's event; held where the patient cannot be told to have come, or no session is
    known.
    """
    taskid, names = TASKS[0], _applicable(look, TASKS[0])
    here, there = came(look), attended(look)
    times = [(name, waktu) for name in names if (waktu := _SOURCES[name](look, None))]
    for name, waktu in times:
        if (name == names[0] or there) and here:
            return Event(taskid=taskid, waktu=waktu, source=name)
    if times:
        return Event(taskid=taskid, waktu=times[0][1], source=times[0][0], hold=NO_SIGN)
    return _without_session(look) if there and "buka_poli" in names else None


def _without_session(look: Look) -> Event | None:
    registered = look.daftar()
    if registered is None or look.opening():
        return None
    return Event(taskid=TASKS[0], waktu=registered, source="daftar", hold=no_session(look.visit))


def no_session(visit: Visit) -> Reason:
    """Return the reason "no row in jadwal", with what has to be filled in."""
    row = visit.registration
    who = f"dokter {row.kd_dokter} poli {row.kd_poli}" if row else "dokter"
    text = f"jadwal {who} hari {HARI[visit.tanggal.weekday()]} belum diisi di tabel jadwal"
    return Reason(code="jadwal", text=text)
