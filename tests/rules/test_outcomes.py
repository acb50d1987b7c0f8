"""BPJS's answers: every row of the table of bpjs/README.md, and what becomes of the push."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antrean_cli.rules.answers import Outcome, Reply, judge
from antrean_cli.rules.causes import Cause
from antrean_cli.rules.codes import OutcomeKind, Step, call_of
from antrean_cli.rules.faults import Fault
from antrean_cli.rules.listings import Task, tasks_held
from antrean_cli.rules.ordering import arrange, next_call
from antrean_cli.rules.outcomes import (
    after_answer,
    after_failed_lookup,
    after_fault,
    after_lookup,
)
from antrean_cli.rules.push import MANUAL, Push, PushFault, Record, Refusal, pending
from antrean_cli.rules.reasons import ReasonCode, because, has_code
from antrean_cli.rules.transitions import recover_in_flight
from tests.support.rows import (
    MONDAY,
    TUESDAY,
    at,
    policy,
    push,
    reason,
    record,
    states,
    words,
)

NOW = at("10:00")
LATER_TODAY = at("20:00")

# The seven classes of the code as the five of the page: `already` is done, `ended` is done with the
# booking, `later` waits for a person unless the look-up settles it, and `sep` is closed.
OK, THERE, AGAIN, FIRST, PERSON, STOP = "done", "already", "again", "first", "person", "stop"
SLOW = "slow"
LATER, ENDED, SEP = "later", "ended", "sep"

# bpjs/README.md, Answers: call, step, code, text, class, the step that goes first.
SEEN = [
    ("add", "add", "200", "Ok", OK, ""),
    ("add", "add", "200", "OK", OK, ""),
    ("updatewaktu", "3", "200", "Ok.", OK, ""),
    ("batal", "batal", "200", "Ok", OK, ""),
    ("updatewaktu", "4", "208", "TaskId=4 sudah ada", THERE, ""),
    ("updatewaktu", "4", "201", "TaskId=3 belum ada", FIRST, "3"),
    ("updatewaktu", "6", "201", "TaskId=4 belum ada", FIRST, "4"),
    ("updatewaktu", "2", "201", "TaskId=1 belum ada", FIRST, "1"),
    (
        "updatewaktu",
        "4",
        "201",
        "TaskId=4 tidak valid / TaskId sebelumnya belum terkirim",
        FIRST,
        "3",
    ),
    ("updatewaktu", "5", "201", "TaskId=5 tidak valid", FIRST, "4"),
    ("updatewaktu", "5", "201", "TaskId sebelumnya belum terkirim", FIRST, "4"),
    ("updatewaktu", "3", "201", "Task=1 ada. TaskId=2 belum ada", FIRST, "2"),
    ("updatewaktu", "3", "201", "TaskId terakhir 3", LATER, ""),
    ("updatewaktu", "4", "201", "TaskId terakhir 5", LATER, ""),
    ("updatewaktu", "4", "201", "TaskId terakhir 7", LATER, ""),
    ("updatewaktu", "4", "201", "TaskId terakhir 99", ENDED, ""),
    (
        "updatewaktu",
        "4",
        "201",
        "Waktu (2025-10-17 10:07:27 WIB) tidak boleh kurang atau sama dengan waktu sebelumnya",
        PERSON,
        "",
    ),
    (
        "updatewaktu",
        "4",
        "201",
        "TaskId=3 (2026-03-17 15:39:34 WIB) lebih besar dari pada TaskId=4",
        PERSON,
        "",
    ),
    (
        "updatewaktu",
        "4",
        "201",
        "Waktu tidak valid (2026-03-14 00:44:08 WIB). "
        "Tanggal pelayanan untuk Kode Booking tersebut adalah (2026-03-13)",
        PERSON,
        "",
    ),
    (
        "updatewaktu",
        "4",
        "201",
        "Gagal. Tanggal kirim TaskId maksimal H+7 dari tanggal pelayanan.",
        PERSON,
        "",
    ),
    *(
        ("updatewaktu", "99", "201", text, LATER, "")
        for text in (
            "Waktu (2025-10-17 10:07:27 WIB) tidak boleh kurang atau sama dengan waktu sebelumnya",
            "TaskId=5 (2026-03-17 15:39:34 WIB) lebih besar daripada TaskId=99",
            "Waktu tidak valid (2026-03-14 00:44:08 WIB). "
            "Tanggal pelayanan untuk Kode Booking tersebut adalah (2026-03-13)",
        )
    ),
    ("updatewaktu", "3", "201", "Kode Booking tidak ditemukan", FIRST, "add"),
    ("updatewaktu", "99", "201", "Kode Booking tidak ditemukan", FIRST, "add"),
    ("updatewaktu", "3", "404", "Gagal dicoba kembali (BPJS Kesehatan)", AGAIN, ""),
    ("add", "add", "208", "Terdapat duplikasi Kode Booking", THERE, ""),
    ("add", "add", "201", "Pasien sudah terbit SEP pada tanggal tersebut", SEP, ""),
    ("add", "add", "201", "Rujukan tidak valid", PERSON, ""),
    (
        "add",
        "add",
        "201",
        "Rujukan untuk tanggal 2026-11-23 tidak valid / masa berlaku habis",
        PERSON,
        "",
    ),
    ("add", "add", "201", "data nomorreferensi  belum sesuai.", PERSON, ""),
    ("add", "add", "201", "data nik  belum sesuai.", PERSON, ""),
    ("add", "add", "201", "data nohp  belum sesuai.", PERSON, ""),
    ("add", "add", "201", "data nomorkartu  belum sesuai.", PERSON, ""),
    ("add", "add", "201", "Data dokter tidak ditemukan.", PERSON, ""),
    ("add", "add", "201", "Undefined Error.", AGAIN, ""),
    ("jadwaldokter", "", "201", "Undefined Error.", AGAIN, ""),
    ("batal", "batal", "208", "", THERE, ""),
    ("farmasi", "farmasi", "201", "Nomor antrean farmasi sudah ada", THERE, ""),
    *(
        (call, step, code, "", STOP, "")
        for call, step in (("add", "add"), ("batal", "batal"))
        for code in ("401", "403")
    ),
    ("updatewaktu", "3", "401", "Ok", STOP, ""),
    ("updatewaktu", "3", "201", "Unauthorized", STOP, ""),
    ("add", "add", "201", "Signature tidak sesuai", STOP, ""),
    ("batal", "batal", "201", "Consumer ID tidak terdaftar", STOP, ""),
    ("add", "add", "500", "X-Signature could not be verified", STOP, ""),
    *(
        ("updatewaktu", "3", code, "Terjadi kesalahan", AGAIN, "")
        for code in ("500", "502", "503", "504", "0")
    ),
    ("updatewaktu", "3", "429", "Too Many Requests", SLOW, ""),
    ("add", "add", "429", "", SLOW, ""),
]


def spaced(text: str) -> str:
    """Return a text with its runs of spaces doubled, and more at both ends."""
    return f"  {text.replace(' ', '  ')}\n"


@pytest.mark.parametrize(
    "changed", [str, str.upper, str.lower, spaced], ids=["as seen", "upper", "lower", "spaces"]
)
@pytest.mark.parametrize(("call", "step", "code", "text", "kind", "named"), SEEN)
def test_every_answer_seen(
    call: str, step: str, code: str, text: str, kind: str, named: str, changed: Callable[[str], str]
) -> None:
    """The wording is second-hand: case and runs of spaces do not matter."""
    outcome = judge(call, step, Reply(code=code, message=changed(text)))
    assert (outcome.kind, outcome.named or "", outcome.code) == (kind, named, code)


@pytest.mark.parametrize(
    "text", ["", "Ok", "OK", "Sukses", "Berhasil disimpan", "Sesuatu yang baru", "200"]
)
@pytest.mark.parametrize(
    ("call", "step"),
    [("add", "add"), ("updatewaktu", "4"), ("updatewaktu", "99"), ("batal", "batal")],
)
def test_201_with_an_unknown_text_waits_for_a_person(call: str, step: str, text: str) -> None:
    assert judge(call, step, Reply(code="201", message=text)).kind == PERSON


@pytest.mark.parametrize(
    "code",
    ["1", "100", "202", "204", "300", "400", "404", "409", "500", "999", "-1", "", "OK", "2000"],
)
@pytest.mark.parametrize("text", ["Ok", "Sesuatu yang baru", "TaskId=4 sudah ada"])
def test_an_unknown_code_is_tried_again_and_never_a_success(code: str, text: str) -> None:
    assert judge("updatewaktu", "4", Reply(code=code, message=text)).kind == AGAIN


@settings(deadline=None)
@given(
    st.text(max_size=60),
    st.sampled_from(["add", "3", "4", "5", "6", "7", "99", "batal"]),
    st.text(max_size=5),
)
def test_no_text_makes_a_success(text: str, step: str, code: str) -> None:
    outcome = judge(call_of(step), step, Reply(code=code, message=text))
    assert (outcome.kind in (OK, THERE)) == (code in ("200", "208"))


@pytest.mark.parametrize(
    "text", ["gagal", "Unauthorized", "TaskId=3 belum ada", "Kode Booking tidak ditemukan", ""]
)
def test_200_is_done_whatever_the_text(text: str) -> None:
    """Never compare the message to find success."""
    assert judge("updatewaktu", "4", Reply(code="200", message=text)).kind == OK


@pytest.mark.parametrize(
    ("step", "text"),
    [
        ("1", "TaskId=1 tidak valid / TaskId sebelumnya belum terkirim"),  # there is none before it
        ("4", "TaskId=4 belum ada"),  # it cannot wait for itself
        ("4", "TaskId=12 belum ada"),
        ("4", "TaskId=0 belum ada"),
        ("99", "TaskId=99 tidak valid"),
    ],
)
def test_a_step_that_cannot_go_first_is_for_a_person(step: str, text: str) -> None:
    assert judge("updatewaktu", step, Reply(code="201", message=text)).kind == PERSON


@pytest.mark.parametrize(
    ("step", "call"),
    [
        ("add", "add"),
        ("batal", "batal"),
        ("1", "updatewaktu"),
        ("7", "updatewaktu"),
        ("99", "updatewaktu"),
    ],
)
def test_which_call_sends_a_step(step: str, call: str) -> None:
    assert call_of(step) == call


# What becomes of the push


def answered(
    one: Record, step: str, code: str, text: str = "", now: datetime = NOW, **changed: Any
) -> Record:
    """Return the record after BPJS's answer to one of its pushes, in flight as it really is."""
    flying = one.with_pushes(push(step, "sending", **_fields(one.pushes[step])))
    reply = Reply(code=code, message=text, retry_after=changed.pop("retry_after", None))
    return after_answer(
        flying, step, judge(call_of(step), step, reply), policy(), now, changed.pop("jitter", 0.0)
    )


