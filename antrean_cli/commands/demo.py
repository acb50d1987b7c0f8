"""`antrean demo`: the main job with nothing installed but this package, in a few seconds.

A stand-in BPJS on loopback, a sample hospital in SQLite, and a day that goes by in passes of the
real program.
"""

import shlex
import signal
import sqlite3
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import click

from antrean_cli.config.settings import Settings, load
from antrean_cli.console.app import App, program
from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.parameters import FILE
from antrean_cli.console.simulator_file import save_bookings
from antrean_cli.errors import InputError, why
from antrean_cli.ledger.file import locked
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.render.pushes import pushes_in, reasons_summary
from antrean_cli.render.tables import table
from antrean_cli.render.times import time_of_day
from antrean_cli.render.words import step_name
from antrean_cli.rules.codes import State, Step
from antrean_cli.rules.listings import Task, wakturs_of
from antrean_cli.rules.push import Push, Record
from antrean_cli.rules.reasons import NO_SIGN_YET
from antrean_cli.rules.sources import TASKS
from antrean_cli.rules.visits import WIB
from antrean_cli.simulator.day import LAST, SESSIONS, Day, Moment
from antrean_cli.simulator.hospital import MAP_THE_CLINIC, Hospital, create_sqlite
from antrean_cli.simulator.server import KEYS, PORT, Simulator
from antrean_cli.sync.run import Pass, Told


