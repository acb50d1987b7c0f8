"""Visits → events: every source of times, both flows, when a fall-back counts, and who came.

The tables were typed from khanza/README.md, "Times of the tasks".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from antrean_cli.rules.attendance import arrival_confirmed
from antrean_cli.rules.events import Event, events_of
from antrean_cli.rules.sources import (
    FLOWS,
    SOURCES,
    VisitContext,
    times_of,
)
from antrean_cli.rules.visits import Visit
from tests.support.rows import (
    BERKAS,
    ERM,
    SUNDAY,
    TUESDAY,
    WIB,
    WIT,
    WITA,
    ZERO,
    at,
    berkas,
    context,
    exam,
    mobilejkn,
    on,
    onsite,
    resep,
    seen,
    sep,
    slot,
    words,
)

EVENING = at("21:00")  # Monday's work is done, and the day is not over yet
NEXT_DAY = at("06:00", TUESDAY)


def times(events: Mapping[int, Event]) -> dict[int, tuple[str, str]]:
    """Return the time of day and the source of each event that may go out."""
    return {
        task: (f"{one.waktu:%H:%M:%S}", one.source) for task, one in events.items() if not one.hold
    }


def found(visit: Visit, now: datetime = EVENING, **changed: Any) -> dict[int, tuple[str, str]]:
    """Return the time of day and the source of each task of the visit."""
    return times(events_of(context(visit, now, **changed)))


# The table of sources


def test_the_two_flows_are_the_pages() -> None:
    assert dict(FLOWS["erm"]) == dict(ERM)
    assert dict(FLOWS["berkas"]) == dict(BERKAS)
    assert set(FLOWS) == {"erm", "berkas"}


def test_the_names_of_sources_are_the_pages() -> None:
    assert set(SOURCES) == {
        *("checkin", "daftar", "buka_poli"),
        *("berkas_dikirim", "berkas_diterima", "berkas_kembali"),
        *("periksa_awal", "periksa_akhir", "periksa_dokter"),
        *("stts_selesai", "resep_dibuat", "resep_divalidasi", "resep_diserahkan"),
    }


CHECKED_IN = mobilejkn(book={"status": "Checkin", "validasi": on("07:40")})
SEEN_DONE = seen("Sudah", at("09:15"))


BEFORE_OPENING = onsite(reg={"jam_reg": "07:10:11"})
WHILE_OPEN = onsite(reg={"jam_reg": "09:20:00"})
FOLDER = onsite(berkas=berkas(on("08:11"), on("08:12"), on("08:13")))
SEEN_TWICE = onsite(exams=(exam(on("08:40")), exam(on("08:20"))))
SEEN_TWICE_AND_DONE = onsite(reg={"stts": "Sudah"}, exams=(exam(on("08:40")), exam(on("08:20"))))
NURSE_THEN_DOCTOR = onsite(exams=(exam(on("08:20")), exam(on("08:40"), nip="D01")))
DONE = onsite(reg={"stts": "Sudah"})
PHARMACY = onsite(
    reseps=(resep(dibuat=on("08:50"), divalidasi=on("08:55"), diserahkan=on("09:05")),)
)


@pytest.mark.parametrize(
    ("task", "source", "visit", "expected"),
    [
        (3, "checkin", CHECKED_IN, "07:40:00"),
        (3, "daftar", BEFORE_OPENING, "07:10:11"),
        (3, "buka_poli", BEFORE_OPENING, "08:00:00"),
        (3, "buka_poli", WHILE_OPEN, "09:20:00"),
        (3, "berkas_dikirim", FOLDER, "08:11:00"),
        (4, "berkas_diterima", FOLDER, "08:12:00"),
        (5, "berkas_kembali", FOLDER, "08:13:00"),
        (4, "periksa_awal", SEEN_TWICE, "08:20:00"),
        (5, "periksa_akhir", SEEN_TWICE_AND_DONE, "08:40:00"),
        (4, "periksa_dokter", NURSE_THEN_DOCTOR, "08:40:00"),
        (5, "stts_selesai", DONE, "09:15:00"),
        (6, "resep_dibuat", PHARMACY, "08:50:00"),
        (6, "resep_divalidasi", PHARMACY, "08:55:00"),
        (7, "resep_divalidasi", PHARMACY, "08:55:00"),
        (7, "resep_diserahkan", PHARMACY, "09:05:00"),
    ],
)
def test_each_source_reads_its_column(task: int, source: str, visit: Visit, expected: str) -> None:
    known = SEEN_DONE if source == "stts_selesai" else None
    assert found(visit, seen=known, sources={task: (source,)})[task] == (expected, source)


NOT_YET = (
    None,
    ZERO,
    "0000-00-00",
    "1970-01-01 07:00:00",
    "2099-01-01 08:00:00",
    "2027-11-23 08:00:00",
    "2026-11-24 21:00:00",  # a day from EVENING
)


@pytest.mark.parametrize("text", NOT_YET)
@pytest.mark.parametrize(
    ("task", "source", "make"),
    [
        (3, "checkin", lambda text: mobilejkn(book={"status": "Checkin", "validasi": text})),
        (3, "berkas_dikirim", lambda text: onsite(berkas=berkas(dikirim=text))),
        (4, "berkas_diterima", lambda text: onsite(berkas=berkas(diterima=text))),
        (5, "berkas_kembali", lambda text: onsite(berkas=berkas(kembali=text))),
        (4, "periksa_awal", lambda text: onsite(exams=(exam(text or ""),))),
        (5, "periksa_akhir", lambda text: onsite(reg={"stts": "Sudah"}, exams=(exam(text or ""),))),
        (4, "periksa_dokter", lambda text: onsite(exams=(exam(text or "", nip="D01"),))),
        (6, "resep_dibuat", lambda text: onsite(reseps=(resep(dibuat=text),))),
        (6, "resep_divalidasi", lambda text: onsite(reseps=(resep(divalidasi=text),))),
        (7, "resep_diserahkan", lambda text: onsite(reseps=(resep(diserahkan=text),))),
    ],
)
def test_zero_null_1970_and_the_far_future_mean_not_yet(
    task: int, source: str, make: Callable[[str | None], Visit], text: str | None
) -> None:
    assert task not in events_of(context(make(text), EVENING, sources={task: (source,)}))


def test_a_zero_registration_is_no_arrival() -> None:
    gone = onsite(reg={"tgl_registrasi": "0000-00-00", "jam_reg": "00:00:00"})
    assert found(gone) == {}
    assert found(gone, sources={3: ("daftar",)}) == {}


@pytest.mark.parametrize("status", ["Belum", "Batal", "Gagal", None])
def test_a_validasi_without_a_check_in_is_no_check_in(status: str | None) -> None:
    visit = mobilejkn(book={"status": status, "validasi": on("07:40")})
    assert found(visit) == {}


def test_buka_poli_needs_a_session() -> None:
    """A patient who may not have come yet is not even held: the add tells which table to fill."""
    assert events_of(context(onsite(slot=None), EVENING)) == {}


def test_a_doctor_is_known_by_the_visits_own_code() -> None:
    own = onsite(exams=(exam(on("08:20"), nip="d01 "),), reg={"kd_dokter": "D01"})
    assert 4 in found(own, sources={4: ("periksa_dokter",)})
    visit = onsite(exams=(exam(on("08:20"), nip="D02"),))
    assert 4 not in found(visit, sources={4: ("periksa_dokter",)})


# stts_selesai


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (seen("Sudah", at("09:15")), ("09:15:00", "stts_selesai")),
        (
            seen("Sudah", at("09:15"), exact=False),
            None,
        ),  # the pass before was longer than five minutes ago
        (seen("Sudah", at("09:15"), first=True), None),  # nobody saw it change
        (None, None),
    ],
)
def test_stts_selesai_counts_only_if_the_minute_is_known(
    known: Any, expected: tuple[str, str] | None
) -> None:
    assert found(onsite(reg={"stts": "Sudah"}), seen=known).get(5) == expected


@pytest.mark.parametrize("stts", ["Sudah", "Dirujuk", "Dirawat", "Meninggal", "Pulang Paksa"])
def test_stts_selesai_knows_all_five_ends(stts: str) -> None:
    assert found(onsite(reg={"stts": stts}), seen=seen(stts, at("09:15")))[5] == (
        "09:15:00",
        "stts_selesai",
    )


@pytest.mark.parametrize("stts", ["Belum", "Berkas Diterima", "Batal"])
def test_no_other_state_is_an_end(stts: str) -> None:
    visit = onsite(reg={"stts": stts})
    for known in (seen(stts, at("09:15")), SEEN_DONE):
        assert 5 not in found(visit, seen=known)
        assert 5 not in found(visit, seen=known, sources={5: ("stts_selesai",)})


def test_without_the_minute_of_stts_the_last_exam_counts() -> None:
    visit = onsite(reg={"stts": "Sudah"}, exams=(exam(on("08:20")), exam(on("08:40"))))
    late = seen("Sudah", at("12:00"), exact=False)
    assert found(visit, seen=late)[5] == ("08:40:00", "periksa_akhir")


# Preferred at once, fall-backs only when the visit has moved on


@pytest.mark.parametrize("flow", [ERM, BERKAS])
def test_a_preferred_source_counts_as_soon_as_it_has_a_time(
    flow: Mapping[int, tuple[str, ...]],
) -> None:
    visit = onsite(
        berkas=berkas(on("08:10"), on("08:12")),
        exams=(exam(on("08:20")),),
    )
    expected = {
        3: ("08:05:00", "buka_poli") if flow is ERM else ("08:10:00", "berkas_dikirim"),
        4: ("08:20:00", "periksa_awal") if flow is ERM else ("08:12:00", "berkas_diterima"),
    }
    assert found(visit, at("08:21"), sources=dict(flow)) == expected


RECEIVED = berkas(diterima=on("08:12"))


@pytest.mark.parametrize(
    ("visit", "now", "known"),
    [
        (
            onsite(berkas=berkas(diterima=on("08:12"), kembali=on("08:45"))),
            EVENING,
            None,
        ),  # task 5 has its time
        (
            onsite(berkas=RECEIVED, reseps=(resep(divalidasi=on("08:50")),)),
            EVENING,
            None,
        ),  # task 6 has
        (
            onsite(berkas=RECEIVED, reseps=(resep(diserahkan=on("08:50")),)),
            EVENING,
            None,
        ),  # task 7 has
        (onsite(berkas=RECEIVED, reg={"stts": "Sudah"}), EVENING, None),  # stts is final
        (onsite(berkas=RECEIVED), NEXT_DAY, None),  # the day is over
    ],
    ids=["task 5", "task 6", "task 7", "stts", "day over"],
)
def test_a_fall_back_counts_once_the_visit_has_moved_on(
    visit: Visit, now: datetime, known: Any
) -> None:
    assert found(visit, now, seen=known)[4] == ("08:12:00", "berkas_diterima")


@pytest.mark.parametrize("stts", ["Belum", "Berkas Diterima"])
def test_a_fall_back_does_not_win_the_race(stts: str) -> None:
    """A pass comes every minute: the folder's time is there long before the preferred exam."""
    assert 4 not in found(onsite(berkas=RECEIVED, reg={"stts": stts}))


