"""What passes remember from one to the next, as one value, and how the table meta holds it.

- The names in meta and their JSON are part of the file: other versions read them. `stored` and
  `state_of` are the only places that know them.
- Times are epoch milliseconds and days ISO in meta; here they are aware datetimes and dates.
- What is None or empty stands in no row. A row of a name that is not known here is left alone.
- It is a named tuple, always made by name: a dataclass of so many fields takes ten times as long to
  define, and an idle pass does little else.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime, timezone
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from antrean_cli.ledger.columns import aware, stored_time
from antrean_cli.rules.cached_lists import CachedList
from antrean_cli.rules.causes import Cause, Trouble, trouble
from antrean_cli.rules.listings import Praktek
from antrean_cli.rules.outages import Outage, OutageKind
from antrean_cli.rules.pace import Pace
from antrean_cli.rules.service_days import BrokenRow
from antrean_cli.rules.sessions import ClinicDay

if TYPE_CHECKING:
    from antrean_cli.rules.alerts import Alert

_OUTAGE = "outage_"  # and the kind of the outage


_NOTHING: Mapping[Any, Any] = MappingProxyType({})


class PassState(NamedTuple):
    """What passes remember; None (or empty) where there is nothing yet.

    Of Khanza:
    - `looked_at`: when it was last read; `checkpoint`: up to which day.
    - `begin`: the day that no pass goes before.
    - `full_scan_at`: when the whole window was last read; `surat_kontrol_at`: when the surat
      kontrol were.
    - `broken_rows`: those that nothing can be told of, and that people were told of.

    Of the passes themselves:
    - `passed_at`, `exit_code`: the end of the last one; `succeeded_at`: of the last good one.
    - `pruned_on`: the day on which old bookings were last forgotten.
    - `lapsed_told_on`, `lapsing_told_on`: the day on which people were last told of what had lapsed
      at H+7, and of what soon would.
    - `alerts`: what the hospital's own command is still to tell; `digest_told_on`: the day on which
      the day's work last was to be told by it.
    - `seen_on_terminal`: the kinds of the outages that only a pass on a terminal has told of.
    - `touched_at`: when a command by hand last made sure that the ledger can be written.

    Of BPJS:
    - `calls`: how many calls ended how, by "call outcome", since the ledger was made.
    - `faults_in_row`: how many calls in a row brought no envelope; `faulted`: for which bookings.
    - `answered_at`: when the last envelope came; `judged_at`: when BPJS last judged a push, for or
      against, by the name of its call.
    - `pace`: how fast the last pass that sent something could go.
    - `outages`: those that are on, by kind (of BPJS, of some of its calls, of Khanza, …).
    - `antrean_lists`: antrean per tanggal, by day; its content are the kode booking of ours
      that it was asked for, None where BPJS does not show it.
    - `jadwal_lists`: HFIS's sessions (rows of Praktek), by clinic and day.
    """

    looked_at: datetime | None = None
    checkpoint: date | None = None
    begin: date | None = None
    full_scan_at: datetime | None = None
    surat_kontrol_at: datetime | None = None
    broken_rows: tuple[BrokenRow, ...] = ()
    passed_at: datetime | None = None
    exit_code: int | None = None
    succeeded_at: datetime | None = None
    pruned_on: date | None = None
    lapsed_told_on: date | None = None
    lapsing_told_on: date | None = None
    alerts: "tuple[Alert, ...]" = ()
    digest_told_on: date | None = None
    seen_on_terminal: frozenset[str] = frozenset()
    touched_at: datetime | None = None
    calls: Mapping[str, int] = _NOTHING
    faults_in_row: int = 0
    faulted: tuple[str, ...] = ()
    answered_at: datetime | None = None
    judged_at: Mapping[str, datetime] = _NOTHING
    pace: Pace | None = None
    outages: Mapping[str, Outage] = _NOTHING
    antrean_lists: Mapping[date, CachedList] = _NOTHING
    jadwal_lists: Mapping[ClinicDay, CachedList] = _NOTHING

    def with_outage(self, kind: str, outage: Outage | None) -> "PassState":
        """Return the state with this outage of a kind, or with none of it."""
        others = {name: one for name, one in self.outages.items() if name != kind}
        return self._replace(outages={**others, kind: outage} if outage else others)


def state_of(rows: Mapping[str, str], zone: timezone) -> PassState:
    """Return what the rows of meta hold, its times in `zone`."""
    values = {name: json.loads(text) for name, text in rows.items()}

    def time(name: str) -> datetime | None:
        return _time(values.get(name), zone)

    def day(name: str) -> date | None:
        return date.fromisoformat(values[name]) if name in values else None

    return PassState(
        looked_at=time("looked_at"),
        checkpoint=day("checkpoint"),
        begin=day("begin"),
        full_scan_at=time("full_scan_at"),
        surat_kontrol_at=time("surat_kontrol_at"),
        broken_rows=tuple(map(BrokenRow._make, values.get("broken_rows", ()))),
        passed_at=time("passed_at"),
        exit_code=values.get("exit_code"),
        succeeded_at=time("succeeded_at"),
        pruned_on=day("pruned_on"),
        lapsed_told_on=day("lapsed_told_on"),
        lapsing_told_on=day("lapsing_told_on"),
        alerts=_alerts(values["alerts"], zone) if "alerts" in values else (),
        digest_told_on=day("digest_told_on"),
        seen_on_terminal=frozenset(values.get("seen_on_terminal", ())),
        touched_at=time("touched_at"),
        calls=values.get("calls", {}),
        faults_in_row=values.get("faults_in_row", 0),
        faulted=tuple(values.get("faulted", ())),
        answered_at=time("answered_at"),
        judged_at={call: aware(at, zone) for call, at in values.get("judged_at", {}).items()},
        pace=_pace(values["pace"], zone) if "pace" in values else None,
        outages={
            kind: _outage(kind, values[f"{_OUTAGE}{kind}"], zone)
            for kind in OutageKind
            if f"{_OUTAGE}{kind}" in values
        },
        antrean_lists={
            date.fromisoformat(key): _list(kept, None if kept[2] is None else tuple(kept[2]), zone)
            for key, kept in values.get("looks_adopt", {}).items()
        },
        jadwal_lists={
            _clinic(key): _list(kept, tuple(map(Praktek._make, kept[2])), zone)
            for key, kept in values.get("looks_hfis", {}).items()
        },
    )


def stored(state: PassState) -> dict[str, str]:
    """Return the rows of meta that hold all this."""
    values: dict[str, Any] = {
        "looked_at": stored_time(state.looked_at),
        "checkpoint": _iso(state.checkpoint),
        "begin": _iso(state.begin),
        "full_scan_at": stored_time(state.full_scan_at),
        "surat_kontrol_at": stored_time(state.surat_kontrol_at),
        "broken_rows": state.broken_rows or None,
        "passed_at": stored_time(state.passed_at),
        "exit_code": state.exit_code,
        "succeeded_at": stored_time(state.succeeded_at),
        "pruned_on": _iso(state.pruned_on),
        "lapsed_told_on": _iso(state.lapsed_told_on),
        "lapsing_told_on": _iso(state.lapsing_told_on),
        "alerts": [
            (one.kind, stored_time(one.at), one.text, stored_time(one.tried_at))
            for one in state.alerts
        ]
        or None,
        "digest_told_on": _iso(state.digest_told_on),
        "seen_on_terminal": sorted(state.seen_on_terminal) or None,
        "touched_at": stored_time(state.touched_at),
        "calls": state.calls or None,
        "faults_in_row": state.faults_in_row,
        "faulted": state.faulted or None,
        "answered_at": stored_time(state.answered_at),
        "judged_at": {call: stored_time(at) for call, at in state.judged_at.items()} or None,
        "pace": state.pace and _stored_pace(state.pace),
        "looks_adopt": {
            day.isoformat(): _stored_list(one) for day, one in state.antrean_lists.items()
        }
        or None,
        "looks_hfis": {
            f"{day} {kodepoli}": _stored_list(one)
            for (kodepoli, day), one in state.jadwal_lists.items()
        }
        or None,
        **{f"{_OUTAGE}{kind}": _stored_outage(one) for kind, one in state.outages.items()},
    }
    return {name: json.dumps(value) for name, value in values.items() if value is not None}


def _time(ms: int | None, zone: timezone) -> datetime | None:
    return None if ms is None else aware(ms, zone)


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _alerts(stored: Any, zone: timezone) -> "tuple[Alert, ...]":
    # A pass that has nothing to tell must not pay for them.
    from antrean_cli.rules.alerts import Alert, AlertKind

    return tuple(
        Alert(AlertKind(kind), aware(at, zone), text, _time(tried_at, zone))
        for kind, at, text, tried_at in stored
    )


def _clinic(key: str) -> ClinicDay:
    day, _, kodepoli = key.partition(" ")
    return kodepoli, date.fromisoformat(day)


def _list(stored: Any, content: Any, zone: timezone) -> CachedList:
    asked_at, failing_since, _ = stored
    return CachedList(
        content=content, asked_at=_time(asked_at, zone), failing_since=_time(failing_since, zone)
    )


def _stored_list(one: CachedList) -> tuple[int | None, int | None, Any]:
    return stored_time(one.asked_at), stored_time(one.failing_since), one.content


def _pace(stored: Mapping[str, Any], zone: timezone) -> Pace:
    return Pace(
        at=aware(stored["at"], zone),
        side_by_side=stored["side_by_side"],
        rate=stored["rate"],
        refused_at=_time(stored["refused_at"], zone),
    )


def _stored_pace(pace: Pace) -> dict[str, Any]:
    return {
        "at": stored_time(pace.at),
        "side_by_side": pace.side_by_side,
        "rate": pace.rate,
        "refused_at": stored_time(pace.refused_at),
    }


def _outage(kind: OutageKind, stored: Mapping[str, Any], zone: timezone) -> Outage:
    return Outage(
        kind=kind,
        since=aware(stored["since"], zone),
        told_at=aware(stored["told_at"], zone),
        next_probe=aware(stored["next_probe"], zone),
        failures=stored["failures"],
        probed=stored["probed"],
        why=_trouble(stored),
        told=tuple((key, aware(at, zone)) for key, at in stored.get("told", {}).items()),
    )


def _trouble(stored: Mapping[str, Any]) -> Trouble | None:
    """Return why an outage is on; None where the version that wrote it did not say, or knew more
    causes than this one.
    """
    try:
        return trouble(Cause(stored["cause"]), stored["about"], **stored["numbers"])
    except (KeyError, ValueError):
        return None


def _stored_outage(outage: Outage) -> dict[str, Any]:
    why, told = outage.why, outage.told
    return {
        "since": stored_time(outage.since),
        "told_at": stored_time(outage.told_at),
        "next_probe": stored_time(outage.next_probe),
        "failures": outage.failures,
        "probed": outage.probed,
        **({"cause": why.cause, "about": why.about, "numbers": dict(why.numbers)} if why else {}),
        **({"told": {key: stored_time(at) for key, at in told}} if told else {}),
    }
