"""What every command is made of: the global options, parameter types, and help texts in Indonesian."""

import functools
import os
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from antrean_cli.errors import EXIT_CODES, InputError, why
from antrean_cli.rules.payloads import KODEBOOKING_FORM, fit_kodebooking

if TYPE_CHECKING:
    from antrean_cli.config import Settings
    from antrean_cli.desk import Changed
    from antrean_cli.ledger import Ledger
    from antrean_cli.manual import Sent
    from antrean_cli.rules.visits import Policy

Clock = Callable[[timezone], datetime]  # the time now, as an aware datetime in a zone


@dataclass(frozen=True, kw_only=True)
class App:
    """The global options, and the clock, handed to every command."""

    env_file: Path | None
    state: Path | None
    verbose: bool
    quiet: bool
    now: Clock = datetime.now

    def settings(self, *needs: str) -> "Settings":
        """Return the settings; `needs` are "bpjs" and "khanza". Raises SettingsError."""
        from antrean_cli.config import load  # commands that need no settings do not load it

        return load(env_file=self.env_file, state=self.state, needs=frozenset(needs))

    def say(self, text: str) -> None:
        """Tell a person something beside the data."""
        if not self.quiet:
            click.echo(text, err=True)

    def typed(self, command: str) -> str:
        """Return a line of ours as it is to be typed: with the settings and the state that were named this time."""
        named = [("--env-file", self.env_file), ("--state", self.state)]
        options = "".join(f" {option} {shlex.quote(str(path))}" for option, path in named if path)
        return re.sub(r"^antrean(?= )", lambda me: me[0] + options, command)


def program() -> list[str]:
    """Return the words that this very program is run by."""
    if sys.argv[0].endswith(".py"):  # python -m
        return [sys.executable, "-m", "antrean_cli"]
    return [os.path.abspath(sys.argv[0])]  # noqa: PTH100 - a link stays a link


class Command(click.Command):
    """A click command whose help is in Indonesian, and which takes the global options after its name as well."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not isinstance(self, click.Group):
            self.params += _global_options()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx  # so that its help can be named
            raise

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        pieces = " ".join(self.collect_usage_pieces(ctx)).replace("[OPTIONS]", "[PILIHAN]")
        formatter.write_usage(ctx.command_path, pieces, prefix="Pemakaian: ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        options = (parameter for parameter in self.get_params(ctx) if isinstance(parameter, click.Option))
        rows = [
            (names, text.replace("[required]", "[wajib]"))
            for names, text in filter(None, (option.get_help_record(ctx) for option in options))
        ]
        with formatter.section("Pilihan"):
            formatter.write_dl(rows)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option:
            option.help = "Tampilkan bantuan ini."
        return option


def _global_options() -> list[click.Parameter]:
    """Return the global options as those of a command, where people like to type them; its help leaves them out."""

    def heard(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
        if value and isinstance(ctx.obj, App):
            ctx.obj = replace(ctx.obj, **{str(parameter.name): value})

    common: dict[str, Any] = {"callback": heard, "expose_value": False, "hidden": True}
    return [
        *(click.Option([name], type=FILE, **common) for name in ("--env-file", "--state")),
        *(click.Option([name[1:3], name], is_flag=True, **common) for name in ("--verbose", "--quiet")),
    ]


class Whole(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic in new versions of click
    """A whole number within bounds."""

    name = "angka"

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if not re.fullmatch(r"-?[0-9]{1,18}", str(value)) or not self.low <= int(value) <= self.high:
            self.fail(f"harus bilangan bulat {self.low} sampai {self.high}, bukan '{value}'", param, ctx)
        return int(value)


class Day(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic in new versions of click
    """A day as yyyy-mm-dd, or as antrean shows it: dd-mm-yyyy."""

    name = "tanggal"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        form = "%d-%m-%Y" if re.match(r"\d\d-", value) else "%Y-%m-%d"
        try:
            day = datetime.strptime(value, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            day = date.min
        if not 2000 <= day.year < 2100:
            self.fail(f"'{value}' bukan tanggal; tulis YYYY-MM-DD atau DD-MM-YYYY", param, ctx)
        return day


class OneOf(click.Choice[str]):
    """A choice that explains itself in Indonesian, whatever the case in which it is typed."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        found = next((str(choice) for choice in self.choices if str(choice).lower() == str(value).lower()), None)
        if found is None:
            self.fail(f"harus salah satu dari {', '.join(self.choices)}, bukan '{value}'", param, ctx)
        return found

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        # Shells put what is offered into the line as it is: without quotes a space would end the word.
        return [item for item in super().shell_complete(ctx, param, incomplete) if " " not in item.value]


