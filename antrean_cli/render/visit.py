"""One visit with its three sides, as `antrean show` tells it: text in 80 columns and JSON."""

from collections.abc import Sequence
from typing import Any

from antrean_cli.operator.visit_report import BookingAtBpjs, VisitReport
from antrean_cli.render.left_alive import left_alive_document
from antrean_cli.render.pushes import listed_push_document
from antrean_cli.render.reasons import sentence
from antrean_cli.render.tables import table
from antrean_cli.render.text import fill
from antrean_cli.render.times import epoch_ms, time_of_day
from antrean_cli.render.visit_advice import ToDo, at_bpjs, to_dos
from antrean_cli.render.words import KINDS, state_name, step_name
from antrean_cli.rules.codes import Kind, State, Step
from antrean_cli.rules.push import STEPS, TASK_STEPS, Push
from antrean_cli.rules.reasons import DELAYS, has_code

_HEADINGS = ("Kiriman", "Khanza", "Kirim", "Keadaan", "BPJS")
_WIDTHS = (None, 25, None, 21, 9)  # what is longer is broken into two lines
_BOOKING_WORDS = {
    BookingAtBpjs.PRESENT: "ada",
    BookingAtBpjs.MISSING: "tidak ada",
    BookingAtBpjs.CANCELLED: "batal",
    BookingAtBpjs.UNKNOWN: "",
}


def visit_text(report: VisitReport) -> str:
    """Return all that is known of one visit for a terminal."""
    # Where BPJS was not asked there is nothing to show of it.
    columns = len(_HEADINGS) - (report.at_bpjs is None)
    rows = [_row(report, step)[:columns] for step in _steps(report)]
    parts = [_head(report), table(_HEADINGS[:columns], rows, _WIDTHS[:columns])]
    if codes := [f"{step_name(push.step)} {push.code}" for push in _pushes(report) if push.code]:
        parts.append(fill(f"Jawaban BPJS: {', '.join(codes)}"))
    found = to_dos(report)
    parts += _section("Yang perlu dilakukan:", _to_do_lines(found))
    parts += _section("Catatan:", _note_lines(report, found))
    return "\n\n".join(parts)


def _section(title: str, lines: list[str]) -> list[str]:
    return ["\n".join((title, *lines))] if lines else []


def _head(report: VisitReport) -> str:
    record = report.record
    head = [record.kodebooking, KINDS.get(record.kind, record.kind), f"{record.tanggal:%d-%m-%Y}"]
    head += [f"poli {record.kd_poli}"] if record.kd_poli else []
    head += [f"dokter {record.kd_dokter}"] if record.kd_dokter else []
    same = record.no_rawat in ("", record.kodebooking)
    return fill(", ".join(head)) + ("" if same else f"\nno_rawat {record.no_rawat}")


def _pushes(report: VisitReport) -> list[Push]:
    return [report.record.pushes[step] for step in STEPS if step in report.record.pushes]


# -- the table


def _steps(report: VisitReport) -> list[Step]:
    """Return the steps to show; what is cancelled, or not told to BPJS, has none to come."""
    shown = {Step.ADD, *report.record.pushes, *(report.at_bpjs or {})}
    to_come = () if report.cancelled or not report.concerns_bpjs else TASK_STEPS
    return [step for step in STEPS if step in shown or step in to_come]


def _row(report: VisitReport, step: Step) -> list[str]:
    push, event = report.record.push(step), report.events.get(step)
    recorded = f"{time_of_day(event.waktu)} {event.source}" if event else ""
    sent = time_of_day(push.waktu) if push and push.done else ""
    return [step_name(step), recorded, sent, _condition(report, step), _bpjs_side(report, step)]


def _condition(report: VisitReport, step: Step) -> str:
    """Return where a step is: its push's state, or what is missing for there to be one."""
    push, event = report.record.push(step), report.events.get(step)
    if push:
        # Of what BPJS has, the moment counts at which it took it, not the last look at that.
        since = (push.sent_at if push.done else None) or push.since
        when = f" {since:%d-%m %H:%M}" if since and push.state != State.SENDING else ""
        return f"{state_name(push)}{when}"
    if step == Step.ADD:
        return "dari Mobile JKN" if report.record.kind == Kind.MOBILEJKN else ""
    if report.cancelled or step not in TASK_STEPS:
        return ""
    add = report.record.push(Step.ADD)
    if add and add.state == State.HELD and has_code(add.reason, *DELAYS) and event:
        return "menunggu antrean"
    if event is None:
        return "belum ada di Khanza" if report.visit else "belum tercatat"
    return "belum waktunya" if event.waktu > report.now else "diperiksa pada putaran berikutnya"


