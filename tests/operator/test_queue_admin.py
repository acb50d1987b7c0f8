"""The operator's desk: status, list, show, retry, drop, replay.

Looking changes nothing; changing loses nothing.
"""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from antrean_cli.checkup.migration import count_adds
from antrean_cli.khanza.queries import Khanza, Window
from antrean_cli.ledger.file import locked
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.operator.overview import Limits, ProblemCode, health_problems, overview
from antrean_cli.operator.push_filter import PushFilter, find_pushes
from antrean_cli.operator.queue_admin import drop, replay, retry
from antrean_cli.rules.codes import State, Step
from antrean_cli.rules.push import Push
from antrean_cli.rules.rows import Rows
from antrean_cli.simulator.faults import Fault
from tests.support.patients import added_elsewhere, patient
from tests.support.rows import words
from tests.support.site import MONDAY, WIB, Site, ms, wait_for

ADD, UPDATE = "/antrean/add", "/antrean/updatewaktu"
COMMANDS = (
    *(("status",), ("list",), ("show", "2026/11/23/000001"), ("retry", "--all")),
    *(("drop", "--reason", "x", "--keterangan", "uji"), ("replay", "--date", str(MONDAY), "--yes")),
)


def refused(site: Site) -> str:
    """Register a patient whose add BPJS refuses; forgiven by `site.bpjs.bookings.forgive`."""
    no_rawat = patient(site)
    norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
    site.bpjs.bookings.refuse("rujukan_tidak_valid", norm=norm)
    return no_rawat


def at_desk(site: Site, *args: str, **env: str) -> tuple[int, str, str]:
    done = site.run(*args, CLOCK=site.clock.now.isoformat(), **env)
    return done.returncode, done.stdout, done.stderr


def document(site: Site, *args: str) -> object:
    return json.loads(at_desk(site, *args, "--json")[1])


# -- is it well?


def test_all_is_well_after_a_good_pass(site: Site) -> None:
    patient(site)
    site.sync()
    code, out, err = at_desk(site, "status")
    assert (code, err) == (0, "")
    assert "Keadaan             baik" in out
    assert all(len(line) <= 80 for line in out.splitlines())


def test_status_needs_neither_settings_nor_khanza_nor_bpjs(site: Site) -> None:
    site.sync()
    site.bpjs.stop()
    nothing = dict.fromkeys(site.env, "")
    assert at_desk(site, "status", **nothing)[0] == 0


def test_before_the_first_pass_status_says_so(site: Site) -> None:
    code, out, _ = at_desk(site, "status")
    assert code == 12
    assert "belum pernah ada putaran" in out
    assert not site.state.exists()


@pytest.mark.parametrize(("minutes", "code"), [(9, 0), (11, 12)])
def test_an_old_pass_needs_a_look(site: Site, minutes: int, code: int) -> None:
    site.sync()
    site.clock.forward(minutes=minutes)
    assert at_desk(site, "status")[0] == code
    assert at_desk(site, "status", "--max-age", "12")[0] == 0


def test_a_refusal_needs_a_look_until_it_is_dropped(site: Site) -> None:
    no_rawat = refused(site)
    site.sync()
    code, out, _ = at_desk(site, "status")
    assert code == 12
    assert "Rujukan tidak valid" in out
    assert at_desk(site, "status", "--max-refused", "1")[0] == 0
    assert at_desk(site, "drop", no_rawat, "--keterangan", "pasien pindah")[0] == 0
    assert at_desk(site, "status")[0] == 0


def test_what_waits_too_long_needs_a_look(site: Site) -> None:
    patient(site)
    site.bpjs.faults.add(Fault("gagal_dicoba", path=UPDATE, times=None))
    for _ in range(40):
        site.clock.forward(minutes=2)
        site.sync()
    with Ledger.open(site.state, WIB) as ledger:
        found = overview(ledger, site.clock.now)
    assert found.pending == 1
    assert len(document(site, "list", "--pending")) == 1  # type: ignore[arg-type]
    assert timedelta(minutes=75) < found.oldest_pending <= timedelta(minutes=80)
    problems = [one.code for one in health_problems(found, Limits())]
    assert ProblemCode.PENDING_TOO_LONG in problems


