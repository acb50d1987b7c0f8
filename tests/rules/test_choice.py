"""The choice among true times: held against every way that there is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antrean_cli.rules.choice import Candidate, Fixed, choose, of_one_row
from antrean_cli.rules.ties import Placed, place
from tests.support.rows import at

TIE = timedelta(seconds=60)
NOON = at("12:00")


def one(clock: str, source: str = "a", row: str = "") -> Candidate:
    return Candidate(at(clock), source, row)


def options(**tasks: Sequence[Candidate]) -> dict[int, Sequence[Candidate]]:
    """Return the candidates by task: t3=[...]; a task that is not named has none."""
    return {taskid: tasks.get(f"t{taskid}", ()) for taskid in (3, 4, 5, 6, 7)}


def clocks(chosen: Mapping[int, Candidate]) -> dict[int, str]:
    return {taskid: f"{found.waktu:%H:%M}" for taskid, found in sorted(chosen.items())}


# -- every way, for what is small


def every_way(
    given_options: Mapping[int, Sequence[Candidate]], fixed: Mapping[int, Fixed], tie: timedelta
) -> Iterator[dict[int, Candidate]]:
    """Yield every way to choose one candidate a task, or none, so that the times rise."""
    free = sorted(given_options)
    for pick in product(*((None, *given_options[taskid]) for taskid in free)):
        chosen = {task: found for task, found in zip(free, pick, strict=True) if found}
        if rises(chosen, fixed, tie):
            yield chosen


def rises(chosen: Mapping[int, Candidate], fixed: Mapping[int, Fixed], tie: timedelta) -> bool:
    before: Placed | None = None
    row = ""
    for taskid in sorted({*chosen, *fixed}):
        if taskid in fixed:
            before, row = fixed[taskid].placed or before, fixed[taskid].row or row
            continue
        found = chosen[taskid]
        before = place(found.waktu, before, tie)
        if before is None or (row and found.row and row != found.row):
            return False
        row = row or found.row
    return True


def worth(
    chosen: Mapping[int, Candidate],
    given_options: Mapping[int, Sequence[Candidate]],
    fixed: Mapping[int, Fixed],
) -> tuple[int, int, tuple[int, ...]]:
    """Return how good a way is: without a gap, told at all, and by the places of its sources."""
    told = {*chosen, *fixed}
    whole = 0
    while 3 + whole in told:
        whole += 1
    ranks = tuple(
        -given_options[task].index(chosen[task]) if task in chosen else -(10**6)
        for task in sorted(given_options)
    )
    return whole, len(told), ranks


MOMENTS = st.integers(0, 8).map(lambda number: NOON + timedelta(seconds=40 * number))
CANDIDATES = st.builds(Candidate, MOMENTS, st.sampled_from("ab"), st.sampled_from(["", "1", "2"]))
FIXED = st.builds(
    lambda waktu, row: Fixed(Placed(waktu, waktu), row), MOMENTS, st.sampled_from(["", "1"])
)


@settings(deadline=None, max_examples=300)
@given(
    st.fixed_dictionaries(
        {taskid: st.lists(CANDIDATES, max_size=3, unique=True) for taskid in (3, 4, 5, 6, 7)}
    ),
    st.dictionaries(st.sampled_from([3, 4, 5, 6, 7]), FIXED, max_size=2),
    st.sampled_from([timedelta(0), TIE]),
)
def test_no_other_way_is_better(
    drawn: dict[int, list[Candidate]], fixed: dict[int, Fixed], tie: timedelta
) -> None:
    free = {taskid: found for taskid, found in drawn.items() if taskid not in fixed}
    chosen = choose(free, fixed, tie)
    assert rises(chosen, fixed, tie)
    best = max(worth(way, free, fixed) for way in every_way(free, fixed, tie))
    assert worth(chosen, free, fixed) == best


# -- the rules, one by one


def test_what_fits_at_once_is_taken() -> None:
    found = choose(options(t3=[one("08:05"), one("07:00")], t4=[one("08:20")]), {}, TIE)
    assert clocks(found) == {3: "08:05", 4: "08:20"}


def test_a_preferred_time_is_given_up_for_a_later_task() -> None:
    noon = [one("12:00", "checkin"), one("08:05", "buka_poli")]
    found = choose(options(t3=noon, t4=[one("09:00")], t5=[one("09:30")]), {}, TIE)
    assert clocks(found) == {3: "08:05", 4: "09:00", 5: "09:30"}


def test_a_whole_chain_counts_more_than_many_tasks_behind_a_gap() -> None:
    found = choose(
        options(t3=[one("08:00")], t4=[one("10:00")], t6=[one("09:00")], t7=[one("09:30")]),
        {},
        TIE,
    )
    assert clocks(found) == {3: "08:00", 4: "10:00"}


def test_behind_a_gap_there_is_room_for_most_of_the_later_tasks() -> None:
    found = choose(
        options(t3=[one("08:00")], t5=[one("10:00")], t6=[one("09:00")], t7=[one("09:30")]), {}, TIE
    )
    assert clocks(found) == {3: "08:00", 6: "09:00", 7: "09:30"}


def test_lower_tasks_have_the_more_preferred_source() -> None:
    found = choose(
        options(
            t3=[one("08:30"), one("08:00")], t4=[one("08:20"), one("08:40")], t5=[one("08:50")]
        ),
        {},
        TIE,
    )
    assert clocks(found) == {3: "08:30", 4: "08:40", 5: "08:50"}


def test_behind_together_nothing_is_given_up() -> None:
    noon = [one("12:00", "checkin"), one("08:05", "buka_poli")]
    found = choose(options(t3=noon, t4=[one("09:00"), one("12:30")]), {}, TIE, together=3)
    assert clocks(found) == {3: "12:00", 4: "12:30"}
    found = choose(options(t3=noon, t4=[one("09:00")]), {}, TIE, together=3)
    assert clocks(found) == {3: "12:00"}


def test_what_bpjs_has_is_fixed() -> None:
    fixed = {3: Fixed(Placed(at("09:00"), at("09:00")))}
    free = {4: [one("08:30"), one("09:10")], 5: [one("09:20")], 6: (), 7: ()}
    assert clocks(choose(free, fixed, TIE)) == {4: "09:10", 5: "09:20"}


def test_a_fixed_task_of_which_nobody_knows_the_time_bounds_nothing() -> None:
    free = {4: [one("08:30")], 5: (), 6: (), 7: ()}
    assert clocks(choose(free, {3: Fixed(None)}, TIE)) == {4: "08:30"}


def test_what_bpjs_has_at_a_time_that_nobody_knows_does_not_hide_the_one_before() -> None:
    free = {3: [one("09:00")], 5: [one("08:30")], 6: (), 7: ()}
    assert clocks(choose(free, {4: Fixed(None)}, TIE)) == {3: "09:00"}
    assert clocks(choose({5: [one("08:30")], **free}, {4: Fixed(None)}, TIE)) == {3: "09:00"}


@pytest.mark.parametrize(
    ("five", "six", "expected"),
    [("1", "", "1"), ("", "2", "2"), ("1", "2", "2"), ("", "", "2")],
)
def test_the_prescription_of_what_bpjs_has_is_that_of_task_7(
    five: str, six: str, expected: str
) -> None:
    fixed = {
        5: Fixed(Placed(at("08:30"), at("08:30")), five),
        6: Fixed(Placed(at("09:00"), at("09:00")), six),
    }
    sevens = [one("09:40", row="2"), one("09:30", row="1")]
    assert choose({3: (), 4: (), 7: sevens}, fixed, TIE)[7].row == expected


def test_6_and_7_are_of_one_prescription() -> None:
    sixes = [one("09:00", row="1"), one("09:10", row="2")]
    found = choose(
        options(
            t3=[one("08:00")],
            t4=[one("08:10")],
            t5=[one("08:20")],
            t6=sixes,
            t7=[one("09:30", row="2")],
        ),
        {},
        TIE,
    )
    assert (found[6].row, found[7].row) == ("2", "2")


def test_a_task_between_them_does_not_part_two_times_of_one_prescription() -> None:
    found = choose(
        options(t5=[one("08:20", row="1")], t6=[one("09:00")], t7=[one("09:30", row="2")]), {}, TIE
    )
    assert clocks(found) == {5: "08:20", 6: "09:00"}


@pytest.mark.parametrize(
    ("first", "second", "may_be"),
    [("", "", True), ("1", "", True), ("", "1", True), ("1", "1", True), ("1", "2", False)],
)
def test_what_can_be_of_one_prescription(first: str, second: str, may_be: bool) -> None:
    assert of_one_row(first, second) is may_be


def test_forty_examinations_are_chosen_from_like_four() -> None:
    """Awal and akhir of forty rows, of which only the first half leaves room for the pharmacy."""
    rows = [one(f"{8 + number // 60:02}:{number % 60:02}") for number in range(0, 200, 5)]
    found = choose(
        options(t3=[one("07:59")], t4=rows, t5=rows[::-1], t6=[one("09:32")], t7=[one("09:40")]),
        {},
        TIE,
    )
    assert clocks(found) == {3: "07:59", 4: "08:00", 5: "09:30", 6: "09:32", 7: "09:40"}
