"""One booking's pushes: order, times, the day of service, holds, and which call is next."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antrean_cli.render.words import STATES as VIEW_STATES
from antrean_cli.rules.codes import State, Step
from antrean_cli.rules.ordering import (
    arrange,
    closed_behind,
    demand_on,
    next_call,
    question_of,
)
from antrean_cli.rules.push import MANUAL, Change, Push, Record, Refusal, changes, pending
from antrean_cli.rules.reasons import ReasonCode, because
from antrean_cli.rules.refused_bodies import mark_of_time
from antrean_cli.rules.transitions import recover_in_flight
from tests.support.rows import (
    MONDAY,
    TUESDAY,
    WIT,
    WITA,
    at,
    policy,
    push,
    reason,
    record,
    states,
    words,
)

LATER = at("20:00")


def clock(value: Push) -> str:
    """Return the time of day that a push goes out with."""
    assert value.waktu is not None
    return f"{value.waktu:%H:%M:%S}"


def arranged(*pushes: Push, **changed: Any) -> Record:
    """Return a record of these pushes, arranged by the default policy."""
    return arrange(record(*pushes, **changed), policy())


# Times


def test_three_equal_times_go_out_a_second_apart_and_keep_what_was_recorded() -> None:
    after = arranged(
        push("3", recorded="08:05"), push("4", recorded="08:05"), push("5", recorded="08:05")
    )
    assert [clock(after.pushes[step]) for step in "345"] == ["08:05:00", "08:05:01", "08:05:02"]
    assert [after.pushes[step].recorded for step in "345"] == [at("08:05")] * 3
    assert set(states(after).values()) == {"due"}


def test_a_time_in_the_wrong_order_is_held_and_both_times_are_named() -> None:
    after = arranged(push("3", "sent", "08:05"), push("4", recorded="08:03:59"))
    held = after.pushes["4"]
    assert held.state == "held"
    assert held.reason is not None
    assert "08:03:59" in words(held.reason)
    assert "08:05:00" in words(held.reason)


def test_the_times_in_a_reason_are_the_hospitals() -> None:
    one = record(
        push("3", "sent", at("08:05", zone=WIT)), push("4", recorded=at("07:00", zone=WIT))
    )
    held = arrange(one, policy(zone=WIT)).pushes["4"]
    assert held.reason is not None
    assert "07:00:00" in words(held.reason)
    assert "08:05:00" in words(held.reason)


def test_the_one_before_is_the_time_that_bpjs_holds() -> None:
    """Somebody else sent task 3 at 08:20, and Khanza recorded 08:05: what counts is 08:20."""
    there = push("3", "already", "08:05", waktu=at("08:20"))
    assert arranged(there, push("4", recorded="08:10")).pushes["4"].state == "held"
    assert clock(arranged(there, push("4", recorded="08:19:30")).pushes["4"]) == "08:20:01"
    assert clock(arranged(there, push("4", recorded="08:21")).pushes["4"]) == "08:21:00"


def test_a_task_that_bpjs_holds_but_khanza_never_had_counts_as_well() -> None:
    there = push("4", "already", None, waktu=at("08:40"))
    after = arranged(push("3", "sent", "08:05"), there, push("5", recorded="08:39:50"))
    assert clock(after.pushes["5"]) == "08:40:01"


@pytest.mark.parametrize("held_by_bpjs", ["1", "2"])
def test_tasks_sent_by_hand_come_before_the_rest(held_by_bpjs: str) -> None:
    by_hand = push(held_by_bpjs, "sent", None, waktu=at("08:30"))
    assert arranged(by_hand, push("3", recorded="08:05")).pushes["3"].state == "held"


def test_a_corrected_time_goes_on_by_itself() -> None:
    held = arranged(push("3", "sent", "08:05"), push("4", recorded="07:00"))
    corrected = arrange(
        held.with_pushes(push("4", "held", "08:30", reason=held.pushes["4"].reason)), policy()
    )
    assert states(corrected) == {"3": "sent", "4": "due"}
    assert corrected.pushes["4"].reason is None


# The day of service


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        (at("00:00"), "due"),
        (at("23:59:59"), "due"),
        (at("00:00", TUESDAY), "closed"),
        (at("23:59:59", MONDAY - timedelta(days=1)), "closed"),
        (at("01:59:59", MONDAY, WIT), "closed"),  # still Sunday in WIB
        (at("02:00", MONDAY, WIT), "due"),
        (at("01:59:59", TUESDAY, WIT), "due"),  # still Monday in WIB
        (at("02:00", TUESDAY, WIT), "closed"),
        (at("00:59:59", TUESDAY, WITA), "due"),
        (at("01:00", TUESDAY, WITA), "closed"),
    ],
)
def test_a_time_outside_the_day_of_service_is_closed(recorded: datetime, expected: str) -> None:
    """BPJS judges the day in WIB, wherever the hospital is."""
    after = arrange(record(push("3", recorded=recorded)), policy(zone=recorded.tzinfo))
    assert after.pushes["3"].state == expected
    if expected == "closed":
        assert after.pushes["3"].reason is not None
        assert "di luar hari pelayanan" in words(after.pushes["3"].reason)


def test_a_tie_that_crosses_midnight_is_closed() -> None:
    """One second after 23:59:59 is another day."""
    after = arranged(push("3", "sent", "23:59:59"), push("4", recorded="23:59:59"))
    assert after.pushes["4"].state == "closed"
    assert after.pushes["4"].reason is not None
    assert "di luar hari pelayanan" in words(after.pushes["4"].reason)


def test_what_follows_a_task_outside_the_day_is_closed_with_it() -> None:
    after = arranged(
        push("3", recorded=at("08:05", TUESDAY)),
        push("4", recorded="08:30"),
        push("5", recorded="09:00"),
    )
    assert states(after) == {"3": "closed", "4": "closed", "5": "closed"}


# Order


@pytest.mark.parametrize(
    ("first", "text"),
    [
        (None, "menunggu task 3"),
        (
            push("3", "held", "08:05", reason=reason("hadir")),
            "menunggu task 3",
        ),
        (push("3", "refused", "08:05", reason=reason("ditolak")), "menunggu task 3"),
        (push("3", "sending", "08:05"), "menunggu task 3"),
    ],
)
def test_a_task_waits_for_the_one_before(first: Push | None, text: str) -> None:
    after = arranged(
        *([first] if first else []), push("4", recorded="08:30"), push("5", recorded="09:00")
    )
    assert (after.pushes["4"].state, after.pushes["5"].state) == ("held", "held")
    assert after.pushes["4"].reason is not None
    assert words(after.pushes["4"].reason) == text


def test_a_missing_task_is_named() -> None:
    after = arranged(
        push("3", "sent", "08:05"), push("5", recorded="09:00"), push("7", recorded="09:30")
    )
    assert [words(after.pushes[step].reason) for step in "57"] == [
        "menunggu task 4",
        "menunggu task 5",
    ]


def test_a_held_task_goes_on_once_its_reason_is_gone() -> None:
    held = arranged(push("3", "sent", "08:05"), push("5", recorded="09:00"))
    after = arrange(held.with_pushes(push("4", recorded="08:30")), policy())
    assert states(after) == {"3": "sent", "5": "due", "4": "due"}


def test_a_task_that_bpjs_holds_opens_the_way_over_a_gap() -> None:
    """Task 3 was refused, but BPJS has task 4 from somebody else: task 5 may go."""
    after = arranged(
        push("3", "refused", "08:05"), push("4", "already", "08:30"), push("5", recorded="09:00")
    )
    assert after.pushes["5"].state == "due"


def test_tasks_1_and_2_are_never_waited_for() -> None:
    assert arranged(push("3", recorded="08:05")).pushes["3"].state == "due"


def test_tasks_wait_while_their_add_is_held_and_say_why() -> None:
    add = push("add", "held", reason=reason("petakan.poli", kd_poli="INT"))
    after = arranged(add, push("3", recorded="08:05"), push("4", recorded="08:30"))
    assert states(after) == {"add": "held", "3": "held", "4": "held"}
    assert after.pushes["3"].reason is not None
    assert "poli INT belum dipetakan" in words(after.pushes["3"].reason)


@pytest.mark.parametrize("state", ["due", "sending", "sent", "already", "refused", "closed"])
def test_an_add_in_any_other_state_does_not_hold_the_tasks(state: str) -> None:
    """A refused add does not by itself stop the tasks: BPJS's answer to the first one tells."""
    after = arranged(push("add", state, reason=reason("sep")), push("3", recorded="08:05"))
    assert after.pushes["3"].state == "due"


