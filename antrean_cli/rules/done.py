"""When a visit is through: nothing comes of it until Khanza says something new.

By what that is noticed, fingerprints.py says.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from antrean_cli.rules.cancels import closed_late_by_a_wrong_clock, told_to_bpjs
from antrean_cli.rules.codes import Kind, State, Step
from antrean_cli.rules.events import Event, events_of
from antrean_cli.rules.fingerprints import visit_fingerprint
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import Record
from antrean_cli.rules.references import lacks_reference
from antrean_cli.rules.refused_bodies import has_another_add, has_another_time
from antrean_cli.rules.sources import VisitContext
from antrean_cli.rules.visits import Visit


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
    if any(push.unfinished for push in record.pushes.values()):
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
    # Anew: those of the planner rest on what was open before it, and kept its source.
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
