"""The proof: for each booking of a day, what Khanza records, what the ledger believes, and what
BPJS holds.

- Nothing is changed but by a repair, in one transaction a booking.
- A pass may run meanwhile: what differs is looked at a second time, in Khanza, in the ledger and at
  BPJS, and in the ledger once more, before it is told. If the second look fails, the first is told
  as what it is.
- BPJS is asked for several bookings at a time; three bookings in a row without a list end the
  asking.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial

from antrean_cli.bpjs.client import Client
from antrean_cli.bpjs.lookups import listing, tasks
from antrean_cli.config.settings import Settings
from antrean_cli.errors import AntreanError, CredentialsError, TemporaryError
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.operator.day_snapshot import Day, day_of
from antrean_cli.rules.codes import CallName, Step
from antrean_cli.rules.comparison import (
    AtBpjs,
    Case,
    Difference,
    DifferenceKind,
    Place,
    Verdict,
    compare,
    repaired,
)
from antrean_cli.rules.listings import Antrean, Task
from antrean_cli.rules.outages import FAULTS_THAT_BEGIN_ONE
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import MAX_AGE, STEPS, Push, Record
from antrean_cli.rules.times import WIB
from antrean_cli.sync.workers import Flights


@dataclass(kw_only=True, slots=True)
class Reconciliation:
    """One day compared.

    `first` is the day from which on passes come by, `too_late` tells whether BPJS takes nothing of
    that day any more. `unanswered` bookings could not be asked for, because of `fault`.
    `unconfirmed` is why what differs was not looked at again.
    """

    tanggal: date
    first: date
    too_late: bool
    verdicts: list[Verdict] = field(default_factory=list)
    strangers: list[Difference] = field(default_factory=list)
    unanswered: int = 0
    fault: str = ""
    unconfirmed: AntreanError | None = None
    repaired: int = 0

    @property
    def compared(self) -> list[Verdict]:
        """The bookings that BPJS is to know, or knows, by kode booking."""
        concerned = (one for one in self.verdicts if one.places or one.differences)
        return sorted(concerned, key=lambda verdict: verdict.kodebooking)

    @property
    def differences(self) -> list[Difference]:
        """What differs, by kode booking; bookings that only BPJS knows come last."""
        return [one for verdict in self.compared for one in verdict.differences] + self.strangers

    @property
    def error(self) -> AntreanError | None:
        """Why it is no proof: somebody did not answer."""
        if self.unanswered:
            return TemporaryError(f"{self.unanswered} antrean tidak dijawab BPJS ({self.fault})")
        return self.unconfirmed

    def counts(self) -> dict[str, dict[Place, int]]:
        """Return, for each step that is recorded, how many are in each place."""
        found: Counter[tuple[str, Place]] = Counter()
        for verdict in self.verdicts:
            found.update(verdict.places.items())
        steps = [step for step in STEPS if any(known == step for known, _ in found)]
        return {step: {place: found[step, place] for place in Place} for step in steps}


def reconcile(
    settings: Settings,
    tanggal: date,
    now: datetime,
    *,
    mend: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> Reconciliation:
    """Compare a day, and mend what can be mended; `progress` is told how many bookings are still to
    be asked for.

    Raises what Khanza and the ledger raise, and CredentialsError, TemporaryError or RefusedError if
    not even BPJS's list of the day comes.
    """
    client = Client(settings.bpjs, connections=settings.workers)
    day, listed = day_of(settings, tanggal, now), _listed(client, tanggal)
    too_late = now.astimezone(WIB).date() > tanggal + MAX_AGE
    result = Reconciliation(tanggal=tanggal, first=day.first, too_late=too_late)
    result.strangers = _strangers(day, listed, settings.policy)
    for waiting, case, answer in _asked(settings, client, day.cases, listed):
        if isinstance(answer, AntreanError):
            result.unanswered, result.fault = result.unanswered + 1, str(answer)
        else:
            result.verdicts.append(compare(case, answer, settings.policy, now))
        progress(waiting)
    if result.differences:
        _look_again(settings, client, result, now)
        _leave_to_passes(settings, result)
    if mend and not result.unconfirmed:
        result.repaired = _repair(settings, result, now)
    return result


# -- looking


def _listed(client: Client, tanggal: date) -> dict[str, Antrean]:
    return {
        row.kodebooking: row for row in listing(client, CallName.PER_TANGGAL, tanggal.isoformat())
    }


def _strangers(day: Day, listed: Mapping[str, Antrean], policy: Policy) -> list[Difference]:
    """Return BPJS's bookings that nobody here knows, of the clinics that take part as far as their
    codes tell.
    """
    found = []
    for kodebooking, row in sorted(listed.items()):
        codes = {row.kodepoli} | day.clinics.get(row.kodepoli, frozenset())
        ours = not codes & policy.skip_poli and (
            not policy.only_poli or bool(codes & policy.only_poli)
        )
        if ours and kodebooking not in day.known and not row.cancelled:
            found.append(Difference(kodebooking, Step.ADD, DifferenceKind.UNKNOWN_BOOKING))
    return found


def _asked(
    settings: Settings, client: Client, cases: Iterable[Case], listed: Mapping[str, Antrean]
) -> Iterator[tuple[int, Case, AtBpjs | AntreanError]]:
    """Ask BPJS for the tasks of each booking, several at a time; yields what came, or why nothing
    did.

    The number is how many are still to come.
    """
    asked: list[Case] = []
    unknown: list[Case] = []  # what nobody told BPJS and BPJS does not show needs no asking
    for case in cases:
        (asked if case.record.pushes or case.record.kodebooking in listed else unknown).append(case)
    yield from ((len(asked), case, AtBpjs()) for case in unknown)
    for number, (case, answer) in enumerate(_answers(client, asked, settings.workers), 1):
        if isinstance(answer, CredentialsError):
            raise answer
        yield len(asked) - number, case, _at_bpjs(answer, listed.get(case.record.kodebooking))


def _answers(
    client: Client, cases: Iterable[Case], workers: int
) -> Iterator[tuple[Case, list[Task] | AntreanError]]:
    """Ask for several bookings at a time; three in a row without a list speak for all that were not
    asked yet.
    """
    waiting, in_row = deque(cases), 0
    with Flights[Case, list[Task] | AntreanError](workers) as flights:
        while waiting or flights.aloft:
            while waiting and flights.aloft < workers:
                case = waiting.popleft()
                flights.begin(case, partial(_tasks, client, case.record.kodebooking))
            for case, answer in flights.landed():
                in_row = in_row + 1 if isinstance(answer, AntreanError) else 0
                yield case, answer
                if in_row >= FAULTS_THAT_BEGIN_ONE:
                    yield from ((unasked, answer) for unasked in waiting)
                    waiting.clear()


def _tasks(client: Client, kodebooking: str) -> list[Task] | AntreanError:
    """Return what BPJS holds of a booking, or why it does not say."""
    try:
        return tasks(client, kodebooking, missing_ok=True)
    except AntreanError as error:
        return error


def _at_bpjs(answer: list[Task] | AntreanError, row: Antrean | None) -> AtBpjs | AntreanError:
    if isinstance(answer, AntreanError):
        return answer
    return AtBpjs(listed=row is not None, cancelled=row is not None and row.cancelled, rows=answer)


# -- looking again


def _look_again(settings: Settings, client: Client, result: Reconciliation, now: datetime) -> None:
    """Look once more at what differs: a pass may have sent it between the two looks, or Khanza have
    got it.
    """
    doubtful = {verdict.kodebooking for verdict in result.verdicts if verdict.differences}
    try:
        day, listed = day_of(settings, result.tanggal, now), _listed(client, result.tanggal)
        again = [case for case in day.cases if case.record.kodebooking in doubtful]
        fresh: dict[str, Verdict] = {}
        for _, case, answer in _asked(settings, client, again, listed):
            if isinstance(answer, AntreanError):
                raise answer
            fresh[case.record.kodebooking] = compare(case, answer, settings.policy, now)
    except AntreanError as error:
        result.unconfirmed = error
        return
    result.strangers = _strangers(day, listed, settings.policy)
    result.verdicts = [one for one in result.verdicts if one.kodebooking not in doubtful] + list(
        fresh.values()
    )


def _leave_to_passes(settings: Settings, result: Reconciliation) -> None:
    """Drop what a pass has changed in the ledger since it was looked at, or is just being told."""
    with Ledger.copy(settings.state, settings.policy.zone) as ledger:
        for number, verdict in enumerate(result.verdicts):
            record = ledger.record(verdict.kodebooking) if verdict.differences else None
            if record:
                result.verdicts[number] = _without_moving(verdict, record)


def _without_moving(verdict: Verdict, record: Record) -> Verdict:
    before = verdict.case.before
    moving = {
        step for step in STEPS if _moves(before.push(step) if before else None, record.push(step))
    }
    places = {
        step: Place.PENDING if place is Place.LOST and step in moving else place
        for step, place in verdict.places.items()
    }
    differences = tuple(one for one in verdict.differences if one.step not in moving)
    return replace(verdict, places=places, differences=differences)


def _moves(before: Push | None, now: Push | None) -> bool:
    if before is None or now is None:
        return before is not now
    # A note for a person changes nothing at BPJS.
    return replace(before, note=now.note) != now or (not now.done and now.maybe_sent)


def _repair(settings: Settings, result: Reconciliation, now: datetime) -> int:
    """Make due what BPJS lacks, and note what it has; return how many pushes that were."""
    wanted = [
        verdict for verdict in result.verdicts if any(one.repairable for one in verdict.differences)
    ]
    count = 0
    with Ledger.open(settings.state, settings.policy.zone) as ledger:
        for verdict in wanted:
            with ledger.transaction():
                before = ledger.record(verdict.kodebooking)
                if before is not None:
                    ledger.save(before, repaired(before, verdict, settings.policy), now)
                    count += sum(
                        one.repairable and one.step in before.pushes for one in verdict.differences
                    )
    return count
