"""Under which booking of the ledger's a visit goes on, and which visits are planned at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from antrean_cli.rules.booking_plans import Plan, plans_of
from antrean_cli.rules.codes import LeftAlive
from antrean_cli.rules.occasion import Occasion
from antrean_cli.rules.patients import owner_of
from antrean_cli.rules.push import Record
from antrean_cli.rules.visits import Visit
from tests.support.rows import (
    KEY,
    MONDAY,
    NO_RAWAT,
    NOBOOKING,
    WIB,
    WIT,
    at,
    booking,
    cancel,
    mobilejkn,
    nonjkn,
    onsite,
    policy,
    push,
    record,
    states,
    words,
)

NOW = at("10:00")
TOMORROW = MONDAY + timedelta(days=1)
OTHER = {"norm": "000002", "nik": "3200000000000002", "nomorkartu": "0009000000002"}
OLD, NEW = "LAMA-1", "BARU-1"  # kode booking of the same visit


def occasion(now: datetime = NOW, **changed: Any) -> Occasion:
    asked_for = changed.pop("asked_for", ())
    first = changed.pop("first", MONDAY - timedelta(days=1))
    return Occasion(
        policy=policy(**changed),
        now=now,
        first=first,
        exact=True,
        asked_for=frozenset(asked_for),
        key=KEY,
    )


def plans(visits: Sequence[Visit], *known: Record, **changed: Any) -> list[Plan]:
    return plans_of(visits, {one.kodebooking: one for one in known}, occasion(**changed))


def through(kodebooking: str, **changed: Any) -> Record:
    """Return a booking of the visit whose add and task 3 BPJS has."""
    return record(
        push("add", "sent"), push("3", "sent", "08:05"), kodebooking=kodebooking, **changed
    )


def cancelled(kodebooking: str) -> Record:
    return record(push("add", "sent"), push("batal", "sent"), kodebooking=kodebooking)


# -- the window


@pytest.mark.parametrize(
    ("days", "planned"), [(-2, False), (-1, True), (0, True), (1, False)], ids=str
)
def test_a_new_visit_is_planned_if_it_lies_in_the_window(days: int, planned: bool) -> None:
    visit = onsite(tanggal=MONDAY + timedelta(days=days))
    assert [one.visit for one in plans([visit])] == [visit] * planned


def test_of_a_coming_day_only_a_cancel_is_planned() -> None:
    visit = mobilejkn(tanggal=TOMORROW, registration=None, cancel=cancel())
    (one,) = plans([visit])
    assert states(one.after) == {"batal": "due"}
    assert plans([replace(visit, cancel=None)]) == []


@pytest.mark.parametrize("days", [-6, 1])
def test_what_the_ledger_knows_is_planned_whatever_its_day(days: int) -> None:
    visit = onsite(tanggal=MONDAY + timedelta(days=days))
    known = record(push("add", "held"), tanggal=visit.tanggal)
    (one,) = plans([visit], known)
    assert (one.before, one.visit) == (known, visit)


@pytest.mark.parametrize(("zone", "day"), [(WIB, MONDAY), (WIT, TOMORROW)])
def test_today_is_the_hospitals(zone: Any, day: object) -> None:
    assert occasion(at("22:30"), zone=zone).today == day


# -- clinics that take no part


def test_of_a_clinic_that_takes_no_part_only_what_the_ledger_knows_is_held() -> None:
    assert plans([onsite()], skip_poli=frozenset({"INT"})) == []
    known = record(push("add", "sent"), push("3", "due", "08:05"))
    (one,) = plans([onsite()], known, skip_poli=frozenset({"INT"}))
    assert (one.before, one.visit, states(one.after)) == (known, None, {"add": "sent", "3": "held"})
    assert words(one.after.pushes["3"].reason).startswith("poli tidak ikut")


# -- under which kode booking


def test_a_visit_keeps_the_kode_booking_that_it_was_first_given() -> None:
    (one,) = plans([onsite(kodebooking=NEW)], through(OLD))
    assert (one.after.kodebooking, one.visit and one.visit.kodebooking) == (OLD, OLD)
    assert (one.given_up, states(one.after)) == ("", {"add": "sent", "3": "sent"})


def test_its_own_kode_booking_weighs_more_than_another_of_the_same_visit() -> None:
    (one, *_) = plans([onsite(kodebooking=NEW)], through(OLD), through(NEW))
    assert one.after.kodebooking == NEW


@pytest.mark.parametrize("first", [OLD, NEW])
def test_after_a_cancel_it_goes_on_under_the_one_that_it_was_added_with_anew(first: str) -> None:
    known = [cancelled(OLD), through(NEW)]
    (one,) = plans([onsite(kodebooking=OLD)], *known[:: 1 if first == OLD else -1])
    assert one.after.kodebooking == NEW


def test_a_cancelled_booking_alone_stays_the_visits_own() -> None:
    (one,) = plans([onsite(kodebooking=OLD)], cancelled(OLD))
    assert (one.after.kodebooking, states(one.after)) == (OLD, {"add": "sent", "batal": "sent"})


def test_a_mobile_jkn_booking_has_bpjss_own_code_and_gives_it_to_nobody() -> None:
    booked = through(NOBOOKING, kind="mobilejkn")
    (one,) = plans([onsite()], booked)
    assert (one.before, one.after.kodebooking) == (None, NO_RAWAT)
    desk, one = plans([mobilejkn()], through(OLD), first=MONDAY)
    assert (one.before, one.after.kodebooking) == (None, NOBOOKING)
    assert (desk.after.kodebooking, desk.visit) == (OLD, None)
    (one,) = plans([mobilejkn(booking=booking(), tanggal=MONDAY)], booked)
    assert one.before == booked


def test_a_booking_without_a_visit_of_khanzas_is_given_to_nobody() -> None:
    by_hand = through(OLD, no_rawat="")
    (one,) = plans([onsite()], by_hand)
    assert one.before is None


# -- what is gone


def test_a_booking_that_khanza_was_asked_for_and_has_not_is_gone() -> None:
    known = record(push("add", "sent"), push("3", "due", "08:05"))
    (one,) = plans([], known, asked_for=[NO_RAWAT])
    assert (one.before, one.visit, states(one.after)) == (known, None, {"add": "sent", "3": "held"})
    assert words(one.after.pushes["3"].reason).startswith("kunjungan tidak ada lagi di Khanza")
    assert plans([], known) == [], "somebody opened it again while Khanza answered"


@pytest.mark.parametrize(
    "visit",
    [onsite(), onsite(kodebooking=NEW), onsite(reg={"kd_poli": "IGDK"})],
    ids=["met", "met under another code", "of a clinic that takes no part"],
)
def test_a_booking_whose_visit_was_met_is_not_gone(visit: Visit) -> None:
    known = record(push("add", "sent"), push("3", "due", "08:05"))
    assert len(plans([visit], known, asked_for=[NO_RAWAT])) == 1


# -- plans


def test_what_a_visit_leaves_behind_is_planned_once() -> None:
    """The booking of the desk that a Mobile JKN booking takes over, and another patient's."""
    desk = record(push("add", "due"), kodebooking=OLD)
    strangers = replace(desk, owner=owner_of(onsite(reg=OTHER).registration, None, KEY))
    for visit, left in ((mobilejkn(), desk), (onsite(), strangers)):
        found = plans([visit], left, asked_for=[OLD])
        assert [one.after.kodebooking for one in found].count(OLD) == 1
        assert len(found) == 2


