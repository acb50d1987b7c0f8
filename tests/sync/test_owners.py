"""208 does not say whose booking it is: BPJS's list of the day does."""

from __future__ import annotations

import json

import pytest

from antrean_cli.simulator.bookings import Answer
from antrean_cli.simulator.faults import Fault
from tests.support.patients import added_elsewhere, hand_on, minute, patient, reason
from tests.support.site import Site

LIST = "/antrean/pendaftaran/tanggal/{}"
NUMBER = "2026/11/23/000001"
SECOND = f"{NUMBER}-2"
HERS = [(3, "08:25:00"), (4, "08:40:00")]


@pytest.fixture(autouse=True)
def _morning(site: Site) -> None:
    site.clock.at("08:10")


def lists(site: Site) -> int:
    """Return how often BPJS was asked for a list of a day."""
    return sum("/pendaftaran/tanggal/" in one.path for one in site.bpjs.arrived)


def passed_on(site: Site) -> str:
    """Let the SEP form add a patient whose visit is deleted and whose number the next one gets.

    No pass sees the first one. Return the second one's norm.
    """
    no_rawat = patient(site)
    added_elsewhere(site, no_rawat)
    return hand_on(site, no_rawat)


def test_what_the_sep_form_added_for_the_visits_own_patient_goes_on_at_once(site: Site) -> None:
    no_rawat = patient(site, exam="08:09:00")
    added_elsewhere(site, no_rawat)
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:09:00")]
    assert (lists(site), site.record(no_rawat).compared) == (1, True)


def test_what_it_added_for_a_stranger_is_left_to_the_stranger(site: Site) -> None:
    norm = passed_on(site)
    site.clock.at("08:41")
    for _ in range(3):
        minute(site)
    assert site.held_at_bpjs(NUMBER) == []
    assert site.held_at_bpjs(SECOND) == HERS
    (body,) = (one for one in site.bodies("/antrean/add") if one["kodebooking"] == SECOND)
    assert body["norm"] == norm
    strangers = site.record(NUMBER)
    assert (strangers.handed_on, lists(site)) == (True, 1)
    assert strangers.owner != site.record(SECOND).owner


def test_a_list_that_the_pass_has_read_already_tells_it(site: Site) -> None:
    """It was asked for the sake of another patient's add (ANTREAN_ADOPT)."""
    no_rawat = patient(site, exam="08:09:00")
    added_elsewhere(site, no_rawat)
    site.bpjs.faults.add(Fault("html", path=LIST.format("2026-11-23")))
    site.sync()
    assert site.held_at_bpjs(no_rawat) == []
    site.clock.at("08:21")
    other = patient(site, jam="08:20:00")
    before = lists(site)
    site.sync(ANTREAN_ADOPT="ya")
    assert lists(site) == before + 1
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:09:00")]
    assert site.states(other)["add"] == "sent"


def test_a_day_on_which_the_form_adds_everybody_costs_one_list_in_ten_minutes(site: Site) -> None:
    registered = {}
    for number in range(40):
        moment = site.clock.now
        no_rawat = patient(site, jam=f"{moment:%H:%M:%S}")
        added_elsewhere(site, no_rawat)
        site.sync()
        registered[no_rawat] = number
        for one, since in registered.items():
            waited = number - since
            assert waited < 10 or site.held_at_bpjs(one), f"{one} after {waited} minutes"
        site.clock.forward(minutes=1)
    assert lists(site) == 4


@pytest.mark.parametrize("answer", [Answer(201, "Tidak tersedia"), Answer(201, "")])
def test_where_bpjs_does_not_show_the_list_all_is_as_ever(site: Site, answer: Answer) -> None:
    with site.answering(LIST, answer):
        for _ in range(5):
            patient(site, exam="08:09:00")
            added_elsewhere(site, f"2026/11/23/{len(site.bpjs.bookings.snapshot()) + 1:06}")
            assert site.sync().report.exit_code == 0
            site.clock.forward(minutes=1)
    assert all(
        site.held_at_bpjs(str(one["kodebooking"])) == [(3, "08:05:00"), (4, "08:09:00")]
        for one in site.bpjs.bookings.snapshot()
    )
    assert lists(site) == 1


def test_a_list_that_does_not_come_is_waited_for_no_longer_than_ten_minutes(site: Site) -> None:
    no_rawat = patient(site)
    added_elsewhere(site, no_rawat)
    codes = []
    with site.answering(LIST, Answer(500, "Internal Server Error")):
        for _ in range(12):
            codes.append(site.sync().report.exit_code)
            site.clock.forward(minutes=1)
            if site.held_at_bpjs(no_rawat):
                break
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00")]
    assert (len(codes), set(codes[:-1]), codes[-1]) == (11, {5}, 0)
    assert lists(site) == 2


def test_an_add_that_had_arrived_before_is_our_own_as_the_list_tells(site: Site) -> None:
    no_rawat = patient(site)
    site.bpjs.faults.add(Fault("reset_after", path="/antrean/add", times=1))
    site.sync()
    minute(site)
    assert (no_rawat, "", 208) in site.sent("/antrean/add")
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00")]
    assert lists(site) == 1


