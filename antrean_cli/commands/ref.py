"""`antrean ref`: BPJS's own lists, to fill Khanza's from and to look things up in."""

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import click

from antrean_cli.console.app import App
from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.options import csv_option, json_option
from antrean_cli.console.output import require_one_form
from antrean_cli.console.parameters import DAY, MONTH, OneOf
from antrean_cli.console.prompts import answer_to
from antrean_cli.errors import InputError
from antrean_cli.render.text import json_text
from antrean_cli.render.words import HARI
from antrean_cli.rules.add_fields import KODEBOOKING_FORM, is_kodebooking
from antrean_cli.rules.codes import CallName
from antrean_cli.rules.payloads import patient_words
from antrean_cli.rules.sessions import hours_of

Asked = tuple[CallName, tuple[str, ...]]  # a call and its words


class _List(NamedTuple):
    """One list: what is typed behind its name, an example of that, and what it is asked by."""

    needs: str
    example: str
    asked: Callable[[Sequence[str]], Asked]
    least: int = 0  # words
    most: int = 0


def _kodepoli(typed: str) -> str:
    """Return a clinic's code as BPJS spells it; raises InputError."""
    if not typed.strip("."):
        raise InputError(f"POLI {typed} bukan kode poli BPJS; lihat: antrean ref poli")
    return typed.upper()


def _day(typed: str) -> str:
    return DAY.convert(typed, None, None).isoformat()


def _jadwal(words: Sequence[str]) -> Asked:
    return CallName.JADWAL, (_kodepoli(words[0]), _day(words[1]))


def _antrean(words: Sequence[str]) -> Asked:
    """Return the call for a day's bookings, or for one of them."""
    (typed,) = words
    if re.fullmatch(r"\d{4}-\d\d-\d\d|\d\d-\d\d-\d{4}", typed):
        return CallName.PER_TANGGAL, (_day(typed),)
    if not is_kodebooking(typed):
        raise InputError(f"KODEBOOKING {KODEBOOKING_FORM}")
    return CallName.PER_KODEBOOKING, (typed,)


def _menunggu(words: Sequence[str]) -> Asked:
    poli, dokter, hari, jam = words
    if not re.fullmatch(r"[0-9]{1,18}", dokter):
        raise InputError(f"DOKTER {dokter} bukan kode dokter BPJS; lihat: antrean ref dokter")
    days = [one.lower() for one in HARI]
    number = str(days.index(hari.lower())) if hari.lower() in days else hari
    if not re.fullmatch(r"[1-7]", number, re.ASCII):
        raise InputError(f"HARI {hari} tidak dikenal; tulis senin sampai minggu, atau 1 sampai 7")
    if hours_of(jam) is None:
        raise InputError(f"JAM {jam} bukan jam praktek; tulis misalnya 08:00-14:00")
    return CallName.BELUM_DILAYANI, (_kodepoli(poli), dokter, number, jam)


def _dashboard(words: Sequence[str]) -> Asked:
    waktu = words[1] if len(words) > 1 else "rs"
    if waktu not in ("rs", "server"):
        raise InputError(f"WAKTU harus rs atau server, bukan {waktu}")
    if re.fullmatch(r"\d{4}-\d\d", words[0]):
        month = MONTH.convert(words[0], None, None)
        return CallName.WAKTU_BULAN, (f"{month:%m}", f"{month:%Y}", waktu)
    return CallName.WAKTU_TANGGAL, (_day(words[0]), waktu)


def _pasien_fp(_: Sequence[str]) -> Asked:
    """Read the patient's number: on the command line all users of the computer would see it."""
    words = patient_words(answer_to("NIK (16 angka) atau nomor kartu (13 angka): "))
    if words is None:
        raise InputError("nomor itu bukan NIK (16 angka) dan bukan nomor kartu (13 angka)")
    return CallName.PASIEN_FP, words


def _all(call: CallName) -> Callable[[Sequence[str]], Asked]:
    return lambda _: (call, ())


