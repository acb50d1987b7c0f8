"""The clinic that a typed code means: Khanza's code of it and BPJS's are good alike."""

from antrean_cli.config.settings import Settings
from antrean_cli.errors import AntreanError
from antrean_cli.rules.values import all_comparable, comparable


def clinic_codes(settings: Settings, typed: str) -> frozenset[str]:
    """Return Khanza's codes of the clinics that a code can mean, as they are compared.

    The typed one is among them, and alone where Khanza cannot be asked; nothing for an empty one.
    """
    if not typed or not (settings.khanza.user or settings.khanza.sqlite):
        return all_comparable([typed])
    from antrean_cli.khanza.queries import Khanza

    try:
        with Khanza(settings.khanza, seconds=settings.max_seconds) as khanza:
            found = khanza.clinics()
    except AntreanError:
        found = []
    meant = [one.kd_poli for one in found if comparable(typed) in one.codes]
    return all_comparable([typed, *meant])
