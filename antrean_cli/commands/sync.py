"""`antrean sync`: one pass.

What it prints depends on who reads: cron nothing when all is well, a terminal a table.
"""

import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from operator import attrgetter
from typing import Any

import click

from antrean_cli.config.settings import Settings
from antrean_cli.console.app import App
from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.options import json_option
from antrean_cli.console.parameters import DAY, Whole
from antrean_cli.console.progress import ProgressBar
from antrean_cli.console.signals import Signals
from antrean_cli.errors import InputError, LockedError, StoppedError, why
from antrean_cli.ledger.file import locked
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.monitoring.watchers import Watch
from antrean_cli.render.pushes import (
    change_line,
    due_table,
    push_document,
    pushes_in,
    reasons_summary,
)
from antrean_cli.render.tables import table
from antrean_cli.render.text import json_text
from antrean_cli.rules.chain import (
    ALREADY,
    CLOSED,
    DUE,
    HELD,
    MAX_AGE,
    REFUSED,
    SENT,
    Change,
)
from antrean_cli.sync.run import Pass, Report, Sent, Told, preview

# Reasons that many visits share: they are told once, not once a visit.
SHARED_REASONS = frozenset({"petakan", "jadwal"})


class Journal:
    """Where changes are told: every one in the log file and with -v, only what needs a person on
    stderr.

    With `table` nothing is said while the pass runs: the table at its end shows it.
    """

    def __init__(self, app: App, settings: Settings, known: Iterable[str], *, table: bool) -> None:
        self._app = app
        self._table = table
        self._log_file = settings.log_file
        self._zone = settings.policy.zone
        self._known = set(known)
        self.messages: list[str] = []

    def tell(self, text: str, *, loud: bool) -> None:
        """Write a line to the log, and to stderr if it is meant for a person or everything is
        wanted.
        """
        if loud:
            self.messages.append(text)
        if loud and not self._table:
            click.echo(text, err=True)  # even with -q: it is an error, or the end of one
        elif self._app.verbose:
            self._app.say(text)
        if self._log_file:
            self._append(f"{self._app.now(self._zone):%Y-%m-%d %H:%M:%S} {text}\n")

    def changes(self, changes: Iterable[Change]) -> None:
        """Tell what changed, one line a change; what whole clinics share is told at its first
        visit.
        """
        for change in changes:
            push = change.push
            if not change.told or self._repeats(change):
                continue
            shared = (
                push.state == HELD
                and push.reason is not None
                and push.reason.code in SHARED_REASONS
            )
            self.tell(
                change_line(change),
                loud=bool(change.after) and (shared or push.state == REFUSED),
            )

    def _repeats(self, change: Change) -> bool:
        reason = change.push.reason
        if (
            change.after is None
            or change.push.state != HELD
            or reason is None
            or reason.code not in SHARED_REASONS
        ):
            return False
        known = reason.text in self._known
        self._known.add(reason.text)
        return known

    def _append(self, line: str) -> None:
        try:
            with self._log_file.open("a", encoding="utf-8") as log:  # type: ignore[union-attr]
                log.write(line)
        except OSError as error:
            click.echo(f"ANTREAN_LOG_FILE tidak dapat ditulis: {why(error)}", err=True)
            self._log_file = None


def check_since(since: date | None, today: date) -> None:
    """Raise InputError for a `--since` before H-7 or in the future."""
    if since and not today - MAX_AGE <= since <= today:
        raise InputError(f"--since harus antara {today - MAX_AGE} (H-7) dan {today}")


@subcommand(
    "sync",
    help=(
        "Satu putaran: baca Khanza sejak putaran terakhir, kirim yang "
        "baru ke BPJS. Aman dijalankan cron tiap menit."
    ),
    epilog=examples(
        """
antrean sync --dry-run
antrean sync
antrean -v sync --since 2026-11-20
"""
    ),
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Tampilkan yang akan dikirim; tidak menulis dan tidak mengirim apa pun.",
)
@click.option(
    "--since", type=DAY, metavar="TANGGAL", help="Mulai dari tanggal ini, paling jauh H-7."
)
@click.option(
    "--workers",
    type=Whole(1, 64),
    metavar="N",
    help="Banyaknya antrean yang dikirim bersamaan (1-64).",
)
@click.option(
    "--max-seconds", type=Whole(5, 3600), metavar="S", help="Putaran selesai dalam S detik."
)
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    dry_run: bool,
    since: date | None,
    workers: int | None,
    max_seconds: int | None,
    as_json: bool,
) -> None:
    app: App = ctx.obj
    settings = app.settings("khanza", *([] if dry_run else ["bpjs"]))
    settings = replace(
        settings,
        workers=workers or settings.workers,
        max_seconds=max_seconds or settings.max_seconds,
    )
    today = app.now(settings.policy.zone).date()
    check_since(since, today)
    if dry_run:
        _show_preview(app, settings, since, as_json)
        return
    signals = Signals()
    watch = Watch(settings=settings, clock=lambda: app.now(settings.policy.zone))
    try:
        with (
            locked(settings.state),
            watch,
            Ledger.open(settings.state, settings.policy.zone) as ledger,
        ):
            one = Pass(settings=settings, ledger=ledger, clock=watch.clock)
            signals.ends = one
            report = _run(app, settings, one, since, as_json)
            watch.look(ledger, report)
            code = report.exit_code
    except LockedError as error:
        if app.verbose or sys.stderr.isatty():  # cron hears nothing of it
            app.say(str(error))
        raise
    finally:
        signals.ends = None  # all is recorded: from here on a signal ends the program at once
        _tell_watchers(app, watch)
    ctx.exit(code)


