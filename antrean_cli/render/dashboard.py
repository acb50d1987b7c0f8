"""BPJS's dashboard beside the report: on a terminal, as CSV, JSON, and a part of the page."""

from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Any

from antrean_cli.render.numbers import decimal, number
from antrean_cli.render.page import html_table, section
from antrean_cli.render.tables import csv_text, table
from antrean_cli.render.text import fill
from antrean_cli.rules.dashboard import (
    ADJACENT,
    NOTICED,
    ClinicFigures,
    Dashboard,
    Differs,
    FigureDifference,
    Mean,
)
from antrean_cli.rules.times import WIB

if TYPE_CHECKING:  # see operator/report.py
    from antrean_cli.operator.dashboard import GatheredDashboard

_TITLE = "Dashboard BPJS"
_MEANING = (
    "rs: menurut waktu yang dikirim; server: menurut saat task sampai di BPJS. Rata-rata dalam "
    "menit."
)
_MOST = 10  # differences on a terminal
_NAME = 24  # characters of a clinic's name in a line
_WORDS = {
    Differs.FEWER: (
        "{what}: BPJS menghitung {theirs} antrean, kurang dari {ours} di catatan antrean"
    ),
    Differs.MORE: "{what}: BPJS menghitung {theirs} antrean, lebih dari {ours} di catatan antrean",
    Differs.WAIT: "{what}: {theirs} menit menurut BPJS (rs), {ours} menit menurut catatan antrean",
    Differs.ARRIVAL: "{what}: {theirs} menit menurut server, {ours} menit menurut rs",
}


def dashboard_parts(gathered: "GatheredDashboard | None") -> list[str]:
    """Return BPJS's figures for a terminal, or that there are none.

    Nothing where they were not asked for, or could not be read: that is told as an error.
    """
    if gathered is None or gathered.error:
        return []
    found = gathered.dashboard
    if found is None:
        return [fill(f"{_TITLE}: {_nothing(gathered)}")]
    parts = [f"{_heading(found)}\n\n{table(('', *_COLUMNS), _total_rows(found.total))}"]
    if found.clinics:
        parts.append(table(("Poli", *_CLINIC_COLUMNS), [_clinic_row(one) for one in found.clinics]))
    return [*parts, _differences_text(found), fill(_MEANING)]


def _nothing(gathered: "GatheredDashboard") -> str:
    if gathered.error:
        return f"tidak terbaca. {gathered.error}"
    said = f" ({gathered.said})" if gathered.said else ""
    return f"BPJS tidak punya angka untuk masa itu{said}."


def _heading(found: Dashboard) -> str:
    if not found.inserted:
        return _TITLE
    return f"{_TITLE}, diambil {datetime.fromtimestamp(found.inserted / 1000, WIB):%d-%m-%Y %H:%M}"


_COLUMNS = ("Antrean", *(f"{begin} → {end}" for begin, end in ADJACENT))
_BROKEN = (0, 3, 4, 5, 6)  # columns of the page that give way: an A4 page must hold them all
_CLINIC_COLUMNS = ("Catatan", "BPJS", "3 → 4", "rs", "server")


def _total_rows(total: ClinicFigures) -> list[tuple[str, ...]]:
    ours = "-" if total.ours is None else number(total.ours)
    means = total.means.values()
    return [
        ("catatan", ours, *(decimal(mean.ours) for mean in means)),
        ("BPJS, rs", number(total.at_bpjs), *(decimal(mean.rs) for mean in means)),
        ("BPJS, server", "", *(decimal(mean.server) for mean in means)),
    ]


def _clinic_row(one: ClinicFigures) -> tuple[str, ...]:
    ours = "-" if one.ours is None else number(one.ours)
    name = f"{one.kodepoli} {one.name}".strip()[:_NAME]
    return name, ours, number(one.at_bpjs), *map(decimal, one.means[3, 4])


def _differences_text(found: Dashboard) -> str:
    if not found.differences:
        return _NO_DIFFERENCE
    shown = [difference_text(one) for one in found.differences[:_MOST]]
    more = len(found.differences) - _MOST
    rest = [f"… dan {more} lagi (lihat --json)"] if more > 0 else []
    return "\n".join(["Yang berbeda", "", *(f"- {text}" for text in shown), *rest])


