"""The table of the attacks, put together from the lines of all workers."""

from __future__ import annotations

from tests.support.figures import lines


def test_what_several_tests_count_is_one_line_and_the_lines_are_in_order() -> None:
    kills = ("kills in {scenarios} scenarios", "{kills} kills, at most {most_repeated} repeated")
    found = lines(
        [
            (*kills, {"scenarios": 1, "kills": 20, "most_repeated": 3}),
            ("a storm {of faults}", "0 lost", {}),
            (*kills, {"scenarios": 1, "kills": 5, "most_repeated": 1}),
        ]
    )
    assert found == [
        ("a storm {of faults}", "0 lost"),
        ("kills in 2 scenarios", "25 kills, at most 3 repeated"),
    ]
