"""Calls in flight: begun by one thread, exchanged by workers, landed in the order in which they
end.

So one thread alone decides and writes, and what several workers finish together is written
together.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from types import TracebackType
from typing import Generic, TypeVar

What = TypeVar("What")
Answer = TypeVar("Answer")


class Flights(Generic[What, Answer]):
    """So many workers, to be entered before calls begin; left, it waits for those that are still
    under way.
    """

    def __init__(self, workers: int) -> None:
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="bpjs")
        self._ended: SimpleQueue[tuple[What, Future[Answer]]] = SimpleQueue()
        self.aloft = 0  # calls that were begun and have not landed

    def __enter__(self) -> "Flights[What, Answer]":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown()

    def begin(self, what: What, call: Callable[[], Answer]) -> None:
        """Let a worker make one call; `what` tells it from the others when it lands."""
        self.aloft += 1
        future = self._pool.submit(call)
        future.add_done_callback(lambda ended: self._ended.put((what, ended)))

    def landed(self) -> list[tuple[What, Answer]]:
        """Wait for a call to end, and return what came back of all that have; raises what a call
        raised.
        """
        ended = [self._ended.get()]
        while not self._ended.empty():
            ended.append(self._ended.get())
        self.aloft -= len(ended)
        return [(what, future.result()) for what, future in ended]
