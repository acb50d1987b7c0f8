"""What counts as a change, and what a command says of what it changed and what it left."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from antrean_cli.simulator.bookings import EMPTY
from antrean_cli.simulator.faults import Fault
from tests.support.patients import examined, patient
from tests.support.site import WIB, Site

ADD, UPDATE = "/antrean/add", "/antrean/updatewaktu"
PER_KODEBOOKING = "/antrean/pendaftaran/kodebooking/{}"


def refused(site: Site) -> str:
    """Register a patient whose add BPJS refuses."""
    no_rawat = examined(site)
    norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
    site.bpjs.bookings.refuse("rujukan_tidak_valid", norm=norm)
    return no_rawat


def passed(site: Site, **env: str) -> tuple[dict[str, Any], str]:
    """Run a pass; return its JSON, and what it said beside it with -v."""
    done = site.run("-v", "sync", "--json", CLOCK=site.clock.now.isoformat(), **env)
    site.clock.forward(minutes=3)  # so that what was put off twice is due
    return json.loads(done.stdout), done.stderr


def counted(found: dict[str, Any], *names: str) -> list[int]:
    return [found[name] for name in names]


def changed(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["step"], one["state"]) for one in found["changes"]]


# -- changes


def test_what_bpjs_puts_off_is_no_change_and_one_thing_left_for_later(site: Site) -> None:
    patient(site)
    site.bpjs.faults.add(Fault("gagal_dicoba", path=ADD, times=2))
    for _ in range(2):
        found, said = passed(site)
        assert (changed(found), said) == ([], "")
        assert counted(found, "sent", "refused", "later", "held") == [0, 0, 2, 0]
    found, said = passed(site)
    assert changed(found) == [("add", "sent"), ("3", "sent")]
    assert said.count("\n") == 2


NOTHING = dict.fromkeys(
    ("visits", "found", "sent", "already", "refused", "closed", "held", "later"), 0
)


def test_a_pass_that_could_do_nothing_counts_nothing(site: Site) -> None:
    found, _ = passed(site, KHANZA_SOCKET="/nonexistent")
    assert found == {
        **NOTHING,
        "exit_code": 5,
        "errors": [
            "soket server database Khanza tidak ada; periksa KHANZA_SOCKET, dan apakah server "
            "databasenya berjalan"
        ],
        "messages": found["messages"],
        "changes": [],
    }
    (told,) = found["messages"]
    assert told.startswith("Khanza terganggu")


def test_a_pass_by_a_clock_that_is_wrong_does_and_counts_nothing(site: Site) -> None:
    patient(site)
    site.clock.now = datetime(1970, 1, 1, 7, 0, tzinfo=WIB)
    found, _ = passed(site)
    assert found == {
        **NOTHING,
        "exit_code": 5,
        "errors": [
            "jam komputer ini menunjuk: 01-01-1970 07:00; betulkan jamnya; ketik: sudo "
            "timedatectl set-ntp true"
        ],
        "messages": found["messages"],
        "changes": [],
    }
    assert site.bpjs.arrived == []


def test_a_pass_with_nothing_to_do_counts_nothing(site: Site) -> None:
    found, said = passed(site)
    assert (found, said) == (
        {**NOTHING, "exit_code": 0, "errors": [], "messages": [], "changes": []},
        "",
    )


def test_of_a_new_push_only_what_came_of_it_is_told(site: Site) -> None:
    no_rawat = patient(site)
    found, said = passed(site)
    assert (found["found"], changed(found)) == (2, [("add", "sent"), ("3", "sent")])
    assert [line.split()[0] for line in said.splitlines()] == [no_rawat] * 2


def test_a_refusal_that_stays_one_is_counted_and_told_once(site: Site) -> None:
    refused(site)
    found, said = passed(site)
    assert counted(found, "refused", "exit_code") == [1, 3]
    no_rawat = found["changes"][0]["kodebooking"]
    why = "Rujukan tidak valid (diambil dari bridging_sep.no_rujukan)"
    assert said.splitlines() == [
        f"{no_rawat} tambah ditolak - {why}",
        f"{no_rawat} task 3 ditahan 08:05:00 - antrean ditolak: {why}",
        f"{no_rawat} task 4 ditahan 08:20:00 - menunggu task 3",
    ]
    found, said = passed(site)
    assert (counted(found, "refused", "exit_code"), changed(found), said) == ([0, 0], [], "")


def test_a_note_on_what_was_sent_is_told_and_is_no_second_sending(site: Site) -> None:
    no_rawat = patient(site)
    assert counted(passed(site)[0], "sent") == [2]
    site.khanza.update("reg_periksa", {"no_rawat": no_rawat}, kd_dokter="D02")
    found, said = passed(site)
    assert counted(found, "sent", "already") == [0, 0]
    (change,) = found["changes"]
    assert (change["step"], change["state"]) == ("add", "sent")
    assert change["note"] == "berubah di Khanza setelah dikirim: dokter D01 menjadi D02"
    assert said.count("dokter D01 menjadi D02") == 1
    assert passed(site)[0]["changes"] == []


def test_another_reason_for_the_same_state_is_told(site: Site) -> None:
    no_rawat = patient(site, kd_poli="MAT")
    found, _ = passed(site)
    assert ("add", "held") in changed(found)
    site.khanza.insert(
        "maping_poli_bpjs", kd_poli_rs="MAT", kd_poli_bpjs="MAT", nm_poli_bpjs="MATA"
    )
    site.khanza.delete("bridging_sep", no_rawat=no_rawat)
    found, _ = passed(site)
    (add,) = [one for one in found["changes"] if one["step"] == "add"]
    assert (add["state"], add["reason_code"]) == ("held", "referensi")


# -- what a command left alone


@pytest.fixture
def three(site: Site) -> Site:
    """A refused add with two tasks behind it, a held one with one, and a visit that is through."""
    refused(site)
    patient(site, kd_poli="MAT")
    patient(site)
    passed(site)
    return site


def test_retry_counts_what_it_made_due_and_what_waits_all_the_same(three: Site) -> None:
    done = three.run("retry", "--all", "--json", CLOCK=three.clock.now.isoformat())
    assert json.loads(done.stdout) == {"pushes": 1, "waiting": 4, "in_flight": 0, "expired": 0}


def test_retry_says_what_it_made_due_and_what_waits_all_the_same(three: Site) -> None:
    done = three.run("retry", "--all", CLOCK=three.clock.now.isoformat())
    assert done.stdout == "1 kiriman dicoba lagi pada putaran berikutnya.\n"
    assert done.stderr == (
        "4 menunggu sampai sebabnya dibetulkan, diperiksa tiap putaran; "
        "lihat: antrean list --held\n"
    )


def test_retry_says_what_bpjs_would_not_take_any_more(three: Site) -> None:
    three.clock.at("08:00", day=8)
    done = three.run("retry", "2026/11/23/000001", CLOCK=three.clock.now.isoformat())
    assert done.stdout == "0 kiriman dicoba lagi pada putaran berikutnya.\n"
    assert done.stderr == "3 sudah lewat H+7; BPJS tidak menerima lagi.\n"


def test_what_retry_made_due_waits_no_more(site: Site) -> None:
    """A put-off add is tried again at once; only the task behind it waits."""
    patient(site)
    site.bpjs.faults.add(Fault("gagal_dicoba", path=ADD))
    passed(site)
    done = site.run("retry", "--all", "--json", CLOCK=site.clock.now.isoformat())
    assert json.loads(done.stdout) == {"pushes": 1, "waiting": 1, "in_flight": 0, "expired": 0}


def test_what_needs_nobody_any_more_does_not_wait(site: Site) -> None:
    no_rawat = patient(site)
    norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
    site.bpjs.bookings.refuse("sep", norm=norm)
    passed(site)
    assert site.states(no_rawat) == {"add": "closed", "3": "closed"}
    done = site.run("retry", no_rawat, "--json", CLOCK=site.clock.now.isoformat())
    assert json.loads(done.stdout) == {"pushes": 0, "waiting": 0, "in_flight": 0, "expired": 0}


def test_of_what_is_through_nothing_is_retried(site: Site) -> None:
    patient(site)
    passed(site)
    done = site.run("retry", "--all", CLOCK=site.clock.now.isoformat())
    assert (done.stdout, done.stderr) == ("Tidak ada yang cocok; lihat: antrean list\n", "")


# -- what BPJS holds of a booking


@pytest.mark.parametrize(
    ("cancelled", "said", "shown"), [(False, "present", "ada"), (True, "cancelled", "batal")]
)
def test_where_bpjss_list_of_one_booking_is_empty_its_tasks_tell(
    site: Site, cancelled: bool, said: str, shown: str
) -> None:
    no_rawat = patient(site)
    passed(site)
    if cancelled:
        site.bpjs.bookings.batal({"kodebooking": no_rawat, "keterangan": "uji"})
    site.bpjs._routes = [
        (*one[:2], lambda *_: EMPTY, one[3]) if one[1] == PER_KODEBOOKING else one
        for one in site.bpjs._routes
    ]
    done = site.run("show", no_rawat, "--bpjs", "--json", CLOCK=site.clock.now.isoformat())
    (story,) = json.loads(done.stdout)
    assert (done.returncode, story["bpjs_booking"]) == (0, said)
    done = site.run("show", no_rawat, "--bpjs", CLOCK=site.clock.now.isoformat())
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("tambah")]
    assert line.split()[-1] == shown
