"""What somebody should have a look at: every problem, its limits, and its sentence."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.operator.overview import (
    Limits,
    Overview,
    ProblemCode,
    ReasonCount,
    count_reasons,
    health_problems,
    overview,
)
from antrean_cli.render.status import problem_sentence, status_document, status_text
from antrean_cli.rules.codes import LeftAlive, State, Step
from antrean_cli.rules.outages import Outage, OutageKind
from antrean_cli.rules.push import Push
from antrean_cli.rules.reasons import ReasonCode, because
from antrean_cli.rules.service_days import BrokenRow
from tests.support.rows import WIB, at, push, record

NOW = at("12:00")
SECOND = timedelta(seconds=1)
BROKEN = BrokenRow("reg_periksa", "2026/99/23/000001", "tgl_registrasi")


def standing(**changed: Any) -> Overview:
    """Return how things stand where all is well, with changes."""
    well: dict[str, Any] = {
        "now": NOW,
        "passed_at": at("11:59"),
        "exit_code": 0,
        "succeeded_at": at("11:59"),
        "begin": NOW.date(),
        "checkpoint": NOW.date(),
        "pending": 0,
        "oldest_pending": timedelta(0),
        "reasons": (),
        "outages": (),
        "broken_rows": (),
        "deadlines": {},
        "pace": None,
    }
    return Overview(**{**well, **changed})


def refused(pushes: int) -> tuple[ReasonCount, ...]:
    reason = because(ReasonCode.REFUSED, text="Rujukan tidak valid")
    return (ReasonCount(state=State.REFUSED, reason=reason, pushes=pushes),)


def outage(kind: OutageKind, failures: int) -> Outage:
    since = at("11:00")
    return Outage(kind=kind, since=since, told_at=since, next_probe=NOW, failures=failures)


def test_what_a_wrong_clock_noted_for_later_has_waited_for_no_time(tmp_path: Path) -> None:
    """The clock was an hour ahead when it became due, and was put right."""
    waiting = push(Step.ADD, State.DUE, since=NOW + timedelta(hours=1))
    with Ledger.open(tmp_path / "ledger.sqlite3", WIB) as ledger:
        with ledger.transaction():
            ledger.save(None, record(waiting), NOW)
        found = overview(ledger, NOW)
    assert (found.pending, found.oldest_pending) == (1, timedelta(0))


def test_reasons_stand_refusals_first_then_by_their_number_then_by_their_code() -> None:
    unmapped = because(ReasonCode.CLINIC_UNMAPPED, kd_poli="MAT")
    waiting = because(ReasonCode.WAITING_FOR_ADD, add=unmapped)
    no_sign = because(ReasonCode.NO_SIGN_YET)
    refused_once = because(ReasonCode.REFUSED, text="NIK salah")
    found = count_reasons(
        [
            push("add", "held", reason=unmapped),
            push("3", "held", reason=no_sign),
            push("4", "held", reason=waiting),
            push("5", "held", reason=because(ReasonCode.REREAD)),
            push("6", "held", reason=because(ReasonCode.REREAD)),
            push("7", "refused", reason=refused_once),
            push("99", "closed", reason=no_sign),
        ]
    )
    assert [(one.reason.code.family, one.pushes) for one in found] == [
        ("ditolak", 1),
        ("ulang", 2),
        ("antrean", 1),
        ("hadir", 1),
        ("petakan", 1),
    ]


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({}, []),
        ({"passed_at": None, "succeeded_at": None}, [ProblemCode.NEVER_RAN]),
        ({"succeeded_at": None}, [ProblemCode.NO_SUCCESS]),
        ({"succeeded_at": at("11:50")}, []),
        ({"succeeded_at": at("11:50") - SECOND}, [ProblemCode.NO_SUCCESS]),
        ({"succeeded_at": NOW}, []),
        ({"succeeded_at": NOW + SECOND}, [ProblemCode.SUCCESS_IN_FUTURE]),
        ({"oldest_pending": timedelta(minutes=60)}, []),
        ({"oldest_pending": timedelta(minutes=60) + SECOND}, [ProblemCode.PENDING_TOO_LONG]),
        ({"reasons": refused(1)}, [ProblemCode.REFUSED]),
        ({"outages": (outage(OutageKind.BPJS, 1),)}, [ProblemCode.OUTAGE]),
        ({"outages": (outage(OutageKind.BUSY, 2),)}, []),  # nobody was told of it yet
        ({"outages": (outage(OutageKind.BUSY, 3),)}, [ProblemCode.OUTAGE]),
        ({"oldest_held": timedelta(hours=24)}, []),
        ({"oldest_held": timedelta(hours=24) + SECOND}, [ProblemCode.HELD_TOO_LONG]),
        ({"lapsing": {NOW.date(): 2}}, [ProblemCode.LAPSING]),
        ({"broken_rows": (BROKEN,)}, [ProblemCode.BROKEN_ROW]),
    ],
)
def test_what_somebody_should_have_a_look_at(
    changed: dict[str, Any], codes: list[ProblemCode]
) -> None:
    problems = health_problems(standing(**changed), Limits())
    assert [problem.code for problem in problems] == codes


def test_refusals_up_to_the_limit_are_no_problem() -> None:
    found = standing(reasons=refused(2))
    assert health_problems(found, Limits(refused=2)) == []
    (problem,) = health_problems(found, Limits(refused=1))
    assert problem_sentence(problem) == (
        "2 kiriman ditolak BPJS; yang dibetulkan di Khanza terkirim sendiri; "
        "lihat: antrean list --refused"
    )


def test_every_problem_has_a_sentence_of_its_own_and_json_has_them() -> None:
    found = standing(
        succeeded_at=None,
        oldest_pending=timedelta(hours=2),
        pending=1,
        reasons=refused(1),
        outages=(outage(OutageKind.BPJS, 3),),
        broken_rows=(BROKEN,),
        oldest_held=timedelta(hours=25),
        lapsing={NOW.date(): 2},
    )
    problems = health_problems(found, Limits())
    problems += health_problems(standing(passed_at=None), Limits())
    problems += health_problems(standing(succeeded_at=NOW + SECOND), Limits())
    assert {problem.code for problem in problems} == set(ProblemCode)
    sentences = [problem_sentence(problem) for problem in problems]
    assert len(set(sentences)) == len(ProblemCode)
    assert all(sentences)
    document = status_document(found, problems)
    assert (document["well"], document["attention"]) == (False, sentences)
    assert [one["code"] for one in document["problems"]] == [one.code for one in problems]
    assert [one["text"] for one in document["problems"]] == sentences
    assert document["broken_rows"] == [
        {"table": "reg_periksa", "key": "2026/99/23/000001", "column": "tgl_registrasi"}
    ]
    shown = " ".join(status_text(found, problems, 80).split())
    assert "PERLU DILIHAT" in shown
    assert all(sentence in shown for sentence in sentences)


@pytest.mark.parametrize(
    ("when", "shown"),
    [
        (None, "belum pernah"),
        (at("11:59:30"), "23-11-2026 11:59:30 (0 menit lalu)"),
        (at("09:30"), "23-11-2026 09:30:00 (2 jam 30 menit lalu)"),
        (NOW - timedelta(days=2, hours=3), "21-11-2026 09:00:00 (2 hari 3 jam lalu)"),
        (at("12:01"), "23-11-2026 12:01:00 (di masa depan)"),
    ],
)
def test_the_last_pass_is_told_with_its_age(when: datetime | None, shown: str) -> None:
    text = status_text(standing(passed_at=when, exit_code=None), (), None)
    assert f"Putaran terakhir    {shown}" in text.splitlines()


def test_in_short_the_overview_says_the_same(tmp_path: Path) -> None:
    """Of what is through nothing is to be told, today, and of days that BPJS takes no more."""
    refusal = because(ReasonCode.REFUSED, text="NIK salah")
    unmapped = because(ReasonCode.CLINIC_UNMAPPED, kd_poli="MAT")
    pushes: dict[str, Push] = {
        "through": push("add", "sent"),
        "held": push("add", "held", reason=unmapped, since=at("08:00")),
        "due": push("3", "due", since=at("09:00")),
        "doubted": push("3", "sent", needs_lookup=True),
        "refused": push("add", "refused", reason=refusal, since=at("10:00")),
    }
    with Ledger.open(tmp_path / "ledger.sqlite3", WIB) as ledger:
        with ledger.transaction():
            for days in (0, 5, 8):
                for name, one in pushes.items():
                    for left in LeftAlive:
                        of = record(
                            one,
                            kodebooking=f"{days}-{name}-{left}",
                            tanggal=NOW.date() - timedelta(days=days),
                            left_alive=left,
                        )
                        ledger.save(None, of, NOW)
        whole, short = overview(ledger, NOW), overview(ledger, NOW, in_short=True)
        read = ledger.unresolved(NOW.date() - timedelta(days=7))
    assert short == whole
    assert len(whole.left_alive) > 0 < whole.pending
    assert [one.kodebooking for one in read if "through-ended" in one.kodebooking] == []
