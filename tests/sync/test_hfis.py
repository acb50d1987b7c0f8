"""Sessions from HFIS (ANTREAN_JADWAL=hfis): hours and quota of an add, read
once a day and clinic.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.cached_lists import CachedList
from antrean_cli.rules.reasons import ReasonCode
from antrean_cli.simulator.faults import Fault, FaultName
from tests.support.patients import patient
from tests.support.site import MONDAY, WIB, Site

ADD, JADWAL = "/antrean/add", f"/jadwaldokter/kodepoli/INT/tanggal/{MONDAY}"


def in_hfis(site: Site, *hours: str, kodedokter: int = 12345, off: str = "", hari: int = 1) -> None:
    """Let HFIS have these sessions of the internist, on Mondays; `off` is one that the doctor does
    not hold.
    """
    slots = [
        {"hari": hari, "buka": buka, "tutup": tutup, "kapasitas": 25, "libur": int(one == off)}
        for one in hours
        for buka, tutup in [one.split("-")]
    ]
    site.bpjs.bookings.hold_sessions({"kodepoli": "INT", "kodedokter": kodedokter, "jadwal": slots})


def added(site: Site) -> list[Any]:
    return [one.body for one in site.bpjs.received if one.path == ADD and one.body]


def asked(site: Site) -> int:
    return sum(one.path.endswith(JADWAL) for one in site.bpjs.arrived)


def test_an_add_has_the_hours_and_the_quota_of_hfis(site: Site) -> None:
    in_hfis(site, "09:00-12:30")
    patient(site)
    site.khanza.update("jadwal", {"kd_dokter": "D01"}, kuota=7)
    site.sync(ANTREAN_JADWAL="hfis")
    (body,) = added(site)
    assert (body["jampraktek"], body["kuotajkn"], body["sisakuotajkn"]) == ("09:00-12:30", 25, 24)


def test_of_two_sessions_the_visits_own_counts(site: Site) -> None:
    in_hfis(site, "08:00-11:00", "13:00-15:00")
    patient(site, jam="08:05:00")
    patient(site, jam="13:10:00")
    site.sync(ANTREAN_JADWAL="hfis")
    assert sorted(body["jampraktek"] for body in added(site)) == ["08:00-11:00", "13:00-15:00"]


def test_an_add_by_hand_has_them_too(site: Site) -> None:
    in_hfis(site, "09:00-12:30")
    no_rawat = patient(site)
    site.sync(ANTREAN_JADWAL="hfis")
    done = site.run("add", "--no-rawat", no_rawat, "--dry-run", ANTREAN_JADWAL="hfis")
    body = json.loads(done.stdout)
    assert (body["jampraktek"], body["kuotajkn"]) == ("09:00-12:30", 25)


def test_the_story_of_a_visit_goes_by_them_as_the_pass_does(site: Site) -> None:
    in_hfis(site, "09:00-12:30")
    no_rawat = patient(site)
    site.khanza.delete("jadwal", kd_dokter="D01")
    site.clock.at("10:00")
    site.sync(ANTREAN_JADWAL="hfis")
    done = site.run(
        "show", no_rawat, "--json", CLOCK=site.clock.now.isoformat(), ANTREAN_JADWAL="hfis"
    )
    (story,) = json.loads(done.stdout)
    assert story["khanza"]["3"]["waktu"] == story["pushes"][1]["waktu"]
    assert story["khanza"]["3"]["source"] == "buka_poli"


def test_it_is_read_once_a_day_and_clinic(site: Site) -> None:
    in_hfis(site, "09:00-12:30")
    for _ in range(5):
        patient(site)
        site.sync(ANTREAN_JADWAL="hfis")
        site.clock.forward(minutes=15)
    assert asked(site) == 1
    assert {body["jampraktek"] for body in added(site)} == {"09:00-12:30"}


def test_it_is_not_asked_where_khanzas_jadwal_is_gone_by(site: Site) -> None:
    in_hfis(site, "09:00-12:30")
    patient(site)
    site.sync()
    assert asked(site) == 0
    assert added(site)[0]["jampraktek"] == "08:00-14:00"


def test_a_doctor_whom_hfis_does_not_have_that_day_goes_by_khanza(site: Site) -> None:
    patient(site)
    site.sync(ANTREAN_JADWAL="hfis")
    assert added(site)[0]["jampraktek"] == "08:00-14:00"


@pytest.mark.parametrize(
    ("hours", "counts"),
    [
        pytest.param(["09:00-12:30"], "08:00-14:00", id="alone: Khanza's jadwal counts"),
        pytest.param(["09:00-12:30", "13:00-15:00"], "13:00-15:00", id="beside another"),
    ],
)
def test_a_session_that_the_doctor_is_off_is_none(
    site: Site, hours: list[str], counts: str
) -> None:
    in_hfis(site, *hours, off="09:00-12:30")
    patient(site, jam="09:05:00")
    site.sync(ANTREAN_JADWAL="hfis")
    assert [body["jampraktek"] for body in added(site)] == [counts]


def test_hours_that_change_count_from_the_next_day_that_is_read(site: Site) -> None:
    """What was read lasts for its day; another day is read by itself."""
    in_hfis(site, "09:00-12:30")
    patient(site)
    site.sync(ANTREAN_JADWAL="hfis")
    in_hfis(site, "10:00-12:00")
    patient(site)
    site.sync(ANTREAN_JADWAL="hfis")
    in_hfis(site, "11:00-13:00", hari=2)
    site.clock.at("14:00", day=1)
    tomorrow = site.khanza.visit(MONDAY + timedelta(days=1), jam="08:05:00")
    site.khanza.sep(tomorrow)
    site.sync(ANTREAN_JADWAL="hfis")
    assert [body["jampraktek"] for body in added(site)] == ["09:00-12:30"] * 2 + ["11:00-13:00"]


def test_what_khanza_lacks_hfis_fills_in(site: Site) -> None:
    in_hfis(site, "09:00-12:30")
    no_rawat = patient(site)
    site.khanza.exam(no_rawat, f"{MONDAY} 09:10:00")
    site.khanza.delete("jadwal", kd_dokter="D01")
    site.sync(ANTREAN_JADWAL="hfis")
    assert added(site)[0]["jampraktek"] == "09:00-12:30"
    assert site.held_at_bpjs(no_rawat)[0] == (3, "09:00:00")


@pytest.mark.parametrize("name", ["timeout_before", "html", "http_401", "unknown_code", "empty"])
def test_where_hfis_does_not_answer_khanzas_jadwal_counts_and_it_is_not_asked_every_minute(
    site: Site, name: FaultName
) -> None:
    in_hfis(site, "09:00-12:30")
    site.bpjs.faults.add(Fault(name, path=JADWAL, times=None))
    patient(site)
    for _ in range(3):
        site.sync(ANTREAN_JADWAL="hfis", BPJS_TIMEOUT="1")
        site.clock.forward(minutes=1)
    assert [body["jampraktek"] for body in added(site)] == ["08:00-14:00"]
    assert sum("jadwaldokter" in one.path for one in site.bpjs.arrived) == 1
    site.bpjs.faults.clear()
    site.clock.forward(minutes=10)
    patient(site)
    site.sync(ANTREAN_JADWAL="hfis")
    assert added(site)[-1]["jampraktek"] == "09:00-12:30"


def test_hours_that_were_refused_are_read_anew_once_the_add_is_tried_again(site: Site) -> None:
    in_hfis(site, "07:00-09:00")
    no_rawat = patient(site)
    norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
    site.bpjs.bookings.refuse("dokter_tidak_ada", norm=norm)
    for _ in range(3):
        site.sync(ANTREAN_JADWAL="hfis")
        site.clock.forward(minutes=5)
    assert asked(site) == 1, "as long as nobody tries again, nothing is read"
    in_hfis(site, "10:00-12:00")
    site.bpjs.bookings.forgive("dokter_tidak_ada")
    assert site.run("retry", no_rawat, CLOCK=site.clock.now.isoformat()).returncode == 0
    site.bpjs.faults.add(Fault("undefined_error", path=ADD, times=2))
    for _ in range(4):
        site.sync(ANTREAN_JADWAL="hfis")
        site.clock.forward(minutes=5)
    assert [body["jampraktek"] for body in added(site)] == ["07:00-09:00"] + ["10:00-12:00"] * (
        len(added(site)) - 1
    )
    assert site.states(no_rawat)["add"] == "sent"
    assert asked(site) == 2


def test_a_clinic_that_cannot_be_read_keeps_no_other_from_being_read(site: Site) -> None:
    in_hfis(site, "09:00-12:30")
    site.bpjs.faults.add(
        Fault("gagal_dicoba", path=f"/jadwaldokter/kodepoli/ANA/tanggal/{MONDAY}", times=None)
    )
    site.khanza.visit(MONDAY, jam="08:00:00", kd_poli="ANA")
    for _ in range(3):
        patient(site)
        site.sync(ANTREAN_JADWAL="hfis")
        site.clock.forward(minutes=4)
    assert {body["jampraktek"] for body in added(site) if body["kodepoli"] == "INT"} == {
        "09:00-12:30"
    }
    assert sum("ANA" in one.path for one in site.bpjs.arrived) == 1, (
        "and it is not asked for in every pass"
    )


@pytest.mark.parametrize("passing", [True, False], ids=["undefined error", "an empty list"])
def test_that_hfis_has_nothing_is_believed_for_ten_minutes_at_most(
    site: Site, passing: bool
) -> None:
    in_hfis(site, kodedokter=12346)  # the stand-in has a doctor of its own there
    in_hfis(site, *["09:00-12:30"] * passing)
    if passing:
        site.bpjs.faults.add(Fault("undefined_error", path=JADWAL, times=1))
    for _ in range(3):
        patient(site)
        site.sync(ANTREAN_JADWAL="hfis")
        site.clock.forward(minutes=3)
    assert asked(site) == 1
    in_hfis(site, "09:00-12:30")
    site.clock.forward(minutes=1)
    patient(site)
    site.sync(ANTREAN_JADWAL="hfis")
    assert (asked(site), added(site)[-1]["jampraktek"]) == (2, "09:00-12:30")


def test_in_an_outage_it_is_not_asked(site: Site) -> None:
    site.bpjs.stop()
    for _ in range(3):
        patient(site)
    site.sync()
    site.bpjs.start()
    site.clock.forward(minutes=11)
    site.sync(ANTREAN_JADWAL="hfis")
    assert [one.path for one in site.bpjs.arrived if "jadwaldokter" in one.path] == []


def test_a_doctors_code_is_a_number_however_it_is_written(site: Site) -> None:
    in_hfis(site, "09:00-12:30")
    site.khanza.update("maping_dokter_dpjpvclaim", {"kd_dokter": "D01"}, kd_dokter_bpjs="012345")
    patient(site)
    site.sync(ANTREAN_JADWAL="hfis")
    assert added(site)[0]["jampraktek"] == "09:00-12:30"


def test_a_dry_run_asks_nothing_of_bpjs(site: Site) -> None:
    patient(site)
    done = site.run("sync", "--dry-run", CLOCK=site.clock.now.isoformat(), ANTREAN_JADWAL="hfis")
    assert done.returncode == 0
    assert site.bpjs.arrived == []


def test_without_hfis_and_without_jadwal_the_add_is_held_with_the_table_to_fill(site: Site) -> None:
    no_rawat = patient(site)
    site.khanza.delete("jadwal", kd_dokter="D01")
    site.sync(ANTREAN_JADWAL="hfis")
    reason = site.push(no_rawat, "add").reason
    assert reason is not None
    assert reason.code == ReasonCode.NO_SESSION


# -- the evening before

TOMORROW = MONDAY + timedelta(days=1)


def asked_ahead(site: Site) -> list[str]:
    """Return the clinics whose sessions of tomorrow were asked for."""
    paths = (one.path for one in site.bpjs.arrived if one.path.endswith(f"tanggal/{TOMORROW}"))
    return [path.split("/")[-3] for path in paths]


def an_evening(site: Site) -> None:
    """Let HFIS have the internist on both days, and a pass meet a visit of today at 19:59."""
    in_hfis(site, "09:00-12:30")
    in_hfis(site, "10:00-12:00", hari=2)
    patient(site)
    site.clock.at("19:59")
    site.sync(ANTREAN_JADWAL="hfis")
    assert asked_ahead(site) == []


def test_the_sessions_of_tomorrow_are_read_once_in_the_evening(site: Site) -> None:
    an_evening(site)
    for hhmm in ("20:00", "20:01", "23:59"):
        site.clock.at(hhmm)
        site.sync(ANTREAN_JADWAL="hfis")
    assert asked_ahead(site) == ["INT"]


def test_they_stand_for_a_morning_on_which_hfis_cannot_be_read(site: Site) -> None:
    an_evening(site)
    site.clock.at("20:00")
    site.sync(ANTREAN_JADWAL="hfis")
    site.bpjs.faults.add(Fault("http_500", path="/jadwaldokter", times=None))
    patient(site, tanggal=TOMORROW)
    site.clock.at("08:10", day=1)
    site.sync(ANTREAN_JADWAL="hfis")
    assert added(site)[-1]["jampraktek"] == "10:00-12:00"


def test_on_the_day_they_are_read_anew(site: Site) -> None:
    an_evening(site)
    site.clock.at("20:00")
    site.sync(ANTREAN_JADWAL="hfis")
    in_hfis(site, "11:00-13:00", hari=2)
    patient(site, tanggal=TOMORROW)
    site.clock.at("08:10", day=1)
    site.sync(ANTREAN_JADWAL="hfis")
    assert added(site)[-1]["jampraktek"] == "11:00-13:00"
    assert asked_ahead(site) == ["INT", "INT"]


def test_a_pass_reads_few_clinics_ahead_and_a_bpjs_that_fails_costs_one_evening(site: Site) -> None:
    known = {(f"P{number}", MONDAY): CachedList(content=()) for number in range(5)}
    with Ledger.open(site.state, WIB) as ledger, ledger.transaction():
        ledger.update_pass_state(lambda state: state._replace(jadwal_lists=known))
    site.bpjs.faults.add(Fault("http_500", path="/jadwaldokter", times=1))
    for minute, so_far in ((0, 3), (1, 5), (2, 5)):
        site.clock.at(f"21:0{minute}")
        site.sync(ANTREAN_JADWAL="hfis")
        assert len(asked_ahead(site)) == so_far
