"""Rows → an aligned table for a terminal, CSV, or tab-separated lines for shell scripts."""

from collections.abc import Iterable, Iterator, Sequence
from textwrap import fill

_AT_ONCE, _HEADING = 1000, 2  # rows, and lines
_GAP = 2  # blanks between two columns
_FORMULA = tuple("=+-@\t")  # what the cells begin with that a spreadsheet takes for formulas
_PLAIN_BREAKS = str.maketrans("\t\r\n", "   ")


def table(
    headers: Sequence[str],
    rows: Iterable[Sequence[object]],
    widths: int | Sequence[int | None] | None = None,
) -> str:
    """Return an aligned table; every cell is shown as it is written, wrapped to its column's width.

    `widths` are the columns' in characters (None: as wide as it gets); one number is that of the
    last column.
    """
    return "\n".join(table_parts(headers, rows, widths))


def table_parts(
    headers: Sequence[str],
    rows: Iterable[Sequence[object]],
    widths: int | Sequence[int | None] | None = None,
) -> Iterator[str]:
    """Yield what `table` returns in parts of whole lines: nobody has to keep them all."""
    if widths is None or isinstance(widths, int):
        widths = [*[None] * (len(headers) - 1), widths]
    cells = [list(map(_wrapped, row, widths)) for row in rows]
    if len(cells) <= _AT_ONCE:
        yield _tabulated(headers, cells)
        return
    # tabulate needs a multiple of what it is given: so a long table comes in parts, each with a row
    # as wide as the widest of all, which is cut off again.
    widest = ["x" * max(map(_width, column)) for column in zip(*cells, strict=True)]
    for start in range(0, len(cells), _AT_ONCE):
        lines = _tabulated(headers, [*cells[start : start + _AT_ONCE], widest]).split("\n")
        yield "\n".join(lines[_HEADING if start else 0 : -1])


def last_width(
    headers: Sequence[str], rows: Iterable[Sequence[str]], room: int | None, least: int
) -> int | None:
    """Return how wide the last column may be where the others are as wide as they get.

    `room` are the columns of the terminal, None where no line is to be broken; `least` is what the
    last column has in any case.
    """
    if room is None:
        return None
    widths = [len(header) + _GAP for header in headers]  # tabulate's least
    for row in rows:
        widths = [max(widest, _width(cell)) for widest, cell in zip(widths, row, strict=True)]
    return max(least, room - sum(widths[:-1]) - _GAP * (len(headers) - 1))


def _tabulated(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    from tabulate import tabulate  # 50 ms that a pass without a table need not pay

    return tabulate(rows, headers=headers, tablefmt="simple", disable_numparse=True)


def _wrapped(cell: object, width: int | None) -> str:
    """Return a cell in lines of its column's width."""
    text = str(cell)
    return text if width is None or len(text) <= width else fill(text, width)


def _width(cell: str) -> int:
    return max(map(len, cell.split("\n")))


def csv_text(headers: Sequence[str], rows: Iterable[Sequence[str]], *, excel: bool = False) -> str:
    """Return rows as CSV with a line of headings; `excel`: as Excel opens it in Indonesia.

    A cell that a spreadsheet would reckon with has an apostrophe before it, as one types it there.
    """
    import csv
    import io

    text = io.StringIO()
    text.write("\ufeff" if excel else "")
    writer = csv.writer(text, delimiter=";" if excel else ",", lineterminator="\n")
    writer.writerow(headers)
    writer.writerows(map(_as_text, row) for row in rows)
    return text.getvalue().rstrip("\n")


def _as_text(cell: str) -> str:
    return f"'{cell}" if cell[:1] in _FORMULA and len(cell) > 1 else cell


def plain_text(rows: Iterable[Sequence[str]]) -> str:
    """Return one line a row without headings, its cells separated by tabs."""
    return "\n".join("\t".join(cell.translate(_PLAIN_BREAKS) for cell in row) for row in rows)
