"""Visits → the body of tambah antrean: its 23 fields, among them estimasidilayani and the quotas.

- Where each comes from: khanza/README.md, The 23 fields. BPJS's names and bounds: add_fields.py.
- What is not known is left out, and not invented; what that means for the add: add_lacks.py.
- Clinic, doctor and session: served_by.py; numbers of the patient: identity.py; what the visit
  rests on: references.py.
"""

from typing import Any

from antrean_cli.rules.add_fields import FIELDS
from antrean_cli.rules.codes import Kind
from antrean_cli.rules.identity import identity_of
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.references import references_of
from antrean_cli.rules.rows import Booking, Registration
from antrean_cli.rules.served_by import clinic_of, doctor_of, session_of
from antrean_cli.rules.times import milliseconds, parse_datetime
from antrean_cli.rules.values import filled, last_number, not_negative, whole
from antrean_cli.rules.visits import Visit

NOT_KNOWN = "-"  # of a NON JKN patient, as Khanza sends it
KETERANGAN = "Peserta harap 30 menit lebih awal guna pencatatan administrasi."


def add_body(visit: Visit, policy: Policy, nomorreferensi: str | None = None) -> dict[str, Any]:
    """Return the 23 fields for a visit, without those that are not known yet.

    All are there if `what_add_lacks(visit)` is None. `nomorreferensi` is the number to tell, the
    better one if it is not given (references.py). The body holds the patient's NIK, card and phone
    number: it is sent, and never stored or logged.
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
    row, slot = visit.registration, visit.told_slot
    jam, jampraktek = session_of(visit)
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
