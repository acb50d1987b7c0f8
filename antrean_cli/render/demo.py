"""A demonstration as people watch it: each moment, and what BPJS holds at its end (Indonesian)."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence

from antrean_cli.render.pushes import pushes_in
from antrean_cli.render.root_causes import causes_text
from antrean_cli.render.tables import table
from antrean_cli.render.text import WIDTH
from antrean_cli.render.times import time_of_day
from antrean_cli.render.words import step_name
from antrean_cli.rules.codes import AT_BPJS, TASKS, State, Step
from antrean_cli.rules.listings import Task
from antrean_cli.rules.push import Record
from antrean_cli.rules.reasons import NO_SIGN_YET
from antrean_cli.rules.times import parse_wakturs
from antrean_cli.rules.todo import counted_causes
from antrean_cli.sync.pass_report import PassReport


def moment_text(
    jam: str,
    happened: str,
    report: PassReport,
    open_pushes: Mapping[State, int],
    told: Iterable[str],
) -> str:
    """Return what happened at a moment, and what the pass after it came to.

    `open_pushes` counts those of the day by their state.
    """
    parts = (
        (report.counts[State.SENT], "terkirim"),
        (report.counts[State.ALREADY], "sudah ada"),
        (open_pushes[State.HELD], "ditahan"),
        (open_pushes[State.DUE], "menunggu"),
    )
    numbers = ", ".join(f"{number} {what}" for number, what in parts if number)
    lines = [f"{jam}  {happened}", f"       → {numbers or 'tidak ada yang baru'}"]
    for text in told:
        lines.append(
            textwrap.fill(text, WIDTH, initial_indent="       ! ", subsequent_indent="         ")
        )
    return "\n".join(lines)


def proof_text(
    records: Sequence[Record], at_bpjs: Mapping[str, Sequence[Task]], *, twice: int
) -> str:
    """Return what BPJS holds beside what Khanza recorded, and why the rest is held.

    `at_bpjs` is what BPJS lists of each booking, by kode booking; `twice` how often it was told
    what it had already.
    """
    rows = [row for record in records for row in _side_by_side(record, at_bpjs[record.kodebooking])]
    cancelled = [
        f"{record.kodebooking} ({step_name(push.step)})"
        for record, push in pushes_in(records, *AT_BPJS)
        if push.step in (Step.TASK_99, Step.BATAL)
    ]
    arrived = sum(push.done for record in records for push in record.pushes.values())
    held = causes_text(counted_causes(pushes_in(records, State.HELD)))
    return f"""\
Yang tercatat di Khanza, dan yang dipegang BPJS:

{table(("Kode booking", "", *(f"Task {taskid}" for taskid in TASKS)), rows)}
* dua langkah satu klik: BPJS menolak waktu yang sama, jadi ditambah satu detik
  Datang sebelum poli buka (08:00)? Task 3 adalah jam buka poli.

Dibatalkan di BPJS: {", ".join(cancelled)}

Ditahan, dan sebabnya:
{held}

{len(records)} kunjungan, {arrived} kiriman sampai di BPJS; {twice} kali ganda. \
Tidak ada yang dikarang."""


def _side_by_side(record: Record, held: Sequence[Task]) -> Iterator[tuple[str, ...]]:
    """Yield the two rows of a booking, none if Khanza recorded nothing of it."""
    at_bpjs = {task.taskid: time_of_day(parse_wakturs(task.wakturs)) for task in held}
    pushes = {taskid: push for taskid in TASKS if (push := record.push(str(taskid)))}
    # Of a patient who never came nothing is recorded, only when the session opened.
    recorded = {
        taskid: time_of_day(push.recorded)
        for taskid, push in pushes.items()
        if push.reason != NO_SIGN_YET
    }
    if not recorded:
        return
    marked = {
        taskid: f"{waktu}*" if waktu != recorded.get(taskid) else waktu
        for taskid, waktu in at_bpjs.items()
    }
    yield record.kodebooking, "Khanza", *(recorded.get(taskid, "") for taskid in TASKS)
    yield "", "BPJS", *(marked.get(taskid, "") for taskid in TASKS)
