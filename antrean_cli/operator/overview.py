"""How things stand: what the ledger holds, as counts, and what of it somebody should look at.

- Nothing is changed, and neither Khanza nor BPJS is asked.
- What is wrong is a code with its numbers; the sentences stand in render/status.py.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.ledger.pass_state import PassState
from antrean_cli.operator.push_filter import UNFINISHED
from antrean_cli.rules.codes import Code, State
from antrean_cli.rules.lapses import holds_of_people, is_soon
from antrean_cli.rules.outages import OF_FILES, Outage, OutageKind
from antrean_cli.rules.own_faults import shown_fault
from antrean_cli.rules.pace import Pace
from antrean_cli.rules.push import MAX_AGE, Push, Record
from antrean_cli.rules.reasons import DELAYS, Reason, general
from antrean_cli.rules.service_days import BrokenRow, service_day
from antrean_cli.rules.todo import CountedCause, counted_causes, last_day

PENDING = frozenset({State.DUE, State.SENDING})
# A clock that is wrong is told by the pass alone: nothing else can be trusted then.
KINDS_OF_OUTAGE = tuple(kind for kind in OutageKind if kind != OutageKind.CLOCK)


class ReasonCount(NamedTuple):
    """So many pushes are held, or were refused, for one reason; only of delays it has times."""

    state: State
    reason: Reason
    pushes: int


@dataclass(frozen=True, kw_only=True)
class Overview:
    """How things stand at `now`; times are aware, in the hospital's zone.

    - `passed_at` and `exit_code` are those of the last pass, `succeeded_at` is when one last did
      all of its work; None if there was none.
    - `begin` is the day that no pass goes before, `checkpoint` the last one read to its end.
    - `reasons` are those that pushes are held or were refused for, `causes` what is behind them.
    - `pending` pushes are on their way, the oldest of them for `oldest_pending`.
    - `held_for_people` pushes are held until somebody does something, the longest of them for
      `oldest_held`; `lapsing` are the last days of those that lapse within two days, and how many
      they are.
    - `broken_rows` are rows of Khanza's that nothing can be told of.
    - `left_alive` are the bookings that BPJS holds although Khanza has them no more.
    - `pace` is how fast the last pass that sent something could go, None if that is long ago.
    - `unanswered` are the pushes that BPJS does not answer while it answers others.
    - `deadlines` are the last days on which BPJS takes what is open, and how many pushes that is.
    """

    now: datetime
    passed_at: datetime | None
    exit_code: int | None
    succeeded_at: datetime | None
    begin: date | None
    checkpoint: date | None
    pending: int
    oldest_pending: timedelta
    reasons: tuple[ReasonCount, ...]
    outages: tuple[Outage, ...]
    broken_rows: tuple[BrokenRow, ...]
    deadlines: Mapping[date, int]
    pace: Pace | None
    causes: tuple[CountedCause, ...] = ()
    left_alive: tuple[Record, ...] = ()
    unanswered: tuple[tuple[Record, str], ...] = ()
    held_for_people: int = 0
    oldest_held: timedelta = timedelta(0)
    lapsing: Mapping[date, int] = field(default_factory=dict)

    def count(self, state: State) -> int:
        """Return how many pushes are held or refused."""
        return sum(one.pushes for one in self.reasons if one.state == state)


def overview(ledger: Ledger, now: datetime, *, in_short: bool = False) -> Overview:
    """Return how things stand; raises StateError.

    `in_short`: without a look at the seals of what is through, in a small part of the time.

    A refusal that BPJS would not take any more (after H+7) is past mending, and left out.
    """
    today = service_day(now)
    first = today - MAX_AGE
    records = ledger.unresolved(first) if in_short else ledger.since_or_unfinished(first)
    pairs = [(record, push) for record in records for push in record.pushes.values()]
    pushes = [push for _, push in pairs]
    state = ledger.pass_state()
    unanswered = [
        (record, str(push.step))
        for record, push in pairs
        if (fault := shown_fault(record, push.step)) and fault.own
    ]
    still_taken = (record for record in records if record.tanggal >= first)
    left_alive = [record for record in still_taken if record.is_left_alive]
    held = [(record, push) for record in records for push in holds_of_people(record)]
    return Overview(
        now=now,
        passed_at=state.passed_at,
        exit_code=state.exit_code,
        succeeded_at=state.succeeded_at,
        begin=state.begin,
        checkpoint=state.checkpoint,
        pending=sum(push.state in PENDING for push in pushes),
        oldest_pending=_oldest_pending(pushes, now),
        reasons=count_reasons(pushes),
        causes=tuple(counted_causes(pairs)),
        outages=_outages(state),
        broken_rows=state.broken_rows,
        deadlines=_deadlines(pairs),
        held_for_people=len(held),
        oldest_held=_longest((push for _, push in held), now),
        lapsing=_last_days(record for record, _ in held if is_soon(record.tanggal, today)),
        unanswered=tuple(unanswered),
        left_alive=tuple(sorted(left_alive, key=lambda one: (one.tanggal, one.kodebooking))),
        pace=state.pace if state.pace and state.pace.holds(now) else None,
    )


def _oldest_pending(pushes: Iterable[Push], now: datetime) -> timedelta:
    return _longest((push for push in pushes if push.state in PENDING), now)


def _longest(pushes: Iterable[Push], now: datetime) -> timedelta:
    waiting = (push.since for push in pushes if push.since)
    # A clock that was wrong may have noted a moment that is yet to come.
    return max((now - since for since in waiting if since < now), default=timedelta(0))


def _outages(state: PassState) -> tuple[Outage, ...]:
    return tuple(state.outages[kind] for kind in KINDS_OF_OUTAGE if kind in state.outages)


def count_reasons(pushes: Iterable[Push]) -> tuple[ReasonCount, ...]:
    """Return what is refused and held by reason: refusals first, then the most frequent.

    Those with the same count stand in the order of their reason_code. Of delays the one is shown
    that ends first.
    """
    found: dict[tuple[State, Reason], list[Reason]] = {}
    for push in pushes:
        if push.held_or_refused and push.reason:
            found.setdefault((push.state, general(push.reason)), []).append(push.reason)
    counts = (
        ReasonCount(
            state=state,
            reason=min(many, key=_until) if reason.code in DELAYS else reason,
            pushes=len(many),
        )
        for (state, reason), many in found.items()
    )
    return tuple(sorted(counts, key=_rank))


def _until(delay: Reason) -> str:
    return str(delay.get("until"))


def _rank(one: ReasonCount) -> tuple[bool, int, str, str, str]:
    code, params = one.reason.code, one.reason.params
    return one.state != State.REFUSED, -one.pushes, code.family, str(code), str(params)


def _deadlines(pairs: Iterable[tuple[Record, Push]]) -> dict[date, int]:
    return _last_days(record for record, push in pairs if push.state in UNFINISHED)


def _last_days(records: Iterable[Record]) -> dict[date, int]:
    return dict(sorted(Counter(map(last_day, records)).items()))


# -- what somebody should look at


@dataclass(frozen=True, kw_only=True)
class Limits:
    """From when on somebody should have a look."""

    success: timedelta = timedelta(minutes=10)
    pending: timedelta = timedelta(minutes=60)
    refused: int = 0
    held: timedelta = timedelta(hours=24)


class ProblemCode(Code):
    """What somebody should have a look at."""

    NEVER_RAN = "never_ran"  # no pass so far
    SUCCESS_IN_FUTURE = "success_in_future"  # a clock is wrong, or was
    NO_SUCCESS = "no_success"  # no good pass for longer than the limit
    PENDING_TOO_LONG = "pending_too_long"
    REFUSED = "refused"  # more than the limit: `count`
    HELD_TOO_LONG = "held_too_long"  # and only a person can let it go
    LAPSING = "lapsing"  # the same, within two days: `count`, the first on `day`
    OUTAGE = "outage"  # people were told of it: `outage`
    BROKEN_ROW = "broken_row"  # nothing can be told of a row of Khanza's: `row`


@dataclass(frozen=True, kw_only=True)
class HealthProblem:
    """One thing that somebody should have a look at, with what there is to say of it."""

    code: ProblemCode
    count: int = 0
    outage: Outage | None = None
    row: BrokenRow | None = None
    day: date | None = None


def health_problems(found: Overview, limits: Limits) -> list[HealthProblem]:
    """Return what somebody should have a look at; nothing if all is well."""
    problems = []
    if found.passed_at is None:
        problems.append(HealthProblem(code=ProblemCode.NEVER_RAN))
    elif found.succeeded_at and found.succeeded_at > found.now:
        problems.append(HealthProblem(code=ProblemCode.SUCCESS_IN_FUTURE))
    elif found.succeeded_at is None or found.now - found.succeeded_at > limits.success:
        problems.append(HealthProblem(code=ProblemCode.NO_SUCCESS))
    if found.oldest_pending > limits.pending:
        problems.append(HealthProblem(code=ProblemCode.PENDING_TOO_LONG))
    if (refused := found.count(State.REFUSED)) > limits.refused:
        problems.append(HealthProblem(code=ProblemCode.REFUSED, count=refused))
    if found.oldest_held > limits.held:
        problems.append(HealthProblem(code=ProblemCode.HELD_TOO_LONG))
    if lapsing := found.lapsing:
        problems.append(
            HealthProblem(code=ProblemCode.LAPSING, count=sum(lapsing.values()), day=min(lapsing))
        )
    told = (outage for outage in found.outages if outage.announced)
    problems += [HealthProblem(code=ProblemCode.OUTAGE, outage=outage) for outage in told]
    broken = found.broken_rows
    return problems + [HealthProblem(code=ProblemCode.BROKEN_ROW, row=row) for row in broken]


def is_stuck(ledger: Ledger, limits: Limits, now: datetime) -> bool:
    """Return whether something has been waiting to be sent for too long, or an outage is on.

    It is cheaper than an overview: refusals and what is settled are not looked at.
    """
    pushes = (push for record in ledger.each_unfinished() for push in record.pushes.values())
    on = any(
        outage.announced for outage in _outages(ledger.pass_state()) if outage.kind not in OF_FILES
    )
    return on or _oldest_pending(pushes, now) > limits.pending
