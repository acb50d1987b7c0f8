"""Order and times of tasks as the stand-in BPJS judges them, in BPJS's own words."""

from __future__ import annotations

from datetime import datetime

import pytest

from antrean_cli.simulator.tasks import Task, TaskRules
from tests.support.rows import MONDAY, TUESDAY, at

NOON = at("12:00")
TAKEN = None


def held(*taskids: int) -> list[Task]:
    """Return tasks that were stored in this order, task N at 08:0N."""
    return [Task(taskid, at(f"08:0{min(taskid, 9)}"), NOON) for taskid in taskids]


def said(tasks: list[Task], taskid: int, waktu: datetime, **rules: bool) -> tuple[int, str] | None:
    return TaskRules(**rules).refusal(tasks, taskid, waktu, MONDAY, NOON)


@pytest.mark.parametrize(
    ("before", "taskid", "answer"),
    [
        ([], 3, TAKEN),
        ([], 1, TAKEN),
        ([1], 2, TAKEN),
        ([], 2, (201, "TaskId=1 belum ada")),
        ([1], 3, (201, "Task=1 ada. TaskId=2 belum ada")),
        ([1], 4, (201, "Task=1 ada. TaskId=2 belum ada")),
        ([1, 2], 4, (201, "TaskId=3 belum ada")),
        ([], 5, (201, "TaskId=3 belum ada")),
        ([3], 6, (201, "TaskId=4 belum ada")),
        ([5], 6, TAKEN),
        ([3], 1, (201, "TaskId terakhir 3")),
        ([3, 4, 5], 2, (201, "TaskId terakhir 5")),
        ([3], 3, (208, "TaskId=3 sudah ada")),
        ([3, 4], 3, (208, "TaskId=3 sudah ada")),
        ([3, 99], 4, (201, "TaskId terakhir 99")),
        ([99], 99, (208, "TaskId=99 sudah ada")),
        ([99], 3, (201, "TaskId terakhir 99")),
    ],
)
def test_the_highest_task_decides_about_the_order(
    before: list[int], taskid: int, answer: object
) -> None:
    assert said(held(*before), taskid, at("08:30")) == answer


@pytest.mark.parametrize(
    ("before", "taskid", "answer"),
    [
        ([3], 1, TAKEN),
        ([3, 1], 2, TAKEN),
        ([3, 1, 2], 4, (201, "TaskId=3 belum ada")),
        ([3, 4, 1, 2], 5, (201, "TaskId=3 belum ada")),
        ([3, 1, 2], 3, TAKEN),
        ([3, 1, 2, 3], 3, (208, "TaskId=3 sudah ada")),
        ([3, 1, 2, 3], 4, TAKEN),
        ([3, 1, 2], 2, (208, "TaskId=2 sudah ada")),
        ([3, 1], 3, (201, "Task=1 ada. TaskId=2 belum ada")),
        ([1, 2, 3], 4, TAKEN),
        ([3, 4, 5], 3, (208, "TaskId=3 sudah ada")),
        ([3, 4, 5], 7, (201, "TaskId=6 belum ada")),
    ],
)
def test_the_task_that_came_last_can_decide_about_the_order(
    before: list[int], taskid: int, answer: object
) -> None:
    waktu = at("08:0" + str(taskid)) if taskid in before or taskid < 3 else at("08:30")
    assert said(held(*before), taskid, waktu, last_decides=True) == answer


@pytest.mark.parametrize("taskid", [4, 99])
def test_a_time_rises_also_that_of_99(taskid: int) -> None:
    not_risen = "Waktu (2026-11-23 {} WIB) tidak boleh kurang atau sama dengan waktu sebelumnya"
    for clock in ("08:03:00", "08:02:59"):
        answer = said(held(3), taskid, at(clock))
        assert answer == (201, not_risen.format(clock))
    assert said(held(3), taskid, at("08:03:01")) is TAKEN


@pytest.mark.parametrize("taskid", [3, 99])
def test_a_time_is_of_the_day_of_service_also_that_of_99(taskid: int) -> None:
    day = "Tanggal pelayanan untuk Kode Booking tersebut adalah (2026-11-23)"
    answer = said([], taskid, at("00:00", TUESDAY))
    assert answer == (201, f"Waktu tidak valid (2026-11-24 00:00:00 WIB). {day}")


def test_99_as_the_first_task_has_nothing_to_rise_from() -> None:
    assert said([], 99, at("00:00")) is TAKEN
