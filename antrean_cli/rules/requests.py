"""Pushes → requests: what is asked of BPJS for a booking now, by which call, with which body.

- An add and antrean farmasi are filled in from Khanza at the moment when they are sent: they wait
  while it is away.
- Antrean farmasi is in nobody's way: while it cannot be filled in, the tasks after it go out.
- A cancel goes out without Khanza too, with a reason that fits every one.
- What BPJS has refused is not sent again as it is (refused_bodies.py).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from antrean_cli.rules.codes import CallName, Step, call_of
from antrean_cli.rules.ordering import next_call
from antrean_cli.rules.payloads import (
    batal_body,
    farmasi_body,
    jenisresep_of,
    listtask_body,
    nomorantrean_of,
    update_body,
)
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import Push, Record
from antrean_cli.rules.refused_bodies import MarkedBody, add_to_send, mark_of_time
from antrean_cli.rules.rows import Resep
from antrean_cli.rules.sources import VisitContext
from antrean_cli.rules.values import first_filled
from antrean_cli.rules.visits import Visit

KETERANGAN_BATAL = "Dibatalkan pasien"  # where Khanza has no reason, or cannot be asked for it


class Request(NamedTuple):
    """What is asked of BPJS for one booking: a call with its body.

    - `push` is what it tells, or why BPJS is asked what it holds (`lookup`).
    - `body` can hold a patient's numbers: it is sent, and never stored or logged.
    - `mark` is what the body is known again by if BPJS refuses it (refused_bodies.py); empty for
      what is not tried anew by itself: antrean farmasi, a cancel, a look at a list.
    """

    kodebooking: str
    call: CallName
    push: Push
    body: Mapping[str, Any]
    mark: str

    def __repr__(self) -> str:
        return f"Request({self.kodebooking!r}, {self.call}, {self.push.step})"

    @property
    def lookup(self) -> bool:
        """Whether it asks what BPJS holds, and tells nothing."""
        return self.call == CallName.LISTTASK


def next_request(
    record: Record, visit: Visit | None, policy: Policy, now: datetime, key: bytes
) -> Request | None:
    """Return what is asked of BPJS next for a booking, or None if nothing can be asked now.

    `visit` is None where Khanza was not read; `key` is the ledger's.
    """
    call = next_call(record, now)
    if call is None:
        return None
    push = call.push
    if call.lookup:
        return lookup(record.kodebooking, push)
    if filled := _filled(push, record, visit, policy, now, key):
        return Request(record.kodebooking, call_of(push.step), push, *filled)
    if push.step == Step.FARMASI:
        others = record.keeping(lambda push: push.step != Step.FARMASI)
        return next_request(others, visit, policy, now, key)
    return None


def lookup(kodebooking: str, push: Push) -> Request:
    """Return the request for what BPJS holds of a booking, because of one of its pushes."""
    return Request(kodebooking, CallName.LISTTASK, push, listtask_body(kodebooking), "")


def _filled(
    push: Push, record: Record, visit: Visit | None, policy: Policy, now: datetime, key: bytes
) -> MarkedBody | None:
    """Return the body that tells a push, with its mark; None while it cannot be filled in."""
    kodebooking = record.kodebooking
    if push.step == Step.ADD:
        # Planning decides what an add lacks, and holds it. It is decided once more for what is due
        # all the same: while Khanza is away, where the surat kontrol were not asked for in this
        # pass (nothing new is known, so it stays due), and where a person made it due since. So is
        # whether BPJS has refused it as it is.
        return add_to_send(visit, record, policy, key) if visit else None
    if push.step == Step.FARMASI:
        resep = _resep(visit, policy, now) if visit else None
        number = nomorantrean_of(resep)
        if number is None:
            return None
        return farmasi_body(kodebooking, jenisresep_of(resep), number), ""
    if push.step == Step.BATAL:
        keterangan = visit.cancel.keterangan if visit and visit.cancel else None
        return batal_body(kodebooking, first_filled(keterangan, KETERANGAN_BATAL)), ""
    if push.waktu is None:
        return None
    # jenisresep goes with task 5, and only from a hospital that runs antrean farmasi
    # (bpjs/README.md, Other bodies).
    told = visit if policy.farmasi and push.step == Step.TASK_5 else None
    jenisresep = jenisresep_of(_resep(told, policy, now)) if told else None
    body = update_body(kodebooking, push.step, push.waktu, jenisresep)
    return body, mark_of_time(push.waktu)


def _resep(visit: Visit, policy: Policy, now: datetime) -> Resep | None:
    return VisitContext(visit=visit, policy=policy, seen=None, now=now).resep()
