"""What became of the lines of a file of updates, for people (Indonesian) and scripts."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from antrean_cli.operator.bulk_update import LineOutcome, LineResult
from antrean_cli.rules.times import milliseconds

_WORDS = {
    LineOutcome.SENT: "diterima BPJS",
    LineOutcome.ALREADY: "sudah ada di BPJS",
    LineOutcome.REFUSED: "ditolak BPJS",
    LineOutcome.FAILED: "gagal",
    LineOutcome.SKIPPED: "tidak dikirim",
}


def result_line(result: LineResult) -> str:
    """Return the sentence about one line."""
    line, words = result.line, _WORDS[result.outcome]
    if result.outcome is LineOutcome.ALREADY:
        words += "; waktu di BPJS tidak diganti"
    elif result.outcome is not LineOutcome.SENT:
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
    if counts[LineOutcome.FAILED] or counts[LineOutcome.SKIPPED]:
        said.append(
            "Berkas yang sama boleh dikirim lagi: yang sudah ada di BPJS tidak menjadi ganda."
        )
    return said
