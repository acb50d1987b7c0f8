"""Questions on the terminal."""

import sys

import click

YES, NO = ("ya", "y"), ("tidak", "t", "n", "")


def on_terminal() -> bool:
    """Return whether somebody is there to be asked: scripts have no terminal."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


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
