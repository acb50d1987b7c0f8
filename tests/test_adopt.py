"""Adopting (ANTREAN_ADOPT=ya): a booking that BPJS has under another code is used, not doubled."""

from __future__ import annotations

from typing import Any

import pytest

from antrean_cli.simulator.faults import Fault, FaultName
from tests.site import MONDAY, Done, Site

ADD, LIST = "/antrean/add", f"/antrean/pendaftaran/tanggal/{MONDAY}"


def patient(site: Site, norm: str | None = None) -> str:
    no_rawat = site.khanza.visit(MONDAY, jam="08:05:00", norm=norm)
    site.khanza.sep(no_rawat)
    site.khanza.exam(no_rawat, f"{MONDAY} 08:20:00")
    return no_rawat


def kiosk(site: Site, no_rawat: str, kodebooking: str, **fields: object) -> str:
    """Let a kiosk have added a visit under a code of its own; BPJS knows the patient by all three numbers."""
    norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
    numbers = {
        "nik": site.khanza.value("pasien", "no_ktp", no_rkm_medis=norm),
        "nomorkartu": site.khanza.value("pasien", "no_peserta", no_rkm_medis=norm),
        "norm": norm,
    }
    given: dict[str, Any] = {"kodepoli": "INT", "kodedokter": 12345, **numbers, **fields}
    site.bpjs.bookings.mobile_jkn(kodebooking, str(MONDAY), **given)
    return kodebooking


def sync(site: Site) -> Done:
    return site.sync(ANTREAN_ADOPT="ya", BPJS_TIMEOUT="1")


def adds(site: Site) -> list[str]:
    return [kodebooking for kodebooking, _, _ in site.sent(ADD)]


def looks(site: Site) -> int:
    return sum(one.path.endswith(LIST) for one in site.bpjs.arrived)


def test_a_booking_under_another_code_is_used_and_gets_the_tasks(site: Site) -> None:
    no_rawat = patient(site)
    code = kiosk(site, no_rawat, "KIOS-1")
    for _ in range(3):
        sync(site)
        site.clock.forward(minutes=1)
    assert adds(site) == []
    assert site.held_at_bpjs(code) == [(3, "08:05:00"), (4, "08:20:00")]
    record = site.record(code)
    assert (record.no_rawat, record.pushes["add"].state) == (no_rawat, "already")
    assert no_rawat in record.pushes["add"].note
    done = site.run("show", no_rawat, CLOCK=site.clock.now.isoformat())
    assert code in done.stdout


def test_what_bpjs_does_not_have_is_added(site: Site) -> None:
    no_rawat = patient(site)
    sync(site)
    assert adds(site) == [no_rawat]


@pytest.mark.parametrize(
    "other",
    [
        {"kodepoli": "ANA"},
        {"kodedokter": 99999},
        {"nik": "3200000000000001", "nomorkartu": "0009999999999", "norm": "999999"},
    ],
)
def test_another_clinic_doctor_or_patient_is_not_the_same(site: Site, other: dict[str, object]) -> None:
    no_rawat = patient(site)
    kiosk(site, no_rawat, "KIOS-1", **other)
    sync(site)
    assert adds(site) == [no_rawat]


def test_one_number_of_the_patient_is_enough(site: Site) -> None:
    no_rawat = patient(site)
    kiosk(site, no_rawat, "KIOS-1", nik="3200000000000001", norm="999999")
    sync(site)
    assert adds(site) == []


def test_a_cancelled_booking_is_not_used(site: Site) -> None:
    no_rawat = patient(site)
    kiosk(site, no_rawat, "KIOS-1")
    site.bpjs.bookings.batal({"kodebooking": "KIOS-1", "keterangan": "salah poli"})
    sync(site)
    assert adds(site) == [no_rawat]


def test_the_booking_of_another_visit_is_not_taken_away(site: Site) -> None:
    norm = site.khanza.patient()
    booked = site.khanza.visit(MONDAY, jam="08:00:00", norm=norm)
    nobooking = site.khanza.booking(booked, MONDAY)
    second = patient(site, norm)
    kiosk(site, second, nobooking)
    sync(site)
    assert adds(site) == [second]


