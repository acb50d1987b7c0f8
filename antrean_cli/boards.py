"""What the operator's desk shows: overview, list and a day compared → text in 80 columns and JSON (Indonesian)."""

import textwrap
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from antrean_cli.desk import Overview
from antrean_cli.reconcile import Reconciliation
from antrean_cli.rules import outages
from antrean_cli.rules.chain import HELD, REFUSED, Push, Record
from antrean_cli.rules.payloads import milliseconds
from antrean_cli.rules.reconcile import (
    CANCELLED_THERE,
    NOT_AT_BPJS,
    NOT_NOTED,
    ONLY_AT_BPJS,
    OTHER_TIME,
    PLACES,
    UNKNOWN_BOOKING,
)
from antrean_cli.views import STATES, push_document, step_name, table, times

_REASON_WIDTH = 22


def span(length: timedelta) -> str:
    """Return a length of time in words: the two largest units."""
    minutes = int(length.total_seconds() // 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} hari {hours} jam"
    return f"{hours} jam {minutes} menit" if hours else f"{minutes} menit"


def status(found: Overview, problems: Sequence[str]) -> str:
    """Return the overview for a terminal."""
    facts = [
        ("Keadaan", "PERLU DILIHAT" if problems else "baik"),
        ("Putaran terakhir", _pass(found)),
        ("Berhasil terakhir", _ago(found.succeeded_at, found.now)),
        ("Khanza dibaca", f"sampai {found.checkpoint:%d-%m-%Y}" if found.checkpoint else "belum pernah"),
        ("Menunggu dikirim", _pending(found)),
        ("Ditahan", str(found.count(HELD))),
        ("Ditolak", str(found.count(REFUSED))),
        ("Gangguan", ", ".join(map(outages.described, found.outages)) or "tidak ada"),
        ("Batas H+7 terdekat", _deadlines(found)),
    ]
    lines = [f"{name:<19} {text}" for name, text in facts]
    if found.groups:
        rows = [(STATES[group.state], group.pushes, group.text) for group in found.groups]
        lines += ["", table(("Keadaan", "Kiriman", "Alasan"), rows, 58)]
    if problems:
        lines += ["", "Perlu dilihat:", *(f"  - {problem}" for problem in problems)]
    return "\n".join(lines)


def _pass(found: Overview) -> str:
    code = "" if found.exit_code is None else f", kode keluar {found.exit_code}"
    return _ago(found.passed_at, found.now) + code


def _ago(when: datetime | None, now: datetime) -> str:
    if when is None:
        return "belum pernah"
    return f"{when:%d-%m-%Y %H:%M:%S} ({f'{span(now - when)} lalu' if when <= now else 'di masa depan'})"


def _pending(found: Overview) -> str:
    return f"{found.pending} (tertua {span(found.oldest_pending)})" if found.pending else "0"


def _deadlines(found: Overview) -> str:
    nearest = list(found.deadlines.items())[:3]
    return ", ".join(f"{day:%d-%m-%Y}: {count} kiriman" for day, count in nearest) or "tidak ada"


def status_document(found: Overview, problems: Sequence[str]) -> dict[str, Any]:
    """Return the overview for JSON output; times are epoch ms."""
    return {
        "well": not problems,
        "attention": list(problems),
        "last_pass": found.passed_at and milliseconds(found.passed_at),
        "last_exit_code": found.exit_code,
        "last_success": found.succeeded_at and milliseconds(found.succeeded_at),
        "begin": found.begin and found.begin.isoformat(),
        "checkpoint": found.checkpoint and found.checkpoint.isoformat(),
        "pending": found.pending,
        "oldest_pending_seconds": int(found.oldest_pending.total_seconds()),
        "held": found.count(HELD),
        "refused": found.count(REFUSED),
        "reasons": [
            {"state": group.state, "reason_code": group.code, "reason": group.text, "pushes": group.pushes}
            for group in found.groups
        ],
        "outages": [{"kind": outage.kind, "since": milliseconds(outage.since)} for outage in found.outages],
        "deadlines": {day.isoformat(): count for day, count in found.deadlines.items()},
    }


def listed(pairs: Iterable[tuple[Record, Push]]) -> str:
    """Return pushes as a table, one a row."""
    rows = [
        (
            f"{record.tanggal:%d-%m}",
            record.kodebooking,
            record.kd_poli,
            step_name(push.step),
            STATES[push.state],
            push.reason.text if push.reason else times(push),
        )
        for record, push in pairs
    ]
    return table(("Hari", "Kode booking", "Poli", "Kiriman", "Keadaan", "Alasan atau waktu"), rows, _REASON_WIDTH)


def listed_document(record: Record, push: Push) -> dict[str, Any]:
    """Return one push of a list for JSON output."""
    return {
        **push_document(record.kodebooking, push),
        "tanggal": record.tanggal.isoformat(),
        "kind": record.kind,
        "no_rawat": record.no_rawat,
        "kd_poli": record.kd_poli,
        "since": push.since and milliseconds(push.since),
    }


# -- Khanza, ledger and BPJS side by side

_PLACES = dict(zip(PLACES, ("di BPJS", "menunggu", "ditahan", "ditolak", "ditutup", "hilang"), strict=True))
_HEADINGS = ("Kiriman", "Khanza", "BPJS", "Nanti", "Ditahan", "Ditolak", "Ditutup", "Hilang")
_DIFFERENCES = {
    NOT_AT_BPJS: "tercatat terkirim, tetapi tidak ada di BPJS",
    NOT_NOTED: "sudah ada di BPJS, belum tercatat",
    OTHER_TIME: "waktunya lain",
    ONLY_AT_BPJS: "ada di BPJS, tidak ada di Khanza",
    CANCELLED_THERE: "dibatalkan di BPJS, tidak di Khanza",
    UNKNOWN_BOOKING: "antrean di BPJS yang tidak dikenal Khanza",
}


def reconciled(found: Reconciliation, zone: timezone) -> str:
    """Return a day compared, for a terminal."""
    counts = found.counts()
    rows = [(step_name(step), sum(places.values()), *places.values()) for step, places in counts.items()]
    sums = [sum(column) for column in zip(*(row[1:] for row in rows), strict=True)] or [0] * (1 + len(PLACES))
    lines = [f"{found.tanggal:%d-%m-%Y}: {len(found.verdicts)} antrean dibandingkan."]
    if rows:
        lines += ["", table(_HEADINGS, [*rows, ("jumlah", *sums)])]
        parts = [f"{number} {_PLACES[place]}" for place, number in zip(PLACES, sums[1:], strict=True)]
        equation = f"{sums[0]} tercatat = {' + '.join(parts if sums[-1] else parts[:-1])}"
        lines += ["", *textwrap.wrap(equation, 79, subsequent_indent="  ")]
    if found.differences:
        lines += ["", "Perbedaan:", table(("Kode booking", "Kiriman", "Apa"), _difference_rows(found, zone), 44)]
    if found.unanswered:
        lines += ["", f"{found.unanswered} antrean tidak dijawab BPJS ({found.fault}); ulangi nanti."]
    elif not found.differences:
        lines += ["", "Sama: yang tercatat di Khanza ada di BPJS, atau diketahui sebabnya."]
    return "\n".join(lines)


def _difference_rows(found: Reconciliation, zone: timezone) -> list[tuple[str, str, str]]:
    rows = []
    for one in found.differences:
        times = [f"{waktu.astimezone(zone):%H:%M:%S}" for waktu in (one.waktu, one.bpjs) if waktu]
        both = f" ({times[0]}, BPJS {times[1]})" if one.kind == OTHER_TIME and len(times) == 2 else ""
        rows.append((one.kodebooking, step_name(one.step), f"{_DIFFERENCES[one.kind]}{both}"))
    return rows


def reconciled_document(found: Reconciliation, repaired: int) -> dict[str, Any]:
    """Return a day compared for JSON output; times are epoch ms."""
    counts = found.counts()
    sums = {place: sum(places[place] for places in counts.values()) for place in PLACES}
    return {
        "tanggal": found.tanggal.isoformat(),
        "bookings": len(found.verdicts),
        "unanswered": found.unanswered,
        "repaired": repaired,
        "recorded": sum(sums.values()),
        **sums,
        "steps": counts,
        "differences": [
            {
                **one._asdict(),
                "waktu": one.waktu and milliseconds(one.waktu),
                "bpjs": one.bpjs and milliseconds(one.bpjs),
            }
            for one in found.differences
        ],
    }
