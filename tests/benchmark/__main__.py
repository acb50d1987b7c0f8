"""Measure what the program promises to be fast at: `python -m tests.benchmark [PART …] [--quick]`.

- Every figure is measured in this run, with the others of its part; what other programs do is
  measured beside it.
- A target is shown beside its figure. Machines differ: a missed target is shown, and the exit code
  is 0 all the same.
"""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator

import click

from tests.benchmark import heavy, pacing, passes, reading, reporting, sending, sites
from tests.benchmark.tools import Figure
from tests.support.mariadb import _program

PARTS: dict[str, Callable[..., Iterator[Figure]]] = {
    "sending": sending.run,
    "pacing": pacing.run,
    "reading": reading.run,
    "idle": passes.idle,
    "memory": passes.memory,
    "heavy": heavy.run,
    "report": reporting.run,
    "sites": sites.run,
}
WIDTH = 78


def main() -> None:
    """Run the wanted parts, all of them by default, and print their figures as they come."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmark", description=__doc__.partition("\n")[0]
    )
    parser.add_argument(
        "parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=", ".join(PARTS)
    )
    parser.add_argument(
        "--quick", action="store_true", help="less of everything: figures are rougher"
    )
    arguments = parser.parse_args()
    click.echo(_machine())
    with tempfile.TemporaryDirectory(prefix="antrean-benchmark-") as folder:
        os.chdir(folder)
        for name in arguments.parts or PARTS:
            click.echo(f"\n{name:{WIDTH}}  {'measured':>22}  target")
            for figure in PARTS[name](quick=arguments.quick):
                click.echo(_line(figure))
        os.chdir("/")


def _line(figure: Figure) -> str:
    verdict = {True: "  met", False: "  MISSED", None: ""}[figure.met]
    return f"  {figure.what:{WIDTH - 2}}  {figure.measured:>22}  {figure.target}{verdict}".rstrip()


def _machine() -> str:
    version = subprocess.run(
        [_program("mariadbd", "mysqld"), "--version"], capture_output=True, text=True, check=True
    )
    mariadb = version.stdout.partition("Ver ")[2].split()[0]
    cores = len(os.sched_getaffinity(0))
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return (
        f"{cores} cores, {platform.machine()}, {python}, MariaDB "
        f"{mariadb}, SQLite {sqlite3.sqlite_version}"
    )


if __name__ == "__main__":
    main()
