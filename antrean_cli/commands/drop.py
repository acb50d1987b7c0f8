"""`antrean drop`: gives up what nobody can mend, and says why, so that `status` is well again."""

import shlex

import click

from antrean_cli.console.app import changing, require_known
from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.options import json_option, push_filter_options
from antrean_cli.console.output import tell_changed
from antrean_cli.errors import InputError
from antrean_cli.operator.push_filter import PushFilter
from antrean_cli.operator.queue_admin import drop


@subcommand(
    "drop",
    help=(
        "Lepas kiriman yang tidak dapat diperbaiki: tidak dikirim, tidak dihitung. Dengan "
        "KODEBOOKING saja: seluruh antrean itu, dan yang menyusul. Dapat dibatalkan dengan "
        "antrean retry KODEBOOKING."
    ),
    epilog=examples(
        """
antrean drop 2026/11/22/000001 --keterangan "pasien pindah RS"
antrean drop 2026/11/22/000001 5 --keterangan "waktu tidak diketahui"
antrean drop --reason petakan --poli MAT --keterangan "belum kerja sama"
"""
    ),
)
@push_filter_options
@click.option("--keterangan", required=True, metavar="TEKS", help="Alasan melepas; ikut dicatat.")
@json_option
@click.pass_context
def command(ctx: click.Context, wanted: PushFilter, keterangan: str, as_json: bool) -> None:
    if not keterangan.strip():
        raise InputError("--keterangan kosong; tulis alasannya")
    with changing(ctx.obj) as (ledger, policy, now):
        require_known(ledger, wanted.number)
        changed = drop(ledger, wanted, policy, now, keterangan.strip())
    tell_changed(ctx.obj, changed, "dilepas", as_json)
    if wanted.number and not wanted.step:
        number = shlex.quote(wanted.number)
        ctx.obj.say(f"Sisa antrean itu tidak dikirim. Membatalkan: antrean retry {number}")
