"""`antrean update`: the time of a task, by hand: one, or a file of many."""

import csv
import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import click

from antrean_cli.config.settings import ZONES
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
from antrean_cli.rules.payloads import (
    JENISRESEP,
    KODEBOOKING_FORM,
    fit_kodebooking,
    milliseconds,
    update_body,
)
from antrean_cli.rules.visits import WIB

if TYPE_CHECKING:
    from antrean_cli.operator.bulk_update import Batch, Line, Result

TASKIDS = ("1", "2", "3", "4", "5", "6", "7", "99")
HEADER = ["kodebooking", "taskid", "waktu"]
MOST_PROBLEMS = 5  # of a file that are told
WORDS = {
    "sent": "diterima BPJS",
    "already": "sudah ada di BPJS",
    "refused": "ditolak BPJS",
    "failed": "gagal",
    "skipped": "tidak dikirim",
}


# As antrean and BPJS show a time.
_SHOWN = re.compile(r"(\d\d)-(\d\d)-(20\d\d) (\d\d:\d\d(?::\d\d)?)(?: (WIB|WITA|WIT))?")
_NAMED = {zone.tzname(None): zone for zone in ZONES.values()}


def parse_waktu(text: str | None, zone: timezone, now: datetime) -> datetime:
    """Return WAKTU as an aware datetime: a time in the hospital's zone, epoch ms, or now; raises
    InputError.
    """
    if text is None:
        return now.replace(microsecond=0)
    if found := _moment(text, zone):
        return found
    raise InputError(
        f"WAKTU '{text}' bukan waktu; tulis misalnya \"2026-11-22 08:05\", "
        f"milidetik epoch (13 angka), atau kosongkan"
    )


def _moment(text: str, zone: timezone) -> datetime | None:
    try:
        if re.fullmatch(r"[0-9]{13}", text):
            return datetime.fromtimestamp(int(text) / 1000, zone)
        if re.fullmatch(r"20\d\d-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?", text):
            return datetime.fromisoformat(text).replace(tzinfo=zone)
        if found := _SHOWN.fullmatch(text):
            day, month, year, clock, named = found.groups()
            waktu = datetime.fromisoformat(f"{year}-{month}-{day} {clock}")
            return waktu.replace(tzinfo=_NAMED.get(named, zone)).astimezone(zone)
    except ValueError:
        pass  # such as the 31st of February: no time either
    return None


# -- many, from a file


