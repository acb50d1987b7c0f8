"""The 23 fields of tambah antrean, and what a body by hand may not look like."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from antrean_cli.rules.add_fields import (
    FIELDS,
    PRIVATE,
    field_problems,
    is_kodebooking,
    tanggalperiksa_of,
)
from tests.support.catalogue import EXAMPLE_ADD, FIELD_TYPES


def test_fields_and_types_are_the_catalogues() -> None:
    names = {str: "string", int: "integer"}
    assert [(name, names[field.type]) for name, field in FIELDS.items()] == list(
        FIELD_TYPES.items()
    )


def test_what_says_who_the_patient_is_is_private() -> None:
    assert set(PRIVATE) == {"nik", "nomorkartu", "nohp", "norm"}


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("A", True),
        ("2026/11/23/000001", True),
        ("A #1", True),
        ("x" * 100, True),
        ("x" * 101, False),
        ("", False),
        (" A", False),
        ("A ", False),
        ("A\tB", False),
        ("A\x00", False),
        (".", False),
        ("..", False),
        ("A..", True),
    ],
)
def test_what_can_be_a_kode_booking(text: str, fits: bool) -> None:
    assert is_kodebooking(text) is fits


@pytest.mark.parametrize(
    ("name", "bounds"),
    [
        ("pasienbaru", (0, 1)),
        ("jeniskunjungan", (1, 4)),
        ("kuotajkn", (0, 100_000_000_000_000_000)),
        ("jenispasien", (0, 100_000_000_000_000_000)),
    ],
)
def test_between_which_numbers_a_field_lies(name: str, bounds: tuple[int, int]) -> None:
    assert FIELDS[name].bounds == bounds


def test_the_day_of_a_body_is_that_of_service() -> None:
    assert tanggalperiksa_of({"tanggalperiksa": "2026-11-23"}) == date(2026, 11, 23)


def test_what_drifts_are_the_quotas_and_the_estimate() -> None:
    assert {name for name, field in FIELDS.items() if field.drifts} == {
        *("estimasidilayani", "sisakuotajkn", "kuotajkn", "sisakuotanonjkn", "kuotanonjkn")
    }


def test_a_choice_is_told_whole() -> None:
    body = {**EXAMPLE_ADD, "jenispasien": "UMUM", "pasienbaru": 2, "jeniskunjungan": 5}
    assert field_problems(body) == [
        "jenispasien harus JKN atau NON JKN",
        "pasienbaru harus 0 atau 1",
        "jeniskunjungan harus 1, 2, 3, atau 4",
    ]


def test_the_catalogues_example_passes() -> None:
    assert field_problems(EXAMPLE_ADD) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"jenispasien": "NON JKN", "nomorkartu": "", "nomorreferensi": ""},
        {"jeniskunjungan": 4, "pasienbaru": 1},
        {"jampraktek": "00:00-23:59"},
        {"tanggalperiksa": "2028-02-29"},
        {"sisakuotajkn": 0, "kuotajkn": 0},
    ],
)
def test_other_good_bodies_pass(changed: dict[str, Any]) -> None:
    assert field_problems({**EXAMPLE_ADD, **changed}) == []


@pytest.mark.parametrize("name", list(FIELD_TYPES))
def test_a_missing_field_is_named(name: str) -> None:
    body = {key: value for key, value in EXAMPLE_ADD.items() if key != name}
    assert field_problems(body) == [f"{name} belum ada"]


def test_an_unknown_field_is_named() -> None:
    assert field_problems({**EXAMPLE_ADD, "kodebokking": "X"}) == ["kodebokking tidak dikenal"]


@pytest.mark.parametrize("name", [name for name, kind in FIELD_TYPES.items() if kind == "integer"])
@pytest.mark.parametrize("value", ["5", "", 5.0, True, None, [5]])
def test_a_whole_number_is_nothing_else(name: str, value: object) -> None:
    assert field_problems({**EXAMPLE_ADD, name: value}) == [
        f"{name} harus bilangan bulat tanpa tanda kutip"
    ]


@pytest.mark.parametrize("name", [name for name, kind in FIELD_TYPES.items() if kind == "string"])
@pytest.mark.parametrize("value", [5, None, ["A"], {}])
def test_a_text_is_nothing_else(name: str, value: object) -> None:
    assert field_problems({**EXAMPLE_ADD, name: value}) == [f"{name} harus teks"]


def test_several_problems_are_told_together() -> None:
    body = {**EXAMPLE_ADD, "kodedokter": "5", "nik": 5}
    del body["norm"]
    assert len(field_problems(body)) == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kodebooking", ""),
        ("kodebooking", "   "),
        ("jenispasien", "jkn"),
        ("jenispasien", "UMUM"),
        ("jenispasien", ""),
        ("tanggalperiksa", "28-01-2021"),
        ("tanggalperiksa", "2021-02-30"),
        ("tanggalperiksa", "20210128"),
        ("tanggalperiksa", "2021-1-28"),
        ("tanggalperiksa", "2021-01-28 08:00"),
        ("tanggalperiksa", "0000-00-00"),
        ("tanggalperiksa", ""),
        ("jampraktek", "08:00"),
        ("jampraktek", "8:00-16:00"),
        ("jampraktek", "08.00-16.00"),
        ("jampraktek", "08:00 - 16:00"),
        ("jampraktek", "25:00-26:00"),
        ("jampraktek", "08:60-16:00"),
        ("jampraktek", "08:00-16:00\n"),
        ("jampraktek", ""),
        ("pasienbaru", 2),
        ("jeniskunjungan", 0),
        ("jeniskunjungan", 5),
        ("angkaantrean", -1),
        ("kuotajkn", -1),
    ],
)
def test_a_value_that_bpjs_cannot_take_is_named(name: str, value: object) -> None:
    problems = field_problems({**EXAMPLE_ADD, name: value})
    assert problems
    assert all(problem.startswith(name) for problem in problems)
