"""One day as Khanza and the ledger have it, before BPJS is asked: its bookings, and everything that
is known by number.

- Nothing is written: the ledger is a copy, and what the next pass would make of it is only worked
  out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from antrean_cli.config.settings import Settings
from antrean_cli.khanza.queries import Khanza, Window
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.codes import Kind
from antrean_cli.rules.comparison import Case
from antrean_cli.rules.planner import expired
from antrean_cli.rules.push import Record
from antrean_cli.rules.rows import Rows
from antrean_cli.rules.visits import Visit, assemble, served
from antrean_cli.sync.collect import Planned, known_of, planned, rows_of
from antrean_cli.sync.hfis import sessions_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Day:
    """The bookings of a day, every kode booking that is known, and Khanza's codes of each of BPJS's
    clinics.

    `first` is the day from which on passes come by.
    """

    first: date
    cases: list[Case]
    known: frozenset[str]
    clinics: Mapping[str, frozenset[str]]


def day_of(settings: Settings, tanggal: date, now: datetime) -> Day:
    """Return a day as Khanza and the ledger have it; raises what they raise."""
    policy = settings.policy
    with Ledger.copy(settings.state, policy.zone) as ledger:
        of_day = ledger.of_days(tanggal, tanggal)
        rows = _rows(settings, tanggal, of_day.values())._replace(
            hfis=sessions_of(settings, ledger)
        )
        visits = assemble(rows, policy)
        mine = [visit for visit in visits if visit.tanggal == tanggal]
        records = _here(of_day, visits, tanggal) | known_of(ledger, mine)
        first = max(_begin(ledger, now), now.date() - timedelta(days=policy.days))
    plans = planned(mine, records, policy, now, tanggal, exact=False, asked=records)
    return Day(
        first=first,
        cases=_cases(settings, plans, mine, now, reached=tanggal >= first),
        known=frozenset({visit.kodebooking for visit in visits} | of_day.keys() | records.keys()),
        clinics=_clinics(rows),
    )


def _rows(settings: Settings, tanggal: date, records: Iterable[Record]) -> Rows:
    """Return Khanza's rows of a day, and of the ledger's visits of that day wherever Khanza has
    them now.
    """
    known = list(records)
    no_rawat = tuple(record.no_rawat for record in known if record.no_rawat)
    nobooking = tuple(record.kodebooking for record in known if record.kind == Kind.MOBILEJKN)
    with Khanza(settings.khanza, seconds=settings.max_seconds) as khanza:
        return rows_of(khanza, settings.policy, Window(tanggal, tanggal, no_rawat, nobooking))


def _here(
    records: Mapping[str, Record], visits: Iterable[Visit], tanggal: date
) -> dict[str, Record]:
    """Return the ledger's bookings of a day without those that Khanza has moved to another one
    since.
    """
    moved = {
        number
        for visit in visits
        if visit.tanggal != tanggal
        for number in (visit.kodebooking, visit.no_rawat)
    }
    return {
        kodebooking: record
        for kodebooking, record in records.items()
        if not moved & {kodebooking, record.no_rawat or kodebooking}
    }


def _begin(ledger: Ledger, now: datetime) -> date:
    today = now.date()
    return min(ledger.pass_state().begin or today, today)


def _cases(
    settings: Settings,
    plans: Iterable[Planned],
    visits: Iterable[Visit],
    now: datetime,
    *,
    reached: bool,
) -> list[Case]:
    numbers = {number: visit for visit in visits for number in _numbers(visit)}
    found = []
    for one in plans:
        # A plan has no visit where the clinic does not take part.
        visit = one.visit or next(
            (numbers[key] for key in _numbers(one.after) if key in numbers), None
        )
        # Of a day that no pass comes by, only the bookings that have something open are looked at.
        followed = reached or (
            one.before is not None and any(push.open for push in one.before.pushes.values())
        )
        record = one.after if followed else one.before or replace(one.after, pushes={}, seen=None)
        found.append(
            Case(
                visit=visit,
                before=one.before,
                record=record,
                served=visit is None or served(visit, settings.policy),
                reached=followed and not expired(one.after, now),
            )
        )
    return found


def _numbers(one: Visit | Record) -> list[str]:
    """Return what a booking is found by: its kode booking, and at the desk its visit's number."""
    if one.no_rawat and one.kind != Kind.MOBILEJKN:
        return [one.kodebooking, one.no_rawat]
    return [one.kodebooking]


def _clinics(rows: Rows) -> dict[str, frozenset[str]]:
    clinics: dict[str, set[str]] = {}
    for row in rows.maping_poli:
        clinics.setdefault(row.kd_poli_bpjs, set()).add(row.kd_poli_rs)
    return {code: frozenset(codes) for code, codes in clinics.items()}
