"""Pings: somebody outside is told that a pass began, and how it ended (healthchecks.io's way).

- A ping changes nothing of a pass: it has little time, and its problems are only noted.
- A ping that fails is not repeated: the next pass comes in a minute.
- What could tell the address stays out of every sentence: whoever knows it can ping.
"""

import time
from threading import Thread

PING_SECONDS = 4.0  # for each: a pass that was stopped has to leave within five
# By the names of requests' and the system's errors, which are classes of one another.
_REASONS = {
    "SSLError": "TLS tidak tersambung",
    "Timeout": "tidak dijawab",
    "TimeoutError": "tidak dijawab",
    "ConnectionError": "tidak dapat dihubungi",
}


class Pinger:
    """The pings of one pass; `problems` are sentences about those that did not get through."""

    def __init__(self, url: str) -> None:
        self.problems: list[str] = []
        self._url = url
        self._start: Thread | None = None

    def pass_started(self) -> None:
        """Ping on the side that a pass began."""
        self._start = self._send_aside("/start", None, PING_SECONDS)

    def pass_ended(self, exit_code: int, text: str) -> None:
        """Ping how the pass ended, and wait for it as long as one may; `text` is the ping's body.

        It comes after the start, or not at all.
        """
        deadline = time.monotonic() + PING_SECONDS
        if self._start:
            self._start.join(PING_SECONDS)
        left = deadline - time.monotonic()
        end = self._send_aside(f"/{exit_code}", text, left) if left > 0 else None
        if end:
            end.join(left)
        if end is None or end.is_alive():
            self.problems.append(f"Ping tidak dijawab dalam {PING_SECONDS:.0f} detik")

    def _send_aside(self, path: str, text: str | None, seconds: float) -> Thread:
        # Looking up a name knows no deadline: a thread that does not come back is left behind.
        thread = Thread(target=self._send, args=(path, text, seconds), name="ping", daemon=True)
        thread.start()
        return thread

    def _send(self, path: str, text: str | None, seconds: float) -> None:
        # HTTP costs 100 ms to import: only who pings pays them.
        from antrean_cli.bpjs.transport import ping

        try:
            status = ping(f"{self._url}{path}", text, seconds)
        except Exception as error:
            # Whatever the network does: a pass does not fail of it.
            kinds = (kind.__name__ for kind in type(error).__mro__)
            reason = next((_REASONS[kind] for kind in kinds if kind in _REASONS), None)
            self.problems.append(f"Ping {path} tidak sampai ({reason or 'gangguan jaringan'})")
            return
        if not 200 <= status < 300:
            self.problems.append(f"Ping {path} dijawab HTTP {status}")
