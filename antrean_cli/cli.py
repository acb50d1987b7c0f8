"""The command `antrean`: global options, commands loaded when they are called, exit codes.

- This is the one place where an error becomes a sentence on stderr and an exit code.
"""

import difflib
import gc
import importlib
import os
import re
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import click

from antrean_cli import BUILD, __version__
from antrean_cli.console import streams
from antrean_cli.console.app import App, Clock
from antrean_cli.console.command import Command, examples, exit_codes
from antrean_cli.console.indonesian import speak_indonesian, usage_sentence
from antrean_cli.console.parameters import FILE
from antrean_cli.errors import AntreanError, InputError, TemporaryError, why

GROUPS = {
    "Belajar": {
        "panduan": "Panduan memasang dan memakai, per topik",
        "demo": "Lihat antrean bekerja, tanpa memasang apa pun",
        "simulator": "Jalankan tiruan BPJS untuk latihan",
    },
    "Memasang dan menjalankan": {
        "check": "Periksa semuanya: pengaturan, Khanza, BPJS, dan apa yang kurang",
        "sync": "Satu putaran: baca Khanza, kirim yang baru ke BPJS",
        "units": "Cetak unit systemd, pengganti cron, atau CronJob Kubernetes",
        "backup": "Cadangkan berkas status, juga selagi putaran berjalan",
    },
    "Melihat": {
        "status": "Apakah semuanya baik? (0 baik, 12 perlu dilihat)",
        "sites": "Apakah semua rumah sakit di komputer ini baik?",
        "todo": "Yang perlu dikerjakan hari ini, per unit",
        "list": "Daftar kiriman: ditahan, ditolak, menunggu, terkirim",
        "show": "Riwayat satu kunjungan: terkirim, kurang, siapa berbuat apa",
        "report": "Laporan satu masa: SEP, task, waktu tunggu, sebab yang hilang",
        "reconcile": "Cocokkan catatan antrean dengan Khanza dan BPJS (0 cocok, 13 beda)",
    },
    "Membetulkan": {
        "retry": "Coba lagi yang ditolak atau ditahan",
        "drop": "Lepas kiriman yang tidak dapat diperbaiki",
        "replay": "Baca ulang satu hari dari Khanza",
    },
    "Mengirim dengan tangan": {
        "add": "Tambah satu antrean di BPJS",
        "update": "Kirim waktu satu task, atau banyak task dari berkas",
        "batal": "Batalkan satu antrean",
        "farmasi": "Kirim nomor antrean farmasi",
    },
    "Bertanya kepada BPJS": {
        "listtask": "Lihat task yang sudah dicatat BPJS",
        "jadwal": "Jadwal dokter di Khanza di samping HFIS, dan kirim ke HFIS (13 beda)",
        "ref": "Daftar milik BPJS: poli, dokter, jadwal, antrean, dashboard",
    },
}
COMMANDS = {name: text for group in GROUPS.values() for name, text in group.items()}
CLOSED_PIPE = 141  # what a shell reports for a program that lost its reader


class Commands(Command, click.Group):
    """The group: each command is a module of `commands`, imported when it is called."""

    def list_commands(self, _: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"antrean_cli.commands.{name}").command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # The reader is gone; flushing stdout on its way out, Python would complain once more.
            streams.stop_printing()
            ctx.exit(CLOSED_PIPE)
        return result

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if not (name in COMMANDS or name.startswith("-") or ctx.resilient_parsing):
            near = difflib.get_close_matches(name, COMMANDS, n=1)
            meant = f"; maksudnya {near[0]}?" if near else ""
            raise click.UsageError(f"tidak ada perintah {name}{meant}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, COMMANDS))
        for title, commands in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), text) for name, text in commands.items()])


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        build = "dari kode sumber" if BUILD.startswith("$") else BUILD
        click.echo(f"antrean {__version__} ({build})")
        ctx.exit()


