"""The bodies that BPJS takes, but for the add's (bpjs/README.md, Other bodies; add_body.py).

- BPJS's names of request fields stand here and in the rooms of the add, and nowhere else.
- Times are aware datetimes up to here; in a body they are epoch milliseconds.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from antrean_cli.rules.rows import Resep
from antrean_cli.rules.times import milliseconds

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
