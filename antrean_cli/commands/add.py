"""`antrean add`: one tambah antrean, from a JSON file, standard input, options, or a visit."""

import json
from collections.abc import Callable, Mapping
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
from antrean_cli.rules.add_body import add_body
from antrean_cli.rules.add_fields import FIELDS, field_problems, tanggalperiksa_of
from antrean_cli.rules.add_lacks import what_add_lacks
from antrean_cli.rules.codes import Step

if TYPE_CHECKING:
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


def field_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command one option a field of tambah antrean, named as the field."""
    for name, field in reversed(FIELDS.items()):
        whole = field.type is int
        parameter = Whole(*field.bounds) if whole else click.STRING
        function = click.option(
            f"--{name}",
            name,
            type=parameter,
            metavar="ANGKA" if whole else "TEKS",
            help=field.help,
        )(function)
    return function


@subcommand(
    "add",
    help=(
        "Tambah satu antrean di BPJS. Ke-23 isiannya dari BERKAS JSON, dari masukan standar "
        "(-), atau dari kunjungan di Khanza (--no-rawat); pilihan tunggal menggantikan isian "
        "yang bernama sama."
    ),
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
    if not (source or no_rawat or any(value is not None for value in fields.values())):
        raise InputError("beri BERKAS, -, atau --no-rawat NO. Lihat: antrean add --help")
    if source and no_rawat:
        raise InputError("pilih salah satu: BERKAS atau --no-rawat")
    settings = app.settings(*([] if dry_run else ["bpjs"]), *(["khanza"] if no_rawat else []))
    visit, body = None, dict[str, Any]()
    if no_rawat:
        from antrean_cli.operator.find_visit import find_visit

        visit = find_visit(settings, no_rawat)
        body = add_body(visit, settings.policy)
    elif source:
        body = read_body(source)
    body |= {name: value for name, value in fields.items() if value is not None}
    _require_complete(body, visit)
    if dry_run:
        from antrean_cli.render.text import json_text

        click.echo(json_text(body))
        return
    from antrean_cli.operator.manual import ManualCall, refuse_second_add, send

    if visit and not ganda:
        refuse_second_add(settings, body["kodebooking"], visit)
    call = ManualCall(step=Step.ADD, body=body, tanggal=tanggalperiksa_of(body), visit=visit)
    sent = send(settings, call, app.now(settings.policy.zone))
    report(app, sent, body["kodebooking"], "antrean", "isian yang dikirim tidak dipakai", as_json)


def _require_complete(body: Mapping[str, Any], visit: "Visit | None") -> None:
    """Raise InputError that names the fields that cannot be sent, and why a visit has them not."""
    if problems := field_problems(body):
        from antrean_cli.render.reasons import sentence

        reason = what_add_lacks(visit) if visit else None
        because = f" ({sentence(reason)})" if reason else ""
        raise InputError(f"Isian antrean belum dapat dikirim{because}: {'; '.join(problems)}")
