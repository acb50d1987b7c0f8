"""Everything that is read from SIMRS Khanza's tables: each SELECT, and nothing that writes.

- Dates have no index in Khanza: what is read in bulk is read by ranges of no_rawat
  (yyyy/mm/dd/nnnnnn) and of nobooking (yyyymmdd…), a day wider than wanted and then filtered,
  because a few numbers differ from their date (khanza/README.md, Things that bite, 1).
- A constant number of queries a read, whatever the number of visits; rows are matched in Python.
- Every column bears the name of the field that it fills (connection.py): their order is free.
- Dates and times come as Khanza's own text; what they mean is decided by the rules
  (`times.parse_datetime`).
- One read is one snapshot: what Khanza writes meanwhile is seen as a whole by the next one.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from antrean_cli.khanza.schema import Schema
from antrean_cli.khanza.tables import (
    OWN_SENDER,
    RACIKAN,
    SEP,
    SEP_INTERNAL,
    SURAT_KONTROL,
    TICKETS,
)
from antrean_cli.rules.rows import (
    Berkas,
    Booking,
    Cancel,
    Clinic,
    DoctorMapping,
    Exam,
    PlannedSession,
    PoliMapping,
    Registration,
    Resep,
    Rows,
    Sep,
    SepOfVisit,
    Slot,
    SuratKontrol,
    Ticket,
)
from antrean_cli.rules.times import parse_date
from antrean_cli.rules.values import all_comparable, comparable, filled

_DAY = timedelta(days=1)


class Window(NamedTuple):
    """What to read: the visits of these days, and besides them single ones by their numbers."""

    first: date
    last: date
    no_rawat: Sequence[str] = ()
    nobooking: Sequence[str] = ()
    racikan: bool = False  # whether it matters which prescriptions have to be mixed
    tickets: bool = False  # whether the desk's tickets are read


class OwnSenderTask(NamedTuple):
    """A task that Khanza's own sender noted, before it sent it: a hint, and no proof."""

    taskid: str
    waktu: str


class OwnSenderNotes(NamedTuple):
    """What Khanza's own sender noted of one booking; `statuskirim` is empty without a booking."""

    tasks: Sequence[OwnSenderTask] = ()
    statuskirim: str = ""


class OwnSenderSummary(NamedTuple):
    """How many tasks Khanza's own sender noted for a day's visits, and the time of the latest."""

    tasks: int = 0
    latest: str = ""


class Names(NamedTuple):
    """What Khanza calls its clinics and doctors, by its codes."""

    clinics: Mapping[str, str]
    doctors: Mapping[str, str]


class _Named(NamedTuple):
    code: str
    name: str | None


class _Count(NamedTuple):
    tasks: str
    latest: str | None


