"""Visits beside the ledger's bookings → what becomes of each booking.

Under which booking a visit goes on, booking_of_visit.py says. Then, the first of these that fits
(rules/README.md, Which visits and States):

- The booking was made for its number, and is another patient's: what is open of it is held.
- Its clinic takes no part: what is open of its booking is held, and no other visit is looked at.
- It lies in the window, or the ledger knows it: it is planned (planner.py).
- A booking that Khanza was asked for and has no visit of is gone: what is open of it is held.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from antrean_cli.rules.booking_of_visit import Standing, standings
from antrean_cli.rules.codes import LeftAlive, Step
from antrean_cli.rules.done import done_fingerprint
from antrean_cli.rules.fingerprints import policy_fingerprint
from antrean_cli.rules.left_alive import after_look
from antrean_cli.rules.occasion import Occasion
from antrean_cli.rules.planner import (
    given_away,
    gone,
    left_out,
    moved_away,
    moved_to_booking,
    plan,
    withdrawn,
)
from antrean_cli.rules.push import EXACT, Record
from antrean_cli.rules.times import parse_datetime
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

    @property
    def tells_left_alive(self) -> bool:
        """Whether people are to be told now that BPJS holds it although Khanza has it no more."""
        told_before = self.before is not None and self.before.left_alive == LeftAlive.TOLD
        return self.after.left_alive == LeftAlive.TOLD and not told_before

    def going_on_as(self, record: Record) -> "Plan":
        """Return the plan with another record to come to, maybe under another kode booking."""
        if record.kodebooking == self.after.kodebooking or self.visit is None:
            return self._replace(after=record)
        visit = replace(self.visit, kodebooking=record.kodebooking)
        return Plan(self.before, record, visit, given_up=self.after.kodebooking)


def plans_of(
    visits: Sequence[Visit], records: Mapping[str, Record], occasion: Occasion
) -> list[Plan]:
    """Return a plan for every booking of these visits, and for every one that is gone.

    `records` is what the ledger knows of the visits, and all that is open in it.
    """
    policy_mark = policy_fingerprint(occasion.policy, occasion.today)
    plans, met = list[Plan](), set[str]()
    left_out_bookings = _left_out_of(visits, occasion)
    for visit, standing in standings(visits, records, occasion.key, occasion.vanished):
        met.update((visit.kodebooking, standing.kodebooking))
        besides = [
            *map(_of_another, standing.others),
            *map(_of_the_desk, standing.desks),
            *map(_of_another_day, standing.moved),
        ]
        met.update(one.after.kodebooking for one in besides)
        plans += besides
        if visit.left_by not in left_out_bookings and _is_still_left(visit, records):
            continue
        if one := _plan_of(visit, standing, occasion, policy_mark):
            plans.append(_restless(one) if any(map(_is_restless, (one, *besides))) else one)
    missing = (
        record
        for kodebooking, record in records.items()
        if kodebooking not in met and kodebooking in occasion.asked_for
    )
    return plans + [_missing(record, occasion) for record in missing]


# -- bookings that have no visit


def _of_another(record: Record) -> Plan:
    """Plan a booking whose number is another patient's now."""
    if not record.may_be_at_bpjs:
        return Plan(record, withdrawn(record), None)
    return Plan(record, after_look(given_away(record), gone=True), None)


def _of_the_desk(record: Record) -> Plan:
    """Plan a booking made at the desk, whose visit a Mobile JKN booking has now."""
    if not record.known_at_bpjs:
        return Plan(record, withdrawn(record), None)
    return Plan(record, after_look(moved_to_booking(record), gone=True), None)


def _of_another_day(record: Record) -> Plan:
    """Plan a booking that BPJS has on the day from which the desk moved its visit."""
    return Plan(record, after_look(gone(replace(record, done_fingerprint="")), gone=True), None)


