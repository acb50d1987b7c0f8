"""What went wrong in other programs that do this job, row by row, and what has to happen here
instead.

Each docstring gives the number of its row and what `antrean` does.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from antrean_cli.ledger.file import locked
from antrean_cli.rules.causes import Cause
from antrean_cli.simulator.faults import Fault, FaultName
from antrean_cli.simulator.hospital import ZERO
from tests.support.certificates import self_signed
from tests.support.mariadb import MariaDB
from tests.support.patients import added_elsewhere, hand_on, patient
from tests.support.rows import words
from tests.support.site import MONDAY, SECRET_KEY, USER_KEY, Site, stand_in, wait_for

TUESDAY = MONDAY + timedelta(days=1)
SUNDAY = MONDAY - timedelta(days=1)
ADD, UPDATE, BATAL, LIST = (
    "/antrean/add",
    "/antrean/updatewaktu",
    "/antrean/batal",
    "/antrean/getlisttask",
)


def times_accepted(site: Site) -> Counter[tuple[str, str, str]]:
    """Count how often BPJS accepted each push (path, kodebooking, taskid)."""
    return Counter(
        (
            one.path,
            str((one.body or {}).get("kodebooking")),
            str((one.body or {}).get("taskid", "")),
        )
        for one in site.bpjs.received
        if one.code == 200 and one.body and not one.path.endswith(LIST)
    )


def body_of_add(site: Site, kodebooking: str) -> dict[str, object]:
    """Return the add that BPJS received for a booking."""
    bodies = [one.body for one in site.bpjs.received if one.path.endswith(ADD) and one.body]
    return dict(next(body for body in bodies if body["kodebooking"] == kodebooking))


def test_01_150_visits_in_one_second(site: Site) -> None:
    """1. 150 visits in the same second: all sent, once; also those written after a pass had read
    that second.
    """
    early = [patient(site, jam="08:05:05") for _ in range(110)]
    site.sync()
    late = [patient(site, jam="08:05:05") for _ in range(40)]
    site.sync()
    site.sync()

    wanted = [
        (path, no_rawat, task)
        for no_rawat in early + late
        for path, task in ((ADD, ""), (UPDATE, "3"))
    ]
    assert times_accepted(site) == dict.fromkeys(wanted, 1)
    assert len(site.bpjs.received) == 300


def test_02_a_row_committed_late_goes_out_the_same_day(site: Site) -> None:
    """2.

    A row committed late, with a lower number and an earlier time than rows already sent, is sent.
    """
    no_rawat = site.khanza.visit(MONDAY, no=20, jam="09:00:00")
    site.khanza.sep(no_rawat)
    site.clock.at("09:10")
    site.sync()
    late = site.khanza.visit(MONDAY, no=3, jam="08:05:00")
    site.khanza.sep(late)
    site.clock.at("09:11")
    site.sync()
    site.khanza.exam(
        no_rawat, "2026-11-23 09:05:00"
    )  # typed in long after the passes have seen later rows
    site.clock.at("16:00")
    site.sync()

    assert site.held_at_bpjs(late) == [(3, "08:05:00")]
    assert site.held_at_bpjs(no_rawat) == [(3, "09:00:00"), (4, "09:05:00")]


@pytest.mark.parametrize("days", [1, 4, 7])
def test_02_a_row_dated_back_is_sent_up_to_h_plus_7(site: Site, days: int) -> None:
    """2.

    A visit or an exam written days later with its true date is sent in a later pass, up to H+7.
    """
    known = patient(site)
    site.sync()
    for day in range(1, days):
        site.clock.at("10:00", day=day)
        site.sync()
    site.clock.at("09:00", day=days)
    site.sync()
    late = patient(site, exam="08:30:00")
    site.khanza.exam(known, "2026-11-23 08:40:00")
    site.clock.at("10:00", day=days)  # within the hour, by the look at everything
    site.sync()

    assert site.held_at_bpjs(late)[:2] == [(3, "08:05:00"), (4, "08:30:00")]
    assert site.held_at_bpjs(known)[:2] == [(3, "08:05:00"), (4, "08:40:00")]


def test_03_add_then_tasks_in_one_pass(site: Site) -> None:
    """3. A registration and its tasks found by one pass: add, then tasks in order, in that pass."""
    visits = [patient(site, exam="08:30:00") for _ in range(50)]
    assert site.sync().report.exit_code == 0
    for no_rawat in visits:
        calls = [(task, code) for kodebooking, task, code in site.sent() if kodebooking == no_rawat]
        assert calls == [("", 200), ("3", 200), ("4", 200)]


@pytest.fixture
def host_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Put this process into another zone."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield str(request.param)
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    "host_zone", ["UTC", "Asia/Jakarta", "America/New_York", "Pacific/Kiritimati"], indirect=True
)
@pytest.mark.parametrize(
    ("zone", "waktu"),
    [
        ("Asia/Jakarta", 1795395900000),  # 2026-11-23 01:05 UTC
        ("Asia/Makassar", 1795392300000),  # 00:05 UTC
        ("Asia/Jayapura", 1795388700000),  # 2026-11-22 23:05 UTC
    ],
)
def test_04_one_time_whatever_the_hosts_zone(
    site: Site, host_zone: str, zone: str, waktu: int
) -> None:
    """4. The same epoch milliseconds under any TZ of the host; WIB, WITA and WIT by setting."""
    no_rawat = patient(site)
    site.sync(ANTREAN_TZ=zone)
    sent = [one.body for one in site.bpjs.received if one.path.endswith(UPDATE)]
    assert sent == [{"kodebooking": no_rawat, "taskid": "3", "waktu": waktu}], host_zone
    heard = len(site.bpjs.received)
    assert site.sync(ANTREAN_TZ=zone).changes == []
    assert len(site.bpjs.received) == heard


def test_05_a_booking_of_tomorrow_waits_for_its_day(site: Site) -> None:
    """5. A booking dated tomorrow: the pass ends; the booking is handled when it is due."""
    site.clock.at("23:58")
    no_rawat = patient(site, TUESDAY, exam="08:30:00")
    nobooking = site.khanza.booking(site.khanza.visit(TUESDAY, jam="08:00:00"), TUESDAY)
    site.bpjs.bookings.mobile_jkn(nobooking, str(TUESDAY))
    site.khanza.update(
        "referensi_mobilejkn_bpjs",
        {"nobooking": nobooking},
        status="Checkin",
        validasi=f"{TUESDAY} 07:40:00",
    )
    for _ in range(3):
        assert site.sync().report.exit_code == 0
        assert site.bpjs.arrived == []

    site.clock.at("08:45", day=1)
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:30:00")]
    assert site.held_at_bpjs(nobooking) == [(3, "07:40:00")]


@pytest.mark.parametrize("name", ["timeout_before", "timeout_after"])
def test_06_a_time_out_is_looked_up_before_anything_is_decided(site: Site, name: FaultName) -> None:
    """6. Nothing is "sent" before BPJS said so; what died in flight is looked up, then decided."""
    no_rawat = patient(site, exam="08:30:00")
    site.bpjs.faults.add(Fault(name, path=UPDATE, taskid=3, seconds=3))
    assert site.sync(BPJS_TIMEOUT="1").report.exit_code == 5
    assert site.push(no_rawat, "3").state not in ("sent", "already")

    before = len(site.bpjs.arrived)
    site.clock.forward(minutes=1)
    assert site.sync().report.exit_code == 0
    paths = [one.path.removeprefix("/antreanrs") for one in site.bpjs.arrived[before:]]
    assert paths == ([LIST, UPDATE, UPDATE] if name == "timeout_before" else [LIST, UPDATE])
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:30:00")]
    assert set(times_accepted(site).values()) == {1}


def test_06_nothing_counts_as_sent_while_it_is_in_flight(live_site: Site) -> None:
    """6. A process that dies while BPJS is still thinking leaves nothing that looks sent."""
    yesterday = live_site.clock.now.date() - timedelta(days=1)
    no_rawat = patient(live_site, yesterday, exam="08:30:00")
    live_site.bpjs.latency = 30
    with live_site.running("sync", "--since", str(yesterday)):
        wait_for(lambda: len(live_site.bpjs.arrived) == 1)
    assert not {"sent", "already"} & set(live_site.states(no_rawat).values())


def test_07_208_is_done(site: Site) -> None:
    """7. 208 is "sudah ada": done, and never repeated."""
    no_rawat = patient(site, exam="08:30:00")
    tasks = [{"taskid": 3, "waktu": 1795395900000}, {"taskid": 4, "waktu": 1795397400000}]
    added_elsewhere(site, no_rawat, tasks=tasks)
    assert site.sync().report.exit_code == 0
    assert site.states(no_rawat) == {"add": "already", "3": "already", "4": "already"}
    assert (no_rawat, "", 208) in site.sent(ADD)
    assert (no_rawat, "3", 208) in site.sent(UPDATE)

    heard = len(site.bpjs.arrived)
    for _ in range(5):
        site.clock.forward(minutes=31)
        assert site.sync().changes == []
    assert len(site.bpjs.arrived) == heard


@pytest.mark.parametrize(
    "name", ["unknown_code", "gagal_dicoba", "undefined_error", "no_code", "empty", "html", "cut"]
)
def test_08_only_the_codes_of_the_table_count_as_success(site: Site, name: FaultName) -> None:
    """8.

    Any other code, text or body is never success: the task stays unsent, and the next one is not
    tried.
    """
    no_rawat = patient(site, exam="08:30:00")
    site.bpjs.faults.add(Fault(name, path=UPDATE, taskid=3, times=None, handled=False))
    for _ in range(4):
        site.sync()
        site.clock.forward(minutes=5)
        assert site.push(no_rawat, "3").state not in ("sent", "already", "closed")
    assert site.held_at_bpjs(no_rawat) == []
    assert (no_rawat, "4") not in {
        (kodebooking, task) for kodebooking, task, _ in site.sent(UPDATE)
    }


def test_09_a_dead_server_costs_no_attempts(site: Site) -> None:
    """9.

    A server that is down for hours: wait, then deliver all, untouched by hand and without a try
    counted.
    """
    visits = [patient(site, exam="08:30:00") for _ in range(6)]
    site.bpjs.stop()
    for _ in range(36):
        assert site.sync().report.exit_code == 5
        site.clock.forward(minutes=5)
    assert all(site.push(no_rawat, "add").attempts == 0 for no_rawat in visits)
    site.bpjs.start()
    for _ in range(10):
        site.clock.forward(minutes=1)
        site.sync()

    assert [site.held_at_bpjs(no_rawat) for no_rawat in visits] == [
        [(3, "08:05:00"), (4, "08:30:00")]
    ] * 6
    assert set(times_accepted(site).values()) == {1}


def test_10_visits_never_wait_for_one_another(site: Site) -> None:
    """10.

    Bad visits and blocked tasks, whatever their number, keep no other visit from its tasks.
    """
    for _ in range(12):  # refused by BPJS
        bad = patient(site, exam="08:30:00")
        norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=bad)
        site.bpjs.bookings.refuse("rujukan_tidak_valid", norm=norm)
    for _ in range(12):  # without task 4
        blocked = patient(site)
        site.khanza.berkas(blocked, kembali="2026-11-23 09:00:00")
    for _ in range(12):  # put off by BPJS again and again
        site.bpjs.faults.add(
            Fault(
                "gagal_dicoba", path=UPDATE, kodebooking=patient(site, exam="08:30:00"), times=None
            )
        )
    good = patient(site, exam="08:30:00")
    site.sync(ANTREAN_WORKERS="1")
    assert site.held_at_bpjs(good) == [(3, "08:05:00"), (4, "08:30:00")]

    site.khanza.exam(late := patient(site), "2026-11-23 08:31:00")
    site.sync(ANTREAN_WORKERS="1")
    assert site.held_at_bpjs(late) == [(3, "08:05:00"), (4, "08:31:00")]


def test_11_the_second_run_leaves_silently_and_a_killed_one_leaves_nothing_locked(
    live_site: Site,
) -> None:
    """11. The second leaves at once, silently; after kill -9 nothing has to be unlocked."""
    yesterday = live_site.clock.now.date() - timedelta(days=1)
    no_rawat = patient(live_site, yesterday, exam="08:30:00")
    live_site.bpjs.latency = 30
    with live_site.running("sync", "--since", str(yesterday)):
        wait_for(lambda: live_site.bpjs.arrived)
        second = live_site.run("sync")
    assert (second.returncode, second.stdout, second.stderr) == (11, "", "")
    assert len(live_site.bpjs.arrived) == 1

    live_site.bpjs.latency = 0
    third = live_site.run("sync")
    assert (third.returncode, third.stdout, third.stderr) == (0, "", "")
    assert live_site.held_at_bpjs(no_rawat)[:2] == [(3, "08:05:00"), (4, "08:30:00")]
    assert [code for _, task, code in live_site.sent() if task == "3"] == [200]


def test_12_a_dry_run_writes_nothing(live_site: Site) -> None:
    """12.

    A dry run writes nothing, anywhere: the state file stays identical to the byte, BPJS hears
    nothing.
    """
    yesterday = str(live_site.clock.now.date() - timedelta(days=1))
    patient(live_site, date.fromisoformat(yesterday), exam="08:30:00")
    assert live_site.run("sync", "--since", yesterday).returncode == 0
    second = patient(live_site, date.fromisoformat(yesterday), exam="08:30:00")
    heard, before = len(live_site.bpjs.arrived), live_site.files()

    dry = live_site.run("sync", "--dry-run")
    assert dry.returncode == 0
    assert second in dry.stdout
    assert live_site.files() == before
    assert len(live_site.bpjs.arrived) == heard

    assert live_site.run("sync").returncode == 0
    assert live_site.held_at_bpjs(second)[:2] == [(3, "08:05:00"), (4, "08:30:00")]


def test_13_missing_times_are_waited_for_and_wrong_ones_held(site: Site, mariadb: MariaDB) -> None:
    """13.

    True recorded times only; what cannot be sent is held with a reason; Khanza is never written.
    """
    missing = patient(site)
    site.khanza.berkas(missing, kembali="2026-11-23 09:00:00")
    wrong = patient(site, exam="08:30:00")
    site.khanza.berkas(wrong, kembali="2026-11-23 08:24:00")
    before = checksums(mariadb)
    site.sync()

    assert site.held_at_bpjs(missing) == [(3, "08:05:00")]
    held = site.push(missing, "5")
    assert (held.state, held.reason and words(held.reason)) == ("held", "menunggu task 4")
    assert site.held_at_bpjs(wrong) == [(3, "08:05:00"), (4, "08:30:00")]
    held = site.push(wrong, "5")
    assert held.state == "held"
    assert held.reason is not None
    assert "08:24:00" in words(held.reason)
    assert "08:30:00" in words(held.reason)
    assert checksums(mariadb) == before

    site.khanza.exam(missing, "2026-11-23 08:41:00")
    site.khanza.berkas(wrong, kembali="2026-11-23 08:42:00")
    site.sync()
    assert site.held_at_bpjs(missing) == [(3, "08:05:00"), (4, "08:41:00"), (5, "09:00:00")]
    assert site.held_at_bpjs(wrong) == [(3, "08:05:00"), (4, "08:30:00"), (5, "08:42:00")]


def checksums(mariadb: MariaDB) -> object:
    """Return a checksum of every table of Khanza."""
    with mariadb.admin() as connection, connection.cursor() as cursor:
        cursor.execute("SHOW TABLES")
        cursor.execute(f"CHECKSUM TABLE {', '.join(table for (table,) in cursor.fetchall())}")
        return cursor.fetchall()


@pytest.mark.parametrize(
    ("tanggal", "jam"),
    [
        ZERO,
        (None, "00:00:00"),
        (None, "08:30:00"),
        ("1970-01-01", "07:00:00"),
        ("2062-11-23", "08:30:00"),
    ],
    ids=["zero date", "NULL", "NULL with a time", "1970", "far future"],
)
def test_14_a_time_that_is_none_means_not_yet(site: Site, tanggal: str | None, jam: str) -> None:
    """14. Zero date, NULL, 1970, a far future: "not yet", never a time that is sent."""
    no_rawat = patient(site, exam="08:30:00")
    site.khanza.berkas(no_rawat, kembali="2026-11-23 08:50:00")
    resep = site.khanza.resep(no_rawat, dibuat="2026-11-23 08:40:00")
    site.khanza.update("resep_obat", {"no_resep": resep}, tgl_perawatan=tanggal, jam=jam)
    assert site.sync().report.exit_code == 0
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:30:00"), (5, "08:50:00")]
    assert "6" not in site.states(no_rawat)

    site.khanza.resep(no_rawat, no_resep=resep, divalidasi="2026-11-23 09:00:00")
    site.sync()
    assert site.held_at_bpjs(no_rawat)[3:] == [(6, "09:00:00")]


@pytest.mark.parametrize("column", ["dikirim", "diterima", "kembali"])
def test_14_a_zero_date_of_the_folder_is_no_time(site: Site, column: str) -> None:
    """14. '0000-00-00 00:00:00' in mutasi_berkas is "not yet" for each of its steps."""
    no_rawat = patient(site)
    site.khanza.berkas(no_rawat)
    site.env |= {"ANTREAN_TASK_4": f"berkas_{column}", "ANTREAN_TASK_5": "stts_selesai"}
    site.sync()
    assert site.states(no_rawat) == {"add": "sent", "3": "sent"}
    site.khanza.berkas(no_rawat, **{column: "2026-11-23 08:20:00"})
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:20:00")]


NAMES = [
    'dr. "Andi" O\'Contoh\\Sp.PD',
    "dr. Ñuñez Çontoh",
    'x"}, {"kodebooking": "lain',
    "Poli ½ & <b>Anak</b>",
]


@pytest.mark.parametrize("name", NAMES)
def test_15_any_name_goes_through(site: Site, name: str) -> None:
    """15. Quotes, backslashes, braces and accents in names arrive as they are."""
    site.khanza.update("maping_dokter_dpjpvclaim", {"kd_dokter": "D01"}, nm_dokter_bpjs=name)
    site.khanza.update("maping_poli_bpjs", {"kd_poli_rs": "INT"}, nm_poli_bpjs=name)
    site.khanza.update("pasien", {"no_rkm_medis": site.khanza.patient("900001")}, nm_pasien=name)
    no_rawat = site.khanza.visit(MONDAY, norm="900001")
    site.khanza.sep(no_rawat)
    nobooking = site.khanza.booking(None, MONDAY)
    site.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY))
    site.khanza.batal(nobooking, keterangan=name)
    assert site.sync().report.exit_code == 0

    body = body_of_add(site, no_rawat)
    assert (body["namadokter"], body["namapoli"]) == (name, name)
    (batal,) = [one.body for one in site.bpjs.received if one.path.endswith(BATAL)]
    assert batal == {"kodebooking": nobooking, "keterangan": name}


def test_16_the_weekday_and_the_session_are_those_of_the_visit(site: Site) -> None:
    """16. The weekday of the visit, AKHAD for Sunday, the right slot of two."""
    sunday = {"kd_dokter": "D01", "hari_kerja": "AKHAD"}
    site.khanza.update("jadwal", sunday, jam_mulai="15:00:00", jam_selesai="17:00:00")
    site.khanza.insert(
        "jadwal", **sunday, jam_mulai="18:00:00", jam_selesai="20:30:00", kd_poli="INT", kuota=10
    )
    first = patient(site, SUNDAY, jam="15:10:00")
    between = patient(site, SUNDAY, jam="17:20:00")
    second = patient(site, SUNDAY, jam="18:10:00")
    after = patient(site, SUNDAY, jam="21:00:00")
    monday = patient(site, MONDAY)
    site.sync(since=SUNDAY)  # on a Monday

    visits = (first, between, second, after, monday)
    assert [body_of_add(site, no_rawat)["jampraktek"] for no_rawat in visits] == [
        "15:00-17:00",
        "18:00-20:30",
        "18:00-20:30",
        "18:00-20:30",
        "08:00-14:00",
    ]
    assert site.held_at_bpjs(between) == [
        (3, "18:00:00")
    ]  # the clinic opens after the registration


@pytest.mark.parametrize(
    ("kuota", "no_reg", "kuotajkn", "sisa", "angka"),
    [
        (30, "001", 30, 29, 1),
        (30, "045", 30, 0, 45),
        (None, "001", 0, 0, 1),
        (0, "005", 0, 0, 5),
        (-5, "005", 0, 0, 5),
        (30, "A-12", 30, 18, 12),
        (30, "ABC", 30, 30, 0),
        (30, "", 30, 30, 0),
    ],
)
def test_17_quotas_are_never_negative(
    site: Site, kuota: int | None, no_reg: str, kuotajkn: int, sisa: int, angka: int
) -> None:
    """17. kuota − no_reg below zero, kuota NULL, no_reg not a number: never negative, never a
    crash.
    """
    site.khanza.update("jadwal", {"kd_dokter": "D01"}, kuota=kuota)
    no_rawat = site.khanza.visit(MONDAY, no_reg=no_reg)
    site.khanza.sep(no_rawat)
    other = patient(site)
    assert site.sync().report.exit_code == 0

    body = body_of_add(site, no_rawat)
    assert (body["kuotajkn"], body["kuotanonjkn"]) == (kuotajkn, kuotajkn)
    assert (body["sisakuotajkn"], body["sisakuotanonjkn"], body["angkaantrean"]) == (
        sisa,
        sisa,
        angka,
    )
    assert site.held_at_bpjs(other) == [(3, "08:05:00")]


def test_18_state_is_kept_by_kodebooking(site: Site) -> None:
    """18. Bookings that share nomorreferensi '-' and a day are each told to BPJS in full."""
    nobookings = []
    for minute in (1, 2, 3):
        no_rawat = site.khanza.visit(MONDAY, jam="08:00:00")
        nobookings.append(
            site.khanza.booking(
                no_rawat,
                MONDAY,
                status="Checkin",
                validasi=f"2026-11-23 07:5{minute}:00",
                nomorreferensi="-",
            )
        )
        site.bpjs.bookings.mobile_jkn(nobookings[-1], str(MONDAY))
        site.khanza.exam(no_rawat, f"2026-11-23 08:3{minute}:00")
    site.sync()
    assert [site.held_at_bpjs(nobooking) for nobooking in nobookings] == [
        [(3, "07:51:00"), (4, "08:31:00")],
        [(3, "07:52:00"), (4, "08:32:00")],
        [(3, "07:53:00"), (4, "08:33:00")],
    ]


def test_19_an_unmapped_clinic_is_held_and_named(site: Site) -> None:
    """19. Held: "poli INT belum dipetakan di maping_poli_bpjs"; once it is mapped, all goes out."""
    site.khanza.delete("maping_poli_bpjs", kd_poli_rs="INT")
    no_rawat = patient(site, exam="08:30:00")
    other = site.khanza.visit(MONDAY, kd_poli="ANA")
    site.khanza.sep(other)
    site.sync()
    push = site.push(no_rawat, "add")
    assert (push.state, push.reason and words(push.reason)) == (
        "held",
        "poli INT belum dipetakan di maping_poli_bpjs",
    )
    assert {kodebooking for kodebooking, _, _ in site.sent(ADD)} == {other}
    assert site.held_at_bpjs(no_rawat) == []

    site.khanza.insert(
        "maping_poli_bpjs", kd_poli_rs="INT", kd_poli_bpjs="INT", nm_poli_bpjs="PENYAKIT DALAM"
    )
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:30:00")]


def test_20_nobody_is_cancelled_for_not_having_checked_in(site: Site) -> None:
    """20.

    `sync` cancels only what Khanza says is cancelled: not bookings without check-in, not no-shows.
    """
    nobooking = site.khanza.booking(site.khanza.visit(MONDAY, jam="08:00:00"), MONDAY)
    site.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY))
    walk_in = patient(site)
    for day, hhmm in (
        (0, "07:00"),
        (0, "08:10"),
        (0, "13:59"),
        (0, "23:59"),
        (1, "00:01"),
        (1, "12:00"),
        (3, "12:00"),
    ):
        site.clock.at(hhmm, day=day)
        assert site.sync().report.exit_code == 0

    assert site.held_at_bpjs(nobooking) == []
    assert {path for path, _, _ in times_accepted(site)} == {ADD, UPDATE}
    assert "99" not in {task for _, task, _ in site.sent()}
    assert site.push(nobooking, "3").state == "closed"  # listed as a no-show
    assert site.held_at_bpjs(walk_in) == [(3, "08:05:00")]


def test_21_user_key_is_its_own_value(site: Site) -> None:
    """21. user_key is its own value: BPJS refuses the secret in its place, and takes the key."""
    patient(site, exam="08:30:00")
    assert site.sync(BPJS_USER_KEY=SECRET_KEY).report.exit_code == 4
    assert site.bpjs.received == []
    site.clock.forward(minutes=1)
    assert site.sync(BPJS_USER_KEY=USER_KEY).report.exit_code == 0
    assert len(site.bpjs.received) == 3


def test_21_tls_is_always_verified(site: Site, tmp_path: Path) -> None:
    """21.

    A certificate of anybody is refused; one of the own authority is accepted by setting, for its
    name only.
    """
    no_rawat = patient(site, exam="08:30:00")
    with stand_in(site.clock, certificate=self_signed(tmp_path)) as bpjs:
        stranger = site.sync(BPJS_BASE_URL=bpjs.url)
        assert stranger.report.exit_code == 5
        why = stranger.report.errors[0].why
        assert why is not None
        assert why.cause == Cause.TLS_SELF_SIGNED
        assert bpjs.arrived == []
        site.clock.forward(minutes=1)
        assert (
            site.sync(
                BPJS_BASE_URL=bpjs.url, BPJS_CA_BUNDLE=str(tmp_path / "self.pem")
            ).report.exit_code
            == 0
        )
        assert bpjs.bookings.snapshot()[0]["kodebooking"] == no_rawat

    patient(site, exam="08:30:00")
    with stand_in(site.clock, certificate=self_signed(tmp_path, "DNS:bpjs.invalid")) as bpjs:
        site.clock.forward(minutes=1)
        other_name = site.sync(BPJS_BASE_URL=bpjs.url, BPJS_CA_BUNDLE=str(tmp_path / "self.pem"))
        assert other_name.report.exit_code == 5
        assert bpjs.arrived == []


def test_22_a_list_of_tasks_is_read_with_the_key_of_its_own_request(site: Site) -> None:
    """22. getlisttask is decrypted with its own request's timestamp, seconds after the request that
    is looked up.
    """
    visits = [patient(site) for _ in range(2)]
    for no_rawat in visits:
        site.bpjs.faults.add(Fault("reset_after", path=UPDATE, kodebooking=no_rawat))
    site.sync()
    site.clock.forward(minutes=1)
    time.sleep(1.1)  # the client signs with the real second
    assert site.sync().report.exit_code == 0
    assert [site.states(no_rawat)["3"] for no_rawat in visits] == ["already", "already"]
    assert set(times_accepted(site).values()) == {1}


@pytest.mark.parametrize("name", ["html", "empty", "no_code", "cut", "cut_unannounced", "http_500"])
def test_22_a_body_that_is_no_envelope_is_a_transport_fault(site: Site, name: FaultName) -> None:
    """22.

    After HTML, an empty or a broken body from getlisttask nothing is decided: it is asked again.
    """
    no_rawat = patient(site)
    site.bpjs.faults.add(Fault("reset_after", path=UPDATE), Fault(name, path=LIST))
    site.sync()
    site.clock.forward(minutes=1)
    assert site.sync().report.exit_code == 5
    assert site.push(no_rawat, "3").state not in ("sent", "already")
    assert site.push(no_rawat, "3").attempts == 0
    site.clock.forward(minutes=1)
    assert site.sync().report.exit_code == 0
    assert site.push(no_rawat, "3").state == "already"
    assert [one.path.removeprefix("/antreanrs") for one in site.bpjs.arrived] == [
        ADD,
        UPDATE,
        LIST,
        LIST,
    ]


def test_23_one_line_per_change(site: Site) -> None:
    """23. "menunggu task 4" is told when it begins and when it ends, not every minute."""
    no_rawat = patient(site)
    site.khanza.berkas(no_rawat, kembali="2026-11-23 09:00:00")
    unmapped = site.khanza.visit(MONDAY, kd_poli="MAT")
    site.khanza.sep(unmapped)
    lines = [
        (change.record.kodebooking, change.push.step, words(change.push.reason))
        for change in site.sync().changes
        if change.reportable and change.push.reason
    ]
    assert (no_rawat, "5", "menunggu task 4") in lines
    assert len(lines) == len(set(lines))
    for _ in range(16):  # an hour of them: one reads all of Khanza anew
        site.clock.forward(minutes=4)
        assert [change for change in site.sync().changes if change.reportable] == []


def test_24_a_pass_ends_before_the_next_minute_and_goes_on_where_it_stopped(site: Site) -> None:
    """24.

    With a slow BPJS a pass ends in time, says so by its exit code, and the next ones deliver the
    rest once.
    """
    visits = [patient(site, exam="08:30:00") for _ in range(40)]
    site.bpjs.latency = 0.4
    began = time.monotonic()
    done = site.sync(seconds=5)
    assert time.monotonic() - began < 7
    assert done.report.exit_code == 5
    assert 0 < done.report.counts["sent"] < 120
    site.bpjs.latency = 0
    site.clock.forward(minutes=1)
    assert site.sync().report.exit_code == 0
    assert all(
        site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:30:00")] for no_rawat in visits
    )
    assert set(times_accepted(site).values()) == {1}


def test_25_the_oldest_deadline_goes_first(site: Site) -> None:
    """25. Server off over midnight: the oldest day goes out first, and each day until its H+7."""
    site.clock.at("07:00")
    site.sync()
    days = [MONDAY + timedelta(days=count) for count in (2, 0, 8, 1)]
    # the newest day's has the longest chain, which goes first only within a day
    visits = {
        patient(site, tanggal, exam="08:30:00" if tanggal == days[2] else None): tanggal
        for tanggal in days
    }
    site.clock.at("09:00", day=8)
    site.sync(ANTREAN_WORKERS="1")
    order = [visits[kodebooking] for kodebooking, task, _ in site.sent() if task == "3"]
    # Monday's, which has its H+7 behind it, is not told any more
    assert order == [
        MONDAY + timedelta(days=1),
        MONDAY + timedelta(days=2),
        MONDAY + timedelta(days=8),
    ]


def test_26_a_missing_column_is_named_before_anything_is_sent(site: Site, mariadb: MariaDB) -> None:
    """26. Stock Khanza is enough; a missing table or column is named before anything is sent."""
    no_rawat = patient(site, exam="08:30:00")
    with mariadb.admin() as connection, connection.cursor() as cursor:
        cursor.execute("ALTER TABLE mutasi_berkas CHANGE kembali pulang datetime NOT NULL")
        cursor.execute("RENAME TABLE bridging_surat_kontrol_bpjs TO lain")
        try:
            done = site.sync()
        finally:
            cursor.execute("RENAME TABLE lain TO bridging_surat_kontrol_bpjs")
            cursor.execute("ALTER TABLE mutasi_berkas CHANGE pulang kembali datetime NOT NULL")
    assert done.report.exit_code == 8
    (text,) = done.told
    assert "tidak sesuai: tabel mutasi_berkas tidak punya kolom kembali; " in text
    assert "; tabel bridging_surat_kontrol_bpjs tidak ada." in text
    assert site.bpjs.arrived == []
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:30:00")]


def test_27_a_corrected_time_is_noted_and_the_chain_goes_on(site: Site) -> None:
    """27.

    A time corrected in Khanza after it was sent is noted for a person; nothing is resent, the chain
    goes on.
    """
    no_rawat = patient(site, exam="08:30:00")
    site.sync()
    site.khanza.update("pemeriksaan_ralan", {"no_rawat": no_rawat}, jam_rawat="08:44:00")
    site.clock.forward(minutes=1)
    site.sync()
    push = site.push(no_rawat, "4")
    assert push.state == "sent"
    assert words(push.note) == "Khanza kini mencatat 23-11-2026 08:44:00"

    site.khanza.berkas(no_rawat, kembali="2026-11-23 09:00:00")
    site.clock.forward(minutes=1)
    site.sync()
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:30:00"), (5, "09:00:00")]
    assert set(times_accepted(site).values()) == {1}


def test_28_two_visits_of_one_patient_on_one_day(site: Site) -> None:
    """28.

    Two clinic visits of one patient on one day are never mixed up, also where one is booked in
    Mobile JKN.
    """
    norm = site.khanza.patient()
    first = site.khanza.visit(MONDAY, norm=norm, jam="08:05:00")
    second = site.khanza.visit(MONDAY, norm=norm, jam="09:15:00", kd_poli="ANA")
    third = site.khanza.visit(MONDAY, norm=norm, jam="08:00:00", kd_poli="ANA")
    site.khanza.sep(first)
    site.khanza.sep(second)
    nobooking = site.khanza.booking(third, MONDAY, status="Checkin", validasi="2026-11-23 07:45:00")
    site.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY), norm=norm)
    site.khanza.exam(second, "2026-11-23 10:00:00")
    site.sync()

    assert site.held_at_bpjs(first) == [(3, "08:05:00")]
    assert site.held_at_bpjs(second) == [(3, "09:15:00"), (4, "10:00:00")]
    assert site.held_at_bpjs(nobooking) == [(3, "07:45:00")]
    assert body_of_add(site, first)["kodepoli"] == "INT"
    assert body_of_add(site, second)["kodepoli"] == "ANA"


def test_29_after_a_cancel_nothing_more_is_sent(site: Site) -> None:
    """29.

    After a cancel nothing more: not what was pending, not what Khanza records later, not if it is
    undone.
    """
    site.clock.at("08:10")
    desk = patient(site)
    booked = site.khanza.visit(MONDAY, jam="08:00:00")
    nobooking = site.khanza.booking(
        booked, MONDAY, status="Checkin", validasi="2026-11-23 07:45:00"
    )
    site.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY))
    elsewhere = patient(site)  # cancelled at BPJS by somebody else
    site.sync()
    site.bpjs.bookings.batal({"kodebooking": elsewhere, "keterangan": "dibatalkan di tempat lain"})
    site.khanza.stts(desk, "Batal")
    site.khanza.delete("reg_periksa", no_rawat=booked)
    site.khanza.batal(nobooking, no_rawat=booked)
    site.clock.at("08:20")
    site.sync()
    site.clock.at("08:31")
    site.sync()
    assert site.held_at_bpjs(desk) == [(3, "08:05:00"), (99, "08:20:00")]
    assert [task for task, _ in site.held_at_bpjs(nobooking)] == [3, 99]

    for no_rawat in (desk, elsewhere):
        site.khanza.exam(no_rawat, "2026-11-23 08:40:00")
        site.khanza.berkas(no_rawat, kembali="2026-11-23 08:50:00")
        site.khanza.stts(no_rawat, "Sudah")
    site.clock.at("09:00")
    site.sync()
    for _ in range(3):
        site.clock.forward(hours=1)
        heard = len(site.bpjs.arrived)
        assert site.sync().report.exit_code == 0
        assert len(site.bpjs.arrived) == heard
    for kodebooking in (desk, nobooking, elsewhere):
        assert set(site.states(kodebooking).values()) <= {"sent", "already", "closed"}
    assert [task for task, _ in site.held_at_bpjs(desk)] == [3, 99]
    assert [task for task, _ in site.held_at_bpjs(nobooking)] == [3, 99]
    assert [task for task, _ in site.held_at_bpjs(elsewhere)] == [3, 99]
    assert set(times_accepted(site).values()) == {1}


@pytest.mark.parametrize("kept", [True, False], ids=["with its booking row", "without"])
def test_30_the_cancel_of_a_deleted_visit_is_sent(site: Site, kept: bool) -> None:
    """30. A booking whose visit was deleted: its cancel is sent, once."""
    site.clock.at("07:00")
    no_rawat = site.khanza.visit(MONDAY, jam="08:00:00")
    nobooking = site.khanza.booking(no_rawat, MONDAY)
    site.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY))
    site.sync()
    site.khanza.delete("reg_periksa", no_rawat=no_rawat)
    if kept:
        site.khanza.update("referensi_mobilejkn_bpjs", {"nobooking": nobooking}, status="Batal")
    site.khanza.batal(nobooking, no_rawat=no_rawat, keterangan="Pasien berhalangan")
    if not kept:  # in an install whose foreign keys did not survive a repair
        site.khanza.connection.cursor().execute("SET foreign_key_checks = 0", ())
        site.khanza.delete("referensi_mobilejkn_bpjs", nobooking=nobooking)
    for hhmm in ("07:20", "07:21", "09:00"):
        site.clock.at(hhmm)
        site.sync()
    assert [(one.body, one.code) for one in site.bpjs.received] == [
        ({"kodebooking": nobooking, "keterangan": "Pasien berhalangan"}, 200)
    ]


def test_41_two_people_never_share_a_booking(site: Site) -> None:
    """41. The day's last number handed to the next patient: each has a booking of their own."""
    site.clock.at("08:10")
    no_rawat = patient(site)
    him = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
    site.sync()
    her = hand_on(site, no_rawat, back="08:50:00")
    for hhmm in ("08:30", "08:41", "08:51", "08:52", "09:30"):
        site.clock.at(hhmm)
        site.sync()
    bookings = {one["kodebooking"]: one["norm"] for one in site.bpjs.bookings.snapshot()}
    assert bookings == {no_rawat: him, f"{no_rawat}-2": her}
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00")]
    hers = [(3, "08:25:00"), (4, "08:40:00"), (5, "08:50:00")]
    assert site.held_at_bpjs(f"{no_rawat}-2") == hers


def test_every_row_of_the_table_has_its_test() -> None:
    """Each row is covered by a test that carries the row's number."""
    numbers = {
        int(name[5:7]) for name in globals() if name.startswith("test_") and name[5:7].isdigit()
    }
    assert numbers == {*range(1, 31), 41}


def test_11_a_lock_held_by_anybody_ends_the_run(live_site: Site) -> None:
    """11. With the lock held the run neither speaks nor calls; freed, it works."""
    yesterday = live_site.clock.now.date() - timedelta(days=1)
    patient(live_site, yesterday, exam="08:30:00")
    with locked(live_site.state):
        done = live_site.run("sync", "--since", str(yesterday))
        assert (done.returncode, done.stdout, done.stderr) == (11, "", "")
        assert live_site.bpjs.arrived == []
    assert live_site.run("sync", "--since", str(yesterday)).returncode == 0
