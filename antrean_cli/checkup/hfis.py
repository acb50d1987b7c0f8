"""HFIS beside Khanza's jadwal: the hours of the doctors who have visits today."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from antrean_cli.checkup.results import MOST_NAMED, Finding, warning, warning_of_many
from antrean_cli.render.schedules import hours_at_hfis
from antrean_cli.rules.listings import Praktek
from antrean_cli.rules.schedules import at_hfis
from antrean_cli.rules.served_by import clinic_of, doctor_of
from antrean_cli.rules.sessions import jampraktek_of
from antrean_cli.rules.visits import Visit


class Practice(NamedTuple):
    """A doctor's sessions of a day in one clinic, as jadwal has them for the visits of that day.

    `kodepoli` and `kodedokter` are BPJS's codes, `day` is `yyyy-mm-dd`, `hours` are `HH:MM-HH:MM`,
    `name` is the doctor's with the code.
    """

    kodepoli: str
    kodedokter: str
    day: str
    name: str
    hours: tuple[str, ...]


def practices(visits: Iterable[Visit]) -> list[Practice]:
    """Return the doctors of these visits, with the hours that their adds would carry."""
    found: dict[tuple[str, str, str, str], set[str]] = {}
    for visit in visits:
        row, slot = visit.registration, visit.slot
        doctor = doctor_of(visit)
        codes = (clinic_of(visit).code, doctor.code)
        hours = jampraktek_of(slot) if slot else ""
        if row and hours and all(codes):
            who = f"{doctor.name or row.kd_dokter} (kode {doctor.code})"
            found.setdefault((*codes, visit.tanggal.isoformat(), who), set()).add(hours)
    return [Practice(*key, tuple(sorted(hours))) for key, hours in sorted(found.items())]


class HfisDifference(NamedTuple):
    """How HFIS differs from jadwal for a doctor, and what shows it."""

    text: str
    typed: str


def differing(
    practice: Practice, rows: Iterable[Praktek], *, by_hfis: bool
) -> HfisDifference | None:
    """Return how HFIS differs from jadwal for a doctor, None if it does not matter.

    `by_hfis`: adds carry HFIS's hours anyway, if it has them.
    """
    hfis = at_hfis(rows, practice.kodedokter)
    if hfis.held and (by_hfis or set(practice.hours) <= set(hfis.held)):
        return None
    return HfisDifference(
        f"{practice.name} poli {practice.kodepoli} hari ini: "
        f"jadwal Khanza {', '.join(practice.hours)}, HFIS {hours_at_hfis(hfis)}",
        f"antrean jadwal {practice.kodepoli} {practice.day}",
    )


def differences_finding(found: Sequence[HfisDifference]) -> Finding:
    """Return the warning for the doctors of whom HFIS and jadwal say otherwise."""
    if len(found) == 1:
        return warning("hfis", f"HFIS: {found[0].text}; samakan jadwalnya", found[0].typed)
    text = f"HFIS: {len(found)} dokter berbeda dari jadwal Khanza; samakan jadwalnya"
    typed = dict.fromkeys(one.typed for one in found[:MOST_NAMED])
    return warning_of_many("hfis", text, [one.text for one in found], *typed)
