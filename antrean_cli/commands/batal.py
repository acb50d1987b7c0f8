"""`antrean batal`: one cancel, by hand."""

import click

from antrean_cli.console.app import App, own_booking
from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.options import json_option, kodebooking_argument
from antrean_cli.console.output import report
from antrean_cli.console.prompts import agreed, known_in_words, on_terminal, yes_option
from antrean_cli.errors import InputError
from antrean_cli.rules.codes import Step
from antrean_cli.rules.payloads import batal_body


@subcommand(
    "batal",
    help=(
        "Batalkan satu antrean di BPJS. Pembatalan tidak dapat ditarik kembali; di terminal "
        "ditanyakan dulu."
    ),
    epilog=examples(
        """
antrean batal 2026/11/22/000001 --keterangan "Jadwal dokter berubah"
antrean batal 2026/11/22/000001 --keterangan "Dokter cuti" --yes
"""
    ),
)
@kodebooking_argument
@click.option(
    "--keterangan", required=True, metavar="TEKS", help="Alasan pembatalan, dibaca pasien."
)
@yes_option
@json_option
@click.pass_obj
def command(app: App, kodebooking: str, keterangan: str, yes: bool, as_json: bool) -> None:
    from antrean_cli.operator.manual import ManualCall, send

    if not keterangan.strip():
        raise InputError("--keterangan kosong; tulis alasannya")
    settings = app.settings("bpjs")
    kodebooking = own_booking(app, settings, kodebooking)
    if on_terminal() and not yes:
        known = known_in_words(settings, kodebooking)
        if not agreed(f"Batalkan {kodebooking} ({known})? Tidak dapat ditarik kembali."):
            return
    now = app.now(settings.policy.zone)
    body = batal_body(kodebooking, keterangan)
    sent = send(settings, ManualCall(step=Step.BATAL, body=body, tanggal=now.date()), now)
    report(app, sent, kodebooking, "batal", "keterangan ini tidak dipakai", as_json)
