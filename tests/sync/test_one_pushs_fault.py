"""One push that brings no envelope while others get through: its own trouble, and no outage."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.outages import OutageKind
from antrean_cli.simulator.faults import Fault
from tests.support.patients import examined, patient
from tests.support.site import WIB, Done, Site

ADD, UPDATE = "/antrean/add", "/antrean/updatewaktu"
POLI = "/ref/poli"


@pytest.fixture(autouse=True)
def _morning(site: Site) -> None:
    site.clock.at("08:10")


def minutes(site: Site, count: int) -> list[Done]:
    """Run a pass a minute; each begins a minute after the one before."""
    passes = []
    for _ in range(count):
        site.clock.forward(minutes=1)
        passes.append(site.sync())
    return passes


def told(passes: list[Done]) -> list[str]:
    return [text for one in passes for text in one.told]


def shown(site: Site) -> list[dict[str, Any]]:
    found = site.run("status", "--json", CLOCK=site.clock.now.isoformat()).stdout
    unanswered: list[dict[str, Any]] = json.loads(found)["unanswered"]
    return unanswered


def no_outage(site: Site) -> bool:
    with Ledger.open(site.state, WIB) as ledger:
        return OutageKind.BPJS not in ledger.pass_state().outages


@pytest.mark.parametrize("name", ["request_rejected", "http_500", "refuse_connection"])
def test_a_poison_body_is_put_off_by_itself_and_told_once(site: Site, name: Any) -> None:
    """The firewall answers one add with a page for ever; all others go out at once."""
    poisoned = patient(site)
    site.bpjs.faults.add(Fault(name, path=ADD, kodebooking=poisoned, times=None))
    site.sync()
    others, passes = [], []
    for _ in range(40):
        site.clock.forward(minutes=1)
        others.append(patient(site, jam=f"{site.clock.now:%H:%M:%S}"))
        passes.append(site.sync())
    assert all(site.states(one)["add"] == "sent" for one in others)
    assert site.states(poisoned)["add"] == "due"
    (text,) = told(passes)
    assert poisoned in text
    assert "3 kali sejak 23-11 08:10" in text
    assert [one.report.exit_code for one in passes[2:]] == [0] * 38
    tries = sum(one.fault is not None for one in site.bpjs.arrived)
    assert 6 <= tries <= 8  # at 0, 1, 2, 4, 8, 16, 32 minutes, and a little later each
    site.bpjs.faults.clear()
    site.clock.forward(minutes=40)
    site.sync()
    assert site.states(poisoned)["add"] == "sent"
    assert not site.record(poisoned).faults


def test_bodies_that_a_firewall_forbids_are_no_refusal_of_who_we_are(site: Site) -> None:
    """It turns away two of nine adds with HTTP 403 and a page; BPJS accepts all others."""
    several = [patient(site) for _ in range(9)]
    for forbidden in several[2:4]:
        site.bpjs.faults.add(Fault("forbidden", path=ADD, kodebooking=forbidden, times=None))
    passes = [site.sync(), *minutes(site, 30)]
    states = [site.states(one)["add"] for one in several]
    assert states == ["sent"] * 2 + ["due"] * 2 + ["sent"] * 5
    assert 4 not in [one.report.exit_code for one in passes]
    assert [one.report.exit_code for one in passes[5:]] == [0] * 26
    assert len(told(passes)) == 2
    assert all(
        f"{one} tambah belum terkirim: BPJS menjawab halaman HTML (HTTP 403) 3 kali" in text
        for one, text in zip(several[2:4], sorted(told(passes)), strict=True)
    )


def test_where_all_are_forbidden_it_is_who_we_are(site: Site) -> None:
    """Even if what only asks is let through."""
    several = [patient(site) for _ in range(9)]
    site.bpjs.faults.add(Fault("forbidden", path=ADD, times=None))
    passes = [site.sync(), *minutes(site, 3)]
    assert [one.report.exit_code for one in passes] == [4] * 4
    (text,) = told(passes)
    assert "halaman web sebuah firewall atau proxy" in text
    site.bpjs.faults.clear()
    (after,) = minutes(site, 1)
    assert [site.states(one)["add"] for one in several] == ["sent"] * 9
    assert after.told == ["Kredensial diterima lagi setelah 4 menit."]


def test_a_task_is_found_out_as_well(site: Site) -> None:
    """BPJS is asked in between whether it has the task, and answers."""
    no_rawat = examined(site)
    site.bpjs.faults.add(Fault("request_rejected", path=UPDATE, taskid=4, times=None))
    passes = [site.sync(), *minutes(site, 20)]
    assert len(told(passes)) == 1
    assert site.states(no_rawat) == {"add": "sent", "3": "sent", "4": "due"}
    assert site.record(no_rawat).faults["4"].own


def test_a_booking_that_is_never_answered_is_found_out_at_the_third_try_when_alone(
    site: Site,
) -> None:
    """Nothing else is due: BPJS is asked something else before anybody is told of an outage."""
    no_rawat = patient(site)
    site.bpjs.faults.add(Fault("refuse_connection", kodebooking=no_rawat, times=None))
    passes = [site.sync(), *minutes(site, 20)]
    (text,) = told(passes)
    assert no_rawat in text
    assert passes[2].told == [text]
    assert no_outage(site)
    asked = [one.path for one in site.bpjs.arrived if one.path.endswith(POLI)]
    assert len(asked) == 1
    (one,) = shown(site)
    assert (one["kodebooking"], one["step"], one["own"]) == (no_rawat, "add", True)
    with Ledger.open(site.state, WIB) as ledger:
        state = ledger.pass_state()
    assert (state.faults_in_row, state.faulted) == (0, ())


def test_an_address_that_only_the_tasks_do_not_find_is_told_with_the_settings(site: Site) -> None:
    """No firewall holds a body back there: BPJS_UPDATE_PATH is wrong, and all else is answered."""
    no_rawat = patient(site)
    site.bpjs.faults.add(Fault("no_route", path=UPDATE, times=None))
    passes = [site.sync(), *minutes(site, 5)]
    (text,) = told(passes)
    assert "dicoba terus; periksa BPJS_BASE_URL dan BPJS_UPDATE_PATH; bila sudah benar" in text
    assert text.endswith(f"lihat: antrean show {no_rawat}")
    page = site.run("show", no_rawat, CLOCK=site.clock.now.isoformat()).stdout
    assert "→ periksa BPJS_BASE_URL dan BPJS_UPDATE_PATH" in page
    assert "ditahan firewall" not in page


def test_what_got_through_in_the_pass_before_tells_whose_fault_it_is(site: Site) -> None:
    poisoned = patient(site)
    site.bpjs.faults.add(Fault("request_rejected", path=ADD, kodebooking=poisoned, times=None))
    site.env["ANTREAN_WORKERS"] = "1"
    site.sync()
    patient(site, jam="08:10:30")
    assert not minutes(site, 1)[0].told  # it went first, and nothing had got through yet
    (third,) = minutes(site, 1)
    assert (len(third.told), third.report.exit_code) == (1, 0)
    assert not any(one.path.endswith(POLI) for one in site.bpjs.arrived)


def test_where_bpjs_answers_nothing_it_is_an_outage(site: Site) -> None:
    no_rawat = patient(site)
    site.bpjs.down = True
    passes = [site.sync(), *minutes(site, 3)]
    assert ["BPJS" in text for text in told(passes)] == [True]
    assert not no_outage(site)
    assert shown(site) == []
    site.bpjs.down = False
    minutes(site, 4)
    assert site.states(no_rawat) == {"add": "sent", "3": "sent"}


def test_while_an_outage_is_on_nobody_is_blamed(site: Site) -> None:
    first = [patient(site) for _ in range(4)]
    site.sync()
    site.bpjs.down = True
    more = [patient(site, jam="08:10:30") for _ in range(3)]
    minutes(site, 30)
    assert not any(fault.own for one in more for fault in site.record(one).faults.values())
    site.bpjs.down = False
    minutes(site, 11)
    assert all(site.states(one)["add"] == "sent" for one in first + more)


def test_a_probe_is_not_one_that_is_never_answered(site: Site) -> None:
    poisoned = patient(site)
    site.bpjs.faults.add(Fault("request_rejected", path=ADD, kodebooking=poisoned, times=None))
    good = patient(site)
    site.sync()
    minutes(site, 3)
    site.bpjs.down = True
    site.clock.forward(minutes=30)
    more = [patient(site, jam="08:20:00") for _ in range(4)]
    minutes(site, 2)
    site.bpjs.down = False
    minutes(site, 3)
    assert all(site.states(one)["add"] == "sent" for one in [good, *more])
    assert no_outage(site)


def test_where_it_stands(site: Site) -> None:
    poisoned = patient(site)
    site.bpjs.faults.add(Fault("request_rejected", path=ADD, kodebooking=poisoned, times=None))
    patient(site)
    site.sync()
    minutes(site, 10)
    now = site.clock.now.isoformat()
    times = site.record(poisoned).faults["add"].times
    for args in (("status",), ("list", "--pending"), ("show", poisoned)):
        out = " ".join(site.run(*args, CLOCK=now).stdout.split())
        assert f"{times} kali sejak 23-11 08:10" in out, out
    (one,) = json.loads(site.run("list", "--pending", "--json", CLOCK=now).stdout)[:1]
    assert one["unanswered"]["times"] == times
    assert site.run("status", CLOCK=now).returncode == 0


def test_what_is_refused_with_changing_content_is_shown_as_such(site: Site) -> None:
    norm = site.khanza.patient()
    no_rawat = patient(site, norm=norm)
    cards = [f"000999999999{number}" for number in range(3)]
    for card in cards:
        site.bpjs.bookings.refuse("kartu_tidak_terdaftar", nomorkartu=card)
    for card in cards:
        site.khanza.update("pasien", {"no_rkm_medis": norm}, no_peserta=card)
        site.khanza.update("bridging_sep", {"no_rawat": no_rawat}, no_kartu=card)
        site.clock.forward(minutes=2)
        site.sync()
    now = site.clock.now.isoformat()
    out = " ".join(site.run("list", "--refused", CLOCK=now).stdout.split())
    assert "3 kali dengan isi berbeda sejak 23-11 08:12" in out
    (one,) = json.loads(site.run("list", "--refused", "--json", CLOCK=now).stdout)
    assert one["refusals"] == 3
    assert "3 kali dengan isi berbeda" in " ".join(site.run("show", no_rawat).stdout.split())


# -- now


def test_now_does_not_wait_for_the_end_of_an_outage(site: Site) -> None:
    no_rawat = patient(site)
    site.bpjs.down = True
    site.sync()
    minutes(site, 8)
    site.bpjs.down = False
    site.clock.forward(seconds=5)
    waiting = site.sync()
    assert waiting.report.exit_code == 5
    site.clock.forward(seconds=5)
    done = site.sync(at_once=True)
    assert done.report.exit_code == 0
    assert site.states(no_rawat) == {"add": "sent", "3": "sent"}


@pytest.mark.parametrize("args", [("sync", "--now"), ("retry", "--all", "--now")])
def test_now_tries_what_was_put_off(site: Site, args: tuple[str, ...]) -> None:
    no_rawat = patient(site)
    site.bpjs.faults.add(Fault("gagal_dicoba", path=ADD, times=None))
    site.sync()
    minutes(site, 8)
    site.bpjs.faults.clear()
    site.clock.forward(seconds=5)
    site.sync()
    assert site.states(no_rawat)["add"] == "due"
    assert site.run(*args, CLOCK=site.clock.now.isoformat()).returncode == 0
    assert site.states(no_rawat)["add"] == "sent"


def test_no_back_off_is_longer_than_five_minutes_once_something_got_through(site: Site) -> None:
    no_rawat = patient(site)
    site.bpjs.faults.add(Fault("gagal_dicoba", path=ADD, kodebooking=no_rawat, times=None))
    site.sync()
    while site.push(no_rawat, "add").attempts < 6:
        minutes(site, 1)
    next_try = site.push(no_rawat, "add").next_try
    assert next_try
    assert next_try > site.clock.now + timedelta(minutes=25)
    patient(site, jam="08:20:00")
    minutes(site, 1)
    next_try = site.push(no_rawat, "add").next_try
    assert next_try
    assert next_try <= site.clock.now + timedelta(minutes=5)
    site.bpjs.faults.clear()
    minutes(site, 6)
    assert site.states(no_rawat)["add"] == "sent"


def test_what_bpjs_asked_to_be_left_alone_for_is_left_alone(site: Site) -> None:
    no_rawat = patient(site)
    slow = Fault("http_429", path=ADD, kodebooking=no_rawat, retry_after="1200")
    site.bpjs.faults.add(slow)
    patient(site)
    site.sync()
    minutes(site, 5)
    assert site.states(no_rawat)["add"] == "due"
    minutes(site, 17)
    assert site.states(no_rawat)["add"] == "sent"
