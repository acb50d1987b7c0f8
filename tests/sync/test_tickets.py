"""A hospital with the SMC fork's tickets: tasks 1 and 2 from Khanza, with nothing typed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.support.mariadb import MariaDB
from tests.support.patients import hand_on, patient
from tests.support.site import MONDAY, Site

TICKETS = {"ANTREAN_TASK_1": "loket_cetak", "ANTREAN_TASK_2": "loket_panggil"}
TICKET, CALLED, ARRIVED = (1, "07:50:00"), (2, "07:55:00"), (3, "08:05:00")


@pytest.fixture
def smc(site: Site, mariadb: MariaDB) -> Iterator[Site]:
    """A site whose Khanza is the SMC fork."""
    with mariadb.installed("SMC's tickets"):
        yield replace(site, env={**site.env, **TICKETS})


def draw(
    site: Site,
    nomor: str,
    no_rawat: str | None,
    called: str | None = CALLED[1],
    norm: str | None = None,
) -> None:
    """Print a ticket at 07:50, called at `called`, for a visit."""
    site.khanza.insert(
        "antriloketcetak_smc",
        nomor=nomor,
        tanggal=MONDAY,
        jam=TICKET[1],
        jam_panggil=called,
        no_rawat=no_rawat,
        no_rkm_medis=norm,
    )


def test_ticket_and_call_go_out_before_task_3(smc: Site) -> None:
    no_rawat, other = patient(smc), patient(smc, jam="08:06:00")
    draw(smc, "A001", no_rawat)
    draw(smc, "A002", None)  # nobody's yet
    draw(smc, "A003", other, called=None)
    assert smc.sync().report.exit_code == 0
    assert smc.held_at_bpjs(no_rawat) == [TICKET, CALLED, ARRIVED]
    assert smc.held_at_bpjs(other) == [(3, "08:06:00")]
    assert smc.push(no_rawat, "1").source == "loket_cetak"


def test_the_ticket_of_a_deleted_visit_is_not_that_of_the_next_patient(smc: Site) -> None:
    """No key ties a ticket to its visit: it stays, with the number that is handed out again."""
    no_rawat = patient(smc)
    draw(smc, "A001", no_rawat, norm=norm_of(smc, no_rawat))
    hand_on(smc, no_rawat)
    other = patient(smc)
    draw(smc, "A002", other, norm=norm_of(smc, other))
    smc.sync()
    assert smc.held_at_bpjs(no_rawat) == [(3, "08:25:00"), (4, "08:40:00")]
    assert smc.held_at_bpjs(other) == [TICKET, CALLED, ARRIVED]


def norm_of(site: Site, no_rawat: str) -> str:
    return str(site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat))


def test_a_second_pass_sends_nothing_more_of_them(smc: Site) -> None:
    no_rawat = patient(smc)
    draw(smc, "A001", no_rawat)
    smc.sync()
    calls = len(smc.bpjs.received)
    smc.sync()
    assert len(smc.bpjs.received) == calls


def test_a_ticket_that_is_linked_late_is_waited_for_with_admisi(smc: Site) -> None:
    smc.clock.at("08:06")
    no_rawat = patient(smc)
    smc.sync(ANTREAN_ADMISI="ya")
    assert smc.held_at_bpjs(no_rawat) == []
    draw(smc, "A001", no_rawat)
    smc.clock.at("08:08")
    smc.sync(ANTREAN_ADMISI="ya")
    assert smc.held_at_bpjs(no_rawat) == [TICKET, CALLED, ARRIVED]


def test_reconcile_finds_no_difference(smc: Site) -> None:
    no_rawat = patient(smc)
    draw(smc, "A001", no_rawat)
    smc.sync()
    clock = {"CLOCK": smc.clock.now.isoformat()}
    assert smc.run("reconcile", "--date", str(MONDAY), **clock).returncode == 0
    late = patient(smc, jam="08:30:00")
    smc.sync()
    draw(smc, "A002", late)  # linked after task 3 was sent: none of them is wanted any more
    smc.sync()
    assert smc.run("reconcile", "--date", str(MONDAY), **clock).returncode == 0
    assert no_rawat in smc.run("show", no_rawat, **clock).stdout


def test_without_the_settings_the_table_is_not_looked_at(smc: Site) -> None:
    no_rawat = patient(smc)
    draw(smc, "A001", no_rawat)
    smc.sync(ANTREAN_TASK_1="", ANTREAN_TASK_2="")
    assert smc.held_at_bpjs(no_rawat) == [ARRIVED]


def test_a_khanza_without_the_table_is_told_before_anything_is_sent(site: Site) -> None:
    patient(site)
    lacking = replace(site, env={**site.env, **TICKETS})
    done = lacking.sync()
    assert done.report.exit_code == 8
    assert site.bpjs.arrived == []
    checked = lacking.run("check", "--offline", CLOCK=site.clock.now.isoformat())
    assert "tabel antriloketcetak_smc tidak ada" in " ".join(checked.stdout.split())
