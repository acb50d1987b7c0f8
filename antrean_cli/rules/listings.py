"""BPJS's lists as they are read: rows of getlisttask, antrean per tanggal, and the references.

What each column means is said in bpjs/README.md, Lists; which key of BPJS's it is, in
bpjs/replies.py.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from antrean_cli.rules.times import parse_wakturs


class Task(NamedTuple):
    """One row of getlisttask.

    `wakturs` is the time that the hospital sent, `waktu` when BPJS stored it, both as BPJS's own
    text (times.parse_wakturs).
    """

    taskid: int
    wakturs: str
    waktu: str
    taskname: str


class Antrean(NamedTuple):
    """One booking that BPJS holds, from antrean per tanggal and the like.

    The patient's numbers are compared, and never kept; people are shown the record number alone.
    `jampraktek` is `HH:MM-HH:MM`, `noantrean` the number on the ticket, `sumberdata` who told it.
    """

    kodebooking: str
    tanggal: str
    kodepoli: str
    kodedokter: str
    nik: str
    nomorkartu: str
    norm: str
    status: str
    jampraktek: str = ""
    noantrean: str = ""
    sumberdata: str = ""

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
    """One session of HFIS: a doctor's hours (`HH:MM-HH:MM`) in one clinic on one day.

    `kapasitas` is how many patients it takes, `libur` whether it is off that day.
    """

    kodedokter: str
    namadokter: str
    jampraktek: str
    kapasitas: str
    libur: bool


class SidikJari(NamedTuple):
    """Whether a patient's finger print is registered."""

    terdaftar: bool


DASHBOARD_TASKS = (1, 2, 3, 4, 5, 6)  # each up to the next task


class WaktuTunggu(NamedTuple):
    """One row of the dashboard: the antrean of a clinic of BPJS's, and how long their steps took.

    - `tanggal` is the day (`yyyy-mm-dd`); a row of a month may have something else there.
    - `seconds` are summed and `means` averaged from each of DASHBOARD_TASKS to the next task.
    - `inserted` is when BPJS took the figures (epoch ms), None if it does not say.
    """

    kodepoli: str
    namapoli: str
    tanggal: str
    antrean: int
    seconds: tuple[float, ...]
    means: tuple[float, ...]
    inserted: int | None


@lru_cache(maxsize=1024)  # asked for each visit of a pass
def kodedokter_of(text: str | None) -> str:
    """Return a doctor's code in the form in which codes are compared: `012345` is `12345`.

    What is no whole number was typed in by hand, and stays as it is.
    """
    code = (text or "").strip()
    return str(int(code)) if re.fullmatch(r"[0-9]{1,18}", code) else code


def tasks_held(rows: Sequence[Task]) -> dict[str, datetime | None]:
    """Return the steps that getlisttask shows ("1" … "7", "99") with the time of each.

    The time is aware, None where BPJS's text is none; of a task shown twice it is the later one.
    """
    held: dict[str, datetime | None] = {}
    for row in rows:
        step, waktu = str(row.taskid), parse_wakturs(row.wakturs)
        known = held.get(step)
        held[step] = max(known, waktu) if known and waktu else waktu or known
    return held