class Khanza(Schema):
    """A connection that knows what to read.

    Its methods raise what Connection raises: TemporaryError and SettingsError.
    """

    # -- what a pass reads

    def read(self, window: Window) -> Rows:
        """Return all rows of a window as of one moment, but for the planned control visits.

        Those are slow to read: see `surat_kontrol`.
        """
        with self._snapshot():
            return self._read(window)

    def _read(self, window: Window) -> Rows:
        registrations = self._registrations(window)
        # The other tables know no date to filter by: they are asked for the very days, and for the
        # few visits whose number belongs to another day by that number.
        days = _numbers(window.first, window.last)
        others = [
            row.no_rawat for row in registrations if not days["low"] <= row.no_rawat < days["high"]
        ]
        # A visit from before the window that is asked for by its number may belong to a booking by
        # now.
        oldest = min([*map(_day_of, window.no_rawat), window.first])
        maping_dokter = self._maping_dokter()
        doctors = [row.kd_dokter for row in registrations]
        doctors += [row.kd_dokter for row in maping_dokter]
        return Rows(
            registrations=registrations,
            bookings=self._bookings(window, oldest),
            cancels=self._cancels(window, oldest),
            berkas=self._berkas(days, others),
            exams=self._exams(days, others),
            reseps=self._reseps(days, others, racikan=window.racikan),
            tickets=self._tickets(days, others) if window.tickets else (),
            seps=self._seps(days, others),
            slots=self._slots(all_comparable(doctors)),
            maping_poli=self._maping_poli(),
            maping_dokter=maping_dokter,
            payers=self._payers(),
            kode_ppk=self._kode_ppk(),
        )

    def _registrations(self, window: Window) -> list[Registration]:
        return self._rows(
            Registration,
            """
            SELECT r.no_rawat AS no_rawat,
                   COALESCE(r.no_reg, '') AS no_reg,
                   COALESCE(r.tgl_registrasi, '') AS tgl_registrasi,
                   COALESCE(r.jam_reg, '') AS jam_reg,
                   COALESCE(r.kd_dokter, '') AS kd_dokter,
                   COALESCE(r.no_rkm_medis, '') AS norm,
                   COALESCE(r.kd_poli, '') AS kd_poli,
                   COALESCE(r.stts, 'Belum') AS stts,
                   r.stts_daftar AS stts_daftar,
                   r.status_lanjut AS status_lanjut,
                   COALESCE(r.kd_pj, '') AS kd_pj,
                   r.status_bayar AS status_bayar,
                   p.no_ktp AS nik,
                   p.no_tlp AS nohp,
                   p.no_peserta AS nomorkartu,
                   p.nm_pasien AS nama,
                   k.nm_poli AS nm_poli,
                   d.nm_dokter AS nm_dokter,
                   mp.kd_poli_bpjs AS kd_poli_bpjs,
                   mp.nm_poli_bpjs AS nm_poli_bpjs,
                   md.kd_dokter_bpjs AS kd_dokter_bpjs,
                   md.nm_dokter_bpjs AS nm_dokter_bpjs
            FROM reg_periksa r
            LEFT JOIN pasien p ON p.no_rkm_medis = r.no_rkm_medis
            LEFT JOIN poliklinik k ON k.kd_poli = r.kd_poli
            LEFT JOIN dokter d ON d.kd_dokter = r.kd_dokter
            LEFT JOIN maping_poli_bpjs mp ON mp.kd_poli_rs = r.kd_poli
            LEFT JOIN maping_dokter_dpjpvclaim md ON md.kd_dokter = r.kd_dokter
            WHERE (r.no_rawat BETWEEN :low AND :high
                   AND (r.tgl_registrasi BETWEEN :first AND :last
                        OR r.tgl_registrasi IS NULL
                        OR r.tgl_registrasi NOT BETWEEN '2000-01-01' AND '2099-12-31'))
               OR r.no_rawat IN (:list)
            """,
            {
                **_numbers(window.first - _DAY, window.last + _DAY),
                "first": window.first.isoformat(),
                "last": window.last.isoformat(),
            },
            window.no_rawat,
        )

    def _bookings(self, window: Window, oldest: date) -> list[Booking]:
        # Never joined to reg_periksa: no_rawat has no index here in older installs.
        rows = self._rows(
            Booking,
            """
            SELECT nobooking, no_rawat, nomorkartu, nik, nohp, kodepoli, pasienbaru, norm,
                   tanggalperiksa, kodedokter, jampraktek, jeniskunjungan, nomorreferensi,
                   nomorantrean, angkaantrean, estimasidilayani, sisakuotajkn, kuotajkn,
                   sisakuotanonjkn, kuotanonjkn, status, validasi
            FROM referensi_mobilejkn_bpjs
            WHERE nobooking BETWEEN :low AND :high OR nobooking IN (:list)
            """,
            _nobookings(oldest - _DAY, window.last + _DAY),
            window.nobooking,
        )
        named = {*window.no_rawat, *window.nobooking}
        return [
            row
            for row in rows
            # One without a day: the rules look for it elsewhere (rules/service_days.py).
            if (tanggal := parse_date(row.tanggalperiksa)) is None
            or window.first <= tanggal <= window.last
            or named & {row.no_rawat, row.nobooking}
        ]

    def _cancels(self, window: Window, oldest: date) -> list[Cancel]:
        # Without an upper bound: an appointment of next week may be cancelled today.
        return self._rows(
            Cancel,
            """
            SELECT b.nobooking AS nobooking, b.no_rawat_batal AS no_rawat,
                   b.keterangan AS keterangan, b.statuskirim AS statuskirim,
                   r.tanggalperiksa AS tanggalperiksa, r.kodepoli AS kodepoli
            FROM referensi_mobilejkn_bpjs_batal b
            LEFT JOIN referensi_mobilejkn_bpjs r ON r.nobooking = b.nobooking
            WHERE b.nobooking >= :low OR b.nobooking IN (:list)
            """,
            {"low": f"{oldest - _DAY:%Y%m%d}"},
            window.nobooking,
        )

    def _berkas(self, days: Mapping[str, str], others: Sequence[str]) -> list[Berkas]:
        return self._rows(
            Berkas,
            """
            SELECT no_rawat, dikirim, diterima, kembali, ranap FROM mutasi_berkas
            WHERE no_rawat BETWEEN :low AND :high OR no_rawat IN (:list)
            """,
            days,
            others,
        )

    def _exams(self, days: Mapping[str, str], others: Sequence[str]) -> list[Exam]:
        return self._rows(
            Exam,
            """
            SELECT no_rawat, CONCAT(tgl_perawatan, ' ', jam_rawat) AS waktu, nip
            FROM pemeriksaan_ralan
            WHERE no_rawat BETWEEN :low AND :high OR no_rawat IN (:list)
            """,
            days,
            others,
        )

    def _reseps(
        self, days: Mapping[str, str], others: Sequence[str], *, racikan: bool
    ) -> list[Resep]:
        # Hospitals without antrean farmasi may lack the table (`check`): it is then not named.
        mixed = f"EXISTS (SELECT 1 FROM {RACIKAN} d WHERE d.no_resep = o.no_resep)"  # noqa: S608
        mixed = f"CASE WHEN {mixed} THEN '1' ELSE '0' END"
        return self._rows(
            Resep,
            f"""
            SELECT no_rawat, no_resep,
                   CONCAT(tgl_peresepan, ' ', jam_peresepan) AS dibuat,
                   CONCAT(tgl_perawatan, ' ', jam) AS divalidasi,
                   CONCAT(tgl_penyerahan, ' ', jam_penyerahan) AS diserahkan,
                   {mixed if racikan else "NULL"} AS racikan
            FROM resep_obat o
            WHERE (no_rawat BETWEEN :low AND :high OR no_rawat IN (:list))
              AND COALESCE(status, '') <> 'ranap'
            """,  # noqa: S608 - constants of ours
            days,
            others,
            order="no_resep",
        )

    def _tickets(self, days: Mapping[str, str], others: Sequence[str]) -> list[Ticket]:
        return self._rows(
            Ticket,
            f"""
            SELECT no_rawat, nomor, CONCAT(tanggal, ' ', jam) AS dicetak,
                   CONCAT(tanggal, ' ', jam_panggil) AS dipanggil, no_rkm_medis AS norm
            FROM {TICKETS}
            WHERE no_rawat BETWEEN :low AND :high OR no_rawat IN (:list)
            """,  # noqa: S608 - a constant of ours
            days,
            others,
            order="no_rawat, dicetak, nomor",
        )

    def _seps(self, days: Mapping[str, str], others: Sequence[str]) -> list[Sep]:
        seps = self._seps_in(SEP, days, others)
        if self._offers(SEP_INTERNAL):
            internal = self._seps_in(SEP_INTERNAL, days, others)
            seps += (row._replace(internal="1") for row in internal)
        return seps

    def _seps_in(self, table: str, days: Mapping[str, str], others: Sequence[str]) -> list[Sep]:
        # jnspelayanan 1 is an admission, under the same no_rawat.
        return self._rows(
            Sep,
            f"""
            SELECT no_rawat, no_sep, no_rujukan, noskdp, asal_rujukan, tujuankunjungan,
                   flagprosedur, penunjang, asesmenpelayanan, no_kartu AS nomorkartu,
                   notelep AS nohp, kdpolitujuan AS kodepoli, kddpjp AS kodedokter,
                   NULL AS internal
            FROM {table}
            WHERE (no_rawat BETWEEN :low AND :high OR no_rawat IN (:list))
              AND COALESCE(jnspelayanan, '') <> '1'
            """,  # noqa: S608 - a constant of ours
            days,
            others,
            order="no_sep",
        )

    def _slots(self, doctors: Collection[str]) -> list[Slot]:
        return self._rows(
            Slot,
            """
            SELECT kd_dokter, hari_kerja, jam_mulai, jam_selesai, kd_poli, kuota FROM jadwal
            WHERE LOWER(RTRIM(kd_dokter)) IN (:list)
            """,
            listed=sorted(doctors),
        )

    def _maping_poli(self) -> list[PoliMapping]:
        return self._rows(
            PoliMapping,
            """
            SELECT mp.kd_poli_rs AS kd_poli_rs, mp.kd_poli_bpjs AS kd_poli_bpjs,
                   mp.nm_poli_bpjs AS nm_poli_bpjs, k.nm_poli AS nm_poli
            FROM maping_poli_bpjs mp LEFT JOIN poliklinik k ON k.kd_poli = mp.kd_poli_rs
            """,
            order="kd_poli_rs",
        )

    def _maping_dokter(self) -> list[DoctorMapping]:
        return self._rows(
            DoctorMapping,
            """
            SELECT md.kd_dokter AS kd_dokter, md.kd_dokter_bpjs AS kd_dokter_bpjs,
                   md.nm_dokter_bpjs AS nm_dokter_bpjs, d.nm_dokter AS nm_dokter
            FROM maping_dokter_dpjpvclaim md LEFT JOIN dokter d ON d.kd_dokter = md.kd_dokter
            """,
            order="kd_dokter",
        )

    def _payers(self) -> frozenset[str]:
        return frozenset(
            filter(filled, self._values("SELECT kd_pj AS value FROM password_asuransi"))
        )

    def _kode_ppk(self) -> str:
        found = self._values("SELECT kode_ppk AS value FROM setting")
        return found[0] if found else ""

    def there(self, no_rawat: Sequence[str], nobooking: Sequence[str]) -> frozenset[str]:
        """Return those of these numbers that still name a visit or a booking, of whatever day."""
        visits = "SELECT no_rawat AS value FROM reg_periksa WHERE no_rawat IN (:list)"
        bookings = """
            SELECT nobooking AS value FROM referensi_mobilejkn_bpjs WHERE nobooking IN (:list)
            """
        found = self._values(visits, listed=no_rawat) if no_rawat else []
        found += self._values(bookings, listed=nobooking) if nobooking else []
        return frozenset(found)

    def surat_kontrol(self, first: date, last: date) -> list[SuratKontrol]:
        """Return the control visits planned for these days; slow, for tgl_rencana has no index.

        Where the table tells them apart, an admission that is planned (SPRI) is left out.
        """
        # 1 is what BPJS calls an SPRI.
        others = "AND COALESCE(k.jenis, '') NOT IN ('SPRI', '1')"
        return self._rows(
            SuratKontrol,
            f"""
            SELECT s.nomr AS norm, k.tgl_rencana AS tanggal, k.kd_poli_bpjs AS kd_poli_bpjs,
                   k.no_surat AS no_surat
            FROM bridging_surat_kontrol_bpjs k JOIN bridging_sep s ON s.no_sep = k.no_sep
            WHERE k.tgl_rencana BETWEEN :first AND :last
              {others if self._offers(SURAT_KONTROL) else ""}
            """,  # noqa: S608 - a constant of ours
            {"first": first.isoformat(), "last": last.isoformat()},
            order="no_surat",
        )

    # -- what commands ask for

    def planned_sessions(self) -> list[PlannedSession]:
        """Return all of jadwal, each row with its doctor and clinic, mapped or not."""
        return self._rows(
            PlannedSession,
            """
            SELECT j.kd_dokter AS kd_dokter, d.nm_dokter AS nm_dokter,
                   md.kd_dokter_bpjs AS kd_dokter_bpjs, j.kd_poli AS kd_poli,
                   mp.kd_poli_bpjs AS kd_poli_bpjs, j.hari_kerja AS hari_kerja,
                   j.jam_mulai AS jam_mulai, j.jam_selesai AS jam_selesai, j.kuota AS kuota
            FROM jadwal j LEFT JOIN dokter d ON d.kd_dokter = j.kd_dokter
            LEFT JOIN maping_dokter_dpjpvclaim md ON md.kd_dokter = j.kd_dokter
            LEFT JOIN maping_poli_bpjs mp ON mp.kd_poli_rs = j.kd_poli
            """,
        )

    def clinics(self) -> list[Clinic]:
        """Return all clinics, those among them that are in the mapping alone."""
        named = self._rows(
            Clinic,
            """
            SELECT k.kd_poli AS kd_poli, k.nm_poli AS nm_poli, mp.kd_poli_bpjs AS kd_poli_bpjs
            FROM poliklinik k LEFT JOIN maping_poli_bpjs mp ON mp.kd_poli_rs = k.kd_poli
            """,
            order="kd_poli",
        )
        known = all_comparable(one.kd_poli for one in named)
        return named + [
            Clinic(one.kd_poli_rs, one.nm_poli_bpjs, one.kd_poli_bpjs)
            for one in self._maping_poli()
            if comparable(one.kd_poli_rs) not in known
        ]

    def outpatient_seps(self, first: date, last: date) -> list[SepOfVisit]:
        """Return the SEPs of outpatients' visits of these days, without the emergency clinic."""
        tables = [SEP, *([SEP_INTERNAL] if self._offers(SEP_INTERNAL) else [])]
        found: list[SepOfVisit] = []
        for table in tables:
            found += self._rows(
                SepOfVisit,
                f"""
                SELECT s.no_rawat AS no_rawat, COALESCE(r.kd_poli, '') AS kd_poli,
                       COALESCE(r.kd_dokter, '') AS kd_dokter
                FROM {table} s LEFT JOIN reg_periksa r ON r.no_rawat = s.no_rawat
                WHERE s.no_rawat BETWEEN :low AND :high AND COALESCE(s.jnspelayanan, '') <> '1'
                  AND COALESCE(r.kd_poli, '') <> 'IGDK'
                  AND COALESCE(s.kdpolitujuan, '') NOT IN ('IGD', 'UGD')
                """,  # noqa: S608 - a constant of ours
                _numbers(first, last),
            )
        return found

    def names(self) -> Names:
        """Return the names of all clinics and doctors by Khanza's codes."""
        return Names(
            clinics=self._named("SELECT kd_poli AS code, nm_poli AS name FROM poliklinik"),
            doctors=self._named("SELECT kd_dokter AS code, nm_dokter AS name FROM dokter"),
        )

    def _named(self, sql: str) -> dict[str, str]:
        return {row.code: row.name or "" for row in self._rows(_Named, sql)}

    # -- Khanza's own sender (khanza/README.md, Khanza's own senders)

    def own_sender_summary(self, day: date) -> OwnSenderSummary:
        """Return what Khanza's own sender noted for a day's visits; nothing in old installs."""
        if not self._has(OWN_SENDER):
            return OwnSenderSummary()
        (count,) = self._rows(
            _Count,
            """
            SELECT COUNT(*) AS tasks, MAX(waktu) AS latest FROM referensi_mobilejkn_bpjs_taskid
            WHERE no_rawat >= :low AND no_rawat < :high
            """,
            _numbers(day, day),
        )
        return OwnSenderSummary(tasks=int(count.tasks), latest=count.latest or "")

    def own_sender_notes(self, no_rawat: str, nobooking: str) -> OwnSenderNotes:
        """Return what Khanza's own sender noted of a visit and of its booking, in order of time.

        Nothing for a sample, and in old installs.
        """
        if self.sample or not self._has(OWN_SENDER):
            return OwnSenderNotes()
        tasks = self._rows(
            OwnSenderTask,
            """
            SELECT taskid, COALESCE(waktu, '') AS waktu FROM referensi_mobilejkn_bpjs_taskid
            WHERE no_rawat = :no_rawat
            """,
            {"no_rawat": no_rawat},
            order="waktu",
        )
        sent = self._values(
            """
            SELECT statuskirim AS value FROM referensi_mobilejkn_bpjs WHERE nobooking = :nobooking
            """,
            {"nobooking": nobooking},
        )
        return OwnSenderNotes(tasks=tasks, statuskirim=sent[0] if sent else "")


def _numbers(first: date, last: date) -> dict[str, str]:
    """Return the bounds of the no_rawat of these days."""
    return {"low": f"{first:%Y/%m/%d}/", "high": f"{last + _DAY:%Y/%m/%d}/"}


def _nobookings(first: date, last: date) -> dict[str, str]:
    """Return the bounds of the nobooking of these days."""
    return {"low": f"{first:%Y%m%d}", "high": f"{last + _DAY:%Y%m%d}"}


def _day_of(no_rawat: str) -> date:
    """Return the day that a no_rawat begins with, the last of all if it begins with none."""
    try:
        return date.fromisoformat(no_rawat[:10].replace("/", "-"))
    except ValueError:
        return date.max
