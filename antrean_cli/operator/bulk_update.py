"""Many updates by hand at once: lines of a file → BPJS, several bookings at a time.

- The ledger is written to before anything is sent, and each line that BPJS has is noted as a single
  update is.
- In the order of the file within a booking; after a line that BPJS did not take, the booking's
  later ones stay back. Where BPJS does not know the booking yet, its lines are kept
  (kept_updates.py).
- One thread writes the ledger; the workers only exchange requests.
- Refused credentials, three faults in a row (by order of completion), a BPJS that lets nothing
  through (patience.py) and a ledger that cannot be written end it, and so does a signal: no more is
  sent, calls in flight are noted.
"""

import heapq
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from threading import Event
from typing import NamedTuple

from antrean_cli.bpjs.client import Client
from antrean_cli.cause_words import trouble_sentence
from antrean_cli.errors import (
    AntreanError,
    CredentialsError,
    RefusedError,
    StateError,
    TemporaryError,
    worst,
)
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.operator.kept_updates import keep, keep_or_refuse, may_be_kept
from antrean_cli.operator.lookups import raise_unless_done
from antrean_cli.operator.manual import (
    CallOutcome,
    ManualCall,
    accepted_as,
    note,
    outcome_of,
    refuse_handed_on,
    require_usable,
    update_call,
)
from antrean_cli.operator.patience import Patience
from antrean_cli.operator.update_file import Line
from antrean_cli.rules.answers import Outcome, Reply
from antrean_cli.rules.codes import CallName
from antrean_cli.rules.faults import Fault
from antrean_cli.rules.kept import waits_behind_kept
from antrean_cli.rules.outages import FAULTS_THAT_BEGIN_ONE
from antrean_cli.rules.pacing import got_through
from antrean_cli.rules.policy import Policy
from antrean_cli.sync.workers import Workers


@dataclass(frozen=True, kw_only=True, slots=True)
class LineResult:
    """What became of a line; `code` and `message` are BPJS's, else `message` says why not."""

    line: Line
    outcome: CallOutcome
    code: str = ""
    message: str = ""


class _AnsweredLine(NamedTuple):
    """A line that came back: BPJS's answer, what that means, and why it is not there, if so."""

    line: Line
    answer: Reply | Fault
    outcome: Outcome | None
    error: AntreanError | None


