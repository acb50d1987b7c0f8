"""`antrean demo`: the main job with nothing installed but this package, in a few seconds.

A stand-in BPJS on loopback, a sample hospital in SQLite, and a day that goes by in passes of the
real program.
"""

import shlex
import signal
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import click

from antrean_cli.config.settings import Settings, load
from antrean_cli.console.app import App, program
from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.parameters import FILE
from antrean_cli.console.sample_month import tell_month
from antrean_cli.console.simulator_file import save_bookings
from antrean_cli.errors import InputError, why
from antrean_cli.ledger.file import locked
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.render.demo import moment_text, proof_text
from antrean_cli.render.outages import announcement_text
from antrean_cli.rules.outages import Announcement
from antrean_cli.rules.times import WIB
from antrean_cli.simulator.day import LAST, SESSIONS, Day, Moment
from antrean_cli.simulator.hospital import MAP_THE_CLINIC, Hospital, create_sqlite
from antrean_cli.simulator.month import Month
from antrean_cli.simulator.server import KEYS, PORT, Simulator
from antrean_cli.sync.run import Pass


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
    help="Simpan semuanya di folder baru ini, dengan sebulan kunjungan rekaan sebelumnya.",
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
        hospital = Hospital(connection, paramstyle=sqlite3.paramstyle)
        day = Day(hospital, clock.now.date())
        for kodebooking in day.known:
            bpjs.bookings.mobile_jkn(kodebooking, clock.now.date().isoformat())
        for sessions in SESSIONS:
            bpjs.bookings.hold_sessions(sessions)
        settings = _settings(folder, bpjs.url)
        click.echo(
            f"Satu hari di RS contoh, {clock.now:%d-%m-%Y}: "
            "Khanza contoh, BPJS tiruan, pasien rekaan."
        )
        if keep:
            month = Month(hospital, bpjs.bookings, clock.now.date())
            tell_month(month, settings, bpjs.bookings, clock)
            click.echo(f"Sebulan sebelumnya, sejak {month.first:%d-%m-%Y}, juga terisi: rekaan.")
        click.echo()
        for moment in day.moments():
            click.echo(_live(moment, settings, bpjs, clock))
        click.echo(f"\n{_proof(settings, bpjs, clock.now.date())}")
        connection.close()
        if keep:
            _keep(folder, bpjs, day.known[0], month.first)
        else:
            click.echo(
                "\nBerikutnya: antrean demo --keep coba, di dalamnya: antrean report\n"
                "Memasangnya di rumah sakit: antrean panduan pasang"
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


def _live(moment: Moment, settings: Settings, bpjs: Simulator, clock: _Clock) -> str:
    """Let a moment happen, run a pass as cron would, and return what people are told of it."""
    moment.happen()
    clock.now = datetime.combine(clock.now.date(), time.fromisoformat(moment.jam), WIB)
    bpjs.down = moment.down
    with locked(settings.state), Ledger.open(settings.state, settings.policy.zone) as ledger:
        one = Pass(settings=settings, ledger=ledger, clock=clock)
        told = [announcement_text(event) for event in one.run() if isinstance(event, Announcement)]
        today = ledger.of_days(clock.now.date(), clock.now.date()).values()
    states = Counter(push.state for record in today for push in record.pushes.values())
    return moment_text(moment.jam, moment.text, one.report, states, told)


def _proof(settings: Settings, bpjs: Simulator, day: date) -> str:
    """Return what BPJS holds of a day, asked of itself, beside what Khanza recorded."""
    from antrean_cli.bpjs.client import Client
    from antrean_cli.operator.lookups import tasks

    with Ledger.open(settings.state, settings.policy.zone) as ledger:
        found = ledger.of_days(day, day).values()
    records = [record for record in found if record.pushes]
    client = Client(settings.bpjs)
    at_bpjs = {record.kodebooking: tasks(client, record.kodebooking) for record in records}
    twice = sum(row.code == 208 for row in bpjs.received)
    return proof_text(records, at_bpjs, twice=twice)


def _keep(folder: Path, bpjs: Simulator, kodebooking: str, first: date) -> None:
    """Leave settings and BPJS's contents beside the databases, and say how to go on.

    `kodebooking` is one to look at, `first` the first day that there is.
    """
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
        f"  {me} report --since {first}\n"
        f"  {me} report --bpjs\n"
        f"Lalu petakan poli yang menahan antrean, dan kirim:\n"
        f"  {me} sync\n"
        f'  sqlite3 {shlex.quote(str(folder / "khanza.sqlite3"))} "{MAP_THE_CLINIC}"\n'
        f"  {me} -v sync\n"
        f"Yang dipegang BPJS tiruan: http://127.0.0.1:{PORT}/_simulator/"
    )
