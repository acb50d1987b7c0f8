"""README, help texts, settings and exit codes say the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from antrean_cli import errors
from antrean_cli.cause_words import WORDS, mend, sentence
from antrean_cli.cli import COMMANDS, group
from antrean_cli.config.settings import SETTINGS, load
from antrean_cli.render.reasons import holds
from antrean_cli.rules.add_fields import FIELDS
from antrean_cli.rules.causes import trouble
from antrean_cli.rules.sources import FLOWS, SOURCES, TICKET_SOURCES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """Return one chapter of the README."""
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(text: str) -> Iterator[list[str]]:
    """Yield the cells of the table rows in a text."""
    for line in text.splitlines():
        if line.startswith("| ") and not line.startswith("|---"):
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def subcommand(name: str) -> click.Command:
    command = group.get_command(click.Context(group), name)
    assert command is not None
    return command


def all_errors(
    kind: type[errors.AntreanError] = errors.AntreanError,
) -> Iterator[type[errors.AntreanError]]:
    for sub in kind.__subclasses__():
        yield sub
        yield from all_errors(sub)


def test_the_two_commands_stand_at_the_top() -> None:
    top = README.split("\n## ")[0]
    assert "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/antrean demo" in top
    assert "bash tests/run" in top


def test_every_setting_is_in_the_readme_with_its_default_and_no_other_is() -> None:
    table: dict[str, str] = {}
    for cells in rows(section("Settings")):
        names = re.findall(r"`([A-Z_0-9]+)`", cells[0])
        defaults = (
            cells[1].split(", ")
            if len(names) > 1 and "`, `" in cells[1]
            else [cells[1]] * len(names)
        )
        table |= {name: default.strip("`") for name, default in zip(names, defaults, strict=True)}
    assert table.keys() == {setting.name for setting in SETTINGS}
    spelled_out = {"ANTREAN_STATE", "ANTREAN_KD_PJ"}  # their defaults are no fixed text
    for setting in SETTINGS:
        if setting.name not in spelled_out:
            assert table[setting.name] == setting.default, setting.name


def test_the_exit_codes_of_readme_help_and_errors_are_the_same() -> None:
    listed = [int(cells[0]) for cells in rows(section("Exit codes")) if cells[0].isdigit()]
    raised = {kind.exit_code for kind in all_errors()} - {1}
    assert listed == list(errors.EXIT_CODES)
    assert set(errors.EXIT_CODES) == raised | {0, 1, 130, 143}


def test_the_alert_rules_go_by_reasons_that_there_are() -> None:
    watched = re.findall(r'reason=~"([^"]*)"', README)
    assert {code for codes in watched for code in codes.split("|")} <= holds().keys()


def test_the_table_of_causes_is_that_of_the_registry() -> None:
    """Alert rules go by these codes, and people look up what they are told."""
    told = [(f"`{one}`", sentence(trouble(one)), mend(trouble(one))) for one in WORDS]
    listed = [tuple(cells) for cells in rows(section("What keeps a pass from its work"))][1:]
    assert [(code, said.strip("`"), do.strip("`")) for code, said, do in listed] == told


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme_and_its_help_has_an_example(name: str) -> None:
    assert f"| `antrean {name}` |" in README
    command = subcommand(name)
    assert command.help
    assert f"antrean {name}" in (command.epilog or ""), "an example"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_every_command_explains_itself(name: str) -> None:
    options = [
        parameter for parameter in subcommand(name).params if isinstance(parameter, click.Option)
    ]
    assert [option.opts for option in options if not (option.help or option.hidden)] == []


def test_add_has_one_option_a_field() -> None:
    options = {option for parameter in subcommand("add").params for option in parameter.opts}
    assert {f"--{name}" for name in FIELDS} <= options


def test_options_that_the_readme_names_exist() -> None:
    known = {
        option
        for name in COMMANDS
        for parameter in subcommand(name).params
        for option in parameter.opts
    }
    known |= {option for parameter in group.params for option in parameter.opts} | {
        "--help",
        "--version",
    }
    code = " ".join(
        re.findall(r"`antrean[^`]*`", README) + re.findall(r"^.*antrean .*$", README, re.MULTILINE)
    )
    theirs = {"--system", "--create-home", "--home-dir"}  # useradd's, in the set-up
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", code)) - theirs <= known


def test_the_table_of_sources_is_that_of_the_rules() -> None:
    chapter = section("Times, and where they come from")
    for cells in rows(chapter):
        if cells[0].isdigit():
            for cell, flow in zip(cells[1:], ("erm", "berkas"), strict=True):
                assert tuple(re.findall(r"`(\w+)`", cell)) == FLOWS[flow][int(cells[0])]
    names = (*SOURCES, *TICKET_SOURCES)
    assert [name for name in names if f"`{name}`" not in chapter] == []


def test_the_example_settings_load_once_they_are_filled_in(tmp_path: Path) -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    filled = re.sub(
        r"^(BPJS_(?:CONS_ID|SECRET_KEY|USER_KEY)|KHANZA_PASSWORD)=$",
        r"\1=x",
        text,
        flags=re.MULTILINE,
    )
    file = tmp_path / "env"
    file.write_text(filled.replace("\n#ANTREAN", "\nANTREAN"), encoding="utf-8")
    file.chmod(0o600)
    settings = load(env_file=file, state=None, needs=frozenset({"bpjs", "khanza"}), environ={})
    assert settings.policy.only_poli == {"INT"}


def test_the_example_crontab_runs_a_pass_every_minute() -> None:
    lines = (ROOT / "crontab.example").read_text(encoding="utf-8").splitlines()
    jobs = [
        line for line in lines if line and not line.startswith("#") and "=" not in line.split()[0]
    ]
    assert len(jobs) == 1
    assert jobs[0].startswith("* * * * * ")
    assert jobs[0].endswith("sync --splay 20")
