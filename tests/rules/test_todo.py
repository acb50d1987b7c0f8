"""The day's work: root causes alone, by who does it, the nearest last day first."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from antrean_cli.rules.codes import Step
from antrean_cli.rules.push import Push, Record
from antrean_cli.rules.reasons import ReasonCode, because
from antrean_cli.rules.todo import Work, counted_causes, needs_somebody, work_of
from tests.support.rows import push, record
from tests.support.site import MONDAY, WIB

UNMAPPED = because(ReasonCode.DOCTOR_UNMAPPED, kd_dokter="D9")
SOURCES = because(ReasonCode.TIME_UNRECORDED, step="4", sources="periksa")
BEHIND_ADD = because(ReasonCode.WAITING_FOR_ADD, add=UNMAPPED)
BEHIND_4 = because(ReasonCode.WAITING_FOR_TASK, step="4")


def visit(number: int, *pushes: Push, tanggal: date = MONDAY, kd_poli: str = "INT") -> Record:
    no_rawat = f"{tanggal:%Y/%m/%d}/{number:06}"
    return record(
        *pushes, kodebooking=no_rawat, no_rawat=no_rawat, tanggal=tanggal, kd_poli=kd_poli
    )


def unmapped(number: int, **where: date) -> Record:
    add = push("add", "held", reason=UNMAPPED)
    return visit(number, add, push("3", "held", reason=BEHIND_ADD), **where)  # type: ignore[arg-type]


def unexamined(number: int, kd_poli: str = "INT", tanggal: date = MONDAY) -> Record:
    held = [push("4", "held", reason=SOURCES), push("5", "held", reason=BEHIND_4)]
    return visit(number, push("add", "sent"), *held, kd_poli=kd_poli, tanggal=tanggal)


def work(*records: Record) -> list[Work]:
    return work_of(records)


def test_what_waits_is_counted_with_what_it_waits_for() -> None:
    (one,) = work(unmapped(1), unmapped(2))
    assert (one.step, one.reason, one.waiting) == (Step.ADD, UNMAPPED, 4)
    assert [record.no_rawat for record in one.bookings] == [
        "2026/11/23/000001",
        "2026/11/23/000002",
    ]
    assert (one.kd_poli, one.kd_dokter, one.until) == ("INT", "D01", MONDAY + timedelta(days=7))


def test_what_each_clinic_has_to_do_is_a_work_of_each() -> None:
    found = work(unexamined(1), unexamined(2, "ANA"), unexamined(3))
    assert [(one.kd_poli, len(one.bookings), one.waiting) for one in found] == [
        ("INT", 2, 4),
        ("ANA", 1, 2),
    ]
    assert {one.reason for one in found} == {SOURCES}


def test_what_one_person_does_for_all_is_one_work() -> None:
    (one,) = work(unmapped(1), visit(2, push("add", "held", reason=UNMAPPED), kd_poli="ANA"))
    assert (one.kd_poli, len(one.bookings)) == ("", 2)


LEFT_OUT = because(ReasonCode.LEFT_OUT)


def test_what_holds_several_steps_alike_is_one_cause_of_all_visits() -> None:
    """A clinic that is left out: some visits have their add already, others have not."""
    begun = visit(
        1, push("add", "sent"), *(push(step, "held", reason=LEFT_OUT) for step in ("4", "5"))
    )
    new = visit(2, *(push(step, "held", reason=LEFT_OUT) for step in ("3", "add")))
    (one,) = work(begun, new)
    assert (one.reason, len(one.bookings), one.waiting) == (LEFT_OUT, 2, 4)
    (cause,) = counted_causes((one, push) for one in (begun, new) for push in one.pushes.values())
    assert (cause.step, cause.bookings, cause.pushes, cause.waiting) == (Step.TASK_4, 2, 4, 2)


def test_the_nearest_last_day_comes_first_and_then_what_concerns_most() -> None:
    yesterday = MONDAY - timedelta(days=1)
    found = work(unexamined(1), unmapped(2), unmapped(3), unexamined(4, "ANA", yesterday))
    assert [(one.until.day, one.step) for one in found] == [
        (29, Step.TASK_4),
        (30, Step.ADD),
        (30, Step.TASK_4),
    ]


def test_what_goes_on_by_itself_or_is_through_is_no_work() -> None:
    assert work(visit(1, push("add", "due"), push("3", "sending"), push("4", "closed"))) == []


def test_times_are_told_unless_they_differ_from_visit_to_visit() -> None:
    refused = [
        visit(number, push("add", "refused", reason=because(ReasonCode.REFUSED, text=text)))
        for number, text in enumerate(("Rujukan pukul 08:05", "Rujukan pukul 08:06"))
    ]
    (one,) = work(refused[0])
    assert str(one.reason and one.reason.get("text")) == "Rujukan pukul 08:05"
    (one,) = work(*refused)
    assert str(one.reason and one.reason.get("text")) == "Rujukan pukul …"


# -- root causes


def causes(*records: Record) -> list[tuple[str, str, str, int, int, int]]:
    pairs = [(record, push) for record in records for push in record.pushes.values()]
    return [
        (one.state, one.step, one.kodebooking[-1], one.bookings, one.pushes, one.waiting)
        for one in counted_causes(pairs)
    ]


def test_a_cause_is_counted_once_with_what_waits_for_it() -> None:
    assert causes(unmapped(1), unmapped(2), unexamined(3)) == [
        ("held", "add", "1", 2, 4, 2),
        ("held", "4", "3", 1, 2, 1),
    ]


def test_what_nobody_recorded_is_a_cause_that_has_no_push() -> None:
    waiting = push("5", "held", reason=BEHIND_4)
    assert causes(visit(1, push("add", "sent"), waiting)) == [("held", "4", "1", 1, 1, 1)]
    assert causes(visit(1, push("4", "sent"), waiting)) == [("held", "4", "1", 1, 1, 1)]


def test_refusals_come_first_and_what_goes_on_by_itself_last() -> None:
    delay = because(ReasonCode.NONJKN_DELAYED, until=datetime(2026, 11, 23, 8, tzinfo=WIB))
    sooner = because(ReasonCode.NONJKN_DELAYED, until=datetime(2026, 11, 23, 7, tzinfo=WIB))
    refused = because(ReasonCode.REFUSED, text="Rujukan")
    records = [
        *(visit(number, push("add", "held", reason=delay)) for number in (1, 2, 3)),
        visit(4, push("add", "held", reason=sooner)),
        *(unmapped(number) for number in (5, 6)),
        visit(7, push("add", "refused", reason=refused)),
    ]
    assert [(state, last) for state, _, last, *_ in causes(*records)] == [
        ("refused", "7"),
        ("held", "5"),
        ("held", "1"),
    ]
    found = counted_causes((one, push) for one in records for push in one.pushes.values())
    assert [needs_somebody(one) for one in found] == [True, True, False]
    assert found[-1].reason == sooner


def test_what_is_through_or_due_has_no_cause() -> None:
    assert causes(visit(1, push("add", "sent"), push("3", "due"), push("4", "closed"))) == []
