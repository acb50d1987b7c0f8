"""What a person reads: rows → table, JSON, CSV or plain text, and changes →
sentences (Indonesian).
"""

import json
import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from antrean_cli.rules.chain import (
    ADD,
    ALREADY,
    BATAL,
    CLOSED,
    DUE,
    FARMASI,
    HELD,
    REFUSED,
    SENDING,
    SENT,
    STEPS,
    Change,
    Push,
    Record,
)
from antrean_cli.rules.payloads import milliseconds

if TYPE_CHECKING:
    from antrean_cli.rules.listings import Task

FORMATS = ("table", "json", "csv", "plain")
STATES = {
    HELD: "ditahan",
    DUE: "menunggu",
    SENDING: "sedang dikirim",
    SENT: "terkirim",
    ALREADY: "sudah ada",
    REFUSED: "ditolak",
    CLOSED: "ditutup",
}
# What to do about a hold or a refusal, by the code of its reason.
ADVICE = {
    "petakan": "isi tabel pemetaan di Khanza; setelah itu terkirim otomatis",
    "jadwal": "isi tabel jadwal di Khanza; setelah itu terkirim otomatis",
    "referensi": "terbitkan SEP atau surat kontrol; setelah itu terkirim otomatis",
    "hadir": "terkirim otomatis begitu pasien check-in atau diperiksa",
    "urutan": "lengkapi task sebelumnya di Khanza",
    "waktu": "betulkan waktunya di Khanza",
    "diminta": "kirim yang diminta BPJS: antrean add atau antrean update",
    "ditolak": "betulkan datanya, lalu: antrean retry KODEBOOKING",
    "batal": "tunggu, atau batalkan pembatalannya di Khanza",
    "ragu": "terkirim otomatis begitu BPJS menjawab",
    "hilang": "periksa kunjungannya di Khanza",
    "ganda": "batalkan yang tidak dipakai (antrean batal KODEBOOKING); "
    "setelah itu terkirim otomatis",
    "poli": "ubah pengaturan bila poli ini harus ikut",
    "ulang": "tunggu putaran berikutnya",
}
KINDS = {"mobilejkn": "Mobile JKN", "onsite": "JKN", "nonjkn": "NON JKN"}
WIDTH = 79  # of a line of text on a terminal
_COMMAND = re.compile(r"antrean (?:add|batal|list|reconcile|retry|show|sync|update)\b[^;,)]*")
_PLAIN_BREAKS = str.maketrans("\t\r\n", "   ")


def step_name(step: str) -> str:
    """Return what people call a push."""
    return {ADD: "antrean", BATAL: "batal", FARMASI: "farmasi"}.get(step, f"task {step}")


def table(
    headers: Sequence[str],
    rows: Iterable[Sequence[object]],
    widths: int | Sequence[int | None] | None = None,
) -> str:
    """Return an aligned table; every cell is shown as it is written, wrapped to its column's width.

    One number is the width of the last column.
    """
    from tabulate import tabulate  # 50 ms that a pass without a table need not pay

    if isinstance(widths, int):
        widths = [*[None] * (len(headers) - 1), widths]
    return tabulate(
        list(rows), headers=headers, tablefmt="simple", disable_numparse=True, maxcolwidths=widths
    )


def fill(sentence: str, indent: int = 0) -> str:
    """Return a sentence in lines of WIDTH, those after the first two columns further in; no command
    is broken.
    """
    whole = _COMMAND.sub(lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), sentence)
    first, others = " " * indent, " " * (indent + 2)
    lines = textwrap.fill(
        whole, WIDTH, initial_indent=first, subsequent_indent=others, break_on_hyphens=False
    )
    return lines.replace("\N{NO-BREAK SPACE}", " ")


def document(value: object) -> str:
    """Return one JSON document."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def task_list(tasks: "Sequence[Task]", form: str) -> str:
    """Return BPJS's tasks in one of FORMATS; `plain` is taskid, wakturs, waktu, taskname,
    tab-separated, no header.
    """
    if form == "json":
        return document([task._asdict() for task in tasks])
    rows = [(str(task.taskid), task.wakturs, task.waktu, task.taskname) for task in tasks]
    if form == "plain":
        return "\n".join("\t".join(cell.translate(_PLAIN_BREAKS) for cell in row) for row in rows)
    if form == "csv":
        return _csv(("taskid", "wakturs", "waktu", "taskname"), rows)
    return table(("Task", "Waktu RS", "Dicatat BPJS", "Nama task"), rows, 22) if rows else ""


def _csv(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(headers)
    writer.writerows(rows)
    return text.getvalue().rstrip("\n")


def clock(waktu: datetime | None) -> str:
    """Return a time of day, empty for none."""
    return f"{waktu:%H:%M:%S}" if waktu else ""


def times(push: Push) -> str:
    """Return the time of a push; where a tie moved it, what Khanza recorded stands beside it."""
    moved = push.waktu and push.recorded and push.waktu != push.recorded
    return (
        f"{clock(push.waktu)} (Khanza {clock(push.recorded)})"
        if moved
        else clock(push.waktu or push.recorded)
    )


def change_line(change: Change) -> str:
    """Return one line of log: the push, its state, its time and why; never the patient."""
    push = change.push
    state = "ditarik" if change.after is None else STATES[push.state]
    parts = [change.record.kodebooking, step_name(push.step), state, times(push)]
    if push.reason and push.state in (HELD, REFUSED, CLOSED):
        parts.append(f"- {push.reason.text}")
    if push.note:
        parts.append(f"[{push.note}]")
    return " ".join(part for part in parts if part)


def push_document(kodebooking: str, push: Push) -> dict[str, Any]:
    """Return a push for JSON output; times are epoch ms."""
    return {
        "kodebooking": kodebooking,
        "step": push.step,
        "state": push.state,
        "waktu": push.waktu and milliseconds(push.waktu),
        "recorded": push.recorded and milliseconds(push.recorded),
        "source": push.source,
        "reason_code": push.reason and push.reason.code,
        "reason": push.reason and push.reason.text,
        "code": push.code,
        "note": push.note,
    }


def pushes_in(records: Iterable[Record], *states: str) -> list[tuple[Record, Push]]:
    """Return the pushes of some bookings that are in one of these states."""
    in_order = ((record, record.push(step)) for record in records for step in STEPS)
    return [(record, push) for record, push in in_order if push and push.state in states]


def attention(pairs: Sequence[tuple[Record, Push]], most: int = 15) -> str:
    """Return the table of holds and refusals: those with one reason together, and what to do about
    it.
    """
    groups: dict[tuple[str, str, str], list[str]] = {}
    behind: Counter[str] = Counter()
    for record, push in pairs:
        if push.reason and push.reason.code == "antrean":
            behind[record.kodebooking] += 1  # the hold of the add itself says it all
            continue
        reason = (push.reason.code, push.reason.text) if push.reason else ("", "")
        groups.setdefault((STATES[push.state], *reason), []).append(
            f"{record.kodebooking} {step_name(push.step)}"
        )
    lines = []
    for (state, code, text), members in list(groups.items())[:most]:
        more = f" dan {len(members) - 1} lainnya" if len(members) > 1 else ""
        waiting = sum(
            behind[member.split(" ")[0]] for member in members if member.endswith(" antrean")
        )
        more += f" (dan {waiting} task yang menunggunya)" if waiting else ""
        lines.append(f"  {state}: {members[0]}{more}\n    {text}")
        if advice := ADVICE.get(code):
            lines.append(f"    → {advice}")
    if len(groups) > most:
        lines.append(f"  … dan {len(groups) - most} alasan lain")
    return "\n".join(lines)