def test_99_is_free_of_order_and_ties() -> None:
    absent = push("99", recorded="07:00")
    after = arranged(
        push("3", "held", "08:05", reason=reason("hadir")), push("4", "sent", "08:30"), absent
    )
    assert after.pushes["99"] == absent


# The next call


def test_the_add_goes_first_then_the_tasks_in_order() -> None:
    one = arranged(
        push("5", recorded="09:00"),
        push("4", recorded="08:30"),
        push("3", recorded="08:05"),
        push("add"),
    )
    order = []
    while call := next_call(one, LATER):
        order.append(call.push.step)
        one = arrange(one.with_pushes(push(call.push.step, "sent", call.push.recorded)), policy())
    assert order == ["add", "3", "4", "5"]


@pytest.mark.parametrize(
    ("pushes", "expected"),
    [
        ([push("add"), push("3", recorded="08:05"), push("batal")], "batal"),
        ([push("add"), push("3", recorded="08:05"), push("99", recorded="08:10")], "99"),
        ([push("add", "refused"), push("3", recorded="08:05")], "3"),
        ([push("add", "closed", reason=reason("sep")), push("3", recorded="08:05")], "3"),
        ([push("add", "held", reason=reason("petakan"))], None),
        (
            [push("3", "sending", "08:05"), push("4", recorded="08:30")],
            None,
        ),  # one call at a time for a booking
        ([push("add", "sending"), push("99", recorded="08:10")], None),
        (
            [push("batal", "sent"), push("3", recorded="08:05")],
            None,
        ),  # after a cancel, nothing more
        ([push("99", "already", "08:10"), push("3", recorded="08:05"), push("add")], None),
        ([push("3", "sent", "08:05")], None),
        ([], None),
    ],
)
def test_which_step_is_next(pushes: list[Push], expected: str | None) -> None:
    call = next_call(record(*pushes), LATER)
    assert (call.push.step if call else None) == expected
    assert call is None or not call.lookup