def _fields(known: Push) -> dict[str, Any]:
    names = (
        "recorded",
        "waktu",
        "source",
        "reason",
        "attempts",
        "needs_lookup",
        "blocked_by",
        "next_try",
        "note",
    )
    return {name: getattr(known, name) for name in names}


DAY = record(
    push("add", "sent"),
    push("3", "sent", "08:05"),
    push("4", recorded="08:30"),
    push("5", "due", "09:00"),
)


def test_an_accepted_task_is_sent_and_lets_the_next_one_go() -> None:
    after = answered(arrange(DAY, policy()), "4", "200", "Ok")
    assert states(after) == {"add": "sent", "3": "sent", "4": "sent", "5": "due"}
    assert after.pushes["4"].code == "200"
    call = next_call(after, NOW)
    assert call is not None
    assert call.push.step == "5"


def test_208_is_done_and_the_time_that_bpjs_holds_is_asked_for() -> None:
    """Nothing is overwritten: what BPJS has may be another time than ours."""
    after = answered(DAY, "4", "208", "TaskId=4 sudah ada")
    assert after.pushes["4"].state == "already"
    call = next_call(after, NOW)
    assert call is not None
    assert (call.push.step, call.lookup) == ("4", True)
    rows = [Task(taskid=4, wakturs="23-11-2026 09:30:00 WIB", waktu="", taskname="")]
    held = after_lookup(after, rows, policy())
    assert held.pushes["4"].waktu == at("09:30")
    assert held.pushes["4"].recorded == at("08:30")
    assert held.pushes["5"].state == "held"  # 09:00 is not after 09:30


@pytest.mark.parametrize("step", ["add", "batal", "99"])
def test_208_of_a_step_without_a_time_that_matters_asks_nothing(step: str) -> None:
    after = answered(record(push(step, recorded=None if step != "99" else "08:30")), step, "208")
    assert after.pushes[step].state == "already"
    assert pending(after) == 0


@pytest.mark.parametrize("code", ["200", "208"])
@pytest.mark.parametrize("step", ["batal", "99"])
def test_after_an_accepted_cancel_nothing_more_is_sent(step: str, code: str) -> None:
    after = answered(
        DAY.with_pushes(push(step, recorded="09:30"), push("6", "held", "09:40")), step, code
    )
    assert {name: after.pushes[name].state for name in "456"} == {
        "4": "closed",
        "5": "closed",
        "6": "closed",
    }
    assert after.ended
    assert next_call(after, LATER_TODAY) is None


# Class again


@pytest.mark.parametrize(
    ("attempts", "minutes"),
    [(0, 1), (1, 2), (2, 4), (3, 8), (4, 16), (5, 30), (6, 30), (100, 30), (10_000, 30)],
)
def test_again_waits_1_2_4_and_so_on_up_to_30_minutes(attempts: int, minutes: int) -> None:
    one = record(push("3", recorded="08:05", attempts=attempts))
    after = answered(one, "3", "500").pushes["3"]
    assert (after.state, after.attempts) == ("due", attempts + 1)
    assert after.next_try == NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize("jitter", [0.0, 0.5, 1.0])
