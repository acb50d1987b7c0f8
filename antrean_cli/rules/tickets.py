"""The times of tasks 1 and 2, of one ticket of the desk's, beside task 3.

- They are told together, with task 3, or not at all: behind a task 1 BPJS wants a task 2, and what
  was told of 2 would bind task 3 (admission.py).
- Of several tickets the one that was called last before task 3 counts; both times are of the same.
- A time after task 3's is none. Neither moves task 3, and nothing is told once BPJS has that.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from antrean_cli.rules.choice import Candidate, of_one_row
from antrean_cli.rules.codes import ADMISSION_TASKS
from antrean_cli.rules.push import Push
from antrean_cli.rules.sources import VisitContext, times_of
from antrean_cli.rules.ties import Placed, place, placed_as

# A task with its time, or what is known of it by hand: the second has no candidate to be told.
_Option = tuple[Placed, "Candidate | None"]


def ticket_times(context: VisitContext, arrival: Candidate | None) -> dict[int, Candidate]:
    """Return the times of tasks 1 and 2 by taskid: of both, or of the one that is lacking yet.

    `arrival` is the time of task 3, None where it has none that may go out now.
    """
    told = {taskid: push for taskid in ADMISSION_TASKS if (push := _told(context, taskid))}
    same = _still_recorded(context, told)
    three = context.pushes.get("3")
    if arrival is None or (three and three.done):
        return same
    options = [_options(context, taskid, told.get(taskid)) for taskid in ADMISSION_TASKS]
    return {**same, **_chosen(options, arrival, context)}


def _told(context: VisitContext, taskid: int) -> Push | None:
    """Return the task if no ticket decides it: BPJS has it, is being told, or a person typed it.

    Also one whose time nobody knows: then the other one is told by no ticket either.
    """
    push = context.pushes.get(str(taskid))
    decided = push is not None and (push.done_or_in_flight or push.kept)
    return push if decided else None


def _still_recorded(context: VisitContext, told: Mapping[int, Push]) -> dict[int, Candidate]:
    """Return what Khanza has of the tasks that were told from it."""
    return {
        taskid: one
        for taskid, push in told.items()
        for one in _candidates(context, taskid)
        if one.is_of(push)
    }


def _options(context: VisitContext, taskid: int, told: Push | None) -> Sequence[_Option]:
    if told:
        placed = placed_as(told.recorded, told.waktu, context.policy.tie)
        return [(placed, None)] if placed else []
    return [
        (Placed(one.waktu, one.waktu), one)
        for one in _candidates(context, taskid)
        if context.is_on_day(one.waktu)
    ]


def _candidates(context: VisitContext, taskid: int) -> Iterator[Candidate]:
    for name in context.policy.sources.get(taskid, ()):
        for waktu, nomor in times_of(name, context):
            yield Candidate(waktu, name, nomor)


def _chosen(
    options: Sequence[Sequence[_Option]], arrival: Candidate, context: VisitContext
) -> dict[int, Candidate]:
    """Return the first pair of times that rises up to task 3, nothing if none does."""
    firsts, seconds = options
    first, second = ADMISSION_TASKS
    tie = context.policy.tie
    for (placed_two, two), (placed_one, one) in product(seconds, firsts):
        if one and two and not of_one_row(one.row, two.row):
            continue
        behind = place(placed_two.recorded, placed_one, tie) if two else placed_two
        if behind and behind.waktu > placed_one.waktu and place(arrival.waktu, behind, tie):
            found = {first: one, second: two}
            return {taskid: candidate for taskid, candidate in found.items() if candidate}
    return {}
