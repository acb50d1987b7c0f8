"""A period's report as one page for the director: read without a network, printed on A4.

- All of it stands in the one file: style, charts (SVG, drawn here: bars and columns need no
  library, and no reader of the page needs one), figures. There is no script.
- Its figures are those of `report_document`, written as report.py writes them; no patient is on it.
"""

from collections.abc import Iterable, Sequence
from html import escape

from antrean_cli.khanza.queries import Names
from antrean_cli.operator.report import GatheredReport
from antrean_cli.render.reasons import sentence
from antrean_cli.render.report import (
    cause,
    label,
    minutes,
    named,
    number,
    percent,
    who,
)
from antrean_cli.rules.codes import TASKS
from antrean_cli.rules.report import (
    PAIRS,
    WANTED,
    WANTED_MOBILE,
    WANTED_WAIT,
    By,
    Coverage,
    Figures,
    Report,
)

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


def report_page(gathered: GatheredReport) -> str:
    """Return the page, as one document of HTML."""
    report, names = gathered.report, gathered.names
    period = f"{report.first:%d-%m-%Y} s.d. {report.last:%d-%m-%Y}"
    parts = [
        f"<h1>Laporan antrean</h1><p>{period}</p>",
        _notes(gathered),
        _tiles(report),
        _section("Antrean per hari", _columns(report)),
        _section("Task yang sampai di BPJS", _task_bars(report.total)),
        _section("Waktu tunggu", _waits(report.total)),
        _section("Menurut poli", _groups(report, By.POLI, names), breaks=True),
        _section("Menurut dokter", _groups(report, By.DOKTER, names), breaks=True),
        _section("Menurut jam datang", _groups(report, By.JAM, names)),
        _section("Menurut hari", _groups(report, By.HARI, names)),
    ]
    if report.coverage and report.coverage.uncovered:
        parts.append(_section("SEP tanpa antrean", _uncovered(report.coverage, names)))
    if report.losses:
        parts.append(_section("Sebab task yang tidak ada", _losses(report)))
    if report.refusals:
        parts.append(_section("Ditolak BPJS", _refusals(report)))
    parts.append(_section("Cara menghitung", _definitions()))
    return (
        '<!DOCTYPE html>\n<html lang="id">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Laporan antrean {period}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(filter(None, parts))
        + "\n</body>\n</html>\n"
    )


def _section(title: str, content: str, *, breaks: bool = False) -> str:
    tag = "div" if breaks else "section"
    return f"<{tag}><h2>{escape(title)}</h2>\n{content}</{tag}>"


def _notes(gathered: GatheredReport) -> str:
    told = []
    if gathered.begin and gathered.begin > gathered.report.first:
        told.append(f"antrean mulai mencatat pada {gathered.begin:%d-%m-%Y}.")
    if gathered.error:
        told.append("Khanza tidak terbaca, jadi SEP tidak dihitung.")
    return "".join(f'<p class="small">{escape(text)}</p>' for text in told)


def _tiles(report: Report) -> str:
    total, tiles = report.total, list[str]()
    if coverage := report.coverage:
        tiles.append(_tile("SEP yang punya antrean", coverage.share, WANTED, "coverage"))
        tiles.append(_tile("lewat Mobile JKN", coverage.mobile_share, WANTED_MOBILE, "mobile"))
    tiles.append(
        _tile("kunjungan dengan task lengkap", total.share("whole", "served"), 0.8, "whole")
    )
    arrival = total.spread(3, 4)
    tiles.append(
        _tile(f"dilayani dalam {WANTED_WAIT} menit (task 3 → 4)", arrival.in_time, 0.8, "in-time")
    )
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _tile(what: str, share: float | None, wanted: float, name: str) -> str:
    kind = "" if share is None else " good" if share >= wanted else " bad"
    return (
        f'<div class="tile{kind}" id="{name}"><b>{percent(share)}</b>{escape(what)}'
        f'<br><span class="small">target {100 * wanted:.0f} %</span></div>'
    )


# -- charts


