"""When BPJS, the network, Khanza or the machine fails: nothing is lost, nothing is told twice, all
is repaired.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, datetime, timedelta, timezone
from email.utils import format_datetime
from itertools import pairwise
from typing import Any

import pytest

from antrean_cli.bpjs.client import Client
from antrean_cli.rules import answers
from antrean_cli.rules.faults import Fault as Broken
from antrean_cli.simulator.bookings import Answer
from antrean_cli.simulator.faults import Fault, FaultName, FaultPlan
from antrean_cli.simulator.server import Simulator
from antrean_cli.sync import workers as flights
from tests.support.faults import PUT_OFF, SPELLED, TRANSPORT
from tests.support.mariadb import MariaDB
from tests.support.patients import added_elsewhere, patient
from tests.support.rows import words
from tests.support.site import CONS_ID, MONDAY, SECRET_KEY, USER_KEY, Site, stand_in, wait_for

ADD, UPDATE, BATAL, LIST = (
    "/antrean/add",
    "/antrean/updatewaktu",
    "/antrean/batal",
    "/antrean/getlisttask",
)
AT_0805 = 1795395900000  # 2026-11-23 08:05:00 WIB
NOWHERE = "/nonexistent/socket"


def paths(site: Site) -> list[str]:
    """Return the paths of all requests that reached BPJS, in order."""
    return [one.path.removeprefix("/antreanrs") for one in site.bpjs.arrived]


def judged(site: Site, path: str) -> list[int]:
    """Return the codes that BPJS gave on a path, in order."""
    return [one.code for one in site.bpjs.received if one.path == path]


def reason(site: Site, kodebooking: str, step: str) -> tuple[str, str]:
    """Return state and reason of a push."""
    push = site.push(kodebooking, step)
    return push.state, words(push.reason) if push.reason else ""


# -- every fault on every call


def on(fault: Fault, path: str) -> Fault:
    """Return the fault for one path only."""
    return Fault(**{**vars(fault), "path": path})


def label(value: object) -> str | None:
    """Name a fault in a test's id."""
    return (
        f"{value.name}{'-handled' if value.handled else ''}" if isinstance(value, Fault) else None
    )


def final(site: Site, call: str, kodebooking: str) -> None:
    """Check the one right end:

    BPJS and the ledger have it all, and BPJS was told nothing twice but add and batal.
    """
    if call == BATAL:
        assert site.states(kodebooking)["batal"] in ("sent", "already")
        assert [task for task, _ in site.held_at_bpjs(kodebooking)] == [99]
    else:
        assert site.states(kodebooking).keys() == {"add", "3", "4"}
        assert set(site.states(kodebooking).values()) <= {"sent", "already"}
        assert site.held_at_bpjs(kodebooking) == [(3, "08:05:00"), (4, "08:30:00")]


@pytest.mark.parametrize("call", [ADD, UPDATE, BATAL])
@pytest.mark.parametrize("fault", TRANSPORT, ids=label)
def test_an_exchange_without_an_envelope_is_repeated_by_the_next_pass(
    site: Site, call: str, fault: Fault
) -> None:
    """It counts no attempt; a task in doubt is looked up, add and batal are sent again and 208
    settles them.
    """
    kodebooking = site.cancelled() if call == BATAL else patient(site, exam="08:30:00")
    site.bpjs.faults.add(on(fault, call))
    done = site.sync(BPJS_TIMEOUT="1")
    step = {ADD: "add", UPDATE: "3", BATAL: "batal"}[call]
    push = site.push(kodebooking, step)
    assert done.report.exit_code == 5
    assert push.state not in ("sent", "already", "sending", "refused")
    assert push.attempts == 0
    assert paths(site)[-1] == call  # nothing of the booking overtakes what is in doubt

    site.clock.forward(minutes=1)
    assert site.sync(BPJS_TIMEOUT="1").report.exit_code == 0
    final(site, call, kodebooking)
    if call == UPDATE:
        assert judged(site, UPDATE) == [200, 200]  # never a second time what BPJS already has
    else:
        assert judged(site, call) == ([200, 208] if fault.acts else [200])
    heard = len(site.bpjs.arrived)
    site.clock.forward(hours=2)
    assert site.sync().report.exit_code == 0
    assert len(site.bpjs.arrived) == heard


@pytest.mark.parametrize("call", [ADD, UPDATE, BATAL])
@pytest.mark.parametrize("fault", PUT_OFF, ids=label)
def test_what_bpjs_puts_off_is_tried_again_after_a_minute(
    site: Site, call: str, fault: Fault
) -> None:
    """*again*: an attempt is counted, the next try comes after a minute or a little more."""
    kodebooking = site.cancelled() if call == BATAL else patient(site, exam="08:30:00")
    site.bpjs.faults.add(on(fault, call))
    site.sync()
    step = {ADD: "add", UPDATE: "3", BATAL: "batal"}[call]
    assert site.push(kodebooking, step).attempts == 1
    heard = len(site.bpjs.arrived)
    site.clock.forward(seconds=20)
    site.sync()
    assert len(site.bpjs.arrived) == heard

    site.clock.forward(seconds=100)
    assert site.sync().report.exit_code == 0
    final(site, call, kodebooking)


@pytest.mark.parametrize("call", [ADD, UPDATE, BATAL])
@pytest.mark.parametrize("fault", SPELLED, ids=label)
def test_another_spelling_of_the_proper_answer_is_the_answer(
    site: Site, call: str, fault: Fault
) -> None:
    """A code as text, metaData, a slow but timely body: done in the same pass."""
    kodebooking = site.cancelled() if call == BATAL else patient(site, exam="08:30:00")
    site.bpjs.faults.add(on(fault, call))
    assert site.sync().report.exit_code == 0
    final(site, call, kodebooking)
    assert judged(site, call) == ([200, 200] if call == UPDATE else [200])


@pytest.mark.parametrize("held", [True, False], ids=["held by BPJS", "lost"])
@pytest.mark.parametrize(
    "fault",
    [*TRANSPORT, *PUT_OFF, *SPELLED, Fault("undefined_error"), Fault("not_found_yet")],
    ids=label,
)
def test_a_look_up_that_fails_is_repeated_before_the_task(
    site: Site, fault: Fault, held: bool
) -> None:
    """What getlisttask did not tell is not guessed at: the end is the same whatever happens to the
    look-up.
    """
    kodebooking = patient(site, exam="08:30:00")
    site.bpjs.faults.add(
        Fault("reset_after" if held else "reset_before", path=UPDATE), on(fault, LIST)
    )
    assert site.sync().report.exit_code == 5
    site.clock.forward(minutes=1)
    site.sync(BPJS_TIMEOUT="1")
    if fault in TRANSPORT:
        assert site.push(kodebooking, "3").state not in ("sent", "already")
        assert paths(site) == [ADD, UPDATE, LIST]
    site.clock.forward(minutes=2)
    assert site.sync().report.exit_code == 0
    final(site, LIST, kodebooking)
    if fault.name != "not_found_yet":
        assert judged(site, UPDATE) == [200, 200]