def test_the_preferred_source_counts_although_the_visit_has_moved_on() -> None:
    visit = onsite(berkas=RECEIVED, reg={"stts": "Sudah"}, exams=(exam(on("08:20")),))
    assert found(visit)[4] == ("08:20:00", "periksa_awal")


def test_the_day_is_over_at_the_hospitals_midnight() -> None:
    visit = onsite(berkas=RECEIVED)
    assert 4 not in found(visit, at("23:30"))
    assert 4 not in found(visit, at("23:30", zone=WIT), zone=WIT)
    assert found(visit, at("00:05", TUESDAY, WIT), zone=WIT)[4] == ("08:12:00", "berkas_diterima")


def test_of_several_fall_backs_the_first_that_has_a_time_counts() -> None:
    sources = {4: ("periksa_dokter", "periksa_awal", "berkas_diterima")}
    visit = onsite(
        reg={"stts": "Sudah"}, berkas=berkas(diterima=on("08:12")), exams=(exam(on("08:20")),)
    )
    assert found(visit, sources=sources)[4] == ("08:20:00", "periksa_awal")


def test_in_the_flow_berkas_task_5_is_the_last_exam_and_the_folder_only_falls_back() -> None:
    returned = berkas(on("08:10"), on("08:12"), on("09:00"))
    both = onsite(berkas=returned, exams=(exam(on("08:20")), exam(on("08:40"))))
    assert found(both, sources=dict(BERKAS))[5] == ("08:40:00", "periksa_akhir")
    folder = onsite(berkas=returned)
    assert 5 not in found(folder, sources=dict(BERKAS))
    assert found(folder, NEXT_DAY, sources=dict(BERKAS))[5] == ("09:00:00", "berkas_kembali")


