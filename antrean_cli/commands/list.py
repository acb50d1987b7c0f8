"""`antrean list`: the pushes behind a count."""

from collections.abc import Iterator
from datetime import date

import click

from antrean_cli.console.app import App, reading
from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.options import csv_option, json_option
from antrean_cli.console.output import require_one_form, room, show
from antrean_cli.console.parameters import DAY
from antrean_cli.operator.clinics import clinic_codes
from antrean_cli.operator.push_filter import UNFINISHED, PushFilter, find_pushes
from antrean_cli.render.left_alive import left_alive_section
from antrean_cli.render.pushes import (
    ListedPush,
    listed_push,
    listed_push_document,
    push_csv,
    push_table,
)
from antrean_cli.render.reasons import mentions
from antrean_cli.render.root_causes import causes_sections
from antrean_cli.render.text import json_parts
from antrean_cli.rules.codes import State
from antrean_cli.rules.push import Push, Record
from antrean_cli.rules.reasons import LEFT_ALIVE
from antrean_cli.rules.todo import counted_causes


@subcommand(
    "list",
    help=(
        "Daftar kiriman: yang ditahan, ditolak, menunggu, terkirim, atau ditutup. Tanpa pilihan: "
        "semua yang belum selesai, sejak H-7."
    ),
    epilog=examples(
        """
antrean list --refused
antrean list --held --poli INT
antrean list --sent --date 2026-11-22
antrean list --reason petakan
antrean list --closed --reason lewat
antrean list --csv >kiriman.csv
"""
    ),
)
@click.option("--held", is_flag=True, help="Yang ditahan.")
@click.option("--refused", is_flag=True, help="Yang ditolak BPJS.")
@click.option("--pending", is_flag=True, help="Yang menunggu dikirim.")
@click.option("--sent", is_flag=True, help="Yang sudah ada di BPJS.")
@click.option("--closed", is_flag=True, help="Yang ditutup, juga yang lewat H+7; sejak H-14.")
@click.option("--date", "tanggal", type=DAY, metavar="TANGGAL", help="Hanya hari pelayanan ini.")
@click.option("--poli", default="", metavar="KODE", help="Hanya poli ini (kode Khanza atau BPJS).")
@click.option("--reason", default="", metavar="ALASAN", help="Kode alasan, atau sebagian teksnya.")
@csv_option
@json_option
@click.pass_obj
def command(
    app: App,
    held: bool,
    refused: bool,
    pending: bool,
    sent: bool,
    closed: bool,
    tanggal: date | None,
    poli: str,
    reason: str,
    as_csv: bool,
    as_json: bool,
) -> None:
    require_one_form(as_csv=as_csv, as_json=as_json)
    asked_for = {
        State.HELD: held,
        State.REFUSED: refused,
        State.DUE: pending,
        State.SENDING: pending,
        State.SENT: sent,
        State.ALREADY: sent,
        State.CLOSED: closed,
    }
    states = frozenset(state for state, flag in asked_for.items() if flag)
    wanted = PushFilter(
        states=states or UNFINISHED,
        tanggal=tanggal,
        poli=clinic_codes(app.settings(), poli) if poli else frozenset(),
        reason=reason,
        mentions=mentions,
    )
    with reading(app) as (ledger, now):
        pairs = find_pushes(ledger, wanted, now)  # read as they are used: a bad week has many
        if as_json:
            for part in json_parts(listed_push_document(record, push) for record, push in pairs):
                click.echo(part, nl=False)
            click.echo()
        elif as_csv:
            click.echo(push_csv(pairs))
        else:
            _show(app, pairs)


def _show(app: App, pairs: Iterator[tuple[Record, Push]]) -> None:
    """Print the pushes, and on a terminal what is behind those that are held or refused."""
    rows, alive = list[ListedPush](), list[Record]()
    columns = room()

    def seen() -> Iterator[tuple[Record, Push]]:
        for record, push in pairs:
            rows.append(listed_push(record, push, briefly=columns is not None))
            if push.reason == LEFT_ALIVE:
                alive.append(record)  # what to type for each stands below
            else:
                yield record, push

    causes = counted_causes(seen())
    for part in push_table(rows, columns) if rows else ():
        show(part)
    if left := left_alive_section(alive):
        show(f"\n{left}")
    if columns:
        for section in causes_sections(causes):
            show(f"\n{section}")
    if not rows:
        app.say("Tidak ada yang cocok.")
