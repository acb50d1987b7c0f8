"""The day's work as `antrean todo` shows it: by who does it, in the words of that desk."""

from collections.abc import Iterable
from typing import Any

from antrean_cli.khanza.queries import Names
from antrean_cli.operator.todo import Todo
from antrean_cli.render.page import html_table, page, section
from antrean_cli.render.reasons import advice_on, sentence
from antrean_cli.render.report import named
from antrean_cli.render.root_causes import spoken, to_record
from antrean_cli.render.tables import csv_text
from antrean_cli.render.text import fill
from antrean_cli.render.times import epoch_ms
from antrean_cli.rules.acting import Unit, unit_of
from antrean_cli.rules.todo import Work, last_day

_MOST = 8  # bookings that are named
_UNITS = (Unit.PENDAFTARAN, Unit.POLI, Unit.FARMASI, Unit.IT)


def title(one: Work) -> str:
    """Return what is to be done, in the words of who does it."""
    reason = spoken(one.reason)
    return sentence(reason) if reason else to_record(one.step)


def advice(one: Work) -> str:
    """Return what to do about it, empty where the title says it."""
    if reason := spoken(one.reason):
        one_booking = len(one.bookings) == 1
        return advice_on(reason, one.bookings[0].kodebooking if one_booking else "KODEBOOKING")
    return ""


def by_unit(work: Iterable[Work]) -> list[tuple[Unit, list[Work]]]:
    """Return the work of each desk that has some."""
    of_units: dict[Unit, list[Work]] = {unit: [] for unit in _UNITS}
    for one in work:
        if unit := unit_of(one.step, one.reason):
            of_units[unit].append(one)
    return [(unit, found) for unit, found in of_units.items() if found]


# -- text


def todo_text(found: Todo, who: str) -> str:
    """Return the work of one desk, or of all for an empty `who`."""
    parts = [f"Yang perlu dikerjakan, {found.now:%d-%m-%Y %H:%M}"]
    for unit, work in _wanted(found, who):
        lines = [_UNIT_NAMES[unit]]
        for one in work:
            lines += _lines(one, found)
        parts.append("\n".join(lines))
    if len(parts) == 1:
        parts.append("Tidak ada.")
    return "\n\n".join(parts)


def _wanted(found: Todo, who: str) -> list[tuple[Unit, list[Work]]]:
    return [(unit, work) for unit, work in by_unit(found.work) if who in ("", unit.value)]


_UNIT_NAMES = {
    Unit.PENDAFTARAN: "PENDAFTARAN",
    Unit.POLI: "POLI",
    Unit.FARMASI: "FARMASI",
    Unit.IT: "IT",
}


def _lines(one: Work, found: Todo) -> Iterable[str]:
    place = _place(one, found.names)
    yield fill(f"{place}: {title(one)}" if place else title(one), 2)
    yield fill(f"{_count(one)}, paling lambat {one.until:%d-%m-%Y}", 4)
    yield fill(_numbers(one, _MOST), 4)
    if what := advice(one):
        yield fill(f"→ {what}", 4)


def _place(one: Work, names: Names) -> str:
    """Return the clinic, where it is one, and the doctor, where the work is about one."""
    about = str(one.reason.get("kd_dokter") or "") if one.reason else ""
    clinic = [named(names.clinics, one.kd_poli)] if one.kd_poli else []
    return ", ".join([*clinic, *([named(names.doctors, about)] if about else [])])


def _count(one: Work) -> str:
    visits = f"{len(one.bookings)} kunjungan"
    return f"{visits} ({one.waiting} kiriman menunggunya)"


def _numbers(one: Work, most: int | None = None) -> str:
    numbers = [record.no_rawat or record.kodebooking for record in one.bookings]
    left = len(numbers[most:]) if most is not None else 0
    return ", ".join(numbers[:most]) + (f", dan {left} lagi" if left else "")


# -- CSV, JSON, a page


def todo_csv(found: Todo, who: str) -> str:
    """Return a line a booking, as Excel in Indonesia reads it."""
    headings = (
        *("oleh", "poli", "dokter", "pekerjaan", "yang_harus_dilakukan"),
        *("no_rawat", "kodebooking", "tanggal", "paling_lambat"),
    )
    rows = [
        (
            unit.value,
            named(found.names.clinics, record.kd_poli),
            named(found.names.doctors, record.kd_dokter),
            title(one),
            advice(one),
            record.no_rawat,
            record.kodebooking,
            f"{record.tanggal:%d-%m-%Y}",
            f"{last_day(record):%d-%m-%Y}",
        )
        for unit, work in _wanted(found, who)
        for one in work
        for record in one.bookings
    ]
    return csv_text(headings, rows, excel=True)


def todo_document(found: Todo, who: str) -> dict[str, Any]:
    """Return the work for JSON output."""
    return {
        "now": epoch_ms(found.now),
        "work": [
            {
                "who": unit.value,
                "kd_poli": one.kd_poli,
                "poli": found.names.clinics.get(one.kd_poli, ""),
                "kd_dokter": one.kd_dokter,
                "dokter": found.names.doctors.get(one.kd_dokter, ""),
                "step": one.step,
                "reason_code": one.reason and one.reason.code.family,
                "text": title(one),
                "advice": advice(one),
                "until": one.until.isoformat(),
                "waiting": one.waiting,
                "bookings": [
                    {
                        "kodebooking": record.kodebooking,
                        "no_rawat": record.no_rawat,
                        "until": last_day(record).isoformat(),
                    }
                    for record in one.bookings
                ],
            }
            for unit, work in _wanted(found, who)
            for one in work
        ],
    }


def todo_page(found: Todo, who: str) -> str:
    """Return the work as one page that a desk opens or prints: with all its visits."""
    moment = f"{found.now:%d-%m-%Y %H:%M}"
    parts = [f"<h1>Yang perlu dikerjakan</h1><p>{moment}</p>"]
    for unit, work in _wanted(found, who):
        advised = any(map(advice, work))
        rows = [
            (
                _place(one, found.names),
                title(one),
                *([advice(one)] if advised else []),
                _numbers(one),
                str(len(one.bookings)),
                f"{one.until:%d-%m-%Y}",
            )
            for one in work
        ]
        words = ("Poli", "Pekerjaan", *(["Yang dilakukan"] if advised else []), "Nomor rawat")
        headings = (*words, "Kunjungan", "Paling lambat")
        found_work = html_table(headings, rows, range(len(words)))
        parts.append(section(_UNIT_NAMES[unit], found_work, breaks=True))
    if len(parts) == 1:
        parts.append("<p>Tidak ada.</p>")
    return page(f"Yang perlu dikerjakan {moment}", parts)
