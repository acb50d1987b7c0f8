"""Pushes → requests: what can be asked of BPJS for a booking now, by which call, with which body.

- An add and antrean farmasi are filled in from Khanza at the moment when they are sent: they wait
  while it is away.
- Antrean farmasi is in nobody's way: while it cannot be filled in, the tasks after it go out.
- A cancel goes out without Khanza too, with a reason that fits every one.
- What BPJS has refused is not sent again as it is (refused_bodies.py).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from antrean_cli.rules.add_lacks import what_add_lacks
from antrean_cli.rules.codes import CallName, Step, call_of
from antrean_cli.rules.ordering import Call, next_call
from antrean_cli.rules.payloads import (
    batal_body,
    farmasi_body,
    jenisresep_of,
    listtask_body,
    nomorantrean_of,
    update_body,
)
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import Record
from antrean_cli.rules.refused_bodies import add_to_send, mark_of_add, mark_of_time
from antrean_cli.rules.rows import Resep
from antrean_cli.rules.sources import VisitContext
from antrean_cli.rules.values import first_filled
from antrean_cli.rules.visits import Visit

KETERANGAN_BATAL = "Dibatalkan pasien"  # where Khanza has no reason, or cannot be asked for it


def sendable(
    record: Record, visit: Visit | None, policy: Policy, now: datetime, key: bytes
) -> Call | None:
    """Return what can be asked for a booking now, or None.

    `visit` is None where Khanza was not read; `key` is the ledger's.
    """
    call = next_call(record, now)
    if call is None:
        return None
    if call.push.step == Step.ADD:
        # Planning decides what an add lacks, and holds it. It is decided once more for what is due
        # all the same: while Khanza is away, where the surat kontrol were not asked for in this
        # pass (nothing new is known, so it stays due), and where a person made it due since. So is
        # whether BPJS has refused it as it is.
        if visit is None or what_add_lacks(visit) is not None:
            return None
        unsent = not record.refused(Step.ADD) or add_to_send(visit, record, policy, key)
        return call if unsent else None
    if call.push.step == Step.FARMASI:
        if visit and nomorantrean_of(_resep(visit, policy, now)) is not None:
            return call
        return next_call(record.keeping(lambda push: push.step != Step.FARMASI), now)
    return call


def call_name(call: Call) -> CallName:
    """Return the name of the call to make."""
    return CallName.LISTTASK if call.lookup else call_of(call.push.step)


def request_body(
    record: Record, call: Call, visit: Visit | None, policy: Policy, now: datetime, key: bytes
) -> dict[str, Any]:
    """Return the body to send; `key` is the ledger's.

    Raises ValueError where there is nothing to make it of: an add or antrean farmasi without the
    visit, an add of which BPJS has refused every body, a task without a time.
    """
    kodebooking, push = record.kodebooking, call.push
    if call.lookup:
        return listtask_body(kodebooking)
    if push.step == Step.BATAL:
        keterangan = visit.cancel.keterangan if visit and visit.cancel else None
        return batal_body(kodebooking, first_filled(keterangan, KETERANGAN_BATAL))
    if visit and push.step == Step.ADD and (body := add_to_send(visit, record, policy, key)):
        return body
    if visit and push.step == Step.FARMASI:
        resep = _resep(visit, policy, now)
        return farmasi_body(kodebooking, jenisresep_of(resep), nomorantrean_of(resep) or 0)
    if push.waktu is None:
        raise ValueError(f"{push.step} of {kodebooking} is due without what it needs")
    # jenisresep goes with task 5, and only from a hospital that runs antrean farmasi
    # (bpjs/README.md, Other bodies).
    told = visit if policy.farmasi and push.step == Step.TASK_5 else None
    jenisresep = jenisresep_of(_resep(told, policy, now)) if told else None
    return update_body(kodebooking, push.step, push.waktu, jenisresep)


def mark_of(call: Call, body: Mapping[str, Any], key: bytes) -> str:
    """Return the mark that a body is known again by if BPJS refuses it (refused_bodies.py).

    Empty for what is not tried anew by itself: antrean farmasi, a cancel, a look at a list.
    """
    push = call.push
    if call.lookup or push.step in (Step.BATAL, Step.FARMASI):
        return ""
    if push.step == Step.ADD:
        return mark_of_add(body, key)
    return mark_of_time(push.waktu) if push.waktu else ""


def _resep(visit: Visit, policy: Policy, now: datetime) -> Resep | None:
    return VisitContext(visit=visit, policy=policy, seen=None, now=now).resep()
