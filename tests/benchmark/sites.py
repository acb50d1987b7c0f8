"""Many hospitals on one computer: a pass of each within the minute, and a look at all of them."""

from __future__ import annotations

import resource
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.benchmark.passes import VISITS, hospital, told
from tests.benchmark.tools import Figure, antrean, at_most, environment, launched, settings

SITES, AT_ONCE = 100, 2


def run(*, quick: bool) -> Iterator[Figure]:
    """Yield what idle passes of a hundred hospitals take, two at once, and `antrean sites`.

    Each has a ledger of its own, of a hospital of 800 visits; Khanza's server is one for all, and
    its time is not counted as theirs.
    """
    sites = SITES // 5 if quick else SITES
    with hospital(VISITS) as (server, url):
        first = Path("first.sqlite3").absolute()
        env = settings(server, url, first)
        told(environment(env))
        files = [_installed(number, env, first) for number in range(sites)]
        began, cpu = time.perf_counter(), _cpu()
        with ThreadPoolExecutor(AT_ONCE) as workers:
            list(workers.map(_pass, files))
        seconds, cpu = time.perf_counter() - began, _cpu() - cpu
        what = f"idle passes of {sites} hospitals, {AT_ONCE} at once"
        yield at_most(what, seconds, "{:.1f} s", 60)
        yield Figure(f"… CPU of all of them; of one, {VISITS} visits told before", _of(cpu, sites))
        looked = launched(antrean("sites", "--folder", "sites", "--max-age", "60"), {})
        yield at_most("`antrean sites` of them: time", looked.seconds, "{:.1f} s", 10)
        yield Figure("… memory", f"{looked.megabytes:.0f} MB")


def _of(cpu: float, sites: int) -> str:
    return f"{cpu:.1f} s; {1000 * cpu / sites:.0f} ms"


def _installed(number: int, env: Mapping[str, str], ledger: Path) -> Path:
    """Install a hospital that was told everything before; return its file of settings."""
    state = Path(f"ledgers/rs-{number}/antrean.sqlite3").absolute()
    state.parent.mkdir(parents=True)
    shutil.copy(ledger, state)
    file = Path(f"sites/rs-{number}.env").absolute()
    file.parent.mkdir(exist_ok=True)
    own = {**env, "ANTREAN_STATE": str(state)}
    file.write_text("".join(f"{name}='{value}'\n" for name, value in own.items()), encoding="utf-8")
    file.chmod(0o600)
    return file


def _pass(file: Path) -> None:
    command = antrean("--env-file", str(file), "sync")
    subprocess.run(command, env=environment({}), stdin=subprocess.DEVNULL, check=True)


def _cpu() -> float:
    """Return the seconds of CPU of the processes that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
