"""Which of its SEPs counts for a visit."""

from __future__ import annotations

import pytest

from antrean_cli.rules.rows import Sep
from antrean_cli.rules.seps import sep_that_counts
from tests.support.rows import sep

OLDER, NEWER = "0301R0011126V000001", "0301R0011126V000002"


def test_without_a_sep_there_is_none_and_a_single_one_counts_whatever_its_clinic() -> None:
    assert sep_that_counts([], "INT") is None
    one = sep(kodepoli="BED", internal="1")
    assert sep_that_counts([one], "INT") is one


@pytest.mark.parametrize(
    ("first", "second"),
    [
        # the clinic's own before one of no clinic, before one of another clinic
        (sep(no_sep=OLDER), sep(no_sep=NEWER, kodepoli="")),
        (sep(no_sep=OLDER), sep(no_sep=NEWER, kodepoli="BED")),
        (sep(no_sep=OLDER, kodepoli="-"), sep(no_sep=NEWER, kodepoli="BED")),
        (sep(no_sep=OLDER, kodepoli="int "), sep(no_sep=NEWER, kodepoli=None)),
        # of the same clinic the visit's very own, and of those the newest
        (sep(no_sep=OLDER), sep(no_sep=NEWER, internal="1")),
        (sep(no_sep=NEWER), sep(no_sep=OLDER)),
        (sep(no_sep=NEWER, kodepoli=""), sep(no_sep=OLDER, kodepoli="")),
        # but another clinic's own does not go before the internal one of this clinic
        (sep(no_sep=OLDER, internal="1"), sep(no_sep=NEWER, kodepoli="BED")),
    ],
)
def test_which_of_two_counts(first: Sep, second: Sep) -> None:
    assert sep_that_counts([first, second], "INT") is first
    assert sep_that_counts([second, first], "INT") is first


@pytest.mark.parametrize("kd_poli", [None, "", "-"])
def test_of_a_visit_without_a_clinic_no_clinic_counts(kd_poli: str | None) -> None:
    of_a_clinic, of_none = sep(no_sep=OLDER, kodepoli="BED"), sep(no_sep=NEWER, kodepoli="")
    assert sep_that_counts([of_a_clinic, of_none], kd_poli) is of_none
    newest = sep(no_sep=NEWER, kodepoli="BED")
    assert sep_that_counts([sep(no_sep=OLDER, kodepoli=""), newest], kd_poli) is newest


@pytest.mark.parametrize(
    ("newer", "older"),
    [
        ("0301R0010127V000001", "0301R0011226V000009"),  # the year before the month
        ("0301R0011226V000001", "0301R0011126V000009"),  # the month before the count
        ("0301R0011026V000001", "0301R0010926V000009"),
        ("0301R0011126V000010", "0301R0011126V000009"),
        ("0301R0011126V100000", "0301R0011126V099999"),
        ("0301R0010130V000001", "0301R0010129V000001"),
        ("0301R0010127V000001", "0302R0011226V000009"),  # whoever issued it
        ("0301R0011126V000001", "0302R0011026V000001"),
    ],
)
def test_of_several_the_newest_counts(newer: str, older: str) -> None:
    one, other = sep(no_sep=newer), sep(no_sep=older)
    assert sep_that_counts([other, one], "INT") is one
    assert sep_that_counts([one, other], "INT") is one