@pytest.mark.parametrize("call", [ADD, UPDATE, BATAL, LIST])
def test_a_401_stops_the_pass_and_loses_nothing(site: Site, call: str) -> None:
    """*stop* on any call: exit 4; once BPJS accepts us again, all goes on."""
    kodebooking = site.cancelled() if call == BATAL else patient(site, exam="08:30:00")
    if call == LIST:
        site.bpjs.faults.add(Fault("reset_after", path=UPDATE))
        site.sync()
        site.clock.forward(minutes=1)
    site.bpjs.faults.add(Fault("http_401", path=call))
    assert site.sync().report.exit_code == 4
    assert paths(site)[-1] == call
    if call == LIST:
        assert site.push(kodebooking, "3").needs_lookup
    site.clock.forward(minutes=1)
    done = site.sync()
    assert done.report.exit_code == 0
    assert len(done.told) == 1
    final(site, call, kodebooking)


@pytest.mark.parametrize("seed", range(2))
def test_a_day_of_random_faults_ends_like_a_day_without(site: Site, seed: int) -> None:
    """Whatever goes wrong on the way, in the end BPJS holds just what Khanza recorded, and nobody
    was bothered.
    """
    names: tuple[FaultName, ...] = (
        "reset_before",
        "reset_after",
        "refuse_connection",
        "cut",
        "empty",
        "html",
        "http_500",
        "no_code",
        "gagal_dicoba",
        "unknown_code",
        "metaData",
        "code_as_text",
    )
    site.bpjs.faults = FaultPlan(seed)
    site.bpjs.faults.add(*(Fault(name, times=None, share=0.03) for name in names))
    chance = random.Random(seed)
    site.clock.at("08:00")
    visits = [
        patient(site, jam=f"08:{chance.randrange(10, 59)}:{chance.randrange(60):02}")
        for _ in range(12)
    ]
    gone = [site.cancelled() for _ in range(4)]
    expected: dict[str, list[tuple[int, str]]] = {}
    for no_rawat in visits:
        jam = site.khanza.value("reg_periksa", "jam_reg", no_rawat=no_rawat).rjust(8, "0")
        expected[no_rawat] = [(3, jam), (4, f"09:{chance.randrange(60):02}:07"), (5, "10:15:00")]
        site.khanza.exam(no_rawat, f"{MONDAY} {expected[no_rawat][1][1]}")
        site.khanza.berkas(no_rawat, kembali=f"{MONDAY} 10:15:00")
    for _ in range(36):
        site.clock.forward(minutes=5)
        assert site.sync().report.exit_code in (0, 5)
    site.bpjs.faults.clear()
    for _ in range(5):
        site.clock.forward(minutes=40)
        site.sync()

    assert {no_rawat: site.held_at_bpjs(no_rawat) for no_rawat in visits} == expected
    assert [[task for task, _ in site.held_at_bpjs(nobooking)] for nobooking in gone] == [[99]] * 4
    assert {state for one in visits + gone for state in site.states(one).values()} <= {
        "sent",
        "already",
    }
    accepted = Counter(
        (one.path, str(one.body))
        for one in site.bpjs.received
        if one.code == 200 and one.body and one.path != LIST
    )
    assert set(accepted.values()) == {1}


# -- what BPJS answers


@pytest.mark.parametrize(
    ("tasks", "tanggal", "text"),
    [
        (
            [(1, "08:10"), (2, "08:20")],
            "2026-11-23",
            "Waktu (2026-11-23 08:05:00 WIB) tidak boleh kurang atau sama dengan waktu sebelumnya",
        ),
        ([(4, "08:20")], "2026-11-23", "TaskId terakhir 4"),
        (
            [],
            "2026-11-24",
            "Waktu tidak valid (2026-11-23 08:05:00 WIB). Tanggal pelayanan "
            "untuk Kode Booking tersebut adalah "
            "(2026-11-24)",
        ),
        ([], "2026-11-10", "Gagal. Tanggal kirim TaskId maksimal H+7 dari tanggal pelayanan."),
    ],
)
def test_a_task_that_a_person_must_mend_is_refused_and_left_alone(
    site: Site, tasks: list[tuple[int, str]], tanggal: str, text: str
) -> None:
    """*person*: exit 3 once, BPJS's words are kept, and nothing more is sent for the booking until
    somebody acts.
    """
    no_rawat = patient(site, exam="08:30:00")
    held = [{"taskid": task, "waktu": _ms(hhmm)} for task, hhmm in tasks]
    added_elsewhere(site, no_rawat, date.fromisoformat(tanggal), tasks=held)
    other = patient(site)
    assert site.sync().report.exit_code == 3
    assert reason(site, no_rawat, "3") == ("refused", text)
    assert site.held_at_bpjs(other) == [(3, "08:05:00")]
    heard = len(site.bpjs.arrived)
    for _ in range(4):
        site.clock.forward(minutes=31)
        assert site.sync().report.exit_code == 0
    assert len(site.bpjs.arrived) == heard


def _ms(hhmm: str) -> int:
    return round(datetime.fromisoformat(f"2026-11-23T{hhmm}:00+07:00").timestamp() * 1000)


@pytest.mark.parametrize(
    ("why", "text"),
    [
        ("rujukan_tidak_valid", "Rujukan tidak valid (diambil dari bridging_sep.no_rujukan)"),
        (
            "dokter_tidak_ada",
            "Data dokter tidak ditemukan. (diambil dari maping_dokter_dpjpvclaim.kd_dokter_bpjs)",
        ),
    ],
)
def test_an_add_that_a_person_must_mend_is_refused_with_bpjs_words_and_where_the_value_stands(
    site: Site, why: str, text: str
) -> None:
    no_rawat = patient(site)
    site.bpjs.bookings.refuse(why, kodebooking=no_rawat)
    assert site.sync().report.exit_code == 3
    assert reason(site, no_rawat, "add") == ("refused", text)


def test_a_field_that_bpjs_does_not_take_is_named(site: Site) -> None:
    no_rawat = patient(site)
    site.khanza.update("bridging_sep", {"no_rawat": no_rawat}, no_rujukan="R-1")
    assert site.sync().report.exit_code == 3
    said = "data nomorreferensi  belum sesuai. (diambil dari bridging_sep.no_rujukan)"
    assert reason(site, no_rawat, "add") == ("refused", said)


