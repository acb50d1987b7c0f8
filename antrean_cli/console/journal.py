"""Where a pass tells what it changes: a line each in the log, and on stderr what is for somebody.

- Told aloud is what needs a person: a refusal, a hold that whole clinics share, an outage. Not even
  `-q` silences it; cron sends it by mail.
- Everything else is told with `-v` alone. What stays as it is is never told.
- A hold that many visits share, such as a clinic without mapping, is told at its first visit.
- A log that cannot be written never stops a pass; whoever runs it tells so.
"""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from antrean_cli.config.settings import Settings
from antrean_cli.console.app import App
from antrean_cli.local_files import opened
from antrean_cli.rules.codes import State
from antrean_cli.rules.letters import visible
from antrean_cli.rules.push import Change
from antrean_cli.rules.reasons import SHARED_FAMILIES, Reason

if TYPE_CHECKING:
    from antrean_cli.rules.alerts import AlertKind

_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT


class Journal:
    """The log file and stderr of one pass; `told` keeps what was told aloud, each with its kind.

    `logged` tells whether the log was written, `unwritten` why it could not be. `known` are the
    reasons that were told by earlier passes. With `table` nothing is said while the pass runs: the
    table at its end shows it.
    """

    def __init__(
        self, app: App, settings: Settings, known: Iterable[Reason], *, table: bool
    ) -> None:
        self.told: list[tuple[AlertKind, str]] = []
        self.logged = False
        self.unwritten: OSError | None = None
        self._app = app
        self._table = table
        self._zone = settings.policy.zone
        self._log_file = settings.log_file
        self._known = set(known)

    @property
    def messages(self) -> list[str]:
        """What was told aloud, for JSON."""
        return [text for _, text in self.told]

    def aloud(self, kind: "AlertKind", text: str) -> None:
        """Tell what somebody must know."""
        self.told.append((kind, text))
        if not self._table:
            click.echo(text, err=True)  # even with -q: it is an error, or the end of one
        elif self._app.verbose:
            self._app.say(text)
        self._log(text)

    def unheard(self, text: str) -> None:
        """Tell that nobody elsewhere could be told."""
        click.echo(text, err=True)
        self._log(text)

    def quietly(self, text: str) -> None:
        """Tell what only those want to know who ask for everything."""
        if self._app.verbose:
            self._app.say(text)
        self._log(text)

    def changes(self, changes: Iterable[Change]) -> None:
        """Tell what a pass changed, one line a change."""
        for change in changes:
            if not change.reportable:
                continue
            if change.after is None:
                self.quietly(_line(change))
            elif _is_shared(change):
                self._shared(change)
            elif change.push.state == State.REFUSED:
                self._refused(change)
            else:
                self.quietly(_line(change))

    def _shared(self, change: Change) -> None:
        reason = change.push.reason
        if reason and reason not in self._known:
            self._known.add(reason)
            self._refused(change)

    def _refused(self, change: Change) -> None:
        # A pass that refuses nothing must not pay for it.
        from antrean_cli.rules.alerts import AlertKind

        self.aloud(AlertKind.REFUSED, _line(change))

    def _log(self, text: str) -> None:
        if self._log_file is None:
            return
        try:
            with os.fdopen(opened(self._log_file, _APPEND), "a", encoding="utf-8") as log:
                log.write(f"{self._app.now(self._zone):%Y-%m-%d %H:%M:%S} {visible(text)}\n")
            self.logged = True
        except OSError as error:
            self.unwritten, self._log_file = error, None


def _line(change: Change) -> str:
    # A pass that changes nothing must not pay for the words.
    from antrean_cli.render.pushes import change_line

    return change_line(change)


def _is_shared(change: Change) -> bool:
    push = change.push
    if push.state != State.HELD or push.reason is None:
        return False
    return push.reason.code.family in SHARED_FAMILIES
