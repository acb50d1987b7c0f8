"""Visits → events: the time that each task has, chosen among the true ones of its sources.

- Candidates are the times of a task's sources on the day of service; what a task may take its time
  from stands in sources.py, and how one is chosen for each in choice.py.
- The first source of a task counts as soon as it has a time, the others once the visit has moved on
  without it; for task 3 a trace of attendance opens them, and nothing else.
- What was sent is fixed. What is due keeps its source as long as that one's value stands. All the
  rest is chosen anew in each pass.
- While the day runs, a preferred source is given up for a later task only once the visit has moved
  on beyond that task.
- What no choice can place is an event all the same, held, with the time that it does not follow; a
  time outside the day is one once the day is over, and closed then.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from antrean_cli.rules.attendance import arrival_confirmed, arrival_falls_back
from antrean_cli.rules.choice import Candidate, Fixed, choose, of_one_row
from antrean_cli.rules.codes import ADMISSION_TASKS, TASKS, State
from antrean_cli.rules.push import Push
from antrean_cli.rules.reasons import NO_SIGN_YET, Reason, ReasonCode, because, wrong_order
from antrean_cli.rules.served_by import no_session
from antrean_cli.rules.sources import (
    BOUNDS,
    EXAMS,
    VisitContext,
    applicable,
    times_of,
)
from antrean_cli.rules.tickets import ticket_times
from antrean_cli.rules.ties import Placed, place, placed_as

ARRIVAL = TASKS[0]


class Event(NamedTuple):
    """The time that Khanza recorded for one task, and the name of the source that has it.

    `waktu` is aware, in the hospital's zone. `hold` says why the event may not go out yet.
    """

    taskid: int
    waktu: datetime
    source: str
    hold: Reason | None = None


def events_of(context: VisitContext) -> dict[int, Event]:
    """Return the event of each task that has one, by taskid (1 to 7), in the order of tasks.

    Times may still lie a little ahead of now. A visit that Khanza deleted has no events.
    """
    if context.visit.registration is None:
        return {}
    events = {event.taskid: event for event in _Events(context).chosen()}
    return {**_of_tickets(context, events.get(ARRIVAL)), **events}


def _of_tickets(context: VisitContext, arrival: Event | None) -> dict[int, Event]:
    """Return the events of tasks 1 and 2: beside an arrival that may go out, or already told."""
    beside = None
    if arrival is not None and arrival.hold is None and arrival.waktu <= context.now:
        beside = Candidate(arrival.waktu, arrival.source)
    found = ticket_times(context, beside).items()
    return {taskid: Event(taskid, one.waktu, one.source) for taskid, one in found}


class _Before(NamedTuple):
    """The task that the next one has to follow, and its place."""

    taskid: int
    source: str
    placed: Placed


class _Events:
    """One visit's candidates, read once, and what is chosen of them."""

    def __init__(self, context: VisitContext) -> None:
        self.context = context
        self.names = {taskid: applicable(context, taskid) for taskid in TASKS}
        # Every time of every source, of whatever day.
        self.all = {
            taskid: [
                Candidate(waktu, name, row)
                for name in names
                for waktu, row in times_of(name, context)
            ]
            for taskid, names in self.names.items()
        }
        self.on_day = {
            taskid: [one for one in candidates if context.is_on_day(one.waktu)]
            for taskid, candidates in self.all.items()
        }
        self.arrival_falls_back = arrival_falls_back(context)
        self.moved_beyond = self._moved_beyond()
        self.fixed = dict(self._fixed())
        self.begun = dict(self._begun())

    def chosen(self) -> Iterator[Event]:
        """Yield the events in the order of the tasks."""
        options = self._options(keep=True)
        chosen, undecided = self._chosen_now(options)
        if not self.begun.keys() <= chosen.keys():
            options = self._options(keep=False)
            chosen, undecided = self._chosen_now(options)
        before: _Before | None = None
        row = ""  # the prescription that 6 and 7 are of
        for taskid in ADMISSION_TASKS:
            if one := self.fixed.get(taskid):
                before = self._behind_fixed(taskid, one) or before
        for taskid in TASKS:
            if one := self.fixed.get(taskid):
                event = self._of_fixed(taskid, before)
                row = one.row or row
                before = self._behind_fixed(taskid, one) or before
            elif found := chosen.get(taskid):
                hold = undecided.get(taskid) or self._hold(taskid)
                event = Event(taskid, found.waktu, found.source, hold)
                # Not where `choose` placed it: that can have been behind an opening that gave way.
                placed = place(found.waktu, before and before.placed, self.context.policy.tie)
                before = placed and _Before(taskid, found.source, placed)
                row = row or found.row
            else:
                fitting = [one for one in options[taskid] if of_one_row(one.row, row)]
                event = self._unplaced(taskid, fitting, before)
            if event:
                yield event

    # -- what there is to choose from

    def _moved_beyond(self) -> int:
        """Return the last task that the visit has moved on beyond, 0 if none."""
        if self.context.visit.final or self.context.day_over:
            return TASKS[-1]
        return max((taskid - 1 for taskid in TASKS if self.on_day[taskid]), default=0)

    def _options(self, *, keep: bool) -> dict[int, list[Candidate]]:
        """Return the candidates that count now of each task, fixed or not.

        `keep`: what is due keeps its source.
        """
        return {
            taskid: (keep and self.begun.get(taskid)) or self._opened(taskid) for taskid in TASKS
        }

    def _begun(self) -> Iterator[tuple[int, list[Candidate]]]:
        """Yield the candidates that are what was due before, by their task."""
        for taskid in TASKS:
            push = self.context.pushes.get(str(taskid))
            if push and _keeps_source(push):
                same = [one for one in self.on_day[taskid] if one.is_of(push)]
                if same:
                    yield taskid, same

    def _opened(self, taskid: int) -> list[Candidate]:
        """Return a task's candidates: all of them where the fall-backs count by now."""
        opened = self.arrival_falls_back if taskid == ARRIVAL else taskid <= self.moved_beyond
        if opened:
            return self.on_day[taskid]
        return [one for one in self.on_day[taskid] if one.source == self.names[taskid][0]]

    def _fixed(self) -> Iterator[tuple[int, Fixed]]:
        """Yield what BPJS has already, or somebody typed, with its place.

        Of tasks 1 and 2 only what BPJS has binds the others.
        """
        for taskid in ADMISSION_TASKS:
            push = self.context.pushes.get(str(taskid))
            if push and push.done:
                yield (
                    taskid,
                    Fixed(placed_as(push.recorded, push.waktu, self.context.policy.tie)),
                )
        for taskid in TASKS:
            push = self.context.pushes.get(str(taskid))
            if push and _is_fixed(push):
                row = next((one.row for one in self.all[taskid] if one.is_of(push)), "")
                placed = placed_as(push.recorded, push.waktu, self.context.policy.tie)
                yield taskid, Fixed(placed, row)

    # -- what is chosen

    def _choose(
        self, options: Mapping[int, Sequence[Candidate]], together: int
    ) -> dict[int, Candidate]:
        return choose(options, self.fixed, self.context.policy.tie, together=together)

    def _chosen_now(
        self, options: Mapping[int, Sequence[Candidate]]
    ) -> tuple[dict[int, Candidate], dict[int, Reason]]:
        """Return what is chosen, and why a task of it is not told yet, if one is not.

        The task behind those that the visit has moved on beyond may have a time for which there is
        room only if a preferred source is given up. Which of the two times is meant shows once that
        task has a second one, or the visit moves on. The opening of the clinic is no such time: it
        gives way to whatever shows that the patient was served before, and is told all the same
        where that is an exam, which can be the vital signs.
        """
        chosen = self._choose(options, self.moved_beyond)
        later = self.moved_beyond + 1
        other = self._choose(options, later)
        given_up = [
            task for task, one in chosen.items() if other.get(task, one).source != one.source
        ]
        bounds = [task for task in given_up if chosen[task].source in BOUNDS]
        if not self.begun.keys().isdisjoint(given_up) or (bounds and other[later].source in EXAMS):
            return chosen, {}
        if given_up == bounds:
            return other, {}  # another row of the same source: it is theirs to make room
        taskid = next(task for task in given_up if task not in bounds)
        reason = self._disagreement(taskid, chosen[taskid], later, other[later])
        return chosen | {task: other[task] for task in bounds}, {taskid: reason}

    def _disagreement(self, taskid: int, one: Candidate, later: int, other: Candidate) -> Reason:
        zone = self.context.policy.zone
        return because(
            ReasonCode.TIMES_DISAGREE,
            step=str(taskid),
            waktu=one.waktu.astimezone(zone),
            later=str(later),
            later_waktu=other.waktu.astimezone(zone),
        )

    def _hold(self, taskid: int) -> Reason | None:
        confirmed = taskid != ARRIVAL or arrival_confirmed(self.context)
        return None if confirmed else NO_SIGN_YET

    # -- events of what is not chosen

    def _behind_fixed(self, taskid: int, one: Fixed) -> _Before | None:
        source = self.context.pushes[str(taskid)].source
        return one.placed and _Before(taskid, source, one.placed)

    def _of_fixed(self, taskid: int, before: _Before | None) -> Event | None:
        """Return what Khanza now says of a task that is decided: the same while that stands."""
        push = self.context.pushes[str(taskid)]
        same = [one for one in self.all[taskid] if one.is_of(push)]
        likes = same or self._opened(taskid)
        tie = self.context.policy.tie
        ahead = before and before.placed
        fitting = (one for one in likes if place(one.waktu, ahead, tie))
        one = next(fitting, likes[0] if likes else None)
        return Event(taskid, one.waktu, one.source) if one else None

    def _unplaced(
        self, taskid: int, options: Sequence[Candidate], before: _Before | None
    ) -> Event | None:
        """Return the event of a task that is not chosen, None if it has no time yet.

        Held where it does not follow the one `before`.
        """
        if not options:
            return self._without_time(taskid)
        one, policy = options[0], self.context.policy
        if before is None or place(one.waktu, before.placed, policy.tie):
            return Event(taskid, one.waktu, one.source)
        if one.source in EXAMS and before.source in BOUNDS and taskid > self.moved_beyond:
            return None  # vital signs before the clinic opens: its own examination is to come
        waktu = before.placed.waktu
        hold = wrong_order(str(taskid), one.waktu, str(before.taskid), waktu, policy.zone)
        return Event(taskid, one.waktu, one.source, hold)

    def _without_time(self, taskid: int) -> Event | None:
        """Return the event of a task that has no time of the day that counts."""
        if taskid == ARRIVAL and self.on_day[taskid] and not arrival_confirmed(self.context):
            one = self.on_day[taskid][0]
            return Event(taskid, one.waktu, one.source, NO_SIGN_YET)
        if self.context.day_over and self.all[taskid] and not self.on_day[taskid]:
            one = self.all[taskid][0]
            return Event(taskid, one.waktu, one.source)
        return self._arrival_without_session() if taskid == ARRIVAL else None

    def _arrival_without_session(self) -> Event | None:
        """Return the held arrival of a patient who came to a doctor without a session."""
        context, row = self.context, self.context.visit.registration
        registered = context.registered_at()
        asked = "buka_poli" in self.names[ARRIVAL] and self.arrival_falls_back
        if not asked or row is None or registered is None or context.session_opens_at():
            return None
        return Event(ARRIVAL, registered, "daftar", no_session(context.visit, row))


def unrecorded(context: VisitContext, taskid: int) -> Reason:
    """Return the reason of a task that later ones wait for, and that no source has a time of."""
    names = ", ".join(applicable(context, taskid))
    return because(ReasonCode.TIME_UNRECORDED, step=str(taskid), sources=names)


def _is_fixed(push: Push) -> bool:
    """Return whether a task has its place: BPJS has it, or is being told, or somebody typed it.

    What was typed has none while nobody knows its time: BPJS had it, and it was made due again.
    """
    return push.done_or_in_flight or (push.kept and push.waktu is not None)


def _keeps_source(push: Push) -> bool:
    """Return whether a task is on its way, so that it is not decided anew."""
    return push.state == State.DUE or (push.open and push.needs_lookup)
