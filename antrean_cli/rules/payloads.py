"""Visits and pushes → the bodies that BPJS takes (bpjs/README.md, Fields; Other bodies).

- BPJS's names of request fields stand here and in add_fields.py, and nowhere else.
- Where each of the 23 fields of tambah antrean comes from: khanza/README.md, The 23 fields.
- Times are aware datetimes up to here; in a body they are epoch milliseconds.
- What a body lacks is told as a Reason: with the table to fill, or with what is waited for.
"""

import re
from datetime import datetime
from typing import Any, NamedTuple

from antrean_cli.rules.add_fields import FIELDS
from antrean_cli.rules.codes import Kind
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.reasons import GONE, Reason, ReasonCode, because
from antrean_cli.rules.rows import Booking, Registration, Resep, Sep, Slot
from antrean_cli.rules.sessions import jampraktek_of, opening_of
from antrean_cli.rules.sources import no_session
from antrean_cli.rules.times import milliseconds, parse_datetime, time_of_day
from antrean_cli.rules.values import filled, last_number, not_negative, whole
from antrean_cli.rules.visits import Visit, codes_at_bpjs

KETERANGAN = "Peserta harap 30 menit lebih awal guna pencatatan administrasi."
NO_RESEP, RACIKAN, NON_RACIKAN = JENISRESEP = ("Tidak ada", "Racikan", "Non racikan")


def update_body(
    kodebooking: str, taskid: str, waktu: datetime, jenisresep: str | None = None
) -> dict[str, Any]:
    """Return the body of /antrean/updatewaktu: taskid as text, waktu in epoch ms."""
    body = {"kodebooking": kodebooking, "taskid": taskid, "waktu": milliseconds(waktu)}
    return {**body, "jenisresep": jenisresep} if jenisresep else body


def farmasi_body(
    kodebooking: str, jenisresep: str, nomorantrean: int, keterangan: str = ""
) -> dict[str, Any]:
    """Return the body of /antrean/farmasi/add."""
    return {
        "kodebooking": kodebooking,
        "jenisresep": jenisresep,
        "nomorantrean": nomorantrean,
        "keterangan": keterangan,
    }


def jenisresep_of(resep: Resep | None) -> str:
    """Return what kind of prescription a visit has: mixed if resep_dokter_racikan has a row."""
    if resep is None:
        return NO_RESEP
    return RACIKAN if resep.racikan == "1" else NON_RACIKAN


def nomorantrean_of(resep: Resep | None) -> int | None:
    """Return the number in the pharmacy's queue, None if there is none.

    It is the last four digits of no_resep, as other senders make it (bpjs/README.md, Other bodies).
    """
    digits = re.sub("[^0-9]", "", resep.no_resep) if resep else ""
    return int(digits[-4:]) if digits else None


def batal_body(kodebooking: str, keterangan: str) -> dict[str, Any]:
    """Return the body of /antrean/batal."""
    return {"kodebooking": kodebooking, "keterangan": keterangan}


def listtask_body(kodebooking: str) -> dict[str, Any]:
    """Return the body of /antrean/getlisttask."""
    return {"kodebooking": kodebooking}


def missing(visit: Visit) -> Reason | None:
    """Return why tambah antrean cannot be filled for this visit yet.

    None if every field is known. (rules/README.md, Add)
    """
    row, sep = visit.registration, visit.sep
    if visit.booking:
        return _missing_in(visit.booking)
    if row is None:
        return GONE
    kodepoli, kodedokter = codes_at_bpjs(row, sep)
    if not kodepoli:
        return because(ReasonCode.CLINIC_UNMAPPED, kd_poli=row.kd_poli)
    if whole(kodedokter) is None:
        mapped = ReasonCode.DOCTOR_CODE_NO_NUMBER if row.kd_dokter_bpjs else None
        return because(mapped or ReasonCode.DOCTOR_UNMAPPED, kd_dokter=row.kd_dokter)
    slot = visit.hfis_slot or visit.slot
    if slot is None:
        return _no_session_of(row, visit)
    if not jampraktek_of(slot):
        wrong = ReasonCode.SESSION_WITHOUT_END if opening_of(slot) else None
        return because(wrong or ReasonCode.SESSION_ENDS_FIRST, kd_dokter=row.kd_dokter)
    if visit.kind == Kind.ONSITE and not _reference(visit)[1]:
        return because(ReasonCode.NO_REFERENCE)
    return None