@pytest.mark.parametrize("step", ["add", "3", "99", "batal"])
def test_a_push_that_was_put_off_waits_for_its_time(step: str) -> None:
    one = record(push(step, recorded="08:05", next_try=at("10:00")))
    assert next_call(one, at("09:59:59")) is None
    assert next_call(one, at("10:00")) is not None


def test_nothing_overtakes_what_was_put_off() -> None:
    put_off: dict[str, Any] = {"next_try": at("21:00")}
    assert next_call(record(push("add", **put_off), push("3", recorded="08:05")), LATER) is None
    assert (
        next_call(
            record(push("3", recorded="08:05", **put_off), push("4", recorded="08:30")), LATER
        )
        is None
    )


def test_a_time_that_is_not_yet_past_waits() -> None:
    """Also the second that a tie adds."""
    one = arranged(push("3", "sent", "08:05"), push("4", recorded="08:05"))
    assert next_call(one, at("08:05:00")) is None
    assert next_call(one, at("08:05:01")) is not None


def test_what_is_in_doubt_is_asked_for_although_a_clock_put_back_says_it_is_still_to_come() -> None:
    """A cancel would have to wait for it."""
    call = next_call(
        record(push("4", recorded="08:30", needs_lookup=True), push("99", recorded="02:29")),
        at("02:45"),
    )
    assert call is not None
    assert (call.push.step, call.lookup) == ("4", True)


def test_what_died_in_flight_is_looked_up_before_anything_else_of_that_booking() -> None:
    dead = recover_in_flight(push("4", "sending", "08:30"))
    assert (dead.state, dead.needs_lookup) == ("due", True)
    call = next_call(record(push("3", "sent", "08:05"), dead, push("5", recorded="09:00")), LATER)
    assert call is not None
    assert (call.push.step, call.lookup) == ("4", True)


@pytest.mark.parametrize("step", ["add", "batal"])
def test_add_and_batal_in_doubt_are_sent_again(step: str) -> None:
    """There is nothing to look them up with; 208 settles them."""
    call = next_call(record(recover_in_flight(push(step, "sending"))), LATER)
    assert call is not None
    assert (call.push.step, call.lookup) == (step, False)


def test_99_in_doubt_is_looked_up() -> None:
    call = next_call(record(push("99", recorded="08:10", needs_lookup=True)), LATER)
    assert call is not None
    assert call.lookup


@pytest.mark.parametrize("state", ["already", "refused"])
def test_the_time_that_bpjs_holds_is_asked_for_before_the_next_task(state: str) -> None:
    call = next_call(
        record(push("3", state, "08:05", needs_lookup=True), push("4", recorded="08:30")), LATER
    )
    assert call is not None
    assert (call.push.step, call.lookup) == ("3", True)


DEMANDED: dict[str, Any] = {
    "blocked_by": "3",
    "reason": reason("diminta.task", step="3"),
}


def test_a_task_that_bpjs_made_wait_is_tried_again_at_its_time() -> None:
    one = record(push("4", "held", "08:30", next_try=at("10:00"), **DEMANDED))
    assert next_call(one, at("09:59")) is None
    call = next_call(one, at("10:00"))
    assert call is not None
    assert call.push.step == "4"


