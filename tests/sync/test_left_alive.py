"""What BPJS still holds although Khanza has it no more: told once, shown until it ends."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.hands import Operation, desk, done, mobile_jkn
from tests.support.patients import gone_home, hand_on, minute, patient
from tests.support.site import MONDAY, Site

NUMBER = "2026/11/23/000001"
COMMAND = f"antrean batal {NUMBER} --keterangan ALASAN"


@pytest.fixture(autouse=True)
def _morning(site: Site) -> None:
    site.clock.at("08:10")


def run(site: Site, *args: str) -> subprocess.CompletedProcess[str]:
    return site.run(*args, CLOCK=site.clock.now.isoformat())


def document(site: Site, *args: str) -> Any:
    return json.loads(run(site, *args, "--json").stdout)


def told(site: Site, minutes: int = 1) -> list[str]:
    """Let minutes pass, a pass each; return which bookings people are told of as left alive."""
    found: list[str] = []
    for _ in range(minutes):
        site.clock.forward(minutes=1)
        found += [one.kodebooking for one in site.sync().left_alive]
    return found


def shown(site: Site) -> list[str]:
    """Return the bookings that `status` shows; `list` shows the same, and `show` of each."""
    found = [one["kodebooking"] for one in document(site, "status")["left_alive"]]
    listed = [one for one in document(site, "list") if one["reason_code"] == "hidup"]
    assert [one["kodebooking"] for one in listed] == found
    for kodebooking in found:
        (visit,) = [
            one for one in document(site, "show", kodebooking) if one["kodebooking"] == kodebooking
        ]
        assert visit["left_alive"]["command"] == f"antrean batal {kodebooking} --keterangan ALASAN"
    return found


def now(site: Site) -> datetime:
    return site.clock.now.replace(tzinfo=None)


def step_by_step(site: Site, operation: Operation[Any]) -> Iterator[list[str]]:
    """Run an operation of Khanza's with a pass after each statement; yield what is told."""
    for _ in operation:
        yield told(site)


# -- how it begins


def test_a_visit_that_is_deleted_after_its_add(site: Site) -> None:
    no_rawat = patient(site)
    site.sync()
    site.khanza.delete("reg_periksa", no_rawat=no_rawat)
    assert told(site) == []
    assert shown(site) == [NUMBER]
    assert told(site) == [NUMBER]
    assert told(site, 5) == []
    assert shown(site) == [NUMBER]
    assert [code for code, _, _ in site.sent("/antrean/batal")] == []


@pytest.mark.parametrize("through", [True, False])
def test_a_visit_that_is_deleted_when_all_of_it_is_through(site: Site, through: bool) -> None:
    """Nothing of it is open: no pass would look at it for that."""
    no_rawat = gone_home(site) if through else patient(site)
    site.clock.at("09:00")
    site.sync()
    minute(site)
    site.khanza.delete("reg_periksa", no_rawat=no_rawat)
    assert told(site, 3) == [NUMBER]


def test_a_visit_that_bpjs_was_never_told_of_leaves_nothing(site: Site) -> None:
    no_rawat = patient(site, kd_poli="MAT")
    site.sync()
    site.khanza.delete("reg_periksa", no_rawat=no_rawat)
    assert told(site, 3) == []
    assert shown(site) == []


def test_a_visit_that_is_moved_to_another_day_or_cancelled_at_the_desk_is_not_left(
    site: Site,
) -> None:
    moved, cancelled = patient(site), patient(site)
    site.sync()
    site.khanza.update(
        "reg_periksa", {"no_rawat": moved}, tgl_registrasi=MONDAY + timedelta(days=3)
    )
    site.khanza.stts(cancelled, "Batal")
    assert told(site, 15) == []


