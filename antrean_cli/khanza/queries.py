"""Everything that is read from SIMRS Khanza: each SELECT, each of its tables and columns, and
nothing written.

- Dates have no index in Khanza: what is read in bulk is read by ranges of no_rawat
  (yyyy/mm/dd/nnnnnn) and of nobooking (yyyymmdd…), a day wider than wanted and then filtered,
  because a few numbers differ from their date.
- A constant number of queries a read, whatever the number of visits; rows are matched in Python.
- Dates and times come as Khanza's own text; what they mean is decided by the rules
  (`visits.parse_datetime`).
- One read is one snapshot: what Khanza writes meanwhile is seen as a whole by the next one.
- How Khanza is reached, and what its troubles are called, stands in khanza_connection.py.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from antrean_cli.errors import SettingsError
from antrean_cli.khanza.connection import Connection
from antrean_cli.rules.rows import (
    Berkas,
    Booking,
    Cancel,
    Exam,
    Registration,
    Resep,
    Rows,
    Sep,
    Slot,
    SuratKontrol,
)

RACIKAN = "resep_dokter_racikan"  # read for antrean farmasi only
OWN_SENDER = (
    "referensi_mobilejkn_bpjs_taskid"  # where Khanza's own sender writes; old installs lack it
)
# What is read, table by table: the check of the schema and the sample hospital are both made from
# it.
TABLES: dict[str, tuple[str, ...]] = {
    "reg_periksa": (
        "no_rawat", "no_reg", "tgl_registrasi", "jam_reg", "kd_dokter", "no_rkm_medis",
        "kd_poli", "stts", "stts_daftar", "status_lanjut", "kd_pj",
    ),
    "pasien": ("no_rkm_medis", "nm_pasien", "no_ktp", "no_tlp", "no_peserta"),
    "poliklinik": ("kd_poli", "nm_poli"),
    "dokter": ("kd_dokter", "nm_dokter"),
    "jadwal": ("kd_dokter", "hari_kerja", "jam_mulai", "jam_selesai", "kd_poli", "kuota"),
    "maping_poli_bpjs": ("kd_poli_rs", "kd_poli_bpjs", "nm_poli_bpjs"),
    "maping_dokter_dpjpvclaim": ("kd_dokter", "kd_dokter_bpjs", "nm_dokter_bpjs"),
    "referensi_mobilejkn_bpjs": (
        "nobooking", "no_rawat", "nomorkartu", "nik", "nohp", "kodepoli", "pasienbaru", "norm",
        "tanggalperiksa", "kodedokter", "jampraktek", "jeniskunjungan", "nomorreferensi",
        "nomorantrean", "angkaantrean", "estimasidilayani", "sisakuotajkn", "kuotajkn",
        "sisakuotanonjkn", "kuotanonjkn", "status", "validasi",
    ),
    "referensi_mobilejkn_bpjs_batal": ("nobooking", "no_rawat_batal", "keterangan", "statuskirim"),
    "mutasi_berkas": ("no_rawat", "dikirim", "diterima", "kembali"),
    "pemeriksaan_ralan": ("no_rawat", "tgl_perawatan", "jam_rawat", "nip"),
    "resep_obat": (
        "no_resep", "no_rawat", "tgl_peresepan", "jam_peresepan", "tgl_perawatan", "jam",
        "tgl_penyerahan", "jam_penyerahan", "status",
    ),
    RACIKAN: ("no_resep",),
    "bridging_sep": (
        "no_sep", "no_rawat", "no_rujukan", "noskdp", "asal_rujukan", "jnspelayanan",
        "tujuankunjungan", "flagprosedur", "penunjang", "asesmenpelayanan", "no_kartu",
        "notelep", "kdpolitujuan", "kddpjp", "nomr",
    ),
    "bridging_surat_kontrol_bpjs": ("no_surat", "no_sep", "tgl_rencana", "kd_poli_bpjs"),
    "password_asuransi": ("kd_pj",),
    "setting": ("kode_ppk",),
}  # fmt: skip


class Window(NamedTuple):
    """What to read: the visits of these days, and besides them single ones by their numbers."""

    first: date
    last: date
    no_rawat: Sequence[str] = ()
    nobooking: Sequence[str] = ()
    racikan: bool = False  # whether it matters which prescriptions have to be mixed


class Khanza(Connection):
    """A connection that knows what to read."""

    def check(self, *, racikan: bool = False) -> None:
        """Raise SettingsError naming every table and column that is missing; `racikan` as in a
        Window.
        """
        columns: dict[str, set[str]] = {}
        for table, column in self._columns():
            columns.setdefault(table.lower(), set()).add(column.lower())
        problems = []
        for table, wanted in TABLES.items():
            if table == RACIKAN and not racikan:
                continue
            if table not in columns:
                problems.append(f"tabel {table} tidak ada")
            elif lacking := [column for column in wanted if column not in columns[table]]:
                problems.append(f"tabel {table} tidak punya kolom {', '.join(lacking)}")
        if problems:
            where = self._settings.sqlite or f"database {self._settings.database}"
            raise SettingsError(f"Khanza ({where}) tidak sesuai: {'; '.join(problems)}")

    @property
    def sample(self) -> bool:
        """Whether it is a SQLite sample: it has no accounts, and no clock of its own."""
        return self._sample

    def version(self) -> str:
        """Return what the server calls itself."""
        name = "sqlite_version()" if self._sample else "VERSION()"
        return next(str(version) for (version,) in self._rows(tuple, f"SELECT {name}", {}))

    def now(self) -> str:
        """Return the server's own time as it would write it into a table; a server's only."""
        return next(str(now) for (now,) in self._rows(tuple, "SELECT NOW()", {}))

    def grants(self) -> list[str]:
        """Return the server's list of what our account may do; a server's only.

        A line can hold a password's hash.
        """
        return [str(line) for (line,) in self._rows(tuple, "SHOW GRANTS", {})]

    def own_sender(self, day: date) -> tuple[int, str]:
        """Return how many tasks Khanza's own sender noted for a day's visits, and the latest time
        of them.

        Older installs lack its table.
        """
        if not self._has(OWN_SENDER):
            return 0, ""
        ((count, last),) = self._rows(
            tuple,
            """
            SELECT COUNT(*), MAX(waktu) FROM referensi_mobilejkn_bpjs_taskid
            WHERE no_rawat >= :low AND no_rawat < :high
            """,
            {"low": f"{day:%Y/%m/%d}/", "high": f"{day + timedelta(days=1):%Y/%m/%d}/"},
        )
        return int(count), last or ""

    def hints(self, no_rawat: str, nobooking: str) -> tuple[list[tuple[Any, ...]], str]:
        """Return what Khanza's own sender noted: (taskid, waktu) of a visit's tasks, and a
        booking's statuskirim.

        It notes a task before it sends it: a hint, and no proof.
        """
        if self._sample or not self._has(OWN_SENDER):
            return [], ""
        tasks = self._rows(
            tuple,
            "SELECT taskid, waktu FROM referensi_mobilejkn_bpjs_taskid "
            "WHERE no_rawat = :no_rawat ORDER BY waktu",
            {"no_rawat": no_rawat},
        )
        query = "SELECT statuskirim FROM referensi_mobilejkn_bpjs WHERE nobooking = :nobooking"
        return tasks, next(
            (str(value) for (value,) in self._rows(tuple, query, {"nobooking": nobooking})), ""
        )

    def read(self, window: Window) -> Rows:
        """Return all rows of a window but the planned control visits (see `surat_kontrol`), as of
        one moment.
        """
        self._begin()
        rows = self._read(window)
        self._select("COMMIT", {})
        return rows

    def _read(self, window: Window) -> Rows:
        day, after = timedelta(days=1), window.last + timedelta(days=1)
        days = {"first": window.first.isoformat(), "last": window.last.isoformat()}
        visits = {"low": f"{window.first - day:%Y/%m/%d}/", "high": f"{after + day:%Y/%m/%d}/"}
        # A visit from before the window that is asked for by its number may belong to a booking by
        # now.
        oldest = min([*map(_day_of, window.no_rawat), window.first])
        bookings = {"low": f"{oldest - day:%Y%m%d}", "high": f"{after + day:%Y%m%d}"}
        registrations = self._registrations(visits | days, window.no_rawat)
        # The other tables know no date to filter by: they are asked for the very days, and for the
        # few visits whose number belongs to another day by that number.
        own = {"low": f"{window.first:%Y/%m/%d}/", "high": f"{after:%Y/%m/%d}/"}
        others = [
            row.no_rawat for row in registrations if not own["low"] <= row.no_rawat < own["high"]
        ]
        return Rows(
            registrations=registrations,
            bookings=self._bookings(bookings | days, window),
            cancels=self._cancels(bookings["low"], window.nobooking),
            berkas=self._berkas(own, others),
            exams=self._exams(own, others),
            reseps=self._reseps(own, others, racikan=window.racikan),
            seps=self._seps(own, others),
            slots=self._slots(),
            maping_poli=self._maping_poli(),
            payers=self._payers(),
            kode_ppk=self._kode_ppk(),
        )

    def surat_kontrol(self, first: date, last: date) -> list[SuratKontrol]:
        """Return the control visits planned for these days; slow, because
        tgl_rencana has no index.
        """
        return self._rows(
            SuratKontrol._make,
            """
            SELECT s.nomr AS norm, k.tgl_rencana AS tanggal, k.kd_poli_bpjs, k.no_surat
            FROM bridging_surat_kontrol_bpjs k JOIN bridging_sep s ON s.no_sep = k.no_sep
            WHERE k.tgl_rencana BETWEEN :first AND :last
            ORDER BY k.no_surat
            """,
            {"first": first.isoformat(), "last": last.isoformat()},
        )

    def _registrations(
        self, bounds: Mapping[str, str], no_rawat: Sequence[str]
    ) -> list[Registration]:
        return self._rows(
            Registration._make,
            """
            SELECT r.no_rawat, COALESCE(r.no_reg, '') AS no_reg, r.tgl_registrasi,
                   COALESCE(r.jam_reg, '') AS jam_reg, COALESCE(r.kd_dokter, '') AS kd_dokter,
                   COALESCE(r.no_rkm_medis, '') AS norm, COALESCE(r.kd_poli, '') AS kd_poli,
                   COALESCE(r.stts, 'Belum') AS stts, r.stts_daftar, r.status_lanjut,
                   COALESCE(r.kd_pj, '') AS kd_pj, p.no_ktp AS nik, p.no_tlp AS nohp, p.no_peserta
                   AS nomorkartu, p.nm_pasien AS nama, k.nm_poli, d.nm_dokter, mp.kd_poli_bpjs,
                   mp.nm_poli_bpjs, md.kd_dokter_bpjs, md.nm_dokter_bpjs
            FROM reg_periksa r
            LEFT JOIN pasien p ON p.no_rkm_medis = r.no_rkm_medis
            LEFT JOIN poliklinik k ON k.kd_poli = r.kd_poli
            LEFT JOIN dokter d ON d.kd_dokter = r.kd_dokter
            LEFT JOIN maping_poli_bpjs mp ON mp.kd_poli_rs = r.kd_poli
            LEFT JOIN maping_dokter_dpjpvclaim md ON md.kd_dokter = r.kd_dokter
            WHERE (r.no_rawat BETWEEN :low AND :high AND r.tgl_registrasi BETWEEN :first AND :last)
               OR r.no_rawat IN (:list)
            """,
            bounds,
            no_rawat,
        )

    def _bookings(self, bounds: Mapping[str, str], window: Window) -> list[Booking]:
        # Never joined to reg_periksa: no_rawat has no index here in older installs.
        rows = self._rows(
            Booking._make,
            """
            SELECT nobooking, no_rawat, nomorkartu, nik, nohp, kodepoli, pasienbaru, norm,
                   tanggalperiksa, kodedokter, jampraktek, jeniskunjungan, nomorreferensi,
                   nomorantrean, angkaantrean, estimasidilayani, sisakuotajkn, kuotajkn,
                   sisakuotanonjkn, kuotanonjkn, status, validasi
            FROM referensi_mobilejkn_bpjs
            WHERE nobooking BETWEEN :low AND :high OR nobooking IN (:list)
            """,
            bounds,
            window.nobooking,
        )
        named = {*window.no_rawat, *window.nobooking}
        return [
            row
            for row in rows
            if bounds["first"] <= row.tanggalperiksa[:10] <= bounds["last"]
            or named & {row.no_rawat, row.nobooking}
        ]

    def _cancels(self, low: str, nobooking: Sequence[str]) -> list[Cancel]:
        # Without an upper bound: an appointment of next week may be cancelled today.
        return self._rows(
            Cancel._make,
            """
            SELECT b.nobooking, b.no_rawat_batal AS no_rawat, b.keterangan, b.statuskirim,
                   r.tanggalperiksa, r.kodepoli
            FROM referensi_mobilejkn_bpjs_batal b
            LEFT JOIN referensi_mobilejkn_bpjs r ON r.nobooking = b.nobooking
            WHERE b.nobooking >= :low OR b.nobooking IN (:list)
            """,
            {"low": low},
            nobooking,
        )

    def _berkas(self, bounds: Mapping[str, str], no_rawat: Sequence[str]) -> list[Berkas]:
        return self._rows(
            Berkas._make,
            """
            SELECT no_rawat, dikirim, diterima, kembali FROM mutasi_berkas
            WHERE no_rawat BETWEEN :low AND :high OR no_rawat IN (:list)
            """,
            bounds,
            no_rawat,
        )

    def _exams(self, bounds: Mapping[str, str], no_rawat: Sequence[str]) -> list[Exam]:
        rows = self._rows(
            tuple,
            """
            SELECT no_rawat, tgl_perawatan, jam_rawat, nip FROM pemeriksaan_ralan
            WHERE no_rawat BETWEEN :low AND :high OR no_rawat IN (:list)
            """,
            bounds,
            no_rawat,
        )
        return [Exam(no_rawat, f"{tanggal} {jam}", nip) for no_rawat, tanggal, jam, nip in rows]

    def _reseps(
        self, bounds: Mapping[str, str], no_rawat: Sequence[str], *, racikan: bool
    ) -> list[Resep]:
        mixed = f"EXISTS (SELECT 1 FROM {RACIKAN} d WHERE d.no_resep = o.no_resep)"  # noqa: S608
        rows = self._rows(
            tuple,
            f"""
            SELECT no_rawat, no_resep, tgl_peresepan, jam_peresepan, tgl_perawatan, jam,
                   tgl_penyerahan, jam_penyerahan, {mixed if racikan else "NULL"}
            FROM resep_obat o
            WHERE (no_rawat BETWEEN :low AND :high OR no_rawat IN (:list)) AND status = 'ralan'
            ORDER BY no_resep
            """,  # noqa: S608 - constants of ours
            bounds,
            no_rawat,
        )
        return [
            Resep(
                row[0], row[1], _joined(*row[2:4]), _joined(*row[4:6]), _joined(*row[6:8]), row[8]
            )
            for row in rows
        ]

    def _seps(self, bounds: Mapping[str, str], no_rawat: Sequence[str]) -> list[Sep]:
        return self._rows(
            Sep._make,
            """
            SELECT no_rawat, no_sep, no_rujukan, noskdp, asal_rujukan, tujuankunjungan,
                   flagprosedur, penunjang, asesmenpelayanan, no_kartu AS nomorkartu,
                   notelep AS nohp, kdpolitujuan AS kodepoli, kddpjp AS kodedokter
            FROM bridging_sep
            WHERE (no_rawat BETWEEN :low AND :high OR no_rawat IN (:list)) AND jnspelayanan = '2'
            ORDER BY no_sep
            """,
            bounds,
            no_rawat,
        )

    def _slots(self) -> list[Slot]:
        return self._rows(
            Slot._make,
            "SELECT kd_dokter, hari_kerja, jam_mulai, jam_selesai, kd_poli, kuota FROM jadwal",
            {},
        )

    def _maping_poli(self) -> list[tuple[str, ...]]:
        return self._rows(tuple, "SELECT kd_poli_bpjs, kd_poli_rs FROM maping_poli_bpjs", {})

    def _payers(self) -> frozenset[str]:
        return frozenset(
            kd_pj for (kd_pj,) in self._rows(tuple, "SELECT kd_pj FROM password_asuransi", {})
        )

    def _kode_ppk(self) -> str:
        return next(
            (str(kode or "") for (kode,) in self._rows(tuple, "SELECT kode_ppk FROM setting", {})),
            "",
        )

    def _has(self, table: str) -> bool:
        sql = """
            SELECT table_name FROM information_schema.tables
            WHERE table_schema = DATABASE() AND table_name = :table
            """
        sql = "SELECT name FROM sqlite_master WHERE name = :table" if self._sample else sql
        return bool(self._rows(tuple, sql, {"table": table}))

    def _columns(self) -> Iterable[tuple[str, str]]:
        if self._sample:
            return self._rows(
                tuple, "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c", {}
            )
        return self._rows(
            tuple,
            """
            SELECT table_name, column_name FROM information_schema.columns
            WHERE table_schema = DATABASE() AND table_name IN (:list)
            """,
            {},
            tuple(TABLES),
        )


def _day_of(no_rawat: str) -> date:
    """Return the day that a no_rawat (yyyy/mm/dd/nnnnnn) begins with, the last of all if it has
    none.
    """
    try:
        return date.fromisoformat(no_rawat[:10].replace("/", "-"))
    except ValueError:
        return date.max


def _joined(tanggal: str | None, jam: str | None) -> str | None:
    return f"{tanggal} {jam}" if tanggal and jam else None
