"""Reading Khanza: which rows, the same from a server and a sample, and what it costs the hospital.

It takes a constant number of SELECTs, each by a range of a key.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from antrean_cli.config.settings import KhanzaSettings
from antrean_cli.errors import SettingsError
from antrean_cli.khanza.queries import Khanza, Window
from antrean_cli.rules.rows import PlannedSession, Ticket
from antrean_cli.simulator.hospital import Hospital
from tests.benchmark import khanza as bench_khanza
from tests.khanza.reading import (
    DAY,
    READ,
    WINDOW,
    a_busy_day,
    in_any_order,
    read,
    server,
    surat_kontrol,
)
from tests.support.mariadb import MariaDB
from tests.support.site import MONDAY

# The tables that may grow without bounds; the others hold some dozens or hundreds of rows.
SMALL = {
    *("jadwal", "password_asuransi", "setting", "poliklinik", "dokter"),
    *("maping_poli_bpjs", "maping_dokter_dpjpvclaim"),
}


def planned(settings: KhanzaSettings) -> list[PlannedSession]:
    with Khanza(settings) as khanza:
        return khanza.planned_sessions()


def test_a_server_and_a_sample_give_the_same_rows(
    khanza: Hospital, mariadb: MariaDB, sqlite_khanza: tuple[Hospital, KhanzaSettings]
) -> None:
    hospital, settings = sqlite_khanza
    for one in (khanza, hospital):
        a_busy_day(one)
    found = read(server(mariadb))
    assert in_any_order(found) == in_any_order(read(settings))
    assert surat_kontrol(server(mariadb)) == surat_kontrol(settings)
    sessions = [sorted(planned(one), key=str) for one in (server(mariadb), settings)]
    assert sessions[0] == sessions[1]
    assert len(sessions[0]) == 4 * 7
    assert len(surat_kontrol(settings)) == 1
    counts = {
        name: len(rows)
        for name, rows in found._asdict().items()
        if name not in ("slots", "kode_ppk", "tickets")
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
        "maping_dokter": 3,
        "payers": 1,
    }


def test_tickets_are_read_where_they_are_wanted_and_not_named_elsewhere(
    khanza: Hospital, mariadb: MariaDB
) -> None:
    wanted = WINDOW._replace(tickets=True)
    with Khanza(server(mariadb)) as without, pytest.raises(SettingsError, match="antriloketcetak"):
        without.check(tickets=True)
    with mariadb.installed("SMC's tickets"):
        visits = [khanza.visit(MONDAY), khanza.visit(MONDAY), khanza.visit(MONDAY - 3 * DAY)]
        for number, no_rawat in enumerate([*visits, None]):
            khanza.insert(
                "antriloketcetak_smc",
                nomor=f"A00{number}",
                tanggal=MONDAY,
                jam="07:50:00",
                jam_panggil=None if number else "07:55:00",
                no_rawat=no_rawat,
            )
        assert read(server(mariadb)).tickets == ()
        assert read(server(mariadb), wanted).tickets == [
            Ticket(visits[0], "A000", f"{MONDAY} 07:50:00", f"{MONDAY} 07:55:00"),
            Ticket(visits[1], "A001", f"{MONDAY} 07:50:00", None),
        ]


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


def test_only_what_is_said_to_be_of_the_ward_is_left_out(
    either: tuple[Hospital, KhanzaSettings],
) -> None:
    """The columns that tell a SEP or a prescription of an admission may be NULL."""
    hospital, settings = either
    no_rawat = hospital.visit(MONDAY)
    reseps = [hospital.resep(no_rawat, status=status) for status in ("ralan", "ranap")]
    seps = [hospital.sep(no_rawat, jnspelayanan=kind) for kind in ("2", "1")]
    unsaid = hospital.resep(no_rawat), hospital.sep(no_rawat)
    hospital.update("resep_obat", {"no_resep": unsaid[0]}, status=None)
    hospital.update("bridging_sep", {"no_sep": unsaid[1]}, jnspelayanan=None)
    rows = read(settings)
    assert [row.no_resep for row in rows.reseps] == [reseps[0], unsaid[0]]
    assert [row.no_sep for row in rows.seps] == [seps[0], unsaid[1]]


@pytest.mark.parametrize("tanggal", [None, "0000-00-00", "1926-11-23"])
def test_a_row_without_a_day_comes_by_its_number(
    either: tuple[Hospital, KhanzaSettings], tanggal: str | None
) -> None:
    """The columns may be NULL: of which day such a row is, is for the rules to say."""
    hospital, settings = either
    no_rawat = hospital.visit(MONDAY)
    nobooking = hospital.booking(no_rawat, MONDAY)
    hospital.update("reg_periksa", {"no_rawat": no_rawat}, tgl_registrasi=tanggal)
    hospital.update("referensi_mobilejkn_bpjs", {"nobooking": nobooking}, tanggalperiksa=tanggal)
    rows = read(settings)
    assert [(row.no_rawat, row.tgl_registrasi) for row in rows.registrations] == [
        (no_rawat, tanggal or "")
    ]
    assert [(row.nobooking, row.tanggalperiksa) for row in rows.bookings] == [(nobooking, tanggal)]
    assert read(settings, Window(MONDAY + 3 * DAY, MONDAY + 3 * DAY)).registrations == []


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


@pytest.mark.parametrize("kd_pj", ["", "-", "0"])
def test_a_payer_that_is_not_filled_in_is_nobody(
    either: tuple[Hospital, KhanzaSettings], kd_pj: str
) -> None:
    """Else it would seem that BPJS's payer is known, and everybody be told as NON JKN."""
    hospital, settings = either
    hospital.update("password_asuransi", {"kd_pj": "BPJ"}, kd_pj=kd_pj)
    assert read(settings).payers == frozenset()


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
        "SET lock_wait_timeout = LEAST(@@lock_wait_timeout, 8)",
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
            surat_kontrol(server(mariadb))
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
