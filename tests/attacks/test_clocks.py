"""Clocks that are wrong, jump, or live in another zone, and visits at both sides of midnight.

- BPJS always lives by the true time; only the host's clock is off (`HostClock`), or its zone is
  another one.
- What must be sent is typed by hand, or worked out by `calendar.timegm` from what the test wrote
  into Khanza.
- A wrong clock may delay what is sent. Put right, it leaves no trace: nothing missing, nothing
  twice, nothing stuck.
"""

from __future__ import annotations

import calendar
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from itertools import count, product
from operator import attrgetter

import pymysql
import pytest

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.simulator.faults import Fault
from antrean_cli.simulator.hospital import Hospital
from tests.attacks.attack import Attack
from tests.attacks.holding import CANCELLED, Held, held
from tests.support.mariadb import MariaDB
from tests.support.site import MONDAY, WIB, Clock, Site, stand_in

# As POSIX writes them, because a host may know no others.
HOSTS = {
    "UTC": "UTC0",
    "WIB": "WIB-7",
    "WITA": "WITA-8",
    "WIT": "WIT-9",
    "New York": "EST5EDT,M3.2.0,M11.1.0",
}
ZONES = {"Asia/Jakarta": 7, "Asia/Makassar": 8, "Asia/Jayapura": 9}  # hours ahead of UTC
NUMBERS = count(1)  # of the cases of a run, each with its own folder
MORNING = datetime(2026, 11, 23, 8, 20, tzinfo=WIB)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass
class HostClock(Clock):
    """The clock of a host: `now` is the true time, but a pass is told `now + off`."""

    off: timedelta = timedelta(0)
    jump: timedelta = timedelta(0)
    jumps_at: int = 0  # the look at the clock before which it jumps
    looks: int = 0

    def __call__(self) -> datetime:
        self.looks += 1
        self.off += self.jump if self.looks == self.jumps_at else timedelta(0)
        return self.now + self.off


@contextmanager
def case(site: Site, clock: HostClock) -> Iterator[Site]:
    """The same Khanza with a BPJS that knows its own bookings only, an empty ledger, and this
    clock.
    """
    folder = site.folder / str(next(NUMBERS))
    with stand_in(lambda: clock.now) as bpjs:
        for nobooking in BOOKINGS:
            bpjs.bookings.mobile_jkn(nobooking, str(MONDAY))
        yield replace(
            site, bpjs=bpjs, clock=clock, folder=folder, env={**site.env, "BPJS_BASE_URL": bpjs.url}
        )


body_of = attrgetter("body")  # of a list's request there is none


def requests(site: Site) -> int:
    """Return how often BPJS was asked, having seen that it accepted nothing twice and refused
    nothing.
    """
    asked = Counter(
        (one.path, *sent)
        for one, sent in zip(filter(body_of, site.bpjs.received), site.sent(), strict=True)
    )
    assert {code for *_, code in asked} <= {200, 208}
    assert {times for (*_, code), times in asked.items() if code == 200} == {1}
    return len(site.bpjs.arrived)


# -- a clock that is wrong for a while

YESTERDAY = "2026/11/22/000001"
LATE, BOOKED, CANCEL, ABSENT = (
    "2026/11/23/000002",
    "20261123000001",
    "20261123000002",
    "20261123000003",
)
BOOKINGS = (BOOKED, CANCEL, ABSENT)
# What BPJS must hold in the end of the patients of `fill`, who were all there before a clock went
# wrong …
SENT: dict[str, Held] = {
    "2026/11/23/000001": [
        (3, "08:05:00"),
        (4, "08:30:00"),
        (5, "08:50:00"),
        (6, "09:00:00"),
        (7, "09:10:00"),
    ],
    LATE: [(3, "08:06:00")],
    BOOKED: [(3, "07:45:00"), (4, "08:45:00"), (5, "09:05:00")],
    CANCEL: [CANCELLED],
    ABSENT: [],
    "2026/11/23/000005": [(3, "08:02:00")],  # NON JKN
}
# … and what `come` and `type_in_late` add.
CAME: Held = [(3, "08:00:00"), (4, "10:20:00")]
TYPED: Held = [(3, "08:06:00"), (4, "15:30:00"), (5, "15:40:00")]


