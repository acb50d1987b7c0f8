"""Replies → outcomes: what the page of answers (tests/bpjs/test_page.py) does not tell."""

from __future__ import annotations

import pytest

from antrean_cli.rules.answers import Outcome, Reply, judge, throttled
from antrean_cli.rules.causes import Cause
from antrean_cli.rules.codes import CallName, OutcomeKind
from antrean_cli.rules.faults import Fault
from antrean_cli.rules.reasons import ReasonCode as Code


@pytest.mark.parametrize(
    ("call", "step", "message", "refusal"),
    [
        ("batal", "batal", "Kode Booking tidak ditemukan", Code.REFUSED_UNKNOWN),
        ("batal", "batal", "KodeBooking  tidak ditemukan", Code.REFUSED_UNKNOWN),
        ("add", "add", "Rujukan tidak valid", Code.REFUSED_REFERENCE),
        ("add", "add", "data nomorreferensi  belum sesuai.", Code.REFUSED_REFERENCE),
        ("updatewaktu", "3", "Rujukan tidak valid", Code.REFUSED),
        ("add", "add", "Data dokter tidak ditemukan.", Code.REFUSED_DOCTOR),
        ("add", "add", "data nik  belum sesuai.", Code.REFUSED),
        ("updatewaktu", "3", "sesuatu", Code.REFUSED),
        ("add", "add", "sudah terbit SEP", None),
        ("updatewaktu", "3", "Kode Booking tidak ditemukan", None),
    ],
)
def test_why_something_was_refused(call: str, step: str, message: str, refusal: Code) -> None:
    assert judge(call, step, Reply(code="201", message=message)).refusal == refusal


@pytest.mark.parametrize(
    ("step", "message", "named"),
    [
        ("4", "TaskId=3 belum ada", "3"),
        ("4", "TaskId=1 belum ada", "1"),
        ("4", "TaskId=7 belum ada", "7"),
        ("4", "TaskId=8 belum ada", None),  # no task of ours
        ("4", "TaskId=0 belum ada", None),
        ("4", "TaskId=4 belum ada", None),  # itself
        ("4", "TaskId sebelumnya belum terkirim", "3"),
        ("2", "TaskId sebelumnya belum terkirim", "1"),
        ("1", "TaskId sebelumnya belum terkirim", None),
        ("99", "TaskId sebelumnya belum terkirim", None),
        ("99", "TaskId=5 belum ada", "5"),
    ],
)
def test_which_step_has_to_go_first(step: str, message: str, named: str | None) -> None:
    outcome = judge("updatewaktu", step, Reply(code="201", message=message))
    assert outcome.named == named
    assert outcome.kind == ("first" if named else "person")


def test_it_is_judged_by_what_bpjs_said_and_told_by_what_may_be_shown() -> None:
    outcome = judge("add", "add", Reply(code="201", message="Data …", said="Data  DOKTER tidak"))
    assert outcome == Outcome(
        kind=outcome.kind, code="201", text="Data …", refusal=Code.REFUSED_DOCTOR
    )


@pytest.mark.parametrize(
    ("code", "retry_after", "kind"),
    [
        ("503", None, "again"),
        ("503", 0.0, "slow"),
        ("503", 5.0, "slow"),
        ("500", 5.0, "again"),
        ("429", None, "slow"),
        ("200", 5.0, "done"),
    ],
)
def test_what_is_overloaded_and_says_until_when_is_a_matter_of_pace(
    code: str, retry_after: float | None, kind: str
) -> None:
    outcome = judge("updatewaktu", "3", Reply(code=code, message="x", retry_after=retry_after))
    assert (outcome.kind, outcome.retry_after) == (kind, retry_after)


@pytest.mark.parametrize("status", [503, 429])
def test_what_a_gateway_does_not_let_through_came_too_soon(status: int) -> None:
    fault = Fault(cause=Cause.OVERLOADED, status=status, retry_after=7.0)
    assert throttled(fault) == Outcome(
        kind=OutcomeKind.THROTTLED, code=str(status), text=f"HTTP {status}", retry_after=7.0
    )


