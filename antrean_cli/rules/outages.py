"""When BPJS, Khanza or the credentials fail for longer: how often it is tried, and how often it is
told.

- An outage is told when it begins, then once an hour, then once when it is over: not every minute.
- A BPJS that only puts off is told from the third such pass on: a single one is nothing.
- BPJS: three faults in a row, with none good between, begin one; after 1, 2, 4 … 10 minutes a pass
  probes with one request, of another booking each time, until BPJS is back.
- Khanza and refused credentials are tried anew by every pass.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

BPJS, KHANZA, CREDENTIALS, BUSY, CLOCK = "bpjs", "khanza", "kredensial", "sibuk", "jam"
FAULTS_THAT_BEGIN_ONE = 3
TELL_EVERY = timedelta(hours=1)
_PROBES = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 10))
LONGEST = _PROBES[-1]
_TOLD_FROM = {BUSY: 3}  # failures; the others are told at once
_NAMES = {
    BPJS: "BPJS terganggu",
    KHANZA: "Khanza terganggu",
    CREDENTIALS: "Kredensial, tanda tangan, atau jam ditolak BPJS",
    BUSY: "BPJS terus meminta dicoba lagi",
    CLOCK: "Jam komputer ini salah",
}
_OVER = {
    BPJS: "BPJS pulih",
    KHANZA: "Khanza pulih",
    CREDENTIALS: "Kredensial diterima lagi",
    BUSY: "BPJS menerima lagi",
}
# What a person can do about it, besides waiting.
_ADVICE = {
    CREDENTIALS: " Periksa BPJS_CONS_ID, BPJS_SECRET_KEY, BPJS_USER_KEY, dan jam komputer ini.",
    CLOCK: " Betulkan jamnya.",
    BUSY: " Bila berlanjut, periksa BPJS_BASE_URL dan BPJS_UPDATE_PATH.",
}


class Outage(NamedTuple):
    """One outage as the ledger keeps it; `probed` is the booking that was last tried."""

    kind: str
    since: datetime
    told_at: datetime
    next_probe: datetime
    failures: int = 1
    probed: str = ""

    @property
    def told(self) -> bool:
        """Whether people know of it."""
        return self.failures >= _TOLD_FROM.get(self.kind, 1)

    def may_probe(self, now: datetime) -> bool:
        """Whether a pass may try again."""
        # A time further ahead than any wait was noted by a clock that ran ahead.
        return self.kind != BPJS or not now < self.next_probe <= now + LONGEST


def described(outage: Outage) -> str:
    """Return what people call an outage, and since when it is on."""
    return f"{_NAMES[outage.kind]} sejak {outage.since:%d-%m %H:%M}"


def refused_credentials(text: str) -> str:
    """Return the sentence for one refused call."""
    return f"{_NAMES[CREDENTIALS]}: {text}.{_ADVICE[CREDENTIALS]}"


def failed(
    outage: Outage | None, kind: str, why: str, now: datetime, probed: str = ""
) -> tuple[Outage, str]:
    """Return the outage after one more failure, and what is to be told of it
    now (often nothing).
    """
    known = outage or Outage(kind=kind, since=now, told_at=now, next_probe=now, failures=0)
    wait = _PROBES[min(known.failures, len(_PROBES) - 1)]
    later = known._replace(
        failures=known.failures + 1, next_probe=now + wait, probed=probed or known.probed
    )
    if known.told or not later.told:
        return reminded(later, why, now)
    text = (
        f"{_NAMES[kind]}: {why}. Dicoba lagi otomatis; tidak ada "
        f"yang hilang.{_ADVICE.get(kind, '')}"
    )
    return later._replace(told_at=now), text


def reminded(outage: Outage, why: str, now: datetime) -> tuple[Outage, str]:
    """Return the outage and, once an hour, the sentence that it is still on."""
    if not outage.told or timedelta(0) <= now - outage.told_at < TELL_EVERY:
        return outage, ""
    text = described(outage) + (f": {why}." if why else ".")
    return outage._replace(told_at=now), text


def recovered(outage: Outage, now: datetime) -> str:
    """Return the sentence that an outage is over, empty if nobody knew of it or nobody knows how
    long it was.
    """
    if not outage.told or outage.kind == CLOCK:
        return ""
    minutes = int((now - outage.since).total_seconds() // 60)
    lasted = f"{minutes // 60} jam {minutes % 60} menit" if minutes >= 60 else f"{minutes} menit"
    lasted = lasted if minutes > 0 else "kurang dari semenit"
    return f"{_OVER[outage.kind]} setelah {lasted}."
