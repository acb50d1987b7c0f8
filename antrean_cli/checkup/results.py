"""What an examination finds, and how bad that is."""

from collections.abc import Iterable
from dataclasses import dataclass

from antrean_cli.errors import AntreanError, worst

OK, WARNING, FAULT = "ok", "warning", "fault"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line:

    `what` is a word for machines, `text` a sentence, `advice` lines to be typed as they stand.

    `code` is the exit code that a fault calls for.
    """

    level: str
    what: str
    text: str
    advice: tuple[str, ...] = ()
    code: int = 0


def ok(what: str, text: str, *advice: str) -> Finding:
    """Return that something is well."""
    return Finding(level=OK, what=what, text=text, advice=advice)


def warning(what: str, text: str, *advice: str) -> Finding:
    """Return something that antrean can live with, and the hospital perhaps not."""
    return Finding(level=WARNING, what=what, text=text, advice=advice)


def fault(code: int, what: str, text: str, *advice: str) -> Finding:
    """Return something that keeps passes from doing their work."""
    return Finding(level=FAULT, what=what, text=text, advice=advice, code=code)


def from_error(error: AntreanError, what: str, *advice: str) -> Finding:
    """Return an error as the fault that it is; its own advice comes first."""
    own = [error.advice] if error.advice else []
    return fault(error.exit_code, what, error.sentence, *own, *advice)


def exit_code(findings: Iterable[Finding]) -> int:
    """Return the exit code of the worst fault, 0 without any."""
    return worst(finding.code for finding in findings if finding.level == FAULT)
