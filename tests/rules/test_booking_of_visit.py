"""Under which of the ledger's bookings a visit goes on, and when it begins one of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from antrean_cli.rules.booking_of_visit import Standing, is_theirs, standings
from antrean_cli.rules.codes import Kind
from antrean_cli.rules.patients import NOBODY, owner_of
from antrean_cli.rules.push import Push, Record
from antrean_cli.rules.visits import Visit
from tests.support.rows import (
    KEY,
    MONDAY,
    NO_RAWAT,
    NOBOOKING,
    booking,
    mobilejkn,
    onsite,
    push,
    record,
)

ANA = {"norm": "000001", "nik": "9901010101000001", "nomorkartu": "0009000000001"}
BUDI = {"norm": "000002", "nik": "9901010101000002", "nomorkartu": "0009000000002"}
CITRA = {"norm": "000003", "nik": "9901010101000003", "nomorkartu": "0009000000003"}
LATER = {"jam_reg": "08:25:00"}
TOLD, UNTOLD = push("add", "sent"), push("add", "due")


def visit_of(patient: dict[str, str], **changed: Any) -> Visit:
    reg = {**patient, **changed.pop("reg", {})}
    return onsite(reg=reg, **changed)


def made_for(
    patient: dict[str, str], *pushes: Push, kodebooking: str = NO_RAWAT, **changed: Any
) -> Record:
    """Return the booking that a pass made of a patient's visit."""
    row = visit_of(patient).registration
    owner = owner_of(row, None, KEY)
    return record(*(pushes or (TOLD,)), kodebooking=kodebooking, owner=owner, **changed)


def standing(visit: Visit, *known: Record, besides: tuple[Visit, ...] = ()) -> Standing:
    records = {one.kodebooking: one for one in known}
    ((_, found),) = [
        pair for pair in standings([visit, *besides], records, KEY) if pair[0] is visit
    ]
    return found


def test_a_visit_that_nobody_knows_begins_under_its_own_code() -> None:
    found = standing(visit_of(ANA))
    assert found == Standing(NO_RAWAT, None, owner_of(visit_of(ANA).registration, None, KEY))


@pytest.mark.parametrize("pushes", [(TOLD,), (UNTOLD,), ()])
def test_the_same_patients_visit_goes_on(pushes: tuple[Push, ...]) -> None:
    known = made_for(ANA, *pushes)
    assert standing(visit_of(ANA, reg=LATER), known).known == known


# -- a number that was handed on


@pytest.mark.parametrize(
    "told",
    [
        push("add", "sent"),
        push("add", "already"),
        push("add", "sending"),
        push("add", "due", needs_lookup=True),
        push("3", "closed", needs_lookup=True),
        push("batal", "sent"),
    ],
)
def test_another_patients_visit_begins_with_a_stroke_where_bpjs_may_know_the_number(
    told: Push,
) -> None:
    old = made_for(ANA, told)
    found = standing(visit_of(BUDI, reg=LATER), old)
    assert (found.kodebooking, found.known, found.replaced) == (f"{NO_RAWAT}-2", None, None)
    assert found.others == (old,)


@pytest.mark.parametrize("state", ["due", "held", "refused", "closed"])
def test_under_the_number_itself_where_bpjs_was_never_told(state: str) -> None:
    old = made_for(ANA, push("add", state))
    found = standing(visit_of(BUDI, reg=LATER), old)
    assert (found.kodebooking, found.known, found.replaced) == (NO_RAWAT, None, old)
    assert found.others == ()


def test_the_third_patient_gets_the_next_number_and_everybody_keeps_theirs() -> None:
    first, second = made_for(ANA), made_for(BUDI, kodebooking=f"{NO_RAWAT}-2")
    found = standing(visit_of(CITRA, reg=LATER), first, second)
    assert (found.kodebooking, found.others) == (f"{NO_RAWAT}-3", (first, second))
    third = made_for(CITRA, kodebooking=f"{NO_RAWAT}-3")
    for patient, theirs in ((ANA, first), (BUDI, second), (CITRA, third)):
        found = standing(visit_of(patient, reg=LATER), first, second, third)
        assert (found.known, len(found.others)) == (theirs, 2)


