"""What a page or a help text tells people to type: the calls of `antrean` in it, and whether click
takes them.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from datetime import datetime

import click
import pytest

from antrean_cli.cli import group
from antrean_cli.console.indonesian import speak_indonesian
from antrean_cli.errors import AntreanError

_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_REDIRECTION = re.compile(r"(?<!\S)\d?>>?\s*(?:&\d|\S+)|(?<!\S)<\s*\S+")
_BETWEEN = "|&;()"  # what separates the calls of a line
# What may stand before the program: cron's stars, a variable, words of the shell, another user.
_BEFORE = re.compile(r"\*|\w+=.*|if|while|until|!|do|then|else|sudo|-u")


def typed_in_page(text: str) -> list[list[str]]:
    """Return the words after `antrean` of each call in the blocks of shell of a page."""
    return [call for kind, code in _FENCE.findall(text) if kind == "sh" for call in calls(code)]


def calls(script: str) -> Iterator[list[str]]:
    """Yield the words after `antrean` of each call in a script."""
    for line in script.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(_REDIRECTION.sub("", line), posix=True, punctuation_chars=_BETWEEN)
        lexer.commenters, lexer.whitespace_split = "#", True
        call: list[str] = []
        for word in [*lexer, ";"]:
            if word.strip(_BETWEEN):
                call.append(word)
                continue
            yield from _of_antrean(call)
            call = []


def _of_antrean(call: list[str]) -> Iterable[list[str]]:
    for at, word in enumerate(call):
        if call[at - 1] == "-u" and at:  # the name of a user
            continue
        if re.fullmatch(r"(?:\S*/)?antrean", word):
            return [call[at + 1 :]]
        if not _BEFORE.fullmatch(word):
            break
    return []


def refused_by_click(words: list[str]) -> str:
    """Return what click has against a command line, empty if it takes it; nothing is run."""
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LANGUAGE", "")
            speak_indonesian()  # click keeps a command's help option as it was first made
            _parse(words)
    except click.exceptions.Exit:  # --help, --version
        pass
    except (click.ClickException, AntreanError) as error:
        return str(error)
    return ""


def _parse(words: list[str]) -> None:
    outer = click.Context(group, info_name="antrean", obj=datetime.now)
    _, rest, _ = group.make_parser(outer).parse_args(list(words))
    command = group.get_command(outer, rest[0])
    if command is None:
        raise click.UsageError(f"no command {rest[0]}")
    with command.make_context(rest[0], rest[1:], parent=outer):
        pass
