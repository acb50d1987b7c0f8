"""`antrean status`: is it well? For people, and by its exit code for whatever watches."""

from datetime import timedelta

import click

from antrean_cli.console.app import App, reading
from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.options import json_option
from antrean_cli.console.output import show
from antrean_cli.console.parameters import Whole
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
@click.option(
    "--max-age",
    type=Whole(1, 100_000),
    default=10,
    metavar="MENIT",
    help="Batas umur putaran berhasil terakhir (10).",
)
@click.option(
    "--max-pending",
    type=Whole(1, 100_000),
    default=60,
    metavar="MENIT",
    help="Batas lama menunggu dikirim (60).",
)
@click.option(
    "--max-refused",
    type=Whole(0, 100_000),
    default=0,
    metavar="N",
    help="Batas banyaknya yang ditolak (0).",
)
@click.option(
    "--max-held",
    type=Whole(1, 100_000),
    default=24,
    metavar="JAM",
    help="Batas lama ditahan menunggu tindakan orang (24).",
)
@json_option
@click.pass_obj
def command(
    app: App, max_age: int, max_pending: int, max_refused: int, max_held: int, as_json: bool
) -> None:
    limits = Limits(
        success=timedelta(minutes=max_age),
        pending=timedelta(minutes=max_pending),
        refused=max_refused,
        held=timedelta(hours=max_held),
    )
    with reading(app, missing_ok=True) as (ledger, now):
        found = overview(ledger, now)
    problems = health_problems(found, limits)
    if as_json:
        click.echo(json_text(status_document(found, problems)))
    else:
        show(status_text(found, problems, app.settings().unusual_file))
    if problems:
        raise LookError
