"""Words that several places show, each said once (Indonesian): states, kinds of bookings, steps."""

from antrean_cli.rules.codes import Kind, State, Step

STATES: dict[str, str] = {
    State.HELD: "ditahan",
    State.DUE: "menunggu",
    State.SENDING: "sedang dikirim",
    State.SENT: "terkirim",
    State.ALREADY: "sudah ada",
    State.REFUSED: "ditolak",
    State.CLOSED: "ditutup",
}
KINDS: dict[str, str] = {Kind.MOBILEJKN: "Mobile JKN", Kind.ONSITE: "JKN", Kind.NONJKN: "NON JKN"}
_STEPS: dict[str, str] = {Step.ADD: "antrean", Step.BATAL: "batal", Step.FARMASI: "farmasi"}


def step_name(step: str) -> str:
    """Return what people call a step of a booking."""
    return _STEPS.get(step, f"task {step}")
