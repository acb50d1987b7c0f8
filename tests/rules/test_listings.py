"""What BPJS's lists show, in the form in which it is compared."""

from __future__ import annotations

import pytest

from antrean_cli.rules.listings import Task, kodedokter_of, tasks_held
from tests.support.rows import at


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("12345", "12345"),
        (" 012345 ", "12345"),
        ("0", "0"),
        ("D-1", "D-1"),
        ("9" * 18, "9" * 18),
        ("0" * 19, "0" * 19),
        ("", ""),
        (None, ""),
    ],
)
def test_a_doctors_code_is_compared_as_a_number(text: str | None, code: str) -> None:
    assert kodedokter_of(text) == code


def task(taskid: int, wakturs: str) -> Task:
    return Task(taskid=taskid, wakturs=wakturs, waktu="", taskname="")


EARLY, LATE, NONE = "23-11-2026 08:05:00 WIB", "23-11-2026 08:20:00 WIB", "x"


@pytest.mark.parametrize(
    ("texts", "clock"),
    [
        ((EARLY, LATE), "08:20"),
        ((LATE, EARLY), "08:20"),
        ((LATE, NONE), "08:20"),
        ((NONE, EARLY), "08:05"),
        ((NONE, NONE), None),
    ],
)
def test_of_a_task_shown_twice_the_later_time_counts(
    texts: tuple[str, str], clock: str | None
) -> None:
    held = tasks_held([task(3, text) for text in texts])
    assert held == {"3": at(clock) if clock else None}