def test_in_the_flow_berkas_an_exam_falls_back_for_a_folder_never_received() -> None:
    visit = onsite(berkas=berkas(on("08:10")), exams=(exam(on("08:20")),))
    assert 4 not in found(visit, sources=dict(BERKAS))
    assert found(visit, NEXT_DAY, sources=dict(BERKAS))[4] == ("08:20:00", "periksa_awal")


# Task 3: only a trace of attendance opens its fall-back

TRACES: dict[str, dict[str, Any]] = {
    "exam": {"exams": (exam(on("08:20")),)},
    "folder sent": {"berkas": berkas(dikirim=on("08:10"))},
    "folder received": {"berkas": berkas(diterima=on("08:10"))},
    "folder back": {"berkas": berkas(kembali=on("08:10"))},
    "prescription": {"reseps": (resep(dibuat=on("08:50")),)},
    "stts Sudah": {"reg": {"stts": "Sudah"}},
    "stts Berkas Diterima": {"reg": {"stts": "Berkas Diterima"}},
    "paid": {"reg": {"status_bayar": "Sudah Bayar"}},
    "SEP": {"sep": sep()},
}


@pytest.mark.parametrize("trace", TRACES)
def test_a_booking_without_check_in_came_if_there_is_a_trace(trace: str) -> None:
    assert found(mobilejkn(**TRACES[trace]))[3] == ("08:00:00", "buka_poli")


