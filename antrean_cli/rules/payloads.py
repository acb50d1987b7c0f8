"""Visits and pushes → the bodies that BPJS takes (bpjs/README.md, Fields; Other bodies).

- BPJS's names of request fields stand here and in add_fields.py, and nowhere else.
- Where each of the 23 fields of tambah antrean comes from: khanza/README.md, The 23 fields.
- Times are aware datetimes up to here; in a body they are epoch milliseconds.
- What a body lacks is told as a Reason: with the table to fill, or with what is waited for.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from antrean_cli.rules.add_fields import FIELDS
from antrean_cli.rules.codes import Kind
from antrean_cli.rules.identity import identity_of, lacking_of
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.reasons import GONE, Reason, ReasonCode, because
from antrean_cli.rules.references import references_of
from antrean_cli.rules.rows import Booking, Registration, Resep
from antrean_cli.rules.served_by import clinic_of, doctor_of
from antrean_cli.rules.sessions import hours_of, jampraktek_of, opening_of
from antrean_cli.rules.sources import no_session
from antrean_cli.rules.times import milliseconds, parse_datetime, time_of_day
from antrean_cli.rules.values import filled, last_number, not_negative, whole
from antrean_cli.rules.visits import Visit

NOT_KNOWN = "-"  # of a NON JKN patient, as Khanza sends it
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


def jadwal_body(
    kodepoli: str, kodesubspesialis: str, kodedokter: str, week: Mapping[int, Sequence[str]]
) -> dict[str, Any]:
    """Return the body of /jadwaldokter/updatejadwaldokter: a doctor's whole week in one clinic.

    `week` has the hours (`HH:MM-HH:MM`) of each day from 1 (Monday) to 7.
    """
    sessions = [(day, hours.split("-")) for day, all_hours in week.items() for hours in all_hours]
    return {
        "kodepoli": kodepoli,
        "kodesubspesialis": kodesubspesialis,
        "kodedokter": int(kodedokter),
        "jadwal": [
            {"hari": str(day), "buka": opens, "tutup": closes}
            for day, (opens, closes) in sorted(sessions)
        ],
    }


def patient_words(number: str) -> tuple[str, str] | None:
    """Return the words that BPJS looks a patient up by: nik or noka, and the number.

    None for what is neither a NIK nor the number of a card.
    """
    if not re.fullmatch(r"[0-9]*", number):
        return None
    identity = {16: "nik", 13: "noka"}.get(len(number))
    return (identity, number) if identity else None


def missing(visit: Visit) -> Reason | None:
    """Return why tambah antrean cannot be filled for this visit yet.

    None if every field is known. (rules/README.md, Add)
    """
    row = visit.registration
    if row is None:
        return GONE
    if reason := _missing_place(visit, row) or _missing_hours(visit, row):
        return reason
    references = references_of(visit)
    if visit.booking and references.jeniskunjungan is None:
        return because(ReasonCode.BOOKING_FIELD_NO_NUMBER, field="jeniskunjungan")
    if visit.kind != Kind.NONJKN and not references.numbers:
        return because(ReasonCode.NO_REFERENCE)
    return lacking_of(identity_of(visit), jkn=visit.kind != Kind.NONJKN)


def _missing_place(visit: Visit, row: Registration) -> Reason | None:
    """Return what is not known of clinic and doctor."""
    if not clinic_of(visit).code:
        return because(ReasonCode.CLINIC_UNMAPPED, kd_poli=row.kd_poli)
    if whole(doctor_of(visit).code) is not None:
        return None
    if visit.booking and filled(visit.booking.kodedokter):
        return because(ReasonCode.BOOKING_FIELD_NO_NUMBER, field="kodedokter")
    mapped = ReasonCode.DOCTOR_CODE_NO_NUMBER if filled(row.kd_dokter_bpjs) else None
    return because(mapped or ReasonCode.DOCTOR_UNMAPPED, kd_dokter=row.kd_dokter)


def _missing_hours(visit: Visit, row: Registration) -> Reason | None:
    """Return what is not known of the hours of the doctor's session."""
    slot = visit.hfis_slot or visit.slot
    if _session_of(visit)[1]:
        return None
    if slot is None and not time_of_day(row.jam_reg):
        return because(ReasonCode.NO_TIME_OF_REGISTRATION)
    if slot is None:
        return no_session(visit, row)
    wrong = ReasonCode.SESSION_WITHOUT_END if opening_of(slot) else ReasonCode.SESSION_ENDS_FIRST
    return because(wrong, kd_dokter=slot.kd_dokter)


def add_body(visit: Visit, policy: Policy, nomorreferensi: str | None = None) -> dict[str, Any]:
    """Return the 23 fields for a visit, without those that are not known yet.

    All are there if `missing(visit)` is None. `nomorreferensi` is the number to tell, the better
    one if it is not given (references.py). The body holds the patient's NIK, card and phone number:
    it is sent, and never stored or logged.
    """
    row = visit.registration
    if row is None and visit.booking is None:
        body: dict[str, Any] = {"kodebooking": visit.kodebooking}
    else:
        body = _common_fields(visit) | _session_fields(visit, policy)
        nonjkn = visit.kind == Kind.NONJKN
        body |= _nonjkn_fields(visit) if nonjkn else _jkn_fields(visit, nomorreferensi)
        body |= _queue_fields(row) if row else {}
        body |= _booked_fields(visit.booking) if visit.booking else {}
    return {name: body[name] for name in FIELDS if body.get(name) is not None}


