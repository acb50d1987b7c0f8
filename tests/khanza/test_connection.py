"""The connection: rows by the names of columns, cells as text, and troubles put into words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from antrean_cli.config.settings import KhanzaSettings
from antrean_cli.errors import SettingsError, TemporaryError
from antrean_cli.khanza.connection import BEGINNING, NO_VALUES, WIDEST, ResultSet, Row
from antrean_cli.khanza.queries import Khanza
from antrean_cli.rules.causes import Cause, trouble
from antrean_cli.rules.rows import Berkas
from antrean_cli.simulator.hospital import Hospital
from tests.khanza.reading import (
    WINDOW,
    a_busy_day,
    in_any_order,
    read,
    sample,
    server,
    surat_kontrol,
)
from tests.support.mariadb import MariaDB
from tests.support.site import MONDAY


class Turned(Khanza):
    """A reader that is handed the columns of each SELECT in the opposite order."""

    def _rows(
        self,
        row: type[Row],
        sql: str,
        values: Mapping[str, str] = NO_VALUES,
        listed: Sequence[str] = (),
        order: str = "",
    ) -> list[Row]:
        turned = f"SELECT {', '.join(reversed(row._fields))} FROM ({sql}) AS straight"
        return super()._rows(row, turned, values, listed, order)


def test_the_order_of_columns_is_of_no_consequence(either: tuple[Hospital, KhanzaSettings]) -> None:
    """Rows are made by the names that the SELECTs give their columns."""
    hospital, settings = either
    a_busy_day(hospital)
    assert in_any_order(read(settings, reader=Turned)) == in_any_order(read(settings))


@pytest.mark.parametrize(
    "names",
    [
        ("no_rawat", "dikirim", "diterima", "kembali"),
        ("no_rawat", "dikirim", "diterima", "kembali", "ranap", "ranap"),
        ("no_rawat", "dikirim", "diterima", "kembalinya", "ranap"),
    ],
    ids=["one too few", "one too many", "another name"],
)
def test_an_answer_has_to_have_just_the_fields_of_its_row(
    either: tuple[Hospital, KhanzaSettings], names: tuple[str, ...]
) -> None:
    """A server that is none can answer anything."""

    class Garbling(Khanza):
        def _select(self, sql: str, values: Mapping[str, str] = NO_VALUES) -> ResultSet:
            answer = super()._select(sql, values)
            return ResultSet(names, []) if "mutasi_berkas" in sql else answer

    with pytest.raises(TemporaryError) as caught:
        read(either[1], reader=Garbling)
    assert caught.value.why == trouble(Cause.KHANZA_GARBLED)


@pytest.mark.parametrize(
    ("text", "comes"),
    [
        ("a" * WIDEST, "a" * WIDEST),
        ("é" * WIDEST, "é" * WIDEST),  # of several bytes each
        ("a" * (4 * WIDEST + 1), "a" * BEGINNING + "…\\x00"),
        ("a" * 3_000_000, "a" * BEGINNING + "…\\x00"),
        ("", ""),
    ],
    ids=["as wide as may be", "in bytes wider", "too wide", "millions of letters", "empty"],
)
def test_what_is_too_wide_for_khanza_comes_cut(
    either: tuple[Hospital, KhanzaSettings], text: str, comes: str
) -> None:
    select = """
        SELECT :text AS no_rawat, '1' AS dikirim, '2' AS diterima, '3' AS kembali, NULL AS ranap
        """
    with Khanza(either[1]) as khanza:
        (row,) = khanza._rows(Berkas, select, {"text": text})
    assert row == Berkas(comes, "1", "2", "3", None)


def test_only_the_hours_of_doctors_who_can_be_told_are_read(
    either: tuple[Hospital, KhanzaSettings],
) -> None:
    """Those of the registrations, and those that BPJS has a code for."""
    hospital, settings = either
    mapped = {"D01", "D02", "D04"}
    assert {slot.kd_dokter for slot in read(settings).slots} == mapped
    hospital.visit(MONDAY, kd_dokter="d03")
    assert {slot.kd_dokter for slot in read(settings).slots} == mapped | {"D03"}


def test_every_cell_is_text_or_nothing(either: tuple[Hospital, KhanzaSettings]) -> None:
    """Dates, times and numbers too: what they mean is for the rules to say."""
    hospital, settings = either
    a_busy_day(hospital)
    rows = read(settings)
    tables = (
        rows.registrations,
        rows.bookings,
        rows.cancels,
        rows.berkas,
        rows.exams,
        rows.reseps,
        rows.seps,
    )
    for table in (*tables, rows.slots, surat_kontrol(settings)):
        assert table
        assert {type(cell) for row in table for cell in row} <= {str, type(None)}


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


def test_a_time_without_its_date_is_not_there(either: tuple[Hospital, KhanzaSettings]) -> None:
    hospital, settings = either
    no_rawat = hospital.visit(MONDAY)
    hospital.resep(no_rawat, dibuat="2026-11-23 09:00:00")
    hospital.update("resep_obat", {"no_rawat": no_rawat}, tgl_peresepan=None, tgl_perawatan=None)
    assert [(row.dibuat, row.divalidasi) for row in read(settings).reseps] == [(None, None)]


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


def test_each_read_sees_what_was_committed_meanwhile(khanza: Hospital, mariadb: MariaDB) -> None:
    """No snapshot is kept open, which would also hold Khanza's own clean-up back."""
    with Khanza(server(mariadb)) as reader:
        assert list(reader.read(WINDOW).registrations) == []
        khanza.visit(MONDAY)
        assert len(reader.read(WINDOW).registrations) == 1


@pytest.mark.usefixtures("khanza")
def test_a_server_can_be_reached_by_port_too(mariadb: MariaDB) -> None:
    assert read(replace(server(mariadb), socket=None)).kode_ppk == "0301R001"


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


@pytest.mark.usefixtures("khanza")
@pytest.mark.parametrize(("seconds", "at_most"), [(60, 8), (8.5, 6), (4, 2), (2.5, 1)])
def test_a_lock_is_waited_for_until_shortly_before_nothing_more_is_read(
    mariadb: MariaDB, seconds: float, at_most: int
) -> None:
    """So it is told as a lock, and not as a connection that broke."""
    with mariadb.overheard() as said:
        with Khanza(server(mariadb), seconds=seconds):
            pass
        statements = [*said()]
    assert f"SET lock_wait_timeout = LEAST(@@lock_wait_timeout, {at_most})" in statements


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


@pytest.mark.parametrize("password", ["kata€sandi", "пароль", "🔑"])
def test_any_letter_may_stand_in_a_password(mariadb: MariaDB, password: str) -> None:
    """One that the server does not know is a refused login, and no crash."""
    with pytest.raises(SettingsError, match="menolak akun"):
        Khanza(replace(server(mariadb), password=password))


@pytest.mark.parametrize("host", ["a..b", "x" * 3000])
def test_a_host_that_is_no_name_is_said_to_be_none(mariadb: MariaDB, host: str) -> None:
    with pytest.raises(SettingsError, match="KHANZA_HOST"):
        Khanza(replace(server(mariadb), socket=None, host=host))
