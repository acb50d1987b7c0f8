"""The operator's desk: what the ledger holds, as counts and lists, and what a person may change in it.

- Every change is one transaction. A pass that is running reads a booking anew before it sends something of it, so a
  change made meanwhile is neither lost nor does it repeat anything; what is in flight is left alone.
- Nothing here talks to Khanza or BPJS: the next pass does.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, timezone
from typing import NamedTuple

from antrean_cli.ledger import Ledger
from antrean_cli.rules import outages
from antrean_cli.rules.chain import (
    ABSENT,
    ADD,
    BATAL,
    CLOSED,
    DUE,
    HELD,
    MANUAL,
    MAX_AGE,
    ORDERED,
    REFUSED,
    SENDING,
    STEPS,
    Push,
    Record,
    arrange,
    close,
)
from antrean_cli.rules.events import TASKS, Event, Reason
from antrean_cli.rules.pushes import expired
from antrean_cli.rules.visits import Policy

PENDING = frozenset({DUE, SENDING})
DROPPED = "dilepas"
KINDS_OF_OUTAGE = (outages.BPJS, outages.KHANZA, outages.CREDENTIALS, outages.BUSY)


@dataclass(frozen=True, kw_only=True)
class Pick:
    """Which pushes are meant; what is empty chooses all. `reason` is a reason's code or a part of its text."""

    number: str = ""  # kode booking or no_rawat
    step: str = ""
    states: frozenset[str] = frozenset()
    tanggal: date | None = None
    poli: str = ""
    reason: str = ""

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
        return reason is not None and (self.reason == reason.code or self.reason.lower() in reason.text.lower())


class Group(NamedTuple):
    """So many pushes that wait, or were refused, for one reason."""

    state: str
    code: str
    text: str
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
    """Return how things stand. A refusal that BPJS would not take any more (after H+7) is past mending."""
    records = {**ledger.of_days(now.date() - MAX_AGE, date.max), **ledger.unfinished()}.values()
    pairs = [(record, push) for record in records for push in record.pushes.values()]
    return Overview(
        now=now,
        passed_at=ledger.recall_time("passed_at"),
        exit_code=ledger.recall("exit_code"),
        succeeded_at=ledger.recall_time("succeeded_at"),
        begin=_day(ledger.recall("begin")),
        checkpoint=_day(ledger.recall("checkpoint")),
        pending=sum(push.state in PENDING or push.ask for _, push in pairs),
        oldest_pending=_oldest_pending((push for _, push in pairs), now),
        groups=_groups(pairs),
        outages=tuple(filter(None, map(ledger.outage, KINDS_OF_OUTAGE))),
        deadlines=_deadlines(pairs),
    )


def _oldest_pending(pushes: Iterable[Push], now: datetime) -> timedelta:
    waiting = (push.since for push in pushes if push.state in PENDING and push.since)
    return max((now - since for since in waiting), default=timedelta(0))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _groups(pairs: Iterable[tuple[Record, Push]]) -> tuple[Group, ...]:
    counts: dict[tuple[str, str, str], int] = {}
    for _, push in pairs:
        if push.state in (HELD, REFUSED) and push.reason:
            # Times and numbers differ from visit to visit, the reason does not.
            key = (push.state, push.reason.code, re.sub(r"\(.*?\)|\d\d:\d\d(:\d\d)?", "…", push.reason.text))
            counts[key] = counts.get(key, 0) + 1
    ordered = sorted(counts.items(), key=lambda item: (item[0][0] != REFUSED, -item[1], item[0]))
    return tuple(Group(*key, pushes) for key, pushes in ordered)


def _deadlines(pairs: Iterable[tuple[Record, Push]]) -> dict[date, int]:
    found: dict[date, int] = {}
    for record, push in pairs:
        if push.open or push.state in (SENDING, REFUSED):
            found[record.tanggal + MAX_AGE] = found.get(record.tanggal + MAX_AGE, 0) + 1
    return dict(sorted(found.items()))


def picked(ledger: Ledger, pick: Pick, today: date) -> list[tuple[Record, Push]]:
    """Return the pushes that are meant, oldest day first; without a day or a number those of H-7 to today."""
    pairs = ((record, record.push(step)) for record in _records(ledger, pick, today) for step in STEPS)
    return [(record, push) for record, push in pairs if push and pick.fits(record, push)]


def _records(ledger: Ledger, pick: Pick, today: date) -> list[Record]:
    if pick.number:
        return ledger.of_visit(pick.number)
    first, last = (pick.tanggal, pick.tanggal) if pick.tanggal else (today - MAX_AGE, date.max)
    return sorted(ledger.of_days(first, last).values(), key=lambda record: (record.tanggal, record.kodebooking))


@dataclass(frozen=True, kw_only=True)
class Story:
    """One booking with everything that is known of it.

    `events` are Khanza's times by step; `at_bpjs` is what BPJS holds by step, None if it was not asked.
    """

    record: Record
    zone: timezone
    events: Mapping[str, Event] = field(default_factory=dict)
    at_bpjs: Mapping[str, datetime | None] | None = None
    notes: tuple[str, ...] = ()


# -- what a person may change


class Changed(NamedTuple):
    """How many pushes were changed; how many wait all the same, are in flight, or are too late for BPJS."""

    pushes: int
    waiting: int
    in_flight: int
    expired: int


def retry(ledger: Ledger, pick: Pick, policy: Policy, now: datetime) -> Changed:
    """Make what was refused or held due again, after the data was mended; a dropped one too if it is named."""
    states = {HELD, REFUSED, DUE, SENDING} | ({CLOSED} if pick.number else set())

    def again(push: Push) -> Push | None:
        if push.state == CLOSED:
            # Without it the next pass decides anew from what Khanza holds.
            return None if push.reason and push.reason.code == DROPPED else push
        fresh = replace(push, attempts=0, next_try=None, needs="")
        return replace(fresh, state=DUE, reason=None) if push.state == REFUSED else fresh

    return _change(ledger, replace(pick, states=frozenset(states)), policy, now, again)


