"""A believable day in a small hospital, as rows that appear in Khanza while the day goes on.

- The three kinds of visits, a cancel in Mobile JKN and one at the desk, an unmapped clinic, a
  booking whose patient never came, a folder with two times of one click, an exam typed in hours
  late, and an outage of BPJS in between.
- All patients are invented. Times are the hospital's (WIB).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from antrean_cli.simulator.hospital import Hospital

HOURS = {"buka": "08:00", "tutup": "14:00"}


@dataclass(frozen=True, kw_only=True)
class Moment:
    """What has happened by a time of day, and the rows that tell of it in Khanza.

    The sentence is Indonesian. `down` tells that BPJS cannot be reached from then on, until a later
    moment says otherwise.
    """

    jam: str
    text: str
    happen: Callable[[], None]
    down: bool = False


LAST = "11:50"
# What HFIS knows of the hospital's doctors: clinic and doctor by BPJS's codes, every day as in
# Khanza; those whom a stand-in has of its own do not work here.
_DOCTORS = {("INT", 12345): range(1, 8), ("ANA", 23456): range(1, 8), ("MAT", 34567): range(1, 8)}
_ELSEWHERE = dict.fromkeys((("ANA", 12345), ("INT", 12346), ("MAT", 12347)), range(0))
SESSIONS = [
    {
        "kodepoli": kodepoli,
        "kodedokter": kodedokter,
        "jadwal": [{"hari": hari, **HOURS} for hari in days],
    }
    for (kodepoli, kodedokter), days in {**_DOCTORS, **_ELSEWHERE}.items()
]


class Day:
    """One day; `known` are the bookings that BPJS has before the day begins."""

    def __init__(self, hospital: Hospital, tanggal: date) -> None:
        self._hospital = hospital
        self._tanggal = tanggal
        hospital.basics()
        self._came = hospital.visit(tanggal, jam="08:00:00")
        self._absent = hospital.visit(tanggal, jam="08:00:00")
        self._cancelled = hospital.visit(tanggal, jam="08:00:00", kd_poli="ANA")
        self.known = [
            hospital.booking(no_rawat, tanggal)
            for no_rawat in (self._came, self._absent, self._cancelled)
        ]

    def moments(self) -> Iterator[Moment]:
        """Yield the day in order; the caller lets each one happen, then runs a pass."""
        yield Moment(
            jam="07:40",
            text="Pendaftaran: 3 booking Mobile JKN (1 batal), 3 pasien BPJS, 2 umum",
            happen=self._morning,
        )
        yield Moment(jam="08:35", text="Poli mulai memeriksa", happen=self._first_exams)
        yield Moment(
            jam="09:30", text="Pemeriksaan selesai, dan BPJS mati", happen=self._noon, down=True
        )
        yield Moment(
            jam="09:32", text="BPJS masih mati, obat diserahkan", happen=self._pharmacy, down=True
        )
        yield Moment(
            jam="09:40",
            text="BPJS hidup lagi; satu pasien umum dibatalkan di meja",
            happen=self._desk_cancel,
        )
        yield Moment(jam=LAST, text="Pemeriksaan pukul 08:50 baru diketik", happen=self._late_entry)

    def _at(self, jam: str) -> str:
        return f"{self._tanggal} {jam}"

    def _morning(self) -> None:
        one = self._hospital
        one.update(
            "referensi_mobilejkn_bpjs",
            {"nobooking": self.known[0]},
            status="Checkin",
            validasi=self._at("07:31:10"),
        )
        one.update("referensi_mobilejkn_bpjs", {"nobooking": self.known[2]}, status="Batal")
        one.delete("reg_periksa", no_rawat=self._cancelled)
        one.batal(self.known[2], no_rawat=self._cancelled)
        self._onsite = one.visit(self._tanggal, jam="07:22:05")
        one.sep(self._onsite)
        self._folder = one.visit(self._tanggal, jam="07:25:40", kd_poli="ANA")
        one.sep(self._folder)
        self._general = one.visit(self._tanggal, jam="07:20:00", kd_pj="UMU")
        one.sep(one.visit(self._tanggal, jam="07:31:00", kd_poli="MAT"), kddpjp="34567")
        self._undecided = one.visit(self._tanggal, jam="07:33:00", kd_pj="UMU", kd_poli="ANA")

    def _first_exams(self) -> None:
        self._hospital.exam(self._came, self._at("08:12:30"))
        self._hospital.exam(self._onsite, self._at("08:25:00"))
        self._hospital.berkas(
            self._folder, dikirim=self._at("08:03:00"), diterima=self._at("08:03:00")
        )
        self._hospital.exam(self._folder, self._at("08:00:00"))

    def _noon(self) -> None:
        for no_rawat, kembali in (
            (self._came, "08:41:00"),
            (self._onsite, "09:02:15"),
            (self._folder, "08:55:00"),
        ):
            self._hospital.berkas(no_rawat, kembali=self._at(kembali))
            self._hospital.stts(no_rawat, "Sudah")
        self._hospital.resep(
            self._came, dibuat=self._at("08:42:00"), divalidasi=self._at("08:50:00"), no_resep="R1"
        )

    def _pharmacy(self) -> None:
        self._hospital.resep(self._came, diserahkan=self._at("09:05:30"), no_resep="R1")

    def _desk_cancel(self) -> None:
        self._hospital.stts(self._undecided, "Batal")

    def _late_entry(self) -> None:
        self._hospital.exam(self._general, self._at("08:50:00"))
        self._hospital.stts(self._general, "Sudah")
