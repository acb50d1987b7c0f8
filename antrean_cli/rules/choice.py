"""One time for each task, so that they rise: the choice among the times that Khanza has.

BPJS wants strictly rising times (ties.py), and Khanza's are pressed in any order: a check-in at
noon, a folder that comes back the next morning, a pharmacy that is faster than the folder. None of
these may cost a task for which a true time exists. (rules/README.md, The choice among true times)

- What BPJS has is fixed. Of the rest, each task has candidates in the order in which they are
  preferred.
- Of all ways to choose, that one is taken which goes furthest without a gap from task 3; among
  those the one that leaves room for most of the later tasks; among those the one with the more
  preferred candidates, lower tasks first.
- It is found task by task, each with the time before it: forty examinations are no more than forty
  steps, and what fits at once needs no search.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from antrean_cli.rules.codes import TASKS
from antrean_cli.rules.push import Push
from antrean_cli.rules.ties import Placed, place


class Candidate(NamedTuple):
    """A time that a task can have: when, by which source, and (`row`) of which prescription."""

    waktu: datetime
    source: str
    row: str = ""

    def is_of(self, push: Push) -> bool:
        """Return whether it is where a push has its time from."""
        return (self.source, self.waktu) == (push.source, push.recorded)


class Fixed(NamedTuple):
    """A task that is decided: its place, None if nobody knows its time, and its prescription."""

    placed: Placed | None
    row: str = ""


def of_one_row(one: str, other: str) -> bool:
    """Return whether two times can be of one prescription, as 6 and 7 have to be."""
    return not one or not other or one == other


def choose(
    options: Mapping[int, Sequence[Candidate]],
    fixed: Mapping[int, Fixed],
    tie: timedelta,
    *,
    together: int = TASKS[-1],
) -> dict[int, Candidate]:
    """Return the candidate of each task that gets one, by taskid.

    - `options` are the candidates of the tasks that are not `fixed`, the preferred ones first; a
      task without any is a gap. What is fixed is not asked to rise.
    - The tasks up to `together` are chosen for each other's sake, those behind it one by one: each
      takes the first candidate that fits, and nothing is given up for it.
    """
    search = _Search(options, fixed, tie, together)
    return search.at_once() or search.best()


class _Way(NamedTuple):
    """One way to choose from some task on, and how good it is.

    `whole` counts the tasks without a gap, `told` all that are told. Of two that are as good, the
    one that was found first counts: ways are looked for in the order of the candidates.
    """

    whole: int = 0
    told: int = 0
    chosen: tuple[tuple[int, Candidate], ...] = ()

    def behind(self, *, counts: bool, gap: bool) -> "_Way":
        """Return the way behind one more task that is told."""
        whole = self.whole + 1 if counts and not gap else 0
        return self._replace(whole=whole, told=self.told + counts)

    @property
    def score(self) -> tuple[int, int]:
        return self.whole, self.told


class _Search:
    """The ways to choose, each found once for a task and the time before it."""

    def __init__(
        self,
        options: Mapping[int, Sequence[Candidate]],
        fixed: Mapping[int, Fixed],
        tie: timedelta,
        together: int,
    ) -> None:
        self.options = options
        self.fixed = fixed
        self.tie = tie
        self.together = together
        self.tasks = sorted({*options, *fixed})
        self._known: dict[tuple[int, Placed | None, str, bool], _Way] = {}

    def at_once(self) -> dict[int, Candidate]:
        """Return the most preferred candidate of every task, nothing where they do not rise."""
        chosen: dict[int, Candidate] = {}
        before, row = None, ""
        for taskid in self.tasks:
            if taskid in self.fixed:
                before, row = self._behind_fixed(taskid, before, row)
                continue
            candidates = self.options[taskid]
            if not candidates:
                continue
            one = candidates[0]
            placed = self._placed(one, before, row)
            if placed is None:
                return {}
            chosen[taskid], before, row = one, placed, row or one.row
        return chosen

    def best(self) -> dict[int, Candidate]:
        """Return the candidates of the best way."""
        return dict(self._from(0, None, "", gap=False).chosen)

    def _from(self, at: int, before: Placed | None, row: str, *, gap: bool) -> _Way:
        """Return the best way from the task in place `at` on, behind `before`."""
        if at == len(self.tasks):
            return _Way()
        key = (at, before, row, gap)
        if key not in self._known:
            self._known[key] = max(self._ways(at, before, row, gap), key=lambda way: way.score)
        return self._known[key]

    def _ways(self, at: int, before: Placed | None, row: str, gap: bool) -> Sequence[_Way]:
        """Return the ways that begin with each candidate of one task, or with none."""
        taskid = self.tasks[at]
        counts = taskid <= self.together
        if taskid in self.fixed:
            rest = self._from(at + 1, *self._behind_fixed(taskid, before, row), gap=gap)
            return [rest.behind(counts=counts, gap=gap)]
        ways = []
        better: list[Candidate] = []
        for one in self.options[taskid]:
            if any(other.waktu <= one.waktu and other.row == one.row for other in better):
                continue  # one that is preferred leaves room for all that this one does
            if placed := self._placed(one, before, row):
                rest = self._from(at + 1, placed, row or one.row, gap=gap)
                way = rest.behind(counts=counts, gap=gap)
                ways.append(way._replace(chosen=((taskid, one), *way.chosen)))
                better.append(one)
        return [*ways, self._from(at + 1, before, row, gap=True)]

    def _placed(self, one: Candidate, before: Placed | None, row: str) -> Placed | None:
        return place(one.waktu, before, self.tie) if of_one_row(one.row, row) else None

    def _behind_fixed(
        self, taskid: int, before: Placed | None, row: str
    ) -> tuple[Placed | None, str]:
        one = self.fixed[taskid]
        return one.placed or before, one.row or row
