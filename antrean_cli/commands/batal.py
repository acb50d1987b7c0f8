"""`antrean batal`: one cancel, by hand."""

import click

from antrean_cli.errors import InputError
from antrean_cli.options import App, examples, json_option, kodebooking_argument, report, subcommand
from antrean_cli.rules.chain import BATAL
from antrean_cli.rules.payloads import batal_body


@subcommand(
    "batal",
    help="Batalkan satu antrean di BPJS. Pembatalan tidak dapat ditarik kembali.",
    epilog=examples('antrean batal 2026/11/22/000001 --keterangan "Jadwal dokter berubah"'),
)
@kodebooking_argument
@click.option("--keterangan", required=True, metavar="TEKS", help="Alasan pembatalan, dibaca pasien.")
@json_option
@click.pass_obj
def command(app: App, kodebooking: str, keterangan: str, as_json: bool) -> None:
    from antrean_cli.manual import send

    if not keterangan.strip():
        raise InputError("--keterangan kosong; tulis alasannya")
    settings = app.settings("bpjs")
    now = app.now(settings.policy.zone)
    sent = send(settings, BATAL, batal_body(kodebooking, keterangan), tanggal=now.date(), now=now)
    report(app, sent, kodebooking, "batal", "keterangan ini tidak dipakai", as_json)