def test_an_add_that_may_have_arrived_before_can_be_a_strangers(site: Site) -> None:
    passed_on(site)
    site.bpjs.faults.add(Fault("reset_before", path="/antrean/add", times=1))
    site.clock.at("08:41")
    for _ in range(3):
        minute(site)
    assert site.held_at_bpjs(NUMBER) == []
    assert site.held_at_bpjs(SECOND) == HERS


def test_a_held_add_asks_for_nobody_elses_booking(site: Site) -> None:
    """Her SEP is not there yet: task 3 would ask under the code that BPJS has for a stranger."""
    passed_on(site)
    site.khanza.delete("bridging_sep", no_rawat=NUMBER)
    site.clock.at("08:45")
    for _ in range(13):
        minute(site)
    assert lists(site) == 2  # of the stranger's code, and ten minutes later of her own
    assert site.held_at_bpjs(NUMBER) == []
    assert {code for code, _, _ in site.sent("/antrean/updatewaktu")} == {SECOND}
    assert reason(site, SECOND, "3").startswith("antrean belum ada")
    site.khanza.sep(NUMBER)
    minute(site)
    minute(site)
    assert site.held_at_bpjs(SECOND) == HERS
    assert lists(site) == 2


def test_a_held_add_asks_at_once_where_the_list_shows_its_own(site: Site) -> None:
    no_rawat = patient(site, exam="08:09:00")
    site.khanza.delete("bridging_sep", no_rawat=no_rawat)
    added_elsewhere(site, no_rawat)
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:09:00")]
    assert lists(site) == 1


def test_with_adopting_a_strangers_code_is_seen_before_the_add_goes_out(site: Site) -> None:
    site.env["ANTREAN_ADOPT"] = "ya"
    passed_on(site)
    site.clock.at("08:41")
    for _ in range(12):
        minute(site)
    assert {code for code, _, _ in site.sent("/antrean/add")} == {SECOND}
    assert site.held_at_bpjs(SECOND) == HERS
    assert site.held_at_bpjs(NUMBER) == []


def test_with_adopting_an_own_code_that_the_list_showed_is_not_asked_for_again(site: Site) -> None:
    site.env["ANTREAN_ADOPT"] = "ya"
    no_rawat = patient(site, exam="08:09:00")
    added_elsewhere(site, no_rawat)
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:09:00")]
    assert lists(site) == 1


def test_a_strangers_booking_that_was_cancelled_is_told_nothing_more(site: Site) -> None:
    passed_on(site)
    site.bpjs.bookings.batal({"kodebooking": NUMBER, "keterangan": "SEP ditolak"})
    site.clock.at("08:41")
    for _ in range(3):
        minute(site)
    assert site.held_at_bpjs(SECOND) == HERS
    assert site.record(NUMBER).ended


def test_khanza_is_not_needed_to_tell_whose_booking_it_is(site: Site) -> None:
    no_rawat = patient(site)
    added_elsewhere(site, no_rawat)
    with site.answering(LIST, Answer(500, "")):
        site.sync()
    site.clock.forward(minutes=10)
    site.sync(KHANZA_SOCKET="/nonexistent")
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00")]


def test_an_outage_is_no_list_that_does_not_come(site: Site) -> None:
    """However long BPJS is down: what comes back with it tells whose booking it is."""
    passed_on(site)
    site.bpjs.down = True
    site.clock.at("08:26")
    for _ in range(25):
        minute(site)
    site.bpjs.down = False
    for _ in range(20):
        minute(site)
    assert site.held_at_bpjs(NUMBER) == []
    assert site.held_at_bpjs(SECOND) == HERS


def test_a_list_that_alone_does_not_come_is_waited_for_ten_minutes(site: Site) -> None:
    no_rawat = patient(site)
    added_elsewhere(site, no_rawat)
    with site.answering(LIST, Answer(500, "")):
        for _ in range(11):
            assert site.held_at_bpjs(no_rawat) == []
            minute(site)
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00")]


def test_an_outage_ends_although_all_that_is_left_waits_for_a_list(site: Site) -> None:
    """A probe looks up what it may not send: nothing goes out before the list has come."""
    no_rawat = patient(site)
    others = [patient(site) for _ in range(3)]
    added_elsewhere(site, no_rawat)
    with site.answering(LIST, Answer(500, "")):
        site.sync()
    for other in others:
        site.khanza.exam(other, "2026-11-23 08:10:30")
    site.clock.forward(minutes=1)
    assert site.sync(BPJS_BASE_URL="http://127.0.0.1:9").told
    for other in others:
        assert site.run("drop", other, "--keterangan", "uji").returncode == 0
    heard = len(site.bpjs.arrived)
    minute(site)
    assert [one.path[-11:] for one in site.bpjs.arrived[heard:]] == ["getlisttask"]
    for _ in range(10):
        assert site.held_at_bpjs(no_rawat) == [] or lists(site) == 2
        minute(site)
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00")]
    assert site.sync().report.exit_code == 0


def test_an_add_by_hand_that_was_known_is_compared_as_well(site: Site) -> None:
    passed_on(site)
    site.clock.at("08:41")
    done = site.run("add", "--no-rawat", NUMBER, "--json", CLOCK=site.clock.now.isoformat())
    assert json.loads(done.stdout)["code"] == "208"
    for _ in range(3):
        minute(site)
    assert site.held_at_bpjs(NUMBER) == []
    assert site.held_at_bpjs(SECOND) == HERS
