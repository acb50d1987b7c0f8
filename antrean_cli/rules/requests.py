"""Pushes → requests: what can be asked of BPJS for a booking now, by which call, and with which
body.

- An add and antrean farmasi are filled in from Khanza at the moment when they are sent: they wait
  while it is away.
- Antrean farmasi is in nobody's way: while it cannot be filled in, the tasks after it go out.
- A cancel goes out without Khanza too, with a reason that fits every one.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from antrean_cli.rules.answers import LISTTASK, call_of
from antrean_cli.rules.chain import ADD, BATAL, FARMASI, UNLISTED, Call, Record, next_call
from antrean_cli.rules.payloads import (
    add_body,
    batal_body,
    farmasi_body,
    jenisresep_of,
    listtask_body,
    missing,
    nomorantrean_of,
    update_body,
)
from antrean_cli.rules.rows import Resep
from antrean_cli.rules.sources import VisitContext
from antrean_cli.rules.visits import Policy, Visit

KETERANGAN_BATAL = "Dibatalkan pasien"  # where Khanza has no reason, or cannot be asked for it


def sendable(record: Record, visit: Visit | None, policy: Policy, now: datetime) -> Call | None:
    """Return what can be asked for a booking now, or None; `visit` is None where Khanza was not
    read.
    """
    call = next_call(record, now)
    if call is None or call.push.step not in UNLISTED:
        return call
    if call.push.step == ADD:
        return None if visit is None or missing(visit) else call
    if visit and nomorantrean_of(_resep(visit, policy, now)) is not None:
        return call
    others = {step: push for step, push in record.pushes.items() if step != FARMASI}
    return next_call(replace(record, pushes=others), now)


def call_name(call: Call) -> str:
    """Return the name of the call to make."""
    return LISTTASK if call.lookup else call_of(call.push.step)


def request_body(
    kodebooking: str, call: Call, visit: Visit | None, policy: Policy, now: datetime
) -> dict[str, Any]:
    """Return the body to send; raises ValueError for a push that `sendable` would not have
    returned.
    """
    push = call.push
    if call.lookup:
        return listtask_body(kodebooking)
    if push.step == BATAL:
        keterangan = visit and visit.cancel and visit.cancel.keterangan
        return batal_body(kodebooking, keterangan or KETERANGAN_BATAL)
    if visit and push.step == ADD:
        return add_body(visit, policy)
    if visit and push.step == FARMASI:
        resep = _resep(visit, policy, now)
        return farmasi_body(kodebooking, jenisresep_of(resep), nomorantrean_of(resep) or 0)
    if push.waktu is None:
        raise ValueError(f"{push.step} of {kodebooking} is due without what it needs")
    # "jenisresep only for a hospital that runs antrean farmasi (others send it with task 5);
    # otherwise leave it out"
    told = visit if policy.farmasi and push.step == "5" else None
    jenisresep = jenisresep_of(_resep(told, policy, now)) if told else None
    return update_body(kodebooking, push.step, push.waktu, jenisresep)


def _resep(visit: Visit, policy: Policy, now: datetime) -> Resep | None:
    return VisitContext(visit=visit, policy=policy, seen=None, now=now).resep()
