"""Khanza's jadwal beside HFIS: the sessions of a doctor in a clinic on a day, by each of the two.

- BPJS takes an add only with hours that HFIS has (rules/README.md, Add); jadwal is filled in by
  hand, and drifts.
- HFIS shows one day: whether a session is off is of that day alone, its hours are of every week.
- A row of jadwal without a clinic is of every clinic in which HFIS has the doctor (sessions.py).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from antrean_cli.rules.codes import Code
from antrean_cli.rules.listings import Praktek, kodedokter_of
from antrean_cli.rules.rows import PlannedSession
from antrean_cli.rules.sessions import Sessions, hari_kerja_of, jampraktek_of
from antrean_cli.rules.values import comparable, filled


class AtHfis(NamedTuple):
    """What HFIS has of a doctor on a day: the hours, and which of them take place."""

    planned: tuple[str, ...] = ()
    held: tuple[str, ...] = ()

    @property
    def off(self) -> bool:
        """Whether there are sessions, and none takes place."""
        return bool(self.planned) and not self.held


def at_hfis(rows: Iterable[Praktek], kodedokter: str) -> AtHfis:
    """Return what HFIS's rows of a clinic's day have of a doctor; hours are `HH:MM-HH:MM`."""
    mine = [
        (re.sub(r"\s", "", row.jampraktek), row.libur)
        for row in rows
        if row.kodedokter == kodedokter
    ]
    return AtHfis(
        planned=tuple(sorted(hours for hours, _ in mine)),
        held=tuple(sorted(hours for hours, libur in mine if not libur)),
    )


class Doctor(NamedTuple):
    """A doctor in a clinic, by BPJS's codes."""

    kodepoli: str
    kodedokter: str


class Side(NamedTuple):
    """A doctor's day in a clinic by both: the hours in jadwal, and what HFIS has.

    `name` is the doctor's, empty where neither tells one. `unclear`: a row of jadwal has no hours,
    or such as contradict each other.
    """

    doctor: Doctor
    name: str
    day: date
    khanza: tuple[str, ...]
    unclear: bool
    hfis: AtHfis

    @property
    def differs(self) -> bool:
        """Whether an add with hours of jadwal would be refused, or HFIS plans others."""
        return self.hfis.off or self.khanza != self.hfis.planned

    @property
    def plans_otherwise(self) -> bool:
        """Whether HFIS has other hours for that day of the week, off or not."""
        return self.khanza != self.hfis.planned


def beside(planned: Iterable[PlannedSession], sessions: Sessions) -> list[Side]:
    """Return each doctor's days in the clinics of which HFIS was read, by both.

    `planned` may be all of jadwal: what is not mapped, or of other clinics, is left out.
    """
    by_doctor: dict[str, list[PlannedSession]] = defaultdict(list)
    for one in planned:
        if kodedokter := kodedokter_of(filled(one.kd_dokter_bpjs)):
            by_doctor[kodedokter].append(one)
    found = []
    for (kodepoli, day), rows in sorted(sessions.items()):
        here = {one.kodedokter for one in rows}
        doctors = here | {
            kodedokter
            for kodedokter, own in by_doctor.items()
            if any(_is_of(one, kodepoli) for one in own)
        }
        for kodedokter in sorted(doctors):
            own = [
                one
                for one in by_doctor.get(kodedokter, ())
                if _is_of(one, kodepoli) or (kodedokter in here and not filled(one.kd_poli))
            ]
            hours = _hours(own, day)
            side = Side(
                doctor=Doctor(kodepoli, kodedokter),
                name=_name(own, rows, kodedokter),
                day=day,
                khanza=tuple(sorted(hours - {""})),
                unclear="" in hours,
                hfis=at_hfis(rows, kodedokter),
            )
            if hours or side.hfis.planned:
                found.append(side)
    return found


def unmapped(planned: Iterable[PlannedSession], kodepoli: str) -> list[str]:
    """Return Khanza's doctors in a clinic who have no code of BPJS's: code and name."""
    return sorted(
        {
            f"{one.kd_dokter} {one.nm_dokter or ''}".strip()
            for one in planned
            if _is_of(one, kodepoli) and not filled(one.kd_dokter_bpjs)
        }
    )


def _is_of(one: PlannedSession, kodepoli: str) -> bool:
    return comparable(filled(one.kd_poli_bpjs)) == comparable(kodepoli)


def _hours(own: Iterable[PlannedSession], day: date) -> set[str]:
    """Return the hours in jadwal on that day of the week, an empty one for a row without."""
    hari_kerja = comparable(hari_kerja_of(day))
    return {jampraktek_of(one.slot) for one in own if comparable(one.hari_kerja) == hari_kerja}


def _name(own: Sequence[PlannedSession], rows: Iterable[Praktek], kodedokter: str) -> str:
    names = [one.nm_dokter or "" for one in own]
    names += [row.namadokter for row in rows if row.kodedokter == kodedokter]
    return next(filter(None, names), "")


class Untold(Code):
    """Why a week cannot be told to HFIS."""

    NOTHING = "nothing"  # jadwal has no session of the doctor in the clinic
    NO_NUMBER = "no_number"  # the doctor's code is not one of BPJS's
    UNCLEAR = "unclear"  # of a row of jadwal nobody knows the hours: HFIS may have them


class Week(NamedTuple):
    """A doctor's week in a clinic as jadwal has it: what HFIS is told, hours by 1 (Monday) to 7.

    `differing` are the days on which HFIS plans otherwise; `unclear` as on one of its days.
    """

    doctor: Doctor
    name: str
    hours: Mapping[int, tuple[str, ...]]
    unclear: bool
    differing: tuple[Side, ...]

    @property
    def untold(self) -> Untold | None:
        """Why it cannot be told, None if it can."""
        if not self.doctor.kodedokter.isdecimal():
            return Untold.NO_NUMBER
        if self.unclear:
            return Untold.UNCLEAR
        return None if self.hours else Untold.NOTHING


def weeks_to_tell(sides: Iterable[Side]) -> list[Week]:
    """Return the weeks of the doctors whom HFIS plans otherwise; `sides` are seven days in a row.

    What stands there of a week is told whole: BPJS's call takes a doctor's week at once.
    """
    by_doctor: dict[Doctor, list[Side]] = defaultdict(list)
    for side in sides:
        by_doctor[side.doctor].append(side)
    return [
        Week(
            doctor=doctor,
            name=next(filter(None, (side.name for side in own)), ""),
            hours={side.day.isoweekday(): side.khanza for side in own if side.khanza},
            unclear=any(side.unclear for side in own),
            differing=tuple(side for side in own if side.plans_otherwise),
        )
        for doctor, own in sorted(by_doctor.items())
        if any(side.plans_otherwise for side in own)
    ]