def test_jitter_spreads_the_next_try_a_little(jitter: float) -> None:
    found = (
        answered(record(push("3", recorded="08:05", attempts=2)), "3", "500", jitter=jitter)
        .pushes["3"]
        .next_try
    )
    assert found is not None
    wait = found - NOW
    assert timedelta(minutes=4) <= wait < timedelta(minutes=8)  # never as far as the next step
    assert (wait == timedelta(minutes=4)) is (jitter == 0.0)


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        (None, 60),
        (0.0, 60),
        (30.0, 60),
        (60.0, 60),
        (61.0, 61),
        (600.0, 600),
        (3600.0, 3600),
        (-5.0, 60),
    ],
)
def test_retry_after_is_noted_as_the_next_try(retry_after: float | None, seconds: int) -> None:
    after = answered(record(push("3", recorded="08:05")), "3", "404", retry_after=retry_after)
    assert after.pushes["3"].next_try == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(("retry_after", "noted"), [(None, 0), (2.0, 0), (3.0, 3), (600.0, 600)])
def test_what_came_too_soon_goes_back_in_its_place(retry_after: float | None, noted: int) -> None:
    """Without an attempt, and put off only by a Retry-After of more than two seconds."""
    push3 = push("3", "sending", "08:05")
    after = answered(record(push3), "3", "429", retry_after=retry_after).pushes["3"]
    assert (after.state, after.attempts, after.needs_lookup) == ("due", 0, False)
    assert after.next_try == (NOW + timedelta(seconds=noted) if noted else None)


def test_what_is_put_off_keeps_the_booking_waiting_in_order() -> None:
    after = answered(DAY, "4", "404", "Gagal dicoba kembali (BPJS Kesehatan)")
    assert states(after) == {"add": "sent", "3": "sent", "4": "due", "5": "due"}
    assert next_call(after, NOW + timedelta(seconds=59)) is None
    call = next_call(after, NOW + timedelta(seconds=60))
    assert call is not None
    assert call.push.step == "4"


# Class person and stop


def test_a_refused_push_waits_for_a_person_with_bpjss_words() -> None:
    text = "data nik  belum sesuai."
    after = answered(record(push("add"), push("3", recorded="08:05")), "add", "201", text)
    add = after.pushes["add"]
    assert (add.state, add.code) == ("refused", "201")
    assert add.reason is not None
    assert words(add.reason) == text


def test_a_refusal_without_words_still_has_a_text() -> None:
    refused = answered(DAY, "4", "201", " ").pushes["4"]
    assert refused.reason is not None
    assert words(refused.reason) == "ditolak BPJS (kode 201)"


def test_a_refused_task_holds_the_next_one() -> None:
    after = answered(
        DAY, "4", "201", "Gagal. Tanggal kirim TaskId maksimal H+7 dari tanggal pelayanan."
    )
    assert states(after) == {"add": "sent", "3": "sent", "4": "refused", "5": "held"}
    assert next_call(after, LATER_TODAY) is None


def test_a_refused_add_does_not_by_itself_stop_the_tasks() -> None:
    after = answered(
        record(push("add"), push("3", recorded="08:05")), "add", "201", "Rujukan tidak valid"
    )
    call = next_call(after, NOW)
    assert call is not None
    assert call.push.step == "3"


def test_refused_credentials_leave_the_push_as_it_was() -> None:
    after = answered(DAY, "4", "401", "Unauthorized").pushes["4"]
    assert (after.state, after.attempts, after.next_try) == ("due", 0, None)


@pytest.mark.parametrize(
    ("step", "code", "before", "after"),
    [
        ("4", "401", True, True),
        ("4", "401", False, False),
        ("add", "401", False, False),
        ("4", "404", True, True),
        ("4", "404", False, False),
        ("add", "404", False, True),  # it may have been taken
        ("farmasi", "404", False, True),
        ("4", "200", True, False),
        ("add", "201", True, False),
    ],
)
def test_a_doubt_ends_with_an_answer_that_settles_something(
    step: str, code: str, before: bool, after: bool
) -> None:
    one = record(push("add", "sending"), push("4", "sending", "08:30"), push("farmasi", "sending"))
    doubtful = one.with_pushes(replace(one.pushes[step], needs_lookup=before))
    assert answered(doubtful, step, code, "Gagal dicoba").pushes[step].needs_lookup is after


def test_a_doctor_that_bpjs_does_not_know_is_a_refusal_of_its_own() -> None:
    after = answered(record(push("add")), "add", "201", "Data dokter tidak ditemukan.")
    assert (after.pushes["add"].state, after.pushes["add"].reason) == (
        "refused",
        because(ReasonCode.REFUSED_DOCTOR, text="Data dokter tidak ditemukan."),
    )


def test_what_a_call_says_that_sends_no_task_names_no_later_one() -> None:
    for call in ("add", "batal", "farmasi"):
        assert judge(call, call, Reply(code="201", message="TaskId terakhir 5")).kind == PERSON
        assert judge(call, call, Reply(code="201", message="TaskId terakhir 99")).kind == PERSON


# Class first


def test_a_missing_task_that_we_thought_sent_goes_first() -> None:
    after = answered(DAY, "4", "201", "TaskId=3 belum ada")
    assert (after.pushes["3"].state, after.pushes["4"].state, after.pushes["5"].state) == (
        "due",
        "held",
        "held",
    )
    assert after.pushes["4"].reason is not None
    assert "task 3" in words(after.pushes["4"].reason)
    call = next_call(after, NOW)
    assert call is not None
    assert call.push.step == "3"
    call = next_call(answered(after, "3", "200", "Ok"), NOW)
    assert call is not None
    assert call.push.step == "4"


def test_a_missing_task_that_khanza_does_not_have_is_waited_for() -> None:
    """Task 2 is sent by hand: meanwhile task 3 is tried again now and then."""
    one = record(push("add", "sent"), push("3", recorded="08:05"))
    after = answered(one, "3", "201", "Task=1 ada. TaskId=2 belum ada")
    assert after.pushes["3"].state == "held"
    assert next_call(after, NOW) is None
    call = next_call(after, NOW + timedelta(minutes=2))
    assert call is not None
    assert call.push.step == "3"
    by_hand = arrange(after.with_pushes(push("2", "sent", None, waktu=at("07:59"))), policy())
    assert by_hand.pushes["3"].state == "due"


def test_a_booking_that_bpjs_does_not_know_yet_after_an_accepted_add_is_tried_again() -> None:
    """It can also be a moment's delay after an add."""
    one = record(push("add", "sent"), push("3", recorded="08:05"))
    after = answered(one, "3", "201", "Kode Booking tidak ditemukan")
    assert (after.pushes["3"].state, after.pushes["3"].next_try) == (
        "due",
        NOW + timedelta(minutes=1),
    )


