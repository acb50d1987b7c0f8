"""One day as Khanza and the ledger have it, before BPJS is asked.

- Nothing is written: the ledger is a copy, and what the next pass would make of it is only worked
  out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from antrean_cli.config.settings import Settings
from antrean_cli.khanza.queries import Khanza, Window
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.booking_plans import Plan, plans_of
from antrean_cli.rules.codes import Kind
from antrean_cli.rules.comparison import Case
from antrean_cli.rules.enrichment import with_sessions
from antrean_cli.rules.occasion import Occasion
from antrean_cli.rules.pace import Pace
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import Record, expired
from antrean_cli.rules.rows import Rows
from antrean_cli.rules.values import comparable
from antrean_cli.rules.visits import Visit, takes_part
from antrean_cli.sync.read import known_of, rows_of, sessions_of, visits_of


@dataclass(frozen=True, kw_only=True, slots=True)
class DaySnapshot:
    """One day of service, ready to be compared with BPJS.

    - `first` is the day from which on passes come by.
    - `cases` are its bookings: those of Khanza's visits, and those that only the ledger has.
    - `known` are all kode booking that stand for somebody here, those of other days included, as
      far as Khanza has moved a visit to one.
    - `clinics` are Khanza's codes of each of BPJS's clinics, that one in comparable form.
    - `pace` is what the last pass left of BPJS's.
    """

    first: date
    cases: list[Case]
    known: frozenset[str]
    clinics: Mapping[str, frozenset[str]]
    pace: Pace | None


def take_snapshot(settings: Settings, tanggal: date, now: datetime) -> DaySnapshot:
    """Return a day as Khanza and the ledger have it.

    Raises TemporaryError and SettingsError of Khanza's, and StateError.
    """
    policy = settings.policy
    with Ledger.copy(settings.state, policy.zone) as ledger:
        of_day = ledger.of_days(tanggal, tanggal)
        rows = _rows(settings, tanggal, of_day.values())
        visits = with_sessions(visits_of(ledger, rows, policy), sessions_of(settings, ledger))
        mine = [visit for visit in visits if visit.tanggal == tanggal]
        records = _of_this_day(of_day, visits, tanggal) | known_of(ledger, mine)
        first = max(_begin(ledger, now), now.date() - timedelta(days=policy.days))
        key, pace = ledger.key, ledger.pass_state().pace
    occasion = Occasion(
        policy=policy, now=now, first=tanggal, exact=False, asked_for=records, key=key
    )
    plans = plans_of(mine, records, occasion)
    planned = {one.after.kodebooking for one in plans}
    by_number = {number: visit for visit in mine for number in _numbers(visit)}
    return DaySnapshot(
        first=first,
        cases=[
            _case(one, by_number, policy, now, read_by_passes=tanggal >= first) for one in plans
        ],
        known=frozenset(
            {visit.kodebooking for visit in visits} | planned | of_day.keys() | records.keys()
        ),
        clinics=_clinics(rows),
        pace=pace,
    )


def _rows(settings: Settings, tanggal: date, records: Iterable[Record]) -> Rows:
    """Return Khanza's rows of a day, and of the ledger's visits of it wherever they are now."""
    known = list(records)
    no_rawat = tuple(record.no_rawat for record in known if record.no_rawat)
    nobooking = tuple(record.kodebooking for record in known if record.kind == Kind.MOBILEJKN)
    with Khanza(settings.khanza, seconds=settings.max_seconds) as khanza:
        return rows_of(khanza, settings.policy, Window(tanggal, tanggal, no_rawat, nobooking))


def _of_this_day(
    records: Mapping[str, Record], visits: Iterable[Visit], tanggal: date
) -> dict[str, Record]:
    """Return the ledger's bookings of a day without those that Khanza has moved to another one."""
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


def _case(
    plan: Plan,
    by_number: Mapping[str, Visit],
    policy: Policy,
    now: datetime,
    *,
    read_by_passes: bool,
) -> Case:
    """Return one booking with what the next pass would make of it.

    Of a day that passes do not read, they look only at bookings that have something open: of the
    others nothing more comes, whatever a plan says.
    """
    visit, before, record = plan.visit, plan.before, plan.after
    if visit is None:  # as of a clinic that does not take part
        numbers = (number for number in _numbers(record) if number in by_number)
        visit = next((by_number[number] for number in numbers), None)
    has_open = before is not None and any(push.open for push in before.pushes.values())
    in_reach = read_by_passes or has_open
    if not in_reach:
        record = before or replace(record, pushes={}, seen=None)
    return Case(
        visit=visit,
        before=before,
        record=record,
        takes_part=visit is None or takes_part(visit, policy),
        in_reach=in_reach and not expired(plan.after, now),
    )


def _numbers(one: Visit | Record) -> list[str]:
    """Return what a booking is found by: its kode booking, and its visit's number.

    A Mobile JKN booking is not found by that number: Khanza can give it to another visit. One whose
    number was handed on has no visit at all.
    """
    if isinstance(one, Record) and one.handed_on:
        return []
    if one.no_rawat and one.kind != Kind.MOBILEJKN:
        return [one.kodebooking, one.no_rawat]
    return [one.kodebooking]


def _clinics(rows: Rows) -> dict[str, frozenset[str]]:
    clinics: dict[str, set[str]] = {}
    for row in rows.maping_poli:
        clinics.setdefault(comparable(row.kd_poli_bpjs), set()).add(row.kd_poli_rs)
    return {code: frozenset(codes) for code, codes in clinics.items()}