def _missing(record: Record, occasion: Occasion) -> Plan:
    """Plan a booking that Khanza was asked for and has no visit of on the days of the window."""
    if record.kodebooking in occasion.elsewhere:
        return Plan(record, after_look(moved_away(record), gone=False), None)
    is_gone = record.kodebooking in occasion.vanished
    return Plan(record, after_look(gone(record), gone=is_gone), None)


def _left_out_of(visits: Sequence[Visit], occasion: Occasion) -> set[str]:
    """Return the cancelled bookings with a visit left over whose own clinic takes no part."""
    asked = {visit.left_by for visit in visits if visit.left_by}
    return {
        one.kodebooking
        for one in visits
        if one.kodebooking in asked and not takes_part(one, occasion.policy)
    }


def _is_still_left(visit: Visit, records: Mapping[str, Record]) -> bool:
    """Return whether a visit may still be the one of a booking that is just being cancelled.

    Khanza cancels the booking, deletes the visit and writes a row in _batal, one after the other.
    """
    if not visit.left_by:
        return False
    booking = records.get(visit.left_by)
    return booking is None or not (booking.left_alive or booking.ended or booking.push(Step.BATAL))


def _is_restless(plan: Plan) -> bool:
    """Return whether the next look decides about a booking, whatever Khanza says then."""
    if plan.after.left_alive == LeftAlive.NOT and plan.visit and plan.visit.cancelled_alone:
        return plan.after.may_live_at_bpjs
    return plan.after.left_alive == LeftAlive.SEEN


def _restless(plan: Plan) -> Plan:
    """Return the plan of a visit that has to be looked at once more."""
    return plan._replace(after=replace(plan.after, done_fingerprint=""))


# -- the others


def _plan_of(visit: Visit, standing: Standing, occasion: Occasion, policy_mark: str) -> Plan | None:
    policy, now, known = occasion.policy, occasion.now, standing.known
    if standing.kodebooking != visit.kodebooking:
        visit = replace(visit, kodebooking=standing.kodebooking)
    if not takes_part(visit, policy):
        return Plan(known, _of_its_owner(left_out(known), standing), None) if known else None
    if known is None and not _in_window(visit, occasion):
        return None
    after = plan(visit, known, policy, now, exact=occasion.exact, key=occasion.key)
    after = after_look(
        _of_its_owner(after, standing), gone=_has_lost_its_visit(visit, after, occasion)
    )
    mark = done_fingerprint(visit, after, policy, now, policy_mark, occasion.key)
    before, after = known or standing.replaced, replace(after, done_fingerprint=mark)
    return Plan(before, before if before == after else after, visit)  # most say nothing new


def _has_lost_its_visit(visit: Visit, record: Record, occasion: Occasion) -> bool:
    """Return whether a Mobile JKN booking has no visit any more, though nobody cancelled it there.

    Khanza deletes a visit at the desk, and leaves the booking as it was. One that BPJS was told of
    had a visit.
    """
    if visit.cancelled_alone:
        return not _is_just_cancelled(visit, occasion)
    return visit.unclear and record.known_at_bpjs


def _is_just_cancelled(visit: Visit, occasion: Occasion) -> bool:
    """Return whether Khanza may still be at a cancel, with its visit deleted and no row in _batal.

    Where the visit lives it is not: that row is written after the deletion.
    """
    if visit.names_another or visit.booking is None:
        return False
    cancelled = parse_datetime(visit.booking.validasi, occasion.policy.zone)
    return cancelled is not None and timedelta(0) <= occasion.now - cancelled < EXACT


def _of_its_owner(record: Record, standing: Standing) -> Record:
    """Return the record with whose it is, as this look tells."""
    return replace(record, owner=record.owner.updated(standing.owner), handed_on=False)


def _in_window(visit: Visit, occasion: Occasion) -> bool:
    """Return whether a new visit is looked at; of coming days only that it was cancelled."""
    if visit.tanggal < occasion.first:
        return False
    return visit.tanggal <= occasion.today or visit.cancel is not None
