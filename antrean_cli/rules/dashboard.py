"""BPJS's own dashboard of waits beside the ledger's figures: by clinic, and where the two differ.

- Its step N lasts from task N to the next: 3 is the wait for the clinic (bpjs/README.md, Lists).
  It counts by the times that the hospital sent (`rs`), or by when BPJS stored them (`server`).
- Sums can be added up and means cannot: how many visits a mean is of, is the sum divided by it.
- Whether it counts cancelled antrean is open: a count between ours with them and ours without them
  is no difference.
- A whole month is asked for at once, other days one by one.
"""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from antrean_cli.rules.codes import CallName, Code
from antrean_cli.rules.listings import DASHBOARD_TASKS, WaktuTunggu
from antrean_cli.rules.report import PAIRS, Figures
from antrean_cli.rules.values import comparable

NOTICED = 5  # minutes between two means that are worth a word
ADJACENT = tuple(pair for pair in PAIRS if pair[1] - pair[0] == 1)


class Waktu(Code):
    """By whose times the dashboard counts, in BPJS's words."""

    RS = "rs"
    SERVER = "server"


class Request(NamedTuple):
    """A call for one day's or one month's figures; `waktu` comes behind its words."""

    call: CallName
    words: tuple[str, ...]


def requests_for(first: date, last: date, today: date) -> Iterator[Request]:
    """Yield what to ask for: a month that is over, or has come as far as today, is one call."""
    day = first
    while day <= last:
        ends = day.replace(day=monthrange(day.year, day.month)[1])
        if day.day == 1 and min(ends, today) <= last:
            yield Request(CallName.WAKTU_BULAN, (f"{day:%m}", f"{day:%Y}"))
            day = ends
        else:
            yield Request(CallName.WAKTU_TANGGAL, (day.isoformat(),))
        day += timedelta(days=1)


class Mean(NamedTuple):
    """How long one step took: minutes on average by the ledger's times, by `rs` and by `server`.

    None where nobody has gone through it, or nobody counted.
    """

    ours: float | None
    rs: float | None
    server: float | None


class ClinicFigures(NamedTuple):
    """One clinic of BPJS's, or all of them: the antrean that both count, and the steps' means.

    `ours` is None where the ledger's figures could not be told apart by BPJS's clinics, `cancelled`
    how many of ours are cancelled.
    """

    kodepoli: str
    name: str
    ours: int | None
    cancelled: int
    at_bpjs: int
    means: Mapping[tuple[int, int], Mean]


class Differs(Code):
    """In what the two differ."""

    FEWER = "fewer"  # BPJS counts fewer antrean
    MORE = "more"
    WAIT = "wait"  # BPJS's mean by the hospital's times is another than ours
    ARRIVAL = "arrival"  # by when the tasks reached BPJS it is another than by the hospital's times


class FigureDifference(NamedTuple):
    """One difference: of which clinic (empty: all), and for a mean of which step."""

    kind: Differs
    kodepoli: str
    ours: float
    theirs: float
    step: tuple[int, int] | None = None


class Dashboard(NamedTuple):
    """BPJS's figures of a period beside ours; `inserted` is when BPJS took the last (epoch ms)."""

    total: ClinicFigures
    clinics: tuple[ClinicFigures, ...]
    differences: tuple[FigureDifference, ...]
    inserted: int | None


class _Theirs:
    """What BPJS counted of some antrean by one kind of times."""

    def __init__(self, rows: Iterable[WaktuTunggu]) -> None:
        self.antrean, self.name = 0, ""
        self._seconds = dict.fromkeys(DASHBOARD_TASKS, 0.0)
        self._visits = dict.fromkeys(DASHBOARD_TASKS, 0.0)
        for row in rows:
            self.antrean += row.antrean
            self.name = row.namapoli or self.name
            for task, seconds, mean in zip(DASHBOARD_TASKS, row.seconds, row.means, strict=True):
                if mean:
                    self._seconds[task] += seconds
                    self._visits[task] += seconds / mean

    def mean(self, task: int) -> float | None:
        """Return the minutes from a task to the next one, None if nobody has both."""
        if not self._visits[task]:
            return None
        return self._seconds[task] / self._visits[task] / 60