def test_an_outage_is_named(site: Site) -> None:
    for _ in range(3):
        patient(site)
    site.bpjs.stop()
    site.sync()
    code, out, _ = at_desk(site, "status")
    assert code == 12
    assert "BPJS terganggu sejak 23-11 14:00, dicoba lagi pukul 14:01:00" in out


def test_deadlines_are_those_of_what_is_open(site: Site) -> None:
    patient(site, kd_poli="MAT")
    site.sync()
    found = document(site, "status")
    assert isinstance(found, dict)
    assert (found["held"], found["deadlines"]) == (2, {"2026-11-30": 2})
    assert found["reasons"][0]["reason_code"] in ("petakan", "antrean")


# -- what is behind a number


def test_list_shows_what_its_options_choose(site: Site) -> None:
    sent, mat, bad = patient(site), patient(site, kd_poli="MAT"), refused(site)
    site.sync()

    def numbers(*args: str) -> set[str]:
        found = document(site, "list", *args)
        assert isinstance(found, list)
        return {row["kodebooking"] for row in found}

    assert numbers() == {mat, bad}
    assert numbers("--sent") == {sent}
    assert numbers("--refused") == numbers("--reason", "rujukan tidak") == {bad}
    assert numbers("--held", "--poli", "mat") == numbers("--reason", "petakan") == {mat}
    assert numbers("--pending") == numbers("--date", "2026-11-22") == set()


@pytest.mark.parametrize("poli", ["mat", "D99", "BPJ"])
def test_a_clinic_is_chosen_by_khanzas_code_and_by_bpjss(site: Site, poli: str) -> None:
    """As ANTREAN_ONLY_POLI: D99 is Khanza's, BPJ BPJS's; without Khanza its own code alone."""
    site.khanza.insert("poliklinik", kd_poli="D99", nm_poli="Poliklinik Lain")
    site.khanza.insert("maping_poli_bpjs", kd_poli_rs="D99", kd_poli_bpjs="BPJ", nm_poli_bpjs="L")
    other, mat = patient(site, kd_poli="D99"), patient(site, kd_poli="MAT")
    site.sync()
    meant = mat if poli == "mat" else other
    found = document(site, "list", "--held", "--poli", poli)
    assert isinstance(found, list)
    assert {row["kodebooking"] for row in found} == {meant}
    code, out, _ = at_desk(site, "list", "--poli", poli, KHANZA_PASSWORD="salah")
    assert (code, meant in out) == (0, poli != "BPJ")
    typed = ("drop", "--reason", "menunggu", "--poli", poli, "--keterangan", "uji")
    assert at_desk(site, *typed)[0] == 0


# -- the story of one visit


def test_show_tells_times_sources_and_what_is_missing(site: Site) -> None:
    no_rawat = patient(site, exam="08:30:00")
    site.sync()
    code, out, _ = at_desk(site, "show", no_rawat, "--bpjs")
    assert code == 0
    assert "08:05:00 buka_poli" in out
    assert "08:30:00 periksa_awal" in out
    assert "terkirim 23-11 14:00" in out
    assert "belum ada di Khanza" in out
    (story,) = json.loads(at_desk(site, "show", no_rawat, "--bpjs", "--json")[1])
    assert story["bpjs"].keys() == {"3", "4"}
    assert story["khanza"]["4"]["source"] == "periksa_awal"


def test_show_goes_on_without_khanza_and_bpjs(site: Site) -> None:
    no_rawat = patient(site)
    site.sync()
    site.bpjs.stop()
    code, out, _ = at_desk(site, "show", no_rawat, "--bpjs", KHANZA_SOCKET="/nonexistent")
    assert code == 5  # what was asked of BPJS did not come
    assert "tambah                         terkirim 23-11 14:00" in out
    assert " ".join(out.split("Catatan:")[1].split()) == (
        "soket server database Khanza tidak ada; periksa KHANZA_SOCKET, dan apakah server "
        "databasenya berjalan server BPJS tidak dapat dihubungi; periksa jaringan dan firewall"
    )


