"""Khanza's rows as they are read: every value is Khanza's own text, or None.

- What the values mean is said in times.py and sessions.py; which columns they are, in
  khanza/queries.py and in khanza/README.md, Tables read.
- They are named tuples and no dataclasses, because thousands of them are made in each pass; they
  are always made by name.
"""

from collections.abc import Sequence
from typing import NamedTuple

from antrean_cli.rules.values import all_comparable

BATAL = "Batal"  # the status of a booking, and the stts of a visit


class Registration(NamedTuple):
    """One row of reg_periksa with its patient, clinic, doctor and their codes at BPJS."""

    no_rawat: str
    no_reg: str
    tgl_registrasi: str
    jam_reg: str
    kd_dokter: str
    norm: str
    kd_poli: str
    stts: str
    stts_daftar: str
    status_lanjut: str
    kd_pj: str
    status_bayar: str | None
    nik: str | None
    nohp: str | None
    nomorkartu: str | None
    nama: str | None  # never sent, stored or shown: read to be hidden where BPJS quotes it
    nm_poli: str | None
    nm_dokter: str | None
    kd_poli_bpjs: str | None
    nm_poli_bpjs: str | None
    kd_dokter_bpjs: str | None
    nm_dokter_bpjs: str | None


class Booking(NamedTuple):
    """One row of referensi_mobilejkn_bpjs."""

    nobooking: str
    no_rawat: str | None
    nomorkartu: str | None
    nik: str | None
    nohp: str | None
    kodepoli: str | None
    pasienbaru: str | None
    norm: str | None
    tanggalperiksa: str | None
    kodedokter: str | None
    jampraktek: str | None
    jeniskunjungan: str | None
    nomorreferensi: str | None
    nomorantrean: str | None
    angkaantrean: str | None
    estimasidilayani: str | None
    sisakuotajkn: str | None
    kuotajkn: str | None
    sisakuotanonjkn: str | None
    kuotanonjkn: str | None
    status: str | None
    validasi: str | None


class Cancel(NamedTuple):
    """One row of referensi_mobilejkn_bpjs_batal, with day and clinic of its booking if it is there.

    A cancel of Mobile JKN deletes the visit, and RM numbers that are merged delete the booking too.
    """

    nobooking: str
    no_rawat: str | None
    keterangan: str | None
    statuskirim: str | None
    tanggalperiksa: str | None
    kodepoli: str | None


class Berkas(NamedTuple):
    """One row of mutasi_berkas: the way of the patient's folder."""

    no_rawat: str
    dikirim: str | None
    diterima: str | None
    kembali: str | None
    ranap: str | None = None


class Exam(NamedTuple):
    """Who examined, and when, from pemeriksaan_ralan."""

    no_rawat: str
    waktu: str
    nip: str


class Resep(NamedTuple):
    """The three times of one outpatient prescription, and whether it has to be mixed."""

    no_rawat: str
    no_resep: str
    dibuat: str | None
    divalidasi: str | None
    diserahkan: str | None
    racikan: str | None = None  # "1" if it has; read for antrean farmasi only


class Ticket(NamedTuple):
    """A ticket of the desk: when it was printed, and when its number was called."""

    no_rawat: str
    nomor: str
    dicetak: str | None
    dipanggil: str | None
    norm: str | None = None  # whose it is, where the desk linked it to a patient


class Sep(NamedTuple):
    """One outpatient SEP; `internal` is "1" where it is the one of another visit of that day.

    (rujukan internal: the second clinic of a day)
    """

    no_rawat: str
    no_sep: str
    no_rujukan: str | None
    noskdp: str | None
    asal_rujukan: str | None
    tujuankunjungan: str | None
    flagprosedur: str | None
    penunjang: str | None
    asesmenpelayanan: str | None
    nomorkartu: str | None
    nohp: str | None
    kodepoli: str | None
    kodedokter: str | None
    internal: str | None = None


class SepOfVisit(NamedTuple):
    """The visit of a SEP: its no_rawat, and clinic and doctor by Khanza's codes."""

    no_rawat: str
    kd_poli: str
    kd_dokter: str


class Slot(NamedTuple):
    """One row of jadwal: a doctor's session on a weekday."""

    kd_dokter: str
    hari_kerja: str
    jam_mulai: str
    jam_selesai: str | None
    kd_poli: str | None
    kuota: str | None


class PlannedSession(NamedTuple):
    """One row of jadwal with whom and what it is about: codes and names, and BPJS's codes."""

    kd_dokter: str
    nm_dokter: str | None
    kd_dokter_bpjs: str | None
    kd_poli: str | None
    kd_poli_bpjs: str | None
    hari_kerja: str
    jam_mulai: str
    jam_selesai: str | None
    kuota: str | None

    @property
    def slot(self) -> Slot:
        """The session alone."""
        return Slot(
            kd_dokter=self.kd_dokter,
            hari_kerja=self.hari_kerja,
            jam_mulai=self.jam_mulai,
            jam_selesai=self.jam_selesai,
            kd_poli=self.kd_poli,
            kuota=self.kuota,
        )


class SuratKontrol(NamedTuple):
    """A planned control visit: whose, when, where, and its number."""

    norm: str
    tanggal: str
    kd_poli_bpjs: str | None
    no_surat: str


class PoliMapping(NamedTuple):
    """One row of maping_poli_bpjs: a clinic's code and name in Khanza, and those at BPJS."""

    kd_poli_rs: str
    kd_poli_bpjs: str | None
    nm_poli_bpjs: str | None = None
    nm_poli: str | None = None


class Clinic(NamedTuple):
    """A clinic that Khanza knows, mapped or not: its code and name there, and its code at BPJS."""

    kd_poli: str
    nm_poli: str | None
    kd_poli_bpjs: str | None

    @property
    def codes(self) -> frozenset[str]:
        """The codes by which people call it, as they are compared."""
        return all_comparable((self.kd_poli, self.kd_poli_bpjs))


class DoctorMapping(NamedTuple):
    """One row of maping_dokter_dpjpvclaim: a doctor's code and name in Khanza, and at BPJS."""

    kd_dokter: str
    kd_dokter_bpjs: str | None
    nm_dokter_bpjs: str | None = None
    nm_dokter: str | None = None


class Rows(NamedTuple):
    """Everything that one read of Khanza brought, but for the surat kontrol."""

    registrations: Sequence[Registration] = ()
    bookings: Sequence[Booking] = ()
    cancels: Sequence[Cancel] = ()
    berkas: Sequence[Berkas] = ()
    exams: Sequence[Exam] = ()
    reseps: Sequence[Resep] = ()
    tickets: Sequence[Ticket] = ()
    seps: Sequence[Sep] = ()
    slots: Sequence[Slot] = ()
    maping_poli: Sequence[PoliMapping] = ()
    maping_dokter: Sequence[DoctorMapping] = ()
    payers: frozenset[str] = frozenset()
    kode_ppk: str = ""
