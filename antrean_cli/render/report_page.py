"""A period's report as one page for the director: read without a network, printed on A4.

- Its charts are SVG that is drawn here: bars and columns need no library, and no reader of the page
  needs one.
- Its figures are those of `report_document`, written as report.py writes them; no patient is on it.
"""

from html import escape

from antrean_cli.khanza.queries import Names
from antrean_cli.operator.report import GatheredReport
from antrean_cli.render.dashboard import dashboard_section
from antrean_cli.render.numbers import number, percent
from antrean_cli.render.page import html_table, page, section
from antrean_cli.render.reasons import sentence
from antrean_cli.render.report import (
    COLUMNS,
    SAMPLE,
    cause_in_words,
    group_rows,
    named,
    others,
    wait_rows,
    who,
)
from antrean_cli.rules.codes import TASKS
from antrean_cli.rules.report import (
    WANTED,
    WANTED_IN_TIME,
    WANTED_MOBILE,
    WANTED_WAIT,
    WANTED_WHOLE,
    By,
    Coverage,
    Figures,
    Report,
)


def report_page(gathered: GatheredReport) -> str:
    """Return the page, as one document of HTML."""
    report, names = gathered.report, gathered.names
    period = f"{report.first:%d-%m-%Y} s.d. {report.last:%d-%m-%Y}"
    parts = [
        f"<h1>Laporan antrean</h1><p>{period}</p>",
        _notes(gathered),
        _tiles(report),
        section("Antrean per hari", _columns(report)),
        section("Task yang sampai di BPJS", _task_bars(report.total)),
        section("Waktu tunggu", _waits(report.total)),
        section("Menurut poli", _groups(report, By.POLI, names), breaks=True),
        section("Menurut dokter", _groups(report, By.DOKTER, names), breaks=True),
        section("Menurut jam datang", _groups(report, By.JAM, names)),
        section("Menurut hari", _groups(report, By.HARI, names)),
    ]
    if gathered.at_bpjs:
        parts.append(dashboard_section(gathered.at_bpjs))
    if report.coverage and report.coverage.uncovered:
        parts.append(section("SEP tanpa antrean", _uncovered(report.coverage, names)))
    if report.losses:
        parts.append(section("Sebab task yang tidak ada", _losses(report)))
    if report.refusals:
        parts.append(section("Ditolak BPJS", _refusals(report)))
    parts.append(section("Cara menghitung", _definitions()))
    return page(f"Laporan antrean {period}", parts)


def _notes(gathered: GatheredReport) -> str:
    told = [f"{SAMPLE}."] if gathered.sample else []
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
        _tile(
            "kunjungan dengan task lengkap", total.share("whole", "served"), WANTED_WHOLE, "whole"
        )
    )
    arrival = total.spread(3, 4)
    tiles.append(
        _tile(
            f"dilayani dalam {WANTED_WAIT} menit (task 3 → 4)",
            arrival.in_time,
            WANTED_IN_TIME,
            "in-time",
        )
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
    chart = f'<svg viewBox="0 0 720 {20 * len(rows)}" role="img">{"".join(drawn)}</svg>'
    told = ", ".join([f"antrean di BPJS {number(total.facts['antrean'])}", *others(total)])
    return f'{chart}<p class="small">{escape(told)}</p>'


# -- tables


def _waits(total: Figures) -> str:
    headings = ("Task", "Kunjungan", "Median", "90 %", f"< {WANTED_WAIT} menit", "Satu klik")
    return html_table(headings, wait_rows(total), (0,))


def _groups(report: Report, by: By, names: Names) -> str:
    return html_table(("", *COLUMNS), group_rows(report, by, names), (0,))


def _uncovered(coverage: Coverage, names: Names) -> str:
    rows = [
        (
            named(names.clinics, one.kd_poli),
            number(one.seps),
            sentence(one.reason) if one.reason else "tidak pernah dibaca antrean",
        )
        for one in coverage.uncovered
    ]
    return html_table(("Poli", "SEP", "Sebab"), rows, (0, 2))


def _losses(report: Report) -> str:
    rows = [
        (cause_in_words(one.cause), who(one.cause) or "-", number(one.tasks), number(one.bookings))
        for one in report.losses
    ]
    return html_table(("Sebab", "Yang dapat mencegah", "Task", "Kunjungan"), rows, (0, 1))


def _refusals(report: Report) -> str:
    rows = [(sentence(reason), number(count)) for reason, count in report.refusals]
    return html_table(("Kata BPJS", "Kiriman"), rows, (0,))


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
