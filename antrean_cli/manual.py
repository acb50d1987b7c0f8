"""Single calls by hand, through the same client as the pass, and noted in the ledger so that `sync` knows of them.

- The ledger is opened and written to first: if it cannot be written, nothing is sent.
- Only what BPJS says it has is noted; 208 ("sudah ada") counts as done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from antrean_cli.bpjs import Client
from antrean_cli.config import Settings
from antrean_cli.errors import CredentialsError, RefusedError, TemporaryError
from antrean_cli.ledger import Ledger
from antrean_cli.rules.chain import ABSENT, ADD, ALREADY, CANCELLED, MANUAL, SENT, Push, Record, arrange, changes
from antrean_cli.rules.outcomes import (
    AGAIN,
    DONE,
    FIRST,
    LISTTASK,
    STOP,
    THERE,
    Fault,
    Outcome,
    Reply,
    Task,
    call_of,
    judge,
    wakturs_of,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """What BPJS has now, by its own word; `already` if it had it before (208)."""

    already: bool
    code: str
    message: str


def send(
    settings: Settings,
    step: str,
    body: Mapping[str, Any],
    *,
    tanggal: date,
    waktu: datetime | None = None,
    now: datetime,
    hide: str = "",
) -> Sent:
    """POST one push and note it in the ledger; `step` is "add", a taskid or "batal", `hide` the patient's name.

    Raises StateError before anything is sent, and CredentialsError, TemporaryError or RefusedError for what BPJS said.
    """
    kodebooking = str(body["kodebooking"])
    with Ledger.open(settings.state, settings.policy.zone) as ledger:
        with ledger.transaction():
            ledger.remember(touched_at=now)
        answer = Client(settings.bpjs).call(call_of(step), body, hide=hide)
        if isinstance(answer, Fault):
            doubt = f"; belum pasti diterima, periksa: antrean listtask '{kodebooking}'" if answer.reached else ""
            raise TemporaryError(f"{answer.text}{doubt}")
        outcome = judge(call_of(step), step, answer)
        _raise_unless_done(outcome)
        with ledger.transaction():
            before = ledger.record(kodebooking)
            record = before or Record(kodebooking=kodebooking, kind="manual", tanggal=tanggal)
            after = record.having(_noted(record, step, outcome, waktu))
            after = after.closing(CANCELLED) if after.ended else arrange(after, settings.policy)
            ledger.save(after, changes(before, after), now)
    return Sent(already=outcome.kind == THERE, code=outcome.code, message=outcome.text)


def _noted(record: Record, step: str, outcome: Outcome, waktu: datetime | None) -> Push:
    """Return the push as the ledger shall know it."""
    if outcome.kind == DONE:
        return Push(step=step, state=SENT, waktu=waktu, source=MANUAL)
    # 208: "nothing is overwritten", so the time that BPJS holds is not the one just typed; the next pass asks.
    known = record.push(step) or Push(step=step, state=ALREADY, source=MANUAL)
    return replace(known, state=ALREADY, reason=None, needs="", next_try=None, ask=step.isdigit() and step != ABSENT)


def tasks(settings: Settings, body: Mapping[str, Any]) -> list[Task]:
    """Return what BPJS holds of a booking, sorted by taskid and time; needs no ledger.

    Raises CredentialsError, TemporaryError or RefusedError.
    """
    answer = Client(settings.bpjs).call(LISTTASK, body)
    if isinstance(answer, Fault):
        raise TemporaryError(answer.text)
    if answer.code == "204":
        return []
    outcome = judge(LISTTASK, "", answer)
    _raise_unless_done(outcome)
    if outcome.kind != DONE:
        raise RefusedError(f"BPJS menjawab daftar task dengan kode {outcome.code}")
    return sorted(_rows(answer), key=_by_taskid_and_time)


def _rows(answer: Reply) -> Sequence[Task]:
    return answer.response if isinstance(answer.response, list) else []


def _by_taskid_and_time(task: Task) -> tuple[int, float, str]:
    waktu = wakturs_of(task.wakturs)
    return task.taskid, waktu.timestamp() if waktu else 0.0, task.wakturs


def _raise_unless_done(outcome: Outcome) -> None:
    said = f"{outcome.text.strip() or 'tanpa keterangan'} (kode {outcome.code})"
    if outcome.kind == STOP:
        raise CredentialsError(
            f"BPJS tidak menerima kredensial, tanda tangan, atau jam server: {said}; periksa BPJS_CONS_ID, "
            "BPJS_SECRET_KEY, BPJS_USER_KEY, dan jam komputer ini"
        )
    if outcome.kind == AGAIN:
        raise TemporaryError(f"BPJS meminta dicoba lagi: {said}")
    if outcome.kind == FIRST:
        first = "kirim antreannya dulu (antrean add)" if outcome.named == ADD else f"kirim task {outcome.named} dulu"
        raise RefusedError(f"BPJS menolak: {said}; {first}")
    if outcome.kind not in (DONE, THERE):
        raise RefusedError(f"BPJS menolak: {said}")
