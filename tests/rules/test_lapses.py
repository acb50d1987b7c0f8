"""What only people can mend is told before H+7 and after; what goes on by itself never is."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from antrean_cli.rules.codes import Step
from antrean_cli.rules.lapses import days_over, holds_of_people, is_soon, lapsed, lapsing
from antrean_cli.rules.push import Push, Record
from antrean_cli.rules.reasons import EXPIRED, IN_DOUBT, Reason, ReasonCode, because
from antrean_cli.rules.transitions import expire
from tests.support.rows import at, push, record
from tests.support.site import MONDAY

DAY = timedelta(days=1)
UNMAPPED = because(ReasonCode.DOCTOR_UNMAPPED, kd_dokter="D9")
BEHIND_ADD = because(ReasonCode.WAITING_FOR_ADD, add=UNMAPPED)
NIK = because(ReasonCode.REFUSED, text="NIK tidak valid")
ADMISSION = because(ReasonCode.WAITING_FOR_ADMISSION)
DELAYED = because(ReasonCode.CANCEL_DELAYED, until=at("09:00"))


def visit(*pushes: Push, number: int = 1, tanggal: date = MONDAY) -> Record:
    no_rawat = f"{tanggal:%Y/%m/%d}/{number:06}"
    return record(*pushes, kodebooking=no_rawat, no_rawat=no_rawat, tanggal=tanggal)


def unmapped(number: int = 1, tanggal: date = MONDAY) -> Record:
    add = push("add", "held", reason=UNMAPPED)
    return visit(add, push("3", "held", reason=BEHIND_ADD), number=number, tanggal=tanggal)


@pytest.mark.parametrize(("days", "told"), [(4, 0), (5, 1), (6, 1), (7, 1), (8, 0)])
def test_it_is_told_from_two_days_before_its_last_day_to_that_day(days: int, told: int) -> None:
    today = MONDAY + days * DAY
    assert len(lapsing([unmapped()], today)) == told
    assert is_soon(MONDAY, today) == bool(told)


def test_it_is_put_together_by_its_root_causes() -> None:
    refused = visit(push("add", "refused", reason=NIK), number=3)
    old_enough = [unmapped(1), unmapped(2, MONDAY + DAY), refused]
    first, second = lapsing([*old_enough, unmapped(4, MONDAY + 3 * DAY)], MONDAY + 6 * DAY)
    assert (first.reason, len(first.bookings), first.waiting) == (UNMAPPED, 2, 4)
    assert (second.step, second.reason, second.waiting) == (Step.ADD, NIK, 1)


@pytest.mark.parametrize("reason", [ADMISSION, IN_DOUBT, DELAYED, because(ReasonCode.REREAD)])
def test_what_goes_on_by_itself_is_not_told(reason: Reason) -> None:
    held = visit(push("3", "held", reason=reason), push("4", "due"))
    assert lapsing([held], MONDAY + 6 * DAY) == ()
    assert holds_of_people(held) == []
    assert lapsed([expire(held)]) == ()


def test_nor_is_what_waits_for_it() -> None:
    behind = because(ReasonCode.WAITING_FOR_TASK, step="3")
    held = visit(push("3", "held", reason=ADMISSION), push("4", "held", reason=behind))
    assert lapsing([held], MONDAY + 6 * DAY) == ()
    assert holds_of_people(held) == []


def test_what_lapsed_keeps_why_and_is_told_by_it() -> None:
    refused = visit(push("4", "refused", reason=NIK), push("3", "sent"), number=2)
    delivered = visit(push("3", "due"), number=3)
    found = lapsed([expire(one) for one in (unmapped(), refused, delivered)])
    assert {(one.step, one.reason, one.waiting) for one in found} == {
        (Step.ADD, UNMAPPED, 2),
        (Step.TASK_4, NIK, 1),
    }


@pytest.mark.parametrize(
    "reason", [EXPIRED, because(ReasonCode.NO_SHOW), because(ReasonCode.DROPPED, keterangan="x")]
)
def test_what_was_closed_otherwise_has_not_lapsed(reason: Reason) -> None:
    assert lapsed([visit(push("3", "closed", reason=reason))]) == ()


def test_of_a_cancelled_booking_nobody_misses_anything() -> None:
    cancelled = visit(push("4", "refused", reason=NIK), push("99", "sent"))
    assert lapsing([cancelled], MONDAY + 6 * DAY) == lapsed([cancelled]) == ()


def test_each_day_of_service_is_over_once() -> None:
    today = MONDAY + 8 * DAY
    assert list(days_over(None, today)) == [MONDAY]
    assert list(days_over(today - DAY, today)) == [MONDAY]
    assert list(days_over(today - 3 * DAY, today)) == [MONDAY - 2 * DAY, MONDAY - DAY, MONDAY]
    assert list(days_over(today, today)) == []
    assert list(days_over(today + 99 * DAY, today)) == []  # by a clock that ran ahead
    assert len(list(days_over(date(2020, 1, 1), today))) == 31
