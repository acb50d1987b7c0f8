"""What a pass does besides sending: it settles what the last one left, and forgets what is old."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.codes import State
from antrean_cli.rules.push import Change, Push, Record, expired
from antrean_cli.rules.transitions import expire, recover_in_flight

PRUNED_AT_ONCE = 5000
LONGEST_ONCE_THROUGH = timedelta(minutes=5)


def recover(ledger: Ledger, now: datetime) -> tuple[Change, ...]:
    """Settle what the last pass left, and return what changed; raises StateError.

    What was in flight when it died is asked for; what is too late for BPJS is closed.
    """
    pairs = ((before, _recovered(before, now)) for before in ledger.each_unfinished())
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


def forget_waits(ledger: Ledger, now: datetime) -> None:
    """Let everything that BPJS put off, or did not answer, be tried now: a person says so.

    What waits for another step, and a held add, ask when it is their time (rules/backoff.py).
    """
    with ledger.transaction():
        _shorten(ledger, ledger.unfinished().values(), now, now, lambda _record, _push: True)


def shorten_waits(ledger: Ledger, bookings: Iterable[Record], now: datetime) -> None:
    """Let no back-off of these bookings be longer than five minutes: something got through.

    Not where BPJS said how long (then no attempt was counted), nor where it is only this push that
    is not answered (rules/own_faults.py).
    """
    until = now + LONGEST_ONCE_THROUGH
    waiting = [one.kodebooking for one in bookings if any(_waiting(one, until))]
    if waiting:
        with ledger.transaction():
            _shorten(ledger, ledger.known(waiting, ()).values(), now, until, _backs_off)


def _backs_off(record: Record, push: Push) -> bool:
    fault = record.faults.get(push.step)
    return push.attempts > 0 and not (fault and fault.own)


def _waiting(record: Record, until: datetime) -> Iterator[Push]:
    """Yield the pushes that wait for longer than that."""
    for push in record.pushes.values():
        if push.state == State.DUE and push.next_try and push.next_try > until:
            yield push


def _shorten(
    ledger: Ledger,
    records: Iterable[Record],
    now: datetime,
    until: datetime,
    fits: Callable[[Record, Push], bool],
) -> None:
    """Let what waits for longer wait until then; within `transaction`."""
    for record in records:
        waiting = (push for push in _waiting(record, until) if fits(record, push))
        if sooner := [replace(push, next_try=until) for push in waiting]:
            ledger.save(record, record.with_pushes(*sooner), now)


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
