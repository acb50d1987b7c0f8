"""The gateway in front of the stand-in: so many calls a second, and at once, and no more.

As nginx's limit_req and limit_conn do: what is above answers 429 with nginx's page, and nothing of
it reaches BPJS.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock


@dataclass(kw_only=True)
class Gate:
    """`rate` calls a second with `burst` more at once, and `connections` at a time; None: any."""

    rate: float | None = None
    burst: int = 5
    connections: int | None = None
    turned_away: int = 0
    _excess: float = 0.0
    _last: float = 0.0
    _inside: int = 0
    _lock: Lock = field(default_factory=Lock)

    @contextmanager
    def entered(self) -> Iterator[bool]:
        """Let a call in, for as long as it takes; yields whether it is let in."""
        with self._lock:
            let_in = self._has_room()
            self._inside += let_in
            self.turned_away += not let_in
        try:
            yield let_in
        finally:
            with self._lock:
                self._inside -= let_in

    def _has_room(self) -> bool:
        if self.connections is not None and self._inside >= self.connections:
            return False
        if self.rate is None:
            return True
        now = time.monotonic()
        excess = max(self._excess - (now - self._last) * self.rate, 0.0) + 1
        if excess > self.burst + 1:
            return False
        self._excess, self._last = excess, now
        return True