def test_show_finds_a_mobile_jkn_booking_by_either_number(site: Site) -> None:
    no_rawat = site.khanza.visit(MONDAY, jam="08:00:00")
    nobooking = site.khanza.booking(
        no_rawat, MONDAY, status="Checkin", validasi=f"{MONDAY} 07:45:00"
    )
    site.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY))
    site.sync()
    by_booking, by_visit = document(site, "show", nobooking), document(site, "show", no_rawat)
    assert by_booking == by_visit


# -- mending


@pytest.mark.parametrize(
    "args",
    [
        ("{}",),
        ("{}", "add"),
        ("{}", "antrean"),
        ("{}", "Tambah"),
        ("--reason", "Rujukan"),
        ("--all",),
    ],
)
def test_what_was_refused_goes_out_after_a_retry(site: Site, args: tuple[str, ...]) -> None:
    no_rawat = refused(site)
    site.sync()
    site.bpjs.bookings.forgive("rujukan_tidak_valid")
    site.clock.forward(minutes=1)
    site.sync()
    assert site.states(no_rawat)["add"] == "refused"
    code, out, _ = at_desk(site, "retry", *(arg.format(no_rawat) for arg in args))
    assert code == 0
    assert out.startswith("1 kiriman")
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00")]


@pytest.mark.parametrize("step", [("3",), ("task 3",), ("task", "3")])
def test_a_task_is_named_as_it_is_shown(site: Site, step: tuple[str, ...]) -> None:
    no_rawat = refused(site)
    site.sync()
    assert at_desk(site, "drop", no_rawat, *step, "--keterangan", "salah")[0] == 0
    assert site.states(no_rawat) == {"add": "refused", "3": "closed"}


def test_retry_now_sends_at_once(site: Site) -> None:
    no_rawat = refused(site)
    site.sync()
    site.bpjs.bookings.forgive("rujukan_tidak_valid")
    assert at_desk(site, "retry", no_rawat, "--now")[0] == 0
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00")]


def test_of_a_dropped_booking_nothing_more_is_sent_until_it_is_retried(site: Site) -> None:
    no_rawat = patient(site, kd_poli="MAT")
    site.sync()
    heard = len(site.bpjs.arrived)
    assert at_desk(site, "drop", no_rawat, "--keterangan", "belum kerja sama")[0] == 0
    site.khanza.insert(
        "maping_poli_bpjs", kd_poli_rs="MAT", kd_poli_bpjs="MAT", nm_poli_bpjs="MATA"
    )
    site.khanza.exam(no_rawat, f"{MONDAY} 08:30:00")
    for _ in range(2):
        site.clock.forward(minutes=1)
        site.sync()
    assert len(site.bpjs.arrived) == heard
    assert set(site.states(no_rawat).values()) == {"closed"}

    assert at_desk(site, "retry", no_rawat)[0] == 0
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:30:00")]


def test_a_dropped_task_closes_what_comes_after_it(site: Site) -> None:
    no_rawat = patient(site, exam="08:30:00")
    site.bpjs.faults.add(Fault("gagal_dicoba", path=UPDATE, taskid=4, times=None))
    site.sync()
    assert at_desk(site, "drop", no_rawat, "4", "--keterangan", "waktu tidak diketahui")[0] == 0
    site.khanza.berkas(no_rawat, kembali=f"{MONDAY} 08:50:00")
    site.clock.forward(minutes=1)
    site.sync()
    assert site.states(no_rawat) == {"add": "sent", "3": "sent", "4": "closed", "5": "closed"}


def test_what_is_in_flight_is_left_alone(site: Site) -> None:
    no_rawat = patient(site)
    site.sync()
    with Ledger.open(site.state, WIB) as ledger:
        before = ledger.record(no_rawat)
        assert before
        policy, now = site.settings().policy, site.clock.now
        flying = before.with_pushes(Push(step=Step("4"), state=State("sending"), waktu=now))
        with ledger.transaction():
            ledger.save(before, flying, now)
        changed = drop(ledger, PushFilter(number=no_rawat, step="4"), policy, now, "uji")
        assert (changed.pushes, changed.in_flight) == (0, 1)
        assert ledger.record(no_rawat) == flying


