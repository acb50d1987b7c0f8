"""The commands that people type: add, update, batal and listtask.

What they send is compared with bodies typed by hand from the catalogue; what they leave in the
ledger is seen by what `sync` does afterwards.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from antrean_cli import __version__
from antrean_cli.simulator.bookings import Answer
from antrean_cli.simulator.faults import Fault, FaultName
from antrean_cli.simulator.server import Simulator
from tests.support.catalogue import EXAMPLE_ADD
from tests.support.command import on_a_terminal, run
from tests.support.patients import added_elsewhere
from tests.support.site import CONS_ID, MONDAY, SECRET_KEY, USER_KEY, WIB, Site, ms

# The catalogue's own example of tambah antrean.
SEED = EXAMPLE_ADD
KB = "16032021A001"
NO_RAWAT = "2026/11/23/000001"
COMMANDS = ("add", "update", "batal", "listtask", "sync")


def json_file(folder: Path, body: object) -> str:
    file = folder / "antrean.json"
    file.write_text(json.dumps(body), encoding="utf-8")
    return str(file)


def booked(site: Site, kodebooking: str = KB, *tasks: tuple[int, str]) -> None:
    """Let BPJS know a booking of MONDAY, with its tasks as they come."""
    rows = [{"taskid": taskid, "waktu": ms(hhmmss)} for taskid, hhmmss in tasks]
    site.bpjs.bookings.mobile_jkn(kodebooking, MONDAY.isoformat(), rows)


def ended_well(done: subprocess.CompletedProcess[str]) -> None:
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


# -- add: where the 23 fields come from


def test_the_catalogues_own_example_goes_through_as_it_stands(
    live_site: Site, tmp_path: Path
) -> None:
    done = live_site.run("add", json_file(tmp_path, SEED))
    ended_well(done)
    assert "diterima BPJS" in done.stderr
    assert live_site.bodies("/antrean/add") == [SEED]
    assert live_site.states(KB) == {"add": "sent"}


def test_add_reads_standard_input(live_site: Site) -> None:
    ended_well(live_site.run("add", "-", input=json.dumps(SEED)))
    assert live_site.bodies("/antrean/add") == [SEED]


def test_add_takes_all_fields_as_options_named_as_the_fields(live_site: Site) -> None:
    options = [word for name, value in SEED.items() for word in (f"--{name}", str(value))]
    ended_well(live_site.run("add", *options))
    assert live_site.bodies("/antrean/add") == [SEED]


def test_single_options_override_the_file(live_site: Site, tmp_path: Path) -> None:
    ended_well(
        live_site.run(
            "add", json_file(tmp_path, SEED), "--angkaantrean", "7", "--nomorantrean", "A-7"
        )
    )
    assert live_site.bodies("/antrean/add") == [{**SEED, "angkaantrean": 7, "nomorantrean": "A-7"}]


def test_an_option_fills_a_field_that_the_file_lacks(live_site: Site, tmp_path: Path) -> None:
    lacking = {name: value for name, value in SEED.items() if name != "nohp"}
    ended_well(live_site.run("add", json_file(tmp_path, lacking), "--nohp", "081111111111"))
    assert live_site.bodies("/antrean/add")[0]["nohp"] == "081111111111"


ONSITE = {
    "kodebooking": "2026/11/23/000001",
    "jenispasien": "JKN",
    "nomorkartu": "0009000000001",
    "nik": "9901010101000001",
    "nohp": "081200000001",
    "kodepoli": "INT",
    "namapoli": "PENYAKIT DALAM",
    "pasienbaru": 0,
    "norm": "000001",
    "tanggalperiksa": "2026-11-23",
    "kodedokter": 12345,
    "namadokter": "dr. Andi Contoh, Sp.PD",
    "jampraktek": "08:00-14:00",
    "jeniskunjungan": 1,
    "nomorreferensi": "0301U0011126P000001",
    "nomorantrean": "INT-001",
    "angkaantrean": 1,
    "estimasidilayani": 1795395900000,  # 08:05 WIB: five minutes after the session opens
    "sisakuotajkn": 29,
    "kuotajkn": 30,
    "sisakuotanonjkn": 29,
    "kuotanonjkn": 30,
    "keterangan": "Peserta harap 30 menit lebih awal guna pencatatan administrasi.",
}


def test_add_builds_an_onsite_visit_from_khanza(live_site: Site) -> None:
    live_site.khanza.sep(live_site.khanza.visit(MONDAY))
    ended_well(live_site.run("add", "--no-rawat", NO_RAWAT))
    assert live_site.bodies("/antrean/add") == [ONSITE]


def test_add_builds_a_non_jkn_visit_without_card_and_reference(live_site: Site) -> None:
    live_site.khanza.visit(MONDAY, kd_pj="UMU", stts_daftar="Baru")
    ended_well(live_site.run("add", "--no-rawat", NO_RAWAT))
    changed = {
        "jenispasien": "NON JKN",
        "nomorkartu": "",
        "nomorreferensi": "",
        "jeniskunjungan": 3,
        "pasienbaru": 1,
    }
    assert live_site.bodies("/antrean/add") == [{**ONSITE, **changed}]


def test_add_builds_a_mobile_jkn_booking_under_its_own_number(live_site: Site) -> None:
    no_rawat = live_site.khanza.visit(MONDAY)
    live_site.khanza.booking(
        no_rawat, MONDAY, nomorreferensi="0301U0011126Y000009", jampraktek="08:00-11:00"
    )
    ended_well(live_site.run("add", "--no-rawat", no_rawat))
    changed = {
        "kodebooking": "20261123000001",
        "namapoli": "Poliklinik Penyakit Dalam",
        "jampraktek": "08:00-11:00",
        "nomorreferensi": "0301U0011126Y000009",
    }
    assert live_site.bodies("/antrean/add") == [{**ONSITE, **changed}]


def test_options_override_what_khanza_says(live_site: Site) -> None:
    live_site.khanza.sep(live_site.khanza.visit(MONDAY))
    ended_well(
        live_site.run(
            "add", "--no-rawat", NO_RAWAT, "--jampraktek", "08:00-12:00", "--kuotajkn", "40"
        )
    )
    assert live_site.bodies("/antrean/add") == [
        {**ONSITE, "jampraktek": "08:00-12:00", "kuotajkn": 40}
    ]


def test_a_visit_without_a_reference_is_refused_until_it_is_typed(live_site: Site) -> None:
    live_site.khanza.visit(MONDAY)
    done = live_site.run("add", "--no-rawat", NO_RAWAT)
    assert (done.returncode, done.stdout) == (2, "")
    assert "menunggu nomor referensi" in done.stderr
    assert live_site.bpjs.arrived == []
    ended_well(
        live_site.run("add", "--no-rawat", NO_RAWAT, "--nomorreferensi", "0301R0011126K000001")
    )
    assert live_site.bodies("/antrean/add")[0]["nomorreferensi"] == "0301R0011126K000001"


def test_an_unmapped_clinic_is_named_with_the_table_to_fill(live_site: Site) -> None:
    live_site.khanza.visit(MONDAY, kd_poli="MAT", kd_pj="UMU")
    done = live_site.run("add", "--no-rawat", NO_RAWAT)
    assert (done.returncode, done.stdout) == (2, "")
    assert "poli MAT belum dipetakan di maping_poli_bpjs" in done.stderr


def test_a_visit_that_khanza_does_not_have_is_named(live_site: Site) -> None:
    done = live_site.run("add", "--no-rawat", "2026/11/23/000404")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "antrean: Kunjungan 2026/11/23/000404 tidak ada di Khanza\n"


def test_a_dry_run_prints_the_body_and_nothing_else_happens(live_site: Site) -> None:
    live_site.khanza.sep(live_site.khanza.visit(MONDAY))
    done = live_site.run("add", "--no-rawat", NO_RAWAT, "--dry-run")
    assert done.returncode == 0
    assert json.loads(done.stdout) == ONSITE
    assert live_site.bpjs.arrived == []
    assert not live_site.state.exists()


def test_a_dry_run_needs_no_access_to_bpjs(tmp_path: Path, live_site: Site) -> None:
    """A hospital can try its fields before BPJS has given keys."""
    empty = {name: "" for name in live_site.env if name.startswith("BPJS_")}
    done = live_site.run("add", json_file(tmp_path, SEED), "--dry-run", **empty)
    assert (done.returncode, json.loads(done.stdout)) == (0, SEED)


def test_a_refused_add_of_a_visit_is_told_with_the_column_to_mend(live_site: Site) -> None:
    live_site.khanza.sep(live_site.khanza.visit(MONDAY))
    with live_site.answering("/antrean/add", Answer(201, "data nik  belum sesuai.")):
        done = live_site.run("add", "--no-rawat", NO_RAWAT)
    assert done.returncode == 6
    assert "(diambil dari pasien.no_ktp)" in done.stderr


def test_a_file_and_a_visit_together_are_refused(live_site: Site, tmp_path: Path) -> None:
    done = live_site.run("add", json_file(tmp_path, SEED), "--no-rawat", NO_RAWAT)
    assert (done.returncode, live_site.bpjs.arrived) == (2, [])


# -- what BPJS says to a call by hand

CALLS: dict[str, tuple[str, ...]] = {
    "add": ("add", "-"),
    "update": ("update", KB, "3", "2026-11-23 08:05"),
    "batal": ("batal", KB, "--keterangan", "Terjadi perubahan jadwal dokter"),
}


def _nothing(_: Site) -> None:
    """BPJS is left as it is."""


@pytest.mark.parametrize("name", CALLS)
def test_json_tells_what_became_of_the_call(live_site: Site, name: str) -> None:
    if name != "add":
        booked(live_site)
    done = live_site.run(*CALLS[name], "--json", input=json.dumps(SEED))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "kodebooking": KB,
        "outcome": "sent",
        "code": "200",
        "message": "Ok",
    }


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("add", "Terdapat duplikasi Kode Booking"),
        ("update", "TaskId=3 sudah ada"),
        ("batal", "Antrean sudah dibatalkan"),
    ],
)
def test_what_bpjs_has_already_counts_as_done(live_site: Site, name: str, message: str) -> None:
    tasks = {"update": ((3, "08:00:00"),), "batal": ((99, "08:00:00"),)}
    booked(live_site, KB, *tasks.get(name, ()))
    done = live_site.run(*CALLS[name], input=json.dumps(SEED))
    assert (done.returncode, done.stdout) == (0, "")
    assert "sudah ada" in done.stderr
    done = live_site.run(*CALLS[name], "--json", input=json.dumps(SEED))
    assert json.loads(done.stdout) == {
        "kodebooking": KB,
        "outcome": "already",
        "code": "208",
        "message": message,
    }


def test_of_a_task_that_bpjs_has_already_the_time_that_it_holds_is_told(live_site: Site) -> None:
    """A correction that BPJS did not take must not look as if it had."""
    booked(live_site, KB, (4, "08:12:30"))
    done = live_site.run("update", KB, "4", f"{MONDAY} 08:40")
    assert done.stderr == (
        f"{KB}: task 4 sudah ada di BPJS dengan waktu 23-11-2026 "
        f"08:12:30; waktu yang diketik tidak dipakai\n"
    )
    live_site.bpjs.faults.add(Fault("http_500", path="/antrean/getlisttask"))
    done = live_site.run("update", KB, "4", f"{MONDAY} 08:40")
    assert done.stderr == f"{KB}: task 4 sudah ada di BPJS; waktu yang diketik tidak dipakai\n"
    done = live_site.run("update", KB, "4", f"{MONDAY} 08:12:30")
    assert done.stderr == f"{KB}: task 4 sudah ada di BPJS dengan waktu 23-11-2026 08:12:30\n"


def test_a_pharmacys_number_that_bpjs_did_not_take_is_told_as_that(live_site: Site) -> None:
    booked(live_site)
    ended_well(live_site.run("farmasi", KB, "7", "--jenisresep", "Racikan"))
    done = live_site.run("farmasi", KB, "12", "--jenisresep", "Racikan")
    assert done.stderr == f"{KB} farmasi: sudah ada di BPJS; nomor 12 tidak dipakai\n"


OTHER = "KIOSK-0001"


def test_a_visit_is_not_added_a_second_time_under_another_code(site: Site) -> None:
    no_rawat = site.khanza.visit(MONDAY)
    site.khanza.sep(no_rawat)
    site.sync()
    done = site.run("add", "--no-rawat", no_rawat, "--kodebooking", OTHER)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"dengan kode booking {no_rawat}" in done.stderr
    assert site.sent("/antrean/add") == [(no_rawat, "", 200)]
    ended_well(site.run("add", "--no-rawat", no_rawat, "--kodebooking", OTHER, "--ganda"))
    assert site.states(OTHER) == {"add": "sent"}


def test_a_mobile_jkn_booking_is_not_added_under_another_code(site: Site) -> None:
    """BPJS has it, although the ledger does not know it yet."""
    no_rawat = site.khanza.visit(MONDAY)
    nobooking = site.khanza.booking(no_rawat, MONDAY)
    done = site.run("add", "--no-rawat", no_rawat, "--kodebooking", OTHER)
    assert done.returncode == 2
    assert nobooking in done.stderr


@pytest.mark.parametrize("passes_before", [0, 1])
def test_sync_goes_on_under_the_code_that_a_visit_was_added_by_hand_with(
    site: Site, passes_before: int
) -> None:
    """Held by a pass before or not, the visit is one booking, and show finds it by its no_rawat."""
    no_rawat = site.khanza.visit(MONDAY)
    for _ in range(passes_before):
        site.sync()
        assert site.states(no_rawat) == {"add": "held", "3": "held"}
    reference = ("--nomorreferensi", "0301R0011126K000001")
    ended_well(site.run("add", "--no-rawat", no_rawat, "--kodebooking", OTHER, *reference))
    site.khanza.sep(no_rawat)
    site.sync()
    assert [one for one in site.sent() if one[0] == OTHER] == [(OTHER, "", 200), (OTHER, "3", 200)]
    shown = json.loads(site.run("show", no_rawat, "--json").stdout)
    assert [booking["kodebooking"] for booking in shown] == [OTHER]
    done = site.run("add", "--no-rawat", no_rawat)
    assert done.returncode == 2
    assert f"kode booking {OTHER}" in done.stderr


def _refuse_referral(site: Site) -> None:
    site.bpjs.bookings.refuse("rujukan_tidak_valid", norm="123345")


def _refuse_doctor(site: Site) -> None:
    site.bpjs.bookings.refuse("dokter_tidak_ada", kodedokter=12345)


def _booked(site: Site) -> None:
    booked(site)


def _booked_with_later_times(site: Site) -> None:
    booked(site, KB, (1, "09:00:00"), (2, "09:01:00"))


def _cancelled(site: Site) -> None:
    booked(site, KB, (99, "07:00:00"))


@pytest.mark.parametrize(
    ("arrange", "arguments", "words"),
    [
        (_refuse_referral, CALLS["add"], ["Rujukan tidak valid"]),
        (_refuse_doctor, CALLS["add"], ["Data dokter tidak ditemukan."]),
        (_nothing, ("update", KB, "99", "2026-11-23 08:05"), ["Kode Booking tidak ditemukan"]),
        (_nothing, CALLS["batal"], ["Kode Booking tidak ditemukan"]),
        (_booked, ("update", KB, "5", "2026-11-23 09:00"), ["TaskId=3 belum ada", "task 3"]),
        (
            _booked_with_later_times,
            CALLS["update"],
            ["tidak boleh kurang atau sama dengan waktu sebelumnya"],
        ),
        (_booked, ("update", KB, "3", "2026-11-24 08:05"), ["Tanggal pelayanan"]),
        (_cancelled, CALLS["update"], ["TaskId terakhir 99"]),
    ],
)
def test_a_refusal_exits_6_with_bpjss_own_words(
    live_site: Site, arrange: Callable[[Site], None], arguments: tuple[str, ...], words: list[str]
) -> None:
    """Classes person and first: one sentence, nothing on stdout, nothing noted as done."""
    arrange(live_site)
    done = live_site.run(*arguments, input=json.dumps(SEED))
    assert (done.returncode, done.stdout) == (6, "")
    assert len(done.stderr.splitlines()) == 1
    for word in words:
        assert word in done.stderr
    listed = live_site.run("listtask", KB, "--format", "plain")
    assert "\n3\t" not in "\n" + listed.stdout


@pytest.mark.parametrize("fault", ["undefined_error", "gagal_dicoba", "unknown_code"])
def test_a_passing_trouble_exits_5(live_site: Site, fault: Any) -> None:
    live_site.bpjs.faults.add(Fault(fault))
    done = live_site.run("add", "-", input=json.dumps(SEED))
    assert (done.returncode, done.stdout) == (5, "")
    ended_well(live_site.run("add", "-", input=json.dumps(SEED)))


def test_a_call_that_may_have_arrived_says_so_and_how_to_find_out(live_site: Site) -> None:
    booked(live_site)
    live_site.bpjs.faults.add(Fault("reset_after"))
    done = live_site.run(*CALLS["update"])
    assert (done.returncode, done.stdout) == (5, "")
    assert f"antrean listtask {KB}" in done.stderr
    assert live_site.run("listtask", KB, "--require", "3").returncode == 0


@pytest.mark.parametrize(("fault", "found"), [("reset_after", True), ("reset_before", False)])
def test_an_add_that_may_have_arrived_is_looked_for_by_what_is_to_be_typed(
    live_site: Site, fault: FaultName, found: bool
) -> None:
    """A list of tasks is empty with the booking and without it."""
    live_site.bpjs.faults.add(Fault(fault))
    done = live_site.run("add", "-", input=json.dumps(SEED))
    assert (done.returncode, done.stdout) == (5, "")
    assert f"belum pasti diterima, periksa: antrean show {KB} --bpjs" in done.stderr
    shown = live_site.run("show", KB, "--bpjs")
    if found:
        assert shown.returncode == 0, shown.stderr
        assert re.search(r"(?m)^tambah +ada$", shown.stdout), shown.stdout
        assert "28-01-2021" in shown.stdout
    else:
        assert shown.returncode == 2
        assert f"Tidak ditemukan di catatan antrean dan di BPJS: {KB}" in shown.stderr


def test_antrean_farmasi_in_doubt_may_be_sent_again(live_site: Site) -> None:
    """BPJS has no list of it."""
    live_site.bpjs.faults.add(Fault("reset_after"))
    done = live_site.run("farmasi", KB, "7", "--jenisresep", "Racikan")
    assert done.returncode == 5
    assert "belum pasti diterima; kirim lagi saja" in done.stderr


# -- update

WAKTU = [
    ("2026-11-23 08:05", "Asia/Jakarta", 1795395900000),
    ("2026-11-23 08:05:30", "Asia/Jakarta", 1795395930000),
    ("2026-11-23 09:05", "Asia/Makassar", 1795395900000),
    ("2026-11-23 10:05:30", "Asia/Jayapura", 1795395930000),
    ("23/11/2026 08:05", "Asia/Jakarta", 1795395900000),
    ("23/11/2026 08.05", "Asia/Jakarta", 1795395900000),
    ("23/11/2026 8.05.30", "Asia/Jakarta", 1795395930000),
    ("2026-11-23 08.05", "Asia/Jakarta", 1795395900000),
    ("23-11-2026 09:05 WITA", "Asia/Jakarta", 1795395900000),
    ("1795395900000", "Asia/Jakarta", 1795395900000),
    ("1795395900123", "Asia/Jakarta", 1795395900123),
    ("1795395900999", "Asia/Makassar", 1795395900999),
]


@pytest.mark.parametrize(("waktu", "zone", "sent"), WAKTU)
def test_a_waktu_is_in_the_hospitals_zone_or_epoch_milliseconds(
    live_site: Site, waktu: str, zone: str, sent: int
) -> None:
    booked(live_site)
    ended_well(live_site.run("update", KB, "3", waktu, ANTREAN_TZ=zone))
    (body,) = live_site.bodies("/antrean/updatewaktu")
    assert body == {"kodebooking": KB, "taskid": "3", "waktu": sent}


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Jakarta"])
def test_a_waktu_does_not_depend_on_the_zone_of_the_host(live_site: Site, zone: str) -> None:
    booked(live_site)
    ended_well(live_site.spawn("update", KB, "3", "2026-11-23 08:05", TZ=zone))
    assert live_site.bodies("/antrean/updatewaktu")[0]["waktu"] == 1795395900000


def test_without_a_waktu_it_is_now(live_site: Site) -> None:
    """The moment of the call, in whole seconds as BPJS prints them."""
    before = datetime.now(WIB).replace(microsecond=0)
    live_site.bpjs.bookings.mobile_jkn(KB, before.date().isoformat())
    done = live_site.run("update", KB, "3")
    after = datetime.now(WIB)
    (body,) = live_site.bodies("/antrean/updatewaktu")
    assert before.timestamp() * 1000 <= body["waktu"] <= after.timestamp() * 1000
    assert done.returncode == (0 if before.date() == after.date() else done.returncode)


@pytest.mark.parametrize("taskid", ["1", "2", "3", "4", "5", "6", "7", "99"])
def test_every_taskid_can_be_sent_by_hand(live_site: Site, taskid: str) -> None:
    before = {"1": (), "3": (), "99": ()}.get(taskid, ((int(taskid) - 1, "08:00:00"),))
    booked(live_site, KB, *before)
    ended_well(live_site.run("update", KB, taskid, "2026-11-23 08:05"))
    assert live_site.bodies("/antrean/updatewaktu")[0]["taskid"] == taskid
    assert live_site.states(KB) == {taskid: "sent"}


@pytest.mark.parametrize("jenisresep", ["Tidak ada", "Racikan", "Non racikan"])
def test_jenisresep_goes_with_the_task(live_site: Site, jenisresep: str) -> None:
    booked(live_site, KB, (4, "08:00:00"))
    ended_well(live_site.run("update", KB, "5", "2026-11-23 09:00", "--jenisresep", jenisresep))
    (body,) = live_site.bodies("/antrean/updatewaktu")
    assert body == {
        "kodebooking": KB,
        "taskid": "5",
        "waktu": 1795399200000,
        "jenisresep": jenisresep,
    }


def test_an_unknown_jenisresep_is_refused_with_the_choices(live_site: Site) -> None:
    done = live_site.run("update", KB, "5", "--jenisresep", "Puyer")
    assert (done.returncode, done.stdout, live_site.bpjs.arrived) == (2, "", [])
    assert "Tidak ada, Racikan, Non racikan" in done.stderr


def test_a_site_can_have_the_other_update_path(live_site: Site) -> None:
    with Simulator(
        cons_id=CONS_ID, secret_key=SECRET_KEY, user_key=USER_KEY, update_path="/antrean/update"
    ) as other:
        other.bookings.mobile_jkn(KB, MONDAY.isoformat())
        env = {"BPJS_BASE_URL": other.url, "BPJS_UPDATE_PATH": "/antrean/update"}
        ended_well(live_site.run("update", KB, "3", "2026-11-23 08:05", **env))
        assert [one.path for one in other.received] == ["/antrean/update"]


def test_a_kode_booking_goes_through_letter_by_letter(live_site: Site) -> None:
    """Slashes and # are part of it; none of the calls puts it into an address."""
    for kodebooking in ("2026/11/23/000001", "Y03-20#1617068533", "A 12/b?c=1&d%20"):
        booked(live_site, kodebooking)
        ended_well(live_site.run("update", kodebooking, "3", "2026-11-23 08:05"))
        done = live_site.run("listtask", kodebooking, "--format", "plain")
        assert done.stdout.startswith("3\t23-11-2026 08:05:00 WIB\t")
        ended_well(live_site.run("batal", kodebooking, "--keterangan", "Uji coba"))


