"""`antrean status`: is it well? For people, and by its exit code for whatever watches."""

import click

from antrean_cli.console.app import App, reading
from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.options import json_option, limits_options
from antrean_cli.console.output import show
from antrean_cli.errors import LookError
from antrean_cli.operator.overview import Limits, health_problems, overview
from antrean_cli.render.status import status_document, status_text
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
@json_option
@click.pass_obj
def command(app: App, limits: Limits, as_json: bool) -> None:
    with reading(app, missing_ok=True) as (ledger, now):
        found = overview(ledger, now)
    problems = health_problems(found, limits)
    if as_json:
        click.echo(json_text(status_document(found, problems)))
    else:
        show(status_text(found, problems, app.settings().unusual_file))
    if problems:
        raise LookError