@click.group(
    cls=Commands,
    help="Mengirim antrean rawat jalan SIMRS Khanza ke BPJS: tidak ada yang hilang, tidak ada yang "
    "dikarang.",
    epilog=examples(
        """
antrean panduan mulai
antrean status
antrean show 2026/11/22/000001
antrean update --help
"""
    )
    + f"\n\n{exit_codes()}",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    invoke_without_command=True,
    subcommand_metavar="PERINTAH [ARGUMEN]...",
)
@click.option("--env-file", type=FILE, metavar="BERKAS", help="Berkas pengaturan (.env).")
@click.option("--state", type=FILE, metavar="BERKAS", help="Berkas status (catatan antrean).")
@click.option("-v", "--verbose", is_flag=True, help="Tampilkan setiap perubahan.")
@click.option("-q", "--quiet", is_flag=True, help="Tampilkan kesalahan saja.")
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_version,
    help="Tampilkan versi.",
)
@click.pass_context
def group(
    ctx: click.Context, env_file: Path | None, state: Path | None, verbose: bool, quiet: bool
) -> None:
    from antrean_cli.config.settings import no_color  # --help and --version need no settings

    if no_color():
        ctx.color = False
    ctx.obj = App(
        env_file=env_file, state=state, verbose=verbose, quiet=quiet, now=ctx.obj or datetime.now
    )
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(InputError.exit_code)


def main(clock: Clock = datetime.now) -> NoReturn:
    """Run the command line and leave with its exit code; only tests bring a clock of their own."""
    _shut_out_others()
    gc.disable()  # a pass is over in seconds; looking for garbage would take a tenth of an idle one
    streams.prepare()
    speak_indonesian()
    code = _run(clock)
    gc.freeze()  # nor is there anything to be won on the way out
    sys.exit(code)


def _shut_out_others() -> None:
    """Leave other users of the computer nothing to read, whatever the caller left us."""
    os.umask(0o077)
    os.environ.pop("SSLKEYLOGFILE", None)  # Python would write the keys of TLS there


def _run(clock: Clock) -> int:
    try:
        _require_text(sys.argv[1:])
        result = group.main(prog_name="antrean", standalone_mode=False, obj=clock)
    except click.ClickException as error:
        return _complain(usage_sentence(error), InputError.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return 130
    except AntreanError as error:
        return _complain(str(error), error.exit_code, silent=error.silent)
    except OSError as error:
        if error.filename is not None:
            return _confess(error)
        streams.stop_printing()
        return _complain(f"Keluaran tidak dapat ditulis: {why(error)}", TemporaryError.exit_code)
    except Exception as error:
        return _confess(error)
    return result if isinstance(result, int) else 0


def _require_text(arguments: Iterable[str]) -> None:
    """Raise InputError for an argument that no log could take; a reason may have several lines."""
    for number, argument in enumerate(arguments, 1):
        if re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", argument):
            raise InputError(
                f"argumen ke-{number} memuat karakter kendali, atau byte yang bukan UTF-8"
            )


def _confess(bug: BaseException) -> int:
    """Print where a bug of ours came up; not its own words, which may hold what is a patient's."""
    import traceback

    frames = "".join(traceback.format_list(traceback.extract_tb(bug.__traceback__)))
    return _complain(
        f"kesalahan di dalam antrean; laporkan beserta baris-baris ini:\n"
        f"{frames}{type(bug).__name__}",
        1,
    )


def _fitting(text: str) -> str:
    """Return what is wrong as it is printed: in a pipe a line stays a line."""
    if not sys.stderr.isatty():
        return text
    from antrean_cli.render.text import fill_error

    return fill_error(text)


def _complain(sentence: str, code: int, *, silent: bool = False) -> int:
    if sentence and not silent:
        text = f"antrean: {sentence}"
        click.echo(text if code == 1 else _fitting(text), err=True)
    # --json prints one document on stdout, whatever happens; what stands there already is that one.
    if "--json" in sys.argv and not streams.printed() and code != 1:
        from antrean_cli.render.text import json_text

        click.echo(json_text({"error": sentence, "exit_code": code}))
    return code
