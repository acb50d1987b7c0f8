"""What the parts of the benchmark share: figures, processes, a stand-in BPJS, settings.

`python -m tests.benchmark.tools` is that process: one line of JSON on standard input says what it
is to be.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import click

from antrean_cli.simulator.server import Simulator
from tests.support.mariadb import MariaDB
from tests.support.site import CONS_ID, SECRET_KEY, USER_KEY, WIB, settings_of

ROOT = Path(__file__).parents[2]
# What whoever runs the benchmark has set must not reach the programs that are measured.
_FOREIGN = (
    "ANTREAN_",
    "BPJS_",
    "KHANZA_",
    "XDG_",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "PYTHONDONTWRITE",
)


class Figure(NamedTuple):
    """One line of the table; `met` is None where there is no target."""

    what: str
    measured: str
    target: str = ""
    met: bool | None = None


class Run(NamedTuple):
    """One process that ended: its seconds of wall clock, its peak RSS in MB, what it printed."""

    seconds: float
    megabytes: float
    output: str


def at_most(what: str, value: float, form: str, limit: float) -> Figure:
    """Return a figure with a target that it must not exceed; `form` is like "{:.2f} MB"."""
    return Figure(what, form.format(value), f"≤ {form.format(limit)}", value <= limit)


def at_least(what: str, value: float, form: str, limit: float) -> Figure:
    """Return a figure with a target that it must reach."""
    return Figure(what, form.format(value), f"≥ {form.format(limit)}", value >= limit)


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a measured process."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return {**kept, "PYTHONPATH": str(ROOT), "HOME": str(Path.cwd()), **extra}


def antrean(*arguments: str) -> list[str]:
    """Return the command line of the program: the installed script, else the module."""
    script = Path(sys.executable).with_name("antrean")
    return (
        [str(script), *arguments]
        if script.exists()
        else [sys.executable, "-m", "antrean_cli", *arguments]
    )


def compile_package() -> None:
    """Compile the bytecode: else every start would compile anew, and that would be measured."""
    command = [sys.executable, "-m", "compileall", "-q", str(ROOT / "antrean_cli")]
    subprocess.run(command, env=environment({}), check=True)


# A child's peak RSS begins with that of the process that started it: so a small process stands
# between.
_LAUNCHER = """
import json, resource, subprocess, sys, time
began = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, capture_output=True, text=True)
seconds = time.perf_counter() - began
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(json.dumps([seconds, peak, done.returncode, done.stdout, done.stderr]))
"""


def launched(command: Sequence[str], env: Mapping[str, str], codes: Collection[int] = (0,)) -> Run:
    """Run a command to its end; raises RuntimeError if it ends with none of these codes."""
    whole = [sys.executable, "-c", _LAUNCHER, *command]
    done = subprocess.run(whole, env=environment(env), capture_output=True, text=True, check=True)
    seconds, megabytes, code, output, errors = json.loads(done.stdout)
    if code not in codes:
        raise RuntimeError(
            f"{' '.join(command)} exits with {code}:\n{output[-2000:]}\n{errors[-2000:]}"
        )
    return Run(seconds, megabytes, output)


def seconds_of(command: Sequence[str], env: Mapping[str, str]) -> float:
    """Return the seconds of wall clock that a command takes.

    Raises CalledProcessError if it fails.
    """
    began = time.perf_counter()
    subprocess.run(
        command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True
    )
    return time.perf_counter() - began


@contextmanager
def stand_in(
    bookings: Iterable[tuple[str, str]], *, latency: float = 0.0, certificate: Path | None = None
) -> Iterator[str]:
    """Run a stand-in BPJS that knows these bookings, and yield its address.

    A booking is a kode booking and its day of service; `latency` is in seconds.
    """
    order = {
        "latency": latency,
        "certificate": certificate and str(certificate),
        "bookings": list(bookings),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmark.tools"],
        env=environment({}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        url = process.stdout.readline().strip()
        assert url, "the stand-in BPJS does not start"
        yield url
    finally:
        process.stdin.close()  # it ends when nobody can speak to it any more
        process.wait(30)
        process.stdout.close()


def settings(server: MariaDB, url: str, state: Path, **extra: str) -> dict[str, str]:
    """Return the settings of a hospital as environment variables."""
    return {**settings_of(server, url), "ANTREAN_STATE": str(state), **extra}


def now() -> datetime:
    """Return the time in WIB, the zone of the benchmark's hospital."""
    return datetime.now(WIB)


def _serve() -> None:
    order: dict[str, Any] = json.loads(sys.stdin.readline())
    with Simulator(
        cons_id=CONS_ID,
        secret_key=SECRET_KEY,
        user_key=USER_KEY,
        latency=order["latency"],
        certificate=order["certificate"],
    ) as bpjs:
        for kodebooking, tanggal in order["bookings"]:
            bpjs.bookings.mobile_jkn(kodebooking, tanggal)
        click.echo(bpjs.url)
        sys.stdin.read()


if __name__ == "__main__":
    _serve()
