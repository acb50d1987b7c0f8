"""The doctors' sessions as HFIS has them (ANTREAN_JADWAL=hfis): read once a day and clinic, kept in
the ledger.

- jampraktek has to equal HFIS's, and Khanza's jadwal can be out of date.
- Where HFIS has no session, or cannot be read, Khanza's jadwal is the fall-back; it is tried again
  ten minutes later.
- It is read anew for an add that BPJS refused before and that a person tries again: HFIS may have
  been mended.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from antrean_cli.config.settings import Settings
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.answers import DONE, JADWAL
from antrean_cli.rules.listings import Praktek
from antrean_cli.rules.visits import Clinic, Sessions
from antrean_cli.sync.list_cache import Lists, Look, keep, recalled

Wanted = Mapping[
    Clinic, datetime | None
]  # since when a reading from before no longer counts, if anything says so
_MEMORY = "looks_hfis"  # by "day kodepoli": the rows


def sessions_of(settings: Settings, ledger: Ledger) -> Sessions | None:
    """Return what visits are assembled with: what was read so far, None where the hospital goes by
    Khanza's jadwal.
    """
    return known_sessions(ledger) if settings.hfis else None


def known_sessions(ledger: Ledger) -> dict[Clinic, Sequence[Praktek]]:
    """Return what was read of HFIS so far."""
    return _sessions(recalled(ledger, _MEMORY))


def _sessions(looks: Mapping[str, Look]) -> dict[Clinic, Sequence[Praktek]]:
    days = {key: key.split(" ", 1) for key in looks}
    return {
        (kodepoli, date.fromisoformat(day)): tuple(map(Praktek._make, looks[key].said))
        for key, (day, kodepoli) in days.items()
    }


def read_sessions(lists: Lists | None, ledger: Ledger, wanted: Wanted, now: datetime) -> Sessions:
    """Return HFIS's sessions, asking BPJS for those that were not read yet; `lists` is None while
    nothing may be asked.

    What there was no time for is read by the next pass. Raises what the ledger raises.
    """
    looks = recalled(ledger, _MEMORY)
    if lists is None:
        return _sessions(looks)
    for (kodepoli, tanggal), since in sorted(wanted.items()):
        key = f"{tanggal} {kodepoli}"
        look = looks.get(key, Look())
        if _due(look, since, now):
            heard = lists.ask(JADWAL, kodepoli, tanggal.isoformat())
            looks[key] = (
                Look(at=now, said=list(heard.rows))
                if heard.kind == DONE
                else look.missed(heard, now)
            )
    keep(ledger, _MEMORY, looks, now)
    return _sessions(looks)


def _due(look: Look, since: datetime | None, now: datetime) -> bool:
    """Return whether a clinic's day has to be read; what was read lasts for the day, an empty list
    does not.
    """
    if look.at is not None and since is not None and look.at < since <= now:
        return True
    return look.due(now) and (look.failing is not None or not look.said)
