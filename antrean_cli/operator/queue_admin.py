"""What a person may change in the ledger: try again, give up, read anew.

- Every change is one transaction. A pass that is running reads a booking anew before it sends
  something of it, so a change made meanwhile is neither lost nor does it repeat anything; what is
  in flight is left alone, and what BPJS takes no more (after H+7).
- No push is ever deleted here: that BPJS was told of a booking has to survive whatever a person
  does.
- Nothing here talks to Khanza or BPJS: the next pass does.
- The bookings that are meant are chosen, a rule says what becomes of each (`retried`, `dropped`,
  `replayed`), and what changed by it is written and counted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from antrean_cli.errors import InputError
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.operator.push_filter import UNFINISHED, PushFilter, find_bookings
from antrean_cli.rules.codes import Kind, State, Step
from antrean_cli.rules.left_alive import given_up
from antrean_cli.rules.ordering import arrange, closed_behind
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import (
    CANCELS,
    MANUAL,
    TASK_STEPS,
    Change,
    Push,
    Record,
    changes,
    expired,
)
from antrean_cli.rules.reasons import REOPENING, REREAD, Reason, ReasonCode, because, has_code
from antrean_cli.rules.transitions import close, hold, mark_unverified, new, reset_for_retry, want


class Changed(NamedTuple):
    """How many pushes were changed, and why others were not.

    `waiting` ones wait all the same, `in_flight` ones are just being sent, `expired` ones BPJS
    takes no more.
    """

    pushes: int
    waiting: int
    in_flight: int
    expired: int


# -- try again


def retry(ledger: Ledger, wanted: PushFilter, policy: Policy, now: datetime) -> Changed:
    """Make what was refused or held due again, after the data was mended; return what changed.

    What a person dropped comes again only if its number is named.
    """
    states = UNFINISHED | {State.CLOSED} if wanted.number else UNFINISHED
    with ledger.transaction():
        chosen = _choose(ledger, replace(wanted, states=states), now)
        after = [retried(record, pushes) for record, pushes in chosen.bookings]
        return _save(ledger, chosen, after, policy, now)


def retried(record: Record, pushes: Iterable[Push]) -> Record:
    """Return a booking with these of its pushes to be tried again at once.

    What was closed behind a dropped push comes after it again.
    """
    pushes = list(pushes)
    record = _without_refusals(record, pushes).with_pushes(*map(_tried_again, pushes))
    behind = [push for push in record.pushes.values() if _dropped(push) and closed_behind(push)]
    return record.with_pushes(*map(_read_anew, behind))


def _without_refusals(record: Record, pushes: Iterable[Push]) -> Record:
    """Return a booking whose refusals and faults of these pushes are forgotten: they may go."""
    for push in pushes:
        record = record.with_fault(push.step, None)
    return record.without_refusals({str(push.step) for push in pushes})


def _tried_again(push: Push) -> Push:
    if push.state == State.REFUSED:
        return reset_for_retry(push)
    if push.state == State.CLOSED:
        return _read_anew(push) if _dropped(push) else push
    anew = replace(push, attempts=0, next_try=None, blocked_by=None)
    return want(anew) if has_code(push.reason, ReasonCode.CONTRADICTION) else anew


def _dropped(push: Push) -> bool:
    return push.state == State.CLOSED and has_code(push.reason, ReasonCode.DROPPED)


def _read_anew(push: Push) -> Push:
    """Return the push as one that the next pass decides about, from what Khanza holds then.

    Of what was sent by hand Khanza knows nothing: it is sent as it is.
    """
    fresh = reset_for_retry(push)
    return fresh if push.source == MANUAL else hold(fresh, REREAD)


# -- give up


def drop(
    ledger: Ledger, wanted: PushFilter, policy: Policy, now: datetime, keterangan: str
) -> Changed:
    """Give up what is refused, held or due, with a word why.

    Where a whole booking is named, what would still come of it is given up as well.
    """
    reason = because(ReasonCode.DROPPED, keterangan=keterangan)
    whole = bool(wanted.number) and not wanted.step
    with ledger.transaction():
        chosen = _choose(ledger, replace(wanted, states=UNFINISHED), now)
        after = [dropped(record, pushes, reason) for record, pushes in chosen.bookings]
        if whole:
            after = [given_up(with_nothing_to_follow(record, reason, policy)) for record in after]
        return _save(ledger, chosen, after, policy, now)


def dropped(record: Record, pushes: Iterable[Push], reason: Reason) -> Record:
    """Return a booking with these of its pushes given up."""
    return record.with_pushes(*(close(push, reason) for push in pushes))


def with_nothing_to_follow(record: Record, reason: Reason, policy: Policy) -> Record:
    """Return a booking of which nothing follows: its add, next task and antrean farmasi are closed.

    What Khanza's word has closed is closed for good, or another word of Khanza's would open it. Of
    a booking that only a person knows nothing follows.
    """
    if record.kind == Kind.MANUAL:
        return record  # Khanza does not know it
    told = {step for step, push in record.pushes.items() if push.done_or_in_flight}
    undone = next((step for step in TASK_STEPS if step not in told), None)
    steps = [Step.ADD, undone, Step.FARMASI if policy.farmasi else None]
    lacking = [step for step in steps if step and record.push(step) is None]
    reopening = [
        push
        for push in record.pushes.values()
        if push.state == State.CLOSED and has_code(push.reason, *REOPENING)
    ]
    return record.with_pushes(
        *(close(push, reason) for push in reopening),
        *(close(new(step), reason) for step in lacking),
    )


# -- read anew


def replay(ledger: Ledger, tanggal: date, number: str, policy: Policy, now: datetime) -> int:
    """Let the next pass read a day again, or one booking of it; return how many bookings that is.

    What is believed of them is in doubt now: nothing is deleted, and BPJS is asked before anything
    is sent again. Raises InputError for a booking that the ledger does not know, and for a day that
    no pass has ever read.
    """
    begin = ledger.pass_state().begin
    if begin is None or tanggal < begin:
        first = f"{begin}" if begin else "putaran pertama"
        raise InputError(
            f"{tanggal} belum pernah dibaca (catatan antrean mulai {first})",
            advice=f"antrean sync --since {tanggal}",
        )
    wanted = PushFilter(number=number, tanggal=tanggal)
    known = list(find_bookings(ledger, wanted, now))
    if number and not known:
        raise InputError(
            f"Tidak ditemukan di catatan antrean pada {tanggal}: {number}; lihat: "
            f"antrean list --date {tanggal} --sent"
        )
    with ledger.transaction():
        chosen = _choose(ledger, wanted, now)
        after = [replayed(record, pushes) for record, pushes in chosen.bookings]
        _save(ledger, chosen, after, policy, now)
        ledger.update_pass_state(lambda state: state._replace(full_scan_at=None))
    return len(known)


def replayed(record: Record, pushes: Iterable[Push]) -> Record:
    """Return a booking with these of its pushes in doubt, or to be decided about anew.

    What came by hand stays, because Khanza does not know it, and so do what was dropped and a
    cancelled booking: told once, that is the end of it.
    """
    if _cancelled(record):
        return record
    kept = [push for push in pushes if push.source != MANUAL and not _dropped(push)]
    return _without_refusals(record, kept).with_pushes(*map(_forgotten, kept))


def _cancelled(record: Record) -> bool:
    return record.seen_cancelled or any(step in record.pushes for step in CANCELS)


def _forgotten(push: Push) -> Push:
    if push.done:
        return mark_unverified(push)
    return _read_anew(push) if push.state in (State.REFUSED, State.CLOSED) else push


# -- choosing and writing


@dataclass(frozen=True, kw_only=True)
class _Chosen:
    """The bookings that are meant, each with those of its pushes that may be changed."""

    bookings: Sequence[tuple[Record, Sequence[Push]]]
    in_flight: int  # pushes that were meant as well, and are just being sent
    expired: int  # or that BPJS takes no more


def _choose(ledger: Ledger, wanted: PushFilter, now: datetime) -> _Chosen:
    """Return what is meant; a booking that is named is, whether or not one of its pushes is."""
    bookings, in_flight, late = [], 0, 0
    for record in find_bookings(ledger, wanted, now):
        meant = [push for push in record.pushes.values() if wanted.fits(record, push)]
        if not meant and not wanted.number:
            continue
        movable = [push for push in meant if push.state != State.SENDING]
        in_flight += len(meant) - len(movable)
        if expired(record, now):
            late += len(movable)
        else:
            bookings.append((record, movable))
    return _Chosen(bookings=bookings, in_flight=in_flight, expired=late)


def _save(
    ledger: Ledger, chosen: _Chosen, after: Iterable[Record], policy: Policy, now: datetime
) -> Changed:
    """Write what became of the bookings, their tasks in order, and count it; in `transaction`."""
    changed = waiting = 0
    for (before, pushes), record in zip(chosen.bookings, after, strict=True):
        arranged = arrange(record, policy)
        written = changes(before, arranged)
        touched = {change.push.step for change in written if not _only_asks(change)}
        given_up = arranged.left_alive != before.left_alive
        changed += len(touched) or given_up
        waiting += sum(push.open and push.step not in touched for push in pushes)
        if written or given_up or arranged.refusals != before.refusals:
            ledger.save(before, replace(arranged, done_fingerprint=""), now)
    return Changed(
        pushes=changed, waiting=waiting, in_flight=chosen.in_flight, expired=chosen.expired
    )


def _only_asks(change: Change) -> bool:
    """Return whether an add, or what waits for it, waits all the same, and only asks once more."""
    if change.push.state != State.HELD:
        return False
    held_add = change.push.step == Step.ADD and not change.reportable
    return held_add or has_code(change.push.reason, ReasonCode.WAITING_FOR_ADD)
