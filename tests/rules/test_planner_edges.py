"""What one visit needs, at the edges: doubts, what came by hand, clocks, and what is noted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from antrean_cli.rules.cancels import closed_late_by_a_wrong_clock, told_to_bpjs
from antrean_cli.rules.codes import Kind, Step
from antrean_cli.rules.planner import (
    concerns_bpjs,
    given_away,
    gone,
    lacks_session,
    left_out,
    moved_to_booking,
    plan,
    withdrawn,
)
from antrean_cli.rules.push import EXACT, MANUAL, Push, Record, Refusal
from antrean_cli.rules.reasons import HANDED_ON, ReasonCode, because, has_code
from antrean_cli.rules.refused_bodies import mark_of_time
from antrean_cli.rules.visits import Visit
from tests.support.rows import (
    KEY,
    MONDAY,
    SUNDAY,
    TUESDAY,
    at,
    cancel,
    context,
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
    states,
    words,
)

NOW = at("10:00")
HOUR = timedelta(hours=1)


def planned(
    visit: Visit, known: Record | None = None, now: datetime = NOW, **chosen: Any
) -> Record:
    return plan(visit, known, policy(**chosen), now, exact=True, key=KEY)


def typed(step: str, state: str = "due", recorded: str | None = "08:00", **changed: Any) -> Push:
    """Return what a person sent of a booking."""
    return push(step, state, recorded, source=MANUAL, **changed)


# -- visits that Khanza has no more, or that are another's


def test_a_booking_that_is_cancelled_alone_is_held_with_what_came_from_khanza() -> None:
    one = planned(
        mobilejkn(registration=None, cancelled_alone=True, book={"status": "Batal"}),
        record(push("3", recorded="08:00"), typed("4"), kind="mobilejkn"),
    )
    assert has_code(one.pushes["3"].reason, ReasonCode.BOOKING_CANCELLED)
    assert one.pushes["4"].state == "due"


@pytest.mark.parametrize(("handed_on", "code"), [(False, "GONE"), (True, "HANDED_ON")])
def test_what_is_open_of_a_visit_that_is_gone_is_held(handed_on: bool, code: str) -> None:
    one = gone(record(push("3", recorded="08:00"), typed("4"), handed_on=handed_on))
    assert has_code(one.pushes["3"].reason, ReasonCode[code])
    assert one.pushes["4"].state == "due"


def test_of_a_booking_that_was_given_away_a_task_that_was_typed_is_held_too() -> None:
    known = record(
        push("3", recorded="08:00"),
        typed("4"),
        typed("5", "sent"),
        typed("batal", recorded=None),
        push("99", "sent", "09:00"),
        done_fingerprint="x",
    )
    one = given_away(known)
    assert (one.handed_on, one.done_fingerprint) == (True, "")
    assert [one.pushes[step].reason for step in "34"] == [HANDED_ON, HANDED_ON]
    assert (one.pushes["5"].state, one.pushes["batal"].state) == ("sent", "due")


def test_of_a_visit_that_moved_to_a_booking_or_is_left_out_what_came_by_hand_goes_on() -> None:
    known = record(push("3", recorded="08:00"), typed("4"))
    for leave, code in (
        (moved_to_booking, ReasonCode.MOVED_TO_BOOKING),
        (left_out, ReasonCode.LEFT_OUT),
    ):
        one = leave(known)
        assert has_code(one.pushes["3"].reason, code)
        assert one.pushes["4"].state == "due"


def test_what_is_withdrawn_leaves_what_came_by_hand() -> None:
    one = withdrawn(record(push("add"), push("3", recorded="08:00"), typed("4")))
    assert set(one.pushes) == {"4"}


# -- what a pass saw


def test_day_kind_and_number_are_what_khanza_says_now() -> None:
    known = record(push("add", "sent"), tanggal=SUNDAY, no_rawat="x", kind="nonjkn")
    one = planned(onsite(), known)
    assert (one.tanggal, one.no_rawat, one.kind) == (MONDAY, onsite().no_rawat, "onsite")
    unknown = planned(mobilejkn(registration=None, names_another=True), record(kind="mobilejkn"))
    assert unknown.no_rawat == ""


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        (NOW + EXACT, seen("Belum", NOW + EXACT)),
        (NOW + EXACT + timedelta(seconds=1), seen("Belum", NOW, exact=False)),
    ],
)
def test_what_a_clock_that_ran_ahead_has_seen_tells_no_minute(
    since: datetime, expected: Any
) -> None:
    assert planned(onsite(), record(seen=seen("Belum", since))).seen == expected


@pytest.mark.parametrize(
    ("before", "now", "since"),
    [
        ("Sudah", "Dirujuk", at("09:00")),
        ("Sudah", "Belum", NOW),
        ("Belum", "Sudah", NOW),
        ("Berkas Diterima", "Sudah", NOW),
    ],
)
def test_the_moment_of_a_final_stts_stays_only_while_it_is_final(
    before: str, now: str, since: datetime
) -> None:
    one = planned(onsite(reg={"stts": now}), record(seen=seen(before, at("09:00"))))
    assert one.seen == seen(now, since)


def test_of_a_visit_that_is_gone_what_was_seen_stays() -> None:
    known = record(kind="mobilejkn", seen=seen("Belum", at("09:00")))
    assert planned(mobilejkn(registration=None), known).seen == known.seen


def test_nothing_is_compared_with_an_add_that_nobody_here_built() -> None:
    one = planned(onsite(), record(push("add", "sent"), kd_pj="", kd_poli="BED"))
    assert one.pushes["add"].note is None


def test_a_note_of_something_else_stays_where_nothing_has_changed() -> None:
    adopted = because(ReasonCode.ADOPTED, kodebooking="x")
    one = planned(onsite(), record(push("add", "sent", note=adopted)))
    assert one.pushes["add"].note == adopted
    changed = because(ReasonCode.VISIT_CHANGED, poli="BED", poli_now="INT")
    assert planned(onsite(), record(push("add", "sent", note=changed))).pushes["add"].note is None


def test_what_is_to_be_decided_anew_stays_while_it_is_in_doubt() -> None:
    reread = because(ReasonCode.REREAD)
    one = planned(
        onsite(reg={"status_lanjut": "Ranap"}),
        record(
            push("add", "closed", reason=reread, needs_lookup=True),
            push("3", "closed", "08:05", reason=reread),
        ),
    )
    assert states(one) == {"add": "closed", "3": "due"}


# -- cancels

BELUM = mobilejkn(registration=None, cancel=cancel())
SUDAH = mobilejkn(registration=None, cancel=cancel(statuskirim="Sudah"))
BY_KHANZA = because(ReasonCode.CANCELLED_BY_KHANZA)


@pytest.mark.parametrize(
    ("known", "state"),
    [
        (push("batal", "held", reason=reason("hilang")), "due"),
        (push("batal", "closed", reason=BY_KHANZA), "due"),
        (push("batal", "closed", reason=reason("dilepas", keterangan="x")), "closed"),
        (push("batal", "refused", reason=reason("ditolak", text="x")), "refused"),
        (push("batal", "due", attempts=3), "due"),
    ],
)
def test_which_cancel_is_wanted_again(known: Push, state: str) -> None:
    batal = planned(BELUM, record(known, kind="mobilejkn")).pushes["batal"]
    assert (batal.state, batal.attempts) == (state, known.attempts)


def test_a_cancel_is_of_the_row_that_it_comes_from() -> None:
    assert planned(BELUM).pushes["batal"].source == "batal Mobile JKN"
    known = record(push("batal", "closed", reason=BY_KHANZA, attempts=2), kind="mobilejkn")
    again = planned(BELUM, known).pushes["batal"]
    assert (again.source, again.attempts) == ("batal Mobile JKN", 0)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (push("batal", "due"), "closed"),
        (push("batal", "held", reason=reason("hilang")), "closed"),
        (push("batal", "due", needs_lookup=True), "due"),
        (push("batal", "refused", reason=reason("ditolak", text="x")), "refused"),
    ],
)
def test_a_cancel_that_khanza_has_sent_is_ours_no_more_unless_it_is_in_doubt(
    known: Push, expected: str
) -> None:
    one = planned(SUDAH, record(known, push("3", recorded="08:00"), kind="mobilejkn"))
    assert states(one) == {"batal": expected, "3": "closed"}


CANCELLED = onsite(reg={"stts": "Batal"})
SEEN = seen("Batal", at("09:30"))


def test_an_open_doubt_is_not_given_up_with_the_visit() -> None:
    known = record(
        push("add", "sent"),
        push("3", recorded="08:05", needs_lookup=True),
        push("4", recorded="08:30"),
        seen=SEEN,
    )
    one = planned(CANCELLED, known)
    assert states(one) == {"add": "sent", "3": "held", "4": "closed", "99": "due"}
    assert has_code(one.pushes["3"].reason, ReasonCode.IN_DOUBT)


@pytest.mark.parametrize(
    ("absent", "state"),
    [
        (push("99", "closed", "09:30", reason=because(ReasonCode.CANCELLED)), "due"),  # undone once
        (push("99", "closed", "09:30", reason=reason("dilepas", keterangan="x")), "closed"),
        (
            push(
                "99",
                "closed",
                at("09:30", TUESDAY),
                reason=because(ReasonCode.CANCEL_TOO_LATE, kodebooking="x"),
            ),
            "due",  # a clock that ran ahead
        ),
        (
            push(
                "99",
                "closed",
                "09:30",
                reason=because(ReasonCode.CANCEL_TOO_LATE, kodebooking="x"),
            ),
            "closed",
        ),
    ],
)
def test_which_99_is_wanted_again(absent: Push, state: str) -> None:
    one = planned(CANCELLED, record(push("add", "sent"), absent, seen=SEEN))
    assert one.pushes["99"].state == state


def test_a_99_that_was_refused_is_tried_once_the_visit_is_cancelled_once_more() -> None:
    refused = push("99", "refused", "09:00", reason=reason("ditolak", text="x"))
    one = planned(CANCELLED, record(push("add", "sent"), refused, seen=SEEN))
    assert (one.pushes["99"].state, one.pushes["99"].waktu) == ("due", at("09:30"))
    same = push("99", "refused", "09:30", reason=reason("ditolak", text="x"))
    assert planned(CANCELLED, record(push("add", "sent"), same, seen=SEEN)).pushes["99"] == same


@pytest.mark.parametrize(
    ("absent", "wrong"),
    [
        (None, False),
        (push("99", "due", "09:00"), False),
        (push("99", "closed", "09:00", reason=reason("dilepas", keterangan="x")), False),
        (
            push("99", "closed", "09:30", reason=because(ReasonCode.CANCEL_TOO_LATE)),
            False,
        ),
        (push("99", "closed", "09:00", reason=because(ReasonCode.CANCEL_TOO_LATE)), True),
        (push("99", "held", "09:00", reason=because(ReasonCode.CANCEL_TOO_LATE)), False),
    ],
)
def test_a_99_that_a_wrong_clock_closed(absent: Push | None, wrong: bool) -> None:
    assert closed_late_by_a_wrong_clock(absent, SEEN) is wrong


@pytest.mark.parametrize(
    ("visit", "known", "add", "told"),
    [
        (mobilejkn(), record(kind="mobilejkn"), "onsite,nonjkn", True),
        (onsite(), record(push("3", "sent", "08:05")), "onsite", True),
        (onsite(), record(), "onsite", False),
        (onsite(), record(), "nonjkn", True),  # somebody else adds them
        (onsite(), record(seen=seen("Belum", NOW)), "nonjkn", True),
        (onsite(), record(seen=seen("Belum", NOW, first=True)), "nonjkn", False),
        (nonjkn(), record(kind="nonjkn"), "onsite", False),
    ],
)
def test_what_bpjs_knows(visit: Visit, known: Record, add: str, told: bool) -> None:
    kinds = frozenset(map(Kind, add.split(",")))
    assert told_to_bpjs(visit, known, policy(add=kinds)) is told


@pytest.mark.parametrize(
    ("visit", "known", "add", "concerned"),
    [
        (onsite(), record(), "onsite", True),
        (onsite(reg={"status_lanjut": "Ranap"}), record(), "onsite", False),
        (onsite(reg={"status_lanjut": "Ranap"}), record(push("3", "sent")), "onsite", True),
        (
            onsite(reg={"status_lanjut": "Ranap"}, exams=(exam(on("09:00")),)),
            record(),
            "onsite",
            True,
        ),
        (onsite(registration=None), record(), "onsite", False),
        (nonjkn(), record(), "onsite", False),
        (nonjkn(), record(), "nonjkn", True),
        (mobilejkn(reg={"status_lanjut": "Ranap"}), record(), "onsite", True),
    ],
)
def test_which_visits_are_told_to_bpjs_at_all(
    visit: Visit, known: Record, add: str, concerned: bool
) -> None:
    kinds = frozenset(map(Kind, add.split(",")))
    assert concerns_bpjs(context(visit, NOW, add=kinds), known) is concerned


# -- adds


def test_an_add_that_was_ambiguous_waits_for_bpjss_list_only_where_adopting_is_on() -> None:
    ambiguous = push("add", "held", reason=reason("ganda", count=2, kodebooking="x"), attempts=1)
    waits = planned(onsite(), record(ambiguous), adopt=True).pushes["add"]
    assert (waits.state, waits.attempts) == ("held", 1)
    assert planned(onsite(), record(ambiguous)).pushes["add"].state == "due"
    unmapped = push("add", "held", reason=reason("petakan", kd_poli="INT"), attempts=1)
    assert planned(onsite(), record(unmapped), adopt=True).pushes["add"].state == "due"
    lacking = planned(onsite(slot=None), record(ambiguous), adopt=True)
    assert has_code(lacking.pushes["add"].reason, ReasonCode.NO_SESSION)


def test_what_was_tried_counts_no_more_once_the_add_is_held_or_goes() -> None:
    put_off: dict[str, Any] = {"attempts": 3, "next_try": at("10:20")}
    due = push("add", "due", **put_off)
    assert planned(onsite(), record(due)).pushes["add"] == due
    held = planned(onsite(slot=None), record(due)).pushes["add"]
    assert (held.state, held.attempts, held.next_try) == ("held", 0, at("08:20"))
    asked = push("add", "held", reason=reason("petakan", kd_poli="INT"), **put_off)
    goes = planned(onsite(), record(asked)).pushes["add"]
    assert (goes.state, goes.attempts, goes.next_try) == ("due", 0, None)
    still = planned(onsite(slot=None), record(asked)).pushes["add"]
    assert (still.attempts, still.next_try) == (3, at("10:20"))


def test_a_due_add_without_a_number_is_left_until_somebody_asked_for_the_surat_kontrol() -> None:
    due = push("add", "due", attempts=1)
    assert planned(onsite(sep=None), record(due)).pushes["add"] == due
    asked = planned(onsite(sep=None, surat_asked=True), record(due)).pushes["add"]
    assert has_code(asked.reason, ReasonCode.NO_REFERENCE)
    held = push("add", "held", reason=reason("petakan", kd_poli="INT"))
    one = planned(onsite(sep=None), record(held)).pushes["add"]
    assert has_code(one.reason, ReasonCode.NO_REFERENCE)


def test_a_held_add_asks_at_once_where_the_visit_has_moved_on() -> None:
    assert planned(onsite(slot=None)).pushes["add"].next_try == at("08:20")
    moved_on = onsite(slot=None, exams=(exam(on("08:10")),))
    assert planned(moved_on).pushes["add"].next_try is None
    unknown = onsite(slot=None, reg={"jam_reg": ""})
    assert planned(unknown).pushes["add"].next_try is None


def test_what_bpjs_said_of_a_task_was_the_first_question_of_a_held_add() -> None:
    asked = push("3", "held", "08:05", blocked_by=Step.ADD)
    one = planned(onsite(slot=None), record(asked)).pushes["add"]
    assert (one.attempts, one.next_try) == (1, at("10:01"))


@pytest.mark.parametrize(
    ("jam_reg", "known", "now", "added"),
    [
        ("08:05:00", None, at("08:19:59"), False),
        ("08:05:00", None, at("08:20"), True),
        ("", record(kind="nonjkn", seen=seen("Belum", at("09:50"))), NOW, False),
        ("", record(kind="nonjkn", seen=seen("Belum", at("09:45"))), NOW, True),
        ("", None, NOW, False),
    ],
)
def test_the_delay_of_a_nonjkn_add_counts_from_the_first_that_is_known_of_the_visit(
    jam_reg: str, known: Record | None, now: datetime, added: bool
) -> None:
    one = planned(nonjkn(reg={"jam_reg": jam_reg}), known, now)
    assert states(one)["add"] == ("due" if added else "held")


# -- tasks


@pytest.mark.parametrize(
    ("known", "state"),
    [
        (push("3", "due", "08:05", needs_lookup=True), "due"),
        (
            push(
                "3",
                "held",
                "08:05",
                reason=because(ReasonCode.ADD_REFUSED, add=reason("ditolak", text="x")),
            ),
            "held",
        ),
        (push("3", "due", "08:05"), None),
    ],
)
def test_a_clock_that_was_put_back_forgets_no_doubt(known: Push, state: str | None) -> None:
    late = push("add", "closed", reason=reason("sep"))
    one = planned(onsite(), record(late, known), at("08:00"))
    assert (one.pushes["3"].state if "3" in one.pushes else None) == state


@pytest.mark.parametrize(
    ("known", "visit", "state"),
    [
        # Khanza says another time, or the same
        (push("3", "closed", "07:00", reason=because(ReasonCode.NOT_ON_DAY)), onsite(), "due"),
        (push("3", "closed", "08:05", reason=because(ReasonCode.NOT_ON_DAY)), onsite(), "closed"),
        (push("3", "closed", "08:05", reason=because(ReasonCode.EXPIRED)), onsite(), "due"),
        (push("3", "closed", "08:05", reason=because(ReasonCode.NO_SHOW)), onsite(), "due"),
        (
            push("3", "closed", "08:05", reason=reason("dilepas", keterangan="x")),
            onsite(),
            "closed",
        ),
        (push("3", "closed", "08:00", reason=because(ReasonCode.NO_SHOW)), mobilejkn(), "closed"),
        (
            push(
                "3",
                "closed",
                "08:05",
                reason=because(ReasonCode.NOT_ON_DAY)._replace(behind="2"),
            ),
            onsite(),
            "due",
        ),
    ],
)
def test_which_closed_task_opens_again(known: Push, visit: Visit, state: str) -> None:
    one = planned(visit, record(push("add", "sent"), known, kind=visit.kind))
    assert one.pushes["3"].state == state


def test_a_contradiction_waits_for_bpjs_or_a_person() -> None:
    held = push("3", "held", "08:05", reason=because(ReasonCode.CONTRADICTION, text="x"))
    one = planned(onsite(), record(push("add", "sent"), held)).pushes["3"]
    assert has_code(one.reason, ReasonCode.CONTRADICTION)


@pytest.mark.parametrize(
    ("add", "state"),
    [
        (push("add", "refused", reason=reason("ditolak", text="x")), "held"),
        (push("add", "closed", reason=reason("sep")), "held"),
        (push("add", "sent"), "due"),
        (None, "due"),
    ],
)
def test_what_a_refused_add_kept_goes_on_with_it(add: Push | None, state: str) -> None:
    kept = push(
        "3",
        "held",
        "08:05",
        reason=because(ReasonCode.ADD_REFUSED, add=reason("ditolak", text="x")),
    )
    known = record(*([add] if add else []), kept, kind="mobilejkn")
    visit = mobilejkn(reg={"stts": "Sudah", "jam_reg": "08:05:00"})
    assert planned(visit, known).pushes["3"].state == state


@pytest.mark.parametrize(
    ("known", "note"),
    [
        (push("3", "sent", "08:00"), True),
        (push("3", "already", "08:00"), True),
        (push("3", "sending", "08:00"), False),
        (push("3", "sent", None, waktu=at("08:00")), False),
        (push("3", "sent", "08:05"), False),
    ],
)
def test_a_corrected_time_is_noted_of_what_is_through(known: Push, note: bool) -> None:
    one = planned(onsite(), record(push("add", "sent"), known)).pushes["3"]
    assert has_code(one.note, ReasonCode.TIME_CHANGED) is note


def test_a_refused_time_is_tried_anew_with_another_one_and_not_before_a_minute() -> None:
    refused = push("3", "refused", "08:00", reason=reason("ditolak", text="x"))
    marked = Refusal(mark_of_time(at("08:00")), at("09:59:01"))
    known = record(push("add", "sent"), refused, refusals={"3": (marked,)})
    assert planned(onsite(), known).pushes["3"].state == "refused"
    assert planned(onsite(), known, at("10:00:01")).pushes["3"].state == "due"
    both = (marked, Refusal(mark_of_time(at("08:05")), at("09:00")))
    known = record(push("add", "sent"), refused, refusals={"3": both})
    assert planned(onsite(), known, at("11:00")).pushes["3"].state == "refused"


# -- a line for what is missing, antrean farmasi, what came by hand


def test_each_task_that_later_ones_wait_for_has_a_line_of_its_own() -> None:
    visit = onsite(reseps=(resep(divalidasi=on("09:10")),))
    one = planned(visit, record(push("add", "sent")))
    lines = {
        step
        for step, known in one.pushes.items()
        if has_code(known.reason, ReasonCode.TIME_UNRECORDED)
    }
    assert lines == {"4", "5"}
    assert words(one.pushes["4"].reason).startswith("waktu task 4 belum tercatat")
    through = record(push("add", "sent"), push("6", "sent", "09:10"))
    assert set(planned(visit, through).pushes) == {"add", "3", "6"}


SERVED = onsite(reseps=(resep(divalidasi=on("09:10")),))


@pytest.mark.parametrize(
    ("known", "state"),
    [
        (push("farmasi", "closed", reason=reason("dilepas", keterangan="x")), "closed"),
        (push("farmasi", "closed", reason=because(ReasonCode.CANCELLED)), "due"),
        (push("farmasi", "closed", reason=because(ReasonCode.FARMASI_UNSETTLED)), "due"),
        (push("farmasi", "refused", reason=reason("ditolak", text="x")), "refused"),
        (push("farmasi", "due", attempts=2), "due"),
        (None, "due"),
    ],
)
def test_which_antrean_farmasi_is_wanted(known: Push | None, state: str) -> None:
    begun = record(push("add", "sent"), push("5", "sent", "09:00"), *([known] if known else []))
    farmasi = planned(SERVED, begun, farmasi=True).pushes["farmasi"]
    assert farmasi.state == state
    assert farmasi.attempts == (known.attempts if known else 0)
    if known is None:
        assert farmasi.source == "resep_obat"


@pytest.mark.parametrize(
    ("five", "now", "chosen", "visit"),
    [
        (push("5", "due", "09:00"), NOW, True, SERVED),
        (None, NOW, True, SERVED),
        (push("5", "sent", "09:00"), at("06:00", TUESDAY), True, SERVED),
        (push("5", "sent", "09:00"), NOW, False, SERVED),
        (push("5", "sent", "09:00"), NOW, True, onsite()),
    ],
)
def test_where_no_antrean_farmasi_is_wanted(
    five: Push | None, now: datetime, chosen: bool, visit: Visit
) -> None:
    begun = record(push("add", "sent"), *([five] if five else []))
    assert "farmasi" not in planned(visit, begun, now, farmasi=chosen).pushes


@pytest.mark.parametrize(
    ("known", "state"),
    [
        (typed("4", "held", reason=because(ReasonCode.LEFT_OUT)), "due"),
        (typed("4", "held", reason=because(ReasonCode.GONE)), "due"),
        (typed("4", "held", reason=HANDED_ON), "due"),
        (typed("4", "closed", reason=because(ReasonCode.CANCELLED)), "due"),
        (typed("4", "closed", reason=reason("dilepas", keterangan="x")), "closed"),
        (typed("4", "closed", reason=because(ReasonCode.LEFT_OUT)), "closed"),
        (typed("4", "held", None, reason=because(ReasonCode.LEFT_OUT)), "held"),
    ],
)
def test_what_came_by_hand_is_wanted_again_with_its_visit(known: Push, state: str) -> None:
    one = planned(onsite(), record(push("add", "sent"), push("3", "sent", "07:55"), known))
    assert one.pushes["4"].state == state


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (push("4", "due", "08:30"), None),
        (push("4", "closed", "08:30", reason=because(ReasonCode.CANCELLED)), None),
        (push("4", "closed", "08:30", reason=reason("dilepas", keterangan="x")), "closed"),
        (push("4", "refused", "08:30", reason=reason("ditolak", text="x")), "refused"),
        (push("4", "due", "08:30", needs_lookup=True), "held"),
        (
            push("4", "closed", "08:30", reason=because(ReasonCode.CANCELLED), needs_lookup=True),
            "held",
        ),
        (
            push(
                "4",
                "closed",
                "08:30",
                reason=reason("dilepas", keterangan="x"),
                needs_lookup=True,
            ),
            "closed",
        ),
        (typed("4", "due", "08:30", needs_lookup=True), "due"),
        (push("farmasi", "due", needs_lookup=True), "closed"),
    ],
)
def test_what_is_wanted_no_more_is_withdrawn_unless_it_may_have_left(
    known: Push, expected: str | None
) -> None:
    one = planned(onsite(), record(push("add", "sent"), push("3", "sent", "08:05"), known))
    found = one.push(known.step)
    assert (found.state if found else None) == expected
    if known.step == Step.FARMASI:
        assert found is not None
        assert not found.needs_lookup


def test_a_due_add_of_a_booking_waits_for_no_surat_kontrol() -> None:
    visit = mobilejkn(book={"nomorreferensi": None})
    due = record(push("add", "due"), kind="mobilejkn")
    add = planned(visit, due, add=frozenset({Kind.MOBILEJKN})).pushes["add"]
    assert has_code(add.reason, ReasonCode.NO_REFERENCE)


def test_a_task_that_was_closed_stays_while_khanza_says_nothing_new() -> None:
    closed = push("3", "closed", "08:05", reason=because(ReasonCode.NOT_ON_DAY))
    one = planned(onsite(), record(push("add", "sent"), closed))
    assert one.pushes["3"] == closed


# -- HFIS


@pytest.mark.parametrize(
    ("visit", "known", "lacks"),
    [
        (onsite(), None, True),
        (onsite(), record(), True),
        (onsite(), record(push("add", "held")), True),
        (onsite(), record(push("add", "refused")), True),
        (onsite(), record(push("add", "sent")), False),
        (onsite(), record(push("add", "closed")), False),
        (onsite(slot=None), record(push("add", "sent")), True),
        (onsite(registration=None), None, False),
        (mobilejkn(), None, False),
    ],
)
def test_whose_hours_hfis_is_asked_for(visit: Visit, known: Record | None, lacks: bool) -> None:
    assert lacks_session(visit, known) is lacks


@pytest.mark.parametrize("state", ["due", "held"])
def test_a_task_that_a_person_typed_is_not_replaced_by_khanzas(state: str) -> None:
    has = [push("add", "sent"), push("3", "sent", "08:05")]
    known = record(*has, typed("4", state, "08:20"))
    for clock in ("08:20", "09:00"):
        visit = onsite(reg={"stts": "Sudah"}, exams=(exam(on(clock)),))
        four = planned(visit, known, at("21:00")).pushes["4"]
        assert (four.source, four.recorded) == (MANUAL, at("08:20"))
