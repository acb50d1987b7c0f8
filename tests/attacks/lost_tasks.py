"""The judge of the rhythms: what one of them lost that another delivered, and whose times BPJS has.

- He knows who is who, and what Khanza held at every moment; of the program he asks only which times
  the pass a minute went by.
- Compared are tasks 3 to 7, by whose visit it is. What was seen of stts, and 99, rest on what a
  pass saw and are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import product
from typing import Any, NamedTuple

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.codes import Step
from antrean_cli.rules.push import Push
from tests.attacks.khanza_views import Booking, View, Visit
from tests.attacks.rhythms import (
    AGAIN,
    EVERY_MINUTE,
    NEXT_MORNING,
    Day,
    Rhythm,
)
from tests.support.site import MONDAY, WIB

TASKS = range(3, 8)
SECOND, TIE, TIES = timedelta(seconds=1), timedelta(seconds=60), 4
DELAY = timedelta(minutes=15)  # before a NON JKN add
FOLDER = "berkas_dikirim"
LAST_EXAM = "periksa_akhir"  # known once the exams are over
WATCHED = "stts_selesai"  # a time that no row holds: only who looked knows it
NOT_FOUND, ASKS = "Kode Booking tidak ditemukan", 8  # a visit: held adds ask now and then
ENDED = "TaskId terakhir 99"  # what a lost ledger cannot know
OTHER_DAY = "Waktu tidak valid"  # of a booking whose visit was moved to another day


class Key(NamedTuple):
    """A task of somebody's visit: under its number (also "-2"), or its Mobile JKN booking."""

    owner: int | None
    number: str
    taskid: int


class Told(NamedTuple):
    """A task at BPJS: under which code, its time, and when it came there."""

    kodebooking: str
    waktu: datetime
    stored: datetime


class Verdict(NamedTuple):
    """What is wrong with a day.

    - `beyond` counts the tasks that another rhythm delivered beside the minute's.
    - `hasty` counts those that it lost by having looked earlier: a true time of a task before them
      was committed while the better choice was not there yet.
    """

    wrong: list[str]
    beyond: int
    hasty: int


def judged(day: Day) -> Verdict:
    """Judge a day that was played."""
    minute = _Told.of(day, day.rhythms[EVERY_MINUTE])
    wrong: list[str] = []
    beyond = hasty = 0
    for rhythm in day.rhythms.values():
        one = _Told.of(day, rhythm)
        lost = [*_lost(day, one, minute)]
        complaints = [*_untrue(day, one), *_refused(day, rhythm)]
        complaints += [text for text, early in lost if not early]
        if rhythm.name == NEXT_MORNING:
            complaints += _too_few(day, one)
        wrong += [f"{rhythm.name}: {complaint}" for complaint in complaints]
        beyond += sum(key not in minute.tasks for key in one.tasks)
        hasty += sum(early for _, early in lost)
    return Verdict(wrong, beyond, hasty)


class _Told(NamedTuple):
    """What a rhythm told, as BPJS holds it, and as its ledger explains it."""

    rhythm: Rhythm
    tasks: Mapping[Key, Told]
    pushes: Mapping[str, Mapping[str, Push]]

    @classmethod
    def of(cls, day: Day, rhythm: Rhythm) -> _Told:
        tasks = {}
        for kodebooking, row in rhythm.held.items():
            for task in row["tasks"]:
                if task["taskid"] in TASKS:
                    key = Key(day.owner(row), _number_of(kodebooking), task["taskid"])
                    tasks[key] = Told(kodebooking, _at(task["wakturs"]), _at(task["waktu"]))
        with Ledger.open(rhythm.site.state, WIB) as ledger:
            records = ledger.of_days(MONDAY, MONDAY).values()
        return cls(rhythm, tasks, {one.kodebooking: one.pushes for one in records})

    def chain(self, key: Key) -> list[Push]:
        """Return the tasks up to this one, from 3 on."""
        pushes = self.pushes.get(self.tasks[key].kodebooking, {})
        return [push for task in range(3, key.taskid + 1) if (push := pushes.get(str(task)))]


def _number_of(kodebooking: str) -> str:
    return kodebooking.partition("-")[0]


def _at(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, WIB)


# -- what BPJS may hold


def _untrue(day: Day, one: _Told) -> Iterator[str]:
    """Yield the times that Khanza never held of whose booking it is."""
    for key, told in one.tasks.items():
        before = [view for view in one.rhythm.views if view.at <= told.stored]
        # Statements of one second have views of one time.
        visits = [
            visit for view in before if view.at == before[-1].at for visit in view.visits.values()
        ]
        if all(not _is_owners(day, visit, key.owner) for visit in visits):
            yield f"{told.kodebooking} {key.taskid}: {key.owner} has no visit"
        true = day.times.get(-1 if key.owner is None else key.owner, set())
        seen = {told.waktu - ties * SECOND for ties in range(TIES + 1)}
        watched = seen & one.rhythm.moments  # at which stts was seen to be final
        if key.taskid == 5 and watched:
            continue
        # What was recorded up to a minute before such a moment comes a second behind it.
        late = watched and any(timedelta(0) <= told.waktu - at <= TIE + SECOND for at in true)
        if not (seen & true or (key.taskid > 5 and late)):
            yield f"{told.kodebooking} {key.taskid} {told.waktu:%H:%M:%S} is not {key.owner}'s"


