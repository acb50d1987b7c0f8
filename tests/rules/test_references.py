"""jeniskunjungan, and the numbers that a SEP, a booking or a surat kontrol names."""

from __future__ import annotations

from typing import Any

import pytest

from antrean_cli.rules.add_body import add_body
from antrean_cli.rules.add_lacks import what_add_lacks
from antrean_cli.rules.push import Record
from antrean_cli.rules.references import lacks_reference, references_of
from antrean_cli.rules.visits import Visit
from tests.support.rows import mobilejkn, nonjkn, onsite, policy, push, record, sep, surat

RUJUKAN, SKDP = "0301R0021126P000001", "0301R0011126K000009"
NO_SEP = "0301R0011026V000001"
HOSPITAL = "2. Faskes 2(RS)"
CONTROL: dict[str, Any] = {"tujuankunjungan": "2", "asesmenpelayanan": "5"}


@pytest.mark.parametrize(
    ("changed", "jenis", "numbers"),
    [
        ({}, 1, (RUJUKAN,)),
        ({"noskdp": SKDP}, 1, (RUJUKAN, SKDP)),
        ({"noskdp": SKDP, "asal_rujukan": HOSPITAL}, 3, (SKDP, RUJUKAN)),
        ({"noskdp": SKDP, **CONTROL}, 3, (SKDP, RUJUKAN)),
        ({"noskdp": SKDP, "tujuankunjungan": "1", "flagprosedur": "0"}, 2, (RUJUKAN, SKDP)),
        ({"noskdp": "", **CONTROL}, 3, (RUJUKAN,)),
        ({"noskdp": SKDP, "no_rujukan": None, **CONTROL}, 3, (SKDP,)),
        ({"noskdp": RUJUKAN}, 1, (RUJUKAN,)),
        # after a stay in the ward no_rujukan is the number of that stay's SEP
        ({"noskdp": SKDP, "no_rujukan": NO_SEP, "asal_rujukan": HOSPITAL}, 3, (SKDP, NO_SEP)),
        ({"noskdp": SKDP, "no_rujukan": NO_SEP}, 1, (SKDP, NO_SEP)),
        ({"no_rujukan": NO_SEP}, 1, (NO_SEP,)),
        # the second clinic of a day
        ({"internal": "1"}, 2, (RUJUKAN,)),
        ({"internal": "1", "noskdp": SKDP, "asal_rujukan": HOSPITAL}, 2, (RUJUKAN, SKDP)),
        ({"internal": "1", "noskdp": SKDP, **CONTROL}, 3, (SKDP, RUJUKAN)),
    ],
)
def test_of_a_sep_the_better_number_stands_first(
    changed: dict[str, Any], jenis: int, numbers: tuple[str, ...]
) -> None:
    assert references_of(onsite(sep=sep(**changed))) == (jenis, numbers)


@pytest.mark.parametrize("text", [None, "", "-", "0", "null", "NULL", "0000-00-00"])
def test_a_number_that_is_not_filled_is_none(text: str | None) -> None:
    assert references_of(onsite(sep=sep(no_rujukan=text, noskdp=SKDP))) == (1, (SKDP,))
    nothing = onsite(sep=sep(no_rujukan=text, noskdp=text), surat_asked=True)
    assert references_of(nothing).numbers == ()
    assert what_add_lacks(nothing) is not None
    of_letter = onsite(sep=sep(no_rujukan=text, noskdp=text), surat_kontrol=surat())
    assert references_of(of_letter) == (3, (surat().no_surat,))
    letter = onsite(sep=None, surat_kontrol=surat(no_surat=text), surat_asked=True)
    assert references_of(letter).numbers == ()


@pytest.mark.parametrize("flag", ["flagprosedur", "penunjang", "asesmenpelayanan"])
@pytest.mark.parametrize("text", [None, "", "-", "null"])
def test_a_flag_that_is_not_filled_is_none(flag: str, text: str | None) -> None:
    assert references_of(onsite(sep=sep(**{flag: text}))).jeniskunjungan == 1
    assert references_of(onsite(sep=sep(**{flag: "0"}))).jeniskunjungan == 2


def test_either_number_can_be_told() -> None:
    visit = onsite(sep=sep(noskdp=SKDP))
    assert add_body(visit, policy())["nomorreferensi"] == RUJUKAN
    bodies = [add_body(visit, policy(), number) for number in references_of(visit).numbers]
    assert [body["nomorreferensi"] for body in bodies] == [RUJUKAN, SKDP]
    assert {**bodies[0], "nomorreferensi": SKDP} == bodies[1]


def test_a_booking_names_its_own_number_and_kind() -> None:
    found = references_of(mobilejkn(sep=sep(noskdp=SKDP, **CONTROL)))
    assert found == (1, ("0301R0011126P000007",))


@pytest.mark.parametrize("text", [None, "", "-", "0", "null", "9 (Lain)"])
def test_what_a_booking_does_not_say_its_sep_does(text: str | None) -> None:
    book = {"jeniskunjungan": text, "nomorreferensi": None}
    found = references_of(mobilejkn(book=book, sep=sep(noskdp=SKDP, **CONTROL)))
    assert found == (3, (SKDP, RUJUKAN))
    assert references_of(mobilejkn(book=book)) == (None, ())


def test_a_surat_kontrol_counts_only_where_the_sep_names_no_number() -> None:
    visit = onsite(sep=sep(noskdp=SKDP), surat_kontrol=surat())
    assert references_of(visit).numbers == (RUJUKAN, SKDP)


@pytest.mark.parametrize(("noskdp", "jenis"), [("", 4), (SKDP, 3)])
def test_a_sep_that_does_not_say_where_the_referral_comes_from(noskdp: str, jenis: int) -> None:
    visit = onsite(sep=sep(asal_rujukan=None, noskdp=noskdp))
    assert references_of(visit).jeniskunjungan == jenis


@pytest.mark.parametrize(
    ("visit", "known", "lacks"),
    [
        (onsite(sep=None), None, True),
        (onsite(sep=None), record(), True),
        (onsite(sep=None), record(push("add", "held")), True),
        (onsite(sep=None), record(push("add", "due")), True),
        (onsite(sep=None), record(push("add", "refused")), True),
        (onsite(sep=None), record(push("add", "sent")), False),
        (onsite(sep=None), record(push("add", "closed")), False),
        (onsite(sep=None, reg={"stts": "Batal"}), None, False),
        (onsite(), None, False),
        (nonjkn(), None, False),
        (mobilejkn(), None, False),
    ],
)
def test_whom_a_surat_kontrol_could_help(visit: Visit, known: Record | None, lacks: bool) -> None:
    assert lacks_reference(visit, known) is lacks
