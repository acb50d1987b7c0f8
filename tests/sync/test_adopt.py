"""Adopting (ANTREAN_ADOPT=ya): a booking that BPJS has under another code is used, not doubled."""

from __future__ import annotations

from datetime import date, timedelta
from time import monotonic
from typing import Any

import pytest

from antrean_cli.bpjs.client import Client
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.adoption import awaits_list
from antrean_cli.rules.cached_lists import UNASKED, CachedList, ListResult
from antrean_cli.rules.codes import Kind, State, Step
from antrean_cli.rules.push import Push, Record
from antrean_cli.simulator.faults import Fault, FaultName
from antrean_cli.sync.list_reader import ListReader
from antrean_cli.sync.run import Pass
from tests.support.patients import examined
from tests.support.rows import words
from tests.support.site import MONDAY, WIB, Done, Site

ADD, LIST = "/antrean/add", f"/antrean/pendaftaran/tanggal/{MONDAY}"


def kiosk(
    site: Site, no_rawat: str, kodebooking: str, *, tanggal: date = MONDAY, **fields: object
) -> str:
    """Let a kiosk have added a visit under a code of its own; BPJS knows the patient by all three
    numbers.
    """
    norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
    numbers = {
        "nik": site.khanza.value("pasien", "no_ktp", no_rkm_medis=norm),
        "nomorkartu": site.khanza.value("pasien", "no_peserta", no_rkm_medis=norm),
        "norm": norm,
    }
    given: dict[str, Any] = {"kodepoli": "INT", "kodedokter": 12345, **numbers, **fields}
    site.bpjs.bookings.mobile_jkn(kodebooking, str(tanggal), **given)
    return kodebooking


def sync(site: Site) -> Done:
    return site.sync(ANTREAN_ADOPT="ya", BPJS_TIMEOUT="2")


def adds(site: Site) -> list[str]:
    return [kodebooking for kodebooking, _, _ in site.sent(ADD)]


def looks(site: Site) -> int:
    return sum(one.path.endswith(LIST) for one in site.bpjs.arrived)


def test_a_booking_under_another_code_is_used_and_gets_the_tasks(site: Site) -> None:
    no_rawat = examined(site)
    code = kiosk(site, no_rawat, "KIOS-1")
    for _ in range(3):
        sync(site)
        site.clock.forward(minutes=1)
    assert adds(site) == []
    assert site.held_at_bpjs(code) == [(3, "08:05:00"), (4, "08:20:00")]
    record = site.record(code)
    assert (record.no_rawat, record.pushes["add"].state) == (no_rawat, "already")
    assert no_rawat in words(record.pushes["add"].note)
    done = site.run("show", no_rawat, CLOCK=site.clock.now.isoformat())
    assert code in done.stdout


def test_what_bpjs_does_not_have_is_added(site: Site) -> None:
    no_rawat = examined(site)
    sync(site)
    assert adds(site) == [no_rawat]


@pytest.mark.parametrize(
    "other",
    [
        {"kodepoli": "ANA"},
        {"kodedokter": 99999},
        {"nik": "3200000000000001", "nomorkartu": "0009999999999", "norm": "999999"},
    ],
)
def test_another_clinic_doctor_or_patient_is_not_the_same(
    site: Site, other: dict[str, Any]
) -> None:
    no_rawat = examined(site)
    kiosk(site, no_rawat, "KIOS-1", **other)
    sync(site)
    assert adds(site) == [no_rawat]


def test_a_booking_of_another_day_is_not_the_same(site: Site) -> None:
    """One patient comes to one doctor on two days; a kiosk has added the second visit alone."""
    norm = site.khanza.patient()
    visits = []
    for day in (MONDAY, MONDAY + timedelta(days=1)):
        no_rawat = site.khanza.visit(day, jam="08:05:00", norm=norm)
        site.khanza.sep(no_rawat)
        visits.append(no_rawat)
    first, second = visits
    kiosk(site, second, "KIOS-1", tanggal=MONDAY + timedelta(days=1))
    site.clock.at("14:00", day=1)
    site.sync(since=MONDAY, ANTREAN_ADOPT="ya")
    assert adds(site) == [first]
    assert site.record("KIOS-1").no_rawat == second
    assert site.held_at_bpjs("KIOS-1") == [(3, "08:05:00")]