def test_after_h_plus_7_nothing_is_retried(site: Site) -> None:
    no_rawat = refused(site)
    site.sync()
    site.clock.at("10:00", day=8)
    with Ledger.open(site.state, WIB) as ledger:
        changed = retry(ledger, PushFilter(number=no_rawat), site.settings().policy, site.clock.now)
    assert (changed.pushes, changed.expired) == (0, 2)  # the add, and the task behind it


def test_what_was_dropped_days_ago_is_sent_at_once_when_it_is_retried(site: Site) -> None:
    no_rawat = refused(site)
    site.sync()
    assert at_desk(site, "drop", no_rawat, "--keterangan", "uji")[0] == 0
    site.bpjs.bookings.forgive("rujukan_tidak_valid")
    for days in (1, 3):  # the checkpoint moves on, and so does the hourly look
        site.clock.at("10:00", day=days)
        site.sync(ANTREAN_DAYS="2")
    assert at_desk(site, "retry", no_rawat, "--now", ANTREAN_DAYS="2")[0] == 0
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00")]


def test_a_dropped_task_takes_up_what_was_closed_behind_it_when_it_is_retried(site: Site) -> None:
    no_rawat = patient(site, exam="08:30:00")
    site.khanza.berkas(no_rawat, kembali=f"{MONDAY} 08:50:00")
    site.bpjs.faults.add(Fault("gagal_dicoba", path=UPDATE, taskid=4, times=1))
    site.sync()
    assert at_desk(site, "drop", no_rawat, "4", "--keterangan", "uji")[1].startswith(
        "2 kiriman dilepas."
    )
    assert at_desk(site, "retry", no_rawat, "4", "--now")[0] == 0
    assert site.states(no_rawat) == {"add": "sent", "3": "sent", "4": "sent", "5": "sent"}


def test_a_drop_of_a_booking_with_nothing_open_says_what_it_gives_up(site: Site) -> None:
    no_rawat = patient(site)
    site.sync(ANTREAN_FARMASI="ya")
    code, out, err = at_desk(site, "drop", no_rawat, "--keterangan", "uji", ANTREAN_FARMASI="ya")
    assert (code, out) == (0, "2 kiriman dilepas.\n")  # the next task, and antrean farmasi
    assert err == f"Sisa antrean itu tidak dikirim. Membatalkan: antrean retry {no_rawat}\n"
    site.khanza.exam(no_rawat, f"{MONDAY} 08:30:00")
    site.khanza.berkas(no_rawat, kembali=f"{MONDAY} 08:50:00")
    site.khanza.resep(no_rawat, divalidasi=f"{MONDAY} 09:00:00")
    site.clock.forward(minutes=1)
    site.sync(ANTREAN_FARMASI="ya")
    assert site.states(no_rawat) == dict.fromkeys(("add", "3"), "sent") | dict.fromkeys(
        ("4", "5", "6", "farmasi"), "closed"
    )


def test_what_fits_nothing_changes_nothing_and_is_no_error(site: Site) -> None:
    no_rawat = patient(site)
    site.sync()
    site.clock.forward(minutes=1)
    site.sync()
    before = site.record(no_rawat)
    assert before.done_fingerprint
    bytes_before = site.state.read_bytes()
    for args in (
        ("retry", "--all"),
        ("retry", "--reason", "x"),
        ("drop", "--reason", "x", "--keterangan", "uji"),
    ):
        code, out, _ = at_desk(site, *args)
        assert (code, out) == (0, "Tidak ada yang cocok; lihat: antrean list\n")
    assert site.record(no_rawat) == before
    assert site.state.read_bytes() == bytes_before


