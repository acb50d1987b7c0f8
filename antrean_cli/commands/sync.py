"""`antrean sync`: one pass, or what one would do."""

import sys
import time
from dataclasses import replace
from datetime import date

import click

from antrean_cli.config.settings import Settings
from antrean_cli.console.app import App
from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.options import json_option
from antrean_cli.console.parameters import DAY, Whole
from antrean_cli.console.pass_runner import run_pass
from antrean_cli.console.signals import Signals
from antrean_cli.errors import InputError
from antrean_cli.rules.push import MAX_AGE
from antrean_cli.rules.splay import MOST_SPLAY, delay_of


@subcommand(
    "sync",
    help=(
        "Satu putaran: baca Khanza sejak putaran terakhir, kirim yang baru ke BPJS. Aman "
        "dijalankan cron tiap menit."
    ),
    epilog=examples(
        """
antrean sync --dry-run
antrean sync
antrean sync --now
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
@click.option(
    "--splay",
    type=Whole(0, MOST_SPLAY),
    default=0,
    metavar="S",
    help=(
        "Untuk cron dan systemd, bila ANTREAN_SPLAY tidak diatur: tunggu detik milik rumah sakit "
        "ini, di antara S detik, supaya tidak semua mengetuk BPJS sekaligus."
    ),
)
@click.option(
    "--now",
    "at_once",
    is_flag=True,
    help=(
        "Coba sekarang juga, walaupun gangguan atau kiriman yang tertunda seharusnya masih "
        "menunggu: setelah penyebabnya dibetulkan."
    ),
)
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    dry_run: bool,
    since: date | None,
    workers: int | None,
    max_seconds: int | None,
    splay: int,
    at_once: bool,
    as_json: bool,
) -> None:
    app: App = ctx.obj
    settings = app.settings("khanza", *([] if dry_run else ["bpjs"]))
    settings = replace(
        settings,
        workers=workers or settings.workers,
        max_seconds=max_seconds or settings.max_seconds,
    )
    _check_since(since, app.now(settings.policy.zone).date())
    if dry_run:
        _show_preview(app, settings, since, as_json)
    else:
        if not at_once:
            _wait_for_own_second(settings, splay)
        ctx.exit(run_pass(app, settings, since=since, as_json=as_json, at_once=at_once))


def _wait_for_own_second(settings: Settings, splay: int) -> None:
    """Wait for the hospital's own second of the minute, where nobody waits for this pass.

    Before the lock: a person's pass does not find it taken by one that sleeps.
    """
    watched = any(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))
    if not watched and (seconds := own_second(settings, splay)):
        Signals()  # there is nothing to end yet: it leaves at once, with the code of the signal
        time.sleep(seconds)


def own_second(settings: Settings, splay: int) -> float:
    """Return how long a pass waits that nobody waits for: as the settings say, else `splay`."""
    chosen = splay if settings.splay is None else settings.splay
    return delay_of(settings.bpjs.cons_id, chosen)


def _check_since(since: date | None, today: date) -> None:
    """Raise InputError for a `--since` before H-7 or in the future."""
    if since and not today - MAX_AGE <= since <= today:
        raise InputError(f"--since harus antara {today - MAX_AGE} (H-7) dan {today}")


def _show_preview(app: App, settings: Settings, since: date | None, as_json: bool) -> None:
    # A pass must not pay for what shows one.
    from antrean_cli.ledger.ledger import Ledger
    from antrean_cli.render.passes import preview_document, preview_text
    from antrean_cli.render.text import json_text
    from antrean_cli.sync.run import preview

    with Ledger.copy(settings.state, settings.policy.zone) as ledger:
        records = preview(settings, ledger, app.now(settings.policy.zone), since)
    if as_json:
        click.echo(json_text(preview_document(records)))
    else:
        click.echo(preview_text(records, settings.policy.only_poli))
