"""A hospital that changes at random, and the truth of it: what BPJS has to be told, and what it
must never hear.

- `World` writes Khanza's rows and keeps beside them what they mean; `Judge` follows what the passes
  saw and what BPJS received. Both go by the written rules alone and use nothing of the rules under
  test.
- `Judge.owed` names the one thing that BPJS has to be told of a booking next. All that BPJS
  receives must be owed at that moment: so nothing is invented, the order is kept, and nothing comes
  twice.
- In the end nothing may be owed any more: so nothing is lost.
- Only what got lost on its way comes again: an add or a cancel once for each answer that was lost,
  a task never.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, NamedTuple, TypeVar

from antrean_cli.simulator.hospital import ZERO_DATETIME, Hospital
from antrean_cli.simulator.server import Received, Simulator
from tests.support.site import WIB, Clock

Thing = TypeVar("Thing")

OPENING = time(8)  # of every doctor, every day
TIE, EXACT = timedelta(seconds=60), timedelta(minutes=5)
DELAY_NONJKN, DELAY_BATAL = timedelta(minutes=15), timedelta(minutes=10)
QUESTIONS = 6  # that a held add asks at most
DAY, WEEK, SECOND = timedelta(days=1), timedelta(days=7), timedelta(seconds=1)
FINAL = frozenset({"Sudah", "Dirujuk", "Dirawat", "Meninggal", "Pulang Paksa"})
NOT_YET = (ZERO_DATETIME, "1970-01-01 00:00:00", "2062-11-23 09:00:00")


@dataclass(kw_only=True)
class Resep:
    """The two times of a prescription that become tasks 6 and 7."""

    divalidasi: datetime | None = None
    diserahkan: datetime | None = None


@dataclass(kw_only=True)
class Visit:
    """A visit as the hospital knows it; `there` tells whether its row in reg_periksa still is."""

    no_rawat: str
    tanggal: date
    daftar: datetime
    norm: str
    kd_poli: str
    kd_pj: str
    stts: str = "Belum"
    there: bool = True
    seps: dict[str, str] = field(
        default_factory=dict
    )  # no_sep: the clinic that it names, empty for one not mapped
    exams: set[datetime] = field(default_factory=set)
    berkas: dict[str, datetime | None] = field(
        default_factory=lambda: {"diterima": None, "kembali": None}
    )
    reseps: dict[str, Resep] = field(default_factory=dict)

    @property
    def opening(self) -> datetime:
        """When its doctor's session begins."""
        return datetime.combine(self.tanggal, OPENING, WIB)

    def recorded(self) -> list[datetime]:
        """Return every time of its day that Khanza holds of the visit."""
        reseps = [
            waktu
            for resep in self.reseps.values()
            for waktu in (resep.divalidasi, resep.diserahkan)
        ]
        times = [self.daftar, self.opening, *sorted(self.exams), *self.berkas.values(), *reseps]
        return [waktu for waktu in times if waktu and waktu.date() == self.tanggal]


@dataclass(kw_only=True)
class Booking:
    """A booking of Mobile JKN; `batal` is the statuskirim of its cancel, empty if there is none."""

    nobooking: str
    tanggal: date
    no_rawat: str
    kodepoli: str
    checkin: datetime | None = None
    batal: str = ""


