"""How Khanza is read in the tests of this folder: on a server, and on a sample."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from antrean_cli.config.settings import KhanzaSettings
from antrean_cli.khanza.queries import Khanza, Window
from antrean_cli.rules.rows import Rows, SuratKontrol
from antrean_cli.simulator.hospital import Hospital
from tests.support.mariadb import MariaDB
from tests.support.site import MONDAY

DAY = timedelta(days=1)


WINDOW = Window(MONDAY, MONDAY)


# "Tables read": what an account has to be allowed to SELECT.
READ = (
    "reg_periksa",
    "pasien",
    "poliklinik",
    "dokter",
    "jadwal",
    "maping_poli_bpjs",
    "maping_dokter_dpjpvclaim",
    "referensi_mobilejkn_bpjs",
    "referensi_mobilejkn_bpjs_batal",
    "mutasi_berkas",
    "pemeriksaan_ralan",
    "resep_obat",
    "bridging_sep",
    "bridging_surat_kontrol_bpjs",
    "password_asuransi",
    "setting",
)


def server(mariadb: MariaDB) -> KhanzaSettings:
    return KhanzaSettings(
        host="127.0.0.1",
        port=mariadb.port,
        socket=mariadb.socket,
        user=mariadb.USER,
        password=mariadb.PASSWORD,
        database=mariadb.DATABASE,
        sqlite=None,
    )


def sample(path: Path) -> KhanzaSettings:
    return KhanzaSettings(
        host="", port=1, socket=None, user="", password="", database="", sqlite=str(path)
    )


def read(
    settings: KhanzaSettings,
    window: Window = WINDOW,
    reader: Callable[[KhanzaSettings], Khanza] = Khanza,
) -> Rows:
    """Return all that a pass reads but the planned control visits."""
    with reader(settings) as khanza:
        khanza.check()
        return khanza.read(window)


def surat_kontrol(settings: KhanzaSettings) -> list[SuratKontrol]:
    """Return the planned control visits that a pass reads."""
    with Khanza(settings) as khanza:
        return khanza.surat_kontrol(WINDOW.first, WINDOW.last)


def in_any_order(rows: Rows) -> dict[str, list[Any]]:
    return {
        name: sorted(map(repr, value))
        for name, value in rows._asdict().items()
        if value is not None
    }


def a_busy_day(hospital: Hospital) -> None:
    """Write one of everything, and two of what is usually one.

    All kinds of visits, zero dates, NULLs, and the days around.
    """
    norm = hospital.patient()
    onsite = hospital.visit(MONDAY, norm=norm)
    hospital.sep(
        onsite, noskdp="0301R0011026K000009", asal_rujukan="2. Faskes 2(RS)", penunjang="3"
    )
    hospital.sep(onsite, jnspelayanan="1")  # an inpatient's SEP is another matter
    hospital.exam(onsite, "2026-11-23 08:01:00")
    hospital.exam(onsite, "2026-11-23 09:01:59", nip="D01")
    hospital.berkas(onsite, dikirim="2026-11-23 08:06:00", diterima="2026-11-23 08:06:00")
    hospital.resep(onsite, dibuat="2026-11-23 09:00:00")
    hospital.resep(onsite, divalidasi="2026-11-23 09:30:00", diserahkan="2026-12-24 10:00:00")
    hospital.resep(onsite, dibuat="2026-11-23 09:00:00", status="ranap")
    plain = hospital.visit(
        MONDAY, kd_pj="UMU", kd_poli="MAT", kd_dokter="D03", no_reg="A-9", stts="Sudah"
    )
    hospital.berkas(plain)
    hospital.update("reg_periksa", {"no_rawat": plain}, no_rkm_medis=None, kd_dokter=None)
    booked = hospital.visit(MONDAY, kd_poli="ANA", jam="08:00:00")
    hospital.booking(booked, MONDAY, status="Checkin", validasi="2026-11-23 07:59:59")
    hospital.batal(hospital.booking(None, MONDAY, status="Batal"))
    hospital.batal(
        hospital.booking(None, MONDAY + 7 * DAY), no_rawat="2026/11/30/000009", statuskirim="Sudah"
    )
    hospital.surat_kontrol(norm, MONDAY, "INT")
    hospital.surat_kontrol(norm, MONDAY + DAY, "INT")
    hospital.update("jadwal", {"kd_dokter": "D02"}, kuota=None, jam_selesai=None)
    hospital.update("jadwal", {"kd_dokter": "D01", "hari_kerja": "SENIN"}, kuota=0, kd_poli=None)
    for other in (-1, 1):
        before = hospital.visit(MONDAY + other * DAY)
        hospital.exam(before, f"{MONDAY + other * DAY} 08:10:00")
    hospital.update(
        "reg_periksa", {"no_rawat": before}, tgl_registrasi=MONDAY
    )  # numbered a day late
