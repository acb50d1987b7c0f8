"""Calls made side by side: begun by one thread, made by workers, completed as they end.

- One thread alone decides and writes, and what several workers finish together is written together.
- How many go at once, and how soon, is the pace's to say (rules/pacing.py): it hears of every start
  and every end.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Generic, TypeVar

from antrean_cli.rules.pacing import Pacing, Start

Job = TypeVar("Job")
Result = TypeVar("Result")

LONGEST_NAP = 0.5  # seconds: a signal must not wait for the pace


class Workers(Generic[Job, Result]):
    """As many threads as the pace allows at most; left, it waits for the calls under way."""

    def __init__(self, pacing: Pacing, got_through: Callable[[Result], bool | None]) -> None:
        """`got_through` tells the pace of a result: False for a call that came too soon, None
        where it tells nothing.
        """
        self._pool = ThreadPoolExecutor(max_workers=pacing.most, thread_name_prefix="bpjs")
        self._ended: SimpleQueue[tuple[Job, Start, float, Future[Result]]] = SimpleQueue()
        self._pacing, self._got_through = pacing, got_through
        self.in_flight = 0  # calls that were begun, or promised, and are not completed

    def __enter__(self) -> "Workers[Job, Result]":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown()

    @property
    def free(self) -> int:
        """How many calls may begin now."""
        return self._pacing.allowed(time.monotonic(), self.in_flight)

    @property
    def next_start(self) -> float:
        """The time (monotonic) before which no call begins."""
        return self._pacing.next_start

    def promise(self, kind: str = "") -> Start:
        """Take one of those that are free, for a call of a kind; return how it begins: at once."""
        start = self._pacing.begin(time.monotonic(), self.in_flight, kind)
        self.in_flight += 1
        return start

    def begin(self, start: Start, job: Job, call: Callable[[], Result]) -> None:
        """Let a worker make one call; `job` tells it from the others when it is completed."""

        def ended(future: Future[Result]) -> None:
            self._ended.put((job, start, time.monotonic(), future))

        self._pool.submit(call).add_done_callback(ended)

    def wait(self, *, more: bool = False) -> list[tuple[Job, Result]]:
        """Wait for a call to end, and return the results of all that have, in that order.

        `more`: others wait for the pace. Then it is waited no longer than for that, or a moment,
        and there may be no result. An exception of a call's is raised here.
        """
        pause = max(self.next_start - time.monotonic(), 0) if more else None
        if pause is not None and self.in_flight and not pause:
            pause = None  # only the end of a call makes room
        try:
            ended = [self._ended.get(timeout=pause if pause is None else min(pause, LONGEST_NAP))]
        except Empty:
            return []
        while not self._ended.empty():
            ended.append(self._ended.get())
        self.in_flight -= len(ended)
        return [self._completed(*one) for one in ended]

    def _completed(
        self, job: Job, start: Start, at: float, future: Future[Result]
    ) -> tuple[Job, Result]:
        result = future.result()
        through = self._got_through(result)
        if through:
            self._pacing.got_through(start, at)
        elif through is False:
            self._pacing.was_refused(start, at)
        return job, result
