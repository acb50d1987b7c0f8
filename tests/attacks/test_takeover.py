"""Another host takes over in the middle of the day, with an empty ledger, and gives back.

- One Khanza, and two BPJS: one is told by one host all day, the other by two hosts in turn. At the
  end both have to hold the same.
- What the second host cannot know, it asks BPJS by telling it once more: 208 settles it. That must
  never be another time than the one that BPJS has, and never a second booking.
- Random days of the same stand in test_rhythms.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from antrean_cli.simulator.server import Received
from tests.attacks.attack import Attack
from tests.support.patients import hand_on, patient
from tests.support.site import MONDAY, Site, stand_in

OPENS, TAKEN_OVER, BACK, CLOSES = "08:55", "10:00", "11:15", "12:15"
Happening = Callable[[], object]


class Hosts:
    """A hospital served by one host, and the same one served by two in turn."""

    def __init__(self, site: Site, first: Site, second: Site) -> None:
        self.site, self.first, self.second = site, first, second

    def book(self, **booking: Any) -> str:
        """Book in Mobile JKN for this day; return nobooking."""
        nobooking = self.site.khanza.booking(None, MONDAY, **booking)
        for one in (self.site, self.first):
            one.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY))
        return nobooking

    def play(self, happenings: dict[str, Happening], *, every: int = 5) -> None:
        """Let the day happen, with a pass of each every so many minutes."""
        clock = self.site.clock
        clock.at(OPENS)
        while (now := f"{clock.now:%H:%M}") <= CLOSES:
            if happening := happenings.pop(now, None):
                happening()
            self.site.sync()
            (self.second if TAKEN_OVER <= now < BACK else self.first).sync()
            clock.forward(minutes=every)
        assert not happenings, "all of it happened"

    def held(self, site: Site) -> dict[str, tuple[Any, ...]]:
        """Return what BPJS holds by kode booking: its state, and the tasks with their times."""
        rows: list[dict[str, Any]] = site.bpjs.bookings.snapshot()
        return {
            row["kodebooking"]: (
                row["status"],
                [(task["taskid"], task["wakturs"]) for task in row["tasks"]],
            )
            for row in rows
        }

    def told_twice(self) -> list[tuple[str, str, bool]]:
        """Return each task that was there already: kode booking, task, whether with its time."""
        held = self.held(self.first)
        return [
            (
                (kodebooking := str(one.body["kodebooking"])),
                (taskid := str(one.body["taskid"])),
                (int(taskid), one.body["waktu"]) in held[kodebooking][1],
            )
            for one in self.first.bpjs.received
            if one.path.endswith("updatewaktu") and one.code == 208 and one.body
        ]


@pytest.fixture
def hosts(site: Site) -> Iterator[Hosts]:
    with stand_in(site.clock) as bpjs:
        env = {**site.env, "BPJS_BASE_URL": bpjs.url}
        one, two = (site.folder / name for name in ("pertama", "cadangan"))
        first = Site(khanza=site.khanza, bpjs=bpjs, clock=site.clock, folder=one, env=env)
        yield Hosts(site, first, replace(first, folder=two))


def judged(hosts: Hosts, code: int) -> list[Received]:
    """Return the requests of the two hosts that BPJS answered with a code."""
    return [one for one in hosts.first.bpjs.received if one.code == code]


def at(hhmm: str) -> str:
    return f"{MONDAY} {hhmm}:00"


def test_two_hosts_in_turn_tell_what_one_tells(hosts: Hosts, attack: Attack) -> None:
    khanza = hosts.site.khanza
    known: dict[str, str] = {}

    def first_hour() -> None:
        known["over"] = patient(hosts.site, jam="08:05:00", exam="08:30:00", back="08:50:00")
        known["tie"] = patient(hosts.site, jam="08:10:00", exam="08:40:00", back="08:40:00")
        known["watched"] = patient(hosts.site, jam="08:15:00", exam="08:45:00")
        known["half"] = patient(hosts.site, jam="08:20:00", exam="08:50:00")
        known["mobile"] = hosts.book(status="Checkin", validasi=at("08:25"))
        known["unmapped"] = patient(hosts.site, jam="08:30:00", exam="08:50:00", kd_poli="MAT")
        known["no show"] = hosts.book()

    def cancelled_by_the_first() -> None:
        known["cancelled"] = patient(hosts.site, jam="08:40:00")

    def just_before() -> None:
        known["general"] = khanza.visit(MONDAY, jam="09:50:00", kd_pj="UMU")
        khanza.exam(known["general"], at("09:55"))

    def under_the_second() -> None:
        khanza.berkas(known["half"], kembali=at("10:15"))
        known["new"] = patient(hosts.site, jam="10:10:00", exam="10:20:00")
        known["cancelled later"] = patient(hosts.site, jam="10:15:00")
        khanza.resep(known["over"], divalidasi=at("10:10"), no_resep="R1")
        khanza.resep(known["watched"], divalidasi=at("10:12"), no_resep="R2")

    def mapped() -> None:
        khanza.insert("maping_poli_bpjs", kd_poli_rs="MAT", kd_poli_bpjs="MAT", nm_poli_bpjs="MATA")

    def back_again() -> None:
        khanza.berkas(known["new"], kembali=at("11:20"))
        khanza.resep(known["over"], diserahkan=at("11:22"), no_resep="R1")
        known["last"] = patient(hosts.site, jam="11:20:00", exam="11:23:00", back="11:25:00")

    hosts.play(
        {
            "09:00": first_hour,
            "09:05": cancelled_by_the_first,
            "09:20": lambda: khanza.stts(known["cancelled"], "Batal"),
            "09:30": lambda: khanza.stts(known["watched"], "Sudah"),
            "09:55": just_before,
            "10:20": under_the_second,
            "10:40": lambda: khanza.stts(known["cancelled later"], "Batal"),
            "10:45": mapped,
            "11:30": back_again,
        }
    )
    right = hosts.held(hosts.site)
    assert [taskid for taskid, _ in right[known["over"]][1]] == [3, 4, 5, 6, 7]
    assert [taskid for taskid, _ in right[known["unmapped"]][1]] == [3, 4]
    for name in ("cancelled", "cancelled later"):
        assert right[known[name]][1][-1][0] == 99
    assert hosts.held(hosts.first) == right, "nothing lost, nothing doubled, no other time"

    refused = {str(one.body and one.body["kodebooking"]) for one in judged(hosts, 201)}
    assert refused == {known["unmapped"]}, "only what is asked of a booking whose add is held"
    told = hosts.told_twice()
    others = {kodebooking for kodebooking, _, same in told if not same}
    assert others <= {known["watched"]}, "no other time but of what nobody knows that did not watch"
    assert len(told) <= sum(len(tasks) for _, tasks in right.values()), "each at most once more"
    attack.measured(
        "another host takes over with an empty ledger, and gives back, in the middle of a day",
        "{bookings} bookings: the same at BPJS as by one host; {again} tasks told once more, "
        "{others} of them with another time, that BPJS did not take",
        bookings=len(right),
        again=len(told),
        others=len(others),
    )


def test_the_second_host_makes_no_second_booking_of_a_number_handed_on(hosts: Hosts) -> None:
    """The first told the next patient's visit under "-2"; the second asks whose the number is."""
    known: dict[str, str] = {}

    def deleted() -> None:
        known["norm"] = hand_on(hosts.site, known["visit"])

    hosts.play(
        {
            "08:55": lambda: known.update(visit=patient(hosts.site)),
            "09:15": deleted,
            "10:35": lambda: hosts.site.khanza.berkas(known["visit"], kembali=at("10:25")),
        },
        every=20,
    )
    assert f"{known['visit']}-2" in hosts.held(hosts.site)
    assert hosts.held(hosts.first) == hosts.held(hosts.site)


def test_days_before_the_takeover_are_fetched_when_somebody_says_so(
    hosts: Hosts,
) -> None:
    """A ledger that is empty begins with today: what of yesterday waits, `--since` has."""
    yesterday = MONDAY - timedelta(days=1)
    clock, khanza = hosts.site.clock, hosts.site.khanza
    clock.at("10:00", day=-1)
    no_rawat = patient(hosts.site, yesterday, jam="08:05:00", exam="08:30:00")
    hosts.first.sync()
    khanza.berkas(no_rawat, kembali=f"{yesterday} 21:00:00")
    clock.at("10:00")
    hosts.second.sync()
    assert [task for task, _ in hosts.second.held_at_bpjs(no_rawat)] == [3, 4]
    hosts.second.sync(since=yesterday)
    assert [task for task, _ in hosts.second.held_at_bpjs(no_rawat)] == [3, 4, 5]
    clock.forward(minutes=1)
    hosts.first.sync()
    assert hosts.first.states(no_rawat)["5"] in ("sent", "already")
