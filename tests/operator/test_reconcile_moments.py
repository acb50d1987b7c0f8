"""Comparing days that no pass comes by, after a setting has changed, and beside a pass.

Each of the pass's moments is made on purpose: it does something at exactly the wrong one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

import pytest

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.operator.reconcile import Reconciliation, reconcile
from antrean_cli.rules.codes import State
from antrean_cli.rules.reasons import Reason, ReasonCode, because
from antrean_cli.simulator.faults import Fault, FaultPlan
from tests.support.patients import examined, patient
from tests.support.site import MONDAY, WIB, Site

ADD, UPDATE, LIST = "/antrean/add", "/antrean/updatewaktu", "/antrean/getlisttask"


def paying(site: Site) -> str:
    """Register a patient who pays, examined; return no_rawat."""
    no_rawat = site.khanza.visit(MONDAY, jam="08:05:00", kd_pj="UMU")
    site.khanza.exam(no_rawat, f"{MONDAY} 08:20:00")
    return no_rawat


def compared(site: Site, tanggal: date = MONDAY, **env: str) -> Reconciliation:
    return reconcile(site.settings(**env), tanggal, site.clock.now)


def kinds(found: Reconciliation) -> list[tuple[str, str, str]]:
    return [(one.kodebooking, one.step, str(one.kind)) for one in found.differences]


def places(found: Reconciliation) -> dict[str, list[str]]:
    """Return where the steps are: for each step the places that have any of it."""
    return {
        step: [str(place) for place, count in counts.items() if count]
        for step, counts in found.counts().items()
    }


# -- days that no pass comes by


@pytest.mark.parametrize(
    ("days", "place"),
    [("4", "pending"), ("3", "lost")],
    ids=["the first day that passes read", "the day before it"],
)
def test_what_was_registered_late_is_pending_on_the_first_day_of_the_passes_and_lost_before(
    site: Site, days: str, place: str
) -> None:
    site.sync()
    late = patient(site)
    site.clock.at("09:00", day=4)
    found = compared(site, ANTREAN_DAYS=days)
    assert places(found) == {"add": [place], "3": [place]}
    assert bool(kinds(found)) == (place == "lost")
    assert {kodebooking for kodebooking, _, _ in kinds(found)} <= {late}


@pytest.mark.parametrize(
    ("day", "place"), [(0, "pending"), (-1, "lost")], ids=["the first day", "the day before it"]
)
def test_passes_come_by_from_the_day_of_the_first_one(site: Site, day: int, place: str) -> None:
    site.sync()
    tanggal = MONDAY + timedelta(days=day)
    patient(site, tanggal)
    site.clock.at("09:00", day=1)
    assert places(compared(site, tanggal)) == {"add": [place], "3": [place]}


def test_a_time_typed_in_after_the_last_pass_came_by_is_lost_and_what_is_through_is_not(
    site: Site,
) -> None:
    no_rawat = patient(site)
    site.sync()
    site.khanza.exam(no_rawat, f"{MONDAY} 08:20:00")
    site.clock.at("09:00", day=4)
    found = compared(site, ANTREAN_DAYS="2")
    assert kinds(found) == [(no_rawat, step, "not_sent") for step in ("4", "5")]
    assert places(found) == {"add": ["at_bpjs"], "3": ["at_bpjs"], "4": ["lost"], "5": ["lost"]}


def test_what_a_pass_has_left_open_is_followed_although_its_day_is_out_of_reach(
    site: Site,
) -> None:
    no_rawat = patient(site)
    site.bpjs.faults.add(Fault("gagal_dicoba", path=UPDATE, times=None))
    site.sync()
    site.khanza.exam(no_rawat, f"{MONDAY} 08:20:00")
    site.clock.at("09:00", day=4)
    found = compared(site, ANTREAN_DAYS="2")
    assert kinds(found) == []
    assert places(found) == {
        "add": ["at_bpjs"],
        "3": ["pending"],
        "4": ["pending"],
        "5": ["pending"],
    }


# -- a setting that changed since


def test_after_the_template_of_kode_booking_changed_a_day_is_equal_all_the_same(
    site: Site,
) -> None:
    examined(site)
    site.sync(ANTREAN_KODEBOOKING="{no_rawat_angka}")
    found = compared(site)
    assert (kinds(found), [one.kodebooking for one in found.compared]) == ([], ["20261123000001"])


def test_of_nonjkn_that_is_no_longer_added_what_was_begun_is_still_compared(site: Site) -> None:
    begun = paying(site)
    site.clock.at("14:20")
    site.sync()
    paying(site)
    found = compared(site, ANTREAN_ADD="onsite")
    assert (kinds(found), [one.kodebooking for one in found.compared]) == ([], [begun])
    site.bpjs.bookings._held.clear()
    assert kinds(compared(site, ANTREAN_ADD="onsite")) == [
        (begun, step, "not_at_bpjs") for step in ("add", "3", "4")
    ]


def test_of_a_clinic_that_was_left_out_since_only_what_was_begun_is_counted(site: Site) -> None:
    sent, waiting = patient(site), patient(site)
    site.bpjs.faults.add(Fault("gagal_dicoba", kodebooking=waiting, path=UPDATE, times=None))
    site.sync()
    site.khanza.exam(sent, f"{MONDAY} 08:20:00")
    examined(site)
    found = compared(site, ANTREAN_SKIP_POLI="INT")
    assert kinds(found) == []
    assert places(found) == {"add": ["at_bpjs"], "3": ["at_bpjs", "held"]}


def test_a_time_that_the_sources_of_today_would_choose_otherwise_is_named_with_both(
    site: Site,
) -> None:
    no_rawat = examined(site)
    site.khanza.berkas(no_rawat, diterima=f"{MONDAY} 08:30:00")
    site.sync()
    assert site.held_at_bpjs(no_rawat)[1] == (4, "08:20:00")
    assert kinds(compared(site)) == []
    (one,) = compared(site, ANTREAN_TASK_4="berkas_diterima").differences
    assert (one.step, str(one.kind)) == ("4", "changed_in_khanza")
    assert [f"{time.astimezone(WIB):%H:%M}" for time in (one.waktu, one.bpjs) if time] == [
        "08:30",
        "08:20",
    ]


# -- beside a pass


class Meanwhile(FaultPlan):
    """Something that happens once, just before BPJS answers the first, second … call of a path."""

    def __init__(self, path: str, number: int, happens: Callable[[], object]) -> None:
        super().__init__()
        self.path = path
        self.left = number
        self.happens = happens

    def pick(self, path: str, body: Mapping[str, object]) -> Fault | None:
        if path.endswith(self.path):
            self.left -= 1
            if self.left == 0:
                self.happens()
        return super().pick(path, body)


def put_off(site: Site) -> str:
    """Let a pass send task 3, which BPJS takes and is silent about: the ledger has it as due."""
    no_rawat = patient(site)
    site.bpjs.faults.add(Fault("gagal_dicoba", path=UPDATE, handled=True, times=1))
    site.sync()
    site.clock.forward(minutes=5)
    assert kinds(compared(site)) == [(no_rawat, "3", "not_noted")]
    return no_rawat


@pytest.mark.parametrize(
    ("path", "number"),
    [
        pytest.param(f"/antrean/pendaftaran/tanggal/{MONDAY}", 1, id="before BPJS's list"),
        pytest.param(LIST, 1, id="before the booking's list"),
        pytest.param(f"/antrean/pendaftaran/tanggal/{MONDAY}", 2, id="between the two looks"),
        pytest.param(LIST, 2, id="in the second look"),
    ],
)
def test_what_a_pass_notes_while_it_is_compared_is_no_difference(
    site: Site, path: str, number: int
) -> None:
    put_off(site)
    site.bpjs.faults = Meanwhile(path, number, site.sync)
    found = compared(site)
    assert kinds(found) == []
    assert found.error is None


def test_what_is_in_flight_when_it_is_compared_is_no_difference(site: Site) -> None:
    no_rawat = put_off(site)
    save(site, no_rawat, "3", state=State.SENDING)
    assert kinds(compared(site)) == []


def test_what_somebody_makes_due_again_while_it_is_compared_is_pending(site: Site) -> None:
    no_rawat = examined(site)
    site.sync()
    site.bpjs.bookings._held.clear()
    everything = [(no_rawat, step, "not_at_bpjs") for step in ("add", "3", "4")]
    assert kinds(compared(site)) == everything
    site.bpjs.faults = Meanwhile(LIST, 2, lambda: save(site, no_rawat, "4", state=State.DUE))
    found = compared(site)
    assert kinds(found) == everything[:2]
    assert places(found) == {"add": ["lost"], "3": ["lost"], "4": ["pending"]}


def test_a_note_for_a_person_made_while_it_is_compared_hides_nothing(site: Site) -> None:
    no_rawat = examined(site)
    site.sync()
    site.bpjs.bookings._held.clear()
    changed = because(ReasonCode.VISIT_CHANGED, poli="INT → MAT")
    site.bpjs.faults = Meanwhile(LIST, 2, lambda: save(site, no_rawat, "add", note=changed))
    assert [step for _, step, _ in kinds(compared(site))] == ["add", "3", "4"]


def save(site: Site, kodebooking: str, step: str, **changes: State | Reason) -> None:
    """Change a push in the ledger, as another process does."""
    with Ledger.open(site.state, WIB) as ledger, ledger.transaction():
        before = ledger.record(kodebooking)
        assert before is not None
        push = before.pushes[step]
        fields = {name: getattr(push, name) for name in push.__dataclass_fields__}
        ledger.save(before, before.with_pushes(type(push)(**{**fields, **changes})), site.clock.now)