def _bpjs_side(report: VisitReport, step: Step) -> str:
    """Return what BPJS holds of a step; antrean farmasi is in no list, and batal leaves a 99."""
    if report.at_bpjs is None or step == Step.FARMASI:
        return ""
    if step == Step.ADD:
        return _BOOKING_WORDS[report.booking]
    held = report.at_bpjs.get(Step.TASK_99 if step == Step.BATAL else step)
    if held:
        return time_of_day(held, report.zone)
    return "ada" if at_bpjs(report, step) else "-"


# -- below it


def _to_do_lines(found: Sequence[ToDo]) -> list[str]:
    """Return what somebody has to do, once for all that it helps."""
    by_advice: dict[str, list[str]] = {}
    for one in found:
        if one.advice is not None:
            by_advice.setdefault(one.advice, []).append(one.what)
    lines = []
    for advice, helped in by_advice.items():
        lines += [fill(what, 2) for what in helped]
        lines += [fill(f"→ {advice}", 4)] if advice else []
    return lines


def _note_lines(report: VisitReport, found: Sequence[ToDo]) -> list[str]:
    """Return what needs nobody: what was given up, what was noted, and what could not be read."""
    closed: dict[str, list[str]] = {}
    for push in _pushes(report):
        if push.state == State.CLOSED and push.reason:
            state, said = state_name(push), sentence(push.reason)
            said = f"{state}: {said.removeprefix(f'{state}: ')}"
            closed.setdefault(said, []).append(step_name(push.step))
    lines = [f"{', '.join(names)} {said}" for said, names in closed.items()]
    lines += [f"{one.what}; menyusul otomatis" for one in found if one.advice is None]
    for push in _pushes(report):
        name = step_name(push.step)
        lines += [f"{name}: {sentence(push.note)}"] if push.note else []
        if push.state == State.DUE and push.attempts and push.next_try:
            again = time_of_day(push.next_try, report.zone)
            lines.append(f"{name}: BPJS menjawab kode {push.code}, dicoba lagi {again}")
    lines += ["Kunjungan ini dibatalkan."] if report.cancelled and not report.live else []
    lines += [] if report.concerns_bpjs else [_why_silent(report)]
    return [fill(line, 2) for line in (*lines, *report.notes)]


def _why_silent(report: VisitReport) -> str:
    """Return why no pass tells BPJS of a visit."""
    if report.record.kind == Kind.NONJKN:
        return "Tidak dikirim ke BPJS: NON JKN tidak ada di ANTREAN_ADD, atau pasien rawat inap."
    return (
        "Tidak dikirim ke BPJS: pasien rawat inap, tanpa pemeriksaan, resep, atau berkas di poli "
        "pada hari itu."
    )


# -- JSON


def visit_document(report: VisitReport) -> dict[str, Any]:
    """Return all that is known of one visit for JSON output; times are epoch ms."""
    record = report.record
    return {
        "kodebooking": record.kodebooking,
        "no_rawat": record.no_rawat,
        "kind": record.kind,
        "tanggal": record.tanggal.isoformat(),
        "kd_poli": record.kd_poli,
        "kd_dokter": record.kd_dokter,
        "stts": record.seen and record.seen.stts,
        "pushes": [listed_push_document(record, push) for push in _pushes(report)],
        "khanza": {
            step: {"waktu": epoch_ms(event.waktu), "source": event.source}
            for step, event in report.events.items()
        },
        "bpjs": report.at_bpjs and {step: epoch_ms(held) for step, held in report.at_bpjs.items()},
        "bpjs_booking": report.booking or None,
        "concerns_bpjs": report.concerns_bpjs,
        "left_alive": left_alive_document(record) if record.is_left_alive else None,
        "notes": list(report.notes),
    }
