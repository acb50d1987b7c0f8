"""Antrean farmasi: once, when task 5 is through and a prescription exists; and what goes with task
5 then.
"""

from __future__ import annotations

import json

import pytest

from antrean_cli.simulator.faults import Fault, FaultName
from tests.support.patients import examined
from tests.support.rows import words
from tests.support.site import MONDAY, Site

FARMASI, UPDATE = "/antrean/farmasi/add", "/antrean/updatewaktu"
NO_RESEP = "202611230042"


def patient(site: Site, *, seen: bool = True, resep: str = NO_RESEP) -> str:
    """Register a patient who was examined; gone home and with a prescription if wanted."""
    no_rawat = examined(site, back="08:40:00" if seen else None)
    if resep:
        site.khanza.resep(no_rawat, no_resep=resep, dibuat=f"{MONDAY} 08:38:00")
    return no_rawat


def task5(site: Site) -> dict[str, object]:
    return next(body for body in site.bodies(UPDATE) if body["taskid"] == "5")


def test_it_goes_once_after_task_5_with_the_last_four_digits_of_no_resep(site: Site) -> None:
    no_rawat = patient(site)
    for _ in range(4):
        site.sync(ANTREAN_FARMASI="ya")
        site.clock.forward(minutes=1)
    expected = {
        "kodebooking": no_rawat,
        "jenisresep": "Non racikan",
        "nomorantrean": 42,
        "keterangan": "",
    }
    assert site.bodies(FARMASI) == [expected]
    assert task5(site)["jenisresep"] == "Non racikan"
    assert site.states(no_rawat)["farmasi"] == "sent"


def test_a_prescription_that_has_to_be_mixed_is_racikan(site: Site) -> None:
    patient(site)
    site.khanza.insert("resep_dokter_racikan", no_resep=NO_RESEP)
    for _ in range(2):
        site.sync(ANTREAN_FARMASI="ya")
    assert [body["jenisresep"] for body in site.bodies(FARMASI)] == ["Racikan"]
    assert task5(site)["jenisresep"] == "Racikan"


def test_without_a_prescription_task_5_says_so_and_nothing_goes_to_the_pharmacy(site: Site) -> None:
    patient(site, resep="")
    for _ in range(2):
        site.sync(ANTREAN_FARMASI="ya")
    assert task5(site)["jenisresep"] == "Tidak ada"
    assert site.bodies(FARMASI) == []


def test_a_prescription_that_comes_later_is_not_missed(site: Site) -> None:
    no_rawat = patient(site, resep="")
    for _ in range(3):
        site.sync(ANTREAN_FARMASI="ya")
    site.khanza.resep(no_rawat, no_resep=NO_RESEP, dibuat=f"{MONDAY} 13:00:00")
    site.sync(ANTREAN_FARMASI="ya")
    assert [body["nomorantrean"] for body in site.bodies(FARMASI)] == [42]


def test_it_waits_for_task_5(site: Site) -> None:
    no_rawat = patient(site, seen=False)
    for _ in range(2):
        site.sync(ANTREAN_FARMASI="ya")
    assert site.bodies(FARMASI) == []
    site.khanza.berkas(no_rawat, kembali=f"{MONDAY} 13:00:00")
    for _ in range(2):
        site.sync(ANTREAN_FARMASI="ya")
    assert len(site.bodies(FARMASI)) == 1


def test_a_hospital_that_does_not_run_it_sends_neither(site: Site) -> None:
    patient(site)
    for _ in range(2):
        site.sync()
    assert site.bodies(FARMASI) == []
    assert "jenisresep" not in task5(site)


@pytest.mark.parametrize(
    "name", ["reset_after", "timeout_after", "reset_before", "undefined_error", "html"]
)
def test_trouble_on_its_way_neither_loses_nor_doubles_it_nor_holds_up_the_tasks(
    site: Site, name: FaultName
) -> None:
    no_rawat = patient(site)
    site.khanza.update(
        "resep_obat", {"no_resep": NO_RESEP}, tgl_perawatan=str(MONDAY), jam="09:00:00"
    )
    site.bpjs.faults.add(Fault(name, path=FARMASI, times=2))
    for _ in range(8):
        site.sync(ANTREAN_FARMASI="ya", BPJS_TIMEOUT="1")
        site.clock.forward(minutes=11)
    assert {
        step: state
        for step, state in site.states(no_rawat).items()
        if step in ("5", "6", "farmasi")
    } in (
        {"5": "sent", "6": "sent", "farmasi": "sent"},
        {"5": "sent", "6": "sent", "farmasi": "already"},
    )
    codes = [one.code for one in site.bpjs.received if one.path == FARMASI]
    assert (codes[0], codes.count(200)) == (200, 1)