def _refused(day: Day, rhythm: Rhythm) -> Iterator[str]:
    """Yield what was refused that another order, or another spelling, could have avoided."""
    for text, times in rhythm.refusals.items():
        ledgers = 1 + rhythm.unknowing  # the second one asks, and is told, what the first one was
        asked = text == NOT_FOUND and times <= ledgers * ASKS * len(day.doing.people)
        unknowing = rhythm.unknowing and (text == ENDED or text.startswith(OTHER_DAY))
        if not (asked or unknowing):
            yield f"refused {times} times: {text}"


# -- what one of them lost


def _lost(day: Day, one: _Told, minute: _Told) -> Iterator[tuple[str, bool]]:
    """Yield what the pass a minute told by rows that this rhythm saw, and did not.

    With it comes whether that was by having looked earlier.
    """
    for key, told in minute.tasks.items():
        chain = minute.chain(key)
        if key in one.tasks or any(push.source == WATCHED for push in chain):
            continue
        opened = _opened_by(day, told, chain)
        views = [view for view in one.rhythm.able if view.at >= told.waktu]
        if any(_stand(day, view, key, chain, opened) for view in views):
            by = ", ".join(f"{push.source} {push.recorded:%H:%M:%S}" for push in chain)
            text = f"lost {told.kodebooking} {key.taskid} {told.waktu:%H:%M:%S} ({by})"
            yield text, _was_hasty(key, one, minute, opened)


def _was_hasty(key: Key, one: _Told, minute: _Told, opened: frozenset[str]) -> bool:
    """Return whether a task before this one was told otherwise than by the minute, and earlier.

    Or when what had shown the minute that the visit had gone on was there no more.
    """
    before = [key._replace(taskid=task) for task in range(3, key.taskid)]
    otherwise = [
        (one.tasks[task], minute.tasks[task])
        for task in before
        if task in one.tasks and task in minute.tasks
        if one.tasks[task].waktu != minute.tasks[task].waktu
    ]
    return any(
        mine.stored < theirs.stored
        or (mine.stored.date() == MONDAY and not opened <= _shown(one.rhythm, mine))
        for mine, theirs in otherwise
    )


def _shown(rhythm: Rhythm, told: Told) -> frozenset[str]:
    """Return what showed that the visit had gone on, when a rhythm told a task of it."""
    view = [one for one in rhythm.views if one.at <= told.stored][-1]
    booking = view.bookings.get(told.kodebooking)
    no_rawat = (booking.no_rawat or "") if booking else _number_of(told.kodebooking)
    visit = view.visits.get(no_rawat)
    return _went_on(visit) if visit else frozenset()


def _opened_by(day: Day, told: Told, chain: Sequence[Push]) -> frozenset[str]:
    """Return what showed that the visit had gone on, when the pass a minute told a task of it.

    By stts it was over; and where the folder goes ahead of everything, the pharmacy shows that
    there is none to wait for, and only a trace of the patient lets anything else count.
    """
    counts = {"stts", "pharmacy", "trace"} if _waited(day, chain) else {"stts"}
    return _shown(day.rhythms[EVERY_MINUTE], told) & counts


def _waited(day: Day, chain: Sequence[Push]) -> bool:
    """Return whether task 3 was told by something else than the folder that goes ahead of it."""
    return day.alur == "berkas" and bool(chain) and chain[0].source != FOLDER


def _disagree(visit: Visit) -> bool:
    """Return whether a folder was sent after what it was sent for: held while the day runs."""
    later = (*visit.exams, visit.folder.get("kembali"))
    return visit.sent is not None and any(at < visit.sent for at in later if at)


def _came_later(visit: Visit, chain: Sequence[Push]) -> bool:
    """Return whether the folder came back after the pharmacy was done, which was told without it.

    Who looks then meets two times of task 5, and holds it while the day runs.
    """
    back = visit.folder.get("kembali")
    if back is None or any(push.source == "berkas_kembali" for push in chain):
        return False
    times = (push.recorded for push in chain if push.step in (Step.TASK_6, Step.TASK_7))
    return any(at is not None and at < back for at in times)


def _went_on(visit: Visit) -> frozenset[str]:
    pharmacy = any(one.validated or one.handed for one in visit.reseps)
    shown = {"stts": visit.over, "pharmacy": pharmacy, "trace": visit.served}
    return frozenset(what for what, so in shown.items() if so)


