"""Mobile JKN: what its interface writes, and the window in which an admin changes bookings."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import partial

from antrean_cli.simulator.hospital import DOCTORS, ZERO_DATETIME, Hospital
from tests.support.hands.desk import next_no_reg, next_number
from tests.support.hands.statements import (
    Operation,
    delete,
    has,
    insert,
    text,
    tried,
    update,
)

BOOKINGS, CANCELS = "referensi_mobilejkn_bpjs", "referensi_mobilejkn_bpjs_batal"
BY_ADMIN = "Dibatalkan Oleh Admin"
HOUR = timedelta(hours=1)  # around the appointment: outside it no check-in is taken


def new_patient(khanza: Hospital, *, now: datetime) -> Operation[str]:
    """Let a patient make a medical record; return no_rkm_medis."""
    norm = khanza.patient()
    khanza.update("pasien", {"no_rkm_medis": norm}, tgl_daftar=now.date())
    yield "INSERT pasien"
    return norm


def book(
    khanza: Hospital,
    norm: str,
    *,
    now: datetime,
    tanggal: date,
    kd_poli: str = "INT",
    jam_mulai: str = "08:00:00",
    fails: bool = False,
) -> Operation[str | None]:
    """Book (ambil antrean); return nobooking, None where the table refused it.

    The number of the visit is drawn first. Where it was taken meanwhile the visit gets another one,
    and the booking goes on naming the first: a stranger's. Where the visit finds no number at all
    (`fails`) the booking is 'Gagal'.
    """
    number = next_number(khanza, tanggal)
    no_rawat = f"{tanggal:%Y/%m/%d}/{number:06}"
    nobooking = _next_nobooking(khanza, tanggal)
    no_reg = next_no_reg(khanza, tanggal, kd_poli)
    row = {
        "norm": norm,
        "kodepoli": khanza.value("maping_poli_bpjs", "kd_poli_bpjs", kd_poli_rs=kd_poli),
        "kodedokter": khanza.value(
            "maping_dokter_dpjpvclaim", "kd_dokter_bpjs", kd_dokter=DOCTORS[kd_poli]
        ),
        "pasienbaru": _pasienbaru(khanza, norm, tanggal),
        "nomorantrean": f"{kd_poli}-{no_reg}",
        "angkaantrean": no_reg,
        "statuskirim": "Belum",
    }
    if not tried(partial(khanza.booking, no_rawat, tanggal, nobooking=nobooking, **row)):
        yield f"INSERT {BOOKINGS} refused"
        return None
    yield f"INSERT {BOOKINGS}"
    registered = False
    if not fails:
        visit = partial(
            khanza.visit, tanggal, jam=jam_mulai, norm=norm, kd_poli=kd_poli, no_reg=no_reg
        )
        registered = tried(partial(visit, no=number))
        if not registered:
            yield "INSERT reg_periksa refused"
            registered = tried(partial(visit, no=next_number(khanza, tanggal)))
    yield "INSERT reg_periksa" if registered else _set(khanza, nobooking, "Gagal", now)
    return nobooking


def _next_nobooking(khanza: Hospital, tanggal: date) -> str:
    highest = khanza.value(BOOKINGS, "MAX(nobooking)", tanggalperiksa=tanggal)
    return f"{tanggal:%Y%m%d}{int(highest[-6:]) + 1 if highest else 1:06}"


def _pasienbaru(khanza: Hospital, norm: str, tanggal: date) -> str:
    return str(int(has(khanza, "pasien", no_rkm_medis=norm, tgl_daftar=tanggal)))


def check_in(
    khanza: Hospital, nobooking: str, *, now: datetime, asked: datetime | None = None
) -> Operation[bool]:
    """Check in; return whether it was taken: within an hour of the appointment, by the time that
    the request names.

    The hour of registration follows, of whatever visit the booking names.
    """
    opens = time.fromisoformat(khanza.value(BOOKINGS, "jampraktek", nobooking=nobooking)[:5])
    asked = asked or now
    if abs(asked - datetime.combine(asked.date(), opens, asked.tzinfo)) > HOUR:
        return False
    yield _set(khanza, nobooking, "Checkin", now)
    no_rawat = khanza.value(BOOKINGS, "no_rawat", nobooking=nobooking)
    yield update(khanza, "reg_periksa", {"no_rawat": no_rawat}, jam_reg=f"{now:%H:%M:%S}")
    return True


def cancel(
    khanza: Hospital, nobooking: str, *, now: datetime, keterangan: str = "Berhalangan hadir"
) -> Operation[bool]:
    """Cancel; return whether it was taken: only what is not checked in can be.

    The visit that the booking names is deleted. Where something keeps it, it lives, and no row
    tells of the cancel.
    """
    if khanza.value(BOOKINGS, "status", nobooking=nobooking) != "Belum":
        return False
    yield _set(khanza, nobooking, "Batal", now)
    no_rawat = khanza.value(BOOKINGS, "no_rawat", nobooking=nobooking)
    if not tried(partial(khanza.delete, "reg_periksa", no_rawat=no_rawat)):
        yield "DELETE reg_periksa refused"
        return False
    yield "DELETE reg_periksa"
    yield _cancelled(khanza, nobooking, now, keterangan)
    return True


def _cancelled(khanza: Hospital, nobooking: str, now: datetime, keterangan: str) -> str:
    return insert(
        khanza,
        CANCELS,
        nobooking=nobooking,
        no_rkm_medis=khanza.value(BOOKINGS, "norm", nobooking=nobooking),
        no_rawat_batal=khanza.value(BOOKINGS, "no_rawat", nobooking=nobooking),
        nomorreferensi=khanza.value(BOOKINGS, "nomorreferensi", nobooking=nobooking),
        tanggalbatal=text(now),
        keterangan=keterangan,
        statuskirim="Belum",
    )


def _set(khanza: Hospital, nobooking: str, status: str, validasi: datetime | None) -> str:
    moment = text(validasi) if validasi else ZERO_DATETIME
    return update(khanza, BOOKINGS, {"nobooking": nobooking}, status=status, validasi=moment)


# -- the admin's window: from any state, and the visit stays as it is


def admin_cancels(khanza: Hospital, nobooking: str, *, now: datetime) -> Operation[None]:
    """Cancel a booking in the admin's window; its visit lives."""
    yield _set(khanza, nobooking, "Batal", now)
    if not has(khanza, CANCELS, nobooking=nobooking):
        yield _cancelled(khanza, nobooking, now, BY_ADMIN)


def admin_checks_in(khanza: Hospital, nobooking: str, *, now: datetime) -> Operation[None]:
    """Check somebody in, at any hour; the hour of registration stays."""
    yield _set(khanza, nobooking, "Checkin", now)
    yield delete(khanza, CANCELS, nobooking=nobooking)


def admin_resets(khanza: Hospital, nobooking: str) -> Operation[None]:
    """Let a booking be as before its check-in or its cancel ("Belum")."""
    yield _set(khanza, nobooking, "Belum", None)
    yield delete(khanza, CANCELS, nobooking=nobooking)


def admin_deletes_cancel(khanza: Hospital, nobooking: str) -> Operation[None]:
    """Delete a cancel, by the reference that it names: another booking's may go with it."""
    nomorreferensi = khanza.value(CANCELS, "nomorreferensi", nobooking=nobooking)
    yield delete(khanza, CANCELS, nomorreferensi=nomorreferensi)
