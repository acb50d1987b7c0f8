"""What one visit needs: adds, tasks, cancels, holds and notes, given what the
ledger already knows.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antrean_cli.rules.answers import Outcome
from antrean_cli.rules.codes import Kind, OutcomeKind
from antrean_cli.rules.done import is_done
from antrean_cli.rules.ordering import next_call
from antrean_cli.rules.outcomes import after_answer
from antrean_cli.rules.planner import gone, lacks_session, left_out, plan
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import Push, Record, changes, expired
from antrean_cli.rules.reasons import ReasonCode, because
from antrean_cli.rules.references import lacks_reference
from antrean_cli.rules.visits import Visit
from tests.support.rows import (
    BERKAS,
    KEY,
    MONDAY,
    NO_RAWAT,
    NOBOOKING,
    TUESDAY,
    WIT,
    at,
    berkas,
    booking,
    cancel,
    exam,
    mobilejkn,
    nonjkn,
    on,
    onsite,
    policy,
    push,
    reason,
    record,
    resep,
    seen,
    sep,
    slot,
    states,
    surat,
    words,
)

NOW = at("10:00")
H7 = date(2026, 11, 30)


def planned(
    visit: Visit,
    known: Record | None = None,
    now: datetime = NOW,
    *,
    exact: bool = True,
    **chosen: Any,
) -> Record:
    """Return the record as a pass at `now` wants it."""
    return plan(visit, known, policy(**chosen), now, exact=exact, key=KEY)


def text(value: Record, step: str) -> str:
    """Return the reason of a push."""
    return words(value.pushes[step].reason)


def all_sent(value: Record, now: datetime, chosen: Policy) -> Record:
    """Return the record after BPJS has said yes to everything that could be asked by now."""
    while call := next_call(value, now):
        value = after_answer(
            value,
            call.push.step,
            Outcome(kind=OutcomeKind.DONE, code="200", text="Ok"),
            chosen,
            now,
            0.0,
        )
    return value


WHOLE: dict[str, Any] = {
    "exams": (exam(on("08:30")), exam(on("08:45"))),
    "berkas": berkas(kembali=on("09:00")),
    "reseps": (resep(divalidasi=on("09:10"), diserahkan=on("09:20")),),
}

# Adds


def test_an_onsite_visit_is_added_and_its_tasks_follow_in_one_pass() -> None:
    after = planned(onsite(**WHOLE))
    assert states(after) == dict.fromkeys(("add", "3", "4", "5", "6", "7"), "due")
    assert [after.pushes[step].waktu for step in "34567"] == [
        at("08:05"),
        at("08:30"),
        at("09:00"),
        at("09:10"),
        at("09:20"),
    ]
    assert (after.kodebooking, after.kind, after.tanggal, after.no_rawat) == (
        NO_RAWAT,
        "onsite",
        MONDAY,
        NO_RAWAT,
    )


def test_what_has_not_happened_yet_is_no_push_and_no_hold() -> None:
    assert states(planned(onsite())) == {"add": "due", "3": "due"}


def test_onsite_without_sep_and_surat_kontrol_is_held_and_its_tasks_wait() -> None:
    after = planned(onsite(sep=None, surat_asked=True))
    assert states(after) == {"add": "held", "3": "held"}
    assert text(after, "add").startswith("menunggu nomor referensi")
    assert "menunggu nomor referensi" in text(after, "3")


def test_a_surat_kontrol_or_a_sep_lets_it_go() -> None:
    held = planned(onsite(sep=None, surat_asked=True))
    for visit in (onsite(sep=None, surat_kontrol=surat(), surat_asked=True), onsite()):
        assert states(planned(visit, held)) == {"add": "due", "3": "due"}


def test_while_nobody_asks_for_surat_kontrol_a_held_add_stays_as_it_is() -> None:
    held = planned(onsite(sep=None, surat_asked=True))
    assert planned(onsite(sep=None), held).pushes == held.pushes


@pytest.mark.parametrize(
    ("visit", "expected"),
    [
        (
            onsite(sep=None, reg={"kd_poli_bpjs": None}),
            "poli INT belum dipetakan di maping_poli_bpjs",
        ),
        (nonjkn(reg={"kd_poli_bpjs": None}), "poli INT belum dipetakan di maping_poli_bpjs"),
        (
            nonjkn(reg={"kd_dokter_bpjs": None}),
            "dokter D01 belum dipetakan di maping_dokter_dpjpvclaim",
        ),
        (onsite(slot=None), "jadwal dokter D01 poli INT hari SENIN belum diisi di tabel jadwal"),
    ],
)
def test_what_a_hospital_has_to_fill_in_is_held_with_its_table(visit: Visit, expected: str) -> None:
    after = planned(visit)
    assert after.pushes["add"].state == "held"
    assert text(after, "add") == expected


def test_a_mapping_that_was_filled_in_lets_it_go() -> None:
    held = planned(nonjkn(reg={"kd_poli_bpjs": None}))
    assert states(planned(nonjkn(), held)) == {"add": "due", "3": "due"}


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ("08:05", {"add": "held"}),
        ("08:19:59", {"add": "held"}),
        ("08:20", {"add": "due", "3": "due", "4": "due"}),
        ("10:00", {"add": "due", "3": "due", "4": "due"}),
    ],
)
def test_of_nonjkn_only_a_held_add_is_planned_during_its_delay(
    clock: str, expected: dict[str, str]
) -> None:
    """The payer is often corrected, and an add cannot be taken back: registered at 08:05, 15
    minutes.
    """
    found = planned(nonjkn(exams=(exam(on("08:10")),)), now=at(clock))
    assert states(found) == expected
    if len(expected) == 1:
        assert text(found, "add") == "ditunda sampai 08:20 (pasien umum)"
        assert next_call(found, at(clock)) is None


def test_of_nonjkn_that_is_gone_or_cancelled_during_its_delay_nothing_is_left() -> None:
    first = planned(nonjkn(), now=at("08:10"))
    assert gone(first).pushes == {}
    assert left_out(first).pushes == {}
    assert planned(nonjkn(reg={"stts": "Batal"}), first, at("08:12")).pushes == {}


def test_a_payer_corrected_within_the_delay_makes_an_onsite_visit_at_once() -> None:
    first = planned(nonjkn(), now=at("08:10"))
    after = planned(onsite(), first, now=at("08:12"))
    assert (after.kind, states(after)) == ("onsite", {"add": "due", "3": "due"})
    assert after.kd_pj == "BPJ"


def test_an_onsite_visit_that_turns_nonjkn_before_its_add_is_added_as_such() -> None:
    held = planned(onsite(sep=None, surat_asked=True))
    after = planned(nonjkn(), held)
    assert (after.kind, states(after)) == ("nonjkn", {"add": "due", "3": "due"})


@pytest.mark.parametrize(
    ("add", "visit", "expected"),
    [
        ("", onsite(), {"3": "due"}),
        ("", mobilejkn(exams=(exam(on("08:30")),)), {"3": "due", "4": "due"}),
        ("", nonjkn(), {}),
        ("onsite", nonjkn(), {}),
        ("nonjkn", onsite(), {"3": "due"}),
        ("nonjkn", nonjkn(), {"add": "due", "3": "due"}),
        ("mobilejkn", mobilejkn(exams=(exam(on("08:30")),)), {"3": "due", "4": "due"}),
    ],
)
def test_which_kinds_are_added(add: str, visit: Visit, expected: dict[str, str]) -> None:
    """Onsite and Mobile JKN get their tasks all the same; NON JKN is left alone."""
    assert states(planned(visit, add=frozenset(filter(None, [add])))) == expected


ASKED_FOR = push(
    "3",
    "held",
    "08:00",
    blocked_by="add",
    reason=reason("diminta"),
    next_try=at("10:01"),
    attempts=1,
)
CAME = mobilejkn(exams=(exam(on("08:30")),))


@pytest.mark.parametrize(("add", "expected"), [("mobilejkn", "due"), ("onsite", None)])
def test_a_mobile_jkn_booking_is_added_only_where_bpjs_does_not_know_it(
    add: str, expected: str | None
) -> None:
    known = record(ASKED_FOR, kind=Kind.MOBILEJKN, kodebooking=NOBOOKING)
    after = planned(CAME, known, add=frozenset({add}))
    assert states(after).get("add") == expected
    assert after.pushes["3"].state == "held"


def test_a_mobile_jkn_booking_that_was_added_goes_on() -> None:
    known = record(push("add", "sent"), ASKED_FOR, kind=Kind.MOBILEJKN, kodebooking=NOBOOKING)
    after = planned(CAME, known, add=frozenset({"mobilejkn"}))
    assert states(after) == {"add": "sent", "3": "due", "4": "due"}


def test_a_nonjkn_visit_that_was_added_keeps_its_tasks_when_the_setting_is_changed() -> None:
    known = record(push("add", "sent"), push("3", "sent", "08:05"), kind="nonjkn", kd_pj="UMU")
    assert (
        planned(nonjkn(exams=(exam(on("08:30")),)), known, add=frozenset()).pushes["4"].state
        == "due"
    )


def test_inpatients_are_not_told_to_bpjs() -> None:
    assert states(planned(onsite(reg={"status_lanjut": "Ranap"}))) == {}
    assert states(planned(nonjkn(reg={"status_lanjut": "Ranap"}))) == {}


def test_an_outpatient_who_is_admitted_keeps_the_tasks_of_the_visit() -> None:
    known = record(push("add", "sent"), push("3", "sent", "08:05"))
    after = planned(
        onsite(reg={"status_lanjut": "Ranap", "stts": "Dirawat"}, exams=(exam(on("08:30")),)), known
    )
    assert after.pushes["4"].state == "due"


@pytest.mark.parametrize("state", ["sent", "already", "sending"])
def test_an_add_that_left_is_not_planned_again(state: str) -> None:
    known = record(push("add", state, reason=reason("ditolak")))
    assert planned(onsite(), known).pushes["add"] == known.pushes["add"]


def test_an_add_that_the_sep_came_before_stays_closed() -> None:
    known = record(push("add", "closed", reason=reason("sep")))
    after = planned(onsite(), known)
    assert states(after) == {"add": "closed", "3": "due"}


@pytest.mark.parametrize("step", ["add", "3"])
def test_a_push_that_was_put_off_stays_put_off(step: str) -> None:
    known = planned(onsite())
    later = known.with_pushes(
        push(step, recorded=known.pushes[step].recorded, attempts=3, next_try=at("10:08"))
    )
    after = planned(onsite(), later)
    assert (after.pushes[step].attempts, after.pushes[step].next_try) == (3, at("10:08"))


@pytest.mark.parametrize(
    ("visit", "known", "expected"),
    [
        (onsite(sep=None), None, True),
        (onsite(sep=None), record(push("add", "held", reason=reason("referensi"))), True),
        (onsite(sep=None), record(push("add", "due")), True),  # its body needs it again
        (onsite(sep=None), record(push("add", "sent")), False),
        (onsite(sep=None), record(push("add", "refused")), True),  # another number may do
        (onsite(), None, False),
        (onsite(sep=sep(no_rujukan="-", noskdp="null")), None, True),
        (nonjkn(), None, False),
        (mobilejkn(), None, False),
        (onsite(sep=None, reg={"stts": "Batal"}), None, False),
    ],
)
def test_which_visits_want_a_surat_kontrol(
    visit: Visit, known: Record | None, expected: bool
) -> None:
    assert lacks_reference(visit, known) is expected


@pytest.mark.parametrize(
    ("visit", "known", "expected"),
    [
        (onsite(), None, True),
        (nonjkn(), None, True),
        (onsite(), record(push("add", "held", reason=reason("jadwal"))), True),
        (onsite(), record(push("add", "due")), True),  # its body needs it again
        (onsite(), record(push("add", "sent")), False),
        (onsite(), record(push("add", "refused")), True),  # other hours may do
        (onsite(slot=None), record(push("add", "sent")), True),  # for the opening of its clinic
        (mobilejkn(slot=None), None, False),  # a booking has its hours
        (onsite(registration=None), None, False),
    ],
)
def test_which_visits_want_a_session_of_hfis(
    visit: Visit, known: Record | None, expected: bool
) -> None:
    assert lacks_session(visit, known) is expected


AFTER_TASK_5 = (push("add", "sent"), push("3", "sent", "08:05"), push("5", "sent", "09:00"))
AT_THE_PHARMACY = onsite(reseps=(resep(dibuat=on("09:05")),))


def farmasi_of(*known: Push, visit: Visit = AT_THE_PHARMACY, **chosen: Any) -> str:
    """Return what becomes of antrean farmasi after task 5, empty if nothing."""
    after = planned(visit, record(*AFTER_TASK_5, *known), **{"farmasi": True, **chosen})
    return states(after).get("farmasi", "")


def test_antrean_farmasi_is_wanted_once_task_5_is_through_and_a_prescription_exists() -> None:
    assert farmasi_of() == "due"
    assert farmasi_of(farmasi=False) == ""
    assert farmasi_of(visit=onsite()) == ""
    assert farmasi_of(visit=onsite(reseps=(resep()._replace(no_resep="BARU"),))) == ""
    assert farmasi_of(now=at("00:00", TUESDAY)) == ""
    before = planned(AT_THE_PHARMACY, record(*AFTER_TASK_5[:2]), farmasi=True)
    assert "farmasi" not in states(before)


@pytest.mark.parametrize("state", ["sent", "already", "refused", "sending"])
def test_antrean_farmasi_that_left_is_not_planned_again(state: str) -> None:
    assert farmasi_of(push("farmasi", state)) == state


def test_antrean_farmasi_that_is_no_longer_wanted_and_may_have_left_is_closed() -> None:
    """No list of BPJS's would tell whether it is there."""
    gone = onsite(reg={"stts": "Batal"})
    doubtful = push("farmasi", needs_lookup=True)
    after = planned(gone, record(*AFTER_TASK_5[:2], doubtful, seen=seen("Batal", at("09:00"))))
    assert states(after)["farmasi"] == "closed"
    assert after.pushes["farmasi"].needs_lookup is False