# -- batal


def test_batal_sends_the_catalogues_body(live_site: Site) -> None:
    booked(live_site)
    ended_well(live_site.run("batal", KB, "--keterangan", "Terjadi perubahan jadwal dokter"))
    assert live_site.bodies("/antrean/batal") == [
        {"kodebooking": KB, "keterangan": "Terjadi perubahan jadwal dokter"}
    ]
    assert live_site.states(KB) == {"batal": "sent"}


@pytest.mark.parametrize("arguments", [(), ("--keterangan", ""), ("--keterangan", "   ")])
def test_batal_needs_a_reason(live_site: Site, arguments: tuple[str, ...]) -> None:
    booked(live_site)
    done = live_site.run("batal", KB, *arguments)
    assert (done.returncode, done.stdout, live_site.bpjs.arrived) == (2, "", [])
    assert re.match(r"antrean: --keterangan (belum diberikan\.|kosong;)", done.stderr)


# -- listtask

TASKS = ((5, "09:30:00"), (3, "08:05:00"), (4, "09:00:00"), (4, "08:30:00"))
SORTED = [
    ("3", "23-11-2026 08:05:00 WIB", "akhir waktu layan admisi / mulai waktu tunggu poli"),
    ("4", "23-11-2026 08:30:00 WIB", "akhir waktu tunggu poli / mulai waktu layan poli"),
    ("4", "23-11-2026 09:00:00 WIB", "akhir waktu tunggu poli / mulai waktu layan poli"),
    ("5", "23-11-2026 09:30:00 WIB", "akhir waktu layan poli / mulai waktu tunggu farmasi"),
]