def test_what_is_taken_up_again_while_khanza_answers_is_not_called_gone(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Khanza was not asked for it in that pass: the next one looks."""
    no_rawat = refused(site)
    site.sync()
    assert at_desk(site, "drop", no_rawat, "--keterangan", "uji")[0] == 0
    site.clock.at("10:00", day=3)
    for _ in range(2):  # not the hourly look at all days
        site.clock.forward(minutes=1)
        site.sync()
    read = Khanza.read

    def meanwhile(khanza: Khanza, window: Window) -> Rows:
        rows = read(khanza, window)
        with Ledger.open(site.state, WIB) as ledger:
            retry(ledger, PushFilter(number=no_rawat), site.settings().policy, site.clock.now)
        return rows

    monkeypatch.setattr(Khanza, "read", meanwhile)
    site.bpjs.bookings.forgive("rujukan_tidak_valid")
    site.clock.forward(minutes=1)
    done = site.sync()
    assert done.changes == []
    monkeypatch.setattr(Khanza, "read", read)
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00")]


@pytest.mark.parametrize("hour", [0, 1])
def test_h_plus_7_is_counted_by_bpjs_everywhere(site: Site, hour: int) -> None:
    """For two hours after midnight in WIT, BPJS's day is still the one before."""
    no_rawat = refused(site)
    site.sync(ANTREAN_TZ="Asia/Jayapura")
    site.clock.at("22:30", day=7)
    site.clock.forward(hours=hour)
    wit = {"ANTREAN_TZ": "Asia/Jayapura"}
    counted = json.loads(at_desk(site, "status", "--json", **wit)[1])["refused"]
    listed = json.loads(at_desk(site, "list", "--refused", "--json", **wit)[1])
    assert (counted, len(listed)) == (1, 1)
    assert at_desk(site, "retry", no_rawat, "--json", **wit)[0] == 0


# -- a day anew


def test_a_replayed_day_is_scanned_again_and_nothing_is_doubled(site: Site) -> None:
    no_rawat, other = patient(site, exam="08:30:00"), patient(site)
    site.sync()
    before = site.bpjs.bookings.snapshot()
    assert (
        at_desk(site, "replay", "--date", str(MONDAY), "--kodebooking", no_rawat, "--yes")[0] == 0
    )
    heard = len(site.bpjs.received)
    site.clock.forward(minutes=1)
    site.sync()
    again = [one for one in site.bpjs.received[heard:] if one.path in (ADD, UPDATE)]
    assert again == []  # BPJS's list told it all
    asked = [one.body for one in site.bpjs.received[heard:]]
    assert asked == [{"kodebooking": no_rawat}]
    assert site.bpjs.bookings.snapshot() == before
    assert set(site.states(no_rawat).values()) == {"already"}
    assert set(site.states(other).values()) == {"sent"}


def test_a_replayed_day_keeps_what_came_by_hand_and_cancels(site: Site) -> None:
    no_rawat, gone = patient(site), patient(site)
    site.sync()
    site.khanza.stts(gone, "Batal")
    for _ in range(2):
        site.clock.forward(minutes=11)
        site.sync()
    assert at_desk(site, "update", no_rawat, "4", f"{MONDAY} 08:30")[0] == 0
    with Ledger.open(site.state, WIB) as ledger:
        assert replay(ledger, MONDAY, "", site.settings().policy, site.clock.now) == 2
    site.clock.forward(minutes=1)
    site.sync()
    assert site.states(no_rawat) == {"add": "already", "3": "already", "4": "sent"}
    assert site.states(gone)["99"] == "sent"


def test_a_replayed_visit_that_is_cancelled_before_the_next_pass_is_cancelled_at_bpjs(
    site: Site,
) -> None:
    """That BPJS was told of a booking survives a replay."""
    no_rawat = patient(site)
    site.sync()
    assert at_desk(site, "replay", "--date", str(MONDAY), "--yes")[0] == 0
    site.khanza.stts(no_rawat, "Batal")
    for _ in range(2):
        site.clock.forward(minutes=11)
        site.sync()
    assert [task for task, _ in site.held_at_bpjs(no_rawat)] == [3, 99]


def test_a_replayed_visit_that_became_an_admission_goes_on(site: Site) -> None:
    no_rawat = patient(site)
    site.sync()
    assert at_desk(site, "replay", "--date", str(MONDAY), "--yes")[0] == 0
    site.khanza.update("reg_periksa", {"no_rawat": no_rawat}, status_lanjut="Ranap")
    site.khanza.exam(no_rawat, f"{MONDAY} 08:30:00")
    site.clock.forward(minutes=1)
    site.sync()
    assert [task for task, _ in site.held_at_bpjs(no_rawat)] == [3, 4]


def test_when_bpjs_took_it_is_kept_by_a_replay_and_it_counts_for_no_sep_form(site: Site) -> None:
    no_rawat = patient(site, exam="08:30:00")
    site.sync()
    sent_at = site.clock.now
    site.clock.forward(hours=2)
    assert at_desk(site, "replay", "--date", str(MONDAY), "--yes", "--now")[0] == 0
    for push in site.record(no_rawat).pushes.values():
        assert (push.state, push.sent_at) == ("already", sent_at)
    shown = at_desk(site, "show", no_rawat)[1]
    assert shown.count("sudah ada 23-11 14:00") == 3
    (row, *_) = at_desk(site, "list", "--sent", "--json")[1].split("}")
    assert f'"sent_at": {int(sent_at.timestamp() * 1000)}' in row
    assert count_adds([site.record(no_rawat)]).already == 0


def test_a_replayed_task_that_bpjs_lost_is_sent_again(site: Site) -> None:
    no_rawat = patient(site, exam="08:30:00")
    site.sync()
    site.clock.forward(minutes=5)
    before = site.held_at_bpjs(no_rawat)
    (row,) = site.bpjs.bookings.snapshot()
    site.bpjs.bookings.load([{**row, "tasks": []}])
    assert at_desk(site, "replay", "--date", str(MONDAY), "--yes", "--now")[0] == 0
    assert site.held_at_bpjs(no_rawat) == before
    task = site.push(no_rawat, "3")
    assert task.sent_at == task.since
    assert task.sent_at is not None
    assert task.sent_at >= site.clock.now


def test_a_replay_reaches_what_was_refused_on_a_day_that_passes_no_longer_read(site: Site) -> None:
    no_rawat = refused(site)
    site.sync()
    site.clock.at("10:00", day=5)
    site.sync(ANTREAN_DAYS="3")
    site.bpjs.bookings.forgive("rujukan_tidak_valid")
    assert (
        at_desk(site, "replay", "--date", str(MONDAY), "--yes", "--now", ANTREAN_DAYS="3")[0] == 0
    )
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00")]


def test_a_replay_leaves_alone_what_was_dropped(site: Site) -> None:
    no_rawat = patient(site)
    site.sync()
    assert at_desk(site, "drop", no_rawat, "--keterangan", "uji")[0] == 0
    site.khanza.exam(no_rawat, f"{MONDAY} 08:30:00")
    assert at_desk(site, "replay", "--date", str(MONDAY), "--yes", "--now")[0] == 0
    assert site.states(no_rawat) == {"add": "already", "3": "already", "4": "closed"}


@pytest.mark.parametrize(
    "args",
    [
        ("--date", str(MONDAY + timedelta(days=4)), "--kodebooking", "SALAH"),
        ("--date", str(MONDAY)),
    ],
    ids=["an unknown booking", "a day from before the first pass"],
)
def test_a_replay_never_sends_history_by_accident(site: Site, args: tuple[str, ...]) -> None:
    patient(site)
    site.clock.at("10:00", day=4)
    site.sync()
    code, out, err = at_desk(site, "replay", *args, "--yes", "--now")
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    site.clock.forward(hours=2)
    site.sync()
    assert site.bpjs.arrived == []


# -- bad input


@pytest.mark.parametrize(
    "args", [args for args in COMMANDS if args != ("status",)], ids=lambda args: args[0]
)
def test_without_a_ledger_there_is_one_sentence(site: Site, args: tuple[str, ...]) -> None:
    code, out, err = at_desk(site, *args)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert "antrean sync" in err
    assert not site.state.exists()


@pytest.mark.parametrize(
    "args",
    [
        *(
            ("show", "tidak-ada"),
            ("retry",),
            ("retry", "X", "--all"),
            ("retry", "2026/11/23/000001", "8"),
        ),
        *(
            ("drop", "X"),
            ("drop", "X", "--keterangan", " "),
            ("drop", "tidak-ada", "--keterangan", "uji"),
        ),
        *(
            ("replay",),
            ("replay", "--date", "kemarin"),
            ("replay", "--date", "2026-11-01", "--yes"),
        ),
        *(
            ("replay", "--date", "2026-11-23"),
            ("list", "--date", "31/12/2026"),
            ("status", "--max-age", "0"),
        ),
    ],
    ids=" ".join,
)
def test_bad_input_gets_one_sentence_and_changes_nothing(site: Site, args: tuple[str, ...]) -> None:
    patient(site)
    site.sync()
    with Ledger.open(site.state, WIB) as ledger:
        before = ledger.of_days(date.min, date.max)
    code, out, err = at_desk(site, *args)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    with Ledger.open(site.state, WIB) as ledger:
        assert ledger.of_days(date.min, date.max) == before


@pytest.mark.parametrize("args", COMMANDS, ids=lambda args: args[0])
def test_every_command_works_beside_a_running_pass(site: Site, args: tuple[str, ...]) -> None:
    patient(site)
    site.sync()
    with locked(site.state):
        assert at_desk(site, *args)[0] in (0, 2)  # 2: nothing was there to be changed


def test_what_is_dropped_while_a_pass_sends_is_not_sent(site: Site) -> None:
    """Also where the answer to the step before moves the time of the dropped one."""
    no_rawat = patient(site, exam="08:05:30")
    added_elsewhere(site, no_rawat, tasks=[{"taskid": 3, "waktu": ms("08:05:45")}])
    site.bpjs.latency = 1
    with site.start("sync", CLOCK=site.clock.now.isoformat()) as process:
        wait_for(lambda: len(site.bpjs.arrived) == 4)  # it asks what BPJS holds of task 3
        assert at_desk(site, "drop", no_rawat, "4", "--keterangan", "salah ketik")[0] == 0
        process.communicate(timeout=30)
    assert process.returncode == 0
    assert site.states(no_rawat) == {"add": "already", "3": "already", "4": "closed"}
    assert [task for task, _ in site.held_at_bpjs(no_rawat)] == [3]


def test_looking_writes_nothing(site: Site) -> None:
    patient(site, kd_poli="MAT")
    site.sync()
    before = site.state.read_bytes()
    for args in COMMANDS[:3]:
        at_desk(site, *args)
    assert site.state.read_bytes() == before
    with Ledger.open(site.state, WIB) as ledger:
        assert (
            len(list(find_pushes(ledger, PushFilter(reason="petakan", step="add"), site.clock.now)))
            == 1
        )


def test_the_story_tells_what_khanzas_own_sender_noted_as_a_hint(site: Site) -> None:
    no_rawat = patient(site)
    site.sync()
    site.khanza.insert(
        "referensi_mobilejkn_bpjs_taskid", no_rawat=no_rawat, taskid="3", waktu=f"{MONDAY} 08:07:00"
    )
    _, out, _ = at_desk(site, "show", no_rawat)
    assert "mencatat task 3 08:07:00: petunjuk, bukan bukti" in out


def test_a_pass_of_a_clock_that_ran_ahead_is_said_to_lie_in_the_future(site: Site) -> None:
    site.sync()
    site.clock.forward(minutes=-90)
    code, out, _ = at_desk(site, "status")
    assert code == 12
    assert "di masa depan" in out
    assert "-1 hari" not in out


def test_the_story_with_what_bpjs_holds_fits_80_columns(site: Site) -> None:
    no_rawat = patient(site, exam="09:00:00")
    site.khanza.berkas(no_rawat, kembali=f"{MONDAY} 09:30:00")
    site.khanza.resep(no_rawat, divalidasi=f"{MONDAY} 09:40:00", diserahkan=f"{MONDAY} 09:50:00")
    site.sync()
    code, out, _ = at_desk(site, "show", no_rawat, "--bpjs")
    assert code == 0
    assert [line for line in out.splitlines() if len(line) > 80] == []
    assert "09:50:00 resep_diserahkan  09:50:00  terkirim 23-11 14:00  09:50:00" in out


def test_a_note_on_what_changed_after_the_add_survives_a_replay(site: Site) -> None:
    no_rawat = patient(site)
    site.sync()
    site.khanza.update("reg_periksa", {"no_rawat": no_rawat}, kd_pj="UMU")
    site.clock.forward(minutes=1)
    site.sync()
    note = site.push(no_rawat, "add").note
    assert "penjamin BPJ menjadi UMU" in words(note)
    assert at_desk(site, "replay", "--date", str(MONDAY), "--yes", "--now")[0] == 0
    site.clock.forward(minutes=1)
    site.sync()
    assert site.push(no_rawat, "add").note == note


def test_a_mobile_jkn_booking_that_was_dropped_and_retried_is_not_added(site: Site) -> None:
    """That nobody asked for its add is not forgotten: BPJS has it."""
    no_rawat = site.khanza.visit(MONDAY, jam="08:05:00")
    nobooking = site.khanza.booking(no_rawat, MONDAY)
    site.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY))
    site.khanza.exam(no_rawat, f"{MONDAY} 08:30:00")
    kinds = {"ANTREAN_ADD": "mobilejkn,onsite,nonjkn"}
    site.bpjs.faults.add(Fault("gagal_dicoba", path=UPDATE, times=1))
    site.sync(ANTREAN_ADD=kinds["ANTREAN_ADD"])
    assert at_desk(site, "drop", nobooking, "--keterangan", "uji", **kinds)[0] == 0
    assert at_desk(site, "retry", nobooking, "--now", **kinds)[0] == 0
    assert site.sent(ADD) == []
    assert [taskid for taskid, _ in site.held_at_bpjs(nobooking)] == [3, 4]


