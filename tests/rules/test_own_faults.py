"""Whose fault it is that a push brings no envelope, when it is put off, and who hears of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from antrean_cli.rules.causes import Cause
from antrean_cli.rules.faults import Fault
from antrean_cli.rules.own_faults import (
    blamed,
    is_own,
    newly_told,
    put_off_by_itself,
    shown_fault,
    with_one_more,
)
from antrean_cli.rules.push import PushFault, Record
from tests.support.rows import at, push, record

NOW, BEFORE = at("10:00"), at("09:50")
MINUTE = timedelta(minutes=1)


def fault(times: int, *, own: bool = False) -> PushFault:
    return PushFault(times, BEFORE, Cause.TIMEOUT, None, own)


def failing(state: str = "due", times: int = 2, *, own: bool = False, **changed: Any) -> Record:
    return record(push("3", state, "08:05", **changed), faults={"3": fault(times, own=own)})


def test_faults_in_a_row_are_counted_from_the_first_one_on() -> None:
    page = Fault(cause=Cause.NO_ENVELOPE, status=502)
    first = with_one_more(record(push("3", recorded="08:05")), "3", page, NOW)
    assert first.faults == {"3": PushFault(1, NOW, Cause.NO_ENVELOPE, 502)}
    again = with_one_more(first, "3", Fault(cause=Cause.TIMEOUT), NOW + MINUTE)
    assert again.faults == {"3": PushFault(2, NOW, Cause.TIMEOUT)}
    own = with_one_more(failing(own=True), "3", page, NOW)
    assert own.faults["3"] == PushFault(3, BEFORE, Cause.NO_ENVELOPE, 502, own=True)


@pytest.mark.parametrize(
    ("times", "answered_at", "own"),
    [
        (2, NOW, True),
        (9, NOW, True),
        (1, NOW, False),
        (2, BEFORE, False),
        (2, BEFORE - MINUTE, False),
        (2, None, False),
    ],
)
def test_it_is_its_own_where_an_envelope_came_since(
    times: int, answered_at: datetime | None, own: bool
) -> None:
    assert is_own(failing(times=times), "3", answered_at) is own
    assert not is_own(failing(times=times), "4", answered_at)


@pytest.mark.parametrize(("times", "minutes"), [(1, 1), (2, 1), (3, 2), (4, 4), (7, 30), (20, 30)])
def test_it_is_put_off_by_itself(times: int, minutes: int) -> None:
    after = put_off_by_itself(failing(times=times), "3", None, NOW, 0.0)
    assert after.pushes["3"].next_try == NOW + minutes * MINUTE
    assert after.faults["3"] == fault(times, own=True)
    asked = put_off_by_itself(failing(times=times), "3", 3600.0, NOW, 0.0)
    assert asked.pushes["3"].next_try == NOW + 60 * MINUTE


@pytest.mark.parametrize(
    ("state", "put_off"),
    [("due", True), ("held", True), ("sent", False), ("closed", False), ("refused", False)],
)
def test_once_bpjs_answers_something_else_what_is_open_is_put_off(
    state: str, put_off: bool
) -> None:
    after = blamed(failing(state), NOW, 0.0)
    assert after.faults["3"].own is put_off
    assert after.pushes["3"].next_try == (NOW + MINUTE if put_off else None)
    gone = record(faults={"3": fault(2)})
    assert blamed(gone, NOW, 0.0) == gone


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (fault(2, own=True), fault(3, own=True), True),
        (fault(3), fault(3, own=True), True),
        (fault(3), fault(4), False),
        (fault(1, own=True), fault(2, own=True), False),
        (fault(3, own=True), fault(4, own=True), False),
        (None, fault(3, own=True), True),
    ],
)
def test_people_are_told_at_the_third(
    before: PushFault | None, after: PushFault, told: bool
) -> None:
    was = record(faults={"3": before} if before else {})
    assert newly_told(was, record(faults={"3": after})) == (["3"] if told else [])


@pytest.mark.parametrize(
    ("known", "shown"),
    [
        (failing(), True),
        (failing("held", 5), True),
        (failing("sending", needs_lookup=True), True),
        (failing("sent"), False),
        (failing("sent", needs_lookup=True), True),
        (failing(times=1), False),
        (record(push("3", recorded="08:05")), False),
        (record(faults={"3": fault(2)}), False),
    ],
)
def test_which_fault_is_shown(known: Record, shown: bool) -> None:
    assert shown_fault(known, "3") == (known.faults["3"] if shown else None)
