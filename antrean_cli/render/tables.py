"""Rows → an aligned table for a terminal, CSV, or tab-separated lines for shell scripts."""

from collections.abc import Iterable, Sequence

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
    from tabulate import tabulate  # 50 ms that a pass without a table need not pay

    if isinstance(widths, int):
        widths = [*[None] * (len(headers) - 1), widths]
    return tabulate(
        list(rows), headers=headers, tablefmt="simple", disable_numparse=True, maxcolwidths=widths
    )


def csv_text(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return rows as CSV with a line of headings."""
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(headers)
    writer.writerows(rows)
    return text.getvalue().rstrip("\n")


def plain_text(rows: Iterable[Sequence[str]]) -> str:
    """Return one line a row without headings, its cells separated by tabs."""
    return "\n".join("\t".join(cell.translate(_PLAIN_BREAKS) for cell in row) for row in rows)