@dataclass(kw_only=True, slots=True)
class BulkUpdate:
    """One file of updates: run it, then ask it for its `error`; setting `stop` ends it in order."""

    client: Client
    ledger: Ledger
    policy: Policy
    patience: Patience
    clock: Callable[[], datetime]
    stop: Event = field(default_factory=Event)
    errors: list[AntreanError] = field(default_factory=list)
    delivering: bool = False  # from then on a signal waits for the calls in flight
    # What is still to be sent, by kode booking.
    _waiting: dict[str, deque[Line]] = field(default_factory=dict)
    # The bookings that have no call in flight, by the number of their next line, those that came
    # too soon behind the others: a heap.
    _ready: list[tuple[int, int, str]] = field(default_factory=list)
    _faults_in_row: int = 0
    _ended: str = ""  # why no more is sent, empty while it goes on

    def run(self, lines: Sequence[Line]) -> Generator[LineResult, None, None]:
        """Send the lines and yield what becomes of each as soon as it is known.

        Raises StateError and InputError before anything is sent; every later trouble is kept in
        `errors`.
        """
        for line in lines:
            self._waiting.setdefault(line.kodebooking, deque()).append(line)
        known = require_usable(self.ledger, self._waiting, self.clock())
        refuse_handed_on(self.ledger, self._waiting)
        for kodebooking, waiting in self._waiting.items():
            if waits_behind_kept(known.get(kodebooking), waiting[0].taskid):
                yield from self._keep_rest(kodebooking)
            self._make_ready(kodebooking)
        self.delivering = True
        with Workers[Line, Reply | Fault](self.patience.pacing, got_through) as workers:
            try:
                self._begin(workers)
                while workers.in_flight or (self._ready and not self._over):
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
        return _worst(self.errors)

    # -- calls

    def _make_ready(self, kodebooking: str) -> None:
        if waiting := self._waiting[kodebooking]:
            place = self.patience.refusals(kodebooking), waiting[0].number
            heapq.heappush(self._ready, (*place, kodebooking))

    def _begin(self, workers: Workers[Line, Reply | Fault]) -> None:
        """Let as many calls go as there are free workers, each of another booking."""
        while self._ready and workers.free and not self._over:
            line = self._waiting[heapq.heappop(self._ready)[-1]].popleft()
            call = partial(self.client.call, CallName.UPDATE, _call(line).body)
            workers.begin(workers.promise(), line, call)

    @property
    def _over(self) -> bool:
        return bool(self._ended) or self.stop.is_set()

    def _settle_completed(self, workers: Workers[Line, Reply | Fault]) -> list[LineResult]:
        """Wait for calls to end, note in one commit what BPJS has, and return what became of them.

        That is also what becomes of the lines behind one that BPJS did not take.
        """
        completed = workers.wait(more=bool(self._ready) and not self._over)
        answered = [
            self._answered(line, answer)
            for line, answer in completed
            if not self._goes_back(line, answer)
        ]
        results = []
        for one, became in zip(answered, self._note(answered), strict=True):
            line = one.line
            results.append(_result(line, became, one.answer))
            if became in (CallOutcome.SENT, CallOutcome.ALREADY):
                self._make_ready(line.kodebooking)
            elif became is CallOutcome.QUEUED:
                results += self._keep_rest(line.kodebooking)
            else:
                self._keep_error(line, one.error)
                results += self._skip_rest(line)
        return results

    def _goes_back(self, line: Line, answer: Reply | Fault) -> bool:
        """Put a line that came too soon back in its place; return whether it is there."""
        if got_through(answer):
            self.patience.got_through()
        if got_through(answer) is not False:
            return False
        bears = self.patience.bears(line.kodebooking, answer, time.monotonic())
        if (why := self.patience.at_end) and not self._ended:
            self._end(why)
            self.errors.append(
                TemporaryError(f"{why}; sisanya tidak dikirim, kirim lagi berkas ini nanti")
            )
        if bears or self._ended:
            self._waiting[line.kodebooking].appendleft(line)
            self._make_ready(line.kodebooking)
        return bears or bool(self._ended)

    def _skip_rest(self, refused: Line) -> list[LineResult]:
        """Return what becomes of the lines behind one that BPJS did not take: they stay back."""
        if self._ended:
            return []  # with all the others, then
        waiting = self._waiting[refused.kodebooking]
        why = f"baris {refused.number} belum diterima"
        skipped = [_skipped(behind, why) for behind in waiting]
        waiting.clear()
        return skipped

    def _left_over(self) -> list[LineResult]:
        """Return the lines that were not sent because all of it ended, in the order of the file."""
        left = [line for waiting in self._waiting.values() for line in waiting]
        left.sort(key=lambda line: line.number)
        return [_skipped(line, self._ended or "dihentikan") for line in left]

    # -- answers

    def _answered(self, line: Line, answer: Reply | Fault) -> _AnsweredLine:
        """Return what an answer says of a line; all of it ends here if it must."""
        self._faults_in_row = self._faults_in_row + 1 if isinstance(answer, Fault) else 0
        if self._faults_in_row >= FAULTS_THAT_BEGIN_ONE:
            self._end("BPJS tidak menjawab")
        outcome = None
        try:
            outcome = outcome_of(_call(line), answer)
            raise_unless_done(outcome)
        except CredentialsError as error:
            self._end("kredensial tidak diterima BPJS")
            return _AnsweredLine(line, answer, outcome, error)
        except (TemporaryError, RefusedError) as error:
            return _AnsweredLine(line, answer, outcome, error)
        return _AnsweredLine(line, answer, outcome, None)

    def _note(self, answered: Sequence[_AnsweredLine]) -> list[CallOutcome]:
        """Note in one commit what BPJS has, keep what it does not know yet; return what became."""
        now = self.clock()
        try:
            with self.ledger.transaction():
                return [self._noted(one, now) for one in answered]
        except StateError as error:
            # What BPJS said is told all the same; sent once more, it is answered with 208, and
            # noted then.
            self._end("berkas status tidak dapat ditulis")
            self.errors.append(error)
            return [_unnoted(one) for one in answered]

    def _noted(self, one: _AnsweredLine, now: datetime) -> CallOutcome:
        call = _call(one.line)
        if one.outcome and one.error is None:
            note(self.ledger, self.policy, call, one.outcome, now)
            return accepted_as(one.outcome)
        unknown = one.outcome and may_be_kept(call, one.outcome)
        kept = unknown and keep(self.ledger, self.policy, call, one.outcome, now)
        return CallOutcome.QUEUED if kept else _unnoted(one)

    def _keep_rest(self, kodebooking: str) -> list[LineResult]:
        """Keep the lines that are left of a booking, and return what became of them."""
        waiting = self._waiting[kodebooking]
        try:
            with self.ledger.transaction():
                results, errors = keep_lines(self.ledger, self.policy, waiting, self.clock())
        except StateError as error:
            self._end("berkas status tidak dapat ditulis")
            self.errors.append(error)
            return []  # they are left over
        waiting.clear()
        self.errors += errors
        return results

    def _keep_error(self, line: Line, error: AntreanError | None) -> None:
        if isinstance(error, TemporaryError | RefusedError):
            self.errors.append(_of_line(line, error))
        elif error:
            self.errors.append(error)

    def _end(self, why: str) -> None:
        self._ended = self._ended or why


