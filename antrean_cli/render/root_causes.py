"""Root causes in words (Indonesian): what hangs on each, and what to do about it, said once."""

from collections.abc import Iterable, Mapping

from antrean_cli.render.reasons import advice_on, sentence
from antrean_cli.render.text import fill
from antrean_cli.render.words import STATES, step_name
from antrean_cli.rules.codes import Step
from antrean_cli.rules.reasons import Reason, ReasonCode, has_code
from antrean_cli.rules.todo import CountedCause, needs_somebody

_MOST = 15
# What a desk does in Khanza where a time is missing.
_TO_RECORD: Mapping[Step, str] = {
    Step.TASK_1: "cetak nomor loket",
    Step.TASK_2: "panggil nomor loket",
    Step.TASK_3: "isi jam registrasi, atau catat kedatangan pasien",
    Step.TASK_4: "isi pemeriksaan (SOAP)",
    Step.TASK_5: "selesaikan pemeriksaan: status Sudah, atau kembalikan berkas",
    Step.TASK_6: "validasi resep",
    Step.TASK_7: "serahkan obat",
}


def spoken(reason: Reason | None) -> Reason | None:
    """Return a reason that has words of its own, None where nobody recorded the step in Khanza."""
    return None if has_code(reason, ReasonCode.TIME_UNRECORDED) else reason


def to_record(step: Step) -> str:
    """Return what to do in Khanza so that a step is recorded, in the words of who does it."""
    return _TO_RECORD.get(step, "catat di Khanza")


def cause_sentence(step: Step, reason: Reason | None) -> str:
    """Return what a root cause is."""
    if reason is None:
        return f"waktu {step_name(step)} belum tercatat"
    return sentence(reason)


def cause_advice(one: CountedCause) -> str:
    """Return what to do about a root cause, empty if nothing is to be said of that."""
    if reason := spoken(one.reason):
        return advice_on(reason, one.kodebooking if one.bookings == 1 else "KODEBOOKING")
    return f"{to_record(one.step)}; setelah itu terkirim otomatis"


def causes_text(causes: Iterable[CountedCause]) -> str:
    """Return root causes, each with the first of its bookings, and what to do about it."""
    causes = list(causes)
    lines = []
    for one in causes[:_MOST]:
        lines.append(f"  {STATES[one.state]}: {_example(one)}")
        lines.append(fill(cause_sentence(one.step, one.reason), 4))
        if advice := cause_advice(one):
            lines.append(fill(f"→ {advice}", 4))
    if len(causes) > _MOST:
        lines.append(f"  … dan {len(causes) - _MOST} sebab lain")
    return "\n".join(lines)


def causes_sections(causes: Iterable[CountedCause]) -> list[str]:
    """Return root causes under a heading each: what somebody has to mend, and the rest."""
    mendable, others = list[CountedCause](), list[CountedCause]()
    for one in causes:
        (mendable if needs_somebody(one) else others).append(one)
    sections = (("Perlu ditindaklanjuti:", mendable), ("Berjalan sendiri:", others))
    return [f"{heading}\n{causes_text(found)}" for heading, found in sections if found]


def _example(one: CountedCause) -> str:
    """Return the first booking of a cause, how many others there are, and what waits for them."""
    more = f" dan {one.bookings - 1} lainnya" if one.bookings > 1 else ""
    if one.waiting:
        more += f" (dan {one.waiting} task yang menunggunya)"
    return f"{one.kodebooking} {step_name(one.step)}{more}"
