"""A period's report as `antrean report` shows it: text in 80 columns, CSV, and a JSON document."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from antrean_cli.khanza.queries import Names
from antrean_cli.operator.report import GatheredReport
from antrean_cli.render.dashboard import dashboard_csv, dashboard_document, dashboard_parts
from antrean_cli.render.numbers import decimal, number, percent
from antrean_cli.render.reasons import sentence
from antrean_cli.render.tables import csv_text, table
from antrean_cli.render.text import fill
from antrean_cli.render.words import HARI, KINDS, step_name
from antrean_cli.rules.acting import unit_of
from antrean_cli.rules.codes import TASKS
from antrean_cli.rules.journeys import RootCause
from antrean_cli.rules.report import (
    PAIRS,
    WANTED,
    WANTED_MOBILE,
    WANTED_WAIT,
    By,
    Coverage,
    Figures,
    Loss,
    Report,
)

_BAR = 24  # characters of a whole one
_MOST = 10  # rows of a list that could be long
_HEADINGS = {
    By.TANGGAL: "Tanggal",
    By.POLI: "Poli",
    By.DOKTER: "Dokter",
    By.JENIS: "Jenis",
    By.JAM: "Jam datang",
    By.HARI: "Hari",
}
_OTHERS = (
    ("batal", "cancelled"),
    ("tidak hadir", "no_show"),
    ("lewat H+7", "lapsed"),
    ("ditolak BPJS", "refused"),
    ("belum sampai di BPJS", "not_at_bpjs"),
    ("hari ini, masih berjalan", "ongoing"),
)
SAMPLE = "Khanza contoh: semua angka dan pasien rekaan"
_NAME = 20  # characters of a clinic's or doctor's name in a line
COLUMNS = ("Antrean", "Lengkap", "3 → 4", "90 %", "< 60 mnt", "3 → 7")


def minutes(count: int | None) -> str:
    """Return minutes, a dash for none."""
    return "-" if count is None else f"{count} mnt"


def bar(share: float | None) -> str:
    """Return a share as a bar."""
    filled = round(_BAR * (share or 0))
    return "█" * filled + "░" * (_BAR - filled)


_NO_VISIT = "tanpa kunjungan"  # cancelled in Mobile JKN, and Khanza deleted the visit


def label(by: By, value: str, names: Names) -> str:
    """Return what people call one value of what figures are told apart by."""
    if by is By.TANGGAL:
        return f"{date.fromisoformat(value):%d-%m-%Y}"
    if by is By.POLI:
        return named(names.clinics, value) if value else _NO_VISIT
    if by is By.DOKTER:
        return named(names.doctors, value) if value else _NO_VISIT
    if by is By.JENIS:
        return KINDS.get(value, value)
    if by is By.HARI:
        return HARI[int(value)]
    return f"{value}.00" if value else "tanpa task 3"


def named(names: Mapping[str, str], code: str) -> str:
    """Return a code with its name."""
    return f"{code} {names.get(code, '')}".strip() or "-"


def cause_in_words(cause: RootCause) -> str:
    """Return why a task is missing."""
    if cause.reason is None:
        return f"{step_name(cause.step)} tidak tercatat di Khanza"
    return sentence(cause.reason)


def who(cause: RootCause) -> str:
    """Return who could have prevented it, empty if nobody."""
    unit = unit_of(cause.step, cause.reason)
    return str(unit) if unit else ""


# -- text


def report_text(gathered: GatheredReport, by: By) -> str:
    """Return a report for a terminal, its figures told apart by one thing."""
    report, names = gathered.report, gathered.names
    parts = [_heading(gathered)]
    at_bpjs = dashboard_parts(gathered.at_bpjs)
    if not report.total.facts["bookings"]:
        return "\n\n".join([*parts, "Tidak ada antrean pada hari-hari itu.", *at_bpjs])
    if report.coverage:
        parts.append(_coverage_text(report.coverage, names))
    parts += [_tasks_text(report.total), _waits_text(report.total)]
    parts.append(f"Menurut {_HEADINGS[by].lower()}\n\n{group_table(report, by, names)}")
    parts += at_bpjs
    if report.refusals:
        parts.append(_refusals_text(report))
    if report.losses:
        parts.append(_losses_text(report.losses))
    parts.append(
        "Yang dihitung hanya yang sudah ada di BPJS, dengan waktu yang dikirim. Langkah\n"
        "yang dicatat dengan satu klik (selisih satu detik) bukan waktu tunggu."
    )
    return "\n\n".join(parts)


def _heading(gathered: GatheredReport) -> str:
    report = gathered.report
    text = f"Laporan antrean {report.first:%d-%m-%Y} s.d. {report.last:%d-%m-%Y}"
    if gathered.sample:
        text += f"\n({SAMPLE})"
    if gathered.begin and gathered.begin > report.first:
        text += f"\n(antrean mulai mencatat pada {gathered.begin:%d-%m-%Y})"
    return text


def _coverage_text(coverage: Coverage, names: Names) -> str:
    lines = [f"Pemanfaatan antrean: dari {number(coverage.seps)} SEP rawat jalan (tanpa IGD)", ""]
    for what, share, count, wanted in (
        ("Semua sumber", coverage.share, coverage.covered, WANTED),
        ("Mobile JKN", coverage.mobile_share, coverage.mobile, WANTED_MOBILE),
    ):
        mark = f"target {100 * wanted:.0f} %"
        lines.append(f"  {what:<13} {bar(share)} {percent(share):>8} {number(count):>7}  {mark}")
    if coverage.uncovered:
        rows = [
            (
                named(names.clinics, one.kd_poli),
                number(one.seps),
                sentence(one.reason) if one.reason else "tidak pernah dibaca antrean",
            )
            for one in coverage.uncovered[:_MOST]
        ]
        lines += [
            "",
            "SEP tanpa antrean",
            "",
            table(("Poli", "SEP", "Sebab"), rows, (26, None, 40)),
        ]
        lines += _more(len(coverage.uncovered))
    return "\n".join(lines)


def _tasks_text(total: Figures) -> str:
    facts = total.facts
    lines = [f"Antrean di BPJS: {number(facts['antrean'])}", ""]
    for task in TASKS:
        share = total.share(f"told_{task}", f"expected_{task}")
        told, expected = number(facts[f"told_{task}"]), number(facts[f"expected_{task}"])
        lines.append(
            f"  Task {task}        {bar(share)} {percent(share):>8} {told:>7}  dari {expected}"
        )
    share = total.share("whole", "served")
    lines.append(f"  Lengkap       {bar(share)} {percent(share):>8} {number(facts['whole']):>7}")
    counts = ", ".join(others(total))
    return "\n".join([*lines, *(["", fill(counts, 2)] if counts else [])])


def others(total: Figures) -> list[str]:
    """Return what else became of bookings, each with its count, where there is one."""
    return [f"{what} {number(total.facts[fact])}" for what, fact in _OTHERS if total.facts[fact]]


def _waits_text(total: Figures) -> str:
    headings = ("Task", "Kunjungan", "Median", "90 %", f"< {WANTED_WAIT} mnt", "Satu klik")
    return f"Waktu tunggu\n\n{table(headings, wait_rows(total))}"


def wait_rows(total: Figures) -> list[tuple[str, ...]]:
    """Return a row a pair of tasks: of how many, median, 90 %, share in time, ties."""
    return [
        (
            f"{begin} → {end}",
            number(spread.of),
            minutes(spread.median),
            minutes(spread.p90),
            percent(spread.in_time),
            number(spread.ties),
        )
        for begin, end in PAIRS
        for spread in [total.spread(begin, end)]
    ]


def group_table(report: Report, by: By, names: Names) -> str:
    """Return the figures of each value that they are told apart by."""
    headings = (_HEADINGS[by], *COLUMNS)
    return table(headings, group_rows(report, by, names), (_NAME, *[None] * len(COLUMNS)))


def group_rows(report: Report, by: By, names: Names) -> list[tuple[str, ...]]:
    """Return a row for each value: what it is called, and its figures as COLUMNS has them."""
    return [
        (label(by, value, names), *_columns_of(figures))
        for value, figures in report.groups[by].items()
    ]


def _columns_of(figures: Figures) -> tuple[str, ...]:
    arrival, whole = figures.spread(3, 4), figures.spread(3, 7)
    return (
        number(figures.facts["antrean"]),
        percent(figures.share("whole", "served")),
        minutes(arrival.median),
        minutes(arrival.p90),
        percent(arrival.in_time),
        minutes(whole.median),
    )


def _refusals_text(report: Report) -> str:
    rows = [(number(count), sentence(reason)) for reason, count in report.refusals[:_MOST]]
    return "\n".join(
        [
            "Ditolak BPJS",
            "",
            table(("Kiriman", "Kata BPJS"), rows, 66),
            *_more(len(report.refusals)),
        ]
    )


def _losses_text(losses: Iterable[Loss]) -> str:
    losses = list(losses)
    rows = [
        (
            number(loss.tasks),
            number(loss.bookings),
            who(loss.cause) or "-",
            cause_in_words(loss.cause),
        )
        for loss in losses[:_MOST]
    ]
    headings = ("Task", "Kunjungan", "Oleh", "Sebab")
    return "\n".join(
        ["Sebab task yang tidak ada", "", table(headings, rows, 44), *_more(len(losses))]
    )


def _more(count: int) -> list[str]:
    return [f"… dan {count - _MOST} lagi (lihat --json)"] if count > _MOST else []


# -- CSV and JSON


def report_csv(gathered: GatheredReport, by: By) -> str:
    """Return the figures of each value that they are told apart by, as Excel in Indonesia reads it.

    Semicolons between cells, a comma before decimals, and a mark that tells that it is UTF-8. With
    BPJS's dashboard, it is told instead: its clinics are not Khanza's.
    """
    if gathered.at_bpjs:
        return dashboard_csv(gathered.at_bpjs)
    headings = ["kode", _HEADINGS[by].lower(), *_FACTS.values()]
    headings += ["persen_lengkap", *(f"{name}_{a}_{b}" for a, b in PAIRS for name in _SPREAD)]
    rows = [
        [value, label(by, value, gathered.names), *_csv_cells(figures)]
        for value, figures in gathered.report.groups[by].items()
    ]
    return csv_text(headings, rows, excel=True)


_FACTS = {  # as the JSON calls them, and the CSV
    "bookings": "tercatat",
    "antrean": "antrean_di_bpjs",
    "mobilejkn": "mobile_jkn",
    "cancelled": "batal",
    "no_show": "tidak_hadir",
    "lapsed": "lewat_h7",
    "refused": "ditolak",
    "not_at_bpjs": "belum_di_bpjs",
    "ongoing": "masih_berjalan",
    "served": "dilayani",
    "whole": "lengkap",
    **{
        f"{what}_{task}": f"task_{task}_{words}"
        for task in TASKS
        for what, words in (("expected", "seharusnya"), ("told", "di_bpjs"))
    },
}
_SPREAD = ("kunjungan", "median_menit", "p90_menit", "persen_60", "satu_klik")


def _csv_cells(figures: Figures) -> list[str]:
    cells = [str(figures.facts[fact]) for fact in _FACTS]
    cells.append(_percent_cell(figures.share("whole", "served")))
    for begin, end in PAIRS:
        of, median, p90, in_time, ties = figures.spread(begin, end)
        cells += [str(of), _whole(median), _whole(p90), _percent_cell(in_time), str(ties)]
    return cells


def _whole(count: int | None) -> str:
    return "" if count is None else str(count)


def _percent_cell(share: float | None) -> str:
    return decimal(None if share is None else 100 * share, none="")


def report_document(gathered: GatheredReport) -> dict[str, Any]:
    """Return a report for JSON output; shares are from 0 to 1, waits in minutes."""
    report, names = gathered.report, gathered.names
    return {
        "first": report.first.isoformat(),
        "last": report.last.isoformat(),
        "begin": gathered.begin and gathered.begin.isoformat(),
        "coverage": _coverage_document(report.coverage, names) if report.coverage else None,
        "total": figures_document(report.total),
        "groups": {
            by.value: [
                {"value": value, "name": label(by, value, names), **figures_document(figures)}
                for value, figures in found.items()
            ]
            for by, found in report.groups.items()
        },
        "refusals": [
            {"text": sentence(reason), "reason_code": reason.code.family, "pushes": count}
            for reason, count in report.refusals
        ],
        "losses": [
            {
                "step": loss.cause.step,
                "reason_code": loss.cause.reason and loss.cause.reason.code.family,
                "reason": cause_in_words(loss.cause),
                "who": who(loss.cause),
                "tasks": loss.tasks,
                "bookings": loss.bookings,
            }
            for loss in report.losses
        ],
        "bpjs": dashboard_document(gathered.at_bpjs) if gathered.at_bpjs else None,
        "error": str(gathered.error) if gathered.error else None,
    }


def _coverage_document(coverage: Coverage, names: Names) -> dict[str, Any]:
    return {
        "seps": coverage.seps,
        "covered": coverage.covered,
        "share": _rounded(coverage.share),
        "wanted": WANTED,
        "mobilejkn": coverage.mobile,
        "mobilejkn_share": _rounded(coverage.mobile_share),
        "mobilejkn_wanted": WANTED_MOBILE,
        "uncovered": [
            {
                "kd_poli": one.kd_poli,
                "name": names.clinics.get(one.kd_poli, ""),
                "reason_code": one.reason and one.reason.code.family,
                "reason": one.reason and sentence(one.reason),
                "seps": one.seps,
            }
            for one in coverage.uncovered
        ],
    }


def figures_document(figures: Figures) -> dict[str, Any]:
    """Return what was counted of some bookings for JSON output."""
    return {
        **{fact: figures.facts[fact] for fact in _FACTS},
        "whole_share": _rounded(figures.share("whole", "served")),
        "waits": {
            f"{begin}-{end}": {
                "n": spread.of,
                "median": spread.median,
                "p90": spread.p90,
                "in_60": _rounded(spread.in_time),
                "ties": spread.ties,
            }
            for begin, end in PAIRS
            for spread in [figures.spread(begin, end)]
        },
    }


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