class Patient(NamedTuple):
    """Who is seen where, in BPJS's words: compared with BPJS's own list, never stored or shown."""

    nik: str
    nomorkartu: str
    norm: str
    kodepoli: str
    kodedokter: str


def patient_of(visit: Visit) -> Patient:
    """Return whose visit it is, and where."""
    who = identity_of(visit)
    return Patient(who.nik, who.nomorkartu, who.norm, clinic_of(visit).code, doctor_of(visit).code)


def _common_fields(visit: Visit) -> dict[str, Any]:
    """Return the fields that every kind of visit fills alike; those that are not known are None."""
    row, clinic, doctor = visit.registration, clinic_of(visit), doctor_of(visit)
    return {
        "kodebooking": visit.kodebooking,
        "kodepoli": clinic.code or None,
        "namapoli": clinic.name,
        "pasienbaru": int(row is not None and row.stts_daftar == "Baru"),
        "norm": identity_of(visit).norm or None,
        "tanggalperiksa": visit.tanggal.isoformat(),
        "kodedokter": whole(doctor.code),
        "namadokter": doctor.name,
        "keterangan": KETERANGAN,
    }


def _jkn_fields(visit: Visit, nomorreferensi: str | None) -> dict[str, Any]:
    who, references = identity_of(visit), references_of(visit)
    return {
        "jenispasien": "JKN",
        "nomorkartu": who.nomorkartu or None,
        "nik": who.nik or None,
        "nohp": who.nohp or None,
        "jeniskunjungan": references.jeniskunjungan,
        "nomorreferensi": nomorreferensi or next(iter(references.numbers), None),
    }


def _nonjkn_fields(visit: Visit) -> dict[str, Any]:
    who = identity_of(visit)
    return {
        "jenispasien": "NON JKN",
        "nomorkartu": "",
        "nik": who.nik or NOT_KNOWN,
        "nohp": who.nohp or NOT_KNOWN,
        "jeniskunjungan": 3,
        "nomorreferensi": "",
    }


def _queue_fields(row: Registration) -> dict[str, Any]:
    """Return the place in the clinic's queue that Khanza gave at the registration."""
    return {
        "nomorantrean": f"{row.kd_poli.strip()}-{row.no_reg.strip()}",
        "angkaantrean": last_number(row.no_reg),
    }


def _session_fields(visit: Visit, policy: Policy) -> dict[str, Any]:
    """Return the fields that the doctor's session gives, none where its opening is not known."""
    row, slot = visit.registration, visit.hfis_slot or visit.slot
    jam, jampraktek = _session_of(visit)
    opening = parse_datetime(f"{visit.tanggal} {jam}", policy.zone)
    if opening is None:
        return {}
    number = last_number(row.no_reg) if row else 0
    waiting = number * policy.minutes_per_patient * 60_000
    kuota = not_negative(slot.kuota) if slot else 0
    left = max(kuota - number, 0)
    return {
        "jampraktek": jampraktek or None,
        "estimasidilayani": milliseconds(opening) + waiting,
        "sisakuotajkn": left,
        "kuotajkn": kuota,
        "sisakuotanonjkn": left,
        "kuotanonjkn": kuota,
    }


def _session_of(visit: Visit) -> tuple[str, str]:
    """Return opening and hours of the session: the booking's own, else HFIS's, else Khanza's.

    As hh:mm:ss and HH:MM-HH:MM; a text is empty where it is not known.
    """
    if visit.booking and (hours := hours_of(visit.booking.jampraktek)):
        return hours[0], f"{hours[0][:5]}-{hours[1][:5]}"
    slot = visit.hfis_slot or visit.slot
    return (opening_of(slot), jampraktek_of(slot)) if slot else ("", "")


def _booked_fields(booking: Booking) -> dict[str, Any]:
    """Return what a Mobile JKN booking says itself, as far as it is filled; its visit may be gone.

    The quotas are those at the time of the booking.
    """
    nomorantrean = filled(booking.nomorantrean)
    own = {
        "nomorantrean": nomorantrean,
        "angkaantrean": last_number(booking.angkaantrean) or last_number(nomorantrean),
        "estimasidilayani": not_negative(booking.estimasidilayani),
    }
    return {
        "pasienbaru": int(booking.pasienbaru == "1"),
        "sisakuotajkn": not_negative(booking.sisakuotajkn),
        "kuotajkn": not_negative(booking.kuotajkn),
        "sisakuotanonjkn": not_negative(booking.sisakuotanonjkn),
        "kuotanonjkn": not_negative(booking.kuotanonjkn),
        **{name: value for name, value in own.items() if value},
    }
