"""`antrean update --file`, with the real program, the stand-in BPJS and a ledger on disk.

What it leaves in the ledger is seen by what `sync` does afterwards, and by what another run of the
same file does.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Barrier, Lock
from typing import Any

import pytest

from antrean_cli.bpjs.client import Client
from antrean_cli.errors import TemporaryError
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.operator.bulk_update import BulkUpdate
from antrean_cli.operator.patience import Patience
from antrean_cli.operator.update_file import Line, updates_in
from antrean_cli.rules.pacing import Pacing
from antrean_cli.simulator.faults import Fault, Reply
from antrean_cli.simulator.gate import Gate
from tests.support.command import on_a_terminal
from tests.support.limits import limited, nearly_full, room
from tests.support.site import MONDAY, WIB, Site, wait_for

HEADER = "kodebooking,taskid,waktu"
TIMES = {"1": "07:50", "2": "07:55", "3": "08:05", "4": "08:30", "5": "08:50"}
BOOKINGS = tuple(f"2026/11/23/{number:06}" for number in range(1, 9))
UPDATE = "/antrean/updatewaktu"


def line(kodebooking: str, taskid: str, waktu: str = "") -> str:
    """Return one line of a file; the time is that of TIMES unless it is given."""
    return f"{kodebooking},{taskid},{waktu or f'{MONDAY} {TIMES[taskid]}'}"


def written(site: Site, *lines: str) -> str:
    """Write a file of updates; return its name."""
    file = site.folder / "task.csv"
    file.write_text("".join(f"{one}\n" for one in lines), encoding="utf-8")
    return str(file)


def booked(site: Site, *bookings: str) -> None:
    """Let BPJS know these bookings of MONDAY."""
    for kodebooking in bookings:
        site.bpjs.bookings.mobile_jkn(kodebooking, MONDAY.isoformat())


def sent(site: Site, *lines: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Send a file of these lines."""
    return site.run("update", "--file", written(site, *lines), **env)


def documents(site: Site, *lines: str, code: int = 0, **env: str) -> list[dict[str, Any]]:
    """Send a file of these lines with --json; return what is told of each."""
    done = site.run("-q", "update", "--json", "--file", written(site, *lines), **env)
    assert done.returncode == code, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def noted(site: Site, *bookings: str) -> set[tuple[str, str]]:
    """Return the tasks that the ledger calls sent."""
    found = {kodebooking: site.states(kodebooking) for kodebooking in bookings}
    return {
        (one, step)
        for one, states in found.items()
        for step, state in states.items()
        if state == "sent"
    }


def nothing_happened(site: Site, done: subprocess.CompletedProcess[str]) -> str:
    """Check that a file was refused before anything was sent or written; return the complaint."""
    assert (done.returncode, done.stdout) == (2, "")
    assert [
        line
        for line in done.stderr.splitlines()[1:]
        if not line.startswith("  baris ") and "  dan " not in line
    ] == []
    assert site.bpjs.arrived == []
    assert not site.state.exists()
    return done.stderr


# -- a file that goes through


def test_each_line_is_sent_noted_and_told(site: Site) -> None:
    booked(site, *BOOKINGS[:2])
    done = sent(
        site,
        *(line(kodebooking, taskid) for kodebooking in BOOKINGS[:2] for taskid in ("1", "2", "3")),
    )
    assert done.returncode == 0
    assert set(done.stdout.splitlines()) == {
        "baris 1: 2026/11/23/000001 task 1 23-11-2026 07:50:00: diterima BPJS",
        "baris 2: 2026/11/23/000001 task 2 23-11-2026 07:55:00: diterima BPJS",
        "baris 3: 2026/11/23/000001 task 3 23-11-2026 08:05:00: diterima BPJS",
        "baris 4: 2026/11/23/000002 task 1 23-11-2026 07:50:00: diterima BPJS",
        "baris 5: 2026/11/23/000002 task 2 23-11-2026 07:55:00: diterima BPJS",
        "baris 6: 2026/11/23/000002 task 3 23-11-2026 08:05:00: diterima BPJS",
    }
    assert done.stderr == "6 baris: 6 diterima BPJS\n"
    held = [(1, "07:50:00"), (2, "07:55:00"), (3, "08:05:00")]
    assert [site.held_at_bpjs(kodebooking) for kodebooking in BOOKINGS[:2]] == [held, held]
    assert [site.states(kodebooking) for kodebooking in BOOKINGS[:2]] == [
        {"1": "sent", "2": "sent", "3": "sent"}
    ] * 2


def test_the_bodies_are_those_of_single_updates(site: Site) -> None:
    """taskid as text, waktu in milliseconds, jenisresep only where there is one."""
    booked(site, "16032021A001")
    lines = ("4,1795397400000", "5,1795398600123,Non racikan", "6,2026-11-23 09:00:30,")
    site.bpjs.bookings.updatewaktu(
        {"kodebooking": "16032021A001", "taskid": "3", "waktu": 1795395900000}
    )
    assert sent(site, *(f"16032021A001,{rest}" for rest in lines)).returncode == 0
    assert site.bodies(UPDATE) == [
        {"kodebooking": "16032021A001", "taskid": "4", "waktu": 1795397400000},
        {
            "kodebooking": "16032021A001",
            "taskid": "5",
            "waktu": 1795398600123,
            "jenisresep": "Non racikan",
        },
        {"kodebooking": "16032021A001", "taskid": "6", "waktu": 1795399230000},
    ]


