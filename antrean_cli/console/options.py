"""Options and arguments that several commands share."""

import functools
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import click

from antrean_cli.config.env_file import SITES
from antrean_cli.console.app import App
from antrean_cli.console.completion import bookings, words
from antrean_cli.console.parameters import DAY, FILE, Whole, usable_kodebooking
from antrean_cli.errors import InputError
from antrean_cli.rules.add_fields import KODEBOOKING_FORM, is_kodebooking

now_option = click.option(
    "--now", "at_once", is_flag=True, help="Kirim sekarang juga, tidak menunggu putaran cron."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Tampilkan sebagai JSON.")
csv_option = click.option(
    "--csv", "as_csv", is_flag=True, help="Tampilkan sebagai CSV, untuk Excel."
)
html_option = click.option(
    "--html",
    type=FILE,
    metavar="BERKAS|-",
    help="Tulis satu halaman HTML ke berkas ini; - berarti cetak.",
)
folder_option = click.option(
    "--folder",
    type=FILE,
    default=SITES,
    metavar="FOLDER",
    help=f"Folder berkas pengaturan, NAMA.env tiap rumah sakit ({SITES}).",
)
kodebooking_argument = click.argument(
    "kodebooking", metavar="KODEBOOKING", callback=usable_kodebooking, shell_complete=bookings
)


def push_filter_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the ways to say which pushes are meant; it is handed them as `wanted`.

    Raises InputError unless exactly one way of saying it was used.
    """
    from antrean_cli.render.reasons import families, mentions
    from antrean_cli.render.words import step_called, step_name
    from antrean_cli.rules.push import STEPS

    @functools.wraps(function)
    def with_filter(
        *args: Any,
        number: str,
        step: tuple[str, ...],
        reason: str,
        tanggal: date | None,
        poli: str,
        **rest: Any,
    ) -> None:
        from antrean_cli.operator.push_filter import PushFilter

        others = ", --reason, atau --all" if "everything" in rest else " atau --reason"
        if sum(map(bool, (number, reason, rest.pop("everything", False)))) != 1:
            raise InputError(f"sebut salah satu: KODEBOOKING{others}")
        if number and not is_kodebooking(number):
            raise InputError(f"KODEBOOKING {KODEBOOKING_FORM}")
        typed = " ".join(step)  # `task 3`, as it is shown, is two words
        meant = step_called(typed)
        if typed and not meant:
            known = ", ".join(map(step_name, STEPS))
            raise InputError(f"TASKID '{typed}' tidak dikenal; pilihannya: {known}")
        wanted = PushFilter(
            number=number,
            step=meant,
            reason=reason,
            mentions=mentions,
            tanggal=tanggal,
            poli=_clinics(poli),
        )
        function(*args, wanted=wanted, **rest)

    command: Callable[..., None] = with_filter
    for option in (
        click.option(
            "--poli",
            default="",
            metavar="KODE",
            help="Dengan --reason: hanya poli ini (kode Khanza atau BPJS).",
        ),
        click.option(
            "--date",
            "tanggal",
            type=DAY,
            metavar="TANGGAL",
            help="Dengan --reason: hanya tanggal ini.",
        ),
        click.option(
            "--reason",
            default="",
            metavar="ALASAN",
            help="Semua dengan alasan ini: kodenya, atau teksnya.",
            shell_complete=words(*families()),
        ),
        click.argument("step", metavar="[TASKID]", nargs=-1, shell_complete=words(*STEPS)),
        click.argument(
            "number", metavar="[KODEBOOKING]", required=False, default="", shell_complete=bookings
        ),
    ):
        command = option(command)
    return command


_LIMITS = (
    ("--max-age", 1, 10, "MENIT", "umur putaran berhasil terakhir"),
    ("--max-pending", 1, 60, "MENIT", "lama menunggu dikirim"),
    ("--max-refused", 0, 0, "N", "banyaknya yang ditolak"),
    ("--max-held", 1, 24, "JAM", "lama ditahan menunggu tindakan orang"),
)


def limits_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the ways to say from when on somebody should look; it is handed `limits`."""

    @functools.wraps(function)
    def with_limits(
        *args: Any, max_age: int, max_pending: int, max_refused: int, max_held: int, **rest: Any
    ) -> None:
        from antrean_cli.operator.overview import Limits

        limits = Limits(
            success=timedelta(minutes=max_age),
            pending=timedelta(minutes=max_pending),
            refused=max_refused,
            held=timedelta(hours=max_held),
        )
        function(*args, limits=limits, **rest)

    command: Callable[..., None] = with_limits
    for name, least, usual, unit, of_what in reversed(_LIMITS):
        command = click.option(
            name,
            type=Whole(least, 100_000),
            default=usual,
            metavar=unit,
            help=f"Batas {of_what} ({usual}).",
        )(command)
    return command


def _clinics(typed: str) -> frozenset[str]:
    """Return Khanza's codes of the clinic that was typed, none for nothing."""
    from antrean_cli.operator.clinics import clinic_codes

    app: App = click.get_current_context().obj
    return clinic_codes(app.settings(), typed) if typed else frozenset()
