"""Short marks by which a pass knows that a visit is as it was: nothing new can come of it.

- A visit's fingerprint follows from everything that the rules are handed of it: every field of
  Visit and of the rows in it. So whoever adds a field, a source or a table has nothing to add here.
- Left out is only what NOT_COVERED names, each for a reason of its own.
- It covers the patient's numbers, of which the body of an add is made, and is kept in the ledger:
  so it is made with the ledger's own key, as marks are (marks.py; rules/README.md, Safety).
- The rules go by settings and by the day as well: the policy's fingerprint stands in front.
- A mark of another version fits nothing: its visit is looked at once more, and marked anew.
"""

import marshal
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import date, datetime
from hashlib import blake2b
from operator import attrgetter, itemgetter
from typing import Any
from zlib import crc32

from antrean_cli.rules.codes import Kind, State, Step
from antrean_cli.rules.events import Event, events_of
from antrean_cli.rules.planner import closed_late_by_a_wrong_clock, lacks_reference, told_to_bpjs
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import Record
from antrean_cli.rules.refusals import has_another_add, has_another_time
from antrean_cli.rules.rows import (
    Berkas,
    Booking,
    Cancel,
    DoctorMapping,
    Exam,
    PoliMapping,
    Registration,
    Resep,
    Sep,
    Slot,
    Ticket,
)
from antrean_cli.rules.sources import VisitContext
from antrean_cli.rules.visits import Visit

# The last format of marshal's that writes equal values as equal bytes: later ones note which values
# are shared. Of all ways to write them down it is by far the quickest, and every pass does it for
# each visit of two days.
_FORMAT = 2
_DIGEST = 8  # bytes

# Of each table the fields that no fingerprint covers, each for a reason of its own.
NOT_COVERED: Mapping[type, frozenset[str]] = {
    # Asked for every five minutes only; it fills what an add lacks, and an open add is looked at in
    # every pass whatever its fingerprint.
    Visit: frozenset({"surat_kontrol", "surat_asked"}),
    Registration: frozenset({"nama"}),  # is never sent
    Booking: frozenset(),
    Cancel: frozenset({"keterangan"}),  # the patient's own words: no rule goes by them
    Sep: frozenset(),
    Berkas: frozenset(),
    Exam: frozenset(),
    Resep: frozenset(),
    Slot: frozenset(),
    PoliMapping: frozenset(),
    DoctorMapping: frozenset(),
    Ticket: frozenset(),
}


def policy_fingerprint(policy: Policy, today: date) -> str:
    """Return the mark of what holds for all visits of a day: the settings, and the day itself."""
    chosen = _all_plain(getattr(policy, one.name) for one in fields(policy))
    return f"{today}:{crc32(repr(chosen).encode()):08x}"


def visit_fingerprint(visit: Visit, policy_mark: str, key: bytes) -> str:
    """Return the mark of all that the rules go by for one visit, besides the minute.

    `policy_mark` is the policy's fingerprint, `key` the ledger's.
    """
    written = marshal.dumps(_all_plain(_COVERED[Visit](visit)), _FORMAT)
    # A third of what marks.mark takes; every pass does it for each visit of two days.
    return f"{policy_mark}:{blake2b(written, key=key, digest_size=_DIGEST).hexdigest()}"


def done_fingerprint(
    visit: Visit, record: Record, policy: Policy, now: datetime, policy_mark: str, key: bytes
) -> str:
    """Return the visit's fingerprint if it is through, else an empty text.

    Then nothing comes of it until Khanza says something new or another day begins.
    """
    done = is_done(visit, record, policy, now, key)
    return visit_fingerprint(visit, policy_mark, key) if done else ""


def is_done(visit: Visit, record: Record, policy: Policy, now: datetime, key: bytes) -> bool:
    """Return whether time alone changes nothing: whatever else does so changes the fingerprint.

    `record` is what was planned of the visit, `key` the ledger's. Against it stand what is open or
    in doubt, the delays of a cancel at the desk and of a NON JKN add, a time that lies ahead, and
    what was refused and mended since, but has to wait for its next try.
    """
    if any(push.open or push.maybe_sent for push in record.pushes.values()):
        return False
    if record.ended:
        return True
    if visit.cancelled_at_desk and told_to_bpjs(visit, record, policy):
        absent, seen = record.push(Step.TASK_99), record.seen
        if absent is None or (seen and closed_late_by_a_wrong_clock(absent, seen)):
            return False
    if visit.kind in policy.add and visit.kind != Kind.MOBILEJKN and Step.ADD not in record.pushes:
        return False
    context = VisitContext(
        visit=visit, policy=policy, seen=record.seen, now=now, pushes=record.pushes
    )
    events = events_of(context)
    if any(event.waktu > now for event in events.values()):
        return False
    return not _waits_for_another_try(visit, record, policy, events, key)


def _waits_for_another_try(
    visit: Visit, record: Record, policy: Policy, events: Mapping[int, Event], key: bytes
) -> bool:
    """Return whether something that was refused is mended, or may be by what no fingerprint covers.

    That is a surat kontrol.
    """
    add = record.push(Step.ADD)
    without = replace(visit, surat_kontrol=None)
    if add and add.state == State.REFUSED and lacks_reference(without, record):
        return True
    if has_another_add(visit, record, policy, key):
        return True
    refused = ((record.push(str(taskid)), event.waktu) for taskid, event in events.items())
    return any(push and has_another_time(push, waktu, record) for push, waktu in refused)


def _all_plain(values: Iterable[Any]) -> list[Any]:
    """Return values that every process writes down alike, without what is left out."""
    return [plain(value) if (plain := _PLAIN.get(type(value))) else value for value in values]


def _covered(table: type) -> Callable[[Any], tuple[Any, ...]]:
    """Return what reads the fields of a table that a fingerprint covers, as a plain tuple."""
    if not NOT_COVERED[table]:
        return tuple
    names: Sequence[str] | None = getattr(table, "_fields", None)
    if names is None:  # a dataclass, not a named tuple
        own = (one.name for one in fields(table))
        return attrgetter(*(name for name in own if name not in NOT_COVERED[table]))
    return itemgetter(*(at for at, name in enumerate(names) if name not in NOT_COVERED[table]))


_COVERED = {table: _covered(table) for table in NOT_COVERED}
_PLAIN: Mapping[type, Callable[[Any], Any]] = {
    **_COVERED,
    tuple: _all_plain,
    frozenset: sorted,  # a set has another order in every process
    date: date.isoformat,
    Kind: str,
}
