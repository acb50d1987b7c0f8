"""A log, or metrics, that cannot be written: told as an outage is, and nothing else changes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.operator.overview import Limits, is_stuck
from tests.support.patients import patient
from tests.support.site import WIB, Site

LOG, METRICS = "ANTREAN_LOG_FILE", "ANTREAN_METRICS_FILE"


def minutes(site: Site, count: int, **env: str) -> list[subprocess.CompletedProcess[str]]:
    """Run a pass a minute, each with a patient who has just come: there is something to log."""
    passes = []
    for _ in range(count):
        site.clock.forward(minutes=1)
        patient(site, jam=f"{site.clock.now:%H:%M:%S}")
        passes.append(site.run("sync", CLOCK=site.clock.now.isoformat(), **env))
    assert [one.returncode for one in passes] == [0] * count
    return passes


def told(passes: list[subprocess.CompletedProcess[str]]) -> list[str]:
    return [line for one in passes for line in one.stderr.splitlines()]


@pytest.fixture(params=[LOG, METRICS])
def setting(request: pytest.FixtureRequest, site: Site) -> str:
    site.clock.at("08:10")
    return str(request.param)


def test_it_is_told_at_its_beginning_each_hour_and_at_its_end(site: Site, setting: str) -> None:
    folder = site.folder / "catatan"
    file = folder / "antrean.prom"
    env = {setting: str(file)}
    (begun,) = told(minutes(site, 5, **env))
    assert begun.startswith(f"{setting} tidak dapat ditulis: foldernya tidak ada: {file}. ")
    site.clock.forward(minutes=53)
    assert told(minutes(site, 1, **env)) == []
    site.clock.forward(minutes=2)
    (goes_on,) = told(minutes(site, 2, **env))
    assert goes_on.startswith(f"{setting} tidak dapat ditulis sejak 23-11 08:11: ")
    folder.mkdir()
    (ended,) = told(minutes(site, 2, **env))
    assert ended.startswith(f"{setting} dapat ditulis lagi setelah 1 jam")
    assert file.read_text(encoding="utf-8")


def test_status_shows_it_until_it_is_over_or_the_setting_is_gone(site: Site, setting: str) -> None:
    minutes(site, 1, **{setting: "/tidak/ada/antrean.prom"})
    site.clock.forward(minutes=1)
    done = site.run("status", "--json", CLOCK=site.clock.now.isoformat())
    assert done.returncode == 12
    (outage,) = json.loads(done.stdout)["outages"]
    assert outage["kind"] == {LOG: "log", METRICS: "metrik"}[setting]
    assert told(minutes(site, 1)) == []
    site.clock.forward(minutes=1)
    assert site.run("status", CLOCK=site.clock.now.isoformat()).returncode == 0


def test_a_pass_that_has_nothing_to_log_does_not_know_whether_it_could(site: Site) -> None:
    site.clock.at("08:10")
    minutes(site, 1, **{LOG: "/tidak/ada/antrean.log"})
    for log in ("/tidak/ada/antrean.log", str(site.folder / "antrean.log")):
        site.clock.forward(minutes=1)
        done = site.run("sync", CLOCK=site.clock.now.isoformat(), **{LOG: log})
        assert done.stderr == ""
    assert not Path(site.folder / "antrean.log").exists()


def test_it_keeps_no_ping_of_success_back(site: Site) -> None:
    """Only stuck work does."""
    site.clock.at("08:10")
    minutes(site, 1, **{LOG: "/tidak/ada/antrean.log"})
    with Ledger.open(site.state, WIB) as ledger:
        assert not is_stuck(ledger, Limits(), site.clock.now)