def test_a_visit_that_is_moved_is_told_on_its_new_day_and_its_old_booking_is_left(
    site: Site,
) -> None:
    """BPJS takes no time of another day of the old booking; back on its day it goes on."""
    no_rawat, tomorrow = patient(site), MONDAY + timedelta(days=1)
    site.sync()
    site.khanza.update("reg_periksa", {"no_rawat": no_rawat}, tgl_registrasi=tomorrow)
    assert told(site, 3) == []
    site.clock.at("08:10", day=1)
    site.khanza.exam(no_rawat, f"{tomorrow} 08:09:00")
    assert told(site, 3) == [NUMBER]
    assert shown(site) == [NUMBER]
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00")]
    assert site.held_at_bpjs(f"{no_rawat}-2") == [(3, "08:05:00"), (4, "08:09:00")]
    assert [body["tanggalperiksa"] for body in site.bodies("/antrean/add")] == [
        str(MONDAY),
        str(tomorrow),
    ]
    assert {code for _, _, code in site.sent()} == {200}
    assert "tidak ada (lagi) di Khanza" in run(site, "show", no_rawat).stdout
    site.khanza.update("reg_periksa", {"no_rawat": no_rawat}, tgl_registrasi=MONDAY)
    assert told(site, 3) == [f"{NUMBER}-2"]
    assert shown(site) == [f"{NUMBER}-2"]


def test_the_old_booking_of_a_number_that_was_handed_on(site: Site) -> None:
    no_rawat = patient(site)
    site.sync()
    hand_on(site, no_rawat)
    assert told(site) == []
    assert told(site, 3) == [NUMBER]
    hand_on(site, no_rawat, jam="08:28:00", exam=None)
    site.clock.at("08:45")
    assert told(site, 4) == [f"{NUMBER}-2"]
    assert shown(site) == [NUMBER, f"{NUMBER}-2"]


def test_a_stranger_whom_the_sep_form_had_added(site: Site) -> None:
    """Known by BPJS's list alone: no pass ever saw the visit."""
    patient(site)
    site.bpjs.bookings.mobile_jkn(NUMBER, str(MONDAY))
    site.sync()
    assert told(site, 3) == [NUMBER]


def booked(site: Site) -> tuple[str, str]:
    """Book in Mobile JKN as Khanza does; return no_rawat and nobooking."""
    nobooking = done(
        mobile_jkn.book(site.khanza, site.khanza.patient(), now=now(site), tanggal=MONDAY)
    )
    assert nobooking is not None
    site.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY))
    no_rawat = site.khanza.value("referensi_mobilejkn_bpjs", "no_rawat", nobooking=nobooking)
    return no_rawat, nobooking


def test_a_booking_that_is_cancelled_although_its_visit_lives(site: Site) -> None:
    """A prescription keeps the visit, and no row tells of the cancel."""
    no_rawat, nobooking = booked(site)
    site.khanza.exam(no_rawat, "2026-11-23 08:09:00")
    site.khanza.resep(no_rawat, dibuat="2026-11-23 08:09:30")
    site.sync()
    found = list(step_by_step(site, mobile_jkn.cancel(site.khanza, nobooking, now=now(site))))
    assert found == [[], [nobooking]]
    assert told(site, 3) == []
    assert shown(site) == [nobooking]
    # The visit that is left is one of its own from now on.
    site.khanza.sep(no_rawat)
    minute(site)
    assert site.held_at_bpjs(no_rawat) == [(3, "08:00:00"), (4, "08:09:00")]


@pytest.mark.parametrize("operation", [mobile_jkn.cancel, mobile_jkn.admin_cancels])
def test_a_cancel_that_khanza_writes_statement_by_statement_leaves_nothing(
    site: Site, operation: Any
) -> None:
    """Nor is a visit told to BPJS of its own that is deleted a moment later."""
    no_rawat, nobooking = booked(site)
    norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
    site.khanza.surat_kontrol(norm, MONDAY, "INT")  # nothing else would keep its add back
    site.sync()
    found = list(step_by_step(site, operation(site.khanza, nobooking, now=now(site))))
    found.append(told(site, 8))
    assert not any(found)
    assert shown(site) == []
    lives = operation is mobile_jkn.admin_cancels
    assert [body["kodebooking"] for body in site.bodies("/antrean/add")] == [no_rawat] * lives
    assert [code for code, _, _ in site.sent("/antrean/batal")] == [nobooking]


def test_a_booking_that_vanishes_with_its_patients_old_record_number(site: Site) -> None:
    no_rawat, nobooking = booked(site)
    site.khanza.exam(no_rawat, "2026-11-23 08:09:00")
    site.sync()
    old = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
    numbers = {
        name: site.khanza.value("pasien", name, no_rkm_medis=old)
        for name in ("no_ktp", "no_peserta", "no_tlp")
    }
    into = site.khanza.patient(**numbers)
    found = list(step_by_step(site, desk.merge_patients(site.khanza, old, into)))
    found.append(told(site, 3))
    assert [one for some in found for one in some] == [nobooking]
    assert shown(site) == [nobooking]


