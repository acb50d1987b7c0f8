"""One hospital's day under several rhythms of passes.

- Khanza is one; each rhythm has a ledger and a BPJS of its own, and looks when its time comes.
- What Khanza holds is noted after every statement, and of every pass what it could see.
- While the hospital works, a minute without a statement is passed over but for every tenth: a pass
  in it would find nothing new, and stts would still be watched closely enough.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pymysql

from antrean_cli.simulator.hospital import Hospital
from tests.attacks.khanza_views import View, look
from tests.attacks.operations import Action, Doing, Person, play
from tests.support.mariadb import MariaDB
from tests.support.site import MONDAY, WIB, Clock, Site, settings_of, stand_in

MINUTE, TICK = timedelta(minutes=1), timedelta(minutes=10)
BEGIN = datetime.combine(MONDAY, time(7), WIB)
CLOSES = BEGIN + timedelta(hours=4)  # nothing is written after that, but for a folder next morning
AFTER = (*(BEGIN + timedelta(hours=hours) for hours in (4.3, 7)),)
EVENING = BEGIN + timedelta(hours=13)
MORNING = BEGIN + timedelta(days=1, minutes=30)
NEXT_EVENING = EVENING + timedelta(days=1)
# What BPJS's lists have to tell of is told by the pass after the one that asked.
AGAIN = MORNING + timedelta(minutes=16)
LATER = (*AFTER, EVENING, MORNING, AGAIN, NEXT_EVENING)
TROUBLE = (BEGIN + timedelta(minutes=80), BEGIN + timedelta(minutes=150))
RECOVERED = TROUBLE[1] + timedelta(minutes=15)  # when the last probe of BPJS must have come
NOWHERE = "/nonexistent/socket"


# When each looks, besides at the very beginning.
EVERY_MINUTE = "every minute"
EVERY_STATEMENT = "after every statement"
EVERY_HOUR = "every hour"
EVERY_EVENING = "every evening"
NEXT_MORNING = "next morning"
BPJS_DOWN, KHANZA_DOWN, LEDGER_LOST = "BPJS is down", "Khanza is down", "the ledger is lost"
STANDBY = "another host takes over, and back"
TROUBLED = (BPJS_DOWN, KHANZA_DOWN, LEDGER_LOST, STANDBY)
RHYTHMS = (EVERY_MINUTE, EVERY_STATEMENT, EVERY_HOUR, EVERY_EVENING, NEXT_MORNING, *TROUBLED)


@dataclass(kw_only=True)
class Rhythm:
    """A hospital that looks at its own times."""

    name: str
    site: Site
    views: list[View] = field(default_factory=list)  # what its passes saw
    moments: set[datetime] = field(default_factory=set)  # of its passes
    unknowing: bool = False  # there was a pass whose ledger had not seen what others told

    def passes(self, view: View) -> None:
        """Run a pass, with what goes wrong in this rhythm at this time."""
        site, trouble = self.site, TROUBLE[0] <= view.at < TROUBLE[1]
        self.moments.add(view.at)
        site.bpjs.down = trouble and self.name == BPJS_DOWN
        if self.name == LEDGER_LOST and trouble and not self.unknowing:
            shutil.rmtree(site.folder)
            self.unknowing = True
        if self.name == STANDBY:
            site.folder = site.folder.parent / (STANDBY if trouble else "first host")
            self.unknowing |= trouble
        if trouble and self.name == KHANZA_DOWN:
            site.sync(KHANZA_SOCKET=NOWHERE)
            return
        self.views.append(view)
        site.sync()

    @property
    def able(self) -> list[View]:
        """What it saw while it could tell BPJS of it."""
        if self.name != BPJS_DOWN:
            return self.views
        return [one for one in self.views if not TROUBLE[0] <= one.at < RECOVERED]

    @property
    def held(self) -> dict[str, dict[str, Any]]:
        """The bookings that BPJS holds, by kode booking."""
        return {str(row["kodebooking"]): row for row in self.site.bpjs.bookings.snapshot()}

    @property
    def refusals(self) -> Counter[str]:
        """What BPJS refused, by its own words."""
        return Counter(one.message for one in self.site.bpjs.received if one.code == 201)


class Day:
    """A day that was played: its rhythms, and who is who."""

    def __init__(self, khanza: Hospital, clock: Clock, alur: str) -> None:
        self.khanza, self.clock, self.alur = khanza, clock, alur
        self.rhythms: dict[str, Rhythm] = {}
        self.owners: dict[str, int] = {}  # of Mobile JKN bookings
        self.doing = Doing(khanza, BEGIN, adds=self._form_adds, booked=self._booked)
        self.view = look(khanza, BEGIN)
        # Every time that Khanza ever held of somebody.
        self.times: dict[int, set[datetime]] = {one.index: set() for one in self.doing.people}
        self._minute, self._news = BEGIN, True
        self._later = [*LATER]

    def owner(self, row: dict[str, Any]) -> int | None:
        """Return whose booking it is that BPJS holds, None if nobody's."""
        nobooking = str(row["kodebooking"])
        return self.owners.get(nobooking, self.doing.persons.get(str(row["norm"])))

    def _form_adds(self, body: dict[str, object]) -> bool:
        """Let the form of the SEP tell every BPJS; it goes on, whatever they say."""
        for rhythm in self.rhythms.values():
            rhythm.site.bpjs.bookings.add(body)
        return True

    def _booked(self, nobooking: str, one: Person, *, known: bool) -> None:
        if nobooking in self.owners:  # handed out again: BPJS keeps whose it was
            return
        self.owners[nobooking] = self.doing.persons[one.norm]
        for rhythm in self.rhythms.values():
            if known:
                rhythm.site.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY), norm=one.norm)

    # -- how time passes

    def happen(self, actions: Sequence[Action]) -> None:
        """Let it happen."""
        self._all_pass(BEGIN, *RHYTHMS)
        for now in play(self.doing, actions, self._until):
            self.clock.now, self._news = now, True
            self.view = look(self.khanza, now)
            self._note()
            self._all_pass(now, EVERY_STATEMENT)
        self._until(LATER[-1] + MINUTE)

    def _note(self) -> None:
        persons = self.doing.persons
        for visit in self.view.visits.values():
            self.times[persons[visit.norm]] |= visit.times()
        for booking in self.view.bookings.values():
            if booking.validasi:
                self.times[persons[booking.norm]].add(booking.validasi)

    def _until(self, now: datetime) -> None:
        """Let the passes before a moment run."""
        while self._minute + MINUTE <= min(now, CLOSES):
            self._minute += MINUTE
            last_second = self._minute - timedelta(seconds=1)
            if self._news or (self._minute - BEGIN) % TICK == timedelta(0):
                self._all_pass(last_second, EVERY_MINUTE, EVERY_STATEMENT, *TROUBLED)
                self._news = False
            if self._minute.minute == 0:
                self._all_pass(last_second, EVERY_HOUR)
        while self._later and self._later[0] < now:
            moment = self._later.pop(0)
            rare: tuple[str, ...] = (EVERY_EVENING,) if moment in (EVENING, NEXT_EVENING) else ()
            rare += (NEXT_MORNING,) if moment in (MORNING, AGAIN) else ()
            self._all_pass(moment, EVERY_MINUTE, EVERY_STATEMENT, EVERY_HOUR, *TROUBLED, *rare)

    def _all_pass(self, now: datetime, *names: str) -> None:
        self.clock.now = now
        for name in names:
            if rhythm := self.rhythms.get(name):
                rhythm.passes(self.view._replace(at=now))


@contextmanager
def played(
    mariadb: MariaDB,
    folder: Path,
    actions: Sequence[Action],
    names: Sequence[str],
    alur: str = "erm",
) -> Iterator[Day]:
    """Play a day under these rhythms, by a flow (ANTREAN_ALUR)."""
    mariadb.reset()
    shutil.rmtree(folder, ignore_errors=True)
    clock = Clock(BEGIN)
    with ExitStack() as stack:
        connection = stack.enter_context(mariadb.admin())
        day = Day(Hospital(connection, paramstyle=pymysql.paramstyle), clock, alur)
        for name in names:
            bpjs = stack.enter_context(stand_in(clock))
            env = {**settings_of(mariadb, bpjs.url), "ANTREAN_WORKERS": "1", "ANTREAN_ALUR": alur}
            site = Site(khanza=day.khanza, bpjs=bpjs, clock=clock, folder=folder / name, env=env)
            day.rhythms[name] = Rhythm(name=name, site=site)
        day.happen(actions)
        yield day
