"""Tasks that a person sends of a booking that BPJS does not know yet: kept, and sent in order.

Each story is a ticket machine's: it knows when the ticket was printed and when the patient was
called, and it says so with `antrean update` before, while or after a pass adds the booking.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from antrean_cli.simulator.faults import Fault
from tests.support.patients import added_elsewhere, hand_on, minute, patient
from tests.support.rows import words
from tests.support.site import MONDAY, Site

UNKNOWN = "2026/11/23/000777"  # nobody is ever registered under it
TICKET, CALLED, ARRIVED = (1, "07:50:00"), (2, "07:55:00"), (3, "08:05:00")
UPDATE, LIST = "/antrean/updatewaktu", "/antrean/getlisttask"


def typed(site: Site, kodebooking: str, taskid: int, clock: str, *more: str, code: int = 0) -> str:
    """Type an update of MONDAY at the site's time; return what is printed."""
    waktu = f"{MONDAY} {clock}"
    done = site.run(
        "update", kodebooking, str(taskid), waktu, *more, CLOCK=site.clock.now.isoformat()
    )
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def ticket(site: Site, kodebooking: str, *more: str) -> None:
    """Let the ticket machine tell both of its times."""
    for taskid, clock in (TICKET, CALLED):
        typed(site, kodebooking, taskid, clock, *more)


def asked(site: Site) -> int:
    """Return how many calls BPJS was sent that it did not take."""
    return sum(one.code == 201 for one in site.bpjs.received)


# -- kept, then sent in order


def test_what_bpjs_does_not_know_yet_goes_out_between_the_add_and_task_3(site: Site) -> None:
    no_rawat = patient(site)
    said = typed(site, no_rawat, *TICKET)
    assert "disimpan" in said
    typed(site, no_rawat, *CALLED)
    assert site.states(no_rawat) == {"1": "held", "2": "held"}
    assert words(site.push(no_rawat, "1").reason) == "disimpan: kode booking belum ada di BPJS"
    done = site.sync()
    assert done.report.exit_code == 0
    assert site.held_at_bpjs(no_rawat) == [TICKET, CALLED, ARRIVED]
    assert site.states(no_rawat) == dict.fromkeys(("add", "1", "2", "3"), "sent")


def test_only_the_first_of_a_booking_is_asked_the_second_waits_behind_it(site: Site) -> None:
    ticket(site, UNKNOWN)
    assert site.sent(UPDATE) == [(UNKNOWN, "1", 201)]


def test_with_queue_nothing_is_sent_until_the_pass(site: Site) -> None:
    no_rawat = patient(site)
    ticket(site, no_rawat, "--queue")
    assert site.bpjs.arrived == []
    site.sync()
    assert site.sent() == [
        (no_rawat, "", 200),
        (no_rawat, "1", 200),
        (no_rawat, "2", 200),
        (no_rawat, "3", 200),
    ]


def test_queue_needs_no_keys_of_bpjs(site: Site) -> None:
    keys = dict.fromkeys((name for name in site.env if name.startswith("BPJS_")), "")
    done = site.run("update", UNKNOWN, "1", f"{MONDAY} 07:50", "--queue", **keys)
    assert done.returncode == 0, done.stderr
    assert site.states(UNKNOWN) == {"1": "due"}


@pytest.mark.parametrize("queue", [(), ("--queue",)], ids=["asked", "queue"])
def test_json_tells_that_it_was_kept(site: Site, queue: tuple[str, ...]) -> None:
    told: dict[str, Any] = json.loads(typed(site, UNKNOWN, *TICKET, "--json", *queue))
    code, message = ("", "") if queue else ("201", "Kode Booking tidak ditemukan")
    assert told == {
        "kodebooking": UNKNOWN,
        "outcome": "queued",
        "code": code,
        "message": message,
    }


def test_a_booking_of_mobile_jkn_has_them_at_once(site: Site) -> None:
    nobooking = site.khanza.booking(site.khanza.visit(MONDAY), MONDAY)
    site.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY))
    assert "diterima BPJS" in typed(site, nobooking, *TICKET)
    assert site.states(nobooking) == {"1": "sent"}