def _no_session_of(row: Registration, visit: Visit) -> Reason:
    """Return why no session of the doctor's is that of a visit."""
    if not time_of_day(row.jam_reg):
        return because(ReasonCode.NO_TIME_OF_REGISTRATION)
    return no_session(row, visit.tanggal)


def _missing_in(booking: Booking) -> Reason | None:
    """Return which number of a Mobile JKN booking is none."""
    numbers = (
        ("kodedokter", booking.kodedokter),
        ("jeniskunjungan", (booking.jeniskunjungan or "")[:1]),
    )
    for name, text in numbers:
        if whole(text) is None:
            return because(ReasonCode.BOOKING_FIELD_NO_NUMBER, field=name)
    return None


def add_body(visit: Visit, policy: Policy) -> dict[str, Any]:
    """Return the 23 fields for a visit, without those that are not known yet.

    All are there if `missing(visit)` is None. The body holds the patient's NIK, card and phone
    number: it is sent, and never stored or logged.
    """
    if visit.booking:
        body = _booked_body(visit, visit.booking)
    elif visit.registration:
        body = _desk_body(visit, visit.registration, policy)
    else:
        body = {"kodebooking": visit.kodebooking}
    return {name: body[name] for name in FIELDS if body.get(name) is not None}


class Patient(NamedTuple):
    """Who is seen where, in BPJS's words: compared with BPJS's own list, never stored or shown."""

    nik: str
    nomorkartu: str
    norm: str
    kodepoli: str
    kodedokter: str


def patient_of(row: Registration, sep: Sep | None) -> Patient:
    """Return whose visit at the desk it is, and where."""
    nomorkartu = (sep and sep.nomorkartu) or row.nomorkartu or ""
    return Patient(row.nik or "", nomorkartu, row.norm, *codes_at_bpjs(row, sep))


def _desk_body(visit: Visit, row: Registration, policy: Policy) -> dict[str, Any]:
    """Return the fields of an onsite or NON JKN visit; those that are not known are None."""
    patient, sep, number = patient_of(row, visit.sep), visit.sep, last_number(row.no_reg)
    return {
        "kodebooking": visit.kodebooking,
        "nik": patient.nik,
        "nohp": (sep and sep.nohp) or row.nohp or "",
        "kodepoli": patient.kodepoli or None,
        "namapoli": row.nm_poli_bpjs or row.nm_poli or "",
        "pasienbaru": int(row.stts_daftar == "Baru"),
        "norm": patient.norm,
        "tanggalperiksa": visit.tanggal.isoformat(),
        "kodedokter": whole(patient.kodedokter),
        "namadokter": row.nm_dokter_bpjs or row.nm_dokter or "",
        "nomorantrean": f"{row.kd_poli}-{row.no_reg}",
        "angkaantrean": number,
        "keterangan": KETERANGAN,
        **(_nonjkn_fields() if visit.kind == Kind.NONJKN else _jkn_fields(visit, patient)),
        **_session_fields(visit, visit.hfis_slot or visit.slot, number, policy),
    }


def _jkn_fields(visit: Visit, patient: Patient) -> dict[str, Any]:
    jeniskunjungan, nomorreferensi = _reference(visit)
    return {
        "jenispasien": "JKN",
        "nomorkartu": patient.nomorkartu,
        "jeniskunjungan": jeniskunjungan,
        "nomorreferensi": nomorreferensi or None,
    }


