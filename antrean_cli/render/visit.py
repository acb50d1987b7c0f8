"""One visit's story, as `antrean show` tells it: text in 80 columns and a JSON document
(Indonesian).
"""

import shlex
from collections.abc import Iterator
from typing import Any

from antrean_cli.operator.visit_report import CANCELLED, MISSING, PRESENT, Story
from antrean_cli.render.pushes import listed_push_document
from antrean_cli.render.reasons import Unit, advice_on, recorded_by, sentence, who_acts
from antrean_cli.render.tables import table
from antrean_cli.render.text import fill
from antrean_cli.render.times import epoch_ms, time_of_day
from antrean_cli.render.words import KINDS, STATES, step_name
from antrean_cli.rules.codes import State, Step
from antrean_cli.rules.push import MANUAL, ORDERED, STEPS, Push
from antrean_cli.rules.reasons import ReasonCode, has_code
from antrean_cli.rules.sources import TASKS

_WIDTHS = (None, 25, None, 21, 9)  # what is longer is broken into two lines
_AT_BPJS = {PRESENT: "ada", MISSING: "tidak ada", CANCELLED: "batal", "": ""}
_TASK_STEPS = tuple(map(str, TASKS))
_BY_ITSELF = "menyusul otomatis"
_NOT_CANCELLED_HERE = (
    f"{Unit.PENDAFTARAN}: batalkan juga di Khanza, atau daftarkan pasien dengan antrean baru"
)
# What waits for the add in the end, whatever it says itself.
_FOR_ADD = (ReasonCode.WAITING_FOR_ADD, ReasonCode.ADD_REFUSED, ReasonCode.DEMANDED_ADD)


def visit_text(told: Story) -> str:
    """Return the whole story of one visit for a terminal."""
    columns = len(_WIDTHS) if told.at_bpjs is not None else len(_WIDTHS) - 1
    headers = ("Kiriman", "Khanza", "Kirim", "Keadaan", "BPJS")[:columns]
    rows = [_row(told, step)[:columns] for step in _steps(told)]
    parts = [_head(told), table(headers, rows, _WIDTHS[:columns])]
    if codes := [f"{step_name(push.step)} {push.code}" for push in _pushes(told) if push.code]:
        parts.append(fill(f"Jawaban BPJS: {', '.join(codes)}"))
    for title, lines in (("Yang perlu dilakukan:", _doings(told)), ("Catatan:", _notes(told))):
        parts += ["\n".join((title, *lines))] if lines else []
    return "\n\n".join(parts)


def _head(told: Story) -> str:
    record = told.record
    head = [record.kodebooking, KINDS.get(record.kind, record.kind), f"{record.tanggal:%d-%m-%Y}"]
    head += [f"poli {record.kd_poli}"] if record.kd_poli else []
    head += [f"dokter {record.kd_dokter}"] if record.kd_dokter else []
    same = record.no_rawat in ("", record.kodebooking)
    return fill(", ".join(head)) + ("" if same else f"\nno_rawat {record.no_rawat}")


def _pushes(told: Story) -> list[Push]:
    return [told.record.pushes[step] for step in STEPS if step in told.record.pushes]


# -- the table


def _steps(told: Story) -> list[str]:
    """Return the steps to show; of a cancelled booking nothing more is to come."""
    shown = {Step.ADD, *told.record.pushes, *(told.at_bpjs or {})}
    return [step for step in STEPS if step in shown or (step in _TASK_STEPS and not told.cancelled)]


def _row(told: Story, step: str) -> list[str]:
    push, event = told.record.push(step), told.events.get(step)
    recorded = f"{time_of_day(event.waktu)} {event.source}" if event else ""
    sent = time_of_day(push.waktu) if push and push.done else ""
    return [step_name(step), recorded, sent, _condition(told, step), _there(told, step)]


def _condition(told: Story, step: str) -> str:
    push, event = told.record.push(step), told.events.get(step)
    if push and push.state != State.SENDING and push.since:
        return f"{STATES[push.state]} {push.since:%d-%m %H:%M}"
    if push:
        return STATES[push.state]
    if step == Step.ADD:
        return "dari Mobile JKN" if told.record.kind == "mobilejkn" else ""
    if told.cancelled or step not in _TASK_STEPS:
        return ""
    if event is None:
        return "belum ada di Khanza" if told.visit else "belum tercatat"
    return "belum waktunya" if event.waktu > told.now else "diperiksa pada putaran berikutnya"


