"""Where a visit ends: at the cashier's, or in the ward."""

from __future__ import annotations

from datetime import datetime

from antrean_cli.simulator.hospital import Hospital
from tests.support.hands.statements import (
    Operation,
    day_and_time,
    delete,
    has,
    insert,
    later,
    together,
    update,
)

ROOMS = "kamar_inap"


def pay(khanza: Hospital, no_rawat: str, *, at: datetime) -> Operation[None]:
    """Bill a visit and take the money; stts stays as it is."""
    day, clock = day_and_time(at)
    nota = {"no_rawat": no_rawat, "no_nota": no_rawat, "tanggal": day, "jam": clock}
    yield together(
        khanza,
        later(insert, khanza, "billing", no_rawat=no_rawat, noindex=0, tgl_byr=day),
        later(insert, khanza, "nota_jalan", **nota),
        later(update, khanza, "reg_periksa", {"no_rawat": no_rawat}, status_bayar="Sudah Bayar"),
    )


def undo_payment(khanza: Hospital, no_rawat: str) -> Operation[None]:
    """Take a bill back."""
    yield delete(khanza, "nota_jalan", no_rawat=no_rawat)


def admit(khanza: Hospital, no_rawat: str, *, at: datetime) -> Operation[None]:
    """Give the patient a room: from then on the visit is an inpatient's; stts stays as it is."""
    day, clock = day_and_time(at)
    room = {"no_rawat": no_rawat, "kd_kamar": "K01", "tgl_masuk": day, "jam_masuk": clock}
    yield insert(khanza, ROOMS, **room)
    yield _continued(khanza, no_rawat, status_lanjut="Ranap")


def delete_room(khanza: Hospital, no_rawat: str, at: datetime) -> Operation[None]:
    """Delete a room; with the last one the visit is an outpatient's again, and 'Sudah'."""
    day, clock = day_and_time(at)
    yield delete(khanza, ROOMS, no_rawat=no_rawat, tgl_masuk=day, jam_masuk=clock)
    if not has(khanza, ROOMS, no_rawat=no_rawat):
        yield _continued(khanza, no_rawat, status_lanjut="Ralan")
        yield _continued(khanza, no_rawat, stts="Sudah")


def _continued(khanza: Hospital, no_rawat: str, **columns: str) -> str:
    return update(khanza, "reg_periksa", {"no_rawat": no_rawat}, **columns)
