"""Which clinic, which doctor and which session BPJS is told of a visit.

- Code and name of the clinic come from one clinic; code, name and hours of the doctor from one
  doctor. (rules/README.md, Add)
- The booking and the SEP name theirs by BPJS's codes; which of Khanza's that are is found when a
  visit is put together (visits.py).
- A SEP's code that Khanza does not know is not told: then it is the clinic or the doctor of the
  registration, whole. Only where that one is not mapped does the SEP's code stand for the mapping.
"""

from typing import NamedTuple

from antrean_cli.rules.listings import kodedokter_of
from antrean_cli.rules.reasons import Reason, ReasonCode, because
from antrean_cli.rules.rows import Registration
from antrean_cli.rules.sessions import hari_kerja_of, hours_of, jampraktek_of, opening_of
from antrean_cli.rules.values import comparable, filled, first_filled
from antrean_cli.rules.visits import Visit, kodedokter_named, kodepoli_named


class CodeAndName(NamedTuple):
    """What BPJS is told of a clinic or a doctor; code or name is empty where it is not known."""

    code: str
    name: str


def clinic_of(visit: Visit) -> CodeAndName:
    """Return the clinic of a visit."""
    row, named = visit.registration, visit.named_clinic
    if named:
        return CodeAndName(
            filled(named.kd_poli_bpjs), _name(visit, named.nm_poli_bpjs, named.nm_poli)
        )
    own = filled(row.kd_poli_bpjs) if row else ""
    other = kodepoli_named(visit.booking, visit.sep)
    code = own if _is_own(visit, comparable(own), comparable(other)) else other
    return CodeAndName(code, _name(visit, row.nm_poli_bpjs, row.nm_poli) if row else "")


def doctor_of(visit: Visit) -> CodeAndName:
    """Return the doctor of a visit, the code in the form of `kodedokter_of`."""
    row, named = visit.registration, visit.named_doctor
    if named:
        code = kodedokter_of(filled(named.kd_dokter_bpjs))
        return CodeAndName(code, _name(visit, named.nm_dokter_bpjs, named.nm_dokter))
    own = kodedokter_of(filled(row.kd_dokter_bpjs)) if row else ""
    other = kodedokter_named(visit.booking, visit.sep)
    code = own if _is_own(visit, own, other) else other
    return CodeAndName(code, _name(visit, row.nm_dokter_bpjs, row.nm_dokter) if row else "")


def session_of(visit: Visit) -> tuple[str, str]:
    """Return opening and hours of the session: the booking's own, else HFIS's, else Khanza's.

    As hh:mm:ss and HH:MM-HH:MM; a text is empty where it is not known.
    """
    if visit.booking and (hours := hours_of(visit.booking.jampraktek)):
        return hours[0], f"{hours[0][:5]}-{hours[1][:5]}"
    slot = visit.told_slot
    return (opening_of(slot), jampraktek_of(slot)) if slot else ("", "")


def no_session(visit: Visit, row: Registration) -> Reason:
    """Return the reason "no row in jadwal" for a visit, with what has to be filled in."""
    named = visit.named_doctor if visit.booking is None else None
    return because(
        ReasonCode.NO_SESSION,
        kd_dokter=named.kd_dokter if named else row.kd_dokter,
        kd_poli=row.kd_poli,
        hari=hari_kerja_of(visit.tanggal),
    )


def _is_own(visit: Visit, own: str, other: str) -> bool:
    """Return whether the registration's own code is told, and not the one that is named otherwise.

    A booking of Mobile JKN was made by BPJS: its code is known there, if not here.
    """
    return not other or own == other or bool(own and visit.booking is None)


def _name(visit: Visit, bpjs: str | None, khanza: str | None) -> str:
    """Return BPJS's name, else Khanza's; of a booking Khanza's, else BPJS's."""
    return first_filled(khanza, bpjs) if visit.booking else first_filled(bpjs, khanza)
