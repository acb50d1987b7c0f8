"""When BPJS, Khanza or the credentials fail for longer: when it is tried, and when it is told.

- An outage is told when it begins, then once an hour, then once when it is over: not every minute.
- Another cause than the one last told is told at once; one that was told within the hour is not, so
  that causes that come and go are no noise.
- A BPJS that only puts off is told from the third such pass on: a single one is nothing.
- BPJS: three faults in a row, with none good between, begin one; after 1, 2, 4 … 10 minutes a pass
  probes with one request, of another booking each time, until BPJS is back.
- Khanza and refused credentials are tried anew by every pass, pushes of a kind of call that BPJS
  does not answer when it is their time.

(rules/README.md, Trouble) What is told are codes; the sentences stand in render/outages.py
and cause_words.py.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from antrean_cli.rules.causes import Trouble
from antrean_cli.rules.codes import Code

FAULTS_THAT_BEGIN_ONE = 3
TELL_EVERY = timedelta(hours=1)
_PROBES = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 10))
LONGEST = _PROBES[-1]


class OutageKind(Code):
    """Who fails; the codes stand in the ledger, in JSON and in the metrics."""

    BPJS = "bpjs"
    KHANZA = "khanza"
    CREDENTIALS = "kredensial"  # BPJS does not accept who we are, or when
    BUSY = "sibuk"  # BPJS answers, and wants everything repeated later
    PUSHES = "kiriman"  # BPJS answers no push of one kind of call, and others (call_troubles.py)
    CLOCK = "jam"  # this computer's clock has lost its battery
    LOG = "log"  # ANTREAN_LOG_FILE cannot be written
    METRICS = "metrik"  # nor ANTREAN_METRICS_FILE


# What is written besides, and keeps no push from going.
OF_FILES = (OutageKind.LOG, OutageKind.METRICS)
# From so many failures on people are told; of the others at once.
_TOLD_FROM = {OutageKind.BUSY: 3}


class Outage(NamedTuple):
    """One outage as the ledger keeps it, its times aware.

    - `probed` is the booking last tried.
    - `why` is the trouble that is on now; None where an older version began the outage.
    - `told` are the troubles that people were told of within an hour of the last telling, by key.
    """

    kind: OutageKind
    since: datetime
    told_at: datetime
    next_probe: datetime
    failures: int = 1
    probed: str = ""
    why: Trouble | None = None
    told: tuple[tuple[str, datetime], ...] = ()

    @property
    def announced(self) -> bool:
        """Whether people know of it."""
        return self.failures >= _TOLD_FROM.get(self.kind, 1)

    def may_probe(self, now: datetime) -> bool:
        """Whether a pass may try again."""
        # A time further ahead than any wait was noted by a clock that ran ahead.
        return self.kind != OutageKind.BPJS or not now < self.next_probe <= now + LONGEST


class Phase(Code):
    """Where in its course an outage is told."""

    BEGAN = "began"
    CHANGED = "changed"  # it goes on, of another cause
    GOES_ON = "goes_on"
    OVER = "over"


class Announcement(NamedTuple):
    """What people are to be told of an outage at `at`.

    `why` is None where nothing says why; of an outage that is over it is why it was on.
    """

    phase: Phase
    kind: OutageKind
    since: datetime
    at: datetime
    why: Trouble | None = None


def failed(
    outage: Outage | None, kind: OutageKind, why: Trouble, now: datetime, probed: str = ""
) -> tuple[Outage, Announcement | None]:
    """Return the outage after one more failure, and what is to be told of it now, often nothing."""
    known = outage or Outage(kind=kind, since=now, told_at=now, next_probe=now, failures=0)
    wait = _PROBES[min(known.failures, len(_PROBES) - 1)]
    later = known._replace(
        failures=known.failures + 1,
        next_probe=now + wait,
        probed=probed or known.probed,
        why=why,
        told=known.told or ((why.key, known.told_at),),
    )
    if not known.announced:
        return _told(Phase.BEGAN, later, now) if later.announced else (later, None)
    return _told(Phase.CHANGED, later, now) if _is_news(later, why, now) else reminded(later, now)


def reminded(outage: Outage, now: datetime) -> tuple[Outage, Announcement | None]:
    """Return the outage and, once an hour, that it is still on."""
    if not outage.announced or _within_the_hour(outage.told_at, now):
        return outage, None
    return _told(Phase.GOES_ON, outage, now)


def _told(phase: Phase, outage: Outage, now: datetime) -> tuple[Outage, Announcement]:
    """Return the outage after people are told of it, and what they are told."""
    told = {key: at for key, at in outage.told if _within_the_hour(at, now)}
    if outage.why:
        told[outage.why.key] = now
    announcement = Announcement(phase, outage.kind, outage.since, now, outage.why)
    return outage._replace(told_at=now, told=tuple(told.items())), announcement


def _is_news(outage: Outage, why: Trouble, now: datetime) -> bool:
    """Return whether this is another trouble than the one last told, and was not told lately."""
    at = dict(outage.told).get(why.key)
    return at is None or (at != outage.told_at and not _within_the_hour(at, now))


def _within_the_hour(at: datetime, now: datetime) -> bool:
    # A time to come was noted by a clock that ran ahead.
    return timedelta(0) <= now - at < TELL_EVERY


def recovered(outage: Outage, now: datetime) -> Announcement | None:
    """Return that an outage is over, None if nobody knew of it.

    Of a clock that was wrong nobody knows how long it was.
    """
    if not outage.announced or outage.kind == OutageKind.CLOCK:
        return None
    return Announcement(Phase.OVER, outage.kind, outage.since, now, outage.why)
