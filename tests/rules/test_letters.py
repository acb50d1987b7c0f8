"""Letters that nobody sees are written out, and found again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antrean_cli.rules.letters import is_odd, raw, visible
from tests.support.rows import onsite


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026/11/23/000001", "2026/11/23/000001"),
        ("Ünïcode ÿ 一", "Ünïcode ÿ 一"),
        ("a\N{NO-BREAK SPACE}b", "a\N{NO-BREAK SPACE}b"),
        (
            "a\u2000b\u200ac\u1680d\u202fe\u205ff\u3000",
            "a\u2000b\u200ac\u1680d\u202fe\u205ff\u3000",
        ),
        ("C:\\poli", "C:\\poli"),
        ("INT\x1b[2J", "INT\\x1b[2J"),
        ("INT\n", "INT\\x0a"),
        ("INT\t", "INT\\x09"),
        ("\u202eTNI", "\\u202eTNI"),
        ("a\u200bb", "a\\u200bb"),
        ("\U000e0001", "\\U000e0001"),
        ("\udc80", "\\udc80"),
    ],
)
def test_what_nobody_sees_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert raw(shown) == text
    assert is_odd(shown) is (text != shown)


@given(st.text(max_size=30))
def test_what_is_shown_can_be_seen_and_asked_for(text: str) -> None:
    assert all(letter.isprintable() or letter.isspace() for letter in visible(text))
    assert "\n" not in visible(text)
    if "\\" not in text:
        assert raw(visible(text)) == text


def test_no_code_is_no_odd_one() -> None:
    assert not is_odd(None)
    assert not is_odd("")


@pytest.mark.parametrize("name", ["no_rawat", "kd_poli", "kd_dokter", "kd_pj", "norm", "no_reg"])
def test_a_visit_names_what_is_odd(name: str) -> None:
    assert onsite().odd == ""
    named = "no_rkm_medis" if name == "norm" else name
    assert onsite(reg={name: "X\\x1b"}).odd == named
