"""Sessions: which of a doctor's sessions a visit belongs to, Khanza's or HFIS's."""

from __future__ import annotations

from datetime import date

import pytest

from antrean_cli.rules.rows import Slot
from antrean_cli.rules.sessions import hari_kerja_of, hours_of, jampraktek_of, opening_of, slot_of
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


# -- hours that Khanza's form leaves at 00:00:00, and others that cannot be meant

UNFILLED = [("00:00:00", "00:00:00"), ("00:00:00", None), ("00:00:00", "")]
WITHOUT_END = [None, "", "00:00:00", "24:00:00", "838:59:59", "-01:00:00", "sore"]
CONTRADICTING = [
    *(("14:00:00", "08:00:00"), ("08:00:00", "08:00:00"), ("24:00:00", "08:00:00")),
    *(("-08:00:00", "14:00:00"), ("838:59:59", "14:00:00"), ("pagi", "14:00:00")),
]


@pytest.mark.parametrize(("mulai", "selesai"), UNFILLED)
def test_a_row_without_hours_is_no_session(mulai: str, selesai: str | None) -> None:
    unfilled = slot(jam_mulai=mulai, jam_selesai=selesai)
    assert slot_of([unfilled], "INT", "09:00:00") is None
    assert slot_of([unfilled, EVENING], "INT", "00:30:00") == EVENING


@pytest.mark.parametrize("selesai", WITHOUT_END)
def test_a_session_without_an_end_has_an_opening_and_no_hours(selesai: str | None) -> None:
    endless = slot(jam_mulai="16:00:00", jam_selesai=selesai)
    assert (opening_of(endless), jampraktek_of(endless)) == ("16:00:00", "")
    assert slot_of([MORNING, endless], "INT", "17:00:00") == endless


@pytest.mark.parametrize(("mulai", "selesai"), CONTRADICTING)
def test_of_hours_that_contradict_each_other_neither_is_believed(mulai: str, selesai: str) -> None:
    odd = slot(jam_mulai=mulai, jam_selesai=selesai)
    assert (opening_of(odd), jampraktek_of(odd)) == ("", "")
    assert slot_of([odd], "INT", "09:00:00") == odd  # so that somebody is told of it
    for slots in ([odd, MORNING], [MORNING, odd]):
        assert slot_of(slots, "INT", "09:00:00") == MORNING


@pytest.mark.parametrize(
    ("mulai", "selesai", "hours"),
    [
        ("00:00:00", "14:00:00", "00:00-14:00"),
        ("00:00:00", "23:59:59", "00:00-23:59"),
    ],
)
def test_a_session_may_begin_or_end_with_the_day(mulai: str, selesai: str, hours: str) -> None:
    found = slot(jam_mulai=mulai, jam_selesai=selesai)
    assert (opening_of(found), jampraktek_of(found)) == (mulai, hours)


@pytest.mark.parametrize("jam", ["", "-01:00:00", "24:00:00", "838:59:59", "pagi"])
def test_without_a_time_of_registration_only_one_session_can_be_told(jam: str) -> None:
    assert slot_of([MORNING], "INT", jam) == MORNING
    assert slot_of([MORNING, EVENING], "INT", jam) is None


@pytest.mark.parametrize(
    ("written", "clinic"), [("int", "INT"), ("INT", "int "), ("INT ", "INT"), ("-", "INT")]
)
def test_a_session_is_of_a_clinic_however_its_code_is_written(written: str, clinic: str) -> None:
    found = slot(kd_poli=written)
    assert slot_of([found], clinic, "09:00:00") == found


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("08:00-14:00", ("08:00:00", "14:00:00")),
        (" 08:00 - 14:00 ", ("08:00:00", "14:00:00")),
        ("14:00-08:00", None),
        ("08:00-08:00", None),
        ("08:00-24:00", None),
        ("24:00-25:00", None),
        ("0::00-14:00", None),
        ("08:00", None),
        ("", None),
        (None, None),
    ],
)
def test_the_hours_that_a_booking_names(text: str | None, hours: tuple[str, str] | None) -> None:
    assert hours_of(text) == hours


def test_at_its_end_a_session_is_over() -> None:
    late = slot(jam_mulai="12:00:00", jam_selesai="16:00:00")
    assert slot_of([MORNING, late], "INT", "12:00:00") == late
    assert slot_of([MORNING, EVENING], "INT", "12:00:00") == EVENING
    assert slot_of([MORNING, EVENING], "INT", "20:00:00") == EVENING


def test_sessions_are_taken_in_the_order_of_the_day() -> None:
    first = slot(kd_dokter="D09", jam_mulai="08:00:00", jam_selesai="12:00:00")
    second = slot(kd_dokter="D01", jam_mulai="16:00:00", jam_selesai="20:00:00")
    assert slot_of([second, first], "INT", "07:00:00") == first
    evening = slot(jam_mulai="18:00:00", jam_selesai=None)
    assert slot_of([MORNING, evening], "INT", "23:30:00") == evening
    assert slot_of([slot(jam_mulai="08:00:00", jam_selesai=None), evening], "INT", "09:00:00") == (
        slot(jam_mulai="08:00:00", jam_selesai=None)
    )


@pytest.mark.parametrize(
    ("mulai", "selesai", "told"),
    [
        ("00:00:00", "00:00:00", False),
        ("", None, False),
        ("x", "00:00:00", True),
        ("00:00:00", "x", True),
    ],
)
def test_hours_that_somebody_filled_in_wrongly_are_a_session_to_tell_of(
    mulai: str, selesai: str | None, told: bool
) -> None:
    one = slot(jam_mulai=mulai, jam_selesai=selesai)
    assert (slot_of([one], "INT", "09:00:00") is not None) is told


def test_the_days_of_the_week_are_khanzas() -> None:
    week = [hari_kerja_of(date(2026, 11, 23 + day)) for day in range(7)]
    assert week == ["SENIN", "SELASA", "RABU", "KAMIS", "JUMAT", "SABTU", "AKHAD"]
