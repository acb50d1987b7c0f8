"""`antrean status`: is it well? For people, and by its exit code for whatever watches."""

import click

from antrean_cli.console.app import App, reading
from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.options import csv_option, json_option, limits_options
from antrean_cli.console.output import require_one_form, room, show
from antrean_cli.errors import LookError
from antrean_cli.operator.overview import Limits, health_problems, overview
from antrean_cli.render.status import status_csv, status_document, status_text
from antrean_cli.render.text import json_text


@subcommand(
    "status",
    help=(
        "Apakah semuanya baik? Putaran terakhir, yang menunggu, ditahan, dan ditolak, dan "
        "gangguan yang berlangsung. Khanza dan BPJS tidak dihubungi. Kode keluar 0 baik, 12 "
        "perlu dilihat."
    ),
    epilog=examples(
        """
antrean status
antrean status --json
antrean status --max-pending 30 >/dev/null || echo perlu dilihat
"""
    ),
)
@limits_options
@csv_option
@json_option
@click.pass_obj
def command(app: App, limits: Limits, as_csv: bool, as_json: bool) -> None:
    require_one_form(as_csv=as_csv, as_json=as_json)
    with reading(app, missing_ok=True) as (ledger, now):
        found = overview(ledger, now)
    problems = health_problems(found, limits)
    if as_json:
        click.echo(json_text(status_document(found, problems)))
    elif as_csv:
        click.echo(status_csv(found))
    else:
        show(status_text(found, problems, room(), app.settings().unusual_file))
    if problems:
        raise LookError
