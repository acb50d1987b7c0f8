"""Whose visit it is: numbers that Khanza hands out again at the desk.

No booking may ever hold another patient's times.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.patients import Owner, PatientNumbers, marked
from antrean_cli.simulator.bookings import Answer
from antrean_cli.simulator.faults import Fault
from antrean_cli.sync import run
from antrean_cli.sync.record import record
from tests.support.patients import hand_on, minute, mobile_jkn, patient, reason
from tests.support.site import MONDAY, WIB, Site


@pytest.fixture(autouse=True)
def _morning(site: Site) -> None:
    site.clock.at("08:10")


OLD = [(3, "08:05:00")]
NEW = [(3, "08:25:00"), (4, "08:40:00")]


def norms(site: Site) -> dict[str, str]:
    """Return for whom BPJS was told of each booking."""
    return {body["kodebooking"]: body["norm"] for body in site.bodies("/antrean/add")}


def test_the_next_patient_with_a_number_has_a_booking_of_her_own(site: Site) -> None:
    no_rawat = patient(site)
    old = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
    site.sync()
    new = hand_on(site, no_rawat)
    site.clock.at("08:41")
    for _ in range(3):
        minute(site)
    assert norms(site) == {no_rawat: old, f"{no_rawat}-2": new}
    assert site.held_at_bpjs(no_rawat) == OLD
    assert site.held_at_bpjs(f"{no_rawat}-2") == NEW
    assert site.record(no_rawat).handed_on
    assert site.record(f"{no_rawat}-2").no_rawat == no_rawat


@pytest.mark.parametrize("cancelled_at_desk", [False, True])
def test_a_patient_who_is_registered_anew_after_a_cancel_is_told_of_once_more(
    site: Site, cancelled_at_desk: bool
) -> None:
    """The SEP was refused, or the clinic was wrong: the same number, and BPJS has it cancelled."""
    no_rawat = patient(site)
    norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
    site.sync()
    if cancelled_at_desk:
        site.khanza.stts(no_rawat, "Batal")
        for _ in range(12):
            minute(site)
    else:
        site.khanza.delete("reg_periksa", no_rawat=no_rawat)
        minute(site)
        clock = site.clock.now.isoformat()
        assert site.run("batal", no_rawat, "--keterangan", "salah", CLOCK=clock).returncode == 0
    assert site.record(no_rawat).ended
    hand_on(site, no_rawat, norm=norm)
    site.clock.at("08:41")
    for _ in range(3):
        minute(site)
    assert norms(site) == {no_rawat: norm, f"{no_rawat}-2": norm}
    assert site.held_at_bpjs(f"{no_rawat}-2") == NEW
    assert {3, 99} == {taskid for taskid, _ in site.held_at_bpjs(no_rawat)}
    said = site.run("show", no_rawat, CLOCK=site.clock.now.isoformat()).stdout
    assert "dibatalkan di BPJS, tidak di Khanza" not in said
    clock = (site.clock.now + timedelta(minutes=15)).isoformat()
    found = site.run("reconcile", "--date", str(MONDAY), CLOCK=clock)
    assert found.returncode == 0, found.stdout


def test_the_third_patient_with_a_number_has_one_too(site: Site) -> None:
    no_rawat = patient(site)
    site.sync()
    hand_on(site, no_rawat, exam=None)
    site.clock.at("08:30")
    site.sync()
    hand_on(site, no_rawat, jam="08:45:00", exam="08:50:00")
    site.clock.at("09:00")
    site.sync()
    minute(site)
    assert site.held_at_bpjs(no_rawat) == OLD
    assert site.held_at_bpjs(f"{no_rawat}-2") == [(3, "08:25:00")]
    assert site.held_at_bpjs(f"{no_rawat}-3") == [(3, "08:45:00"), (4, "08:50:00")]


@pytest.mark.parametrize("why", ["clinic not mapped", "BPJS down", "add refused"])
def test_a_number_that_bpjs_was_never_told_of_is_the_next_patients_as_it_is(
    site: Site, why: str
) -> None:
    no_rawat = patient(site, kd_poli="MAT" if why == "clinic not mapped" else "INT")
    url = "http://127.0.0.1:9" if why == "BPJS down" else site.bpjs.url
    refusal = Answer(201, "Rujukan tidak valid")
    with site.answering("/antrean/add" if why == "add refused" else "/", refusal):
        site.sync(BPJS_BASE_URL=url)
    new = hand_on(site, no_rawat)
    site.clock.at("08:50")
    site.sync()
    minute(site)
    assert norms(site)[no_rawat] == new
    assert site.held_at_bpjs(no_rawat) == NEW
    assert not site.record(no_rawat).handed_on


@pytest.mark.parametrize(
    ("template", "second"),
    [
        ("{no_rawat_angka}", "20261123000001-2"),
        ("{kode_ppk}-{no_rawat}", "0301R001-2026/11/23/000001-2"),
        ("{kd_poli}{no_rawat_angka}", "ANA20261123000001"),
    ],
)
def test_codes_that_are_made_of_a_template_are_handed_on_likewise(
    site: Site, template: str, second: str
) -> None:
    site.env["ANTREAN_KODEBOOKING"] = template
    no_rawat = patient(site)
    site.sync()
    (first,) = norms(site)
    hand_on(site, no_rawat, kd_poli="ANA" if second.startswith("ANA") else "INT")
    site.clock.at("08:41")
    site.sync()
    minute(site)
    assert site.held_at_bpjs(first) == OLD
    assert site.held_at_bpjs(second) == NEW


def test_what_was_open_of_the_old_booking_is_held_and_says_why(site: Site) -> None:
    no_rawat = patient(site)
    site.sync()
    site.khanza.exam(no_rawat, "2026-11-23 08:20:00")
    site.bpjs.down = True
    site.clock.at("08:21")
    site.sync()
    site.bpjs.down = False
    hand_on(site, no_rawat)
    site.clock.at("08:50")
    site.sync()
    assert site.push(no_rawat, "4").state == "held"
    assert reason(site, no_rawat, "4") == "nomor ini sekarang milik pasien lain"
    minute(site)
    assert site.held_at_bpjs(no_rawat) == OLD
    assert site.held_at_bpjs(f"{no_rawat}-2") == NEW


def test_a_task_that_was_in_flight_when_the_number_was_handed_on_stays_the_old_patients(
    site: Site,
) -> None:
    """Nobody knows whether BPJS has it: it is asked for under the old booking, and never sent."""
    no_rawat = patient(site)
    site.bpjs.faults.add(Fault("reset_before", path="/antrean/add", times=1))
    site.sync()
    hand_on(site, no_rawat)
    site.clock.at("08:41")
    for _ in range(3):
        minute(site)
    assert site.held_at_bpjs(f"{no_rawat}-2") == NEW
    assert list(norms(site)) == [f"{no_rawat}-2"]
    assert site.push(no_rawat, "add").needs_lookup


def test_a_patient_who_comes_back_to_the_number_has_the_old_booking_again(site: Site) -> None:
    no_rawat = patient(site)
    old = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
    site.sync()
    hand_on(site, no_rawat, exam=None)
    site.clock.at("08:30")
    site.sync()
    hand_on(site, no_rawat, norm=old, jam="08:35:00", exam="08:50:00")
    site.clock.at("09:00")
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:50:00")]
    assert site.held_at_bpjs(f"{no_rawat}-2") == [(3, "08:25:00")]
    assert not site.record(no_rawat).handed_on
    assert site.record(f"{no_rawat}-2").handed_on


def test_a_patient_whose_records_are_merged_or_mended_is_the_same(site: Site) -> None:
    merged, mended = patient(site), patient(site)
    site.sync()
    old = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=merged)
    numbers = {
        name: site.khanza.value("pasien", name, no_rkm_medis=old)
        for name in ("no_ktp", "no_peserta")
    }
    new = site.khanza.patient(**numbers)
    site.khanza.update("reg_periksa", {"no_rawat": merged}, no_rkm_medis=new)
    norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=mended)
    site.khanza.update("pasien", {"no_rkm_medis": norm}, no_ktp="9901010101009999")
    for no_rawat in (merged, mended):
        site.khanza.exam(no_rawat, "2026-11-23 08:40:00")
    site.clock.at("08:50")
    site.sync()
    for no_rawat in (merged, mended):
        assert site.held_at_bpjs(no_rawat) == [*OLD, (4, "08:40:00")]
    assert len(site.bodies("/antrean/add")) == 2


@pytest.mark.parametrize(("jam", "same"), [("08:05:00", True), ("08:25:00", False)])
def test_where_no_number_is_filled_the_moment_of_registration_tells(
    site: Site, jam: str, same: bool
) -> None:
    nobody = {"no_ktp": "-", "no_peserta": "0"}
    no_rawat = patient(site, norm=site.khanza.patient(**nobody), kd_pj="UMU")
    site.khanza.delete("bridging_sep", no_rawat=no_rawat)
    site.clock.at("08:21")
    site.sync()
    site.khanza.update(
        "reg_periksa",
        {"no_rawat": no_rawat},
        no_rkm_medis=site.khanza.patient(**nobody),
        jam_reg=jam,
    )
    site.khanza.exam(no_rawat, "2026-11-23 08:40:00")
    site.clock.at("09:10")
    site.sync()
    minute(site)
    code = no_rawat if same else f"{no_rawat}-2"
    assert site.held_at_bpjs(code) == [(3, jam), (4, "08:40:00")]


def test_a_number_that_a_mobile_jkn_booking_gets_is_not_the_old_patients_any_more(
    site: Site,
) -> None:
    no_rawat = patient(site)
    site.sync()
    site.khanza.delete("reg_periksa", no_rawat=no_rawat)
    site.khanza.visit(MONDAY, jam="08:00:00", no=1)
    nobooking = mobile_jkn(site, no_rawat)
    site.khanza.exam(no_rawat, "2026-11-23 08:45:00")
    site.clock.at("08:50")
    site.sync()
    assert site.held_at_bpjs(nobooking) == [(3, "08:00:00"), (4, "08:45:00")]
    assert site.held_at_bpjs(no_rawat) == OLD
    assert site.record(no_rawat).handed_on


def test_a_booking_of_an_earlier_version_learns_whose_it_is_at_the_next_look(site: Site) -> None:
    no_rawat = patient(site, exam="08:30:00")
    site.clock.at("08:35")
    site.sync()
    with sqlite3.connect(site.state) as ledger:
        ledger.execute(
            "UPDATE booking SET mark_norm = '', mark_nik = '', mark_nomorkartu = '', "
            "registered = '', settled = 'of another version', seal = NULL"
        )
    ledger.close()
    minute(site)
    assert all(site.record(no_rawat).owner.numbers)
    hand_on(site, no_rawat)
    minute(site)
    assert site.held_at_bpjs(no_rawat) == [*OLD, (4, "08:30:00")]
    assert site.record(f"{no_rawat}-2").owner != site.record(no_rawat).owner


def test_an_add_is_not_filled_in_from_a_visit_that_is_not_the_bookings_any_more(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between reading and sending somebody adds the number's next patient by hand."""
    no_rawat = patient(site)

    def recorded(*args: Any) -> Any:
        done = record(*args)
        with Ledger.open(site.state, WIB) as desk, desk.transaction():
            before = desk.record(no_rawat)
            assert before is not None
            strangers = Owner(marked(PatientNumbers("9", "9", "9"), desk.key), "later")
            desk.save(before, replace(before, owner=strangers), site.clock())
        return done

    monkeypatch.setattr(run, "record", recorded)
    site.sync()
    assert site.bodies("/antrean/add") == []
    assert site.push(no_rawat, "add").state == "due"
