"""Khanza's rows as they are read: every value is Khanza's own text, or None; what it means is said
in visits.py.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from antrean_cli.rules.listings import Praktek


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
    tanggalperiksa: str
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
    """One row of referensi_mobilejkn_bpjs_batal, with the date of its booking where that is still
    there.
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


class Exam(NamedTuple):
    """Who examined, and when, from pemeriksaan_ralan."""

    no_rawat: str
    waktu: str
    nip: str


class Resep(NamedTuple):
    """The three times of one outpatient prescription, and whether it has to be mixed (only read for
    farmasi).
    """

    no_rawat: str
    no_resep: str
    dibuat: str | None
    divalidasi: str | None
    diserahkan: str | None
    racikan: str | None = None  # "1" if it has


class Sep(NamedTuple):
    """One outpatient SEP."""

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


class Slot(NamedTuple):
    """One row of jadwal: a doctor's session on a weekday."""

    kd_dokter: str
    hari_kerja: str
    jam_mulai: str
    jam_selesai: str | None
    kd_poli: str | None
    kuota: str | None


class SuratKontrol(NamedTuple):
    """A planned control visit: whose, when, where, and its number."""

    norm: str
    tanggal: str
    kd_poli_bpjs: str | None
    no_surat: str


class Rows(NamedTuple):
    """Everything that one read of Khanza brought; `surat_kontrol` is None when it was not asked
    for.
    """

    registrations: Sequence[Registration] = ()
    bookings: Sequence[Booking] = ()
    cancels: Sequence[Cancel] = ()
    berkas: Sequence[Berkas] = ()
    exams: Sequence[Exam] = ()
    reseps: Sequence[Resep] = ()
    seps: Sequence[Sep] = ()
    slots: Sequence[Slot] = ()
    maping_poli: Sequence[tuple[str, ...]] = ()  # kd_poli_bpjs, kd_poli_rs
    payers: frozenset[str] = frozenset()
    kode_ppk: str = ""
    surat_kontrol: Sequence[SuratKontrol] | None = None
    hfis: Mapping[tuple[str, date], Sequence[Praktek]] | None = (
        None  # BPJS's sessions by kodepoli and day
    )