def test_a_booking_that_bpjs_does_not_know_after_a_refused_add_is_held_and_asked_for_no_more() -> (
    None
):
    add = push("add", "refused", reason=reason("ditolak", text="data nik  belum sesuai."))
    after = answered(
        record(add, push("3", recorded="08:05"), push("4", recorded="08:30")), "3", "201", NOT_FOUND
    )
    assert states(after) == {"add": "refused", "3": "held", "4": "held"}
    assert after.pushes["3"].reason is not None
    assert words(after.pushes["3"].reason) == "antrean ditolak: data nik  belum sesuai."
    assert next_call(after, at("23:00")) is None


def test_a_booking_that_waited_for_its_add_is_asked_for_no_more_once_that_was_refused() -> None:
    """A Mobile JKN booking whose add came later."""
    waited = push(
        "3",
        "held",
        "08:05",
        blocked_by="add",
        reason=reason("diminta"),
        attempts=1,
        next_try=at("09:59"),
    )
    one = answered(
        record(push("add"), waited, kind="mobilejkn"), "add", "201", "data nik  belum sesuai."
    )
    call = next_call(one, NOW)
    if call:
        one = answered(one, "3", "201", NOT_FOUND)
    assert one.pushes["3"].state == "held"
    assert one.pushes["3"].reason is not None
    assert words(one.pushes["3"].reason).startswith("antrean ditolak: ")
    assert next_call(one, at("23:00")) is None


def test_an_add_closed_because_the_sep_came_first_closes_its_tasks() -> None:
    one = answered(
        record(push("add"), push("3", recorded="08:05"), push("4", recorded="08:30")),
        "add",
        "201",
        HAS_SEP,
    )
    assert one.pushes["add"].state == "closed"
    assert one.pushes["add"].reason is not None
    assert words(one.pushes["add"].reason) == "SEP mendahului antrean"
    call = next_call(one, NOW)
    assert call is not None
    assert call.push.step == "3"  # Khanza's SEP form may have added it: BPJS's answer tells
    after = answered(one, "3", "201", NOT_FOUND)
    assert states(after) == {"add": "closed", "3": "closed", "4": "closed"}


NOT_FOUND = "Kode Booking tidak ditemukan"
HAS_SEP = "Nomor kartu tersebut sudah terbit SEP pada hari ini"


def test_a_booking_that_nobody_added_waits_to_be_known() -> None:
    """A kind that is not in ANTREAN_ADD: somebody else adds it, perhaps later."""
    after = answered(record(push("3", recorded="08:05")), "3", "201", NOT_FOUND)
    assert (after.pushes["3"].state, after.pushes["3"].blocked_by) == ("held", "add")
    assert next_call(after, NOW) is None
    assert next_call(after, NOW + timedelta(minutes=1)) is not None


def test_99_of_a_booking_that_bpjs_does_not_know_is_closed() -> None:
    after = answered(record(push("99", recorded="08:30")), "99", "201", NOT_FOUND)
    assert after.pushes["99"].state == "closed"


def told(one: Record, answers: Callable[[Push], tuple[str, str]], now: datetime = NOW) -> list[str]:
    """Return what is asked of BPJS for a booking at one moment, and its end."""
    calls: list[str] = []
    while (call := next_call(one, now)) and len(calls) < 50:
        calls.append("?" if call.lookup else str(call.push.step))
        if call.lookup:
            rows = [Task(taskid=3, wakturs="23-11-2026 08:05:00 WIB", waktu="", taskname="")]
            one = after_lookup(one, rows, policy())
        else:
            one = answered(one, call.push.step, *answers(call.push))
    return [*calls, *(f"{step} {state}" for step, state in states(one).items())]


@pytest.mark.parametrize(
    ("again", "calls"),
    [(("200", "Ok"), ["4", "3", "4"]), (("208", "TaskId=3 sudah ada"), ["4", "3", "?", "4"])],
)
def test_a_step_that_is_still_asked_for_after_it_was_sent_again_holds_the_task(
    again: tuple[str, str], calls: list[str]
) -> None:
    """It says that task 3 is there, and to task 4 that task 3 is missing."""

    def says(push: Push) -> tuple[str, str]:
        return again if push.step == "3" else ("201", "TaskId=3 belum ada")

    three = "3 sent" if again[0] == "200" else "3 already"
    assert told(DAY, says) == [*calls, "add sent", three, "4 held", "5 held"]
    assert told(DAY, says, at("23:00"))[: len(calls)] == calls


def test_a_contradiction_is_held_with_bpjss_own_sentence_and_not_tried_again() -> None:
    one = answered(DAY, "4", "201", "TaskId=3 belum ada")
    one = answered(one, "3", "200", "Ok")
    one = answered(one, "4", "201", "TaskId=3  belum ada!")
    four = one.pushes["4"]
    assert (four.state, words(four.reason)) == ("held", "TaskId=3  belum ada!")
    assert words(one.pushes["5"].reason) == "menunggu task 4"
    assert next_call(arrange(one, policy()), at("00:00", TUESDAY)) is None


@pytest.mark.parametrize("asked", ["3", "1"])
def test_another_step_that_bpjs_asks_for_is_sent_again_as_well(asked: str) -> None:
    """BPJS wants 1 and 2 first; once they are there, 3 has to come after them."""
    one = record(
        push("add", "sent"),
        *(push(step, "sent", f"08:0{step}") for step in "123"),
        push("4", recorded="08:30"),
    )
    first = f"TaskId={asked} belum ada"
    one = answered(answered(one, "4", "201", first), asked, "200", "Ok")
    other = "2" if asked == "3" else "3"
    one = answered(one, "4", "201", f"TaskId={other} belum ada")
    call = next_call(one, NOW)
    assert call is not None
    assert call.push.step == other
    one = answered(one, other, "200", "Ok")
    call = next_call(one, NOW)
    assert call is not None
    assert call.push.step == "4"


@pytest.mark.parametrize("waktu", [None, at("07:59")])
def test_a_step_by_hand_that_bpjs_asks_for_is_sent_again_if_its_time_is_known(
    waktu: datetime | None,
) -> None:
    by_hand = push("2", "sent", None, source="manual", waktu=waktu)
    one = record(push("add", "sent"), by_hand, push("3", recorded="08:05"))
    says = ("201", "Task=1 ada. TaskId=2 belum ada")
    calls = told(one, lambda push: ("200", "Ok") if push.step == "2" else says)
    assert calls[:-3] == (["3", "2", "3"] if waktu else ["3", "3"])
    assert calls[-1] == "3 held"


def test_bpjs_cannot_be_asked_without_end_in_one_pass_when_it_names_one_step_after_the_other() -> (
    None
):
    one = DAY.with_pushes(push("4", "sent", "08:30"))
    named = iter("34" * 50)

    def says(push: Push) -> tuple[str, str]:
        return ("201", f"TaskId={next(named)} belum ada") if push.step == "5" else ("200", "Ok")

    assert len(told(one, says)) < 12


