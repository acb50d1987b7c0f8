"""One visit as it is shown: who has to do what, what BPJS has, all of it within 80 columns."""

from __future__ import annotations

import json
from typing import Any

import pytest

from antrean_cli.rules.sources import FLOWS, SOURCES
from antrean_cli.simulator.bookings import Answer
from antrean_cli.simulator.faults import Fault
from tests.support.patients import added_elsewhere, patient
from tests.support.site import MONDAY, Site, ms

UPDATE, PER_KODEBOOKING = "/antrean/updatewaktu", "/antrean/pendaftaran/kodebooking/{}"


MEND = "betulkan di Khanza, lalu terkirim sendiri;"
MEND_DOCTOR = "betulkan pemetaan di Khanza, lalu terkirim sendiri;"


def refused(site: Site, why: str = "rujukan_tidak_valid") -> str:
    """Register a patient whose add BPJS refuses."""
    no_rawat = patient(site, exam="08:30:00")
    site.bpjs.bookings.refuse(
        why, norm=site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
    )
    return no_rawat


def shown(site: Site, number: str, *args: str, **env: str) -> str:
    """Return what is shown, every run of white space as one blank."""
    return " ".join(
        site.run("show", number, *args, CLOCK=site.clock.now.isoformat(), **env).stdout.split()
    )


def document(site: Site, number: str, *args: str) -> dict[str, Any]:
    (found,) = json.loads(
        site.run("show", number, "--json", *args, CLOCK=site.clock.now.isoformat()).stdout
    )
    assert isinstance(found, dict)
    return found


def row(site: Site, number: str, step: str, *args: str) -> str:
    """Return one row of the table."""
    shown = site.run("show", number, *args, CLOCK=site.clock.now.isoformat()).stdout
    return next(" ".join(line.split()) for line in shown.splitlines() if line.startswith(step))


# -- does BPJS really have it?


def test_a_booking_without_a_task_is_there_gone_or_cancelled(site: Site) -> None:
    site.clock.at("07:30")
    no_rawat = patient(site, jam="07:20:00")
    site.sync()
    assert row(site, no_rawat, "tambah", "--bpjs").endswith(" ada")
    assert document(site, no_rawat, "--bpjs")["bpjs_booking"] == "present"
    site.bpjs.bookings.batal({"kodebooking": no_rawat, "keterangan": "uji"})
    assert row(site, no_rawat, "tambah", "--bpjs").endswith(" batal")
    site.bpjs.bookings._held.clear()
    assert row(site, no_rawat, "tambah", "--bpjs").endswith(" tidak ada")
    assert "antreannya tercatat terkirim, tetapi tidak ada di BPJS" in shown(
        site, no_rawat, "--bpjs"
    )
    assert "antrean reconcile --date 2026-11-23 --repair" in shown(site, no_rawat, "--bpjs")


def test_where_bpjs_does_not_offer_that_list_nothing_is_said(site: Site) -> None:
    site.clock.at("07:30")
    no_rawat = patient(site, jam="07:20:00")
    site.sync()
    site.bpjs._routes = [
        (*one[:2], lambda *_: Answer(201, "Layanan tidak tersedia"), one[3])
        if one[1] == PER_KODEBOOKING
        else one
        for one in site.bpjs._routes
    ]
    assert row(site, no_rawat, "tambah", "--bpjs").endswith("terkirim 23-11 07:30")
    assert document(site, no_rawat, "--bpjs")["bpjs_booking"] is None


def test_what_only_one_of_the_two_has_is_pointed_out(site: Site) -> None:
    no_rawat = patient(site, exam="08:30:00")
    site.sync()
    held = site.bpjs.bookings.snapshot()
    tasks: Any = held[0]["tasks"]
    held[0]["tasks"] = [tasks[0], {**tasks[1], "taskid": 5, "wakturs": ms("08:50:00")}]
    site.bpjs.bookings._held.clear()
    site.bpjs.bookings.load(held)
    text = shown(site, no_rawat, "--bpjs")
    assert "task 4 tercatat terkirim, tetapi tidak ada di BPJS" in text
    assert "task 5 ada di BPJS, tidak ada di Khanza → poli: periksa" in text


@pytest.mark.parametrize(
    ("down", "code", "why"),
    [
        (True, 5, "server BPJS tidak dapat dihubungi; periksa jaringan dan firewall"),
        (
            False,
            4,
            "BPJS menolak tanda tangan: Signature tidak sesuai (kode 401); periksa BPJS_SECRET_KEY "
            "dan BPJS_CONS_ID",
        ),
    ],
    ids=["down", "refused"],
)
def test_if_bpjs_does_not_tell_the_rest_is_told_and_the_exit_code_says_so(
    site: Site, down: bool, code: int, why: str
) -> None:
    no_rawat = patient(site)
    site.sync()
    if down:
        site.bpjs.stop()
    clock = site.clock.now.isoformat()
    done = site.run(
        "show", no_rawat, "--bpjs", CLOCK=clock, **({} if down else {"BPJS_SECRET_KEY": "salah"})
    )
    assert (done.returncode, done.stderr) == (code, "")
    assert "terkirim 23-11 14:00" in done.stdout
    assert " ".join(done.stdout.split("Catatan:")[1].split()) == why


