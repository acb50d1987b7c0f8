"""Who in a hospital can do something about a reason: by its code, and by the step that has it.

- What goes on by itself, and what is closed, has nobody.
- The words of a reason, and what to type, stand in render/reasons.py.
"""

from collections.abc import Mapping

from antrean_cli.rules.codes import Code, Step
from antrean_cli.rules.reasons import Reason, ReasonCode


class Unit(Code):
    """Who in a hospital can do something about a push."""

    PENDAFTARAN = "pendaftaran"
    POLI = "poli"
    FARMASI = "farmasi"
    IT = "IT"
    OF_STEP = ""  # whoever records the step


ACTS: Mapping[ReasonCode, Unit] = {
    ReasonCode.CLINIC_UNMAPPED: Unit.IT,
    ReasonCode.DOCTOR_UNMAPPED: Unit.IT,
    ReasonCode.DOCTOR_CODE_NO_NUMBER: Unit.IT,
    ReasonCode.BOOKING_FIELD_NO_NUMBER: Unit.IT,
    ReasonCode.NO_SESSION: Unit.IT,
    ReasonCode.SESSION_WITHOUT_END: Unit.IT,
    ReasonCode.SESSION_ENDS_FIRST: Unit.IT,
    ReasonCode.ODD_CODE: Unit.IT,
    ReasonCode.LEFT_OUT: Unit.IT,
    ReasonCode.REFUSED_DOCTOR: Unit.IT,
    ReasonCode.DEMANDED_ADD: Unit.IT,
    ReasonCode.CONTRADICTION: Unit.IT,
    ReasonCode.NO_TIME_OF_REGISTRATION: Unit.PENDAFTARAN,
    ReasonCode.NO_REFERENCE: Unit.PENDAFTARAN,
    ReasonCode.NIK_UNFIT: Unit.PENDAFTARAN,
    ReasonCode.CARD_UNFIT: Unit.PENDAFTARAN,
    ReasonCode.PHONE_UNKNOWN: Unit.PENDAFTARAN,
    ReasonCode.NORM_UNKNOWN: Unit.PENDAFTARAN,
    ReasonCode.AMBIGUOUS: Unit.PENDAFTARAN,
    ReasonCode.GONE: Unit.PENDAFTARAN,
    ReasonCode.HANDED_ON: Unit.PENDAFTARAN,
    ReasonCode.BOOKING_CANCELLED: Unit.PENDAFTARAN,
    ReasonCode.MOVED_TO_BOOKING: Unit.PENDAFTARAN,
    ReasonCode.VISIT_UNCLEAR: Unit.PENDAFTARAN,
    ReasonCode.LEFT_ALIVE: Unit.PENDAFTARAN,
    ReasonCode.CANCEL_DELAYED: Unit.PENDAFTARAN,
    ReasonCode.WAITING_FOR_TASK: Unit.OF_STEP,
    ReasonCode.WRONG_ORDER: Unit.OF_STEP,
    ReasonCode.TIME_UNRECORDED: Unit.OF_STEP,
    ReasonCode.REFUSED: Unit.OF_STEP,
    ReasonCode.REFUSED_REFERENCE: Unit.OF_STEP,
    ReasonCode.REFUSED_UNKNOWN: Unit.OF_STEP,
    ReasonCode.DEMANDED_TASK: Unit.OF_STEP,
}
# Who records a step in Khanza; whatever is not named here begins at the desk.
_RECORDED_BY = {
    Step.TASK_4: Unit.POLI,
    Step.TASK_5: Unit.POLI,
    Step.TASK_6: Unit.FARMASI,
    Step.TASK_7: Unit.FARMASI,
    Step.FARMASI: Unit.FARMASI,
}


def recorded_by(step: str) -> Unit:
    """Return who records a step in Khanza."""
    return _RECORDED_BY.get(Step(step), Unit.PENDAFTARAN)


def who_acts(reason: Reason, step: str) -> Unit | None:
    """Return who can do something about a reason of a step, None if nobody has to."""
    unit = ACTS.get(reason.code)
    return recorded_by(step) if unit is Unit.OF_STEP else unit


def is_of_one_step(reason: Reason | None) -> bool:
    """Return whether a reason concerns the step that has it alone, and is mended there."""
    unit = ACTS.get(reason.code) if reason is not None else None
    return unit is None or unit is Unit.OF_STEP


def unit_of(step: str, reason: Reason | None) -> Unit | None:
    """Return who can do something about a root cause, None if nobody has to.

    Without a reason nobody recorded the step.
    """
    return recorded_by(step) if reason is None else who_acts(reason, step)


def is_of_each_clinic(step: Step, reason: Reason | None) -> bool:
    """Return whether each clinic has to do it for its own visits."""
    return unit_of(step, reason) is Unit.POLI
