"""What BPJS refused heals by itself once Khanza says something else; nothing is sent as it was.

(rules/README.md, States)
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.simulator.bookings import Answer
from antrean_cli.simulator.faults import Fault
from tests.support.patients import patient
from tests.support.rows import words
from tests.support.site import MONDAY, WIB, Site

ADD, UPDATE, LIST = "/antrean/add", "/antrean/updatewaktu", "/antrean/getlisttask"
CORRECTED = "9901010101990001"


def refused(site: Site, why: str = "kartu_tidak_terdaftar", **visit: Any) -> tuple[str, str]:
    """Register a patient whose add is refused for the NIK; return no_rawat and the patient."""
    no_rawat = patient(site, **visit)
    norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
    nik = site.khanza.value("pasien", "no_ktp", no_rkm_medis=norm)
    site.bpjs.bookings.refuse(why, nik=nik)
    site.clock.at("09:00")
    assert site.sync().report.exit_code == 3
    return no_rawat, norm


def correct(site: Site, norm: str, **columns: str) -> None:
    """Correct the patient's row."""
    site.khanza.update("pasien", {"no_rkm_medis": norm}, **columns)


def passed(site: Site, hhmm: str, *, day: int = 0) -> int:
    """Run a pass; return its exit code."""
    site.clock.at(hhmm, day=day)
    return site.sync().report.exit_code


def why(site: Site, no_rawat: str, step: str) -> tuple[str, str]:
    """Return state and reason of a push."""
    push = site.push(no_rawat, step)
    return push.state, words(push.reason)


def test_who_corrects_the_nik_has_nothing_more_to_do(site: Site) -> None:
    no_rawat, norm = refused(site, exam="08:30:00")
    assert passed(site, "09:01") == 0
    correct(site, norm, no_ktp=CORRECTED)
    assert passed(site, "09:02") == 0
    assert site.states(no_rawat) == {"add": "sent", "3": "sent", "4": "sent"}
    assert site.sent(ADD) == [(no_rawat, "", 201), (no_rawat, "", 200)]


def test_what_nobody_mends_is_not_sent_again(site: Site) -> None:
    no_rawat, _ = refused(site)
    heard = len(site.bpjs.arrived)
    for hhmm in ("09:01", "09:02", "10:00", "12:00"):
        assert passed(site, hhmm) == 0
    assert passed(site, "09:00", day=1) == 0
    assert len(site.bpjs.arrived) == heard
    assert why(site, no_rawat, "add") == (
        "refused",
        "Nomor kartu tidak terdaftar. (diambil dari bridging_sep.no_kartu)",
    )


def test_what_changes_by_itself_makes_nothing_anew(site: Site) -> None:
    """The clinic's quota was raised."""
    no_rawat, _ = refused(site)
    site.khanza.update("jadwal", {"kd_dokter": "D01"}, kuota=99)
    assert passed(site, "09:02") == 0
    assert len(site.sent(ADD)) == 1
    assert site.push(no_rawat, "add").state == "refused"


def test_what_is_mended_within_the_minute_goes_out_after_it(site: Site) -> None:
    no_rawat, norm = refused(site)
    correct(site, norm, no_ktp=CORRECTED)
    for hhmm in ("09:00:20", "09:00:40", "09:00:59"):
        assert passed(site, hhmm) == 0
    assert len(site.sent(ADD)) == 1
    assert passed(site, "09:01:00") == 0
    assert site.states(no_rawat) == {"add": "sent", "3": "sent"}


def test_five_tries_a_day(site: Site) -> None:
    no_rawat, norm = refused(site)
    site.bpjs.bookings.refuse("kartu_tidak_terdaftar", norm=norm)  # whatever the NIK
    for minute in range(1, 9):
        correct(site, norm, no_ktp=f"990101010199{minute:04}")
        assert passed(site, f"09:0{minute}") == (3 if minute <= 5 else 0)
    assert len(site.sent(ADD)) == 6
    assert passed(site, "23:59") == 0
    assert passed(site, "00:00", day=1) == 3
    assert passed(site, "00:05", day=1) == 0
    assert len(site.sent(ADD)) == 7
    assert site.push(no_rawat, "add").state == "refused"


