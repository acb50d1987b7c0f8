"""The proof:

Khanza, ledger and BPJS side by side; counts add up, differences are named, and can be repaired.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from antrean_cli.bpjs.client import Client
from antrean_cli.errors import TemporaryError
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.operator.day_at_bpjs import ask_for_each
from antrean_cli.operator.day_snapshot import take_snapshot
from antrean_cli.operator.patience import Patience
from antrean_cli.operator.reconcile import reconcile
from antrean_cli.render.reconcile import reconciliation_text
from antrean_cli.rules.codes import State, Step
from antrean_cli.rules.pace import Pace
from antrean_cli.rules.pacing import Pacing
from antrean_cli.rules.push import Push
from antrean_cli.simulator.bookings import Answer
from antrean_cli.simulator.faults import Fault
from antrean_cli.simulator.gate import Gate
from tests.support.patients import added_elsewhere, examined, patient
from tests.support.site import MONDAY, WIB, Site, ms, wait_for

LIST = "/antrean/getlisttask"


def text(site: Site, *args: str) -> str:
    return site.run("reconcile", *args, CLOCK=site.clock.now.isoformat()).stdout


def compared(site: Site, *args: str, **env: str) -> tuple[int, dict[str, Any], str]:
    done = site.run("reconcile", "--json", *args, CLOCK=site.clock.now.isoformat(), **env)
    return done.returncode, json.loads(done.stdout or "{}"), done.stderr


def kinds(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(one["kodebooking"], one["step"], one["kind"]) for one in found["differences"]]


def test_a_day_that_is_all_there_is_equal_and_the_counts_add_up(site: Site) -> None:
    for _ in range(3):
        examined(site)
    mat = examined(site, kd_poli="MAT")  # not mapped: held, with its tasks
    bad = examined(site)
    norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=bad)
    site.bpjs.bookings.refuse("rujukan_tidak_valid", norm=norm)
    site.sync()
    code, found, err = compared(site)
    assert (code, err) == (0, "")
    assert found["steps"]["add"] == {
        "at_bpjs": 3,
        "pending": 0,
        "held": 1,
        "refused": 1,
        "closed": 0,
        "lost": 0,
    }
    parts = [found[name] for name in ("at_bpjs", "pending", "held", "refused", "closed", "lost")]
    assert found["recorded"] == sum(parts) == 15
    assert (found["at_bpjs"], found["lost"], found["differences"]) == (9, 0, [])
    assert mat not in str(found["differences"])


def test_what_a_pass_has_not_sent_yet_is_pending(site: Site) -> None:
    examined(site)
    site.sync()
    examined(site)
    code, found, _ = compared(site)
    assert (code, found["pending"], found["lost"]) == (0, 3, 0)


def test_what_bpjs_lost_is_named_and_repaired(site: Site) -> None:
    whole, tasks = examined(site), examined(site)
    site.sync()
    before = site.held_at_bpjs(whole)
    site.forgotten_by_bpjs(whole)
    site.forgotten_by_bpjs(tasks, tasks=False)
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


def test_what_the_ledger_does_not_know_of_is_noted_by_a_repair_and_not_sent_again(
    site: Site,
) -> None:
    no_rawat = examined(site)
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
    no_rawat = patient(site)
    site.sync()
    with Ledger.open(site.state, WIB) as ledger, ledger.transaction():
        before = ledger.record(no_rawat)
        assert before is not None
        push = before.pushes["3"]
        assert push.waktu is not None
        moved = Push(
            step=Step("3"),
            state=State.SENT,
            waktu=push.waktu + timedelta(minutes=1),
            recorded=push.recorded,
        )
        after = before.with_pushes(moved)
        ledger.save(before, after, site.clock.now)
    code, found, _ = compared(site)
    assert (code, kinds(found)) == (13, [(no_rawat, "3", "other_time")])
    done = site.run("reconcile", CLOCK=site.clock.now.isoformat())
    assert "(08:06:00, BPJS 08:05:00)" in done.stdout


def test_a_time_moved_by_a_tie_is_no_difference(site: Site) -> None:
    no_rawat = patient(site)
    site.khanza.exam(no_rawat, f"{MONDAY} 08:05:00")
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:05:01")]
    assert compared(site)[0] == 0


def test_what_was_sent_by_hand_is_no_difference(site: Site) -> None:
    no_rawat = examined(site)
    site.sync()
    assert site.run("add", "--no-rawat", no_rawat).returncode == 0
    site.bpjs.bookings.mobile_jkn("LUAR-1", str(MONDAY - timedelta(days=1)))
    assert compared(site)[0] == 0


def test_a_booking_that_only_bpjs_knows_and_a_cancel_that_only_bpjs_knows_are_named(
    site: Site,
) -> None:
    no_rawat = examined(site)
    site.sync()
    site.bpjs.bookings.mobile_jkn("KIOS-1", str(MONDAY))
    site.bpjs.bookings.batal({"kodebooking": no_rawat, "keterangan": "di luar antrean"})
    code, found, _ = compared(site)
    assert (code, kinds(found)) == (
        13,
        [(no_rawat, "99", "cancelled_at_bpjs"), ("KIOS-1", "add", "unknown_booking")],
    )


def test_a_cancelled_visit_is_equal(site: Site) -> None:
    site.cancelled()
    no_rawat = patient(site)
    site.sync()
    site.khanza.stts(no_rawat, "Batal")
    for _ in range(3):
        site.clock.forward(minutes=6)
        site.sync()
    assert ("99", "sent") in site.states(no_rawat).items()
    code, found, _ = compared(site)
    assert (code, found["differences"]) == (0, [])


def test_a_pilot_does_not_miss_what_belongs_to_other_clinics(site: Site) -> None:
    examined(site)
    site.sync(ANTREAN_ONLY_POLI="INT")
    site.bpjs.bookings.mobile_jkn("ANAK-1", str(MONDAY), kodepoli="ANA")
    assert compared(site, ANTREAN_ONLY_POLI="INT")[0] == 0


def test_nothing_is_written_without_repair(site: Site) -> None:
    no_rawat = examined(site)
    site.sync()
    site.forgotten_by_bpjs(no_rawat)
    before = site.state.read_bytes()
    assert compared(site)[0] == 13
    assert site.state.read_bytes() == before


def test_where_bpjs_answers_only_in_part_it_says_so_and_is_no_proof(site: Site) -> None:
    for _ in range(6):
        examined(site)
    site.sync()
    site.bpjs.faults.add(Fault("html", path=LIST, times=1))
    code, found, err = compared(site)
    assert (code, found["unanswered"]) == (5, 1)
    assert "tidak dijawab BPJS" in err


def test_what_came_too_soon_is_asked_for_again(site: Site) -> None:
    for _ in range(20):
        examined(site)
    site.sync()
    site.bpjs.gate = Gate(rate=20, burst=2)
    code, found, _ = compared(site)
    assert (code, found["unanswered"]) == (0, 0)
    assert site.bpjs.gate.turned_away > 0


def test_it_begins_with_the_pace_of_the_last_pass(site: Site) -> None:
    for _ in range(6):
        examined(site)
    site.sync()
    with Ledger.open(site.state, WIB) as ledger, ledger.transaction():
        slow = Pace(site.clock.now, 4, 4.0, site.clock.now)
        ledger.update_pass_state(lambda state: state._replace(pace=slow))
    site.bpjs.gate = Gate(rate=8, burst=1)
    assert compared(site)[0] == 0
    assert site.bpjs.gate.turned_away == 0


def test_one_booking_that_always_comes_too_soon_is_left_and_the_others_are_asked_for(
    site: Site,
) -> None:
    odd = [examined(site) for _ in range(6)][2]
    site.sync()
    site.bpjs.faults.add(Fault("nginx_429", path=LIST, kodebooking=odd, times=None))
    code, found, err = compared(site)
    assert (code, found["unanswered"]) == (5, 1)
    assert "BPJS sedang kelebihan beban (HTTP 429)" in err


def test_a_longer_wait_than_a_person_has_ends_it(site: Site) -> None:
    for _ in range(6):
        examined(site)
    site.sync()
    site.bpjs.faults.add(Fault("http_429", path=LIST, times=None, retry_after="600"))
    code, found, err = compared(site)
    assert (code, found["unanswered"]) == (5, 6)
    assert err == "antrean: 6 antrean tidak dijawab BPJS (BPJS meminta menunggu 600 detik)\n"


def test_a_bpjs_that_lets_nothing_through_ends_it(site: Site) -> None:
    for _ in range(6):
        examined(site)
    site.sync()
    site.bpjs.gate = Gate(connections=0)
    settings = site.settings()
    day = take_snapshot(settings, MONDAY, site.clock.now)
    patience = Patience(pacing=Pacing(), longest=1)
    found = list(ask_for_each(Client(settings.bpjs), day.cases, {}, patience))
    assert len(found) == 6
    assert {str(one.answer) for one in found} == {patience.at_end}
    assert "tidak ada yang diterima" in patience.at_end


def test_bpjs_down_is_one_sentence(site: Site) -> None:
    examined(site)
    site.sync()
    site.bpjs.stop()
    code, _, err = compared(site)
    assert code == 5
    assert len(err.strip().splitlines()) == 1


def test_refused_credentials_end_it(site: Site) -> None:
    examined(site)
    site.sync()
    assert compared(site, BPJS_SECRET_KEY="salah")[0] == 4


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--date", "2026-11-24"), "belum tiba"),
        (("--date", "kemarin"), "bukan tanggal"),
        (("--date", "31-02-2026"), "bukan tanggal"),
        (("--date", "1900-01-01"), "di luar tahun 2000 sampai 2099"),
        (("--repair", "--date", "2026-11-01"), "paling jauh H-7"),
    ],
)
def test_unusable_days_are_refused_in_one_sentence(
    site: Site, args: tuple[str, ...], words: str
) -> None:
    site.sync()
    code, _, err = compared(site, *args)
    assert code == 2
    assert words in err
    assert len(err.strip().splitlines()) == 1


def test_without_a_ledger_it_says_what_to_do(site: Site) -> None:
    code, _, err = compared(site)
    assert code == 2
    assert "antrean sync" in err


# -- what Khanza no longer records, or records otherwise


def test_a_task_that_khanza_no_longer_records_is_a_difference(site: Site) -> None:
    """Before and after a pass has looked at it: nothing was noted since."""
    no_rawat = examined(site)
    site.sync()
    site.khanza.delete("pemeriksaan_ralan", no_rawat=no_rawat)
    assert compared(site)[0] == 13
    site.clock.forward(minutes=1)
    site.sync()
    code, found, _ = compared(site)
    assert (code, kinds(found)) == (13, [(no_rawat, "4", "only_at_bpjs")])
    assert (found["recorded"], found["at_bpjs"]) == (2, 2)


def test_a_visit_that_khanza_deleted_is_not_recorded_and_a_difference(site: Site) -> None:
    no_rawat = examined(site)
    site.sync()
    site.khanza.delete("reg_periksa", no_rawat=no_rawat)
    code, found, _ = compared(site)
    assert (code, kinds(found), found["recorded"]) == (13, [(no_rawat, "add", "only_at_bpjs")], 0)


def test_a_deleted_visit_that_was_cancelled_by_hand_is_equal(site: Site) -> None:
    no_rawat = examined(site)
    site.sync()
    site.khanza.delete("reg_periksa", no_rawat=no_rawat)
    assert (
        site.run(
            "batal", no_rawat, "--keterangan", "salah input", CLOCK=site.clock.now.isoformat()
        ).returncode
        == 0
    )
    assert compared(site)[0] == 0


def test_a_visit_that_khanza_moved_to_another_day_is_not_taken_for_deleted(site: Site) -> None:
    no_rawat = examined(site)
    site.sync()
    site.khanza.update(
        "reg_periksa", {"no_rawat": no_rawat}, tgl_registrasi=str(MONDAY - timedelta(days=3))
    )
    assert compared(site)[1]["differences"] == []


def test_a_time_that_was_corrected_in_khanza_after_sending_is_named_with_both(site: Site) -> None:
    no_rawat = examined(site)
    site.sync()
    site.khanza.delete("pemeriksaan_ralan", no_rawat=no_rawat)
    site.khanza.exam(no_rawat, f"{MONDAY} 09:40:00")
    for _ in range(2):
        code, found, _ = compared(site)
        assert (code, kinds(found), found["lost"]) == (
            13,
            [(no_rawat, "4", "changed_in_khanza")],
            0,
        )
        site.clock.forward(minutes=1)
        site.sync()
    assert "(09:40:00, BPJS 08:20:00)" in " ".join(text(site).split())


@pytest.mark.parametrize("pass_between", [False, True])
def test_a_doctor_who_was_changed_after_the_add_is_named_before_and_after_a_pass_notes_it(
    site: Site, pass_between: bool
) -> None:
    no_rawat = examined(site)
    site.sync()
    site.khanza.update("reg_periksa", {"no_rawat": no_rawat}, kd_dokter="D02")
    if pass_between:
        site.clock.forward(minutes=1)
        site.sync()
    code, found, _ = compared(site)
    assert (code, kinds(found)) == (13, [(no_rawat, "add", "changed_in_khanza")])
    assert found["differences"][0].keys() >= {"waktu", "bpjs", "repairable"}
    assert "why" not in found["differences"][0]
    shown = " ".join(text(site).split())
    assert "berubah di Khanza setelah dikirim: dokter D01 menjadi D02" in shown
    assert "antrean batal KODEBOOKING --keterangan ALASAN" in shown


def test_a_time_that_somebody_else_told_bpjs_is_a_difference_before_and_after_a_pass_learns_of_it(
    site: Site,
) -> None:
    no_rawat = patient(site)
    added_elsewhere(site, no_rawat, tasks=[{"taskid": 3, "waktu": ms("08:30:00")}])
    Ledger.open(site.state, WIB)
    assert kinds(compared(site)[1]) == [(no_rawat, "3", "other_time")]
    site.sync()
    assert site.states(no_rawat)["3"] == "already"
    assert kinds(compared(site)[1]) == [(no_rawat, "3", "other_time")]


# -- cancels


def test_a_cancel_that_only_bpjs_knows_stays_a_difference_once_a_pass_has_learned_of_it(
    site: Site,
) -> None:
    no_rawat = patient(site)
    site.sync()
    site.bpjs.bookings.batal({"kodebooking": no_rawat, "keterangan": "di luar antrean"})
    site.khanza.exam(no_rawat, f"{MONDAY} 08:20:00")
    site.clock.forward(minutes=1)
    site.sync()
    assert site.states(no_rawat)["99"] == "already"
    code, found, _ = compared(site)
    assert (code, kinds(found)) == (13, [(no_rawat, "99", "cancelled_at_bpjs")])
    assert (found["at_bpjs"], found["closed"], found["lost"]) == (2, 1, 0)


def test_a_visit_cancelled_before_it_was_seen_that_bpjs_holds_alive_is_a_difference(
    site: Site,
) -> None:
    no_rawat = site.khanza.visit(MONDAY, jam="08:05:00", stts="Batal")
    never_told = site.khanza.visit(MONDAY, jam="08:05:00", stts="Batal")
    site.bpjs.bookings.mobile_jkn(no_rawat, str(MONDAY))
    site.sync()
    code, found, _ = compared(site)
    assert (code, kinds(found), found["bookings"]) == (13, [(no_rawat, "99", "alive_at_bpjs")], 1)
    assert found["lost"] == 1
    assert never_told not in str(found)


def test_a_cancel_that_waits_for_its_delay_is_held(site: Site) -> None:
    no_rawat = patient(site)
    site.sync()
    site.khanza.stts(no_rawat, "Batal")
    for _ in range(2):
        code, found, _ = compared(site)
        assert (code, found["held"], found["differences"]) == (0, 1, [])
        site.clock.forward(minutes=1)
        site.sync()


def test_a_cancel_that_khanza_says_it_sent_and_bpjs_does_not_show_is_a_difference(
    site: Site,
) -> None:
    nobooking = site.khanza.booking(None, MONDAY, status="Batal")
    site.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY))
    site.khanza.batal(nobooking, statuskirim="Sudah")
    site.sync()
    code, found, _ = compared(site)
    assert (code, kinds(found)) == (13, [(nobooking, "batal", "alive_at_bpjs")])


def test_of_a_cancelled_visit_that_bpjs_has_forgotten_nothing_is_missed(site: Site) -> None:
    no_rawat = patient(site)
    site.sync()
    site.khanza.stts(no_rawat, "Batal")
    for _ in range(3):
        site.clock.forward(minutes=6)
        site.sync()
    assert site.states(no_rawat)["99"] == "sent"
    site.forgotten_by_bpjs(no_rawat)
    assert compared(site)[0] == 0


# -- days that no pass comes by


@pytest.mark.parametrize(
    ("days", "words"), [(1, "antrean sync --since 2026-11-22"), (10, "lewat H+7")]
)
def test_of_a_day_that_no_pass_comes_by_everything_that_bpjs_lacks_is_lost(
    site: Site, days: int, words: str
) -> None:
    tanggal = MONDAY - timedelta(days=days)
    theirs, nobodys = examined(site, tanggal=tanggal), examined(site, tanggal=tanggal)
    tasks = [
        {"taskid": 3, "waktu": ms("08:05:00", tanggal)},
        {"taskid": 4, "waktu": ms("08:20:00", tanggal)},
    ]
    site.bpjs.bookings.mobile_jkn(theirs, str(tanggal), tasks=tasks)
    site.sync()
    code, found, _ = compared(site, "--date", str(tanggal))
    assert code == 13
    assert (found["at_bpjs"], found["pending"], found["recorded"]) == (3, 0, 8)
    assert kinds(found) == [
        (theirs, "5", "not_sent"),
        *((nobodys, step, "not_sent") for step in ("add", "3", "4", "5")),
    ]
    assert words in text(site, "--date", str(tanggal))


def test_what_is_still_open_of_an_old_day_is_pending(site: Site) -> None:
    no_rawat = examined(site, tanggal=MONDAY)
    site.bpjs.faults.add(Fault("gagal_dicoba", path="/antrean/add", times=None))
    site.sync()
    site.clock.at("08:00", day=4)
    code, found, _ = compared(site, "--date", str(MONDAY), ANTREAN_DAYS="2")
    assert (code, found["lost"]) == (0, 0)
    assert found["pending"] + found["held"] == found["recorded"] > 0
    assert no_rawat not in str(found["differences"])


def test_what_was_still_open_after_h_plus_7_is_closed_and_what_never_began_is_lost(
    site: Site,
) -> None:
    no_rawat = patient(site)
    site.bpjs.faults.add(Fault("gagal_dicoba", path="/antrean/updatewaktu", times=None))
    site.sync()
    site.khanza.exam(no_rawat, f"{MONDAY} 08:20:00")
    site.clock.at("08:00", day=9)
    _, found, _ = compared(site, "--date", str(MONDAY))
    assert {
        step: next(place for place, n in found["steps"][step].items() if n)
        for step in found["steps"]
    } == {
        "add": "at_bpjs",
        "3": "closed",
        "4": "lost",
        "5": "lost",
    }


def test_a_day_without_bookings_says_so(site: Site) -> None:
    site.sync()
    assert "Tidak ada antrean pada hari itu." in text(site)


# -- lost, and mended


def test_what_was_sent_by_hand_and_lost_is_in_the_sums_as_well(site: Site) -> None:
    no_rawat = site.khanza.visit(MONDAY, jam="07:25:00")
    site.khanza.sep(no_rawat)
    site.clock.at("07:30")
    site.sync()
    for task in ("1", "2"):
        done = site.run(
            "update", no_rawat, task, f"{MONDAY} 07:2{task}", CLOCK=site.clock.now.isoformat()
        )
        assert done.returncode == 0
    site.forgotten_by_bpjs(no_rawat)
    code, found, _ = compared(site)
    assert (code, found["lost"], found["recorded"]) == (13, 3, 3)
    assert [step for _, step, _ in kinds(found)] == ["add", "1", "2"]


def test_a_manual_add_that_was_lost_is_in_the_sums_as_well(site: Site) -> None:
    no_rawat = examined(site)
    assert site.run("add", "--no-rawat", no_rawat, CLOCK=site.clock.now.isoformat()).returncode == 0
    site.sync()
    site.forgotten_by_bpjs(no_rawat)
    _, found, _ = compared(site)
    assert found["steps"]["add"]["lost"] == 1
    assert found["lost"] == len(found["differences"])


def test_only_what_has_a_time_is_repaired_and_the_rest_is_for_a_person(site: Site) -> None:
    """BPJS had it already (208): its time was never known, and without one nothing is sent."""
    site.sync()
    site.bpjs.bookings.mobile_jkn(
        "KIOS-1", str(MONDAY), tasks=[{"taskid": 1, "waktu": ms("07:20:00")}]
    )
    assert (
        site.run(
            "update", "KIOS-1", "1", f"{MONDAY} 07:26", CLOCK=site.clock.now.isoformat()
        ).returncode
        == 0
    )
    site.forgotten_by_bpjs("KIOS-1", tasks=False)
    code, found, _ = compared(site, "--repair")
    assert (code, found["repaired"], found["differences"][0]["repairable"]) == (13, 0, False)
    assert site.states("KIOS-1") == {"1": "already"}
    assert "antrean update KODEBOOKING TASKID WAKTU" in text(site)
    done = site.run("sync", KHANZA_SOCKET="/nonexistent", CLOCK=site.clock.now.isoformat())
    assert done.returncode == 5
    assert "Traceback" not in done.stderr


def test_a_cancel_that_bpjs_has_lost_does_not_keep_a_repair_of_a_live_visit_from_being_sent(
    site: Site,
) -> None:
    no_rawat = patient(site)
    site.sync()
    site.bpjs.bookings.batal({"kodebooking": no_rawat, "keterangan": "di luar antrean"})
    site.khanza.exam(no_rawat, f"{MONDAY} 08:20:00")
    site.clock.forward(minutes=1)
    site.sync()
    site.forgotten_by_bpjs(no_rawat)
    assert compared(site, "--repair")[1]["repaired"] == 2
    site.clock.forward(minutes=1)
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:20:00")]
    assert compared(site)[0] == 0


# -- answers that are none


def test_only_kode_booking_tidak_ditemukan_means_that_bpjs_holds_none(site: Site) -> None:
    no_rawat = examined(site)
    site.sync()
    before = site.states(no_rawat)
    with site.answering(LIST, Answer(201, "Terjadi kesalahan pada sistem")):
        code, found, _ = compared(site, "--repair")
    assert (code, found["unanswered"], found["repaired"], found["differences"]) == (5, 1, 0, [])
    assert site.states(no_rawat) == before
    site.bpjs.faults.add(Fault("not_found_yet", path=LIST, times=None))
    assert [kind for _, _, kind in kinds(compared(site)[1])] == ["not_at_bpjs"] * 2


def test_a_second_look_that_fails_leaves_what_the_first_has_found(site: Site) -> None:
    no_rawat = examined(site)
    site.sync()
    site.forgotten_by_bpjs(no_rawat, tasks=False)
    settings, now = site.settings(), site.clock.now

    def fail_from_now_on(_: int) -> None:
        site.bpjs.faults.add(Fault("http_500", path=str(MONDAY), times=None))

    found = reconcile(settings, MONDAY, now, repair=True, progress=fail_from_now_on)
    assert [one.kind for one in found.differences] == ["not_at_bpjs"] * 2
    assert isinstance(found.error, TemporaryError)
    assert found.repaired == 0
    assert "Pemeriksaan kedua gagal" in reconciliation_text(found, WIB, 80)


# -- strangers


def test_bookings_of_a_clinic_left_out_by_khanzas_code_are_no_strangers(site: Site) -> None:
    site.khanza.insert("poliklinik", kd_poli="U09", nm_poli="Mata")
    site.khanza.insert(
        "maping_poli_bpjs", kd_poli_rs="U09", kd_poli_bpjs="MAT", nm_poli_bpjs="MATA"
    )
    no_rawat = site.khanza.visit(MONDAY, kd_poli="U09", kd_dokter="D04")
    nobooking = site.khanza.booking(no_rawat, MONDAY)
    site.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY), kodepoli="MAT")
    site.bpjs.bookings.mobile_jkn("KIOS-1", str(MONDAY), kodepoli="MAT")
    site.sync(ANTREAN_SKIP_POLI="U09")
    assert compared(site, ANTREAN_SKIP_POLI="U09")[0] == 0
    assert kinds(compared(site)[1])[-1] == ("KIOS-1", "add", "unknown_booking")


def test_a_pilot_by_khanzas_code_misses_nothing_of_its_own_clinic(site: Site) -> None:
    site.khanza.insert("poliklinik", kd_poli="U01", nm_poli="Mata")
    site.khanza.insert(
        "maping_poli_bpjs", kd_poli_rs="U01", kd_poli_bpjs="MAT", nm_poli_bpjs="MATA"
    )
    site.sync(ANTREAN_ONLY_POLI="U01")
    site.bpjs.bookings.mobile_jkn("KIOS-1", str(MONDAY), kodepoli="MAT")
    assert kinds(compared(site, ANTREAN_ONLY_POLI="U01")[1]) == [
        ("KIOS-1", "add", "unknown_booking")
    ]


def test_who_registers_between_the_read_of_khanza_and_bpjss_list_is_no_stranger(site: Site) -> None:
    for _ in range(2):
        examined(site)
    site.sync()
    site.bpjs.bookings.mobile_jkn(
        "2026/11/23/000003", str(MONDAY)
    )  # the row of Khanza's comes a moment later

    def register(left: int) -> None:
        if left == 0:
            examined(site)

    assert reconcile(site.settings(), MONDAY, site.clock.now, progress=register).strangers == []


# -- how it looks


def test_with_all_each_booking_stands_with_its_three_sides(site: Site) -> None:
    no_rawat = examined(site)
    site.sync()
    site.forgotten_by_bpjs(no_rawat, tasks=False)
    shown = text(site, "--all")
    assert f"{no_rawat}  tambah     ada       terkirim           ada" in shown
    assert "task 3     08:05:00  terkirim 08:05:00  -" in shown
    (booking,) = compared(site, "--all")[1]["side_by_side"]
    assert booking["steps"]["4"] == {
        "place": "lost",
        "in_khanza": True,
        "khanza": ms("08:20:00"),
        "state": "sent",
        "waktu": ms("08:20:00"),
        "at_bpjs": False,
        "bpjs": None,
    }
    assert "side_by_side" not in compared(site)[1]


def test_each_kind_of_difference_has_its_next_step(site: Site) -> None:
    lost, gone = examined(site), examined(site)
    site.sync()
    site.forgotten_by_bpjs(lost)
    site.khanza.delete("reg_periksa", no_rawat=gone)
    shown = text(site)
    assert "antrean reconcile --date 2026-11-23 --repair" in shown
    assert "antrean batal KODEBOOKING --keterangan ALASAN" in shown
    assert shown.count("→") == 2


@pytest.mark.parametrize("template", ["{no_rawat}", "{kode_ppk}{no_rawat}{kd_poli}{no_reg}"])
def test_the_table_fits_80_columns(site: Site, template: str) -> None:
    _, moved, _ = examined(site), examined(site), examined(site)
    site.sync(ANTREAN_KODEBOOKING=template)
    lost, _, cancelled = [row["kodebooking"] for row in site.bpjs.bookings.snapshot()]
    site.forgotten_by_bpjs(str(lost))
    site.khanza.exam(moved, f"{MONDAY} 08:10:00")
    site.bpjs.bookings.batal({"kodebooking": cancelled, "keterangan": "di luar antrean"})
    site.bpjs.bookings.mobile_jkn("KIOS-1", str(MONDAY))
    settings = site.settings(ANTREAN_KODEBOOKING=template)
    found = reconcile(settings, MONDAY, site.clock.now, repair=False)
    text = reconciliation_text(found, WIB, 80, everything=True)
    assert [line for line in text.splitlines() if len(line) > 80] == []
    assert "9 tercatat = 6 di bpjs" in text.replace("\n", " ").lower()
    lines = reconciliation_text(found, WIB, None).splitlines()
    assert sum(line.startswith(str(lost)) for line in lines) == 3, "in a pipe no line is broken"


def test_it_works_beside_a_pass_that_is_sending_and_neither_loses_or_repeats_anything(
    site: Site,
) -> None:
    numbers = [examined(site) for _ in range(5)]
    site.bpjs.latency = 0.2
    clock = site.clock.now.isoformat()
    with site.running("sync", CLOCK=clock) as running:
        wait_for(lambda: site.bpjs.received)
        code, found, err = compared(site, "--repair")
        running.wait(60)
    assert (code, found["lost"], found["differences"], err) == (0, 0, [], "")
    assert running.returncode == 0
    assert [[task for task, _ in site.held_at_bpjs(number)] for number in numbers] == [[3, 4]] * 5
    assert {
        one.code
        for one in site.bpjs.received
        if one.path in ("/antrean/add", "/antrean/updatewaktu")
    } == {200}


@pytest.mark.parametrize("known_to_khanza", [True, False])
def test_what_was_sent_by_hand_and_lost_by_bpjs_is_sent_again_by_a_repair(
    site: Site, known_to_khanza: bool
) -> None:
    kodebooking = patient(site) if known_to_khanza else "KIOS-1"
    if known_to_khanza:
        added_elsewhere(site, kodebooking)
    else:
        site.bpjs.bookings.mobile_jkn(kodebooking, str(MONDAY))
    for taskid, clock in (("1", "07:50"), ("2", "07:55")):
        assert site.run("update", kodebooking, taskid, f"{MONDAY} {clock}").returncode == 0
    site.sync()
    before = site.held_at_bpjs(kodebooking)
    site.forgotten_by_bpjs(kodebooking, tasks=False)
    assert compared(site, "--repair")[1]["repaired"] == (3 if known_to_khanza else 2)
    for _ in range(2):
        site.clock.forward(minutes=1)
        site.sync()
    assert site.held_at_bpjs(kodebooking) == before


def test_what_was_sent_by_hand_goes_on_behind_what_was_refused_and_retried(site: Site) -> None:
    """Khanza knows nothing of that booking: only the times that were typed are there."""
    site.sync()
    site.bpjs.bookings.mobile_jkn("KIOS-1", str(MONDAY))
    for taskid, clock in (("3", "08:01"), ("4", "08:20")):
        assert site.run("update", "KIOS-1", taskid, f"{MONDAY} {clock}").returncode == 0
    before = site.held_at_bpjs("KIOS-1")
    site.forgotten_by_bpjs("KIOS-1", tasks=False)
    compared(site, "--repair")
    clock = site.clock.now.isoformat()
    for args in (("drop", "KIOS-1", "3", "--keterangan", "uji"), ("retry", "KIOS-1", "3")):
        assert site.run(*args, CLOCK=clock).returncode == 0
    for _ in range(2):
        site.clock.forward(minutes=1)
        site.sync()
    assert site.held_at_bpjs("KIOS-1") == before
