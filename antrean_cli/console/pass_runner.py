"""One pass as the command line runs it: locked, watched, ended in order by signals, and told.

What is told depends on who reads: cron hears nothing when all is well, a terminal sees a table, a
script gets one JSON document.
"""

import errno
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import starmap
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from antrean_cli.config.settings import Settings
from antrean_cli.console.app import App
from antrean_cli.console.journal import Journal
from antrean_cli.console.progress import ProgressBar
from antrean_cli.console.signals import Signals
from antrean_cli.errors import LockedError, StateError, why
from antrean_cli.ledger.file import is_lost, locked, note_told
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.monitoring.pass_monitor import PassMonitor
from antrean_cli.rules.causes import Cause, Trouble, trouble
from antrean_cli.rules.codes import State
from antrean_cli.rules.letters import visible
from antrean_cli.rules.outages import OF_FILES, Announcement, OutageKind, Phase
from antrean_cli.rules.push import MAX_AGE
from antrean_cli.sync.pass_report import Delivered, Noted, PassEvent, PassReport
from antrean_cli.sync.run import Pass

if TYPE_CHECKING:
    from antrean_cli.rules.alerts import AlertKind


def run_pass(
    app: App, settings: Settings, *, since: date | None, as_json: bool, at_once: bool = False
) -> int:
    """Run one pass and tell of it; return its exit code.

    `at_once`: a person waits for it, so neither an outage nor a back-off keeps it waiting.

    Raises LockedError if another pass is running, StateError if the ledger cannot be used.
    """
    signals = Signals()
    monitor = PassMonitor(settings=settings, clock=lambda: app.now(settings.policy.zone))
    alert: Callable[[], None] | None = None
    try:
        with (
            locked(settings.state),
            monitor,
            Ledger.open(settings.state, settings.policy.zone) as ledger,
        ):
            one = Pass(settings=settings, ledger=ledger, clock=monitor.clock, at_once=at_once)
            signals.ends = one
            report, journal, announced = _run_and_tell(app, settings, one, since, as_json)
            monitor.observe(ledger, report)
            announced += _tell_of_files(one, journal, monitor)
            _tell_what_a_terminal_saw(one, journal, announced)
            if settings.alert_command and not _is_watched():
                alert = _alert(settings, one, journal)
            return report.exit_code
    except LockedError as error:
        if app.verbose or sys.stderr.isatty():  # cron hears nothing of it
            app.say(str(error))
        raise
    except StateError as error:
        if settings.alert_command and not _is_watched():
            from antrean_cli.console.alerts import tell_of_ledger

            tell_of_ledger(app, settings, error)
        raise
    finally:
        signals.ends = None  # all is recorded: from here on a signal ends the program at once
        _tell_watchers(app, monitor)
        if alert:
            alert()


def run_pass_now(app: App, *, silently: bool) -> int:
    """Run one pass at once, after a command that left it work; return its exit code.

    If one is running, that one or the next has it anyway.
    """
    app = replace(app, quiet=app.quiet or silently)
    settings = app.settings("khanza", "bpjs")
    try:
        return run_pass(app, settings, since=None, as_json=False, at_once=True)
    except LockedError:
        app.say("Putaran lain sedang berjalan; terkirim pada putaran itu atau yang berikutnya.")
        return 0


def _run_and_tell(
    app: App, settings: Settings, one: Pass, since: date | None, as_json: bool
) -> tuple[PassReport, Journal, list[Announcement]]:
    interactive = sys.stdout.isatty() and not as_json and not app.quiet
    pushes = (push for known in one.ledger.each_unfinished() for push in known.pushes.values())
    reasons = (push.reason for push in pushes if push.state == State.HELD and push.reason)
    journal = Journal(app, settings, reasons, table=interactive)
    changes: list[dict[str, Any]] = []
    announced: list[Announcement] = []
    if lost := _news_of_lost_ledger(app, settings):
        from antrean_cli.rules.alerts import AlertKind

        journal.aloud(AlertKind.OUTAGE, lost)
        note_told(settings.state)
    with ProgressBar(shown=interactive and sys.stderr.isatty() and not app.verbose) as bar:
        for event in one.run(since=since):
            for kind, text in _news(event):
                journal.aloud(kind, text)
            if isinstance(event, Announcement):
                announced.append(event)
                continue
            if as_json:  # kept as documents: a change holds its whole booking
                from antrean_cli.render.pushes import push_document

                for change in filter(attrgetter("reportable"), event.changes):
                    changes.append(push_document(change.record.kodebooking, change.push))
            journal.changes(event.changes)
            if isinstance(event, Delivered):
                bar.move(event.waiting)
    if app.verbose and one.report.pacing and one.report.pacing.mattered:
        from antrean_cli.render.paces import pace_text

        app.say(f"Laju: {pace_text(one.ledger.pass_state().pace, one.clock())}")
    if as_json:
        from antrean_cli.render.passes import pass_document
        from antrean_cli.render.text import json_text

        click.echo(json_text(pass_document(one.report, changes, journal.messages)))
    elif interactive:
        from antrean_cli.render.passes import pass_text
        from antrean_cli.render.pushes import pushes_in

        records = one.ledger.of_days(one.clock().date() - MAX_AGE, date.max).values()
        click.echo(
            pass_text(one.report, pushes_in(records, State.REFUSED, State.HELD), journal.messages)
        )
    elif app.verbose:
        for error in one.report.errors:
            if str(error):
                app.say(f"Belum selesai: {error}")
    return one.report, journal, announced


