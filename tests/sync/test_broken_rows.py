"""A row that nothing can be told of: told once by its key, and no other patient's trouble."""

from __future__ import annotations

import json
from datetime import date

import pytest

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.service_days import BrokenRow
from tests.support.patients import gone_home, patient
from tests.support.site import MONDAY, WIB, Site

FIRST = date(2026, 12, 1)  # the pass of this day meets numbers of a month that has no day 31
NO_DAY = "20261131000001"
BROKEN = BrokenRow("referensi_mobilejkn_bpjs", NO_DAY, "tanggalperiksa")
TOLD = (
    f"Baris {NO_DAY} di tabel referensi_mobilejkn_bpjs tidak dapat dipakai: tanggalperiksa bukan "
    f"tanggal. Betulkan di Khanza."
)


@pytest.fixture
def with_broken(site: Site) -> Site:
    """A hospital with a booking that tells no day, on the first of a month."""
    site.clock.at("09:00", day=8)
    site.khanza.booking(None, FIRST, nobooking=NO_DAY)
    site.khanza.update("referensi_mobilejkn_bpjs", {"nobooking": NO_DAY}, tanggalperiksa=None)
    return site


def known(site: Site) -> tuple[BrokenRow, ...]:
    """Return the broken rows that people were told of."""
    with Ledger.open(site.state, WIB) as ledger:
        return ledger.pass_state().broken_rows


def test_a_broken_row_is_told_once_and_costs_nobody_anything(with_broken: Site) -> None:
    site = with_broken
    good = patient(site, FIRST)
    done = site.sync()
    assert (done.report.exit_code, done.told) == (0, [TOLD])
    assert site.states(good) == {"add": "sent", "3": "sent"}
    for _ in range(3):  # the hour's look at everything is among them
        site.clock.forward(minutes=31)
        assert site.sync().told == []
    assert known(site) == (BROKEN,)


def test_a_broken_row_that_was_mended_is_forgotten_and_told_anew_if_it_breaks_again(
    with_broken: Site,
) -> None:
    site = with_broken
    site.sync()
    for day, told in ((FIRST, []), (None, [TOLD])):
        site.khanza.update("referensi_mobilejkn_bpjs", {"nobooking": NO_DAY}, tanggalperiksa=day)
        site.clock.forward(minutes=61)
        assert site.sync().told == told


def test_a_broken_row_from_before_the_window_is_not_told_anew_every_hour(
    with_broken: Site,
) -> None:
    site = with_broken
    site.sync()
    site.clock.forward(days=3)
    for _ in range(4):
        site.clock.forward(minutes=31)
        assert site.sync().told == []
    assert known(site) == (BROKEN,)


def test_a_broken_row_stands_in_status_until_it_is_mended(with_broken: Site) -> None:
    site = with_broken
    site.sync()
    clock = {"CLOCK": site.clock.now.isoformat()}
    done = site.run("status", "--json", **clock)
    assert done.returncode == 12
    assert TOLD in json.loads(done.stdout)["attention"]
    assert json.loads(done.stdout)["broken_rows"] == [BROKEN._asdict()]
    assert NO_DAY in site.run("status", **clock).stdout


def test_a_pass_says_it_on_stderr_and_in_its_document(with_broken: Site) -> None:
    site = with_broken
    clock = {"CLOCK": site.clock.now.isoformat()}
    done = site.run("sync", **clock)
    assert done.stderr.splitlines() == [TOLD]
    assert site.run("sync", **clock).stderr == ""


def test_a_booking_without_a_day_is_sent_on_the_one_in_its_number(site: Site) -> None:
    nobooking = site.khanza.booking(gone_home(site), MONDAY)
    site.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY))
    site.khanza.update("referensi_mobilejkn_bpjs", {"nobooking": nobooking}, tanggalperiksa=None)
    good = patient(site)
    done = site.sync()
    assert (done.report.exit_code, done.told) == (0, [])
    assert set(site.states(nobooking).values()) == {"sent"}
    assert site.states(good) == {"add": "sent", "3": "sent"}


@pytest.mark.parametrize("tanggal", [None, "0000-00-00"])
def test_a_registration_without_a_day_is_added_on_the_one_in_its_number(
    site: Site, tanggal: str | None
) -> None:
    odd, good = gone_home(site), patient(site)
    site.khanza.update("reg_periksa", {"no_rawat": odd}, tgl_registrasi=tanggal)
    assert site.sync().report.exit_code == 0
    assert {body["tanggalperiksa"] for body in site.bodies("/antrean/add")} == {str(MONDAY)}
    assert site.states(odd)["add"] == site.states(good)["add"] == "sent"


@pytest.mark.parametrize("jam", [None, "-01:00:00", "24:00:00", "838:59:59"])
def test_a_nonjkn_visit_without_a_time_of_registration_waits_from_when_it_was_met(
    site: Site, jam: str | None
) -> None:
    odd = site.khanza.visit(MONDAY, kd_pj="UMU", jam="08:00:00")
    site.khanza.update("reg_periksa", {"no_rawat": odd}, jam_reg=jam)
    site.sync()
    assert site.sent("/antrean/add") == []
    site.clock.forward(minutes=15)
    site.sync()
    assert site.sent("/antrean/add") == [(odd, "", 200)]


def test_payers_and_doctors_are_known_however_their_codes_are_written(site: Site) -> None:
    """Khanza's database compares without case and without trailing blanks."""
    no_rawat = patient(site, exam="08:30:00")
    site.khanza.update(
        "reg_periksa", {"no_rawat": no_rawat}, kd_pj="bpj", kd_dokter="d01", kd_poli="int"
    )
    site.khanza.delete("bridging_sep", no_rawat=no_rawat)
    norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
    site.khanza.surat_kontrol(norm, MONDAY, "int")
    site.sync()
    (body,) = site.bodies("/antrean/add")
    assert (body["kodepoli"], body["kodedokter"], body["jampraktek"]) == (
        *("INT", 12345, "08:00-14:00"),
    )
    assert set(site.states(no_rawat).values()) == {"sent"}
    site.khanza.update("reg_periksa", {"no_rawat": no_rawat}, kd_dokter="D01", kd_pj="BPJ")
    site.sync()
    assert site.push(no_rawat, "add").note is None