def _stand(day: Day, view: View, key: Key, chain: Sequence[Push], opened: frozenset[str]) -> bool:
    """Return whether Khanza holds the times of these tasks, so that they can be told.

    `opened` is what showed that the visit had gone on when they were told: it can be what let them.
    """
    booking = view.bookings.get(key.number)
    visit = view.visits.get((booking.no_rawat or "") if booking else key.number)
    if visit is None or not _is_owners(day, visit, key.owner) or not _goes_on(visit):
        return False
    if not (opened <= _went_on(visit) or view.at.date() > MONDAY):
        return False
    if LAST_EXAM in (push.source for push in chain) and not (
        visit.exams_over or view.at.date() > MONDAY
    ):
        return False
    unclear = (_waited(day, chain) and _disagree(visit)) or _came_later(visit, chain)
    if unclear and view.at.date() == MONDAY:
        return False
    checkin = booking.checkin if booking else None
    if any(push.recorded not in _times_of(push.source, visit, checkin) for push in chain):
        return False
    if booking:
        return booking.alive
    # One that has lost its visit may have found this one by the patient.
    claimed = any(
        one.alive
        and one.norm == visit.norm
        and (one.no_rawat == visit.no_rawat or _has_lost_its_visit(one, view))
        for one in view.bookings.values()
    )
    return not claimed and _can_be_added(visit, view.at)


def _has_lost_its_visit(booking: Booking, view: View) -> bool:
    visit = view.visits.get(booking.no_rawat or "")
    return booking.alive and (visit is None or visit.norm != booking.norm)


def _times_of(source: str, visit: Visit, checkin: datetime | None) -> set[datetime | None]:
    return {checkin} if source == "checkin" else {*visit.of_source(source)}


def _is_owners(day: Day, visit: Visit, owner: int | None) -> bool:
    return day.doing.persons.get(visit.norm) == owner


def _goes_on(visit: Visit) -> bool:
    """Return whether it is a visit of the day that was played, which nobody cancelled."""
    today = visit.daftar.date() == MONDAY
    return today and visit.stts != "Batal" and visit.status_lanjut == "Ralan"


def _can_be_added(visit: Visit, now: datetime) -> bool:
    if visit.kd_pj == "BPJ" or visit.referred:
        return visit.referred
    return now >= visit.daftar + DELAY


# -- what a single late pass has to tell


def _too_few(day: Day, one: _Told) -> Iterator[str]:
    """Yield the visits of which the rows would have told more than BPJS was told."""
    view = next(view for view in one.rhythm.views if view.at == AGAIN)
    for visit in view.visits.values():
        owner = day.doing.persons[visit.norm]
        theirs = [row for row in view.bookings.values() if row.norm == visit.norm]
        # One that has lost its visit finds that of its patient.
        mine = [
            row
            for row in theirs
            if row.status != "Gagal"
            and (row.no_rawat == visit.no_rawat or _has_lost_its_visit(row, view))
        ]
        if not _goes_on(visit) or any(not row.alive for row in mine):
            continue
        if mine and mine[0].nobooking not in one.rhythm.held:
            continue  # BPJS does not know it, and it is not ours to add
        if not mine and not _can_be_added(visit, view.at):
            continue
        # A booking that names nobody may have found its visit by the patient.
        told = max(
            sum((owner, number, task) in one.tasks for task in TASKS)
            for number in (visit.no_rawat, *(row.nobooking for row in theirs))
        )
        most = _most(visit, mine[0].checkin if mine else None, day.alur, booked=bool(mine))
        if told < most:
            yield f"{visit.no_rawat}: {told} tasks told of {most} that the rows allow"


def _most(visit: Visit, checkin: datetime | None, alur: str, *, booked: bool) -> int:
    """Return how many tasks can be told, without a gap, of all ways to choose their times."""
    preferred = visit.sent if alur == "berkas" else checkin
    attended = visit.served or bool(checkin) or (booked and visit.has_sep)
    opened = max(visit.daftar, visit.opening)
    begins = [preferred, opened, visit.daftar] if attended else [preferred]
    if alur == "erm" and not booked:
        begins.append(opened)  # nothing is preferred to it
    fourth = [*visit.exams, visit.folder.get("diterima")]
    fifth = [*visit.exams, visit.folder.get("kembali")]
    reseps = [tuple(one) for one in visit.reseps]
    ways = product(begins, fourth or [None], fifth or [None], reseps or [(None, None)])
    return max(_rising([three, four, five, *resep]) for three, four, five, resep in ways)


def _rising(times: Sequence[Any]) -> int:
    """Return how many of these times, from the first on, can be told one behind the other."""
    recorded: datetime | None = None
    sent: datetime | None = None
    for place, at in enumerate(times):
        if at is None or at.date() != MONDAY:
            return place
        if sent is None or recorded is None or at > sent:
            recorded = sent = at
        elif recorded - at <= TIE:
            recorded, sent = at, sent + SECOND
        else:
            return place
    return len(times)
