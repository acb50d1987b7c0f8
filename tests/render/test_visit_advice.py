"""What is to be done about one visit: who, and what to type, without Khanza and BPJS."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from antrean_cli.operator.visit_report import BookingAtBpjs, VisitReport
from antrean_cli.render.visit_advice import to_dos
from antrean_cli.rules.codes import Step
from antrean_cli.rules.events import Event
from antrean_cli.rules.push import MANUAL, Push
from antrean_cli.rules.reasons import (
    IN_DOUBT,
    Reason,
    ReasonCode,
    because,
    demanded,
    waiting_for_task,
)
from tests.support.rows import NO_RAWAT, WIB, at, onsite, push, record

NOW = at("12:00")
UNMAPPED = because(ReasonCode.CLINIC_UNMAPPED, kd_poli="MAT")
REFUSED = because(ReasonCode.REFUSED, text="Rujukan tidak valid")
SENT = (push("add", "sent"), push("3", "sent", "08:05"))
MEND = "betulkan di Khanza, lalu terkirim sendiri; bila di VClaim: antrean retry"
EVENTS = {
    "3": Event(taskid=3, waktu=at("08:05"), source="buka_poli"),
    "4": Event(taskid=4, waktu=at("08:20"), source="periksa_awal"),
}


def report(*pushes: Push, **known: Any) -> VisitReport:
    """Return a live onsite visit with these pushes; BPJS was not asked unless told else."""
    default: dict[str, Any] = {"visit": onsite(), "events": EVENTS}
    return VisitReport(record=record(*pushes), zone=WIB, now=NOW, **{**default, **known})


def advice(*pushes: Push, **known: Any) -> list[str | None]:
    return [one.advice for one in to_dos(report(*pushes, **known))]


def held(step: str, reason: Reason, **changed: Any) -> Push:
    return push(step, "held", reason=reason, **changed)


@pytest.mark.parametrize(
    ("pushes", "expected"),
    [
        # the add itself
        ([held("add", UNMAPPED)],
         ["IT: isi tabel pemetaan di Khanza; setelah itu terkirim otomatis"]),
        ([push("add", "refused", reason=REFUSED)],
         [f"pendaftaran: {MEND} {NO_RAWAT}"]),
        ([held("add", IN_DOUBT)], ["terkirim otomatis begitu BPJS menjawab"]),
        # who records the step
        ([*SENT, push("4", "refused", "08:20", reason=REFUSED)],
         [f"poli: {MEND} {NO_RAWAT}"]),
        ([*SENT, push("6", "refused", "10:00", reason=REFUSED)],
         [f"farmasi: {MEND} {NO_RAWAT}"]),
        # what waits for something that is missing, or comes by itself
        ([*SENT, held("5", waiting_for_task("4"))], [None]),  # Khanza has its time
        ([*SENT, push("4", "sent", "08:20"), held("6", waiting_for_task("5"))],
         ["poli: catat task 5 di Khanza"]),
        ([*SENT, push("4", "due", "08:20"), held("5", waiting_for_task("4"))], [None]),
        # what BPJS wants to see first
        ([*SENT, held("4", demanded("2"), blocked_by="2")],
         [f"pendaftaran: antrean update {NO_RAWAT} 2 WAKTU"]),
        ([SENT[0], held("4", demanded("3"), blocked_by="3")], [None]),
        ([*SENT, held("6", demanded("5"), blocked_by="5")], ["poli: catat task 5 di Khanza"]),
        ([held("3", demanded("add"), blocked_by="add")],
         [f"IT: antrean add --no-rawat {NO_RAWAT}"]),
    ],
)  # fmt: skip
def test_who_has_to_do_what_about_a_push_that_is_stuck(
    pushes: Sequence[Push], expected: list[str | None]
) -> None:
    assert advice(*pushes) == expected


def test_what_waits_for_the_add_is_advised_on_as_the_add_is() -> None:
    waiting = because(ReasonCode.WAITING_FOR_ADD, add=UNMAPPED)
    add, task = advice(held("add", UNMAPPED), held("3", waiting, recorded=at("08:05")))
    assert add == task


def test_what_waits_for_a_task_that_is_stuck_is_advised_on_as_that_one_is() -> None:
    four = push("4", "refused", "08:20", reason=REFUSED)
    behind = (held("5", waiting_for_task("4")), held("6", waiting_for_task("5")))
    assert len(set(advice(*SENT, four, *behind))) == 1


def test_behind_a_closed_task_there_is_nothing_to_be_done() -> None:
    closed = push("4", "closed", "08:20", reason=because(ReasonCode.NOT_ON_DAY))
    assert advice(*SENT, closed, held("5", waiting_for_task("4"))) == [""]


def test_a_kode_booking_is_typed_as_a_shell_takes_it() -> None:
    one = VisitReport(
        record=record(push("add", "refused", reason=REFUSED), kodebooking="A B"), zone=WIB, now=NOW
    )
    assert [todo.advice for todo in to_dos(one)] == [f"pendaftaran: {MEND} 'A B'"]


# -- beside BPJS


def whats(*pushes: Push, **known: Any) -> list[str]:
    return [one.what for one in to_dos(report(*pushes, **known))]


@pytest.mark.parametrize(
    ("at_bpjs", "pushes", "expected"),
    [
        (None, SENT, []),  # not asked
        ({"3": at("08:05")}, SENT, []),
        ({}, SENT, ["task 3 tercatat terkirim, tetapi tidak ada di BPJS"]),
        ({"3": at("08:05"), "4": at("08:20")}, (*SENT, push("4", "due", "08:20")),
         ["task 4 sudah ada di BPJS, belum tercatat"]),
        ({"3": at("08:05"), "5": at("09:00")}, SENT, ["task 5 ada di BPJS, tidak ada di Khanza"]),
        ({"3": at("08:05"), "5": at("09:00")},
         (*SENT, push("5", "sent", None, waktu=at("09:00"), source=MANUAL)), []),
        ({"3": at("08:05")}, (*SENT, push("farmasi", "sent")), []),
    ],
)  # fmt: skip
def test_how_bpjs_differs_from_the_ledger(
    at_bpjs: dict[str, datetime | None] | None, pushes: Sequence[Push], expected: list[str]
) -> None:
    asked = {} if at_bpjs is None else {"booking": BookingAtBpjs.PRESENT}
    assert whats(*pushes, at_bpjs=at_bpjs, **asked) == expected


def test_a_booking_that_bpjs_lacks_is_told() -> None:
    known = {"at_bpjs": {}, "booking": BookingAtBpjs.MISSING}
    assert whats(SENT[0], **known) == ["antreannya tercatat terkirim, tetapi tidak ada di BPJS"]


@pytest.mark.parametrize(
    ("pushes", "known", "told"),
    [
        ((push("99", "already"),), {}, True),
        ((), {"at_bpjs": {}, "booking": BookingAtBpjs.CANCELLED}, True),
        ((push("batal", "sent", source=MANUAL),), {}, False),  # meant
        ((push("99", "already"),), {"visit": onsite(reg={"stts": "Batal"})}, False),
    ],
)
def test_a_cancel_that_khanza_does_not_know_is_told_of_a_live_visit(
    pushes: Sequence[Push], known: dict[str, Any], told: bool
) -> None:
    assert ("dibatalkan di BPJS, tidak di Khanza" in whats(*pushes, **known)) == told


def test_every_step_can_be_advised_on() -> None:
    for step in Step:
        (one,) = advice(push(step, "refused", reason=REFUSED))
        assert one is not None
        assert one.endswith(f"antrean retry {NO_RAWAT}")


def test_what_bpjs_wants_the_add_for_is_advised_on_as_the_refused_add_is() -> None:
    add, task = advice(
        push("add", "refused", reason=REFUSED), held("3", demanded("add"), blocked_by="add")
    )
    assert add == task
