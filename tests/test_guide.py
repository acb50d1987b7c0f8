"""The guide: its pages say what the program is, and what they tell people to type can be typed."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import click
import pytest

from antrean_cli.cli import COMMANDS, group
from antrean_cli.commands.panduan import PAGES, TOPICS
from antrean_cli.config.settings import SETTINGS
from antrean_cli.console.markdown import rendered
from antrean_cli.render.reasons import holds
from antrean_cli.rules.alerts import AlertKind
from antrean_cli.rules.sources import SOURCES, TICKET_SOURCES
from tests.guide_tables import pages, with_tables
from tests.support.command import run
from tests.support.typed_lines import calls, refused_by_click, typed_in_page

README = Path(__file__).parents[1] / "README.md"
CURLS = {"--config", "--collector.textfile.directory"}  # and other programs'
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in pages()}
NAMES = sorted(TEXTS)


def options(name: str) -> set[str]:
    """Return the options of a command, with the global ones and those that all have."""
    command = group.get_command(click.Context(group), name)
    assert command
    found = {option for one in (*command.params, *group.params) for option in one.opts}
    return found | {"--help"}


def test_the_index_has_every_page_once() -> None:
    assert sorted(f"{topic}.md" for topic in TOPICS) == [
        name for name in NAMES if name != "README.md"
    ]
    assert {path.suffix for path in PAGES.iterdir()} == {".md"}


@pytest.mark.parametrize("name", NAMES)
def test_tables_are_those_of_the_registries(name: str) -> None:
    """`python -m tests.guide_tables` writes them anew."""
    assert TEXTS[name] == with_tables(TEXTS[name])


@pytest.mark.parametrize("name", NAMES)
def test_a_page_fits_a_terminal_and_nothing_of_markdown_is_left(name: str) -> None:
    shown = click.unstyle(rendered(TEXTS[name], 80))
    assert [line for line in shown.splitlines() if len(line) > 80] == []
    assert not re.search(r"^#|^\s*\||<!--|\]\(|\*\*|```|\N{NO-BREAK SPACE}", shown, re.MULTILINE)


@pytest.mark.parametrize("path", [README, *pages()], ids=lambda path: path.name)
def test_what_a_page_says_to_type_is_taken(path: Path) -> None:
    typed = typed_in_page(path.read_text(encoding="utf-8"))
    assert [(words, why) for words in typed if (why := refused_by_click(words))] == []


@pytest.mark.parametrize("path", [README, *pages()], ids=lambda path: path.name)
def test_commands_and_options_that_a_sentence_names_are_there(path: Path) -> None:
    """What stands in a line need not be whole: only a block is typed as it stands."""
    text = path.read_text(encoding="utf-8")
    for name, rest in re.findall(r"`(?:sudo -u antrean )?antrean ([a-z]+)\b([^`]*)`", text):
        assert name in COMMANDS, name
        assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", rest)) <= options(name), (name, rest)
    known = set().union(*map(options, COMMANDS), CURLS)
    assert set(re.findall(r"`(--[a-z][a-z.-]+)[^`]*`", text)) <= known


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_the_help_of_a_command_fits_a_terminal_and_its_examples_are_taken(name: str) -> None:
    shown = run(*name.split(), "--help", environ={**os.environ, "COLUMNS": "80"}).stdout
    assert [line for line in shown.splitlines() if len(line) > 80] == []
    _, examples = shown.split("Contoh:\n")
    typed = list(calls(examples.split("\n\n")[0]))
    assert 2 <= len(typed) <= 6
    assert [(words, why) for words in typed if (why := refused_by_click(words))] == []


def test_every_setting_is_in_the_guide_with_its_default_and_no_other_is() -> None:
    rows = re.findall(r"^\| `([A-Z_0-9]+)` \|([^|]*)\|", TEXTS["pengaturan.md"], re.MULTILINE)
    assert sorted(name for name, _ in rows) == sorted(setting.name for setting in SETTINGS)
    defaults = {name: default.strip().strip("`") for name, default in rows}
    spelled_out = {"ANTREAN_STATE", "ANTREAN_KD_PJ"}  # their defaults are no fixed text
    for setting in SETTINGS:
        if setting.name not in spelled_out:
            assert defaults[setting.name] == setting.default, setting.name


@pytest.mark.parametrize("name", [name for name in COMMANDS if "--json" in options(name)])
def test_the_json_of_every_command_is_explained(name: str) -> None:
    chapter = TEXTS["skrip.md"].split("\n## JSON\n")[1].split("\n## ")[0]
    headings = re.findall(r"^### (.+)$", chapter, re.MULTILINE)
    items = re.findall(r"^- (`[^:]+):", chapter, re.MULTILINE) + re.findall(r"\. (`\w+`):", chapter)
    assert name in headings or any(f"`{name}`" in item for item in items)


def test_every_source_of_times_is_explained() -> None:
    explained = re.findall(r"^\| `(\w+)` \|", TEXTS["waktu.md"], re.MULTILINE)
    assert sorted(explained) == sorted([*SOURCES, *TICKET_SOURCES])


def test_the_guide_knows_every_kind_of_alert_and_the_reasons_that_it_watches() -> None:
    page = TEXTS["pemantauan.md"]
    rows = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert rows[: len(AlertKind)] == [*AlertKind]
    watched = re.findall(r'reason=~"([^"]*)"', page)
    assert watched
    assert {code for codes in watched for code in codes.split("|")} <= holds().keys()


def test_the_scripts_of_the_guide_are_shell() -> None:
    scripts = re.findall(r"^```sh\n(#!/bin/sh\n.*?)^```", "\n".join(TEXTS.values()), re.M | re.S)
    assert len(scripts) > 5
    for script in scripts:
        subprocess.run(["sh", "-n"], input=script, text=True, check=True)


def test_every_command_is_typed_somewhere_in_the_guide() -> None:
    typed = {word for text in TEXTS.values() for words in typed_in_page(text) for word in words}
    assert [name for name in COMMANDS if name not in typed] == []


def test_the_calls_of_a_script_are_found_and_judged() -> None:
    """The search itself."""
    script = (
        "sudo -u antrean antrean -v sync  # antrean x\n"
        "* * * * * /opt/bin/antrean sync && antrean status >/dev/null 2>&1 || echo antrean\n"
        "if ! antrean list; then sudo chgrp antrean x; fi; X=1 antrean ref \\\n  poli < a | cat"
    )
    assert list(calls(script)) == [
        ["-v", "sync"], ["sync"], ["status"], ["list"], ["ref", "poli"],
    ]  # fmt: skip
    assert refused_by_click(["-v", "list", "--held"]) == ""
    assert refused_by_click(["list", "--hold"])
    assert refused_by_click(["lis"])
    assert refused_by_click(["batal", "X"])
