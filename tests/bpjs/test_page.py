"""bpjs/README.md says of calls, fields and answers what the program does."""

from __future__ import annotations

from pathlib import Path

import pytest

from antrean_cli import bpjs
from antrean_cli.bpjs.calls import ENDPOINTS
from antrean_cli.bpjs.signature import signature
from antrean_cli.rules.add_fields import FIELDS
from antrean_cli.rules.answers import Reply, judge

PAGE = Path(bpjs.__path__[0], "README.md").read_text(encoding="utf-8")


def table(heading: str, first_cell: str) -> list[list[str]]:
    """Return the rows of the table in a chapter of the page whose first cell is this one."""
    chapter = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = chapter[chapter.index(f"\n| {first_cell} |") :].split("\n\n")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line]
    return cells[2:]


def test_the_calls_on_the_page_are_those_that_are_made() -> None:
    rows = table("Calls", "call")
    said = {name: (method, path.strip("`")) for name, method, path, *_ in rows}
    assert said == {name: (one.method, one.path) for name, one in ENDPOINTS.items()}


@pytest.mark.parametrize("row", table("Calls", "call"), ids=lambda row: row[0])
def test_what_is_encrypted_is_read_as_a_list_on_success_only(row: list[str]) -> None:
    name, _, _, encrypted, success, empty = row
    rows_with = ENDPOINTS[name].rows_with
    assert bool(rows_with) == (name not in {*WRITES, "updatejadwaldokter"})
    assert encrypted == "no" or rows_with
    assert not rows_with or success in rows_with
    assert empty not in rows_with
    assert judge(name, name, Reply(code=success, message="")).kind == "done"
    assert not empty or judge(name, name, Reply(code=empty, message="")).kind == "done"


def test_the_vector_on_the_page_is_what_is_signed() -> None:
    assert f"`{signature('aaa', 'bbb')}`" in PAGE


def test_the_fields_on_the_page_are_those_that_are_sent() -> None:
    types = {str: "string", int: "integer"}
    said = {name: of for name, of, _ in table("Fields", "field")}
    assert said == {name: types[field.type] for name, field in FIELDS.items()}


WRITES = {"add": "add", "batal": "batal", "farmasi": "farmasi", "updatewaktu": "4"}


def calls_of(cell: str) -> list[tuple[str, str]]:
    """Return the calls that a row of answers is about, each with the step that it sends."""
    if cell == "a write":
        return list(WRITES.items())
    word, _, taskid = cell.partition(" ")
    return [("updatewaktu", taskid)] if word == "task" else [(cell, WRITES.get(cell, ""))]


@pytest.mark.parametrize("row", table("Answers", "call"), ids=" ".join)
def test_an_answer_on_the_page_is_judged_as_it_says(row: list[str]) -> None:
    cell, code, message, kind, named = row
    for call, step in calls_of(cell):
        outcome = judge(call, step, Reply(code=code, message=message))
        assert (outcome.kind, outcome.named or "") == (kind, named), call
