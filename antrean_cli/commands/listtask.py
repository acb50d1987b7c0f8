"""`antrean listtask`: what BPJS holds of one booking, for people and for shell scripts."""

import re
from typing import TYPE_CHECKING

import click

from antrean_cli.console.app import App
from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.options import json_option, kodebooking_argument
from antrean_cli.console.parameters import OneOf
from antrean_cli.errors import InputError, MissingTaskError, RefusedError
from antrean_cli.render.listings import FORMATS, task_list

if TYPE_CHECKING:
    from antrean_cli.rules.listings import Task


def parse_require(text: str) -> list[int]:
    """Return the taskids of `--require 3,4,5`; raises InputError."""
    parts = [part.strip() for part in text.split(",")]
    if not all(re.fullmatch(r"[1-7]|99", part) for part in parts):
        raise InputError(
            f"--require '{text}' tidak dapat dipakai; tulis taskid dipisah koma, misalnya 3,4,5"
        )
    return [int(part) for part in parts]


@subcommand(
    "listtask",
    help="Lihat task yang sudah dicatat BPJS untuk satu kode booking, urut taskid dan waktu.",
    epilog=examples(
        """
antrean listtask 2026/11/22/000001
antrean listtask 2026/11/22/000001 --format plain | cut -f1
antrean listtask 2026/11/22/000001 --require 3,4,5 || echo belum lengkap
"""
    ),
)
@kodebooking_argument
@click.option(
    "--format",
    "form",
    type=OneOf(FORMATS),
    metavar="BENTUK",
    help=(
        "table (bila tidak disebut), json, csv, atau plain: satu baris per task, dipisah tab "
        "(taskid, wakturs, waktu, taskname)."
    ),
)
@click.option(
    "--require", metavar="TASKID,…", help="Keluar dengan kode 7 bila salah satu task ini belum ada."
)
@json_option
@click.pass_obj
def command(
    app: App, kodebooking: str, form: str | None, require: str | None, as_json: bool
) -> None:
    if as_json and form not in (None, "json"):
        raise InputError(f"pilih salah satu: --json atau --format {form}")
    required = parse_require(require) if require is not None else []
    kodebooking, found = _held(app, kodebooking)
    if text := task_list(found, "json" if as_json else form or "table"):
        click.echo(text)
    if not found:
        app.say(f"BPJS belum mencatat task apa pun untuk {kodebooking}")
    held = {task.taskid for task in found}
    if missing := [str(taskid) for taskid in dict.fromkeys(required) if taskid not in held]:
        raise MissingTaskError(f"{kodebooking}: task {', '.join(missing)} belum ada di BPJS")


def _held(app: App, number: str) -> "tuple[str, list[Task]]":
    """Return what BPJS holds of a booking, and its code: that of a Mobile JKN visit is looked up.

    Raises what `tasks` raises, and InputError.
    """
    from antrean_cli.bpjs.client import Client
    from antrean_cli.operator.lookups import tasks
    from antrean_cli.operator.which_booking import listed_booking_of

    settings = app.settings("bpjs")
    client, refused = Client(settings.bpjs), None
    try:
        if found := tasks(client, number):
            return number, found
    except RefusedError as error:
        refused = error
    kodebooking = listed_booking_of(settings, number)
    if kodebooking != number:
        app.say(f"{number}: kode bookingnya {kodebooking}")
        return kodebooking, tasks(client, kodebooking)
    if refused:
        raise refused
    return number, []
