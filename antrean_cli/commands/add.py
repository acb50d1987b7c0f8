"""`antrean add`: one tambah antrean, from a JSON file, standard input, single options, or a visit
in Khanza.
"""

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import click

from antrean_cli.console.app import App
from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.completion import files
from antrean_cli.console.input_files import read_text, source_name
from antrean_cli.console.options import json_option
from antrean_cli.console.output import report
from antrean_cli.console.parameters import Whole
from antrean_cli.errors import InputError
from antrean_cli.rules.chain import ADD
from antrean_cli.rules.payloads import (
    BOUNDS,
    FIELD_HELP,
    FIELDS,
    add_body,
    field_problems,
    missing,
    service_date,
)

if TYPE_CHECKING:
    from antrean_cli.config.settings import Settings
    from antrean_cli.rules.visits import Visit


def read_body(source: str) -> dict[str, Any]:
    """Return the object in a JSON file, or on standard input for "-"; raises InputError."""
    name = source_name(source)
    try:
        value = json.loads(read_text(source))
    except (ValueError, RecursionError) as error:
        where = f" (baris {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise InputError(f"{name} bukan JSON yang benar{where}") from error
    if not isinstance(value, dict):
        raise InputError(f'{name} harus berisi satu objek JSON {{"kodebooking": …}}')
    return value


def find_visit(settings: "Settings", no_rawat: str) -> "Visit":
    """Return a visit of Khanza's by its no_rawat; raises InputError if there is none."""
    from antrean_cli.khanza.queries import Khanza, Window
    from antrean_cli.ledger.ledger import Ledger
    from antrean_cli.rules.visits import assemble
    from antrean_cli.sync.collect import rows_of
    from antrean_cli.sync.hfis import known_sessions

    found = re.fullmatch(r"(20[0-9]{2})/([0-9]{2})/([0-9]{2})/[0-9]{1,6}", no_rawat)
    try:
        day = date(*map(int, found.groups())) if found else None
    except ValueError:
        day = None
    if day is None:
        raise InputError(f"--no-rawat '{no_rawat}' bukan no_rawat; bentuknya yyyy/mm/dd/nnnnnn")
    with Khanza(settings.khanza) as khanza:
        # The date of a visit may differ by a day from the one in its number.
        first, last = day - timedelta(days=1), day + timedelta(days=1)
        rows = rows_of(khanza, settings.policy, Window(first, last, (no_rawat,)))
        surat_kontrol = khanza.surat_kontrol(first, last)
    if settings.hfis:
        with Ledger.copy(settings.state, settings.policy.zone) as ledger:
            rows = rows._replace(hfis=known_sessions(ledger))
    for visit in assemble(rows._replace(surat_kontrol=surat_kontrol), settings.policy):
        if visit.no_rawat == no_rawat:
            return visit
    raise InputError(f"Kunjungan {no_rawat} tidak ada di Khanza")


def field_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command one option a field of tambah antrean, named as the field."""
    for name, kind in reversed(FIELDS.items()):
        parameter = Whole(*BOUNDS.get(name, (0, 10**17))) if kind is int else click.STRING
        metavar = "ANGKA" if kind is int else "TEKS"
        function = click.option(
            f"--{name}", name, type=parameter, metavar=metavar, help=FIELD_HELP[name]
        )(function)
    return function


@subcommand(
    "add",
    help="Tambah satu antrean di BPJS. Ke-23 isiannya dari BERKAS "
    "JSON, dari masukan standar (-), atau dari "
    "kunjungan di Khanza (--no-rawat); pilihan tunggal menggantikan isian yang bernama sama.",
    epilog=examples(
        """
antrean add antrean.json
antrean add --no-rawat 2026/11/22/000001 --dry-run
antrean add --no-rawat 2026/11/22/000001 --jampraktek 08:00-12:00
cat antrean.json | antrean add - --angkaantrean 12
"""
    ),
)
@click.argument("source", metavar="[BERKAS|-]", required=False, shell_complete=files)
@click.option("--no-rawat", metavar="NO", help="Ambil isian dari kunjungan ini di Khanza.")
@field_options
@click.option("--dry-run", is_flag=True, help="Tampilkan isian yang akan dikirim, tanpa mengirim.")
@click.option(
    "--ganda",
    is_flag=True,
    help="Kirim walau kunjungan ini sudah ada di BPJS dengan kode booking lain.",
)
@json_option
@click.pass_obj
def command(
    app: App,
    /,
    source: str | None,
    no_rawat: str | None,
    dry_run: bool,
    ganda: bool,
    as_json: bool,
    **fields: str | int | None,
) -> None:
    from antrean_cli.render.text import json_text

    if not (source or no_rawat or any(value is not None for value in fields.values())):
        raise InputError("beri BERKAS, -, atau --no-rawat NO. Lihat: antrean add --help")
    if source and no_rawat:
        raise InputError("pilih salah satu: BERKAS atau --no-rawat")
    settings = app.settings(*([] if dry_run else ["bpjs"]), *(["khanza"] if no_rawat else []))
    visit = find_visit(settings, no_rawat) if no_rawat else None
    body = add_body(visit, settings.policy) if visit else read_body(source) if source else {}
    body |= {name: value for name, value in fields.items() if value is not None}
    if problems := field_problems(body):
        reason = missing(visit) if visit else None
        because = f" ({reason.text})" if reason else ""
        raise InputError(f"Isian antrean belum dapat dikirim{because}: {'; '.join(problems)}")
    if dry_run:
        click.echo(json_text(body))
        return
    from antrean_cli.operator.manual import refuse_second, send

    if visit and not ganda:
        refuse_second(settings, body["kodebooking"], visit)
    now = app.now(settings.policy.zone)
    sent = send(settings, ADD, body, tanggal=service_date(body), now=now, visit=visit)
    report(app, sent, body["kodebooking"], "antrean", "isian yang dikirim tidak dipakai", as_json)