@pytest.mark.parametrize(
    "code", ["batal", "hilang", "poli", "waktu", "ditolak", "urutan", "antrean", "hadir", "jadwal"]
)
def test_a_task_held_for_any_other_reason_is_not_tried(code: str) -> None:
    held = push("4", "held", "08:30", blocked_by="3", reason=reason(code), next_try=at("08:31"))
    assert next_call(record(push("3", "sent", "08:05"), held), LATER) is None


def test_a_demanded_step_that_is_there_lets_the_task_go() -> None:
    after = arranged(
        push("3", "sent", "08:05"),
        push("4", "held", "08:30", attempts=1, next_try=LATER, **DEMANDED),
    )
    assert (after.pushes["4"].state, after.pushes["4"].next_try) == ("due", None)
    assert next_call(after, at("08:31")) is not None


@pytest.mark.parametrize("state", ["held", "refused", "closed"])
def test_a_demanded_step_that_is_not_there_holds_the_task(state: str) -> None:
    after = arranged(
        push("2", state, reason=reason("tutup")),
        push("3", "held", "08:05", **{**DEMANDED, "blocked_by": "2"}),
    )
    assert after.pushes["3"].state in ("held", "closed")


# Questions of a held add

ASKING: dict[str, Any] = {"reason": reason("antrean", add=reason("petakan"))}
HELD_ADD = push("add", "held", reason=reason("petakan"), next_try=at("09:00"))


def test_the_first_task_is_held_behind_a_held_add_and_the_others_behind_it() -> None:
    after = arranged(HELD_ADD, push("3", recorded="08:05"), push("4", recorded="08:30"))
    assert [words(after.pushes[step].reason) for step in "34"] == [
        "menunggu antrean: poli … belum dipetakan di maping_poli_bpjs",
        "menunggu task 3",
    ]
    asked = arranged(replace(HELD_ADD, attempts=1), push("3", recorded="08:05"))
    assert words(asked.pushes["3"].reason).startswith("antrean belum ada di BPJS: poli")


def test_a_task_whose_time_is_none_is_no_question() -> None:
    after = arranged(
        HELD_ADD, push("3", recorded=at("08:05", TUESDAY)), push("4", recorded="08:30")
    )
    assert states(after) == {"add": "held", "3": "closed", "4": "closed"}


@pytest.mark.parametrize(
    ("add", "asks"),
    [
        (HELD_ADD, True),
        (replace(HELD_ADD, next_try=at("09:01")), False),
        (replace(HELD_ADD, next_try=at("00:00", TUESDAY)), False),
        (replace(HELD_ADD, next_try=at("09:01", TUESDAY)), True),  # by a clock that ran ahead
        (replace(HELD_ADD, next_try=None), True),
        (replace(HELD_ADD, next_try=None, attempts=6), False),  # that was the last one
        (replace(HELD_ADD, reason=reason("ganda")), False),
        (replace(HELD_ADD, reason=reason("ulang")), False),
        (push("add", "refused", reason=reason("ditolak")), False),
    ],
)
def test_when_the_first_task_asks(add: Push, asks: bool) -> None:
    one = record(add, push("3", "held", "08:05", **ASKING), push("4", "held", "08:30"))
    call = next_call(one, at("09:00"))
    assert (call is not None and (call.push.step, call.lookup) == ("3", False)) is asks


@pytest.mark.parametrize(
    "three",
    [
        push("3", "held", "09:01", **ASKING),  # not yet past
        push("3", "held", "08:05", next_try=at("09:01"), **ASKING),  # put off by BPJS
        push("3", "held", "08:05", reason=reason("hadir")),
        push("3", "refused", "08:05", reason=reason("ditolak")),
    ],
)
def test_what_is_no_question(three: Push) -> None:
    assert next_call(record(HELD_ADD, three, push("4", "held", "08:30")), at("09:00")) is None


def test_a_missing_first_task_lets_no_other_one_ask() -> None:
    after = arranged(HELD_ADD, push("4", recorded="08:30"))
    assert words(after.pushes["4"].reason) == "menunggu task 3"
    assert next_call(after, LATER) is None


# Counting and telling


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (push("3", "due", "08:05"), 1),
        (push("3", "sending", "08:05"), 1),
        (push("3", "already", "08:05", needs_lookup=True), 1),
        (push("4", "held", "08:30", **DEMANDED), 0),  # tried again by itself, but not on its way
        (push("3", "held", "08:05", reason=reason("hadir")), 0),
        (push("3", "sent", "08:05"), 0),
        (push("3", "already", "08:05"), 0),
        (push("3", "refused", "08:05"), 0),
        (push("3", "closed", "08:05"), 0),
    ],
)
def test_how_many_pushes_are_on_their_way(one: Push, expected: int) -> None:
    assert pending(record(one)) == expected