def test_of_several_a_person_has_to_say_which_and_then_it_goes_on(site: Site) -> None:
    no_rawat = patient(site)
    for code in ("KIOS-1", "KIOS-2"):
        kiosk(site, no_rawat, code)
    for _ in range(3):
        sync(site)
        site.clock.forward(minutes=6)
    push = site.push(no_rawat, "add")
    assert (push.state, push.reason and push.reason.code) == ("held", "ganda")
    assert push.reason is not None
    assert "KIOS-1, KIOS-2" in push.reason.text
    assert site.sent(ADD) == []
    site.bpjs.bookings.batal({"kodebooking": "KIOS-2", "keterangan": "ganda"})
    site.clock.forward(minutes=11)
    sync(site)
    assert site.held_at_bpjs("KIOS-1") == [(3, "08:05:00"), (4, "08:20:00")]
    assert adds(site) == []


def test_without_the_setting_what_was_held_is_added(site: Site) -> None:
    no_rawat = patient(site)
    for code in ("KIOS-1", "KIOS-2"):
        kiosk(site, no_rawat, code)
    sync(site)
    site.clock.forward(minutes=1)
    site.sync()
    assert adds(site) == [no_rawat]


def test_the_list_is_read_at_most_once_in_ten_minutes_and_later_adds_wait_for_the_next_look(site: Site) -> None:
    patient(site)
    sync(site)
    site.clock.forward(minutes=1)
    late = patient(site)
    kiosk(site, late, "KIOS-9")
    for _ in range(9):
        sync(site)
        site.clock.forward(minutes=1)
    assert (looks(site), adds(site).count(late)) == (1, 0)
    sync(site)
    assert looks(site) == 2
    assert late not in adds(site)
    assert site.held_at_bpjs("KIOS-9") == [(3, "08:05:00"), (4, "08:20:00")]


def test_an_add_that_was_put_off_after_a_look_goes_out_without_another(site: Site) -> None:
    no_rawat = patient(site)
    site.bpjs.faults.add(Fault("undefined_error", path=ADD, times=1))
    for _ in range(3):
        sync(site)
        site.clock.forward(minutes=2)
    assert looks(site) == 1
    assert site.states(no_rawat)["add"] == "sent"


def test_nothing_is_asked_where_nothing_is_to_be_added(site: Site) -> None:
    sync(site)
    assert looks(site) == 0


def test_an_add_waits_while_the_list_cannot_be_read_and_the_outage_is_told_and_ends(site: Site) -> None:
    no_rawat = patient(site)
    site.bpjs.stop()
    codes = []
    told = []
    for _ in range(6):
        done = sync(site)
        codes.append(done.report.exit_code)
        told += done.told
        site.clock.forward(minutes=1)
    assert set(codes) == {5}
    assert sum("BPJS terganggu" in text for text in told) == 1
    site.bpjs.start()
    for _ in range(3):
        site.clock.forward(minutes=11)
        told += sync(site).told
    assert adds(site) == [no_rawat]
    assert "BPJS pulih" in told[-1]


@pytest.mark.parametrize("name", ["unknown_code", "cut", "empty"])
def test_where_bpjs_has_no_such_list_adds_go_out_or_wait_but_are_never_lost(site: Site, name: FaultName) -> None:
    no_rawat = patient(site)
    site.bpjs.faults.add(Fault(name, path=LIST, times=2))
    for _ in range(5):
        sync(site)
        site.clock.forward(minutes=11)
    assert adds(site) == [no_rawat]


def test_no_number_of_a_patient_gets_into_the_ledger(site: Site) -> None:
    no_rawat = patient(site)
    kiosk(site, no_rawat, "KIOS-1")
    sync(site)
    norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
    nik = site.khanza.value("pasien", "no_ktp", no_rkm_medis=norm)
    for file in site.folder.glob("antrean.sqlite3*"):
        assert nik.encode() not in file.read_bytes()
