"""What a pass decides: which visits, which adds, tasks and cancels, and what it leaves alone."""

from __future__ import annotations

import sqlite3
from datetime import date, timedelta
from typing import Any

import pytest

from antrean_cli.ledger.file import locked
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.simulator.faults import Fault
from antrean_cli.sync.run import Pass
from tests.support.mariadb import MariaDB
from tests.support.patients import added_elsewhere, patient
from tests.support.rows import words
from tests.support.site import MONDAY, WIB, Site

TUESDAY = MONDAY + timedelta(days=1)
SUNDAY = MONDAY - timedelta(days=1)
ADD, UPDATE, BATAL, LIST = (
    "/antrean/add",
    "/antrean/updatewaktu",
    "/antrean/batal",
    "/antrean/getlisttask",
)


def booked(
    site: Site, tanggal: date = MONDAY, *, checkin: str | None = None, known: bool = True
) -> tuple[str, str]:
    """Book in Mobile JKN (BPJS knows it unless told otherwise), checked in at `checkin`; return
    no_rawat, nobooking.
    """
    no_rawat = site.khanza.visit(tanggal, jam="08:00:00")
    nobooking = site.khanza.booking(no_rawat, tanggal)
    if checkin:
        check_in(site, nobooking, f"{tanggal} {checkin}")
    if known:
        site.bpjs.bookings.mobile_jkn(nobooking, str(tanggal))
    return no_rawat, nobooking


def check_in(site: Site, nobooking: str, validasi: str) -> None:
    """Let the patient check in."""
    site.khanza.update(
        "referensi_mobilejkn_bpjs", {"nobooking": nobooking}, status="Checkin", validasi=validasi
    )


def reason(site: Site, kodebooking: str, step: str) -> tuple[str, str]:
    """Return state and reason of a push."""
    push = site.push(kodebooking, step)
    return push.state, words(push.reason) if push.reason else ""


def steps_known(site: Site, kodebooking: str) -> list[str]:
    """Return the calls that BPJS judged for a booking, in order:

    "add", "3", "batal", "getlisttask" …
    """
    return [
        str(one.body.get("taskid", one.path.rpartition("/")[2]))
        for one in site.bpjs.received
        if one.body and one.body["kodebooking"] == kodebooking
    ]


def body_of_add(site: Site, kodebooking: str) -> dict[str, object]:
    """Return the add that BPJS received for a booking."""
    bodies = [one.body for one in site.bpjs.received if one.path.endswith(ADD) and one.body]
    return dict(next(body for body in bodies if body["kodebooking"] == kodebooking))


# -- which visits


def test_the_first_pass_begins_with_today_and_the_ledger_keeps_that_day(site: Site) -> None:
    """No pass goes before the first one's day, so that no history is sent by accident."""
    old = patient(site, SUNDAY)
    today = patient(site)
    site.clock.at("09:00")
    site.sync()
    older = patient(site, SUNDAY)
    for day, hhmm in ((0, "09:01"), (0, "10:30"), (1, "00:10"), (3, "12:00")):
        site.clock.at(hhmm, day=day)
        site.sync()
    assert site.held_at_bpjs(today) == [(3, "08:05:00")]
    assert steps_known(site, old) == steps_known(site, older) == []


def test_since_moves_the_beginning_back_and_it_stays_there(site: Site) -> None:
    old = patient(site, SUNDAY)
    before = patient(site, SUNDAY - timedelta(days=1))
    site.sync()
    site.clock.forward(minutes=1)
    site.sync(since=SUNDAY)
    late = patient(site, SUNDAY)
    site.clock.forward(minutes=61)
    site.sync()
    assert site.held_at_bpjs(old) == site.held_at_bpjs(late) == [(3, "08:05:00")]
    assert steps_known(site, before) == []


def test_since_reaches_back_to_h_minus_7(site: Site) -> None:
    oldest = patient(site, MONDAY - timedelta(days=7))
    site.sync(since=MONDAY - timedelta(days=7))
    assert site.held_at_bpjs(oldest) == [(3, "08:05:00")]


def test_days_without_a_pass_are_made_up_for(site: Site) -> None:
    """The window goes from the checkpoint to today."""
    site.sync()
    visits = [patient(site, MONDAY + timedelta(days=day)) for day in (1, 2, 3, 4)]
    site.clock.at("10:00", day=4)
    site.sync()
    assert [site.held_at_bpjs(no_rawat) for no_rawat in visits] == [[(3, "08:05:00")]] * 4


def test_the_checkpoint_stays_while_khanza_cannot_be_read(site: Site) -> None:
    """The checkpoint is the date of the last complete collect."""
    site.sync()
    visits = []
    for day in (1, 2, 3):
        visits.append(patient(site, MONDAY + timedelta(days=day)))
        site.clock.at("10:00", day=day)
        assert site.sync(KHANZA_SOCKET="/nonexistent").report.exit_code == 5
    site.clock.at("10:30", day=3)
    site.sync()
    assert [site.held_at_bpjs(no_rawat) for no_rawat in visits] == [[(3, "08:05:00")]] * 3


def test_antrean_days_bounds_the_window(site: Site) -> None:
    """Never earlier than ANTREAN_DAYS ago."""
    site.sync()
    three, two, one = (patient(site, MONDAY + timedelta(days=day)) for day in (2, 3, 4))
    site.clock.at("10:00", day=5)
    site.sync(ANTREAN_DAYS="2")
    assert steps_known(site, three) == []
    assert site.held_at_bpjs(two) == site.held_at_bpjs(one) == [(3, "08:05:00")]


def test_once_an_hour_everything_is_looked_at_again(site: Site) -> None:
    """A row dated three days back, written just after a full look, goes out within the hour."""
    site.sync()
    for day in (1, 2, 3):
        site.clock.at("10:00", day=day)
        site.sync()
    late = patient(site)
    for _ in range(6):
        site.clock.forward(minutes=10)
        site.sync()
    assert site.held_at_bpjs(late) == [(3, "08:05:00")]


def test_what_is_held_is_looked_at_in_every_pass_however_old(site: Site) -> None:
    """*Held* goes on by itself once its reason is gone, also days later and
    between two full looks.
    """
    no_rawat = site.khanza.visit(MONDAY)
    site.sync()
    for day in range(1, 6):
        site.clock.at("10:00", day=day)
        site.sync()
    site.khanza.sep(no_rawat)
    site.clock.forward(minutes=2)
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00")]


def test_a_visit_whose_number_differs_from_its_date_by_a_day_is_found(site: Site) -> None:
    """Scan a day wider, then filter (khanza/README.md, Things that bite, 1)."""
    site.clock.at("07:00")
    site.sync()
    no_rawat = patient(site, TUESDAY)
    site.khanza.update("reg_periksa", {"no_rawat": no_rawat}, tgl_registrasi=MONDAY)
    site.clock.at("09:00")
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00")]
    assert body_of_add(site, no_rawat)["tanggalperiksa"] == "2026-11-23"


def statements(site: Site, mariadb: MariaDB, **env: Any) -> list[str]:
    """Make a pass; return what it asked the server for."""
    with mariadb.overheard() as said:
        site.sync(**env)
        return said()