def test_changes_come_in_the_order_of_the_steps_and_only_for_what_differs() -> None:
    before = record(
        push("3", "sent", "08:05"), push("4", "due", "08:30"), push("6", "held", "09:00")
    )
    after = record(
        push("batal"), push("4", "sent", "08:30"), push("3", "sent", "08:05"), push("add", "sent")
    )
    assert [
        (one.push.step, one.before is None, one.after is None) for one in changes(before, after)
    ] == [
        ("add", True, False),
        ("4", False, False),
        ("6", False, True),
        ("batal", True, False),
    ]
    assert changes(after, after) == []
    assert len(changes(None, after)) == 4


HELD = push("3", "held", "08:05", reason=reason("hadir"))


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (None, HELD, True),
        (None, push("3", "due", "08:05"), False),  # it is told when it is sent
        (None, push("3", "due", "08:05", needs_lookup=True), True),
        (push("3", "due", "08:05"), push("3", "sent", "08:05"), True),
        (HELD, push("3", "held", "08:05", reason=reason("jadwal")), True),
        (
            push("3", "sent", "08:05"),
            push("3", "sent", "08:05", note=reason("catatan.waktu")),
            True,
        ),
        (push("3", "due", "08:05"), push("3", "due", "08:05", attempts=1, next_try=LATER), False),
        (push("3", "due", "08:05"), push("3", "due", "08:06"), False),
    ],
)
def test_one_line_of_log_per_change(before: Push | None, after: Push, told: bool) -> None:
    assert Change(record=record(), before=before, after=after).reportable is told


def test_the_states_are_the_contracts() -> None:
    assert set(VIEW_STATES) == {"held", "due", "sending", "sent", "already", "refused", "closed"}


# Properties

TIMES = st.integers(min_value=-2 * 3600, max_value=26 * 3600).map(
    lambda s: at("00:00") + timedelta(seconds=s)
)
NEAR = st.integers(min_value=0, max_value=400).map(lambda s: at("08:00") + timedelta(seconds=s))
TIES = st.sampled_from([0, 1, 60, 3600]).map(lambda s: timedelta(seconds=s))


@st.composite
def tasks(draw: st.DrawFn, step: str) -> Push:
    """Return one task in any state that the ledger can hold."""
    state = draw(st.sampled_from(["held", "due", "sent", "already", "refused", "closed"]))
    recorded = draw(st.one_of(NEAR, TIMES))
    if state in ("sent", "already"):
        return push(
            step,
            state,
            draw(st.one_of(st.none(), st.just(recorded))),
            waktu=draw(st.one_of(NEAR, TIMES)),
        )
    codes = {
        "held": ["hadir", "jadwal", "urutan", "antrean", "waktu", "diminta", "ditolak"],
        "closed": ["hari", "hadir", "sep", "lewat"],
        "refused": ["ditolak"],
    }
    why = reason(draw(st.sampled_from(codes[state]))) if state in codes else None
    needs = (
        draw(st.sampled_from([str(int(step) - 1), "add"]))
        if why and why.code.family == "diminta"
        else ""
    )
    return push(step, state, recorded, reason=why, blocked_by=needs)


@st.composite
def records(draw: st.DrawFn) -> Record:
    """Return one booking with some of its tasks, and an add in some state."""
    steps = draw(st.lists(st.sampled_from(["3", "4", "5", "6", "7"]), unique=True))
    add = draw(st.sampled_from([None, "held", "due", "sent", "refused"]))
    pushes = [draw(tasks(step)) for step in steps]
    return record(*([push("add", add, reason=reason("petakan"))] if add else []), *pushes)


@settings(deadline=None)
@given(records(), TIES)
def test_due_times_strictly_rise(one: Record, tie: timedelta) -> None:
    """Among themselves, and after the nearest task that BPJS has."""
    before: datetime | None = None
    for step in "34567":
        found = arrange(one, policy(tie=tie)).push(step)
        if found and found.state == "due":
            assert found.waktu is not None
            assert before is None or found.waktu > before
        if found and (found.state == "due" or found.done):
            before = found.waktu


@settings(deadline=None)
@given(records(), TIES)
def test_every_due_time_lies_on_the_day_of_service(one: Record, tie: timedelta) -> None:
    for found in arrange(one, policy(tie=tie)).pushes.values():
        if found.state == "due" and found.step in "34567":
            assert found.waktu is not None
            assert date(2026, 11, 23) == found.waktu.date()


@settings(deadline=None)
@given(records(), TIES)
def test_nothing_is_due_behind_a_gap(one: Record, tie: timedelta) -> None:
    """A missing, held, closed or refused task lets a later one be due only if one between them is
    done.
    """
    after = arrange(one, policy(tie=tie))
    add = after.push("add")
    open_way = add is None or add.state != "held"
    for step in "34567":
        found = after.push(step)
        if found and found.state == "due":
            assert open_way
        open_way = found is not None and (found.done or found.state == "due")


