"""What commands print: what was asked for, in colour, and what came of a change or a call."""

import re
from typing import TYPE_CHECKING

import click

from antrean_cli.console.app import App

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
            f"{changed.waiting} menunggu sebabnya hilang, diperiksa tiap putaran; "
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