def test_antrean_farmasi_that_was_closed_in_doubt_is_wanted_again_with_the_prescription() -> None:
    closed = push("farmasi", "closed", reason=reason("farmasi"))
    assert farmasi_of(closed) == "due"
    assert farmasi_of(push("farmasi", "closed", reason=reason("dilepas"))) == "closed"


def test_a_reason_that_kept_its_old_words_is_the_same_reason() -> None:
    """As an older ledger's are, where a sentence told more than a code."""
    old = {"verbatim": "kalimat lama"}
    closed = push("farmasi", "closed", reason=because(ReasonCode.FARMASI_UNSETTLED, **old))
    assert farmasi_of(closed) == "due"
    early = onsite(reg={"jam_reg": "07:10:00"})
    held = push("3", "held", reason=because(ReasonCode.REREAD, **old))
    assert "3" not in planned(early, record(held), now=at("07:59:59")).pushes


# Tasks


def test_a_time_that_is_not_yet_past_waits() -> None:
    early = onsite(reg={"jam_reg": "07:10:00"})
    assert "3" not in planned(early, now=at("07:59:59")).pushes
    assert planned(early, now=at("08:00")).pushes["3"].state == "due"


def test_a_missing_task_is_held_by_name_and_goes_on_by_itself() -> None:
    folder = berkas(kembali=on("09:00"))
    after = planned(onsite(berkas=folder))
    assert states(after) == {"add": "due", "3": "due", "4": "held", "5": "held"}
    assert text(after, "4") == "waktu task 4 belum tercatat (periksa_awal, berkas_diterima)"
    assert text(after, "5") == "menunggu task 4"
    later = planned(onsite(berkas=folder, exams=(exam(on("08:30")),)), after)
    assert states(later) == {"add": "due", "3": "due", "4": "due", "5": "due"}


