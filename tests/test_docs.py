"""README, help texts, errors and the example files say the same; the guide is test_guide.py's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from antrean_cli import errors
from antrean_cli.cli import COMMANDS, group
from antrean_cli.config.settings import load
from antrean_cli.rules.add_fields import FIELDS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


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


def test_every_exit_code_is_explained() -> None:
    raised = {kind.exit_code for kind in all_errors()} - {1}
    assert set(errors.EXIT_CODES) == raised | {0, 1, 130, 143}


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