TWO = ("A-1,1,2026-11-23 07:50", "A-1,2,2026-11-23 07:55")
FORMS = {
    "plain": "\n".join(TWO).encode(),
    "Windows": ("\r\n".join(TWO) + "\r\n").encode("utf-8-sig"),
    "old line ends": "\r".join(TWO).encode(),
    "header": "\n".join((HEADER, *TWO)).encode(),
    "header of four, in capitals, after a mark and a blank line": "\n".join(
        ("", "KODEBOOKING,TASKID,WAKTU,JENISRESEP", *TWO)
    ).encode("utf-8-sig"),
    "semicolons": "\n".join((HEADER, *TWO)).replace(",", ";").encode(),
    "rows of Excel's that are empty": "\r\n".join(
        f"{one},," for one in (*TWO, "", ",", " ")
    ).encode("utf-8-sig"),
    "blank lines": "\n\n".join(("", *TWO, "  ", "")).encode(),
    "spaces around": "\n".join(one.replace(",", " , ") for one in TWO).encode(),
    "quotes": "\n".join('"{}"'.format(one.replace(",", '","')) for one in TWO).encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_file_is_read_as_programs_write_it(site: Site, form: str) -> None:
    booked(site, "A-1")
    file = site.folder / "task.csv"
    file.write_bytes(FORMS[form])
    done = site.run("update", "--file", str(file))
    assert done.returncode == 0, done.stderr
    assert site.held_at_bpjs("A-1") == [(1, "07:50:00"), (2, "07:55:00")]


def test_a_kode_booking_may_hold_the_delimiter_and_quotes(site: Site) -> None:
    """Slashes, # and spaces are usual; the rest is what CSV has quotes for."""
    odd = 'A,"1";x #2/b'
    booked(site, odd, "B;1")
    quoted = odd.replace('"', '""')
    assert sent(site, f'"{quoted}",1,2026-11-23 07:50', '"B;1",1,2026-11-23 07:50').returncode == 0
    assert {str(body["kodebooking"]) for body in site.bodies(UPDATE)} == {odd, "B;1"}


def test_a_file_comes_from_standard_input_too(site: Site) -> None:
    booked(site, "A-1")
    done = site.run("update", "--file", "-", input="\ufeff" + "\n".join(TWO))
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 2)
    assert site.held_at_bpjs("A-1") == [(1, "07:50:00"), (2, "07:55:00")]


def test_times_are_in_the_hospitals_zone(site: Site) -> None:
    booked(site, "A-1")
    done = sent(
        site,
        "A-1,3,2026-11-23 09:05",
        "A-1,4,1795397400000",
        ANTREAN_TZ="Asia/Makassar",
    )
    assert done.returncode == 0
    assert [body["waktu"] for body in site.bodies(UPDATE)] == [1795395900000, 1795397400000]
    assert "task 4 23-11-2026 09:30:00:" in done.stdout, "the same moment by the hospital's clock"


def test_what_bpjs_has_already_counts_as_done(site: Site) -> None:
    """The lines behind it are sent: nothing went wrong."""
    booked(site, *BOOKINGS[:1])
    lines = [line(BOOKINGS[0], taskid) for taskid in ("1", "2")]
    assert sent(site, *lines).returncode == 0
    done = sent(site, *lines, line(BOOKINGS[0], "3"))
    assert done.returncode == 0
    assert (
        "baris 1: 2026/11/23/000001 task 1 23-11-2026 07:50:00: sudah "
        "ada di BPJS; waktu di BPJS tidak diganti\n" in done.stdout
    )
    assert done.stderr == "3 baris: 1 diterima BPJS, 2 sudah ada di BPJS\n"
    assert site.states(BOOKINGS[0]) == {"1": "already", "2": "already", "3": "sent"}


def test_json_is_one_document_in_the_order_of_the_file(site: Site) -> None:
    booked(site, "A-1", "B-1")
    found = documents(
        site,
        HEADER,
        line("B-1", "2"),
        line("A-1", "1"),
        line("B-1", "1"),
        line("C-1", "1"),
        line("A-1", "2"),
        line("C-1", "2"),
        code=6,
    )
    first, second = 1795395000000, 1795395300000
    rows = [
        (2, "B-1", "2", second, "refused", "201", "TaskId=1 belum ada"),
        (3, "A-1", "1", first, "sent", "200", "Ok"),
        (4, "B-1", "1", first, "skipped", "", "baris 2 belum diterima"),
        (5, "C-1", "1", first, "queued", "201", "Kode Booking tidak ditemukan"),
        (6, "A-1", "2", second, "sent", "200", "Ok"),
        (7, "C-1", "2", second, "queued", "", ""),
    ]
    keys = ("line", "kodebooking", "taskid", "waktu", "outcome", "code", "message")
    assert found == [dict(zip(keys, row, strict=True)) for row in rows]


def test_quiet_leaves_out_the_summary_and_nothing_else(site: Site) -> None:
    booked(site, "A-1", "B-1")
    done = site.run("-q", "update", "--file", written(site, line("A-1", "1"), line("B-1", "2")))
    assert (done.returncode, len(done.stdout.splitlines())) == (6, 2)
    (complaint,) = done.stderr.splitlines()
    assert "baris 2: BPJS menolak: TaskId=1 belum ada" in complaint


# -- lines that are kept