def test_a_tie_keeps_both_times() -> None:
    after = planned(onsite(berkas=berkas(on("08:10"), on("08:10"))), sources=dict(BERKAS))
    assert (after.pushes["3"].recorded, after.pushes["3"].waktu) == (at("08:10"), at("08:10"))
    assert (after.pushes["4"].recorded, after.pushes["4"].waktu) == (at("08:10"), at("08:10:01"))


def test_the_source_of_each_task_is_kept() -> None:
    after = planned(onsite(**WHOLE))
    assert [after.pushes[step].source for step in "34567"] == [
        "buka_poli",
        "periksa_awal",
        "berkas_kembali",
        "resep_divalidasi",
        "resep_diserahkan",
    ]


RETURNED_LATE = onsite(exams=(exam(on("08:30")),), berkas=berkas(kembali=on("07:00", TUESDAY)))


def test_a_task_whose_only_time_is_of_another_day_is_closed_once_the_day_is_over() -> None:
    folder_only = {5: ("berkas_kembali",)}
    after = planned(RETURNED_LATE, now=at("08:00", TUESDAY), sources=folder_only)
    assert states(after) == {"add": "due", "3": "due", "4": "due", "5": "closed"}
    assert "di luar hari pelayanan" in text(after, "5")
    in_time = replace(RETURNED_LATE, berkas=berkas(kembali=on("09:00")))
    again = planned(in_time, after, now=at("08:00", TUESDAY), sources=folder_only)
    assert again.pushes["5"].state == "due"  # what rows have closed, new rows open again


def test_a_folder_that_came_back_the_next_morning_costs_no_task() -> None:
    after = planned(RETURNED_LATE, now=at("08:00", TUESDAY))
    assert states(after) == dict.fromkeys(("add", "3", "4", "5"), "due")
    assert (after.pushes["5"].source, after.pushes["5"].waktu) == ("periksa_akhir", at("08:30:01"))


@pytest.mark.parametrize("state", ["sent", "already", "refused", "sending"])
def test_a_task_that_left_is_not_planned_again(state: str) -> None:
    known = record(push("add", "sent"), push("3", state, "08:05", source="buka_poli"))
    assert planned(onsite(), known).pushes["3"] == known.pushes["3"]


def test_a_task_whose_time_is_taken_back_in_khanza_is_withdrawn_if_it_never_left() -> None:
    known = planned(onsite(exams=(exam(on("08:30")),)))
    assert "4" not in planned(onsite(), known).pushes


# Whether the patient came


def test_a_booking_without_a_sign_is_held_once_its_session_opened() -> None:
    assert states(planned(mobilejkn(), now=at("07:30"))) == {}
    held = planned(mobilejkn(), now=at("08:00"))
    assert states(held) == {"3": "held"}
    assert text(held, "3") == "belum ada tanda hadir"


def test_a_held_booking_goes_on_with_the_first_trace() -> None:
    held = planned(mobilejkn())
    assert states(planned(mobilejkn(exams=(exam(on("08:30")),)), held)) == {"3": "due", "4": "due"}
    checked_in = mobilejkn(book={"status": "Checkin", "validasi": on("07:40")})
    after = planned(checked_in, held)
    assert (after.pushes["3"].state, after.pushes["3"].waktu) == ("due", at("07:40"))


