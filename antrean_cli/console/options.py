"""What the command line is made of: parameter types, options that several commands share, and help
in Indonesian.
"""

import functools
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from antrean_cli.console.app import App, reading
from antrean_cli.errors import EXIT_CODES, InputError
from antrean_cli.rules.payloads import KODEBOOKING_FORM, fit_kodebooking


class Command(click.Command):
    """A click command whose help is in Indonesian, and which takes the global options after its
    name as well.
    """

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
        options = (
            parameter for parameter in self.get_params(ctx) if isinstance(parameter, click.Option)
        )
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
    """Return the global options as those of a command, where people like to type them; its help
    leaves them out.
    """

    def heard(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
        if value and isinstance(ctx.obj, App):
            ctx.obj = replace(ctx.obj, **{str(parameter.name): value})

    common: dict[str, Any] = {"callback": heard, "expose_value": False, "hidden": True}
    return [
        *(click.Option([name], type=FILE, **common) for name in ("--env-file", "--state")),
        *(
            click.Option([name[1:3], name], is_flag=True, **common)
            for name in ("--verbose", "--quiet")
        ),
    ]


# generic in new versions of click
class Whole(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A whole number within bounds."""

    name = "angka"

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if (
            not re.fullmatch(r"-?[0-9]{1,18}", str(value))
            or not self.low <= int(value) <= self.high
        ):
            self.fail(
                f"harus bilangan bulat {self.low} sampai {self.high}, bukan '{value}'", param, ctx
            )
        return int(value)


# generic in new versions of click
class Day(click.ParamType):  # type: ignore[type-arg,unused-ignore]
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
        found = next(
            (str(choice) for choice in self.choices if str(choice).lower() == str(value).lower()),
            None,
        )
        if found is None:
            self.fail(
                f"harus salah satu dari {', '.join(self.choices)}, bukan '{value}'", param, ctx
            )
        return found

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        # Shells put what is offered into the line as it is: without quotes a space would end the
        # word.
        return [
            item for item in super().shell_complete(ctx, param, incomplete) if " " not in item.value
        ]


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


def bookings(ctx: click.Context, _: click.Parameter, typed: str) -> list[str]:
    """Complete a kode booking: those of the day that --date names, else of today, that begin with
    what was typed.
    """
    options = ctx.find_root().params
    app = App(
        env_file=options["env_file"], state=options["state"], verbose=False, quiet=True, now=ctx.obj
    )
    try:
        with reading(app) as (ledger, now):
            tanggal = ctx.params.get("tanggal") or now.date()
            return sorted(
                number for number in ledger.of_days(tanggal, tanggal) if number.startswith(typed)
            )
    except Exception:
        # Whatever is said here stands in the middle of the line that is being typed: no ledger, no
        # help.
        return []


def examples(text: str) -> str:
    """Return the part of a help text that shows examples, which click must not reflow."""
    return "\b\nContoh:\n" + "\n".join(f"  {line}" for line in text.strip().splitlines())


def exit_codes() -> str:
    """Return the part of the help text that explains the exit codes."""
    return "\b\nKode keluar:\n" + "\n".join(
        f"  {code:>3}  {meaning}" for code, meaning in EXIT_CODES.items()
    )


def subcommand(
    name: str,
    *,
    help: str,  # noqa: A002 - click's own name
    epilog: str = "",
) -> Callable[[Callable[..., Any]], Command]:
    """Return click's decorator for one of our commands."""
    decorator: Callable[[Callable[..., Any]], Command] = click.command(
        name,
        cls=Command,
        help=help,
        epilog=epilog,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    return decorator


def pick_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the ways to say which pushes are meant; it is handed them as `pick`.

    Raises InputError unless exactly one way of saying it was used.
    """
    from antrean_cli.render.text import ADVICE
    from antrean_cli.rules.chain import STEPS

    @functools.wraps(function)
    def picking(
        *args: Any,
        number: str,
        step: str,
        reason: str,
        tanggal: date | None,
        poli: str,
        **rest: Any,
    ) -> None:
        from antrean_cli.operator.queue_admin import Pick

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
        click.option(
            "--poli",
            default="",
            metavar="KODE",
            help="Dengan --reason: hanya poli ini (kode Khanza).",
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
            shell_complete=words(*ADVICE),
        ),
        click.argument(
            "step", metavar="[TASKID]", required=False, default="", shell_complete=words(*STEPS)
        ),
        click.argument(
            "number", metavar="[KODEBOOKING]", required=False, default="", shell_complete=bookings
        ),
    ):
        command = option(command)
    return command


DAY = Day()
FILE = click.Path(
    path_type=Path, readable=False
)  # whoever opens it says what is wrong, in Indonesian
now_option = click.option(
    "--now", "at_once", is_flag=True, help="Kirim sekarang juga, tidak menunggu putaran cron."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Tampilkan sebagai JSON.")
kodebooking_argument = click.argument(
    "kodebooking", metavar="KODEBOOKING", callback=kodebooking, shell_complete=bookings
)
