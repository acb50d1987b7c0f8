"""A day compared, as `antrean reconcile` shows it: text in 80 columns and a JSON document
(Indonesian).
"""

from collections.abc import Iterator, Sequence
from datetime import timezone
from typing import Any

from antrean_cli.operator.reconcile import Reconciliation
from antrean_cli.render.tables import table
from antrean_cli.render.text import fill
from antrean_cli.render.times import epoch_ms, time_of_day
from antrean_cli.render.words import STATES, step_name
from antrean_cli.rules.chain import ADD, STEPS
from antrean_cli.rules.comparison import (
    ALIVE_AT_BPJS,
    CANCELLED_THERE,
    CHANGED_IN_KHANZA,
    NOT_AT_BPJS,
    NOT_NOTED,
    NOT_SENT,
    ONLY_AT_BPJS,
    OTHER_TIME,
    PLACES,
    UNKNOWN_BOOKING,
    Difference,
    Verdict,
)

_PLACES = dict(
    zip(PLACES, ("di BPJS", "menunggu", "ditahan", "ditolak", "ditutup", "hilang"), strict=True)
)
_HEADINGS = ("Kiriman", "Semua", "BPJS", "Nanti", "Ditahan", "Ditolak", "Ditutup", "Hilang")
_DIFFERENCES = {
    NOT_AT_BPJS: "tercatat terkirim, tidak ada di BPJS",
    NOT_SENT: "ada di Khanza, belum pernah dikirim",
    ALIVE_AT_BPJS: "batal di Khanza, masih berlaku di BPJS",
    NOT_NOTED: "sudah ada di BPJS, belum tercatat",
    OTHER_TIME: "waktunya lain",
    CHANGED_IN_KHANZA: "waktunya diubah di Khanza setelah dikirim",
    ONLY_AT_BPJS: "ada di BPJS, tidak ada di Khanza",
    CANCELLED_THERE: "dibatalkan di BPJS, tidak di Khanza",
    UNKNOWN_BOOKING: "antrean di BPJS yang tidak dikenal Khanza",
}
_CANCEL = "antrean batal KODEBOOKING --keterangan ALASAN"
_BY_HAND = "kirim sendiri: antrean update KODEBOOKING TASKID WAKTU"
# What a person does about each kind; what depends on the day stands in `_advice`.
_ADVICE = {
    ALIVE_AT_BPJS: f"bila memang batal: {_CANCEL}",
    OTHER_TIME: "BPJS tidak mengganti waktu yang sudah dicatatnya; nilai sendiri mana yang benar",
    CHANGED_IN_KHANZA: "BPJS tidak mengganti waktu yang sudah dicatatnya; "
    "nilai sendiri mana yang benar",
    ONLY_AT_BPJS: "periksa catatannya di Khanza: antrean show KODEBOOKING --bpjs",
    CANCELLED_THERE: "pendaftaran: batalkan juga di Khanza, atau daftarkan "
    "pasien dengan antrean baru",
    UNKNOWN_BOOKING: f"pendaftaran: cari pasiennya di Khanza; bila tidak datang: {_CANCEL}",
}


def reconciliation_text(found: Reconciliation, zone: timezone, *, everything: bool = False) -> str:
    """Return a day compared, for a terminal; `everything` also lists each booking with its three
    sides.
    """
    if not (found.compared or found.strangers or found.unanswered):
        which = "yang harus ada di BPJS " if found.verdicts else ""
        return f"{found.tanggal:%d-%m-%Y}: Tidak ada antrean {which}pada hari itu."
    parts = [f"{found.tanggal:%d-%m-%Y}: {len(found.compared)} antrean dibandingkan."]
    parts += _sums(found)
    if everything and found.compared:
        parts.append(_sides(found.compared, zone))
    if found.differences:
        differences = [_difference_row(one, zone) for one in found.differences]
        parts.append(
            "Perbedaan:\n" + table(("Kode booking", "Kiriman", "Apa"), differences, (26, None, 40))
        )
        parts += ["\n".join(arrows)] if (arrows := _arrows(found)) else []
    parts += map(fill, _closing(found))
    return "\n\n".join(parts)


def _sums(found: Reconciliation) -> list[str]:
    """Return the table of counts and the equation that they make, nothing where nothing is
    recorded.
    """
    rows = [
        (step_name(step), sum(places.values()), *places.values())
        for step, places in found.counts().items()
    ]
    if not rows:
        return []
    sums = [sum(column) for column in zip(*(row[1:] for row in rows), strict=True)]
    parts = [f"{number} {_PLACES[place]}" for place, number in zip(PLACES, sums[1:], strict=True)]
    equation = f"{sums[0]} tercatat = {' + '.join(parts if sums[-1] else parts[:-1])}"
    return [table(_HEADINGS, [*rows, ("jumlah", *sums)]), fill(equation)]