def _tell_what_a_terminal_saw(
    one: Pass, journal: Journal, announced: Sequence[Announcement]
) -> None:
    """Tell whoever reads cron's mail of the outages that a person's own pass met first.

    `announced` is what this pass told of outages.
    """
    state = one.ledger.pass_state()
    seen, now_told = state.seen_on_terminal, {told.kind for told in announced}
    if not seen and not announced:
        return
    if _is_watched():
        told_of = {told.kind for told in announced if told.phase in (Phase.BEGAN, Phase.CHANGED)}
        left = (seen | told_of) & state.outages.keys()
    else:
        from antrean_cli.render.outages import announcement_text
        from antrean_cli.rules.alerts import AlertKind

        left = frozenset()
        for kind in sorted(seen - now_told):
            if (on := state.outages.get(kind)) and on.announced:
                told = Announcement(Phase.GOES_ON, on.kind, on.since, one.clock(), on.why)
                journal.aloud(AlertKind.OUTAGE, announcement_text(told))
    if left != seen:
        with one.ledger.transaction():
            one.ledger.update_pass_state(lambda state: state._replace(seen_on_terminal=left))


def _news_of_lost_ledger(app: App, settings: Settings) -> str:
    """Return what is to be told of a ledger that was here and is gone, empty if none is."""
    if not is_lost(settings.state, untold=True):
        return ""
    since = app.now(settings.policy.zone).date() - MAX_AGE
    return (
        f"Berkas status {settings.state} hilang, dan dibuat baru mulai hari ini. Kembalikan dari "
        f"cadangan, atau baca hari-hari sebelumnya; ketik: "
        + app.typed(f"antrean sync --since {since}")
    )


def _tell_of_files(one: Pass, journal: Journal, monitor: PassMonitor) -> list[Announcement]:
    """Tell of a log, or metrics, that cannot be written, as of an outage: not in every pass.

    Returns what was told.
    """
    announced: list[Announcement] = []
    unwritten = journal.unwritten or monitor.unwritten
    if not unwritten and not any(kind in one.ledger.pass_state().outages for kind in OF_FILES):
        return announced
    # A pass that can write must not pay for it.
    from antrean_cli.render.outages import announcement_text

    settings = monitor.settings
    for kind, file, written, problem in (
        (OutageKind.LOG, settings.log_file, journal.logged, journal.unwritten),
        (OutageKind.METRICS, settings.metrics_file, monitor.written, monitor.unwritten),
    ):
        if file and not (written or problem):
            continue  # nobody tried: nothing is known
        for told in one.note(kind, _unwritable(file, problem) if problem else None):
            announced.append(told)
            if file:
                text = announcement_text(told)
                click.echo(text, err=True)
                journal.told.append((_kind(told), text))
    monitor.unwritten = None
    return announced


def _unwritable(file: Path | None, problem: OSError) -> Trouble:
    reason = errno.errorcode.get(problem.errno or 0, "")
    return trouble(Cause.UNWRITABLE, reason, said=visible(str(file)))


def _news(event: PassEvent) -> "Iterator[tuple[AlertKind, str]]":
    """Yield what somebody must know of besides a push, each with its kind.

    An outage, a broken row of Khanza's, a booking that is left alive at BPJS; a push that BPJS does
    not answer while it answers others; and what lapses at H+7 while people could mend it.
    """
    # A pass without news must not pay for the words.
    if isinstance(event, Announcement):
        from antrean_cli.render.outages import announcement_text

        yield _kind(event), announcement_text(event)
    if not isinstance(event, Noted) or not any(
        (event.broken, event.left_alive, event.unanswered, event.lapses)
    ):
        return
    from antrean_cli.rules.alerts import AlertKind

    texts: list[str] = []
    if event.broken:
        from antrean_cli.render.broken_rows import broken_row_text

        texts += map(broken_row_text, event.broken)
    if event.left_alive:
        from antrean_cli.render.left_alive import left_alive_text

        texts += map(left_alive_text, event.left_alive)
    if event.unanswered:
        from antrean_cli.render.unanswered import unanswered_text

        texts += starmap(unanswered_text, event.unanswered)
    yield from ((AlertKind.REFUSED, text) for text in texts)
    if event.lapses:
        from antrean_cli.render.lapses import lapses_texts

        yield from ((AlertKind.LAPSE, text) for text in lapses_texts(event.lapses))


def _kind(told: Announcement) -> "AlertKind":
    from antrean_cli.rules.alerts import AlertKind

    return AlertKind.OVER if told.phase == Phase.OVER else AlertKind.OUTAGE


def _is_watched() -> bool:
    """Return whether somebody sees at a terminal what is told."""
    return any(stream and stream.isatty() for stream in (sys.stdout, sys.stderr))


def _alert(settings: Settings, one: Pass, journal: Journal) -> Callable[[], None] | None:
    """Keep what people elsewhere are to be told; return what tells them, None if there is none."""
    from antrean_cli.console.alerts import alerts_due, tell_alerts

    due = alerts_due(settings, one.ledger, journal.told, one.clock())
    return partial(tell_alerts, settings, due, journal) if due else None


def _tell_watchers(app: App, monitor: PassMonitor) -> None:
    """Tell how the pass ended, without its lock: a slow watcher must not keep the next one out."""
    if monitor.unwritten:
        file = visible(str(monitor.settings.metrics_file))
        text = f"ANTREAN_METRICS_FILE tidak dapat ditulis: {why(monitor.unwritten)}: {file}"
        click.echo(text, err=True)
    monitor.ping_end()
    if app.verbose:
        for problem in monitor.problems:
            app.say(problem)
