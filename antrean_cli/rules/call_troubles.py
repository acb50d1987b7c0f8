"""When BPJS answers no push of one kind of call: one trouble, and not as many as bookings.

- An address that only updates do not find, or a firewall that lets no POST through, spares the
  other calls: each push is then put off by itself, but people are told once, of the kind of call.
- It begins with three bookings that are unanswered for one cause since BPJS last judged a push of
  that kind, where one of them is known to be unanswered while others are answered.
- It is over once BPJS judges one push of the kind, or none of them waits any more. While BPJS
  judges others of the kind it is these bookings, and each is told by itself (own_faults.py).

(rules/README.md, Trouble)
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from antrean_cli.rules.causes import Cause, Trouble, trouble
from antrean_cli.rules.codes import CallName, State, call_of
from antrean_cli.rules.faults import Fault
from antrean_cli.rules.outages import FAULTS_THAT_BEGIN_ONE, Outage
from antrean_cli.rules.own_faults import SHOWN_FROM
from antrean_cli.rules.push import PushFault, Record


class CallTrouble(NamedTuple):
    """The calls that BPJS answers no push of: `why` is about their names.

    - `since` is when the first of the pushes that wait was not answered.
    - `pushes` are those that it keeps, as pairs of kode booking and step.
    """

    why: Trouble
    since: datetime
    pushes: frozenset[tuple[str, str]]


class _Waiting(NamedTuple):
    """One push that waits, unanswered since BPJS last judged one of its kind."""

    kodebooking: str
    step: str
    fault: PushFault


def trouble_of_calls(
    records: Iterable[Record], judged_at: Mapping[str, datetime], on: Outage | None
) -> CallTrouble | None:
    """Return the trouble of the calls that BPJS answers no push of, None if there is none.

    `judged_at` is when BPJS last judged a push, by the name of its call; `on` is the outage of such
    calls that is on.
    """
    kept: dict[CallName, list[_Waiting]] = {}
    for one in _waiting(records, judged_at):
        kept.setdefault(call_of(one.step), []).append(one)
    calls = [
        call
        for call in CallName
        if call in kept and (_goes_on(call, judged_at, on) or _begins(kept[call]))
    ]
    if not calls:
        return None
    waiting = [one for call in calls for one in kept[call]]
    cause = _commonest(waiting, on)
    last = max((one.fault for one in waiting if one.fault.cause is cause), key=attrgetter("since"))
    return CallTrouble(
        why=trouble(cause, ", ".join(calls), status=last.status),
        since=min(one.fault.since for one in waiting),
        pushes=frozenset((one.kodebooking, one.step) for one in waiting),
    )


def _waiting(records: Iterable[Record], judged_at: Mapping[str, datetime]) -> Iterator[_Waiting]:
    for record in records:
        for step, fault in record.faults.items():
            push, judged = record.push(step), judged_at.get(call_of(step))
            waits = push and push.unfinished
            if waits and (judged is None or fault.since > judged):
                yield _Waiting(record.kodebooking, step, fault)


def _goes_on(call: CallName, judged_at: Mapping[str, datetime], on: Outage | None) -> bool:
    if on is None or call not in calls_of(on):
        return False
    judged = judged_at.get(call)
    return judged is None or judged <= on.since


def _begins(waiting: Iterable[_Waiting]) -> bool:
    """Return whether enough bookings wait for one cause, while BPJS answers others."""
    bookings: dict[Cause, set[str]] = {}
    known = set()
    for one in waiting:
        bookings.setdefault(one.fault.cause, set()).add(one.kodebooking)
        if one.fault.own:
            known.add(one.fault.cause)
    return any(len(bookings[cause]) >= FAULTS_THAT_BEGIN_ONE for cause in known)


def _commonest(waiting: Iterable[_Waiting], on: Outage | None) -> Cause:
    """Return the cause of most of them; of several the one that people know."""
    counts = Counter(one.fault.cause for one in waiting)
    told = on.why.cause if on and on.why else None
    return max(counts, key=lambda cause: (counts[cause], cause is told))


def is_one_kind(faulted: Iterable[Record], judged: Iterable[str]) -> bool:
    """Return whether only pushes of one kind of call are not answered, as far as this pass knows.

    `faulted` are the bookings that were not answered in a row, `judged` are the names of the calls
    of which BPJS judged a push meanwhile: one of another kind has to be among them.
    """
    calls = {call_of(step) for record in faulted for step in record.faults}
    return len(calls) == 1 and not calls.issuperset(judged)


def calls_of(outage: Outage | None) -> frozenset[str]:
    """Return the names of the calls that such an outage is of, none if it is None."""
    return frozenset(outage.why.names) if outage and outage.why else frozenset()


def is_known(outage: Outage | None, step: str, fault: Fault) -> bool:
    """Return whether a fault is one more of such an outage that is on."""
    why = outage.why if outage else None
    return why is not None and fault.cause is why.cause and call_of(step) in why.names


def tried_anew(record: Record, calls: Iterable[str], since: datetime, now: datetime) -> Record:
    """Return the record once BPJS judges a push of these calls again: what it kept may go.

    It is what is unanswered `since` the trouble began. Nobody was told of these pushes by
    themselves: one that is still not answered is told then.
    """
    for step, fault in record.faults.items():
        push = record.push(step)
        if push is None or call_of(step) not in calls or not fault.own or fault.since < since:
            continue
        record = record.with_fault(step, fault._replace(times=min(fault.times, SHOWN_FROM)))
        if push.state == State.DUE and push.next_try and push.next_try > now:
            record = record.with_pushes(replace(push, next_try=now))
    return record
