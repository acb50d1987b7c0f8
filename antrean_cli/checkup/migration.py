"""Taking over from Khanza's own sender: how that stands, and what to type next."""

import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from antrean_cli.checkup.results import Finding, ok, warning
from antrean_cli.errors import user_name
from antrean_cli.operator.overview import Overview
from antrean_cli.render.reasons import sentence
from antrean_cli.rules.codes import State, Step
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import Record
from antrean_cli.rules.reasons import BEHIND_ADD, ReasonCode, has_code

FEW, SHARE = 3, 10  # so many adds, and one in so many, before the SEP form is suspected


class Adds(NamedTuple):
    """How many adds BPJS had already, and how many came after their SEP."""

    already: int
    too_late: int


def examine_migration(
    policy: Policy, found: Overview, records: Iterable[Record], cron_line: str, runner: str
) -> Iterator[Finding]:
    """Say how the taking over stands, and what to type next.

    `records` are those of the last days, `cron_line` is what runs a pass a minute, `runner` who
    runs it, empty for who runs us.
    """
    yield from judge_sep_form(count_adds(records))
    if policy.only_poli:
        yield ok(
            "pilot",
            f"Uji coba: hanya poli {', '.join(sorted(policy.only_poli))} (ANTREAN_ONLY_POLI)",
        )
    if found.passed_at is None:
        text = (
            "Langkah berikutnya: lihat dulu, kirim sekali dengan tangan, "
            "lalu tambahkan baris terakhir ini ke crontab"
        )
        yield ok("next", text, "antrean sync --dry-run", "antrean sync", crontab(runner), cron_line)
    else:
        yield from held_and_refused(found)


def crontab(runner: str) -> str:
    """Return what edits the crontab of the user that passes run as; it replaces nothing there."""
    if runner:
        return f"sudo crontab -u {runner} -e"
    if "SUDO_USER" not in os.environ:
        return "crontab -e"
    user = user_name(os.geteuid()) if os.geteuid() else "antrean"  # passes need no root
    return f"sudo crontab -u {user} -e"


def count_adds(records: Iterable[Record]) -> Adds:
    """Count the adds that the SEP form was faster with, and those that it left to us."""
    pushes = [push for record in records if (push := record.push(Step.ADD))]
    late = sum(
        push.state == State.CLOSED and has_code(push.reason, ReasonCode.SEP_FIRST)
        for push in pushes
    )
    # What BPJS once took from us is ours, though a replay found it there again.
    already = sum(push.state == State.ALREADY and push.sent_at is None for push in pushes)
    return Adds(already, late)


def judge_sep_form(found: Adds) -> Iterator[Finding]:
    """Judge whether Khanza's SEP form still adds bookings before it issues the SEP."""
    text = (
        f"Formulir SEP: {found.already} antrean dijawab 'sudah ada', "
        f"{found.too_late} didahului SEP (7 hari terakhir)"
    )
    if found.too_late >= FEW and found.too_late * SHARE > found.already + found.too_late:
        yield warning("sep_form", f"{text}; nyalakan lagi penambah antrean di formulir SEP Khanza")
    elif any(found):
        yield ok("sep_form", text)


def held_and_refused(found: Overview) -> Iterator[Finding]:
    """Say what is held and refused now, with the most frequent reason, and where to work it off."""
    for state, what, option in (
        (State.REFUSED, "Ditolak BPJS", "--refused"),
        (State.HELD, "Ditahan", "--held"),
    ):
        reasons = [one for one in found.reasons if one.state == state]
        if reasons:
            # The tasks behind an add say no more than the add itself.
            most = max(reasons, key=lambda one: (one.reason.code not in BEHIND_ADD, one.pushes))
            often = f"{sentence(most.reason)} ({most.pushes})"
            text = f"{what}: {found.count(state)} kiriman; terbanyak: {often}"
            make = warning if state == State.REFUSED else ok
            yield make(state, text, f"antrean list {option}")
