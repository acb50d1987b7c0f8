"""BPJS: the way to it, whether it takes us, and its clock."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from antrean_cli.simulator.faults import Fault
from antrean_cli.simulator.server import Simulator
from tests.support.certificates import self_signed
from tests.support.checkup import Dated, check, patient
from tests.support.site import (
    CONS_ID,
    SECRET_KEY,
    USER_KEY,
    Site,
)


def test_a_name_that_does_not_resolve_is_told_as_that(here: Site) -> None:
    checked = check(here, BPJS_BASE_URL="https://bpjs.invalid/antreanrs")
    assert (checked.code, checked.bad) == (5, {"name": "fault"})
    assert checked.one("name")["advice"] == ["getent hosts bpjs.invalid"]
    assert checked.levels["schema"] == "ok"
    assert "route" not in checked.levels


def test_a_server_that_nobody_reaches_is_told_as_that(here: Site) -> None:
    here.bpjs.stop()
    checked = check(here)
    assert (checked.code, checked.bad) == (5, {"route": "fault"})
    assert checked.levels["name"] == "ok"
    assert checked.one("route")["advice"] == [f"nc -vz 127.0.0.1 {here.bpjs.port}"]


def test_a_certificate_of_anybody_is_told_as_that(here: Site, tmp_path: Path) -> None:
    pem = self_signed(tmp_path)
    with Simulator(
        cons_id=CONS_ID, secret_key=SECRET_KEY, user_key=USER_KEY, certificate=pem
    ) as bpjs:
        checked = check(here, BPJS_BASE_URL=bpjs.url)
        assert (checked.code, checked.bad) == (5, {"tls": "fault"})
        assert (checked.levels["name"], checked.levels["route"]) == ("ok", "ok")
        assert bpjs.arrived == []
        trusted = check(here, BPJS_BASE_URL=bpjs.url, BPJS_CA_BUNDLE=str(pem))
    assert (trusted.code, trusted.levels["tls"]) == (0, "ok")


def test_a_bundle_that_holds_no_certificate_is_a_wrong_setting(here: Site) -> None:
    bundle = here.folder / "kosong.pem"
    bundle.write_text("bukan sertifikat")
    patient(here, "MAT")
    checked = check(here, BPJS_CA_BUNDLE=str(bundle))
    assert (checked.code, checked.one("tls")["code"]) == (8, 8)


@pytest.mark.parametrize(
    "env", [{"BPJS_USER_KEY": "salah"}, {"BPJS_SECRET_KEY": "salah"}, {"BPJS_CONS_ID": "9"}]
)
def test_refused_credentials_are_exit_4_and_name_the_settings(
    here: Site, env: dict[str, str]
) -> None:
    patient(here)
    checked = check(here, **env)
    assert (checked.code, checked.bad) == (4, {"credentials": "fault"})
    for name in ("BPJS_CONS_ID", "BPJS_SECRET_KEY", "BPJS_USER_KEY"):
        assert name in checked.one("credentials")["text"]
    assert "jam komputer" not in checked.one("credentials")["text"]


@pytest.mark.parametrize("trouble", ["html", "http_500", "empty", "gagal_dicoba", "redirect"])
def test_an_answer_that_was_not_agreed_on_is_exit_5(here: Site, trouble: Any) -> None:
    here.bpjs.faults.add(Fault(trouble, times=None))
    checked = check(here)
    assert checked.code == 5
    assert "credentials" not in checked.levels or checked.levels["credentials"] == "fault"


@pytest.mark.parametrize(
    ("ahead", "code", "level"),
    [
        (50, 0, "ok"),
        (-50, 0, "ok"),
        (70, 0, "warning"),
        (-290, 0, "warning"),
        (310, 4, "fault"),
        (-310, 4, "fault"),
    ],
)
def test_a_clock_that_differs_from_bpjs_is_told(
    here: Site, ahead: int, code: int, level: str
) -> None:
    assert isinstance(here.bpjs, Dated)
    here.bpjs.ahead = timedelta(seconds=ahead)
    checked = check(here)
    assert (checked.code, checked.one("clock")["level"]) == (code, level)
    if level != "ok":
        assert ("lebih lambat" if ahead > 0 else "lebih cepat") in checked.one("clock")["text"]


def test_refused_with_a_wrong_clock_the_clock_is_named_first(here: Site) -> None:
    assert isinstance(here.bpjs, Dated)
    here.bpjs.ahead = timedelta(minutes=10)
    checked = check(here, BPJS_USER_KEY="salah")
    assert checked.bad == {"credentials": "fault", "clock": "fault"}
    assert "betulkan dulu jam komputer ini" in checked.one("credentials")["text"]
