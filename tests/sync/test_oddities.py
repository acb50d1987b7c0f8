"""Odd rows, odd clocks, odd answers: one of them must never cost the others anything."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from antrean_cli.config.settings import load
from antrean_cli.ledger.file import locked
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.operator.manual import ManualCall, send
from antrean_cli.rules.codes import Kind, State, Step
from antrean_cli.rules.outcomes import after_unreadable_lookup
from antrean_cli.rules.payloads import batal_body
from antrean_cli.rules.push import Push, Record
from antrean_cli.simulator.faults import Fault
from antrean_cli.sync.pass_report import Delivered
from antrean_cli.sync.run import Pass
from tests.support.patients import patient
from tests.support.site import MONDAY, WIB, Site

UPDATE = "/antrean/updatewaktu"


@pytest.mark.parametrize(
    "column", ["kd_dokter", "kd_poli", "jam_reg", "no_reg", "stts", "stts_daftar", "status_lanjut"]
)
def test_a_null_in_one_registration_costs_only_that_visit(site: Site, column: str) -> None:
    odd, good = patient(site), patient(site)
    site.khanza.update("reg_periksa", {"no_rawat": odd}, **{column: None})
    assert site.sync().report.exit_code == 0
    assert site.states(good) == {"add": "sent", "3": "sent"}
    assert "None" not in json.dumps([one.body for one in site.bpjs.received])


@pytest.mark.parametrize("bad", [0, 5], ids=["sorts first", "sorts last"])
def test_one_booking_that_is_refused_at_the_door_does_not_keep_the_others_out(
    site: Site, bad: int
) -> None:
    bookings = [patient(site) for _ in range(6)]
    site.bpjs.faults.add(Fault("http_401", kodebooking=bookings[bad], times=None))
    told = []
    for _ in range(12):
        told += site.sync().told
        site.clock.forward(minutes=1)
    others = [kodebooking for kodebooking in bookings if kodebooking != bookings[bad]]
    assert all(site.states(kodebooking) == {"add": "sent", "3": "sent"} for kodebooking in others)
    assert len(told) == 1, "told when it begins, not every minute"


def test_an_outage_noted_by_a_clock_that_ran_ahead_is_probed_at_once(site: Site) -> None:
    for _ in range(3):
        patient(site)
    site.clock.at("16:00")
    site.bpjs.down = True
    assert site.sync().report.exit_code == 5
    site.bpjs.down = False
    site.clock.at("09:01")
    assert site.sync().report.exit_code == 0
    assert site.sent("/antrean/add")


def test_a_first_pass_with_a_clock_ahead_does_not_keep_antrean_silent(site: Site) -> None:
    no_rawat = patient(site)
    site.clock.at("09:00", day=30)
    site.sync()
    site.clock.at("09:00")
    site.sync()
    assert site.states(no_rawat) == {"add": "sent", "3": "sent"}


def test_what_a_clock_ahead_gave_up_as_too_late_goes_on_once_it_is_right(site: Site) -> None:
    no_rawat = patient(site)
    site.bpjs.down = True
    site.sync()
    site.bpjs.down = False
    site.clock.at("14:00", day=30)
    site.sync()
    assert set(site.states(no_rawat).values()) == {"closed"}
    site.clock.at("15:00")
    site.sync()
    assert site.states(no_rawat) == {"add": "sent", "3": "sent"}


def test_after_a_clock_that_ran_ahead_nobody_knows_the_minute_of_stts(site: Site) -> None:
    no_rawat = patient(site)
    site.clock.at("12:00")
    site.sync()
    site.khanza.stts(no_rawat, "Sudah")
    site.clock.at("09:00")
    site.sync()
    assert "5" not in site.states(no_rawat)


def test_a_cancel_by_hand_during_a_delivery_counts_at_once(site: Site) -> None:
    """After a cancel nothing more is sent: the pass looks again before each
    request of a booking.
    """
    bookings = [patient(site) for _ in range(3)]
    site.sync()
    for no_rawat in bookings:
        site.khanza.exam(no_rawat, f"{MONDAY} 08:30:00")
    settings = site.settings(ANTREAN_WORKERS="1")
    cancelled = ""
    with locked(site.state), Ledger.open(site.state, WIB) as ledger:
        for event in Pass(settings=settings, ledger=ledger, clock=site.clock).run():
            if isinstance(event, Delivered) and not cancelled:
                # One task is done, the next one is in flight, the last one waits in line.
                cancelled = bookings[-1]
                body = batal_body(cancelled, "Coba")
                cancel = ManualCall(step=Step.BATAL, body=body, tanggal=MONDAY)
                send(settings, cancel, site.clock.now)
    assert [
        (kodebooking, taskid) for kodebooking, taskid, _ in site.sent(UPDATE) if taskid == "4"
    ] == [
        (bookings[0], "4"),
        (bookings[1], "4"),
    ]
    assert site.states(cancelled) == {"add": "sent", "3": "sent", "4": "closed", "batal": "sent"}


def test_a_cancel_by_hand_between_two_requests_of_a_booking_counts_at_once(site: Site) -> None:
    """What the pass has read of a booking stands as long as nobody else writes to the ledger."""
    bookings = [patient(site) for _ in range(3)]
    for no_rawat in bookings:
        site.khanza.exam(no_rawat, f"{MONDAY} 08:30:00")
    settings, cancelled = site.settings(ANTREAN_WORKERS="1"), ""
    with locked(site.state), Ledger.open(site.state, WIB) as ledger:
        for event in Pass(settings=settings, ledger=ledger, clock=site.clock).run():
            if isinstance(event, Delivered) and not cancelled:
                ((cancelled, _, _),) = site.sent("/antrean/add")
                body = batal_body(cancelled, "Coba")
                cancel = ManualCall(step=Step.BATAL, body=body, tanggal=MONDAY)
                send(settings, cancel, site.clock.now)
    assert cancelled not in {kodebooking for kodebooking, _, _ in site.sent(UPDATE)}
    states = site.states(cancelled)
    assert states == {"add": "sent", "3": "closed", "4": "closed", "batal": "sent"}


def test_an_add_by_hand_under_another_code_during_a_delivery_counts_at_once(site: Site) -> None:
    """The pass looks again before it adds a booking: what was put in its place is not added a
    second time.
    """
    bookings = [patient(site) for _ in range(3)]
    settings, added = site.settings(ANTREAN_WORKERS="1"), False
    with locked(site.state), Ledger.open(site.state, WIB) as ledger:
        for event in Pass(settings=settings, ledger=ledger, clock=site.clock).run():
            if isinstance(event, Delivered) and not added:
                added = True
                assert (
                    site.run(
                        "add", "--no-rawat", bookings[-1], "--kodebooking", "KIOSK-0001"
                    ).returncode
                    == 0
                )
    assert (bookings[-1], "", 200) not in site.sent("/antrean/add")


def test_what_is_done_by_hand_while_khanza_answers_is_not_overwritten(site: Site) -> None:
    no_rawat = site.khanza.visit(MONDAY, jam="08:05:00")  # no SEP: held by the pass
    site.sync()
    with Ledger.open(site.state, WIB) as ledger:
        held = ledger.record(no_rawat)
    assert held is not None
    assert held.pushes["add"].state == "held"
    done = site.run(
        "add",
        "--no-rawat",
        no_rawat,
        "--nomorreferensi",
        "0301R0011126V000001",
        KHANZA_SQLITE="",
        ANTREAN_TZ="Asia/Jakarta",
    )
    assert done.returncode == 0, done.stderr
    site.sync()
    assert site.states(no_rawat) == {"add": "sent", "3": "sent"}


def test_look_ups_that_are_put_off_are_no_outage(site: Site) -> None:
    for number in range(4):
        nobooking = f"20261123{number:06}"
        no_rawat = site.khanza.visit(MONDAY, jam="08:00:00")
        site.khanza.booking(
            no_rawat, MONDAY, nobooking=nobooking, status="Checkin", validasi=f"{MONDAY} 07:40:00"
        )
        site.bpjs.bookings.mobile_jkn(
            nobooking, MONDAY.isoformat(), [{"taskid": 3, "waktu": 1795395900000}]
        )
    site.bpjs.faults.add(Fault("unknown_code", path="/antrean/getlisttask", times=1))
    for _ in range(3):
        done = site.sync()
        site.clock.forward(minutes=2)
    assert done.report.exit_code == 0
    assert done.told == []


def test_after_a_list_that_cannot_be_read_nothing_is_asked_again() -> None:
    """What is in doubt is sent once more, and 208 settles it; what 208 already settled stays as it
    is.
    """
    doubtful = Push(step=Step("4"), state=State("due"), needs_lookup=True)
    there = Push(step=Step("3"), state=State("already"), needs_lookup=True)
    record = Record(kodebooking="A", kind=Kind.ONSITE, tanggal=MONDAY).with_pushes(doubtful, there)
    after = after_unreadable_lookup(record)
    assert {step: (push.state, push.needs_lookup) for step, push in after.pushes.items()} == {
        "3": ("already", False),
        "4": ("due", False),
    }


@pytest.mark.parametrize("name", ["INT", "IPD"], ids=["Khanza's code", "BPJS's code"])
def test_a_cancel_in_mobile_jkn_follows_the_pilot_clinic_by_either_code(
    site: Site, name: str
) -> None:
    """The registration is deleted: only BPJS's code of the clinic is left."""
    site.khanza.update("maping_poli_bpjs", {"kd_poli_rs": "INT"}, kd_poli_bpjs="IPD")
    kept = site.khanza.booking(None, MONDAY, kodepoli="IPD", status="Batal")
    other = site.khanza.booking(None, MONDAY, kodepoli="ANA", status="Batal")
    for nobooking in (kept, other):
        site.khanza.batal(nobooking)
        site.bpjs.bookings.mobile_jkn(nobooking, MONDAY.isoformat())
    site.sync(ANTREAN_ONLY_POLI=name)
    assert [kodebooking for kodebooking, *_ in site.sent("/antrean/batal")] == [kept]


