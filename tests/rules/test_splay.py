"""A hospital's own second of the minute."""

from __future__ import annotations

from collections import Counter

import pytest

from antrean_cli.rules.splay import delay_of

HOSPITALS = 2400


def test_a_hospital_has_its_own_second_and_always_the_same() -> None:
    delays = [delay_of(f"{number:05}", 20) for number in range(HOSPITALS)]
    assert delays == [delay_of(f"{number:05}", 20) for number in range(HOSPITALS)]
    assert all(0 <= delay < 20 for delay in delays)
    seconds = Counter(map(int, delays))
    assert set(seconds) == set(range(20))
    assert max(seconds.values()) < 1.5 * HOSPITALS / 20


@pytest.mark.parametrize("cons_id", ["", "12345", "tidak angka"])
def test_without_splay_nobody_waits(cons_id: str) -> None:
    assert delay_of(cons_id, 0) == 0
