"""`antrean replay`: forgets what the ledger believes of a day; the next pass reads it again."""

from datetime import date

import click

from antrean_cli.console.app import changing
from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.completion import bookings
from antrean_cli.console.options import json_option, now_option
from antrean_cli.console.parameters import DAY
from antrean_cli.console.pass_runner import run_pass_now
from antrean_cli.console.prompts import consented, yes_option
from antrean_cli.errors import InputError
from antrean_cli.operator.queue_admin import replay
from antrean_cli.rules.push import MAX_AGE
from antrean_cli.rules.service_days import service_day


@subcommand(
    "replay",
    help=(
        "Lupakan catatan satu hari pelayanan, lalu baca ulang dari Khanza pada putaran "
        "berikutnya. Aman: yang sudah ada di BPJS tidak menjadi ganda. Yang dikirim dengan "
        "tangan, yang dilepas, dan yang batal tetap."
    ),
    epilog=examples(
        """
antrean replay --date 2026-11-22
antrean replay --date 2026-11-22 --kodebooking 2026/11/22/000001 --now --yes
"""
    ),
)
@click.option(
    "--date",
    "tanggal",
    type=DAY,
    required=True,
    metavar="TANGGAL",
    help="Hari pelayanan, paling jauh H-7.",
)
@click.option(
    "--kodebooking",
    "number",
    default="",
    metavar="KODEBOOKING",
    shell_complete=bookings,
    help="Hanya antrean (atau no_rawat) ini.",
)
@yes_option
@now_option
@json_option
@click.pass_context
def command(
    ctx: click.Context, tanggal: date, number: str, yes: bool, at_once: bool, as_json: bool
) -> None:
    from antrean_cli.render.text import json_text

    with changing(ctx.obj) as (ledger, policy, now):
        today = service_day(now)
        if not today - MAX_AGE <= tanggal <= today:
            raise InputError(f"--date harus antara {today - MAX_AGE} (H-7) dan {today}")
        if not consented(f"Baca ulang {number or f'seluruh {tanggal:%d-%m-%Y}'}?", yes=yes):
            return
        count = replay(ledger, tanggal, number, policy, now)
    text = f"{count} antrean dibaca ulang {'sekarang' if at_once else 'pada putaran berikutnya'}."
    click.echo(json_text({"bookings": count}) if as_json else text)
    if at_once:
        ctx.exit(run_pass_now(ctx.obj, silently=as_json))
