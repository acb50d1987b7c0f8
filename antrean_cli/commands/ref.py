"""`antrean ref`: BPJS's own lists of clinics, doctors and sessions, to fill Khanza's from."""

import shlex
from datetime import date

import click

from antrean_cli.console.app import App
from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.options import json_option
from antrean_cli.console.parameters import DAY, OneOf
from antrean_cli.errors import InputError
from antrean_cli.render.tables import table
from antrean_cli.render.text import json_text
from antrean_cli.rules.codes import CallName

# What a person types, the call, and the headings of its rows.
LISTS = {
    "poli": (CallName.POLI, ("Kode", "Nama poli", "Sub", "Nama subspesialis")),
    "dokter": (CallName.DOKTER, ("Kode dokter", "Nama dokter")),
    "jadwal": (
        CallName.JADWAL,
        ("Kode dokter", "Nama dokter", "Jam praktek", "Kapasitas", "Libur"),
    ),
}


@subcommand(
    "ref",
    help=(
        "Daftar milik BPJS: poli, dokter, atau jadwal HFIS satu POLI (kode BPJS) pada satu "
        "TANGGAL. Untuk mengisi maping_poli_bpjs, maping_dokter_dpjpvclaim, dan jadwal di "
        "Khanza."
    ),
    epilog=examples(
        """
antrean ref poli
antrean ref dokter --cari sari
antrean ref jadwal INT 2026-11-23
"""
    ),
)
@click.argument("what", metavar="poli|dokter|jadwal", type=OneOf(list(LISTS)))
@click.argument("poli", metavar="[POLI]", required=False)
@click.argument("tanggal", metavar="[TANGGAL]", type=DAY, required=False)
@click.option("--cari", default="", metavar="TEKS", help="Hanya baris yang memuat teks ini.")
@json_option
@click.pass_obj
def command(
    app: App, what: str, poli: str | None, tanggal: date | None, cari: str, as_json: bool
) -> None:
    words = _words(what, poli, tanggal)
    from antrean_cli.bpjs.client import Client
    from antrean_cli.operator.lookups import listing

    call, headings = LISTS[what]
    found = listing(Client(app.settings("bpjs").bpjs), call, *words)
    rows = [row for row in found if cari.lower() in " ".join(map(str, row)).lower()]
    if as_json:
        click.echo(json_text([row._asdict() for row in rows]))
    elif rows:
        click.echo(table(headings, [_cells(row) for row in rows], 22))
    else:
        app.say("Tidak ada yang cocok." if found else "BPJS tidak punya data untuk itu.")


def _words(what: str, poli: str | None, tanggal: date | None) -> tuple[str, ...]:
    if what == "jadwal":
        if not poli or not tanggal:
            raise InputError(
                "jadwal perlu POLI (kode BPJS) dan TANGGAL, misalnya: "
                "antrean ref jadwal INT 2026-11-23"
            )
        if not poli.strip("."):
            raise InputError(f"POLI {poli} bukan kode poli BPJS; lihat: antrean ref poli")
        return poli.upper(), tanggal.isoformat()
    if poli:
        raise InputError(
            f"{what} tidak perlu POLI; untuk mencari ketik: "
            f"antrean ref {what} --cari {shlex.quote(poli)}"
        )
    return ()


def _cells(row: tuple[object, ...]) -> list[object]:
    return [("ya" if cell else "") if isinstance(cell, bool) else cell for cell in row]
