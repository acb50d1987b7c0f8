"""The Markdown of the guide's pages → text for a terminal.

- Only what those pages are written in: headings, paragraphs, lists, tables, fenced code, links,
  code and bold in a line. Comments are left out.
- Headings stand at the margin and what belongs to them further in, so that it reads without bold
  as well. Code is never broken, unless it is longer than a line.
"""

import re
import textwrap
from collections.abc import Iterator, Sequence
from itertools import zip_longest

import click

_MARGIN = 2
_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
_LINK = re.compile(r"\[([^]]+)\]\(([^)]+)\)")
_PAGE = re.compile(r"([a-z-]+)\.md(?:#.*)?")
_CODE = re.compile(r"`([^`]+)`")
_LITERAL = re.compile(r"`([^`]+)`|\*\*(.+?)\*\*", re.DOTALL)
_ITEM = re.compile(r"( *)(?:-|(\d+)\.) ")
_RULE = re.compile(r"\|[-:| ]+\|")  # between the headings of a table and its rows
_BREAK = re.compile(r"\\\n")  # a line that ends in a backslash
_BETWEEN = 2  # columns of a table


def rendered(text: str, width: int) -> str:
    """Return a page in lines of `width`, with the codes that make a terminal show bold."""
    lines: list[str] = []
    for block in _blocks(_COMMENT.sub("", text)):
        if block or lines[-1:] != [""]:
            lines += _shown(block, width) if block else [""]
    return "\n".join(lines).rstrip("\n")


def _blocks(text: str) -> Iterator[list[str]]:
    """Yield the lines of each heading, paragraph, item, table and fence; none for a blank line."""
    block: list[str] = []
    fenced = False
    for line in [*text.splitlines(), ""]:
        fence, in_fence = line.lstrip().startswith("```"), fenced
        fenced = fenced != fence
        if not in_fence and block and _begins(line, block):
            yield block
            block = []
        block += [line] if line or in_fence else []
        if not line and not in_fence:
            yield []
        elif in_fence and fence:
            yield block
            block = []


def _begins(line: str, block: Sequence[str]) -> bool:
    """Return whether a line is no longer of this block."""
    bare = line.lstrip()
    rows = bare.startswith("|") != block[0].lstrip().startswith("|")
    return not bare or bare.startswith(("#", "```")) or _is_item(line, block[0]) or rows


def _is_item(line: str, begun: str) -> bool:
    """Return whether a line is an item: one that a sentence's number begins is not, as in Markdown.

    `begun` is the first line of the block before it; only 1 begins a list after a paragraph.
    """
    item, before = _ITEM.match(line), _ITEM.match(begun)
    if item is None or item[2] in (None, "1"):
        return item is not None
    return before is not None and before[2] is not None and before[1] == item[1]


def _shown(block: Sequence[str], width: int) -> list[str]:
    first = block[0].lstrip()
    indent = len(block[0]) - len(first)
    if first.startswith("#"):
        return [click.style(_plain(first.lstrip("# ")), bold=True)]
    if first.startswith("```"):
        margin = " " * (2 * _MARGIN)
        return [f"{margin}{line}".rstrip() for line in block[1:-1]]
    if first.startswith("|"):
        margin = " " * _MARGIN
        return [f"{margin}{line}".rstrip() for line in _table(block, width - _MARGIN)]
    item = _ITEM.match(block[0])
    hang = " " * (_MARGIN + (item.end() if item else indent))
    lines: list[str] = []
    for part in _BREAK.split("\n".join(block)):
        lines += _filled(part, width, hang if lines else " " * (_MARGIN + indent), hang)
    return lines


def _filled(text: str, width: int, first: str, others: str) -> list[str]:
    room = width - len(others)
    whole = _CODE.sub(lambda found: _unbroken(found[0], room), _linked(" ".join(text.split())))
    lines = textwrap.fill(
        whole,
        width,
        initial_indent=first,
        subsequent_indent=others,
        break_on_hyphens=False,
        break_long_words=False,
    )
    return _LITERAL.sub(_literal, lines).replace("\N{NO-BREAK SPACE}", " ").split("\n")


def _unbroken(code: str, room: int) -> str:
    return code.replace(" ", "\N{NO-BREAK SPACE}") if len(code) <= room else code


def _literal(found: re.Match[str]) -> str:
    text = found[1] or found[2]
    return "\n".join(click.style(line, bold=True) for line in text.split("\n"))


def _linked(text: str) -> str:
    """Return a text with its links as they are followed at a terminal."""

    def followed(link: re.Match[str]) -> str:
        words, target = link[1], link[2]
        if page := _PAGE.fullmatch(target):
            command = f"`antrean panduan {page[1]}`"
            return command if words == page[1] else f"{words} ({command})"
        return f"{words} ({target})" if "://" in target else words

    return _LINK.sub(followed, text)


def _plain(text: str) -> str:
    return _LITERAL.sub(lambda found: found[1] or found[2], _linked(text)).replace(r"\|", "|")


def _table(block: Sequence[str], room: int) -> list[str]:
    headers, *rows = [_cells(line) for line in block if not _RULE.fullmatch(line.strip())]
    widths = _fitting([headers, *rows], room)
    below = ["-" * width for width in widths]
    return [line for row in (headers, below, *rows) for line in _row(row, widths)]


def _row(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    wrapped = [
        textwrap.wrap(cell, width, break_on_hyphens=False) or [""]
        for cell, width in zip(cells, widths, strict=True)
    ]
    between = " " * _BETWEEN
    return [
        between.join(map(str.ljust, line, widths)).rstrip()
        for line in zip_longest(*wrapped, fillvalue="")
    ]


def _cells(line: str) -> list[str]:
    return [_plain(cell.strip()) for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]


def _fitting(rows: Sequence[Sequence[str]], room: int) -> list[int]:
    """Return the widths of the columns: the widest gives way until all fit, as far as words do."""
    columns = list(zip(*rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    least = [
        max(len(word) for cell in column for word in [*cell.split(), ""]) for column in columns
    ]
    room -= _BETWEEN * (len(columns) - 1)
    while sum(widths) > room:
        at = max(range(len(widths)), key=lambda one: (widths[one] > least[one], widths[one]))
        if widths[at] <= least[at]:
            break
        widths[at] -= 1
    return widths