def _nonjkn_fields() -> dict[str, Any]:
    return {"jenispasien": "NON JKN", "nomorkartu": "", "jeniskunjungan": 3, "nomorreferensi": ""}


def _session_fields(visit: Visit, slot: Slot | None, number: int, policy: Policy) -> dict[str, Any]:
    """Return the fields that the doctor's session gives, none where its opening is not known."""
    jam = opening_of(slot) if slot else ""
    opening = parse_datetime(f"{visit.tanggal} {jam}", policy.zone)
    if slot is None or opening is None:
        return {}
    waiting = number * policy.minutes_per_patient * 60_000
    kuota = not_negative(slot.kuota)
    left = max(kuota - number, 0)
    return {
        "jampraktek": jampraktek_of(slot) or None,
        "estimasidilayani": milliseconds(opening) + waiting,
        "sisakuotajkn": left,
        "kuotajkn": kuota,
        "sisakuotanonjkn": left,
        "kuotanonjkn": kuota,
    }


def _booked_body(visit: Visit, booking: Booking) -> dict[str, Any]:
    """Return the fields of a Mobile JKN booking; its visit may have been deleted."""
    row = visit.registration
    return {
        "kodebooking": visit.kodebooking,
        "jenispasien": "JKN",
        "nomorkartu": booking.nomorkartu or "",
        "nik": booking.nik or "",
        "nohp": booking.nohp or "",
        "kodepoli": booking.kodepoli or "",
        "namapoli": (row and row.nm_poli) or "",
        "pasienbaru": int(booking.pasienbaru == "1"),
        "norm": (row.norm if row else booking.norm) or "",
        "tanggalperiksa": visit.tanggal.isoformat(),
        "kodedokter": whole(booking.kodedokter),
        "namadokter": (row and row.nm_dokter) or "",
        "jampraktek": booking.jampraktek or "",
        "jeniskunjungan": whole((booking.jeniskunjungan or "")[:1]),
        "nomorreferensi": booking.nomorreferensi or "",
        "nomorantrean": booking.nomorantrean or "",
        "angkaantrean": last_number(booking.angkaantrean),
        "estimasidilayani": whole(booking.estimasidilayani) or 0,
        "sisakuotajkn": not_negative(booking.sisakuotajkn),
        "kuotajkn": not_negative(booking.kuotajkn),
        "sisakuotanonjkn": not_negative(booking.sisakuotanonjkn),
        "kuotanonjkn": not_negative(booking.kuotanonjkn),
        "keterangan": KETERANGAN,
    }


def _reference(visit: Visit) -> tuple[int, str]:
    """Return jeniskunjungan and nomorreferensi of a JKN visit at the desk.

    The number is empty if none is known yet. Before the SEP it is the planned surat kontrol's.
    """
    if (sep := visit.sep) is None:
        return 3, visit.surat_kontrol.no_surat if visit.surat_kontrol else ""
    jeniskunjungan = _jeniskunjungan(sep)
    noskdp, no_rujukan = filled(sep.noskdp), filled(sep.no_rujukan)
    if jeniskunjungan == 3:
        return 3, noskdp or no_rujukan
    return jeniskunjungan, no_rujukan or noskdp


def _jeniskunjungan(sep: Sep) -> int:
    """Return 1 (rujukan FKTP), 2 (rujukan internal), 3 (kontrol) or 4 (rujukan antar RS).

    khanza/README.md, The 23 fields, has the table.
    """
    plain = not (sep.flagprosedur or sep.penunjang or sep.asesmenpelayanan)
    if sep.tujuankunjungan == "0" and plain:
        if (sep.asal_rujukan or "").startswith("1"):
            return 1
        return 3 if filled(sep.noskdp) else 4
    if sep.tujuankunjungan == "2" and sep.asesmenpelayanan == "5":
        return 3
    return 2
