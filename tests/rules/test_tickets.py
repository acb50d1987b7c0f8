"""Tasks 1 and 2 from the desk's tickets: both of one ticket, before task 3, or none of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from antrean_cli.rules.events import events_of
from antrean_cli.rules.ordering import arrange
from antrean_cli.rules.planner import plan
from antrean_cli.rules.push import MANUAL, Push, Record
from antrean_cli.rules.rows import Ticket
from antrean_cli.rules.sources import VisitContext
from antrean_cli.rules.visits import Visit
from tests.support.rows import (
    KEY,
    MONDAY,
    SUNDAY,
    TUESDAY,
    at,
    mobilejkn,
    on,
    onsite,
    policy,
    push,
    states,
    ticket,
)

TICKETS = {1: ("loket_cetak",), 2: ("loket_panggil",)}
PRINTED, CALLED = "07:50:00", "07:55:00"  # the patient is registered at 08:05
NINE = at("09:00")
NOT_CALLED = f"{MONDAY} 00:00:00"


def drawn(*tickets: Ticket, **changed: Any) -> Visit:
    """Return an onsite visit, registered at 08:05, with these tickets."""
    return onsite(tickets=tickets or (ticket(on(PRINTED), on(CALLED)),), **changed)


def events(visit: Visit, now: datetime = NINE, *pushes: Push, **chosen: Any) -> dict[int, str]:
    """Return the time of day of tasks 1 to 3, as Khanza has it."""
    sources = {"sources": TICKETS, **chosen}
    known = {str(one.step): one for one in pushes}
    context = VisitContext(visit=visit, policy=policy(**sources), seen=None, now=now, pushes=known)
    found = events_of(context)
    return {taskid: f"{one.waktu:%H:%M:%S}" for taskid, one in found.items() if taskid < 4}


BOTH = {1: PRINTED, 2: CALLED, 3: "08:05:00"}
ARRIVAL_ALONE = {3: "08:05:00"}


def test_the_ticket_and_its_call_are_tasks_1_and_2() -> None:
    assert events(drawn()) == BOTH


def test_without_the_settings_nothing_is_read_of_them() -> None:
    assert events(drawn(), sources={}) == ARRIVAL_ALONE
    assert not policy().tickets
    assert policy(sources=TICKETS).tickets


@pytest.mark.parametrize(
    "odd",
    [
        ticket(on(PRINTED), None),
        ticket(on(PRINTED), NOT_CALLED),
        ticket(on(PRINTED), "0000-00-00 00:00:00"),
        ticket(None, on(CALLED)),
        ticket(NOT_CALLED, on(CALLED)),
        ticket("", ""),
        ticket(on(CALLED), on(PRINTED)),  # called before it was printed
        ticket(on(PRINTED), on("08:20:00")),  # called after the registration
        ticket(on(PRINTED, SUNDAY), on(CALLED, SUNDAY)),
        ticket(on(PRINTED, TUESDAY), on(CALLED, TUESDAY)),
        ticket(on(PRINTED, SUNDAY), on(CALLED)),
        ticket("x", "-838:59:59"),
    ],
    ids=repr,
)
def test_one_time_alone_or_out_of_order_is_told_as_none(odd: Ticket) -> None:
    assert events(drawn(odd)) == ARRIVAL_ALONE


@pytest.mark.parametrize(
    ("clock", "told"), [("08:05:00", True), ("08:06:00", True), ("08:06:01", False)]
)
def test_a_call_within_a_tie_of_the_registration_is_before_it(clock: str, told: bool) -> None:
    assert (2 in events(drawn(ticket(on(PRINTED), on(clock))))) is told


def test_of_several_tickets_that_counts_which_was_called_last_before_task_3() -> None:
    tickets = (
        ticket(on("07:10"), on("07:20"), "A001"),
        ticket(on("07:40"), on("07:58"), "A002"),
        ticket(on("07:45"), NOT_CALLED, "A003"),
        ticket(on("08:30"), on("08:40"), "A004"),
    )
    assert events(drawn(*tickets)) == {1: "07:40:00", 2: "07:58:00", 3: "08:05:00"}


def test_that_counts_which_was_called_last_whatever_its_number() -> None:
    tickets = (
        ticket(on("07:40"), on("07:58"), "A001"),
        ticket(on("07:10"), on("07:20"), "A002"),
        ticket(on("07:45"), None, "A003"),
    )
    assert events(drawn(*tickets)) == {1: "07:40:00", 2: "07:58:00", 3: "08:05:00"}


def test_both_times_are_of_one_ticket() -> None:
    tickets = (ticket(on("07:10"), NOT_CALLED, "A001"), ticket(None, on("07:58"), "A002"))
    assert events(drawn(*tickets)) == ARRIVAL_ALONE


# -- beside task 3


def test_before_the_patient_is_known_to_have_come_nothing_is_told_of_them() -> None:
    """What was told of 2 would bind task 3, whose time may still be another."""
    visit = mobilejkn(tickets=(ticket(on(PRINTED), on(CALLED)),))
    assert set(events(visit)) == {3}
    ahead = drawn(reg={"jam_reg": "09:30:00"})
    assert set(events(ahead)) == {3}


def test_once_task_3_is_through_nothing_is_told_of_them() -> None:
    assert events(drawn(), at("09:00"), push("3", "sent", "08:05")) == ARRIVAL_ALONE


def test_what_was_told_of_them_is_still_recorded() -> None:
    told = (
        push("1", "sent", PRINTED, source="loket_cetak"),
        push("2", "sent", CALLED, source="loket_panggil"),
        push("3", "sent", "08:05", source="buka_poli"),
    )
    assert events(drawn(), at("09:00"), *told) == BOTH


def test_what_is_on_its_way_to_bpjs_counts_as_told() -> None:
    first = push("1", "sent", PRINTED, source="loket_cetak")
    assert events(drawn(), NINE, first) == BOTH
    sending = push("1", "sending", "07:45", source="loket_cetak")
    assert events(drawn(), NINE, sending) == {2: CALLED, 3: "08:05:00"}
    due = push("1", "due", "07:45", source="loket_cetak")
    assert events(drawn(), NINE, due) == BOTH
    assert events(drawn(), NINE, push("3", "due", "08:05", source="buka_poli")) == BOTH


def test_behind_one_whose_time_nobody_knows_nothing_is_told() -> None:
    assert events(drawn(), NINE, push("1", "already", source=MANUAL)) == ARRIVAL_ALONE
    assert events(drawn(), NINE, push("2", "already", source=MANUAL)) == ARRIVAL_ALONE


def test_they_are_told_from_the_moment_of_task_3_on() -> None:
    assert set(events(drawn(), at("08:04:59"))) == {3}
    assert events(drawn(), at("08:05")) == BOTH


def test_task_3_takes_another_true_time_behind_a_2_that_bpjs_has() -> None:
    """The check-in lies before the call: the opening of the clinic, which has a trace, counts."""
    visit = mobilejkn(
        reg={"jam_reg": "08:05:00", "stts": "Sudah"},
        book={"status": "Checkin", "validasi": on("07:40")},
    )
    assert events(visit, at("12:00")) == {3: "07:40:00"}
    told = push("2", "sent", CALLED, source=MANUAL)
    assert events(visit, at("12:00"), told) == {3: "08:05:00"}


def test_one_of_the_two_that_a_person_typed_is_completed() -> None:
    typed = push("1", "due", "07:45", source=MANUAL)
    assert events(drawn(), at("09:00"), typed) == {2: CALLED, 3: "08:05:00"}
    late = push("1", "due", "07:56:30", source=MANUAL)
    assert events(drawn(), at("09:00"), late) == ARRIVAL_ALONE
    second = push("2", "sent", "07:58", source=MANUAL)
    assert events(drawn(), at("09:00"), second) == {1: PRINTED, 3: "08:05:00"}
    early = push("2", "sent", "07:50", source=MANUAL)
    assert events(drawn(), at("09:00"), early) == ARRIVAL_ALONE


# -- as pushes


def planned(visit: Visit, known: Record | None = None, now: datetime = NINE) -> Record:
    return plan(visit, known, policy(sources=TICKETS), now, exact=True, key=KEY)


def test_they_are_due_between_the_add_and_task_3() -> None:
    one = planned(drawn())
    assert states(one) == dict.fromkeys(("add", "1", "2", "3"), "due")
    assert [one.pushes[step].source for step in "12"] == ["loket_cetak", "loket_panggil"]


def test_equal_times_rise_by_a_second() -> None:
    one = planned(drawn(ticket(on("08:05"), on("08:05"))))
    clocks = [f"{one.pushes[step].waktu:%H:%M:%S}" for step in "123"]
    assert clocks == ["08:05:00", "08:05:01", "08:05:02"]


def test_a_ticket_that_khanza_takes_back_is_withdrawn() -> None:
    known = planned(drawn())
    assert set(planned(onsite(), known).pushes) == {"add", "3"}


def test_what_was_not_sent_before_task_3_is_withdrawn_behind_it() -> None:
    known = planned(drawn()).with_pushes(push("add", "sent"), push("3", "sent", "08:05"))
    assert set(planned(drawn(), arrange(known, policy())).pushes) <= {"add", "1", "2", "3"}
    again = planned(drawn(), arrange(known, policy()))
    assert not any(one.open for one in again.pushes.values())


def test_a_ticket_is_no_later_task_for_the_question_of_a_held_add() -> None:
    """Else BPJS would be asked at once, before the SEP form had its quarter of an hour."""
    one = planned(drawn(sep=None), now=at("08:06"))
    assert one.pushes["add"].state == "held"
    assert one.pushes["add"].next_try == at("08:20")
