"""A pass goes one way: Khanza is read whole before BPJS is called, and nobody is overwritten."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from antrean_cli.bpjs.client import Client
from antrean_cli.khanza.queries import Khanza
from antrean_cli.rules.codes import Kind, State, Step
from antrean_cli.rules.push import Push, Record
from antrean_cli.rules.visits import assemble
from antrean_cli.sync.day_lists import DayLists
from antrean_cli.sync.run import plans_from
from tests.support.patients import examined, patient
from tests.support.site import MONDAY, Site


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what happens while a pass runs: Khanza opened and closed, and calls to BPJS."""
    happened: list[str] = []

    def noted(owner: type, name: str, text: Callable[..., str]) -> None:
        original = getattr(owner, name)

        def wrapper(*args: Any, **options: Any) -> Any:
            happened.append(text(*args))
            return original(*args, **options)

        monkeypatch.setattr(owner, name, wrapper)

    noted(Khanza, "__enter__", lambda *_: "open")
    noted(Khanza, "__exit__", lambda *_: "close")
    noted(Client, "call", lambda _, name, *__: str(name))
    noted(Client, "ask", lambda _, name, *__: str(name))
    return happened


def test_bpjs_is_called_when_khanza_is_read_and_closed(site: Site, opened: list[str]) -> None:
    """Also for HFIS's sessions, and for the lists that tell what an add would double."""
    patient(site)
    site.khanza.visit(MONDAY, jam="13:55:00")  # lacks a reference: surat kontrol are asked for
    site.sync(ANTREAN_JADWAL="hfis", ANTREAN_ADOPT="ya")
    assert opened == ["open", "close", "jadwaldokter", "per_tanggal", "add", "updatewaktu"]


def test_visits_are_assembled_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    times: list[int] = []

    def counted(*args: Any) -> Any:
        times.append(1)
        return assemble(*args)

    monkeypatch.setattr("antrean_cli.sync.read.assemble", counted)
    site.khanza.visit(MONDAY, jam="08:05:00")
    site.sync(ANTREAN_JADWAL="hfis", ANTREAN_ADOPT="ya")
    assert times == [1]


# -- what somebody at the desk does between reading and writing


@pytest.fixture
def once_planned(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Let something be done as soon as the next pass has planned, before it writes."""

    def during(act: Callable[[], object]) -> None:
        left = [act]

        def planning(*args: Any) -> Any:
            plans = plans_from(*args)
            if left:
                left.pop()()
            return plans

        monkeypatch.setattr("antrean_cli.sync.run.plans_from", planning)

    return during


def by_hand(site: Site, *words: str) -> None:
    assert site.run(*words, CLOCK=site.clock.now.isoformat()).returncode == 0


def test_a_cancel_by_hand_after_planning_is_the_end(site: Site, once_planned: Any) -> None:
    no_rawat = patient(site)
    site.sync()
    site.clock.forward(minutes=1)
    site.khanza.exam(no_rawat, f"{MONDAY} 08:30:00")
    once_planned(lambda: by_hand(site, "batal", no_rawat, "--keterangan", "pindah", "--yes"))
    site.sync()
    states = site.states(no_rawat)
    assert (states["batal"], states.get("4", "closed")) == ("sent", "closed")
    assert [taskid for _, taskid, _ in site.sent("/updatewaktu")] == ["3"]


def test_an_add_by_hand_after_planning_is_not_sent_again(site: Site, once_planned: Any) -> None:
    """Under a code of its own, so that only the ledger tells that it is the same visit."""
    no_rawat = examined(site)
    once_planned(lambda: by_hand(site, "add", "--no-rawat", no_rawat, "--kodebooking", "LOKET-7"))
    site.sync()
    assert [kodebooking for kodebooking, _, _ in site.sent("/antrean/add")] == ["LOKET-7"]
    assert [taskid for taskid, _ in site.held_at_bpjs("LOKET-7")] == [3, 4]


def test_what_was_dropped_after_planning_stays_dropped(site: Site, once_planned: Any) -> None:
    no_rawat = site.khanza.visit(MONDAY, jam="08:05:00")  # lacks a reference: held
    site.sync()
    site.khanza.sep(no_rawat)
    site.clock.forward(minutes=1)
    once_planned(lambda: by_hand(site, "drop", no_rawat, "--keterangan", "salah daftar"))
    site.sync()
    assert site.states(no_rawat)["add"] == "closed"
    assert site.sent("/antrean/add") == []


def test_a_look_that_did_not_ask_for_a_day_lets_nothing_of_that_day_go(site: Site) -> None:
    """Somebody made it due between the look and the writing."""
    due = Push(step=Step.ADD, state=State.DUE)
    record = Record(kodebooking="A1", kind=Kind.ONSITE, tanggal=MONDAY, pushes={Step.ADD: due})
    day_lists = DayLists(known={}, rows={}, may_ask=True, failed=None, refused=None)
    assert day_lists.waiting([record], site.clock.now) == [record]
    assert not day_lists.overdue([record])
