"""Khanza → ledger: read the visits of the window, decide what each one needs, record it with the
checkpoint.

- The window goes from the checkpoint (never later than yesterday) to today; once an hour over all
  of ANTREAN_DAYS.
- No pass goes before the day of the first one, unless `--since` moved it back.
- What is open is looked at in every pass, whatever its day.
- What is older than ANTREAN_KEEP_DAYS is forgotten, once a day.
- New pushes and the checkpoint are one transaction: a row that was seen is never forgotten.
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from antrean_cli.errors import SettingsError, TemporaryError
from antrean_cli.khanza.queries import Khanza, Window
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.answers import REFUSAL
from antrean_cli.rules.codes import Kind, State, Step
from antrean_cli.rules.fingerprints import policy_fingerprint, visit_fingerprint
from antrean_cli.rules.planner import (
    expired,
    gone,
    lacks_reference,
    lacks_session,
    left_out,
    plan,
    settled,
)
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import MAX_AGE, Change, Record
from antrean_cli.rules.rows import Rows, SuratKontrol
from antrean_cli.rules.sessions import Clinic, Sessions
from antrean_cli.rules.sources import EXACT
from antrean_cli.rules.transitions import expire, recover_in_flight
from antrean_cli.rules.visits import (
    Visit,
    assemble,
    codes_at_bpjs,
    served,
)
from antrean_cli.sync.hfis import Wanted

FULL_SCAN = timedelta(hours=1)
SURAT_KONTROL = timedelta(minutes=5)
PRUNED_AT_ONCE = 5000


class Collected(NamedTuple):
    """What a look at Khanza brought: the visits by kode booking, and what changed in the ledger
    because of them.
    """

    visits: Mapping[str, Visit]
    changes: tuple[Change, ...]


def tidy(ledger: Ledger, now: datetime) -> tuple[Change, ...]:
    """Settle what the last pass left: what was in flight when it died is asked for, what is too
    late is closed.
    """
    pairs = []
    for before in ledger.unfinished().values():
        after = before.with_pushes(
            *(
                recover_in_flight(push)
                for push in before.pushes.values()
                if push.state == State.SENDING
            )
        )
        after = expire(after) if expired(after, now) else after
        if after != before:
            pairs.append((before, after))
    if not pairs:
        return ()
    with ledger.transaction():
        return tuple(
            change for before, after in pairs for change in ledger.save(before, after, now)
        )


def prune(ledger: Ledger, keep_days: int, now: datetime) -> None:
    """Once a day, forget the bookings that are older than `keep_days`; a long backlog goes in
    several passes.

    Counted from the newest booking, not from today: a clock that ran ahead must not empty the
    ledger.
    """
    newest = ledger.newest()
    if newest is None or ledger.pass_state().pruned_on == now.date():
        return
    with ledger.transaction():
        if (
            ledger.prune(min(newest, now.date()) - timedelta(days=keep_days), PRUNED_AT_ONCE)
            < PRUNED_AT_ONCE
        ):
            ledger.update_pass_state(lambda state: replace(state, pruned_on=now.date()))


def collect(
    khanza: Khanza,
    ledger: Ledger,
    policy: Policy,
    now: datetime,
    *,
    since: date | None = None,
    sessions: Callable[[Wanted], Sessions] | None = None,
) -> Collected:
    """Read Khanza once and commit what follows from it; raises what Khanza and the ledger raise.

    `sessions` tells HFIS's sessions of some clinics, where the hospital goes by them.
    """
    begin = _begin(ledger, now.astimezone(policy.zone).date())
    first, today, full = _window(ledger, policy, now, since, begin)
    unfinished = ledger.unfinished()
    rows = rows_of(
        khanza, policy, Window(first, today, *_beyond(unfinished.values(), first, today))
    )
    through = ledger.settled(first, today)
    visits = _unsettled(assemble(rows, policy), through, policy_fingerprint(policy, today))
    asked = _wants_surat_kontrol(ledger, visits, policy, now)
    more: dict[str, Any] = {"surat_kontrol": _surat_kontrol(khanza, asked)} if asked else {}
    more |= {"hfis": sessions(_without_session(ledger, visits, policy))} if sessions else {}
    if more:
        visits = _unsettled(
            assemble(rows._replace(**more), policy), through, policy_fingerprint(policy, today)
        )
    before = ledger.pass_state().looked_at
    exact = before is not None and timedelta(0) <= now - before <= EXACT
    with ledger.transaction():
        # Read here, so that what is done by hand while Khanza answers is not overwritten.
        records = _records(ledger, visits)
        plans = planned(visits, records, policy, now, first, exact=exact, asked=unfinished)
        found = [
            change
            for one in plans
            if one.changed
            for change in ledger.save(one.before, one.after, now)
        ]
        ledger.update_pass_state(
            lambda state: replace(
                state,
                looked_at=now,
                checkpoint=today,
                begin=first if since else begin,
                full_scan_at=now if full else state.full_scan_at,
                surat_kontrol_at=now if asked else state.surat_kontrol_at,
            )
        )
    return Collected(
        visits={one.after.kodebooking: one.visit for one in plans if one.visit},
        changes=tuple(found),
    )


def _records(ledger: Ledger, visits: Iterable[Visit]) -> dict[str, Record]:
    """Return what the ledger knows of these visits, and everything that is open."""
    return ledger.unfinished() | known_of(ledger, visits)


def known_of(ledger: Ledger, visits: Iterable[Visit]) -> dict[str, Record]:
    """Return what the ledger knows of these visits, by kode booking."""
    pairs = [
        (visit.kodebooking, visit.no_rawat if visit.kind != Kind.MOBILEJKN else None)
        for visit in visits
    ]
    return ledger.known(
        (kodebooking for kodebooking, _ in pairs), (no_rawat for _, no_rawat in pairs if no_rawat)
    )


def _surat_kontrol(khanza: Khanza, days: Sequence[date]) -> Sequence[SuratKontrol] | None:
    """Return the planned control visits, None if that slow query failed: everything else goes on
    without it.
    """
    try:
        return khanza.surat_kontrol(min(days), max(days))
    except TemporaryError:
        return None


def rows_of(khanza: Khanza, policy: Policy, window: Window) -> Rows:
    """Return Khanza's rows of a window, as every look at them needs them; raises what Khanza
    raises.

    Raises SettingsError as well if no payer means BPJS: everybody would be told to BPJS as NON JKN.
    """
    khanza.check(racikan=policy.farmasi)
    rows = khanza.read(window._replace(racikan=policy.farmasi))
    if not (policy.kd_pj or rows.payers):
        raise SettingsError(
            "Penjamin BPJS tidak diketahui: isi ANTREAN_KD_PJ (tabel "
            "password_asuransi di Khanza kosong)"
        )
    return rows


class Planned(NamedTuple):
    """One booking as it was and as it should be; `visit` is None where Khanza has none that takes
    part.
    """

    before: Record | None
    after: Record
    visit: Visit | None

    @property
    def changed(self) -> bool:
        return self.before != self.after


def _window(
    ledger: Ledger, policy: Policy, now: datetime, since: date | None, begin: date
) -> tuple[date, date, bool]:
    """Return the first and the last day to read, and whether this is the hourly
    look at everything.
    """
    today = now.astimezone(policy.zone).date()
    oldest = today - timedelta(days=policy.days)
    if since:
        return max(min(since, begin), today - MAX_AGE), today, True
    state = ledger.pass_state()
    scanned = state.full_scan_at
    full = scanned is None or not timedelta(0) <= now - scanned < FULL_SCAN
    checkpoint = state.checkpoint or today
    start = oldest if full else min(checkpoint, today - timedelta(days=1))
    return max(start, oldest, begin), today, full


def _begin(ledger: Ledger, today: date) -> date:
    """Return the day that no pass goes before: that of the first one.

    If it lies ahead, either the clock ran ahead then, or it is behind now: what BPJS took since
    tells which.
    """
    begin = ledger.pass_state().begin or today
    if begin > today:
        sent = ledger.last_sent()
        return begin if sent and sent.date() >= begin else today
    return begin


def _beyond(
    records: Iterable[Record], first: date, last: date
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the numbers of the open bookings outside the window: no_rawat, and nobooking for
    Mobile JKN.
    """
    others = [
        record
        for record in records
        if not first <= record.tanggal <= last and any(push.open for push in record.pushes.values())
    ]
    no_rawat = tuple(record.no_rawat for record in others if record.no_rawat)
    return no_rawat, tuple(record.kodebooking for record in others if record.kind == Kind.MOBILEJKN)


