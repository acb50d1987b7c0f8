"""Single calls by hand, through the same client as the pass, and noted in the ledger so that `sync` knows of them.

- The ledger is opened and written to first: if it cannot be written, nothing is sent.
- Only what BPJS says it has is noted; 208 ("sudah ada") counts as done.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from antrean_cli.asking import raise_unless_done
from antrean_cli.bpjs import Client
from antrean_cli.config import Settings
from antrean_cli.errors import TemporaryError
from antrean_cli.ledger import Ledger
from antrean_cli.rules.chain import ALREADY, CANCELLED, MANUAL, ORDERED, SENT, Push, Record, arrange, there
from antrean_cli.rules.outcomes import DONE, THERE, Fault, Outcome, Reply, call_of, judge, with_settled_add
from antrean_cli.rules.visits import Policy


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
        touch(ledger, now)
        answer = Client(settings.bpjs).call(call_of(step), body, hide=hide)
        outcome = taken(kodebooking, step, answer)
        with ledger.transaction():
            note(ledger, settings.policy, kodebooking, step, outcome, tanggal=tanggal, waktu=waktu, now=now)
    return Sent(already=outcome.kind == THERE, code=outcome.code, message=outcome.text)


def touch(ledger: Ledger, now: datetime) -> None:
    """Write to the ledger, so that one that cannot be written is known before anything is sent."""
    with ledger.transaction():
        ledger.remember(touched_at=now)


def taken(kodebooking: str, step: str, answer: Reply | Fault) -> Outcome:
    """Return what a call has come to that BPJS took, now or before.

    Raises CredentialsError, TemporaryError or RefusedError for any other.
    """
    if isinstance(answer, Fault):
        doubt = f"; belum pasti diterima, periksa: antrean listtask '{kodebooking}'" if answer.reached else ""
        raise TemporaryError(f"{answer.text}{doubt}")
    outcome = judge(call_of(step), step, answer)
    raise_unless_done(outcome)
    return outcome


def note(
    ledger: Ledger,
    policy: Policy,
    kodebooking: str,
    step: str,
    outcome: Outcome,
    *,
    tanggal: date,
    waktu: datetime | None,
    now: datetime,
) -> None:
    """Keep in the ledger that BPJS has a push, so that `sync` does not send it again; inside `transaction`."""
    # As the ledger knows it now: a pass may have gone on while the call was on its way.
    before = ledger.record(kodebooking)
    record = before or Record(kodebooking=kodebooking, kind="manual", tanggal=tanggal)
    # Not settled any more: what follows from it is for the next pass to see.
    after = with_settled_add(replace(record, settled="").having(_noted(record, step, outcome, waktu)))
    after = after.closing(CANCELLED) if after.ended else arrange(after, policy)
    ledger.save(before, after, now)


def _noted(record: Record, step: str, outcome: Outcome, waktu: datetime | None) -> Push:
    """Return the push as the ledger shall know it."""
    if outcome.kind == DONE:
        return Push(step=step, state=SENT, waktu=waktu, source=MANUAL)
    # 208: "nothing is overwritten", so the time that BPJS holds is not the one just typed; the next pass asks.
    known = record.push(step) or Push(step=step, state=ALREADY, source=MANUAL)
    return there(known, ask=step in ORDERED)