def _there(told: Story, step: str) -> str:
    """Return what BPJS holds of a step; antrean farmasi is in no list, and batal leaves a 99."""
    if told.at_bpjs is None or step == Step.FARMASI:
        return ""
    if step == Step.ADD:
        return _AT_BPJS[told.booking]
    held = told.at_bpjs.get(Step.TASK_99 if step == Step.BATAL else step)
    return time_of_day(held, told.zone) if held else "ada" if _at_bpjs(told, step) else "-"


def _at_bpjs(told: Story, step: str) -> bool:
    """Return whether BPJS has a step; a booking without a list of its own is taken to be there."""
    if step == Step.ADD:
        return told.booking != MISSING
    if step in (Step.TASK_99, Step.BATAL):
        return told.booking == CANCELLED
    return step in (told.at_bpjs or {})


# -- who has to do what


def _doings(told: Story) -> list[str]:
    """Return what is stuck or does not fit, and once for all that it helps, what to do about it."""
    grouped: dict[str, list[str]] = {}
    for line, advice in (*_stuck(told), *_unlike_bpjs(told)):
        if advice != _BY_ITSELF:
            grouped.setdefault(advice, []).append(line)
    lines = []
    for advice, members in grouped.items():
        lines += [fill(line, 2) for line in members]
        lines += [fill(f"→ {advice}", 4)] if advice else []
    return lines


def _stuck(told: Story) -> Iterator[tuple[str, str]]:
    """Yield what is held or refused, and a cancel that Khanza does not know,
    each with its advice.
    """
    if told.live and _cancelled_elsewhere(told):
        yield "dibatalkan di BPJS, tidak di Khanza", _NOT_CANCELLED_HERE
    for push in _pushes(told):
        if push.reason and push.state in (State.HELD, State.REFUSED):
            code = f" (kode {push.code})" if push.state == State.REFUSED and push.code else ""
            yield (
                f"{step_name(push.step)} {STATES[push.state]}: {sentence(push.reason)}{code}",
                _advice(told, push),
            )


def _cancelled_elsewhere(told: Story) -> bool:
    """Return whether BPJS holds the booking as cancelled, other than by hand."""
    cancels = [
        push for push in _pushes(told) if push.step in (Step.TASK_99, Step.BATAL) and push.done
    ]
    return all(push.source != MANUAL for push in cancels) and bool(
        cancels or told.booking == CANCELLED
    )


def _advice(told: Story, push: Push) -> str:
    """Return who has to do what about a push that is stuck: about the one that it waits for, if it
    waits for one.
    """
    push = _root(told, push)
    if push.reason is None or push.state not in (State.HELD, State.REFUSED):
        return "" if push.state == State.CLOSED else _BY_ITSELF
    if has_code(push.reason, ReasonCode.WAITING_FOR_TASK):
        return _advice_for_missing(told, _before(told, push.step))
    if has_code(push.reason, ReasonCode.DEMANDED_TASK, ReasonCode.DEMANDED_ADD):
        return _advice_for_demand(told, push.blocked_by)
    retry = f"retry {shlex.quote(told.record.kodebooking)}"
    advice = advice_on(push.reason).replace("retry KODEBOOKING", retry)
    who = who_acts(push.reason, push.step)
    return f"{who}: {advice}" if who and advice else advice


def _root(told: Story, push: Push) -> Push:
    """Return the push that the one in question waits for in the end."""
    add = told.record.push(Step.ADD)
    if push.step != Step.ADD and add and not add.done and has_code(push.reason, *_FOR_ADD):
        return add
    if not has_code(push.reason, ReasonCode.WAITING_FOR_TASK):
        return push
    before = told.record.push(_before(told, push.step))
    return _root(told, before) if before else push


