"""The wire to Khanza's database: it hands no password over, and garbage is a passing trouble."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from antrean_cli.config.settings import KhanzaSettings, Tls
from antrean_cli.errors import AntreanError, SettingsError, TemporaryError
from antrean_cli.khanza.queries import Khanza
from antrean_cli.khanza.server import is_local, server
from antrean_cli.rules.causes import Cause
from tests.khanza.reading import read
from tests.khanza.reading import server as real
from tests.support.certificates import certificate, self_signed
from tests.support.mariadb import MariaDB
from tests.support.rogue_database import OK, Rogue, Talk

PASSWORD = "sandi-burung-kutilang"


def settings(port: int, **changed: object) -> KhanzaSettings:
    one = KhanzaSettings(
        host="127.0.0.1",
        port=port,
        socket=None,
        user="antrean",
        password=PASSWORD,
        database="sik",
        sqlite=None,
    )
    return replace(one, **changed)  # type: ignore[arg-type]


def met(where: KhanzaSettings, *, seconds: float = 5) -> tuple[type[AntreanError], Cause]:
    """Return what a whole look at what answers there comes to."""
    with pytest.raises(AntreanError) as caught, Khanza(where, seconds=seconds) as khanza:
        khanza.check()
    assert caught.value.why is not None
    assert PASSWORD not in str(caught.value)
    return type(caught.value), caught.value.why.cause


def switches_to(plugin: str) -> Callable[[Talk], None]:
    def then(talk: Talk) -> None:
        talk.switch_to(plugin)
        talk.send(OK)

    return then


def asks_for_full_login(talk: Talk) -> None:
    """Answer a challenge of caching_sha2_password with "not known, send the password"."""
    talk.send(b"\x01\x04")
    talk.read()
    talk.send(OK)


def switches_and_asks(talk: Talk) -> None:
    talk.switch_to("caching_sha2_password")
    asks_for_full_login(talk)


@pytest.fixture(params=["plain", "TLS"])
def shown(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    """Return the certificate that a rogue shows, signed by himself; None: he speaks no TLS."""
    return self_signed(tmp_path) if request.param == "TLS" else None


CLEAR = ["mysql_clear_password", "dialog", "mysql_old_password", "sha256_password"]


@pytest.mark.parametrize("plugin", CLEAR)
@pytest.mark.parametrize("greeting", [True, False])
def test_no_server_gets_the_password_for_the_asking(
    plugin: str, greeting: bool, shown: Path | None
) -> None:
    first = plugin if greeting else "mysql_native_password"
    then = switches_to(plugin)
    with Rogue(plugin=first, then=then, certificate=shown) as rogue:
        assert met(settings(rogue.port)) == (SettingsError, Cause.KHANZA_CLEAR)
        assert PASSWORD.encode() not in rogue.heard


@pytest.mark.parametrize(
    ("plugin", "then"),
    [
        ("caching_sha2_password", asks_for_full_login),
        ("mysql_native_password", switches_and_asks),
    ],
)
def test_another_computer_gets_only_answers_to_challenges(
    plugin: str, then: Callable[[Talk], None], shown: Path | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody has checked whose it is. (Here it is one only by name.)"""
    monkeypatch.setattr("antrean_cli.khanza.server.is_local", lambda _: False)
    with Rogue(plugin=plugin, then=then, certificate=shown) as rogue:
        assert met(settings(rogue.port)) == (SettingsError, Cause.KHANZA_CLEAR)
        assert PASSWORD.encode() not in rogue.heard


@pytest.mark.parametrize(
    ("host", "socket", "local"),
    [
        ("127.0.0.1", None, True),
        ("127.9.9.9", None, True),
        ("::1", None, True),
        ("localhost", None, True),
        ("10.0.0.5", None, False),
        ("khanza.rs.example", None, False),
        ("127.0.0.1.rs.example", None, False),
        ("10.0.0.5", "/run/mysqld/mysqld.sock", True),
    ],
)
def test_on_this_computer_nobody_stands_between(host: str, socket: str | None, local: bool) -> None:
    assert is_local(settings(1, host=host, socket=socket)) is local


