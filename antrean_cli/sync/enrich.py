"""A reading, completed with what does not stand in Khanza's rows: HFIS's sessions, surat kontrol.

Each part may be missing: then what was read goes on without it.
"""

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.enrichment import with_sessions, with_surat_kontrol
from antrean_cli.rules.sessions import Sessions
from antrean_cli.sync.read import Reading, known_of, not_done


def enriched(reading: Reading, ledger: Ledger, sessions: Sessions) -> Reading:
    """Return the reading with an agenda that goes by these sessions, and has the surat kontrol."""
    agenda = reading.agenda
    if sessions != reading.sessions:
        # A session is a new word of visits that nothing could come of before.
        visits = not_done(ledger, reading.occasion, with_sessions(reading.visits, sessions))
        records = {**agenda.records, **known_of(ledger, visits)}
        agenda = agenda._replace(visits=visits, records=records)
    if reading.surat_kontrol is not None:
        agenda = agenda._replace(visits=with_surat_kontrol(agenda.visits, reading.surat_kontrol))
    return reading._replace(agenda=agenda, sessions=sessions)