# 99 that is refused for its time

NOT_LATER = "Waktu (2026-11-23 08:20:00 WIB) tidak boleh kurang atau sama dengan waktu sebelumnya"


@pytest.mark.parametrize(
    ("held", "state"), [((5,), "closed"), ((3, 4, 5, 6, 7), "closed"), ((7,), "closed"), ((4,), "")]
)
def test_99_that_is_refused_for_its_time_is_looked_up(held: tuple[int, ...], state: str) -> None:
    one = record(push("add", "sent"), push("3", "sent", "08:05"), push("99", recorded="08:20"))
    after = answered(one, "99", "201", NOT_LATER)
    call = next_call(after, NOW)
    assert call is not None
    assert (call.push.step, call.lookup) == ("99", True)
    absent = after_lookup(after, listed(*((task, "08:30") for task in held)), policy()).pushes["99"]
    if state:
        assert (absent.state, words(absent.reason)[:24]) == (state, "batal setelah pelayanan ")
    else:
        assert (absent.state, words(absent.reason)) == ("refused", NOT_LATER)


def test_99_whose_list_cannot_be_read_is_for_a_person() -> None:
    one = answered(
        record(push("add", "sent"), push("99", recorded="08:20")), "99", "201", NOT_LATER
    )
    refused = Outcome(kind=OutcomeKind.REJECTED, code="201", text="…")
    absent = after_failed_lookup(one, "99", refused, policy(), NOW, 0.0).pushes["99"]
    assert (absent.state, words(absent.reason)) == ("refused", NOT_LATER)


# But for what only came too soon: how often that goes back in its place is the pass's to say.
ANSWERS = [(code, text) for _, _, code, text, kind, _ in SEEN if kind != SLOW]


@settings(deadline=None)
@given(
    st.fixed_dictionaries(
        {step: st.sampled_from(ANSWERS) for step in ("add", "3", "4", "5", "6", "7", "99", "batal")}
    ),
    st.sets(st.sampled_from(["add", "3", "4", "5", "6", "7", "99", "batal"]), min_size=1),
    st.lists(st.sampled_from(["1", "2", "3", "4", "5", "7"]), max_size=4, unique=True),
)
def test_whatever_bpjs_keeps_saying_a_pass_comes_to_an_end(
    words: dict[str, tuple[str, str]], steps: set[str], held: list[str]
) -> None:
    """Each booking costs a bounded number of calls at one moment, and none is left in flight."""
    clocks = {"3": "08:05", "4": "08:30", "5": "09:00", "6": "09:10", "7": "09:20", "99": "09:30"}
    one = arrange(
        record(*(push(step, recorded=clocks.get(step)) for step in sorted(steps))), policy()
    )
    rows = [
        Task(taskid=int(step), wakturs="23-11-2026 08:00:00 WIB", waktu="", taskname="")
        for step in held
    ]
    calls = 0
    while call := next_call(one, NOW):
        calls += 1
        assert calls <= 40
        if call.lookup:
            one = after_lookup(one, rows, policy())
            continue
        code, text = words[call.push.step]
        if (
            judge(call_of(call.push.step), call.push.step, Reply(code=code, message=text)).kind
            == STOP
        ):
            break  # the pass ends at once
        one = answered(one, call.push.step, code, text)
    assert "sending" not in states(one).values()


# TaskId terakhir


def test_a_later_task_at_bpjs_is_looked_up_before_it_is_called_refused() -> None:
    after = answered(DAY, "4", "201", "TaskId terakhir 5")
    assert after.pushes["4"].state == "held"
    call = next_call(after, NOW)
    assert call is not None
    assert call.lookup


def test_what_the_look_up_finds_is_already_there_and_the_rest_goes_on() -> None:
    after = answered(DAY.with_pushes(push("6", recorded="09:10")), "4", "201", "TaskId terakhir 5")
    found = after_lookup(after, listed((3, "08:05"), (4, "08:31"), (5, "09:01")), policy())
    assert states(found) == {"add": "sent", "3": "sent", "4": "already", "5": "already", "6": "due"}
    assert found.pushes["4"].waktu == at("08:31")


def test_what_the_look_up_does_not_find_stays_refused() -> None:
    after = answered(DAY, "4", "201", "TaskId terakhir 5")
    found = after_lookup(after, listed((3, "08:05"), (5, "09:01")), policy())
    assert (found.pushes["4"].state, found.pushes["5"].state) == ("refused", "already")
    assert found.pushes["4"].reason is not None
    assert words(found.pushes["4"].reason) == "TaskId terakhir 5"
    assert next_call(found, LATER_TODAY) is None


def test_99_at_bpjs_ends_the_booking() -> None:
    after = answered(DAY, "4", "201", "TaskId terakhir 99")
    assert after.ended
    assert (after.pushes["4"].state, after.pushes["5"].state) == ("closed", "closed")
    assert next_call(after, LATER_TODAY) is None


# Faults and unknown outcomes


def listed(*rows: tuple[int, str]) -> list[Task]:
    """Return rows of getlisttask, with their times of Monday."""
    return [
        Task(taskid=task, wakturs=f"23-11-2026 {clock}:00 WIB", waktu="", taskname="")
        for task, clock in rows
    ]


FLYING = record(push("add", "sent"), push("3", "sent", "08:05"), push("4", "sending", "08:30"))


@pytest.mark.parametrize(("cause", "reached"), [(Cause.TIMEOUT, True), (Cause.DNS, False)])
def test_a_fault_counts_no_attempt(cause: Cause, reached: bool) -> None:
    after = after_fault(FLYING, "4", Fault(cause=cause), NOW).pushes["4"]
    assert (after.state, after.attempts, after.next_try, after.needs_lookup) == (
        "due",
        0,
        None,
        reached,
    )


def test_a_fault_that_cannot_have_reached_bpjs_is_simply_repeated() -> None:
    call = next_call(after_fault(FLYING, "4", Fault(cause=Cause.DNS), NOW), NOW)
    assert call is not None
    assert (call.push.step, call.lookup) == ("4", False)


def test_a_task_that_nobody_has_heard_of_breaks_nothing_and_tells_that_the_booking_is_there() -> (
    None
):
    doubtful = record(push("add", needs_lookup=True), push("3", "due", "08:05"))
    found = after_lookup(doubtful, listed((0, "08:00"), (8, "10:00")), policy())
    assert states(found) == {"add": "already", "3": "due"}


def test_a_task_with_an_unknown_outcome_is_looked_up_and_found() -> None:
    after = after_fault(FLYING, "4", Fault(cause=Cause.TIMEOUT), NOW)
    call = next_call(after, NOW)
    assert call is not None
    assert call.lookup
    found = after_lookup(after, listed((3, "08:05"), (4, "08:30")), policy())
    assert (found.pushes["4"].state, found.pushes["4"].waktu, found.pushes["4"].needs_lookup) == (
        "already",
        at("08:30"),
        False,
    )


