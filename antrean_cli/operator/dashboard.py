"""BPJS's dashboard of a period, asked for, beside the report of the same days."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from antrean_cli.bpjs.client import Client
from antrean_cli.config.settings import Settings
from antrean_cli.errors import AntreanError, CredentialsError, RefusedError, TemporaryError
from antrean_cli.operator.lookups import asked
from antrean_cli.rules.dashboard import Dashboard, Waktu, compared, requests_for
from antrean_cli.rules.listings import WaktuTunggu
from antrean_cli.rules.report import By, Figures, Report
from antrean_cli.rules.rows import Clinic
from antrean_cli.rules.values import comparable, filled


class GatheredDashboard(NamedTuple):
    """What BPJS shows of a period, None if it shows nothing; `error` is why it could not be read.

    `said` are BPJS's own words where it has nothing.
    """

    dashboard: Dashboard | None
    error: AntreanError | None = None
    said: str = ""


def gather_dashboard(
    settings: Settings, report: Report, clinics: Iterable[Clinic], today: date
) -> GatheredDashboard:
    """Return BPJS's figures of a report's period beside it; `clinics` are all that Khanza has.

    The first call that fails ends it: half a period is none.
    """
    client, said = Client(settings.bpjs), ""
    rows: dict[Waktu, list[WaktuTunggu]] = {waktu: [] for waktu in Waktu}
    for call, words in requests_for(report.first, report.last, today):
        for waktu in Waktu:
            try:
                answer = asked(client, call, *words, waktu)
            except (CredentialsError, TemporaryError, RefusedError) as error:
                return GatheredDashboard(None, error)
            rows[waktu] += answer.response
            if not answer.response:
                said = answer.message
    if not any(rows.values()):
        return GatheredDashboard(None, said=said)
    ours = _by_kodepoli(report.groups[By.POLI], clinics)
    return GatheredDashboard(compared(rows, ours, report.total, report.first, report.last))


def _by_kodepoli(
    figures: Mapping[str, Figures], clinics: Iterable[Clinic]
) -> dict[str, Figures] | None:
    """Return the figures by BPJS's clinics: what is not mapped keeps Khanza's code.

    None where Khanza's clinics are not known.
    """
    mapped = {comparable(one.kd_poli): filled(one.kd_poli_bpjs) or one.kd_poli for one in clinics}
    if not mapped:
        return None
    found: dict[str, Figures] = {}
    for kd_poli, one in figures.items():
        kodepoli = comparable(mapped.get(comparable(kd_poli), kd_poli))
        found.setdefault(kodepoli, Figures()).add(one)
    return found
