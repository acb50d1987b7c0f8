"""A day compared, as `antrean reconcile` shows it: text in 80 columns and a JSON document."""

from collections.abc import Iterator, Sequence
from datetime import timezone
from typing import Any

from antrean_cli.operator.reconcile import Reconciliation
from antrean_cli.render.reasons import sentence
from antrean_cli.render.tables import csv_text, last_width, table
from antrean_cli.render.text import fill
from antrean_cli.render.times import epoch_ms, excel_time, time_of_day
from antrean_cli.render.words import STATES, state_name, step_name
from antrean_cli.rules.codes import State, Step
from antrean_cli.rules.comparison import Difference, DifferenceKind, Place, Verdict
from antrean_cli.rules.push import STEPS

_COUNTS = ("Kiriman", "Semua", "BPJS", "Tunggu", "Ditahan", "Ditolak", "Ditutup", "Hilang")
_SIDES = ("Kode booking", "Kiriman", "Khanza", "Catatan", "BPJS")
_DIFFERENCES = ("Kode booking", "Kiriman", "Apa")
_CODE, _LEAST = 26, 30  # columns of a kode booking at most, of what differs at least
_PLACE_WORDS = {
    Place.AT_BPJS: "di BPJS",
    Place.PENDING: STATES[State.DUE],
    Place.HELD: STATES[State.HELD],
    Place.REFUSED: STATES[State.REFUSED],
    Place.CLOSED: STATES[State.CLOSED],
    Place.LOST: "hilang",
}
_KIND_WORDS = {
    DifferenceKind.NOT_AT_BPJS: "tercatat terkirim, tidak ada di BPJS",
    DifferenceKind.NOT_SENT: "ada di Khanza, belum pernah dikirim",
    DifferenceKind.ALIVE_AT_BPJS: "batal di Khanza, masih berlaku di BPJS",
    DifferenceKind.NOT_NOTED: "sudah ada di BPJS, belum tercatat",
    DifferenceKind.OTHER_TIME: "waktunya lain",
    DifferenceKind.CHANGED_IN_KHANZA: "waktunya diubah di Khanza setelah dikirim",
    DifferenceKind.ONLY_AT_BPJS: "ada di BPJS, tidak ada di Khanza",
    DifferenceKind.CANCELLED_AT_BPJS: "dibatalkan di BPJS, tidak di Khanza",
    DifferenceKind.UNKNOWN_BOOKING: "antrean di BPJS yang tidak dikenal Khanza",
}
_BOTH_TIMES = (DifferenceKind.OTHER_TIME, DifferenceKind.CHANGED_IN_KHANZA)
_BATAL = "antrean batal KODEBOOKING --keterangan ALASAN"
_JUDGE = "BPJS tidak mengganti waktu yang sudah dicatatnya; nilai sendiri mana yang benar"
_VISIT_CHANGED = "kunjungannya diubah di Khanza setelah dikirim"
_JUDGE_VISIT = (
    "BPJS tidak mengganti antrean yang sudah ada; nilai sendiri, bila perlu batalkan: " + _BATAL
)
_TOO_LATE = "lewat H+7: BPJS tidak menerima lagi"
# What a person does about each kind; what depends on the day stands in `_advice`.
_ADVICE = {
    DifferenceKind.ALIVE_AT_BPJS: f"bila memang batal: {_BATAL}",
    DifferenceKind.OTHER_TIME: _JUDGE,
    DifferenceKind.CHANGED_IN_KHANZA: _JUDGE,
    DifferenceKind.ONLY_AT_BPJS: "periksa catatannya di Khanza: antrean show KODEBOOKING --bpjs",
    DifferenceKind.CANCELLED_AT_BPJS: (
        "pendaftaran: batalkan juga di Khanza, atau daftarkan pasien dengan antrean baru"
    ),
    DifferenceKind.UNKNOWN_BOOKING: (
        f"pendaftaran: cari pasiennya di Khanza; bila tidak datang: {_BATAL}"
    ),
}


def reconciliation_text(
    found: Reconciliation, zone: timezone, room: int | None, *, everything: bool = False
) -> str:
    """Return a day compared, for a terminal of so much `room`; without one no cell is broken.

    `everything` adds the three sides of each booking.
    """
    if not (found.compared or found.strangers or found.unanswered):
        which = "yang harus ada di BPJS " if found.verdicts else ""
        return f"{found.tanggal:%d-%m-%Y}: Tidak ada antrean {which}pada hari itu."
    parts = [f"{found.tanggal:%d-%m-%Y}: {len(found.compared)} antrean dibandingkan."]
    parts += _sums(found)
    if everything and found.compared:
        rows = _sides(found.compared, zone)
        parts.append(table(_SIDES, rows, (_CODE, None, None, 18, None) if room else None))
    if found.differences:
        parts.append(f"Perbedaan:\n{_difference_table(found, zone, room)}")
        parts += ["\n".join(steps)] if (steps := _next_steps(found)) else []
    parts += map(fill, _closing(found))
    return "\n\n".join(parts)