def test_a_pass_asks_a_constant_number_of_questions_and_only_reads(
    site: Site, mariadb: MariaDB
) -> None:
    """A constant number of queries a pass, whatever the number of visits;
    Khanza is never written.
    """
    patient(site)
    few = statements(site, mariadb)
    for _ in range(40):
        patient(site, exam="08:30:00")
        booked(site, checkin="07:45:00")
    site.clock.forward(minutes=1)
    many = statements(site, mariadb)
    assert len(few) > 5
    assert len(many) == len(few)
    assert {sql.split()[0].upper() for sql in many} <= {"SELECT", "SET", "START", "COMMIT"}


def test_surat_kontrol_is_asked_for_at_most_every_five_minutes(
    site: Site, mariadb: MariaDB
) -> None:
    """No index on tgl_rencana: ask only while an onsite visit lacks its SEP, at most every five
    minutes.
    """
    site.clock.at("08:10")
    patient(site)
    with_sep = statements(site, mariadb)
    no_rawat = site.khanza.visit(MONDAY, jam="08:06:00")
    asked = []
    for minute in range(11, 23):
        site.clock.at(f"08:{minute}")
        queries = statements(site, mariadb)
        asked += (
            [minute]
            if any("bridging_surat_kontrol_bpjs" in sql and "tgl_rencana" in sql for sql in queries)
            else []
        )
    assert not [sql for sql in with_sep if "tgl_rencana BETWEEN" in sql]
    assert asked == [11, 16, 21]

    norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
    no_surat = site.khanza.surat_kontrol(norm, MONDAY, "INT")
    site.clock.at("08:26")
    site.sync()
    body = body_of_add(site, no_rawat)
    assert (body["jeniskunjungan"], body["nomorreferensi"]) == (3, no_surat)


def test_where_somebody_else_adds_the_desks_visits_no_surat_kontrol_is_asked_for(
    site: Site, mariadb: MariaDB
) -> None:
    site.khanza.visit(MONDAY)
    assert not [
        sql for sql in statements(site, mariadb, ANTREAN_ADD="nonjkn") if "tgl_rencana" in sql
    ]
    assert [sql for sql in statements(site, mariadb) if "tgl_rencana BETWEEN" in sql]


def test_surat_kontrol_are_asked_for_of_all_days_that_lack_one(site: Site) -> None:
    monday = site.khanza.visit(MONDAY)
    site.sync()
    site.clock.at("10:00", day=1)
    tuesday = site.khanza.visit(MONDAY + timedelta(days=1))
    for no_rawat, day in ((monday, 0), (tuesday, 1)):
        norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
        site.khanza.surat_kontrol(norm, MONDAY + timedelta(days=day), "INT")
    site.sync()
    assert [site.states(no_rawat)["add"] for no_rawat in (monday, tuesday)] == ["sent", "sent"]


@pytest.mark.parametrize(
    ("setting", "value"),
    [("ANTREAN_SKIP_POLI", "ANA"), ("ANTREAN_SKIP_POLI", "IGD,ANAK"), ("ANTREAN_ONLY_POLI", "INT")],
)
def test_clinics_left_out_are_never_told(site: Site, setting: str, value: str) -> None:
    """ANTREAN_SKIP_POLI and ANTREAN_ONLY_POLI, in Khanza's or BPJS's code."""
    site.khanza.update("maping_poli_bpjs", {"kd_poli_rs": "ANA"}, kd_poli_bpjs="ANAK")
    no_rawat = patient(site, kd_poli="ANA")
    other = patient(site)
    site.env[setting] = value
    assert site.sync().report.exit_code == 0
    assert steps_known(site, no_rawat) == []
    assert site.held_at_bpjs(other) == [(3, "08:05:00")]


# -- three kinds, and what is added


def test_add_then_all_tasks_in_one_pass(site: Site) -> None:
    """A whole visit, found at its end, goes out in order in a single pass."""
    no_rawat = patient(site, exam="08:30:00")
    site.khanza.berkas(no_rawat, kembali="2026-11-23 08:50:00")
    site.khanza.resep(
        no_rawat,
        dibuat="2026-11-23 08:45:00",
        divalidasi="2026-11-23 09:00:00",
        diserahkan="2026-11-23 09:20:00",
    )
    assert site.sync().report.exit_code == 0
    assert steps_known(site, no_rawat) == ["add", "3", "4", "5", "6", "7"]
    assert site.held_at_bpjs(no_rawat) == [
        (3, "08:05:00"),
        (4, "08:30:00"),
        (5, "08:50:00"),
        (6, "09:00:00"),
        (7, "09:20:00"),
    ]


def test_the_three_kinds_of_visits(site: Site) -> None:
    """A visit with a SEP or a Mobile JKN booking is never NON JKN, whatever its payer."""
    onsite = patient(site)
    nonjkn = site.khanza.visit(MONDAY, kd_pj="UMU")
    with_sep = site.khanza.visit(MONDAY, kd_pj="UMU")
    site.khanza.sep(with_sep)
    no_rawat, nobooking = booked(site, checkin="07:45:00")
    site.khanza.update("reg_periksa", {"no_rawat": no_rawat}, kd_pj="UMU")
    assert site.sync().report.exit_code == 0

    added = {kodebooking: code for kodebooking, _, code in site.sent(ADD)}
    assert added == {onsite: 200, nonjkn: 200, with_sep: 200}
    assert {
        kodebooking: body_of_add(site, kodebooking)["jenispasien"] for kodebooking in added
    } == {
        onsite: "JKN",
        nonjkn: "NON JKN",
        with_sep: "JKN",
    }
    body = body_of_add(site, nonjkn)
    assert (body["nomorkartu"], body["nomorreferensi"], body["jeniskunjungan"]) == ("", "", 3)
    assert site.held_at_bpjs(nobooking) == [(3, "07:45:00")]
    assert steps_known(site, no_rawat) == []


def test_the_payers_that_mean_bpjs_can_be_set(site: Site) -> None:
    """ANTREAN_KD_PJ wins over password_asuransi."""
    first, second = (site.khanza.visit(MONDAY, kd_pj=kd_pj) for kd_pj in ("A02", "BPJ"))
    site.sync(ANTREAN_KD_PJ="A02,A63")
    assert reason(site, first, "add")[0] == "held"  # onsite, without a reference
    assert body_of_add(site, second)["jenispasien"] == "NON JKN"


def test_a_payer_that_comes_to_mean_bpjs_is_seen_at_once(site: Site) -> None:
    """password_asuransi filled in the middle of the day: visits that were left alone until then go
    out.
    """
    site.khanza.delete("password_asuransi", kd_pj="BPJ")
    no_rawat = site.khanza.visit(MONDAY)
    site.env["ANTREAN_ADD"] = "onsite"
    for _ in range(3):
        site.sync()
        site.clock.forward(minutes=1)
    site.khanza.insert("password_asuransi", kd_pj="BPJ")
    site.sync()
    assert reason(site, no_rawat, "add")[0] == "held"


