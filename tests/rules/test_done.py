"""Which visit is through, so that nothing comes of it until Khanza says something new."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from antrean_cli.rules.done import done_fingerprint, is_done
from antrean_cli.rules.push import Record, Refusal
from antrean_cli.rules.reasons import ReasonCode, because
from antrean_cli.rules.refused_bodies import mark_of_time
from antrean_cli.rules.visits import Visit
from tests.support.rows import (
    KEY,
    TUESDAY,
    at,
    exam,
    mobilejkn,
    nonjkn,
    on,
    onsite,
    policy,
    push,
    reason,
    record,
    seen,
    sep,
    surat,
)

NOW = at("10:00")
SENT = (push("add", "sent"), push("3", "sent", "08:05"))
BATAL = onsite(reg={"stts": "Batal"})
REFUSED: dict[str, Any] = {"reason": reason("ditolak", text="x")}
TOO_LATE = because(ReasonCode.CANCEL_TOO_LATE, kodebooking="x")


def done(visit: Visit, known: Record, **chosen: Any) -> bool:
    return is_done(visit, known, policy(**chosen), NOW, KEY)


@pytest.mark.parametrize(
    ("visit", "known", "expected"),
    [
        (onsite(), record(*SENT), True),
        (onsite(), record(*SENT, push("4", "held")), False),
        (onsite(), record(*SENT, push("4", "due")), False),
        (onsite(), record(*SENT, push("4", "sending")), False),
        (onsite(), record(*SENT, push("4", "sent", needs_lookup=True)), False),
        (onsite(), record(*SENT, push("4", "refused", **REFUSED)), True),
        (onsite(), record(*SENT, push("99", "sent")), True),
        (onsite(), record(), False),  # its add is to come
        (mobilejkn(), record(kind="mobilejkn"), True),
        # a cancel at the desk, which waits, or was closed by a clock that ran ahead
        (BATAL, record(*SENT, seen=seen("Batal", NOW)), False),
        (BATAL, record(*SENT, push("99", "closed", "09:30", reason=TOO_LATE)), True),
        (
            BATAL,
            record(
                *SENT,
                push("99", "closed", at("09:30", TUESDAY), reason=TOO_LATE),
                seen=seen("Batal", at("09:30")),
            ),
            False,
        ),
        (
            BATAL,
            record(
                *SENT,
                push("99", "closed", "09:30", reason=TOO_LATE),
                seen=seen("Batal", at("09:30")),
            ),
            True,
        ),
        (BATAL, record(push("add", "closed", reason=reason("tutup"))), True),  # BPJS never knew
        # a time that lies ahead, or has just come
        (onsite(exams=(exam(on("10:00")),)), record(*SENT, push("4", "sent", "08:20")), True),
        (onsite(exams=(exam(on("10:00:01")),)), record(*SENT), False),
    ],
)
def test_against_it_stands_what_time_alone_changes(
    visit: Visit, known: Record, expected: bool
) -> None:
    assert done(visit, known) is expected


def test_what_nobody_here_adds_lacks_no_add() -> None:
    assert done(nonjkn(), record(kind="nonjkn"), add=frozenset({"onsite"}))
    assert not done(nonjkn(), record(kind="nonjkn"))
    assert done(onsite(), record(push("3", "sent", "08:05")), add=frozenset({"nonjkn"}))


def test_what_was_refused_and_is_mended_waits_for_its_next_try() -> None:
    refused = record(push("add", "refused", **REFUSED), push("3", "sent", "08:05"))
    assert not done(onsite(), refused)  # another body
    lacking = onsite(sep=None, surat_asked=True)
    assert not done(lacking, refused)  # a surat kontrol may come
    assert not done(replace(lacking, surat_kontrol=surat()), refused)
    unmapped = onsite(slot=None, sep=sep())
    assert done(unmapped, refused)
    three = record(push("add", "sent"), push("3", "refused", "08:00", **REFUSED))
    assert not done(onsite(), three)  # another time
    marked = {"3": (Refusal(mark_of_time(at("08:05")), at("09:00")),)}
    assert done(onsite(), replace(three, refusals=marked))


def test_only_what_is_through_has_a_fingerprint() -> None:
    mark = done_fingerprint(onsite(), record(*SENT), policy(), NOW, "p", KEY)
    assert mark
    assert mark != done_fingerprint(onsite(), record(*SENT), policy(), NOW, "q", KEY)
    assert done_fingerprint(onsite(), record(), policy(), NOW, "p", KEY) == ""