def test_lines_of_bookings_that_bpjs_does_not_know_are_kept_and_all_is_well(site: Site) -> None:
    booked(site, "A-1")
    done = sent(
        site, line("A-1", "1"), line("B-1", "1"), line("B-1", "2"), line("B-1", "3"), HEADER[:0]
    )
    assert done.returncode == 0
    assert set(done.stdout.splitlines()) == {
        "baris 1: A-1 task 1 23-11-2026 07:50:00: diterima BPJS",
        "baris 2: B-1 task 1 23-11-2026 07:50:00: disimpan, dikirim otomatis sesuai urutan",
        "baris 3: B-1 task 2 23-11-2026 07:55:00: disimpan, dikirim otomatis sesuai urutan",
        "baris 4: B-1 task 3 23-11-2026 08:05:00: disimpan, dikirim otomatis sesuai urutan",
    }
    assert done.stderr == "4 baris: 1 diterima BPJS, 3 disimpan, dikirim otomatis\n"
    assert sorted(site.sent(UPDATE)) == [("A-1", "1", 200), ("B-1", "1", 201)]
    assert site.states("B-1") == {"1": "held", "2": "held", "3": "held"}


def test_with_queue_a_file_is_kept_whole_and_nothing_is_sent(site: Site) -> None:
    booked(site, "A-1")
    lines = [line(one, taskid) for one in ("A-1", "B-1") for taskid in ("1", "2")]
    done = site.run("update", "--queue", "--json", "--file", written(site, *lines))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [(one["line"], one["outcome"], one["code"], one["message"]) for one in told] == [
        (number, "queued", "", "") for number in range(1, 5)
    ]
    assert site.bpjs.arrived == []
    assert site.states("A-1") == site.states("B-1") == {"1": "due", "2": "due"}


def test_the_same_file_kept_twice_is_kept_once_with_the_time_typed_last(site: Site) -> None:
    for clock in ("07:50", "07:51"):
        rows = (line("B-1", "1", f"{MONDAY} {clock}"), line("B-1", "2"))
        site.run("update", "--queue", "--file", written(site, *rows))
    kept = site.push("B-1", "1").waktu
    assert f"{kept:%H:%M}" == "07:51"
    assert site.states("B-1") == {"1": "due", "2": "due"}


def test_a_later_file_waits_behind_what_is_kept_and_asks_nobody(site: Site) -> None:
    sent(site, line("B-1", "1"))
    booked(site, "B-1")
    assert sent(site, line("B-1", "2"), line("B-1", "3")).returncode == 0
    assert site.sent(UPDATE) == [("B-1", "1", 201)]
    site.clock.forward(minutes=2)
    site.sync()
    assert [taskid for taskid, _ in site.held_at_bpjs("B-1")] == [1, 2, 3]


def test_a_line_that_cannot_be_kept_is_told_and_the_others_are_kept(site: Site) -> None:
    rows = (line("B-1", "1"), "B-1,99,2026-11-23 08:00", line("B-1", "2"))
    done = site.run("update", "--queue", "--file", written(site, *rows))
    assert done.returncode == 6
    assert "baris 2: task 99 tidak dapat disimpan, hanya 1 sampai 7" in done.stderr
    assert site.states("B-1") == {"1": "due", "2": "due"}


def test_a_ledger_that_is_full_keeps_nothing_of_a_file(site: Site) -> None:
    site.run("update", "--queue", "--file", written(site, line("A-1", "1")))
    rows = [line(f"B-{number}", "1") for number in range(3000)]
    done = limited(room(200_000), site, "update", "--queue", "--file", written(site, *rows))
    assert (done.returncode, done.stdout) == (9, "")
    listed = json.loads(site.run("list", "--json", "--pending").stdout)
    assert [one["kodebooking"] for one in listed] == ["A-1"]


def test_dates_and_hours_are_read_as_an_indonesian_excel_writes_them() -> None:
    """Excel turns a date that it knows into its own, day first, and hours with a full stop."""
    times = ["23/11/2026 08:05", "23/11/2026 08.30", "23/11/2026 8.50.10", "23-11-2026 11.30"]
    typed = "\n".join(f"A-1;{taskid};{time}" for taskid, time in zip("3456", times, strict=True))
    read = updates_in(typed, "task.csv", WIB)
    shown = [f"{line.waktu:%Y-%m-%d %H:%M:%S}" for line in read]
    day = "2026-11-23"
    assert shown == [f"{day} 08:05:00", f"{day} 08:30:00", f"{day} 08:50:10", f"{day} 11:30:00"]


# -- a file that cannot be used

BAD = {
    "no columns": "A-1",
    "two columns": "A-1,3",
    "five columns": "A-1,3,2026-11-23 08:05,Racikan,x",
    "no kode booking": ",3,2026-11-23 08:05",
    "a kode booking without end": f"{'A' * 101},3,2026-11-23 08:05",
    "a kode booking that rings": "A\x07,3,2026-11-23 08:05",
    "no taskid": "A-1,,2026-11-23 08:05",
    "taskid 8": "A-1,8,2026-11-23 08:05",
    "taskid 03": "A-1,03,2026-11-23 08:05",
    "a word for a taskid": "A-1,tiga,2026-11-23 08:05",
    "no time": "A-1,3,",
    "a time of day": "A-1,3,08:05",
    "an American Excel's own date": "A-1,3,11/23/2026 08:05",
    "Excel's own number": "A-1,3,1.7954E+12",
    "a day that is none": "A-1,3,2026-02-31 08:05",
    "seconds, not milliseconds": "A-1,3,1795395900",
    "a medicine that BPJS does not know": "A-1,5,2026-11-23 08:05,Puyer",
    "a quote without end": '"A-1,3,2026-11-23 08:05',
    "a null": "A-1,3,2026-11-23 08:05\x00",
    "a header in the middle": HEADER,
    "other delimiters": "A-1;3;2026-11-23 08:05",
}


