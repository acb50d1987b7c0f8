"""Which registration each Mobile JKN booking has."""

from __future__ import annotations

from typing import Any

import pytest

from antrean_cli.rules.claims import LookedFor, claims_of, looked_for
from antrean_cli.rules.push import Record
from antrean_cli.rules.rows import Booking, Registration, Rows
from tests.support.rows import (
    NO_RAWAT,
    NOBOOKING,
    booking,
    cancel,
    push,
    record,
    registration,
    rows,
)

OTHER, THIRD = "2026/11/23/000002", "2026/11/23/000003"
NEWER = "20261123000002"
ME = {"norm": "000001", "nik": "9901010101000001", "nomorkartu": "0009000000001"}
STRANGER = {"norm": "000009", "nik": "9901010101000009", "nomorkartu": "0009000000009"}


def mine(no_rawat: str = NO_RAWAT, **changed: Any) -> Registration:
    return registration(**{"no_rawat": no_rawat, **ME, **changed})


def booked(**changed: Any) -> Booking:
    return booking(**{**ME, **changed})


def claimed(found: Rows, *known: Record) -> dict[str, str]:
    """Return the no_rawat that each booking has."""
    claims = claims_of(found, {one.kodebooking: one for one in known})
    everything = {*claims.unclaimed, *(row.no_rawat for row in claims.claimed.values())}
    assert everything == {row.no_rawat for row in found.registrations}
    assert len(claims.unclaimed) + len(claims.claimed) == len(found.registrations)
    return {nobooking: row.no_rawat for nobooking, row in claims.claimed.items()}


def both(row: Registration, *bookings: Booking, **others: Any) -> Rows:
    return rows(registrations=[row], bookings=bookings, **others)


# -- by its number


@pytest.mark.parametrize(
    ("tgl_registrasi", "claims"),
    [("2026-11-23", True), ("0000-00-00", True), ("2026-11-22", False), ("2026-11-24", False)],
)
def test_a_visit_of_another_day_than_the_bookings_is_not_its_visit(
    tgl_registrasi: str, claims: bool
) -> None:
    """Without a day of its own it is of the one in its number."""
    found = both(mine(tgl_registrasi=tgl_registrasi), booked())
    assert claimed(found) == ({NOBOOKING: NO_RAWAT} if claims else {})
    dayless = booked(nobooking="X1", tanggalperiksa=None)
    assert claimed(both(mine(tgl_registrasi=tgl_registrasi), dayless)) == {"x1": NO_RAWAT}


@pytest.mark.parametrize(
    ("changed", "claims"),
    [
        ({}, True),
        ({"nik": "9", "nomorkartu": "9"}, True),  # the record number settles it
        ({"norm": "000002"}, True),  # merged: the NIK is the same
        ({"norm": "000002", "nik": None}, True),  # or the card
        ({"norm": "000002", "nik": "-", "nomorkartu": "9"}, False),
        ({"norm": "000002", "nik": "9", "nomorkartu": ME["nomorkartu"]}, False),
        ({"norm": "000002", "nik": "", "nomorkartu": "0"}, False),  # nothing can be compared
        ({"norm": "-", "nik": None, "nomorkartu": None}, False),
        ({"norm": "000001 "}, True),
        (STRANGER, False),
    ],
)
def test_a_booking_claims_the_registration_that_it_names_if_it_is_the_same_patient(
    changed: dict[str, Any], claims: bool
) -> None:
    found = both(mine(**changed, kd_poli_bpjs="ANA"), booked())  # nothing else to be found
    assert claimed(found) == ({NOBOOKING: NO_RAWAT} if claims else {})


@pytest.mark.parametrize("status", ["Batal", "Gagal"])
def test_a_booking_that_was_cancelled_or_failed_claims_nothing(status: str) -> None:
    assert claimed(both(mine(), booked(status=status))) == {}
    lost = booked(status=status, no_rawat=OTHER)
    assert claimed(both(mine(), lost)) == {}
    assert looked_for(both(mine(), lost)) == LookedFor()


@pytest.mark.parametrize("status", ["Belum", "Checkin", "Batal"])
@pytest.mark.parametrize("statuskirim", ["Belum", "Sudah"])
def test_a_booking_with_a_cancel_claims_nothing(status: str, statuskirim: str) -> None:
    row = cancel(statuskirim=statuskirim)
    assert claimed(both(mine(), booked(status=status), cancels=[row])) == {}


def test_of_two_bookings_that_name_one_registration_the_newest_of_the_same_patient_has_it() -> None:
    newer = booked(nobooking=NEWER)
    assert claimed(both(mine(), booked(), newer)) == {NEWER: NO_RAWAT}
    strangers = booking(**STRANGER, nobooking=NEWER)
    assert claimed(both(mine(), strangers, booked())) == {NOBOOKING: NO_RAWAT}
    cancelled = booked(nobooking=NEWER, status="Batal")
    assert claimed(both(mine(), cancelled, booked())) == {NOBOOKING: NO_RAWAT}


# -- the one that it lost