def test_plain_is_one_line_a_task_with_four_fields_and_no_header(live_site: Site) -> None:
    """taskid⇥wakturs⇥waktu⇥taskname, by taskid and time; what BPJS holds twice is shown twice."""
    booked(live_site, KB, *TASKS)
    done = live_site.run("listtask", KB, "--format", "plain")
    assert (done.returncode, done.stderr) == (0, "")
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [(row[0], row[1], row[3]) for row in rows] == SORTED
    assert all(len(row) == 4 and row[2].endswith(" WIB") for row in rows)


def test_json_is_one_list_of_tasks(live_site: Site) -> None:
    booked(live_site, KB, *TASKS)
    for arguments in (("--format", "json"), ("--json",)):
        done = live_site.run("listtask", KB, *arguments)
        rows = json.loads(done.stdout)
        assert [(str(row["taskid"]), row["wakturs"], row["taskname"]) for row in rows] == SORTED
        assert [set(row) for row in rows] == [{"taskid", "wakturs", "waktu", "taskname"}] * 4
        assert [type(row["taskid"]) for row in rows] == [int] * 4


def test_csv_has_a_header_and_quotes_what_it_must(live_site: Site) -> None:
    booked(live_site, KB, *TASKS)
    done = live_site.run("listtask", KB, "--format", "csv")
    header, *rows = csv.reader(io.StringIO(done.stdout))
    assert header == ["taskid", "wakturs", "waktu", "taskname"]
    assert [(row[0], row[1], row[3]) for row in rows] == SORTED