def fill(khanza: Hospital) -> None:
    """Write a morning into Khanza, and a visit of the day before, which was
    never meant for BPJS.
    """
    full, late, booked, absent = (
        khanza.visit(MONDAY, jam=f"08:0{minute}:00") for minute in (5, 6, 0, 0)
    )
    yesterday = khanza.visit(MONDAY - DAY, jam="08:05:00")
    for no_rawat in (full, late, yesterday):
        khanza.sep(no_rawat)
    khanza.exam(full, f"{MONDAY} 08:30:00")
    khanza.exam(booked, f"{MONDAY} 08:45:00")
    khanza.berkas(full, kembali=f"{MONDAY} 08:50:00")
    khanza.berkas(booked, kembali=f"{MONDAY} 09:05:00")
    khanza.resep(full, divalidasi=f"{MONDAY} 09:00:00", diserahkan=f"{MONDAY} 09:10:00")
    khanza.booking(booked, MONDAY, status="Checkin", validasi=f"{MONDAY} 07:45:00")
    khanza.batal(khanza.booking(None, MONDAY, status="Batal"))
    khanza.booking(absent, MONDAY)
    khanza.visit(MONDAY, jam="08:02:00", kd_pj="UMU")


def come(khanza: Hospital) -> None:
    """Let the patient who was not there yet be examined."""
    khanza.exam("2026/11/23/000004", f"{MONDAY} 10:20:00")


def type_in_late(khanza: Hospital) -> None:
    """Type in, the next morning, how the last visit of the day went on."""
    khanza.exam(LATE, f"{MONDAY} 15:30:00")
    khanza.berkas(LATE, kembali=f"{MONDAY} 15:40:00")


def afresh(site: Site, mariadb: MariaDB) -> Hospital:
    """Empty Khanza but for its clinics and doctors."""
    mariadb.reset()
    site.khanza = Hospital(site.khanza.connection, paramstyle=pymysql.paramstyle)
    return site.khanza


def since(year: int) -> timedelta:
    """Return how far off a clock is that shows this New Year at nine o'clock of the day."""
    return datetime(year, 1, 1, 9, tzinfo=WIB) - datetime(2026, 11, 23, 9, tzinfo=WIB)


WRONG = {
    "10 minutes fast": 10 * MINUTE,
    "an hour fast": HOUR,
    "a day fast": DAY,
    "8 days fast": 8 * DAY,
    "in 2038": since(2038) + 20 * DAY,  # past 03:14:07 UTC of 19 January
    "in 2100": since(2100),
    "10 minutes slow": -10 * MINUTE,
    "an hour slow": -HOUR,
    "a day slow": -DAY,
    "8 days slow": -8 * DAY,
    "in 1970": since(1970),
}


def test_a_clock_that_was_wrong_and_is_put_right_leaves_no_trace(
    attack: Attack, site: Site, mariadb: MariaDB
) -> None:
    """On an empty ledger and on one with work left; on this day and the next nothing is missing."""
    asked = [
        wrong_for_a_while(site, mariadb, off, begun=begun)
        for off, begun in product(WRONG.values(), (False, True))
    ]
    attack.measured(
        "the host's clock is wrong for three passes: 10 minutes to "
        "8 days fast or slow, in 1970, 2038, 2100",
        f"{len(asked)} times, put right nothing missing, nothing "
        f"twice, at most {max(asked)} requests",
    )


def wrong_for_a_while(site: Site, mariadb: MariaDB, off: timedelta, *, begun: bool) -> int:
    """Run passes by a clock that is off, put it right, and see that all comes; return the number of
    requests.
    """
    khanza, clock = afresh(site, mariadb), HostClock(MORNING)
    fill(khanza)
    with case(site, clock) as here:
        if begun:
            passes(here, 1)
        clock.at("09:30")
        clock.off = off
        here.bpjs.faults.add(Fault("gagal_dicoba", times=2), Fault("reset_after"))
        assert len(passes(here, 3)) <= 2
        assert "hilang" not in reasons(here)
        clock.off = timedelta(0)
        here.bpjs.faults.clear()
        passes(here, 1)
        all_comes(here, clock)
        # To a clock that is days slow at the first pass, what was days ago is today.
        assert YESTERDAY not in held(here) or (not begun and -8 * DAY <= off <= -DAY)
        return requests(here)


