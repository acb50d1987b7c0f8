"""What a pass does to the ledger before and after its work: crashes, waits, and old bookings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.causes import Cause
from antrean_cli.rules.push import Push, PushFault, Record
from antrean_cli.sync.housekeeping import forget_waits, prune, recover, shorten_waits
from tests.support.rows import MONDAY, WIB, at, push, record, states

NOW = at("10:00")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "antrean.sqlite3"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with Ledger.open(path, WIB) as opened:
        yield opened


def saved(ledger: Ledger, *records: Record) -> None:
    with ledger.transaction():
        for one in records:
            ledger.save(None, one, NOW)


def stored(ledger: Ledger, kodebooking: str = record().kodebooking) -> Record:
    found = ledger.record(kodebooking)
    assert found is not None
    return found


# -- what the last pass left


def test_what_was_in_flight_is_due_and_in_doubt(ledger: Ledger) -> None:
    saved(ledger, record(push("add", "sending"), push("3", "held", "08:05"), push("4", "sent")))
    changes = recover(ledger, NOW)
    assert [str(one.push.step) for one in changes] == ["add"]
    after = stored(ledger)
    assert states(after) == {"add": "due", "3": "held", "4": "sent"}
    assert [one.needs_lookup for one in after.pushes.values()] == [False, False, True]
    assert recover(ledger, NOW) == ()


@pytest.mark.parametrize(("day", "closed"), [(7, False), (8, True)])
def test_after_h7_nothing_is_open_any_more(ledger: Ledger, day: int, closed: bool) -> None:
    saved(ledger, record(push("3", "sending", "08:05"), push("4", "due", "08:20")))
    recover(ledger, NOW + timedelta(days=day))
    assert states(stored(ledger)) == dict.fromkeys(("3", "4"), "closed" if closed else "due")
    assert stored(ledger).pushes["3"].needs_lookup is not closed


# -- waits

FAULT = PushFault(3, NOW, Cause.TIMEOUT, None, own=True)


def waiting(next_try: datetime | None, state: str = "due", attempts: int = 1) -> Push:
    return push("3", state, "08:05", next_try=next_try, attempts=attempts)


@pytest.mark.parametrize(
    ("one", "now", "soon"),
    [
        (waiting(NOW + 30 * MINUTE), NOW, NOW + 5 * MINUTE),
        (waiting(NOW + 5 * MINUTE), NOW, NOW + 5 * MINUTE),
        (waiting(NOW + MINUTE), NOW, NOW + MINUTE),
        (waiting(NOW - MINUTE), NOW - MINUTE, NOW - MINUTE),
        (waiting(NOW + 30 * MINUTE, attempts=0), NOW, NOW + 30 * MINUTE),  # BPJS said how long
        (
            waiting(NOW + 30 * MINUTE, "held"),
            NOW + 30 * MINUTE,
            NOW + 30 * MINUTE,
        ),
        (waiting(None), None, None),
    ],
)
def test_a_person_ends_every_wait_and_what_got_through_the_long_ones(
    ledger: Ledger, path: Path, one: Push, now: datetime | None, soon: datetime | None
) -> None:
    saved(ledger, record(one, push("4", "due", "08:20")))
    with Ledger.open(path, WIB) as other:
        before = other.writes_of_others()
        shorten_waits(ledger, ledger.unfinished().values(), NOW)
        assert stored(ledger).pushes["3"].next_try == soon
        assert (other.writes_of_others() != before) is (soon != one.next_try)
        before = other.writes_of_others()
        forget_waits(ledger, NOW)
        assert stored(ledger).pushes["3"].next_try == now
        assert (other.writes_of_others() != before) is (now != soon)


def test_what_is_not_answered_by_itself_waits_its_time_unless_a_person_says_so(
    ledger: Ledger,
) -> None:
    later = NOW + 30 * MINUTE
    saved(ledger, record(waiting(later), faults={"3": FAULT}))
    shorten_waits(ledger, ledger.unfinished().values(), NOW)
    assert stored(ledger).pushes["3"].next_try == later
    forget_waits(ledger, NOW)
    assert stored(ledger).pushes["3"].next_try == NOW
    others = record(waiting(later), kodebooking="A-2", faults={"3": FAULT._replace(own=False)})
    saved(ledger, others)
    shorten_waits(ledger, ledger.unfinished().values(), NOW)
    assert stored(ledger, "A-2").pushes["3"].next_try == NOW + 5 * MINUTE


# -- old bookings


def of_day(days: int) -> Record:
    day = MONDAY - timedelta(days=days)
    return record(push("3", "sent", "08:05"), kodebooking=f"A{days}", tanggal=day)


def test_bookings_are_forgotten_once_a_day_from_the_newest_one_on(ledger: Ledger) -> None:
    prune(ledger, 10, NOW)
    assert ledger.pass_state().pruned_on is None  # there is none
    saved(ledger, *map(of_day, (0, 9, 10, 11, 30)))
    prune(ledger, 10, NOW)
    left = [days for days in (0, 9, 10, 11, 30) if ledger.record(f"A{days}")]
    assert left == [0, 9, 10]
    assert ledger.pass_state().pruned_on == MONDAY
    saved(ledger, of_day(12))
    prune(ledger, 10, NOW + timedelta(hours=13))
    assert ledger.record("A12")
    prune(ledger, 10, NOW + timedelta(days=1))
    assert not ledger.record("A12")


def test_a_clock_that_ran_ahead_forgets_nothing(ledger: Ledger) -> None:
    saved(ledger, of_day(0), of_day(10))
    prune(ledger, 10, NOW + timedelta(days=400))
    assert ledger.record("A10")


def test_a_booking_of_a_coming_day_does_not_make_todays_old(ledger: Ledger) -> None:
    saved(ledger, of_day(-30), of_day(5))
    prune(ledger, 10, NOW)
    assert ledger.record("A5")
