"""What became of the lines of a file of updates, for people (Indonesian) and scripts."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from antrean_cli.operator.bulk_update import ALREADY, FAILED, REFUSED, SENT, SKIPPED, Result
from antrean_cli.rules.payloads import milliseconds

WORDS = {
    SENT: "diterima BPJS",
    ALREADY: "sudah ada di BPJS",
    REFUSED: "ditolak BPJS",
    FAILED: "gagal",
    SKIPPED: "tidak dikirim",
}


def result_line(result: Result) -> str:
    """Return the sentence about one line."""
    line, words = result.line, WORDS[result.outcome]
    if result.outcome == ALREADY:
        words += "; waktu di BPJS tidak diganti"
    elif result.outcome != SENT:
        words += f": {result.message or 'tanpa keterangan'}"
        words += f" (kode {result.code})" if result.code else ""
    when = f"{line.waktu:%d-%m-%Y %H:%M:%S}"
    return f"baris {line.number}: {line.kodebooking} task {line.taskid} {when}: {words}"


def result_document(result: Result) -> dict[str, Any]:
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


def results_summary(results: Iterable[Result]) -> list[str]:
    """Return in a sentence or two how many lines came to what."""
    counts = Counter(result.outcome for result in results)
    if not counts:
        return ["Tidak ada baris untuk dikirim."]
    parts = [f"{counts[outcome]} {words}" for outcome, words in WORDS.items() if counts[outcome]]
    said = [f"{counts.total()} baris: {', '.join(parts)}"]
    if counts[FAILED] or counts[SKIPPED]:
        said.append(
            "Berkas yang sama boleh dikirim lagi: yang sudah ada di BPJS tidak menjadi ganda."
        )
    return said
