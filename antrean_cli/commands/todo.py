"""`antrean todo`: what people have to do today, by who does it."""

from pathlib import Path

import click

from antrean_cli.console.app import App, reading
from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.options import html_option, json_option
from antrean_cli.console.output import Forms, require_one_form, tell_in_form
from antrean_cli.console.parameters import OneOf
from antrean_cli.operator.todo import todo
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
@html_option
@json_option
@click.pass_obj
def command(app: App, who: str | None, as_csv: bool, html: Path | None, as_json: bool) -> None:
    require_one_form(as_csv=as_csv, as_json=as_json, html=html)
    settings = app.settings("khanza")
    with reading(app) as (ledger, now):
        found = todo(settings, ledger, now)
    forms = Forms(
        text=lambda: todo_text(found, who or ""),
        csv=lambda: todo_csv(found, who or ""),
        document=lambda: todo_document(found, who or ""),
        page=lambda: todo_page(found, who or ""),
        written="Ditulis ke",
    )
    tell_in_form(app, forms, as_csv=as_csv, as_json=as_json, html=html)
