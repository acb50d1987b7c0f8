"""The sites of this computer, a line each, as `antrean sites` shows them, and as JSON."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from shlex import quote
from typing import Any

from antrean_cli.cause_words import one_unit
from antrean_cli.operator.overview import HealthProblem, Overview, ProblemCode
from antrean_cli.operator.sites import SiteState
from antrean_cli.render.outages import outage_name
from antrean_cli.render.status import status_document
from antrean_cli.render.tables import last_width, table
from antrean_cli.render.text import fill_error
from antrean_cli.rules.codes import State

_HEADERS = ("Rumah sakit", "Keadaan", "Putaran", "Menunggu", "Ditahan", "Ditolak")
_LEAST = 12  # letters of a site's name in one line
# As short as a line of many needs them; render/status.py has the whole sentences.
_PROBLEMS: Mapping[ProblemCode, str | Callable[[HealthProblem], str]] = {
    ProblemCode.NEVER_RAN: "belum pernah ada putaran",
    ProblemCode.SUCCESS_IN_FUTURE: "putaran berhasil terakhir di masa depan",
    ProblemCode.NO_SUCCESS: "putaran berhasil terakhir sudah terlalu lama",
    ProblemCode.PENDING_TOO_LONG: "menunggu terlalu lama",
    ProblemCode.REFUSED: lambda problem: f"{problem.count} ditolak BPJS",
    ProblemCode.HELD_TOO_LONG: "ditahan terlalu lama",
    ProblemCode.LAPSING: lambda problem: f"{problem.count} segera lewat H+7",
    ProblemCode.OUTAGE: lambda problem: outage_name(problem.outage) if problem.outage else "",
    ProblemCode.BROKEN_ROW: "baris Khanza rusak",
}


def sites_text(sites: Sequence[SiteState], room: int | None = None) -> str:
    """Return a table of all sites, and below it what each one needs that is not well.

    `room` are the columns of the terminal, None where each site is to have one line.
    """
    rows = [_row(site) for site in sites]
    # The names have what the other columns leave.
    names = last_width(_names_last(_HEADERS), map(_names_last, rows), room, _LEAST)
    widths = [names, *[None] * (len(_HEADERS) - 1)]
    return "\n".join([table(_HEADERS, rows, widths), "", *_needs(sites)])


def _names_last(row: Sequence[str]) -> Sequence[str]:
    return (*row[1:], row[0])


def _row(site: SiteState) -> tuple[str, ...]:
    state = "baik" if site.well else "PERLU DILIHAT"
    if (found := site.found) is None:
        return (site.name, state, *["-"] * 4)
    return (
        site.name,
        state,
        _ago(found.passed_at, found.now),
        _pending(found),
        str(found.count(State.HELD)),
        str(found.count(State.REFUSED)),
    )


def _ago(when: datetime | None, now: datetime) -> str:
    """Return how long ago a pass ended, in few letters."""
    if when is None:
        return "belum"
    return one_unit(now - when) if when <= now else "jam salah"


def _pending(found: Overview) -> str:
    oldest = f" ({one_unit(found.oldest_pending)})" if found.pending else ""
    return f"{found.pending}{oldest}"


def _needs(sites: Iterable[SiteState]) -> list[str]:
    bad = [site for site in sites if not site.well]
    return [
        *["Perlu dilihat:"] * bool(bad),
        *(fill_error(f"- {site.name}: {_need(site)}") for site in bad),
        *["Semua baik."] * (not bad),
    ]


def _need(site: SiteState) -> str:
    if site.error:
        return str(site.error)
    causes = ", ".join(map(_words, site.problems))
    return f"{causes}; ketik: antrean --env-file {quote(str(site.file))} status"


def _words(problem: HealthProblem) -> str:
    words = _PROBLEMS[problem.code]
    return words if isinstance(words, str) else words(problem)


def sites_document(sites: Sequence[SiteState]) -> dict[str, Any]:
    """Return all sites for JSON output; times are epoch ms."""
    return {
        "well": all(site.well for site in sites),
        "sites": [
            {
                "site": site.name,
                "file": str(site.file),
                "well": site.well,
                "error": str(site.error) if site.error else None,
                "exit_code": site.error.exit_code if site.error else None,
                "status": site.found and status_document(site.found, site.problems),
            }
            for site in sites
        ],
    }