def test_of_what_bpjs_says_the_patients_name_is_left_out(site: Site) -> None:
    """It stands in no body, so that only who knows the patient can take it out."""
    no_rawat = patient(site, norm=site.khanza.patient(nm_pasien="WULAN KENARI"))
    with site.answering(ADD, Answer(201, "NIK milik WULAN KENARI sudah terdaftar")):
        site.sync()
    _, said = reason(site, no_rawat, "add")
    assert said.startswith("NIK milik ")
    assert said.endswith(" sudah terdaftar (diambil dari pasien.no_ktp)")
    assert not {"WULAN", "KENARI"} & set(said.split())


def test_the_step_that_bpjs_asks_for_goes_first(site: Site) -> None:
    """ "TaskId=3 belum ada" although we had sent it: it is sent again, then task
    4; all in one pass.
    """
    no_rawat = patient(site)
    site.sync()
    site.khanza.exam(no_rawat, "2026-11-23 08:30:00")
    site.clock.forward(minutes=1)
    with stand_in(site.clock) as forgetful:
        forgetful.bookings.mobile_jkn(no_rawat, str(MONDAY))
        assert site.sync(BPJS_BASE_URL=forgetful.url).report.exit_code == 0
        told = [(one.body or {}).get("taskid") for one in forgetful.received]
    assert told == ["4", "3", "4"]
    assert site.states(no_rawat) == {"add": "sent", "3": "sent", "4": "sent"}


def test_what_bpjs_asks_for_although_it_has_it_is_sent_again_once(site: Site) -> None:
    """ "TaskId=3 belum ada", and to a 3 that is sent again 208: held with BPJS's own sentence."""
    no_rawat = patient(site)
    site.sync()
    site.khanza.exam(no_rawat, "2026-11-23 08:30:00")
    site.bpjs.faults.add(Fault("contradiction", taskid=4, times=None))
    heard = len(site.bpjs.arrived)
    for _ in range(4):
        site.clock.forward(minutes=31)
        assert site.sync().report.exit_code == 0
    assert reason(site, no_rawat, "4") == ("held", "TaskId=3 belum ada")
    assert len(site.bpjs.arrived) - heard == 4  # 4, 3 (208), its list, 4

    site.bpjs.faults.clear()
    assert site.run("retry", no_rawat, CLOCK=site.clock.now.isoformat()).returncode == 0
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:30:00")]


def test_1_and_2_after_3_make_3_go_once_more_before_4(site: Site) -> None:
    """A BPJS that judges the order by what came last."""
    no_rawat = patient(site)
    with stand_in(site.clock, last_decides=True) as bpjs:
        site.sync(BPJS_BASE_URL=bpjs.url)
        for taskid in ("1", "2"):
            body = {"kodebooking": no_rawat, "taskid": taskid, "waktu": _ms(f"07:5{taskid}")}
            assert bpjs.bookings.updatewaktu(body).code == 200
        site.khanza.exam(no_rawat, "2026-11-23 08:30:00")
        site.clock.forward(minutes=1)
        site.sync(BPJS_BASE_URL=bpjs.url)
        told = [(one.body or {}).get("taskid") for one in bpjs.received]
    assert told[2:] == ["4", "3", "4"]
    assert site.states(no_rawat) == {"add": "sent", "3": "sent", "4": "sent"}


@pytest.mark.parametrize("through", [True, False])
def test_99_that_is_refused_for_its_time_is_looked_up(site: Site, through: bool) -> None:
    """Somebody else told the tasks meanwhile: closed if the visit is through, else told."""
    no_rawat = patient(site)
    site.clock.at("08:10")
    site.sync()
    site.khanza.stts(no_rawat, "Batal")
    site.clock.at("08:12")
    site.sync()
    for taskid in ("4", "5") if through else ("4",):
        body = {"kodebooking": no_rawat, "taskid": taskid, "waktu": _ms(f"08:2{taskid}")}
        assert site.bpjs.bookings.updatewaktu(body).code == 200
    site.clock.at("08:30")
    heard = len(site.bpjs.arrived)
    assert site.sync().report.exit_code == (0 if through else 3)
    state, text = reason(site, no_rawat, "99")
    assert state == ("closed" if through else "refused")
    assert text.startswith("batal setelah pelayanan" if through else "Waktu (2026-11-23 08:12:00")
    for _ in range(2):
        site.clock.forward(minutes=31)
        assert site.sync().report.exit_code == 0
    assert len(site.bpjs.arrived) - heard == 2  # 99, and the list


def test_a_step_that_somebody_else_has_to_send_is_waited_for(site: Site) -> None:
    """ "Task=1 ada.

    TaskId=2 belum ada": nobody invents task 2; once it is there, task 3 goes out by itself.
    """
    no_rawat = patient(site)
    added_elsewhere(site, no_rawat, tasks=[{"taskid": 1, "waktu": _ms("07:50")}])
    for _ in range(3):
        assert site.sync().report.exit_code == 0
        site.clock.forward(minutes=1)
    assert site.push(no_rawat, "3").state == "held"
    assert {task for _, task, _ in site.sent(UPDATE)} == {"3"}

    site.bpjs.bookings.updatewaktu({"kodebooking": no_rawat, "taskid": "2", "waktu": _ms("07:55")})
    for _ in range(4):
        site.clock.forward(minutes=30)
        site.sync()
    assert [task for task, _ in site.held_at_bpjs(no_rawat)] == [1, 2, 3]


def test_an_answer_that_puts_off_is_tried_ever_more_slowly_and_without_limit(site: Site) -> None:
    """*again*: after 1, 2, 4 … 30 minutes, give or take the jitter; until H+7, then closed as too
    late.
    """
    no_rawat = patient(site)
    site.bpjs.faults.add(Fault("gagal_dicoba", path=UPDATE, times=None))
    site.sync()
    for minutes in (1, 2, 4, 8, 16, 30, 30, 30):
        heard = len(site.bpjs.arrived)
        site.clock.forward(minutes=minutes / 2)
        site.sync()
        assert len(site.bpjs.arrived) == heard
        site.clock.forward(minutes=minutes)
        site.sync()
        assert len(site.bpjs.arrived) == heard + 1
    site.clock.at("23:00", day=7)
    site.sync()
    assert len(site.bpjs.arrived) == heard + 2
    assert site.push(no_rawat, "3").state == "due"

    site.clock.at("00:01", day=8)
    assert site.sync().report.exit_code == 0
    state, text = reason(site, no_rawat, "3")
    assert state == "closed"
    assert text == "lewat H+7: BPJS tidak menerima lagi"
    assert len(site.bpjs.arrived) == heard + 2


