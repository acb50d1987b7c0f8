"""A held add does not stop the tasks by itself: the first one asks BPJS, sparingly.

Khanza's SEP form, or a kiosk, may have added the booking. (rules/README.md, Add)
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.push import Push
from antrean_cli.rules.transitions import begin_sending
from antrean_cli.simulator.bookings import NOT_FOUND
from antrean_cli.simulator.faults import Fault, FaultName
from tests.support.patients import added_elsewhere, patient
from tests.support.rows import words
from tests.support.site import MONDAY, WIB, Site, ms

ADD, UPDATE, LIST = "/antrean/add", "/antrean/updatewaktu", "/antrean/getlisttask"
UNMAPPED = "poli INT belum dipetakan di maping_poli_bpjs"


def asked_by(site: Site, *moments: str, day: int = 0, added: str = "onsite,nonjkn") -> list[str]:
    """Run a pass at each moment; return at which BPJS said that it does not know a booking."""
    asked = []
    for hhmm in moments:
        heard = len(site.sent())
        site.clock.at(hhmm, day=day)
        assert site.sync(ANTREAN_ADD=added).report.exit_code == 0
        asked += [hhmm for _, _, code in site.sent()[heard:] if code == 201]
    return asked


def minutes(first: str, last: str) -> list[str]:
    """Return every minute from one time of day to another."""
    (one, two), (three, four) = (map(int, hhmm.split(":")) for hhmm in (first, last))
    return [f"{at // 60:02}:{at % 60:02}" for at in range(one * 60 + two, three * 60 + four + 1)]


def waiting(site: Site, no_rawat: str, step: str) -> str:
    """Return why a held push waits, in words."""
    push = site.push(no_rawat, step)
    assert push.state == "held"
    return words(push.reason)


def unmapped(site: Site, **visit: Any) -> str:
    """Register a patient with a SEP at a clinic that has no code at BPJS, 08:05."""
    site.khanza.delete("maping_poli_bpjs", kd_poli_rs="INT")
    no_rawat = patient(site, **visit)
    site.khanza.update("bridging_sep", {"no_rawat": no_rawat}, kdpolitujuan="")
    return no_rawat


def map_clinic(site: Site) -> None:
    """Let the clinic have a code at BPJS again."""
    site.khanza.insert("maping_poli_bpjs", kd_poli_rs="INT", kd_poli_bpjs="INT", nm_poli_bpjs="I")


def put(site: Site, no_rawat: str, changed: Push) -> None:
    """Write a push into the ledger as it is."""
    with Ledger.open(site.state, WIB) as ledger, ledger.transaction():
        before = ledger.record(no_rawat)
        assert before
        ledger.save(before, before.with_pushes(changed), site.clock.now)


# -- what it costs


def test_a_day_whose_seps_come_after_twelve_minutes_costs_no_refused_call(site: Site) -> None:
    registered = {site.khanza.visit(MONDAY, jam=f"09:{no:02}:00"): no for no in range(0, 20, 2)}
    for minute in range(34):
        for no_rawat, at in registered.items():
            if at + 12 == minute:
                site.khanza.sep(no_rawat)
        assert asked_by(site, f"09:{minute:02}") == []
    assert Counter(code for _, _, code in site.sent()) == {200: 2 * len(registered)}


def test_an_unmapped_clinic_costs_six_refused_calls_at_most(site: Site) -> None:
    no_rawat = unmapped(site)
    asked = asked_by(site, *minutes("08:15", "08:42"), "09:39", "09:40", "23:59")
    assert asked == ["08:20", "08:21", "08:25", "08:40", "09:40"]
    assert asked_by(site, "00:00", "00:01", "09:00", day=1) == ["00:00"]
    for day in (2, 7):
        assert asked_by(site, "00:00", "09:00", day=day) == []
    assert site.sent(ADD) == []
    assert waiting(site, no_rawat, "3") == f"antrean belum ada di BPJS: {UNMAPPED}"


def test_a_later_task_asks_at_once(site: Site) -> None:
    no_rawat = unmapped(site)
    assert asked_by(site, "08:05", "08:09") == []
    assert waiting(site, no_rawat, "3") == f"menunggu antrean: {UNMAPPED}"
    site.khanza.exam(no_rawat, f"{MONDAY} 08:10:00")
    assert asked_by(site, *minutes("08:10", "08:14")) == ["08:10", "08:11"]


def test_nonjkn_is_asked_for_once(site: Site) -> None:
    """No SEP form adds it."""
    site.khanza.delete("maping_poli_bpjs", kd_poli_rs="INT")
    site.khanza.visit(MONDAY, jam="08:05:00", kd_pj="UMU")
    assert asked_by(site, *minutes("08:19", "08:26"), "08:50") == ["08:20"]
    assert asked_by(site, "00:00", "09:00", day=1) == []


@pytest.mark.parametrize("day", [1, 3])
def test_a_visit_that_is_first_seen_on_a_later_day_is_asked_for_once(site: Site, day: int) -> None:
    site.sync(since=MONDAY)
    unmapped(site, exam="08:30:00")
    assert asked_by(site, "07:00", "07:01", "07:05", "08:20", day=day) == ["07:00"]
    assert asked_by(site, "07:00", day=day + 1) == []


def test_one_line_is_told_of_all_the_questions(site: Site) -> None:
    no_rawat = unmapped(site)
    asked_by(site, "08:19")
    told = []
    for _ in range(30):
        site.clock.forward(minutes=1)
        told += [change for change in site.sync().changes if change.reportable]
    assert [words(change.push.reason) for change in told] == [waiting(site, no_rawat, "3")]


# -- what comes of it


def test_a_booking_that_was_added_elsewhere_gets_all_its_tasks_in_one_pass(site: Site) -> None:
    no_rawat = unmapped(site, exam="08:30:00", back="08:50:00")
    added_elsewhere(site, no_rawat)
    assert site.sync().report.exit_code == 0
    assert site.states(no_rawat) == {"add": "already", "3": "sent", "4": "sent", "5": "sent"}
    assert [code for _, _, code in site.sent()] == [200, 200, 200]


@pytest.mark.parametrize("added_at", ["08:19", "08:22", "08:43"])
def test_a_booking_that_is_added_between_two_questions_is_found_by_the_next(
    site: Site, added_at: str
) -> None:
    no_rawat = unmapped(site)
    asked_by(site, *minutes("08:20", added_at))
    added_elsewhere(site, no_rawat)
    assert asked_by(site, "08:20", "08:21", "08:25", "08:40", "09:40") == []
    assert site.states(no_rawat) == {"add": "already", "3": "sent"}


@pytest.mark.parametrize(("taskid", "code"), [("1", 201), ("3", 208), ("5", 201)])
def test_whatever_shows_that_bpjs_has_the_booking_settles_its_add(
    site: Site, taskid: str, code: int
) -> None:
    """ "Task=1 ada. TaskId=2 belum ada", "TaskId=3 sudah ada", "TaskId terakhir 5"."""
    no_rawat = unmapped(site, exam="08:30:00")
    added_elsewhere(site, no_rawat)
    for one in ("3", "4", "5") if taskid == "5" else (taskid,):
        body = {"kodebooking": no_rawat, "taskid": one, "waktu": ms(f"08:0{one}:00")}
        assert site.bpjs.bookings.updatewaktu(body).code == 200
    site.bpjs.bookings._held[no_rawat].tasks[:] = site.bpjs.bookings._held[no_rawat].tasks[-1:]
    site.sync()
    assert site.push(no_rawat, "add").state == "already"
    assert site.sent(UPDATE)[0] == (no_rawat, "3", code)


def test_a_due_add_goes_before_the_question(site: Site) -> None:
    no_rawat = unmapped(site)
    assert asked_by(site, "08:20", "08:21") == ["08:20", "08:21"]
    map_clinic(site)
    asked_by(site, "08:25")
    assert site.sent()[2:] == [(no_rawat, "", 200), (no_rawat, "3", 200)]


def test_a_change_of_the_adds_state_is_asked_for_at_once(site: Site) -> None:
    """It was held, and is refused; then somebody retries it, and it is held again."""
    no_rawat = unmapped(site)
    asked = len(asked_by(site, *minutes("08:20", "08:26")))
    norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
    site.bpjs.bookings.refuse("dokter_tidak_ada", norm=norm)
    map_clinic(site)
    site.clock.at("08:27")
    assert site.sync().report.exit_code == 3
    assert site.sent()[asked:] == [(no_rawat, "", 201), (no_rawat, "3", 201)]
    site.khanza.delete("maping_poli_bpjs", kd_poli_rs="INT")
    assert site.run("retry", no_rawat, CLOCK=site.clock.now.isoformat()).returncode == 0
    assert asked_by(site, *minutes("08:28", "08:32")) == ["08:28", "08:29"]


# -- what must not make it ask more, or never


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("fault", ["cut", "reset_after", "gagal_dicoba"])
def test_a_question_without_an_answer_is_repeated(site: Site, fault: FaultName, times: int) -> None:
    no_rawat = unmapped(site)
    site.bpjs.faults.add(Fault(fault, path=UPDATE, times=times))
    for hhmm in minutes("08:20", "08:32"):
        site.clock.at(hhmm)
        site.sync()
    assert site.push(no_rawat, "add").attempts >= 2
    added_elsewhere(site, no_rawat)
    assert asked_by(site, "08:45", "08:50") == []
    assert site.states(no_rawat) == {"add": "already", "3": "sent"}


@pytest.mark.parametrize("known", [False, True])
def test_a_question_that_died_in_flight_is_answered_by_a_look(site: Site, known: bool) -> None:
    no_rawat = unmapped(site)
    asked_by(site, "08:05")
    put(site, no_rawat, begin_sending(site.push(no_rawat, "3")))
    if known:
        added_elsewhere(site, no_rawat)
    asked_by(site, "08:20")
    if known:  # its list is empty: that answers nothing
        assert [code for _, _, code in site.sent()] == [204, 200]
        assert site.states(no_rawat) == {"add": "already", "3": "sent"}
    else:
        assert [code for _, _, code in site.sent()] == [204, 201]
        assert site.push(no_rawat, "add").attempts == 1


def test_a_list_of_a_booking_that_bpjs_does_not_know_answers_the_question(site: Site) -> None:
    no_rawat = unmapped(site)
    asked_by(site, "08:05")
    put(site, no_rawat, begin_sending(site.push(no_rawat, "3")))
    with site.answering(LIST, NOT_FOUND):
        asked_by(site, "08:20")
    assert site.sent() == [(no_rawat, "", 201)]
    assert waiting(site, no_rawat, "3") == f"antrean belum ada di BPJS: {UNMAPPED}"
    assert asked_by(site, "08:21") == ["08:21"]


def test_khanza_is_not_needed_for_a_question(site: Site) -> None:
    no_rawat = unmapped(site)
    asked_by(site, "08:05")
    added_elsewhere(site, no_rawat)
    site.clock.at("08:20")
    assert site.sync(KHANZA_SOCKET="/tidak/ada").report.exit_code != 0
    assert site.states(no_rawat) == {"add": "already", "3": "sent"}


def test_a_patient_who_has_not_come_is_not_asked_for(site: Site) -> None:
    """A question is the true time of a task, or there is none."""
    no_rawat = site.khanza.visit(MONDAY, jam="08:00:00")  # registered in advance, without a SEP
    assert asked_by(site, *minutes("08:15", "08:17"), "08:40") == []
    assert waiting(site, no_rawat, "3") == "belum ada tanda hadir"


def test_who_retries_a_held_add_asks_at_once(site: Site) -> None:
    no_rawat = unmapped(site)
    assert asked_by(site, "08:20", "08:21", "08:25", "08:26") == ["08:20", "08:21", "08:25"]
    site.run("retry", no_rawat, CLOCK=site.clock.now.isoformat())
    assert asked_by(site, "08:27") == ["08:27"]


def test_a_clock_that_ran_ahead_keeps_no_question_waiting(site: Site) -> None:
    no_rawat = unmapped(site)
    asked_by(site, "08:20")
    ahead = site.clock.now + timedelta(days=40)
    put(site, no_rawat, replace(site.push(no_rawat, "add"), next_try=ahead))
    assert asked_by(site, "08:21") == ["08:21"]


@pytest.mark.parametrize("kind", ["onsite", "mobilejkn"])
def test_of_a_kind_that_is_not_added_the_tasks_go_as_ever(site: Site, kind: str) -> None:
    code = no_rawat = unmapped(site, exam="08:30:00")
    if kind == "mobilejkn":
        code = site.khanza.booking(no_rawat, MONDAY)
    assert asked_by(site, "08:31", added="nonjkn") == ["08:31"]
    assert site.sent() == [(code, "3", 201)]
    assert waiting(site, code, "3") == "kode booking belum ada di BPJS"


def test_a_booking_of_mobile_jkn_is_asked_for_as_often(site: Site) -> None:
    """BPJS said that it does not know it, and its add lacks a number: that was the first answer."""
    no_rawat = site.khanza.visit(MONDAY, jam="08:05:00", kd_dokter="D03")
    nobooking = site.khanza.booking(no_rawat, MONDAY, kodedokter="-")
    site.khanza.exam(no_rawat, f"{MONDAY} 08:10:00")
    added = "mobilejkn,onsite"
    assert len(asked_by(site, *minutes("08:10", "08:33"), "09:40", "12:00", added=added)) == 5
    assert site.push(nobooking, "add").state == "held"
    assert asked_by(site, "00:05", "00:06", day=1, added=added) == ["00:05"]