def _unsettled(
    visits: Iterable[Visit], settled: Mapping[str, str], policy_mark: str
) -> list[Visit]:
    """Return the visits that something can come of: most of a day's are through, and Khanza says
    nothing new.
    """
    return [
        visit
        for visit in visits
        if visit.kodebooking not in settled
        or settled[visit.kodebooking] != visit_fingerprint(visit, policy_mark)
    ]


def _wants_surat_kontrol(
    ledger: Ledger, visits: Iterable[Visit], policy: Policy, now: datetime
) -> list[date]:
    """Return the days to ask the surat kontrol of: those of onsite visits without SEP, at most
    every five minutes.
    """
    asked = ledger.pass_state().surat_kontrol_at
    recently = asked is not None and timedelta(0) <= now - asked < SURAT_KONTROL
    without_sep = [visit for visit in visits if visit.kind == Kind.ONSITE and visit.sep is None]
    if not without_sep or recently or Kind.ONSITE not in policy.add:
        return []
    records = _records(ledger, without_sep)
    return [
        visit.tanggal
        for visit in without_sep
        if lacks_reference(visit, records.get(visit.kodebooking))
    ]


def _without_session(ledger: Ledger, visits: Iterable[Visit], policy: Policy) -> Wanted:
    """Return the clinics, by BPJS's code and day, whose sessions matter to a visit (see
    `read_sessions`).
    """
    mine = [visit for visit in visits if visit.registration and served(visit, policy)]
    records, wanted = _records(ledger, mine), dict[Clinic, datetime | None]()
    for visit in mine:
        record = records.get(visit.kodebooking)
        kodepoli = codes_at_bpjs(visit.registration, visit.sep)[0] if visit.registration else ""
        if kodepoli and lacks_session(visit, record):
            both = (wanted.get((kodepoli, visit.tanggal)), _tried_anew(record))
            wanted[kodepoli, visit.tanggal] = max(filter(None, both), default=None)
    return wanted


