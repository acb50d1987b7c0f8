"""What every command is made with: its help, examples, and the global options after its name."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click

from antrean_cli.console.app import App
from antrean_cli.console.parameters import FILE
from antrean_cli.errors import EXIT_CODES


class Command(click.Command):
    """A click command that takes the global options after its name as well as before it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("options_metavar", "[PILIHAN]")
        super().__init__(*args, **kwargs)
        if not isinstance(self, click.Group):
            self.params += _global_options()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx  # so that its help can be named
            raise


def _global_options() -> list[click.Parameter]:
    """Return the global options as hidden ones of a command: people like to type them there."""

    def heard(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
        if value and isinstance(ctx.obj, App):
            ctx.obj = replace(ctx.obj, **{str(parameter.name): value})

    common: dict[str, Any] = {"callback": heard, "expose_value": False, "hidden": True}
    return [
        click.Option(["--env-file"], type=FILE, **common),
        click.Option(["--state"], type=FILE, **common),
        click.Option(["-v", "--verbose"], is_flag=True, **common),
        click.Option(["-q", "--quiet"], is_flag=True, **common),
    ]


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


def examples(text: str) -> str:
    """Return the part of a help text that shows examples, which click must not reflow."""
    return "\b\nContoh:\n" + "\n".join(f"  {line}" for line in text.strip().splitlines())


def exit_codes() -> str:
    """Return the part of a help text that explains the exit codes."""
    lines = [f"  {code:>3}  {meaning}" for code, meaning in EXIT_CODES.items()]
    return "\b\nKode keluar:\n" + "\n".join(lines)
