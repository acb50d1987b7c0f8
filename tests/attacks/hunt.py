"""The hunt: each mutant in a copy of the tree, against the tests that run it.

`python -m tests.attacks.hunt rules/outcomes.py sync --sample 50` prints who survives, so that each
can be read. A mutant is *caught* when a test fails, or when its tests do not come to an end. One
that cannot even be imported proves nothing and is not counted.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory

from tests.attacks.mutants import Mutant, mutants_of
from tests.attacks.reach import Reach

ROOT = Path(__file__).parents[2]
PLACES = ("rules", "sync", "ledger")
CAUGHT, SURVIVED, BROKEN = "caught", "survived", "broken"
SECONDS = 60  # of tests against one mutant: hundreds of quick ones, or the quickest that there are
CPU = 20  # seconds that tests have, and three times what they take; thrice that by the wall
HOUR = 3600
PROCESSES = "tests/console/test_process.py"  # lines that run in other processes are not seen
QUICKEST = 50  # tests that tell where to begin
_MOMENTS = itertools.count(1)
NOT_COPIED = ("__pycache__", ".git", ".venv", ".*_cache", "*.egg-info", ".hypothesis")


def every_mutant(places: Sequence[str] = PLACES) -> list[Mutant]:
    """Return every mutant of some folders and files of antrean_cli."""
    package = ROOT / "antrean_cli"
    files = sorted(file for place in places for file in _files(package / place))
    return [
        one
        for file in files
        for one in mutants_of(str(file.relative_to(package)), file.read_bytes())
    ]


def _files(place: Path) -> list[Path]:
    return list(place.rglob("*.py")) if place.is_dir() else [place]


def hunt(
    mutants: Sequence[Mutant],
    *,
    side_by_side: int,
    known: Path | None = None,
    tests: Sequence[str] = (),
) -> Iterator[tuple[Mutant, str]]:
    """Run the tests of each mutant and yield what became of it, in the order of `mutants`.

    `known` is a folder that keeps, from one hunt to the next, which tests run which lines; `tests`
    are those to be run at all, without them all but the attacks.
    """
    with (
        TemporaryDirectory(prefix="antrean-hunt-") as folder,
        ThreadPoolExecutor(side_by_side) as pool,
    ):
        trees: SimpleQueue[Path] = SimpleQueue()
        for number in range(side_by_side):
            tree = Path(folder, f"tree{number}")
            shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*NOT_COPIED))
            trees.put(tree)
        reach = _reach(known or Path(folder, "reach"), Path(folder, "tree0"), side_by_side, tests)

        def one(mutant: Mutant) -> str:
            tree = trees.get()
            try:
                return _fate(mutant, tree, reach)
            finally:
                trees.put(tree)

        yield from zip(mutants, pool.map(one, mutants), strict=True)


def _reach(folder: Path, tree: Path, side_by_side: int, tests: Sequence[str]) -> Reach:
    """Run all ordinary tests once on a tree that is whole."""
    if not any(folder.glob("seconds.*.json")):  # with no test known, every mutant would survive
        folder.mkdir(exist_ok=True)
        workers = ["-n", str(side_by_side)] if side_by_side > 1 else []
        plugin = ["-p", "tests.attacks.reach", "--ignore=tests/attacks"]
        _pytest(tree, [*plugin, *workers, *tests], {"REACH": str(folder)}, seconds=HOUR, cpu=HOUR)
    return Reach.read(folder, tree)


def _fate(mutant: Mutant, tree: Path, reach: Reach) -> str:
    """Put a mutant into a tree, run its tests there, and take it out again."""
    path = tree / "antrean_cli" / mutant.file
    with _in_place(path, mutant.broken(path.read_bytes())):
        for batch in _batches(reach.tests_of(mutant, SECONDS), reach.seconds):
            cpu = CPU + round(3 * sum(reach.seconds[test] for test in batch))
            code = _pytest(tree, ["-x", *batch], {}, seconds=3 * cpu, cpu=cpu)
            if code:
                return CAUGHT if code in (1, -signal.SIGXCPU, -signal.SIGKILL) else BROKEN
    return SURVIVED


def _batches(tests: Sequence[str], known: Iterable[str]) -> Iterator[Sequence[str]]:
    """Yield the tests to run one after the other, as long as none fails.

    Those of one file come first, where most of the quickest are: to read twenty files takes longer
    than to run the tests of one. Last come those of which nobody knows what they run.
    """
    files = Counter(test.partition("::")[0] for test in tests[:QUICKEST])
    first = f"{max(files, key=files.__getitem__, default='')}::"
    yield from filter(
        None,
        (
            [test for test in tests if test.startswith(first)],
            [test for test in tests if not test.startswith(first)],
            [test for test in known if test.startswith(f"{PROCESSES}::")],
        ),
    )


@contextmanager
def _in_place(path: Path, text: bytes) -> Iterator[None]:
    """Let a file hold another text for a while.

    Python knows what it has compiled by a file's time and size: each text has a time of its own.
    """
    was, times = path.read_bytes(), path.stat()
    path.write_bytes(text)
    os.utime(path, (moment := next(_MOMENTS), moment))
    try:
        yield
    finally:
        path.write_bytes(was)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def _pytest(
    tree: Path, arguments: Sequence[str], env: dict[str, str], *, seconds: float, cpu: int
) -> int:
    """Run tests in a tree, with limits, and return pytest's exit code.

    The host's zone is none of Indonesia's, so that whoever goes by it is seen.
    """
    ours = {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "", "TZ": "UTC"}
    quiet = ["-q", "--tb=no", "-p", "no:cacheprovider", f"--basetemp={tree}.tmp"]
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", *quiet, *arguments],
        cwd=tree,
        env={**os.environ, **ours, **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # so that it ends together with the programs that it has started
    ) as process:
        resource.prlimit(process.pid, resource.RLIMIT_CPU, (cpu, cpu + 5))
        with suppress(subprocess.TimeoutExpired):
            return process.wait(seconds)
        os.killpg(process.pid, signal.SIGKILL)
        return process.wait()


def main() -> None:
    """Hunt from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("places", nargs="*", default=PLACES, help="below antrean_cli")
    parser.add_argument("--sample", type=int, help="how many of all mutants")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--known", type=Path, help="folder that keeps which tests run which lines")
    parser.add_argument("--tests", nargs="*", default=(), help="by these alone")
    options = parser.parse_args()
    mutants = every_mutant(options.places)
    if options.sample:
        mutants = random.Random(options.seed).sample(mutants, min(options.sample, len(mutants)))
    fates: Counter[str] = Counter()
    for mutant, fate in hunt(
        mutants, side_by_side=options.workers, known=options.known, tests=options.tests
    ):
        fates[fate] += 1
        if fate != CAUGHT:
            number = sum(fates.values())
            print(f"{number} {fate}: {mutant}", flush=True)  # noqa: T201
    print(dict(fates))  # noqa: T201


if __name__ == "__main__":
    main()
