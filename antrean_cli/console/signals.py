"""SIGTERM and Ctrl-C: how work that sends to BPJS ends in order."""

import os
import signal
from threading import Event
from types import FrameType
from typing import Protocol

from antrean_cli.errors import AntreanError, StoppedError


class Stoppable(Protocol):
    """Work that a signal can end: after `stop` it begins no call, and records those in flight."""

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
    """The first signal ends the work in order, the second at once. Both lose nothing.

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
