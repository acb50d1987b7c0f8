"""How real installs of Khanza differ from `schema.sql`, as statements (`MariaDB.installed`)."""

from __future__ import annotations

from typing import NamedTuple


class Install(NamedTuple):
    """Statements that change the tables of `schema.sql`, and those that change them back."""

    make: tuple[str, ...]
    undo: tuple[str, ...]


_SEPS = ("bridging_sep", "bridging_sep_internal")
_TASKID = "ALTER TABLE referensi_mobilejkn_bpjs_taskid"
_STTS = (
    "ALTER TABLE reg_periksa MODIFY stts enum('Belum', 'Sudah', 'Batal', 'Berkas Diterima', "
    "'Dirujuk', 'Meninggal', 'Dirawat', 'Pulang Paksa'{more}) DEFAULT NULL"
)

INSTALLS = {
    "a visit has one booking": Install(
        ("ALTER TABLE referensi_mobilejkn_bpjs ADD UNIQUE KEY no_rawat (no_rawat)",),
        ("ALTER TABLE referensi_mobilejkn_bpjs DROP KEY no_rawat",),
    ),
    "a code at BPJS has one clinic": Install(
        ("ALTER TABLE maping_poli_bpjs ADD UNIQUE KEY kd_poli_bpjs (kd_poli_bpjs)",),
        ("ALTER TABLE maping_poli_bpjs DROP KEY kd_poli_bpjs",),
    ),
    "surat kontrol of two kinds": Install(
        ("ALTER TABLE bridging_surat_kontrol_bpjs ADD COLUMN jenis varchar(10) NOT NULL FIRST",),
        ("ALTER TABLE bridging_surat_kontrol_bpjs DROP COLUMN jenis",),
    ),
    "a state of the hospital's own": Install(
        (_STTS.format(more=", 'Tidak Hadir'"),), (_STTS.format(more=""),)
    ),
    "no internal SEPs": Install(
        ("RENAME TABLE bridging_sep_internal TO tidak_ada",),
        ("RENAME TABLE tidak_ada TO bridging_sep_internal",),
    ),
    "no doctor who serves": Install(
        tuple(f"ALTER TABLE {table} DROP COLUMN kddpjplayanan" for table in _SEPS),
        tuple(
            f"ALTER TABLE {table} ADD COLUMN kddpjplayanan varchar(10) NOT NULL AFTER kddpjp"
            for table in _SEPS
        ),
    ),
    "short numbers of surat kontrol": Install(
        ("ALTER TABLE bridging_sep MODIFY noskdp varchar(20) NOT NULL",),
        ("ALTER TABLE bridging_sep MODIFY noskdp varchar(40) NOT NULL",),
    ),
    "prescriptions by date": Install(
        (
            "ALTER TABLE resep_obat ADD KEY tgl_peresepan (tgl_peresepan),"
            " ADD KEY tgl_status (tgl_peresepan, status, jam_peresepan)",
        ),
        ("ALTER TABLE resep_obat DROP KEY tgl_peresepan, DROP KEY tgl_status",),
    ),
    "prescriptions without a primary key": Install(
        ("ALTER TABLE resep_obat DROP PRIMARY KEY, ADD KEY no_resep (no_resep)",),
        ("ALTER TABLE resep_obat DROP KEY no_resep, ADD PRIMARY KEY (no_resep)",),
    ),
    "the sender's notes outlive the visit": Install(
        (f"{_TASKID} DROP FOREIGN KEY referensi_mobilejkn_bpjs_taskid_ibfk_1",),
        (
            f"{_TASKID} ADD FOREIGN KEY (no_rawat) REFERENCES reg_periksa (no_rawat)"
            " ON DELETE CASCADE ON UPDATE CASCADE",
        ),
    ),
    "SMC's tickets": Install(
        (
            """
            CREATE TABLE antriloketcetak_smc (
              nomor varchar(6) NOT NULL,
              tanggal date NOT NULL,
              jam time NOT NULL,
              jam_panggil time DEFAULT NULL,
              no_rawat varchar(17) DEFAULT NULL,
              no_rkm_medis varchar(15) DEFAULT NULL,
              PRIMARY KEY (tanggal, nomor),
              KEY no_rawat (no_rawat)
            ) ENGINE=InnoDB DEFAULT CHARSET=latin1
            """,
        ),
        ("DROP TABLE antriloketcetak_smc",),
    ),
    "mLITE's tickets": Install(
        (
            """
            CREATE TABLE mlite_antrian_loket (
              kd int(11) NOT NULL AUTO_INCREMENT,
              type varchar(50) NOT NULL,
              noantrian varchar(50) NOT NULL,
              no_rkm_medis varchar(50) DEFAULT NULL,
              postdate date NOT NULL,
              start_time time NOT NULL,
              end_time time NOT NULL DEFAULT '00:00:00',
              PRIMARY KEY (kd)
            ) ENGINE=InnoDB DEFAULT CHARSET=latin1
            """,
        ),
        ("DROP TABLE mlite_antrian_loket",),
    ),
}