@pytest.mark.parametrize("visit", [mobilejkn(), onsite(reg={"jam_reg": "08:00:00"}, sep=None)])
def test_after_its_day_it_is_closed_as_a_no_show_and_never_sent_as_present(visit: Visit) -> None:
    held = planned(visit, now=at("23:59"))
    assert held.pushes["3"].state == "held"
    after = planned(visit, held, now=at("00:00", TUESDAY))
    assert after.pushes["3"].state == "closed"
    assert text(after, "3") == "tidak ada tanda hadir sampai hari pelayanan lewat"
    assert planned(visit, after, now=at("09:00", TUESDAY)).pushes["3"] == after.pushes["3"]


def test_a_no_show_whose_exam_is_typed_in_a_day_late_came_after_all() -> None:
    closed = planned(mobilejkn(), now=at("06:00", TUESDAY))
    assert states(closed) == {"3": "closed"}
    after = planned(mobilejkn(exams=(exam(on("08:30")),)), closed, now=at("09:00", TUESDAY))
    assert (after.pushes["3"].state, after.pushes["4"].state) == ("due", "due")


# What changed in Khanza afterwards is noted


def test_a_time_corrected_after_it_was_sent_is_noted_and_the_chain_goes_on() -> None:
    known = record(push("add", "sent"), push("3", "sent", "08:05"), push("4", "sent", "08:30"))
    after = planned(
        onsite(reg={"jam_reg": "08:10:00"}, exams=(exam(on("08:30")),), berkas=WHOLE["berkas"]),
        known,
    )
    assert states(after) == {"add": "sent", "3": "sent", "4": "sent", "5": "due"}
    assert words(after.pushes["3"].note) == "Khanza kini mencatat 23-11-2026 08:10:00"
    assert (after.pushes["3"].recorded, after.pushes["3"].waktu) == (at("08:05"), at("08:05"))
    assert after.pushes["4"].note is None


def test_a_note_goes_when_khanza_says_the_old_time_again() -> None:
    known = record(push("add", "sent"), push("3", "sent", "08:05", note=reason("catatan.waktu")))
    assert planned(onsite(), known).pushes["3"].note is None


def test_a_note_names_the_hospitals_own_time() -> None:
    known = record(push("add", "sent"), push("3", "sent", at("08:05", zone=WIT)))
    moved = onsite(reg={"jam_reg": "09:10:00"})
    assert "09:10:00" in words(
        planned(moved, known, at("10:00", zone=WIT), zone=WIT).pushes["3"].note
    )


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"kd_pj": "UMU"}, ("BPJ", "UMU")),
        ({"kd_poli": "ANA"}, ("INT", "ANA")),
        ({"kd_dokter": "D02"}, ("D01", "D02")),
    ],
)
@pytest.mark.parametrize("state", ["sent", "already"])
def test_payer_clinic_or_doctor_changed_after_the_add_is_noted_and_nothing_is_sent(
    state: str, changed: dict[str, str], named: tuple[str, ...]
) -> None:
    known = record(push("add", state), push("3", "sent", "08:05"))
    after = planned(onsite(reg=changed), known)
    assert states(after) == states(known)
    assert all(word in words(after.pushes["add"].note) for word in named)
    again = planned(onsite(reg=changed), after)
    assert again.pushes == after.pushes  # it is told once
    assert planned(onsite(), after).pushes["add"].note is None


def test_an_add_by_hand_has_nothing_to_compare_with() -> None:
    by_hand = record(
        push("add", "sent", source="manual"), kind="manual", kd_pj="", kd_poli="", kd_dokter=""
    )
    after = planned(onsite(), by_hand)
    assert (after.pushes["add"].note, after.kd_pj, after.kd_poli) == (None, "BPJ", "INT")
    assert states(after) == {"add": "sent", "3": "due"}


@pytest.mark.parametrize("state", ["due", "held", "refused"])
def test_before_the_add_was_accepted_a_change_is_only_taken_over(state: str) -> None:
    known = record(push("add", state, reason=None if state == "due" else reason("petakan")))
    after = planned(onsite(reg={"kd_poli": "ANA"}), known)
    assert (after.pushes["add"].note, after.kd_poli) == (None, "ANA")


def test_while_an_add_is_in_doubt_what_went_out_is_kept_and_nothing_is_noted_yet() -> None:
    known = record(push("add", needs_lookup=True))
    after = planned(onsite(reg={"kd_poli": "ANA"}), known)
    assert (after.pushes["add"].note, after.kd_poli) == (None, "INT")


# Cancels made in Mobile JKN

BOOKED: dict[str, Any] = {"kind": "mobilejkn", "kodebooking": NOBOOKING}


def cancelled(statuskirim: str) -> Visit:
    """Return a visit that a cancel in Mobile JKN has deleted."""
    row = cancel(statuskirim=statuskirim)
    return Visit(
        kodebooking=NOBOOKING,
        kind=Kind.MOBILEJKN,
        tanggal=MONDAY,
        cancel=row,
        booking=booking(status="Batal"),
    )


DELETED = cancelled("Belum")


@pytest.mark.parametrize(
    "known", [None, record(**BOOKED), record(push("3", "held", "08:00"), **BOOKED)]
)
def test_a_cancel_not_yet_sent_is_sent_although_the_visit_was_deleted(known: Record | None) -> None:
    after = planned(DELETED, known)
    assert after.pushes["batal"].state == "due"
    call = next_call(after, NOW)
    assert call is not None
    assert call.push.step == "batal"


def test_a_cancel_drops_what_was_pending() -> None:
    known = record(
        push("add", "sent"),
        push("3", "sent", "08:00"),
        push("4", "due", "08:30"),
        push("5", "held", "09:00"),
    )
    after = planned(DELETED, known)
    assert states(after) == {
        "add": "sent",
        "3": "sent",
        "4": "closed",
        "5": "closed",
        "batal": "due",
    }


def test_a_cancel_that_khanza_has_sent_is_taken_at_its_word() -> None:
    """A second cancel could only be refused."""
    after = planned(cancelled("Sudah"), record(push("3", "due", "08:00")))
    assert states(after) == {"3": "closed"}
    assert states(planned(cancelled("Sudah"))) == {}


def test_a_cancel_of_ours_that_khanza_sends_first_is_closed() -> None:
    after = planned(cancelled("Sudah"), planned(cancelled("Belum")))
    assert states(after) == {"batal": "closed"}


def test_a_cancel_in_doubt_is_still_settled_whatever_khanza_says() -> None:
    after = planned(cancelled("Sudah"), record(push("batal", "due", needs_lookup=True)))
    assert states(after) == {"batal": "due"}


