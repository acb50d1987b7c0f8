"""BPJS's lists as `antrean listtask` shows them: table, JSON, CSV, or plain lines."""

from collections.abc import Sequence

from antrean_cli.render.tables import csv_text, plain_text, table
from antrean_cli.render.text import json_text
from antrean_cli.rules.listings import Task

FORMATS = ("table", "json", "csv", "plain")


def task_list(tasks: Sequence[Task], form: str) -> str:
    """Return BPJS's tasks in one of FORMATS.

    `plain` is taskid, wakturs, waktu, taskname, tab-separated, without a header. An empty table is
    an empty text.
    """
    if form == "json":
        return json_text([task._asdict() for task in tasks])
    rows = [(str(task.taskid), task.wakturs, task.waktu, task.taskname) for task in tasks]
    if form == "plain":
        return plain_text(rows)
    if form == "csv":
        return csv_text(("taskid", "wakturs", "waktu", "taskname"), rows)
    return table(("Task", "Waktu RS", "Dicatat BPJS", "Nama task"), rows, 22) if rows else ""
