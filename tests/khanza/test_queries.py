"""Reading Khanza: the same rows from a server and a sample, as text.

It takes a constant number of SELECTs, each by a range of a key, and an account that may do nothing
else.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from antrean_cli.config.settings import KhanzaSettings
from antrean_cli.errors import SettingsError, TemporaryError
from antrean_cli.khanza.connection import NO_VALUES, Row
from antrean_cli.khanza.queries import Khanza, Window
from antrean_cli.rules.rows import Berkas, Rows
from antrean_cli.simulator.hospital import Hospital, create_sqlite
from tests.benchmark import khanza as bench_khanza
from tests.support.mariadb import MariaDB
from tests.support.site import MONDAY

DAY = timedelta(days=1)
WINDOW = Window(MONDAY, MONDAY)
# The tables that may grow without bounds; the others hold some dozens or hundreds of rows.
SMALL = {
    *("jadwal", "password_asuransi", "setting", "poliklinik", "dokter"),
    *("maping_poli_bpjs", "maping_dokter_dpjpvclaim"),
}
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
    """Return all that a pass reads, the planned control visits included."""
    with reader(settings) as khanza:
        khanza.check()
        rows = khanza.read(window)
        return rows._replace(surat_kontrol=khanza.surat_kontrol(window.first, window.last))


@pytest.fixture
def sqlite_khanza(tmp_path: Path) -> Iterator[tuple[Hospital, KhanzaSettings]]:
    """A sample hospital with its basics, and how to read it."""
    connection = create_sqlite(tmp_path / "khanza.sqlite3")
    hospital = Hospital(connection, paramstyle=sqlite3.paramstyle)
    hospital.basics()
    yield hospital, sample(tmp_path / "khanza.sqlite3")
    connection.close()


@pytest.fixture(params=["mariadb", "sqlite"])
def either(request: pytest.FixtureRequest, mariadb: MariaDB) -> tuple[Hospital, KhanzaSettings]:
    """A hospital on each of the two databases, and how to read it."""
    if request.param == "mariadb":
        return request.getfixturevalue("khanza"), server(mariadb)
    found: tuple[Hospital, KhanzaSettings] = request.getfixturevalue("sqlite_khanza")
    return found


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


def in_any_order(rows: Rows) -> dict[str, list[Any]]:
    return {
        name: sorted(map(repr, value))
        for name, value in rows._asdict().items()
        if value is not None
    }


def test_a_server_and_a_sample_give_the_same_rows(
    khanza: Hospital, mariadb: MariaDB, sqlite_khanza: tuple[Hospital, KhanzaSettings]
) -> None:
    hospital, settings = sqlite_khanza
    for one in (khanza, hospital):
        a_busy_day(one)
    found = read(server(mariadb))
    assert in_any_order(found) == in_any_order(read(settings))
    counts = {
        name: len(rows)
        for name, rows in found._asdict().items()
        if name not in ("slots", "kode_ppk", "hfis")
    }
    assert counts == {
        "registrations": 4,
        "bookings": 2,
        "cancels": 2,
        "berkas": 2,
        "exams": 3,
        "reseps": 2,
        "seps": 1,
        "maping_poli": 2,
        "payers": 1,
        "surat_kontrol": 1,
    }


def test_every_cell_is_text_or_nothing(either: tuple[Hospital, KhanzaSettings]) -> None:
    """Dates, times and numbers too: what they mean is for the rules to say."""
    hospital, settings = either
    a_busy_day(hospital)
    rows = read(settings)
    assert rows.surat_kontrol
    tables = (
        rows.registrations,
        rows.bookings,
        rows.cancels,
        rows.berkas,
        rows.exams,
        rows.reseps,
        rows.seps,
    )
    for table in (*tables, rows.slots, rows.surat_kontrol):
        assert table
        assert {type(cell) for row in table for cell in row} <= {str, type(None)}


class Turned(Khanza):
    """A reader that is handed the columns of each SELECT in the opposite order."""

    def _rows(
        self,
        row: type[Row],
        sql: str,
        values: Mapping[str, str] = NO_VALUES,
        listed: Sequence[str] = (),
    ) -> list[Row]:
        turned = f"SELECT {', '.join(reversed(row._fields))} FROM ({sql}) AS straight"
        return super()._rows(row, turned, values, listed)


def test_the_order_of_columns_is_of_no_consequence(either: tuple[Hospital, KhanzaSettings]) -> None:
    """Rows are made by the names that the SELECTs give their columns."""
    hospital, settings = either
    a_busy_day(hospital)
    assert in_any_order(read(settings, reader=Turned)) == in_any_order(read(settings))


@pytest.mark.parametrize(
    "columns",
    [
        "no_rawat, dikirim, diterima",
        "no_rawat, dikirim, diterima, kembali, 'x' AS lagi",
        "no_rawat, dikirim, diterima, kembali AS kembalinya",
    ],
    ids=["one too few", "one too many", "another name"],
)
def test_a_select_has_to_name_just_the_fields_of_its_row(
    either: tuple[Hospital, KhanzaSettings], columns: str
) -> None:
    with Khanza(either[1]) as khanza, pytest.raises(LookupError, match="Berkas cannot be made of"):
        khanza._rows(Berkas, f"SELECT {columns} FROM mutasi_berkas")


def test_a_time_without_its_date_is_not_there(either: tuple[Hospital, KhanzaSettings]) -> None:
    hospital, settings = either
    no_rawat = hospital.visit(MONDAY)
    hospital.resep(no_rawat, dibuat="2026-11-23 09:00:00")
    hospital.update("resep_obat", {"no_rawat": no_rawat}, tgl_peresepan=None, tgl_perawatan=None)
    assert [(row.dibuat, row.divalidasi) for row in read(settings).reseps] == [(None, None)]


def test_dates_and_times_come_as_khanza_writes_them(
    either: tuple[Hospital, KhanzaSettings],
) -> None:
    """Zero dates and zero times included; they are not NULL, and mean "not yet" elsewhere."""
    hospital, settings = either
    no_rawat = hospital.visit(MONDAY, jam="00:00:00")
    hospital.booking(no_rawat, MONDAY)
    hospital.berkas(no_rawat, dikirim="2026-11-23 08:06:07")
    hospital.exam(no_rawat, "2026-11-23 00:00:01")
    hospital.resep(no_rawat, dibuat="2026-11-23 09:00:00")
    rows = read(settings)
    assert [(row.tgl_registrasi, row.jam_reg) for row in rows.registrations] == [
        ("2026-11-23", "00:00:00")
    ]
    assert [(row.tanggalperiksa, row.validasi) for row in rows.bookings] == [
        ("2026-11-23", "0000-00-00 00:00:00")
    ]
    zero = "0000-00-00 00:00:00"
    assert [(row.dikirim, row.diterima, row.kembali) for row in rows.berkas] == [
        ("2026-11-23 08:06:07", zero, zero)
    ]
    assert [row.waktu for row in rows.exams] == ["2026-11-23 00:00:01"]
    assert [(row.dibuat, row.divalidasi, row.diserahkan) for row in rows.reseps] == [
        ("2026-11-23 09:00:00", zero, zero)
    ]
    assert {(slot.jam_mulai, slot.jam_selesai) for slot in rows.slots} == {("08:00:00", "14:00:00")}


NAMES = [
    "Anak & Remaja",
    'Bédah "Umum" d\'Or',
    "C:\\poli\\n",
    "50% <b>",
    "Mata; DROP TABLE pasien; --",
    "Ünïcode ÿ",
]


@pytest.mark.parametrize("name", NAMES)
def test_names_come_as_they_are_written(either: tuple[Hospital, KhanzaSettings], name: str) -> None:
    hospital, settings = either
    hospital.update("poliklinik", {"kd_poli": "INT"}, nm_poli=name)
    hospital.update("dokter", {"kd_dokter": "D01"}, nm_dokter=name)
    hospital.visit(MONDAY)
    (row,) = read(settings).registrations
    assert (row.nm_poli, row.nm_dokter) == (name, name)


def test_mojibake_stays_what_it_is(khanza: Hospital, mariadb: MariaDB) -> None:
    """UTF-8 that was once written as latin1: guessing what was meant would spoil other names."""
    khanza.visit(MONDAY)
    with mariadb.admin() as connection, connection.cursor() as cursor:
        cursor.execute(
            "UPDATE poliklinik SET nm_poli = _latin1 X'42C3A96461682093' WHERE kd_poli = 'INT'"
        )
    (row,) = read(server(mariadb)).registrations
    assert row.nm_poli == "BÃ©dah “"  # 0x93 is a quotation mark in MariaDB's latin1


# -- which rows


def test_a_window_holds_the_visits_that_were_registered_on_its_days(
    either: tuple[Hospital, KhanzaSettings],
) -> None:
    """A number can differ from the date by a day; such a visit comes with all of its rows."""
    hospital, settings = either
    late = hospital.visit(MONDAY + DAY)
    hospital.update("reg_periksa", {"no_rawat": late}, tgl_registrasi=MONDAY)
    early = hospital.visit(MONDAY - DAY)
    hospital.update("reg_periksa", {"no_rawat": early}, tgl_registrasi=MONDAY)
    moved = hospital.visit(MONDAY)
    hospital.update("reg_periksa", {"no_rawat": moved}, tgl_registrasi=MONDAY + DAY)
    today = hospital.visit(MONDAY)
    for no_rawat in (late, early, moved, today):
        hospital.sep(no_rawat)
        hospital.exam(no_rawat, "2026-11-23 08:10:00")
        hospital.berkas(no_rawat)
        hospital.resep(no_rawat)
    rows = read(settings)
    ours = {late, early, today}
    assert {row.no_rawat for row in rows.registrations} == ours
    for table in (rows.exams, rows.berkas, rows.reseps, rows.seps):
        assert ours <= {row.no_rawat for row in table}


def test_bookings_from_before_the_window_come_by_their_numbers(
    either: tuple[Hospital, KhanzaSettings],
) -> None:
    hospital, settings = either
    old = hospital.visit(MONDAY - 5 * DAY)
    hospital.exam(old, "2026-11-18 08:10:00")
    hospital.sep(old)
    nobooking = hospital.booking(None, MONDAY - 5 * DAY)
    hospital.visit(MONDAY - 5 * DAY)
    rows = read(settings, Window(MONDAY, MONDAY, (old,), (nobooking,)))
    assert [row.no_rawat for row in rows.registrations] == [old]
    assert [row.no_rawat for row in rows.exams] == [old]
    assert [row.no_rawat for row in rows.seps] == [old]
    assert [row.nobooking for row in rows.bookings] == [nobooking]


def test_a_booking_without_a_date_spoils_nothing(either: tuple[Hospital, KhanzaSettings]) -> None:
    """The column may be NULL: whether such a booking is a visit is for the rules to say."""
    hospital, settings = either
    no_rawat = hospital.visit(MONDAY)
    nobooking = hospital.booking(no_rawat, MONDAY)
    hospital.update("referensi_mobilejkn_bpjs", {"nobooking": nobooking}, tanggalperiksa=None)
    assert list(read(settings).bookings) == []
    (booking,) = read(settings, Window(MONDAY, MONDAY, (), (nobooking,))).bookings
    assert booking.tanggalperiksa is None


def test_an_empty_khanza_is_read_as_empty(either: tuple[Hospital, KhanzaSettings]) -> None:
    rows = read(either[1])
    assert [list(rows.registrations), list(rows.bookings), list(rows.cancels)] == [[], [], []]
    assert (set(rows.payers), rows.kode_ppk) == ({"BPJ"}, "0301R001")


def test_a_setting_table_without_rows_is_no_failure(
    either: tuple[Hospital, KhanzaSettings],
) -> None:
    hospital, settings = either
    hospital.delete("setting", kode_ppk="0301R001")
    hospital.delete("password_asuransi", kd_pj="BPJ")
    rows = read(settings)
    assert (set(rows.payers), rows.kode_ppk) == (set(), "")


def test_each_read_sees_what_was_committed_meanwhile(khanza: Hospital, mariadb: MariaDB) -> None:
    """No snapshot is kept open, which would also hold Khanza's own clean-up back."""
    with Khanza(server(mariadb)) as reader:
        assert list(reader.read(WINDOW).registrations) == []
        khanza.visit(MONDAY)
        assert len(reader.read(WINDOW).registrations) == 1