def test_a_task_with_an_unknown_outcome_is_looked_up_and_sent_again_if_it_is_not_there() -> None:
    after = after_lookup(
        after_fault(FLYING, "4", Fault(cause=Cause.TIMEOUT), NOW), listed((3, "08:05")), policy()
    )
    assert (after.pushes["4"].state, after.pushes["4"].needs_lookup) == ("due", False)
    call = next_call(after, NOW)
    assert call is not None
    assert (call.push.step, call.lookup) == ("4", False)


def test_what_was_found_in_sending_after_a_crash_is_looked_up() -> None:
    one = FLYING.with_pushes(recover_in_flight(FLYING.pushes["4"]))
    call = next_call(one, NOW)
    assert call is not None
    assert call.lookup


@pytest.mark.parametrize("step", ["add", "batal"])
def test_add_and_batal_with_an_unknown_outcome_are_sent_again_and_208_settles_them(
    step: str,
) -> None:
    after = after_fault(record(push(step, "sending")), step, Fault(cause=Cause.TIMEOUT), NOW)
    call = next_call(after, NOW)
    assert call is not None
    assert (call.push.step, call.lookup) == (step, False)
    assert answered(after, step, "208").pushes[step].state == "already"


def test_a_second_fault_keeps_the_question() -> None:
    """The first may have reached BPJS, although the second did not."""
    once = after_fault(FLYING, "4", Fault(cause=Cause.TIMEOUT), NOW)
    twice = after_fault(once, "4", Fault(cause=Cause.DNS), NOW)
    assert twice.pushes["4"].needs_lookup


@pytest.mark.parametrize("state", ["already", "refused"])
def test_a_fault_of_a_look_up_leaves_what_was_known(state: str) -> None:
    one = record(push("3", state, "08:05", needs_lookup=True))
    after = after_fault(one, "3", Fault(cause=Cause.TIMEOUT), NOW).pushes["3"]
    assert (after.state, after.needs_lookup) == (state, True)


def test_a_gateways_retry_after_is_noted() -> None:
    after = after_fault(FLYING, "4", Fault(cause=Cause.OVERLOADED, retry_after=120.0), NOW)
    assert after.pushes["4"].next_try == NOW + timedelta(seconds=120)
    assert next_call(after, NOW + timedelta(seconds=119)) is None


def test_an_empty_list_means_that_bpjs_has_nothing() -> None:
    after = after_lookup(after_fault(FLYING, "4", Fault(cause=Cause.TIMEOUT), NOW), [], policy())
    assert after.pushes["4"].state == "due"
    assert not after.pushes["4"].needs_lookup


def test_a_look_up_that_finds_99_ends_the_booking() -> None:
    after = after_lookup(
        after_fault(FLYING, "4", Fault(cause=Cause.TIMEOUT), NOW),
        listed((99, "08:20")),
        policy(),
    )
    assert after.ended
    assert after.pushes["4"].state == "closed"


def test_a_look_up_never_makes_a_sent_task_unsent() -> None:
    after = after_lookup(
        FLYING.with_pushes(push("4", "due", "08:30", needs_lookup=True)),
        listed((4, "08:30")),
        policy(),
    )
    assert (after.pushes["3"].state, after.pushes["4"].state) == ("sent", "already")


def test_a_look_up_that_bpjs_puts_off_is_asked_again_later() -> None:
    one = record(push("4", recorded="08:30", needs_lookup=True))
    after = after_failed_lookup(
        one, "4", Outcome(kind=OutcomeKind.RETRY, code="500", text=""), policy(), NOW, 0.0
    )
    assert after.pushes["4"].needs_lookup
    assert next_call(after, NOW) is None
    call = next_call(after, NOW + timedelta(minutes=1))
    assert call is not None
    assert call.lookup


def test_a_look_up_that_bpjs_refuses_leaves_it_to_208() -> None:
    one = record(push("4", recorded="08:30", needs_lookup=True))
    after = after_failed_lookup(
        one, "4", Outcome(kind=OutcomeKind.REJECTED, code="201", text="…"), policy(), NOW, 0.0
    )
    call = next_call(after, NOW)
    assert call is not None
    assert (call.push.step, call.lookup) == ("4", False)


def test_99_is_not_sent_once_a_look_up_has_found_task_5() -> None:
    """Task 5 was in doubt when the cancel was planned: a visit that is through is not called
    absent.
    """
    doubtful = push("5", "due", "09:00", needs_lookup=True)
    one = record(
        push("3", "sent", "08:05"),
        push("4", "sent", "08:30"),
        doubtful,
        push("99", recorded="09:30"),
    )
    call = next_call(one, NOW)
    assert call is not None
    assert call.lookup
    after = after_lookup(one, listed((3, "08:05"), (4, "08:30"), (5, "09:00")), policy())
    call = next_call(after, NOW)
    assert call is None or call.push.step != "99"


# getlisttask


def test_a_task_shown_twice_counts_once_with_the_later_time() -> None:
    assert tasks_held(listed((3, "08:05"), (4, "08:30"), (3, "08:20"))) == {
        "3": at("08:20"),
        "4": at("08:30"),
    }
    assert tasks_held(listed((3, "08:20"), (3, "08:05"))) == {"3": at("08:20")}


def test_a_task_whose_time_cannot_be_read_is_there_all_the_same() -> None:
    rows = [Task(taskid=3, wakturs="?", waktu="", taskname="")]
    assert tasks_held(rows) == {"3": None}
    after = after_lookup(record(push("3", recorded="08:05", needs_lookup=True)), rows, policy())
    assert (after.pushes["3"].state, after.pushes["3"].waktu) == ("already", at("08:05"))


def test_tasks_1_and_2_that_bpjs_holds_are_kept_as_well() -> None:
    after = after_lookup(
        record(push("3", recorded="08:05", needs_lookup=True)),
        listed((1, "07:50"), (2, "08:10")),
        policy(),
    )
    assert (after.pushes["1"].state, after.pushes["2"].state) == ("already", "already")
    assert after.pushes["3"].state == "held"  # task 2 is at 08:10 there
    assert after.tanggal == MONDAY


# -- what shows that BPJS has a booking whose add did not go out

HELD_ADD = push("add", "held", reason=reason("petakan"), next_try=at("09:00"))
ASKED = push("3", "sending", "08:05")


