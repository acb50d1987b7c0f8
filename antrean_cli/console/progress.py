"""The progress bar of calls to BPJS."""

import sys
from typing import Any

import click


class ProgressBar:
    """A bar on stderr, or nothing where it is not to be shown."""

    def __init__(self, label: str = "Mengirim", *, shown: bool) -> None:
        self._label = label
        self._shown = shown
        self._done = 0
        self._bar: Any = None

    def __enter__(self) -> "ProgressBar":
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()  # what comes next says it better

    def move(self, waiting: int) -> None:
        """Show one more step done, and so many still waiting."""
        if not self._shown:
            return
        if self._bar is None:
            self._bar = click.progressbar(
                length=waiting + 1, label=self._label, file=sys.stderr, show_eta=False
            )
        self._done += 1
        self._bar.length = max(self._done + waiting, 1)
        self._bar.pos = self._done
        self._bar.render_progress()

    def clear(self) -> None:
        """Make room for a line of text."""
        if self._bar:
            click.echo("\r" + " " * 60 + "\r", err=True, nl=False)