@settings(deadline=None)
@given(records(), TIES)
def test_arranging_twice_changes_nothing(one: Record, tie: timedelta) -> None:
    once = arrange(one, policy(tie=tie))
    assert arrange(once, policy(tie=tie)) == once


@settings(deadline=None)
@given(records(), TIES)
def test_arranging_leaves_what_is_through_alone(one: Record, tie: timedelta) -> None:
    after = arrange(one, policy(tie=tie))
    assert set(after.pushes) == set(one.pushes)
    for step, known in one.pushes.items():
        if known.state not in ("held", "due"):
            assert after.pushes[step] == known
        assert after.pushes[step].recorded == known.recorded


@settings(deadline=None)
@given(
    records(), st.sampled_from([at("00:00"), at("08:03"), at("09:00"), LATER, at("06:00", TUESDAY)])
)
def test_the_next_call_is_never_a_time_that_is_not_past(one: Record, now: datetime) -> None:
    call = next_call(arrange(one, policy()), now)
    if call and not call.lookup and call.push.step != "add":
        assert call.push.waktu is not None
        assert call.push.waktu <= now


def test_a_next_try_that_a_clock_ahead_noted_is_not_waited_for() -> None:
    """A wait is never longer than an hour and a minute, whoever noted it."""
    one = record(push("3", recorded="08:05", next_try=at("10:00", TUESDAY)))
    assert next_call(one, at("10:00")) is not None


# At the edges


def code_of(value: Push) -> str:
    assert value.reason is not None
    return str(value.reason.code)


@pytest.mark.parametrize(
    ("add", "state", "code"),
    [
        (push("add", "held", reason=reason("referensi")), "held", "antrean"),
        (push("add", "held", reason=reason("referensi"), attempts=1), "held", "antrean.belum"),
        (push("add", "held", reason=reason("referensi"), needs_lookup=True), "due", None),
        (push("add", "due"), "due", None),
        (push("add", "refused", reason=reason("ditolak", text="x")), "due", None),
    ],
)
def test_which_add_the_first_task_waits_for(add: Push, state: str, code: str | None) -> None:
    three = arranged(add, push("3", recorded="08:05")).pushes["3"]
    assert three.state == state
    if code:
        assert three.reason is not None
        assert (three.reason.code, three.reason.get("add")) == (code, reason("referensi"))


def test_behind_a_closed_task_the_others_say_which_it_was() -> None:
    closed = push("3", "closed", "08:05", reason=reason("hari"))
    one = arranged(closed, push("4", recorded="08:20"), push("5", recorded="08:40"))
    assert [one.pushes[step].reason for step in "45"] == [reason("hari")._replace(behind="3")] * 2
    assert not closed_behind(closed)
    assert closed_behind(one.pushes["4"])
    assert not closed_behind(replace(one.pushes["4"], state=State.HELD))
    assert not closed_behind(push("4", "closed"))


@pytest.mark.parametrize(
    ("four", "why"),
    [
        (push("4", recorded="08:20", reason=reason("ditolak", text="x")), "ditolak"),
        (push("4", recorded="08:20", code="299"), "kode 299"),
        (push("4", recorded="08:20"), "kode 201"),
    ],
)
def test_a_time_that_bpjs_has_refused_is_refused_again(four: Push, why: str) -> None:
    refused = {"4": (Refusal(mark_of_time(at("08:20")), at("08:30")),)}
    one = arranged(push("3", "sent", "08:05"), four, refusals=refused).pushes["4"]
    assert one.state == "refused"
    assert why in f"{code_of(one)} {words(one.reason)}"


@pytest.mark.parametrize(
    ("held", "state"),
    [
        (because(ReasonCode.WRONG_ORDER, step="3"), "due"),
        (because(ReasonCode.TIME_UNRECORDED, step="3"), "held"),
        (because(ReasonCode.WAITING_FOR_ADMISSION), "due"),
        (because(ReasonCode.WAITING_FOR_ADMISSION, until=LATER), "held"),
        (because(ReasonCode.TIME_UNRECORDED, until=LATER), "held"),
    ],
)
def test_what_holds_a_task_by_itself(held: Any, state: str) -> None:
    assert arranged(push("3", "held", "08:05", reason=held)).pushes["3"].state == state


