"""A large Khanza for the benchmark, written by the server itself: years of visits in seconds.

- `fill` writes days of visits; each went all the way (stts Sudah, folder back, examined, drugs
  handed over).
- Of every five visits of a day one is NON JKN, one was booked in Mobile JKN, three are JKN at the
  desk with a SEP.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pymysql

PATIENTS, CLINICS, DOCTORS = 60_000, 20, 40
OPEN_SECONDS = 5 * 3600  # visits are registered from 08:01 to 13:01
HARI = ("SENIN", "SELASA", "RABU", "KAMIS", "JUMAT", "SABTU", "AKHAD")

# What every statement below selects from: one row a visit, with its number within the day and its
# times.
_VISITS = """
    (SELECT tgl, n, TIMESTAMP(tgl, SEC_TO_TIME(8 * 3600 + 60 + n * {spread} DIV {per_day})) AS jam,
            CONCAT(DATE_FORMAT(tgl, '%Y/%m/%d/'), LPAD(n, 6, '0')) AS no_rawat,
            LPAD(1 + (seq * 7919) MOD {patients}, 6, '0') AS norm,
            1 + n MOD {doctors} AS dokter, 1 + n MOD {clinics} AS poli
     FROM (SELECT seq, DATE_ADD('{first}', INTERVAL seq DIV {per_day} DAY) AS tgl, 1 + seq MOD {per_day} AS n
           FROM seq_0_to_{last}) s
     WHERE {where}) v
"""
_REGISTRATIONS = """
    INSERT INTO reg_periksa (no_rawat, no_reg, tgl_registrasi, jam_reg, kd_dokter, no_rkm_medis, kd_poli, stts,
                             stts_daftar, status_lanjut, kd_pj)
    SELECT no_rawat, LPAD(1 + n DIV {clinics}, 3, '0'), tgl, TIME(jam), CONCAT('D', LPAD(dokter, 2, '0')), norm,
           CONCAT('P', LPAD(poli, 2, '0')), 'Sudah', 'Lama', 'Ralan', IF(n MOD 5 = 0, 'UMU', 'BPJ')
    FROM {visits}
