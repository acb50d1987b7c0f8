"""What click says of its own, in Indonesian: headings of a help text, complaints of wrong use.

- click looks its texts up with gettext: ours stand in the catalogue in `locale/`.
- What a complaint is about (an option, an argument) click tells as an object, and the sentence is
  made around it here.
"""

import gettext
import os
from pathlib import Path

import click

CATALOGUES = Path(__file__).with_name("locale")


def speak_indonesian() -> None:
    """Let click's texts come from our catalogue, whatever language the environment names."""
    gettext.bindtextdomain("messages", str(CATALOGUES))
    os.environ["LANGUAGE"] = "id"


def usage_sentence(error: click.ClickException) -> str:
    """Return click's complaint as one sentence, with the help to look at."""
    path = "antrean"
    if isinstance(error, click.UsageError) and error.ctx:
        path = error.ctx.command_path
    complaint = " ".join(_complaint(error).split())  # one line, whatever was typed
    return f"{complaint}{'' if complaint.endswith('?') else '.'} Lihat: {path} --help"


def _complaint(error: click.ClickException) -> str:
    if isinstance(error, click.MissingParameter):
        return f"{_parameter(error)} belum diberikan"
    if isinstance(error, click.BadParameter):
        return f"{_parameter(error)} {error.message}"
    if isinstance(error, click.NoSuchOption) and error.possibilities:
        return f"{error.message}; maksudnya {error.possibilities[0]}?"
    return error.message.rstrip(".")


def _parameter(error: click.BadParameter) -> str:
    """Return what a person calls the parameter that a complaint is about."""
    if error.param is None:
        return "masukan"
    if isinstance(error.param, click.Option):
        return error.param.opts[0]
    return error.param.make_metavar(error.ctx).strip("[]")  # type: ignore[arg-type]