def test_the_table_is_the_default_and_in_the_same_order(live_site: Site) -> None:
    booked(live_site, KB, *TASKS)
    done = live_site.run("listtask", KB)
    assert done.returncode == 0
    assert done.stdout == live_site.run("listtask", KB, "--format", "table").stdout
    lines = [line for line in done.stdout.splitlines() if " WIB" in line]
    assert [(line.split()[0], line.split()[2]) for line in lines] == [
        ("3", "08:05:00"),
        ("4", "08:30:00"),
        ("4", "09:00:00"),
        ("5", "09:30:00"),
    ]


def test_order_is_by_time_and_not_by_letters(live_site: Site) -> None:
    """Of two times of one task, 30 November comes before 1 December."""
    rows = [
        {"taskid": 3, "waktu": ms("08:00:00", day)}
        for day in (date(2026, 12, 1), date(2026, 11, 30))
    ]
    live_site.bpjs.bookings.mobile_jkn(KB, "2026-11-30", rows)
    done = live_site.run("listtask", KB, "--format", "plain")
    assert [line.split("\t")[1][:10] for line in done.stdout.splitlines()] == [
        "30-11-2026",
        "01-12-2026",
    ]


@pytest.mark.parametrize(("form", "stdout"), [("plain", ""), ("table", ""), ("json", "[]\n")])
def test_no_tasks_is_no_failure(live_site: Site, form: str, stdout: str) -> None:
    booked(live_site)
    done = live_site.run("listtask", KB, "--format", form)
    assert (done.returncode, done.stdout) == (0, stdout)
    assert live_site.run("-q", "listtask", KB, "--format", form).stderr == ""