def test_of_two_visits_that_one_booking_fits_only_one_gets_it(site: Site) -> None:
    """A patient is registered twice at one doctor: which of the two the kiosk meant, nobody
    knows.
    """
    norm = site.khanza.patient()
    first, second = (site.khanza.visit(MONDAY, jam="08:05:00", norm=norm) for _ in range(2))
    for no_rawat in (first, second):
        site.khanza.sep(no_rawat)
    kiosk(site, first, "KIOS-1")
    sync(site)
    assert site.record("KIOS-1").no_rawat == first
    assert adds(site) == [second]


def test_one_number_of_the_patient_is_enough(site: Site) -> None:
    no_rawat = examined(site)
    kiosk(site, no_rawat, "KIOS-1", nik="3200000000000001", norm="999999")
    sync(site)
    assert adds(site) == []


def test_a_cancelled_booking_is_not_used(site: Site) -> None:
    no_rawat = examined(site)
    kiosk(site, no_rawat, "KIOS-1")
    site.bpjs.bookings.batal({"kodebooking": "KIOS-1", "keterangan": "salah poli"})
    sync(site)
    assert adds(site) == [no_rawat]


def test_the_booking_of_another_visit_is_not_taken_away(site: Site) -> None:
    norm = site.khanza.patient()
    booked = site.khanza.visit(MONDAY, jam="08:00:00", norm=norm)
    nobooking = site.khanza.booking(booked, MONDAY)
    second = examined(site, norm=norm)
    kiosk(site, second, nobooking)
    sync(site)
    assert adds(site) == [second]


def test_of_several_a_person_has_to_say_which_and_then_it_goes_on(site: Site) -> None:
    no_rawat = examined(site)
    for code in ("KIOS-1", "KIOS-2"):
        kiosk(site, no_rawat, code)
    for _ in range(3):
        sync(site)
        site.clock.forward(minutes=6)
    push = site.push(no_rawat, "add")
    assert (push.state, push.reason and push.reason.code) == ("held", "ganda")
    assert push.reason is not None
    assert "KIOS-1, KIOS-2" in words(push.reason)
    assert site.sent(ADD) == []
    site.bpjs.bookings.batal({"kodebooking": "KIOS-2", "keterangan": "ganda"})
    site.clock.forward(minutes=11)
    sync(site)
    assert site.held_at_bpjs("KIOS-1") == [(3, "08:05:00"), (4, "08:20:00")]
    assert adds(site) == []


def test_without_the_setting_what_was_held_is_added(site: Site) -> None:
    no_rawat = examined(site)
    for code in ("KIOS-1", "KIOS-2"):
        kiosk(site, no_rawat, code)
    sync(site)
    site.clock.forward(minutes=1)
    site.sync()
    assert adds(site) == [no_rawat]


def test_the_list_is_read_at_most_once_in_ten_minutes_and_later_adds_wait_for_the_next_look(
    site: Site,
) -> None:
    examined(site)
    sync(site)
    site.clock.forward(minutes=1)
    late = examined(site)
    kiosk(site, late, "KIOS-9")
    for _ in range(9):
        sync(site)
        site.clock.forward(minutes=1)
    assert (looks(site), adds(site).count(late)) == (1, 0)
    sync(site)
    assert looks(site) == 2
    assert late not in adds(site)
    assert site.held_at_bpjs("KIOS-9") == [(3, "08:05:00"), (4, "08:20:00")]


def test_an_add_that_was_put_off_after_a_look_goes_out_without_another(site: Site) -> None:
    no_rawat = examined(site)
    site.bpjs.faults.add(Fault("undefined_error", path=ADD, times=1))
    for _ in range(3):
        sync(site)
        site.clock.forward(minutes=2)
    assert looks(site) == 1
    assert site.states(no_rawat)["add"] == "sent"


def test_nothing_is_asked_where_nothing_is_to_be_added(site: Site) -> None:
    sync(site)
    assert looks(site) == 0


