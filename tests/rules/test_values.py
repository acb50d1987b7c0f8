"""What a text of Khanza's says: filled or not, which code, which number."""

from __future__ import annotations

import pytest

from antrean_cli.rules.values import (
    all_comparable,
    comparable,
    filled,
    first_filled,
    last_number,
    not_negative,
    whole,
)

NOT_FILLED = [
    *(None, "", " ", "-", "--", " - ", "- -", "0", " 0 ", "null", "NULL", "Null ", "-null-"),
    *("0000-00-00", "0000-00-00 00:00:00"),
]


@pytest.mark.parametrize("text", NOT_FILLED)
def test_what_is_not_filled_is_empty(text: str | None) -> None:
    assert filled(text) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [("INT", "INT"), (" INT ", "INT"), ("00", "00"), ("0301", "0301"), ("nullah", "nullah")],
)
def test_what_is_filled_keeps_its_spelling_without_blanks_around_it(
    text: str, expected: str
) -> None:
    assert filled(text) == expected


@pytest.mark.parametrize("text", NOT_FILLED)
def test_what_is_not_filled_gives_way_to_the_next_place(text: str | None) -> None:
    assert first_filled(text, "12345", "54321") == "12345"
    assert first_filled(text, text) == ""


@pytest.mark.parametrize(
    ("one", "other"),
    [("BPJ", "bpj"), ("BPJ", "BPJ "), ("d01  ", "D01"), ("", None), ("  ", ""), ("É1", "é1")],
)
def test_codes_are_the_same_without_case_and_without_trailing_blanks(
    one: str | None, other: str | None
) -> None:
    assert comparable(one) == comparable(other)


@pytest.mark.parametrize(("one", "other"), [("BPJ", " BPJ"), ("A-1", "A1"), ("01", "1")])
def test_codes_that_differ_otherwise_are_others(one: str, other: str) -> None:
    assert comparable(one) != comparable(other)


def test_codes_that_are_empty_belong_to_nobody() -> None:
    assert all_comparable(["INT", "int ", None, "", " "]) == {"int"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("12", 12), (" 12 ", 12), ("-3", -3), ("007", 7)]
    + [(text, None) for text in (None, "", "1.5", "1e3", "١٢", "1" * 19, "x", "+1")],
)
def test_a_whole_number_is_one(text: str | None, expected: int | None) -> None:
    assert whole(text) == expected


@pytest.mark.parametrize(
    ("text", "number", "positive"),
    [
        ("30", 30, 30),
        (" 30 ", 30, 30),
        ("-5", -5, 0),
        ("0", 0, 0),
        ("1", 1, 1),
        ("3.5", None, 0),
        ("x", None, 0),
        ("", None, 0),
        (None, None, 0),
        ("9" * 18, 10**18 - 1, 10**18 - 1),
        ("9" * 19, None, 0),
    ],
)
def test_a_number_is_a_whole_one(text: str | None, number: int | None, positive: int) -> None:
    assert whole(text) == number
    assert not_negative(text) == positive


@pytest.mark.parametrize(
    ("text", "number"),
    [("INT-012", 12), ("A12-7", 7), ("005", 5), ("", 0), ("x", 0), (None, 0), ("9" * 10, 9)],
)
def test_the_number_in_a_queue_is_the_last_in_the_text(text: str | None, number: int) -> None:
    assert last_number(text) == number
