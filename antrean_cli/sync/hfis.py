"""The doctors' sessions as HFIS has them (ANTREAN_JADWAL=hfis): read once a day and clinic, kept in
the ledger.

- jampraktek has to equal HFIS's, and Khanza's jadwal can be out of date.
- Where HFIS has no session, or cannot be read, Khanza's jadwal is the fall-back; it is tried again
  ten minutes later.
- It is read anew for an add that BPJS refused before and that a person tries again: HFIS may have
  been mended.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from antrean_cli.config.settings import Settings
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.cached_lists import CachedList, oldest_kept
from antrean_cli.rules.codes import CallName, OutcomeKind
from antrean_cli.rules.listings import Praktek
from antrean_cli.rules.sessions import Clinic, Sessions
from antrean_cli.sync.list_reader import ListReader

# Since when a reading from before no longer counts, if anything says so.
Wanted = Mapping[Clinic, datetime | None]
_JadwalLists = Mapping[Clinic, CachedList[tuple[Praktek, ...]]]


def sessions_of(settings: Settings, ledger: Ledger) -> Sessions | None:
    """Return what visits are assembled with: what was read so far, None where the hospital goes by
    Khanza's jadwal.
    """
    return known_sessions(ledger) if settings.hfis else None


def known_sessions(ledger: Ledger) -> Sessions:
    """Return what was read of HFIS so far."""
    return _sessions(ledger.pass_state().jadwal_lists)


def _sessions(lists: _JadwalLists) -> Sessions:
    return {clinic: one.kept for clinic, one in lists.items()}


def read_sessions(
    reader: ListReader | None, ledger: Ledger, wanted: Wanted, now: datetime
) -> Sessions:
    """Return HFIS's sessions, asking BPJS for those that were not read yet.

    `reader` is None while nothing may be asked. What there was no time for is read by the next
    pass. Raises what the ledger raises.
    """
    known = ledger.pass_state().jadwal_lists
    if reader is None:
        return _sessions(known)
    lists = {clinic: one for clinic, one in known.items() if clinic[1] >= oldest_kept(now)}
    for (kodepoli, tanggal), since in sorted(wanted.items()):
        one = lists.get((kodepoli, tanggal), CachedList(kept=()))
        if _may_be_asked(one, since, now):
            result = reader.ask(CallName.JADWAL, kodepoli, tanggal.isoformat())
            lists[kodepoli, tanggal] = (
                CachedList(kept=tuple(result.rows), asked_at=now)
                if result.kind == OutcomeKind.DONE
                else one.missed(result, now)
            )
    if lists != known:
        with ledger.transaction():
            ledger.update_pass_state(lambda state: replace(state, jadwal_lists=lists))
    return _sessions(lists)


def _may_be_asked(
    one: CachedList[tuple[Praktek, ...]], since: datetime | None, now: datetime
) -> bool:
    """Return whether a clinic's day has to be read.

    What was read lasts for the day, an empty list does not.
    """
    if one.asked_at is not None and since is not None and one.asked_at < since <= now:
        return True
    return one.may_be_asked(now) and (one.failing_since is not None or not one.kept)
