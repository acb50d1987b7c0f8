"""What an examination finds, and how bad that is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from antrean_cli.errors import AntreanError, worst
from antrean_cli.rules.codes import Code

MOST_NAMED = 5  # of many things of one kind


class Level(Code):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"  # antrean can live with it, the hospital perhaps not
    FAULT = "fault"  # keeps passes from doing their work


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    - `what` is a word for machines, `text` a sentence (Indonesian), `advice` are lines to be typed
      as they stand, `code` is the exit code that a fault calls for.
    - `items` are all that it is about, where there are several of one kind: the sentence names the
      first few.
    """

    level: Level
    what: str
    text: str
    advice: tuple[str, ...] = ()
    code: int = 0
    items: tuple[str, ...] = ()


def ok(what: str, text: str, *advice: str) -> Finding:
    """Return that something is well."""
    return Finding(level=Level.OK, what=what, text=text, advice=advice)


def warning(what: str, text: str, *advice: str) -> Finding:
    """Return that something should be mended, though passes do their work."""
    return Finding(level=Level.WARNING, what=what, text=text, advice=advice)


def warning_of_many(what: str, text: str, items: Sequence[str], *advice: str) -> Finding:
    """Return one warning for many things of one kind; only machines are told all of them."""
    named = [*items[:MOST_NAMED]]
    if (left := len(items) - len(named)) > 0:
        named.append(f"… dan {left} lagi")
        advice = (*advice, "antrean check --json")
    return Finding(
        level=Level.WARNING,
        what=what,
        text=f"{text}: {'; '.join(named)}",
        advice=advice,
        items=tuple(items),
    )


def fault(code: int, what: str, text: str, *advice: str) -> Finding:
    """Return something that keeps passes from doing their work."""
    return Finding(level=Level.FAULT, what=what, text=text, advice=advice, code=code)


def from_error(error: AntreanError, what: str, *advice: str) -> Finding:
    """Return an error as the fault that it is; its own advice comes first."""
    own = [error.advice] if error.advice else []
    return fault(error.exit_code, what, error.sentence, *own, *advice)


def exit_code(findings: Iterable[Finding]) -> int:
    """Return the exit code of the worst fault, 0 without any."""
    return worst(finding.code for finding in findings if finding.level is Level.FAULT)