def test_a_visit_that_is_through_is_marked_and_one_with_something_open_is_not() -> None:
    (one,) = plans([onsite()], through(NO_RAWAT))
    assert one.after.done_fingerprint.startswith(f"{MONDAY}:")
    assert one.changed
    (again,) = plans([onsite()], one.after)
    assert not again.changed
    (new,) = plans([nonjkn(reg={"jam_reg": "09:50:00"})])  # its add waits for its delay
    assert new.after.done_fingerprint == ""


def test_a_plan_goes_on_as_another_record_under_the_same_code_or_another() -> None:
    (one,) = plans([onsite()])
    held = replace(one.after, pushes={})
    assert one.going_on_as(held) == one._replace(after=held)
    adopted = replace(one.after, kodebooking="KIOS-1")
    other = one.going_on_as(adopted)
    assert (other.before, other.after, other.given_up) == (None, adopted, NO_RAWAT)
    assert other.visit == replace(onsite(), kodebooking="KIOS-1")
    without = one._replace(visit=None)
    assert without.going_on_as(adopted) == without._replace(after=adopted)


# -- what BPJS holds although Khanza has it no more

SEEN, TOLD, NOT = LeftAlive.SEEN, LeftAlive.TOLD, LeftAlive.NOT


@pytest.mark.parametrize(
    ("before", "after", "tells"),
    [
        (None, NOT, False),
        (None, TOLD, True),
        (NOT, TOLD, True),
        (SEEN, TOLD, True),
        (TOLD, TOLD, False),
        (SEEN, SEEN, False),
        (TOLD, NOT, False),
    ],
)
def test_what_is_left_alive_is_told_once(
    before: LeftAlive | None, after: LeftAlive, tells: bool
) -> None:
    known = None if before is None else record(left_alive=before)
    assert Plan(known, record(left_alive=after), None).tells_left_alive is tells