def test_a_number_of_mobile_jkn_that_is_handed_out_again_after_it_vanished(site: Site) -> None:
    """BPJS's booking of that number stays the first patient's; the second has one of its own, which
    is to be added.
    """
    no_rawat, nobooking = booked(site)
    done(mobile_jkn.check_in(site.khanza, nobooking, now=now(site)))
    site.sync()
    old = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
    done(desk.merge_patients(site.khanza, old, site.khanza.patient()))
    assert told(site, 3) == [nobooking]
    again = mobile_jkn.book(site.khanza, site.khanza.patient(), now=now(site), tanggal=MONDAY)
    assert done(again) == nobooking
    hers = site.khanza.value("referensi_mobilejkn_bpjs", "no_rawat", nobooking=nobooking)
    site.clock.at("08:20")
    done(mobile_jkn.check_in(site.khanza, nobooking, now=now(site)))
    site.khanza.exam(hers, "2026-11-23 08:24:00")
    site.clock.at("08:25")
    assert told(site, 3) == []
    assert shown(site) == [nobooking]
    said = run(site, "show", hers).stdout
    assert "tidak ada (lagi) di Khanza" not in said
    assert f"antrean add --no-rawat {hers}" in said
    assert run(site, "add", "--no-rawat", hers).returncode == 0
    assert told(site, 3) == []
    assert site.held_at_bpjs(nobooking) == [(3, "08:10:00")]
    assert site.held_at_bpjs(f"{nobooking}-2") == [(3, "08:20:00"), (4, "08:24:00")]
    (visit,) = (one for one in document(site, "show", hers) if one["kodebooking"] != nobooking)
    assert visit["kodebooking"] == f"{nobooking}-2"
    said = run(site, "show", nobooking).stdout
    assert "tidak ada (lagi) di Khanza" in said
    heard = len(site.bpjs.arrived)
    assert told(site, 3) == []
    assert len(site.bpjs.arrived) == heard


def test_a_booking_whose_visit_is_deleted_at_the_desk(site: Site) -> None:
    """Khanza leaves the booking as it was, and hands the number to the next patient."""
    no_rawat, nobooking = booked(site)
    done(mobile_jkn.check_in(site.khanza, nobooking, now=now(site)))
    site.sync()
    assert site.held_at_bpjs(nobooking) == [(3, "08:10:00")]
    found = list(step_by_step(site, desk.delete_visit(site.khanza, no_rawat)))
    assert [*found, told(site, 3)] == [[], [nobooking]]
    assert shown(site) == [nobooking]
    said = run(site, "show", nobooking).stdout
    assert "tidak ada (lagi) di Khanza" in said
    assert "Kunjungan ini dibatalkan" not in said
    patient(site)
    assert told(site, 3) == []
    assert shown(site) == [nobooking]


def test_a_booking_of_a_deleted_visit_that_bpjs_was_told_nothing_of_is_not_clear(
    site: Site,
) -> None:
    no_rawat, nobooking = booked(site)
    site.sync()
    site.khanza.delete("reg_periksa", no_rawat=no_rawat)
    assert told(site, 3) == []
    assert site.states(nobooking) == {"3": "held"}
    assert shown(site) == []


def test_a_visit_at_the_desk_that_a_booking_has_now(site: Site) -> None:
    """A cancel that the admin took back after the visit had been told of as one of its own."""
    no_rawat, nobooking = booked(site)
    site.khanza.sep(no_rawat)
    site.sync()
    done(mobile_jkn.admin_cancels(site.khanza, nobooking, now=now(site)))
    site.khanza.update(
        "referensi_mobilejkn_bpjs_batal", {"nobooking": nobooking}, statuskirim="Sudah"
    )
    site.khanza.exam(no_rawat, "2026-11-23 08:09:00")
    assert told(site, 2) == []
    assert site.held_at_bpjs(no_rawat) == [(3, "08:00:00"), (4, "08:09:00")]
    done(mobile_jkn.admin_resets(site.khanza, nobooking))
    assert told(site, 4) == [no_rawat]


# -- where it stands


