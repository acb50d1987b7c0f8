"""Visits beside the ledger's bookings → what becomes of each booking.

A visit keeps the kode booking that it was first given, or added anew with after a cancel. Then, the
first of these that fits (rules/README.md, Which visits and States):

- Its clinic takes no part: what is open of its booking is held, and no other visit is looked at.
- It lies in the window, or the ledger knows it: it is planned (planner.py).
- A booking that Khanza was asked for and has no visit of is gone: what is open of it is held.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple

from antrean_cli.rules.codes import Kind
from antrean_cli.rules.fingerprints import done_fingerprint, policy_fingerprint
from antrean_cli.rules.planner import gone, left_out, plan
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import Record
from antrean_cli.rules.visits import Visit, takes_part


class Plan(NamedTuple):
    """One booking as it was and as it should be.

    - `before` is None for a new one, `visit` where Khanza has none that takes part.
    - `given_up` is the kode booking that was planned with, where BPJS has another for the visit.
    """

    before: Record | None
    after: Record
    visit: Visit | None
    given_up: str = ""

    @property
    def changed(self) -> bool:
        """Whether there is something to write."""
        return self.before != self.after

    def going_on_as(self, record: Record) -> "Plan":
        """Return the plan with another record to come to, maybe under another kode booking."""
        if record.kodebooking == self.after.kodebooking or self.visit is None:
            return self._replace(after=record)
        visit = replace(self.visit, kodebooking=record.kodebooking)
        return Plan(self.before, record, visit, given_up=self.after.kodebooking)


class Occasion(NamedTuple):
    """When visits are looked at, and how.

    - `first` is the first day of the window, whose last one is today.
    - `exact`: the pass before was no more than five minutes ago (see StatusObservation).
    - `key` is the ledger's, which its marks are made with.
    - `asked_for` are the kode booking that Khanza was asked for: only those can be gone. What
      somebody opened again while Khanza answered was not asked for.
    """

    policy: Policy
    now: datetime
    first: date
    exact: bool
    asked_for: Container[str]
    key: bytes

    @property
    def today(self) -> date:
        """The day at the hospital."""
        return self.now.astimezone(self.policy.zone).date()


def plans_of(
    visits: Iterable[Visit], records: Mapping[str, Record], occasion: Occasion
) -> list[Plan]:
    """Return a plan for every booking of these visits, and for every one that is gone.

    `records` is what the ledger knows of the visits, and all that is open in it.
    """
    policy_mark = policy_fingerprint(occasion.policy, occasion.today)
    given = _codes_given(records.values())
    plans, met = list[Plan](), set[str]()
    for visit in visits:
        known = _known(visit, records, given)
        met.add(visit.kodebooking)
        if known and known.kodebooking != visit.kodebooking:
            visit = replace(visit, kodebooking=known.kodebooking)
            met.add(visit.kodebooking)
        if one := _plan_of(visit, known, occasion, policy_mark):
            plans.append(one)
    missing = (
        record
        for kodebooking, record in records.items()
        if kodebooking not in met and kodebooking in occasion.asked_for
    )
    return plans + [Plan(record, gone(record), None) for record in missing]


def _codes_given(records: Iterable[Record]) -> dict[str, Record]:
    """Return the booking that each visit at the desk goes on under, by its no_rawat.

    A kode booking that is made of the clinic or the queue number would change with them: the one
    first given stays. After a cancel it is the one that the visit was added with anew.
    """
    given: dict[str, Record] = {}
    for record in records:
        if record.kind == Kind.MOBILEJKN or not record.no_rawat:
            continue
        if record.no_rawat not in given or given[record.no_rawat].ended:
            given[record.no_rawat] = record
    return given


def _known(
    visit: Visit, records: Mapping[str, Record], given: Mapping[str, Record]
) -> Record | None:
    """Return the ledger's booking of a visit."""
    own = records.get(visit.kodebooking)
    if visit.kind == Kind.MOBILEJKN or (own and not own.ended):
        return own
    return given.get(visit.no_rawat or "", own)


def _plan_of(
    visit: Visit, known: Record | None, occasion: Occasion, policy_mark: str
) -> Plan | None:
    policy, now = occasion.policy, occasion.now
    if not takes_part(visit, policy):
        return Plan(known, left_out(known), None) if known else None
    if known is None and not _in_window(visit, occasion):
        return None
    after = plan(visit, known, policy, now, exact=occasion.exact)
    mark = done_fingerprint(visit, after, policy, now, policy_mark, occasion.key)
    return Plan(known, replace(after, done_fingerprint=mark), visit)


def _in_window(visit: Visit, occasion: Occasion) -> bool:
    """Return whether a new visit is looked at; of coming days only that it was cancelled."""
    if visit.tanggal < occasion.first:
        return False
    return visit.tanggal <= occasion.today or visit.cancel is not None
