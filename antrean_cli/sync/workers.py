"""Calls made side by side: begun by one thread, made by workers, completed as they end.

So one thread alone decides and writes, and what several workers finish together is written
together.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from types import TracebackType
from typing import Generic, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


class Workers(Generic[Job, Result]):
    """So many threads that make calls; left, it waits for those that are still under way."""

    def __init__(self, number: int) -> None:
        self._pool = ThreadPoolExecutor(max_workers=number, thread_name_prefix="bpjs")
        self._ended: SimpleQueue[tuple[Job, Future[Result]]] = SimpleQueue()
        self._number = number
        self.in_flight = 0  # calls that were begun and are not completed

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
        """How many of them have no call to make."""
        return self._number - self.in_flight

    def begin(self, job: Job, call: Callable[[], Result]) -> None:
        """Let a worker make one call; `job` tells it from the others when it is completed."""
        self.in_flight += 1
        future = self._pool.submit(call)
        future.add_done_callback(lambda ended: self._ended.put((job, ended)))

    def wait_completed(self) -> list[tuple[Job, Result]]:
        """Wait for a call to end, and return the results of all that have, in that order.

        An exception of a call's is raised here.
        """
        ended = [self._ended.get()]
        while not self._ended.empty():
            ended.append(self._ended.get())
        self.in_flight -= len(ended)
        return [(job, future.result()) for job, future in ended]