# -- what it costs the hospital


def test_the_number_of_queries_does_not_grow_with_the_visits(
    khanza: Hospital, mariadb: MariaDB
) -> None:
    def queries(window: Window = WINDOW) -> int:
        with mariadb.overheard() as said:
            read(server(mariadb), window)
            return len(said())

    none = queries()
    visits = [khanza.visit(MONDAY) for _ in range(60)]
    for no_rawat in visits:
        khanza.sep(no_rawat)
        khanza.exam(no_rawat, "2026-11-23 08:10:00")
    bookings = [khanza.booking(no_rawat, MONDAY) for no_rawat in visits[:30]]
    assert queries() == none
    assert queries(Window(MONDAY - 7 * DAY, MONDAY, tuple(visits), tuple(bookings))) == none
    assert none <= 20


@pytest.mark.usefixtures("khanza")
def test_nothing_but_selects_is_asked(mariadb: MariaDB) -> None:
    with mariadb.overheard() as said:
        read(server(mariadb), Window(MONDAY, MONDAY, ("2026/11/01/000001",), ("20261101000001",)))
        statements = [" ".join(statement.split()) for statement in said()]
    others = {statement for statement in statements if not statement.startswith("SELECT ")}
    assert {re.sub(r"utf8mb4\w*|'", "", other) for other in others} <= {
        *("SET NAMES ", "SET AUTOCOMMIT = 1", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"),
        *("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", "COMMIT"),
    }
    assert len(statements) - len(others) >= 11


LISTED = (("2026/11/01/000001", "2026/11/02/000001"), ("20261101000001",))


@pytest.mark.parametrize("beyond", [((), ()), LISTED], ids=["window", "window and numbers"])
def test_no_big_table_is_read_whole(
    mariadb: MariaDB, beyond: tuple[tuple[str, ...], tuple[str, ...]]
) -> None:
    """No date has an index: a table that grows is read by a range of a key, or by single keys.

    The planned control visits are the one exception; they are asked for only while an onsite visit
    lacks its SEP.
    """
    mariadb.start()
    mariadb.empty()
    days, per_day = 60, 100
    with mariadb.admin() as connection, connection.cursor() as cursor:
        bench_khanza.basics(connection)
        bench_khanza.fill(connection, MONDAY - (days - 1) * DAY, days, per_day)
        cursor.execute(f"ANALYZE TABLE {', '.join(READ)}")
        with mariadb.overheard() as said:
            rows = read(server(mariadb), Window(MONDAY, MONDAY, *beyond))
            statements = [
                sql for sql in said() if sql.lstrip().startswith("SELECT") and "FROM" in sql
            ]
        plans = {sql: plan_of(cursor, sql) for sql in statements if "information_schema" not in sql}
    assert len(rows.registrations) == per_day + len(beyond[0])
    assert len(rows.exams) == 2 * (per_day + len(beyond[0]))
    seen = set()
    for sql, plan in plans.items():
        for table, kind, estimate in plan:
            seen.add(table)
            if table in SMALL or table == "bridging_surat_kontrol_bpjs":
                continue
            assert kind in ("range", "ref", "eq_ref", "const"), f"{kind} on {table}: {sql}"
            assert estimate <= 10 * per_day, f"about {estimate} rows of {table}: {sql}"
    assert seen >= set(READ) - {"bridging_sep"} - SMALL


def plan_of(cursor: Any, sql: str) -> list[tuple[str, str, int]]:
    """Return (table, kind of access, rows to look at) of each table of a SELECT."""
    named = re.findall(r"(?:FROM|JOIN)\s+(\w+)(?:\s+(?!WHERE|LEFT|JOIN|ON|ORDER)(\w+))?", sql)
    tables = {alias or table: table for table, alias in named}
    cursor.execute(f"EXPLAIN {sql}")
    columns = [column[0] for column in cursor.description]
    plan = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    return [
        (tables[row["table"]], row["type"], int(row["rows"] or 0))
        for row in plan
        if row["table"] in tables
    ]


# -- the account and the schema


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


@pytest.mark.usefixtures("khanza")
def test_a_server_can_be_reached_by_port_too(mariadb: MariaDB) -> None:
    assert read(replace(server(mariadb), socket=None)).kode_ppk == "0301R001"


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
                lacking = f"tabel {table} tidak punya kolom {column}"
                cursor.execute(f"ALTER TABLE lain.{table} RENAME COLUMN {column} TO sudah_lain")
                # Without complaint it was read from another table of that column name.
                assert complaint(settings) in (
                    "",
                    f"Khanza (database lain) tidak sesuai: {lacking}",
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


# -- trouble


@pytest.mark.usefixtures("khanza")
def test_a_connection_that_breaks_is_a_passing_trouble(mariadb: MariaDB) -> None:
    with Khanza(server(mariadb)) as khanza:
        khanza.check()
        with mariadb.admin() as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM information_schema.processlist WHERE user = %s", (mariadb.USER,)
            )
            for (number,) in cursor.fetchall():
                cursor.execute(f"KILL {number}")
        with pytest.raises(TemporaryError) as caught:
            khanza.read(WINDOW)
    assert caught.value.exit_code == 5


def test_a_server_that_is_down_is_a_passing_trouble(mariadb: MariaDB) -> None:
    mariadb.start()
    mariadb.stop()
    try:
        for settings in (server(mariadb), replace(server(mariadb), socket=None)):
            with pytest.raises(TemporaryError):
                Khanza(settings)
    finally:
        mariadb.start()


@pytest.mark.usefixtures("khanza")
@pytest.mark.parametrize(
    "change", [{"password": "salah"}, {"user": "orang-lain"}, {"database": "bukan_sik"}]
)
def test_an_account_that_is_not_let_in_is_a_wrong_setting(
    mariadb: MariaDB, change: dict[str, str]
) -> None:
    with pytest.raises(SettingsError) as caught:
        Khanza(replace(server(mariadb), **change))  # type: ignore[arg-type]
    assert "salah" not in str(caught.value)


def test_a_sample_is_opened_for_reading_only(
    sqlite_khanza: tuple[Hospital, KhanzaSettings],
) -> None:
    """The file stays as it is, and a missing one is not made."""
    _, settings = sqlite_khanza
    path = Path(str(settings.sqlite))
    before = path.read_bytes()
    read(settings)
    assert path.read_bytes() == before
    missing = path.with_name("tidak-ada.sqlite3")
    with pytest.raises(SettingsError, match="KHANZA_SQLITE"):
        read(sample(missing))
    assert not missing.exists()


@pytest.mark.usefixtures("khanza")
def test_no_query_begins_after_the_time_is_up(mariadb: MariaDB) -> None:
    with Khanza(server(mariadb), seconds=-1) as khanza, pytest.raises(TemporaryError):
        khanza.read(WINDOW)


def test_the_day_after_the_last_of_a_year_is_another_year(
    either: tuple[Hospital, KhanzaSettings],
) -> None:
    """Ranges of numbers cross months and years."""
    hospital, settings = either
    last = date(2026, 12, 31)
    mine = [hospital.visit(last), hospital.visit(last + DAY)]
    bookings = [
        hospital.booking(no_rawat, day)
        for no_rawat, day in zip(mine, (last, last + DAY), strict=True)
    ]
    hospital.visit(last + 2 * DAY)
    rows = read(settings, Window(last, last + DAY))
    assert (
        [row.no_rawat for row in rows.registrations]
        == mine
        == ["2026/12/31/000001", "2027/01/01/000001"]
    )
    assert [row.nobooking for row in rows.bookings] == bookings


@pytest.mark.parametrize("password", ["kata€sandi", "пароль", "🔑"])
def test_any_letter_may_stand_in_a_password(mariadb: MariaDB, password: str) -> None:
    """One that the server does not know is a refused login, and no crash."""
    with pytest.raises(SettingsError, match="menolak login"):
        Khanza(replace(server(mariadb), password=password))


@pytest.mark.parametrize("host", ["a..b", "x" * 3000])
def test_a_host_that_is_no_name_is_said_to_be_none(mariadb: MariaDB, host: str) -> None:
    with pytest.raises(SettingsError, match="KHANZA_HOST"):
        Khanza(replace(server(mariadb), socket=None, host=host))