@pytest.mark.parametrize(
    ("source", "add", "state"),
    [
        (MANUAL, push("add", "refused", reason=reason("ditolak", text="x")), "held"),
        (MANUAL, push("add", "sent"), "due"),
        (MANUAL, None, "due"),
        ("buka_poli", push("add", "sent"), "held"),
    ],
)
def test_what_a_person_typed_goes_on_with_the_add_that_was_refused(
    source: str, add: Push | None, state: str
) -> None:
    why = because(ReasonCode.ADD_REFUSED, add=reason("ditolak", text="x"))
    typed = push("3", "held", "08:05", reason=why, source=source)
    one = arranged(*([add] if add else []), typed)
    assert one.pushes["3"].state == state


def test_a_task_by_hand_goes_with_the_time_that_it_was_sent_with() -> None:
    by_hand = push("4", "held", None, waktu=at("08:20"), reason=reason("antrean"))
    assert arranged(push("3", "sent", "08:05"), by_hand).pushes["4"].state == "due"
    without = replace(by_hand, waktu=None)
    assert arranged(push("3", "sent", "08:05"), without).pushes["4"].state == "held"


def test_a_time_of_another_day_is_named() -> None:
    other = push("3", recorded=at("08:05", TUESDAY))
    three = arranged(other).pushes["3"]
    assert three.reason == because(ReasonCode.NOT_ON_DAY, waktu=at("08:05", TUESDAY))
    moved = arranged(push("3", "sent", "23:59:59"), push("4", recorded="23:59:59")).pushes["4"]
    assert moved.reason == because(ReasonCode.NOT_ON_DAY, waktu=at("23:59:59"))


@pytest.mark.parametrize(
    ("demand", "attempts", "next_try"),
    [
        ("4", 1, None),
        ("4", 2, None),
        ("4", 3, LATER),
    ],
)
def test_what_waited_for_a_step_goes_at_once_when_it_came_unless_too_many_were_asked_for(
    demand: str, attempts: int, next_try: datetime | None
) -> None:
    five = push(
        "5",
        "held",
        "08:40",
        reason=reason("diminta", step="4"),
        blocked_by=Step(demand),
        attempts=attempts,
        next_try=LATER,
    )
    one = arranged(push("3", "sent", "08:05"), push("4", "sent", "08:20"), five).pushes["5"]
    assert (one.state, one.next_try, one.blocked_by) == ("due", next_try, demand)
    due = replace(five, state=State.DUE, reason=None)
    again = arranged(push("3", "sent", "08:05"), push("4", "sent", "08:20"), due).pushes["5"]
    assert again.next_try == LATER


def test_once_the_add_came_nothing_of_the_demand_is_left() -> None:
    three = push(
        "3",
        "held",
        "08:05",
        reason=because(ReasonCode.DEMANDED_ADD),
        blocked_by=Step.ADD,
        attempts=3,
        next_try=LATER,
    )
    one = arranged(push("add", "sent"), three).pushes["3"]
    assert (one.blocked_by, one.next_try, one.attempts) == (None, None, 0)


@pytest.mark.parametrize(
    ("source", "step", "code"),
    [
        (MANUAL, Step.ADD, ReasonCode.KEPT),
        (MANUAL, Step.TASK_3, ReasonCode.DEMANDED_TASK),
        ("buka_poli", Step.ADD, ReasonCode.DEMANDED_ADD),
    ],
)
def test_what_bpjs_demands_of_what_a_person_sent(source: str, step: Step, code: ReasonCode) -> None:
    assert demand_on(push("4", source=source), step).code == code


def asked(*pushes: Push, now: datetime = LATER) -> tuple[str, bool] | None:
    call = next_call(record(*pushes), now)
    return (str(call.push.step), call.lookup) if call else None


DOUBTFUL = push("3", "due", "08:05", needs_lookup=True)


@pytest.mark.parametrize(
    ("pushes", "expected"),
    [
        ((push("batal"), DOUBTFUL), ("batal", False)),
        ((push("batal", next_try=at("20:10")), DOUBTFUL), ("3", True)),
        ((push("batal"), push("99", "sent")), None),
        ((push("batal", needs_lookup=True),), ("batal", False)),
        ((push("batal", "held", needs_lookup=True),), ("batal", True)),
        ((push("batal", next_try=at("20:10")), push("3", recorded="08:05")), None),
        ((push("99", recorded="08:05"), push("3", recorded="08:05")), ("99", False)),
        ((push("add"), push("3", recorded="08:05")), ("add", False)),
        ((push("farmasi"), push("6", recorded="08:05")), ("farmasi", False)),
        ((push("farmasi", "held"), push("6", recorded="08:05")), ("6", False)),
        ((DOUBTFUL, push("4", "held", needs_lookup=True, next_try=at("20:10"))), None),
        ((push("add", needs_lookup=True), push("3", recorded="08:05")), ("add", False)),
    ],
)
def test_what_is_asked_first(pushes: tuple[Push, ...], expected: tuple[str, bool] | None) -> None:
    assert asked(*pushes) == expected