def _columns(report: Report) -> str:
    """Return a column a day: how many antrean BPJS has, and how many of them are whole."""
    days = report.groups[By.TANGGAL]
    most = max((one.facts["antrean"] for one in days.values()), default=0)
    if not most:
        return "<p>-</p>"
    width, height = 720 / len(days), 120
    drawn = []
    for place, (day, figures) in enumerate(days.items()):
        left = place * width
        for kind, fact in (("rest", "antrean"), ("bar", "whole")):
            tall = height * figures.facts[fact] / most
            drawn.append(
                f'<rect class="{kind}" x="{left + width * 0.12:.1f}" y="{height - tall:.1f}" '
                f'width="{width * 0.76:.1f}" height="{tall:.1f}"><title>{day[8:]}-{day[5:7]}: '
                f"{number(figures.facts[fact])}</title></rect>"
            )
        if len(days) <= 31 or place % (len(days) // 16) == 0:
            drawn.append(
                f'<text x="{left + width / 2:.1f}" y="{height + 12}" text-anchor="middle">'
                f"{day[8:]}</text>"
            )
    text = (
        f'<p class="small">Abu-abu: antrean di BPJS (paling banyak {number(most)} sehari). '
        "Biru: yang task-nya lengkap.</p>"
    )
    return f'<svg viewBox="0 0 720 {height + 16}" role="img">{"".join(drawn)}</svg>{text}'


def _task_bars(total: Figures) -> str:
    rows = [
        (
            f"task {task}",
            total.share(f"told_{task}", f"expected_{task}"),
            total.facts[f"told_{task}"],
        )
        for task in TASKS
    ]
    rows.append(("lengkap", total.share("whole", "served"), total.facts["whole"]))
    drawn = []
    for place, (what, share, count) in enumerate(rows):
        top = place * 20
        drawn.append(
            f'<text x="0" y="{top + 12}">{what}</text>'
            f'<rect class="rest" x="60" y="{top + 3}" width="500" height="12"/>'
            f'<rect class="bar" x="60" y="{top + 3}" width="{500 * (share or 0):.1f}" height="12"/>'
            f'<text x="570" y="{top + 12}">{percent(share)} ({number(count)})</text>'
        )
    facts = total.facts
    others = (
        ("batal", "cancelled"),
        ("tidak hadir", "no_show"),
        ("lewat H+7", "lapsed"),
        ("ditolak BPJS", "refused"),
        ("belum sampai di BPJS", "not_at_bpjs"),
        ("hari ini, masih berjalan", "ongoing"),
    )
    told = ", ".join(f"{what} {number(facts[fact])}" for what, fact in others)
    chart = f'<svg viewBox="0 0 720 {20 * len(rows)}" role="img">{"".join(drawn)}</svg>'
    return f'{chart}<p class="small">Antrean di BPJS {number(facts["antrean"])}; {told}.</p>'


# -- tables


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]], texts: Sequence[int]) -> str:
    """Return a table; `texts` are the columns that are words."""

    def cells(row: Sequence[str], tag: str) -> str:
        return "".join(
            f"<{tag}{' class=text' if place in texts else ''}>{escape(cell)}</{tag}>"
            for place, cell in enumerate(row)
        )

    body = "\n".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    head = f"<thead><tr>{cells(headings, 'th')}</tr></thead>"
    return f'<table class="long">{head}<tbody>{body}</tbody></table>'


def _waits(total: Figures) -> str:
    rows = []
    for begin, end in PAIRS:
        spread = total.spread(begin, end)
        rows.append(
            (
                f"task {begin} → {end}",
                number(spread.of),
                minutes(spread.median),
                minutes(spread.p90),
                percent(spread.in_time),
                number(spread.ties),
            )
        )
    headings = (
        "",
        "Kunjungan",
        "Median",
        "90 % paling lama",
        f"< {WANTED_WAIT} menit",
        "Satu klik",
    )
    return _table(headings, rows, (0,))


def _groups(report: Report, by: By, names: Names) -> str:
    rows = []
    for value, figures in report.groups[by].items():
        arrival, whole = figures.spread(3, 4), figures.spread(3, 7)
        rows.append(
            (
                label(by, value, names),
                number(figures.facts["antrean"]),
                percent(figures.share("whole", "served")),
                minutes(arrival.median),
                minutes(arrival.p90),
                percent(arrival.in_time),
                minutes(whole.median),
            )
        )
    headings = ("", "Antrean", "Lengkap", "3 → 4", "3 → 4 (90 %)", "< 60 menit", "3 → 7")
    return _table(headings, rows, (0,))


def _uncovered(coverage: Coverage, names: Names) -> str:
    rows = [
        (
            named(names.clinics, one.kd_poli),
            number(one.seps),
            sentence(one.reason) if one.reason else "tidak pernah dibaca antrean",
        )
        for one in coverage.uncovered
    ]
    return _table(("Poli", "SEP", "Sebab"), rows, (0, 2))


def _losses(report: Report) -> str:
    rows = [
        (cause(one.missing), who(one.missing) or "-", number(one.tasks), number(one.bookings))
        for one in report.losses
    ]
    return _table(("Sebab", "Yang dapat mencegah", "Task", "Kunjungan"), rows, (0, 1))


def _refusals(report: Report) -> str:
    rows = [(sentence(reason), number(count)) for reason, count in report.refusals]
    return _table(("Kata BPJS", "Kiriman"), rows, (0,))


def _definitions() -> str:
    told = (
        "Yang dihitung hanya yang sudah ada di BPJS, dengan waktu yang dikirim; tidak ada yang "
        "diperkirakan.",
        "SEP: rawat jalan (bridging_sep dan bridging_sep_internal), tanpa IGD. SEP punya antrean "
        "bila kunjungannya ada di BPJS. Rumus resmi BPJS tidak diumumkan.",
        "Task 6 dan 7 hanya diharapkan dari kunjungan dengan resep. Yang batal dan tidak hadir "
        "tidak dihitung dalam task.",
        "Waktu tunggu: dari satu task ke task berikutnya. Dua task yang dicatat dengan satu klik "
        "(selisih satu detik) dihitung tersendiri.",
        f"{WANTED_WAIT} menit: standar pelayanan minimal rawat jalan (Kepmenkes 129/2008).",
    )
    return "".join(f'<p class="small">{escape(text)}</p>' for text in told)
