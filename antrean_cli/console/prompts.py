"""Questions on the terminal."""

import sys
from typing import TYPE_CHECKING

import click

from antrean_cli.errors import InputError
from antrean_cli.rules.push import ORDERED

if TYPE_CHECKING:
    from antrean_cli.config.settings import Settings

YES, NO = ("ya", "y"), ("tidak", "t", "n", "")


def on_terminal() -> bool:
    """Return whether somebody is there to be asked: scripts have no terminal."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


yes_option = click.option("--yes", is_flag=True, help="Jangan bertanya.")


def known_in_words(settings: "Settings", kodebooking: str) -> str:
    """Return what the ledger knows of a booking, so that a slip of the pen is seen in time."""
    from antrean_cli.ledger.ledger import Ledger

    with Ledger.copy(settings.state, settings.policy.zone) as ledger:
        record = ledger.record(kodebooking)
    if record is None:
        return "tidak ada di catatan antrean"
    done = [step for step in ORDERED if (push := record.push(step)) and push.done]
    poli = [f"poli {record.kd_poli}"] if record.kd_poli else []
    last = f"task terakhir {done[-1]}" if done else "belum ada task"
    return ", ".join([f"{record.tanggal:%d-%m-%Y}", *poli, last])


def answer_to(question: str) -> str:
    """Ask a person at the terminal, and return the line; in a script it is read unasked.

    The end of the input, and a closed one, are an empty line.
    """
    if on_terminal():
        click.echo(question, nl=False, err=True)
    return "" if sys.stdin is None else sys.stdin.buffer.readline().decode(errors="replace").strip()


def consented(question: str, *, yes: bool) -> bool:
    """Ask unless the answer is given already; raises InputError where nobody is there to be asked.

    For what a script has to say --yes to.
    """
    if not yes and not on_terminal():
        raise InputError("tambahkan --yes (tidak ada terminal untuk bertanya)")
    return yes or agreed(question)


def agreed(question: str) -> bool:
    """Ask, and return whether the person said yes; the end of the input is a no."""
    while True:
        click.echo(f"{question} (ya/tidak) ", nl=False, err=True)
        answer = sys.stdin.readline().strip().lower()
        if answer in YES:
            return True
        if answer in NO:
            click.echo("Tidak jadi; tidak ada yang berubah.", err=True)
            return False
        click.echo("Ketik ya atau tidak.", err=True)