@pytest.mark.parametrize("kind", BAD)
def test_one_bad_line_and_nothing_is_sent(site: Site, kind: str) -> None:
    """Exit 2 with the number of the line; nothing reaches BPJS, and not even a ledger is made."""
    complaint = nothing_happened(
        site, sent(site, HEADER, line("A-1", "1"), BAD[kind], "", line("A-1", "2"))
    )
    assert "task.csv" in complaint
    assert "baris 3: " in complaint
    assert "baris 2" not in complaint


def test_of_many_bad_lines_the_first_are_named_and_the_others_counted(site: Site) -> None:
    complaint = nothing_happened(
        site, sent(site, line("A-1", "1"), *["A-1,8,2026-11-23 08:05"] * 9)
    )
    assert [number for number in range(1, 11) if f"baris {number}:" in complaint] == [2, 3, 4, 5, 6]
    assert "dan 4 baris lain" in complaint


def test_what_stands_in_a_bad_line_is_not_repeated(site: Site) -> None:
    """It may be the wrong file: one of patients."""
    complaint = nothing_happened(
        site, sent(site, "SITI CONTOH,9901010101000001,081200000001", "x;9901010101000001")
    )
    assert [
        word for word in ("SITI", "9901010101000001", "081200000001") if word in complaint
    ] == []


@pytest.mark.parametrize("content", [b"", b"\n \r\n", b"\xef\xbb\xbf", b";;\r\n,,\n"])
def test_an_empty_file_is_refused(site: Site, content: bytes) -> None:
    """Whoever made it wanted something sent; what failed before must not look like success."""
    file = site.folder / "task.csv"
    file.write_bytes(content)
    complaint = nothing_happened(site, site.run("update", "--file", str(file)))
    assert f"{file} kosong; isinya satu baris per task: kodebooking,taskid,waktu" in complaint


def test_a_header_alone_says_that_there_is_nothing_to_send(site: Site) -> None:
    """What a machine exports every minute, also at night: done, and without a ledger."""
    done = sent(site, HEADER)
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "",
        "Tidak ada baris untuk dikirim.\n",
    )
    assert documents(site, HEADER) == []
    assert site.bpjs.arrived == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("A-1",),
        ("A-1", "3"),
        ("A-1", "3", "2026-11-23 08:05"),
        ("--jenisresep", "Racikan"),
    ],
)
def test_single_arguments_beside_a_file_are_refused(site: Site, arguments: tuple[str, ...]) -> None:
    file = written(site, line("A-1", "1"))
    assert "--file" in nothing_happened(site, site.run("update", *arguments, "--file", file))


def test_a_file_that_cannot_be_read_is_named(site: Site) -> None:
    latin = site.folder / "latin.csv"
    latin.write_bytes("Ké,3,2026-11-23 08:05".encode("latin-1"))
    for source, words in (
        ("tidak-ada.csv", "tidak ada"),
        (str(site.folder), "folder"),
        (str(latin), "UTF-8"),
    ):
        complaint = nothing_happened(site, site.run("update", "--file", source))
        assert source in complaint
        assert words in complaint


