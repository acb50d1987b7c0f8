"""Installs of Khanza differ in keys and columns: the same day is read alike from each of them."""

from __future__ import annotations

import pytest

from antrean_cli.simulator.hospital import Hospital
from tests.khanza.reading import (
    a_busy_day,
    in_any_order,
    read,
    server,
    surat_kontrol,
)
from tests.support.installs import INSTALLS
from tests.support.mariadb import MariaDB
from tests.support.patients import GONE_HOME, gone_home
from tests.support.site import MONDAY, Site


@pytest.mark.parametrize("install", INSTALLS)
def test_every_install_is_read_alike(khanza: Hospital, mariadb: MariaDB, install: str) -> None:
    a_busy_day(khanza)
    rows, letters = in_any_order(read(server(mariadb))), surat_kontrol(server(mariadb))
    mariadb.reset()
    with mariadb.installed(install), mariadb.admin() as connection:
        a_busy_day(Hospital(connection, paramstyle="pyformat"))
        assert in_any_order(read(server(mariadb))) == rows
        assert surat_kontrol(server(mariadb)) == letters
        assert letters


@pytest.mark.parametrize("install", INSTALLS)
def test_patients_of_every_install_are_told(site: Site, mariadb: MariaDB, install: str) -> None:
    with mariadb.installed(install):
        visit = gone_home(site)
        booked = site.khanza.visit(MONDAY, jam="08:00:00", kd_poli="ANA")
        nobooking = site.khanza.booking(
            booked, MONDAY, status="Checkin", validasi=f"{MONDAY} 07:40:00"
        )
        site.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY))
        letter = site.khanza.visit(MONDAY, jam="08:06:00")
        norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=letter)
        site.khanza.surat_kontrol(norm, MONDAY, "INT")
        assert site.sync().report.exit_code == 0
        assert site.held_at_bpjs(visit) == GONE_HOME
        assert site.held_at_bpjs(nobooking) == [(3, "07:40:00")]
        assert site.held_at_bpjs(letter) == [(3, "08:06:00")]


def test_an_install_is_taken_back(khanza: Hospital, mariadb: MariaDB) -> None:
    def tables() -> list[str]:
        cursor = khanza.connection.cursor()
        cursor.execute("SHOW TABLES", ())
        names = [name for (name,) in cursor.fetchall()]  # type: ignore[attr-defined]
        made = []
        for name in names:
            cursor.execute(f"SHOW CREATE TABLE {name}", ())
            made.append(cursor.fetchone()[1])
        return made

    before = tables()
    for install in INSTALLS:
        with mariadb.installed(install):
            assert tables() != before, install
        assert tables() == before, install
