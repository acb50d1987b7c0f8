"""What keeps an add from being filled in: the table to fill, or what is waited for, as a Reason."""

from antrean_cli.rules.codes import Kind
from antrean_cli.rules.identity import identity_of, lacking_of
from antrean_cli.rules.reasons import GONE, Reason, ReasonCode, because
from antrean_cli.rules.references import references_of
from antrean_cli.rules.rows import Registration
from antrean_cli.rules.served_by import clinic_of, doctor_of, no_session, session_of
from antrean_cli.rules.sessions import opening_of
from antrean_cli.rules.times import time_of_day
from antrean_cli.rules.values import filled, whole
from antrean_cli.rules.visits import Visit


def what_add_lacks(visit: Visit) -> Reason | None:
    """Return why tambah antrean cannot be filled for this visit yet.

    None if every field is known. (rules/README.md, Add)
    """
    row = visit.registration
    if row is None:
        return GONE
    if reason := _lack_of_place(visit, row) or _lack_of_hours(visit, row):
        return reason
    references = references_of(visit)
    if visit.booking and references.jeniskunjungan is None:
        return because(ReasonCode.BOOKING_FIELD_NO_NUMBER, field="jeniskunjungan")
    if visit.kind != Kind.NONJKN and not references.numbers:
        return because(ReasonCode.NO_REFERENCE)
    return lacking_of(identity_of(visit), jkn=visit.kind != Kind.NONJKN)


def _lack_of_place(visit: Visit, row: Registration) -> Reason | None:
    """Return what is not known of clinic and doctor."""
    if not clinic_of(visit).code:
        return because(ReasonCode.CLINIC_UNMAPPED, kd_poli=row.kd_poli)
    if whole(doctor_of(visit).code) is not None:
        return None
    if visit.booking and filled(visit.booking.kodedokter):
        return because(ReasonCode.BOOKING_FIELD_NO_NUMBER, field="kodedokter")
    mapped = ReasonCode.DOCTOR_CODE_NO_NUMBER if filled(row.kd_dokter_bpjs) else None
    return because(mapped or ReasonCode.DOCTOR_UNMAPPED, kd_dokter=row.kd_dokter)


def _lack_of_hours(visit: Visit, row: Registration) -> Reason | None:
    """Return what is not known of the hours of the doctor's session."""
    if session_of(visit)[1]:
        return None
    slot = visit.told_slot
    if slot is None and not time_of_day(row.jam_reg):
        return because(ReasonCode.NO_TIME_OF_REGISTRATION)
    if slot is None:
        return no_session(visit, row)
    wrong = ReasonCode.SESSION_WITHOUT_END if opening_of(slot) else ReasonCode.SESSION_ENDS_FIRST
    return because(wrong, kd_dokter=slot.kd_dokter)