def test_status_list_and_show_name_what_to_type_and_the_pass_says_it_once(site: Site) -> None:
    no_rawat = patient(site, exam="08:09:00")
    site.env["ANTREAN_KODEBOOKING"] = "RS#{no_rawat}"  # a # has to be quoted for the shell
    site.sync()
    site.khanza.delete("reg_periksa", no_rawat=no_rawat)
    minute(site)
    code = f"RS#{no_rawat}"
    command = f"antrean batal '{code}' --keterangan ALASAN"
    site.clock.forward(minutes=1)
    passed = run(site, "sync")
    assert passed.stderr.count("masih berlaku di BPJS") == 1
    assert command in passed.stderr
    for args in (("status",), ("list",), ("show", code)):
        out = run(site, *args).stdout
        assert "masih berlaku di BPJS" in out, args
        assert command in out, args
        assert args == ("list",) or all(len(line) <= 80 for line in out.splitlines())
    site.clock.forward(minutes=1)
    assert run(site, "sync").stderr == ""
    (one,) = document(site, "status")["left_alive"]
    assert one == {
        "kodebooking": code,
        "no_rawat": no_rawat,
        "tanggal": str(MONDAY),
        "kd_poli": "INT",
        "command": command,
    }


def test_it_changes_no_count_and_no_exit_code_of_status(site: Site) -> None:
    no_rawat = patient(site)
    site.sync()
    site.khanza.delete("reg_periksa", no_rawat=no_rawat)
    assert told(site, 3) == [NUMBER]
    done_ = run(site, "status", "--json")
    found = json.loads(done_.stdout)
    assert (done_.returncode, found["held"], found["reasons"]) == (0, 0, [])


# -- how it ends


@pytest.fixture
def alive(site: Site) -> Site:
    """Return a hospital with a booking that is left alive."""
    no_rawat = patient(site)
    site.sync()
    site.khanza.delete("reg_periksa", no_rawat=no_rawat)
    assert told(site, 2) == [NUMBER]
    return site


def test_a_cancel_by_hand_ends_it(alive: Site) -> None:
    done_ = run(alive, "batal", NUMBER, "--keterangan", "kunjungan dihapus", "--yes")
    assert done_.returncode == 0, done_.stderr
    assert shown(alive) == []
    assert told(alive, 3) == []


def test_a_cancel_by_hand_of_what_bpjs_does_not_know_ends_it_as_well(alive: Site) -> None:
    alive.bpjs.bookings._held.clear()
    assert run(alive, "batal", NUMBER, "--keterangan", "uji", "--yes").returncode == 6
    assert shown(alive) == []
    assert told(alive, 3) == []


def test_a_drop_ends_it(alive: Site) -> None:
    done_ = run(alive, "drop", NUMBER, "--keterangan", "dibatalkan lewat telepon")
    assert done_.returncode == 0
    assert shown(alive) == []
    assert told(alive, 3) == []


@pytest.mark.parametrize("cancelled", [True, False])
def test_bpjss_own_list_ends_it(alive: Site, cancelled: bool) -> None:
    """It is asked for the sake of another patient's booking."""
    if cancelled:
        alive.bpjs.bookings.batal({"kodebooking": NUMBER, "keterangan": "di tempat lain"})
    else:
        alive.bpjs.bookings._held.clear()
    other = patient(alive, no=2, jam="08:11:00")
    alive.bpjs.bookings.mobile_jkn(other, str(MONDAY))
    assert told(alive, 1) == []
    assert shown(alive) == []


def test_a_visit_that_comes_back_ends_it_and_goes_on(alive: Site) -> None:
    norm = alive.bodies("/antrean/add")[0]["norm"]
    patient(alive, norm=norm, no=1, exam="08:11:30")
    assert told(alive, 2) == []
    assert shown(alive) == []
    assert alive.held_at_bpjs(NUMBER) == [(3, "08:05:00"), (4, "08:11:30")]
    alive.khanza.delete("reg_periksa", no_rawat=NUMBER)
    assert told(alive, 3) == [NUMBER]


def test_after_h7_it_is_shown_no_more(alive: Site) -> None:
    alive.clock.at("09:00", day=7)
    alive.sync()
    assert shown(alive) == [NUMBER]
    alive.clock.at("09:00", day=8)
    alive.sync()
    assert shown(alive) == []


def test_reconcile_calls_it_alive_at_bpjs_or_nothing_lost(alive: Site) -> None:
    found = document(alive, "reconcile", "--all")
    assert found["lost"] == 0
