"""`antrean show`: all that is known of one visit, and who has to do what."""

import click

from antrean_cli.console.app import App, reading, require_known
from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.completion import bookings
from antrean_cli.console.options import json_option
from antrean_cli.console.output import show
from antrean_cli.console.parameters import usable_kodebooking
from antrean_cli.render.text import json_text
from antrean_cli.sync.read import sessions_of


@subcommand(
    "show",
    help=(
        "Riwayat satu kunjungan: waktu tiap task di Khanza dan asalnya, apa yang dikirim dan "
        "kapan, jawaban BPJS, apa yang kurang, dan siapa harus berbuat apa. Dengan --bpjs: bila"
        " BPJS tidak menjawab atau menolak kredensial, riwayatnya tetap tampil dan kode "
        "keluarnya 5 atau 4."
    ),
    epilog=examples(
        """
antrean show 2026/11/22/000001
antrean show 20261122000001 --bpjs
"""
    ),
)
@click.argument(
    "number", metavar="KODEBOOKING|NO_RAWAT", callback=usable_kodebooking, shell_complete=bookings
)
@click.option("--bpjs", "with_bpjs", is_flag=True, help="Tanyakan juga apa yang dicatat BPJS.")
@json_option
@click.pass_context
def command(ctx: click.Context, number: str, with_bpjs: bool, as_json: bool) -> None:
    from antrean_cli.operator.visit_report import report_unknown, report_visit
    from antrean_cli.render.visit import visit_document, visit_text

    app: App = ctx.obj
    settings = app.settings(*(["bpjs"] if with_bpjs else []))
    with reading(app, missing_ok=with_bpjs) as (ledger, now):
        if not with_bpjs:
            require_known(ledger, number)
        records, sessions = ledger.of_visit(number), sessions_of(settings, ledger)
    reports = [
        report_visit(settings, record, sessions, now, with_bpjs=with_bpjs) for record in records
    ] or [report_unknown(settings, number, now)]
    if as_json:
        click.echo(json_text([visit_document(report) for report in reports]))
    else:
        show("\n\n".join(map(visit_text, reports)))
    for report in reports:
        if report.error:
            ctx.exit(report.error.exit_code)  # the report itself says why
