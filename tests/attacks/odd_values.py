"""Every odd value that a column of Khanza's can hold, one at a time, in a patient of its own.

- The columns are those that are read (`khanza.tables.TABLES`), their kinds are MariaDB's own: a new
  column is tried by itself.
- Which values: what Khanza's forms write where they have nothing, rows of other sites and years
  (khanza/README.md, Things that bite), and what no form would write.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from random import Random
from typing import Any, NamedTuple

import pymysql

from antrean_cli.khanza.tables import OPTIONAL, SEP_INTERNAL, TABLES
from antrean_cli.simulator.hospital import DAYS, ZERO, ZERO_DATETIME, Hospital, Value
from tests.support.site import MONDAY

DAY = timedelta(days=1)
ZERO_DATE, _ = ZERO
NOT_FILLED = ("", " ", "-", "--", "0", "null", "NULL", ZERO_DATE)
DATES = (ZERO_DATE, "1970-01-01", "2062-11-23", "9999-12-31", str(MONDAY - DAY), str(MONDAY + DAY))
TIMES = ("00:00:00", "-01:00:00", "24:00:00", "838:59:59", "23:59:59")
DATETIMES = (
    *(ZERO_DATETIME, "1970-01-01 00:00:00", "2062-11-23 09:00:00", "9999-12-31 23:59:59"),
    *(f"{MONDAY - DAY} 20:00:00", f"{MONDAY + DAY} 07:00:00", f"{MONDAY} 00:00:00"),
)
NUMBERS = (0, -1, 2_147_483_647)
# Numbers that begin with a day: of another form they would belong to another day.
DATED = {"no_rawat": "/", "nobooking": ""}
REFUSED = (pymysql.err.IntegrityError, pymysql.err.OperationalError, pymysql.err.DataError)


class Column(NamedTuple):
    """One column that is read, as the database knows it."""

    table: str
    name: str
    type: str  # such as varchar(17) or enum('0','1')
    nullable: bool

    def odd(self, own: str) -> list[Value]:
        """Return the odd values for it, beside the one that it has."""
        kind, _, rest = self.type.partition("(")
        values: list[Value] = [None] if self.nullable else []
        if kind in ("date", "time", "datetime"):
            values += {"date": DATES, "time": TIMES, "datetime": DATETIMES}[kind]
        elif kind == "enum":
            values += ["", *re.findall(r"'([^']*)'", rest)]
        elif kind == "int":
            values += NUMBERS
        else:
            values += self._texts(own, length=int(rest.rstrip(")")))
        return [*dict.fromkeys(one for one in values if one != own)]

    def _texts(self, own: str, length: int) -> list[str]:
        strange = ["9" * length, "X" * length, "O'Neil\\\"é", "12 345/+62-8"]
        texts = [*NOT_FILLED, own.lower(), f"{own} ", *strange]
        if self.name in DATED and self.table in KEYED:
            texts = [f"{own} ", f"{own[:-3]}X{own[-2:]}", f"{own[:-3]}'{own[-2:]}"]
        return [one for one in texts if len(one) <= length]


# The tables whose rows are found by such a number of their own.
KEYED = ("reg_periksa", "referensi_mobilejkn_bpjs", "referensi_mobilejkn_bpjs_batal")


def columns_read(khanza: Hospital) -> list[Column]:
    """Return every column that is read, of the tables that this install has."""
    cursor: Any = khanza.connection.cursor()
    cursor.execute(
        "SELECT table_name, column_name, column_type, is_nullable"
        " FROM information_schema.columns WHERE table_schema = 'sik'"
    )
    found = {(table, name): (kind, null) for table, name, kind, null in cursor.fetchall()}
    return [
        Column(table, name, found[table, name][0], found[table, name][1] == "YES")
        for table, names in (*TABLES.items(), *OPTIONAL.items())
        for name in names
        if (table, name) in found
    ]


# -- patients who went all the way


@dataclass(frozen=True, kw_only=True)
class Patient:
    """Somebody who went all the way, and by what their row of each table is found."""

    kodebooking: str
    rows: Mapping[str, Mapping[str, Value]]

    def with_row(self, table: str, **where: Value) -> Patient:
        """Return the patient with one row more."""
        return Patient(kodebooking=self.kodebooking, rows={**self.rows, table: where})


Kind = Callable[[Hospital, int], Patient]
AT = {
    "registered": "08:05:00",
    "received": "08:10:00",
    "nurse": "08:30:00",
    "doctor": "08:40:00",
    "prescribed": "08:45:00",
    "back": "08:50:00",
    "validated": "08:55:00",
    "handed": "09:05:00",
}
# What BPJS is told of them (flow erm), but for the bookings: those checked in.
TASKS = {3: "registered", 4: "nurse", 5: "back", 6: "validated", 7: "handed"}
WHOLE = [(taskid, AT[name]) for taskid, name in TASKS.items()]
CHECKED_IN = "07:40:00"


def onsite(khanza: Hospital, number: int) -> Patient:
    """JKN at the desk, with a SEP, in a clinic and of a doctor of their own."""
    patient = _registered(khanza, number)
    return patient.with_row("bridging_sep", no_sep=khanza.sep(patient.kodebooking))


def internal(khanza: Hospital, number: int) -> Patient:
    """JKN at the second clinic of a day: the SEP has the number of the first one's."""
    norm, day = khanza.patient(), MONDAY - DAY
    first = khanza.sep(khanza.visit(day, norm=norm, kd_poli="ANA"))
    patient = _registered(khanza, number)
    khanza.sep(patient.kodebooking, table=SEP_INTERNAL, no_sep=first)
    return patient.with_row(SEP_INTERNAL, no_rawat=patient.kodebooking)


