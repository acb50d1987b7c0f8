"""How things stand, as `antrean status` shows it: text in 80 columns and a JSON document."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from antrean_cli.operator.queue_admin import Overview
from antrean_cli.render.reasons import sentence
from antrean_cli.render.tables import table
from antrean_cli.render.text import fill
from antrean_cli.render.times import epoch_ms, two_units
from antrean_cli.render.words import STATES
from antrean_cli.rules import outages
from antrean_cli.rules.codes import State


def status_text(found: Overview, problems: Sequence[str]) -> str:
    """Return the overview for a terminal."""
    facts = [
        ("Keadaan", "PERLU DILIHAT" if problems else "baik"),
        ("Putaran terakhir", _pass(found)),
        ("Berhasil terakhir", _ago(found.succeeded_at, found.now)),
        (
            "Khanza dibaca",
            f"sampai {found.checkpoint:%d-%m-%Y}" if found.checkpoint else "belum pernah",
        ),
        ("Menunggu", _pending(found)),
        ("Ditahan", str(found.count(State.HELD))),
        ("Ditolak", str(found.count(State.REFUSED))),
        ("Gangguan", ", ".join(map(_outage, found.outages)) or "tidak ada"),
        ("Batas H+7 terdekat", _deadlines(found)),
    ]
    lines = [f"{name:<19} {text}" for name, text in facts]
    if found.groups:
        rows = [
            (STATES[group.state], group.pushes, sentence(group.reason)) for group in found.groups
        ]
        lines += ["", table(("Keadaan", "Kiriman", "Alasan"), rows, 58)]
    if problems:
        lines += ["", "Perlu dilihat:", *(fill(f"- {problem}", 2) for problem in problems)]
    return "\n".join(lines)


def _pass(found: Overview) -> str:
    code = "" if found.exit_code is None else f", kode keluar {found.exit_code}"
    return _ago(found.passed_at, found.now) + code


def _ago(when: datetime | None, now: datetime) -> str:
    if when is None:
        return "belum pernah"
    return (
        f"{when:%d-%m-%Y %H:%M:%S} "
        f"({f'{two_units(now - when)} lalu' if when <= now else 'di masa depan'})"
    )


def _outage(outage: outages.Outage) -> str:
    probed = (
        f", dicoba lagi pukul {outage.next_probe:%H:%M:%S}" if outage.kind == outages.BPJS else ""
    )
    return outages.described(outage) + probed


def _pending(found: Overview) -> str:
    return f"{found.pending} (tertua {two_units(found.oldest_pending)})" if found.pending else "0"


def _deadlines(found: Overview) -> str:
    nearest = list(found.deadlines.items())[:3]
    return ", ".join(f"{day:%d-%m-%Y}: {count} kiriman" for day, count in nearest) or "tidak ada"


def status_document(found: Overview, problems: Sequence[str]) -> dict[str, Any]:
    """Return the overview for JSON output; times are epoch ms."""
    return {
        "well": not problems,
        "attention": list(problems),
        "last_pass": epoch_ms(found.passed_at),
        "last_exit_code": found.exit_code,
        "last_success": epoch_ms(found.succeeded_at),
        "begin": found.begin and found.begin.isoformat(),
        "checkpoint": found.checkpoint and found.checkpoint.isoformat(),
        "pending": found.pending,
        "oldest_pending_seconds": int(found.oldest_pending.total_seconds()),
        "held": found.count(State.HELD),
        "refused": found.count(State.REFUSED),
        "reasons": [
            {
                "state": group.state,
                "reason_code": group.reason.code.family,
                "reason": sentence(group.reason),
                "pushes": group.pushes,
            }
            for group in found.groups
        ],
        "outages": [
            {"kind": outage.kind, "since": epoch_ms(outage.since)} for outage in found.outages
        ],
        "deadlines": {day.isoformat(): count for day, count in found.deadlines.items()},
    }
