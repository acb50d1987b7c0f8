"""A period's report, gathered: what the ledger has of it, and Khanza's SEPs of the same days."""

from datetime import date
from typing import NamedTuple

from antrean_cli.config.settings import Settings
from antrean_cli.errors import AntreanError, SettingsError, TemporaryError
from antrean_cli.khanza.queries import Khanza, Names
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.report import Report, report_of
from antrean_cli.rules.rows import SepOfVisit


class GatheredReport(NamedTuple):
    """A report, Khanza's names for what it tells of, and the day that the ledger begins with.

    `error` is why Khanza could not be read: then the report says nothing of SEPs, and no name is
    known.
    """

    report: Report
    names: Names
    begin: date | None
    error: AntreanError | None


def gather_report(
    settings: Settings, ledger: Ledger, first: date, last: date, today: date
) -> GatheredReport:
    """Return the report of these days; raises StateError."""
    seps: list[SepOfVisit] | None = None
    names, error = Names({}, {}), None
    try:
        with Khanza(settings.khanza) as khanza:
            khanza.check()
            seps, names = khanza.outpatient_seps(first, last), khanza.names()
    except (TemporaryError, SettingsError) as trouble:
        error = trouble
    journeys = list(ledger.journeys(first, last))
    found = report_of(first, last, journeys, seps, today, settings.policy.zone)
    return GatheredReport(found, names, ledger.pass_state().begin, error)