@pytest.mark.parametrize("trace", TRACES)
def test_a_visit_registered_in_advance_came_if_there_is_a_trace(trace: str) -> None:
    changed = {**TRACES[trace], "reg": {**TRACES[trace].get("reg", {}), "jam_reg": "08:00:00"}}
    assert found(onsite(**changed))[3] == ("08:00:00", "buka_poli")


@pytest.mark.parametrize(
    "visit",
    [
        mobilejkn(),
        mobilejkn(berkas=berkas()),
        mobilejkn(berkas=berkas(dikirim=on("20:00", SUNDAY))),  # for the next day's clinic
        mobilejkn(book={"status": "Checkin", "validasi": on("07:00", TUESDAY)}),
        mobilejkn(reg={"stts": "Tidak Hadir"}),
        onsite(reg={"jam_reg": "08:00:00"}, sep=None),
    ],
)
@pytest.mark.parametrize("now", [EVENING, NEXT_DAY])
def test_without_a_trace_nobody_is_sent_as_present(visit: Visit, now: datetime) -> None:
    """Not even the end of the day opens the fall-back: the visit waits, with its reason."""
    events = events_of(context(visit, now))
    assert times(events) == {}
    assert events[3].hold is not None
    assert words(events[3].hold) == "belum ada tanda hadir"


def test_a_walk_in_came() -> None:
    assert found(onsite()) == {3: ("08:05:00", "buka_poli")}
    assert found(onsite(reg={"jam_reg": "08:00:01"})) == {3: ("08:00:01", "buka_poli")}
    assert arrival_confirmed(context(onsite(slot=None), EVENING))


def test_a_check_in_is_enough() -> None:
    assert found(CHECKED_IN) == {3: ("07:40:00", "checkin")}


def test_a_check_in_is_preferred_to_the_opening_of_the_clinic() -> None:
    visit = mobilejkn(
        book={"status": "Checkin", "validasi": on("08:17")}, exams=(exam(on("08:20")),)
    )
    assert found(visit) == {3: ("08:17:00", "checkin"), 4: ("08:20:00", "periksa_awal")}


def test_a_check_in_cannot_apply_to_a_visit_at_the_desk() -> None:
    """So buka_poli is its preferred source, and counts at once."""
    assert found(onsite(), at("08:05")) == {3: ("08:05:00", "buka_poli")}


def test_in_the_flow_berkas_the_opening_counts_for_task_3_only_after_a_trace() -> None:
    flow = dict(BERKAS)
    assert 3 not in found(onsite(), sources=flow)
    assert 3 not in found(onsite(), NEXT_DAY, sources=flow)
    assert found(onsite(exams=(exam(on("08:20")),)), sources=flow)[3] == ("08:05:00", "buka_poli")
    assert found(onsite(berkas=berkas(on("08:10"))), sources=flow)[3] == (
        "08:10:00",
        "berkas_dikirim",
    )


