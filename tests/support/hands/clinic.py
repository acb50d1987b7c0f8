"""In the clinic: exams and actions, the patient's folder, and the state of the visit."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from antrean_cli.simulator.hospital import ZERO_DATETIME, Hospital, Value
from tests.support.hands import pharmacy
from tests.support.hands.statements import (
    Operation,
    day_and_time,
    delete,
    has,
    insert,
    later,
    text,
    together,
    update,
)

EXAMS, FOLDERS = "pemeriksaan_ralan", "mutasi_berkas"
Folder = Literal["dikirim", "diterima", "kembali", "tidakada", "ranap"]
FOLDER_STATES = {
    "dikirim": "Sudah Dikirim",
    "diterima": "Sudah Diterima",
    "kembali": "Sudah Kembali",
    "tidakada": "Tidak Ada",
    "ranap": "Masuk Ranap",
}
NURSE = "P01"


# -- exams and actions


def examine(khanza: Hospital, no_rawat: str, *, at: datetime, nip: str = NURSE) -> Operation[None]:
    """Write an exam, by the form's time."""
    yield insert(khanza, EXAMS, **_exam(no_rawat, at), nip=nip)


def _exam(no_rawat: str, at: datetime) -> dict[str, Value]:
    day, clock = day_and_time(at)
    return {"no_rawat": no_rawat, "tgl_perawatan": day, "jam_rawat": clock}


def edit_exam(
    khanza: Hospital,
    no_rawat: str,
    at: datetime,
    *,
    of: str | None = None,
    to: datetime | None = None,
    nip: str = NURSE,
) -> Operation[None]:
    """Change an exam: whose it is, when it was, who made it."""
    changed = _exam(of or no_rawat, to or at)
    yield update(khanza, EXAMS, _exam(no_rawat, at), **changed, nip=nip)


def delete_exam(khanza: Hospital, no_rawat: str, at: datetime) -> Operation[None]:
    """Delete an exam."""
    yield delete(khanza, EXAMS, **_exam(no_rawat, at))


def use_template(
    khanza: Hospital, no_rawat: str, *, at: datetime, kd_dokter: str = "D01"
) -> Operation[str]:
    """Write a doctor's template: exam, request to the laboratory and prescription of one moment.

    Returns no_resep.
    """
    day, clock = day_and_time(at)
    no_resep = pharmacy.next_no_resep(khanza, at)
    request = {"no_rawat": no_rawat, "noorder": f"PK{no_resep}", "tgl_permintaan": day}
    yield together(
        khanza,
        later(insert, khanza, EXAMS, **_exam(no_rawat, at), nip=kd_dokter),
        later(insert, khanza, "permintaan_lab", **request, jam_permintaan=clock),
        *pharmacy.prescribed(khanza, no_rawat, no_resep, at, kd_dokter),
    )
    return no_resep


def act(
    khanza: Hospital,
    no_rawat: str,
    *,
    at: datetime,
    window: bool = False,
    kept: bool = True,
) -> Operation[None]:
    """Write what was done to the patient.

    The window "perawatan" sets stts to Sudah first, and that stays where the rest is rolled back
    (not `kept`).
    """
    if window:
        yield _stts(khanza, no_rawat, "Sudah")
    if kept:
        done = {**_exam(no_rawat, at), "kd_jenis_prw": "J001", "kd_dokter": "D01"}
        yield together(khanza, later(insert, khanza, "rawat_jl_dr", **done))


# -- the folder


def move_folder(
    khanza: Hospital, no_rawat: str, column: Folder, *, now: datetime
) -> Operation[None]:
    """Note in the monitor of folders that one was sent, came back, or cannot be found."""
    yield _moved(khanza, no_rawat, column, now, first=("dikirim", column))


def ask_for_folder(khanza: Hospital, no_rawat: str) -> Operation[None]:
    """Ask for a folder again: what was noted of it is deleted."""
    yield delete(khanza, FOLDERS, no_rawat=no_rawat)


def receive_folder(khanza: Hospital, no_rawat: str, *, now: datetime) -> Operation[None]:
    """Let the clinic receive the folder; the visit is 'Berkas Diterima', whatever it was."""
    yield _received(khanza, no_rawat, now)
    yield _stts(khanza, no_rawat, "Berkas Diterima")


def call(khanza: Hospital, no_rawat: str, *, now: datetime) -> Operation[None]:
    """Call the patient in ("Panggil", "Masuk Poli"): the folder is received, now."""
    where = {
        column: khanza.value("reg_periksa", column, no_rawat=no_rawat)
        for column in ("kd_dokter", "kd_poli")
    }
    yield delete(khanza, "antripoli", **where)
    yield insert(khanza, "antripoli", **where, status="1", no_rawat=no_rawat)
    yield _received(khanza, no_rawat, now)


def _received(khanza: Hospital, no_rawat: str, now: datetime) -> str:
    return _moved(khanza, no_rawat, "diterima", now, first=("dikirim", "diterima"))


def _moved(
    khanza: Hospital, no_rawat: str, column: Folder, now: datetime, *, first: tuple[str, ...]
) -> str:
    """Set one time of a folder; a new row gets those of `first`, and zero dates."""
    status = FOLDER_STATES[column]
    if has(khanza, FOLDERS, no_rawat=no_rawat):
        return update(khanza, FOLDERS, {"no_rawat": no_rawat}, status=status, **{column: text(now)})
    times = dict.fromkeys(FOLDER_STATES, ZERO_DATETIME) | dict.fromkeys(first, text(now))
    return insert(khanza, FOLDERS, no_rawat=no_rawat, status=status, **times)


# -- the state of the visit


def finish(khanza: Hospital, no_rawat: str, *, now: datetime) -> Operation[None]:
    """Set "Sudah" in the cashier's list, or on closing the exam: the folder goes back, now."""
    yield _stts(khanza, no_rawat, "Sudah")
    yield _moved(khanza, no_rawat, "kembali", now, first=("dikirim", "kembali"))


def set_stts(khanza: Hospital, no_rawat: str, stts: str) -> Operation[None]:
    """Set the state and nothing else: "Sudah" in the registration's list, "Belum", "Dirujuk",
    "Meninggal", "Pulang Paksa", "Dirawat".
    """
    yield _stts(khanza, no_rawat, stts)


def cancel(khanza: Hospital, no_rawat: str) -> Operation[bool]:
    """Cancel a visit at the desk; return whether it may be: not with a room, nor once billed."""
    if has(khanza, "kamar_inap", no_rawat=no_rawat) or has(khanza, "billing", no_rawat=no_rawat):
        return False
    yield update(khanza, "reg_periksa", {"no_rawat": no_rawat}, stts="Batal", biaya_reg=0)
    return True


def folder_to_ward(khanza: Hospital, no_rawat: str, *, now: datetime) -> Operation[None]:
    """Send the folder to the ward ("Berkas ranap"); the visit is 'Dirawat'."""
    yield _moved(khanza, no_rawat, "ranap", now, first=("dikirim", "ranap"))
    yield _stts(khanza, no_rawat, "Dirawat")


def _stts(khanza: Hospital, no_rawat: str, stts: str) -> str:
    return update(khanza, "reg_periksa", {"no_rawat": no_rawat}, stts=stts)
