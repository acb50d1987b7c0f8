"""What BPJS answers: its calls, an answer as it came, and the table that says what it means.

- The truth is metadata.code; a text never makes a success, and an unknown one is never a success.
- Texts are second-hand: they are matched with case and runs of spaces folded.
- "Code 201 with a text nobody knows: person. Any other unknown code: again."
- An exchange that brought no envelope is a fault, and no answer.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from antrean_cli.rules.chain import ADD, BATAL, FARMASI
from antrean_cli.rules.sources import TASKS

UPDATE, LISTTASK = "updatewaktu", "getlisttask"
# The calls that only read, besides getlisttask.
POLI, DOKTER, JADWAL = "ref_poli", "ref_dokter", "jadwaldokter"
PER_TANGGAL, PER_KODEBOOKING = "per_tanggal", "per_kodebooking"
# Kinds of outcome: it is there; try later; something else goes first; refused until a person mends
# data; every further call would fail too.
DONE, AGAIN, FIRST, PERSON, STOP = "done", "again", "first", "person", "stop"
THERE, LATER, ENDED, SEP_FIRST = "already", "later", "ended", "sep"
FAULT = "fault"  # no outcome: what an exchange without an answer is counted as beside them
REFUSAL = "201"  # the code of what is refused; its text tells for how long


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """An envelope that BPJS sent: its code as text, its message, `response` decrypted and parsed
    into rows.

    `retry_after` is in seconds, `date` the time of BPJS's own clock (aware), if it said so.
    """

    code: str
    message: str
    response: Sequence[Any] = ()
    retry_after: float | None = None
    date: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What a reply means; `named` is the step that has to go first (kind FIRST)."""

    kind: str
    code: str
    text: str
    named: str = ""
    retry_after: float | None = None


@dataclass(frozen=True)
class Answer:
    """One row of the table of answers that were seen: a text of some calls, its class, and which
    step it names.
    """

    call: str
    code: str
    text: str
    kind: str
    named: str = ""


# Read from above; "named" is a group of the text, "before" for the step before the one just sent,
# or a step.
ANSWERS = (
    Answer("*", "200", "", DONE),
    Answer(
        "*", "208", "", THERE
    ),  # "TaskId=N sudah ada", "Terdapat duplikasi Kode Booking": nothing is overwritten
    Answer(f"{POLI}|{DOKTER}", "1", "", DONE),
    Answer(f"{LISTTASK}|{PER_TANGGAL}|{PER_KODEBOOKING}", "204", "", DONE),  # there is none
    Answer("*", "201", r"undefined error", AGAIN),  # "Undefined Error."
    Answer(JADWAL, "201", "", DONE),  # there is none
    Answer("*", "401|403", "", STOP),
    Answer("*", "*", r"unauthorized|signature|consumer id", STOP),
    # "TaskId terakhir 99": it is cancelled at BPJS; any other number: a later task is there already
    Answer(UPDATE, "201", r"taskid terakhir 99\b", ENDED),
    Answer(UPDATE, "201", r"taskid terakhir \d", LATER),
    # "TaskId=3 belum ada" names the one that is missing, "TaskId=4 tidak valid / TaskId sebelumnya
    # belum terkirim" the one just sent
    Answer(UPDATE, "201", r"taskid=(\d+) belum ada", FIRST, "group"),
    Answer(
        UPDATE, "201", r"taskid=\d+ tidak valid|taskid sebelumnya belum terkirim", FIRST, "before"
    ),
    # "Kode Booking tidak ditemukan": the add goes first
    Answer(
        f"{UPDATE}|{LISTTASK}|{PER_KODEBOOKING}",
        "201",
        r"kode ?booking tidak ditemukan",
        FIRST,
        ADD,
    ),
    Answer(
        ADD, "201", r"sudah terbit sep", SEP_FIRST
    ),  # "… sudah terbit SEP …": nobody can mend it
    # "Rujukan tidak valid", "data nik  belum sesuai.", "Waktu (…) tidak boleh kurang atau sama
    # dengan waktu sebelumnya", "Gagal. Tanggal kirim TaskId maksimal H+7 dari tanggal pelayanan.",
    # and whatever nobody knows
    Answer("*", "201", "", PERSON),
    Answer(
        "*", "*", "", AGAIN
    ),  # 404 "Gagal dicoba kembali (BPJS Kesehatan)", and whatever nobody knows
)


def judge(call: str, step: str, reply: Reply) -> Outcome:
    """Return what a reply means; `call` is the name of a call, `step` what it sends (empty for one
    that reads).
    """
    folded = " ".join(reply.message.lower().split())
    for answer in ANSWERS:
        if _fits(answer.call, call) and _fits(answer.code, reply.code):
            found = re.search(answer.text, folded)
            if found and (answer.kind != FIRST or _named(answer, found, step)):
                named = _named(answer, found, step) if answer.kind == FIRST else ""
                return Outcome(
                    kind=answer.kind,
                    code=reply.code,
                    text=reply.message,
                    named=named,
                    retry_after=reply.retry_after,
                )
    raise AssertionError("the last row of ANSWERS fits everything")


def _fits(pattern: str, value: str) -> bool:
    return pattern == "*" or value in pattern.split("|")


def _named(answer: Answer, found: "re.Match[str]", step: str) -> str:
    """Return the step that has to go first, empty if that cannot be one."""
    if answer.named == ADD:
        return ADD
    named = (
        int(found.group(1)) if answer.named == "group" else int(step) - 1 if step.isdigit() else 0
    )
    return str(named) if 1 <= named <= TASKS[-1] and str(named) != step else ""


def call_of(step: str) -> str:
    """Return the name of the call that sends a step."""
    return step if step in (ADD, BATAL, FARMASI) else UPDATE
