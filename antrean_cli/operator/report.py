"""A period's report, gathered: what the ledger has of it, and Khanza's SEPs of the same days."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from antrean_cli.config.settings import Settings
from antrean_cli.errors import AntreanError, SettingsError, TemporaryError
from antrean_cli.khanza.queries import Khanza, Names
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.report import DaySums, Report, coverage_of, report_of, sums_of
from antrean_cli.rules.rows import Clinic

if TYPE_CHECKING:  # who does not ask BPJS must not pay for it
    from antrean_cli.operator.dashboard import GatheredDashboard


class GatheredReport(NamedTuple):
    """A report, Khanza's names for what it tells of, and the day that the ledger begins with.

    `error` is why Khanza could not be read: then the report says nothing of SEPs, and no name is
    known. `clinics` are Khanza's, with their mapping; `at_bpjs` is BPJS's dashboard of the same
    days, None if it was not asked for. `sample`: it is of no hospital, but of the demonstration's.
    """

    report: Report
    names: Names
    begin: date | None
    error: AntreanError | None
    clinics: Sequence[Clinic] = ()
    at_bpjs: "GatheredDashboard | None" = None
    sample: bool = False


def gather_report(
    settings: Settings, ledger: Ledger, first: date, last: date, today: date
) -> GatheredReport:
    """Return the report of these days; raises StateError."""
    names, coverage, error = Names({}, {}), None, None
    clinics: Sequence[Clinic] = ()
    journeys, forgotten = list(ledger.journeys(first, last)), ledger.day_sums(first, last)
    days = sums_of(journeys, today, settings.policy.zone)
    for day, sums in forgotten.items():
        days.setdefault(day, DaySums()).add(sums)
    try:
        with Khanza(settings.khanza) as khanza:
            khanza.check()
            seps, names = khanza.outpatient_seps(first, last), khanza.names()
            clinics = khanza.clinics()
        coverage = coverage_of(seps, journeys, forgotten)
    except (TemporaryError, SettingsError) as trouble:
        error = trouble
    report = report_of(first, last, days, coverage)
    begin, sample = ledger.pass_state().begin, bool(settings.khanza.sqlite)
    return GatheredReport(report, names, begin, error, clinics, sample=sample)
