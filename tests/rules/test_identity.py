"""Who the patient is, spelled as BPJS wants it. All numbers are invented."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antrean_cli.rules.add_body import add_body
from antrean_cli.rules.add_lacks import what_add_lacks
from antrean_cli.rules.identity import (
    Identity,
    card_of,
    identity_of,
    lacking_of,
    nik_of,
    phone_of,
)
from antrean_cli.rules.reasons import ReasonCode, because
from tests.support.rows import mobilejkn, nonjkn, onsite, policy, sep

NIK, CARD = "3200000000000001", "0009000000001"

PHONES = {
    # one number, however it is written
    "081234567890": "081234567890",
    "0812-3456-7890": "081234567890",
    "0812 3456 7890": "081234567890",
    "0812.3456.7890": "081234567890",
    " 081234567890 ": "081234567890",
    "(0812) 3456-7890": "081234567890",
    "+6281234567890": "081234567890",
    "+62 812 3456 7890": "081234567890",
    "+62-812-3456-7890": "081234567890",
    "+62 (0)812 3456 7890": "081234567890",
    "(+62) 81234567890": "081234567890",
    "6281234567890": "081234567890",
    "62 812 34567890": "081234567890",
    "620812345678": "0812345678",
    "006281234567890": "081234567890",
    "+081234567890": "081234567890",
    "81234567890": "081234567890",
    "8123456789": "08123456789",
    "812-3456-7890": "081234567890",
    "0811234567": "0811234567",
    "0812345678901": "0812345678901",
    # at home
    "(0274) 512345": "0274512345",
    "0274-512345": "0274512345",
    "021 5551234": "0215551234",
    "62 274 512345": "0274512345",
    "0627 31234": "062731234",  # Subulussalam's, and no country's
    # several
    "081234567890 / 081398765432": "081234567890",
    "081234567890/081398765432": "081234567890",
    "081234567890, 081398765432": "081234567890",
    "081234567890; 081398765432": "081234567890",
    "081234567890 081398765432": "081234567890",
    "081234567890-081398765432": "081234567890",
    "0812 3456 7890 0813 9876 5432": "081234567890",
    "081234567890081398765432": "081234567890",
    "(0274) 512345 / 0812-3456-7890": "0274512345",
    "0274 512345 081234567890": "0274512345",
    "+6281234567890 +6281398765432": "081234567890",
    "0812345678 62 8131234567": "0812345678",
    "0812 34567890 81398765432": "081234567890",
    "08123 / 081398765432": "081398765432",
    "- / 081398765432": "081398765432",
    # with words
    "081234567890 (Ibu)": "081234567890",
    "Ibu Contoh 0812-3456-7890": "081234567890",
    "WA: 081234567890": "081234567890",
    "HP 0812 3456 7890 suami": "081234567890",
    "tlp. rumah 0274-512345 ext 12": "0274512345",
    "Jl. Contoh 12 08123456789": "08123456789",
    # too long for one: cut, as others do
    "081234567890123": "0812345678901",
}
NO_PHONES = [
    *(None, "", " ", "-", "0", "null", "NULL", "00000000", "000000000000", "0000-0000-0000"),
    *("08123", "0812345", "512345", "5123456", "tidak ada", "belum punya", "-/-", "1234567890"),
    *(
        "+60123456789",
        "+6581234567",
        "0812 345678 90123456",
        "+8112345678",
        "0123456789",
        "12",
        "٠٨١٢٣٤٥٦٧٨٩٠",
    ),
]


@pytest.mark.parametrize("text", PHONES)
def test_a_telephone_number_is_spelled_as_bpjs_wants_it(text: str) -> None:
    assert phone_of(text) == PHONES[text]


@pytest.mark.parametrize("text", NO_PHONES)
def test_what_is_no_telephone_number_is_none(text: str | None) -> None:
    assert phone_of(text) == ""


@given(st.text("0123456789+-()/ .,abc", max_size=40))
def test_whatever_is_written_a_number_is_digits_with_a_leading_0_and_not_too_long(
    text: str,
) -> None:
    number = phone_of(text)
    assert number == "" or re.fullmatch(r"0[0-9]{8,12}", number)
    assert phone_of(number) == number


@pytest.mark.parametrize(
    "text", [NIK, f" {NIK} ", "3200 0000 0000 0001", "3200.0000.0000.0001", f"'{NIK}"]
)
def test_a_nik_has_16_digits_and_nothing_else(text: str) -> None:
    assert nik_of(text) == NIK


NO_NIKS = [
    *(None, "", "-", "0", "null", "32000", NIK[:-1], NIK + "1", "0" * 16, NIK[:-1] + "A", "٣" * 16),
]


@pytest.mark.parametrize("text", NO_NIKS)
def test_what_is_no_nik_is_none(text: str | None) -> None:
    assert nik_of(text) == ""


@pytest.mark.parametrize("text", [CARD, f" {CARD} ", "0009 0000 00001", "0009.0000.00001"])
def test_a_card_has_13_digits_and_nothing_else(text: str) -> None:
    assert card_of(text) == CARD


NO_CARDS = [None, "", "-", "0", "null", "9000000001", CARD[:-1], CARD + "1", "0" * 13, "UMUM"]


@pytest.mark.parametrize("text", NO_CARDS)
def test_what_is_no_card_is_none(text: str | None) -> None:
    assert card_of(text) == ""


# -- the places where they stand


@pytest.mark.parametrize("text", NO_PHONES)
def test_a_phone_that_is_none_gives_way_to_the_next_place(text: str | None) -> None:
    own = mobilejkn(book={"nohp": text}, sep=sep(nohp="0811111111"), reg={"nohp": "0822222222"})
    assert identity_of(own).nohp == "0811111111"
    of_sep = onsite(sep=sep(nohp=text), reg={"nohp": "0822222222"})
    assert identity_of(of_sep).nohp == "0822222222"


@pytest.mark.parametrize("text", NO_CARDS)
def test_a_card_that_is_none_gives_way_to_the_next_place(text: str | None) -> None:
    own = mobilejkn(book={"nomorkartu": text}, sep=sep(nomorkartu=CARD), reg={"nomorkartu": "1"})
    assert identity_of(own).nomorkartu == CARD
    of_sep = onsite(sep=sep(nomorkartu=text), reg={"nomorkartu": CARD})
    assert identity_of(of_sep).nomorkartu == CARD


@pytest.mark.parametrize("text", NO_NIKS)
def test_a_nik_that_is_none_gives_way_to_the_patients(text: str | None) -> None:
    assert identity_of(mobilejkn(book={"nik": text}, reg={"nik": NIK})).nik == NIK


@pytest.mark.parametrize("text", ["", "-", "0", "null"])
def test_a_record_number_that_is_not_filled_gives_way_to_the_bookings(text: str) -> None:
    assert identity_of(mobilejkn(reg={"norm": text}, book={"norm": "000042"})).norm == "000042"


# -- what the desk has to mend

UNFIT: list[tuple[dict[str, Any], ReasonCode, str]] = [
    ({"nik": "32000"}, ReasonCode.NIK_UNFIT, "nik"),
    ({"nik": None}, ReasonCode.NIK_UNFIT, "nik"),
    ({"nohp": "08123"}, ReasonCode.PHONE_UNKNOWN, "nohp"),
    ({"nohp": "-"}, ReasonCode.PHONE_UNKNOWN, "nohp"),
    ({"nomorkartu": "UMUM"}, ReasonCode.CARD_UNFIT, "nomorkartu"),
]


@pytest.mark.parametrize(("reg", "code", "name"), UNFIT)
def test_a_jkn_add_is_held_for_the_desk_and_no_number_is_told(
    reg: dict[str, Any], code: ReasonCode, name: str
) -> None:
    emptied = dict.fromkeys(("nohp", "nomorkartu"), "-")
    booked = dict.fromkeys(("nik", "nohp", "nomorkartu"), "-")
    desk = onsite(reg=reg, sep=sep(**emptied))
    for visit in (desk, mobilejkn(reg=reg, sep=sep(**emptied), book=booked)):
        assert what_add_lacks(visit) == because(code)  # no parameters
        assert name not in add_body(visit, policy())


@pytest.mark.parametrize(("reg", "_", "name"), UNFIT)
def test_a_nonjkn_add_goes_with_a_dash_as_khanza_sends_it(
    reg: dict[str, Any], _: ReasonCode, name: str
) -> None:
    visit = nonjkn(reg=reg)
    assert what_add_lacks(visit) is None
    body = add_body(visit, policy())
    assert body[name] == ("" if name == "nomorkartu" else "-")


@pytest.mark.parametrize("build", [onsite, nonjkn])
@pytest.mark.parametrize("norm", ["", "-", "0"])
def test_nobody_can_be_told_without_a_record_number(build: Any, norm: str) -> None:
    visit = build(reg={"norm": norm})
    assert what_add_lacks(visit) == because(ReasonCode.NORM_UNKNOWN)
    assert "norm" not in add_body(visit, policy())


def test_a_number_that_does_not_fit_is_not_what_a_booking_is_found_by() -> None:
    who = identity_of(onsite(reg={"nik": "-", "nomorkartu": "0"}, sep=None))
    assert (who.nik, who.nomorkartu) == ("", "")


def test_who_the_patient_is_a_booking_tells_first_then_the_sep_then_the_patients_row() -> None:
    visit = mobilejkn(sep=sep())
    assert identity_of(visit) == (
        "3200000000000007",
        "0009000000007",
        "080000000007",
        "000001",
    )
    nothing = dict.fromkeys(("nik", "nomorkartu", "nohp", "norm"))
    of_sep = identity_of(mobilejkn(book=nothing, sep=sep(nomorkartu="0009000000008")))
    assert of_sep == ("3200000000000001", "0009000000008", "080000000099", "000001")
    of_row = identity_of(mobilejkn(book=nothing))
    assert of_row == ("3200000000000001", "0009000000001", "080000000001", "000001")
    assert identity_of(mobilejkn(registration=None, book={"norm": "7"})).norm == "7"


@pytest.mark.parametrize(
    ("changed", "jkn", "code"),
    [
        ({}, True, None),
        ({"norm": ""}, True, ReasonCode.NORM_UNKNOWN),
        ({"norm": ""}, False, ReasonCode.NORM_UNKNOWN),
        ({"nik": ""}, True, ReasonCode.NIK_UNFIT),
        ({"nomorkartu": ""}, True, ReasonCode.CARD_UNFIT),
        ({"nohp": ""}, True, ReasonCode.PHONE_UNKNOWN),
        ({"nik": "", "nomorkartu": "", "nohp": ""}, False, None),
    ],
)
def test_what_the_desk_has_to_mend(
    changed: dict[str, str], jkn: bool, code: ReasonCode | None
) -> None:
    who = Identity("3200000000000001", "0009000000001", "080000000001", "000001")
    found = lacking_of(who._replace(**changed), jkn=jkn)
    assert found == (because(code) if code else None)
