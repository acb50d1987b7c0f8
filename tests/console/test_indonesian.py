"""click's texts in Indonesian: the catalogue in console/locale, and how it comes to be used."""

from __future__ import annotations

import ast
import re
from gettext import GNUTranslations

import pytest

from antrean_cli.console.indonesian import CATALOGUES
from tests.support.site import Site

FOLDER = CATALOGUES / "id" / "LC_MESSAGES"


def catalogue() -> list[tuple[list[str], str]]:
    """Return the entries of messages.po: what click says (two texts where it counts), and ours."""
    entries = []
    for block in (FOLDER / "messages.po").read_text(encoding="utf-8").split("\n\n"):
        theirs = [ast.literal_eval(text) for text in re.findall(r"^msgid\S* (.*)$", block, re.M)]
        ours = [ast.literal_eval(text) for text in re.findall(r"^msgstr\S* (.*)$", block, re.M)]
        if theirs and theirs != [""]:
            entries.append((theirs, *ours))
    return entries


ENTRIES = catalogue()


@pytest.mark.parametrize(("theirs", "ours"), ENTRIES, ids=[theirs[0] for theirs, _ in ENTRIES])
def test_the_compiled_catalogue_is_the_written_one(theirs: list[str], ours: str) -> None:
    with (FOLDER / "messages.mo").open("rb") as file:
        compiled = GNUTranslations(file)
    if len(theirs) == 1:
        assert compiled.gettext(theirs[0]) == ours
    else:
        assert {compiled.ngettext(theirs[0], theirs[1], number) for number in (1, 2)} == {ours}


@pytest.mark.parametrize(("theirs", "ours"), ENTRIES, ids=[theirs[0] for theirs, _ in ENTRIES])
def test_a_translation_fills_in_nothing_that_click_does_not_hand_it(
    theirs: list[str], ours: str
) -> None:
    for text in theirs:
        assert set(re.findall(r"\{(\w+)", ours)) <= set(re.findall(r"\{(\w+)", text))


@pytest.mark.parametrize("language", ["", "en", "de:fr", "C"])
def test_the_language_of_the_caller_changes_nothing(live_site: Site, language: str) -> None:
    done = live_site.spawn("sync", "--tidak-ada", LANGUAGE=language, LC_ALL="C")
    assert done.stderr == "antrean: tidak ada pilihan --tidak-ada. Lihat: antrean sync --help\n"
