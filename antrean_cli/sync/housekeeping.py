"""What a pass does besides sending: it settles what the last one left, and forgets what is old."""

from datetime import datetime, timedelta

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.codes import State
from antrean_cli.rules.push import Change, Record, expired
from antrean_cli.rules.transitions import expire, recover_in_flight

PRUNED_AT_ONCE = 5000


def recover(ledger: Ledger, now: datetime) -> tuple[Change, ...]:
    """Settle what the last pass left, and return what changed; raises StateError.

    What was in flight when it died is asked for; what is too late for BPJS is closed.
    """
    pairs = [(before, _recovered(before, now)) for before in ledger.unfinished().values()]
    changed = [(before, after) for before, after in pairs if before != after]
    if not changed:
        return ()
    with ledger.transaction():
        return tuple(
            change for before, after in changed for change in ledger.save(before, after, now)
        )


def _recovered(record: Record, now: datetime) -> Record:
    in_flight = (push for push in record.pushes.values() if push.state == State.SENDING)
    after = record.with_pushes(*map(recover_in_flight, in_flight))
    return expire(after) if expired(after, now) else after


def prune(ledger: Ledger, keep_days: int, now: datetime) -> None:
    """Once a day, forget the bookings that are older than `keep_days`.

    A long backlog goes in several passes. It is counted from the newest booking, not from today: a
    clock that ran ahead must not empty the ledger.
    """
    newest = ledger.newest()
    if newest is None or ledger.pass_state().pruned_on == now.date():
        return
    oldest_kept = min(newest, now.date()) - timedelta(days=keep_days)
    with ledger.transaction():
        if ledger.prune(oldest_kept, PRUNED_AT_ONCE) < PRUNED_AT_ONCE:
            ledger.update_pass_state(lambda state: state._replace(pruned_on=now.date()))
