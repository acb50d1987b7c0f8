"""What is put off is seen everywhere: a NON JKN add, and a cancel at the desk, until when."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.patients import patient
from tests.support.site import MONDAY, Site

NONJKN = "ditunda sampai 08:20 (pasien umum)"
CANCEL = "ditunda sampai 08:50 (batal di meja)"


@pytest.fixture
def delayed(site: Site) -> Site:
    """A hospital with a NON JKN visit that was registered and examined, and waits."""
    site.clock.at("07:00")
    site.sync()
    no_rawat = site.khanza.visit(MONDAY, jam="08:05:00", kd_pj="UMU")
    site.khanza.exam(no_rawat, f"{MONDAY} 08:08:00")
    site.clock.at("08:10")
    return site


@pytest.fixture
def cancelled(site: Site) -> Site:
    """A hospital with a visit that BPJS has all of, and that the desk cancelled at 08:40."""
    site.clock.at("08:30")
    no_rawat = patient(site)
    site.sync()
    site.khanza.stts(no_rawat, "Batal")
    site.clock.at("08:40")
    return site


def run(site: Site, *args: str) -> str:
    done = site.run(*args, CLOCK=site.clock.now.isoformat())
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def shown(site: Site, *args: str) -> str:
    return " ".join(run(site, *args).split())


def document(site: Site, *args: str) -> Any:
    return json.loads(run(site, *args, "--json"))


@pytest.mark.parametrize(("visits", "text"), [("delayed", NONJKN), ("cancelled", CANCEL)])
def test_every_screen_says_until_when(
    visits: str, text: str, request: pytest.FixtureRequest
) -> None:
    site: Site = request.getfixturevalue(visits)
    assert text in shown(site, "sync", "--dry-run")
    site.sync()
    (listed,) = document(site, "list")
    assert (listed["state"], listed["reason"]) == ("held", text)
    (counted,) = document(site, "status")["reasons"]
    assert (counted["reason"], counted["pushes"]) == (text, 1)
    assert text in shown(site, "status")
    assert text in shown(site, "show", "2026/11/23/000001")
    assert document(site, "status")["held_for_people"] == 0


@pytest.mark.parametrize("passed", [False, True])
def test_reconcile_and_show_agree_about_a_delayed_add(delayed: Site, passed: bool) -> None:
    """Its tasks wait for it: nothing is pending, and nothing is missing."""
    if passed:
        delayed.sync()
        page = shown(delayed, "show", "2026/11/23/000001")
        assert "tambah ditahan" in page
        assert page.count("menunggu antrean") == 2
        assert "diperiksa pada putaran berikutnya" not in page
    found = document(delayed, "reconcile", "--date", str(MONDAY))
    assert (found["recorded"], found["held"], found["pending"], found["lost"]) == (3, 3, 0, 0)
    assert found["differences"] == []


def test_reconcile_and_show_agree_about_a_delayed_cancel(cancelled: Site) -> None:
    cancelled.sync()
    found = document(cancelled, "reconcile", "--date", str(MONDAY))
    assert (found["steps"]["99"]["held"], found["pending"], found["lost"]) == (1, 0, 0)
    assert "task 99 ditahan" in shown(cancelled, "show", "2026/11/23/000001").replace("  ", " ")


def test_what_only_has_to_wait_is_nobody_s_work(cancelled: Site) -> None:
    cancelled.sync()
    assert CANCEL in shown(cancelled, "list")
    assert document(cancelled, "todo")["work"] == []


def test_afterwards_it_goes_out_as_ever(delayed: Site) -> None:
    delayed.sync()
    delayed.clock.at("08:20")
    delayed.sync()
    assert set(delayed.states("2026/11/23/000001").values()) == {"sent"}
    assert delayed.sent("/antrean/add") == [("2026/11/23/000001", "", 200)]


def test_several_are_shown_together_with_the_first_that_ends(delayed: Site) -> None:
    delayed.khanza.visit(MONDAY, jam="08:07:00", kd_pj="UMU")
    delayed.sync()
    (counted,) = document(delayed, "status")["reasons"]
    assert (counted["reason"], counted["pushes"]) == (NONJKN, 2)
    assert "tambah dan 1 lainnya " + NONJKN in shown(delayed, "sync", "--dry-run")
