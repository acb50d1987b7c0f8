"""Registration: visits come, are edited, merged, deleted, and their numbers handed out again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import partial

from antrean_cli.simulator.hospital import DOCTORS, Hospital, Value
from tests.support.hands import sep
from tests.support.hands.statements import (
    FORBIDDEN,
    Operation,
    delete,
    has,
    insert,
    tried,
    update,
)

# What goes with a visit when it is merged into another one, in this order. Its Mobile JKN booking
# is not among it: that goes on naming the old number.
MERGED = (
    *("mutasi_berkas", "pemeriksaan_ralan", "resep_obat", "bridging_sep", "bridging_sep_internal"),
    *("rawat_jl_dr", "rawat_jl_pr", "rawat_jl_drpr", "diagnosa_pasien", "periksa_lab"),
    *("permintaan_lab", "permintaan_radiologi", "detail_pemberian_obat", "kamar_inap"),
)
# What keeps a visit from being deleted, until "Hapus Semua" deletes it first.
BLOCKING = (
    *("rawat_jl_dr", "rawat_jl_pr", "rawat_jl_drpr", "detail_pemberian_obat", "resep_obat"),
    *("periksa_lab", "permintaan_lab", "permintaan_radiologi", "diagnosa_pasien", "billing"),
    "kamar_inap",
)
TRIES = 5  # to find a number that nobody has taken meanwhile


class NoNumberError(Exception):
    """Visits of this day's numbers that were moved to other days hide how far the numbers are."""


def register(
    khanza: Hospital,
    norm: str,
    *,
    at: datetime,
    kd_poli: str = "INT",
    kd_dokter: str | None = None,
    kd_pj: str = "BPJ",
    stts_daftar: str = "Lama",
    numbered: date | None = None,
) -> Operation[str]:
    """Register a patient at the desk; return no_rawat. Raises NoNumberError.

    `numbered` is the day on which the number was drawn, where the form's day was changed after it.
    """
    day = numbered or at.date()
    number = next_number(khanza, day)
    for one in range(number, number + TRIES):
        try:
            no_rawat = khanza.visit(
                day,
                no=one,
                jam=f"{at:%H:%M:%S}",
                norm=norm,
                kd_poli=kd_poli,
                kd_dokter=kd_dokter or DOCTORS.get(kd_poli),
                kd_pj=kd_pj,
                stts_daftar=stts_daftar,
                no_reg=next_no_reg(khanza, at.date(), kd_poli),
                tgl_registrasi=at.date(),
            )
        except FORBIDDEN:
            continue
        yield "INSERT reg_periksa"
        return no_rawat
    raise NoNumberError


def next_number(khanza: Hospital, day: date) -> int:
    """Return the number that Khanza hands out next on a day: the highest of that day's and one."""
    highest = khanza.value("reg_periksa", "MAX(no_rawat)", tgl_registrasi=day)
    return int(highest[-6:]) + 1 if highest else 1


def next_no_reg(khanza: Hospital, day: date, kd_poli: str) -> str:
    """Return the next number in a clinic's queue, three digits."""
    highest = khanza.value("reg_periksa", "MAX(no_reg)", tgl_registrasi=day, kd_poli=kd_poli)
    return f"{int(highest or 0) + 1:03}"


def register_with_sep(
    khanza: Hospital,
    norm: str,
    *,
    at: datetime,
    add: Callable[[str], bool] = lambda _: True,
    issued: bool = True,
    kd_poli: str = "INT",
    stts_daftar: str = "Lama",
) -> Operation[str | None]:
    """Register a patient and issue the SEP in one form; return no_rawat, None where it came to
    nothing.

    `add` is what the form tells BPJS of the visit, before the SEP; it returns whether BPJS took it.
    Where BPJS refuses one of the two the visit is deleted, and a new patient with it.
    """
    no_rawat = yield from register(khanza, norm, at=at, kd_poli=kd_poli, stts_daftar=stts_daftar)
    taken = add(no_rawat)
    yield "BPJS add"
    if taken and issued:
        yield from sep.issue(khanza, no_rawat)
        return no_rawat
    yield delete(khanza, "reg_periksa", no_rawat=no_rawat)
    if stts_daftar == "Baru":
        yield delete(khanza, "pasien", no_rkm_medis=norm)
    return None