def test_with_queue_a_booking_that_bpjs_knows_waits_for_the_pass_as_well(site: Site) -> None:
    no_rawat = site.khanza.visit(MONDAY)
    nobooking = site.khanza.booking(no_rawat, MONDAY, status="Checkin", validasi=f"{MONDAY} 08:05")
    site.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY))
    ticket(site, nobooking, "--queue")
    assert site.held_at_bpjs(nobooking) == []
    site.sync()
    assert site.held_at_bpjs(nobooking)[:2] == [TICKET, CALLED]


def test_two_times_of_one_minute_rise_by_a_second(site: Site) -> None:
    """BPJS refuses equal times, and would ask for task 2 before it takes 3."""
    no_rawat = patient(site)
    typed(site, no_rawat, 1, "07:50:00")
    typed(site, no_rawat, 2, "07:50:00")
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [TICKET, (2, "07:50:01"), ARRIVED]


def test_what_a_person_typed_is_not_replaced_by_khanzas_time(site: Site) -> None:
    no_rawat = patient(site)
    typed(site, no_rawat, 3, "08:10:00")
    site.sync()
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:10:00")]


def test_a_pass_between_the_two_leaves_task_3_for_bpjs_to_ask_for_the_second(site: Site) -> None:
    """BPJS wants a task 2 behind a task 1: sent then, 3 follows."""
    no_rawat = patient(site)
    typed(site, no_rawat, *TICKET)
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [TICKET]
    typed(site, no_rawat, *CALLED)
    site.clock.forward(minutes=2)
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [TICKET, CALLED, ARRIVED]


# -- the booking comes from elsewhere, late or never


def test_while_bpjs_has_no_booking_task_3_asks_no_second_time(site: Site) -> None:
    """Somebody else adds the visits: 1 asks for all, and goes first once the booking is there."""
    no_rawat = patient(site)
    ticket(site, no_rawat)
    site.sync(ANTREAN_ADD="nonjkn")
    site.clock.forward(minutes=2)
    site.sync(ANTREAN_ADD="nonjkn")
    assert {taskid for _, taskid, _ in site.sent(UPDATE)} == {"1"}
    held = site.push(no_rawat, "3")
    assert (held.state, words(held.reason)) == ("held", "menunggu task 1 dan 2 (admisi)")
    site.bpjs.bookings.mobile_jkn(no_rawat, str(MONDAY))
    site.clock.forward(minutes=31)
    site.sync(ANTREAN_ADD="nonjkn")
    assert site.held_at_bpjs(no_rawat) == [TICKET, CALLED, ARRIVED]


def test_a_held_add_is_asked_for_with_the_first_task_that_is_kept(site: Site) -> None:
    """Khanza's SEP form added the booking: 1 finds out, and none of the three is lost."""
    site.clock.at("08:06")
    no_rawat = site.khanza.visit(MONDAY, jam="08:05:00")
    ticket(site, no_rawat, "--queue")
    site.sync()
    assert site.sent() == []
    assert site.states(no_rawat)["add"] == "held"
    added_elsewhere(site, no_rawat)
    site.clock.at("08:21")
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [TICKET, CALLED, ARRIVED]
    assert site.states(no_rawat)["add"] == "already"


def test_a_booking_that_never_comes_is_asked_for_rarely_and_closed_after_h7(site: Site) -> None:
    site.clock.at("08:00")
    ticket(site, UNKNOWN)
    for day in range(8):
        for hour in range(24):
            site.clock.at(f"{hour:02}:30", day=day)
            if site.clock.now.date() > MONDAY or hour >= 8:
                site.sync()
    assert asked(site) <= 13
    assert site.states(UNKNOWN) == {"1": "held", "2": "held"}
    site.clock.at("00:05", day=8)
    site.sync()
    assert site.states(UNKNOWN) == {"1": "closed", "2": "closed"}
    assert words(site.push(UNKNOWN, "1").reason) == (
        "lewat H+7: BPJS tidak menerima lagi (disimpan: kode booking belum ada di BPJS)"
    )


def test_a_visit_that_is_registered_later_takes_up_what_was_kept(site: Site) -> None:
    ticket(site, "2026/11/23/000001")
    site.sync()
    assert site.states("2026/11/23/000001") == {"1": "held", "2": "held"}
    no_rawat = patient(site)
    site.clock.forward(minutes=1)
    site.sync()
    assert no_rawat == "2026/11/23/000001"
    assert site.record(no_rawat).kind == "onsite"
    assert site.held_at_bpjs(no_rawat) == [TICKET, CALLED, ARRIVED]