def test_what_bpjs_answered_is_shown(site: Site) -> None:
    no_rawat = refused(site)
    site.sync()
    assert "Jawaban BPJS: tambah 201, task 3 201" in shown(site, no_rawat)
    where = "(diambil dari bridging_sep.no_rujukan)"
    assert f"tambah ditolak: Rujukan tidak valid {where} (kode 201)" in shown(site, no_rawat)
    other = patient(site)
    site.bpjs.faults.add(Fault("gagal_dicoba", path=UPDATE, kodebooking=other))
    site.sync()
    assert "task 3: BPJS menjawab kode 404, dicoba lagi 14:01" in shown(site, other)


# -- who has to do what


def test_what_waits_for_a_refused_add_has_the_adds_advice_and_that_only_once(site: Site) -> None:
    no_rawat = refused(site)
    site.sync()
    text = shown(site, no_rawat)
    advice = f"→ pendaftaran: {MEND} bila di VClaim: antrean retry {no_rawat}"
    assert "task 4 ditahan: menunggu task 3" in text
    assert text.count("→") == text.count(advice) == 1
    assert "KODEBOOKING" not in text


def test_a_doctor_that_bpjs_does_not_know_is_for_the_it_room(site: Site) -> None:
    no_rawat = refused(site, "dokter_tidak_ada")
    site.sync()
    assert f"→ IT: {MEND_DOCTOR} bila di HFIS: antrean retry {no_rawat}" in shown(site, no_rawat)


def test_a_clinic_that_is_not_mapped_is_for_the_it_room(site: Site) -> None:
    no_rawat = patient(site, exam="08:30:00", kd_poli="MAT")
    site.sync()
    text = shown(site, no_rawat)
    assert text.count("→") == text.count("→ IT: isi tabel pemetaan di Khanza") == 1


def test_a_missing_task_is_for_those_who_record_it(site: Site) -> None:
    no_rawat = patient(site)
    site.khanza.resep(no_rawat, divalidasi=f"{MONDAY} 09:40:00")
    site.sync()
    told = shown(site, no_rawat)
    assert "task 4 ditahan: waktu task 4 belum tercatat (periksa_awal, berkas_diterima)" in told
    assert "task 6 ditahan: menunggu task 5 → poli: catat di Khanza" in told


def test_a_time_in_the_wrong_order_is_for_those_who_recorded_it(site: Site) -> None:
    no_rawat = patient(site, exam="09:00:00")
    site.khanza.berkas(no_rawat, kembali=f"{MONDAY} 08:50:00")
    site.sync()
    assert "→ poli: betulkan waktunya di Khanza" in shown(site, no_rawat)


def test_after_a_retry_what_was_refused_is_looked_at_in_the_next_pass(site: Site) -> None:
    no_rawat = patient(site, exam="08:30:00", kd_poli="MAT")
    site.sync()
    clock = site.clock.now.isoformat()
    assert site.run("drop", no_rawat, "--keterangan", "uji", CLOCK=clock).returncode == 0
    assert site.run("retry", no_rawat, CLOCK=clock).returncode == 0
    text = shown(site, no_rawat)
    assert "belum waktunya" not in text
    assert "task 3 08:05:00 buka_poli diperiksa pada task" not in text
    assert "dibaca ulang dari Khanza pada putaran berikutnya" in text


def test_what_khanza_has_recorded_since_the_last_pass_is_looked_at_in_the_next_one(
    site: Site,
) -> None:
    no_rawat = patient(site)
    site.sync()
    site.khanza.exam(no_rawat, f"{MONDAY} 08:30:00")
    text = shown(site, no_rawat)
    assert "08:30:00 periksa_awal" in text
    assert "diperiksa pada" in text


def test_what_goes_on_by_itself_is_nothing_to_do(site: Site) -> None:
    no_rawat = refused(site)
    site.sync()
    assert site.run("retry", no_rawat, CLOCK=site.clock.now.isoformat()).returncode == 0
    text = shown(site, no_rawat)
    assert "Yang perlu dilakukan" not in text
    assert "menunggu task 3; menyusul otomatis" in text


# -- what is merely to be known


