"""Of which day a time or a row is, and which rows tell of none."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from antrean_cli.rules.rows import Rows
from antrean_cli.rules.service_days import (
    BrokenRow,
    broken_rows,
    day_of_booking,
    day_of_cancel,
    day_of_registration,
    service_day,
)
from tests.support.rows import (
    MONDAY,
    NOBOOKING,
    SUNDAY,
    TUESDAY,
    WIT,
    WITA,
    at,
    booking,
    cancel,
    registration,
    rows,
)

NAMELESS = "X1"  # a nobooking that tells no day
BROKEN_REGISTRATION = {"tgl_registrasi": "0000-00-00", "no_rawat": "X/1"}


@pytest.mark.parametrize(
    ("waktu", "expected"),
    [
        (at("00:00"), MONDAY),
        (at("23:59:59"), MONDAY),
        (at("00:30", TUESDAY, WITA), MONDAY),
        (at("01:59:59", TUESDAY, WIT), MONDAY),
        (at("02:00", TUESDAY, WIT), TUESDAY),
        (at("01:00", MONDAY, WIT), SUNDAY),
    ],
)
def test_the_day_of_service_is_judged_in_wib(waktu: datetime, expected: object) -> None:
    assert service_day(waktu) == expected


@pytest.mark.parametrize(
    ("tanggal", "nobooking", "day"),
    [
        ("2026-11-24", NOBOOKING, TUESDAY),
        (None, NOBOOKING, MONDAY),
        ("0000-00-00", NOBOOKING, MONDAY),
        (None, NAMELESS, None),
    ],
)
def test_the_day_of_a_booking_and_of_a_cancel(
    tanggal: str | None, nobooking: str, day: date | None
) -> None:
    row = {"tanggalperiksa": tanggal, "nobooking": nobooking}
    assert day_of_booking(booking(**row), None) == day
    assert day_of_cancel(cancel(**row)) == day


def test_a_booking_that_tells_no_day_is_of_its_registrations() -> None:
    lost = booking(tanggalperiksa=None, nobooking=NAMELESS)
    assert day_of_booking(lost, registration()) == MONDAY
    assert day_of_registration(registration(tgl_registrasi="0000-00-00")) == MONDAY
    assert day_of_registration(registration(**BROKEN_REGISTRATION)) is None


LOST: dict[str, Any] = {"tanggalperiksa": None, "nobooking": NAMELESS}
OF_BOOKING = BrokenRow("referensi_mobilejkn_bpjs", NAMELESS, "tanggalperiksa")
OF_CANCEL = BrokenRow("referensi_mobilejkn_bpjs_batal", NAMELESS, "nobooking")


@pytest.mark.parametrize(
    ("found", "broken"),
    [
        (rows(registrations=[registration()], bookings=[booking()], cancels=[cancel()]), []),
        (rows(bookings=[booking(**LOST)]), [OF_BOOKING]),
        (rows(bookings=[booking(**LOST)], registrations=[registration()]), []),
        (
            rows(
                bookings=[booking(**LOST)],
                registrations=[registration(norm="9", nik="9", nomorkartu="9")],
            ),
            [OF_BOOKING],
        ),
        (rows(cancels=[cancel(**LOST)]), [OF_CANCEL]),
        (rows(cancels=[cancel(**LOST), cancel()]), [OF_CANCEL]),
        (rows(cancels=[cancel(**LOST)], bookings=[booking()]), [OF_CANCEL]),
        (
            rows(cancels=[cancel(**LOST)], bookings=[booking(nobooking="x1")]),
            [],
        ),
        (
            rows(registrations=[registration(), registration(**BROKEN_REGISTRATION)]),
            [BrokenRow("reg_periksa", "X/1", "tgl_registrasi")],
        ),
    ],
)
def test_which_rows_tell_of_no_day(found: Rows, broken: list[BrokenRow]) -> None:
    assert list(broken_rows(found)) == broken