def every_minute(site: Site, minutes: int) -> list[Done]:
    """Run a pass a minute, each at the full minute, and stand at the next one."""
    passes = []
    for _ in range(minutes):
        passes.append(sync(site))
        site.clock.forward(minutes=1)
    return passes


def test_where_only_adds_are_due_and_bpjs_is_away_the_outage_is_told_and_ends(site: Site) -> None:
    """The adds wait for the list, but not for so long that nobody learns of the outage; then one of
    them probes.
    """
    probe, second = examined(site), examined(site)
    site.bpjs.stop()
    passes = every_minute(site, 15)
    assert {done.report.exit_code for done in passes} == {5}
    assert sum("BPJS terganggu" in text for done in passes for text in done.told) == 1
    site.bpjs.start()
    kiosk(site, second, "KIOS-2")
    site.clock.forward(minutes=11)
    told = [text for done in every_minute(site, 3) for text in done.told]
    assert told == ["BPJS pulih setelah 15 menit."]
    assert adds(site) == [probe]
    assert site.record("KIOS-2").no_rawat == second
    assert site.bpjs.arrived[0].path.endswith(ADD), "no look before BPJS answered something else"


def test_an_add_that_cannot_be_sent_is_no_probe(site: Site) -> None:
    ambiguous = examined(site)
    for code in ("KIOS-1", "KIOS-2"):
        kiosk(site, ambiguous, code)
    every_minute(site, 1)
    site.bpjs.stop()
    probe = examined(site)
    every_minute(site, 25)
    site.bpjs.start()
    site.clock.forward(minutes=11)
    (done,) = every_minute(site, 1)
    assert done.told == ["BPJS pulih setelah 15 menit."]
    assert adds(site) == [probe]


def test_a_list_that_never_comes_keeps_nothing_but_adds_and_those_ten_minutes(site: Site) -> None:
    no_rawat = examined(site)
    site.bpjs.faults.add(Fault("http_500", path=LIST, times=None))
    passes = every_minute(site, 5)
    booked = site.khanza.visit(MONDAY, jam="08:00:00")
    nobooking = site.khanza.booking(booked, MONDAY, status="Checkin", validasi=f"{MONDAY} 07:50:00")
    site.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY))
    passes += every_minute(site, 1)
    assert site.held_at_bpjs(nobooking) == [(3, "07:50:00")]
    passes += every_minute(site, 4)
    assert adds(site) == []
    assert [done.report.exit_code for done in passes] == [5] * 10, (
        "an add waits for what does not come"
    )
    passes += every_minute(site, 15)
    assert adds(site) == [no_rawat]
    later = examined(site)
    passes += every_minute(site, 1)
    assert adds(site) == [no_rawat, later], "after that nobody waits until a list has come"
    assert looks(site) == 3, "it is asked for at most once in ten minutes"
    assert [text for done in passes for text in done.told] == []


def test_the_list_of_an_old_day_that_never_comes_keeps_no_other_day_waiting(site: Site) -> None:
    site.clock.at("10:00", day=-3)
    old = site.khanza.visit(site.clock.now.date(), jam="08:05:00")
    site.khanza.sep(old)
    site.bpjs.faults.add(Fault("undefined_error", path=ADD, times=None))
    sync(site)
    site.bpjs.faults.clear()
    site.bpjs.faults.add(
        Fault("http_500", path=f"/antrean/pendaftaran/tanggal/{site.clock.now.date()}", times=None)
    )
    site.clock.at("14:00")
    no_rawat = examined(site)
    every_minute(site, 1)
    assert sorted(adds(site)) == [old, no_rawat]  # both at once, in either order


@pytest.mark.parametrize(
    "name",
    [
        "gagal_dicoba",
        "http_429",
        "http_401",
        "undefined_error",
        "unknown_code",
        "http_500",
        "cut",
        "empty",
    ],
)
def test_while_the_list_fails_for_a_moment_adds_wait_and_none_is_doubled(
    site: Site, name: FaultName
) -> None:
    no_rawat = examined(site)
    kiosk(site, no_rawat, "KIOS-1")
    site.bpjs.faults.add(Fault(name, path=LIST, times=1))
    passes = every_minute(site, 11)
    assert (adds(site), looks(site)) == ([], 2)
    assert site.held_at_bpjs("KIOS-1") == [(3, "08:05:00"), (4, "08:20:00")]
    assert [done.report.exit_code for done in passes] == [4 if name == "http_401" else 5] * 10 + [0]


