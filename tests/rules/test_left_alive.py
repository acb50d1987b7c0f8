"""What BPJS holds although Khanza has it no more: when it begins, is told, and ends."""

from __future__ import annotations

from typing import Any

import pytest

from antrean_cli.rules.codes import LeftAlive
from antrean_cli.rules.left_alive import after_look, as_held, as_shown, given_up
from antrean_cli.rules.listings import Antrean
from antrean_cli.rules.push import Record
from antrean_cli.rules.reasons import ReasonCode, because
from tests.support.rows import NO_RAWAT, NOBOOKING, at, push, record, states, words

NOT, SEEN, TOLD, OVER = LeftAlive
SENT = push("add", "sent")
ENDED = push("batal", "sent")
BOOKED: dict[str, Any] = {"kind": "mobilejkn", "kodebooking": NOBOOKING}


@pytest.mark.parametrize(
    ("one", "alive"),
    [
        (record(SENT), True),
        (record(push("add", "already")), True),
        (record(push("add", "sending")), True),
        (record(push("add", "due", needs_lookup=True)), True),
        (record(push("3", "sent")), True),
        (record(push("add", "refused"), push("3", "held")), False),
        (record(push("add", "due")), False),
        (record(), False),
        (record(**BOOKED), True),  # BPJS's own
        (record(SENT, kind="manual"), False),  # Khanza never had it
        (record(SENT, ENDED), False),
        (record(SENT, push("99", "already")), False),
        (record(ENDED, **BOOKED), False),
    ],
)
def test_bpjs_may_hold_what_it_was_told_or_has_given_itself(one: Record, alive: bool) -> None:
    assert one.may_live_at_bpjs is alive
    assert after_look(one, gone=True).left_alive == (SEEN if alive else NOT)


@pytest.mark.parametrize(
    ("before", "gone", "there"),
    [(NOT, SEEN, NOT), (SEEN, TOLD, NOT), (TOLD, TOLD, NOT), (OVER, OVER, NOT)],
)
def test_people_hear_of_it_at_the_second_look(
    before: LeftAlive, gone: LeftAlive, there: LeftAlive
) -> None:
    one = record(SENT, left_alive=before)
    assert after_look(one, gone=True).left_alive == gone
    assert after_look(one, gone=False).left_alive == there


@pytest.mark.parametrize("state", [NOT, SEEN, TOLD, OVER])
def test_what_is_given_up_is_told_no_more(state: LeftAlive) -> None:
    after = given_up(record(SENT, left_alive=state))
    assert after.left_alive == (NOT if state == NOT else OVER)
    assert not after.is_left_alive
    assert after_look(after, gone=True).left_alive == (SEEN if state == NOT else OVER)


def test_a_cancel_by_hand_ends_it() -> None:
    one = record(SENT, left_alive=TOLD)
    assert one.is_left_alive
    assert not one.with_pushes(ENDED).is_left_alive


@pytest.mark.parametrize("state", [NOT, OVER])
def test_of_others_people_see_nothing(state: LeftAlive) -> None:
    assert as_held(record(SENT, left_alive=state)) is None


@pytest.mark.parametrize("state", [SEEN, TOLD])
def test_people_see_a_cancel_that_waits_for_them(state: LeftAlive) -> None:
    shown = as_held(record(SENT, left_alive=state))
    assert shown is not None
    assert (shown.step, shown.state, words(shown.reason)) == (
        "batal",
        "held",
        "masih berlaku di BPJS, tidak ada lagi di Khanza",
    )


def row(status: str) -> Antrean:
    return Antrean(NO_RAWAT, "2026-11-23", "INT", "12345", "", "", "", status)


@pytest.mark.parametrize(
    ("listed", "left_alive", "expected"),
    [
        (row("Belum dilayani"), TOLD, {"add": "sent", "4": "held"}),
        (None, OVER, {"add": "sent", "4": "held"}),
        (row("Batal"), TOLD, {"add": "sent", "4": "closed", "99": "already"}),
    ],
    ids=["alive", "unknown", "cancelled"],
)
def test_bpjss_list_of_the_day_tells_whether_it_still_lives(
    listed: Antrean | None, left_alive: LeftAlive, expected: dict[str, str]
) -> None:
    one = record(SENT, push("4", "held", "08:30"), left_alive=TOLD)
    after = as_shown(one, listed)
    assert (after.left_alive, states(after)) == (left_alive, expected)
    assert after.is_left_alive is (listed is not None and not listed.cancelled)


def test_99_that_bpjs_lists_keeps_what_was_known_of_it() -> None:
    one = record(SENT, push("99", "held", "09:00"), left_alive=TOLD)
    absent = as_shown(one, row("Batal")).pushes["99"]
    assert (absent.state, absent.waktu) == ("already", at("09:00"))
    assert absent.reason == because(ReasonCode.CANCELLED_AT_BPJS)
