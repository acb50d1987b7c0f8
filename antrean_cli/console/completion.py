"""What the shell offers while a command is being typed."""

from collections.abc import Callable

import click
from click.shell_completion import CompletionItem

from antrean_cli.console.app import App, reading


def files(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem]:
    """Let the shell complete the name of a file."""
    return [CompletionItem(typed, type="file")]


def words(*known: str) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Return what completes one of some words."""
    return lambda _, __, typed: [word for word in known if word.startswith(typed)]


def bookings(ctx: click.Context, _: click.Parameter, typed: str) -> list[str]:
    """Complete a kode booking: those of the day that --date names, else of today."""
    options = ctx.find_root().params
    app = App(
        env_file=options["env_file"], state=options["state"], verbose=False, quiet=True, now=ctx.obj
    )
    try:
        with reading(app) as (ledger, now):
            tanggal = ctx.params.get("tanggal") or now.date()
            known = ledger.of_days(tanggal, tanggal)
            return sorted(number for number in known if number.startswith(typed))
    except Exception:
        # What is said here stands in the middle of the line being typed: no ledger, no help.
        return []