"""
_DETAILS = (
    """
    INSERT INTO bridging_sep (no_sep, no_rawat, tglsep, no_rujukan, jnspelayanan, kdpolitujuan, nomr, no_kartu,
                              asal_rujukan, tujuankunjungan, notelep, noskdp, kddpjp)
    SELECT CONCAT('0301R001V', DATE_FORMAT(tgl, '%y%m%d'), LPAD(n, 5, '0')), no_rawat, tgl,
           CONCAT('R', DATE_FORMAT(tgl, '%y%m%d'), LPAD(n, 5, '0')), '2', CONCAT('B', LPAD(poli, 2, '0')), norm,
           CONCAT('0009', LPAD(norm, 9, '0')), '1. Faskes 1', '0', CONCAT('0812', LPAD(norm, 8, '0')), '',
           10000 + dokter
    FROM {visits} WHERE n MOD 5 > 0
    """,
    """
    INSERT INTO referensi_mobilejkn_bpjs
    SELECT CONCAT(DATE_FORMAT(tgl, '%Y%m%d'), LPAD(n, 6, '0')), no_rawat, CONCAT('0009', LPAD(norm, 9, '0')),
           CONCAT('9901010101', norm), CONCAT('0812', LPAD(norm, 8, '0')), CONCAT('B', LPAD(poli, 2, '0')), '0', norm,
           tgl, 10000 + dokter, '08:00-14:00', '1 (Rujukan FKTP)', CONCAT('R', DATE_FORMAT(tgl, '%y%m%d'), n), n, n,
           0, 0, 0, 0, 0, 'Checkin', jam, 'Sudah'
    FROM {visits} WHERE n MOD 5 = 1
    """,
    """
    INSERT INTO mutasi_berkas (no_rawat, status, dikirim, diterima, kembali)
    SELECT no_rawat, 'Sudah Kembali', jam + INTERVAL 5 MINUTE, jam + INTERVAL 10 MINUTE, jam + INTERVAL 30 MINUTE
    FROM {visits}
    """,
    """
    INSERT INTO pemeriksaan_ralan (no_rawat, tgl_perawatan, jam_rawat, keluhan, nip)
    SELECT no_rawat, tgl, TIME(jam + INTERVAL 15 MINUTE), 'contoh', 'P01' FROM {visits}
    UNION ALL
    SELECT no_rawat, tgl, TIME(jam + INTERVAL 25 MINUTE), 'contoh', CONCAT('D', LPAD(dokter, 2, '0')) FROM {visits}
    """,
    """
    INSERT INTO resep_obat (no_resep, no_rawat, tgl_peresepan, jam_peresepan, tgl_perawatan, jam, tgl_penyerahan,
                            jam_penyerahan, status)
    SELECT CONCAT(DATE_FORMAT(tgl, '%Y%m%d'), LPAD(n, 5, '0')), no_rawat, tgl, TIME(jam + INTERVAL 28 MINUTE), tgl,
           TIME(jam + INTERVAL 40 MINUTE), tgl, TIME(jam + INTERVAL 55 MINUTE), 'ralan'
    FROM {visits}
    """,
)


def basics(connection: pymysql.Connection[Any]) -> None:
    """Write patients, clinics, doctors, schedules, mappings and settings; everything is mapped."""
    clinics, doctors = f"seq_1_to_{CLINICS}", f"seq_1_to_{DOCTORS}"
    statements = [
        f"""
        INSERT INTO pasien (no_rkm_medis, nm_pasien, no_ktp, no_tlp, no_peserta)
        SELECT LPAD(seq, 6, '0'), CONCAT('Pasien Contoh ', seq), CONCAT('9901010101', LPAD(seq, 6, '0')),
               CONCAT('0812', LPAD(seq, 8, '0')), CONCAT('0009', LPAD(seq, 9, '0')) FROM seq_1_to_{PATIENTS}
        """,
        f"INSERT INTO poliklinik SELECT CONCAT('P', LPAD(seq, 2, '0')), "
        f"CONCAT('Poliklinik ', seq) FROM {clinics}",
        f"""
        INSERT INTO maping_poli_bpjs
        SELECT CONCAT('P', LPAD(seq, 2, '0')), CONCAT('B', LPAD(seq, 2, '0')), CONCAT('POLI ', seq) FROM {clinics}
        """,
        f"INSERT INTO dokter SELECT CONCAT('D', LPAD(seq, 2, '0')), "
        f"CONCAT('dr. Contoh ', seq) FROM {doctors}",
        f"""
        INSERT INTO maping_dokter_dpjpvclaim
        SELECT CONCAT('D', LPAD(seq, 2, '0')), 10000 + seq, CONCAT('dr. Contoh ', seq) FROM {doctors}
        """,
        "INSERT INTO password_asuransi (kd_pj) VALUES ('BPJ')",
        "INSERT INTO setting (nama_instansi, kode_ppk) VALUES ('RS Contoh', '0301R001')",
    ]
    statements += [
        f"""
        INSERT INTO jadwal SELECT CONCAT('D', LPAD(seq, 2, '0')), '{hari}', '08:00:00', '14:00:00', NULL, 30
        FROM {doctors}
        """
        for hari in HARI
    ]
    _run(connection, statements)


def fill(
    connection: pymysql.Connection[Any], first: date, days: int, per_day: int, details: str = "TRUE"
) -> None:
    """Write so many visits a day.

    `details` (SQL, of tgl and n) chooses those that have rows in the other tables.
    """
    span = {"first": first, "last": days * per_day - 1, "per_day": per_day, "spread": OPEN_SECONDS}
    span |= {"patients": PATIENTS, "clinics": CLINICS, "doctors": DOCTORS}
    every, some = _VISITS.format(where="TRUE", **span), _VISITS.format(where=details, **span)
    _run(connection, [_REGISTRATIONS.format(visits=every, clinics=CLINICS)])
    _run(connection, [statement.format(visits=some) for statement in _DETAILS])


def _run(connection: pymysql.Connection[Any], statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def booked(day: date, per_day: int) -> list[tuple[str, str]]:
    """Return the Mobile JKN bookings of such a day as BPJS knows them: kode booking and day."""
    return [(f"{day:%Y%m%d}{n:06}", day.isoformat()) for n in range(1, per_day + 1) if n % 5 == 1]