def compared(
    rows: Mapping[Waktu, Sequence[WaktuTunggu]],
    ours: Mapping[str, Figures] | None,
    total: Figures,
    first: date,
    last: date,
) -> Dashboard:
    """Return BPJS's rows of a period beside the ledger's figures.

    `ours` are those by BPJS's clinics, as codes are compared, with an empty one for no clinic; None
    where the mapping is not known. What a month's rows tell of days outside the period is left out.
    """
    found = {
        waktu: [row for row in rows[waktu] if _is_within(row.tanggal, first, last)]
        for waktu in Waktu
    }
    by_clinic: dict[str, dict[Waktu, list[WaktuTunggu]]] = defaultdict(
        lambda: {waktu: [] for waktu in Waktu}
    )
    for waktu, of_waktu in found.items():
        for row in of_waktu:
            by_clinic[comparable(row.kodepoli)][waktu].append(row)
    nothing, known = Figures(), ours or {}
    codes = {*by_clinic, *(code for code, one in known.items() if one.facts["antrean"])} - {""}
    clinics = tuple(
        _beside(code.upper(), by_clinic[code], None if ours is None else ours.get(code, nothing))
        for code in sorted(codes)
    )
    # Of a booking that was cancelled before anybody came, Khanza may have kept no clinic.
    unplaced = known.get("", nothing).facts["antrean"]
    everything = _beside("", found, total)
    inserted = [row.inserted for of_waktu in found.values() for row in of_waktu if row.inserted]
    return Dashboard(
        total=everything,
        clinics=clinics,
        differences=(
            *_differences(everything, 0),
            *(one for clinic in clinics for one in _differences(clinic, unplaced)),
        ),
        inserted=max(inserted, default=None),
    )


def _is_within(tanggal: str, first: date, last: date) -> bool:
    """Return whether a row's day lies in the period; what is no day is a whole month's row."""
    try:
        return first <= date.fromisoformat(tanggal) <= last
    except ValueError:
        return True


def _beside(
    kodepoli: str, rows: Mapping[Waktu, Sequence[WaktuTunggu]], ours: Figures | None
) -> ClinicFigures:
    rs, server = _Theirs(rows[Waktu.RS]), _Theirs(rows[Waktu.SERVER])

    def mean(task: int, after: int) -> Mean:
        by_rs, by_server = rs.mean(task), server.mean(task)
        if by_server is None and by_rs is not None and server.antrean:
            by_server = 0.0  # who has both tasks has them by either: they reached BPJS at once
        return Mean(ours.mean(task, after) if ours else None, by_rs, by_server)

    return ClinicFigures(
        kodepoli=kodepoli,
        name=rs.name or server.name,
        ours=ours.facts["antrean"] if ours else None,
        cancelled=ours.facts["cancelled"] if ours else 0,
        at_bpjs=max(rs.antrean, server.antrean),
        means={step: mean(*step) for step in ADJACENT},
    )


def _differences(one: ClinicFigures, unplaced: int) -> Iterator[FigureDifference]:
    """Yield what differs; so many antrean of ours may belong to the clinic as well."""
    if one.ours is not None:
        if one.at_bpjs < one.ours - one.cancelled:
            yield FigureDifference(Differs.FEWER, one.kodepoli, one.ours, one.at_bpjs)
        if one.at_bpjs > one.ours + unplaced:
            yield FigureDifference(Differs.MORE, one.kodepoli, one.ours, one.at_bpjs)
    for step, mean in one.means.items():
        if mean.rs is None:
            continue
        if mean.ours is not None and abs(mean.rs - mean.ours) > NOTICED:
            yield FigureDifference(Differs.WAIT, one.kodepoli, mean.ours, mean.rs, step)
        if mean.server is not None and abs(mean.server - mean.rs) > NOTICED:
            yield FigureDifference(Differs.ARRIVAL, one.kodepoli, mean.rs, mean.server, step)
