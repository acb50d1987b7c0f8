"""Keyed marks: what they tell apart, and that nobody without the key makes the same."""

from __future__ import annotations

import pytest

from antrean_cli.rules.marks import LENGTH, mark

KEY, OTHER = bytes(range(32)), bytes(32)


def test_a_mark_is_the_same_in_every_version() -> None:
    """Ledgers keep marks: HMAC-SHA256 of the texts, each behind its length, cut short."""
    assert mark(KEY, "3201019900000001") == "08654532686a6792"
    assert mark(KEY, "add", "-", "") == "b75f9cee8bf7a47e"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("1",), ("2",)),
        (("ab", "c"), ("a", "bc")),
        (("ab",), ("a", "b")),
        (("a", ""), ("a",)),
        (("1:a",), ("a",)),
        (("a", "1:b"), ("a1:b",)),
        ((), ("",)),
        (("é",), ("e\u0301",)),
    ],
)
def test_other_texts_have_another_mark(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert mark(KEY, *one) != mark(KEY, *other)


def test_another_ledger_makes_another_mark() -> None:
    assert mark(KEY, "000123") != mark(OTHER, "000123")


@pytest.mark.parametrize("text", ["", "-", "ñ", "\ud800", "\x00", "x" * 10_000])
def test_every_text_has_a_mark_of_the_same_length(text: str) -> None:
    assert len(mark(KEY, text)) == LENGTH
    assert int(mark(KEY, text), 16) >= 0
