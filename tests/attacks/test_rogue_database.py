"""Whoever answers at Khanza's address: he gets no password, and keeps nothing from BPJS.

- Random packets, and true ones cut or changed, before and after he let the pass in.
- Whatever comes: exit 5, and what is due in the ledger is delivered; or 8, where he asks for what
  is a matter of settings.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random

from antrean_cli.errors import SettingsError, TemporaryError
from tests.attacks.attack import Attack
from tests.support.patients import patient
from tests.support.rogue_database import OK, Rogue, Talk
from tests.support.site import Site

PLUGINS = (
    "mysql_native_password",
    "mysql_clear_password",
    "dialog",
    "mysql_old_password",
    "sha256_password",
    "client_ed25519",
    "nobody_knows_it",
)


def test_nobody_at_khanzas_address_gets_anything(site: Site, attack: Attack) -> None:
    random, count = attack.random(), attack.size(always=40, all=1000)
    password = site.env["KHANZA_PASSWORD"].encode()
    codes: dict[int, int] = {}
    for number in range(count):
        due = _leave_a_task_due(site, number // 10) if number % 10 == 0 else ""
        with Rogue(plugin=random.choice(PLUGINS), then=_whim(random)) as rogue:
            env = {"KHANZA_SOCKET": "", "KHANZA_HOST": "127.0.0.1", "KHANZA_PORT": str(rogue.port)}
            done = site.sync(at_once=True, since=None, seconds=6, **env)
        code = done.report.exit_code
        codes[code] = codes.get(code, 0) + 1
        assert code in (TemporaryError.exit_code, SettingsError.exit_code), done.told
        assert password not in rogue.heard
        if due and code == TemporaryError.exit_code:
            assert site.states(due)["4"] == "sent"
    attack.measured(
        f"{count} strangers at Khanza's address: methods of logging in, random and garbled packets",
        f"exit {', '.join(f'{code}: {times}' for code, times in sorted(codes.items()))}; "
        "0 got the password, 0 tracebacks",
    )


def _leave_a_task_due(site: Site, day: int) -> str:
    """Let BPJS be away when a patient is examined; return no_rawat."""
    site.clock.at("09:00", day=day)
    now = site.clock.now
    no_rawat = patient(site, now.date(), jam=f"{now:%H:%M:%S}")
    site.sync(at_once=True)
    site.clock.forward(minutes=2)
    site.khanza.exam(no_rawat, f"{now + timedelta(minutes=1):%Y-%m-%d %H:%M:%S}")
    site.bpjs.down = True
    site.sync()
    site.bpjs.down = False
    assert site.states(no_rawat)["4"] == "due"
    return no_rawat


def _whim(random: Random) -> Callable[[Talk], None]:
    """Return what one stranger does after his greeting."""

    def then(talk: Talk) -> None:
        if random.random() < 0.4:
            talk.switch_to(random.choice(PLUGINS))
        if random.random() < 0.7:
            talk.greet()
        for _ in range(random.randrange(6)):
            junk = random.randbytes(random.randrange(80))
            talk.send(random.choice((OK, b"\xfb/etc/passwd", junk)))

    return then
