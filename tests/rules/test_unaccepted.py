"""Why BPJS does not accept who we are: by its words, and by its clock."""

from __future__ import annotations

from datetime import timedelta

import pytest

from antrean_cli.rules.answers import Reply, judge
from antrean_cli.rules.causes import Cause, Trouble, trouble
from antrean_cli.rules.codes import CallName, OutcomeKind


def why(code: str, said: str, off: float | None = None) -> Trouble | None:
    """Return the trouble that an answer is; `off` are the seconds that our clock is ahead."""
    ahead = None if off is None else timedelta(seconds=off)
    reply = Reply(code=code, message="…", said=said, ahead=ahead)
    outcome = judge(CallName.POLI, "", reply)
    assert outcome.kind == OutcomeKind.AUTH_FAILED
    return outcome.why


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("Unauthorized. user_key tidak ada", Cause.KEY_NOT_RECEIVED),
        ("user_key is missing", Cause.KEY_NOT_RECEIVED),
        ("Header user_key  wajib diisi", Cause.KEY_NOT_RECEIVED),
        ("No user_key present in request", Cause.KEY_NOT_RECEIVED),
        ("Authentication parameters missing", Cause.KEY_NOT_RECEIVED),
        ("Unauthorized. user_key tidak terdaftar", Cause.KEY_REFUSED),
        ("Invalid user key", Cause.KEY_REFUSED),
        ("Authentication failed", Cause.KEY_REFUSED),
        ("Consumer ID tidak terdaftar", Cause.CONS_ID_REFUSED),
        ("Unauthorized cons-id", Cause.CONS_ID_REFUSED),
        ("Signature tidak sesuai", Cause.SIGNATURE_REFUSED),
        ("Unauthorized. x-timestamp terlalu jauh dari jam server", Cause.CLOCK_OFF),
        ("<html><head><title>Request Rejected</title>", Cause.BLOCKED),
        ("<!DOCTYPE html><p>user_key missing", Cause.BLOCKED),
        ("Unauthorized", Cause.IDENTITY_REFUSED),
        ("", Cause.IDENTITY_REFUSED),
    ],
)
@pytest.mark.parametrize("code", ["401", "403"])
def test_its_words_tell_where_to_look(code: str, said: str, cause: Cause) -> None:
    assert why(code, said) == trouble(cause, said=f"… (kode {code})")


@pytest.mark.parametrize(
    ("said", "off", "told"),
    [
        ("Signature tidak sesuai", 600, Cause.CLOCK_OFF),
        ("Unauthorized", -90, Cause.CLOCK_OFF),
        ("x-timestamp terlalu jauh", -90, Cause.CLOCK_OFF),
        ("Signature tidak sesuai", 60, Cause.CLOCK_OFF),
        ("Signature tidak sesuai", 59, Cause.SIGNATURE_REFUSED),
        ("Unauthorized", -59, Cause.IDENTITY_REFUSED),
        ("user_key tidak terdaftar", 600, Cause.KEY_REFUSED),
        ("Consumer ID tidak terdaftar", 600, Cause.CONS_ID_REFUSED),
    ],
)
def test_a_clock_that_is_off_is_named_where_it_can_be_the_reason(
    said: str, off: int, told: Cause
) -> None:
    found = why("401", said, off)
    assert found is not None
    assert (found.cause, found.said) == (told, "… (kode 401)")
    assert dict(found.numbers) == ({"seconds": off} if told == Cause.CLOCK_OFF else {})


def test_a_clock_that_bpjs_complains_of_and_does_not_show_is_told_without_a_span() -> None:
    assert why("401", "x-timestamp terlalu jauh") == trouble(Cause.CLOCK_OFF, said="… (kode 401)")
