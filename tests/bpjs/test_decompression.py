"""LZ-String's form for addresses: what is packed, what is not, and how long a text may be."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lzstring import LZString

from antrean_cli.bpjs.decompression import unpack
from tests.support.encrypted import URI_SAFE, bomb, packed


@pytest.mark.parametrize(
    "text", ["", "a", "aaaaaaaaaaaa", "abcab" * 100, "é☺\u2028", "\ud83c\udfe5", "\x00\uffff"]
)
def test_what_is_packed_is_unpacked(text: str) -> None:
    assert unpack(packed(text), 1_000) == text


def letters(*numbers: tuple[int, int]) -> str:
    """Return the letters of some numbers, each with so many bits."""
    bits = [number >> at & 1 for number, size in numbers for at in range(size)]
    bits += [0] * (-len(bits) % 6)
    return "".join(
        URI_SAFE[int("".join(map(str, bits[at : at + 6])), 2)] for at in range(0, len(bits), 6)
    )


X, Y, WIDE = (ord("x"), 8), (ord("y"), 8), (ord("☺"), 16)


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        (((0, 2), X, (2, 3)), "x"),
        (((1, 2), WIDE, (2, 3)), "☺"),
        # 3 is "x", told once more; then 5 is "xx", the entry that this made
        (((0, 2), X, (3, 3), (4, 3), (2, 3)), "xxxx"),
        # the entry that the number itself makes: the one before, and its own beginning
        (((0, 2), X, (4, 3), (2, 3)), "xxx"),
        (((0, 2), X, (0, 3), Y, (5, 3), (7, 3), (2, 4)), "xyxyxyx"),
    ],
)
def test_numbers_name_what_was_told_before(numbers: tuple[tuple[int, int], ...], text: str) -> None:
    assert unpack(letters(*numbers), 100) == text


@pytest.mark.parametrize("numbers", [((3, 2),), ((0, 2), X, (5, 3)), ((0, 2), X, (7, 3))])
def test_a_number_of_no_entry_is_told_as_such(numbers: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(ValueError, match="no such entry"):
        unpack(letters(*numbers), 100)


def test_the_packers_filling_and_a_plus_that_an_address_changed_are_letters() -> None:
    zero, plus = letters((0, 2), (0, 8), (2, 3)), letters((1, 2), (0x1F0, 16), (2, 3))
    assert ("A" in zero, "+" in plus) == (True, True)
    assert unpack(zero.replace("A", "$"), 100) == "\0"
    assert unpack(plus.replace("+", " "), 100) == "\u01f0"


@given(st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), min_size=1))
def test_what_another_packer_packs_is_unpacked(text: str) -> None:
    packed_text = LZString().compressToEncodedURIComponent(text)
    assert unpack(packed_text, 10_000) == text


def test_a_text_may_be_as_long_as_the_limit_and_no_longer() -> None:
    assert len(unpack(packed("ab" * 50), 100)) == 100
    with pytest.raises(ValueError, match="too long"):
        unpack(packed("ab" * 50), 99)


@pytest.mark.parametrize(
    "junk", ["", "A", "$$$$", "é", "E", packed("teks yang dipotong")[:-3], "_" * 9, "Izzzz"]
)
def test_what_is_not_packed_is_told_as_such(junk: str) -> None:
    with pytest.raises(ValueError, match=r"no (end|such letter|such entry)"):
        unpack(junk, 1_000)


LIMITED = """
import resource, sys
from antrean_cli.bpjs.decompression import unpack
resource.setrlimit(resource.RLIMIT_AS, (200 * 2**20, 200 * 2**20))
resource.setrlimit(resource.RLIMIT_CPU, (30, 30))
try:
    unpack(sys.stdin.read(), 4_000_000)
except ValueError as error:
    print(error)
"""


@pytest.mark.parametrize("tokens", [4_000, 40_000, 400_000])
def test_a_bomb_is_refused_before_it_goes_off(tokens: int) -> None:
    """A megabyte of letters would be 80 gigabytes: 200 megabytes and some seconds are enough."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED],
        input=bomb(tokens),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "too long\n"), done.stderr[-500:]