def test_an_open_cancel_from_before_the_window_is_still_looked_at(site: Site) -> None:
    nobooking = site.khanza.booking(None, MONDAY, status="Batal")
    site.khanza.batal(nobooking)
    site.bpjs.bookings.mobile_jkn(nobooking, MONDAY.isoformat())
    site.bpjs.down = True
    site.sync()
    for minutes in range(3):
        site.clock.at("09:00", day=4)
        site.clock.forward(minutes=20 * minutes)
        site.sync()
    assert site.states(nobooking) == {"batal": "due"}
    site.bpjs.down = False
    site.clock.forward(minutes=20)
    site.sync()
    assert site.states(nobooking) == {"batal": "sent"}


def test_with_khanza_down_a_due_cancel_still_goes_out(site: Site, tmp_path: Path) -> None:
    nobooking = site.khanza.booking(None, MONDAY, status="Batal")
    site.khanza.batal(nobooking)
    site.bpjs.bookings.mobile_jkn(nobooking, MONDAY.isoformat())
    site.bpjs.faults.add(Fault("gagal_dicoba", times=1))
    site.sync()
    site.clock.forward(minutes=3)
    assert site.sync(KHANZA_SOCKET=str(tmp_path / "tidak-ada")).report.exit_code == 5
    assert site.states(nobooking) == {"batal": "sent"}


