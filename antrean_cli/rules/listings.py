"""BPJS's lists as they are read: rows of getlisttask, of antrean per tanggal, and of the
references.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

_ZONES = {
    name: timezone(timedelta(hours=hours), name)
    for name, hours in (("WIB", 7), ("WITA", 8), ("WIT", 9))
}


class Task(NamedTuple):
    """One row of getlisttask:

    `wakturs` is what the hospital sent, `waktu` when BPJS stored it (BPJS's own text).
    """

    taskid: int
    wakturs: str
    waktu: str
    taskname: str


class Antrean(NamedTuple):
    """One booking that BPJS holds, from antrean per tanggal; the patient's numbers are never kept
    or shown.
    """

    kodebooking: str
    tanggal: str
    kodepoli: str
    kodedokter: str
    nik: str
    nomorkartu: str
    norm: str
    sumberdata: str
    status: str

    @property
    def cancelled(self) -> bool:
        """Whether BPJS holds it as cancelled."""
        return self.status.strip().lower() == "batal"


class Poli(NamedTuple):
    """One clinic as BPJS names it, with its subspeciality."""

    kode: str
    nama: str
    kode_sub: str
    nama_sub: str


class Dokter(NamedTuple):
    """One doctor as BPJS names them."""

    kode: str
    nama: str


class Praktek(NamedTuple):
    """One session of HFIS: a doctor's hours in one clinic on one day, as `HH:MM-HH:MM`, and how
    many patients.
    """

    kodedokter: str
    namadokter: str
    jampraktek: str
    kapasitas: str
    libur: bool


def kodedokter_of(text: str | None) -> str:
    """Return a doctor's code in the form in which codes are compared: a whole number, `012345` as
    `12345`.

    What is no whole number was typed in by hand, and stays as it is.
    """
    code = (text or "").strip()
    return str(int(code)) if re.fullmatch(r"[0-9]{1,18}", code) else code


def tasks_held(rows: Sequence[Task]) -> dict[str, datetime | None]:
    """Return the steps that getlisttask shows with the time of each; of a task shown twice, the
    later time.
    """
    held: dict[str, datetime | None] = {}
    for row in rows:
        step, waktu = str(row.taskid), wakturs_of(row.wakturs)
        known = held.get(step)
        held[step] = max(known, waktu) if known and waktu else waktu or known
    return held


def wakturs_of(text: str) -> datetime | None:
    """Return BPJS's `16-03-2021 11:32:49 WIB` as an aware datetime of this century, or None if it
    is no such text.
    """
    clock, _, zone = text.strip().rpartition(" ")
    try:
        waktu = datetime.strptime(clock, "%d-%m-%Y %H:%M:%S").replace(tzinfo=_ZONES[zone])
    except (ValueError, KeyError):
        return None
    return waktu if 2000 <= waktu.year < 2100 else None
