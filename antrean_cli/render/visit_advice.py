"""What is to be done about one visit: what is stuck or does not fit, and who does what about it.

- What waits for another push is advised on as that one is.
- What a reason itself advises stands in reasons.py; here stands what depends on the visit.
"""

import shlex
from collections.abc import Iterator
from typing import NamedTuple

from antrean_cli.operator.visit_report import BookingAtBpjs, VisitReport
from antrean_cli.render.pushes import with_bodies_refused
from antrean_cli.render.reasons import advice_on, sentence
from antrean_cli.render.unanswered import fault_advice, fault_text
from antrean_cli.render.words import STATES, step_name
from antrean_cli.rules.acting import Unit, recorded_by, who_acts
from antrean_cli.rules.codes import State, Step
from antrean_cli.rules.journeys import root_cause
from antrean_cli.rules.left_alive import as_held
from antrean_cli.rules.own_faults import shown_fault
from antrean_cli.rules.push import ADMISSION, CANCELS, MANUAL, STEPS, TASK_STEPS, Push
from antrean_cli.rules.reasons import ReasonCode, has_code


class ToDo(NamedTuple):
    """One thing that is stuck or does not fit, and what to do about it.

    `advice` names who acts; it is empty where nobody can, None where it goes on by itself.
    """

    what: str
    advice: str | None


def to_dos(report: VisitReport) -> list[ToDo]:
    """Return what is stuck, in the order of the steps, then how BPJS differs from the ledger."""
    differing = (_unlike_bpjs(report, step) for step in STEPS)
    return [*_stuck(report), *(one for one in differing if one)]


def at_bpjs(report: VisitReport, step: str) -> bool:
    """Return whether BPJS has a step; where it does not say, the booking is taken to be there."""
    if step == Step.ADD:
        return report.booking is not BookingAtBpjs.MISSING
    if step in CANCELS:
        return report.booking is BookingAtBpjs.CANCELLED
    return step in (report.at_bpjs or {})


# -- what is stuck


def _stuck(report: VisitReport) -> Iterator[ToDo]:
    """Yield a cancel that Khanza does not know, and what is held or refused."""
    pushes = [push for step in STEPS if (push := report.record.push(step))]
    if report.live and _cancelled_elsewhere(report, pushes):
        advice = "batalkan juga di Khanza, atau daftarkan pasien dengan antrean baru"
        yield ToDo("dibatalkan di BPJS, tidak di Khanza", f"{Unit.PENDAFTARAN}: {advice}")
    if alive := as_held(report.record):
        pushes = [*pushes, alive]
    for push in pushes:
        if fault := shown_fault(report.record, push.step):
            yield ToDo(
                f"{step_name(push.step)}: {fault_text(fault)}",
                fault_advice(fault) if fault.own else None,
            )
        elif push.reason and push.held_or_refused:
            code = f" (kode {push.code})" if push.state == State.REFUSED and push.code else ""
            why = with_bodies_refused(report.record, push, sentence(push.reason))
            what = f"{step_name(push.step)} {STATES[push.state]}: {why}{code}"
            yield ToDo(what, _advice(report, push))


def _cancelled_elsewhere(report: VisitReport, pushes: list[Push]) -> bool:
    """Return whether BPJS holds the booking as cancelled, other than by hand."""
    cancels = [push for push in pushes if push.step in CANCELS and push.done]
    if any(push.source == MANUAL for push in cancels):
        return False
    return bool(cancels) or report.booking is BookingAtBpjs.CANCELLED


def _advice(report: VisitReport, push: Push) -> str | None:
    """Return who has to do what about a push that is stuck, None if it goes on by itself."""
    cause = root_cause(push.step, {**report.record.reasons, push.step: push.reason})
    root = push if cause.step == push.step else report.record.push(cause.step)
    if root is None or cause.reason is None:
        return _advice_on_missing(report, cause.step)
    if root.state == State.CLOSED:
        return ""
    if not root.held_or_refused:
        return None
    if has_code(cause.reason, ReasonCode.DEMANDED_ADD):
        return _advice_on_missing(report, Step.ADD)
    advice = advice_on(cause.reason, report.record.kodebooking)
    who = who_acts(cause.reason, root.step)
    return f"{who}: {advice}" if who and advice else advice


def _advice_on_missing(report: VisitReport, step: Step) -> str | None:
    """Return who records or sends what others wait for, None where it is recorded already."""
    kodebooking, no_rawat = shlex.quote(report.record.kodebooking), report.record.no_rawat
    if step == Step.ADD:
        what = f"--no-rawat {no_rawat}" if no_rawat else "FILE"
        return f"{Unit.IT}: antrean add {what}"
    if step in ADMISSION:
        return f"{Unit.PENDAFTARAN}: antrean update {kodebooking} {step} WAKTU"
    if step in report.events:
        return None
    return f"{recorded_by(step)}: catat {step_name(step)} di Khanza"


# -- how BPJS differs


def _unlike_bpjs(report: VisitReport, step: str) -> ToDo | None:
    """Return how a step differs from what BPJS has, None if it does not or BPJS was not asked."""
    if report.at_bpjs is None:
        return None
    push, there, name = report.record.push(step), at_bpjs(report, step), step_name(step)
    repair = f"{Unit.IT}: antrean reconcile --date {report.record.tanggal} --repair"
    if push and push.done and not there and step != Step.FARMASI:
        name = "antreannya" if step == Step.ADD else name
        return ToDo(f"{name} tercatat {STATES[push.state]}, tetapi tidak ada di BPJS", repair)
    if step not in TASK_STEPS or not there or report.cancelled:
        return None
    if push and not push.done:
        return ToDo(f"{name} sudah ada di BPJS, belum tercatat", repair)
    by_hand = push is not None and push.source == MANUAL
    if report.visit and step not in report.events and not by_hand:
        advice = f"{recorded_by(step)}: periksa catatannya di Khanza"
        return ToDo(f"{name} ada di BPJS, tidak ada di Khanza", advice)
    return None