def all_comes(site: Site, clock: HostClock) -> None:
    """See that the right clock brings all of the day, and the next morning what
    is typed in late.
    """
    clock.at("10:45")  # no push is put off for longer than an hour
    come(site.khanza)
    passes(site, 1)
    assert {name: held(site).get(name) for name in SENT} == {**SENT, ABSENT: CAME}
    clock.at("07:00", day=1)
    type_in_late(site.khanza)
    passes(site, 1)
    assert held(site)[LATE] == TYPED


def passes(site: Site, number: int, *, every: timedelta = MINUTE) -> list[str]:
    """Run some passes and return what they told; none of it may need a person."""
    told = []
    for _ in range(number):
        done = site.sync()
        assert done.report.exit_code in (0, 5)
        told += done.told
        site.clock.now += every
    return told


def reasons(site: Site) -> set[str]:
    """Return the codes of the reasons for which something in the ledger waits or was given up."""
    with Ledger.open(site.state, WIB) as ledger:
        pushes = [
            push
            for record in ledger.of_days(date.min, date.max).values()
            for push in record.pushes.values()
        ]
    return {push.reason.code for push in pushes if push.reason}


def test_a_clock_that_jumps_inside_a_pass_leaves_no_trace(
    attack: Attack, site: Site, mariadb: MariaDB
) -> None:
    """Back an hour, or in all of it by other leaps, at any look at the clock; it is put right five
    minutes later.
    """
    looks = jumping(site, mariadb, timedelta(0), 0)
    back, others = (
        list(product(leaps, range(1, looks + 1)))
        for leaps in ((-HOUR,), (HOUR, -DAY, DAY, since(1970)))
    )
    chosen = (
        attack.random().sample(back, attack.size(always=6, all=looks))
        + others[: attack.size(always=0, all=999)]
    )
    for leap, look in chosen:
        assert jumping(site, mariadb, leap, look) >= look
    attack.measured(
        "the clock jumps inside a pass, at any look at it",
        f"{len(chosen)} jumps, nothing lost, nothing twice",
    )


def jumping(site: Site, mariadb: MariaDB, leap: timedelta, at: int) -> int:
    """Let the clock jump at one look that a pass takes at it; return how often the pass looked."""
    khanza, clock = afresh(site, mariadb), HostClock(MORNING)
    fill(khanza)
    with case(site, clock) as here:
        here.env["ANTREAN_WORKERS"] = "1"  # calls that end together would be one look
        passes(here, 1)
        clock.at("09:30")
        clock.jump, clock.jumps_at, clock.looks = leap, at, 0
        passes(here, 1)
        looks, clock.jumps_at = clock.looks, 0
        passes(here, 4)
        clock.off = timedelta(0)
        all_comes(here, clock)
        requests(here)
        return looks


def test_a_clock_that_stays_back_an_hour_brings_all_an_hour_later(
    attack: Attack, site: Site, mariadb: MariaDB
) -> None:
    khanza, clock = afresh(site, mariadb), HostClock(MORNING)
    fill(khanza)
    with case(site, clock) as here:
        passes(here, 1)
        clock.at("09:30")
        clock.off = -HOUR
        passes(here, 15, every=5 * MINUTE)
        assert held(here) == SENT
        attack.measured(
            "the clock goes back an hour and stays",
            f"all sent an hour later, {requests(here)} requests",
        )


@pytest.mark.parametrize("off", [DAY, -DAY])
def test_an_outage_noted_by_a_wrong_clock_is_told_hourly_and_ends(
    site: Site, mariadb: MariaDB, off: timedelta
) -> None:
    """Neither its reminders nor its probes wait for a time that was never true."""
    khanza, clock = afresh(site, mariadb), HostClock(MORNING)
    fill(khanza)
    with case(site, clock) as here:
        here.bpjs.faults.add(Fault("gagal_dicoba", times=3))
        passes(here, 1)
        clock.at("09:30")
        clock.off, here.bpjs.down = off, True
        passes(here, 5)
        clock.off = timedelta(0)
        assert len(passes(here, 9, every=20 * MINUTE)) in (2, 3, 4)
        here.bpjs.down = False
        passes(here, 11)
        assert held(here) == SENT