def test_a_booking_that_is_gone_is_seen_to_be_left_alive_only_if_khanza_has_no_row_of_it() -> None:
    known = through(OLD)
    for vanished, expected in (((OLD,), SEEN), ((), NOT)):
        gone = occasion(asked_for=(OLD,))._replace(vanished=vanished)
        (plan,) = plans_of([], {OLD: known}, gone)
        assert plan.after.left_alive == expected


LEFT = replace(onsite(), left_by=NOBOOKING)


@pytest.mark.parametrize(
    ("known", "planned"),
    [
        (None, False),  # the booking is just being cancelled
        (record(kodebooking=NOBOOKING, kind="mobilejkn"), False),
        (record(kodebooking=NOBOOKING, kind="mobilejkn", left_alive=SEEN), True),
        (record(push("batal", "sent"), kodebooking=NOBOOKING, kind="mobilejkn"), True),
        (record(push("99", "sent"), kodebooking=NOBOOKING, kind="mobilejkn"), True),
        (record(push("batal", "due"), kodebooking=NOBOOKING, kind="mobilejkn"), True),
    ],
)
def test_a_visit_that_its_booking_has_left_is_one_of_its_own_once_the_cancel_is_through(
    known: Record | None, planned: bool
) -> None:
    found = plans([LEFT], *([known] if known else []))
    assert (NO_RAWAT in [one.after.kodebooking for one in found]) is planned


def test_a_visit_of_a_booking_that_is_looked_at_again_is_not_through() -> None:
    whole = record(*(push(step, "sent", "08:05") for step in ("add", "3", "4", "5", "6", "7")))
    visit = mobilejkn(cancelled_alone=True, registration=None, book={"status": "Batal"})
    known = replace(whole, kodebooking=NOBOOKING, kind=visit.kind, no_rawat="")
    (plan,) = plans([visit], known)
    assert (plan.after.left_alive, plan.after.done_fingerprint) == (SEEN, "")


def test_a_visit_goes_on_as_its_owners_and_is_handed_on_no_more() -> None:
    known = record(push("add", "sent"))
    (plan,) = plans([onsite()], known)
    assert plan.before == known
    assert plan.after.owner == owner_of(onsite().registration, None, KEY)
    assert not plan.after.handed_on