@pytest.mark.parametrize("state", ["sent", "already", "refused", "sending"])
def test_a_cancel_is_sent_once(state: str) -> None:
    known = record(push("batal", state, reason=reason("ditolak")))
    assert states(planned(DELETED, known)) == {"batal": state}


def test_a_cancel_that_was_put_off_stays_put_off() -> None:
    after = planned(DELETED, record(push("batal", attempts=2, next_try=at("10:04"))))
    assert (after.pushes["batal"].attempts, after.pushes["batal"].next_try) == (2, at("10:04"))


def test_after_an_accepted_cancel_nothing_more_is_planned() -> None:
    after = planned(mobilejkn(**WHOLE), record(push("3", "sent", "08:00"), push("batal", "sent")))
    assert states(after) == {"3": "sent", "batal": "sent"}


def test_a_re_check_in_takes_back_a_cancel_that_never_left() -> None:
    """It deletes the _batal row; the tasks go on."""
    before = planned(DELETED, record(push("3", "due", "08:00"), **BOOKED))
    assert states(before) == {"3": "closed", "batal": "due"}
    again = mobilejkn(
        book={"status": "Checkin", "validasi": on("09:50")}, exams=(exam(on("09:55")),)
    )
    assert states(planned(again, before)) == {"3": "due", "4": "due"}


def test_a_cancel_of_next_weeks_appointment_is_sent_today() -> None:
    ahead = Visit(
        kodebooking="20261130000001",
        kind=Kind.MOBILEJKN,
        tanggal=H7,
        cancel=cancel(tanggalperiksa="2026-11-30"),
    )
    assert states(planned(ahead)) == {"batal": "due"}


# Cancels made at the desk

WAITING = seen("Belum", at("08:06"))
GOING = record(
    push("add", "sent"), push("3", "sent", "08:05"), push("4", "due", "08:30"), seen=WAITING
)
BATAL: dict[str, Any] = {"reg": {"stts": "Batal"}, "exams": (exam(on("08:30")),)}


def test_a_cancel_at_the_desk_waits_for_its_delay_then_goes_out_with_the_minute_it_was_seen() -> (
    None
):
    first = planned(onsite(**BATAL), GOING, at("09:00:30"))
    assert states(first) == {"add": "sent", "3": "sent", "4": "held", "99": "held"}
    assert text(first, "4") == text(first, "99") == "ditunda sampai 09:10 (batal di meja)"
    assert "99" not in gone(first).pushes
    assert next_call(first, at("09:01")) is None
    waiting = planned(onsite(**BATAL), first, at("09:10:29"))
    assert waiting.pushes == first.pushes
    after = planned(onsite(**BATAL), waiting, at("09:10:30"))
    assert states(after) == {"add": "sent", "3": "sent", "4": "closed", "99": "due"}
    assert after.pushes["99"].waktu == at("09:00:30")
    call = next_call(after, at("09:10:30"))
    assert call is not None
    assert call.push.step == "99"


def test_a_delay_of_zero_sends_it_at_once() -> None:
    after = planned(onsite(**BATAL), GOING, at("09:00"), delay_batal=timedelta(0))
    assert states(after)["99"] == "due"


def test_a_cancel_undone_within_its_delay_simply_goes_on() -> None:
    first = planned(onsite(**BATAL), GOING, at("09:00"))
    after = planned(onsite(exams=BATAL["exams"]), first, at("09:05"))
    assert states(after) == {"add": "sent", "3": "sent", "4": "due"}


def test_a_cancel_undone_before_99_was_sent_simply_goes_on() -> None:
    late = planned(onsite(**BATAL), planned(onsite(**BATAL), GOING, at("09:00")), at("09:15"))
    assert states(late)["99"] == "due"
    after = planned(onsite(exams=BATAL["exams"]), late, at("09:16"))
    assert states(after) == {"add": "sent", "3": "sent", "4": "due"}


def test_a_cancel_undone_and_done_again_waits_anew() -> None:
    first = planned(onsite(**BATAL), GOING, at("09:00"))
    undone = planned(onsite(exams=BATAL["exams"]), first, at("09:05"))
    again = planned(onsite(**BATAL), undone, at("09:12"))
    assert text(again, "99") == "ditunda sampai 09:22 (batal di meja)"
    after = planned(onsite(**BATAL), again, at("09:22"))
    assert after.pushes["99"].waktu == at("09:12")


def test_after_99_was_accepted_nothing_more_is_planned_although_it_is_undone() -> None:
    known = GOING.with_pushes(
        push("4", "closed", "08:30", reason=reason("batal")), push("99", "sent", "09:00")
    )
    after = planned(onsite(**WHOLE), known)
    assert states(after) == states(known)
    assert next_call(after, NOW) is None


@pytest.mark.parametrize(
    "put_off", [{"attempts": 2, "next_try": at("10:04")}, {"needs_lookup": True}]
)
def test_99_keeps_what_became_of_it(put_off: dict[str, Any]) -> None:
    known = record(
        push("add", "sent"), push("99", "due", "09:00", **put_off), seen=seen("Batal", at("09:00"))
    )
    after = planned(onsite(**BATAL), known).pushes["99"]
    assert after.state == "due"
    assert {name: getattr(after, name) for name in put_off} == put_off


@pytest.mark.parametrize("state", ["refused", "sending"])
def test_99_that_left_is_not_planned_again(state: str) -> None:
    known = record(push("add", "sent"), push("99", state, "09:00"), seen=seen("Batal", at("09:00")))
    assert planned(onsite(**BATAL), known).pushes["99"].state == state


@pytest.mark.parametrize("state", ["sent", "already"])
def test_a_cancel_after_task_5_sends_no_99(state: str) -> None:
    known = GOING.with_pushes(push("4", "sent", "08:30"), push("5", state, "08:50"))
    first = planned(onsite(**BATAL), known, at("09:00"))
    after = planned(onsite(**BATAL), first, at("09:30"))
    assert states(after).get("99", "closed") == "closed"
    assert next_call(after, at("09:30")) is None


def test_a_cancel_seen_after_the_day_is_left_to_a_person() -> None:
    first = planned(onsite(**BATAL), GOING, at("08:00", TUESDAY))
    after = planned(onsite(**BATAL), first, at("08:30", TUESDAY))
    assert after.pushes["99"].state == "closed"
    assert f"antrean batal {NO_RAWAT}" in text(after, "99")


def test_a_cancel_seen_late_in_the_evening_still_counts_for_its_day() -> None:
    first = planned(onsite(**BATAL), GOING, at("23:55"))
    after = planned(onsite(**BATAL), first, at("00:05", TUESDAY))
    assert (after.pushes["99"].state, after.pushes["99"].waktu) == ("due", at("23:55"))


