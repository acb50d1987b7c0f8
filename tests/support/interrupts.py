"""SIGTERM and Ctrl-C end the tests in order, workers among them: what was started is stopped, what
was made is removed.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

BOTH = (signal.SIGTERM, signal.SIGINT)


def pytest_configure(config: pytest.Config) -> None:
    """Let SIGTERM do what Ctrl-C does, here and in every worker."""
    if hasattr(config, "workerinput"):
        config.pluginmanager.register(_Worker())
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if config.getoption("numprocesses", None):
        config.pluginmanager.register(_Controller())


class _Controller:
    """Hands an interrupt on: workers would go on with their test, and be killed in its middle."""

    def pytest_keyboard_interrupt(self) -> None:
        """Interrupt every worker; those whom Ctrl-C has reached are ending already."""
        for children in Path("/proc/self/task").glob("*/children"):
            for worker in children.read_text().split():
                os.kill(int(worker), signal.SIGTERM)


class _Worker:
    """Is interrupted once, and ends when all is cleared up: xdist would let it linger for long."""

    def __init__(self) -> None:
        self._interrupted = False
        for number in BOTH:
            signal.signal(number, self._interrupt)

    def _interrupt(self, *_: object) -> None:
        for number in BOTH:
            signal.signal(number, signal.SIG_IGN)
        self._interrupted = True
        raise KeyboardInterrupt

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Leave at once, if it was interrupted."""
        if self._interrupted:
            os._exit(128 + signal.SIGINT)
