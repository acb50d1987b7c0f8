"""Words that several places show, each said once (Indonesian): states, kinds of bookings, steps."""

from collections.abc import Collection

from antrean_cli.rules.codes import CallName, Kind, State, Step
from antrean_cli.rules.push import Push
from antrean_cli.rules.reasons import ReasonCode, has_code

STATES: dict[str, str] = {
    State.HELD: "ditahan",
    State.DUE: "menunggu",
    State.SENDING: "sedang dikirim",
    State.SENT: "terkirim",
    State.ALREADY: "sudah ada",
    State.REFUSED: "ditolak",
    State.CLOSED: "ditutup",
}
_DROPPED = "dilepas"  # closed by a person's word, not by the rules
KINDS: dict[str, str] = {Kind.MOBILEJKN: "Mobile JKN", Kind.ONSITE: "JKN", Kind.NONJKN: "NON JKN"}
_STEPS: dict[str, str] = {Step.ADD: "tambah", Step.BATAL: "batal", Step.FARMASI: "farmasi"}

_CALLS: dict[str, str] = {
    CallName.ADD: "tambah",
    CallName.UPDATE: "task",
    CallName.BATAL: "batal",
    CallName.FARMASI: "farmasi",
}


HARI = ("", "Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")  # from 1 on


def state_name(push: Push) -> str:
    """Return what people call the state of a push: closed is what the rules closed.

    So is what came behind a push that a person dropped.
    """
    dropped = push.state == State.CLOSED and has_code(push.reason, ReasonCode.DROPPED)
    return _DROPPED if dropped and push.reason and not push.reason.behind else STATES[push.state]


def step_called(name: str) -> str:
    """Return the step that a name means, in any case: `tambah`, `task 3`, or its code; else ""."""
    wanted = " ".join(name.lower().split())
    if wanted == "antrean":  # what the add is called where nothing else is meant
        return Step.ADD
    return next((step for step in Step if wanted in (step, step_name(step))), "")


def step_name(step: str) -> str:
    """Return what people call a step of a booking."""
    return _STEPS.get(step, f"task {step}")


def call_names(calls: Collection[str]) -> str:
    """Return what people call the pushes of these calls: "antrean, task dan batal"."""
    *others, last = [_CALLS.get(call, call) for call in calls]
    return f"{', '.join(others)} dan {last}" if others else last
