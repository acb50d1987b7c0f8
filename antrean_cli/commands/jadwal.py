"""`antrean jadwal`: Khanza's jadwal beside HFIS; `jadwal kirim` tells HFIS what Khanza has."""

from collections.abc import Sequence
from datetime import date, timedelta

import click

from antrean_cli.console.app import App
from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.options import csv_option, json_option
from antrean_cli.console.output import require_one_form
from antrean_cli.console.parameters import DAY
from antrean_cli.console.prompts import consented, yes_option
from antrean_cli.errors import DifferenceError, InputError, RefusedError
from antrean_cli.render.text import json_text

SEND = "kirim"


@subcommand(
    "jadwal",
    help=(
        "Jadwal dokter di Khanza di samping HFIS, pada satu TANGGAL (hari ini): satu POLI (kode "
        "Khanza atau BPJS), atau semua yang buka. Kode keluar 13 bila ada yang beda. Dengan kata "
        "kirim di depan: kirim jadwal seminggu dari Khanza ke HFIS bagi dokter POLI itu yang beda, "
        "atau hanya bagi DOKTER (kode BPJS); berlaku setelah disetujui BPJS, paling cepat besok."
    ),
    epilog=examples(
        """
antrean jadwal
antrean jadwal INT 2026-11-23
antrean jadwal kirim INT --dry-run
antrean jadwal kirim INT 12345 --yes
"""
    ),
)
@click.argument("words", metavar="[kirim] [POLI] [TANGGAL|DOKTER]", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Dengan kirim: tampilkan bedanya saja.")
@yes_option
@csv_option
@json_option
@click.pass_obj
def command(
    app: App, words: tuple[str, ...], dry_run: bool, yes: bool, as_csv: bool, as_json: bool
) -> None:
    sends = bool(words) and words[0].lower() == SEND
    require_one_form(as_csv=as_csv, as_json=as_json)
    if as_csv and sends:
        raise InputError("pilih salah satu: --csv atau kirim")
    if (dry_run or yes) and not sends:
        raise InputError("--dry-run dan --yes hanya dengan kirim: antrean jadwal kirim POLI")
    if sends:
        _send(app, words[1:], dry_run=dry_run, yes=yes, as_json=as_json)
    else:
        _show(app, words, as_csv=as_csv, as_json=as_json)


def _show(app: App, words: Sequence[str], *, as_csv: bool, as_json: bool) -> None:
    if len(words) > 2:
        raise InputError("ketik paling banyak POLI dan TANGGAL: antrean jadwal INT 2026-11-23")
    typed: date | None = DAY.convert(words[1], None, None) if len(words) > 1 else None
    settings = app.settings("bpjs", "khanza")
    day = typed or app.now(settings.policy.zone).date()
    from antrean_cli.bpjs.client import Client
    from antrean_cli.operator.schedules import day_beside
    from antrean_cli.render.schedules import side_document, sides_csv, sides_table

    sides = day_beside(settings, Client(settings.bpjs), words[0] if words else "", day)
    if as_json:
        click.echo(json_text([side_document(one) for one in sides]))
    elif sides:
        click.echo(sides_csv(sides) if as_csv else sides_table(sides))
    else:
        app.say(f"Tidak ada jadwal pada {day:%d-%m-%Y}, di Khanza maupun di HFIS.")
    if any(one.differs for one in sides):
        raise DifferenceError


def _send(app: App, words: Sequence[str], *, dry_run: bool, yes: bool, as_json: bool) -> None:
    if not 1 <= len(words) <= 2 or not words[0].strip():
        raise InputError("kirim perlu POLI, dan boleh satu DOKTER: antrean jadwal kirim INT 12345")
    settings = app.settings("bpjs", "khanza")
    tomorrow = app.now(settings.policy.zone).date() + timedelta(days=1)
    from antrean_cli.bpjs.client import Client
    from antrean_cli.operator.schedules import AllTold, tell_weeks, week_beside
    from antrean_cli.render.schedules import (
        outcomes_document,
        told_text,
        unmapped_text,
        untold_text,
        weeks_table,
    )
    from antrean_cli.rules.listings import kodedokter_of

    client = Client(settings.bpjs)
    kodedokter = kodedokter_of(words[1]) if len(words) > 1 else ""
    weeks, unmapped = week_beside(settings, client, words[0], kodedokter, tomorrow)
    wanted = [week for week in weeks if not week.untold]
    if weeks and not as_json:
        click.echo(weeks_table(weeks))
    for week in weeks:
        if week.untold:
            app.say(untold_text(week, week.untold))
    for doctor in unmapped:
        app.say(unmapped_text(doctor))
    if not weeks:
        app.say("HFIS sama dengan jadwal Khanza; tidak ada yang dikirim.")
    question = f"Kirim jadwal seminggu {len(wanted)} dokter ke HFIS?"
    agreed = bool(wanted) and not dry_run and consented(question, yes=yes)
    told, error = tell_weeks(client, wanted) if agreed else AllTold(())
    if as_json:
        click.echo(json_text(outcomes_document(weeks, told)))
    for one in told:
        app.say(told_text(one))
    if any(not one.refused for one in told):
        app.say("Berlaku setelah disetujui BPJS, paling cepat besok.")
    if error:
        raise error
    if any(one.refused for one in told):
        raise RefusedError("BPJS menolak sebagian jadwal itu; betulkan, lalu kirim lagi")
