"""Did the patient come? Without a trace of it nobody is sent as present.

Which of Khanza's rows are one is said in khanza/README.md, Did the patient come.
"""

from itertools import chain

from antrean_cli.rules.sources import VisitContext, times_of
from antrean_cli.rules.visits import ATTENDED_STTS, Visit

PAID = "Sudah Bayar"  # status_bayar of who was at the cashier
# What is recorded of a patient in the clinic, and of no birth and no admission.
_OF_CLINIC = (
    "periksa_awal",
    "resep_dibuat",
    "resep_divalidasi",
    "resep_diserahkan",
    "berkas_dikirim",
    "berkas_diterima",
)


def attended(context: VisitContext) -> bool:
    """Return whether Khanza holds a trace of the patient (khanza/README.md, Did the patient come).

    An outpatient's SEP, or what `_was_served` names.
    """
    return context.visit.sep is not None or _was_served(context)


def _was_served(context: VisitContext) -> bool:
    """Return whether Khanza holds a trace of what was done with the patient on the day.

    A check-in, an exam, a prescription, a paid bill, a folder that went, or an stts that tells.
    """
    visit, row = context.visit, context.visit.registration
    if visit.exams or visit.reseps:
        return True
    if row is not None and (row.stts in ATTENDED_STTS or row.status_bayar == PAID):
        return True
    # A check-in can be pressed on any day, and a folder be sent the evening before. Who receives
    # the folder, or has it back, has had the patient.
    on_day = chain(times_of("checkin", context), times_of("berkas_dikirim", context))
    if any(context.is_on_day(waktu) for waktu, _ in on_day):
        return True
    return any(chain(times_of("berkas_diterima", context), times_of("berkas_kembali", context)))


def registered_in_advance(visit: Visit) -> bool:
    """Return whether the registration does not prove that the patient came.

    That of a Mobile JKN booking does not, nor one at the desk whose jam_reg is its session's
    opening to the second.
    """
    row = visit.registration
    at_opening = bool(row and visit.slot and row.jam_reg == visit.slot.jam_mulai)
    return visit.booking is not None or at_opening


def arrival_confirmed(context: VisitContext) -> bool:
    """Return whether the patient can be told to have come: a walk-in did, others need a trace."""
    return not registered_in_advance(context.visit) or attended(context)


def arrival_falls_back(context: VisitContext) -> bool:
    """Return whether the fall-backs of task 3 count: a trace of attendance opens them.

    A walk-in's SEP is none: it is there from the first minute, and the preferred source may be on
    its way.
    """
    return (attended if registered_in_advance(context.visit) else _was_served)(context)


def from_clinic(context: VisitContext) -> bool:
    """Return whether a patient of the ward was seen in a clinic before: admitted from there.

    An exam, an outpatient's prescription, or a folder that went, on the day of service. A baby's
    registration and "Masuk Ranap" leave none of them. (rules/README.md, Add)
    """
    times = chain.from_iterable(times_of(name, context) for name in _OF_CLINIC)
    return any(context.is_on_day(waktu) for waktu, _ in times)
