"""A page of HTML that stands alone: style and figures in one file, no script, no network.

It reads on a screen of any width and prints on A4.
"""

from collections.abc import Iterable, Sequence
from html import escape

_STYLE = """
@page { size: A4; margin: 14mm }
* { box-sizing: border-box }
body { font: 10.5pt/1.4 system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif; color: #1c2430;
       max-width: 186mm; margin: 8mm auto; padding: 0 4mm }
h1 { font-size: 18pt; margin: 0 } h2 { font-size: 12.5pt; margin: 7mm 0 2mm }
p { margin: 1mm 0 } .small { color: #5a6472; font-size: 9pt }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: right; white-space: nowrap; padding: 1mm 2mm; vertical-align: top;
         border-bottom: .2mm solid #dbe0e6 }
th { font-weight: 600; color: #5a6472; font-size: 9pt }
.text { text-align: left; white-space: normal }
.tiles { display: flex; gap: 4mm; margin-top: 5mm; flex-wrap: wrap }
.tile { flex: 1 1 38mm; border: .2mm solid #dbe0e6; border-radius: 2mm; padding: 3mm }
.tile b { display: block; font-size: 17pt; line-height: 1.2 }
.good b { color: #13795b } .bad b { color: #b3261e }
section { break-inside: avoid } table.long { break-inside: auto } tr { break-inside: avoid }
svg { width: 100%; height: auto; display: block } svg text { font-size: 9px; fill: #5a6472 }
.bar { fill: #2a6f97 } .rest { fill: #e6eaef } .mark { stroke: #b3261e; stroke-width: 1.2 }
"""


def page(title: str, parts: Iterable[str]) -> str:
    """Return one document of HTML."""
    return (
        '<!DOCTYPE html>\n<html lang="id">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(filter(None, parts))
        + "\n</body>\n</html>\n"
    )


def section(title: str, content: str, *, breaks: bool = False) -> str:
    """Return a part of a page under its title; on paper it is kept whole unless it `breaks`."""
    tag = "div" if breaks else "section"
    return f"<{tag}><h2>{escape(title)}</h2>\n{content}</{tag}>"


def html_table(headings: Sequence[str], rows: Iterable[Sequence[str]], texts: Sequence[int]) -> str:
    """Return a table; `texts` are the columns that are words."""

    def cells(row: Sequence[str], tag: str) -> str:
        return "".join(
            f"<{tag}{' class=text' if place in texts else ''}>{escape(cell)}</{tag}>"
            for place, cell in enumerate(row)
        )

    body = "\n".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    head = f"<thead><tr>{cells(headings, 'th')}</tr></thead>"
    return f'<table class="long">{head}<tbody>{body}</tbody></table>'
