"""Khanza's jadwal beside HFIS, asked of both; and a doctor's week, told to HFIS."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from antrean_cli.bpjs.client import Client
from antrean_cli.config.settings import Settings
from antrean_cli.errors import (
    AntreanError,
    CredentialsError,
    InputError,
    RefusedError,
    TemporaryError,
)
from antrean_cli.khanza.queries import Khanza
from antrean_cli.operator.lookups import listing, raise_unless_done
from antrean_cli.rules.answers import judge
from antrean_cli.rules.codes import CallName
from antrean_cli.rules.faults import Fault
from antrean_cli.rules.listings import Poli
from antrean_cli.rules.payloads import jadwal_body
from antrean_cli.rules.rows import PlannedSession
from antrean_cli.rules.schedules import Side, Week, beside, unmapped, weeks_to_tell
from antrean_cli.rules.sessions import ClinicDay, hari_kerja_of
from antrean_cli.rules.values import comparable, filled
from antrean_cli.rules.visits import clinic_takes_part

WEEK = 7  # days, each a call


def planned_sessions(settings: Settings) -> list[PlannedSession]:
    """Return Khanza's jadwal; raises SettingsError and TemporaryError."""
    with Khanza(settings.khanza) as khanza:
        khanza.check()
        return khanza.planned_sessions()


def day_beside(settings: Settings, client: Client, typed: str, day: date) -> list[Side]:
    """Return a day's sessions in one clinic, by both; an empty `typed` means all clinics.

    These are the clinics in which jadwal has somebody that day. Raises InputError for a clinic that
    is not mapped, and what asking Khanza and BPJS raises.
    """
    planned = planned_sessions(settings)
    if typed:
        clinics = [_kodepoli(planned, typed)]
    else:
        of_day = (one for one in planned if _is_on(one, day) and filled(one.kd_dokter_bpjs))
        clinics = sorted(
            {
                filled(one.kd_poli_bpjs)
                for one in of_day
                if clinic_takes_part((one.kd_poli, one.kd_poli_bpjs), settings.policy)
            }
            - {""}
        )
    return _beside(client, planned, [(kodepoli, day) for kodepoli in clinics])


class ClinicWeeks(NamedTuple):
    """The weeks in a clinic that HFIS plans otherwise, and the doctors whom BPJS has no code of."""

    weeks: list[Week]
    unmapped: Sequence[str]


def week_beside(
    settings: Settings, client: Client, typed: str, kodedokter: str, first: date
) -> ClinicWeeks:
    """Return what differs in a clinic; of one doctor, or (empty) of all.

    HFIS is asked for the seven days from `first`. Raises InputError for a doctor whom neither has
    in the clinic, and what `day_beside` raises.
    """
    planned = planned_sessions(settings)
    kodepoli = _kodepoli(planned, typed)
    days = [(kodepoli, first + timedelta(days=one)) for one in range(WEEK)]
    sides = _beside(client, planned, days)
    wanted = [one for one in sides if kodedokter in ("", one.doctor.kodedokter)]
    if kodedokter and not wanted:
        raise InputError(f"dokter {kodedokter} tidak ada di poli {kodepoli}, di Khanza maupun HFIS")
    return ClinicWeeks(weeks_to_tell(wanted), () if kodedokter else unmapped(planned, kodepoli))


def _kodepoli(planned: Iterable[PlannedSession], typed: str) -> str:
    """Return BPJS's code of a clinic that somebody typed, by its code or by Khanza's."""
    wanted = comparable(typed)
    known = [one for one in planned if wanted in map(comparable, (one.kd_poli, one.kd_poli_bpjs))]
    mapped = next(filter(None, (filled(one.kd_poli_bpjs) for one in known)), "")
    if not mapped:
        why = "belum dipetakan di maping_poli_bpjs" if known else "tidak ada di jadwal Khanza"
        raise InputError(f"poli {typed} {why}")
    return mapped


def _is_on(one: PlannedSession, day: date) -> bool:
    return comparable(one.hari_kerja) == comparable(hari_kerja_of(day))


def _beside(
    client: Client, planned: Sequence[PlannedSession], clinics: Sequence[ClinicDay]
) -> list[Side]:
    sessions = {
        (kodepoli, day): listing(client, CallName.JADWAL, kodepoli, day.isoformat())
        for kodepoli, day in clinics
    }
    return beside(planned, sessions)


# -- telling HFIS


class ToldWeek(NamedTuple):
    """What came of telling HFIS a week: BPJS's code and text, and whether it was refused."""

    week: Week
    code: str
    message: str
    refused: bool


class AllTold(NamedTuple):
    """What came of telling HFIS some weeks; `error` is why those after them were not told."""

    told: Sequence[ToldWeek]
    error: AntreanError | None = None


def tell_weeks(client: Client, weeks: Iterable[Week]) -> AllTold:
    """Tell HFIS doctors' weeks, one call each; a refusal stops none, a trouble of all stops all."""
    told: list[ToldWeek] = []
    try:
        clinics = listing(client, CallName.POLI)
        for week in weeks:
            told.append(_tell(client, week, clinics))
    except (CredentialsError, TemporaryError, RefusedError) as error:
        return AllTold(told, error)
    return AllTold(told)


def _tell(client: Client, week: Week, clinics: Iterable[Poli]) -> ToldWeek:
    """Tell HFIS one week; `clinics` are BPJS's, which tell the clinic of a subspeciality."""
    sub, kodedokter = week.doctor
    of_sub = (one.kode for one in clinics if comparable(one.kode_sub) == comparable(sub))
    body = jadwal_body(next(of_sub, sub), sub, kodedokter, week.hours)
    answer = client.call(CallName.UBAH_JADWAL, body)
    if isinstance(answer, Fault):
        raise TemporaryError(why=answer.why)
    outcome = judge(CallName.UBAH_JADWAL, "", answer)
    try:
        raise_unless_done(outcome)
    except RefusedError:
        return ToldWeek(week, outcome.code, outcome.text, refused=True)
    return ToldWeek(week, outcome.code, outcome.text, refused=False)