@pytest.mark.parametrize(
    ("add", "onsite_steps", "nonjkn_steps", "unknown_steps"),
    [
        ("onsite,nonjkn", ["add", "3"], ["add", "3"], ["3"]),
        ("onsite", ["add", "3"], [], ["3"]),
        ("nonjkn", ["3"], ["add", "3"], ["3"]),
        ("", ["3"], [], ["3"]),
        ("mobilejkn", ["3"], [], ["3", "add", "3"]),
    ],
)
def test_antrean_add_says_which_kinds_are_added(
    site: Site, add: str, onsite_steps: list[str], nonjkn_steps: list[str], unknown_steps: list[str]
) -> None:
    """Of a kind not in ANTREAN_ADD: onsite and mobilejkn get their tasks all the same, nonjkn is
    left alone.
    """
    onsite, nonjkn = patient(site), site.khanza.visit(MONDAY, kd_pj="UMU")
    _, known = booked(site, checkin="07:45:00")
    _, unknown = booked(site, checkin="07:46:00", known=False)
    if "onsite" not in add:  # somebody else added it
        site.bpjs.bookings.mobile_jkn(onsite, str(MONDAY))
    site.env["ANTREAN_ADD"] = add
    site.sync()
    site.clock.forward(seconds=30)  # too soon for another try of the task that BPJS did not know
    site.sync()

    assert steps_known(site, onsite) == onsite_steps
    assert steps_known(site, nonjkn) == nonjkn_steps
    assert steps_known(site, known) == ["3"]
    assert steps_known(site, unknown) == unknown_steps


def test_a_mobile_jkn_booking_that_bpjs_does_not_know_is_added_with_its_own_fields(
    site: Site,
) -> None:
    """Only after "Kode Booking tidak ditemukan"; then its tasks go on."""
    _, nobooking = booked(site, checkin="07:45:00", known=False)
    site.env["ANTREAN_ADD"] = "mobilejkn,onsite,nonjkn"
    for _ in range(3):
        site.sync()
        site.clock.forward(minutes=3)
    assert steps_known(site, nobooking) == ["3", "add", "3"]
    assert body_of_add(site, nobooking)["nomorreferensi"] == "0301U0011126Y000001"
    assert site.held_at_bpjs(nobooking) == [(3, "07:45:00")]


def test_a_mobile_jkn_booking_whose_add_is_refused_is_left_alone(site: Site) -> None:
    """ "Kode Booking tidak ditemukan" after a refused add: held, "antrean ditolak: …", no more
    calls.
    """
    no_rawat, nobooking = booked(site, checkin="07:45:00", known=False)
    norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
    site.bpjs.bookings.refuse("rujukan_tidak_valid", norm=norm)
    site.env["ANTREAN_ADD"] = "mobilejkn,onsite,nonjkn"
    for _ in range(4):
        site.sync()
        site.clock.forward(minutes=5)
    why = "Rujukan tidak valid (diambil dari referensi_mobilejkn_bpjs.nomorreferensi)"
    assert reason(site, nobooking, "add") == ("refused", why)
    assert reason(site, nobooking, "3") == ("held", f"antrean ditolak: {why}")

    heard = steps_known(site, nobooking)
    for _ in range(4):
        site.clock.forward(minutes=31)
        patient(site)  # so that there is something to send
        site.sync()
    assert steps_known(site, nobooking) == heard


def test_a_booking_that_comes_to_be_known_goes_on_by_itself(site: Site) -> None:
    """Mobile JKN bookings are somebody else's to add: once BPJS knows this one,
    its tasks go out.
    """
    no_rawat, nobooking = booked(site, checkin="07:45:00", known=False)
    site.khanza.exam(no_rawat, "2026-11-23 08:30:00")
    site.sync()
    assert steps_known(site, nobooking) == ["3"]
    assert site.states(nobooking)["4"] == "held"
    site.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY))
    for _ in range(3):
        site.clock.forward(minutes=2)
        site.sync()
    assert site.held_at_bpjs(nobooking) == [(3, "07:45:00"), (4, "08:30:00")]


def test_a_held_add_makes_its_tasks_wait(site: Site) -> None:
    """Onsite without SEP and surat kontrol:

    "menunggu nomor referensi"; with the SEP, add and tasks go out.
    """
    no_rawat = site.khanza.visit(MONDAY)
    site.khanza.exam(no_rawat, "2026-11-23 08:30:00")
    assert site.sync().report.exit_code == 0
    assert site.sent() == [(no_rawat, "3", 201)]  # a kiosk might have added it
    state, text = reason(site, no_rawat, "add")
    assert state == "held"
    assert "menunggu nomor referensi" in text
    assert reason(site, no_rawat, "3") == ("held", f"antrean belum ada di BPJS: {text}")
    assert reason(site, no_rawat, "4") == ("held", "menunggu task 3")

    site.khanza.sep(no_rawat)
    site.clock.forward(minutes=1)
    site.sync()
    assert steps_known(site, no_rawat) == ["3", "add", "3", "4"]


@pytest.mark.parametrize(
    ("table", "where", "name"),
    [
        ("maping_poli_bpjs", {"kd_poli_rs": "INT"}, "INT"),
        ("maping_dokter_dpjpvclaim", {"kd_dokter": "D01"}, "D01"),
        ("jadwal", {"kd_dokter": "D01"}, "D01"),
    ],
)
def test_what_is_not_mapped_is_held_with_the_table_to_fill(
    site: Site, table: str, where: dict[str, str], name: str
) -> None:
    """Unmapped clinic or doctor, no schedule: held, with the table to fill."""
    site.khanza.delete(table, **where)
    no_rawat = patient(site, exam="08:30:00")
    assert site.sync().report.exit_code == 0
    state, text = reason(site, no_rawat, "add")
    assert state == "held"
    assert table in text
    assert name in text
    assert site.sent(ADD) == []


def test_a_pass_that_is_stopped_says_nothing_of_the_time(site: Site) -> None:
    """What it leaves was not left for want of time: the signal itself is the reason."""
    patient(site)
    with locked(site.state), Ledger.open(site.state, WIB) as ledger:
        one = Pass(settings=site.settings(), ledger=ledger, clock=site.clock)
        one.stop.set()
        assert list(one.run())
    assert one.report.later == 2
    assert one.report.errors == []


def test_a_refused_add_does_not_stop_the_tasks_of_a_booking_that_bpjs_has(site: Site) -> None:
    """A refused add does not by itself stop the tasks: BPJS's answer to the first one tells."""
    site.clock.at("08:10")
    no_rawat = patient(site, jam="08:30:00")
    norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
    site.bpjs.bookings.refuse("rujukan_tidak_valid", norm=norm)
    assert site.sync().report.exit_code == 3
    why = "Rujukan tidak valid (diambil dari bridging_sep.no_rujukan)"
    assert reason(site, no_rawat, "add") == ("refused", why)

    added_elsewhere(site, no_rawat)
    site.clock.at("08:31")
    assert site.sync().report.exit_code == 0
    assert site.held_at_bpjs(no_rawat) == [(3, "08:30:00")]
    assert steps_known(site, no_rawat) == ["add", "3"]


