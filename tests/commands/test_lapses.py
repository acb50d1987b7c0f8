"""`status` and `list --closed` show what only people can mend, before it lapses and after."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.patients import gone_home
from tests.support.site import Site

CAUSE = "dokter D03 belum dipetakan di maping_dokter_dpjpvclaim"


@pytest.fixture
def held(site: Site) -> Site:
    """A hospital in which a visit of a doctor who is not mapped is held since Monday 09:00."""
    site.clock.at("07:00")
    site.sync()
    gone_home(site, kd_dokter="D03")
    site.clock.at("09:00")
    site.sync()
    return site


def status(site: Site, hhmm: str, day: int, *args: str) -> tuple[int, dict[str, Any], str]:
    site.clock.at(hhmm, day=day)
    site.sync()
    at = site.clock.now.isoformat()
    done = site.run("status", "--json", *args, CLOCK=at)
    text = " ".join(site.run("status", *args, CLOCK=at).stdout.split())
    return done.returncode, json.loads(done.stdout), text


def codes(document: dict[str, Any]) -> list[str]:
    return [problem["code"] for problem in document["problems"]]


def test_a_day_is_what_a_hold_may_last(held: Site) -> None:
    code, found, text = status(held, "08:59", 1)
    assert (code, codes(found)) == (0, [])
    assert "Keadaan baik" in text
    assert "Ditahan 4 (4 perlu dibetulkan orang, tertua 23 jam 59 menit)" in text
    code, found, text = status(held, "09:05", 1)
    assert (code, codes(found)) == (12, ["held_too_long"])
    assert (found["held_for_people"], found["oldest_held_seconds"] // 60) == (4, 24 * 60 + 5)
    assert "ada kiriman yang terlalu lama ditahan dan perlu dibetulkan orang" in text
    assert status(held, "09:05", 1, "--max-held", "25")[0] == 0


def test_what_lapses_within_two_days_needs_a_look_however_long_it_may_last(held: Site) -> None:
    file = held.folder / "antrean.prom"
    assert status(held, "09:00", 4, "--max-held", "999")[0] == 0
    held.clock.at("09:00", day=5)
    held.run("sync", CLOCK=held.clock.now.isoformat(), ANTREAN_METRICS_FILE=str(file))
    code, found, text = status(held, "09:01", 5, "--max-held", "999")
    assert (code, codes(found), found["lapsing"]) == (12, ["lapsing"], {"2026-11-30": 4})
    assert "4 kiriman yang ditahan segera lewat H+7 (paling lambat 30-11-2026)" in text
    metrics = metrics_in(file)
    assert metrics["antrean_lapsing_pushes"] == 4
    assert metrics["antrean_oldest_held_seconds"] // 3600 == 5 * 24


def metrics_in(file: Path) -> dict[str, float]:
    lines = (line.split() for line in file.read_text(encoding="utf-8").splitlines())
    return {name: float(value) for name, value, *more in lines if not more and name[0] != "#"}


def closed(site: Site, *args: str) -> list[dict[str, Any]]:
    done = site.run("list", "--closed", "--json", *args, CLOCK=site.clock.now.isoformat())
    assert done.returncode == 0
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_what_lapsed_is_listed_with_its_reason_for_a_week(held: Site) -> None:
    held.clock.at("09:00", day=8)
    held.sync()
    (add, *tasks) = closed(held)
    assert (add["step"], add["state"], add["reason_code"]) == ("add", "closed", "lewat")
    assert add["reason"] == f"lewat H+7: BPJS tidak menerima lagi ({CAUSE})"
    assert [one["step"] for one in tasks] == ["3", "4", "5"]
    shown = held.run("list", "--closed", CLOCK=held.clock.now.isoformat()).stdout
    assert "ditutup" in shown
    assert "lewat H+7" in shown
    assert closed(held, "--reason", "hadir") == []
    held.clock.at("09:00", day=14)
    assert len(closed(held)) == 4
    held.clock.at("09:00", day=15)
    assert closed(held) == []
    assert len(closed(held, "--date", "2026-11-23")) == 4
