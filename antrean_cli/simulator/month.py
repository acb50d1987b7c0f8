"""Believable days in the sample hospital, each whole: what Khanza and BPJS have when it is over.

- Clinics are open from Monday to Saturday: Mondays are full, Saturdays half. Nobody comes on
  Sundays.
- Each doctor has a queue. Who comes is seen in turn, so that waits come of arrivals and of the time
  that a doctor takes.
- Things go wrong as they do: patients do not come or cancel, an exam is never typed in, a folder
  stays at the clinic, a medicine is fetched unseen, BPJS refuses a referral, a SEP comes first, a
  doctor or a clinic is not mapped. Only the last are left out of the newest days: they would stay
  open, and hide the day that is shown.
- All of it is invented. It is the same for the same day: chance has the day for its seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum, auto
from typing import Any

from antrean_cli.simulator.bookings import Bookings
from antrean_cli.simulator.hospital import Hospital

DAYS = 30  # before the day that is shown
SETTLED = 8  # days: of the newest ones BPJS still takes what is missing
_MINUTE = 60  # times of day are in seconds
_OPENS = 8 * 60 * _MINUTE
_FULL = {0: 1.3, 5: 0.5}  # how full a weekday is; others are 1


@dataclass(frozen=True)
class Doctor:
    """A doctor of the month: codes as Khanza and BPJS have them, weekdays, patients a day.

    `minutes` are the shortest and the longest that a patient takes.
    """

    kd_dokter: str
    kd_poli: str
    weekdays: tuple[int, ...]
    patients: int
    minutes: tuple[int, int]
    name: str = ""  # empty: one of `Hospital.basics`
    kodedokter: int = 0


_ALL, _SOME = (0, 1, 2, 3, 4, 5), (0, 2, 4)
_DOCTORS = (
    Doctor("D01", "INT", _ALL, 6, (11, 24)),
    Doctor("D02", "ANA", _ALL, 4, (8, 16)),
    Doctor("D05", "BED", (1, 3, 5), 4, (8, 20), "dr. Eko Contoh, Sp.B", 45678),
    Doctor("D06", "OBG", _SOME, 5, (12, 22), "dr. Fitri Contoh, Sp.OG", 56789),
    Doctor("D07", "SAR", (1, 3), 6, (15, 30), "dr. Gita Contoh, Sp.S", 67890),
)
_UNMAPPED = (Doctor("D03", "INT", (2,), 2, (8, 14)), Doctor("D04", "MAT", (1, 4), 2, (5, 10)))
_CLINICS = {"BED": "Bedah", "OBG": "Kebidanan", "SAR": "Saraf"}


class Fate(Enum):
    """What becomes of one patient's visit."""

    SEEN = auto()
    EXAM_NOT_TYPED = auto()
    FOLDER_STAYS = auto()
    NOT_HANDED_OUT = auto()
    ABSENT = auto()
    CANCELLED = auto()
    REFERRAL_REFUSED = auto()
    SEP_FIRST = auto()


# How many of a hundred; those of Mobile JKN can fail to come, those at the desk to be taken.
_ALWAYS = {Fate.EXAM_NOT_TYPED: 3, Fate.FOLDER_STAYS: 3, Fate.NOT_HANDED_OUT: 2}
_MOBILE = {**_ALWAYS, Fate.ABSENT: 5, Fate.CANCELLED: 4}
_DESK = {**_ALWAYS, Fate.REFERRAL_REFUSED: 3, Fate.SEP_FIRST: 4}


class Month:
    """The days before one that is shown, oldest first; the hospital has its `basics` already."""

    def __init__(self, hospital: Hospital, bookings: Bookings, shown: date) -> None:
        """Write the clinics and doctors that the month has besides, also to HFIS."""
        self._hospital, self._bookings = hospital, bookings
        self.first = shown - timedelta(days=DAYS)
        self._settled = shown - timedelta(days=SETTLED)
        for kd_poli, name in _CLINICS.items():
            hospital.clinic(kd_poli, name, kd_poli)
        for doctor in filter(lambda one: one.name, _DOCTORS):
            hospital.doctor(
                doctor.kd_dokter,
                doctor.name,
                doctor.kd_poli,
                str(doctor.kodedokter),
                weekdays=doctor.weekdays,
            )
            hours = [
                {"hari": 1 + day, "buka": "08:00", "tutup": "14:00"} for day in doctor.weekdays
            ]
            bookings.hold_sessions(
                {"kodepoli": doctor.kd_poli, "kodedokter": doctor.kodedokter, "jadwal": hours}
            )

    def weeks(self) -> Iterator[date]:
        """Yield the last day of each week once its rows are written; the first week is short."""
        for left in range(DAYS - 1, -1, -1):
            day = self.first + timedelta(days=DAYS - 1 - left)
            chance = random.Random(f"{day}")  # noqa: S311 - no secret
            doctors = _DOCTORS if day > self._settled else (*_DOCTORS, *_UNMAPPED)
            with self._hospital.at_once():
                for doctor in doctors:
                    if day.weekday() in doctor.weekdays:
                        _Session(self._hospital, self._bookings, day, doctor, chance).write()
            if left % 7 == 0:
                yield day


