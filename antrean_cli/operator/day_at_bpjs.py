"""One day as BPJS has it: its list of the day, and what it holds of each booking."""

import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import partial
from typing import NamedTuple

from antrean_cli.bpjs.client import Client
from antrean_cli.errors import AntreanError, CredentialsError, TemporaryError
from antrean_cli.operator.lookups import ask_for_tasks, listing, tasks_in
from antrean_cli.operator.patience import Patience
from antrean_cli.rules.answers import Reply
from antrean_cli.rules.codes import CallName
from antrean_cli.rules.comparison import AtBpjs, Case
from antrean_cli.rules.faults import Fault
from antrean_cli.rules.listings import Antrean, Task
from antrean_cli.rules.outages import FAULTS_THAT_BEGIN_ONE
from antrean_cli.rules.pacing import got_through
from antrean_cli.sync.workers import Workers


class Answered(NamedTuple):
    """What BPJS holds of one booking, or why it did not say; so many are still to be asked for."""

    case: Case
    answer: AtBpjs | AntreanError
    waiting: int


def list_of_day(client: Client, tanggal: date) -> dict[str, Antrean]:
    """Return BPJS's bookings of a day by kode booking.

    Raises CredentialsError, TemporaryError or RefusedError.
    """
    rows = listing(client, CallName.PER_TANGGAL, tanggal.isoformat())
    return {row.kodebooking: row for row in rows}


def ask_for_each(
    client: Client, cases: Iterable[Case], listed: Mapping[str, Antrean], patience: Patience
) -> Iterator[Answered]:
    """Ask BPJS for the tasks of each booking, several at a time, and yield what comes.

    What nobody told BPJS, and BPJS does not list, needs no asking. Raises CredentialsError.
    """
    asked: list[Case] = []
    unknown: list[Case] = []
    for case in cases:
        known = case.record.pushes or case.record.kodebooking in listed
        (asked if known else unknown).append(case)
    yield from (Answered(case, AtBpjs(), waiting=len(asked)) for case in unknown)
    for number, (case, answer) in enumerate(_answers(client, asked, patience), 1):
        if isinstance(answer, CredentialsError):
            raise answer
        row = listed.get(case.record.kodebooking)
        yield Answered(case, _at_bpjs(answer, row), waiting=len(asked) - number)


def _answers(
    client: Client, cases: Iterable[Case], patience: Patience
) -> Iterator[tuple[Case, list[Task] | AntreanError]]:
    """Yield BPJS's list of tasks of each booking, in the order in which they come.

    Three in a row without a list speak for all that were not asked yet, and so does a BPJS that
    lets nothing through.
    """
    waiting, in_row = deque(cases), 0
    with Workers[Case, Reply | Fault](patience.pacing, got_through) as workers:
        while waiting or workers.in_flight:
            while waiting and workers.free:
                case = waiting.popleft()
                call = partial(ask_for_tasks, client, case.record.kodebooking)
                workers.begin(workers.promise(), case, call)
            for case, said in workers.wait(more=bool(waiting)):
                answer = _tasks(said)
                if got_through(said):
                    patience.got_through()
                elif got_through(said) is False:
                    if patience.bears(case.record.kodebooking, said, time.monotonic()):
                        waiting.append(case)
                        continue
                    answer = TemporaryError(patience.at_end) if patience.at_end else answer
                in_row = in_row + 1 if isinstance(answer, AntreanError) else 0
                yield case, answer
                if in_row >= FAULTS_THAT_BEGIN_ONE or patience.at_end:
                    yield from ((unasked, answer) for unasked in waiting)
                    waiting.clear()


def _tasks(answer: Reply | Fault) -> list[Task] | AntreanError:
    """Return what BPJS holds of a booking, or why it does not say."""
    try:
        return tasks_in(answer, missing_ok=True)
    except AntreanError as error:
        return error


def _at_bpjs(answer: list[Task] | AntreanError, row: Antrean | None) -> AtBpjs | AntreanError:
    if isinstance(answer, AntreanError):
        return answer
    return AtBpjs(listed=row is not None, cancelled=row is not None and row.cancelled, rows=answer)
