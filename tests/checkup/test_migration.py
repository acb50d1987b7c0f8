"""Taking over from Khanza's own sender."""

from __future__ import annotations

from typing import Any

import pytest

from antrean_cli.checkup.migration import count_adds, judge_sep_form
from antrean_cli.checkup.results import Finding
from antrean_cli.rules.codes import State, Step
from antrean_cli.rules.push import Push
from tests.support.checkup import check
from tests.support.rows import reason, record
from tests.support.site import (
    MONDAY,
    Site,
)


def add_of(state: str, code: str = "") -> Any:
    return record(Push(step=Step("add"), state=State(state), reason=reason(code) if code else None))


@pytest.mark.parametrize(
    ("already", "late", "level"),
    [
        (0, 0, None),
        (30, 0, "ok"),
        (0, 2, "ok"),
        (0, 3, "warning"),
        (30, 3, "ok"),
        (20, 3, "warning"),
    ],
)
def test_many_adds_behind_their_sep_mean_that_the_form_does_not_add(
    already: int, late: int, level: str | None
) -> None:
    records = (
        [add_of("already")] * already
        + [add_of("closed", "sep")] * late
        + [add_of("sent"), add_of("closed", "hadir")]
    )
    counted = count_adds(records)
    assert counted == (already, late)
    found: list[Finding] = list(judge_sep_form(counted))
    assert [finding.level for finding in found] == ([level] if level else [])


def test_the_sep_forms_adds_are_counted_from_the_ledger(site: Site) -> None:
    for number in range(4):
        no_rawat = site.khanza.visit(MONDAY)
        site.khanza.sep(no_rawat)
        norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
        if number:
            site.bpjs.bookings.refuse("sep", norm=norm)
        else:
            site.bpjs.bookings.mobile_jkn(no_rawat, str(MONDAY))
    site.sync()
    found = check(site, CLOCK=site.clock.now.isoformat()).one("sep_form")
    assert found["level"] == "warning"
    assert "1 antrean dijawab 'sudah ada', 3 didahului SEP" in found["text"]


def test_a_pilot_is_told_with_its_clinics(here: Site) -> None:
    checked = check(here, "--offline", ANTREAN_ONLY_POLI="INT,ANA")
    assert checked.one("pilot")["text"] == "Uji coba: hanya poli ANA, INT (ANTREAN_ONLY_POLI)"


def test_what_is_held_and_refused_is_told_with_where_to_look(site: Site) -> None:
    no_rawat = site.khanza.visit(MONDAY)
    site.khanza.sep(no_rawat)
    norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
    site.bpjs.bookings.refuse("rujukan_tidak_valid", norm=norm)
    site.khanza.sep(site.khanza.visit(MONDAY, kd_poli="MAT"))
    site.sync()
    checked = check(site, CLOCK=site.clock.now.isoformat())
    assert checked.one("refused")["advice"] == ["antrean list --refused"]
    assert checked.one("refused")["level"] == "warning"
    assert checked.one("held")["advice"] == ["antrean list --held"]
    assert "terbanyak: poli MAT belum dipetakan" in checked.one("held")["text"]
    assert "next" not in checked.levels