_NO_DIFFERENCE = f"Catatan antrean dan BPJS tidak berbeda (rata-rata: sampai {NOTICED} menit)."


def difference_text(one: FigureDifference) -> str:
    """Return in words how BPJS's figures differ from the ledger's."""
    step = f" {one.step[0]} → {one.step[1]}" if one.step else ""
    of = decimal if one.step else lambda count: number(int(count))
    what = f"{one.kodepoli or 'semua poli'}{step}"
    return _WORDS[one.kind].format(what=what, ours=of(one.ours), theirs=of(one.theirs))


# -- CSV, JSON, page


def dashboard_csv(gathered: "GatheredDashboard") -> str:
    """Return a row a clinic of BPJS's, as Excel in Indonesia reads it; headings alone for none."""
    headings = ["kode", "poli", "antrean", "batal", "antrean_bpjs"]
    headings += [f"{who}_{a}_{b}" for a, b in ADJACENT for who in ("catatan", "rs", "server")]
    clinics = gathered.dashboard.clinics if gathered.dashboard else ()
    rows = [
        [
            *(one.kodepoli, one.name, "" if one.ours is None else str(one.ours)),
            *(str(one.cancelled), str(one.at_bpjs)),
            *(decimal(value, none="") for mean in one.means.values() for value in mean),
        ]
        for one in clinics
    ]
    return csv_text(headings, rows, excel=True)


def dashboard_document(gathered: "GatheredDashboard") -> dict[str, Any]:
    """Return BPJS's figures for JSON output; means are in minutes."""
    found = gathered.dashboard
    return {
        "total": found and _document(found.total),
        "poli": [
            {"kode": one.kodepoli, "name": one.name, **_document(one)}
            for one in (found.clinics if found else ())
        ],
        "differences": [
            {
                "kind": one.kind,
                "kode": one.kodepoli,
                "step": one.step and f"{one.step[0]}-{one.step[1]}",
                "ours": round(one.ours, 1),
                "theirs": round(one.theirs, 1),
                "text": difference_text(one),
            }
            for one in (found.differences if found else ())
        ],
        "inserted": found and found.inserted,
        "message": gathered.said,
        "error": str(gathered.error) if gathered.error else None,
    }


def _document(one: ClinicFigures) -> dict[str, Any]:
    return {
        "antrean": one.ours,
        "cancelled": one.cancelled,
        "antrean_bpjs": one.at_bpjs,
        "means": {
            f"{begin}-{end}": {
                name: None if value is None else round(value, 1)
                for name, value in mean._asdict().items()
            }
            for (begin, end), mean in one.means.items()
        },
    }


def dashboard_section(gathered: "GatheredDashboard") -> str:
    """Return BPJS's figures as a part of the page, or why there are none."""
    found = gathered.dashboard
    if found is None:
        return section(_TITLE, f"<p>{escape(_nothing(gathered))}</p>")
    headings = ("Poli", "Catatan", "BPJS", *(f"{a} → {b}" for a, b in ADJACENT))
    rows = [_page_row("semua poli", found.total)]
    rows += [_page_row(f"{one.kodepoli} {one.name}".strip(), one) for one in found.clinics]
    told = [difference_text(one) for one in found.differences] or [_NO_DIFFERENCE]
    notes = f"{_MEANING} Di tiap kolom: catatan / rs / server."
    listed = "".join(f"<p>{escape(text)}</p>" for text in told)
    return section(
        _heading(found),
        f'{html_table(headings, rows, _BROKEN)}{listed}<p class="small">{escape(notes)}</p>',
        breaks=True,
    )


def _page_row(name: str, one: ClinicFigures) -> tuple[str, ...]:
    ours = "-" if one.ours is None else number(one.ours)
    return name, ours, number(one.at_bpjs), *(_of_mean(mean) for mean in one.means.values())


def _of_mean(mean: Mean) -> str:
    return " / ".join(decimal(value) for value in mean)
