"""Where each step of a booking is, what differs between the three sides, and how it is mended.

The visit is an onsite one of Monday, registered at 08:05 and examined at 08:20, looked at 09:00.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from antrean_cli.rules.comparison import (
    AtBpjs,
    Case,
    Difference,
    DifferenceKind,
    Place,
    Verdict,
    compare,
    repaired,
)
from antrean_cli.rules.listings import Task
from antrean_cli.rules.push import MANUAL, Push, Record
from antrean_cli.rules.reasons import ReasonCode, because
from antrean_cli.rules.visits import Visit
from tests.support.rows import (
    at,
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
    registration,
    seen,
    states,
    words,
)

NOW = at("09:00")
EXAMINED = onsite(exams=(exam(on("08:20")),))
BATAL = onsite(reg={"stts": "Batal"})
BATAL_BOOKED = mobilejkn(reg={"stts": "Batal"})
SENT = (push("add", "sent"), push("3", "sent", "08:05"), push("4", "sent", "08:20"))
UNKNOWN = AtBpjs()


def rows(**times: str) -> AtBpjs:
    """Return a booking that BPJS has, with these tasks: t3="08:05" is task 3."""
    tasks = [
        Task(taskid=int(name[1:]), wakturs=f"23-11-2026 {clock} WIB", waktu="", taskname="")
        for name, clock in times.items()
    ]
    return AtBpjs(listed=True, rows=tasks)


WHOLE = rows(t3="08:05:00", t4="08:20:00")


def case(visit: Visit | None, after: Record, before: Record | None = None, **changed: Any) -> Case:
    """Return a booking that the ledger has as the next pass would leave it, unless told else."""
    return Case(visit=visit, before=before or after, record=after, **changed)


def compared(one: Case, at_bpjs: AtBpjs, *, now: datetime = NOW, **policy_changes: Any) -> Verdict:
    return compare(one, at_bpjs, policy(**policy_changes), now)


def kinds(verdict: Verdict) -> dict[str, str]:
    return {one.step: one.kind for one in verdict.differences}


def test_of_what_fits_everywhere_nothing_is_said() -> None:
    verdict = compared(case(EXAMINED, record(*SENT)), WHOLE)
    assert verdict.khanza == {"3": at("08:05"), "4": at("08:20"), "add": None}
    assert verdict.places == dict.fromkeys(("add", "3", "4"), Place.AT_BPJS)
    assert verdict.differences == ()


# -- places


@pytest.mark.parametrize(
    ("four", "place"),
    [
        (push("4", "sent", "08:20"), Place.LOST),
        (push("4", "already", "08:20"), Place.LOST),
        (push("4", "due", "08:20"), Place.PENDING),
        (push("4", "sending", "08:20"), Place.PENDING),
        (push("4", "held", "08:20", reason=reason("waktu")), Place.HELD),
        (push("4", "refused", "08:20", reason=reason("ditolak")), Place.REFUSED),
        (push("4", "closed", "08:20", reason=reason("hari")), Place.CLOSED),
    ],
)
def test_a_step_that_bpjs_lacks_is_where_the_ledger_has_it_and_lost_if_that_says_sent(
    four: Push, place: Place
) -> None:
    verdict = compared(case(EXAMINED, record(*SENT[:2], four)), rows(t3="08:05:00"))
    assert verdict.places["4"] is place
    assert ("4" in kinds(verdict)) == (place is Place.LOST)


def test_what_bpjs_has_is_there_whatever_the_ledger_says() -> None:
    for state in ("held", "due", "sending", "sent", "already", "refused", "closed"):
        four = push("4", state, "08:20")
        assert compared(case(EXAMINED, record(*SENT[:2], four)), WHOLE).places["4"] is Place.AT_BPJS


def test_a_booking_that_only_its_tasks_show_is_at_bpjs() -> None:
    verdict = compared(case(EXAMINED, record(*SENT)), replace(WHOLE, listed=False))
    assert verdict.places["add"] is Place.AT_BPJS
    assert verdict.differences == ()


def test_what_no_push_stands_for_comes_with_the_next_pass_and_is_lost_where_none_comes() -> None:
    for in_reach, place in ((True, Place.PENDING), (False, Place.LOST)):
        verdict = compared(case(EXAMINED, record(), in_reach=in_reach), UNKNOWN)
        assert verdict.places == dict.fromkeys(("add", "3", "4"), place)


def test_after_an_accepted_cancel_what_was_not_sent_is_closed() -> None:
    ended = record(*SENT[:2], push("99", "sent", "08:30"))
    verdict = compared(case(EXAMINED, ended, in_reach=False), rows(t3="08:05:00", t99="08:30:00"))
    assert verdict.places["4"] is Place.CLOSED


def test_a_mobile_jkn_booking_that_bpjs_lacks_is_added_by_a_pass_only_if_the_setting_says_so() -> (
    None
):
    booked = case(mobilejkn(), record(kodebooking="B", kind="mobilejkn"))
    assert compared(booked, UNKNOWN).places["add"] is Place.LOST
    wanted = compared(booked, UNKNOWN, add=frozenset({"mobilejkn"}))
    assert wanted.places["add"] is Place.PENDING


def test_antrean_farmasi_is_believed_because_no_list_shows_it() -> None:
    verdict = compared(case(EXAMINED, record(*SENT, push("farmasi", "sent"))), WHOLE)
    assert verdict.places["farmasi"] is Place.AT_BPJS
    assert verdict.differences == ()


def test_what_was_sent_by_hand_has_a_place_though_khanza_records_nothing_of_it() -> None:
    by_hand = push("1", "sent", None, waktu=at("07:55"), source=MANUAL)
    verdict = compared(case(EXAMINED, record(*SENT, by_hand)), WHOLE)
    assert "1" not in verdict.khanza
    assert verdict.places["1"] is Place.LOST


@pytest.mark.parametrize(
    ("visit", "observed", "begun", "by_us", "place"),
    [
        # What was never told of by us is cancelled by a person.
        (BATAL, seen("Batal", at("08:55")), False, True, Place.LOST),
        (BATAL, seen("Batal", at("08:55")), True, True, Place.PENDING),
        (BATAL, seen("Batal", at("08:50")), True, True, Place.LOST),  # the delay is over
        # Where somebody else adds them, BPJS knows what was seen alive.
        (BATAL, seen("Batal", at("08:55")), False, False, Place.PENDING),
        (BATAL, seen("Batal", at("08:55"), first=True), False, False, Place.LOST),
        (BATAL, seen("Batal", at("08:55"), first=True), True, True, Place.PENDING),
        (BATAL_BOOKED, seen("Batal", at("08:55"), first=True), False, True, Place.PENDING),
        (BATAL, None, True, True, Place.LOST),
    ],
)
def test_a_cancel_at_the_desk_is_pending_while_it_waits_for_its_delay(
    visit: Visit, observed: Any, begun: bool, by_us: bool, place: Place
) -> None:
    known = record(*(SENT[:1] if begun else ()), seen=observed, kind=visit.kind)
    add = {"onsite", "nonjkn"} if by_us else {"nonjkn"}
    for in_reach, expected in ((True, place), (False, Place.LOST)):
        verdict = compared(case(visit, known, in_reach=in_reach), rows(), add=frozenset(add))
        assert verdict.places["99"] is expected


def test_a_cancel_that_khanza_says_it_sent_is_lost_if_bpjs_does_not_show_it() -> None:
    told = push("batal", "closed", reason=because(ReasonCode.CANCELLED_BY_KHANZA, verbatim="…"))
    visit = mobilejkn(cancel=cancel(statuskirim="Sudah"))
    verdict = compared(case(visit, record(told, kind="mobilejkn")), rows())
    assert verdict.places["batal"] is Place.LOST
    assert kinds(verdict) == {"batal": DifferenceKind.ALIVE_AT_BPJS}


# -- what BPJS is to know at all


@pytest.mark.parametrize(
    ("visit", "known", "concerns"),
    [
        (onsite(), record(), True),
        (onsite(reg={"status_lanjut": "Ranap"}), record(), False),
        (onsite(reg={"status_lanjut": "Ranap"}), record(push("add", "sent")), True),
        (onsite(reg={"status_lanjut": "Ranap"}), record(push("add", needs_lookup=True)), True),
        (nonjkn(), record(kind="nonjkn"), True),
        (mobilejkn(reg={"status_lanjut": "Ranap"}), record(kind="mobilejkn"), True),
        (onsite(registration=None), record(), False),  # deleted, and not cancelled
        (None, record(), False),
    ],
)
def test_which_visits_bpjs_is_to_know(visit: Visit | None, known: Record, concerns: bool) -> None:
    assert bool(compared(case(visit, known), UNKNOWN).khanza) == concerns


def test_nonjkn_visits_concern_bpjs_only_where_they_are_added() -> None:
    left_alone = compared(case(nonjkn(), record(kind="nonjkn")), UNKNOWN, add=frozenset({"onsite"}))
    assert left_alone.khanza == {}


def test_of_a_clinic_left_out_only_what_was_begun_or_is_at_bpjs_is_asked_for() -> None:
    open_four = record(*SENT[:2], push("4", "held", "08:20", reason=reason("poli")))
    verdict = compared(case(EXAMINED, open_four, takes_part=False), UNKNOWN)
    assert set(verdict.khanza) == {"4"}
    verdict = compared(case(EXAMINED, open_four, takes_part=False), rows(t3="08:05:00"))
    assert set(verdict.khanza) == {"add", "3", "4"}


def test_of_a_cancelled_visit_only_the_cancel_and_what_bpjs_has_is_asked_for() -> None:
    verdict = compared(case(BATAL, record(*SENT[:1])), rows())
    assert set(verdict.khanza) == {"add", "99"}
    assert compared(case(BATAL, record(*SENT[:1])), UNKNOWN).khanza == {}


def test_a_time_to_come_is_not_recorded_yet_unless_it_was_sent() -> None:
    later = onsite(exams=(exam(on("09:01")),))
    assert "4" not in compared(case(later, record(*SENT[:2])), UNKNOWN).khanza
    assert "4" in compared(case(later, record(*SENT)), UNKNOWN).khanza
    just_now = onsite(exams=(exam(on("09:00")),))
    assert "4" in compared(case(just_now, record(*SENT[:2])), UNKNOWN).khanza
    open_four = record(*SENT[:2], push("4", "due", "08:20"))
    assert "4" not in compared(case(later, open_four), UNKNOWN).khanza


def test_an_arrival_that_left_no_trace_counts_only_where_a_push_stands_for_it() -> None:
    absent = mobilejkn()  # registered in advance, nobody came
    assert "3" not in compared(case(absent, record(kind="mobilejkn")), UNKNOWN).khanza
    held = record(push("3", "held", "08:00", reason=reason("hadir")), kind="mobilejkn")
    assert "3" in compared(case(absent, held), UNKNOWN).khanza


# -- kinds of differences


@pytest.mark.parametrize(
    ("visit", "pushes", "at_bpjs", "expected"),
    [
        # lost
        (EXAMINED, SENT, rows(t3="08:05:00"), {"4": "not_at_bpjs"}),
        (EXAMINED, SENT, UNKNOWN, dict.fromkeys(("add", "3", "4"), "not_at_bpjs")),
        (BATAL, SENT[:1], rows(), {"99": "alive_at_bpjs"}),
        # at BPJS, and not noted
        (EXAMINED, (*SENT[:2], push("4", "due", "08:20")), WHOLE, {"4": "not_noted"}),
        (EXAMINED, (push("add", "held", reason=reason("jadwal")),), rows(), {"add": "not_noted"}),
        # another time
        (EXAMINED, SENT, rows(t3="08:05:00", t4="08:20:01"), {"4": "other_time"}),
        (EXAMINED, SENT, rows(t3="08:05:00", t4="08:19:59"), {"4": "other_time"}),
        (
            onsite(exams=(exam(on("08:25")),)),
            SENT,
            WHOLE,
            {"4": "changed_in_khanza"},
        ),
        # only at BPJS
        (onsite(), SENT, WHOLE, {"4": "only_at_bpjs"}),
        (None, SENT, WHOLE, {"add": "only_at_bpjs"}),
        # cancelled there
        (EXAMINED, SENT, replace(WHOLE, cancelled=True), {"99": "cancelled_at_bpjs"}),
        (EXAMINED, SENT, rows(t3="08:05:00", t4="08:20:00", t99="08:30:00"),
         {"99": "cancelled_at_bpjs"}),
        (BATAL, (*SENT[:1], push("99", "due", "08:30")), replace(rows(), cancelled=True),
         {"99": "not_noted"}),
        # none
        (BATAL, (*SENT[:1], push("99", "sent", "08:30")), replace(rows(), cancelled=True), {}),
        (BATAL, (*SENT[:1], push("99", "closed", "08:30")), replace(rows(), cancelled=True), {}),
        (None, SENT, replace(WHOLE, rows=(*WHOLE.rows, *rows(t99="08:30:00").rows)), {}),
        (None, (push("add", "sent", source=MANUAL),), rows(), {}),
        (BATAL, (push("add", "due"),), replace(rows(), cancelled=True), {}),
    ],
)  # fmt: skip
def test_kinds_of_differences(
    visit: Visit | None, pushes: Sequence[Push], at_bpjs: AtBpjs, expected: dict[str, str]
) -> None:
    assert kinds(compared(case(visit, record(*pushes)), at_bpjs)) == expected


def test_what_no_pass_comes_by_and_nobody_sent_is_not_sent() -> None:
    verdict = compared(case(EXAMINED, record(), in_reach=False), UNKNOWN)
    assert kinds(verdict) == dict.fromkeys(("add", "3", "4"), DifferenceKind.NOT_SENT)


def test_nothing_wrong_is_noted_of_what_the_ledger_has_not_met_yet() -> None:
    planned = record(*SENT[:2], push("4", "due", "08:20"))
    one = Case(visit=EXAMINED, before=record(*SENT[:2]), record=planned)
    assert kinds(compared(one, WHOLE)) == {}
    one = Case(visit=EXAMINED, before=None, record=planned)
    assert kinds(compared(one, WHOLE)) == {}


def test_nothing_is_unnoted_where_the_next_pass_has_it_as_sent() -> None:
    before = record(*SENT[:2], push("4", "due", "08:20"))
    one = Case(visit=EXAMINED, before=before, record=record(*SENT))
    assert kinds(compared(one, WHOLE)) == {}


def test_a_booking_made_by_hand_needs_no_visit() -> None:
    by_hand = record(push("1", "sent", None, waktu=at("07:55"), source=MANUAL), kind=MANUAL)
    assert kinds(compared(case(None, by_hand), rows(t1="07:55:00"))) == {}


def test_a_task_that_was_sent_by_hand_needs_no_record_in_khanza() -> None:
    four = push("4", "sent", None, waktu=at("08:30"), source=MANUAL)
    assert kinds(compared(case(onsite(), record(*SENT[:2], four)), WHOLE)) == {"4": "other_time"}
    same = rows(t3="08:05:00", t4="08:30:00")
    assert kinds(compared(case(onsite(), record(*SENT[:2], four)), same)) == {}


@pytest.mark.parametrize("step", ["99", "batal"])
def test_a_cancel_by_hand_of_a_live_visit_is_meant(step: str) -> None:
    known = record(*SENT, push(step, "sent", None, source=MANUAL))
    assert kinds(compared(case(EXAMINED, known), replace(WHOLE, cancelled=True))) == {}


@pytest.mark.parametrize(
    ("clock", "state", "expected"),
    [
        ("08:21:07", "already", {}),  # a tie of 60 s, and a second for each of seven tasks
        ("08:21:08", "already", {"4": "other_time"}),
        ("08:18:53", "already", {}),
        ("08:18:52", "already", {"4": "other_time"}),
        ("08:21:07", None, {}),
        ("08:21:08", None, {"4": "other_time"}),
    ],
)
def test_what_somebody_else_told_bpjs_may_have_been_moved_by_ties(
    clock: str, state: str | None, expected: dict[str, str]
) -> None:
    waktu = at(clock) if state else None
    four = (push("4", state, "08:20", waktu=waktu),) if state else ()
    verdict = compared(case(EXAMINED, record(*SENT[:2], *four)), rows(t3="08:05:00", t4=clock))
    assert kinds(verdict) == expected


def test_a_time_of_bpjss_that_is_none_is_compared_with_nothing() -> None:
    unreadable = Task(taskid=4, wakturs="kemarin", waktu="", taskname="")
    at_bpjs = AtBpjs(listed=True, rows=(*rows(t3="08:05:00").rows, unreadable))
    assert kinds(compared(case(EXAMINED, record(*SENT)), at_bpjs)) == {}


# -- times that are named


@pytest.mark.parametrize(
    ("visit", "four", "clock", "named"),
    [
        (EXAMINED, push("4", "sent", "08:20"), "08:30:00", "08:20"),
        (EXAMINED, push("4", "sent", "08:20", waktu=at("08:21")), "08:30:00", "08:21"),
        (onsite(exams=(exam(on("08:25")),)), push("4", "sent", "08:20"), "08:20:00", "08:25"),
        (EXAMINED, push("4", "already", "08:20", waktu=at("08:40")), "08:30:00", "08:20"),
        (EXAMINED, None, "08:30:00", "08:20"),
    ],
)
def test_beside_bpjss_time_stands_the_one_sent_or_khanzas_where_that_one_differs(
    visit: Visit, four: Push | None, clock: str, named: str
) -> None:
    pushes = (*SENT[:2], *((four,) if four else ()))
    verdict = compared(case(visit, record(*pushes)), rows(t3="08:05:00", t4=clock))
    (one,) = verdict.differences
    assert (one.waktu, one.bpjs) == (at(named), at(clock))


# -- what a repair mends


def repairable(visit: Visit | None, *pushes: Push, at_bpjs: AtBpjs = UNKNOWN) -> dict[str, bool]:
    verdict = compared(case(visit, record(*pushes)), at_bpjs)
    return {one.step: one.repairable for one in verdict.differences}


def test_only_what_has_what_it_needs_is_sent_again() -> None:
    typed = push("1", "already", source=MANUAL)  # BPJS had it already: its time was never known
    timed = push("2", "sent", None, waktu=at("07:55"), source=MANUAL)
    assert repairable(EXAMINED, *SENT, typed, timed) == {
        "add": True, "1": False, "2": True, "3": True, "4": True,
    }  # fmt: skip
    by_hand = push("add", "sent", source=MANUAL)
    assert repairable(None, by_hand) == {"add": False}  # no visit to make its body of
    cancelled = (by_hand, push("batal", "sent", source=MANUAL))
    assert repairable(EXAMINED, *cancelled)["batal"] is True


def test_what_bpjs_takes_no_more_or_is_for_a_person_is_not_repaired() -> None:
    too_late = NOW + timedelta(days=8)
    verdict = compared(case(EXAMINED, record(*SENT)), UNKNOWN, now=too_late)
    assert {one.repairable for one in verdict.differences} == {False}
    moved = rows(t3="08:05:00", t4="08:30:00")
    assert repairable(EXAMINED, *SENT, at_bpjs=moved) == {"4": False}


def mended(visit: Visit | None, *pushes: Push, at_bpjs: AtBpjs = UNKNOWN) -> Record:
    known = record(*pushes, done_fingerprint="…")
    return repaired(known, compared(case(visit, known), at_bpjs), policy())


def test_what_bpjs_lacks_is_due_again_and_asked_for_first() -> None:
    found = mended(EXAMINED, *SENT)
    assert states(found) == dict.fromkeys(("add", "3", "4"), "due")
    assert all(one.needs_lookup for one in found.pushes.values())
    assert found.done_fingerprint == ""


def test_what_was_typed_by_hand_is_due_again_with_the_time_that_was_typed() -> None:
    typed = push("5", "sent", None, waktu=at("08:55"), source=MANUAL)
    found = mended(EXAMINED, *SENT, typed, at_bpjs=WHOLE).pushes["5"]
    assert (found.state, found.waktu) == ("due", at("08:55"))


def test_a_task_1_that_bpjs_lost_is_not_sent_behind_task_3() -> None:
    typed = push("1", "sent", None, waktu=at("07:55"), source=MANUAL)
    found = mended(EXAMINED, *SENT, typed, at_bpjs=WHOLE).pushes["1"]
    assert (found.state, words(found.reason)) == (
        "closed",
        "terlambat: task 3 atau sesudahnya sudah ada di BPJS",
    )


def test_what_bpjs_has_is_noted_a_task_with_the_time_that_bpjs_holds() -> None:
    add = push("add", "refused", reason=reason("ditolak"))
    found = mended(EXAMINED, add, push("3", "due", "08:05"), at_bpjs=rows(t3="08:05:30"))
    assert states(found) == {"add": "already", "3": "already"}
    assert found.pushes["3"].waktu == at("08:05:30")


def test_a_cancel_that_bpjs_lost_is_forgotten_of_a_live_visit_so_that_it_goes_on() -> None:
    learned = push("99", "already")
    found = mended(EXAMINED, *SENT, learned)
    assert states(found) == dict.fromkeys(("add", "3", "4"), "due")
    kept = mended(EXAMINED, *SENT, learned, at_bpjs=replace(WHOLE, cancelled=True))
    assert kept.pushes["99"].state == "already"


def test_a_cancel_that_bpjs_lost_is_kept_of_a_visit_that_is_cancelled() -> None:
    """Too late to send it again: it is no reason to send the rest either."""
    known = record(push("99", "already"))
    verdict = compared(case(BATAL, known, in_reach=False), UNKNOWN)
    assert repaired(known, verdict, policy()).pushes["99"].state == "already"


def test_a_cancel_by_hand_that_bpjs_lost_is_sent_again() -> None:
    by_hand = push("batal", "sent", source=MANUAL)
    assert mended(EXAMINED, *SENT, by_hand, at_bpjs=WHOLE).pushes["batal"].state == "due"


def test_a_repair_touches_nothing_of_a_booking_that_changed_its_pushes_meanwhile() -> None:
    verdict = compared(case(EXAMINED, record(*SENT)), UNKNOWN)
    sending = record(SENT[0], SENT[1], push("4", "sending", "08:20"))
    assert repaired(sending, verdict, policy()).pushes["4"].state == "sending"
    assert "4" not in repaired(record(*SENT[:2]), verdict, policy()).pushes


def test_the_words_of_places_and_kinds_are_those_that_scripts_know() -> None:
    assert [str(place) for place in Place] == [
        "at_bpjs", "pending", "held", "refused", "closed", "lost",
    ]  # fmt: skip
    assert [f"{kind}" for kind in DifferenceKind] == [
        "not_at_bpjs", "not_sent", "alive_at_bpjs", "not_noted", "other_time",
        "changed_in_khanza", "only_at_bpjs", "cancelled_at_bpjs", "unknown_booking",
    ]  # fmt: skip


def test_a_registration_that_is_gone_is_cancelled_if_its_booking_says_so() -> None:
    gone = mobilejkn(registration=None, book={"status": "Batal"})
    assert case(gone, record()).cancelled
    assert not case(mobilejkn(registration=None), record()).cancelled
    assert not case(
        mobilejkn(registration=registration(), book={"status": "Batal"}), record()
    ).cancelled


# -- at the edges

DONE_3 = push("3", "sent", "08:05")


def test_a_verdict_is_of_its_booking() -> None:
    assert compared(case(EXAMINED, record(*SENT)), WHOLE).kodebooking == record().kodebooking


@pytest.mark.parametrize(
    ("before", "after", "unnoted"),
    [
        ("held", "held", True),
        ("sent", "held", False),
        ("held", "sent", False),
    ],
)
def test_a_step_is_unnoted_where_it_was_and_stays_so(
    before: str, after: str, unnoted: bool
) -> None:
    four = {"reason": reason("waktu")}
    one = case(
        EXAMINED,
        record(*SENT[:2], push("4", after, "08:20", **four)),
        record(*SENT[:2], push("4", before, "08:20", **four)),
    )
    assert ("4" in kinds(compared(one, WHOLE))) is unnoted
    met = case(EXAMINED, record(*SENT[:2]), record(*SENT[:2], push("4", "held", "08:20", **four)))
    assert kinds(compared(met, WHOLE)) == {}


def test_what_came_by_hand_of_a_cancelled_visit_has_no_place() -> None:
    typed = push("4", "sent", None, waktu=at("08:20"), source=MANUAL)
    verdict = compared(case(BATAL, record(*SENT[:2], typed)), rows(t3="08:05:00"))
    assert "4" not in verdict.places


@pytest.mark.parametrize(
    ("visit", "pushes", "at_bpjs", "add", "known"),
    [
        (None, SENT, WHOLE, "onsite", False),
        (mobilejkn(registration=None), SENT, WHOLE, "onsite", False),
        (EXAMINED, (), UNKNOWN, "onsite", True),
        (EXAMINED, (), UNKNOWN, "nonjkn", False),
        (EXAMINED, (push("add", "held", reason=reason("jadwal")),), UNKNOWN, "nonjkn", True),
        (EXAMINED, (), WHOLE, "nonjkn", True),
    ],
)
def test_where_the_booking_itself_is_recorded(
    visit: Visit | None, pushes: tuple[Push, ...], at_bpjs: AtBpjs, add: str, known: bool
) -> None:
    one = case(visit, record(*pushes, kind=visit.kind if visit else "onsite"))
    verdict = compared(one, at_bpjs, add=frozenset({add}))
    assert ("add" in verdict.khanza) is known


@pytest.mark.parametrize(
    ("cancels", "at_bpjs", "asked_for"),
    [
        ((), UNKNOWN, False),
        ((), WHOLE, True),
        ((push("99", "held", "08:30", reason=reason("batal")),), UNKNOWN, True),
        ((push("99", "sent", "08:30"),), UNKNOWN, False),
    ],
)
def test_a_cancel_is_asked_for_where_bpjs_has_the_booking_or_it_was_not_sent(
    cancels: tuple[Push, ...], at_bpjs: AtBpjs, asked_for: bool
) -> None:
    verdict = compared(case(BATAL, record(*SENT, *cancels)), at_bpjs)
    assert ("99" in verdict.khanza) is asked_for


def test_what_is_added_by_nobody_is_lost_and_its_tasks_are_not() -> None:
    verdict = compared(
        case(mobilejkn(exams=(exam(on("08:20")),)), record(kind="mobilejkn")), UNKNOWN
    )
    assert verdict.places["add"] is Place.LOST
    assert verdict.places["4"] is Place.PENDING


def test_a_task_of_a_cancelled_visit_is_not_unnoted() -> None:
    four = push("4", "closed", "08:20", reason=reason("batal"))
    assert "4" not in kinds(compared(case(BATAL, record(*SENT[:2], four)), WHOLE))


def test_tasks_1_and_2_need_no_record_in_khanza() -> None:
    one = case(EXAMINED, record(*SENT, push("1", "already", None, waktu=at("07:50"))))
    assert kinds(compared(one, rows(t1="07:50:00", t3="08:05:00", t4="08:20:00"))) == {}
    only = rows(t1="07:50:00", t3="08:05:00", t4="08:20:00", t5="08:40:00")
    assert kinds(compared(case(EXAMINED, record(*SENT)), only)) == {"5": "only_at_bpjs"}


@pytest.mark.parametrize(
    ("four", "bpjs", "kind"),
    [
        (push("4", "sent", "08:20"), "08:20:01", "other_time"),
        (push("4", "sent", None, waktu=None), "08:40:00", None),  # nothing to compare with
        (push("4", "sent", "08:30"), "08:30:00", "changed_in_khanza"),
        (push("4", "already", "08:30"), "08:30:00", "changed_in_khanza"),
        (push("4", "sent", None, waktu=at("08:30")), "08:30:00", None),  # by hand
        (push("4", "sent", "08:30", waktu=at("08:20")), "08:20:00", None),
        (push("4", "sent", "08:20", waktu=at("08:30")), "08:30:00", None),  # moved by ties
        (push("4", "already", "08:20", waktu=at("08:30")), "08:30:00", "other_time"),
        (push("4", "already", "08:20", waktu=at("08:21:07")), "08:21:07", None),
        (push("4", "already", "08:20", waktu=at("08:21:08")), "08:21:08", "other_time"),
        (None, "08:21:07", None),
        (None, "08:21:08", "other_time"),
    ],
)
def test_how_the_times_of_a_task_differ(four: Push | None, bpjs: str, kind: str | None) -> None:
    one = case(EXAMINED, record(*SENT[:2], *([four] if four else [])))
    assert kinds(compared(one, rows(t3="08:05:00", t4=bpjs))).get("4") == kind


def test_of_a_visit_that_does_not_go_on_khanzas_times_are_compared_with_nothing() -> None:
    four = push("4", "sent", "08:30")
    gone = onsite(reg={"stts": "Batal"}, exams=(exam(on("08:20")),))
    there = rows(t3="08:05:00", t4="08:30:00")
    assert "4" not in kinds(compared(case(gone, record(*SENT[:2], four)), there))


def test_a_time_that_waits_is_compared_with_nothing() -> None:
    add = push("add", "already")
    waits = push("3", "held", "07:00", waktu=None, reason=reason("hadir"))
    one = case(mobilejkn(), record(add, waits, kind="mobilejkn"), record(add, kind="mobilejkn"))
    assert kinds(compared(one, rows(t3="08:30:00"))) == {}


@pytest.mark.parametrize(
    ("four", "bpjs", "waktu"),
    [
        (push("4", "sent", "08:20", waktu=at("08:21")), "08:40:00", "08:21"),
        (push("4", "already", "08:20", waktu=at("08:30")), "08:30:00", "08:20"),
        (push("4", "sent", "08:30"), "08:30:00", "08:20"),
        (None, "08:40:00", "08:20"),
        (push("4", "held", "08:20", waktu=None, reason=reason("waktu")), "08:20:00", "08:20"),
    ],
)
def test_which_time_is_named_beside_bpjss(four: Push | None, bpjs: str, waktu: str) -> None:
    one = case(EXAMINED, record(*SENT[:2], *([four] if four else [])))
    differences = compared(one, rows(t3="08:05:00", t4=bpjs)).differences
    (found,) = (each for each in differences if each.step == "4")
    assert found.waktu == at(waktu)


@pytest.mark.parametrize(
    ("visit", "lost", "mendable"),
    [
        (EXAMINED, push("4", "sent", "08:20"), True),
        (EXAMINED, push("4", "sent", None, waktu=at("08:20")), True),
        (EXAMINED, push("4", "already", "08:20", waktu=None), True),
        (EXAMINED, push("4", "already", None), False),
        (EXAMINED, push("add", "sent"), True),
        (mobilejkn(registration=None, cancel=cancel()), push("batal", "sent"), True),
    ],
)
def test_what_bpjs_lacks_is_mended_if_it_can_be_sent(
    visit: Visit, lost: Push, mendable: bool
) -> None:
    known = [push("add", "sent"), DONE_3] if lost.step == "4" else [lost]
    one = case(visit, record(*known, lost, kind=visit.kind))
    at_bpjs = UNKNOWN if lost.step == "add" else rows(t3="08:05:00")
    (found,) = (each for each in compared(one, at_bpjs).differences if each.step == lost.step)
    assert (found.kind, found.repairable) == ("not_at_bpjs", mendable)


def test_what_bpjs_has_is_noted_by_a_repair() -> None:
    held = push("add", "held", reason=reason("jadwal"))
    one = case(EXAMINED, record(held, *SENT[1:]))
    verdict = compared(one, WHOLE)
    assert kinds(verdict) == {"add": "not_noted"}
    assert all(each.repairable for each in verdict.differences)
    after = repaired(one.record, verdict, policy())
    assert states(after) == {"add": "already", "3": "sent", "4": "sent"}


@pytest.mark.parametrize("state", ["due", "held", "refused", "closed"])
def test_a_task_is_noted_by_a_repair_with_the_time_that_bpjs_has(state: str) -> None:
    task = push("4", state, "08:30")
    one = case(EXAMINED, record(*SENT[:2], task))
    has = rows(t3="08:05:00", t4="08:31:00")
    after = repaired(one.record, compared(one, has), policy()).pushes["4"]
    assert (after.state, after.waktu) == ("already", at("08:31"))


def test_what_is_not_to_be_mended_is_left_by_a_repair() -> None:
    lost = push("4", "already", None)
    one = case(EXAMINED, record(*SENT[:2], lost))
    after = repaired(one.record, compared(one, rows(t3="08:05:00")), policy())
    assert after.pushes["4"] == lost
    late = compared(case(EXAMINED, record(*SENT)), UNKNOWN, now=NOW + timedelta(days=8))
    assert repaired(record(*SENT), late, policy()).pushes["4"].state == "sent"


def test_what_is_due_again_has_the_time_that_was_recorded() -> None:
    lost = push("4", "already", "08:20", waktu=None)
    one = case(EXAMINED, record(*SENT[:2], lost))
    after = repaired(one.record, compared(one, rows(t3="08:05:00")), policy())
    assert (after.pushes["4"].state, after.pushes["4"].waktu) == ("due", at("08:20"))


@pytest.mark.parametrize(
    ("visit", "absent", "at_bpjs", "kept"),
    [
        (EXAMINED, push("99", "sent", "08:30"), WHOLE, False),
        (EXAMINED, push("99", "already", None), WHOLE, False),
        (EXAMINED, push("99", "held", "08:30", reason=reason("batal")), WHOLE, True),
        (BATAL, push("99", "already", None), WHOLE, True),
        (EXAMINED, push("99", "already", None), rows(t3="08:05:00", t99="08:30:00"), True),
    ],
)
def test_a_cancel_that_cannot_be_sent_again_is_forgotten_of_a_live_visit(
    visit: Visit, absent: Push, at_bpjs: AtBpjs, kept: bool
) -> None:
    one = case(visit, record(*SENT, absent))
    after = repaired(one.record, compared(one, at_bpjs), policy())
    assert ("99" in after.pushes) is kept


def test_what_was_sent_is_fixed_for_what_khanza_says_of_the_others() -> None:
    moved = onsite(reg={"jam_reg": "08:30:00"}, exams=(exam(on("08:20")),))
    assert kinds(compared(case(moved, record(*SENT)), WHOLE)) == {"3": "changed_in_khanza"}


def test_of_what_bpjs_lacks_the_time_that_it_was_told_is_named() -> None:
    lost = push("4", "already", "08:25")
    (found,) = compared(case(EXAMINED, record(*SENT[:2], lost)), rows(t3="08:05:00")).differences
    assert (found.kind, found.waktu) == ("not_at_bpjs", at("08:25"))
    one = push("1", "already", None, waktu=at("07:50"))
    there = rows(t1="07:55:00", t3="08:05:00", t4="08:20:00")
    (found,) = compared(case(EXAMINED, record(*SENT, one)), there).differences
    assert (found.kind, found.waktu) == ("other_time", at("07:50"))


def test_an_add_whose_visit_is_gone_cannot_be_sent_again() -> None:
    by_hand = record(push("add", "sent", source=MANUAL), kind="mobilejkn")
    (found,) = compared(case(mobilejkn(registration=None), by_hand), UNKNOWN).differences
    assert (found.step, found.kind, found.repairable) == ("add", "not_at_bpjs", False)


LISTED = AtBpjs(listed=True)
HELD_ADD = push("add", "held", reason=reason("jadwal"))


def test_a_booking_that_bpjs_has_without_a_task_is_noted_by_a_repair() -> None:
    one = case(onsite(), record(HELD_ADD))
    verdict = compared(one, LISTED, now=at("08:00"))
    assert kinds(verdict) == {"add": "not_noted"}
    assert states(repaired(one.record, verdict, policy())) == {"add": "already"}


def test_what_somebody_moved_since_it_was_compared_is_left_by_a_repair() -> None:
    unnoted = compared(case(onsite(), record(HELD_ADD)), LISTED, now=at("08:00"))
    through = record(push("add", "sent"))
    assert states(repaired(through, unnoted, policy())) == {"add": "sent"}
    lost = compared(case(onsite(), through), UNKNOWN, now=at("08:00"))
    assert kinds(lost) == {"add": "not_at_bpjs"}
    assert states(repaired(record(push("add", "due")), lost, policy())) == {"add": "due"}


def test_a_99_that_bpjs_lacks_is_sent_again_with_its_time() -> None:
    absent = push("99", "already", "08:30", waktu=None)
    one = case(BATAL, record(*SENT, absent))
    verdict = compared(one, WHOLE)
    assert kinds(verdict) == {"99": "not_at_bpjs"}
    after = repaired(one.record, verdict, policy()).pushes["99"]
    assert (after.state, after.waktu) == ("due", at("08:30"))


def test_a_difference_is_not_mended_unless_it_is_said() -> None:
    assert not Difference("A", "3", DifferenceKind.OTHER_TIME).repairable
