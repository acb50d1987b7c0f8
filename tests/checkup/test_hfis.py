"""HFIS beside jadwal."""

from __future__ import annotations

from datetime import timedelta

from antrean_cli.simulator.faults import Fault
from tests.support.checkup import TODAY, check, patient
from tests.support.site import (
    Site,
)


def test_hours_that_differ_from_hfis_are_told_with_both(here: Site) -> None:
    patient(here)
    patient(here)
    patient(here, "ANA")
    short = [{"hari": hari, "buka": "09:00", "tutup": "12:00"} for hari in range(1, 8)]
    here.bpjs.bookings.hold_sessions({"kodepoli": "INT", "kodedokter": 12345, "jadwal": short})
    found = check(here).one("hfis")
    assert found["level"] == "warning"
    assert "poli INT hari ini: jadwal Khanza 08:00-14:00, HFIS 09:00-12:00" in found["text"]
    assert found["advice"] == [f"antrean jadwal INT {TODAY}"]
    assert check(here, ANTREAN_JADWAL="hfis").bad == {}


def test_several_doctors_are_one_warning(here: Site) -> None:
    patient(here)
    patient(here, "ANA", kd_dokter="D02")
    short = [{"hari": hari, "buka": "09:00", "tutup": "12:00"} for hari in range(1, 8)]
    for kodepoli, kodedokter in (("INT", 12345), ("ANA", 23456)):
        here.bpjs.bookings.hold_sessions(
            {"kodepoli": kodepoli, "kodedokter": kodedokter, "jadwal": short}
        )
    found = check(here).one("hfis")
    assert found["text"].startswith(
        "HFIS: 2 dokter berbeda dari jadwal Khanza; samakan jadwalnya: "
    )
    assert [" poli ANA " in item for item in found["items"]] == [True, False]
    assert found["advice"] == [f"antrean jadwal {poli} {TODAY}" for poli in ("ANA", "INT")]


def test_a_doctor_whom_hfis_does_not_have_that_day_is_told(here: Site) -> None:
    patient(here)
    here.bpjs.bookings.hold_sessions({"kodepoli": "INT", "kodedokter": 12345, "jadwal": []})
    for env in ({}, {"ANTREAN_JADWAL": "hfis"}):
        assert "HFIS tidak ada" in check(here, **env).one("hfis")["text"]


def test_a_doctor_who_is_off_that_day_by_hfis_is_told(here: Site) -> None:
    patient(here)
    off = [{"hari": hari, "buka": "08:00", "tutup": "14:00", "libur": 1} for hari in range(1, 8)]
    here.bpjs.bookings.hold_sessions({"kodepoli": "INT", "kodedokter": 12345, "jadwal": off})
    for env in ({}, {"ANTREAN_JADWAL": "hfis"}):
        text = check(here, **env).one("hfis")["text"]
        assert "jadwal Khanza 08:00-14:00, HFIS libur; samakan jadwalnya" in text


def test_visits_of_other_days_are_not_asked_of_hfis(here: Site) -> None:
    patient(here, tanggal=TODAY - timedelta(days=1))
    check(here)
    assert [one.path for one in here.bpjs.arrived] == ["/antreanrs/ref/poli"]


def test_a_hfis_that_cannot_be_read_is_a_warning(here: Site) -> None:
    patient(here)
    here.bpjs.faults.add(
        Fault("http_500", path=f"/jadwaldokter/kodepoli/INT/tanggal/{TODAY}", times=None)
    )
    checked = check(here)
    assert (checked.code, checked.levels["hfis"]) == (0, "warning")