def test_the_first_task_that_is_not_through_asks_for_a_held_add() -> None:
    add = push("add", "held", reason=reason("referensi"))
    waits = because(ReasonCode.WAITING_FOR_ADD, add=reason("referensi"))
    four = push("4", "held", "08:20", reason=waits)
    one = record(add, push("3", "sent", "08:05"), four)
    assert question_of(one, LATER) == four
    first = push("1", "held", "07:50", reason=waits)
    both = record(add, first, push("3", "held", "08:05", reason=waits))
    assert question_of(both, LATER) == first
    over = record(add, push("1", "refused", "07:50"), push("3", "held", "08:05", reason=waits))
    assert question_of(over, LATER) == over.pushes["3"]


@pytest.mark.parametrize(
    ("reason_code", "longest"),
    [(ReasonCode.KEPT, timedelta(days=1)), (ReasonCode.DEMANDED_ADD, timedelta(minutes=61))],
)
def test_a_next_try_beyond_the_longest_wait_was_noted_by_a_clock_that_ran_ahead(
    reason_code: ReasonCode, longest: timedelta
) -> None:
    def waiting(next_try: datetime) -> Push:
        return push("3", "held", "08:05", reason=because(reason_code), next_try=next_try)

    assert asked(waiting(LATER + longest)) is None
    assert asked(waiting(LATER + longest + timedelta(seconds=1))) == ("3", False)
    assert asked(waiting(LATER)) == ("3", False)
    assert asked(waiting(LATER + timedelta(seconds=1))) is None


def test_what_was_demanded_once_and_is_due_again_is_asked_once() -> None:
    due = push("3", recorded="08:05", reason=because(ReasonCode.DEMANDED_ADD))
    later = replace(due, next_try=at("20:10"))
    assert asked(due) == ("3", False)
    assert asked(later, push("4", recorded="08:20")) is None


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (ReasonCode.WAITING_FOR_TASK, "due"),
        (ReasonCode.WAITING_FOR_ADD, "due"),
        (ReasonCode.ADD_NOT_THERE, "due"),
        (ReasonCode.WAITING_FOR_ADMISSION, "due"),
        (ReasonCode.WRONG_ORDER, "due"),
        (ReasonCode.DEMANDED_TASK, "due"),
        (ReasonCode.DEMANDED_ADD, "due"),
        (ReasonCode.KEPT, "due"),
        (ReasonCode.CONTRADICTION, "held"),
        (ReasonCode.TIMES_DISAGREE, "held"),
        (ReasonCode.GONE, "held"),
        (ReasonCode.IN_DOUBT, "held"),
    ],
)
def test_what_follows_from_the_other_pushes_is_found_anew(code: ReasonCode, state: str) -> None:
    one = push("3", "held", "08:05", reason=because(code))
    assert arranged(one).pushes["3"].state == state


@pytest.mark.parametrize(
    ("code", "asks"),
    [
        (ReasonCode.WAITING_FOR_ADD, True),
        (ReasonCode.ADD_NOT_THERE, True),
        (ReasonCode.KEPT, False),
        (ReasonCode.WRONG_ORDER, False),
    ],
)
def test_what_waits_for_a_held_add_asks(code: ReasonCode, asks: bool) -> None:
    add = push("add", "held", reason=reason("referensi"))
    one = record(add, push("3", "held", "08:05", reason=because(code)))
    assert (question_of(one, LATER) is not None) is asks


@pytest.mark.parametrize(
    ("why", "attempts", "next_try", "asks"),
    [
        (ReasonCode.NO_REFERENCE, 0, None, True),
        (ReasonCode.NO_REFERENCE, 1, None, False),  # after the last question
        (ReasonCode.NO_REFERENCE, 1, LATER, True),
        (ReasonCode.NO_REFERENCE, 1, LATER + timedelta(seconds=1), False),
        (ReasonCode.NO_REFERENCE, 1, LATER + timedelta(days=1), False),
        (ReasonCode.NO_REFERENCE, 1, LATER + timedelta(days=1, seconds=1), True),
        (ReasonCode.AMBIGUOUS, 0, None, False),
        (ReasonCode.REREAD, 0, None, False),
    ],
)
def test_when_a_held_add_is_asked_for(
    why: ReasonCode, attempts: int, next_try: datetime | None, asks: bool
) -> None:
    add = push("add", "held", reason=because(why), attempts=attempts, next_try=next_try)
    waits = push("3", "held", "08:05", reason=because(ReasonCode.WAITING_FOR_ADD))
    assert (question_of(record(add, waits), LATER) is not None) is asks
