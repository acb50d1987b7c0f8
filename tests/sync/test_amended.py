"""What BPJS has under another code is planned under that one: plans beside BPJS's lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.booking_plans import Plan
from antrean_cli.rules.patients import Owner, marked, numbers_of
from antrean_cli.rules.push import MANUAL, Record
from antrean_cli.rules.visits import Visit
from antrean_cli.sync.adopt import amended
from antrean_cli.sync.day_lists import DayLists
from tests.support.rows import (
    MONDAY,
    NO_RAWAT,
    TUESDAY,
    WIB,
    antrean,
    at,
    onsite,
    policy,
    push,
    record,
    states,
)

NOW = at("10:00")
OTHER = "2026/11/23/000002"
DUE = record(push("add", "due"), push("3", recorded="08:05"))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "antrean.sqlite3", WIB) as opened:
        yield opened


def saved(ledger: Ledger, *records: Record) -> None:
    with ledger.transaction():
        for one in records:
            ledger.save(None, one, NOW)


def planned(visit: Visit | None = None, after: Record = DUE) -> Plan:
    return Plan(None, after, visit or onsite())


def codes(ledger: Ledger, *plans: Plan, rows: Any = None, **chosen: Any) -> list[str]:
    """Return under which codes these are planned, where BPJS has these rows on Monday."""
    lists = {MONDAY: [antrean()]} if rows is None else rows
    day_lists = DayLists({}, lists, True, None, None)
    found = amended(plans, day_lists, ledger, policy(adopt=True, **chosen))
    return [one.after.kodebooking for one in found]


def test_a_visit_that_bpjs_has_under_another_code_is_planned_under_that_one(
    ledger: Ledger,
) -> None:
    assert codes(ledger, planned()) == ["KIOS-1"]


@pytest.mark.parametrize(
    "one",
    [
        Plan(None, DUE, None),  # no visit
        planned(after=record(push("add", "sent"), push("3", recorded="08:05"))),  # through
        planned(after=replace(DUE, tanggal=TUESDAY)),  # no list of its day
    ],
    ids=["no visit", "through", "another day"],
)
def test_what_no_list_decides_about_stays_as_it_is(ledger: Ledger, one: Plan) -> None:
    assert codes(ledger, one) == [NO_RAWAT]
    assert codes(ledger, one, rows={}) == [NO_RAWAT]


def test_of_two_visits_that_one_booking_fits_the_first_gets_it(ledger: Ledger) -> None:
    second = planned(onsite(reg={"no_rawat": OTHER}), replace(DUE, kodebooking=OTHER))
    assert codes(ledger, second, planned()) == ["KIOS-1", OTHER]
    earlier = Plan(None, replace(DUE, kodebooking="Z", tanggal=MONDAY), onsite())
    assert codes(ledger, planned(), earlier) == ["KIOS-1", "Z"]


def test_the_booking_of_another_visit_is_not_taken(ledger: Ledger) -> None:
    saved(ledger, record(push("add", "sent"), kodebooking="KIOS-1", no_rawat=OTHER))
    assert codes(ledger, planned()) == [NO_RAWAT]


def test_a_booking_without_a_visit_any_more_takes_nothing(ledger: Ledger) -> None:
    gone = Plan(None, record(push("add", "sent"), kodebooking="KIOS-1"), None)
    assert codes(ledger, gone, planned()) == ["KIOS-1", "KIOS-1"]


def test_what_was_sent_by_hand_under_the_other_code_goes_along(ledger: Ledger) -> None:
    typed = push("1", "sent", None, waktu=at("07:50"), source=MANUAL)
    saved(ledger, record(typed, kodebooking="KIOS-1", kind="manual", no_rawat=""))
    day_lists = DayLists({}, {MONDAY: [antrean()]}, True, None, None)
    (found,) = amended([planned()], day_lists, ledger, policy(adopt=True))
    assert found.given_up == NO_RAWAT
    assert states(found.after) == {"add": "already", "3": "due", "1": "sent"}


def test_another_patients_booking_under_our_own_code_is_left_to_her(ledger: Ledger) -> None:
    mine = Owner(marked(numbers_of("000001", "3200000000000001", "0009000000001"), ledger.key))
    hers = antrean(NO_RAWAT, norm="9", nik="9901010101000009", nomorkartu="0009000000009")
    saved(ledger, record(push("add", "due")))
    one = Plan(record(push("add", "due")), replace(DUE, owner=mine), onsite())
    day_lists = DayLists({}, {MONDAY: [hers]}, True, None, None)
    left, anew = amended([one], day_lists, ledger, policy(adopt=True))
    assert (left.after.kodebooking, left.after.handed_on) == (NO_RAWAT, True)
    assert (left.before, left.visit) == (one.before, None)
    assert (anew.before, anew.after.kodebooking, anew.visit) == (None, f"{NO_RAWAT}-2", None)
    assert not anew.after.handed_on
