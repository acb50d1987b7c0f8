"""A pass in numbers: which pushes are counted, and the exit code that they make."""

from __future__ import annotations

import pytest

from antrean_cli.errors import StateError, TemporaryError
from antrean_cli.rules.push import Change, Push
from antrean_cli.sync.pass_report import PassReport
from tests.support.rows import push, record

DUE = push("3", "due")


@pytest.mark.parametrize(
    ("before", "after", "answered", "counted"),
    [
        (DUE, push("3", "sent"), True, "sent"),
        (None, push("3", "sent"), True, "sent"),
        (DUE, push("3", "already"), False, "already"),
        (DUE, push("3", "closed"), False, "closed"),
        (DUE, push("3", "refused"), True, "refused"),
        (DUE, push("3", "refused"), False, ""),  # not said in this pass
        (push("3", "sent"), push("3", "sent", code="200"), True, ""),
        (DUE, push("3", "held"), True, ""),
        (DUE, None, True, ""),
    ],
)
def test_what_came_to_rest_is_counted_once(
    before: Push | None, after: Push | None, answered: bool, counted: str
) -> None:
    report = PassReport()
    report.add([Change(record(), before, after)], answered=answered)
    expected = dict.fromkeys(("sent", "already", "refused", "closed"), 0)
    assert report.counts == (expected | {counted: 1} if counted else expected)
    assert report.exit_code == (3 if counted == "refused" else 0)


def test_an_error_weighs_more_than_a_refusal() -> None:
    report = PassReport(errors=[TemporaryError("x")])
    assert report.exit_code == 5
    report.add([Change(record(), DUE, push("3", "refused"))] * 2, answered=True)
    assert (report.counts["refused"], report.exit_code) == (2, 5)
    report.errors.append(StateError("x"))
    assert report.exit_code == 9
