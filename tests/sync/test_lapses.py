"""Nothing lapses in silence: what only people can mend is told before H+7, and when it is over."""

from __future__ import annotations

import json
from collections import defaultdict

import pytest

from antrean_cli.simulator.bookings import Answer
from antrean_cli.simulator.faults import Fault
from tests.support.patients import gone_home, patient, reason
from tests.support.site import Site

UPDATE = "/antrean/updatewaktu"
CAUSE = "dokter D03 belum dipetakan di maping_dokter_dpjpvclaim"


@pytest.fixture
def week(site: Site) -> Site:
    """A hospital in which three visits of a doctor who is not mapped have been held."""
    site.clock.at("07:00")
    site.sync()
    for jam in ("08:05:00", "08:10:00", "08:15:00"):
        unmapped(site, jam)
    site.clock.at("09:00")
    site.sync()
    return site


def unmapped(site: Site, jam: str = "08:05:00") -> str:
    return gone_home(site, jam=jam, kd_dokter="D03")


def play(site: Site, first: int, last: int, hours: range = range(24)) -> dict[int, list[str]]:
    """Run a pass an hour from one day to another; return what was told on which day."""
    told = defaultdict[int, list[str]](list)
    for day in range(first, last + 1):
        for hour in hours:
            site.clock.at(f"{hour:02}:00", day=day)
            told[day] += site.sync().told
    return {day: texts for day, texts in told.items() if texts}


def test_a_week_with_a_doctor_who_is_not_mapped(week: Site) -> None:
    told = play(week, 1, 9)
    assert told == {
        5: [f"Segera lewat H+7: 3 kunjungan (12 kiriman) paling lambat lusa (30-11): {CAUSE}; "
            "lihat: antrean todo"],
        6: [f"Segera lewat H+7: 3 kunjungan (12 kiriman) paling lambat besok (30-11): {CAUSE}; "
            "lihat: antrean todo"],
        7: [f"Segera lewat H+7: 3 kunjungan (12 kiriman) paling lambat hari ini (30-11): {CAUSE}; "
            "lihat: antrean todo"],
        8: [f"Lewat H+7, BPJS tidak menerima lagi: 3 kunjungan (12 kiriman): {CAUSE}; "
            "lihat: antrean list --closed"],
    }  # fmt: skip
    assert reason(week, "2026/11/23/000001", "add") == (
        f"lewat H+7: BPJS tidak menerima lagi ({CAUSE})"
    )


def test_what_is_mended_meanwhile_is_told_no_more(week: Site) -> None:
    assert list(play(week, 5, 5)) == [5]
    week.khanza.insert(
        "maping_dokter_dpjpvclaim",
        kd_dokter="D03",
        kd_dokter_bpjs="45678",
        nm_dokter_bpjs="dr. Citra Contoh, Sp.PD",
    )
    assert play(week, 6, 9, range(7, 12)) == {}
    assert set(week.states("2026/11/23/000001").values()) == {"sent"}


def test_what_waits_for_bpjs_lapses_without_a_word_to_people(site: Site) -> None:
    site.clock.at("07:00")
    site.sync()
    gone_home(site)
    site.bpjs.faults.add(Fault("gagal_dicoba", times=None))
    told = play(site, 0, 9, range(9, 12))
    assert not [text for texts in told.values() for text in texts if "H+7" in text]


def test_what_was_refused_is_told_as_well_with_nothing_open_behind_it(site: Site) -> None:
    site.clock.at("07:00")
    site.sync()
    no_rawat = patient(site)
    with site.answering(UPDATE, Answer(201, "Waktu tidak sesuai")):
        play(site, 0, 0, range(9, 10))
    assert site.states(no_rawat) == {"add": "sent", "3": "refused"}
    told = play(site, 1, 9, range(6, 9))
    assert [(day, len(texts)) for day, texts in told.items()] == [(5, 1), (6, 1), (7, 1), (8, 1)]
    assert told[8][0].startswith(
        "Lewat H+7, BPJS tidak menerima lagi: 1 kunjungan (1 kiriman): Waktu tidak sesuai"
    )


def test_what_each_clinic_has_to_do_is_told_with_its_clinic(site: Site) -> None:
    site.clock.at("07:00")
    site.sync()
    patient(site, back="08:50:00")  # nobody wrote the exam down
    unmapped(site)
    site.clock.at("09:00")
    site.sync()
    site.clock.at("09:00", day=6)
    (text,) = site.sync().told
    assert text == (
        "Segera lewat H+7: 1 kunjungan (2 kiriman) paling lambat besok (30-11): isi pemeriksaan "
        f"(SOAP), poli INT; 1 kunjungan (4 kiriman) paling lambat besok (30-11): {CAUSE}; "
        "lihat: antrean todo"
    )


def test_days_without_a_pass_are_told_of_afterwards(week: Site) -> None:
    week.clock.at("08:00", day=12)
    (text,) = week.sync().told
    assert text.startswith("Lewat H+7, BPJS tidak menerima lagi: 3 kunjungan (12 kiriman): dokter")
    assert play(week, 12, 13) == {}


def test_what_is_only_held_later_in_the_day_is_told_then(site: Site) -> None:
    site.clock.at("07:00")
    site.sync()
    assert play(site, 6, 6, range(9)) == {}
    unmapped(site)
    (text,) = play(site, 6, 6, range(10, 20))[6]
    assert text.startswith("Segera lewat H+7: 1 kunjungan (4 kiriman) paling lambat besok (30-11)")


def test_cron_mails_it_and_json_has_it(week: Site) -> None:
    week.clock.at("08:00", day=6)
    at = week.clock.now.isoformat()
    done = week.run("-q", "sync", "--json", CLOCK=at)
    (message,) = json.loads(done.stdout)["messages"]
    assert message.startswith("Segera lewat H+7: 3 kunjungan")
    assert done.stderr == f"{message}\n"
    assert week.run("-q", "sync", CLOCK=at).stderr == ""