@pytest.mark.parametrize("call", [CallName.UPDATE, CallName.LISTTASK, CallName.PER_KODEBOOKING])
def test_whatever_asks_for_one_booking_learns_that_bpjs_does_not_know_it(call: str) -> None:
    step = "3" if call == CallName.UPDATE else ""
    outcome = judge(call, step, Reply(code="201", message="Kode Booking tidak ditemukan"))
    assert (outcome.kind, outcome.named) == ("first", "add")


def test_what_bpjs_said_is_not_shown_by_accident() -> None:
    assert "PASIEN" not in repr(Reply(code="201", message="x", said="PASIEN CONTOH"))


@pytest.mark.parametrize(
    ("call", "step", "message"),
    [
        ("farmasi", "farmasi", "Nomor antrean farmasi sudah ada"),
        ("updatewaktu", "4", "TaskId terakhir 99"),
        ("updatewaktu", "4", "TaskId terakhir 5"),
        ("updatewaktu", "99", "Waktu tidak valid (2026-03-14 00:44:08 WIB)"),
        ("updatewaktu", "4", "TaskId=3 belum ada"),
        ("updatewaktu", "4", "TaskId sebelumnya belum terkirim"),
        ("updatewaktu", "4", "Kode Booking tidak ditemukan"),
        ("batal", "batal", "Kode Booking tidak ditemukan"),
        ("add", "add", "Pasien sudah terbit SEP pada tanggal tersebut"),
        ("add", "add", "Rujukan tidak valid"),
        ("add", "add", "Data dokter tidak ditemukan."),
        ("add", "add", "data nik  belum sesuai."),
    ],
)
def test_a_text_counts_only_with_the_code_that_it_comes_with(
    call: str, step: str, message: str
) -> None:
    assert judge(call, step, Reply(code="500", message=message)).kind == OutcomeKind.RETRY


@pytest.mark.parametrize(
    ("call", "step", "message", "kind"),
    [
        ("add", "add", "Nomor antrean sudah ada", "person"),
        ("add", "add", "TaskId terakhir 99", "person"),
        ("add", "add", "TaskId terakhir 5", "person"),
        ("updatewaktu", "4", "Waktu tidak valid (2026-03-14 00:44:08 WIB)", "person"),
        ("batal", "batal", "TaskId=3 belum ada", "person"),
        ("batal", "batal", "TaskId sebelumnya belum terkirim", "person"),
        ("add", "add", "Kode Booking tidak ditemukan", "person"),
        ("updatewaktu", "4", "Pasien sudah terbit SEP pada tanggal tersebut", "person"),
    ],
)
def test_a_text_counts_only_for_the_call_that_it_answers(
    call: str, step: str, message: str, kind: str
) -> None:
    assert judge(call, step, Reply(code="201", message=message)).kind == kind


ANTREAN = ("per_tanggal", "per_kodebooking", "aktif", "belum_dilayani")
FINGERPRINTS = ("ref_poli_fp", "ref_pasien_fp")
DASHBOARDS = ("waktu_tanggal", "waktu_bulan")


@pytest.mark.parametrize(
    ("code", "done"),
    [
        ("1", {"ref_poli", "ref_dokter", *FINGERPRINTS}),
        ("201", {"jadwaldokter", *DASHBOARDS}),
        ("204", {"getlisttask", *ANTREAN, *FINGERPRINTS, *DASHBOARDS}),
        ("200", {str(call) for call in CallName}),
        ("404", set()),
    ],
)
def test_that_there_is_none_is_said_by_each_list_in_its_own_code(code: str, done: set[str]) -> None:
    reply = Reply(code=code, message="")
    assert {str(call) for call in CallName if judge(call, "", reply).kind == "done"} == done