def _sums(found: Reconciliation) -> list[str]:
    """Return the table of counts and the equation that they make, none if nothing is recorded."""
    rows = [
        (step_name(step), sum(places.values()), *places.values())
        for step, places in found.counts().items()
    ]
    if not rows:
        return []
    sums = [sum(column) for column in zip(*(row[1:] for row in rows), strict=True)]
    everything, *of_places = sums
    parts = [
        f"{number} {_PLACE_WORDS[place]}"
        for place, number in zip(Place, of_places, strict=True)
        if number or place is not Place.LOST
    ]
    equation = f"{everything} tercatat = {' + '.join(parts)}"
    return [table(_COUNTS, [*rows, ("jumlah", *sums)]), fill(equation)]


def _closing(found: Reconciliation) -> Iterator[str]:
    """Yield what is to be said at the end: what could not be compared, or that all is equal."""
    if found.unanswered:
        yield f"{found.unanswered} antrean tidak dijawab BPJS ({found.fault}); ulangi nanti."
    if found.unconfirmed:
        yield (
            f"Pemeriksaan kedua gagal ({found.unconfirmed}); yang baru saja "
            f"terkirim dapat ikut disebut. Ulangi nanti."
        )
    if not (found.differences or found.error):
        yield "Sama: yang tercatat di Khanza ada di BPJS, atau diketahui sebabnya."


# -- differences, and what to do about them


def _difference_table(found: Reconciliation, zone: timezone, room: int | None) -> str:
    rows = [_difference_row(one, zone) for one in found.differences]
    wrapped = [(code[:_CODE], *others) for code, *others in rows]
    width = last_width(_DIFFERENCES, wrapped, room, _LEAST)
    return table(_DIFFERENCES, rows, (_CODE, None, width) if room else None)


def _difference_row(one: Difference, zone: timezone) -> tuple[str, str, str]:
    both = ""
    if one.waktu and one.bpjs and one.kind in _BOTH_TIMES:
        both = f" ({time_of_day(one.waktu, zone)}, BPJS {time_of_day(one.bpjs, zone)})"
    return one.kodebooking, step_name(one.step), f"{_words(one)}{both}"


def _words(one: Difference) -> str:
    return sentence(one.why) if one.why else _KIND_WORDS[one.kind]


def _next_steps(found: Reconciliation) -> list[str]:
    """Return what is left to do, each thing once, with the kinds that it is for if there are more.

    What was repaired just now needs nothing more.
    """
    kinds: dict[str, dict[str, None]] = {}
    for one in found.differences:
        if not (one.repairable and found.repaired):
            kinds.setdefault(_advice(one, found), {})[_heading(one)] = None
    several = len(kinds) > 1
    return [
        fill(f"→ {' / '.join(what)}: {line}" if several else f"→ {line}")
        for line, what in kinds.items()
    ]


def _heading(one: Difference) -> str:
    """Return what a piece of advice is for."""
    return _VISIT_CHANGED if one.why else _KIND_WORDS[one.kind]


def _advice(one: Difference, found: Reconciliation) -> str:
    if one.repairable:
        return f"antrean reconcile --date {found.tanggal} --repair"
    if one.kind is DifferenceKind.NOT_SENT:
        return _advice_not_sent(found)
    if one.kind in (DifferenceKind.NOT_AT_BPJS, DifferenceKind.NOT_NOTED):
        if found.too_late:
            return _TOO_LATE
        command = "add FILE" if one.step == Step.ADD else "update KODEBOOKING TASKID WAKTU"
        return f"kirim sendiri: antrean {command}"
    if one.kind is DifferenceKind.ONLY_AT_BPJS and one.step == Step.ADD:
        return f"pendaftaran: periksa kunjungannya di Khanza; bila dihapus: {_BATAL}"
    return _JUDGE_VISIT if one.why else _ADVICE[one.kind]


