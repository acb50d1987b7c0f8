"""Updates as a person types them: a time, and a CSV file with a line each.

- A header, semicolons (as Indonesian Excel writes them) and blank lines are all right.
- A file with one line that cannot be used is not used at all.
- What stands in such a line is not repeated: it may be anything.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone

from antrean_cli.config.settings import ZONES
from antrean_cli.errors import InputError
from antrean_cli.rules.add_fields import KODEBOOKING_FORM, is_kodebooking
from antrean_cli.rules.payloads import JENISRESEP

TASKIDS = ("1", "2", "3", "4", "5", "6", "7", "99")
HEADER = ["kodebooking", "taskid", "waktu"]
MOST_PROBLEMS = 5  # of a file that are told
# Each with the day first, as antrean, BPJS and an Indonesian Excel show a time: 22-11-2026 08:05,
# 22/11/2026 8.05. The signs within the day and within the hour are each the same.
_SHOWN = re.compile(
    r"(?P<day>\d\d?)(?P<sep>[-/])(?P<month>\d\d?)(?P=sep)(?P<year>20\d\d) "
    r"(?P<hour>\d\d?)(?P<dot>[:.])(?P<minute>\d\d)(?:(?P=dot)(?P<second>\d\d))?"
    r"(?: (?P<zone>WIB|WITA|WIT))?",
    re.ASCII,
)
_ISO = re.compile(r"20\d\d-\d\d-\d\d[ T]\d\d([:.])\d\d(\1\d\d)?", re.ASCII)
_NAMED = {zone.tzname(None): zone for zone in ZONES.values()}


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One update of a file; `number` is that of its line."""

    number: int
    kodebooking: str
    taskid: str
    waktu: datetime
    jenisresep: str | None = None


def typed_time(text: str, zone: timezone) -> datetime | None:
    """Return a time as an aware datetime in a zone, None if it is none.

    It may be written as `2026-11-22 08:05[:30]`, `22-11-2026 08:05[:30]` or `22/11/2026 8:05[:30]`
    in that zone, with full stops for the colons too, those with the day first with the name of
    another zone behind them, or as epoch ms (13 digits).
    """
    try:
        if re.fullmatch(r"[0-9]{13}", text):
            return datetime.fromtimestamp(int(text) / 1000, zone)
        if _ISO.fullmatch(text):
            return datetime.fromisoformat(text.replace(".", ":")).replace(tzinfo=zone)
        if found := _SHOWN.fullmatch(text):
            year, month, day, hour, minute, second = (
                int(found[part] or 0)
                for part in ("year", "month", "day", "hour", "minute", "second")
            )
            named = _NAMED.get(found["zone"], zone)
            waktu = datetime(year, month, day, hour, minute, second, tzinfo=named)
            return waktu.astimezone(zone)
    except ValueError:
        pass  # such as the 31st of February: no time either
    return None


def updates_in(text: str, name: str, zone: timezone) -> list[Line]:
    """Return the updates of a CSV text, in its order; none if it has a header alone.

    `name` is what people call the file. Raises InputError that tells which lines cannot be used.
    """
    lines, problems, empty = [], [], True
    for number, cells in _rows(text):
        is_header = empty and [cell.lower() for cell in cells[:3]] == HEADER
        empty = False
        if is_header:
            continue
        try:
            lines.append(_line(number, cells, zone))
        except InputError as error:
            problems.append(f"baris {number}: {error}")
    if empty:
        raise InputError(f"{name} kosong; isinya satu baris per task: kodebooking,taskid,waktu")
    if problems:
        told = [f"{name} tidak dapat dipakai, tidak ada yang dikirim:", *problems[:MOST_PROBLEMS]]
        if more := len(problems[MOST_PROBLEMS:]):
            told.append(f"dan {more} baris lain")
        raise InputError("\n  ".join(told))
    return lines


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines that are not blank as (number, cells); a line that is no CSV has no cells."""
    delimiter = ""
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        if not line.strip(" \t,;"):  # Excel leaves rows of nothing but delimiters
            continue
        delimiter = delimiter or (";" if line.count(";") >= 2 else ",")
        try:
            (cells,) = csv.reader([line], delimiter=delimiter, strict=True)
        except csv.Error:
            cells = []
        yield number, [cell.strip() for cell in cells]


def _line(number: int, cells: list[str], zone: timezone) -> Line:
    """Return one update; raises InputError."""
    if len(cells) < 3 or any(cells[4:]):
        raise InputError("harus kodebooking,taskid,waktu")
    kodebooking, taskid, waktu, jenisresep = (*cells, "")[:4]
    if not is_kodebooking(kodebooking):
        raise InputError(f"kodebooking {KODEBOOKING_FORM}")
    if taskid not in TASKIDS:
        raise InputError("taskid harus 1 sampai 7 atau 99")
    moment = typed_time(waktu, zone)
    if moment is None:
        raise InputError(
            "waktu harus seperti 2026-11-22 08:05 atau 22/11/2026 08.05, "
            "atau milidetik epoch (13 angka)"
        )
    kinds = {"": None, **{name.lower(): name for name in JENISRESEP}}
    if jenisresep.lower() not in kinds:
        raise InputError(f"jenisresep harus {', '.join(JENISRESEP)}, atau kosong")
    return Line(
        number=number,
        kodebooking=kodebooking,
        taskid=taskid,
        waktu=moment,
        jenisresep=kinds[jenisresep.lower()],
    )
