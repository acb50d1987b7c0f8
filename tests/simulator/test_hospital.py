"""The sample hospital writes rows that Khanza's MariaDB and the SQLite stand-in both take as they
are meant.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pymysql
import pytest

from antrean_cli.khanza.tables import OPTIONAL, SEP_INTERNAL, TABLES
from antrean_cli.simulator.hospital import (
    DAYS,
    FOREIGN_KEYS,
    INDEXES,
    PRIMARY_KEYS,
    UNREAD,
    ZERO_DATETIME,
    Hospital,
    create_sqlite,
)
from tests.support.mariadb import MariaDB

SUNDAY = date(2026, 11, 22)
NO_RAWAT = "2026/11/22/000001"


@pytest.fixture(params=["mariadb", "sqlite"])
def hospital(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hospital]:
    """A hospital with its basics, on each of the two databases."""
    if request.param == "mariadb":
        yield request.getfixturevalue("khanza")
        return
    connection = create_sqlite(tmp_path / "khanza.sqlite3")
    sample = Hospital(connection, paramstyle=sqlite3.paramstyle)
    sample.basics()
    yield sample
    connection.close()


def rows(hospital: Hospital, table: str, columns: str) -> list[tuple[str, ...]]:
    """Return the table's columns as text, dates and times in Khanza's form."""
    cursor: Any = hospital.connection.cursor()
    # substr changes nothing, but MariaDB hands its result over as text, which PyMySQL leaves alone.
    names = [f"substr({name}, 1)" for name in columns.split(", ")]
    cursor.execute(f"SELECT {', '.join(names)} FROM {table} ORDER BY 1, 2")
    return [
        tuple("" if value is None else str(value) for value in row) for row in cursor.fetchall()
    ]


def test_visits_are_numbered_by_day_and_queue_by_clinic(hospital: Hospital) -> None:
    """Each visit gets the next no_rawat of its day, the next no_reg of its clinic and that clinic's
    doctor.
    """
    for kd_poli in ("INT", "ANA", "INT"):
        hospital.visit(SUNDAY, kd_poli=kd_poli)
    assert rows(
        hospital,
        "reg_periksa",
        "no_rawat, no_reg, kd_dokter, no_rkm_medis, tgl_registrasi, jam_reg",
    ) == [
        ("2026/11/22/000001", "001", "D01", "000001", "2026-11-22", "08:05:00"),
        ("2026/11/22/000002", "001", "D02", "000002", "2026-11-22", "08:05:00"),
        ("2026/11/22/000003", "002", "D01", "000003", "2026-11-22", "08:05:00"),
    ]


def test_a_number_taken_by_name_is_not_given_twice(hospital: Hospital) -> None:
    """A visit after one with a number of its own goes on behind it."""
    assert hospital.visit(SUNDAY, no=7).endswith("/000007")
    assert hospital.visit(SUNDAY).endswith("/000008")


def test_every_weekday_has_a_schedule(hospital: Hospital) -> None:
    """D01 sees patients from 08:00 to 14:00 on all seven days, the Sunday being Khanza's AKHAD."""
    slots = rows(hospital, "jadwal", "kd_dokter, hari_kerja, jam_mulai, jam_selesai, kd_poli")
    mine = {slot[1:] for slot in slots if slot[0] == "D01"}
    assert mine == {(hari, "08:00:00", "14:00:00", "INT") for hari in DAYS}
    assert DAYS[SUNDAY.weekday()] == "AKHAD"


def test_a_sep_takes_clinic_doctor_and_card_from_its_visit(hospital: Hospital) -> None:
    """A SEP is a plain referral of its visit's patient, and a column that is named overrides it."""
    hospital.sep(hospital.visit(SUNDAY), notelep="0812")
    columns = (
        "no_rawat, kdpolitujuan, kddpjp, nomr, no_kartu, notelep, "
        "asal_rujukan, tujuankunjungan, noskdp"
    )
    assert rows(hospital, "bridging_sep", columns) == [
        (NO_RAWAT, "INT", "12345", "000001", "0009000000001", "0812", "1. Faskes 1", "0", "")
    ]


def test_a_surat_kontrol_reaches_its_patient_through_an_older_sep(hospital: Hospital) -> None:
    """The letter of a patient names a SEP of that patient, of another visit."""
    norm = hospital.patient()
    no_surat = hospital.surat_kontrol(norm, SUNDAY, "INT")
    assert (
        hospital.value("bridging_surat_kontrol_bpjs", "substr(tgl_rencana, 1)", no_surat=no_surat)
        == "2026-11-22"
    )
    no_sep = hospital.value("bridging_surat_kontrol_bpjs", "no_sep", no_surat=no_surat)
    assert hospital.value("bridging_sep", "nomr", no_sep=no_sep) == norm
    assert hospital.value("bridging_sep", "no_rawat", no_sep=no_sep).startswith("2026/10/23/")


