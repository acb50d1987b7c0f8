"""A pass as people and scripts read it: its table, what needs somebody, JSON; and its preview."""

from collections.abc import Iterable, Sequence
from typing import Any

from antrean_cli.errors import StoppedError
from antrean_cli.render.pushes import due_table, push_document, pushes_in
from antrean_cli.render.root_causes import causes_sections, causes_text
from antrean_cli.render.tables import table
from antrean_cli.rules.codes import State
from antrean_cli.rules.push import Push, Record
from antrean_cli.rules.todo import counted_causes
from antrean_cli.sync.pass_report import PassReport


def pass_text(
    report: PassReport, in_need: Iterable[tuple[Record, Push]], told: Iterable[str]
) -> str:
    """Return the table of a pass, what needs somebody, and what else was told (Indonesian)."""
    counts = report.counts
    headings = ("Ditemukan", "Terkirim", "Sudah ada", "Ditahan", "Ditolak", "Menunggu")
    row = (
        report.found,
        counts[State.SENT],
        counts[State.ALREADY],
        report.held,
        counts[State.REFUSED],
        report.later,
    )
    parts = [table(headings, [row])]
    parts += causes_sections(counted_causes(in_need))
    parts += told
    for error in report.errors:
        if isinstance(error, StoppedError):
            parts.append(
                "Dihentikan; yang sedang dikirim sudah dicatat, sisanya "
                "dilanjutkan putaran berikutnya."
            )
        elif str(error):
            parts.append(f"Belum selesai: {error}")
    return "\n\n".join(parts)


def pass_document(
    report: PassReport, changes: Sequence[dict[str, Any]], messages: Sequence[str]
) -> dict[str, Any]:
    """Return a pass for JSON output; `changes` are documents of pushes."""
    counts = report.counts
    return {
        "exit_code": report.exit_code,
        "visits": report.visits,
        "found": report.found,
        "sent": counts[State.SENT],
        "already": counts[State.ALREADY],
        "refused": counts[State.REFUSED],
        "closed": counts[State.CLOSED],
        "held": report.held,
        "later": report.later,
        "errors": [str(error) for error in report.errors if str(error)],
        "messages": messages,
        "changes": changes,
    }


def preview_text(records: Sequence[Record], only_poli: Iterable[str]) -> str:
    """Return what a pass would send and hold, and to which clinics it is limited (Indonesian)."""
    due, held = pushes_in(records, State.DUE), pushes_in(records, State.HELD)
    lines = [due_table(due)] if due else []
    if clinics := ", ".join(sorted(only_poli)):
        lines.append(f"Hanya poli {clinics} (ANTREAN_ONLY_POLI).")
    lines.append(
        f"{len(due)} menunggu dikirim, {len(held)} ditahan. Pratinjau: tidak ada yang dikirim."
    )
    if causes := counted_causes(held):
        lines.append(f"\nDitahan:\n{causes_text(causes)}")
    return "\n".join(lines)


def preview_document(records: Sequence[Record]) -> dict[str, Any]:
    """Return what a pass would send and hold, for JSON output."""
    due, held = pushes_in(records, State.DUE), pushes_in(records, State.HELD)
    pushes = [push_document(record.kodebooking, push) for record, push in [*due, *held]]
    return {"dry_run": True, "due": len(due), "held": len(held), "pushes": pushes}
