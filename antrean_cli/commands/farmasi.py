"""`antrean farmasi`: one number in the pharmacy's queue, by hand."""

import click

from antrean_cli.console.app import App, own_booking
from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.options import json_option, kodebooking_argument
from antrean_cli.console.output import report
from antrean_cli.console.parameters import OneOf, Whole
from antrean_cli.rules.codes import Step
from antrean_cli.rules.payloads import JENISRESEP, farmasi_body


@subcommand(
    "farmasi",
    help=(
        "Kirim nomor antrean farmasi satu kunjungan. Hanya untuk rumah sakit yang menjalankan "
        "antrean farmasi; dengan ANTREAN_FARMASI=ya, sync mengirimnya sendiri setelah task 5."
    ),
    epilog=examples(
        """
antrean farmasi 2026/11/22/000001 12 --jenisresep Racikan
antrean farmasi 20261122000001 7 --jenisresep "Non racikan"
"""
    ),
)
@kodebooking_argument
@click.argument("nomor", metavar="NOMOR", type=Whole(1, 999_999))
@click.option(
    "--jenisresep",
    type=OneOf(JENISRESEP),
    required=True,
    metavar="JENIS",
    help=f"{', '.join(JENISRESEP)}.",
)
@click.option("--keterangan", default="", metavar="TEKS", help="Keterangan untuk pasien.")
@json_option
@click.pass_obj
def command(
    app: App, kodebooking: str, nomor: int, jenisresep: str, keterangan: str, as_json: bool
) -> None:
    from antrean_cli.operator.manual import ManualCall, send

    settings = app.settings("bpjs")
    kodebooking = own_booking(app, settings, kodebooking)
    now = app.now(settings.policy.zone)
    body = farmasi_body(kodebooking, jenisresep, nomor, keterangan.strip())
    sent = send(settings, ManualCall(step=Step.FARMASI, body=body, tanggal=now.date()), now)
    what = "farmasi" if sent.already else f"farmasi nomor {nomor}"
    report(app, sent, kodebooking, what, f"nomor {nomor} tidak dipakai", as_json)
