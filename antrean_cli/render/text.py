"""Sentences that fit a terminal, and JSON documents."""

import json
import re
import textwrap
from collections.abc import Iterable, Iterator
from itertools import islice

_AT_ONCE = 500  # values of a long list
WIDTH = 79  # of a line of text on a terminal
_UNSEEN = re.compile(r"[^\n -~]")  # what may be one
_COMMAND = re.compile(r"antrean (?:add|batal|list|reconcile|retry|show|sync|update)\b[^;,)]*")


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
