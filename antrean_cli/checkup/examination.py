"""What one runs before the first pass, and whenever something is odd: everything is looked at,
nothing is changed.

- One part after the other, each as far as it can: a fault in one keeps none of the others from
  being looked at.
- Looking yields findings; what each is worth is judged by functions that are handed values.
- No finding names a patient or a visit.
"""

import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime, timezone
from pathlib import Path

from antrean_cli.checkup import hospital, machine
from antrean_cli.checkup import migration as handover
from antrean_cli.checkup.results import FAULT, Finding, told, warning
from antrean_cli.checkup.service import Service, watcher
from antrean_cli.config import settings as config
from antrean_cli.errors import SettingsError, StateError
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.operator.queue_admin import overview
from antrean_cli.rules.chain import MAX_AGE
from antrean_cli.rules.visits import Visit
from antrean_cli.sync.hfis import sessions_of


def examine(
    *,
    env_file: Path | None,
    state: Path | None,
    clock: Callable[[timezone], datetime],
    offline: bool,
    program: Sequence[str],
) -> Iterator[Finding]:
    """Yield what is found, in the order in which it is shown; `offline` leaves BPJS out.

    `program` are the words that antrean is run by. What to do next is told only where nothing keeps
    it from working.
    """
    faults = False
    for finding in _everything(env_file, state, clock, offline=offline, program=program):
        faults = faults or finding.level == FAULT
        if finding.what != "next" or not faults:
            yield finding


def _everything(
    env_file: Path | None,
    state: Path | None,
    clock: Callable[[timezone], datetime],
    *,
    offline: bool,
    program: Sequence[str],
) -> Iterator[Finding]:
    needs = frozenset({"khanza"} if offline else {"khanza", "bpjs"})
    try:
        found = config.try_load(env_file=env_file, state=state, needs=needs)
    except SettingsError as error:
        yield told(error, "settings")
        yield warning(
            "settings", "Yang lain belum diperiksa: tanpa pengaturan tidak diketahui di mana"
        )
        return
    yield from machine.settings(found)
    yield from _with_settings(found, clock, offline=offline, state=state, program=program)


def _with_settings(
    found: config.LoadResult,
    clock: Callable[[timezone], datetime],
    *,
    offline: bool,
    state: Path | None,
    program: Sequence[str],
) -> Iterator[Finding]:
    settings, zone = found.settings, found.settings.policy.zone
    service = None if offline or _unset(found, "BPJS_") else Service(settings, lambda: clock(zone))
    now = clock(zone)
    with ExitStack() as stack:
        read = None if "ANTREAN_STATE" in found.broken and state is None else _read(settings, stack)
        if read is not None:
            yield from machine.state(settings.state, read)
        ledger = read if isinstance(read, Ledger) else None
        passed = overview(ledger, now) if ledger else None
        if passed:
            yield from machine.passes(passed)
        yield from _world(found, service, ledger, now, offline=offline)
        if ledger and passed:
            records = ledger.of_days(now.date() - MAX_AGE, now.date()).values()
            yield from handover.examine(
                settings.policy, passed, records, _cron_line(program, found.file, state)
            )


def _cron_line(program: Sequence[str], file: Path | None, state: Path | None) -> str:
    """Return the line of a crontab that runs a pass a minute, whatever folder and environment cron
    has.
    """
    named = [("--env-file", file), ("--state", state)]
    options = [word for option, path in named if path for word in (option, str(path.absolute()))]
    return "* * * * * " + shlex.join([*program, *options, "sync"]).replace(
        "%", r"\%"
    )  # cron's own sign for a new line


def _read(settings: config.Settings, stack: ExitStack) -> Ledger | StateError:
    """Return a copy of the ledger of which every seal was looked at, or why there is none."""
    try:
        ledger = stack.enter_context(Ledger.copy(settings.state, settings.policy.zone))
        ledger.examine()
    except StateError as error:
        return error
    return ledger


def _world(
    found: config.LoadResult,
    service: Service | None,
    ledger: Ledger | None,
    now: datetime,
    *,
    offline: bool,
) -> Iterator[Finding]:
    """Look at Khanza and BPJS, as far as there are settings for them."""
    settings = found.settings
    visits: list[Visit] = []
    if _unset(found, "KHANZA_"):
        yield warning("khanza", "Khanza: belum diperiksa; betulkan dulu pengaturannya")
    else:
        sessions = sessions_of(settings, ledger) if ledger else None
        near = service.near if service else _nothing_near
        visits += yield from hospital.examine(settings, now, sessions, near)
    if service:
        yield from service.examine()
        yield from service.hfis(visit for visit in visits if visit.tanggal == now.date())
    elif not offline:
        yield warning("bpjs", "BPJS: belum diperiksa; betulkan dulu pengaturannya")
    if settings.ping_url and not offline:
        yield watcher(settings.ping_url)


def _unset(found: config.LoadResult, prefix: str) -> bool:
    return any(name.startswith(prefix) for name in found.broken)


def _nothing_near(_: str, __: str) -> tuple[str, ...]:
    return ()
