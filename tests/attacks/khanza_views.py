"""What Khanza holds at one moment, read beside the program and in words of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from antrean_cli.simulator.hospital import Hospital
from tests.support.site import WIB

OPENING = "08:00:00"  # of every doctor, every day
ATTENDED = ("Sudah", "Berkas Diterima", "Dirujuk", "Dirawat", "Meninggal", "Pulang Paksa")
SOURCES = (
    *("daftar", "buka_poli", "periksa", "berkas_diterima", "berkas_kembali"),
    *("resep_divalidasi", "resep_diserahkan"),
)


class Resep(NamedTuple):
    """The times of a prescription, None where it has not come that far."""

    validated: datetime | None
    handed: datetime | None


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A visit; `referred` tells whether it has a SEP, an internal one, or a surat kontrol."""

    no_rawat: str
    norm: str
    daftar: datetime
    kd_pj: str
    stts: str
    status_lanjut: str
    paid: bool
    has_sep: bool
    referred: bool
    folder: Mapping[str, datetime]
    exams: Sequence[datetime]
    reseps: Sequence[Resep]

    @property
    def opening(self) -> datetime:
        """When the doctor's session begins."""
        return _moment(f"{self.daftar:%Y-%m-%d}", OPENING)

    @property
    def over(self) -> bool:
        """Whether stts says so."""
        return self.stts in ATTENDED and self.stts != "Berkas Diterima"

    @property
    def exams_over(self) -> bool:
        """Whether no exam is to come, so that the last one is known."""
        return self.over or "kembali" in self.folder or any(one.validated for one in self.reseps)

    @property
    def served(self) -> bool:
        """Whether anything was done with the patient."""
        rows = (self.folder, self.exams, self.reseps, self.paid, self.stts in ATTENDED)
        return any(map(bool, rows))

    @property
    def sent(self) -> datetime | None:
        """When the folder was sent; where one click made the row, nothing was."""
        sent, received = self.folder.get("dikirim"), self.folder.get("diterima")
        if sent in (self.folder.get("kembali"), self.folder.get("ranap")):
            return sent if sent and received and received <= sent else None
        return sent

    def times(self) -> set[datetime]:
        """Return every time that Khanza holds of it."""
        return {*self.folder.values()}.union(*map(self.of_source, SOURCES))

    def of_source(self, source: str) -> set[datetime]:
        """Return the times of one of the places that a task can take its time from."""
        where, _, column = source.partition("_")
        if where == "periksa":
            return set(self.exams)
        if source == "berkas_dikirim":
            return {self.sent} if self.sent else set()
        if where == "berkas":
            return {self.folder[column]} if column in self.folder else set()
        if where == "resep":
            return {at for one in self.reseps if (at := one[column == "diserahkan"])}
        return {self.daftar} if where == "daftar" else {max(self.daftar, self.opening)}


class Booking(NamedTuple):
    """A Mobile JKN booking; `cancelled` tells whether a row says so."""

    nobooking: str
    no_rawat: str | None
    norm: str
    status: str
    validasi: datetime | None
    cancelled: bool

    @property
    def alive(self) -> bool:
        """Whether nobody cancelled it and it came to be."""
        return not self.cancelled and self.status in ("Belum", "Checkin")

    @property
    def checkin(self) -> datetime | None:
        """When the patient checked in."""
        return self.validasi if self.status == "Checkin" else None


class View(NamedTuple):
    """What Khanza holds at one moment."""

    at: datetime
    visits: Mapping[str, Visit]
    bookings: Mapping[str, Booking]


_VISITS = """
    SELECT r.no_rawat, r.no_rkm_medis, r.tgl_registrasi, r.jam_reg, r.kd_pj, r.stts,
           r.status_lanjut, r.status_bayar,
           (SELECT COUNT(*) FROM bridging_sep s WHERE s.no_rawat = r.no_rawat),
           (SELECT COUNT(*) FROM bridging_sep_internal s WHERE s.no_rawat = r.no_rawat),
           (SELECT COUNT(*) FROM bridging_surat_kontrol_bpjs k
            JOIN bridging_sep s ON s.no_sep = k.no_sep
            WHERE s.nomr = r.no_rkm_medis AND k.tgl_rencana = r.tgl_registrasi
              AND k.kd_poli_bpjs = r.kd_poli),
           m.dikirim, m.diterima, m.kembali, m.ranap
    FROM reg_periksa r LEFT JOIN mutasi_berkas m ON m.no_rawat = r.no_rawat
    """
_EXAMS = "SELECT no_rawat, tgl_perawatan, jam_rawat FROM pemeriksaan_ralan"
_RESEPS = """
    SELECT no_rawat, tgl_perawatan, jam, tgl_penyerahan, jam_penyerahan FROM resep_obat
    ORDER BY no_resep
    """
_BOOKINGS = """
    SELECT b.nobooking, b.no_rawat, b.norm, b.status, b.validasi, c.nobooking
    FROM referensi_mobilejkn_bpjs b
    LEFT JOIN referensi_mobilejkn_bpjs_batal c ON c.nobooking = b.nobooking
    """


def look(khanza: Hospital, now: datetime) -> View:
    """Return what Khanza holds now."""
    exams: dict[str, list[datetime]] = {}
    for no_rawat, day, clock in _rows(khanza, _EXAMS):
        exams.setdefault(no_rawat, []).append(_moment(day, clock))
    reseps: dict[str, list[Resep]] = {}
    for no_rawat, *times in _rows(khanza, _RESEPS):
        resep = Resep(_time(*times[:2]), _time(*times[2:]))
        reseps.setdefault(no_rawat, []).append(resep)
    visits = (
        _visit(row, exams.get(row[0], ()), reseps.get(row[0], ())) for row in _rows(khanza, _VISITS)
    )
    bookings = (
        Booking(nobooking, no_rawat, norm, status, _stamp(validasi), batal != "None")
        for nobooking, no_rawat, norm, status, validasi, batal in _rows(khanza, _BOOKINGS)
    )
    return View(
        at=now,
        visits={one.no_rawat: one for one in visits},
        bookings={one.nobooking: one for one in bookings},
    )


def _visit(row: Sequence[str], exams: Iterable[datetime], reseps: Sequence[Resep]) -> Visit:
    no_rawat, norm, day, clock, kd_pj, stts, lanjut, bayar, *rest = row
    seps, internal, letters = map(int, rest[:3])
    times = zip(("dikirim", "diterima", "kembali", "ranap"), rest[3:], strict=True)
    return Visit(
        no_rawat=no_rawat,
        norm=norm,
        daftar=_moment(day, clock),
        kd_pj=kd_pj,
        stts=stts,
        status_lanjut=lanjut,
        paid=bayar == "Sudah Bayar",
        has_sep=seps + internal > 0,
        referred=seps + internal + letters > 0,
        folder={name: at for name, text in times if (at := _stamp(text))},
        exams=sorted(exams),
        reseps=reseps,
    )


def _rows(khanza: Hospital, sql: str) -> list[list[str]]:
    cursor: Any = khanza.connection.cursor()
    cursor.execute(sql)
    rows = [[str(value) for value in row] for row in cursor.fetchall()]
    cursor.close()
    return rows


def _moment(day: str, clock: str) -> datetime:
    return datetime.fromisoformat(f"{day} {clock.zfill(8)}").replace(tzinfo=WIB)


def _time(day: str, clock: str) -> datetime | None:
    return None if day.startswith("0000") else _moment(day, clock)


def _stamp(text: str) -> datetime | None:
    day, _, clock = text.partition(" ")
    return _time(day, clock) if clock else None
