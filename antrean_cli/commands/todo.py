"""`antrean todo`: what people have to do today, by who does it."""

from pathlib import Path

import click

from antrean_cli.console.app import App, reading
from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.input_files import write_page
from antrean_cli.console.options import json_option
from antrean_cli.console.parameters import FILE, OneOf
from antrean_cli.errors import InputError
from antrean_cli.operator.todo import todo
from antrean_cli.render.text import json_text
from antrean_cli.render.todo import (
    todo_csv,
    todo_document,
    todo_page,
    todo_text,
)
from antrean_cli.rules.acting import Unit


@subcommand(
    "todo",
    help=(
        "Yang perlu dikerjakan hari ini, per unit: akar masalahnya saja, yang paling dekat H+7 "
        "lebih dulu, dan apa yang harus dilakukan. BPJS tidak dihubungi."
    ),
    epilog=examples(
        """
antrean todo
antrean todo --who poli
antrean todo --csv >pekerjaan.csv
antrean todo --who farmasi --html /srv/bagi/farmasi.html
"""
    ),
)
@click.option(
    "--who",
    type=OneOf([unit.value for unit in Unit if unit.value]),
    default=None,
    metavar="UNIT",
    help="Hanya pekerjaan unit ini: pendaftaran, poli, farmasi, atau IT.",
)
@click.option("--csv", "as_csv", is_flag=True, help="Satu baris per kunjungan, untuk Excel.")
@click.option("--html", type=FILE, metavar="FILE", help="Tulis satu halaman HTML ke berkas ini.")
@json_option
@click.pass_obj
def command(app: App, who: str | None, as_csv: bool, html: Path | None, as_json: bool) -> None:
    if sum((as_csv, as_json, html is not None)) > 1:
        raise InputError("pilih salah satu: --csv, --json, atau --html")
    settings = app.settings("khanza")
    with reading(app) as (ledger, now):
        found = todo(settings, ledger, now)
    who = who or ""
    if as_json:
        click.echo(json_text(todo_document(found, who)))
    elif as_csv:
        click.echo(todo_csv(found, who))
    elif html is not None:
        write_page(html, todo_page(found, who))
        app.say(f"Ditulis ke {html}")
    else:
        click.echo(todo_text(found, who))
