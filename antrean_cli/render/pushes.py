"""Pushes as people and scripts read them: a table, a line of log, CSV, JSON (Indonesian)."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from antrean_cli.render.reasons import sentence
from antrean_cli.render.tables import csv_text, last_width, table, table_parts
from antrean_cli.render.times import epoch_ms, excel_time, time_of_day
from antrean_cli.render.unanswered import fault_document, fault_text
from antrean_cli.render.words import KINDS, state_name, step_name
from antrean_cli.rules.codes import State
from antrean_cli.rules.own_faults import shown_fault
from antrean_cli.rules.push import MANUAL, STEPS, Change, Push, Record
from antrean_cli.rules.reasons import BEHIND_ADD, Reason, has_code

_REASON_WIDTH = 22  # at least


def pushes_in(records: Iterable[Record], *states: str) -> list[tuple[Record, Push]]:
    """Return the pushes of some bookings that are in one of these states, step by step."""
    in_order = ((record, record.push(step)) for record in records for step in STEPS)
    return [(record, push) for record, push in in_order if push and push.state in states]


# -- lists


class ListedPush(NamedTuple):
    """A push as `antrean list` shows it."""

    hari: str
    kodebooking: str
    poli: str
    kiriman: str
    keadaan: str
    alasan: str


def listed_push(record: Record, push: Push, *, briefly: bool) -> ListedPush:
    """Return what `antrean list` shows of a push.

    `briefly`: what waits for an add does not repeat why that waits; its cause is shown by itself.
    """
    why = _why_or_when(record, push)
    if briefly and has_code(push.reason, *BEHIND_ADD) and push.state == State.HELD:
        why = "menunggu antrean"
    return ListedPush(
        hari=f"{record.tanggal:%d-%m}",
        kodebooking=record.kodebooking,
        poli=record.kd_poli,
        kiriman=step_name(push.step),
        keadaan=state_name(push),
        alasan=why,
    )


def push_table(rows: Sequence[ListedPush], room: int | None) -> Iterator[str]:
    """Yield pushes as `antrean list` shows them, one a row, in parts of whole lines.

    `room` are the columns of the terminal, where the day stands only if there are several; without
    one no line is broken.
    """
    headings = ("Hari", "Kode booking", "Poli", "Kiriman", "Keadaan", "Alasan atau waktu")
    first = 1 if room and len({row.hari for row in rows}) == 1 else 0
    names, shown = headings[first:], [row[first:] for row in rows]
    return table_parts(names, shown, last_width(names, shown, room, _REASON_WIDTH))


_CSV_HEADINGS = (
    "tanggal",
    "kodebooking",
    "no_rawat",
    "poli",
    "jenis",
    "kiriman",
    "keadaan",
    "waktu",
    "kode_alasan",
    "alasan",
    "sejak",
)


def push_csv(pairs: Iterable[tuple[Record, Push]]) -> str:
    """Return pushes with their bookings, a line each, as Excel in Indonesia reads it."""
    rows = (
        (
            f"{record.tanggal:%d-%m-%Y}",
            record.kodebooking,
            record.no_rawat,
            record.kd_poli,
            KINDS.get(record.kind, ""),
            step_name(push.step),
            state_name(push),
            excel_time(push.waktu or push.recorded),
            why.code.family if (why := _why(push)) else "",
            _why_in_words(record, push),
            excel_time(push.since),
        )
        for record, push in pairs
    )
    return csv_text(_CSV_HEADINGS, rows, excel=True)


def _why_or_when(record: Record, push: Push) -> str:
    """Return why a push is where it is, else its time."""
    return _why_in_words(record, push) or push_times(push)


def _why_in_words(record: Record, push: Push) -> str:
    """Return why a push is where it is, empty where nothing is to be said of that."""
    if fault := shown_fault(record, push.step):
        return fault_text(fault)
    why = _why(push)
    return with_bodies_refused(record, push, sentence(why)) if why else ""


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
        "sent_at": epoch_ms(push.sent_at),
    }