class World:
    """Khanza, its truth, and the ways in which a hospital changes it."""

    def __init__(self, khanza: Hospital, bpjs: Simulator, clock: Clock) -> None:
        """Begin with an empty hospital (its `basics` are there); nothing is
        dated before this day.
        """
        self.khanza, self.bpjs, self.clock = khanza, bpjs, clock
        self.begin = clock.now.date()
        self.visits: dict[str, Visit] = {}
        self.bookings: dict[str, Booking] = {}
        self.mapped = {"INT", "ANA"}
        self.controls: set[tuple[str, date, str]] = set()  # surat kontrol: norm, day, clinic
        self.announced: set[str] = set()  # the bookings that BPJS has from Mobile JKN
        self.changes: Counter[str] = Counter()

    def change(self, happen: Callable[[World, Random], None], random: Random) -> None:
        """Let one of CHANGES happen; where nobody is there that it could happen
        to, somebody comes.
        """
        happen = happen if any(one.there for one in self.visits.values()) else World.arrives
        self.changes[happen.__name__] += 1
        happen(self, random)

    def booking_of(self, visit: Visit) -> Booking | None:
        """Return the Mobile JKN booking that names this visit."""
        return next((one for one in self.bookings.values() if one.no_rawat == visit.no_rawat), None)

    def subjects(self) -> Iterator[Subject]:
        """Yield what BPJS counts as one booking, for everything that Khanza still knows."""
        booked = set()
        for booking in self.bookings.values():
            visit = self.visits[booking.no_rawat]
            booked.add(visit.no_rawat)
            yield Subject(
                booking.nobooking, booking.tanggal, visit if visit.there else None, booking
            )
        for visit in self.visits.values():
            if visit.no_rawat not in booked:
                yield Subject(visit.no_rawat, visit.tanggal, visit if visit.there else None, None)

    def subject(self, kodebooking: str) -> Subject | None:
        """Return one of them."""
        return next((one for one in self.subjects() if one.kodebooking == kodebooking), None)

    # -- who comes

    def arrives(self, random: Random) -> None:
        """Register a visit, of today or up to six days late, and now and then under another day's
        number.
        """
        tanggal = max(
            self.begin, self._today() - random.choice((0, 0, 0, 0, 1, 2, 3, 4, 5, 6)) * DAY
        )
        kd_pj, kd_poli = (
            random.choice(("BPJ", "BPJ", "UMU")),
            random.choice(("INT", "INT", "ANA", "ANA", "MAT")),
        )
        minutes = random.choice((0, -45, -20, *range(1, 300, 23)))
        visit = self._register(tanggal, minutes, kd_poli, kd_pj, early=random.random() < 0.05)
        if kd_pj == "BPJ" and random.random() < 0.6:
            self._issue_sep(visit)

    def books(self, random: Random) -> None:
        """Book in Mobile JKN, also for tomorrow; most bookings are known to BPJS, and all begin
        with the session.
        """
        tanggal = max(self.begin, self._today() - random.choice((0, 0, 0, 1, 3, 6, -1)) * DAY)
        visit = self._register(tanggal, 0, random.choice(("INT", "ANA")), "BPJ", early=False)
        nobooking = self.khanza.booking(visit.no_rawat, tanggal)
        self.bookings[nobooking] = Booking(
            nobooking=nobooking, tanggal=tanggal, no_rawat=visit.no_rawat, kodepoli=visit.kd_poli
        )
        if random.random() < 0.8:
            self.bpjs.bookings.mobile_jkn(nobooking, str(tanggal))
            self.announced.add(nobooking)

    def _register(
        self, tanggal: date, minutes: int, kd_poli: str, kd_pj: str, *, early: bool
    ) -> Visit:
        daftar = datetime.combine(tanggal, OPENING, WIB) + timedelta(minutes=minutes)
        numbered = tanggal - DAY if early else tanggal
        norm = self.khanza.patient()
        no_rawat = self.khanza.visit(
            numbered, jam=f"{daftar:%H:%M:%S}", kd_poli=kd_poli, kd_pj=kd_pj, norm=norm
        )
        if early:
            self.khanza.update("reg_periksa", {"no_rawat": no_rawat}, tgl_registrasi=tanggal)
        visit = Visit(
            no_rawat=no_rawat,
            tanggal=tanggal,
            daftar=daftar,
            norm=norm,
            kd_poli=kd_poli,
            kd_pj=kd_pj,
        )
        self.visits[no_rawat] = visit
        return visit

    def gets_sep(self, random: Random) -> None:
        """Issue a SEP late."""
        if visit := self._some(random, lambda one: not one.seps):
            self._issue_sep(visit)

    def _issue_sep(self, visit: Visit) -> None:
        visit.seps[self.khanza.sep(visit.no_rawat)] = self._at_bpjs(visit.kd_poli)

    def gets_control_letter(self, random: Random) -> None:
        """Plan the visit as a control visit."""
        if visit := self._some(random, lambda one: not one.seps and one.kd_pj == "BPJ"):
            self.khanza.surat_kontrol(visit.norm, visit.tanggal, visit.kd_poli)
            self.controls.add((visit.norm, visit.tanggal, visit.kd_poli))

    # -- what is done with them

    def checks_in(self, random: Random) -> None:
        """Check in, or correct a check-in."""
        if visit := self._some(random, lambda one: self.booking_of(one) is not None):
            booking = self.booking_of(visit)
            assert booking is not None
            booking.checkin = self._when(random, visit)
            self._write_booking(booking)

    def _write_booking(self, booking: Booking) -> None:
        status = "Batal" if booking.batal else "Checkin" if booking.checkin else "Belum"
        validasi = _khanza(booking.checkin) if booking.checkin else ZERO_DATETIME
        where = {"nobooking": booking.nobooking}
        self.khanza.update("referensi_mobilejkn_bpjs", where, status=status, validasi=validasi)

    def is_examined(self, random: Random) -> None:
        """Write an exam."""
        if visit := self._some(random):
            self._examine(visit, self._when(random, visit))

    def _examine(self, visit: Visit, waktu: datetime) -> None:
        if waktu not in visit.exams:
            self.khanza.exam(visit.no_rawat, _khanza(waktu))
            visit.exams.add(waktu)

    def is_served(self, random: Random) -> None:
        """Write all that is recorded of a visit that goes its way: exams, folder, prescription, its
        end.
        """
        if visit := self._some(random):
            times = [
                visit.opening + timedelta(minutes=minutes)
                for minutes in sorted(random.sample(range(150), 6))
            ]
            self._examine(visit, times[0])
            self._examine(visit, times[1])
            self._move_folder(visit, "kembali", times[random.choice((1, 2, 2))])
            for column, waktu in zip(("divalidasi", "diserahkan"), times[3:], strict=False):
                self._prescribe(visit, next(iter(visit.reseps), None), column, waktu)

    def exam_is_corrected(self, random: Random) -> None:
        """Move an exam to another time, or delete it."""
        if visit := self._some(random, lambda one: bool(one.exams)):
            waktu = random.choice(sorted(visit.exams))
            self.khanza.delete("pemeriksaan_ralan", no_rawat=visit.no_rawat, **_exam_key(waktu))
            visit.exams.remove(waktu)
            if random.random() < 0.8:
                self._examine(visit, self._when(random, visit))

    def folder_moves(self, random: Random) -> None:
        """Write or correct a time of the folder, or take it back."""
        if visit := self._some(random):
            column = random.choice(("diterima", "kembali", "kembali"))
            self._move_folder(visit, column, *self._written(random, visit))

    def _move_folder(
        self, visit: Visit, column: str, waktu: datetime | None, not_yet: str = ""
    ) -> None:
        self.khanza.berkas(visit.no_rawat, **{column: _khanza(waktu) if waktu else not_yet})
        visit.berkas[column] = waktu

    def is_prescribed(self, random: Random) -> None:
        """Write a prescription, or go on with one: each of its times can be corrected and taken
        back.
        """
        if visit := self._some(random):
            known = random.choice([None, *visit.reseps, *visit.reseps])
            column = random.choice(("divalidasi", "diserahkan"))
            self._prescribe(visit, known, column, *self._written(random, visit))

    def _prescribe(
        self,
        visit: Visit,
        known: str | None,
        column: str,
        waktu: datetime | None,
        not_yet: str = "",
    ) -> None:
        times: dict[str, Any] = {column: _khanza(waktu) if waktu else not_yet}
        no_resep = self.khanza.resep(visit.no_rawat, no_resep=known, **times)
        setattr(visit.reseps.setdefault(no_resep, Resep()), column, waktu)

    def changes_stts(self, random: Random) -> None:
        """Change the state of a visit: it ends, is cancelled at the desk, or neither."""
        if visit := self._some(random):
            others = ("Sudah", "Sudah", "Dirujuk", "Batal", "Batal", "Belum", "Berkas Diterima")
            visit.stts = random.choice([stts for stts in others if stts != visit.stts])
            self.khanza.stts(visit.no_rawat, visit.stts)

    def is_uncancelled(self, random: Random) -> None:
        """Undo a cancel of the desk."""
        if visit := self._some(random, lambda one: one.stts == "Batal"):
            visit.stts = "Belum"
            self.khanza.stts(visit.no_rawat, visit.stts)

    # -- what is mended and undone

    def pays_otherwise(self, random: Random) -> None:
        """Correct the payer."""
        if visit := self._some(random, lambda one: self.booking_of(one) is None):
            visit.kd_pj = "UMU" if visit.kd_pj == "BPJ" else "BPJ"
            self.khanza.update("reg_periksa", {"no_rawat": visit.no_rawat}, kd_pj=visit.kd_pj)

    def is_somebody_else(self, random: Random) -> None:
        """Correct the patient (two medical records of one person are merged)."""
        if visit := self._some(random):
            visit.norm = self.khanza.patient(**self._identity(visit))
            self.khanza.update("reg_periksa", {"no_rawat": visit.no_rawat}, no_rkm_medis=visit.norm)

    def is_cancelled_in_mobile_jkn(self, random: Random) -> None:
        """Cancel a booking as Khanza does: its visit is deleted, a row in _batal says so."""
        open_ones = [
            one for one in self.bookings.values() if not one.batal and self._is_near(one.tanggal)
        ]
        if open_ones:
            booking = random.choice(open_ones)
            booking.batal = random.choice(("Belum", "Belum", "Belum", "Sudah"))
            self._write_booking(booking)
            self.khanza.batal(
                booking.nobooking, no_rawat=booking.no_rawat, statuskirim=booking.batal
            )
            self._delete(self.visits[booking.no_rawat])

    def is_booked_again(self, random: Random) -> None:
        """Undo a cancel of Mobile JKN: the row in _batal goes, the visit comes back."""
        cancelled = [
            one for one in self.bookings.values() if one.batal and self._is_near(one.tanggal)
        ]
        if cancelled:
            booking = random.choice(cancelled)
            booking.batal = ""
            self.khanza.delete("referensi_mobilejkn_bpjs_batal", nobooking=booking.nobooking)
            self._write_booking(booking)
            self._restore(self.visits[booking.no_rawat])

    def is_deleted(self, random: Random) -> None:
        """Delete a visit for good, and all that was written of it."""
        if visit := self._some(random):
            self._delete(visit)

    def is_merged(self, random: Random) -> None:
        """Merge a visit into another one of its day: its rows then carry the other's no_rawat."""
        if visit := self._some(random):
            day = visit.tanggal
            other = self._some(random, lambda one: one is not visit and one.tanggal == day)
            if other and None in (self.booking_of(visit), self.booking_of(other)):
                self._merge(visit, other)

    def _identity(self, visit: Visit) -> dict[str, str]:
        """Return the NIK and the card of a visit's patient: one person, whatever the records."""
        columns = ("no_ktp", "no_peserta")
        norm = visit.norm
        return {name: self.khanza.value("pasien", name, no_rkm_medis=norm) for name in columns}

    def _are_one(self, visit: Visit, other: Visit) -> None:
        """Let the patient of a visit be that of another one: nobody merges those of two people."""
        numbers = self._identity(other)
        self.khanza.update("pasien", {"no_rkm_medis": visit.norm}, **numbers)
        if booking := self.booking_of(visit):
            booked = {"nik": numbers["no_ktp"], "nomorkartu": numbers["no_peserta"]}
            where = {"nobooking": booking.nobooking}
            self.khanza.update("referensi_mobilejkn_bpjs", where, **booked)

    def _merge(self, visit: Visit, other: Visit) -> None:
        self._are_one(visit, other)
        rows, into = {"no_rawat": visit.no_rawat}, {"no_rawat": other.no_rawat}
        for waktu in visit.exams:
            self.khanza.delete("pemeriksaan_ralan", **rows, **_exam_key(waktu))
            self._examine(other, waktu)
        emptier = other if not any(other.berkas.values()) else visit
        self.khanza.delete("mutasi_berkas", no_rawat=emptier.no_rawat)
        for table in ("mutasi_berkas", "resep_obat", "bridging_sep", "referensi_mobilejkn_bpjs"):
            self.khanza.update(table, rows, **into)
        if emptier is other:
            other.berkas = dict(visit.berkas)
        other.seps |= visit.seps
        other.reseps |= visit.reseps
        if booking := self.booking_of(visit):
            booking.no_rawat = other.no_rawat
        self._delete(visit)

    def _delete(self, visit: Visit) -> None:
        """Delete a visit: its prescriptions first, which would keep it; the rest goes with it."""
        self.khanza.delete("resep_obat", no_rawat=visit.no_rawat)
        self.khanza.delete("reg_periksa", no_rawat=visit.no_rawat)
        for rows in (visit.seps, visit.exams, visit.reseps):
            rows.clear()
        visit.berkas = dict.fromkeys(visit.berkas)
        visit.there = False

    def _restore(self, visit: Visit) -> None:
        if visit.there:
            return
        self.khanza.visit(
            date.fromisoformat(visit.no_rawat[:10].replace("/", "-")),
            jam=f"{visit.daftar:%H:%M:%S}",
            no=int(visit.no_rawat[11:]),
            kd_poli=visit.kd_poli,
            kd_pj=visit.kd_pj,
            stts=visit.stts,
            norm=visit.norm,
        )
        self.khanza.update(
            "reg_periksa", {"no_rawat": visit.no_rawat}, tgl_registrasi=visit.tanggal
        )
        visit.there = True

    def clinic_is_mapped(self, _: Random) -> None:
        """Map the clinic that had no code at BPJS."""
        if "MAT" not in self.mapped:
            self.khanza.insert(
                "maping_poli_bpjs", kd_poli_rs="MAT", kd_poli_bpjs="MAT", nm_poli_bpjs="MATA"
            )
            self.mapped.add("MAT")

    def _at_bpjs(self, kd_poli: str) -> str:
        return kd_poli if kd_poli in self.mapped else ""

    def kodepoli(self, visit: Visit) -> str:
        """Return the clinic that BPJS is told: the SEP's, else the mapped one.

        Of several SEPs that of the visit's own clinic counts, else the newest.
        """
        own = self._at_bpjs(visit.kd_poli)
        if own and {own, ""} & set(visit.seps.values()):
            return own
        return (visit.seps[max(visit.seps)] if visit.seps else "") or own

    # -- who and when

    def _today(self) -> date:
        return self.clock.now.date()

    def _is_near(self, tanggal: date) -> bool:
        return tanggal >= self._today() - WEEK

    def _some(self, random: Random, fits: Callable[[Visit], bool] = lambda _: True) -> Visit | None:
        """Return a visit that BPJS may still hear of, if there is one that fits."""
        near = [
            one
            for one in self.visits.values()
            if one.there and self._is_near(one.tanggal) and fits(one)
        ]
        return random.choice(near) if near else None

    def _when(self, random: Random, visit: Visit) -> datetime:
        """Return a time on the visit's day, often about one that is recorded already: equal, or
        nearly so.
        """
        if random.random() < 0.4:
            seconds = random.choice((-120, -61, -60, -1, 0, 0, 1, 60, 600, 1800))
            return random.choice(visit.recorded()[:8]) + timedelta(seconds=seconds)
        return visit.opening + timedelta(minutes=random.choice(range(-30, 300, 11)))

    def _written(self, random: Random, visit: Visit) -> tuple[datetime | None, str]:
        """Return a time, now and then one of the day after, or none at all and
        how that is written.
        """
        waktu, chance = self._when(random, visit), random.random()
        if chance < 0.15:
            return None, random.choice(NOT_YET)
        return waktu + (DAY if chance < 0.2 and waktu + DAY <= self.clock.now else 0 * DAY), ""


