"""Whose booking a kode booking of ours is at BPJS: when the list is asked, and what it tells."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from antrean_cli.rules.answers import Reply, judge
from antrean_cli.rules.listings import Antrean
from antrean_cli.rules.outcomes import after_answer
from antrean_cli.rules.owner_at_bpjs import as_listed, awaits_owner, begun_anew
from antrean_cli.rules.patients import NOBODY, marked, numbers_of, owner_of
from antrean_cli.rules.push import Push, Record, Refusal
from antrean_cli.rules.reasons import ReasonCode, because
from tests.support.rows import (
    KEY,
    NO_RAWAT,
    antrean,
    at,
    policy,
    push,
    reason,
    record,
    registration,
    seen,
    states,
    words,
)

NOW = at("10:00")
ME = {"norm": "000001", "nik": "9901010101000001", "nomorkartu": "0009000000001"}
HIM = {"norm": "000002", "nik": "9901010101000002", "nomorkartu": "0009000000002"}
KNOWN = push("add", "already", code="208")
HELD = push("add", "held", reason=reason("referensi"), next_try=at("09:00"))
ASKING = push("3", "held", "08:05", reason=reason("antrean"))


def mine(*pushes: Push, **changed: Any) -> Record:
    owner = owner_of(registration(**ME), None, KEY)
    return record(*pushes, **{"owner": owner, **changed})


def listed(status: str = "Belum dilayani", **numbers: str) -> Antrean:
    return antrean(NO_RAWAT, status=status, **{**ME, **numbers})


# -- when it is asked


@pytest.mark.parametrize(
    ("one", "awaits"),
    [
        (mine(KNOWN), True),
        (mine(KNOWN, kind="nonjkn"), True),
        (mine(KNOWN, push("3", "due", "08:05")), True),
        (mine(KNOWN, compared=True), False),
        (mine(KNOWN, kind="mobilejkn"), False),
        (mine(KNOWN, kind="manual"), False),
        (mine(push("add", "sent", code="200")), False),
        (mine(push("add", "already")), False),  # adopted, or an accepted task told
        (mine(push("add", "due")), False),
        (mine(push("add", "refused", code="201")), False),
        (mine(), False),
        (mine(HELD, ASKING), True),
        (mine(HELD, ASKING, compared=True), False),
        (mine(HELD), False),  # nothing to ask with
    ],
)
def test_the_list_is_asked_after_a_208_and_before_a_held_add_asks(
    one: Record, awaits: bool
) -> None:
    assert awaits_owner(one, NOW) is awaits


def test_a_held_add_that_may_not_ask_yet_waits_for_no_list() -> None:
    early = mine(push("add", "held", reason=reason("referensi"), next_try=at("10:01")), ASKING)
    assert not awaits_owner(early, NOW)
    assert awaits_owner(early, NOW + timedelta(minutes=1))


@pytest.mark.parametrize(
    "add",
    [
        push("add", "sending"),
        push("add", "sending", attempts=3, code="201"),
        push("add", "sending", needs_lookup=True),  # it may have arrived before
    ],
)
def test_a_208_leaves_open_whose_booking_bpjs_has(add: Push) -> None:
    outcome = judge("add", "add", Reply(code="208", message="Terdapat duplikasi Kode Booking"))
    after = after_answer(mine(add), "add", outcome, policy(), NOW, 0.0)
    assert (after.compared, awaits_owner(after, NOW)) == (False, True)


# -- what it tells


@pytest.mark.parametrize(
    ("numbers", "ours"),
    [
        ({}, True),
        ({"nik": "-", "nomorkartu": "-"}, True),  # as NON JKN goes
        ({"nik": "9", "nomorkartu": "9"}, True),  # corrected since, as far as can be told
        ({"norm": "000009"}, True),
        ({"norm": "000009", "nik": ""}, True),
        ({"norm": "", "nik": "", "nomorkartu": ""}, True),  # it tells nothing
        ({"norm": "000009", "nik": HIM["nik"]}, False),
        ({"norm": "000009", "nik": "", "nomorkartu": HIM["nomorkartu"]}, False),
        (HIM, False),
    ],
)
@pytest.mark.parametrize("pushes", [(KNOWN, push("3", "due", "08:05")), (HELD, ASKING)])
def test_whose_booking_it_is_follows_from_the_numbers(
    numbers: dict[str, str], ours: bool, pushes: tuple[Push, ...]
) -> None:
    before = mine(*pushes)
    after = as_listed(before, listed(**numbers), KEY)
    assert (after.compared, after.handed_on) == (True, not ours)
    if ours:
        assert after.pushes == before.pushes
        return
    assert states(after) == {"add": "already"}
    assert words(after.pushes["add"].note) == "antrean ini di BPJS milik pasien lain"
    names = ("norm", "nik", "nomorkartu")
    them = marked(numbers_of(*({**ME, **numbers}[name] for name in names)), KEY)
    assert (after.owner.numbers, after.owner.registered) == (them, "")


def test_what_the_list_does_not_show_is_taken_as_ever() -> None:
    before = mine(KNOWN, push("3", "due", "08:05"))
    after = as_listed(before, None, KEY)
    assert (after.compared, after.pushes, after.owner) == (True, before.pushes, before.owner)


def test_a_booking_of_which_nobody_knows_whose_it_is_is_ours() -> None:
    assert not as_listed(mine(KNOWN, owner=NOBODY), listed(**HIM), KEY).handed_on


def test_another_patients_cancelled_booking_is_ended() -> None:
    after = as_listed(mine(KNOWN), listed("Batal", **HIM), KEY)
    assert (after.ended, states(after)) == (True, {"add": "already", "99": "already"})


def test_what_was_sent_by_hand_under_the_code_stays_with_it() -> None:
    by_hand = push("1", "sent", "07:50", source="manual")
    after = as_listed(mine(KNOWN, by_hand, push("3", "due", "08:05")), listed(**HIM), KEY)
    assert states(after) == {"add": "already", "1": "sent"}


def test_the_visit_begins_anew_under_another_code_with_what_people_told_for_it() -> None:
    kept = push("1", "held", "07:50", source="manual")
    sent = push("2", "sent", "07:55", source="manual")
    before = mine(KNOWN, kept, sent, push("3", "due", "08:05"), compared=True)
    anew = begun_anew(before, "B-2")
    assert (anew.kodebooking, anew.owner, anew.no_rawat) == ("B-2", before.owner, before.no_rawat)
    assert (anew.compared, anew.pushes) == (False, {"1": kept})


def test_of_another_patients_booking_nothing_of_the_visit_is_left() -> None:
    known = mine(
        push("add", "held", code="208", reason=reason("referensi")),
        push("3", "sent", "08:05"),
        push("4", recorded="08:30"),
        seen=seen("Belum", NOW),
        done_fingerprint="x",
        refusals={"3": (Refusal("m", NOW),)},
    )
    one = as_listed(known, listed(**HIM), KEY)
    assert (one.handed_on, one.compared, one.seen, one.done_fingerprint) == (True, True, None, "")
    assert one.refusals == {}
    assert states(one) == {"add": "already", "3": "sent"}
    assert one.pushes["add"].code == "208"
    assert one.pushes["add"].note == because(ReasonCode.ANOTHER_PATIENTS)
    assert one.owner == owner_of(registration(**HIM), None, KEY)._replace(registered="")
    without = as_listed(mine(push("3", "sent", "08:05")), listed(**HIM), KEY)
    assert states(without) == {"add": "already", "3": "sent"}


def test_begun_anew_it_is_compared_and_looked_at_again() -> None:
    known = mine(KNOWN, compared=True, done_fingerprint="x")
    one = begun_anew(known, "K-2")
    assert (one.kodebooking, one.compared, one.done_fingerprint, one.pushes) == (
        "K-2",
        False,
        "",
        {},
    )
