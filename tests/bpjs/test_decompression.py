"""LZ-String's form for addresses: what is packed, what is not, and how long a text may be."""

from __future__ import annotations

import subprocess
import sys

import pytest

from antrean_cli.bpjs.decompression import unpack
from tests.support.encrypted import bomb, packed


@pytest.mark.parametrize(
    "text", ["", "a", "aaaaaaaaaaaa", "abcab" * 100, "é☺\u2028", "\ud83c\udfe5", "\x00\uffff"]
)
def test_what_is_packed_is_unpacked(text: str) -> None:
    assert unpack(packed(text), 1_000) == text


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