@pytest.mark.parametrize("visit", [onsite(**BATAL), nonjkn(**BATAL), onsite(**BATAL, sep=None)])
@pytest.mark.parametrize("add", [("onsite", "nonjkn"), ()])
def test_a_visit_that_was_cancelled_when_it_was_first_seen_was_never_told(
    visit: Visit, add: tuple[str, ...]
) -> None:
    first = planned(visit, now=at("09:00"), add=frozenset(add))
    after = planned(visit, first, at("09:30"), add=frozenset(add))
    assert (states(first), states(after)) == ({}, {})


def test_a_mobile_jkn_booking_cancelled_when_it_was_first_seen_gets_its_99() -> None:
    first = planned(mobilejkn(reg={"stts": "Batal"}), now=at("09:00"))
    assert next_call(first, at("09:00")) is None
    after = planned(mobilejkn(reg={"stts": "Batal"}), first, at("09:10"))
    assert (states(after), after.pushes["99"].waktu) == ({"99": "due"}, at("09:00"))


@pytest.mark.parametrize("state", ["held", "due"])
def test_a_cancel_before_the_add_ever_left_drops_everything(state: str) -> None:
    known = record(
        push("add", state, reason=reason("petakan")), push("3", "held", "08:05"), seen=WAITING
    )
    first = planned(onsite(**BATAL), known, at("09:00"))
    assert states(planned(onsite(**BATAL), first, at("09:30"))) == {}


def test_a_cancel_after_a_refused_add_that_bpjs_never_took_sends_no_99() -> None:
    known = record(push("add", "refused", reason=reason("ditolak")), seen=WAITING)
    first = planned(onsite(**BATAL), known, at("09:00"))
    assert states(planned(onsite(**BATAL), first, at("09:30"))) == {"add": "refused"}


def test_a_cancel_while_the_add_is_in_doubt_is_told() -> None:
    known = record(push("add", "due", needs_lookup=True), seen=WAITING)
    first = planned(onsite(**BATAL), known, at("09:00"))
    after = planned(onsite(**BATAL), first, at("09:30"))
    assert after.pushes["99"].state == "due"


def test_an_onsite_visit_that_somebody_else_adds_gets_its_99() -> None:
    known = record(seen=WAITING)
    first = planned(onsite(**BATAL), known, at("09:00"), add=frozenset())
    after = planned(onsite(**BATAL), first, at("09:30"), add=frozenset())
    assert after.pushes["99"].state == "due"


def test_a_nonjkn_visit_that_is_left_alone_gets_no_99_either() -> None:
    first = planned(
        nonjkn(**BATAL), record(seen=WAITING, kind="nonjkn"), at("09:00"), add=frozenset()
    )
    assert states(planned(nonjkn(**BATAL), first, at("09:30"), add=frozenset())) == {}


@pytest.mark.parametrize("code", ["diminta", "urutan"])
def test_during_the_delay_nothing_of_that_booking_is_sent(code: str) -> None:
    """Also no task that BPJS made wait and that would be tried again about now."""
    held = push(
        "3",
        "held",
        "08:05",
        blocked_by="add",
        reason=reason(code),
        next_try=at("08:59"),
        attempts=1,
    )
    first = planned(onsite(**BATAL), record(held, seen=WAITING), at("09:00"), add=frozenset())
    assert next_call(first, at("09:05")) is None


def test_a_cancel_row_weighs_more_than_stts() -> None:
    both = mobilejkn(reg={"stts": "Batal"}, cancel=cancel())
    assert states(planned(both)) == {"batal": "due"}


# What stts was seen to be


@pytest.mark.parametrize(
    ("known", "stts", "exact", "expected"),
    [
        (None, "Belum", True, seen("Belum", NOW, first=True, exact=True)),
        (None, "Sudah", True, seen("Sudah", NOW, first=True, exact=True)),
        (seen("Belum", at("08:06")), "Belum", True, seen("Belum", at("08:06"))),
        (seen("Belum", at("08:06"), first=True), "Sudah", True, seen("Sudah", NOW, exact=True)),
        (seen("Belum", at("08:06"), first=True), "Sudah", False, seen("Sudah", NOW, exact=False)),
        (seen("Sudah", at("09:00")), "Sudah", False, seen("Sudah", at("09:00"))),
        (
            seen("Sudah", at("09:00")),
            "Dirujuk",
            True,
            seen("Dirujuk", at("09:00")),
        ),  # it was final before
        (seen("Batal", at("09:00")), "Belum", True, seen("Belum", NOW)),
    ],
)
def test_when_stts_was_seen_to_change(known: Any, stts: str, exact: bool, expected: Any) -> None:
    after = planned(onsite(reg={"stts": stts}), record(seen=known), exact=exact)
    assert after.seen == expected


def test_the_moment_that_stts_was_seen_has_no_fraction_of_a_second() -> None:
    after = planned(onsite(), now=NOW.replace(microsecond=250_000))
    assert after.seen is not None
    assert after.seen.since == NOW


def test_task_5_goes_out_with_the_minute_that_stts_became_final() -> None:
    examined: dict[str, Any] = {"exams": (exam(on("08:30")),)}
    first = planned(onsite(**examined), now=at("09:00"))
    after = planned(onsite(**examined, reg={"stts": "Sudah"}), first, at("09:01"))
    assert (after.pushes["5"].source, after.pushes["5"].waktu) == ("stts_selesai", at("09:01"))
    again = planned(onsite(**examined, reg={"stts": "Sudah"}), after, at("09:02"))
    assert again.pushes["5"].waktu == at("09:01")


def test_after_a_longer_stop_task_5_goes_out_with_the_last_exam() -> None:
    examined: dict[str, Any] = {"exams": (exam(on("08:30")), exam(on("08:50")))}
    first = planned(onsite(**examined), now=at("09:00"))
    after = planned(onsite(**examined, reg={"stts": "Sudah"}), first, at("12:00"), exact=False)
    assert (after.pushes["5"].source, after.pushes["5"].waktu) == ("periksa_akhir", at("08:50"))