def test_a_fast_login_by_caching_sha2_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the server knows by heart it asks nothing more of."""
    monkeypatch.setattr("antrean_cli.khanza.server.is_local", lambda _: False)
    answers: list[bytes] = []

    def then(talk: Talk) -> None:
        answers.append(talk.switch_to("caching_sha2_password"))
        talk.send(b"\x01\x03")
        talk.greet()

    with Rogue(then=then) as rogue:
        assert met(settings(rogue.port))[1] == Cause.KHANZA_CUT  # let in, and then hung up on
    (answer,) = answers
    assert len(answer) == hashlib.sha256().digest_size


# -- TLS


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("ca"), "ca", "")


def signed(folder: Path, authority: Path, san: str = "IP:127.0.0.1") -> Path:
    return certificate(folder, "server", san, signed_by=authority, until="20990101000000Z")


def test_with_an_authority_only_what_it_signed_is_khanza(tmp_path: Path, authority: Path) -> None:
    checked = {"ca": str(authority), "tls": Tls.REQUIRED}
    with Rogue(certificate=self_signed(tmp_path)) as rogue:
        assert met(settings(rogue.port, **checked)) == (SettingsError, Cause.KHANZA_TLS)
        assert b"antrean" not in rogue.heard  # not even who asks
    with Rogue(certificate=signed(tmp_path, authority, "DNS:lain.example")) as rogue:
        assert met(settings(rogue.port, **checked)) == (SettingsError, Cause.KHANZA_TLS)
    with Rogue() as rogue:
        assert met(settings(rogue.port, **checked)) == (SettingsError, Cause.KHANZA_NO_TLS)
        assert b"antrean" not in rogue.heard


def test_required_without_an_authority_goes_by_those_of_the_system(tmp_path: Path) -> None:
    with Rogue(certificate=self_signed(tmp_path)) as rogue:
        where = settings(rogue.port, tls=Tls.REQUIRED)
        assert met(where) == (SettingsError, Cause.KHANZA_TLS)


def test_a_file_without_certificates_is_said_to_be_none(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("bukan sertifikat")
    where = settings(1, ca=str(file), tls=Tls.REQUIRED)
    assert met(where) == (SettingsError, Cause.KHANZA_CA)


def test_nobody_is_handed_the_keys_of_a_line(
    tmp_path: Path, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    connection = server(settings(1, ca=str(authority), tls=Tls.REQUIRED), 60)
    assert connection.ctx.keylog_filename is None  # type: ignore[attr-defined]


def test_a_real_server_is_read_over_checked_tls(tmp_path: Path, authority: Path) -> None:
    pem = signed(tmp_path, authority)
    with MariaDB(f"--ssl-cert={pem}", f"--ssl-key={pem}") as mariadb:
        here = replace(real(mariadb), socket=None, ca=str(authority), tls=Tls.REQUIRED)
        with Khanza(here) as khanza:
            (cipher,) = khanza._select("SHOW STATUS LIKE 'Ssl_cipher'").rows
        assert cipher[1]
        assert met(replace(here, ca=None)) == (SettingsError, Cause.KHANZA_TLS)


# -- what is no answer


def garbled(*packets: bytes) -> Callable[[Talk], None]:
    def then(talk: Talk) -> None:
        talk.greet()
        for packet in packets:
            talk.send(packet)

    return then


COLUMN = b"\x03def\x00\x00\x00\x01a\x00\x0c\x2d\x00\xff\x00\x00\x00\xfd\x00\x00\x00\x00\x00"
END = b"\xfe\x00\x00\x02\x00"


@pytest.mark.parametrize(
    "packets",
    [
        [b""],
        [b"\x05"],
        [b"\xff"],
        [b"\xff\x01"],
        [b"\xfb/etc/passwd"],  # LOCAL INFILE
        [b"\x01", b"junk"],
        [b"\x01", COLUMN, END, b"\x09x", END],
        [b"\x01", COLUMN, END, b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff", END],
        [b"\xfc\xff\xff"],
        [b"\x01", COLUMN, END, b"\x01x\x01y", END],
        [OK],
        [b"\x00"],
    ],
    ids=repr,
)
def test_what_is_no_answer_is_a_passing_trouble(packets: list[bytes]) -> None:
    with Rogue(then=garbled(*packets)) as rogue:
        kind, _ = met(settings(rogue.port), seconds=3)
        assert kind is TemporaryError
        assert b"root:" not in rogue.heard


@pytest.mark.parametrize(
    "greeting", [b"", b"\x0a", b"SSH-2.0-OpenSSH\r\n", b"\xff\xff", b"\x0a" * 80]
)
def test_whoever_answers_at_that_port_breaks_nothing(greeting: bytes) -> None:
    rogue = Rogue()
    rogue._talk = lambda talk: talk.send(greeting)  # type: ignore[method-assign]
    with rogue:
        assert met(settings(rogue.port), seconds=3)[0] is TemporaryError


@pytest.mark.usefixtures("khanza")
@pytest.mark.parametrize("tls", [Tls.IF_OFFERED, Tls.NONE])
def test_a_server_without_tls_is_read_where_none_is_asked_for(mariadb: MariaDB, tls: Tls) -> None:
    assert read(replace(real(mariadb), socket=None, tls=tls)).payers
