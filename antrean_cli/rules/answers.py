"""What BPJS answers: an answer as it came, and the table that says what it means.

- The truth is metadata.code; a text never makes a success, and an unknown one is never a success.
- Texts are second-hand: they are matched with case and runs of spaces folded.
- Code 201 with a text that nobody knows is for a person; any other unknown code is tried again.
- An exchange that brought no envelope is a fault, and no answer (faults.py); but a 401 or 403
  without one is taken as its code.
- Each row is an answer that bpjs/README.md, Answers lists; BPJS's own words stand beside it.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from antrean_cli.rules.causes import Cause, Trouble, trouble
from antrean_cli.rules.codes import ALREADY_THERE, TASKS, CallName, OutcomeKind, Step
from antrean_cli.rules.faults import Fault
from antrean_cli.rules.reasons import ReasonCode
from antrean_cli.rules.unaccepted import why_unaccepted

FAULT = "fault"  # no outcome: what an exchange without an answer is counted as beside them


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What BPJS answered: its code as text, its message fit to be shown, and its rows.

    `said` is the message as it came, for `judge` alone: it can name the patient, and what is hidden
    of a name can be a word that an answer is known by. `response` holds the rows of a list,
    decrypted and parsed. `retry_after` is in seconds, `ahead` how far this computer's clock is
    ahead of BPJS's, if that told the time. `bare`: no envelope came, but HTTP's 401 or
    403, by whoever guards BPJS.
    """

    code: str
    message: str
    said: str = field(default="", repr=False)
    response: Sequence[Any] = ()
    retry_after: float | None = None
    ahead: timedelta | None = None
    bare: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What a reply means: its kind, BPJS's code and text, and what a kind has besides.

    `named` is the step that has to go first (PREREQUISITE), `refusal` why it was refused
    (REJECTED), `why` the trouble of who we are to BPJS (AUTH_FAILED), `retry_after` the seconds
    that BPJS wants to be left alone, `origin` where in Khanza a value came from that an add was
    refused for (origins.py), empty if that is not known.
    """

    kind: OutcomeKind
    code: str
    text: str
    named: Step | None = None
    refusal: ReasonCode | None = None
    why: Trouble | None = None
    retry_after: float | None = None
    origin: str = ""


ANY = ""  # of a row: whatever the call, or the code
OVERLOADED = "503"  # a refusal of the pace only where a Retry-After comes with it
# Which step a text names that has to go first: a number in it, or the one before that just sent.
GROUP, BEFORE = "group", "before"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One row of the table of answers.

    `text` is searched for in the folded message. `named` tells which step a PREREQUISITE names:
    GROUP, BEFORE, or that very step. `steps` are those that it is an answer to, all if empty.
    """

    calls: Collection[CallName] = ()
    steps: Collection[Step] = ()
    code: str = ANY
    text: str = ""
    kind: OutcomeKind
    named: str = ""
    refusal: ReasonCode | None = None

    def fits(self, call: str, step: str, reply: Reply) -> bool:
        """Return whether a reply to a call is one of these, as far as call, step and code tell."""
        asked = (not self.calls or call in self.calls) and (not self.steps or step in self.steps)
        return asked and self.code in (ANY, reply.code)


_UPDATE = (CallName.UPDATE,)
_REFERENCES = (CallName.POLI, CallName.DOKTER, CallName.POLI_FP, CallName.PASIEN_FP)
_LISTS = (
    *(CallName.LISTTASK, CallName.PER_TANGGAL, CallName.PER_KODEBOOKING, CallName.AKTIF),
    *(CallName.BELUM_DILAYANI, CallName.POLI_FP, CallName.PASIEN_FP),
)
_DASHBOARD = (CallName.WAKTU_TANGGAL, CallName.WAKTU_BULAN)
_OF_ONE_BOOKING = (CallName.UPDATE, CallName.LISTTASK, CallName.PER_KODEBOOKING)