def _closing(found: Reconciliation) -> Iterator[str]:
    """Yield what is to be said at the end: what is no proof, or that all is equal."""
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


def _difference_row(one: Difference, zone: timezone) -> tuple[str, str, str]:
    both = ""
    if one.waktu and one.bpjs and one.kind in (OTHER_TIME, CHANGED_IN_KHANZA):
        both = f" ({time_of_day(one.waktu, zone)}, BPJS {time_of_day(one.bpjs, zone)})"
    return one.kodebooking, step_name(one.step), f"{_DIFFERENCES[one.kind]}{both}"


def _arrows(found: Reconciliation) -> list[str]:
    """Return one line for each thing that is left to do, with the kinds that it is for where there
    are several.
    """
    kinds: dict[str, dict[str, None]] = {}
    for one in found.differences:
        if not (one.repairable and found.repaired):
            kinds.setdefault(_advice(one, found), {})[_DIFFERENCES[one.kind]] = None
    several = len(kinds) > 1
    return [
        fill(f"→ {' / '.join(what)}: {line}" if several else f"→ {line}")
        for line, what in kinds.items()
    ]


def _advice(one: Difference, found: Reconciliation) -> str:
    if one.repairable:
        return f"antrean reconcile --date {found.tanggal} --repair"
    if one.kind == NOT_SENT:
        return _advice_not_sent(found)
    if one.kind in (NOT_AT_BPJS, NOT_NOTED):
        if found.too_late:
            return "lewat H+7: BPJS tidak menerima lagi"
        return "kirim sendiri: antrean add FILE" if one.step == ADD else _BY_HAND
    if (one.kind, one.step) == (ONLY_AT_BPJS, ADD):
        return f"pendaftaran: periksa kunjungannya di Khanza; bila dihapus: {_CANCEL}"
    return _ADVICE[one.kind]


def _advice_not_sent(found: Reconciliation) -> str:
    if found.too_late:
        return "lewat H+7: BPJS tidak menerima lagi"
    if found.tanggal >= found.first:
        return "tambahkan sendiri: antrean add --no-rawat NO_RAWAT"
    return (
        f"putaran tidak membaca hari sebelum {found.first:%d-%m-%Y}; untuk mengirimnya: "
        f"antrean sync --since {found.tanggal}"
    )


# -- each booking with its three sides


def _sides(verdicts: Sequence[Verdict], zone: timezone) -> str:
    rows = []
    for verdict in verdicts:
        steps = _shown(verdict)
        for step in steps:
            name = verdict.kodebooking if step == steps[0] else ""
            rows.append((name, step_name(step), *_side(verdict, step, zone)))
    return table(
        ("Kode booking", "Kiriman", "Khanza", "Ledger", "BPJS"), rows, (26, None, None, 18, None)
    )


def _shown(verdict: Verdict) -> list[str]:
    """Return the steps that any of the three knows."""
    known = {*verdict.khanza, *verdict.case.record.pushes, *verdict.at_bpjs.tasks}
    return [step for step in STEPS if step in known or (step == ADD and verdict.at_bpjs.has(step))]


def _side(verdict: Verdict, step: str, zone: timezone) -> tuple[str, str, str]:
    """Return what Khanza, the ledger and BPJS have of one step."""
    push, khanza = verdict.case.record.push(step), verdict.khanza.get(step)
    recorded = time_of_day(khanza, zone) if khanza else "ada" if step in verdict.khanza else "-"
    waktu = f" {time_of_day(push.waktu, zone)}" if push and push.waktu and push.done else ""
    noted = f"{STATES[push.state]}{waktu}" if push else "-"
    there = verdict.at_bpjs.tasks.get(step)
    return (
        recorded,
        noted,
        time_of_day(there, zone) if there else "ada" if verdict.at_bpjs.has(step) else "-",
    )


# -- JSON


def reconciliation_document(found: Reconciliation, *, everything: bool = False) -> dict[str, Any]:
    """Return a day compared for JSON output; times are epoch ms."""
    counts = found.counts()
    sums = {place: sum(places[place] for places in counts.values()) for place in PLACES}
    sides = (
        {"side_by_side": [_sides_document(verdict) for verdict in found.compared]}
        if everything
        else {}
    )
    return {
        "tanggal": found.tanggal.isoformat(),
        "bookings": len(found.compared),
        "unanswered": found.unanswered,
        "confirmed": found.unconfirmed is None,
        "repaired": found.repaired,
        "recorded": sum(sums.values()),
        **sums,
        "steps": counts,
        "differences": [
            {**one._asdict(), "waktu": epoch_ms(one.waktu), "bpjs": epoch_ms(one.bpjs)}
            for one in found.differences
        ],
        **sides,
    }


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
            for step in _shown(verdict)
        },
    }
