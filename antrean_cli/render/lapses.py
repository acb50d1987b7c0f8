"""What soon lapses at H+7, and what has, as a pass tells it (Indonesian)."""

from collections.abc import Iterator, Sequence
from datetime import date

from antrean_cli.render.todo import title
from antrean_cli.rules.acting import is_of_each_clinic
from antrean_cli.rules.lapses import Lapses
from antrean_cli.rules.todo import Work, last_day

_MOST = 4  # causes that are named
_DAYS = ("hari ini", "besok", "lusa")


def lapses_texts(found: Lapses) -> Iterator[str]:
    """Yield what is told of one day: a sentence of what is over, and one of what soon is."""
    if found.over:
        causes = _causes([f"{_count(one)}: {_cause(one)}" for one in found.over])
        yield f"Lewat H+7, BPJS tidak menerima lagi: {causes}; lihat: antrean list --closed"
    if found.soon:
        causes = _causes([f"{_count(one)}{_when(one, found)}: {_cause(one)}" for one in found.soon])
        yield f"Segera lewat H+7: {causes}; lihat: antrean todo"


def _causes(texts: Sequence[str]) -> str:
    more = [f"dan {len(texts) - _MOST} sebab lain"] if len(texts) > _MOST else []
    return "; ".join([*texts[:_MOST], *more])


def _count(one: Work) -> str:
    return f"{len(one.bookings)} kunjungan ({one.waiting} kiriman)"


def _cause(one: Work) -> str:
    """Return what is to be done, and where, if each clinic has to do it for its own visits."""
    where = f", poli {one.kd_poli}" if is_of_each_clinic(one.step, one.reason) else ""
    return f"{title(one)}{where}"


def _when(one: Work, found: Lapses) -> str:
    """Return the last day of a piece of work, of several the first."""
    several = len(set(map(last_day, one.bookings))) > 1
    return f"{', yang pertama' if several else ''} paling lambat {_day(one.until, found.today)}"


def _day(until: date, today: date) -> str:
    return f"{_DAYS[(until - today).days]} ({until:%d-%m})"