def test_tasks_of_a_refused_add_that_bpjs_does_not_know_are_held(site: Site) -> None:
    """ "Kode Booking tidak ditemukan" after a refused add: held, "antrean ditolak: …", no more
    calls.
    """
    no_rawat = patient(site, exam="08:30:00")
    norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
    site.bpjs.bookings.refuse("dokter_tidak_ada", norm=norm)
    assert site.sync().report.exit_code == 3
    assert steps_known(site, no_rawat) == ["add", "3"]
    why = "Data dokter tidak ditemukan. (diambil dari maping_dokter_dpjpvclaim.kd_dokter_bpjs)"
    assert reason(site, no_rawat, "3") == ("held", f"antrean ditolak: {why}")
    assert site.states(no_rawat)["4"] == "held"
    for _ in range(5):
        site.clock.forward(minutes=31)
        assert site.sync().report.exit_code == 0
    assert steps_known(site, no_rawat) == ["add", "3"]


def test_a_moments_delay_after_an_add_is_waited_out(site: Site) -> None:
    """ "Kode Booking tidak ditemukan" after an accepted add: again later, and no second add."""
    no_rawat = patient(site)
    site.bpjs.faults.add(Fault("not_found_yet", path=UPDATE))
    site.sync()
    assert site.push(no_rawat, "3").state == "due"
    site.clock.forward(minutes=2)
    site.sync()
    assert steps_known(site, no_rawat) == ["add", "3"]  # the first try was answered by the fault
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00")]


def test_a_sep_before_the_add_closes_the_booking(site: Site) -> None:
    """ "… sudah terbit SEP …": closed as "SEP mendahului antrean", with its tasks; nobody is
    bothered.
    """
    no_rawat = patient(site, exam="08:30:00")
    norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
    site.bpjs.bookings.refuse("sep", norm=norm)
    assert site.sync().report.exit_code == 0
    assert reason(site, no_rawat, "add") == ("closed", "SEP mendahului antrean")
    assert {site.states(no_rawat)[step] for step in ("3", "4")} == {"closed"}
    heard = len(site.bpjs.arrived)
    site.clock.forward(hours=2)
    assert site.sync().changes == []
    assert len(site.bpjs.arrived) == heard


def test_a_non_jkn_add_waits_for_its_delay(site: Site) -> None:
    """The payer is often corrected: what was UMUM at first and BPJS before the delay is never told
    as NON JKN.
    """
    site.clock.at("08:06")
    stays, corrected = (
        site.khanza.visit(MONDAY, kd_pj="UMU"),
        site.khanza.visit(MONDAY, kd_pj="UMU"),
    )
    for hhmm in ("08:06", "08:10", "08:19"):
        site.clock.at(hhmm)
        site.sync()
    assert site.bpjs.arrived == []
    site.khanza.update("reg_periksa", {"no_rawat": corrected}, kd_pj="BPJ")
    site.khanza.sep(corrected)
    site.clock.at("08:20")
    site.sync()
    assert body_of_add(site, stays)["jenispasien"] == "NON JKN"
    assert body_of_add(site, corrected)["jenispasien"] == "JKN"
    assert site.held_at_bpjs(stays) == site.held_at_bpjs(corrected) == [(3, "08:05:00")]


@pytest.mark.parametrize(
    ("column", "value", "old"),
    [("kd_pj", "UMU", "BPJ"), ("kd_poli", "ANA", "INT"), ("kd_dokter", "D03", "D01")],
)
def test_what_changes_in_khanza_after_the_add_is_noted(
    site: Site, column: str, value: str, old: str
) -> None:
    """Payer, clinic or doctor changed after the add: noted for a person, nothing is sent; the tasks
    go on.
    """
    no_rawat = site.khanza.visit(MONDAY)
    no_sep = site.khanza.sep(no_rawat)
    site.sync()
    site.khanza.update("reg_periksa", {"no_rawat": no_rawat}, **{column: value})
    site.khanza.delete("bridging_sep", no_sep=no_sep)
    site.clock.forward(minutes=1)
    done = site.sync()
    note = site.push(no_rawat, "add").note
    assert old in words(note)
    assert value in words(note)
    assert [change.push.note for change in done.changes if change.reportable] == [note]
    assert steps_known(site, no_rawat) == ["add", "3"]
    site.clock.forward(minutes=1)
    assert site.sync().changes == []

    site.khanza.exam(no_rawat, "2026-11-23 08:30:00")
    site.clock.forward(minutes=1)
    site.sync()
    assert steps_known(site, no_rawat) == ["add", "3", "4"]


def test_inpatients_are_not_added_and_an_added_visit_goes_on(site: Site) -> None:
    """Outpatients only; a visit that ends in a ward was an outpatient's until then."""
    ward = site.khanza.visit(MONDAY, status_lanjut="Ranap")
    site.khanza.sep(ward)
    later = patient(site)
    site.sync()
    site.khanza.update("reg_periksa", {"no_rawat": later}, status_lanjut="Ranap", stts="Dirawat")
    site.khanza.exam(later, "2026-11-23 08:30:00")
    site.clock.forward(minutes=1)
    site.sync()
    assert steps_known(site, ward) == []
    assert steps_known(site, later)[:3] == ["add", "3", "4"]


@pytest.mark.parametrize("trace", ["exam", "resep", "dikirim", "diterima"])
def test_a_patient_admitted_from_the_clinic_is_told_of_although_no_pass_met_him_before(
    site: Site, trace: str
) -> None:
    no_rawat = patient(site, status_lanjut="Ranap", stts="Dirawat")
    at = f"{MONDAY} 08:30:00"
    if trace == "exam":
        site.khanza.exam(no_rawat, at)
    elif trace == "resep":
        site.khanza.resep(no_rawat, dibuat=at)
    else:
        site.khanza.berkas(no_rawat, **{trace: at})
    site.sync()
    assert steps_known(site, no_rawat)[:2] == ["add", "3"]


def test_a_registration_of_the_ward_alone_is_never_told_and_never_promised(site: Site) -> None:
    """A baby's, which bears the clinic of its mother, and "Masuk Ranap" without a clinic before."""
    baby = patient(site, status_lanjut="Ranap", stts_daftar="Baru")
    masuk = patient(site, status_lanjut="Ranap", stts="Dirawat")
    site.khanza.berkas(masuk, dikirim=f"{MONDAY} 08:30:00")
    site.khanza.update("mutasi_berkas", {"no_rawat": masuk}, ranap=f"{MONDAY} 08:30:00")
    site.sync()
    for no_rawat in (baby, masuk):
        assert steps_known(site, no_rawat) == []
        shown = site.run("show", no_rawat, CLOCK=site.clock.now.isoformat()).stdout
        assert "Tidak dikirim ke BPJS: pasien rawat inap" in shown
        assert "task 3" not in shown


def test_the_kode_booking_first_given_stays(site: Site) -> None:
    """A kode booking made of the clinic's code does not change with the clinic: there is no second
    booking.
    """
    site.env["ANTREAN_KODEBOOKING"] = "{kode_ppk}-{no_rawat_angka}-{kd_poli}"
    no_rawat = patient(site)
    site.sync()
    kodebooking = "0301R001-20261123000001-INT"
    assert site.held_at_bpjs(kodebooking) == [(3, "08:05:00")]
    site.khanza.update("reg_periksa", {"no_rawat": no_rawat}, kd_poli="ANA", kd_dokter="D02")
    site.khanza.exam(no_rawat, "2026-11-23 08:30:00")
    site.clock.forward(minutes=1)
    site.sync()
    assert len(site.bpjs.bookings.snapshot()) == 1
    assert site.held_at_bpjs(kodebooking) == [(3, "08:05:00"), (4, "08:30:00")]