def test_a_refused_add_holds_what_is_kept_until_it_is_mended(site: Site) -> None:
    site.bpjs.bookings.refuse("rujukan_tidak_valid", norm="000001")
    no_rawat = patient(site)
    ticket(site, no_rawat, "--queue")
    site.sync()
    assert site.states(no_rawat) == {"add": "refused", "1": "held", "2": "held", "3": "held"}
    site.bpjs.bookings.forgive("rujukan_tidak_valid")
    site.run("retry", no_rawat, CLOCK=site.clock.now.isoformat())
    site.clock.forward(minutes=2)
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [TICKET, CALLED, ARRIVED]


# -- never at the cost of task 3


def test_a_time_that_leaves_no_room_before_task_3_goes_without_it(site: Site) -> None:
    """Not even task 1 goes: behind it BPJS would want a task 2."""
    no_rawat = patient(site)
    typed(site, no_rawat, *TICKET)
    typed(site, no_rawat, 2, "08:15:00")
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [ARRIVED]
    late = site.push(no_rawat, "2")
    told = "terlambat: task 3 atau sesudahnya sudah ada di BPJS"
    assert (late.state, words(late.reason)) == ("closed", told)
    assert site.states(no_rawat)["1"] == "closed"


def test_a_time_that_leaves_no_room_is_told_while_the_patient_has_not_come(site: Site) -> None:
    no_rawat = site.khanza.visit(MONDAY, jam="08:00:00")  # at the opening: registered in advance
    site.khanza.sep(no_rawat)
    typed(site, no_rawat, 2, "08:15:00", "--queue")
    site.clock.at("09:00")
    site.sync()
    held = site.push(no_rawat, "2")
    assert held.reason
    assert held.reason.code in ("waktu.admisi", "diminta.task", "admisi")


def test_what_bpjs_refuses_of_them_does_not_stop_task_3(site: Site) -> None:
    no_rawat = patient(site)
    typed(site, no_rawat, 2, "07:55:00")  # without a task 1, which BPJS wants before it
    site.sync()
    site.clock.forward(minutes=2)
    site.sync()
    assert ARRIVED in site.held_at_bpjs(no_rawat)


def test_what_bpjs_puts_off_for_a_quarter_of_an_hour_does_not_stop_task_3(site: Site) -> None:
    site.clock.at("08:06")
    no_rawat = patient(site)
    ticket(site, no_rawat, "--queue")
    site.bpjs.faults.add(Fault("gagal_dicoba", times=None, kodebooking=no_rawat, taskid=1))
    for _ in range(10):
        site.sync()
        assert 3 not in dict(site.held_at_bpjs(no_rawat))
        site.clock.forward(minutes=1)
    for _ in range(15):
        site.sync()
        site.clock.forward(minutes=1)
    assert site.held_at_bpjs(no_rawat) == [ARRIVED]
    assert site.states(no_rawat)["1"] == "closed"


# -- what happens between


@pytest.mark.parametrize("fault", ["reset_before", "reset_after", "timeout_after", "html"])
@pytest.mark.parametrize("taskid", [1, 2, 3])
def test_an_answer_that_is_lost_changes_neither_order_nor_number(
    site: Site, fault: Any, taskid: int
) -> None:
    no_rawat = patient(site)
    ticket(site, no_rawat, "--queue")
    site.bpjs.faults.add(Fault(fault, taskid=taskid, seconds=0.1))
    for _ in range(3):
        site.sync()
        site.clock.forward(minutes=1)
    assert site.held_at_bpjs(no_rawat) == [TICKET, CALLED, ARRIVED]


def test_an_outage_loses_none_of_them(site: Site) -> None:
    no_rawat = patient(site)
    ticket(site, no_rawat, "--queue")
    site.bpjs.down = True
    for _ in range(4):
        site.sync()
        site.clock.forward(minutes=30)
    site.bpjs.down = False
    site.clock.forward(minutes=11)
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [TICKET, CALLED, ARRIVED]


