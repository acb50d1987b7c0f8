"""Reasons in the ledger: stored as codes with parameters."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from antrean_cli.ledger.reasons import params_of, reason_from
from antrean_cli.rules.reasons import Reason, ReasonCode, because
from tests.support.rows import WIB, at

CODES = ReasonCode
INNER = because(CODES.NO_SESSION, kd_dokter="D01", kd_poli="INT", hari="SENIN")


@pytest.mark.parametrize(
    "reason",
    [
        because(CODES.GONE),
        because(
            CODES.WRONG_ORDER, step="4", waktu=at("08:20"), before="3", before_waktu=at("08:30")
        ),
        because(CODES.WAITING_FOR_ADD, add=INNER),
        because(CODES.WAITING_FOR_ADD, add=because(CODES.ADD_REFUSED, add=INNER)),
        because(CODES.NOT_ON_DAY, waktu=at("08:20"))._replace(behind="3"),
        because(CODES.AMBIGUOUS, count=2, kodebooking='a"b, {c}'),
    ],
)
def test_what_is_stored_comes_back(reason: Reason) -> None:
    def time(ms: int) -> datetime:
        return datetime.fromtimestamp(ms / 1000, WIB)

    assert reason_from(str(reason.code), params_of(reason), time) == reason


def test_a_reason_is_stored_in_one_form() -> None:
    """What differs only in how it was made is no change."""
    one: dict[str, Any] = {"kd_poli": "INT", "kd_dokter": "D01", "hari": "SENIN"}
    other = dict(reversed(one.items()))
    assert params_of(because(CODES.NO_SESSION, **one)) == params_of(
        because(CODES.NO_SESSION, **other)
    )


def test_how_a_reason_is_stored_stays_the_same_in_every_version() -> None:
    held = because(CODES.WAITING_FOR_ADD, add=because(CODES.CLINIC_UNMAPPED, kd_poli="INT"))
    assert params_of(held) == ('{"add": {"code": "petakan.poli", "params": {"kd_poli": "INT"}}}')
    late = because(CODES.NOT_ON_DAY, waktu=at("08:00"))._replace(behind="3")
    assert params_of(late) == '{"behind": "3", "waktu": {"ms": 1795395600000}}'
