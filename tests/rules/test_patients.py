"""Who a patient is: what agrees, what differs, and what tells nothing."""

from __future__ import annotations

import pytest

from antrean_cli.rules.patients import (
    NOBODY,
    Owner,
    PatientNumbers,
    booked_patient,
    is_patient_of,
    marked,
    numbers_of,
    owner_of,
    registered_patient,
    same_patient,
)
from tests.support.rows import KEY, booking, registration

# Of each of the three numbers: both rows have it alike (=), otherwise (x), or one lacks it (?).
AGREEMENTS = [
    ("===", True),
    ("==x", True),
    ("==?", True),
    ("=x=", True),
    ("=xx", None),  # corrected or somebody else: the moment of registration tells
    ("=x?", True),
    ("=?=", True),
    ("=?x", True),
    ("=??", True),
    ("x==", True),  # a second record of one patient
    ("x=x", True),
    ("x=?", True),
    ("xx=", False),  # the NIK weighs more than the card
    ("xxx", False),
    ("xx?", False),
    ("x?=", True),
    ("x?x", False),
    ("x??", None),
    ("?==", True),
    ("?x=", False),
    ("?xx", False),
    ("??=", True),
    ("??x", False),
    ("?=?", True),
    ("???", None),
]


@pytest.mark.parametrize(("agreement", "same"), AGREEMENTS)
@pytest.mark.parametrize("turned", [False, True])
def test_of_which_patient_two_rows_are(agreement: str, same: bool | None, turned: bool) -> None:
    mine = ["1", "2", "3"]
    others = [
        {"=": number, "x": f"{number}0", "?": ""}[sign]
        for number, sign in zip(mine, agreement, strict=True)
    ]
    pair = PatientNumbers(*mine), PatientNumbers(*others)
    assert same_patient(*(reversed(pair) if turned else pair)) is same


def test_two_rows_that_lack_all_tell_nothing() -> None:
    assert same_patient(PatientNumbers(), PatientNumbers()) is None


@pytest.mark.parametrize("text", [None, "", " ", "-", " - ", "0", "null", "NULL"])
def test_what_is_not_filled_compares_with_nothing(text: str | None) -> None:
    assert numbers_of(text, text, text) == PatientNumbers()


@pytest.mark.parametrize("text", ["0000000000000000", "--", "...", "0-0"])
def test_a_nik_or_card_of_nothing_but_zeros_and_signs_is_not_filled(text: str) -> None:
    assert numbers_of("000000", text, text) == PatientNumbers(norm="000000")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("000123", "", ""), ("000123 ", None, None)),
        (("a-1", "", ""), ("A-1", "", "")),
        (("", "9901010101000001", ""), ("", " 9901.0101.0100 0001", "")),
        (("", "", "0009000000001"), ("", "", "0009000000001\t")),
    ],
)
def test_numbers_are_compared_as_they_are_meant(
    one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    assert numbers_of(*one) == numbers_of(*other)


def test_a_record_number_is_no_other_without_its_signs() -> None:
    assert numbers_of("1-23", "", "") != numbers_of("12-3", "", "")


def test_both_rows_name_their_patient_by_the_same_three() -> None:
    numbers = {"norm": "000007", "nik": "9901010101000007", "nomorkartu": "0009000000007"}
    expected = PatientNumbers(*numbers.values())
    assert registered_patient(registration(**numbers)) == expected
    assert booked_patient(booking(**numbers)) == expected


@pytest.mark.parametrize(("agreement", "same"), [(one, same) for one, same in AGREEMENTS])
@pytest.mark.parametrize("registered", ["unchanged", "changed", "unknown"])
def test_where_the_numbers_leave_it_open_the_moment_of_registration_tells(
    agreement: str, same: bool | None, registered: str
) -> None:
    """Marks tell as much as the numbers themselves."""
    mine = PatientNumbers("1", "2", "3")
    others = PatientNumbers(
        *(
            {"=": number, "x": f"{number}0", "?": ""}[sign]
            for number, sign in zip(mine, agreement, strict=True)
        )
    )
    then = "2026-11-23 08:05:00"
    now = {"unchanged": then, "changed": "2026-11-23 08:25:00", "unknown": ""}[registered]
    one, other = Owner(marked(mine, KEY), then), Owner(marked(others, KEY), now)
    expected = registered != "changed" if same is None else same
    assert one.is_same(other) is other.is_same(one) is expected


def test_marks_of_a_patients_numbers_hold_none_of_them_and_tell_them_apart() -> None:
    """A record number that is another's NIK is not the same for that."""
    one = marked(PatientNumbers("7", "7", "7"), KEY)
    assert len({*one}) == len(one) == 3
    assert not any(mark == "7" for mark in one)
    assert marked(PatientNumbers("7", "", "7"), KEY) == one._replace(nik="")
    assert marked(PatientNumbers("7", "7", "7"), bytes(32)) != one


def test_one_more_look_completes_what_is_known_of_an_owner_and_forgets_nothing() -> None:
    known = Owner(PatientNumbers("a", "b", ""), "then")
    assert known.updated(Owner(PatientNumbers("", "c", "d"), "now")) == Owner(
        PatientNumbers("a", "c", "d"), "now"
    )
    assert known.updated(NOBODY) == known


def test_an_owner_is_the_patient_of_the_registration_or_of_the_booking() -> None:
    row, booked = registration(), booking()
    moment = "2026-11-23 08:05:00"
    assert owner_of(row, None, KEY) == Owner(marked(registered_patient(row), KEY), moment)
    assert owner_of(row, booked, KEY) == Owner(marked(booked_patient(booked), KEY), moment)
    assert owner_of(None, booked, KEY) == Owner(marked(booked_patient(booked), KEY), "")
    assert owner_of(None, None, KEY) == NOBODY


@pytest.mark.parametrize(
    ("changed", "theirs"),
    [({}, True), ({"nik": "9", "nomorkartu": "9"}, True), ({"norm": "2"}, False)],
)
def test_a_registration_with_the_bookings_record_number_is_of_its_patient(
    changed: dict[str, str], theirs: bool
) -> None:
    assert is_patient_of(booking(), registration(**changed)) is theirs


def test_record_numbers_that_nobody_filled_in_agree_with_none() -> None:
    stranger = {"nik": "9901010101000009", "nomorkartu": "0009000000009"}
    assert not is_patient_of(booking(norm=None, **stranger), registration(norm=""))


def test_what_is_nothing_but_zeros_is_no_number() -> None:
    assert numbers_of("0", "0000000000000000", "0-0").nik == ""
    assert numbers_of("", "0", "000").nomorkartu == ""
