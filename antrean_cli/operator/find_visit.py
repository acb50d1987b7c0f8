"""One visit of Khanza's, found by its number, as an add by hand is filled in from it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

from antrean_cli.config.settings import Settings
from antrean_cli.errors import InputError
from antrean_cli.khanza.queries import Khanza, Window
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.booking_of_visit import Standing, is_theirs, standings
from antrean_cli.rules.enrichment import with_sessions, with_surat_kontrol
from antrean_cli.rules.push import Record
from antrean_cli.rules.values import NO_RAWAT
from antrean_cli.rules.visits import Visit
from antrean_cli.sync.read import known_of, rows_of, sessions_of, visits_of


def find_visit(settings: Settings, no_rawat: str) -> Visit:
    """Return a visit with all that a pass would know of it.

    Raises InputError if there is none, SettingsError or TemporaryError for Khanza, StateError for
    the ledger.
    """
    day = _day(no_rawat)
    # The date of a visit may differ by a day from the one in its number.
    first, last = day - timedelta(days=1), day + timedelta(days=1)
    with Khanza(settings.khanza) as khanza:
        rows = rows_of(khanza, settings.policy, Window(first, last, (no_rawat,)))
        planned = khanza.surat_kontrol(first, last)
    with Ledger.copy(settings.state, settings.policy.zone) as ledger:
        visits = with_surat_kontrol(visits_of(ledger, rows, settings.policy), planned)
        visits = with_sessions(visits, sessions_of(settings, ledger))
        known = known_of(ledger, visits)
        key = ledger.key
    for visit, standing in standings(visits, known, key):
        if visit.no_rawat == no_rawat:
            return _under_a_code_of_its_own(visit, standing, known)
    raise InputError(f"Kunjungan {no_rawat} tidak ada di Khanza")


def _under_a_code_of_its_own(
    visit: Visit, standing: Standing, known: Mapping[str, Record]
) -> Visit:
    """Return the visit; where its code is another patient's, under the one that it goes on as."""
    own = known.get(visit.kodebooking)
    if own is None or is_theirs(own, standing.owner):
        return visit
    return replace(visit, kodebooking=standing.kodebooking)


def _day(no_rawat: str) -> date:
    """Return the day in a visit's number (yyyy/mm/dd/nnnnnn); raises InputError."""
    found = NO_RAWAT.fullmatch(no_rawat)
    try:
        if found:
            return date(*map(int, found.groups()))
    except ValueError:
        pass  # such as the 31st of February
    raise InputError(f"--no-rawat '{no_rawat}' bukan no_rawat; bentuknya yyyy/mm/dd/nnnnnn")