# Ends


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (at("10:00"), False),
        (at("23:59:59", H7), False),  # BPJS takes tasks until H+7
        (at("00:00", H7 + timedelta(days=1)), True),
        (at("01:59", H7 + timedelta(days=1), WIT), False),  # in WIB it is still H+7
        (at("02:00", H7 + timedelta(days=1), WIT), True),
    ],
)
def test_after_h7_everything_open_is_closed(now: datetime, expected: bool) -> None:
    assert expired(record(), now) is expected
    known = record(push("add", "sent"), push("3", "due", "08:05"), push("4", "held", "08:30"))
    after = planned(onsite(exams=(exam(on("08:30")),)), known, now)
    assert (states(after)["3"] == "closed") is expected
    if expected:
        assert states(after) == {"add": "sent", "3": "closed", "4": "closed"}
        assert text(after, "3") == "lewat H+7: BPJS tidak menerima lagi"


def test_a_visit_first_seen_after_h7_is_left_alone() -> None:
    assert states(planned(onsite(**WHOLE), now=at("08:00", H7 + timedelta(days=1)))) == {}


def test_on_h7_a_whole_visit_can_still_go_out() -> None:
    after = planned(onsite(**WHOLE), now=at("20:00", H7))
    assert states(after) == dict.fromkeys(("add", "3", "4", "5", "6", "7"), "due")


@pytest.mark.parametrize(("leave", "word"), [(gone, "Khanza"), (left_out, "poli")])
def test_a_visit_that_is_gone_or_left_out_is_held_and_not_sent(leave: Any, word: str) -> None:
    known = record(
        push("add", "sent"),
        push("3", "due", "08:05"),
        push("4", "held", "08:30", reason=reason("urutan")),
    )
    after = leave(known)
    assert states(after) == {"add": "sent", "3": "held", "4": "held"}
    assert word in text(after, "3")
    assert next_call(after, NOW) is None
    assert leave(after) == after


def test_a_visit_that_is_gone_is_asked_about_where_an_outcome_is_unknown() -> None:
    known = record(push("add", "sent"), push("3", "due", "08:05", needs_lookup=True))
    call = next_call(gone(known), NOW)
    assert call is not None
    assert call.lookup


def test_a_visit_that_came_back_goes_on() -> None:
    assert states(planned(onsite(), gone(planned(onsite())))) == {"add": "due", "3": "due"}


UNCLEAR = mobilejkn(registration=None)


def test_a_booking_of_which_nobody_knows_its_visit_is_held_and_told_at_the_second_look() -> None:
    """Khanza writes a booking and its visit one after the other."""
    first = planned(UNCLEAR)
    assert (states(first), words(first.pushes["3"].reason)) == (
        {"3": "held"},
        "kunjungan booking ini dicari di Khanza",
    )
    assert not any(change.reportable for change in changes(None, first))
    second = planned(UNCLEAR, first)
    assert words(second.pushes["3"].reason) == "kunjungan booking ini belum jelas"
    assert [change.reportable for change in changes(first, second)] == [True]
    assert planned(UNCLEAR, second) == second


def test_a_booking_that_finds_its_visit_at_the_second_look_goes_on_as_if_nothing_had_been() -> None:
    first = planned(UNCLEAR)
    after = planned(mobilejkn(exams=(exam(on("08:30")),)), first)
    assert states(after) == {"3": "due", "4": "due"}
    assert not any(change.reportable for change in changes(first, after))
    left = planned(mobilejkn(), first)
    assert [words(left.pushes["3"].reason)] == ["belum ada tanda hadir"]
    assert [change.reportable for change in changes(first, left)] == [True]


def test_of_a_booking_that_lost_its_visit_what_is_open_is_held_but_what_came_by_hand() -> None:
    known = record(
        push("2", "due", "07:50", source="manual"),
        push("3", "sent", "08:00"),
        push("4", "due", "08:30"),
        **BOOKED,
    )
    after = planned(UNCLEAR, known)
    assert states(after) == {"2": "due", "3": "sent", "4": "held"}
    assert states(planned(UNCLEAR, record(push("3", "sent", "08:00"), **BOOKED))) == {"3": "sent"}


@pytest.mark.parametrize("status", ["Batal", "Gagal"])
def test_a_booking_that_is_cancelled_or_failed_and_has_no_visit_waits_for_none(status: str) -> None:
    visit = mobilejkn(registration=None, book={"status": status})
    assert states(planned(visit)) == {}
    known = record(push("3", "due", "08:00"), **BOOKED)
    assert states(planned(visit, known)) == {"3": "held"}


# Properties over many visits


def some(*values: Any) -> st.SearchStrategy[Any]:
    """Return one of these."""
    return st.sampled_from(values)


FOLDERS = (
    berkas(on("08:10"), on("08:10")),
    berkas(kembali=on("09:00")),
    berkas(kembali=on("07:00", TUESDAY)),
)
PRESCRIPTIONS = (
    (resep(divalidasi=on("09:10"), diserahkan=on("09:20")),),
    (resep(dibuat=on("09:00")),),
)


@st.composite
def visits(draw: st.DrawFn) -> Visit:
    """Return a visit in some state of its day, of any kind."""
    make = draw(some(onsite, nonjkn, mobilejkn))
    changed: dict[str, Any] = {
        "reg": {
            "jam_reg": draw(some("07:10:00", "08:00:00", "08:05:00", "12:30:00")),
            "stts": draw(some("Belum", "Berkas Diterima", "Sudah", "Dirujuk", "Batal")),
            "status_lanjut": draw(some("Ralan", "Ralan", "Ranap")),
            "kd_poli_bpjs": draw(some("INT", "INT", None)),
        },
        "slot": draw(some(slot(), slot(), None, slot(jam_selesai=None))),
        "exams": draw(
            some(
                (),
                (exam(on("07:30")),),
                (exam(on("08:30")), exam(on("08:45"))),
                (exam(on("16:00")),),
            )
        ),
        "berkas": draw(some(None, *FOLDERS)),
        "reseps": draw(some((), *PRESCRIPTIONS)),
    }
    if make is onsite:
        changed["sep"] = draw(some(sep(), sep(), None))
        changed["surat_asked"] = True
    if make is mobilejkn:
        changed["book"] = draw(some({}, {"status": "Checkin", "validasi": on("07:40")}))
        changed["cancel"] = draw(some(None, None, cancel(), cancel(statuskirim="Sudah")))
    visit: Visit = make(**changed)
    return visit


MOMENTS = some(*(at(f"{hour:02}:{minute:02}") for hour in range(6, 24) for minute in (0, 9, 30)))
FLOWS = some(
    policy(),
    policy(sources=dict(BERKAS)),
    policy(add=frozenset()),
    policy(add=frozenset({"mobilejkn"})),
)


