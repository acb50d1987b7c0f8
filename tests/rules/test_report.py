"""The report's figures: shares, waits, ties, causes; only what BPJS holds counts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from antrean_cli.rules.codes import Kind, State, Step
from antrean_cli.rules.journeys import Journey, Leg, RootCause
from antrean_cli.rules.reasons import NO_SHOW, ReasonCode, because
from antrean_cli.rules.report import By, DaySums, Figures, Report, coverage_of, report_of, sums_of
from antrean_cli.rules.rows import SepOfVisit
from tests.rules.test_journeys import SOURCES, UNMAPPED, held, journey, sent
from tests.support.site import MONDAY, WIB

TUESDAY = MONDAY + timedelta(days=1)
WHOLE = {"add": sent(), "t3": sent("08:00"), "t4": sent("08:20"), "t5": sent("09:10")}


def figures(*journeys: Journey) -> Figures:
    found = Figures()
    for one in journeys:
        found.count(one, TUESDAY)
    return found


def report(*journeys: Journey) -> Report:
    return report_of(MONDAY, MONDAY, sums_of(journeys, TUESDAY, WIB), None)


def facts(found: Figures, *names: str) -> list[int]:
    return [found.facts[name] for name in names]


# -- what is counted


def test_tasks_are_expected_of_visits_that_took_place_on_a_day_that_is_over() -> None:
    found = figures(
        journey(**WHOLE),
        journey(add=sent(), t3=sent("08:00"), t4=held(SOURCES)),
        journey(add=sent(), t99=sent()),
        journey(Kind.MOBILEJKN, t3=Leg(State.CLOSED, None, NO_SHOW)),
        journey(add=held(UNMAPPED), t3=held(None)),
        journey(**WHOLE)._replace(tanggal=TUESDAY),
    )
    assert facts(found, "bookings", "antrean", "mobilejkn", "not_at_bpjs") == [6, 5, 1, 1]
    assert facts(found, "cancelled", "no_show", "ongoing", "served", "whole") == [1, 1, 1, 2, 1]
    told = [(found.facts[f"told_{task}"], found.facts[f"expected_{task}"]) for task in range(3, 8)]
    assert told == [(2, 2), (1, 2), (1, 2), (0, 0), (0, 0)]
    assert found.share("whole", "served") == 0.5
    assert figures().share("whole", "served") is None


def test_what_was_refused_or_lapsed_is_counted_of_all() -> None:
    refused = journey(add=Leg(State.REFUSED, None, because(ReasonCode.REFUSED, text="x")))
    lapsed = journey(add=Leg(State.CLOSED, None, because(ReasonCode.EXPIRED, why=UNMAPPED)))
    assert facts(figures(refused, lapsed, lapsed), "refused", "lapsed") == [1, 2]


# -- waits


def test_a_wait_is_between_two_times_that_bpjs_holds() -> None:
    found = figures(
        journey(**WHOLE),
        journey(t3=sent("08:00"), t4=sent("08:59")),
        journey(t3=sent("08:00"), t4=sent("09:00")),
        journey(t3=sent("08:00"), t4=Leg(State.DUE, 0)),
    )
    spread = found.spread(3, 4)
    assert (spread.of, spread.median, spread.p90, spread.ties) == (3, 59, 60, 0)
    assert spread.in_time == pytest.approx(2 / 3)
    assert found.spread(3, 5).median == 70
    nothing = found.spread(6, 7)
    assert (nothing.of, nothing.median, nothing.p90, nothing.in_time) == (0, None, None, None)


@pytest.mark.parametrize(
    ("begin", "end", "third", "is_tie"),
    [
        (3, 4, "08:00:01", True),
        (3, 4, "08:00:02", False),
        (3, 5, "08:00:02", True),
        (3, 5, "08:00:03", False),
    ],
)
def test_steps_of_one_click_are_ties_and_no_waits(
    begin: int, end: int, third: str, is_tie: bool
) -> None:
    found = figures(journey(t3=sent("08:00"), **{f"t{end}": sent(third)}))
    spread = found.spread(begin, end)
    assert (spread.ties, spread.of) == ((1, 0) if is_tie else (0, 1))


def test_figures_of_several_can_be_added_up() -> None:
    one, other = figures(journey(**WHOLE)), figures(journey(t3=sent("08:00"), t4=sent("08:30")))
    one.add(other)
    both = figures(journey(**WHOLE), journey(t3=sent("08:00"), t4=sent("08:30")))
    assert (one.facts, one.waits) == (both.facts, both.waits)


def test_figures_are_told_apart() -> None:
    found = report(
        journey(**WHOLE),
        journey(Kind.MOBILEJKN, t3=sent("09:30"))._replace(kd_poli="ANA", kd_dokter="D02"),
        journey(add=sent())._replace(tanggal=MONDAY - timedelta(days=1)),
    )
    counted = {
        by: {value: one.facts["antrean"] for value, one in found.groups[by].items()} for by in By
    }
    assert counted == {
        By.TANGGAL: {"2026-11-22": 1, "2026-11-23": 2},
        By.POLI: {"ANA": 1, "INT": 2},
        By.DOKTER: {"D01": 2, "D02": 1},
        By.JENIS: {"mobilejkn": 1, "onsite": 2},
        By.JAM: {"": 1, "08": 1, "09": 1},
        By.HARI: {"1": 2, "7": 1},
    }
    assert found.total.facts["antrean"] == 3


# -- SEPs


def sep(number: int, kd_poli: str = "INT") -> SepOfVisit:
    return SepOfVisit(f"2026/11/23/{number:06}", kd_poli, "D01")


def test_a_sep_is_covered_where_bpjs_has_an_antrean_of_its_visit() -> None:
    journeys = [
        journey(**WHOLE),
        journey(Kind.MOBILEJKN)._replace(no_rawat="2026/11/23/000002"),
        journey(add=held(UNMAPPED))._replace(no_rawat="2026/11/23/000003"),
        journey(add=held(UNMAPPED))._replace(no_rawat="2026/11/23/000003"),
    ]
    found = coverage_of([sep(1), sep(2), sep(3, "MAT"), sep(4, "MAT"), sep(5, "MAT")], journeys, {})
    assert (found.seps, found.covered, found.mobile) == (5, 2, 1)
    assert (found.share, found.mobile_share) == (0.4, 0.2)
    assert [tuple(one) for one in found.uncovered] == [("MAT", None, 2), ("MAT", UNMAPPED, 1)]
    assert coverage_of([], journeys, {}).share is None


def test_of_two_bookings_of_a_visit_the_one_that_bpjs_has_counts() -> None:
    both = [journey(**WHOLE), journey(add=held(UNMAPPED))]
    for journeys in (both, both[::-1]):
        assert coverage_of([sep(1)], journeys, {}).covered == 1


def test_of_a_forgotten_day_so_many_seps_are_covered_as_there_were_antrean() -> None:
    told = [journey(**WHOLE), journey(**WHOLE), journey(Kind.MOBILEJKN)]
    forgotten = sums_of([*told, journey(Kind.NONJKN, **WHOLE)], TUESDAY, WIB)
    found = coverage_of([sep(number) for number in range(5)], [], forgotten)
    assert (found.seps, found.covered, found.mobile) == (5, 3, 1)
    assert coverage_of([sep(1)], [journey(add=held(UNMAPPED))], forgotten).covered == 0
    assert coverage_of([SepOfVisit("2026/11/24/000001", "INT", "")], [], forgotten).covered == 0


def test_sums_of_a_day_can_be_added_up() -> None:
    some = [journey(**WHOLE), journey(add=sent(), t3=sent("08:00"), t4=held(SOURCES))]
    others = [journey(add=Leg(State.REFUSED, None, because(ReasonCode.REFUSED, text="x")))]
    both = DaySums()
    for part in (some, others):
        for sums in sums_of(part, TUESDAY, WIB).values():
            both.add(sums)
    whole = report(*some, *others)
    added = report_of(MONDAY, MONDAY, {MONDAY: both}, None)
    assert (added.total.facts, added.losses, added.refusals) == (
        whole.total.facts,
        whole.losses,
        whole.refusals,
    )


# -- causes


def test_causes_are_counted_where_they_lie_the_costliest_first() -> None:
    waiting = held(because(ReasonCode.WAITING_FOR_TASK, step="4"))
    found = report(
        journey(add=sent(), t3=sent("08:00"), t4=held(SOURCES), t5=waiting),
        journey(add=sent(), t3=sent("08:00"), t4=held(SOURCES), t5=waiting),
        journey(add=held(UNMAPPED), t3=held(because(ReasonCode.WAITING_FOR_ADD, add=UNMAPPED))),
        journey(**WHOLE),
        journey(add=sent(), batal=sent()),
    )
    assert [tuple(one) for one in found.losses] == [
        (RootCause(Step.TASK_4, None), 5, 3),
        (RootCause(Step.TASK_5, None), 1, 1),
        (RootCause(Step.ADD, UNMAPPED), 1, 1),
    ]


def test_refusals_are_grouped_by_bpjss_text() -> None:
    def refused(text: str) -> Journey:
        return journey(add=Leg(State.REFUSED, None, because(ReasonCode.REFUSED, text=text)))

    found = report(refused("Rujukan pukul 08:05"), refused("Rujukan pukul 09:10"), refused("NIK"))
    assert [(str(one.get("text")), count) for one, count in found.refusals] == [
        ("Rujukan pukul …", 2),
        ("NIK", 1),
    ]