def test_standard_input_that_is_closed_is_no_bug(site: Site) -> None:
    command = f"exec {sys.executable} -m antrean_cli update --file - <&-"
    done = subprocess.run(
        ["bash", "-c", command],
        env=site.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "masukan standar" in nothing_happened(site, done)


# -- several at a time, in order


@contextmanager
def watched(site: Site, together: int) -> Iterator[Counter[str]]:
    """Let the first calls wait until so many are there, and count those of one booking."""
    judge, barrier, lock, there = site.bpjs.answer, Barrier(together), Lock(), Counter[str]()
    most: Counter[str] = Counter()
    waiting = iter(range(together))

    def answer(
        method: str, path: str, headers: Mapping[str, str], raw: bytes, spelling: str = ""
    ) -> Reply:
        kodebooking = json.loads(raw)["kodebooking"]
        with lock:
            there[kodebooking] += 1
            most[kodebooking] = max(most[kodebooking], there[kodebooking])
            waits = next(waiting, None) is not None
        if waits:
            barrier.wait(30)
        reply = judge(method, path, headers, raw, spelling)
        with lock:
            there[kodebooking] -= 1
        return reply

    site.bpjs.answer = answer  # type: ignore[method-assign]
    yield most
    site.bpjs.answer = judge  # type: ignore[method-assign]


def test_several_bookings_go_at_once_and_each_in_the_order_of_the_file(site: Site) -> None:
    """Four calls are on their way together, no two of one booking, however lines are mixed."""
    booked(site, *BOOKINGS)
    lines = [line(kodebooking, taskid) for taskid in TIMES for kodebooking in BOOKINGS]
    with watched(site, 4) as at_once:
        done = sent(site, *lines, ANTREAN_WORKERS="4")
    assert done.returncode == 0, done.stdout
    assert at_once == dict.fromkeys(BOOKINGS, 1)
    for kodebooking in BOOKINGS:
        assert [
            body["taskid"] for body in site.bodies(UPDATE) if body["kodebooking"] == kodebooking
        ] == list(TIMES)
    assert {code for _, _, code in site.sent()} == {200}
    assert noted(site, *BOOKINGS) == {
        (kodebooking, taskid) for kodebooking in BOOKINGS for taskid in TIMES
    }


def test_one_worker_sends_in_the_order_of_the_file(site: Site) -> None:
    booked(site, *BOOKINGS)
    lines = [
        line(kodebooking, taskid) for taskid in ("1", "2") for kodebooking in reversed(BOOKINGS)
    ]
    assert sent(site, *lines, ANTREAN_WORKERS="1").returncode == 0
    assert [f"{body['kodebooking']},{body['taskid']}" for body in site.bodies(UPDATE)] == [
        ",".join(one.split(",")[:2]) for one in lines
    ]


def test_an_outcome_is_told_as_soon_as_it_is_known(site: Site) -> None:
    """Not at the end: the second booking hangs while the first is told."""
    booked(site, "A-1", "B-1")
    site.bpjs.faults.add(Fault("timeout_before", kodebooking="B-1", seconds=60))
    file = written(site, line("A-1", "1"), line("B-1", "1"))
    with site.running("update", "--file", file, BPJS_TIMEOUT="60") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("baris 1: A-1 task 1 ")
        assert process.poll() is None


# -- lines that BPJS does not take


def test_after_a_refusal_the_later_lines_of_that_booking_stay_back(site: Site) -> None:
    """201 in the middle: that booking waits for a person, the others are sent to their end."""
    booked(site, *BOOKINGS[:2])
    wrong = line(BOOKINGS[0], "2", "2026-11-23 07:45")  # before task 1
    lines = [
        line(BOOKINGS[0], "1"),
        wrong,
        line(BOOKINGS[1], "1"),
        line(BOOKINGS[0], "3"),
        line(BOOKINGS[1], "2"),
    ]
    done = sent(site, *lines)
    assert done.returncode == 6
    told = sorted(done.stdout.splitlines())
    assert "ditolak BPJS: Waktu (2026-11-23 07:45:00 WIB) tidak boleh kurang" in told[1]
    assert told[1].endswith("(kode 201)")
    assert told[3] == (
        "baris 4: 2026/11/23/000001 task 3 23-11-2026 08:05:00: "
        "tidak dikirim: baris 2 belum diterima"
    )
    summary, advice, complaint = done.stderr.splitlines()
    assert summary == "5 baris: 3 diterima BPJS, 1 ditolak BPJS, 1 tidak dikirim"
    assert "tidak menjadi ganda" in advice
    assert complaint.startswith("antrean: baris 2: BPJS menolak: ")
    assert sorted(site.sent()) == [
        (BOOKINGS[0], "1", 200),
        (BOOKINGS[0], "2", 201),
        (BOOKINGS[1], "1", 200),
        (BOOKINGS[1], "2", 200),
    ]
    assert noted(site, *BOOKINGS[:2]) == {
        (BOOKINGS[0], "1"),
        (BOOKINGS[1], "1"),
        (BOOKINGS[1], "2"),
    }


def test_a_mended_file_is_sent_again_and_only_what_is_new_is_taken(site: Site) -> None:
    booked(site, "A-1")
    assert (
        sent(
            site, line("A-1", "1"), line("A-1", "2", "2026-11-23 07:45"), line("A-1", "3")
        ).returncode
        == 6
    )
    assert sent(site, line("A-1", "1"), line("A-1", "2"), line("A-1", "3")).returncode == 0
    assert site.held_at_bpjs("A-1") == [(1, "07:50:00"), (2, "07:55:00"), (3, "08:05:00")]


def test_a_refusal_says_what_has_to_go_first(site: Site) -> None:
    """The same advice as of a single update, with the number of the line."""
    booked(site, "A-1")
    done = sent(site, line("A-1", "1"), line("A-1", "3"))
    assert done.returncode == 6
    assert (
        "baris 2: BPJS menolak: Task=1 ada. TaskId=2 belum ada (kode 201); kirim task 2 dulu"
        in done.stderr
    )


def test_refused_credentials_stop_it_at_once(site: Site) -> None:
    """Exit 4: every further call would fail too. What was not sent is said line by line."""
    booked(site, *BOOKINGS)
    lines = [line(kodebooking, taskid) for kodebooking in BOOKINGS for taskid in ("1", "2")]
    done = sent(site, *lines, ANTREAN_WORKERS="2", BPJS_USER_KEY="kunci-salah")
    assert done.returncode == 4
    assert len(site.bpjs.arrived) <= 2
    failed = [one for one in done.stdout.splitlines() if "gagal: " in one]
    left = [
        one
        for one in done.stdout.splitlines()
        if one.endswith("tidak dikirim: kredensial tidak diterima BPJS")
    ]
    assert (len(failed), len(failed) + len(left)) == (len(site.bpjs.arrived), len(lines))
    assert len([one for one in done.stderr.splitlines() if "BPJS_USER_KEY" in one]) == 1
    assert "kunci-salah" not in done.stdout + done.stderr


def test_credentials_that_are_refused_in_the_middle_stop_it_there(site: Site) -> None:
    booked(site, *BOOKINGS)
    site.bpjs.faults.add(Fault("http_401", kodebooking=BOOKINGS[2]))
    found = documents(
        site, *(line(kodebooking, "1") for kodebooking in BOOKINGS), code=4, ANTREAN_WORKERS="1"
    )
    assert [row["outcome"] for row in found] == ["sent", "sent", "failed", *["skipped"] * 5]
    assert (found[2]["code"], found[2]["message"]) == ("401", "Unauthorized")
    assert noted(site, *BOOKINGS[:2]) == {(kodebooking, "1") for kodebooking in BOOKINGS[:2]}


def test_three_faults_in_a_row_stop_it(site: Site) -> None:
    """BPJS is down: exit 5, and the rest is not tried."""
    booked(site, *BOOKINGS)
    site.bpjs.faults.add(Fault("reset_before", times=None))
    found = documents(
        site, *(line(kodebooking, "1") for kodebooking in BOOKINGS), code=5, ANTREAN_WORKERS="1"
    )
    assert [row["outcome"] for row in found] == [*["failed"] * 3, *["skipped"] * 5]
    assert {row["message"] for row in found[3:]} == {"BPJS tidak menjawab"}
    assert len(site.bpjs.arrived) == 3


def test_a_server_that_is_down_is_told_in_one_sentence(site: Site) -> None:
    site.bpjs.stop()
    done = sent(site, *(line(kodebooking, "1") for kodebooking in BOOKINGS))
    assert done.returncode == 5
    assert len(done.stdout.splitlines()) == len(BOOKINGS)
    assert len([one for one in done.stderr.splitlines() if one.startswith("antrean: ")]) == 1


def test_faults_with_an_answer_between_them_do_not_stop_it(site: Site) -> None:
    booked(site, *BOOKINGS)
    for number in (0, 1, 3, 4):
        site.bpjs.faults.add(Fault("html", kodebooking=BOOKINGS[number]))
    lines = [line(kodebooking, taskid) for taskid in ("1", "2") for kodebooking in BOOKINGS]
    found = documents(site, *lines, code=5, ANTREAN_WORKERS="1")
    assert [row["outcome"] for row in found[:8]] == [
        *("failed", "failed", "sent", "failed", "failed", "sent", "sent", "sent"),
    ]
    assert [row["outcome"] for row in found[8:]] == [
        *("skipped", "skipped", "sent", "skipped", "skipped", "sent", "sent", "sent"),
    ]


@pytest.mark.parametrize("name", ["gagal_dicoba", "undefined_error", "unknown_code"])
def test_what_bpjs_wants_repeated_later_exits_5_and_the_others_go_on(site: Site, name: Any) -> None:
    booked(site, "A-1", "B-1")
    site.bpjs.faults.add(Fault(name, kodebooking="A-1"))
    found = documents(
        site, line("A-1", "1"), line("B-1", "1"), line("A-1", "2"), line("B-1", "2"), code=5
    )
    assert [row["outcome"] for row in found] == ["failed", "sent", "skipped", "sent"]


@pytest.mark.parametrize("name", ["http_429", "nginx_429"])
def test_what_came_too_soon_is_sent_once_more_in_its_place(site: Site, name: Any) -> None:
    booked(site, "A-1", "B-1")
    site.bpjs.faults.add(Fault(name, kodebooking="A-1", times=2, retry_after="1"))
    found = documents(site, line("A-1", "1"), line("B-1", "1"), line("A-1", "2"))
    assert [row["outcome"] for row in found] == ["sent", "sent", "sent"]


def test_a_line_that_always_comes_too_soon_is_left_and_the_others_go_on(site: Site) -> None:
    booked(site, *BOOKINGS)
    site.bpjs.faults.add(Fault("nginx_429", kodebooking=BOOKINGS[0], times=None))
    lines = [line(kodebooking, taskid) for kodebooking in BOOKINGS for taskid in ("1", "2")]
    found = documents(site, *lines, code=5)
    assert [row["outcome"] for row in found] == ["failed", "skipped", *["sent"] * 14]
    site.bpjs.faults.clear()
    again = documents(site, *lines)
    assert [row["outcome"] for row in again] == ["sent", "sent", *["already"] * 14]


def test_a_longer_wait_than_a_person_has_ends_it(site: Site) -> None:
    """What BPJS took is noted, the rest is not sent, and the same file goes on later."""
    booked(site, *BOOKINGS)
    site.bpjs.faults.add(Fault("http_429", kodebooking=BOOKINGS[3], times=None, retry_after="600"))
    lines = [line(kodebooking, "1") for kodebooking in BOOKINGS]
    done = sent(site, *lines, ANTREAN_WORKERS="1")
    assert done.returncode == 5
    assert done.stderr.splitlines()[-1] == (
        "antrean: BPJS meminta menunggu 600 detik; sisanya tidak dikirim, kirim lagi berkas ini "
        "nanti"
    )
    assert noted(site, *BOOKINGS[:3]) == {(kodebooking, "1") for kodebooking in BOOKINGS[:3]}
    assert len(site.bpjs.received) == 3
    site.bpjs.faults.clear()
    again = documents(site, *lines)
    assert [row["outcome"] for row in again] == [*["already"] * 3, *["sent"] * 5]


def test_a_bpjs_that_lets_nothing_through_ends_it(site: Site) -> None:
    booked(site, *BOOKINGS)
    site.bpjs.gate = Gate(connections=0)
    settings = site.settings()
    with Ledger.open(site.state, WIB) as ledger:
        batch = BulkUpdate(
            client=Client(settings.bpjs),
            ledger=ledger,
            policy=settings.policy,
            patience=Patience(pacing=Pacing(), longest=1),
            clock=site.clock,
        )
        lines = [
            Line(number=number, kodebooking=one, taskid="1", waktu=site.clock.now)
            for number, one in enumerate(BOOKINGS)
        ]
        results = list(batch.run(lines))
    assert [one.outcome for one in results] == ["skipped"] * len(BOOKINGS)
    assert isinstance(batch.error, TemporaryError)
    assert "tidak ada yang diterima" in str(batch.error)
    assert len(batch.errors) == 1


def test_a_line_that_may_have_arrived_says_so_and_the_next_run_settles_it(site: Site) -> None:
    booked(site, "A-1")
    site.bpjs.faults.add(Fault("reset_after"))
    (found,) = documents(site, line("A-1", "1"), code=5)
    assert found["outcome"] == "failed"
    assert "belum pasti diterima" in found["message"]
    assert [row["outcome"] for row in documents(site, line("A-1", "1"))] == ["already"]
    assert site.states("A-1") == {"1": "already"}


def test_if_several_apply_the_exit_code_is_the_first_of_the_list(site: Site) -> None:
    """4 before 5 before 6; the sentence on stderr is the one of that code."""
    booked(site, *BOOKINGS[1:])
    site.bpjs.faults.add(Fault("html", kodebooking=BOOKINGS[1]))
    lines = [line(kodebooking, "1") for kodebooking in BOOKINGS[:3]]
    done = sent(site, *lines, ANTREAN_WORKERS="1")
    assert (done.returncode, "antrean: baris 2: " in done.stderr) == (5, True)
    site.bpjs.faults.add(
        Fault("html", kodebooking=BOOKINGS[1]), Fault("http_401", kodebooking=BOOKINGS[2])
    )
    assert sent(site, *lines, ANTREAN_WORKERS="1").returncode == 4


# -- the ledger


def test_a_ledger_that_cannot_be_written_and_nothing_is_sent(site: Site) -> None:
    booked(site, "A-1")
    site.state.write_bytes(b"rusak" * 1000)
    done = sent(site, line("A-1", "1"))
    assert (done.returncode, done.stdout) == (9, "")
    assert site.bpjs.arrived == []
    assert site.state.read_bytes() == b"rusak" * 1000


def test_on_a_disk_that_is_full_after_opening_nothing_is_sent(site: Site) -> None:
    """The ledger is not only opened but written to before the first call."""
    booked(site, "A-1")
    size = 32_768  # the -shm needs just that much
    nearly_full(site.state, size)
    done = limited(room(size), site, "update", "--file", written(site, line("A-1", "1")))
    assert (done.returncode, done.stdout, site.bpjs.arrived) == (9, "", []), done.stderr


def test_a_ledger_that_goes_away_in_the_middle_stops_it_and_what_bpjs_took_is_told(
    site: Site,
) -> None:
    """Exit 9; the next run finds what is there already by 208."""
    booked(site, *BOOKINGS)
    lines = [line(kodebooking, "1") for kodebooking in BOOKINGS]
    site.bpjs.latency = 0.5
    with site.running(
        "update", "--json", "--file", written(site, *lines), ANTREAN_WORKERS="2"
    ) as process:
        wait_for(lambda: site.bpjs.arrived)
        for file in site.folder.glob("antrean.sqlite3*"):
            file.unlink()
        out, err = process.communicate(timeout=60)
    assert process.returncode == 9, err
    found = json.loads(out)
    taken = {kodebooking for kodebooking, _, code in site.sent() if code == 200}
    assert {row["kodebooking"] for row in found if row["outcome"] == "sent"} == taken
    assert {row["outcome"] for row in found} == {"sent", "skipped"}
    site.bpjs.latency = 0
    again = documents(site, *lines)
    assert {row["kodebooking"] for row in again if row["outcome"] == "already"} == taken
    assert all(site.held_at_bpjs(kodebooking) == [(1, "07:50:00")] for kodebooking in BOOKINGS)


def test_a_cancel_in_the_file_ends_the_booking(site: Site) -> None:
    """What the ledger had open of it is dropped, as after a single update."""
    no_rawat = site.khanza.visit(MONDAY)
    site.sync()  # held: no reference
    booked(site, no_rawat)
    found = documents(site, line(no_rawat, "99", f"{MONDAY} 09:00"), line(no_rawat, "3"), code=6)
    assert [(row["outcome"], row["message"]) for row in found] == [
        ("sent", "Ok"),
        ("refused", "TaskId terakhir 99"),
    ]
    assert site.states(no_rawat) == {"add": "already", "3": "closed", "99": "sent"}


# -- beside passes


def patients(site: Site, number: int) -> list[str]:
    """Register new JKN patients with a SEP, examined; return their no_rawat."""
    visits = [site.khanza.visit(MONDAY, jam="08:05:00", stts_daftar="Baru") for _ in range(number)]
    for no_rawat in visits:
        site.khanza.sep(no_rawat)
    return visits


def test_tasks_1_and_2_of_a_file_precede_those_of_sync_and_are_not_repeated(site: Site) -> None:
    visits = patients(site, 3)
    for no_rawat in visits:
        assert site.run("add", "--no-rawat", no_rawat).returncode == 0
    assert (
        sent(
            site, *(line(no_rawat, taskid) for taskid in ("1", "2") for no_rawat in visits)
        ).returncode
        == 0
    )
    for _ in range(2):
        assert site.sync().report.exit_code == 0
    assert [site.held_at_bpjs(no_rawat) for no_rawat in visits] == [
        [(1, "07:50:00"), (2, "07:55:00"), (3, "08:05:00")]
    ] * 3
    assert {code for _, _, code in site.sent()} == {200}


def test_beside_a_pass_nothing_is_lost_and_nothing_doubled(site: Site) -> None:
    """The same tasks come by both roads at once:

    BPJS takes each once, and the ledger knows of all.
    """
    visits = patients(site, 6)
    for no_rawat in visits:
        site.khanza.exam(no_rawat, f"{MONDAY} 08:30:00")
        site.khanza.berkas(no_rawat, kembali=f"{MONDAY} 08:50:00")
    site.bpjs.latency = 0.1
    lines = [line(no_rawat, taskid) for no_rawat in visits for taskid in ("3", "4", "5")]
    with site.running("sync", CLOCK=site.clock.now.isoformat()) as process:
        wait_for(lambda: len(site.bpjs.received) >= 5)
        done = sent(site, *lines)
        assert process.communicate(timeout=60) == ("", "")
    assert done.returncode in (0, 6), done.stderr
    site.bpjs.latency = 0
    for _ in range(3):  # what was put off because the booking was not there yet
        site.clock.forward(minutes=31)
        site.sync()
    tasks = [(3, "08:05:00"), (4, "08:30:00"), (5, "08:50:00")]
    assert [site.held_at_bpjs(no_rawat) for no_rawat in visits] == [tasks] * 6
    assert {state for no_rawat in visits for state in site.states(no_rawat).values()} <= {
        "sent",
        "already",
    }


# -- how it ends


def test_killed_in_the_middle_another_run_does_the_rest_without_harm(site: Site) -> None:
    """kill -9: what was in flight is answered with 208 the next time; all is there once."""
    booked(site, *BOOKINGS)
    lines = [line(kodebooking, taskid) for kodebooking in BOOKINGS for taskid in ("1", "2")]
    site.bpjs.latency = 0.2
    with site.running("update", "--file", written(site, *lines)) as process:
        wait_for(lambda: len(site.bpjs.received) >= 6)
        process.kill()
        process.communicate(timeout=60)
    site.bpjs.latency = 0
    found = documents(site, *lines)
    assert {row["outcome"] for row in found} == {"sent", "already"}
    accepted = Counter(
        (kodebooking, taskid) for kodebooking, taskid, code in site.sent() if code == 200
    )
    assert accepted == dict.fromkeys(
        [(kodebooking, taskid) for kodebooking in BOOKINGS for taskid in ("1", "2")], 1
    )
    assert {state for kodebooking in BOOKINGS for state in site.states(kodebooking).values()} <= {
        "sent",
        "already",
    }


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_it_in_order(site: Site, number: int, code: int) -> None:
    """The calls in flight are finished, noted and told; all others are told as not sent."""
    booked(site, *BOOKINGS)
    lines = [line(kodebooking, taskid) for kodebooking in BOOKINGS for taskid in ("1", "2")]
    site.bpjs.latency = 1
    with site.running("update", "--file", written(site, *lines), ANTREAN_WORKERS="3") as process:
        wait_for(lambda: len(site.bpjs.received) >= 4)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    taken = {(kodebooking, taskid) for kodebooking, taskid, _ in site.sent()}
    assert len(taken) < len(lines)
    assert noted(site, *{kodebooking for kodebooking, _ in taken}) == taken
    told = out.splitlines()
    assert len(told) == len(lines)
    assert len([one for one in told if one.endswith("diterima BPJS")]) == len(taken)
    assert len([one for one in told if one.endswith("tidak dikirim: dihentikan")]) == len(
        lines
    ) - len(taken)
    assert f"{len(lines) - len(taken)} tidak dikirim" in err


def test_a_second_signal_leaves_at_once(site: Site) -> None:
    booked(site, *BOOKINGS)
    site.bpjs.latency = 30
    with site.running(
        "update", "--file", written(site, *(line(one, "1") for one in BOOKINGS))
    ) as process:
        wait_for(lambda: len(site.bpjs.received) >= 4)
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.3)
        assert process.poll() is None, "it waits for its calls"
        process.terminate()
        process.communicate(timeout=10)
    assert process.returncode == 143


