"""Sessions: which of a doctor's sessions a visit belongs to, Khanza's or HFIS's."""

from __future__ import annotations

import pytest

from antrean_cli.rules.rows import Slot
from antrean_cli.rules.sessions import slot_of
from tests.support.rows import (
    slot,
)

MORNING = slot(jam_mulai="08:00:00", jam_selesai="12:00:00")


EVENING = slot(jam_mulai="16:00:00", jam_selesai="20:00:00")


@pytest.mark.parametrize(
    ("jam", "expected"),
    [
        ("06:30:00", MORNING),  # none holds it: the next one
        ("08:00:00", MORNING),  # to the second
        ("09:10:00", MORNING),
        ("11:59:59", MORNING),
        ("12:30:00", EVENING),  # between the two: the next one
        ("16:00:00", EVENING),
        ("19:00:00", EVENING),
        ("21:00:00", EVENING),  # none any more: the last of the day
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_of_two_sessions_the_one_that_holds_jam_reg_else_the_next_else_the_last(
    jam: str, expected: Slot, turned: bool
) -> None:
    slots = [EVENING, MORNING] if turned else [MORNING, EVENING]
    assert slot_of(slots, "INT", jam) == expected


def test_a_session_without_an_end_lasts_until_the_day_ends() -> None:
    endless = slot(jam_mulai="16:00:00", jam_selesai=None)
    assert slot_of([MORNING, endless], "INT", "23:30:00") == endless
    assert slot_of([MORNING, endless], "INT", "09:00:00") == MORNING


@pytest.mark.parametrize("slots", [(), (slot(kd_poli="ANA"),)])
def test_no_session_of_the_clinic_is_no_session(slots: tuple[Slot, ...]) -> None:
    assert slot_of(slots, "INT", "09:00:00") is None


@pytest.mark.parametrize("kd_poli", [None, ""])
def test_a_session_without_a_clinic_fits_every_clinic(kd_poli: str | None) -> None:
    anywhere = slot(kd_poli=kd_poli)
    assert slot_of([anywhere], "INT", "09:00:00") == anywhere