@pytest.mark.parametrize("as_date", [False, True], ids=["seconds", "date"])
def test_retry_after_is_noted_and_never_slept(site: Site, as_date: bool) -> None:
    """Obeyed by noting it: the pass ends at once, and the call is not repeated before its time."""
    no_rawat = patient(site)
    when = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=600), usegmt=True)
    site.bpjs.faults.add(Fault("http_429", path=UPDATE, retry_after=when if as_date else "600"))
    began = time.monotonic()
    site.sync()
    assert time.monotonic() - began < 10
    site.clock.forward(seconds=590)
    site.sync()
    assert len(site.bpjs.arrived) == 2
    site.clock.forward(seconds=200)
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00")]


# -- outages of BPJS


def test_three_faults_in_a_row_end_the_pass(site: Site) -> None:
    """One worker: the third fault is the last request; more workers: what was in flight lands,
    nothing new starts.
    """
    for _ in range(20):
        patient(site)
    site.bpjs.down = True
    done = site.sync(ANTREAN_WORKERS="1")
    assert len(site.bpjs.arrived) == 3
    assert done.report.exit_code == 5
    assert len(done.told) == 1


def test_calls_in_flight_land_when_the_pass_breaks_off(site: Site) -> None:
    visits = [patient(site) for _ in range(20)]
    site.bpjs.down = True
    site.sync(ANTREAN_WORKERS="4")
    assert 3 <= len(site.bpjs.arrived) <= 6
    assert "sending" not in {site.states(no_rawat)["add"] for no_rawat in visits}


def test_faults_with_a_good_answer_between_are_no_outage(site: Site) -> None:
    visits = [patient(site) for _ in range(8)]
    for place in (0, 1, 3, 4, 6, 7):
        site.bpjs.faults.add(Fault("html", path=ADD, kodebooking=visits[place]))
    done = site.sync(ANTREAN_WORKERS="1")
    assert done.report.exit_code == 5
    assert done.told == []
    assert [bool(site.held_at_bpjs(no_rawat)) for no_rawat in visits] == [
        False,
        False,
        True,
        False,
        False,
        True,
    ] + [False] * 2
    site.clock.forward(minutes=1)
    assert site.sync().report.exit_code == 0
    assert all(site.held_at_bpjs(no_rawat) for no_rawat in visits)


def test_one_booking_alone_shows_an_outage_too(site: Site) -> None:
    """Three faults in a row need not be of one pass; it is told once."""
    patient(site)
    site.bpjs.down = True
    told = []
    for _ in range(10):
        done = site.sync()
        assert done.report.exit_code == 5
        told += done.told
        site.clock.forward(minutes=1)
    assert len(told) == 1


def test_an_outage_is_probed_at_growing_intervals_and_told_by_each_new_cause(site: Site) -> None:
    """Probes after 1, 2, 4, 8, 10, 10 … minutes, one request of another booking each time; exit 5
    every minute.
    """
    names: tuple[FaultName, ...] = ("html", "empty", "http_500", "cut", "redirect")
    visits = [patient(site, exam="08:30:00") for _ in names]
    for name, no_rawat in zip(
        names, visits, strict=True
    ):  # the fault tells which booking was asked for
        site.bpjs.faults.add(Fault(name, kodebooking=no_rawat, times=None))
    site.env["ANTREAN_WORKERS"] = "1"
    assert len(site.sync().told) == 1
    assert len(site.bpjs.arrived) == 3

    probes, told = {}, {}
    for minute in range(1, 70):
        site.clock.forward(minutes=1)
        heard = len(site.bpjs.arrived)
        done = site.sync()
        assert done.report.exit_code == 5
        if done.told:
            told[minute] = done.told
        if len(site.bpjs.arrived) > heard:
            probes[minute] = [one.fault for one in site.bpjs.arrived[heard:]]
    assert list(probes) == [1, 3, 7, 15, 25, 35, 45, 55, 65]
    assert {len(faults) for faults in probes.values()} == {1}
    asked = [faults[0] for faults in probes.values()]
    assert all(one != other for one, other in pairwise(asked))
    assert set(asked[:5]) == set(names)
    assert told == {
        minute: [f"BPJS terganggu sejak 23-11 14:00, kini karena sebab lain: {cause}"]
        for minute, cause in {
            15: "sambungan ke BPJS terputus.",
            25: "BPJS_BASE_URL dialihkan ke alamat lain (HTTP 302). Isi BPJS_BASE_URL dengan "
            "alamat layanannya sendiri; bila sudah benar, periksa proxy di antaranya: ia "
            "mengalihkan, misalnya dari http ke https.",
        }.items()
    }

    site.bpjs.faults.clear()
    heard = len(site.bpjs.arrived)
    for _ in range(5):  # minutes 70 to 74: nobody knows yet that BPJS is back
        site.clock.forward(minutes=1)
        assert site.sync().report.exit_code == 5
    assert len(site.bpjs.arrived) == heard
    site.clock.forward(minutes=1)
    done = site.sync()
    assert done.report.exit_code == 0
    assert done.told == ["BPJS pulih setelah 1 jam 15 menit."]
    assert [site.held_at_bpjs(no_rawat) for no_rawat in visits] == [
        [(3, "08:05:00"), (4, "08:30:00")]
    ] * 5
    assert [site.push(no_rawat, "add").attempts for no_rawat in visits] == [0] * 5
    site.clock.forward(minutes=1)
    assert site.sync().told == []


def test_one_bad_booking_does_not_hide_that_bpjs_is_back(site: Site) -> None:
    """Each probe is of another booking."""
    bad, *good = [patient(site) for _ in range(4)]
    site.bpjs.down = True
    site.sync()
    site.bpjs.down = False
    site.bpjs.faults.add(Fault("html", kodebooking=bad, times=None))
    for _ in range(4):
        site.clock.forward(minutes=1)
        site.sync()
    assert [site.held_at_bpjs(no_rawat) for no_rawat in good] == [[(3, "08:05:00")]] * 3


def test_visits_of_an_outage_are_collected_all_the_same(site: Site) -> None:
    """What Khanza records during an outage of BPJS goes out after it, with its true times."""
    site.clock.at("08:10")
    for _ in range(3):
        patient(site)
    site.bpjs.stop()
    site.sync()
    site.clock.at("09:10")
    late = patient(site, jam="09:05:00")
    site.khanza.stts(late, "Sudah")
    site.sync()
    site.bpjs.start()
    for _ in range(11):
        site.clock.forward(minutes=1)
        site.sync()
    assert site.held_at_bpjs(late)[0] == (3, "09:05:00")


# -- credentials


