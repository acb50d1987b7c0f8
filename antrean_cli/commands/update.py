"""`antrean update`: the time of a task, by hand: one, or a file of many."""

import sys
from contextlib import closing
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import click

from antrean_cli.console.app import App
from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.completion import bookings, files
from antrean_cli.console.input_files import read_text, source_name
from antrean_cli.console.options import json_option
from antrean_cli.console.output import report
from antrean_cli.console.parameters import OneOf, usable_kodebooking
from antrean_cli.console.progress import ProgressBar
from antrean_cli.console.signals import Signals
from antrean_cli.errors import InputError
from antrean_cli.operator.update_file import TASKIDS, typed_time, updates_in
from antrean_cli.rules.payloads import JENISRESEP

if TYPE_CHECKING:
    from antrean_cli.operator.bulk_update import BulkUpdate, LineResult
    from antrean_cli.operator.update_file import Line


@subcommand(
    "update",
    help=(
        "Kirim waktu satu task, atau banyak task dari sebuah berkas. TASKID 1 sampai 7 atau 99."
        " WAKTU dalam zona rumah sakit (ANTREAN_TZ), atau milidetik epoch; tanpa WAKTU berarti "
        "sekarang."
    ),
    epilog=examples(
        """
antrean update 2026/11/22/000001 3
antrean update 2026/11/22/000001 4 "2026-11-22 08:05"
antrean update 2026/11/22/000001 5 1795311900000 --jenisresep Racikan
antrean update --file task12.csv
"""
    ),
)
@click.argument(
    "number",
    metavar="[KODEBOOKING]",
    required=False,
    callback=usable_kodebooking,
    shell_complete=bookings,
)
@click.argument("taskid", metavar="[TASKID]", required=False, type=OneOf(TASKIDS))
@click.argument("waktu", metavar="[WAKTU]", required=False)
@click.option(
    "--jenisresep", type=OneOf(JENISRESEP), metavar="JENIS", help=f"{', '.join(JENISRESEP)}."
)
@click.option(
    "--file",
    "source",
    metavar="BERKAS|-",
    shell_complete=files,
    help=(
        "CSV, satu baris per task: kodebooking,taskid,waktu dan bila perlu jenisresep. Judul "
        "kolom boleh ada; pemisahnya koma atau titik koma."
    ),
)
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    number: str | None,
    taskid: str | None,
    waktu: str | None,
    jenisresep: str | None,
    source: str | None,
    as_json: bool,
) -> None:
    app: App = ctx.obj
    if source is not None:
        if number or jenisresep:
            raise click.UsageError(
                "--file tidak dapat digabung dengan KODEBOOKING atau --jenisresep", ctx
            )
        _send_file(app, source, as_json)
        return
    if number is None or taskid is None:
        raise click.UsageError(f"{'TASKID' if number else 'KODEBOOKING'} belum diberikan", ctx)
    _send_one(app, number, taskid, waktu, jenisresep, as_json)


def _send_one(
    app: App, number: str, taskid: str, waktu: str | None, jenisresep: str | None, as_json: bool
) -> None:
    from antrean_cli.operator.manual import send, time_at_bpjs, update_call

    settings = app.settings("bpjs")
    zone = settings.policy.zone
    now = app.now(zone)
    moment = _moment(waktu, zone, now)
    sent = send(settings, update_call(number, taskid, moment, jenisresep), now)
    if not sent.already or as_json:
        report(app, sent, number, f"task {taskid} {moment:%d-%m-%Y %H:%M:%S}", "", as_json)
        return
    held = time_at_bpjs(settings, number, taskid)
    when = f" dengan waktu {held:%d-%m-%Y %H:%M:%S}" if held else ""
    typed = "waktu sekarang" if waktu is None else "waktu yang diketik"
    unused = "" if held == moment.replace(microsecond=0) else f"; {typed} tidak dipakai"
    app.say(f"{number}: task {taskid} sudah ada di BPJS{when}{unused}")


def _moment(text: str | None, zone: timezone, now: datetime) -> datetime:
    """Return WAKTU as an aware datetime, now if it was left out; raises InputError."""
    if text is None:
        return now.replace(microsecond=0)
    if found := typed_time(text, zone):
        return found
    raise InputError(
        f"WAKTU '{text}' bukan waktu; tulis misalnya \"2026-11-22 08:05\", "
        f"milidetik epoch (13 angka), atau kosongkan"
    )


def _send_file(app: App, source: str, as_json: bool) -> None:
    """Send the updates of a file, tell what becomes of each, and raise what went wrong most."""
    settings = app.settings("bpjs")
    zone = settings.policy.zone
    lines = updates_in(read_text(source), source_name(source), zone)
    from antrean_cli.bpjs.client import Client
    from antrean_cli.ledger.ledger import Ledger
    from antrean_cli.operator.bulk_update import BulkUpdate
    from antrean_cli.render.text import json_text
    from antrean_cli.render.updates import result_document, results_summary

    signals = Signals()
    with Ledger.open(settings.state, zone) as ledger:
        batch = BulkUpdate(
            client=Client(settings.bpjs, connections=settings.workers),
            ledger=ledger,
            policy=settings.policy,
            workers=settings.workers,
            clock=lambda: app.now(zone),
        )
        signals.ends = batch
        results = _send_lines(app, batch, lines, as_json)
    if as_json:
        in_order = sorted(results, key=lambda result: result.line.number)
        click.echo(json_text([result_document(result) for result in in_order]))
    for sentence in results_summary(results):
        app.say(sentence)
    if error := batch.error:
        raise error


def _send_lines(
    app: App, batch: "BulkUpdate", lines: "list[Line]", as_json: bool
) -> "list[LineResult]":
    """Send the lines, and print what becomes of each as soon as it is known."""
    from antrean_cli.render.updates import result_line

    results: list[LineResult] = []
    shown = sys.stderr.isatty() and not app.quiet
    with ProgressBar(shown=shown) as bar, closing(batch.run(lines)) as run:
        for result in run:
            results.append(result)
            if not as_json:
                bar.clear()
                click.echo(result_line(result))
            bar.move(len(lines) - len(results))
    return results
