"""The pages beside the code: what they name is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "antrean_cli"
PAGES = [ROOT / "README.md", *sorted(PACKAGE.rglob("*.md"))]
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


def test_the_glossary_is_in_order_and_says_nothing_twice() -> None:
    text = (PACKAGE / "GLOSSARY.md").read_text(encoding="utf-8")
    for chapter in text.split("\n## ")[1:]:
        words = re.findall(r"^\| ([^|]+) \|", chapter, re.MULTILINE)[1:]
        assert words == sorted(words, key=str.lower)
        assert len(words) == len(set(words)) > 10