def test_while_khanza_is_away_it_waits_and_the_tasks_go_on(site: Site) -> None:
    no_rawat = patient(site, resep="")
    site.sync(ANTREAN_FARMASI="ya")
    site.khanza.resep(
        no_rawat, no_resep=NO_RESEP, dibuat=f"{MONDAY} 08:38:00", divalidasi=f"{MONDAY} 08:55:00"
    )
    site.bpjs.faults.add(Fault("reset_before", times=1))
    site.sync(ANTREAN_FARMASI="ya")
    assert {site.states(no_rawat)[step] for step in ("farmasi", "6")} == {"due"}
    site.clock.forward(minutes=1)
    site.sync(ANTREAN_FARMASI="ya", KHANZA_SOCKET=str(site.folder / "tidak-ada"))
    assert {step: site.states(no_rawat)[step] for step in ("farmasi", "6")} == {
        "farmasi": "due",
        "6": "sent",
    }
    assert site.bodies(FARMASI) == []
    site.sync(ANTREAN_FARMASI="ya")
    assert len(site.bodies(FARMASI)) == 1


def test_what_an_add_would_lack_does_not_keep_it(site: Site) -> None:
    """Somebody else added the visit: it has no SEP in Khanza."""
    no_rawat = patient(site)
    site.khanza.delete("bridging_sep", no_rawat=no_rawat)
    site.bpjs.bookings.mobile_jkn(no_rawat, str(MONDAY))
    for _ in range(2):
        site.sync(ANTREAN_FARMASI="ya", ANTREAN_ADD="nonjkn")
    assert len(site.bodies(FARMASI)) == 1


def test_past_days_have_no_queue(site: Site) -> None:
    """Switched on later, it sends nothing for the days before; nor what has not gone out by the end
    of its day.
    """
    site.clock.at("23:58")
    old = patient(site, resep="")
    site.sync()
    site.khanza.resep(old, no_resep=NO_RESEP, dibuat=f"{MONDAY} 23:59:00")
    site.clock.at("08:00", day=1)
    for _ in range(3):
        site.sync(ANTREAN_FARMASI="ya")
        site.clock.forward(minutes=61)
    assert site.bodies(FARMASI) == []
    assert "farmasi" not in site.states(old)


@pytest.mark.parametrize("comes_back", [True, False])
def test_in_doubt_and_no_longer_wanted_it_is_closed(site: Site, comes_back: bool) -> None:
    """No list of BPJS's shows it: nothing would ever settle a doubt but sending it again."""
    no_rawat = patient(site)
    site.bpjs.faults.add(Fault("reset_before", path=FARMASI, times=1))
    for _ in range(2):
        site.sync(ANTREAN_FARMASI="ya")
    site.khanza.delete("resep_obat", no_resep=NO_RESEP)
    site.clock.forward(minutes=1)
    site.sync(ANTREAN_FARMASI="ya")
    push = site.push(no_rawat, "farmasi")
    assert (push.state, push.needs_lookup) == ("closed", False)
    assert push.reason is not None
    assert "belum pasti" in words(push.reason)
    if comes_back:
        site.khanza.resep(no_rawat, no_resep=NO_RESEP, dibuat=f"{MONDAY} 08:38:00")
    site.clock.forward(minutes=1)
    site.sync(ANTREAN_FARMASI="ya")
    assert len(site.bodies(FARMASI)) == int(comes_back)
    assert site.states(no_rawat)["farmasi"] == ("sent" if comes_back else "closed")


def test_after_a_cancel_it_is_not_sent(site: Site) -> None:
    no_rawat = patient(site, seen=False)
    site.sync(ANTREAN_FARMASI="ya")
    site.run("update", no_rawat, "99")
    site.khanza.berkas(no_rawat, kembali=f"{MONDAY} 13:00:00")
    site.sync(ANTREAN_FARMASI="ya")
    assert site.bodies(FARMASI) == []


def test_by_hand_it_is_sent_and_not_sent_again_by_a_pass(site: Site) -> None:
    no_rawat = patient(site)
    site.sync()
    done = site.run(
        "farmasi", no_rawat, "7", "--jenisresep", "Racikan", "--keterangan", "loket 2", "--json"
    )
    assert (done.returncode, json.loads(done.stdout)["outcome"]) == (0, "sent")
    assert site.bodies(FARMASI) == [
        {
            "kodebooking": no_rawat,
            "jenisresep": "Racikan",
            "nomorantrean": 7,
            "keterangan": "loket 2",
        }
    ]
    for _ in range(2):
        site.sync(ANTREAN_FARMASI="ya")
    assert len(site.bodies(FARMASI)) == 1
    assert site.run("farmasi", no_rawat, "7", "--jenisresep", "Racikan").returncode == 0, (
        "208 is done"
    )


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("0", "--jenisresep", "Racikan"), "harus bilangan bulat"),
        (("A-7", "--jenisresep", "Racikan"), "harus bilangan bulat"),
        (("7", "--jenisresep", "campur"), "harus salah satu dari Tidak ada, Racikan, Non racikan"),
        (("7",), "--jenisresep belum diberikan"),
    ],
)
def test_unusable_input_is_refused_in_one_sentence(
    site: Site, args: tuple[str, ...], words: str
) -> None:
    done = site.run("farmasi", "2026/11/23/000001", *args)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert site.bodies(FARMASI) == []


def test_a_booking_that_bpjs_does_not_know_is_refused(site: Site) -> None:
    done = site.run("farmasi", "TIDAK-ADA", "7", "--jenisresep", "Racikan")
    assert done.returncode == 6
    assert done.stderr == "antrean: BPJS menolak: Kode Booking tidak ditemukan (kode 201)\n"
