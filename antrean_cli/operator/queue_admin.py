"""The operator's desk: what the ledger holds, as counts and lists, and what a person may change in
it.

- Every change is one transaction. A pass that is running reads a booking anew before it sends
  something of it, so a change made meanwhile is neither lost nor does it repeat anything; what is
  in flight is left alone.
- No push is ever deleted here: that BPJS was told of a booking has to survive whatever a person
  does.
- Nothing here talks to Khanza or BPJS: the next pass does.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from antrean_cli.errors import InputError
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.ledger.pass_state import PassState
from antrean_cli.rules import outages
from antrean_cli.rules.codes import State, Step
from antrean_cli.rules.ordering import arrange, closed_behind
from antrean_cli.rules.planner import expired
from antrean_cli.rules.push import MANUAL, MAX_AGE, ORDERED, STEPS, Push, Record, changes
from antrean_cli.rules.reasons import (
    REOPENING,
    REREAD,
    Reason,
    ReasonCode,
    because,
    general,
    has_code,
)
from antrean_cli.rules.sources import TASKS, service_day
from antrean_cli.rules.transitions import close, hold, mark_unverified, new, reset_for_retry
from antrean_cli.rules.visits import Policy

PENDING = frozenset({State.DUE, State.SENDING})
KINDS_OF_OUTAGE = (outages.BPJS, outages.KHANZA, outages.CREDENTIALS, outages.BUSY)


def _by_code(reason: Reason, wanted: str) -> bool:
    return wanted in (reason.code.family, reason.code)


@dataclass(frozen=True, kw_only=True)
class Pick:
    """Which pushes are meant; what is empty chooses all.

    `reason` is a reason's code or a part of its text.
    """

    number: str = ""  # kode booking or no_rawat
    step: str = ""
    states: frozenset[str] = frozenset()
    tanggal: date | None = None
    poli: str = ""
    reason: str = ""
    mentions: Callable[[Reason, str], bool] = _by_code

    def fits(self, record: Record, push: Push) -> bool:
        """Whether a push is meant."""
        return (
            self.number in ("", record.kodebooking, record.no_rawat)
            and self.step in ("", push.step)
            and (not self.states or push.state in self.states)
            and self.tanggal in (None, record.tanggal)
            and self.poli in ("", record.kd_poli)
            and self._reason_fits(push.reason)
        )

    def _reason_fits(self, reason: Reason | None) -> bool:
        if not self.reason:
            return True
        return reason is not None and self.mentions(reason, self.reason)


class Group(NamedTuple):
    """So many pushes that wait, or were refused, for one reason; its times are left out."""

    state: State
    reason: Reason
    pushes: int


@dataclass(frozen=True, kw_only=True)
class Overview:
    """How things stand at `now`; times are aware, ages are spans."""

    now: datetime
    passed_at: datetime | None
    exit_code: int | None
    succeeded_at: datetime | None
    begin: date | None
    checkpoint: date | None
    pending: int
    oldest_pending: timedelta
    groups: tuple[Group, ...]
    outages: tuple[outages.Outage, ...]
    deadlines: Mapping[date, int]  # the last day on which BPJS takes them, and how many

    def count(self, state: str) -> int:
        """Return how many pushes are held or refused."""
        return sum(group.pushes for group in self.groups if group.state == state)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """From when on somebody should have a look."""

    success: timedelta = timedelta(minutes=10)
    pending: timedelta = timedelta(minutes=60)
    refused: int = 0


def overview(ledger: Ledger, now: datetime) -> Overview:
    """Return how things stand.

    A refusal that BPJS would not take any more (after H+7) is past mending.
    """
    records = {
        **ledger.of_days(service_day(now) - MAX_AGE, date.max),
        **ledger.unfinished(),
    }.values()
    pairs = [(record, push) for record in records for push in record.pushes.values()]
    state = ledger.pass_state()
    return Overview(
        now=now,
        passed_at=state.passed_at,
        exit_code=state.exit_code,
        succeeded_at=state.succeeded_at,
        begin=state.begin,
        checkpoint=state.checkpoint,
        pending=sum(push.state in PENDING for _, push in pairs),
        oldest_pending=_oldest_pending((push for _, push in pairs), now),
        groups=_groups(pairs),
        outages=_outages(state),
        deadlines=_deadlines(pairs),
    )


def _oldest_pending(pushes: Iterable[Push], now: datetime) -> timedelta:
    waiting = (push.since for push in pushes if push.state in PENDING and push.since)
    return max((now - since for since in waiting), default=timedelta(0))


def _outages(state: PassState) -> tuple[outages.Outage, ...]:
    return tuple(state.outages[kind] for kind in KINDS_OF_OUTAGE if kind in state.outages)


def _groups(pairs: Iterable[tuple[Record, Push]]) -> tuple[Group, ...]:
    counts: dict[tuple[State, Reason], int] = {}
    for _, push in pairs:
        if push.state in (State.HELD, State.REFUSED) and push.reason:
            key = (push.state, general(push.reason))
            counts[key] = counts.get(key, 0) + 1
    groups = (Group(*key, pushes) for key, pushes in counts.items())
    return tuple(
        sorted(groups, key=lambda one: (one.state != State.REFUSED, -one.pushes, str(one.reason)))
    )


def _deadlines(pairs: Iterable[tuple[Record, Push]]) -> dict[date, int]:
    found: dict[date, int] = {}
    for record, push in pairs:
        if push.open or push.state in (State.SENDING, State.REFUSED):
            found[record.tanggal + MAX_AGE] = found.get(record.tanggal + MAX_AGE, 0) + 1
    return dict(sorted(found.items()))


def picked(ledger: Ledger, pick: Pick, now: datetime) -> list[tuple[Record, Push]]:
    """Return the pushes that are meant, oldest day first; without a day or a number those that BPJS
    still takes.
    """
    pairs = (
        (record, record.push(step)) for record in _records(ledger, pick, now) for step in STEPS
    )
    return [(record, push) for record, push in pairs if push and pick.fits(record, push)]


def _records(ledger: Ledger, pick: Pick, now: datetime) -> list[Record]:
    if pick.number:
        return ledger.of_visit(pick.number)
    # H+7 is counted by BPJS's own calendar, which is a day behind the hospital's for some hours in
    # WITA and WIT.
    first, last = (
        (pick.tanggal, pick.tanggal) if pick.tanggal else (service_day(now) - MAX_AGE, date.max)
    )
    return sorted(
        ledger.of_days(first, last).values(),
        key=lambda record: (record.tanggal, record.kodebooking),
    )


# -- what a person may change


class Changed(NamedTuple):
    """How many pushes were changed; how many wait all the same, are in flight, or are too late for
    BPJS.
    """

    pushes: int
    waiting: int
    in_flight: int
    expired: int


def retry(ledger: Ledger, pick: Pick, policy: Policy, now: datetime) -> Changed:
    """Make what was refused or held due again, after the data was mended; a dropped one too if it
    is named.
    """
    states = {State.HELD, State.REFUSED, State.DUE, State.SENDING} | (
        {State.CLOSED} if pick.number else set()
    )

    def again(_: Record, push: Push) -> Push:
        if push.state == State.REFUSED:
            return reset_for_retry(push)
        if push.state == State.CLOSED:
            return _reread(push) if _dropped(push) else push
        return replace(push, attempts=0, next_try=None, blocked_by="")

    def follow(record: Record) -> Record:
        """Let what was closed behind a dropped push come after it again."""
        behind = [push for push in record.pushes.values() if _dropped(push) and closed_behind(push)]
        return record.with_pushes(*map(_reread, behind))

    return _change(ledger, replace(pick, states=frozenset(states)), policy, now, again, follow)


def _dropped(push: Push) -> bool:
    return push.state == State.CLOSED and has_code(push.reason, ReasonCode.DROPPED)


def _reread(push: Push) -> Push:
    """Return the push as one that the next pass decides about anew, from what Khanza holds then."""
    return reset_for_retry(push) if push.source == MANUAL else hold(reset_for_retry(push), REREAD)


def drop(ledger: Ledger, pick: Pick, policy: Policy, now: datetime, keterangan: str) -> Changed:
    """Give up what is refused, held or due, with a word why; of a whole booking also what would
    still come.
    """
    reason = because(ReasonCode.DROPPED, keterangan=keterangan)
    whole = bool(pick.number) and not pick.step

    def give_up(_: Record, push: Push) -> Push:
        return close(push, reason)

    def finish(record: Record) -> Record:
        return _without_future(record, reason, policy) if whole else record

    states = frozenset({State.HELD, State.REFUSED, State.DUE, State.SENDING})
    return _change(ledger, replace(pick, states=states), policy, now, give_up, finish)


def _without_future(record: Record, reason: Reason, policy: Policy) -> Record:
    """Return the booking with its add, its next task and its antrean farmasi closed, so that
    nothing follows.
    """
    tasks = [step for step in ORDERED if int(step) in TASKS]
    undone = next((step for step in tasks if not _told_or_on_its_way(record.push(step))), None)
    steps: list[Step | None] = [Step.ADD, undone, Step.FARMASI if policy.farmasi else None]
    lacking = [step for step in steps if step and record.push(step) is None]
    # What was closed because of what Khanza says would be opened again by another word of Khanza's.
    reopening = [
        push for push in record.pushes.values() if push.reason and push.reason.code in REOPENING
    ]
    closed = [replace(push, reason=reason) for push in reopening if push.state == State.CLOSED]
    return record.with_pushes(*closed, *(close(new(step), reason) for step in lacking))


def _told_or_on_its_way(push: Push | None) -> bool:
    return push is not None and (push.done or push.state == State.SENDING)


def replay(ledger: Ledger, tanggal: date, number: str, policy: Policy, now: datetime) -> int:
    """Forget what is believed of a day, or of one booking of it, so that the next pass reads it
    again.

    Nothing is ever deleted: what BPJS took is in doubt now, and BPJS is asked before it is sent
    again. What came by hand stays, because Khanza does not know it, and so does a cancelled
    booking: told once, that is the end of it. Returns how many bookings that were. Raises
    InputError for a booking that the ledger does not know, and for a day that no pass has ever
    read.
    """
    begin = ledger.pass_state().begin
    if begin is None or tanggal < begin:
        first = f"{begin}" if begin else "putaran pertama"
        raise InputError(
            f"{tanggal} belum pernah dibaca (ledger mulai {first})",
            advice=f"antrean sync --since {tanggal}",
        )
    pick = Pick(number=number, tanggal=tanggal)
    known = [record for record in _records(ledger, pick, now) if record.tanggal == tanggal]
    if number and not known:
        raise InputError(
            f"Ledger tidak mengenal {number} pada {tanggal}; lihat: "
            f"antrean list --date {tanggal} --sent"
        )

    def forget(record: Record, push: Push) -> Push:
        if push.source == MANUAL or _dropped(push) or _cancelled(record):
            return push
        if push.done:
            return mark_unverified(push)
        return _reread(push) if push.state in (State.REFUSED, State.CLOSED) else push

    _change(ledger, pick, policy, now, forget)
    with ledger.transaction():
        ledger.update_pass_state(lambda state: replace(state, full_scan_at=None))
    return len(known)


def _cancelled(record: Record) -> bool:
    return bool({Step.TASK_99, Step.BATAL} & record.pushes.keys()) or (
        record.seen is not None and record.seen.stts == "Batal"
    )


def _change(
    ledger: Ledger,
    pick: Pick,
    policy: Policy,
    now: datetime,
    alter: Callable[[Record, Push], Push],
    finish: Callable[[Record], Record] = lambda record: record,
) -> Changed:
    """Alter the pushes that are meant, and finish the bookings that are; what is in flight or too
    late stays.
    """
    changed = waiting = in_flight = late = 0
    with ledger.transaction():
        for before in _records(ledger, pick, now):
            meant = [push for push in before.pushes.values() if pick.fits(before, push)]
            if not meant and not pick.number:
                continue
            movable = [push for push in meant if push.state != State.SENDING]
            in_flight += len(meant) - len(movable)
            if expired(before, now):
                late += len(movable)
                continue
            after = arrange(
                finish(before.with_pushes(*(alter(before, push) for push in movable))), policy
            )
            touched = {change.push.step for change in changes(before, after)}
            changed += len(touched)
            waiting += sum(push.open and push.step not in touched for push in movable)
            if touched:
                ledger.save(before, replace(after, settled=""), now)
    return Changed(pushes=changed, waiting=waiting, in_flight=in_flight, expired=late)


# -- what is well, and what is not


def complaints(found: Overview, limits: Limits) -> list[str]:
    """Return what somebody should have a look at, in sentences; nothing if all is well."""
    problems = []
    if found.passed_at is None:
        problems.append(
            "belum pernah ada putaran; pasang cron (crontab.example) atau jalankan: antrean sync"
        )
    elif found.succeeded_at and found.succeeded_at > found.now:
        problems.append(
            "putaran berhasil terakhir di masa depan; jam komputer ini pernah atau sedang salah"
        )
    elif found.succeeded_at is None or found.now - found.succeeded_at > limits.success:
        problems.append("putaran berhasil terakhir sudah terlalu lama; jalankan: antrean sync")
    if found.oldest_pending > limits.pending:
        problems.append("ada kiriman yang menunggu terlalu lama; lihat: antrean list --pending")
    if found.count(State.REFUSED) > limits.refused:
        problems.append(
            f"{found.count(State.REFUSED)} kiriman ditolak BPJS; lihat: antrean list --refused"
        )
    return problems + [outages.described(outage) for outage in found.outages if outage.told]


def stuck(ledger: Ledger, limits: Limits, now: datetime) -> bool:
    """Return whether something has been waiting to be sent for too long, or an outage is on.

    It is cheaper than an overview: refusals and what is settled are not looked at.
    """
    pushes = (push for record in ledger.unfinished().values() for push in record.pushes.values())
    on = _outages(ledger.pass_state())
    return _oldest_pending(pushes, now) > limits.pending or any(outage.told for outage in on)
