"""Khanza, read whole: the visits of the window, and beside them what the ledger knows.

- The window goes from the checkpoint (never later than yesterday) to today; once an hour over all
  of ANTREAN_DAYS. (rules/README.md, Which visits)
- No pass goes before the day of the first one, unless `--since` moved it back.
- What is open is looked at in every pass, whatever its day.
- The surat kontrol are a slow query: they are asked for when an onsite visit lacks its reference,
  every five minutes at most, and everything goes on without them if that fails.
- The rows of the window are of one moment. What is asked for behind them is a little younger: which
  numbers Khanza still has (`_gone`), and the surat kontrol.
- Nothing here calls BPJS, so that Khanza's connection is not held open for it.

What is handed on is named tuples, made by name: a dataclass takes ten times as long to define, and
an idle pass does little else.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from antrean_cli.config.settings import Settings
from antrean_cli.errors import SettingsError, TemporaryError
from antrean_cli.khanza.queries import Khanza, Window
from antrean_cli.ledger.ledger import Ledger, NamedBooking
from antrean_cli.ledger.pass_state import PassState
from antrean_cli.rules.booking_of_visit import standings
from antrean_cli.rules.causes import Cause, trouble
from antrean_cli.rules.claims import looked_for
from antrean_cli.rules.codes import Kind
from antrean_cli.rules.enrichment import with_sessions
from antrean_cli.rules.fingerprints import policy_fingerprint, visit_fingerprint
from antrean_cli.rules.occasion import Occasion
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import EXACT, MAX_AGE, Record
from antrean_cli.rules.references import lacks_reference
from antrean_cli.rules.rows import Rows, SuratKontrol
from antrean_cli.rules.service_days import BrokenRow, broken_rows
from antrean_cli.rules.sessions import Sessions
from antrean_cli.rules.values import all_comparable, comparable
from antrean_cli.rules.visits import Visit, assemble

FULL_SCAN = timedelta(hours=1)
NEAR = timedelta(days=1)  # how far the day in a visit's number may be from the day that is read
SURAT_KONTROL_EVERY = timedelta(minutes=5)


class Span(NamedTuple):
    """The days that a pass reads, from `first` to `today`.

    `begin` is the day that no pass goes before from now on; `full` tells the hourly look at
    everything from the others.
    """

    first: date
    today: date
    begin: date
    full: bool


class Agenda(NamedTuple):
    """The visits that something can come of, and what the ledger knows of them.

    `records` holds their bookings and all that are open, as of `ledger_writes` (see
    Ledger.writes_of_others); `key` is the ledger's.
    """

    visits: Sequence[Visit]
    records: Mapping[str, Record]
    ledger_writes: int
    key: bytes

    def with_records(self) -> Iterator[tuple[Visit, Record | None]]:
        """Yield the visits with what the ledger knows of each."""
        for visit, standing in standings(self.visits, self.records, self.key):
            yield visit, standing.known


class Reading(NamedTuple):
    """What one look at Khanza brought.

    - `occasion` is when it was, and how the visits are to be looked at.
    - `visits` are all that Khanza holds, also those that nothing can come of today; its agenda
      goes by these `sessions` of HFIS's.
    - `broken` are rows that nothing can be told of.
    - `surat_kontrol` is None where they were not asked for, or could not be read.
    """

    occasion: Occasion
    span: Span
    visits: Sequence[Visit]
    broken: Sequence[BrokenRow]
    sessions: Sessions
    agenda: Agenda
    surat_kontrol: Sequence[SuratKontrol] | None
    surat_kontrol_asked: bool


def read(
    khanza: Khanza,
    ledger: Ledger,
    policy: Policy,
    now: datetime,
    *,
    since: date | None,
    sessions: Sessions,
) -> Reading:
    """Read Khanza once; return all its visits, and the agenda of those that something can come of.

    Raises SettingsError or TemporaryError for Khanza, StateError for the ledger. `sessions` is what
    is known of HFIS's, nothing where the hospital goes by Khanza's jadwal.
    """
    # In this order: what somebody writes from here on is noticed when it is recorded.
    writes, unfinished = ledger.writes_of_others(), ledger.unfinished()
    state = ledger.pass_state()
    span = _span(ledger, state, policy, now, since)
    named = ledger.named_on(span.first, span.today)
    window = Window(span.first, span.today, *_beyond(unfinished.values(), named, span))
    rows = rows_of(khanza, policy, window)
    visits = visits_of(ledger, rows, policy)
    gone, elsewhere = _not_among(rows, khanza, ledger, named, unfinished)
    occasion = Occasion(
        policy=policy,
        now=now,
        first=span.first,
        exact=state.looked_at is not None and timedelta(0) <= now - state.looked_at <= EXACT,
        asked_for=frozenset({*unfinished, *gone, *elsewhere}),
        key=ledger.key,
        vanished=frozenset(gone),
        elsewhere=frozenset(elsewhere),
    )
    undone = not_done(ledger, occasion, with_sessions(visits, sessions))
    agenda = Agenda(
        visits=undone,
        records=unfinished | gone | elsewhere | known_of(ledger, undone, besides=unfinished),
        ledger_writes=writes,
        key=ledger.key,
    )
    days = _surat_kontrol_days(agenda, policy, state, now)
    return Reading(
        occasion=occasion,
        span=span,
        visits=visits,
        broken=tuple(broken_rows(rows)),
        sessions=sessions,
        agenda=agenda,
        surat_kontrol=_surat_kontrol(khanza, days) if days else None,
        surat_kontrol_asked=bool(days),
    )


def rows_of(khanza: Khanza, policy: Policy, window: Window) -> Rows:
    """Return Khanza's rows of a window, as every look at them needs them.

    Raises TemporaryError, and SettingsError: also if no payer means BPJS, for then everybody would
    be told to BPJS as NON JKN.
    """
    khanza.check(racikan=policy.farmasi, tickets=policy.tickets)
    rows = khanza.read(window._replace(racikan=policy.farmasi, tickets=policy.tickets))
    if not (policy.kd_pj or rows.payers):
        raise SettingsError(why=trouble(Cause.KHANZA_PAYER))
    return rows


def visits_of(ledger: Ledger, rows: Rows, policy: Policy) -> list[Visit]:
    """Return the visits that Khanza's rows tell of, beside what the ledger knows of bookings.

    Raises StateError.
    """
    lost = looked_for(rows)
    records = ledger.known(lost.nobooking, lost.no_rawat) if lost.nobooking else {}
    return assemble(rows, policy, records)


def known_of(
    ledger: Ledger, visits: Iterable[Visit], *, besides: Collection[str] = ()
) -> dict[str, Record]:
    """Return what the ledger knows of these visits, by kode booking, without those of `besides`."""
    visits = list(visits)
    return ledger.known(
        [code for visit in visits for code in (visit.kodebooking, visit.left_by) if code],
        [visit.registration.no_rawat for visit in visits if visit.registration],
        besides=besides,
    )


def not_done(ledger: Ledger, occasion: Occasion, visits: Iterable[Visit]) -> list[Visit]:
    """Return the visits that something can come of.

    Most of a day's are through, and Khanza says nothing new of them.
    """
    done = ledger.done_fingerprints(occasion.first, occasion.today)
    policy_mark = policy_fingerprint(occasion.policy, occasion.today)
    return [
        visit
        for visit in visits
        if visit.kodebooking not in done
        or done[visit.kodebooking] != visit_fingerprint(visit, policy_mark, occasion.key)
    ]


def sessions_of(settings: Settings, ledger: Ledger) -> Sessions:
    """Return what was read of HFIS so far, nothing where the hospital goes by Khanza's jadwal."""
    if not settings.hfis:
        return {}
    return {clinic: one.content for clinic, one in ledger.pass_state().jadwal_lists.items()}


