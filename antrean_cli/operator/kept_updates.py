"""Updates by hand that are kept in the ledger, for a pass to send in their order.

- Kept is a task from 1 to 7 of a booking that BPJS does not know yet, and, where a person wants it
  so (`--queue`), of any. What stands behind one that is kept is kept as well.
- A 99 is never kept: what BPJS does not know needs no cancel.
- Nothing is kept of a booking that is cancelled or given up, or after H+7.
"""

import random
from dataclasses import replace
from datetime import datetime

from antrean_cli.config.settings import Settings
from antrean_cli.errors import RefusedError, TemporaryError
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.operator.lookups import raise_unless_done
from antrean_cli.operator.manual import (
    CallOutcome,
    ManualCall,
    Settled,
    ask,
    new_record,
    refuse_handed_on,
    require_usable,
    settle,
)
from antrean_cli.operator.which_booking import refuse_mobile_jkn
from antrean_cli.rules.answers import Outcome
from antrean_cli.rules.codes import OutcomeKind, State, Step
from antrean_cli.rules.kept import waits_behind_kept, with_kept
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import MANUAL, ORDERED
from antrean_cli.rules.transitions import new


def send_or_keep(settings: Settings, call: ManualCall, now: datetime) -> Settled:
    """Tell BPJS the time of a task, or keep it where BPJS does not know the booking yet.

    Returns what came of it. Raises StateError and InputError before anything is sent, and
    CredentialsError, TemporaryError or RefusedError for what BPJS said.
    """
    policy = settings.policy
    with Ledger.open(settings.state, policy.zone) as ledger:
        known = require_usable(ledger, [call.kodebooking], now)
        refuse_handed_on(ledger, [call.kodebooking])
        if waits_behind_kept(known.get(call.kodebooking), call.step):
            return _kept_unasked(ledger, policy, call, now)
        outcome = ask(settings, call)
        if may_be_kept(call, outcome):
            if call.kodebooking not in known:
                refuse_mobile_jkn(settings, call.kodebooking)
            with ledger.transaction():
                if keep(ledger, policy, call, outcome, now):
                    return Settled(
                        outcome=CallOutcome.QUEUED, code=outcome.code, message=outcome.text
                    )
        raise_unless_done(outcome)
        return settle(ledger, policy, call, outcome, now)


def keep_unsent(settings: Settings, call: ManualCall, now: datetime) -> Settled:
    """Keep the time of a task, whatever BPJS knows; return what came of it.

    Raises StateError, InputError, and what `keep_or_refuse` raises.
    """
    with Ledger.open(settings.state, settings.policy.zone) as ledger:
        known = require_usable(ledger, [call.kodebooking], now)
        refuse_handed_on(ledger, [call.kodebooking])
        if call.kodebooking not in known:
            refuse_mobile_jkn(settings, call.kodebooking)
        return _kept_unasked(ledger, settings.policy, call, now)


def _kept_unasked(ledger: Ledger, policy: Policy, call: ManualCall, now: datetime) -> Settled:
    with ledger.transaction():
        return Settled(outcome=keep_or_refuse(ledger, policy, call, now))


def may_be_kept(call: ManualCall, outcome: Outcome) -> bool:
    """Return whether BPJS said of a task that it does not know the booking."""
    unknown = outcome.kind == OutcomeKind.PREREQUISITE and outcome.named == Step.ADD
    return unknown and call.step in ORDERED


def keep_or_refuse(ledger: Ledger, policy: Policy, call: ManualCall, now: datetime) -> CallOutcome:
    """Keep a task that BPJS was not asked about; inside `transaction`.

    Returns ALREADY for one that BPJS has. Raises TemporaryError for one that is just being sent,
    RefusedError for one that never would be.
    """
    if call.step not in ORDERED:
        raise RefusedError(f"task {call.step} tidak dapat disimpan, hanya 1 sampai 7")
    record = ledger.record(call.kodebooking)
    known = record.push(call.step) if record else None
    if known and known.done:
        return CallOutcome.ALREADY
    if known and known.state == State.SENDING:
        raise TemporaryError(f"task {call.step} sedang dikirim; ulangi sebentar lagi")
    if keep(ledger, policy, call, None, now):
        return CallOutcome.QUEUED
    raise RefusedError(
        "tidak disimpan: antreannya dibatalkan atau dilepas, lewat H+7, atau waktunya di luar "
        "hari pelayanan"
    )


def keep(
    ledger: Ledger, policy: Policy, call: ManualCall, asked: Outcome | None, now: datetime
) -> bool:
    """Keep a task for a pass to send, and return whether it is; inside `transaction`.

    `asked` is what BPJS said to it, None where it was not asked.
    """
    before = ledger.record(call.kodebooking)
    record = replace(before or new_record(call), done_fingerprint="")
    push = new(call.step, source=MANUAL, recorded=call.waktu, waktu=call.waktu)
    jitter = random.random()  # noqa: S311 - no secret
    after = with_kept(record, push, asked, policy, now, jitter)
    kept = after.push(call.step)
    if kept is None or not kept.open:
        return False
    ledger.save(before, after, now)
    return True