def test_what_was_given_up_and_what_was_noted_are_notes(site: Site) -> None:
    no_rawat = patient(site, exam="08:30:00", kd_poli="MAT")
    sent = patient(site, exam="08:30:00")
    site.sync()
    clock = site.clock.now.isoformat()
    assert (
        site.run("drop", no_rawat, "--keterangan", "belum kerja sama", CLOCK=clock).returncode == 0
    )
    site.khanza.delete("pemeriksaan_ralan", no_rawat=sent)
    site.khanza.exam(sent, f"{MONDAY} 09:40:00")
    site.clock.forward(minutes=1)
    site.sync()
    for number, note in (
        (no_rawat, "tambah, task 3, task 4 dilepas: belum kerja sama"),
        (sent, "task 4: Khanza kini mencatat"),
    ):
        text = shown(site, number)
        assert "Yang perlu dilakukan" not in text
        assert note in text.split("Catatan:")[1]


def test_a_mobile_jkn_booking_says_where_it_comes_from(site: Site) -> None:
    no_rawat = site.khanza.visit(MONDAY, jam="08:00:00")
    nobooking = site.khanza.booking(
        no_rawat, MONDAY, status="Checkin", validasi=f"{MONDAY} 07:45:00"
    )
    site.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY))
    site.sync()
    assert row(site, nobooking, "tambah") == "tambah dari Mobile JKN"


def test_a_clinic_that_the_desk_changed_since_the_booking_is_a_note(site: Site) -> None:
    no_rawat = site.khanza.visit(MONDAY, jam="08:00:00")
    nobooking = site.khanza.booking(no_rawat, MONDAY)
    site.sync()
    assert "setelah dibooking" not in shown(site, nobooking)
    site.khanza.update("reg_periksa", {"no_rawat": no_rawat}, kd_poli="ANA", kd_dokter="D02")
    said = "Berubah di Khanza setelah dibooking: poli INT menjadi ANA, dokter D01 menjadi D02."
    assert said in shown(site, nobooking)


def test_of_a_cancelled_booking_nothing_more_is_awaited(site: Site) -> None:
    no_rawat = patient(site)
    site.sync()
    site.khanza.stts(no_rawat, "Batal")
    for _ in range(3):
        text = shown(site, no_rawat)
        assert "belum ada di Khanza" not in text
        assert "Kunjungan ini dibatalkan." in text
        site.clock.forward(minutes=6)
        site.sync()
    assert "task 99" in shown(site, no_rawat)


def test_a_cancel_that_khanza_does_not_know_is_for_the_desk(site: Site) -> None:
    no_rawat = patient(site)
    site.sync()
    site.bpjs.bookings.batal({"kodebooking": no_rawat, "keterangan": "di luar antrean"})
    wanted = "dibatalkan di BPJS, tidak di Khanza → pendaftaran: batalkan juga di Khanza"
    assert wanted in shown(site, no_rawat, "--bpjs")
    site.khanza.exam(no_rawat, f"{MONDAY} 08:30:00")
    site.clock.forward(minutes=1)
    site.sync()
    assert wanted in shown(site, no_rawat)


# -- how it looks


def test_the_widest_report_fits_80_columns(site: Site) -> None:
    """The longest names of sources, all there already (208), and a booking that BPJS lost."""
    assert max(SOURCES, key=len) in ("resep_divalidasi", "resep_diserahkan")
    assert FLOWS["erm"][6] == ("resep_divalidasi",)
    template = "RS-{no_rawat}-{kd_poli}"
    no_rawat = patient(site, exam="09:00:00")
    site.khanza.berkas(no_rawat, kembali=f"{MONDAY} 09:30:00")
    site.khanza.resep(
        no_rawat,
        dibuat=f"{MONDAY} 09:40:00",
        divalidasi=f"{MONDAY} 09:45:00",
        diserahkan=f"{MONDAY} 10:00:00",
    )
    kodebooking = f"RS-{no_rawat}-INT"
    times = ((3, "08:05:00"), (4, "09:00:00"), (5, "09:30:00"), (6, "09:45:00"))
    tasks = [{"taskid": task, "waktu": ms(clock)} for task, clock in times]
    added_elsewhere(site, no_rawat, code=kodebooking, tasks=tasks)
    site.bpjs.faults.add(Fault("gagal_dicoba", path=UPDATE, taskid=7, times=None))
    site.sync(ANTREAN_KODEBOOKING=template)
    assert set(site.states(kodebooking).values()) == {"already", "due"}
    site.bpjs.bookings._held.clear()
    for args in ((), ("--bpjs",)):
        done = site.run(
            "show", no_rawat, *args, CLOCK=site.clock.now.isoformat(), ANTREAN_KODEBOOKING=template
        )
        assert [line for line in done.stdout.splitlines() if len(line) > 80] == []
        assert "09:45:00 resep_divalidasi  09:45:00" in done.stdout


def test_no_command_to_be_typed_is_broken_into_two_lines(site: Site) -> None:
    no_rawat = refused(site)
    site.sync()
    shown = site.run("show", no_rawat, "--bpjs", CLOCK=site.clock.now.isoformat()).stdout
    assert f"antrean retry {no_rawat}\n" in shown
