"""`antrean retry`: what was refused or held becomes due again, after the data was mended."""

import click

from antrean_cli.console.app import changing, require_known
from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.options import json_option, now_option, push_filter_options
from antrean_cli.console.output import tell_changed
from antrean_cli.console.pass_runner import run_pass_now
from antrean_cli.operator.push_filter import PushFilter
from antrean_cli.operator.queue_admin import retry


@subcommand(
    "retry",
    help=(
        "Coba lagi yang ditolak atau ditahan: satu KODEBOOKING (atau no_rawat), satu TASKID-nya, "
        "semua dengan satu alasan, atau semuanya. Terkirim pada putaran berikutnya. Hanya perlu "
        "untuk yang dibetulkan di luar Khanza (HFIS, VClaim): yang dibetulkan di Khanza terkirim "
        "sendiri."
    ),
    epilog=examples(
        """
antrean retry 2026/11/22/000001
antrean retry 2026/11/22/000001 tambah --now
antrean retry --reason 'Rujukan tidak valid'
antrean retry --all
"""
    ),
)
@click.option("--all", "everything", is_flag=True, help="Semua yang ditolak atau ditahan.")
@push_filter_options
@now_option
@json_option
@click.pass_context
def command(ctx: click.Context, wanted: PushFilter, at_once: bool, as_json: bool) -> None:
    with changing(ctx.obj) as (ledger, policy, now):
        require_known(ledger, wanted.number)
        changed = retry(ledger, wanted, policy, now)
    when = "sekarang" if at_once else "pada putaran berikutnya"
    tell_changed(ctx.obj, changed, f"dicoba lagi {when}", as_json)
    if at_once:
        ctx.exit(run_pass_now(ctx.obj, silently=as_json))
