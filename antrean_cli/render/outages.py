"""Outages in words (Indonesian): what is told of one, and what it is called while it is on."""

from datetime import timedelta

from antrean_cli.render.times import two_units
from antrean_cli.rules.outages import OF_FILES, Announcement, Outage, OutageKind, Phase

_NAMES = {
    OutageKind.BPJS: "BPJS terganggu",
    OutageKind.KHANZA: "Khanza terganggu",
    OutageKind.CREDENTIALS: "Kredensial, tanda tangan, atau jam ditolak BPJS",
    OutageKind.BUSY: "BPJS terus meminta dicoba lagi",
    OutageKind.CLOCK: "Jam komputer ini salah",
    OutageKind.LOG: "ANTREAN_LOG_FILE tidak dapat ditulis",
    OutageKind.METRICS: "ANTREAN_METRICS_FILE tidak dapat ditulis",
}
_OVER = {
    OutageKind.BPJS: "BPJS pulih",
    OutageKind.KHANZA: "Khanza pulih",
    OutageKind.CREDENTIALS: "Kredensial diterima lagi",
    OutageKind.BUSY: "BPJS menerima lagi",
    OutageKind.LOG: "ANTREAN_LOG_FILE dapat ditulis lagi",
    OutageKind.METRICS: "ANTREAN_METRICS_FILE dapat ditulis lagi",
}
_GOES_ON = "Dicoba lagi otomatis; tidak ada yang hilang."
_GOES_ON_BESIDE = "Pengiriman ke BPJS berjalan terus. Periksa dengan: antrean check"
# What a person can do about it, besides waiting.
_ADVICE = {
    OutageKind.CREDENTIALS: (
        " Periksa BPJS_CONS_ID, BPJS_SECRET_KEY, BPJS_USER_KEY, dan jam komputer ini."
    ),
    OutageKind.CLOCK: " Betulkan jamnya.",
    OutageKind.BUSY: " Bila berlanjut, periksa BPJS_BASE_URL dan BPJS_UPDATE_PATH.",
}


def outage_name(outage: Outage) -> str:
    """Return what people call an outage, and since when it is on."""
    return f"{_NAMES[outage.kind]} sejak {outage.since:%d-%m %H:%M}"


def announcement_text(told: Announcement) -> str:
    """Return the sentence that tells of an outage's beginning, of its going on, or of its end."""
    if told.phase == Phase.BEGAN:
        advice = _ADVICE.get(told.kind, "")
        goes_on = _GOES_ON_BESIDE if told.kind in OF_FILES else _GOES_ON
        return f"{_NAMES[told.kind]}: {told.why}. {goes_on}{advice}"
    if told.phase == Phase.GOES_ON:
        since = f"{_NAMES[told.kind]} sejak {told.since:%d-%m %H:%M}"
        return f"{since}: {told.why}." if told.why else f"{since}."
    return f"{_OVER[told.kind]} setelah {_lasted(told)}."


def _lasted(told: Announcement) -> str:
    lasted = told.at - told.since
    return two_units(lasted) if lasted >= timedelta(minutes=1) else "kurang dari semenit"
