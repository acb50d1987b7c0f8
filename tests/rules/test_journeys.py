"""Journeys: what BPJS holds of a booking, and where the cause of what it lacks lies."""

from __future__ import annotations

from typing import Any

import pytest

from antrean_cli.rules.codes import Kind, State, Step
from antrean_cli.rules.journeys import Journey, Leg, RootCause
from antrean_cli.rules.reasons import EXPIRED, NO_SHOW, Reason, ReasonCode, because
from tests.support.rows import at
from tests.support.site import MONDAY

UNMAPPED = because(ReasonCode.DOCTOR_UNMAPPED, kd_dokter="D9")
SOURCES = because(ReasonCode.TIME_UNRECORDED, step="4", sources="periksa")


def sent(hhmm: str | None = None) -> Leg:
    return Leg(State.SENT, round(at(hhmm).timestamp() * 1000) if hhmm else None)


def held(reason: Reason | None) -> Leg:
    return Leg(State.HELD, None, reason)


def journey(kind: Any = Kind.ONSITE, **legs: Any) -> Journey:
    """Return a journey; `add`, `t3` … `t7`, `t99` and `batal` are its legs."""
    steps = {name.removeprefix("t"): leg for name, leg in legs.items()}
    fields: dict[str, Any] = {"kd_poli": "INT", "kd_dokter": "D01", "no_rawat": "2026/11/23/000001"}
    return Journey(kodebooking="2026/11/23/000001", kind=kind, tanggal=MONDAY, legs=steps, **fields)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (journey(add=sent()), True),
        (journey(add=held(UNMAPPED)), False),
        (journey(add=held(UNMAPPED), t3=sent("08:05")), False),
        (journey(Kind.MOBILEJKN), True),  # BPJS made it
        (journey(Kind.MOBILEJKN, add=held(None)), False),  # BPJS had lost it
        (journey(), False),
        (journey(t3=sent("08:05")), True),  # added from elsewhere
    ],
)
def test_bpjs_has_a_booking_by_its_add_or_because_it_made_it(one: Journey, expected: bool) -> None:
    assert one.at_bpjs is expected


def test_only_the_times_that_bpjs_holds_are_told() -> None:
    one = journey(t3=sent("08:05"), t4=Leg(State.ALREADY, 7), t5=Leg(State.DUE, 9), t6=held(None))
    assert [one.time_of(task) for task in (3, 4, 5, 6, 7)] == [
        round(at("08:05").timestamp() * 1000),
        7,
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("one", "cancelled", "no_show", "lapsed"),
    [
        (journey(add=sent()), False, False, False),
        (journey(batal=sent()), True, False, False),
        (journey(t99=sent()), True, False, False),
        (journey(batal=held(None), t99=Leg(State.DUE)), False, False, False),
        (journey(t3=Leg(State.CLOSED, None, NO_SHOW)), False, True, False),
        (journey(t3=Leg(State.CLOSED, None, EXPIRED)), False, False, True),
    ],
)
def test_what_became_of_it(one: Journey, cancelled: bool, no_show: bool, lapsed: bool) -> None:
    assert (one.cancelled, one.no_show, one.lapsed) == (cancelled, no_show, lapsed)


def test_6_and_7_are_expected_with_a_prescription_alone() -> None:
    assert journey(t3=sent("08:05")).expected() == (3, 4, 5)
    assert journey(t6=held(None)).expected() == (3, 4, 5, 6, 7)
    assert journey(t7=held(None)).expected() == (3, 4, 5, 6, 7)


@pytest.mark.parametrize(
    ("one", "step", "cause"),
    [
        (journey(t4=held(SOURCES)), "4", RootCause(Step.TASK_4, SOURCES)),
        (journey(), "4", RootCause(Step.TASK_4, None)),
        # the add, and all that waits for it
        (
            journey(t3=held(because(ReasonCode.WAITING_FOR_ADD, add=UNMAPPED))),
            "3",
            RootCause(Step.ADD, UNMAPPED),
        ),
        # 6 waits for 5, which waits for 4, which nobody recorded
        (
            journey(
                t4=held(SOURCES),
                t5=held(because(ReasonCode.WAITING_FOR_TASK, step="4")),
                t6=held(because(ReasonCode.WAITING_FOR_TASK, step="5")),
            ),
            "6",
            RootCause(Step.TASK_4, SOURCES),
        ),
        # who waits for each other waits for nobody else
        (
            journey(
                t5=held(because(ReasonCode.WAITING_FOR_TASK, step="6")),
                t6=held(because(ReasonCode.WAITING_FOR_TASK, step="5")),
            ),
            "6",
            RootCause(Step.TASK_6, None),
        ),
        # what lapsed keeps why it was not told
        (
            journey(t4=Leg(State.CLOSED, None, because(ReasonCode.EXPIRED, why=SOURCES))),
            "4",
            RootCause(Step.TASK_4, SOURCES),
        ),
        (
            journey(
                t4=Leg(
                    State.CLOSED,
                    None,
                    because(
                        ReasonCode.EXPIRED, why=because(ReasonCode.WAITING_FOR_ADD, add=UNMAPPED)
                    ),
                )
            ),
            "4",
            RootCause(Step.ADD, UNMAPPED),
        ),
        (journey(t4=Leg(State.CLOSED, None, EXPIRED)), "4", RootCause(Step.TASK_4, EXPIRED)),
    ],
)
def test_the_cause_lies_where_what_is_waited_for_waits(
    one: Journey, step: str, cause: RootCause
) -> None:
    assert one.root_cause(step) == cause
