"""Many updates by hand at once: lines of a file → BPJS, several bookings at a time.

- The ledger is written to before anything is sent, and each line that BPJS has is noted as a single
  update is.
- In the order of the file within a booking; after a line that BPJS did not take, the booking's
  later ones stay back.
- One thread writes the ledger; the workers only exchange requests.
- Refused credentials, three faults in a row (by order of completion) and a ledger that cannot be
  written end it, and so does a signal: no more is sent, calls in flight are noted.
"""

import heapq
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from threading import Event

from antrean_cli.bpjs.client import Client
from antrean_cli.errors import (
    AntreanError,
    CredentialsError,
    RefusedError,
    StateError,
    TemporaryError,
    worst,
)
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.operator.manual import note, taken, touch
from antrean_cli.operator.update_file import Line
from antrean_cli.rules.answers import Outcome, Reply
from antrean_cli.rules.codes import CallName, OutcomeKind
from antrean_cli.rules.faults import Fault
from antrean_cli.rules.outages import FAULTS_THAT_BEGIN_ONE
from antrean_cli.rules.payloads import update_body
from antrean_cli.rules.visits import WIB, Policy
from antrean_cli.sync.workers import Flights

SENT, ALREADY, REFUSED, FAILED, SKIPPED = "sent", "already", "refused", "failed", "skipped"


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What became of a line, SENT to SKIPPED; `code` and `message` are BPJS's, or `message` is why
    there are none.
    """

    line: Line
    outcome: str
    code: str = ""
    message: str = ""


@dataclass(kw_only=True, slots=True)
class Batch:
    """One file of updates: run it, then ask it for its `error`; setting `stop` ends it in order."""

    client: Client
    ledger: Ledger
    policy: Policy
    workers: int
    clock: Callable[[], datetime]
    stop: Event = field(default_factory=Event)
    errors: list[AntreanError] = field(default_factory=list)
    delivering: bool = False  # from then on a signal waits for the calls in flight
    _lines: dict[str, deque[Line]] = field(
        default_factory=dict
    )  # that are still to be sent, by kode booking
    _heap: list[tuple[int, str]] = field(
        default_factory=list
    )  # bookings that are free, by the number of their line
    _faults_in_row: int = 0
    _ended: str = ""  # why no more is sent

    def run(self, lines: Sequence[Line]) -> Generator[Result, None, None]:
        """Send the lines and yield what becomes of each as soon as it is known.

        Raises StateError before anything is sent; every later trouble is kept in `errors`.
        """
        for line in lines:
            self._lines.setdefault(line.kodebooking, deque()).append(line)
        touch(self.ledger, self._lines, self.clock())
        self._heap = [
            (waiting[0].number, kodebooking) for kodebooking, waiting in self._lines.items()
        ]
        heapq.heapify(self._heap)
        self.delivering = True
        with Flights[Line, Reply | Fault](self.workers) as flights:
            try:
                self._begin(flights)
                while flights.aloft:
                    results = self._settle(flights.landed())
                    self._begin(flights)
                    yield from results
            finally:
                while flights.aloft:  # who reads the results has gone away
                    self._settle(flights.landed())
        yield from self._rest()

    @property
    def error(self) -> AntreanError | None:
        """What decides how the program ends, None if all went well."""
        code = worst(error.exit_code for error in self.errors)
        return next((error for error in self.errors if error.exit_code == code), None)

    def _begin(self, flights: Flights[Line, Reply | Fault]) -> None:
        """Let as many calls go as there are free workers, each of another booking."""
        while (
            self._heap
            and flights.aloft < self.workers
            and not self._ended
            and not self.stop.is_set()
        ):
            line = self._lines[heapq.heappop(self._heap)[1]].popleft()
            body = update_body(line.kodebooking, line.taskid, line.waktu, line.jenisresep)
            flights.begin(line, partial(self.client.call, CallName.UPDATE, body))

    def _settle(self, landed: Sequence[tuple[Line, Reply | Fault]]) -> list[Result]:
        """Note what BPJS has, all in one commit, and return what became of these lines and of those
        behind them.
        """
        judged = [self._judged(line, answer) for line, answer in landed]
        self._note([(result.line, outcome) for result, outcome in judged if outcome])
        results = []
        for result, outcome in judged:
            results.append(result)
            waiting = self._lines[result.line.kodebooking]
            if outcome and waiting:
                heapq.heappush(self._heap, (waiting[0].number, result.line.kodebooking))
            elif not self._ended:
                results += [
                    _skipped(line, f"baris {result.line.number} belum diterima") for line in waiting
                ]
                waiting.clear()
        return results

    def _judged(self, line: Line, answer: Reply | Fault) -> tuple[Result, Outcome | None]:
        """Return what became of a line, with the outcome if BPJS has it; errors are kept, and end
        it if they must.
        """
        self._faults_in_row = self._faults_in_row + 1 if isinstance(answer, Fault) else 0
        if self._faults_in_row >= FAULTS_THAT_BEGIN_ONE:
            self._end("BPJS tidak menjawab")
        try:
            outcome = taken(line.kodebooking, line.taskid, answer)
        except CredentialsError as error:
            self._end("kredensial tidak diterima BPJS")
            self.errors.append(error)
            return _result(line, FAILED, answer), None
        except (TemporaryError, RefusedError) as error:
            self.errors.append(type(error)(f"baris {line.number}: {error}"))
            return _result(
                line, REFUSED if isinstance(error, RefusedError) else FAILED, answer
            ), None
        return _result(
            line, ALREADY if outcome.kind == OutcomeKind.ALREADY else SENT, answer
        ), outcome

    def _end(self, why: str) -> None:
        self._ended = self._ended or why

    def _note(self, accepted: list[tuple[Line, Outcome]]) -> None:
        now = self.clock()
        try:
            with self.ledger.transaction():
                for line, outcome in accepted:
                    names, tanggal = (
                        (line.kodebooking, line.taskid),
                        line.waktu.astimezone(WIB).date(),
                    )
                    note(
                        self.ledger,
                        self.policy,
                        *names,
                        outcome,
                        tanggal=tanggal,
                        waktu=line.waktu,
                        now=now,
                    )
        except StateError as error:
            # What BPJS said is told all the same; sent once more, it is answered with 208, and
            # noted then.
            self._end("berkas status tidak dapat ditulis")
            self.errors.append(error)

    def _rest(self) -> list[Result]:
        """Return the lines that were not sent because all of it ended, in the order of the file."""
        left = sorted(
            (line for waiting in self._lines.values() for line in waiting),
            key=lambda line: line.number,
        )
        return [_skipped(line, self._ended or "dihentikan") for line in left]


def _result(line: Line, outcome: str, answer: Reply | Fault) -> Result:
    if isinstance(answer, Fault):
        doubt = "; belum pasti diterima" if answer.reached else ""
        return Result(line=line, outcome=outcome, message=f"{answer.text}{doubt}")
    return Result(line=line, outcome=outcome, code=answer.code, message=answer.message)


def _skipped(line: Line, why: str) -> Result:
    return Result(line=line, outcome=SKIPPED, message=why)