def test_no_tasks_is_a_csv_of_its_header_alone(live_site: Site) -> None:
    booked(live_site)
    done = live_site.run("listtask", KB, "--format", "csv")
    assert (done.returncode, done.stdout) == (0, "taskid,wakturs,waktu,taskname\n")


@pytest.mark.parametrize(
    ("required", "code", "missing"),
    [
        ("3", 0, ""),
        ("3,4,5", 0, ""),
        ("5, 3", 0, ""),
        ("3,4,5,6,7", 7, "6, 7"),
        ("7,6,7", 7, "7, 6"),
        ("99", 7, "99"),
    ],
)
def test_require_exits_7_and_names_what_is_missing(
    live_site: Site, required: str, code: int, missing: str
) -> None:
    booked(live_site, KB, *TASKS)
    done = live_site.run("listtask", KB, "--format", "plain", "--require", required)
    assert done.returncode == code
    assert len(done.stdout.splitlines()) == 4, "the list is printed all the same"
    assert (missing in done.stderr) if missing else done.stderr == ""


def test_quiet_still_names_what_is_missing(live_site: Site) -> None:
    """-q silences good news; which task is missing is the answer to the question."""
    booked(live_site)
    done = live_site.run("-q", "listtask", KB, "--require", "3")
    assert (done.returncode, "task 3" in done.stderr) == (7, True)


@pytest.mark.parametrize("required", ["", "0", "8", "tiga", "3;4", "3,,4", "3.0", "-3"])
def test_a_require_that_is_no_list_of_taskids_is_refused(live_site: Site, required: str) -> None:
    done = live_site.run("listtask", KB, "--require", required)
    assert (done.returncode, done.stdout, live_site.bpjs.arrived) == (2, "", [])


def test_listtask_needs_no_ledger(live_site: Site) -> None:
    """It answers beside a damaged one, leaves it alone, and makes none."""
    booked(live_site, KB, *TASKS)
    assert live_site.run("listtask", KB).returncode == 0
    assert not live_site.state.exists()
    live_site.state.write_bytes(b"rusak" * 1000)
    assert live_site.run("listtask", KB).returncode == 0
    assert live_site.state.read_bytes() == b"rusak" * 1000


# -- what was done by hand, `sync` does not do again


def test_sync_goes_on_after_an_add_by_hand(site: Site) -> None:
    no_rawat = site.khanza.visit(MONDAY)
    site.khanza.sep(no_rawat)
    site.khanza.exam(no_rawat, "2026-11-23 08:30:00")
    ended_well(site.run("add", "--no-rawat", no_rawat))
    assert site.sync().report.exit_code == 0
    assert site.sent() == [(no_rawat, "", 200), (no_rawat, "3", 200), (no_rawat, "4", 200)]


def test_an_add_by_hand_frees_the_tasks_of_a_held_one(site: Site) -> None:
    """Held for want of a reference, added by hand with one: the tasks go out with the next pass."""
    no_rawat = site.khanza.visit(MONDAY)
    site.sync()
    assert site.states(no_rawat) == {"add": "held", "3": "held"}
    ended_well(site.run("add", "--no-rawat", no_rawat, "--nomorreferensi", "0301R0011126K000001"))
    site.sync()
    assert site.states(no_rawat) == {"add": "sent", "3": "sent"}
    assert site.sent("/antrean/add") == [(no_rawat, "", 200)]


def test_an_add_by_hand_mends_a_refused_one(site: Site) -> None:
    no_rawat = site.khanza.visit(MONDAY)
    site.khanza.sep(no_rawat)
    site.bpjs.bookings.refuse("rujukan_tidak_valid", nomorreferensi="0301U0011126P000001")
    site.sync()
    assert site.states(no_rawat) == {"add": "refused", "3": "held"}
    ended_well(site.run("add", "--no-rawat", no_rawat, "--nomorreferensi", "0301U0011126P000002"))
    site.clock.forward(minutes=31)
    site.sync()
    assert site.states(no_rawat) == {"add": "sent", "3": "sent"}


def test_sync_goes_on_after_an_update_by_hand(site: Site) -> None:
    """Khanza's own time of a task that was sent by hand is not sent after it."""
    no_rawat = site.khanza.visit(MONDAY)
    site.khanza.sep(no_rawat)
    ended_well(site.run("add", "--no-rawat", no_rawat))
    ended_well(site.run("update", no_rawat, "3", "2026-11-23 08:10"))
    site.khanza.exam(no_rawat, "2026-11-23 08:30:00")
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:10:00"), (4, "08:30:00")]
    assert [taskid for _, taskid, _ in site.sent("/antrean/updatewaktu")] == ["3", "4"]


