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
from antrean_cli.operator.manual import (
    ManualCall,
    note,
    refuse_handed_on,
    require_accepted,
    require_usable,
    update_call,
)
from antrean_cli.operator.update_file import Line
from antrean_cli.rules.answers import Outcome, Reply
from antrean_cli.rules.codes import CallName, Code, OutcomeKind
from antrean_cli.rules.faults import Fault
from antrean_cli.rules.outages import FAULTS_THAT_BEGIN_ONE
from antrean_cli.rules.policy import Policy
from antrean_cli.sync.workers import Workers


class LineOutcome(Code):
    """What became of a line."""

    SENT = "sent"  # BPJS took it
    ALREADY = "already"  # BPJS had it: 208
    REFUSED = "refused"
    FAILED = "failed"  # no answer, or credentials refused
    SKIPPED = "skipped"  # not sent: a line before it was not taken, or the whole was ended


@dataclass(frozen=True, kw_only=True, slots=True)
class LineResult:
    """What became of a line; `code` and `message` are BPJS's, else `message` says why not."""

    line: Line
    outcome: LineOutcome
    code: str = ""
    message: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class _AnsweredLine:
    """A line that came back, with the outcome to note if BPJS has it."""

    result: LineResult
    call: ManualCall
    accepted: Outcome | None = None


@dataclass(kw_only=True, slots=True)
class BulkUpdate:
    """One file of updates: run it, then ask it for its `error`; setting `stop` ends it in order."""

    client: Client
    ledger: Ledger
    policy: Policy
    workers: int
    clock: Callable[[], datetime]
    stop: Event = field(default_factory=Event)
    errors: list[AntreanError] = field(default_factory=list)
    delivering: bool = False  # from then on a signal waits for the calls in flight
    # What is still to be sent, by kode booking.
    _waiting: dict[str, deque[Line]] = field(default_factory=dict)
    # The bookings that have no call in flight, by the number of their next line: a heap.
    _ready: list[tuple[int, str]] = field(default_factory=list)
    _faults_in_row: int = 0
    _ended: str = ""  # why no more is sent, empty while it goes on

    def run(self, lines: Sequence[Line]) -> Generator[LineResult, None, None]:
        """Send the lines and yield what becomes of each as soon as it is known.

        Raises StateError and InputError before anything is sent; every later trouble is kept in
        `errors`.
        """
        for line in lines:
            self._waiting.setdefault(line.kodebooking, deque()).append(line)
        require_usable(self.ledger, self._waiting, self.clock())
        refuse_handed_on(self.ledger, self._waiting)
        for kodebooking in self._waiting:
            self._make_ready(kodebooking)
        self.delivering = True
        with Workers[Line, Reply | Fault](self.workers) as workers:
            try:
                self._begin(workers)
                while workers.in_flight:
                    results = self._settle_completed(workers)
                    self._begin(workers)
                    yield from results
            finally:
                while workers.in_flight:  # who reads the results has gone away
                    self._settle_completed(workers)
        yield from self._left_over()

    @property
    def error(self) -> AntreanError | None:
        """What decides how the program ends, None if all went well."""
        code = worst(error.exit_code for error in self.errors)
        return next((error for error in self.errors if error.exit_code == code), None)

    # -- calls

    def _make_ready(self, kodebooking: str) -> None:
        if waiting := self._waiting[kodebooking]:
            heapq.heappush(self._ready, (waiting[0].number, kodebooking))

    def _begin(self, workers: Workers[Line, Reply | Fault]) -> None:
        """Let as many calls go as there are free workers, each of another booking."""
        while self._ready and workers.free and not self._over:
            line = self._waiting[heapq.heappop(self._ready)[1]].popleft()
            workers.begin(line, partial(self.client.call, CallName.UPDATE, _call(line).body))

    @property
    def _over(self) -> bool:
        return bool(self._ended) or self.stop.is_set()

    def _settle_completed(self, workers: Workers[Line, Reply | Fault]) -> list[LineResult]:
        """Wait for calls to end, note in one commit what BPJS has, and return what became of them.

        That is also what becomes of the lines behind one that BPJS did not take.
        """
        answered = [self._answered(line, answer) for line, answer in workers.wait_completed()]
        self._note(answered)
        results = []
        for one in answered:
            line = one.result.line
            results.append(one.result)
            if one.accepted:
                self._make_ready(line.kodebooking)
            elif not self._ended:
                why = f"baris {line.number} belum diterima"
                results += [_skipped(behind, why) for behind in self._waiting[line.kodebooking]]
                self._waiting[line.kodebooking].clear()
        return results

    def _left_over(self) -> list[LineResult]:
        """Return the lines that were not sent because all of it ended, in the order of the file."""
        left = [line for waiting in self._waiting.values() for line in waiting]
        left.sort(key=lambda line: line.number)
        return [_skipped(line, self._ended or "dihentikan") for line in left]

    # -- answers

    def _answered(self, line: Line, answer: Reply | Fault) -> _AnsweredLine:
        """Return what an answer says of a line; errors are kept, and end all of it if they must."""
        self._faults_in_row = self._faults_in_row + 1 if isinstance(answer, Fault) else 0
        if self._faults_in_row >= FAULTS_THAT_BEGIN_ONE:
            self._end("BPJS tidak menjawab")
        call = _call(line)
        try:
            outcome = require_accepted(call, answer)
        except CredentialsError as error:
            self._end("kredensial tidak diterima BPJS")
            self.errors.append(error)
            return _AnsweredLine(result=_result(line, LineOutcome.FAILED, answer), call=call)
        except (TemporaryError, RefusedError) as error:
            self.errors.append(type(error)(f"baris {line.number}: {error}"))
            refused = isinstance(error, RefusedError)
            became = LineOutcome.REFUSED if refused else LineOutcome.FAILED
            return _AnsweredLine(result=_result(line, became, answer), call=call)
        became = LineOutcome.ALREADY if outcome.kind == OutcomeKind.ALREADY else LineOutcome.SENT
        return _AnsweredLine(result=_result(line, became, answer), call=call, accepted=outcome)

    def _note(self, answered: Sequence[_AnsweredLine]) -> None:
        now = self.clock()
        try:
            with self.ledger.transaction():
                for one in answered:
                    if one.accepted:
                        note(self.ledger, self.policy, one.call, one.accepted, now)
        except StateError as error:
            # What BPJS said is told all the same; sent once more, it is answered with 208, and
            # noted then.
            self._end("berkas status tidak dapat ditulis")
            self.errors.append(error)

    def _end(self, why: str) -> None:
        self._ended = self._ended or why


def _call(line: Line) -> ManualCall:
    return update_call(line.kodebooking, line.taskid, line.waktu, line.jenisresep)


def _result(line: Line, outcome: LineOutcome, answer: Reply | Fault) -> LineResult:
    if isinstance(answer, Fault):
        doubt = "; belum pasti diterima" if answer.maybe_acted else ""
        return LineResult(line=line, outcome=outcome, message=f"{answer.text}{doubt}")
    return LineResult(line=line, outcome=outcome, code=answer.code, message=answer.message)


def _skipped(line: Line, why: str) -> LineResult:
    return LineResult(line=line, outcome=LineOutcome.SKIPPED, message=why)
