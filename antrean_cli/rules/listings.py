"""BPJS's lists as they are read: rows of getlisttask, of antrean per tanggal, and of the references."""

import re
from typing import NamedTuple


class Task(NamedTuple):
    """One row of getlisttask: `wakturs` is what the hospital sent, `waktu` when BPJS stored it (BPJS's own text)."""

    taskid: int
    wakturs: str
    waktu: str
    taskname: str


class Antrean(NamedTuple):
    """One booking that BPJS holds, from antrean per tanggal; the patient's numbers are never kept or shown."""

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
    """One session of HFIS: a doctor's hours in one clinic on one day, as `HH:MM-HH:MM`, and how many patients."""

    kodedokter: str
    namadokter: str
    jampraktek: str
    kapasitas: str
    libur: bool


def kodedokter_of(text: str | None) -> str:
    """Return a doctor's code in the form in which codes are compared: a whole number, `012345` as `12345`.

    What is no whole number was typed in by hand, and stays as it is.
    """
    code = (text or "").strip()
    return str(int(code)) if re.fullmatch(r"[0-9]{1,18}", code) else code