@pytest.mark.parametrize("names", [None, "", OTHER, THIRD])
def test_a_booking_that_names_nobody_or_a_stranger_finds_its_own(names: str | None) -> None:
    stranger = registration(**STRANGER, no_rawat=THIRD)
    found = rows(registrations=[stranger, mine()], bookings=[booked(no_rawat=names)])
    assert claimed(found) == {NOBOOKING: NO_RAWAT}
    assert looked_for(found) == LookedFor(frozenset({NOBOOKING}), frozenset({NO_RAWAT}))


@pytest.mark.parametrize(
    "changed",
    [
        STRANGER,
        {"tgl_registrasi": "2026-11-24"},
        {"kd_poli_bpjs": "ANA"},
        {"kd_poli_bpjs": None},
    ],
    ids=["patient", "day", "clinic", "unmapped"],
)
def test_what_is_found_is_of_its_own_patient_day_and_clinic(changed: dict[str, Any]) -> None:
    assert claimed(both(mine(**changed), booked(no_rawat=OTHER))) == {}


def test_clinics_are_compared_without_case_and_blanks() -> None:
    found = both(mine(kd_poli_bpjs="int "), booked(no_rawat=OTHER))
    assert claimed(found) == {NOBOOKING: NO_RAWAT}


def test_of_several_that_fit_none_is_found_and_of_those_that_others_have_neither() -> None:
    several = rows(
        registrations=[mine(), mine(OTHER)], bookings=[booked(no_rawat=THIRD, nobooking=NEWER)]
    )
    assert claimed(several) == {}
    # The older one has the first by its number: one is left.
    with_older = several._replace(bookings=[*several.bookings, booked()])
    assert claimed(with_older) == {NOBOOKING: NO_RAWAT, NEWER: OTHER}


def test_two_bookings_do_not_find_the_same_registration() -> None:
    lost = booked(no_rawat=OTHER)
    found = both(mine(), lost, lost._replace(nobooking=NEWER))
    assert claimed(found) == {NEWER: NO_RAWAT}


# -- what the ledger knows


LOST = both(mine(), booked(no_rawat=OTHER))


@pytest.mark.parametrize("state", ["sent", "already", "sending"])
def test_a_registration_that_bpjs_was_told_of_under_its_own_code_keeps_it(state: str) -> None:
    assert claimed(LOST, record(push("add", state))) == {}


@pytest.mark.parametrize("state", ["due", "held", "refused", "closed"])
def test_one_that_bpjs_was_not_told_of_yet_is_found(state: str) -> None:
    assert claimed(LOST, record(push("add", state))) == {NOBOOKING: NO_RAWAT}


def test_what_a_booking_has_found_it_keeps_if_a_second_one_comes() -> None:
    two = LOST._replace(registrations=[mine(), mine(THIRD)])
    assert claimed(two) == {}
    known = record(kodebooking=NOBOOKING, kind="mobilejkn", no_rawat=NO_RAWAT)
    assert claimed(two, known) == {NOBOOKING: NO_RAWAT}
    elsewhere = record(kodebooking=NOBOOKING, kind="mobilejkn", no_rawat=OTHER)
    assert claimed(two, elsewhere) == {}


def test_the_ledger_is_asked_only_where_a_booking_looks_for_its_registration() -> None:
    assert looked_for(both(mine(), booked())) == LookedFor()
    assert looked_for(rows(registrations=[mine()])) == LookedFor()
    assert looked_for(rows(bookings=[booked()])) == LookedFor(frozenset({NOBOOKING}))


# -- cancelled alone


@pytest.mark.parametrize(
    ("changed", "cancels", "left"),
    [
        ({}, (), {NOBOOKING: NO_RAWAT}),
        ({"status": "Belum"}, (), {}),
        ({"status": "Gagal"}, (), {}),
        ({}, (cancel(),), {}),  # Khanza has said that it is cancelled
        ({}, (cancel(nobooking=NEWER),), {NOBOOKING: NO_RAWAT}),
        ({"no_rawat": OTHER}, (), {}),  # deleted
        (STRANGER, (), {}),
        ({"nobooking": "AbC ", "no_rawat": NO_RAWAT}, (), {"abc": NO_RAWAT}),
    ],
)
def test_a_booking_that_is_cancelled_without_a_row_although_its_visit_lives(
    changed: dict[str, Any], cancels: tuple[Any, ...], left: dict[str, str]
) -> None:
    found = both(mine(), booked(**{"status": "Batal", **changed}), cancels=cancels)
    assert claims_of(found, {}).left == left


def test_the_ledger_is_asked_for_all_that_a_booking_may_come_to_have() -> None:
    found = rows(
        registrations=[mine(OTHER), mine(THIRD), registration(**STRANGER)],
        bookings=[booked(no_rawat=None)],
    )
    assert looked_for(found) == LookedFor(frozenset({NOBOOKING}), frozenset({OTHER, THIRD}))


def test_what_bpjs_knows_under_a_bookings_code_is_no_visit_that_was_told_of() -> None:
    lost = rows(registrations=[mine(OTHER)], bookings=[booked(no_rawat=None)])
    another = record(push("3", "sent"), kodebooking=NEWER, kind="mobilejkn", no_rawat=OTHER)
    assert claimed(lost, another) == {NOBOOKING: OTHER}
