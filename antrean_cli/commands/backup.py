"""`antrean backup`: a copy of the ledger, made while passes run."""

from pathlib import Path

import click

from antrean_cli.console.app import App, require_ledger
from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.options import json_option
from antrean_cli.console.parameters import FILE
from antrean_cli.operator.backup import back_up
from antrean_cli.render.text import json_text


@subcommand(
    "backup",
    help=(
        "Cadangkan berkas status (catatan antrean) ke satu berkas, juga selagi putaran berjalan. "
        "Salinannya diperiksa seluruhnya sebelum menggantikan cadangan lama."
    ),
    epilog=examples(
        """
antrean backup /media/cadangan/antrean.sqlite3
antrean -q backup /media/cadangan/antrean-$(date +%u).sqlite3
"""
    ),
)
@click.argument("file", metavar="BERKAS", type=FILE)
@json_option
@click.pass_obj
def command(app: App, file: Path, as_json: bool) -> None:
    settings = app.settings()
    require_ledger(settings)
    made = back_up(settings.state, file, settings.policy.zone)
    if as_json:
        click.echo(json_text({"file": str(file.absolute()), **made._asdict()}))
    else:
        app.say(f"{file}: utuh, {made.bookings} antrean")
