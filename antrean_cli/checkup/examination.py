"""What one runs before the first pass, and whenever something is odd: all is looked at.

- Nothing is changed, and no finding names a patient or a visit.
- One part after the other, each as far as it can: a fault in one keeps none of the others from
  being looked at.
- Looking yields findings; what each is worth is judged by functions that are handed values.
"""

import shlex
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path

from antrean_cli.checkup.hospital import examine_khanza
from antrean_cli.checkup.machine import (
    examine_lost_ledger,
    examine_passes,
    examine_settings,
    examine_state_file,
)
from antrean_cli.checkup.migration import examine_migration
from antrean_cli.checkup.results import Finding, Level, from_error, warning
from antrean_cli.checkup.runner import as_runner, other_runner
from antrean_cli.checkup.service import Service
from antrean_cli.checkup.watcher import examine_alerts, examine_watcher, try_alert
from antrean_cli.config import settings as config
from antrean_cli.errors import SettingsError, StateError
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.operator.overview import Overview, overview
from antrean_cli.rules.push import MAX_AGE
from antrean_cli.rules.splay import USUAL_SPLAY
from antrean_cli.rules.visits import Visit
from antrean_cli.sync.read import sessions_of


def examine(
    *,
    env_file: Path | None,
    state: Path | None,
    clock: Callable[[timezone], datetime],
    offline: bool,
    alert: bool,
    program: Sequence[str],
) -> Iterator[Finding]:
    """Yield what is found, in the order in which it is shown.

    `offline` leaves BPJS out, `alert` sends a trial by the hospital's own command.
    `env_file` and `state` are what the global options named, `program` are the words that antrean
    is run by. What to do next is told only where nothing keeps it from working.
    """
    faults = False
    looked_at = _everything(env_file, state, clock, offline=offline, alert=alert, program=program)
    for finding in looked_at:
        faults = faults or finding.level is Level.FAULT
        if finding.what != "next" or not faults:
            yield finding


def _everything(
    env_file: Path | None,
    state: Path | None,
    clock: Callable[[timezone], datetime],
    *,
    offline: bool,
    alert: bool,
    program: Sequence[str],
) -> Iterator[Finding]:
    needs = frozenset({"khanza"} if offline else {"khanza", "bpjs"})
    try:
        found = config.try_load(env_file=env_file, state=state, needs=needs)
    except SettingsError as error:
        yield from_error(error, "settings")
        yield warning("settings", "Selebihnya belum diperiksa; betulkan dulu pengaturannya")
        return
    runner = other_runner(found.settings.state, found.file)
    with ExitStack() as stack:
        everything = _Examination(
            found=found,
            state=state,
            clock=clock,
            offline=offline,
            alert=alert,
            program=program,
            runner=runner,
            stack=stack,
        ).everything()
        for finding in everything:
            yield replace(finding, advice=tuple(as_runner(line, runner) for line in finding.advice))


@dataclass(kw_only=True)
class _Examination:
    """One examination by settings that could be read, though some may be wrong (`found.broken`)."""

    found: config.LoadResult
    state: Path | None
    clock: Callable[[timezone], datetime]
    offline: bool
    alert: bool
    program: Sequence[str]
    runner: str  # the user that passes run as, empty if it is who runs us
    stack: ExitStack  # closes the copy of the ledger

    def everything(self) -> Iterator[Finding]:
        """Look at one part after the other."""
        yield from examine_settings(self.found)
        yield from self._state_file()
        yield from self._passes()
        visits = yield from self._khanza()
        yield from self._bpjs(visits)
        yield from self._watcher()
        yield from self._migration()

    # -- the parts

    def _state_file(self) -> Iterator[Finding]:
        if self._read is None:
            return
        state, metrics = self.found.settings.state, self.found.settings.metrics_file
        inside = bool(metrics and metrics.absolute().is_relative_to(state.absolute().parent))
        yield from examine_state_file(state, self._read, metrics_inside=inside)
        begin = self._overview.begin if self._overview else None
        yield from examine_lost_ledger(state, begin, self._now.date())

    def _passes(self) -> Iterator[Finding]:
        if self._overview:
            yield from examine_passes(self._overview)

    def _khanza(self) -> Generator[Finding, None, Sequence[Visit]]:
        """Look at Khanza, and return its visits of the last days, as far as they were read."""
        settings = self.found.settings
        if self._broken("KHANZA_"):
            yield warning("khanza", "Khanza: belum diperiksa; betulkan dulu pengaturannya")
            return ()
        sessions = sessions_of(settings, self._ledger) if self._ledger else {}
        similar = self._service.similar_names if self._service else _no_names
        return (yield from examine_khanza(settings, self._now, sessions, similar))

    def _bpjs(self, visits: Sequence[Visit]) -> Iterator[Finding]:
        """Look at BPJS, and at what HFIS has for today's visits."""
        if self._service:
            today = self._now.date()
            yield from self._service.examine_connection()
            yield from self._service.examine_hfis(
                visit for visit in visits if visit.tanggal == today
            )
        elif not self.offline:
            yield warning("bpjs", "BPJS: belum diperiksa; betulkan dulu pengaturannya")

    def _watcher(self) -> Iterator[Finding]:
        if self.found.settings.ping_url and not self.offline:
            yield examine_watcher(self.found.settings.ping_url)
        if self.alert:
            yield try_alert(self.found.settings, self._now)
        elif self.found.settings.alert_command:
            untold = self._ledger.pass_state().alerts if self._ledger else ()
            yield examine_alerts(self.found.settings, untold)

    def _migration(self) -> Iterator[Finding]:
        if self._ledger and self._overview:
            today = self._now.date()
            records = self._ledger.of_days(today - MAX_AGE, today).values()
            policy, cron_line = self.found.settings.policy, self._cron_line()
            yield from examine_migration(policy, self._overview, records, cron_line, self.runner)

    # -- what they are looked at with

    @cached_property
    def _now(self) -> datetime:
        return self.clock(self.found.settings.policy.zone)

    @cached_property
    def _service(self) -> Service | None:
        """BPJS, None where nothing may or can be asked of it."""
        if self.offline or self._broken("BPJS_"):
            return None
        return Service(self.found.settings)

    @cached_property
    def _read(self) -> Ledger | StateError | None:
        """A copy of the ledger of which every seal was looked at, or why there is none.

        None where not even its place is known.
        """
        if "ANTREAN_STATE" in self.found.broken and self.state is None:
            return None
        settings = self.found.settings
        try:
            ledger = self.stack.enter_context(Ledger.copy(settings.state, settings.policy.zone))
            ledger.examine()
        except StateError as error:
            return error
        return ledger

    @property
    def _ledger(self) -> Ledger | None:
        return self._read if isinstance(self._read, Ledger) else None

    @cached_property
    def _overview(self) -> Overview | None:
        return overview(self._ledger, self._now) if self._ledger else None

    def _broken(self, prefix: str) -> bool:
        return any(name.startswith(prefix) for name in self.found.broken)

    def _cron_line(self) -> str:
        """Return the line of a crontab for a pass a minute, whatever folder and environment it has.

        Where cron's own sign for a new line stands in a path, it is escaped.
        """
        named = [("--env-file", self.found.file), ("--state", self.state)]
        options = [
            word for option, path in named if path for word in (option, str(path.absolute()))
        ]
        command = shlex.join([*self.program, *options, "sync", "--splay", str(USUAL_SPLAY)])
        return "* * * * * " + command.replace("%", r"\%")


def _no_names(_: str, __: str) -> tuple[str, ...]:
    """Return no name of BPJS's: it was not asked."""
    return ()