def drop(ledger: Ledger, pick: Pick, policy: Policy, now: datetime, keterangan: str) -> Changed:
    """Give up what is refused, held or due, with a word why; of a whole booking also what would still come."""
    reason = Reason(code=DROPPED, text=f"{DROPPED}: {keterangan}")
    whole = bool(pick.number) and not pick.step

    def give_up(push: Push) -> Push:
        return close(push, reason)

    def finish(record: Record) -> Record:
        return _without_future(record, reason) if whole else record

    states = frozenset({HELD, REFUSED, DUE, SENDING})
    return _change(ledger, replace(pick, states=states), policy, now, give_up, finish)


def _without_future(record: Record, reason: Reason) -> Record:
    """Return the booking with its add and its next task closed, so that nothing follows."""
    tasks = [step for step in ORDERED if int(step) in TASKS]
    undone = next((step for step in tasks if not (known := record.push(step)) or not known.done), None)
    steps = [step for step in (ADD, undone) if step and record.push(step) is None]
    return record.having(*(Push(step=step, state=CLOSED, reason=reason) for step in steps))


def _change(
    ledger: Ledger,
    pick: Pick,
    policy: Policy,
    now: datetime,
    alter: Callable[[Push], Push | None],
    finish: Callable[[Record], Record] = lambda record: record,
) -> Changed:
    changed = waiting = in_flight = late = 0
    with ledger.transaction():
        for record in _records(ledger, pick, now.date()):
            meant = [push for push in record.pushes.values() if pick.fits(record, push)]
            movable = [push for push in meant if push.state != SENDING]
            in_flight += len(meant) - len(movable)
            if expired(record, now):
                late += len(movable)
                continue
            altered = {push.step: alter(push) for push in movable}
            moved = sum(altered[push.step] != push for push in movable)
            changed, waiting = changed + moved, waiting + len(movable) - moved
            kept = {**record.pushes, **altered}
            after = replace(record, pushes={step: push for step, push in kept.items() if push}, settled="")
            _save(ledger, record, arrange(finish(after), policy), now)
    return Changed(pushes=changed, waiting=waiting, in_flight=in_flight, expired=late)


def _save(ledger: Ledger, before: Record, after: Record, now: datetime) -> None:
    if before != after:
        ledger.save(before, after, now)


def ask_replay(ledger: Ledger, tanggal: date, number: str) -> int:
    """Note that a day, or one booking of it, is to be forgotten by the next pass; returns how many bookings it is."""
    found = [record for record in ledger.of_days(tanggal, tanggal).values() if _meant(record, number)]
    with ledger.transaction():
        wanted = [*(ledger.recall("replay") or []), [tanggal.isoformat(), number]]
        ledger.remember(replay=wanted)
    return len(found)


def _meant(record: Record, number: str) -> bool:
    return number in ("", record.kodebooking, record.no_rawat)


def replay(ledger: Ledger, now: datetime) -> None:
    """Forget what was asked to be forgotten, so that this pass scans it again; 208 keeps it from being doubled.

    What came by hand stays, because Khanza does not know it, and so does a cancelled booking: told once, that is
    the end of it.
    """
    wanted = ledger.recall("replay")
    if not wanted:
        return
    with ledger.transaction():
        for text, number in wanted:
            tanggal = date.fromisoformat(text)
            for record in ledger.of_days(tanggal, tanggal).values():
                if _meant(record, number) and not _cancelled(record):
                    kept = {step: push for step, push in record.pushes.items() if push.source == MANUAL}
                    _save(ledger, record, replace(record, pushes=kept, settled=""), now)
        begin = min(date.fromisoformat(text) for text, _ in wanted)
        known = _day(ledger.recall("begin"))
        ledger.remember(begin=min(begin, known) if known else begin, full_scan_at=None, replay=None)


def _cancelled(record: Record) -> bool:
    return bool({ABSENT, BATAL} & record.pushes.keys()) or (record.seen is not None and record.seen.stts == "Batal")


# -- what is well, and what is not


def complaints(found: Overview, limits: Limits) -> list[str]:
    """Return what somebody should have a look at, in sentences; nothing if all is well."""
    problems = []
    if found.passed_at is None:
        problems.append("belum pernah ada putaran; pasang cron (crontab.example) atau jalankan: antrean sync")
    elif found.succeeded_at and found.succeeded_at > found.now:
        problems.append("putaran berhasil terakhir di masa depan; jam komputer ini pernah atau sedang salah")
    elif found.succeeded_at is None or found.now - found.succeeded_at > limits.success:
        problems.append("putaran berhasil terakhir sudah terlalu lama; jalankan: antrean sync")
    if found.oldest_pending > limits.pending:
        problems.append("ada kiriman yang menunggu terlalu lama; lihat: antrean list --pending")
    if found.count(REFUSED) > limits.refused:
        problems.append(f"{found.count(REFUSED)} kiriman ditolak BPJS; lihat: antrean list --refused")
    return problems + [outages.described(outage) for outage in found.outages if outage.told]


def stuck(ledger: Ledger, limits: Limits, now: datetime) -> bool:
    """Return whether something has been waiting to be sent for too long, or an outage is on.

    It is cheaper than an overview: refusals and what is settled are not looked at.
    """
    pushes = (push for record in ledger.unfinished().values() for push in record.pushes.values())
    on = filter(None, map(ledger.outage, KINDS_OF_OUTAGE))
    return _oldest_pending(pushes, now) > limits.pending or any(outage.told for outage in on)
