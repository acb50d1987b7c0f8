"""The sample month: the same for the same days, and with all in it that a report tells apart."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pytest

from antrean_cli.simulator.bookings import Bookings
from antrean_cli.simulator.hospital import Hospital, create_sqlite
from antrean_cli.simulator.month import DAYS, SETTLED, Month
from tests.support.site import MONDAY, WIB

SHOWN = MONDAY + timedelta(days=1)


@contextmanager
def happened(
    folder: Path, shown: date = SHOWN, *, weeks: int | None = None
) -> Iterator[tuple[sqlite3.Connection, Bookings, list[date]]]:
    """Let the first weeks of a month happen; yield Khanza, what BPJS has, and the weeks' ends."""
    folder.mkdir(exist_ok=True)
    bookings = Bookings(lambda: datetime(2026, 11, 24, tzinfo=WIB))
    with closing(create_sqlite(folder / "khanza.sqlite3")) as connection:
        hospital = Hospital(connection, paramstyle=sqlite3.paramstyle)
        hospital.basics()
        yield connection, bookings, [*islice(Month(hospital, bookings, shown).weeks(), weeks)]


def test_the_same_days_are_the_same_and_others_are_not(tmp_path: Path) -> None:
    found: list[tuple[list[str], list[dict[str, object]]]] = []
    for place, shown in enumerate((SHOWN, SHOWN, SHOWN + timedelta(days=7))):
        with happened(tmp_path / str(place), shown, weeks=2) as (khanza, bookings, _):
            found.append(([*khanza.iterdump()], bookings.snapshot()))
    assert found[0] == found[1]
    assert found[0] != found[2]


@pytest.fixture(scope="module")
def khanza(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """A whole month's rows."""
    with happened(tmp_path_factory.mktemp("bulan")) as (connection, _, _):
        yield connection


def rows(khanza: sqlite3.Connection, sql: str) -> list[Any]:
    return khanza.execute(sql).fetchall()


def test_it_is_read_in_weeks_that_end_on_the_eve_of_the_day_that_is_shown(tmp_path: Path) -> None:
    with happened(tmp_path) as (_, _, ends):
        assert ends[-1] == SHOWN - timedelta(days=1)
        assert {after - before for before, after in pairwise(ends)} == {timedelta(days=7)}
        assert ends[0] - timedelta(days=7) < SHOWN - timedelta(days=DAYS) <= ends[0]


def test_mondays_are_full_saturdays_half_and_nobody_comes_on_sundays(
    khanza: sqlite3.Connection,
) -> None:
    days = [
        date.fromisoformat(day) for (day,) in rows(khanza, "SELECT tgl_registrasi FROM reg_periksa")
    ]
    assert min(days) >= SHOWN - timedelta(days=DAYS)
    assert max(days) < SHOWN
    of_weekday = Counter(day.weekday() for day in days)
    assert of_weekday[6] == 0
    assert of_weekday[0] > of_weekday[4] > of_weekday[5] > 0


def test_patients_are_seen_one_after_the_other_and_come_before_they_are_seen(
    khanza: sqlite3.Connection,
) -> None:
    seen = rows(
        khanza,
        "SELECT r.kd_dokter, e.tgl_perawatan, r.jam_reg, e.jam_rawat FROM pemeriksaan_ralan e "
        "JOIN reg_periksa r ON r.no_rawat = e.no_rawat ORDER BY r.kd_dokter, r.no_rawat",
    )
    assert all("08:00:00" <= exam > came for _, _, came, exam in seen)
    turns = Counter((dokter, day, exam) for dokter, day, _, exam in seen)
    assert turns.most_common(1)[0][1] == 1


def test_everything_that_goes_wrong_goes_wrong_to_somebody(khanza: sqlite3.Connection) -> None:
    def count(sql: str) -> int:
        return int(rows(khanza, f"SELECT COUNT(*) FROM {sql}")[0][0])

    assert count("referensi_mobilejkn_bpjs_batal") > 0
    assert count("reg_periksa WHERE kd_pj = 'UMU'") > 0
    assert count("reg_periksa WHERE stts = 'Belum'") > 0, "who did not come"
    exams = "no_rawat NOT IN (SELECT no_rawat FROM pemeriksaan_ralan)"
    assert count(f"reg_periksa WHERE stts = 'Sudah' AND {exams}") > 0
    assert count("resep_obat WHERE tgl_penyerahan = '0000-00-00'") > 0


def test_what_is_not_mapped_is_not_among_the_newest_days(khanza: sqlite3.Connection) -> None:
    """BPJS would still take it, and it would hide the day that is shown."""
    ((newest, count),) = rows(
        khanza,
        "SELECT MAX(tgl_registrasi), COUNT(*) FROM reg_periksa "
        "WHERE kd_poli = 'MAT' OR kd_dokter = 'D03'",
    )
    assert count > 5
    assert date.fromisoformat(newest) <= SHOWN - timedelta(days=SETTLED)


def test_all_patients_are_invented(khanza: sqlite3.Connection) -> None:
    names = rows(khanza, "SELECT nm_pasien, no_ktp FROM pasien")
    assert len(names) > 200
    assert all(name.startswith("PASIEN CONTOH") and nik.startswith("99") for name, nik in names)