def test_refused_credentials_stop_the_pass_at_once(site: Site) -> None:
    """Exit 4 after one request, told once and then once an hour; when they are accepted again, all
    goes on.
    """
    visits = [patient(site) for _ in range(20)]
    site.env["ANTREAN_WORKERS"] = "1"
    first = site.sync(BPJS_SECRET_KEY="salah")
    assert first.report.exit_code == 4
    assert len(first.told) == 1
    assert len(site.bpjs.arrived) == 1
    told = []
    for _ in range(16):
        site.clock.forward(minutes=4)
        heard = len(site.bpjs.arrived)
        done = site.sync(BPJS_SECRET_KEY="salah")
        assert done.report.exit_code == 4
        assert len(site.bpjs.arrived) == heard + 1
        told += done.told
    assert len(told) == 1

    site.clock.forward(minutes=1)
    done = site.sync()
    assert done.report.exit_code == 0
    assert len(done.told) == 1
    assert all(site.held_at_bpjs(no_rawat) == [(3, "08:05:00")] for no_rawat in visits)
    assert {site.push(no_rawat, "add").attempts for no_rawat in visits} == {0}


@pytest.mark.parametrize(
    ("name", "value"),
    [("BPJS_CONS_ID", "99999"), ("BPJS_SECRET_KEY", "salah"), ("BPJS_USER_KEY", "salah")],
)
def test_each_wrong_credential_is_exit_4(site: Site, name: str, value: str) -> None:
    patient(site)
    site.env[name] = value
    done = site.sync()
    assert done.report.exit_code == 4
    assert value not in "".join(done.told)
    assert site.bpjs.received == []


def test_a_clock_that_is_off_is_exit_4(site: Site) -> None:
    """BPJS refuses the timestamp: credentials or clock."""
    patient(site)
    with Simulator(
        cons_id=CONS_ID, secret_key=SECRET_KEY, user_key=USER_KEY, now=site.clock
    ) as strict:
        assert site.sync(BPJS_BASE_URL=strict.url).report.exit_code == 4  # it lives on another day
        assert strict.received == []


# -- Khanza


def due_in_the_ledger(site: Site) -> tuple[str, str]:
    """Leave one task and one add due in the ledger; return their visits."""
    task, add = patient(site), patient(site)
    site.bpjs.faults.add(Fault("gagal_dicoba", path=UPDATE, kodebooking=task))
    site.bpjs.faults.add(Fault("gagal_dicoba", path=ADD, kodebooking=add))
    site.sync()
    assert (site.states(task)["3"], site.states(add)["add"]) == ("due", "due")
    site.clock.forward(minutes=2)
    return task, add


def test_with_khanza_down_what_is_due_is_still_delivered(site: Site) -> None:
    """Adds wait, because their bodies come from Khanza; exit 5; told once, hourly, and when it is
    over.
    """
    task, add = due_in_the_ledger(site)
    first = site.sync(KHANZA_SOCKET=NOWHERE)
    assert first.report.exit_code == 5
    assert len(first.told) == 1
    assert site.held_at_bpjs(task) == [(3, "08:05:00")]
    assert site.states(add)["add"] == "due"
    told = []
    for _ in range(6):
        site.clock.forward(minutes=10)
        done = site.sync(KHANZA_SOCKET=NOWHERE)
        assert done.report.exit_code == 5
        told += done.told
    assert len(told) == 1

    site.clock.forward(minutes=1)
    done = site.sync()
    assert done.report.exit_code == 0
    assert done.told == ["Khanza pulih setelah 1 jam 1 menit."]
    assert site.held_at_bpjs(add) == [(3, "08:05:00")]


def test_a_server_that_is_stopped_and_started_again(site: Site, mariadb: MariaDB) -> None:
    no_rawat = patient(site)
    mariadb.stop()
    assert site.sync().report.exit_code == 5
    mariadb.start()
    site.clock.forward(minutes=1)
    assert site.sync().report.exit_code == 0
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00")]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("KHANZA_PASSWORD", "salah", "KHANZA_PASSWORD"),
        ("KHANZA_USER", "orang_lain", "KHANZA_USER"),
        ("KHANZA_DATABASE", "bukan_sik", "KHANZA_DATABASE"),
    ],
)
def test_a_refused_login_is_exit_8_and_nothing_is_sent(
    site: Site, name: str, value: str, said: str
) -> None:
    """Not even what is due in the ledger: the settings are wrong."""
    due_in_the_ledger(site)
    heard = len(site.bpjs.arrived)
    site.env[name] = value
    done = site.sync()
    assert done.report.exit_code == 8
    assert said in done.told[0]
    assert "salah" not in done.told[0]
    assert len(site.bpjs.arrived) == heard
    site.clock.forward(minutes=1)
    again = site.sync()
    assert (again.report.exit_code, again.told) == (8, [])


@pytest.mark.parametrize(
    ("break_it", "mend_it", "named"),
    [
        (
            "ALTER TABLE pemeriksaan_ralan CHANGE nip petugas varchar(20)",
            "ALTER TABLE pemeriksaan_ralan CHANGE petugas nip varchar(20)",
            ("pemeriksaan_ralan", "nip"),
        ),
        ("RENAME TABLE jadwal TO jadwal_lama", "RENAME TABLE jadwal_lama TO jadwal", ("jadwal",)),
        (
            "ALTER TABLE resep_obat CHANGE tgl_penyerahan tgl_lain "
            "date, CHANGE jam_penyerahan jam_lain time",
            "ALTER TABLE resep_obat CHANGE tgl_lain tgl_penyerahan "
            "date, CHANGE jam_lain jam_penyerahan time",
            ("resep_obat", "tgl_penyerahan", "jam_penyerahan"),
        ),
    ],
)
def test_a_wrong_schema_is_exit_8_and_nothing_is_sent(
    site: Site, mariadb: MariaDB, break_it: str, mend_it: str, named: tuple[str, ...]
) -> None:
    """The table and the columns are named; not even what is due is sent."""
    task, add = due_in_the_ledger(site)
    heard = len(site.bpjs.arrived)
    with mariadb.admin() as connection, connection.cursor() as cursor:
        cursor.execute(break_it)
        try:
            done = site.sync()
        finally:
            cursor.execute(mend_it)
    assert done.report.exit_code == 8
    (text,) = done.told
    assert [name for name in named if name not in text] == []
    assert len(site.bpjs.arrived) == heard
    site.clock.forward(minutes=1)
    assert site.sync().report.exit_code == 0
    assert site.held_at_bpjs(task) == site.held_at_bpjs(add) == [(3, "08:05:00")]


def test_of_several_troubles_the_worst_gives_the_exit_code(site: Site) -> None:
    """9, 8, 4, 130/143, 5, 3, 0: the first of these."""
    due_in_the_ledger(site)
    assert site.sync(BPJS_SECRET_KEY="salah", KHANZA_SOCKET=NOWHERE).report.exit_code == 4
    site.clock.forward(minutes=1)
    refused, broken = patient(site), patient(site)
    site.bpjs.bookings.refuse("rujukan_tidak_valid", kodebooking=refused)
    site.bpjs.faults.add(Fault("html", path=ADD, kodebooking=broken))
    assert site.sync().report.exit_code == 5


