"""Pushes that never left: each plan says anew which of them are still wanted.

- What BPJS may have all the same stays, held until it is asked.
- What came by hand is not Khanza's to withdraw.
"""

from dataclasses import replace

from antrean_cli.rules.codes import State, Step
from antrean_cli.rules.push import MANUAL, Push, Record
from antrean_cli.rules.reasons import FARMASI_UNSETTLED, IN_DOUBT, REOPENING, ReasonCode, has_code
from antrean_cli.rules.transitions import close, hold, want

# What holds all that is open of a visit, whatever it waits for itself.
_STOPPED_WITH_THE_VISIT = (
    ReasonCode.CANCEL_DELAYED,
    ReasonCode.LEFT_OUT,
    ReasonCode.GONE,
    ReasonCode.HANDED_ON,
    ReasonCode.ANOTHER_DAY,
)


def without_reread(record: Record) -> Record:
    """Return the record without what a person let be decided anew, as if it was never wanted."""
    return record.keeping(
        lambda push: push.needs_lookup or not has_code(push.reason, ReasonCode.REREAD)
    )


def without_delays(record: Record) -> Record:
    """Return the record without what only stands for a delay: each plan says anew whether it does.

    BPJS never heard of it, and without its visit nobody waits for it.
    """
    return record.keeping(lambda push: not _stands_for_delay(push))


def _stands_for_delay(push: Push) -> bool:
    if push.state != State.HELD or push.needs_lookup or push.source == MANUAL:
        return False
    of_cancel = push.step == Step.TASK_99 and has_code(push.reason, ReasonCode.CANCEL_DELAYED)
    return of_cancel or has_code(push.reason, ReasonCode.NONJKN_DELAYED)


def without_unsent(record: Record) -> Record:
    """Return the record without the pushes that never left: a plan says which are still wanted.

    What may have left all the same is kept: BPJS is asked for it, but it is not sent again. What
    came by hand is not Khanza's to withdraw.
    """
    return with_doubts_held(record.keeping(lambda push: not _is_withdrawn(push)))


def _is_withdrawn(push: Push) -> bool:
    if push.needs_lookup or push.source == MANUAL:
        return False
    return push.open or reopens(push)


def with_kept_wanted(record: Record) -> Record:
    """Return the record of a visit that goes on with what came by hand wanted again.

    A cancel that was undone, or a clinic that was left out, may have held or closed it.
    """
    typed = (push for push in record.pushes.values() if push.source == MANUAL and push.waktu)
    return record.with_pushes(*(want(push) for push in typed if _was_stopped(push)))


def _was_stopped(push: Push) -> bool:
    return reopens(push) or (push.open and has_code(push.reason, *_STOPPED_WITH_THE_VISIT))


def with_doubts_held(record: Record) -> Record:
    """Return the record with what may have left held until BPJS was asked.

    Antrean farmasi cannot be asked for: it is closed.
    """
    doubtful = [
        push
        for push in record.pushes.values()
        if push.needs_lookup and push.source != MANUAL and (push.open or reopens(push))
    ]
    return record.with_pushes(*map(_until_asked, doubtful))


def _until_asked(push: Push) -> Push:
    if push.step == Step.FARMASI:
        return replace(close(push, FARMASI_UNSETTLED), needs_lookup=False)
    return hold(push, IN_DOUBT)


def reopens(push: Push) -> bool:
    """Return whether another word of Khanza's or of the clock's opens a closed push again."""
    return push.state == State.CLOSED and has_code(push.reason, *REOPENING)


def stands(push: Push | None) -> bool:
    """Return whether a push is decided, whatever Khanza says by now."""
    return push is not None and not push.open and not reopens(push)