@pytest.mark.parametrize(("off", "minutes"), [(HOUR, 2), (DAY, 2), (DAY, 15), (since(2100), 2)])
def test_a_change_of_stts_seen_by_a_fast_clock_is_not_lost(
    site: Site, mariadb: MariaDB, off: timedelta, minutes: int
) -> None:
    """A desk cancel and a visit's end have no time but that of the pass that saw them: a true clock
    gives them one.
    """
    khanza, clock = afresh(site, mariadb), HostClock(MORNING)
    cancelled, over = khanza.visit(MONDAY, jam="08:05:00"), khanza.visit(MONDAY, jam="08:06:00")
    for no_rawat in (cancelled, over):
        khanza.sep(no_rawat)
    khanza.exam(over, f"{MONDAY} 08:15:00")
    with case(site, clock) as here:
        passes(here, 1)
        clock.off = off
        passes(here, 1)
        khanza.stts(cancelled, "Batal")
        khanza.stts(over, "Sudah")
        passes(here, minutes)
        clock.off = timedelta(0)
        passes(here, 4, every=30 * MINUTE)
        tasks = {
            kodebooking: [task for task, _ in held(here)[kodebooking]]
            for kodebooking in (cancelled, over)
        }
        assert tasks == {cancelled: [3, 99], over: [3, 4, 5]}


# -- a clock that BPJS does not accept


@pytest.mark.parametrize("off", [10 * MINUTE, -10 * MINUTE], ids=["slow", "fast"])
def test_a_clock_that_bpjs_refuses_is_told_and_loses_nothing(
    live_site: Site, off: timedelta
) -> None:
    """The real program, whose signature is by its own clock: exit 4, one sentence, one request;
    later all of it.
    """
    day = datetime.now(WIB).date() - DAY
    no_rawat = live_site.khanza.visit(day, jam="08:05:00")
    live_site.khanza.sep(no_rawat)
    live_site.bpjs.now = lambda: datetime.now(WIB) + off
    done = live_site.run("sync", "--since", str(day))
    assert (done.returncode, len(live_site.bpjs.arrived), len(done.stderr.splitlines())) == (
        4,
        1,
        1,
    )
    assert "jam komputer ini" in done.stderr
    live_site.bpjs.now = lambda: datetime.now(WIB)
    assert live_site.run("sync").returncode == 0
    assert live_site.held_at_bpjs(no_rawat)[0] == (3, "08:05:00")


# -- the zone of the host and of the hospital, midnights, and the days on which calendars are odd

# The eves of New Year, of 29 February and of 1 March, and of the two changes of New York's clocks.
EVES = (
    date(2026, 12, 31),
    date(2028, 2, 28),
    date(2028, 2, 29),
    date(2027, 3, 13),
    date(2026, 10, 31),
)
ON_THE_EVE = ("00:01", "22:01", "23:59")
AFTER_IT = ("00:01", "00:59", "02:01")


@pytest.fixture
def move() -> Iterator[Callable[[str], None]]:
    """A function that moves this host to another zone."""
    with pytest.MonkeyPatch.context() as patch:

        def to(host: str) -> None:
            patch.setenv("TZ", HOSTS[host])
            time.tzset()

        yield to
    time.tzset()


def test_midnight_is_the_same_for_every_host(
    attack: Attack, site: Site, mariadb: MariaDB, move: Callable[[str], None]
) -> None:
    """Each step of a visit goes out at its own second, up to the first that lies on another day in
    WIB.
    """
    told = 0
    for turn, (zone, eve) in enumerate(product(ZONES, EVES)):
        khanza = afresh(site, mariadb)
        visits = {
            around_midnight(khanza, day, jam): due(day, jam, ZONES[zone])
            for day, times in ((eve, ON_THE_EVE), (eve + DAY, AFTER_IT))
            for jam in times
        }
        with case(site, HostClock(MORNING)) as here:
            for minute, host in zip(
                (0, 690, 695, 860, 1440), (*HOSTS, *HOSTS)[turn % 5 :], strict=False
            ):
                move(host)
                here.clock.now = at(eve, "12:30:00", ZONES[zone]) + minute * MINUTE
                assert here.sync(ANTREAN_TZ=zone, ANTREAN_TASK_3="daftar").report.exit_code == 0
            assert {kodebooking: in_ms(here, kodebooking) for kodebooking in visits} == visits
            requests(here)
        told += sum(map(len, visits.values()))
    attack.measured(
        f"visits around midnight on {len(EVES)} odd days, {len(ZONES)} "
        f"zones of hospitals, {len(HOSTS)} of hosts",
        f"{told} tasks, each at its own second, 0 on another day",
    )


