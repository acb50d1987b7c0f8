"""Prescriptions: written, validated, handed over."""

from __future__ import annotations

from datetime import datetime

from antrean_cli.simulator.hospital import Hospital
from tests.support.hands.statements import (
    NO_DATE,
    NO_TIME,
    Operation,
    Statement,
    day_and_time,
    delete,
    execute,
    insert,
    later,
    together,
    update,
)

RESEPS, DETAILS = "resep_obat", "resep_dokter"


def next_no_resep(khanza: Hospital, at: datetime) -> str:
    """Return the number of a day's next prescription: yyyymmdd and four digits."""
    day = f"{at:%Y%m%d}"
    found = execute(khanza, f"SELECT MAX(no_resep) FROM {RESEPS} WHERE LEFT(no_resep, 8) = {day}")
    return f"{day}{int(found[0][-4:]) + 1 if found[0] else 1:04}"


def prescribe(
    khanza: Hospital, no_rawat: str, *, at: datetime, kd_dokter: str = "D01"
) -> Operation[str]:
    """Prescribe electronically; return no_resep."""
    no_resep = next_no_resep(khanza, at)
    yield together(khanza, *prescribed(khanza, no_rawat, no_resep, at, kd_dokter))
    return no_resep


def prescribed(
    khanza: Hospital, no_rawat: str, no_resep: str, at: datetime, kd_dokter: str
) -> tuple[Statement, ...]:
    """Return what an electronic prescription is made of, for a transaction."""
    day, clock = day_and_time(at)
    row = {"no_resep": no_resep, "no_rawat": no_rawat, "kd_dokter": kd_dokter, "status": "ralan"}
    return (
        later(
            insert,
            khanza,
            RESEPS,
            **row,
            tgl_peresepan=day,
            jam_peresepan=clock,
            tgl_perawatan=NO_DATE,
            jam=NO_TIME,
            tgl_penyerahan=NO_DATE,
            jam_penyerahan=NO_TIME,
        ),
        later(insert, khanza, DETAILS, no_resep=no_resep, kode_brng="B0001", jml=10),
    )


def change(khanza: Hospital, no_resep: str) -> Operation[None]:
    """Change a prescription: what is in it is replaced, its times stay."""
    yield together(
        khanza,
        later(delete, khanza, DETAILS, no_resep=no_resep),
        later(insert, khanza, DETAILS, no_resep=no_resep, kode_brng="B0002", jml=20),
    )


def prescribe_at_pharmacy(khanza: Hospital, no_rawat: str, *, at: datetime) -> Operation[str]:
    """Let the pharmacy write a prescription: it is validated, and was never prescribed."""
    day, clock = day_and_time(at)
    no_resep = next_no_resep(khanza, at)
    yield insert(
        khanza,
        RESEPS,
        no_resep=no_resep,
        no_rawat=no_rawat,
        kd_dokter="D01",
        status="ralan",
        tgl_peresepan=NO_DATE,
        jam_peresepan=NO_TIME,
        tgl_perawatan=day,
        jam=clock,
        tgl_penyerahan=NO_DATE,
        jam_penyerahan=NO_TIME,
    )
    return no_resep


def validate(khanza: Hospital, no_resep: str, *, at: datetime) -> Operation[None]:
    """Validate a prescription: the drugs are taken from the store."""
    day, clock = day_and_time(at)
    no_rawat = khanza.value(RESEPS, "no_rawat", no_resep=no_resep)
    drug = {"tgl_perawatan": day, "jam": clock, "no_rawat": no_rawat, "kode_brng": "B0001"}
    yield together(
        khanza,
        later(insert, khanza, "detail_pemberian_obat", **drug),
        later(update, khanza, RESEPS, {"no_resep": no_resep}, tgl_perawatan=day, jam=clock),
    )


def take_drugs_back(khanza: Hospital, no_rawat: str) -> Operation[None]:
    """Delete the drugs of a visit: its prescriptions stay validated."""
    yield delete(khanza, "detail_pemberian_obat", no_rawat=no_rawat)


def remove(khanza: Hospital, no_resep: str) -> Operation[None]:
    """Delete a prescription."""
    yield delete(khanza, RESEPS, no_resep=no_resep)


def hand_over(khanza: Hospital, no_resep: str, *, now: datetime) -> Operation[None]:
    """Hand the drugs over and photograph it; doing so again moves the time."""
    day, clock = day_and_time(now)
    no_rawat = khanza.value(RESEPS, "no_rawat", no_resep=no_resep)
    execute(khanza, "DELETE FROM antriapotek3")
    yield "DELETE antriapotek3"
    yield insert(khanza, "antriapotek3", no_resep=no_resep, status="1", no_rawat=no_rawat)
    yield delete(khanza, "bukti_penyerahan_resep_obat", no_resep=no_resep)
    where = {"no_resep": no_resep}
    yield insert(khanza, "bukti_penyerahan_resep_obat", no_resep=no_resep, photo="foto.jpeg")
    yield update(khanza, RESEPS, where, tgl_penyerahan=day, jam_penyerahan=clock)