def test_a_number_in_between_that_bpjs_was_never_told_of_is_used() -> None:
    first = made_for(ANA)
    second = made_for(BUDI, UNTOLD, kodebooking=f"{NO_RAWAT}-2")
    found = standing(visit_of(CITRA, reg=LATER), first, second)
    assert (found.kodebooking, found.replaced) == (f"{NO_RAWAT}-2", second)
    assert found.others == (first,)


@pytest.mark.parametrize("code", ["KIOS-1", "INT001#20261123000001"])
def test_a_booking_under_another_code_is_its_patients_too(code: str) -> None:
    """Adopted, made of another template, or added anew after a cancel."""
    known = made_for(ANA, kodebooking=code)
    assert standing(visit_of(ANA), known).kodebooking == code
    found = standing(visit_of(BUDI, reg=LATER), known)
    assert (found.kodebooking, found.known, found.others) == (NO_RAWAT, None, (known,))


def test_a_template_that_gives_another_code_needs_no_stroke() -> None:
    known = made_for(ANA, kodebooking="INT001")
    found = standing(visit_of(BUDI, kodebooking="INT002", reg=LATER), known)
    assert (found.kodebooking, found.others) == ("INT002", (known,))


def test_after_a_cancel_the_visit_goes_on_under_its_new_code_and_a_strangers_never() -> None:
    cancelled = made_for(ANA, TOLD, push("batal", "sent"))
    again = made_for(ANA, kodebooking="BARU-1")
    assert standing(visit_of(ANA), cancelled, again).known == again
    strangers = made_for(BUDI, kodebooking=f"{NO_RAWAT}-2")
    assert standing(visit_of(ANA), cancelled, strangers).known == cancelled


def test_a_patient_who_is_registered_anew_after_a_cancel_begins_a_booking_of_her_own() -> None:
    cancelled = made_for(ANA, TOLD, push("batal", "sent"))
    again = visit_of(ANA, reg=LATER)
    found = standing(again, cancelled)
    assert (found.kodebooking, found.known, found.others) == (f"{NO_RAWAT}-2", None, ())
    second = made_for({**ANA, **LATER}, TOLD, kodebooking=f"{NO_RAWAT}-2")
    assert standing(again, cancelled, second).known == second
    ended = made_for({**ANA, **LATER}, TOLD, push("99", "sent"), kodebooking=f"{NO_RAWAT}-2")
    assert standing(again, cancelled, ended).known == ended
    third = visit_of(ANA, reg={"jam_reg": "09:00:00"})
    assert standing(third, cancelled, ended).kodebooking == f"{NO_RAWAT}-3"


def test_a_visit_that_is_moved_to_another_day_begins_a_booking_of_its_own_there() -> None:
    tomorrow = MONDAY + timedelta(days=1)
    moved = visit_of(ANA, tanggal=tomorrow)
    told, untold = made_for(ANA), made_for(ANA, UNTOLD)
    found = standing(moved, told)
    assert (found.kodebooking, found.known, found.moved) == (f"{NO_RAWAT}-2", None, (told,))
    assert standing(moved, untold).known == untold
    by_hand = made_for(ANA, kind=Kind.MANUAL)
    assert standing(moved, by_hand).known == by_hand
    second = made_for(ANA, kodebooking=f"{NO_RAWAT}-2", tanggal=tomorrow)
    assert standing(moved, told, second).known == second
    back = standing(visit_of(ANA), told, second)
    assert (back.known, back.moved) == (told, (second,))