# -- time and sudden ends


def test_no_call_starts_with_less_than_three_seconds_left(site: Site) -> None:
    no_rawat = patient(site)
    done = site.sync(seconds=2)
    assert done.report.exit_code == 5
    assert site.bpjs.arrived == []
    assert site.sync().report.exit_code == 0
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00")]


def test_a_call_never_outlives_the_pass(site: Site) -> None:
    """A call's time-out is never longer than the rest of the pass, whatever BPJS_TIMEOUT says."""
    visits = [patient(site) for _ in range(3)]
    site.bpjs.faults.add(Fault("timeout_after", path=ADD, seconds=30))
    site.env["ANTREAN_WORKERS"] = "1"
    began = time.monotonic()
    done = site.sync(seconds=8, BPJS_TIMEOUT="20")
    assert time.monotonic() - began < 15
    assert done.report.exit_code == 5
    assert paths(site) == [ADD]
    site.clock.forward(minutes=1)
    assert site.sync().report.exit_code == 0
    assert all(site.held_at_bpjs(no_rawat) == [(3, "08:05:00")] for no_rawat in visits)


def set_sending(site: Site, kodebooking: str, step: str) -> None:
    """Leave a push as a killed process would: in flight."""
    connection = sqlite3.connect(site.state)
    with connection:
        changed = connection.execute(
            "UPDATE push SET state = 'sending' WHERE kodebooking = ? AND step = ?",
            (kodebooking, step),
        )
        assert changed.rowcount == 1
        connection.execute("UPDATE booking SET seal = NULL")
    connection.close()


@pytest.mark.parametrize("arrived", [True, False], ids=["had arrived", "had not"])
def test_a_task_found_in_sending_is_looked_up(site: Site, arrived: bool) -> None:
    """Unknown outcome after a crash: for a task ask getlisttask, then decide."""
    no_rawat = patient(site, exam="08:30:00")
    site.bpjs.faults.add(Fault("gagal_dicoba", path=UPDATE))
    site.sync()
    if arrived:
        site.bpjs.bookings.updatewaktu({"kodebooking": no_rawat, "taskid": "3", "waktu": AT_0805})
    set_sending(site, no_rawat, "3")
    before = len(site.bpjs.arrived)
    site.clock.forward(minutes=2)
    assert site.sync().report.exit_code == 0
    assert paths(site)[before:] == ([LIST, UPDATE] if arrived else [LIST, UPDATE, UPDATE])
    assert judged(site, UPDATE) == ([200] if arrived else [200, 200])
    final(site, UPDATE, no_rawat)


@pytest.mark.parametrize("arrived", [True, False], ids=["had arrived", "had not"])
@pytest.mark.parametrize("call", [ADD, BATAL])
def test_an_add_or_a_batal_found_in_sending_is_sent_again(
    site: Site, call: str, arrived: bool
) -> None:
    """208 settles them."""
    kodebooking = site.cancelled() if call == BATAL else patient(site, exam="08:30:00")
    site.bpjs.faults.add(Fault("gagal_dicoba", path=call, handled=arrived))
    site.sync()
    set_sending(site, kodebooking, "batal" if call == BATAL else "add")
    site.clock.forward(minutes=2)
    assert site.sync().report.exit_code == 0
    assert judged(site, call) == ([200, 208] if arrived else [200])
    final(site, call, kodebooking)


def test_what_was_in_flight_at_h_plus_8_is_closed(site: Site) -> None:
    """After H+7 BPJS takes nothing more: closed, expired; nothing is asked."""
    no_rawat = patient(site)
    site.bpjs.faults.add(Fault("gagal_dicoba", path=UPDATE))
    site.sync()
    set_sending(site, no_rawat, "3")
    heard = len(site.bpjs.arrived)
    site.clock.at("08:00", day=8)
    assert site.sync().report.exit_code == 0
    assert site.states(no_rawat)["3"] == "closed"
    assert len(site.bpjs.arrived) == heard


# -- in doubt, and then Khanza says something else


@pytest.mark.parametrize("arrived", [True, False], ids=["had arrived", "had not"])
def test_a_task_99_in_doubt_whose_cancel_is_undone(site: Site, arrived: bool) -> None:
    """It is looked up: if it had arrived the booking has ended, if not the undone cancel simply
    goes on.
    """
    site.clock.at("08:10")
    no_rawat = patient(site)
    site.sync()
    site.khanza.stts(no_rawat, "Batal")
    site.clock.at("08:20")
    site.sync()
    site.bpjs.faults.add(
        Fault("reset_after" if arrived else "reset_before", path=UPDATE, taskid=99)
    )
    site.clock.at("08:31")
    assert site.sync().report.exit_code == 5
    site.khanza.stts(no_rawat, "Belum")
    site.khanza.exam(no_rawat, "2026-11-23 08:32:00")
    for hhmm in ("08:33", "08:34", "08:50"):
        site.clock.at(hhmm)
        assert site.sync().report.exit_code == 0
    last = (99, "08:20:00") if arrived else (4, "08:32:00")
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), last]
    assert judged(site, UPDATE) == [200, 200]


def test_a_batal_in_doubt_that_is_undone_is_not_sent_again(site: Site) -> None:
    """A re-check-in deletes the _batal row: a batal that had not arrived must not cancel who is
    there again.
    """
    site.clock.at("07:20")
    no_rawat = site.khanza.visit(MONDAY, jam="08:00:00")
    nobooking = site.khanza.booking(no_rawat, MONDAY)
    site.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY))
    site.khanza.batal(nobooking, no_rawat=no_rawat)
    site.bpjs.faults.add(Fault("reset_before", path=BATAL))
    assert site.sync().report.exit_code == 5
    site.khanza.delete("referensi_mobilejkn_bpjs_batal", nobooking=nobooking)
    checkin = {"status": "Checkin", "validasi": "2026-11-23 07:30:00"}
    site.khanza.update("referensi_mobilejkn_bpjs", {"nobooking": nobooking}, **checkin)
    for hhmm in ("07:31", "07:32", "07:50"):
        site.clock.at(hhmm)
        assert site.sync().report.exit_code == 0
    assert site.held_at_bpjs(nobooking) == [(3, "07:30:00")]