def test_answers_that_only_put_off_are_told_and_are_no_success(site: Site) -> None:
    """A wrong BPJS_BASE_URL can be answered with an unknown code for ever."""
    patient(site)
    site.bpjs.faults.add(Fault("gagal_dicoba", times=None))
    passes = []
    for minutes in (0, 2, 4, 8):
        site.clock.forward(minutes=minutes)
        passes.append(site.sync())
    assert [done.report.exit_code for done in passes] == [5] * 4
    assert [len(done.told) for done in passes] == [0, 0, 1, 0]  # a single one is nothing
    site.bpjs.faults.clear()
    site.clock.forward(minutes=15)
    last = site.sync()
    assert (last.report.exit_code, len(last.told)) == (0, 1)


def test_no_payer_that_means_bpjs_stops_before_anybody_becomes_non_jkn(site: Site) -> None:
    patient(site)
    site.khanza.delete("password_asuransi", kd_pj="BPJ")
    assert site.sync().report.exit_code == 8
    assert site.bpjs.received == []


def test_a_setting_that_does_not_exist_is_named_with_the_one_that_was_meant(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("ANTREAN_ONLYPOLI=INT\n", encoding="utf-8")
    file.chmod(0o600)
    with pytest.raises(
        Exception, match="ANTREAN_ONLYPOLI tidak dikenal; maksudnya ANTREAN_ONLY_POLI"
    ):
        load(env_file=file, state=None, needs=frozenset(), environ={"HOME": "/"})


def test_the_simulator_does_not_touch_a_file_that_it_cannot_use(
    live_site: Site, tmp_path: Path
) -> None:
    precious = tmp_path / "penting.env"
    precious.write_text("KUNCI=1\n", encoding="utf-8")
    done = live_site.run("simulator", "--port", "0", "--isi", str(precious))
    assert done.returncode == 2
    assert precious.read_text(encoding="utf-8") == "KUNCI=1\n"


def test_a_booking_of_the_next_day_is_found_by_its_no_rawat(live_site: Site) -> None:
    today = live_site.clock.now.date()
    no_rawat = live_site.khanza.visit(today)
    tomorrow = today + timedelta(days=1)
    live_site.khanza.update("reg_periksa", {"no_rawat": no_rawat}, tgl_registrasi=tomorrow)
    nobooking = live_site.khanza.booking(no_rawat, tomorrow)
    done = live_site.run("add", "--no-rawat", no_rawat, "--dry-run")
    assert json.loads(done.stdout)["kodebooking"] == nobooking


def test_after_a_clock_that_ran_ahead_everything_is_looked_at_at_once(site: Site) -> None:
    site.sync()
    site.clock.at("10:00", day=30)
    site.sync()
    late = patient(site)
    site.clock.at("10:00", day=3)
    site.sync()
    assert site.held_at_bpjs(late) == [(3, "08:05:00")]