@settings(deadline=None)
@given(visits(), FLOWS, MOMENTS)
def test_planning_twice_at_one_moment_changes_nothing(
    visit: Visit, chosen: Policy, now: datetime
) -> None:
    once = plan(visit, None, chosen, now, exact=True, key=KEY)
    assert plan(visit, once, chosen, now, exact=True, key=KEY) == once


@settings(deadline=None)
@given(visits(), visits(), FLOWS, MOMENTS, MOMENTS)
def test_what_bpjs_has_is_never_planned_again(
    visit: Visit, other: Visit, chosen: Policy, now: datetime, later: datetime
) -> None:
    """Whatever Khanza says afterwards of the same kind of visit."""
    sent = all_sent(plan(visit, None, chosen, now, exact=True, key=KEY), now, chosen)
    after = plan(other, sent, chosen, max(now, later), exact=True, key=KEY)
    for step, known in sent.pushes.items():
        if known.done:
            assert after.pushes[step].done
            assert after.pushes[step].waktu == known.waktu


@settings(deadline=None)
@given(visits(), FLOWS, MOMENTS)
def test_no_time_is_sent_that_khanza_did_not_record(
    visit: Visit, chosen: Policy, now: datetime
) -> None:
    """A tie adds a second for each step before it, and stts is noted when it is
    seen; nothing else.
    """
    row = visit.registration
    recorded = {at("08:00"), at("07:40"), at("07:30"), at("08:30"), at("08:45"), at("16:00")}
    recorded |= {
        at("08:10"),
        at("09:00"),
        at("09:10"),
        at("09:20"),
        at(row.jam_reg if row else "08:00"),
    }
    for step, found in plan(visit, None, chosen, now, exact=True, key=KEY).pushes.items():
        if found.state == "due" and step in "34567":
            assert found.recorded in recorded
            assert found.waktu is not None
            assert found.waktu <= now + timedelta(seconds=5)
            assert found.waktu.date() == MONDAY


@settings(deadline=None, max_examples=300)
@given(visits(), FLOWS, MOMENTS, MOMENTS)
def test_a_visit_that_is_done_needs_nothing_more_on_that_day(
    visit: Visit, chosen: Policy, now: datetime, later: datetime
) -> None:
    """So a pass may leave it out until Khanza says something new."""
    sent = all_sent(plan(visit, None, chosen, now, exact=True, key=KEY), now, chosen)
    if is_done(visit, sent, chosen, now, KEY):
        assert plan(visit, sent, chosen, max(now, later), exact=True, key=KEY) == sent


@pytest.mark.parametrize(
    "state",
    ["held", "due", "sending"],
    ids=["something held", "something due", "something in flight"],
)
def test_a_visit_with_something_open_is_not_done(state: str) -> None:
    known = record(push("add", "sent"), push("3", state, "08:05"), seen=WAITING)
    assert not is_done(onsite(), known, policy(), NOW, KEY)


def test_a_visit_whose_next_time_is_still_ahead_is_not_done() -> None:
    known = record(push("add", "sent"), push("3", "sent", "08:05"), seen=WAITING)
    assert is_done(onsite(), known, policy(), at("08:29"), KEY)
    assert not is_done(onsite(exams=(exam(on("08:30")),)), known, policy(), at("08:29"), KEY)


@pytest.mark.parametrize("step", ["99", "batal"])
def test_after_an_accepted_cancel_a_visit_is_done_whatever_still_lies_ahead(step: str) -> None:
    ended = record(push("add", "sent"), push(step, "sent"))
    ahead = onsite(exams=(exam(on("11:00")),))
    assert is_done(ahead, ended, policy(), NOW, KEY)
    assert not is_done(ahead, record(push("add", "sent")), policy(), NOW, KEY)


def test_nonjkn_within_its_delay_is_not_done() -> None:
    assert not is_done(nonjkn(), planned(nonjkn(), now=at("08:10")), policy(), at("08:10"), KEY)


def test_a_cancel_within_its_delay_is_not_done() -> None:
    known = record(push("add", "sent"), push("3", "sent", "08:05"), seen=WAITING)
    first = planned(onsite(**BATAL), known, at("09:00"))
    assert not is_done(onsite(**BATAL), first, policy(), at("09:00"), KEY)


def test_pushes_of_a_plan_have_their_own_step_as_key() -> None:
    for step, found in planned(onsite(**WHOLE)).pushes.items():
        assert isinstance(found, Push)
        assert found.step == step


# -- questions of a held add

UNMAPPED: dict[str, Any] = {"reg": {"kd_poli_bpjs": None}, "sep": sep(kodepoli="")}


@pytest.mark.parametrize(
    ("visit", "expected"),
    [
        (onsite(**UNMAPPED), at("08:20")),
        (onsite(**UNMAPPED, exams=(exam(on("08:30")),)), None),  # it has moved on: now
        (nonjkn(reg={"kd_poli_bpjs": None, "jam_reg": "08:05:00"}), at("08:20")),
    ],
)
def test_a_held_add_first_asks_a_while_after_registration(
    visit: Visit, expected: datetime | None
) -> None:
    add = planned(visit, now=at("08:31")).pushes["add"]
    assert (add.state, add.attempts, add.next_try) == ("held", 0, expected)


def test_what_was_asked_stays_noted_while_the_add_is_held() -> None:
    first = planned(onsite(**UNMAPPED))
    asked = replace(first.pushes["add"], attempts=3, next_try=at("11:00"))
    again = planned(onsite(**UNMAPPED), first.with_pushes(asked))
    assert again.pushes["add"] == asked
    mapped = planned(onsite(), again).pushes["add"]
    assert (mapped.state, mapped.attempts, mapped.next_try) == ("due", 0, None)


def test_what_an_add_was_put_off_by_is_no_question() -> None:
    put_off = push("add", attempts=4, next_try=at("11:00"))
    add = planned(onsite(**UNMAPPED), record(put_off)).pushes["add"]
    assert (add.state, add.attempts, add.next_try) == ("held", 0, at("08:20"))


def test_the_time_of_a_task_is_chosen_after_what_bpjs_has_of_the_one_before() -> None:
    visit = onsite(
        reg={"stts": "Sudah"},
        exams=(exam(on("09:00")), exam(on("09:30"))),
        berkas=berkas(kembali=on("09:15")),
    )
    has = [push("add", "sent"), push("3", "sent", "08:05")]
    for four, five in (("09:00", "berkas_kembali"), ("09:20", "periksa_akhir")):
        known = record(*has, push("4", "sent", four, source="periksa_awal"))
        assert planned(visit, known, at("21:00")).pushes["5"].source == five
