"""Tasks 1 and 2 beside task 3: before it, or not at all, and never at its cost."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from antrean_cli.rules.admission import beside_arrival, is_expected, keeps_arrival_back
from antrean_cli.rules.answers import Outcome
from antrean_cli.rules.codes import OutcomeKind
from antrean_cli.rules.kept import waits_behind_kept, with_kept
from antrean_cli.rules.ordering import arrange, next_call
from antrean_cli.rules.planner import plan
from antrean_cli.rules.push import MANUAL, Push, Record
from antrean_cli.rules.reasons import ReasonCode as Code
from antrean_cli.rules.reasons import because, has_code, waiting_for_task
from tests.support.rows import (
    KEY,
    SUNDAY,
    TUESDAY,
    at,
    mobilejkn,
    onsite,
    policy,
    push,
    reason,
    record,
    states,
    words,
)

NOON = at("12:00")


def kept(step: str, recorded: str | datetime, state: str = "due", **changed: Any) -> Push:
    """Return a task that a person typed and that is still to be sent."""
    return push(step, state, recorded, source=MANUAL, **changed)


def arranged(*pushes: Push, **changed: Any) -> Record:
    return arrange(record(*pushes), policy(**changed))


def steps_in_order(one: Record) -> list[str]:
    """Return what would be asked of BPJS, step by step, if it took everything."""
    asked: list[str] = []
    while (call := next_call(one, NOON)) and len(asked) < 9:
        asked.append(str(call.push.step))
        one = arrange(one.with_pushes(push(call.push.step, "sent", call.push.waktu)), policy())
    return asked


# -- their place


def test_they_go_between_the_add_and_task_3() -> None:
    one = arranged(push("3", recorded="08:05"), kept("2", "07:55"), kept("1", "07:50"), push("add"))
    assert states(one) == dict.fromkeys(("3", "2", "1", "add"), "due")
    assert steps_in_order(one) == ["add", "1", "2", "3"]


def test_without_them_nothing_waits() -> None:
    assert steps_in_order(arranged(push("add"), push("3", recorded="08:05"))) == ["add", "3"]


@pytest.mark.parametrize("there", ["sent", "already", "refused", "closed"])
def test_what_is_over_of_them_keeps_nothing_back(there: str) -> None:
    why = {"reason": reason("ditolak", text="x")} if there == "refused" else {}
    why = {"reason": reason("dilepas", keterangan="x")} if there == "closed" else why
    one = arranged(kept("1", "07:50", there, **why), push("3", recorded="08:05"))
    assert one.pushes["3"].state == "due"


@pytest.mark.parametrize(
    ("state", "expected"), [("refused", "held"), ("closed", "closed"), ("sending", "held")]
)
def test_task_2_goes_the_way_of_task_1(state: str, expected: str) -> None:
    one = arranged(
        kept("1", "07:50", state, reason=reason("dilepas", keterangan="x")), kept("2", "07:55")
    )
    assert one.pushes["2"].state == expected


@pytest.mark.parametrize(
    "why", [because(Code.KEPT), because(Code.DEMANDED_ADD)], ids=["kept", "demanded"]
)
def test_while_bpjs_does_not_know_the_booking_task_1_asks_for_all(why: Any) -> None:
    first = kept("1", "07:50", "held", reason=why, blocked_by="add", next_try=at("12:10"))
    one = arranged(first, kept("2", "07:55"), push("3", recorded="08:05"))
    assert states(one) == {"1": "held", "2": "held", "3": "held"}
    assert words(one.pushes["3"].reason) == "menunggu task 1 dan 2 (admisi)"
    assert next_call(one, NOON) is None
    call = next_call(one, at("12:10"))
    assert call is not None
    assert call.push.step == "1"


def test_what_is_in_flight_keeps_task_3_back() -> None:
    one = arranged(kept("1", "07:50", "sending"), push("3", recorded="08:05"))
    assert has_code(one.pushes["3"].reason, Code.WAITING_FOR_ADMISSION)


def test_once_the_add_is_through_nothing_of_the_waiting_is_left() -> None:
    first = kept("1", "07:50", "held", reason=because(Code.KEPT), blocked_by="add", attempts=5)
    one = arranged(push("add", "sent"), first, push("3", recorded="08:05"))
    assert (one.pushes["1"].state, one.pushes["1"].attempts) == ("due", 0)
    assert one.pushes["1"].next_try is None
    assert steps_in_order(one) == ["1", "3"]


# -- their times


def test_equal_times_rise_by_a_second() -> None:
    one = arranged(kept("1", "08:05"), kept("2", "08:05"), push("3", recorded="08:05"))
    assert [one.pushes[step].waktu for step in "123"] == [
        at("08:05"),
        at("08:05:01"),
        at("08:05:02"),
    ]


@pytest.mark.parametrize(("clock", "state"), [("08:06:00", "due"), ("08:06:01", "held")])
def test_a_time_within_the_tie_of_task_3_goes_before_it(clock: str, state: str) -> None:
    one = arranged(kept("2", clock), push("3", recorded="08:05"))
    assert states(one) == {"2": state, "3": "due"}


def test_a_later_time_is_held_and_so_is_task_1_and_task_3_goes_as_it_is() -> None:
    one = arranged(kept("1", "07:50"), kept("2", "08:06:01"), push("3", recorded="08:05"))
    assert states(one) == {"1": "held", "2": "held", "3": "due"}
    assert one.pushes["3"].waktu == at("08:05")
    told = "waktu task 2 (08:06:01) tidak sebelum task 3 (08:05:00)"
    assert [words(one.pushes[step].reason) for step in "12"] == [told, told]


def test_it_goes_on_once_task_3_has_another_time() -> None:
    held = arranged(kept("1", "07:50"), kept("2", "08:10"), push("3", recorded="08:05"))
    one = arrange(held.with_pushes(push("3", recorded="08:20")), policy())
    assert states(one) == {"1": "due", "2": "due", "3": "due"}


@pytest.mark.parametrize(("day", "state"), [(SUNDAY, "closed"), (TUESDAY, "held")])
def test_a_time_of_another_day_does_not_go_and_task_3_does(day: date, state: str) -> None:
    one = arranged(kept("1", at("07:50", day)), push("3", recorded=at("08:05")))
    assert states(one) == {"1": state, "3": "due"}


@pytest.mark.parametrize(
    ("arrival", "two", "state"),
    [
        # the time that Khanza holds counts, not the one that a tie has moved
        (push("3", recorded="08:05", waktu=at("08:05:01")), kept("2", "08:06:01"), "held"),
        (push("3", recorded="08:05", waktu=at("08:06")), kept("2", "08:06"), "due"),
        (push("3", recorded="08:05"), kept("2", "08:06:01", waktu=at("08:06")), "held"),
        (push("3", recorded="08:05"), kept("2", "08:06", waktu=at("08:06:01")), "due"),
        # without one the time that is sent
        (push("3", "sending", waktu=at("08:05")), kept("2", "08:06:01"), "held"),
        (push("3", recorded="08:05"), push("2", waktu=at("08:06:01")), "held"),
        (push("3", recorded="08:05"), push("2", waktu=at("08:06")), "due"),
        # and without any there is nothing to compare
        (push("3", "held"), kept("2", "08:10"), "due"),
        (push("3", recorded="08:05"), push("2"), "due"),
        # what is over of task 3 is not waited for
        (push("3", "refused", "08:05"), kept("2", "08:10"), "due"),
        (push("3", "closed", "08:05"), kept("2", "08:10"), "due"),
        (push("3", "sending", "08:05"), kept("2", "08:10"), "held"),
    ],
)
def test_which_times_are_compared(arrival: Push, two: Push, state: str) -> None:
    one = beside_arrival(record(arrival, two), policy())
    assert one.pushes["2"].state == state


def test_what_is_held_for_something_else_is_not_freed_by_a_time_that_fits() -> None:
    one = record(push("3", recorded="08:05"), kept("1", "07:50", "held", reason=because(Code.KEPT)))
    assert beside_arrival(one, policy()) == one


@pytest.mark.parametrize("later", ["3", "4", "7"])
def test_behind_task_3_or_a_later_one_they_are_closed(later: str) -> None:
    one = arranged(kept("1", "07:50"), kept("2", "07:55"), push(later, "sent", "08:05"))
    assert [one.pushes[step].state for step in "12"] == ["closed", "closed"]


def test_behind_task_3_what_bpjs_has_of_them_stays() -> None:
    one = record(kept("1", "07:50", "sent"), push("3", "sent", "08:05"))
    assert beside_arrival(one, policy()) == one


def test_what_bpjs_itself_asks_for_goes_out_behind_task_3_too() -> None:
    asks = push("4", "held", "08:30", blocked_by="2", reason=reason("diminta", step="2"))
    one = arranged(kept("2", "07:55"), push("3", "sent", "08:05"), asks)
    call = next_call(one, NOON)
    assert one.pushes["2"].state == "due"
    assert call is not None


def test_what_a_refused_task_asked_for_is_asked_for_no_more() -> None:
    asked = push("4", "refused", "08:30", blocked_by="2", reason=reason("ditolak", text="x"))
    one = beside_arrival(record(kept("2", "07:55"), push("3", "sent", "08:05"), asked), policy())
    assert one.pushes["2"].state == "closed"


@pytest.mark.parametrize(
    ("push_of_1", "keeps"),
    [
        (kept("1", "07:50", "sending"), True),
        (kept("1", "07:50", "held", reason=because(Code.WAITING_FOR_ADD)), True),
        (kept("1", "07:50", "held", reason=because(Code.ADD_NOT_THERE)), True),
        (kept("1", "07:50", "held", reason=because(Code.KEPT)), True),
        (kept("1", "07:50", "held", reason=because(Code.DEMANDED_ADD)), True),
        (kept("1", "07:50", "held", reason=reason("diminta", step="3")), False),
        (kept("1", "07:50", "held", reason=waiting_for_task("2")), False),
        (kept("1", "07:50", "due", reason=because(Code.KEPT)), False),  # an aborted call
        (kept("1", "07:50", "sent"), False),
    ],
)
def test_what_keeps_task_3_back_is_what_goes_by_itself(push_of_1: Push, keeps: bool) -> None:
    assert keeps_arrival_back(record(push_of_1)) is keeps


_MISSES = because(Code.MISSES_ARRIVAL, step="1", waktu=NOON, arrival_waktu=NOON)


@pytest.mark.parametrize(
    ("pushes", "expected"),
    [
        ([], True),
        ([kept("1", "07:50")], True),
        ([kept("1", "07:50", "sending")], True),
        ([kept("1", "07:50", "sent")], True),
        ([kept("1", "07:50", "already")], True),
        ([kept("1", "07:50", "refused")], False),
        ([kept("1", "07:50", "closed")], False),
        ([kept("1", "07:50", "held", reason=_MISSES)], False),
        ([kept("2", "07:55")], True),
        ([kept("2", "07:55", "sending")], True),
        ([kept("2", "07:55", "sent")], False),
        ([kept("2", "07:55", "refused")], False),
        ([kept("2", "07:55", "held", reason=_MISSES)], False),
        ([kept("1", "07:50", "sent"), kept("2", "07:55", "closed")], False),
        ([kept("1", "07:50", "refused"), kept("2", "07:55")], True),
    ],
)
def test_what_can_still_come_before_task_3(pushes: list[Push], expected: bool) -> None:
    assert is_expected(record(*pushes)) is expected


def test_what_bpjs_puts_off_keeps_task_3_waiting_for_a_quarter_of_an_hour_alone() -> None:
    for attempts, expected in ((3, None), (4, "3")):
        later = kept("1", "07:50", attempts=attempts, next_try=at("12:10"))
        call = next_call(arranged(later, push("3", recorded="08:05")), NOON)
        assert (call and call.push.step) == expected


def test_what_is_due_again_goes_first_however_often_it_was_put_off() -> None:
    later = kept("1", "07:50", attempts=9, next_try=NOON)
    call = next_call(arranged(later, push("3", recorded="08:05")), NOON)
    assert call is not None
    assert call.push.step == "1"


# -- what a person types


@pytest.mark.parametrize(
    ("known", "step", "waits"),
    [
        (None, "2", False),
        (record(), "2", False),
        (record(kept("1", "07:50")), "2", True),
        (record(kept("1", "07:50")), "3", True),
        (record(kept("1", "07:50", "held")), "2", True),
        (record(kept("1", "07:50", "sent")), "2", False),
        (record(kept("2", "07:55")), "1", False),
        (record(push("3", recorded="08:05")), "4", False),  # Khanza's own
        (record(kept("1", "07:50")), "99", False),
    ],
)
def test_what_stands_behind_a_kept_task_is_kept(
    known: Record | None, step: str, waits: bool
) -> None:
    assert waits_behind_kept(known, step) is waits


@pytest.mark.parametrize("state", ["sent", "already", "sending"])
def test_a_task_that_bpjs_has_or_is_being_told_is_left_as_it_is(state: str) -> None:
    known = record(push("1", state, "07:40"))
    assert with_kept(known, kept("1", "07:50"), None, policy(), NOON, 0) == known


def test_nothing_is_kept_of_a_cancelled_booking_or_after_h7() -> None:
    ended = record(push("batal", "sent"))
    assert with_kept(ended, kept("1", "07:50"), None, policy(), NOON, 0) == ended
    late = NOON + timedelta(days=8)
    assert with_kept(record(), kept("1", "07:50"), None, policy(), late, 0) == record()


def test_what_was_typed_before_and_is_still_to_be_sent_is_replaced() -> None:
    one = with_kept(record(kept("1", "07:50")), kept("1", "07:52"), None, policy(), NOON, 0)
    assert one.pushes["1"].recorded == at("07:52")


def test_it_takes_its_place_in_the_order() -> None:
    known = record(push("3", recorded="08:05"))
    one = with_kept(known, kept("2", "08:10"), None, policy(), NOON, 0)
    assert states(one) == {"3": "due", "2": "held"}


def test_what_bpjs_said_to_it_counts() -> None:
    known = record(push("add", "sent"))
    no = Outcome(kind=OutcomeKind.REJECTED, code="201", text="tidak", refusal=Code.REFUSED)
    one = with_kept(known, kept("1", "07:50"), no, policy(), NOON, 0)
    assert states(one) == {"add": "sent", "1": "refused"}


# -- ANTREAN_ADMISI: task 3 waits for them


def planned(now: str, *pushes: Push, visit: Any = None, minutes: int = 15) -> Record:
    """Plan an onsite visit that was registered at 08:05 with ANTREAN_ADMISI=ya."""
    known = record(*pushes) if pushes else None
    admisi = policy(admisi=timedelta(minutes=minutes))
    return plan(visit or onsite(), known, admisi, at(now), exact=True, key=KEY)


@pytest.mark.parametrize(
    ("now", "minutes", "waits"),
    [
        ("08:06", 15, True),
        ("08:19:59", 15, True),
        ("08:20", 15, False),
        ("08:24", 20, True),
        ("08:06", 0, False),
    ],
)
def test_task_3_waits_for_them_a_while_after_registration(
    now: str, minutes: int, waits: bool
) -> None:
    arrival = planned(now, minutes=minutes).pushes["3"]
    assert arrival.state == ("held" if waits else "due")
    assert has_code(arrival.reason, Code.WAITING_FOR_ADMISSION) is waits


def test_it_waits_no_longer_once_2_is_there() -> None:
    one = planned("08:06", push("1", "sent", "07:50"), push("2", "sent", "07:55"))
    assert one.pushes["3"].state == "due"


def test_it_goes_in_the_same_pass_in_which_2_is_taken() -> None:
    held = planned("08:06", kept("1", "07:50"), kept("2", "07:55"))
    assert held.pushes["3"].state == "held"
    assert steps_in_order(held) == ["add", "1", "2", "3"]


@pytest.mark.parametrize("state", ["refused", "closed"])
def test_it_does_not_wait_for_what_will_not_come(state: str) -> None:
    known = kept("2", "07:55", state, reason=reason("dilepas", keterangan="x"))
    assert planned("08:06", known).pushes["3"].state == "due"


def test_it_does_not_wait_for_a_time_that_leaves_no_room() -> None:
    assert planned("08:06", kept("2", "08:30")).pushes["3"].state == "due"


def test_it_waits_no_more_once_bpjs_was_asked_for_it() -> None:
    tried = push("3", recorded="08:05", attempts=1, next_try=at("08:07"))
    assert planned("08:06", push("add", "sent"), tried).pushes["3"].state == "due"


def test_a_check_in_before_the_hour_of_the_booking_waits_from_the_check_in() -> None:
    visit = mobilejkn(book={"status": "Checkin", "validasi": "2026-11-23 07:30:00"})
    assert planned("07:44", visit=visit).pushes["3"].state == "held"
    assert planned("07:45", visit=visit).pushes["3"].state == "due"
    assert planned("07:31", visit=visit, minutes=0).pushes["3"].state == "due"


def test_a_visit_without_a_time_of_registration_waits_from_the_time_of_task_3() -> None:
    visit = mobilejkn(
        reg={"jam_reg": None}, book={"status": "Checkin", "validasi": "2026-11-23 08:01:00"}
    )
    assert planned("08:15", visit=visit).pushes["3"].state == "held"
    assert planned("08:16", visit=visit).pushes["3"].state == "due"
