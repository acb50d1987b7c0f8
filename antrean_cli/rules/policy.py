"""What the hospital chose, as far as the rules go by it; `panduan/pengaturan.md` says what each
means.

config/settings.py makes it of the environment and the `.env`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta, timezone

from antrean_cli.rules.codes import ADMISSION_TASKS, Kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """The hospital's choices.

    `zone` is that of its times, `days` how far back a pass goes, `add` the kinds that are added.
    Empty `kd_pj` and `only_poli` mean "as Khanza has it" and "all". `sources` are the names of each
    task's sources of times (sources.py), none for 1 and 2 unless the hospital has some; `tie` is
    how far two times of one click may be apart.
    """

    zone: timezone
    days: int
    add: frozenset[Kind]
    kd_pj: frozenset[str]
    kodebooking: str
    skip_poli: frozenset[str]
    only_poli: frozenset[str]
    delay_nonjkn: timedelta
    delay_batal: timedelta
    sources: Mapping[int, tuple[str, ...]]
    tie: timedelta
    minutes_per_patient: int
    farmasi: bool  # the hospital runs antrean farmasi
    admisi: timedelta  # how long task 3 waits for 1 and 2 after registration; zero: not at all
    adopt: bool  # a booking that BPJS has under another code is used instead of adding a second one

    @property
    def tickets(self) -> bool:
        """Whether the desk's tickets are read: a source of task 1 or 2 names them."""
        return any(self.sources.get(taskid) for taskid in ADMISSION_TASKS)
