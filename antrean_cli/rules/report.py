"""What a hospital is judged by, counted: shares, journeys, waits.

- Only what BPJS holds counts, by the times that it was told. Nothing is estimated.
- Tasks are expected of visits that took place, on days that are over.
- A wait is from one task to a later one. Where both came of one click, antrean told a second
  between them: such a step is counted apart, as a tie, and is no wait.
- Figures are counters of facts, so that those of a day, a clinic or a doctor can be added up.
- The share of antrean is that of the outpatients' SEPs whose visit BPJS has an antrean of. BPJS's
  own definition is not public; this one cannot exceed 100 %.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timezone
from typing import NamedTuple, TypeVar

from antrean_cli.rules.codes import TASKS, Code, Kind, State, Step
from antrean_cli.rules.journeys import Journey, RootCause
from antrean_cli.rules.reasons import Reason, ReasonCode, general
from antrean_cli.rules.rows import SepOfVisit

WANTED, WANTED_MOBILE = 0.95, 0.80  # of the SEPs, over all and from Mobile JKN
WANTED_WHOLE, WANTED_IN_TIME = 0.80, 0.80  # of the visits, as branches of BPJS look at them
WANTED_WAIT = 60  # minutes from registration to the doctor (Kepmenkes 129/2008)
PAIRS = ((3, 4), (4, 5), (5, 6), (6, 7), (3, 5), (3, 7))
_SECOND, _MINUTE = 1000, 60_000
_Counted = TypeVar("_Counted")


class By(Code):
    """What figures can be told apart by."""

    TANGGAL = "tanggal"
    POLI = "poli"
    DOKTER = "dokter"
    JENIS = "jenis"
    JAM = "jam"
    HARI = "hari"


class Cell(NamedTuple):
    """Bookings of one day that have these in common."""

    kd_poli: str
    kd_dokter: str
    kind: str
    hour: str


class Spread(NamedTuple):
    """How long something took: of how many, minutes of the median and the 90th, share in time."""

    of: int
    median: int | None
    p90: int | None
    in_time: float | None
    ties: int


class Figures:
    """What was counted of some bookings; `waits` has the pairs of tasks that somebody waited at."""

    def __init__(self) -> None:
        self.facts: Counter[str] = Counter()
        self.waits: defaultdict[tuple[int, int], Counter[int]] = defaultdict(Counter)

    def add(self, other: "Figures") -> None:
        """Add what was counted of others."""
        _add(self.facts, other.facts)
        for pair, minutes in other.waits.items():
            _add(self.waits[pair], minutes)

    def count(self, journey: Journey, today: date) -> None:
        """Count one booking; what is still to come of today's is not missing."""
        facts = self.facts
        facts["bookings"] += 1
        refused = any(leg.state == State.REFUSED for leg in journey.legs.values())
        facts["refused"] += refused
        facts["lapsed"] += journey.lapsed
        if not journey.at_bpjs:
            facts["not_at_bpjs"] += 1
            return
        facts["antrean"] += 1
        facts["mobilejkn"] += journey.kind == Kind.MOBILEJKN
        if journey.cancelled:
            facts["cancelled"] += 1
            return
        if journey.no_show:
            facts["no_show"] += 1
            return
        if journey.tanggal >= today:
            facts["ongoing"] += 1
            return
        times = {task: journey.time_of(task) for task in TASKS}
        expected = journey.expected()
        for task in expected:
            facts[f"expected_{task}"] += 1
            facts[f"told_{task}"] += times[task] is not None
        facts["served"] += 1
        facts["whole"] += all(times[task] is not None for task in expected)
        for begin, end in PAIRS:
            since, until = times[begin], times[end]
            if since is not None and until is not None:
                took = until - since
                if took <= (end - begin) * _SECOND:
                    facts[f"tie_{begin}_{end}"] += 1
                else:
                    self.waits[begin, end][took // _MINUTE] += 1

    def share(self, part: str, whole: str) -> float | None:
        """Return one count as a share of another, None of nothing."""
        return self.facts[part] / self.facts[whole] if self.facts[whole] else None

    def mean(self, begin: int, end: int) -> float | None:
        """Return the minutes that it took on average from one task to another, ties among them.

        None if nobody has both. Waits are counted in whole minutes: each is taken as half a minute
        longer, which is what it was on average.
        """
        minutes, ties = self.waits[begin, end], self.facts[f"tie_{begin}_{end}"]
        count = minutes.total() + ties
        took = sum((whole + 0.5) * found for whole, found in minutes.items())
        return took / count if count else None

    def spread(self, begin: int, end: int) -> Spread:
        """Return how long it took from one task to another."""
        minutes = self.waits[begin, end]
        count = minutes.total()
        in_time = sum(found for took, found in minutes.items() if took < WANTED_WAIT)
        return Spread(
            of=count,
            median=_quantile(minutes, 0.5),
            p90=_quantile(minutes, 0.9),
            in_time=in_time / count if count else None,
            ties=self.facts[f"tie_{begin}_{end}"],
        )


def _add(counter: Counter[_Counted], other: Mapping[_Counted, int]) -> None:
    """Do what Counter.update does, thrice as fast where there is little to add."""
    for key, count in other.items():
        counter[key] += count


def _quantile(minutes: Counter[int], share: float) -> int | None:
    """Return the smallest number of minutes that so large a share took at most, None of none."""
    wanted, met = share * minutes.total(), 0
    for took in sorted(minutes):
        met += minutes[took]
        if met >= wanted:
            return took
    return None


class DaySums:
    """What was counted of one day's bookings; what the report needs once they are forgotten.

    - `cells` are their figures by clinic, doctor, kind and hour of task 3.
    - `refusals` counts BPJS's texts; `tasks` and `bookings` count by cause what is missing.
    """

    def __init__(self) -> None:
        self.cells: dict[Cell, Figures] = {}
        self.refusals: Counter[Reason] = Counter()
        self.tasks: Counter[RootCause] = Counter()
        self.bookings: Counter[RootCause] = Counter()

    def add(self, other: "DaySums") -> None:
        """Add what was counted of other bookings of the day."""
        for cell, figures in other.cells.items():
            self.cells.setdefault(cell, Figures()).add(figures)
        self.refusals.update(other.refusals)
        self.tasks.update(other.tasks)
        self.bookings.update(other.bookings)

    def count(self, journey: Journey, today: date, zone: timezone) -> None:
        """Count one booking."""
        arrival = journey.time_of(3)
        hour = f"{datetime.fromtimestamp(arrival / 1000, zone):%H}" if arrival else ""
        cell = Cell(journey.kd_poli, journey.kd_dokter, journey.kind, hour)
        if cell not in self.cells:
            self.cells[cell] = Figures()
        self.cells[cell].count(journey, today)
        for leg in journey.legs.values():
            if leg.state == State.REFUSED and leg.reason:
                self.refusals[general(leg.reason)] += 1
        if journey.tanggal < today and not (journey.cancelled or journey.no_show):
            causes = [_general(one) for one in _causes_of(journey)]
            for cause in causes:
                self.tasks[cause] += 1
            for cause in set(causes):
                self.bookings[cause] += 1

    def covering(self) -> tuple[int, int]:
        """Return how many antrean of JKN patients BPJS has, and how many of Mobile JKN."""
        jkn = [one for cell, one in self.cells.items() if cell.kind != Kind.NONJKN]
        antrean = sum(one.facts["antrean"] for one in jkn)
        return antrean, sum(one.facts["mobilejkn"] for one in jkn)


def sums_of(journeys: Iterable[Journey], today: date, zone: timezone) -> dict[date, DaySums]:
    """Return the sums of each day of some bookings."""
    days: dict[date, DaySums] = {}
    for journey in journeys:
        if journey.tanggal not in days:
            days[journey.tanggal] = DaySums()
        days[journey.tanggal].count(journey, today, zone)
    return days


class Uncovered(NamedTuple):
    """SEPs without an antrean, of one clinic and for one reason; None: no pass knew the visit."""

    kd_poli: str
    reason: Reason | None
    seps: int


class Coverage(NamedTuple):
    """How many SEPs there were, how many of their visits BPJS has an antrean of, and of which not.

    `mobile` are those whose antrean is of Mobile JKN.
    """

    seps: int
    covered: int
    mobile: int
    uncovered: tuple[Uncovered, ...]

    @property
    def share(self) -> float | None:
        """The share over all sources, None without SEPs."""
        return self.covered / self.seps if self.seps else None

    @property
    def mobile_share(self) -> float | None:
        """The share from Mobile JKN, None without SEPs."""
        return self.mobile / self.seps if self.seps else None


class Loss(NamedTuple):
    """Tasks that are missing for one reason: the step where it lies, and how many there are."""

    cause: RootCause
    tasks: int
    bookings: int


class Report(NamedTuple):
    """All figures of a period; `groups` has those of each value that they are told apart by.

    `coverage` is None where Khanza could not be read. `refusals` are BPJS's texts, `losses` the
    causes of missing tasks, the costliest first.
    """

    first: date
    last: date
    total: Figures
    groups: Mapping[By, Mapping[str, Figures]]
    coverage: Coverage | None
    refusals: tuple[tuple[Reason, int], ...]
    losses: tuple[Loss, ...]


def report_of(
    first: date, last: date, days: Mapping[date, DaySums], coverage: Coverage | None
) -> Report:
    """Return the report of a period; `coverage` is None where Khanza could not be read."""
    groups: dict[By, dict[str, Figures]] = {by: {} for by in By}
    total, all_days = Figures(), DaySums()
    for day, sums in days.items():
        all_days.add(sums)
        of_day = Figures()
        for figures in sums.cells.values():
            of_day.add(figures)
        if sums.cells:
            total.add(of_day)
            for by, value in _of_day(day).items():
                groups[by].setdefault(value, Figures()).add(of_day)
    for cell, figures in all_days.cells.items():
        for by, value in _of_cell(cell).items():
            groups[by].setdefault(value, Figures()).add(figures)
    return Report(
        first=first,
        last=last,
        total=total,
        groups={by: dict(sorted(found.items())) for by, found in groups.items()},
        coverage=coverage,
        refusals=tuple(all_days.refusals.most_common()),
        losses=_losses(all_days),
    )


def _of_day(day: date) -> dict[By, str]:
    """Return by what the figures of a day are told apart from those of others."""
    return {By.TANGGAL: day.isoformat(), By.HARI: str(day.isoweekday())}


def _of_cell(cell: Cell) -> dict[By, str]:
    """Return by what the figures of some bookings are told apart, whatever their day."""
    return {
        By.POLI: cell.kd_poli,
        By.DOKTER: cell.kd_dokter,
        By.JENIS: cell.kind,
        By.JAM: cell.hour,
    }


def coverage_of(
    seps: Sequence[SepOfVisit],
    journeys: Iterable[Journey],
    forgotten: Mapping[date, DaySums],
) -> Coverage:
    """Return of how many SEPs BPJS has an antrean.

    Of `forgotten` days it is only known how many antrean there were: so many SEPs are covered.
    """
    left = {f"{day:%Y/%m/%d}": list(sums.covering()) for day, sums in forgotten.items()}
    known: dict[str, Journey] = {}
    for journey in journeys:
        if journey.no_rawat and (journey.at_bpjs or journey.no_rawat not in known):
            known[journey.no_rawat] = journey
    covered = mobile = 0
    lacking: Counter[tuple[str, Reason | None]] = Counter()
    for sep in seps:
        journey_of = known.get(sep.no_rawat)
        of_day = left.get(sep.no_rawat[:10])
        if journey_of is not None and journey_of.at_bpjs:
            covered += 1
            mobile += journey_of.kind == Kind.MOBILEJKN
        elif journey_of is None and of_day and of_day[0]:
            covered += 1
            mobile += of_day[1] > 0
            of_day[:] = of_day[0] - 1, max(of_day[1] - 1, 0)
        else:
            missing = journey_of.root_cause(Step.ADD).reason if journey_of else None
            lacking[sep.kd_poli, general(missing) if missing else None] += 1
    return Coverage(
        seps=len(seps),
        covered=covered,
        mobile=mobile,
        uncovered=tuple(
            Uncovered(kd_poli, reason, count)
            for (kd_poli, reason), count in sorted(
                lacking.items(), key=lambda item: (-item[1], item[0][0], str(item[0][1]))
            )
        ),
    )


def _losses(sums: DaySums) -> tuple[Loss, ...]:
    """Return why tasks of visits that took place are missing."""
    found = (Loss(cause, tasks, sums.bookings[cause]) for cause, tasks in sums.tasks.items())
    return tuple(sorted(found, key=lambda loss: (-loss.tasks, loss.cause.step, str(loss.cause))))


def _causes_of(journey: Journey) -> Iterator[RootCause]:
    for task in journey.expected():
        if journey.time_of(task) is None:
            yield journey.root_cause(str(task))


def _general(cause: RootCause) -> RootCause:
    reason = cause.reason
    if reason is None:
        return cause
    if reason.code in (ReasonCode.TIME_UNRECORDED, ReasonCode.NO_SIGN_YET):
        return RootCause(cause.step, None)
    return RootCause(cause.step, general(reason))