def register_at_kiosk(
    khanza: Hospital, norm: str, *, now: datetime, kd_poli: str = "INT"
) -> Operation[str]:
    """Let somebody with an appointment register at the kiosk; return no_rawat."""
    no_rawat = yield from register(khanza, norm, at=now, kd_poli=kd_poli)
    where: dict[str, Value] = {"no_rkm_medis": norm, "tanggal_periksa": now.date()}
    yield update(khanza, "booking_registrasi", where, status="Terdaftar")
    return no_rawat


def edit(khanza: Hospital, no_rawat: str, /, **columns: Value) -> Operation[None]:
    """Change doctor, clinic, payer, day, patient or number of a visit, in one statement.

    A new no_rawat reaches all that belongs to the visit, but not its Mobile JKN booking.
    """
    yield update(khanza, "reg_periksa", {"no_rawat": no_rawat}, **columns)


def delete_visit(khanza: Hospital, no_rawat: str) -> Operation[bool]:
    """Delete a visit; return whether it is gone: prescriptions, actions and diagnoses keep it.

    SEP, folder and exams go with it, and its number is handed out again if it was the highest.
    """
    gone = tried(partial(khanza.delete, "reg_periksa", no_rawat=no_rawat))
    yield "DELETE reg_periksa" if gone else "DELETE reg_periksa refused"
    return gone


def delete_all(khanza: Hospital, no_rawat: str) -> Operation[None]:
    """Delete a visit with all that would keep it ("Hapus Semua")."""
    for table in BLOCKING:
        if has(khanza, table, no_rawat=no_rawat):
            yield delete(khanza, table, no_rawat=no_rawat)
    yield delete(khanza, "reg_periksa", no_rawat=no_rawat)


def merge_visits(khanza: Hospital, old: str, into: str) -> Operation[None]:
    """Merge a visit into another one: table by table, then the old one is deleted.

    A row that clashes stays where it was and goes with the old visit.
    """
    for table in MERGED:
        if not has(khanza, table, no_rawat=old):
            continue
        moved = tried(partial(khanza.update, table, {"no_rawat": old}, no_rawat=into))
        yield f"UPDATE {table}" if moved else f"UPDATE {table} refused"
    yield delete(khanza, "reg_periksa", no_rawat=old)


def merge_patients(khanza: Hospital, old: str, into: str) -> Operation[None]:
    """Merge two medical records of one patient; all Mobile JKN bookings of the old one vanish.

    The SEPs keep the old number.
    """
    for table in ("reg_periksa", "referensi_mobilejkn_bpjs_batal"):
        yield update(khanza, table, {"no_rkm_medis": old}, no_rkm_medis=into)
    yield delete(khanza, "pasien", no_rkm_medis=old)


def register_baby(khanza: Hospital, mother: str, norm: str) -> Operation[str]:
    """Register a newborn under its mother's clinic, doctor, queue number and hour."""
    row = {
        column: khanza.value("reg_periksa", column, no_rawat=mother)
        for column in (*("tgl_registrasi", "jam_reg", "kd_poli", "kd_dokter", "no_reg", "kd_pj"),)
    }
    day = date.fromisoformat(row["tgl_registrasi"])
    no_rawat = f"{day:%Y/%m/%d}/{next_number(khanza, day):06}"
    yield insert(
        khanza,
        "reg_periksa",
        no_rawat=no_rawat,
        no_rkm_medis=norm,
        stts="Belum",
        stts_daftar="Baru",
        status_lanjut="Ranap",
        status_bayar="Belum Bayar",
        **row,
    )
    return no_rawat
