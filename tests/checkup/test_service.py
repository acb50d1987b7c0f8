"""BPJS: the way to it, whether it takes us, and its clock."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from antrean_cli.simulator.faults import Fault
from antrean_cli.simulator.server import Simulator
from tests.support.canned import canned
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


@pytest.mark.parametrize("name", ["BPJS_USER_KEY", "BPJS_SECRET_KEY", "BPJS_CONS_ID"])
def test_refused_credentials_are_exit_4_and_name_the_setting(here: Site, name: str) -> None:
    patient(here)
    checked = check(here, **{name: "9"})
    assert (checked.code, checked.bad) == (4, {"credentials": "fault"})
    text = checked.one("credentials")["text"]
    assert f"; periksa {name}" in text
    assert "jam komputer" not in text


def test_behind_a_proxy_that_drops_user_key_the_proxy_is_named_and_not_the_key(here: Site) -> None:
    here.bpjs.faults.add(Fault("no_underscores", times=None))
    checked = check(here)
    assert (checked.code, checked.bad) == (4, {"credentials": "fault"})
    assert checked.one("credentials")["text"] == (
        "BPJS: BPJS tidak mendapat user_key, padahal dikirim: Unauthorized. user_key tidak ada "
        "(kode 403); periksa proxy di antaranya: nginx membuang header bergaris bawah tanpa "
        "'underscores_in_headers on;'"
    )


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"Authentication parameters missing", "underscores_in_headers on;"),
        (b"Authentication failed", "periksa BPJS_USER_KEY"),
        (b"<html><title>Forbidden</title></html>", "IP rumah sakit diblokir"),
        (b"", "periksa BPJS_CONS_ID, BPJS_SECRET_KEY, BPJS_USER_KEY, dan jam komputer ini"),
    ],
)
def test_a_bare_403_is_told_by_what_it_says(here: Site, said: bytes, told: str) -> None:
    """Its own words are for the rules alone: anybody can have written them."""
    with canned(said, status=403) as gateway:
        checked = check(here, BPJS_BASE_URL=gateway.url)
    assert checked.code == 4
    text = checked.one("credentials")["text"]
    assert told in text
    assert not said or said.decode() not in text


@pytest.mark.parametrize("status", [301, 308, 404, 405, 410, 501])
@pytest.mark.parametrize("page", [False, True], ids=["text", "page"])
def test_an_address_that_is_wrong_is_told_as_a_setting(here: Site, status: Any, page: bool) -> None:
    here.bpjs.faults.add(Fault("no_route", status=status, page=page, times=None))
    checked = check(here)
    assert (checked.code, checked.bad) == (5, {"answer": "fault"})
    found = checked.one("answer")
    assert "BPJS_BASE_URL" in found["text"]
    assert "proxy" in found["text"]
    assert f"(HTTP {status}" in found["text"]
    assert found["advice"] == [f"curl -i {here.bpjs.url}/ref/poli"]


@pytest.mark.parametrize("status", [404, 405, 501])
def test_an_envelope_of_such_a_code_is_no_wrong_address(here: Site, status: Any) -> None:
    here.bpjs.faults.add(Fault("enveloped", status=status, times=None))
    checked = check(here)
    assert (checked.code, checked.bad) == (5, {"credentials": "fault"})
    assert f"(kode {status})" in checked.one("credentials")["text"]


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_named_where_bpjs_is_out_of_reach(
    here: Site, name: str
) -> None:
    """antrean does not ask it, whatever other programs do; its credentials are nobody's concern."""
    proxy = "http://orang:rahasia-proxy@127.0.0.1:1"
    assert check(here, **{name: proxy}).bad == {}
    here.bpjs.stop()
    found = check(here, **{name: proxy})
    assert found.bad == {"route": "fault", "proxy": "warning"}
    assert f"({name})" in found.one("proxy")["text"]
    assert "rahasia-proxy" not in str(found.findings)


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


@pytest.mark.parametrize(
    ("minutes", "told"),
    [(10, "10 menit lebih lambat"), (-120, "2 jam lebih cepat")],
)
def test_a_signature_of_a_wrong_clock_is_told_as_the_clock(
    here: Site, minutes: int, told: str
) -> None:
    assert isinstance(here.bpjs, Dated)
    here.bpjs.ahead = timedelta(minutes=minutes)
    checked = check(here, BPJS_SECRET_KEY="salah")
    assert checked.bad == {"credentials": "fault", "clock": "fault"}
    for what in ("credentials", "clock"):
        assert f"jam komputer ini {told} daripada jam BPJS" in checked.one(what)["text"]
        assert checked.one(what)["advice"] == ["sudo timedatectl set-ntp true"]


def test_a_wrong_key_is_told_as_that_whatever_the_clock_says(here: Site) -> None:
    assert isinstance(here.bpjs, Dated)
    here.bpjs.ahead = timedelta(minutes=10)
    checked = check(here, BPJS_USER_KEY="salah")
    assert checked.bad == {"credentials": "fault", "clock": "fault"}
    assert "periksa BPJS_USER_KEY" in checked.one("credentials")["text"]
