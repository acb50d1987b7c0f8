"""The doctors' sessions as HFIS has them (ANTREAN_JADWAL=hfis): read once a day and clinic, kept in the ledger.

- jampraktek has to equal HFIS's, and Khanza's jadwal can be out of date.
- Where HFIS has no session, or cannot be read, Khanza's jadwal is the fall-back; it is tried again ten minutes later.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from antrean_cli.config import Settings
from antrean_cli.ledger import Ledger
from antrean_cli.rules.listings import Praktek
from antrean_cli.rules.outcomes import DONE, JADWAL, Fault, judge
from antrean_cli.rules.visits import Clinic, Sessions

if TYPE_CHECKING:
    from antrean_cli.bpjs import Client

AGAIN_AFTER = timedelta(minutes=10)
KEPT = timedelta(days=8)
LEAST_SECONDS = 0.5  # nobody answers in less
_MEMORY = "hfis"


def sessions_of(settings: Settings, ledger: Ledger) -> Sessions | None:
    """Return what visits are assembled with: what was read so far, None where the hospital goes by Khanza's jadwal."""
    return known_sessions(ledger) if settings.hfis else None


def known_sessions(ledger: Ledger) -> dict[Clinic, Sequence[Praktek]]:
    """Return what was read of HFIS so far."""
    kept: Mapping[str, Mapping[str, Sequence[Sequence[object]]]] = ledger.recall(_MEMORY) or {}
    return {
        (kodepoli, date.fromisoformat(day)): tuple(map(Praktek._make, rows))
        for day, clinics in kept.items()
        for kodepoli, rows in clinics.items()
    }


def read_sessions(
    client: "Callable[[], Client]", ledger: Ledger, wanted: Collection[Clinic], now: datetime, within: float
) -> Sessions:
    """Return HFIS's sessions, asking BPJS for those of these clinics that were not read yet.

    `client` makes the client where one is needed; `within` is how many seconds all of them may take: what is left over
    is read by the next pass. Raises what the ledger raises.
    """
    known = known_sessions(ledger)
    failed = ledger.recall_time("hfis_failed_at")
    lacking = sorted(set(wanted) - known.keys())
    if not lacking or (failed is not None and timedelta(0) <= now - failed < AGAIN_AFTER):
        return known
    connected, deadline = client(), time.monotonic() + within
    for kodepoli, tanggal in lacking:
        if (left := deadline - time.monotonic()) < LEAST_SECONDS:
            break
        answer = connected.ask(JADWAL, kodepoli, tanggal.isoformat(), within=left)
        if isinstance(answer, Fault) or judge(JADWAL, "", answer).kind != DONE:
            failed = now
            break
        known[kodepoli, tanggal] = tuple(answer.response)
    _keep(ledger, known, failed, now)
    return known


def _keep(ledger: Ledger, known: Sessions, failed: datetime | None, now: datetime) -> None:
    kept: dict[str, dict[str, list[Praktek]]] = {}
    for (kodepoli, tanggal), rows in known.items():
        if tanggal >= now.date() - KEPT:
            kept.setdefault(tanggal.isoformat(), {})[kodepoli] = list(rows)
    with ledger.transaction():
        ledger.remember(hfis=kept, hfis_failed_at=failed)
