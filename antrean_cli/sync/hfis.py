"""The doctors' sessions as HFIS has them (ANTREAN_JADWAL=hfis).

- They are read once a day and clinic, and kept in the ledger. In the evening those of tomorrow are
  read as a reserve, for a morning on which BPJS cannot be reached.
- jampraktek has to equal HFIS's, and Khanza's jadwal can be out of date. (rules/README.md, Add)
- Where HFIS has no session, or cannot be read, Khanza's jadwal is the fall-back; it is tried again
  ten minutes later.
- It is read anew for an add that BPJS refused before and that a person tries again: HFIS may have
  been mended.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.cached_lists import UNASKED, CachedList, oldest_kept
from antrean_cli.rules.codes import REFUSAL, CallName, OutcomeKind, Step
from antrean_cli.rules.planner import lacks_session
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import Record
from antrean_cli.rules.served_by import clinic_of
from antrean_cli.rules.sessions import ClinicDay, Sessions
from antrean_cli.rules.visits import takes_part
from antrean_cli.sync.read import Agenda

if TYPE_CHECKING:
    from antrean_cli.sync.list_reader import ListReader

# The clinics whose sessions a visit needs, each with the moment from which on a reading from before
# no longer counts (None: any reading of the day does).
WantedSessions = Mapping[ClinicDay, datetime | None]
EVENING = 20  # o'clock, in the hospital's zone
_MOST_AHEAD = 3  # clinics a pass: what is to be sent waits behind them


def wanted_sessions(agenda: Agenda, policy: Policy) -> WantedSessions:
    """Return the clinics, by BPJS's code and day, whose sessions matter to one of these visits."""
    wanted: dict[ClinicDay, datetime | None] = {}
    for visit, record in agenda.with_records():
        kodepoli = clinic_of(visit).code
        if kodepoli and takes_part(visit, policy) and lacks_session(visit, record):
            clinic = (kodepoli, visit.tanggal)
            both = (wanted.get(clinic), _tried_anew(record))
            wanted[clinic] = max(filter(None, both), default=None)
    return wanted


def _tried_anew(record: Record | None) -> datetime | None:
    """Return since when an add is to be sent again that BPJS refused, None if there is none such.

    BPJS may have refused the hours that HFIS had then.
    """
    add = record.push(Step.ADD) if record else None
    return add.since if add and add.open and add.code == REFUSAL else None


def read_sessions(
    reader: "ListReader | None", ledger: Ledger, wanted: WantedSessions, now: datetime
) -> Sessions:
    """Return HFIS's sessions, asking BPJS for those that were not read yet.

    `reader` is None while nothing may be asked. What there was no time for is read by the next
    pass. Raises StateError.
    """
    known = ledger.pass_state().jadwal_lists
    lists = {clinic: one for clinic, one in known.items() if clinic[1] >= oldest_kept(now)}
    for (kodepoli, tanggal), since in sorted(wanted.items()):
        one = lists.get((kodepoli, tanggal), CachedList(content=()))
        if reader and _may_be_read(one, tanggal, since, now):
            result = reader.ask(CallName.JADWAL, kodepoli, tanggal.isoformat())
            lists[kodepoli, tanggal] = (
                CachedList(content=tuple(result.rows), asked_at=now)
                if result.kind == OutcomeKind.DONE
                else one.missed(result, now)
            )
    if reader and now.hour >= EVENING:
        lists |= _read_ahead(reader, lists, now)
    if lists != known:
        with ledger.transaction():
            ledger.update_pass_state(lambda state: state._replace(jadwal_lists=lists))
    return {clinic: one.content for clinic, one in lists.items()}


def _read_ahead(
    reader: "ListReader", known: Mapping[ClinicDay, CachedList], now: datetime
) -> dict[ClinicDay, CachedList]:
    """Return the sessions of tomorrow, once an evening, of some of the clinics of the last days."""
    tomorrow = now.date() + timedelta(days=1)
    clinics = {(kodepoli, tomorrow) for kodepoli, _ in known}
    found = {}
    for clinic in sorted(clinics - known.keys())[:_MOST_AHEAD]:
        result = reader.ask(CallName.JADWAL, clinic[0], tomorrow.isoformat())
        if result.kind == UNASKED:
            break
        rows = result.rows if result.kind == OutcomeKind.DONE else ()
        found[clinic] = CachedList(content=tuple(rows), asked_at=now)
    return found


def _may_be_read(one: CachedList, tanggal: date, since: datetime | None, now: datetime) -> bool:
    """Return whether a clinic's day has to be read now.

    What was read lasts for the day, an empty list for ten minutes. What was read before the day
    stands only while nothing newer comes: BPJS takes changes over until midnight.
    """
    if one.asked_at is not None and since is not None and one.asked_at < since <= now:
        return True
    if one.asked_at is not None and one.asked_at.date() < tanggal <= now.date():
        return True
    return one.may_be_asked(now) and (one.failing_since is not None or not one.content)
