"""Did the patient come? The traces were typed from khanza/README.md, "Did the patient come"."""

from __future__ import annotations

from typing import Any

import pytest

from antrean_cli.rules.attendance import (
    arrival_confirmed,
    attended,
    from_clinic,
    registered_in_advance,
)
from antrean_cli.rules.visits import Visit
from tests.support.rows import (
    SUNDAY,
    ZERO,
    at,
    berkas,
    context,
    exam,
    mobilejkn,
    on,
    onsite,
    resep,
    sep,
)

EVENING = at("21:00")  # Monday's work is done, and the day is not over yet


@pytest.mark.parametrize(
    ("visit", "in_advance"),
    [
        (onsite(), False),
        (onsite(reg={"jam_reg": "08:00:00"}), True),
        (onsite(reg={"jam_reg": "08:00:00"}, slot=None), False),
        (onsite(registration=None), False),
        (mobilejkn(), True),
        (mobilejkn(reg={"jam_reg": "09:30:00"}), True),
    ],
)
def test_which_registration_proves_nothing(visit: Visit, in_advance: bool) -> None:
    assert registered_in_advance(visit) is in_advance


@pytest.mark.parametrize(
    ("changed", "came"),
    [
        ({}, False),
        ({"sep": sep()}, True),
        ({"exams": (exam(on("09:00")),)}, True),
        ({"reseps": (resep(),)}, True),
        ({"reg": {"status_bayar": "Sudah Bayar"}}, True),
        ({"reg": {"stts": "Berkas Diterima"}}, True),
        ({"book": {"status": "Checkin", "validasi": on("07:40")}}, True),
        ({"book": {"status": "Checkin", "validasi": on("07:40", SUNDAY)}}, False),
        ({"berkas": berkas(on("08:10"))}, True),
        ({"berkas": berkas(on("20:00", SUNDAY))}, False),
        ({"berkas": berkas(ZERO, on("20:00", SUNDAY))}, True),
        ({"berkas": berkas(ZERO, ZERO, on("20:00", SUNDAY))}, True),
    ],
)
def test_what_shows_that_the_patient_came(changed: dict[str, Any], came: bool) -> None:
    visit = mobilejkn(**{"sep": None, **changed})
    assert arrival_confirmed(context(visit, EVENING)) is came
    assert attended(context(visit, EVENING)) is came


@pytest.mark.parametrize(
    ("changed", "seen_there"),
    [
        ({}, False),
        ({"exams": (exam(on("09:00")),)}, True),
        ({"exams": (exam(on("09:00", SUNDAY)),)}, False),
        ({"reseps": (resep(dibuat=on("09:00")),)}, True),
        ({"reseps": (resep(divalidasi=on("09:00")),)}, True),
        ({"reseps": (resep(diserahkan=on("09:00")),)}, True),
        ({"reseps": (resep(),)}, False),
        ({"berkas": berkas(on("08:10"))}, True),
        ({"berkas": berkas(ZERO, on("08:10"))}, True),
        ({"berkas": berkas(on("08:10"), ZERO, on("08:10"))}, False),  # made later
    ],
)
def test_what_shows_that_who_lies_in_a_ward_came_from_the_clinic(
    changed: dict[str, Any], seen_there: bool
) -> None:
    assert from_clinic(context(onsite(**changed), EVENING)) is seen_there
