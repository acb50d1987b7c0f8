"""The thinnest pass, end to end: one visit from MariaDB, its tasks accepted by BPJS, recorded, and
listed.
"""

from tests.support.site import MONDAY, Site


def test_one_visit_goes_from_khanza_to_bpjs_and_a_second_pass_is_silent(site: Site) -> None:
    no_rawat = site.khanza.visit(MONDAY, jam="08:05:00")
    site.khanza.sep(no_rawat)
    site.khanza.exam(no_rawat, "2026-11-23 08:30:00")

    assert site.sync().report.exit_code == 0
    assert site.states(no_rawat) == {"add": "sent", "3": "sent", "4": "sent"}
    assert site.held_at_bpjs(no_rawat) == [(3, "08:05:00"), (4, "08:30:00")]

    heard = len(site.bpjs.received)
    assert site.sync().changes == []
    assert len(site.bpjs.received) == heard