def _tell_watchers(app: App, watch: Watch) -> None:
    """Ping how the pass ended, without its lock: a watcher that is slow must not keep the next pass
    waiting.
    """
    if watch.unwritten:
        click.echo(f"ANTREAN_METRICS_FILE tidak dapat ditulis: {why(watch.unwritten)}", err=True)
    watch.tell()
    if app.verbose:
        for problem in watch.problems:
            app.say(problem)


def sync_now(ctx: click.Context, *, silently: bool) -> None:
    """Run one pass at once, without its table if wanted; if one is running, that one or the next
    has it anyway.
    """
    ctx.obj = replace(ctx.obj, quiet=ctx.obj.quiet or silently)
    try:
        ctx.invoke(
            command, dry_run=False, since=None, workers=None, max_seconds=None, as_json=False
        )
    except LockedError:
        ctx.obj.say("Putaran lain sedang berjalan; terkirim pada putaran itu atau yang berikutnya.")


def _run(app: App, settings: Settings, one: Pass, since: date | None, as_json: bool) -> Report:
    ledger = one.ledger
    held = pushes_in(ledger.unfinished().values(), HELD)
    changes: list[dict[str, Any]] = []
    told: list[str] = []
    interactive = sys.stdout.isatty() and not as_json and not app.quiet
    known = (push.reason.text for _, push in held if push.reason)
    journal = Journal(app, settings, known, table=interactive)
    with ProgressBar(shown=interactive and sys.stderr.isatty() and not app.verbose) as bar:
        for happening in one.run(since=since):
            if isinstance(happening, Told):
                told.append(happening.text)
                journal.tell(happening.text, loud=True)
                continue
            if as_json:  # kept as documents: a change holds its whole booking
                changes += map(_change_document, filter(attrgetter("told"), happening.changes))
            journal.changes(happening.changes)
            if isinstance(happening, Sent):
                bar.move(happening.waiting)
    if as_json:
        click.echo(json_text(_document(one.report, changes, journal.messages)))
    elif interactive:
        _show(one, told)
    elif app.verbose:
        for error in one.report.errors:
            if str(error):
                app.say(f"Belum selesai: {error}")
    return one.report


def _show(one: Pass, told: Iterable[str]) -> None:
    """Print the table of a pass, and what needs a person."""
    report, counts = one.report, one.report.counts
    headers = ("Ditemukan", "Terkirim", "Sudah ada", "Ditahan", "Ditolak", "Menunggu")
    row = (report.found, counts[SENT], counts[ALREADY], report.held, counts[REFUSED], report.later)
    click.echo(table(headers, [row]))
    records = one.ledger.of_days(one.clock().date() - MAX_AGE, date.max).values()
    if text := reasons_summary(pushes_in(records, REFUSED, HELD)):
        click.echo(f"\nPerlu ditindaklanjuti:\n{text}")
    for text in told:
        click.echo(f"\n{text}")
    for error in report.errors:
        if isinstance(error, StoppedError):
            click.echo(
                "\nDihentikan; yang sedang dikirim sudah dicatat, sisanya "
                "dilanjutkan putaran berikutnya."
            )
        elif str(error):
            click.echo(f"\nBelum selesai: {error}")


def _change_document(change: Change) -> dict[str, Any]:
    return push_document(change.record.kodebooking, change.push)


def _document(report: Report, changes: list[dict[str, Any]], messages: list[str]) -> dict[str, Any]:
    counts = report.counts
    return {
        "exit_code": report.exit_code,
        "visits": report.visits,
        "found": report.found,
        "sent": counts[SENT],
        "already": counts[ALREADY],
        "refused": counts[REFUSED],
        "closed": counts[CLOSED],
        "held": report.held,
        "later": report.later,
        "errors": [str(error) for error in report.errors if str(error)],
        "messages": messages,
        "changes": changes,
    }


def _show_preview(app: App, settings: Settings, since: date | None, as_json: bool) -> None:
    with Ledger.copy(settings.state, settings.policy.zone) as ledger:
        records = preview(settings, ledger, app.now(settings.policy.zone), since)
    due = pushes_in(records, DUE)
    held = pushes_in(records, HELD)
    if as_json:
        pushes = [push_document(record.kodebooking, push) for record, push in [*due, *held]]
        click.echo(
            json_text({"dry_run": True, "due": len(due), "held": len(held), "pushes": pushes})
        )
        return
    if due:
        click.echo(due_table(due))
    if settings.policy.only_poli:
        click.echo(
            f"Hanya poli {', '.join(sorted(settings.policy.only_poli))} (ANTREAN_ONLY_POLI)."
        )
    click.echo(
        f"{len(due)} menunggu dikirim, {len(held)} ditahan. Pratinjau: tidak ada yang dikirim."
    )
    if text := reasons_summary(held):
        click.echo(f"\nDitahan:\n{text}")
