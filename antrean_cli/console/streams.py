"""The streams of the process, whatever the caller did to them: closed, full, unable to print.

- What is said on stderr must never stop the work that it is said of: what cannot be written there
  is lost.
- stdout knows whether anything stands there yet, so that `--json` prints one document even of an
  error.
"""

import io
import os
import sys
from contextlib import suppress
from typing import Any, TextIO


class _Heedless(io.TextIOWrapper):
    def write(self, text: str) -> int:
        with suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            super().flush()


class _Noticing(io.TextIOWrapper):
    used = False

    def write(self, text: str) -> int:
        self.used = True
        return super().write(text)


def prepare() -> None:
    """Put both into place; a closed stdin stays None for those who read it."""
    sys.stdout = _wrapped(_Noticing, sys.stdout)
    sys.stderr = _wrapped(_Heedless, sys.stderr)


def printed() -> bool:
    """Return whether anything was printed on stdout."""
    return isinstance(sys.stdout, _Noticing) and sys.stdout.used


def stop_printing() -> None:
    """Let nothing of what is still to be printed on stdout be tried again on the way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _wrapped(kind: type[io.TextIOWrapper], stream: TextIO | None) -> io.TextIOWrapper:
    if stream is None:  # closed by the caller
        return kind(open(os.devnull, "wb"), encoding="utf-8")  # noqa: PTH123 - as long as the program
    plain: Any = stream
    # LC_ALL=C cannot print all names.
    return kind(
        plain.detach(), plain.encoding, "backslashreplace", line_buffering=plain.line_buffering
    )
