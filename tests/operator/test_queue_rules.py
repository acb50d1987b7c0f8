"""What becomes of one booking by retry, drop and replay: from record to record, as tables."""

from __future__ import annotations

from typing import Any

import pytest

from antrean_cli.operator.queue_admin import dropped, replayed, retried, with_nothing_to_follow
from antrean_cli.rules.push import MANUAL, Push, Record
from antrean_cli.rules.reasons import REREAD, Reason, ReasonCode, because
from tests.support.rows import at, policy, push, record, seen, states

REFUSED = because(ReasonCode.REFUSED, text="Rujukan tidak valid")
DROPPED = because(ReasonCode.DROPPED, keterangan="pindah RS")
NOT_ON_DAY = because(ReasonCode.NOT_ON_DAY, waktu=at("08:20"))
UNMAPPED = because(ReasonCode.CLINIC_UNMAPPED, kd_poli="MAT")


def four(state: str, reason: Reason | None = None, **changed: Any) -> Push:
    return push("4", state, "08:20", reason=reason, **changed)


def only(one: Record) -> tuple[str, Reason | None, bool]:
    """Return the state of task 4, its reason, and whether BPJS is to be asked for it."""
    found = one.pushes["4"]
    return found.state, found.reason, found.needs_lookup


# -- retry


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (four("refused", REFUSED, attempts=3, next_try=at("13:00")), ("due", None, False)),
        (four("held", UNMAPPED), ("held", UNMAPPED, False)),  # its reason has to go first
        (four("due"), ("due", None, False)),
        (four("closed", DROPPED), ("held", REREAD, False)),
        (four("closed", DROPPED, source=MANUAL), ("due", None, False)),
        (four("closed", NOT_ON_DAY), ("closed", NOT_ON_DAY, False)),
    ],
)
def test_what_is_tried_again(before: Push, after: tuple[str, Reason | None, bool]) -> None:
    found = retried(record(before), [before])
    assert only(found) == after
    assert (found.pushes["4"].attempts, found.pushes["4"].next_try) == (0, None)


def test_what_was_closed_behind_a_dropped_push_comes_after_it_again() -> None:
    behind = push("5", "closed", "09:00", reason=DROPPED._replace(behind="4"))
    other = push("6", "closed", "10:00", reason=NOT_ON_DAY._replace(behind="4"))
    before = four("closed", DROPPED)
    found = retried(record(before, behind, other), [before])
    assert states(found) == {"4": "held", "5": "held", "6": "closed"}


# -- drop


@pytest.mark.parametrize("state", ["held", "refused", "due"])
def test_what_is_given_up_is_closed_with_the_word_why(state: str) -> None:
    before = four(state, REFUSED)
    assert only(dropped(record(before), [before], DROPPED)) == ("closed", DROPPED, False)


@pytest.mark.parametrize(
    ("pushes", "closed"),
    [
        ([], {"add", "3"}),
        ([push("add", "sent")], {"3"}),
        ([push("add", "sent"), push("3", "sent", "08:05")], {"4"}),
        ([push("add", "sent"), push("3", "sending", "08:05")], {"4"}),
        ([push("add", "closed", reason=DROPPED)], {"add", "3"}),
    ],
)
def test_of_a_whole_booking_the_next_step_is_closed_as_well_so_that_nothing_follows(
    pushes: list[Push], closed: set[str]
) -> None:
    found = with_nothing_to_follow(record(*pushes), DROPPED, policy())
    assert {step for step, state in states(found).items() if state == "closed"} == closed


def test_antrean_farmasi_follows_only_where_the_hospital_runs_it() -> None:
    known = record(push("add", "sent"))
    assert "farmasi" not in with_nothing_to_follow(known, DROPPED, policy()).pushes
    assert "farmasi" in with_nothing_to_follow(known, DROPPED, policy(farmasi=True)).pushes


def test_what_khanzas_word_has_closed_is_closed_for_good() -> None:
    found = with_nothing_to_follow(record(four("closed", NOT_ON_DAY)), DROPPED, policy())
    assert only(found) == ("closed", DROPPED, False)
    sep = because(ReasonCode.SEP_FIRST)  # nobody opens that again
    found = with_nothing_to_follow(record(push("add", "closed", reason=sep)), DROPPED, policy())
    assert found.pushes["add"].reason == sep
    held = with_nothing_to_follow(
        record(four("held", because(ReasonCode.NO_SIGN_YET))), DROPPED, policy()
    )
    assert only(held)[0] == "held"  # what is open is given up by its own rule


# -- replay


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (four("sent"), ("due", None, True)),
        (four("already"), ("due", None, True)),
        (four("refused", REFUSED), ("held", REREAD, False)),
        (four("closed", NOT_ON_DAY), ("held", REREAD, False)),
        (four("held", UNMAPPED), ("held", UNMAPPED, False)),
        (four("due"), ("due", None, False)),
        # what Khanza does not know, and what a person decided
        (four("sent", source=MANUAL), ("sent", None, False)),
        (four("closed", DROPPED), ("closed", DROPPED, False)),
    ],
)
def test_what_is_in_doubt_or_decided_about_anew_after_a_replay(
    before: Push, after: tuple[str, Reason | None, bool]
) -> None:
    assert only(replayed(record(before), [before])) == after


@pytest.mark.parametrize(
    "known",
    [
        record(four("sent"), push("99", "sent", "09:00")),
        record(four("sent"), push("batal", "due")),
        record(four("sent"), seen=seen("Batal", at("09:00"))),
    ],
)
def test_a_cancelled_booking_is_told_once(known: Record) -> None:
    assert replayed(known, known.pushes.values()) == known