@pytest.mark.parametrize("arrived", [True, False], ids=["had arrived", "had not"])
def test_an_add_in_doubt_of_a_visit_that_is_cancelled(site: Site, arrived: bool) -> None:
    """In the end BPJS does not hold a living booking for a visit that was cancelled at the desk."""
    site.clock.at("08:10")
    no_rawat = patient(site)
    site.bpjs.faults.add(Fault("reset_after" if arrived else "reset_before", path=ADD))
    assert site.sync().report.exit_code == 5
    site.khanza.stts(no_rawat, "Batal")
    site.bpjs.down = True
    site.clock.at("08:20")
    site.sync()
    site.bpjs.down = False
    for hhmm in ("08:31", "08:32", "08:45", "09:30"):
        site.clock.at(hhmm)
        assert site.sync().report.exit_code == 0
    assert {str(row["status"]) for row in site.bpjs.bookings.snapshot()} <= {"Batal"}
    assert not arrived or site.held_at_bpjs(no_rawat) == [(99, "08:20:00")]
    assert not {"due", "held", "sending", "refused"} & set(site.states(no_rawat).values())


@pytest.mark.parametrize("arrived", [True, False], ids=["had arrived", "had not"])
def test_a_task_in_doubt_of_a_deleted_visit_is_looked_up_and_not_sent(
    site: Site, arrived: bool
) -> None:
    """Khanza no longer has the visit: what BPJS has is noted, nothing more is told."""
    no_rawat = patient(site)
    site.bpjs.faults.add(Fault("reset_after" if arrived else "reset_before", path=UPDATE))
    assert site.sync().report.exit_code == 5
    site.khanza.delete("reg_periksa", no_rawat=no_rawat)
    for _ in range(3):
        site.clock.forward(minutes=1)
        assert site.sync().report.exit_code == 0
    assert site.held_at_bpjs(no_rawat) == ([(3, "08:05:00")] if arrived else [])
    assert site.states(no_rawat)["3"] == ("already" if arrived else "held")


def test_a_task_in_doubt_that_khanza_takes_back_is_not_sent(site: Site) -> None:
    """An exam that was deleted while its task was in doubt: true recorded times only."""
    no_rawat = patient(site, exam="08:30:00")
    site.bpjs.faults.add(Fault("reset_before", path=UPDATE, taskid=4))
    assert site.sync().report.exit_code == 5
    site.khanza.delete("pemeriksaan_ralan", no_rawat=no_rawat)
    for _ in range(3):
        site.clock.forward(minutes=1)
        assert site.sync().report.exit_code == 0
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00")]


def test_a_time_corrected_while_its_task_is_in_doubt_is_sent_as_corrected(site: Site) -> None:
    """The look-up does not find it, so that it goes out at the time that Khanza holds now."""
    no_rawat = patient(site, exam="08:30:00")
    site.bpjs.faults.add(Fault("reset_before", path=UPDATE, taskid=4))
    site.sync()
    site.khanza.update("pemeriksaan_ralan", {"no_rawat": no_rawat}, jam_rawat="08:33:00")
    site.clock.forward(minutes=1)
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:33:00")]


class AtOnce(ThreadPoolExecutor):
    """Makes a call in the moment it is handed over: what is not committed by then is not on the
    disk.
    """

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def on_disk(site: Site, kodebooking: str) -> dict[str, str]:
    """Return the state of each push of a booking as any other process would read it."""
    other = sqlite3.connect(site.state)
    found = other.execute(
        "SELECT step, state FROM push WHERE kodebooking = ?", (kodebooking,)
    ).fetchall()
    other.close()
    return dict(found)