def files(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem]:
    """Let the shell complete the name of a file."""
    return [CompletionItem(typed, type="file")]


def words(*known: str) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Return what completes one of some words."""
    return lambda _, __, typed: [word for word in known if word.startswith(typed)]


def kodebooking(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """Return a usable kode booking; Khanza's slashes and BPJS's # are part of it."""
    if value is not None and not fit_kodebooking(value):
        raise click.BadParameter(KODEBOOKING_FORM)
    return value


def source_name(source: str) -> str:
    """Return what people call a file, or standard input for "-"."""
    return "masukan standar" if source == "-" else source


def read_text(source: str) -> str:
    """Return the text of a file, or of standard input for "-"; raises InputError with its name."""
    name = source_name(source)
    if source == "-" and sys.stdin is None:
        raise InputError(f"{name} tidak dapat dibaca: ditutup pemanggil")
    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as error:
        raise InputError(f"{name} tidak dapat dibaca: {why(error)}") from error
    try:
        return data.decode("utf-8-sig")  # Windows begins a text with a mark
    except UnicodeDecodeError as error:
        raise InputError(f"{name} bukan teks UTF-8") from error


def bookings(ctx: click.Context, _: click.Parameter, typed: str) -> list[str]:
    """Complete a kode booking: those of the day that --date names, else of today, that begin with what was typed."""
    options = ctx.find_root().params
    app = App(env_file=options["env_file"], state=options["state"], verbose=False, quiet=True, now=ctx.obj)
    try:
        with reading(app) as (ledger, now):
            tanggal = ctx.params.get("tanggal") or now.date()
            return sorted(number for number in ledger.of_days(tanggal, tanggal) if number.startswith(typed))
    except Exception:
        # Whatever is said here stands in the middle of the line that is being typed: no ledger, no help.
        return []


def examples(text: str) -> str:
    """Return the part of a help text that shows examples, which click must not reflow."""
    return "\b\nContoh:\n" + "\n".join(f"  {line}" for line in text.strip().splitlines())


def exit_codes() -> str:
    """Return the part of the help text that explains the exit codes."""
    return "\b\nKode keluar:\n" + "\n".join(f"  {code:>3}  {meaning}" for code, meaning in EXIT_CODES.items())


def subcommand(name: str, *, help: str, epilog: str = "") -> Callable[[Callable[..., Any]], Command]:  # noqa: A002
    """Return click's decorator for one of our commands."""
    decorator: Callable[[Callable[..., Any]], Command] = click.command(
        name, cls=Command, help=help, epilog=epilog, context_settings={"help_option_names": ["-h", "--help"]}
    )
    return decorator


YES, NO = ("ya", "y"), ("tidak", "t", "n", "")


def agreed(question: str) -> bool:
    """Ask on the terminal and return whether the person said yes; the end of the input is a no."""
    while True:
        click.echo(f"{question} (ya/tidak) ", nl=False, err=True)
        answer = sys.stdin.readline()
        if answer.strip().lower() in YES:
            return True
        if answer.strip().lower() in NO:
            click.echo("Tidak jadi; tidak ada yang berubah.", err=True)
            return False
        click.echo("Ketik ya atau tidak.", err=True)


def require_ledger(settings: "Settings") -> None:
    """Raise InputError if there is no ledger yet."""
    if not settings.state.exists():
        raise InputError(f"Belum ada berkas status {settings.state}; jalankan dulu: antrean sync")


@contextmanager
def reading(app: App, *, missing_ok: bool = False) -> "Iterator[tuple[Ledger, datetime]]":
    """Open a copy of the ledger to look at, and tell the time; raises InputError if there is none yet."""
    from antrean_cli.ledger import Ledger

    settings = app.settings()
    if not missing_ok:
        require_ledger(settings)
    with Ledger.copy(settings.state, settings.policy.zone) as ledger:
        yield ledger, app.now(settings.policy.zone)


@contextmanager
def changing(app: App) -> "Iterator[tuple[Ledger, Policy, datetime]]":
    """Open the ledger to change something in it; raises InputError if there is none yet."""
    from antrean_cli.ledger import Ledger

    settings = app.settings()
    require_ledger(settings)
    with Ledger.open(settings.state, settings.policy.zone) as ledger:
        yield ledger, settings.policy, app.now(settings.policy.zone)