def around_midnight(khanza: Hospital, day: date, jam: str) -> str:
    """Write a visit that is over within two minutes."""
    no_rawat = khanza.visit(day, jam=f"{jam}:00")
    khanza.sep(no_rawat)
    _, exam, back = steps(day, jam)
    khanza.exam(no_rawat, str(exam))
    khanza.berkas(no_rawat, kembali=str(back))
    return no_rawat


def steps(day: date, jam: str) -> list[datetime]:
    """Return when such a visit begins, is examined and is over, by the hospital's clocks."""
    begins = datetime.fromisoformat(f"{day} {jam}")
    return [begins, begins + timedelta(seconds=30), begins + timedelta(seconds=90)]


def due(day: date, jam: str, hours: int) -> list[tuple[int, int]]:
    """Return the tasks of such a visit with their epoch milliseconds, as BPJS must have them.

    Where the folder came back on another day, its examination was the last one too.
    """
    begins, exam, back = steps(day, jam)
    found = []
    for taskid, times in enumerate(((begins,), (exam,), (back, exam + timedelta(seconds=1))), 3):
        all_seconds = (calendar.timegm(one.timetuple()) - hours * 3600 for one in times)
        on_day = [
            seconds
            for seconds in all_seconds
            if time.gmtime(seconds + 7 * 3600)[:3] == (day.year, day.month, day.day)
        ]
        if not on_day:
            break
        found.append((taskid, on_day[0] * 1000))
    return found


def at(day: date, clock: str, hours: int) -> datetime:
    """Return a moment of the hospital's."""
    return datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=timezone(timedelta(hours=hours)))


def in_ms(site: Site, kodebooking: str) -> list[tuple[int, int]]:
    """Return the tasks that BPJS was sent for a booking, with their epoch milliseconds."""
    bodies = [
        one.body
        for one in site.bpjs.received
        if one.body and one.body["kodebooking"] == kodebooking
    ]
    return [
        (int(str(body["taskid"])), int(str(body["waktu"]))) for body in bodies if "taskid" in body
    ]


# A second before 02:00 becomes 01:00, and before it becomes 03:00.
NEW_YORK = ("2026-11-01T05:59:59+00:00", "2027-03-14T06:59:59+00:00")


@pytest.mark.parametrize("change", NEW_YORK)
def test_a_pass_goes_on_while_the_clocks_of_new_york_are_changed(site: Site, change: str) -> None:
    """The real program:

    BPJS is told by the hospital's time, the log is written in it, an hour later all is done.
    """
    site.clock.now, site.bpjs.latency = datetime.fromisoformat(change), 0.3
    day, log = site.clock.now.astimezone(WIB).date(), site.folder / "log"
    no_rawat = around_midnight(site.khanza, day, "12:01")
    for _ in range(2):
        clock = {"CLOCK": site.clock.now.isoformat(), "TZ": HOSTS["New York"]}
        done = site.spawn("sync", ANTREAN_LOG_FILE=str(log), **clock)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert in_ms(site, no_rawat) == due(day, "12:01", 7)
        site.clock.forward(hours=1)
    times = [datetime.fromisoformat(f"{line[:19]}+07:00") for line in log.read_text().splitlines()]
    assert len(times) == len(site.bpjs.arrived) == 4
    assert all(one - datetime.fromisoformat(change) < MINUTE for one in times)


YEARS_OFF = ("1970-01-01T00:00:07+00:00", "2038-01-19T03:14:06+00:00", "2100-02-28T23:59:58+00:00")


@pytest.mark.parametrize("wrong", YEARS_OFF)
def test_the_program_itself_bears_a_clock_that_is_years_off(site: Site, wrong: str) -> None:
    """At most one sentence, no traceback, and by the right clock everything."""
    fill(site.khanza)
    for nobooking in BOOKINGS:
        site.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY))
    site.clock.at("09:30")
    right = site.clock.now.isoformat()
    for clock in (wrong, right):
        done = site.run("sync", CLOCK=clock)
        assert done.returncode == 0 or (clock == wrong and done.returncode in (4, 5)), done
        assert len(done.stderr.splitlines()) <= 1
        assert "Traceback" not in done.stderr
    assert held(site) == SENT