# -- who is the same


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ({"norm": "000009"}, True),  # records merged: NIK and card are the same
        ({"norm": "000009", "nik": None}, True),
        ({"norm": "000009", "nik": "-", "nomorkartu": "0"}, True),  # nothing told: the moment
        ({"norm": "000009", "nik": "-", "nomorkartu": "0", **LATER}, False),
        ({"nik": "9901010101000009"}, True),  # corrected
        ({"nik": "9901010101000009", "nomorkartu": "0009000000009"}, True),
        ({"nik": "9901010101000009", "nomorkartu": "0009000000009", **LATER}, False),
        ({"norm": "000009", "nik": "9901010101000009"}, False),
        ({"norm": "000009", "nik": None, "nomorkartu": "0009000000009"}, False),
    ],
)
def test_whose_visit_it_is_after_an_edit_or_a_merge(changed: dict[str, Any], same: bool) -> None:
    known = made_for(ANA)
    found = standing(visit_of(ANA, reg=changed), known)
    assert (found.known == known) is same
    assert (found.kodebooking == NO_RAWAT) is same


def test_a_booking_of_which_nobody_knows_whose_it_is_belongs_to_the_visit_of_its_number() -> None:
    """As in a ledger of an earlier version."""
    unknown = record(TOLD)
    assert unknown.owner == NOBODY
    assert standing(visit_of(ANA), unknown).known == unknown
    handed_on = record(TOLD, handed_on=True)
    assert not is_theirs(handed_on, standing(visit_of(ANA)).owner)
    assert standing(visit_of(ANA), handed_on).kodebooking == f"{NO_RAWAT}-2"


def test_what_was_sent_by_hand_before_the_visit_was_met_is_its_own() -> None:
    by_hand = record(push("1", "sent", "07:50"), kind="manual", no_rawat="")
    assert standing(visit_of(ANA), by_hand).known == by_hand


# -- Mobile JKN


def booked(patient: dict[str, str], nobooking: str = NOBOOKING) -> Visit:
    return mobilejkn(reg=patient, book={**patient, "nobooking": nobooking}, kodebooking=nobooking)


def of_booking(patient: dict[str, str]) -> Record:
    owner = owner_of(None, booking(**patient), KEY)
    return record(push("3", "sent", "08:00"), kodebooking=NOBOOKING, kind="mobilejkn", owner=owner)


def test_a_mobile_jkn_booking_has_its_own_code_unless_that_was_anothers() -> None:
    known = of_booking(ANA)
    assert standing(booked(ANA), known).known == known
    found = standing(booked(BUDI), known)
    assert (found.kodebooking, found.known, found.others) == (f"{NOBOOKING}-2", None, (known,))
    second = replace(of_booking(BUDI), kodebooking=f"{NOBOOKING}-2")
    assert standing(booked(BUDI), known, second).known == second
    third = standing(booked(CITRA), known, second)
    assert (third.kodebooking, third.known) == (f"{NOBOOKING}-3", None)
    alone = replace(booked(BUDI), registration=None)
    assert list(standings([alone], {NOBOOKING: known}, KEY)) == [], "nobody comes with it"


def test_a_mobile_jkn_booking_of_the_same_record_number_is_the_same_whatever_else_changed() -> None:
    known = of_booking(ANA)
    registered = replace(known, owner=known.owner._replace(registered="2026-11-23 07:15:00"))
    assert standing(booked({**BUDI, "norm": ANA["norm"]}), registered).known == registered


def test_a_desk_code_that_bpjs_gave_a_booking_itself_is_not_taken() -> None:
    """ANTREAN_KODEBOOKING={no_rawat_angka} makes codes of the form of a nobooking."""
    visit = visit_of(ANA, kodebooking=NOBOOKING)
    assert standing(visit, besides=(booked(BUDI),)).kodebooking == f"{NOBOOKING}-2"
    assert standing(visit, of_booking(BUDI)).kodebooking == f"{NOBOOKING}-2"
    assert standing(visit, of_booking(ANA)).kodebooking == f"{NOBOOKING}-2"


def test_what_was_made_at_the_desk_for_the_visit_of_a_booking_is_not_needed() -> None:
    untold, told, strangers = made_for(ANA, UNTOLD), made_for(ANA), made_for(BUDI)
    for desk in (untold, told):
        found = standing(booked(ANA), desk)
        assert (found.desks, found.others) == ((desk,), ())
    found = standing(booked(ANA), strangers)
    assert (found.desks, found.others) == ((), (strangers,))
