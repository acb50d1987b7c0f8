"""Visits → events: which of the true times each task gets, whatever was pressed when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from antrean_cli.rules.events import Event, events_of
from antrean_cli.rules.push import MANUAL, Push
from antrean_cli.rules.sources import VisitContext
from antrean_cli.rules.visits import Visit
from tests.support.rows import (
    BERKAS,
    SUNDAY,
    TUESDAY,
    ZERO,
    at,
    berkas,
    exam,
    mobilejkn,
    on,
    onsite,
    policy,
    push,
    resep,
    seen,
    words,
)

EVENING = at("21:00")
NEXT_DAY = at("06:00", TUESDAY)
DONE = {"stts": "Sudah"}


def events(
    visit: Visit, now: datetime = EVENING, *pushes: Push, known: Any = None, **changed: Any
) -> dict[int, Event]:
    """Return the events of a visit of which the ledger has these pushes."""
    return events_of(
        VisitContext(
            visit=visit,
            policy=policy(**changed),
            seen=known,
            now=now,
            pushes={one.step: one for one in pushes},
        )
    )


def told(found: Mapping[int, Event]) -> dict[int, tuple[str, str]]:
    """Return the time of day and the source of each event that may go out."""
    return {
        task: (f"{one.waktu:%H:%M:%S}", one.source) for task, one in found.items() if not one.hold
    }


def held(found: Mapping[int, Event]) -> dict[int, str]:
    """Return why the others may not."""
    return {task: words(one.hold) for task, one in found.items() if one.hold}


def checked_in(clock: str, day: Any = None) -> dict[str, Any]:
    return {"status": "Checkin", "validasi": on(clock, day) if day else on(clock)}


# -- pressed at another time than it happened

PHARMACY = (resep(divalidasi=on("09:40"), diserahkan=on("09:55")),)


@pytest.mark.parametrize(
    ("visit", "expected"),
    [
        (  # the admin presses the check-in after the exam
            mobilejkn(
                book=checked_in("12:00"),
                exams=(exam(on("09:00")),),
                berkas=berkas(kembali=on("09:30")),
            ),
            {3: "buka_poli", 4: "periksa_awal", 5: "berkas_kembali"},
        ),
        (  # … or on another day
            mobilejkn(book=checked_in("07:00", TUESDAY), reg=DONE, exams=(exam(on("09:00")),)),
            {3: "buka_poli", 4: "periksa_awal", 5: "periksa_akhir"},
        ),
        (  # the folder comes back the next morning
            onsite(exams=(exam(on("09:00")),), berkas=berkas(kembali=on("07:30", TUESDAY))),
            {3: "buka_poli", 4: "periksa_awal", 5: "periksa_akhir"},
        ),
        (  # the pharmacy is faster than the folder
            onsite(
                exams=(exam(on("09:00")), exam(on("09:20"))),
                berkas=berkas(kembali=on("11:00")),
                reseps=PHARMACY,
            ),
            {3: "buka_poli", 4: "periksa_awal", 5: "periksa_akhir", 6: "resep_divalidasi",
             7: "resep_diserahkan"},
        ),
        (  # examined before the clinic opened, and never again
            onsite(reg={**DONE, "jam_reg": "07:20:00"}, exams=(exam(on("07:40")),)),
            {3: "daftar", 4: "periksa_awal", 5: "periksa_akhir"},
        ),
        (  # "Sudah" made the folder's row: nothing was sent
            onsite(
                reg=DONE,
                exams=(exam(on("09:00")),),
                berkas=berkas(on("09:30"), ZERO, on("09:30")),
            ),
            {3: "buka_poli", 4: "periksa_awal", 5: "berkas_kembali"},
        ),
    ],
    ids=["check-in at noon", "check-in of another day", "folder next morning", "fast pharmacy",
         "exam before the opening", "Sudah"],
)  # fmt: skip
@pytest.mark.parametrize("now", [EVENING, NEXT_DAY])
def test_no_button_pressed_late_costs_a_task(
    visit: Visit, expected: dict[int, str], now: datetime
) -> None:
    if now == EVENING and visit.berkas and visit.berkas.kembali == on("07:30", TUESDAY):
        return  # it is not there yet
    found = events(visit, NEXT_DAY if now == NEXT_DAY else now)
    assert held(found) == {}
    assert {task: source for task, (_, source) in told(found).items()} == expected


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        (berkas(on("20:00", SUNDAY), on("08:10"), ZERO), ("08:05:00", "buka_poli")),
        (berkas(on("09:00"), ZERO, on("09:00")), ("08:05:00", "buka_poli")),  # "Sudah"
        (berkas(on("09:00"), ZERO, ZERO)._replace(ranap=on("09:00")), ("08:05:00", "buka_poli")),
        (berkas(on("08:20"), on("08:20"), ZERO), ("08:20:00", "berkas_dikirim")),
        (berkas(on("08:20"), ZERO, on("09:00")), ("08:20:00", "berkas_dikirim")),
    ],
    ids=["evening before", "Sudah", "Masuk Ranap", "one click", "sent"],
)
def test_a_folder_counts_for_task_3_only_where_it_was_sent_on_the_day(
    folder: Any, expected: tuple[str, str]
) -> None:
    visit = onsite(berkas=folder, exams=(exam(on("09:10")),))
    assert told(events(visit, sources=dict(BERKAS)))[3] == expected


# -- while the day runs

VITALS = exam(on("07:40"))
EARLY = {"jam_reg": "07:30:00"}


def test_vital_signs_do_not_move_the_arrival_before_the_opening() -> None:
    """07:30 of an opening at 08:00 is told only where no other examination comes."""
    waiting = onsite(reg=EARLY, exams=(VITALS,))
    assert told(events(waiting, at("08:01"))) == {3: ("08:00:00", "buka_poli")}
    assert held(events(waiting, at("08:01"))) == {}
    seen_by_the_doctor = onsite(reg=EARLY, exams=(VITALS, exam(on("08:20"))))
    assert told(events(seen_by_the_doctor, at("08:30"))) == {
        3: ("08:00:00", "buka_poli"),
        4: ("08:20:00", "periksa_awal"),
    }
    over = onsite(reg={**EARLY, **DONE}, exams=(VITALS,))
    assert told(events(over, at("09:00")))[3] == ("07:30:00", "daftar")
    assert told(events(over, at("09:00")))[4] == ("07:40:00", "periksa_awal")


def test_the_opening_gives_way_to_a_folder_that_was_back_before_it() -> None:
    """Who was sent home before 08:00 was not waiting for it; 4 waits, being one of two times."""
    received = berkas(ZERO, on("08:30"), on("07:59"))
    visit = onsite(reg=EARLY, exams=(VITALS,), berkas=received)
    found = events(visit, EVENING)
    assert told(found)[3] == ("07:30:00", "daftar")
    assert held(found)[4] == (
        "waktu task 4 (08:30:00) sesudah task 5 (07:59:00), ditunggu sampai jelas"
    )
    assert told(events(visit, NEXT_DAY)) == {
        3: ("07:30:00", "daftar"),
        4: ("07:40:00", "periksa_awal"),
        5: ("07:59:00", "berkas_kembali"),
    }


def test_what_was_moved_behind_an_opening_is_not_where_that_gives_way() -> None:
    """Behind 08:00 the exam of 07:59:30 would go out as 08:00:01, behind the arrival as it is."""
    received = berkas(ZERO, on("07:45"), on("07:50"))
    found = events(onsite(reg=EARLY, exams=(exam(on("07:59:30")),), berkas=received), at("08:30"))
    assert told(found) == {3: ("07:30:00", "daftar")}
    assert held(found) == {
        4: "waktu task 4 (07:59:30) sesudah task 5 (07:50:00), ditunggu sampai jelas",
        5: "waktu task 5 (07:50:00) tidak sesudah task 4 (07:59:30)",
    }


def test_a_check_in_after_the_exam_waits_until_it_shows_which_is_meant() -> None:
    """A pass that first looks at noon must not tell noon, and lose the examination for good."""
    first_look = mobilejkn(book=checked_in("12:00"), exams=(exam(on("09:00")),))
    found = events(first_look, at("12:05"))
    assert held(found)[3] == (
        "waktu task 3 (12:00:00) sesudah task 4 (09:00:00), ditunggu sampai jelas"
    )
    again = mobilejkn(book=checked_in("12:00"), exams=(exam(on("09:00")), exam(on("12:20"))))
    assert told(events(again, at("12:30"))) == {
        3: ("12:00:00", "checkin"),
        4: ("12:20:00", "periksa_awal"),
    }
    over = mobilejkn(book=checked_in("12:00"), reg=DONE, exams=(exam(on("09:00")),))
    assert told(events(over, at("12:30")))[3] == ("08:00:00", "buka_poli")


def test_a_row_of_the_same_source_makes_room_at_once() -> None:
    """The last exam is the last that leaves room for the pharmacy."""
    visit = onsite(
        exams=(exam(on("08:20")), exam(on("08:40")), exam(on("10:00"))),
        reseps=(resep(divalidasi=on("09:00")),),
    )
    assert told(events(visit))[5] == ("08:40:00", "periksa_akhir")
    assert told(events(visit))[6] == ("09:00:00", "resep_divalidasi")


# -- what was sent, what is on its way, what waits


def sent(step: str, clock: str, source: str = "buka_poli", **changed: Any) -> Push:
    return push(step, "sent", clock, source=source, **changed)


def test_what_was_sent_is_fixed_and_the_rest_goes_from_there() -> None:
    """jam_reg edited to 09:30 after 3 and 4 were sent: 5, 6 and 7 go on."""
    visit = onsite(
        reg={"jam_reg": "09:30:00"},
        exams=(exam(on("08:20")), exam(on("08:40"))),
        reseps=PHARMACY,
    )
    found = events(visit, EVENING, sent("3", "08:05"), sent("4", "08:20", "periksa_awal"))
    assert held(found) == {}
    assert told(found)[4] == ("08:20:00", "periksa_awal")
    assert told(found)[5] == ("08:40:00", "periksa_akhir")
    assert told(found)[7] == ("09:55:00", "resep_diserahkan")
    assert told(found)[3] == ("09:30:00", "buka_poli")  # what Khanza says now: noted for a person


def test_a_check_in_after_3_and_4_were_sent_moves_nothing() -> None:
    visit = mobilejkn(
        book=checked_in("10:00"), exams=(exam(on("08:20")),), berkas=berkas(kembali=on("09:00"))
    )
    found = events(visit, EVENING, sent("3", "08:00"), sent("4", "08:20", "periksa_awal"))
    assert told(found)[5] == ("09:00:00", "berkas_kembali")


def test_what_is_due_keeps_its_source_while_that_value_stands() -> None:
    """BPJS is down: the check-in that comes later changes nothing."""
    due = push("3", "due", "08:00", source="buka_poli")
    visit = mobilejkn(book=checked_in("08:15"), exams=(exam(on("08:20")),))
    assert told(events(visit))[3] == ("08:15:00", "checkin")
    assert told(events(visit, EVENING, due))[3] == ("08:00:00", "buka_poli")
    moved = push("3", "due", "07:59", source="buka_poli")
    assert told(events(visit, EVENING, moved))[3] == ("08:15:00", "checkin")


def test_what_is_due_gives_way_only_where_nothing_else_can_place_it() -> None:
    due = push("4", "due", "08:20", source="periksa_awal")
    visit = onsite(exams=(exam(on("08:20")), exam(on("08:40"))))
    assert told(events(visit, EVENING, sent("3", "08:30"), due))[4] == ("08:40:00", "periksa_awal")


def test_what_waits_is_chosen_anew() -> None:
    waiting = push("5", "held", "09:00", source="periksa_akhir")
    visit = onsite(exams=(exam(on("08:20")), exam(on("09:00"))), berkas=berkas(kembali=on("09:10")))
    assert told(events(visit, EVENING, waiting))[5] == ("09:10:00", "berkas_kembali")


def test_a_time_that_somebody_typed_is_fixed() -> None:
    typed = push("3", "due", None, waktu=at("07:50"), source=MANUAL)
    visit = onsite(exams=(exam(on("07:55")),))
    assert told(events(visit, EVENING, typed))[4] == ("07:55:00", "periksa_awal")


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("due", {}),
        ("held", {}),
        ("refused", {}),
        ("closed", {}),
        ("sent", {3: "waktu task 3 (08:05:00) tidak sesudah task 1 (08:10:00)"}),
        ("already", {3: "waktu task 3 (08:05:00) tidak sesudah task 1 (08:10:00)"}),
    ],
)
def test_of_tasks_1_and_2_only_what_bpjs_has_binds_the_others(
    state: str, reason: dict[int, str]
) -> None:
    found = events(onsite(), EVENING, push("1", state, "08:10", source=MANUAL))
    assert held(found) == reason


def test_task_7_is_of_the_prescription_that_6_was_told_of() -> None:
    rows = (
        resep(1, divalidasi=on("09:00"), diserahkan=ZERO),
        resep(2, divalidasi=on("09:10"), diserahkan=on("09:30")),
    )
    visit = onsite(exams=(exam(on("08:20")),), reseps=rows)
    assert told(events(visit))[7] == ("09:30:00", "resep_diserahkan")
    told_of_one = sent("6", "09:00", "resep_divalidasi")
    assert 7 not in told(events(visit, EVENING, told_of_one))


# -- what no choice can place


def test_what_no_choice_can_place_is_held_and_both_times_are_named() -> None:
    visit = onsite(reg=DONE, exams=(exam(on("07:30")),), berkas=berkas(kembali=on("09:00")))
    found = events(visit, EVENING, sent("3", "08:05"))
    assert held(found) == {4: "waktu task 4 (07:30:00) tidak sesudah task 3 (08:05:00)"}
    assert told(found)[5] == ("09:00:00", "berkas_kembali")


def test_a_time_of_another_day_is_an_event_only_once_the_day_is_over() -> None:
    visit = onsite(exams=(exam(on("08:20")),), berkas=berkas(kembali=on("09:00", SUNDAY)))
    folder = {5: ("berkas_kembali",)}
    assert 5 not in events(visit, EVENING, sources=folder)
    assert events(visit, NEXT_DAY, sources=folder)[5].waktu == at("09:00", SUNDAY)


def test_the_moment_of_stts_is_preferred_to_the_last_exam_also_when_rows_come_late() -> None:
    visit = onsite(reg=DONE, exams=(exam(on("08:20")), exam(on("10:00"))))
    found = events(visit, EVENING, known=seen("Sudah", at("09:00")))
    assert told(found)[5] == ("09:00:00", "stts_selesai")


# -- prescriptions

VALIDATED_AND_DELIVERED = (resep(1, divalidasi=on("09:00")), resep(2, diserahkan=on("08:30")))


@pytest.mark.parametrize("now", [EVENING, NEXT_DAY])
@pytest.mark.parametrize(
    "sources",
    [{}, {5: ("resep_divalidasi",), 6: ("berkas_kembali",)}],
    ids=["6 has a prescription", "5 has one"],
)
def test_what_was_delivered_of_another_prescription_is_no_task_7(
    now: datetime, sources: dict[int, tuple[str, ...]]
) -> None:
    visit = onsite(
        exams=(exam(on("08:20")), exam(on("08:40"))),
        berkas=berkas(kembali=on("09:10")),
        reseps=VALIDATED_AND_DELIVERED,
    )
    found = events(visit, now, sources=sources)
    assert 6 in told(found)
    assert 7 not in found


def test_the_prescription_of_an_earlier_task_counts_where_a_person_typed_6() -> None:
    rows = (resep(1, divalidasi=on("09:00")), resep(2, diserahkan=on("09:30")))
    visit = onsite(exams=(exam(on("08:20")),), reseps=rows)
    told_before = sent("5", "09:00", "resep_divalidasi"), sent("6", "09:05", MANUAL)
    assert 7 not in events(visit, EVENING, *told_before, sources={5: ("resep_divalidasi",)})


def test_of_two_prescriptions_task_7_is_of_the_one_that_6_was_told_of() -> None:
    rows = (
        resep(1, divalidasi=on("09:00"), diserahkan=on("09:30")),
        resep(2, divalidasi=on("09:10"), diserahkan=on("09:40")),
    )
    visit = onsite(exams=(exam(on("08:20")),), reseps=rows)
    six = sent("6", "09:10", "resep_divalidasi")
    assert told(events(visit, EVENING, six))[7] == ("09:40:00", "resep_diserahkan")
    typed = sent("6", "09:05", MANUAL)  # of none: any does
    assert told(events(visit, EVENING, typed))[7] == ("09:30:00", "resep_diserahkan")


def test_a_prescription_before_the_end_of_the_examination_is_held() -> None:
    visit = onsite(exams=(exam(on("08:20")),), reseps=(resep(divalidasi=on("08:30")),))
    found = events(visit, EVENING, sent("3", "08:05"), sent("5", "09:00", "berkas_kembali"))
    assert held(found)[6] == "waktu task 6 (08:30:00) tidak sesudah task 5 (09:00:00)"


# -- what is fixed, and what keeps its source


def test_what_is_due_keeps_its_source_also_where_nothing_else_is_told() -> None:
    due = push("3", "due", "08:00", source="buka_poli")
    visit = mobilejkn(book=checked_in("08:15"))
    assert told(events(visit, EVENING, due)) == {3: ("08:00:00", "buka_poli")}
    doubted = push("3", "held", "08:00", source="buka_poli", needs_lookup=True)
    assert told(events(visit, EVENING, doubted)) == {3: ("08:00:00", "buka_poli")}
    given_up = push("3", "closed", "08:00", source="buka_poli", needs_lookup=True)
    assert told(events(visit, EVENING, given_up)) == {3: ("08:15:00", "checkin")}


def test_a_time_that_is_gone_does_not_cost_another_task_its_source() -> None:
    due = push("3", "due", "08:00", source="buka_poli")
    gone = push("4", "due", "08:10", source="periksa_awal")
    visit = mobilejkn(book=checked_in("08:15"))
    assert told(events(visit, EVENING, due, gone)) == {3: ("08:00:00", "buka_poli")}
    examined = replace(visit, exams=(exam(on("08:20")),))
    assert told(events(examined, EVENING, due, gone))[3] == ("08:00:00", "buka_poli")


def test_what_is_due_is_not_given_up_for_a_later_task() -> None:
    visit = mobilejkn(book=checked_in("12:00"), exams=(exam(on("09:00")),))
    due = push("3", "due", "12:00", source="checkin")
    assert told(events(visit, at("12:05"), due))[3] == ("12:00:00", "checkin")


def test_what_is_in_flight_is_fixed() -> None:
    visit = onsite(reg={"jam_reg": "08:50:00"}, exams=(exam(on("08:40")),))
    sending = push("3", "sending", "08:05", source="buka_poli")
    assert told(events(visit, EVENING, sending))[4] == ("08:40:00", "periksa_awal")
    assert 4 not in told(events(visit, EVENING))


@pytest.mark.parametrize(
    "typed",
    [
        push("3", "closed", None, waktu=at("07:50"), source=MANUAL),  # and dropped
        push("3", "due", None, source=MANUAL),  # without a time
        push("3", "held", "07:50", source="buka_poli"),
    ],
    ids=["dropped", "no time", "Khanza's"],
)
def test_what_does_not_go_out_as_it_was_typed_fixes_nothing(typed: Push) -> None:
    visit = onsite(exams=(exam(on("07:55")),))
    assert 4 not in told(events(visit, EVENING, typed))


def test_a_task_that_bpjs_has_at_a_time_that_nobody_knows_does_not_hide_the_one_before() -> None:
    visit = onsite(berkas=berkas(kembali=on("08:00")))
    found = events(visit, EVENING, sent("3", "08:05"), push("4", "already", source=MANUAL))
    assert held(found)[5] == "waktu task 5 (08:00:00) tidak sesudah task 3 (08:05:00)"
    found = events(
        onsite(), EVENING, sent("1", "08:10", MANUAL), push("2", "already", source=MANUAL)
    )
    assert held(found)[3] == "waktu task 3 (08:05:00) tidak sesudah task 1 (08:10:00)"


@pytest.mark.parametrize(
    ("visit", "expected"),
    [
        (  # what was sent still stands
            onsite(exams=(exam(on("08:20")), exam(on("08:40")), exam(on("10:00")))),
            ("08:20:00", "periksa_awal"),
        ),
        (onsite(exams=(exam(on("08:10")), exam(on("08:20")))), ("08:20:00", "periksa_awal")),
        # it does not: the first that could follow task 3, else the first
        (onsite(exams=(exam(on("08:00")), exam(on("08:30")))), ("08:30:00", "periksa_awal")),
        (onsite(exams=(exam(on("07:30")), exam(on("07:40")))), ("07:30:00", "periksa_awal")),
    ],
)
def test_what_khanza_says_now_of_a_task_that_was_sent(
    visit: Visit, expected: tuple[str, str]
) -> None:
    found = events(visit, EVENING, sent("3", "08:05"), sent("4", "08:20", "periksa_awal"))
    assert told(found)[4] == expected


def test_of_a_task_that_was_sent_and_has_no_time_any_more_nothing_is_said() -> None:
    found = events(onsite(), EVENING, sent("3", "08:05"), sent("4", "08:20", "periksa_awal"))
    assert set(found) == {3}


def test_what_was_sent_stands_also_where_a_preferred_time_came_later() -> None:
    visit = onsite(
        reg=DONE, exams=(exam(on("08:20")), exam(on("08:40"))), berkas=berkas(kembali=on("09:00"))
    )
    told_before = sent("3", "08:05"), sent("5", "08:40", "periksa_akhir")
    assert told(events(visit, EVENING, *told_before))[5] == ("08:40:00", "periksa_akhir")


# -- what opens, and what is left out


def test_a_later_task_opens_the_fall_backs_of_those_before_it() -> None:
    folder = berkas(ZERO, on("08:20"), ZERO)
    assert 4 not in events(onsite(berkas=folder))
    back = berkas(ZERO, on("08:20"), on("08:40"))
    assert told(events(onsite(berkas=back)))[4] == ("08:20:00", "berkas_diterima")


def test_a_visit_that_was_deleted_has_no_events() -> None:
    assert events(mobilejkn(registration=None, book=checked_in("07:40"))) == {}


def test_without_task_3_what_comes_before_the_others_is_left_out_and_not_held_itself() -> None:
    visit = mobilejkn(
        exams=(exam(on("09:00")),),
        berkas=berkas(kembali=on("08:30")),
        reseps=(resep(divalidasi=on("08:40"), diserahkan=on("08:50")),),
    )
    found = events(visit, NEXT_DAY, sources={3: ("checkin",)})
    assert held(found) == {}
    assert told(found) == {
        4: ("09:00:00", "periksa_awal"),
        5: ("08:30:00", "berkas_kembali"),
        6: ("08:40:00", "resep_divalidasi"),
        7: ("08:50:00", "resep_diserahkan"),
    }


def test_behind_a_gap_that_is_left_out_which_costs_two_others() -> None:
    visit = onsite(
        berkas=berkas(kembali=on("09:00")),
        reseps=(resep(divalidasi=on("08:30"), diserahkan=on("08:40")),),
    )
    found = events(visit, NEXT_DAY, sources={5: ("berkas_kembali",)})
    assert held(found) == {}
    assert [told(found)[task][0] for task in (5, 6, 7)] == ["09:00:00", "08:30:00", "08:40:00"]


@pytest.mark.parametrize(
    ("visit", "three", "sources"),
    [
        # no examination
        (onsite(berkas=berkas(ZERO, on("07:40"), ZERO)), None, {4: ("berkas_diterima",)}),
        # the arrival is no bound
        (onsite(exams=(exam(on("07:40")),)), sent("3", "08:05", "checkin"), {}),
        # the visit has moved on
        (
            onsite(exams=(exam(on("07:40")),), berkas=berkas(kembali=on("09:00"))),
            sent("3", "08:05"),
            {},
        ),
    ],
    ids=["no examination", "no bound", "moved on"],
)
def test_what_is_no_vital_signs_before_the_opening_is_held(
    visit: Visit, three: Push | None, sources: dict[int, tuple[str, ...]]
) -> None:
    found = events(visit, EVENING, *([three] if three else []), sources=sources)
    assert held(found) == {4: "waktu task 4 (07:40:00) tidak sesudah task 3 (08:05:00)"}


def test_vital_signs_before_the_opening_are_no_event_while_the_examination_is_to_come() -> None:
    assert set(events(onsite(exams=(exam(on("07:40")),)), EVENING, sent("3", "08:05"))) == {3}


# -- a patient of whom nobody knows that she came


def test_only_the_arrival_itself_waits_for_a_sign() -> None:
    found = events(mobilejkn(), sources={4: ("daftar",)})
    assert held(found) == {3: "belum ada tanda hadir"}
    assert found[3].source == "buka_poli"
    assert set(events(mobilejkn(), sources={4: ("periksa_awal", "daftar")})) == {3}


def test_an_arrival_without_a_session_is_held_with_the_table_to_fill() -> None:
    seen_there = onsite(slot=None, exams=(exam(on("09:00")),))
    opening = {3: ("buka_poli",)}
    found = events(seen_there, sources=opening)
    assert (found[3].source, found[3].waktu) == ("daftar", at("08:05"))
    assert held(found)[3].startswith("jadwal dokter D01")
    assert 3 not in events(seen_there, sources={3: ("berkas_dikirim",)})
    assert 3 not in events(onsite(slot=None), sources=opening)  # nobody was served yet
    without_time = onsite(slot=None, reg={"jam_reg": ""}, exams=(exam(on("09:00")),))
    assert 3 not in events(without_time, sources=opening)


def test_an_arrival_of_another_day_is_none_where_the_session_is_known() -> None:
    visit = mobilejkn(reg={**DONE, "tgl_registrasi": str(TUESDAY)})
    assert 3 not in events(visit)