def letter(khanza: Hospital, number: int) -> Patient:
    """JKN at the desk without a SEP, by a surat kontrol."""
    patient = _registered(khanza, number)
    norm = str(patient.rows["pasien"]["no_rkm_medis"])
    no_surat = khanza.surat_kontrol(norm, MONDAY, f"Q{number}")
    return patient.with_row("bridging_surat_kontrol_bpjs", no_surat=no_surat)


def nonjkn(khanza: Hospital, number: int) -> Patient:
    """Somebody who pays."""
    return _registered(khanza, number, kd_pj="UMU")


def mobilejkn(khanza: Hospital, number: int) -> Patient:
    """Booked in Mobile JKN and checked in."""
    visit = _registered(khanza, number)
    checkin = {"status": "Checkin", "validasi": f"{MONDAY} {CHECKED_IN}"}
    nobooking = khanza.booking(visit.kodebooking, MONDAY, **checkin)
    patient = Patient(kodebooking=nobooking, rows=visit.rows)
    return patient.with_row("referensi_mobilejkn_bpjs", nobooking=nobooking)


def cancelled(khanza: Hospital, number: int) -> Patient:
    """Booked in Mobile JKN and cancelled there."""
    validasi = f"{MONDAY} 07:15:00"
    nobooking = khanza.booking(None, MONDAY, status="Batal", validasi=validasi)
    khanza.batal(nobooking, no_rawat=f"{MONDAY:%Y/%m/%d}/9{number:05}")
    row = {"nobooking": nobooking}
    tables = ("referensi_mobilejkn_bpjs", "referensi_mobilejkn_bpjs_batal")
    return Patient(kodebooking=nobooking, rows=dict.fromkeys(tables, row))