def test_a_booking_fits_its_visit(hospital: Hospital) -> None:
    """A booking repeats the patient and queue number of its visit, and has not
    been validated yet.
    """
    nobooking = hospital.booking(hospital.visit(SUNDAY, kd_poli="ANA"), SUNDAY)
    columns = (
        "nobooking, no_rawat, norm, nik, kodepoli, kodedokter, "
        "angkaantrean, estimasidilayani, validasi"
    )
    assert rows(hospital, "referensi_mobilejkn_bpjs", columns) == [
        (
            nobooking,
            NO_RAWAT,
            "000001",
            "9901010101000001",
            "ANA",
            "23456",
            "1",
            "1795309500000",  # 08:05 WIB
            ZERO_DATETIME,
        )
    ]
    assert nobooking == "20261122000001"


def test_a_booking_outlives_its_visit(hospital: Hospital) -> None:
    """A booking can be of no visit at all, as after a cancel in Mobile JKN, and be cancelled."""
    nobooking = hospital.booking(None, SUNDAY, status="Batal", kodepoli="MAT")
    hospital.batal(nobooking)
    assert rows(hospital, "referensi_mobilejkn_bpjs", "no_rawat, status, kodepoli") == [
        ("", "Batal", "MAT")
    ]
    assert rows(
        hospital, "referensi_mobilejkn_bpjs_batal", "nobooking, tanggalbatal, statuskirim"
    ) == [(nobooking, "2026-11-22 07:15:00", "Belum")]


def test_berkas_moves_one_folder_on(hospital: Hospital) -> None:
    """A second call adds its time to the row and leaves the others; what has not happened is the
    zero date.
    """
    no_rawat = hospital.visit(SUNDAY)
    hospital.berkas(no_rawat, dikirim="2026-11-22 08:10:00")
    hospital.berkas(no_rawat, diterima="2026-11-22 08:30:00")
    assert rows(hospital, "mutasi_berkas", "dikirim, diterima, kembali") == [
        ("2026-11-22 08:10:00", "2026-11-22 08:30:00", ZERO_DATETIME)
    ]


def test_a_prescription_goes_from_step_to_step(hospital: Hospital) -> None:
    """A prescription that is named gets its next time; without a name it is another one."""
    no_rawat = hospital.visit(SUNDAY)
    no_resep = hospital.resep(no_rawat, dibuat="2026-11-22 09:10:00")
    hospital.resep(no_rawat, no_resep=no_resep, divalidasi="2026-11-22 09:20:00")
    assert hospital.resep(no_rawat) != no_resep
    columns = (
        "no_resep, tgl_peresepan, jam_peresepan, tgl_perawatan, jam, tgl_penyerahan, jam_penyerahan"
    )
    assert rows(hospital, "resep_obat", columns)[0] == (
        *(no_resep, "2026-11-22", "09:10:00", "2026-11-22", "09:20:00", "0000-00-00", "00:00:00"),
    )


def test_exams_and_states_are_written(hospital: Hospital) -> None:
    """An examination has its date, time and examiner; a visit's state can be changed, a row
    deleted.
    """
    no_rawat = hospital.visit(SUNDAY)
    hospital.exam(no_rawat, "2026-11-22 08:40:00", nip="D01")
    hospital.stts(no_rawat, "Sudah")
    assert rows(hospital, "pemeriksaan_ralan", "tgl_perawatan, jam_rawat, nip") == [
        ("2026-11-22", "08:40:00", "D01")
    ]
    assert hospital.value("reg_periksa", "stts", no_rawat=no_rawat) == "Sudah"
    hospital.delete("reg_periksa", no_rawat=no_rawat)
    assert rows(hospital, "reg_periksa", "no_rawat, stts") == []


def test_any_name_is_written_as_it_is(hospital: Hospital) -> None:
    """Quotes, backslashes and percent signs in a value stay as they are."""
    name = 'Poli "A\'\\n" 100%s ?; --'
    hospital.update("poliklinik", {"kd_poli": "INT"}, nm_poli=name)
    assert hospital.value("poliklinik", "nm_poli", kd_poli="INT") == name


def test_nothing_is_changed_without_a_condition(hospital: Hospital) -> None:
    """An update or a delete of every row is refused."""
    with pytest.raises(ValueError, match="every row"):
        hospital.update("poliklinik", {}, nm_poli="")
    with pytest.raises(ValueError, match="every row"):
        hospital.delete("poliklinik")


