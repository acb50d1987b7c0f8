"""The month before the demo's day, as the ledger of a hospital would have it after weeks of passes.

- Khanza's rows are those of simulator/month.py. Week by week they are read, planned and recorded
  by the rooms of the pass, and every body is judged by the stand-in BPJS.
- Only the way there is short: no HTTP, and a week is one transaction. So a month takes a second or
  two, where passes take half a minute.
"""

from datetime import datetime, time, timedelta
from typing import NamedTuple, Protocol

from antrean_cli.config.settings import Settings
from antrean_cli.ledger.file import locked
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.answers import Reply, judge
from antrean_cli.rules.codes import CallName
from antrean_cli.rules.outcomes import after_answer
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import Push, Record
from antrean_cli.rules.requests import Request, next_request
from antrean_cli.rules.times import WIB
from antrean_cli.rules.transitions import begin_sending
from antrean_cli.rules.visits import Visit
from antrean_cli.simulator.bookings import Bookings
from antrean_cli.simulator.month import Month
from antrean_cli.sync.run import look

_EVENING = time(20)
_PASS = timedelta(seconds=40)  # from a step to the pass that tells it


class StandInClock(Protocol):
    """The time that the stand-in lives by."""

    now: datetime


def tell_month(month: Month, settings: Settings, bookings: Bookings, clock: StandInClock) -> None:
    """Let the month happen, and tell the stand-in of it; the clock is put back afterwards.

    Raises what reading Khanza and writing the ledger raise.
    """
    now = clock.now
    with locked(settings.state), Ledger.open(settings.state, settings.policy.zone) as ledger:
        for day in month.weeks():
            clock.now = evening = datetime.combine(day, _EVENING, WIB)
            # Where the ledger begins, only the first look has to be told.
            recorded = look(
                settings, ledger, evening, None if ledger.pass_state().begin else month.first
            )
            visits = {plan.after.kodebooking: plan.visit for plan in recorded.plans}
            way = _Way(settings.policy, ledger.key, bookings, clock)
            with ledger.transaction():
                for kodebooking, before in ledger.unfinished().items():
                    after = way.told(before, visits.get(kodebooking), evening)
                    if after != before:
                        ledger.save(before, after, evening)
    clock.now = now


class _Way(NamedTuple):
    """The way from the ledger to the stand-in."""

    policy: Policy
    key: bytes
    bookings: Bookings
    clock: StandInClock

    def told(self, record: Record, visit: Visit | None, now: datetime) -> Record:
        """Return a booking after all has been sent of it that can be sent now."""
        while request := next_request(record, visit, self.policy, now, self.key):
            if request.lookup:
                break
            self.clock.now = _moment(request.push, visit) or now
            outcome = judge(request.call, request.push.step, self._answer(request))
            record = after_answer(
                record.with_pushes(begin_sending(request.push)),
                *(request.push.step, outcome, self.policy, now),
                jitter=0.0,
                mark=request.mark,
            )
        return record

    def _answer(self, request: Request) -> Reply:
        bookings = self.bookings
        judges = {CallName.ADD: bookings.add, CallName.BATAL: bookings.batal}
        answer = judges.get(request.call, bookings.updatewaktu)(request.body)
        return Reply(code=str(answer.code), message=answer.message)


def _moment(push: Push, visit: Visit | None) -> datetime | None:
    """Return when a pass a minute would have sent this; None where that does not matter."""
    if push.waktu:
        return push.waktu + _PASS
    if visit is None or visit.registration is None:
        return None
    return datetime.fromisoformat(f"{visit.tanggal} {visit.registration.jam_reg}+07:00") + _PASS