# As often as they stand here.
Change = Callable[[World, Random], None]
CHANGES: Sequence[Change] = (
    *(World.arrives, World.arrives, World.arrives, World.arrives, World.books, World.books),
    *(World.gets_sep, World.gets_control_letter, World.checks_in, World.checks_in),
    *(
        World.is_examined,
        World.is_examined,
        World.is_examined,
        World.is_examined,
        World.exam_is_corrected,
    ),
    *(World.is_served, World.is_served, World.is_served),
    *(
        World.folder_moves,
        World.folder_moves,
        World.is_prescribed,
        World.is_prescribed,
        World.is_prescribed,
    ),
    *(
        World.changes_stts,
        World.changes_stts,
        World.is_uncancelled,
        World.pays_otherwise,
        World.is_somebody_else,
    ),
    *(World.is_cancelled_in_mobile_jkn, World.is_booked_again, World.is_deleted, World.is_merged),
    World.clinic_is_mapped,
)


class Subject(NamedTuple):
    """One booking as BPJS counts it; `visit` is None where Khanza has no row of it (any more)."""

    kodebooking: str
    tanggal: date
    visit: Visit | None
    booking: Booking | None


class Owed(NamedTuple):
    """What BPJS has to be told: "add", "batal", or a taskid with its time.

    `true` are the times that a task can be told with, where the choice among them is the program's.
    """

    step: str
    waktu: datetime | None = None
    true: frozenset[datetime] = frozenset()

    def fits(self, said: Owed) -> bool:
        """Return whether what was said is this."""
        if said.step != self.step:
            return False
        return said.waktu in self.true if self.true else said.waktu == self.waktu


