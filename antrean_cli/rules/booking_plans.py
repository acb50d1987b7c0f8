"""Visits beside the ledger's bookings → what becomes of each booking.

Under which booking a visit goes on, whose.py says. Then, the first of these that fits
(rules/README.md, Which visits and States):

- The booking was made for its number, and is another patient's: what is open of it is held.
- Its clinic takes no part: what is open of its booking is held, and no other visit is looked at.
- It lies in the window, or the ledger knows it: it is planned (planner.py).
- A booking that Khanza was asked for and has no visit of is gone: what is open of it is held.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple

from antrean_cli.rules.fingerprints import done_fingerprint, policy_fingerprint
from antrean_cli.rules.planner import given_away, gone, left_out, plan, withdrawn
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import Record
from antrean_cli.rules.visits import Visit, takes_part
from antrean_cli.rules.whose import Standing, standings


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
    visits: Sequence[Visit], records: Mapping[str, Record], occasion: Occasion
) -> list[Plan]:
    """Return a plan for every booking of these visits, and for every one that is gone.

    `records` is what the ledger knows of the visits, and all that is open in it.
    """
    policy_mark = policy_fingerprint(occasion.policy, occasion.today)
    plans, met = list[Plan](), set[str]()
    for visit, standing in standings(visits, records, occasion.key):
        met.update((visit.kodebooking, standing.kodebooking))
        met.update(other.kodebooking for other in (*standing.others, *standing.untold))
        plans += [Plan(other, given_away(other), None) for other in standing.others]
        plans += [Plan(other, withdrawn(other), None) for other in standing.untold]
        if one := _plan_of(visit, standing, occasion, policy_mark):
            plans.append(one)
    missing = (
        record
        for kodebooking, record in records.items()
        if kodebooking not in met and kodebooking in occasion.asked_for
    )
    return plans + [Plan(record, gone(record), None) for record in missing]


def _plan_of(visit: Visit, standing: Standing, occasion: Occasion, policy_mark: str) -> Plan | None:
    policy, now, known = occasion.policy, occasion.now, standing.known
    if standing.kodebooking != visit.kodebooking:
        visit = replace(visit, kodebooking=standing.kodebooking)
    if not takes_part(visit, policy):
        return Plan(known, _of_its_owner(left_out(known), standing), None) if known else None
    if known is None and not _in_window(visit, occasion):
        return None
    after = plan(visit, known, policy, now, exact=occasion.exact, key=occasion.key)
    after = _of_its_owner(after, standing)
    mark = done_fingerprint(visit, after, policy, now, policy_mark, occasion.key)
    return Plan(known or standing.replaced, replace(after, done_fingerprint=mark), visit)


def _of_its_owner(record: Record, standing: Standing) -> Record:
    """Return the record with whose it is, as this look tells."""
    return replace(record, owner=record.owner.updated(standing.owner), handed_on=False)


def _in_window(visit: Visit, occasion: Occasion) -> bool:
    """Return whether a new visit is looked at; of coming days only that it was cancelled."""
    if visit.tanggal < occasion.first:
        return False
    return visit.tanggal <= occasion.today or visit.cancel is not None