def require_known(ledger: "Ledger", number: str) -> None:
    """Raise InputError for a kode booking or no_rawat that the ledger does not know."""
    if number and not ledger.of_visit(number):
        raise InputError(f"Ledger tidak mengenal {number}; periksa nomornya, atau jalankan dulu: antrean sync")


def pick_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the ways to say which pushes are meant; it is handed them as `pick`.

    Raises InputError unless exactly one way of saying it was used.
    """
    from antrean_cli.rules.chain import STEPS
    from antrean_cli.views import ADVICE

    @functools.wraps(function)
    def picking(*args: Any, number: str, step: str, reason: str, tanggal: date | None, poli: str, **rest: Any) -> None:
        from antrean_cli.desk import Pick

        others = ", --reason, atau --all" if "everything" in rest else " atau --reason"
        if sum(map(bool, (number, reason, rest.pop("everything", False)))) != 1:
            raise InputError(f"sebut salah satu: KODEBOOKING{others}")
        if number and not fit_kodebooking(number):
            raise InputError(f"KODEBOOKING {KODEBOOKING_FORM}")
        if step and step not in STEPS:
            raise InputError(f"TASKID '{step}' tidak dikenal; pilihannya: {', '.join(STEPS)}")
        pick = Pick(number=number, step=step, reason=reason, tanggal=tanggal, poli=poli.upper())
        function(*args, pick=pick, **rest)

    command: Callable[..., None] = picking
    for option in (
        click.option("--poli", default="", metavar="KODE", help="Dengan --reason: hanya poli ini (kode Khanza)."),
        click.option("--date", "tanggal", type=DAY, metavar="TANGGAL", help="Dengan --reason: hanya tanggal ini."),
        click.option(
            "--reason",
            default="",
            metavar="ALASAN",
            help="Semua dengan alasan ini: kodenya, atau teksnya.",
            shell_complete=words(*ADVICE),
        ),
        click.argument("step", metavar="[TASKID]", required=False, default="", shell_complete=words(*STEPS)),
        click.argument("number", metavar="[KODEBOOKING]", required=False, default="", shell_complete=bookings),
    ):
        command = option(command)
    return command


DAY = Day()
FILE = click.Path(path_type=Path, readable=False)  # whoever opens it says what is wrong, in Indonesian
now_option = click.option("--now", "at_once", is_flag=True, help="Kirim sekarang juga, tidak menunggu putaran cron.")
json_option = click.option("--json", "as_json", is_flag=True, help="Tampilkan sebagai JSON.")
kodebooking_argument = click.argument(
    "kodebooking", metavar="KODEBOOKING", callback=kodebooking, shell_complete=bookings
)


_COLOURS = {
    **dict.fromkeys(("PERLU DILIHAT", "ditolak", "hilang"), "red"),
    "ditahan": "yellow",
    **dict.fromkeys(("baik", "terkirim", "sudah ada"), "green"),
}
_COLOURED = re.compile(rf"(?<!\S)({'|'.join(_COLOURS)})(?!\S)")


def show(text: str) -> None:
    """Print what a person asked to see, with the states in colour on a terminal."""
    click.echo(_COLOURED.sub(lambda found: click.style(found[0], fg=_COLOURS[found[0]]), text))


def tell_changed(app: App, changed: "Changed", what: str, as_json: bool) -> None:
    """Print how many pushes a command changed, and why it left others alone."""
    if as_json:
        from antrean_cli.views import document

        click.echo(document(changed._asdict()))
        return
    click.echo(f"{changed.pushes} kiriman {what}." if any(changed) else "Tidak ada yang cocok; lihat: antrean list")
    if changed.waiting:
        app.say(f"{changed.waiting} menunggu sebabnya hilang, diperiksa tiap putaran; lihat: antrean list --held")
    if changed.in_flight:
        app.say(f"{changed.in_flight} sedang dikirim, tidak disentuh.")
    if changed.expired:
        app.say(f"{changed.expired} sudah lewat H+7; BPJS tidak menerima lagi.")


def report(app: App, sent: "Sent", kodebooking: str, what: str, unused: str, as_json: bool) -> None:
    """Print what BPJS said to one call by hand; `unused` says what became of ours where BPJS had it already."""
    if as_json:
        from antrean_cli.views import document

        outcome = "already" if sent.already else "sent"
        click.echo(
            document({"kodebooking": kodebooking, "outcome": outcome, "code": sent.code, "message": sent.message})
        )
    else:
        app.say(f"{kodebooking} {what}: {f'sudah ada di BPJS; {unused}' if sent.already else 'diterima BPJS'}")