def _registered(khanza: Hospital, number: int, *, kd_pj: str = "BPJ") -> Patient:
    """Write a visit with all that is recorded of it, its clinic and its doctor."""
    kd_poli, kd_dokter = f"P{number}", f"E{number}"
    session = {"kd_dokter": kd_dokter, "hari_kerja": DAYS[MONDAY.weekday()]}
    rows: dict[str, Mapping[str, Value]] = {
        "poliklinik": {"kd_poli": kd_poli},
        "maping_poli_bpjs": {"kd_poli_rs": kd_poli},
        "dokter": {"kd_dokter": kd_dokter},
        "maping_dokter_dpjpvclaim": {"kd_dokter": kd_dokter},
        "jadwal": session,
    }
    more: dict[str, Mapping[str, Value]] = {
        "poliklinik": {"nm_poli": "Poliklinik Contoh"},
        "maping_poli_bpjs": {"kd_poli_bpjs": f"Q{number}", "nm_poli_bpjs": "CONTOH"},
        "dokter": {"nm_dokter": "dr. Contoh"},
        "maping_dokter_dpjpvclaim": {
            "kd_dokter_bpjs": str(500_000 + number),
            "nm_dokter_bpjs": "dr. Contoh",
        },
        "jadwal": {
            "jam_mulai": "08:00:00",
            "jam_selesai": "14:00:00",
            "kd_poli": kd_poli,
            "kuota": 30,
        },
    }
    for table, key in rows.items():
        khanza.insert(table, **key, **more[table])
    norm, at = khanza.patient(), {name: f"{MONDAY} {hhmmss}" for name, hhmmss in AT.items()}
    no_rawat = khanza.visit(
        MONDAY,
        jam=AT["registered"],
        norm=norm,
        no_reg="007",
        kd_poli=kd_poli,
        kd_dokter=kd_dokter,
        kd_pj=kd_pj,
    )
    khanza.berkas(no_rawat, dikirim=at["received"], diterima=at["received"], kembali=at["back"])
    khanza.exam(no_rawat, at["nurse"])
    khanza.exam(no_rawat, at["doctor"], nip=kd_dokter)
    no_resep = khanza.resep(
        no_rawat, dibuat=at["prescribed"], divalidasi=at["validated"], diserahkan=at["handed"]
    )
    rows |= {
        "reg_periksa": {"no_rawat": no_rawat},
        "pasien": {"no_rkm_medis": norm},
        "mutasi_berkas": {"no_rawat": no_rawat},
        "pemeriksaan_ralan": {"no_rawat": no_rawat, "jam_rawat": AT["doctor"]},
        "resep_obat": {"no_resep": no_resep},
    }
    return Patient(kodebooking=no_rawat, rows=rows)


# Whose row of a table can be odd; of the others everybody's but a cancelled booking's.
_ALL = (onsite, letter, nonjkn, mobilejkn)
KINDS: Mapping[str, Sequence[Kind]] = {
    "bridging_sep": (onsite,),
    SEP_INTERNAL: (internal,),
    "bridging_surat_kontrol_bpjs": (letter,),
    "referensi_mobilejkn_bpjs": (mobilejkn, cancelled),
    "referensi_mobilejkn_bpjs_batal": (cancelled,),
}


class Odd(NamedTuple):
    """A patient one of whose rows has an odd value."""

    kodebooking: str
    column: Column
    kind: str
    value: Value

    @property
    def what(self) -> str:
        """What is odd about whom."""
        return f"{self.column.table}.{self.column.name} = {self.value!r}, {self.kind}"


def odd_patients(
    khanza: Hospital, columns: Sequence[Column], random: Random, limit: int
) -> Iterator[Odd]:
    """Let one patient come for each odd value of each column, `limit` values of it at most.

    Nobody comes of what no row can hold.
    """
    numbers = count(100)
    for column in columns:
        for kind in KINDS.get(column.table, _ALL):
            seed, index, many = random.random(), 0, 1
            while index < many:
                patient = kind(khanza, next(numbers))
                row = patient.rows[column.table]
                own = khanza.value(column.table, column.name, **row)
                values = column.odd(own)
                value = Random(seed).sample(values, len(values))[index]
                with suppress(*REFUSED):
                    khanza.update(column.table, row, **{column.name: value})
                    known_by = patient.kodebooking == own and column.table in KEYED
                    kodebooking = str(value).rstrip() if known_by else patient.kodebooking
                    yield Odd(kodebooking, column, kind.__name__, value)
                index, many = index + 1, min(len(values), limit)