def test_where_bpjs_does_not_show_the_list_adds_go_out_at_once(site: Site) -> None:
    first = examined(site)
    site.bpjs.faults.add(Fault("not_found_yet", path=LIST, times=None))
    every_minute(site, 1)
    second = examined(site)
    passes = every_minute(site, 8)
    assert (adds(site), looks(site)) == ([first, second], 1)
    assert {done.report.exit_code for done in passes} == {0}


def test_our_own_code_at_bpjs_is_kept_whatever_a_kiosk_added_beside_it(site: Site) -> None:
    no_rawat = examined(site)
    for code in ("KIOS-1", no_rawat):
        kiosk(site, no_rawat, code)
    every_minute(site, 3)
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:20:00")]
    assert site.held_at_bpjs("KIOS-1") == []


@pytest.mark.parametrize(
    ("kind", "push", "looked_for"),
    [
        ("onsite", Push(step=Step.ADD, state=State.DUE), True),
        ("nonjkn", Push(step=Step.ADD, state=State.DUE), True),
        ("mobilejkn", Push(step=Step.ADD, state=State.DUE), False),
        ("onsite", Push(step=Step.ADD, state=State.DUE, needs_lookup=True), False),
        ("onsite", Push(step=Step("1"), state=State.SENT), False),
        ("onsite", Push(step=Step("3"), state=State.DUE, needs_lookup=True), False),
        ("onsite", Push(step=Step("3"), state=State.DUE), True),
    ],
)
def test_what_bpjs_has_or_may_have_under_our_code_keeps_it(
    kind: str, push: Push, looked_for: bool
) -> None:
    record = Record(kodebooking="2026/11/23/000001", kind=Kind(kind), tanggal=MONDAY)
    assert awaits_list(record.with_pushes(Push(step=Step.ADD, state=State.DUE), push)) == looked_for


def test_a_replay_does_not_send_the_tasks_again_under_a_kiosks_code(site: Site) -> None:
    no_rawat = examined(site)
    kiosk(site, no_rawat, "KIOS-1")
    site.sync()
    assert (
        site.run(
            "replay", "--date", str(MONDAY), "--yes", CLOCK=site.clock.now.isoformat()
        ).returncode
        == 0
    )
    every_minute(site, 3)
    assert site.held_at_bpjs("KIOS-1") == []
    assert len(site.held_at_bpjs(no_rawat)) == 2


def test_a_mobile_jkn_booking_keeps_bpjss_own_code(site: Site) -> None:
    """Else the next pass would see it as new, and tell BPJS of it twice."""
    no_rawat = site.khanza.visit(MONDAY, jam="08:05:00")
    nobooking = site.khanza.booking(
        no_rawat, MONDAY, status="Checkin", validasi=f"{MONDAY} 08:00:00"
    )
    kiosk(site, no_rawat, "KIOS-1")
    for _ in range(14):
        site.sync(ANTREAN_ADOPT="ya", ANTREAN_ADD="onsite,nonjkn,mobilejkn")
        site.clock.forward(minutes=1)
    assert adds(site) == [nobooking]
    assert (site.held_at_bpjs(nobooking), site.held_at_bpjs("KIOS-1")) == ([(3, "08:00:00")], [])


def test_a_doctors_code_is_a_number_however_it_is_written(site: Site) -> None:
    no_rawat = examined(site)
    site.khanza.update("maping_dokter_dpjpvclaim", {"kd_dokter": "D01"}, kd_dokter_bpjs="012345")
    kiosk(site, no_rawat, "KIOS-1")
    every_minute(site, 1)
    assert adds(site) == []


def test_the_lists_of_a_pass_share_half_of_the_time_that_is_left(site: Site) -> None:
    settings = site.settings(ANTREAN_MAX_SECONDS="50")
    with Ledger.open(site.state, WIB) as ledger:
        one = Pass(settings=settings, ledger=ledger, clock=site.clock)
        first, second = one._list_reader(), one._list_reader()
    assert first is not None
    assert second is not None
    assert 20 < first.until - monotonic() <= 25
    assert second.until == first.until


