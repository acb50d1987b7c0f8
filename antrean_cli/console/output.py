"""What commands print: what was asked for, in colour, and what came of a change or a call."""

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from antrean_cli.console.app import App
from antrean_cli.errors import InputError

if TYPE_CHECKING:
    from antrean_cli.operator.manual import Settled
    from antrean_cli.operator.queue_admin import Changed

_COLOURS = {
    **dict.fromkeys(("PERLU DILIHAT", "ditolak", "hilang"), "red"),
    "ditahan": "yellow",
    **dict.fromkeys(("baik", "terkirim", "sudah ada"), "green"),
}
_COLOURED = re.compile(rf"(?<!\S)({'|'.join(_COLOURS)})(?!\S)")


def show(text: str) -> None:
    """Print what a person asked to see, with the states in colour on a terminal."""
    click.echo(_COLOURED.sub(lambda found: click.style(found[0], fg=_COLOURS[found[0]]), text))


def room() -> int | None:
    """Return the columns of the terminal that is printed on, None where none is: in a pipe."""
    if not sys.stdout.isatty():
        return None
    return shutil.get_terminal_size().columns


class Forms(NamedTuple):
    """What a command can print or write, each made when it is asked for.

    `written` is what is said of the page before the name of its file.
    """

    text: Callable[[], str]
    csv: Callable[[], str]
    document: Callable[[], object]
    page: Callable[[], str]
    written: str


def require_one_form(*, as_csv: bool, as_json: bool, html: Path | None = None) -> None:
    """Raise InputError if several forms were asked for."""
    asked_for = {"--csv": as_csv, "--json": as_json, "--html": html is not None}
    given = [option for option, is_given in asked_for.items() if is_given]
    if len(given) > 1:
        raise InputError(f"pilih salah satu: {' atau '.join(given)}")


def tell_in_form(app: App, forms: Forms, *, as_csv: bool, as_json: bool, html: Path | None) -> None:
    """Print the form that was asked for, or write the page; raises InputError for its file.

    A page for the file `-` is printed as well.
    """
    if as_json:
        from antrean_cli.render.text import json_text

        click.echo(json_text(forms.document()))
    elif html == Path("-"):
        click.echo(forms.page())
    elif html is not None:
        from antrean_cli.console.input_files import write_page

        write_page(html, forms.page())
        app.say(f"{forms.written} {html}")
    else:
        click.echo(forms.csv() if as_csv else forms.text())


def tell_changed(app: App, changed: "Changed", what: str, as_json: bool) -> None:
    """Print how many pushes a command changed, and why it left others alone."""
    if as_json:
        from antrean_cli.render.text import json_text

        click.echo(json_text(changed._asdict()))
        return
    if any(changed):
        click.echo(f"{changed.pushes} kiriman {what}.")
    else:
        click.echo("Tidak ada yang cocok; lihat: antrean list")
    if changed.waiting:
        app.say(
            f"{changed.waiting} menunggu sampai sebabnya dibetulkan, diperiksa tiap putaran; "
            "lihat: antrean list --held"
        )
    if changed.in_flight:
        app.say(f"{changed.in_flight} sedang dikirim, tidak disentuh.")
    if changed.expired:
        app.say(f"{changed.expired} sudah lewat H+7; BPJS tidak menerima lagi.")


def report(
    app: App, sent: "Settled", kodebooking: str, what: str, unused: str, as_json: bool
) -> None:
    """Print what became of one call by hand.

    `unused` says what became of ours where BPJS had it already.
    """
    if as_json:
        from antrean_cli.render.text import json_text

        told = {
            "kodebooking": kodebooking,
            "outcome": sent.outcome,
            "code": sent.code,
            "message": sent.message,
        }
        click.echo(json_text(told))
        return
    from antrean_cli.render.updates import settled_words

    app.say(f"{kodebooking} {what}: {settled_words(sent, unused)}")