def test_the_longest_chain_goes_first(site: Site) -> None:
    """Oldest day first, then longest chain first: no worker is left with a long one at the end."""
    short = [patient(site), patient(site, exam="08:30:00")]
    long = patient(site, exam="08:30:00")
    site.khanza.berkas(long, kembali="2026-11-23 08:50:00")
    site.sync(ANTREAN_WORKERS="1")
    order = list(dict.fromkeys(kodebooking for kodebooking, _, _ in site.sent()))
    assert order == [long, short[1], short[0]]


def test_a_booking_without_visit_and_without_cancel_is_left_alone(site: Site) -> None:
    """Booked in Mobile JKN and never registered: no task can be told of it."""
    nobooking = site.khanza.booking(None, MONDAY)
    site.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY))
    for _ in range(3):
        assert site.sync().report.exit_code == 0
        site.clock.forward(hours=12)
    assert site.bpjs.arrived == []


# -- tasks and their times


def test_what_khanza_says_last_is_sent(site: Site) -> None:
    """A time corrected, or taken back, before its task went out."""
    corrected, taken_back = patient(site, exam="08:30:00"), patient(site, exam="08:30:00")
    for no_rawat in (corrected, taken_back):
        site.bpjs.faults.add(Fault("gagal_dicoba", path=UPDATE, kodebooking=no_rawat, taskid=4))
    site.sync()
    site.khanza.update("pemeriksaan_ralan", {"no_rawat": corrected}, jam_rawat="08:33:00")
    site.khanza.delete("pemeriksaan_ralan", no_rawat=taken_back)
    site.clock.forward(minutes=2)
    site.sync()
    assert site.held_at_bpjs(corrected) == [(3, "08:05:00"), (4, "08:33:00")]
    assert site.held_at_bpjs(taken_back) == [(3, "08:05:00")]


def test_a_booking_without_check_in_needs_a_trace_of_attendance(site: Site) -> None:
    """Without one: held, "belum ada tanda hadir"; with an exam, task 3 at the opening of the
    clinic.
    """
    no_rawat, nobooking = booked(site)
    site.clock.at("09:00")
    assert site.sync().report.exit_code == 0
    assert reason(site, nobooking, "3") == ("held", "belum ada tanda hadir")
    site.khanza.exam(no_rawat, "2026-11-23 09:02:00")
    site.clock.at("09:03")
    site.sync()
    assert site.held_at_bpjs(nobooking) == [(3, "08:00:00"), (4, "09:02:00")]


def test_a_desk_visit_registered_in_advance_needs_one_too(site: Site) -> None:
    """jam_reg equal to the opening, to the second; after its day it is closed as a no-show, and was
    never sent.
    """
    in_advance = site.khanza.visit(MONDAY, jam="08:00:00")  # a SEP would be a trace
    walk_in = patient(site, jam="07:59:59")
    site.sync()
    assert reason(site, in_advance, "3") == ("held", "belum ada tanda hadir")
    assert site.held_at_bpjs(walk_in) == [(3, "08:00:00")]
    site.clock.at("00:01", day=1)
    assert site.sync().report.exit_code == 0
    assert site.states(in_advance)["3"] == "closed"
    assert steps_known(site, in_advance) == []


def test_no_desk_is_asked_for_the_sep_of_who_did_not_come(site: Site) -> None:
    """The add waits on its day, is closed with the visit, and goes out if she came after all."""
    no_rawat = site.khanza.visit(MONDAY, jam="08:00:00")
    site.sync()
    assert reason(site, no_rawat, "add")[0] == "held"
    site.clock.at("00:01", day=1)
    for _ in range(2):
        site.sync()
        assert reason(site, no_rawat, "add") == (
            "closed",
            "tidak ada tanda hadir sampai hari pelayanan lewat",
        )
    assert "Tidak ada." in site.run("todo", CLOCK=site.clock.now.isoformat()).stdout
    site.khanza.sep(no_rawat)
    site.clock.forward(minutes=1)
    site.sync()
    assert site.states(no_rawat) == {"add": "sent", "3": "sent"}


def test_times_that_tie_go_out_a_second_apart(site: Site) -> None:
    """One click set both: sent as the one before plus one second; both times are kept."""
    no_rawat = patient(site, exam="08:04:30")
    site.khanza.berkas(no_rawat, kembali="2026-11-23 08:04:50")
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:05:01"), (5, "08:05:02")]
    push = site.push(no_rawat, "4")
    assert push.recorded is not None
    assert push.waktu is not None
    assert f"{push.recorded:%H:%M:%S} {push.waktu:%H:%M:%S}" == "08:04:30 08:05:01"


def test_ties_can_be_turned_off(site: Site) -> None:
    no_rawat = patient(site)
    site.khanza.berkas(no_rawat, diterima="2026-11-23 08:05:00", kembali="2026-11-23 08:30:00")
    site.env["ANTREAN_TASK_4"] = "berkas_diterima"
    site.sync(ANTREAN_TIE_SECONDS="0")
    assert site.states(no_rawat) == {"add": "sent", "3": "sent", "4": "held", "5": "held"}
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:05:01"), (5, "08:30:00")]


def test_the_time_before_is_the_one_that_bpjs_holds(site: Site) -> None:
    """Khanza's own sender told task 3 at another time: task 4 is measured against that."""
    no_rawat = patient(site, exam="08:10:00")
    added_elsewhere(site, no_rawat, tasks=[{"taskid": 3, "waktu": 1795396260000}])  # 08:11:00
    for _ in range(2):
        assert site.sync().report.exit_code == 0
        site.clock.forward(minutes=1)
    assert site.held_at_bpjs(no_rawat) == [(3, "08:11:00"), (4, "08:11:01")]


def test_a_time_of_another_day_is_closed(site: Site) -> None:
    """Not on the day of service: closed, "di luar hari pelayanan"; that is
    nobody's fault, exit 0.
    """
    no_rawat = patient(site)
    site.khanza.exam(no_rawat, "2026-11-24 07:00:00")
    site.clock.at("08:00", day=1)
    assert site.sync(since=MONDAY).report.exit_code == 0
    state, text = reason(site, no_rawat, "4")
    assert state == "closed"
    assert "di luar hari pelayanan" in text
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00")]


def test_the_day_of_service_is_judged_in_wib(site: Site) -> None:
    """At a hospital in WIT 01:30 is still the evening before in WIB: BPJS would refuse it."""
    no_rawat = patient(site, jam="01:30:00")
    site.env["ANTREAN_TASK_3"] = "daftar"
    assert site.sync(ANTREAN_TZ="Asia/Jayapura").report.exit_code == 0
    assert "3" not in site.states(no_rawat)
    site.clock.forward(days=1)
    assert site.sync(ANTREAN_TZ="Asia/Jayapura").report.exit_code == 0
    state, text = reason(site, no_rawat, "3")
    assert state == "closed"
    assert "di luar hari pelayanan" in text
    assert site.held_at_bpjs(no_rawat) == []