def _advice_not_sent(found: Reconciliation) -> str:
    if found.too_late:
        return _TOO_LATE
    if found.tanggal >= found.first:
        return "tambahkan sendiri: antrean add --no-rawat NO_RAWAT"
    return (
        f"putaran tidak membaca hari sebelum {found.first:%d-%m-%Y}; untuk mengirimnya: "
        f"antrean sync --since {found.tanggal}"
    )


# -- each booking with its three sides


def _sides(verdicts: Sequence[Verdict], zone: timezone) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for verdict in verdicts:
        steps = _shown_steps(verdict)
        for step in steps:
            name = verdict.kodebooking if step == steps[0] else ""
            sides = (_khanza_side, _ledger_side, _bpjs_side)
            rows.append((name, step_name(step), *(side(verdict, step, zone) for side in sides)))
    return rows


def _shown_steps(verdict: Verdict) -> list[str]:
    """Return the steps that any of the three knows."""
    known = {*verdict.khanza, *verdict.case.record.pushes, *verdict.at_bpjs.tasks}
    return [
        step for step in STEPS if step in known or (step == Step.ADD and verdict.at_bpjs.has(step))
    ]


def _khanza_side(verdict: Verdict, step: str, zone: timezone) -> str:
    if step not in verdict.khanza:
        return "-"
    return time_of_day(verdict.khanza[step], zone) or "ada"


def _ledger_side(verdict: Verdict, step: str, zone: timezone) -> str:
    push = verdict.case.record.push(step)
    if push is None:
        return "-"
    waktu = time_of_day(push.waktu, zone) if push.done else ""
    return f"{state_name(push)} {waktu}".rstrip()


def _bpjs_side(verdict: Verdict, step: str, zone: timezone) -> str:
    if not verdict.at_bpjs.has(step):
        return "-"
    return time_of_day(verdict.at_bpjs.tasks.get(step), zone) or "ada"


# -- CSV and JSON


def reconciliation_csv(found: Reconciliation, zone: timezone) -> str:
    """Return the differences, a line each, as Excel in Indonesia reads it."""
    headings = (
        "tanggal",
        "kodebooking",
        "no_rawat",
        "kiriman",
        "perbedaan",
        "waktu_khanza",
        "waktu_bpjs",
        "yang_harus_dilakukan",
    )
    no_rawat = {one.kodebooking: one.case.record.no_rawat for one in found.compared}
    rows = [
        (
            f"{found.tanggal:%d-%m-%Y}",
            one.kodebooking,
            no_rawat.get(one.kodebooking, ""),
            step_name(one.step),
            _words(one),
            excel_time(one.waktu and one.waktu.astimezone(zone)),
            excel_time(one.bpjs and one.bpjs.astimezone(zone)),
            _advice(one, found),
        )
        for one in found.differences
    ]
    return csv_text(headings, rows, excel=True)


def reconciliation_document(found: Reconciliation, *, everything: bool = False) -> dict[str, Any]:
    """Return a day compared for JSON output; times are epoch ms."""
    counts = found.counts()
    sums: dict[str, int] = {
        place: sum(places[place] for places in counts.values()) for place in Place
    }
    document: dict[str, Any] = {
        "tanggal": found.tanggal.isoformat(),
        "bookings": len(found.compared),
        "unanswered": found.unanswered,
        "confirmed": found.unconfirmed is None,
        "repaired": found.repaired,
        "recorded": sum(sums.values()),
        **sums,
        "steps": counts,
        "differences": [_difference_document(one) for one in found.differences],
    }
    if everything:
        document["side_by_side"] = [_sides_document(verdict) for verdict in found.compared]
    return document


def _difference_document(one: Difference) -> dict[str, Any]:
    document = {**one._asdict(), "waktu": epoch_ms(one.waktu), "bpjs": epoch_ms(one.bpjs)}
    del document["why"]  # its note stands in `show --json`
    return document


def _sides_document(verdict: Verdict) -> dict[str, Any]:
    tasks, pushes = verdict.at_bpjs.tasks, verdict.case.record.pushes
    return {
        "kodebooking": verdict.kodebooking,
        "no_rawat": verdict.case.record.no_rawat,
        "steps": {
            step: {
                "place": verdict.places.get(step),
                "in_khanza": step in verdict.khanza,
                "khanza": epoch_ms(verdict.khanza.get(step)),
                "state": pushes[step].state if step in pushes else None,
                "waktu": epoch_ms(pushes[step].waktu) if step in pushes else None,
                "at_bpjs": verdict.at_bpjs.has(step),
                "bpjs": epoch_ms(tasks.get(step)),
            }
            for step in _shown_steps(verdict)
        },
    }
