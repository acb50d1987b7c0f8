"""The streams of the process, whatever the caller did to them: closed, full, unable to print.

- What is said on stderr must never stop the work that it is said of: what cannot be written there
  is lost.
- stdout knows whether anything stands there yet, so that `--json` prints one document even of an
  error.
- Letters that nobody sees are written out, whatever text they came with: a terminal gets none but
  the colours and the bar that are ours. (rules/letters.py writes them out where they come in.)
"""

import io
import os
import re
import sys
from contextlib import suppress
from typing import Any, TextIO

from antrean_cli.rules.letters import visible

# What we, or click for us, move a terminal by.
_OURS = re.compile(r"(\x1b\[[0-9;]*m|\x1b\[\?25[lh]|\r)")

_PLAIN = "\t\ufeff"  # the last tells a spreadsheet that a text is UTF-8


class _Seen(io.TextIOWrapper):
    def write(self, text: str) -> int:
        super().write(text if text.isprintable() else self._seen(text))
        return len(text)

    def _seen(self, text: str) -> str:
        parts = _OURS.split(text) if self.isatty() else [text]
        return "".join(part if number % 2 else _visible(part) for number, part in enumerate(parts))


class _Heedless(_Seen):
    def write(self, text: str) -> int:
        with suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            super().flush()


class _Noticing(_Seen):
    used = False

    def write(self, text: str) -> int:
        self.used = True
        return super().write(text)


def _visible(text: str) -> str:
    lines = text.split("\n")
    return "\n".join(line if line.isprintable() else _visible_line(line) for line in lines)


def _visible_line(line: str) -> str:
    return "".join(letter if letter in _PLAIN else visible(letter) for letter in line)


def prepare() -> None:
    """Put both into place; a closed stdin stays None for those who read it."""
    of_process = sys.stdout is sys.__stdout__
    sys.stdout = _wrapped(_Noticing, sys.stdout)
    sys.stderr = _wrapped(_Heedless, sys.stderr)
    if of_process:  # which Python asks for the size of the terminal
        sys.__stdout__ = sys.stdout  # type: ignore[misc]


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