def test_sqlite_has_the_tables_that_are_read_and_no_others(tmp_path: Path) -> None:
    """The SQLite sample has the tables and columns of `khanza.TABLES`, those that `UNREAD` names,
    and the SEPs of second clinics.
    """
    connection = create_sqlite(tmp_path / "khanza.sqlite3")
    tables = [
        name
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    ]
    found = {
        t: tuple(row[1] for row in connection.execute(f"PRAGMA table_info({t})")) for t in tables
    }
    connection.close()
    read = {**TABLES, SEP_INTERNAL: OPTIONAL[SEP_INTERNAL]}
    assert found == {table: (*columns, *UNREAD.get(table, ())) for table, columns in read.items()}


def test_mariadb_has_the_same_columns_and_keys(khanza: Hospital) -> None:
    """The tests' schema has every column that is read, and the keys that the SQLite sample has."""
    columns: dict[str, set[str]] = {}
    keys: dict[tuple[str, str], list[str]] = {}
    cursor: Any = khanza.connection.cursor()
    cursor.execute(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'sik'"
    )
    for table, column in cursor.fetchall():
        columns.setdefault(table, set()).add(column)
    cursor.execute(
        "SELECT table_name, index_name, column_name FROM information_schema.statistics"
        " WHERE table_schema = 'sik' ORDER BY seq_in_index"
    )
    for table, index, column in cursor.fetchall():
        keys.setdefault((table, index), []).append(column)
    assert {
        table: missing
        for table, names in TABLES.items()
        if (missing := set(names) - columns[table])
    } == {}
    primary = {
        t: ", ".join(names)
        for (t, index), names in keys.items()
        if index == "PRIMARY" and t in TABLES
    }
    # A key can have columns that are not read, and so the sample does not have.
    assert {
        table: key for table, key in primary.items() if set(key.split(", ")) <= set(TABLES[table])
    } == PRIMARY_KEYS
    # MariaDB makes a key of its own for each foreign key that has none.
    given = {(t, column) for t, rules in FOREIGN_KEYS.items() for column, *_ in rules}
    others = {
        (t, column)
        for (t, index), (column, *_) in keys.items()
        if index != "PRIMARY" and t in (*TABLES, SEP_INTERNAL)
    }
    assert others - given == set(INDEXES.items()) - given
    assert set(INDEXES.items()) <= others


def test_mariadb_has_the_cascades_of_the_sample(khanza: Hospital) -> None:
    """What goes with a row, and what keeps it from being deleted, is the same on both."""
    cursor: Any = khanza.connection.cursor()
    cursor.execute(
        """
        SELECT c.table_name, k.column_name, c.referenced_table_name, c.delete_rule, c.update_rule
        FROM information_schema.referential_constraints c
        JOIN information_schema.key_column_usage k USING (constraint_schema, constraint_name)
        WHERE c.constraint_schema = 'sik'
        """
    )
    rules: dict[str, set[tuple[str, str, bool]]] = {}
    for table, column, parent, on_delete, on_update in cursor.fetchall():
        assert on_update == "CASCADE"
        if table in (*TABLES, SEP_INTERNAL):
            rules.setdefault(table, set()).add((column, parent, on_delete == "CASCADE"))
    assert rules == {table: set(some) for table, some in FOREIGN_KEYS.items()}


@pytest.mark.parametrize("where", ["socket", "port"])
def test_the_account_of_the_program_only_reads(
    mariadb: MariaDB, khanza: Hospital, where: str
) -> None:
    """The account sees what the hospital wrote, and MariaDB itself refuses
    whatever it would write.
    """
    khanza.visit(SUNDAY)
    place: dict[str, Any] = (
        {"unix_socket": mariadb.socket} if where == "socket" else {"port": mariadb.port}
    )
    connection = pymysql.connect(
        **place,
        host="127.0.0.1",
        user=mariadb.USER,
        password=mariadb.PASSWORD,
        database=mariadb.DATABASE,
    )
    with connection, connection.cursor() as cursor:
        assert cursor.execute("SELECT no_rawat FROM reg_periksa") == 1
        for sql in (
            "DELETE FROM reg_periksa",
            "UPDATE pasien SET no_tlp = ''",
            "CREATE TABLE t (a int)",
        ):
            with pytest.raises(pymysql.err.OperationalError, match="command denied"):
                cursor.execute(sql)


def test_the_data_outlives_a_stop(mariadb: MariaDB, khanza: Hospital) -> None:
    """A server that is stopped answers nobody; started again it still holds the rows, at the same
    address.
    """
    khanza.visit(SUNDAY)
    mariadb.stop()
    with pytest.raises(pymysql.err.OperationalError):
        mariadb.admin()
    mariadb.start()
    with mariadb.admin() as connection, connection.cursor() as cursor:
        assert cursor.execute("SELECT no_rawat FROM reg_periksa") == 1