def test_a_value_that_bpjs_has_refused_is_not_sent_again(site: Site) -> None:
    """Corrected, refused as well, and put back."""
    no_rawat, norm = refused(site)
    wrong = site.khanza.value("pasien", "no_ktp", no_rkm_medis=norm)
    site.bpjs.bookings.refuse("kartu_tidak_terdaftar", nik=CORRECTED)
    correct(site, norm, no_ktp=CORRECTED)
    assert passed(site, "09:02") == 3
    for minute in (4, 6, 8):
        correct(site, norm, no_ktp=wrong if minute != 6 else CORRECTED)
        assert passed(site, f"09:0{minute}") == 0
    assert len(site.sent(ADD)) == 2
    assert why(site, no_rawat, "add") == (
        "refused",
        "Nomor kartu tidak terdaftar. (diambil dari bridging_sep.no_kartu)",
    )


def test_what_is_spoiled_again_while_bpjs_is_away_is_refused_as_it_was(site: Site) -> None:
    no_rawat, norm = refused(site)
    wrong = site.khanza.value("pasien", "no_ktp", no_rkm_medis=norm)
    site.bpjs.faults.add(Fault("refuse_connection", times=None))
    correct(site, norm, no_ktp=CORRECTED)
    passed(site, "09:02")
    assert site.push(no_rawat, "add").state == "due"
    site.bpjs.faults.clear()
    correct(site, norm, no_ktp=wrong)
    assert passed(site, "09:30") == 0  # BPJS refused nothing in this pass
    assert why(site, no_rawat, "add") == (
        "refused",
        "Nomor kartu tidak terdaftar. (diambil dari bridging_sep.no_kartu)",
    )
    assert len(site.sent(ADD)) == 1


def test_who_mends_it_elsewhere_retries_it_as_it_is(site: Site) -> None:
    no_rawat, norm = refused(site)
    site.bpjs.bookings.forgive("kartu_tidak_terdaftar")  # at BPJS
    assert passed(site, "09:02") == 0
    assert len(site.sent(ADD)) == 1
    assert site.run("retry", no_rawat, CLOCK=site.clock.now.isoformat()).returncode == 0
    assert passed(site, "09:03") == 0
    assert site.states(no_rawat) == {"add": "sent", "3": "sent"}
    del norm


def test_a_retry_that_is_refused_again_is_marked_again(site: Site) -> None:
    no_rawat, _ = refused(site)
    assert site.run("retry", no_rawat, CLOCK=site.clock.now.isoformat()).returncode == 0
    assert passed(site, "09:01") == 3
    for hhmm in ("09:02", "09:10"):
        assert passed(site, hhmm) == 0
    assert len(site.sent(ADD)) == 2


def test_a_corrected_payer_is_another_body(site: Site) -> None:
    no_rawat, _ = refused(site, "rujukan_tidak_valid")
    site.bpjs.bookings.forgive("rujukan_tidak_valid")
    site.khanza.delete("bridging_sep", no_rawat=no_rawat)
    site.khanza.update("reg_periksa", {"no_rawat": no_rawat}, kd_pj="UMU")
    assert passed(site, "09:02") == 0
    assert site.bodies(ADD)[-1]["jenispasien"] == "NON JKN"


# -- two numbers


def with_two_numbers(site: Site, *invalid: str) -> tuple[str, str, str]:
    """Register a patient whose SEP has two numbers, of which BPJS refuses some."""
    no_rawat = site.khanza.visit(MONDAY, jam="08:05:00")
    rujukan, skdp = "0301U0011126P009999", "0301R0011126K009999"
    site.khanza.sep(no_rawat, no_rujukan=rujukan, noskdp=skdp)
    for number in invalid:
        site.bpjs.bookings.refuse("rujukan_tidak_valid", nomorreferensi=number)
    return no_rawat, rujukan, skdp


def test_the_other_number_of_a_sep_is_tried_once(site: Site) -> None:
    no_rawat, rujukan, skdp = with_two_numbers(site, "0301U0011126P009999")
    assert passed(site, "09:00") == 3
    assert passed(site, "09:01") == 0
    assert [body["nomorreferensi"] for body in site.bodies(ADD)] == [rujukan, skdp]
    assert site.states(no_rawat) == {"add": "sent", "3": "sent"}