LISTS: Mapping[str, _List] = {
    "poli": _List("", "", _all(CallName.POLI)),
    "dokter": _List("", "", _all(CallName.DOKTER)),
    "jadwal": _List("POLI (kode BPJS) dan TANGGAL", "INT 2026-11-23", _jadwal, 2, 2),
    "poli-fp": _List("", "", _all(CallName.POLI_FP)),
    "pasien-fp": _List("", "", _pasien_fp),
    "antrean": _List("TANGGAL atau KODEBOOKING", "2026-11-23", _antrean, 1, 1),
    "aktif": _List("", "", _all(CallName.AKTIF)),
    "menunggu": _List(
        "POLI, DOKTER (kode BPJS), HARI, dan JAM", "INT 12345 senin 08:00-14:00", _menunggu, 4, 4
    ),
    "dashboard": _List("TANGGAL atau BULAN", "2026-11 server", _dashboard, 1, 2),
}


@subcommand(
    "ref",
    help=(
        "Daftar milik BPJS. Tanpa kata lain: poli, dokter, poli-fp (wajib sidik jari), aktif "
        "(antrean yang belum dilayani), dan pasien-fp (sidik jari satu pasien; NIK atau nomor "
        "kartunya ditanyakan, atau dibaca dari masukan standar). Lainnya: jadwal POLI TANGGAL "
        "(HFIS), antrean TANGGAL atau KODEBOOKING, menunggu POLI DOKTER HARI JAM, dashboard "
        "TANGGAL atau BULAN, lalu rs atau server."
    ),
    epilog=examples(
        """
antrean ref poli
antrean ref dokter --cari sari
antrean ref jadwal INT 2026-11-23
antrean ref antrean 2026-11-23 --csv >antrean.csv
antrean ref menunggu INT 12345 senin 08:00-14:00
antrean ref dashboard 2026-11 server
"""
    ),
)
@click.argument("what", metavar="poli|dokter|jadwal|…", type=OneOf(list(LISTS)))
@click.argument("words", metavar="[KATA]…", nargs=-1)
@click.option("--cari", default="", metavar="TEKS", help="Hanya baris yang memuat teks ini.")
@csv_option
@json_option
@click.pass_obj
def command(
    app: App, what: str, words: tuple[str, ...], cari: str, as_csv: bool, as_json: bool
) -> None:
    require_one_form(as_csv=as_csv, as_json=as_json)
    settings = app.settings("bpjs")
    call, asked_by = _asked(what, words)
    from antrean_cli.bpjs.client import Client
    from antrean_cli.operator.lookups import asked
    from antrean_cli.render.catalogue import catalogue_csv, catalogue_table, shown

    found = asked(Client(settings.bpjs), call, *asked_by, missing_ok=True).response
    rows = [row for row in found if cari.lower() in " ".join(map(str, shown(row).values())).lower()]
    if as_json:
        click.echo(json_text([shown(row) for row in rows]))
    elif rows:
        click.echo(catalogue_csv(rows) if as_csv else catalogue_table(rows))
    else:
        app.say("Tidak ada yang cocok." if found else "BPJS tidak punya data untuk itu.")


def _asked(what: str, words: Sequence[str]) -> Asked:
    """Return what a person asks for; raises InputError and click's UsageError."""
    one = LISTS[what]
    if words and not one.most:
        if what == "pasien-fp":
            raise InputError(
                "nomor pasien jangan diketik di baris perintah: pengguna lain melihatnya; "
                "ketik: antrean ref pasien-fp"
            )
        raise InputError(
            f"{what} tidak perlu kata lain; untuk mencari ketik: "
            f"antrean ref {what} --cari {shlex.quote(words[0])}"
        )
    if not one.least <= len(words) <= one.most:
        raise InputError(f"{what} perlu {one.needs}, misalnya: antrean ref {what} {one.example}")
    return one.asked(words)