def test_a_cancel_closes_them_and_its_withdrawal_opens_them_again(site: Site) -> None:
    no_rawat = patient(site)
    site.khanza.stts(no_rawat, "Batal")
    ticket(site, no_rawat, "--queue")
    site.sync()
    assert site.states(no_rawat) == {"1": "closed", "2": "closed"}
    site.khanza.stts(no_rawat, "Belum")
    site.clock.forward(minutes=1)
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [TICKET, CALLED, ARRIVED]


def test_a_clinic_that_takes_no_part_does_not_stop_what_a_person_typed(site: Site) -> None:
    """In a pilot Khanza's own sender adds the other clinics' bookings."""
    no_rawat = patient(site)
    ticket(site, no_rawat)
    site.bpjs.bookings.mobile_jkn(no_rawat, str(MONDAY))
    site.clock.forward(minutes=2)
    site.sync(ANTREAN_ONLY_POLI="ANA")
    assert site.held_at_bpjs(no_rawat) == [TICKET, CALLED]


def test_a_visit_that_is_added_by_hand_under_another_code_takes_them_along(site: Site) -> None:
    no_rawat = patient(site)
    ticket(site, no_rawat, "--queue")
    clock = {"CLOCK": site.clock.now.isoformat()}
    done = site.run("add", "--no-rawat", no_rawat, "--kodebooking", "KIOSK-1", **clock)
    assert done.returncode == 0, done.stderr
    site.sync()
    assert site.held_at_bpjs("KIOSK-1") == [TICKET, CALLED, ARRIVED]
    with pytest.raises(AssertionError):
        site.record(no_rawat)


# -- whose times they are


def test_what_was_kept_for_a_patient_is_not_told_of_the_next_one_with_the_number(
    site: Site,
) -> None:
    """BPJS never heard of the first one: the number is the next patient's."""
    site.clock.at("08:06")
    no_rawat = site.khanza.visit(MONDAY, jam="08:05:00")  # no SEP: her add is held
    ticket(site, no_rawat, "--queue")
    site.sync()
    site.clock.at("08:10")
    hand_on(site, no_rawat, exam=None)
    site.clock.at("08:41")
    for _ in range(2):
        minute(site)
    held = [site.held_at_bpjs(one["kodebooking"]) for one in site.bodies("/antrean/add")]
    assert held == [[(3, "08:25:00")]]


def test_what_was_kept_is_held_once_the_number_is_the_next_patients(site: Site) -> None:
    """Nobody knows whom it was typed for: BPJS has a booking of the first one."""
    site.clock.at("08:06")
    no_rawat = patient(site)
    site.sync()
    typed(site, no_rawat, 4, "08:30:00", "--queue")
    hand_on(site, no_rawat, exam=None)
    site.clock.at("08:41")
    for _ in range(2):
        minute(site)
    assert site.held_at_bpjs(no_rawat) == [ARRIVED]
    assert site.states(no_rawat)["4"] == "held"
    said = typed(site, no_rawat, 5, "08:40:00", "--queue", code=2)
    assert "milik pasien lain" in said


# -- what is never kept


def test_task_99_is_not_kept(site: Site) -> None:
    said = typed(site, UNKNOWN, 99, "08:00:00", code=6)
    assert "Kode Booking tidak ditemukan" in said
    assert "hanya 1 sampai 7" in typed(site, UNKNOWN, 99, "08:00:00", "--queue", code=6)
    with pytest.raises(AssertionError):
        site.record(UNKNOWN)


def test_nothing_is_kept_of_a_booking_that_is_cancelled(site: Site) -> None:
    site.bpjs.bookings.mobile_jkn("A-1", str(MONDAY))
    site.run("batal", "A-1", "--keterangan", "Uji", CLOCK=site.clock.now.isoformat())
    assert "tidak disimpan" in typed(site, "A-1", *TICKET, "--queue", code=6)
    assert site.states("A-1") == {"batal": "sent"}


def test_nothing_is_kept_after_h7(site: Site) -> None:
    site.clock.at("08:00", day=8)
    assert "H+7" in typed(site, UNKNOWN, *TICKET, "--queue", code=6)