def _before(told: Story, step: str) -> str:
    """Return the task that a step waits for, empty if there is none: the last that is stuck, or the
    first missing.
    """
    waited = ""
    for one in ORDERED[: ORDERED.index(step)] if step in ORDERED else ():
        push = told.record.push(one)
        if push is None:
            waited = waited or (one if one in _TASK_STEPS else "")
        else:
            waited = "" if push.done or push.state == State.DUE else one
    return waited


def _advice_for_missing(told: Story, step: str) -> str:
    if not step or step in told.events:
        return _BY_ITSELF
    return f"{recorded_by(step)}: catat {step_name(step)} di Khanza"


def _advice_for_demand(told: Story, needed: str) -> str:
    kodebooking, no_rawat = shlex.quote(told.record.kodebooking), told.record.no_rawat
    if needed == Step.ADD:
        return (
            f"{Unit.IT}: antrean add --no-rawat {no_rawat}"
            if no_rawat
            else f"{Unit.IT}: antrean add FILE"
        )
    if needed in told.events:
        return _BY_ITSELF
    if needed in _TASK_STEPS:
        return f"{recorded_by(needed)}: catat {step_name(needed)} di Khanza"
    return f"{Unit.PENDAFTARAN}: antrean update {kodebooking} {needed} WAKTU"


def _unlike_bpjs(told: Story) -> Iterator[tuple[str, str]]:
    """Yield what BPJS lacks of what the ledger calls sent, and what it has that is not recorded
    here.
    """
    if told.at_bpjs is None:
        return
    repair = f"{Unit.IT}: antrean reconcile --date {told.record.tanggal} --repair"
    for step in STEPS:
        push, event, there = told.record.push(step), told.events.get(step), _at_bpjs(told, step)
        name, unit = step_name(step), recorded_by(step)
        if push and push.done and not there and step != Step.FARMASI:
            yield f"{name} tercatat {STATES[push.state]}, tetapi tidak ada di BPJS", repair
        elif step not in _TASK_STEPS or not there or told.cancelled:
            continue
        elif push and not push.done:
            yield f"{name} sudah ada di BPJS, belum tercatat", repair
        elif told.visit and event is None and not (push and push.source == MANUAL):
            yield (
                f"{name} ada di BPJS, tidak ada di Khanza",
                f"{unit}: periksa catatannya di Khanza",
            )


# -- what is merely to be known


def _notes(told: Story) -> list[str]:
    """Return what needs nobody: what was given up, what was noted, and what could not be read."""
    closed: dict[str, list[str]] = {}
    for push in _pushes(told):
        if push.state == State.CLOSED and push.reason:
            closed.setdefault(sentence(push.reason), []).append(step_name(push.step))
    lines = [
        f"{', '.join(names)} {STATES[State.CLOSED]}: {reason}" for reason, names in closed.items()
    ]
    lines += [f"{line}; {advice}" for line, advice in _stuck(told) if advice == _BY_ITSELF]
    for push in _pushes(told):
        lines += [f"{step_name(push.step)}: {sentence(push.note)}"] if push.note else []
        if push.state == State.DUE and push.attempts and push.next_try:
            again = time_of_day(push.next_try, told.zone)
            lines.append(
                f"{step_name(push.step)}: BPJS menjawab kode {push.code}, dicoba lagi {again}"
            )
    lines += ["Kunjungan ini dibatalkan."] if told.cancelled and not told.live else []
    return [fill(line, 2) for line in (*lines, *told.notes)]


# -- JSON


def visit_document(told: Story) -> dict[str, Any]:
    """Return the story for JSON output; times are epoch ms."""
    record = told.record
    return {
        "kodebooking": record.kodebooking,
        "no_rawat": record.no_rawat,
        "kind": record.kind,
        "tanggal": record.tanggal.isoformat(),
        "kd_poli": record.kd_poli,
        "kd_dokter": record.kd_dokter,
        "stts": record.seen and record.seen.stts,
        "pushes": [listed_push_document(record, push) for push in _pushes(told)],
        "khanza": {
            step: {"waktu": epoch_ms(event.waktu), "source": event.source}
            for step, event in told.events.items()
        },
        "bpjs": told.at_bpjs and {step: epoch_ms(held) for step, held in told.at_bpjs.items()},
        "bpjs_booking": told.booking or None,
        "notes": list(told.notes),
    }
