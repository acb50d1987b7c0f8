"""When a list of BPJS's may be asked for again, and how long it is waited for."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from antrean_cli.rules.cached_lists import UNASKED, CachedList, ListResult, oldest_kept
from antrean_cli.rules.codes import OutcomeKind
from tests.support.site import WIB

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=WIB)
KEPT = CachedList(content=("a",))
BORDERS = [
    (None, True),
    (NOW, False),
    (NOW - timedelta(minutes=9, seconds=59), False),
    (NOW - timedelta(minutes=10), True),
    (NOW + timedelta(seconds=1), True),  # a clock that ran ahead
]


@pytest.mark.parametrize(("asked_at", "may"), BORDERS)
def test_a_list_is_asked_for_once_in_ten_minutes(asked_at: datetime | None, may: bool) -> None:
    assert KEPT._replace(asked_at=asked_at).may_be_asked(NOW) is may


@pytest.mark.parametrize(("since", "given_up"), [(None, False), *BORDERS[1:]])
def test_what_was_wanted_in_vain_for_ten_minutes_is_given_up(
    since: datetime | None, given_up: bool
) -> None:
    assert KEPT._replace(asked_at=NOW, failing_since=since).given_up(NOW) is given_up


def test_what_did_not_come_is_wanted_in_vain_since_the_first_time() -> None:
    later = NOW + timedelta(minutes=11)
    once = KEPT.missed(ListResult(OutcomeKind.RETRY), NOW)
    assert once == CachedList(content=("a",), asked_at=NOW, failing_since=NOW)
    twice = once.missed(ListResult(OutcomeKind.RETRY), later)
    assert twice == CachedList(content=("a",), asked_at=later, failing_since=NOW)


def test_what_there_was_no_time_for_was_not_asked_for() -> None:
    assert KEPT.missed(ListResult(UNASKED), NOW) == CachedList(content=("a",), failing_since=NOW)


def test_of_what_was_not_asked_for_nothing_is_known() -> None:
    assert ListResult(UNASKED) == (UNASKED, (), "", None)


def test_lists_are_kept_for_as_long_as_bpjs_takes_anything_of_their_day() -> None:
    assert oldest_kept(NOW) == date(2026, 11, 15)
    assert oldest_kept(datetime(2027, 1, 3, 9, 0, tzinfo=WIB)) == date(2026, 12, 26)
