"""The proof: for each booking of a day, what Khanza records, what the ledger believes, and what BPJS holds.

- Nothing is changed but by `repair`, in one transaction a booking.
- A pass may run meanwhile: what differs is looked at a second time, in the ledger, at BPJS, and in the ledger again,
  before it is told.
- BPJS is asked for several bookings at a time; three faults in a row end the asking.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from antrean_cli.asking import listing, tasks
from antrean_cli.bpjs import Client
from antrean_cli.collect import planned, rows_of
from antrean_cli.config import Settings
from antrean_cli.errors import CredentialsError, RefusedError, TemporaryError
from antrean_cli.hfis import sessions_of
from antrean_cli.khanza import Khanza, Window
from antrean_cli.ledger import Ledger
from antrean_cli.rules.chain import ADD, STEPS, Record
from antrean_cli.rules.listings import Antrean, Task
from antrean_cli.rules.outages import FAULTS_THAT_BEGIN_ONE
from antrean_cli.rules.outcomes import PER_TANGGAL
from antrean_cli.rules.reconcile import (
    NOT_NOTED,
    ONLY_AT_BPJS,
    PLACES,
    REPAIRABLE,
    UNKNOWN_BOOKING,
    Case,
    Difference,
    Held,
    Verdict,
    compare,
    repaired,
)
from antrean_cli.rules.visits import assemble


@dataclass(kw_only=True, slots=True)
class Reconciliation:
    """One day compared; `unanswered` bookings could not be asked for, because of `fault`."""

    tanggal: date
    verdicts: list[Verdict] = field(default_factory=list)
    strangers: list[Difference] = field(default_factory=list)
    held: dict[str, Held] = field(default_factory=dict)
    unanswered: int = 0
    fault: str = ""

    @property
    def differences(self) -> list[Difference]:
        """What differs, by kode booking; bookings that only BPJS knows come last."""
        found = sorted(self.verdicts, key=lambda verdict: verdict.kodebooking)
        return [one for verdict in found for one in verdict.differences] + self.strangers

    def counts(self) -> dict[str, dict[str, int]]:
        """Return, for each step that is recorded, how many are in each of PLACES."""
        found: Counter[tuple[str, str]] = Counter()
        for verdict in self.verdicts:
            found.update(verdict.places.items())
        steps = [step for step in STEPS if any(known == step for known, _ in found)]
        return {step: {place: found[step, place] for place in PLACES} for step in steps}


def cases(settings: Settings, ledger: Ledger, tanggal: date, now: datetime) -> list[Case]:
    """Return the bookings of a day as Khanza and the ledger have them; raises what Khanza and the ledger raise."""
    policy = settings.policy
    with Khanza(settings.khanza, seconds=settings.max_seconds) as khanza:
        rows = rows_of(khanza, policy, Window(tanggal, tanggal))
    rows = rows._replace(hfis=sessions_of(settings, ledger))
    visits = [visit for visit in assemble(rows, policy) if visit.tanggal == tanggal]
    records = ledger.of_days(tanggal, tanggal)
    found = planned(visits, records, policy, now, tanggal, exact=False, asked=records)
    return [Case(visit=one.visit, record=one.after) for one in found]


def reconcile(
    settings: Settings, client: Client, found: Sequence[Case], result: Reconciliation, now: datetime
) -> Iterator[int]:
    """Compare a day with what BPJS holds, into `result`; yields how many bookings are still to be asked for.

    Raises CredentialsError, TemporaryError or RefusedError if not even the list of the day comes.
    """
    listed = _listed(client, result.tanggal)
    mine = {case.record.kodebooking for case in found}
    result.strangers = [
        Difference(kodebooking, ADD, UNKNOWN_BOOKING)
        for kodebooking, row in sorted(listed.items())
        if kodebooking not in mine and not row.cancelled and _ours(row, settings)
    ]
    # What nobody told BPJS and BPJS does not show needs no asking.
    asked = [case for case in found if case.record.pushes or case.record.kodebooking in listed]
    for case, held in _asked(settings, client, asked, listed, result):
        result.held[case.record.kodebooking] = held
        result.verdicts.append(compare(case, held, settings.policy, now))
        yield len(asked) - len(result.verdicts)


def look_again(settings: Settings, client: Client, ledger: Ledger, result: Reconciliation, now: datetime) -> None:
    """Ask once more for what differs: a pass may have sent it between the two looks."""
    doubtful = {verdict.kodebooking for verdict in result.verdicts if verdict.differences}
    if not doubtful:
        return
    again = [case for case in cases(settings, ledger, result.tanggal, now) if case.record.kodebooking in doubtful]
    fresh = {
        case.record.kodebooking: (held, compare(case, held, settings.policy, now))
        for case, held in _asked(settings, client, again, _listed(client, result.tanggal), result)
    }
    result.held |= {kodebooking: held for kodebooking, (held, _) in fresh.items()}
    result.verdicts = [fresh[one.kodebooking][1] if one.kodebooking in fresh else one for one in result.verdicts]


def without_in_flight(ledger: Ledger, result: Reconciliation) -> None:
    """Drop what a pass has noted since, or is just being told: `ledger` is as it is after the last look at BPJS."""
    for number, verdict in enumerate(result.verdicts):
        record = ledger.record(verdict.kodebooking) if verdict.differences else None
        if record:
            kept = tuple(one for one in verdict.differences if not _noted_since(record, one))
            result.verdicts[number] = replace(verdict, differences=kept)


def _noted_since(record: Record, one: Difference) -> bool:
    push = record.push(one.step)
    return one.kind in (NOT_NOTED, ONLY_AT_BPJS) and push is not None and (push.done or push.maybe_sent)


def repair(settings: Settings, ledger: Ledger, result: Reconciliation, now: datetime) -> int:
    """Make due what BPJS lacks, and note what it has; return how many pushes that were."""
    count = 0
    for verdict in result.verdicts:
        wanted = [one for one in verdict.differences if one.kind in REPAIRABLE]
        if not wanted:
            continue
        with ledger.transaction():
            before = ledger.record(verdict.kodebooking)
            if before is not None:
                after = repaired(before, wanted, result.held[verdict.kodebooking], settings.policy)
                ledger.save(before, after, now)
                count += len(wanted)
    return count


def _listed(client: Client, tanggal: date) -> dict[str, Antrean]:
    return {row.kodebooking: row for row in listing(client, PER_TANGGAL, tanggal.isoformat())}


def _ours(row: Antrean, settings: Settings) -> bool:
    """Return whether a booking's clinic takes part, as far as BPJS's code of it tells."""
    policy = settings.policy
    return row.kodepoli not in policy.skip_poli and (not policy.only_poli or row.kodepoli in policy.only_poli)


def _asked(
    settings: Settings,
    client: Client,
    found: Sequence[Case],
    listed: Mapping[str, Antrean],
    result: Reconciliation,
) -> Iterator[tuple[Case, Held]]:
    """Ask BPJS for the tasks of each booking, several at a time; faults are counted in `result`."""
    faults_in_row = 0
    with ThreadPoolExecutor(max_workers=settings.workers, thread_name_prefix="bpjs") as pool:
        waiting = {pool.submit(_tasks, client, case.record.kodebooking): case for case in found}
        for future in as_completed(waiting):
            case = waiting[future]
            if faults_in_row >= FAULTS_THAT_BEGIN_ONE:
                pool.shutdown(wait=False, cancel_futures=True)
                result.unanswered += 1
                continue
            try:
                rows = future.result()
            except CredentialsError:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
            except TemporaryError as error:
                faults_in_row += 1
                result.unanswered, result.fault = result.unanswered + 1, str(error)
                continue
            faults_in_row = 0
            row = listed.get(case.record.kodebooking)
            yield case, Held(listed=row is not None, cancelled=row is not None and row.cancelled, rows=rows)


def _tasks(client: Client, kodebooking: str) -> Sequence[Task]:
    try:
        return tasks(client, kodebooking)
    except RefusedError:
        return []  # "Kode Booking tidak ditemukan": it holds none