@pytest.mark.parametrize("add", [HELD_ADD, push("add", "refused", reason=reason("ditolak"))])
@pytest.mark.parametrize(
    ("code", "text", "settled"),
    [
        ("200", "Ok", True),
        ("208", "TaskId=3 sudah ada", True),
        ("201", "Task=1 ada. TaskId=2 belum ada", True),
        ("201", "TaskId terakhir 5", True),
        ("201", "TaskId terakhir 99", True),
        ("201", "Kode Booking tidak ditemukan", False),
        ("201", "sesuatu yang belum pernah didengar", False),
        ("500", "Terjadi kesalahan", False),
        ("401", "", False),
    ],
)
def test_what_settles_an_add_that_did_not_go_out(
    add: Push, code: str, text: str, settled: bool
) -> None:
    one = record(add, ASKED, push("4", "held", "08:30"))
    outcome = judge("updatewaktu", "3", Reply(code=code, message=text))
    after = after_answer(one, "3", outcome, policy(), NOW, 0.0)
    assert (after.pushes["add"].state == "already") is settled


@pytest.mark.parametrize(("kind", "following"), [("onsite", at("10:01")), ("nonjkn", None)])
def test_a_question_in_vain_is_counted_with_the_add(kind: str, following: datetime | None) -> None:
    one = record(HELD_ADD, replace(ASKED, blocked_by=Step.ADD), kind=kind)
    outcome = judge("updatewaktu", "3", Reply(code="201", message="Kode Booking tidak ditemukan"))
    after = after_answer(one, "3", outcome, policy(), NOW, 0.0)
    add, three = after.pushes["add"], after.pushes["3"]
    assert (add.state, add.attempts, add.next_try) == ("held", 1, following)
    assert (three.state, three.attempts, three.next_try, three.blocked_by) == (
        "held",
        0,
        None,
        None,
    )
    assert words(three.reason).startswith("antrean belum ada di BPJS: ")


def test_an_answer_that_puts_off_or_refuses_who_we_are_counts_as_no_question() -> None:
    for code in ("500", "401"):
        outcome = judge("updatewaktu", "3", Reply(code=code, message=""))
        after = after_answer(record(HELD_ADD, ASKED), "3", outcome, policy(), NOW, 0.0)
        assert after.pushes["add"] == HELD_ADD
        assert after.pushes["3"].state == "held"


# At the edges of the moves


def said(step: str, code: str, text: str = "", retry_after: float | None = None) -> Outcome:
    reply = Reply(code=code, message=text, retry_after=retry_after)
    return judge(call_of(step), step, reply)


UNKNOWN = "Kode Booking tidak ditemukan"
A_FAULT = PushFault(1, at("09:50"), Cause.TIMEOUT)


@pytest.mark.parametrize(
    ("code", "forgotten"), [("200", True), ("208", True), ("500", True), ("401", False)]
)
def test_what_bpjs_says_to_a_push_ends_its_faults(code: str, forgotten: bool) -> None:
    one = record(push("3", "sending", "08:05"), faults={"3": A_FAULT, "4": A_FAULT})
    after = after_answer(one, "3", said("3", code), policy(), NOW, 0.0)
    assert set(after.faults) == ({"4"} if forgotten else {"3", "4"})
    slow = after_answer(one, "3", said("3", "429"), policy(), NOW, 0.0)
    assert slow.faults == one.faults


def test_why_it_was_held_is_forgotten_with_the_answer() -> None:
    one = record(push("add", "held", reason=reason("ganda", count=2, kodebooking="x")))
    assert answered(one, "add", "500").pushes["add"].reason is None


def test_an_add_in_flight_is_not_settled_by_a_task() -> None:
    one = record(push("add", "sending", needs_lookup=True), push("3", "sending", "08:05"))
    after = after_answer(one, "3", said("3", "200"), policy(), NOW, 0.0)
    assert states(after) == {"add": "sending", "3": "sent"}


@pytest.mark.parametrize("state", ["due", "closed"])
def test_an_add_that_is_to_go_or_given_up_is_not_settled_by_a_task(state: str) -> None:
    after = answered(record(push("add", state), push("3", recorded="08:05")), "3", "200")
    assert states(after) == {"add": state, "3": "sent"}


def test_a_step_that_is_asked_for_twice_and_not_sent_yet_is_no_contradiction() -> None:
    one = record(
        push("3", "held", "10:30", reason=reason("tercatat", step="3", sources="x")),
        push("4", recorded="08:30", blocked_by=Step.TASK_3),
    )
    after = answered(one, "4", "201", "TaskId=3 belum ada")
    assert has_code(after.pushes["4"].reason, ReasonCode.WAITING_FOR_TASK)
    assert after.pushes["4"].blocked_by == "3"
    assert after.pushes["3"] == one.pushes["3"]


def test_what_somebody_else_sent_is_not_sent_again() -> None:
    one = record(push("3", "already", None, waktu=at("08:05")), push("4", recorded="08:30"))
    assert answered(one, "4", "201", "TaskId=3 belum ada").pushes["3"].state == "already"


@pytest.mark.parametrize(
    ("add", "state"),
    [
        (push("add", "sent"), "due"),  # a moment's delay
        (push("add", "already"), "due"),
        (push("add", "refused", reason=reason("ditolak", text="x")), "closed"),
        (push("add", "due"), "closed"),
    ],
)
def test_99_of_a_booking_that_bpjs_does_not_know_waits_for_an_add_that_it_took(
    add: Push, state: str
) -> None:
    after = answered(record(add, push("99", recorded="09:00")), "99", "201", UNKNOWN)
    assert after.pushes["99"].state == state


def test_why_the_add_is_held_is_told_with_the_task_that_asked() -> None:
    add = push("add", "held", reason=reason("referensi"))
    one = record(add, push("3", next_try=at("09:59"), blocked_by=Step.ADD))
    three = answered(one, "3", "201", UNKNOWN).pushes["3"]
    assert three.reason == because(ReasonCode.WAITING_FOR_ADD, add=reason("referensi"))
    assert (three.next_try, three.blocked_by) == (None, None)


def test_a_task_waits_for_an_add_that_is_to_be_tried_anew() -> None:
    """Why it was refused stays with it until BPJS answers."""
    one = record(
        push("add", "due", reason=reason("ditolak", text="x")), push("3", recorded="08:05")
    )
    three = answered(one, "3", "201", UNKNOWN).pushes["3"]
    assert (three.state, three.blocked_by) == ("held", "add")


@pytest.mark.parametrize(
    ("kind", "attempts", "now", "minutes"),
    [
        ("manual", 0, NOW, 1),
        ("manual", 1, NOW, 4),
        ("manual", 2, NOW, 15),
        ("manual", 4, NOW, 14 * 60),  # when the day is over
        ("manual", 2, at("10:00", TUESDAY), 24 * 60),
        ("mobilejkn", 0, NOW, 1),
        ("mobilejkn", 1, NOW, 2),
        ("mobilejkn", 2, NOW, 4),
    ],
)
def test_what_only_a_person_knows_is_asked_for_more_rarely(
    kind: str, attempts: int, now: datetime, minutes: int
) -> None:
    typed = push("3", recorded="08:05", source=MANUAL, attempts=attempts)
    three = answered(record(typed, kind=kind), "3", "201", UNKNOWN, now).pushes["3"]
    assert three.next_try == now + timedelta(minutes=minutes)


