"""Pushes as people and scripts read them: a table, a line of log, a summary, JSON (Indonesian)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from antrean_cli.render.reasons import advice_on, sentence
from antrean_cli.render.tables import table, table_parts
from antrean_cli.render.times import epoch_ms, time_of_day
from antrean_cli.render.unanswered import fault_document, fault_text
from antrean_cli.render.words import KINDS, STATES, state_name, step_name
from antrean_cli.rules.codes import State, Step
from antrean_cli.rules.own_faults import shown_fault
from antrean_cli.rules.push import MANUAL, STEPS, Change, Push, Record
from antrean_cli.rules.reasons import DELAYS, Reason, ReasonCode, general, has_code

_REASON_WIDTH = 22
_MOST_GROUPS = 15


def pushes_in(records: Iterable[Record], *states: str) -> list[tuple[Record, Push]]:
    """Return the pushes of some bookings that are in one of these states, step by step."""
    in_order = ((record, record.push(step)) for record in records for step in STEPS)
    return [(record, push) for record, push in in_order if push and push.state in states]


# -- lists


class PushRow(NamedTuple):
    """A push as `antrean list` shows it."""

    hari: str
    kodebooking: str
    poli: str
    kiriman: str
    keadaan: str
    alasan: str


def push_row(record: Record, push: Push) -> PushRow:
    """Return what `antrean list` shows of a push."""
    return PushRow(
        hari=f"{record.tanggal:%d-%m}",
        kodebooking=record.kodebooking,
        poli=record.kd_poli,
        kiriman=step_name(push.step),
        keadaan=state_name(push),
        alasan=_why_or_when(record, push),
    )


def push_table(rows: Sequence[PushRow]) -> Iterator[str]:
    """Yield pushes as `antrean list` shows them, one a row, in parts of whole lines."""
    headings = ("Hari", "Kode booking", "Poli", "Kiriman", "Keadaan", "Alasan atau waktu")
    return table_parts(headings, rows, _REASON_WIDTH)


def _why_or_when(record: Record, push: Push) -> str:
    """Return why a push is where it is, else its time."""
    if fault := shown_fault(record, push.step):
        return fault_text(fault)
    why = _why(push)
    return with_bodies_refused(record, push, sentence(why)) if why else push_times(push)


def with_bodies_refused(record: Record, push: Push, text: str) -> str:
    """Return why a push was refused; with how often, where its content changed meanwhile."""
    refused = record.refused(push.step) if push.state == State.REFUSED else ()
    if len(refused) < 2:
        return text
    since = refused[0].at
    return f"{text} ({len(refused)} kali dengan isi berbeda sejak {since:%d-%m %H:%M})"


def due_table(pairs: Iterable[tuple[Record, Push]]) -> str:
    """Return what a pass would send, in 80 columns: the day only where there are several."""
    due = list(pairs)
    headings = ("Hari", "Kode booking", "Jenis", "Kiriman", "Waktu", "Sumber")
    rows = [
        (
            f"{record.tanggal:%d-%m}",
            record.kodebooking,
            KINDS.get(record.kind, ""),
            step_name(push.step),
            _due_time(push),
            push.source,
        )
        for record, push in due
    ]
    if any(_is_moved(push) for _, push in due):
        note = "\n(…): waktu yang tercatat, yang tidak sesudah task sebelumnya"
    else:
        note = ""
    if len({record.tanggal for record, _ in due}) > 1:
        return table(headings, rows) + note
    return table(headings[1:], [row[1:] for row in rows]) + note


def _due_time(push: Push) -> str:
    """Return the time of a push; where a tie moved it, what Khanza recorded stands below it."""
    if _is_moved(push):
        return f"{time_of_day(push.waktu)}\n({time_of_day(push.recorded)})"
    return push_times(push)


def push_times(push: Push) -> str:
    """Return the time of a push; where a tie moved it, what was recorded or typed stands beside."""
    if _is_moved(push):
        said_by = "diketik" if push.source == MANUAL else "Khanza"
        return f"{time_of_day(push.waktu)} ({said_by} {time_of_day(push.recorded)})"
    return time_of_day(push.waktu or push.recorded)


def _why(push: Push) -> Reason | None:
    """Return why a push is where it is; one that is tried anew keeps BPJS's last word unseen."""
    return None if push.state in (State.DUE, State.SENDING) else push.reason