def test_a_time_that_is_not_past_waits(site: Site) -> None:
    no_rawat = patient(site, jam="08:05:00")
    site.clock.at("08:04")
    site.sync()
    assert "3" not in site.states(no_rawat)
    site.clock.at("08:05")
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00")]


@pytest.mark.parametrize(
    ("before", "expected"),
    [("09:02", [(5, "09:04:00")]), ("08:30", [(5, "08:40:00")])],
    ids=["watched", "after a long stop"],
)
def test_the_minute_of_stts_counts_only_if_it_was_watched(
    site: Site, before: str, expected: list[tuple[int, str]]
) -> None:
    """stts_selesai is the moment at which it was seen; after more than 5 minutes without a pass
    nobody knows it.
    """
    no_rawat = patient(site, exam="08:10:00")
    site.khanza.exam(no_rawat, "2026-11-23 08:40:00")
    site.clock.at("08:28")
    site.sync()
    site.clock.at(before)
    site.sync()
    site.khanza.stts(no_rawat, "Sudah")
    site.clock.at("09:04")
    site.sync()
    assert site.held_at_bpjs(no_rawat)[2:] == expected


def test_a_fall_back_waits_until_the_visit_has_moved_on(site: Site) -> None:
    """Because a pass comes every minute, a fall-back would always win the race."""
    no_rawat = patient(site)
    site.khanza.berkas(no_rawat, diterima="2026-11-23 08:20:00")
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00")]
    site.khanza.berkas(no_rawat, kembali="2026-11-23 08:45:00")
    site.clock.forward(minutes=1)
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:20:00"), (5, "08:45:00")]


@pytest.mark.parametrize("passes", [1, 5])
def test_whatever_khanza_records_later_is_seen(site: Site, passes: int) -> None:
    """However many passes found nothing new: exam, folder, prescription, check-in, cancel and an
    undone one.
    """
    desk, (no_rawat, nobooking) = patient(site), booked(site)

    def let_it_rest() -> None:
        for _ in range(passes):
            site.clock.forward(minutes=1)
            site.sync()

    site.clock.at("09:00")
    let_it_rest()
    check_in(site, nobooking, "2026-11-23 07:50:00")
    let_it_rest()
    site.khanza.exam(desk, "2026-11-23 08:30:00")
    site.khanza.exam(no_rawat, "2026-11-23 08:31:00")
    let_it_rest()
    assert site.held_at_bpjs(desk) == [(3, "08:05:00"), (4, "08:30:00")]
    assert site.held_at_bpjs(nobooking) == [(3, "07:50:00"), (4, "08:31:00")]
    site.khanza.berkas(desk, kembali="2026-11-23 08:50:00")
    let_it_rest()
    no_resep = site.khanza.resep(desk, dibuat="2026-11-23 08:45:00")
    let_it_rest()
    site.khanza.resep(desk, no_resep=no_resep, divalidasi="2026-11-23 08:55:00")
    let_it_rest()
    site.khanza.batal(nobooking, no_rawat=no_rawat)
    let_it_rest()
    assert [task for task, _ in site.held_at_bpjs(desk)] == [3, 4, 5, 6]
    assert [task for task, _ in site.held_at_bpjs(nobooking)] == [3, 4, 99]


# -- cancels


def test_a_cancel_at_the_desk_is_sent_after_its_delay(site: Site) -> None:
    """stts seen to become Batal, still so after ten minutes: task 99 at the moment it was seen; the
    rest is dropped.
    """
    site.clock.at("08:10")
    no_rawat = patient(site)
    site.sync()
    site.khanza.stts(no_rawat, "Batal")
    for hhmm in ("08:20", "08:21", "08:29"):
        site.clock.at(hhmm)
        site.sync()
        assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00")]
    site.clock.at("08:30")
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (99, "08:20:00")]
    assert steps_known(site, no_rawat) == ["add", "3", "99"]


def test_an_undone_cancel_goes_on(site: Site) -> None:
    """An undone cancel before it was sent simply goes on, also a second one has its full delay
    again.
    """
    site.clock.at("08:10")
    no_rawat = patient(site, jam="08:15:00")
    site.sync()
    site.khanza.stts(no_rawat, "Batal")
    site.clock.at("08:20")
    site.sync()
    site.khanza.stts(no_rawat, "Belum")
    site.khanza.exam(no_rawat, "2026-11-23 08:25:00")
    site.clock.at("08:29")
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:15:00"), (4, "08:25:00")]
    site.khanza.stts(no_rawat, "Batal")
    site.clock.at("08:31")
    site.sync()
    site.clock.at("08:35")
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:15:00"), (4, "08:25:00")]
    site.clock.at("08:41")
    site.sync()
    assert site.held_at_bpjs(no_rawat)[2:] == [(99, "08:31:00")]


def test_nothing_goes_out_while_a_cancel_at_the_desk_waits(site: Site) -> None:
    """What came to be known of a visit after its cancel is not sent during the delay."""
    site.clock.at("08:10")
    no_rawat = patient(site, jam="08:15:00")
    site.sync()
    site.khanza.stts(no_rawat, "Batal")
    site.clock.at("08:20")
    site.sync()
    assert steps_known(site, no_rawat) == ["add"]
    site.clock.at("08:31")
    site.sync()
    assert steps_known(site, no_rawat) == ["add", "99"]


def test_a_cancel_after_task_5_is_not_sent(site: Site) -> None:
    no_rawat = patient(site, exam="08:30:00")
    site.khanza.berkas(no_rawat, kembali="2026-11-23 08:50:00")
    site.sync()
    site.khanza.stts(no_rawat, "Batal")
    for _ in range(3):
        site.clock.forward(minutes=10)
        assert site.sync().report.exit_code == 0
    assert steps_known(site, no_rawat) == ["add", "3", "4", "5"]


def test_a_cancel_seen_after_its_day_is_for_a_person(site: Site) -> None:
    """Later than that day: closed, for a person to cancel by hand."""
    no_rawat = patient(site)
    site.sync()
    site.khanza.stts(no_rawat, "Batal")
    site.clock.at("07:00", day=1)
    site.sync()
    site.clock.at("07:15", day=1)
    assert site.sync().report.exit_code == 0
    assert site.states(no_rawat)["99"] == "closed"
    assert steps_known(site, no_rawat) == ["add", "3"]


def test_a_visit_that_was_batal_when_first_seen_is_not_told(site: Site) -> None:
    """It is not added; only a Mobile JKN booking, which BPJS knows, gets its 99."""
    site.clock.at("08:10")
    desk = patient(site)
    no_rawat, nobooking = booked(site)
    umum = site.khanza.visit(MONDAY, jam="07:00:00", kd_pj="UMU")
    for one in (desk, no_rawat, umum):
        site.khanza.stts(one, "Batal")
    for hhmm in ("08:10", "08:20", "08:31"):
        site.clock.at(hhmm)
        assert site.sync().report.exit_code == 0
    assert {kodebooking for kodebooking, _, _ in site.sent()} == {nobooking}
    assert site.held_at_bpjs(nobooking) == [(99, "08:10:00")]