def _call(line: Line) -> ManualCall:
    return update_call(line.kodebooking, line.taskid, line.waktu, line.jenisresep)


def keep_file(
    ledger: Ledger, policy: Policy, lines: Sequence[Line], now: datetime
) -> tuple[list[LineResult], AntreanError | None]:
    """Keep all lines of a file for a pass to send; raises StateError or InputError: none is kept.

    Returns what became of each, and what decides how the program ends.
    """
    bookings = {line.kodebooking for line in lines}
    require_usable(ledger, bookings, now)
    refuse_handed_on(ledger, bookings)
    with ledger.transaction():
        results, errors = keep_lines(ledger, policy, lines, now)
    return results, _worst(errors)


def keep_lines(
    ledger: Ledger, policy: Policy, lines: Iterable[Line], now: datetime
) -> tuple[list[LineResult], list[AntreanError]]:
    """Keep lines for a pass to send, in their order; inside `transaction`.

    Returns what became of each, and why some are not kept.
    """
    results: list[LineResult] = []
    errors: list[AntreanError] = []
    for line in lines:
        try:
            became = keep_or_refuse(ledger, policy, _call(line), now)
            results.append(LineResult(line=line, outcome=became))
        except (TemporaryError, RefusedError) as error:
            failed = isinstance(error, TemporaryError)
            became = CallOutcome.FAILED if failed else CallOutcome.REFUSED
            results.append(LineResult(line=line, outcome=became, message=str(error)))
            errors.append(_of_line(line, error))
    return results, errors


def _worst(errors: Sequence[AntreanError]) -> AntreanError | None:
    code = worst(error.exit_code for error in errors)
    return next((error for error in errors if error.exit_code == code), None)


def _of_line(line: Line, error: AntreanError) -> AntreanError:
    return type(error)(f"baris {line.number}: {error}")


def _unnoted(one: _AnsweredLine) -> CallOutcome:
    """Return what an answer says of a line, whatever the ledger knows."""
    if one.outcome and one.error is None:
        return accepted_as(one.outcome)
    return CallOutcome.REFUSED if isinstance(one.error, RefusedError) else CallOutcome.FAILED


def _result(line: Line, outcome: CallOutcome, answer: Reply | Fault) -> LineResult:
    if isinstance(answer, Fault):
        doubt = "; belum pasti diterima" if answer.maybe_acted else ""
        return LineResult(
            line=line, outcome=outcome, message=f"{trouble_sentence(answer.why)}{doubt}"
        )
    return LineResult(line=line, outcome=outcome, code=answer.code, message=answer.message)


def _skipped(line: Line, why: str) -> LineResult:
    return LineResult(line=line, outcome=CallOutcome.SKIPPED, message=why)