def test_a_visit_whose_row_was_deleted_has_no_events() -> None:
    assert events_of(context(mobilejkn(registration=None), EVENING)) == {}


def test_a_patient_who_came_to_a_doctor_without_a_session_is_held_with_the_table_to_fill() -> None:
    visit = onsite(slot=None, exams=(exam(on("08:20")),))
    events = events_of(context(visit, EVENING, sources={3: ("checkin", "buka_poli")}))
    assert events[3].hold is not None
    assert found(visit)[3] == ("08:05:00", "daftar")  # unless the registration may count
    assert all(word in words(events[3].hold) for word in ("D01", "INT", "SENIN", "jadwal"))


# Exams


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        ("07:30", "08:20:00"),  # vitals before the clinic opened
        ("08:03:59", "08:20:00"),  # 61 seconds before task 3
        ("08:04", "08:04:00"),  # 60 seconds: a tie
        ("08:05", "08:05:00"),
        ("08:07", "08:07:00"),
    ],
)
def test_periksa_awal_does_not_precede_task_3_beyond_the_tie(first: str, expected: str) -> None:
    visit = onsite(exams=(exam(on(first)), exam(on("08:20"))))
    assert found(visit)[4] == (expected, "periksa_awal")


def test_a_tie_of_zero_takes_no_exam_before_task_3() -> None:
    visit = onsite(exams=(exam(on("08:04:59")), exam(on("08:20"))))
    assert found(visit, tie=timedelta(0))[4] == ("08:20:00", "periksa_awal")


def test_exams_that_all_precede_task_3_are_no_task_4() -> None:
    assert 4 not in found(onsite(exams=(exam(on("07:10")), exam(on("07:30")))), NEXT_DAY)


TWO_EXAMS: dict[str, Any] = {"exams": (exam(on("08:20")), exam(on("08:40"), nip="D01"))}
LAST_EXAM = {5: ("periksa_akhir",)}


def test_periksa_akhir_is_unknown_while_the_visit_goes_on() -> None:
    assert 5 not in found(onsite(**TWO_EXAMS), sources=LAST_EXAM)
    assert 5 not in found(onsite(**TWO_EXAMS, reg={"stts": "Berkas Diterima"}), sources=LAST_EXAM)


@pytest.mark.parametrize(
    ("changed", "now"),
    [
        ({"reg": {"stts": "Dirujuk"}}, EVENING),
        ({"berkas": berkas(kembali=on("08:45"))}, EVENING),
        ({"reseps": (resep(divalidasi=on("08:50")),)}, EVENING),
        ({}, NEXT_DAY),
    ],
    ids=["stts final", "folder back", "prescription validated", "day over"],
)
def test_periksa_akhir_is_known_once_the_visit_has_moved_on(
    changed: dict[str, Any], now: datetime
) -> None:
    visit = onsite(**TWO_EXAMS, **changed)
    assert found(visit, now, sources=LAST_EXAM)[5] == ("08:40:00", "periksa_akhir")


def test_a_prescription_that_is_only_written_does_not_end_the_exams() -> None:
    visit = onsite(**TWO_EXAMS, reseps=(resep(dibuat=on("08:35")),))
    assert 5 not in found(visit, sources=LAST_EXAM)


@pytest.mark.parametrize(
    ("last", "expected"),
    [("08:30", "08:30:00"), ("08:11", "08:11:00"), ("08:10:59", None)],
)
def test_periksa_akhir_does_not_precede_task_4_beyond_the_tie(
    last: str, expected: str | None
) -> None:
    visit = onsite(
        reg={"stts": "Sudah"}, berkas=berkas(diterima=on("08:12")), exams=(exam(on(last)),)
    )
    event = found(visit, sources={4: ("berkas_diterima",), **LAST_EXAM}).get(5)
    assert event == (expected and (expected, "periksa_akhir"))


def test_an_exam_typed_with_another_day_does_not_hide_those_of_the_day() -> None:
    visit = onsite(
        reg={"stts": "Sudah"},
        exams=(exam(on("08:20")), exam(on("08:40")), exam(on("03:00", TUESDAY))),
    )
    assert found(visit, at("09:00", TUESDAY), sources=LAST_EXAM)[5] == ("08:40:00", "periksa_akhir")


# Prescriptions

MADE, VALIDATED, HANDED = on("08:50"), on("09:00"), on("09:10")


