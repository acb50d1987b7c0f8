"""Visits and pushes → the bodies that BPJS takes. The only place that names BPJS's request fields.

- The 23 fields of tambah antrean and their types are the seed's; khanza.md tells where each comes
  from.
- Times are aware datetimes up to here; in a body they are epoch milliseconds.
- What a body lacks is told as a Reason: with the table to fill, or with what is waited for.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from antrean_cli.rules.rows import Booking, Registration, Resep, Sep, Slot
from antrean_cli.rules.sources import Reason, no_session
from antrean_cli.rules.visits import Policy, Visit, codes_at_bpjs, parse_datetime

KETERANGAN = "Peserta harap 30 menit lebih awal guna pencatatan administrasi."
KODEBOOKING_FORM = "harus 1 sampai 100 huruf atau angka, tanpa spasi di awal dan akhir"
JENISRESEP = ("Tidak ada", "Racikan", "Non racikan")
# The seed's table "Tambah Antrean": every field, in its order, with its type.
FIELDS: dict[str, type] = {
    "kodebooking": str,
    "jenispasien": str,
    "nomorkartu": str,
    "nik": str,
    "nohp": str,
    "kodepoli": str,
    "namapoli": str,
    "pasienbaru": int,
    "norm": str,
    "tanggalperiksa": str,
    "kodedokter": int,
    "namadokter": str,
    "jampraktek": str,
    "jeniskunjungan": int,
    "nomorreferensi": str,
    "nomorantrean": str,
    "angkaantrean": int,
    "estimasidilayani": int,
    "sisakuotajkn": int,
    "kuotajkn": int,
    "sisakuotanonjkn": int,
    "kuotanonjkn": int,
    "keterangan": str,
}
# The least and the most of numbers that are codes.
BOUNDS = {"pasienbaru": (0, 1), "jeniskunjungan": (1, 4)}
# What a person is told of each field (Indonesian).
FIELD_HELP = {
    "kodebooking": "Kode booking, berbeda untuk tiap antrean.",
    "jenispasien": "JKN atau NON JKN.",
    "nomorkartu": "Nomor kartu BPJS; kosong untuk NON JKN.",
    "nik": "NIK, 16 angka.",
    "nohp": "Nomor telepon pasien.",
    "kodepoli": "Kode poli BPJS, misalnya INT.",
    "namapoli": "Nama poli.",
    "pasienbaru": "1 pasien baru, 0 pasien lama.",
    "norm": "Nomor rekam medis.",
    "tanggalperiksa": "Hari pelayanan, YYYY-MM-DD.",
    "kodedokter": "Kode dokter BPJS (angka).",
    "namadokter": "Nama dokter.",
    "jampraktek": "Jam praktek menurut HFIS, HH:MM-HH:MM.",
    "jeniskunjungan": "1 rujukan FKTP, 2 rujukan internal, 3 kontrol, 4 rujukan antar RS.",
    "nomorreferensi": "Nomor rujukan atau surat kontrol; kosong untuk NON JKN.",
    "nomorantrean": "Nomor antrean yang dibaca pasien, misalnya INT-001.",
    "angkaantrean": "Angka antrean, misalnya 1.",
    "estimasidilayani": "Perkiraan dilayani, milidetik epoch.",
    "sisakuotajkn": "Sisa kuota JKN.",
    "kuotajkn": "Kuota JKN.",
    "sisakuotanonjkn": "Sisa kuota NON JKN.",
    "kuotanonjkn": "Kuota NON JKN.",
    "keterangan": "Keterangan untuk pasien.",
}
# What a body says of the patient: no message may repeat it.
PRIVATE = ("nik", "nomorkartu", "nohp", "norm")
_WAITING = Reason(code="referensi", text="menunggu nomor referensi (SEP atau surat kontrol)")


def milliseconds(waktu: datetime) -> int:
    """Return epoch milliseconds of an aware datetime."""
    return int(waktu.timestamp() * 1000)


def update_body(
    kodebooking: str, taskid: str, waktu: datetime, jenisresep: str | None = None
) -> dict[str, Any]:
    """Return the body of /antrean/updatewaktu: taskid as text, waktu in epoch ms (the seed)."""
    body = {"kodebooking": kodebooking, "taskid": taskid, "waktu": milliseconds(waktu)}
    return {**body, "jenisresep": jenisresep} if jenisresep else body


def farmasi_body(
    kodebooking: str, jenisresep: str, nomorantrean: int, keterangan: str = ""
) -> dict[str, Any]:
    """Return the body of /antrean/farmasi/add."""
    body = {"kodebooking": kodebooking, "jenisresep": jenisresep, "nomorantrean": nomorantrean}
    return {**body, "keterangan": keterangan}


def jenisresep_of(resep: Resep | None) -> str:
    """Return what kind of prescription a visit has: racikan if resep_dokter_racikan has a row of
    it.
    """
    none, mixed, plain = JENISRESEP
    return none if resep is None else mixed if resep.racikan == "1" else plain


def nomorantrean_of(resep: Resep | None) -> int | None:
    """Return the number in the pharmacy's queue, "the last 4 digits of no_resep", None if there is
    none.
    """
    digits = re.sub("[^0-9]", "", resep.no_resep) if resep else ""
    return int(digits[-4:]) if digits else None


def batal_body(kodebooking: str, keterangan: str) -> dict[str, Any]:
    """Return the body of /antrean/batal."""
    return {"kodebooking": kodebooking, "keterangan": keterangan}


def listtask_body(kodebooking: str) -> dict[str, Any]:
    """Return the body of /antrean/getlisttask."""
    return {"kodebooking": kodebooking}


def field_problems(body: Mapping[str, object]) -> list[str]:
    """Return what is wrong with a hand-made body of tambah antrean, one Indonesian phrase each."""
    lacking = [name for name in FIELDS if name not in body]
    problems = [f"{', '.join(lacking)} belum ada"] if lacking else []
    problems += [f"{name} tidak dikenal" for name in body if name not in FIELDS]
    for name, kind in FIELDS.items():
        value = body.get(name)
        if name in body and type(value) is not kind:
            problems.append(
                f"{name} harus {'bilangan bulat tanpa tanda kutip' if kind is int else 'teks'}"
            )
    return problems or list(_value_problems(body))


def _value_problems(body: Mapping[str, Any]) -> Iterable[str]:
    if not fit_kodebooking(body["kodebooking"]):
        yield f"kodebooking {KODEBOOKING_FORM}"
    if body["jenispasien"] not in ("JKN", "NON JKN"):
        yield "jenispasien harus JKN atau NON JKN"
    if not _is_day(body["tanggalperiksa"]):
        yield "tanggalperiksa harus tanggal YYYY-MM-DD"
    if not re.fullmatch(r"([01]\d|2[0-4]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d", body["jampraktek"]):
        yield "jampraktek harus HH:MM-HH:MM"
    if body["pasienbaru"] not in (0, 1):
        yield "pasienbaru harus 0 atau 1"
    if body["jeniskunjungan"] not in (1, 2, 3, 4):
        yield "jeniskunjungan harus 1, 2, 3, atau 4"
    yield from (
        f"{name} tidak boleh negatif"
        for name, kind in FIELDS.items()
        if kind is int and body[name] < 0
    )


def service_date(body: Mapping[str, Any]) -> date:
    """Return the day of service of a body without problems."""
    return date.fromisoformat(body["tanggalperiksa"])


def fit_kodebooking(text: str) -> bool:
    """Return whether a text can be a kode booking; Khanza's slashes, BPJS's # and spaces inside
    can.
    """
    return bool(text) and text == text.strip() and text.isprintable() and len(text) <= 100


def _is_day(text: str) -> bool:
    try:
        return bool(re.fullmatch(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}", text)) and bool(
            date.fromisoformat(text)
        )
    except ValueError:
        return False


def missing(visit: Visit) -> Reason | None:
    """Return why tambah antrean cannot be filled for this visit yet, or None if every field is
    known.
    """
    row, sep = visit.registration, visit.sep
    if visit.booking:
        return _missing_in(visit.booking)
    if row is None:
        return Reason(
            code="hilang", text="kunjungan tidak ada lagi di Khanza (dihapus atau digabung)"
        )
    kodepoli, kodedokter = codes_at_bpjs(row, sep)
    if not kodepoli:
        return Reason(
            code="petakan", text=f"poli {row.kd_poli} belum dipetakan di maping_poli_bpjs"
        )
    if _whole(kodedokter) is None:
        what = "belum dipetakan" if not row.kd_dokter_bpjs else "dipetakan ke kode yang bukan angka"
        return Reason(
            code="petakan", text=f"dokter {row.kd_dokter} {what} di maping_dokter_dpjpvclaim"
        )
    slot = visit.session or visit.slot
    if slot is None:
        return no_session(visit)
    if not slot.jam_selesai:
        return Reason(
            code="jadwal", text=f"jam selesai dokter {row.kd_dokter} belum diisi di tabel jadwal"
        )
    return _WAITING if visit.kind == "onsite" and not _reference(visit)[1] else None


def _missing_in(booking: Booking) -> Reason | None:
    for name, text in (
        ("kodedokter", booking.kodedokter),
        ("jeniskunjungan", (booking.jeniskunjungan or "")[:1]),
    ):
        if _whole(text) is None:
            return Reason(code="petakan", text=f"{name} di referensi_mobilejkn_bpjs bukan angka")
    return None


def add_body(visit: Visit, policy: Policy) -> dict[str, Any]:
    """Return the 23 fields for a visit, without those that are not known yet (none if
    `missing(visit)` is None).

    The body holds the patient's NIK, card and phone number: it is sent, and never stored or logged.
    """
    body = _booked_body(visit, visit.booking) if visit.booking else _desk_body(visit, policy)
    return {name: body[name] for name in FIELDS if body.get(name) is not None}


class Patient(NamedTuple):
    """Who is seen where, in BPJS's words; compared with BPJS's own list, and
    never stored or shown.
    """

    nik: str
    nomorkartu: str
    norm: str
    kodepoli: str
    kodedokter: str


def patient_of(row: Registration, sep: Sep | None) -> Patient:
    """Return whose visit at the desk it is, and where."""
    nomorkartu = (sep and sep.nomorkartu) or row.nomorkartu or ""
    return Patient(row.nik or "", nomorkartu, row.norm, *codes_at_bpjs(row, sep))


def _desk_body(visit: Visit, policy: Policy) -> dict[str, Any]:
    row, sep, jkn = visit.registration, visit.sep, visit.kind != "nonjkn"
    if row is None:
        return {"kodebooking": visit.kodebooking}
    patient = patient_of(row, sep)
    jeniskunjungan, nomorreferensi = _reference(visit)
    number = _number(row.no_reg)
    return {
        "kodebooking": visit.kodebooking,
        "jenispasien": "JKN" if jkn else "NON JKN",
        "nomorkartu": patient.nomorkartu if jkn else "",
        "nik": patient.nik,
        "nohp": (sep and sep.nohp) or row.nohp or "",
        "kodepoli": patient.kodepoli or None,
        "namapoli": row.nm_poli_bpjs or row.nm_poli or "",
        "pasienbaru": int(row.stts_daftar == "Baru"),
        "norm": patient.norm,
        "tanggalperiksa": visit.tanggal.isoformat(),
        "kodedokter": _whole(patient.kodedokter),
        "namadokter": row.nm_dokter_bpjs or row.nm_dokter or "",
        "jeniskunjungan": jeniskunjungan if jkn else 3,
        "nomorreferensi": (nomorreferensi or None) if jkn else "",
        "nomorantrean": f"{row.kd_poli}-{row.no_reg}",
        "angkaantrean": number,
        **_session_fields(visit, visit.session or visit.slot, number, policy),
        "keterangan": KETERANGAN,
    }


def _session_fields(visit: Visit, slot: Slot | None, number: int, policy: Policy) -> dict[str, Any]:
    """Return the fields that the doctor's session gives; what is left of a
    quota is never negative.
    """
    opening = parse_datetime(f"{visit.tanggal} {slot.jam_mulai}", policy.zone) if slot else None
    if slot is None or opening is None:
        return {}
    kuota = max(_whole(slot.kuota) or 0, 0)
    left = max(kuota - number, 0)
    return {
        "jampraktek": f"{slot.jam_mulai[:5]}-{slot.jam_selesai[:5]}" if slot.jam_selesai else None,
        "estimasidilayani": milliseconds(opening) + number * policy.minutes_per_patient * 60_000,
        "sisakuotajkn": left,
        "kuotajkn": kuota,
        "sisakuotanonjkn": left,
        "kuotanonjkn": kuota,
    }


def _booked_body(visit: Visit, booking: Booking) -> dict[str, Any]:
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
        "kodedokter": _whole(booking.kodedokter),
        "namadokter": (row and row.nm_dokter) or "",
        "jampraktek": booking.jampraktek or "",
        "jeniskunjungan": _whole((booking.jeniskunjungan or "")[:1]),
        "nomorreferensi": booking.nomorreferensi or "",
        "nomorantrean": booking.nomorantrean or "",
        "angkaantrean": _number(booking.angkaantrean),
        "estimasidilayani": _whole(booking.estimasidilayani) or 0,
        "sisakuotajkn": max(_whole(booking.sisakuotajkn) or 0, 0),
        "kuotajkn": max(_whole(booking.kuotajkn) or 0, 0),
        "sisakuotanonjkn": max(_whole(booking.sisakuotanonjkn) or 0, 0),
        "kuotanonjkn": max(_whole(booking.kuotanonjkn) or 0, 0),
        "keterangan": KETERANGAN,
    }


def _reference(visit: Visit) -> tuple[int, str]:
    """Return jeniskunjungan and nomorreferensi of a visit at the desk; the number is empty if none
    is known yet.
    """
    if (sep := visit.sep) is None:
        return 3, visit.surat_kontrol.no_surat if visit.surat_kontrol else ""
    jenis, noskdp, no_rujukan = _jeniskunjungan(sep), _filled(sep.noskdp), _filled(sep.no_rujukan)
    return jenis, (noskdp or no_rujukan) if jenis == 3 else (no_rujukan or noskdp)


def _jeniskunjungan(sep: Sep) -> int:
    """Return the kind of visit as khanza.md has it: 1 Rujukan FKTP, 2 Rujukan Internal, 3 Kontrol,
    4 Antar RS.
    """
    plain = not (sep.flagprosedur or sep.penunjang or sep.asesmenpelayanan)
    if sep.tujuankunjungan == "0" and plain:
        if (sep.asal_rujukan or "").startswith("1"):
            return 1
        return 3 if _filled(sep.noskdp) else 4
    return 3 if sep.tujuankunjungan == "2" and sep.asesmenpelayanan == "5" else 2


def _filled(text: str | None) -> str:
    """Return Khanza's text, empty where it holds only the dash that Khanza's forms put there."""
    return (text or "").strip() if (text or "").strip("- ") else ""


def _whole(text: str | None) -> int | None:
    """Return Khanza's text as a number, or None if it is not a whole one."""
    stripped = (text or "").strip()
    return int(stripped) if re.fullmatch(r"-?[0-9]{1,18}", stripped) else None


def _number(text: str | None) -> int:
    """Return the last digits of a queue number ("A-12" → 12), 0 if it has none."""
    digits = re.findall(r"[0-9]{1,9}", text or "")
    return int(digits[-1]) if digits else 0
