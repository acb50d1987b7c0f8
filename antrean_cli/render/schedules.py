"""Khanza's jadwal beside HFIS, as people and scripts are shown it."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from antrean_cli.operator.schedules import ToldWeek
from antrean_cli.render.tables import csv_text, table
from antrean_cli.render.words import HARI
from antrean_cli.rules.answers import with_code
from antrean_cli.rules.schedules import AtHfis, Side, Untold, Week

_NAME = 26  # characters of a doctor's name in a line


def hours_at_hfis(hfis: AtHfis) -> str:
    """Return what HFIS has of a doctor's day, in words."""
    return ", ".join(hfis.held) or ("libur" if hfis.planned else "tidak ada")


def _in_khanza(side: Side) -> str:
    return ", ".join(side.khanza) or ("belum jelas" if side.unclear else "tidak ada")


def sides_table(sides: Iterable[Side]) -> str:
    """Return a row a doctor: the hours by Khanza and by HFIS, and whether they differ."""
    rows = [
        (
            one.doctor.kodepoli,
            f"{one.doctor.kodedokter} {one.name}".strip(),
            _in_khanza(one),
            hours_at_hfis(one.hfis),
            "beda" if one.differs else "",
        )
        for one in sides
    ]
    return table(("Poli", "Dokter", "Khanza", "HFIS", ""), rows, (6, _NAME, 12, 12, None))


class _Shown(NamedTuple):
    """A doctor's day as JSON and CSV have it; hours are `HH:MM-HH:MM`."""

    kodepoli: str
    kodedokter: str
    dokter: str
    tanggal: str
    khanza: tuple[str, ...]
    hfis: tuple[str, ...]
    libur: bool
    beda: bool

    @classmethod
    def of(cls, one: Side) -> "_Shown":
        return cls(
            kodepoli=one.doctor.kodepoli,
            kodedokter=one.doctor.kodedokter,
            dokter=one.name,
            tanggal=one.day.isoformat(),
            khanza=one.khanza,
            hfis=one.hfis.planned,
            libur=one.hfis.off,
            beda=one.differs,
        )


def side_document(one: Side) -> dict[str, Any]:
    """Return a doctor's day for JSON output."""
    return _Shown.of(one)._asdict()


def sides_csv(sides: Iterable[Side]) -> str:
    """Return a row a doctor, as Excel in Indonesia reads it."""
    rows = [[_cell(value) for value in _Shown.of(one)] for one in sides]
    return csv_text(_Shown._fields, rows, excel=True)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "ya" if value else "tidak"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def weeks_table(weeks: Iterable[Week]) -> str:
    """Return a row for each day of a doctor's week that HFIS plans otherwise."""
    rows = [
        (
            _who(week) if place == 0 else "",
            HARI[side.day.isoweekday()].lower(),
            _in_khanza(side),
            ", ".join(side.hfis.planned) or "tidak ada",
        )
        for week in weeks
        for place, side in enumerate(sorted(week.differing, key=lambda one: one.day.isoweekday()))
    ]
    return table(("Dokter", "Hari", "Khanza", "HFIS"), rows, (_NAME, None, 12, 12))


_UNTOLD = {
    Untold.NOTHING: "tidak ada di jadwal Khanza",
    Untold.UNCLEAR: "ada jam di jadwal Khanza yang belum diisi atau bertentangan",
    Untold.NO_NUMBER: "kode dokter di maping_dokter_dpjpvclaim bukan kode BPJS",
}


def untold_text(week: Week, why: Untold) -> str:
    """Return why a week is not told."""
    return f"{_who(week)}: tidak dikirim, {_UNTOLD[why]}"


def unmapped_text(doctor: str) -> str:
    """Return why nothing can be told of a doctor of Khanza's."""
    return f"{doctor}: tidak dikirim, belum dipetakan di maping_dokter_dpjpvclaim"


def told_text(told: ToldWeek) -> str:
    """Return what came of telling HFIS one week."""
    said = with_code(told.message, told.code)
    return f"{_who(told.week)}: {f'ditolak BPJS: {said}' if told.refused else 'terkirim'}"


def _who(week: Week) -> str:
    return f"{week.doctor.kodedokter} {week.name}".strip()


class _Outcome(NamedTuple):
    """What came of one week, as JSON has it; `outcome` is sent, refused or skipped."""

    kodepoli: str
    kodedokter: str
    dokter: str
    outcome: str
    code: str
    message: str


def outcomes_document(weeks: Iterable[Week], told: Iterable[ToldWeek]) -> list[dict[str, Any]]:
    """Return what came of all weeks for JSON output; those that were not told are skipped."""
    answers = {one.week.doctor: one for one in told}
    found = []
    for week in weeks:
        answer = answers.get(week.doctor)
        came = (
            ("refused" if answer.refused else "sent", answer.code, answer.message)
            if answer
            else ("skipped", "", "")
        )
        found.append(_Outcome(*week.doctor, week.name, *came)._asdict())
    return found