class _Session:
    """One doctor's patients of a day."""

    def __init__(
        self,
        hospital: Hospital,
        bookings: Bookings,
        day: date,
        doctor: Doctor,
        chance: random.Random,
    ) -> None:
        self._hospital, self._bookings = hospital, bookings
        self._day, self._doctor, self._chance = day, doctor, chance
        self._free = _OPENS + self._between(0, 25)  # from when the doctor sees the next one

    def write(self) -> None:
        """Write the rows of all patients in the order in which they came."""
        count = self._doctor.patients * _FULL.get(self._day.weekday(), 1) + 0.5
        arrivals = [self._chance.triangular(7 * 60, 11 * 60, 7.75 * 60) for _ in range(int(count))]
        for arrival in sorted(arrivals):
            self._patient(int(arrival * _MINUTE))

    def _patient(self, arrival: int) -> None:
        mobile = self._doctor not in _UNMAPPED and self._chance.random() < 0.6
        pays = mobile or self._chance.random() < 0.8
        fate = self._fate(mobile=mobile, pays=pays)
        no_rawat = self._hospital.visit(
            self._day,
            jam=_clock(arrival),
            kd_poli=self._doctor.kd_poli,
            kd_dokter=self._doctor.kd_dokter,
            kd_pj="BPJ" if pays else "UMU",
        )
        norm = self._hospital.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
        if mobile and self._book(no_rawat, norm, arrival, fate):
            return
        if pays:
            self._hospital.sep(no_rawat)
        if fate is Fate.REFERRAL_REFUSED:
            self._bookings.refuse("rujukan_tidak_valid", norm=norm)
        if fate is Fate.SEP_FIRST:
            self._bookings.refuse("sep", norm=norm)
        self._seen(no_rawat, arrival, fate)

    def _fate(self, *, mobile: bool, pays: bool) -> Fate:
        found = _MOBILE if mobile else _DESK if pays else _ALWAYS
        rest = 100 - sum(found.values())
        (fate,) = self._chance.choices([*found, Fate.SEEN], [*found.values(), rest])
        return fate

    def _book(self, no_rawat: str, norm: str, arrival: int, fate: Fate) -> bool:
        """Book in Mobile JKN; return whether the patient does not come."""
        one, came = self._hospital, fate not in (Fate.ABSENT, Fate.CANCELLED)
        nobooking = one.booking(
            no_rawat,
            self._day,
            status="Checkin" if came else "Batal" if fate is Fate.CANCELLED else "Belum",
            **({"validasi": self._at(arrival)} if came else {}),
        )
        fields: dict[str, Any] = {
            name: one.value("referensi_mobilejkn_bpjs", name, nobooking=nobooking)
            for name in ("nik", "nomorkartu", "nohp", "kodepoli", "kodedokter", "nomorantrean")
        }
        fields |= {
            "norm": norm,
            "kodedokter": int(fields["kodedokter"]),
            "namapoli": one.value("poliklinik", "nm_poli", kd_poli=self._doctor.kd_poli),
            "namadokter": one.value("dokter", "nm_dokter", kd_dokter=self._doctor.kd_dokter),
        }
        self._bookings.mobile_jkn(nobooking, self._day.isoformat(), **fields)
        if fate is Fate.CANCELLED:
            one.delete("reg_periksa", no_rawat=no_rawat)
            one.batal(nobooking, no_rawat=no_rawat)
        return not came

    def _seen(self, no_rawat: str, arrival: int, fate: Fate) -> None:
        """Write exam, folder and prescription of a patient who came."""
        begins = max(arrival + self._between(3, 8), self._free)
        self._free = ends = begins + self._between(*self._doctor.minutes)
        if fate is not Fate.EXAM_NOT_TYPED:
            self._hospital.exam(no_rawat, self._at(begins))
        if fate is not Fate.FOLDER_STAYS:
            self._hospital.berkas(no_rawat, kembali=self._at(ends + self._between(1, 6)))
        self._hospital.stts(no_rawat, "Sudah")
        if fate is Fate.NOT_HANDED_OUT or self._chance.random() < 0.6:
            written = ends + self._between(7, 10)
            made = written + self._between(5, 20)
            fetched = self._at(made + self._between(6, 30))
            self._hospital.resep(
                no_rawat,
                dibuat=self._at(written),
                divalidasi=self._at(made),
                diserahkan=None if fate is Fate.NOT_HANDED_OUT else fetched,
            )

    def _between(self, least: int, most: int) -> int:
        """Return so many minutes, in seconds."""
        return self._chance.randint(least * _MINUTE, most * _MINUTE)

    def _at(self, seconds: int) -> str:
        return f"{self._day} {_clock(seconds)}"


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
