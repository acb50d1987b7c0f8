"""What a command works with: the global options, the settings, and the ledger."""

import os
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import click

from antrean_cli.errors import InputError

if TYPE_CHECKING:
    from antrean_cli.config.settings import Settings
    from antrean_cli.ledger.ledger import Ledger
    from antrean_cli.rules.policy import Policy

Clock = Callable[[timezone], datetime]  # the time now, as an aware datetime in a zone


@dataclass(frozen=True, kw_only=True)
class App:
    """The global options, and the clock, handed to every command."""

    env_file: Path | None
    state: Path | None
    verbose: bool
    quiet: bool
    now: Clock = datetime.now
    told: set[str] = field(default_factory=set, compare=False)  # what is said but once

    def settings(self, *needs: str) -> "Settings":
        """Return the settings; `needs` are "bpjs" and "khanza". Raises SettingsError."""
        # commands that need no settings do not load it
        from antrean_cli.config.settings import try_load

        found = try_load(env_file=self.env_file, state=self.state, needs=frozenset(needs))
        self.tell_of_ignored(found.ignored)
        return found.usable()

    def tell_of_ignored(self, text: str) -> None:
        """Tell a person at a terminal, once, that a ./.env does not count; cron did not expect it.

        `text` is empty where there is none.
        """
        if text and text not in self.told and sys.stderr.isatty():
            self.told.add(text)
            self.say(text)

    def say(self, text: str) -> None:
        """Tell a person something beside the data."""
        if not self.quiet:
            click.echo(text, err=True)

    def typed(self, command: str) -> str:
        """Return a line of ours as it is to be typed: with the files that were named this time."""
        named = [("--env-file", self.env_file), ("--state", self.state)]
        options = "".join(f" {option} {shlex.quote(str(path))}" for option, path in named if path)
        return re.sub(r"^(sudo -u \S+ )?antrean(?= )", lambda me: me[0] + options, command)


def program() -> list[str]:
    """Return the words that this very program is run by."""
    if sys.argv[0].endswith(".py"):  # python -m
        return [sys.executable, "-m", "antrean_cli"]
    return [os.path.abspath(sys.argv[0])]  # noqa: PTH100 - a link stays a link


def require_ledger(settings: "Settings") -> None:
    """Raise InputError if there is no ledger yet."""
    if not settings.state.exists():
        raise InputError(f"Belum ada berkas status {settings.state}; jalankan dulu: antrean sync")


@contextmanager
def reading(app: App, *, missing_ok: bool = False) -> "Iterator[tuple[Ledger, datetime]]":
    """Open a copy of the ledger to look at, and tell the time.

    Raises InputError if there is none yet.
    """
    from antrean_cli.ledger.ledger import Ledger

    settings = app.settings()
    if not missing_ok:
        require_ledger(settings)
    with Ledger.copy(settings.state, settings.policy.zone) as ledger:
        yield ledger, app.now(settings.policy.zone)


@contextmanager
def changing(app: App) -> "Iterator[tuple[Ledger, Policy, datetime]]":
    """Open the ledger to change something in it; raises InputError if there is none yet."""
    from antrean_cli.ledger.ledger import Ledger

    settings = app.settings()
    require_ledger(settings)
    with Ledger.open(settings.state, settings.policy.zone) as ledger:
        yield ledger, settings.policy, app.now(settings.policy.zone)


def own_booking(app: App, settings: "Settings", number: str) -> str:
    """Return the kode booking that a typed number means, and say so where it is another one."""
    from antrean_cli.operator.which_booking import booking_of

    kodebooking = booking_of(settings, number)
    if kodebooking != number:
        app.say(f"{number}: kode bookingnya {kodebooking}")
    return kodebooking


def require_known(ledger: "Ledger", number: str) -> None:
    """Raise InputError for a kode booking or no_rawat that the ledger does not know."""
    if number and not ledger.of_visit(number):
        raise InputError(
            f"Tidak ditemukan di catatan antrean: {number}; "
            "periksa nomornya, atau jalankan dulu: antrean sync"
        )