def test_sending_and_the_outcome_before_are_on_the_disk_when_a_request_leaves(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`sending` is committed before a POST, the outcome before the booking's next one: whatever
    dies is found.
    """
    visits = [patient(site, exam="08:30:00") for _ in range(3)]
    left: list[tuple[str, dict[str, str]]] = []
    call = Client.call

    def watched(
        client: Client, name: str, body: dict[str, Any], **more: Any
    ) -> answers.Reply | Broken:
        left.append((body.get("taskid", "add"), on_disk(site, body["kodebooking"])))
        return call(client, name, body, **more)

    monkeypatch.setattr(flights, "ThreadPoolExecutor", AtOnce)
    monkeypatch.setattr(Client, "call", watched)
    assert site.sync().report.exit_code == 0
    steps = ("add", "3", "4")
    assert sorted(step for step, _ in left) == sorted(steps * len(visits))
    for step, states in left:
        done = steps[: steps.index(step)]
        assert {name: states[name] for name in (*done, step)} == {
            **dict.fromkeys(done, "sent"),
            step: "sending",
        }


def test_after_h_plus_7_nothing_is_sent_although_khanza_is_down(site: Site) -> None:
    """Nobody plans anew then: what is too late is closed before anything is delivered."""
    task, add = due_in_the_ledger(site)
    heard = len(site.bpjs.arrived)
    site.clock.at("00:01", day=8)
    assert site.sync(KHANZA_SOCKET=NOWHERE).report.exit_code == 5
    assert len(site.bpjs.arrived) == heard
    assert (site.states(task)["3"], site.states(add)["add"]) == ("closed", "closed")


def test_a_probe_is_one_request_whatever_the_workers(site: Site) -> None:
    for _ in range(8):
        patient(site)
    site.bpjs.down = True
    site.sync(ANTREAN_WORKERS="4")
    heard = len(site.bpjs.arrived)
    site.clock.forward(minutes=2)
    site.sync(ANTREAN_WORKERS="4")
    assert len(site.bpjs.arrived) == heard + 1


def test_refused_credentials_are_tried_with_one_request_whatever_the_workers(site: Site) -> None:
    for _ in range(8):
        patient(site)
    wrong = {"BPJS_SECRET_KEY": "salah", "ANTREAN_WORKERS": "4"}
    site.sync(**wrong)  # type: ignore[arg-type]
    heard = len(site.bpjs.arrived)
    site.clock.forward(minutes=1)
    assert site.sync(**wrong).report.exit_code == 4  # type: ignore[arg-type]
    assert len(site.bpjs.arrived) == heard + 1


def test_a_list_that_cannot_be_read_is_asked_for_once(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in doubt is sent again, and 208 settles it: BPJS is not asked without end."""
    no_rawat = patient(site)
    site.bpjs.faults.add(Fault("reset_after", path=UPDATE))
    site.sync()
    monkeypatch.setattr("antrean_cli.bpjs.replies.decrypt", lambda *_: {"lain": "bentuknya"})
    heard = len(site.bpjs.arrived)
    site.clock.forward(minutes=1)
    assert site.sync(seconds=5).report.exit_code == 0
    assert paths(site)[heard:] == [LIST, UPDATE, LIST]
    assert site.states(no_rawat)["3"] == "already"


def in_doubt_and_held(site: Site, *, taken: bool) -> str:
    """An add of a NON JKN patient whose answer got lost, and then the payer is corrected: it lacks
    a reference now.
    """
    no_rawat = site.khanza.visit(MONDAY, jam="08:05:00", kd_pj="UMU")
    site.bpjs.faults.add(Fault("reset_after" if taken else "cut", path=ADD, handled=taken))
    site.sync()
    assert site.push(no_rawat, "add").needs_lookup
    site.khanza.update("reg_periksa", {"no_rawat": no_rawat}, kd_pj="BPJ")
    site.clock.forward(minutes=1)
    site.sync()
    return no_rawat


def test_an_add_in_doubt_that_cannot_be_repeated_does_not_stop_the_tasks(site: Site) -> None:
    """BPJS's answer to the first task tells whether the booking exists."""
    no_rawat = in_doubt_and_held(site, taken=True)
    assert site.states(no_rawat) == {"add": "already", "3": "sent"}
    assert site.sent(ADD) == [(no_rawat, "", 200)]


def test_a_task_that_shows_that_the_add_in_doubt_never_came_waits_for_it(site: Site) -> None:
    no_rawat = in_doubt_and_held(site, taken=False)
    assert site.states(no_rawat) == {"add": "held", "3": "held"}
    assert not site.push(no_rawat, "add").needs_lookup
    for _ in range(3):
        site.clock.forward(minutes=1)
        site.sync()
    assert len(site.sent(UPDATE)) == 2  # it asks again after a minute, then after four more
    site.khanza.sep(no_rawat)
    site.clock.forward(minutes=1)
    site.sync()
    assert site.states(no_rawat) == {"add": "sent", "3": "sent"}


@pytest.mark.parametrize("closed_by", ["drop", "batal"])
def test_a_task_in_doubt_that_is_given_up_is_known_all_the_same(site: Site, closed_by: str) -> None:
    """BPJS has it: the ledger must not say that it was given up."""
    no_rawat = patient(site)
    site.bpjs.faults.add(Fault("reset_after", path=UPDATE))
    site.sync()
    assert site.push(no_rawat, "3").needs_lookup
    more = ["3"] if closed_by == "drop" else []
    assert site.run(closed_by, no_rawat, *more, "--keterangan", "uji").returncode == 0
    site.clock.forward(minutes=1)
    site.sync()
    assert site.states(no_rawat)["3"] == "already"
    assert site.sent(UPDATE) == [(no_rawat, "3", 200)]


def test_an_add_in_doubt_that_is_given_up_is_cancelled_with_its_visit(site: Site) -> None:
    no_rawat = patient(site)
    site.bpjs.faults.add(Fault("reset_after", path=ADD))
    site.sync()
    assert site.run("drop", no_rawat, "--keterangan", "uji").returncode == 0
    site.khanza.stts(no_rawat, "Batal")
    for _ in range(2):
        site.clock.forward(minutes=11)
        site.sync()
    assert site.held_at_bpjs(no_rawat)[-1][0] == 99
    site.clock.at("10:00", day=8)
    site.sync()
    assert not site.push(no_rawat, "add").needs_lookup


def test_of_a_booking_dropped_while_a_task_is_on_its_way_nothing_follows(site: Site) -> None:
    no_rawat = patient(site)
    site.bpjs.latency = 1
    with site.running("sync", CLOCK=site.clock.now.isoformat()) as process:
        wait_for(lambda: len(site.bpjs.arrived) == 2)
        assert site.run("drop", no_rawat, "--keterangan", "uji").returncode == 0
        process.communicate(timeout=30)
    site.bpjs.latency = 0
    site.khanza.exam(no_rawat, f"{MONDAY} 08:30:00")
    site.clock.forward(minutes=1)
    site.sync()
    assert site.states(no_rawat) == {"add": "sent", "3": "sent", "4": "closed"}


def booked(site: Site) -> tuple[str, str]:
    """Return no_rawat and nobooking of a Mobile JKN booking whose patient has come and been
    examined.
    """
    no_rawat = site.khanza.visit(MONDAY, jam="08:05:00")
    nobooking = site.khanza.booking(no_rawat, MONDAY)
    site.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY))
    site.khanza.exam(no_rawat, f"{MONDAY} 08:35:00")
    return no_rawat, nobooking


def test_no_doubt_about_a_task_keeps_a_cancel_waiting(site: Site) -> None:
    _, nobooking = booked(site)
    site.bpjs.faults.add(Fault("reset_after", path=UPDATE))
    site.sync()
    assert site.push(nobooking, "3").needs_lookup
    site.khanza.batal(nobooking)
    site.bpjs.faults.add(Fault("gagal_dicoba", path=LIST, times=None))
    site.clock.forward(minutes=1)
    site.sync()
    assert site.sent(BATAL) == [(nobooking, "", 200)]


def test_what_is_overtaken_is_refused_although_no_list_comes(site: Site) -> None:
    """BPJS holds a later task already, and its list cannot be had: a person has to look, and nobody
    asks for ever.
    """
    no_rawat = patient(site)
    site.sync()
    for taskid, clock in ((4, "08:30:00"), (5, "08:40:00")):
        waktu = int(datetime.fromisoformat(f"{MONDAY} {clock}+07:00").timestamp() * 1000)
        site.bpjs.bookings.updatewaktu({"kodebooking": no_rawat, "taskid": taskid, "waktu": waktu})
    (row,) = site.bpjs.bookings.snapshot()
    tasks: Any = row["tasks"]
    site.bpjs.bookings.load([{**row, "tasks": [task for task in tasks if task["taskid"] != 4]}])
    site.bpjs.faults.add(Fault("not_found_yet", path=LIST, times=None))
    site.khanza.exam(no_rawat, f"{MONDAY} 08:35:00")
    for _ in range(5):
        site.clock.forward(minutes=5)
        site.sync()
    assert site.states(no_rawat)["4"] == "refused"
    assert [taskid for _, taskid, _ in site.sent(UPDATE)].count("4") == 1


@pytest.mark.parametrize("settled_by", ["task", "batal", "99"])
def test_an_add_in_doubt_that_was_closed_is_settled_by_whatever_bpjs_has_of_the_booking(
    site: Site, settled_by: str
) -> None:
    no_rawat = patient(site)
    site.bpjs.faults.add(Fault("undefined_error", path=ADD, handled=True))
    site.sync()
    assert site.run("drop", no_rawat, "add", "--keterangan", "uji").returncode == 0
    if settled_by == "99":
        at = int(datetime.fromisoformat(f"{MONDAY} 09:00:00+07:00").timestamp() * 1000)
        site.bpjs.bookings.updatewaktu({"kodebooking": no_rawat, "taskid": 99, "waktu": at})
    elif settled_by == "batal":
        assert site.run("batal", no_rawat, "--keterangan", "uji").returncode == 0
    for _ in range(3):
        site.clock.forward(minutes=6)
        site.sync()
    add = site.push(no_rawat, "add")
    assert (add.state, add.needs_lookup) == ("already", False)
