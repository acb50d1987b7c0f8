"""The command `antrean`: global options, commands loaded only when they are called, errors turned into exit codes.

- This is the one place where an error becomes a sentence on stderr and an exit code.
- click speaks English; what it says to a person is put into Indonesian here, once.
"""

import importlib
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from antrean_cli import __version__
from antrean_cli.errors import AntreanError, InputError, TemporaryError

if TYPE_CHECKING:
    from antrean_cli.config import Settings

COMMANDS = {
    "add": "Tambah satu antrean di BPJS",
    "update": "Kirim waktu satu task",
    "batal": "Batalkan satu antrean",
    "listtask": "Lihat task yang sudah dicatat BPJS",
    "sync": "Satu putaran: baca Khanza, kirim yang baru ke BPJS",
    "demo": "Lihat antrean bekerja, tanpa memasang apa pun",
    "simulator": "Jalankan tiruan BPJS untuk latihan",
}
_PIECES = {"[OPTIONS]": "[PILIHAN]", "COMMAND [ARGS]...": "PERINTAH [ARGUMEN]..."}
CLOSED_PIPE = 141  # what a shell reports for a program that lost its reader


@dataclass(frozen=True, kw_only=True)
class App:
    """The global options, handed to every command."""

    env_file: Path | None
    state: Path | None
    verbose: bool
    quiet: bool

    def settings(self, *needs: str) -> "Settings":
        """Return the settings; `needs` are "bpjs" and "khanza". Raises SettingsError."""
        from antrean_cli.config import load  # commands that need no settings do not load it

        return load(env_file=self.env_file, state=self.state, needs=frozenset(needs))

    def say(self, text: str) -> None:
        """Tell a person something beside the data."""
        if not self.quiet:
            click.echo(text, err=True)


class Command(click.Command):
    """A click command whose help is in Indonesian."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        pieces = [_PIECES.get(piece, piece) for piece in self.collect_usage_pieces(ctx)]
        formatter.write_usage(ctx.command_path, " ".join(pieces), prefix="Pemakaian: ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        options = (parameter for parameter in self.get_params(ctx) if isinstance(parameter, click.Option))
        rows = [row for option in options if (row := option.get_help_record(ctx))]
        with formatter.section("Pilihan"):
            formatter.write_dl(rows)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option:
            option.help = "Tampilkan bantuan ini."
        return option


class Commands(Command, click.Group):
    """The group: each command is a module of `commands`, imported when it is called."""

    def list_commands(self, _: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"antrean_cli.commands.{name}").command
        return command

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        with formatter.section("Perintah"):
            formatter.write_dl(list(COMMANDS.items()))


class Whole(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic in new versions of click
    """A whole number within bounds."""

    name = "angka"

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if not re.fullmatch(r"-?[0-9]{1,18}", str(value)) or not self.low <= int(value) <= self.high:
            self.fail(f"harus bilangan bulat {self.low} sampai {self.high}, bukan '{value}'", param, ctx)
        return int(value)


class OneOf(click.Choice[str]):
    """A choice that explains itself in Indonesian."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in self.choices:
            self.fail(f"harus salah satu dari {', '.join(self.choices)}, bukan '{value}'", param, ctx)
        return str(value)


def kodebooking(_: click.Context, __: click.Parameter, value: str) -> str:
    """Return a usable kode booking; Khanza's slashes and BPJS's # are part of it."""
    if not value.strip() or value != value.strip() or not value.isprintable() or len(value) > 100:
        raise click.BadParameter("harus 1 sampai 100 huruf atau angka, tanpa spasi di awal dan akhir")
    return value


def examples(text: str) -> str:
    """Return the part of a help text that shows examples, which click must not reflow."""
    return "\b\nContoh:\n" + "\n".join(f"  {line}" for line in text.strip().splitlines())


def subcommand(name: str, *, help: str, epilog: str = "") -> Callable[[Callable[..., Any]], Command]:  # noqa: A002
    """Return click's decorator for one of our commands."""
    decorator: Callable[[Callable[..., Any]], Command] = click.command(
        name, cls=Command, help=help, epilog=epilog, context_settings={"help_option_names": ["-h", "--help"]}
    )
    return decorator


json_option = click.option("--json", "as_json", is_flag=True, help="Keluaran berupa satu dokumen JSON.")
kodebooking_argument = click.argument("kodebooking", metavar="KODEBOOKING", callback=kodebooking)


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"antrean {__version__}")
        ctx.exit()


@click.group(
    cls=Commands,
    help="Mengirim antrean rawat jalan SIMRS Khanza ke BPJS: tidak ada yang hilang, tidak ada yang dikarang.",
    epilog=examples(
        """
antrean demo
antrean sync --dry-run
antrean listtask 2026/11/22/000001
antrean add --help
"""
    ),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
@click.option("--env-file", type=click.Path(path_type=Path), metavar="BERKAS", help="Berkas pengaturan (.env).")
@click.option("--state", type=click.Path(path_type=Path), metavar="BERKAS", help="Berkas status (ledger).")
@click.option("-v", "--verbose", is_flag=True, help="Tampilkan setiap perubahan.")
@click.option("-q", "--quiet", is_flag=True, help="Tampilkan galat saja.")
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Tampilkan versi.")
@click.pass_context
def group(ctx: click.Context, env_file: Path | None, state: Path | None, verbose: bool, quiet: bool) -> None:
    ctx.obj = App(env_file=env_file, state=state, verbose=verbose, quiet=quiet)


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # LC_ALL=C cannot print all names
    sys.exit(_run())


def _run() -> int:
    try:
        result = group.main(prog_name="antrean", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        return _complain(usage_sentence(error), InputError.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return 130
    except AntreanError as error:
        return _complain(str(error), error.exit_code)
    except BrokenPipeError:
        # The reader is gone; Python would complain once more when it flushes stdout on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED_PIPE
    except OSError as error:
        if error.filename is not None:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _complain(f"Keluaran tidak dapat ditulis: {error.strerror}", TemporaryError.exit_code)
    return result if isinstance(result, int) else 0


def _complain(sentence: str, code: int) -> int:
    if sentence:
        click.echo(f"antrean: {sentence}", err=True)
    return code


def usage_sentence(error: click.ClickException) -> str:
    """Return click's complaint in Indonesian, with the help to look at."""
    path = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "antrean"
    return f"{_complaint(error)}. Lihat: {path} --help"


def _complaint(error: click.ClickException) -> str:
    if isinstance(error, click.NoSuchOption):
        meant = f"; maksud Anda {error.possibilities[0]}?" if error.possibilities else ""
        return f"tidak ada pilihan {error.option_name}{meant}"
    if isinstance(error, click.MissingParameter):
        return f"{_parameter(error)} belum diberikan"
    if isinstance(error, click.BadParameter):
        return f"{_parameter(error)} {error.message}"
    if isinstance(error, click.BadOptionUsage):
        return f"pilihan {error.option_name} tidak dipakai dengan benar (nilainya kurang atau berlebih)"
    if found := re.search(r"unexpected extra arguments? \((.*)\)", error.message):
        return f"argumen berlebih: {found[1]}"
    if found := re.search(r"No such command '(.*?)'", error.message):
        return f"tidak ada perintah {found[1]}; yang ada: {', '.join(COMMANDS)}"
    return error.message.rstrip(".")


def _parameter(error: click.BadParameter) -> str:
    if error.param is None:
        return "masukan"
    return error.param.opts[0] if isinstance(error.param, click.Option) else error.param.make_metavar(error.ctx)  # type: ignore[arg-type]
