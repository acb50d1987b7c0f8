"""Visits, completed with what does not stand in Khanza's rows of them.

- The session that HFIS has of the visit's doctor: jampraktek has to be it (rules/README.md, Add).
- The planned control visit (surat kontrol), which names patient, day and clinic and no visit.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from antrean_cli.rules.rows import Registration, Slot, SuratKontrol
from antrean_cli.rules.served_by import clinic_of, doctor_of
from antrean_cli.rules.sessions import Sessions, hari_kerja_of, hours_of, slot_of
from antrean_cli.rules.values import comparable, filled
from antrean_cli.rules.visits import Visit


def with_sessions(visits: Iterable[Visit], sessions: Sessions) -> list[Visit]:
    """Return the visits with the session of HFIS's that each belongs to, None where it has none."""
    return [_with_session(visit, sessions) for visit in visits]


def _with_session(visit: Visit, sessions: Sessions) -> Visit:
    row, found = visit.registration, None
    if row and sessions:
        found = slot_of(_slots(row, visit, sessions), row.kd_poli, row.jam_reg)
    return visit if found == visit.hfis_slot else replace(visit, hfis_slot=found)


def _slots(row: Registration, visit: Visit, sessions: Sessions) -> list[Slot]:
    """Return HFIS's sessions of the visit's doctor on its day, in the form of Khanza's jadwal."""
    kodepoli, kodedokter = clinic_of(visit).code, doctor_of(visit).code
    return [
        Slot(
            kd_dokter=row.kd_dokter,
            hari_kerja=hari_kerja_of(visit.tanggal),
            jam_mulai=hours[0],
            jam_selesai=hours[1],
            kd_poli="",
            kuota=praktek.kapasitas,
        )
        for praktek in sessions.get((kodepoli, visit.tanggal), ())
        if praktek.kodedokter == kodedokter and not praktek.libur
        if (hours := hours_of(praktek.jampraktek))
    ]


def with_surat_kontrol(visits: Iterable[Visit], planned: Sequence[SuratKontrol]) -> list[Visit]:
    """Return the visits with the surat kontrol that was written for each, as asked for."""
    found = {_appointment(one.norm, one.tanggal, one.kd_poli_bpjs): one for one in planned}
    return [
        replace(visit, surat_kontrol=_written_for(row, visit.tanggal, found), surat_asked=True)
        if (row := visit.registration)
        else visit
        for visit in visits
    ]


_Appointment = tuple[str, str, str]


def _written_for(
    row: Registration, tanggal: date, found: Mapping[_Appointment, SuratKontrol]
) -> SuratKontrol | None:
    """Return the surat kontrol of a visit; nobody's and no clinic's is not this one's."""
    appointment = _appointment(row.norm, tanggal.isoformat(), row.kd_poli_bpjs)
    return found.get(appointment) if all(appointment) else None


def _appointment(norm: str, day: str | None, kodepoli: str | None) -> _Appointment:
    """Return what a planned control visit and the visit that it became have in common."""
    return comparable(filled(norm)), (day or "")[:10], comparable(filled(kodepoli))
