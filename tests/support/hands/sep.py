"""The SEP, its sisters (internal ones, surat kontrol, rujukan internal), and what its form tells
BPJS.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from antrean_cli.simulator.hospital import KODE_PPK, KUOTA, Hospital, Value
from tests.support.hands.statements import FORBIDDEN, Operation, delete, execute, insert, update

SEPS, INTERNAL, LETTERS = "bridging_sep", "bridging_sep_internal", "bridging_surat_kontrol_bpjs"


def issue(khanza: Hospital, no_rawat: str, **columns: Value) -> Operation[str]:
    """Issue the SEP of a visit; return no_sep.

    Its row goes to the internal ones where the first table refuses it: the patient's second clinic
    of the day has the SEP of the first (name it by `no_sep`).
    """
    day = khanza.value("reg_periksa", "tgl_registrasi", no_rawat=no_rawat)
    row: dict[str, Value] = {"tglsep": day, "tglrujukan": day}
    row |= columns
    for table in (SEPS, INTERNAL):
        try:
            no_sep = khanza.sep(no_rawat, table=table, **row)
        except FORBIDDEN:
            continue
        yield f"INSERT {table}"
        return no_sep
    raise AssertionError("an internal SEP needs its parent")


def form_adds(khanza: Hospital, no_rawat: str, nomorreferensi: str) -> dict[str, object]:
    """Return what the form tells BPJS before it asks for the SEP: the queue number is no_reg alone,
    and nobody is a new patient.
    """
    visit, patient = (
        {column: khanza.value(table, column, **where) for column in columns}
        for table, columns, where in (
            (
                "reg_periksa",
                ("no_reg", "no_rkm_medis", "kd_poli", "kd_dokter", "tgl_registrasi"),
                {"no_rawat": no_rawat},
            ),
            (
                "pasien",
                ("no_ktp", "no_tlp", "no_peserta"),
                {"no_rkm_medis": khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)},
            ),
        )
    )
    opens = datetime.fromisoformat(f"{visit['tgl_registrasi']}T08:00:00+07:00")
    number = int(visit["no_reg"])
    clinic = {"kd_poli_rs": visit["kd_poli"]}
    doctor = {"kd_dokter": visit["kd_dokter"]}
    return {
        "kodebooking": no_rawat,
        "jenispasien": "JKN",
        "nomorkartu": patient["no_peserta"],
        "nik": patient["no_ktp"],
        "nohp": patient["no_tlp"],
        "kodepoli": khanza.value("maping_poli_bpjs", "kd_poli_bpjs", **clinic),
        "namapoli": khanza.value("maping_poli_bpjs", "nm_poli_bpjs", **clinic),
        "pasienbaru": 0,
        "norm": visit["no_rkm_medis"],
        "tanggalperiksa": visit["tgl_registrasi"],
        "kodedokter": int(khanza.value("maping_dokter_dpjpvclaim", "kd_dokter_bpjs", **doctor)),
        "namadokter": khanza.value("maping_dokter_dpjpvclaim", "nm_dokter_bpjs", **doctor),
        "jampraktek": "08:00-14:00",
        "jeniskunjungan": 1,
        "nomorreferensi": nomorreferensi,
        "nomorantrean": visit["no_reg"],
        "angkaantrean": number,
        "estimasidilayani": int((opens + timedelta(minutes=5 * number)).timestamp() * 1000),
        "sisakuotajkn": max(KUOTA - number, 0),
        "kuotajkn": KUOTA,
        "sisakuotanonjkn": max(KUOTA - number, 0),
        "kuotanonjkn": KUOTA,
        "keterangan": "Peserta harap 30 menit lebih awal guna pencatatan administrasi.",
    }


def edit(khanza: Hospital, no_sep: str, /, **columns: Value) -> Operation[None]:
    """Change what can be changed of a SEP: no_rawat, nomr, notelep, kdpolitujuan."""
    assert columns.keys() <= {"no_rawat", "nomr", "notelep", "kdpolitujuan"}
    yield update(khanza, SEPS, {"no_sep": no_sep}, **columns)


def type_in(
    khanza: Hospital, no_rawat: str, no_sep: str, *, kdpolitujuan: str = "", kddpjp: str = "null"
) -> Operation[None]:
    """Type a SEP in by its number: the clinic is found by name or not at all, the doctor is as BPJS
    sent him.
    """
    khanza.sep(no_rawat, no_sep=no_sep, kdpolitujuan=kdpolitujuan, kddpjp=kddpjp)
    yield f"INSERT {SEPS}"


def remove(khanza: Hospital, no_sep: str) -> Operation[None]:
    """Delete a SEP; its surat kontrol and internal SEPs go with it."""
    yield delete(khanza, SEPS, no_sep=no_sep)


def remove_internal(khanza: Hospital, no_rawat: str) -> Operation[None]:
    """Delete an internal SEP, by what names it."""
    columns = ("no_sep", "noskdp", "tglrujukan", "kdpolitujuan")
    where = {column: khanza.value(INTERNAL, column, no_rawat=no_rawat) for column in columns}
    yield delete(khanza, INTERNAL, **where)


def plan_control(
    khanza: Hospital, no_sep: str, tanggal: date, *, kd_poli_bpjs: str = "INT"
) -> Operation[str]:
    """Write a surat kontrol to a SEP; return no_surat."""
    number = int(execute(khanza, f"SELECT COUNT(*) FROM {LETTERS}")[0]) + 1
    no_surat = f"{KODE_PPK}{tanggal:%m%y}K{number:06}"
    yield insert(
        khanza,
        LETTERS,
        no_surat=no_surat,
        no_sep=no_sep,
        tgl_rencana=tanggal,
        kd_poli_bpjs=kd_poli_bpjs,
    )
    return no_surat


def change_control(khanza: Hospital, no_surat: str, **columns: Value) -> Operation[None]:
    """Change day, clinic or doctor of a surat kontrol, in place."""
    yield update(khanza, LETTERS, {"no_surat": no_surat}, **columns)


def remove_control(khanza: Hospital, no_surat: str) -> Operation[None]:
    """Delete a surat kontrol."""
    yield delete(khanza, LETTERS, no_surat=no_surat)


def refer_internally(
    khanza: Hospital, no_rawat: str, kd_poli: str, kd_dokter: str
) -> Operation[None]:
    """Refer a patient to another clinic: no second visit comes of it, and no time."""
    yield insert(
        khanza, "rujukan_internal_poli", no_rawat=no_rawat, kd_poli=kd_poli, kd_dokter=kd_dokter
    )
