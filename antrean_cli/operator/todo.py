"""The day's work, gathered: what of the ledger people can still do something about."""

from datetime import datetime
from typing import NamedTuple

from antrean_cli.config.settings import Settings
from antrean_cli.errors import SettingsError, TemporaryError
from antrean_cli.khanza.queries import Khanza, Names
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.push import MAX_AGE
from antrean_cli.rules.service_days import service_day
from antrean_cli.rules.todo import Work, needs_somebody, work_of


class Todo(NamedTuple):
    """What is to be done at `now`, the most urgent first, and Khanza's names as far as it tells."""

    now: datetime
    work: list[Work]
    names: Names


def todo(settings: Settings, ledger: Ledger, now: datetime) -> Todo:
    """Return what is left to people; raises StateError.

    Without Khanza it is the same, with codes alone.
    """
    work = work_of(ledger.since_or_unfinished(service_day(now) - MAX_AGE))
    left_to_people = [one for one in work if needs_somebody(one)]
    try:
        with Khanza(settings.khanza) as khanza:
            names = khanza.names()
    except (TemporaryError, SettingsError):
        names = Names({}, {})
    return Todo(now, left_to_people, names)
