"""The pages beside the code: what they name is there, and what the code cites of them.

A citation is `bpjs/README.md, Answers`: a page and one of its headings.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "antrean_cli"
FILES = [
    *sorted(PACKAGE.rglob("*.py")),
    *sorted(PACKAGE.rglob("*.md")),
    *sorted((ROOT / "tests").rglob("*.py")),
]
PAGES = [
    ROOT / "README.md",
    *sorted(PACKAGE.rglob("*.md")),
    *sorted((ROOT / "tests").rglob("*.md")),
]
# A path of ours in backticks: it ends like a file that we write, or in a slash.
PATH = re.compile(r"`([\w./-]+(?:\.(?:py|md|toml|po|mo|cfg)|(?<=\w)/))`")


def named(page: Path) -> set[str]:
    """Return the files and folders that a page names, by link or in backticks."""
    text = page.read_text(encoding="utf-8")
    links = {target.split("#")[0] for target in re.findall(r"\]\(([^)]+)\)", text)}
    return {link for link in links if link and "://" not in link} | set(PATH.findall(text))


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_what_a_page_names_is_there(page: Path) -> None:
    around = (page.parent, PACKAGE, ROOT)
    assert [path for path in named(page) if not any((one / path).exists() for one in around)] == []


def test_the_pages_are_looked_at() -> None:
    """A check of this file: a pattern that finds nothing would pass everything."""
    contributing = named(PACKAGE / "CONTRIBUTING.md")
    assert {"commands/", "rules/sources.py", "GLOSSARY.md", "tests/support/"} <= contributing
    assert len(PAGES) > 4


def test_every_room_is_in_the_map_for_contributors() -> None:
    text = (PACKAGE / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert [room for room in rooms if f"| `{room}/` |" not in text] == []


def test_every_rule_is_in_the_map_for_contributors() -> None:
    text = (PACKAGE / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rules = {f"rules/{path.name}" for path in (PACKAGE / "rules").glob("[a-z]*.py")}
    assert rules - set(PATH.findall(text)) == set()


def test_the_glossary_is_in_order_and_says_nothing_twice() -> None:
    text = (PACKAGE / "GLOSSARY.md").read_text(encoding="utf-8")
    for chapter in text.split("\n## ")[1:]:
        words = re.findall(r"^\| ([^|]+) \|", chapter, re.MULTILINE)[1:]
        assert words == sorted(words, key=str.lower)
        assert len(words) == len(set(words)) > 10


# -- citations

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


@cache
def cited() -> list[Cited]:
    """Return every citation there is."""
    return [
        one
        for path in FILES
        if path != Path(__file__)
        for one in citations(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)))
    ]


def test_what_is_cited_is_there() -> None:
    lost = [
        one
        for one in cited()
        if not any(re.match(rf"{re.escape(name)}\b", one.words) for name in headings(one.page))
    ]
    assert lost == []


def test_citations_are_found() -> None:
    """Another check of this file."""
    pages = {one.page for one in cited()}
    assert {"bpjs/README.md", "khanza/README.md", "rules/README.md"} <= pages
    split = "# as khanza/README.md,\n    # Things that\n    # bite, 1, has it"
    assert citations(split, "here") == [
        Cited("here", "khanza/README.md", "Things that bite, 1, has it")
    ]


@pytest.mark.parametrize(
    "word", ["design.md", "khanza.md", "khanza-writes.md", "bpjs.md", "the seed"]
)
def test_nothing_is_cited_that_is_not_in_the_repository(word: str) -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in FILES
        if path != Path(__file__) and names(path.read_text(encoding="utf-8"), word)
    ]
    assert found == []


def names(text: str, word: str) -> bool:
    """Return whether a text says a word; most do not even hold its letters."""
    return word in text and bool(re.search(rf"(?<![\w/]){re.escape(word)}(?!\w)", text))