@pytest.mark.parametrize("turned", [False, True])
def test_of_several_prescriptions_the_first_validated_on_the_day_counts_and_task_7_is_of_the_same(
    turned: bool,
) -> None:
    never = resep(1, dibuat=on("08:30"))
    late = resep(2, dibuat=MADE, divalidasi=on("10:00"), diserahkan=on("10:30"))
    first = resep(3, dibuat=MADE, divalidasi=VALIDATED)
    another_day = resep(4, divalidasi=on("08:00", SUNDAY), diserahkan=on("08:30", SUNDAY))
    rows = (never, late, first, another_day)
    events = found(onsite(reseps=rows[::-1] if turned else rows))
    assert events[6] == ("10:00:00", "resep_divalidasi")
    assert events[7] == ("10:30:00", "resep_diserahkan")  # the other one goes no further than 6
    events = found(onsite(reseps=tuple(row for row in rows if row is not late)))
    assert events[6] == ("09:00:00", "resep_divalidasi")
    assert 7 not in events


def test_task_7_is_the_hand_over_of_the_prescription_that_counts() -> None:
    visit = onsite(
        reseps=(
            resep(1, divalidasi=on("10:00"), diserahkan=on("10:30")),
            resep(2, divalidasi=VALIDATED, diserahkan=HANDED),
        )
    )
    assert found(visit)[6] == ("09:00:00", "resep_divalidasi")
    assert found(visit)[7] == ("09:10:00", "resep_diserahkan")


def test_a_pharmacy_without_the_hand_over_page_takes_the_two_times_before_it() -> None:
    """The usual choice: task 6 = resep_dibuat, task 7 = resep_divalidasi, of one prescription."""
    visit = onsite(
        reseps=(resep(1, dibuat=on("08:30")), resep(2, dibuat=MADE, divalidasi=VALIDATED))
    )
    events = found(visit, sources={6: ("resep_dibuat",), 7: ("resep_divalidasi",)})
    assert events[6] == ("08:50:00", "resep_dibuat")
    assert events[7] == ("09:00:00", "resep_divalidasi")


def test_a_visit_without_a_prescription_has_no_task_6_or_7() -> None:
    assert {6, 7}.isdisjoint(found(onsite(reg={"stts": "Sudah"}, **TWO_EXAMS), NEXT_DAY))


# A whole day, and the day of service


def test_a_whole_visit_in_the_flow_erm() -> None:
    visit = onsite(
        reg={"jam_reg": "07:10:00", "stts": "Sudah"},
        exams=(exam(on("07:30")), exam(on("08:30")), exam(on("08:45"), nip="D01")),
        reseps=(resep(dibuat=on("08:50"), divalidasi=on("09:05"), diserahkan=on("09:20")),),
    )
    assert found(visit, seen=seen("Sudah", at("08:52"))) == {
        3: ("08:00:00", "buka_poli"),
        4: ("08:30:00", "periksa_awal"),
        5: ("08:52:00", "stts_selesai"),
        6: ("09:05:00", "resep_divalidasi"),
        7: ("09:20:00", "resep_diserahkan"),
    }


def test_a_whole_visit_in_the_flow_berkas() -> None:
    visit = onsite(
        reg={"stts": "Sudah"},
        berkas=berkas(on("08:10"), on("08:10"), on("09:00")),
        exams=(exam(on("08:30")), exam(on("08:45"))),
        reseps=(resep(divalidasi=on("09:05"), diserahkan=on("09:20")),),
    )
    assert found(visit, sources=dict(BERKAS)) == {
        3: ("08:10:00", "berkas_dikirim"),
        4: ("08:10:00", "berkas_diterima"),
        5: ("08:45:00", "periksa_akhir"),
        6: ("09:05:00", "resep_divalidasi"),
        7: ("09:20:00", "resep_diserahkan"),
    }


@pytest.mark.parametrize("zone", [WIB, WITA, WIT])
def test_a_recorded_time_keeps_the_hospitals_zone(zone: Any) -> None:
    event = events_of(context(onsite(), at("21:00", zone=zone), zone=zone))[3]
    assert event.waktu == at("08:05", zone=zone)


def test_a_visit_of_two_sessions_opens_with_its_own() -> None:
    visit = onsite(
        reg={"jam_reg": "12:30:00"}, slot=slot(jam_mulai="16:00:00", jam_selesai="20:00:00")
    )
    assert found(visit)[3] == ("16:00:00", "buka_poli")