def test_nothing_is_kept_where_the_add_was_given_up(site: Site) -> None:
    """The SEP was there before the booking: nothing will ever come of it."""
    site.bpjs.bookings.refuse("sep", norm="000001")
    no_rawat = patient(site)
    site.sync()
    assert site.states(no_rawat)["add"] == "closed"
    assert "Kode Booking tidak ditemukan" in typed(site, no_rawat, *TICKET, code=6)
    assert "1" not in site.states(no_rawat)


def test_what_bpjs_has_already_is_not_kept_again(site: Site) -> None:
    no_rawat = patient(site)
    ticket(site, no_rawat, "--queue")
    site.sync()
    assert "sudah ada" in typed(site, no_rawat, 1, "07:30:00", "--queue")
    told = json.loads(typed(site, no_rawat, 1, "07:30:00", "--queue", "--json"))
    assert told["outcome"] == "already"
    assert site.states(no_rawat)["1"] == "sent"


# -- the desk


def test_what_is_kept_is_shown_counted_dropped_and_taken_up_again(site: Site) -> None:
    clock = {"CLOCK": site.clock.now.isoformat()}
    ticket(site, UNKNOWN)
    listed = json.loads(site.run("list", "--held", "--json", **clock).stdout)
    assert [(one["step"], one["reason_code"]) for one in listed] == [
        ("1", "disimpan"),
        ("2", "urutan"),
    ]
    assert "disimpan: kode booking belum ada di BPJS" in site.run("show", UNKNOWN, **clock).stdout
    site.sync()
    assert json.loads(site.run("status", "--json", **clock).stdout)["held"] == 2
    assert site.run("status", **clock).returncode == 0
    site.run("drop", UNKNOWN, "--keterangan", "salah ketik", **clock)
    assert set(site.states(UNKNOWN).values()) == {"closed"}
    site.run("retry", UNKNOWN, **clock)
    assert site.states(UNKNOWN)["1"] == "due"


def test_reconcile_counts_what_is_kept_and_calls_it_no_difference(site: Site) -> None:
    no_rawat = patient(site)
    ticket(site, no_rawat, "--queue")
    site.clock.at("14:00")
    done = site.run("reconcile", "--date", str(MONDAY), "--json", CLOCK=site.clock.now.isoformat())
    document = json.loads(done.stdout)
    assert document["differences"] == []
    assert document["recorded"] == document["pending"] + document["held"]


# -- ANTREAN_ADMISI: task 3 waits for 1 and 2


def test_with_admisi_task_3_waits_until_they_come(site: Site) -> None:
    site.clock.at("08:06")
    no_rawat = patient(site)
    site.sync(ANTREAN_ADMISI="ya")
    assert site.states(no_rawat) == {"add": "sent", "3": "held"}
    assert words(site.push(no_rawat, "3").reason) == "menunggu task 1 dan 2 (admisi)"
    for taskid, clock in (TICKET, CALLED):
        assert "diterima BPJS" in typed(site, no_rawat, taskid, clock)
    site.clock.at("08:07")
    site.sync(ANTREAN_ADMISI="ya")
    assert site.held_at_bpjs(no_rawat) == [TICKET, CALLED, ARRIVED]


def test_with_admisi_it_goes_without_them_after_a_quarter_of_an_hour(site: Site) -> None:
    site.clock.at("08:06")
    no_rawat = patient(site)
    for past in range(6, 20):
        site.clock.at(f"08:{past:02}")
        site.sync(ANTREAN_ADMISI="ya")
        assert site.held_at_bpjs(no_rawat) == []
    site.clock.at("08:20")
    site.sync(ANTREAN_ADMISI="ya")
    assert site.held_at_bpjs(no_rawat) == [ARRIVED]


def test_with_admisi_one_late_pass_tells_everything(site: Site) -> None:
    no_rawat = patient(site, exam="08:30:00")
    ticket(site, no_rawat, "--queue")
    site.clock.at("20:00")
    site.sync(ANTREAN_ADMISI="ya")
    assert site.held_at_bpjs(no_rawat)[:4] == [TICKET, CALLED, ARRIVED, (4, "08:30:00")]


def test_a_setting_that_is_turned_off_lets_task_3_go(site: Site) -> None:
    site.clock.at("08:06")
    no_rawat = patient(site)
    site.sync(ANTREAN_ADMISI="ya")
    site.clock.at("08:07")
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [ARRIVED]
