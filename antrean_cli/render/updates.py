"""What became of an update by hand, or of a file of them, for people (Indonesian) and scripts."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from antrean_cli.operator.bulk_update import LineResult
from antrean_cli.operator.manual import CallOutcome, Settled
from antrean_cli.rules.times import milliseconds

_WORDS = {
    CallOutcome.SENT: "diterima BPJS",
    CallOutcome.ALREADY: "sudah ada di BPJS",
    CallOutcome.QUEUED: "disimpan, dikirim otomatis",
    CallOutcome.REFUSED: "ditolak BPJS",
    CallOutcome.FAILED: "gagal",
    CallOutcome.SKIPPED: "tidak dikirim",
}


def settled_words(sent: Settled, unused: str) -> str:
    """Return what became of one call; `unused` is said where BPJS had it already."""
    if sent.already:
        return f"sudah ada di BPJS; {unused}"
    if sent.outcome is not CallOutcome.QUEUED:
        return _WORDS[sent.outcome]
    why = "belum ada di BPJS; " if sent.code else ""
    return f"{why}disimpan, dikirim otomatis sesuai urutan"


def result_line(result: LineResult) -> str:
    """Return the sentence about one line."""
    line, words = result.line, _WORDS[result.outcome]
    if result.outcome is CallOutcome.ALREADY:
        words += "; waktu di BPJS tidak diganti"
    elif result.outcome is CallOutcome.QUEUED:
        words += " sesuai urutan"
    elif result.outcome is not CallOutcome.SENT:
        words += f": {result.message or 'tanpa keterangan'}"
        words += f" (kode {result.code})" if result.code else ""
    when = f"{line.waktu:%d-%m-%Y %H:%M:%S}"
    return f"baris {line.number}: {line.kodebooking} task {line.taskid} {when}: {words}"


def result_document(result: LineResult) -> dict[str, Any]:
    """Return one line for JSON output; `waktu` is in epoch ms."""
    line = result.line
    return {
        "line": line.number,
        "kodebooking": line.kodebooking,
        "taskid": line.taskid,
        "waktu": milliseconds(line.waktu),
        "outcome": result.outcome,
        "code": result.code,
        "message": result.message,
    }


def results_summary(results: Iterable[LineResult]) -> list[str]:
    """Return in a sentence or two how many lines came to what."""
    counts = Counter(result.outcome for result in results)
    if not counts:
        return ["Tidak ada baris untuk dikirim."]
    parts = [f"{counts[outcome]} {words}" for outcome, words in _WORDS.items() if counts[outcome]]
    said = [f"{counts.total()} baris: {', '.join(parts)}"]
    if counts[CallOutcome.FAILED] or counts[CallOutcome.SKIPPED]:
        said.append(
            "Berkas yang sama boleh dikirim lagi: yang sudah ada di BPJS tidak menjadi ganda."
        )
    return said