def read_lines(source: str, zone: timezone) -> "list[Line]":
    """Return the updates of a CSV file, or of standard input for "-", none if it has a header
    alone.

    Raises InputError with the lines that cannot be used; what stands in them is not repeated, for
    it may be anything.
    """
    name = source_name(source)
    lines, problems, empty = [], [], True
    for number, cells in _rows(read_text(source)):
        if empty and [cell.lower() for cell in cells[:3]] == HEADER:
            empty = False
            continue
        empty = False
        try:
            lines.append(_line(number, cells, zone))
        except InputError as error:
            problems.append(f"baris {number}: {error}")
    if empty:
        raise InputError(f"{name} kosong; isinya satu baris per task: kodebooking,taskid,waktu")
    if problems:
        shown = problems[:MOST_PROBLEMS]
        more = (
            [f"dan {len(problems) - MOST_PROBLEMS} baris lain"]
            if len(problems) > MOST_PROBLEMS
            else []
        )
        raise InputError(
            "\n  ".join([f"{name} tidak dapat dipakai, tidak ada yang dikirim:", *shown, *more])
        )
    return lines


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines that are not blank as (number, cells); a line that is no CSV has no cells."""
    delimiter = ""
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        if not line.strip(" \t,;"):  # Excel leaves rows of nothing but delimiters
            continue
        delimiter = delimiter or (
            ";" if line.count(";") >= 2 else ","
        )  # Indonesian Excel writes semicolons
        try:
            (cells,) = csv.reader([line], delimiter=delimiter, strict=True)
        except csv.Error:
            cells = []
        yield number, [cell.strip() for cell in cells]


def _line(number: int, cells: list[str], zone: timezone) -> "Line":
    """Return one update; raises InputError."""
    from antrean_cli.operator.bulk_update import Line

    if len(cells) < 3 or any(cells[4:]):
        raise InputError("harus kodebooking,taskid,waktu")
    kodebooking, taskid, waktu, jenisresep = (*cells, "")[:4]
    moment = _moment(waktu, zone)
    if not fit_kodebooking(kodebooking):
        raise InputError(f"kodebooking {KODEBOOKING_FORM}")
    if taskid not in TASKIDS:
        raise InputError("taskid harus 1 sampai 7 atau 99")
    if moment is None:
        raise InputError("waktu harus seperti 2026-11-22 08:05 atau milidetik epoch (13 angka)")
    known = {"": None, **{name.lower(): name for name in JENISRESEP}}
    if jenisresep.lower() not in known:
        raise InputError(f"jenisresep harus {', '.join(JENISRESEP)}, atau kosong")
    jenis = known[jenisresep.lower()]
    return Line(
        number=number, kodebooking=kodebooking, taskid=taskid, waktu=moment, jenisresep=jenis
    )


def _send_file(app: App, source: str, as_json: bool) -> None:
    """Send the updates of a file and tell what becomes of each; raises what weighs most of what
    went wrong.
    """
    settings = app.settings("bpjs")
    zone = settings.policy.zone
    lines = read_lines(source, zone)
    from antrean_cli.bpjs.client import Client
    from antrean_cli.ledger.ledger import Ledger
    from antrean_cli.operator.bulk_update import Batch

    signals = Signals()
    with Ledger.open(settings.state, zone) as ledger:
        batch = Batch(
            client=Client(settings.bpjs, connections=settings.workers),
            ledger=ledger,
            policy=settings.policy,
            workers=settings.workers,
            clock=lambda: app.now(zone),
        )
        signals.ends = batch
        results = _told(app, batch, lines, as_json)
    if as_json:
        from antrean_cli.render.text import json_text

        in_order = sorted(results, key=lambda result: result.line.number)
        click.echo(json_text([_document(result) for result in in_order]))
    _sum_up(app, results)
    if error := batch.error:
        raise error


def _told(app: App, batch: "Batch", lines: "list[Line]", as_json: bool) -> "list[Result]":
    results: list[Result] = []
    with (
        ProgressBar(shown=sys.stderr.isatty() and not app.quiet) as bar,
        closing(batch.run(lines)) as run,
    ):
        for result in run:
            results.append(result)
            if not as_json:
                bar.clear()
                click.echo(_sentence(result))
            bar.move(len(lines) - len(results))
    return results


def _sentence(result: "Result") -> str:
    line, words = result.line, WORDS[result.outcome]
    if result.outcome == "already":
        words += "; waktu di BPJS tidak diganti"
    if result.outcome not in ("sent", "already"):
        words += f": {result.message or 'tanpa keterangan'}" + (
            f" (kode {result.code})" if result.code else ""
        )
    return (
        f"baris {line.number}: {line.kodebooking} task {line.taskid} "
        f"{line.waktu:%d-%m-%Y %H:%M:%S}: {words}"
    )


def _document(result: "Result") -> dict[str, Any]:
    line = result.line
    return {
        "line": line.number,
        "kodebooking": line.kodebooking,
        "taskid": line.taskid,
        "waktu": milliseconds(line.waktu),
        "outcome": result.outcome,
        "code": result.code,
        "message": result.message,
    }


def _sum_up(app: App, results: "list[Result]") -> None:
    counts = Counter(result.outcome for result in results)
    parts = [f"{counts[outcome]} {words}" for outcome, words in WORDS.items() if counts[outcome]]
    app.say(
        f"{len(results)} baris: {', '.join(parts)}" if results else "Tidak ada baris untuk dikirim."
    )
    if counts["failed"] or counts["skipped"]:
        app.say("Berkas yang sama boleh dikirim lagi: yang sudah ada di BPJS tidak menjadi ganda.")


@subcommand(
    "update",
    help="Kirim waktu satu task, atau banyak task dari sebuah berkas. "
    "TASKID 1 sampai 7 atau 99. WAKTU dalam zona "
    "rumah sakit (ANTREAN_TZ), atau milidetik epoch; tanpa WAKTU berarti sekarang.",
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
    help="CSV, satu baris per task: kodebooking,taskid,waktu dan bila "
    "perlu jenisresep. Judul kolom boleh ada; "
    "pemisahnya koma atau titik koma.",
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
    from antrean_cli.operator.manual import held_at_bpjs, send

    settings = app.settings("bpjs")
    zone = settings.policy.zone
    now = app.now(zone)
    moment = parse_waktu(waktu, zone, now)
    body = update_body(number, taskid, moment, jenisresep)
    sent = send(
        settings, taskid, body, tanggal=moment.astimezone(WIB).date(), waktu=moment, now=now
    )
    if not sent.already or as_json:
        report(app, sent, number, f"task {taskid} {moment:%d-%m-%Y %H:%M:%S}", "", as_json)
        return
    held = held_at_bpjs(settings, number, taskid)
    when = f" dengan waktu {held:%d-%m-%Y %H:%M:%S}" if held else ""
    typed = "waktu sekarang" if waktu is None else "waktu yang diketik"
    unused = "" if held == moment.replace(microsecond=0) else f"; {typed} tidak dipakai"
    app.say(f"{number}: task {taskid} sudah ada di BPJS{when}{unused}")
