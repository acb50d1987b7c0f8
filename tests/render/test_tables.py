"""Tables and CSV: what a long table, and a spreadsheet, makes of cells."""

from __future__ import annotations

import csv
import io

import pytest

from antrean_cli.render.tables import csv_text, last_width, table

HEADERS = ("Hari", "Alasan")


@pytest.mark.parametrize("cell", ["=1+1", "+62812", "-1+2", "@SUM(A1)", "\tx", "=cmd|' /C x'!A0"])
def test_a_spreadsheet_takes_no_cell_for_a_formula(cell: str) -> None:
    (_, (read,)) = csv.reader(io.StringIO(csv_text(["a"], [[cell]]), newline=""))
    assert read.startswith("'")


@pytest.mark.parametrize("cell", ["", "-", "3", "23-11-2026 08:05:00 WIB", "a=b", "Selesai"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert next(csv.reader([csv_text([cell], [])])) == [cell]
    assert csv_text(["a"], [[cell]]).partition("\n")[2] in (cell, '""')


@pytest.mark.parametrize("rows", [999, 1000, 1001, 2500])
def test_a_long_table_looks_like_a_short_one(rows: int) -> None:
    """However many parts it comes in, a column is as wide everywhere, and headed once."""
    cells = [
        (f"{number}", "x" * (number % 7) + " dua kata" * (number % 3)) for number in range(rows)
    ]
    cells[rows // 2] = ("1", "y" * 31 + " z")
    lines = table(HEADERS, cells, 40).split("\n")
    assert len(lines) == rows + 2
    assert [line[:4].strip() for line in lines[2:]] == [number for number, _ in cells]
    assert {line.find("y" * 31) for line in lines} - {-1} == {lines[0].find("Alasan")}
    assert lines[1] == f"{'-' * 6}  {'-' * 33}"


def test_a_cell_is_wrapped_to_its_width_alone() -> None:
    assert table(HEADERS, [("23-11", "menunggu task 3 dahulu")], 15).split("\n")[2:] == [
        "23-11   menunggu task 3",
        "        dahulu",
    ]


def test_the_last_column_takes_the_room_that_the_others_leave() -> None:
    rows = [("23-11\n24-11", "x" * 99)]
    assert last_width(HEADERS, rows, 80, 10) == 80 - 6 - 2
    assert {
        len(line) for line in table(HEADERS, rows, last_width(HEADERS, rows, 30, 10)).split("\n")
    } <= set(range(31))
    assert last_width(HEADERS, rows, 12, 10) == 10
    assert last_width(HEADERS, rows, None, 10) is None, "in a pipe no line is broken"