def test_the_order_of_times_counts_from_what_was_sent_by_hand(site: Site) -> None:
    """An exam that precedes the task 3 sent by hand is held, not sent into a refusal."""
    no_rawat = site.khanza.visit(MONDAY)
    site.khanza.sep(no_rawat)
    ended_well(site.run("add", "--no-rawat", no_rawat))
    ended_well(site.run("update", no_rawat, "3", "2026-11-23 09:00"))
    site.khanza.exam(no_rawat, "2026-11-23 08:30:00")
    site.sync()
    assert site.states(no_rawat)["4"] == "held"
    assert site.held_at_bpjs(no_rawat) == [(3, "09:00:00")]


def test_tasks_1_and_2_by_hand_precede_those_of_sync(site: Site) -> None:
    no_rawat = site.khanza.visit(MONDAY, stts_daftar="Baru")
    site.khanza.sep(no_rawat)
    ended_well(site.run("add", "--no-rawat", no_rawat))
    ended_well(site.run("update", no_rawat, "1", "2026-11-23 07:50"))
    ended_well(site.run("update", no_rawat, "2", "2026-11-23 07:55"))
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(1, "07:50:00"), (2, "07:55:00"), (3, "08:05:00")]


def test_an_update_by_hand_that_bpjs_had_already_leaves_the_time_that_bpjs_holds(
    site: Site,
) -> None:
    """208: nothing is overwritten.

    So the next task is ordered by what BPJS holds, not by what was typed.
    """
    no_rawat = site.khanza.visit(MONDAY)
    site.khanza.sep(no_rawat)
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00")]
    ended_well(site.run("update", no_rawat, "3", "2026-11-23 08:40"))
    site.khanza.exam(no_rawat, "2026-11-23 08:30:00")
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:30:00")]


def test_the_time_that_bpjs_holds_is_asked_for_where_nobody_here_sent_it(site: Site) -> None:
    """Another program sent task 3, at a time that our ledger has never seen."""
    no_rawat = site.khanza.visit(MONDAY)
    site.khanza.sep(no_rawat)
    ended_well(site.run("add", "--no-rawat", no_rawat))
    ended_well(
        site.run(
            "update", no_rawat, "3", "2026-11-23 08:20", ANTREAN_STATE=str(site.folder / "lain")
        )
    )
    ended_well(site.run("update", no_rawat, "3", "2026-11-23 08:40"))
    site.khanza.exam(no_rawat, "2026-11-23 08:19:30")
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:20:00"), (4, "08:20:01")]


def test_a_task_by_hand_mends_a_refused_one(site: Site) -> None:
    """Once the refused step is through by hand, those behind it go on by themselves."""
    no_rawat = site.khanza.visit(MONDAY)
    site.khanza.sep(no_rawat)
    site.khanza.exam(no_rawat, "2026-11-23 08:30:00")
    site.khanza.berkas(no_rawat, kembali="2026-11-23 09:00:00")
    ended_well(site.run("add", "--no-rawat", no_rawat))
    # Another program sent a later task 3: BPJS refuses our task 4 as not later than that.
    ended_well(
        site.run(
            "update", no_rawat, "3", "2026-11-23 08:45", ANTREAN_STATE=str(site.folder / "lain")
        )
    )
    site.sync()
    site.sync()
    assert site.states(no_rawat)["4"] in ("held", "refused")
    ended_well(site.run("update", no_rawat, "4", "2026-11-23 08:50"))
    site.clock.forward(minutes=31)
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:45:00"), (4, "08:50:00"), (5, "09:00:00")]


@pytest.mark.parametrize(
    "cancel",
    [("batal", NO_RAWAT, "--keterangan", "Uji"), ("update", NO_RAWAT, "99", "2026-11-23 08:20")],
)
def test_a_cancel_by_hand_ends_the_booking(site: Site, cancel: tuple[str, ...]) -> None:
    no_rawat = site.khanza.visit(MONDAY)
    site.khanza.sep(no_rawat)
    site.sync()
    ended_well(site.run(*cancel))
    heard = len(site.bpjs.received)
    site.khanza.exam(no_rawat, "2026-11-23 08:30:00")
    site.khanza.stts(no_rawat, "Sudah")
    for _ in range(3):
        assert site.sync().report.exit_code == 0
        site.clock.forward(hours=2)
    assert len(site.bpjs.received) == heard


def test_a_cancel_by_hand_drops_what_was_pending(site: Site) -> None:
    no_rawat = site.khanza.visit(MONDAY)
    site.sync()  # held: no reference
    booked(site, no_rawat)
    ended_well(site.run("batal", no_rawat, "--keterangan", "Dibatalkan pasien"))
    dropped = {"add": "already", "3": "closed", "batal": "sent"}
    assert site.states(no_rawat) == dropped
    site.khanza.sep(no_rawat)
    site.clock.forward(minutes=10)
    site.sync()
    assert site.states(no_rawat) == dropped
    assert site.sent("/antrean/add") == []


def test_a_cancel_by_hand_is_not_followed_by_khanzas(site: Site) -> None:
    """The _batal row of a booking that was cancelled by hand is not sent again."""
    no_rawat = site.khanza.visit(MONDAY)
    nobooking = site.khanza.booking(no_rawat, MONDAY)
    booked(site, nobooking)
    ended_well(site.run("batal", nobooking, "--keterangan", "Uji"))
    site.khanza.batal(nobooking, no_rawat=no_rawat)
    site.sync()
    assert site.sent("/antrean/batal") == [(nobooking, "", 200)]


def test_what_bpjs_refused_by_hand_is_not_noted_as_done(site: Site) -> None:
    no_rawat = site.khanza.visit(MONDAY)
    site.khanza.sep(no_rawat)
    added_elsewhere(site, no_rawat)
    assert site.run("update", no_rawat, "3", "2026-11-24 08:10").returncode == 6  # another day
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00")]


def test_an_add_by_hand_in_doubt_is_settled_by_sync(site: Site) -> None:
    """The answer was lost: sync sends it again, and 208 settles it."""
    no_rawat = site.khanza.visit(MONDAY)
    site.khanza.sep(no_rawat)
    site.bpjs.faults.add(Fault("reset_after"))
    assert site.run("add", "--no-rawat", no_rawat).returncode == 5
    site.sync()
    assert site.states(no_rawat) == {"add": "already", "3": "sent"}


# -- what people see


