"""`antrean reconcile`: whether BPJS holds what Khanza recorded, and what to do if not."""

import sys
from datetime import date

import click

from antrean_cli.console.app import App, require_ledger
from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.options import csv_option, json_option
from antrean_cli.console.output import require_one_form, room, show
from antrean_cli.console.parameters import DAY
from antrean_cli.console.progress import ProgressBar
from antrean_cli.errors import DifferenceError, InputError
from antrean_cli.render.text import json_text
from antrean_cli.rules.push import MAX_AGE


@subcommand(
    "reconcile",
    help=(
        "Cocokkan Khanza, catatan antrean, dan BPJS untuk satu hari: jumlahnya harus cocok, tiap "
        "perbedaan disebut. Kode keluar 0 sama, 13 ada perbedaan, juga bila --repair "
        "membetulkannya: jalankan sekali lagi setelah putaran berikutnya."
    ),
    epilog=examples(
        """
antrean reconcile
antrean reconcile --date 2026-11-22 --all
antrean reconcile --date 2026-11-22 --repair
"""
    ),
)
@click.option(
    "--date", "tanggal", type=DAY, metavar="TANGGAL", help="Hari pelayanan; tanpa ini hari ini."
)
@click.option(
    "--all", "everything", is_flag=True, help="Tampilkan juga tiap antrean, ketiganya berdampingan."
)
@click.option(
    "--repair", is_flag=True, help="Kirim lagi yang hilang, catat yang sudah ada di BPJS."
)
@csv_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    tanggal: date | None,
    everything: bool,
    repair: bool,
    as_csv: bool,
    as_json: bool,
) -> None:
    from antrean_cli.operator.reconcile import reconcile
    from antrean_cli.render.reconcile import (
        reconciliation_csv,
        reconciliation_document,
        reconciliation_text,
    )

    require_one_form(as_csv=as_csv, as_json=as_json)
    app: App = ctx.obj
    settings = app.settings("bpjs", "khanza")
    now = app.now(settings.policy.zone)
    tanggal = _fit(tanggal or now.date(), now.date(), repair=repair)
    require_ledger(settings)
    shown = sys.stderr.isatty() and not (as_json or as_csv) and not app.quiet
    with ProgressBar("Membandingkan", shown=shown) as bar:
        found = reconcile(settings, tanggal, now, repair=repair, progress=bar.move)
    if as_json:
        click.echo(json_text(reconciliation_document(found, everything=everything)))
    elif as_csv:
        click.echo(reconciliation_csv(found, settings.policy.zone))
    else:
        show(reconciliation_text(found, settings.policy.zone, room(), everything=everything))
    if found.repaired:
        app.say(
            f"{found.repaired} kiriman dibetulkan; yang hilang terkirim pada putaran berikutnya "
            "(antrean sync)."
        )
    if found.error and (as_json or as_csv):
        raise found.error
    if found.error:
        ctx.exit(found.error.exit_code)  # what was printed says why
    if found.differences:
        raise DifferenceError


def _fit(tanggal: date, today: date, *, repair: bool) -> date:
    """Return a day that can be looked at (and mended); raises InputError for any other."""
    if tanggal > today:
        raise InputError(f"--date {tanggal} belum tiba")
    if repair and tanggal < today - MAX_AGE:
        raise InputError(f"--repair paling jauh H-7 ({today - MAX_AGE}); BPJS tidak menerima lagi")
    return tanggal
