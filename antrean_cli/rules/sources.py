"""Sources of times: what each tells of a visit.

- Every task has an ordered list of sources (khanza/README.md, Times of the tasks); which of their
  times a task gets is said in events.py.
- Nothing is ever invented: what Khanza has not recorded is no time.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter

from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import Push, StatusObservation
from antrean_cli.rules.rows import Berkas, Exam, Resep, Ticket
from antrean_cli.rules.service_days import service_day
from antrean_cli.rules.sessions import opening_of
from antrean_cli.rules.times import parse_datetime
from antrean_cli.rules.values import comparable
from antrean_cli.rules.visits import Visit

NOT_CALLED = "00:00:00"
# A time further ahead than any slip of the clock is a typing error, and means "not yet".
FAR_FUTURE = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class VisitContext:
    """A visit with what is needed to tell its times: the hospital's choices, stts as seen, and now.

    `pushes` is what the ledger knows of its tasks (events.py). Every datetime that comes back from
    it is aware, in the hospital's zone.
    """

    visit: Visit
    policy: Policy
    seen: StatusObservation | None
    now: datetime
    pushes: Mapping[str, Push] = field(default_factory=dict)

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
        return self.recorded_time(f"{self.visit.tanggal} {opening}")

    def resep(self) -> Resep | None:
        """Return the prescription that counts, None if there is none.

        The first that was validated on the day of service, else the first validated, else the first
        written.
        """
        return next(iter(self.reseps()), None)

    def reseps(self) -> list[Resep]:
        """Return the prescriptions, the one that counts first."""

        def rank(row: Resep) -> tuple[bool, bool, str]:
            validated = self.recorded_time(row.divalidasi)
            on_day = validated is not None and self.is_on_day(validated)
            return not on_day, validated is None, row.divalidasi or row.dibuat or ""

        return sorted(self.visit.reseps, key=rank)

    def exams(self) -> list[tuple[datetime, Exam]]:
        """Return the exam rows with their times, sorted by them."""
        rows = ((self.recorded_time(row.waktu), row) for row in self.visit.exams)
        return sorted((waktu, row) for waktu, row in rows if waktu)

    @property
    def exams_ended(self) -> bool:
        """Whether no exam row is to come, so that the last one can be told.

        stts is final, the folder is back, a prescription is validated, or the day is over.
        """
        if self.visit.final or self.day_over:
            return True
        return any(_berkas_kembali(self)) or any(_resep_divalidasi(self))

    def is_on_day(self, waktu: datetime) -> bool:
        """Return whether a moment is of the day of service."""
        return service_day(waktu) == self.visit.tanggal


# A time of a source, and the number of its prescription or ticket where it is one's. A source is
# handed the visit's context and answers with all its times, the preferred ones first.
Time = tuple[datetime, str]
Source = Callable[[VisitContext], Iterable[Time]]


def _one(waktu: datetime | None) -> Iterable[Time]:
    return ((waktu, ""),) if waktu else ()


def _checkin(context: VisitContext) -> Iterable[Time]:
    booking = context.visit.booking
    checked_in = booking is not None and booking.status == "Checkin"
    return _one(context.recorded_time(booking.validasi) if booking and checked_in else None)


def _daftar(context: VisitContext) -> Iterable[Time]:
    return _one(context.registered_at())


def _buka_poli(context: VisitContext) -> Iterable[Time]:
    registered, opening = context.registered_at(), context.session_opens_at()
    return _one(max(registered, opening) if registered and opening else None)


def _berkas_dikirim(context: VisitContext) -> Iterable[Time]:
    berkas = context.visit.berkas
    sent = berkas is not None and _was_sent(context, berkas)
    return _one(context.recorded_time(berkas.dikirim) if berkas and sent else None)


def _was_sent(context: VisitContext, berkas: Berkas) -> bool:
    """Return whether `dikirim` tells that the folder was sent.

    "Sudah" and "Masuk Ranap" make a new row with dikirim = kembali, or ranap, and nothing received
    until then: nothing was sent. (khanza/README.md, Times of the tasks)
    """
    if berkas.dikirim not in (berkas.kembali, berkas.ranap):
        return True
    sent, received = map(context.recorded_time, (berkas.dikirim, berkas.diterima))
    return bool(sent and received and received <= sent)


def _berkas_diterima(context: VisitContext) -> Iterable[Time]:
    berkas = context.visit.berkas
    return _one(context.recorded_time(berkas.diterima) if berkas else None)


def _berkas_kembali(context: VisitContext) -> Iterable[Time]:
    berkas = context.visit.berkas
    return _one(context.recorded_time(berkas.kembali) if berkas else None)


def _periksa_awal(context: VisitContext) -> Iterable[Time]:
    return [(waktu, "") for waktu, _ in context.exams()]


def _periksa_akhir(context: VisitContext) -> Iterable[Time]:
    if not context.exams_ended:
        return ()
    return [(waktu, "") for waktu, _ in reversed(context.exams())]


def _periksa_dokter(context: VisitContext) -> Iterable[Time]:
    row = context.visit.registration
    if row is None:
        return ()
    own = comparable(row.kd_dokter)
    return [(waktu, "") for waktu, exam in context.exams() if comparable(exam.nip) == own]


def _stts_selesai(context: VisitContext) -> Iterable[Time]:
    seen = context.seen
    if not (context.visit.final and seen and seen.exact and not seen.first):
        return ()
    # Set on a later day, it says nothing of when the visit was over.
    return _one(seen.since if context.is_on_day(seen.since) else None)


def _of_reseps(context: VisitContext, column: Callable[[Resep], str | None]) -> Iterable[Time]:
    times = ((context.recorded_time(column(row)), row.no_resep) for row in context.reseps())
    return [(waktu, no_resep) for waktu, no_resep in times if waktu]


def _resep_dibuat(context: VisitContext) -> Iterable[Time]:
    return _of_reseps(context, attrgetter("dibuat"))


def _resep_divalidasi(context: VisitContext) -> Iterable[Time]:
    return _of_reseps(context, attrgetter("divalidasi"))


def _resep_diserahkan(context: VisitContext) -> Iterable[Time]:
    return _of_reseps(context, attrgetter("diserahkan"))


def _of_tickets(context: VisitContext, column: Callable[[Ticket], str | None]) -> Iterable[Time]:
    """Return the times of one column, of the ticket that was called last first.

    00:00:00 is a number that was not called yet (khanza/README.md, Other traces).
    """
    rows = sorted(context.visit.tickets, key=lambda row: row.dipanggil or "", reverse=True)
    texts = ((column(row), row.nomor) for row in rows)
    told = ((text, nomor) for text, nomor in texts if text and not text.endswith(NOT_CALLED))
    times = ((context.recorded_time(text), nomor) for text, nomor in told)
    return [(waktu, nomor) for waktu, nomor in times if waktu]


def _loket_cetak(context: VisitContext) -> Iterable[Time]:
    return _of_tickets(context, attrgetter("dicetak"))


def _loket_panggil(context: VisitContext) -> Iterable[Time]:
    return _of_tickets(context, attrgetter("dipanggil"))


# khanza/README.md, Times of the tasks: the names that a hospital may put into ANTREAN_TASK_3 … 7.
_SOURCES: dict[str, Source] = {
    "loket_cetak": _loket_cetak,
    "loket_panggil": _loket_panggil,
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
TICKET_SOURCES = ("loket_cetak", "loket_panggil")  # of tasks 1 and 2, and of no other
SOURCES = tuple(name for name in _SOURCES if name not in TICKET_SOURCES)
EXAMS = frozenset({"periksa_awal", "periksa_akhir", "periksa_dokter"})
# What tells no moment at which somebody did something, but one before which nobody could.
BOUNDS = frozenset({"buka_poli", "daftar"})
# The two official flows (ANTREAN_ALUR): electronic records, and folders that are carried about.
FLOWS: dict[str, Mapping[int, tuple[str, ...]]] = {
    "erm": {
        3: ("checkin", "buka_poli", "daftar"),
        4: ("periksa_awal", "berkas_diterima"),
        5: ("berkas_kembali", "stts_selesai", "periksa_akhir"),
        6: ("resep_divalidasi",),
        7: ("resep_diserahkan",),
    },
    "berkas": {
        3: ("berkas_dikirim", "buka_poli", "daftar"),
        4: ("berkas_diterima", "periksa_awal"),
        5: ("periksa_akhir", "berkas_kembali"),
        6: ("resep_divalidasi",),
        7: ("resep_diserahkan",),
    },
}


def times_of(name: str, context: VisitContext) -> Iterable[Time]:
    """Return all times of a source, of whatever day, the preferred ones first.

    Each is aware, in the hospital's zone, and comes with the number of its prescription, if any.
    """
    return _SOURCES[name](context)


def applicable(context: VisitContext, taskid: int) -> list[str]:
    """Return the task's sources that can apply: only a Mobile JKN booking can have a check-in."""
    names = context.policy.sources[taskid]
    return [name for name in names if name != "checkin" or context.visit.booking]
