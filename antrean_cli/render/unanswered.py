"""Pushes that BPJS does not answer while it answers others, in words (Indonesian)."""

import shlex
from collections.abc import Iterable
from typing import Any

from antrean_cli.cause_words import mend, trouble_sentence, waiting_helps
from antrean_cli.render.text import fill
from antrean_cli.render.times import epoch_ms
from antrean_cli.render.words import step_name
from antrean_cli.rules.causes import Trouble, trouble
from antrean_cli.rules.push import PushFault, Record

_OF_ITS_BODY = (
    "isinya mungkin ditahan firewall di depan BPJS: laporkan ke BPJS dengan kode booking dan jamnya"
)


def fault_text(fault: PushFault) -> str:
    """Return what came instead of an answer, how often and since when."""
    return f"{trouble_sentence(_why(fault))} {fault.times} kali sejak {fault.since:%d-%m %H:%M}"


def fault_advice(fault: PushFault) -> str:
    """Return what can be done about a push that is not answered while others are."""
    why = _why(fault)
    return _OF_ITS_BODY if waiting_helps(why) else mend(why)


def _why(fault: PushFault) -> Trouble:
    return trouble(fault.cause, status=fault.status)


def unanswered_text(record: Record, step: str) -> str:
    """Return what is told once of such a push: what it is, and what to type."""
    fault = record.faults[step]
    setting = "" if waiting_helps(_why(fault)) else f"{fault_advice(fault)}; "
    return (
        f"{record.kodebooking} {step_name(step)} belum terkirim: {fault_text(fault)}, sedangkan "
        f"yang lain dijawab; dicoba terus; {setting}"
        f"lihat: antrean show {shlex.quote(record.kodebooking)}"
    )


def unanswered_section(pushes: Iterable[tuple[Record, str]]) -> str:
    """Return such pushes, one a line; empty if there are none."""
    lines = [
        fill(f"{record.kodebooking} {step_name(step)}: {fault_text(record.faults[step])}", 2)
        for record, step in pushes
    ]
    return "\n".join(("Tidak dijawab BPJS, sedangkan yang lain dijawab:", *lines)) if lines else ""


def fault_document(fault: PushFault) -> dict[str, Any]:
    """Return the fault of a push for JSON output; times are epoch ms."""
    return {
        "cause": fault.cause.value,
        "status": fault.status,
        "text": fault_text(fault),
        "times": fault.times,
        "since": epoch_ms(fault.since),
        "own": fault.own,
    }
