"""Which task of a booking the stand-in BPJS takes when, and at which time.

- Tasks go 1-2-3-4-5-6-7 or begin at 3; only a task 1 makes task 2 necessary. Nothing is
  overwritten.
- The order is judged by the highest task that is there. `last_decides` judges it by the one that
  was stored last: then 1 and 2 are taken after 3, and 4 waits until 3 is sent again, which is
  stored a second time.
- Times rise strictly (by the second) and lie on the day of service in WIB, those of 99 too; H+7 is
  the last day for sending.
- 99 is free of the order, and nothing comes after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import NamedTuple

WIB = timezone(timedelta(hours=7), "WIB")
ABSENT = 99
FIRST_OF_A_KNOWN_PATIENT = 3

TASKNAMES = {
    1: "mulai waktu tunggu admisi",
    2: "akhir waktu tunggu admisi / mulai waktu layan admisi",
    3: "akhir waktu layan admisi / mulai waktu tunggu poli",
    4: "akhir waktu tunggu poli / mulai waktu layan poli",
    5: "akhir waktu layan poli / mulai waktu tunggu farmasi",
    6: "akhir waktu tunggu farmasi / mulai waktu layan farmasi membuat obat",
    7: "akhir waktu obat selesai dibuat",
    ABSENT: "tidak hadir / batal",
}
# As they are met besides: without blanks around the stroke, and one with its second half missing.
OTHER_TASKNAMES = {taskid: name.replace(" / ", "/") for taskid, name in TASKNAMES.items()} | {
    5: "akhir waktu layan poli"
}


class Refusal(NamedTuple):
    """metadata.code and metadata.message of what is not taken."""

    code: int
    message: str


@dataclass(frozen=True)
class Task:
    """`wakturs` is the time that the hospital sent, `waktu` the moment when it was stored."""

    taskid: int
    wakturs: datetime
    waktu: datetime


@dataclass(frozen=True, kw_only=True)
class TaskRules:
    """How tasks are judged where BPJS's behaviour, or its wording, is not known for certain."""

    second_wording: bool = False
    last_decides: bool = False
    refuse_future: bool = False

    def refusal(
        self, tasks: Sequence[Task], taskid: int, at: datetime, tanggal: date, now: datetime
    ) -> Refusal | None:
        """Judge a task of a booking that holds these, in the order in which they were stored."""
        return self._by_order(tasks, taskid, tanggal, now) or self._by_time(
            tasks, taskid, at, tanggal, now
        )

    def _by_order(
        self, tasks: Sequence[Task], taskid: int, tanggal: date, now: datetime
    ) -> Refusal | None:
        held = {task.taskid for task in tasks}
        reached = self._reached(tasks)
        if taskid in held and taskid <= reached and (taskid == ABSENT or ABSENT not in held):
            return Refusal(208, f"TaskId={taskid} sudah ada")
        if ABSENT in held:
            return Refusal(201, f"TaskId terakhir {ABSENT}")
        if now.astimezone(WIB).date() > tanggal + timedelta(days=7):
            return Refusal(201, "Gagal. Tanggal kirim TaskId maksimal H+7 dari tanggal pelayanan.")
        of_admission = taskid < FIRST_OF_A_KNOWN_PATIENT
        if taskid < reached and not (self.last_decides and of_admission):
            return Refusal(201, f"TaskId terakhir {reached}")
        missing = self._missing(tasks, taskid)
        if missing and self.second_wording:
            missing = f"TaskId={taskid} tidak valid / TaskId sebelumnya belum terkirim"
        return Refusal(201, missing) if missing else None

    def _reached(self, tasks: Sequence[Task]) -> int:
        """Return the task that a booking has come to, 0 if it has none."""
        if self.last_decides and tasks:
            return tasks[-1].taskid
        return max((task.taskid for task in tasks), default=0)

    def _missing(self, tasks: Sequence[Task], taskid: int) -> str | None:
        """Name the task that has to come before this one; the lowest, if several have."""
        if taskid in (1, ABSENT):
            return None
        held = {task.taskid for task in tasks}
        if taskid == 2:
            return None if 1 in held else "TaskId=1 belum ada"
        if 1 in held and 2 not in held:
            return "Task=1 ada. TaskId=2 belum ada"
        if self.last_decides:
            held = {task for task in held if task <= self._reached(tasks)}
        # Of what a booking came with (`Bookings.mobile_jkn`) there may be a gap further back.
        before = range(FIRST_OF_A_KNOWN_PATIENT, taskid) if taskid - 1 not in held else ()
        return next((f"TaskId={one} belum ada" for one in before if one not in held), None)

    def _by_time(
        self, tasks: Sequence[Task], taskid: int, at: datetime, tanggal: date, now: datetime
    ) -> Refusal | None:
        """Judge the time of a task whose turn it is."""
        sent = f"({at:%Y-%m-%d %H:%M:%S} WIB)"
        if at.date() != tanggal:
            day = f"Tanggal pelayanan untuk Kode Booking tersebut adalah ({tanggal})"
            return Refusal(201, f"Waktu tidak valid {sent}. {day}")
        if self.refuse_future and at > now:
            return Refusal(201, f"Waktu {sent} tidak boleh lebih dari waktu sekarang")
        lower = [task for task in tasks if task.taskid < taskid]
        before = max(lower, key=lambda task: (task.taskid, task.wakturs), default=None)
        if before is None or at > before.wakturs:
            return None
        if self.second_wording and at < before.wakturs:
            there = f"TaskId={before.taskid} ({before.wakturs:%Y-%m-%d %H:%M:%S} WIB)"
            return Refusal(201, f"{there} lebih besar dari pada TaskId={taskid}")
        return Refusal(201, f"Waktu {sent} tidak boleh kurang atau sama dengan waktu sebelumnya")
