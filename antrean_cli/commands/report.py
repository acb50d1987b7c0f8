"""`antrean report`: what the hospital is judged by, over a period."""

from calendar import monthrange
from datetime import date, timedelta
from pathlib import Path

import click

from antrean_cli.console.app import App, reading
from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.options import html_option, json_option
from antrean_cli.console.output import Forms, require_one_form, tell_in_form
from antrean_cli.console.parameters import DAY, MONTH, OneOf
from antrean_cli.errors import InputError, worst
from antrean_cli.operator.report import GatheredReport, gather_report
from antrean_cli.render.report import report_csv, report_document, report_text
from antrean_cli.render.report_page import report_page
from antrean_cli.rules.report import By

LONGEST = timedelta(days=366)


@subcommand(
    "report",
    help=(
        "Laporan satu masa: berapa SEP yang punya antrean, task yang lengkap, waktu tunggu, dan "
        "sebab yang hilang. Tanpa pilihan: bulan ini sampai hari ini. Dengan --bpjs di samping "
        "angka dashboard BPJS sendiri."
    ),
    epilog=examples(
        """
antrean report
antrean report --month 2026-10 --by dokter
antrean report --since 2026-11-01 --until 2026-11-15 --csv >laporan.csv
antrean report --month 2026-10 --html laporan.html
antrean report --month 2026-10 --bpjs
"""
    ),
)
@click.option("--month", type=MONTH, metavar="BULAN", help="Satu bulan, misalnya 2026-11.")
@click.option("--since", type=DAY, metavar="TANGGAL", help="Hari pelayanan pertama.")
@click.option("--until", type=DAY, metavar="TANGGAL", help="Hari pelayanan terakhir.")
@click.option(
    "--by",
    type=OneOf([by.value for by in By]),
    default=By.POLI.value,
    metavar="APA",
    help="Rincian menurut tanggal, poli, dokter, jenis, jam, atau hari (poli).",
)
@click.option(
    "--bpjs",
    "with_bpjs",
    is_flag=True,
    help=(
        "Tambah dashboard waktu tunggu BPJS: satu bulan penuh dua panggilan, hari lain dua per "
        "hari. CSV-nya menurut poli BPJS."
    ),
)
@click.option("--csv", "as_csv", is_flag=True, help="Rincian sebagai CSV untuk Excel.")
@html_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    month: date | None,
    since: date | None,
    until: date | None,
    by: str,
    with_bpjs: bool,
    as_csv: bool,
    html: Path | None,
    as_json: bool,
) -> None:
    app: App = ctx.obj
    require_one_form(as_csv=as_csv, as_json=as_json, html=html)
    if with_bpjs and as_csv and by != By.POLI:
        raise InputError("CSV dengan --bpjs selalu menurut poli BPJS; hapus --by")
    settings = app.settings("khanza", *(["bpjs"] if with_bpjs else []))
    today = app.now(settings.policy.zone).date()
    first, last = _period(month, since, until, today)
    with reading(app) as (ledger, _):
        gathered = gather_report(settings, ledger, first, last, today)
    if with_bpjs:
        from antrean_cli.operator.dashboard import gather_dashboard

        at_bpjs = gather_dashboard(settings, gathered.report, gathered.clinics, today)
        gathered = gathered._replace(at_bpjs=at_bpjs)
    forms = Forms(
        text=lambda: report_text(gathered, By(by)),
        csv=lambda: report_csv(gathered, By(by)),
        document=lambda: report_document(gathered),
        page=lambda: report_page(gathered),
        written="Laporan ditulis ke",
    )
    tell_in_form(app, forms, as_csv=as_csv, as_json=as_json, html=html)
    _fail(app, gathered)


def _fail(app: App, gathered: GatheredReport) -> None:
    """Raise what counts of the errors that left something out, and tell the other."""
    errors = [gathered.error, gathered.at_bpjs.error if gathered.at_bpjs else None]
    found = {error.exit_code: error for error in errors if error}
    counts = worst(found)
    for error in filter(None, errors):
        if error is not found.get(counts):
            app.say(str(error))
    if counts:
        raise found[counts]


def _period(
    month: date | None, since: date | None, until: date | None, today: date
) -> tuple[date, date]:
    """Return the first and the last day that are meant; raises InputError for none."""
    if month and (since or until):
        raise InputError("pilih --month, atau --since dan --until")
    if month:
        first = month
        last = month.replace(day=monthrange(month.year, month.month)[1])
    else:
        last = until or today
        first = since or last.replace(day=1)
    if first > today:
        raise InputError(f"{first} belum tiba")
    if first > last:
        raise InputError(f"--since {first} sesudah --until {last}")
    if last - first > LONGEST:
        raise InputError("paling panjang satu tahun; pendekkan masanya dengan --since")
    return first, min(last, today)