@dataclass
class _Clock:
    """The demo's own time: a day in seconds."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@subcommand(
    "demo",
    help=(
        "Satu hari di rumah sakit kecil, dari Khanza contoh ke BPJS tiruan, dalam beberapa "
        "detik. Semua pasien rekaan; tidak ada yang keluar dari komputer ini."
    ),
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
def command(app: App, /, keep: Path | None) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # its folder is to be cleared away
    clock = _Clock(datetime.combine(_over(app.now(WIB)), time(7), WIB))
    with (
        _folder(keep) as folder,
        Simulator(**KEYS, now=clock, clock_tolerance=1e12) as bpjs,
    ):
        connection = create_sqlite(folder / "khanza.sqlite3")
        day = Day(Hospital(connection, paramstyle=sqlite3.paramstyle), clock.now.date())
        for kodebooking in day.known:
            bpjs.bookings.mobile_jkn(kodebooking, clock.now.date().isoformat())
        for sessions in SESSIONS:
            bpjs.bookings.updatejadwaldokter(sessions)
        settings = _settings(folder, bpjs.url)
        click.echo(
            f"Satu hari di RS contoh, {clock.now:%d-%m-%Y}: Khanza "
            f"contoh, BPJS tiruan, pasien rekaan.\n"
        )
        for moment in day.moments():
            _live(moment, settings, bpjs, clock)
        _show_end(settings, bpjs)
        connection.close()
        if keep:
            _keep(folder, bpjs, day.known[0])
        else:
            click.echo(
                "\nBerikutnya: antrean demo --keep coba,\nlalu README, "
                "bagian 'Setting it up in a hospital'."
            )


def _over(now: datetime) -> date:
    """Return the last day that is over: a demo that is kept must not lie ahead of the clock."""
    return now.date() if now.time() >= time.fromisoformat(LAST) else now.date() - timedelta(days=1)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="antrean-demo-") as name:
            yield Path(name)
        return
    try:
        keep.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise InputError(
            f"--keep {keep}: {'sudah ada' if keep.exists() else why(error)}; pilih folder baru"
        ) from error
    yield keep


def _env(folder: Path, url: str) -> dict[str, str]:
    return {
        "BPJS_BASE_URL": url,
        **{f"BPJS_{name.upper()}": key for name, key in KEYS.items()},
        "KHANZA_SQLITE": str(folder.resolve() / "khanza.sqlite3"),
        "ANTREAN_STATE": str(folder.resolve() / "antrean.sqlite3"),
    }


def _settings(folder: Path, url: str) -> Settings:
    # A file of its own, and nothing of the user's settings: a demo must never reach the real BPJS.
    return load(
        env_file=_write_env(folder, url),
        state=None,
        needs=frozenset({"bpjs", "khanza"}),
        environ={},
    )


def _write_env(folder: Path, url: str) -> Path:
    file = folder / ".env"
    file.touch(mode=0o600)
    file.write_text(
        "".join(f"{name}={shlex.quote(value)}\n" for name, value in _env(folder, url).items()),
        encoding="utf-8",
    )
    return file


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
        (report.counts[State.SENT], "terkirim"),
        (report.counts[State.ALREADY], "sudah ada"),
        (report.held, "ditahan"),
        (report.later, "menunggu"),
    )
    numbers = ", ".join(f"{number} {what}" for number, what in parts if number)
    click.echo(f"{moment.jam}  {moment.text}\n       → {numbers or 'tidak ada yang baru'}")
    for text in told:
        click.echo(click.wrap_text(text, 79, "       ! ", "         "))


def _show_end(settings: Settings, bpjs: Simulator) -> None:
    """Show what BPJS says that it holds beside what Khanza recorded, and why the rest is held."""
    from antrean_cli.bpjs.client import Client
    from antrean_cli.bpjs.lookups import tasks

    with Ledger.open(settings.state, settings.policy.zone) as ledger:
        records = [
            record for record in ledger.of_days(date.min, date.max).values() if record.pushes
        ]
    client = Client(settings.bpjs)
    rows: list[tuple[str, ...]] = []
    for record in records:
        rows += _side_by_side(record, tasks(client, record.kodebooking))
    click.echo("\nYang tercatat di Khanza, dan yang dipegang BPJS:\n")
    click.echo(table(("Kode booking", "", *(f"Task {taskid}" for taskid in TASKS)), rows))
    click.echo("* dua langkah satu klik: BPJS menolak waktu yang sama, jadi ditambah satu detik")
    click.echo("  Datang sebelum poli buka (08:00)? Task 3 adalah jam buka poli.")
    ended = [
        f"{record.kodebooking} ({step_name(push.step)})" for record, push in _cancelled(records)
    ]
    click.echo(f"\nDibatalkan di BPJS: {', '.join(ended)}")
    click.echo(
        f"\nDitahan, dan sebabnya:\n{reasons_summary(pushes_in(records, State.HELD, State.DUE))}"
    )
    twice = sum(row.code == 208 for row in bpjs.received)
    click.echo(
        f"\n{len(records)} kunjungan, {sum(map(_told, records))} kiriman sampai di BPJS; "
        f"{twice} kali ganda. Tidak ada yang dikarang."
    )


def _cancelled(records: Iterable[Record]) -> Iterator[tuple[Record, Push]]:
    for record, push in pushes_in(records, State.SENT, State.ALREADY):
        if push.step in (Step.TASK_99, Step.BATAL):
            yield record, push


def _side_by_side(record: Record, held: list[Task]) -> Iterator[tuple[str, ...]]:
    at_bpjs = {task.taskid: time_of_day(wakturs_of(task.wakturs)) for task in held}
    pushes = {taskid: push for taskid in TASKS if (push := record.push(str(taskid)))}
    # Of a patient who never came nothing is recorded, only when the session opened.
    recorded = {
        taskid: time_of_day(push.recorded)
        for taskid, push in pushes.items()
        if push.reason != NO_SIGN_YET
    }
    if recorded:
        yield record.kodebooking, "Khanza", *(recorded.get(taskid, "") for taskid in TASKS)
        yield (
            "",
            "BPJS",
            *(_marked(at_bpjs.get(taskid, ""), recorded.get(taskid, "")) for taskid in TASKS),
        )


def _marked(held: str, recorded: str) -> str:
    return f"{held}*" if held and held != recorded else held


def _told(record: Record) -> int:
    return sum(push.done for push in record.pushes.values())


def _keep(folder: Path, bpjs: Simulator, kodebooking: str) -> None:
    """Leave settings and BPJS's contents beside the databases, and say how to go on."""
    me = sys.argv[0] if not sys.argv[0].endswith(".py") else shlex.join(program())
    url = f"http://127.0.0.1:{PORT}{bpjs.base_path}"
    env = _write_env(folder, url)
    held = folder / "bpjs.json"
    save_bookings(bpjs, held)
    click.echo(
        f"\nTersimpan di {folder}. Di satu terminal, jalankan BPJS tiruan:\n"
        f"  {me} simulator --isi {shlex.quote(str(held))}\n"
        f"Di terminal lain, lihat-lihat dulu:\n"
        f"  export ANTREAN_ENV_FILE={shlex.quote(str(env.resolve()))}\n"
        f"  {me} status\n"
        f"  {me} show {kodebooking}\n"
        f"Lalu petakan poli yang menahan antrean, dan kirim:\n"
        f"  {me} sync\n"
        f'  sqlite3 {shlex.quote(str(folder / "khanza.sqlite3"))} "{MAP_THE_CLINIC}"\n'
        f"  {me} -v sync\n"
        f"Yang dipegang BPJS tiruan: http://127.0.0.1:{PORT}/_simulator/"
    )
