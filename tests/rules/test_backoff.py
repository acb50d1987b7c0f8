"""How long a push waits that BPJS put off."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from antrean_cli.rules.backoff import MAX_QUESTION, MAX_WAIT, next_question, next_try, retry_delay
from tests.support.rows import MONDAY, TUESDAY, at

NOW = at("09:00")


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(0, 1), (1, 2), (2, 4), (3, 8), (4, 16), (5, 30), (6, 30), (999, 30)]
)
def test_each_try_waits_longer_up_to_half_an_hour(attempts: int, minutes: int) -> None:
    assert next_try(attempts, None, NOW, 0.0) == NOW + timedelta(minutes=minutes)
    assert next_try(attempts, None, NOW, 1.0) == NOW + timedelta(minutes=minutes) * 1.2


@pytest.mark.parametrize(
    ("asked", "seconds"), [(None, 60), (-5.0, 60), (59.0, 60), (61.0, 61), (3600.0, 3600)]
)
def test_the_longer_of_both_waits_counts(asked: float | None, seconds: int) -> None:
    assert next_try(0, asked, NOW, 0.0) == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("asked", "seconds"), [(None, 0), (-1.0, 0), (0.5, 0.5), (3601.0, 3600), (999_999_999.0, 3600)]
)
def test_a_retry_after_is_obeyed_up_to_an_hour(asked: float | None, seconds: float) -> None:
    assert retry_delay(asked) == timedelta(seconds=seconds)


@pytest.mark.parametrize("attempts", [0, 5, 99])
@pytest.mark.parametrize("asked", [None, 3600.0, 999_999_999.0])
def test_nothing_is_put_off_for_longer_than_the_longest_wait(
    attempts: int, asked: float | None
) -> None:
    assert next_try(attempts, asked, NOW, 1.0) <= NOW + MAX_WAIT


MIDNIGHT = at("00:00", TUESDAY)


@pytest.mark.parametrize(
    ("asked", "now", "expected"),
    [
        (1, at("09:00"), at("09:01")),
        (2, at("09:01"), at("09:05")),
        (3, at("09:05"), at("09:20")),
        (4, at("09:20"), at("10:20")),
        (5, at("10:20"), MIDNIGHT),
        (9, at("10:20"), MIDNIGHT),
        (2, at("23:58"), MIDNIGHT),  # never two on the next day
        (1, MIDNIGHT, None),
        (6, MIDNIGHT, None),
        (1, at("14:00", TUESDAY), None),
    ],
)
def test_a_held_add_asks_six_times_at_most(
    asked: int, now: datetime, expected: datetime | None
) -> None:
    assert next_question(asked, MONDAY, now) == expected
    assert expected is None or expected - now <= MAX_QUESTION