# -- what Khanza has no more, or on another day


def _not_among(
    rows: Rows,
    khanza: Khanza,
    ledger: Ledger,
    named: Sequence[NamedBooking],
    unfinished: Mapping[str, Record],
) -> tuple[dict[str, Record], dict[str, Record]]:
    """Return the bookings of which Khanza has no row any more, and those that it has elsewhere.

    The first are those that BPJS may hold. Who is not among the rows of these days may have been
    moved to another one: Khanza is asked for those few by their numbers.
    """
    there = {row.no_rawat for row in rows.registrations}
    there.update(row.nobooking for row in rows.bookings)
    there.update(row.nobooking for row in rows.cancels)
    open_ones = (
        NamedBooking(one.kodebooking, one.no_rawat, one.kind) for one in unfinished.values()
    )
    missing = {
        one.kodebooking: number
        for one in (*named, *open_ones)
        if (number := _number(one)) not in there and number
    }
    if not missing:
        return {}, {}
    through = ledger.known(missing.keys() - unfinished.keys(), ())
    asked = {name: one for name, one in unfinished.items() if name in missing}
    asked |= {name: one for name, one in through.items() if one.may_live_at_bpjs}
    visits = [one.no_rawat for one in asked.values() if one.kind != Kind.MOBILEJKN]
    bookings = [one.kodebooking for one in asked.values() if one.kind == Kind.MOBILEJKN]
    still = all_comparable(there | khanza.there(visits, bookings))
    elsewhere = {name: one for name, one in asked.items() if comparable(missing[name]) in still}
    gone = {
        name: one for name, one in asked.items() if one.may_live_at_bpjs and name not in elsewhere
    }
    return gone, elsewhere


