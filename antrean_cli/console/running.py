"""What commands that take their time are made of: an end in order, and a progress bar."""

import os
import signal
import sys
from threading import Event
from types import FrameType
from typing import Any, Protocol

import click

from antrean_cli.errors import AntreanError, StoppedError


class Stoppable(Protocol):
    """Work that a signal can end: once `stop` is set it starts no more calls, and records those in
    flight.
    """

    @property
    def delivering(self) -> bool:
        """Whether calls may be in flight."""

    @property
    def stop(self) -> Event:
        """What ends it in order."""

    @property
    def errors(self) -> list[AntreanError]:
        """What it ran into so far."""


class Signals:
    """SIGTERM and Ctrl-C: the first ends the work in order, the second at once. Both lose nothing.

    Nothing is ever raised out of a handler: whatever runs just then could swallow it.
    """

    def __init__(self) -> None:
        self.ends: Stoppable | None = None
        signal.signal(signal.SIGTERM, self._handle)
        signal.signal(signal.SIGINT, self._handle)

    def _handle(self, number: int, _: FrameType | None) -> None:
        if self.ends is None or not self.ends.delivering or self.ends.stop.is_set():
            os._exit(128 + number)  # nothing is in flight, and what was half written is rolled back
        self.ends.stop.set()
        self.ends.errors.append(StoppedError(number))


class Bar:
    """A progress bar on stderr of calls to BPJS, on a terminal only."""

    def __init__(self, label: str = "Mengirim", *, shown: bool) -> None:
        self._label = label
        self._shown = shown
        self._done = 0
        self._bar: Any = None

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()  # what comes next says it better

    def move(self, waiting: int) -> None:
        """Show one more step done, and so many pushes still waiting."""
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
