"""Two bookings of one number: the desk's commands keep the patients apart."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from antrean_cli.rules.codes import Step
from tests.support.patients import hand_on, minute, patient
from tests.support.site import MONDAY, Site

NUMBER = "2026/11/23/000001"
SECOND = f"{NUMBER}-2"


def run(site: Site, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    return site.run(*args, CLOCK=site.clock.now.isoformat(), **env)


def document(site: Site, *args: str) -> Any:
    return json.loads(run(site, *args, "--json").stdout)


def states(site: Site, kodebooking: str) -> dict[str, str]:
    return site.states(kodebooking)


@pytest.fixture
def handed(site: Site) -> Site:
    """Return a hospital where NUMBER was told for one patient, and is another one's now.

    Task 4 of the one was open, task 5 of the other one waits for its time.
    """
    site.clock.at("08:10")
    assert patient(site) == NUMBER
    site.sync()
    site.khanza.exam(NUMBER, "2026-11-23 08:20:00")
    site.clock.at("08:21")
    site.sync(BPJS_BASE_URL="http://127.0.0.1:9")
    site.clock.at("08:30")
    hand_on(site, NUMBER, back="08:50:00")
    site.clock.at("08:41")
    site.sync(BPJS_BASE_URL="http://127.0.0.1:9")
    assert states(site, NUMBER)["4"] == "held"
    assert states(site, SECOND) == {"add": "due", "3": "due", "4": "due"}
    return site


def test_show_tells_of_both_and_gives_each_its_own_times(handed: Site) -> None:
    old, new = document(handed, "show", NUMBER)
    assert (old["kodebooking"], old["khanza"]) == (NUMBER, {})
    assert old["notes"] == ["Kunjungan ini tidak ada (lagi) di Khanza."]
    assert {push["step"]: push["reason"] for push in old["pushes"] if push["reason"]} == {
        "4": "nomor ini sekarang milik pasien lain"
    }
    assert (new["kodebooking"], new["no_rawat"]) == (SECOND, NUMBER)
    assert {step: one["source"] for step, one in new["khanza"].items()} == {
        "3": "buka_poli",
        "4": "periksa_awal",
        "5": "berkas_kembali",
    }
    (alone,) = document(handed, "show", SECOND)
    assert alone["khanza"] == new["khanza"]


def test_list_names_each_booking(handed: Site) -> None:
    listed = {(one["kodebooking"], one["step"]) for one in document(handed, "list")}
    assert {(NUMBER, "4"), (SECOND, "add"), (SECOND, "3"), (SECOND, "4")} <= listed


@pytest.mark.parametrize("template", ["", "RS-{no_rawat}"])
def test_dropping_one_leaves_the_others_booking_alone(site: Site, template: str) -> None:
    if template:
        site.env["ANTREAN_KODEBOOKING"] = template
    code = template.format(no_rawat=NUMBER) or NUMBER
    site.clock.at("08:10")
    patient(site)
    site.sync()
    site.khanza.exam(NUMBER, "2026-11-23 08:20:00")
    site.clock.at("08:21")
    site.sync(BPJS_BASE_URL="http://127.0.0.1:9")
    hand_on(site, NUMBER)
    site.clock.at("08:41")
    site.sync(BPJS_BASE_URL="http://127.0.0.1:9")
    assert run(site, "drop", code, "--keterangan", "salah").returncode == 0
    assert states(site, code)["4"] == "closed"
    assert "closed" not in states(site, f"{code}-2").values()
    # The number alone means whoever has it now.
    assert run(site, "drop", f"{code}-2", "--keterangan", "salah").returncode == 0
    assert set(states(site, f"{code}-2").values()) == {"closed"}


def test_with_a_template_the_number_means_whoever_has_it_now(site: Site) -> None:
    site.env["ANTREAN_KODEBOOKING"] = "RS-{no_rawat}"
    site.clock.at("08:10")
    patient(site)
    site.sync()
    site.khanza.exam(NUMBER, "2026-11-23 08:20:00")
    site.clock.at("08:21")
    site.sync(BPJS_BASE_URL="http://127.0.0.1:9")
    hand_on(site, NUMBER)
    site.clock.at("08:41")
    site.sync(BPJS_BASE_URL="http://127.0.0.1:9")
    assert run(site, "drop", NUMBER, "--keterangan", "salah").returncode == 0
    assert states(site, f"RS-{NUMBER}")["4"] == "held"
    assert set(states(site, f"RS-{NUMBER}-2").values()) == {"closed"}


@pytest.mark.parametrize("number", [NUMBER, SECOND])
def test_retry_and_replay_send_nothing_of_one_under_the_other(handed: Site, number: str) -> None:
    assert run(handed, "retry", number).returncode == 0
    assert (
        run(handed, "replay", "--kodebooking", number, "--date", str(MONDAY), "--yes").returncode
        == 0
    )
    handed.clock.at("09:10")
    for _ in range(3):
        minute(handed)
    assert handed.held_at_bpjs(NUMBER) == [(3, "08:05:00")]
    assert handed.held_at_bpjs(SECOND) == [(3, "08:25:00"), (4, "08:40:00"), (5, "08:50:00")]
    assert states(handed, NUMBER)["4"] == "held"


@pytest.mark.parametrize("told", [True, False])
def test_an_add_by_hand_is_of_the_patient_who_has_the_number(site: Site, told: bool) -> None:
    """Also where no pass has seen yet that it was handed on."""
    site.clock.at("08:10")
    patient(site)
    site.sync(BPJS_BASE_URL=site.bpjs.url if told else "http://127.0.0.1:9")
    norm = hand_on(site, NUMBER)
    site.clock.at("08:41")
    code = SECOND if told else NUMBER
    shown = run(site, "add", "--no-rawat", NUMBER, "--dry-run")
    assert json.loads(shown.stdout)["kodebooking"] == code
    done = run(site, "add", "--no-rawat", NUMBER)
    assert done.returncode == 0, done.stderr
    assert site.bodies("/antrean/add")[-1]["norm"] == norm
    minute(site)
    minute(site)
    assert site.held_at_bpjs(code) == [(3, "08:25:00"), (4, "08:40:00")]
    assert site.held_at_bpjs(NUMBER) == ([(3, "08:05:00")] if told else site.held_at_bpjs(code))
    assert site.push(code, Step.ADD).source == "manual"


def test_an_update_by_hand_names_the_booking_of_whoever_has_the_number(handed: Site) -> None:
    handed.sync()
    heard = len(handed.bpjs.received)
    done = run(handed, "update", NUMBER, "4", "2026-11-23 08:40")
    assert (done.returncode, len(handed.bpjs.received)) == (2, heard)
    assert f"pakai kode booking {SECOND}" in done.stderr
    file = handed.folder / "task.csv"
    lines = (f"{SECOND},1,2026-11-23 08:15", f"{NUMBER},1,2026-11-23 08:15")
    file.write_text("\n".join(lines), encoding="utf-8")
    done = run(handed, "update", "--file", str(file))
    assert (done.returncode, len(handed.bpjs.received)) == (2, heard)
    assert SECOND in done.stderr


def test_a_cancel_by_hand_of_the_old_booking_is_sent(handed: Site) -> None:
    handed.sync()
    done = run(handed, "batal", NUMBER, "--keterangan", "nomor dipakai pasien lain", "--yes")
    assert done.returncode == 0, done.stderr
    assert set(states(handed, NUMBER).values()) == {"sent", "closed"}


def test_reconcile_compares_each_with_its_own(handed: Site) -> None:
    handed.clock.at("09:10")
    for _ in range(3):
        minute(handed)
    found = document(handed, "reconcile", "--all")
    kinds = {(one["kodebooking"], one["kind"]) for one in found["differences"]}
    assert not {one for one in kinds if one[0] == SECOND}
    assert not {kind for _, kind in kinds} & {"other_time", "changed_in_khanza", "unknown_booking"}
