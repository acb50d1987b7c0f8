"""khanza/README.md says of the tables and of the sources of times what the program does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from antrean_cli import khanza
from antrean_cli.khanza.tables import OPTIONAL, TABLES, TICKETS
from antrean_cli.rules.sources import FLOWS, SOURCES, TICKET_SOURCES

PAGE = Path(khanza.__path__[0], "README.md").read_text(encoding="utf-8")


def table(heading: str, first_cell: str) -> list[list[str]]:
    """Return the rows of the table in a chapter of the page whose first cell is this one."""
    chapter = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = chapter[chapter.index(f"\n| {first_cell} |") :].split("\n\n")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line]
    return cells[2:]


READ = {**TABLES, TICKETS: OPTIONAL[TICKETS]}


@pytest.mark.parametrize("name", READ)
def test_every_column_that_is_read_is_on_the_page(name: str) -> None:
    said = [" ".join(row) for row in table("Tables read", "table") if name in row[0].split(", ")]
    assert len(said) == 1
    words = set(re.findall(r"\w+", said[0]))
    assert set(READ[name]) - words == set()


def test_the_sources_on_the_page_are_those_of_the_rules() -> None:
    names = [name for row in table("Times of the tasks", "name") for name in row[0].split(", ")]
    assert names == [*TICKET_SOURCES, *SOURCES]


def test_the_flows_on_the_page_are_those_of_the_rules() -> None:
    rows = table("Times of the tasks", "task")
    said = {
        flow: {int(row[0]): tuple(row[column].split(", ")) for row in rows}
        for column, flow in ((1, "erm"), (2, "berkas"))
    }
    assert said == {flow: dict(sources) for flow, sources in FLOWS.items()}
