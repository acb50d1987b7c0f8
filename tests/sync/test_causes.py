"""Each trouble of a pass is called by its cause, and another one is told at once."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.outages import OutageKind
from antrean_cli.simulator.faults import Fault
from tests.support.certificates import self_signed
from tests.support.checkup import Dated
from tests.support.mariadb import MariaDB
from tests.support.patients import patient
from tests.support.site import CONS_ID, SECRET_KEY, USER_KEY, WIB, Site, stand_in

AGAIN = "Dicoba lagi otomatis; tidak ada yang hilang."
NOT_BY_WAITING = "Dicoba lagi otomatis dan tidak ada yang hilang, tetapi menunggu saja tidak cukup."


def told(site: Site, **env: str) -> str:
    """Run one pass a minute later, and return the one thing that it told, empty for nothing."""
    site.clock.forward(minutes=1)
    said = site.sync(**env).told  # type: ignore[arg-type]  # settings, and no other argument
    assert len(said) <= 1
    return said[0] if said else ""


# -- what a pass tells


def test_a_proxy_that_drops_user_key_is_told_as_that(site: Site) -> None:
    patient(site)
    site.bpjs.faults.add(Fault("no_underscores", times=None))
    assert told(site) == (
        "Kredensial, tanda tangan, atau jam ditolak BPJS: BPJS tidak mendapat user_key, padahal "
        f"dikirim: Unauthorized. user_key tidak ada (kode 403). {NOT_BY_WAITING} Periksa proxy di "
        "antaranya: nginx membuang header bergaris bawah tanpa 'underscores_in_headers on;'."
    )
    site.bpjs.faults.clear()
    assert told(site, BPJS_USER_KEY="salah") == (
        "Kredensial, tanda tangan, atau jam ditolak BPJS sejak 23-11 14:01, kini karena sebab "
        "lain: BPJS menolak user_key: Unauthorized. user_key tidak terdaftar (kode 403). Periksa "
        "BPJS_USER_KEY."
    )


@pytest.mark.parametrize("status", [301, 404, 405, 410, 501])
@pytest.mark.parametrize("page", [False, True], ids=["text", "page"])
def test_a_wrong_address_is_told_as_a_setting(site: Site, status: Any, page: bool) -> None:
    for _ in range(3):
        patient(site)
    site.bpjs.faults.add(Fault("no_route", status=status, page=page, times=None))
    said = told(site)
    assert said.startswith("BPJS terganggu: ")
    assert f"(HTTP {status}" in said
    assert NOT_BY_WAITING in said
    assert "BPJS_BASE_URL" in said
    assert "proxy" in said


@pytest.mark.parametrize("status", [404, 405, 501])
def test_an_envelope_of_such_a_code_is_no_outage(site: Site, status: Any) -> None:
    for _ in range(3):
        patient(site)
    site.bpjs.faults.add(Fault("enveloped", status=status, times=None))
    assert told(site) == ""


@pytest.mark.parametrize(
    ("ahead", "span"), [(600, "10 menit lebih lambat"), (-7200, "2 jam lebih cepat")]
)
def test_a_clock_that_is_off_is_told_with_how_far(site: Site, ahead: int, span: str) -> None:
    patient(site)
    bpjs = Dated(cons_id=CONS_ID, secret_key=SECRET_KEY, user_key=USER_KEY)
    with bpjs:
        bpjs.ahead = timedelta(seconds=ahead)
        bpjs.now = lambda: datetime.now(timezone.utc) + timedelta(seconds=ahead)
        said = told(site, BPJS_BASE_URL=bpjs.url)
    assert f"jam komputer ini {span} daripada jam BPJS: Unauthorized. x-timestamp" in said
    assert said.endswith("Betulkan jamnya. Ketik: sudo timedatectl set-ntp true")


def test_a_certificate_is_told_by_what_is_wrong_with_it(site: Site, tmp_path: Path) -> None:
    for _ in range(3):
        patient(site)
    with stand_in(site.clock, certificate=self_signed(tmp_path, "DNS:lain.example")) as bpjs:
        said = told(site, BPJS_BASE_URL=bpjs.url)
        assert "diterbitkan sendiri" in said
        site.clock.forward(minutes=1)
        trusted = {"BPJS_BASE_URL": bpjs.url, "BPJS_CA_BUNDLE": str(tmp_path / "self.pem")}
        said = told(site, **trusted)
        assert "kini karena sebab lain: sertifikat TLS server BPJS dibuat untuk nama" in said


# -- Khanza


def test_a_password_that_was_mended_and_the_column_behind_it_are_told_one_after_the_other(
    site: Site, mariadb: MariaDB
) -> None:
    """Not an hour later: whoever mends the first waits for the second."""
    assert told(site, KHANZA_PASSWORD="salah") == (
        f"Khanza terganggu: Khanza menolak akun atau kata sandinya. {NOT_BY_WAITING} Periksa "
        "KHANZA_USER dan KHANZA_PASSWORD."
    )
    assert told(site, KHANZA_PASSWORD="salah") == ""
    with mariadb.without_column("jadwal", "kuota"):
        assert told(site) == (
            "Khanza terganggu sejak 23-11 14:01, kini karena sebab lain: Khanza tidak sesuai: "
            "tabel jadwal tidak punya kolom kuota. Periksa KHANZA_DATABASE, atau perbarui Khanza "
            "ke versi yang memilikinya."
        )
        assert told(site) == ""
    assert told(site).startswith("Khanza pulih setelah")


def test_causes_that_take_turns_are_told_once_an_hour_each(site: Site) -> None:
    wrong = ({"KHANZA_PASSWORD": "salah"}, {"KHANZA_DATABASE": "lain"})
    minutes = [minute for minute in range(1, 64) if told(site, **wrong[minute % 2])]
    assert minutes == [1, 2, 61, 62]


# -- where else it stands


def test_status_check_and_metrics_say_the_cause_that_is_on_now(site: Site) -> None:
    told(site, KHANZA_PASSWORD="salah")
    told(site, KHANZA_DATABASE="lain")
    found = json.loads(site.run("status", "--json", CLOCK=site.clock.now.isoformat()).stdout)
    (outage,) = found["outages"]
    assert outage.pop("since") > 0
    assert outage == {
        "kind": "khanza",
        "cause": "khanza_database_grant",
        "about": "",
        "why": "akun antrean tidak boleh membaca database Khanza, atau database itu tidak ada",
        "advice": "periksa KHANZA_DATABASE, dan beri akun itu GRANT SELECT",
        "typed": None,
    }
    for command in ("status", "check"):
        said = site.run(command, CLOCK=site.clock.now.isoformat()).stdout
        assert "akun antrean tidak boleh membaca database Khanza" in " ".join(said.split())


def test_an_outage_that_an_older_version_began_goes_on_in_silence(site: Site) -> None:
    told(site, KHANZA_PASSWORD="salah")
    with Ledger.open(site.state, WIB) as ledger, ledger.transaction():
        old = ledger.pass_state().outages[OutageKind.KHANZA]._replace(why=None, told=())
        ledger.update_pass_state(lambda state: state.with_outage(OutageKind.KHANZA, old))
    assert "Khanza terganggu sejak" in site.run("status").stdout
    (outage,) = json.loads(site.run("status", "--json").stdout)["outages"]
    assert {outage[name] for name in ("cause", "about", "why", "advice", "typed")} == {None}
    assert told(site, KHANZA_DATABASE="lain") == ""
    assert "sebab lain" in told(site, KHANZA_PASSWORD="salah")
