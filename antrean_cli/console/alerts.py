"""A pass and the hospital's own command (ANTREAN_ALERT_COMMAND): what it is given, and when.

- What a pass has to tell is kept in the ledger with it, and told once the lock is free: a command
  that hangs keeps no other pass out, and none of it changes what a pass did.
- Only who sets the command pays for it: nothing of this is loaded without.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from antrean_cli.config.settings import Settings
from antrean_cli.console.app import App
from antrean_cli.console.journal import Journal
from antrean_cli.errors import StateError
from antrean_cli.ledger.file import may_tell
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.ledger.pass_state import PassState
from antrean_cli.monitoring.alerts import run, tell
from antrean_cli.rules.alerts import Alert, AlertKind, is_digest_due, kept_with, taken, without


def alerts_due(
    settings: Settings, ledger: Ledger, told: Iterable[tuple[AlertKind, str]], now: datetime
) -> tuple[Alert, ...]:
    """Keep what a pass has `told` aloud, and the day's work at its time; return what is due.

    What cannot be kept is due all the same.
    """
    new = [Alert(kind, now, text) for kind, text in told]
    state = ledger.pass_state()
    digest_due = is_digest_due(state.digest_told_on, settings.digest_at, now)
    if not (new or digest_due or state.alerts):
        return ()
    due: tuple[Alert, ...] = ()

    def kept(state: PassState) -> PassState:
        nonlocal due
        alerts, due = taken(kept_with(state.alerts, new, now), now)
        told_on = now.date() if digest_due else state.digest_told_on
        return state._replace(alerts=alerts, digest_told_on=told_on)

    try:
        if digest_due:
            new += _digest(settings, ledger, now)
        with ledger.transaction():
            ledger.update_pass_state(kept)
    except StateError:
        return tuple(new)
    return due


def _digest(settings: Settings, ledger: Ledger, now: datetime) -> list[Alert]:
    from antrean_cli.operator.todo import todo
    from antrean_cli.render.todo import todo_text

    found = todo(settings, ledger, now)
    return [Alert(AlertKind.DIGEST, now, todo_text(found, ""))] if found.work else []


def tell_alerts(settings: Settings, due: tuple[Alert, ...], journal: Journal) -> None:
    """Run the command, and keep no longer what it has told; the lock of the pass is not needed."""
    told = tell(settings.alert_command, due, site=settings.site)
    if told.alerts:
        # Where this cannot be kept, it is told once more rather than never.
        with (
            suppress(StateError),
            Ledger.open(settings.state, settings.policy.zone) as ledger,
            ledger.transaction(),
        ):
            ledger.update_pass_state(
                lambda state: state._replace(alerts=without(state.alerts, told.alerts))
            )
    # What was tried before was said before: cron's mail need not repeat it.
    if told.problem and any(one.tried_at is None for one in without(due, told.alerts)):
        journal.unheard(
            f"ANTREAN_ALERT_COMMAND {told.problem}; dicoba lagi tiap lima menit. "
            f"Untuk mencobanya: antrean check --alert"
        )


def tell_of_ledger(app: App, settings: Settings, error: StateError) -> None:
    """Tell, once an hour, that the ledger cannot be used: no pass sends anything."""
    if may_tell(settings.state, app.now(settings.policy.zone)):
        run(settings.alert_command, AlertKind.OUTAGE, error.sentence, site=settings.site)
