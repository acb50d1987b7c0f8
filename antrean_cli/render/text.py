"""Sentences that fit a terminal, and JSON documents."""

import json
import re
import textwrap
from collections.abc import Iterable, Iterator
from itertools import islice

_AT_ONCE = 500  # values of a long list
WIDTH = 79  # of a line of text on a terminal
_UNSEEN = re.compile(r"[^\n -~]")  # what may be one
_TO_TYPE = "; ketik: "  # what an error ends in that names a line to type
_COMMANDS = (  # those of cli.py, which stands above: a test tells which is lacking
    "add|backup|batal|check|demo|drop|farmasi|jadwal|list|listtask|panduan|reconcile|ref|replay|report"
    "|retry|show|simulator|sites|status|sync|todo|units|update"
)
_COMMAND = re.compile(rf"antrean (?:{_COMMANDS})\b[^;,)]*")


def fill(sentence: str, indent: int = 0) -> str:
    """Return a sentence in lines of WIDTH, those after the first two columns further in.

    A command that it names is never broken.
    """
    whole = _COMMAND.sub(lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), sentence)
    first, others = " " * indent, " " * (indent + 2)
    lines = textwrap.fill(
        whole, WIDTH, initial_indent=first, subsequent_indent=others, break_on_hyphens=False
    )
    return lines.replace("\N{NO-BREAK SPACE}", " ")


def fill_error(text: str) -> str:
    """Return what is wrong, for a terminal: in lines of WIDTH, the line to type whole on its own.

    `text` may have several lines of its own.
    """
    return "\n".join(map(_filled_line, text.split("\n")))


def _filled_line(line: str) -> str:
    if len(line) <= WIDTH:
        return line
    said, to_type, typed = line.partition(_TO_TYPE)
    whole = _COMMAND.sub(lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), said)
    margin = " " * (len(line) - len(line.lstrip()) + 2)
    lines = textwrap.wrap(
        whole,
        WIDTH,
        initial_indent=margin[2:],
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
    )
    lines += [f"{margin}ketik: {typed}"] if to_type else []
    return "\n".join(lines).replace("\N{NO-BREAK SPACE}", " ")


def json_text(value: object) -> str:
    """Return one JSON document, in which letters that nobody sees are written as JSON has them."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return _UNSEEN.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    letter = found[0]
    return letter if letter.isprintable() else json.dumps(letter)[1:-1]


def json_parts(values: Iterable[object]) -> Iterator[str]:
    """Yield what `json_text` makes of a list of values, in parts: nobody has to keep them all."""
    values, opening = iter(values), "[\n"
    while some := list(islice(values, _AT_ONCE)):
        yield f"{opening}{json_text(some)[2:-2]}"
        opening = ",\n"
    yield "[]" if opening == "[\n" else "\n]"
