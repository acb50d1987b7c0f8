"""Which of BPJS's bookings of a day are a visit's own, and what becomes of its add."""

from __future__ import annotations

from typing import Any

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
    at,
    onsite,
    policy,
    push,
    reason,
    record,
    states,
    words,
)


def row(kodebooking: str = "KIOS-1", **changed: Any) -> Antrean:
    """Return a booking of the visit's patient, clinic and doctor, which has none of our codes."""
    default: dict[str, Any] = {
        "kodebooking": kodebooking,
        "tanggal": "2026-11-23",
        "kodepoli": "INT",
        "kodedokter": "12345",
        "nik": "3200000000000001",
        "nomorkartu": "0009000000001",
        "norm": "000001",
        "status": "Belum dilayani",
    }
    return Antrean(**{**default, **changed})


STRANGER = {"nik": "3299999999999999", "nomorkartu": "0009999999999", "norm": "999999"}


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([row()], ["KIOS-1"]),
        ([row("KIOS-2"), row()], ["KIOS-2", "KIOS-1"]),
        ([row(kodepoli="int ")], ["KIOS-1"]),
        ([row(kodepoli="ANA")], []),
        ([row(kodedokter="12346")], []),
        ([row(status="Batal")], []),
        ([row(status=" BATAL ")], []),
        ([row(**STRANGER)], []),
        ([row(**{**STRANGER, "nik": "3200000000000001"})], ["KIOS-1"]),
        ([row(**{**STRANGER, "nomorkartu": "0009000000001"})], ["KIOS-1"]),
        ([row(**{**STRANGER, "norm": "000001"})], ["KIOS-1"]),
        ([row(NO_RAWAT)], []),
        ([row(), row(NO_RAWAT)], []),
        ([row("LAIN-1"), row()], ["KIOS-1"]),
        ([], []),
    ],
)
def test_the_same_patient_clinic_and_doctor_under_a_code_that_nobody_has(
    rows: list[Antrean], found: list[str]
) -> None:
    assert duplicate_bookings(onsite(), rows, {"LAIN-1"}) == found


def test_two_empty_numbers_are_not_the_same() -> None:
    nobody = onsite(reg={"nik": "", "nomorkartu": "", "norm": ""}, sep=None)
    empty = row(nik="", nomorkartu="", norm="")
    assert duplicate_bookings(nobody, [empty], ()) == []


def test_of_a_visit_that_khanza_deleted_there_is_no_other_booking() -> None:
    assert duplicate_bookings(onsite(registration=None), [row()], ()) == []


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
