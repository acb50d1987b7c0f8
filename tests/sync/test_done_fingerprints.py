"""A visit that is through is not planned again, until Khanza says something new or another day
begins.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.simulator.hospital import Hospital
from tests.support.site import MONDAY, WIB, Site


def through(site: Site) -> str:
    """Return a visit with add, 3 and 4 sent, after the pass that finds nothing
    more to do for it.
    """
    no_rawat = site.khanza.visit(MONDAY, jam="08:05:00")
    site.khanza.sep(no_rawat)
    site.khanza.exam(no_rawat, "2026-11-23 08:30:00")
    for _ in range(2):
        site.sync()
        site.clock.forward(minutes=1)
    assert site.states(no_rawat) == {"add": "sent", "3": "sent", "4": "sent"}
    assert site.record(no_rawat).done_fingerprint
    return no_rawat


def prescribed_and_left(khanza: Hospital, no_rawat: str) -> None:
    khanza.resep(no_rawat, divalidasi="2026-11-23 09:10:00")
    khanza.berkas(no_rawat, kembali="2026-11-23 09:00:00")


CHANGES: dict[str, tuple[Callable[[Hospital, str], object], str, str]] = {
    "the folder comes back": (
        lambda k, no: k.berkas(no, kembali="2026-11-23 09:00:00"),
        "5",
        "sent",
    ),
    "stts becomes final": (lambda k, no: k.stts(no, "Sudah"), "5", "sent"),
    "a prescription, then the end": (
        prescribed_and_left,
        "6",
        "sent",
    ),
    "an exam is corrected": (
        lambda k, no: k.update("pemeriksaan_ralan", {"no_rawat": no}, jam_rawat="08:31:00"),
        "4",
        "sent",
    ),
    "the payer changes": (
        lambda k, no: k.update("reg_periksa", {"no_rawat": no}, kd_pj="UMU"),
        "add",
        "sent",
    ),
    "the desk cancels": (lambda k, no: k.stts(no, "Batal"), "99", "sent"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_whatever_khanza_says_anew_is_seen(site: Site, name: str) -> None:
    change, step, state = CHANGES[name]
    no_rawat = through(site)
    change(site.khanza, no_rawat)
    site.sync()
    site.clock.forward(minutes=11)  # a cancel at the desk waits ten
    site.sync()
    push = site.push(no_rawat, step)
    assert push.state == state
    assert bool(push.note) == (name in ("an exam is corrected", "the payer changes"))


def test_the_end_of_the_day_opens_fall_backs_of_a_settled_visit(site: Site) -> None:
    no_rawat = through(site)
    site.clock.at("00:05", day=1)
    site.sync()
    assert site.push(no_rawat, "5").source == "periksa_akhir"


def test_a_time_that_lies_ahead_keeps_a_visit_from_being_settled(site: Site) -> None:
    no_rawat = through(site)
    site.khanza.berkas(no_rawat, kembali=site.clock.now + timedelta(minutes=5))
    site.sync()
    assert "5" not in site.states(no_rawat)
    site.clock.forward(minutes=6)
    site.sync()
    assert site.states(no_rawat)["5"] == "sent"


def test_a_changed_setting_is_a_new_look_at_everything(site: Site) -> None:
    no_rawat = through(site)
    site.sync(ANTREAN_TASK_5="periksa_awal")
    assert "5" in site.states(no_rawat)


def test_a_settled_visit_costs_no_write(site: Site) -> None:
    through(site)
    assert site.sync().changes == []


def test_a_mark_of_an_older_version_costs_one_look(site: Site) -> None:
    """Then the visit has today's mark; BPJS hears nothing of it."""
    no_rawat = through(site)
    before, heard = site.record(no_rawat), len(site.bpjs.arrived)
    with Ledger.open(site.state, WIB) as ledger, ledger.transaction():
        other = replace(before, done_fingerprint="2026-11-23:0badcafe:12345678")
        ledger.save(before, other, site.clock.now)
    looks = [site.sync() for _ in range(2)]
    assert [one.report.visits for one in looks] == [1, 0]
    assert [one.changes for one in looks] == [[], []]
    assert len(site.bpjs.arrived) == heard
    assert site.record(no_rawat) == before, "with today's mark again"