def test_a_held_visit_that_is_cancelled_is_simply_dropped(site: Site) -> None:
    """BPJS was never told of it, so that there is nothing to cancel."""
    no_rawat = site.khanza.visit(MONDAY)
    site.sync()
    assert reason(site, no_rawat, "add")[0] == "held"
    heard = len(site.bpjs.arrived)
    site.khanza.stts(no_rawat, "Batal")
    for _ in range(3):
        site.clock.forward(minutes=10)
        site.sync()
    assert len(site.bpjs.arrived) == heard
    assert "held" not in site.states(no_rawat).values()


def test_a_cancel_in_mobile_jkn_is_sent_once_with_its_reason(site: Site) -> None:
    no_rawat, nobooking = booked(site)
    site.khanza.delete("reg_periksa", no_rawat=no_rawat)
    site.khanza.batal(nobooking, no_rawat=no_rawat, keterangan="Anak sakit")
    for _ in range(3):
        assert site.sync().report.exit_code == 0
        site.clock.forward(minutes=1)
    assert [one.body for one in site.bpjs.received] == [
        {"kodebooking": nobooking, "keterangan": "Anak sakit"}
    ]


def test_a_cancel_that_khanza_says_it_sent_is_taken_at_its_word(site: Site) -> None:
    """statuskirim 'Sudah': a second cancel could only be refused; and no task is sent any more."""
    no_rawat, nobooking = booked(site)
    site.khanza.delete("reg_periksa", no_rawat=no_rawat)
    site.khanza.batal(nobooking, no_rawat=no_rawat, statuskirim="Sudah")
    assert site.sync().report.exit_code == 0
    assert site.bpjs.arrived == []


def test_a_second_cancel_is_already_there(site: Site) -> None:
    """208 on batal: the end of the booking, and no fault of anybody."""
    _, nobooking = booked(site)
    site.bpjs.bookings.batal({"kodebooking": nobooking, "keterangan": "lewat aplikasi"})
    site.khanza.batal(nobooking)
    for _ in range(2):
        assert site.sync().report.exit_code == 0
        site.clock.forward(minutes=1)
    assert site.sent() == [(nobooking, "", 208)]
    assert site.states(nobooking)["batal"] == "already"


def test_an_appointment_of_next_week_cancelled_today_is_cancelled_today(site: Site) -> None:
    """Its _batal row is read although its day lies ahead."""
    nobooking = site.khanza.booking(None, MONDAY + timedelta(days=9), status="Batal")
    site.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY + timedelta(days=9)))
    site.khanza.batal(nobooking)
    site.sync()
    assert steps_known(site, nobooking) == ["batal"]


def test_a_re_check_in_that_deletes_the_cancel_goes_on(site: Site) -> None:
    """A re-check-in deletes the _batal row: if the cancel had not gone out, the visit simply goes
    on.
    """
    no_rawat, nobooking = booked(site)
    site.bpjs.faults.add(Fault("gagal_dicoba", path=BATAL, times=None))
    site.khanza.batal(nobooking, no_rawat=no_rawat)
    site.sync()
    site.khanza.delete("referensi_mobilejkn_bpjs_batal", nobooking=nobooking)
    site.bpjs.faults.clear()
    check_in(site, nobooking, "2026-11-23 07:50:00")
    site.clock.forward(minutes=5)
    site.sync()
    site.clock.forward(minutes=5)
    site.sync()
    assert site.held_at_bpjs(nobooking) == [(3, "07:50:00")]


# -- visits that disappear


def test_what_is_open_of_a_deleted_visit_is_held(site: Site) -> None:
    """Nothing more is sent for a visit that Khanza no longer has; if it comes back, it goes on."""
    no_rawat = patient(site, jam="08:15:00")
    site.clock.at("08:10")
    site.bpjs.faults.add(Fault("gagal_dicoba", path=ADD))
    site.sync()
    row = {
        "no_reg": "001",
        "kd_dokter": "D01",
        "kd_poli": "INT",
        "stts": "Belum",
        "stts_daftar": "Lama",
    }
    norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
    site.khanza.delete("reg_periksa", no_rawat=no_rawat)
    for hhmm in ("08:20", "08:40"):
        site.clock.at(hhmm)
        assert site.sync().report.exit_code == 0
    assert site.states(no_rawat)["add"] == "held"
    assert site.bpjs.received == []

    site.khanza.insert(
        "reg_periksa",
        no_rawat=no_rawat,
        tgl_registrasi=MONDAY,
        jam_reg="08:15:00",
        no_rkm_medis=norm,
        status_lanjut="Ralan",
        kd_pj="BPJ",
        **row,
    )
    site.khanza.sep(no_rawat)  # it went with the visit
    site.clock.at("08:50")
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:15:00")]


def test_a_merged_visit_leaves_the_old_number_alone(site: Site) -> None:
    """Its rows then carry another no_rawat: the old booking gets nothing more, the other one its
    own tasks.
    """
    old = patient(site)
    site.sync()
    new = patient(site, jam="08:20:00")
    site.khanza.exam(new, "2026-11-23 08:30:00")
    site.khanza.update("bridging_sep", {"no_rawat": old}, no_rawat=new)
    site.khanza.delete("reg_periksa", no_rawat=old)
    for _ in range(3):
        site.clock.forward(minutes=11)
        assert site.sync().report.exit_code == 0
    assert steps_known(site, old) == ["add", "3"]
    assert site.held_at_bpjs(new) == [(3, "08:20:00"), (4, "08:30:00")]


@pytest.mark.parametrize("renamed", [False, True])
def test_a_booking_follows_its_merged_visit(site: Site, renamed: bool) -> None:
    """A Mobile JKN booking keeps its kode booking when its visit gets another no_rawat.

    Khanza itself leaves the old number in the booking.
    """
    old, nobooking = booked(site, checkin="07:45:00")
    site.sync()
    norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=old)
    new = site.khanza.visit(MONDAY, jam="08:00:00", norm=norm)
    site.khanza.delete("reg_periksa", no_rawat=old)
    if renamed:
        site.khanza.update("referensi_mobilejkn_bpjs", {"nobooking": nobooking}, no_rawat=new)
    site.khanza.exam(new, "2026-11-23 08:30:00")
    site.clock.forward(minutes=1)
    site.sync()
    assert site.held_at_bpjs(nobooking) == [(3, "07:45:00"), (4, "08:30:00")]
    assert steps_known(site, new) == []


# -- what a pass reports


def test_holds_and_closings_alone_are_no_failure(site: Site) -> None:
    """Exit 0; a refusal is 3, in the pass that met it."""
    site.khanza.visit(MONDAY)  # held: no reference
    patient(site, jam="08:00:00")  # held: no trace of attendance
    assert site.sync().report.exit_code == 0
    refused = patient(site)
    norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=refused)
    site.bpjs.bookings.refuse("rujukan_tidak_valid", norm=norm)
    site.clock.forward(minutes=1)
    assert site.sync().report.exit_code == 3
    site.clock.forward(minutes=1)
    assert site.sync().report.exit_code == 0


# -- what is forgotten


