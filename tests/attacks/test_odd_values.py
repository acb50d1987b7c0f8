"""Every NULL, every empty, every odd value in each column that is read, beside a healthy patient.

- No value of one patient's costs another anything: the healthy one is told whole.
- Whoever has one is told too, or waits with a reason of their own, or the row is told by its key.
- BPJS is handed nothing that means "not filled", and no time that Khanza does not have.
"""

from __future__ import annotations

import pytest

from antrean_cli.khanza.tables import OPTIONAL, RACIKAN, TABLES
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.codes import State
from antrean_cli.rules.push import TASK_STEPS, Push, Record
from antrean_cli.simulator.hospital import KODE_PPK
from tests.attacks import odd_values
from tests.attacks.attack import Attack
from tests.attacks.odd_values import (
    AT,
    CHECKED_IN,
    DAY,
    NOT_FILLED,
    WHOLE,
    Odd,
    columns_read,
    odd_patients,
)
from tests.support.site import MONDAY, WIB, Site

# They belong to nobody: they are made odd for the whole hospital.
OF_ALL = ("password_asuransi", "setting", RACIKAN)
EVERY_TABLE = dict.fromkeys((*TABLES, *OPTIONAL))
EVERY_KIND = "onsite,nonjkn,mobilejkn"
# A cancel that Khanza has sent, a visit that was never told, and bookings that are none.
NOTHING_TO_TELL = ("Sudah", "Batal", "Gagal")
OPENING = "08:00:00"
# After the delays of that day, and when the day is over.
PASSES = (("14:00", 0), ("14:16", 0), ("09:00", 1), ("10:30", 1))


@pytest.mark.parametrize("table", [table for table in EVERY_TABLE if table not in OF_ALL])
def test_an_odd_value_costs_nobody_else_anything(site: Site, attack: Attack, table: str) -> None:
    good = odd_values.onsite(site.khanza, 1).kodebooking
    columns = [column for column in columns_read(site.khanza) if column.table == table]
    limit = attack.size(always=2, all=100)
    odd = list(odd_patients(site.khanza, columns, attack.random(), limit))
    for one in odd:
        if one.kind == "cancelled":
            site.bpjs.bookings.mobile_jkn(one.kodebooking, str(MONDAY))
    told = " ".join(passes(site))
    with Ledger.open(site.state, WIB) as ledger:
        days = ledger.of_days(MONDAY - 7 * DAY, MONDAY + DAY)
    records = {kodebooking.rstrip(): record for kodebooking, record in days.items()}
    assert site.held_at_bpjs(good) == WHOLE
    bad = [bad for one in odd for bad in wrong(one, records.get(one.kodebooking), told)]
    bad += [bad for one in odd for bad in untrue(one, site.held_at_bpjs(one.kodebooking))]
    assert not bad, "\n".join(bad)
    attack.measured(
        "odd values in every column that is read",
        "{odd} patients, each told or with a reason",
        odd=len(odd),
    )


@pytest.mark.parametrize("value", ["", " ", "-", "0"])
def test_a_payer_that_is_not_filled_in_makes_nobody_somebody_else(site: Site, value: str) -> None:
    """Without a payer that is BPJS's everybody would be NON JKN: nobody is told."""
    odd_values.letter(site.khanza, 1)
    site.khanza.update("password_asuransi", {"kd_pj": "BPJ"}, kd_pj=value)
    assert site.sync().report.exit_code == 8
    assert site.bpjs.received == []


@pytest.mark.parametrize("value", [None, *NOT_FILLED, "O'Neil"])
def test_an_odd_code_of_the_hospital_costs_nobody_anything(site: Site, value: str | None) -> None:
    good = odd_values.letter(site.khanza, 1).kodebooking
    site.khanza.update("setting", {"kode_ppk": KODE_PPK}, kode_ppk=value)
    assert site.sync().report.exit_code == 0
    assert site.held_at_bpjs(good) == WHOLE


def passes(site: Site) -> list[str]:
    """Run the passes of two days; return what they told."""
    told = []
    for hhmm, day in PASSES:
        site.clock.at(hhmm, day=day)
        done = site.sync(seconds=300, ANTREAN_ADD=EVERY_KIND)
        assert done.report.errors == []
        told += done.told
    return told


def wrong(odd: Odd, record: Record | None, told: str) -> list[str]:
    """Return what is wrong with how an odd patient was treated."""
    if record is None:
        known = odd.kodebooking in told or of_another_day(odd)
        return [] if known else [f"{odd.what}: nothing is known"]
    steps = [step for step in TASK_STEPS if step in record.pushes]
    complaints = [
        f"{push.step} {push.state} {push.reason}"
        for push in record.pushes.values()
        if not (push.done or explained(push, odd))
    ]
    if steps != list(TASK_STEPS[: len(steps)]):
        complaints.append(f"no word of a task before {steps[-1]}")
    if not record.pushes and odd.value not in NOTHING_TO_TELL:
        complaints.append("no push")
    return [f"{odd.what}: {complaint}" for complaint in complaints]


def untrue(odd: Odd, held: list[tuple[int, str]]) -> list[str]:
    """Return the times at BPJS that Khanza does not have; of a tie it has the second before."""
    true = {*AT.values(), CHECKED_IN, OPENING, str(odd.value)[-8:]}
    return [
        f"{odd.what}: task {taskid} at {clock}"
        for taskid, clock in held
        if taskid != 99 and true.isdisjoint({clock, f"{clock[:-2]}{int(clock[-2:]) - 1:02}"})
    ]


def explained(push: Push, odd: Odd) -> bool:
    """Return whether a push that was not sent says why: a refusal only of what is filled in."""
    if push.state != State.REFUSED:
        return push.reason is not None
    named = odd.column.name in ("no_ktp", "nik", "no_tlp", "nohp", "notelep")
    return not (named or odd.value is None or str(odd.value).strip() in NOT_FILLED)


def of_another_day(odd: Odd) -> bool:
    """Return whether the odd value makes it a visit of a day that no pass reads."""
    return odd.column.type == "date" and str(odd.value) > "2000"