def test_nothing_is_invented_for_a_visit_that_only_registered() -> None:
    every: VisitContext = context(onsite(reg={"stts": "Sudah"}), NEXT_DAY)
    assert list(events_of(every)) == [3]


# What a visit's context tells


def test_a_time_further_ahead_than_a_day_is_none() -> None:
    now = context(onsite(), EVENING)
    assert now.recorded_time("2026-11-24 20:59:59") == at("20:59:59", TUESDAY)
    assert now.recorded_time("2026-11-24 21:00:00") is None
    assert now.recorded_time(None) is None


def test_when_a_visit_was_registered_and_its_session_opens() -> None:
    gone = context(onsite(registration=None, slot=None), EVENING)
    assert gone.registered_at() is None
    assert gone.session_opens_at() is None
    assert context(onsite(), EVENING).registered_at() == at("08:05")
    hfis = slot(jam_mulai="09:00:00")
    assert context(onsite(slot=None, hfis_slot=hfis), EVENING).session_opens_at() == at("09:00")
    assert context(onsite(hfis_slot=hfis), EVENING).session_opens_at() == at("08:00")
    unknown = slot(jam_mulai="00:00:00", jam_selesai="00:00:00")
    assert context(onsite(slot=unknown, hfis_slot=hfis), EVENING).session_opens_at() == at("09:00")


def test_which_prescription_counts() -> None:
    unwritten = resep(5, dibuat=None, divalidasi=None)
    written = resep(4, dibuat=on("08:00"), divalidasi=None)
    other_day = resep(3, divalidasi=on("07:00", SUNDAY))
    later = resep(2, divalidasi=on("09:10"))
    first = resep(1, divalidasi=on("09:00"))
    ordered = [first, later, other_day, unwritten, written]
    found = context(onsite(reseps=tuple(reversed(ordered))), EVENING)
    assert found.reseps() == ordered
    assert found.resep() == first
    assert context(onsite(), EVENING).resep() is None


def test_what_is_of_the_day() -> None:
    now = context(onsite(), NEXT_DAY)
    assert now.is_on_day(at("08:00")) is True
    assert now.is_on_day(at("05:00", TUESDAY)) is False


@pytest.mark.parametrize(
    ("name", "visit", "clocks"),
    [
        ("berkas_dikirim", onsite(berkas=berkas(on("08:20"), on("08:20"), on("08:20"))), ["08:20"]),
        ("berkas_dikirim", onsite(berkas=berkas(on("08:20"), ZERO, on("08:20"))), []),
        # "Sudah" made the row, and the folder was received after it.
        ("berkas_dikirim", onsite(berkas=berkas(on("09:00"), on("09:10"), on("09:00"))), []),
        ("periksa_dokter", onsite(registration=None, exams=(exam(on("08:20"), nip="D01"),)), []),
        ("periksa_akhir", onsite(reg={"stts": "Sudah"}), []),
        ("periksa_akhir", onsite(exams=(exam(on("08:20")),)), []),
        (
            "periksa_akhir",
            onsite(reg={"stts": "Sudah"}, exams=(exam(on("08:20")), exam(on("08:10")))),
            ["08:20", "08:10"],
        ),
    ],
)
def test_the_times_of_a_source(name: str, visit: Visit, clocks: list[str]) -> None:
    times_found = times_of(name, context(visit, EVENING))
    assert [f"{waktu:%H:%M}" for waktu, _ in times_found] == clocks
    assert all(row == "" for _, row in times_found)


@pytest.mark.parametrize(
    ("known", "told"),
    [
        (seen("Sudah", at("09:00")), True),
        (seen("Sudah", at("09:00", TUESDAY)), False),
        (seen("Sudah", at("09:00"), first=True), False),
        (seen("Sudah", at("09:00"), exact=False), False),
        (None, False),
    ],
)
def test_the_moment_of_stts_is_told_of_its_own_day_alone(known: Any, told: bool) -> None:
    now = at("10:00", TUESDAY)
    assert bool(times_of("stts_selesai", context(DONE, now, known))) is told


def test_an_examination_is_of_any_prescription() -> None:
    visit = onsite(exams=(exam(on("08:20"), nip="D01"),), reseps=(resep(divalidasi=on("09:00")),))
    assert found(visit, sources={4: ("periksa_dokter",)})[6] == ("09:00:00", "resep_divalidasi")
