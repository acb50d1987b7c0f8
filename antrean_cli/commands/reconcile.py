"""`antrean reconcile`: the proof that BPJS holds what Khanza recorded, and what to do where it does not."""

import sys
from datetime import date

import click

from antrean_cli import views
from antrean_cli.commands.running import Bar
from antrean_cli.errors import DifferenceError, InputError, TemporaryError
from antrean_cli.options import DAY, App, examples, json_option, require_ledger, show, subcommand
from antrean_cli.rules.chain import MAX_AGE


@subcommand(
    "reconcile",
    help="Bukti satu hari: catatan Khanza, ledger, dan yang dipegang BPJS, berdampingan untuk tiap antrean. Jumlahnya "
    "harus cocok, dan tiap perbedaan disebut. Kode keluar 0 sama, 13 ada perbedaan.",
    epilog=examples(
        """
antrean reconcile
antrean reconcile --date 2026-11-22
antrean reconcile --date 2026-11-22 --repair
"""
    ),
)
@click.option("--date", "tanggal", type=DAY, metavar="TANGGAL", help="Hari pelayanan; tanpa ini hari ini.")
@click.option("--repair", "mend", is_flag=True, help="Kirim lagi yang hilang, catat yang sudah ada di BPJS.")
@json_option
@click.pass_obj
def command(app: App, tanggal: date | None, mend: bool, as_json: bool) -> None:
    from antrean_cli import boards
    from antrean_cli.bpjs import Client
    from antrean_cli.ledger import Ledger
    from antrean_cli.reconcile import Reconciliation, cases, look_again, reconcile, repair, without_in_flight

    settings = app.settings("bpjs", "khanza")
    zone = settings.policy.zone
    now = app.now(zone)
    tanggal = tanggal or now.date()
    if tanggal > now.date():
        raise InputError(f"--date {tanggal} belum tiba")
    if mend and tanggal < now.date() - MAX_AGE:
        raise InputError(f"--repair paling jauh H-7 ({now.date() - MAX_AGE}); BPJS tidak menerima lagi")
    require_ledger(settings)
    client, result = Client(settings.bpjs, connections=settings.workers), Reconciliation(tanggal=tanggal)
    with Ledger.copy(settings.state, zone) as ledger:
        found = cases(settings, ledger, tanggal, now)
    with Bar("Membandingkan", shown=sys.stderr.isatty() and not as_json and not app.quiet) as bar:
        for waiting in reconcile(settings, client, found, result, now):
            bar.move(waiting)
    with Ledger.copy(settings.state, zone) as ledger:
        look_again(settings, client, ledger, result, now)
    with Ledger.copy(settings.state, zone) as ledger:
        without_in_flight(ledger, result)
    mended = 0
    if mend:
        with Ledger.open(settings.state, zone) as ledger:
            mended = repair(settings, ledger, result, now)
    if as_json:
        click.echo(views.document(boards.reconciled_document(result, mended)))
    else:
        show(boards.reconciled(result, zone))
    if mended:
        app.say(f"{mended} kiriman dibetulkan; yang hilang terkirim pada putaran berikutnya (antrean sync).")
    if result.unanswered:
        raise TemporaryError("" if not as_json else f"{result.unanswered} antrean tidak dijawab BPJS")
    if result.differences:
        raise DifferenceError
