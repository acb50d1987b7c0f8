"""The pages that the code cites (`bpjs/README.md, Answers`) are there, with their headings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "antrean_cli"
# A page by its path in the package, or the README at the top, and what follows the comma.
CITATION = re.compile(r"(?<![\w/])((?:[a-z_]+/)?README\.md), (?=[A-Z])")


class Cited(NamedTuple):
    """A citation: where it stands, of which page, and the words after the comma."""

    where: str
    page: str
    words: str


def citations(text: str, where: str) -> list[Cited]:
    """Return the citations of a text; one may go on in the next line, in a comment too."""
    folded = re.sub(r"\s*\n\s*(?:# )?", " ", text)
    return [
        Cited(where, found[1], folded[found.end() : found.end() + 60])
        for found in CITATION.finditer(folded)
    ]


def headings(page: str) -> list[str]:
    """Return the headings of a page."""
    path = (PACKAGE if "/" in page else ROOT) / page
    return re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)


FILES = [
    *sorted(PACKAGE.rglob("*.py")),
    *sorted(PACKAGE.rglob("*.md")),
    *sorted((ROOT / "tests").rglob("*.py")),
]
CITED = [
    cited
    for path in FILES
    if path != Path(__file__)
    for cited in citations(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)))
]


@pytest.mark.parametrize("cited", CITED, ids=[f"{one.where} {one.words[:20]}" for one in CITED])
def test_what_is_cited_is_there(cited: Cited) -> None:
    fit = [name for name in headings(cited.page) if re.match(rf"{re.escape(name)}\b", cited.words)]
    assert fit, f"{cited.where}: {cited.page} has no heading {cited.words!r}"


def test_citations_are_found() -> None:
    """A check of this file: a pattern that finds nothing would pass everything."""
    assert {"bpjs/README.md", "khanza/README.md", "rules/README.md"} <= {one.page for one in CITED}
    split = "# as khanza/README.md,\n    # Things that\n    # bite, 1, has it"
    assert citations(split, "here") == [
        Cited("here", "khanza/README.md", "Things that bite, 1, has it")
    ]


@pytest.mark.parametrize(
    "word", ["design.md", "khanza.md", "khanza-writes.md", "bpjs.md", "the seed"]
)
def test_nothing_is_cited_that_is_not_in_the_repository(word: str) -> None:
    said = re.compile(rf"(?<![\w/]){re.escape(word)}(?!\w)")
    found = [
        str(path.relative_to(ROOT))
        for path in FILES
        if path != Path(__file__) and said.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []
