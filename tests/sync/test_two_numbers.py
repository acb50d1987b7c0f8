"""A SEP that holds two true numbers: the one that BPJS refuses is followed by the other."""

from __future__ import annotations

import pytest

from tests.support.patients import patient
from tests.support.site import Site

REFUSED = "rujukan_tidak_valid"
SKDP = "0301R0011026K000009"


def numbers(site: Site) -> list[str]:
    """Return the nomorreferensi of each add, in the order in which BPJS met them."""
    return [body["nomorreferensi"] for body in site.bodies("/antrean/add")]


def pass_by(site: Site, passes: int) -> None:
    """Run so many passes, a minute apart."""
    for _ in range(passes):
        site.sync()
        site.clock.forward(minutes=1)


def with_two_numbers(site: Site, **columns: str) -> tuple[str, str]:
    """Register a patient whose SEP holds both; return no_rawat and the rujukan's number."""
    no_rawat = patient(site)
    site.khanza.update("bridging_sep", {"no_rawat": no_rawat}, noskdp=SKDP, **columns)
    return no_rawat, site.khanza.value("bridging_sep", "no_rujukan", no_rawat=no_rawat)


@pytest.mark.parametrize("control", [False, True])
def test_the_other_number_is_tried_once_the_better_one_is_refused(
    site: Site, control: bool
) -> None:
    kind = {"tujuankunjungan": "2", "asesmenpelayanan": "5"} if control else {}
    no_rawat, rujukan = with_two_numbers(site, **kind)
    first, other = (SKDP, rujukan) if control else (rujukan, SKDP)
    site.bpjs.bookings.refuse(REFUSED, nomorreferensi=first)
    pass_by(site, 5)
    assert numbers(site) == [first, other]
    assert site.states(no_rawat) == {"add": "sent", "3": "sent"}


def test_each_number_is_tried_once_where_both_are_refused(site: Site) -> None:
    no_rawat, rujukan = with_two_numbers(site)
    site.bpjs.bookings.refuse(REFUSED, kodebooking=no_rawat)
    pass_by(site, 8)
    assert numbers(site) == [rujukan, SKDP]
    assert site.states(no_rawat)["add"] == "refused"


def test_a_number_that_comes_later_is_tried_as_well(site: Site) -> None:
    no_rawat = patient(site)
    rujukan = site.khanza.value("bridging_sep", "no_rujukan", no_rawat=no_rawat)
    site.bpjs.bookings.refuse(REFUSED, nomorreferensi=rujukan)
    pass_by(site, 5)
    assert numbers(site) == [rujukan]
    site.khanza.update("bridging_sep", {"no_rawat": no_rawat}, noskdp=SKDP)
    pass_by(site, 5)
    assert numbers(site) == [rujukan, SKDP]
    assert site.states(no_rawat)["add"] == "sent"