def test_a_reader_that_goes_away_loses_nothing_of_what_was_in_flight(site: Site) -> None:
    """`| head -1`: no more is sent, and what BPJS has taken is noted."""
    booked(site, *BOOKINGS)
    lines = [line(kodebooking, taskid) for kodebooking in BOOKINGS for taskid in ("1", "2", "3")]
    site.bpjs.latency = 0.1
    with site.running("update", "--file", written(site, *lines)) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        process.stdout = None
        _, err = process.communicate(timeout=60)
    assert process.returncode == 141, err
    taken = {(kodebooking, taskid) for kodebooking, taskid, _ in site.sent()}
    assert len(taken) < len(lines)
    assert noted(site, *{kodebooking for kodebooking, _ in taken}) == taken


def shown_on_a_terminal(site: Site, *arguments: str, **streams: Any) -> str:
    """Run the command with its stderr on a terminal, and return what is shown."""
    environ = site.environment(TERM="xterm")
    return on_a_terminal(*arguments, environ=environ, **{"stdin": None, **streams}).stdout


def test_a_progress_bar_is_shown_on_a_terminal_only(site: Site) -> None:
    """On stderr, and the lines of outcomes stay whole beside it."""
    booked(site, *BOOKINGS)
    file = written(site, *(line(kodebooking, "1") for kodebooking in BOOKINGS))
    shown = shown_on_a_terminal(site, "update", "--file", file)
    assert "Mengirim" in shown
    assert shown.count("diterima BPJS\r\n") == len(BOOKINGS) + 1, "a line each, and the summary"
    with Path(site.folder, "keluaran").open("w") as output:
        assert "Mengirim" in shown_on_a_terminal(
            site, "update", "--json", "--file", file, stdout=output
        )
    assert len(json.loads(Path(site.folder, "keluaran").read_text())) == len(BOOKINGS)
    assert "Mengirim" not in shown_on_a_terminal(site, "-q", "update", "--file", file)
    done = site.run("update", "--file", file)
    assert "Mengirim" not in done.stdout + done.stderr
