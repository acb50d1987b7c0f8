"""Which of BPJS's bookings of a day are a visit's own, and what becomes of its add."""

from __future__ import annotations

import pytest

from antrean_cli.rules.adoption import (
    adopted,
    awaits_list,
    duplicate_bookings,
    is_ambiguous,
    patient_of,
)
from antrean_cli.rules.listings import Antrean
from antrean_cli.rules.push import Push
from tests.support.rows import (
    NO_RAWAT,
    antrean,
    at,
    onsite,
    policy,
    push,
    reason,
    record,
    states,
    words,
)

STRANGER = {"nik": "3299999999999999", "nomorkartu": "0009999999999", "norm": "999999"}


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([antrean()], ["KIOS-1"]),
        ([antrean("KIOS-2"), antrean()], ["KIOS-2", "KIOS-1"]),
        ([antrean(kodepoli="int ")], ["KIOS-1"]),
        ([antrean(kodepoli="ANA")], []),
        ([antrean(kodedokter="12346")], []),
        ([antrean(status="Batal")], []),
        ([antrean(status=" BATAL ")], []),
        ([antrean(**STRANGER)], []),
        ([antrean(**{**STRANGER, "nik": "3200000000000001"})], ["KIOS-1"]),
        ([antrean(**{**STRANGER, "nomorkartu": "0009000000001"})], ["KIOS-1"]),
        ([antrean(**{**STRANGER, "norm": "000001"})], ["KIOS-1"]),
        ([antrean(NO_RAWAT)], []),
        ([antrean(), antrean(NO_RAWAT)], []),
        ([antrean("LAIN-1"), antrean()], ["KIOS-1"]),
        ([], []),
    ],
)
def test_the_same_patient_clinic_and_doctor_under_a_code_that_nobody_has(
    rows: list[Antrean], found: list[str]
) -> None:
    assert duplicate_bookings(onsite(), rows, {"LAIN-1"}) == found


def test_two_empty_numbers_are_not_the_same() -> None:
    nobody = onsite(reg={"nik": "", "nomorkartu": "", "norm": ""}, sep=None)
    empty = antrean(nik="", nomorkartu="", norm="")
    assert duplicate_bookings(nobody, [empty], ()) == []


def test_of_a_visit_that_khanza_deleted_there_is_no_other_booking() -> None:
    assert duplicate_bookings(onsite(registration=None), [antrean()], ()) == []


AMBIGUOUS = reason("ganda", count=2, kodebooking="KIOS-1, KIOS-2")


@pytest.mark.parametrize(
    ("add", "others", "looked_for"),
    [
        (push("add"), [], True),
        (push("add", "held", reason=AMBIGUOUS), [], True),
        (push("add", "held", reason=reason("petakan")), [], False),
        (push("add", "refused", reason=AMBIGUOUS), [], False),
        (push("add", "sent"), [], False),
        (push("add", needs_lookup=True), [], False),
        (push("add"), [push("3", "sending", "08:05")], False),
        (push("add"), [push("1", "already", "07:50")], False),
        (push("add"), [push("3", "held", "08:05")], True),
        (None, [push("3", "held", "08:05")], False),
    ],
)
def test_a_look_decides_about_adds_of_what_bpjs_knows_nothing_of(
    add: Push | None, others: list[Push], looked_for: bool
) -> None:
    pushes = [add, *others] if add else others
    assert awaits_list(record(*pushes)) is looked_for
    assert awaits_list(record(*pushes, kind="mobilejkn")) is False


def test_without_another_booking_the_add_goes_out() -> None:
    held = record(push("add", "held", reason=AMBIGUOUS), push("3", "held", "08:05"))
    after = adopted(held, [], policy())
    assert after.pushes["add"].state == "due"
    assert after.pushes["add"].reason is None


def test_the_one_other_booking_is_used_and_gets_the_tasks() -> None:
    mine = record(
        push("add"), push("3", "held", "08:05", reason=reason("antrean")), done_fingerprint="x"
    )
    after = adopted(mine, ["KIOS-1"], policy())
    assert (after.kodebooking, after.no_rawat, after.done_fingerprint) == ("KIOS-1", NO_RAWAT, "")
    assert states(after) == {"add": "already", "3": "due"}
    assert after.pushes["3"].waktu == at("08:05")
    assert NO_RAWAT in words(after.pushes["add"].note)


@pytest.mark.parametrize(
    ("found", "named"),
    [
        (["A", "B"], "BPJS punya 2 antrean pasien ini: A, B"),
        (["A", "B", "C"], "BPJS punya 3 antrean pasien ini: A, B, C"),
        (["A", "B", "C", "D"], "BPJS punya 4 antrean pasien ini: A, B, C, …"),
    ],
)
def test_of_several_a_person_has_to_say_which(found: list[str], named: str) -> None:
    after = adopted(record(push("add"), push("3", "held", "08:05")), found, policy())
    add = after.pushes["add"]
    assert (after.kodebooking, add.state, is_ambiguous(add)) == (NO_RAWAT, "held", True)
    assert words(add.reason).startswith(named)
    assert words(add.reason).removeprefix(named)[:1] in (";", "")


def test_whose_visit_it_is_is_told_in_bpjss_words() -> None:
    assert patient_of(onsite()) == (
        "3200000000000001",
        "0009000000001",
        "000001",
        "INT",
        "12345",
    )