@pytest.mark.parametrize("state", ["due", "held", "refused"])
def test_an_add_in_doubt_never_came_where_bpjs_does_not_know_the_booking(state: str) -> None:
    one = record(
        push("add", state, needs_lookup=True, reason=reason("ditolak", text="x")),
        push("3", recorded="08:05", needs_lookup=True),
    )
    assert not answered(one, "3", "201", UNKNOWN).pushes["add"].needs_lookup
    other = one.with_pushes(push("4", recorded="08:30", needs_lookup=True))
    assert answered(other, "3", "201", UNKNOWN).pushes["4"].needs_lookup


def test_a_refusal_of_which_nothing_more_is_known() -> None:
    no = Outcome(kind=OutcomeKind.REJECTED, code="201", text="x")
    after = after_answer(record(push("3", "sending", "08:05")), "3", no, policy(), NOW, 0.0)
    assert after.pushes["3"].reason == because(ReasonCode.REFUSED, text="x")


def test_99_that_bpjs_has_keeps_what_was_known_of_it() -> None:
    one = record(push("4", recorded="08:30"), push("99", "held", "09:00"))
    absent = answered(one, "4", "201", "TaskId terakhir 99").pushes["99"]
    assert (absent.state, absent.waktu) == ("already", at("09:00"))
    assert absent.reason == because(ReasonCode.CANCELLED_AT_BPJS)


@pytest.mark.parametrize("code", ["401", "429"])
@pytest.mark.parametrize("state", ["due", "closed", "sent"])
def test_what_somebody_moved_while_its_call_was_on_its_way_stays(state: str, code: str) -> None:
    one = record(push("3", state, "08:05", next_try=at("10:20")))
    three = after_answer(one, "3", said("3", code), policy(), NOW, 0.0).pushes["3"]
    assert (three.state, three.next_try) == (state, at("10:20"))


@pytest.mark.parametrize(
    ("retry_after", "expected"), [(None, at("10:20")), (1.0, at("10:20")), (60.0, at("10:01"))]
)
def test_what_was_put_off_stays_so_unless_bpjs_says_until_when(
    retry_after: float | None, expected: datetime
) -> None:
    one = record(push("3", "sending", "08:05", next_try=at("10:20")))
    slow = after_answer(one, "3", said("3", "429", retry_after=retry_after), policy(), NOW, 0.0)
    assert slow.pushes["3"].next_try == expected
    fault = Fault(cause=Cause.OVERLOADED, status=429, retry_after=retry_after)
    assert after_fault(one, "3", fault, NOW).pushes["3"].next_try == expected
    asked = record(push("3", "due", "08:05", next_try=at("10:20"), needs_lookup=True))
    too_soon = Outcome(kind=OutcomeKind.THROTTLED, code="429", text="", retry_after=retry_after)
    later = after_failed_lookup(asked, "3", too_soon, policy(), NOW, 0.0).pushes["3"]
    assert (later.next_try, later.needs_lookup) == (expected, True)


@pytest.mark.parametrize(
    ("answered_at", "own"), [(None, False), (at("09:50"), False), (at("09:55"), True)]
)
def test_a_push_that_is_not_answered_while_others_are_is_put_off_by_itself(
    answered_at: datetime | None, own: bool
) -> None:
    one = record(push("3", "sending", "08:05"), faults={"3": A_FAULT})
    after = after_fault(one, "3", Fault(cause=Cause.TIMEOUT), NOW, answered_at=answered_at)
    assert (after.faults["3"].times, after.faults["3"].own) == (2, own)
    assert after.pushes["3"].next_try == (NOW + timedelta(minutes=1) if own else None)


@pytest.mark.parametrize(("state", "expected"), [("due", "closed"), ("refused", "refused")])
def test_99_is_given_up_for_a_served_patient_only_where_it_is_to_go(
    state: str, expected: str
) -> None:
    one = record(push("99", state, "09:00"))
    assert after_lookup(one, listed((5, "08:40")), policy()).pushes["99"].state == expected


UNKNOWN_TO_A_LIST = Outcome(kind=OutcomeKind.PREREQUISITE, code="201", text=UNKNOWN, named=Step.ADD)


@pytest.mark.parametrize(
    ("add", "attempts", "following"),
    [
        (push("add", "held", reason=reason("referensi")), 1, at("10:01")),
        (push("add", "due", needs_lookup=True), 0, None),
        (push("add", "sent"), 0, None),
    ],
)
def test_a_list_of_a_booking_that_bpjs_does_not_know_answers_the_question_of_a_held_add(
    add: Push, attempts: int, following: datetime | None
) -> None:
    one = record(add, push("3", recorded="08:05", needs_lookup=True))
    after = after_failed_lookup(one, "3", UNKNOWN_TO_A_LIST, policy(), NOW, 0.0)
    known = after.pushes["add"]
    assert (known.attempts, known.next_try, known.needs_lookup) == (attempts, following, False)
    assert not after.pushes["3"].needs_lookup
    assert after.pushes["3"].state == ("held" if add.state == "held" else "due")


def test_it_answers_nothing_where_there_is_no_add() -> None:
    one = record(push("3", recorded="08:05", needs_lookup=True))
    after = after_failed_lookup(one, "3", UNKNOWN_TO_A_LIST, policy(), NOW, 0.0)
    assert not after.pushes["3"].needs_lookup


def test_a_list_that_names_another_step_is_one_that_cannot_be_read() -> None:
    one = record(
        push("add", "held", reason=reason("referensi")),
        push("3", "held", "08:05", needs_lookup=True),
    )
    odd = Outcome(kind=OutcomeKind.PREREQUISITE, code="201", text="x", named=Step.TASK_4)
    after = after_failed_lookup(one, "3", odd, policy(), NOW, 0.0)
    assert after.pushes["add"] == one.pushes["add"]
    assert not after.pushes["3"].needs_lookup


@pytest.mark.parametrize(("attempts", "minutes"), [(0, 1), (2, 4)])
def test_a_list_that_bpjs_puts_off_counts_an_attempt(attempts: int, minutes: int) -> None:
    one = record(push("3", recorded="08:05", needs_lookup=True, attempts=attempts))
    later = after_failed_lookup(one, "3", said("3", "500"), policy(), NOW, 0.0).pushes["3"]
    assert (later.attempts, later.next_try) == (attempts + 1, NOW + timedelta(minutes=minutes))


def test_a_body_that_was_refused_is_known_again_by_its_mark() -> None:
    one = record(push("3", "sending", "08:05"))
    after = after_answer(one, "3", said("3", "201", "x"), policy(), NOW, 0.0, "mark")
    assert after.refused("3") == (Refusal("mark", NOW),)
    assert after_answer(one, "3", said("3", "201", "x"), policy(), NOW, 0.0).refused("3") == ()