def test_after_a_cancel_a_visit_goes_on_under_the_code_that_it_was_added_with_anew(
    site: Site,
) -> None:
    no_rawat = patient(site)
    site.sync()
    site.sync()  # and is settled
    assert at_desk(site, "batal", no_rawat, "--keterangan", "salah")[0] == 0
    assert at_desk(site, "add", "--no-rawat", no_rawat, "--kodebooking", "BARU-1")[0] == 0
    site.khanza.exam(no_rawat, f"{MONDAY} 08:30:00")
    for _ in range(2):
        site.clock.forward(minutes=1)
        site.sync()
    assert site.held_at_bpjs("BARU-1") == [(3, "08:05:00"), (4, "08:30:00")]
    assert [taskid for taskid, _ in site.held_at_bpjs(no_rawat)] == [3, 99]


def test_of_a_dropped_booking_nothing_is_sent_although_the_patient_turns_out_to_have_come(
    site: Site,
) -> None:
    """A no-show is closed only until Khanza shows a trace of the patient."""
    no_rawat = site.khanza.visit(MONDAY, jam="08:00:00", kd_pj="UMU")  # registered in advance
    site.clock.at("07:00", day=1)
    site.sync(since=MONDAY)
    assert site.states(no_rawat)["3"] == "closed"
    assert at_desk(site, "drop", no_rawat, "--keterangan", "uji")[0] == 0
    heard = len(site.bpjs.arrived)
    site.khanza.exam(no_rawat, f"{MONDAY} 08:30:00")
    site.clock.forward(minutes=1)
    site.sync()
    assert site.push(no_rawat, "3").state == "closed"
    assert len(site.bpjs.arrived) == heard
    assert at_desk(site, "retry", no_rawat, "--now")[0] == 0
    assert site.held_at_bpjs(no_rawat)[:2] == [(3, "08:00:00"), (4, "08:30:00")]