def test_nothing_is_asked_once_the_time_for_looks_is_up(site: Site) -> None:
    client = Client(site.settings().bpjs)
    late = ListReader(client=lambda: client, until=monotonic())
    assert late.ask("per_tanggal", str(MONDAY)) == ListResult(UNASKED)
    assert site.bpjs.arrived == []


def test_a_list_may_take_no_longer_than_the_time_for_looks(site: Site) -> None:
    client = Client(site.settings(BPJS_TIMEOUT="20").bpjs)
    site.bpjs.faults.add(Fault("timeout_before", seconds=5, path=LIST))
    begin = monotonic()
    slow = ListReader(client=lambda: client, until=begin + 0.7).ask("per_tanggal", str(MONDAY))
    assert 0.5 < monotonic() - begin < 4
    assert (slow.kind, slow.rows) == ("fault", ())


def test_a_list_that_there_is_never_time_for_is_not_waited_for_either(site: Site) -> None:
    unasked = CachedList(content=()).missed(ListResult(UNASKED), site.clock.now)
    assert (unasked.may_be_asked(site.clock.now), unasked.given_up(site.clock.now)) == (True, False)
    site.clock.forward(minutes=10)
    assert unasked.missed(ListResult(UNASKED), site.clock.now).given_up(site.clock.now)


def test_no_number_of_a_patient_gets_into_the_ledger(site: Site) -> None:
    no_rawat = examined(site)
    kiosk(site, no_rawat, "KIOS-1")
    sync(site)
    norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
    nik = site.khanza.value("pasien", "no_ktp", no_rkm_medis=norm)
    for file in site.folder.glob("antrean.sqlite3*"):
        assert nik.encode() not in file.read_bytes()


def test_what_the_desk_sent_of_a_kiosks_booking_does_not_hide_it(site: Site) -> None:
    """Tasks 1 and 2 of the ticket machine come by hand, under the kiosk's code, before the first
    look.
    """
    no_rawat = examined(site)
    code = kiosk(site, no_rawat, "KIOS-1")
    for taskid, clock in (("1", "07:50"), ("2", "07:55")):
        assert site.run("update", code, taskid, f"{MONDAY} {clock}").returncode == 0
    sync(site)
    assert adds(site) == []
    assert site.held_at_bpjs(code) == [
        (1, "07:50:00"),
        (2, "07:55:00"),
        (3, "08:05:00"),
        (4, "08:20:00"),
    ]
    assert site.states(code) == {
        "add": "already",
        "1": "sent",
        "2": "sent",
        "3": "sent",
        "4": "sent",
    }


def test_refused_credentials_are_told_at_once_although_all_adds_wait_for_the_list(
    site: Site,
) -> None:
    examined(site)
    done = site.sync(ANTREAN_ADOPT="ya", BPJS_SECRET_KEY="salah")
    assert done.report.exit_code == 4
    assert any("ditolak" in text for text in done.told)
    site.clock.forward(minutes=1)
    done = site.sync(ANTREAN_ADOPT="ya", BPJS_SECRET_KEY="salah")
    assert (done.report.exit_code, done.told) == (4, [])
    site.clock.forward(minutes=1)
    sync(site)
    site.clock.forward(minutes=11)
    sync(site)
    assert len(adds(site)) == 1


def test_what_was_kept_for_the_visit_goes_on_under_the_other_code(site: Site) -> None:
    no_rawat = examined(site)
    clock = {"CLOCK": site.clock.now.isoformat()}
    for taskid, at in (("1", "07:50"), ("2", "07:55")):
        site.run("update", no_rawat, taskid, f"{MONDAY} {at}", "--queue", **clock)
    code = kiosk(site, no_rawat, "KIOS-1")
    for _ in range(2):
        sync(site)
        site.clock.forward(minutes=1)
    assert adds(site) == []
    told = [(1, "07:50:00"), (2, "07:55:00"), (3, "08:05:00"), (4, "08:20:00")]
    assert site.held_at_bpjs(code) == told