# Read from above: the first row that fits counts.
ANSWERS = (
    Answer(code="200", kind=OutcomeKind.DONE),
    # "TaskId=N sudah ada", "Terdapat duplikasi Kode Booking": nothing is overwritten
    Answer(code=ALREADY_THERE, kind=OutcomeKind.ALREADY),
    Answer(calls=_REFERENCES, code="1", kind=OutcomeKind.DONE),
    # There is none.
    Answer(calls=(*_LISTS, *_DASHBOARD), code="204", kind=OutcomeKind.DONE),
    # antrean farmasi: "… sudah ada"
    Answer(calls=(CallName.FARMASI,), code="201", text=r"sudah ada", kind=OutcomeKind.ALREADY),
    # A gateway's limit: "Too Many Requests"
    Answer(code="429", kind=OutcomeKind.THROTTLED),
    # "Undefined Error."
    Answer(code="201", text=r"undefined error", kind=OutcomeKind.RETRY),
    # There is none.
    Answer(calls=(CallName.JADWAL,), code="201", kind=OutcomeKind.DONE),
    Answer(code="401", kind=OutcomeKind.AUTH_FAILED),
    Answer(code="403", kind=OutcomeKind.AUTH_FAILED),
    Answer(text=r"unauthorized|signature|consumer id", kind=OutcomeKind.AUTH_FAILED),
    # "Data tidak ditemukan": a day or a month without antrean
    Answer(calls=_DASHBOARD, code="201", kind=OutcomeKind.DONE),
    # "TaskId terakhir 99": it is cancelled at BPJS. Any other number: a later task is there.
    Answer(
        calls=_UPDATE,
        code="201",
        text=r"taskid terakhir 99\b",
        kind=OutcomeKind.BOOKING_CANCELLED,
    ),
    Answer(calls=_UPDATE, code="201", text=r"taskid terakhir \d", kind=OutcomeKind.SUPERSEDED),
    # 99 "Waktu (…) tidak boleh kurang …", "Waktu tidak valid (…)": is the visit through by now?
    Answer(
        calls=_UPDATE,
        steps=(Step.TASK_99,),
        code="201",
        text=r"waktu.* tidak (boleh kurang|valid)|lebih besar dari ?pada taskid=99",
        kind=OutcomeKind.SUPERSEDED,
    ),
    # "TaskId=3 belum ada" names the one that is missing …
    Answer(
        calls=_UPDATE,
        code="201",
        text=r"taskid=(\d+) belum ada",
        kind=OutcomeKind.PREREQUISITE,
        named=GROUP,
    ),
    # … "TaskId=4 tidak valid / TaskId sebelumnya belum terkirim" the one just sent.
    Answer(
        calls=_UPDATE,
        code="201",
        text=r"taskid=\d+ tidak valid|taskid sebelumnya belum terkirim",
        kind=OutcomeKind.PREREQUISITE,
        named=BEFORE,
    ),
    # "Kode Booking tidak ditemukan": the add goes first.
    Answer(
        calls=_OF_ONE_BOOKING,
        code="201",
        text=r"kode ?booking tidak ditemukan",
        kind=OutcomeKind.PREREQUISITE,
        named=Step.ADD,
    ),
    # The same of a cancel: there is nothing to be cancelled.
    Answer(
        calls=(CallName.BATAL,),
        code="201",
        text=r"kode ?booking tidak ditemukan",
        kind=OutcomeKind.REJECTED,
        refusal=ReasonCode.REFUSED_UNKNOWN,
    ),
    # "… sudah terbit SEP …": nobody can mend it.
    Answer(calls=(CallName.ADD,), code="201", text=r"sudah terbit sep", kind=OutcomeKind.SEP_FIRST),
    # "Rujukan tidak valid", "Rujukan untuk tanggal … tidak valid / masa berlaku habis",
    # "data nomorreferensi  belum sesuai.": the other number of the SEP may be the right one.
    Answer(
        calls=(CallName.ADD,),
        code="201",
        text=r"rujukan .*tidak valid|nomorreferensi",
        kind=OutcomeKind.REJECTED,
        refusal=ReasonCode.REFUSED_REFERENCE,
    ),
    # "Data dokter tidak ditemukan.": HFIS or the mapping.
    Answer(
        code="201",
        text=r"dokter",
        kind=OutcomeKind.REJECTED,
        refusal=ReasonCode.REFUSED_DOCTOR,
    ),
    # "data nik  belum sesuai.", "Waktu (…) tidak boleh kurang atau sama
    # dengan waktu sebelumnya", "Gagal. Tanggal kirim TaskId maksimal H+7 dari tanggal pelayanan.",
    # and whatever nobody knows.
    Answer(code="201", kind=OutcomeKind.REJECTED, refusal=ReasonCode.REFUSED),
    # 404 "Gagal dicoba kembali (BPJS Kesehatan)", and whatever nobody knows.
    Answer(kind=OutcomeKind.RETRY),
)


def judge(call: str, step: str, reply: Reply) -> Outcome:
    """Return what a reply means.

    `call` is a CallName, `step` what it sends (empty for a call that reads).
    """
    folded = " ".join((reply.said or reply.message).lower().split())
    for answer in ANSWERS:
        found = re.search(answer.text, folded) if answer.fits(call, step, reply) else None
        if found is None:
            continue
        named, kind = _named(answer, found, step), answer.kind
        if kind == OutcomeKind.RETRY and reply.code == OVERLOADED and reply.retry_after is not None:
            kind = OutcomeKind.THROTTLED
        if answer.kind == OutcomeKind.PREREQUISITE and not named:
            continue  # it names none that could go first
        return Outcome(
            kind=kind,
            code=reply.code,
            text=reply.message,
            named=named,
            refusal=answer.refusal,
            why=_unaccepted(folded, reply) if answer.kind == OutcomeKind.AUTH_FAILED else None,
            retry_after=reply.retry_after,
        )
    raise AssertionError("the last row of ANSWERS fits everything")


def throttled(fault: Fault) -> Outcome:
    """Return the outcome that a gateway's refusal without an envelope is."""
    return Outcome(
        kind=OutcomeKind.THROTTLED,
        code=str(fault.status or ""),
        text=f"HTTP {fault.status}",
        retry_after=fault.retry_after,
    )


def turned_away(outcome: Outcome) -> Fault:
    """Return the fault that a 401 or 403 without an envelope is, as far as it is of one push."""
    page = outcome.why is not None and outcome.why.cause is Cause.BLOCKED
    return Fault(cause=Cause.WEB_PAGE if page else Cause.NO_ENVELOPE, status=int(outcome.code))


def put_off_by(outcome: Outcome) -> Trouble:
    """Return the trouble that BPJS wants everything repeated later."""
    return trouble(Cause.PUT_OFF, said=f"{outcome.text} (kode {outcome.code})")


def with_code(text: str, code: str) -> str:
    """Return BPJS's own words as people are told them, with its code (Indonesian)."""
    return f"{text.strip() or 'tanpa keterangan'} (kode {code})"


def _unaccepted(folded: str, reply: Reply) -> Trouble:
    return why_unaccepted(folded, with_code(reply.message, reply.code), reply.ahead)


def _named(answer: Answer, found: "re.Match[str]", step: str) -> Step | None:
    """Return the step that has to go first, None if none is named or it cannot be one."""
    if answer.named not in (GROUP, BEFORE):
        return Step(answer.named) if answer.named else None
    named = int(found.group(1)) if answer.named == GROUP else int(step) - 1
    return Step(str(named)) if 1 <= named <= TASKS[-1] and str(named) != step else None
