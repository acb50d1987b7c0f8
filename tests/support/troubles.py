"""A hospital in trouble, each of them with the exit code that a pass ends with."""

from __future__ import annotations

from antrean_cli.simulator.faults import Fault
from tests.support.patients import gone_home
from tests.support.site import YESTERDAY, Site


def refused(site: Site) -> None:
    site.bpjs.bookings.refuse("rujukan_tidak_valid", kodebooking=gone_home(site, YESTERDAY))


def credentials(site: Site) -> None:
    gone_home(site, YESTERDAY)
    site.bpjs.faults.add(Fault("http_401", times=None))


def khanza_down(site: Site) -> None:
    site.env["KHANZA_SOCKET"] = "/nonexistent"


def no_database(site: Site) -> None:
    site.env["KHANZA_DATABASE"] = "tidak_ada"


def damaged(site: Site) -> None:
    site.state.write_bytes(b"ini bukan sqlite " * 400)


TROUBLES = [(refused, 3), (credentials, 4), (khanza_down, 5), (damaged, 9)]
