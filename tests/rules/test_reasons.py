"""Reasons: their parameters, and what is the same of them from visit to visit."""

from __future__ import annotations

import pytest

from antrean_cli.rules.codes import Step
from antrean_cli.rules.reasons import (
    Reason,
    ReasonCode,
    because,
    demanded,
    general,
    has_code,
    wrong_order,
)
from tests.support.rows import WIB, WIT, at


def test_a_reason_is_asked_for_one_of_its_parameters() -> None:
    one = because(ReasonCode.NO_SESSION, kd_dokter="D01", kd_poli="INT")
    assert (one.get("kd_dokter"), one.get("kd_poli"), one.get("hari")) == ("D01", "INT", None)
    assert one == because(ReasonCode.NO_SESSION, kd_poli="INT", kd_dokter="D01")
    assert has_code(one, ReasonCode.GONE, ReasonCode.NO_SESSION)
    assert not has_code(one, ReasonCode.GONE)
    assert not has_code(None, ReasonCode.GONE)


@pytest.mark.parametrize(
    ("reason", "same"),
    [
        (
            because(ReasonCode.WRONG_ORDER, step="4", waktu=at("08:05")),
            because(ReasonCode.WRONG_ORDER, step="4"),
        ),
        (
            because(ReasonCode.REFUSED, text="Waktu (2026-11-23 08:05:00 WIB) tidak 08:05 valid"),
            because(ReasonCode.REFUSED, text="Waktu … tidak … valid"),
        ),
        (
            because(ReasonCode.REFUSED, text="jam 08:05:30"),
            because(ReasonCode.REFUSED, text="jam …"),
        ),
        (
            because(
                ReasonCode.WAITING_FOR_ADD, add=because(ReasonCode.NOT_ON_DAY, waktu=at("08:05"))
            ),
            because(ReasonCode.WAITING_FOR_ADD, add=because(ReasonCode.NOT_ON_DAY)),
        ),
        (because(ReasonCode.AMBIGUOUS, count=2), because(ReasonCode.AMBIGUOUS, count=2)),
        (
            Reason(ReasonCode.EXPIRED, behind="3"),
            Reason(ReasonCode.EXPIRED, behind="3"),
        ),
    ],
)
def test_what_is_the_same_of_many_visits_has_no_time(reason: Reason, same: Reason) -> None:
    assert general(reason) == same


def test_what_bpjs_demands_is_named() -> None:
    assert demanded(Step.ADD) == because(ReasonCode.DEMANDED_ADD)
    assert demanded(Step.TASK_3) == because(ReasonCode.DEMANDED_TASK, step="3")


def test_times_in_the_wrong_order_are_named_in_the_hospitals_zone() -> None:
    found = wrong_order("4", at("08:05"), "3", at("08:20"), WIT)
    assert found == because(
        ReasonCode.WRONG_ORDER,
        step="4",
        waktu=at("08:05"),
        before="3",
        before_waktu=at("08:20"),
    )
    waktu = found.get("waktu")
    assert waktu == at("08:05", zone=WIB)
    assert getattr(waktu, "tzinfo", None) == WIT
