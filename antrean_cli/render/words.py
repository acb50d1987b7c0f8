"""Words that several places show, each said once (Indonesian): states, kinds of bookings, steps."""

from antrean_cli.rules.chain import (
    ADD,
    ALREADY,
    BATAL,
    CLOSED,
    DUE,
    FARMASI,
    HELD,
    REFUSED,
    SENDING,
    SENT,
)

STATES = {
    HELD: "ditahan",
    DUE: "menunggu",
    SENDING: "sedang dikirim",
    SENT: "terkirim",
    ALREADY: "sudah ada",
    REFUSED: "ditolak",
    CLOSED: "ditutup",
}
KINDS = {"mobilejkn": "Mobile JKN", "onsite": "JKN", "nonjkn": "NON JKN"}
_STEPS = {ADD: "antrean", BATAL: "batal", FARMASI: "farmasi"}


def step_name(step: str) -> str:
    """Return what people call a step of a booking."""
    return _STEPS.get(step, f"task {step}")
