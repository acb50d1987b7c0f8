"""A pass behind a gateway that lets only so much through: slower, and no outage.

The gateway is a real one, in front of the stand-in; how the pace is found is in rules/test_pacing.
"""

from __future__ import annotations

import pytest

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.outages import Outage, OutageKind
from antrean_cli.simulator.faults import Fault, FaultName
from antrean_cli.simulator.gate import Gate
from tests.support.patients import added_elsewhere, gone_home, patient
from tests.support.site import WIB, Site

UPDATE = "/antrean/updatewaktu"


@pytest.mark.parametrize(
    "gate", [Gate(rate=20, burst=5), Gate(connections=2)], ids=["a second", "connections"]
)
def test_a_gateway_with_a_limit_costs_time_and_nothing_else(site: Site, gate: Gate) -> None:
    """60 pushes of 15 visits: all arrive, each once, in order; nobody is told of an outage."""
    visits = [gone_home(site) for _ in range(15)]
    site.bpjs.gate, site.bpjs.latency = gate, 0.02
    done = site.sync()
    assert gate.turned_away > 0
    assert (done.report.errors, done.told) == ([], [])
    assert all(len(site.held_at_bpjs(no_rawat)) == 3 for no_rawat in visits)
    accepted = [one for one in site.bpjs.received if one.code == 200]
    assert len(accepted) == len(site.bpjs.received) == 60


def test_the_next_pass_begins_with_the_pace_of_this_one(site: Site) -> None:
    for _ in range(10):
        gone_home(site)
    site.bpjs.gate = Gate(rate=20, burst=5)
    assert site.sync().report.exit_code == 0
    status = site.run("status", CLOCK=site.clock.now.isoformat())
    assert "Laju" in status.stdout
    assert "BPJS minta pelan" in status.stdout
    turned_away = site.bpjs.gate.turned_away
    site.clock.forward(minutes=1)
    for _ in range(10):
        gone_home(site)
    assert site.sync().report.exit_code == 0
    assert site.bpjs.gate.turned_away - turned_away <= turned_away


def test_a_number_of_the_hospitals_is_not_tried_again_where_fewer_connections_are_borne(
    site: Site,
) -> None:
    """Of 16 at once 14 are refused in the first pass; the next one begins with what was borne."""
    # So slow that all 16 have asked before the first is answered, also on a slow computer.
    site.bpjs.gate, site.bpjs.latency = Gate(connections=2), 0.06
    refused = []
    for _ in range(2):
        visits = [gone_home(site) for _ in range(14)]
        before = site.bpjs.gate.turned_away
        assert site.sync(ANTREAN_WORKERS="16").report.exit_code == 0
        refused.append(site.bpjs.gate.turned_away - before)
        assert all(len(site.held_at_bpjs(no_rawat)) == 3 for no_rawat in visits)
        site.clock.forward(minutes=1)
    assert refused[0] >= 10
    assert refused[1] <= 6


def test_what_goes_on_in_the_same_pass_goes_on_at_its_pace(site: Site) -> None:
    """After a 208 the tasks wait for BPJS's list, and go out in a delivery of their own."""
    site.clock.at("08:10")
    no_rawat = patient(site, exam="08:09:00")
    added_elsewhere(site, no_rawat)
    pacing = site.sync().report.pacing
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:09:00")]
    delivered = [one for one in site.bpjs.arrived if "/pendaftaran/tanggal/" not in one.path]
    assert pacing is not None
    assert pacing.begun == len(delivered) == 3


def test_a_bpjs_that_lets_nothing_through_is_one_that_only_puts_off(site: Site) -> None:
    """From the third pass on that is told; no attempt is counted, and all comes in the end."""
    no_rawat = patient(site)
    site.bpjs.gate = Gate(connections=0)
    told = []
    for _ in range(3):
        done = site.sync(seconds=5)
        assert done.report.exit_code == 5
        told.append(len(done.told))
        assert site.push(no_rawat, "add").attempts == 0
        site.clock.forward(minutes=1)
    assert told == [0, 0, 1]
    site.bpjs.gate = Gate()
    assert site.sync().report.exit_code == 0
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00")]


def outage(site: Site, kind: OutageKind) -> Outage | None:
    with Ledger.open(site.state, WIB) as ledger:
        return ledger.pass_state().outages.get(kind)


def test_an_outage_goes_on_where_its_probe_comes_too_soon(site: Site) -> None:
    """It has not got through either: the next probe moves, and nobody says that time was up."""
    for _ in range(4):
        patient(site)
    site.bpjs.faults.add(Fault("refuse_connection", times=None))
    site.sync()
    site.bpjs.faults.clear()
    site.bpjs.gate = Gate(connections=0)
    probes = []
    for _ in range(10):
        site.clock.forward(minutes=1)
        before = site.bpjs.gate.turned_away
        done = site.sync()
        assert done.report.exit_code == 5
        assert "waktu habis" not in " ".join(map(str, done.report.errors))
        probes.append(site.bpjs.gate.turned_away - before)
    assert probes == [1, 0, 1, 0, 0, 0, 1, 0, 0, 0]  # after 1, 2, 4, 8 minutes
    assert outage(site, OutageKind.BUSY) is None
    site.bpjs.gate = Gate()
    site.clock.forward(minutes=5)
    done = site.sync()
    assert (done.report.exit_code, outage(site, OutageKind.BPJS)) == (0, None)
    assert len(done.told) == 1


@pytest.mark.parametrize("name", ["gagal_dicoba", "nginx_429"])
def test_a_second_delivery_that_is_put_off_is_none_of_a_bpjs_that_puts_off_all(
    site: Site, name: FaultName
) -> None:
    """The first one got through: a 208, after which the tasks wait for BPJS's list."""
    site.clock.at("08:10")
    added_elsewhere(site, patient(site, exam="08:09:00"))
    site.bpjs.faults.add(Fault(name, path=UPDATE, times=None))
    done = site.sync(seconds=6)
    assert [one for one in site.bpjs.arrived if one.path.endswith(UPDATE)]
    assert outage(site, OutageKind.BUSY) is None
    assert "menunda semua" not in " ".join(map(str, done.report.errors))


def test_an_add_that_an_overloaded_gateway_had_passed_on_goes_on_at_once(site: Site) -> None:
    """BPJS's list tells in the same pass that it is our own."""
    no_rawat = patient(site)
    site.bpjs.faults.add(Fault("http_503", path="/antrean/add", retry_after="1", handled=True))
    assert site.sync().report.exit_code == 0
    assert site.states(no_rawat) == {"add": "already", "3": "sent"}
    assert sum("/pendaftaran/tanggal/" in one.path for one in site.bpjs.arrived) == 1


def test_one_booking_that_always_comes_too_soon_is_put_off_by_itself(site: Site) -> None:
    others = [patient(site) for _ in range(5)]
    odd = patient(site)
    site.bpjs.faults.add(Fault("nginx_429", kodebooking=odd, times=None))
    done = site.sync()
    assert done.told == []
    assert all(site.held_at_bpjs(no_rawat) == [(3, "08:05:00")] for no_rawat in others)
    push = site.push(odd, "add")
    assert (push.state, push.attempts) == ("due", 1)
    assert sum(one.path.endswith("/antrean/add") for one in site.bpjs.arrived) <= 5 + 4 + 1
    assert OutageKind.BUSY not in done.told
