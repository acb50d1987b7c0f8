"""What a Khanza has to have, and what our account has to be allowed."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import replace
from typing import Any

import pytest

from antrean_cli.config.settings import KhanzaSettings
from antrean_cli.errors import SettingsError
from antrean_cli.khanza.queries import Khanza
from antrean_cli.rules.causes import Cause, trouble
from antrean_cli.simulator.hospital import Hospital
from tests.khanza.reading import READ, a_busy_day, read, server
from tests.support.mariadb import MariaDB
from tests.support.site import MONDAY


@pytest.mark.usefixtures("khanza")
def test_an_account_that_may_select_just_the_tables_read_is_enough(mariadb: MariaDB) -> None:
    name = "sempit"
    with mariadb.admin() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE USER sempit@localhost IDENTIFIED BY 'x'")
        try:
            for table in READ:
                cursor.execute(f"GRANT SELECT ON {mariadb.DATABASE}.{table} TO sempit@localhost")
            assert read(replace(server(mariadb), user=name, password="x")).kode_ppk == "0301R001"
            cursor.execute(f"REVOKE SELECT ON {mariadb.DATABASE}.resep_obat FROM sempit@localhost")
            with pytest.raises(SettingsError, match="resep_obat"):
                read(replace(server(mariadb), user=name, password="x"))
        finally:
            cursor.execute("DROP USER sempit@localhost")


def test_all_missing_tables_and_columns_are_named_together(
    sqlite_khanza: tuple[Hospital, KhanzaSettings],
) -> None:
    _, settings = sqlite_khanza
    with sqlite3.connect(str(settings.sqlite)) as connection:
        connection.execute("DROP TABLE mutasi_berkas")
        connection.execute("DROP TABLE password_asuransi")
        connection.execute("ALTER TABLE resep_obat DROP COLUMN tgl_penyerahan")
        connection.execute("ALTER TABLE resep_obat DROP COLUMN jam_penyerahan")
        connection.execute("ALTER TABLE jadwal DROP COLUMN kuota")
    connection.close()
    with Khanza(settings) as khanza, pytest.raises(SettingsError) as caught:
        khanza.check()
    said = str(caught.value)
    for part in (
        "tabel mutasi_berkas tidak ada",
        "tabel password_asuransi tidak ada",
        "tabel resep_obat tidak punya kolom tgl_penyerahan, jam_penyerahan",
        "tabel jadwal tidak punya kolom kuota",
    ):
        assert part in said
    assert caught.value.exit_code == 8


def test_every_column_that_is_read_is_checked_first(mariadb: MariaDB, khanza: Hospital) -> None:
    """Whatever a Khanza lacks is named before anything is sent: each column goes in turn.

    A column that is read but not checked would only be met by the query itself, in the middle of a
    pass.
    """
    a_busy_day(khanza)
    with mariadb.overheard() as said:
        read(server(mariadb))
        asked = " ".join(said())
    with mariadb.admin() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE lain CHARACTER SET latin1")
        try:
            cursor.execute(f"GRANT SELECT ON lain.* TO {mariadb.USER}@localhost")
            for table in READ:
                cursor.execute(f"CREATE TABLE lain.{table} LIKE {mariadb.DATABASE}.{table}")
            settings = replace(server(mariadb), database="lain")
            for table, column in columns_of(cursor, "lain"):
                if not re.search(rf"\b{column}\b", asked):
                    continue
                cursor.execute(f"ALTER TABLE lain.{table} RENAME COLUMN {column} TO sudah_lain")
                # Without complaint it was read from another table of that column name.
                assert complaint(settings) in (
                    "",
                    str(SettingsError(why=trouble(Cause.KHANZA_SCHEMA, f"{table}.{column}"))),
                )
                cursor.execute(f"ALTER TABLE lain.{table} RENAME COLUMN sudah_lain TO {column}")
        finally:
            cursor.execute("DROP DATABASE lain")
            cursor.execute(f"REVOKE ALL ON lain.* FROM {mariadb.USER}@localhost")


def complaint(settings: KhanzaSettings) -> str:
    try:
        read(settings)
    except SettingsError as error:
        return str(error)
    return ""


def columns_of(cursor: Any, database: str) -> list[tuple[str, str]]:
    cursor.execute(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = %s",
        (database,),
    )
    return [(table, column) for table, column in cursor.fetchall()]


def test_columns_of_newer_khanzas_do_no_harm(mariadb: MariaDB, khanza: Hospital) -> None:
    """Tables grow with each version: whole rows are never asked for, long texts not at all."""
    khanza.exam(khanza.visit(MONDAY), "2026-11-23 08:10:00")
    with mariadb.overheard() as said:
        read(server(mariadb))
        asked = " ".join(said())
    assert "*" not in asked
    long_texts = (
        "keluhan",
        "pemeriksaan ",
        "penilaian",
        "rtl",
        "instruksi",
        "evaluasi",
        "passworde",
        "alamat",
    )
    assert [name for name in long_texts if re.search(rf"\b{name}\b(?!_)", asked)] == []
