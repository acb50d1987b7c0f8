"""How things stand, as `antrean status` shows it: text in 80 columns and a JSON document."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from antrean_cli.operator.overview import HealthProblem, Overview, ProblemCode
from antrean_cli.render.broken_rows import broken_row_text
from antrean_cli.render.left_alive import left_alive_document, left_alive_section
from antrean_cli.render.outages import outage_document, outage_name, outage_text
from antrean_cli.render.paces import pace_document, pace_text
from antrean_cli.render.reasons import sentence
from antrean_cli.render.root_causes import cause_advice, cause_sentence
from antrean_cli.render.tables import csv_text, last_width, table
from antrean_cli.render.text import fill
from antrean_cli.render.times import epoch_ms, two_units
from antrean_cli.render.unanswered import fault_document, unanswered_section
from antrean_cli.render.words import STATES, step_name
from antrean_cli.rules.call_troubles import calls_of
from antrean_cli.rules.codes import State, call_of
from antrean_cli.rules.outages import Outage, OutageKind
from antrean_cli.rules.push import Record

_MOST_DEADLINES = 3
_CAUSES = ("Keadaan", "Kunjungan", "Kiriman", "Sebab")
_LEAST = 40  # columns of a cause
_PROBLEMS: Mapping[ProblemCode, str | Callable[[HealthProblem], str]] = {
    ProblemCode.NEVER_RAN: (
        "belum pernah ada putaran; pasang cron (crontab.example) atau jalankan: antrean sync"
    ),
    ProblemCode.SUCCESS_IN_FUTURE: (
        "putaran berhasil terakhir di masa depan; jam komputer ini pernah atau sedang salah"
    ),
    ProblemCode.NO_SUCCESS: (
        "putaran berhasil terakhir sudah terlalu lama; jalankan: antrean sync"
    ),
    ProblemCode.PENDING_TOO_LONG: (
        "ada kiriman yang menunggu terlalu lama; lihat: antrean list --pending"
    ),
    ProblemCode.REFUSED: lambda problem: (
        f"{problem.count} kiriman ditolak BPJS; yang dibetulkan di Khanza terkirim sendiri; "
        "lihat: antrean list --refused"
    ),
    ProblemCode.HELD_TOO_LONG: (
        "ada kiriman yang terlalu lama ditahan dan perlu dibetulkan orang; lihat: antrean todo"
    ),
    ProblemCode.LAPSING: lambda problem: (
        f"{problem.count} kiriman yang ditahan segera lewat H+7 (paling lambat "
        f"{problem.day:%d-%m-%Y}); sesudah itu BPJS tidak menerima lagi; lihat: antrean todo"
    ),
    ProblemCode.OUTAGE: lambda problem: outage_text(problem.outage) if problem.outage else "",
    ProblemCode.BROKEN_ROW: lambda problem: broken_row_text(problem.row) if problem.row else "",
}


def problem_sentence(problem: HealthProblem) -> str:
    """Return in words what somebody should have a look at."""
    words = _PROBLEMS[problem.code]
    return words if isinstance(words, str) else words(problem)


def status_text(
    found: Overview,
    problems: Sequence[HealthProblem],
    room: int | None,
    unusual_file: Path | None = None,
) -> str:
    """Return the overview for a terminal of so much `room`; without one no cell is broken.

    `unusual_file` is the file of settings where it is none of the usual ones.
    """
    facts = _facts(found, well=not problems)
    if unusual_file:
        facts.append(("Pengaturan", f"{unusual_file} (bukan tempat yang biasa)"))
    lines = [f"{name:<19} {text}" for name, text in facts]
    if found.causes:
        rows = [
            (
                STATES[one.state],
                str(one.bookings),
                str(one.pushes),
                cause_sentence(one.step, one.reason),
            )
            for one in found.causes
        ]
        lines += ["", table(_CAUSES, rows, last_width(_CAUSES, rows, room, _LEAST))]
    if section := left_alive_section(found.left_alive):
        lines += ["", section]
    if section := unanswered_section(_told_apart(found)):
        lines += ["", section]
    if problems:
        sentences = (fill(f"- {problem_sentence(problem)}", 2) for problem in problems)
        lines += ["", "Perlu dilihat:", *sentences]
    return "\n".join(lines)


def _told_apart(found: Overview) -> list[tuple[Record, str]]:
    """Return the pushes that are not answered, without those of an outage of their kind of call."""
    calls = [
        name for one in found.outages if one.kind == OutageKind.PUSHES for name in calls_of(one)
    ]
    return [(record, step) for record, step in found.unanswered if call_of(step) not in calls]


def _facts(found: Overview, *, well: bool) -> list[tuple[str, str]]:
    """Return what stands above the table: a name and what there is to say, one a line."""
    code = "" if found.exit_code is None else f", kode keluar {found.exit_code}"
    read = f"sampai {found.checkpoint:%d-%m-%Y}" if found.checkpoint else "belum pernah"
    oldest = f" (tertua {two_units(found.oldest_pending)})" if found.pending else ""
    nearest = list(found.deadlines.items())[:_MOST_DEADLINES]
    deadlines = [f"{day:%d-%m}: {count} kiriman" for day, count in nearest]
    return [
        ("Keadaan", "baik" if well else "PERLU DILIHAT"),
        ("Putaran terakhir", _ago(found.passed_at, found.now) + code),
        ("Berhasil terakhir", _ago(found.succeeded_at, found.now)),
        ("Khanza dibaca", read),
        ("Menunggu", f"{found.pending}{oldest}"),
        ("Ditahan", f"{found.count(State.HELD)}{_for_people(found)}"),
        ("Ditolak", str(found.count(State.REFUSED))),
        ("Gangguan", ", ".join(map(_outage, found.outages)) or "tidak ada"),
        *([("Laju", pace)] if (pace := pace_text(found.pace, found.now)) else []),
        ("Batas H+7 terdekat", ", ".join(deadlines) or "tidak ada"),
    ]


def _for_people(found: Overview) -> str:
    if not found.held_for_people:
        return ""
    oldest = two_units(found.oldest_held)
    return f" ({found.held_for_people} perlu dibetulkan orang, tertua {oldest})"


def _ago(when: datetime | None, now: datetime) -> str:
    if when is None:
        return "belum pernah"
    ago = f"{two_units(now - when)} lalu" if when <= now else "di masa depan"
    return f"{when:%d-%m-%Y %H:%M:%S} ({ago})"


def _outage(outage: Outage) -> str:
    probes = outage.kind == OutageKind.BPJS
    probed = f", dicoba lagi pukul {outage.next_probe:%H:%M:%S}" if probes else ""
    return outage_name(outage) + probed


def status_csv(found: Overview) -> str:
    """Return what is behind the held and the refused, a line a cause, as Excel reads it."""
    headings = (
        "keadaan",
        "kunjungan",
        "kiriman",
        "langkah",
        "kode_alasan",
        "sebab",
        "yang_harus_dilakukan",
        "kodebooking",
    )
    rows = [
        (
            STATES[one.state],
            str(one.bookings),
            str(one.pushes),
            step_name(one.step),
            one.reason.code.family if one.reason else "",
            cause_sentence(one.step, one.reason),
            cause_advice(one),
            one.kodebooking,
        )
        for one in found.causes
    ]
    return csv_text(headings, rows, excel=True)


def status_document(found: Overview, problems: Sequence[HealthProblem]) -> dict[str, Any]:
    """Return the overview for JSON output; times are epoch ms."""
    return {
        "well": not problems,
        "attention": [problem_sentence(problem) for problem in problems],
        "problems": [
            {"code": problem.code, "text": problem_sentence(problem)} for problem in problems
        ],
        "last_pass": epoch_ms(found.passed_at),
        "last_exit_code": found.exit_code,
        "last_success": epoch_ms(found.succeeded_at),
        "begin": found.begin and found.begin.isoformat(),
        "checkpoint": found.checkpoint and found.checkpoint.isoformat(),
        "pending": found.pending,
        "oldest_pending_seconds": int(found.oldest_pending.total_seconds()),
        "held": found.count(State.HELD),
        "held_for_people": found.held_for_people,
        "oldest_held_seconds": int(found.oldest_held.total_seconds()),
        "lapsing": {day.isoformat(): count for day, count in found.lapsing.items()},
        "refused": found.count(State.REFUSED),
        "reasons": [
            {
                "state": one.state,
                "reason_code": one.reason.code.family,
                "reason": sentence(one.reason),
                "pushes": one.pushes,
            }
            for one in found.reasons
        ],
        "outages": [outage_document(outage) for outage in found.outages],
        "left_alive": [left_alive_document(record) for record in found.left_alive],
        "pace": pace_document(found.pace),
        "unanswered": [
            {"kodebooking": record.kodebooking, "step": step, **fault_document(record.faults[step])}
            for record, step in found.unanswered
        ],
        "broken_rows": [row._asdict() for row in found.broken_rows],
        "deadlines": {day.isoformat(): count for day, count in found.deadlines.items()},
    }
