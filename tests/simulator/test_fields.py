"""The 23 fields as the stand-in BPJS takes them; every value is typed from bpjs/README.md."""

from __future__ import annotations

import pytest

from antrean_cli.simulator.bookings import Bookings
from antrean_cli.simulator.fields import unfit_field
from tests.support.catalogue import EXAMPLE_ADD
from tests.support.rows import at

NON_JKN = {"jenispasien": "NON JKN", "nomorkartu": "", "nomorreferensi": ""}


def test_the_catalogues_own_example_is_fit() -> None:
    assert unfit_field(EXAMPLE_ADD) is None


@pytest.mark.parametrize("field", list(EXAMPLE_ADD))
def test_a_field_that_is_missing_is_named(field: str) -> None:
    body = {name: value for name, value in EXAMPLE_ADD.items() if name != field}
    assert unfit_field(body) == field


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("kodepoli", value) for value in ("-", "0", "null", "NULL", "", " ", "INT ")),
        *(("kodedokter", value) for value in ("-", "0", "null", "", "12345", -1, 1.5, None, True)),
        *(("nik", value) for value in ("-", "", "0", "321234567898765", "32123456789876540")),
        *(("nohp", value) for value in ("-", "", "0", "08123", "+628123456789", "0812 3456 789")),
        *(("nomorkartu", value) for value in ("-", "", "000123456789", "00012345678901")),
        *(("nomorreferensi", value) for value in ("-", "", "0")),
        ("angkaantrean", "1"),
        ("kuotajkn", "30"),
        ("sisakuotajkn", -1),
        ("sisakuotanonjkn", "-1"),
    ],
)
def test_what_means_nothing_or_is_no_such_number_is_refused(field: str, value: object) -> None:
    assert unfit_field({**EXAMPLE_ADD, field: value}) == field


@pytest.mark.parametrize("value", ["-", ""])
@pytest.mark.parametrize("field", ["nomorkartu", "nomorreferensi"])
def test_non_jkn_has_no_card_and_no_reference(field: str, value: str) -> None:
    assert unfit_field({**EXAMPLE_ADD, **NON_JKN, field: value}) is None


@pytest.mark.parametrize("field", ["nik", "nohp"])
def test_non_jkn_may_have_a_stroke_for_nik_and_telephone_but_not_nothing(field: str) -> None:
    assert unfit_field({**EXAMPLE_ADD, **NON_JKN, field: "-"}) is None
    assert unfit_field({**EXAMPLE_ADD, **NON_JKN, field: ""}) == field
    assert unfit_field({**EXAMPLE_ADD, **NON_JKN, field: "123"}) == field


@pytest.mark.parametrize("field", ["nomorkartu", "nomorreferensi"])
def test_non_jkn_with_a_card_or_a_reference_is_refused(field: str) -> None:
    assert unfit_field({**EXAMPLE_ADD, **NON_JKN, field: EXAMPLE_ADD[field]}) == field


def test_a_card_has_13_digits() -> None:
    assert unfit_field({**EXAMPLE_ADD, "nomorkartu": "0001234567890"}) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kodedokter", "12345"),
        ("angkaantrean", "12"),
        ("kuotajkn", "30"),
        ("sisakuotajkn", -3),
        ("sisakuotanonjkn", "-3"),
    ],
)
def test_numbers_as_text_and_quotas_below_zero_are_taken_by_the_lenient_alone(
    field: str, value: object
) -> None:
    body = {**EXAMPLE_ADD, field: value}
    assert unfit_field(body) == field
    assert unfit_field(body, lenient=True) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [("kodedokter", "-"), ("angkaantrean", "-1"), ("kuotajkn", "banyak"), ("nik", "-")],
)
def test_the_lenient_does_not_take_everything(field: str, value: object) -> None:
    assert unfit_field({**EXAMPLE_ADD, field: value}, lenient=True) == field


@pytest.mark.parametrize("kodedokter", [0, "0"])
def test_nobody_is_doctor_0(kodedokter: object) -> None:
    bpjs = Bookings(lambda: at("08:00"), lenient=True)
    answer = bpjs.add({**EXAMPLE_ADD, "kodedokter": kodedokter})
    assert (answer.code, answer.message) == (201, "Data dokter tidak ditemukan.")