class Seen(NamedTuple):
    """What the passes saw of stts; `finished` is the minute at which it was
    seen to become final.
    """

    stts: str
    since: datetime
    finished: datetime | None


@dataclass
class Told:
    """What BPJS has been told of one booking, from its own answers; `tasks` is what it holds."""

    known: bool
    tasks: dict[str, datetime] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    excused: set[str] = field(
        default_factory=set
    )  # that were refused and may be told once more, but need not be
    missed: int = 0  # how often it said that it does not know the booking
    asked: int = 0  # how often of them its add was held, since Khanza says the same of the visit
    tried: bool = (
        False  # that it was asked for it, and Khanza says the same of the visit ever since
    )
    doubtful: bool = False  # an add may have reached it, for all that the hospital knows
    # by a clock that ran ahead: doubts ended with it, and 208 settles what is told once more
    expired: bool = False
    dropped: bool = False  # by hand: nothing is owed, and what is told all the same has to be true
    lost: Counter[str] = field(default_factory=Counter)


class Judge:
    """Follows the passes, and holds what BPJS received against the truth."""

    def __init__(self, world: World, *, add: Collection[str] = ("onsite", "nonjkn")) -> None:
        self.world, self.add = world, frozenset(add)
        self.told: dict[str, Told] = {}
        self.seen: dict[str, Seen] = {}
        self.said: defaultdict[tuple[str, str], set[datetime]] = defaultdict(set)
        self.looked_at: datetime | None = None
        self.looks: dict[str, str] = {}  # what the last pass saw of each booking
        self.judged = 0
        self.repeated = 0

    def about(self, kodebooking: str) -> Told:
        """Return what BPJS has been told of a booking."""
        return self.told.setdefault(kodebooking, Told(known=kodebooking in self.world.announced))

    # -- what a pass sees

    def look(self) -> None:
        """Note what a pass sees that looks at Khanza now: stts has no time but that."""
        now = self.world.clock.now
        exact = self.looked_at is not None and timedelta(0) <= now - self.looked_at <= EXACT
        self.looked_at = now
        for one in self.world.subjects():
            self.about(one.kodebooking).expired |= now.date() > one.tanggal + WEEK
        for one in self.near():
            if self.looks.get(one.kodebooking) != (look := repr(one)):
                self.looks[one.kodebooking] = look
                self.about(one.kodebooking).tried, self.about(one.kodebooking).asked = False, 0
            if one.visit and one.tanggal <= now.date():
                self._notice(one.kodebooking, one.visit.stts, now, exact=exact)
            elif (
                one.visit
                and one.kodebooking in self.seen
                and self.seen[one.kodebooking].stts != one.visit.stts
            ):
                # By a clock that was set back over midnight it was cancelled on another day: a
                # person has to judge.
                self.about(one.kodebooking).excused.add("99")
            for owed in filter(
                None, (self.owed(one), self._trial(one, self.about(one.kodebooking)))
            ):
                self.said[one.kodebooking, owed.step] |= owed.true or {owed.waktu or now}
            for task, times in self.times(one).items():
                self.said[one.kodebooking, str(task)] |= times

    # -- what people do at the desk

    def retried(self) -> None:
        """Let everything that BPJS refused be tried once more."""
        for told in self.told.values():
            self._excuse(told)

    def replayed(self, tanggal: date) -> None:
        """Let what BPJS took of a day be in doubt: it may be told once more."""
        for one in self.near():
            told = self.about(one.kodebooking)
            if one.tanggal == tanggal:
                self._excuse(told)
                told.doubtful = True
                told.lost.update({step: 1 for step in ("add", *told.tasks) if told.known})

    def _excuse(self, told: Told) -> None:
        told.excused |= told.refused
        told.refused.clear()
        told.tried, told.asked = False, 0

    def near(self) -> list[Subject]:
        """Return the bookings that BPJS may still hear of."""
        oldest = self.world.clock.now.date() - WEEK
        return [one for one in self.world.subjects() if one.tanggal >= oldest]

    def _notice(self, kodebooking: str, stts: str, now: datetime, *, exact: bool) -> None:
        before = self.seen.get(kodebooking)
        if (
            before and before.since > now + EXACT
        ):  # by a clock that ran ahead: nobody knows the minute
            before = before._replace(since=now, finished=None)
        if before and (before.stts == stts or {before.stts, stts} <= FINAL):
            self.seen[kodebooking] = before._replace(stts=stts)
        else:
            finished = now if before and exact and stts in FINAL else None
            self.seen[kodebooking] = Seen(stts, now, finished)

    # -- what BPJS has to be told

    def owed(self, one: Subject, *, surely: bool = False) -> Owed | None:
        """Return what BPJS has to be told of a booking next; `surely` as in `_task`."""
        told, today = self.about(one.kodebooking), self.world.clock.now.date()
        if "99" in told.tasks or today > one.tanggal + WEEK:
            return None
        if one.booking and one.booking.batal:
            return (
                Owed("batal")
                if one.booking.batal == "Belum" and "batal" not in told.refused
                else None
            )
        # By a clock that was set back a visit is tomorrow's: one that a pass has seen goes on all
        # the same.
        if one.visit is None or (one.tanggal > today and one.kodebooking not in self.seen):
            return None
        if one.visit.stts == "Batal":
            return self._absence(one, told)
        if one.booking or told.known:
            return self._booked(one, told, surely=surely)
        return Owed("add") if self._add_is_due(one.visit) and "add" not in told.refused else None

    def _booked(self, one: Subject, told: Told, *, surely: bool) -> Owed | None:
        """A booking of Mobile JKN is added only after BPJS said of a task that
        it does not know it.
        """
        unknown = not told.known and told.missed > 0
        if unknown and "mobilejkn" in self.add and "add" not in told.refused:
            return Owed("add")
        return self._task(one, told, surely=surely)

    def _absence(self, one: Subject, told: Told) -> Owed | None:
        seen = self.seen.get(one.kodebooking)
        if seen is None or seen.stts != "Batal" or "5" in told.tasks or not told.known:
            return None
        if self.world.clock.now < seen.since + DELAY_BATAL or seen.since.date() != one.tanggal:
            return None
        return Owed("99", seen.since)

    def _add_is_due(self, visit: Visit) -> bool:
        if not self.world.kodepoli(visit):
            return False
        if visit.kd_pj == "BPJ" or visit.seps:
            return (
                bool(visit.seps)
                or (visit.norm, visit.tanggal, visit.kd_poli) in self.world.controls
            )
        return self.world.clock.now >= visit.daftar + DELAY_NONJKN

    def _add_is_held(self, one: Subject) -> bool:
        """Return whether the add of a visit waits for something: BPJS may be asked for it then."""
        if one.booking or one.visit is None or self._add_is_due(one.visit):
            return False
        onsite = one.visit.kd_pj == "BPJ" or bool(one.visit.seps)
        delayed = self.world.clock.now < one.visit.daftar + DELAY_NONJKN
        return "onsite" in self.add if onsite else "nonjkn" in self.add and not delayed

    def _task(self, one: Subject, told: Told, *, surely: bool = False) -> Owed | None:
        """Return the next task with its true times: after the one before, but for ties, and past.

        `surely`: only if its day is over, and with times that no choice of the program's can pass
        over. How far two times are apart is told by Khanza's own, and of the one before only the
        time that was sent is known here: with ties of its own it was recorded that much earlier.
        """
        task = next((task for task in range(7, 2, -1) if str(task) in told.tasks), 2) + 1
        before, now = told.tasks.get(str(task - 1)), self.world.clock.now
        if (task == 3 and not came(one)) or (surely and now.date() <= one.tanggal):
            return None
        times = self.times(one).get(task, set())
        if surely and task == 7:
            times = times & _of_the_same_resep(one, before)
        reach = TIE if surely else 4 * (TIE + SECOND)
        placed = {
            waktu if before is None or waktu > before else before + SECOND
            for waktu in times
            if before is None or before - waktu <= reach
        }
        true = frozenset(at for at in placed if at <= now and at.date() == one.tanggal)
        return Owed(str(task), true=true) if true else None

    def times(self, one: Subject) -> dict[int, set[datetime]]:
        """Return the times on the day that each task can have by the flow `erm`, as Khanza holds
        them now.
        """
        visit, now = one.visit, self.world.clock.now
        if visit is None:
            return {}
        reseps = visit.reseps.values()
        ended = visit.stts in FINAL or now.date() > visit.tanggal
        ended = ended or any(resep.divalidasi for resep in reseps) or bool(visit.berkas["kembali"])
        checkin = one.booking.checkin if one.booking else None
        times: dict[int, set[datetime | None]] = {
            3: {
                checkin,
                max(visit.daftar, visit.opening),
                visit.daftar,
            },
            4: {*visit.exams, visit.berkas["diterima"]},
            5: {visit.berkas["kembali"], self._finished(one), *(visit.exams if ended else ())},
            6: {resep.divalidasi for resep in reseps},
            7: {resep.diserahkan for resep in reseps},
        }
        return {
            task: {at for at in found if at and at < now + DAY and at.date() == one.tanggal}
            for task, found in times.items()
        }

    def _finished(self, one: Subject) -> datetime | None:
        """Return when the visit was seen to end, if that was on its day: later, nobody knows when
        it did.
        """
        seen = self.seen.get(one.kodebooking)
        ended = seen.finished if seen and one.visit and one.visit.stts in FINAL else None
        return ended if ended and ended.date() == one.tanggal else None

    # -- what BPJS received

    def judge(
        self, received: Iterable[Received], *, lost: Collection[int] = (), khanza: bool = True
    ) -> None:
        """Hold what BPJS received in one pass against the truth; `khanza` tells whether the pass
        could look at it.
        """
        for one in received:
            body: Any = one.body or {}  # a list has none
            step = {"/antrean/add": "add", "/antrean/batal": "batal"}.get(one.path) or str(
                body.get("taskid", "")
            )
            if step:
                self.judged += 1
                self._hold(one, step, lost=one.no in lost, khanza=khanza)

    def _hold(self, one: Received, step: str, *, lost: bool, khanza: bool) -> None:
        body: Any = one.body
        kodebooking: str = body["kodebooking"]
        waktu = datetime.fromtimestamp(body["waktu"] / 1000, WIB) if "waktu" in body else None
        told, said = self.about(kodebooking), Owed(step, waktu)
        if one.code == 208:
            assert told.lost[step] > 0 or told.expired, f"{kodebooking} {step}: told twice"
            told.lost[step] -= 1
            self.repeated += 1
        else:
            self._require(kodebooking, said, khanza=khanza)
            self._take(told, said, one, lost=lost)
        if step in ("add", "batal"):
            told.lost[step] += lost and one.code != 201
        if step == "add":
            self._compare(kodebooking, body)

    def _require(self, kodebooking: str, said: Owed, *, khanza: bool) -> None:
        """Require that this was owed; a pass without Khanza can only go by what an earlier one saw
        there.
        """
        subject, told = self.world.subject(kodebooking), self.about(kodebooking)
        if not khanza:
            assert said.step != "add", f"{kodebooking}: added without Khanza"
            assert self._was_said(kodebooking, said, told), f"{kodebooking} {said}: never true"
            return
        owed = self.owed(subject) if subject else None
        trial = self._trial(subject, told) if subject else None
        fits = any(one is not None and one.fits(said) for one in (owed, trial))
        assert fits, f"{kodebooking}: told {said}, owed {owed}; {subject}; {told}"

    def _trial(self, one: Subject, told: Told) -> Owed | None:
        """Return the task that shows whether BPJS knows a booking whose add it refused, or the 99
        of one in doubt.
        """
        if told.known or one.visit is None:
            return None
        if one.visit.stts == "Batal":
            return self._absence(one, Told(known=True)) if one.booking or told.doubtful else None
        if self._add_is_held(one) and "add" not in told.refused:
            return self._task(one, told) if told.asked < QUESTIONS else None
        # Where Khanza changed its mind about the visit, it may be tried once more.
        uncertain = "add" in told.refused or told.missed or told.doubtful
        return self._task(one, told) if uncertain and not told.tried else None

    def _was_said(self, kodebooking: str, said: Owed, told: Told) -> bool:
        times = self.said[kodebooking, said.step]
        before = told.tasks.get(str(int(said.step) - 1)) if said.step.isdigit() else None
        tied = before is not None and said.waktu == before + SECOND
        return "99" not in told.tasks and (
            bool(times)
            if said.waktu is None
            else said.waktu in times
            or (tied and any(before - one <= 4 * (TIE + SECOND) for one in times if before))
        )

    def _take(self, told: Told, said: Owed, one: Received, *, lost: bool) -> None:
        """Note what BPJS answered; a refusal that got lost was none, for all that the hospital
        knows.
        """
        if one.code == 200:
            told.known = True
            if said.step != "add":
                told.tasks["99" if said.step == "batal" else said.step] = (
                    said.waktu or self.world.clock.now
                )
        elif not lost and one.message == "Kode Booking tidak ditemukan" and said.step != "batal":
            assert not told.known
            told.missed += 1
            told.asked += 1
            told.tried = True
        elif not lost:
            assert said.step in ("add", "batal"), f"{said}: BPJS had to refuse it: {one.message}"
            told.refused.add(said.step)
            told.tried = told.tried and said.step != "add"  # what it says to a task is news again

    def _compare(self, kodebooking: str, body: dict[str, object]) -> None:
        """Hold an add against the visit."""
        subject = self.world.subject(kodebooking)
        assert subject is not None
        assert subject.visit is not None
        visit = subject.visit
        jkn = subject.booking or visit.seps or visit.kd_pj == "BPJ"
        kodepoli = subject.booking.kodepoli if subject.booking else self.world.kodepoli(visit)
        expected = {"norm": visit.norm, "kodepoli": kodepoli, "tanggalperiksa": str(visit.tanggal)}
        expected["jenispasien"] = "JKN" if jkn else "NON JKN"
        assert {name: body[name] for name in expected} == expected

    # -- the end

    def unpaid(self) -> list[tuple[str, Owed]]:
        """Return what is still owed, but for what nobody can pay: tasks of a booking that BPJS does
        not know.
        """
        found = [
            (one.kodebooking, owed) for one in self.near() if (owed := self.owed(one, surely=True))
        ]
        found = [
            (kodebooking, owed)
            for kodebooking, owed in found
            if not self._excused(kodebooking, owed)
        ]
        return [
            (kodebooking, owed) for kodebooking, owed in found if self._payable(kodebooking, owed)
        ]

    def _excused(self, kodebooking: str, owed: Owed) -> bool:
        told = self.about(kodebooking)
        return told.dropped or owed.step in told.excused

    def _payable(self, kodebooking: str, owed: Owed) -> bool:
        told, subject = self.about(kodebooking), self.world.subject(kodebooking)
        assert subject is not None
        if told.known or owed.step == "batal":
            return True
        if subject.booking:
            able = "mobilejkn" in self.add and "add" not in told.refused
            return able and self._task(subject, told, surely=True) is not None
        return owed.step == "add"

    def confirm(self, snapshot: Iterable[dict[str, Any]]) -> None:
        """Require that the stand-in holds exactly what its answers said."""
        held = {
            row["kodebooking"]: {str(task["taskid"]) for task in row["tasks"]} for row in snapshot
        }
        assert held == {kodebooking: set(self.about(kodebooking).tasks) for kodebooking in held}
        assert held.keys() >= {kodebooking for kodebooking, told in self.told.items() if told.known}


def came(one: Subject) -> bool:
    """Return whether the patient can be told to have come: who was registered in advance has to
    leave a trace.
    """
    visit = one.visit
    if visit is None:
        return False
    checkin = one.booking.checkin if one.booking else None
    checked_in = checkin is not None and checkin.date() == one.tanggal
    trace = visit.exams or visit.reseps or visit.seps or any(visit.berkas.values())
    trace = trace or visit.stts not in ("Belum", "Batal")
    return bool(trace or checked_in) or not (one.booking or visit.daftar == visit.opening)


def _of_the_same_resep(one: Subject, six: datetime | None) -> set[datetime]:
    """Return when those prescriptions were handed over whose validation was told as task 6."""
    reseps = one.visit.reseps.values() if one.visit else ()
    return {resep.diserahkan for resep in reseps if resep.diserahkan and resep.divalidasi == six}


def _khanza(waktu: datetime) -> str:
    return f"{waktu:%Y-%m-%d %H:%M:%S}"


def _exam_key(waktu: datetime) -> dict[str, str]:
    day, clock = _khanza(waktu).split(" ")
    return {"tgl_perawatan": day, "jam_rawat": clock}
