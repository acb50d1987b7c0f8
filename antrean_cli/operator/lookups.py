"""What BPJS holds, asked by hand: lists, and whatever else is answered as the error to raise.

Nothing here knows a ledger; a pass asks through sync/ and judges by itself.
"""

from collections.abc import Sequence
from typing import Any

from antrean_cli.bpjs.client import Client
from antrean_cli.errors import CredentialsError, RefusedError, TemporaryError
from antrean_cli.rules.answers import Outcome, Reply, judge, with_code
from antrean_cli.rules.codes import CallName, OutcomeKind, Step
from antrean_cli.rules.faults import Fault
from antrean_cli.rules.listings import Antrean, Task
from antrean_cli.rules.payloads import listtask_body
from antrean_cli.rules.times import parse_wakturs


def tasks(client: Client, kodebooking: str, *, missing_ok: bool = False) -> list[Task]:
    """Return what BPJS holds of a booking, sorted by taskid and time.

    A booking that BPJS does not know is a RefusedError, with `missing_ok` an empty list. Raises
    what `raise_unless_done` raises, and TemporaryError where no answer comes.
    """
    return tasks_in(ask_for_tasks(client, kodebooking), missing_ok=missing_ok)


def ask_for_tasks(client: Client, kodebooking: str) -> Reply | Fault:
    """Ask what BPJS holds of a booking; raises nothing."""
    return client.call(CallName.LISTTASK, listtask_body(kodebooking))


def tasks_in(answer: Reply | Fault, *, missing_ok: bool = False) -> list[Task]:
    """Return what an answer says that BPJS holds of a booking, as `tasks` does."""
    return sorted(_rows(CallName.LISTTASK, answer, missing_ok=missing_ok), key=_by_taskid_and_time)


def antrean(client: Client, kodebooking: str) -> Antrean | None:
    """Return the booking as BPJS's list of it shows it, None if BPJS does not know it.

    Raises what `raise_unless_done` raises, and TemporaryError where no answer comes.
    """
    answer = client.ask(CallName.PER_KODEBOOKING, kodebooking)
    rows = _rows(CallName.PER_KODEBOOKING, answer, missing_ok=True)
    return next((row for row in rows if row.kodebooking == kodebooking), None)


def listing(client: Client, name: str, *words: str) -> Sequence[Any]:
    """Return the rows of one of BPJS's lists, none where BPJS says that there are none.

    Names, words and rows are those of `Client.ask`. Raises what `raise_unless_done` raises, and
    TemporaryError where no answer comes.
    """
    return asked(client, name, *words).response


def asked(client: Client, name: str, *words: str, missing_ok: bool = False) -> Reply:
    """Return what BPJS answers when one of its lists is asked for, as `listing` does.

    A booking that BPJS does not know is a RefusedError, with `missing_ok` no rows.
    """
    return _answered(name, client.ask(name, *words), missing_ok=missing_ok)


def _rows(name: str, answer: Reply | Fault, *, missing_ok: bool = False) -> Sequence[Any]:
    return _answered(name, answer, missing_ok=missing_ok).response


def _answered(name: str, answer: Reply | Fault, *, missing_ok: bool = False) -> Reply:
    if isinstance(answer, Fault):
        raise TemporaryError(why=answer.why)
    outcome = judge(name, "", answer)
    if missing_ok and (outcome.kind, outcome.named) == (OutcomeKind.PREREQUISITE, Step.ADD):
        return answer  # "Kode Booking tidak ditemukan", and no rows
    raise_unless_done(outcome)
    if outcome.kind != OutcomeKind.DONE:
        raise RefusedError(f"BPJS menjawab daftar dengan kode {outcome.code}")
    return answer


def _by_taskid_and_time(task: Task) -> tuple[int, float, str]:
    waktu = parse_wakturs(task.wakturs)
    return task.taskid, waktu.timestamp() if waktu else 0.0, task.wakturs


def raise_unless_done(outcome: Outcome) -> None:
    """Raise what an outcome means to somebody at the terminal, unless BPJS has what was sent.

    CredentialsError if BPJS does not accept who we are, TemporaryError if it puts off, RefusedError
    for everything else, with the step that has to go first.
    """
    if outcome.kind == OutcomeKind.AUTH_FAILED:
        raise CredentialsError(why=outcome.why)
    said = with_code(outcome.text, outcome.code)
    if outcome.kind in (OutcomeKind.RETRY, OutcomeKind.THROTTLED):
        raise TemporaryError(f"BPJS meminta dicoba lagi: {said}")
    if outcome.kind == OutcomeKind.PREREQUISITE:
        first = (
            "kirim antreannya dulu (antrean add)"
            if outcome.named == Step.ADD
            else f"kirim task {outcome.named} dulu"
        )
        raise RefusedError(f"BPJS menolak: {said}; {first}")
    if outcome.kind not in (OutcomeKind.DONE, OutcomeKind.ALREADY):
        origin = f" (diambil dari {outcome.origin})" if outcome.origin else ""
        raise RefusedError(f"BPJS menolak: {said}{origin}")
