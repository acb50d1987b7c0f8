"""A day compared: for each booking what Khanza records, the ledger believes, and BPJS holds.

- Nothing is changed but by a repair, in one transaction a booking.
- A pass may run meanwhile: what differs is looked at a second time, in Khanza, in the ledger and at
  BPJS, and in the ledger once more, before it is told. If the second look fails, the first is told
  as what it is.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from antrean_cli.bpjs.client import Client
from antrean_cli.config.settings import Settings
from antrean_cli.errors import AntreanError, TemporaryError
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.operator.day_at_bpjs import ask_for_each, list_of_day
from antrean_cli.operator.day_snapshot import DaySnapshot, take_snapshot
from antrean_cli.operator.patience import Patience
from antrean_cli.rules.codes import Step
from antrean_cli.rules.comparison import (
    Difference,
    DifferenceKind,
    Place,
    Verdict,
    compare,
    repaired,
)
from antrean_cli.rules.listings import Antrean
from antrean_cli.rules.pacing import MOST, Pacing
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import MAX_AGE, STEPS, Push, Record
from antrean_cli.rules.service_days import service_day
from antrean_cli.rules.values import comparable
from antrean_cli.rules.visits import clinic_takes_part


@dataclass(kw_only=True, slots=True)
class Reconciliation:
    """One day compared.

    - `first` is the day from which on passes come by; `too_late` tells whether BPJS takes nothing
      of that day any more (after H+7).
    - `strangers` are bookings that only BPJS knows.
    - `unanswered` bookings could not be asked for, because of `fault`. `unconfirmed` is why what
      differs was not looked at again.
    - `repaired` is how many pushes a repair has mended.
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
        """Why not all was compared: somebody did not answer."""
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
    repair: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> Reconciliation:
    """Compare a day, and repair what can be repaired; return all that was found.

    `progress` is told how many bookings BPJS has still to be asked for. Raises SettingsError
    or TemporaryError for Khanza, StateError for the ledger, and CredentialsError, TemporaryError or
    RefusedError if not even BPJS's list of the day comes.
    """
    client = Client(settings.bpjs, connections=settings.workers or MOST)
    day = take_snapshot(settings, tanggal, now)
    pacing = Pacing.beginning(settings.workers, day.pace, time.monotonic(), now)
    patience = Patience(pacing=pacing)
    listed = list_of_day(client, tanggal)
    result = Reconciliation(
        tanggal=tanggal,
        first=day.first,
        too_late=service_day(now) > tanggal + MAX_AGE,
        strangers=_strangers(day, listed, settings.policy),
    )
    for one in ask_for_each(client, day.cases, listed, patience):
        if isinstance(one.answer, AntreanError):
            result.unanswered += 1
            result.fault = str(one.answer)
        else:
            result.verdicts.append(compare(one.case, one.answer, settings.policy, now))
        progress(one.waiting)
    if result.differences:
        _look_again(settings, client, patience, result, now)
        _leave_to_passes(settings, result)
    if repair and not result.unconfirmed:
        result.repaired = _repair(settings, result, now)
    return result


def _strangers(day: DaySnapshot, listed: Mapping[str, Antrean], policy: Policy) -> list[Difference]:
    """Return BPJS's bookings that nobody here knows, of the clinics that take part.

    A clinic is known by BPJS's code, and by Khanza's where the mapping tells.
    """
    found = []
    for kodebooking, row in sorted(listed.items()):
        codes = {row.kodepoli} | day.clinics.get(comparable(row.kodepoli), frozenset())
        known = kodebooking in day.known or row.cancelled
        if clinic_takes_part(codes, policy) and not known:
            found.append(Difference(kodebooking, Step.ADD, DifferenceKind.UNKNOWN_BOOKING))
    return found


# -- looking again


def _look_again(
    settings: Settings, client: Client, patience: Patience, result: Reconciliation, now: datetime
) -> None:
    """Look once more at what differs.

    A pass may have sent it between the two looks, or Khanza have got it.
    """
    doubtful = {verdict.kodebooking for verdict in result.verdicts if verdict.differences}
    fresh: dict[str, Verdict] = {}
    try:
        day = take_snapshot(settings, result.tanggal, now)
        listed = list_of_day(client, result.tanggal)
        again = [case for case in day.cases if case.record.kodebooking in doubtful]
        for one in ask_for_each(client, again, listed, patience):
            if isinstance(one.answer, AntreanError):
                raise one.answer
            verdict = compare(one.case, one.answer, settings.policy, now)
            fresh[verdict.kodebooking] = verdict
    except AntreanError as error:
        result.unconfirmed = error
        return
    kept = [verdict for verdict in result.verdicts if verdict.kodebooking not in doubtful]
    result.strangers = _strangers(day, listed, settings.policy)
    result.verdicts = [*kept, *fresh.values()]


def _leave_to_passes(settings: Settings, result: Reconciliation) -> None:
    """Drop what a pass has changed in the ledger since it was looked at, or is just being told."""
    with Ledger.copy(settings.state, settings.policy.zone) as ledger:
        for number, verdict in enumerate(result.verdicts):
            record = ledger.record(verdict.kodebooking) if verdict.differences else None
            if record:
                result.verdicts[number] = _without_moving(verdict, record)


def _without_moving(verdict: Verdict, record: Record) -> Verdict:
    """Return the verdict without the steps that a pass has its hands on; `record` is as it is now.

    Such a step is pending, not lost.
    """
    before = verdict.case.before.pushes if verdict.case.before else {}
    moving = {step for step in STEPS if _moves(before.get(step), record.push(step))}
    places = {
        step: Place.PENDING if place is Place.LOST and step in moving else place
        for step, place in verdict.places.items()
    }
    differences = tuple(one for one in verdict.differences if one.step not in moving)
    return replace(verdict, places=places, differences=differences)


def _moves(before: Push | None, now: Push | None) -> bool:
    """Return whether a push was changed since, or may be on its way to BPJS."""
    if before is None or now is None:
        return before is not now
    changed = replace(before, note=now.note) != now  # a note for a person changes nothing
    return changed or (not now.done and now.maybe_sent)


def _repair(settings: Settings, result: Reconciliation, now: datetime) -> int:
    """Make due what BPJS lacks, and note what it has; return how many pushes that were."""
    count = 0
    with Ledger.open(settings.state, settings.policy.zone) as ledger:
        for verdict in result.verdicts:
            steps = [one.step for one in verdict.differences if one.repairable]
            if not steps:
                continue
            with ledger.transaction():
                before = ledger.record(verdict.kodebooking)
                if before:
                    ledger.save(before, repaired(before, verdict, settings.policy), now)
                    count += sum(step in before.pushes for step in steps)
    return count