def _number(one: NamedBooking) -> str:
    """Return the number that Khanza knows a booking by, empty if it knows none."""
    if one.kind == Kind.MOBILEJKN:
        return one.kodebooking
    return "" if one.kind == Kind.MANUAL else one.no_rawat


# -- which days


def _span(
    ledger: Ledger, state: PassState, policy: Policy, now: datetime, since: date | None
) -> Span:
    today = now.astimezone(policy.zone).date()
    begin = _begin(ledger, state, today)
    if since:
        first = max(min(since, begin), today - MAX_AGE)
        return Span(first=first, today=today, begin=min(first, begin), full=True)
    scanned, oldest = state.full_scan_at, today - timedelta(days=policy.days)
    full = scanned is None or not timedelta(0) <= now - scanned < FULL_SCAN
    checkpoint = state.checkpoint or today
    start = oldest if full else min(checkpoint, today - timedelta(days=1))
    return Span(first=max(start, oldest, begin), today=today, begin=begin, full=full)


def _begin(ledger: Ledger, state: PassState, today: date) -> date:
    """Return the day that no pass goes before: that of the first one.

    If it lies ahead, either the clock ran ahead then, or it is behind now: the times that BPJS has
    tell which.
    """
    begin = state.begin or today
    if begin > today:
        latest = ledger.latest_at_bpjs()
        return begin if latest and latest.date() >= begin else today
    return begin


def _beyond(
    records: Iterable[Record], named: Iterable[NamedBooking], span: Span
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what the bookings are asked for by that a read of the window's days does not show.

    That is their no_rawat, and nobooking for Mobile JKN. They are the open ones of other days, and
    those of these days whose visit the desk moved: its number begins with the day that it had.
    """
    others = [
        record
        for record in records
        if not span.first <= record.tanggal <= span.today
        and any(push.open for push in record.pushes.values())
    ]
    low, high = (f"{day:%Y/%m/%d}" for day in (span.first - NEAR, span.today + NEAR))
    numbers = filter(None, (one.no_rawat for one in named))
    moved = (number for number in numbers if not low <= number[:10] <= high)
    return (
        (*(record.no_rawat for record in others if record.no_rawat), *moved),
        tuple(record.kodebooking for record in others if record.kind == Kind.MOBILEJKN),
    )


# -- surat kontrol


def _surat_kontrol_days(
    agenda: Agenda, policy: Policy, state: PassState, now: datetime
) -> list[date]:
    """Return the days to ask the surat kontrol of: those of onsite adds that lack a reference."""
    asked = state.surat_kontrol_at
    recently = asked is not None and timedelta(0) <= now - asked < SURAT_KONTROL_EVERY
    if recently or Kind.ONSITE not in policy.add:
        return []
    return [
        visit.tanggal for visit, record in agenda.with_records() if lacks_reference(visit, record)
    ]


def _surat_kontrol(khanza: Khanza, days: Sequence[date]) -> Sequence[SuratKontrol] | None:
    """Return the planned control visits of these days, None if they could not be read."""
    try:
        return khanza.surat_kontrol(min(days), max(days))
    except TemporaryError:
        return None