@pytest.mark.parametrize("arguments", [(), *((name,) for name in COMMANDS)])
@pytest.mark.parametrize("columns", ["80", "200"])
def test_help_is_indonesian_has_examples_and_fits_80_columns(
    live_site: Site, arguments: tuple[str, ...], columns: str
) -> None:
    done = live_site.run(*arguments, "--help", COLUMNS=columns)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Pemakaian: antrean")
    assert max(len(line) for line in done.stdout.splitlines()) <= 80
    assert f"\n    antrean {' '.join(arguments)}".rstrip() in done.stdout.partition("Contoh:")[2]
    for english in (
        "Usage",
        "Options",
        "Commands",
        "required",
        "default:",
        "Show",
        "help",
        "FILE",
        "TEXT",
        "INTEGER",
    ):
        assert english not in done.stdout.replace("--help", ""), english


@pytest.mark.parametrize("name", COMMANDS)
def test_h_is_short_for_help(live_site: Site, name: str) -> None:
    assert live_site.run(name, "-h").stdout == live_site.run(name, "--help").stdout


def test_the_help_of_add_names_every_field(live_site: Site) -> None:
    done = live_site.run("add", "--help")
    for name in SEED:
        assert f"--{name} " in done.stdout


WRONG_USE = [
    (("--nope",), "--nope"),
    (("kirim",), "kirim"),
    (("update",), "KODEBOOKING"),
    (("update", KB), "TASKID"),
    (("update", KB, "tiga"), "tiga"),
    (("update", KB, "3", "2026-11-23", "08:05"), "08:05"),
    (("listtask", KB, "--format"), "--format"),
    (("listtask", KB, "--format", "xml"), "xml"),
    (("listtask", KB, "--jso"), "--json"),
    (("listtask", KB, "--json=1"), "--json"),
    (("add", "a", "b"), "b"),
    (("add", "--angkaantrean", "satu"), "--angkaantrean"),
    (("add", "--angkaantrean", "-1"), "--angkaantrean"),
    (("sync", "--workers", "0"), "--workers"),
    (("sync", "--workers", "65"), "--workers"),
    (("sync", "besok"), "besok"),
    (("--env-file",), "--env-file"),
]


@pytest.mark.parametrize(
    "arguments", [("listtask", KB, "--json"), ("sync", "--json"), ("kirim", "--json")]
)
def test_json_is_one_document_even_of_an_error(live_site: Site, arguments: tuple[str, ...]) -> None:
    done = live_site.run(*arguments, BPJS_CONS_ID="")
    said = json.loads(done.stdout)
    assert said["exit_code"] == done.returncode != 0
    assert said["error"] in done.stderr


def test_what_a_document_says_is_not_followed_by_another(live_site: Site) -> None:
    done = live_site.run("listtask", KB, "--json", "--require", "3")
    assert (done.returncode, json.loads(done.stdout)) == (7, [])


def test_a_command_that_is_nearly_one_is_guessed(live_site: Site) -> None:
    assert live_site.run("staus").stderr == (
        "antrean: tidak ada perintah staus; maksudnya status? Lihat: antrean --help\n"
    )


def test_add_without_anything_says_what_to_give_it(live_site: Site) -> None:
    done = live_site.run("add")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("antrean: beri BERKAS, -, atau --no-rawat NO")


def test_two_forms_at_once_are_refused(live_site: Site) -> None:
    assert live_site.run("listtask", KB, "--format", "csv", "--json").returncode == 2


@pytest.mark.parametrize(
    "waktu", ["23-11-2026 08:12:30 WIB", "23-11-2026 09:12:30 WITA", "23-11-2026 08:12:30"]
)
def test_a_time_as_it_is_shown_can_be_typed(live_site: Site, waktu: str) -> None:
    booked(live_site)
    ended_well(live_site.run("update", KB, "3", waktu))
    assert live_site.held_at_bpjs(KB) == [(3, "08:12:30")]


def test_a_time_in_the_hospitals_zone_needs_no_name_of_it(live_site: Site) -> None:
    booked(live_site)
    ended_well(live_site.run("update", KB, "3", "23-11-2026 09:12", ANTREAN_TZ="Asia/Makassar"))
    assert live_site.held_at_bpjs(KB) == [(3, "08:12:00")]


def test_choices_are_taken_in_any_case(live_site: Site) -> None:
    booked(live_site)
    ended_well(live_site.run("farmasi", KB, "7", "--jenisresep", "non RACIKAN"))
    assert live_site.bodies("/antrean/farmasi/add")[0]["jenisresep"] == "Non racikan"


def answered(site: Site, answer: str, *arguments: str) -> str:
    """Run a command on a terminal, type an answer to its question, and return what is shown."""
    done = on_a_terminal(*arguments, environ=site.environment(), typed=f"{answer}\n")
    assert done.returncode == 0, done.stdout
    return done.stdout


CANCEL = ("batal", KB, "--keterangan", "Uji")


@pytest.mark.parametrize(
    ("answer", "sent"), [("ya", 1), ("Y", 1), ("hm\nya", 1), ("tidak", 0), ("n", 0), ("", 0)]
)
def test_a_cancel_is_asked_for_on_a_terminal(live_site: Site, answer: str, sent: int) -> None:
    booked(live_site)
    ended_well(live_site.run("update", KB, "3", f"{MONDAY} 08:05"))
    shown = answered(live_site, answer, *CANCEL)
    assert f"Batalkan {KB} (23-11-2026, task terakhir 3)?" in shown
    assert ("Tidak jadi; tidak ada yang berubah." in shown) == (not sent)
    assert len(live_site.bodies("/antrean/batal")) == sent


def test_a_cancel_is_not_asked_for_where_yes_was_said(live_site: Site) -> None:
    booked(live_site)
    assert "?" not in answered(live_site, "", *CANCEL, "--yes")
    assert len(live_site.bodies("/antrean/batal")) == 1


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        (("4",), "task 4"),
        (("99",), "task 99 (batal)"),
        (("99", f"{MONDAY} 08:05"), "task 99 (batal)"),
    ],
)
@pytest.mark.parametrize(("answer", "sent"), [("ya", 1), ("tidak", 0)])
def test_a_time_of_now_and_a_99_are_asked_for_on_a_terminal(
    live_site: Site, typed: tuple[str, ...], asked: str, answer: str, sent: int
) -> None:
    """`update X 4` is typed too early as easily as `batal`, and BPJS takes neither back."""
    booked(live_site, KB, (3, "08:00:00"))
    arguments = ("update", KB, *typed)
    done = on_a_terminal(*arguments, environ=live_site.environment(), typed=f"{answer}\n")
    assert f"Kirim {asked} untuk {KB} (tidak ada di catatan antrean) dengan waktu " in done.stdout
    assert ("Tidak jadi; tidak ada yang berubah." in done.stdout) == (not sent)
    assert len(live_site.bodies("/antrean/updatewaktu")) == sent


