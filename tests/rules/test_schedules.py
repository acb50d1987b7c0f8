"""Khanza's jadwal beside HFIS: what is a difference, and what a week to tell consists of."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from antrean_cli.rules.listings import Praktek
from antrean_cli.rules.rows import PlannedSession
from antrean_cli.rules.schedules import AtHfis, Side, Untold, at_hfis, beside, weeks_to_tell
from tests.support.site import MONDAY

TUESDAY = MONDAY + timedelta(days=1)


def planned(
    hours: str = "08:00-14:00",
    hari: str = "SENIN",
    *,
    kodedokter: str | None = "12345",
    kodepoli: str | None = "INT",
    kd_poli: str | None = "INT",
) -> PlannedSession:
    opens, closes = hours.split("-")
    return PlannedSession(
        kd_dokter="D01",
        nm_dokter="dr. Andi Contoh, Sp.PD",
        kd_dokter_bpjs=kodedokter,
        kd_poli=kd_poli,
        kd_poli_bpjs=kodepoli,
        hari_kerja=hari,
        jam_mulai=f"{opens}:00",
        jam_selesai=f"{closes}:00",
        kuota="30",
    )


def praktek(
    hours: str = "08:00-14:00", *, kodedokter: str = "12345", libur: bool = False
) -> Praktek:
    return Praktek(kodedokter, "DR. ANDI", hours, "30", libur)


def one_side(planned_rows: list[PlannedSession], rows: list[Praktek], day: date = MONDAY) -> Side:
    (side,) = beside(planned_rows, {("INT", day): rows})
    return side


def test_hfis_has_hours_that_take_place_and_hours_that_are_off() -> None:
    rows = [praktek("10:00 - 12:00", libur=True), praktek("08:00-09:00"), praktek(kodedokter="9")]
    assert at_hfis(rows, "12345") == AtHfis(("08:00-09:00", "10:00-12:00"), ("08:00-09:00",))
    assert at_hfis(rows, "1") == AtHfis()
    assert [at_hfis(some, "12345").off for some in (rows, rows[:1], [])] == [False, True, False]


@pytest.mark.parametrize(
    ("ours", "theirs", "differs", "otherwise"),
    [
        ([planned()], [praktek()], False, False),
        ([planned()], [praktek("08:00-12:00")], True, True),
        ([planned()], [], True, True),
        ([], [praktek()], True, True),
        ([planned()], [praktek(libur=True)], True, False),
        ([planned("13:00-15:00"), planned()], [praktek(), praktek("13:00-15:00")], False, False),
        ([planned()], [praktek(), praktek("13:00-15:00")], True, True),
        ([planned(), planned()], [praktek()], False, False),
        ([planned(hari="senin ")], [praktek()], False, False),
        ([planned(kodedokter="012345")], [praktek()], False, False),
        ([planned(kodepoli="int ")], [praktek()], False, False),
    ],
)
def test_hours_are_compared_whatever_their_order_and_spelling(
    ours: list[PlannedSession], theirs: list[Praktek], differs: bool, otherwise: bool
) -> None:
    side = one_side(ours, theirs)
    assert (side.differs, side.plans_otherwise) == (differs, otherwise)


def test_a_session_is_of_its_own_day_and_clinic() -> None:
    rows = [planned(), planned(hari="SELASA"), planned(kodepoli="ANA")]
    assert one_side(rows, []).khanza == ("08:00-14:00",)
    assert beside([planned(hari="SELASA"), planned(kodepoli="ANA")], {("INT", MONDAY): []}) == []


@pytest.mark.parametrize(
    "row", [planned(kodedokter=None), planned(kodepoli="-"), planned(hari="SELASA")]
)
def test_what_is_not_mapped_or_of_another_day_is_left_out(row: PlannedSession) -> None:
    assert beside([row], {("INT", MONDAY): []}) == []


def test_a_session_without_a_clinic_is_of_the_clinic_in_which_hfis_has_the_doctor() -> None:
    row = planned(kd_poli="-", kodepoli=None)
    assert one_side([row], [praktek("09:00-10:00")]).khanza == ("08:00-14:00",)
    assert beside([row], {("INT", MONDAY): [praktek(kodedokter="9")]})[0].doctor.kodedokter == "9"


def test_khanzas_name_of_a_doctor_comes_before_hfiss() -> None:
    assert one_side([planned()], [praktek()]).name == "dr. Andi Contoh, Sp.PD"
    assert one_side([], [praktek()]).name == "DR. ANDI"


def test_a_week_is_told_whole_and_only_of_those_whom_hfis_plans_otherwise() -> None:
    rows = [planned(), planned(hari="SELASA"), planned("09:00-11:00", "SENIN", kodedokter="9")]
    sessions = {
        ("INT", MONDAY): [praktek(), praktek("09:00-11:00", kodedokter="9", libur=True)],
        ("INT", TUESDAY): [praktek("08:00-12:00")],
    }
    (week,) = weeks_to_tell(beside(rows, sessions))
    assert week.doctor == ("INT", "12345")
    assert week.hours == {1: ("08:00-14:00",), 2: ("08:00-14:00",)}
    assert [side.day for side in week.differing] == [TUESDAY]
    assert week.untold is None


@pytest.mark.parametrize("hours", ["08:00-08:00", "14:00-08:00", "00:00-00:00"])
def test_a_week_of_which_some_hours_are_not_clear_is_not_told(hours: str) -> None:
    """HFIS may have that day, and would lose it."""
    sessions = {("INT", MONDAY): [praktek("08:00-12:00")], ("INT", TUESDAY): [praktek()]}
    sides = beside([planned(), planned(hours, "SELASA")], sessions)
    assert [side.unclear for side in sides] == [False, True]
    (week,) = weeks_to_tell(sides)
    assert week.untold is Untold.UNCLEAR


def test_a_week_that_hfis_cannot_take_says_why() -> None:
    only_hfis = beside([], {("INT", MONDAY): [praktek()]})
    no_number = beside([planned(kodedokter="D-1")], {("INT", MONDAY): []})
    assert [week.untold for week in weeks_to_tell([*only_hfis, *no_number])] == [
        Untold.NOTHING,
        Untold.NO_NUMBER,
    ]
