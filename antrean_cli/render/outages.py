"""Outages in words (Indonesian): what is told of one, and what it is called while it is on.

The words of their causes stand in cause_words.py.
"""

from datetime import timedelta
from typing import Any

from antrean_cli.cause_words import mend, told_with_typed, trouble_sentence, typed, waiting_helps
from antrean_cli.render.times import epoch_ms, two_units
from antrean_cli.render.words import call_names
from antrean_cli.rules.causes import Trouble
from antrean_cli.rules.outages import OF_FILES, Announcement, Outage, OutageKind, Phase

_NAMES = {
    OutageKind.BPJS: "BPJS terganggu",
    OutageKind.KHANZA: "Khanza terganggu",
    OutageKind.CREDENTIALS: "Kredensial, tanda tangan, atau jam ditolak BPJS",
    OutageKind.BUSY: "BPJS menunda semua kiriman",
    OutageKind.PUSHES: "Kiriman {} tidak dijawab BPJS",
    OutageKind.CLOCK: "Jam komputer ini salah",
    OutageKind.LOG: "ANTREAN_LOG_FILE tidak dapat ditulis",
    OutageKind.METRICS: "ANTREAN_METRICS_FILE tidak dapat ditulis",
}
_OVER = {
    OutageKind.BPJS: "BPJS pulih",
    OutageKind.KHANZA: "Khanza pulih",
    OutageKind.CREDENTIALS: "Kredensial diterima lagi",
    OutageKind.BUSY: "BPJS menerima lagi",
    OutageKind.PUSHES: "Gangguan kiriman {} selesai",
    OutageKind.LOG: "ANTREAN_LOG_FILE dapat ditulis lagi",
    OutageKind.METRICS: "ANTREAN_METRICS_FILE dapat ditulis lagi",
}


def outage_name(outage: Outage) -> str:
    """Return what people call an outage, and since when it is on."""
    return f"{_named(_NAMES[outage.kind], outage.why)} sejak {outage.since:%d-%m %H:%M}"


def _named(form: str, why: Trouble | None) -> str:
    """Return a name of outages with the pushes that this one is of, if it is of some only."""
    return form.format(call_names(why.names) if why and why.names else "sejenis")


def outage_text(outage: Outage) -> str:
    """Return an outage with its cause, and what can be done about that."""
    why = outage.why
    return f"{outage_name(outage)}: {told_with_typed(why)}" if why else outage_name(outage)


def outage_document(outage: Outage) -> dict[str, Any]:
    """Return an outage for JSON output; times are epoch ms."""
    why = outage.why
    return {
        "kind": outage.kind,
        "since": epoch_ms(outage.since),
        "cause": why and why.cause,
        "about": why and why.about,
        "why": why and trouble_sentence(why),
        "advice": why and (mend(why) or None),
        "typed": why and (typed(why) or None),
    }


def announcement_text(told: Announcement) -> str:
    """Return the sentences that tell of an outage: that it began, goes on, or is over."""
    if told.phase == Phase.OVER:
        return f"{_named(_OVER[told.kind], told.why)} setelah {_lasted(told)}."
    name = _named(_NAMES[told.kind], told.why)
    if told.phase != Phase.BEGAN:
        name += f" sejak {told.since:%d-%m %H:%M}"
    if told.why is None:
        return f"{name}."
    cause = f"{name}: {trouble_sentence(told.why)}."
    if told.phase == Phase.CHANGED:
        cause = f"{name}, kini karena sebab lain: {trouble_sentence(told.why)}."
    elif told.phase == Phase.BEGAN:
        cause += f" {_assurance(told.kind, told.why)}"
    return f"{cause}{_advice(told.why)}"


def _assurance(kind: OutageKind, why: Trouble) -> str:
    """Return what becomes of the pushes meanwhile."""
    if kind in OF_FILES:
        return "Pengiriman ke BPJS berjalan terus."
    if waiting_helps(why):
        return "Dicoba lagi otomatis; tidak ada yang hilang."
    return "Dicoba lagi otomatis dan tidak ada yang hilang, tetapi menunggu saja tidak cukup."


def _advice(why: Trouble) -> str:
    """Return what a person can do about it, as sentences of its own."""
    do, line = mend(why), typed(why)
    return (f" {do[0].upper()}{do[1:]}." if do else "") + (f" Ketik: {line}" if line else "")


def _lasted(told: Announcement) -> str:
    lasted = told.at - told.since
    return two_units(lasted) if lasted >= timedelta(minutes=1) else "kurang dari semenit"