def _is_moved(push: Push) -> bool:
    """Return whether a push goes out with another time than the one that Khanza recorded."""
    return None not in (push.waktu, push.recorded) and push.waktu != push.recorded


def change_line(change: Change) -> str:
    """Return one line of log: the push, its state, its time and why; never the patient."""
    push = change.push
    state = "ditarik" if change.after is None else state_name(push)
    parts = [change.record.kodebooking, step_name(push.step), state, push_times(push)]
    if push.reason and push.state in (State.HELD, State.REFUSED, State.CLOSED):
        parts.append(f"- {sentence(push.reason).removeprefix(f'{state}: ')}")
    if push.note:
        parts.append(f"[{sentence(push.note)}]")
    return " ".join(part for part in parts if part)


# -- what needs somebody


def reasons_summary(pairs: Iterable[tuple[Record, Push]]) -> str:
    """Return holds and refusals, those with one reason together, and what to do about each.

    The tasks that wait for a held add are counted with it.
    """
    groups: dict[tuple[State, Reason | None], list[tuple[Record, Push]]] = {}
    behind: Counter[str] = Counter()
    for record, push in pairs:
        if has_code(push.reason, ReasonCode.WAITING_FOR_ADD, ReasonCode.ADD_NOT_THERE):
            behind[record.kodebooking] += 1
        else:
            groups.setdefault((push.state, _shared(push.reason)), []).append((record, push))
    lines = []
    for (state, _), members in list(groups.items())[:_MOST_GROUPS]:
        reason = members[0][1].reason
        text = sentence(reason) if reason else ""
        lines.append(f"  {STATES[state]}: {_example(members, behind)}\n    {text}")
        if reason and (advice := advice_on(reason)):
            lines.append(f"    → {advice}")
    if len(groups) > _MOST_GROUPS:
        lines.append(f"  … dan {len(groups) - _MOST_GROUPS} alasan lain")
    return "\n".join(lines)


def _shared(reason: Reason | None) -> Reason | None:
    """Return what pushes have in common that are shown together: delays end at several times."""
    return general(reason) if reason and reason.code in DELAYS else reason


def _example(members: Sequence[tuple[Record, Push]], behind: Counter[str]) -> str:
    """Return the first push of a group, how many others there are, and what waits for its adds."""
    record, push = members[0]
    more = f" dan {len(members) - 1} lainnya" if len(members) > 1 else ""
    waiting = sum(behind[record.kodebooking] for record, push in members if push.step == Step.ADD)
    if waiting:
        more += f" (dan {waiting} task yang menunggunya)"
    return f"{record.kodebooking} {step_name(push.step)}{more}"


# -- JSON


def push_document(kodebooking: str, push: Push) -> dict[str, Any]:
    """Return a push for JSON output; times are epoch ms."""
    why = _why(push)
    return {
        "kodebooking": kodebooking,
        "step": push.step,
        "state": push.state,
        "waktu": epoch_ms(push.waktu),
        "recorded": epoch_ms(push.recorded),
        "source": push.source,
        "reason_code": why and why.code.family,
        "reason": why and sentence(why),
        "code": push.code,
        "note": sentence(push.note) if push.note else "",
    }


def listed_push_document(record: Record, push: Push) -> dict[str, Any]:
    """Return a push for JSON output together with what is known of its booking."""
    fault = shown_fault(record, push.step)
    return {
        **push_document(record.kodebooking, push),
        "tanggal": record.tanggal.isoformat(),
        "kind": record.kind,
        "no_rawat": record.no_rawat,
        "kd_poli": record.kd_poli,
        "left_alive": record.is_left_alive,
        "refusals": len(record.refused(push.step)),
        "unanswered": fault_document(fault) if fault else None,
        "since": epoch_ms(push.since),
    }