def _tried_anew(record: Record | None) -> datetime | None:
    """Return since when an add is to be sent again that BPJS refused: with the hours that HFIS had
    then, perhaps.
    """
    add = record.push(Step.ADD) if record else None
    return add.since if add and add.open and add.code == REFUSAL else None


def planned(
    visits: Iterable[Visit],
    records: Mapping[str, Record],
    policy: Policy,
    now: datetime,
    first: date,
    *,
    exact: bool,
    asked: Container[str],
) -> list[Planned]:
    """Return every booking of the window, and every open one, as it was and as it should be.

    `asked` are the kode booking that Khanza was asked for: only those can be gone. What somebody
    opened again while Khanza answered was not asked for.
    """
    today = now.astimezone(policy.zone).date()
    # A kode booking made of clinic or queue number would change with them: the one first given
    # stays.
    given: dict[str, Record] = {}
    for record in records.values():
        if record.kind != Kind.MOBILEJKN and (
            record.no_rawat not in given or given[record.no_rawat].ended
        ):
            given[record.no_rawat] = record
    plans, met, policy_mark = [], set(), policy_fingerprint(policy, today)
    for visit in visits:
        found = records.get(visit.kodebooking)
        met.add(visit.kodebooking)
        # After a cancel the visit goes on under the code that it was added with anew, if there is
        # one.
        if (
            (found is None or found.ended)
            and visit.kind != Kind.MOBILEJKN
            and visit.no_rawat in given
        ):
            found = given[visit.no_rawat]
            visit = replace(visit, kodebooking=found.kodebooking)
            met.add(visit.kodebooking)
        if not served(visit, policy):
            plans += [Planned(found, left_out(found), None)] if found else []
        elif found or (first <= visit.tanggal and (visit.tanggal <= today or visit.cancel)):
            after = plan(visit, found, policy, now, exact=exact)
            mark = (
                visit_fingerprint(visit, policy_mark) if settled(visit, after, policy, now) else ""
            )
            plans.append(Planned(found, replace(after, settled=mark), visit))
    missing = (
        record
        for kodebooking, record in records.items()
        if kodebooking not in met and kodebooking in asked
    )
    return plans + [Planned(record, gone(record), None) for record in missing]
