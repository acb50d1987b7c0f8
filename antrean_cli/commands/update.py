"""`antrean update`: the time of a task, by hand: one, or a file of many."""

import sys
import time
from contextlib import closing
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import click

from antrean_cli.console.app import App, own_booking
from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.completion import bookings, files
from antrean_cli.console.input_files import read_text, source_name
from antrean_cli.console.options import json_option
from antrean_cli.console.output import report
from antrean_cli.console.parameters import OneOf, usable_kodebooking
from antrean_cli.console.progress import ProgressBar
from antrean_cli.console.prompts import agreed, known_in_words, on_terminal, yes_option
from antrean_cli.console.signals import Signals
from antrean_cli.errors import AntreanError, InputError
from antrean_cli.operator.update_file import TASKIDS, typed_time, updates_in
from antrean_cli.rules.codes import Step
from antrean_cli.rules.payloads import JENISRESEP

if TYPE_CHECKING:
    from antrean_cli.config.settings import Settings
    from antrean_cli.ledger.ledger import Ledger
    from antrean_cli.operator.bulk_update import LineResult
    from antrean_cli.operator.manual import ManualCall
    from antrean_cli.operator.update_file import Line


@subcommand(
    "update",
    help=(
        "Kirim waktu satu task, atau banyak task dari sebuah berkas. TASKID 1 sampai 7 atau 99."
        " WAKTU dalam zona rumah sakit (ANTREAN_TZ), atau milidetik epoch; tanpa WAKTU berarti "
        "sekarang. Waktu sekarang dan task 99 di terminal ditanyakan dulu. "
        "Bila antreannya belum ada di BPJS, task disimpan dan dikirim otomatis setelah "
        "ada."
    ),
    epilog=examples(
        """
antrean update 2026/11/22/000001 3
antrean update 2026/11/22/000001 4 "2026-11-22 08:05"
antrean update 2026/11/22/000001 99 --yes
antrean update 2026/11/22/000001 5 1795311900000 --jenisresep Racikan
antrean update --file task12.csv
antrean update --file task12.csv --queue
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
@click.option(
    "--queue",
    is_flag=True,
    help="Simpan saja; putaran berikutnya mengirimnya sesuai urutan, sebelum task 3.",
)
@yes_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    number: str | None,
    taskid: str | None,
    waktu: str | None,
    jenisresep: str | None,
    source: str | None,
    queue: bool,
    yes: bool,
    as_json: bool,
) -> None:
    app: App = ctx.obj
    if source is not None:
        if number or jenisresep:
            raise click.UsageError(
                "--file tidak dapat digabung dengan KODEBOOKING atau --jenisresep", ctx
            )
        _settle_file(app, source, queue=queue, as_json=as_json)
        return
    if number is None or taskid is None:
        raise click.UsageError(f"{'TASKID' if number else 'KODEBOOKING'} belum diberikan", ctx)
    unasked = yes or queue
    _settle_one(
        app, number, taskid, waktu, jenisresep, queue=queue, unasked=unasked, as_json=as_json
    )


def _settle_one(
    app: App,
    number: str,
    taskid: str,
    waktu: str | None,
    jenisresep: str | None,
    *,
    queue: bool,
    unasked: bool,
    as_json: bool,
) -> None:
    """Send or keep the time of one task, and tell what became of it.

    BPJS takes no time back: one that was not typed, and a 99, is asked for first on a terminal.
    """
    settings = app.settings(*_needs(queue))
    now = app.now(settings.policy.zone)
    moment = _moment(waktu, settings.policy.zone, now)
    number = own_booking(app, settings, number)
    from antrean_cli.operator.kept_updates import keep_unsent, send_or_keep
    from antrean_cli.operator.manual import update_call

    rash = waktu is None or taskid == Step.TASK_99
    if rash and not unasked and on_terminal() and not _meant(settings, number, taskid, moment):
        return
    call = update_call(number, taskid, moment, jenisresep)
    sent = (keep_unsent if queue else send_or_keep)(settings, call, now)
    if sent.already and not (queue or as_json):
        _tell_time_at_bpjs(app, settings, call, typed=waktu is not None)
        return
    what = f"task {taskid} {moment:%d-%m-%Y %H:%M:%S}"
    report(app, sent, number, what, "waktu di BPJS tidak diganti", as_json)


def _meant(settings: "Settings", number: str, taskid: str, moment: datetime) -> bool:
    """Ask whether a task is meant to be sent with this time."""
    what = "task 99 (batal)" if taskid == Step.TASK_99 else f"task {taskid}"
    known = known_in_words(settings, number)
    return agreed(
        f"Kirim {what} untuk {number} ({known}) dengan waktu {moment:%d-%m-%Y %H:%M:%S}? "
        "Tidak dapat ditarik kembali."
    )


def _needs(queue: bool) -> list[str]:
    """Return what the settings are needed for: what is kept calls nobody."""
    return [] if queue else ["bpjs"]


def _tell_time_at_bpjs(app: App, settings: "Settings", call: "ManualCall", *, typed: bool) -> None:
    """Say that BPJS had the task before, and with which time."""
    from antrean_cli.operator.manual import time_at_bpjs

    held = time_at_bpjs(settings, call.kodebooking, call.step)
    when = f" dengan waktu {held:%d-%m-%Y %H:%M:%S}" if held else ""
    same = call.waktu is not None and held == call.waktu.replace(microsecond=0)
    ours = "waktu yang diketik" if typed else "waktu sekarang"
    unused = "" if same else f"; {ours} tidak dipakai"
    app.say(f"{call.kodebooking}: task {call.step} sudah ada di BPJS{when}{unused}")


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


def _settle_file(app: App, source: str, *, queue: bool, as_json: bool) -> None:
    """Send or keep the updates of a file, tell what becomes of each, raise what went most wrong."""
    settings = app.settings(*_needs(queue))
    zone = settings.policy.zone
    lines = updates_in(read_text(source), source_name(source), zone)
    from antrean_cli.ledger.ledger import Ledger
    from antrean_cli.operator.which_booking import with_known_bookings
    from antrean_cli.render.text import json_text
    from antrean_cli.render.updates import result_document, results_summary

    settled = _kept if queue else _sent
    signals = Signals()
    with Ledger.open(settings.state, zone) as ledger:
        lines = with_known_bookings(ledger, lines)
        results, error = settled(app, settings, ledger, lines, signals, as_json)
    if as_json:
        in_order = sorted(results, key=lambda result: result.line.number)
        click.echo(json_text([result_document(result) for result in in_order]))
    for sentence in results_summary(results):
        app.say(sentence)
    if error:
        raise error


def _kept(
    app: App,
    settings: "Settings",
    ledger: "Ledger",
    lines: "list[Line]",
    _: Signals,
    as_json: bool,
) -> "tuple[list[LineResult], AntreanError | None]":
    """Keep the lines for a pass to send, and print what becomes of each."""
    from antrean_cli.operator.bulk_update import keep_file
    from antrean_cli.render.updates import result_line

    results, error = keep_file(ledger, settings.policy, lines, app.now(settings.policy.zone))
    for result in () if as_json else results:
        click.echo(result_line(result))
    return results, error


def _sent(
    app: App,
    settings: "Settings",
    ledger: "Ledger",
    lines: "list[Line]",
    signals: Signals,
    as_json: bool,
) -> "tuple[list[LineResult], AntreanError | None]":
    """Send the lines, and print what becomes of each as soon as it is known."""
    from antrean_cli.bpjs.client import Client
    from antrean_cli.operator.bulk_update import BulkUpdate
    from antrean_cli.operator.patience import Patience
    from antrean_cli.render.updates import result_line
    from antrean_cli.rules.pacing import MOST, Pacing

    now = app.now(settings.policy.zone)
    pacing = Pacing.beginning(settings.workers, ledger.pass_state().pace, time.monotonic(), now)
    batch = BulkUpdate(
        client=Client(settings.bpjs, connections=settings.workers or MOST),
        ledger=ledger,
        policy=settings.policy,
        patience=Patience(pacing=pacing),
        clock=lambda: app.now(settings.policy.zone),
    )
    signals.ends = batch
    results: list[LineResult] = []
    shown = sys.stderr.isatty() and not app.quiet
    with ProgressBar(shown=shown) as bar, closing(batch.run(lines)) as run:
        for result in run:
            results.append(result)
            if not as_json:
                bar.clear()
                click.echo(result_line(result))
            bar.move(len(lines) - len(results))
    return results, batch.error