def test_of_two_numbers_that_are_both_refused_each_is_tried_once(site: Site) -> None:
    no_rawat, rujukan, skdp = with_two_numbers(site, "0301U0011126P009999", "0301R0011126K009999")
    codes = [passed(site, f"09:0{minute}") for minute in range(6)]
    assert codes == [3, 3, 0, 0, 0, 0]
    assert [body["nomorreferensi"] for body in site.bodies(ADD)] == [rujukan, skdp]
    assert why(site, no_rawat, "add") == (
        "refused",
        "Rujukan tidak valid (diambil dari bridging_sep.noskdp)",
    )


def test_the_other_number_waits_out_an_outage(site: Site) -> None:
    no_rawat, rujukan, skdp = with_two_numbers(site, "0301U0011126P009999")
    assert passed(site, "09:00") == 3
    site.bpjs.faults.add(Fault("refuse_connection", times=None))
    for minute in (1, 2, 3):
        passed(site, f"09:0{minute}")
    site.bpjs.faults.clear()
    passed(site, "09:30")
    assert [body["nomorreferensi"] for body in site.bodies(ADD)] == [rujukan, skdp]
    assert site.states(no_rawat)["add"] == "sent"


def test_the_other_number_is_not_tried_where_something_else_was_refused(site: Site) -> None:
    _, rujukan, _ = with_two_numbers(site)
    site.bpjs.bookings.refuse("dokter_tidak_ada", nomorreferensi=rujukan)
    codes = [passed(site, f"09:0{minute}") for minute in range(4)]
    assert codes == [3, 0, 0, 0]
    assert len(site.sent(ADD)) == 1


# -- tasks

NOT_LATER = Answer(201, "Waktu (…) tidak boleh kurang atau sama dengan waktu sebelumnya")


def test_a_corrected_time_of_a_refused_task_goes_out(site: Site) -> None:
    no_rawat = patient(site)
    passed(site, "08:10")
    site.khanza.exam(no_rawat, f"{MONDAY} 08:30:00")
    with site.answering(UPDATE, NOT_LATER):
        assert passed(site, "08:31") == 3
    for hhmm in ("08:32", "08:40"):
        assert passed(site, hhmm) == 0
    assert [code for _, task, code in site.sent(UPDATE) if task == "4"] == [201]
    site.khanza.delete("pemeriksaan_ralan", no_rawat=no_rawat)
    site.khanza.exam(no_rawat, f"{MONDAY} 08:35:00")
    assert passed(site, "08:41") == 0
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:35:00")]


# -- ledgers


def test_what_an_older_version_noted_as_refused_is_tried_once(site: Site) -> None:
    no_rawat, _ = refused(site)
    with Ledger.open(site.state, WIB) as ledger, ledger.transaction():
        before = ledger.record(no_rawat)
        assert before
        ledger.save(before, replace(before, refusals={}), site.clock.now)
    assert [passed(site, hhmm) for hhmm in ("10:05", "10:06", "10:07")] == [3, 0, 0]
    assert len(site.sent(ADD)) == 2


def test_no_number_of_the_patient_stands_in_the_ledger(site: Site) -> None:
    no_rawat, norm = refused(site)
    correct(site, norm, no_ktp=CORRECTED)
    passed(site, "09:05")
    columns = ("no_ktp", "no_peserta", "no_tlp")
    numbers = [site.khanza.value("pasien", column, no_rkm_medis=norm) for column in columns]
    kept = b"".join(site.files().values())
    assert not [number for number in numbers if number.encode() in kept]
    assert site.record(no_rawat).refused("add")


def test_the_desk_is_told_that_it_heals_by_itself(site: Site) -> None:
    no_rawat, _ = refused(site)
    said = {
        ("show", no_rawat): "betulkan di Khanza, lalu terkirim sendiri",
        ("status",): "yang dibetulkan di Khanza terkirim sendiri",
    }
    for command, words_of_it in said.items():
        done = site.run(*command, CLOCK=site.clock.now.isoformat())
        assert words_of_it in " ".join(done.stdout.split())
