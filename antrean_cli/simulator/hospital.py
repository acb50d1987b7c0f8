"""The sample hospital: writes rows of SIMRS Khanza, all invented.

- They serve the demo, training and the tests.
- Works on SQLite (made by `create_sqlite`) and on a MariaDB that has Khanza's tables.
- The factories give only columns that the program reads (`khanza.tables.TABLES`): SQLite has no
  others, and MariaDB in Khanza's non-strict mode fills the rest by itself. What a caller names
  beyond them is written as it is.
- The same calls give the same rows: numbers are counted, nothing is random and no clock is read.
- Nothing is committed here: use a connection in autocommit, or commit yourself.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Protocol

from antrean_cli.khanza.tables import OPTIONAL, SEP, SEP_INTERNAL, TABLES

Value = str | int | date | None

ZERO = ("0000-00-00", "00:00:00")  # Khanza's "not yet"
ZERO_DATETIME = " ".join(ZERO)

KODE_PPK = "0301R001"
DAYS = ("SENIN", "SELASA", "RABU", "KAMIS", "JUMAT", "SABTU", "AKHAD")
WIB = timezone(timedelta(hours=7))
KUOTA = 30
# What mends the one clinic that `basics` leaves without a mapping.
MAP_THE_CLINIC = "INSERT INTO maping_poli_bpjs VALUES ('MAT', 'MAT', 'MATA')"
# What only makes a sample believable, or what a real Khanza's keys ask for.
UNREAD = {
    "referensi_mobilejkn_bpjs_batal": ("no_rkm_medis", "nomorreferensi", "tanggalbatal"),
}

PRIMARY_KEYS = {
    "reg_periksa": "no_rawat",
    "pasien": "no_rkm_medis",
    "poliklinik": "kd_poli",
    "dokter": "kd_dokter",
    "jadwal": "kd_dokter, hari_kerja, jam_mulai",
    "maping_poli_bpjs": "kd_poli_rs",
    "maping_dokter_dpjpvclaim": "kd_dokter",
    "referensi_mobilejkn_bpjs": "nobooking",
    "referensi_mobilejkn_bpjs_batal": "nobooking",
    "mutasi_berkas": "no_rawat",
    "pemeriksaan_ralan": "no_rawat, tgl_perawatan, jam_rawat",
    "resep_obat": "no_resep",
    "bridging_sep": "no_sep",
    "bridging_surat_kontrol_bpjs": "no_surat",
    "password_asuransi": "kd_pj",
}
INDEXES = {
    "resep_obat": "no_rawat",
    "bridging_sep": "no_rawat",
    SEP_INTERNAL: "no_rawat",
    "bridging_surat_kontrol_bpjs": "no_sep",
}
# What goes with the row that it belongs to, and (False) what keeps that row from being deleted: of
# each table the column, the table that it names, and whether it goes.
FOREIGN_KEYS = {
    "reg_periksa": (("no_rkm_medis", "pasien", False),),
    "referensi_mobilejkn_bpjs": (("norm", "pasien", True),),
    "referensi_mobilejkn_bpjs_batal": (
        ("nobooking", "referensi_mobilejkn_bpjs", True),
        ("no_rkm_medis", "pasien", True),
    ),
    "mutasi_berkas": (("no_rawat", "reg_periksa", True),),
    "pemeriksaan_ralan": (("no_rawat", "reg_periksa", True),),
    "resep_obat": (("no_rawat", "reg_periksa", False),),
    SEP: (("no_rawat", "reg_periksa", True),),
    SEP_INTERNAL: (("no_rawat", "reg_periksa", True), ("no_sep", SEP, True)),
    "bridging_surat_kontrol_bpjs": (("no_sep", "bridging_sep", True),),
}

# The doctor who sees the patients of a clinic, unless the visit names another.
DOCTORS = {"INT": "D01", "ANA": "D02", "MAT": "D04"}


class Cursor(Protocol):
    """What is used of a DB-API cursor."""

    def execute(self, sql: str, parameters: Any, /) -> object: ...
    def fetchone(self) -> Any: ...
    def close(self) -> object: ...


class Connection(Protocol):
    """What is used of a DB-API connection."""

    def cursor(self) -> Cursor: ...


def create_sqlite(path: Path) -> sqlite3.Connection:
    """Create the tables that the program reads in a new SQLite file; return a connection.

    It is in autocommit.
    """
    connection = open_sqlite(path)
    for table, columns in {**TABLES, SEP_INTERNAL: OPTIONAL[SEP_INTERNAL]}.items():
        parts = [*dict.fromkeys((*columns, *UNREAD.get(table, ())))]
        if table in PRIMARY_KEYS:
            parts.append(f"PRIMARY KEY ({PRIMARY_KEYS[table]})")
        for column, parent, goes in FOREIGN_KEYS.get(table, ()):
            cascade = "ON DELETE CASCADE " if goes else ""
            names = f"FOREIGN KEY ({column}) REFERENCES {parent} ({PRIMARY_KEYS[parent]})"
            parts.append(f"{names} {cascade}ON UPDATE CASCADE")
        connection.execute(f"CREATE TABLE {table} ({', '.join(parts)})")
    for table, column in INDEXES.items():
        connection.execute(f"CREATE INDEX {table}_{column} ON {table} ({column})")
    return connection


def open_sqlite(path: Path) -> sqlite3.Connection:
    """Open a sample to write to; what belongs to a deleted row goes with it, as in Khanza.

    It is in autocommit.
    """
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")  # a sample can be made again
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


class Hospital:
    """A Khanza to write to:

    `insert`, `update` and `delete`, and one factory for each kind of row.
    """

    def __init__(self, connection: Connection, *, paramstyle: str) -> None:
        """Take the paramstyle of the connection's module:

        `sqlite3.paramstyle` or `pymysql.paramstyle`.
        """
        self.connection = connection
        self._mark = "?" if paramstyle == "qmark" else "%s"
        self._counts: Counter[str] = Counter()

    # Table and column names come from code, values always travel as parameters (hence S608 below).

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Write what is written inside as one transaction: rows by the hundred take less time."""
        self._execute("BEGIN")
        yield
        self._execute("COMMIT")

    def insert(self, table: str, /, **columns: Value) -> None:
        """Insert one row."""
        marks = ", ".join([self._mark] * len(columns))
        self._execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", columns)  # noqa: S608

    def update(self, table: str, where: Mapping[str, Value], /, **columns: Value) -> None:
        """Change the rows that have all the values of `where`."""
        changes = ", ".join(f"{name} = {self._mark}" for name in columns)
        self._execute(f"UPDATE {table} SET {changes} {self._where(where)}", columns, where)  # noqa: S608

    def delete(self, table: str, /, **where: Value) -> None:
        """Delete the rows that have all these values."""
        self._execute(f"DELETE FROM {table} {self._where(where)}", where)  # noqa: S608

    def value(self, table: str, column: str, /, **where: Value) -> str:
        """Return one column of the row that has all these values, as text; empty if none has."""
        sql = f"SELECT {column} FROM {table} {self._where(where)}"  # noqa: S608
        row = self._execute(sql, where)
        return "" if row is None or row[0] is None else str(row[0])

    def basics(self, *, penjab: bool = False) -> None:
        """Write the clinics, doctors, schedules (every day 08:00 to 14:00), mappings and settings.

        Clinic MAT and doctor D03 (who sits in INT) are not mapped, IGDK has no schedule. `penjab`
        fills that table too, which the program does not read and SQLite does not have.
        """
        self.clinic("INT", "Penyakit Dalam", "INT")
        self.clinic("ANA", "Anak", "ANA")
        self.clinic("MAT", "Mata", None)
        self.insert("poliklinik", kd_poli="IGDK", nm_poli="Unit IGD")
        self.doctor("D01", "dr. Andi Contoh, Sp.PD", "INT", "12345")
        self.doctor("D02", "dr. Bunga Contoh, Sp.A", "ANA", "23456")
        self.doctor("D03", "dr. Citra Contoh, Sp.PD", "INT", None)
        self.doctor("D04", "dr. Dewi Contoh, Sp.M", "MAT", "34567")
        self.insert("password_asuransi", kd_pj="BPJ")
        self.insert("setting", kode_ppk=KODE_PPK)
        if penjab:
            self.insert("penjab", kd_pj="BPJ", png_jawab="BPJS")
            self.insert("penjab", kd_pj="UMU", png_jawab="UMUM")

    def clinic(self, kd_poli: str, name: str, kd_poli_bpjs: str | None) -> None:
        """Write a clinic, mapped to BPJS's code of it unless that is None."""
        self.insert("poliklinik", kd_poli=kd_poli, nm_poli=f"Poliklinik {name}")
        if kd_poli_bpjs:
            self.insert(
                "maping_poli_bpjs",
                kd_poli_rs=kd_poli,
                kd_poli_bpjs=kd_poli_bpjs,
                nm_poli_bpjs=name.upper(),
            )

    def doctor(
        self,
        kd_dokter: str,
        nm_dokter: str,
        kd_poli: str,
        kd_dokter_bpjs: str | None,
        *,
        weekdays: Iterable[int] = range(7),
    ) -> None:
        """Write a doctor with sessions from 08:00 to 14:00, mapped unless the code is None.

        `weekdays` are counted from Monday, which is 0.
        """
        self.insert("dokter", kd_dokter=kd_dokter, nm_dokter=nm_dokter)
        if kd_dokter_bpjs:
            self.insert(
                "maping_dokter_dpjpvclaim",
                kd_dokter=kd_dokter,
                kd_dokter_bpjs=kd_dokter_bpjs,
                nm_dokter_bpjs=nm_dokter,
            )
        for weekday in weekdays:
            self.insert(
                "jadwal",
                kd_dokter=kd_dokter,
                hari_kerja=DAYS[weekday],
                jam_mulai="08:00:00",
                jam_selesai="14:00:00",
                kd_poli=kd_poli,
                kuota=KUOTA,
            )

    def patient(self, norm: str | None = None, **columns: Value) -> str:
        """Invent a patient; return no_rkm_medis."""
        n = self._next("patient")
        row: dict[str, Value] = {
            "no_rkm_medis": norm or f"{n:06}",
            "nm_pasien": f"PASIEN CONTOH {n}",
            "no_ktp": f"9901010101{n:06}",  # there is no province 99
            "no_tlp": f"0812{n:08}",
            "no_peserta": f"0009{n:09}",
        }
        self.insert("pasien", **(row | columns))
        return str(row["no_rkm_medis"])

    def visit(
        self,
        tanggal: date,
        *,
        jam: str = "08:05:00",
        no: int | None = None,
        kd_poli: str = "INT",
        kd_dokter: str | None = None,
        kd_pj: str = "BPJ",
        stts: str = "Belum",
        stts_daftar: str = "Lama",
        status_lanjut: str = "Ralan",
        norm: str | None = None,
        no_reg: str | None = None,
        **columns: Value,
    ) -> str:
        """Register a visit, of a new patient unless `norm` is given; return no_rawat.

        `no` is the number within the day; the doctor is the clinic's, D01 where it has none.
        `columns` are other columns, or other values.
        """
        day = f"visit {tanggal}"
        number = self._counts[day] + 1 if no is None else no
        self._counts[day] = max(self._counts[day], number)
        no_rawat = f"{tanggal:%Y/%m/%d}/{number:06}"
        row: dict[str, Value] = {
            "no_rawat": no_rawat,
            "no_reg": f"{self._next(f'{day} {kd_poli}'):03}" if no_reg is None else no_reg,
            "tgl_registrasi": tanggal,
            "jam_reg": jam,
            "kd_dokter": kd_dokter or DOCTORS.get(kd_poli, "D01"),
            "no_rkm_medis": norm or self.patient(),
            "kd_poli": kd_poli,
            "stts": stts,
            "stts_daftar": stts_daftar,
            "status_lanjut": status_lanjut,
            "kd_pj": kd_pj,
            "status_bayar": "Belum Bayar",
        }
        self.insert("reg_periksa", **(row | columns))
        return no_rawat

    def stts(self, no_rawat: str, value: str) -> None:
        """Set the state of a visit."""
        self.update("reg_periksa", {"no_rawat": no_rawat}, stts=value)

    def sep(self, no_rawat: str, *, table: str = "bridging_sep", **columns: Value) -> str:
        """Issue the SEP of a visit, by a plain referral of Faskes 1; return no_sep.

        Its clinic and doctor are those that Khanza has mapped; empty for others. `table` may name
        that of internal SEPs, which has the same columns.
        """
        norm = self.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
        n = self._next("sep")
        month = f"{no_rawat[5:7]}{no_rawat[2:4]}"
        row: dict[str, Value] = {
            "no_sep": f"{KODE_PPK}{month}V{n:06}",
            "no_rawat": no_rawat,
            "no_rujukan": f"0301U001{month}P{n:06}",
            "noskdp": "",
            "asal_rujukan": "1. Faskes 1",
            "jnspelayanan": "2",
            "tujuankunjungan": "0",
            "flagprosedur": "",
            "penunjang": "",
            "asesmenpelayanan": "",
            "no_kartu": self.value("pasien", "no_peserta", no_rkm_medis=norm),
            "notelep": self.value("pasien", "no_tlp", no_rkm_medis=norm),
            "kdpolitujuan": self._kd_poli_bpjs(
                self.value("reg_periksa", "kd_poli", no_rawat=no_rawat)
            ),
            "kddpjp": self._kd_dokter_bpjs(
                self.value("reg_periksa", "kd_dokter", no_rawat=no_rawat)
            ),
            "nomr": norm,
        }
        row |= columns
        self.insert(table, **row)
        return str(row["no_sep"])

    def sep_internal(self, no_rawat: str, of: str, **columns: Value) -> None:
        """Note the SEP of another visit of that day (`of`) for a second clinic's visit.

        It says what that SEP says, but for the clinic and the doctor, and that it is a consultation
        the hospital asked for.
        """
        same = (*OPTIONAL[SEP_INTERNAL],)
        row: dict[str, Value] = {column: self.value(SEP, column, no_sep=of) for column in same}
        row |= {
            "no_rawat": no_rawat,
            "kdpolitujuan": self._kd_poli_bpjs(
                self.value("reg_periksa", "kd_poli", no_rawat=no_rawat)
            ),
            "kddpjp": self._kd_dokter_bpjs(
                self.value("reg_periksa", "kd_dokter", no_rawat=no_rawat)
            ),
            "tujuankunjungan": "2",
            "asesmenpelayanan": "4",
        }
        self.insert(SEP_INTERNAL, **(row | columns))

    def surat_kontrol(self, norm: str, tanggal: date, kd_poli_bpjs: str) -> str:
        """Plan a control visit of a patient, written at a visit 30 days before; return no_surat.

        The letter knows its patient only through the SEP of that older visit, which is written too.
        """
        n = self._next("surat_kontrol")
        before = tanggal - timedelta(days=30)
        no_rawat = self.visit(before, no=900_000 + n, norm=norm)
        no_sep = self.sep(no_rawat, kdpolitujuan=kd_poli_bpjs)
        no_surat = f"{KODE_PPK}{before:%m%y}K{n:06}"
        self.insert(
            "bridging_surat_kontrol_bpjs",
            no_surat=no_surat,
            no_sep=no_sep,
            tgl_rencana=tanggal,
            kd_poli_bpjs=kd_poli_bpjs,
        )
        return no_surat

    def booking(
        self,
        no_rawat: str | None,
        tanggal: date,
        *,
        nobooking: str | None = None,
        status: str = "Belum",
        validasi: str | datetime = ZERO_DATETIME,
        **columns: Value,
    ) -> str:
        """Book in Mobile JKN; return nobooking.

        For a visit, or (None) for one that Khanza no longer has.
        """
        n = self._next(f"booking {tanggal}")
        visit = {"no_rawat": no_rawat}
        kd_poli = self.value("reg_periksa", "kd_poli", **visit) or "INT"
        kd_dokter = self.value("reg_periksa", "kd_dokter", **visit) or "D01"
        no_reg = self.value("reg_periksa", "no_reg", **visit) or f"{n:03}"
        angka = int(no_reg) if no_reg.isdecimal() else 0
        norm = str(
            columns.get("norm")
            or self.value("reg_periksa", "no_rkm_medis", **visit)
            or self.patient()
        )
        opens = datetime(tanggal.year, tanggal.month, tanggal.day, 8, tzinfo=WIB)
        row: dict[str, Value] = {
            "nobooking": nobooking or f"{tanggal:%Y%m%d}{n:06}",
            "no_rawat": no_rawat,
            "nomorkartu": self.value("pasien", "no_peserta", no_rkm_medis=norm),
            "nik": self.value("pasien", "no_ktp", no_rkm_medis=norm),
            "nohp": self.value("pasien", "no_tlp", no_rkm_medis=norm),
            "kodepoli": self._kd_poli_bpjs(kd_poli),
            "pasienbaru": "0",
            "norm": norm,
            "tanggalperiksa": tanggal,
            "kodedokter": self._kd_dokter_bpjs(kd_dokter),
            "jampraktek": "08:00-14:00",
            "jeniskunjungan": "1 (Rujukan FKTP)",
            "nomorreferensi": f"0301U001{tanggal:%m%y}Y{n:06}",
            "nomorantrean": f"{kd_poli}-{no_reg}",
            "angkaantrean": str(angka),
            "estimasidilayani": str(int((opens + timedelta(minutes=5 * angka)).timestamp() * 1000)),
            "sisakuotajkn": max(0, KUOTA - angka),
            "kuotajkn": KUOTA,
            "sisakuotanonjkn": max(0, KUOTA - angka),
            "kuotanonjkn": KUOTA,
            "status": status,
            "validasi": validasi,
        }
        self.insert("referensi_mobilejkn_bpjs", **(row | columns))
        return str(row["nobooking"])

    def batal(
        self,
        nobooking: str,
        *,
        no_rawat: str | None = None,
        statuskirim: str = "Belum",
        keterangan: str = "Pasien berhalangan hadir",
        tanggalbatal: str | datetime | None = None,
    ) -> None:
        """Write the cancel of a booking, at 07:15 of its day.

        The booking and its visit stay as they are.
        """
        day = f"{nobooking[:4]}-{nobooking[4:6]}-{nobooking[6:8]}"
        booking = {
            column: self.value("referensi_mobilejkn_bpjs", column, nobooking=nobooking)
            for column in ("norm", "nomorreferensi")
        }
        self.insert(
            "referensi_mobilejkn_bpjs_batal",
            nobooking=nobooking,
            no_rkm_medis=booking["norm"],
            no_rawat_batal=no_rawat,
            nomorreferensi=booking["nomorreferensi"],
            tanggalbatal=tanggalbatal or f"{day} 07:15:00",
            keterangan=keterangan,
            statuskirim=statuskirim,
        )

    def berkas(
        self,
        no_rawat: str,
        dikirim: str | datetime | None = None,
        diterima: str | datetime | None = None,
        kembali: str | datetime | None = None,
    ) -> None:
        """Move the folder of a visit. None leaves a time as it was: the zero date in a new row."""
        times = {"dikirim": dikirim, "diterima": diterima, "kembali": kembali}
        if not self.value("mutasi_berkas", "no_rawat", no_rawat=no_rawat):
            row = dict.fromkeys((*times, "ranap"), ZERO_DATETIME)
            self.insert("mutasi_berkas", no_rawat=no_rawat, **row)
        for column, time in times.items():
            if time is not None:
                self.update("mutasi_berkas", {"no_rawat": no_rawat}, **{column: time})

    def exam(self, no_rawat: str, time: str | datetime, nip: str = "P01") -> None:
        """Write an examination by `nip`, at "YYYY-MM-DD HH:MM:SS"."""
        day, clock = _split(time)
        self.insert(
            "pemeriksaan_ralan", no_rawat=no_rawat, tgl_perawatan=day, jam_rawat=clock, nip=nip
        )

    def resep(
        self,
        no_rawat: str,
        *,
        dibuat: str | datetime | None = None,
        divalidasi: str | datetime | None = None,
        diserahkan: str | datetime | None = None,
        no_resep: str | None = None,
        status: str = "ralan",
    ) -> str:
        """Write a prescription, or go on with the one named by `no_resep`; return no_resep.

        None leaves a time as it was: the zero date in a new prescription.
        """
        times = {
            ("tgl_peresepan", "jam_peresepan"): dibuat,
            ("tgl_perawatan", "jam"): divalidasi,
            ("tgl_penyerahan", "jam_penyerahan"): diserahkan,
        }
        if no_resep is None:
            no_resep = f"{no_rawat[:10].replace('/', '')}{self._next('resep ' + no_rawat[:10]):04}"
        if not self.value("resep_obat", "no_resep", no_resep=no_resep):
            zero = {column: part for pair in times for column, part in zip(pair, ZERO, strict=True)}
            self.insert("resep_obat", no_resep=no_resep, no_rawat=no_rawat, status=status, **zero)
        for pair, time in times.items():
            if time is not None:
                self.update(
                    "resep_obat",
                    {"no_resep": no_resep},
                    **dict(zip(pair, _split(time), strict=True)),
                )
        return no_resep

    def _kd_poli_bpjs(self, kd_poli: str) -> str:
        return self.value("maping_poli_bpjs", "kd_poli_bpjs", kd_poli_rs=kd_poli)

    def _kd_dokter_bpjs(self, kd_dokter: str) -> str:
        return self.value("maping_dokter_dpjpvclaim", "kd_dokter_bpjs", kd_dokter=kd_dokter)

    def _next(self, kind: str) -> int:
        self._counts[kind] += 1
        return self._counts[kind]

    def _where(self, where: Mapping[str, Value]) -> str:
        if not where:
            raise ValueError("without a condition this would meet every row")
        return "WHERE " + " AND ".join(f"{name} = {self._mark}" for name in where)

    def _execute(self, sql: str, *values: Mapping[str, Value]) -> Any:
        """Run one statement; return its first row, if it gives rows."""
        # As text on both: sqlite3 has no dates, and its adapters for them are deprecated.
        parameters = [
            str(v) if isinstance(v, date) else v for part in values for v in part.values()
        ]
        cursor = self.connection.cursor()
        try:
            cursor.execute(sql, parameters)
            return cursor.fetchone() if sql.startswith("SELECT") else None
        finally:
            cursor.close()


def _split(time: str | datetime) -> tuple[str, str]:
    day, _, clock = str(time).partition(" ")
    return day, clock