@pytest.mark.parametrize(
    "typed", [("3", f"{MONDAY} 08:05"), ("99", f"{MONDAY} 08:05", "--yes"), ("4", "--queue")]
)
def test_a_time_that_was_typed_and_a_yes_are_not_asked_for(
    live_site: Site, typed: tuple[str, ...]
) -> None:
    booked(live_site)
    assert "?" not in answered(live_site, "", "update", KB, *typed)


def test_a_replay_that_was_not_meant_changes_nothing(live_site: Site) -> None:
    live_site.run("sync")
    today = f"{datetime.now(WIB):%Y-%m-%d}"
    before = live_site.files()
    assert "Tidak jadi" in answered(live_site, "t", "replay", "--date", today)
    assert live_site.files() == before
    assert "0 antrean dibaca ulang" in answered(live_site, "ya", "replay", "--date", today)


ENGLISH = (
    "Error",
    "Missing",
    "No such",
    "Invalid",
    "Try",
    "argument",
    "requires",
    "option",
    "Got",
    "value",
    "command",
)


@pytest.mark.parametrize(("arguments", "word"), WRONG_USE)
def test_clicks_complaints_are_one_indonesian_line(
    live_site: Site, arguments: tuple[str, ...], word: str
) -> None:
    done = live_site.run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert word in done.stderr
    assert not [english for english in ENGLISH if english in done.stderr.replace("argumen ", "")]
    assert live_site.bpjs.arrived == []


@pytest.mark.parametrize("arguments", [(), ("-q",), ("-v",)])
def test_the_bare_command_shows_its_help_and_nothing_else(
    live_site: Site, arguments: tuple[str, ...]
) -> None:
    done = live_site.run(*arguments)
    assert done.returncode in (0, 2)  # click changed its mind in 8.2
    assert (done.stdout + done.stderr).strip() == live_site.run("--help").stdout.strip()


def test_version_is_told_without_settings(live_site: Site) -> None:
    done = live_site.run("--version", **dict.fromkeys(live_site.env, ""))
    build = r"dari kode sumber|[0-9a-f]{7,}, \d{4}-\d\d-\d\d"  # a checkout's, or an exported one's
    assert re.fullmatch(rf"antrean {re.escape(__version__)} \(({build})\)\n", done.stdout)
    assert (done.returncode, done.stderr) == (0, "")


def test_quiet_says_nothing_of_what_went_well(live_site: Site) -> None:
    booked(live_site)
    done = live_site.run("-q", *CALLS["update"])
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_quiet_still_says_what_went_wrong(live_site: Site) -> None:
    done = live_site.run("-q", *CALLS["batal"])
    assert done.returncode == 6
    assert "BPJS menolak: Kode Booking tidak ditemukan (kode 201)" in done.stderr


def test_verbose_shows_no_patient_and_no_secret(live_site: Site) -> None:
    done = live_site.run("-v", "add", "-", input=json.dumps(SEED))
    assert done.returncode == 0
    for private in (
        "3212345678987654",
        "00012345678",
        "085635228888",
        "123345",
        SECRET_KEY,
        USER_KEY,
    ):
        assert private not in done.stdout + done.stderr


def test_global_options_name_the_settings_and_the_state(live_site: Site, tmp_path: Path) -> None:
    file, state = tmp_path / "rs.env", tmp_path / "lain" / "buku.sqlite3"
    file.write_text("".join(f"{name}='{value}'\n" for name, value in live_site.env.items()))
    file.chmod(0o600)
    booked(live_site)
    nothing = dict.fromkeys(live_site.env, "")
    env = {name: value for name, value in os.environ.items() if name not in nothing}
    ended_well(run("--env-file", str(file), "--state", str(state), *CALLS["update"], environ=env))
    assert state.exists()
    assert not live_site.state.exists()
    after = ["update", KB, "3", "--env-file", str(file), "--state", str(state), "-v"]
    done = run(*after, environ=env)
    assert done.returncode == 0, done.stderr
    assert not live_site.state.exists()


# -- where the output goes


def piped(site: Site, *arguments: str, reader: str) -> tuple[int, str]:
    """Run the command into a pipe that somebody closes; return exit code and stderr."""
    script = f'"$0" -m antrean_cli "$@" | {reader}; echo "${{PIPESTATUS[0]}}" >&2'
    done = subprocess.run(
        ["bash", "-c", script, sys.executable, *arguments],
        env=site.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    *said, code = done.stderr.strip().splitlines()
    return int(code), "\n".join(said)


@pytest.mark.parametrize("arguments", [("listtask", KB, "--format", "plain"), ("add", "--help")])
def test_a_reader_that_went_away_is_no_bug(live_site: Site, arguments: tuple[str, ...]) -> None:
    """`antrean listtask … | true`: no traceback, and not exit code 1, which would mean a bug."""
    booked(live_site, KB, *TASKS)
    code, said = piped(live_site, *arguments, reader="exec <&-; sleep 2; true")
    assert said == ""
    assert code != 1


def test_a_reader_that_wants_one_line_gets_it(live_site: Site) -> None:
    booked(live_site, KB, *TASKS)
    code, said = piped(live_site, "listtask", KB, "--format", "plain", reader="head -1 >/dev/null")
    assert (code != 1, said) == (True, "")


NAMES = 'Ibu "Ani" d\'Cruz \\ Søren ☺'


@pytest.mark.parametrize(
    "env", [{"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}]
)
def test_any_name_can_be_printed_and_sent_under_every_locale(
    live_site: Site, env: dict[str, str]
) -> None:
    """cron has no locale; a name that ASCII cannot print must not break a command."""
    body = {**SEED, "namadokter": NAMES}
    done = live_site.spawn("add", "-", "--dry-run", input=json.dumps(body), **env)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["namadokter"].startswith('Ibu "Ani" d\'Cruz \\')
    ended_well(live_site.spawn("add", "-", input=json.dumps(body, ensure_ascii=False), **env))
    assert live_site.bodies("/antrean/add")[0]["namadokter"] == NAMES


@pytest.mark.parametrize(
    "env", [{"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}]
)
@pytest.mark.parametrize("arguments", [(), ("listtask",)])
def test_help_can_be_printed_under_every_locale(
    live_site: Site, arguments: tuple[str, ...], env: dict[str, str]
) -> None:
    done = live_site.spawn(*arguments, "--help", **env)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Pemakaian: antrean")


def test_json_output_stays_json_where_only_ascii_can_be_printed(live_site: Site) -> None:
    """Scripts read it with any JSON parser, whatever the locale."""
    env = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    body = {**SEED, "namadokter": NAMES}
    done = live_site.spawn("add", "-", "--dry-run", "--json", input=json.dumps(body), **env)
    assert json.loads(done.stdout) == body