def test_the_ledger_forgets_after_its_days(site: Site) -> None:
    """Counted from the newest booking: a clock that runs ahead empties nothing."""
    no_rawat = patient(site)
    site.clock.at("14:00")
    site.sync(ANTREAN_KEEP_DAYS="30")
    site.clock.at("14:00", day=400)
    site.sync(ANTREAN_KEEP_DAYS="30")
    assert site.states(no_rawat)

    for day, kept in ((30, True), (31, False)):
        later = site.khanza.visit(MONDAY + timedelta(days=day))
        site.khanza.sep(later)
        site.clock.at("14:00", day=day)
        site.sync(ANTREAN_KEEP_DAYS="30")
        assert {kodebooking for kodebooking, _, _ in site.sent()[-2:]} == {later}
        with Ledger.open(site.state, WIB) as ledger:
            assert (ledger.record(no_rawat) is not None) == kept


def test_yesterday_is_looked_at_in_every_pass(site: Site) -> None:
    """The window never begins later than yesterday, also between two full looks."""
    site.sync()
    site.clock.at("10:00", day=1)
    site.sync()
    late = patient(site)
    site.clock.forward(minutes=1)
    site.sync()
    assert site.held_at_bpjs(late) == [(3, "08:05:00")]


def late_for_three_days(site: Site, *, since: date | None = None) -> str:
    """Make a pass on MONDAY and one three days later, then let a patient of MONDAY appear; return
    no_rawat.
    """
    site.sync()
    site.clock.at("10:00", day=3)
    site.sync(since=since)
    return patient(site)


def test_older_days_are_read_once_an_hour_and_not_every_minute(site: Site) -> None:
    late = late_for_three_days(site)
    site.sync()  # at the very same moment
    assert site.held_at_bpjs(late) == []
    site.clock.forward(minutes=59)
    site.sync()
    assert site.held_at_bpjs(late) == []
    site.clock.forward(minutes=1)
    site.sync()
    assert site.held_at_bpjs(late) == [(3, "08:05:00")]


def test_a_pass_with_since_is_the_hours_look_at_everything(site: Site) -> None:
    site.clock.at("10:00", day=3)
    site.sync(since=MONDAY)
    late = patient(site)
    site.clock.forward(minutes=59)
    site.sync()
    assert site.held_at_bpjs(late) == []
    site.clock.forward(minutes=1)
    site.sync()
    assert site.held_at_bpjs(late) == [(3, "08:05:00")]


def test_since_never_moves_the_beginning_forward(site: Site) -> None:
    late = late_for_three_days(site, since=MONDAY + timedelta(days=3))
    site.clock.forward(minutes=61)
    site.sync()
    assert site.held_at_bpjs(late) == [(3, "08:05:00")]


def test_since_reads_nothing_from_before_h_minus_7_however_long_ago_the_first_pass_was(
    site: Site,
) -> None:
    site.sync()
    old = patient(site, MONDAY + timedelta(days=1))
    site.clock.at("10:00", day=10)
    site.sync(since=MONDAY + timedelta(days=9))
    with Ledger.open(site.state, WIB) as ledger:
        assert ledger.record(old) is None


def test_a_cancel_from_before_the_first_day_is_not_told(site: Site) -> None:
    """No history is sent by accident: a _batal row of yesterday's booking is read, because numbers
    differ by a day.
    """
    nobooking = site.khanza.booking(None, SUNDAY, status="Batal")
    site.bpjs.bookings.mobile_jkn(nobooking, str(SUNDAY))
    site.khanza.batal(nobooking)
    assert site.sync().report.exit_code == 0
    assert site.bpjs.arrived == []


def test_a_collect_that_cannot_be_written_is_made_again_whole(site: Site) -> None:
    """New pushes and what a pass remembers are one transaction: the next pass sees what this one
    could not write.
    """
    site.sync()
    late = patient(site)
    site.clock.at("10:00", day=3)
    ledger = sqlite3.connect(site.state)
    ledger.execute(
        "CREATE TRIGGER full BEFORE INSERT ON push BEGIN SELECT RAISE(ABORT, 'no room'); END"
    )
    with pytest.raises(sqlite3.IntegrityError):
        site.sync()
    ledger.execute("DROP TRIGGER full")
    ledger.close()
    site.clock.forward(minutes=1)
    site.sync()
    assert site.held_at_bpjs(late) == [(3, "08:05:00")]


def test_a_read_that_breaks_off_is_made_again_whole(site: Site, mariadb: MariaDB) -> None:
    """Khanza is lost in the middle of a read: the next pass looks as far back as this one would
    have.
    """
    site.sync()
    late = patient(site)
    site.clock.at("10:00", day=3)
    with mariadb.admin() as connection, connection.cursor() as cursor:
        cursor.execute("LOCK TABLES resep_obat WRITE")
        assert site.sync(seconds=4).report.exit_code == 5
        cursor.execute("UNLOCK TABLES")
    site.clock.forward(minutes=1)
    assert site.sync().report.exit_code == 0
    assert site.held_at_bpjs(late) == [(3, "08:05:00")]


def test_a_pass_exactly_five_minutes_earlier_still_tells_the_minute(site: Site) -> None:
    no_rawat = patient(site, exam="08:30:00")
    site.clock.at("08:59")
    site.sync()
    site.khanza.stts(no_rawat, "Sudah")
    site.clock.at("09:04")
    site.sync()
    assert site.held_at_bpjs(no_rawat)[2:] == [(5, "09:04:00")]


def test_a_pass_whose_read_broke_off_has_seen_nothing(site: Site, mariadb: MariaDB) -> None:
    """Seven minutes after the last look at Khanza nobody knows the minute of what it shows now."""
    no_rawat = patient(site, exam="08:30:00")
    site.clock.at("08:59")
    site.sync()
    site.khanza.stts(no_rawat, "Sudah")
    site.clock.at("09:02")
    with mariadb.admin() as connection, connection.cursor() as cursor:
        cursor.execute("LOCK TABLES resep_obat WRITE")
        assert site.sync(seconds=4).report.exit_code == 5
        cursor.execute("UNLOCK TABLES")
    site.clock.at("09:06")
    site.sync()
    push = site.push(no_rawat, "5")
    assert (push.source, f"{push.waktu:%H:%M:%S}") == ("periksa_akhir", "08:30:01")


def test_of_two_seps_of_a_visit_the_newest_fills_the_add(site: Site) -> None:
    no_rawat = site.khanza.visit(MONDAY, jam="08:05:00")
    site.khanza.sep(no_rawat, no_sep="0301R0011126V000009", no_rujukan="0301U0011126P000099")
    site.khanza.sep(no_rawat, no_sep="0301R0011126V000002")
    site.sync()
    assert body_of_add(site, no_rawat)["nomorreferensi"] == "0301U0011126P000099"


def test_a_clock_that_cannot_be_right_is_told_and_nothing_is_read(site: Site) -> None:
    no_rawat = patient(site)
    now = site.clock.now
    site.clock.now = now.replace(year=2025)
    done = site.sync()
    (error,) = done.report.errors
    assert str(error).startswith("jam komputer ini menunjuk: 23-11-2025")
    assert len(done.told) == 1
    with Ledger.open(site.state, WIB) as ledger:
        assert ledger.pass_state().looked_at is None
    site.clock.now = now
    assert not site.sync().report.errors
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00")]
