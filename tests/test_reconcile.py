"""The proof: Khanza, ledger and BPJS side by side; counts add up, differences are named, and can be repaired."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from antrean_cli.ledger import Ledger
from antrean_cli.rules.chain import SENT, Push
from antrean_cli.simulator.faults import Fault
from tests.site import MONDAY, WIB, Site, wait_for

LIST = "/antrean/getlisttask"


def patient(site: Site, *, exam: bool = True, kd_poli: str = "INT") -> str:
    no_rawat = site.khanza.visit(MONDAY, jam="08:05:00", kd_poli=kd_poli)
    site.khanza.sep(no_rawat)
    if exam:
        site.khanza.exam(no_rawat, f"{MONDAY} 08:20:00")
    return no_rawat


def compared(site: Site, *args: str, **env: str) -> tuple[int, dict[str, Any], str]:
    done = site.run("reconcile", "--json", *args, CLOCK=site.clock.now.isoformat(), **env)
    return done.returncode, json.loads(done.stdout or "{}"), done.stderr


def kinds(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(one["kodebooking"], one["step"], one["kind"]) for one in found["differences"]]


def forgotten_by_bpjs(site: Site, kodebooking: str, *, tasks: bool = True) -> None:
    """Let BPJS lose a booking, or only its tasks."""
    kept = [row for row in site.bpjs.bookings.snapshot() if row["kodebooking"] != kodebooking or tasks is False]
    for row in kept:
        if row["kodebooking"] == kodebooking:
            row["tasks"] = []
    site.bpjs.bookings._held.clear()
    site.bpjs.bookings.load(kept)


def test_a_day_that_is_all_there_is_equal_and_the_counts_add_up(site: Site) -> None:
    for _ in range(3):
        patient(site)
    mat = patient(site, kd_poli="MAT")  # not mapped: held, with its tasks
    bad = patient(site)
    norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=bad)
    site.bpjs.bookings.refuse("rujukan_tidak_valid", norm=norm)
    site.sync()
    code, found, err = compared(site)
    assert (code, err) == (0, "")
    assert found["steps"]["add"] == {
        "at_bpjs": 3, "pending": 0, "held": 1, "refused": 1, "closed": 0, "lost": 0,
    }  # fmt: skip
    parts = [found[name] for name in ("at_bpjs", "pending", "held", "refused", "closed", "lost")]
    assert found["recorded"] == sum(parts) == 15
    assert (found["at_bpjs"], found["lost"], found["differences"]) == (9, 0, [])
    assert mat not in str(found["differences"])


def test_what_a_pass_has_not_sent_yet_is_pending(site: Site) -> None:
    patient(site)
    site.sync()
    patient(site)
    code, found, _ = compared(site)
    assert (code, found["pending"], found["lost"]) == (0, 3, 0)


def test_what_bpjs_lost_is_named_and_repaired(site: Site) -> None:
    whole, tasks = patient(site), patient(site)
    site.sync()
    before = site.held_at_bpjs(whole)
    forgotten_by_bpjs(site, whole)
    forgotten_by_bpjs(site, tasks, tasks=False)
    code, found, _ = compared(site)
    assert (code, found["lost"]) == (13, 5)
    assert kinds(found) == [
        *((whole, step, "not_at_bpjs") for step in ("add", "3", "4")),
        *((tasks, step, "not_at_bpjs") for step in ("3", "4")),
    ]
    assert compared(site, "--repair")[1]["repaired"] == 5
    site.sync()
    assert site.held_at_bpjs(whole) == before
    assert len(site.held_at_bpjs(tasks)) == 2
    assert compared(site)[0] == 0


def test_what_the_ledger_does_not_know_of_is_noted_by_a_repair_and_not_sent_again(site: Site) -> None:
    no_rawat = patient(site)
    site.bpjs.faults.add(Fault("gagal_dicoba", path="/antrean/updatewaktu", handled=True, times=1))
    site.sync()
    code, found, _ = compared(site)
    assert (code, kinds(found)) == (13, [(no_rawat, "3", "not_noted")])
    compared(site, "--repair")
    assert site.states(no_rawat)["3"] == "already"
    assert compared(site)[0] == 0
    site.clock.forward(minutes=5)
    site.sync()
    assert [step for _, step, _ in site.sent("/antrean/updatewaktu")].count("3") == 1


def test_a_time_that_bpjs_holds_otherwise_is_named_with_both(site: Site) -> None:
    no_rawat = patient(site, exam=False)
    site.sync()
    with Ledger.open(site.state, WIB) as ledger, ledger.transaction():
        before = ledger.record(no_rawat)
        assert before is not None
        push = before.pushes["3"]
        assert push.waktu is not None
        moved = Push(step="3", state=SENT, waktu=push.waktu + timedelta(minutes=1), recorded=push.recorded)
        after = before.having(moved)
        ledger.save(before, after, site.clock.now)
    code, found, _ = compared(site)
    assert (code, kinds(found)) == (13, [(no_rawat, "3", "other_time")])
    done = site.run("reconcile", CLOCK=site.clock.now.isoformat())
    assert "(08:06:00, BPJS 08:05:00)" in done.stdout


def test_a_time_moved_by_a_tie_is_no_difference(site: Site) -> None:
    no_rawat = patient(site, exam=False)
    site.khanza.exam(no_rawat, f"{MONDAY} 08:05:00")
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:05:01")]
    assert compared(site)[0] == 0


def test_what_was_sent_by_hand_is_no_difference(site: Site) -> None:
    no_rawat = patient(site)
    site.sync()
    assert site.run("add", "--no-rawat", no_rawat).returncode == 0
    site.bpjs.bookings.mobile_jkn("LUAR-1", str(MONDAY - timedelta(days=1)))
    assert compared(site)[0] == 0


def test_a_booking_that_only_bpjs_knows_and_a_cancel_that_only_bpjs_knows_are_named(site: Site) -> None:
    no_rawat = patient(site)
    site.sync()
    site.bpjs.bookings.mobile_jkn("KIOS-1", str(MONDAY))
    site.bpjs.bookings.batal({"kodebooking": no_rawat, "keterangan": "di luar antrean"})
    code, found, _ = compared(site)
    assert (code, kinds(found)) == (13, [(no_rawat, "99", "cancelled_at_bpjs"), ("KIOS-1", "add", "unknown_booking")])


def test_a_cancelled_visit_is_equal(site: Site) -> None:
    site.cancelled()
    no_rawat = patient(site, exam=False)
    site.sync()
    site.khanza.stts(no_rawat, "Batal")
    for _ in range(3):
        site.clock.forward(minutes=6)
        site.sync()
    assert ("99", "sent") in site.states(no_rawat).items()
    code, found, _ = compared(site)
    assert (code, found["differences"]) == (0, [])


def test_a_pilot_does_not_miss_what_belongs_to_other_clinics(site: Site) -> None:
    patient(site)
    site.sync(ANTREAN_ONLY_POLI="INT")
    site.bpjs.bookings.mobile_jkn("ANAK-1", str(MONDAY), kodepoli="ANA")
    assert compared(site, ANTREAN_ONLY_POLI="INT")[0] == 0


def test_nothing_is_written_without_repair(site: Site) -> None:
    no_rawat = patient(site)
    site.sync()
    forgotten_by_bpjs(site, no_rawat)
    before = site.state.read_bytes()
    assert compared(site)[0] == 13
    assert site.state.read_bytes() == before


def test_where_bpjs_answers_only_in_part_it_says_so_and_is_no_proof(site: Site) -> None:
    for _ in range(6):
        patient(site)
    site.sync()
    site.bpjs.faults.add(Fault("html", path=LIST, times=1))
    code, found, err = compared(site)
    assert (code, found["unanswered"]) == (5, 1)
    assert "tidak dijawab BPJS" in err


def test_bpjs_down_is_one_sentence(site: Site) -> None:
    patient(site)
    site.sync()
    site.bpjs.stop()
    code, _, err = compared(site)
    assert code == 5
    assert len(err.strip().splitlines()) == 1


def test_refused_credentials_end_it(site: Site) -> None:
    patient(site)
    site.sync()
    assert compared(site, BPJS_SECRET_KEY="salah")[0] == 4


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--date", "2026-11-24"), "belum tiba"),
        (("--date", "kemarin"), "bukan tanggal"),
        (("--repair", "--date", "2026-11-01"), "paling jauh H-7"),
    ],
)
def test_unusable_days_are_refused_in_one_sentence(site: Site, args: tuple[str, ...], words: str) -> None:
    site.sync()
    code, _, err = compared(site, *args)
    assert code == 2
    assert words in err
    assert len(err.strip().splitlines()) == 1


def test_without_a_ledger_it_says_what_to_do(site: Site) -> None:
    code, _, err = compared(site)
    assert code == 2
    assert "antrean sync" in err


def test_the_table_fits_80_columns(site: Site) -> None:
    no_rawat = patient(site)
    site.sync()
    forgotten_by_bpjs(site, no_rawat)
    site.bpjs.bookings.mobile_jkn("KIOS-1", str(MONDAY))
    done = site.run("reconcile", CLOCK=site.clock.now.isoformat())
    assert done.returncode == 13
    assert [line for line in done.stdout.splitlines() if len(line) > 80] == []
    assert "3 tercatat = 0 di bpjs" in done.stdout.replace("\n", " ").lower()


def test_it_works_beside_a_pass_that_is_sending_and_neither_loses_or_repeats_anything(site: Site) -> None:
    numbers = [patient(site) for _ in range(5)]
    site.bpjs.latency = 0.2
    clock = site.clock.now.isoformat()
    with site.running("sync", CLOCK=clock) as running:
        wait_for(lambda: site.bpjs.received)
        code, found, err = compared(site, "--repair")
        running.wait(60)
    assert (code, found["lost"], found["differences"], err) == (0, 0, [], "")
    assert running.returncode == 0
    assert [[task for task, _ in site.held_at_bpjs(number)] for number in numbers] == [[3, 4]] * 5
    assert {one.code for one in site.bpjs.received if one.path in ("/antrean/add", "/antrean/updatewaktu")} == {200}


@pytest.mark.parametrize("known_to_khanza", [True, False])
def test_what_was_sent_by_hand_and_lost_by_bpjs_is_sent_again_by_a_repair(site: Site, known_to_khanza: bool) -> None:
    kodebooking = patient(site, exam=False) if known_to_khanza else "KIOS-1"
    site.bpjs.bookings.mobile_jkn(kodebooking, str(MONDAY))
    for taskid, clock in (("1", "07:50"), ("2", "07:55")):
        assert site.run("update", kodebooking, taskid, f"{MONDAY} {clock}").returncode == 0
    site.sync()
    before = site.held_at_bpjs(kodebooking)
    forgotten_by_bpjs(site, kodebooking, tasks=False)
    assert compared(site, "--repair")[1]["repaired"] >= 2
    for _ in range(2):
        site.clock.forward(minutes=1)
        site.sync()
    assert site.held_at_bpjs(kodebooking) == before
