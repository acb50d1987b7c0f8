"""`antrean demo`: the main job with nothing installed but this package, in a few seconds.

A stand-in BPJS on loopback, a sample hospital in SQLite, and a day that goes by in passes of the real program.
"""

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

import click

from antrean_cli import views
from antrean_cli.config import Settings, load
from antrean_cli.errors import InputError, why
from antrean_cli.ledger import Ledger, locked
from antrean_cli.options import FILE, App, examples, subcommand
from antrean_cli.rules.chain import ABSENT, ALREADY, BATAL, DUE, HELD, SENT, Push, Record
from antrean_cli.rules.events import TASKS
from antrean_cli.rules.outcomes import Task, wakturs_of
from antrean_cli.rules.payloads import listtask_body
from antrean_cli.rules.visits import WIB
from antrean_cli.simulator.day import Day, Moment
from antrean_cli.simulator.hospital import Hospital, create_sqlite
from antrean_cli.simulator.server import KEYS, PORT, Simulator
from antrean_cli.sync import Pass, Told


@dataclass
class _Clock:
    """The demo's own time: a day in seconds."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@subcommand(
    "demo",
    help="Satu hari di rumah sakit kecil, dari Khanza contoh ke BPJS tiruan, dalam beberapa detik. "
    "Semua pasien rekaan; tidak ada yang keluar dari komputer ini.",
    epilog=examples(
        """
antrean demo
antrean demo --keep coba
"""
    ),
)
@click.option(
    "--keep",
    type=FILE,
    metavar="FOLDER",
    help="Simpan semuanya di folder baru ini.",
)
@click.pass_obj
def command(_: App, /, keep: Path | None) -> None:
    clock = _Clock(datetime.combine(datetime.now(WIB).date(), time(7), WIB))
    with (
        _folder(keep) as folder,
        Simulator(**KEYS, now=clock, clock_tolerance=1e12) as bpjs,
    ):
        connection = create_sqlite(folder / "khanza.sqlite3")
        day = Day(Hospital(connection, paramstyle=sqlite3.paramstyle), clock.now.date())
        for kodebooking in day.known:
            bpjs.bookings.mobile_jkn(kodebooking, clock.now.date().isoformat())
        settings = _settings(folder, bpjs.url)
        click.echo(f"Satu hari di RS contoh, {clock.now:%d-%m-%Y}. BPJS tiruan di {bpjs.url}\n")
        for moment in day.moments():
            _live(moment, settings, bpjs, clock)
        _show_end(settings, bpjs)
        connection.close()
        if keep:
            _keep(folder, bpjs)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="antrean-demo-") as name:
            yield Path(name)
        return
    try:
        keep.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise InputError(f"--keep {keep}: {'sudah ada' if keep.exists() else why(error)}; pilih folder baru") from error
    yield keep


def _env(folder: Path, url: str) -> dict[str, str]:
    return {
        "BPJS_BASE_URL": url,
        **{f"BPJS_{name.upper()}": key for name, key in KEYS.items()},
        "KHANZA_SQLITE": str(folder.resolve() / "khanza.sqlite3"),
        "ANTREAN_STATE": str(folder.resolve() / "antrean.sqlite3"),
    }


def _settings(folder: Path, url: str) -> Settings:
    # Nothing of the user's own settings: a demo must never reach the real BPJS.
    nowhere = {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    return load(
        env_file=None, state=None, needs=frozenset({"bpjs", "khanza"}), environ={**nowhere, **_env(folder, url)}
    )


def _live(moment: Moment, settings: Settings, bpjs: Simulator, clock: _Clock) -> None:
    """Let a moment happen, run a pass as cron would, and tell it in a line or two."""
    moment.happen()
    clock.now = datetime.combine(clock.now.date(), time.fromisoformat(moment.jam), WIB)
    bpjs.down = moment.down
    with locked(settings.state), Ledger.open(settings.state, settings.policy.zone) as ledger:
        one = Pass(settings=settings, ledger=ledger, clock=clock)
        told = [happening.text for happening in one.run() if isinstance(happening, Told)]
    report = one.report
    parts = (
        (report.counts[SENT], "terkirim"),
        (report.counts[ALREADY], "sudah ada"),
        (report.held, "ditahan"),
        (report.later, "menunggu"),
    )
    numbers = ", ".join(f"{number} {what}" for number, what in parts if number)
    click.echo(f"{moment.jam}  {moment.text}\n       → {numbers or 'tidak ada yang baru'}")
    for text in told:
        click.echo(f"       ! {text}")


def _show_end(settings: Settings, bpjs: Simulator) -> None:
    """Show what BPJS holds beside what Khanza recorded, asked of BPJS itself, and why the rest is held."""
    from antrean_cli.manual import tasks

    with Ledger.open(settings.state, settings.policy.zone) as ledger:
        records = [record for record in ledger.of_days(date.min, date.max).values() if record.pushes]
    rows: list[tuple[str, ...]] = []
    for record in records:
        rows += _side_by_side(record, tasks(settings, listtask_body(record.kodebooking)))
    click.echo("\nKhanza mencatat, BPJS memegang:\n")
    click.echo(views.table(("Kode booking", "", *(f"Task {taskid}" for taskid in TASKS)), rows))
    ended = [f"{record.kodebooking} ({views.step_name(push.step)})" for record, push in _cancelled(records)]
    click.echo(f"\nDibatalkan di BPJS: {', '.join(ended)}")
    click.echo(f"\nDitahan, dan sebabnya:\n{views.attention(views.pushes_in(records, HELD, DUE))}")
    click.echo(
        f"\n{len(bpjs.received)} permintaan diterima BPJS tiruan; tidak ada yang hilang, tidak ada yang dikarang."
    )


def _cancelled(records: Iterable[Record]) -> Iterator[tuple[Record, Push]]:
    for record, push in views.pushes_in(records, SENT, ALREADY):
        if push.step in (ABSENT, BATAL):
            yield record, push


def _side_by_side(record: Record, held: list[Task]) -> Iterator[tuple[str, ...]]:
    at_bpjs = {task.taskid: views.clock(wakturs_of(task.wakturs)) for task in held}
    recorded = {taskid: push.recorded for taskid in TASKS if (push := record.push(str(taskid)))}
    if recorded:
        yield record.kodebooking, "Khanza", *(views.clock(recorded.get(taskid)) for taskid in TASKS)
        yield "", "BPJS", *(at_bpjs.get(taskid, "") for taskid in TASKS)


def _keep(folder: Path, bpjs: Simulator) -> None:
    """Leave settings and BPJS's contents beside the databases, and say how to go on."""
    env = folder / ".env"
    url = f"http://127.0.0.1:{PORT}{bpjs.base_path}"
    env.touch(mode=0o600)
    env.write_text("".join(f"{name}={value}\n" for name, value in _env(folder, url).items()), encoding="utf-8")
    held = folder / "bpjs.json"
    held.write_text(views.document(bpjs.bookings.snapshot()), encoding="utf-8")
    click.echo(
        f"\nTersimpan di {folder}. Untuk bermain dengannya, di satu terminal:\n"
        f"  antrean simulator --isi {held}\n"
        f"dan di terminal lain:\n"
        f"  antrean --env-file {env} sync"
    )
