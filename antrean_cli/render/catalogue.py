"""BPJS's lists as `antrean ref` shows them, without a patient's numbers: table, CSV, JSON."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from antrean_cli.render.numbers import decimal
from antrean_cli.render.tables import csv_text, table
from antrean_cli.rules.listings import (
    DASHBOARD_TASKS,
    Antrean,
    Dokter,
    Poli,
    Praktek,
    SidikJari,
    WaktuTunggu,
)

Row = Antrean | Dokter | Poli | Praktek | SidikJari | WaktuTunggu

# The headings of each kind of rows, and the widths that its columns are wrapped to.
_HEADINGS: dict[type, tuple[tuple[str, ...], tuple[int | None, ...]]] = {
    Poli: (("Kode", "Nama poli", "Sub", "Nama subspesialis"), (None, 32, None, 28)),
    Dokter: (("Kode dokter", "Nama dokter"), (None, 60)),
    Praktek: (
        ("Kode dokter", "Nama dokter", "Jam praktek", "Kapasitas", "Libur"),
        (None, 26, None, None, None),
    ),
    Antrean: (
        ("Kode booking", "Tanggal", "Poli", "Dokter", "RM", "Nomor", "Status"),
        (20, None, 4, 7, 8, 8, 9),
    ),
    SidikJari: (("Sidik jari",), (None,)),
    WaktuTunggu: (
        ("Poli", "Nama", "Antrean", *(f"{task}→{task + 1}" for task in DASHBOARD_TASKS)),
        (5, 16, None, *[None] * len(DASHBOARD_TASKS)),
    ),
}


class _Shown(NamedTuple):
    """What is shown of a booking: the record number alone names the patient."""

    kodebooking: str
    tanggal: str
    kodepoli: str
    kodedokter: str
    jampraktek: str
    norm: str
    noantrean: str
    sumberdata: str
    status: str

    @classmethod
    def of(cls, row: Antrean) -> "_Shown":
        return cls(*(getattr(row, name) for name in cls._fields))


def shown(row: Row) -> dict[str, Any]:
    """Return what people are shown of a row, by its names in JSON."""
    return (_Shown.of(row) if isinstance(row, Antrean) else row)._asdict()


def catalogue_table(rows: Sequence[Row]) -> str:
    """Return rows of one kind, at least one, as a table in 80 columns.

    A month's dashboard, a row a day and clinic, has the day where that of one day has the name.
    """
    headings, widths = _HEADINGS[type(rows[0])]
    cells = [_cells(row) for row in rows]
    days = [row.tanggal for row in rows if isinstance(row, WaktuTunggu)]
    if len(set(days)) > 1:
        headings = (headings[0], "Tanggal", *headings[2:])
        cells = [(one[0], day, *one[2:]) for one, day in zip(cells, days, strict=True)]
    return table(headings, cells, widths)


def _cells(row: Row) -> tuple[object, ...]:
    if isinstance(row, Antrean):
        of_ticket = (row.norm, row.noantrean, row.status)
        return row.kodebooking, row.tanggal, row.kodepoli, row.kodedokter, *of_ticket
    if isinstance(row, WaktuTunggu):
        means = (decimal(seconds / 60) if seconds else "-" for seconds in row.means)
        return row.kodepoli, row.namapoli, row.antrean, *means
    if isinstance(row, SidikJari):
        return ("terdaftar" if row.terdaftar else "belum terdaftar",)
    return tuple(("ya" if cell else "") if isinstance(cell, bool) else cell for cell in row)


def catalogue_csv(rows: Sequence[Row]) -> str:
    """Return rows of one kind, at least one, as Excel in Indonesia reads it."""
    flat = [_flat(shown(row)) for row in rows]
    return csv_text([*flat[0]], [[*row.values()] for row in flat], excel=True)


def _flat(document: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in document.items():
        if isinstance(value, tuple):
            parts = zip(DASHBOARD_TASKS, value, strict=True)
            found |= {f"{name}_{task}": decimal(part) for task, part in parts}
        elif isinstance(value, bool):
            found[name] = "ya" if value else "tidak"
        else:
            found[name] = "" if value is None else str(value)
    return found
